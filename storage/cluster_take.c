/*
 * Between taking the lease and leading: everybody's journal is brought to the
 * same end.
 *
 *   ask every known node for what it has confirmed ·
 *   take the lease, and with it a new epoch ·
 *   where the stream ends below the longest of these, append again what it
 *   lost · read it to its end and apply · confirm
 *
 * Taking waits for the replicas behind a write, so all that stands in the
 * stream by then is on them, and what was appended but never confirmed can
 * be applied and confirmed.
 *
 * A stream that ends below what was confirmed and that no ring of recent
 * batches can mend is begun anew where this node ends, if no node has more.
 * A head that is missing altogether is set only where this process has seen
 * one there: an empty Redis named by mistake must not begin a second history.
 */
#include <stdlib.h>
#include <string.h>

#include "storage/base/clock.h"
#include "storage/base/log.h"
#include "storage/cluster_int.h"
#include "storage/event.h"
#include "storage/store.h"

#define TAKE_TRIES	100	/* for an epoch that is new */

/* What one other node answered. */
struct cluster_ask {
	struct cluster		*c;
	struct cluster_peer	 peer;
	struct mark		 mark;
	pthread_t		 thread;
	bool			 asked, answered;
};

static void *
cluster_take_ask(void *arg)
{
	struct cluster_ask	*a = arg;
	struct cluster		*c = a->c;
	struct err		 err;

	a->answered = c->conf.peer_head(c->conf.arg, a->peer.address,
	    &a->mark, &err) == 0;
	return NULL;
}

/* The longest confirmed mark of the others, all asked at once. *silent: how
 * many gave no answer. */
static void
cluster_take_survey(struct cluster *c, struct cluster_ask *best,
    size_t *silent)
{
	static const struct cluster_ask	 none;
	struct cluster_ask		*asks;
	size_t				 i, n = 0;

	*best = none;
	*silent = 0;
	pthread_mutex_lock(&c->lock);
	if ((asks = calloc(c->npeers + 1, sizeof(*asks))) != NULL) {
		for (i = 0; i < c->npeers; i++) {
			if (strcmp(c->peer[i].node, c->conf.node) != 0)
				asks[n++].peer = c->peer[i];
		}
	}
	pthread_mutex_unlock(&c->lock);
	for (i = 0; i < n; i++) {
		asks[i].c = c;
		asks[i].asked = c->conf.peer_head != NULL && pthread_create(
		    &asks[i].thread, NULL, cluster_take_ask, &asks[i]) == 0;
	}
	for (i = 0; i < n; i++) {
		if (asks[i].asked)
			pthread_join(asks[i].thread, NULL);
		if (!asks[i].answered)
			++*silent;
		else
			cluster_saw(c, asks[i].mark.epoch);
		if (asks[i].answered && asks[i].mark.seq > best->mark.seq)
			*best = asks[i];
	}
	free(asks);
}

static int
cluster_take_diverged(uint64_t seq, struct err *err)
{
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "The stream and "
	    "this node's record differ at event %llu, below a signed head: "
	    "see forumctl restore --new-log", (unsigned long long)seq);
}

/* Is the chain at this sequence, which this node has, that one? */
static int
cluster_take_same(struct cluster *c, uint64_t seq, const struct hash *chain,
    struct err *err)
{
	struct db	*db;
	struct stmt	*s;
	struct hash	 ours;
	const void	*p;
	size_t		 len;

	event_chain_start(&ours, c->journal_id);
	if (store_reader(&db, c->conf.dir, err) != 0)
		return -1;
	s = db_query(db, "SELECT chain FROM journal WHERE seq = ?", "i",
	    (int64_t)seq);
	if (stmt_step(s) == 1 && (p = stmt_blob(s, 0, &len)) != NULL &&
	    len == HASH_LEN)
		memcpy(&ours, p, HASH_LEN);
	stmt_done(s, NULL);
	db_close(&db);
	if (memcmp(&ours, chain, HASH_LEN) == 0)
		return 0;
	cluster_take_diverged(seq, err);
	cluster_break(c, err);
	return -1;
}

/* The batch behind `at` from whoever has it: 0; 1 nobody; -1. */
static int
cluster_take_find(struct cluster *c, const struct cluster_ask *best,
    const struct mark *at, struct batch *b, struct err *err)
{
	struct buf	buf = BUF_INIT;
	int		rc;

	rc = cluster_ring_get(c->ring, at->seq, &buf);
	if (rc != 0 && best->answered && c->conf.peer_batch != NULL)
		rc = c->conf.peer_batch(c->conf.arg, best->peer.address,
		    at->seq, &buf, err);
	if (rc == 0)
		rc = cluster_ring_decode(b, buf.data, buf.len, err);
	buf_free(&buf);
	return rc;
}

/* Appends again what the stream lost: 0; 1 a batch is nowhere to be had. */
static int
cluster_take_again(struct cluster *c, const struct cluster_ask *best,
    uint64_t upto, struct mark *head, int64_t *deadline, struct err *err)
{
	struct sequencer	*s = c->link[CLUSTER_LEASE].stream;
	struct batch		 b;
	int			 rc = 0;

	memset(&b, 0, sizeof(b));
	while (rc == 0 && head->seq < upto) {
		rc = cluster_take_find(c, best, head, &b, err);
		if (rc != 0)
			break;
		if (memcmp(&b.on.chain, &head->chain, HASH_LEN) != 0)
			rc = cluster_take_diverged(head->seq, err);
		b.on.epoch = head->epoch;
		if (rc == 0 && s->ops->append(s, &b, err) != SEQUENCER_OK)
			rc = -1;
		if (rc == 0) {
			batch_end(&b, head);
			cluster_count(c, &c->count.again);
			rc = cluster_hold(c, head->epoch, deadline, err);
		}
		batch_free(&b);
	}
	batch_free(&b);
	return rc;
}

