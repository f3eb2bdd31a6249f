/*
 * PCRE2 with its bounds set. The match limit counts steps from one starting
 * point only, and a piece has as many of those as bytes: so the text is cut
 * into pieces, which makes the product of both small and the whole linear.
 * One stall ends the search: an expression that stalls once will do so again.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "moderation/pattern.h"

#define PATTERN_PIECE	1024	/* bytes looked at under one limit */
#define PATTERN_STEPS	1000	/* match limit per starting point */
#define PATTERN_SIZE	(64 * 1024)	/* compiled bytes */

struct pattern {
	pcre2_code		*code;
	pcre2_match_context	*limits;
};

void
pattern_free(struct pattern **p)
{
	if (*p == NULL)
		return;
	pcre2_code_free((*p)->code);
	pcre2_match_context_free((*p)->limits);
	free(*p);
	*p = NULL;
}

static pcre2_code *
pattern_compile(const char *regex, size_t len, struct err *err)
{
	pcre2_compile_context	*ctx;
	pcre2_code		*code;
	PCRE2_SIZE		 at;
	PCRE2_UCHAR		 why[100];
	int			 rc;

	if ((ctx = pcre2_compile_context_create(NULL)) == NULL) {
		err_set(err, ERR_INTERNAL, NULL, "out of memory");
		return NULL;
	}
	pcre2_set_parens_nest_limit(ctx, 20);
	code = pcre2_compile((PCRE2_SPTR)regex, len, PCRE2_UTF |
	    PCRE2_NEVER_BACKSLASH_C | PCRE2_DUPNAMES, &rc, &at, ctx);
	pcre2_compile_context_free(ctx);
	if (code == NULL) {
		pcre2_get_error_message(rc, why, sizeof(why));
		err_set(err, ERR_INVALID_FIELD, "pattern",
		    "at %zu: %s", (size_t)at, (const char *)why);
	}
	return code;
}

int
pattern_new(struct pattern **out, const char *regex, size_t len,
    struct err *err)
{
	struct pattern	*p;
	size_t		 size = 0;

	if (len > PATTERN_MAX)
		return err_set(err, ERR_INVALID_FIELD, "pattern",
		    "longer than %d bytes", PATTERN_MAX);
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	if ((p->code = pattern_compile(regex, len, err)) == NULL) {
		pattern_free(&p);
		return -1;
	}
	pcre2_pattern_info(p->code, PCRE2_INFO_SIZE, &size);
	if (size > PATTERN_SIZE) {
		pattern_free(&p);
		return err_set(err, ERR_INVALID_FIELD, "pattern",
		    "too large when compiled");
	}
	if ((p->limits = pcre2_match_context_create(NULL)) == NULL) {
		pattern_free(&p);
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	}
	pcre2_set_match_limit(p->limits, PATTERN_STEPS);
	pcre2_set_depth_limit(p->limits, PATTERN_STEPS);
	pcre2_set_heap_limit(p->limits, 1024);	/* KiB */
	/* Without a compiler for this machine the interpreter serves. */
	pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
	*out = p;
	return 0;
}

/* Where a piece that begins at from ends: never inside a character. */
static size_t
pattern_cut(const char *s, size_t len, size_t from)
{
	size_t	end = from + PATTERN_PIECE;

	if (end >= len)
		return len;
	while (end > from && (s[end] & 0xc0) == 0x80)
		end--;
	return end;
}

enum pattern_answer
pattern_find(const struct pattern *p, const char *s, size_t len, size_t from,
    size_t *start, size_t *end)
{
	pcre2_match_data	*data;
	enum pattern_answer	 answer = PATTERN_NO;
	PCRE2_SIZE		*o;
	size_t			 cut;
	int			 rc;

	if ((data = pcre2_match_data_create(1, NULL)) == NULL)
		return PATTERN_STALLED;
	while (from <= len) {
		cut = pattern_cut(s, len, from);
		/* The subject begins at the text's own start, so that word
		 * edges and look-behind see what stands before. */
		rc = pcre2_match(p->code, (PCRE2_SPTR)s, cut, from,
		    PCRE2_NO_UTF_CHECK | (cut < len ? PCRE2_NOTEOL : 0),
		    data, p->limits);
		if (rc >= 0) {
			o = pcre2_get_ovector_pointer(data);
			*start = o[0];
			*end = o[1];
			answer = PATTERN_YES;
			break;
		}
		if (rc != PCRE2_ERROR_NOMATCH) {
			answer = PATTERN_STALLED;
			break;
		}
		if (cut == len)
			break;
		from = cut - PATTERN_REACH;
		while ((s[from] & 0xc0) == 0x80)
			from++;
	}
	pcre2_match_data_free(data);
	return answer;
}
