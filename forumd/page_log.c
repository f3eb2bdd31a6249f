/*
 * The public record and the house rules as pages.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/handlers.h"
#include "forumd/log_view.h"
#include "forumd/page_parts.h"
#include "forumd/page_proof.h"

static void
page_log_row(struct request *rq, struct html_page *p,
    const struct log_entry *e)
{
	struct buf	*b = &rq->out;
	char		 href[48], index[24];

	snprintf(index, sizeof(index), "%lld", (long long)e->index);
	snprintf(href, sizeof(href), "/log/%s", index);
	html_row_begin(b);
	buf_adds(b, "<th scope=\"row\" class=\"num\">");
	html_link(b, href, index);
	buf_adds(b, "</th><td>");
	page_day(b, p->locale, e->time);
	buf_adds(b, "</td><td>");
	buf_htmls(b, page_entry_kind(p->locale, e->kind, e->action));
	if (e->comment != NULL) {
		buf_adds(b, " <a href=\"/c/");
		buf_htmls(b, e->comment);
		buf_adds(b, "\">");
		buf_htmls(b, e->thread_title != NULL ? e->thread_title :
		    e->comment);
		buf_adds(b, "</a>");
	} else if (e->thread != NULL) {
		buf_adds(b, " <a href=\"/t/");
		buf_url(b, e->thread, strlen(e->thread));
		buf_adds(b, "\">");
		buf_htmls(b, e->thread_title);
		buf_adds(b, "</a>");
	}
	buf_adds(b, "</td>");
	buf_adds(b, "<td>");
	buf_htmls(b, e->clause_title);
	if (e->explanation != NULL)
		html_elem(b, "p", "meta", e->explanation);
	buf_adds(b, "</td>");
	html_cell(b, e->decider == NULL ? "" :
	    strcmp(e->decider, "automatic") == 0 ?
	    tr(p->locale, "log.automatic") : e->decider);
	html_row_end(b);
}

/* A filter's day as a form gives it; to is the last one in it. */
static const char *
page_log_day(int64_t ms, bool end, char out[12])
{
	struct buf	b = BUF_INIT;

	out[0] = '\0';
	if (ms > 0) {
		buf_time(&b, end ? ms - 1 : ms);
		snprintf(out, 12, "%.10s", buf_str(&b));
	}
	buf_free(&b);
	return out;
}

/* The next page and the feed keep the filters. */
static void
page_log_href(struct buf *href, const char *path, const struct log_ask *ask,
    const char *next)
{
	char	from[12], to[12];
	const struct { const char *name, *value; } f[] = {
		{ "thread", ask->thread }, { "clause", ask->clause },
		{ "kind", ask->kind }, { "by", ask->by },
		{ "from", page_log_day(ask->from, false, from) },
		{ "to", page_log_day(ask->to, true, to) },
		{ "after", next },
	};
	char	sep = '?';
	size_t	i;

	buf_adds(href, path);
	for (i = 0; i < sizeof(f) / sizeof(f[0]); i++) {
		if (f[i].value[0] == '\0')
			continue;
		buf_addf(href, "%c%s=", sep, f[i].name);
		buf_url(href, f[i].value, strlen(f[i].value));
		sep = '&';
	}
}

#define PAGE_LOG_OPTIONS	64

static size_t
page_log_kinds(const struct locale *l, struct html_option out[])
{
	size_t	i, n = 0;

	out[n++] = (struct html_option){ "", tr(l, "log.any"), NULL };
	for (i = 0; log_kind(i) != NULL && n < PAGE_LOG_OPTIONS; i++)
		out[n++] = (struct html_option){ log_kind(i),
		    page_entry_kind(l, log_kind(i), NULL), NULL };
	return n;
}

static size_t
page_log_clauses(const struct locale *l, const struct policy *policy,
    struct html_option out[])
{
	const struct policy_clause	*c;
	size_t				 i, n = 0;

