/*
 * One's own page, the tab of the account: password, second factor, tokens, a
 * guest's key, the link for others, export and erasure. Every form needs no
 * script; secrets are shown once, in the answer to the form that made them.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/api_account.h"
#include "forumd/api_me.h"
#include "forumd/handlers.h"
#include "forumd/page_form.h"
#include "forumd/page_mail.h"
#include "forumd/page_me.h"

#define FIELDS(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- showing ---- */

static bool
page_me_path(const struct request *rq, const char *path)
{
	return strcmp(rq->route->path, path) == 0;
}

/* What the form has just made, told once. */
static void
page_me_secret(struct request *rq)
{
	const struct locale	*l = rq->locale;
	struct buf		*b = &rq->out;
	const char		*secret, *key, *before = "";

	if (rq->cmd == NULL || rq->cmd->secret[0] == '\0')
		return;
	secret = rq->cmd->secret;
	key = page_me_path(rq, "/me/totp") ? "me.totp_secret" :
	    page_me_path(rq, "/me/tokens") ? "me.token_secret" :
	    page_me_path(rq, "/me/author-key") ? "me.key_secret" :
	    "me.link_secret";
	if (page_me_path(rq, "/me/author-key"))
		before = "/keep#key=";
	else if (page_me_path(rq, "/me/account-link"))
		before = "/a/";
	buf_adds(b, "<section class=\"receipt\" role=\"status\"><p>");
	html_tr(b, l, key);
	buf_adds(b, "</p><p class=\"mono\">");
	if (*before != '\0')
		buf_addf(b, "<a href=\"%s%s\">%s%s</a>", before, secret,
		    before, secret);
	else
		buf_adds(b, secret);
	buf_adds(b, "</p></section>");
}

static void
page_me_password_form(struct request *rq, struct html_page *p)
{
	const struct locale	*l = p->locale;
	const struct html_form	 f = { .action = "/me/password",
					    .id = "password",
					    .legend = tr(l,
					    "me.password") };
	struct html_field	 fields[] = {
		{ .type = HTML_PASSWORD, .name = "password", .required = true,
		    .label = tr(l, "me.password_now"),
		    .autocomplete = "current-password" },
		{ .type = HTML_NEW_PASSWORD, .name = "new_password",
		    .required = true, .label = tr(l, "me.password_new"),
		    .hint = tr(l, "sign_up.password_hint"),
		    .autocomplete = "new-password" },
	};

	page_form(rq, p, &f, fields, FIELDS(fields), tr(l, "edit.save"), "");
}

/* Setting a second factor up takes two forms: the secret, then a code. */
static void
page_me_totp_forms(struct request *rq, struct html_page *p)
{
	const struct locale	*l = p->locale;
	struct buf		 text = BUF_INIT;
	char			 ref[REF_MAX];
	struct html_form	 f = { .action = "/me/totp", .id = "totp",
				    .legend = tr(l, "me.totp") };
	struct html_field	 fields[] = {
		{ .type = HTML_PASSWORD, .name = "password", .required = true,
		    .label = tr(l, "me.password_now"),
		    .autocomplete = "current-password" },
		{ .type = HTML_TEXT, .name = "code", .required = true,
		    .maxlength = 6, .label = tr(l, "sign_in.code"),
		    .autocomplete = "one-time-code" },
	};
	struct html_field	 again[2];

	memcpy(again, fields, sizeof(again));
	if (rq->who.account.totp) {
		f.action = "/me/totp/off";
		page_form(rq, p, &f, fields, 2, tr(l, "me.totp_off"),
		    "quiet");
		return;
	}
	page_form(rq, p, &f, fields, 1, tr(l, "me.totp_on"), "");
	ref_make(ref, 'a', rq->who.account.id);
	if (lookup_content(rq->db, ref, "totp", &text, NULL, NULL) == 0) {
		f.action = "/me/totp/confirm";
		f.id = "totp-confirm";
		f.legend = tr(l, "me.totp_confirm");
		page_form(rq, p, &f, again, 2, tr(l, "me.totp_confirm"), "");
	}
	buf_free(&text);
}

static int
page_me_token_rows(struct request *rq, struct html_page *p, struct err *err)
{
	const struct locale	*l = p->locale;
	const struct html_col	 cols[] = {
		{ tr(l, "me.token_scope"), false },
		{ tr(l, "stats.from"), false }, { tr(l, "stats.to"), false },
		{ tr(l, "me.revoke"), false },
	};
	struct buf		*b = &rq->out, action = BUF_INIT;
	struct stmt		*s;

	html_table_begin(b, tr(l, "me.tokens"), cols, 4);
	s = db_query(rq->db, "SELECT id, scope, created_at, expires_at FROM "
	    "token WHERE account = ? AND revoked = 0 ORDER BY created_at, id",
	    "i", rq->who.actor.account);
	while (stmt_step(s) == 1) {
		buf_clear(&action);
		buf_addf(&action, "/me/tokens/%s/revoke", stmt_text(s, 0));
		html_row_begin(b);
		html_cell_head(b, stmt_text(s, 1));
		buf_adds(b, "<td>");
		html_time(b, l, stmt_int(s, 2));
		buf_adds(b, "</td><td>");
		html_time(b, l, stmt_int(s, 3));
		buf_adds(b, "</td><td>");
		page_form_button(rq, p, buf_str(&action), stmt_text(s, 0),
		    tr(l, "me.revoke"), "quiet");
		buf_adds(b, "</td>");
		html_row_end(b);
	}
	html_table_end(b);
	buf_free(&action);
	return stmt_done(s, err);
}

