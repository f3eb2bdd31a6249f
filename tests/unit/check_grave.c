/*
 * The gravest cases: quarantine and who opens it, what is preserved and for
 * how long, a statement that an order delays, escalations with what an
 * authority was told, orders with their times.
 */
#include "moderation/queue.h"
#include "tests/unit/forum.h"

#define TEXT	"A sentence that nobody should have to read at all."
#define ABUSE	"It was handed to those who are charged with such cases."

static struct actor	anna, ada, edith, reader;
static char		id[ID_MAX];

static void
setup(void)
{
	forum_setup();
	anna = forum_account("Anna Mod", "moderator", NULL);
	ada = forum_account("Ada Admin", "admin", NULL);
	edith = forum_account("Edith Editor", "editor", NULL);
	reader = forum_account("Rita Reader", "reader", NULL);
	forum_thread("open", "open");
	forum_post(reader, "open", TEXT, id);
}

static void
lock_away(void)
{
	ck_assert_int_eq(forum_decide(anna, id, "remove", "child-abuse",
	    ABUSE), ERR_NONE);
	ck_assert_int_eq(forum_comment(id).quarantined, 1);
}

static int64_t
told(struct actor who, const char *kind)
{
	return forum_number("SELECT COUNT(*) FROM notice WHERE account = ? "
	    "AND kind = ?", "is", who.account, kind);
}

static size_t
appeals_offered(struct actor who)
{
	struct queue_query	q = { .state = QUEUE_APPEALED,
				    .viewer = who.account,
				    .now = clock_ms(), .limit = 5 };
	struct queue_item	items[5];
	int64_t			next[QUEUE_CURSOR];
	size_t			n;
	bool			more;

	ck_assert_int_eq(queue_list(f.db, &q, items, &n, &more, next,
	    &f.err), 0);
	return n;
}

START_TEST(open_needs_a_named_admin_and_is_logged)
{
	lock_away();
	ck_assert_int_eq(forum_run(ada, "quarantine.open", json_pack(
	    "{s:s, s:s}", "comment", id, "reason", "For the report.")),
	    ERR_ROLE_REQUIRED);
	ck_assert_int_eq(forum_run(ada, "account.change", json_pack(
	    "{s:s}", "charged", "on")), ERR_ROLE_REQUIRED);
	ck_assert_str_eq(f.err.field, "charged");
	forum_do(forum_operator(), "account.change", "{s:s, s:s}", "name",
	    "Ada Admin", "charged", "on");
	ck_assert_int_eq(forum_run(ada, "quarantine.open", json_pack(
	    "{s:s}", "comment", id)), ERR_INVALID_FIELD);
	ck_assert_str_eq(f.err.field, "reason");
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM opening", ""), 0);
	forum_do(ada, "quarantine.open", "{s:s, s:s}", "comment", id,
	    "reason", "For the report.");
	ck_assert_int_eq(forum_number("SELECT account FROM opening", ""),
	    ada.account);
	forum_do(forum_operator(), "account.change", "{s:s, s:s}", "name",
	    "Ada Admin", "charged", "off");
	ck_assert_int_eq(forum_run(ada, "quarantine.open", json_pack(
	    "{s:s, s:s}", "comment", id, "reason", "Once more.")),
	    ERR_ROLE_REQUIRED);
}
END_TEST

START_TEST(open_what_is_not_in_quarantine_is_not_found)
{
	forum_do(forum_operator(), "account.change", "{s:s, s:s}", "name",
	    "Ada Admin", "charged", "on");
	ck_assert_int_eq(forum_run(ada, "quarantine.open", json_pack(
	    "{s:s, s:s}", "comment", id, "reason", "Curiosity.")),
	    ERR_NOT_FOUND);
	lock_away();
	ck_assert_int_eq(forum_decide(anna, id, "restore", "child-abuse",
	    "It was quoted from the judgment, which is public."),
	    ERR_ROLE_REQUIRED);
	ck_assert_int_eq(forum_decide(ada, id, "restore", "child-abuse",
	    "It was quoted from the judgment, which is public."), ERR_NONE);
	forum_state(id, "visible");
	ck_assert_int_ne(forum_number("SELECT released_at FROM quarantine",
	    ""), 0);
	ck_assert_int_eq(forum_run(ada, "quarantine.open", json_pack(
	    "{s:s, s:s}", "comment", id, "reason", "Curiosity.")),
	    ERR_NOT_FOUND);
}
END_TEST

