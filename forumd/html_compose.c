/*
 * The forms with which a reader writes and objects.
 *
 * Each posts to a page address and works with scripts off; the scripts take
 * the same forms over by their data-enhance word and send what they hold to
 * the API. Preview is a second button of the same form, so that it needs no
 * script either. An error stands beside its field and in a box on top.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/html_compose.h"

#define BODY_MAX	10000
#define GROUNDS_MAX	4000

static void
html_compose_preview(struct buf *b, const struct html_page *p,
    const struct html_compose *c)
{
	size_t	 i;

	buf_adds(b, "<div class=\"preview\" data-preview>");
	if (c->preview_html != NULL) {
		html_elem(b, "h3", NULL, tr(p->locale, "compose.preview"));
		buf_adds(b, "<div class=\"body\" dir=\"auto\">");
		buf_adds(b, c->preview_html);
		buf_adds(b, "</div>");
	}
	if (c->nadvice > 0) {
		html_elem(b, "p", "advice", tr(p->locale, "compose.advice"));
		buf_adds(b, "<ul>");
		for (i = 0; i < c->nadvice; i++)
			html_elem(b, "li", NULL, c->advice[i]);
		buf_adds(b, "</ul>");
	}
	buf_adds(b, "</div>");
}

static void
html_compose_language(struct buf *b, const struct html_page *p,
    const struct html_compose *c)
{
	struct html_option	 options[8];
	struct html_field	 f = { .type = HTML_SELECT,
		.name = "language", .options = options, .required = true };
	const struct locale	*l;

	for (; f.noptions < 8 && (l = locale_at(f.noptions)) != NULL;
	    f.noptions++)
		options[f.noptions] = (struct html_option){ locale_tag(l),
		    locale_name(l), NULL };
	f.label = tr(p->locale, "compose.language");
	f.value = c->language != NULL ? c->language : locale_tag(p->locale);
	html_field(b, p, "compose", &f);
}

static void
html_compose_fields(struct buf *b, const struct html_page *p,
    const struct html_compose *c)
{
	const struct locale	*l = p->locale;
	const struct html_field	 fields[] = {
		{ .type = HTML_AREA, .name = "body",
		    .label = tr(l, "compose.body"), .value = c->body,
		    .hint = tr(l, "compose.body_hint"),
		    .error = c->body_error, .required = true,
		    .maxlength = BODY_MAX },
		{ .type = HTML_TEXT, .name = "name",
		    .label = tr(l, "compose.name"), .value = c->name,
		    .hint = tr(l, "compose.name_hint"),
		    .error = c->name_error, .required = true,
		    .maxlength = 60, .autocomplete = "nickname" },
	};
	const struct html_field	 question = { .type = HTML_CHECKBOX,
		.name = "question", .label = tr(l, "compose.question"),
		.value = c->question ? "true" : NULL };

	html_errors(b, p, "compose", fields, c->guest ? 2 : 1);
	html_field(b, p, "compose", &fields[0]);
	if (c->guest)
		html_field(b, p, "compose", &fields[1]);
	html_compose_language(b, p, c);
	html_field(b, p, "compose", &question);
}

static void
html_compose_hidden(struct buf *b, const struct html_page *p,
    const char *name, const char *value)
{
	const struct html_field	 f = { .type = HTML_HIDDEN, .name = name,
		.value = value };

	if (value != NULL)
		html_field(b, p, "compose", &f);
}

void
html_compose(struct buf *b, const struct html_page *p,
    const struct html_compose *c)
{
	struct html_form	 f = { .id = "compose", .class = "compose",
		.enhance = "compose" };
	struct buf		 action = BUF_INIT;

	buf_adds(&action, p->embed ? "/embed/" : "/t/");
	buf_url(&action, c->slug, strlen(c->slug));
	if (p->keep != NULL) {
		buf_addc(&action, '?');
		buf_adds(&action, p->keep);
	}
	f.action = buf_str(&action);
	f.legend = tr(p->locale, c->parent != NULL ? "compose.reply" :
	    "compose.title");
	html_form_begin(b, p, &f);
	html_compose_hidden(b, p, "parent", c->parent);
	html_compose_hidden(b, p, "answers", c->answers);
	html_compose_hidden(b, p, "idempotency_key", c->idempotency_key);
	html_compose_fields(b, p, c);
	html_compose_preview(b, p, c);
	buf_adds(b, "<p class=\"buttons\">");
	html_button(b, tr(p->locale, "compose.post"), NULL, NULL, "");
	html_button(b, tr(p->locale, "compose.preview"), "preview", "1",
	    "quiet");
	buf_adds(b, "</p><p class=\"hint\">");
	html_tr(b, p->locale, "compose.promise");
	buf_adds(b, " <a href=\"/policy\">");
	html_tr(b, p->locale, "foot.policy");
	buf_adds(b, "</a></p>");
	html_form_end(b);
	buf_free(&action);
}

/* A form about one comment: "/c/ID/act". */
static void
html_compose_begin(struct buf *b, const struct html_page *p,
    const char *about, const char *act, const char *legend)
{
	struct html_form	 f = { .class = "compose" };
	struct buf		 action = BUF_INIT;

	buf_adds(&action, about);
	buf_addc(&action, '/');
	buf_adds(&action, act);
	f.action = buf_str(&action);
	f.id = act;
	f.enhance = act;
	f.legend = tr(p->locale, legend);
	html_form_begin(b, p, &f);
	buf_free(&action);
}

