/*
 * Learning from the house without learning from one person.
 */
#ifndef MODERATION_TRAIN_HOUSE_H
#define MODERATION_TRAIN_HOUSE_H

#include "moderation/train_doc.h"

#define TRAIN_HOUSE_AUTHORS	5

/* Takes every word that fewer than TRAIN_HOUSE_AUTHORS authors of house rows
 * used out of the house rows' documents, its subwords with it. 0, or -1
 * where memory is short. */
int	train_house_forget(struct train_doc *doc, const struct train_row *row,
	    size_t n);

#endif
