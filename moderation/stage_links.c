/*
 * How many links there are, and where they lead. A denied domain is certain;
 * a shortener hides where one is sent, so it is for a person to look.
 */
#include <stdio.h>

#include "moderation/pipeline_int.h"

enum stage_answer
stage_links(const char *name, const struct reading *r, struct findings *out)
{
	const struct policy	*p = r->env->policy;
	struct finding		*f;
	size_t			 i, unknown = 0, denied = 0, hidden = 0;

	for (i = 0; i < r->links.n; i++) {
		switch (policy_domain(p, r->links.list[i].domain)) {
		case POLICY_DOMAIN_DENIED:
			denied++;
			break;
		case POLICY_DOMAIN_SHORTENER:
			hidden++;
			break;
		case POLICY_DOMAIN_UNKNOWN:
			unknown++;
			break;
		case POLICY_DOMAIN_ALLOWED:
			break;
		}
	}
	if (denied > 0 && (f = findings_add(out, name, "spam", 950,
	    ITEM_CERTAIN)) != NULL)
		snprintf(f->detail, sizeof(f->detail),
		    "%zu links to a denied domain", denied);
	if (hidden > 0 && (f = findings_add(out, name, "spam", 500,
	    ITEM_POSSIBLE)) != NULL)
		snprintf(f->detail, sizeof(f->detail),
		    "%zu links through a shortener", hidden);
	if (unknown > (size_t)policy_number(p, "limits.links") &&
	    (f = findings_add(out, name, "spam", 600, ITEM_LIKELY)) != NULL)
		snprintf(f->detail, sizeof(f->detail), "%zu links", unknown);
	return denied + hidden > 0 ||
	    unknown > (size_t)policy_number(p, "limits.links") ?
	    STAGE_FINDING : STAGE_PASS;
}
