/*
 * Figures as pages. /stats is for everybody: the forum's public account, and
 * rates pooled over enough persons and decisions that none of them stands
 * out. /desk is for editors: every figure as a table that the script draws,
 * with the same figures as CSV and JSON. Both are made on a worker; what is
 * in a table is what the picture shows, since it is drawn from the table.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forumd/handlers.h"
#include "forumd/page_stats.h"
#include "storage/base/clock.h"

#define DAY_MS		INT64_C(86400000)
#define STATS_POOL	(365 * DAY_MS)
#define STATS_CELLS	4	/* columns of numbers of one figure */

static void
page_stats_html(struct request *rq, struct html_page *p, const char *title,
    const char *section, const char *path)
{
	rq->page = true;
	request_page(rq, p, title);
	p->section = section;
	p->path = path;
	p->script = "desk.js";
	page_begin(rq, p);
	html_elem(&rq->out, "h1", NULL, title);
}

/* ---- cells ---- */

static void
page_stats_cell_none(struct page_stats *s, const char *key)
{
	buf_adds(&s->rq->out, "<td class=\"num muted\">");
	html_tr(&s->rq->out, s->l, key);
	buf_adds(&s->rq->out, "</td>");
}

/* Seconds for a reader; the chart's axis counts hours. */
static void
page_stats_cell_wait(struct page_stats *s, int64_t seconds, bool known)
{
	struct buf	*b = &s->rq->out;
	struct buf	 text = BUF_INIT;

	if (!known) {
		page_stats_cell_none(s, "stats.none");
		return;
	}
	locale_duration(&text, s->l, seconds);
	buf_addf(b, "<td class=\"num\" data-value=\"%.2f\">",
	    (double)seconds / 3600);
	buf_htmls(b, buf_str(&text));
	buf_adds(b, "</td>");
	buf_free(&text);
}

static void
page_stats_cell_mean(struct page_stats *s, double v)
{
	if (isnan(v))
		page_stats_cell_none(s, "stats.none");
	else
		buf_addf(&s->rq->out, "<td class=\"num\">%.2f</td>", v);
}

/* The bucket's beginning as a row's heading. */
static void
page_stats_row(struct page_stats *s, int64_t start)
{
	struct buf	text = BUF_INIT;

	html_row_begin(&s->rq->out);
	buf_time(&text, start);
	/* The day, and for hours the hour too. */
	buf_str(&text);
	if (text.len > 16)
		text.data[s->ask.bucket == PROJECT_HOUR ? 16 : 10] = '\0';
	if (text.len > 10 && s->ask.bucket == PROJECT_HOUR)
		text.data[10] = ' ';
	html_cell_head(&s->rq->out, text.len > 0 ? text.data : "");
	buf_free(&text);
}

/* ---- figures ---- */

/* A link to the same figures: path?from&to&bucket&format. */
static const char *
page_stats_link(struct page_stats *s, const char *path, const char *format)
{
	struct buf	 b = BUF_INIT;
	const char	*text;

	buf_adds(&b, path);
	if (s->ask.slug != NULL && strstr(path, "/threads/") != NULL)
		buf_url(&b, s->ask.slug, strlen(s->ask.slug));
	buf_adds(&b, "?from=");
	buf_time(&b, s->ask.from);
	buf_adds(&b, "&to=");
	buf_time(&b, s->ask.to);
	buf_addf(&b, "&bucket=%s&format=%s", stats_bucket_word(s->ask.bucket),
	    format);
	if (s->ask.slug != NULL && strstr(path, "/moderation") != NULL) {
		buf_adds(&b, "&thread=");
		buf_url(&b, s->ask.slug, strlen(s->ask.slug));
	}
	if (s->ask.section != NULL) {
		buf_adds(&b, "&section=");
		buf_url(&b, s->ask.section, strlen(s->ask.section));
	}
	text = arena_str(s->a, buf_str(&b));
	buf_free(&b);
	return text;
}

