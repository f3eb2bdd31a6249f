/*
 * Staging and applying. See writer.h (commands' side) and turn.h (writer's
 * side) for the contracts.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "storage/turn.h"

static int
turn_oom(struct err *err)
{
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "Out of memory");
}

/* Makes room for one more element of an array; -1 when memory ran out. */
static int
turn_grow(void *arrayp, size_t n, size_t *cap, size_t size)
{
	void	**array = arrayp, *p;
	size_t	 want = *cap == 0 ? 8 : *cap * 2;

	if (n < *cap)
		return 0;
	if ((p = realloc(*array, want * size)) == NULL)
		return -1;
	*array = p;
	*cap = want;
	return 0;
}

/* Makes room for one more event and its bytes. */
static int
turn_room(struct turn_stage *st, struct err *err)
{
	char	**bytes;
	size_t	*lens, want = (st->nevents + 1) * 2;

	bytes = realloc(st->bytes, want * sizeof(*bytes));
	if (bytes != NULL)
		st->bytes = bytes;
	lens = realloc(st->lens, want * sizeof(*lens));
	if (lens != NULL)
		st->lens = lens;
	if (bytes == NULL || lens == NULL ||
	    turn_grow(&st->events, st->nevents, &st->events_cap,
	    sizeof(*st->events)) != 0)
		return turn_oom(err);
	return 0;
}

/* Puts an event behind those staged; takes the event and both texts over. */
static int
turn_stage_event(struct turn_stage *st, struct event *e, char *bytes,
    size_t len, char *leaf, size_t leaf_len, struct err *err)
{
	size_t	at = st->nevents * 2;

	if (bytes == NULL || leaf == NULL || turn_room(st, err) != 0) {
		free(bytes);
		free(leaf);
		event_clear(e);
		return turn_oom(err);
	}
	st->bytes[at] = bytes;
	st->lens[at] = len;
	st->bytes[at + 1] = leaf;
	st->lens[at + 1] = leaf_len;
	st->events[st->nevents++] = *e;
	return 0;
}

int
turn_emit(struct turn *t, const char *kind, json_t *pub, json_t *prv,
    struct err *err)
{
	struct turn_stage	*st = t->stage;
	struct buf		 out = BUF_INIT, leaf = BUF_INIT;
	struct event		 e;
	char			*bytes, *text;
	size_t			 len, leaf_len;

	memset(&e, 0, sizeof(e));
	e.kind = event_kind(kind);
	e.pub = pub;
	e.prv = prv;
	if (e.kind == NULL || prv == NULL ||
	    (pub == NULL) != (e.kind->leaf == NULL)) {
		event_clear(&e);
		return err_set(err, ERR_INTERNAL, NULL,
		    "event %s cannot be made", kind);
	}
	e.seq = st->mark.seq + st->nevents + 1;
	e.time = t->now;
	e.index = pub != NULL ? (int64_t)t->index : -1;
	/* Encoded now, so that a mistake refuses its command alone. */
	if (event_encode(&e, &out, &leaf, err) != 0) {
		event_clear(&e);
		buf_free(&out);
		buf_free(&leaf);
		return -1;
	}
	bytes = buf_take(&out, &len);
	text = buf_take(&leaf, &leaf_len);
	if (turn_stage_event(st, &e, bytes, len, text, leaf_len, err) != 0)
		return -1;
	if (pub != NULL)
		t->index++;
	return 0;
}

int
turn_adopt(struct turn *t, struct batch *b, struct err *err)
{
	struct turn_stage	*st = t->stage;
	struct event		 e;
	char			*leaf;
	size_t			 i, len;

	for (i = 0; i < b->nevents; i++) {
		if (event_decode(&e, b->events[i].bytes, b->events[i].len,
		    err) != 0)
			return -1;
		e.seq = st->mark.seq + st->nevents + 1;
		e.index = e.pub != NULL ? (int64_t)t->index++ : -1;
		len = json_string_length(e.leaf);
		if ((leaf = malloc(len + 1)) != NULL && len > 0)
			memcpy(leaf, json_string_value(e.leaf), len);
		if (turn_stage_event(st, &e, b->events[i].bytes,
		    b->events[i].len, leaf, len, err) != 0) {
			b->events[i].bytes = NULL;
			return -1;
		}
		b->events[i].bytes = NULL;
	}
	for (i = 0; i < b->ncontent; i++) {
		if (turn_grow(&st->content, st->ncontent, &st->content_cap,
		    sizeof(*st->content)) != 0)
			return turn_oom(err);
		st->content[st->ncontent++] = b->content[i];
		memset(&b->content[i], 0, sizeof(b->content[i]));
	}
	for (i = 0; i < b->nderived; i++) {
		if (turn_grow(&st->derived, st->nderived, &st->derived_cap,
		    sizeof(*st->derived)) != 0)
			return turn_oom(err);
		st->derived[st->nderived++] = b->derived[i];
		memset(&b->derived[i], 0, sizeof(b->derived[i]));
	}
	return 0;
}

