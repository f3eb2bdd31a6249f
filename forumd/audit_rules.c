/*
 * What the auditor remembers of a record: see audit_rules.h. The judgements
 * are in audit_judge.c.
 *
 * Ids are kept as 64 bits of their SHA-256: a forum cannot choose colliding
 * ones cheaply enough to matter here, and they need no memory of their own.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/audit_rules_int.h"

void *
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
	free(r->cause);
	free(r->rotated_from);
	free(r->rotated_to);
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

uint16_t
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

int
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
bool
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

enum audit_state
audit_rules_state(const struct audit_comment *c)
{
	return (c->flags & AUDIT_FLAG_REMOVED ? AUDIT_REMOVED :
	    c->flags & AUDIT_FLAG_ERASED ? AUDIT_ERASED :
	    c->flags & AUDIT_FLAG_WITHDRAWN ? AUDIT_WITHDRAWN :
	    c->flags & AUDIT_FLAG_HELD ? AUDIT_HELD : AUDIT_VISIBLE);
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
		t->ever_removed += (c->flags & AUDIT_FLAG_EVER) != 0;
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

size_t
audit_rules_rotated(const struct audit_rules *r, const char **from,
    const char **to)
{
	*from = r->rotated_from;
	*to = r->rotated_to;
	return (r->rotations);
}

uint64_t
audit_rules_size(const struct audit_rules *r)
{
	return (r->n);
}

void
audit_rules_expect(struct audit_rules *r, uint64_t size,
    const struct hash *root)
{
	r->expects = true;
	r->frozen.size = size;
	r->frozen.root = *root;
}

const struct audit_named *
audit_rules_named(const struct audit_rules *r, size_t i)
{
	return (i < r->names ? &r->named[i] : NULL);
}

const char *
audit_rules_cause(const struct audit_rules *r, uint64_t *start)
{
	*start = r->start;
	return (r->cause != NULL ? r->cause : "");
}