/* One figure's head: title by key, columns by keys (the first one is the
 * rows' heading). moderation: which of the two APIs gives the same. */
static void
page_stats_begin(struct page_stats *s, struct html_figure *f,
    const char *id, const char *chart, const char *const *columns,
    bool moderation)
{
	struct html_col	 cols[STATS_CELLS + 2];
	const char	*path = "/api/v1/stats/moderation";
	char		 key[40];
	size_t		 n;

	if (!moderation)
		path = s->ask.slug != NULL ? "/api/v1/stats/threads/" :
		    "/api/v1/stats/site";
	memset(f, 0, sizeof(*f));
	snprintf(key, sizeof(key), "stats.%s", id);
	f->id = id;
	f->title = tr(s->l, key);
	f->chart = chart;
	f->csv = page_stats_link(s, path, "csv");
	f->json = page_stats_link(s, path, "json");
	for (n = 0; columns[n] != NULL; n++) {
		cols[n].label = tr(s->l, columns[n]);
		cols[n].numeric = n > 0;
	}
	html_figure_begin(&s->rq->out, s->l, f);
	html_table_begin(&s->rq->out, f->title, cols, n);
}

static void
page_stats_end(struct page_stats *s, const struct html_figure *f)
{
	html_table_end(&s->rq->out);
	html_figure_end(&s->rq->out, s->l, f);
}

/* A line for each of some columns of the volumes. */
static void
page_stats_lines(struct page_stats *s, const struct stats *v,
    const char *id, const char *const *columns,
    const enum stats_column *which)
{
	struct html_figure	f;
	size_t			i, k;

	page_stats_begin(s, &f, id, "line", columns, false);
	for (i = 0; i < v->n; i++) {
		page_stats_row(s, v->rows[i].start);
		for (k = 0; columns[k + 1] != NULL; k++)
			html_cell_int(&s->rq->out, v->rows[i].v[which[k]]);
		html_row_end(&s->rq->out);
	}
	page_stats_end(s, &f);
}

static void
page_stats_volume(struct page_stats *s, const struct stats *v)
{
	static const char *const	volume[] = { "stats.time",
	    "stats.posted", "stats.visible", "stats.held", "stats.removed",
	    NULL };
	static const enum stats_column	volume_of[] = { STATS_POSTED,
	    STATS_VISIBLE, STATS_HELD, STATS_REMOVED };
	static const char *const	people[] = { "stats.time",
	    "stats.authors", "stats.newcomers", "stats.flags",
	    "stats.appeals", NULL };
	static const enum stats_column	people_of[] = { STATS_AUTHORS,
	    STATS_NEWCOMERS, STATS_FLAGS, STATS_APPEALS };

	page_stats_lines(s, v, "volume", volume, volume_of);
	page_stats_lines(s, v, "participation", people, people_of);
}

/* Two threads side by side, over the same buckets. */
static void
page_stats_compare(struct page_stats *s, const struct stats *v,
    const struct stats *w)
{
	const struct html_col	 cols[] = {
		{ tr(s->l, "stats.time"), false },
		{ v->ask.title, true }, { w->ask.title, true },
	};
	struct html_figure	 f = { .id = "compare", .chart = "line",
		.title = tr(s->l, "stats.compared") };
	size_t			 i;

	f.csv = page_stats_link(s, "/api/v1/stats/threads/", "csv");
	f.json = page_stats_link(s, "/api/v1/stats/threads/", "json");
	html_figure_begin(&s->rq->out, s->l, &f);
	html_table_begin(&s->rq->out, f.title, cols, 3);
	for (i = 0; i < v->n && i < w->n; i++) {
		page_stats_row(s, v->rows[i].start);
		html_cell_int(&s->rq->out, v->rows[i].v[STATS_POSTED]);
		html_cell_int(&s->rq->out, w->rows[i].v[STATS_POSTED]);
		html_row_end(&s->rq->out);
	}
	page_stats_end(s, &f);
}

