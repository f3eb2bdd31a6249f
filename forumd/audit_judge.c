/*
 * Judging entries: audit_rules_add() of audit_rules.h.
 *
 * An entry is first read (audit_leaf.c), then judged by its kind's function,
 * which answers with the check that it fails. A failing entry changes no
 * state, so that one lie is told once.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/audit_rules_int.h"

static enum audit_check
audit_judge_bad(struct err *err, enum audit_check c, const char *what)
{
	err_set(err, ERR_BAD_REQUEST, NULL, "%s", what);
	return (c);
}

static enum audit_check
audit_judge_no_memory(struct err *err)
{
	return (audit_judge_bad(err, AUDIT_FORM, "no memory to check it"));
}

static struct audit_comment *
audit_judge_ref(struct audit_rules *r, const struct audit_leaf *l)
{
	return (audit_rules_comment(r, audit_leaf_number(l, "ref",
	    AUDIT_NONE)));
}

/* The comment that ref names, in the version it names. */
static struct audit_comment *
audit_judge_ref_version(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_comment	*c = audit_judge_ref(r, l);

	if (c == NULL)
		audit_judge_bad(err, AUDIT_ORDER,
		    "it names no accepted comment");
	else if (audit_leaf_number(l, "version", c->version) != c->version) {
		audit_judge_bad(err, AUDIT_ORDER,
		    "it names a version that the comment does not have");
		c = NULL;
	}
	return (c);
}

/* "SIZE ROOT" of an old head. */
static bool
audit_judge_named(const struct audit_value *v, struct audit_named *out)
{
	const char		*space = memchr(v->p, ' ', v->len);
	struct audit_value	 size = { v->p, 0 };

	if (space == NULL || v->len - (size_t)(space - v->p) != 65 ||
	    crypto_hex_decode(out->root.b, space + 1, 64) != HASH_LEN)
		return (false);
	size.len = (size_t)(space - v->p);
	out->size = audit_value_number(&size);
	return (size.len <= 18 && strspn(v->p, "0123456789") == size.len);
}

/* A new log names first what the one before it is frozen at. */
static enum audit_check
audit_judge_previous(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_value	v = audit_leaf_get(l, "previous"),
				cause = audit_leaf_get(l, "cause");
	size_t			first = r->names;

	if (r->n == 0)
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "the log that it goes on from was not read"));
	do {
		if (r->names == AUDIT_NAMED_MAX ||
		    !audit_judge_named(&v, &r->named[r->names++]))
			return (audit_judge_bad(err, AUDIT_FORM,
			    "a previous head is not size and root"));
	} while (audit_leaf_next(l, "previous", &v));
	r->expects = false;
	r->start = r->n;
	free(r->cause);
	r->cause = strndup(cause.p, cause.len);
	free(r->rotated_to);
	r->rotated_to = NULL;
	if (r->named[first].size != r->frozen.size ||
	    memcmp(&r->named[first].root, &r->frozen.root,
	    sizeof(r->frozen.root)) != 0)
		return (audit_judge_bad(err, AUDIT_GROWTH,
		    "it names another head than the old log is frozen at"));
	return (AUDIT_SOUND);
}

static enum audit_check
audit_judge_on_start(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_value	v = audit_leaf_get(l, "origin");
	enum audit_check	check;

	if (r->n != 0 && (!r->expects || l->kind != AUDIT_LOG_RESTARTED))
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "the record begins a second time"));
	if (l->kind == AUDIT_LOG_RESTARTED &&
	    (check = audit_judge_previous(r, l, err)) != AUDIT_SOUND)
		return (check);
	free(r->origin);
	r->origin = strndup(v.p, v.len);
	if (r->origin == NULL ||
	    audit_rules_adopt(r, audit_leaf_get(l, "policy")) != 0)
		return (audit_judge_no_memory(err));
	return (AUDIT_SOUND);
}

static enum audit_check
audit_judge_on_policy(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	if (audit_rules_adopt(r, audit_leaf_get(l, "policy")) != 0)
		return (audit_judge_no_memory(err));
	return (AUDIT_SOUND);
}

