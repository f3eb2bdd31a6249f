/*
 * The policy's word lists over the matching form, so that "Ѕраm" with
 * Cyrillic letters or zero-width characters inside reads as the word it
 * imitates. Every list is tried on every text: insults do not respect the
 * language that a form names. A list that stalls is "not checked".
 */
#include <stdio.h>

#include "moderation/pattern.h"
#include "moderation/pipeline_int.h"

/* PATTERN_YES where the list hit: one finding with all its spans. */
static enum pattern_answer
stage_words_list(const char *name, const struct reading *r,
    struct findings *out, const struct policy_list *list)
{
	const char		*s = r->form.text.data;
	size_t			 from = 0, start, end, len = r->form.text.len;
	enum pattern_answer	 answer;
	struct finding		*f;

	answer = pattern_find(list->pattern, s, len, from, &start, &end);
	if (answer != PATTERN_YES)
		return answer;
	f = findings_add(out, name, list->clause, list->score,
	    list->certainty);
	if (f == NULL)
		return PATTERN_YES;
	snprintf(f->detail, sizeof(f->detail), "list %s", list->name);
	while (answer == PATTERN_YES && f->n_spans < FINDING_SPANS) {
		reading_span_form(r, f, start, end);
		from = end > start ? end : end + 1;
		if (from >= len)
			break;
		while ((s[from] & 0xc0) == 0x80)
			from++;
		answer = pattern_find(list->pattern, s, len, from, &start,
		    &end);
	}
	return PATTERN_YES;
}

enum stage_answer
stage_words(const char *name, const struct reading *r, struct findings *out)
{
	const struct policy_list	*list;
	bool				 found = false, stalled = false;
	size_t				 i;

	if (r->form.text.len == 0)
		return STAGE_PASS;
	for (i = 0; (list = policy_list_at(r->env->policy, i)) != NULL; i++) {
		switch (stage_words_list(name, r, out, list)) {
		case PATTERN_YES:
			found = true;
			break;
		case PATTERN_STALLED:
			stalled = true;
			break;
		case PATTERN_NO:
			break;
		}
	}
	return stalled ? STAGE_UNSURE : found ? STAGE_FINDING : STAGE_PASS;
}
