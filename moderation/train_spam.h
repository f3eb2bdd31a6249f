/*
 * The spam part of the model: one weight per hashed word, pair of words and
 * subword, and one per thing counted (links, digits ...), by logistic
 * regression.
 */
#ifndef MODERATION_TRAIN_SPAM_H
#define MODERATION_TRAIN_SPAM_H

#include "moderation/model_file.h"
#include "moderation/train_doc.h"

struct train_spam {
	float	w[MODEL_SPAM_SIZE];
	float	acc[MODEL_SPAM_SIZE];
	float	count[8], count_acc[8];
	float	bias;
};

/* Trains *s from zero. A row is spam if its category says so, else it is
 * ordinary, whatever its label: abuse is not spam. */
void	train_spam_fit(struct train_spam *s, const struct train_doc *doc,
	    const struct train_row *row, uint32_t *order, size_t n);

#endif
