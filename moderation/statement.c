/*
 * Gathering a statement's facts, and its JSON. See statement.h. The letter
 * and the EU payload are in statement_text.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/statement_int.h"

static void
statement_copy(char *out, size_t size, const char *s)
{
	snprintf(out, size, "%s", s == NULL ? "" : s);
}

/* The codes of the decision's row that decision_row does not hold. */
static int
statement_codes(struct statement *st, struct db *db, struct err *err)
{
	struct stmt	*s;

	s = db_query(db, "SELECT category, keyword, model, auto_detection "
	    "FROM decision WHERE num = ?", "i", st->d.num);
	if (stmt_step(s) == 1) {
		statement_copy(st->category, sizeof(st->category),
		    stmt_str(s, 0));
		statement_copy(st->keyword, sizeof(st->keyword),
		    stmt_str(s, 1));
		statement_copy(st->model, sizeof(st->model), stmt_str(s, 2));
		st->detected = stmt_int(s, 3);
	}
	return stmt_done(s, err);
}

static int
statement_about_comment(struct statement *st, struct db *db, struct err *err)
{
	struct thread_row	thread;
	struct comment_row	c;

	if (lookup_comment_num(db, st->d.thread, st->d.comment, &c,
	    err) != 0 || lookup_thread_num(db, c.thread, &thread, err) != 0)
		return -1;
	st->account = c.account;
	st->content_at = c.created_at;
	statement_copy(st->comment, sizeof(st->comment), c.id);
	statement_copy(st->content_language, sizeof(st->content_language),
	    c.language);
	statement_copy(st->thread, sizeof(st->thread), thread.slug);
	return 0;
}

static int
statement_about_sanction(struct statement *st, struct db *db,
    struct err *err)
{
	struct account_row	 a;
	struct stmt		*s;
	int			 found;

