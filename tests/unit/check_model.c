/*
 * The model file: what is broken is refused with a reason, what is whole gives
 * the same answer every time, and no answer points outside the text.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "moderation/model.h"
#include "moderation/model_file.h"
#include "moderation/train_write.h"
#include "storage/base/crypto.h"

static unsigned char	*bytes;		/* the shipped file, aligned */
static size_t		 bytes_len;
static struct model	*shipped;

static const char *
shipped_path(void)
{
	static char	 path[4096];
	const char	*src = getenv("FORUMD_SOURCE");

	snprintf(path, sizeof(path), "%s/conf/abuse.model",
	    src == NULL ? "." : src);
	return (path);
}

static void
setup(void)
{
	struct err	err;
	FILE		*fp = fopen(shipped_path(), "rb");

	ck_assert_ptr_nonnull(fp);
	bytes = aligned_alloc(64, MODEL_FILE_MAX);
	ck_assert_ptr_nonnull(bytes);
	bytes_len = fread(bytes, 1, MODEL_FILE_MAX, fp);
	fclose(fp);
	ck_assert_msg(model_open(&shipped, shipped_path(), &err) == 0, "%s",
	    err.text);
}

static void
teardown(void)
{
	model_close(&shipped);
	ck_assert_ptr_null(shipped);
	free(bytes);
}

/* A copy of the file that may be broken; free() it. */
static unsigned char *
copy(void)
{
	unsigned char *c = aligned_alloc(64, MODEL_FILE_MAX);

	ck_assert_ptr_nonnull(c);
	memcpy(c, bytes, bytes_len);
	return (c);
}

/* Sets the digest right, so that what lies behind it is tried. */
static void
seal(unsigned char *c, size_t len)
{
	struct hash h;

	memset(c + offsetof(struct model_header, digest), 0, HASH_LEN);
	crypto_sha256(&h, c, len);
	memcpy(c + offsetof(struct model_header, digest), h.b, HASH_LEN);
}

static void
refused(const unsigned char *c, size_t len, const char *reason)
{
	struct model	*m = NULL;
	struct err	 err = { ERR_NONE, "", "" };

	ck_assert_int_eq(model_open_bytes(&m, c, len, &err), -1);
	ck_assert_ptr_null(m);
	ck_assert_msg(strstr(err.text, reason) != NULL, "'%s' lacks '%s'",
	    err.text, reason);
}

START_TEST(open_shipped_has_digest_and_description)
{
	ck_assert_uint_eq(strlen(model_digest(shipped)), 64);
	ck_assert_ptr_nonnull(strstr(model_description(shipped),
	    "data-sha256: "));
	ck_assert_uint_le(bytes_len, MODEL_FILE_MAX);
	ck_assert(model_hold_abuse(shipped) >= 0.5);
	ck_assert(model_hold_spam(shipped) >= 0.5);
}
END_TEST

