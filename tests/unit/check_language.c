/*
 * Languages as data: a comment in, the guess out. Too short or too mixed a
 * text must be "und", never a wrong name.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/language.h"

static const struct { const char *text, *language; } cases[] = {
	{ "Why was nobody told about this before the meeting?", "en" },
	{ "They should have listened to the people who live there.", "en" },
	{ "I don't think so.", "en" },
	{ "Cred că ar trebui să vorbim și cu ei.", "ro" },
	{ "nu stiu ce sa mai zic, e prea tarziu pentru toti", "ro" },
	{ "Nevím, proč to tak musí být, ale je to smutné.", "cs" },
	{ "Neviem, prečo to tak musí byť, ale je to smutné.", "sk" },
	{ "Nie wiem, dlaczego tak musi być, ale to jest smutne.", "pl" },
	{ "Ich weiß nicht, warum das so sein muss, aber es ist traurig.",
	    "de" },
	{ "Je ne sais pas pourquoi c'est comme ça, mais c'est triste.", "fr" },
	{ "No sé por qué tiene que ser así, pero es muy triste.", "es" },
	{ "Nem tudom, hogy miért kell ennek így lennie.", "hu" },
	{ "Не знаю, почему так должно быть.", "und" },
	{ "我不知道为什么会这样。", "und" },
	{ "Xylophon", "und" }, { "", "und" }, { "12345 !!!", "und" },
	{ "\xff\xfe\x80", "und" },
};

START_TEST(guess_names_the_language)
{
	char got[LANGUAGE_MAX];

	language_guess(got, cases[_i].text, strlen(cases[_i].text));
	ck_assert_msg(strcmp(got, cases[_i].language) == 0, "%s: %s not %s",
	    cases[_i].text, got, cases[_i].language);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("language");
	TCase	*t = tcase_create("language");
	SRunner	*r;
	int	 failed;

	tcase_add_loop_test(t, guess_names_the_language, 0,
	    sizeof(cases) / sizeof(*cases));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return (failed == 0 ? 0 : 1);
}
