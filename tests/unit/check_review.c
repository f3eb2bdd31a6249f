/*
 * What waits and what time brings: deadlines, the queue, statements, and
 * that all of it is the same after a rebuild.
 */
#include "forumd/assets.h"
#include "moderation/locale.h"
#include "moderation/queue.h"
#include "moderation/statement.h"
#include "tests/unit/forum.h"

#define MANY	1000

static struct actor	anna, ben, reader;
static char		id[ID_MAX];

static void
setup(void)
{
	ck_assert_int_eq(locale_load(assets_text, &f.err), 0);
	forum_setup();
	anna = forum_account("Anna Mod", "moderator", NULL);
	ben = forum_account("Ben Mod", "moderator", NULL);
	reader = forum_account("Rita Reader", "reader", NULL);
	forum_thread("open", "open");
}

static void
teardown(void)
{
	forum_teardown();
	locale_unload();
}

static size_t
queue(struct actor who, enum queue_state state, struct queue_item *items,
    int limit)
{
	struct queue_query	q = { .state = state, .viewer = who.account,
				    .now = clock_ms(), .limit = limit };
	int64_t			next[QUEUE_CURSOR];
	size_t			n;
	bool			more;

	ck_assert_msg(queue_list(f.db, &q, items, &n, &more, next,
	    &f.err) == 0, "%s", f.err.text);
	return n;
}

static json_t *
item_json(struct actor who, const struct queue_item *item)
{
	struct queue_query	q = { .viewer = who.account,
				    .now = clock_ms(), .limit = 1 };
	struct buf		b = BUF_INIT;
	json_t			*j;

	ck_assert_msg(queue_item_json(&b, f.db, f.house, &q, item,
	    &f.err) == 0, "%s", f.err.text);
	j = json_loadb(b.data, b.len, 0, NULL);
	ck_assert_msg(j != NULL, "%s", buf_str(&b));
	buf_free(&b);
	return j;
}

/* No model is installed: a stage that could not check is never a pass. */
START_TEST(deadline_unchecked_none_is_published)
{
	char	body[64];
	int	i;

	for (i = 0; i < MANY; i++) {
		snprintf(body, sizeof(body), "Line %d of bus %d.", i, i * 7);
		forum_post(reader, "open", body, id);
	}
	ck_assert_int_eq(forum_number("SELECT held FROM thread WHERE slug = "
	    "'open'", ""), MANY);
	clock_set(NOON + 40 * DAY);
	do {
		forum_do(forum_clock(), "deadline.pass", "{}");
	} while (json_is_true(json_object_get(f.result, "more")));
	ck_assert_int_eq(forum_number("SELECT visible FROM thread WHERE slug "
	    "= 'open'", ""), 0);
	ck_assert_int_eq(forum_number("SELECT overdue FROM thread WHERE slug "
	    "= 'open'", ""), MANY);
	forum_do(forum_clock(), "deadline.pass", "{}");
	ck_assert_int_eq(forum_number("SELECT overdue FROM thread WHERE slug "
	    "= 'open'", ""), MANY);
}
END_TEST

START_TEST(queue_pages_give_each_item_once)
{
	struct queue_query	q = { .state = QUEUE_ALL, .limit = 7,
				    .viewer = anna.account };
	struct queue_item	items[7];
	int64_t			next[QUEUE_CURSOR], seen = 0, place = 0;
	char			body[64];
	size_t			n, i;
	bool			more = true;

	for (i = 0; i < 30; i++) {
		snprintf(body, sizeof(body), "Line %zu of the bus.", i);
		clock_set(NOON + (int64_t)(i % 5) * HOUR);
		forum_post(reader, "open", body, id);
	}
	/* Not all of one weight. */
	for (i = 0; i < 4; i++)
		forum_post(reader, "open", i % 2 == 0 ? "They should gas the "
		    "lot." : "You know, vermin like them.", id);
	clock_set(NOON + 6 * HOUR);
	q.now = clock_ms();
	while (more) {
		ck_assert_int_eq(queue_list(f.db, &q, items, &n, &more, next,
		    &f.err), 0);
		for (i = 0; i < n; i++) {
			ck_assert(i == 0 || items[i].key <= items[i - 1].key);
			ck_assert((seen >> items[i].num & 1) == 0);
			seen |= 1LL << items[i].num;
			/* What its author is told is where it stands. */
			ck_assert_int_eq(queue_position(f.db,
			    items[i].thread, items[i].num, q.now), ++place);
		}
		memcpy(q.after, next, sizeof(next));
		q.go_on = true;
	}
	ck_assert_int_eq(seen, ((1LL << 34) - 1) << 1);
}
END_TEST

