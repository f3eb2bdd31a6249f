/*
 * What is worked out about a comment before it is queued: form, markup,
 * pipeline, policy. See post.h for the contract. It runs on the submitter's
 * thread, so that the writer only decides.
 */
#include <stdlib.h>
#include <string.h>

#include "moderation/language.h"
#include "moderation/markup.h"
#include "moderation/post.h"
#include "storage/base/clock.h"
#include "storage/base/unicode.h"

#define PREPARE_TERMS	100

struct prepare {
	struct item	 item;
	char		 language[LANGUAGE_MAX];
	char		 site[100];
	struct buf	 terms_text;	/* the thread's watch terms, JSON */
	json_t		*terms_json;
	const char	*terms[PREPARE_TERMS];
};

static int
prepare_form(const char *body, size_t len, long *characters, struct err *err)
{
	*characters = unicode_count(body, len);
	if (*characters < 0)
		return err_set(err, ERR_INVALID_FIELD, "body",
		    "body is not valid UTF-8");
	if (*characters > POST_CHARACTERS)
		return err_set(err, ERR_BODY_TOO_LONG, "body",
		    "body has %ld characters; at most %d are taken",
		    *characters, POST_CHARACTERS);
	if (unicode_blank(body, len))
		return err_set(err, ERR_INVALID_FIELD, "body",
		    "body has nothing to read in it");
	return 0;
}

/* The thread's side of the item: mode, site, private watch terms. */
static int
prepare_thread(struct prepare *p, struct db *db, const struct thread_row *row,
    struct err *err)
{
	char	 ref[REF_MAX];
	size_t	 i;
	int	 mode = item_mode_find(row->mode);

	p->item.mode = mode < 0 ? ITEM_ALL_HELD : (enum item_mode)mode;
	memcpy(p->site, row->site, sizeof(p->site));
	p->item.site = p->site;
	if (!row->restricted)
		return 0;
	ref_make(ref, 't', row->id);
	if (lookup_content(db, ref, "terms", &p->terms_text, NULL, err) < 0)
		return -1;
	p->terms_json = json_loadb(p->terms_text.data, p->terms_text.len, 0,
	    NULL);
	for (i = 0; i < json_array_size(p->terms_json) &&
	    i < PREPARE_TERMS; i++)
		p->terms[i] = json_string_value(json_array_get(p->terms_json,
		    i));
	p->item.terms = p->terms;
	p->item.n_terms = i;
	return 0;
}

static int
prepare_author(struct prepare *p, struct house *h, struct db *db,
    const struct actor *actor, struct err *err)
{
	struct account_row	a;
	int64_t			now = clock_ms();

	p->item.now_ms = now;
	p->item.author = ITEM_GUEST;
	/* How much comes from one address is a limit, and lifted with them. */
	if (actor->addressed && limits_enforced(house_limits(h)))
		memcpy(p->item.address, actor->address.b, ITEM_ADDRESS_LEN);
	if (actor->account == 0)
		return 0;
	if (lookup_account(db, actor->account, &a, err) != 0)
		return -1;
	if (a.official[0] != '\0')
		p->item.author = ITEM_OFFICIAL;
	else if ((a.roles & ROLE_STAFF) != 0)
		p->item.author = ITEM_STAFF;
	else if (strcmp(a.kind, "member") == 0)
		p->item.author = ITEM_MEMBER;
	p->item.age_days = (unsigned)((now - a.created_at) / 86400000);
	p->item.approved = a.approved < 0 ? 0 : (unsigned)a.approved;
	p->item.removed = a.removed < 0 ? 0 : (unsigned)a.removed;
	if (db_int(db, 0, "SELECT COUNT(*) FROM sanction WHERE account = ? "
	    "AND state = 'active'", "i", a.num) > 0)
		p->item.standing = ITEM_WARNED;
	return 0;
}

static void
prepare_clear(struct prepare *p)
{
	json_decref(p->terms_json);
	buf_free(&p->terms_text);
}

static json_t *
prepare_verdict(const struct verdict *v)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:i, s:i, "
	    "s:s}", "action", verdict_word(v->action), "rule", v->rule,
	    "clause", v->clause, "detection", v->automated_detection,
	    "decision", v->automated_decision, "timeout",
	    v->publish_on_timeout, "quarantine", v->quarantine, "escalate",
	    v->escalate, "harm", v->harm, "minutes", v->decide_within_minutes,
	    "explanation", v->explanation);
}

static bool
prepare_unchecked(const struct findings *f)
{
	unsigned	i;

	for (i = 0; i < f->n; i++) {
		if (f->list[i].certainty == ITEM_NOT_CHECKED)
			return true;
	}
	return f->dropped > 0 || f->waiting;
}

