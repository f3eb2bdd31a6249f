/*
 * Signing in with name, password and code. See sign_in.h for the contract.
 *
 * Names that do not exist cost the same work and the same limits as those
 * that do. A code counts once: the step it was of is remembered for as long
 * as it would be taken.
 */
#include <pthread.h>
#include <string.h>

#include "forumd/sign_in.h"
#include "moderation/account.h"
#include "storage/base/log.h"
#include "storage/base/unicode.h"

#define SIGN_IN_STEPS	1024

/* The last code's step of an account, found by its number; two accounts in
 * one slot only make one of them wait for the next code. */
static pthread_mutex_t	sign_in_lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t		sign_in_steps[SIGN_IN_STEPS];

/* Counts by address, and by name whether or not anybody has it. */
static int
sign_in_limits(struct house *h, const struct sign_in *in,
    int *retry_after, struct err *err)
{
	struct actor	 by_name = { .kind = ACTOR_MEMBER };
	struct actor	 by_address = in->actor;
	struct buf	 key = BUF_INIT;
	struct hash	 hash;

	by_address.kind = ACTOR_ANONYMOUS;
	by_address.account = 0;
	if (limits_take(house_limits(h), LIMIT_SIGN_IN, &by_address,
	    retry_after, err) != 0)
		return -1;
	if (unicode_name_key(&key, in->name, strlen(in->name), err) != 0) {
		buf_free(&key);
		return err_set(err, ERR_SIGN_IN_REQUIRED, "password",
		    "Name and password do not fit together");
	}
	house_hmac(h, "sign-in", key.data, key.len, &hash);
	buf_free(&key);
	memcpy(&by_name.account, hash.b, sizeof(by_name.account));
	by_name.account |= (int64_t)1 << 62;
	return limits_take(house_limits(h), LIMIT_SIGN_IN, &by_name,
	    retry_after, err);
}

static int
sign_in_code(struct db *db, const struct sign_in *in,
    const struct account_row *a, struct err *err)
{
	int64_t	step, *last = &sign_in_steps[a->num % SIGN_IN_STEPS];
	int	rc = 0;

	if (account_totp_check(db, a->id, in->code, in->now, &step, err) != 0)
		return -1;
	pthread_mutex_lock(&sign_in_lock);
	if (step <= *last)
		rc = err_set(err, ERR_CODE_REQUIRED, "code",
		    "The code was used already: wait for the next");
	else
		*last = step;
	pthread_mutex_unlock(&sign_in_lock);
	return rc;
}

int
sign_in_check(struct house *h, struct db *db,
    const struct sign_in *in, struct account_row *out,
    int *retry_after, struct err *err)
{
	*retry_after = 0;
	if (sign_in_limits(h, in, retry_after, err) != 0)
		return -1;
	if (lookup_account_name(db, in->name, out, err) != 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		memset(out, 0, sizeof(*out));
	}
	if (account_password_open(db, out, in->password, in->password_len,
	    err) != 0) {
		log_info("sign-in: refused (account %s)",
		    out->num != 0 ? out->id : "none");
		return -1;
	}
	if (out->totp && sign_in_code(db, in, out, err) != 0) {
		log_info("sign-in: no code (account %s)", out->id);
		return -1;
	}
	log_info("sign-in: account %s", out->id);
	return 0;
}
