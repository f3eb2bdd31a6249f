/*
 * The comments that the forum starts with are what the model is measured on.
 * So no run of five words of theirs may stand in what it learns from, nor in
 * the policy, where it would be an allow-list.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "moderation/features.h"
#include "moderation/train_json.h"

#define RUN	5	/* words */
#define SLOTS	(1u << 20)

static uint32_t	table[SLOTS];	/* hashes of runs; 0 is free */

static const char *
below(const char *variable, const char *fallback, const char *name)
{
	static char	 path[4096];
	const char	*base = getenv(variable);

	snprintf(path, sizeof(path), "%s/%s", base == NULL ? fallback : base,
	    name);
	return (path);
}

static const char *
shared(const char *name)
{
	return (below("FORUMD_SHARED", "../shared", name));
}

static uint32_t *
slot(uint32_t h)
{
	uint32_t i = h % SLOTS;

	while (table[i] != 0 && table[i] != h)
		i = (i + 1) % SLOTS;
	return (&table[i]);
}

/* Puts the runs of a text into the table, or counts those that are there. */
static size_t
runs(const char *text, size_t len, bool put)
{
	struct features	f;
	uint32_t	word[FEATURES_TOKENS], h;
	size_t		i, k, n, pos = 0, found = 0;

	do {
		pos = features_read(&f, text, pos, len);
		for (n = 0, i = 0; i < f.ntok; i++)
			if (f.tok[i].nsub > 0)
				word[n++] = f.tok[i].word;
		for (i = 0; i + RUN <= n; i++) {
			for (h = 1, k = 0; k < RUN; k++)
				h = features_mix(h, word[i + k]);
			if (put)
				*slot(h) = h;
			else
				found += *slot(h) == h;
		}
	} while (pos < len);
	return (found);
}

static void
setup(void)
{
	struct train_data	 d = { 0 };
	struct err		 err;
	size_t			 i;

	ck_assert_int_eq(train_json_thread(&d,
	    shared("seeds/harehills-comments.jsonl"), &err), 0);
	for (i = 0; i < d.n; i++)
		runs(d.row[i].text, d.row[i].len, true);
	ck_assert_uint_gt(runs(d.row[0].text, d.row[0].len, false), 0);
	train_data_free(&d);
}

/* Everyday phrases meet by chance: a row is the seed's only if a run of ten
 * words, that is six runs of five, is in it. */
static void
no_seed_in(const char *path, size_t allowed)
{
	struct train_data	d = { 0 };
	struct err		err = { ERR_NONE, "", "" };
	size_t			i;

	ck_assert_msg(train_data_read(&d, path, NULL, &err) == 0, "%s",
	    err.text);
	for (i = 0; i < d.n; i++)
		ck_assert_msg(runs(d.row[i].text, d.row[i].len, false) <=
		    allowed, "%s: row %zu holds seed text", path, i + 1);
	train_data_free(&d);
}

START_TEST(counterexamples_have_no_seed)
{
	no_seed_in(below("FORUMD_SOURCE", ".",
	    "moderation/counterexamples.tsv"), 0);
}
END_TEST

START_TEST(training_data_has_no_seed)
{
	if (access(shared("data/moderation/train.tsv"), R_OK) == -1) {
		puts("skipped: the training data is not here");
		return;
	}
	no_seed_in(shared("data/moderation/train.tsv"), 5);
	no_seed_in(shared("data/moderation/ro_train.tsv"), 5);
}
END_TEST

START_TEST(policy_has_no_seed)
{
	const char	*path = below("FORUMD_SOURCE", ".",
			    "conf/policy.json");
	FILE		*fp = fopen(path, "r");
	char		*text = malloc(1 << 20);
	size_t		 n;

	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(fp);
	n = fread(text, 1, 1 << 20, fp);
	fclose(fp);
	ck_assert_uint_le(runs(text, n, false), 3);
	free(text);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("seed_in_training");
	TCase	*t = tcase_create("seed_in_training");
	SRunner	*r;
	int	 failed;

	if (access(shared("seeds/harehills-comments.jsonl"), R_OK) == -1) {
		puts("seed_in_training: skipped, the seed is not here");
		return (77);
	}
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, counterexamples_have_no_seed);
	tcase_add_test(t, training_data_has_no_seed);
	tcase_add_test(t, policy_has_no_seed);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return (failed == 0 ? 0 : 1);
}
