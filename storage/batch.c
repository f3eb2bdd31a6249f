/*
 * The encoder and decoder of a batch, and freeing one. See batch.h.
 *
 * Layout (u8, u16, u32, u64 big-endian; <x> is its bytes):
 *   events   'E' 1 u64 epoch u64 seq <chain 32> u32 count, each
 *            u64 time u8 length <kind> u32 length <bytes>; sum
 *   content  'C' 1 u32 count, each
 *            u8 flags u16 length <ref> [u16 length <field>]
 *            [<salt 32> u32 length <bytes>]
 *            u32 count, each of the derived rows
 *            u8 length <kind> u8 length <types> u64 after, and for each
 *            type u64 ("i") or u8 present [u32 length <bytes>]; sum
 *
 * A new version of the format is a new digit behind the letter; the decoder
 * knows the old ones as long as nodes of both run beside one another.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "storage/batch.h"
#include "storage/event.h"

#define BATCH_VERSION	1
#define BATCH_SUM	8	/* bytes of the check sum */
#define BATCH_FIELD	1	/* flags of a content row */
#define BATCH_BYTES	2

void
batch_clear(struct batch *b)
{
	size_t	i;

	for (i = 0; i < b->nevents; i++)
		free(b->events[i].bytes);
	for (i = 0; i < b->ncontent; i++) {
		free(b->content[i].ref);
		free(b->content[i].field);
		if (b->content[i].bytes != NULL)
			crypto_wipe(b->content[i].bytes, b->content[i].len);
		free(b->content[i].bytes);
	}
	for (i = 0; i < b->nderived; i++)
		derived_free(&b->derived[i]);
	b->nevents = b->ncontent = b->nderived = 0;
}

void
batch_free(struct batch *b)
{
	batch_clear(b);
	free(b->events);
	free(b->content);
	free(b->derived);
	memset(b, 0, sizeof(*b));
}

void
batch_end(const struct batch *b, struct mark *out)
{
	*out = b->on;
	if (b->nevents > 0) {
		out->seq = b->events[b->nevents - 1].seq;
		out->chain = b->events[b->nevents - 1].chain;
	}
}

/* --- writing */

static void
batch_put(struct buf *out, uint64_t v, int bytes)
{
	while (bytes-- > 0)
		buf_addc(out, (char)(v >> (8 * bytes)));
}

/* A text with its length in so many bytes before it; one that is too long
 * fails the buffer. */
static void
batch_put_bytes(struct buf *out, const void *p, size_t len, int bytes)
{
	if (len >= (uint64_t)1 << (8 * bytes))
		out->failed = true;
	batch_put(out, len, bytes);
	buf_add(out, p, len);
}

static int
batch_seal(struct buf *out, size_t start, struct err *err)
{
	struct hash	h;

	if (!buf_failed(out)) {
		crypto_sha256(&h, out->data + start, out->len - start);
		buf_add(out, h.b, BATCH_SUM);
	}
	if (buf_failed(out))
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The batch is too large to be sent");
	return 0;
}

int
batch_encode_events(const struct batch *b, struct buf *out, struct err *err)
{
	const struct batch_event	*e;
	size_t				 i, start = out->len;

	buf_addc(out, 'E');
	batch_put(out, BATCH_VERSION, 1);
	batch_put(out, b->on.epoch, 8);
	batch_put(out, b->on.seq, 8);
	buf_add(out, b->on.chain.b, HASH_LEN);
	batch_put(out, b->nevents, 4);
	for (i = 0; i < b->nevents; i++) {
		e = &b->events[i];
		batch_put(out, (uint64_t)e->time, 8);
		batch_put_bytes(out, e->kind, strlen(e->kind), 1);
		batch_put_bytes(out, e->bytes, e->len, 4);
	}
	return batch_seal(out, start, err);
}

static void
batch_put_content(struct buf *out, const struct batch_content *c)
{
	batch_put(out, (c->field != NULL ? BATCH_FIELD : 0) |
	    (c->bytes != NULL ? BATCH_BYTES : 0), 1);
	batch_put_bytes(out, c->ref, strlen(c->ref), 2);
	if (c->field != NULL)
		batch_put_bytes(out, c->field, strlen(c->field), 2);
	if (c->bytes == NULL)
		return;
	buf_add(out, c->salt, sizeof(c->salt));
	batch_put_bytes(out, c->bytes, c->len, 4);
}