	out[n++] = (struct html_option){ "", tr(l, "log.any"), NULL };
	for (i = 0; i < policy_clauses(policy) && n < PAGE_LOG_OPTIONS; i++) {
		c = policy_clause_at(policy, i);
		out[n++] = (struct html_option){ c->id, policy_title(policy,
		    c->id, locale_tag(l)), NULL };
	}
	return n;
}

/* The filters as a form, which is a link like any other. */
static void
page_log_filter(struct request *rq, struct html_page *p,
    const struct log_ask *ask)
{
	const struct html_form		 form = { .action = "/log",
	    .id = "filter", .class = "range", .get = true };
	struct html_option		 kinds[PAGE_LOG_OPTIONS],
					 clauses[PAGE_LOG_OPTIONS];
	const struct html_option	 by[] = {
		{ "", tr(p->locale, "log.any"), NULL },
		{ "automatic", tr(p->locale, "log.automatic"), NULL },
		{ "person", tr(p->locale, "log.person"), NULL } };
	char				 from[12], to[12];
	const struct html_field		 fields[] = {
		{ .type = HTML_SELECT, .name = "kind", .value = ask->kind,
		  .label = tr(p->locale, "log.kind"), .options = kinds,
		  .noptions = page_log_kinds(p->locale, kinds) },
		{ .type = HTML_SELECT, .name = "clause",
		  .value = ask->clause, .label = tr(p->locale, "log.clause"),
		  .options = clauses, .noptions = page_log_clauses(p->locale,
		  rq->rules->policy, clauses) },
		{ .type = HTML_SELECT, .name = "by", .value = ask->by,
		  .label = tr(p->locale, "log.decider"), .options = by,
		  .noptions = 3 },
		{ .type = HTML_TEXT, .name = "thread", .value = ask->thread,
		  .label = tr(p->locale, "log.thread"), .maxlength = 100 },
		{ .type = HTML_DATE, .name = "from",
		  .label = tr(p->locale, "log.from"),
		  .value = page_log_day(ask->from, false, from) },
		{ .type = HTML_DATE, .name = "to",
		  .label = tr(p->locale, "log.to"),
		  .value = page_log_day(ask->to, true, to) },
	};
	size_t				 i;

	html_elem(&rq->out, "h2", NULL, tr(p->locale, "log.filter"));
	html_form_begin(&rq->out, p, &form);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		html_field(&rq->out, p, form.id, &fields[i]);
	html_button(&rq->out, tr(p->locale, "log.show"), NULL, NULL, "quiet");
	html_form_end(&rq->out);
}

/* Each log's signed head, the keys, and what all this is good for. */
static void
page_log_heads(struct request *rq, struct html_page *p)
{
	struct buf		*b = &rq->out;
	struct ledger_log	 log;
	uint64_t		 at = LEDGER_NEWEST;
	char			 href[NOTE_NAME_MAX + 16];

	html_elem(b, "h2", NULL, tr(p->locale, "log.heads"));
	buf_adds(b, "<ul>");
	do {
		if (ledger_read_log(rq->db, at, &log, NULL) != 0)
			break;
		snprintf(href, sizeof(href), "%s/checkpoint",
		    tlog_path(&log));
		buf_adds(b, "<li>");
		html_link(b, href, log.origin);
		buf_adds(b, " (");
		html_tr(b, p->locale, at == LEDGER_NEWEST ? "log.newest" :
		    "log.frozen");
		buf_adds(b, ")</li>");
		at = log.start - 1;
	} while (log.start > 0);
	buf_adds(b, "<li>");
	html_link(b, "/ledger/vkey", tr(p->locale, "log.keys"));
	buf_adds(b, "</li></ul>");
	html_elem(b, "p", NULL, tr(p->locale, "log.noticed"));
	html_elem(b, "p", NULL, tr(p->locale, "log.limits"));
}

