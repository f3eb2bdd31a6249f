/*
 * Flags and appeals: who may, when, once; weight and brigades; another
 * person decides; what the outcome brings about.
 */
#include "tests/unit/forum.h"

#define GROUNDS	"It is what the council's own minutes say."
#define AGAIN	"The minutes do say so, and the post says where to find it."

static struct actor	anna, ben, twin, reader;
static char		id[ID_MAX];

/* A published comment of the reader's. */
static void
published(const char *body)
{
	forum_post(reader, "open", body, id);
	if (strcmp(forum_comment(id).state, "held") == 0)
		ck_assert_int_eq(forum_decide(ben, id, "approve", NULL, NULL),
		    ERR_NONE);
	forum_state(id, "visible");
}

/* One of the reader's that anna removed, nobody else having judged it. */
static void
removed(void)
{
	forum_post(reader, "open", "The councillor said so in March.", id);
	ck_assert_int_eq(forum_decide(anna, id, "remove", "off-topic", WHY),
	    ERR_NONE);
}

static void
setup(void)
{
	forum_setup();
	anna = forum_account("Anna Mod", "moderator", "person-a");
	twin = forum_account("Twin Mod", "moderator", "person-a");
	ben = forum_account("Ben Mod", "moderator", NULL);
	reader = forum_account("Rita Reader", "reader", NULL);
	forum_thread("open", "open");
}

static enum err_code
appeal(struct actor who)
{
	return forum_run(who, "appeal.file", json_pack("{s:s, s:s}",
	    "comment", id, "grounds", GROUNDS));
}

static enum err_code
judge(struct actor who, const char *aid, const char *outcome)
{
	return forum_run(who, "decide", json_pack(
	    "{s:s, s:s, s:s, s:s, s:s}", "comment", id, "action", "restore",
	    "appeal", aid, "outcome", outcome, "explanation", AGAIN));
}

static enum err_code
flag(struct actor who, const char *clause)
{
	return forum_run(who, "flag.file", json_pack("{s:s, s:s, s:s}",
	    "comment", id, "clause", clause, "note", "Look at this."));
}

START_TEST(appeal_nothing_decided_is_refused)
{
	published("The bus was late again.");
	ck_assert_int_eq(appeal(reader), ERR_NOT_APPEALABLE);
	ck_assert_int_eq(appeal(ben), ERR_NOT_FOUND);
}
END_TEST

START_TEST(appeal_same_person_is_refused)
{
	char	aid[ID_MAX];

	removed();
	ck_assert_int_eq(appeal(reader), ERR_NONE);
	snprintf(aid, sizeof(aid), "%s", forum_result("appeal"));
	ck_assert_int_eq(appeal(reader), ERR_APPEAL_EXISTS);
	ck_assert_int_eq(judge(anna, aid, "reversed"), ERR_SAME_MODERATOR);
	ck_assert_int_eq(judge(twin, aid, "upheld"), ERR_SAME_MODERATOR);
	ck_assert_int_eq(judge(reader, aid, "reversed"), ERR_ROLE_REQUIRED);
	ck_assert_int_eq(forum_decide(ben, id, "restore", "off-topic", AGAIN),
	    ERR_INVALID_FIELD);
	ck_assert_int_eq(judge(ben, aid, "reversed"), ERR_NONE);
	forum_state(id, "visible");
	ck_assert_int_eq(judge(ben, aid, "upheld"), ERR_STALE_VERSION);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM decision WHERE "
	    "appeal = 'reversed' AND reversed_by IS NOT NULL", ""), 1);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM notice WHERE kind "
	    "= 'appeal_outcome' AND account = ?", "i", reader.account), 1);
	ck_assert_int_eq(forum_number("SELECT COUNT(DISTINCT decider) FROM "
	    "decision", ""), 2);
}
END_TEST

START_TEST(appeal_upheld_changes_nothing)
{
	removed();
	appeal(reader);
	ck_assert_int_eq(judge(ben, forum_result("appeal"), "upheld"),
	    ERR_NONE);
	forum_state(id, "removed");
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM decision", ""),
	    1);
	ck_assert_int_eq(appeal(reader), ERR_APPEAL_EXISTS);
}
END_TEST

START_TEST(appeal_too_late_is_gone)
{
	removed();
	clock_set(NOON + 184 * DAY + 1000);
	ck_assert_int_eq(appeal(reader), ERR_APPEAL_EXPIRED);
}
END_TEST

START_TEST(appeal_automatic_removal_is_appealable)
{
	forum_run(reader, "comment.post", json_pack("{s:s, s:s}", "thread",
	    "open", "body", "Cheap at https://casino-bonus.example now."));
	snprintf(id, sizeof(id), "%s", forum_result("comment"));
	if (strcmp(forum_comment(id).state, "removed") != 0)
		return;
	ck_assert_int_eq(appeal(reader), ERR_NONE);
	ck_assert_int_eq(judge(anna, forum_result("appeal"), "reversed"),
	    ERR_NONE);
}
END_TEST

