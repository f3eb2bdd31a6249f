/*
 * Flags and appeals that are nearly always found wrong: a warning first,
 * then a time in which the account's flags, notices and appeals are not
 * handled. Both are sanctions that automation imposes under the clause
 * "misuse", with statement and appeal; how many count stands in the house
 * rules. An appeal against a sanction is always taken.
 */
#ifndef MODERATION_MISUSE_H
#define MODERATION_MISUSE_H

#include "moderation/commands.h"

#define MISUSE_CLAUSE	"misuse"

/* Refuses while the account's flags and appeals are not handled. */
int	misuse_refused(struct turn *t, const struct account_row *a,
	    struct err *err);
/* The same for somebody without an account, who is known by the keyed digest
 * of an address for as long as addresses are kept: once unfounded reports
 * have added up, *warned is set, to be told with the answer; when as many
 * again have come, no more are taken for a time. Nobody is sanctioned, and
 * nothing of it is written down. */
int	misuse_address(struct turn *t, const struct hash *address,
	    bool *warned, struct err *err);
/* Weighs the account's record, where it has one (0: nobody we know), and
 * stages what follows from it. What was just filed is taken all the same. */
int	misuse_weigh(struct turn *t, int64_t account, struct err *err);

#endif
