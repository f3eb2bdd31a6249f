/*
 * Between sequencer_redis.c (the scripts, which write) and
 * sequencer_redis_read.c.
 */
#ifndef STORAGE_SEQUENCER_REDIS_INT_H
#define STORAGE_SEQUENCER_REDIS_INT_H

#include "storage/sequencer_redis.h"

struct sequencer_redis {
	struct sequencer	 s;
	struct redis		*r;		/* borrowed */
	char			*journal_id, *node;	/* owned, as below */
	char			*head, *lease, *journal, *confirmed, *nodes;
	char			*content;	/* what a sequence is put to */
	int			 replicas, wait_ms;
};

#define SEQUENCER_CHAIN	(HASH_LEN * 2 + 1)	/* a hash in hex */

void	sequencer_redis_hex(char out[SEQUENCER_CHAIN], const struct hash *h);
/* A chain hash from its hex in a reply: 0, or -1. */
int	sequencer_redis_chain(const struct redis_reply *reply,
	    struct hash *out);
/* The reply is not what it must be. */
int	sequencer_redis_odd(struct err *err);

/* The vtable's reading half. */
int	sequencer_redis_head(struct sequencer *s, struct mark *out,
	    struct err *err);
int	sequencer_redis_read(struct sequencer *s, uint64_t after, size_t max,
	    int (*each)(void *arg, const struct batch_event *e), void *arg,
	    struct err *err);
/* Removes the content keys of all batches. */
int	sequencer_redis_sweep(struct sequencer_redis *q, struct err *err);

#endif
