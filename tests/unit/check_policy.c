/*
 * The house rules: conf/policy.json loads, names only what the EU's lists
 * name, keeps its digest whatever the order of its keys; what is wrong is
 * refused with its place; and policy_cases.json, findings against verdicts.
 * Explanations are checked against the same rules.
 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/fingerprint.h"
#include "moderation/pipeline.h"
#include "moderation/policy.h"
#include "moderation/reason.h"

static json_t		*tree;
static struct policy	*policy;

static json_t *
load(const char *name)
{
	const char	*dir = getenv("FORUMD_SOURCE");
	char		 path[512];
	json_t		*o;

	snprintf(path, sizeof(path), "%s/%s", dir == NULL ? "." : dir, name);
	o = json_load_file(path, 0, NULL);
	ck_assert_msg(o != NULL, "cannot read %s", path);
	return o;
}

static int
load_tree(json_t *o, struct policy **out, struct err *err)
{
	char	*s = json_dumps(o, 0);
	int	 rc = policy_load(out, s, strlen(s), err);

	free(s);
	return rc;
}

static void
setup(void)
{
	struct err	err = { 0 };

	tree = load("conf/policy.json");
	ck_assert_msg(load_tree(tree, &policy, &err) == 0, "%s", err.text);
}

static void
teardown(void)
{
	policy_free(&policy);
	json_decref(tree);
}

START_TEST(load_canonical_form_keeps_digest)
{
	struct policy	*again;
	size_t		 len;
	const char	*s = policy_canonical(policy, &len);

	ck_assert_int_eq(policy_load(&again, s, len, NULL), 0);
	ck_assert_str_eq(policy_digest(policy), policy_digest(again));
	ck_assert_uint_eq(strlen(policy_digest(policy)), 64);
	policy_free(&again);
}
END_TEST

static const struct { const char *where, *key, *value, *says; } faults[] = {
	{ "clauses", "colour", "1", "clauses[0].colour: unknown key" },
	{ "clauses", "harm", "-1", "clauses[0].harm" },
	{ "clauses", "harm", "1.5", "clauses[0].harm: wrong type" },
	{ "clauses", "category", "\"X\"", "clauses[0].category" },
	{ "clauses", "title", "{\"ro\":\"x\"}", "no English" },
	{ "rules", "clause", "\"nope\"", "rules[0].clause: no such clause" },
	{ "rules", "verdict", "\"maybe\"", "rules[0].verdict" },
	{ "rules", "if", "{\"stage\":\"nope\"}", "if.stage: no such stage" },
	{ "rules", "if", "{}", "rules[0].if: asks for nothing" },
	{ "lists", "clause", "\"nope\"", "lists[0].clause: no such clause" },
	{ "lists", "words", "[\"Capital\"]", "lists[0].words" },
	{ "lists", "patterns", "[\"(\"]", "parenthesis" },
	{ "lists", "patterns", "[\"a)|(b\"]", "parenthes" },
};

START_TEST(load_fault_is_told_with_its_place)
{
	struct policy	*p = NULL;
	struct err	 err = { 0 };
	json_t		*o = json_array_get(json_object_get(tree,
			    faults[_i].where), 0);

	json_object_set_new(o, faults[_i].key, json_loads(faults[_i].value,
	    JSON_DECODE_ANY, NULL));
	ck_assert_int_eq(load_tree(tree, &p, &err), -1);
	ck_assert_msg(strstr(err.text, faults[_i].says) != NULL, "%s",
	    err.text);
}
END_TEST

START_TEST(load_without_last_rule_is_refused)
{
	struct policy	*p = NULL;
	struct err	 err = { 0 };
	json_t		*rules = json_object_get(tree, "rules");

	json_array_remove(rules, json_array_size(rules) - 1);
	ck_assert_int_eq(load_tree(tree, &p, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "last rule"));
}
END_TEST

START_TEST(load_that_would_pass_the_unchecked_is_refused)
{
	struct policy	*p = NULL;
	struct err	 err = { 0 };
	json_t		*rules = json_object_get(tree, "rules"), *r;
	size_t		 i;

	json_array_foreach(rules, i, r) {
		if (strcmp(json_string_value(json_object_get(r, "id")),
		    "not-checked") == 0)
			json_array_remove(rules, i);
	}
	ck_assert_int_eq(load_tree(tree, &p, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "not_checked"));
}
END_TEST

START_TEST(public_json_hides_words_and_thresholds)
{
	struct buf	 out = BUF_INIT;
	json_t		*o;

	policy_public_json(&out, policy, 1000);
	o = json_loads(buf_str(&out), 0, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(o, "clauses")),
	    policy_clauses(policy));
	ck_assert_ptr_null(json_object_get(o, "lists"));
	ck_assert_ptr_null(strstr(buf_str(&out), "min_score"));
	json_decref(o);
	buf_free(&out);
}
END_TEST

static void
said_in(const char *clause, const char *to, const char *there,
    const char *english)
{
	ck_assert_msg(english == NULL || there != english, "%s in %s: %s",
	    clause, to, english);
}

START_TEST(shipped_texts_are_in_all_languages)
{
	static const char *const	 to[] = { "ro", "cs", "sk", "pl" };
	const char			*id, *english, *l = to[_i];
	size_t				 i, k;

	for (i = 0; i < policy_clauses(policy); i++) {
		id = policy_clause_at(policy, i)->id;
		said_in(id, l, policy_title(policy, id, l),
		    policy_title(policy, id, "en"));
		said_in(id, l, policy_text(policy, id, l),
		    policy_text(policy, id, "en"));
		said_in(id, l, policy_legal(policy, id, l),
		    policy_legal(policy, id, "en"));
		said_in(id, l, policy_automatic(policy, id, l),
		    policy_automatic(policy, id, "en"));
		for (k = 0; (english = policy_canned(policy, id, k, "en")) !=
		    NULL; k++)
			said_in(id, l, policy_canned(policy, id, k, l),
			    english);
	}
}
END_TEST

static const char *
text(const json_t *o, const char *key, const char *otherwise)
{
	const char	*s = json_string_value(json_object_get(o, key));

	return s == NULL ? otherwise : s;
}

/* The rules of a case: those that are shipped, or its own in their place. */
static struct policy *
case_policy(const json_t *o)
{
	struct policy	*p = NULL;
	struct err	 err = { 0 };
	json_t		*own;

	if (json_object_get(o, "rules") == NULL)
		return policy_get(policy);
	own = json_copy(tree);
	json_object_set(own, "rules", json_object_get(o, "rules"));
	ck_assert_msg(load_tree(own, &p, &err) == 0, "%s: %s", text(o,
	    "name", ""), err.text);
	json_decref(own);
	return p;
}

