/*
 * Rows as the trainers read them: token and subword hashes, extracted once.
 */
#ifndef MODERATION_TRAIN_DOC_H
#define MODERATION_TRAIN_DOC_H

#include "moderation/train_data.h"

struct train_doc {
	uint32_t	 ntok;
	uint32_t	*word;		/* owned; ntok of them */
	uint32_t	*first;		/* owned; ntok + 1 places in sub */
	uint32_t	*sub;		/* owned */
	uint32_t	*count;		/* owned; FEATURES_COUNTS */
};

/* The first window of a text; 0 or -1 where memory is short. */
int	train_doc_read(struct train_doc *d, const char *text, size_t len);
void	train_doc_free(struct train_doc *d);

#endif