static enum audit_check
audit_judge_on_thread(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_value	 v = audit_leaf_get(l, "thread");
	uint64_t		 h = audit_rules_hash(v.p, v.len);
	struct audit_thread	*t;
	char			*id;

	if (audit_map_get(&r->by_thread, h) != AUDIT_MAP_NONE)
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "the thread was opened before"));
	t = AUDIT_ROOM(r, thread, threads);
	if (t != NULL)
		r->thread = t;
	id = strndup(v.p, v.len);
	if (t == NULL || id == NULL ||
	    audit_map_add(&r->by_thread, h, (uint32_t)r->threads) != 0) {
		free(id);
		return (audit_judge_no_memory(err));
	}
	t = &r->thread[r->threads++];
	memset(t, 0, sizeof(*t));
	t->id = id;
	t->index = r->n;
	t->mode = audit_rules_intern(r, audit_leaf_get(l, "mode"));
	return (AUDIT_SOUND);
}

static enum audit_check
audit_judge_on_mode(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_value	v = audit_leaf_get(l, "thread");
	uint32_t		i;

	i = audit_map_get(&r->by_thread, audit_rules_hash(v.p, v.len));
	if (i == AUDIT_MAP_NONE)
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "the thread was never opened"));
	r->thread[i].mode = audit_rules_intern(r, audit_leaf_get(l, "mode"));
	return (AUDIT_SOUND);
}

static enum audit_check
audit_judge_on_accepted(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_value	 v = audit_leaf_get(l, "thread"), id, parent;
	struct audit_comment	*c;
	uint64_t		 h;
	uint32_t		 thread;

	thread = audit_map_get(&r->by_thread, audit_rules_hash(v.p, v.len));
	if (thread == AUDIT_MAP_NONE)
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "its thread was never opened"));
	id = audit_leaf_get(l, "comment");
	h = audit_rules_hash(id.p, id.len);
	if (audit_map_get(&r->by_comment, h) != AUDIT_MAP_NONE)
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "the comment was accepted before"));
	parent = audit_leaf_get(l, "parent");
	if (parent.p != NULL) {
		c = audit_rules_comment(r, audit_value_number(&parent));
		if (c == NULL || c->thread != thread)
			return (audit_judge_bad(err, AUDIT_ORDER,
			    "its parent is no comment of its thread"));
	}
	c = AUDIT_ROOM(r, comment, comments);
	if (c == NULL ||
	    audit_map_add(&r->by_comment, h, (uint32_t)r->comments) != 0)
		return (audit_judge_no_memory(err));
	r->comment = c;
	r->entry[r->n].item = (uint32_t)r->comments;
	r->comment[r->comments++] = (struct audit_comment){ .index = r->n,
	    .id = h, .decision = AUDIT_NONE, .thread = thread, .version = 1 };
	return (AUDIT_SOUND);
}

static enum audit_check
audit_judge_on_edited(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_comment	*c = audit_judge_ref(r, l);

	if (c == NULL)
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "it names no accepted comment"));
	if (audit_leaf_number(l, "version", 0) != (uint64_t)c->version + 1)
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "the version is not the next one"));
	c->version++;
	return (AUDIT_SOUND);
}

static enum audit_check
audit_judge_on_held(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_comment	*c = audit_judge_ref_version(r, l, err);
	uint16_t		 which;

	if (c == NULL)
		return (AUDIT_ORDER);
	if (!audit_rules_adopted(r, audit_leaf_get(l, "policy"), &which))
		return (audit_judge_bad(err, AUDIT_POLICY,
		    "its house rules were not adopted before it"));
	if (l->kind == AUDIT_COMMENT_HELD)
		c->flags |= AUDIT_FLAG_HELD;
	else
		c->flags &= (uint8_t)~AUDIT_FLAG_HELD;
	return (AUDIT_SOUND);
}

/* Puts a decision's outcome on one comment. */
static void
audit_judge_outcome(struct audit_comment *c, uint64_t index,
    const struct audit_value *action)
{
	if (audit_value_is(action, "remove") ||
	    audit_value_is(action, "quarantine")) {
		c->flags |= AUDIT_FLAG_REMOVED | AUDIT_FLAG_EVER;
		c->flags &= (uint8_t)~AUDIT_FLAG_HELD;
		c->decision = index;
		c->part = 0;
	} else if (audit_value_is(action, "restore") ||
	    audit_value_is(action, "approve")) {
		c->flags &= (uint8_t)~(AUDIT_FLAG_HELD | AUDIT_FLAG_REMOVED);
		c->decision = AUDIT_NONE;
	}
}

