/*
 * A comment as readers see it, in whatever state it is.
 *
 * The list is flat and in reading order; depth is a class, not nesting, so
 * that a list joins from fragments made at write time and 5,000 comments
 * stay one level of elements. A comment keeps its place whatever became of
 * it: shown, or a line that says what happened, under which rule and who
 * decided. What is the viewer's alone (vote, own held text, edit) comes from
 * fields that are zero in the public view, so one function makes both.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/html_comment.h"

#define FOLD_FROM	3
#define DEPTH_MAX	6

static bool
html_comment_is(const char *have, const char *want)
{
	return have != NULL && strcmp(have, want) == 0;
}

static bool
html_comment_gone(const struct html_comment *c)
{
	return !c->mine && (html_comment_is(c->state, "removed") ||
	    html_comment_is(c->state, "withdrawn") ||
	    html_comment_is(c->state, "erased"));
}

static void
html_comment_part(struct buf *b, const struct locale *l, const char *class,
    const char *key, int64_t n)
{
	if (n == 0)
		return;
	buf_addf(b, "<li class=\"%s\">", class);
	tr_html_n(b, l, key, n);
	buf_adds(b, "</li>");
}

static void
html_comment_bar(struct buf *b, const struct html_counts *c)
{
	const struct {
		const char	*class;
		int64_t		 n;
	} parts[] = {
		{ "shown", c->visible }, { "held", c->held },
		{ "removed", c->removed }, { "withdrawn", c->withdrawn },
		{ "erased", c->erased }
	};
	int64_t	 x = 0, w;
	size_t	 i;

	if (c->posted <= 0)
		return;
	buf_adds(b, "<svg class=\"bar\" viewBox=\"0 0 1000 6\" "
	    "preserveAspectRatio=\"none\" aria-hidden=\"true\">");
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if ((w = parts[i].n * 1000 / c->posted) == 0 && parts[i].n > 0)
			w = 4;
		if (w <= 0)
			continue;
		buf_addf(b, "<rect class=\"%s\" x=\"%lld\" width=\"%lld\" "
		    "height=\"6\"/>", parts[i].class, (long long)x,
		    (long long)w);
		x += w;
	}
	buf_adds(b, "</svg>");
}

static void
html_comment_removed_part(struct buf *b, const struct locale *l,
    const struct html_counts *c)
{
	size_t	 i;

	if (c->removed == 0)
		return;
	buf_adds(b, "<li class=\"removed\">");
	tr_html_n(b, l, "account.removed", c->removed);
	for (i = 0; i < c->nclauses; i++) {
		buf_adds(b, i == 0 ? ": " : ", ");
		buf_htmls(b, c->removed_by_clause[i].title);
		if (c->nclauses > 1) {
			buf_addc(b, ' ');
			buf_addi(b, c->removed_by_clause[i].n);
		}
	}
	buf_adds(b, "</li>");
}

void
html_comment_account(struct buf *b, const struct locale *l,
    const struct html_counts *c)
{
	char	 text[24];

	snprintf(text, sizeof(text), "%lld", (long long)c->posted);
	buf_adds(b, "<div class=\"account\" data-counts>");
	html_comment_bar(b, c);
	buf_adds(b, "<ul");
	html_attr(b, "aria-label", tr(l, "account.label"));
	buf_adds(b, "><li class=\"posted\">");
	tr_html(b, tr_n(l, "account.posted", c->posted), "n", text, NULL);
	buf_adds(b, "</li>");
	html_comment_part(b, l, "shown", "account.visible", c->visible);
	html_comment_part(b, l, "held", "account.held", c->held);
	html_comment_removed_part(b, l, c);
	html_comment_part(b, l, "withdrawn", "account.withdrawn",
	    c->withdrawn);
	html_comment_part(b, l, "erased", "account.erased", c->erased);
	html_comment_part(b, l, "overdue", "account.overdue", c->overdue);
	html_comment_part(b, l, "refused", "account.refused", c->refused);
	buf_adds(b, "</ul>");
	if (c->median_decision_seconds > 0 && c->held + c->removed > 0) {
		struct buf	 d = BUF_INIT;

		locale_duration(&d, l, c->median_decision_seconds);
		buf_adds(b, "<p class=\"median\">");
		tr_html(b, tr(l, "account.median"), "time", buf_str(&d), NULL);
		buf_adds(b, "</p>");
		buf_free(&d);
	}
	buf_adds(b, "</div>");
}

static void
html_comment_sort(struct buf *b, const struct html_page *p,
    const struct html_thread *t)
{
	static const char *const sorts[] = { "oldest", "newest", "best" };
	char	 key[24];
	size_t	 i;

	buf_adds(b, "<nav class=\"sort\"");
	html_attr(b, "aria-label", tr(p->locale, "sort.label"));
	buf_adds(b, "><ul>");
	for (i = 0; i < 3; i++) {
		snprintf(key, sizeof(key), "sort.%s", sorts[i]);
		buf_adds(b, "<li><a rel=\"nofollow\" href=\"");
		buf_adds(b, p->embed ? "/embed/" : "/t/");
		buf_url(b, t->slug, strlen(t->slug));
		buf_addf(b, "?sort=%s", sorts[i]);
		if (p->keep != NULL) {
			buf_adds(b, "&amp;");
			buf_htmls(b, p->keep);
		}
		buf_addc(b, '"');
		if (html_comment_is(t->sort, sorts[i]))
			buf_adds(b, " aria-current=\"true\"");
		buf_addc(b, '>');
		html_tr(b, p->locale, key);
		buf_adds(b, "</a></li>");
	}
	buf_adds(b, "</ul></nav>");
}

static void
html_comment_mode(struct buf *b, const struct html_page *p,
    const struct html_thread *t)
{
	const struct locale	*l = p->locale;
	char			 key[32];

	if (!html_comment_is(t->mode, "open")) {
		snprintf(key, sizeof(key), "mode.%.20s", t->mode);
		html_elem(b, "p", "mode", tr(l, key));
	}
	if (t->closes_at > 0 && !html_comment_is(t->mode, "closed")) {
		buf_adds(b, "<p class=\"mode\">");
		html_tr(b, l, "thread.closes_at");
		buf_addc(b, ' ');
		html_time(b, l, t->closes_at);
		buf_adds(b, "</p>");
	}
	if (t->notice != NULL) {
		buf_adds(b, "<aside class=\"notice\"");
		html_attr(b, "aria-label", tr(l, "thread.notice"));
		buf_adds(b, "><p dir=\"auto\">");
		buf_htmls(b, t->notice);
		buf_adds(b, "</p></aside>");
	}
}

void
html_comment_thread(struct buf *b, const struct html_page *p,
    const struct html_thread *t)
{
	buf_adds(b, "<header class=\"thread\">");
	if (!p->embed) {
		buf_adds(b, "<p class=\"kicker\">");
		buf_htmls(b, t->site != NULL ? t->site : "");
		buf_adds(b, "</p>");
		html_elem(b, "h1", NULL, t->title);
	} else
		html_elem(b, "h1", "small", tr(p->locale, "thread.comments"));
	if (t->url != NULL && strncmp(t->url, "http", 4) == 0 && !p->embed) {
		buf_adds(b, "<p class=\"article\">");
		html_link(b, t->url, tr(p->locale, "thread.article"));
		buf_adds(b, "</p>");
	}
	html_comment_mode(b, p, t);
	if (t->counts != NULL)
		html_comment_account(b, p->locale, t->counts);
	html_comment_sort(b, p, t);
	buf_adds(b, "</header>");
}

void
html_comment_thread_row(struct buf *b, const struct html_page *p,
    const struct html_thread *t)
{
	char	 key[32];

	buf_adds(b, "<article class=\"thread-row\"><p class=\"kicker\">");
	buf_htmls(b, t->site != NULL ? t->site : "");
	if (!html_comment_is(t->mode, "open")) {
		snprintf(key, sizeof(key), "mode_short.%.20s", t->mode);
		buf_adds(b, " <span class=\"tag\">");
		html_tr(b, p->locale, key);
		buf_adds(b, "</span>");
	}
	buf_adds(b, "</p><h2 dir=\"auto\"><a href=\"/t/");
	buf_url(b, t->slug, strlen(t->slug));
	buf_adds(b, "\">");
	buf_htmls(b, t->title);
	buf_adds(b, "</a></h2>");
	if (t->counts != NULL)
		html_comment_account(b, p->locale, t->counts);
	if (t->last_comment_at > 0) {
		buf_adds(b, "<p class=\"meta\">");
		html_tr(b, p->locale, "thread.last_comment");
		buf_addc(b, ' ');
		html_time(b, p->locale, t->last_comment_at);
		buf_adds(b, "</p>");
	}
	buf_adds(b, "</article>");
}

static void
html_comment_name(struct buf *b, const struct locale *l,
    const struct html_author *a)
{
	char	 key[32];

	if (a->name == NULL) {
		html_elem(b, "span", "author muted", tr(l, "author.concealed"));
		return;
	}
	buf_adds(b, "<bdi class=\"author\">");
	buf_htmls(b, a->name);
	buf_adds(b, "</bdi>");
	if (a->kind != NULL && !html_comment_is(a->kind, "member")) {
		snprintf(key, sizeof(key), "author.%.16s", a->kind);
		buf_addf(b, " <span class=\"tag");
		if (!html_comment_is(a->kind, "guest"))
			buf_adds(b, " strong");
		buf_adds(b, "\">");
		html_tr(b, l, key);
		buf_adds(b, "</span>");
	}
	if (a->badge != NULL) {
		buf_addc(b, ' ');
		html_elem(b, "span", "tag", a->badge);
	}
}

static void
html_comment_mark(struct buf *b, const struct locale *l, const char *key,
    const char *class)
{
	buf_addc(b, ' ');
	html_elem(b, "span", class, tr(l, key));
}

static void
html_comment_head(struct buf *b, const struct html_page *p,
    const struct html_comment *c)
{
	const struct locale	*l = p->locale;
	size_t			 i;

	buf_adds(b, "<header>");
	html_comment_name(b, l, &c->author);
	buf_adds(b, " <a href=\"/c/");
	buf_htmls(b, c->id);
	buf_adds(b, "\">");
	html_time(b, l, c->created_at);
	buf_adds(b, "</a>");
	if (c->edited_at > 0)
		html_comment_mark(b, l, "comment.edited", "meta");
	if (c->parent != NULL) {
		buf_adds(b, " <a class=\"parent\" href=\"#c-");
		buf_htmls(b, c->parent);
		buf_adds(b, "\">");
		tr_html(b, tr(l, c->parent_author != NULL ?
		    "comment.in_reply_to" : "comment.in_reply"), "name",
		    c->parent_author, NULL);
		buf_adds(b, "</a>");
	}
	if (c->pinned)
		html_comment_mark(b, l, "comment.pinned", "tag strong");
	if (c->pick)
		html_comment_mark(b, l, "comment.pick", "tag strong");
	if (c->question)
		html_comment_mark(b, l, "comment.question", "tag");
	if (c->answers != NULL) {
		buf_adds(b, " <a class=\"tag strong\" href=\"#c-");
		buf_htmls(b, c->answers);
		buf_adds(b, "\">");
		html_tr(b, l, "comment.answers");
		buf_adds(b, "</a>");
	}
	for (i = 0; i < c->nlabels; i++) {
		buf_addc(b, ' ');
		html_elem(b, "span", "tag label", c->labels[i]);
	}
	if (c->restored != 0) {
		buf_addf(b, " <a class=\"tag\" href=\"/log/%lld\">",
		    (long long)c->restored);
		html_tr(b, l, "comment.restored");
		buf_adds(b, "</a>");
	}
	buf_adds(b, "</header>");
}

/* Who decided, when, by which rule book, and what became of an appeal. */
static void
html_comment_decided(struct buf *b, const struct html_page *p,
    const struct html_comment *c)
{
	const struct locale		*l = p->locale;
	const struct html_tombstone	*t = c->tombstone;
	char				 key[32];

	buf_adds(b, "<p class=\"meta\">");
	if (html_comment_is(t->decided_by, "automatic"))
		html_tr(b, l, "tombstone.automatic");
	else
		tr_html(b, tr(l, "tombstone.by"), "name", t->decided_by, NULL);
	if (t->decided_at > 0) {
		buf_adds(b, ", ");
		html_time(b, l, t->decided_at);
	}
	if (t->automated_detection &&
	    !html_comment_is(t->decided_by, "automatic")) {
		buf_adds(b, " · ");
		html_tr(b, l, "tombstone.detected");
	}
	buf_adds(b, " · <a href=\"/c/");
	buf_htmls(b, c->id);
	buf_adds(b, "/statement\">");
	html_tr(b, l, "tombstone.statement");
	buf_addf(b, "</a> · <a href=\"/log/%lld\">", (long long)t->log_index);
	html_tr(b, l, "tombstone.record");
	buf_addf(b, " %lld</a>", (long long)t->log_index);
	if (t->appeal != NULL && !html_comment_is(t->appeal, "none")) {
		snprintf(key, sizeof(key), "appeal.%.16s", t->appeal);
		buf_adds(b, " · <span class=\"appeal\">");
		html_tr(b, l, key);
		buf_adds(b, "</span>");
	}
	buf_adds(b, "</p>");
}

