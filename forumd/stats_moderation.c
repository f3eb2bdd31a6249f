/*
 * How it was moderated. See stats.h.
 *
 * One pass over the decisions of the range, oldest first, so that each
 * bucket is closed when the next begins. Times are of persons' decisions on
 * comments: automation decides as the comment comes. Decisions taken back at
 * once by whoever made them do not count. A reversal rate is a share of the
 * appeals that were decided.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/stats.h"

#define STATS_CLAUSES	64
#define STATS_PEOPLE	512
#define STATS_GROUPS	40

/* Waiting times while they gather: those from first on are the bucket's. */
struct stats_waits {
	int64_t	*v;		/* owned */
	size_t	 n, cap, first;
};

static int
stats_wait_add(struct stats_waits *w, int64_t seconds, struct err *err)
{
	int64_t	*more;

	if (w->n == w->cap) {
		more = realloc(w->v, (w->cap * 2 + 64) * sizeof(*w->v));
		if (more == NULL)
			return err_set(err, ERR_OVERLOADED, NULL,
			    "Out of memory");
		w->v = more;
		w->cap = w->cap * 2 + 64;
	}
	w->v[w->n++] = seconds;
	return 0;
}

static int
stats_wait_order(const void *a, const void *b)
{
	int64_t	x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Nearest rank: the value that so many hundredths do not exceed. */
static int64_t
stats_wait_rank(const int64_t *v, size_t n, size_t percent)
{
	size_t	rank = (n * percent + 99) / 100;

	return v[rank > 0 ? rank - 1 : 0];
}

static void
stats_wait_close(int64_t *v, size_t n, struct consistency_times *out)
{
	out->n = (int64_t)n;
	if (n == 0)
		return;
	qsort(v, n, sizeof(*v), stats_wait_order);
	out->median = stats_wait_rank(v, n, 50);
	out->p90 = stats_wait_rank(v, n, 90);
	out->p99 = stats_wait_rank(v, n, 99);
}

/* The entry of a clause or an account; the last takes what does not fit. */
static struct stats_reversal *
stats_reversal(struct arena *a, struct stats_reversal *list, size_t *n,
    size_t max, const char *clause, int64_t account)
{
	size_t	i;

	for (i = 0; i < *n; i++) {
		if (clause != NULL ? strcmp(list[i].who, clause) == 0 :
		    list[i].account == account)
			return &list[i];
	}
	if (*n == max)
		return &list[max - 1];
	list[*n].who = arena_str(a, clause != NULL ? clause : "");
	list[*n].account = account;
	return &list[(*n)++];
}

static void
stats_reversal_add(struct stats_reversal *r, bool decided, bool reversed)
{
	r->decisions++;
	r->rate.n += decided;
	r->rate.k += reversed;
}

/* One decision into its bucket, its clause, its moderator. */
static int
stats_decision(struct arena *a, struct stats_moderation *m,
    struct stats_mod_row *row, struct stats_waits *w, struct stmt *s,
    struct err *err)
{
	int64_t		 account = stmt_int(s, 2);
	const char	*appeal = stmt_text(s, 5);
	bool		 reversed = strcmp(appeal, "reversed") == 0;
	bool		 decided = reversed || strcmp(appeal, "upheld") == 0;
	bool		 automatic = stmt_int(s, 6);

	row->decisions++;
	row->automatic += automatic;
	row->appealed += strcmp(appeal, "none") != 0;
	row->settled += decided;
	row->reversed += reversed;
	m->canned += !automatic && stmt_int(s, 4);
	if (!stmt_null(s, 3))
		stats_reversal_add(stats_reversal(a, m->clauses,
		    &m->nclauses, STATS_CLAUSES, stmt_text(s, 3), 0),
		    decided, reversed);
	if (automatic)
		return 0;
	stats_reversal_add(stats_reversal(a, m->moderators, &m->nmoderators,
	    STATS_PEOPLE, NULL, account), decided, reversed);
	return stmt_null(s, 7) ? 0 : stats_wait_add(w, (stmt_int(s, 0) -
	    stmt_int(s, 1)) / 1000, err);
}

static void
stats_decisions_close(struct stats_moderation *m, size_t i,
    struct stats_waits *w)
{
	struct stats_mod_row	*row = &m->rows[i];

	if (w->n > w->first)
		stats_wait_close(w->v + w->first, w->n - w->first,
		    &row->wait);
	w->first = w->n;
	m->total.decisions += row->decisions;
	m->total.automatic += row->automatic;
	m->total.appealed += row->appealed;
	m->total.settled += row->settled;
	m->total.reversed += row->reversed;
}

static int
stats_decisions(struct arena *a, struct db *db, struct stats_moderation *m,
    struct err *err)
{
	struct stats_waits	 w = { NULL, 0, 0, 0 };
	struct stmt		*s;
	size_t			 i = 0;
	int			 rc = 0;

	s = db_query(db, "SELECT at, since, account, clause, canned, appeal, "
	    "decider = 'automatic', comment FROM decision WHERE at >= ?1 AND "
	    "at < ?2 AND undone = 0 AND " STATS_ASKED("thread", "?3", "?4")
	    " ORDER BY at, num", "iiis", m->ask.from, m->ask.to,
	    m->ask.thread, m->ask.section);
	while (rc == 0 && stmt_step(s) == 1) {
		while (i + 1 < m->n && m->rows[i + 1].start <=
		    stmt_int(s, 0))
			stats_decisions_close(m, i++, &w);
		rc = stats_decision(a, m, &m->rows[i], &w, s, err);
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	if (rc == 0) {
		stats_decisions_close(m, i, &w);
		stats_wait_close(w.v, w.n, &m->total.wait);
	}
	free(w.v);
	return rc;
}

/* Accounts by their public ids; persons behind them are counted once. */
static int
stats_people(struct arena *a, struct db *db, struct stats_moderation *m,
    struct err *err)
{
	struct stmt	*s;
	const char	*person[STATS_PEOPLE];
	size_t		 i, k;

	for (i = 0; i < m->nmoderators; i++) {
		s = db_query(db, "SELECT id, COALESCE(person, id) FROM "
		    "account WHERE num = ?", "i", m->moderators[i].account);
		person[i] = "operator";
		if (stmt_step(s) == 1) {
			m->moderators[i].who = arena_str(a, stmt_text(s, 0));
			person[i] = arena_str(a, stmt_text(s, 1));
		}
		if (stmt_done(s, err) != 0)
			return -1;
		if (a->failed)
			return err_set(err, ERR_OVERLOADED, NULL,
			    "Out of memory");
		for (k = 0; k < i && strcmp(person[k], person[i]) != 0; k++)
			;
		m->persons += k == i;
	}
	return 0;
}

static void
stats_group(struct stats_moderation *m, struct arena *a, const char *group,
    const char *value, int64_t removed, int64_t posted)
{
	size_t	i;

	for (i = 0; i < m->ngroups; i++) {
		if (strcmp(m->groups[i].group, group) == 0 &&
		    strcmp(m->groups[i].value, value) == 0)
			break;
	}
	if (i == STATS_GROUPS)
		return;
	if (i == m->ngroups) {
		m->groups[i].group = group;
		m->groups[i].value = arena_str(a, value);
		m->ngroups++;
	}
	m->groups[i].rate.k += removed;
	m->groups[i].rate.n += posted;
}

/* By tone, where two people agreed on it without knowing what became of it. */
static int
stats_tones(struct arena *a, struct db *db, struct stats_moderation *m,
    struct err *err)
{
	struct stmt	*s;

	s = db_query(db, "SELECT MIN(k.tone), MAX(k.tone), c.ever_removed "
	    "FROM tone_item i JOIN tone_code k ON k.item = i.num JOIN comment "
	    "c ON c.thread = i.thread AND c.num = i.comment WHERE "
	    "c.created_at >= ?1 AND c.created_at < ?2 AND "
	    STATS_ASKED("c.thread", "?3", "?4") " GROUP BY i.num HAVING "
	    "COUNT(*) = 2", "iiis", m->ask.from, m->ask.to, m->ask.thread,
	    m->ask.section);
	while (stmt_step(s) == 1 && !a->failed) {
		m->tones++;
		if (strcmp(stmt_text(s, 0), stmt_text(s, 1)) != 0)
			continue;
		m->tones_agreed++;
		stats_group(m, a, "tone", stmt_text(s, 0), stmt_int(s, 2), 1);
	}
	return stmt_done(s, err);
}

/* Every tone is always there, so that nobody takes its absence for an answer;
 * as long as too few were coded, it is not measured. */
static int
stats_groups(struct arena *a, struct db *db, struct stats_moderation *m,
    struct err *err)
{
	struct stmt	*s;
	int64_t		 posted, removed;

	stats_group(m, a, "author", "newcomer", 0, 0);
	stats_group(m, a, "author", "regular", 0, 0);
	stats_group(m, a, "place", "reply", 0, 0);
	stats_group(m, a, "place", "top_level", 0, 0);
	stats_group(m, a, "tone", "praise", 0, 0);
	stats_group(m, a, "tone", "criticism", 0, 0);
	stats_group(m, a, "tone", "neutral", 0, 0);
	s = db_query(db, "SELECT newcomer, reply, language, SUM(removed), "
	    "SUM(posted) FROM tally_group WHERE thread IN "
	    STATS_THREADS("?1", "?2") " AND day >= ?3 AND day < ?4 GROUP BY "
	    "newcomer, reply, language ORDER BY language", "isii",
	    m->ask.thread, m->ask.section, m->ask.from, m->ask.to);
	while (stmt_step(s) == 1 && !a->failed) {
		removed = stmt_int(s, 3);
		posted = stmt_int(s, 4);
		stats_group(m, a, "author", stmt_int(s, 0) ? "newcomer" :
		    "regular", removed, posted);
		stats_group(m, a, "place", stmt_int(s, 1) ? "reply" :
		    "top_level", removed, posted);
		stats_group(m, a, "language", *stmt_text(s, 2) != '\0' ?
		    stmt_text(s, 2) : "und", removed, posted);
	}
	return stmt_done(s, err);
}

/* The counts are there: their shares and intervals. */
static void
stats_rates(struct stats_moderation *m)
{
	size_t	i;

	for (i = 0; i < m->ngroups; i++)
		consistency_wilson(&m->groups[i].rate, m->groups[i].rate.k,
		    m->groups[i].rate.n);
	for (i = 0; i < m->nclauses; i++)
		consistency_wilson(&m->clauses[i].rate, m->clauses[i].rate.k,
		    m->clauses[i].rate.n);
	for (i = 0; i < m->nmoderators; i++)
		consistency_wilson(&m->moderators[i].rate,
		    m->moderators[i].rate.k, m->moderators[i].rate.n);
}

int
stats_moderation_read(struct arena *a, struct db *db,
    const struct stats_ask *ask, struct stats_moderation *m, struct err *err)
{
	int64_t	at;
	size_t	i;

	memset(m, 0, sizeof(*m));
	m->ask = *ask;
	for (at = ask->from; at < ask->to; at = stats_next(at, ask->bucket))
		m->n++;
	m->rows = arena_get(a, m->n * sizeof(*m->rows));
	m->clauses = arena_get(a, STATS_CLAUSES * sizeof(*m->clauses));
	m->moderators = arena_get(a, STATS_PEOPLE * sizeof(*m->moderators));
	m->groups = arena_get(a, STATS_GROUPS * sizeof(*m->groups));
	if (a->failed)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	for (i = 0, at = ask->from; i < m->n; i++) {
		m->rows[i].start = at;
		at = stats_next(at, ask->bucket);
	}
	if (stats_decisions(a, db, m, err) != 0 ||
	    stats_people(a, db, m, err) != 0 ||
	    stats_groups(a, db, m, err) != 0 ||
	    stats_tones(a, db, m, err) != 0 ||
	    stats_order_read(a, db, m, err) != 0)
		return -1;
	/* A thread's own would be too few to say anything. */
	if (ask->thread == 0 && ask->section == NULL && consistency_reviews(db, ask->from, ask->to,
	    &m->agreement, err) != 0)
		return -1;
	stats_rates(m);
	return 0;
}
