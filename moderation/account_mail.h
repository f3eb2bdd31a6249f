/*
 * The e-mail address of an account: given, confirmed by a link that was
 * mailed to it, refused by its server, taken away. The address is erasable
 * content; events hold its commitment and what became of it. Nothing but the
 * confirmation goes to an address that is not confirmed.
 *
 * A link's token is made from the salt of the content row: it ends with the
 * address, and nothing about it is stored.
 */
#ifndef MODERATION_ACCOUNT_MAIL_H
#define MODERATION_ACCOUNT_MAIL_H

#include "moderation/commands.h"
#include "storage/event.h"

#define ACCOUNT_MAIL_MAX	254	/* bytes of an address */

/* account_row.email */
enum account_mail_state {
	ACCOUNT_MAIL_NONE, ACCOUNT_MAIL_GIVEN, ACCOUNT_MAIL_CONFIRMED,
	ACCOUNT_MAIL_REFUSED
};

/* account_row.mails: what is told beside decisions and their appeals. */
#define ACCOUNT_MAIL_HELD	1	/* a comment waits, or is shown now */
#define ACCOUNT_MAIL_REPLIES	2

/* An address that can stand in a protocol line and a header: 0, or -1 for
 * the field "email". */
int	account_mail_check(const char *address, struct err *err);

/* The address of an account and the salt that it lies under: 0 found, 1
 * none, -1 failed. */
int	account_mail_address(struct db *db, const char *id, struct buf *out,
	    unsigned char salt[SALT_LEN], struct err *err);

/* What a link is for. */
enum account_mail_link { ACCOUNT_MAIL_CONFIRM, ACCOUNT_MAIL_STOP };
#define ACCOUNT_MAIL_TOKEN	80
void	account_mail_token(const struct house *h, enum account_mail_link link,
	    const char *id, const unsigned char salt[SALT_LEN],
	    char out[ACCOUNT_MAIL_TOKEN]);
/* Whose link it is; -1 with ERR_NOT_FOUND where it is not, or not any
 * more. */
int	account_mail_find(const struct house *h, struct db *db,
	    enum account_mail_link link, const char *token,
	    struct account_row *out, struct err *err);

/* Retention: drops at most max addresses given before a time (ms) and never
 * confirmed, adding to *n. */
int	account_mail_forget(struct turn *t, int64_t before, int max, int *n,
	    struct err *err);

#endif
