/*
 * Signed notes, checkpoints, cosignatures and receipts: the specifications'
 * own examples, byte for byte, and every malformed relative of them that a
 * lax reader would let through.
 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/note.h"

#define LOG_VKEY "forum.example/ledger+b31717f6+AcVh+p9kP+XGARPM6dsoL94rnlyl/" \
	"GtvwNFnm7M5yfcv"
#define WITNESS_VKEY "witness.example/w1+017f50a1+BD7iqKcoPLL9colD2qEn7wnkgwc" \
	"ai0vGmbpFIvCbFM/e"
#define TEXT "forum.example/ledger\n1000\n" \
	"Y4r6mAIpJbrP3a2xXvIv0BmcGsmcKXO2FYJD0T/OBcI=\n"
#define LOG_LINE "\xe2\x80\x94 forum.example/ledger sxcX9nieM2KL79Le4HwkH/oQu" \
	"E39OVMR+nTP0rFMqUEsl6ypaFrR3ZSTErwmam0kIucUsOLEPDz7IbicOvUyC8B8OwU=\n"
#define WITNESS_LINE "\xe2\x80\x94 witness.example/w1 AX9QoQAAAABlU/EAn22KPuH" \
	"+fmcn2bQSuDET+qpyvC018drG1nPZB/rABgBLqODOkCQvKpac5FwbWwpyApHQOmiCIJI" \
	"/FV4nuD1PCg==\n"
#define NOTE TEXT "\n" LOG_LINE WITNESS_LINE
#define PATH_LINES \
	"hC1pW1BCdLMdQAFguaQ/+nHpV8k5f6P4QVkasfj4gPM=\n" \
	"+XclNP5ZpbtZ1hDlVz3FXVEA/TaYdvII+KUAHe9CK3E=\n" \
	"cB2vGR3vhz74CVZzi+KXDbkL2XBVwUM4Pgkor6y0Acg=\n" \
	"39NO8jTY9DChtZWEiIEV24wZro0os7yLAFPg9v8hjmY=\n" \
	"lXHSfd5Lvj3YI+E4cQtg4tIsPznye+cXFMW2woYhpmo=\n" \
	"YmcYziAmeDvA88ZPVJ/PsUH0T1MEeEPVRyDi9LYg0ns=\n" \
	"zPMkulRmbPGLBfJsi2aJTGt1Ppg362Pbuz5rfIdnXS4=\n" \
	"RWqxQKtQQqeK9xNxMktyvwrxi8JF506HSeA1pG6f4u0=\n" \
	"goUV0DPBnYyQHzfsy4rtkZZncDSG+NL/8c9wQDIcXbE=\n"
#define PATH_LAST "6MgmnzELTtw8rMA7i5ACIDoiGZOiStSL9fx4+TYbM7Q=\n"
#define PROOF_HEAD "c2sp.org/tlog-proof@v1\n"
#define PROOF PROOF_HEAD "index 299\n" PATH_LINES PATH_LAST "\n" NOTE

static struct note	parsed;

static struct note_key
key_of(const char *vkey)
{
	struct note_key	k;
	struct err	err;

	ck_assert_int_eq(note_vkey_parse(&k, vkey, strlen(vkey), &err), 0);
	return (k);
}

static void
seed_of(unsigned char seed[KEY_SEED_LEN], unsigned char last)
{
	memset(seed, 0, KEY_SEED_LEN);
	seed[KEY_SEED_LEN - 1] = last;
}

static int
parse(const char *s)
{
	return (note_parse(&parsed, s, strlen(s), NULL));
}

START_TEST(vkey_published_keys_round_trip)
{
	static const char *const	t[] = { LOG_VKEY, WITNESS_VKEY,
	    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv"
	    "3U2k",
	    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10"
	    "TW" };
	char				out[NOTE_VKEY_MAX];
	struct note_key			k;
	unsigned char			seed[KEY_SEED_LEN];
	unsigned char			pub[KEY_PUBLIC_LEN];
	size_t				i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		k = key_of(t[i]);
		note_vkey_format(&k, out);
		ck_assert_str_eq(out, t[i]);
	}
	seed_of(seed, 0x2a);
	ck_assert_int_eq(crypto_ed25519_public(pub, seed), 0);
	ck_assert_int_eq(note_key_init(&k, "forum.example/ledger",
	    NOTE_ED25519, pub), 0);
	note_vkey_format(&k, out);
	ck_assert_str_eq(out, LOG_VKEY);
	k = key_of(" \n" LOG_VKEY "\r\n");
	ck_assert_uint_eq(k.id, 0xb31717f6);
}
END_TEST

START_TEST(vkey_malformed_refused)
{
	static const char *const	bad[] = { "", "+", "a", "a+b31717f6",
	    "+b31717f6+AcVh+p9kP+XGARPM6dsoL94rnlyl/GtvwNFnm7M5yfcv",
	    "forum.example/ledger+b31717f7+AcVh+p9kP+XGARPM6dsoL94rnlyl/Gtvw"
	    "NFnm7M5yfcv",
	    "forum.example/ledge+b31717f6+AcVh+p9kP+XGARPM6dsoL94rnlyl/GtvwN"
	    "Fnm7M5yfcv",
	    "forum.example/ledger+b31717f6+AcVh+p9kP+XGARPM6dsoL94rnlyl/Gtvw"
	    "NFnm7M5yfc",
	    "forum.example/ledger+b31717f6+BsVh+p9kP+XGARPM6dsoL94rnlyl/Gtvw"
	    "NFnm7M5yfcv",
	    "forum example+b31717f6+AcVh+p9kP+XGARPM6dsoL94rnlyl/GtvwNFnm7M5y"
	    "fcv" };
	struct note_key			k;
	size_t				i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(note_vkey_parse(&k, bad[i], strlen(bad[i]),
		    NULL) == -1, "accepted %s", bad[i]);
	ck_assert_int_eq(note_key_init(&k, "a\xc2\xa0" "b", 1, k.public_key),
	    -1);
	ck_assert_int_eq(note_key_init(&k, "a\xe2\x80\x83" "b", 1,
	    k.public_key), -1);
	ck_assert_int_eq(note_key_init(&k, "a\xff", 1, k.public_key), -1);
}
END_TEST

START_TEST(verify_published_notes_good)
{
	struct note_key	k = key_of("example.com/foo+530d903a+AekyeRrm56hApGFky"
	    "QR4ZCbV54Id2LKaANYcrnKv3U2k");

	ck_assert_int_eq(parse("This is an example message.\n\n\xe2\x80\x94 "
	    "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTg"
	    "K7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"), 0);
	ck_assert_int_eq(note_verify(&parsed, &k, NULL), NOTE_GOOD);
	k = key_of("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4"
	    "izWy10TW");
	ck_assert_int_eq(note_verify(&parsed, &k, NULL), NOTE_UNKNOWN);
	ck_assert_int_eq(parse("If you think cryptography is the answer to "
	    "your problem,\nthen you don't know what your problem is.\n\n"
	    "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAc"
	    "ElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"), 0);
	ck_assert_int_eq(note_verify(&parsed, &k, NULL), NOTE_GOOD);
}
END_TEST

START_TEST(parse_text_with_empty_lines_splits_at_last)
{
	ck_assert_int_eq(parse("a\n\nb\n\n" LOG_LINE), 0);
	ck_assert_uint_eq(parsed.text_len, 5);
	ck_assert_mem_eq(parsed.text, "a\n\nb\n", 5);
	ck_assert_uint_eq(parsed.n, 1);
}
END_TEST

START_TEST(parse_malformed_refused)
{
	static const char *const	bad[] = { "", "\n", "\n\n", TEXT,
	    TEXT "\n", TEXT "\nx\n", TEXT LOG_LINE,
	    TEXT "\n- forum.example/ledger AAAAAAA=\n",
	    TEXT "\n\xe2\x80\x94  AAAAAAA=\n",
	    TEXT "\n\xe2\x80\x94 a+b AAAAAAA=\n",
	    TEXT "\n\xe2\x80\x94 a AAAA\n",
	    TEXT "\n\xe2\x80\x94 a AAAAAAAB=\n",
	    TEXT "\n\xe2\x80\x94 a AAAAAAB=\n",
	    TEXT "\n\xe2\x80\x94 a AAAAAAA= \n",
	    TEXT "\n\xe2\x80\x94 a AAAAAAA=",
	    TEXT "\n\xe2\x80\x94 a AAAAAAA=\r\n",
	    "\xff\n\n" LOG_LINE, "a\tb\n\n" LOG_LINE,
	    "\xc1\x81\n\n" LOG_LINE, "\xed\xa0\x80\n\n" LOG_LINE };
	size_t				i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(parse(bad[i]) == -1, "accepted %zu", i);
	ck_assert_int_eq(note_parse(&parsed, TEXT "\n" LOG_LINE "\0",
	    strlen(TEXT "\n" LOG_LINE) + 1, NULL), -1);
}
END_TEST

START_TEST(parse_many_signatures_capped)
{
	struct buf	b = BUF_INIT;
	size_t		i;

	buf_adds(&b, TEXT "\n");
	for (i = 0; i < NOTE_SIGNATURES_MAX; i++)
		buf_adds(&b, LOG_LINE);
	ck_assert_int_eq(note_parse(&parsed, b.data, b.len, NULL), 0);
	ck_assert_uint_eq(parsed.n, NOTE_SIGNATURES_MAX);
	buf_adds(&b, LOG_LINE);
	ck_assert_int_eq(note_parse(&parsed, b.data, b.len, NULL), -1);
	buf_free(&b);
}
END_TEST

START_TEST(verify_wrong_signature_bad_even_beside_a_good_one)
{
	struct note_key	k = key_of(LOG_VKEY);
	char		s[] = TEXT "\n" LOG_LINE LOG_LINE;

	s[strlen(s) - 20] ^= 1;
	if (parse(s) == 0)
		ck_assert_int_eq(note_verify(&parsed, &k, NULL), NOTE_BAD);
	else
		ck_abort_msg("the altered line should still parse");
}
END_TEST

START_TEST(sign_known_seed_byte_exact)
{
	struct note_key	k = key_of(LOG_VKEY);
	unsigned char	seed[KEY_SEED_LEN];
	struct buf	b = BUF_INIT;
	struct hash	root;

	seed_of(seed, 0x2a);
	ck_assert_int_eq(crypto_hex_decode(root.b, "638afa98022925bacfddadb15e"
	    "f22fd0199c1ac99c2973b6158243d13fce05c2", 64), 32);
	note_checkpoint_text(&b, "forum.example/ledger", 1000, &root);
	ck_assert_str_eq(buf_str(&b), TEXT);
	buf_clear(&b);
	ck_assert_int_eq(note_sign(&b, TEXT, strlen(TEXT), &k, seed, NULL),
	    0);
	ck_assert_str_eq(buf_str(&b), TEXT "\n" LOG_LINE);
	buf_clear(&b);
	ck_assert_int_eq(note_sign(&b, "no newline", 10, &k, seed, NULL), -1);
	ck_assert_int_eq(note_sign(&b, "", 0, &k, seed, NULL), -1);
	ck_assert_int_eq(note_sign(&b, "a\rb\n", 4, &k, seed, NULL), -1);
	ck_assert_int_eq(note_sign(&b, "cosignature/v1\ntime 1\nx\n", 24, &k,
	    seed, NULL), -1);
	ck_assert_uint_eq(b.len, 0);
	buf_free(&b);
}
END_TEST

START_TEST(verify_cosignature_good_and_its_time)
{
	struct note_key	k = key_of(WITNESS_VKEY);
	uint64_t	when = 0;
	char		s[] = NOTE;

	ck_assert_int_eq(parse(NOTE), 0);
	ck_assert_int_eq(note_verify(&parsed, &k, &when), NOTE_GOOD);
	ck_assert_uint_eq(when, 1700000000);
	s[0] = 'F';
	ck_assert_int_eq(parse(s), 0);
	ck_assert_int_eq(note_verify(&parsed, &k, &when), NOTE_BAD);
	ck_assert_int_eq(parse(TEXT "\n" LOG_LINE), 0);
	ck_assert_int_eq(note_verify(&parsed, &k, &when), NOTE_UNKNOWN);
	ck_assert_uint_eq(when, 0);
}
END_TEST

START_TEST(checkpoint_open_signed_by_its_log_only)
{
#define OTHER "forum.example/ledge\n1000\n" \
	"Y4r6mAIpJbrP3a2xXvIv0BmcGsmcKXO2FYJD0T/OBcI=\n"
	unsigned char		seed[KEY_SEED_LEN];
	struct buf		b = BUF_INIT;
	struct note_key		k = key_of(LOG_VKEY), w = key_of(WITNESS_VKEY);
	struct note_checkpoint	c;
	struct err		err;

	ck_assert_int_eq(note_checkpoint_open(&c, NOTE, strlen(NOTE), &k,
	    &err), 0);
	ck_assert_uint_eq(c.size, 1000);
	ck_assert_uint_eq(c.extensions, 0);
	ck_assert_int_eq(note_checkpoint_open(&c, NOTE, strlen(NOTE), &w,
	    &err), -1);
	ck_assert_str_eq(err.text, "the checkpoint is another log's");
	ck_assert_int_eq(note_checkpoint_open(&c, TEXT "\n" WITNESS_LINE,
	    strlen(TEXT "\n" WITNESS_LINE), &k, &err), -1);
	ck_assert_str_eq(err.text, "the checkpoint is not signed by the log's "
	    "key");
	seed_of(seed, 0x2a);
	ck_assert_int_eq(note_sign(&b, OTHER, strlen(OTHER), &k, seed, NULL),
	    0);
	ck_assert_int_eq(note_checkpoint_open(&c, b.data, b.len, &k, &err),
	    -1);
	ck_assert_str_eq(err.text, "the checkpoint is another log's");
	buf_free(&b);
}
END_TEST

START_TEST(checkpoint_parse_malformed_refused)
{
#define ROOT "Y4r6mAIpJbrP3a2xXvIv0BmcGsmcKXO2FYJD0T/OBcI=\n"
	static const char *const	bad[] = { "", "o\n", "o\n1\n",
	    "\n1\n" ROOT, "o\n01\n" ROOT, "o\n+1\n" ROOT, "o\n-1\n" ROOT,
	    "o\n 1\n" ROOT, "o\n\n" ROOT, "o\n1x\n" ROOT,
	    "o\n9223372036854775808\n" ROOT,
	    "o\n99999999999999999999\n" ROOT, "o\n0\n" ROOT,
	    "o\n1\nY4r6mAIpJbrP3a2xXvIv0BmcGsmcKXO2FYJD0T/OBcJ=\n",
	    "o\n1\nY4r6\n", "o\n1\n" ROOT "\n", "o\n1\n" ROOT "x",
	    "o\n1\n" ROOT "x\n\ny\n" };
	struct note_checkpoint		c;
	size_t				i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(note_checkpoint_parse(&c, bad[i],
		    strlen(bad[i]), NULL) == -1, "accepted %zu", i);
	ck_assert_int_eq(note_checkpoint_parse(&c, "o\n9223372036854775807\n"
	    ROOT "x\n", strlen("o\n9223372036854775807\n" ROOT "x\n"), NULL),
	    0);
	ck_assert_uint_eq(c.size, INT64_MAX);
	ck_assert_uint_eq(c.extensions, 1);
	ck_assert_int_eq(note_checkpoint_parse(&c, "o\n0\n47DEQpj8HBSa+/TImW+5"
	    "JCeuQeRkm5NMpJWZG3hSuFU=\n", 49, NULL), 0);
}
END_TEST

START_TEST(proof_known_receipt_verifies_and_rebuilds)
{
	struct note_key		k = key_of(LOG_VKEY);
	struct note_checkpoint	c;
	struct note_proof	p;
	struct buf		b = BUF_INIT;

	ck_assert_int_eq(note_proof_verify(PROOF, strlen(PROOF), "299", 3, &k,
	    &p, &c, NULL), 0);
	ck_assert_uint_eq(p.index, 299);
	ck_assert_uint_eq(p.path.n, 10);
	ck_assert_uint_eq(c.size, 1000);
	note_proof_build(&b, p.index, &p.path, p.checkpoint,
	    p.checkpoint_len);
	ck_assert_str_eq(buf_str(&b), PROOF);
	buf_free(&b);
	ck_assert_int_eq(note_proof_verify(PROOF, strlen(PROOF), "298", 3, &k,
	    &p, &c, NULL), -1);
}
END_TEST

START_TEST(proof_malformed_refused)
{
#define REST PATH_LINES PATH_LAST "\n" NOTE
	static const struct { bool good; const char *s; } t[] = {
	    { true, PROOF_HEAD "extra AAAA\nindex 299\n" REST },
	    { false, "index 299\n" REST },
	    { false, "c2sp.org/tlog-proof@v2\nindex 299\n" REST },
	    { false, PROOF_HEAD "extra A\nindex 299\n" REST },
	    { false, PROOF_HEAD "extra AAAA\nextra AAAA\nindex 299\n" REST },
	    { false, PROOF_HEAD "index 0299\n" REST },
	    { false, PROOF_HEAD "index 298\n" REST },
	    { false, PROOF_HEAD "index \n" REST },
	    { false, PROOF_HEAD REST },
	    { false, PROOF_HEAD "index 299\n" PATH_LINES "\n" NOTE },
	    { false, PROOF_HEAD "index 299\n" PATH_LINES PATH_LAST PATH_LAST
	      "\n" NOTE },
	    { false, PROOF_HEAD "index 299\n" PATH_LINES PATH_LAST NOTE },
	    { false, PROOF_HEAD "index 299\n" PATH_LINES PATH_LAST },
	    { false, PROOF_HEAD "index 299\n" PATH_LINES PATH_LAST "\n" },
	    { false, PROOF_HEAD "index 299\n" PATH_LINES PATH_LAST "\n" TEXT
	      "\n" WITNESS_LINE },
	};
	struct note_key			k = key_of(LOG_VKEY);
	struct note_proof		p;
	size_t				i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_msg((note_proof_verify(t[i].s, strlen(t[i].s),
		    "299", 3, &k, &p, NULL, NULL) == 0) == t[i].good,
		    "case %zu", i);
}
END_TEST

START_TEST(proof_every_flipped_bit_of_the_signed_part_fails)
{
	struct note_key		k = key_of(LOG_VKEY);
	struct note_proof	p;
	char			s[] = PROOF;
	size_t			i, end = strlen(PROOF) - strlen(WITNESS_LINE);

	for (i = 0; i < end; i++) {
		s[i] ^= 1;
		ck_assert_msg(note_proof_verify(s, strlen(s), "299", 3, &k,
		    &p, NULL, NULL) == -1, "byte %zu", i);
		s[i] ^= 1;
	}
}
END_TEST

START_TEST(shared_vectors_still_say_the_same)
{
	const char	*dir = getenv("FORUMD_SHARED");
	char		 path[512];
	json_t		*top;

	snprintf(path, sizeof(path), "%s/verify/vectors/vectors.json",
	    dir != NULL ? dir : "../shared");
	top = json_load_file(path, 0, NULL);
	if (top == NULL) {
		printf("skipped: no %s\n", path);
		return;
	}
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(
	    top, "checkpoint"), "note")), NOTE);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(
	    top, "tlog_proof"), "file")), PROOF);
	json_decref(top);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("note");
	TCase	*c = tcase_create("note");
	SRunner	*r;
	int	 failed;

	tcase_set_timeout(c, 60);
	tcase_add_test(c, vkey_published_keys_round_trip);
	tcase_add_test(c, vkey_malformed_refused);
	tcase_add_test(c, verify_published_notes_good);
	tcase_add_test(c, parse_text_with_empty_lines_splits_at_last);
	tcase_add_test(c, parse_malformed_refused);
	tcase_add_test(c, parse_many_signatures_capped);
	tcase_add_test(c, verify_wrong_signature_bad_even_beside_a_good_one);
	tcase_add_test(c, sign_known_seed_byte_exact);
	tcase_add_test(c, verify_cosignature_good_and_its_time);
	tcase_add_test(c, checkpoint_open_signed_by_its_log_only);
	tcase_add_test(c, checkpoint_parse_malformed_refused);
	tcase_add_test(c, proof_known_receipt_verifies_and_rebuilds);
	tcase_add_test(c, proof_malformed_refused);
	tcase_add_test(c, proof_every_flipped_bit_of_the_signed_part_fails);
	tcase_add_test(c, shared_vectors_still_say_the_same);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
