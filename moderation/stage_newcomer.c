/*
 * The first comments of an author. That alone says nothing bad, so it carries
 * no clause; the rules hold newcomers where the thread's mode says so, or
 * where they come with links.
 */
#include <stdio.h>

#include "moderation/pipeline_int.h"

bool
stage_newcomer_is(const struct reading *r)
{
	const struct policy	*p = r->env->policy;
	const struct item	*item = r->item;

	if (item->author == ITEM_STAFF || item->author == ITEM_OFFICIAL)
		return false;
	return item->approved < (unsigned)policy_number(p,
	    "newcomer.comments") || (item->author == ITEM_MEMBER &&
	    item->age_days < (unsigned)policy_number(p, "newcomer.days"));
}

enum stage_answer
stage_newcomer(const char *name, const struct reading *r,
    struct findings *out)
{
	struct finding	*f;
	long		 links = policy_number(r->env->policy,
			    "newcomer.links");

	if (!stage_newcomer_is(r))
		return STAGE_PASS;
	f = findings_add(out, name, NULL, 300, ITEM_CERTAIN);
	if (f != NULL)
		snprintf(f->detail, sizeof(f->detail),
		    "%u comments approved so far", r->item->approved);
	if (r->links.n > (size_t)links) {
		f = findings_add(out, name, "spam", 700, ITEM_POSSIBLE);
		if (f != NULL)
			snprintf(f->detail, sizeof(f->detail),
			    "a newcomer with %zu links", r->links.n);
	}
	return STAGE_FINDING;
}
