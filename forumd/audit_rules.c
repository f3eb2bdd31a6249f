/*
 * The record's logic: see audit_rules.h.
 *
 * An entry is first read (audit_leaf.c), then judged by its kind's function,
 * which answers with the check that it fails. A failing entry changes no
 * state. Ids are kept as 64 bits of their SHA-256: a forum cannot choose
 * colliding ones cheaply enough to matter here, and they need no memory of
 * their own.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/audit_leaf.h"
#include "forumd/audit_map.h"
#include "forumd/audit_rules.h"

enum { FLAG_HELD = 1, FLAG_REMOVED = 2, FLAG_WITHDRAWN = 4, FLAG_ERASED = 8,
    FLAG_EVER = 16 };

/* What an entry is, for those that refer to it. */
struct audit_entry {
	uint32_t	item;		/* comment or decision */
	uint8_t		kind;
};

struct audit_rules {
	struct audit_entry	*entry;		/* all owned */
	struct audit_comment	*comment;
	struct audit_decision	*decision;
	struct audit_thread	*thread;
	char			*word[UINT16_MAX];	/* owned each */
	char			(*policy)[65];
	size_t			 n, n_cap, comments, comments_cap, decisions,
				 decisions_cap, threads, threads_cap, words,
				 policies, policies_cap;
	struct audit_map	 by_thread, by_comment, by_word;
	uint32_t		 date;
	char			*origin;	/* owned */
};

/* Makes room for one more element: the array, or NULL without memory. */
static void *
audit_rules_room(void *array, size_t n, size_t *cap, size_t size)
{
	void	*p;

	if (n < *cap)
		return (array);
	p = reallocarray(array, *cap > 0 ? *cap * 2 : 256, size);
	if (p != NULL)
		*cap = *cap > 0 ? *cap * 2 : 256;
	return (p);
}

#define AUDIT_ROOM(r, array, count)					       \
	audit_rules_room((r)->array, (r)->count, &(r)->count##_cap,	       \
	    sizeof(*(r)->array))

struct audit_rules *
audit_rules_new(void)
{
	struct audit_rules	*r = calloc(1, sizeof(*r));

	if (r != NULL)
		r->words = 1;		/* 0 is "none" */
	return (r);
}

void
audit_rules_free(struct audit_rules **rp)
{
	struct audit_rules	*r = *rp;
	size_t			 i;

	if (r == NULL)
		return;
	for (i = 0; i < r->threads; i++) {
		free(r->thread[i].id);
		json_decref(r->thread[i].by_clause);
	}
	for (i = 1; i < r->words; i++)
		free(r->word[i]);
	audit_map_free(&r->by_thread);
	audit_map_free(&r->by_comment);
	audit_map_free(&r->by_word);
	free(r->entry);
	free(r->comment);
	free(r->decision);
	free(r->thread);
	free(r->policy);
	free(r->origin);
	free(r);
	*rp = NULL;
}

uint64_t
audit_rules_hash(const char *s, size_t len)
{
	struct hash	h;
	uint64_t	v;

	crypto_sha256(&h, s, len);
	memcpy(&v, h.b, sizeof(v));
	return (v);
}

static enum audit_check
audit_rules_bad(struct err *err, enum audit_check c, const char *what)
{
	err_set(err, ERR_BAD_REQUEST, NULL, "%s", what);
	return (c);
}

static enum audit_check
audit_rules_no_memory(struct err *err)
{
	return (audit_rules_bad(err, AUDIT_FORM, "no memory to check it"));
}

/* A number for a word; 0 for an absent one and where there is no room. */
static uint16_t
audit_rules_intern(struct audit_rules *r, struct audit_value v)
{
	uint64_t	h;
	uint32_t	i;

	if (v.p == NULL)
		return (0);
	h = audit_rules_hash(v.p, v.len);
	i = audit_map_get(&r->by_word, h);
	if (i != AUDIT_MAP_NONE)
		return ((uint16_t)i);
	if (r->words == UINT16_MAX ||
	    (r->word[r->words] = strndup(v.p, v.len)) == NULL)
		return (0);
	if (audit_map_add(&r->by_word, h, (uint32_t)r->words) != 0) {
		free(r->word[r->words]);
		return (0);
	}
	return ((uint16_t)r->words++);
}