static void
html_compose_begin_comment(struct buf *b, const struct html_page *p,
    const char *id, const char *act, const char *legend)
{
	struct buf	 about = BUF_INIT;

	buf_adds(&about, "/c/");
	buf_adds(&about, id);
	html_compose_begin(b, p, buf_str(&about), act, legend);
	buf_free(&about);
}

static void
html_compose_finish(struct buf *b, const struct html_page *p,
    const char *label, const char *class)
{
	buf_adds(b, "<p class=\"buttons\">");
	html_button(b, tr(p->locale, label), NULL, NULL, class);
	buf_adds(b, "</p>");
	html_form_end(b);
}

#define FLAG_FIELDS	7
#define FLAG_PLAIN	2	/* of them, before those of a notice */

void
html_compose_flag(struct buf *b, const struct html_page *p,
    const struct html_flag *f)
{
	const struct locale	*l = p->locale;
	struct html_field	 fields[FLAG_FIELDS] = {
		{ .type = HTML_RADIO, .name = "clause",
		    .label = tr(l, "flag.clause"), .value = f->clause,
		    .required = true, .options = f->clauses,
		    .noptions = f->n },
		{ .type = HTML_AREA, .name = "note", .rows = 3,
		    .label = tr(l, "flag.note"), .maxlength = 1000,
		    .hint = tr(l, "flag.note_hint"), .value = f->note },
		{ .type = HTML_TEXT, .name = "legal_ground",
		    .label = tr(l, "flag.ground"), .maxlength = 500,
		    .value = f->ground },
		{ .type = HTML_AREA, .name = "explanation", .rows = 4,
		    .label = tr(l, "flag.explanation"), .maxlength = 2000,
		    .value = f->explanation },
		{ .type = HTML_TEXT, .name = "name", .maxlength = 200,
		    .label = tr(l, "flag.name"), .value = f->name,
		    .autocomplete = "name" },
		{ .type = HTML_EMAIL, .name = "email", .maxlength = 254,
		    .label = tr(l, "flag.email"), .value = f->email,
		    .hint = tr(l, "flag.email_hint"),
		    .autocomplete = "email" },
		{ .type = HTML_CHECKBOX, .name = "good_faith",
		    .label = tr(l, "flag.good_faith"),
		    .value = f->good_faith ? "1" : NULL },
	};
	size_t			 i, wrong = 0;

	for (i = 0; f->field != NULL && i < FLAG_FIELDS; i++) {
		if (strcmp(fields[i].name, f->field) == 0)
			wrong = i;
	}
	fields[wrong].error = f->error;
	html_compose_begin_comment(b, p, f->id, "flag", "flag.title");
	html_errors(b, p, "flag", fields, FLAG_FIELDS);
	for (i = 0; i < FLAG_PLAIN; i++)
		html_field(b, p, "flag", &fields[i]);
	buf_adds(b, f->ground != NULL || wrong >= FLAG_PLAIN ?
	    "<details open><summary>" : "<details><summary>");
	html_tr(b, l, "flag.notice");
	buf_adds(b, "</summary>");
	html_elem(b, "p", "hint", tr(l, "flag.notice_hint"));
	for (i = FLAG_PLAIN; i < FLAG_FIELDS; i++)
		html_field(b, p, "flag", &fields[i]);
	buf_adds(b, "</details>");
	html_compose_finish(b, p, "flag.send", "");
}