static void
html_comment_tombstone(struct buf *b, const struct html_page *p,
    const struct html_comment *c)
{
	const struct locale		*l = p->locale;
	const struct html_tombstone	*t = c->tombstone;
	char				 key[32];

	snprintf(key, sizeof(key), "state.%.16s", c->state);
	buf_adds(b, "<div class=\"tombstone\"><p class=\"why\"><strong>");
	html_tr(b, l, key);
	if (t != NULL && t->clause != NULL) {
		buf_adds(b, ": <a href=\"/policy#");
		buf_htmls(b, t->clause);
		buf_adds(b, "\">");
		buf_htmls(b, t->clause_title != NULL ? t->clause_title :
		    t->clause);
		buf_adds(b, "</a>");
	}
	buf_adds(b, "</strong></p>");
	if (t != NULL) {
		if (t->explanation != NULL) {
			buf_adds(b, "<p class=\"explanation\" dir=\"auto\">");
			buf_htmls(b, t->explanation);
			buf_adds(b, "</p>");
		}
		html_comment_decided(b, p, c);
	}
	if (c->mine && t != NULL && t->appeal_until > 0 &&
	    html_comment_is(t->appeal, "none")) {
		buf_adds(b, "<p><a class=\"button\" href=\"/c/");
		buf_htmls(b, c->id);
		buf_adds(b, "/appeal\">");
		html_tr(b, l, "appeal.file");
		buf_adds(b, "</a> <span class=\"meta\">");
		html_tr(b, l, "appeal.until");
		buf_addc(b, ' ');
		html_time(b, l, t->appeal_until);
		buf_adds(b, "</span></p>");
	}
	buf_adds(b, "</div>");
}

