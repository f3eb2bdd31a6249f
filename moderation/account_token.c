/*
 * Secrets that an account hands out: bearer tokens for scripts, the link
 * that shows one's counts to others, the author key of a guest. Each is told
 * once, has 160 random bits, is kept as SHA-256 only and can be revoked.
 */
#include <string.h>

#include "moderation/account.h"

#define ACCOUNT_TOKENS		50	/* in force for one account */
#define ACCOUNT_TOKEN_DAYS	365

static const struct {
	const char	*name;
	unsigned	 roles;		/* any of which it needs, 0: none */
} account_scopes[] = {
	{ "read",	0 },
	{ "post",	0 },
	{ "moderate",	ROLE_MODERATOR | ROLE_EDITOR | ROLE_ADMIN },
	{ "edit",	ROLE_EDITOR | ROLE_ADMIN },
	{ "admin",	ROLE_ADMIN },
};

#define ACCOUNT_SCOPES	(sizeof(account_scopes) / sizeof(account_scopes[0]))

/* Checks "read,post,..." against what the account may do. */
static int
account_token_scope(const char *scope, unsigned roles, struct err *err)
{
	const char	*p = scope;
	size_t		 i, n;

	for (;; p += n + 1) {
		n = strcspn(p, ",");
		for (i = 0; i < ACCOUNT_SCOPES; i++) {
			if (strlen(account_scopes[i].name) == n &&
			    memcmp(account_scopes[i].name, p, n) == 0)
				break;
		}
		if (i == ACCOUNT_SCOPES)
			return err_set(err, ERR_INVALID_FIELD, "scope",
			    "Scopes are read, post, moderate, edit and admin");
		if (account_scopes[i].roles != 0 &&
		    (account_scopes[i].roles & roles) == 0)
			return err_set(err, ERR_ROLE_REQUIRED, "scope",
			    "The account's role does not reach to %s",
			    account_scopes[i].name);
		if (p[n] == '\0')
			return 0;
	}
}

/* All that the account's roles allow, for a token without a stated scope. */
static void
account_token_all(struct buf *out, unsigned roles)
{
	size_t	i;

	for (i = 0; i < ACCOUNT_SCOPES; i++) {
		if (account_scopes[i].roles != 0 &&
		    (account_scopes[i].roles & roles) == 0)
			continue;
		if (out->len > 0)
			buf_addc(out, ',');
		buf_adds(out, account_scopes[i].name);
	}
}

/* A new secret into cmd->secret, its SHA-256 in hex into hash. */
static int
account_token_secret(struct command *cmd, char hash[HASH_LEN * 2 + 1],
    struct err *err)
{
	struct buf	hex = BUF_INIT;
	struct hash	h;