START_TEST(open_missing_or_odd_file_refused)
{
	struct model	*m = NULL;
	struct err	 err;

	ck_assert_int_eq(model_open(&m, "/nonexistent/model", &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_int_eq(model_open(&m, "/", &err), -1);
	ck_assert_int_eq(model_open(&m, "/dev/null", &err), -1);
	ck_assert_ptr_null(m);
}
END_TEST

START_TEST(open_truncated_refused)
{
	struct model_section	 t[MODEL_SECTIONS];
	unsigned char		*c = copy();
	size_t			 i, k, cut[4 * MODEL_SECTIONS + 4], n = 0;

	memcpy(t, c + sizeof(struct model_header), sizeof(t));
	for (i = 0; i < MODEL_SECTIONS; i++) {
		cut[n++] = t[i].offset;
		cut[n++] = t[i].offset + 1;
		cut[n++] = t[i].offset + t[i].len - 1;
	}
	cut[n++] = bytes_len - 1;
	for (k = 0; k < n; k++)
		refused(c, cut[k], "cut short");
	for (k = 0; k < sizeof(struct model_header) + sizeof(t); k++)
		refused(c, k, "too short");
	free(c);
}
END_TEST

START_TEST(open_flipped_byte_refused)
{
	unsigned char	*c = copy();
	size_t		 i;

	for (i = sizeof(struct model_header); i < bytes_len;
	    i += bytes_len / 40) {
		c[i] ^= 0x10;
		refused(c, bytes_len, "damaged");
		c[i] ^= 0x10;
	}
	c[offsetof(struct model_header, digest)] ^= 1;
	refused(c, bytes_len, "damaged");
	free(c);
}
END_TEST

START_TEST(open_foreign_refused)
{
	unsigned char *c = copy();

	c[0] ^= 1;
	refused(c, bytes_len, "no model file");
	c[0] ^= 1;
	c[offsetof(struct model_header, version)]++;
	refused(c, bytes_len, "version");
	memset(c, 0, bytes_len);
	refused(c, bytes_len, "no model file");
	free(c);
}
END_TEST

START_TEST(open_section_out_of_bounds_refused)
{
	static const uint32_t	 bad[] = { 0xffffffc0u, 0x80000000u, 1, 32 };
	struct model_section	*t;
	unsigned char		*c;
	size_t			 i, k;

	for (i = 0; i < MODEL_SECTIONS; i++)
		for (k = 0; k < sizeof(bad) / sizeof(*bad); k++) {
			c = copy();
			t = (void *)(c + sizeof(struct model_header));
			t[i].offset = bad[k];
			seal(c, bytes_len);
			refused(c, bytes_len, "out of bounds");
			t[i].offset = 0;
			t[i].len = bad[k] | 0x40000000u;
			seal(c, bytes_len);
			refused(c, bytes_len, "out of bounds");
			free(c);
		}
}
END_TEST

START_TEST(open_number_out_of_range_refused)
{
	struct model_section	 t[MODEL_SECTIONS];
	struct model_scalars	 s;
	unsigned char		*c = copy();

	memcpy(t, c + sizeof(struct model_header), sizeof(t));
	memcpy(&s, c + t[SECTION_SCALARS].offset, sizeof(s));
	s.out_bias[0] = 1e30f;
	train_write_scalars(c, bytes_len, &s);
	refused(c, bytes_len, "number");
	memset(&s.out_bias[0], 0xff, sizeof(float));	/* not a number */
	train_write_scalars(c, bytes_len, &s);
	refused(c, bytes_len, "number");
	s.out_bias[0] = 0;
	train_write_scalars(c, bytes_len, &s);
	c[t[SECTION_FILTERS].offset + 1] = 0x7f;
	seal(c, bytes_len);
	refused(c, bytes_len, "filter");
	free(c);
}
END_TEST

START_TEST(score_language_decides_what_is_checked)
{
	static const struct { const char *text, *language; bool known; }
	    cases[] = {
		{ "I think that the council should have asked us first.",
		    "en", true },
		{ "Agreed, good article.", "en", true },
		{ "Nu cred că este adevărat ce scrie aici.", "ro", true },
		{ "nu cred ca este adevarat ce scrie aici", "ro", true },
		{ "Myslím, že by se o tom mělo více mluvit.", "cs", false },
		{ "Myslím si, že by sa o tom malo viac hovoriť.", "sk",
		    false },
		{ "Nie wiem, dlaczego to jest takie ważne dla nas.", "pl",
		    false },
		{ "Das ist doch nicht die Schuld der Leute, die hier wohnen.",
		    "de", false },
		{ "Это не правда, так нельзя говорить.", "und", false },
		{ "to je uplny nesmysl kamarade", "und", false },
		{ "Bravo!", "en", true }, { "Foarte frumos.", "ro", true },
		{ "", "und", false }, { "!!! 12 ...", "und", false },
	};
	struct model_result	r;
	size_t			i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		model_score(shipped, cases[i].text, strlen(cases[i].text), &r);
		ck_assert_str_eq(r.language, cases[i].language);
		ck_assert_int_eq(r.known, cases[i].known);
		ck_assert_int_eq(r.verdict, cases[i].known ? MODEL_PASS :
		    MODEL_UNSURE);
	}
}
END_TEST

static void
spans_inside(const struct model_result *r, size_t len)
{
	size_t i;

	ck_assert_uint_le(r->nspans, MODEL_SPANS);
	for (i = 0; i < r->nspans; i++) {
		ck_assert_uint_gt(r->spans[i].len, 0);
		ck_assert_uint_le((size_t)r->spans[i].start + r->spans[i].len,
		    len);
		ck_assert_int_gt(r->spans[i].weight, 0);
		if (i > 0)
			ck_assert_int_ge(r->spans[i - 1].weight,
			    r->spans[i].weight);
	}
}

START_TEST(score_insult_is_explained)
{
	static const char	text[] = "Thank you for the report. But you "
	    "are a stupid pathetic idiot, shut up.";
	const char		*word = strstr(text, "stupid");
	uint32_t		 at = (uint32_t)(word - text);
	struct model_result	 r;
	size_t			 i;
	bool			 covered = false;

	model_score(shipped, text, strlen(text), &r);
	ck_assert_int_eq(r.verdict, MODEL_HOLD);
	ck_assert(r.p[MODEL_INSULT] > r.p[MODEL_THREAT]);
	ck_assert_uint_gt(r.nspans, 0);
	spans_inside(&r, strlen(text));
	for (i = 0; i < r.nspans; i++)
		covered |= r.spans[i].start <= at &&
		    r.spans[i].start + r.spans[i].len > at;
	ck_assert(covered);
}
END_TEST

START_TEST(score_group_name_does_not_matter)
{
	static const char *const groups[] = { "Roma", "Gypsies", "Travellers",
	    "Muslims", "Jews", "women", "Poles", "refugees" };
	struct model_result	first, r;
	char			text[200];
	size_t			i;

	for (i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		snprintf(text, sizeof(text), "Our town should do more for %s "
		    "and their children.", groups[i]);
		model_score(shipped, text, strlen(text), &r);
		if (i == 0)
			first = r;
		ck_assert_int_eq(r.verdict, MODEL_PASS);
		ck_assert(r.abuse == first.abuse);
	}
}
END_TEST

START_TEST(score_long_text_is_read_to_its_end)
{
	static const char	insult[] = "You are a stupid pathetic idiot. ";
	struct model_result	r;
	char			text[40000] = "";
	size_t			n = 0;

	while (n < sizeof(text) - 200) {
		memcpy(text + n, "We met on Tuesday to talk about it. ", 36);
		n += 36;
	}
	model_score(shipped, text, n, &r);
	ck_assert_int_eq(r.verdict, MODEL_PASS);
	while (n < sizeof(text) - 40) {
		memcpy(text + n, insult, strlen(insult));
		n += strlen(insult);
	}
	model_score(shipped, text, n, &r);
	ck_assert(r.abuse > 0.3);
	spans_inside(&r, n);
	ck_assert_uint_gt(r.nspans, 0);
	ck_assert_uint_gt(r.spans[0].start, 30000);
}
END_TEST

START_TEST(score_any_bytes_same_twice)
{
	struct model_result	a, b;
	unsigned char		text[2001], *shifted;
	uint32_t		state = 1;
	size_t			i, round, len;

	for (round = 0; round < 200; round++) {
		len = round * 10;
		for (i = 0; i < len; i++)
			text[i] = (unsigned char)(train_random(&state) >>
			    (round % 3 == 0 ? 3 : 9));
		shifted = malloc(len + 1);	/* no byte behind its end */
		ck_assert_ptr_nonnull(shifted);
		memcpy(shifted, text, len);
		model_score(shipped, (char *)text, len, &a);
		model_score(shipped, (char *)shifted, len, &b);
		ck_assert_mem_eq(&a, &b, sizeof(a));
		spans_inside(&a, len);
		for (i = 0; i < MODEL_CATEGORIES; i++)
			ck_assert(a.p[i] >= 0 && a.p[i] <= 1);
		free(shifted);
	}
}
END_TEST

START_TEST(reload_while_old_is_open)
{
	struct model		*m;
	struct model_result	 a, b;
	struct err		 err;

	ck_assert_int_eq(model_open(&m, shipped_path(), &err), 0);
	model_score(shipped, "Good morning to you all.", 24, &a);
	model_score(m, "Good morning to you all.", 24, &b);
	ck_assert_mem_eq(&a, &b, sizeof(a));
	ck_assert_str_eq(model_digest(m), model_digest(shipped));
	model_close(&m);
	model_score(shipped, "Good morning to you all.", 24, &b);
	ck_assert_mem_eq(&a, &b, sizeof(a));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("model");
	TCase	*t = tcase_create("model");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, open_shipped_has_digest_and_description);
	tcase_add_test(t, open_missing_or_odd_file_refused);
	tcase_add_test(t, open_truncated_refused);
	tcase_add_test(t, open_flipped_byte_refused);
	tcase_add_test(t, open_foreign_refused);
	tcase_add_test(t, open_section_out_of_bounds_refused);
	tcase_add_test(t, open_number_out_of_range_refused);
	tcase_add_test(t, score_language_decides_what_is_checked);
	tcase_add_test(t, score_insult_is_explained);
	tcase_add_test(t, score_group_name_does_not_matter);
	tcase_add_test(t, score_long_text_is_read_to_its_end);
	tcase_add_test(t, score_any_bytes_same_twice);
	tcase_add_test(t, reload_while_old_is_open);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return (failed == 0 ? 0 : 1);
}