static void
page_stats_clauses(struct page_stats *s, const struct stats *v)
{
	static const char *const	columns[] = { "review.clause",
	    "stats.removed", NULL };
	struct html_figure		f;
	const char			*title;
	int64_t				n;
	size_t				i, k;

	page_stats_begin(s, &f, "removed_by_clause", "bars", columns, false);
	for (k = 0; k < v->nclauses; k++) {
		for (i = 0, n = 0; i < v->n; i++)
			n += v->rows[i].clause[k];
		title = policy_title(s->rq->rules->policy, v->clauses[k],
		    locale_tag(s->l));
		html_row_begin(&s->rq->out);
		html_cell_head(&s->rq->out, title != NULL ? title :
		    v->clauses[k]);
		html_cell_int(&s->rq->out, n);
		html_row_end(&s->rq->out);
	}
	page_stats_end(s, &f);
}

/* The totals, two to a line: what adds up, and the means. */
static void
page_stats_totals(struct page_stats *s, const struct stats *v)
{
	static const char *const	columns[] = { "stats.posted",
	    "stats.visible", "stats.removed", "stats.replies", "stats.depth",
	    NULL };
	struct html_figure		f;
	struct buf			*b = &s->rq->out;
	const int64_t			*t = v->total;
	char				 posted[24];

	page_stats_begin(s, &f, "totals", NULL, columns, false);
	snprintf(posted, sizeof(posted), "%lld", (long long)t[STATS_POSTED]);
	html_row_begin(b);
	html_cell_head(b, posted);
	html_cell_int(b, t[STATS_VISIBLE]);
	html_cell_int(b, t[STATS_REMOVED]);
	page_stats_cell_mean(s, stats_mean(t[STATS_REPLIES],
	    t[STATS_POSTED]));
	page_stats_cell_mean(s, stats_mean(t[STATS_DEPTH],
	    t[STATS_POSTED]));
	html_row_end(b);
	page_stats_end(s, &f);
}

static void
page_stats_waits(struct page_stats *s, const struct stats_moderation *m)
{
	static const char *const	columns[] = { "stats.time",
	    "stats.median", "stats.p90", "stats.p99", NULL };
	const struct consistency_times	*w;
	struct html_figure		 f;
	size_t				 i;

	page_stats_begin(s, &f, "decision_times", "line", columns, true);
	f.note = tr(s->l, "stats.times_note");
	for (i = 0; i < m->n; i++) {
		w = &m->rows[i].wait;
		page_stats_row(s, m->rows[i].start);
		page_stats_cell_wait(s, w->median, w->n > 0);
		page_stats_cell_wait(s, w->p90, w->n > 0);
		page_stats_cell_wait(s, w->p99, w->n > 0);
		html_row_end(&s->rq->out);
	}
	page_stats_end(s, &f);
}

static void
page_stats_reversals(struct page_stats *s, const char *id,
    const char *first, const struct stats_reversal *list, size_t n,
    bool clauses)
{
	const char *const	 columns[] = { first, "stats.decisions",
				    "stats.appeals_decided",
				    "stats.reversed", "stats.rate", NULL };
	const struct consistency_rate *r;
	struct html_figure	 f;
	struct buf		*b = &s->rq->out;
	const char		*name;
	size_t			 i;

	page_stats_begin(s, &f, id, NULL, columns, true);
	for (i = 0; i < n; i++) {
		r = &list[i].rate;
		name = clauses ? policy_title(s->rq->rules->policy,
		    list[i].who, locale_tag(s->l)) : NULL;
		html_row_begin(b);
		html_cell_head(b, name != NULL ? name : list[i].who);
		html_cell_int(b, list[i].decisions);
		html_cell_int(b, r->n);
		html_cell_int(b, r->k);
		html_cell_rate(b, s->l, r->rate, r->low, r->high, r->n);
		html_row_end(b);
	}
	page_stats_end(s, &f);
}

