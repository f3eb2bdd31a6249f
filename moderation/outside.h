/*
 * The outside checker: a service the newspaper may run or hire, asked over
 * HTTP by a signed POST. It is told text and language, never who wrote it.
 * One that does not answer in time, answers nonsense, or has lately failed so
 * often that it is left alone for a while, is "not checked".
 */
#ifndef MODERATION_OUTSIDE_H
#define MODERATION_OUTSIDE_H

#include "moderation/item.h"
#include "storage/base/err.h"

struct outside;

struct outside_settings {
	const char	*url;
	const char	*secret;	/* HMAC key, at least 16 bytes */
	int		 deadline_ms;	/* 100..30000 */
	int		 failures;	/* in a row that open the breaker */
	int		 pause_ms;	/* how long it stays open */
};

/* Copies the settings. */
int	outside_new(struct outside **out, const struct outside_settings *set,
	    struct err *err);
void	outside_free(struct outside **o);

/* Blocks up to the deadline; may be called by several threads. Adds at least
 * one finding of stage "outside", or none where it has no opinion. */
void	outside_check(struct outside *o, const struct item *item,
	    struct findings *out);

#endif