START_TEST(appeal_nobody_left_restores)
{
	removed();
	appeal(reader);
	forum_do(forum_operator(), "account.change", "{s:s, s:s}", "name",
	    "Ben Mod", "roles", "reader");
	clock_set(NOON + 15 * DAY);
	forum_do(forum_clock(), "deadline.pass", "{}");
	forum_state(id, "visible");
}
END_TEST

START_TEST(flag_same_person_gets_the_first)
{
	char	first[ID_MAX];

	published("The bus was late again.");
	ck_assert_int_eq(flag(anna, "off-topic"), ERR_NONE);
	ck_assert_int_eq(f.status, 201);
	ck_assert_int_eq(strlen(f.secret), 32);
	snprintf(first, sizeof(first), "%s", forum_result("flag"));
	ck_assert_int_eq(flag(anna, "off-topic"), ERR_NONE);
	ck_assert_int_eq(f.status, 200);
	ck_assert_str_eq(forum_result("flag"), first);
	ck_assert_str_eq(f.secret, "");
	ck_assert_int_eq(flag(reader, "off-topic"), ERR_OWN_CASE);
	ck_assert_int_eq(flag(ben, "nonsuch"), ERR_INVALID_FIELD);
}
END_TEST

START_TEST(flag_child_identified_one_holds)
{
	published("The boy of number nine was at the hearing.");
	ck_assert_int_eq(flag((struct actor){ .kind = ACTOR_ANONYMOUS },
	    "child-identified"), ERR_NONE);
	forum_state(id, "held");
	ck_assert_int_eq(forum_comment(id).decide_by, NOON + HOUR);
	clock_set(NOON + 2 * HOUR);
	forum_do(forum_clock(), "deadline.pass", "{}");
	forum_state(id, "held");
	ck_assert_int_eq(forum_number("SELECT overdue FROM thread WHERE slug "
	    "= 'open'", ""), 1);
}
END_TEST

START_TEST(flag_brigade_loses_weight_only)
{
	struct actor	who = { .kind = ACTOR_ANONYMOUS };
	int		i;

	forum_post(reader, "open", "The bus was late again.", id);
	forum_decide(ben, id, "approve", NULL, NULL);
	for (i = 1; i <= 12; i++)
		ck_assert_int_eq(flag(forum_at(who, i, 7), "hate"), ERR_NONE);
	forum_state(id, "visible");
	ck_assert_int_eq(forum_comment(id).flags_open, 12);
	ck_assert_int_eq(forum_comment(id).flags_weight, 0);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM flag WHERE counted "
	    "= 1", ""), 0);
	ck_assert_int_eq(forum_run(forum_at(who, 40, 7), "flag.file",
	    json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:s}", "comment", id,
	    "clause", "hate", "legal_ground", "Penal code", "explanation",
	    "It threatens a group.", "good_faith", 1, "name", "Nina N",
	    "email", "n@notice.example")), ERR_NONE);
	ck_assert_int_gt(forum_comment(id).flags_weight, 0);
}
END_TEST

/* Old accounts from everywhere, but all sent by one site. */
START_TEST(flag_brigade_by_referrer_loses_weight_only)
{
	static const char *const hosts[] = { "a.example", "b.example",
	    "c.example", "d.example", "angry.example" };
	struct actor	who[6];
	char		name[40];
	int		i;

	for (i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "Old Member %d", i);
		who[i] = forum_at(forum_account(name, "reader", NULL), i + 1,
		    i + 1);
	}
	clock_set(NOON + 3 * DAY);
	published("The bus was late again.");
	for (i = 0; i < 5; i++)
		forum_do(who[i], "flag.file", "{s:s, s:s, s:s}", "comment",
		    id, "clause", "off-topic", "referrer", hosts[i]);
	ck_assert_int_gt(forum_comment(id).flags_weight, 0);
	published("The bus was early for once.");
	for (i = 0; i < 5; i++)
		forum_do(who[i], "flag.file", "{s:s, s:s, s:s}", "comment",
		    id, "clause", "off-topic", "referrer", "angry.example");
	ck_assert_int_eq(forum_comment(id).flags_open, 5);
	ck_assert_int_eq(forum_comment(id).flags_weight, 0);
	forum_state(id, "visible");
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM journal WHERE "
	    "CAST(bytes AS TEXT) LIKE '%angry.example%'", ""), 0);
}
END_TEST

START_TEST(flag_notice_incomplete_is_refused)
{
	published("The bus was late again.");
	ck_assert_int_eq(forum_run(anna, "flag.file", json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:s}", "comment", id, "clause", "hate",
	    "legal_ground", "Law", "explanation", "Because.", "name", "N",
	    "email", "n@n.example")), ERR_INVALID_FIELD);
	ck_assert_str_eq(f.err.field, "good_faith");
	ck_assert_int_eq(forum_run(anna, "flag.file", json_pack(
	    "{s:s, s:s, s:s, s:s, s:b}", "comment", id, "clause",
	    "child-abuse", "legal_ground", "Law", "explanation", "Because.",
	    "good_faith", 1)), ERR_NONE);
	forum_state(id, "held");
}
END_TEST

