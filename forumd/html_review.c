/*
 * The moderator's queue.
 *
 * Every item is an article with its own form, so that a decision needs no
 * script. The form names what a decision must have (clause and explanation)
 * and carries the version that the moderator saw; each clause brings the
 * words to start an explanation with, in a data- attribute, for the script's
 * one-key decisions. An appeal's form offers two outcomes instead of actions.
 * What the script does besides (taking an item, putting a rule's words in)
 * is two forms on the item's own page while scripts are off.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forumd/html_detail.h"
#include "forumd/html_review.h"

void
html_review_begin(struct buf *b, const struct html_page *p, const char *state,
    const int64_t waiting[HTML_REVIEW_TABS])
{
	static const char *const states[HTML_REVIEW_TABS] = { "held", "flagged", "appealed",
		"overdue", "all" };
	char	 key[32];
	size_t	 i;

	buf_adds(b, "<section class=\"review\" data-review");
	html_attr(b, "data-state", state);
	buf_adds(b, ">");
	html_elem(b, "h1", NULL, tr(p->locale, "review.title"));
	buf_adds(b, "<nav");
	html_attr(b, "aria-label", tr(p->locale, "review.title"));
	buf_adds(b, "><ul class=\"tabs\">");
	for (i = 0; i < HTML_REVIEW_TABS; i++) {
		buf_addf(b, "<li><a href=\"/review?state=%s\"%s>", states[i],
		    strcmp(states[i], state) == 0 ?
		    " aria-current=\"page\"" : "");
		snprintf(key, sizeof(key), "review.%s", states[i]);
		html_tr(b, p->locale, key);
		if (waiting[i] > 0)
			buf_addf(b, " <span class=\"n\">%lld</span>",
			    (long long)waiting[i]);
		buf_adds(b, "</a></li>");
	}
	buf_adds(b, "</ul></nav>");
}

void
html_review_end(struct buf *b, const struct html_page *p)
{
	html_elem(b, "p", "keys", tr(p->locale, "review.keys"));
	buf_adds(b, "</section>");
}

/* The source text with what the checks pointed at marked. A span that does
 * not fit the text is left out: findings may be older than the text. */
static void
html_review_text(struct buf *b, const struct html_review_item *i)
{
	const char	*text = i->comment->body;
	size_t		 len, at = 0, k;

	if (text == NULL)
		return;
	len = strlen(text);
	buf_adds(b, "<div class=\"text\" dir=\"auto\"");
	html_attr(b, "lang", i->comment->language);
	buf_addc(b, '>');
	for (k = 0; k < i->nspans; k++) {
		if (i->spans[k].start < at || i->spans[k].end > len ||
		    i->spans[k].start >= i->spans[k].end)
			continue;
		buf_html(b, text + at, i->spans[k].start - at);
		buf_adds(b, "<mark>");
		buf_html(b, text + i->spans[k].start,
		    i->spans[k].end - i->spans[k].start);
		buf_adds(b, "</mark>");
		at = i->spans[k].end;
	}
	buf_html(b, text + at, len - at);
	buf_adds(b, "</div>");
}

static void
html_review_findings(struct buf *b, const struct html_page *p,
    const struct html_review_item *i)
{
	const struct locale	*l = p->locale;
	const struct html_col	 cols[] = {
		{ tr(l, "review.stage"), false },
		{ tr(l, "review.clause"), false },
		{ tr(l, "review.verdict"), false },
		{ tr(l, "review.score"), true },
	};
	char			 key[40];
	size_t			 k;

	if (i->nfindings == 0)
		return;
	html_table_begin(b, tr(l, "review.findings"), cols, 4);
	for (k = 0; k < i->nfindings; k++) {
		const struct html_finding	*f = &i->findings[k];

		html_row_begin(b);
		snprintf(key, sizeof(key), "stage.%.24s", f->stage);
		html_cell_head(b, tr(l, key));
		html_cell(b, f->clause_title != NULL ? f->clause_title : "");
		buf_adds(b, "<td>");
		snprintf(key, sizeof(key), "certainty.%.20s", f->verdict);
		html_tr(b, l, key);
		if (f->detail != NULL && strcmp(f->detail, "not checked") != 0) {
			buf_adds(b, " <small>");
			html_detail(b, l, f->detail);
			buf_adds(b, "</small>");
		}
		buf_adds(b, "</td><td class=\"num\">");
		if (!isnan(f->score))
			buf_addf(b, "%.2f", f->score);
		buf_adds(b, "</td>");
		html_row_end(b);
	}
	html_table_end(b);
}

