/*
 * Figures: how much is written, by how many, what becomes of it, and how it
 * is moderated. Read from the counters of storage/project_tally.c and from
 * decisions; computed on a worker, written as JSON, CSV and tables.
 *
 * A comment counts in the bucket of its posting with the state it has now;
 * a flag, an appeal and a decision count when they came. Buckets are whole:
 * a range is widened to their edges, in UTC.
 */
#ifndef FORUMD_STATS_H
#define FORUMD_STATS_H

#include "forumd/arena.h"
#include "moderation/consistency.h"
#include "storage/project.h"

#define STATS_BUCKETS	20000	/* of one answer */
#define STATS_MEASURED	30	/* fewer: no share is given */
#define STATS_SHOWN	10	/* smaller cells are not shown */
/* Of the public page: fewer persons or decisions are not pooled. */
#define STATS_PERSONS	3

/*	  member	name of column and JSON member */
#define STATS_TABLE(X)							       \
	X(POSTED,	"posted")					       \
	X(VISIBLE,	"visible")					       \
	X(HELD,		"held")						       \
	X(REMOVED,	"removed")					       \
	X(WITHDRAWN,	"withdrawn")					       \
	X(ERASED,	"erased")					       \
	X(FLAGS,	"flags")					       \
	X(APPEALS,	"appeals")					       \
	X(AUTHORS,	"authors")					       \
	X(NEWCOMERS,	"newcomers")					       \
	X(REPLIES,	"replies")					       \
	X(DEPTH,	"depth")	/* the sum of all depths */

enum stats_column {
#define X(name, word) STATS_##name,
	STATS_TABLE(X)
#undef X
	STATS_COLUMNS
};

/* In SQL, the counters' threads by the parameters t and s, a thread's number
 * and a section; and whether a row's thread is one that is asked for, where 0
 * asks for all. Persons are counted once a thread. */
#define STATS_THREADS(t, s)						       \
	"(SELECT " t " AS num WHERE " s " IS NULL UNION ALL SELECT num FROM "  \
	"thread WHERE section = " s ")"
#define STATS_ASKED(thread, t, s)					       \
	"(CASE WHEN " s " IS NULL THEN " t " = 0 OR " thread " = " t " ELSE "  \
	thread " IN (SELECT num FROM thread WHERE section = " s ") END)"

struct stats_ask {
	int64_t			 thread;	/* 0: the whole forum */
	const char		*slug, *title;	/* of the thread, or NULL */
	/* Of the article: all its threads, thread being 0. NULL: any. */
	const char		*section;
	int64_t			 from, to;	/* ms; from 0: the first */
	enum project_bucket	 bucket;
};

struct stats_row {
	int64_t	 start;
	int64_t	 v[STATS_COLUMNS];
	int64_t	*clause;	/* removed, as stats.clauses */
};

struct stats {
	struct stats_ask	  ask;	/* from and to as they were widened */
	struct stats_row	 *rows;	/* one a bucket, empty ones too */
	size_t			  n;
	const char		**clauses;
	size_t			  nclauses;
	int64_t			  total[STATS_COLUMNS];
};

struct stats_mod_row {
	int64_t			 start, decisions, automatic;
	int64_t			 appealed, settled, reversed; /* appeals */
	struct consistency_times wait;	/* of persons' decisions */
};

/* Appeals decided, and those of them that reversed the decision. */
struct stats_reversal {
	const char		*who;	/* clause, or account id */
	int64_t			 account, decisions;
	struct consistency_rate	 rate;
};

struct stats_group {
	const char		*group, *value;
	struct consistency_rate	 rate;	/* ever removed of posted */
};

/* Orders of one kind and member state; a median of none is -1. */
struct stats_order {
	const char	*type, *state;
	int64_t		 n, acted, told, acted_seconds, told_seconds;
};

struct stats_moderation {
	struct stats_ask	 ask;
	struct stats_mod_row	*rows;
	size_t			 n;
	struct stats_mod_row	 total;
	int64_t			 persons;	/* who decided */
	int64_t			 canned;	/* with unchanged words */
	struct stats_reversal	*clauses, *moderators;
	size_t			 nclauses, nmoderators;
	struct consistency_kappa agreement;
	struct stats_group	*groups;
	size_t			 ngroups;
	int64_t			 tones, tones_agreed;	/* coded twice */
	struct stats_order	*orders;	/* by type, then state */
	size_t			 norders;
	struct stats_order	 reports;	/* Art. 18: n opened, told */
};

/* "hour", "day", "week", "month"; -1: no such word. */
int		 stats_bucket_find(const char *word);
const char	*stats_bucket_word(enum project_bucket b);
/* "2026-11-22" or "2026-11-22T10:15:00Z"; end: a bare date is meant to its
 * last moment. -1: no such time. */
int		 stats_time(const char *text, bool end, int64_t *out);
/* Widens the range to whole buckets; ERR_INVALID_FIELD where there would be
 * too many. */
int		 stats_range(struct db *db, struct stats_ask *ask,
		    int64_t now, struct err *err);
/* The bucket behind the one that begins here. */
int64_t		 stats_next(int64_t start, enum project_bucket b);
/* Of posted or of replies: NAN where n is 0. */
double		 stats_mean(int64_t sum, int64_t n);

/* The range is stats_range()'s; rows and texts lie in the arena. */
int		 stats_read(struct arena *a, struct db *db,
		    const struct stats_ask *ask, struct stats *out,
		    struct err *err);
int		 stats_moderation_read(struct arena *a, struct db *db,
		    const struct stats_ask *ask,
		    struct stats_moderation *out, struct err *err);

/* Orders and reports, as part of the above, and as members of its JSON. */
int		 stats_order_read(struct arena *a, struct db *db,
		    struct stats_moderation *m, struct err *err);
void		 stats_order_json(struct buf *b,
		    const struct stats_moderation *m);

/* What may be told of a group. */
enum stats_told { STATS_TOLD, STATS_SUPPRESSED, STATS_NOT_MEASURED };
enum stats_told	 stats_told(const struct consistency_rate *r);

void		 stats_json(struct buf *b, const struct stats *s);
void		 stats_csv(struct buf *b, const struct stats *s);
void		 stats_moderation_json(struct buf *b,
		    const struct stats_moderation *m);
void		 stats_moderation_csv(struct buf *b,
		    const struct stats_moderation *m);
/* One cell: quoted where needed, and no spreadsheet takes it for a
 * formula. */
void		 stats_cell(struct buf *b, const char *text);

#endif
