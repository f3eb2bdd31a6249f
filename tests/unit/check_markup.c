/*
 * Markdown to HTML, text and links: what each construct becomes, what never
 * becomes a tag, and the shared hostile sets under their bounds of size (time
 * is judged by the bench).
 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/markup.h"
#include "storage/base/unicode.h"

static const struct { const char *in, *out; } cases[] = {
	{ "a\nb", "<p>a<br>b</p>" },
	{ "*a* **b** `c<`",
	    "<p><em>a</em> <strong>b</strong> <code>c&lt;</code></p>" },
	{ "# Hi", "<p><strong>Hi</strong></p>" },
	{ "> q\n\n- x\n- y", "<blockquote><p>q</p></blockquote>"
	    "<ul><li>x</li><li>y</li></ul>" },
	{ "3. x", "<ol start=\"3\"><li>x</li></ol>" },
	{ "<b onclick=x>", "<p>&lt;b onclick=x&gt;</p>" },
	{ "![alt](http://a.test/i.png)", "<p>alt</p>" },
	{ "![](http://a.test/i.png)", "<p>http://a.test/i.png</p>" },
	{ "[l](javascript:alert(1))", "<p>l</p>" },
	{ "[l](java&#115;cript:x)", "<p>l</p>" },
	{ "[l](data:text/html,x)", "<p>l</p>" },
	{ "[l](//a.test/)", "<p>l</p>" },
	{ "[l](http://user@a.test/)", "<p>l</p>" },
	{ "[l](http://\xd0\xb0.test/)", "<p>l</p>" },
	{ "[l](http://a.test/ \"t\")", "<p><a href=\"http://a.test/\" "
	    "rel=\"nofollow ugc noopener\">l</a></p>" },
	{ "http://a.test/?a=1&b=\"", "<p><a href=\"http://a.test/?a=1&amp;b="
	    "&quot;\" rel=\"nofollow ugc noopener\">"
	    "http://a.test/?a=1&amp;b=&quot;</a></p>" },
	{ "[m](mailto:a@b.test)", "<p><a href=\"mailto:a@b.test\" "
	    "rel=\"nofollow ugc noopener\">m</a></p>" },
	{ "|a|b|\n|-|-|", "<p>|a|b|<br>|-|-|</p>" },
	{ "&amp; &#x41; &nosuch;", "<p>&amp; A &amp;nosuch;</p>" },
	{ "```js\na<b\n```", "<pre><code>a&lt;b\n</code></pre>" },
	{ "[a]: http://a.test/", "<p>[a]: http://a.test/</p>" },
	{ "", "" },
};

START_TEST(html_of_each_construct_is_ours)
{
	struct buf	out = BUF_INIT;

	ck_assert_int_eq(markup_html(&out, cases[_i].in,
	    strlen(cases[_i].in), NULL), 0);
	ck_assert_str_eq(buf_str(&out), cases[_i].out);
	buf_free(&out);
}
END_TEST

START_TEST(html_deep_containers_are_flattened)
{
	struct buf	out = BUF_INIT;
	char		in[3000];
	const char	*p;
	int		n = 0;

	memset(in, '>', sizeof(in));
	ck_assert_int_eq(markup_html(&out, in, sizeof(in), NULL), 0);
	for (p = buf_str(&out); (p = strstr(p, "<blockquote>")) != NULL; p++)
		n++;
	ck_assert_int_eq(n, MARKUP_DEPTH);
	buf_free(&out);
}
END_TEST

START_TEST(html_of_one_reference_used_often_stays_in_bounds)
{
	struct buf	in = BUF_INIT, out = BUF_INIT;
	int		i;

	buf_adds(&in, "[a]: http://x.test/");
	for (i = 0; i < 2000; i++)
		buf_addc(&in, 'y');
	buf_addc(&in, '\n');
	for (i = 0; i < 2000; i++)
		buf_adds(&in, "[a]");
	ck_assert_int_eq(markup_html(&out, in.data, in.len, NULL), 0);
	ck_assert_uint_le(out.len, MARKUP_GROWTH * in.len);
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "[a][a][a]"));
	buf_free(&in);
	buf_free(&out);
}
END_TEST

START_TEST(html_draws_at_most_eight_marks)
{
	struct buf	in = BUF_INIT, out = BUF_INIT;
	int		i;

	buf_addc(&in, 'a');
	for (i = 0; i < 20; i++)
		buf_adds(&in, "\xcc\x80");
	ck_assert_int_eq(markup_html(&out, in.data, in.len, NULL), 0);
	ck_assert_uint_eq(out.len, strlen("<p>a</p>") + 8 * 2);
	buf_free(&in);
	buf_free(&out);
}
END_TEST

START_TEST(text_has_words_and_their_offsets)
{
	const char	*body = "x **bo**ld\n\n> q &amp; [l](http://a.test/)";
	struct buf	 out = BUF_INIT;
	uint32_t	*at;

	ck_assert_int_eq(markup_text_at(&out, &at, body, strlen(body), NULL),
	    0);
	ck_assert_str_eq(buf_str(&out), "x bold\nq & l");
	ck_assert_uint_eq(at[2], 4);		/* b of "bo" */
	ck_assert_uint_eq(at[4], 8);		/* l of "ld" */
	ck_assert_uint_eq(at[7], 14);		/* q */
	ck_assert_uint_eq(at[out.len], strlen(body));
	free(at);
	buf_free(&out);
}
END_TEST

