/*
 * What model.c (opening) and model_score.c (scoring) share.
 */
#ifndef MODERATION_MODEL_INT_H
#define MODERATION_MODEL_INT_H

#include <stddef.h>
#include <stdint.h>

#include "moderation/model_file.h"

struct model {
	void			*map;	/* ours to unmap, or NULL */
	size_t			 len;
	char			 digest[65];
	char			*description;	/* owned */
	struct model_scalars	 s;
	/* Borrowed from the map: */
	const int8_t		*vectors;
	const int16_t		*filters;
	const int8_t		*spam;
	const uint8_t		*vocabulary;
	int16_t			 root[MODEL_ROWS_MAX];
};

/* The strongest logits of a text before calibration. */
void	model_logits(const struct model *m, const char *text, size_t len,
	    float *abuse, float *spam);

/* Our own e^x, equal on every machine, and 1 / (1 + e^-x). */
float	model_exp(float x);
float	model_sigmoid(float x);

#endif