size_t
turn_staged(const struct turn *t, const char *kind)
{
	const struct turn_stage	*st = t->stage;
	size_t			 i, n = 0;

	for (i = 0; i < st->nevents; i++)
		n += strcmp(st->events[i].kind->name, kind) == 0;
	return n;
}

uint64_t
turn_next_seq(const struct turn *t)
{
	return t->stage->mark.seq + t->stage->nevents + 1;
}

static int
turn_stage_content(struct turn *t, const struct batch_content *c,
    struct err *err)
{
	struct turn_stage	*st = t->stage;
	struct batch_content	 row = *c;

	row.ref = strdup(c->ref);
	row.field = c->field == NULL ? NULL : strdup(c->field);
	if (c->bytes != NULL && (row.bytes = malloc(c->len + 1)) != NULL)
		memcpy(row.bytes, c->bytes, c->len);
	if (row.ref == NULL || (c->field != NULL && row.field == NULL) ||
	    (c->bytes != NULL && row.bytes == NULL) ||
	    turn_grow(&st->content, st->ncontent, &st->content_cap,
	    sizeof(row)) != 0) {
		free(row.ref);
		free(row.field);
		if (c->bytes != NULL)
			free(row.bytes);
		return turn_oom(err);
	}
	st->content[st->ncontent++] = row;
	return 0;
}

int
turn_content(struct turn *t, const char *ref, const char *field,
    const void *bytes, size_t len, char commitment[HASH_LEN * 2 + 1],
    struct err *err)
{
	struct batch_content	 c;
	struct hash		 h;
	struct buf		 hex = BUF_INIT;

	memset(&c, 0, sizeof(c));
	c.ref = (char *)(uintptr_t)ref;
	c.field = (char *)(uintptr_t)field;
	c.bytes = (char *)(uintptr_t)bytes;
	c.len = len;
	if (crypto_random(c.salt, sizeof(c.salt)) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	event_commitment(&h, c.salt, field, bytes, len);
	buf_hex(&hex, h.b, HASH_LEN);
	if (commitment != NULL)
		memcpy(commitment, buf_str(&hex), HASH_LEN * 2 + 1);
	buf_free(&hex);
	return turn_stage_content(t, &c, err);
}

int
turn_drop_content(struct turn *t, const char *ref, const char *field,
    struct err *err)
{
	struct batch_content	 c;

