/*
 * One's own page: what became of one's comments, what one was told, what
 * stands against one. The tab of the account itself is in page_me_account.c.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/api_me.h"
#include "forumd/handlers.h"
#include "forumd/page_form.h"
#include "forumd/page_me.h"
#include "moderation/consistency.h"

#define LIMIT	50

/* ---- counts ---- */

static void
page_me_rate(struct request *rq, const char *key, int64_t own,
    int64_t own_of, int64_t site, int64_t site_of)
{
	struct consistency_rate	r;
	struct buf		*b = &rq->out;

	html_row_begin(b);
	html_cell_head(b, tr(rq->locale, key));
	consistency_wilson(&r, own, own_of);
	html_cell_rate(b, rq->locale, r.rate, r.low, r.high, own_of);
	consistency_wilson(&r, site, site_of);
	html_cell_rate(b, rq->locale, r.rate, r.low, r.high, site_of);
	html_row_end(b);
}

void
page_me_account(struct request *rq, struct html_page *p,
    const struct view_thread *own, const struct view_thread *site,
    bool others)
{
	const struct locale	 *l = p->locale;
	const struct html_counts *a = &own->counts, *s = &site->counts;
	const struct html_col	  cols[] = {
		{ tr(l, "me.share"), false },
		{ tr(l, others ? "link.account" : "me.account"), true },
		{ tr(l, "me.site"), true },
	};

	html_comment_account(&rq->out, l, a);
	if (a->posted == 0)
		return;
	html_table_begin(&rq->out, tr(l, others ? "link.rates" : "me.rates"),
	    cols, 3);
	page_me_rate(rq, "state.visible", a->visible, a->posted, s->visible,
	    s->posted);
	page_me_rate(rq, "state.held", a->held, a->posted, s->held,
	    s->posted);
	page_me_rate(rq, "state.removed", a->removed, a->posted, s->removed,
	    s->posted);
	page_me_rate(rq, "me.ever_removed", a->ever_removed, a->posted,
	    s->ever_removed, s->posted);
	html_table_end(&rq->out);
}

/* ---- comments ---- */

static void
page_me_comment(struct request *rq, struct html_page *p,
    const struct view_comment *c)
{
	struct buf	*b = &rq->out;

	buf_adds(b, "<p class=\"kicker\"><a href=\"/t/");
	buf_url(b, c->c.thread, strlen(c->c.thread));
	buf_adds(b, "\">");
	buf_htmls(b, c->thread_title);
	buf_adds(b, "</a></p>");
	html_comment(b, p, &c->c);
}

static int
page_me_comments(struct request *rq, struct html_page *p, const char *after,
    struct err *err)
{
	struct view		v;
	struct view_thread	own, site;
	struct buf		next = BUF_INIT;
	size_t			i;
	int			rc;

	api_view(rq, &v);
	rc = view_account_counts(&v, rq->who.actor.account, &own, err);
	if (rc == 0)
		rc = view_site_counts(&v, &site, err);
	if (rc == 0)
		rc = view_account(&v, rq->who.actor.account, LIMIT, after,
		    err);
	if (rc == 0) {
		page_me_account(rq, p, &own, &site, false);
		if (v.n == 0)
			html_elem(&rq->out, "p", "empty", tr(p->locale,
			    "me.comments_empty"));
		for (i = 0; i < v.n; i++)
			page_me_comment(rq, p, &v.list[i]);
		if (v.next[0] != '\0') {
			buf_addf(&next, "/me?tab=comments&after=%s", v.next);
			html_pager(&rq->out, p->locale, NULL, buf_str(&next));
		}
	}
	buf_free(&next);
	view_free(&v);
	return rc;
}

/* ---- notices ---- */

static void
page_me_notice_link(struct buf *b, const char *before, const char *id,
    const char *behind, const char *text)
{
	buf_adds(b, " <a href=\"");
	buf_adds(b, before);
	buf_htmls(b, id);
	buf_adds(b, behind);
	buf_adds(b, "\">");
	buf_htmls(b, text);
	buf_adds(b, "</a>");
}

