/*
 * Figures as JSON and as CSV. See stats.h.
 *
 * What is too small to be told is null, with the reason beside it: under 30
 * nothing is measured, a cell under 10 is suppressed together with the share
 * that would give it away.
 */
#include <math.h>
#include <string.h>

#include "forumd/stats.h"

static const char *const stats_words[STATS_COLUMNS] = {
#define X(name, word) word,
	STATS_TABLE(X)
#undef X
};

static const char	stats_note[] = "A difference between groups can show "
			    "that they are treated differently, or that they "
			    "write differently. It proves neither; intervals "
			    "that overlap show nothing.";

enum stats_told
stats_told(const struct consistency_rate *r)
{
	if (r->n < STATS_MEASURED || !r->defined)
		return STATS_NOT_MEASURED;
	return r->k < STATS_SHOWN || r->n - r->k < STATS_SHOWN ?
	    STATS_SUPPRESSED : STATS_TOLD;
}

static const char *
stats_told_word(const struct consistency_rate *r)
{
	static const char *const	words[] = { "measured", "suppressed",
					    "not measured" };

	return words[stats_told(r)];
}

/* ---- JSON ---- */

static void
stats_number(struct buf *b, const char *key, double v)
{
	buf_key(b, key);
	if (isnan(v))
		buf_adds(b, "null");
	else
		buf_addf(b, "%.4f", v);
}

static void
stats_count(struct buf *b, const char *key, int64_t n, bool shown)
{
	if (shown)
		buf_kv_int(b, key, n);
	else
		buf_kv_null(b, key);
}

static void
stats_rate(struct buf *b, const struct consistency_rate *r, bool shown)
{
	stats_number(b, "share", shown ? r->rate : NAN);
	stats_number(b, "low", shown ? r->low : NAN);
	stats_number(b, "high", shown ? r->high : NAN);
}

static void
stats_head(struct buf *b, const struct stats_ask *ask)
{
	if (ask->slug != NULL) {
		buf_kv_str(b, "thread", ask->slug);
		buf_kv_str(b, "title", ask->title);
	}
	if (ask->section != NULL)
		buf_kv_str(b, "section", ask->section);
	buf_kv_time(b, "from", ask->from);
	buf_kv_time(b, "to", ask->to);
	buf_kv_str(b, "bucket", stats_bucket_word(ask->bucket));
}

/* Authors cannot be added up over buckets: the total has none. */
static void
stats_members(struct buf *b, const int64_t v[STATS_COLUMNS], bool total)
{
	int	k;

	for (k = 0; k < STATS_COLUMNS; k++) {
		if (k != STATS_DEPTH && !(total && k == STATS_AUTHORS))
			buf_kv_int(b, stats_words[k], v[k]);
	}
	stats_number(b, "replies_per_comment", stats_mean(v[STATS_REPLIES],
	    v[STATS_POSTED]));
	stats_number(b, "mean_depth", stats_mean(v[STATS_DEPTH],
	    v[STATS_POSTED]));
}

void
stats_json(struct buf *b, const struct stats *s)
{
	size_t	i, k;

	buf_addc(b, '{');
	stats_head(b, &s->ask);
	buf_key(b, "series");
	buf_addc(b, '[');
	for (i = 0; i < s->n; i++) {
		buf_adds(b, i == 0 ? "{" : ",{");
		buf_kv_time(b, "start", s->rows[i].start);
		stats_members(b, s->rows[i].v, false);
		buf_key(b, "removed_by_clause");
		buf_addc(b, '{');
		for (k = 0; k < s->nclauses; k++) {
			if (s->rows[i].clause[k] != 0)
				buf_kv_int(b, s->clauses[k],
				    s->rows[i].clause[k]);
		}
		buf_adds(b, "}}");
	}
	buf_addc(b, ']');
	buf_key(b, "totals");
	buf_addc(b, '{');
	stats_members(b, s->total, true);
	buf_adds(b, "}}");
}

static void
stats_wait(struct buf *b, const struct consistency_times *w)
{
	buf_key(b, "time_to_decision");
	buf_addc(b, '{');
	buf_kv_int(b, "n", w->n);
	stats_count(b, "median_seconds", w->median, w->n > 0);
	stats_count(b, "p90_seconds", w->p90, w->n > 0);
	stats_count(b, "p99_seconds", w->p99, w->n > 0);
	buf_addc(b, '}');
}

