/*
 * The journal's stream in Redis: everything that reads. Nothing that comes
 * back is believed: types are checked, batches decoded by batch.c, chains
 * computed anew and compared. See sequencer_redis.h.
 */
#include <stdio.h>
#include <string.h>

#include "storage/sequencer_redis_int.h"

#define SEQUENCER_CHUNK	16	/* batches fetched together */
#define SEQUENCER_SCAN	1000

int
sequencer_redis_chain(const struct redis_reply *reply, struct hash *out)
{
	if (reply == NULL || reply->len != HASH_LEN * 2 ||
	    crypto_hex_decode(out->b, reply->str, reply->len) != HASH_LEN)
		return -1;
	return 0;
}

int
sequencer_redis_head(struct sequencer *s, struct mark *out, struct err *err)
{
	struct sequencer_redis	*q = (struct sequencer_redis *)s;
	struct redis_reply	*reply;
	int			 rc = 0;

	if (redis_call(q->r, &reply, err, "ssssss", "HMGET", q->head, "id",
	    "epoch", "seq", "chain") != REDIS_ANSWERED)
		return -1;
	if (redis_at(reply, 0, REDIS_NIL) != NULL)
		rc = err_set(err, ERR_NOT_FOUND, NULL,
		    "The forum is not founded in this Redis");
	else if (redis_at(reply, 0, REDIS_STRING) != NULL &&
	    !redis_equals(reply->element[0], q->journal_id))
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Redis holds another forum's journal under this name");
	else if (redis_number(redis_at(reply, 1, REDIS_STRING),
	    &out->epoch) != 0 ||
	    redis_number(redis_at(reply, 2, REDIS_STRING), &out->seq) != 0 ||
	    sequencer_redis_chain(redis_at(reply, 3, REDIS_STRING),
	    &out->chain) != 0)
		rc = sequencer_redis_odd(err);
	redis_reply_free(&reply);
	return rc;
}

/* The value of a field in an entry's list of fields and values, or NULL. */
static const struct redis_reply *
sequencer_redis_field(const struct redis_reply *entry, const char *name)
{
	const struct redis_reply	*list = redis_at(entry, 1, REDIS_ARRAY);
	size_t				 i;

	for (i = 0; list != NULL && i + 1 < list->n; i += 2) {
		if (redis_equals(list->element[i], name))
			return redis_at(list, i + 1, REDIS_STRING);
	}
	return NULL;
}

/* The sequence in an entry's id, "<seq>-0". */
static int
sequencer_redis_seq(const struct redis_reply *entry, uint64_t *out)
{
	const struct redis_reply	*id = redis_at(entry, 0, REDIS_STRING);
	struct redis_reply		 number;

	if (id == NULL || id->len < 3 ||
	    memcmp(id->str + id->len - 2, "-0", 2) != 0)
		return -1;
	number = *id;
	number.len -= 2;
	return redis_number(&number, out);
}

/* An entry's events; everything in it must agree. */
static int
sequencer_redis_entry(const struct redis_reply *entry, struct batch *b,
    struct err *err)
{
	const struct redis_reply	*events;
	struct mark			 end;
	struct hash			 chain;
	uint64_t			 seq;

	if ((events = sequencer_redis_field(entry, "events")) == NULL ||
	    sequencer_redis_seq(entry, &seq) != 0 ||
	    sequencer_redis_chain(sequencer_redis_field(entry, "chain"),
	    &chain) != 0)
		return sequencer_redis_odd(err);
	if (batch_decode_events(b, events->str, events->len, err) != 0)
		return -1;
	batch_end(b, &end);
	if (b->nevents == 0 || end.seq != seq ||
	    memcmp(&end.chain, &chain, sizeof(chain)) != 0) {
		batch_free(b);
		return sequencer_redis_odd(err);
	}
	return 0;
}