static void
html_review_meta(struct buf *b, const struct html_page *p,
    const struct html_review_item *i)
{
	const struct locale	*l = p->locale;

	buf_adds(b, "<p class=\"meta\">");
	if (i->decide_by > 0) {
		html_tr(b, l, "held.decide_by");
		buf_addc(b, ' ');
		html_time(b, l, i->decide_by);
	}
	if (i->flags > 0) {
		buf_adds(b, i->decide_by > 0 ? " · " : "");
		tr_html_n(b, l, "review.flags", i->flags);
	}
	if (i->author) {
		buf_adds(b, i->decide_by > 0 || i->flags > 0 ? " · " : "");
		html_tr(b, l, "review.standing");
		buf_addc(b, ' ');
		tr_html_n(b, l, "account.posted", i->posted);
		buf_adds(b, ", ");
		tr_html_n(b, l, "account.removed", i->removed);
		buf_adds(b, ", ");
		tr_html_n(b, l, "review.sanctions", i->sanctions);
	}
	buf_adds(b, "</p>");
	if (i->claimed_until > 0) {
		buf_adds(b, "<p class=\"mode\">");
		if (i->claimed_by != NULL)
			tr_html(b, tr(l, "review.claimed"), "name",
			    i->claimed_by, NULL);
		else
			html_tr(b, l, "review.claimed_mine");
		buf_addc(b, ' ');
		html_tr(b, l, "review.until");
		buf_addc(b, ' ');
		html_time(b, l, i->claimed_until);
		buf_adds(b, "</p>");
	}
}

static void
html_review_read(struct buf *b, const struct html_page *p,
    const struct html_review_item *i)
{
	size_t	 k;

	buf_adds(b, "<div><h2><bdi>");
	buf_htmls(b, i->comment->author.name != NULL ?
	    i->comment->author.name : tr(p->locale, "author.concealed"));
	buf_adds(b, "</bdi> ");
	if (i->comment->thread == NULL) {
		html_elem(b, "small", "meta", i->thread_title);
	} else {
		buf_adds(b, "<a class=\"meta\" href=\"/c/");
		buf_htmls(b, i->comment->id);
		buf_adds(b, "\">");
		buf_htmls(b, i->thread_title);
		buf_adds(b, "</a>");
	}
	buf_adds(b, " <a class=\"meta mono\" href=\"/review/");
	buf_htmls(b, i->comment->id);
	buf_adds(b, "\">");
	buf_htmls(b, i->comment->id);
	buf_adds(b, "</a></h2>");
	if (i->context != NULL) {
		buf_adds(b, "<div class=\"context\" dir=\"auto\">"
		    "<p class=\"meta\">");
		html_tr(b, p->locale, "review.context");
		buf_adds(b, " <bdi>");
		buf_htmls(b, i->context_author != NULL ?
		    i->context_author : "");
		buf_adds(b, "</bdi></p><p>");
		buf_htmls(b, i->context);
		buf_adds(b, "</p></div>");
	}
	html_review_text(b, i);
	if (i->against != NULL) {
		html_elem(b, "h3", NULL, tr(p->locale, "review.against"));
		if (i->against_title != NULL)
			html_elem(b, "p", "meta", i->against_title);
		html_elem(b, "blockquote", NULL, i->against);
	}
	if (i->grounds != NULL) {
		html_elem(b, "h3", NULL, tr(p->locale, "appeal.grounds"));
		html_elem(b, "blockquote", NULL, i->grounds);
	}
	for (k = 0; k < i->nflag_notes; k++)
		html_elem(b, "blockquote", "meta", i->flag_notes[k]);
	html_review_meta(b, p, i);
	html_review_findings(b, p, i);
	buf_adds(b, "</div>");
}

static void
html_review_clauses(struct buf *b, const struct html_page *p,
    const struct html_review_item *i, const struct html_clause *c, size_t n)
{
	size_t	 k;

	buf_adds(b, "<fieldset class=\"field\"><legend>");
	html_tr(b, p->locale, "review.clause");
	buf_adds(b, "</legend><div class=\"clauses\">");
	for (k = 0; k < n; k++) {
		buf_adds(b, "<label class=\"choice\"><input type=\"radio\" "
		    "name=\"clause\"");
		html_attr(b, "value", c[k].clause);
		html_attr(b, "data-canned", c[k].canned);
		if (i->clause != NULL && strcmp(i->clause, c[k].clause) == 0)
			buf_adds(b, " checked");
		buf_adds(b, "><span>");
		if (k < 9)
			buf_addf(b, "<kbd>%zu</kbd> ", k + 1);
		buf_htmls(b, c[k].title);
		buf_adds(b, "</span></label>");
	}
	buf_adds(b, "</div></fieldset>");
}

static void
html_review_buttons(struct buf *b, const struct html_page *p,
    const struct html_review_item *i)
{
	const struct locale	*l = p->locale;

	buf_adds(b, "<p class=\"buttons\">");
	if (i->appeal != NULL) {
		html_button(b, tr(l, "review.stands"), "outcome", "upheld",
		    "");
		html_button(b, tr(l, "review.reversed"), "outcome",
		    "reversed", "quiet");
	} else {
		html_button(b, tr(l, "review.approve"), "action", "approve",
		    "");
		html_button(b, tr(l, "review.remove"), "action", "remove",
		    "danger");
		html_button(b, tr(l, "review.label"), "action", "label",
		    "quiet");
	}
	buf_adds(b, "</p>");
}

