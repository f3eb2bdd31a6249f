/*
 * The public record as a projection: leaves, Merkle tiles, signed heads
 * (RFC 6962, c2sp.org tlog-tiles and tlog-checkpoint; the leaf format
 * is in event.c).
 *
 * The writer owns the one struct ledger that appends and signs. What it adds
 * during a batch is a working copy: ledger_keep() after COMMIT makes it the
 * committed one, ledger_drop() forgets it. Readers need no struct ledger:
 * ledger_read_* answer from any read connection.
 *
 * The record is one sequence of entries, numbered through. Where it had to
 * begin anew (restart.h) they lie in several logs: trees of their own, each
 * signed under its own origin, whose index 0 is the entry numbered start.
 */
#ifndef STORAGE_LEDGER_H
#define STORAGE_LEDGER_H

#include "storage/base/buf.h"
#include "storage/base/merkle.h"
#include "storage/base/note.h"
#include "storage/db.h"

struct ledger;

struct ledger_log {
	uint64_t	start;
	char		origin[NOTE_NAME_MAX + 1];
};

/* A leaf to be added. */
struct ledger_leaf {
	uint64_t	 seq;
	const char	*kind;
	int64_t		 thread, comment;	/* 0: about none */
	int64_t		 time;
	const char	*bytes;
	size_t		 len;
};

struct ledger_key {
	unsigned char	seed[KEY_SEED_LEN];
	struct note_key	verify;
};

/* Opens the newest log. Recomputes the right edge from the stored leaves and
 * compares it with the last signed head; a mismatch fails, saying what is
 * wrong.
 * retiring is a second key that signs too, or NULL. */
int		 ledger_open(struct ledger **out, struct db *db,
		    const struct ledger_key *key,
		    const struct ledger_key *retiring, struct err *err);
void		 ledger_close(struct ledger **l);

/* The number the next leaf gets, working copy included. */
uint64_t	 ledger_size(const struct ledger *l);
const char	*ledger_origin(const struct ledger *l);
/* Begins the next log: the next leaf is its first. */
int		 ledger_restart(struct ledger *l, const char *origin,
		    struct err *err);
/* Other keys from now on; retiring may be NULL. */
void		 ledger_sign_with(struct ledger *l,
		    const struct ledger_key *key,
		    const struct ledger_key *retiring);
/* Adds a leaf: its row, its hashes, the tiles that it completes. */
int		 ledger_add(struct ledger *l, const struct ledger_leaf *leaf,
		    struct err *err);
/* Ends a batch: right-edge tiles and one signed head where the
 * tree has grown. Without a key (rebuild) none is signed. given is the note
 * that another node signed for this batch, or NULL: a note for another tree
 * fails. */
int		 ledger_seal(struct ledger *l, int64_t now, const char *given,
		    struct err *err);
/* The note that the last seal stored; empty where the tree had not grown. */
const struct buf *ledger_note(const struct ledger *l);
/* Microseconds spent in the two above, for /metrics. */
uint64_t	 ledger_us(const struct ledger *l);
void		 ledger_keep(struct ledger *l);
void		 ledger_drop(struct ledger *l);

/* The key file beside the database: made at first start, mode 0600. origin
 * becomes the key's name. */
int		 ledger_key_load(struct ledger_key *key, const char *path,
		    const char *origin, bool create, struct err *err);

/* Reading, from any connection (ledger_read.c). */
#define LEDGER_NEWEST	INT64_MAX
/* The log that has or would have the entry of this number; 1: there is no
 * origin yet, -1 failed. */
int		 ledger_read_log(struct db *db, uint64_t number,
		    struct ledger_log *out, struct err *err);
/* The newest signed head, or (at_least > 0) the oldest of at least that
 * size. 0 found, 1 none, -1 failed. note is cleared first. */
int		 ledger_read_head(struct db *db, const char *origin,
		    uint64_t at_least, uint64_t *size, struct buf *note,
		    struct err *err);
/* The bytes of a tile or entry bundle of the log that begins at start, as a
 * URL names it; ERR_NOT_FOUND for what a head of this size does not cover. */
int		 ledger_read_tile(struct db *db, uint64_t start, uint64_t size,
		    const struct merkle_tile *t, struct buf *out,
		    struct err *err);
/* A leaf's bytes. */
int		 ledger_read_leaf(struct db *db, uint64_t number,
		    struct buf *out, struct err *err);
/* A receipt (c2sp.org/tlog-proof@v1) under the head of the commit that
 * brought the leaf. */
int		 ledger_read_proof(struct db *db, uint64_t number,
		    struct buf *out, struct err *err);
/* The right edge of a log's tree at this size. */
int		 ledger_read_frontier(struct db *db, uint64_t start,
		    uint64_t size, struct merkle *out, struct err *err);

#endif