static int
audit_rules_adopt(struct audit_rules *r, struct audit_value v)
{
	char	(*p)[65] = AUDIT_ROOM(r, policy, policies);

	if (p == NULL)
		return (-1);
	r->policy = p;
	memcpy(p[r->policies], v.p, 64);
	p[r->policies++][64] = '\0';
	return (0);
}

/* Nearly always the newest. */
static bool
audit_rules_adopted(const struct audit_rules *r, struct audit_value v,
    uint16_t *which)
{
	size_t	i;

	for (i = r->policies; i-- > 0; )
		if (memcmp(r->policy[i], v.p, 64) == 0) {
			*which = (uint16_t)i;
			return (true);
		}
	return (false);
}

static struct audit_comment *
audit_rules_ref(struct audit_rules *r, const struct audit_leaf *l)
{
	return (audit_rules_comment(r, audit_leaf_number(l, "ref",
	    AUDIT_NONE)));
}

/* The comment that ref names, in the version it names. */
static struct audit_comment *
audit_rules_ref_version(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_comment	*c = audit_rules_ref(r, l);

	if (c == NULL)
		audit_rules_bad(err, AUDIT_ORDER,
		    "it names no accepted comment");
	else if (audit_leaf_number(l, "version", c->version) != c->version) {
		audit_rules_bad(err, AUDIT_ORDER,
		    "it names a version that the comment does not have");
		c = NULL;
	}
	return (c);
}

static enum audit_check
audit_rules_on_start(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_value	v = audit_leaf_get(l, "origin");

	if (r->n != 0)
		return (audit_rules_bad(err, AUDIT_ORDER,
		    "the record begins a second time"));
	r->origin = strndup(v.p, v.len);
	if (r->origin == NULL ||
	    audit_rules_adopt(r, audit_leaf_get(l, "policy")) != 0)
		return (audit_rules_no_memory(err));
	return (AUDIT_SOUND);
}

static enum audit_check
audit_rules_on_policy(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	if (audit_rules_adopt(r, audit_leaf_get(l, "policy")) != 0)
		return (audit_rules_no_memory(err));
	return (AUDIT_SOUND);
}

static enum audit_check
audit_rules_on_thread(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_value	 v = audit_leaf_get(l, "thread");
	uint64_t		 h = audit_rules_hash(v.p, v.len);
	struct audit_thread	*t;
	char			*id;

	if (audit_map_get(&r->by_thread, h) != AUDIT_MAP_NONE)
		return (audit_rules_bad(err, AUDIT_ORDER,
		    "the thread was opened before"));
	t = AUDIT_ROOM(r, thread, threads);
	if (t != NULL)
		r->thread = t;
	id = strndup(v.p, v.len);
	if (t == NULL || id == NULL ||
	    audit_map_add(&r->by_thread, h, (uint32_t)r->threads) != 0) {
		free(id);
		return (audit_rules_no_memory(err));
	}
	t = &r->thread[r->threads++];
	memset(t, 0, sizeof(*t));
	t->id = id;
	t->index = r->n;
	t->mode = audit_rules_intern(r, audit_leaf_get(l, "mode"));
	return (AUDIT_SOUND);
}

static enum audit_check
audit_rules_on_mode(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_value	v = audit_leaf_get(l, "thread");
	uint32_t		i;

	i = audit_map_get(&r->by_thread, audit_rules_hash(v.p, v.len));
	if (i == AUDIT_MAP_NONE)
		return (audit_rules_bad(err, AUDIT_ORDER,
		    "the thread was never opened"));
	r->thread[i].mode = audit_rules_intern(r, audit_leaf_get(l, "mode"));
	return (AUDIT_SOUND);
}

