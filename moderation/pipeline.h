/*
 * The stages in table order over an immutable item. Each stage is a file,
 * stage_<name>.c, with one function; the table in pipeline.c is all that
 * knows them. A stage answers PASS, FINDING, UNSURE (it could not tell: a
 * finding "not checked" is made, which no policy may count as a pass) or
 * WAIT. Stages find, they never decide: policy.c does.
 *
 * A pipeline may be shared by threads: it is not changed after it was made.
 */
#ifndef MODERATION_PIPELINE_H
#define MODERATION_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "moderation/item.h"
#include "storage/base/err.h"

struct policy;
struct model;
struct fingerprint;
struct outside;
struct pipeline;

/* What a pipeline works with; all borrowed and outliving it. */
struct pipeline_env {
	const struct policy	*policy;
	const struct model	*model;		/* NULL: none is installed */
	struct fingerprint	*recent;	/* NULL: repeats not checked */
	struct outside		*outside;	/* NULL: none is configured */
};

int	pipeline_new(struct pipeline **out, const struct pipeline_env *env,
	    struct err *err);
void	pipeline_free(struct pipeline **p);

/* All stages. Never blocks. Where an outside checker is configured,
 * out->waiting is true afterwards and pipeline_finish is owed. -1: no memory
 * or a body that is not UTF-8. */
int	pipeline_run(const struct pipeline *p, const struct item *item,
	    struct findings *out, struct err *err);
/* Asks the outside checker and adds its findings. Blocks up to the deadline:
 * for workers only. Its silence becomes a finding, never an error. */
void	pipeline_finish(const struct pipeline *p, const struct item *item,
	    struct findings *out);

/* For the preview: only stages that may advise, nothing sent outside. Fills
 * clauses with at most max ids, each once, and returns how many. */
int	pipeline_advice(const struct pipeline *p, const struct item *item,
	    char (*clauses)[ITEM_CLAUSE_MAX], size_t max, struct err *err);

/* After acceptance: lets later items be compared with this one, of which
 * pipeline_run found this print. Of the item it needs site, address, now_ms. */
void	pipeline_remember(const struct pipeline *p, const struct item *item,
	    uint64_t print);

/* The n-th stage's name and what it looks at, for /policy and the desk;
 * false past the last. */
bool	pipeline_stage(size_t n, const char **name, const char **help);
/* The table's own name for a stage, or NULL. */
const char *pipeline_stage_find(const char *name);

#endif
