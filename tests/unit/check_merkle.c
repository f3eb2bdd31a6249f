/*
 * The Merkle tree and its tiles: the published vectors of RFC 6962 trees,
 * every proof of every small tree made from stored hashes and verified, what
 * a verifier must refuse, and the arithmetic of tile paths. The shared
 * vectors (FORUMD_SHARED, default ../shared) are checked where present.
 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/merkle.h"

#define LEAVES	300u		/* crosses the first tile's edge */

static struct hash	kept[10][LEAVES];	/* by level and index */
static struct hash	roots[LEAVES + 1];

static struct hash
hash_of(const char *hex)
{
	struct hash	h;

	ck_assert_int_eq(crypto_hex_decode(h.b, hex, strlen(hex)), HASH_LEN);
	return (h);
}

static bool
same(const struct hash *a, const struct hash *b)
{
	return (memcmp(a->b, b->b, HASH_LEN) == 0);
}

static void
keep(void *arg, unsigned int level, uint64_t index, const struct hash *h)
{
	(void)arg;
	kept[level][index] = *h;
}

static int
read_kept(void *arg, unsigned int level, uint64_t index, struct hash *h)
{
	(void)arg;
	if (level >= 10 || index >= LEAVES >> level)
		return (-1);
	*h = kept[level][index];
	return (0);
}

static int
read_tiles_only(void *arg, unsigned int level, uint64_t index, struct hash *h)
{
	return (level % 8 == 0 ? read_kept(arg, level, index, h) : -1);
}

/* Entry i is the decimal of i, as in the shared vectors. */
static void
grow(void)
{
	struct merkle	m;
	struct hash	h;
	char		s[24];
	uint64_t	i;

	merkle_init(&m);
	merkle_root(&m, &roots[0]);
	for (i = 0; i < LEAVES; i++) {
		merkle_leaf_hash(&h, s, (size_t)snprintf(s, sizeof(s), "%llu",
		    (unsigned long long)i));
		merkle_append(&m, &h, keep, NULL);
		merkle_root(&m, &roots[i + 1]);
	}
}

START_TEST(append_published_inputs_published_roots)
{
	static const char *const	in[8] = { "", "00", "10", "2021", "3031",
	    "40414243", "5051525354555657",
	    "606162636465666768696a6b6c6d6e6f" };
	static const char *const	out[9] = {
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	};
	unsigned char			raw[16];
	struct merkle			m;
	struct hash			h, want;
	size_t				i;

	merkle_init(&m);
	for (i = 0; i <= 8; i++) {
		want = hash_of(out[i]);
		merkle_root(&m, &h);
		ck_assert(same(&h, &want));
		if (i == 8)
			break;
		merkle_leaf_hash(&h, raw, (size_t)crypto_hex_decode(raw,
		    in[i], strlen(in[i])));
		merkle_append(&m, &h, NULL, NULL);
	}
}
END_TEST

START_TEST(hash_published_leaf_and_node)
{
	struct hash	h, l, r, want;

	merkle_leaf_hash(&h, "L123456", 7);
	want = hash_of("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad5476"
	    "39252b4d56");
	ck_assert(same(&h, &want));
	crypto_sha256(&l, "", 0);
	r = l;
	merkle_node_hash(&h, &l, &r);
	merkle_node_hash(&l, &l, &r);	/* out may be an input */
	ck_assert(same(&h, &l));
}
END_TEST

START_TEST(append_decimal_entries_known_roots)
{
	static const struct { uint64_t n; const char *root; } t[] = {
	    { 255, "32f85bcaa87d7bcd05728f09e9aeba350ba6a2f733830087f059768284"
	      "8be5cb" },
	    { 256, "828515d033c19d8c901f37eccb8aed919667703486f8d2fff1cf704032"
	      "1c5db1" },
	    { 257, "1eda049a4351d86f76252bd7ec0b7746ad75b7fa0316ad5f541dbda458"
	      "a312c4" },
	    { 70000, "1a4cdfcb66374a0c0dcbef49acbd4976d13ee864fb3cb241fc943cad"
	      "04f02f7e" },
	};
	struct merkle	m;
	struct hash	h, want;
	char		s[24];
	size_t		i;

	merkle_init(&m);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		while (m.size < t[i].n) {
			merkle_leaf_hash(&h, s, (size_t)snprintf(s, sizeof(s),
			    "%llu", (unsigned long long)m.size));
			merkle_append(&m, &h, NULL, NULL);
		}
		merkle_root(&m, &h);
		want = hash_of(t[i].root);
		ck_assert(same(&h, &want));
	}
}
END_TEST