static void
html_comment_held(struct buf *b, const struct html_page *p,
    const struct html_comment *c)
{
	const struct locale	*l = p->locale;
	const struct html_held	*h = c->held;

	buf_adds(b, "<div class=\"tombstone held\"><p class=\"why\"><strong>");
	html_tr(b, l, h != NULL ? "held.yours" : "state.held");
	buf_adds(b, "</strong></p>");
	if (h != NULL) {
		if (h->clause_title != NULL)
			html_elem(b, "p", NULL, h->clause_title);
		if (h->explanation != NULL) {
			buf_adds(b, "<p class=\"explanation\" dir=\"auto\">");
			buf_htmls(b, h->explanation);
			buf_adds(b, "</p>");
		}
		buf_adds(b, "<p class=\"meta\">");
		html_tr(b, l, "held.decide_by");
		buf_addc(b, ' ');
		html_time(b, l, h->decide_by);
		if (h->queue_position > 0) {
			buf_adds(b, " · ");
			tr_html_n(b, l, "held.position", h->queue_position);
		}
		buf_adds(b, "</p>");
	}
	buf_adds(b, "</div>");
}

static void
html_comment_vote_button(struct buf *b, const struct locale *l, int vote,
    int value, const char *key, const char *sign)
{
	buf_adds(b, "<button class=\"vote\" name=\"value\"");
	html_attr_int(b, "value", vote == value ? 0 : value);
	html_attr(b, "aria-pressed", vote == value ? "true" : "false");
	html_attr(b, "aria-label", tr(l, key));
	buf_addc(b, '>');
	buf_adds(b, sign);
	buf_adds(b, "</button>");
}