static void
page_log_table(struct request *rq, struct html_page *p,
    const struct log_entry *list, size_t n)
{
	const struct html_col	 cols[] = {
		{ tr(p->locale, "log.index"), true },
		{ tr(p->locale, "log.time"), false },
		{ tr(p->locale, "log.kind"), false },
		{ tr(p->locale, "log.clause"), false },
		{ tr(p->locale, "log.decider"), false },
	};
	size_t			 i;

	html_table_begin(&rq->out, tr(p->locale, "log.title"), cols, 5);
	for (i = 0; i < n; i++)
		page_log_row(rq, p, &list[i]);
	html_table_end(&rq->out);
}

int
page_log(struct request *rq, struct err *err)
{
	struct log_ask		 ask;
	struct log_entry	*list;
	struct html_page	 p;
	struct view		 v;
	struct buf		 next = BUF_INIT, feed = BUF_INIT;
	size_t			 n;
	int			 rc;

	if (log_ask(rq, &ask, err) != 0)
		return -1;
	api_view(rq, &v);
	if ((rc = log_page(rq, &v, &ask, &list, &n, err)) == 0) {
		request_page(rq, &p, tr(rq->locale, "log.title"));
		p.section = "log";
		page_log_href(&feed, "/log.atom", &ask, "");
		p.feed = buf_str(&feed);
		page_begin(rq, &p);
		html_elem(&rq->out, "h1", NULL, tr(p.locale, "log.title"));
		html_elem(&rq->out, "p", NULL, tr(p.locale, "log.intro"));
		page_log_filter(rq, &p, &ask);
		page_log_table(rq, &p, list, n);
		if (v.next[0] != '\0') {
			page_log_href(&next, "/log", &ask, v.next);
			html_pager(&rq->out, p.locale, "/log",
			    buf_str(&next));
		}
		page_log_heads(rq, &p);
		page_end(rq, &p);
		buf_free(&next);
		buf_free(&feed);
	}
	view_free(&v);
	return rc;
}

static void
page_log_pre(struct buf *b, const void *p, size_t len)
{
	buf_adds(b, "<pre class=\"mono\" tabindex=\"0\">");
	buf_html(b, p, len);
	buf_adds(b, "</pre>");
}

/* One entry: its row, its bytes, its proof. */
int
page_log_entry(struct request *rq, struct err *err)
{
	struct log_entry	 e;
	struct tlog_entry	 proven;
	struct html_page	 p;
	struct view		 v;
	struct buf		*b = &rq->out;
	char			 title[160];
	int64_t			 index;
	int			 rc;

	api_view(rq, &v);
	if ((rc = log_load(rq, &v, &index, &e, &proven, err)) == 0) {
		snprintf(title, sizeof(title), "%s %lld",
		    tr(rq->locale, "tombstone.record"), (long long)index);
		request_page(rq, &p, title);
		p.section = "log";
		page_begin(rq, &p);
		html_elem(&rq->out, "h1", NULL, title);
		page_log_table(rq, &p, &e, 1);
		html_elem(b, "h2", NULL, tr(p.locale, "log.entry"));
		page_log_pre(b, proven.leaf.data, proven.leaf.len);
		html_elem(b, "p", NULL, tr(p.locale, "log.commits"));
		html_elem(b, "h2", NULL, tr(p.locale, "log.proof"));
		page_proof_steps(rq, &p, &proven);
		html_elem(b, "h2", NULL, tr(p.locale, "log.head"));
		page_log_pre(b, proven.proof.data, proven.proof.len);
		page_log_pre(b, proven.vkey, strlen(proven.vkey));
		page_proof_commands(rq, &p, &proven);
		page_end(rq, &p);
	}
	tlog_free(&proven);
	view_free(&v);
	return rc;
}

