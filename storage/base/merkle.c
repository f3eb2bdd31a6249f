/*
 * The Merkle tree of RFC 6962 and its tiles: see merkle.h.
 *
 * Everything here is arithmetic on sizes and indices; nothing allocates and
 * nothing is kept. The one fact used throughout: a tree of n leaves is the
 * fold, from the right, of one perfect subtree for each set bit of n.
 *
 * Proof generation walks the definitions of RFC 6962 2.1.1 and 2.1.2 down
 * from the root, always splitting at the largest power of two strictly below
 * the size, and asks for each side tree's perfect subtrees.
 */
#include <stdio.h>
#include <string.h>

#include "storage/base/merkle.h"

void
merkle_leaf_hash(struct hash *out, const void *entry, size_t len)
{
	struct crypto_part	parts[2] = { { "\0", 1 }, { entry, len } };

	crypto_sha256_parts(out, parts, 2);
}

void
merkle_node_hash(struct hash *out, const struct hash *left,
    const struct hash *right)
{
	unsigned char	b[1 + 2 * HASH_LEN];

	b[0] = 1;
	memcpy(b + 1, left->b, HASH_LEN);
	memcpy(b + 1 + HASH_LEN, right->b, HASH_LEN);
	crypto_sha256(out, b, sizeof(b));
}

void
merkle_init(struct merkle *m)
{
	m->size = 0;
}

static unsigned int
merkle_count(uint64_t size)
{
	return ((unsigned int)__builtin_popcountll(size));
}

void
merkle_append(struct merkle *m, const struct hash *leaf,
    void (*done)(void *arg, unsigned int level, uint64_t index,
    const struct hash *h), void *arg)
{
	unsigned int	n = merkle_count(m->size), level = 0;
	uint64_t	rest;
	struct hash	h = *leaf;

	if (done != NULL)
		done(arg, 0, m->size, &h);
	for (rest = m->size; rest & 1; rest >>= 1) {
		merkle_node_hash(&h, &m->node[--n], &h);
		level++;
		if (done != NULL)
			done(arg, level, rest >> 1, &h);
	}
	m->node[n] = h;
	m->size++;
}

void
merkle_root(const struct merkle *m, struct hash *root)
{
	unsigned int	n = merkle_count(m->size);

	if (n == 0) {
		crypto_sha256(root, "", 0);
		return;
	}
	*root = m->node[--n];
	while (n > 0)
		merkle_node_hash(root, &m->node[--n], root);
}

