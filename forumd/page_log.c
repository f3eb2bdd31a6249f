/*
 * The public record and the house rules as pages.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/handlers.h"
#include "forumd/log_view.h"
#include "forumd/page_parts.h"

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
	buf_htmls(b, e->action != NULL ? e->action : e->kind);
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
	html_cell(b, e->decider != NULL ? e->decider : "");
	html_row_end(b);
}

/* The next page keeps the filters. */
static void
page_log_next(struct buf *href, const struct log_ask *ask, const char *next)
{
	const struct { const char *name, *value; } f[] = {
		{ "thread", ask->thread }, { "clause", ask->clause },
		{ "kind", ask->kind }, { "by", ask->by },
	};
	size_t	i;

	buf_addf(href, "/log?after=%s", next);
	for (i = 0; i < sizeof(f) / sizeof(f[0]); i++) {
		if (f[i].value[0] == '\0')
			continue;
		buf_addf(href, "&%s=", f[i].name);
		buf_url(href, f[i].value, strlen(f[i].value));
	}
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
	struct buf		 next = BUF_INIT;
	size_t			 n;
	int			 rc;

	if (log_ask(rq, &ask, err) != 0)
		return -1;
	api_view(rq, &v);
	if ((rc = log_page(rq, &v, &ask, &list, &n, err)) == 0) {
		request_page(rq, &p, tr(rq->locale, "log.title"));
		p.section = "log";
		p.feed = "/log.atom";
		page_begin(rq, &p);
		html_elem(&rq->out, "h1", NULL, tr(p.locale, "log.title"));
		html_elem(&rq->out, "p", NULL, tr(p.locale, "log.intro"));
		page_log_table(rq, &p, list, n);
		if (v.next[0] != '\0') {
			page_log_next(&next, &ask, v.next);
			html_pager(&rq->out, p.locale, "/log",
			    buf_str(&next));
			buf_free(&next);
		}
		page_end(rq, &p);
	}
	view_free(&v);
	return rc;
}

/* How to check the entry with nothing but curl and openssl: the leaf's hash
 * (RFC 6962), and the Ed25519 signature over the head's text. The paths are
 * relative to the forum, whose address the reader knows best. */
static void
page_log_check(struct request *rq, struct html_page *p, int64_t index)
{
	struct buf	*b = &rq->out, sh = BUF_INIT;

	buf_addf(&sh, "F=https://...   # this forum\n"
	    "curl -s $F/api/v1/log/%lld >entry.json\n"
	    "sed 's/.*\"leaf\":\"\\([^\"]*\\)\".*/\\1/' entry.json | "
	    "base64 -d >leaf\n"
	    "(printf '\\000'; cat leaf) | openssl dgst -sha256 -binary | "
	    "base64\n\n", (long long)index);
	buf_adds(&sh, "curl -s $F/ledger/checkpoint >head\n"
	    "head -n 3 head >text\n"
	    "sed -n 5p head | cut -d' ' -f3 | base64 -d | tail -c 64 >sig\n"
	    "(printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160"
	    "\\003\\041\\000'\n curl -s $F/ledger/vkey | cut -d+ -f3- | "
	    "base64 -d | tail -c 32) >key\n"
	    "openssl pkeyutl -verify -pubin -keyform DER -inkey key "
	    "-rawin -in text -sigfile sig\n");
	html_elem(b, "p", NULL, tr(p->locale, "log.check"));
	buf_adds(b, "<pre class=\"mono\" tabindex=\"0\">");
	buf_html(b, sh.data, sh.len);
	buf_adds(b, "</pre>");
	buf_free(&sh);
}

/* One entry: its row, its bytes, its proof. */
int
page_log_entry(struct request *rq, struct err *err)
{
	struct log_entry	 e;
	struct tlog_entry	 proven;
	struct html_page	 p;
	struct view		 v;
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
		buf_adds(&rq->out, "<pre class=\"mono\" tabindex=\"0\">");
		buf_html(&rq->out, proven.leaf.data, proven.leaf.len);
		buf_adds(&rq->out, "</pre><pre class=\"mono\" "
		    "tabindex=\"0\">");
		buf_html(&rq->out, proven.proof.data, proven.proof.len);
		buf_adds(&rq->out, "</pre>");
		page_log_check(rq, &p, index);
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
			html_elem(b, "p", "meta", c->legal);
		buf_adds(b, "</section>");
	}
	page_policy_rules(rq, &p);
	page_policy_retention(rq, &p);
	page_end(rq, &p);
	return 0;
}
