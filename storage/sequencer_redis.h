/*
 * The journal's stream in Redis: the sequencer, the lease, and what a
 * follower reads. All keys share one hash tag, so they lie on one master:
 *
 *   {T}:head       hash: id, epoch, seq, chain (hex); written by scripts only
 *   {T}:lease      "node address epoch", with a time to live
 *   {T}:journal    stream, an entry a batch, id "<last seq>-0"
 *   {T}:content:<last seq>  the batch's content part
 *   {T}:confirmed  stream, id "<seq>-0": chain, epoch, note
 *
 * Every change is one script that checks first and writes then. An append is
 * followed on the same connection by WAIT for all configured replicas.
 * Appending the same batch twice is the same as once: its chain hash is its
 * name. So an UNKNOWN answer is settled by append() again: OK means that it
 * stands in the stream and on the replicas, CONFLICT that it is not there
 * and never will be.
 *
 * One struct is used by one thread at a time; threads that need the stream
 * each open their own, with a struct redis of their own.
 */
#ifndef STORAGE_SEQUENCER_REDIS_H
#define STORAGE_SEQUENCER_REDIS_H

#include "storage/redis.h"
#include "storage/sequencer.h"

struct sequencer_redis_conf {
	const char	*journal_id;
	const char	*tag;		/* without braces */
	const char	*node;		/* told in the stream */
	int		 replicas;	/* WAIT for so many; 0: none */
	int		 wait_ms;	/* for WAIT; 0: 1000 */
};

/* r stays the caller's and must outlive it; strings are copied. head() gives
 * ERR_NOT_FOUND where the forum was never founded in this Redis. */
int	sequencer_redis(struct sequencer **out, struct redis *r,
	    const struct sequencer_redis_conf *conf, struct err *err);

/* An answer that is no OK fills *err (NULL: not told). CONFLICT: as said at
 * each. */

/* Takes the lease, and with it a new epoch; WAITs. *head is then where the
 * stream ends, with our epoch. CONFLICT: another node holds it (err says
 * who). FAILED with ERR_NOT_FOUND: there is no head, see base. */
enum sequencer_answer sequencer_redis_take(struct sequencer *s,
	    const char *address, int lease_ms, struct mark *head,
	    struct err *err);
/* CONFLICT: it is ours no longer. */
enum sequencer_answer sequencer_redis_renew(struct sequencer *s,
	    const char *address, uint64_t epoch, int lease_ms,
	    struct err *err);
enum sequencer_answer sequencer_redis_release(struct sequencer *s,
	    const char *address, uint64_t epoch, struct err *err);
/* Who holds the lease: 0, 1 nobody, -1. node and address may be NULL. */
int	sequencer_redis_holder(struct sequencer *s, char *node,
	    size_t node_size, char *address, size_t address_size,
	    uint64_t *epoch, struct err *err);

/* Adds to the confirmed stream; below its end it does nothing. CONFLICT: the
 * epoch has moved on, or the stream does not reach so far. */
enum sequencer_answer sequencer_redis_confirm(struct sequencer *s,
	    const struct mark *at, const char *note, size_t len,
	    struct err *err);
/* Sets the head anew, over empty streams: expect 0 where there must be no
 * head yet, else the epoch we hold the lease under and a head below at->seq.
 * CONFLICT: it is not so. */
enum sequencer_answer sequencer_redis_base(struct sequencer *s,
	    const struct mark *at, uint64_t expect, struct err *err);
/* Removes all keys of the forum; the lease must be held under epoch. */
enum sequencer_answer sequencer_redis_dissolve(struct sequencer *s,
	    uint64_t epoch, struct err *err);

/* Batches behind `after` up to and including `upto`, with their content, at
 * most max, oldest first; each() may take what the batch owns (and zero it);
 * its -1 stops. b->on is what the batch was decided on, its chain checked
 * down to the entry's own. lost: its content part is no longer in Redis.
 * 0, or -1; *gap: the stream does not begin right behind `after` (trimmed,
 * or set anew). */
int	sequencer_redis_batches(struct sequencer *s, uint64_t after,
	    uint64_t upto, size_t max, int (*each)(void *arg,
	    struct batch *b, bool lost, struct err *err), void *arg,
	    bool *gap, struct err *err);

/* The sequence behind which the stream begins: 0, 1 it is empty, -1. */
int	sequencer_redis_first(struct sequencer *s, uint64_t *out,
	    struct err *err);

/* Confirmed marks behind `after`, oldest first, waiting up to block_ms for
 * one; each's -1 stops. 0, or -1. */
int	sequencer_redis_confirmed(struct sequencer *s, uint64_t after,
	    size_t max, int block_ms, int (*each)(void *arg,
	    const struct mark *m, const char *note, size_t len), void *arg,
	    struct err *err);

#endif
