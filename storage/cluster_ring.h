/*
 * Recent batches as they were confirmed, bounded by number and bytes, so that
 * a node can append again what the stream lost. Any thread.
 */
#ifndef STORAGE_CLUSTER_RING_H
#define STORAGE_CLUSTER_RING_H

#include "storage/base/buf.h"
#include "storage/batch.h"

struct cluster_ring;

int	cluster_ring_new(struct cluster_ring **out, struct err *err);
void	cluster_ring_free(struct cluster_ring **ring);
/* Adds a batch and takes what it erased out of the others. A batch that does
 * not follow the last empties the ring first. */
void	cluster_ring_add(struct cluster_ring *ring, const struct batch *b);
/* The batch right behind `after`, encoded: 0; 1 it is not there. */
int	cluster_ring_get(struct cluster_ring *ring, uint64_t after,
	    struct buf *out);
/* The same form read back into an empty batch. */
int	cluster_ring_decode(struct batch *b, const void *p, size_t len,
	    struct err *err);

#endif
