/*
 * What a model is worth, as tables in Markdown: they are the model card's.
 */
#ifndef MODERATION_TRAIN_EVAL_H
#define MODERATION_TRAIN_EVAL_H

#include "moderation/model.h"
#include "moderation/train_data.h"
#include "storage/base/buf.h"

/* Scores all rows with the model and writes the tables. */
int	train_eval(struct buf *out, const struct model *m,
	    const struct train_data *d, struct err *err);
/* What a new model would change, row by row of the table whom it concerns. */
int	train_eval_compare(struct buf *out, const struct model *was,
	    const struct model *now, const struct train_data *d,
	    struct err *err);
/* Microseconds for 400 characters on one core, over the rows; not part of
 * the tables, because it is the machine's figure too. */
double	train_eval_microseconds(const struct model *m,
	    const struct train_data *d);

#endif