/* What all stages find in a case's text; there is no model, and nothing was
 * posted before. */
static void
case_read(const struct policy *p, struct item *item, struct findings *f)
{
	struct pipeline_env	 env = { .policy = p };
	struct pipeline		*line;
	struct err		 err = { 0 };

	ck_assert_int_eq(pipeline_new(&line, &env, &err), 0);
	ck_assert_msg(pipeline_run(line, item, f, &err) == 0, "%s", err.text);
	pipeline_free(&line);
}

START_TEST(decide_cases_have_their_verdict)
{
	json_t		*cases = load("tests/unit/policy_cases.json"), *o, *v;
	struct policy	*rules;
	struct findings	 f;
	struct verdict	 got;
	size_t		 i, j;

	json_array_foreach(cases, i, o) {
		struct item	item = { .body = "x", .len = 1,
		    .language = "en", .site = "s.test", .age_days = 100,
		    .approved = 100 };

		rules = case_policy(o);
		item.author = (enum item_author)item_author_find(text(o,
		    "author", "member"));
		item.mode = (enum item_mode)item_mode_find(text(o, "mode",
		    "open"));
		memset(&f, 0, sizeof(f));
		f.waiting = json_is_true(json_object_get(o, "waiting"));
		f.dropped = (unsigned)json_integer_value(json_object_get(o,
		    "dropped"));
		json_array_foreach(json_object_get(o, "findings"), j, v)
			findings_add(&f, pipeline_stage_find(
			    json_string_value(json_array_get(v, 0))),
			    json_string_value(json_array_get(v, 1)),
			    (int)json_integer_value(json_array_get(v, 2)),
			    (enum item_certainty)item_certainty_find(
			    json_string_value(json_array_get(v, 3))));
		if (json_object_get(o, "text") != NULL) {
			item.body = text(o, "text", "");
			item.len = strlen(item.body);
			case_read(rules, &item, &f);
		}
		policy_decide(rules, &item, &f, &got);
		ck_assert_msg(strcmp(verdict_word(got.action), text(o,
		    "verdict", "")) == 0 && strcmp(got.rule, text(o, "rule",
		    got.rule)) == 0 && strcmp(got.clause, text(o, "clause",
		    "")) == 0, "%s: %s by %s under %s", text(o, "name", ""),
		    verdict_word(got.action), got.rule, got.clause);
		policy_free(&rules);
	}
	json_decref(cases);
}
END_TEST

