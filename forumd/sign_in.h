/*
 * Signing in: is this who they say? What happens then (a new session) is in
 * session.h.
 */
#ifndef FORUMD_SIGN_IN_H
#define FORUMD_SIGN_IN_H

#include "moderation/house.h"
#include "moderation/lookup.h"

/* Signing in: limits, password, second factor. Slow: on a worker. 0 and the
 * account; -1 with ERR_SIGN_IN_REQUIRED (the same words for a wrong name and
 * a wrong password, after the same work), ERR_CODE_REQUIRED or
 * ERR_RATE_LIMITED with *retry_after. */
struct sign_in {
	const char	*name, *password, *code;	/* code may be NULL */
	size_t		 password_len;
	struct actor	 actor;		/* for its address */
	int64_t		 now;
};
int	sign_in_check(struct house *h, struct db *db,
	    const struct sign_in *in, struct account_row *out,
	    int *retry_after, struct err *err);

#endif