START_TEST(prove_inclusion_every_small_tree_verifies)
{
	struct merkle_tiles	tiles = { read_tiles_only, NULL };
	struct merkle_proof	p, q;
	uint64_t		i, n;

	grow();
	for (n = 1; n <= LEAVES; n += n < 40 ? 1 : 13) {
		for (i = 0; i < n; i++) {
			ck_assert_int_eq(merkle_prove_inclusion(i, n,
			    read_kept, NULL, &p), 0);
			ck_assert(merkle_verify_inclusion(i, n, &kept[0][i],
			    &p, &roots[n]));
			ck_assert(!merkle_verify_inclusion(i ^ 1, n,
			    &kept[0][i], &p, &roots[n]) || n == 1);
			ck_assert_int_eq(merkle_prove_inclusion(i, n,
			    merkle_tiles_read, &tiles, &q), 0);
			ck_assert_uint_eq(p.n, q.n);
			ck_assert_mem_eq(p.hash, q.hash,
			    p.n * sizeof(p.hash[0]));
			p.hash[p.n++] = roots[0];
			ck_assert(!merkle_verify_inclusion(i, n, &kept[0][i],
			    &p, &roots[n]));
			if (p.n < 2)
				continue;
			p.n -= 2;
			ck_assert(!merkle_verify_inclusion(i, n, &kept[0][i],
			    &p, &roots[n]));
		}
	}
	ck_assert_int_eq(merkle_prove_inclusion(5, 5, read_kept, NULL, &p),
	    -1);
	ck_assert(!merkle_verify_inclusion(0, 0, &kept[0][0], &p, &roots[0]));
	/* the right hashes for a tree of another height */
	ck_assert_int_eq(merkle_prove_inclusion(0, 2, read_kept, NULL, &p), 0);
	ck_assert(!merkle_verify_inclusion(0, 3, &kept[0][0], &p, &roots[2]));
}
END_TEST

START_TEST(prove_consistency_every_small_tree_verifies)
{
	struct merkle_proof	p;
	uint64_t		m, n;

	grow();
	for (n = 0; n <= LEAVES; n += n < 40 ? 1 : 13) {
		for (m = 0; m <= n; m++) {
			ck_assert_int_eq(merkle_prove_consistency(m, n,
			    read_kept, NULL, &p), 0);
			ck_assert(merkle_verify_consistency(m, n, &roots[m],
			    &roots[n], &p));
			if (m == 0 || m == n) {
				ck_assert_uint_eq(p.n, 0);
				continue;
			}
			ck_assert(!merkle_verify_consistency(m, n, &roots[n],
			    &roots[n], &p));
			ck_assert(!merkle_verify_consistency(m, n, &roots[m],
			    &roots[m], &p));
			p.hash[p.n - 1].b[7] ^= 1;
			ck_assert(!merkle_verify_consistency(m, n, &roots[m],
			    &roots[n], &p));
			p.hash[p.n - 1].b[7] ^= 1;
			p.hash[p.n++] = roots[0];
			ck_assert(!merkle_verify_consistency(m, n, &roots[m],
			    &roots[n], &p));
			p.n -= 2;
			ck_assert(!merkle_verify_consistency(m, n, &roots[m],
			    &roots[n], &p));
		}
	}
	ck_assert_int_eq(merkle_prove_consistency(6, 5, read_kept, NULL, &p),
	    -1);
	p.n = 0;
	ck_assert(!merkle_verify_consistency(6, 5, &roots[6], &roots[5], &p));
	ck_assert(!merkle_verify_consistency(0, 5, &roots[1], &roots[5], &p));
	p.n = 1;
	ck_assert(!merkle_verify_consistency(0, 5, &roots[0], &roots[5], &p));
	ck_assert_int_eq(merkle_prove_consistency(1, 2, read_kept, NULL, &p),
	    0);
	ck_assert(!merkle_verify_consistency(1, 3, &roots[1], &roots[2], &p));
}
END_TEST

