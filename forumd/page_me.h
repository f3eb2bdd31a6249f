/*
 * Parts of one's own page that others show too.
 */
#ifndef FORUMD_PAGE_ME_H
#define FORUMD_PAGE_ME_H

#include "forumd/page_parts.h"

/* An account's counts as a bar, and its rates beside the site's; others:
 * whoever reads it is not its owner. */
void	page_me_account(struct request *rq, struct html_page *p,
	    const struct view_thread *own, const struct view_thread *site,
	    bool others);
/* The whole page with one of its tabs: comments (also for ""), notices,
 * sanctions, account. */
int	page_me_show(struct request *rq, const char *tab, const char *after,
	    struct err *err);
/* The tab of the account: password, second factor, tokens, key, export,
 * erasure. */
int	page_me_settings(struct request *rq, struct html_page *p,
	    const char *after, struct err *err);

#endif
