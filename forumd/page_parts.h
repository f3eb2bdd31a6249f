/*
 * Small parts that several pages are made of.
 */
#ifndef FORUMD_PAGE_PARTS_H
#define FORUMD_PAGE_PARTS_H

#include "forumd/api.h"
#include "forumd/html_compose.h"
#include "forumd/html_review.h"
#include "forumd/page.h"

#define PAGE_DEPTH	7	/* levels of replies on one page */

/* Redirects to the page of a comment. */
void	page_redirect_comment(struct request *rq, const char *id);
/* The thread's title as the heading of a page about one of its comments. */
void	page_thread_heading(struct request *rq, const struct view_thread *t);
/* A form's fields as a command's arguments: numbers and ticks as such, empty
 * optional fields left out; key gets the first path parameter (NULL: no
 * member). page_act.c. */
json_t	*page_args(struct request *rq, const char *key, struct err *err);
/* A question as the list of questions shows it; texts in v's arena. */
void	page_question(struct request *rq, struct view *v,
	    const struct view_comment *c, struct html_question *q);
/* A day, which is as exact as the record's entries are. */
void	page_day(struct buf *b, const struct locale *l, int64_t ms);
/* The clauses in force as options (a static table of at most max). */
size_t	page_clauses(struct request *rq, struct html_option *o, size_t max);
size_t	page_review_clauses(struct request *rq, struct html_clause *o,
	    size_t max);
/* What happened, in the reader's language: the action of a decision, or the
 * kind of an entry (action NULL). */
const char *page_entry_kind(const struct locale *l, const char *kind,
	    const char *action);
/* The public log entries of a comment as a table. */
int	page_entries(struct request *rq, struct html_page *p, int64_t thread,
	    int64_t num, struct err *err);

#endif
