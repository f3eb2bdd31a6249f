/*
 * The part of one's own page that is about e-mail.
 */
#ifndef FORUMD_PAGE_MAIL_H
#define FORUMD_PAGE_MAIL_H

#include "forumd/page_parts.h"

void	page_mail_settings(struct request *rq, struct html_page *p);

#endif
