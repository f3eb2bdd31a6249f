/*
 * Figures: the counters agree with the rows whatever happens to a comment,
 * buckets and ranges in UTC, people counted once a bucket, what is too small
 * to be told, and cells that no spreadsheet runs.
 */
#include "forumd/stats.h"
#include "tests/unit/forum.h"

static struct actor	anna, ben, reader;
static char		id[ID_MAX], other[ID_MAX];

static void
setup(void)
{
	forum_setup();
	anna = forum_account("Anna Mod", "moderator", NULL);
	ben = forum_account("Ben Mod", "moderator", NULL);
	reader = forum_account("Rita Reader", "reader", NULL);
	forum_thread("open", "open");
	forum_thread("held", "all_held");
}

/* Counted anew from the rows: every counter of every thread and of all. */
static void
tally_agrees(void)
{
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM (SELECT thread, "
	    "created_at / 3600000 * 3600000 AS hour, COUNT(*) AS posted, "
	    "SUM(state = 'visible') AS visible, SUM(state = 'held') AS held, "
	    "SUM(state = 'removed') AS removed, SUM(state = 'withdrawn') AS "
	    "withdrawn, SUM(state = 'erased') AS erased, SUM(newcomer) AS "
	    "newcomers, SUM(parent != 0) AS replies, SUM(depth) AS depth, "
	    "COUNT(DISTINCT account) AS authors_hour FROM comment GROUP BY 1, "
	    "2) c LEFT JOIN tally t USING (thread, hour, posted, visible, "
	    "held, removed, withdrawn, erased, newcomers, replies, depth, "
	    "authors_hour) WHERE t.thread IS NULL", ""), 0);
	ck_assert_int_eq(forum_number("SELECT (SELECT SUM(visible * 10000 + "
	    "held * 100 + removed) FROM tally WHERE thread = 0) = (SELECT "
	    "SUM(visible * 10000 + held * 100 + removed) FROM thread)", ""),
	    1);
	ck_assert_int_eq(forum_number("SELECT (SELECT COALESCE(SUM(removed), "
	    "0) FROM tally_clause WHERE thread = 0) = (SELECT COUNT(*) FROM "
	    "comment WHERE state = 'removed')", ""), 1);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM (SELECT thread, "
	    "newcomer, parent != 0 AS reply, COALESCE(language, '') AS "
	    "language, COUNT(*) AS posted, SUM(ever_removed) AS removed FROM "
	    "comment GROUP BY 1, 2, 3, 4) c LEFT JOIN tally_group t USING "
	    "(thread, newcomer, reply, language, posted, removed) WHERE "
	    "t.thread IS NULL", ""), 0);
	ck_assert_int_eq(forum_number("SELECT (SELECT SUM(posted) FROM "
	    "tally_group WHERE thread = 0) = (SELECT COUNT(*) FROM comment)",
	    ""), 1);
}

START_TEST(tally_through_every_state_agrees)
{
	forum_post(reader, "open", "The first one of them all.", id);
	tally_agrees();
	forum_post(reader, "held", "Waits for somebody to read it.", other);
	tally_agrees();
	ck_assert_int_eq(forum_decide(anna, other, "approve", NULL, NULL),
	    ERR_NONE);
	tally_agrees();
	ck_assert_int_eq(forum_decide(anna, id, "remove", "off-topic", WHY),
	    ERR_NONE);
	tally_agrees();
	ck_assert_int_eq(forum_decide(ben, id, "restore", "off-topic", WHY),
	    ERR_NONE);
	tally_agrees();
	forum_do(reader, "comment.edit", "{s:s, s:s, s:s}", "comment", other,
	    "body", "Toto je docela jiný text.", "language", "cs");
	ck_assert_int_eq(forum_number("SELECT SUM(posted) FROM tally_group "
	    "WHERE thread = 0 AND language = 'cs'", ""), 1);
	tally_agrees();
	forum_do(reader, "comment.withdraw", "{s:s}", "comment", other);
	tally_agrees();
	ck_assert_int_eq(forum_number("SELECT SUM(removed) FROM tally_group "
	    "WHERE thread = 0", ""), 1);
}
END_TEST

START_TEST(tally_authors_are_counted_once_a_bucket)
{
	struct stats_ask	ask = { .bucket = PROJECT_HOUR };
	struct arena		a = ARENA_INIT;
	struct stats		s;
	int64_t			hours = 0;
	size_t			i;

	forum_post(reader, "open", "The first one of the day.", id);
	forum_post(reader, "open", "A second within the hour.", id);
	clock_set(NOON + HOUR);
	forum_post(reader, "open", "A third in the next hour.", id);
	forum_post(reader, "held", "And one in the other thread.", id);
	forum_post(ben, "open", "Somebody else in that hour.", id);
	ck_assert_int_eq(stats_range(f.db, &ask, NOON + HOUR, &f.err), 0);
	ck_assert_int_eq(stats_read(&a, f.db, &ask, &s, &f.err), 0);
	for (i = 0; i < s.n; i++)
		hours += s.rows[i].v[STATS_AUTHORS];
	ck_assert_int_eq(hours, 3);
	ask = (struct stats_ask){ .bucket = PROJECT_DAY };
	ck_assert_int_eq(stats_range(f.db, &ask, NOON + HOUR, &f.err), 0);
	ck_assert_int_eq(stats_read(&a, f.db, &ask, &s, &f.err), 0);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_int_eq(s.rows[0].v[STATS_AUTHORS], 2);
	ck_assert_int_eq(s.total[STATS_POSTED], 5);
	arena_free(&a);
}
END_TEST

