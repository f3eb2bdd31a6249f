/*
 * UTF-8, normal and matching forms, names: examples of each promise, names
 * of many languages, and the shared hostile rows for look-alike names,
 * invisible characters and ill-formed bytes.
 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/crypto.h"
#include "storage/base/unicode.h"

static const struct { const char *in, *out; } forms[] = {
	{ "Hello World", "hello world" },
	{ "\xef\xbc\xa1\xef\xbc\xa2", "ab" },		/* full width */
	{ "\xc8\x9aigan\xc4\x83", "tigana" },		/* Romanian marks */
	{ "vi\xe2\x80\x8b" "ag\xc2\xad" "ra", "viagra" },
	{ "sp\xd0\xb0m", "spam" },			/* Cyrillic a */
	{ "\xd1\x81\xd0\xbe\xd1\x80", "\xd1\x81\xd0\xbe\xd1\x80" },
	{ "the \xd1\x81\xd0\xbe\xd1\x80 is here", "the cop is here" },
	{ "a\xcc\x81\xcc\x82\xcc\x83" "b", "ab" },
	{ "\xef\xac\x81", "fi" },			/* ligature */
	{ "Stra\xc3\x9f" "e", "strasse" },
	{ "\xe2\x80\xae" "abc", "abc" },		/* bidi override */
};

START_TEST(form_of_each_disguise_is_plain)
{
	struct unicode_form	f;

	ck_assert_int_eq(unicode_form(&f, forms[_i].in,
	    strlen(forms[_i].in), NULL), 0);
	ck_assert_str_eq(buf_str(&f.text), forms[_i].out);
	ck_assert_uint_eq(f.at[f.text.len], strlen(forms[_i].in));
	unicode_form_free(&f);
}
END_TEST

START_TEST(form_maps_bytes_to_where_they_came_from)
{
	struct unicode_form	f;
	const char		*s = "x\xe2\x80\x8b\xef\xac\x81y";

	ck_assert_int_eq(unicode_form(&f, s, strlen(s), NULL), 0);
	ck_assert_str_eq(buf_str(&f.text), "xfiy");
	ck_assert_uint_eq(f.at[0], 0);
	ck_assert_uint_eq(f.at[1], 4);
	ck_assert_uint_eq(f.at[2], 4);
	ck_assert_uint_eq(f.at[3], 7);
	ck_assert_uint_eq(f.invisible, 1);
	unicode_form_free(&f);
}
END_TEST

START_TEST(nfc_composes)
{
	struct buf	out = BUF_INIT;

	ck_assert_int_eq(unicode_nfc(&out, "e\xcc\x81", 3, NULL), 0);
	ck_assert_str_eq(buf_str(&out), "\xc3\xa9");
	buf_free(&out);
}
END_TEST

START_TEST(blank_sees_through_fillers)
{
	ck_assert(unicode_blank(" \n\t", 3));
	ck_assert(unicode_blank("\xe2\x80\x8b\xe3\x85\xa4", 6));
	ck_assert(!unicode_blank("\xe2\x80\x8b.", 4));
}
END_TEST

static const char *const good_names[] = { "Ellen Marsh", "Jos\xc3\xa9 "
    "Garc\xc3\xad" "a", "Ștefan Țepeș", "Jiří Dvořák", "Ľubica Šťastná",
    "Łukasz Żółć", "Győző Kovács", "Мария Петрова", "Олександр Їжак",
    "Γιώργος Παπαδόπουλος", "محمد علي", "דוד כהן", "山田太郎", "김민수",
    "王小明", "Nguyễn Văn Hùng", "Håkon Ødegård", "Þórdís Ægisdóttir",
    "O'Brien-Smith", "İbrahim Şahin", "प्रिया शर्मा", "สมชาย ใจดี",
    "Արամ Խաչատրյան", "ნინო", "R2D2", "J. R. Ewing", "さくら" };

START_TEST(name_of_many_languages_is_accepted)
{
	struct err	err = { 0 };

	ck_assert_msg(unicode_name_check(good_names[_i],
	    strlen(good_names[_i]), &err) == 0, "%s: %s", good_names[_i],
	    err.text);
}
END_TEST