START_TEST(readFrontier_grownTree_goesOn)
{
	struct merkle	m;
	struct hash	h;

	grow();
	ck_assert_int_eq(merkle_read_frontier(299, read_kept, NULL, &m), 0);
	merkle_root(&m, &h);
	ck_assert(same(&h, &roots[299]));
	ck_assert_int_eq(merkle_read_root(256, read_kept, NULL, &h), 0);
	ck_assert(same(&h, &roots[256]));
	merkle_append(&m, &kept[0][299], NULL, NULL);
	merkle_root(&m, &h);
	ck_assert(same(&h, &roots[300]));
}
END_TEST

START_TEST(tile_path_specified_numbers_round_trip)
{
	static const struct { int level; uint64_t n; unsigned int w;
	    const char *path; } t[] = {
	    { 0, 0, 256, "tile/0/000" }, { 0, 255, 256, "tile/0/255" },
	    { 1, 455667, 256, "tile/1/x455/667" },
	    { MERKLE_ENTRIES, 1234067, 256, "tile/entries/x001/x234/067" },
	    { 63, 123456789, 17, "tile/63/x123/x456/789.p/17" },
	    { 2, 1000, 1, "tile/2/x001/000.p/1" },
	    { 0, 999999999999999999, 255,
	      "tile/0/x999/x999/x999/x999/x999/999.p/255" },
	};
	struct merkle_tile	tile;
	char			path[MERKLE_PATH_MAX];
	size_t			i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		tile = (struct merkle_tile){ t[i].level, t[i].n, t[i].w };
		merkle_tile_path(&tile, path);
		ck_assert_str_eq(path, t[i].path);
		memset(&tile, 0, sizeof(tile));
		ck_assert_int_eq(merkle_tile_parse(&tile, path, strlen(path)),
		    0);
		ck_assert_int_eq(tile.level, t[i].level);
		ck_assert_uint_eq(tile.number, t[i].n);
		ck_assert_uint_eq(tile.width, t[i].w);
	}
}
END_TEST

START_TEST(tile_parse_every_trap_refused)
{
	static const char *const	bad[] = { "", "tile", "tile/", "tile/0",
	    "tile/0/", "tile/00/000", "tile/64/000", "tile/-1/000",
	    "tile/+1/000", "tile/01/000", "tile/100/000", "tile/9999/000",
	    "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000/000",
	    "tile/0/x000/x001/000", "tile/0/x01/000", "tile/0/x001/00",
	    "tile/0/x001", "tile/0/x001/", "tile/0/001/000",
	    "tile/0/x001/x000", "tile/0/000/", "tile/0/000.p",
	    "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256",
	    "tile/0/000.p/01", "tile/0/000.p/1/", "tile/0/000.p/1000",
	    "tile/0/000.p/ 1", "tile/entries", "tile/entries/",
	    "tile/entriesx/000", "tile/Entries/000", "Tile/0/000",
	    "/tile/0/000", "tile//000", "tile/0//000", "tile/0/X001/000",
	    "tile/0/x999/x999/x999/x999/x999/x999/x999/999", "tile/0/00a",
	    "tile/0/000?x", "tile/0/000.p/1?" };
	struct merkle_tile		tile;
	size_t				i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(merkle_tile_parse(&tile, bad[i],
		    strlen(bad[i])) == -1, "accepted %s", bad[i]);
}
END_TEST