static void
html_comment_vote(struct buf *b, const struct html_page *p,
    const struct html_comment *c)
{
	buf_adds(b, "<form method=\"post\" class=\"votes\" "
	    "data-enhance=\"vote\" action=\"/c/");
	buf_htmls(b, c->id);
	buf_adds(b, "/vote\">");
	if (p->csrf != NULL) {
		buf_adds(b, "<input type=\"hidden\" name=\"csrf\"");
		html_attr(b, "value", p->csrf);
		buf_addc(b, '>');
	}
	html_comment_vote_button(b, p->locale, c->vote, 1, "vote.up", "▲");
	buf_adds(b, "<span class=\"score\">");
	buf_addi(b, c->score);
	buf_adds(b, "</span>");
	html_comment_vote_button(b, p->locale, c->vote, -1, "vote.down", "▼");
	buf_adds(b, "</form>");
}

static void
html_comment_act(struct buf *b, const struct html_page *p,
    const struct html_comment *c, const char *act, const char *key)
{
	buf_adds(b, "<a rel=\"nofollow\" href=\"/c/");
	buf_htmls(b, c->id);
	buf_addc(b, '/');
	buf_adds(b, act);
	buf_addc(b, '"');
	html_attr(b, "data-act", act);
	buf_addc(b, '>');
	html_tr(b, p->locale, key);
	buf_adds(b, "</a>");
}

