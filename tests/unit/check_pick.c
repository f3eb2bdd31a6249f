/*
 * Picks and the pinned comment: who sets them, that a thread has one pinned
 * at most, and that what is not shown loses both.
 */
#include "tests/unit/forum.h"

static struct actor	anna, edith, rita;
static char		one[ID_MAX], two[ID_MAX];

static void
setup(void)
{
	forum_setup();
	anna = forum_account("Anna Mod", "moderator", NULL);
	edith = forum_account("Edith Editor", "editor", NULL);
	rita = forum_account("Rita Reader", "reader", NULL);
	forum_thread("open", "open");
	forum_post(rita, "open", "The bridge was closed in May.", one);
	forum_post(rita, "open", "It was open again in June.", two);
	forum_decide(anna, one, "approve", NULL, NULL);
	forum_decide(anna, two, "approve", NULL, NULL);
	forum_state(one, "visible");
	forum_state(two, "visible");
}

static enum err_code
mark(struct actor who, const char *kind, const char *id, bool on)
{
	return forum_run(who, kind, json_pack("{s:s, s:b}", "comment", id,
	    "on", on));
}

static int64_t
picks(void)
{
	return forum_number("SELECT COUNT(*) FROM comment WHERE pick = 1", "");
}

static int64_t
pinned(void)
{
	return forum_number("SELECT COALESCE(pinned, 0) FROM thread", "");
}

START_TEST(pick_byModerator_isRefused)
{
	ck_assert_int_eq(mark(anna, "comment.pick", one, true),
	    ERR_ROLE_REQUIRED);
	ck_assert_int_eq(mark(rita, "comment.pin", one, true),
	    ERR_ROLE_REQUIRED);
	ck_assert_int_eq(picks() + pinned(), 0);
}
END_TEST

START_TEST(pin_second_takesThePlace)
{
	ck_assert_int_eq(mark(edith, "comment.pin", one, true), ERR_NONE);
	ck_assert_int_eq(mark(edith, "comment.pin", two, true), ERR_NONE);
	ck_assert_int_eq(pinned(), forum_comment(two).num);
	ck_assert_int_eq(forum_comment(one).version,
	    forum_comment(two).version);
	/* It is not this one that is pinned. */
	ck_assert_int_eq(mark(edith, "comment.pin", one, false), ERR_NONE);
	ck_assert_int_eq(pinned(), forum_comment(two).num);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM remark WHERE by "
	    "= ? AND kind = 'pinned'", "i", edith.account), 2);
}
END_TEST

START_TEST(removed_withdrawn_loseBoth)
{
	ck_assert_int_eq(mark(edith, "comment.pick", one, true), ERR_NONE);
	ck_assert_int_eq(mark(edith, "comment.pick", two, true), ERR_NONE);
	ck_assert_int_eq(mark(edith, "comment.pin", one, true), ERR_NONE);
	ck_assert_int_eq(picks(), 2);
	forum_do(rita, "comment.withdraw", "{s:s}", "comment", two);
	ck_assert_int_eq(picks(), 1);
	ck_assert_int_eq(pinned(), forum_comment(one).num);
	ck_assert_int_eq(forum_decide(anna, one, "remove", "personal-attack",
	    WHY), ERR_NONE);
	ck_assert_int_eq(picks() + pinned(), 0);
	ck_assert_int_eq(mark(edith, "comment.pick", one, true),
	    ERR_NOT_EDITABLE);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("pick");
	TCase	*t = tcase_create("pick");
	SRunner	*sr = srunner_create(s);
	int	 failed;

	tcase_add_checked_fixture(t, setup, forum_teardown);
	tcase_add_test(t, pick_byModerator_isRefused);
	tcase_add_test(t, pin_second_takesThePlace);
	tcase_add_test(t, removed_withdrawn_loseBoth);
	suite_add_tcase(s, t);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
