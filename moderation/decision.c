/*
 * One way to stage a decision. See decision.h and commands.h for the
 * contracts.
 *
 * The event names clause, codes, digests and a commitment to the
 * explanation; the words lie in content rows "d:<id>". No decision that
 * takes something from an author is staged without clause and explanation,
 * whoever calls.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/decision.h"
#include "moderation/grave.h"
#include "moderation/reason.h"
#include "storage/base/unicode.h"

#define DECISION_WORDS	2000	/* characters, as the EU's database has it */
#define DECISION_NAMES	2000	/* of a thread that are looked for */
#define DAY_MS		86400000LL

static int
decision_oom(struct err *err)
{
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "Out of memory");
}

int
decision_person(struct db *db, int64_t account, char out[ID_MAX],
    struct err *err)
{
	struct account_row	a;

	if (account == 0) {
		snprintf(out, ID_MAX, "operator");
		return 0;
	}
	if (lookup_account(db, account, &a, err) != 0)
		return -1;
	snprintf(out, ID_MAX, "%s", a.person[0] != '\0' ? a.person : a.id);
	return 0;
}

int
decision_scope(struct db *db, const struct decision_row *d,
    char out[SCOPE_MAX], struct err *err)
{
	struct thread_row	thread;
	struct stmt		*s;
	int			 found;

	if (d->sanction != 0) {
		s = db_query(db, "SELECT id FROM sanction WHERE num = ?", "i",
		    d->sanction);
		if ((found = stmt_step(s)) == 1)
			snprintf(out, SCOPE_MAX, "%s", stmt_text(s, 0));
		if (stmt_done(s, err) != 0)
			return -1;
		return found == 1 ? 0 : err_set(err, ERR_INTERNAL, NULL,
		    "no sanction %lld", (long long)d->sanction);
	}
	if (db_int(db, 1, "SELECT COUNT(DISTINCT thread) FROM decision WHERE "
	    "log_index = ?", "i", d->log_index) > 1) {
		snprintf(out, SCOPE_MAX, "batch:%lld",
		    (long long)d->log_index);
		return 0;
	}
	if (lookup_thread_num(db, d->thread, &thread, err) != 0)
		return -1;
	snprintf(out, SCOPE_MAX, "%s", thread.id);
	return 0;
}

int
decision_decider(struct turn *t, int64_t account, const char *scope,
    char out[PSEUDONYM_LEN + 1], struct err *err)
{
	char	person[ID_MAX];

	if (decision_person(t->db, account, person, err) != 0)
		return -1;
	house_pseudonym(turn_house(t), "decider", person, scope, out);
	return 0;
}

/* Names shown in the thread, each a copy; *n of them. */
static int
decision_names(struct db *db, int64_t thread, char ***out, size_t *n,
    struct err *err)
{
	struct stmt	*s;
	char		**names;
	int		 rc = 0;

	*n = 0;
	*out = names = calloc(DECISION_NAMES, sizeof(*names));
	if (names == NULL)
		return decision_oom(err);
	s = db_query(db, "SELECT DISTINCT name FROM fragment WHERE thread = ? "
	    "LIMIT ?", "ii", thread, (int64_t)DECISION_NAMES);
	while (rc == 0 && stmt_step(s) == 1) {
		names[*n] = strdup(stmt_text(s, 0));
		if (names[*n] == NULL)
			rc = decision_oom(err);
		else
			++*n;
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	return rc;
}

/* The body of the version decided on; an erased one is simply not there. */
static int
decision_body(struct db *db, const struct comment_row *c, struct buf *out,
    struct err *err)
{
	char	ref[REF_MAX];

	ref_comment(ref, c->id, c->revision);
	return lookup_content(db, ref, "body", out, NULL, err) < 0 ? -1 : 0;
}

static int
decision_check(struct turn *t, const struct policy *policy,
    const char *clause, const char *explanation, const struct comment_row *c,
    struct err *err)
{
	struct reason_context	 ctx;
	struct buf		 body = BUF_INIT;
	char			**names = NULL;
	size_t			 i, n = 0;
	int			 rc = 0;