static void
page_stats_agreement(struct page_stats *s, const struct stats_moderation *m)
{
	static const char *const	columns[] = { "stats.pairs",
	    "stats.agreed", "stats.kappa", NULL };
	const struct consistency_kappa	*k = &m->agreement;
	struct html_figure		 f;
	struct buf			*b = &s->rq->out;
	char				 pairs[24];

	page_stats_begin(s, &f, "agreement", NULL, columns, true);
	f.note = tr(s->l, "stats.agreement_note");
	snprintf(pairs, sizeof(pairs), "%lld", (long long)k->n);
	html_row_begin(b);
	html_cell_head(b, pairs);
	html_cell_int(b, k->agreed);
	if (k->defined)
		buf_addf(b, "<td class=\"num\">%.2f <small>(%.2f–%.2f)"
		    "</small></td>", k->kappa, k->low, k->high);
	else
		page_stats_cell_none(s, "stats.not_measured");
	html_row_end(b);
	page_stats_end(s, &f);
}

static void
page_stats_groups(struct page_stats *s, const struct stats_moderation *m)
{
	static const char *const	columns[] = { "stats.group",
	    "stats.removed_share", "stats.posted", NULL };
	const struct consistency_rate	*r;
	struct html_figure		 f;
	struct buf			*b = &s->rq->out;
	char				 key[40];
	size_t				 i;

	page_stats_begin(s, &f, "groups", "rates", columns, true);
	f.note = tr(s->l, "stats.groups_note");
	for (i = 0; i < m->ngroups; i++) {
		r = &m->groups[i].rate;
		snprintf(key, sizeof(key), "stats.group_%.20s",
		    m->groups[i].value);
		html_row_begin(b);
		html_cell_head(b, strcmp(m->groups[i].group, "language") ==
		    0 ? m->groups[i].value : tr(s->l, key));
		if (stats_told(r) == STATS_SUPPRESSED)
			page_stats_cell_none(s, "stats.suppressed");
		else
			html_cell_rate(b, s->l, r->rate, r->low, r->high,
			    r->n);
		if (r->n < STATS_SHOWN)
			page_stats_cell_none(s, "stats.suppressed");
		else
			html_cell_int(b, r->n);
		html_row_end(b);
	}
	page_stats_end(s, &f);
}

/* ---- the desk ---- */

static void
page_stats_moderation(struct page_stats *s,
    const struct stats_moderation *m)
{
	page_stats_waits(s, m);
	page_stats_reversals(s, "reversals", "review.clause", m->clauses,
	    m->nclauses, true);
	page_stats_reversals(s, "by_moderator", "stats.moderator",
	    m->moderators, m->nmoderators, false);
	if (s->ask.thread == 0 && s->ask.section == NULL)
		page_stats_agreement(s, m);
	page_stats_groups(s, m);
}

/* The thread to compare with, over the first one's range. */
static int
page_stats_other(struct page_stats *s, struct err *err)
{
	json_int_t	 num = json_integer_value(json_object_get(s->rq->body,
			    "compare"));
	struct stmt	*q;

	if (num == 0 || s->ask.thread == 0)
		return 0;
	s->other = s->ask;
	s->other.thread = num;
	q = db_query(s->rq->db, "SELECT slug, title FROM thread WHERE num = "
	    "?", "i", (int64_t)num);
	if (stmt_step(q) == 1) {
		s->other.slug = arena_str(s->a, stmt_text(q, 0));
		s->other.title = arena_str(s->a, stmt_text(q, 1));
	}
	return stmt_done(q, err);
}