static enum audit_check
audit_rules_on_accepted(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_value	 v = audit_leaf_get(l, "thread"), id, parent;
	struct audit_comment	*c;
	uint64_t		 h;
	uint32_t		 thread;

	thread = audit_map_get(&r->by_thread, audit_rules_hash(v.p, v.len));
	if (thread == AUDIT_MAP_NONE)
		return (audit_rules_bad(err, AUDIT_ORDER,
		    "its thread was never opened"));
	id = audit_leaf_get(l, "comment");
	h = audit_rules_hash(id.p, id.len);
	if (audit_map_get(&r->by_comment, h) != AUDIT_MAP_NONE)
		return (audit_rules_bad(err, AUDIT_ORDER,
		    "the comment was accepted before"));
	parent = audit_leaf_get(l, "parent");
	if (parent.p != NULL) {
		c = audit_rules_comment(r, audit_value_number(&parent));
		if (c == NULL || c->thread != thread)
			return (audit_rules_bad(err, AUDIT_ORDER,
			    "its parent is no comment of its thread"));
	}
	c = AUDIT_ROOM(r, comment, comments);
	if (c == NULL ||
	    audit_map_add(&r->by_comment, h, (uint32_t)r->comments) != 0)
		return (audit_rules_no_memory(err));
	r->comment = c;
	r->entry[r->n].item = (uint32_t)r->comments;
	r->comment[r->comments++] = (struct audit_comment){ .index = r->n,
	    .id = h, .decision = AUDIT_NONE, .thread = thread, .version = 1 };
	return (AUDIT_SOUND);
}

static enum audit_check
audit_rules_on_edited(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_comment	*c = audit_rules_ref(r, l);

	if (c == NULL)
		return (audit_rules_bad(err, AUDIT_ORDER,
		    "it names no accepted comment"));
	if (audit_leaf_number(l, "version", 0) != (uint64_t)c->version + 1)
		return (audit_rules_bad(err, AUDIT_ORDER,
		    "the version is not the next one"));
	c->version++;
	return (AUDIT_SOUND);
}

static enum audit_check
audit_rules_on_held(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_comment	*c = audit_rules_ref_version(r, l, err);
	uint16_t		 which;

	if (c == NULL)
		return (AUDIT_ORDER);
	if (!audit_rules_adopted(r, audit_leaf_get(l, "policy"), &which))
		return (audit_rules_bad(err, AUDIT_POLICY,
		    "its house rules were not adopted before it"));
	if (l->kind == AUDIT_COMMENT_HELD)
		c->flags |= FLAG_HELD;
	else
		c->flags &= (uint8_t)~FLAG_HELD;
	return (AUDIT_SOUND);
}

/* Puts a decision's outcome on one comment. */
static void
audit_rules_outcome(struct audit_comment *c, uint64_t index,
    const struct audit_value *action)
{
	if (audit_value_is(action, "remove") ||
	    audit_value_is(action, "quarantine")) {
		c->flags |= FLAG_REMOVED | FLAG_EVER;
		c->flags &= (uint8_t)~FLAG_HELD;
		c->decision = index;
	} else if (audit_value_is(action, "restore") ||
	    audit_value_is(action, "approve")) {
		c->flags &= (uint8_t)~(FLAG_HELD | FLAG_REMOVED);
		c->decision = AUDIT_NONE;
	}
}

