/*
 * The terms that a court or the editor forbids in this thread, a protected
 * child's name above all. Every hit counts: as words of the text, and for
 * terms long enough not to occur by chance also with all blanks and signs
 * taken out ("J.o.h.n S-m-i-t-h"), in the text, in link targets and in what
 * Markdown hides. Findings never say which term it was.
 */
#include <stdlib.h>
#include <string.h>

#include "moderation/pipeline_int.h"

#define STAGE_TERMS_SQUEEZED	6	/* bytes of a term without blanks */

static bool
stage_terms_letter(char c)
{
	return (c & 0x80) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static void
stage_terms_squeeze(struct buf *out, const struct unicode_form *f)
{
	size_t	i;

	for (i = 0; i < f->text.len; i++) {
		if (stage_terms_letter(f->text.data[i]))
			buf_addc(out, f->text.data[i]);
	}
}

/* Whole words of the form; every place is a span. */
static bool
stage_terms_words(const char *name, const struct reading *r,
    struct findings *out, const struct unicode_form *term)
{
	const char	*s = r->form.text.data, *p = s, *hit;
	const char	*end = s + r->form.text.len;
	size_t		 n = term->text.len;
	struct finding	*f = NULL;
	bool		 found = false;

	while (s != NULL && n > 0 && (hit = memmem(p, (size_t)(end - p),
	    term->text.data, n)) != NULL) {
		p = hit + 1;
		if ((hit > s && stage_terms_letter(hit[-1])) ||
		    (hit + n < end && stage_terms_letter(hit[n])))
			continue;
		if (!found)
			f = findings_add(out, name, "court-order", 1000,
			    ITEM_CERTAIN);
		found = true;
		if (f != NULL)
			reading_span_form(r, f, (size_t)(hit - s),
			    (size_t)(hit - s) + n);
	}
	return found;
}

/* Everything that stands in the body or is shown of it, without blanks. */
static int
stage_terms_all(const struct reading *r, struct buf *all)
{
	struct unicode_form	body;

	if (unicode_form(&body, r->item->body, r->item->len, NULL) != 0)
		return -1;
	stage_terms_squeeze(all, &r->form);
	buf_addc(all, '\n');
	stage_terms_squeeze(all, &body);
	unicode_form_free(&body);
	return buf_failed(all) ? -1 : 0;
}

static enum stage_answer
stage_terms_one(const char *name, const struct reading *r,
    struct findings *out, const struct buf *all, const char *text)
{
	struct unicode_form	 term;
	struct buf		 bare = BUF_INIT;
	enum stage_answer	 answer = STAGE_PASS;

	if (unicode_form(&term, text, strlen(text), NULL) != 0)
		return STAGE_UNSURE;
	stage_terms_squeeze(&bare, &term);
	if (buf_failed(&bare)) {
		answer = STAGE_UNSURE;
	} else if (stage_terms_words(name, r, out, &term)) {
		answer = STAGE_FINDING;
	} else if (bare.len >= STAGE_TERMS_SQUEEZED &&
	    memmem(all->data, all->len, bare.data, bare.len) != NULL) {
		findings_add(out, name, "court-order", 900, ITEM_LIKELY);
		answer = STAGE_FINDING;
	}
	buf_free(&bare);
	unicode_form_free(&term);
	return answer;
}

enum stage_answer
stage_terms(const char *name, const struct reading *r, struct findings *out)
{
	struct buf		all = BUF_INIT;
	enum stage_answer	answer = STAGE_PASS, one;
	size_t			i;

	if (r->item->n_terms == 0)
		return STAGE_PASS;
	if (stage_terms_all(r, &all) != 0) {
		buf_free(&all);
		return STAGE_UNSURE;
	}
	for (i = 0; i < r->item->n_terms && answer != STAGE_UNSURE; i++) {
		one = stage_terms_one(name, r, out, &all, r->item->terms[i]);
		if (one != STAGE_PASS)
			answer = one;
	}
	buf_free(&all);
	return answer;
}