	s = db_query(db, "SELECT id, account, until, ended_at FROM sanction "
	    "WHERE num = ?", "i", st->d.sanction);
	if ((found = stmt_step(s)) == 1) {
		statement_copy(st->sanction, sizeof(st->sanction),
		    stmt_text(s, 0));
		st->account = stmt_int(s, 1);
		st->until = stmt_int(s, 2);
		st->ended_at = stmt_int(s, 3);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	if (found != 1)
		return err_set(err, ERR_INTERNAL, NULL, "a lost sanction");
	if (lookup_account(db, st->account, &a, err) != 0)
		return -1;
	st->content_at = a.created_at;
	return 0;
}

static int
statement_words(struct statement *st, struct db *db, struct err *err)
{
	char	ref[REF_MAX];

	ref_make(ref, 'd', st->d.id);
	if (lookup_content(db, ref, "explanation", &st->explanation, NULL,
	    err) < 0)
		return -1;
	return lookup_content(db, ref, "note", &st->note, NULL, err) < 0 ?
	    -1 : 0;
}

/* The clause's words are copied: the policy may go before the statement. */
static int
statement_clause(struct statement *st, const struct policy *p,
    const char *language, struct err *err)
{
	const struct policy_clause	*c = policy_clause(p, st->d.clause);
	const char			*title, *text, *legal;

	title = policy_title(p, st->d.clause, language);
	text = policy_text(p, st->d.clause, language);
	buf_adds(&st->title, title == NULL ? st->d.clause : title);
	legal = policy_legal(p, st->d.clause, language);
	buf_adds(&st->rule, text == NULL ? "" : text);
	buf_adds(&st->legal, legal == NULL ? "" : legal);
	if (c != NULL && st->category[0] == '\0') {
		statement_copy(st->category, sizeof(st->category),
		    c->category);
		statement_copy(st->keyword, sizeof(st->keyword), c->keyword);
	}
	if (buf_failed(&st->title) || buf_failed(&st->rule) ||
	    buf_failed(&st->legal))
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	return 0;
}

int
statement_of_decision(struct statement **out, struct db *db,
    const struct policy *p, int64_t num, const char *language,
    const char *base, struct err *err)
{
	struct statement	*st;
	int			 rc;

	*out = NULL;
	if ((st = calloc(1, sizeof(*st))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	st->locale = locale_or_english(language);
	statement_copy(st->base, sizeof(st->base), base);
	rc = lookup_decision(db, num, &st->d, err);
	if (rc == 0)
		rc = statement_codes(st, db, err);
	if (rc == 0)
		rc = st->d.sanction != 0 ? statement_about_sanction(st, db,
		    err) : statement_about_comment(st, db, err);
	if (rc == 0)
		rc = statement_words(st, db, err);
	if (rc == 0)
		rc = statement_clause(st, p, language, err);
	if (rc != 0)
		statement_free(&st);
	*out = st;
	return rc;
}

int
statement_of_comment(struct statement **out, struct db *db,
    const struct policy *p, const char *comment, const char *language,
    const char *base, struct err *err)
{
	struct comment_row	c;
	int64_t			num;

	*out = NULL;
	if (lookup_comment(db, comment, &c, err) != 0)
		return -1;
	num = db_int(db, 0, "SELECT num FROM decision WHERE thread = ? AND "
	    "comment = ? AND action IN ('remove', 'quarantine', 'label') AND "
	    "undone = 0 ORDER BY num DESC LIMIT 1", "ii", c.thread, c.num);
	if (num == 0)
		return err_set(err, ERR_NOT_FOUND, "comment",
		    "Nothing was decided against this comment");
	return statement_of_decision(out, db, p, num, language, base, err);
}

int
statement_of_sanction(struct statement **out, struct db *db,
    const struct policy *p, const char *sanction, const char *language,
    const char *base, struct err *err)
{
	int64_t	num = db_int(db, 0, "SELECT decision FROM sanction WHERE id = "
		    "?", "s", sanction);

	*out = NULL;
	if (num == 0)
		return err_set(err, ERR_NOT_FOUND, "sanction",
		    "There is no such sanction");
	return statement_of_decision(out, db, p, num, language, base, err);
}

void
statement_free(struct statement **stp)
{
	struct statement	*st = *stp;

	if (st == NULL)
		return;
	buf_free(&st->explanation);
	buf_free(&st->note);
	buf_free(&st->title);
	buf_free(&st->rule);
	buf_free(&st->legal);
	free(st);
	*stp = NULL;
}

int64_t
statement_account(const struct statement *st)
{
	return st->account;
}

bool
statement_private(const struct statement *st)
{
	return st->sanction[0] != '\0';
}

static void
statement_kv_buf(struct buf *out, const char *key, const struct buf *text)
{
	if (text->len == 0) {
		buf_kv_null(out, key);
		return;
	}
	buf_key(out, key);
	buf_json(out, text->data, text->len);
}

/* Where one turns: our own review first, then who is not us. */
static void
statement_redress(struct buf *out, const struct statement *st)
{
	char	url[320];

	snprintf(url, sizeof(url), "%s/api/v1/%s/%s/appeal", st->base,
	    st->sanction[0] != '\0' ? "sanctions" : "comments",
	    st->sanction[0] != '\0' ? st->sanction : st->comment);
	buf_key(out, "redress");
	buf_adds(out, "{\"appeal\":{");
	buf_kv_str(out, "url", url);
	buf_kv_time(out, "until", st->d.appeal_until);
	buf_kv_str(out, "state", st->d.appeal);
	buf_kv_str(out, "how", tr(st->locale,
	    "statement.appeal"));
	buf_addc(out, '}');
	buf_kv_str(out, "out_of_court", tr(st->locale,
	    "statement.out_of_court"));
	buf_kv_str(out, "court", tr(st->locale, "statement.court"));
	buf_addc(out, '}');
}

void
statement_json(struct buf *out, const struct statement *st, bool whole)
{
	const struct statement_action	*a = statement_action(st->d.action);
	int64_t				 at = st->d.at;

	if (!whole)
		at -= at % 3600000;
	buf_addc(out, '{');
	buf_kv_str(out, "decision", st->d.id);
	if (st->sanction[0] != '\0') {
		buf_kv_str(out, "sanction", st->sanction);
	} else {
		buf_kv_str(out, "comment", st->comment);
		buf_kv_str(out, "thread", st->thread);
	}
	buf_kv_str(out, "action", st->d.action);
	buf_kv_str(out, "restriction", tr(st->locale, a->words));
	buf_kv_str(out, "territory", tr(st->locale, "statement.territory"));
	buf_kv_time(out, "until", st->until);
	buf_kv_str(out, "clause", st->d.clause);
	statement_kv_buf(out, "clause_title", &st->title);
	statement_kv_buf(out, "clause_text", &st->rule);
	statement_kv_buf(out, "explanation", &st->explanation);
	buf_kv_bool(out, "redacted", st->d.redacted);
	buf_kv_str(out, "ground", statement_illegal(st) ? "illegal_content" :
	    "house_rules");
	if (statement_illegal(st))
		statement_kv_buf(out, "legal_ground", &st->legal);
	buf_kv_str(out, "facts", statement_facts(st, st->locale));
	buf_kv_str(out, "source", st->d.source);
	buf_kv_bool(out, "automated_detection", st->detected);
	buf_kv_bool(out, "automated_decision", strcmp(st->d.automated,
	    "AUTOMATED_DECISION_FULLY") == 0);
	buf_kv_str(out, "automation", st->d.automated);
	buf_kv_str(out, "model", st->model[0] != '\0' ? st->model : NULL);
	buf_kv_str(out, "policy_digest", st->d.policy);
	buf_kv_int(out, "log_index", st->d.log_index);
	buf_kv_time(out, "decided_at", at);
	buf_kv_str(out, "decided_by", st->d.decider);
	buf_kv_str(out, "appeal", st->d.appeal);
	buf_kv_time(out, "appeal_until", st->d.appeal_until);
	statement_redress(out, st);
	if (whole) {
		buf_kv_time(out, "posted_at", st->content_at);
		buf_kv_int(out, "version", st->d.version);
		statement_kv_buf(out, "note_to_author", &st->note);
	}
	buf_addc(out, '}');
}