static void
page_me_notice(struct request *rq, const struct view_notice *n)
{
	const struct locale	*l = rq->locale;
	struct buf		*b = &rq->out;
	char			 key[48];

	snprintf(key, sizeof(key), "notice.%.20s", n->kind);
	buf_adds(b, "<article class=\"comment\"><header><strong>");
	html_tr(b, l, key);
	buf_adds(b, "</strong> ");
	if (n->unread)
		html_elem(b, "span", "tag strong", tr(l, "notice.new"));
	html_time(b, l, n->at);
	buf_adds(b, "</header>");
	if (n->thread_title != NULL)
		html_elem(b, "p", "meta", n->thread_title);
	if (n->appeal_state != NULL) {
		snprintf(key, sizeof(key), "appeal.%.20s", n->appeal_state);
		html_elem(b, "p", NULL, tr(l, key));
	} else if (n->flag_state != NULL) {
		snprintf(key, sizeof(key), "notice.flag.%.20s",
		    n->flag_state);
		html_elem(b, "p", NULL, tr(l, key));
	}
	if (n->clause_title != NULL)
		html_elem(b, "p", NULL, n->clause_title);
	if (n->explanation != NULL)
		html_elem(b, "blockquote", NULL, n->explanation);
	if (n->note != NULL)
		html_elem(b, "blockquote", NULL, n->note);
	buf_adds(b, "<p class=\"meta\">");
	if (n->comment != NULL)
		page_me_notice_link(b, "/c/", n->comment, "", tr(l,
		    "statement.comment"));
	if (n->action != NULL && n->flag == NULL && n->sanction != NULL)
		page_me_notice_link(b, "/sanctions/", n->sanction,
		    "/statement", tr(l, "tombstone.statement"));
	else if (n->action != NULL && n->flag == NULL && n->comment != NULL)
		page_me_notice_link(b, "/c/", n->comment, "/statement",
		    tr(l, "tombstone.statement"));
	buf_adds(b, "</p></article>");
}

static int
page_me_notices(struct request *rq, struct html_page *p, const char *after,
    struct err *err)
{
	struct view		 v;
	struct view_notice	*list;
	struct buf		 next = BUF_INIT;
	size_t			 i, n;
	int			 rc;

	api_view(rq, &v);
	rc = view_notices(&v, rq->who.actor.account, LIMIT, after, &list, &n,
	    err);
	if (rc == 0) {
		if (n == 0)
			html_elem(&rq->out, "p", "empty", tr(p->locale,
			    "me.notices_empty"));
		if (rq->who.account.unread > 0)
			page_form_button(rq, p, "/me/notices/read", "read",
			    tr(p->locale, "me.notices_read"), "quiet");
		for (i = 0; i < n; i++)
			page_me_notice(rq, &list[i]);
		if (v.next[0] != '\0') {
			buf_addf(&next, "/me?tab=notices&after=%s", v.next);
			html_pager(&rq->out, p->locale, NULL, buf_str(&next));
		}
	}
	buf_free(&next);
	view_free(&v);
	return rc;
}

static int
page_me_notices_done(struct request *rq, struct command *cmd, struct err *err)
{
	(void)cmd;
	(void)err;
	request_redirect(rq, "/me?tab=notices");
	return 0;
}

int
page_me_notices_read(struct request *rq, struct err *err)
{
	return request_submit(rq, "notice.read", json_object(),
	    page_me_notices_done, err);
}

/* ---- sanctions ---- */

static void
page_me_sanction(struct request *rq, const struct view_sanction *s)
{
	const struct locale	*l = rq->locale;
	struct buf		*b = &rq->out;
	char			 key[48];

	snprintf(key, sizeof(key), "sanction.%.20s", s->kind);
	html_row_begin(b);
	html_cell_head(b, tr(l, key));
	html_cell(b, s->clause_title);
	buf_adds(b, "<td>");
	html_time(b, l, s->at);
	buf_adds(b, "</td><td>");
	if (s->until != 0)
		html_time(b, l, s->until);
	buf_adds(b, "</td>");
	snprintf(key, sizeof(key), "sanction.state.%.20s", s->state);
	html_cell(b, tr(l, key));
	buf_adds(b, "<td>");
	page_me_notice_link(b, "/sanctions/", s->id, "/statement", tr(l,
	    "tombstone.statement"));
	buf_adds(b, "</td>");
	html_row_end(b);
}