/* Nobody lets out by an appeal what they may not read. */
START_TEST(appeal_against_quarantine_is_an_admins)
{
	struct actor	ben = forum_account("Ben Mod", "moderator", NULL);
	char		aid[ID_MAX];

	lock_away();
	forum_do(reader, "appeal.file", "{s:s, s:s}", "comment", id,
	    "grounds", "It was quoted.");
	snprintf(aid, sizeof(aid), "%s", forum_result("appeal"));
	ck_assert_int_eq(forum_run(ben, "appeal.decide", json_pack(
	    "{s:s, s:s, s:s}", "appeal", aid, "outcome", "reversed",
	    "explanation", "It was quoted from the judgment, page twelve.")),
	    ERR_ROLE_REQUIRED);
	ck_assert_uint_eq(appeals_offered(ben), 0);
	ck_assert_uint_eq(appeals_offered(ada), 1);
	forum_state(id, "removed");
	forum_do(ada, "appeal.decide", "{s:s, s:s, s:s}", "appeal", aid,
	    "outcome", "reversed", "explanation",
	    "It was quoted from the judgment, page twelve.");
	forum_state(id, "visible");
}
END_TEST

START_TEST(keep_until_and_no_longer)
{
	lock_away();
	ck_assert_int_eq(forum_number("SELECT preserve_until FROM quarantine",
	    ""), NOON + 365 * DAY);
	ck_assert_int_eq(forum_run(ada, "quarantine.keep", json_pack(
	    "{s:s, s:s}", "comment", id, "preserve_until", "2026-11-21")),
	    ERR_INVALID_FIELD);
	ck_assert_str_eq(f.err.field, "preserve_until");
	forum_do(ada, "quarantine.keep", "{s:s, s:s}", "comment", id,
	    "preserve_until", "2027-01-01T12:00:00Z");
	clock_set(NOON + 40 * DAY - HOUR);
	forum_do(forum_clock(), "deadline.retain", "{}");
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM content WHERE "
	    "field = 'body'", ""), 1);
	clock_set(NOON + 40 * DAY + HOUR);
	forum_do(forum_clock(), "deadline.retain", "{}");
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM content WHERE "
	    "field = 'body'", ""), 0);
}
END_TEST

/* A recorded order keeps the statement back; the count does not wait. */
START_TEST(notify_after_order_is_told_then)
{
	char	order[ID_MAX];

	ck_assert_int_eq(forum_run(anna, "decide", json_pack(
	    "{s:s, s:s, s:s, s:s, s:s}", "comment", id, "action",
	    "quarantine", "clause", "child-abuse", "explanation", ABUSE,
	    "notify_after", "2026-12-01T00:00:00Z")), ERR_INVALID_FIELD);
	ck_assert_str_eq(f.err.field, "order");
	forum_do(edith, "order.receive", "{s:s, s:s, s:s, s:s, s:s, s:s}",
	    "type", "information", "member_state", "RO", "received_at",
	    "2026-11-22T10:00:00Z", "authority", "Police of the county",
	    "reference", "17/2026", "comment", id);
	snprintf(order, sizeof(order), "%s", forum_result("order"));
	forum_do(anna, "decide", "{s:s, s:s, s:s, s:s, s:s, s:s}", "comment",
	    id, "action", "quarantine", "clause", "child-abuse",
	    "explanation", ABUSE, "notify_after", "2026-12-01T00:00:00Z",
	    "order", order);
	forum_state(id, "removed");
	ck_assert_int_eq(told(reader, "statement"), 0);
	forum_do(forum_clock(), "deadline.pass", "{}");
	ck_assert_int_eq(told(reader, "statement"), 0);
	clock_set(NOON + 9 * DAY);
	forum_do(forum_clock(), "deadline.pass", "{}");
	forum_do(forum_clock(), "deadline.pass", "{}");
	ck_assert_int_eq(told(reader, "statement"), 1);
}
END_TEST

