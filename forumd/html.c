/*
 * The parts that every page is made of.
 *
 * Written so that a page works with scripts off and is only made pleasanter
 * by them: what a script needs to know stands in data- attributes, and what
 * it changes is what a form or a link would have done. A chart is drawn from
 * the table that the page holds anyway, so that the two cannot disagree.
 *
 * There is no way here to write an unescaped value: text goes through
 * buf_htmls(), attributes through html_attr(). A reader's name is wrapped in
 * <bdi>, so that a right-to-left name does not turn the line around it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forumd/html.h"

void
html_attr(struct buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_addc(b, ' ');
	buf_adds(b, name);
	buf_adds(b, "=\"");
	buf_htmls(b, value);
	buf_addc(b, '"');
}

void
html_attr_int(struct buf *b, const char *name, int64_t value)
{
	buf_addc(b, ' ');
	buf_adds(b, name);
	buf_adds(b, "=\"");
	buf_addi(b, value);
	buf_addc(b, '"');
}

void
html_link(struct buf *b, const char *href, const char *text)
{
	buf_adds(b, "<a");
	html_attr(b, "href", href);
	buf_addc(b, '>');
	buf_htmls(b, text);
	buf_adds(b, "</a>");
}

void
html_elem(struct buf *b, const char *tag, const char *class, const char *text)
{
	buf_addc(b, '<');
	buf_adds(b, tag);
	html_attr(b, "class", class);
	buf_addc(b, '>');
	buf_htmls(b, text);
	buf_adds(b, "</");
	buf_adds(b, tag);
	buf_addc(b, '>');
}

void
html_tr(struct buf *b, const struct locale *l, const char *key)
{
	buf_htmls(b, tr(l, key));
}

void
html_time(struct buf *b, const struct locale *l, int64_t ms)
{
	buf_adds(b, "<time datetime=\"");
	buf_time(b, ms);
	buf_adds(b, "\">");
	locale_time(b, l, ms);
	buf_adds(b, "</time>");
}

static void
html_nav_item(struct buf *b, const struct html_page *p, const char *section,
    const char *href)
{
	char	 key[40];

	buf_adds(b, "<li><a");
	html_attr(b, "href", href);
	if (p->section != NULL && strcmp(p->section, section) == 0)
		buf_adds(b, " aria-current=\"page\"");
	buf_addc(b, '>');
	snprintf(key, sizeof(key), "nav.%s", section);
	html_tr(b, p->locale, key);
	buf_adds(b, "</a></li>");
}

static void
html_account(struct buf *b, const struct html_page *p)
{
	const struct locale	*l = p->locale;

	buf_adds(b, "<ul class=\"who\">");
	if (p->viewer == NULL) {
		html_nav_item(b, p, "sign_in", "/sign-in");
		html_nav_item(b, p, "sign_up", "/sign-up");
		buf_adds(b, "</ul>");
		return;
	}
	buf_adds(b, "<li><a href=\"/me\"");
	if (p->section != NULL && strcmp(p->section, "me") == 0)
		buf_adds(b, " aria-current=\"page\"");
	buf_adds(b, "><bdi>");
	buf_htmls(b, p->viewer);
	buf_adds(b, "</bdi>");
	if (p->unread > 0) {
		buf_adds(b, " <span class=\"unread\">");
		tr_html_n(b, l, "nav.unread", p->unread);
		buf_adds(b, "</span>");
	}
	buf_adds(b, "</a></li></ul>");
}

static void
html_header(struct buf *b, const struct html_page *p)
{
	buf_adds(b, "<header class=\"site\"><a class=\"name\" href=\"/\">");
	buf_htmls(b, p->site_name);
	buf_adds(b, "</a><nav");
	html_attr(b, "aria-label", tr(p->locale, "nav.label"));
	buf_adds(b, "><ul>");
	html_nav_item(b, p, "threads", "/");
	html_nav_item(b, p, "log", "/log");
	html_nav_item(b, p, "policy", "/policy");
	html_nav_item(b, p, "stats", "/stats");
	if (p->roles & HTML_MODERATOR)
		html_nav_item(b, p, "review", "/review");
	if (p->roles & HTML_EDITOR)
		html_nav_item(b, p, "desk", "/desk");
	buf_adds(b, "</ul>");
	html_account(b, p);
	buf_adds(b, "</nav></header>");
}

static void
html_head(struct buf *b, const struct html_page *p)
{
	buf_adds(b, "<!DOCTYPE html><html");
	html_attr(b, "lang", locale_tag(p->locale));
	html_attr(b, "dir", locale_dir(p->locale));
	html_attr(b, "data-theme", p->theme);
	html_attr(b, "data-assets", p->assets);
	html_attr(b, "data-csrf", p->csrf);
	if (p->viewer != NULL)
		buf_adds(b, " data-signed-in");
	buf_adds(b, "><head><meta charset=\"utf-8\"><title>");
	if (p->title != NULL) {
		buf_htmls(b, p->title);
		buf_adds(b, " · ");
	}
	buf_htmls(b, p->site_name);
	buf_adds(b, "</title><meta name=\"viewport\" content=\"width="
	    "device-width, initial-scale=1\"><meta name=\"color-scheme\" "
	    "content=\"light dark\"><link rel=\"stylesheet\" href=\"");
	buf_htmls(b, p->assets);
	buf_adds(b, "/forum.css\"><link rel=\"icon\" href=\"");
	buf_htmls(b, p->assets);
	buf_adds(b, "/icon.svg\">");
	if (p->feed != NULL) {
		buf_adds(b, "<link rel=\"alternate\" "
		    "type=\"application/atom+xml\"");
		html_attr(b, "href", p->feed);
		buf_addc(b, '>');
	}
	if (p->script != NULL) {
		buf_adds(b, "<script type=\"module\" src=\"");
		buf_htmls(b, p->assets);
		buf_addc(b, '/');
		buf_htmls(b, p->script);
		buf_adds(b, "\"></script>");
	}
	buf_adds(b, "</head>");
}

void
html_begin(struct buf *b, const struct html_page *p)
{
	html_head(b, p);
	buf_addf(b, "<body%s><a class=\"skip\" href=\"#main\">",
	    p->embed ? " class=\"embed\"" : "");
	html_tr(b, p->locale, "skip");
	buf_adds(b, "</a>");
	if (!p->embed)
		html_header(b, p);
	buf_adds(b, "<main id=\"main\" tabindex=\"-1\">"
	    "<div id=\"status\" role=\"status\" class=\"flash\">");
	if (p->flash != NULL && !p->flash_error)
		html_elem(b, "p", NULL, p->flash);
	buf_adds(b, "</div><div id=\"alert\" role=\"alert\" "
	    "class=\"flash error\">");
	if (p->flash != NULL && p->flash_error)
		html_elem(b, "p", NULL, p->flash);
	buf_adds(b, "</div>");
}

static void
html_languages(struct buf *b, const struct html_page *p)
{
	const struct locale	*l;
	size_t			 i;

	buf_adds(b, "<ul class=\"languages\"");
	html_attr(b, "aria-label", tr(p->locale, "foot.languages"));
	buf_addc(b, '>');
	for (i = 0; (l = locale_at(i)) != NULL; i++) {
		buf_adds(b, "<li><a rel=\"nofollow\" href=\"");
		buf_htmls(b, p->path != NULL ? p->path : "/");
		buf_addf(b, "?lang=%s\" lang=\"%s\" hreflang=\"%s\"",
		    locale_tag(l), locale_tag(l), locale_tag(l));
		if (l == p->locale)
			buf_adds(b, " aria-current=\"true\"");
		buf_addc(b, '>');
		buf_htmls(b, locale_name(l));
		buf_adds(b, "</a></li>");
	}
	buf_adds(b, "</ul>");
}

void
html_end(struct buf *b, const struct html_page *p)
{
	char	 num[24];

	buf_adds(b, "</main><footer class=\"site\">");
	if (p->head_origin != NULL) {
		snprintf(num, sizeof(num), "%llu",
		    (unsigned long long)p->head_size);
		buf_adds(b, "<p class=\"head\"><a href=\"");
		buf_htmls(b, strchr(p->head_origin, '/'));
		buf_adds(b, "/checkpoint\">");
		tr_html(b, tr(p->locale, "foot.head"), "n", num, NULL);
		buf_adds(b, "</a> <span class=\"mono\">");
		buf_htmls(b, p->head_origin);
		buf_adds(b, "</span> <code data-head>");
		buf_htmls(b, p->head_root);
		buf_adds(b, "</code></p>");
	}
	buf_adds(b, "<p><a href=\"/policy\">");
	html_tr(b, p->locale, "foot.policy");
	if (p->roles != 0) {
		buf_adds(b, "</a> · <a href=\"/translations\">");
		html_tr(b, p->locale, "nav.translations");
	}
	buf_adds(b, "</a></p>");
	if (!p->embed)
		html_languages(b, p);
	buf_adds(b, "</footer></body></html>\n");
}

void
html_form_begin(struct buf *b, const struct html_page *p,
    const struct html_form *f)
{
	buf_addf(b, "<form method=\"%s\" accept-charset=\"utf-8\"",
	    f->get ? "get" : "post");
	html_attr(b, "action", f->action);
	html_attr(b, "id", f->id);
	html_attr(b, "class", f->class);
	html_attr(b, "data-enhance", f->enhance);
	buf_adds(b, f->novalidate ? " novalidate>" : ">");
	if (!f->get && p->csrf != NULL) {
		buf_adds(b, "<input type=\"hidden\" name=\"csrf\"");
		html_attr(b, "value", p->csrf);
		buf_addc(b, '>');
	}
	if (f->legend != NULL)
		html_elem(b, "h2", NULL, f->legend);
}

void
html_form_end(struct buf *b)
{
	buf_adds(b, "</form>");
}

static void
html_field_id(struct buf *b, const char *form_id, const char *name,
    const char *part)
{
	buf_htmls(b, form_id);
	buf_addc(b, '-');
	buf_htmls(b, name);
	buf_adds(b, part);
}

/* id, name, required, and the ties to hint and error. */
static void
html_field_attrs(struct buf *b, const char *form_id,
    const struct html_field *f)
{
	buf_adds(b, " id=\"");
	html_field_id(b, form_id, f->name, "");
	buf_addc(b, '"');
	html_attr(b, "name", f->name);
	html_attr(b, "autocomplete", f->autocomplete);
	if (f->maxlength > 0)
		html_attr_int(b, "maxlength", f->maxlength);
	if (f->required)
		buf_adds(b, " required");
	if (f->error != NULL)
		buf_adds(b, " aria-invalid=\"true\"");
	buf_adds(b, " aria-describedby=\"");
	if (f->hint != NULL) {
		html_field_id(b, form_id, f->name, "-hint");
		buf_addc(b, ' ');
	}
	html_field_id(b, form_id, f->name, "-error");
	buf_addc(b, '"');
}

