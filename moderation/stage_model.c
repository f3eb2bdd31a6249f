/*
 * The abuse model's estimate, in thousandths: the only place where its
 * floats become whole numbers. Its own threshold says what is "likely"; what
 * is below it but not negligible is told to moderators as "possible". No
 * model, or a language that it was not trained for: not checked.
 */
#include <stdio.h>
#include <string.h>

#include "moderation/model.h"
#include "moderation/pipeline_int.h"

#define STAGE_MODEL_TOLD	0.2	/* below, not worth a line */

static const char *const stage_model_clauses[MODEL_CATEGORIES] = {
	[MODEL_INSULT] = "personal-attack",
	[MODEL_THREAT] = "threat",
	[MODEL_IDENTITY_HATE] = "hate",
	[MODEL_OBSCENE] = "obscene",
	[MODEL_SPAM] = "spam",
};

static void
stage_model_add(const char *name, const struct reading *r,
    struct findings *out, const struct model_result *res, int category,
    double p, enum item_certainty certainty)
{
	struct finding	*f;
	size_t		 i;

	f = findings_add(out, name, stage_model_clauses[category],
	    (int)(p * 1000 + 0.5), certainty);
	if (f == NULL)
		return;
	snprintf(f->detail, sizeof(f->detail), "%s",
	    model_category_name((enum model_category)category));
	for (i = 0; i < res->nspans && i < FINDING_SPANS; i++)
		reading_span_text(r, f, res->spans[i].start,
		    res->spans[i].start + res->spans[i].len);
}

enum stage_answer
stage_model(const char *name, const struct reading *r, struct findings *out)
{
	struct model_result	res;
	int			i, worst = MODEL_INSULT;

	if (r->env->model == NULL)
		return STAGE_UNSURE;
	snprintf(out->model, sizeof(out->model), "%s",
	    model_digest(r->env->model));
	model_score(r->env->model, r->text.len == 0 ? "" : r->text.data,
	    r->text.len, &res);
	for (i = 0; i < MODEL_SPAM; i++) {
		if (res.p[i] > res.p[worst])
			worst = i;
	}
	if (res.verdict == MODEL_HOLD) {
		if (res.abuse < model_hold_abuse(r->env->model))
			worst = MODEL_SPAM;
		stage_model_add(name, r, out, &res, worst,
		    worst == MODEL_SPAM ? res.spam : res.abuse, ITEM_LIKELY);
	}
	for (i = 0; i < MODEL_CATEGORIES; i++) {
		if (res.p[i] >= STAGE_MODEL_TOLD &&
		    (res.verdict != MODEL_HOLD || i != worst))
			stage_model_add(name, r, out, &res, i, res.p[i],
			    ITEM_POSSIBLE);
	}
	if (!res.known || res.verdict == MODEL_UNSURE)
		return STAGE_UNSURE;
	return res.verdict == MODEL_HOLD ? STAGE_FINDING : STAGE_PASS;
}
