/*
 * What became of the author's earlier comments. It never decides by itself
 * what this comment is; it says that a person should look first.
 */
#include <stdio.h>

#include "moderation/pipeline_int.h"

enum stage_answer
stage_record(const char *name, const struct reading *r, struct findings *out)
{
	const struct item	*item = r->item;
	unsigned		 all = item->approved + item->removed;
	unsigned		 percent;
	struct finding		*f;
	unsigned		 before = out->n;

	percent = all == 0 ? 0 :
	    (unsigned)((uint64_t)item->removed * 100 / all);
	if (all >= (unsigned)policy_number(r->env->policy,
	    "record.decisions") && percent >= (unsigned)policy_number(
	    r->env->policy, "record.removed_percent")) {
		f = findings_add(out, name, NULL, (int)percent * 10,
		    ITEM_POSSIBLE);
		if (f != NULL)
			snprintf(f->detail, sizeof(f->detail),
			    "%u of %u comments removed", item->removed, all);
	}
	if (item->standing != ITEM_GOOD) {
		f = findings_add(out, name, NULL,
		    item->standing == ITEM_WARNED ? 400 : 800, ITEM_CERTAIN);
		if (f != NULL)
			snprintf(f->detail, sizeof(f->detail), "%s",
			    item->standing == ITEM_WARNED ? "warned" :
			    "under a sanction");
	}
	return out->n > before ? STAGE_FINDING : STAGE_PASS;
}