static void
html_field_select(struct buf *b, const char *form_id,
    const struct html_field *f)
{
	size_t	 i;

	buf_adds(b, "<select");
	html_field_attrs(b, form_id, f);
	buf_addc(b, '>');
	for (i = 0; i < f->noptions; i++) {
		buf_adds(b, "<option");
		html_attr(b, "value", f->options[i].value);
		if (f->value != NULL &&
		    strcmp(f->value, f->options[i].value) == 0)
			buf_adds(b, " selected");
		buf_addc(b, '>');
		buf_htmls(b, f->options[i].label);
		buf_adds(b, "</option>");
	}
	buf_adds(b, "</select>");
}

static void
html_field_radio(struct buf *b, const struct html_field *f)
{
	size_t	 i;

	for (i = 0; i < f->noptions; i++) {
		buf_adds(b, "<label class=\"choice\"><input type=\"radio\"");
		html_attr(b, "name", f->name);
		html_attr(b, "value", f->options[i].value);
		if (f->required)
			buf_adds(b, " required");
		if (f->value != NULL &&
		    strcmp(f->value, f->options[i].value) == 0)
			buf_adds(b, " checked");
		buf_adds(b, "><span>");
		buf_htmls(b, f->options[i].label);
		if (f->options[i].hint != NULL)
			html_elem(b, "small", NULL, f->options[i].hint);
		buf_adds(b, "</span></label>");
	}
}

