/*
 * Deciding: reasons, whose case it is, claims, races, batches, undoing,
 * blind re-review.
 */
#include <pthread.h>

#include "tests/unit/forum.h"

static struct actor	anna, ben, clara, reader;
static char		id[ID_MAX];

static void
setup(void)
{
	forum_setup();
	anna = forum_account("Anna Mod", "moderator", NULL);
	ben = forum_account("Ben Mod", "moderator", NULL);
	clara = forum_account("Clara Two", "moderator", "same-person");
	reader = forum_account("Rita Reader", "reader", NULL);
	forum_thread("open", "open");
	forum_thread("held", "all_held");
}

START_TEST(decide_without_reason_is_refused)
{
	forum_post(reader, "open", "The bus was late again.", id);
	ck_assert_int_eq(forum_decide(anna, id, "remove", "off-topic", NULL),
	    ERR_REASON_REQUIRED);
	ck_assert_int_eq(forum_decide(anna, id, "remove", NULL, WHY),
	    ERR_REASON_REQUIRED);
	ck_assert_int_eq(forum_decide(anna, id, "remove", "off-topic", "No."),
	    ERR_REASON_TOO_THIN);
	ck_assert_int_eq(forum_decide(anna, id, "remove", "off-topic",
	    "What Rita Reader says has nothing to do with the article."),
	    ERR_PERSONAL_DATA);
	ck_assert_int_eq(forum_decide(anna, id, "remove", "nonsuch", WHY),
	    ERR_INVALID_FIELD);
	ck_assert_str_ne(forum_comment(id).state, "removed");
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM decision", ""),
	    0);
	ck_assert_int_eq(forum_decide(anna, id, "remove", "off-topic", WHY),
	    ERR_NONE);
	forum_state(id, "removed");
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM leaf WHERE kind = "
	    "'decision'", ""), 1);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM notice WHERE kind "
	    "= 'statement' AND account = ?", "i", reader.account), 1);
}
END_TEST

START_TEST(decide_own_comment_is_refused)
{
	struct actor	other = forum_account("Second Name", "moderator",
			    "same-person");

	forum_post(clara, "open", "I ride that bus too.", id);
	ck_assert_int_eq(forum_decide(clara, id, "remove", "off-topic", WHY),
	    ERR_OWN_CASE);
	ck_assert_int_eq(forum_decide(other, id, "remove", "off-topic", WHY),
	    ERR_OWN_CASE);
}
END_TEST

START_TEST(decide_claimed_by_another_is_refused)
{
	forum_post(reader, "held", "The bus was late again.", id);
	forum_do(anna, "review.claim", "{s:s}", "comment", id);
	ck_assert_int_eq(forum_run(ben, "review.claim", json_pack("{s:s}",
	    "comment", id)), ERR_CLAIMED);
	ck_assert_ptr_nonnull(strstr(f.err.text, "until 2026-11-22T12:10"));
	ck_assert_int_eq(forum_decide(ben, id, "approve", NULL, NULL),
	    ERR_CLAIMED);
	clock_set(NOON + 10 * MINUTE);
	forum_do(ben, "review.claim", "{s:s}", "comment", id);
	ck_assert_int_eq(forum_decide(ben, id, "approve", NULL, NULL),
	    ERR_NONE);
	forum_state(id, "visible");
}
END_TEST

START_TEST(decide_other_version_is_stale)
{
	forum_post(reader, "open", "The bus was late again.", id);
	ck_assert_int_eq(forum_run(anna, "decide", json_pack(
	    "{s:s, s:s, s:s, s:s, s:i}", "comment", id, "action", "remove",
	    "clause", "off-topic", "explanation", WHY, "expected_version",
	    1)), ERR_STALE_VERSION);
}
END_TEST

/* An approval must not launder a removal without a reason. */
START_TEST(decide_approve_removed_is_refused)
{
	forum_post(reader, "open", "The bus was late again.", id);
	forum_decide(anna, id, "remove", "off-topic", WHY);
	ck_assert_int_eq(forum_decide(ben, id, "approve", NULL, NULL),
	    ERR_STALE_VERSION);
	forum_state(id, "removed");
	ck_assert_int_eq(forum_decide(ben, id, "restore", NULL, NULL),
	    ERR_REASON_REQUIRED);
	ck_assert_int_eq(forum_decide(ben, id, "restore", "off-topic",
	    "On a second reading it does answer the article's question."),
	    ERR_NONE);
	forum_state(id, "visible");
	ck_assert_int_eq(forum_number("SELECT ever_removed FROM thread WHERE "
	    "slug = 'open'", ""), 1);
	ck_assert_int_eq(forum_number("SELECT removed FROM thread WHERE slug "
	    "= 'open'", ""), 0);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM decision WHERE "
	    "reversed_by IS NOT NULL", ""), 1);
}
END_TEST

struct racer {
	struct actor	actor;
	enum err_code	code;
};

static void *
race(void *arg)
{
	struct racer	*r = arg;
	struct command	*cmd;
	struct err	 err;

	cmd = command_new(commands_find("decide"), &r->actor, json_pack(
	    "{s:s, s:s, s:s, s:s}", "comment", id, "action", "remove",
	    "clause", "off-topic", "explanation", WHY));
	r->code = writer_run(f.writer, cmd, &err) == 0 ? ERR_NONE : err.code;
	command_free(&cmd);
	return NULL;
}

