/*
 * The keeper's thread: once a second it writes this node's row in the list of
 * nodes and reads the others'. While this node leads it clears up in Redis,
 * in small steps:
 *
 *   content keys    deleted once every node has applied them and a while has
 *                   passed; what is erased before goes at once, by writing
 *                   the key again without it
 *   the streams     cut below what every node has, with a margin
 *   the files       rewritten on master and replicas after an erasure, so
 *                   that the erased bytes are gone from disk there too
 *
 * A node that has not been heard of for a week no longer holds anything up:
 * when it comes back it needs a copy.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/clock.h"
#include "storage/base/log.h"
#include "storage/cluster_int.h"
#include "storage/forget.h"
#include "storage/redis_shard.h"

#define KEEP_EVERY_MS	1000
#define KEEP_GONE_MS	(7 * 86400000LL)
#define KEEP_BATCHES	256		/* looked at in one step */
#define KEEP_MARGIN	1000000		/* events left in the streams */
#define KEEP_ERASED	(1 << 20)	/* bytes of batches that erase */
#define KEEP_FILES_MS	86400000	/* Redis' files are never older */

/* A step's state: what the walk over the stream found. */
struct cluster_walk {
	struct cluster		*c;
	struct cluster_link	*l;
	struct batch		*by;	/* erasing: take out what it erased */
	uint64_t		 to;	/* as far as the walk came */
	int64_t			 before; /* deleting: posted before this */
	bool			 stop;
};

/* "node: address applied time" into a peer. */
static int
cluster_keep_parse(const struct redis_reply *node,
    const struct redis_reply *row, struct cluster_peer *p)
{
	unsigned long long	applied;
	long long		at;

	memset(p, 0, sizeof(*p));
	if (node == NULL || row == NULL || node->len == 0 ||
	    node->len >= sizeof(p->node) || strlen(node->str) != node->len)
		return -1;
	strcpy(p->node, node->str);
	/* CLUSTER_ADDRESS_MAX is 128 */
	if (sscanf(row->str, "%127s %llu %lld", p->address, &applied,
	    &at) != 3)
		return -1;
	p->applied = applied;
	p->at = at;
	return 0;
}

/* Puts a peer into the list, which forgets nobody: after Redis has lost the
 * list, the others are still to be asked. Lock held. */
static void
cluster_keep_peer(struct cluster *c, const struct cluster_peer *p)
{
	size_t	i;

	for (i = 0; i < c->npeers &&
	    strcmp(c->peer[i].node, p->node) != 0; i++)
		;
	if (i == CLUSTER_PEERS)
		return;
	c->peer[i] = *p;
	if (i == c->npeers)
		c->npeers++;
}

int
cluster_keep_nodes(struct cluster *c, struct cluster_link *l, struct err *err)
{
	struct redis_reply	*reply;
	struct cluster_peer	 p;
	char			 key[300];
	size_t			 i;

	snprintf(key, sizeof(key), "{%s}:nodes", c->tag);
	if (redis_call(l->redis, &reply, err, "ss", "HGETALL", key) !=
	    REDIS_ANSWERED)
		return -1;
	pthread_mutex_lock(&c->lock);
	for (i = 0; redis_is(reply, REDIS_ARRAY) && i + 1 < reply->n;
	    i += 2) {
		if (cluster_keep_parse(redis_at(reply, i, REDIS_STRING),
		    redis_at(reply, i + 1, REDIS_STRING), &p) == 0)
			cluster_keep_peer(c, &p);
	}
	pthread_mutex_unlock(&c->lock);
	redis_reply_free(&reply);
	return 0;
}

/* This node's own row, and what the head says. */
static int
cluster_keep_register(struct cluster *c, struct cluster_link *l,
    struct err *err)
{
	struct redis_reply	*reply;
	struct mark		 at, head;
	char			 key[300], row[CLUSTER_ADDRESS_MAX + 60];

