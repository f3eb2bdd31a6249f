/*
 * Rows that come as JSON lines.
 *
 * A thread to be measured on: objects with "body"; each becomes a row of the
 * source "thread", and each of its paragraphs another, all clean.
 *
 * The forum's own decisions: objects
 *	{"text": "...", "language": "en", "clause": "personal-attack",
 *	 "action": "remove" | "keep", "outcome": "agreed" | "upheld",
 *	 "author": "<opaque id>"}
 * become rows of the source "house": remove is 1, keep is 0. A decision with
 * another outcome (overturned, pending, not looked at twice) is no truth to
 * learn from and is left out; so is one whose text is null or empty, because
 * it was erased.
 */
#ifndef MODERATION_TRAIN_JSON_H
#define MODERATION_TRAIN_JSON_H

#include "moderation/train_data.h"

int	train_json_thread(struct train_data *d, const char *path,
	    struct err *err);
int	train_json_house(struct train_data *d, const char *path,
	    struct err *err);

#endif
