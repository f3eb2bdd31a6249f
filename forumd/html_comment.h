/*
 * A comment and what stands around it: the thread's head with its public
 * account, the list with runs of removed comments folded, the comment
 * itself and its tombstone. Field names are the contract's. See html.h for the rules of escaping.
 */
#ifndef FORUMD_HTML_COMMENT_H
#define FORUMD_HTML_COMMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forumd/html.h"

struct html_author {
	const char	*id;
	const char	*name;		/* NULL: concealed or erased */
	const char	*kind;		/* guest, member, staff, official */
	const char	*badge;
};

struct html_tombstone {
	const char	*clause;
	const char	*clause_title;
	const char	*explanation;
	const char	*action;	/* remove, quarantine, label */
	int64_t		 decided_at;	/* ms, to the hour */
	const char	*decided_by;	/* a pseudonym, or "automatic" */
	bool		 automated_detection;
	const char	*policy_digest;
	int64_t		 log_index;
	const char	*appeal;	/* none, open, upheld, reversed, expired */
	int64_t		 appeal_until;	/* ms; 0: none */
};

struct html_held {
	const char	*clause;
	const char	*clause_title;
	const char	*explanation;
	int64_t		 decide_by;	/* ms */
	int64_t		 queue_position; /* 0: not told */
};

struct html_comment {
	const char	*id;
	const char	*thread;	/* slug */
	const char	*parent;	/* NULL: top level */
	const char	*parent_author;	/* name, where shown */
	int		 depth;
	struct html_author author;
	const char	*body_html;	/* NULL when not visible */
	const char	*language;
	int64_t		 created_at;
	int64_t		 edited_at;	/* 0: never */
	int64_t		 version;
	const char	*state;		/* visible, held, removed, ... */
	const char	*const *labels;	/* titles */
	size_t		 nlabels;
	bool		 question;
	const char	*answers;	/* id of the question it answers */
	bool		 pick;		/* chosen by the editors */
	bool		 pinned;
	int64_t		 score;
	int64_t		 replies;
	int64_t		 cut;		/* replies that its own page shows */
	int64_t		 log_index;
	int64_t		 restored;	/* entry that brought it back; 0 */
	const struct html_tombstone *tombstone;	/* NULL: none */
	/* The viewer's own additions; all zero in the public view. */
	bool		 mine;
	int		 vote;
	bool		 flagged;
	int64_t		 editable_until;	/* 0: not editable */
	const struct html_held *held;
	const char	*body;		/* source, for the author's edit form */
};

struct html_clause_count {
	const char	*clause;
	const char	*title;
	int64_t		 n;
};

struct html_counts {
	int64_t		 posted, visible, held, removed, withdrawn, erased;
	int64_t		 ever_removed, overdue;
	const struct html_clause_count *removed_by_clause;
	size_t		 nclauses;
	int64_t		 refused;	/* all codes together */
	int64_t		 median_decision_seconds;	/* -1: unknown */
};

struct html_thread {
	const char	*id, *slug, *title, *url, *site;
	const char	*mode;		/* open, newcomers_held, ... */
	const char	*notice;
	int64_t		 created_at, last_comment_at, closes_at;
	const struct html_counts *counts;
	const char	*sort;		/* oldest, newest, best */
	int64_t		 version;
};

/* The thread's head: title, article, mode, notice, account, sort. */
void	html_comment_thread(struct buf *b, const struct html_page *p,
	    const struct html_thread *t);
/* "41 posted · 38 shown · 2 held · 1 removed: personal attack", with a bar.
 * Also for an account's own counts. */
void	html_comment_account(struct buf *b, const struct locale *l,
	    const struct html_counts *c);
/* One row of the list of threads. */
void	html_comment_thread_row(struct buf *b, const struct html_page *p,
	    const struct html_thread *t);
/* The list, in reading order with depths; three or more comments in a row
 * that are gone are folded into one line. */
void	html_comment_list(struct buf *b, const struct html_page *p,
	    const struct html_thread *t, const struct html_comment *c,
	    size_t n);
/* One comment: what html_comment_list() makes of it, and what a script
 * fetches for a new arrival. */
void	html_comment(struct buf *b, const struct html_page *p,
	    const struct html_comment *c);

#endif