START_TEST(decide_two_racing_exactly_one_decides)
{
	struct racer	a = { anna, 0 }, b = { ben, 0 };
	pthread_t	t;
	int		i;

	for (i = 0; i < 200; i++) {
		char	body[64];

		snprintf(body, sizeof(body), "Bus number %d was late.", i);
		forum_post(forum_account(body, "reader", NULL), "open", body,
		    id);
		ck_assert_int_eq(pthread_create(&t, NULL, race, &a), 0);
		race(&b);
		pthread_join(t, NULL);
		ck_assert_int_eq((a.code == ERR_NONE) + (b.code == ERR_NONE),
		    1);
		ck_assert_int_eq(a.code == ERR_NONE ? b.code : a.code,
		    ERR_STALE_VERSION);
	}
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM decision", ""),
	    200);
}
END_TEST

START_TEST(decide_batch_is_one_entry)
{
	json_t	*ids = json_array();
	size_t	 i;

	for (i = 0; i < 12; i++) {
		char	body[64];

		snprintf(body, sizeof(body), "Watches of sort %zu here.", i);
		forum_post(reader, i % 2 ? "open" : "held", body, id);
		json_array_append_new(ids, json_string(id));
	}
	json_array_append_new(ids, json_string("none"));
	forum_do(anna, "decide.batch", "{s:O, s:s, s:s, s:s}", "comments",
	    ids, "action", "remove", "clause", "spam", "explanation",
	    "The same advertisement came many times over today.");
	for (i = 0; i < 13; i++)
		ck_assert_int_eq(json_integer_value(json_object_get(
		    json_array_get(json_object_get(f.result, "items"), i),
		    "status")), i < 12 ? 200 : 404);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM leaf WHERE kind "
	    "IN ('batch', 'decision')", ""), 1);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM comment WHERE "
	    "state = 'removed'", ""), 12);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM content WHERE ref "
	    "LIKE 'd:%' AND field = 'explanation'", ""), 12);
	forum_do(ben, "decide.batch", "{s:o, s:s, s:s, s:s}", "comments",
	    ids, "action", "remove", "clause", "spam", "explanation",
	    "The same advertisement came many times over today.");
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(
	    json_object_get(f.result, "items"), 0), "status")), 409);
}
END_TEST

START_TEST(decide_undo_holds_again)
{
	char	decision[ID_MAX];
	int64_t	due;

	forum_post(reader, "held", "The bus was late again.", id);
	due = forum_comment(id).decide_by;
	forum_decide(anna, id, "remove", "off-topic", WHY);
	snprintf(decision, sizeof(decision), "%s", forum_result("decision"));
	ck_assert_int_eq(forum_run(ben, "decide.undo", json_pack("{s:s}",
	    "decision", decision)), ERR_ROLE_REQUIRED);
	forum_do(anna, "decide.undo", "{s:s}", "decision", decision);
	forum_state(id, "held");
	ck_assert_int_eq(forum_comment(id).decide_by, due);
	ck_assert_int_eq(forum_run(anna, "decide.undo", json_pack("{s:s}",
	    "decision", decision)), ERR_STALE_VERSION);
	forum_decide(anna, id, "approve", NULL, NULL);
	snprintf(decision, sizeof(decision), "%s", forum_result("decision"));
	clock_set(NOON + 2 * MINUTE);
	ck_assert_int_eq(forum_run(anna, "decide.undo", json_pack("{s:s}",
	    "decision", decision)), ERR_EDIT_WINDOW_OVER);
}
END_TEST

START_TEST(decide_review_again_changes_nothing)
{
	forum_post(reader, "open", "The bus was late again.", id);
	forum_decide(anna, id, "remove", "off-topic", WHY);
	forum_do(forum_clock(), "deadline.sample", "{s:i}", "share_percent",
	    100);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM review", ""), 1);
	forum_do(ben, "review.claim", "{s:s}", "comment", id);
	ck_assert_int_eq(forum_decide(ben, id, "approve", NULL, NULL),
	    ERR_NONE);
	ck_assert_ptr_nonnull(forum_result("decision"));
	forum_state(id, "removed");
	ck_assert_int_eq(forum_number("SELECT agrees FROM review", ""), 0);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM remark WHERE kind "
	    "= 'disagreement'", ""), 1);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM decision", ""),
	    1);
}
END_TEST

START_TEST(decide_redact_keeps_the_entry)
{
	forum_post(reader, "open", "The bus was late again.", id);
	forum_decide(anna, id, "remove", "off-topic", WHY);
	forum_do((struct actor){ .kind = ACTOR_OPERATOR },
	    "explanation.redact", "{s:s}", "decision",
	    forum_result("decision"));
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM content WHERE ref "
	    "LIKE 'd:%' AND field = 'explanation'", ""), 0);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM leaf WHERE kind "
	    "IN ('decision', 'explanation.redacted')", ""), 2);
	forum_state(id, "removed");
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("decide");
	TCase	*c = tcase_create("decide");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(c, setup, forum_teardown);
	tcase_set_timeout(c, 120);
	tcase_add_test(c, decide_without_reason_is_refused);
	tcase_add_test(c, decide_own_comment_is_refused);
	tcase_add_test(c, decide_claimed_by_another_is_refused);
	tcase_add_test(c, decide_other_version_is_stale);
	tcase_add_test(c, decide_approve_removed_is_refused);
	tcase_add_test(c, decide_two_racing_exactly_one_decides);
	tcase_add_test(c, decide_batch_is_one_entry);
	tcase_add_test(c, decide_undo_holds_again);
	tcase_add_test(c, decide_review_again_changes_nothing);
	tcase_add_test(c, decide_redact_keeps_the_entry);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