START_TEST(queue_appeal_is_not_offered_to_its_decider)
{
	struct queue_item	items[4];
	json_t			*j;

	forum_post(reader, "open", "The bus was late again.", id);
	forum_decide(anna, id, "remove", "off-topic", WHY);
	forum_do(reader, "appeal.file", "{s:s, s:s}", "comment", id,
	    "grounds", "Sealed words.");
	ck_assert_int_eq(queue(anna, QUEUE_APPEALED, items, 4), 0);
	ck_assert_int_eq(queue(ben, QUEUE_APPEALED, items, 4), 1);
	j = item_json(ben, &items[0]);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(j,
	    "appeal"), "grounds")), "Sealed words.");
	json_decref(j);
}
END_TEST

/* A re-review has the very members and states of a fresh item. */
START_TEST(queue_again_looks_like_fresh)
{
	struct queue_item	items[4];
	json_t			*fresh, *again, *v;
	const char		*key;

	forum_post(reader, "open", "The bus was late again.", id);
	ck_assert_int_eq(queue(ben, QUEUE_HELD, items, 4), 1);
	fresh = item_json(ben, &items[0]);
	forum_decide(anna, id, "remove", "off-topic", WHY);
	ck_assert_int_eq(queue(ben, QUEUE_HELD, items, 4), 0);
	forum_do(forum_clock(), "deadline.sample", "{s:i}", "share_percent",
	    100);
	ck_assert_int_eq(queue(anna, QUEUE_HELD, items, 4), 0);
	ck_assert_int_eq(queue(ben, QUEUE_HELD, items, 4), 1);
	again = item_json(ben, &items[0]);
	json_object_del(fresh, "version");
	json_object_del(again, "version");
	json_object_foreach(fresh, key, v)
		ck_assert_msg(json_equal(v, json_object_get(again, key)),
		    "%s differs", key);
	ck_assert_int_eq(json_object_size(fresh), json_object_size(again));
	json_decref(fresh);
	json_decref(again);
}
END_TEST

static struct statement *
statement_in(const char *language)
{
	struct statement	*st;
	struct rules		*r = house_get(f.house);

	ck_assert_msg(statement_of_comment(&st, f.db, r->policy, id, language,
	    "https://forum.example", &f.err) == 0, "%s", f.err.text);
	house_put(&r);
	return st;
}

static struct statement *
statement(void)
{
	return statement_in("en");
}

START_TEST(statement_letter_is_in_the_readers_language)
{
	static const char *const	keys[] = { "statement.title",
	    "statement.reason", "statement.redress" };
	const struct locale		*l;
	struct statement		*st;
	struct buf			 b = BUF_INIT;
	size_t				 i, k;

	forum_post(reader, "open", "The bus was late again.", id);
	forum_decide(anna, id, "remove", "off-topic", WHY);
	for (i = 0; (l = locale_at(i)) != NULL; i++) {
		st = statement_in(locale_tag(l));
		buf_clear(&b);
		statement_letter(&b, st, true);
		for (k = 0; k < 3; k++) {
			ck_assert_msg(strstr(buf_str(&b), tr(l, keys[k])) !=
			    NULL, "%s: %s", locale_tag(l), keys[k]);
			ck_assert(i == 0 || strstr(buf_str(&b), tr(
			    locale_at(0), keys[k])) == NULL);
		}
		ck_assert_ptr_nonnull(strstr(buf_str(&b), "2026, 12:00 UTC"));
		ck_assert_ptr_nonnull(strstr(buf_str(&b),
		    "\nhttps://forum.example/c/"));
		ck_assert_ptr_null(strchr(buf_str(&b), '{'));
		ck_assert_ptr_null(strstr(buf_str(&b), "statement."));
		statement_free(&st);
	}
	ck_assert_uint_eq(i, 5);
	buf_free(&b);
}
END_TEST

START_TEST(statement_says_all_that_is_owed)
{
	static const char *const	owed[] = { "restriction", "territory",
	    "clause", "clause_text", "explanation", "facts", "source",
	    "automated_detection", "automated_decision", "policy_digest",
	    "redress", "appeal_until", "log_index", "decided_by" };
	struct statement		*st;
	struct buf			 b = BUF_INIT;
	json_t				*j;
	size_t				 i;

	forum_post(reader, "open", "The bus was late again.", id);
	forum_do(anna, "decide", "{s:s, s:s, s:s, s:s, s:s}", "comment", id,
	    "action", "remove", "clause", "off-topic", "explanation", WHY,
	    "note_to_author", "Between us.");
	st = statement();
	ck_assert_int_eq(statement_account(st), reader.account);
	statement_json(&b, st, false);
	ck_assert_ptr_null(strstr(buf_str(&b), "Between us"));
	j = json_loadb(b.data, b.len, 0, NULL);
	for (i = 0; i < sizeof(owed) / sizeof(owed[0]); i++)
		ck_assert_msg(json_object_get(j, owed[i]) != NULL &&
		    !json_is_null(json_object_get(j, owed[i])), "%s",
		    owed[i]);
	json_decref(j);
	buf_clear(&b);
	statement_letter(&b, st, true);
	ck_assert_ptr_nonnull(strstr(buf_str(&b), "Between us."));
	ck_assert_ptr_null(strstr(buf_str(&b), "DECISION_"));
	buf_free(&b);
	statement_free(&st);
}
END_TEST

