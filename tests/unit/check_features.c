/*
 * What the model sees of a text: spellings that mean the same look the same,
 * what only tells the source is not seen, and no window loses a word.
 */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/features.h"

/* The two texts have the same tokens. */
static bool
same(const char *a, const char *b)
{
	struct features	f, g;
	uint32_t	i;

	features_read(&f, a, 0, strlen(a));
	features_read(&g, b, 0, strlen(b));
	if (f.ntok != g.ntok || f.nsub != g.nsub)
		return (false);
	for (i = 0; i < f.ntok; i++)
		if (f.tok[i].word != g.tok[i].word)
			return (false);
	return (memcmp(f.sub, g.sub, f.nsub * sizeof(*f.sub)) == 0);
}

START_TEST(read_spellings_are_one)
{
	ck_assert(same("You IDIOT", "you idiot"));
	ck_assert(same("you 1d10t", "you idiot"));
	ck_assert(same("you id!ot", "you idiot"));
	ck_assert(same("soooooo bad", "soo bad"));
	ck_assert(same("țară și apă", "tara si apa"));
	ck_assert(same("ţară şi apă", "tara si apa"));
	ck_assert(same("don't", "dont"));
	ck_assert(same("don\xe2\x80\x99t", "dont"));
	ck_assert(same("zero\xe2\x80\x8bwidth", "zerowidth"));
	ck_assert(!same("idiot", "idea"));
}
END_TEST

START_TEST(read_placeholders_are_skipped)
{
	ck_assert(same("@user RT look URL", "look"));
	ck_assert(same("[NAME] is here", "is here"));
	ck_assert(same("see https://example.org/a?b=c now", "see now"));
	ck_assert(!same("curl", "c"));
}
END_TEST

START_TEST(read_groups_are_one_word)
{
	ck_assert(same("the Roma came", "the Travellers came"));
	ck_assert(same("a Jewish school", "a Muslim school"));
	ck_assert(!same("the Roma came", "the guests came"));
}
END_TEST

START_TEST(read_counts_for_spam)
{
	static const char	text[] = "BUY now at http://x.example and "
	    "www.y.example or shop.com for $5, call 0700123456";
	struct features		f;

	features_read(&f, text, 0, strlen(text));
	ck_assert_uint_eq(f.count[FEATURES_LINKS], 3);
	ck_assert_uint_eq(f.count[FEATURES_MONEY], 1);
	ck_assert_uint_eq(f.count[FEATURES_NUMBERS], 1);
	ck_assert_uint_eq(f.count[FEATURES_CAPITALS], 1);
}
END_TEST

START_TEST(read_windows_cover_the_text)
{
	struct features	f;
	char		text[8001];
	size_t		pos = 0, words = 0, last = 0;
	uint32_t	i;

	for (i = 0; i < 1000; i++)
		memcpy(text + 8 * i, "wordabc ", 8);
	text[8000] = '\0';
	while (pos < 8000) {
		pos = features_read(&f, text, pos, 8000);
		ck_assert_uint_le(f.ntok, FEATURES_TOKENS);
		for (i = 0; i < f.ntok; i++) {
			ck_assert_uint_ge(f.tok[i].start, last);
			last = f.tok[i].start + f.tok[i].len;
			ck_assert_uint_eq(f.tok[i].len, 7);
		}
		words += f.ntok;
	}
	ck_assert_uint_eq(words, 1000);
}
END_TEST

START_TEST(read_endless_word_is_cut_not_lost)
{
	struct features	f;
	char		text[3000];
	size_t		pos = 0, bytes = 0;
	uint32_t	i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	while (pos < sizeof(text)) {
		pos = features_read(&f, text, pos, sizeof(text));
		for (i = 0; i < f.ntok; i++)
			bytes += f.tok[i].len;
		ck_assert_uint_le(f.nsub, FEATURES_SUBS);
	}
	ck_assert_uint_eq(bytes, sizeof(text));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("features");
	TCase	*t = tcase_create("features");
	SRunner	*r;
	int	 failed;

	tcase_add_test(t, read_spellings_are_one);
	tcase_add_test(t, read_placeholders_are_skipped);
	tcase_add_test(t, read_groups_are_one_word);
	tcase_add_test(t, read_counts_for_spam);
	tcase_add_test(t, read_windows_cover_the_text);
	tcase_add_test(t, read_endless_word_is_cut_not_lost);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return (failed == 0 ? 0 : 1);
}
