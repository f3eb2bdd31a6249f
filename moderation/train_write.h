/*
 * From trained floating-point weights to the bytes of a model file.
 */
#ifndef MODERATION_TRAIN_WRITE_H
#define MODERATION_TRAIN_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "moderation/model_file.h"
#include "moderation/train_net.h"
#include "moderation/train_spam.h"
#include "storage/base/err.h"

/* The bytes of a file, aligned for model_open_bytes, the caller's to free();
 * NULL where memory is short. Rounds the weights; *scalars gets what comes
 * from them, its calibration and thresholds are taken as they stand. */
unsigned char	*train_write_bytes(struct model_scalars *scalars,
		    const struct train_net *net, const struct train_spam *spam,
		    const uint8_t *vocabulary, const char *description,
		    size_t *len);
/* Sets new scalars in such bytes and sets the digest right. */
void		 train_write_scalars(unsigned char *bytes, size_t len,
		    const struct model_scalars *scalars);
/* Writes a file whole or not at all. */
int		 train_write_file(const char *path, const void *bytes,
		    size_t len, struct err *err);

#endif