/* Files what can be appealed against. */
static enum audit_check
audit_judge_decide(struct audit_rules *r, const struct audit_leaf *l,
    uint32_t thread, struct err *err)
{
	struct audit_value	 v = audit_leaf_get(l, "policy");
	struct audit_decision	*d;
	struct audit_decision	 new = { .index = r->n, .thread = thread };

	if (v.p != NULL && !audit_rules_adopted(r, v, &new.policy))
		return (audit_judge_bad(err, AUDIT_POLICY,
		    "its house rules were not adopted before it"));
	d = AUDIT_ROOM(r, decision, decisions);
	if (d == NULL)
		return (audit_judge_no_memory(err));
	r->decision = d;
	v = audit_leaf_get(l, "decider");
	if (v.p != NULL)
		new.decider = audit_rules_hash(v.p, v.len);
	new.automatic = audit_value_is(&v, "automatic");
	v = audit_leaf_get(l, "explanation");
	new.explained = v.p != NULL;
	if (v.p != NULL)
		crypto_hex_decode(new.explanation.b, v.p, v.len);
	new.clause = audit_rules_intern(r, audit_leaf_get(l, "clause"));
	new.action = audit_rules_intern(r, audit_leaf_get(l, "action"));
	r->entry[r->n].item = (uint32_t)r->decisions;
	r->decision[r->decisions++] = new;
	return (AUDIT_SOUND);
}

static bool
audit_judge_reasoned(const struct audit_leaf *l)
{
	struct audit_value	action = audit_leaf_get(l, "action");

	if (audit_value_is(&action, "approve") ||
	    audit_value_is(&action, "restore"))
		return (true);
	return (audit_leaf_get(l, "clause").p != NULL &&
	    audit_leaf_get(l, "explanation").p != NULL);
}

static bool
audit_judge_action_known(const struct audit_leaf *l)
{
	static const char *const	known[] = { "approve", "remove",
	    "label", "restore", "quarantine" };
	struct audit_value		action = audit_leaf_get(l, "action");
	size_t				i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (audit_value_is(&action, known[i]))
			return (true);
	return (false);
}

static enum audit_check
audit_judge_on_decision(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_comment	*c = audit_judge_ref_version(r, l, err);
	struct audit_value	 action = audit_leaf_get(l, "action"), back;
	enum audit_check	 check;

	if (c == NULL)
		return (AUDIT_ORDER);
	if (!audit_judge_action_known(l))
		return (audit_judge_bad(err, AUDIT_FORM, "unknown action"));
	if (!audit_judge_reasoned(l))
		return (audit_judge_bad(err, AUDIT_REASON,
		    "no clause or no explanation"));
	back = audit_leaf_get(l, "reverses");
	if (back.p != NULL &&
	    audit_rules_decision(r, audit_value_number(&back)) == NULL)
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "it reverses what is no decision"));
	check = audit_judge_decide(r, l, c->thread, err);
	if (check == AUDIT_SOUND)
		audit_judge_outcome(c, r->n, &action);
	return (check);
}

/* Each comment of a batch has a decision of its own behind the first: the
 * words are the same, their commitments are not. One for all will do. */
static enum audit_check
audit_judge_batch_parts(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_value	 ref = audit_leaf_get(l, "ref"),
				 v = audit_leaf_get(l, "explanation");
	struct audit_decision	*d, part = r->decision[r->decisions - 1];
	bool			 own = v.p != NULL &&
	    audit_leaf_next(l, "explanation", &v);

	for (; audit_leaf_next(l, "ref", &ref); r->decisions++) {
		d = AUDIT_ROOM(r, decision, decisions);
		if (d == NULL)
			return (audit_judge_no_memory(err));
		r->decision = d;
		if (own && v.p == NULL)
			return (audit_judge_bad(err, AUDIT_FORM,
			    "not one explanation for each comment"));
		if (own)
			crypto_hex_decode(part.explanation.b, v.p, v.len);
		d[r->decisions] = part;
		if (own && !audit_leaf_next(l, "explanation", &v))
			v.p = NULL;
	}
	return (!own || v.p == NULL ? AUDIT_SOUND : audit_judge_bad(err,
	    AUDIT_FORM, "more explanations than comments"));
}

