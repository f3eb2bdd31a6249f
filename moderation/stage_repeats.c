/*
 * The same words again and again, or many posts from one address within the
 * window. An edit is naturally like what it edits and is not compared.
 */
#include <stdio.h>

#include "moderation/pipeline_int.h"

enum stage_answer
stage_repeats(const char *name, const struct reading *r, struct findings *out)
{
	const struct policy	*p = r->env->policy;
	struct fingerprint_seen	 seen;
	struct finding		*f;
	unsigned		 before = out->n;

	if (r->env->recent == NULL)
		return STAGE_UNSURE;
	if (r->item->edit)
		return STAGE_PASS;
	out->print = r->form.text.len == 0 ? 0 :
	    fingerprint_of(r->form.text.data, r->form.text.len);
	fingerprint_look(r->env->recent, out->print, r->item->site,
	    r->item->address, r->item->now_ms,
	    policy_number(p, "flood.window_minutes") * 60000, &seen);
	if (seen.near_same_address >= (unsigned)policy_number(p,
	    "flood.exact") || seen.exact >= (unsigned)policy_number(p,
	    "flood.exact")) {
		f = findings_add(out, name, "repeat-flood", 900, ITEM_LIKELY);
		if (f != NULL)
			snprintf(f->detail, sizeof(f->detail),
			    "the same text %u times", seen.exact);
	} else if (seen.near >= (unsigned)policy_number(p, "flood.near")) {
		f = findings_add(out, name, "repeat-flood", 700,
		    ITEM_POSSIBLE);
		if (f != NULL)
			snprintf(f->detail, sizeof(f->detail),
			    "nearly the same text %u times", seen.near);
	}
	if (seen.from_address >= (unsigned)policy_number(p,
	    "flood.per_address")) {
		f = findings_add(out, name, "repeat-flood", 600,
		    ITEM_POSSIBLE);
		if (f != NULL)
			snprintf(f->detail, sizeof(f->detail),
			    "%u posts from one address", seen.from_address);
	}
	return out->n > before || out->dropped > 0 ? STAGE_FINDING :
	    STAGE_PASS;
}