/* Runs the stages and the policy, and packs what the writer needs. */
static int
prepare_judge(struct house *h, struct prepare *p, struct command *cmd,
    long characters, struct err *err)
{
	struct rules	*r = house_get(h);
	struct findings	 f;
	struct verdict	 v;
	struct buf	 html = BUF_INIT, full = BUF_INIT, dur = BUF_INIT;
	int		 rc;

	memset(&f, 0, sizeof(f));
	if ((rc = markup_html(&html, p->item.body, p->item.len, err)) == 0)
		rc = pipeline_run(r->pipeline, &p->item, &f, err);
	if (rc == 0) {
		if (f.waiting)
			pipeline_finish(r->pipeline, &p->item, &f);
		policy_decide(r->policy, &p->item, &f, &v);
		findings_full(&full, &f);
		findings_durable(&dur, &f);
		json_decref(cmd->made);
		cmd->made = json_pack("{s:s#, s:s#, s:s#, s:s, s:I, s:s, s:s, "
		    "s:b, s:I, s:o}", "html", html.len ? html.data : "",
		    (int)html.len, "full", full.data, (int)full.len,
		    "durable", dur.data, (int)dur.len, "language",
		    p->item.language, "length", (json_int_t)characters,
		    "policy", policy_digest(r->policy), "model", f.model,
		    "unchecked", prepare_unchecked(&f), "print",
		    (json_int_t)f.print, "verdict",
		    prepare_verdict(&v));
		if (cmd->made == NULL)
			rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "Out of memory");
	}
	buf_free(&html);
	buf_free(&full);
	buf_free(&dur);
	house_put(&r);
	return rc;
}

static int
prepare_language(const struct command *cmd, struct prepare *p,
    const char **given, struct err *err)
{
	size_t	i;

	if (command_str(cmd, "language", false, given, err) != 0)
		return -1;
	for (i = 0; *given != NULL && (*given)[i] != '\0'; i++) {
		char c = (*given)[i];

		if (i > 10 || !((c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || c == '-'))
			return err_set(err, ERR_INVALID_FIELD, "language",
			    "language is a tag such as en or ro");
	}
	if (*given == NULL || **given == '\0') {
		language_guess(p->language, p->item.body, p->item.len);
		*given = p->language;
	}
	p->item.language = *given;
	return 0;
}

/* The thread, first of all: from here on its account counts refusals. */
static int
prepare_where(struct command *cmd, struct db *db, struct prepare *p,
    struct thread_row *thread, struct err *err)
{
	struct comment_row	 comment;
	const char		*where;

	if (strcmp(cmd->kind->name, "comment.edit") == 0) {
		p->item.edit = true;
		if (command_str(cmd, "comment", true, &where, err) != 0 ||
		    lookup_comment(db, where, &comment, err) != 0 ||
		    lookup_thread_num(db, comment.thread, thread, err) != 0)
			return -1;
		p->item.reply = comment.parent != 0;
		return 0;
	}
	if (command_str(cmd, "thread", true, &where, err) != 0 ||
	    lookup_thread(db, where, thread, err) != 0)
		return -1;
	cmd->refused_thread = thread->num;
	p->item.reply = json_is_string(json_object_get(cmd->args, "parent"));
	return 0;
}

int
post_prepare(struct house *h, struct db *db, struct command *cmd,
    struct err *err)
{
	struct prepare		 p;
	struct thread_row	 thread;
	const char		*body, *language;
	long			 characters;
	int			 rc = -1;

	memset(&p, 0, sizeof(p));
	if (prepare_where(cmd, db, &p, &thread, err) != 0 ||
	    command_str(cmd, "body", true, &body, err) != 0)
		return -1;
	p.item.body = body;
	p.item.len = strlen(body);
	if (json_string_length(json_object_get(cmd->args, "body")) !=
	    p.item.len)
		return err_set(err, ERR_INVALID_FIELD, "body",
		    "body must not hold a NUL character");
	if (prepare_form(body, p.item.len, &characters, err) != 0 ||
	    prepare_language(cmd, &p, &language, err) != 0)
		return -1;
	if (prepare_thread(&p, db, &thread, err) == 0 &&
	    prepare_author(&p, h, db, &cmd->actor, err) == 0)
		rc = prepare_judge(h, &p, cmd, characters, err);
	prepare_clear(&p);
	return rc;
}

int
post_preview(struct house *h, struct db *db, const struct actor *actor,
    const char *body, size_t len, const char *language, struct buf *out,
    struct err *err)
{
	struct prepare	 p;
	struct rules	*r;
	struct buf	 html = BUF_INIT;
	char		 clauses[8][ITEM_CLAUSE_MAX];
	long		 characters;
	int		 i, n = -1;

	memset(&p, 0, sizeof(p));
	p.item.body = body;
	p.item.len = len;
	p.item.site = "";
	if (prepare_form(body, len, &characters, err) != 0 ||
	    prepare_author(&p, h, db, actor, err) != 0)
		return -1;
	language_guess(p.language, body, len);
	p.item.language = p.language;
	r = house_get(h);
	if (markup_html(&html, body, len, err) == 0)
		n = pipeline_advice(r->pipeline, &p.item, clauses, 8, err);
	if (n >= 0) {
		buf_key(out, "body_html");
		buf_json(out, html.data, html.len);
		buf_key(out, "advice");
		buf_addc(out, '[');
		for (i = 0; i < n; i++) {
			buf_adds(out, i > 0 ? ",{" : "{");
			buf_kv_str(out, "clause", clauses[i]);
			buf_kv_str(out, "title", policy_title(r->policy,
			    clauses[i], language));
			buf_kv_str(out, "text", policy_text(r->policy,
			    clauses[i], language));
			buf_addc(out, '}');
		}
		buf_addc(out, ']');
	}
	house_put(&r);
	buf_free(&html);
	return n < 0 ? -1 : 0;
}
