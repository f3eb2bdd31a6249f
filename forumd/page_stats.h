/*
 * The pages of figures: what is known while one is written, and the desk's
 * form, which says of what and of when the figures are.
 */
#ifndef FORUMD_PAGE_STATS_H
#define FORUMD_PAGE_STATS_H

#include "forumd/api_stats.h"
#include "forumd/page.h"

/* The page's own state while it is written. */
struct page_stats {
	struct request		*rq;
	struct html_page	*p;
	const struct locale	*l;
	struct arena		*a;
	struct stats_ask	 ask, other;	/* other.thread 0: none */
};

void	page_stats_form(struct page_stats *s, struct err *err);

#endif