static void
batch_put_derived(struct buf *out, const struct derived *d)
{
	const struct derived_kind	*kind = &derived_kinds[d->kind];
	const struct db_value		*v = d->v;
	const char			*type;

	batch_put_bytes(out, kind->name, strlen(kind->name), 1);
	batch_put_bytes(out, kind->types, strlen(kind->types), 1);
	batch_put(out, d->after, 8);
	for (type = kind->types; *type != '\0'; type++, v++) {
		if (*type == 'i') {
			batch_put(out, (uint64_t)v->i, 8);
			continue;
		}
		batch_put(out, v->p != NULL, 1);
		if (v->p != NULL)
			batch_put_bytes(out, v->p, v->len, 4);
	}
}

int
batch_encode_content(const struct batch *b, struct buf *out, struct err *err)
{
	size_t	i, start = out->len;

	buf_addc(out, 'C');
	batch_put(out, BATCH_VERSION, 1);
	batch_put(out, b->ncontent, 4);
	for (i = 0; i < b->ncontent; i++)
		batch_put_content(out, &b->content[i]);
	batch_put(out, b->nderived, 4);
	for (i = 0; i < b->nderived; i++)
		batch_put_derived(out, &b->derived[i]);
	return batch_seal(out, start, err);
}

/* --- reading: a cursor that stops for good at the first thing wrong */

struct batch_in {
	const unsigned char	*p;
	size_t			 left;
	bool			 bad;
	bool			 memory;	/* bad for want of it */
};

static const unsigned char *
batch_take(struct batch_in *in, size_t len)
{
	const unsigned char	*p = in->p;

	if (in->bad || len > in->left) {
		in->bad = true;
		return NULL;
	}
	in->p += len;
	in->left -= len;
	return p;
}

static uint64_t
batch_get(struct batch_in *in, int bytes)
{
	const unsigned char	*p = batch_take(in, bytes);
	uint64_t		 v = 0;

	if (p == NULL)
		return 0;
	while (bytes-- > 0)
		v = v << 8 | *p++;
	return v;
}

/* Bytes with their length before them, copied, with a NUL behind. text: a
 * NUL among them is wrong. */
static char *
batch_get_bytes(struct batch_in *in, int bytes, bool text, size_t *lenp)
{
	size_t			 len = batch_get(in, bytes);
	const unsigned char	*p = batch_take(in, len);
	char			*copy;

	*lenp = 0;
	if (p == NULL || (text && memchr(p, '\0', len) != NULL)) {
		in->bad = true;
		return NULL;
	}
	if ((copy = malloc(len + 1)) == NULL) {
		in->bad = in->memory = true;
		return NULL;
	}
	memcpy(copy, p, len);
	copy[len] = '\0';
	*lenp = len;
	return copy;
}

/* An array for so many elements, each of which takes at least `least` bytes
 * of what is left: so no count can ask for more than was sent. */
static void *
batch_get_array(struct batch_in *in, size_t n, size_t least, size_t size)
{
	void	*array;

	if (in->bad || n > in->left / least) {
		in->bad = true;
		return NULL;
	}
	if ((array = calloc(n == 0 ? 1 : n, size)) == NULL)
		in->bad = in->memory = true;
	return array;
}

static int
batch_open(struct batch_in *in, char letter, const void *p, size_t len,
    struct err *err)
{
	const unsigned char	*bytes = p;
	struct hash		 h;

	memset(in, 0, sizeof(*in));
	if (len < 2 + BATCH_SUM || bytes[0] != letter)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "A batch is damaged");
	if (bytes[1] != BATCH_VERSION)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "A batch has format %d, which this program does not know",
		    bytes[1]);
	crypto_sha256(&h, p, len - BATCH_SUM);
	if (memcmp(h.b, bytes + len - BATCH_SUM, BATCH_SUM) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "A batch is damaged");
	in->p = bytes + 2;
	in->left = len - 2 - BATCH_SUM;
	return 0;
}

/* What is said of a part that was read to its end or not. */
static int
batch_close(const struct batch_in *in, struct err *err)
{
	if (in->memory)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	if (in->bad || in->left != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "A batch is damaged");
	return 0;
}

/* One event on top of the mark; -1: a kind that is not known. */
static int
batch_get_event(struct batch_in *in, struct batch_event *e, struct mark *at,
    struct err *err)
{
	const struct event_kind	*kind;
	char			*name;
	size_t			 len;

	e->time = (int64_t)batch_get(in, 8);
	if ((name = batch_get_bytes(in, 1, true, &len)) == NULL)
		return 0;
	if ((kind = event_kind(name)) == NULL)
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "An event is of "
		    "kind %.40s, which this program does not know", name);
	free(name);
	if (kind == NULL)
		return -1;
	e->kind = kind->name;
	if ((e->bytes = batch_get_bytes(in, 4, false, &e->len)) == NULL)
		return 0;
	event_chain(&at->chain, e->bytes, e->len);
	e->seq = ++at->seq;
	e->chain = at->chain;
	return 0;
}