	if (crypto_id(cmd->secret, ACCOUNT_SECRET_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	account_secret_hash(cmd->secret, &h);
	buf_hex(&hex, h.b, HASH_LEN);
	memcpy(hash, buf_str(&hex), hex.len + 1);
	buf_free(&hex);
	return 0;
}

static int
account_token_emit(struct turn *t, struct command *cmd,
    const struct account_row *a, const char *scope, int64_t days,
    struct err *err)
{
	char	hash[HASH_LEN * 2 + 1], id[ID_MAX];
	int64_t	until = t->now + days * 86400000;

	if (crypto_id(id, ID_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	if (account_token_secret(cmd, hash, err) != 0)
		return -1;
	cmd->status = 201;
	cmd->result = json_pack("{s:s, s:s, s:I}", "token_id", id, "account",
	    a->id, "expires_at", (json_int_t)until);
	return turn_emit(t, "token.issued", NULL, json_pack(
	    "{s:s, s:s, s:I, s:s, s:I}", "id", id, "hash", hash, "account",
	    (json_int_t)a->num, "scope", scope, "expires_at",
	    (json_int_t)until), err);
}

int
account_token(struct turn *t, struct command *cmd, struct err *err)
{
	struct account_row	 a;
	struct buf		 all = BUF_INIT;
	const char		*scope;
	int64_t			 days;
	int			 rc = -1;

	if (account_target(t->db, cmd, &a, err) != 0 ||
	    command_str(cmd, "scope", false, &scope, err) != 0 ||
	    command_int(cmd, "days", false, ACCOUNT_TOKEN_DAYS, &days,
	    err) != 0)
		return -1;
	if (!account_own(cmd, &a))
		return err_set(err, ERR_ROLE_REQUIRED, "account",
		    "A token is made by the account's owner");
	if (a.erased || strcmp(a.kind, "member") != 0)
		return err_set(err, ERR_INVALID_FIELD, "account",
		    "Only a member can have a token");
	if (days < 1 || days > 3650)
		return err_set(err, ERR_INVALID_FIELD, "days",
		    "days must be 1 to 3650");
	if (db_int(t->db, 0, "SELECT COUNT(*) FROM token WHERE account = ? "
	    "AND revoked = 0 AND (expires_at IS NULL OR expires_at > ?)",
	    "ii", a.num, t->now) >= ACCOUNT_TOKENS)
		return err_set(err, ERR_INVALID_FIELD, "account",
		    "The account has %d tokens: revoke one first",
		    ACCOUNT_TOKENS);
	account_token_all(&all, a.roles);
	if (scope == NULL)
		scope = buf_str(&all);
	if (account_token_scope(scope, a.roles, err) == 0)
		rc = account_token_emit(t, cmd, &a, scope, days, err);
	buf_free(&all);
	return rc;
}

int
account_token_revoke(struct turn *t, struct command *cmd, struct err *err)
{
	const char	*id;
	int64_t		 holder;

	if (command_str(cmd, "token", true, &id, err) != 0)
		return -1;
	holder = db_int(t->db, 0, "SELECT account FROM token WHERE id = ? "
	    "AND revoked = 0", "s", id);
	if (holder == 0 || (cmd->actor.kind != ACTOR_OPERATOR &&
	    (cmd->actor.roles & ROLE_ADMIN) == 0 &&
	    cmd->actor.account != holder))
		return err_set(err, ERR_NOT_FOUND, "token",
		    "There is no such token");
	cmd->status = 200;
	cmd->result = json_pack("{s:s}", "token_id", id);
	return turn_emit(t, "token.revoked", NULL, json_pack("{s:s}", "id",
	    id), err);
}

/* Stages account.changed with one hash; "" clears it. */
static int
account_token_set(struct turn *t, struct command *cmd,
    const struct account_row *a, const char *member, const char *hash,
    struct err *err)
{
	cmd->status = 200;
	cmd->result = json_pack("{s:s, s:b}", "account", a->id, "revoked",
	    *hash == '\0');
	return turn_emit(t, "account.changed", NULL, json_pack("{s:I, s:s}",
	    "account", (json_int_t)a->num, member, hash), err);
}

int
account_link(struct turn *t, struct command *cmd, struct err *err)
{
	struct account_row	a;
	char			hash[HASH_LEN * 2 + 1] = "";
	bool			revoke;

	if (account_target(t->db, cmd, &a, err) != 0 ||
	    command_bool(cmd, "revoke", false, &revoke, err) != 0)
		return -1;
	if (!account_own(cmd, &a) || a.erased)
		return err_set(err, ERR_NOT_FOUND, "account",
		    "There is no such account");
	if (!revoke && account_token_secret(cmd, hash, err) != 0)
		return -1;
	return account_token_set(t, cmd, &a, "link_hash", hash, err);
}

int
account_key_revoke(struct turn *t, struct command *cmd, struct err *err)
{
	struct account_row	a;
	char			hash[HASH_LEN * 2 + 1] = "";
	bool			rotate;

	if (account_target(t->db, cmd, &a, err) != 0 ||
	    command_bool(cmd, "rotate", false, &rotate, err) != 0)
		return -1;
	if (!account_own(cmd, &a) || a.erased)
		return err_set(err, ERR_NOT_FOUND, "account",
		    "There is no such account");
	if (strcmp(a.kind, "guest") != 0)
		return err_set(err, ERR_INVALID_FIELD, "account",
		    "Only a guest has an author key");
	if (rotate && account_token_secret(cmd, hash, err) != 0)
		return -1;
	return account_token_set(t, cmd, &a, "key_hash", hash, err);
}

/* args: session, expires_at, as the cookie's holder has shown them. */
int
account_session_end(struct turn *t, struct command *cmd, struct err *err)
{
	const char	*id;
	int64_t		 until;

	if (command_str(cmd, "session", true, &id, err) != 0 ||
	    command_int(cmd, "expires_at", true, 0, &until, err) != 0)
		return -1;
	if (cmd->actor.account == 0)
		return err_set(err, ERR_SIGN_IN_REQUIRED, NULL,
		    "Sign in first");
	cmd->status = 200;
	cmd->result = json_object();
	return turn_emit(t, "session.ended", NULL, json_pack(
	    "{s:s, s:I, s:I}", "session", id, "expires_at", (json_int_t)until,
	    "account", (json_int_t)cmd->actor.account), err);
}
