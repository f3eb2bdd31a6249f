/*
 * What a reader does to one comment with plain forms: reply, report, edit,
 * withdraw, vote, appeal. GET shows the comment with the form below it; POST
 * hands the same commands in as the API does and goes on to the comment's
 * page, or shows the form again with what is wrong beside its field.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/handlers.h"
#include "forumd/page_parts.h"

#define CLAUSES	64

typedef void	page_act_form(struct request *rq, struct html_page *p,
		    const struct view_comment *c, const struct err *err);

/* Who asks sees the comment as the form's subject; *err where refused. */
static int
page_act_show(struct request *rq, const char *title, page_act_form *form,
    const struct err *refused, struct err *err)
{
	struct view			 v;
	struct view_thread		 t;
	struct html_page		 p;
	const struct html_comment	*h;
	int				 rc;

	api_view(rq, &v);
	if ((rc = view_one(&v, rq->param[0], err)) == 0 &&
	    (h = view_html(&v)) == NULL)
		rc = err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	if (rc == 0)
		rc = view_thread_num(&v, v.list[0].thread, &t, err);
	if (rc == 0) {
		request_page(rq, &p, tr(rq->locale, title));
		p.section = "threads";
		p.script = "thread.js";
		page_begin(rq, &p);
		page_thread_heading(rq, &t);
		html_comment(&rq->out, &p, &v.list[0].c);
		form(rq, &p, &v.list[0], refused);
		page_end(rq, &p);
	}
	view_free(&v);
	return rc;
}

static const char *
page_act_error(const struct err *err)
{
	return err != NULL && err->code != ERR_NONE ? err->text : NULL;
}

/* ---- the forms ---- */

static void
page_act_reply_form(struct request *rq, struct html_page *p,
    const struct view_comment *c, const struct err *err)
{
	struct html_compose	f;

	(void)err;
	memset(&f, 0, sizeof(f));
	f.slug = c->c.thread;
	f.parent = c->c.id;
	f.guest = strcmp(rq->who.account.kind, "member") != 0;
	if (c->c.question && rq->who.account.official[0] != '\0')
		f.answers = c->c.id;
	html_compose(&rq->out, p, &f);
}

static void
page_act_flag_form(struct request *rq, struct html_page *p,
    const struct view_comment *c, const struct err *err)
{
	struct html_option	o[CLAUSES];
	const char		*ground = request_field(rq, "legal_ground");
	const struct html_flag	f = {
		.id = c->c.id, .clauses = o,
		.n = page_clauses(rq, o, CLAUSES),
		.clause = request_field(rq, "clause"),
		.note = request_field(rq, "note"),
		.ground = ground != NULL && *ground != '\0' ? ground : NULL,
		.explanation = request_field(rq, "explanation"),
		.name = request_field(rq, "name"),
		.email = request_field(rq, "email"),
		.good_faith = request_field(rq, "good_faith") != NULL,
		.field = err != NULL ? err->field : NULL,
		.error = page_act_error(err),
	};

	html_compose_flag(&rq->out, p, &f);
}

static void
page_act_edit_form(struct request *rq, struct html_page *p,
    const struct view_comment *c, const struct err *err)
{
	html_compose_edit(&rq->out, p, &c->c, request_field(rq, "body"),
	    page_act_error(err));
}

static void
page_act_withdraw_form(struct request *rq, struct html_page *p,
    const struct view_comment *c, const struct err *err)
{
	if (page_act_error(err) != NULL)
		html_elem(&rq->out, "p", "flash error", err->text);
	html_compose_withdraw(&rq->out, p, &c->c);
}

static void
page_act_appeal_form(struct request *rq, struct html_page *p,
    const struct view_comment *c, const struct err *err)
{
	struct buf	about = BUF_INIT;

	buf_adds(&about, "/c/");
	buf_adds(&about, c->c.id);
	html_compose_appeal(&rq->out, p, buf_str(&about),
	    request_field(rq, "grounds"), page_act_error(err));
	buf_free(&about);
}

/* ---- GET ---- */

int
page_reply(struct request *rq, struct err *err)
{
	return page_act_show(rq, "compose.reply", page_act_reply_form, NULL,
	    err);
}

int
page_flag(struct request *rq, struct err *err)
{
	return page_act_show(rq, "flag.title", page_act_flag_form, NULL, err);
}

/* What only the author may open. */
static int
page_act_own(struct request *rq, struct err *err)
{
	struct comment_row	c;

	if (lookup_comment(rq->db, rq->param[0], &c, err) != 0)
		return -1;
	if (rq->who.actor.account == 0 || c.account != rq->who.actor.account)
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "Only its author can do this");
	return 0;
}

int
page_edit(struct request *rq, struct err *err)
{
	return page_act_own(rq, err) != 0 ? -1 : page_act_show(rq,
	    "edit.title", page_act_edit_form, NULL, err);
}