static void
stats_mod_members(struct buf *b, const struct stats_mod_row *r)
{
	buf_kv_int(b, "decisions", r->decisions);
	buf_kv_int(b, "automatic", r->automatic);
	stats_number(b, "automated_share", stats_mean(r->automatic,
	    r->decisions));
	buf_kv_int(b, "appealed", r->appealed);
	buf_kv_int(b, "appeals_decided", r->settled);
	buf_kv_int(b, "reversed", r->reversed);
	stats_wait(b, &r->wait);
}

static void
stats_reversals(struct buf *b, const char *key, const char *name,
    const struct stats_reversal *list, size_t n)
{
	size_t	i;

	buf_key(b, key);
	buf_addc(b, '[');
	for (i = 0; i < n; i++) {
		buf_adds(b, i == 0 ? "{" : ",{");
		buf_kv_str(b, name, list[i].who);
		buf_kv_int(b, "decisions", list[i].decisions);
		buf_kv_int(b, "appeals_decided", list[i].rate.n);
		buf_kv_int(b, "reversed", list[i].rate.k);
		stats_rate(b, &list[i].rate, list[i].rate.n >=
		    STATS_MEASURED);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

static void
stats_groups_json(struct buf *b, const struct stats_moderation *m)
{
	const struct consistency_rate	*r;
	size_t				 i;

	buf_key(b, "removal_rates");
	buf_addc(b, '[');
	for (i = 0; i < m->ngroups; i++) {
		r = &m->groups[i].rate;
		buf_adds(b, i == 0 ? "{" : ",{");
		buf_kv_str(b, "group", m->groups[i].group);
		buf_kv_str(b, "value", m->groups[i].value);
		stats_count(b, "posted", r->n, r->n >= STATS_SHOWN);
		stats_count(b, "removed", r->k, stats_told(r) == STATS_TOLD);
		stats_rate(b, r, stats_told(r) == STATS_TOLD);
		buf_kv_str(b, "status", stats_told_word(r));
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
	buf_kv_str(b, "note", stats_note);
}

static void
stats_agreement(struct buf *b, const struct consistency_kappa *k)
{
	buf_key(b, "agreement");
	buf_addc(b, '{');
	buf_kv_int(b, "n", k->n);
	buf_kv_int(b, "agreed", k->agreed);
	stats_number(b, "kappa", k->defined ? k->kappa : NAN);
	stats_number(b, "low", k->defined ? k->low : NAN);
	stats_number(b, "high", k->defined ? k->high : NAN);
	buf_addc(b, '}');
}

void
stats_moderation_json(struct buf *b, const struct stats_moderation *m)
{
	int64_t	by_hand = m->total.decisions - m->total.automatic;
	size_t	i;

	buf_addc(b, '{');
	stats_head(b, &m->ask);
	buf_kv_int(b, "moderators", m->persons);
	buf_key(b, "totals");
	buf_addc(b, '{');
	stats_mod_members(b, &m->total);
	stats_number(b, "unchanged_canned_share", stats_mean(m->canned,
	    by_hand));
	buf_addc(b, '}');
	buf_key(b, "series");
	buf_addc(b, '[');
	for (i = 0; i < m->n; i++) {
		buf_adds(b, i == 0 ? "{" : ",{");
		buf_kv_time(b, "start", m->rows[i].start);
		stats_mod_members(b, &m->rows[i]);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
	stats_reversals(b, "reversals_by_clause", "clause", m->clauses,
	    m->nclauses);
	stats_reversals(b, "reversals_by_moderator", "moderator",
	    m->moderators, m->nmoderators);
	stats_agreement(b, &m->agreement);
	buf_key(b, "tone");
	buf_addc(b, '{');
	buf_kv_int(b, "coded_twice", m->tones);
	buf_kv_int(b, "agreed", m->tones_agreed);
	buf_addc(b, '}');
	stats_order_json(b, m);
	stats_groups_json(b, m);
	buf_addc(b, '}');
}

/* ---- CSV (RFC 4180) ---- */

void
stats_cell(struct buf *b, const char *text)
{
	bool	quote = strpbrk(text, ",\"\r\n") != NULL;

	if (quote)
		buf_addc(b, '"');
	/* What a spreadsheet would run is text from here on. */
	if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL)
		buf_addc(b, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_addc(b, '"');
		buf_addc(b, *text);
	}
	if (quote)
		buf_addc(b, '"');
}

static void
stats_cell_number(struct buf *b, double v)
{
	buf_addc(b, ',');
	if (!isnan(v))
		buf_addf(b, "%.4f", v);
}

static void
stats_cell_int(struct buf *b, int64_t v, bool shown)
{
	buf_addc(b, ',');
	if (shown)
		buf_addi(b, v);
}

static void
stats_csv_head(struct buf *b, const struct stats *s)
{
	size_t	k;

	buf_adds(b, "start,thread,title");
	for (k = 0; k < STATS_DEPTH; k++) {
		buf_addc(b, ',');
		stats_cell(b, stats_words[k]);
	}
	buf_adds(b, ",replies_per_comment,mean_depth");
	for (k = 0; k < s->nclauses; k++) {
		buf_adds(b, ",removed:");
		buf_adds(b, s->clauses[k]);
	}
	buf_adds(b, "\r\n");
}

void
stats_csv(struct buf *b, const struct stats *s)
{
	const struct stats_row	*r;
	size_t			 i, k;

	stats_csv_head(b, s);
	for (i = 0; i < s->n; i++) {
		r = &s->rows[i];
		buf_time(b, r->start);
		buf_addc(b, ',');
		stats_cell(b, s->ask.slug != NULL ? s->ask.slug : "");
		buf_addc(b, ',');
		stats_cell(b, s->ask.title != NULL ? s->ask.title : "");
		for (k = 0; k < STATS_DEPTH; k++)
			stats_cell_int(b, r->v[k], true);
		stats_cell_number(b, stats_mean(r->v[STATS_REPLIES],
		    r->v[STATS_POSTED]));
		stats_cell_number(b, stats_mean(r->v[STATS_DEPTH],
		    r->v[STATS_POSTED]));
		for (k = 0; k < s->nclauses; k++)
			stats_cell_int(b, r->clause[k], true);
		buf_adds(b, "\r\n");
	}
}

/* One line of any part: part,name,n,k,share,low,high,status. */
static void
stats_csv_rate(struct buf *b, const char *part, const char *name,
    const struct consistency_rate *r, bool n_shown, bool shown)
{
	buf_adds(b, part);
	buf_addc(b, ',');
	stats_cell(b, name);
	stats_cell_int(b, r->n, n_shown);
	stats_cell_int(b, r->k, shown);
	stats_cell_number(b, shown ? r->rate : NAN);
	stats_cell_number(b, shown ? r->low : NAN);
	stats_cell_number(b, shown ? r->high : NAN);
	buf_adds(b, "\r\n");
}

static void
stats_csv_series(struct buf *b, const struct stats_moderation *m)
{
	const struct stats_mod_row	*r;
	size_t				 i;

	buf_adds(b, "start,decisions,automatic,appealed,reversed,"
	    "median_seconds,p90_seconds,p99_seconds\r\n");
	for (i = 0; i < m->n; i++) {
		r = &m->rows[i];
		buf_time(b, r->start);
		stats_cell_int(b, r->decisions, true);
		stats_cell_int(b, r->automatic, true);
		stats_cell_int(b, r->appealed, true);
		stats_cell_int(b, r->reversed, true);
		stats_cell_int(b, r->wait.median, r->wait.n > 0);
		stats_cell_int(b, r->wait.p90, r->wait.n > 0);
		stats_cell_int(b, r->wait.p99, r->wait.n > 0);
		buf_adds(b, "\r\n");
	}
}

/* The series, an empty line, and the rates. */
void
stats_moderation_csv(struct buf *b, const struct stats_moderation *m)
{
	const struct consistency_rate	*r;
	size_t				 i;

	stats_csv_series(b, m);
	buf_adds(b, "\r\npart,name,n,k,share,low,high\r\n");
	for (i = 0; i < m->nclauses; i++) {
		r = &m->clauses[i].rate;
		stats_csv_rate(b, "reversal_by_clause", m->clauses[i].who, r,
		    true, r->n >= STATS_MEASURED);
	}
	for (i = 0; i < m->nmoderators; i++) {
		r = &m->moderators[i].rate;
		stats_csv_rate(b, "reversal_by_moderator",
		    m->moderators[i].who, r, true, r->n >= STATS_MEASURED);
	}
	for (i = 0; i < m->ngroups; i++) {
		r = &m->groups[i].rate;
		stats_csv_rate(b, m->groups[i].group, m->groups[i].value, r,
		    r->n >= STATS_SHOWN, stats_told(r) == STATS_TOLD);
	}
	buf_adds(b, "agreement,kappa");
	stats_cell_int(b, m->agreement.n, true);
	stats_cell_int(b, m->agreement.agreed, true);
	if (m->agreement.defined)
		buf_addf(b, ",%.4f,%.4f,%.4f\r\n", m->agreement.kappa,
		    m->agreement.low, m->agreement.high);
	else
		buf_adds(b, ",,,\r\n");
}
