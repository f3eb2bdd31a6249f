/*
 * The tone of comments, for the figures alone: does it make a difference to
 * removal whether a comment praises or criticises?
 *
 * A sample is drawn by a signed head of the record that was published before
 * the draw: of all comments posted since then, those whose SHA-256 of (root,
 * comment id) is smallest. Anybody can draw it again. Two people code each
 * text on its own: they see neither author nor outcome, nor what the other
 * found, and nobody codes what one has decided on. Tone belongs to a comment
 * and never to an account.
 */
#ifndef MODERATION_TONE_H
#define MODERATION_TONE_H

#include "moderation/commands.h"

#define TONE_MAX	500	/* texts of one draw */

/* The next text for this viewer: 0 found, 1 there is none (left), -1. The
 * text is appended to body; *left counts what the viewer may still code. */
int	tone_next(struct db *db, int64_t viewer, char id[ID_MAX],
	    char language[12], struct buf *body, int64_t *left,
	    struct err *err);
/* The words of tones, NULL past the last. */
const char	*tone_word(size_t i);

#endif