int
page_withdraw(struct request *rq, struct err *err)
{
	return page_act_own(rq, err) != 0 ? -1 : page_act_show(rq,
	    "withdraw.title", page_act_withdraw_form, NULL, err);
}

int
page_appeal(struct request *rq, struct err *err)
{
	return page_act_own(rq, err) != 0 ? -1 : page_act_show(rq,
	    "appeal.file", page_act_appeal_form, NULL, err);
}

/* The comment as a stranger sees it. */
int
page_public(struct request *rq, struct err *err)
{
	struct view		v;
	struct html_page	p;
	int			rc;

	view_init(&v, rq->db, rq->rules->policy, locale_tag(rq->locale), 0,
	    false);
	if ((rc = view_one(&v, rq->param[0], err)) == 0) {
		request_page(rq, &p, tr(rq->locale, "act.public"));
		p.section = "threads";
		page_begin(rq, &p);
		html_elem(&rq->out, "h1", "small", tr(p.locale,
		    "act.public"));
		html_comment(&rq->out, &p, &v.list[0].c);
		page_end(rq, &p);
	}
	view_free(&v);
	return rc;
}

/* The proof as a file. */
int
page_proof(struct request *rq, struct err *err)
{
	struct comment_row	c;

	if (lookup_comment(rq->db, rq->param[0], &c, err) != 0)
		return -1;
	rq->type = "application/octet-stream";
	buf_addf(&rq->head, "Content-Disposition: attachment; "
	    "filename=\"%s.tlog-proof\"\r\n", c.id);
	return ledger_read_proof(rq->db, (uint64_t)c.log_index, &rq->out, err);
}

/* ---- POST ---- */

json_t *
page_args(struct request *rq, const char *key, struct err *err)
{
	static const char *const numbers[] = { "value", "expected_version" };
	static const char *const switches[] = { "question", "good_faith",
		"conceal_author", "canned" };
	static const char *const optional[] = { "parent", "answers",
		"note_to_author", "note", "until", "legal_ground",
		"explanation", "name", "email" };
	json_t		*args = api_args(rq, key, rq->param[0], err);
	const char	*text;
	char		*end;
	size_t		 i;
	long long	 n;

	for (i = 0; args != NULL && i < 2; i++) {
		text = json_string_value(json_object_get(args, numbers[i]));
		if (text == NULL)
			continue;
		n = strtoll(text, &end, 10);
		if (*text != '\0' && *end == '\0')
			json_object_set_new(args, numbers[i],
			    json_integer(n));
	}
	for (i = 0; args != NULL && i < 4; i++) {
		if (json_object_get(args, switches[i]) != NULL)
			json_object_set_new(args, switches[i], json_true());
	}
	for (i = 0; args != NULL && i < 9; i++) {
		text = json_string_value(json_object_get(args, optional[i]));
		if (text != NULL && text[strspn(text, " \r\n")] == '\0')
			json_object_del(args, optional[i]);
	}
	return args;
}

static int
page_act_done(struct request *rq, struct command *cmd, struct err *err)
{
	(void)cmd, (void)err;
	page_redirect_comment(rq, rq->param[0]);
	return 0;
}

static int
page_act_post(struct request *rq, const char *kind, request_handler *again,
    struct err *err)
{
	json_t	*args = page_args(rq, "comment", err);

	rq->again = again;
	return args == NULL ? -1 : request_submit(rq, kind, args,
	    page_act_done, err);
}

static int
page_edit_again(struct request *rq, struct err *err)
{
	struct err	refused = *err;

	return page_act_show(rq, "edit.title", page_act_edit_form, &refused,
	    err);
}

static int
page_flag_again(struct request *rq, struct err *err)
{
	struct err	refused = *err;

	return page_act_show(rq, "flag.title", page_act_flag_form, &refused,
	    err);
}

static int
page_withdraw_again(struct request *rq, struct err *err)
{
	struct err	refused = *err;

	return page_act_show(rq, "withdraw.title", page_act_withdraw_form,
	    &refused, err);
}

static int
page_appeal_again(struct request *rq, struct err *err)
{
	struct err	refused = *err;

	return page_act_show(rq, "appeal.file", page_act_appeal_form,
	    &refused, err);
}

int
page_edit_post(struct request *rq, struct err *err)
{
	return page_act_post(rq, "comment.edit", page_edit_again, err);
}

int
page_flag_post(struct request *rq, struct err *err)
{
	json_t	*args = page_args(rq, "comment", err);

	rq->again = page_flag_again;
	if (args == NULL)
		return -1;
	api_flag_referrer(rq, args);
	return request_submit(rq, "flag.file", args, page_act_done, err);
}

int
page_withdraw_post(struct request *rq, struct err *err)
{
	return page_act_post(rq, "comment.withdraw", page_withdraw_again,
	    err);
}

int
page_appeal_post(struct request *rq, struct err *err)
{
	return page_act_post(rq, "appeal.file", page_appeal_again, err);
}

int
page_vote_post(struct request *rq, struct err *err)
{
	return page_act_post(rq, "comment.vote", NULL, err);
}