START_TEST(escalation_is_told_at_once_and_closed_once)
{
	char		 e[ID_MAX] = "none-such";
	struct stmt	*s;

	ck_assert_int_eq(forum_decide(anna, id, "remove", "threat",
	    "It announces an attack on a named person at home."), ERR_NONE);
	ck_assert_int_eq(told(edith, "escalation"), 1);
	ck_assert_int_eq(told(ada, "escalation"), 1);
	ck_assert_int_eq(told(anna, "escalation"), 0);
	ck_assert_int_eq(forum_run(edith, "escalation.close", json_pack(
	    "{s:s, s:s}", "escalation", e, "outcome", "told")),
	    ERR_NOT_FOUND);
	s = db_query(f.db, "SELECT id FROM escalation", "");
	ck_assert_int_eq(stmt_step(s), 1);
	snprintf(e, sizeof(e), "%s", stmt_text(s, 0));
	stmt_done(s, NULL);
	ck_assert_int_eq(forum_run(edith, "escalation.close", json_pack(
	    "{s:s, s:s}", "escalation", e, "outcome", "told")),
	    ERR_INVALID_FIELD);
	ck_assert_str_eq(f.err.field, "told_at");
	ck_assert_int_eq(forum_run(edith, "escalation.close", json_pack(
	    "{s:s, s:s, s:s, s:s}", "escalation", e, "outcome", "told",
	    "told_at", "2026-11-22T13:00:00Z", "authority", "Police")),
	    ERR_INVALID_FIELD);
	ck_assert_int_eq(forum_run(edith, "escalation.close", json_pack(
	    "{s:s, s:s, s:s}", "escalation", e, "outcome", "told", "told_at",
	    "2026-11-22T11:00:00Z")), ERR_INVALID_FIELD);
	ck_assert_str_eq(f.err.field, "authority");
	forum_do(edith, "escalation.close", "{s:s, s:s, s:s, s:s, s:s}",
	    "escalation", e, "outcome", "told", "told_at",
	    "2026-11-22T11:00:00Z", "authority", "Police", "reference",
	    "A 12");
	ck_assert_int_eq(forum_number("SELECT told_at FROM escalation WHERE "
	    "state = 'told'", ""), NOON - HOUR);
	ck_assert_int_eq(forum_run(edith, "escalation.close", json_pack(
	    "{s:s, s:s, s:s}", "escalation", e, "outcome", "none", "reason",
	    "x")), ERR_STALE_VERSION);
}
END_TEST

/* One report is enough: held, escalated; found harmless, it is over. */
START_TEST(escalation_of_a_flag_ends_when_approved)
{
	ck_assert_int_eq(forum_decide(anna, id, "approve", NULL, NULL),
	    ERR_NONE);
	forum_do(edith, "flag.file", "{s:s, s:s}", "comment", id, "clause",
	    "child-abuse");
	forum_state(id, "held");
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM escalation WHERE "
	    "state = 'open'", ""), 1);
	ck_assert_int_eq(forum_decide(anna, id, "approve", NULL, NULL),
	    ERR_NONE);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM escalation WHERE "
	    "state = 'none'", ""), 1);
}
END_TEST

