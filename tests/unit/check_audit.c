/*
 * The auditor's rules as data: a few entries in, the check that the last one
 * must fail (or none) out. Every earlier entry must be sound. Each
 * entry begins with the format's first line, added here.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/audit_receipt.h"
#include "forumd/audit_rules.h"
#include "storage/base/buf.h"

#define P64 "0000000000000000000000000000000000000000000000000000000000000007"
#define H64 "00000000000000000000000000000000000000000000000000000000000000ff"
#define DAY "time 2026-11-22\n"
#define START "kind log.started\n" DAY "origin forum.example/ledger\npolicy " \
	P64 "\n"
#define THREAD "kind thread.opened\n" DAY "thread t1\nmode open\n"
#define COMMENT(id) "kind comment.accepted\n" DAY "thread t1\ncomment " id    \
	"\nbody " H64 "\nname " H64 "\nauthor-kind guest\n"
#define DECIDE(ref, action, decider) "kind decision\n" DAY "ref " ref	       \
	"\nversion 1\naction " action "\nclause insult\nautomated-detection no\n" \
	"automated-decision no\npolicy " P64 "\ndecider " decider	       \
	"\nexplanation " H64 "\n"
#define FILED(ref) "kind appeal.filed\n" DAY "ref " ref "\ngrounds " H64 "\n"
#define APPEALED(ref, outcome, decider) "kind appeal.decided\n" DAY "ref " ref \
	"\noutcome " outcome "\ndecider " decider "\nexplanation " H64 "\n"
#define BASE START, THREAD, COMMENT("c1")	/* c1 is entry 2 */