/* The entries behind after, up to upto, at most max of them. */
static int
sequencer_redis_range(struct sequencer_redis *q, uint64_t after,
    uint64_t upto, size_t max, struct redis_reply **reply, struct err *err)
{
	char	from[32], to[32];

	snprintf(from, sizeof(from), "(%llu-0", (unsigned long long)after);
	snprintf(to, sizeof(to), "%llu-0", (unsigned long long)upto);
	if (redis_call(q->r, reply, err, "sssssu", "XRANGE", q->journal,
	    from, to, "COUNT", (uint64_t)max) != REDIS_ANSWERED)
		return -1;
	return 0;
}

int
sequencer_redis_read(struct sequencer *s, uint64_t after, size_t max,
    int (*each)(void *arg, const struct batch_event *e), void *arg,
    struct err *err)
{
	struct sequencer_redis	*q = (struct sequencer_redis *)s;
	struct redis_reply	*reply;
	struct batch		 b;
	uint64_t		 last = after;
	size_t			 i, k, n;
	int			 rc = 0;

	memset(&b, 0, sizeof(b));
	do {
		if (sequencer_redis_range(q, last, INT64_MAX,
		    SEQUENCER_CHUNK, &reply, err) != 0)
			return -1;
		if (!redis_is(reply, REDIS_ARRAY))
			rc = sequencer_redis_odd(err);
		n = rc == 0 ? reply->n : 0;
		for (i = 0; i < n && max > 0 && rc == 0; i++) {
			if ((rc = sequencer_redis_entry(reply->element[i],
			    &b, err)) != 0)
				break;
			last = b.events[b.nevents - 1].seq;
			for (k = 0; k < b.nevents && max > 0; k++) {
				if (b.events[k].seq <= after)
					continue;
				max--;
				if (each(arg, &b.events[k]) != 0)
					max = 0;
			}
			batch_free(&b);
		}
		redis_reply_free(&reply);
	} while (rc == 0 && n > 0 && max > 0);
	return rc;
}

/* Fetches the content parts of the batches in one go. */
static int
sequencer_redis_contents(struct sequencer_redis *q,
    const struct batch *batches, size_t n, struct redis_reply **replies,
    struct err *err)
{
	char		key[300];
	struct mark	end;
	size_t		i;

	for (i = 0; i < n; i++) {
		batch_end(&batches[i], &end);
		snprintf(key, sizeof(key), "%s%llu", q->content,
		    (unsigned long long)end.seq);
		redis_add(q->r, "ss", "GET", key);
	}
	return redis_send(q->r, replies, n, 0, err) == REDIS_ANSWERED ? 0 :
	    -1;
}

/* Hands the batches of one chunk on, each with its content. 1: stopped by
 * each(). *at moves along. */
static int
sequencer_redis_hand(struct batch *batches, size_t n,
    struct redis_reply **contents, struct mark *at,
    int (*each)(void *arg, struct batch *b, bool lost, struct err *err),
    void *arg, struct err *err)
{
	bool	lost;
	size_t	i;

	for (i = 0; i < n; i++) {
		if (i > 0 && (batches[i].on.seq != at->seq ||
		    memcmp(&batches[i].on.chain, &at->chain,
		    sizeof(at->chain)) != 0))
			return sequencer_redis_odd(err);
		batch_end(&batches[i], at);
		lost = redis_is(contents[i], REDIS_NIL);
		if (!lost && !redis_is(contents[i], REDIS_STRING))
			return sequencer_redis_odd(err);
		if (!lost && batch_decode_content(&batches[i],
		    contents[i]->str, contents[i]->len, err) != 0)
			return -1;
		if (each(arg, &batches[i], lost, err) != 0)
			return 1;
	}
	return 0;
}

/* One chunk behind at->seq: 0 and *n batches handed on, 1 stopped, -1. */
static int
sequencer_redis_some(struct sequencer_redis *q, struct mark *at,
    uint64_t upto, size_t max, size_t *n, int (*each)(void *arg,
    struct batch *b, bool lost, struct err *err), void *arg, bool *gap,
    struct err *err)
{
	struct batch		 batches[SEQUENCER_CHUNK];
	struct redis_reply	*contents[SEQUENCER_CHUNK], *reply;
	size_t			 i;
	int			 rc = 0;

