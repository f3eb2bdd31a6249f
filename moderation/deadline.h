/*
 * What the clock's commands share.
 */
#ifndef MODERATION_DEADLINE_H
#define MODERATION_DEADLINE_H

#include "moderation/commands.h"

#define DEADLINE_MAX	200	/* of each sort in one command */

/* What one deadline.pass did. */
struct deadline {
	int	published, overdue, ended, restored;
	bool	more;
};

#endif