static const struct audit_case {
	enum audit_check	 want;
	const char		*what;
	const char		*entry[8];
} cases[] = {
{ AUDIT_SOUND, "a start", { START } },
{ AUDIT_ORDER, "no start", { THREAD } },
{ AUDIT_ORDER, "two starts", { START, START } },
{ AUDIT_SOUND, "a comment", { BASE } },
{ AUDIT_SOUND, "a reply", { BASE, "kind comment.accepted\n" DAY "thread t1\n"
    "comment c2\nparent 2\nbody " H64 "\nname " H64 "\nauthor-kind guest\n" } },
{ AUDIT_ORDER, "a reply to no comment", { BASE, "kind comment.accepted\n" DAY
    "thread t1\ncomment c2\nparent 1\nbody " H64 "\nauthor-kind guest\n" } },
{ AUDIT_ORDER, "a reply into another thread", { BASE, "kind thread.opened\n"
    DAY "thread t2\nmode open\n", "kind comment.accepted\n" DAY "thread t2\n"
    "comment c2\nparent 2\nbody " H64 "\nauthor-kind guest\n" } },
{ AUDIT_FORM, "a parent that is not earlier", { BASE,
    "kind comment.accepted\n" DAY "thread t1\ncomment c2\nparent 3\nbody " H64
    "\nauthor-kind guest\n" } },
{ AUDIT_ORDER, "a comment twice", { BASE, COMMENT("c1") } },
{ AUDIT_ORDER, "a thread twice", { BASE, THREAD } },
{ AUDIT_ORDER, "a comment without its thread", { START, COMMENT("c1") } },
{ AUDIT_ORDER, "the mode of no thread", { START,
    "kind thread.mode\n" DAY "thread t1\nmode closed\n" } },
{ AUDIT_ORDER, "an earlier date", { BASE,
    "kind comment.withdrawn\ntime 2026-11-21\nref 2\nby author\n" } },
{ AUDIT_SOUND, "a removal", { BASE, DECIDE("2", "remove", "m-aa") } },
{ AUDIT_ORDER, "a removal of no comment", { BASE,
    DECIDE("1", "remove", "m-aa") } },
{ AUDIT_FORM, "a removal of what comes later", { BASE,
    DECIDE("3", "remove", "m-aa") } },
{ AUDIT_FORM, "an unknown action", { BASE, DECIDE("2", "vanish", "m-aa") } },
{ AUDIT_REASON, "a removal without clause", { BASE, "kind decision\n" DAY
    "ref 2\naction remove\npolicy " P64 "\ndecider m-aa\nexplanation " H64
    "\n" } },
{ AUDIT_REASON, "a removal without explanation", { BASE, "kind decision\n" DAY
    "ref 2\naction remove\nclause insult\npolicy " P64 "\ndecider m-aa\n" } },
{ AUDIT_SOUND, "an approval without either", { BASE, "kind decision\n" DAY
    "ref 2\naction approve\npolicy " P64 "\ndecider m-aa\n" } },
{ AUDIT_POLICY, "rules never adopted", { BASE, "kind decision\n" DAY
    "ref 2\naction approve\npolicy " H64 "\ndecider m-aa\n" } },
{ AUDIT_SOUND, "rules adopted before", { BASE, "kind policy.adopted\n" DAY
    "policy " H64 "\n", "kind decision\n" DAY "ref 2\naction approve\npolicy "
    H64 "\ndecider m-aa\n" } },
{ AUDIT_ORDER, "a version that is not", { BASE, "kind comment.held\n" DAY
    "ref 2\nversion 2\nclause insult\npolicy " P64 "\n" } },
{ AUDIT_SOUND, "an edit and a hold", { BASE, "kind comment.edited\n" DAY
    "ref 2\nversion 2\nbody " H64 "\n", "kind comment.held\n" DAY
    "ref 2\nversion 2\nclause insult\npolicy " P64 "\n" } },
{ AUDIT_ORDER, "an edit that skips a version", { BASE, "kind comment.edited\n"
    DAY "ref 2\nversion 3\nbody " H64 "\n" } },
{ AUDIT_SOUND, "an appeal", { BASE, DECIDE("2", "remove", "m-aa"),
    FILED("3"), APPEALED("3", "upheld", "m-bb") } },
{ AUDIT_SOUND, "an appeal decided by its own index", { BASE, DECIDE("2",
    "remove", "m-aa"), FILED("3"), APPEALED("4", "upheld", "m-bb") } },
{ AUDIT_APPEAL, "an appeal by a machine against a person", { BASE, DECIDE("2",
    "remove", "m-aa"), FILED("3"), APPEALED("3", "upheld", "automatic") } },
{ AUDIT_APPEAL, "an appeal by the same", { BASE, DECIDE("2", "remove",
    "m-aa"), FILED("3"), APPEALED("3", "upheld", "m-aa") } },
{ AUDIT_APPEAL, "an appeal by a machine", { BASE, DECIDE("2", "remove",
    "automatic"), FILED("3"), APPEALED("3", "reversed", "automatic") } },
{ AUDIT_SOUND, "an appeal closed", { BASE, DECIDE("2", "remove",
    "automatic"), FILED("3"), APPEALED("3", "closed", "automatic") } },
{ AUDIT_APPEAL, "an appeal decided twice", { BASE, DECIDE("2", "remove",
    "m-aa"), FILED("3"), APPEALED("3", "upheld", "m-bb"),
    APPEALED("3", "upheld", "m-bb") } },
{ AUDIT_APPEAL, "an appeal never filed", { BASE, DECIDE("2", "remove",
    "m-aa"), APPEALED("3", "upheld", "m-bb") } },
{ AUDIT_ORDER, "an appeal against a comment", { BASE, FILED("2") } },
{ AUDIT_SOUND, "a batch", { BASE, COMMENT("c2"), "kind batch\n" DAY
    "ref 2\nref 3\naction remove\nclause spam\npolicy " P64
    "\ndecider m-aa\nexplanation " H64 "\n" } },
{ AUDIT_SOUND, "a batch with words for each", { BASE, COMMENT("c2"),
    "kind batch\n" DAY "ref 2\nref 3\naction remove\nclause spam\npolicy " P64
    "\ndecider m-aa\nexplanation " H64 "\nexplanation " P64 "\n" } },
{ AUDIT_FORM, "a batch with words for some", { BASE, COMMENT("c2"),
    COMMENT("c3"), "kind batch\n" DAY "ref 2\nref 3\nref 4\naction remove\n"
    "clause spam\npolicy " P64 "\ndecider m-aa\nexplanation " H64
    "\nexplanation " P64 "\n" } },
{ AUDIT_FORM, "a batch with words for none", { BASE, "kind batch\n" DAY
    "ref 2\naction remove\nclause spam\npolicy " P64 "\ndecider m-aa\n"
    "explanation " H64 "\nexplanation " P64 "\n" } },
{ AUDIT_SOUND, "a key rotated twice", { START,
    "kind key.rotated\n" DAY "old a+1+b\nnew a+2+c\n",
    "kind key.rotated\n" DAY "old a+2+c\nnew a+3+d\n" } },
{ AUDIT_ORDER, "a key that follows on another", { START,
    "kind key.rotated\n" DAY "old a+1+b\nnew a+2+c\n",
    "kind key.rotated\n" DAY "old a+1+b\nnew a+3+d\n" } },
{ AUDIT_ORDER, "a batch that names no comment", { BASE, "kind batch\n" DAY
    "ref 2\nref 1\naction remove\nclause spam\npolicy " P64
    "\ndecider m-aa\nexplanation " H64 "\n" } },
{ AUDIT_REASON, "erased by order without clause", { BASE,
    "kind comment.erased\n" DAY "ref 2\nby order\n" } },
{ AUDIT_SOUND, "erased by its author", { BASE,
    "kind comment.erased\n" DAY "ref 2\nby author\n" } },
{ AUDIT_ORDER, "a redaction of no decision", { BASE,
    "kind explanation.redacted\n" DAY "ref 2\nby order\nclause privacy\n" } },
{ AUDIT_SOUND, "a redaction", { BASE, DECIDE("2", "remove", "m-aa"),
    "kind explanation.redacted\n" DAY "ref 3\nby order\nclause privacy\n" } },
{ AUDIT_REASON, "a sanction without clause", { START, "kind sanction\n" DAY
    "kind mute\npolicy " P64 "\ndecider m-aa\nexplanation " H64 "\n" } },
{ AUDIT_SOUND, "a sanction", { START, "kind sanction\n" DAY
    "kind mute\nuntil 2026-12-01\nclause insult\npolicy " P64
    "\ndecider m-aa\nexplanation " H64 "\n" } },
{ AUDIT_SOUND, "flags decided", { BASE, "kind flags.decided\n" DAY
    "ref 2\nupheld insult 2\nupheld spam 1\nrejected other 1\n" } },
{ AUDIT_SOUND, "a key rotated", { START,
    "kind key.rotated\n" DAY "old a+1+b\nnew a+2+c\n" } },
{ AUDIT_FORM, "an unknown kind", { START, "kind comment.hidden\n" DAY } },
{ AUDIT_FORM, "no kind", { START, DAY } },
{ AUDIT_FORM, "a date that is none", { START,
    "kind policy.adopted\ntime 2026-13-01\npolicy " H64 "\n" } },
{ AUDIT_FORM, "a day that is none", { START,
    "kind policy.adopted\ntime 2026-11-31\npolicy " H64 "\n" } },
{ AUDIT_FORM, "an unknown key", { START,
    "kind policy.adopted\n" DAY "policy " H64 "\nnote x\n" } },
{ AUDIT_FORM, "keys out of order", { START,
    "kind thread.opened\n" DAY "mode open\nthread t1\n" } },
{ AUDIT_FORM, "a repeated key", { START,
    "kind thread.opened\n" DAY "thread t1\nthread t2\nmode open\n" } },
{ AUDIT_FORM, "a missing key", { START,
    "kind thread.opened\n" DAY "thread t1\n" } },
{ AUDIT_FORM, "an empty value", { START,
    "kind thread.opened\n" DAY "thread \nmode open\n" } },
{ AUDIT_FORM, "two words for one", { START,
    "kind thread.opened\n" DAY "thread t1 t2\nmode open\n" } },
{ AUDIT_FORM, "a control character", { START,
    "kind thread.opened\n" DAY "thread t\x01\nmode open\n" } },
{ AUDIT_FORM, "not UTF-8", { START,
    "kind thread.opened\n" DAY "thread t\xff\nmode open\n" } },
{ AUDIT_FORM, "no newline at the end", { START,
    "kind thread.opened\n" DAY "thread t1\nmode open" } },
{ AUDIT_FORM, "an empty line", { START,
    "kind thread.opened\n" DAY "thread t1\nmode open\n\n" } },
{ AUDIT_FORM, "a leading zero", { BASE,
    "kind comment.withdrawn\n" DAY "ref 02\nby author\n" } },
{ AUDIT_FORM, "upper-case hex", { START, "kind policy.adopted\n" DAY "policy "
    "00000000000000000000000000000000000000000000000000000000000000FF\n" } },
{ AUDIT_FORM, "a short hash", { START,
    "kind policy.adopted\n" DAY "policy 00ff\n" } },
};