static enum audit_check
audit_judge_on_batch(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_value	 first = audit_leaf_get(l, "ref"), v = first;
	struct audit_value	 action = audit_leaf_get(l, "action");
	struct audit_comment	*c;
	enum audit_check	 check;
	uint32_t		 part = 0;

	if (!audit_judge_action_known(l))
		return (audit_judge_bad(err, AUDIT_FORM, "unknown action"));
	if (!audit_judge_reasoned(l))
		return (audit_judge_bad(err, AUDIT_REASON,
		    "no clause or no explanation"));
	do {
		if (audit_rules_comment(r, audit_value_number(&v)) == NULL)
			return (audit_judge_bad(err, AUDIT_ORDER,
			    "it names no accepted comment"));
	} while (audit_leaf_next(l, "ref", &v));
	check = audit_judge_decide(r, l, UINT32_MAX, err);
	if (check == AUDIT_SOUND)
		check = audit_judge_batch_parts(r, l, err);
	if (check != AUDIT_SOUND)
		return (check);
	v = first;
	do {
		c = audit_rules_comment(r, audit_value_number(&v));
		audit_judge_outcome(c, r->n, &action);
		c->part = part++;
	} while (audit_leaf_next(l, "ref", &v));
	return (AUDIT_SOUND);
}

static enum audit_check
audit_judge_on_gone(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_comment	*c = audit_judge_ref(r, l);
	struct audit_value	 by = audit_leaf_get(l, "by");

	if (c == NULL)
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "it names no accepted comment"));
	if (audit_value_is(&by, "order") &&
	    audit_leaf_get(l, "clause").p == NULL)
		return (audit_judge_bad(err, AUDIT_REASON,
		    "erased by order without a clause"));
	if (l->kind == AUDIT_COMMENT_WITHDRAWN)
		c->flags |= AUDIT_FLAG_WITHDRAWN;
	else
		c->flags |= AUDIT_FLAG_ERASED;
	return (AUDIT_SOUND);
}

static enum audit_check
audit_judge_on_redacted(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_decision	*d;

	d = audit_rules_decision(r, audit_leaf_number(l, "ref", AUDIT_NONE));
	if (d == NULL || !d->explained)
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "it names no decision with an explanation"));
	d->redacted = true;
	return (AUDIT_SOUND);
}

static enum audit_check
audit_judge_on_appeal(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_decision	*d;

	d = audit_rules_decision(r, audit_leaf_number(l, "ref", AUDIT_NONE));
	if (d == NULL)
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "it appeals against what is no decision"));
	d->appeals++;
	r->entry[r->n].item = (uint32_t)(d - r->decision);
	return (AUDIT_SOUND);
}

static enum audit_check
audit_judge_on_appeal_decided(struct audit_rules *r,
    const struct audit_leaf *l, struct err *err)
{
	struct audit_value	 v = audit_leaf_get(l, "outcome");
	uint64_t		 ref = audit_leaf_number(l, "ref", AUDIT_NONE);
	struct audit_decision	*d = audit_rules_decision(r, ref);

	if (d == NULL && ref < r->n &&
	    r->entry[ref].kind == AUDIT_APPEAL_FILED)
		d = &r->decision[r->entry[ref].item];
	if (d == NULL || d->appeals == 0)
		return (audit_judge_bad(err, AUDIT_APPEAL,
		    "no appeal against it is open"));
	if (!audit_value_is(&v, "closed")) {
		v = audit_leaf_get(l, "decider");
		if (audit_value_is(&v, "automatic"))
			return (audit_judge_bad(err, AUDIT_APPEAL,
			    "no person decided the appeal"));
		if (audit_rules_hash(v.p, v.len) == d->decider)
			return (audit_judge_bad(err, AUDIT_APPEAL,
			    "whoever decided decided the appeal too"));
	}
	d->appeals--;
	return (AUDIT_SOUND);
}

