/*
 * The pages for coming and going: signing in, up and out; the page that a
 * guest's key opens without scripts; and what an account link shows.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/api_account.h"
#include "forumd/api_me.h"
#include "forumd/handlers.h"
#include "forumd/page_form.h"
#include "forumd/page_me.h"
#include "moderation/account.h"

/* ---- in ---- */

/* Where to go afterwards: the form's hidden field, or ?next= of its page. */
static const char *
page_account_next(struct request *rq, char *out, size_t size)
{
	struct err	 none;
	const char	*next = request_field(rq, "next");

	if (next != NULL && strlen(next) < size)
		strcpy(out, next);
	else if (rq->http == NULL || request_param(rq, "next", out, size,
	    &none) < 0)
		out[0] = '\0';
	return page_form_local(out) ? out : NULL;
}

/* A page of the frame that shows a thread: /embed/SLUG[/act][?keep]. */
static void
page_account_framed(struct request *rq, struct buf *b, const char *act)
{
	buf_adds(b, "/embed/");
	buf_url(b, rq->param[0], strlen(rq->param[0]));
	buf_adds(b, act);
	if (rq->keep[0] != '\0')
		buf_addf(b, "?%s", rq->keep);
}

/* A frame goes back to its thread, whatever the form says. */
static void
page_account_back(struct request *rq, const char *to)
{
	struct buf	b = BUF_INIT;

	if (rq->route->flags & ROUTE_EMBED) {
		page_account_framed(rq, &b, "");
		to = buf_str(&b);
	}
	request_redirect(rq, to);
	buf_free(&b);
}

/* next: where to go afterwards, or NULL. */
static int
page_sign_in_show(struct request *rq, const char *next)
{
	const bool			 framed = (rq->route->flags &
					    ROUTE_EMBED) != 0;
	struct html_form		 f = { .action = "/sign-in",
					    .id = "sign-in" };
	const struct locale		*l = rq->locale;
	struct buf			 action = BUF_INIT;
	struct html_page		 p;
	struct html_field		 fields[] = {
		{ .type = HTML_TEXT, .name = "name", .required = true,
		    .label = tr(l, "sign_in.name"),
		    .autocomplete = "username" },
		{ .type = HTML_PASSWORD, .name = "password", .required = true,
		    .label = tr(l, "sign_in.password"),
		    .autocomplete = "current-password" },
		{ .type = HTML_TEXT, .name = "code", .maxlength = 6,
		    .label = tr(l, "sign_in.code"),
		    .hint = tr(l, "sign_in.code_hint"),
		    .autocomplete = "one-time-code" },
		{ .type = HTML_HIDDEN, .name = "next" },
	};

	fields[3].value = next;
	page_form_session(rq);
	request_page(rq, &p, tr(l, "sign_in.title"));
	p.section = "sign_in";
	p.script = framed ? "embed-frame.js" : "page.js";
	p.embed = framed;
	if (framed) {
		page_account_framed(rq, &action, "/sign-in");
		f.action = buf_str(&action);
	}
	page_begin(rq, &p);
	html_elem(&rq->out, "h1", NULL, p.title);
	page_form(rq, &p, &f, fields, fields[3].value != NULL ? 4 : 3,
	    tr(l, "sign_in.submit"), "");
	buf_free(&action);
	buf_adds(&rq->out, "<p>");
	html_link(&rq->out, "/sign-up", tr(l, "sign_up.title"));
	buf_adds(&rq->out, " · ");
	html_link(&rq->out, "/keep", tr(l, "keep.title"));
	buf_adds(&rq->out, "</p>");
	page_end(rq, &p);
	return 0;
}

int
page_sign_in(struct request *rq, struct err *err)
{
	char	next[200];

	(void)err;
	return page_sign_in_show(rq, page_account_next(rq, next,
	    sizeof(next)));
}

static int
page_sign_in_again(struct request *rq, struct err *err)
{
	char	next[200];

	rq->err = *err;
	return page_sign_in_show(rq, page_account_next(rq, next,
	    sizeof(next)));
}

void
page_sign_in_first(struct request *rq)
{
	char	here[200] = "";

	if (rq->http != NULL && rq->http->method == HTTP_GET)
		snprintf(here, sizeof(here), "%.*s",
		    (int)rq->http->target.len, rq->http->target.p);
	page_sign_in_show(rq, rq->http != NULL && rq->http->target.len <
	    sizeof(here) && page_form_local(here) ? here : NULL);
}

/* On a worker. */
static int
page_sign_in_work(struct request *rq, struct err *err)
{
	struct account_row	 a;
	const char		*next = request_field(rq, "next");
	char			 csrf[SESSION_CSRF_LEN + 1];

	if (api_account_check(rq, &a, err) != 0 ||
	    api_account_enter(rq, &a, csrf, err) != 0)
		return -1;
	page_account_back(rq, page_form_local(next) ? next : "/");
	return 0;
}

int
page_sign_in_post(struct request *rq, struct err *err)
{
	rq->again = page_sign_in_again;
	return request_work(rq, page_sign_in_work, err);
}