static int
page_me_sanctions(struct request *rq, struct html_page *p, const char *after,
    struct err *err)
{
	const struct locale	*l = p->locale;
	const struct html_col	 cols[] = {
		{ tr(l, "log.kind"), false }, { tr(l, "log.clause"), false },
		{ tr(l, "stats.from"), false }, { tr(l, "stats.to"), false },
		{ tr(l, "link.state"), false },
		{ tr(l, "statement.title"), false },
	};
	struct view		 v;
	struct view_sanction	*list;
	size_t			 i, n;
	int			 rc;

	api_view(rq, &v);
	rc = view_sanctions(&v, rq->who.actor.account, LIMIT, after, &list,
	    &n, err);
	if (rc == 0 && n == 0)
		html_elem(&rq->out, "p", "empty", tr(l,
		    "me.sanctions_empty"));
	if (rc == 0 && n > 0) {
		html_table_begin(&rq->out, tr(l, "me.tab.sanctions"), cols,
		    6);
		for (i = 0; i < n; i++)
			page_me_sanction(rq, &list[i]);
		html_table_end(&rq->out);
	}
	view_free(&v);
	return rc;
}

/* ---- the page ---- */

static const struct {
	const char	*name;
	int		(*show)(struct request *rq, struct html_page *p,
			    const char *after, struct err *err);
} page_me_tabs[] = {
	{ "comments", page_me_comments },
	{ "notices", page_me_notices },
	{ "sanctions", page_me_sanctions },
	{ "account", page_me_settings },
};

#define TABS	(sizeof(page_me_tabs) / sizeof(page_me_tabs[0]))

static void
page_me_nav(struct request *rq, struct html_page *p, size_t current)
{
	struct buf	*b = &rq->out;
	char		 key[32];
	size_t		 i;

	buf_adds(b, "<nav");
	html_attr(b, "aria-label", tr(p->locale, "me.title"));
	buf_adds(b, "><ul class=\"tabs\">");
	for (i = 0; i < TABS; i++) {
		snprintf(key, sizeof(key), "me.tab.%s", page_me_tabs[i].name);
		buf_addf(b, "<li><a href=\"/me?tab=%s\"%s>",
		    page_me_tabs[i].name, i == current ?
		    " aria-current=\"page\"" : "");
		html_tr(b, p->locale, key);
		buf_adds(b, "</a></li>");
	}
	buf_adds(b, "</ul></nav>");
}

int
page_me_show(struct request *rq, const char *tab, const char *after,
    struct err *err)
{
	struct html_page	p;
	size_t			i, at = 0;
	int			rc;

	for (i = 0; i < TABS; i++) {
		if (strcmp(page_me_tabs[i].name, tab) == 0)
			at = i;
	}
	page_form_session(rq);
	request_page(rq, &p, tr(rq->locale, "me.title"));
	p.section = "me";
	p.script = at == 0 ? "thread.js" : "page.js";
	page_begin(rq, &p);
	html_elem(&rq->out, "h1", NULL, p.title);
	if (rq->who.how == SESSION_COOKIE)
		page_form_button(rq, &p, "/sign-out", "out", tr(p.locale,
		    "sign_in.out"), "quiet");
	page_me_nav(rq, &p, at);
	if ((rc = page_me_tabs[at].show(rq, &p, after, err)) == 0)
		page_end(rq, &p);
	return rc;
}

int
page_me(struct request *rq, struct err *err)
{
	char	tab[16], after[CURSOR_MAX];

	if (request_param(rq, "tab", tab, sizeof(tab), err) < 0 ||
	    request_param(rq, "after", after, sizeof(after), err) < 0)
		return -1;
	return page_me_show(rq, tab, after, err);
}
