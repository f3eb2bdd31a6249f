/*
 * Small parts that several pages are made of. See page_parts.h.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/page_parts.h"

#define EXCERPT	160

void
page_redirect_comment(struct request *rq, const char *id)
{
	struct buf	b = BUF_INIT;

	buf_adds(&b, "/c/");
	buf_url(&b, id, strlen(id));
	request_redirect(rq, buf_str(&b));
	buf_free(&b);
}

void
page_thread_heading(struct request *rq, const struct view_thread *t)
{
	struct buf	*b = &rq->out;

	buf_adds(b, "<h1 class=\"small\" dir=\"auto\"><a href=\"/t/");
	buf_url(b, t->t.slug, strlen(t->t.slug));
	buf_adds(b, "\">");
	buf_htmls(b, t->t.title);
	buf_adds(b, "</a></h1>");
}

/* The beginning of a comment's HTML without its tags. */
static const char *
page_excerpt(struct view *v, const char *html)
{
	char	out[EXCERPT + 8];
	size_t	n = 0;
	bool	tag = false;

	for (; html != NULL && *html != '\0' && n < EXCERPT; html++) {
		if (*html == '<')
			tag = true;
		else if (*html == '>')
			tag = false;
		else if (!tag && strncmp(html, "&amp;", 5) == 0)
			out[n++] = '&', html += 4;
		else if (!tag && strncmp(html, "&lt;", 4) == 0)
			out[n++] = '<', html += 3;
		else if (!tag && strncmp(html, "&gt;", 4) == 0)
			out[n++] = '>', html += 3;
		else if (!tag && strncmp(html, "&quot;", 6) == 0)
			out[n++] = '"', html += 5;
		else if (!tag)
			out[n++] = *html;
	}
	while (n > 0 && n == EXCERPT && (out[n - 1] & 0xc0) == 0x80)
		n--;
	if (n > 0 && (out[n - 1] & 0xc0) == 0xc0)
		n--;
	out[n] = '\0';
	return arena_str(&v->arena, out);
}

void
page_question(struct request *rq, struct view *v,
    const struct view_comment *c, struct html_question *q)
{
	struct stmt	*s;

	memset(q, 0, sizeof(*q));
	q->id = c->c.id;
	q->excerpt = page_excerpt(v, c->c.body_html);
	q->asked_at = c->c.created_at;
	q->asked_times = api_question_asked(rq, c->thread, c->num);
	q->waited_seconds = (v->now - c->c.created_at) / 1000;
	q->state = "waiting";
	s = db_query(rq->db, "SELECT id, created_at, num FROM comment WHERE "
	    "thread = ? AND answers = ? AND state = 'visible' ORDER BY num "
	    "LIMIT 1", "ii", c->thread, c->num);
	if (stmt_step(s) == 1) {
		q->answer = arena_str(&v->arena, stmt_text(s, 0));
		q->waited_seconds = (stmt_int(s, 1) - c->c.created_at) / 1000;
		q->state = api_question_state(rq, c->thread, c->account,
		    stmt_int(s, 2));
	}
	stmt_done(s, NULL);
	rq->ages |= q->answer == NULL;
}

size_t
page_clauses(struct request *rq, struct html_option *o, size_t max)
{
	const struct policy		*p = rq->rules->policy;
	const struct policy_clause	*c;
	size_t				 i, n = policy_clauses(p);

	for (i = 0; i < n && i < max; i++) {
		c = policy_clause_at(p, i);
		o[i].value = c->id;
		o[i].label = policy_title(p, c->id, locale_tag(rq->locale));
		o[i].hint = policy_text(p, c->id, locale_tag(rq->locale));
	}
	return i;
}

size_t
page_review_clauses(struct request *rq, struct html_clause *o, size_t max)
{
	const struct policy		*p = rq->rules->policy;
	const struct policy_clause	*c;
	const char			*language = locale_tag(rq->locale);
	size_t				 i, k = 0, n = policy_clauses(p);

	for (i = 0; i < n && k < max; i++) {
		c = policy_clause_at(p, i);
		if (c->action == POLICY_HOLD)	/* no ground to remove on */
			continue;
		o[k].clause = c->id;
		o[k].title = policy_title(p, c->id, language);
		o[k++].canned = policy_canned(p, c->id, 0, language);
	}
	return k;
}

void
page_day(struct buf *b, const struct locale *l, int64_t ms)
{
	struct buf	day = BUF_INIT;

	buf_time(&day, ms);
	buf_adds(b, "<time datetime=\"");
	buf_html(b, buf_str(&day), 10);
	buf_adds(b, "\">");
	buf_clear(&day);
	locale_date(&day, l, ms);
	buf_htmls(b, buf_str(&day));
	buf_adds(b, "</time>");
	buf_free(&day);
}

const char *
page_entry_kind(const struct locale *l, const char *kind, const char *action)
{
	char	key[48];

	snprintf(key, sizeof(key), "entry.%s%s", action != NULL ? "action." :
	    "", action != NULL ? action : kind);
	return tr(l, key);
}

int
page_entries(struct request *rq, struct html_page *p, int64_t thread,
    int64_t num, struct err *err)
{
	const struct html_col	 cols[] = {
		{ tr(p->locale, "log.index"), true },
		{ tr(p->locale, "log.kind"), false },
		{ tr(p->locale, "log.time"), false },
	};
	struct buf		*b = &rq->out;
	struct stmt		*s;
	char			 href[40], index[24];

	buf_adds(b, "<div>");	/* as narrow as the text around it */
	html_table_begin(b, tr(p->locale, "log.title"), cols, 3);
	s = db_query(rq->db, "SELECT idx, kind, time FROM leaf WHERE thread = "
	    "? AND comment = ? ORDER BY idx LIMIT 50", "ii", thread, num);
	while (stmt_step(s) == 1) {
		snprintf(index, sizeof(index), "%lld",
		    (long long)stmt_int(s, 0));
		snprintf(href, sizeof(href), "/log/%s", index);
		html_row_begin(b);
		buf_adds(b, "<th scope=\"row\" class=\"num\">");
		html_link(b, href, index);
		buf_adds(b, "</th>");
		html_cell(b, page_entry_kind(p->locale, stmt_text(s, 1),
		    NULL));
		buf_adds(b, "<td>");
		page_day(b, p->locale, stmt_int(s, 2));
		buf_adds(b, "</td>");
		html_row_end(b);
	}
	html_table_end(b);
	buf_adds(b, "</div>");
	return stmt_done(s, err);
}
