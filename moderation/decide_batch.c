/*
 * One decision on many comments: a spam wave. See commands.h.
 *
 * Arguments: comments (ids, or objects with id and expected_version) and one
 * decision's as in decide.c. Every item answers for itself: what cannot be
 * decided is left out and says why, the others go into one entry of the
 * record that names them all. Each has a row, a statement, an appeal of its
 * own, and its own copy of the words, so that one can be redacted alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/decide.h"
#include "moderation/grave.h"

#define BATCH_MAX	500
#define DAY_MS		86400000LL

struct wave_item {
	struct comment_row	c;
	int64_t			since, dnum;
	char			id[ID_LEN + 1];
	bool			detected;
};

struct wave {
	struct decide		 d;
	struct wave_item	*items;		/* owned */
	size_t			 n;
	json_t			*answers;	/* owned until the result */
	bool			 threads;	/* more than one */
	const char		*source;
};

static int
decide_batch_oom(struct err *err)
{
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "Out of memory");
}

/* The comment's id and expected version out of one element. */
static const char *
decide_batch_id(const json_t *v, int64_t *expected)
{
	json_t	*e;

	*expected = -1;
	if (json_is_string(v))
		return json_string_value(v);
	if ((e = json_object_get(v, "expected_version")) != NULL)
		*expected = json_integer_value(e);
	return json_string_value(json_object_get(v, "id"));
}

static bool
decide_batch_twice(const struct wave *b, const struct comment_row *c)
{
	size_t	i;

	for (i = 0; i < b->n; i++) {
		if (b->items[i].c.thread == c->thread &&
		    b->items[i].c.num == c->num)
			return true;
	}
	return false;
}

/* Checks one item like a decision of its own. */
static int
decide_batch_check(struct turn *t, const struct command *cmd,
    struct wave *b, const char *id, int64_t expected,
    struct comment_row *c, struct err *err)
{
	if (lookup_comment(t->db, id, c, err) != 0 ||
	    decide_may(t, &cmd->actor, c, err) != 0)
		return -1;
	if ((expected >= 0 && expected != c->version) ||
	    decide_batch_twice(b, c))
		return err_set(err, ERR_STALE_VERSION, "expected_version",
		    "It is at version %lld by now", (long long)c->version);
	if (decide_fits(t, c, &b->d, err) != 0)
		return -1;
	return strcmp(b->d.action, "approve") == 0 ? 0 :
	    decision_reason(t, b->d.clause, b->d.explanation, c, err);
}

