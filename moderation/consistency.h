/*
 * How alike decisions are: pure functions over counts, for statistics. What
 * is not defined says so instead of giving a number.
 */
#ifndef MODERATION_CONSISTENCY_H
#define MODERATION_CONSISTENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/err.h"
#include "storage/db.h"

/* A share with its interval, all 0..1. */
struct consistency_rate {
	int64_t	k, n;
	bool	defined;	/* n > 0 */
	double	rate, low, high;
};

/* Wilson's 95 % interval of k out of n. */
void	consistency_wilson(struct consistency_rate *out, int64_t k,
	    int64_t n);

/* Two deciders, two answers: both removed, only the first, only the second,
 * neither. Cohen's kappa with its 95 % interval (large-sample standard
 * error), cut to -1..1; not defined without pairs or where chance alone
 * would agree always. */
struct consistency_kappa {
	int64_t	n, agreed;
	bool	defined;
	double	kappa, low, high;
};
void	consistency_kappa(struct consistency_kappa *out, int64_t both,
	    int64_t first, int64_t second, int64_t neither);

/* Agreement on blind re-review in [from, to) ms. */
int	consistency_reviews(struct db *db, int64_t from, int64_t to,
	    struct consistency_kappa *out, struct err *err);

/* Share of comments posted in [from, to) that were ever removed, by group. */
enum consistency_group { CONSISTENCY_NEWCOMER, CONSISTENCY_REGULAR,
    CONSISTENCY_REPLY, CONSISTENCY_TOP, CONSISTENCY_GROUPS };
const char *consistency_group_word(enum consistency_group g);
int	consistency_removals(struct db *db, int64_t from, int64_t to,
	    struct consistency_rate out[CONSISTENCY_GROUPS], struct err *err);
/* The same for one language ("" for unknown). */
int	consistency_language(struct db *db, int64_t from, int64_t to,
	    const char *language, struct consistency_rate *out,
	    struct err *err);

/* Seconds from post, hold or first flag to decision, by persons, in
 * [from, to): nearest-rank percentiles. n 0: not measured. */
struct consistency_times {
	int64_t	n, median, p90, p99;
};
int	consistency_wait(struct db *db, int64_t from, int64_t to,
	    struct consistency_times *out, struct err *err);

/* Decisions that were appealed against and reversed, under one clause or
 * (clause NULL) all. */
int	consistency_reversals(struct db *db, int64_t from, int64_t to,
	    const char *clause, struct consistency_rate *out,
	    struct err *err);

#endif