START_TEST(tile_width_specified_sizes)
{
	ck_assert_uint_eq(merkle_tile_width(0, 0, 0), 0);
	ck_assert_uint_eq(merkle_tile_width(255, 0, 0), 255);
	ck_assert_uint_eq(merkle_tile_width(256, 0, 0), 256);
	ck_assert_uint_eq(merkle_tile_width(256, 0, 1), 0);
	ck_assert_uint_eq(merkle_tile_width(256, 1, 0), 1);
	ck_assert_uint_eq(merkle_tile_width(70000, 0, 273), 112);
	ck_assert_uint_eq(merkle_tile_width(70000, 1, 1), 17);
	ck_assert_uint_eq(merkle_tile_width(70000, 2, 0), 1);
	ck_assert_uint_eq(merkle_tile_width(70000, 3, 0), 0);
	ck_assert_uint_eq(merkle_tile_width(70000, MERKLE_ENTRIES, 273), 112);
	ck_assert_uint_eq(merkle_tile_width(70000, 63, 0), 0);
	ck_assert_uint_eq(merkle_tile_width(70000, 0, UINT64_MAX), 0);
}
END_TEST

static void
proof_from(struct merkle_proof *p, const json_t *list)
{
	size_t	i;

	p->n = json_array_size(list);
	for (i = 0; i < p->n; i++)
		p->hash[i] = hash_of(json_string_value(json_array_get(list,
		    i)));
}

START_TEST(prove_shared_vectors_equal)
{
	const char		*dir = getenv("FORUMD_SHARED");
	struct merkle_proof	 want, got;
	struct merkle		 m;
	struct hash		 h;
	unsigned char		 raw[16];
	char			 path[512];
	const char		*s;
	json_t			*top, *tree, *v;
	uint64_t		 a, b;
	size_t			 i;

	snprintf(path, sizeof(path), "%s/verify/vectors/vectors.json",
	    dir != NULL ? dir : "../shared");
	top = json_load_file(path, 0, NULL);
	if (top == NULL) {
		printf("skipped: no %s\n", path);
		return;
	}
	tree = json_object_get(top, "rfc6962");
	merkle_init(&m);
	json_array_foreach(json_object_get(tree, "inputs_hex"), i, v) {
		s = json_string_value(v);
		merkle_leaf_hash(&h, raw, (size_t)crypto_hex_decode(raw, s,
		    strlen(s)));
		merkle_append(&m, &h, keep, NULL);
	}
	json_array_foreach(json_object_get(tree, "inclusion"), i, v) {
		a = (uint64_t)json_integer_value(json_object_get(v, "index"));
		b = (uint64_t)json_integer_value(json_object_get(v, "size"));
		proof_from(&want, json_object_get(v, "proof"));
		ck_assert_int_eq(merkle_prove_inclusion(a, b, read_kept, NULL,
		    &got), 0);
		ck_assert_uint_eq(got.n, want.n);
		ck_assert_mem_eq(got.hash, want.hash,
		    want.n * sizeof(want.hash[0]));
	}
	json_array_foreach(json_object_get(tree, "consistency"), i, v) {
		a = (uint64_t)json_integer_value(json_object_get(v, "old"));
		b = (uint64_t)json_integer_value(json_object_get(v, "new"));
		proof_from(&want, json_object_get(v, "proof"));
		ck_assert_int_eq(merkle_prove_consistency(a, b, read_kept,
		    NULL, &got), 0);
		ck_assert_uint_eq(got.n, want.n);
		ck_assert_mem_eq(got.hash, want.hash,
		    want.n * sizeof(want.hash[0]));
	}
	json_decref(top);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("merkle");
	TCase	*c = tcase_create("merkle");
	SRunner	*r;
	int	 failed;

	tcase_set_timeout(c, 60);
	tcase_add_test(c, append_published_inputs_published_roots);
	tcase_add_test(c, hash_published_leaf_and_node);
	tcase_add_test(c, append_decimal_entries_known_roots);
	tcase_add_test(c, prove_inclusion_every_small_tree_verifies);
	tcase_add_test(c, prove_consistency_every_small_tree_verifies);
	tcase_add_test(c, readFrontier_grownTree_goesOn);
	tcase_add_test(c, tile_path_specified_numbers_round_trip);
	tcase_add_test(c, tile_parse_every_trap_refused);
	tcase_add_test(c, tile_width_specified_sizes);
	tcase_add_test(c, prove_shared_vectors_equal);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
