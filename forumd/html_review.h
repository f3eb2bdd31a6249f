/*
 * The moderator's queue: tabs, items with text, context and findings, and
 * the form of a decision. See html.h for the rules of escaping.
 */
#ifndef FORUMD_HTML_REVIEW_H
#define FORUMD_HTML_REVIEW_H

#include "forumd/html_comment.h"

struct html_span {
	size_t		 start, end;	/* bytes of the text */
};

struct html_finding {
	const char	*stage;
	const char	*clause_title;
	const char	*verdict;	/* "certain", "not_checked", ... */
	const char	*detail;
	double		 score;		/* NaN: none */
};

struct html_clause {
	const char	*clause;
	const char	*title;
	const char	*canned;	/* the words to start an explanation */
};

struct html_review_item {
	const struct html_comment *comment;	/* body is the source text */
	const char	*thread_title;
	const char	*context_author;	/* of the parent; or NULL */
	const char	*context;		/* the parent's text */
	const struct html_span *spans;		/* sorted, not overlapping */
	size_t		 nspans;
	const struct html_finding *findings;
	size_t		 nfindings;
	bool		 author;	/* the author's standing is known: */
	int64_t		 posted, removed, sanctions;
	int64_t		 flags;
	const char	*const *flag_notes;
	size_t		 nflag_notes;
	const char	*claimed_by;	/* another moderator's name; or NULL */
	int64_t		 claimed_until;	/* by whomever; 0: by nobody */
	int64_t		 decide_by;
	bool		 alone;		/* on a page of its own */
	const char	*appeal;	/* id: the item is an appeal */
	const char	*grounds;
	const char	*against_title;	/* the decision it is against: */
	const char	*against;	/* its clause and its words */
	/* Of the last try, when it was refused. */
	const char	*clause, *explanation, *error_field, *error;
};

#define HTML_REVIEW_TABS	5	/* held, flagged, appealed, overdue, all */

/* The tabs with how many wait in each, and the container's head; its foot is
 * html_review_end(). */
void	html_review_begin(struct buf *b, const struct html_page *p,
	    const char *state, const int64_t waiting[HTML_REVIEW_TABS]);
void	html_review_end(struct buf *b, const struct html_page *p);
void	html_review_item(struct buf *b, const struct html_page *p,
	    const struct html_review_item *i, const struct html_clause *c,
	    size_t n);

#endif
