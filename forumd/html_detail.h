/*
 * What a check says of a text, in a moderator's language.
 */
#ifndef FORUMD_HTML_DETAIL_H
#define FORUMD_HTML_DETAIL_H

#include "moderation/locale.h"
#include "storage/base/buf.h"

/* The detail of a finding, translated where it is one that we know, else as
 * it is; escaped. */
void	html_detail(struct buf *b, const struct locale *l, const char *detail);

#endif