/* ---- up ---- */

static int
page_sign_up_show(struct request *rq)
{
	static const struct html_form	 f = { .action = "/sign-up",
					    .id = "sign-up" };
	const struct locale		*l = rq->locale;
	struct html_page		 p;
	struct html_field		 fields[] = {
		{ .type = HTML_TEXT, .name = "name", .required = true,
		    .label = tr(l, "sign_in.name"), .maxlength = 60,
		    .hint = tr(l, "sign_up.name_hint"),
		    .autocomplete = "username" },
		{ .type = HTML_NEW_PASSWORD, .name = "password",
		    .required = true, .label = tr(l, "sign_in.password"),
		    .hint = tr(l, "sign_up.password_hint"),
		    .autocomplete = "new-password" },
		{ .type = HTML_EMAIL, .name = "email", .maxlength = 254,
		    .label = tr(l, "sign_up.email"),
		    .hint = tr(l, "sign_up.email_hint"),
		    .autocomplete = "email" },
	};

	page_form_session(rq);
	request_page(rq, &p, tr(l, "sign_up.title"));
	p.section = "sign_up";
	p.script = "page.js";
	page_begin(rq, &p);
	html_elem(&rq->out, "h1", NULL, p.title);
	html_elem(&rq->out, "p", NULL, tr(l, "sign_up.text"));
	/* Without a mail server an address would serve nothing. */
	page_form(rq, &p, &f, fields, rq->server->mail != NULL ? 3 : 2,
	    tr(l, "sign_up.submit"), "");
	page_end(rq, &p);
	return 0;
}

int
page_sign_up(struct request *rq, struct err *err)
{
	(void)err;
	return page_sign_up_show(rq);
}

static int
page_sign_up_again(struct request *rq, struct err *err)
{
	rq->err = *err;
	return page_sign_up_show(rq);
}

static int
page_sign_up_done(struct request *rq, struct command *cmd, struct err *err)
{
	struct account_row	a;
	char			csrf[SESSION_CSRF_LEN + 1];

	if (lookup_account_id(rq->db, json_string_value(json_object_get(
	    cmd->result, "account")), &a, err) != 0 ||
	    api_account_enter(rq, &a, csrf, err) != 0)
		return -1;
	request_redirect(rq, "/me");
	return 0;
}

int
page_sign_up_post(struct request *rq, struct err *err)
{
	const char	*name = request_field(rq, "name");
	const char	*password = request_field(rq, "password");
	const char	*email = request_field(rq, "email");

	rq->again = page_sign_up_again;
	return request_submit(rq, "account.create", json_pack(
	    "{s:s*, s:s*, s:s*, s:s}", "name", name, "password", password,
	    "email", email, "language", locale_tag(rq->locale)),
	    page_sign_up_done, err);
}

/* ---- out ---- */

static int
page_sign_out_done(struct request *rq, struct command *cmd, struct err *err)
{
	char	cookie[SESSION_COOKIE_MAX];

	(void)cmd;
	(void)err;
	session_drop(rq->place, cookie);
	rq->who.refresh = false;
	buf_addf(&rq->head, "Set-Cookie: %s\r\n", cookie);
	page_account_back(rq, "/");
	return 0;
}

int
page_sign_out(struct request *rq, struct err *err)
{
	if (rq->who.how != SESSION_COOKIE)
		return page_sign_out_done(rq, NULL, err);
	return api_account_leave(rq, page_sign_out_done, err);
}

/* ---- a guest's key ---- */

/* A keep-link opened with scripts: they have sent the fragment's key as a
 * field, and the form brings it along. */
static bool
page_keep_sent(struct request *rq, char key[ACCOUNT_SECRET_LEN + 1])
{
	const struct http_span	*f = rq->http == NULL ? NULL :
				    http_field(rq->http, "x-author-key");

	if (rq->who.how != SESSION_AUTHOR_KEY || f == NULL ||
	    f->len != ACCOUNT_SECRET_LEN)
		return false;
	memcpy(key, f->p, f->len);
	key[f->len] = '\0';
	return true;
}

static int
page_keep_show(struct request *rq)
{
	static const struct html_form	 f = { .action = "/keep",
					    .id = "keep" };
	const struct locale		*l = rq->locale;
	struct html_page		 p;
	char				 next[200];
	char				 key[ACCOUNT_SECRET_LEN + 1];
	struct html_field		 fields[] = {
		{ .type = HTML_PASSWORD, .name = "key", .required = true,
		    .label = tr(l, "keep.key"), .hint = tr(l, "keep.hint"),
		    .autocomplete = "off" },
		{ .type = HTML_HIDDEN, .name = "next" },
	};

	fields[1].value = page_account_next(rq, next, sizeof(next));
	if (page_keep_sent(rq, key)) {
		fields[0].type = HTML_HIDDEN;
		fields[0].value = key;
	}
	page_form_session(rq);
	request_page(rq, &p, tr(l, "keep.title"));
	p.script = "page.js";
	page_begin(rq, &p);
	html_elem(&rq->out, "h1", NULL, p.title);
	html_elem(&rq->out, "p", NULL, tr(l, "keep.text"));
	page_form(rq, &p, &f, fields, fields[1].value != NULL ? 2 : 1,
	    tr(l, "keep.submit"), "");
	page_end(rq, &p);
	return 0;
}

