/*
 * Cursors: what was made is read back, and nothing else is.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/cursor.h"

START_TEST(cursor_read_made_gives_back)
{
	const int64_t	in[4] = { 0, -7, 999999999999999999, 42 };
	int64_t		out[4];
	char		text[CURSOR_MAX];

	cursor_make(text, 'q', 4, in);
	ck_assert_ptr_null(strpbrk(text, "+/="));
	ck_assert_int_eq(cursor_read(text, 'q', 4, out, NULL), 0);
	ck_assert_int_eq(memcmp(in, out, sizeof(in)), 0);
}
END_TEST

START_TEST(cursor_read_other_list_refused)
{
	const int64_t	in[2] = { 1, 2 };
	int64_t		out[4];
	struct err	err;
	char		text[CURSOR_MAX];

	cursor_make(text, 'o', 2, in);
	ck_assert_int_eq(cursor_read(text, 'n', 2, out, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID_FIELD);
	ck_assert_str_eq(err.field, "after");
	ck_assert_int_eq(cursor_read(text, 'o', 1, out, NULL), -1);
	ck_assert_int_eq(cursor_read(text, 'o', 3, out, NULL), -1);
}
END_TEST

/* Base64 of "o1", "o01", "o1.", "o1x", "o", "o--1", "o1" with a NUL, and
 * things that are no base64url. */
static const char *const wrong[] = { "bzAx", "bzEu", "bzF4", "bw", "by0tMQ",
	"bzEA", "", "=", "bzE=", "bz E", "garbage", "bzEK",
	"bzEyMzQ1Njc4OTAxMjM0NTY3ODkw" };

START_TEST(cursor_read_not_canonical_refused)
{
	int64_t	out[1];

	ck_assert_int_eq(cursor_read("bzE", 'o', 1, out, NULL), 0);
	ck_assert_int_eq(out[0], 1);
	ck_assert_int_eq(cursor_read(wrong[_i], 'o', 1, out, NULL), -1);
}
END_TEST

START_TEST(cursor_read_too_long_refused)
{
	char	text[400];
	int64_t	out[1];

	memset(text, 'A', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(cursor_read(text, 'o', 1, out, NULL), -1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("cursor");
	TCase	*t = tcase_create("cursor");
	SRunner	*r;
	int	 failed;

	tcase_add_test(t, cursor_read_made_gives_back);
	tcase_add_test(t, cursor_read_other_list_refused);
	tcase_add_loop_test(t, cursor_read_not_canonical_refused, 0,
	    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(t, cursor_read_too_long_refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
