/*
 * Picks and the pinned comment on pages.
 */
#ifndef FORUMD_PAGE_PICK_H
#define FORUMD_PAGE_PICK_H

#include "forumd/page_parts.h"

/* The thread's pinned comment at its head; nothing where there is none. */
void	page_pick_head(struct request *rq, const struct html_page *p,
	    const struct view_thread *t);
/* For editors: the comment's marks as buttons, and who set them when. */
int	page_pick_staff(struct request *rq, const struct html_page *p,
	    const struct view_comment *c, struct err *err);

#endif