void
html_compose_edit(struct buf *b, const struct html_page *p,
    const struct html_comment *c, const char *body, const char *error)
{
	const struct html_field	 f = { .type = HTML_AREA, .name = "body",
		.label = tr(p->locale, "compose.body"),
		.value = body != NULL ? body : c->body, .error = error,
		.hint = tr(p->locale, "edit.hint"), .required = true,
		.maxlength = BODY_MAX, .lang = c->language };
	char			 version[24];

	snprintf(version, sizeof(version), "%lld", (long long)c->version);
	html_compose_begin_comment(b, p, c->id, "edit", "edit.title");
	html_compose_hidden(b, p, "expected_version", version);
	html_errors(b, p, "edit", &f, 1);
	html_field(b, p, "edit", &f);
	html_compose_finish(b, p, "edit.save", "");
}

void
html_compose_withdraw(struct buf *b, const struct html_page *p,
    const struct html_comment *c)
{
	html_compose_begin_comment(b, p, c->id, "withdraw",
	    "withdraw.title");
	html_elem(b, "p", NULL, tr(p->locale, "withdraw.text"));
	html_compose_finish(b, p, "withdraw.confirm", "danger");
}

void
html_compose_appeal(struct buf *b, const struct html_page *p,
    const char *about, const char *grounds, const char *error)
{
	const struct html_field	 f = { .type = HTML_AREA, .name = "grounds",
		.label = tr(p->locale, "appeal.grounds"), .value = grounds,
		.hint = tr(p->locale, "appeal.hint"), .error = error,
		.required = true, .maxlength = GROUNDS_MAX };

	html_compose_begin(b, p, about, "appeal", "appeal.file");
	html_errors(b, p, "appeal", &f, 1);
	html_field(b, p, "appeal", &f);
	html_compose_finish(b, p, "appeal.send", "");
}

static void
html_compose_question(struct buf *b, const struct html_page *p,
    const struct html_question *q)
{
	struct buf	 waited = BUF_INIT;
	char		 key[40];

	locale_duration(&waited, p->locale, q->waited_seconds);
	buf_adds(b, "<li><a dir=\"auto\" href=\"/c/");
	buf_htmls(b, q->id);
	buf_adds(b, "\">");
	buf_htmls(b, q->excerpt);
	buf_adds(b, "</a> <span class=\"meta\">");
	snprintf(key, sizeof(key), "question.%.16s", q->state);
	tr_html(b, tr(p->locale, key), "time", buf_str(&waited), NULL);
	if (q->asked_times > 1) {
		buf_adds(b, " · ");
		tr_html_n(b, p->locale, "question.asked", q->asked_times);
	}
	buf_adds(b, "</span>");
	if (q->answer != NULL) {
		buf_adds(b, " <a href=\"/c/");
		buf_htmls(b, q->answer);
		buf_adds(b, "\">");
		html_tr(b, p->locale, "question.see_answer");
		buf_adds(b, "</a>");
	}
	buf_adds(b, "</li>");
	buf_free(&waited);
}

void
html_compose_questions(struct buf *b, const struct html_page *p,
    const struct html_question *q, size_t n)
{
	size_t	 i;

	if (n == 0)
		return;
	buf_adds(b, "<section class=\"questions\"><h2>");
	html_tr(b, p->locale, "question.title");
	buf_adds(b, "</h2><ol>");
	for (i = 0; i < n; i++)
		html_compose_question(b, p, &q[i]);
	buf_adds(b, "</ol></section>");
}

void
html_compose_receipt(struct buf *b, const struct html_page *p,
    const struct html_receipt *r)
{
	buf_adds(b, "<section class=\"receipt\" data-receipt");
	html_attr(b, "data-leaf", r->leaf);
	html_attr(b, "data-salt", r->salt);
	html_attr(b, "data-vkey", r->vkey);
	html_attr(b, "data-comment", r->comment);
	buf_adds(b, "><h2>");
	html_tr(b, p->locale, "receipt.title");
	buf_adds(b, "</h2><p>");
	html_tr(b, p->locale, "receipt.text");
	buf_addf(b, " <a href=\"/log/%lld\">", (long long)r->log_index);
	html_tr(b, p->locale, "tombstone.record");
	buf_addf(b, " %lld</a></p>"
	    "<p class=\"buttons\"><a class=\"button\" download href=\"/c/",
	    (long long)r->log_index);
	buf_htmls(b, r->comment);
	buf_adds(b, "/receipt.tlog-proof\">");
	html_tr(b, p->locale, "receipt.download");
	buf_adds(b, "</a></p><p data-result role=\"status\"></p>"
	    "<pre class=\"mono\" tabindex=\"0\">");
	buf_htmls(b, r->proof);
	buf_adds(b, "</pre></section>");
}