	writer_mark(c->writer, &at);
	snprintf(key, sizeof(key), "{%s}:nodes", c->tag);
	snprintf(row, sizeof(row), "%s %llu %lld", c->conf.address,
	    (unsigned long long)at.seq, (long long)clock_ms());
	if (redis_call(l->redis, &reply, err, "ssss", "HSET", key,
	    c->conf.node, row) != REDIS_ANSWERED)
		return -1;
	redis_reply_free(&reply);
	if (l->stream->ops->head(l->stream, &head, err) != 0)
		return -1;
	cluster_saw(c, head.epoch);
	pthread_mutex_lock(&c->lock);
	c->founded = true;
	c->count.appended = head.seq;
	pthread_mutex_unlock(&c->lock);
	return cluster_keep_nodes(c, l, err);
}

/* What every node that counts has applied. */
static uint64_t
cluster_keep_least(struct cluster *c)
{
	struct mark	at;
	uint64_t	least;
	int64_t		now = clock_ms();
	size_t		i;

	writer_mark(c->writer, &at);
	least = at.seq;
	pthread_mutex_lock(&c->lock);
	for (i = 0; i < c->npeers; i++) {
		if (strcmp(c->peer[i].node, c->conf.node) != 0 &&
		    now - c->peer[i].at < KEEP_GONE_MS &&
		    c->peer[i].applied < least)
			least = c->peer[i].applied;
	}
	pthread_mutex_unlock(&c->lock);
	return least;
}

static void
cluster_keep_key(const struct cluster *c, const struct batch *b, char *out,
    size_t size)
{
	struct mark	end;

	batch_end(b, &end);
	snprintf(out, size, "{%s}:content:%llu", c->tag,
	    (unsigned long long)end.seq);
}

/* ---- deleting what every node has ---- */

static int
cluster_keep_delete(void *arg, struct batch *b, bool lost, struct err *err)
{
	struct cluster_walk	*w = arg;
	struct redis_reply	*reply;
	struct mark		 end;
	char			 key[300];

	batch_end(b, &end);
	if (b->events[b->nevents - 1].time > w->before) {
		w->stop = true;
		return -1;
	}
	cluster_keep_key(w->c, b, key, sizeof(key));
	if (!lost && redis_call(w->l->redis, &reply, err, "ss", "UNLINK",
	    key) != REDIS_ANSWERED) {
		w->stop = true;
		return -1;
	}
	if (!lost)
		redis_reply_free(&reply);
	w->to = end.seq;
	return 0;
}

/* Moves *from up to where the stream begins: not at 0 in a forum that was
 * founded later, was begun anew or has been cut. 0, 1 it is empty, -1. */
static int
cluster_keep_begin(struct cluster_link *l, uint64_t *from)
{
	uint64_t	first;
	int		rc;

	rc = sequencer_redis_first(l->stream, &first, NULL);
	if (rc == 0 && *from < first)
		*from = first;
	return rc;
}

/* Deletes content keys from *from on, as far as they may go. */
static void
cluster_keep_content(struct cluster *c, struct cluster_link *l,
    uint64_t *from)
{
	struct cluster_walk	w = { .c = c, .l = l, .before = clock_ms() -
				    c->conf.keep_ms };
	uint64_t		least = cluster_keep_least(c);
	struct err		err;
	bool			gap;

	if (cluster_keep_begin(l, from) != 0 || least <= *from)
		return;
	w.to = *from;
	sequencer_redis_batches(l->stream, *from, least, KEEP_BATCHES,
	    cluster_keep_delete, &w, &gap, &err);
	*from = w.to;
}

/* ---- erasing ---- */