START_TEST(flag_rejected_may_be_appealed)
{
	char	fid[ID_MAX];
	struct actor other = forum_account("Otto Other", "reader", NULL);

	published("The bus was late again.");
	flag(other, "hate");
	snprintf(fid, sizeof(fid), "%s", forum_result("flag"));
	ck_assert_int_eq(forum_run(other, "appeal.file", json_pack(
	    "{s:s, s:s}", "flag", fid, "grounds", GROUNDS)),
	    ERR_NOT_APPEALABLE);
	ck_assert_int_eq(forum_decide(ben, id, "approve", NULL, NULL),
	    ERR_NONE);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM notice WHERE kind "
	    "= 'flag_outcome' AND account = ?", "i", other.account), 1);
	ck_assert_int_eq(forum_number("SELECT flags_rejected FROM account "
	    "WHERE num = ?", "i", other.account), 1);
	ck_assert_int_eq(forum_run(other, "appeal.file", json_pack(
	    "{s:s, s:s}", "flag", fid, "grounds", GROUNDS)), ERR_NONE);
	ck_assert_int_eq(forum_run(anna, "appeal.decide", json_pack(
	    "{s:s, s:s, s:s, s:s}", "appeal", forum_result("appeal"),
	    "outcome", "reversed", "clause", "hate", "explanation",
	    "It calls a whole group guilty and gives no ground for it.")),
	    ERR_NONE);
	forum_state(id, "removed");
	ck_assert_int_eq(forum_number("SELECT flags_upheld - flags_rejected "
	    "FROM account WHERE num = ?", "i", other.account), 1);
}
END_TEST

START_TEST(sanction_reversed_ends)
{
	struct account_row	row;
	char			member[ID_MAX];

	ck_assert_int_eq(lookup_account(f.db, reader.account, &row, &f.err),
	    0);
	snprintf(member, sizeof(member), "%s", row.id);
	ck_assert_int_eq(forum_run(anna, "sanction.impose", json_pack(
	    "{s:s, s:s, s:s}", "member", member, "kind", "ban", "clause",
	    "personal-attack")), ERR_REASON_REQUIRED);
	ck_assert_int_eq(forum_run(anna, "sanction.impose", json_pack(
	    "{s:s, s:s, s:s, s:s}", "member", member, "kind", "mute",
	    "clause", "personal-attack", "explanation", WHY)),
	    ERR_INVALID_FIELD);
	forum_do(anna, "sanction.impose", "{s:s, s:s, s:s, s:s}", "member",
	    member, "kind", "ban", "clause", "personal-attack",
	    "explanation", "After two warnings the insults went on today.");
	snprintf(id, sizeof(id), "%s", forum_result("sanction"));
	ck_assert_int_eq(forum_run(reader, "comment.post", json_pack(
	    "{s:s, s:s}", "thread", "open", "body", "Still here?")),
	    ERR_SANCTIONED);
	lookup_account(f.db, reader.account, &row, &f.err);
	ck_assert(row.banned);
	forum_do(reader, "appeal.file", "{s:s, s:s}", "sanction", id,
	    "grounds", GROUNDS);
	snprintf(id, sizeof(id), "%s", forum_result("appeal"));
	ck_assert_int_eq(forum_run(anna, "appeal.decide", json_pack(
	    "{s:s, s:s, s:s}", "appeal", id, "outcome", "upheld", "explanation", AGAIN)), ERR_SAME_MODERATOR);
	forum_do(ben, "appeal.decide", "{s:s, s:s, s:s}", "appeal", id,
	    "outcome", "reversed", "explanation", AGAIN);
	lookup_account(f.db, reader.account, &row, &f.err);
	ck_assert(!row.banned);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("appeal");
	TCase	*c = tcase_create("appeal");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(c, setup, forum_teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, appeal_nothing_decided_is_refused);
	tcase_add_test(c, appeal_same_person_is_refused);
	tcase_add_test(c, appeal_upheld_changes_nothing);
	tcase_add_test(c, appeal_too_late_is_gone);
	tcase_add_test(c, appeal_automatic_removal_is_appealable);
	tcase_add_test(c, appeal_nobody_left_restores);
	tcase_add_test(c, flag_same_person_gets_the_first);
	tcase_add_test(c, flag_child_identified_one_holds);
	tcase_add_test(c, flag_brigade_loses_weight_only);
	tcase_add_test(c, flag_brigade_by_referrer_loses_weight_only);
	tcase_add_test(c, flag_notice_incomplete_is_refused);
	tcase_add_test(c, flag_rejected_may_be_appealed);
	tcase_add_test(c, sanction_reversed_ends);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