static void
html_review_form(struct buf *b, const struct html_page *p,
    const struct html_review_item *i, const struct html_clause *c, size_t n)
{
	const struct locale	*l = p->locale;
	struct buf		 id = BUF_INIT, action = BUF_INIT;
	char			 version[24];
	const bool		 bad = i->error_field != NULL;
	const struct html_field	 fields[] = {
		{ .type = HTML_HIDDEN, .name = "expected_version",
		    .value = version },
		{ .type = HTML_HIDDEN, .name = "appeal", .value = i->appeal },
		{ .type = HTML_AREA, .name = "explanation", .rows = 3,
		    .label = tr(l, "review.explanation"),
		    .hint = tr(l, "review.explanation_hint"),
		    .value = i->explanation, .maxlength = 2000,
		    .error = bad ? i->error : NULL, .required = true },
		{ .type = HTML_AREA, .name = "note_to_author", .rows = 2,
		    .label = tr(l, "review.note"), .maxlength = 2000 },
		{ .type = HTML_CHECKBOX, .name = "conceal_author",
		    .label = tr(l, "review.conceal") },
	};
	struct html_form	 f = { .class = "decide",
		.enhance = "decide", .novalidate = true };
	size_t			 k;

	snprintf(version, sizeof(version), "%lld",
	    (long long)i->comment->version);
	buf_addf(&id, "d-%s", i->comment->id);
	buf_adds(&action, "/review/");
	buf_adds(&action, i->comment->id);
	f.id = buf_str(&id);
	f.action = buf_str(&action);
	html_form_begin(b, p, &f);
	html_review_clauses(b, p, i, c, n);
	for (k = 0; k < 3; k++) {
		if (fields[k].name[0] != 'a' || i->appeal != NULL)
			html_field(b, p, f.id, &fields[k]);
	}
	buf_adds(b, "<details><summary>");
	html_tr(b, l, "review.more");
	buf_adds(b, "</summary>");
	html_field(b, p, f.id, &fields[3]);
	html_field(b, p, f.id, &fields[4]);
	buf_adds(b, "</details>");
	html_review_buttons(b, p, i);
	html_form_end(b);
	buf_free(&id);
	buf_free(&action);
}

/* The rule whose words are wanted; the page comes back with them. */
static void
html_review_words(struct buf *b, const struct html_page *p,
    const struct html_review_item *i, const struct html_clause *c, size_t n)
{
	size_t	 k;

	buf_adds(b, "<form method=\"get\" class=\"words\" action=\"/review/");
	buf_htmls(b, i->comment->id);
	buf_adds(b, "\"><label for=\"words\">");
	html_tr(b, p->locale, "review.words");
	buf_adds(b, "</label> <select id=\"words\" name=\"clause\">");
	for (k = 0; k < n; k++) {
		buf_adds(b, "<option");
		html_attr(b, "value", c[k].clause);
		if (i->clause != NULL && strcmp(i->clause, c[k].clause) == 0)
			buf_adds(b, " selected");
		buf_addc(b, '>');
		buf_htmls(b, c[k].title);
		buf_adds(b, "</option>");
	}
	buf_adds(b, "</select> ");
	html_button(b, tr(p->locale, "review.put_words"), NULL, NULL,
	    "quiet");
	buf_adds(b, "</form>");
}

/* What the script does by itself. */
static void
html_review_unscripted(struct buf *b, const struct html_page *p,
    const struct html_review_item *i, const struct html_clause *c, size_t n)
{
	const bool		 mine = i->claimed_until > 0 &&
				    i->claimed_by == NULL;
	struct html_form	 f = { 0 };
	struct buf		 action = BUF_INIT;

	buf_adds(b, "<noscript>");
	if (!i->alone) {
		buf_adds(b, "<p><a href=\"/review/");
		buf_htmls(b, i->comment->id);
		buf_adds(b, "\">");
		html_tr(b, p->locale, "review.alone");
		buf_adds(b, "</a></p></noscript>");
		return;
	}
	html_review_words(b, p, i, c, n);
	if (i->comment->thread != NULL) {
		buf_addf(&action, "/review/%s/%s", i->comment->id,
		    mine ? "release" : "claim");
		f.action = buf_str(&action);
		html_form_begin(b, p, &f);
		html_button(b, tr(p->locale, mine ? "review.release" :
		    "review.claim"), NULL, NULL, "quiet");
		html_form_end(b);
		buf_free(&action);
	}
	buf_adds(b, "</noscript>");
}

void
html_review_item(struct buf *b, const struct html_page *p,
    const struct html_review_item *i, const struct html_clause *c, size_t n)
{
	buf_adds(b, "<article class=\"item\" tabindex=\"-1\"");
	html_attr(b, "data-id", i->comment->id);
	html_attr_int(b, "data-version", i->comment->version);
	html_attr(b, "data-appeal", i->appeal);
	html_attr(b, "data-claimed", i->claimed_by);
	buf_addc(b, '>');
	html_review_read(b, p, i);
	buf_adds(b, "<div>");
	html_review_form(b, p, i, c, n);
	html_review_unscripted(b, p, i, c, n);
	buf_adds(b, "</div></article>");
}
