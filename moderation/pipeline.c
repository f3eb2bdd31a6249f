/*
 * The stage table and the walk over it. To add a stage: a file
 * stage_<name>.c with one function, a line in pipeline_int.h, a row here, and
 * rules in conf/policy.json. Order does not change the verdict (the rules do
 * that); cheap stages stand first so that the list reads well.
 *
 * A stage may advise at preview only where its advice helps a person to write
 * better and does not teach a spammer: see the third column. Clauses that are
 * only about volume and advertising are never advised on, whichever stage
 * names them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/outside.h"
#include "moderation/pipeline_int.h"

struct pipeline {
	struct pipeline_env	env;
};

static const struct {
	const char	*name;
	stage_run	*run;
	bool		 advises;
	const char	*help;
} pipeline_stages[] = {
	{ "form", stage_form, false,
	    "invisible characters, look-alike letters, heaps of marks" },
	{ "limits", stage_limits, false,
	    "shouting in capitals, one character repeated" },
	{ "newcomer", stage_newcomer, false,
	    "the first comments of an author" },
	{ "links", stage_links, false,
	    "how many links, and where they lead" },
	{ "words", stage_words, true,
	    "the word lists of the house rules" },
	{ "repeats", stage_repeats, false,
	    "the same words again, many posts at once" },
	{ "model", stage_model, true,
	    "the abuse model's estimate" },
	{ "record", stage_record, false,
	    "what became of the author's earlier comments" },
	{ "terms", stage_terms, false,
	    "terms that an order forbids in this thread" },
	{ "outside", stage_outside, false,
	    "a checker outside the house, where one is configured" },
};

#define PIPELINE_STAGES	(sizeof(pipeline_stages) / sizeof(*pipeline_stages))

static const char *const pipeline_silent[] = { "spam", "repeat-flood",
    "unchecked" };

int
pipeline_new(struct pipeline **out, const struct pipeline_env *env,
    struct err *err)
{
	struct pipeline	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	p->env = *env;
	*out = p;
	return 0;
}

void
pipeline_free(struct pipeline **p)
{
	free(*p);
	*p = NULL;
}

void
reading_free(struct reading *r)
{
	buf_free(&r->text);
	free(r->at);
	unicode_form_free(&r->form);
	markup_links_free(&r->links);
}

int
reading_make(struct reading *r, const struct pipeline *p,
    const struct item *item, struct err *err)
{
	memset(r, 0, sizeof(*r));
	r->env = &p->env;
	r->item = item;
	if (unicode_count(item->body, item->len) < 0)
		return err_set(err, ERR_INVALID_FIELD, "body",
		    "the text is not well-formed UTF-8");
	if (markup_text_at(&r->text, &r->at, item->body, item->len, err) ||
	    unicode_form(&r->form, buf_str(&r->text), r->text.len, err) ||
	    markup_links(&r->links, item->body, item->len, err) != 0) {
		reading_free(r);
		return -1;
	}
	return 0;
}

void
reading_span_text(const struct reading *r, struct finding *f, size_t start,
    size_t end)
{
	if (end > r->text.len || start >= end)
		return;
	finding_span(f, r->at[start], r->at[end - 1] + 1);
}

/* at[] names where a character began; the span ends where the next does. */
void
reading_span_form(const struct reading *r, struct finding *f, size_t start,
    size_t end)
{
	size_t	last;

	if (end > r->form.text.len || start >= end)
		return;
	last = r->form.at[end];
	reading_span_text(r, f, r->form.at[start], last > r->form.at[start] ?
	    last : r->form.at[start] + 1);
}

static void
pipeline_stage_run(size_t i, const struct reading *r, struct findings *out)
{
	struct finding	*f;

	switch (pipeline_stages[i].run(pipeline_stages[i].name, r, out)) {
	case STAGE_UNSURE:
		f = findings_add(out, pipeline_stages[i].name, "unchecked", 0,
		    ITEM_NOT_CHECKED);
		if (f != NULL)
			snprintf(f->detail, sizeof(f->detail), "not checked");
		break;
	case STAGE_WAIT:
		out->waiting = true;
		break;
	case STAGE_PASS:
	case STAGE_FINDING:
		break;
	}
}

int
pipeline_run(const struct pipeline *p, const struct item *item,
    struct findings *out, struct err *err)
{
	struct reading	r;
	size_t		i;

	memset(out, 0, sizeof(*out));
	if (reading_make(&r, p, item, err) != 0)
		return -1;
	for (i = 0; i < PIPELINE_STAGES; i++)
		pipeline_stage_run(i, &r, out);
	reading_free(&r);
	return 0;
}

void
pipeline_finish(const struct pipeline *p, const struct item *item,
    struct findings *out)
{
	if (out->waiting && p->env.outside != NULL)
		outside_check(p->env.outside, item, out);
	else if (out->waiting)
		findings_add(out, pipeline_stage_find("outside"), "unchecked",
		    0, ITEM_NOT_CHECKED);
	out->waiting = false;
}

static bool
pipeline_speaks(const char *clause, char (*clauses)[ITEM_CLAUSE_MAX], int n)
{
	size_t	i;

	if (clause[0] == '\0')
		return false;
	for (i = 0; i < sizeof(pipeline_silent) / sizeof(*pipeline_silent);
	    i++) {
		if (strcmp(pipeline_silent[i], clause) == 0)
			return false;
	}
	while (n-- > 0) {
		if (strcmp(clauses[n], clause) == 0)
			return false;
	}
	return true;
}

int
pipeline_advice(const struct pipeline *p, const struct item *item,
    char (*clauses)[ITEM_CLAUSE_MAX], size_t max, struct err *err)
{
	struct findings	 found = { 0 };
	struct reading	 r;
	size_t		 i;
	int		 n = 0;

	if (reading_make(&r, p, item, err) != 0)
		return -1;
	for (i = 0; i < PIPELINE_STAGES; i++) {
		if (pipeline_stages[i].advises)
			pipeline_stage_run(i, &r, &found);
	}
	reading_free(&r);
	for (i = 0; i < found.n && (size_t)n < max; i++) {
		if (found.list[i].certainty <= ITEM_LIKELY &&
		    pipeline_speaks(found.list[i].clause, clauses, n))
			memcpy(clauses[n++], found.list[i].clause,
			    ITEM_CLAUSE_MAX);
	}
	return n;
}

void
pipeline_remember(const struct pipeline *p, const struct item *item,
    uint64_t print)
{
	if (p->env.recent != NULL)
		fingerprint_add(p->env.recent, print, item->site,
		    item->address, item->now_ms);
}

bool
pipeline_stage(size_t n, const char **name, const char **help)
{
	if (n >= PIPELINE_STAGES)
		return false;
	*name = pipeline_stages[n].name;
	*help = pipeline_stages[n].help;
	return true;
}

const char *
pipeline_stage_find(const char *name)
{
	size_t	i;

	for (i = 0; i < PIPELINE_STAGES; i++) {
		if (strcmp(pipeline_stages[i].name, name) == 0)
			return pipeline_stages[i].name;
	}
	return NULL;
}
