/*
 * The pages' markup: whatever stands in a field, whoever wrote it, comes out
 * as text. Every field of every struct is given a hostile value in turn (all
 * at once, so that no combination hides one) and the output must hold no tag
 * of its making, no attribute broken out of, and nothing inline.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/assets.h"
#include "forumd/html_compose.h"
#include "forumd/html_detail.h"
#include "forumd/html_review.h"

#define EVIL	"\"'><script>x</script><img src=x onerror=y>&"

static struct html_page	 page;
static struct buf	 out;

static void
setup(void)
{
	struct err	 err;

	ck_assert_msg(locale_load(assets_text, &err) == 0, "%s", err.text);
	buf_init(&out);
	page = (struct html_page){ .locale = locale_at(0), .site_name = EVIL,
		.title = EVIL, .path = EVIL, .section = EVIL, .assets = EVIL,
		.script = EVIL, .feed = EVIL, .theme = EVIL, .csrf = EVIL,
		.viewer = EVIL, .roles = HTML_MODERATOR | HTML_EDITOR,
		.unread = 3, .flash = EVIL, .head_origin = EVIL,
		.head_root = EVIL };
}

static void
teardown(void)
{
	buf_free(&out);
	locale_unload();
}

/* Nothing of EVIL may have become markup; EVIL must be there as text. */
static void
check_clean(void)
{
	const char	*s = buf_str(&out);

	ck_assert(!buf_failed(&out));
	ck_assert_ptr_null(strstr(s, "<script>"));
	ck_assert_ptr_null(strstr(s, "</script><img"));
	ck_assert_ptr_null(strstr(s, "<img"));
	ck_assert_ptr_null(strstr(s, "\"\"'>"));
	ck_assert_ptr_null(strstr(s, "\"'>"));
	ck_assert_ptr_null(strstr(s, " style="));
	ck_assert_ptr_null(strstr(s, " onclick="));
	ck_assert_ptr_nonnull(strstr(s, "&lt;script&gt;"));
}

static struct html_tombstone tombstone = { EVIL, EVIL, EVIL, EVIL, 1000, EVIL,
	true, EVIL, 7, EVIL, 1000 };
static struct html_held held = { EVIL, EVIL, EVIL, 1000, 2 };
static const char *const evils[] = { EVIL, EVIL };

static struct html_comment
comment(const char *state, bool mine)
{
	return (struct html_comment){ .id = EVIL, .thread = EVIL,
		.parent = EVIL, .parent_author = EVIL, .depth = 2,
		.author = { EVIL, EVIL, EVIL, EVIL }, .language = EVIL,
		.created_at = 1000, .edited_at = 2000, .version = 1,
		.state = state, .labels = evils, .nlabels = 2,
		.question = true, .answers = EVIL, .pick = true,
		.pinned = true, .replies = 1, .tombstone = &tombstone,
		.held = &held, .mine = mine, .editable_until = 5000,
		.body = EVIL };
}

START_TEST(html_begin_hostile_fields_come_out_as_text)
{
	html_begin(&out, &page);
	html_end(&out, &page);
	page.flash_error = true;
	page.embed = true;
	html_begin(&out, &page);
	html_end(&out, &page);
	html_problem(&out, &page, 404, EVIL, EVIL);
	check_clean();
}
END_TEST

START_TEST(html_field_hostile_fields_come_out_as_text)
{
	static const struct html_option	 options[] = {
		{ EVIL, EVIL, EVIL }, { "b", EVIL, NULL } };
	struct html_field		 f = { .name = EVIL, .label = EVIL,
		.value = EVIL, .hint = EVIL, .error = EVIL,
		.autocomplete = EVIL, .lang = EVIL, .options = options,
		.noptions = 2 };
	const struct html_form		 form = { .action = EVIL, .id = EVIL,
		.class = EVIL, .legend = EVIL, .enhance = EVIL };
	int				 t;

	html_form_begin(&out, &page, &form);
	for (t = HTML_TEXT; t <= HTML_HIDDEN; t++) {
		f.type = (enum html_field_type)t;
		html_field(&out, &page, EVIL, &f);
	}
	html_errors(&out, &page, EVIL, &f, 1);
	html_button(&out, EVIL, EVIL, EVIL, EVIL);
	html_form_end(&out);
	html_link(&out, EVIL, EVIL);
	html_elem(&out, "p", EVIL, EVIL);
	html_pager(&out, page.locale, EVIL, EVIL);
	check_clean();
}
END_TEST