static const char *const bad_names[] = { "", " ab", "ab ", "a  b", "\xd0\xb0"
    "dmin", "a\xe2\x80\x8b" "b", "a\xe2\x80\xae" "b", "a\nb", "a\xcc\x80\xcc"
    "\x81\xcc\x82\xcc\x83\xcc\x84", "...", "a\xff", "a<b>",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a\xe2\x80\x8d" "b" };

START_TEST(name_that_hides_something_is_refused)
{
	struct err	err = { 0 };

	ck_assert_int_eq(unicode_name_check(bad_names[_i],
	    strlen(bad_names[_i]), &err), -1);
	ck_assert_str_eq(err.field, "name");
}
END_TEST

static bool
same_key(const char *a, const char *b, size_t b_len)
{
	struct buf	ka = BUF_INIT, kb = BUF_INIT;
	bool		same;

	ck_assert_int_eq(unicode_name_key(&ka, a, strlen(a), NULL), 0);
	ck_assert_int_eq(unicode_name_key(&kb, b, b_len, NULL), 0);
	same = strcmp(buf_str(&ka), buf_str(&kb)) == 0;
	buf_free(&ka);
	buf_free(&kb);
	return same;
}

START_TEST(name_key_tells_different_names_apart)
{
	ck_assert(!same_key("Anna", "Hanna", 5));
	ck_assert(!same_key("Tom", "Tim", 3));
	ck_assert(!same_key("editor", "auditor", 7));
	ck_assert(same_key("Bill", "BlII", 4));
	ck_assert(same_key("owner", "0wner", 5));
}
END_TEST

static FILE *
shared(const char *name)
{
	const char	*dir = getenv("FORUMD_SHARED");
	char		 path[512];
	FILE		*f;

	snprintf(path, sizeof(path), "%s/data/hostile/unicode/%s",
	    dir == NULL ? "../shared" : dir, name);
	if ((f = fopen(path, "r")) == NULL)
		printf("skipped: no %s (set FORUMD_SHARED)\n", path);
	return f;
}

static void
hostile_row(const char *id, const char *class, const char *rule,
    const char *target, const char *s, size_t len)
{
	struct unicode_form	f;

	if (strcmp(class, "username-lookalike") == 0)
		ck_assert_msg(unicode_name_check(s, len, NULL) != 0 ||
		    same_key(target, s, len), "%s passes for %s", id, target);
	if (strstr(rule, "only this is empty") != NULL)
		ck_assert_msg(unicode_blank(s, len), "%s is not blank", id);
	if (strstr(rule, "word filter") == NULL)
		return;
	ck_assert_int_eq(unicode_form(&f, s, len, NULL), 0);
	ck_assert_msg(strcmp(buf_str(&f.text), "viagra") == 0, "%s: %s", id,
	    buf_str(&f.text));
	unicode_form_free(&f);
}

START_TEST(hostile_rows_keep_their_rule)
{
	FILE		*f = shared("text-own.jsonl");
	char		*line = NULL;
	size_t		 cap = 0;
	json_t		*o, *t;
	const char	*target;

	while (f != NULL && getline(&line, &cap, f) > 0) {
		if ((o = json_loads(line, JSON_ALLOW_NUL, NULL)) == NULL)
			continue;
		t = json_object_get(o, "text");
		target = json_string_value(json_object_get(o, "target"));
		if (json_is_string(t))
			hostile_row(json_string_value(json_object_get(o,
			    "id")), json_string_value(json_object_get(o,
			    "class")), json_string_value(json_object_get(o,
			    "rule")), target == NULL ? "" : target,
			    json_string_value(t), json_string_length(t));
		json_decref(o);
	}
	free(line);
	if (f != NULL)
		fclose(f);
}
END_TEST

START_TEST(ill_formed_bytes_are_refused)
{
	FILE		*f = shared("invalid-utf8-own.jsonl");
	char		*line = NULL, raw[4096];
	size_t		 cap = 0;
	const char	*b64;
	json_t		*o;
	long		 n;

	while (f != NULL && getline(&line, &cap, f) > 0) {
		if ((o = json_loads(line, 0, NULL)) == NULL)
			continue;
		b64 = json_string_value(json_object_get(o, "raw_b64"));
		if (b64 != NULL && strstr(json_string_value(json_object_get(o,
		    "rule")), "ill-formed") != NULL) {
			n = crypto_base64_decode(raw, b64, strlen(b64));
			ck_assert_int_ge(n, 0);
			ck_assert_int_eq(unicode_count(raw, (size_t)n), -1);
		}
		json_decref(o);
	}
	free(line);
	if (f != NULL)
		fclose(f);
}
END_TEST

#define LOOP(t, a)	tcase_add_loop_test(tc, t, 0, sizeof(a) / sizeof(*(a)))

int
main(void)
{
	Suite	*s = suite_create("unicode");
	TCase	*tc = tcase_create("unicode");
	SRunner	*sr;
	int	 failed;

	LOOP(form_of_each_disguise_is_plain, forms);
	tcase_add_test(tc, form_maps_bytes_to_where_they_came_from);
	tcase_add_test(tc, nfc_composes);
	tcase_add_test(tc, blank_sees_through_fillers);
	LOOP(name_of_many_languages_is_accepted, good_names);
	LOOP(name_that_hides_something_is_refused, bad_names);
	tcase_add_test(tc, name_key_tells_different_names_apart);
	tcase_add_test(tc, hostile_rows_keep_their_rule);
	tcase_add_test(tc, ill_formed_bytes_are_refused);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