START_TEST(order_times_are_in_order)
{
	char	o[ID_MAX];

	ck_assert_int_eq(forum_run(edith, "order.receive", json_pack(
	    "{s:s, s:s, s:s, s:s}", "type", "act", "member_state", "XX",
	    "received_at", "2026-11-22", "authority", "Court")),
	    ERR_INVALID_FIELD);
	ck_assert_str_eq(f.err.field, "member_state");
	forum_do(edith, "order.receive", "{s:s, s:s, s:s, s:s}", "type",
	    "act", "member_state", "CZ", "received_at",
	    "2026-11-22T09:00:00Z", "authority", "District court");
	snprintf(o, sizeof(o), "%s", forum_result("order"));
	ck_assert_int_eq(forum_run(edith, "order.answer", json_pack(
	    "{s:s, s:s}", "order", o, "acted_at", "2026-11-22T08:00:00Z")),
	    ERR_INVALID_FIELD);
	ck_assert_str_eq(f.err.field, "acted_at");
	ck_assert_int_eq(forum_run(edith, "order.answer", json_pack(
	    "{s:s}", "order", o)), ERR_INVALID_FIELD);
	ck_assert_int_eq(forum_run(edith, "order.answer", json_pack(
	    "{s:s, s:s}", "order", o, "effect", "perhaps")),
	    ERR_INVALID_FIELD);
	forum_do(edith, "order.answer", "{s:s, s:s}", "order", o, "acted_at",
	    "2026-11-22T10:00:00Z");
	forum_do(edith, "order.answer", "{s:s, s:s, s:s}", "order", o,
	    "told_at", "2026-11-22T11:00:00Z", "effect", "given");
	ck_assert_int_eq(forum_number("SELECT told_at - acted_at FROM "
	    "mandate WHERE effect = 'given'", ""), HOUR);
}
END_TEST

START_TEST(rebuild_of_grave_cases_is_identical)
{
	struct rebuild_result	r;
	char			other[ID_MAX];

	lock_away();
	forum_do(forum_operator(), "account.change", "{s:s, s:s}", "name",
	    "Ada Admin", "charged", "on");
	forum_do(ada, "quarantine.open", "{s:s, s:s}", "comment", id,
	    "reason", "For the report.");
	forum_do(ada, "quarantine.keep", "{s:s, s:s}", "comment", id,
	    "preserve_until", "2027-01-01");
	forum_post(reader, "open", TEXT, other);
	forum_do(ada, "decide.batch", "{s:[s], s:s, s:s, s:s}", "comments",
	    other, "action", "quarantine", "clause", "child-abuse",
	    "explanation", ABUSE);
	ck_assert_int_eq(forum_decide(ada, id, "restore", "child-abuse",
	    "It was quoted from the judgment, which is public."), ERR_NONE);
	forum_do(edith, "order.receive", "{s:s, s:s, s:s, s:s, s:s}", "type",
	    "act", "member_state", "CZ", "received_at", "2026-11-22",
	    "authority", "Court", "comment", other);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM quarantine", ""),
	    2);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM escalation", ""),
	    2);
	writer_close(&f.writer);
	ck_assert_msg(rebuild(f.dir, 1, &r, &f.err) == 0, "%s", f.err.text);
	ck_assert_int_eq(r.identical, 1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("grave");
	TCase	*c = tcase_create("grave");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(c, setup, forum_teardown);
	tcase_set_timeout(c, 120);
	tcase_add_test(c, open_needs_a_named_admin_and_is_logged);
	tcase_add_test(c, open_what_is_not_in_quarantine_is_not_found);
	tcase_add_test(c, appeal_against_quarantine_is_an_admins);
	tcase_add_test(c, keep_until_and_no_longer);
	tcase_add_test(c, notify_after_order_is_told_then);
	tcase_add_test(c, escalation_is_told_at_once_and_closed_once);
	tcase_add_test(c, escalation_of_a_flag_ends_when_approved);
	tcase_add_test(c, order_times_are_in_order);
	tcase_add_test(c, rebuild_of_grave_cases_is_identical);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
