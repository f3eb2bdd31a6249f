/*
 * A batch: what one commit of the writer appends to the journal. Its events
 * part (the truth) and its content part (erasable rows, dropped rows, rows
 * derived from content) travel apart, so that the second can be deleted when
 * every node has it while the first stays.
 *
 * On the wire each part is one blob: a letter, a version, numbers big-endian,
 * everything with its length before it, and the first 8 bytes of the
 * SHA-256 of what stands before at its end. Chains are not sent but computed
 * from the bytes. The decoder believes nothing.
 */
#ifndef STORAGE_BATCH_H
#define STORAGE_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/crypto.h"
#include "storage/base/err.h"
#include "storage/derived.h"

struct mark {
	uint64_t	epoch;
	uint64_t	seq;		/* of the last event */
	struct hash	chain;
};

struct batch_event {
	uint64_t	 seq;
	int64_t		 time;
	const char	*kind;
	char		*bytes;		/* owned by the batch */
	size_t		 len;
	struct hash	 chain;
};

/* A content row that goes with the batch. len 0 with bytes NULL: dropped
 * (erasure); field NULL then means every field of ref. */
struct batch_content {
	char		*ref, *field;	/* owned by the batch */
	unsigned char	 salt[32];
	char		*bytes;		/* owned by the batch */
	size_t		 len;
};

struct batch {
	struct mark		 on;	/* what it was decided on */
	struct batch_event	*events;
	size_t			 nevents, events_cap;
	struct batch_content	*content;
	size_t			 ncontent, content_cap;
	struct derived		*derived;	/* where nodes follow */
	size_t			 nderived, derived_cap;
};

/* Frees what the batch owns but its arrays, which can be used again. */
void	batch_clear(struct batch *b);
/* The same and the arrays too. */
void	batch_free(struct batch *b);
/* The mark after its last event; on itself where there is none. */
void	batch_end(const struct batch *b, struct mark *out);

/* Each adds its part to out; -1 where memory ran out or the batch cannot be
 * told (a text longer than the format takes). A batch without content and
 * derived rows has a content part all the same, a short one. */
int	batch_encode_events(const struct batch *b, struct buf *out,
	    struct err *err);
int	batch_encode_content(const struct batch *b, struct buf *out,
	    struct err *err);

/* Fills a batch that batch_free() has emptied or that is all zero; on -1 it
 * is emptied again. Events: on, sequence, chain, all of it; a kind that this
 * program does not know is an error that says so. */
int	batch_decode_events(struct batch *b, const void *p, size_t len,
	    struct err *err);
/* Adds the content part to it. Derived rows of a kind that this program does
 * not know are left out: their absence is always legal. */
int	batch_decode_content(struct batch *b, const void *p, size_t len,
	    struct err *err);

#endif
