/*
 * Volumes by bucket, from the counters. See stats.h.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "forumd/stats.h"

#define HOUR_MS	INT64_C(3600000)
#define DAY_MS	(24 * HOUR_MS)

static const char *const stats_buckets[] = { "hour", "day", "week",
    "month" };

int
stats_bucket_find(const char *word)
{
	int	i;

	for (i = 0; i < 4; i++) {
		if (strcmp(stats_buckets[i], word) == 0)
			return i;
	}
	return -1;
}

const char *
stats_bucket_word(enum project_bucket b)
{
	return stats_buckets[b];
}

int
stats_time(const char *text, bool end, int64_t *out)
{
	struct tm	 tm;
	const char	*rest;

	memset(&tm, 0, sizeof(tm));
	if (strlen(text) < 10 ||
	    (rest = strptime(text, "%Y-%m-%d", &tm)) != text + 10)
		return -1;
	if (*rest == '\0') {
		*out = (int64_t)timegm(&tm) * 1000 + (end ? DAY_MS : 0);
		return 0;
	}
	rest = strptime(rest, "T%H:%M:%S", &tm);
	if (rest == NULL || strcmp(rest, "Z") != 0)
		return -1;
	*out = (int64_t)timegm(&tm) * 1000;
	return 0;
}

int64_t
stats_next(int64_t start, enum project_bucket b)
{
	static const int64_t	step[] = { HOUR_MS, DAY_MS, 7 * DAY_MS,
				    32 * DAY_MS };

	return project_tally_floor(start + step[b], b);
}

double
stats_mean(int64_t sum, int64_t n)
{
	return n == 0 ? NAN : (double)sum / (double)n;
}

int
stats_range(struct db *db, struct stats_ask *ask, int64_t now,
    struct err *err)
{
	static const int64_t	least[] = { HOUR_MS, DAY_MS, 7 * DAY_MS,
				    28 * DAY_MS };
	int64_t			end;

	if (ask->to == 0)
		ask->to = now + 1;
	if (ask->from == 0) {
		ask->from = db_int(db, now, "SELECT MIN((SELECT "
		    "MIN(hour) FROM tally WHERE thread = t.num)) FROM "
		    STATS_THREADS("?1", "?2") " t", "is", ask->thread,
		    ask->section);
		if (ask->from == 0)	/* no row at all */
			ask->from = now;
		if (ask->to - ask->from > (STATS_BUCKETS - 2) *
		    least[ask->bucket])
			ask->from = ask->to - (STATS_BUCKETS - 2) *
			    least[ask->bucket];
	}
	if (ask->from < 0 || ask->from >= ask->to)
		return err_set(err, ERR_INVALID_FIELD, "from",
		    "from is to lie before to");
	if ((ask->to - ask->from) / least[ask->bucket] > STATS_BUCKETS - 2)
		return err_set(err, ERR_INVALID_FIELD, "bucket",
		    "That many are too many: take a shorter range or a "
		    "larger bucket");
	ask->from = project_tally_floor(ask->from, ask->bucket);
	end = project_tally_floor(ask->to, ask->bucket);
	ask->to = end == ask->to ? end : stats_next(end, ask->bucket);
	return 0;
}

static int
stats_oom(struct err *err)
{
	return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
}

/* The clauses under which anything of the range is removed. */
static int
stats_clauses(struct arena *a, struct db *db, struct stats *out,
    struct err *err)
{
	struct stmt	*s;
	const char	**list;
	size_t		 n = 0, max;

	max = (size_t)db_int(db, 0, "SELECT COUNT(DISTINCT clause) FROM "
	    "tally_clause WHERE thread IN " STATS_THREADS("?1", "?2") " AND "
	    "hour >= ?3 AND hour < ?4", "isii", out->ask.thread,
	    out->ask.section, out->ask.from, out->ask.to);
	if ((list = arena_get(a, (max + 1) * sizeof(*list))) == NULL)
		return stats_oom(err);
	s = db_query(db, "SELECT clause FROM tally_clause WHERE thread IN "
	    STATS_THREADS("?1", "?2") " AND hour >= ?3 AND hour < ?4 GROUP BY "
	    "clause HAVING SUM(removed) > 0 ORDER BY SUM(removed) DESC, "
	    "clause", "isii", out->ask.thread, out->ask.section,
	    out->ask.from, out->ask.to);
	while (n < max && stmt_step(s) == 1)
		list[n++] = arena_str(a, stmt_text(s, 0));
	out->clauses = list;
	out->nclauses = n;
	return stmt_done(s, err);
}

