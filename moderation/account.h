/*
 * Accounts: members with a name and a password, guests with an author key,
 * and what may be done to either. The decide() functions are declared in
 * commands.h; here stand the work before queueing and what the door and the
 * admin tool need beside them.
 */
#ifndef MODERATION_ACCOUNT_H
#define MODERATION_ACCOUNT_H

#include "moderation/commands.h"

#define ACCOUNT_PASSWORD_MIN	8	/* characters */
#define ACCOUNT_PASSWORD_MAX	1024	/* bytes; nothing is cut off */
#define ACCOUNT_SECRET_LEN	32	/* characters: 160 random bits */
#define ACCOUNT_TOTP_LEN	20	/* bytes of a second factor's secret */

/* What must not run on the writer: counts a sign-up, checks the password and
 * the current one, hashes it into made. The words themselves are taken out
 * of cmd->args. For account.create, account.change and account.erase; does
 * nothing for others. Slow where account_slow() says so. */
int	account_prepare(struct house *h, struct db *db, struct command *cmd,
	    struct err *err);
bool	account_slow(const struct command *cmd);

/* "reader,moderator" to a mask of ROLE_*; the other way round, appended.
 * -1: an unknown word, for the field "roles". */
int	account_roles(const char *text, unsigned *roles, struct err *err);
void	account_roles_text(struct buf *out, unsigned roles);

/* May this actor say roles and person (admin), or give "official" (editor)?
 * The operator may do both. */
int	account_may_give(const struct actor *actor, bool roles, bool official,
	    struct err *err);

/* Is the password long enough, and not one that everybody guesses first?
 * Any composition. The field is "password". */
int	account_password_check(const char *password, size_t len,
	    struct err *err);

/* Is it among those that everybody tries first, in whatever case? */
bool	account_password_common(const char *password, size_t len);

/* Does the password open the account? *epoch is the one it was checked
 * under. As much work for an account that has no password, or num 0: the
 * time says nothing. Slow. 0, or -1 with ERR_SIGN_IN_REQUIRED. */
int	account_password_open(struct db *db, const struct account_row *a,
	    const char *password, size_t len, struct err *err);

/* A secret as text for an authenticator program; and whether a code is
 * right at a time (ms): 0 with the step it is of, or -1. */
void	account_totp_text(const unsigned char key[ACCOUNT_TOTP_LEN],
	    char out[64]);
int	account_totp_check(struct db *db, const char *id, const char *code,
	    int64_t now, int64_t *step, struct err *err);

/* Whom the command is about: args "account" (id), for the operator also
 * "name", else the actor. And may the actor act as its owner? */
int	account_target(struct db *db, const struct command *cmd,
	    struct account_row *out, struct err *err);
bool	account_own(const struct command *cmd, const struct account_row *a);

/* Looks like a language tag ("cs", "pt-BR"). */
bool	account_language(const char *tag);

/* What an author key, link or token is kept as. */
void	account_secret_hash(const char *secret, struct hash *out);

#endif