static int
page_desk_work(struct request *rq, struct err *err)
{
	struct arena		a = ARENA_INIT;
	struct html_page	p;
	struct page_stats	s = { .rq = rq, .p = &p, .l = rq->locale,
				    .a = &a };
	struct stats		v, w;
	struct stats_moderation	m;
	int			rc = -1;

	if (api_stats_asked(rq, &a, &s.ask, err) != 0 ||
	    page_stats_other(&s, err) != 0 ||
	    stats_read(&a, rq->db, &s.ask, &v, err) != 0 ||
	    (s.other.thread != 0 && stats_read(&a, rq->db, &s.other, &w,
	    err) != 0) ||
	    stats_moderation_read(&a, rq->db, &s.ask, &m, err) != 0)
		goto out;
	page_stats_html(rq, &p, tr(s.l, "nav.desk"), "desk", "/desk");
	html_link(&rq->out, "/desk/grave", tr(s.l, "grave.title"));
	buf_adds(&rq->out, " · ");
	html_link(&rq->out, "/review/tone", tr(s.l, "tone.title"));
	page_stats_form(&s, err);
	if (s.other.thread != 0)
		page_stats_compare(&s, &v, &w);
	page_stats_volume(&s, &v);
	page_stats_totals(&s, &v);
	page_stats_clauses(&s, &v);
	page_stats_moderation(&s, &m);
	page_end(rq, &p);
	rc = 0;
out:
	arena_free(&a);
	return rc;
}

/* Without a range the page shows what is recent. */
static void
page_desk_recent(struct request *rq)
{
	static const int	days[] = { 2, 60, 364, 1825 };
	json_int_t		from, to;
	int			b;

	if (json_unpack(rq->body, "{s:I, s:I, s:i}", "from", &from, "to",
	    &to, "bucket", &b) != 0 || from >= to - days[b] * DAY_MS)
		return;
	json_object_set_new(rq->body, "from", json_integer(
	    project_tally_floor(to - days[b] * DAY_MS,
	    (enum project_bucket)b)));
}

int
page_desk(struct request *rq, struct err *err)
{
	struct thread_row	other;
	char			slug[100], compare[100], from[40];

	other.num = 0;
	if (request_param(rq, "thread", slug, sizeof(slug), err) < 0 ||
	    request_param(rq, "compare", compare, sizeof(compare),
	    err) < 0 || request_param(rq, "from", from, sizeof(from),
	    err) < 0 || (compare[0] != '\0' && lookup_thread(rq->db, compare,
	    &other, err) != 0) || api_stats_ask(rq, slug[0] != '\0' ? slug :
	    NULL, err) != 0)
		return -1;
	json_object_set_new(rq->body, "compare", json_integer(other.num));
	if (from[0] == '\0')
		page_desk_recent(rq);
	rq->http = NULL;	/* a worker must not look at it */
	return request_work(rq, page_desk_work, err);
}

/* ---- for everybody ---- */

static void
page_stats_pooled_row(struct page_stats *s, const char *key,
    const struct consistency_rate *r)
{
	struct buf	*b = &s->rq->out;

	html_row_begin(b);
	html_cell_head(b, tr(s->l, key));
	html_cell_rate(b, s->l, r->rate, r->low, r->high, r->n);
	html_row_end(b);
}

static void
page_stats_pooled(struct page_stats *s, const struct stats *v,
    const struct stats_moderation *m)
{
	const struct html_col	cols[] = {
		{ tr(s->l, "stats.figure"), false },
		{ tr(s->l, "stats.rate"), true },
	};
	struct consistency_rate	r;
	struct buf		*b = &s->rq->out;

	buf_adds(b, "<div>");	/* as narrow as the text around it */
	html_table_begin(b, tr(s->l, "stats.pooled"), cols, 2);
	consistency_wilson(&r, v->total[STATS_REMOVED],
	    v->total[STATS_POSTED]);
	page_stats_pooled_row(s, "stats.removed_share", &r);
	consistency_wilson(&r, m->total.automatic, m->total.decisions);
	page_stats_pooled_row(s, "stats.automatic", &r);
	consistency_wilson(&r, m->canned, m->total.decisions -
	    m->total.automatic);
	page_stats_pooled_row(s, "stats.canned", &r);
	consistency_wilson(&r, m->total.reversed, m->total.settled);
	page_stats_pooled_row(s, "stats.reversed_share", &r);
	html_row_begin(b);
	html_cell_head(b, tr(s->l, "stats.median"));
	page_stats_cell_wait(s, m->total.wait.median,
	    m->total.wait.n >= STATS_MEASURED);
	html_row_end(b);
	html_table_end(b);
	buf_adds(b, "</div>");
}