/* Files what can be appealed against. */
static enum audit_check
audit_rules_decide(struct audit_rules *r, const struct audit_leaf *l,
    uint32_t thread, struct err *err)
{
	struct audit_value	 v = audit_leaf_get(l, "policy");
	struct audit_decision	*d;
	struct audit_decision	 new = { .index = r->n, .thread = thread };

	if (v.p != NULL && !audit_rules_adopted(r, v, &new.policy))
		return (audit_rules_bad(err, AUDIT_POLICY,
		    "its house rules were not adopted before it"));
	d = AUDIT_ROOM(r, decision, decisions);
	if (d == NULL)
		return (audit_rules_no_memory(err));
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
audit_rules_reasoned(const struct audit_leaf *l)
{
	struct audit_value	action = audit_leaf_get(l, "action");

	if (audit_value_is(&action, "approve") ||
	    audit_value_is(&action, "restore"))
		return (true);
	return (audit_leaf_get(l, "clause").p != NULL &&
	    audit_leaf_get(l, "explanation").p != NULL);
}

static bool
audit_rules_action_known(const struct audit_leaf *l)
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
audit_rules_on_decision(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_comment	*c = audit_rules_ref_version(r, l, err);
	struct audit_value	 action = audit_leaf_get(l, "action"), back;
	enum audit_check	 check;

	if (c == NULL)
		return (AUDIT_ORDER);
	if (!audit_rules_action_known(l))
		return (audit_rules_bad(err, AUDIT_FORM, "unknown action"));
	if (!audit_rules_reasoned(l))
		return (audit_rules_bad(err, AUDIT_REASON,
		    "no clause or no explanation"));
	back = audit_leaf_get(l, "reverses");
	if (back.p != NULL &&
	    audit_rules_decision(r, audit_value_number(&back)) == NULL)
		return (audit_rules_bad(err, AUDIT_ORDER,
		    "it reverses what is no decision"));
	check = audit_rules_decide(r, l, c->thread, err);
	if (check == AUDIT_SOUND)
		audit_rules_outcome(c, r->n, &action);
	return (check);
}

static enum audit_check
audit_rules_on_batch(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_value	 first = audit_leaf_get(l, "ref"), v = first;
	struct audit_value	 action = audit_leaf_get(l, "action");
	enum audit_check	 check;

	if (!audit_rules_action_known(l))
		return (audit_rules_bad(err, AUDIT_FORM, "unknown action"));
	if (!audit_rules_reasoned(l))
		return (audit_rules_bad(err, AUDIT_REASON,
		    "no clause or no explanation"));
	do {
		if (audit_rules_comment(r, audit_value_number(&v)) == NULL)
			return (audit_rules_bad(err, AUDIT_ORDER,
			    "it names no accepted comment"));
	} while (audit_leaf_next(l, "ref", &v));
	check = audit_rules_decide(r, l, UINT32_MAX, err);
	if (check != AUDIT_SOUND)
		return (check);
	v = first;
	do {
		audit_rules_outcome(audit_rules_comment(r,
		    audit_value_number(&v)), r->n, &action);
	} while (audit_leaf_next(l, "ref", &v));
	return (AUDIT_SOUND);
}

static enum audit_check
audit_rules_on_gone(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_comment	*c = audit_rules_ref(r, l);
	struct audit_value	 by = audit_leaf_get(l, "by");

	if (c == NULL)
		return (audit_rules_bad(err, AUDIT_ORDER,
		    "it names no accepted comment"));
	if (audit_value_is(&by, "order") &&
	    audit_leaf_get(l, "clause").p == NULL)
		return (audit_rules_bad(err, AUDIT_REASON,
		    "erased by order without a clause"));
	if (l->kind == AUDIT_COMMENT_WITHDRAWN)
		c->flags |= FLAG_WITHDRAWN;
	else
		c->flags |= FLAG_ERASED;
	return (AUDIT_SOUND);
}

static enum audit_check
audit_rules_on_redacted(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_decision	*d;

	d = audit_rules_decision(r, audit_leaf_number(l, "ref", AUDIT_NONE));
	if (d == NULL || !d->explained)
		return (audit_rules_bad(err, AUDIT_ORDER,
		    "it names no decision with an explanation"));
	d->redacted = true;
	return (AUDIT_SOUND);
}

static enum audit_check
audit_rules_on_appeal(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_decision	*d;

	d = audit_rules_decision(r, audit_leaf_number(l, "ref", AUDIT_NONE));
	if (d == NULL)
		return (audit_rules_bad(err, AUDIT_ORDER,
		    "it appeals against what is no decision"));
	d->appeals++;
	r->entry[r->n].item = (uint32_t)(d - r->decision);
	return (AUDIT_SOUND);
}

static enum audit_check
audit_rules_on_appeal_decided(struct audit_rules *r,
    const struct audit_leaf *l, struct err *err)
{
	struct audit_value	 v = audit_leaf_get(l, "outcome");
	uint64_t		 ref = audit_leaf_number(l, "ref", AUDIT_NONE);
	struct audit_decision	*d = audit_rules_decision(r, ref);

	if (d == NULL && ref < r->n &&
	    r->entry[ref].kind == AUDIT_APPEAL_FILED)
		d = &r->decision[r->entry[ref].item];
	if (d == NULL || d->appeals == 0)
		return (audit_rules_bad(err, AUDIT_APPEAL,
		    "no appeal against it is open"));
	if (!audit_value_is(&v, "closed")) {
		v = audit_leaf_get(l, "decider");
		if (audit_value_is(&v, "automatic"))
			return (audit_rules_bad(err, AUDIT_APPEAL,
			    "no person decided the appeal"));
		if (audit_rules_hash(v.p, v.len) == d->decider)
			return (audit_rules_bad(err, AUDIT_APPEAL,
			    "whoever decided decided the appeal too"));
	}
	d->appeals--;
	return (AUDIT_SOUND);
}

static enum audit_check
audit_rules_on_flags(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	struct audit_comment	*c = audit_rules_ref(r, l);

	if (c == NULL)
		return (audit_rules_bad(err, AUDIT_ORDER,
		    "it names no accepted comment"));
	return (audit_rules_decide(r, l, c->thread, err));
}

static enum audit_check
audit_rules_on_sanction(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	if (l->kind == AUDIT_SANCTION &&
	    (audit_leaf_get(l, "clause").p == NULL ||
	    audit_leaf_get(l, "explanation").p == NULL))
		return (audit_rules_bad(err, AUDIT_REASON,
		    "no clause or no explanation"));
	return (audit_rules_decide(r, l, UINT32_MAX, err));
}

static enum audit_check
audit_rules_on_key(struct audit_rules *r, const struct audit_leaf *l,
    struct err *err)
{
	(void)r;
	(void)l;
	(void)err;
	return (AUDIT_SOUND);
}

static enum audit_check (*const audit_rules_on[AUDIT_KINDS])(
    struct audit_rules *r, const struct audit_leaf *l, struct err *err) = {
[AUDIT_LOG_STARTED] = audit_rules_on_start,
[AUDIT_LOG_RESTARTED] = audit_rules_on_start,
[AUDIT_POLICY_ADOPTED] = audit_rules_on_policy,
[AUDIT_THREAD_OPENED] = audit_rules_on_thread,
[AUDIT_THREAD_MODE] = audit_rules_on_mode,
[AUDIT_COMMENT_ACCEPTED] = audit_rules_on_accepted,
[AUDIT_COMMENT_EDITED] = audit_rules_on_edited,
[AUDIT_COMMENT_HELD] = audit_rules_on_held,
[AUDIT_COMMENT_PUBLISHED] = audit_rules_on_held,
[AUDIT_DECISION] = audit_rules_on_decision,
[AUDIT_COMMENT_WITHDRAWN] = audit_rules_on_gone,
[AUDIT_COMMENT_ERASED] = audit_rules_on_gone,
[AUDIT_EXPLANATION_REDACTED] = audit_rules_on_redacted,
[AUDIT_APPEAL_FILED] = audit_rules_on_appeal,
[AUDIT_APPEAL_DECIDED] = audit_rules_on_appeal_decided,
[AUDIT_FLAGS_DECIDED] = audit_rules_on_flags,
[AUDIT_SANCTION] = audit_rules_on_sanction,
[AUDIT_SANCTION_ENDED] = audit_rules_on_sanction,
[AUDIT_BATCH] = audit_rules_on_batch,
[AUDIT_KEY_ROTATED] = audit_rules_on_key,
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
		return (audit_rules_no_memory(err));
	r->entry = e;
	e[r->n] = (struct audit_entry){ 0, AUDIT_KINDS };
	if (audit_leaf_parse(&l, bytes, len, r->n, err) != 0)
		check = AUDIT_FORM;
	else if (r->n == 0 && l.kind != AUDIT_LOG_STARTED &&
	    l.kind != AUDIT_LOG_RESTARTED)
		check = audit_rules_bad(err, AUDIT_ORDER,
		    "the record does not begin with its start");
	else if (l.date < r->date)
		check = audit_rules_bad(err, AUDIT_ORDER,
		    "its date is before that of an earlier entry");
	else
		check = audit_rules_on[l.kind](r, &l, err);
	if (check == AUDIT_SOUND) {
		e[r->n].kind = (uint8_t)l.kind;
		r->date = l.date;
	}
	r->n++;
	return (check);
}

enum audit_state
audit_rules_state(const struct audit_comment *c)
{
	return (c->flags & FLAG_REMOVED ? AUDIT_REMOVED :
	    c->flags & FLAG_ERASED ? AUDIT_ERASED :
	    c->flags & FLAG_WITHDRAWN ? AUDIT_WITHDRAWN :
	    c->flags & FLAG_HELD ? AUDIT_HELD : AUDIT_VISIBLE);
}

const char *
audit_state_word(enum audit_state s)
{
	static const char *const	word[AUDIT_STATES] = { "visible",
	    "held", "removed", "withdrawn", "erased" };

	return (word[s]);
}

static void
audit_rules_tally_clause(struct audit_rules *r, struct audit_thread *t,
    const struct audit_comment *c)
{
	struct audit_decision	*d = audit_rules_decision(r, c->decision);
	const char		*clause;
	json_int_t		 n;

	if (d == NULL || d->clause == 0)
		return;
	if (t->by_clause == NULL)
		t->by_clause = json_object();
	clause = r->word[d->clause];
	n = json_integer_value(json_object_get(t->by_clause, clause));
	json_object_set_new(t->by_clause, clause, json_integer(n + 1));
}

void
audit_rules_tally(struct audit_rules *r)
{
	struct audit_thread	*t;
	struct audit_comment	*c;
	size_t			 i;

	for (i = 0; i < r->threads; i++) {
		t = &r->thread[i];
		t->posted = t->ever_removed = 0;
		memset(t->state, 0, sizeof(t->state));
		json_decref(t->by_clause);
		t->by_clause = NULL;
	}
	for (i = 0; i < r->comments; i++) {
		c = &r->comment[i];
		t = &r->thread[c->thread];
		t->posted++;
		t->state[audit_rules_state(c)]++;
		t->ever_removed += (c->flags & FLAG_EVER) != 0;
		if (audit_rules_state(c) == AUDIT_REMOVED)
			audit_rules_tally_clause(r, t, c);
	}
}

size_t
audit_rules_threads(const struct audit_rules *r)
{
	return (r->threads);
}

struct audit_thread *
audit_rules_thread(struct audit_rules *r, size_t i)
{
	return (&r->thread[i]);
}

struct audit_thread *
audit_rules_thread_find(struct audit_rules *r, const char *id)
{
	uint32_t	i = audit_map_get(&r->by_thread,
	    audit_rules_hash(id, strlen(id)));

	return (i != AUDIT_MAP_NONE ? &r->thread[i] : NULL);
}

struct audit_comment *
audit_rules_comment(struct audit_rules *r, uint64_t index)
{
	if (index >= r->n || r->entry[index].kind != AUDIT_COMMENT_ACCEPTED)
		return (NULL);
	return (&r->comment[r->entry[index].item]);
}

struct audit_decision *
audit_rules_decision(struct audit_rules *r, uint64_t index)
{
	if (index >= r->n)
		return (NULL);
	switch (r->entry[index].kind) {
	case AUDIT_DECISION:
	case AUDIT_BATCH:
	case AUDIT_SANCTION:
	case AUDIT_SANCTION_ENDED:
	case AUDIT_FLAGS_DECIDED:
		return (&r->decision[r->entry[index].item]);
	default:
		return (NULL);
	}
}

struct audit_comment *
audit_rules_unseen(struct audit_rules *r, const struct audit_thread *t,
    uint32_t seen)
{
	size_t	i;

	for (i = 0; i < r->comments; i++)
		if (&r->thread[r->comment[i].thread] == t &&
		    r->comment[i].seen != seen)
			return (&r->comment[i]);
	return (NULL);
}

const char *
audit_rules_word(const struct audit_rules *r, uint16_t word)
{
	return (word > 0 && word < r->words ? r->word[word] : "");
}

const char *
audit_rules_policy(const struct audit_rules *r, size_t i)
{
	return (i < r->policies ? r->policy[i] : NULL);
}

const char *
audit_rules_origin(const struct audit_rules *r)
{
	return (r->origin != NULL ? r->origin : "");
}
