/*
 * Appeals: what stands between the person who decided and the next one who
 * does. The decide() functions are declared in commands.h.
 */
#ifndef MODERATION_APPEAL_H
#define MODERATION_APPEAL_H

#include "moderation/decision.h"

struct appeal_row {
	int64_t	num, decision, sanction, flag;	/* 0: none */
	int64_t	thread, comment, account, filed_at, log_index;
	char	id[ID_MAX], state[16];
};

int	appeal_lookup(struct db *db, const char *id, struct appeal_row *out,
	    struct err *err);
/* The decision that it is against; for a flag, the one that rejected it. */
int	appeal_decision(struct db *db, const struct appeal_row *a,
	    struct decision_row *out, struct err *err);
/* May this staff account decide it? ERR_SAME_MODERATOR where the person
 * behind it decided before, wrote the comment, is the one sanctioned, or
 * flagged. */
int	appeal_eligible(struct db *db, const struct appeal_row *a,
	    int64_t account, struct err *err);

/* Stages the outcome: appeal.decided, what follows from it, and what people
 * are told. by 0 with decider "automatic" is the clock's. */
struct appeal_outcome {
	bool		 reversed;
	const char	*clause, *explanation;
	int64_t		 by;
	const char	*decider;
};
int	appeal_settle(struct turn *t, const struct appeal_row *a,
	    const struct decision_row *d, const struct appeal_outcome *o,
	    struct err *err);

#endif
