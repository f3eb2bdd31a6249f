/*
 * Training: the same data gives the same bytes, sources that may not be used
 * are not, and the house learns only from what is settled, stands, and was
 * written by several people.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "moderation/model.h"
#include "moderation/train_fit.h"
#include "moderation/train_house.h"
#include "moderation/train_json.h"

static char dir[] = "/tmp/check_train.XXXXXX";

static char *
at(const char *name)
{
	static char	path[4][200];
	static int	turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[0]), "%s/%s", dir, name);
	return (path[turn]);
}

static void
write_file(const char *path, const char *text)
{
	FILE *fp = fopen(path, "w");

	ck_assert_ptr_nonnull(fp);
	fputs(text, fp);
	ck_assert_int_eq(fclose(fp), 0);
}

/* Rows of made-up words: "bad" ones in the abusive half. */
static void
write_rows(const char *path, int n)
{
	FILE	*fp = fopen(path, "w");
	int	 i;

	ck_assert_ptr_nonnull(fp);
	fputs("id\tlabel\tcategory\tsource\tidentity\torig\ttext\n", fp);
	for (i = 0; i < n; i++)
		fprintf(fp, "r%d\t%d\t%s\timpermium\t\t\tword%c%c says the "
		    "thing was %s today\\nnumber %c\n", i, i % 2,
		    i % 2 ? "insult" : "none", 'a' + i % 26, 'a' + i / 26 % 26,
		    i % 2 ? "grumpish" : "pleasing", 'a' + i / 676);
	ck_assert_int_eq(fclose(fp), 0);
}

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

START_TEST(fit_twice_gives_the_same_bytes)
{
	char			 path[200], *data[] = { path };
	struct train_config	 c = { data, 1, NULL, NULL, false, NULL };
	struct model		*a = NULL, *b = NULL;
	struct model_result	 r, q;
	struct err		 err = { ERR_NONE, "", "" };

	strcpy(path, at("rows.tsv"));
	write_rows(path, 3000);
	c.out = at("a.model");
	ck_assert_msg(train_fit(&c, &err) == 0, "%s", err.text);
	ck_assert_msg(model_open(&a, c.out, &err) == 0, "%s", err.text);
	c.out = at("b.model");
	ck_assert_int_eq(train_fit(&c, &err), 0);
	ck_assert_int_eq(model_open(&b, c.out, &err), 0);
	ck_assert_str_eq(model_digest(a), model_digest(b));
	model_score(a, "it was grumpish today", 21, &r);
	model_score(a, "it was pleasing today", 21, &q);
	ck_assert(r.abuse > q.abuse + 0.5);
	ck_assert_ptr_nonnull(strstr(model_description(a),
	    "source: impermium, 3000 rows, licence unclear"));
	model_close(&a);
	model_close(&b);
}
END_TEST

START_TEST(fit_too_little_or_forbidden_refused)
{
	char			*data[1];
	struct train_config	 c = { data, 1, NULL, NULL, false, NULL };
	struct err		 err;

	data[0] = at("few.tsv");
	c.out = at("c.model");
	write_rows(data[0], 20);
	ck_assert_int_eq(train_fit(&c, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "too few"));
	write_rows(data[0], 3000);
	c.strict = true;	/* impermium's licence is unclear */
	ck_assert_int_eq(train_fit(&c, &err), -1);
	write_file(data[0], "label\tsource\ttext\n1\tnowhere\tx\n");
	ck_assert_int_eq(train_fit(&c, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "unknown source"));
	write_file(data[0], "label\tsource\ttext\n1\timpermium\n");
	ck_assert_int_eq(train_fit(&c, &err), -1);
	write_file(data[0], "");
	ck_assert_int_eq(train_fit(&c, &err), -1);
	ck_assert_int_eq(access(c.out, F_OK), -1);
}
END_TEST

START_TEST(licence_no_and_share_alike_stay_out)
{
	const struct train_source	*s;
	size_t				 i, no = 0;

	for (i = 0; (s = train_data_source_at(i)) != NULL; i++)
		no += s->licence == TRAIN_NO ||
		    s->licence == TRAIN_SHARE_ALIKE;
	ck_assert_uint_eq(no, 2);
	ck_assert_int_eq(train_data_source("hateval")->licence, TRAIN_NO);
	ck_assert_int_eq(train_data_source("stormfront")->licence,
	    TRAIN_SHARE_ALIKE);
}
END_TEST

