/*
 * Posting and editing: what happens before the writer.
 */
#ifndef MODERATION_POST_H
#define MODERATION_POST_H

#include "moderation/commands.h"

#define POST_CHARACTERS	10000	/* of a body */

/* comment.post and comment.edit: form, markup, pipeline, policy. Fills
 * cmd->made {html, full, durable, language, length, policy, model,
 * unchecked, verdict{..}}. */
int	post_prepare(struct house *h, struct db *db, struct command *cmd,
	    struct err *err);
/* What the post form may be told beforehand: rendered body and advice by
 * clause, as members of an open JSON object. */
int	post_preview(struct house *h, struct db *db,
	    const struct actor *actor, const char *body, size_t len,
	    const char *language, struct buf *out, struct err *err);

#endif
