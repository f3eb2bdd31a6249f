/*
 * From logits to probabilities, and from false-positive rates to thresholds,
 * on rows that the weights were not trained on.
 */
#ifndef MODERATION_TRAIN_CALIBRATE_H
#define MODERATION_TRAIN_CALIBRATE_H

#include <stddef.h>

#include "moderation/model_file.h"
#include "moderation/train_data.h"
#include "storage/base/err.h"

/* Held-back clean comments that the thresholds let be held. */
#define TRAIN_HOLD_ABUSE	0.02
#define TRAIN_HOLD_SPAM		0.005

/* Fills the calibration and the thresholds in *s for the model in bytes. */
int	train_calibrate(struct model_scalars *s, const unsigned char *bytes,
	    size_t len, const struct train_row *row, size_t n,
	    struct err *err);

#endif