/* A row for every bucket of the range. */
static int
stats_rows(struct arena *a, struct stats *out, struct err *err)
{
	int64_t	at, *cells;
	size_t	i;

	for (at = out->ask.from; at < out->ask.to;
	    at = stats_next(at, out->ask.bucket))
		out->n++;
	out->rows = arena_get(a, (out->n + 1) * sizeof(*out->rows));
	cells = arena_get(a, (out->n * out->nclauses + 1) * sizeof(*cells));
	if (out->rows == NULL || cells == NULL || a->failed)
		return stats_oom(err);
	for (i = 0, at = out->ask.from; i < out->n; i++) {
		out->rows[i].start = at;
		out->rows[i].clause = cells + i * out->nclauses;
		at = stats_next(at, out->ask.bucket);
	}
	return 0;
}

/* The row of an hour, going on from row *i: hours come in order. */
static struct stats_row *
stats_row_of(struct stats *out, size_t *i, int64_t hour)
{
	while (*i + 1 < out->n && out->rows[*i + 1].start <= hour)
		++*i;
	return &out->rows[*i];
}

static int
stats_tally(struct db *db, struct stats *out, struct err *err)
{
	struct stmt		*s;
	struct stats_row	*row;
	size_t			 i = 0;
	int			 k, column;

	s = db_query(db, "SELECT hour, posted, visible, held, removed, "
	    "withdrawn, erased, flags, appeals, newcomers, replies, depth, "
	    "authors_hour, authors_day, authors_week, authors_month FROM "
	    "tally WHERE thread IN " STATS_THREADS("?1", "?2") " AND hour >= "
	    "?3 AND hour < ?4 ORDER BY hour", "isii", out->ask.thread,
	    out->ask.section, out->ask.from, out->ask.to);
	while (stmt_step(s) == 1) {
		row = stats_row_of(out, &i, stmt_int(s, 0));
		for (k = 0; k < STATS_COLUMNS; k++) {
			column = k < STATS_AUTHORS ? k + 1 : k;
			if (k == STATS_AUTHORS)
				column = 12 + (int)out->ask.bucket;
			row->v[k] += stmt_int(s, column);
		}
	}
	if (stmt_done(s, err) != 0)
		return -1;
	for (i = 0; i < out->n; i++) {
		for (k = 0; k < STATS_COLUMNS; k++)
			out->total[k] += out->rows[i].v[k];
	}
	return 0;
}

static int
stats_removed(struct db *db, struct stats *out, struct err *err)
{
	struct stmt		*s;
	struct stats_row	*row;
	size_t			 i = 0, k;

	s = db_query(db, "SELECT hour, clause, removed FROM tally_clause "
	    "WHERE thread IN " STATS_THREADS("?1", "?2") " AND hour >= ?3 AND "
	    "hour < ?4 ORDER BY hour", "isii", out->ask.thread,
	    out->ask.section, out->ask.from, out->ask.to);
	while (stmt_step(s) == 1) {
		row = stats_row_of(out, &i, stmt_int(s, 0));
		for (k = 0; k < out->nclauses; k++) {
			if (strcmp(out->clauses[k], stmt_text(s, 1)) == 0)
				row->clause[k] += stmt_int(s, 2);
		}
	}
	return stmt_done(s, err);
}

int
stats_read(struct arena *a, struct db *db, const struct stats_ask *ask,
    struct stats *out, struct err *err)
{
	memset(out, 0, sizeof(*out));
	out->ask = *ask;
	if (stats_clauses(a, db, out, err) != 0 ||
	    stats_rows(a, out, err) != 0 || stats_tally(db, out, err) != 0)
		return -1;
	return stats_removed(db, out, err);
}
