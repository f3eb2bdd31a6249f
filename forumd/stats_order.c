/*
 * What authorities asked for and what they were told of, in figures: orders
 * by kind and member state with the median times from receipt to acting and
 * to telling (Art. 15(1)(a) of Regulation (EU) 2022/2065), and reports of
 * threats to life (Art. 18). See stats.h. They are few: all of the range are
 * read.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/stats.h"

#define STATS_ORDERS	64	/* kinds times states: no more are told apart */
#define STATS_TIMES	4096	/* of one kind and state; later ones count */

static int
stats_order_less(const void *a, const void *b)
{
	int64_t	x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Nearest rank, in seconds; -1 without any. */
static int64_t
stats_order_median(int64_t *ms, size_t n)
{
	if (n == 0)
		return -1;
	qsort(ms, n, sizeof(*ms), stats_order_less);
	return ms[(n - 1) / 2] / 1000;
}

/* The times of one kind and state while its rows pass. */
struct stats_order_times {
	int64_t	acted[STATS_TIMES], told[STATS_TIMES];
	size_t	nacted, ntold;
};

static void
stats_order_close(struct stats_order *o, struct stats_order_times *t)
{
	o->acted = (int64_t)t->nacted;
	o->told = (int64_t)t->ntold;
	o->acted_seconds = stats_order_median(t->acted, t->nacted);
	o->told_seconds = stats_order_median(t->told, t->ntold);
	t->nacted = t->ntold = 0;
}

static void
stats_order_row(struct arena *a, struct stats_moderation *m,
    struct stats_order_times *t, struct stmt *s)
{
	struct stats_order	*o = m->norders == 0 ? NULL :
				    &m->orders[m->norders - 1];

	if (o == NULL || (m->norders < STATS_ORDERS &&
	    (strcmp(o->type, stmt_text(s, 0)) != 0 ||
	    strcmp(o->state, stmt_text(s, 1)) != 0))) {
		if (o != NULL)
			stats_order_close(o, t);
		o = &m->orders[m->norders++];
		o->type = arena_str(a, stmt_text(s, 0));
		o->state = arena_str(a, stmt_text(s, 1));
	}
	o->n++;
	if (!stmt_null(s, 3) && t->nacted < STATS_TIMES)
		t->acted[t->nacted++] = stmt_int(s, 3) - stmt_int(s, 2);
	if (!stmt_null(s, 4) && t->ntold < STATS_TIMES)
		t->told[t->ntold++] = stmt_int(s, 4) - stmt_int(s, 2);
}

/* Reports: how many cases were open, told, found to need none. */
static int
stats_order_reports(struct db *db, struct stats_moderation *m,
    struct stats_order_times *t, struct err *err)
{
	struct stmt	*s;

	s = db_query(db, "SELECT at, told_at FROM escalation WHERE at >= ?1 "
	    "AND at < ?2 AND state != 'none' AND "
	    STATS_ASKED("thread", "?3", "?4") " ORDER BY num", "iiis",
	    m->ask.from, m->ask.to, m->ask.thread, m->ask.section);
	while (stmt_step(s) == 1) {
		m->reports.n++;
		if (!stmt_null(s, 1) && t->ntold < STATS_TIMES)
			t->told[t->ntold++] = stmt_int(s, 1) - stmt_int(s, 0);
	}
	stats_order_close(&m->reports, t);
	return stmt_done(s, err);
}

int
stats_order_read(struct arena *a, struct db *db, struct stats_moderation *m,
    struct err *err)
{
	struct stats_order_times	*t = calloc(1, sizeof(*t));
	struct stmt			*s;
	int				 rc;

	m->orders = arena_get(a, STATS_ORDERS * sizeof(*m->orders));
	if (t == NULL || m->orders == NULL) {
		free(t);
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	}
	s = db_query(db, "SELECT type, state, received_at, acted_at, told_at "
	    "FROM mandate WHERE received_at >= ?1 AND received_at < ?2 AND "
	    STATS_ASKED("thread", "?3", "?4") " ORDER BY type, state, num",
	    "iiis", m->ask.from, m->ask.to, m->ask.thread, m->ask.section);
	while (stmt_step(s) == 1 && !a->failed)
		stats_order_row(a, m, t, s);
	if ((rc = stmt_done(s, err)) == 0) {
		if (m->norders > 0)
			stats_order_close(&m->orders[m->norders - 1], t);
		rc = stats_order_reports(db, m, t, err);
	}
	free(t);
	return rc;
}

static void
stats_order_seconds(struct buf *b, const char *key, int64_t seconds)
{
	if (seconds < 0)
		buf_kv_null(b, key);
	else
		buf_kv_int(b, key, seconds);
}

void
stats_order_json(struct buf *b, const struct stats_moderation *m)
{
	const struct stats_order	*o;
	size_t				 i;

	buf_key(b, "orders");
	buf_addc(b, '[');
	for (i = 0; i < m->norders; i++) {
		o = &m->orders[i];
		buf_adds(b, i == 0 ? "{" : ",{");
		buf_kv_str(b, "type", o->type);
		buf_kv_str(b, "member_state", o->state);
		buf_kv_int(b, "received", o->n);
		buf_kv_int(b, "acted", o->acted);
		stats_order_seconds(b, "median_seconds_to_act",
		    o->acted_seconds);
		buf_kv_int(b, "told", o->told);
		stats_order_seconds(b, "median_seconds_to_tell",
		    o->told_seconds);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
	buf_key(b, "reports");
	buf_addc(b, '{');
	buf_kv_int(b, "opened", m->reports.n);
	buf_kv_int(b, "told", m->reports.told);
	stats_order_seconds(b, "median_seconds_to_tell",
	    m->reports.told_seconds);
	buf_addc(b, '}');
}
