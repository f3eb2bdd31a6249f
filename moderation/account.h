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

/* What an author key, link or token is kept as. */
void	account_secret_hash(const char *secret, struct hash *out);

#endif