void
cluster_keep_erase(struct cluster *c, const struct batch *b)
{
	struct cluster_ring	*ring;
	struct buf		 one = BUF_INIT;
	uint64_t		 len;

	if (!forget_any(b))
		return;
	/* The ring's form is what we keep of it. */
	if (cluster_ring_new(&ring, NULL) != 0)
		return;
	cluster_ring_add(ring, b);
	if (cluster_ring_get(ring, b->on.seq, &one) == 0) {
		len = one.len;
		pthread_mutex_lock(&c->lock);
		if (c->erased.len + one.len > KEEP_ERASED)
			buf_clear(&c->erased);
		buf_add(&c->erased, &len, sizeof(len));
		buf_add(&c->erased, one.data, one.len);
		pthread_mutex_unlock(&c->lock);
	}
	buf_free(&one);
	cluster_ring_free(&ring);
}

/* Writes a content key again without what was erased. */
static int
cluster_keep_rewrite(void *arg, struct batch *b, bool lost, struct err *err)
{
	struct cluster_walk	*w = arg;
	struct redis_reply	*reply;
	struct buf		 content = BUF_INIT;
	struct mark		 end;
	char			 key[300];
	int			 rc = 0;

	batch_end(b, &end);
	if (!lost && forget(b, w->by) > 0) {
		cluster_keep_key(w->c, b, key, sizeof(key));
		rc = batch_encode_content(b, &content, err) == 0 &&
		    redis_call(w->l->redis, &reply, err, "ssbs", "SET", key,
		    (const void *)content.data, content.len, "XX") ==
		    REDIS_ANSWERED ? 0 : -1;
		if (rc == 0)
			redis_reply_free(&reply);
		buf_free(&content);
	}
	if (rc == 0)
		w->to = end.seq;
	else
		w->stop = true;
	return rc;
}

/* Takes one erasing batch's words out of the content keys: 0, or -1. */
static int
cluster_keep_unword(struct cluster *c, struct cluster_link *l,
    struct batch *by, uint64_t from)
{
	struct cluster_walk	w = { .c = c, .l = l, .by = by };
	struct mark		end;
	struct err		err;
	uint64_t		before;
	bool			gap;
	int			rc;

	batch_end(by, &end);
	if ((rc = cluster_keep_begin(l, &from)) != 0)
		return rc < 0 ? -1 : 0;
	w.to = from;
	do {
		before = w.to;
		if (sequencer_redis_batches(l->stream, w.to, end.seq,
		    KEEP_BATCHES, cluster_keep_rewrite, &w, &gap, &err) != 0)
			return -1;
	} while (!w.stop && w.to != before && w.to < end.seq &&
	    cluster_leading(c) && !atomic_load(&c->stopping));
	return w.stop || w.to < end.seq ? -1 : 0;
}

/* The oldest erasing batch: 0 in b; 1 none. */
static int
cluster_keep_next(struct cluster *c, struct batch *b, size_t *len)
{
	uint64_t	n;
	int		rc = 1;

	memset(b, 0, sizeof(*b));
	pthread_mutex_lock(&c->lock);
	if (c->erased.len >= sizeof(n)) {
		memcpy(&n, c->erased.data, sizeof(n));
		*len = sizeof(n) + n;
		rc = cluster_ring_decode(b, c->erased.data + sizeof(n), n,
		    NULL) == 0 ? 0 : 1;
	}
	pthread_mutex_unlock(&c->lock);
	return rc;
}

static void
cluster_keep_done(struct cluster *c, size_t len)
{
	pthread_mutex_lock(&c->lock);
	if (len <= c->erased.len) {
		memmove(c->erased.data, c->erased.data + len,
		    c->erased.len - len);
		c->erased.len -= len;
	}
	pthread_mutex_unlock(&c->lock);
}

/* True where something was erased. */
static bool
cluster_keep_erasures(struct cluster *c, struct cluster_link *l,
    uint64_t from)
{
	struct batch	by;
	size_t		len;
	bool		any = false;

	while (cluster_leading(c) && cluster_keep_next(c, &by, &len) == 0) {
		if (cluster_keep_unword(c, l, &by, from) != 0) {
			batch_free(&by);
			break;
		}
		batch_free(&by);
		cluster_keep_done(c, len);
		any = true;
	}
	return any;
}