/* The rules in their order: what comes of what. */
static void
page_policy_rules(struct request *rq, const struct html_page *p)
{
	const struct policy	*policy = rq->rules->policy;
	const struct html_col	 cols[] = {
		{ tr(p->locale, "policy.rule"), false },
		{ tr(p->locale, "policy.outcome"), false },
		{ tr(p->locale, "policy.under"), false },
	};
	struct policy_rule_view	 r;
	struct buf		*b = &rq->out;
	const char		*title;
	char			 key[40];
	size_t			 i;

	html_elem(b, "h2", NULL, tr(p->locale, "policy.rules"));
	html_elem(b, "p", NULL, tr(p->locale, "policy.rules_note"));
	html_table_begin(b, tr(p->locale, "policy.rules"), cols, 3);
	for (i = 0; policy_rule_at(policy, i, &r); i++) {
		snprintf(key, sizeof(key), "policy.%s", r.verdict);
		title = policy_title(policy, r.clause,
		    locale_tag(p->locale));
		html_row_begin(b);
		html_cell_head(b, r.id);
		html_cell(b, tr(p->locale, key));
		html_cell(b, title == NULL ? "" : title);
		html_row_end(b);
	}
	html_table_end(b);
}

/* What is kept how long: the numbers that the retention follower obeys. */
static void
page_policy_retention(struct request *rq, const struct html_page *p)
{
	static const char *const kept[] = { "address", "flag_note",
				    "preserved", "removed_text",
				    "unconfirmed", "withdrawn_text" };
	const struct html_col	 cols[] = {
		{ tr(p->locale, "policy.what"), false },
		{ tr(p->locale, "policy.days"), true },
	};
	struct buf		*b = &rq->out;
	char			 text[48], name[48];
	size_t			 i;

	html_elem(b, "h2", NULL, tr(p->locale, "policy.retention"));
	html_table_begin(b, tr(p->locale, "policy.retention"), cols, 2);
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		snprintf(text, sizeof(text), "policy.keep_%s", kept[i]);
		snprintf(name, sizeof(name), "retention.%s_days", kept[i]);
		html_row_begin(b);
		html_cell_head(b, tr(p->locale, text));
		html_cell_int(b, policy_number(rq->rules->policy, name));
		html_row_end(b);
	}
	html_table_end(b);
}

int
page_policy(struct request *rq, struct err *err)
{
	const struct policy		*policy = rq->rules->policy;
	const struct policy_clause	*c;
	const char			*language = locale_tag(rq->locale);
	struct buf			*b = &rq->out;
	struct html_page		 p;
	size_t				 i;

	(void)err;
	request_page(rq, &p, tr(rq->locale, "policy.title"));
	p.section = "policy";
	page_begin(rq, &p);
	html_elem(b, "h1", NULL, tr(p.locale, "policy.title"));
	buf_adds(b, "<p class=\"meta\">");
	html_tr(b, p.locale, "policy.adopted");
	buf_addc(b, ' ');
	html_time(b, p.locale, db_int(rq->db, 0, "SELECT adopted_at FROM "
	    "policy WHERE digest = ?", "s", policy_digest(policy)));
	buf_adds(b, " · <a class=\"mono\" href=\"/api/v1/policy/");
	buf_adds(b, policy_digest(policy));
	buf_adds(b, "\">");
	buf_html(b, policy_digest(policy), 16);
	buf_adds(b, "</a></p>");
	for (i = 0; i < policy_clauses(policy); i++) {
		c = policy_clause_at(policy, i);
		buf_adds(b, "<section id=\"");
		buf_htmls(b, c->id);
		buf_adds(b, "\"><h2>");
		buf_htmls(b, policy_title(policy, c->id, language));
		buf_adds(b, "</h2>");
		html_elem(b, "p", NULL, policy_text(policy, c->id, language));
		if (c->legal != NULL)
			html_elem(b, "p", "meta", policy_legal(policy, c->id,
			    language));
		buf_adds(b, "</section>");
	}
	page_policy_rules(rq, &p);
	page_policy_retention(rq, &p);
	page_end(rq, &p);
	return 0;
}
