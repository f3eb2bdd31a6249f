/*
 * E-mail on pages: the forms on one's own page, and what the links of mails
 * open. A link shows a button and does nothing by itself, as mail programs
 * open links to look at them; only the one-click form of RFC 8058 comes
 * without a page before it.
 */
#include <string.h>

#include "forumd/api_mail.h"
#include "forumd/handlers.h"
#include "forumd/page_form.h"
#include "forumd/page_mail.h"
#include "forumd/page_me.h"

/* ---- one's own page ---- */

static void
page_mail_kinds_form(struct request *rq, struct html_page *p)
{
	const struct locale	*l = p->locale;
	int64_t			 mails = db_int(rq->db, 0, "SELECT mails FROM "
				    "account WHERE num = ?", "i",
				    rq->who.actor.account);
	const struct html_form	 f = { .action = "/me/email/kinds",
				    .id = "email-kinds",
				    .legend = tr(l, "me.mail_kinds") };
	struct html_field	 fields[] = {
		{ .type = HTML_CHECKBOX, .name = "held",
		    .label = tr(l, "me.mail_held"),
		    .value = mails & ACCOUNT_MAIL_HELD ? "on" : NULL },
		{ .type = HTML_CHECKBOX, .name = "replies",
		    .label = tr(l, "me.mail_replies"),
		    .value = mails & ACCOUNT_MAIL_REPLIES ? "on" : NULL },
	};

	page_form(rq, p, &f, fields, 2, tr(l, "edit.save"), "");
}

void
page_mail_settings(struct request *rq, struct html_page *p)
{
	static const char *const	 states[] = { "me.mail_text",
					    "me.mail_unconfirmed",
					    "me.mail_confirmed",
					    "me.mail_refused" };
	const struct locale		*l = p->locale;
	struct buf			 address = BUF_INIT;
	enum account_mail_state		 state;
	static const struct html_form	 f = { .action = "/me/email",
					    .id = "email" };
	struct html_field		 field = { .type = HTML_EMAIL,
	    .name = "email", .required = true, .maxlength = ACCOUNT_MAIL_MAX,
	    .label = tr(l, "sign_up.email"),
	    .hint = tr(l, "sign_up.email_hint"), .autocomplete = "email" };

	state = api_mail_state(rq, &address);
	html_elem(&rq->out, "h2", NULL, tr(l, "me.mail"));
	html_elem(&rq->out, "p", NULL, tr(l, rq->server->mail == NULL ?
	    "me.mail_none" : states[state]));
	if (rq->server->mail != NULL) {
		field.value = address.len > 0 ? buf_str(&address) : NULL;
		page_form(rq, p, &f, &field, 1, tr(l, "me.mail_send"), "");
	}
	if (state == ACCOUNT_MAIL_CONFIRMED)
		page_mail_kinds_form(rq, p);
	if (state != ACCOUNT_MAIL_NONE)
		page_form_button(rq, p, "/me/email/remove", "email-remove",
		    tr(l, "me.mail_remove"), "quiet");
	buf_free(&address);
}

static int
page_mail_again(struct request *rq, struct err *err)
{
	struct err	none;

	rq->err = *err;
	return page_me_show(rq, "account", "", &none);
}

static int
page_mail_back(struct request *rq, struct command *cmd, struct err *err)
{
	(void)cmd;
	(void)err;
	request_redirect(rq, "/me?tab=account");
	return 0;
}

int
page_mail_set(struct request *rq, struct err *err)
{
	const char	*email = request_field(rq, "email");

	rq->again = page_mail_again;
	if (api_mail_sends(rq, err) != 0)
		return -1;
	return request_submit(rq, "mail.set", json_pack("{s:s*}", "email",
	    email), page_mail_back, err);
}

int
page_mail_kinds(struct request *rq, struct err *err)
{
	rq->again = page_mail_again;
	return request_submit(rq, "mail.kinds", json_pack("{s:b, s:b}",
	    "held", request_field(rq, "held") != NULL, "replies",
	    request_field(rq, "replies") != NULL), page_mail_back, err);
}

int
page_mail_remove(struct request *rq, struct err *err)
{
	rq->again = page_mail_again;
	return request_submit(rq, "mail.remove", json_object(),
	    page_mail_back, err);
}

/* ---- a mail's link ---- */

/* What a link opens: a sentence and a button, or what was done. */
static int
page_mail_show(struct request *rq, const char *title, const char *text,
    const char *action, const char *submit)
{
	struct html_page	p;
	struct buf		path = BUF_INIT;

	if (action != NULL)
		page_form_session(rq);
	request_page(rq, &p, tr(rq->locale, title));
	p.script = "page.js";
	page_begin(rq, &p);
	html_elem(&rq->out, "h1", NULL, p.title);
	html_elem(&rq->out, "p", NULL, tr(p.locale, text));
	if (action != NULL) {
		buf_addf(&path, "%s%s", action, rq->param[0]);
		page_form_button(rq, &p, buf_str(&path), "mail",
		    tr(p.locale, submit), "");
	} else {
		buf_adds(&rq->out, "<p>");
		html_link(&rq->out, "/me?tab=account", tr(p.locale,
		    "me.mail"));
		buf_adds(&rq->out, "</p>");
	}
	page_end(rq, &p);
	buf_free(&path);
	return 0;
}

static int
page_mail_good(struct request *rq, enum account_mail_link link,
    struct err *err)
{
	struct account_row	a;

	return account_mail_find(rq->server->house, rq->db, link,
	    rq->param[0], &a, err);
}

int
page_mail_confirm(struct request *rq, struct err *err)
{
	if (page_mail_good(rq, ACCOUNT_MAIL_CONFIRM, err) != 0)
		return -1;
	return page_mail_show(rq, "mail.confirm.subject", "mail.confirm.ask",
	    "/mail/confirm/", "mail.confirm.button");
}

int
page_mail_stop(struct request *rq, struct err *err)
{
	if (page_mail_good(rq, ACCOUNT_MAIL_STOP, err) != 0)
		return -1;
	return page_mail_show(rq, "mail.stop.title", "mail.stop.ask",
	    "/mail/stop/", "mail.stop.button");
}

static int
page_mail_confirmed(struct request *rq, struct command *cmd, struct err *err)
{
	(void)cmd;
	(void)err;
	return page_mail_show(rq, "mail.confirm.subject", "mail.confirm.done",
	    NULL, NULL);
}

static int
page_mail_stopped(struct request *rq, struct command *cmd, struct err *err)
{
	(void)cmd;
	(void)err;
	return page_mail_show(rq, "mail.stop.title", "mail.stop.done", NULL,
	    NULL);
}

int
page_mail_confirm_post(struct request *rq, struct err *err)
{
	return request_submit(rq, "mail.confirm", json_pack("{s:s}", "token",
	    rq->param[0]), page_mail_confirmed, err);
}

int
page_mail_stop_post(struct request *rq, struct err *err)
{
	return request_submit(rq, "mail.stop", json_pack("{s:s}", "token",
	    rq->param[0]), page_mail_stopped, err);
}