	memset(&ctx, 0, sizeof(ctx));
	ctx.policy = policy;
	ctx.clause = clause;
	if (c != NULL && ((rc = decision_body(t->db, c, &body, err)) != 0 ||
	    (rc = decision_names(t->db, c->thread, &names, &n, err)) != 0))
		goto out;
	if (body.len > 0) {
		ctx.comment = body.data;
		ctx.comment_len = body.len;
	}
	ctx.names = (const char *const *)names;
	ctx.n_names = n;
	rc = reason_check(explanation, strlen(explanation), &ctx, err);
out:
	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
	buf_free(&body);
	return rc;
}

int
decision_reason(struct turn *t, const char *clause, const char *explanation,
    const struct comment_row *c, struct err *err)
{
	struct rules	*r;
	int		 rc;

	if (clause == NULL || *clause == '\0')
		return err_set(err, ERR_REASON_REQUIRED, "clause",
		    "Name the clause of the house rules");
	if (explanation == NULL || *explanation == '\0')
		return err_set(err, ERR_REASON_REQUIRED, "explanation",
		    "Say in public words what is wrong");
	r = house_get(turn_house(t));
	if (policy_clause(r->policy, clause) == NULL)
		rc = err_set(err, ERR_INVALID_FIELD, "clause",
		    "The house rules have no such clause");
	else if (unicode_count(explanation, strlen(explanation)) >
	    DECISION_WORDS)
		rc = err_set(err, ERR_INVALID_FIELD, "explanation",
		    "An explanation has at most %d characters",
		    DECISION_WORDS);
	else
		rc = decision_check(t, r->policy, clause, explanation, c,
		    err);
	house_put(&r);
	return rc;
}

int64_t
decision_next(struct turn *t)
{
	return lookup_next(t->db,
	    "SELECT COALESCE(MAX(num), 0) + 1 FROM decision") +
	    (int64_t)turn_staged(t, "decision") +
	    (int64_t)turn_staged(t, "sanction");
}

bool
decision_restricts(const char *action)
{
	return strcmp(action, "remove") == 0 ||
	    strcmp(action, "quarantine") == 0 || strcmp(action, "label") == 0;
}

int
decision_origin(struct turn *t, const struct comment_row *c,
    struct decision *d, struct err *err)
{
	struct stmt	*s;
	bool		 notice = false;
	int64_t		 first = 0;