/* ---- the streams ---- */

/* Never above the content that is still there, which is found by the
 * stream. */
static void
cluster_keep_trim(struct cluster *c, struct cluster_link *l,
    uint64_t content)
{
	static const char	*const streams[] = { "journal", "confirmed" };
	struct redis_reply	*reply;
	uint64_t		 least = cluster_keep_least(c);
	struct err		 err;
	char			 key[300], id[32];
	size_t			 i;

	if (least <= KEEP_MARGIN)
		return;
	least -= KEEP_MARGIN;
	snprintf(id, sizeof(id), "%llu-0",
	    (unsigned long long)(least < content ? least : content));
	for (i = 0; i < 2; i++) {
		snprintf(key, sizeof(key), "{%s}:%s", c->tag, streams[i]);
		if (redis_call(l->redis, &reply, &err, "sssss", "XTRIM", key,
		    "MINID", "~", id) == REDIS_ANSWERED)
			redis_reply_free(&reply);
	}
}

/* When what was done last, of this thread. */
struct cluster_chores {
	uint64_t	content;	/* keys deleted up to here */
	int64_t		trimmed, rewritten;	/* mono ms */
	bool		erased;		/* since the files were rewritten */
	bool		rewriting;	/* the files, at present */
};

/* Has Redis write its files anew after an erasure, and sees it through: what
 * failed, or was erased meanwhile, is due again. */
static void
cluster_keep_files(struct cluster *c, struct cluster_link *l,
    struct cluster_chores *ch)
{
	int64_t		now = clock_mono_ms();
	struct err	err;
	int		rc = 0;

	if (ch->rewriting) {
		rc = redis_shard_rewritten(l->redis, c->conf.replicas, &err);
		ch->rewriting = rc == 1;
	} else if (now - ch->rewritten > (ch->erased ? c->conf.rewrite_ms :
	    KEEP_FILES_MS)) {
		ch->rewritten = now;
		rc = redis_shard_rewrite(l->redis, c->conf.replicas, &err);
		ch->rewriting = rc == 0;
		ch->erased = false;
	}
	if (rc >= 0)
		return;
	ch->erased = true;
	log_warn("cluster: Redis keeps erased bytes in its files until they "
	    "can be written anew: %s", err.text);
}

static void
cluster_keep_tidy(struct cluster *c, struct cluster_link *l,
    struct cluster_chores *ch)
{
	int64_t	now = clock_mono_ms();

	if (cluster_keep_erasures(c, l, ch->content))
		ch->erased = true;
	cluster_keep_content(c, l, &ch->content);
	if (now - ch->trimmed > 60000) {
		cluster_keep_trim(c, l, ch->content);
		ch->trimmed = now;
	}
	cluster_keep_files(c, l, ch);
}

/* Before it leads: what was erased under another leader, or before a restart,
 * may not have been seen through. */
static void
cluster_keep_anew(struct cluster_chores *ch)
{
	memset(ch, 0, sizeof(*ch));
	ch->erased = true;
	ch->rewritten = clock_mono_ms();
}

void *
cluster_keep_main(void *arg)
{
	struct cluster		*c = arg;
	struct cluster_link	*l = &c->link[CLUSTER_KEEP];
	struct cluster_chores	 chores;
	struct err		 err;
	int64_t			 checked = 0;

	cluster_keep_anew(&chores);
	do {
		if (cluster_keep_register(c, l, &err) != 0)
			continue;
		cluster_check(c, l, &checked);
		if (cluster_leading(c))
			cluster_keep_tidy(c, l, &chores);
		else
			cluster_keep_anew(&chores);
	} while (cluster_pause(c, KEEP_EVERY_MS));
	cluster_ended(c);
	return NULL;
}