START_TEST(html_field_area_keeps_a_first_newline_and_closing_tag)
{
	const struct html_field	 f = { .type = HTML_AREA, .name = "body",
		.label = "l", .value = "\n</textarea><b>" };

	html_field(&out, &page, "f", &f);
	ck_assert_ptr_nonnull(strstr(buf_str(&out),
	    ">\n\n&lt;/textarea&gt;&lt;b&gt;</textarea>"));
}
END_TEST

START_TEST(html_field_password_is_never_written_back)
{
	struct html_field	 f = { .type = HTML_PASSWORD, .name = "p",
		.label = "l", .value = "secret" };

	html_field(&out, &page, "f", &f);
	f.type = HTML_NEW_PASSWORD;
	html_field(&out, &page, "f", &f);
	ck_assert_ptr_null(strstr(buf_str(&out), "secret"));
}
END_TEST

START_TEST(html_table_hostile_fields_come_out_as_text)
{
	const struct html_col		 cols[] = { { EVIL, false },
		{ EVIL, true } };
	const struct html_figure	 f = { EVIL, EVIL, EVIL, EVIL, EVIL,
		EVIL };

	html_figure_begin(&out, page.locale, &f);
	html_table_begin(&out, EVIL, cols, 2);
	html_row_begin(&out);
	html_cell_head(&out, EVIL);
	html_cell(&out, EVIL);
	html_row_end(&out);
	html_table_end(&out);
	html_figure_end(&out, page.locale, &f);
	check_clean();
}
END_TEST

START_TEST(html_cell_rate_small_or_undefined_is_not_measured)
{
	html_cell_rate(&out, page.locale, 0.5, 0.4, 0.6, 29);
	html_cell_rate(&out, page.locale, (double)NAN, 0, 0, 400);
	ck_assert_ptr_null(strstr(buf_str(&out), "data-value"));
	html_cell_rate(&out, page.locale, 0.5, 0.4, 0.6, 30);
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "data-value=\"0.5000\""));
}
END_TEST

START_TEST(html_comment_hostile_fields_come_out_as_text)
{
	static const char *const states[] = { "visible", "held", "removed",
		"withdrawn", "erased" };
	const struct html_clause_count	 clauses[] = { { EVIL, EVIL, 1 },
		{ EVIL, EVIL, 2 } };
	const struct html_counts	 counts = { .posted = 5, .visible = 1,
		.held = 1, .removed = 3, .removed_by_clause = clauses,
		.nclauses = 2 };
	const struct html_thread	 thread = { EVIL, EVIL, EVIL, EVIL,
		EVIL, "all_held", EVIL, 1000, 2000, 9000, &counts, EVIL, 3 };
	struct html_comment		 list[10];
	size_t				 i;

	for (i = 0; i < 5; i++) {
		list[i] = comment(states[i], false);
		list[i + 5] = comment(states[i], true);
	}
	html_comment_thread(&out, &page, &thread);
	html_comment_thread_row(&out, &page, &thread);
	html_comment_list(&out, &page, &thread, list, 10);
	check_clean();
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "class=\"fold\""));
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "<bdi class=\"author\">"));
}
END_TEST

START_TEST(html_comment_stranger_gets_no_edit_and_author_no_vote)
{
	struct html_comment	 c = comment("visible", false);

	c.id = "a1";
	html_comment(&out, &page, &c);
	ck_assert_ptr_null(strstr(buf_str(&out), "/c/a1/edit"));
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "/c/a1/vote"));
	buf_clear(&out);
	c.mine = true;
	html_comment(&out, &page, &c);
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "/c/a1/edit"));
	ck_assert_ptr_null(strstr(buf_str(&out), "/c/a1/vote"));
}
END_TEST