static int
page_me_tokens(struct request *rq, struct html_page *p, struct err *err)
{
	const struct locale		*l = p->locale;
	static const struct html_option	 scopes[] = {
		{ "read", "read", NULL }, { "read,post", "read, post", NULL },
		{ "read,post,moderate", "read, post, moderate", NULL },
	};
	const struct html_form		 f = { .action = "/me/tokens",
					    .id = "tokens",
					    .legend = tr(l, "me.tokens") };
	struct html_field		 fields[] = {
		{ .type = HTML_SELECT, .name = "scope", .required = true,
		    .label = tr(l, "me.token_scope"), .options = scopes,
		    .hint = tr(l, "me.token_hint"),
		    .noptions = (rq->who.actor.roles & ROLE_STAFF) != 0 ?
		    3 : 2 },
	};

	page_form(rq, p, &f, fields, 1, tr(l, "me.token_make"), "");
	if (db_int(rq->db, 0, "SELECT 1 FROM token WHERE account = ? AND "
	    "revoked = 0", "i", rq->who.actor.account) == 0)
		return 0;
	return page_me_token_rows(rq, p, err);
}

static void
page_me_key(struct request *rq, struct html_page *p)
{
	const struct locale	*l = p->locale;

	html_elem(&rq->out, "h2", NULL, tr(l, "me.key"));
	html_elem(&rq->out, "p", NULL, tr(l, "me.key_text"));
	page_form_button(rq, p, "/me/author-key", "key", tr(l,
	    "me.key_rotate"), "");
	page_form_button(rq, p, "/me/author-key/revoke", "key-revoke", tr(l,
	    "me.key_revoke"), "quiet");
}

static void
page_me_link(struct request *rq, struct html_page *p)
{
	const struct locale	*l = p->locale;

	html_elem(&rq->out, "h2", NULL, tr(l, "link.title"));
	page_form_button(rq, p, "/me/account-link", "link", tr(l, "me.link"),
	    "");
	if (db_int(rq->db, 0, "SELECT 1 FROM account WHERE num = ? AND "
	    "link_hash IS NOT NULL", "i", rq->who.actor.account) != 0)
		page_form_button(rq, p, "/me/account-link/revoke",
		    "link-revoke", tr(l, "me.link_revoke"), "quiet");
}

static void
page_me_leave(struct request *rq, struct html_page *p)
{
	const struct locale	*l = p->locale;
	const struct html_form	 f = { .action = "/me/erase", .id = "erase",
				    .legend = tr(l, "me.erase") };
	struct html_field	 member[] = {
		{ .type = HTML_PASSWORD, .name = "password", .required = true,
		    .label = tr(l, "me.password_now"),
		    .hint = tr(l, "me.erase_hint"),
		    .autocomplete = "current-password" },
	};
	struct html_field	 guest[] = {
		{ .type = HTML_CHECKBOX, .name = "confirm", .required = true,
		    .label = tr(l, "me.erase_confirm"),
		    .hint = tr(l, "me.erase_hint") },
	};

	html_elem(&rq->out, "h2", NULL, tr(l, "me.data"));
	buf_adds(&rq->out, "<p><a class=\"button\" download "
	    "href=\"/api/v1/me/export\">");
	html_tr(&rq->out, l, "me.export");
	buf_adds(&rq->out, "</a></p>");
	page_form(rq, p, &f, rq->who.actor.kind == ACTOR_GUEST ? guest :
	    member, 1, tr(l, "me.erase"), "danger");
}

int
page_me_settings(struct request *rq, struct html_page *p, const char *after,
    struct err *err)
{
	int	rc = 0;

	(void)after;
	page_me_secret(rq);
	if (rq->who.actor.kind == ACTOR_MEMBER) {
		page_me_password_form(rq, p);
		page_me_totp_forms(rq, p);
		rc = page_me_tokens(rq, p, err);
	} else {
		page_me_key(rq, p);
	}
	page_mail_settings(rq, p);
	page_me_link(rq, p);
	page_me_leave(rq, p);
	return rc;
}

/* ---- the forms' other end ---- */

static int
page_me_again(struct request *rq, struct err *err)
{
	struct err	none;

	rq->err = *err;
	return page_me_show(rq, "account", "", &none);
}

