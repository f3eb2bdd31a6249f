/*
 * The forms with which a reader writes, flags, edits, withdraws, appeals,
 * and the cards that follow: receipt, statement, questions. See html.h.
 */
#ifndef FORUMD_HTML_COMPOSE_H
#define FORUMD_HTML_COMPOSE_H

#include "forumd/html_comment.h"

/* A new comment or, with a parent, a reply; values and errors of the last
 * try are shown again. */
struct html_compose {
	const char	*slug;
	const char	*parent;	/* id */
	const char	*body, *body_error;
	const char	*name, *name_error;
	const char	*language;	/* chosen; NULL: the interface's */
	const char	*preview_html;	/* from the preview button */
	const char	*const *advice;	/* clause titles that may apply */
	size_t		 nadvice;
	bool		 guest;		/* asks for a name */
	bool		 question;
	const char	*answers;	/* id of the question; official only */
	const char	*idempotency_key; /* hidden; NULL: none */
};
void	html_compose(struct buf *b, const struct html_page *p,
	    const struct html_compose *c);

/* A report, or with what a notice of illegality asks for (Art. 16). */
struct html_flag {
	const char	*id;		/* the comment's */
	const struct html_option *clauses;
	size_t		 n;
	/* As it was sent, when shown again. */
	const char	*clause, *note, *ground, *explanation, *name, *email;
	bool		 good_faith;
	const char	*field, *error;	/* what is wrong with which */
};
void	html_compose_flag(struct buf *b, const struct html_page *p,
	    const struct html_flag *f);
void	html_compose_edit(struct buf *b, const struct html_page *p,
	    const struct html_comment *c, const char *body,
	    const char *error);
void	html_compose_withdraw(struct buf *b, const struct html_page *p,
	    const struct html_comment *c);
/* about: "/c/ID", "/sanctions/ID" or "/flags/ID". */
void	html_compose_appeal(struct buf *b, const struct html_page *p,
	    const char *about, const char *grounds, const char *error);

/* Questions put to the authority or the paper; nothing when n is 0. */
struct html_question {
	const char	*id;		/* the comment's */
	const char	*state;		/* waiting, answered, disputed */
	const char	*excerpt;
	const char	*answer;	/* the answering comment's id */
	int64_t		 asked_at, waited_seconds, asked_times;
};
void	html_compose_questions(struct buf *b, const struct html_page *p,
	    const struct html_question *q, size_t n);

/* The receipt's card: proof as text, a download, a check in the browser. */
struct html_receipt {
	const char	*comment;
	int64_t		 log_index;
	const char	*leaf;		/* base64 */
	const char	*salt;		/* base64; NULL for the public */
	const char	*proof;		/* tlog-proof text */
	const char	*vkey;		/* the log's verifier key */
};
void	html_compose_receipt(struct buf *b, const struct html_page *p,
	    const struct html_receipt *r);

#endif