/* The stream ends below what was confirmed: mends it. */
static int
cluster_take_mend(struct cluster *c, const struct cluster_ask *best,
    const struct mark *own, struct mark *head, int64_t *deadline,
    struct err *err)
{
	struct mark	anew = *own;
	uint64_t	upto = best->mark.seq > own->seq ? best->mark.seq :
			    own->seq;
	int		rc;

	log_warn("cluster: the stream ends at event %llu, confirmed was %llu",
	    (unsigned long long)head->seq, (unsigned long long)upto);
	if (own->seq >= head->seq && cluster_take_same(c, head->seq,
	    &head->chain, err) != 0)
		return -1;
	rc = cluster_take_again(c, best, upto, head, deadline, err);
	if (rc <= 0)
		return rc;
	if (own->seq < upto)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Node %s has more than this one, it must lead",
		    best->peer.node);
	anew.epoch = head->epoch;
	if (sequencer_redis_base(c->link[CLUSTER_LEASE].stream, &anew,
	    head->epoch, err) != SEQUENCER_OK)
		return -1;
	*head = anew;
	return 0;
}

/* There is no head in Redis. 0: set anew where this node ends. */
static int
cluster_take_found(struct cluster *c, const struct cluster_ask *best,
    size_t silent, const struct mark *own, struct err *err)
{
	struct mark	anew = *own;
	bool		founded;

	pthread_mutex_lock(&c->lock);
	founded = c->founded;
	anew.epoch = c->epoch + 1;
	pthread_mutex_unlock(&c->lock);
	if (!founded)
		return -1;
	if (silent > 0 || best->mark.seq > own->seq)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Redis has lost the forum, and another node may have "
		    "more than this one");
	log_warn("cluster: Redis has lost the forum: it begins anew at event "
	    "%llu", (unsigned long long)own->seq);
	return sequencer_redis_base(c->link[CLUSTER_LEASE].stream, &anew, 0,
	    err) == SEQUENCER_OK ? 0 : -1;
}

/* 0 taken; 1 another has it; -1. The epoch is one that nobody here has heard
 * of: what Redis lost may have set it back. */
static int
cluster_take_lease(struct cluster *c, struct mark *head, int64_t *deadline,
    struct err *err)
{
	uint64_t	heard;
	int		tries = 0;

	pthread_mutex_lock(&c->lock);
	heard = c->epoch;
	pthread_mutex_unlock(&c->lock);
	do {
		*deadline = clock_mono_ms() + c->conf.lease_ms;
		switch (sequencer_redis_take(c->link[CLUSTER_LEASE].stream,
		    c->conf.address, c->conf.lease_ms, head, err)) {
		case SEQUENCER_OK:
			break;
		case SEQUENCER_CONFLICT:
			return 1;
		default:
			return -1;
		}
	} while (head->epoch <= heard && tries++ < TAKE_TRIES);
	cluster_saw(c, head->epoch);
	pthread_mutex_lock(&c->lock);
	c->founded = true;
	pthread_mutex_unlock(&c->lock);
	return 0;
}

/* Applies the stream to its end, and says that it is confirmed. */
static int
cluster_take_rest(struct cluster *c, const struct mark *head,
    int64_t *deadline, struct err *err)
{
	struct cluster_link	*l = &c->link[CLUSTER_LEASE];
	struct mark		 own;
	int			 rc;

	do {
		rc = cluster_apply(c, l, head->seq, NULL, err);
		if (rc >= 0 && cluster_hold(c, head->epoch, deadline,
		    err) != 0)
			rc = -1;
	} while (rc == 1);
	if (rc != 0)
		return -1;
	writer_mark(c->writer, &own);
	if (own.seq != head->seq || memcmp(&own.chain, &head->chain,
	    HASH_LEN) != 0) {
		cluster_take_diverged(own.seq, err);
		cluster_break(c, err);
		return -1;
	}
	/* Without a note the others sign for themselves, the same. */
	return own.seq == 0 || sequencer_redis_confirm(l->stream, head, "", 0,
	    err) == SEQUENCER_OK ? 0 : -1;
}

int
cluster_take(struct cluster *c, uint64_t *epoch, int64_t *deadline,
    struct err *err)
{
	struct cluster_ask	best;
	struct mark		own, head;
	size_t			silent;
	int			rc;

	if (cluster_keep_nodes(c, &c->link[CLUSTER_LEASE], err) != 0)
		return -1;
	cluster_take_survey(c, &best, &silent);
	pthread_mutex_lock(&c->apply);
	writer_mark(c->writer, &own);
	rc = cluster_take_lease(c, &head, deadline, err);
	if (rc < 0 && err->code == ERR_NOT_FOUND &&
	    cluster_take_found(c, &best, silent, &own, err) == 0)
		rc = cluster_take_lease(c, &head, deadline, err);
	if (rc == 0) {
		*epoch = head.epoch;
		if (head.seq < own.seq || head.seq < best.mark.seq)
			rc = cluster_take_mend(c, &best, &own, &head,
			    deadline, err);
		if (rc == 0)
			rc = cluster_take_rest(c, &head, deadline, err);
	}
	pthread_mutex_unlock(&c->apply);
	return rc;
}