START_TEST(html_compose_hostile_fields_come_out_as_text)
{
	const struct html_compose	 c = { .slug = EVIL, .parent = EVIL,
		.body = EVIL, .body_error = EVIL, .name = EVIL,
		.name_error = EVIL, .language = EVIL, .advice = evils,
		.nadvice = 2, .guest = true, .answers = EVIL,
		.idempotency_key = EVIL };
	const struct html_option	 options[] = { { EVIL, EVIL, EVIL } };
	const struct html_flag		 flag = { EVIL, options, 1, EVIL, EVIL,
		EVIL, EVIL, EVIL, EVIL, true, "email", EVIL };
	const struct html_comment	 own = comment("visible", true);
	const struct html_question	 q = { EVIL, EVIL, EVIL, EVIL, 1, 2,
		3 };
	const struct html_receipt	 r = { EVIL, 7, EVIL, EVIL, EVIL,
		EVIL };

	html_compose(&out, &page, &c);
	html_compose_flag(&out, &page, &flag);
	html_compose_edit(&out, &page, &own, EVIL, EVIL);
	html_compose_withdraw(&out, &page, &own);
	html_compose_appeal(&out, &page, EVIL, EVIL, EVIL);
	html_compose_questions(&out, &page, &q, 1);
	html_compose_receipt(&out, &page, &r);
	check_clean();
}
END_TEST

START_TEST(html_review_hostile_fields_come_out_as_text)
{
	const struct html_comment	 c = comment("held", false);
	const struct html_span		 spans[] = { { 3, 8 }, { 5, 6 },
		{ 9, 9999 } };
	const struct html_finding	 findings[] = { { EVIL, EVIL, EVIL,
		EVIL, 0.5 }, { EVIL, NULL, EVIL, NULL, (double)NAN } };
	const struct html_clause	 clauses[] = { { EVIL, EVIL, EVIL } };
	const int64_t			 waiting[HTML_REVIEW_TABS] = { 7 };
	struct html_review_item		 i = { .comment = &c,
		.thread_title = EVIL, .context_author = EVIL, .context = EVIL,
		.spans = spans, .nspans = 3, .findings = findings,
		.nfindings = 2, .author = true, .flags = 1,
		.flag_notes = evils, .nflag_notes = 2, .claimed_by = EVIL,
		.decide_by = 1000, .grounds = EVIL, .clause = EVIL,
		.explanation = EVIL, .error_field = EVIL, .error = EVIL };

	html_review_begin(&out, &page, "held", waiting);
	html_review_item(&out, &page, &i, clauses, 1);
	i.appeal = EVIL;
	html_review_item(&out, &page, &i, clauses, 1);
	html_review_end(&out, &page);
	check_clean();
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "<mark>"));
}
END_TEST

START_TEST(html_detail_known_isTold_unknown_isKept)
{
	html_detail(&out, locale_find("en"), "3 of 12 comments removed");
	ck_assert_str_eq(buf_str(&out), "removed: 3 of 12 comments");
	buf_clear(&out);
	html_detail(&out, locale_find("cs"), "61 % capitals");
	ck_assert_str_eq(buf_str(&out), "velká písmena: 61 %");
	buf_clear(&out);
	html_detail(&out, locale_find("cs"), "list <2> of 9 and 9 and 9");
	ck_assert_str_eq(buf_str(&out), "list &lt;2&gt; of 9 and 9 and 9");
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("html");
	TCase	*c = tcase_create("html");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, html_begin_hostile_fields_come_out_as_text);
	tcase_add_test(c, html_field_hostile_fields_come_out_as_text);
	tcase_add_test(c,
	    html_field_area_keeps_a_first_newline_and_closing_tag);
	tcase_add_test(c, html_field_password_is_never_written_back);
	tcase_add_test(c, html_table_hostile_fields_come_out_as_text);
	tcase_add_test(c, html_cell_rate_small_or_undefined_is_not_measured);
	tcase_add_test(c, html_comment_hostile_fields_come_out_as_text);
	tcase_add_test(c,
	    html_comment_stranger_gets_no_edit_and_author_no_vote);
	tcase_add_test(c, html_compose_hostile_fields_come_out_as_text);
	tcase_add_test(c, html_review_hostile_fields_come_out_as_text);
	tcase_add_test(c, html_detail_known_isTold_unknown_isKept);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
