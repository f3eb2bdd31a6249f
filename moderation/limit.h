/*
 * Rate limits: one table of what may be done how often, per address and per
 * account. Counted in the writer (and at the door for reads and sign-in), in
 * memory only: a restart forgives.
 */
#ifndef MODERATION_LIMIT_H
#define MODERATION_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/crypto.h"
#include "storage/base/err.h"
#include "storage/command.h"

/*	  enum		name		per address	per account	window
 *					(0: unlimited)			seconds */
#define LIMIT_TABLE(X)							       \
	X(POST,		"post",		60,	20,	300)		       \
	X(NEWCOMER,	"newcomer",	10,	10,	600)		       \
	X(FLAG,		"flag",		30,	30,	600)		       \
	X(VOTE,		"vote",		120,	120,	300)		       \
	X(APPEAL,	"appeal",	20,	20,	3600)		       \
	X(SIGN_UP,	"sign_up",	10,	0,	3600)		       \
	X(SIGN_IN,	"sign_in",	30,	10,	300)		       \
	X(MAIL,		"mail",		20,	10,	3600)		       \
	X(SEARCH,	"search",	120,	120,	60)		       \
	X(EXPORT,	"export",	20,	10,	3600)		       \
	X(READ,		"read",		6000,	0,	60)

enum limit {
#define X(name, word, address, account, window) LIMIT_##name,
	LIMIT_TABLE(X)
#undef X
	LIMIT_COUNT
};

struct limits;

int	limits_new(struct limits **out, bool enforced, struct err *err);
void	limits_free(struct limits **l);
bool	limits_enforced(const struct limits *l);

/* Counts one use by this actor: 0, or -1 with ERR_RATE_LIMITED and
 * *retry_after in seconds. The operator and automation are not counted. A
 * sliding window of two counters a key; safe for several threads. */
int	limits_take(struct limits *l, enum limit what,
	    const struct actor *actor, int *retry_after, struct err *err);

#endif