START_TEST(statement_payload_passes_the_check)
{
	struct buf	 b = BUF_INIT;
	struct rules	*r;
	struct account_row row;
	const char	*shared = getenv("FORUMD_SHARED");
	char		 path[300], cmd[400];
	FILE		*out;

	snprintf(path, sizeof(path), "%s/verify/sorcheck.py",
	    shared == NULL ? "../shared" : shared);
	if (access(path, R_OK) != 0) {
		printf("skipped: no %s\n", path);
		return;
	}
	forum_post(reader, "open", "The bus was late again.", id);
	forum_decide(anna, id, "label", "off-topic", WHY);
	forum_decide(anna, id, "remove", "hate", WHY);
	lookup_account(f.db, reader.account, &row, &f.err);
	forum_do(anna, "sanction.impose", "{s:s, s:s, s:s, s:s, s:s}",
	    "member", row.id, "kind", "mute", "until",
	    "2026-12-24T18:00:00Z", "clause", "hate", "explanation", WHY);
	r = house_get(f.house);
	ck_assert_int_eq(statement_export(&b, f.db, r->policy, 0, NOON + DAY,
	    true, true, &f.err), 0);
	house_put(&r);
	snprintf(cmd, sizeof(cmd), "%s/payload.json", f.dir);
	out = fopen(cmd, "w");
	ck_assert_ptr_nonnull(out);
	fwrite(b.data, 1, b.len, out);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(buf_str(&b), "PARTIAL_SUSPENSION"));
	snprintf(cmd, sizeof(cmd), "python3 -B %s -strict %s/payload.json",
	    path, f.dir);
	ck_assert_int_eq(system(cmd), 0);
	buf_free(&b);
}
END_TEST

START_TEST(rebuild_of_decisions_is_identical)
{
	struct rebuild_result	r;
	char			aid[ID_MAX];

	forum_post(reader, "open", "The bus was late again.", id);
	forum_decide(ben, id, "approve", NULL, NULL);
	forum_do(forum_at((struct actor){ .kind = ACTOR_ANONYMOUS }, 1, 1),
	    "flag.file", "{s:s, s:s}", "comment", id, "clause", "hate");
	forum_decide(anna, id, "remove", "hate", WHY);
	forum_do(anna, "decide.undo", "{s:s}", "decision",
	    forum_result("decision"));
	ck_assert_int_eq(forum_comment(id).flags_open, 1);
	forum_decide(anna, id, "remove", "hate", WHY);
	forum_do(reader, "appeal.file", "{s:s, s:s}", "comment", id,
	    "grounds", "No.");
	snprintf(aid, sizeof(aid), "%s", forum_result("appeal"));
	forum_account("Carl Mod", "moderator", NULL);
	forum_do(forum_account("Dora Mod", "editor", NULL), "appeal.decide",
	    "{s:s, s:s, s:s}", "appeal", aid, "outcome", "reversed",
	    "explanation", "It says nothing of any group of people at all.");
	forum_do(forum_clock(), "deadline.sample", "{s:i}", "share_percent",
	    100);
	writer_close(&f.writer);
	ck_assert_msg(rebuild(f.dir, 1, &r, &f.err) == 0, "%s", f.err.text);
	ck_assert_int_eq(r.identical, 1);
}
END_TEST

START_TEST(retain_withdrawn_text_goes)
{
	forum_post(reader, "open", "The bus was late again.", id);
	forum_do(reader, "comment.withdraw", "{s:s}", "comment", id);
	forum_do(forum_clock(), "deadline.retain", "{}");
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM content WHERE "
	    "field = 'body'", ""), 1);
	clock_set(NOON + 31 * DAY);
	forum_do(forum_clock(), "deadline.retain", "{}");
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM content WHERE "
	    "field = 'body'", ""), 0);
	ck_assert_int_eq(forum_number("SELECT erased_retention FROM thread "
	    "WHERE slug = 'open'", ""), 1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("review");
	TCase	*c = tcase_create("review");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 120);
	tcase_add_test(c, deadline_unchecked_none_is_published);
	tcase_add_test(c, queue_pages_give_each_item_once);
	tcase_add_test(c, queue_appeal_is_not_offered_to_its_decider);
	tcase_add_test(c, queue_again_looks_like_fresh);
	tcase_add_test(c, statement_letter_is_in_the_readers_language);
	tcase_add_test(c, statement_says_all_that_is_owed);
	tcase_add_test(c, statement_payload_passes_the_check);
	tcase_add_test(c, rebuild_of_decisions_is_identical);
	tcase_add_test(c, retain_withdrawn_text_goes);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