static enum audit_check
add(struct audit_rules *r, const char *entry, struct err *err)
{
	struct buf		b = BUF_INIT;
	enum audit_check	check;

	buf_adds(&b, "forumd/entry/v1\n");
	buf_adds(&b, entry);
	check = audit_rules_add(r, b.data, b.len, err);
	buf_free(&b);
	return (check);
}

START_TEST(rules_add_case_fails_its_check)
{
	const struct audit_case	*c = &cases[_i];
	struct audit_rules	*r = audit_rules_new();
	enum audit_check	 got = AUDIT_SOUND;
	struct err		 err;
	int			 i;

	for (i = 0; i < 8 && c->entry[i] != NULL; i++) {
		ck_assert_msg(got == AUDIT_SOUND, "%s: entry %d: %s", c->what,
		    i - 1, err.text);
		got = add(r, c->entry[i], &err);
	}
	ck_assert_msg(got == c->want, "%s: %s (%s), not %s", c->what,
	    audit_check_id(got), got == AUDIT_SOUND ? "" : err.text,
	    audit_check_id(c->want));
	audit_rules_free(&r);
}
END_TEST

#define RESTART(previous) "kind log.restarted\n" DAY "origin a/2\npolicy "   \
	P64 "\nprevious " previous "\nprevious 9 " H64 "\ncause loss\n"