int
page_keep(struct request *rq, struct err *err)
{
	(void)err;
	return page_keep_show(rq);
}

static int
page_keep_again(struct request *rq, struct err *err)
{
	rq->err = *err;
	return page_keep_show(rq);
}

/* The key is posted once and from there on kept as a cookie. */
int
page_keep_post(struct request *rq, struct err *err)
{
	const struct http_span	*old = http_field(rq->http, "cookie");
	struct http_span	 none = { "", 0 };
	const char		*key = request_field(rq, "key");
	struct account_row	 a;
	struct hash		 h;
	char			 cookie[SESSION_COOKIE_MAX], next[200];
	const char		*to;

	rq->again = page_keep_again;
	if (key == NULL || strlen(key) != ACCOUNT_SECRET_LEN)
		return err_set(err, ERR_INVALID_FIELD, "key",
		    "This is not a key");
	account_secret_hash(key, &h);
	if (lookup_account_key(rq->db, &h, &a, err) != 0)
		return err->code != ERR_NOT_FOUND ? -1 : err_set(err,
		    ERR_INVALID_FIELD, "key",
		    "The key is wrong or was revoked");
	session_author_cookie(old != NULL ? *old : none, key, rq->place,
	    cookie);
	buf_addf(&rq->head, "Set-Cookie: %s\r\n", cookie);
	to = page_account_next(rq, next, sizeof(next));
	request_redirect(rq, to != NULL ? to : "/me");
	return 0;
}

/* ---- what an account link shows ---- */

static void
page_link_row(struct buf *b, const struct html_page *p,
    const struct view_comment *c)
{
	char	key[32], href[40], index[24];

	html_row_begin(b);
	buf_adds(b, "<th scope=\"row\">");
	html_time(b, p->locale, c->c.created_at);
	buf_adds(b, "</th>");
	snprintf(key, sizeof(key), "state.%.20s", c->c.state);
	html_cell(b, tr(p->locale, key));
	html_cell(b, c->c.tombstone != NULL && c->tomb.clause_title != NULL ?
	    c->tomb.clause_title : "");
	snprintf(index, sizeof(index), "%lld", (long long)c->c.log_index);
	snprintf(href, sizeof(href), "/log/%s", index);
	buf_adds(b, "<td class=\"num\">");
	html_link(b, href, index);
	if (c->c.tombstone != NULL && c->tomb.log_index >= 0) {
		snprintf(index, sizeof(index), "%lld",
		    (long long)c->tomb.log_index);
		snprintf(href, sizeof(href), "/log/%s", index);
		buf_adds(b, ", ");
		html_link(b, href, index);
	}
	buf_adds(b, "</td>");
	html_row_end(b);
}

static void
page_link_table(struct request *rq, struct html_page *p, struct view *v)
{
	const struct locale	*l = p->locale;
	const struct html_col	 cols[] = {
		{ tr(l, "log.time"), false }, { tr(l, "link.state"), false },
		{ tr(l, "log.clause"), false }, { tr(l, "link.entries"), true },
	};
	struct buf		 next = BUF_INIT;
	size_t			 i;

	html_table_begin(&rq->out, tr(l, "link.table"), cols, 4);
	for (i = 0; i < v->n; i++)
		page_link_row(&rq->out, p, &v->list[i]);
	html_table_end(&rq->out);
	if (v->next[0] != '\0') {
		buf_addf(&next, "%s?after=%s", p->path, v->next);
		html_pager(&rq->out, l, p->path, buf_str(&next));
	}
	buf_free(&next);
}

int
page_account_link(struct request *rq, struct err *err)
{
	struct view		 v;
	struct view_thread	 own, site;
	struct html_page	 p;
	char			 after[CURSOR_MAX];
	int64_t			 account;
	int			 rc;

	if (request_param(rq, "after", after, sizeof(after), err) < 0 ||
	    api_link_account(rq, rq->param[0], &account, err) != 0)
		return -1;
	view_init(&v, rq->db, rq->rules->policy, locale_tag(rq->locale), 0,
	    false);
	rc = view_account_counts(&v, account, &own, err);
	if (rc == 0)
		rc = view_site_counts(&v, &site, err);
	if (rc == 0)
		rc = view_account(&v, account, 100, after, err);
	if (rc == 0) {
		request_page(rq, &p, tr(rq->locale, "link.title"));
		p.script = "page.js";
		page_begin(rq, &p);
		html_elem(&rq->out, "h1", NULL, p.title);
		html_elem(&rq->out, "p", NULL, tr(rq->locale, "link.text"));
		page_me_account(rq, &p, &own, &site, true);
		page_link_table(rq, &p, &v);
		page_end(rq, &p);
	}
	view_free(&v);
	return rc;
}