#define DECISION(text, action, outcome, author)				       \
	"{\"text\":" text ",\"language\":\"en\",\"clause\":\"personal-attack\",\"action\":\"" \
	action "\",\"outcome\":\"" outcome "\",\"author\":\"" author "\"}\n"

START_TEST(house_takes_only_what_stands)
{
	struct train_data	d = { 0 };
	struct err		err;

	write_file(at("house.jsonl"),
	    DECISION("\"one\"", "remove", "agreed", "a1")
	    DECISION("\"two\"", "keep", "upheld", "a2")
	    DECISION("\"three\"", "remove", "overturned", "a3")
	    DECISION("\"four\"", "remove", "pending", "a4")
	    DECISION("null", "remove", "agreed", "a5")	/* erased */
	    DECISION("\"\"", "remove", "agreed", "a6")
	    DECISION("\"six\"", "hold", "agreed", "a7"));
	ck_assert_int_eq(train_json_house(&d, at("house.jsonl"), &err), 0);
	ck_assert_uint_eq(d.n, 2);
	ck_assert_str_eq(d.row[0].text, "one");
	ck_assert_int_eq(d.row[0].label, 1);
	ck_assert_int_eq(d.row[0].category, MODEL_INSULT);
	ck_assert_int_eq(d.row[1].label, 0);
	train_data_free(&d);
	write_file(at("broken.jsonl"), "{\"text\":\n");
	ck_assert_int_eq(train_json_house(&d, at("broken.jsonl"), &err), -1);
	ck_assert_int_eq(err.code, ERR_BAD_JSON);
	train_data_free(&d);
}
END_TEST

START_TEST(house_forgets_words_of_few_authors)
{
	const struct train_source	*house = train_data_source("house");
	struct train_data		 d = { 0 };
	struct train_doc		 doc[8];
	char				 author[16];
	int				 i;

	for (i = 0; i < 7; i++) {
		snprintf(author, sizeof(author), "a%d", i < 4 ? i : 4);
		ck_assert_int_eq(train_data_add(&d, house, 1, 0,
		    i < 4 ? "common rare" : "common rare private", 11 +
		    (i < 4 ? 0 : 8), author), 0);
	}
	ck_assert_int_eq(train_data_add(&d, train_data_source("impermium"), 1,
	    0, "private only", 12, ""), 0);
	d.row[0].text[7] = d.row[1].text[7] = 'c';	/* "common care" */
	for (i = 0; i < 8; i++)
		ck_assert_int_eq(train_doc_read(&doc[i], d.row[i].text,
		    d.row[i].len), 0);
	ck_assert_int_eq(train_house_forget(doc, d.row, 8), 0);
	for (i = 0; i < 7; i++) {	/* five wrote "common" */
		ck_assert_uint_eq(doc[i].ntok, 1);
		ck_assert_uint_eq(doc[i].word[0], doc[0].word[0]);
		ck_assert_uint_eq(doc[i].first[1], doc[0].first[1]);
	}
	ck_assert_uint_eq(doc[7].ntok, 2);	/* no house row */
	for (i = 0; i < 8; i++)
		train_doc_free(&doc[i]);
	train_data_free(&d);
}
END_TEST

START_TEST(thread_is_read_whole_and_by_paragraph)
{
	struct train_data	d = { 0 };
	struct err		err;

	write_file(at("thread.jsonl"), "{\"body\":\"one\\n\\ntwo\\n\\n\\n"
	    "three\"}\n{\"body\":\"alone\"}\n{\"seq\":3}\n");
	ck_assert_int_eq(train_json_thread(&d, at("thread.jsonl"), &err), 0);
	ck_assert_uint_eq(d.n, 5);
	ck_assert_str_eq(d.row[0].kind, "whole");
	ck_assert_str_eq(d.row[3].text, "three");
	ck_assert_str_eq(d.row[3].kind, "paragraph");
	ck_assert_str_eq(d.row[4].text, "alone");
	train_data_free(&d);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("train");
	TCase	*t = tcase_create("train");
	SRunner	*r;
	char	 command[300];
	int	 failed;

	tcase_add_unchecked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, fit_twice_gives_the_same_bytes);
	tcase_add_test(t, fit_too_little_or_forbidden_refused);
	tcase_add_test(t, licence_no_and_share_alike_stay_out);
	tcase_add_test(t, house_takes_only_what_stands);
	tcase_add_test(t, house_forgets_words_of_few_authors);
	tcase_add_test(t, thread_is_read_whole_and_by_paragraph);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return (system(command) == 0 && failed == 0 ? 0 : 1);
}