START_TEST(rules_restart_namesTheFrozenHead_goesOn)
{
	static const struct { const char *entry; enum audit_check want; }
	    t[] = {
		{ RESTART("3 " H64), AUDIT_SOUND },
		{ RESTART("2 " H64), AUDIT_GROWTH },
		{ RESTART("3 " P64), AUDIT_GROWTH },
		{ RESTART("3"), AUDIT_FORM },
		{ RESTART("x " H64), AUDIT_FORM },
		{ START, AUDIT_ORDER },
		{ COMMENT("c9"), AUDIT_ORDER },
	};
	static const char *const	base[] = { BASE };
	struct audit_rules		*r;
	struct hash			 root;
	struct err			 err;
	uint64_t			 start;
	size_t				 i, k;

	crypto_hex_decode(root.b, H64, 64);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		r = audit_rules_new();
		for (k = 0; k < 3; k++)
			ck_assert_int_eq(add(r, base[k], &err), AUDIT_SOUND);
		ck_assert_int_eq(add(r, RESTART("3 " H64), &err),
		    AUDIT_ORDER);	/* not where the log goes on */
		audit_rules_free(&r);
		r = audit_rules_new();
		for (k = 0; k < 3; k++)
			ck_assert_int_eq(add(r, base[k], &err), AUDIT_SOUND);
		audit_rules_expect(r, 3, &root);
		ck_assert_int_eq(add(r, t[i].entry, &err), t[i].want);
		if (t[i].want == AUDIT_SOUND) {
			/* numbered through: 2 is the old log's comment */
			ck_assert_int_eq(add(r, DECIDE("2", "remove",
			    "m-aa"), &err), AUDIT_SOUND);
			ck_assert_str_eq(audit_rules_origin(r), "a/2");
			ck_assert_str_eq(audit_rules_cause(r, &start),
			    "loss");
			ck_assert_uint_eq(start, 3);
			ck_assert_uint_eq(audit_rules_named(r, 1)->size, 9);
		}
		audit_rules_free(&r);
	}
}
END_TEST

START_TEST(rules_add_foreign_first_line_refused)
{
	static const char	entry[] = "forumd/entry/v2\n" THREAD;
	struct audit_rules	*r = audit_rules_new();

	ck_assert_int_eq(audit_rules_add(r, entry, strlen(entry), NULL),
	    AUDIT_FORM);
	ck_assert_int_eq(audit_rules_add(r, "", 0, NULL), AUDIT_FORM);
	audit_rules_free(&r);
}
END_TEST