static void
html_field_input(struct buf *b, const char *form_id,
    const struct html_field *f)
{
	static const char *const types[] = {
		[HTML_TEXT] = "text", [HTML_EMAIL] = "email",
		[HTML_PASSWORD] = "password",
		[HTML_NEW_PASSWORD] = "password", [HTML_DATE] = "date"
	};

	if (f->type == HTML_AREA) {
		buf_addf(b, "<textarea dir=\"auto\" rows=\"%d\"",
		    f->rows > 0 ? f->rows : 6);
		html_attr(b, "lang", f->lang);
		html_field_attrs(b, form_id, f);
		/* A first newline would be swallowed by the parser. */
		buf_adds(b, ">\n");
		buf_htmls(b, f->value != NULL ? f->value : "");
		buf_adds(b, "</textarea>");
		return;
	}
	buf_addf(b, "<input type=\"%s\"", types[f->type]);
	if (f->type == HTML_TEXT)
		buf_adds(b, " dir=\"auto\"");
	html_field_attrs(b, form_id, f);
	if (f->type != HTML_PASSWORD && f->type != HTML_NEW_PASSWORD)
		html_attr(b, "value", f->value);
	buf_addc(b, '>');
}

/* Hint and error; the error's place is there even while it is empty, for
 * scripts to fill and screen readers to hear. */