	memset(&c, 0, sizeof(c));
	c.ref = (char *)(uintptr_t)ref;
	c.field = (char *)(uintptr_t)field;
	return turn_stage_content(t, &c, err);
}

int
turn_derived(struct turn *t, struct err *err, enum derived_name kind, ...)
{
	struct turn_stage	*st = t->stage;
	va_list			 ap;
	int			 rc;

	if (derived_kinds[kind].sql == NULL && !st->travels)
		return 0;
	if (turn_grow(&st->derived, st->nderived, &st->derived_cap,
	    sizeof(*st->derived)) != 0)
		return turn_oom(err);
	va_start(ap, kind);
	rc = derived_make(&st->derived[st->nderived], kind, ap, err);
	va_end(ap);
	if (rc == 0)
		st->nderived++;
	return rc;
}

/* A thread's score or refusals changed: its pages may lag by a second. */
static int
turn_touch_score(struct turn_stage *st, int64_t thread)
{
	if (turn_grow(&st->touched, st->ntouched, &st->touched_cap,
	    sizeof(*st->touched)) != 0)
		return -1;
	st->touched[st->ntouched++] = -thread;
	return 0;
}

int
turn_remember(struct turn *t, struct derived *d, struct err *err)
{
	struct turn_stage	*st = t->stage;

	if (d->after == UINT64_MAX)
		d->after = st->mark.seq;
	if (derived_run(t->db, d, err) != 0)
		return -1;
	if (d->kind == DERIVED_REFUSED && turn_touch_score(st,
	    d->v[0].i) != 0)
		return turn_oom(err);
	if (!st->travels)
		return 0;
	if (turn_grow(&st->batch.derived, st->batch.nderived,
	    &st->batch.derived_cap, sizeof(*d)) != 0)
		return turn_oom(err);
	st->batch.derived[st->batch.nderived++] = *d;
	memset(d, 0, sizeof(*d));
	return 0;
}

/* Runs the derived rows from *at on that belong behind this event. */
static int
turn_apply_derived(struct turn *t, size_t *at, uint64_t seq, struct err *err)
{
	struct turn_stage	*st = t->stage;

	for (; *at < st->nderived && st->derived[*at].after <= seq; (*at)++) {
		if (turn_remember(t, &st->derived[*at], err) != 0)
			return -1;
	}
	return 0;
}

static int
turn_apply_content(struct turn *t, struct batch_content *c, struct err *err)
{
	struct turn_stage	*st = t->stage;

	if (c->bytes != NULL)
		return db_run(t->db, err, "INSERT INTO content (ref, field, "
		    "salt, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
		    "SET salt = excluded.salt, bytes = excluded.bytes",
		    "ssbb", c->ref, c->field, (const void *)c->salt,
		    (size_t)SALT_LEN, (const void *)c->bytes, c->len);
	st->erases = true;
	buf_adds(&st->erased, c->ref);
	buf_addc(&st->erased, ' ');
	buf_adds(&st->erased, c->field == NULL ? "*" : c->field);
	buf_addc(&st->erased, '\n');
	if (c->field == NULL)
		return db_run(t->db, err, "DELETE FROM content WHERE ref = ?",
		    "s", c->ref);
	return db_run(t->db, err, "DELETE FROM content WHERE ref = ? AND "
	    "field = ?", "ss", c->ref, c->field);
}

int
turn_project(struct db *db, struct ledger *l, const struct event *e,
    const char *leaf, size_t leaf_len, struct err *err)
{
	struct ledger_leaf	ll;

	if (e->kind->project(db, e, err) != 0)
		return -1;
	if (e->kind->leaf == NULL)
		return 0;
	if (strcmp(e->kind->name, "log.restarted") == 0 &&
	    ledger_restart(l, event_str(e, "origin"), err) != 0)
		return -1;
	memset(&ll, 0, sizeof(ll));
	ll.seq = e->seq;
	ll.kind = e->kind->name;
	ll.thread = event_int(e, "tnum");
	ll.comment = event_int(e, "num");
	ll.time = e->time;
	ll.bytes = leaf;
	ll.len = leaf_len;
	return ledger_add(l, &ll, err);
}

/* Which cached answers the event outdates: what stands in the record shows in
 * its thread, and so do the newsroom's marks; votes show later, notes and
 * claims never. */
static void
turn_touch(struct turn_stage *st, const struct event *e)
{
	int64_t	tnum = event_int(e, "tnum");

	if (strcmp(e->kind->name, "vote.cast") == 0)
		st->touched[st->ntouched++] = -tnum;
	else if (tnum != 0 && (e->kind->leaf != NULL ||
	    strcmp(e->kind->name, "comment.overdue") == 0 ||
	    strcmp(e->kind->name, "comment.picked") == 0 ||
	    strcmp(e->kind->name, "comment.pinned") == 0))
		st->touched[st->ntouched++] = tnum;
	if (strncmp(e->kind->name, "thread.", 7) == 0 ||
	    strcmp(e->kind->name, "account.changed") == 0 ||
	    strcmp(e->kind->name, "account.erased") == 0 ||
	    strcmp(e->kind->name, "policy.adopted") == 0)
		st->site_touched = true;
}

static int
turn_apply_event(struct turn *t, size_t i, struct err *err)
{
	struct turn_stage	*st = t->stage;
	const struct event	*e = &st->events[i];
	struct batch_event	*b;

	if (turn_grow(&st->batch.events, st->batch.nevents,
	    &st->batch.events_cap, sizeof(*b)) != 0 ||
	    turn_grow(&st->touched, st->ntouched, &st->touched_cap,
	    sizeof(*st->touched)) != 0)
		return turn_oom(err);
	event_chain(&st->mark.chain, st->bytes[2 * i], st->lens[2 * i]);
	st->mark.seq = e->seq;
	b = &st->batch.events[st->batch.nevents++];
	b->seq = e->seq;
	b->time = e->time;
	b->kind = e->kind->name;
	b->bytes = st->bytes[2 * i];
	b->len = st->lens[2 * i];
	b->chain = st->mark.chain;
	st->bytes[2 * i] = NULL;
	turn_touch(st, e);
	if (db_run(t->db, err, "INSERT INTO journal (seq, kind, time, bytes, "
	    "chain) VALUES (?, ?, ?, ?, ?)", "isibb", (int64_t)e->seq,
	    e->kind->name, e->time, (const void *)b->bytes, b->len,
	    (const void *)b->chain.b, (size_t)HASH_LEN) != 0)
		return -1;
	return turn_project(t->db, st->ledger, e, st->bytes[2 * i + 1],
	    st->lens[2 * i + 1], err);
}

int
turn_apply(struct turn *t, struct err *err)
{
	struct turn_stage	*st = t->stage;
	size_t			 i, derived = 0;

	for (i = 0; i < st->ncontent; i++) {
		if (turn_apply_content(t, &st->content[i], err) != 0)
			return -1;
		if (turn_grow(&st->batch.content, st->batch.ncontent,
		    &st->batch.content_cap, sizeof(*st->content)) != 0)
			return turn_oom(err);
		st->batch.content[st->batch.ncontent++] = st->content[i];
		memset(&st->content[i], 0, sizeof(st->content[i]));
	}
	if (turn_apply_derived(t, &derived, st->mark.seq, err) != 0)
		return -1;
	for (i = 0; i < st->nevents; i++) {
		if (turn_apply_event(t, i, err) != 0 ||
		    turn_apply_derived(t, &derived, st->mark.seq, err) != 0)
			return -1;
	}
	if (turn_apply_derived(t, &derived, UINT64_MAX, err) != 0)
		return -1;
	turn_discard(t);
	return 0;
}

void
turn_discard(struct turn *t)
{
	struct turn_stage	*st = t->stage;
	size_t			 i;

	for (i = 0; i < st->nevents; i++) {
		event_clear(&st->events[i]);
		free(st->bytes[2 * i]);
		free(st->bytes[2 * i + 1]);
	}
	for (i = 0; i < st->ncontent; i++) {
		free(st->content[i].ref);
		free(st->content[i].field);
		free(st->content[i].bytes);
	}
	for (i = 0; i < st->nderived; i++)
		derived_free(&st->derived[i]);
	st->nevents = st->ncontent = st->nderived = 0;
	t->index = ledger_size(st->ledger);
}

void
turn_carry(struct turn_stage *st)
{
	if (st->batch.nevents > 0)
		st->carried = 0;
	else if (st->batch.nderived <= TURN_CARRIED)
		st->carried = st->batch.nderived;
}

/* Keeps the rows that are carried, drops the others. */
static void
turn_reset_derived(struct turn_stage *st)
{
	size_t	carried = st->carried;

	while (st->batch.nderived > carried)
		derived_free(&st->batch.derived[--st->batch.nderived]);
	st->batch.nderived = 0;		/* out of batch_clear's reach */
	batch_clear(&st->batch);
	st->batch.nderived = carried;
}

void
turn_reset(struct turn_stage *st)
{
	turn_reset_derived(st);
	st->ntouched = 0;
	st->site_touched = st->erases = false;
	buf_clear(&st->erased);
}

void
turn_free(struct turn_stage *st)
{
	st->carried = 0;
	turn_reset(st);
	free(st->batch.events);
	free(st->batch.content);
	free(st->batch.derived);
	free(st->events);
	free(st->bytes);
	free(st->lens);
	free(st->content);
	free(st->derived);
	free(st->touched);
	buf_free(&st->erased);
}