static const struct { const char *text; enum err_code code; } reasons[] = {
	{ "", ERR_REASON_REQUIRED },
	{ "Too short.", ERR_REASON_TOO_THIN },
	{ "says how they know. Opinions need no proof", ERR_REASON_TOO_THIN },
	{ "The comment says that {who} did it and no more.",
	    ERR_REASON_TOO_THIN },
	{ "Write to someone@mail.test about this decision.",
	    ERR_PERSONAL_DATA },
	{ "The author was called on +44 7700 900 123 about it.",
	    ERR_PERSONAL_DATA },
	{ "What ANNA EXAMPLE is accused of has no source.",
	    ERR_PERSONAL_DATA },
	{ "It says the mayor stole the money, without any source.",
	    ERR_PERSONAL_DATA },
	{ "An accusation against an office holder on 2026-11-22, without a "
	    "source that could be checked.", ERR_NONE },
};

START_TEST(reason_of_each_kind_has_its_answer)
{
	static const char *const	 names[] = { "Anna Example" };
	static const char		 body[] = "I say: the mayor stole the "
	    "money of the city.";
	struct reason_context		 ctx = { policy, "libel", body,
	    sizeof(body) - 1, names, 1 };
	struct err			 err = { 0 };

	reason_check(reasons[_i].text, strlen(reasons[_i].text), &ctx, &err);
	ck_assert_msg(err.code == reasons[_i].code, "%s -> %s",
	    reasons[_i].text, err.text);
}
END_TEST

START_TEST(run_sees_through_disguise_and_marks_the_place)
{
	const char		*body = "x vi\xe2\x80\x8b**ag**r\xd0\xb0 y";
	struct pipeline_env	 env = { .policy = policy };
	struct pipeline		*p;
	struct item		 item = { .body = body, .len = strlen(body),
	    .language = "en", .site = "s.test", .author = ITEM_MEMBER,
	    .age_days = 99, .approved = 9 };
	struct findings		 f;
	unsigned		 i, unsure = 0, spam = 0;

	ck_assert_int_eq(pipeline_new(&p, &env, NULL), 0);
	ck_assert_int_eq(pipeline_run(p, &item, &f, NULL), 0);
	for (i = 0; i < f.n; i++) {
		unsure += f.list[i].certainty == ITEM_NOT_CHECKED;
		if (strcmp(f.list[i].stage, "words") != 0)
			continue;
		spam++;
		ck_assert_str_eq(f.list[i].clause, "spam");
		ck_assert_uint_eq(f.list[i].spans[0].start, 2);
		ck_assert_uint_ge(f.list[i].spans[0].end, item.len - 3);
	}
	ck_assert_uint_eq(spam, 1);
	ck_assert_uint_eq(unsure, 2);	/* no model, no fingerprints */
	pipeline_free(&p);
}
END_TEST

