/*
 * Sanctions, for whoever imposes or ends one beside the two commands.
 */
#ifndef MODERATION_SANCTION_H
#define MODERATION_SANCTION_H

#include "moderation/commands.h"

struct sanction {
	const char	*kind, *clause, *explanation;
	int64_t		 account;	/* who is sanctioned */
	int64_t		 until;		/* ms, 0: without end */
	int64_t		 by;		/* account, 0: automatic */
	const char	*decider;	/* NULL: by's pseudonym for it */
	bool		 canned;
};

/* Stages it with its notice; id gets the public id. The reason has been
 * checked. */
int	sanction_emit(struct turn *t, const struct sanction *s,
	    char id[ID_MAX], struct err *err);
/* Stages its end: cause expired, lifted or reversed. */
int	sanction_end_emit(struct turn *t, int64_t snum, const char *cause,
	    const char *decider, struct err *err);
/* Milliseconds of "2026-12-24T18:00:00Z" (RFC 3339 in UTC; a fraction of a
 * second is dropped); -1: not such a time. */
int	sanction_until(const char *text, int64_t *out);

#endif