/* Takes one item in, or writes down why not. -1 only for our own failure. */
static int
decide_batch_take(struct turn *t, const struct command *cmd, struct wave *b,
    const char *id, int64_t expected, struct err *err)
{
	struct wave_item	*it = &b->items[b->n];
	struct decision		 origin;
	struct err		 why;

	memset(it, 0, sizeof(*it));
	memset(&why, 0, sizeof(why));
	if (decide_batch_check(t, cmd, b, id, expected, &it->c, &why) != 0) {
		json_array_append_new(b->answers, json_pack(
		    "{s:s, s:i, s:s}", "comment", id, "status",
		    err_status(why.code), "code", err_word(why.code)));
		return 0;
	}
	memset(&origin, 0, sizeof(origin));
	if (decision_origin(t, &it->c, &origin, err) != 0)
		return -1;
	if (crypto_id(it->id, ID_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	it->since = origin.since;
	it->detected = origin.automated_detection;
	if (b->n > 0 && it->c.thread != b->items[0].c.thread)
		b->threads = true;
	if (b->source == NULL || strcmp(origin.source, "SOURCE_VOLUNTARY"))
		b->source = origin.source;
	it->dnum = decision_next(t) + (int64_t)b->n++;
	json_array_append_new(b->answers, json_pack("{s:s, s:i, s:s}",
	    "comment", id, "status", 200, "decision", it->id));
	return 0;
}

static int
decide_batch_read(struct turn *t, struct command *cmd, struct wave *b,
    struct err *err)
{
	json_t		*list = json_object_get(cmd->args, "comments");
	const char	*id;
	int64_t		 expected;
	size_t		 i, n = json_array_size(list);

	if (n == 0 || n > BATCH_MAX)
		return err_set(err, ERR_INVALID_FIELD, "comments",
		    "comments is a list of 1 to %d ids", BATCH_MAX);
	if (decide_read(cmd, &b->d, err) != 0)
		return -1;
	if (strcmp(b->d.action, "label") == 0 ||
	    strcmp(b->d.action, "restore") == 0)
		return err_set(err, ERR_INVALID_FIELD, "action",
		    "A batch approves, removes or quarantines");
	if (strcmp(b->d.action, "approve") != 0 && decision_reason(t,
	    b->d.clause, b->d.explanation, NULL, err) != 0)
		return -1;
	b->items = calloc(n, sizeof(*b->items));
	b->answers = json_array();
	if (b->items == NULL || b->answers == NULL)
		return decide_batch_oom(err);
	for (i = 0; i < n; i++) {
		id = decide_batch_id(json_array_get(list, i), &expected);
		if (id == NULL)
			return err_set(err, ERR_INVALID_FIELD, "comments",
			    "comments is a list of ids");
		if (decide_batch_take(t, cmd, b, id, expected, err) != 0)
			return -1;
	}
	return 0;
}

/* Refs, rows and words of all items into the event's two halves. */
static int
decide_batch_members(struct turn *t, const struct wave *b, json_t *pub,
    json_t *prv, struct err *err)
{
	const struct wave_item	*it;
	json_t			*refs = json_array(), *rows = json_array();
	json_t			*words = json_array();
	char			 ref[REF_MAX], hex[HASH_LEN * 2 + 1];
	size_t			 i;

	json_object_set_new(pub, "ref", refs);
	json_object_set_new(prv, "items", rows);
	if (b->d.explanation != NULL)
		json_object_set_new(pub, "explanation", words);
	else
		json_decref(words);
	for (i = 0; i < b->n; i++) {
		it = &b->items[i];
		json_array_append_new(refs, json_integer(it->c.log_index));
		json_array_append_new(rows, json_pack(
		    "{s:I, s:s, s:I, s:I, s:i, s:I}", "dnum",
		    (json_int_t)it->dnum, "id", it->id, "tnum",
		    (json_int_t)it->c.thread, "num", (json_int_t)it->c.num,
		    "version", it->c.revision, "since",
		    (json_int_t)it->since));
		if (b->d.explanation == NULL)
			continue;
		ref_make(ref, 'd', it->id);
		if (turn_content(t, ref, "explanation", b->d.explanation,
		    strlen(b->d.explanation), hex, err) != 0 ||
		    (b->d.note != NULL && turn_content(t, ref, "note",
		    b->d.note, strlen(b->d.note), NULL, err) != 0))
			return -1;
		json_array_append_new(words, json_string(hex));
	}
	return 0;
}

static json_t *
decide_batch_pub(struct turn *t, const struct wave *b, const char *decider)
{
	const struct policy_clause	*clause = NULL;
	struct rules			*r = house_get(turn_house(t));
	const char			*action = decide_action(t, &b->d);
	bool				 detected = false;
	size_t				 i;
	json_t				*pub;

	if (b->d.clause != NULL)
		clause = policy_clause(r->policy, b->d.clause);
	for (i = 0; i < b->n; i++)
		detected = detected || b->items[i].detected;
	pub = json_pack("{s:s, s:s*, s:s*, s:s*, s:s, s:s, s:s, s:s, s:s}",
	    "action", action, "clause", clause == NULL ? NULL : clause->id,
	    "category", clause == NULL ? NULL : clause->category, "keyword",
	    clause == NULL ? NULL : clause->keyword, "source", b->source,
	    "automated-detection", detected ? "Yes" : "No",
	    "automated-decision", detected ? "AUTOMATED_DECISION_PARTIALLY" :
	    "AUTOMATED_DECISION_NOT_AUTOMATED", "policy",
	    policy_digest(r->policy), "decider", decider);
	house_put(&r);
	return pub;
}

static json_t *
decide_batch_prv(struct turn *t, const struct command *cmd,
    const struct wave *b)
{
	struct rules	*r;
	json_t		*prv;
	long		 days, kept;

	prv = json_pack("{s:I}", "account", (json_int_t)cmd->actor.account);
	if (b->d.canned)
		json_object_set_new(prv, "canned", json_integer(1));
	if (b->d.conceal)
		json_object_set_new(prv, "conceal", json_integer(1));
	if (!decision_restricts(b->d.action))
		return prv;
	r = house_get(turn_house(t));
	days = policy_number(r->policy, "window.appeal_days");
	kept = policy_number(r->policy, "retention.preserved_days");
	house_put(&r);
	json_object_set_new(prv, "appeal_until",
	    json_integer(t->now + days * DAY_MS));
	if (strcmp(decide_action(t, &b->d), "quarantine") == 0)
		json_object_set_new(prv, "preserve_until",
		    json_integer(t->now + kept * DAY_MS));
	return prv;
}

/* The person's pseudonym: of the thread where all lie in one, else of this
 * entry (decision_scope finds the same again). */
static int
decide_batch_decider(struct turn *t, const struct command *cmd,
    const struct wave *b, char out[PSEUDONYM_LEN + 1], struct err *err)
{
	struct thread_row	thread;
	char			scope[SCOPE_MAX];

	if (!b->threads) {
		if (lookup_thread_num(t->db, b->items[0].c.thread, &thread,
		    err) != 0)
			return -1;
		return decision_decider(t, cmd->actor.account, thread.id, out,
		    err);
	}
	snprintf(scope, sizeof(scope), "batch:%lld", (long long)t->index);
	return decision_decider(t, cmd->actor.account, scope, out, err);
}

static int
decide_batch_emit(struct turn *t, const struct command *cmd,
    const struct wave *b, struct err *err)
{
	const struct wave_item	*it;
	const char		*what;
	char			 decider[PSEUDONYM_LEN + 1];
	json_t			*pub, *prv;
	size_t			 i;
	bool			 restricts = decision_restricts(b->d.action);

	if (decide_batch_decider(t, cmd, b, decider, err) != 0)
		return -1;
	pub = decide_batch_pub(t, b, decider);
	prv = decide_batch_prv(t, cmd, b);
	if (pub == NULL || prv == NULL ||
	    decide_batch_members(t, b, pub, prv, err) != 0) {
		json_decref(pub);
		json_decref(prv);
		return -1;
	}
	if (turn_emit(t, "batch", pub, prv, err) != 0)
		return -1;
	what = restricts ? "statement" : "published";
	for (i = 0; i < b->n; i++) {
		it = &b->items[i];
		if (!restricts && it->c.held_at != 0 &&
		    decision_publish(t, &it->c, false, err) != 0)
			return -1;
		if ((restricts ? grave_raise(t, &it->c, b->d.clause, err) :
		    grave_drop(t, &it->c, cmd->actor.account, err)) != 0)
			return -1;
		if (notice_emit(t, it->c.account, what, &it->c, it->dnum, 0,
		    0, 0, err) != 0 ||
		    decision_flags(t, &it->c, it->dnum, restricts, err) != 0)
			return -1;
	}
	return 0;
}

int
decide_batch(struct turn *t, struct command *cmd, struct err *err)
{
	struct wave	b;
	int		rc;

	memset(&b, 0, sizeof(b));
	rc = decide_batch_read(t, cmd, &b, err);
	if (rc == 0 && b.n > 0)
		rc = decide_batch_emit(t, cmd, &b, err);
	if (rc == 0) {
		cmd->status = 200;
		cmd->result = json_pack("{s:O}", "items", b.answers);
	}
	json_decref(b.answers);
	free(b.items);
	return rc;
}