	memset(batches, 0, sizeof(batches));
	memset(contents, 0, sizeof(contents));
	*n = 0;
	if (sequencer_redis_range(q, at->seq, upto, max < SEQUENCER_CHUNK ?
	    max : SEQUENCER_CHUNK, &reply, err) != 0)
		return -1;
	if (!redis_is(reply, REDIS_ARRAY) || reply->n > SEQUENCER_CHUNK)
		rc = sequencer_redis_odd(err);
	for (i = 0; rc == 0 && i < reply->n; i++) {
		rc = sequencer_redis_entry(reply->element[i], &batches[i],
		    err);
		*n = i + 1;
	}
	redis_reply_free(&reply);
	if (rc == 0 && *n > 0 && batches[0].on.seq != at->seq) {
		*gap = true;
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The stream does not begin where this node's copy ends");
	}
	if (rc == 0 && *n > 0)
		rc = sequencer_redis_contents(q, batches, *n, contents, err);
	if (rc == 0)
		rc = sequencer_redis_hand(batches, *n, contents, at, each,
		    arg, err);
	for (i = 0; i < SEQUENCER_CHUNK; i++) {
		batch_free(&batches[i]);
		redis_reply_free(&contents[i]);
	}
	return rc;
}

int
sequencer_redis_batches(struct sequencer *s, uint64_t after, uint64_t upto,
    size_t max, int (*each)(void *arg, struct batch *b, bool lost,
    struct err *err), void *arg, bool *gap, struct err *err)
{
	struct sequencer_redis	*q = (struct sequencer_redis *)s;
	struct mark		 at;
	size_t			 n;
	int			 rc;

	memset(&at, 0, sizeof(at));
	at.seq = after;
	*gap = false;
	do {
		rc = sequencer_redis_some(q, &at, upto, max, &n, each, arg,
		    gap, err);
		max -= n;
	} while (rc == 0 && n > 0 && max > 0 && at.seq < upto);
	return rc < 0 ? -1 : 0;
}

int
sequencer_redis_first(struct sequencer *s, uint64_t *out, struct err *err)
{
	struct sequencer_redis	*q = (struct sequencer_redis *)s;
	struct redis_reply	*reply;
	struct batch		 b;
	int			 rc = 0;

	memset(&b, 0, sizeof(b));
	if (sequencer_redis_range(q, 0, INT64_MAX, 1, &reply, err) != 0)
		return -1;
	if (!redis_is(reply, REDIS_ARRAY))
		rc = sequencer_redis_odd(err);
	else if (reply->n == 0)
		rc = 1;
	else if ((rc = sequencer_redis_entry(reply->element[0], &b,
	    err)) == 0)
		*out = b.on.seq;
	batch_free(&b);
	redis_reply_free(&reply);
	return rc;
}

/* A confirmed entry. */
static int
sequencer_redis_mark(const struct redis_reply *entry, struct mark *out)
{
	return sequencer_redis_seq(entry, &out->seq) != 0 ||
	    redis_number(sequencer_redis_field(entry, "epoch"),
	    &out->epoch) != 0 ||
	    sequencer_redis_chain(sequencer_redis_field(entry, "chain"),
	    &out->chain) != 0 ||
	    sequencer_redis_field(entry, "note") == NULL ? -1 : 0;
}

int
sequencer_redis_confirmed(struct sequencer *s, uint64_t after, size_t max,
    int block_ms, int (*each)(void *arg, const struct mark *m,
    const char *note, size_t len), void *arg, struct err *err)
{
	struct sequencer_redis		*q = (struct sequencer_redis *)s;
	struct redis_reply		*reply;
	const struct redis_reply	*list, *note;
	char				 from[32];
	struct mark			 m;
	size_t				 i;
	int				 rc = 0;

	snprintf(from, sizeof(from), "%llu-0", (unsigned long long)after);
	if (block_ms > 0)
		redis_add(q->r, "ssusisss", "XREAD", "COUNT", (uint64_t)max,
		    "BLOCK", (int64_t)block_ms, "STREAMS", q->confirmed,
		    from);
	else
		redis_add(q->r, "ssusss", "XREAD", "COUNT", (uint64_t)max,
		    "STREAMS", q->confirmed, from);
	if (redis_send(q->r, &reply, 1, block_ms, err) != REDIS_ANSWERED)
		return -1;
	list = redis_at(redis_at(reply, 0, REDIS_ARRAY), 1, REDIS_ARRAY);
	if (list == NULL && !redis_is(reply, REDIS_NIL))
		rc = sequencer_redis_odd(err);
	for (i = 0; list != NULL && i < list->n; i++) {
		if (sequencer_redis_mark(list->element[i], &m) != 0) {
			rc = sequencer_redis_odd(err);
			break;
		}
		note = sequencer_redis_field(list->element[i], "note");
		if (each(arg, &m, note->str, note->len) != 0)
			break;
	}
	redis_reply_free(&reply);
	return rc;
}