static void
html_field_notes(struct buf *b, const char *form_id,
    const struct html_field *f)
{
	if (f->hint != NULL) {
		buf_adds(b, "<p class=\"hint\" id=\"");
		html_field_id(b, form_id, f->name, "-hint");
		buf_adds(b, "\">");
		buf_htmls(b, f->hint);
		buf_adds(b, "</p>");
	}
	buf_adds(b, "<p class=\"field-error\" id=\"");
	html_field_id(b, form_id, f->name, "-error");
	buf_adds(b, "\">");
	buf_htmls(b, f->error != NULL ? f->error : "");
	buf_adds(b, "</p>");
}

static void
html_field_label(struct buf *b, const struct html_page *p,
    const struct html_field *f)
{
	buf_htmls(b, f->label);
	if (!f->required && f->type != HTML_CHECKBOX) {
		buf_adds(b, " <span class=\"optional\">");
		html_tr(b, p->locale, "form.optional");
		buf_adds(b, "</span>");
	}
}

void
html_field(struct buf *b, const struct html_page *p, const char *form_id,
    const struct html_field *f)
{
	if (f->type == HTML_HIDDEN) {
		buf_adds(b, "<input type=\"hidden\"");
		html_attr(b, "name", f->name);
		html_attr(b, "value", f->value);
		buf_addc(b, '>');
		return;
	}
	if (f->type == HTML_RADIO) {
		buf_adds(b, "<fieldset class=\"field\" tabindex=\"-1\" id=\"");
		html_field_id(b, form_id, f->name, "");
		buf_adds(b, "\"><legend>");
		html_field_label(b, p, f);
		buf_adds(b, "</legend>");
		html_field_radio(b, f);
		html_field_notes(b, form_id, f);
		buf_adds(b, "</fieldset>");
		return;
	}
	buf_adds(b, "<div class=\"field\">");
	if (f->type == HTML_CHECKBOX) {
		buf_adds(b, "<label class=\"choice\">"
		    "<input type=\"checkbox\" value=\"true\"");
		html_field_attrs(b, form_id, f);
		buf_addf(b, "%s><span>", f->value != NULL ? " checked" : "");
		html_field_label(b, p, f);
		buf_adds(b, "</span></label>");
	} else {
		buf_adds(b, "<label for=\"");
		html_field_id(b, form_id, f->name, "");
		buf_adds(b, "\">");
		html_field_label(b, p, f);
		buf_adds(b, "</label>");
		if (f->type == HTML_SELECT)
			html_field_select(b, form_id, f);
		else
			html_field_input(b, form_id, f);
	}
	html_field_notes(b, form_id, f);
	buf_adds(b, "</div>");
}

void
html_errors(struct buf *b, const struct html_page *p, const char *form_id,
    const struct html_field *f, size_t n)
{
	size_t	 i, bad = 0;

	for (i = 0; i < n; i++)
		bad += f[i].error != NULL;
	if (bad == 0)
		return;
	buf_adds(b, "<div class=\"errors\" role=\"alert\"><p>");
	tr_html_n(b, p->locale, "form.errors", (int64_t)bad);
	buf_adds(b, "</p><ul>");
	for (i = 0; i < n; i++) {
		if (f[i].error == NULL)
			continue;
		buf_adds(b, "<li><a href=\"#");
		html_field_id(b, form_id, f[i].name, "");
		buf_adds(b, "\">");
		buf_htmls(b, f[i].label);
		buf_adds(b, ": ");
		buf_htmls(b, f[i].error);
		buf_adds(b, "</a></li>");
	}
	buf_adds(b, "</ul></div>");
}

void
html_button(struct buf *b, const char *label, const char *name,
    const char *value, const char *class)
{
	buf_adds(b, "<button");
	html_attr(b, "name", name);
	html_attr(b, "value", value);
	if (class[0] != '\0')
		html_attr(b, "class", class);
	buf_addc(b, '>');
	buf_htmls(b, label);
	buf_adds(b, "</button>");
}

