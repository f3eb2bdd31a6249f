/*
 * Known answers for crypto.c: FIPS 180-4, RFC 4231 (HMAC), RFC 8032
 * (Ed25519), RFC 7914 (scrypt), RFC 6238 (TOTP), RFC 4648 (base64); and what
 * must be refused.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/crypto.h"

static const char *
hex(const void *p, size_t len)
{
	static char	out[257];
	const unsigned char *b = p;
	size_t		i;

	for (i = 0; i < len && i < 128; i++) {
		out[2 * i] = "0123456789abcdef"[b[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[b[i] & 15];
	}
	out[2 * i] = '\0';
	return (out);
}

static void
unhex(void *out, const char *s)
{
	ck_assert_int_eq(crypto_hex_decode(out, s, strlen(s)),
	    (long)strlen(s) / 2);
}

START_TEST(sha256_fips_messages_known_digests)
{
	static const struct { const char *in, *out; } t[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b"
		    "7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff"
		    "61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419"
		    "db06c1" },
	};
	struct crypto_part	parts[3];
	struct hash		h;
	size_t			i, len;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		len = strlen(t[i].in);
		crypto_sha256(&h, t[i].in, len);
		ck_assert_str_eq(hex(h.b, HASH_LEN), t[i].out);
		parts[0] = (struct crypto_part){ t[i].in, len / 3 };
		parts[1] = (struct crypto_part){ NULL, 0 };
		parts[2] = (struct crypto_part){ t[i].in + len / 3,
		    len - len / 3 };
		crypto_sha256_parts(&h, parts, 3);
		ck_assert_str_eq(hex(h.b, HASH_LEN), t[i].out);
	}
}
END_TEST

START_TEST(hmac_rfc4231_known_tags)
{
	unsigned char		key[131];
	struct crypto_part	part;
	struct hash		h;

	memset(key, 0x0b, 20);
	part = (struct crypto_part){ "Hi There", 8 };
	crypto_hmac(&h, key, 20, &part, 1);
	ck_assert_str_eq(hex(h.b, HASH_LEN), "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7");
	part = (struct crypto_part){ "what do ya want for nothing?", 28 };
	crypto_hmac(&h, "Jefe", 4, &part, 1);
	ck_assert_str_eq(hex(h.b, HASH_LEN), "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, 131);
	part = (struct crypto_part){
	    "Test Using Larger Than Block-Size Key - Hash Key First", 54 };
	crypto_hmac(&h, key, 131, &part, 1);
	ck_assert_str_eq(hex(h.b, HASH_LEN), "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
}
END_TEST

START_TEST(ed25519_rfc8032_signs_and_verifies)
{
	static const struct { const char *seed, *pub, *msg, *sig; } t[] = {
		{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae"
		    "7f60",
		  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707"
		    "511a", "",
		  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e0652249"
		  "01555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e"
		  "7a100b" },
		{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8"
		    "a6fb",
		  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4"
		    "660c", "72",
		  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb"
		  "69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612"
		  "bb0c00" },
		{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b44"
		    "58f7",
		  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908"
		    "025", "af82",
		  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac"
		  "3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1"
		  "ec40a" },
	};
	unsigned char	seed[32], pub[32], got[32], msg[2], sig[64], want[64];
	size_t		i, len;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		unhex(seed, t[i].seed);
		unhex(pub, t[i].pub);
		unhex(msg, t[i].msg);
		unhex(want, t[i].sig);
		len = strlen(t[i].msg) / 2;
		ck_assert_int_eq(crypto_ed25519_public(got, seed), 0);
		ck_assert_mem_eq(got, pub, 32);
		ck_assert_int_eq(crypto_ed25519_sign(sig, seed, msg, len), 0);
		ck_assert_mem_eq(sig, want, 64);
		ck_assert(crypto_ed25519_verify(sig, pub, msg, len));
		sig[i] ^= 1;
		ck_assert(!crypto_ed25519_verify(sig, pub, msg, len));
		ck_assert(!crypto_ed25519_verify(want, pub, "x", 1));
	}
}
END_TEST

START_TEST(password_rfc7914_vector_matches)
{
	/* pleaseletmein, SodiumChloride, N 16384, r 8, p 1: first 32 bytes */
	static const char	stored[] = "scrypt$14$8$1$U29kaXVtQ2hsb3JpZGU=$"
	    "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI=";
	bool			upgrade = false;

	ck_assert(crypto_password_check(stored, "pleaseletmein", 13,
	    &upgrade));
	ck_assert(upgrade);
	ck_assert(!crypto_password_check(stored, "pleaseletmeim", 13, NULL));
}
END_TEST

START_TEST(password_hashed_checks_and_is_salted)
{
	char	a[CRYPTO_PASSWORD_MAX], b[CRYPTO_PASSWORD_MAX];
	bool	upgrade = true;

	ck_assert_int_eq(crypto_password_hash(a, "secret", 6, NULL), 0);
	ck_assert_int_eq(crypto_password_hash(b, "secret", 6, NULL), 0);
	ck_assert_str_ne(a, b);
	ck_assert(strncmp(a, "scrypt$15$8$1$", 14) == 0);
	ck_assert(crypto_password_check(a, "secret", 6, &upgrade));
	ck_assert(!upgrade);
	ck_assert(!crypto_password_check(a, "Secret", 6, NULL));
}
END_TEST