/* The word at *p up to the next space or the end, into out. */
static int
sequencer_redis_word(const char **p, char *out, size_t size)
{
	size_t	len = strcspn(*p, " ");

	if (len == 0 || (out != NULL && len >= size))
		return -1;
	if (out != NULL) {
		memcpy(out, *p, len);
		out[len] = '\0';
	}
	*p += len + ((*p)[len] == ' ');
	return 0;
}

int
sequencer_redis_holder(struct sequencer *s, char *node, size_t node_size,
    char *address, size_t address_size, uint64_t *epoch, struct err *err)
{
	struct sequencer_redis	*q = (struct sequencer_redis *)s;
	struct redis_reply	*reply, number;
	const char		*p;
	int			 rc = 0;

	if (redis_call(q->r, &reply, err, "ss", "GET", q->lease) !=
	    REDIS_ANSWERED)
		return -1;
	if (redis_is(reply, REDIS_NIL))
		rc = 1;
	else if (!redis_is(reply, REDIS_STRING) || reply->len != strlen(
	    reply->str) || (p = reply->str, sequencer_redis_word(&p, node,
	    node_size)) != 0 || sequencer_redis_word(&p, address,
	    address_size) != 0)
		rc = sequencer_redis_odd(err);
	else {
		number = *reply;
		number.len = strlen(p);
		number.str = (char *)(uintptr_t)p;
		if (redis_number(&number, epoch) != 0)
			rc = sequencer_redis_odd(err);
	}
	redis_reply_free(&reply);
	return rc;
}

/* The pattern that finds the content keys: what it means itself escaped. */
static void
sequencer_redis_pattern(const struct sequencer_redis *q, char *out,
    size_t size)
{
	const char	*p;
	size_t		 n = 0;

	for (p = q->content; *p != '\0' && n + 3 < size; p++) {
		if (strchr("*?[]\\", *p) != NULL)
			out[n++] = '\\';
		out[n++] = *p;
	}
	out[n++] = '*';
	out[n] = '\0';
}

int
sequencer_redis_sweep(struct sequencer_redis *q, struct err *err)
{
	struct redis_reply		*reply, *gone;
	const struct redis_reply	*keys, *key;
	char				 pattern[500], cursor[24] = "0";
	size_t				 i;
	int				 rc;

	sequencer_redis_pattern(q, pattern, sizeof(pattern));
	do {
		if (redis_call(q->r, &reply, err, "sssssi", "SCAN", cursor,
		    "MATCH", pattern, "COUNT", (int64_t)SEQUENCER_SCAN) !=
		    REDIS_ANSWERED)
			return -1;
		key = redis_at(reply, 0, REDIS_STRING);
		keys = redis_at(reply, 1, REDIS_ARRAY);
		rc = key == NULL || keys == NULL ||
		    key->len >= sizeof(cursor) ? sequencer_redis_odd(err) : 0;
		if (rc == 0)
			memcpy(cursor, key->str, key->len + 1);
		for (i = 0; rc == 0 && i < keys->n; i++) {
			key = redis_at(keys, i, REDIS_STRING);
			if (key == NULL || redis_call(q->r, &gone, err, "sb",
			    "DEL", (const void *)key->str, key->len) !=
			    REDIS_ANSWERED)
				rc = -1;
			else
				redis_reply_free(&gone);
		}
		redis_reply_free(&reply);
	} while (rc == 0 && strcmp(cursor, "0") != 0);
	return rc;
}
