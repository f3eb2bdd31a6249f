/*
 * Forgetting in copies: what a later batch erased is taken out of an earlier
 * batch that is still kept somewhere (the ring of recent batches, a content
 * key in Redis), so that no erased word outlives its erasure there.
 */
#ifndef STORAGE_FORGET_H
#define STORAGE_FORGET_H

#include <stdbool.h>

#include "storage/batch.h"

/* Does the batch erase anything? */
bool	forget_any(const struct batch *by);
/* Takes out of b what `by` erased, content and rows derived from it: how many
 * rows went. */
size_t	forget(struct batch *b, const struct batch *by);

#endif
