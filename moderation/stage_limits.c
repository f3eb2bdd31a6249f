/*
 * Shouting: most letters in capitals, or one character over and over. Only
 * texts long enough to tell are judged; an abbreviation is not a shout.
 */
#include <stdio.h>

#include "moderation/pipeline_int.h"

#define STAGE_LIMITS_LETTERS	40

static int
stage_limits_capitals(const struct reading *r)
{
	const char	*s = r->text.data;
	size_t		 i, capitals = 0, letters = 0;

	for (i = 0; i < r->text.len; i++) {
		capitals += s[i] >= 'A' && s[i] <= 'Z';
		letters += (s[i] >= 'A' && s[i] <= 'Z') ||
		    (s[i] >= 'a' && s[i] <= 'z');
	}
	return letters < STAGE_LIMITS_LETTERS ? 0 :
	    (int)(capitals * 100 / letters);
}

/* The longest run of one visible byte of the form, and where it ends. */
static size_t
stage_limits_run(const struct reading *r, size_t *end)
{
	const char	*s = r->form.text.data;
	size_t		 i, run = 0, best = 0;

	*end = 0;
	for (i = 0; i < r->form.text.len; i++) {
		run = i > 0 && s[i] == s[i - 1] && s[i] > ' ' ? run + 1 : 1;
		if (run > best) {
			best = run;
			*end = i + 1;
		}
	}
	return best;
}

enum stage_answer
stage_limits(const char *name, const struct reading *r, struct findings *out)
{
	const struct policy	*p = r->env->policy;
	struct finding		*f;
	enum stage_answer	 answer = STAGE_PASS;
	size_t			 run, end;
	int			 percent = stage_limits_capitals(r);

	if (percent >= policy_number(p, "limits.capitals_percent")) {
		f = findings_add(out, name, "repeat-flood", percent * 5,
		    ITEM_POSSIBLE);
		if (f != NULL)
			snprintf(f->detail, sizeof(f->detail),
			    "%d %% capitals", percent);
		answer = STAGE_FINDING;
	}
	run = stage_limits_run(r, &end);
	if (run > (size_t)policy_number(p, "limits.run")) {
		f = findings_add(out, name, "repeat-flood", 500,
		    ITEM_POSSIBLE);
		if (f != NULL) {
			reading_span_form(r, f, end - run, end);
			snprintf(f->detail, sizeof(f->detail),
			    "one character %zu times", run);
		}
		answer = STAGE_FINDING;
	}
	return answer;
}
