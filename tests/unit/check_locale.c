/*
 * The interface's languages: the plural rules of the five, that no language
 * lacks a text, that a text has the places its English has, and the choice
 * of a language for a request.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/assets.h"
#include "moderation/locale.h"

static void
setup(void)
{
	struct err	 err;

	ck_assert_msg(locale_load(assets_text, &err) == 0, "%s", err.text);
}

static const struct {
	const char	*tag;
	int64_t		 n;
	const char	*text;
} plurals[] = {
	{ "en", 0, "0 days" }, { "en", 1, "1 day" }, { "en", 2, "2 days" },
	{ "ro", 0, "0 zile" }, { "ro", 1, "1 zi" }, { "ro", 2, "2 zile" },
	{ "ro", 19, "19 zile" }, { "ro", 20, "20 de zile" },
	{ "ro", 100, "100 de zile" }, { "ro", 101, "101 zile" },
	{ "ro", 119, "119 zile" }, { "ro", 120, "120 de zile" },
	{ "cs", 0, "0 dní" }, { "cs", 1, "1 den" }, { "cs", 2, "2 dny" },
	{ "cs", 4, "4 dny" }, { "cs", 5, "5 dní" }, { "cs", 22, "22 dní" },
	{ "sk", 1, "1 deň" }, { "sk", 3, "3 dni" }, { "sk", 5, "5 dní" },
	{ "sk", 21, "21 dní" }, { "pl", 0, "0 dni" }, { "pl", 1, "1 dzień" },
};

START_TEST(tr_html_n_number_takes_its_form)
{
	struct buf	 b = BUF_INIT;

	tr_html_n(&b, locale_find(plurals[_i].tag), "duration.days",
	    plurals[_i].n);
	ck_assert_str_eq(buf_str(&b), plurals[_i].text);
	buf_free(&b);
}
END_TEST

START_TEST(tr_n_polish_distinguishes_few_and_many)
{
	static const int64_t	 few[] = { 2, 3, 4, 22, 34, 102 };
	static const int64_t	 many[] = { 0, 5, 11, 12, 14, 21, 25, 112 };
	const struct locale	*l = locale_find("pl");
	size_t			 i;

	for (i = 0; i < sizeof(few) / sizeof(few[0]); i++)
		ck_assert_str_eq(tr_n(l, "duration.hours", few[i]),
		    "{n} godziny");
	for (i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		ck_assert_str_eq(tr_n(l, "duration.hours", many[i]),
		    "{n} godzin");
}
END_TEST

static void
print_missing(const char *key, const char *form, void *arg)
{
	fprintf(stderr, "%s lacks %s %s\n", (const char *)arg, key, form);
}

START_TEST(locale_missing_any_language_lacks_nothing)
{
	const struct locale	*l;
	size_t			 i;

	for (i = 0; (l = locale_at(i)) != NULL; i++)
		ck_assert_uint_eq(locale_missing(l, print_missing,
		    (void *)(uintptr_t)locale_tag(l)), 0);
	ck_assert_uint_eq(i, 5);
}
END_TEST

/* A sum over the "{places}" of a text, whatever their order. */
static unsigned
places(const char *text)
{
	unsigned	 sum = 0;
	const char	*end;

	for (; (text = strchr(text, '{')) != NULL; text++) {
		if ((end = strchr(text, '}')) == NULL)
			return 0;
		while (text < end)
			sum = sum + (unsigned char)*text++ * 131u;
	}
	return sum;
}

/* The keys are read off the file's lines: one key a line, one tab before. */
START_TEST(tr_any_language_has_the_places_of_english)
{
	const struct asset	*a;
	const struct locale	*l;
	char			 key[80];
	const char		*p, *end;
	size_t			 i, n = 0;

	for (a = assets; a->name != NULL; a++)
		if (strcmp(a->name, "conf/locales/en.json") == 0)
			break;
	ck_assert_ptr_nonnull(a->name);
	for (p = (const char *)a->data; (p = strstr(p, "\n\t\"")) != NULL;
	    p = end) {
		p += 3;
		end = strchr(p, '"');
		ck_assert_ptr_nonnull(end);
		snprintf(key, sizeof(key), "%.*s", (int)(end - p), p);
		for (i = 1; (l = locale_at(i)) != NULL; i++)
			ck_assert_msg(places(tr(l, key)) ==
			    places(tr(locale_at(0), key)),
			    "%s: places of %s", locale_tag(l), key);
		n++;
	}
	ck_assert_uint_gt(n, 200);
}
END_TEST