START_TEST(run_watch_term_is_found_however_spelt)
{
	static const char *const	 terms[] = { "Mia Sample" };
	static const char *const	 bodies[] = { "it is mia SAMPLE",
	    "m.i.a s-a-m-p-l-e", "**Mia**&nbsp;Sample",
	    "[x](http://a.test/mia-sample)" };
	struct pipeline_env		 env = { .policy = policy };
	struct pipeline			*p;
	struct findings			 f;
	struct verdict			 v;
	size_t				 i;

	ck_assert_int_eq(pipeline_new(&p, &env, NULL), 0);
	for (i = 0; i < 4; i++) {
		struct item	item = { .body = bodies[i],
		    .len = strlen(bodies[i]), .language = "en",
		    .site = "s.test", .terms = terms, .n_terms = 1,
		    .author = ITEM_STAFF };

		ck_assert_int_eq(pipeline_run(p, &item, &f, NULL), 0);
		policy_decide(policy, &item, &f, &v);
		ck_assert_str_eq(v.clause, "court-order");
		ck_assert(!v.publish_on_timeout);
	}
	pipeline_free(&p);
}
END_TEST

/* One text of a hundred is near, wherever in the ring it stands and however
 * often the ring went round; what is older than the window does not count. */
START_TEST(look_near_text_is_found_anywhere)
{
	static const unsigned char	 address[ITEM_ADDRESS_LEN];
	struct fingerprint		*recent;
	struct fingerprint_seen		 seen;
	uint64_t			 hash = UINT64_C(0x0123456789abcdef);
	int				 at, i;

	for (at = 0; at < 100; at++) {
		ck_assert_int_eq(fingerprint_new(&recent, 64, NULL), 0);
		for (i = 0; i < 100; i++)
			fingerprint_add(recent, i == at ? hash ^ 0x8421 :
			    ~hash ^ (uint64_t)i, "s.test", address, i);
		fingerprint_look(recent, hash, "s.test", address, 99, 99,
		    &seen);
		ck_assert_uint_eq(seen.near, at >= 100 - 64);
		ck_assert_uint_eq(seen.exact, 0);
		fingerprint_look(recent, hash, "s.test", address, 99, 20,
		    &seen);
		ck_assert_uint_eq(seen.near, at >= 99 - 20);
		fingerprint_free(&recent);
	}
}
END_TEST

START_TEST(run_same_text_again_is_a_flood)
{
	const char		*body = "Buy nothing here, read all of this.";
	struct fingerprint	*recent;
	struct pipeline_env	 env = { .policy = policy };
	struct pipeline		*p;
	struct item		 item = { .body = body, .len = strlen(body),
	    .language = "en", .site = "s.test", .now_ms = 1000 };
	struct findings		 f;
	unsigned		 i, n, hits = 0;

	ck_assert_int_eq(fingerprint_new(&recent, 64, NULL), 0);
	env.recent = recent;
	ck_assert_int_eq(pipeline_new(&p, &env, NULL), 0);
	for (n = 0; n < 3; n++) {
		ck_assert_uint_eq(hits, 0);
		ck_assert_int_eq(pipeline_run(p, &item, &f, NULL), 0);
		for (i = 0; i < f.n; i++)
			hits += strcmp(f.list[i].stage, "repeats") == 0;
		pipeline_remember(p, &item, f.print);
	}
	ck_assert_uint_eq(hits, 1);
	pipeline_free(&p);
	fingerprint_free(&recent);
}
END_TEST

#define LOOP(t, a)	tcase_add_loop_test(tc, t, 0, sizeof(a) / sizeof(*(a)))

int
main(void)
{
	Suite	*s = suite_create("policy");
	TCase	*tc = tcase_create("policy");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, load_canonical_form_keeps_digest);
	LOOP(load_fault_is_told_with_its_place, faults);
	tcase_add_test(tc, load_without_last_rule_is_refused);
	tcase_add_test(tc, load_that_would_pass_the_unchecked_is_refused);
	tcase_add_test(tc, public_json_hides_words_and_thresholds);
	tcase_add_loop_test(tc, shipped_texts_are_in_all_languages, 0, 4);
	tcase_add_test(tc, decide_cases_have_their_verdict);
	LOOP(reason_of_each_kind_has_its_answer, reasons);
	tcase_add_test(tc, run_sees_through_disguise_and_marks_the_place);
	tcase_add_test(tc, run_watch_term_is_found_however_spelt);
	tcase_add_test(tc, look_near_text_is_found_anywhere);
	tcase_add_test(tc, run_same_text_again_is_a_flood);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
