/*
 * The nodes of Redis that hold the forum's slot, master and replicas: are
 * they set up as the journal needs it, and their files written anew, so that
 * what was erased is gone from their disks.
 */
#ifndef STORAGE_REDIS_SHARD_H
#define STORAGE_REDIS_SHARD_H

#include "storage/redis.h"

/* Adds a sentence a line for all that is amiss: fewer nodes than a master and
 * so many replicas, settings that can lose acknowledged posts. A node that
 * does not let its settings be read is said too. 0, or -1: no answer. */
int	redis_shard_check(struct redis *r, int replicas, struct buf *out,
	    struct err *err);

/* Has every node write its append-only file and its dump (a replica keeps
 * one of its last full copy) anew, once what this connection wrote is on all
 * of them. -1: not begun everywhere, to be tried again. */
int	redis_shard_rewrite(struct redis *r, int replicas, struct err *err);
/* Whether that is finished: 0 yes, 1 not yet, -1 it failed somewhere. */
int	redis_shard_rewritten(struct redis *r, int replicas,
	    struct err *err);

#endif
