/*
 * How the text is written, not what it says: characters that nobody sees,
 * letters of another script that pass for Latin ones, marks heaped on marks.
 * One soft hyphen or one joined emoji is ordinary; the limits are the
 * policy's.
 */
#include <stdio.h>

#include "moderation/pipeline_int.h"

static bool
stage_form_over(const char *name, const struct reading *r,
    struct findings *out, const char *limit, size_t n, const char *what)
{
	long		 max = policy_number(r->env->policy, limit);
	struct finding	*f;

	if (n <= (size_t)max)
		return false;
	f = findings_add(out, name, "spam", 500 + (int)(n < 50 ? n * 10 : 500),
	    ITEM_POSSIBLE);
	if (f != NULL)
		snprintf(f->detail, sizeof(f->detail), "%zu %s", n, what);
	return true;
}

enum stage_answer
stage_form(const char *name, const struct reading *r, struct findings *out)
{
	bool	found;

	found = stage_form_over(name, r, out, "limits.invisible",
	    r->form.invisible, "invisible characters");
	found |= stage_form_over(name, r, out, "limits.look_alikes",
	    r->form.folded, "look-alike letters");
	found |= stage_form_over(name, r, out, "limits.marks", r->form.marks,
	    "marks on one letter");
	return found ? STAGE_FINDING : STAGE_PASS;
}
