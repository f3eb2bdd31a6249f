/*
 * From text to what the abuse model sees: one place, used by training and by
 * inference, so that the two can never disagree.
 *
 * A text is read in windows of at most FEATURES_TOKENS tokens. A token is a
 * word folded to lower-case letters without diacritics, with letters written
 * as digits or signs put back ("1d10t"), or a mark that carries tone. What
 * would only tell where a text comes from is skipped: addressed names, links,
 * the placeholders of research data. Each token has subwords (its character
 * n-grams), so that a misspelt or unseen word still resembles its relatives.
 */
#ifndef MODERATION_FEATURES_H
#define MODERATION_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#define FEATURES_TOKENS		256	/* of one window */
#define FEATURES_TOKEN_MAX	30	/* folded bytes of a token; the rest */
					/* is read as a token of its own */
#define FEATURES_SUBS		(FEATURES_TOKENS * 40)

struct feature_token {
	uint32_t	start, len;	/* bytes in the text */
	uint32_t	word;		/* hash of the folded word */
	uint32_t	sub, nsub;	/* its subwords in features.sub */
};

/* What is counted beside the words; for the spam model. */
enum feature_count {
	FEATURES_LINKS,
	FEATURES_NAMES,
	FEATURES_DIGITS,	/* runs of digits */
	FEATURES_NUMBERS,	/* of five digits or more: telephones */
	FEATURES_MONEY,		/* signs of currency */
	FEATURES_CAPITALS,	/* words of capitals only */
	FEATURES_LETTERS,	/* bytes within words */
	FEATURES_GROUPS,	/* names of groups of people */
	FEATURES_COUNTS
};

struct features {
	struct feature_token	tok[FEATURES_TOKENS];
	uint32_t		ntok;
	uint32_t		sub[FEATURES_SUBS];
	uint32_t		nsub;
	uint32_t		count[FEATURES_COUNTS];
};

/* Reads one window from text[pos..len) and fills *f; the position where the
 * next window starts, len when there is none. */
size_t		features_read(struct features *f, const char *text,
		    size_t pos, size_t len);

/* What a count is worth to the spam weights: small numbers as they are, many
 * letters by their order of magnitude. */
float		features_amount(const uint32_t count[FEATURES_COUNTS],
		    enum feature_count which);

/* One hash out of two or of a small number; for pairs of words and counts. */
uint32_t	features_mix(uint32_t a, uint32_t b);

#endif