/* The page with what was made. */
static int
page_me_told(struct request *rq, struct command *cmd, struct err *err)
{
	rq->status = 200;
	if (rq->who.how == SESSION_AUTHOR_COOKIE &&
	    page_me_path(rq, "/me/author-key"))
		api_keep_key(rq, cmd);
	return page_me_show(rq, "account", "", err);
}

/* Sessions have ended with it, but for this one. */
static int
page_me_changed(struct request *rq, struct command *cmd, struct err *err)
{
	if (api_account_stay(rq, cmd, err) != 0)
		return -1;
	request_redirect(rq, "/me?tab=account");
	return 0;
}

static int
page_me_gone(struct request *rq, struct command *cmd, struct err *err)
{
	(void)cmd;
	(void)err;
	request_redirect(rq, "/me?tab=account");
	return 0;
}

/* Submits what the form says, with one member put in where it has a name. */
static int
page_me_submit(struct request *rq, const char *kind, const char *key,
    json_t *value, request_then *then, struct err *err)
{
	json_t	*args = api_args(rq, NULL, NULL, err);

	rq->again = page_me_again;
	if (args == NULL || (key != NULL && json_object_set_new(args, key,
	    value) != 0)) {
		json_decref(args);
		return -1;
	}
	return request_submit(rq, kind, args, then, err);
}

int
page_me_password(struct request *rq, struct err *err)
{
	return page_me_submit(rq, "account.change", NULL, NULL,
	    page_me_changed, err);
}

int
page_me_totp(struct request *rq, struct err *err)
{
	return page_me_submit(rq, "account.change", "totp",
	    json_string("enrol"), page_me_told, err);
}

int
page_me_totp_confirm(struct request *rq, struct err *err)
{
	return page_me_submit(rq, "account.change", "totp",
	    json_string("confirm"), page_me_changed, err);
}

int
page_me_totp_off(struct request *rq, struct err *err)
{
	return page_me_submit(rq, "account.change", "totp",
	    json_string("off"), page_me_changed, err);
}

int
page_me_token_make(struct request *rq, struct err *err)
{
	rq->again = page_me_again;
	if (api_account_may_issue(rq, err) != 0)
		return -1;
	return page_me_submit(rq, "token.issue", NULL, NULL, page_me_told,
	    err);
}

int
page_me_token_revoke(struct request *rq, struct err *err)
{
	return page_me_submit(rq, "token.revoke", "token",
	    json_string(rq->param[0]), page_me_gone, err);
}

int
page_me_key_rotate(struct request *rq, struct err *err)
{
	return page_me_submit(rq, "key.revoke", "rotate", json_true(),
	    page_me_told, err);
}

int
page_me_key_revoke(struct request *rq, struct err *err)
{
	return page_me_submit(rq, "key.revoke", NULL, NULL, page_me_gone,
	    err);
}

int
page_me_link_make(struct request *rq, struct err *err)
{
	return page_me_submit(rq, "account.link", NULL, NULL, page_me_told,
	    err);
}

int
page_me_link_revoke(struct request *rq, struct err *err)
{
	return page_me_submit(rq, "account.link", "revoke", json_true(),
	    page_me_gone, err);
}

/* ---- erasure ---- */

/* What is gone and what stays, why and how long. */
static int
page_me_erased(struct request *rq, struct command *cmd, struct err *err)
{
	struct buf		*b = &rq->out;
	struct html_page	 p;
	const char		*what;
	char			 cookie[SESSION_COOKIE_MAX], key[48];
	json_t			*e;
	size_t			 i;

	(void)err;
	session_drop(rq->place, cookie);
	rq->who.refresh = false;
	buf_addf(&rq->head, "Set-Cookie: %s\r\n", cookie);
	rq->private = false;
	request_page(rq, &p, tr(rq->locale, "me.erased"));
	page_begin(rq, &p);
	html_elem(b, "h1", NULL, p.title);
	html_elem(b, "p", NULL, tr(p.locale, "me.erased_text"));
	buf_adds(b, "<ul>");
	json_array_foreach(json_object_get(cmd->result, "retained"), i, e) {
		what = json_string_value(json_object_get(e, "what"));
		snprintf(key, sizeof(key), "erased.%.30s", what);
		buf_adds(b, "<li><strong>");
		html_tr(b, p.locale, key);
		buf_adds(b, "</strong>: ");
		snprintf(key, sizeof(key), "erased_why.%.30s", what);
		html_tr(b, p.locale, key);
		buf_adds(b, "</li>");
	}
	buf_adds(b, "</ul>");
	page_end(rq, &p);
	return 0;
}

int
page_me_erase(struct request *rq, struct err *err)
{
	json_t	*args = api_me_erase_args(rq, err);

	rq->again = page_me_again;
	return args == NULL ? -1 : request_submit(rq, "account.erase", args,
	    page_me_erased, err);
}
