/*
 * What the files of the decide commands share: one decision as asked for,
 * and the steps every item goes through, alone or in a batch.
 */
#ifndef MODERATION_DECIDE_H
#define MODERATION_DECIDE_H

#include "moderation/decision.h"

/* As asked for; strings are the command's. */
struct decide {
	const char	*action, *clause, *explanation, *note;
	bool		 conceal, canned;
	int64_t		 preserve_until, notify_after;	/* of a quarantine */
};

/* Reads action, clause, explanation, note_to_author, conceal_author and
 * canned. */
int	decide_read(const struct command *cmd, struct decide *d,
	    struct err *err);
/* May this actor decide on this comment at all: not one's own, not another's
 * claim, quarantine for admins only. */
int	decide_may(struct turn *t, const struct actor *actor,
	    const struct comment_row *c, struct err *err);
/* Does the action make sense in the comment's present state? */
int	decide_fits(struct turn *t, const struct comment_row *c,
	    const struct decide *d, struct err *err);
/* The action as it will be recorded: removal under a clause marked so is
 * quarantine. */
const char *decide_action(struct turn *t, const struct decide *d);
/* Is there an open disagreement of a blind re-review on it? */
bool	decide_disputed(struct db *db, const struct comment_row *c);

#endif