static void
html_comment_actions(struct buf *b, const struct html_page *p,
    const struct html_comment *c)
{
	bool	 visible = html_comment_is(c->state, "visible");

	if (!visible && !c->mine)
		return;
	buf_adds(b, "<footer>");
	if (visible && !c->mine)
		html_comment_vote(b, p, c);
	if (visible)
		html_comment_act(b, p, c, "reply", "act.reply");
	if (visible && !c->mine) {
		if (c->flagged)
			html_elem(b, "span", "meta",
			    tr(p->locale, "act.flagged"));
		else
			html_comment_act(b, p, c, "flag", "act.flag");
	}
	if (c->mine) {
		if (c->editable_until > 0)
			html_comment_act(b, p, c, "edit", "act.edit");
		if (visible || html_comment_is(c->state, "held"))
			html_comment_act(b, p, c, "withdraw", "act.withdraw");
		html_comment_act(b, p, c, "receipt", "act.receipt");
		html_comment_act(b, p, c, "public", "act.public");
	}
	buf_adds(b, "</footer>");
}

static void
html_comment_body(struct buf *b, const struct html_page *p,
    const struct html_comment *c)
{
	buf_adds(b, "<div class=\"body\" dir=\"auto\"");
	if (!html_comment_is(c->language, locale_tag(p->locale)))
		html_attr(b, "lang", c->language);
	buf_addc(b, '>');
	buf_adds(b, c->body_html);
	buf_adds(b, "</div>");
}

