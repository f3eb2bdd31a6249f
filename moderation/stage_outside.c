/*
 * The checker outside the house blocks, so this stage only says that it is
 * to be asked; pipeline_finish does so on a worker.
 */
#include "moderation/pipeline_int.h"

enum stage_answer
stage_outside(const char *name, const struct reading *r, struct findings *out)
{
	(void)name;
	(void)out;
	return r->env->outside == NULL ? STAGE_PASS : STAGE_WAIT;
}
