/*
 * A small guess at the language of a comment: Czech, English, Polish,
 * Romanian, Slovak; or another language that it can tell apart from these,
 * or "und" where the text is too short or too mixed to say.
 */
#ifndef MODERATION_LANGUAGE_H
#define MODERATION_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

struct features;

#define LANGUAGE_MAX	4

/* Writes the two-letter code or "und" to out; thread-safe, any bytes. */
void	language_guess(char out[LANGUAGE_MAX], const char *text, size_t len);

/* The same for a text that is already read into a window. False where more
 * speaks for a language other than English and Romanian than for these, though
 * it may be too little to name it. */
bool	language_of(char out[LANGUAGE_MAX], const struct features *f,
	    const char *text, size_t len);

#endif
