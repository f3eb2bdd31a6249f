/*
 * The recipe: from files of labelled rows to a model file.
 */
#ifndef MODERATION_TRAIN_FIT_H
#define MODERATION_TRAIN_FIT_H

#include "moderation/train_data.h"
#include "storage/base/err.h"

struct train_config {
	char		**data;		/* paths, borrowed */
	int		  ndata;
	const char	 *out;
	const char	 *house;	/* decisions to learn from, or NULL */
	bool		  strict;	/* only sources of clear licence */
	const char	 *leave;	/* a source to leave out, or NULL */
};

/* Trains, calibrates and writes config->out; progress goes to stderr. The
 * same files in the same order give the same bytes. */
int	train_fit(const struct train_config *config, struct err *err);

#endif
