/*
 * The append-only Merkle tree of RFC 6962 over SHA-256, and the arithmetic
 * of its tiles (c2sp.org/tlog-tiles).
 *
 * A tree is known by its frontier: the roots of its perfect subtrees, one
 * for each set bit of its size, largest first. That is enough to append and
 * to say the root. Proofs are generated from stored hashes, asked for one at
 * a time through a callback, so that no caller rescans leaves; they are
 * verified from nothing but the proof itself.
 */
#ifndef STORAGE_BASE_MERKLE_H
#define STORAGE_BASE_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/crypto.h"

#define MERKLE_PROOF_MAX	64
#define MERKLE_TILE_WIDTH	256
#define MERKLE_SIZE_MAX		((uint64_t)INT64_MAX)

struct merkle {
	uint64_t	size;
	struct hash	node[MERKLE_PROOF_MAX];	/* popcount(size) are valid */
};

struct merkle_proof {
	size_t		n;
	struct hash	hash[MERKLE_PROOF_MAX];
};

/* SHA-256(0x00 || entry), SHA-256(0x01 || left || right). out may be an
 * input. */
void	merkle_leaf_hash(struct hash *out, const void *entry, size_t len);
void	merkle_node_hash(struct hash *out, const struct hash *left,
	    const struct hash *right);

void	merkle_init(struct merkle *m);		/* the empty tree */
/* Appends a leaf hash. Each perfect subtree that it completes is told to
 * done (which may be NULL), smallest first: level 0 is the leaf itself, level
 * l index i covers leaves [i << l, (i + 1) << l). Those are the hashes to
 * store: levels 0, 8, 16... for tiles, all of them for proofs. */
void	merkle_append(struct merkle *m, const struct hash *leaf,
	    void (*done)(void *arg, unsigned int level, uint64_t index,
	    const struct hash *h), void *arg);
/* The root; of the empty tree SHA-256(""). */
void	merkle_root(const struct merkle *m, struct hash *root);

/* RFC 9162 2.1.3.2 and 2.1.4.2. A proof longer or shorter than needed fails.
 * From size 0 everything is consistent, by the empty proof. */
bool	merkle_verify_inclusion(uint64_t index, uint64_t size,
	    const struct hash *leaf, const struct merkle_proof *proof,
	    const struct hash *root);
bool	merkle_verify_consistency(uint64_t old_size, uint64_t size,
	    const struct hash *old_root, const struct hash *root,
	    const struct merkle_proof *proof);

/* Gives the hash of the perfect subtree (level, index) of the tree in hand,
 * as told to `done` above; 0, or -1 where it cannot. */
typedef int	merkle_reader(void *arg, unsigned int level, uint64_t index,
		    struct hash *h);

/* Where only tiles are stored: a merkle_reader for any level made of one that
 * gives level-0, 8, 16... hashes (arg points to a struct merkle_tiles). Folds
 * at most 255 hashes, all from the same tile. */
struct merkle_tiles {
	merkle_reader	*read;		/* asked only for levels 0, 8, 16... */
	void		*arg;
};
int	merkle_tiles_read(void *tiles, unsigned int level, uint64_t index,
	    struct hash *h);

/* The root of the first `size` leaves; the frontier of that tree; the
 * inclusion proof of leaf index in it; the consistency proof from old_size
 * to size. -1 where the reader failed or the numbers are out of order
 * (index >= size, old_size > size). */
int	merkle_read_root(uint64_t size, merkle_reader *read, void *arg,
	    struct hash *root);
int	merkle_read_frontier(uint64_t size, merkle_reader *read, void *arg,
	    struct merkle *m);
int	merkle_prove_inclusion(uint64_t index, uint64_t size,
	    merkle_reader *read, void *arg, struct merkle_proof *proof);
int	merkle_prove_consistency(uint64_t old_size, uint64_t size,
	    merkle_reader *read, void *arg, struct merkle_proof *proof);

/* A tile as named by a URL: level 0..63 or MERKLE_ENTRIES for an entry
 * bundle, number, width 1..256. Hash i of tile (l, n) is the perfect subtree
 * at level 8 * l, index 256 * n + i. */
#define MERKLE_ENTRIES	(-1)
struct merkle_tile {
	int		level;
	uint64_t	number;
	unsigned int	width;
};

/* What a tree of this size holds of tile (level, number): 0 (none) to 256. */
unsigned int	merkle_tile_width(uint64_t size, int level, uint64_t number);

/* "tile/0/x001/x234/067", "tile/entries/000.p/17": NUL-terminated. */
#define MERKLE_PATH_MAX	64
void	merkle_tile_path(const struct merkle_tile *t,
	    char out[MERKLE_PATH_MAX]);
/* The reverse, strictly: 0, or -1 for whatever merkle_tile_path would not
 * have written ("tile/00/...", ".p/0", ".p/256", "x000/000", two-digit
 * groups). Whether the tree is that large is merkle_tile_width's to say: a
 * tile exists where t->width <= merkle_tile_width(...). */
int	merkle_tile_parse(struct merkle_tile *t, const char *path, size_t len);

#endif