START_TEST(links_lists_targets_and_domains)
{
	const char		*body = "[a](https://WWW.One.test/x) "
	    "http://two.test [no](javascript:x) www.three.test "
	    "![i](http://img.test/)";
	struct markup_links	 l;

	ck_assert_int_eq(markup_links(&l, body, strlen(body), NULL), 0);
	ck_assert_uint_eq(l.n, 3);
	ck_assert_str_eq(l.list[0].target, "https://WWW.One.test/x");
	ck_assert_str_eq(l.list[0].domain, "one.test");
	ck_assert_str_eq(l.list[1].domain, "two.test");
	ck_assert_str_eq(l.list[2].domain, "three.test");
	markup_links_free(&l);
}
END_TEST

static FILE *
shared(const char *name)
{
	const char	*dir = getenv("FORUMD_SHARED");
	char		 path[512];
	FILE		*f;

	snprintf(path, sizeof(path), "%s/data/hostile/%s",
	    dir == NULL ? "../shared" : dir, name);
	if ((f = fopen(path, "r")) == NULL)
		printf("skipped: no %s (set FORUMD_SHARED)\n", path);
	return f;
}

/* A "<" that is not of one of our tags, or an attribute that is not ours. */
static void
only_our_tags(const char *s)
{
	static const char *const	ours[] = { "p>", "/p>", "em>", "/em>",
	    "strong>", "/strong>", "br>", "hr>", "code>", "/code>", "pre>",
	    "/pre>", "ul>", "/ul>", "ol>", "/ol>", "ol start=\"", "li>",
	    "/li>", "blockquote>", "/blockquote>", "/a>",
	    "a href=\"http://", "a href=\"https://", "a href=\"mailto:",
	    "a href=\"HTTP", "a href=\"Http", "a href=\"hTTP" };
	size_t				i;

	for (s = strchr(s, '<'); s != NULL; s = strchr(s + 1, '<')) {
		for (i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
			if (strncmp(s + 1, ours[i], strlen(ours[i])) == 0)
				break;
		}
		ck_assert_msg(i < sizeof(ours) / sizeof(*ours), "%.60s", s);
	}
}

START_TEST(recipes_stay_in_bounds)
{
	static const size_t	 sizes[] = { 10000, 65536 };
	FILE			*f = shared("markdown/pathological-recipes.jsonl");
	struct buf		 in = BUF_INIT, out = BUF_INIT;
	char			*line = NULL;
	size_t			 cap = 0, i;
	const char		*unit;
	json_t			*o;

	while (f != NULL && getline(&line, &cap, f) > 0) {
		o = json_loads(line, 0, NULL);
		ck_assert_ptr_nonnull(o);
		unit = json_string_value(json_object_get(o, "unit"));
		for (i = 0; i < 2; i++) {
			buf_clear(&in);
			buf_clear(&out);
			buf_adds(&in, json_string_value(json_object_get(o,
			    "prefix")));
			while (in.len < sizes[i])
				buf_adds(&in, unit);
			buf_adds(&in, json_string_value(json_object_get(o,
			    "suffix")));
			ck_assert_int_eq(markup_html(&out, in.data, in.len,
			    NULL), 0);
			ck_assert_uint_le(out.len, MARKUP_GROWTH * in.len);
			only_our_tags(buf_str(&out));
		}
		json_decref(o);
	}
	free(line);
	if (f != NULL)
		fclose(f);
	buf_free(&in);
	buf_free(&out);
}
END_TEST

static const char *const hostile[] = { "xss/markdown-own.jsonl",
    "xss/dompurify.jsonl", "xss/payloadbox.jsonl", "xss/h5sc.jsonl",
    "xss/payloads-all-the-things.jsonl", "markdown/regressions.jsonl" };

START_TEST(hostile_rows_give_only_our_tags)
{
	FILE		*f = shared(hostile[_i]);
	struct buf	 out = BUF_INIT;
	char		*line = NULL;
	size_t		 cap = 0;
	const char	*key;
	json_t		*o, *v;

	while (f != NULL && getline(&line, &cap, f) > 0) {
		o = json_loads(line, JSON_ALLOW_NUL, NULL);
		json_object_foreach(o, key, v) {
			if (!json_is_string(v))
				continue;
			buf_clear(&out);
			ck_assert_int_eq(markup_html(&out,
			    json_string_value(v), json_string_length(v),
			    NULL), 0);
			only_our_tags(buf_str(&out));
		}
		json_decref(o);
	}
	free(line);
	if (f != NULL)
		fclose(f);
	buf_free(&out);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("markup");
	TCase	*tc = tcase_create("markup");
	SRunner	*sr;
	int	 failed;

	tcase_add_loop_test(tc, html_of_each_construct_is_ours, 0,
	    sizeof(cases) / sizeof(*cases));
	tcase_add_test(tc, html_deep_containers_are_flattened);
	tcase_add_test(tc, html_of_one_reference_used_often_stays_in_bounds);
	tcase_add_test(tc, html_draws_at_most_eight_marks);
	tcase_add_test(tc, text_has_words_and_their_offsets);
	tcase_add_test(tc, links_lists_targets_and_domains);
	tcase_add_test(tc, recipes_stay_in_bounds);
	tcase_add_loop_test(tc, hostile_rows_give_only_our_tags, 0,
	    sizeof(hostile) / sizeof(*hostile));
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
