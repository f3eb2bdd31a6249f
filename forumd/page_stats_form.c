/*
 * The form of the desk: range, bucket, one discussion or two, a section. It
 * is a link like any other, so that a view can be kept and passed on. See
 * page_stats.h.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/page_stats.h"

#define STATS_OPTIONS	100	/* of one list */

/* What there is to choose from: rows of value and label, at most
 * STATS_OPTIONS; the first option is none. */
static size_t
page_stats_options(struct page_stats *s, struct html_option *o,
    const char *none, struct stmt *q, struct err *err)
{
	size_t	n = 1;

	memset(o, 0, (STATS_OPTIONS + 1) * sizeof(*o));
	o[0].value = "";
	o[0].label = none;
	while (n <= STATS_OPTIONS && stmt_step(q) == 1) {
		o[n].value = arena_str(s->a, stmt_text(q, 0));
		o[n++].label = arena_str(s->a, stmt_text(q, 1));
	}
	stmt_done(q, err);
	return n;
}

/* Those last written in first. */
static struct stmt *
page_stats_threads(struct page_stats *s)
{
	return db_query(s->rq->db, "SELECT slug, title FROM thread ORDER BY "
	    "last_comment_at DESC, num LIMIT ?", "i",
	    (int64_t)STATS_OPTIONS);
}

static struct stmt *
page_stats_sections(struct page_stats *s)
{
	return db_query(s->rq->db, "SELECT DISTINCT section, section FROM "
	    "thread WHERE section IS NOT NULL ORDER BY section LIMIT ?", "i",
	    (int64_t)STATS_OPTIONS);
}

static const char *
page_stats_date(struct page_stats *s, int64_t ms)
{
	struct buf	 b = BUF_INIT;
	const char	*text;

	buf_time(&b, ms);
	text = arena_text(s->a, buf_str(&b), 10);
	buf_free(&b);
	return text;
}

void
page_stats_form(struct page_stats *s, struct err *err)
{
	static const char *const	words[] = { "hour", "day", "week",
	    "month" };
	struct html_option	buckets[4], threads[STATS_OPTIONS + 1];
	struct html_option	others[STATS_OPTIONS + 1];
	struct html_option	sections[STATS_OPTIONS + 1];
	const struct html_form	form = { .action = "/desk", .id = "range",
		.class = "range", .get = true };
	struct html_field	fields[6];
	char			key[20];
	size_t			i;

	memset(buckets, 0, sizeof(buckets));
	memset(fields, 0, sizeof(fields));
	for (i = 0; i < 4; i++) {
		snprintf(key, sizeof(key), "stats.%s", words[i]);
		buckets[i].value = words[i];
		buckets[i].label = tr(s->l, key);
	}
	fields[0] = (struct html_field){ .type = HTML_DATE, .name = "from",
		.label = tr(s->l, "stats.from"), .required = true,
		.value = page_stats_date(s, s->ask.from) };
	fields[1] = (struct html_field){ .type = HTML_DATE, .name = "to",
		.label = tr(s->l, "stats.to"), .required = true,
		.value = page_stats_date(s, s->ask.to - 1) };
	fields[2] = (struct html_field){ .type = HTML_SELECT,
		.name = "bucket", .label = tr(s->l, "stats.bucket"),
		.required = true, .options = buckets, .noptions = 4,
		.value = stats_bucket_word(s->ask.bucket) };
	fields[3] = (struct html_field){ .type = HTML_SELECT,
		.name = "thread", .label = tr(s->l, "stats.thread"),
		.required = true, .options = threads, .value = s->ask.slug,
		.noptions = page_stats_options(s, threads,
		tr(s->l, "stats.all"), page_stats_threads(s), err) };
	fields[4] = (struct html_field){ .type = HTML_SELECT,
		.name = "compare", .label = tr(s->l, "stats.compare"),
		.required = true, .options = others, .value = s->other.slug,
		.noptions = page_stats_options(s, others,
		tr(s->l, "stats.nothing"), page_stats_threads(s), err) };
	fields[5] = (struct html_field){ .type = HTML_SELECT,
		.name = "section", .label = tr(s->l, "stats.section"),
		.required = true, .options = sections,
		.value = s->ask.section, .noptions = page_stats_options(s,
		sections, tr(s->l, "stats.all"), page_stats_sections(s),
		err) };
	html_form_begin(&s->rq->out, s->p, &form);
	for (i = 0; i < 6; i++) {
		/* A forum without sections asks for none. */
		if (fields[i].options == sections && fields[i].noptions == 1)
			continue;
		html_field(&s->rq->out, s->p, form.id, &fields[i]);
	}
	html_button(&s->rq->out, tr(s->l, "stats.show"), NULL, NULL, "quiet");
	html_form_end(&s->rq->out);
}
