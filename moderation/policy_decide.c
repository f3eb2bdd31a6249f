/*
 * From findings to a verdict. Rules are tried in their order; one that asks
 * for a finding asks one finding for everything it says. The last rule asks
 * for nothing, so there is always a verdict.
 *
 * Before the table stands what no policy may undo: a list that lost findings
 * or is not complete yet is held, and a finding under a clause that this
 * policy does not know is held as unchecked.
 */
#include <stdio.h>
#include <string.h>

#include "moderation/policy_int.h"

const char *
verdict_word(enum verdict_action a)
{
	static const char *const	words[] = { "publish", "hold",
	    "remove" };

	return words[a];
}

static bool
policy_decide_item(const struct policy_rule *r, const struct item *item)
{
	return (r->author == 0 || (r->author >> item->author & 1)) &&
	    (r->standing == 0 || (r->standing >> item->standing & 1)) &&
	    (r->mode == 0 || (r->mode >> item->mode & 1));
}

static bool
policy_decide_finding(const struct policy_rule *r, const struct finding *f)
{
	return (r->stage == NULL || strcmp(r->stage, f->stage) == 0) &&
	    (r->clause == NULL || strcmp(r->clause, f->clause) == 0) &&
	    f->score >= r->min_score &&
	    (r->certainty == 0 || (r->certainty >> f->certainty & 1));
}

/* The matching finding with the highest score; NULL: none. */
static const struct finding *
policy_decide_best(const struct policy_rule *r, const struct findings *f)
{
	const struct finding	*best = NULL;
	unsigned		 i;

	for (i = 0; i < f->n; i++) {
		if (policy_decide_finding(r, &f->list[i]) &&
		    (best == NULL || f->list[i].score > best->score))
			best = &f->list[i];
	}
	return best;
}

static void
policy_decide_fill(const struct policy *p, const struct item *item,
    struct verdict *out, enum verdict_action action, const char *rule,
    const char *clause)
{
	const struct policy_clause	*c;

	memset(out, 0, sizeof(*out));
	out->action = action;
	snprintf(out->rule, sizeof(out->rule), "%s", rule);
	if (action == VERDICT_PUBLISH)
		return;
	if ((c = policy_clause(p, clause)) == NULL)
		c = policy_clause(p, "unchecked");
	snprintf(out->clause, sizeof(out->clause), "%s", c->id);
	/* Waiting for a person's first look detects nothing. */
	out->automated_detection = strcmp(c->id, "unchecked") != 0;
	out->automated_decision = action == VERDICT_REMOVE;
	out->publish_on_timeout = c->publish_on_timeout &&
	    item->n_terms == 0;
	out->quarantine = c->quarantine;
	out->escalate = c->escalate;
	out->harm = c->harm;
	out->decide_within_minutes = c->decide_within_minutes;
	snprintf(out->explanation, sizeof(out->explanation), "%s",
	    policy_automatic(p, c->id, item->language));
}

void
policy_decide(const struct policy *p, const struct item *item,
    const struct findings *f, struct verdict *out)
{
	const struct policy_rule	*r;
	const struct finding		*found = NULL;
	const char			*clause;
	size_t				 i;

	for (i = 0; i < f->n; i++) {
		if (f->list[i].clause[0] != '\0' &&
		    policy_clause(p, f->list[i].clause) == NULL)
			break;
	}
	if (f->dropped > 0 || f->waiting || i < f->n) {
		policy_decide_fill(p, item, out, VERDICT_HOLD, "incomplete",
		    "unchecked");
		return;
	}
	for (i = 0; i < p->n_rules; i++) {
		r = &p->rules[i];
		if (!policy_decide_item(r, item))
			continue;
		if (r->wants_finding &&
		    (found = policy_decide_best(r, f)) == NULL)
			continue;
		clause = r->under != NULL ? r->under :
		    r->wants_finding ? found->clause : "unchecked";
		policy_decide_fill(p, item, out, r->verdict, r->id, clause);
		return;
	}
}
