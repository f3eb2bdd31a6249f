/*
 * Passwords of accounts before they reach the writer: checked, hashed (slow
 * on purpose, so on a worker), and taken out of the command, which from
 * there on holds only the hash.
 *
 * No rules of composition and no upper limit worth the name; what is refused
 * is the short and the first that anybody would guess.
 */
#include <string.h>

#include "moderation/account.h"
#include "storage/base/unicode.h"

int
account_password_check(const char *password, size_t len, struct err *err)
{
	long	n = unicode_count(password, len);

	if (n < 0)
		return err_set(err, ERR_INVALID_FIELD, "password",
		    "The password is not valid text");
	if (n < ACCOUNT_PASSWORD_MIN)
		return err_set(err, ERR_INVALID_FIELD, "password",
		    "The password needs at least %d characters",
		    ACCOUNT_PASSWORD_MIN);
	if (len > ACCOUNT_PASSWORD_MAX)
		return err_set(err, ERR_INVALID_FIELD, "password",
		    "The password is longer than %d bytes",
		    ACCOUNT_PASSWORD_MAX);
	if (account_password_common(password, len))
		return err_set(err, ERR_INVALID_FIELD, "password",
		    "The password is one of those that are tried first");
	return 0;
}

static int
account_password_made(struct command *cmd, const char *key, json_t *value,
    struct err *err)
{
	if (cmd->made == NULL)
		cmd->made = json_object();
	if (json_object_set_new(cmd->made, key, value) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	return 0;
}

/* Checks and hashes args[key] into made.password, and takes it out of
 * args. */
static int
account_password_take(struct command *cmd, const char *key, struct err *err)
{
	char		 hash[CRYPTO_PASSWORD_MAX];
	json_t		*v = json_object_get(cmd->args, key);
	int		 rc;

	if (v == NULL)
		return 0;
	if (!json_is_string(v))
		return err_set(err, ERR_INVALID_FIELD, key,
		    "%s must be a string", key);
	if (account_password_check(json_string_value(v),
	    json_string_length(v), err) != 0)
		return -1;
	rc = crypto_password_hash(hash, json_string_value(v),
	    json_string_length(v), err);
	json_object_del(cmd->args, key);
	if (rc != 0)
		return -1;
	return account_password_made(cmd, "password", json_string(hash), err);
}

bool
account_slow(const struct command *cmd)
{
	return json_object_get(cmd->args, "password") != NULL ||
	    json_object_get(cmd->args, "new_password") != NULL;
}

int
account_password_open(struct db *db, const struct account_row *a,
    const char *password, size_t len, struct err *err)
{
	struct buf	stored = BUF_INIT;
	char		ref[REF_MAX], unused[CRYPTO_PASSWORD_MAX];
	bool		ok = false;

	if (a->num != 0 && !a->erased) {
		ref_make(ref, 'a', a->id);
		if (lookup_content(db, ref, "password", &stored, NULL,
		    err) < 0)
			return -1;
	}
	if (stored.len > 0)
		ok = crypto_password_check(buf_str(&stored), password, len,
		    NULL);
	else
		crypto_password_hash(unused, password, len, NULL);
	buf_free(&stored);
	return ok ? 0 : err_set(err, ERR_SIGN_IN_REQUIRED, "password",
	    "Name and password do not fit together");
}

/* Checks args.password as the actor's present one: made.epoch says under
 * which epoch it was right. */
static int
account_password_prove(struct house *h, struct db *db, struct command *cmd,
    struct err *err)
{
	struct account_row	 a;
	json_t			*v = json_object_get(cmd->args, "password");
	int			 rc;

	if (v == NULL || cmd->actor.kind != ACTOR_MEMBER)
		return 0;
	if (!json_is_string(v))
		return err_set(err, ERR_INVALID_FIELD, "password",
		    "password must be a string");
	if (limits_take(house_limits(h), LIMIT_SIGN_IN, &cmd->actor,
	    &cmd->retry_after, err) != 0 ||
	    lookup_account(db, cmd->actor.account, &a, err) != 0)
		return -1;
	rc = account_password_open(db, &a, json_string_value(v),
	    json_string_length(v), err);
	json_object_del(cmd->args, "password");
	if (rc != 0)
		return -1;
	return account_password_made(cmd, "epoch", json_integer(a.epoch), err);
}

int
account_prepare(struct house *h, struct db *db, struct command *cmd,
    struct err *err)
{
	if (cmd->kind->decide == account_create) {
		if (limits_take(house_limits(h), LIMIT_SIGN_UP, &cmd->actor,
		    &cmd->retry_after, err) != 0)
			return -1;
		return account_password_take(cmd, "password", err);
	}
	if (cmd->kind->decide == account_erase)
		return account_password_prove(h, db, cmd, err);
	if (cmd->kind->decide != account_change)
		return 0;
	if (account_password_prove(h, db, cmd, err) != 0)
		return -1;
	return account_password_take(cmd, "new_password", err);
}