bool
merkle_verify_inclusion(uint64_t index, uint64_t size,
    const struct hash *leaf, const struct merkle_proof *proof,
    const struct hash *root)
{
	uint64_t	fn = index, sn = size - 1;
	struct hash	r = *leaf;
	size_t		i;

	if (index >= size || proof->n > MERKLE_PROOF_MAX)
		return (false);
	for (i = 0; i < proof->n; i++) {
		if (sn == 0)
			return (false);
		if ((fn & 1) || fn == sn) {
			merkle_node_hash(&r, &proof->hash[i], &r);
			while (!(fn & 1) && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else
			merkle_node_hash(&r, &r, &proof->hash[i]);
		fn >>= 1;
		sn >>= 1;
	}
	return (sn == 0 && memcmp(r.b, root->b, HASH_LEN) == 0);
}

/* The walk proper: old_size < size, old_size > 0, proof not empty. */
static bool
merkle_consistency_walk(uint64_t old_size, uint64_t size,
    const struct hash *old_root, const struct hash *root,
    const struct merkle_proof *proof)
{
	bool		pow2 = (old_size & (old_size - 1)) == 0;
	uint64_t	fn = old_size - 1, sn = size - 1;
	struct hash	fr, sr;
	size_t		i;

	while (fn & 1) {
		fn >>= 1;
		sn >>= 1;
	}
	fr = sr = pow2 ? *old_root : proof->hash[0];
	for (i = pow2 ? 0 : 1; i < proof->n; i++) {
		if (sn == 0)
			return (false);
		if ((fn & 1) || fn == sn) {
			merkle_node_hash(&fr, &proof->hash[i], &fr);
			merkle_node_hash(&sr, &proof->hash[i], &sr);
			while (!(fn & 1) && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else
			merkle_node_hash(&sr, &sr, &proof->hash[i]);
		fn >>= 1;
		sn >>= 1;
	}
	return (sn == 0 && memcmp(fr.b, old_root->b, HASH_LEN) == 0 &&
	    memcmp(sr.b, root->b, HASH_LEN) == 0);
}

bool
merkle_verify_consistency(uint64_t old_size, uint64_t size,
    const struct hash *old_root, const struct hash *root,
    const struct merkle_proof *proof)
{
	struct hash	empty;

	if (old_size > size || proof->n > MERKLE_PROOF_MAX)
		return (false);
	if (old_size == size)
		return (proof->n == 0 &&
		    memcmp(old_root->b, root->b, HASH_LEN) == 0);
	if (old_size == 0) {
		crypto_sha256(&empty, "", 0);
		return (proof->n == 0 &&
		    memcmp(old_root->b, empty.b, HASH_LEN) == 0);
	}
	return (proof->n > 0 &&
	    merkle_consistency_walk(old_size, size, old_root, root, proof));
}

int
merkle_tiles_read(void *tiles, unsigned int level, uint64_t index,
    struct hash *h)
{
	struct merkle_tiles	*t = tiles;
	struct merkle		 m;
	struct hash		 part;
	unsigned int		 base = level / 8 * 8, up = level - base;
	uint64_t		 i;

	if (up == 0)
		return (t->read(t->arg, level, index, h));
	merkle_init(&m);
	for (i = index << up; i < (index + 1) << up; i++) {
		if (t->read(t->arg, base, i, &part) != 0)
			return (-1);
		merkle_append(&m, &part, NULL, NULL);
	}
	*h = m.node[0];
	return (0);
}

/* The frontier of leaves [begin, begin + n), where begin is a multiple of a
 * power of two not below n: so each perfect subtree lies at an index. */
static int
merkle_read_range(uint64_t begin, uint64_t n, merkle_reader *read, void *arg,
    struct merkle *m)
{
	unsigned int	level, k = 0;

	if (begin + n < begin || begin + n > MERKLE_SIZE_MAX)
		return (-1);
	m->size = n;
	for (level = 63; level-- > 0; ) {
		if (!(n >> level & 1))
			continue;
		if (read(arg, level, begin >> level, &m->node[k++]) != 0)
			return (-1);
		begin += (uint64_t)1 << level;
	}
	return (0);
}

int
merkle_read_frontier(uint64_t size, merkle_reader *read, void *arg,
    struct merkle *m)
{
	return (merkle_read_range(0, size, read, arg, m));
}

int
merkle_read_root(uint64_t size, merkle_reader *read, void *arg,
    struct hash *root)
{
	struct merkle	m;

	if (merkle_read_range(0, size, read, arg, &m) != 0)
		return (-1);
	merkle_root(&m, root);
	return (0);
}

/* Puts MTH(D[begin : begin + n]) in front of the proof's hashes: the walk
 * goes down from the root, a proof reads up from the leaf. */
static int
merkle_prove_push(uint64_t begin, uint64_t n, merkle_reader *read, void *arg,
    struct merkle_proof *proof)
{
	struct merkle	m;

	if (proof->n == MERKLE_PROOF_MAX ||
	    merkle_read_range(begin, n, read, arg, &m) != 0)
		return (-1);
	memmove(proof->hash + 1, proof->hash, proof->n * sizeof(struct hash));
	merkle_root(&m, &proof->hash[0]);
	proof->n++;
	return (0);
}

/* The largest power of two strictly below n, for n > 1. */
static uint64_t
merkle_split(uint64_t n)
{
	return ((uint64_t)1 << (63 - __builtin_clzll(n - 1)));
}

int
merkle_prove_inclusion(uint64_t index, uint64_t size, merkle_reader *read,
    void *arg, struct merkle_proof *proof)
{
	uint64_t	begin = 0, n = size, k;
	int		r;

	proof->n = 0;
	if (index >= size || size > MERKLE_SIZE_MAX)
		return (-1);
	while (n > 1) {
		k = merkle_split(n);
		if (index - begin < k) {
			r = merkle_prove_push(begin + k, n - k, read, arg,
			    proof);
			n = k;
		} else {
			r = merkle_prove_push(begin, k, read, arg, proof);
			begin += k;
			n -= k;
		}
		if (r != 0)
			return (-1);
	}
	return (0);
}

int
merkle_prove_consistency(uint64_t old_size, uint64_t size,
    merkle_reader *read, void *arg, struct merkle_proof *proof)
{
	uint64_t	begin = 0, m = old_size, n = size, k;
	int		r;

	proof->n = 0;
	if (old_size > size || size > MERKLE_SIZE_MAX)
		return (-1);
	if (old_size == 0)
		return (0);
	while (m != n) {
		k = merkle_split(n);
		if (m <= k) {
			r = merkle_prove_push(begin + k, n - k, read, arg,
			    proof);
			n = k;
		} else {
			r = merkle_prove_push(begin, k, read, arg, proof);
			begin += k;
			m -= k;
			n -= k;
		}
		if (r != 0)
			return (-1);
	}
	if (begin == 0)		/* the old tree itself: its root is known */
		return (0);
	return (merkle_prove_push(begin, n, read, arg, proof));
}

unsigned int
merkle_tile_width(uint64_t size, int level, uint64_t number)
{
	unsigned int	shift = level > 0 ? 8 * (unsigned int)level : 0;
	uint64_t	n;

	if (shift >= 64 || number > MERKLE_SIZE_MAX / MERKLE_TILE_WIDTH)
		return (0);
	n = size >> shift;
	number *= MERKLE_TILE_WIDTH;
	if (n <= number)
		return (0);
	return (n - number < MERKLE_TILE_WIDTH ?
	    (unsigned int)(n - number) : MERKLE_TILE_WIDTH);
}

void
merkle_tile_path(const struct merkle_tile *t, char out[MERKLE_PATH_MAX])
{
	char		level[8] = "entries", part[8];
	uint64_t	div = 1;
	size_t		len;

	if (t->level != MERKLE_ENTRIES)
		snprintf(level, sizeof(level), "%d", t->level & 63);
	len = (size_t)snprintf(out, MERKLE_PATH_MAX, "tile/%s/", level);
	while (t->number / div >= 1000)
		div *= 1000;
	for (; div > 0; div /= 1000)
		len += (size_t)snprintf(out + len, MERKLE_PATH_MAX - len,
		    "%s%03u%s", div > 1 ? "x" : "",
		    (unsigned int)(t->number / div % 1000),
		    div > 1 ? "/" : "");
	if (t->width < MERKLE_TILE_WIDTH) {
		snprintf(part, sizeof(part), ".p/%u", t->width & 255);
		memcpy(out + len, part, strlen(part) + 1);
	}
}

/* A decimal of at most three digits without leading zeroes at *p, moved past
 * it; -1 where there is none. */
static int
merkle_tile_decimal(const char **p, const char *end)
{
	const char	*s = *p;
	int		 v = 0;

	while (*p < end && **p >= '0' && **p <= '9' && *p - s < 4)
		v = v * 10 + (*(*p)++ - '0');
	if (*p == s || *p - s > 3 || (*s == '0' && *p - s > 1))
		return (-1);
	return (v);
}

/* One group of exactly three digits. */
static int
merkle_tile_group(const char **p, const char *end)
{
	int	v = 0, i;

	if (end - *p < 3)
		return (-1);
	for (i = 0; i < 3; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return (-1);
		v = v * 10 + (**p - '0');
	}
	return (v);
}

static int
merkle_tile_number(struct merkle_tile *t, const char **p, const char *end)
{
	bool	first = true, more;
	int	v;

	t->number = 0;
	for (;; first = false) {
		more = *p < end && **p == 'x';
		if (more)
			(*p)++;
		v = merkle_tile_group(p, end);
		if (v < 0 || (first && more && v == 0) ||
		    t->number > (MERKLE_SIZE_MAX - 999) / 1000)
			return (-1);
		t->number = t->number * 1000 + (uint64_t)v;
		if (!more)
			return (0);
		if (*p == end || *(*p)++ != '/')
			return (-1);
	}
}

int
merkle_tile_parse(struct merkle_tile *t, const char *path, size_t len)
{
	const char	*p = path, *end = path + len;
	int		 v;

	if (len < 5 || memcmp(p, "tile/", 5) != 0)
		return (-1);
	p += 5;
	if (end - p >= 7 && memcmp(p, "entries", 7) == 0) {
		t->level = MERKLE_ENTRIES;
		p += 7;
	} else {
		t->level = merkle_tile_decimal(&p, end);
		if (t->level < 0 || t->level > 63)
			return (-1);
	}
	if (p == end || *p++ != '/' || merkle_tile_number(t, &p, end) != 0)
		return (-1);
	t->width = MERKLE_TILE_WIDTH;
	if (p == end)
		return (0);
	if (end - p < 4 || memcmp(p, ".p/", 3) != 0)
		return (-1);
	p += 3;
	v = merkle_tile_decimal(&p, end);
	if (v < 1 || v >= MERKLE_TILE_WIDTH || p != end)
		return (-1);
	t->width = (unsigned int)v;
	return (0);
}
