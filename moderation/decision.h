/*
 * What everything that decides has in common: who the decider is to the
 * public, whether the reason is fit to be told, what becomes of the flags,
 * and the decision event itself (decision_emit and notice_emit stand in
 * commands.h).
 */
#ifndef MODERATION_DECISION_H
#define MODERATION_DECISION_H

#include "moderation/commands.h"

/* The person behind a staff account: two accounts of one person give the
 * same. Account 0 is the operator at the machine. */
int	decision_person(struct db *db, int64_t account, char out[ID_MAX],
	    struct err *err);

/* In what a decider's pseudonym holds: the thread; for a batch over several
 * threads the batch; for a sanction the sanction. Whoever decides an appeal
 * is named in the same scope, so that anyone can tell two persons apart. */
#define SCOPE_MAX	64
int	decision_scope(struct db *db, const struct decision_row *d,
	    char out[SCOPE_MAX], struct err *err);
int	decision_decider(struct turn *t, int64_t account, const char *scope,
	    char out[PSEUDONYM_LEN + 1], struct err *err);

/* Is there a clause, does it exist, and is the explanation fit (reason.h)?
 * c gives the text that must not be quoted and the thread whose names must
 * not stand there; NULL for a sanction. */
int	decision_reason(struct turn *t, const char *clause,
	    const char *explanation, const struct comment_row *c,
	    struct err *err);

/* The number the next staged decision row gets, this turn's counted. */
int64_t	decision_next(struct turn *t);

/* Does the action take something from the author? */
bool	decision_restricts(const char *action);

/* Where the item came from: its source, whether automation found it, and
 * since when it waited. Fills those members of d. */
int	decision_origin(struct turn *t, const struct comment_row *c,
	    struct decision *d, struct err *err);

/* Answers all open flags on a comment with decision number dnum. */
int	decision_flags(struct turn *t, const struct comment_row *c,
	    int64_t dnum, bool upheld, struct err *err);

/* The terms of the hold that a decision ended, from the journal: 0 found, 1
 * it was not held, -1 failed. */
struct decision_held {
	char	clause[40];
	int64_t	decide_by;
	int	harm;
	bool	unchecked, detected;
};
int	decision_held(struct db *db, const struct decision_row *d,
	    struct decision_held *out, struct err *err);

/* Holds a comment (again): the event and the author's notice. */
int	decision_hold(struct turn *t, const struct comment_row *c,
	    const char *clause, int64_t decide_by, bool unchecked, int harm,
	    bool detected, struct err *err);

/* Ends the waiting of a held comment in the record: by a person's approval
 * (beside the decision) or because its time was up. */
int	decision_publish(struct turn *t, const struct comment_row *c,
	    bool automatic, struct err *err);

#endif
