/*
 * The model card tells the truth: its tables are what eval prints for the
 * shipped model, and the promises that a newsroom relies on hold. Needs the
 * labelled data (FORUMD_SHARED); without it there is nothing to measure.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "moderation/train_eval.h"
#include "moderation/train_json.h"

#define BEGIN	"<!-- begin eval -->\n"
#define END	"<!-- end eval -->"

static const char *const files[] = { "dev.tsv", "hatecheck_dev.tsv",
	"identity_neutral_dev.tsv", "bias_madlibs_dev.tsv", "ro_dev.tsv" };

static struct train_data	 data;
static struct model		*shipped;

static const char *
below(const char *variable, const char *fallback, const char *name)
{
	static char	 path[4][4096];
	static int	 turn;
	const char	*base = getenv(variable);

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[0]), "%s/%s",
	    base == NULL ? fallback : base, name);
	return (path[turn]);
}

static const char *
shared(const char *name)
{
	return (below("FORUMD_SHARED", "../shared", name));
}

static const char *
source(const char *name)
{
	return (below("FORUMD_SOURCE", ".", name));
}

static void
setup(void)
{
	struct err	err = { ERR_NONE, "", "" };
	char		name[200];
	size_t		i;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(name, sizeof(name), "data/moderation/%s", files[i]);
		ck_assert_msg(train_data_read(&data, shared(name), NULL,
		    &err) == 0, "%s", err.text);
	}
	ck_assert_msg(train_json_thread(&data,
	    shared("seeds/harehills-comments.jsonl"), &err) == 0, "%s",
	    err.text);
	ck_assert_msg(model_open(&shipped, source("conf/abuse.model"),
	    &err) == 0, "%s", err.text);
}

static void
teardown(void)
{
	model_close(&shipped);
	train_data_free(&data);
}

static char *
slurp(const char *path)
{
	FILE	*fp = fopen(path, "r");
	char	*s = calloc(1, 1 << 20);

	ck_assert_msg(fp != NULL && s != NULL, "%s", path);
	ck_assert_uint_gt(fread(s, 1, (1 << 20) - 1, fp), 0);
	fclose(fp);
	return (s);
}

START_TEST(card_shows_what_eval_prints)
{
	struct buf	 b = BUF_INIT;
	struct err	 err;
	char		*card = slurp(source("moderation/MODEL.md"));
	char		*begin = strstr(card, BEGIN), *end;

	ck_assert_ptr_nonnull(begin);
	begin += strlen(BEGIN);
	ck_assert_ptr_nonnull(end = strstr(begin, END));
	*end = '\0';
	ck_assert_int_eq(train_eval(&b, shipped, &data, &err), 0);
	ck_assert_str_eq(begin, buf_str(&b));
	buf_free(&b);
	free(card);
}
END_TEST

/* How many rows of a source, kind and label are held, and how many are. */
static size_t
held(const char *name, const char *kind, bool news, int label, size_t *of)
{
	const struct train_row	*row;
	struct model_result	 r;
	size_t			 i, n = 0;

	*of = 0;
	for (i = 0; i < data.n; i++) {
		row = &data.row[i];
		if (news ? !row->source->news ||
		    row->source->scope != TRAIN_CLEAN ||
		    strcmp(row->source->language, "en") != 0 :
		    strcmp(row->source->name, name) != 0)
			continue;
		if (row->label != label ||
		    (kind != NULL && strcmp(row->kind, kind) != 0))
			continue;
		model_score(shipped, row->text, row->len, &r);
		(*of)++;
		n += r.verdict == MODEL_HOLD;
	}
	return (n);
}

START_TEST(hold_keeps_its_promises)
{
	size_t n, of;

	n = held("thread", "whole", false, 0, &of);
	ck_assert_uint_eq(of, 32);
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(held("thread", "paragraph", false, 0, &of), 0);
	ck_assert_uint_gt(of, 32);
	ck_assert_uint_eq(held("neutral", NULL, false, 0, &of), 0);
	ck_assert_uint_eq(of, 32);
	n = held("", NULL, true, 1, &of);
	ck_assert_uint_gt(of, 600);
	ck_assert_uint_ge(n * 4, of);
}
END_TEST

/* The data's own table of sources, and ours. */
START_TEST(licences_and_scopes_are_those_of_the_data)
{
	static const char *const	licences[] = { "yes", "unclear",
	    "share-alike", "no" };
	static const char *const	scopes[] = { "abuse", "hate_only",
	    "spam_only" };
	const struct train_source	*t;
	char	*text = slurp(shared("data/moderation/sources.tsv"));
	char	*line, *state = NULL, name[64], scope[16], ok[16];
	int	 n = 0;

	strtok_r(text, "\n", &state);	/* the header */
	while ((line = strtok_r(NULL, "\n", &state)) != NULL) {
		ck_assert_int_eq(sscanf(line, "%63[^\t]\t%15[^\t]\t%*[^\t]\t"
		    "%15[^\t]", name, scope, ok), 3);
		t = train_data_source(name);
		ck_assert_msg(t != NULL, "%s is not in our table", name);
		ck_assert_str_eq(ok, licences[t->licence]);
		if (strcmp(scope, "weak") != 0)
			ck_assert_str_eq(scope, scopes[t->scope]);
		n++;
	}
	ck_assert_int_gt(n, 20);
	free(text);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("card");
	TCase	*t = tcase_create("card");
	SRunner	*r;
	int	 failed;

	if (access(shared("data/moderation/dev.tsv"), R_OK) == -1) {
		puts("card: skipped, the labelled data is not here");
		return (77);
	}
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, card_shows_what_eval_prints);
	tcase_add_test(t, hold_keeps_its_promises);
	tcase_add_test(t, licences_and_scopes_are_those_of_the_data);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return (failed == 0 ? 0 : 1);
}