START_TEST(moderation_times_persons_and_reversals)
{
	struct stats_ask	ask = { .bucket = PROJECT_DAY };
	struct stats_moderation	m;
	struct arena		a = ARENA_INIT;

	forum_post(reader, "open", "It is about something else.", id);
	clock_set(NOON + 10 * MINUTE);
	ck_assert_int_eq(forum_decide(anna, id, "remove", "off-topic", WHY),
	    ERR_NONE);
	forum_do(reader, "appeal.file", "{s:s, s:s}", "comment", id,
	    "grounds", "It is not.");
	forum_do(ben, "appeal.decide", "{s:s, s:s, s:s}", "appeal",
	    forum_result("appeal"), "outcome", "reversed", "explanation",
	    WHY);
	ck_assert_int_eq(stats_range(f.db, &ask, NOON + HOUR, &f.err), 0);
	ck_assert_int_eq(stats_moderation_read(&a, f.db, &ask, &m, &f.err),
	    0);
	ck_assert_int_eq(m.total.settled, 1);
	ck_assert_int_eq(m.total.reversed, 1);
	ck_assert_int_eq(m.total.wait.p99, 600);
	ck_assert_int_eq(m.persons, 2);
	ck_assert_uint_eq(m.nclauses, 1);
	ck_assert_int_eq(m.clauses[0].rate.k, 1);
	ck_assert(!m.agreement.defined);
	arena_free(&a);
}
END_TEST

static const struct {
	const char		*from, *to, *want_from, *want_to;
	enum project_bucket	 bucket;
} ranges[] = {
	{ "2026-11-22T10:15:00Z", "2026-11-22T10:16:00Z",
	    "2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z", PROJECT_HOUR },
	{ "2026-11-22", "2026-11-22", "2026-11-22T00:00:00Z",
	    "2026-11-23T00:00:00Z", PROJECT_DAY },
	{ "2026-11-22", "2026-11-23", "2026-11-16T00:00:00Z",
	    "2026-11-30T00:00:00Z", PROJECT_WEEK },
	{ "2024-02-29", "2024-12-31", "2024-02-01T00:00:00Z",
	    "2025-01-01T00:00:00Z", PROJECT_MONTH },
};

START_TEST(range_is_widened_to_whole_buckets)
{
	struct stats_ask	ask = { .bucket = ranges[_i].bucket };
	struct buf		b = BUF_INIT;

	ck_assert_int_eq(stats_time(ranges[_i].from, false, &ask.from), 0);
	ck_assert_int_eq(stats_time(ranges[_i].to, true, &ask.to), 0);
	ck_assert_int_eq(stats_range(f.db, &ask, NOON, &f.err), 0);
	buf_time(&b, ask.from);
	ck_assert_str_eq(buf_str(&b), ranges[_i].want_from);
	buf_clear(&b);
	buf_time(&b, ask.to);
	ck_assert_str_eq(buf_str(&b), ranges[_i].want_to);
	buf_free(&b);
}
END_TEST

START_TEST(range_refused)
{
	struct stats_ask	ask = { .bucket = PROJECT_HOUR };
	int64_t			ms;

	ck_assert_int_ne(stats_time("yesterday", false, &ms), 0);
	ck_assert_int_ne(stats_time("2026-11-22T10:15:00", false, &ms), 0);
	ck_assert_int_ne(stats_time("2026-11-22 ", false, &ms), 0);
	ask.from = NOON;
	ask.to = NOON - 1;
	ck_assert_int_ne(stats_range(f.db, &ask, NOON, &f.err), 0);
	ask.from = NOON - 4000 * DAY;
	ask.to = NOON;
	ck_assert_int_ne(stats_range(f.db, &ask, NOON, &f.err), 0);
}
END_TEST

static const struct { int64_t k, n; enum stats_told told; } told[] = {
	{ 0, 0, STATS_NOT_MEASURED }, { 15, 29, STATS_NOT_MEASURED },
	{ 15, 30, STATS_TOLD }, { 9, 30, STATS_SUPPRESSED },
	{ 10, 30, STATS_TOLD }, { 21, 30, STATS_SUPPRESSED },
	{ 0, 5000, STATS_SUPPRESSED },
};

START_TEST(told_only_what_is_large_enough)
{
	struct consistency_rate	r;

	consistency_wilson(&r, told[_i].k, told[_i].n);
	ck_assert_int_eq(stats_told(&r), told[_i].told);
}
END_TEST

static const struct { const char *text, *cell; } cells[] = {
	{ "plain", "plain" }, { "=1+1", "'=1+1" }, { "+1", "'+1" },
	{ "-1", "'-1" }, { "@sum", "'@sum" }, { "\t=1", "'\t=1" },
	{ "a,b", "\"a,b\"" }, { "=a,\"b\"", "\"'=a,\"\"b\"\"\"" },
	{ "a\nb", "\"a\nb\"" }, { "", "" }, { "a=b", "a=b" },
};

START_TEST(cell_is_no_formula)
{
	struct buf	b = BUF_INIT;

	stats_cell(&b, cells[_i].text);
	ck_assert_str_eq(buf_str(&b), cells[_i].cell);
	buf_free(&b);
}
END_TEST

#define N(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite	*s = suite_create("stats");
	TCase	*c = tcase_create("stats");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(c, setup, forum_teardown);
	tcase_set_timeout(c, 120);
	tcase_add_test(c, tally_through_every_state_agrees);
	tcase_add_test(c, tally_authors_are_counted_once_a_bucket);
	tcase_add_test(c, moderation_times_persons_and_reversals);
	tcase_add_loop_test(c, range_is_widened_to_whole_buckets, 0,
	    N(ranges));
	tcase_add_test(c, range_refused);
	tcase_add_loop_test(c, told_only_what_is_large_enough, 0, N(told));
	tcase_add_loop_test(c, cell_is_no_formula, 0, N(cells));
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