	s = db_query(t->db, "SELECT MAX(legal), MIN(filed_at) FROM flag WHERE "
	    "thread = ? AND comment = ? AND state = 'open'", "ii", c->thread,
	    c->num);
	if (stmt_step(s) == 1) {
		notice = stmt_int(s, 0) != 0;
		first = stmt_int(s, 1);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	d->source = notice ? "SOURCE_ARTICLE_16" : first != 0 ?
	    "SOURCE_TYPE_OTHER_NOTIFICATION" : "SOURCE_VOLUNTARY";
	d->since = c->held_at != 0 ? c->held_at : first != 0 ? first :
	    c->created_at;
	d->automated_detection = db_int(t->db, 0, "SELECT held_auto FROM "
	    "comment WHERE thread = ? AND num = ?", "ii", c->thread,
	    c->num) != 0;
	d->automated_decision = d->automated_detection ?
	    "AUTOMATED_DECISION_PARTIALLY" : "AUTOMATED_DECISION_NOT_AUTOMATED";
	return 0;
}

/* Stages the words and gives their commitments as members. */
static int
decision_words(struct turn *t, const char *id, const struct decision *d,
    json_t *pub, json_t *prv, struct err *err)
{
	char	ref[REF_MAX], hex[HASH_LEN * 2 + 1];

	ref_make(ref, 'd', id);
	if (d->explanation != NULL) {
		if (turn_content(t, ref, "explanation", d->explanation,
		    strlen(d->explanation), hex, err) != 0)
			return -1;
		json_object_set_new(pub, "explanation", json_string(hex));
	}
	if (d->note != NULL && *d->note != '\0') {
		if (turn_content(t, ref, "note", d->note, strlen(d->note),
		    hex, err) != 0)
			return -1;
		json_object_set_new(prv, "note", json_string(hex));
	}
	return 0;
}

static json_t *
decision_pub(const struct decision *d, const struct policy *policy)
{
	const struct policy_clause	*clause;
	const char			*ruleset;
	json_t				*pub;

	clause = d->clause == NULL ? NULL : policy_clause(policy, d->clause);
	ruleset = d->by == 0 && strcmp(d->decider, "automatic") == 0 ?
	    policy_digest(policy) : NULL;
	pub = json_pack("{s:I, s:i, s:s, s:s*, s:s*, s:s*, s:s, s:s, s:s, "
	    "s:s, s:s*, s:s*, s:s}", "ref",
	    (json_int_t)d->comment->log_index, "version",
	    d->comment->revision, "action", d->action, "clause", d->clause,
	    "category", clause == NULL ? NULL : clause->category, "keyword",
	    clause == NULL ? NULL : clause->keyword, "source", d->source,
	    "automated-detection", d->automated_detection ? "Yes" : "No",
	    "automated-decision", d->automated_decision, "policy",
	    policy_digest(policy), "model", d->model, "ruleset", ruleset,
	    "decider", d->decider);
	if (d->reverses >= 0)
		json_object_set_new(pub, "reverses",
		    json_integer(d->reverses));
	return pub;
}

static json_t *
decision_prv(struct turn *t, const struct decision *d, const char *id,
    int64_t num, const struct policy *policy)
{
	json_t	*prv;
	long	 days = policy_number(policy, "window.appeal_days");

	prv = json_pack("{s:I, s:s, s:I, s:I, s:I, s:I, s:s*}", "dnum",
	    (json_int_t)num, "id", id, "tnum", (json_int_t)d->comment->thread,
	    "num", (json_int_t)d->comment->num, "account", (json_int_t)d->by,
	    "since", (json_int_t)d->since, "labels", d->labels);
	if (d->canned)
		json_object_set_new(prv, "canned", json_integer(1));
	if (d->conceal)
		json_object_set_new(prv, "conceal", json_integer(1));
	if (d->undoes != 0)
		json_object_set_new(prv, "undoes", json_integer(d->undoes));
	if (decision_restricts(d->action))
		json_object_set_new(prv, "appeal_until",
		    json_integer(t->now + days * DAY_MS));
	if (strcmp(d->action, "quarantine") != 0)
		return prv;
	json_object_set_new(prv, "preserve_until", json_integer(
	    d->preserve_until != 0 ? d->preserve_until : t->now +
	    policy_number(policy, "retention.preserved_days") * DAY_MS));
	if (d->notify_after != 0)
		json_object_set_new(prv, "notify_after",
		    json_integer(d->notify_after));
	return prv;
}

/* What the author is told of it now: nothing about an approval of what was
 * visible all along, nor before an order lets them be told. */
static const char *
decision_notice(const struct decision *d)
{
	if (d->notify_after != 0)
		return NULL;
	if (decision_restricts(d->action))
		return "statement";
	if (d->undoes != 0 || d->quiet)
		return NULL;
	if (strcmp(d->action, "restore") == 0 || d->comment->held_at != 0)
		return "published";
	return NULL;
}

int
decision_emit(struct turn *t, const struct decision *d, int64_t *num,
    int64_t *index, struct err *err)
{
	struct rules	*r;
	json_t		*pub, *prv;
	const char	*what = decision_notice(d);
	char		 id[ID_LEN + 1];

	if (strcmp(d->action, "approve") != 0 &&
	    (d->clause == NULL || d->explanation == NULL))
		return err_set(err, ERR_REASON_REQUIRED, d->clause == NULL ?
		    "clause" : "explanation",
		    "A decision needs a clause and an explanation");
	if (crypto_id(id, ID_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	if (d->id != NULL)
		snprintf(d->id, ID_MAX, "%s", id);
	*num = decision_next(t);
	*index = (int64_t)t->index;
	r = house_get(turn_house(t));
	pub = decision_pub(d, r->policy);
	prv = decision_prv(t, d, id, *num, r->policy);
	house_put(&r);
	if (pub == NULL || prv == NULL ||
	    decision_words(t, id, d, pub, prv, err) != 0) {
		json_decref(pub);
		json_decref(prv);
		return pub == NULL || prv == NULL ? decision_oom(err) : -1;
	}
	if (turn_emit(t, "decision", pub, prv, err) != 0)
		return -1;
	if ((decision_restricts(d->action) ? grave_raise(t, d->comment,
	    d->clause, err) : grave_drop(t, d->comment, d->by, err)) != 0)
		return -1;
	return what == NULL ? 0 : notice_emit(t, d->comment->account, what,
	    d->comment, *num, 0, 0, 0, err);
}

int
decision_publish(struct turn *t, const struct comment_row *c, bool automatic,
    struct err *err)
{
	struct rules	*r = house_get(turn_house(t));
	int		 rc;

	rc = turn_emit(t, "comment.published", json_pack(
	    "{s:I, s:i, s:s, s:s, s:s, s:s}", "ref",
	    (json_int_t)c->log_index, "version", c->revision, "clause",
	    c->held_clause, "automated-detection", "No",
	    "automated-decision", automatic ? "AUTOMATED_DECISION_FULLY" :
	    "AUTOMATED_DECISION_NOT_AUTOMATED", "policy",
	    policy_digest(r->policy)), json_pack("{s:I, s:I}", "tnum",
	    (json_int_t)c->thread, "num", (json_int_t)c->num), err);
	house_put(&r);
	return rc;
}

int
notice_emit(struct turn *t, int64_t account, const char *what,
    const struct comment_row *c, int64_t dnum, int64_t anum, int64_t fnum,
    int64_t snum, struct err *err)
{
	const struct {
		const char	*key;
		int64_t		 value;
	} about[] = {
		{ "tnum", c == NULL ? 0 : c->thread },
		{ "num", c == NULL ? 0 : c->num },
		{ "dnum", dnum }, { "anum", anum }, { "fnum", fnum },
		{ "snum", snum },
	};
	json_t	*prv;
	size_t	 i;

	if (account == 0)
		return 0;
	prv = json_pack("{s:I, s:s}", "account", (json_int_t)account, "what",
	    what);
	for (i = 0; i < sizeof(about) / sizeof(about[0]); i++) {
		if (about[i].value != 0)
			json_object_set_new(prv, about[i].key,
			    json_integer(about[i].value));
	}
	return turn_emit(t, "notice.sent", NULL, prv, err);
}

struct decision_count {
	char	clause[40];
	int	n;
};

static int
decision_clause_order(const void *a, const void *b)
{
	return strcmp(((const struct decision_count *)a)->clause,
	    ((const struct decision_count *)b)->clause);
}

/* "clause n" strings in order, one a clause. */
static json_t *
decision_counts(struct decision_count *list, size_t n)
{
	json_t	*out = json_array();
	char	 line[64];
	size_t	 i;

	qsort(list, n, sizeof(*list), decision_clause_order);
	for (i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "%.39s %d", list[i].clause,
		    list[i].n);
		json_array_append_new(out, json_string(line));
	}
	return out;
}

#define DECISION_CLAUSES	64	/* no policy has more */

static void
decision_count(struct decision_count *list, size_t *n, const char *clause)
{
	size_t	i;

	for (i = 0; i < *n; i++) {
		if (strcmp(list[i].clause, clause) == 0) {
			list[i].n++;
			return;
		}
	}
	if (*n == DECISION_CLAUSES)
		return;
	snprintf(list[*n].clause, sizeof(list[*n].clause), "%s", clause);
	list[(*n)++].n = 1;
}

/* Stages the outcome for each open flag's sender; collects them in flags. */
static int
decision_flag_list(struct turn *t, const struct comment_row *c, int64_t dnum,
    bool upheld, json_t *flags, struct decision_count *counts, size_t *n,
    struct err *err)
{
	struct stmt	*s;
	int64_t		 fnum;
	int		 rc = 0;

	s = db_query(t->db, "SELECT num, clause, account FROM flag WHERE "
	    "thread = ? AND comment = ? AND state = 'open' ORDER BY num",
	    "ii", c->thread, c->num);
	while (rc == 0 && stmt_step(s) == 1) {
		fnum = stmt_int(s, 0);
		decision_count(counts, n, stmt_text(s, 1));
		json_array_append_new(flags, json_pack("{s:I, s:s}", "fnum",
		    (json_int_t)fnum, "state",
		    upheld ? "upheld" : "rejected"));
		rc = notice_emit(t, stmt_int(s, 2), "flag_outcome", c, dnum,
		    0, fnum, 0, err);
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	return rc;
}

int
decision_flags(struct turn *t, const struct comment_row *c, int64_t dnum,
    bool upheld, struct err *err)
{
	struct decision_count	counts[DECISION_CLAUSES];
	json_t			*flags = json_array(), *pub;
	size_t			 n = 0;

	if (flags == NULL)
		return decision_oom(err);
	if (decision_flag_list(t, c, dnum, upheld, flags, counts, &n,
	    err) != 0) {
		json_decref(flags);
		return -1;
	}
	if (n == 0) {
		json_decref(flags);
		return 0;
	}
	pub = json_pack("{s:I}", "ref", (json_int_t)c->log_index);
	json_object_set_new(pub, upheld ? "upheld" : "rejected",
	    decision_counts(counts, n));
	return turn_emit(t, "flags.decided", pub, json_pack(
	    "{s:I, s:I, s:I, s:o}", "tnum", (json_int_t)c->thread, "num",
	    (json_int_t)c->num, "decision", (json_int_t)dnum, "flags",
	    flags), err);
}

int
decision_held(struct db *db, const struct decision_row *d,
    struct decision_held *out, struct err *err)
{
	struct event	 e;
	struct stmt	*s;
	const void	*bytes;
	size_t		 len;
	int		 rc = 1;

	memset(out, 0, sizeof(*out));
	memset(&e, 0, sizeof(e));
	s = db_query(db, "SELECT j.bytes FROM leaf l JOIN journal j ON j.seq "
	    "= l.seq WHERE l.thread = ? AND l.comment = ? AND l.idx < ? AND "
	    "l.kind IN ('comment.held', 'comment.published', "
	    "'comment.accepted', 'decision') ORDER BY l.idx DESC LIMIT 1",
	    "iii", d->thread, d->comment, d->log_index);
	if (stmt_step(s) == 1) {
		bytes = stmt_blob(s, 0, &len);
		rc = event_decode(&e, bytes, len, err);
	}
	if (stmt_done(s, rc >= 0 ? err : NULL) != 0)
		rc = -1;
	if (rc == 0 && strcmp(e.kind->name, "comment.held") != 0)
		rc = 1;
	if (rc == 0) {
		snprintf(out->clause, sizeof(out->clause), "%s",
		    event_str(&e, "clause"));
		out->decide_by = event_int(&e, "decide_by");
		out->harm = (int)event_int(&e, "harm");
		out->unchecked = event_int(&e, "unchecked") != 0;
		out->detected = strcmp(event_str(&e, "automated-detection"),
		    "Yes") == 0;
	}
	event_clear(&e);
	return rc;
}

int
decision_hold(struct turn *t, const struct comment_row *c,
    const char *clause, int64_t decide_by, bool unchecked, int harm,
    bool detected, struct err *err)
{
	struct rules	*r = house_get(turn_house(t));
	json_t		*pub;

	pub = json_pack("{s:I, s:i, s:s, s:s, s:s, s:s}", "ref",
	    (json_int_t)c->log_index, "version", c->revision, "clause",
	    clause, "automated-detection", detected ? "Yes" : "No",
	    "automated-decision", "AUTOMATED_DECISION_FULLY", "policy",
	    policy_digest(r->policy));
	house_put(&r);
	if (turn_emit(t, "comment.held", pub, json_pack(
	    "{s:I, s:I, s:I, s:b, s:i}", "tnum", (json_int_t)c->thread,
	    "num", (json_int_t)c->num, "decide_by", (json_int_t)decide_by,
	    "unchecked", unchecked, "harm", harm), err) != 0 ||
	    grave_raise(t, c, clause, err) != 0)
		return -1;
	return notice_emit(t, c->account, "held", c, 0, 0, 0, 0, err);
}
