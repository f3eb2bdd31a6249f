/*
 * Unfounded flags and appeals: warned first, then not handled for a time;
 * by automation, with statement and appeal; honest people are left alone.
 */
#include "tests/unit/forum.h"

static struct actor	anna, reader;

static void
setup(void)
{
	forum_setup();
	anna = forum_account("Anna Mod", "moderator", NULL);
	reader = forum_account("Rita Reader", "reader", NULL);
	forum_thread("open", "open");
}

/* A new comment by somebody new that who flags: 0 or the refusal. Flags come
 * two hours apart, so that every decision before is final. */
static enum err_code
flag(struct actor who, char id[ID_MAX])
{
	static int	n;
	char		name[40];

	clock_set(clock_ms() + 2 * HOUR);
	snprintf(name, sizeof(name), "Author %d", n++);
	forum_post(forum_account(name, "reader", NULL), "open",
	    "The bus was late again.", id);
	ck_assert_int_eq(forum_decide(anna, id, "approve", NULL, NULL),
	    ERR_NONE);
	return forum_run(who, "flag.file", json_pack("{s:s, s:s}", "comment",
	    id, "clause", "off-topic"));
}

/* n flags, each answered: approving what is flagged rejects the flag. */
static void
flags(struct actor who, int n, bool right)
{
	char	id[ID_MAX];

	while (n-- > 0) {
		ck_assert_int_eq(flag(who, id), ERR_NONE);
		clock_set(clock_ms() + MINUTE);
		ck_assert_int_eq(forum_decide(anna, id, right ? "remove" :
		    "approve", right ? "off-topic" : NULL, right ? WHY :
		    NULL), ERR_NONE);
	}
}

#define sanctions(who, what)						       \
	forum_number("SELECT COUNT(*) FROM sanction WHERE account = ? AND "    \
	    "kind = ? AND clause = 'misuse'", "is", (who).account, what)

START_TEST(misuse_warned_then_suspended_then_free)
{
	char	id[ID_MAX];

	flags(reader, 10, false);
	ck_assert_int_eq(sanctions(reader, "warn"), 0);
	flags(reader, 1, false);
	ck_assert_int_eq(sanctions(reader, "warn"), 1);
	/* Told, by automation, with words and a way out. */
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM notice WHERE "
	    "account = ? AND kind = 'sanction'", "i", reader.account), 1);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM decision d JOIN "
	    "content c ON c.ref = 'd:' || d.id AND c.field = 'explanation' "
	    "WHERE d.sanction != 0 AND d.decider = 'automatic' AND "
	    "d.auto_decision = 'AUTOMATED_DECISION_FULLY' AND "
	    "d.appeal_until > d.at", ""), 1);
	/* A warning begins the count anew, and what it came with counts. */
	flags(reader, 9, false);
	ck_assert_int_eq(sanctions(reader, "suspend_flags"), 0);
	flags(reader, 1, false);
	ck_assert_int_eq(sanctions(reader, "warn"), 1);
	ck_assert_int_eq(sanctions(reader, "suspend_flags"), 1);
	ck_assert_int_eq(flag(reader, id), ERR_SANCTIONED);
	ck_assert_ptr_nonnull(strstr(f.err.text, "until 2026-12-2"));
	clock_set(clock_ms() + 31 * DAY);
	forum_do(forum_clock(), "deadline.pass", "{}");
	ck_assert_int_eq(flag(reader, id), ERR_NONE);
}
END_TEST

START_TEST(misuse_who_is_often_right_is_left_alone)
{
	flags(reader, 6, true);
	flags(reader, 20, false);
	ck_assert_int_eq(sanctions(reader, "warn"), 0);
	flags(reader, 5, false);
	ck_assert_int_eq(sanctions(reader, "warn"), 1);
}
END_TEST

START_TEST(misuse_staff_and_old_ones_do_not_count)
{
	struct actor	ben = forum_account("Ben Mod", "moderator", NULL);

	flags(ben, 12, false);
	ck_assert_int_eq(sanctions(ben, "warn"), 0);
	flags(reader, 9, false);
	clock_set(clock_ms() + 91 * DAY);
	flags(reader, 9, false);
	ck_assert_int_eq(sanctions(reader, "warn"), 0);
}
END_TEST

/* Without an account there is only the address, for as long as it is kept. */
START_TEST(misuse_address_is_warned_then_waits)
{
	struct actor	nobody = forum_at((struct actor){ 0 }, 7, 8);
	struct actor	other = forum_at((struct actor){ 0 }, 9, 8);
	char		id[ID_MAX];

	flags(nobody, 10, false);
	ck_assert(!json_is_true(json_object_get(f.result, "warned")));
	ck_assert_int_eq(flag(nobody, id), ERR_NONE);
	ck_assert(json_is_true(json_object_get(f.result, "warned")));
	flags(nobody, 10, false);
	ck_assert_int_eq(flag(nobody, id), ERR_SANCTIONED);
	ck_assert_int_eq(flag(other, id), ERR_NONE);
	clock_set(clock_ms() + 31 * DAY);
	ck_assert_int_eq(flag(nobody, id), ERR_NONE);
	ck_assert(!json_is_true(json_object_get(f.result, "warned")));
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM sanction", ""),
	    0);
}
END_TEST

/* While appeals are not handled, the one against that is. */
START_TEST(misuse_appeal_against_itself_is_taken)
{
	char		id[ID_MAX], sanction[ID_MAX];
	struct stmt	*s;

	forum_post(reader, "open", "The ferry was late as well.", id);
	ck_assert_int_eq(forum_decide(anna, id, "remove", "off-topic", WHY),
	    ERR_NONE);
	flags(reader, 21, false);
	ck_assert_int_eq(sanctions(reader, "suspend_flags"), 1);
	ck_assert_int_eq(forum_run(reader, "appeal.file", json_pack(
	    "{s:s, s:s}", "comment", id, "grounds", "It was on topic.")),
	    ERR_SANCTIONED);
	s = db_query(f.db, "SELECT id FROM sanction WHERE kind = "
	    "'suspend_flags'", "");
	ck_assert_int_eq(stmt_step(s), 1);
	snprintf(sanction, sizeof(sanction), "%s", stmt_text(s, 0));
	stmt_done(s, NULL);
	forum_do(reader, "appeal.file", "{s:s, s:s}", "sanction", sanction,
	    "grounds", "The buses were late indeed.");
	forum_do(anna, "decide", "{s:s, s:s, s:s}", "appeal",
	    forum_result("appeal"), "outcome", "reversed", "explanation",
	    "The reports were mistaken, but each had a reason of its own.");
	ck_assert_int_eq(flag(reader, id), ERR_NONE);
	ck_assert_int_eq(sanctions(reader, "suspend_flags"), 1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("misuse");
	TCase	*c = tcase_create("misuse");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(c, setup, forum_teardown);
	tcase_set_timeout(c, 120);
	tcase_add_test(c, misuse_warned_then_suspended_then_free);
	tcase_add_test(c, misuse_who_is_often_right_is_left_alone);
	tcase_add_test(c, misuse_staff_and_old_ones_do_not_count);
	tcase_add_test(c, misuse_address_is_warned_then_waits);
	tcase_add_test(c, misuse_appeal_against_itself_is_taken);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
