/*
 * Regular expressions that no text and no pattern can stall: the only file
 * that includes PCRE2. Patterns are compiled once, with bounds on their
 * length and compiled size; matching goes through the text in pieces, each
 * under a step limit, so that the worst case is linear in the text. What
 * runs into the limit is "stalled", which is never "no match".
 *
 * A match longer than PATTERN_REACH bytes may be missed at a piece's edge.
 */
#ifndef MODERATION_PATTERN_H
#define MODERATION_PATTERN_H

#include <stddef.h>

#include "storage/base/err.h"

#define PATTERN_MAX	2048	/* bytes of an expression */
#define PATTERN_REACH	256

struct pattern;

enum pattern_answer { PATTERN_NO, PATTERN_YES, PATTERN_STALLED };

/* -1: the expression is wrong, or too large; the text says where. */
int	pattern_new(struct pattern **out, const char *regex, size_t len,
	    struct err *err);
void	pattern_free(struct pattern **p);

/* The first match at or after from in s, which is valid UTF-8, as
 * [*start, *end). Thread-safe. */
enum pattern_answer pattern_find(const struct pattern *p, const char *s,
	    size_t len, size_t from, size_t *start, size_t *end);

#endif
