/*
 * What a translator has to do, on one screen: for each language the texts of
 * the interface that it lacks, and those of the house rules in force. Until
 * they are there the English ones stand in their places, so that nothing is
 * empty; that is how a lacking text of a rule is found here too.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/handlers.h"
#include "forumd/page.h"

struct page_translations {
	struct buf		*b;
	const struct locale	*l;	/* of the page */
	const struct locale	*to;	/* the language that is looked at */
};

static void
page_translations_row(struct page_translations *t, const char *what,
    const char *form, const char *english)
{
	html_row_begin(t->b);
	html_cell_head(t->b, what);
	html_cell(t->b, form);
	html_cell(t->b, english);
	html_row_end(t->b);
}

static void
page_translations_key(const char *key, const char *form, void *arg)
{
	struct page_translations	*t = arg;
	const struct locale		*english = locale_at(0);

	page_translations_row(t, key, form, *form != '\0' ?
	    tr_n(english, key, 2) : tr(english, key));
}

static void
page_translations_count(const char *key, const char *form, void *arg)
{
	(void)key, (void)form, (void)arg;
}

/* One text of a clause: 1 where it is the English one for want of another.
 * Writes its row if there is a place to. */
static size_t
page_translations_text(struct page_translations *t, const char *clause,
    const char *what, const char *text, const char *english)
{
	char	name[80];

	if (english == NULL || text != english)
		return 0;
	if (t->b != NULL) {
		snprintf(name, sizeof(name), "%.50s: %.20s", clause, what);
		page_translations_row(t, name, "", english);
	}
	return 1;
}

static size_t
page_translations_rules(struct page_translations *t, const struct policy *p)
{
	const char	*id, *to = locale_tag(t->to), *english;
	size_t		 i, k, n = 0;

	for (i = 0; i < policy_clauses(p); i++) {
		id = policy_clause_at(p, i)->id;
		n += page_translations_text(t, id, "title",
		    policy_title(p, id, to), policy_title(p, id, "en"));
		n += page_translations_text(t, id, "text",
		    policy_text(p, id, to), policy_text(p, id, "en"));
		n += page_translations_text(t, id, "legal",
		    policy_legal(p, id, to), policy_legal(p, id, "en"));
		n += page_translations_text(t, id, "automatic",
		    policy_automatic(p, id, to),
		    policy_automatic(p, id, "en"));
		for (k = 0; (english = policy_canned(p, id, k, "en")) != NULL;
		    k++)
			n += page_translations_text(t, id, "canned",
			    policy_canned(p, id, k, to), english);
	}
	return n;
}

static void
page_translations_language(struct request *rq, struct page_translations *t)
{
	const struct html_col	 cols[] = {
		{ tr(t->l, "translations.key"), false },
		{ tr(t->l, "translations.form"), false },
		{ tr(t->l, "translations.english"), false },
	};
	const struct policy	*p = rq->rules->policy;
	struct buf		*b = t->b;
	size_t			 n;

	t->b = NULL;
	n = locale_missing(t->to, page_translations_count, NULL) +
	    page_translations_rules(t, p);
	t->b = b;
	html_elem(b, "h2", NULL, locale_name(t->to));
	buf_adds(b, "<p>");
	if (n == 0)
		html_tr(b, t->l, "translations.complete");
	else
		tr_html_n(b, t->l, "translations.missing", (int64_t)n);
	buf_adds(b, "</p>");
	if (n == 0)
		return;
	html_table_begin(b, locale_name(t->to), cols, 3);
	locale_missing(t->to, page_translations_key, t);
	page_translations_rules(t, p);
	html_table_end(b);
}

int
page_translations(struct request *rq, struct err *err)
{
	struct page_translations	t = { &rq->out, rq->locale, NULL };
	struct html_page		p;
	size_t				i;

	(void)err;
	request_page(rq, &p, tr(rq->locale, "nav.translations"));
	page_begin(rq, &p);
	html_elem(&rq->out, "h1", NULL, p.title);
	html_elem(&rq->out, "p", NULL, tr(rq->locale, "translations.text"));
	for (i = 1; (t.to = locale_at(i)) != NULL; i++)
		page_translations_language(rq, &t);
	page_end(rq, &p);
	return 0;
}