/* By kind and state, and the reports as the last row. Public: they name
 * nobody, and who asks for removals is for everybody to know. */
static void
page_stats_orders(struct page_stats *s, const struct stats_moderation *m)
{
	const struct html_col	cols[] = {
		{ tr(s->l, "stats.order"), false },
		{ tr(s->l, "stats.order_state"), false },
		{ tr(s->l, "stats.order_n"), true },
		{ tr(s->l, "stats.order_acted"), true },
		{ tr(s->l, "stats.order_told"), true },
	};
	const struct stats_order	*o;
	struct buf			*b = &s->rq->out;
	size_t				 i;

	buf_adds(b, "<div>");
	html_table_begin(b, tr(s->l, "stats.orders"), cols, 5);
	for (i = 0; i <= m->norders; i++) {
		o = i < m->norders ? &m->orders[i] : &m->reports;
		html_row_begin(b);
		html_cell_head(b, tr(s->l, o->type == NULL ? "stats.reports" :
		    *o->type == 'a' ? "grave.type_act" :
		    "grave.type_information"));
		html_cell(b, o->state != NULL ? o->state : "");
		html_cell_int(b, o->n);
		page_stats_cell_wait(s, o->acted_seconds, o->acted > 0);
		page_stats_cell_wait(s, o->told_seconds, o->told > 0);
		html_row_end(b);
	}
	html_table_end(b);
	buf_adds(b, "</div>");
}

static int
page_stats_work(struct request *rq, struct err *err)
{
	struct arena		a = ARENA_INIT;
	struct html_page	p;
	struct page_stats	s = { .rq = rq, .p = &p, .l = rq->locale,
				    .a = &a };
	struct view		view;
	struct view_thread	site;
	struct stats		v;
	struct stats_moderation	m;
	int			rc = -1;

	api_view(rq, &view);
	if (api_stats_asked(rq, &a, &s.ask, err) != 0 ||
	    view_site_counts(&view, &site, err) != 0 ||
	    stats_read(&a, rq->db, &s.ask, &v, err) != 0 ||
	    stats_moderation_read(&a, rq->db, &s.ask, &m, err) != 0)
		goto out;
	page_stats_html(rq, &p, tr(s.l, "nav.stats"), "stats", "/stats");
	html_comment_account(&rq->out, s.l, &site.counts);
	if (m.persons >= STATS_PERSONS && m.total.decisions >=
	    STATS_MEASURED)
		page_stats_pooled(&s, &v, &m);
	else
		html_elem(&rq->out, "p", "note", tr(s.l, "stats.too_few"));
	html_elem(&rq->out, "p", "note", tr(s.l, "stats.pooled_note"));
	page_stats_orders(&s, &m);
	page_end(rq, &p);
	rc = 0;
out:
	view_free(&view);
	arena_free(&a);
	return rc;
}

/* Always the year gone by: with ranges of one's own choice a single
 * moderator's share could be worked out. */
int
page_stats(struct request *rq, struct err *err)
{
	struct stats_ask	ask = { .bucket = PROJECT_MONTH };

	ask.to = clock_ms();
	ask.from = ask.to - STATS_POOL;
	if (stats_range(rq->db, &ask, ask.to, err) != 0)
		return -1;
	rq->body = json_pack("{s:I, s:I, s:I, s:i}", "thread", (json_int_t)0,
	    "from", (json_int_t)ask.from, "to", (json_int_t)ask.to, "bucket",
	    (int)PROJECT_MONTH);
	if (rq->body == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	rq->http = NULL;	/* a worker must not look at it */
	return request_work(rq, page_stats_work, err);
}