int
batch_decode_events(struct batch *b, const void *p, size_t len,
    struct err *err)
{
	struct batch_in		 in;
	const unsigned char	*chain;
	struct mark		 at;
	size_t			 i, n;

	if (batch_open(&in, 'E', p, len, err) != 0)
		return -1;
	b->on.epoch = batch_get(&in, 8);
	b->on.seq = batch_get(&in, 8);
	if ((chain = batch_take(&in, HASH_LEN)) != NULL)
		memcpy(b->on.chain.b, chain, HASH_LEN);
	n = batch_get(&in, 4);
	if (b->on.seq > INT64_MAX - n)
		in.bad = true;
	if ((b->events = batch_get_array(&in, n, 13,
	    sizeof(*b->events))) != NULL)
		b->events_cap = n;
	at = b->on;
	for (i = 0; i < n && !in.bad; i++) {
		b->nevents = i + 1;
		if (batch_get_event(&in, &b->events[i], &at, err) != 0) {
			batch_free(b);
			return -1;
		}
	}
	if (batch_close(&in, err) != 0) {
		batch_free(b);
		return -1;
	}
	return 0;
}

static void
batch_get_content(struct batch_in *in, struct batch_content *c)
{
	const unsigned char	*salt;
	unsigned		 flags = batch_get(in, 1);
	size_t			 len;

	/* A row that is kept has a field; only dropping takes all of them. */
	if (flags > (BATCH_FIELD | BATCH_BYTES) || flags == BATCH_BYTES)
		in->bad = true;
	c->ref = batch_get_bytes(in, 2, true, &len);
	if (flags & BATCH_FIELD)
		c->field = batch_get_bytes(in, 2, true, &len);
	if ((flags & BATCH_BYTES) == 0)
		return;
	if ((salt = batch_take(in, sizeof(c->salt))) != NULL)
		memcpy(c->salt, salt, sizeof(c->salt));
	c->bytes = batch_get_bytes(in, 4, false, &c->len);
}

/* One value; those of a row that is not kept are read past. */
static void
batch_get_value(struct batch_in *in, char type, struct db_value *v)
{
	struct db_value	value;

	memset(&value, 0, sizeof(value));
	value.type = type;
	if (type == 'i')
		value.i = (int64_t)batch_get(in, 8);
	else if (type != 's' && type != 'b')
		in->bad = true;
	else if (batch_get(in, 1) != 0)
		value.p = batch_get_bytes(in, 4, type == 's', &value.len);
	if (v != NULL)
		*v = value;
	else
		free((void *)(uintptr_t)value.p);
}

/* One derived row; its kind is DERIVED_KINDS where it is not known. */
static void
batch_get_derived(struct batch_in *in, struct derived *d)
{
	const unsigned char	*name, *types;
	size_t			 len, n, i;
	bool			 known;

	len = batch_get(in, 1);
	name = batch_take(in, len);
	n = batch_get(in, 1);
	types = batch_take(in, n);
	d->after = batch_get(in, 8);
	if (in->bad)
		return;
	d->kind = derived_find((const char *)name, len);
	known = d->kind < DERIVED_KINDS;
	if (known && (strlen(derived_kinds[d->kind].types) != n ||
	    memcmp(derived_kinds[d->kind].types, types, n) != 0))
		in->bad = true;
	for (i = 0; i < n && !in->bad; i++)
		batch_get_value(in, (char)types[i], known ? &d->v[i] : NULL);
}

int
batch_decode_content(struct batch *b, const void *p, size_t len,
    struct err *err)
{
	struct batch_in	in;
	size_t		i, n;

	if (batch_open(&in, 'C', p, len, err) != 0) {
		batch_free(b);
		return -1;
	}
	n = batch_get(&in, 4);
	if ((b->content = batch_get_array(&in, n, 3,
	    sizeof(*b->content))) != NULL)
		b->content_cap = n;
	for (i = 0; i < n && !in.bad; i++) {
		b->ncontent = i + 1;
		batch_get_content(&in, &b->content[i]);
	}
	n = batch_get(&in, 4);
	if ((b->derived = batch_get_array(&in, n, 10,
	    sizeof(*b->derived))) != NULL)
		b->derived_cap = n;
	for (i = 0; i < n && !in.bad; i++) {
		batch_get_derived(&in, &b->derived[b->nderived]);
		if (in.bad || b->derived[b->nderived].kind < DERIVED_KINDS)
			b->nderived++;
	}
	if (batch_close(&in, err) != 0) {
		batch_free(b);
		return -1;
	}
	return 0;
}
