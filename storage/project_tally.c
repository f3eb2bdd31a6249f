/*
 * Projectors of the counters that statistics read, so that a million
 * comments cost no more to look at than the hours they were posted in. Each
 * row of comments counts in the hour of its posting, whatever happens to it
 * later: a removal moves the counters of that hour. Thread 0 is the whole
 * forum.
 *
 *   tally         thread, hour: comments by state, people, flags, appeals
 *   tally_clause  thread, hour, clause: comments that are removed under it
 *   tally_group   thread, day, newcomer, reply, language: posted, and ever
 *                 removed
 *
 * People cannot be added up over hours. Therefore a comment also says in how
 * many sizes of bucket (hour, day, week, month) it is its author's first,
 * and the sum of that over a bucket is the number of its authors.
 */
#include <string.h>
#include <time.h>

#include "storage/project.h"

#define HOUR_MS	INT64_C(3600000)
#define DAY_MS	(24 * HOUR_MS)

int64_t
project_tally_floor(int64_t ms, enum project_bucket bucket)
{
	struct tm	tm;
	time_t		s = (time_t)(ms / 1000);

	switch (bucket) {
	case PROJECT_HOUR:
		return ms - ms % HOUR_MS;
	case PROJECT_DAY:
		return ms - ms % DAY_MS;
	case PROJECT_WEEK:		/* 1 January 1970 was a Thursday */
		return ms - (ms + 3 * DAY_MS) % (7 * DAY_MS);
	case PROJECT_MONTH:
		gmtime_r(&s, &tm);
		return ms - ms % DAY_MS - (tm.tm_mday - 1) * DAY_MS;
	}
	return ms;
}

/* In which buckets is a comment at this time its author's first, when the
 * one before it was at last (0, none, is of no bucket that we have)? */
static void
project_tally_first(int64_t at, int64_t last, int64_t first[4])
{
	enum project_bucket	b;

	for (b = PROJECT_HOUR; b <= PROJECT_MONTH; b++)
		first[b] = project_tally_floor(last, b) !=
		    project_tally_floor(at, b);
}

static int
project_tally_posted_in(struct db *db, const struct project_tally *c,
    int64_t thread, int64_t last, struct err *err)
{
	int64_t	first[4];

	project_tally_first(c->at, last, first);
	return db_run(db, err, "INSERT INTO tally (thread, hour, posted, "
	    "visible, authors_hour, authors_day, authors_week, authors_month, "
	    "newcomers, replies, depth) VALUES "
	    "(?, ?, 1, 1, ?, ?, ?, ?, ?, ?, ?) "
	    "ON CONFLICT DO UPDATE SET posted = posted + 1, "
	    "visible = visible + 1, "
	    "authors_hour = authors_hour + excluded.authors_hour, "
	    "authors_day = authors_day + excluded.authors_day, "
	    "authors_week = authors_week + excluded.authors_week, "
	    "authors_month = authors_month + excluded.authors_month, "
	    "newcomers = newcomers + excluded.newcomers, "
	    "replies = replies + excluded.replies, "
	    "depth = depth + excluded.depth", "iiiiiiiii", thread,
	    project_tally_floor(c->at, PROJECT_HOUR), first[0], first[1],
	    first[2], first[3], c->newcomer, (int64_t)(c->parent != 0),
	    c->depth);
}

/* It begins visible. Called before its own row is there, because the author's
 * last one is asked for. Within the thread nobody looks back further than the
 * month. */
int
project_tally_posted(struct db *db, const struct project_tally *c,
    struct err *err)
{
	int64_t	last;

	last = db_int(db, 0, "SELECT MAX(created_at) FROM comment WHERE "
	    "account = ?", "i", c->account);
	if (project_tally_posted_in(db, c, 0, last, err) != 0)
		return -1;
	last = db_int(db, 0, "SELECT created_at FROM comment WHERE account = "
	    "? AND thread = ? AND created_at >= ? ORDER BY created_at DESC "
	    "LIMIT 1", "iii", c->account, c->thread,
	    project_tally_floor(c->at, PROJECT_MONTH) - 7 * DAY_MS);
	return project_tally_posted_in(db, c, c->thread, last, err);
}

int
project_tally_group(struct db *db, const struct project_tally *c,
    int64_t posted, int64_t removed, struct err *err)
{
	return db_run(db, err, "INSERT INTO tally_group (thread, day, "
	    "newcomer, reply, language, posted, removed) VALUES "
	    "(?1, ?2, ?3, ?4, ?5, ?6, ?7), (0, ?2, ?3, ?4, ?5, ?6, ?7) "
	    "ON CONFLICT DO UPDATE SET posted = posted + excluded.posted, "
	    "removed = removed + excluded.removed", "iiiisii", c->thread,
	    project_tally_floor(c->at, PROJECT_DAY), c->newcomer,
	    (int64_t)(c->parent != 0), c->language, posted, removed);
}

/* What a move from one state to another adds to the number in a state. */
static int64_t
project_tally_moves(const char *was, const char *is, const char *state)
{
	return (strcmp(is, state) == 0) - (strcmp(was, state) == 0);
}

int
project_tally_state(struct db *db, const struct project_tally *c,
    const char *was, const char *is, struct err *err)
{
	if (strcmp(was, is) == 0)
		return 0;
	return db_run(db, err, "UPDATE tally SET visible = visible + ?3, "
	    "held = held + ?4, removed = removed + ?5, withdrawn = withdrawn "
	    "+ ?6, erased = erased + ?7 WHERE thread IN (?1, 0) AND hour = ?2",
	    "iiiiiii", c->thread, project_tally_floor(c->at, PROJECT_HOUR),
	    project_tally_moves(was, is, "visible"),
	    project_tally_moves(was, is, "held"),
	    project_tally_moves(was, is, "removed"),
	    project_tally_moves(was, is, "withdrawn"),
	    project_tally_moves(was, is, "erased"));
}

int
project_tally_clause(struct db *db, const struct project_tally *c,
    const char *clause, int64_t by, struct err *err)
{
	return db_run(db, err, "INSERT INTO tally_clause (thread, hour, "
	    "clause, removed) VALUES (?1, ?2, ?3, ?4), (0, ?2, ?3, ?4) ON "
	    "CONFLICT DO UPDATE SET removed = removed + excluded.removed",
	    "iisi", c->thread, project_tally_floor(c->at, PROJECT_HOUR),
	    clause, by);
}

/* A flag or an appeal counts in the hour in which it came. */
int
project_tally_event(struct db *db, int64_t thread, int64_t at, int64_t flags,
    int64_t appeals, struct err *err)
{
	int64_t	hour = project_tally_floor(at, PROJECT_HOUR), each;
	int	i;

	for (i = thread == 0; i < 2; i++) {
		each = i == 0 ? thread : 0;
		if (db_run(db, err, "INSERT INTO tally (thread, hour, flags, "
		    "appeals) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
		    "flags = flags + excluded.flags, appeals = appeals + "
		    "excluded.appeals", "iiii", each, hour, flags,
		    appeals) != 0)
			return -1;
	}
	return 0;
}