void
html_comment(struct buf *b, const struct html_page *p,
    const struct html_comment *c)
{
	int	 depth = c->depth < 0 ? 0 : c->depth;

	buf_adds(b, "<article id=\"c-");
	buf_htmls(b, c->id);
	buf_adds(b, "\" class=\"comment d");
	buf_addi(b, depth < DEPTH_MAX ? depth : DEPTH_MAX);
	buf_adds(b, c->mine ? " mine\"" : "\"");
	html_attr(b, "data-id", c->id);
	html_attr(b, "data-parent", c->parent);
	if (depth > 0)
		html_attr_int(b, "data-depth", depth);
	html_attr(b, "data-state", c->state);
	html_attr(b, "data-author", c->author.id);
	if (c->replies > 0)
		html_attr_int(b, "data-replies", c->replies);
	buf_addc(b, '>');
	html_comment_head(b, p, c);
	if (html_comment_is(c->state, "held"))
		html_comment_held(b, p, c);
	else if (!html_comment_is(c->state, "visible"))
		html_comment_tombstone(b, p, c);
	if (c->body_html != NULL)
		html_comment_body(b, p, c);
	html_comment_actions(b, p, c);
	if (c->cut > 0) {
		buf_adds(b, "<p class=\"continue\"><a href=\"/c/");
		buf_htmls(b, c->id);
		buf_adds(b, "\">");
		tr_html_n(b, p->locale, "collapse.show", c->cut);
		buf_adds(b, "</a></p>");
	}
	buf_adds(b, "</article>");
}

/* "5 comments are gone: personal attack 3, withdrawn 2" */
static void
html_comment_fold(struct buf *b, const struct html_page *p,
    const struct html_comment *c, size_t n)
{
	const char	*titles[8];
	int64_t		 counts[8];
	const char	*t;
	char		 key[32];
	size_t		 i, k, nt = 0;

	for (i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "state.%.16s", c[i].state);
		t = c[i].tombstone != NULL &&
		    c[i].tombstone->clause_title != NULL ?
		    c[i].tombstone->clause_title : tr(p->locale, key);
		for (k = 0; k < nt && strcmp(titles[k], t) != 0; k++)
			;
		if (k == 8)
			continue;
		if (k == nt) {
			titles[nt] = t;
			counts[nt++] = 0;
		}
		counts[k]++;
	}
	buf_adds(b, "<details class=\"fold\"><summary>");
	tr_html_n(b, p->locale, "fold.gone", (int64_t)n);
	for (k = 0; k < nt; k++) {
		buf_adds(b, k == 0 ? ": " : ", ");
		buf_htmls(b, titles[k]);
		buf_addf(b, " %lld", (long long)counts[k]);
	}
	buf_adds(b, "</summary>");
	for (i = 0; i < n; i++)
		html_comment(b, p, &c[i]);
	buf_adds(b, "</details>");
}

void
html_comment_list(struct buf *b, const struct html_page *p,
    const struct html_thread *t, const struct html_comment *c, size_t n)
{
	size_t	 i, run;

	buf_adds(b, "<section id=\"comments\"");
	html_attr(b, "aria-label", tr(p->locale, "thread.comments"));
	html_attr(b, "data-thread", t->slug);
	html_attr(b, "data-sort", t->sort);
	html_attr(b, "data-mode", t->mode);
	html_attr_int(b, "data-version", t->version);
	buf_addc(b, '>');
	if (n == 0)
		html_elem(b, "p", "empty", tr(p->locale, "thread.empty"));
	for (i = 0; i < n; i += run) {
		for (run = 0; i + run < n && html_comment_gone(&c[i + run]);
		    run++)
			;
		if (run >= FOLD_FROM)
			html_comment_fold(b, p, &c[i], run);
		else {
			run = 1;
			html_comment(b, p, &c[i]);
		}
	}
	buf_adds(b, "</section>");
}
