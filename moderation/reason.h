/*
 * Is an explanation fit to be told and to stand in public? It must say
 * something of its own, and hold no personal data: it outlives the comment
 * in the statement, and strangers read it.
 */
#ifndef MODERATION_REASON_H
#define MODERATION_REASON_H

#include <stddef.h>

#include "storage/base/err.h"

struct policy;

struct reason_context {
	const struct policy	*policy;
	const char		*clause;	/* its id */
	const char		*comment;	/* the body decided on, or NULL */
	size_t			 comment_len;
	const char *const	*names;		/* of the thread's participants */
	size_t			 n_names;
};

/* 0, or -1 with REASON_REQUIRED (empty), REASON_TOO_THIN (under 20
 * characters, the clause's own words, an unfilled {slot}) or PERSONAL_DATA
 * (e-mail address, telephone number, a participant's name, five words in a
 * row of the comment), naming what. The field is "explanation". */
int	reason_check(const char *text, size_t len,
	    const struct reason_context *ctx, struct err *err);

#endif