static enum audit_check
audit_judge_on_flags(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_comment	*c = audit_judge_ref(r, l);

	if (c == NULL)
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "it names no accepted comment"));
	return (audit_judge_decide(r, l, c->thread, err));
}

static enum audit_check
audit_judge_on_sanction(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	if (l->kind == AUDIT_SANCTION &&
	    (audit_leaf_get(l, "clause").p == NULL ||
	    audit_leaf_get(l, "explanation").p == NULL))
		return (audit_judge_bad(err, AUDIT_REASON,
		    "no clause or no explanation"));
	return (audit_judge_decide(r, l, UINT32_MAX, err));
}

static enum audit_check
audit_judge_on_key(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_value	old = audit_leaf_get(l, "old"),
				new = audit_leaf_get(l, "new");

	if (r->rotated_to != NULL && !audit_value_is(&old, r->rotated_to))
		return (audit_judge_bad(err, AUDIT_ORDER,
		    "it follows on another key than was in use"));
	free(r->rotated_from);
	free(r->rotated_to);
	r->rotated_from = strndup(old.p, old.len);
	r->rotated_to = strndup(new.p, new.len);
	r->rotations++;
	return (r->rotated_from == NULL || r->rotated_to == NULL ?
	    audit_judge_no_memory(err) : AUDIT_SOUND);
}

static enum audit_check (*const audit_judge_on[AUDIT_KINDS])(
    struct audit_rules *r, const struct audit_leaf *l, struct err *err) = {
[AUDIT_LOG_STARTED] = audit_judge_on_start,
[AUDIT_LOG_RESTARTED] = audit_judge_on_start,
[AUDIT_POLICY_ADOPTED] = audit_judge_on_policy,
[AUDIT_THREAD_OPENED] = audit_judge_on_thread,
[AUDIT_THREAD_MODE] = audit_judge_on_mode,
[AUDIT_COMMENT_ACCEPTED] = audit_judge_on_accepted,
[AUDIT_COMMENT_EDITED] = audit_judge_on_edited,
[AUDIT_COMMENT_HELD] = audit_judge_on_held,
[AUDIT_COMMENT_PUBLISHED] = audit_judge_on_held,
[AUDIT_DECISION] = audit_judge_on_decision,
[AUDIT_COMMENT_WITHDRAWN] = audit_judge_on_gone,
[AUDIT_COMMENT_ERASED] = audit_judge_on_gone,
[AUDIT_EXPLANATION_REDACTED] = audit_judge_on_redacted,
[AUDIT_APPEAL_FILED] = audit_judge_on_appeal,
[AUDIT_APPEAL_DECIDED] = audit_judge_on_appeal_decided,
[AUDIT_FLAGS_DECIDED] = audit_judge_on_flags,
[AUDIT_SANCTION] = audit_judge_on_sanction,
[AUDIT_SANCTION_ENDED] = audit_judge_on_sanction,
[AUDIT_BATCH] = audit_judge_on_batch,
[AUDIT_KEY_ROTATED] = audit_judge_on_key,
};

enum audit_check
audit_rules_add(struct audit_rules *r, const char *bytes, size_t len,
    struct err *err)
{
	enum audit_check	 check;
	struct audit_entry	*e = audit_rules_room(r->entry, r->n,
	    &r->n_cap, sizeof(*e));
	struct audit_leaf	 l;

	if (e == NULL)
		return (audit_judge_no_memory(err));
	r->entry = e;
	e[r->n] = (struct audit_entry){ 0, AUDIT_KINDS };
	if (audit_leaf_parse(&l, bytes, len, r->n, err) != 0)
		check = AUDIT_FORM;
	else if ((r->n == 0 || r->expects) &&
	    l.kind != AUDIT_LOG_STARTED &&
	    l.kind != AUDIT_LOG_RESTARTED)
		check = audit_judge_bad(err, AUDIT_ORDER,
		    "the record does not begin with its start");
	else if (l.date < r->date)
		check = audit_judge_bad(err, AUDIT_ORDER,
		    "its date is before that of an earlier entry");
	else
		check = audit_judge_on[l.kind](r, &l, err);
	if (check == AUDIT_SOUND) {
		e[r->n].kind = (uint8_t)l.kind;
		r->date = l.date;
	}
	r->n++;
	return (check);
}