void
html_table_begin(struct buf *b, const char *caption,
    const struct html_col *cols, size_t n)
{
	size_t	 i;

	buf_adds(b, "<div class=\"scroll\" role=\"group\" tabindex=\"0\"");
	html_attr(b, "aria-label", caption);
	buf_adds(b, "><table><caption>");
	buf_htmls(b, caption);
	buf_adds(b, "</caption><thead><tr>");
	for (i = 0; i < n; i++) {
		buf_addf(b, "<th scope=\"col\"%s>",
		    cols[i].numeric ? " class=\"num\"" : "");
		buf_htmls(b, cols[i].label);
		buf_adds(b, "</th>");
	}
	buf_adds(b, "</tr></thead><tbody>");
}

void
html_table_end(struct buf *b)
{
	buf_adds(b, "</tbody></table></div>");
}

void
html_row_begin(struct buf *b)
{
	buf_adds(b, "<tr>");
}

void
html_row_end(struct buf *b)
{
	buf_adds(b, "</tr>");
}

void
html_cell_head(struct buf *b, const char *text)
{
	buf_adds(b, "<th scope=\"row\" dir=\"auto\">");
	buf_htmls(b, text);
	buf_adds(b, "</th>");
}

void
html_cell(struct buf *b, const char *text)
{
	buf_adds(b, "<td dir=\"auto\">");
	buf_htmls(b, text);
	buf_adds(b, "</td>");
}

void
html_cell_int(struct buf *b, int64_t n)
{
	buf_addf(b, "<td class=\"num\" data-value=\"%lld\">%lld</td>",
	    (long long)n, (long long)n);
}

void
html_cell_rate(struct buf *b, const struct locale *l, double share,
    double low, double high, int64_t n)
{
	if (n < 30 || isnan(share)) {
		buf_adds(b, "<td class=\"num muted\">");
		html_tr(b, l, "stats.not_measured");
		buf_adds(b, "</td>");
		return;
	}
	buf_addf(b, "<td class=\"num\" data-value=\"%.4f\" data-low=\"%.4f\" "
	    "data-high=\"%.4f\">%.1f\u00a0%% <small>(%.1f–%.1f)</small></td>",
	    share, low, high, share * 100, low * 100, high * 100);
}

void
html_figure_begin(struct buf *b, const struct locale *l,
    const struct html_figure *f)
{
	buf_adds(b, "<figure");
	html_attr(b, "id", f->id);
	html_attr(b, "data-chart", f->chart);
	buf_adds(b, "><figcaption><h2>");
	buf_htmls(b, f->title);
	buf_adds(b, "</h2></figcaption><details open><summary>");
	html_tr(b, l, "stats.table");
	buf_adds(b, "</summary>");
}

void
html_figure_end(struct buf *b, const struct locale *l,
    const struct html_figure *f)
{
	buf_adds(b, "</details>");
	if (f->note != NULL)
		html_elem(b, "p", "note", f->note);
	buf_adds(b, "<p class=\"downloads\">");
	html_tr(b, l, "stats.same_figures");
	if (f->csv != NULL) {
		buf_addc(b, ' ');
		html_link(b, f->csv, "CSV");
	}
	if (f->json != NULL) {
		buf_addc(b, ' ');
		html_link(b, f->json, "JSON");
	}
	buf_adds(b, "</p></figure>");
}

void
html_pager(struct buf *b, const struct locale *l, const char *first,
    const char *next)
{
	if (first == NULL && next == NULL)
		return;
	buf_adds(b, "<nav class=\"pager\"");
	html_attr(b, "aria-label", tr(l, "pager.label"));
	buf_addc(b, '>');
	if (first != NULL)
		html_link(b, first, tr(l, "pager.first"));
	if (next != NULL) {
		buf_adds(b, "<a rel=\"next\"");
		html_attr(b, "href", next);
		buf_addc(b, '>');
		html_tr(b, l, "pager.next");
		buf_adds(b, "</a>");
	}
	buf_adds(b, "</nav>");
}

void
html_problem(struct buf *b, const struct html_page *p, int status,
    const char *title, const char *detail)
{
	html_begin(b, p);
	buf_adds(b, "<div class=\"problem\"><p class=\"kicker\">");
	buf_addi(b, status);
	buf_adds(b, "</p>");
	html_elem(b, "h1", NULL, title);
	if (detail != NULL)
		html_elem(b, "p", NULL, detail);
	buf_adds(b, "<p><a href=\"/\">");
	html_tr(b, p->locale, "problem.home");
	buf_adds(b, "</a></p></div>");
	html_end(b, p);
}