START_TEST(password_damaged_row_never_matches)
{
	static const char *const	t[] = { "", "scrypt", "scrypt$15$8$1$",
	    "scrypt$15$8$1$U29kaXVtQ2hsb3JpZGU=", "scrypt$15$8$1$$",
	    "scrypt$60$8$1$U29kaXVtQ2hsb3JpZGU=$cCO9yzr9c0hGHAbNgf046/2o+7qQT4"
	    "4+qbVD9lRdofI=",
	    "scrypt$14$8$1$U29kaXVtQ2hsb3JpZGU=$cCO9yzr9c0hGHAbNgf046/2o+7qQT4"
	    "4+qbVD9lRdofI=x",
	    "scrypt$14$8$1$U29kaXVtQ2hsb3JpZGU=$cCO9" };
	size_t				i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert(!crypto_password_check(t[i], "pleaseletmein", 13,
		    NULL));
}
END_TEST

START_TEST(totp_rfc6238_last_six_digits)
{
	static const struct { int64_t t; int code; } v[] = {
		{ 59, 287082 }, { 1111111109, 81804 }, { 1111111111, 50471 },
		{ 1234567890, 5924 }, { 2000000000, 279037 },
		{ 20000000000, 353130 },
	};
	const unsigned char	*key =
	    (const unsigned char *)"12345678901234567890";
	size_t			 i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		ck_assert_int_eq(crypto_totp(key, 20, v[i].t), v[i].code);
	ck_assert_int_eq(crypto_totp(key, 0, 59), -1);
}
END_TEST

START_TEST(base64_decode_rfc4648_and_refusals)
{
	static const struct { const char *in, *out; } good[] = {
		{ "", "" }, { "Zg==", "f" }, { "Zm8=", "fo" },
		{ "Zm9v", "foo" }, { "Zm9vYg==", "foob" },
		{ "Zm9vYmE=", "fooba" }, { "Zm9vYmFy", "foobar" },
	};
	static const char *const	bad[] = { "Zg", "Zg=", "Zh==", "Zm9=",
	    "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm 9", "Zm-_", "Zm=v" };
	unsigned char			out[16];
	size_t				i;
	long				n;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		n = crypto_base64_decode(out, good[i].in, strlen(good[i].in));
		ck_assert_int_eq(n, (long)strlen(good[i].out));
		ck_assert_mem_eq(out, good[i].out, (size_t)n);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(crypto_base64_decode(out, bad[i],
		    strlen(bad[i])), -1);
}
END_TEST

START_TEST(hex_decode_both_cases_odd_refused)
{
	unsigned char	out[4];

	ck_assert_int_eq(crypto_hex_decode(out, "00fFAb9a", 8), 4);
	ck_assert_mem_eq(out, "\x00\xff\xab\x9a", 4);
	ck_assert_int_eq(crypto_hex_decode(out, "abcd", 3), -1);
	ck_assert_int_eq(crypto_hex_decode(out, "0g", 2), -1);
	ck_assert_int_eq(crypto_hex_decode(out, "0x", 2), -1);
}
END_TEST

START_TEST(id_random_has_length_and_alphabet)
{
	char	a[21], b[21], c[401];

	ck_assert_int_eq(crypto_id(a, 20), 0);
	ck_assert_int_eq(crypto_id(b, 20), 0);
	ck_assert_uint_eq(strlen(a), 20);
	ck_assert_uint_eq(strspn(a, "0123456789abcdefghjkmnpqrstvwxyz"), 20);
	ck_assert_str_ne(a, b);
	ck_assert_int_eq(crypto_id(c, 400), 0);
	ck_assert_ptr_nonnull(strchr(c, 'z'));	/* all 32 are in use */
	ck_assert_ptr_nonnull(strchr(c, '0'));
}
END_TEST

START_TEST(id_at_larger_place_sorts_behind)
{
	char		a[13], b[13];
	uint64_t	place;

	for (place = 1; place < UINT64_C(1) << 30; place = place * 3 + 1) {
		ck_assert_int_eq(crypto_id_at(a, 12, place - 1), 0);
		ck_assert_int_eq(crypto_id_at(b, 12, place), 0);
		ck_assert_uint_eq(strlen(b), 12);
		ck_assert_int_lt(strcmp(a, b), 0);
	}
	ck_assert_int_eq(crypto_id_at(a, 12, place), 0);
	ck_assert_int_eq(crypto_id_at(b, 12, place), 0);
	ck_assert_mem_eq(a, b, CRYPTO_ID_PLACE);
	ck_assert_str_ne(a, b);
}
END_TEST

START_TEST(equal_differing_byte_says_no)
{
	ck_assert(crypto_equal("abc", "abc", 3));
	ck_assert(!crypto_equal("abc", "abd", 3));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("crypto");
	TCase	*c = tcase_create("crypto");
	SRunner	*r;
	int	 failed;

	tcase_add_test(c, sha256_fips_messages_known_digests);
	tcase_add_test(c, hmac_rfc4231_known_tags);
	tcase_add_test(c, ed25519_rfc8032_signs_and_verifies);
	tcase_add_test(c, password_rfc7914_vector_matches);
	tcase_add_test(c, password_hashed_checks_and_is_salted);
	tcase_add_test(c, password_damaged_row_never_matches);
	tcase_add_test(c, totp_rfc6238_last_six_digits);
	tcase_add_test(c, base64_decode_rfc4648_and_refusals);
	tcase_add_test(c, hex_decode_both_cases_odd_refused);
	tcase_add_test(c, id_random_has_length_and_alphabet);
	tcase_add_test(c, id_at_larger_place_sorts_behind);
	tcase_add_test(c, equal_differing_byte_says_no);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