static const struct {
	const char	*query, *cookie, *accept, *want;
} choices[] = {
	{ NULL, NULL, NULL, "en" },
	{ "cs", "ro", "pl", "cs" },
	{ NULL, "ro", "pl", "ro" },
	{ "xx", NULL, "pl", "pl" },
	{ NULL, NULL, "de, sk;q=0.8, pl;q=0.9", "pl" },
	{ NULL, NULL, "ro-MD,ro;q=0.9,en;q=0.5", "ro" },
	{ NULL, NULL, "en;q=0, sk;q=0.1", "sk" },
	{ NULL, NULL, "cs;q=0.555555, pl;q=0.554", "cs" },
	{ NULL, NULL, ";;;,,,=;q=", "en" },
	{ "rom", "r", "", "en" },
};

START_TEST(locale_choose_first_that_we_have_wins)
{
	ck_assert_str_eq(locale_tag(locale_choose(choices[_i].query,
	    choices[_i].cookie, choices[_i].accept)), choices[_i].want);
}
END_TEST

START_TEST(locale_date_is_written_in_the_language)
{
	static const char *const want[] = { "22 November 2026",
		"22 noiembrie 2026", "22. listopadu 2026",
		"22. novembra 2026", "22 listopada 2026" };
	struct buf	 b = BUF_INIT;
	size_t		 i;

	for (i = 0; i < 5; i++) {
		buf_clear(&b);
		locale_date(&b, locale_at(i), 1795341000000);
		ck_assert_str_eq(buf_str(&b), want[i]);
	}
	buf_free(&b);
}
END_TEST

START_TEST(locale_duration_takes_the_largest_unit)
{
	static const struct {
		int64_t		 s;
		const char	*want;
	} rows[] = { { 0, "0 seconds" }, { 59, "59 seconds" },
		{ 60, "1 minute" }, { 7199, "1 hour" }, { 86400, "1 day" },
		{ 200000, "2 days" } };
	struct buf	 b = BUF_INIT;
	size_t		 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&b);
		locale_duration(&b, locale_at(0), rows[i].s);
		ck_assert_str_eq(buf_str(&b), rows[i].want);
	}
	buf_free(&b);
}
END_TEST

START_TEST(tr_html_text_and_value_are_escaped)
{
	struct buf	 b = BUF_INIT;

	tr_html(&b, "<{name}> {other} {", "name", "\"<b>&'", NULL);
	ck_assert_ptr_null(strstr(buf_str(&b), "<"));
	ck_assert_ptr_nonnull(strstr(buf_str(&b), "{other} {"));
	buf_free(&b);
}
END_TEST

START_TEST(tr_unknown_key_gives_the_key)
{
	ck_assert_str_eq(tr(locale_at(1), "no.such"), "no.such");
	ck_assert_str_eq(tr_n(locale_at(1), "no.such", 2), "no.such");
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("locale");
	TCase	*c = tcase_create("locale");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(c, setup, locale_unload);
	tcase_add_loop_test(c, tr_html_n_number_takes_its_form, 0,
	    (int)(sizeof(plurals) / sizeof(plurals[0])));
	tcase_add_test(c, tr_n_polish_distinguishes_few_and_many);
	tcase_add_test(c, locale_missing_any_language_lacks_nothing);
	tcase_add_test(c, tr_any_language_has_the_places_of_english);
	tcase_add_loop_test(c, locale_choose_first_that_we_have_wins, 0,
	    (int)(sizeof(choices) / sizeof(choices[0])));
	tcase_add_test(c, locale_date_is_written_in_the_language);
	tcase_add_test(c, locale_duration_takes_the_largest_unit);
	tcase_add_test(c, tr_html_text_and_value_are_escaped);
	tcase_add_test(c, tr_unknown_key_gives_the_key);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
