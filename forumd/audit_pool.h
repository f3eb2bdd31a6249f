/*
 * Entry bundles with their level-0 hash tiles, fetched ahead: a few threads,
 * each with a connection of its own, so that a distant forum costs its
 * bandwidth and not a round trip an answer. Pieces come out in order.
 */
#ifndef FORUMD_AUDIT_POOL_H
#define FORUMD_AUDIT_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/err.h"
#include "storage/base/fetch.h"
#include "storage/base/merkle.h"

#define AUDIT_TIMEOUT_MS	30000

struct audit_pool;

struct audit_piece {
	struct buf	bundle, tile;
	bool		cut;		/* the bundle is a longer one */
	bool		failed;
	struct err	err;
};

/* Reads a tile or bundle below base ("http://host/ledger"); for a partial one
 * that is gone the full one, *cut. Hash tiles have the right length. */
int	audit_tile_get(struct fetch *f, const char *base,
	    const struct merkle_tile *t, struct buf *out, bool *cut,
	    struct err *err);

/* Begins to fetch tiles first..last of a tree of this size. NULL: no memory
 * or threads. base must outlive the pool. */
struct audit_pool *audit_pool_start(const char *base, uint64_t size,
	    uint64_t first, uint64_t last);
/* The next piece, in order, and giving it back: one release for each. */
struct audit_piece *audit_pool_next(struct audit_pool *p);
void	audit_pool_release(struct audit_pool *p);
/* Stops the threads, fetched or not. */
void	audit_pool_stop(struct audit_pool **p);

#endif