START_TEST(rules_tally_every_state_adds_up)
{
	static const char *const	entry[] = { START, THREAD,
	    COMMENT("c2"), COMMENT("c3"), COMMENT("c4"), COMMENT("c5"),
	    COMMENT("c6"), COMMENT("c7"),
	    DECIDE("3", "remove", "m-aa"),
	    "kind comment.held\n" DAY "ref 4\nversion 1\npolicy " P64 "\n",
	    "kind comment.withdrawn\n" DAY "ref 5\nby author\n",
	    "kind comment.erased\n" DAY "ref 6\nby author\n",
	    DECIDE("7", "remove", "m-aa"), DECIDE("7", "restore", "m-bb"),
	    /* erasing what was removed does not launder it */
	    "kind comment.erased\n" DAY "ref 3\nby author\n" };
	struct audit_rules		*r = audit_rules_new();
	struct audit_thread		*t;
	size_t				 i;

	for (i = 0; i < sizeof(entry) / sizeof(entry[0]); i++)
		ck_assert_int_eq(add(r, entry[i], NULL), AUDIT_SOUND);
	audit_rules_tally(r);
	t = audit_rules_thread_find(r, "t1");
	ck_assert_ptr_nonnull(t);
	ck_assert_uint_eq(t->posted, 6);
	ck_assert_uint_eq(t->state[AUDIT_VISIBLE], 2);
	ck_assert_uint_eq(t->state[AUDIT_REMOVED], 1);
	ck_assert_uint_eq(t->state[AUDIT_HELD], 1);
	ck_assert_uint_eq(t->state[AUDIT_WITHDRAWN], 1);
	ck_assert_uint_eq(t->state[AUDIT_ERASED], 1);
	ck_assert_uint_eq(t->ever_removed, 2);
	ck_assert_int_eq(json_integer_value(json_object_get(t->by_clause,
	    "insult")), 1);
	ck_assert_ptr_null(audit_rules_thread_find(r, "t2"));
	ck_assert_ptr_null(audit_rules_comment(r, 1));
	ck_assert_ptr_null(audit_rules_comment(r, 1000));
	audit_rules_free(&r);
}
END_TEST

START_TEST(report_code_by_finding)
{
	struct audit_report	r;

	audit_report_init(&r);
	audit_report_done(&r, AUDIT_HEAD);
	ck_assert_int_eq(audit_report_code(&r), 0);
	audit_report_fail(&r, AUDIT_FORM, "x\ny");
	ck_assert_int_eq(audit_report_code(&r), 1);
	ck_assert_str_eq(buf_str(&r.found[AUDIT_FORM]), "x?y\n");
	audit_report_rewritten(&r, "a", 1, "b", 1, "why");
	ck_assert_int_eq(audit_report_code(&r), 3);
	audit_report_free(&r);
}
END_TEST

START_TEST(receipt_malformed_is_not_sound)
{
	static const char *const	bad[] = { "", "{", "{}", "[]", "null",
	    "{\"leaf\":1,\"proof\":2}", "{\"receipt\":{}}",
	    "{\"leaf\":\"\",\"proof\":\"\",\"log_index\":0}",
	    "{\"leaf\":\"AA==\",\"proof\":\"x\",\"log_index\":-1}" };
	struct audit_receipt		r = { NULL, 0, NULL, 0, NULL, 0, NULL, NULL };
	FILE				*f = fopen("/dev/null", "w");
	size_t				 i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r.receipt = bad[i];
		r.receipt_len = strlen(bad[i]);
		ck_assert_int_eq(audit_receipt_check(&r, i % 2 == 0, f), 1);
	}
	fclose(f);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("audit");
	TCase	*c = tcase_create("audit");
	SRunner	*r;
	int	 failed;

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, rules_add_case_fails_its_check, 0,
	    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(c, rules_restart_namesTheFrozenHead_goesOn);
	tcase_add_test(c, rules_add_foreign_first_line_refused);
	tcase_add_test(c, rules_tally_every_state_adds_up);
	tcase_add_test(c, report_code_by_finding);
	tcase_add_test(c, receipt_malformed_is_not_sound);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
