/*
 * What a flag's sender holds: a key that opens the flag to whoever has no
 * account. Made from the flag's id, so that a mail about it can bring it
 * along; kept as SHA-256 only.
 */
#ifndef MODERATION_FLAG_H
#define MODERATION_FLAG_H

#include "moderation/house.h"

#define FLAG_KEY	33	/* with its NUL */

void	flag_key(const struct house *h, const char *id, char out[FLAG_KEY]);

#endif
