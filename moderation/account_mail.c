/*
 * Giving, confirming, choosing, stopping and taking away an address. See
 * account_mail.h.
 *
 * What an address may look like is narrower than the standard: printable
 * ASCII without quoting, so that no mail program and no header can read
 * anything else into it.
 */
#include <stdio.h>
#include <string.h>

#include "moderation/account.h"
#include "moderation/account_mail.h"

#define ACCOUNT_MAIL_MAC	32	/* hex digits of a token */

int
account_mail_check(const char *address, struct err *err)
{
	const char	*at = strchr(address, '@'), *p;
	bool		 good;

	good = at != NULL && at != address && at[1] != '\0' &&
	    strlen(address) <= ACCOUNT_MAIL_MAX && strchr(at + 1, '@') ==
	    NULL && *address != '-' && strstr(address, "..") == NULL;
	for (p = address; good && *p != '\0'; p++)
		good = *p > ' ' && *p < 0x7f &&
		    strchr("<>()[]\\,;:\"", *p) == NULL;
	for (p = at; good && *p != '\0'; p++)
		good = strchr("!#$%&'*+/=?^_`{|}~", *p) == NULL;
	return good ? 0 : err_set(err, ERR_INVALID_FIELD, "email",
	    "email must be an address like name@host.example");
}

int
account_mail_address(struct db *db, const char *id, struct buf *out,
    unsigned char salt[SALT_LEN], struct err *err)
{
	char	ref[REF_MAX];

	ref_make(ref, 'a', id);
	return lookup_content(db, ref, "email", out, salt, err);
}

void
account_mail_token(const struct house *h, enum account_mail_link link,
    const char *id, const unsigned char salt[SALT_LEN],
    char out[ACCOUNT_MAIL_TOKEN])
{
	struct hash	mac;
	struct buf	b = BUF_INIT;

	house_hmac(h, link == ACCOUNT_MAIL_CONFIRM ? "mail-confirm" :
	    "mail-stop", salt, SALT_LEN, &mac);
	buf_adds(&b, id);
	buf_addc(&b, '-');
	buf_hex(&b, mac.b, ACCOUNT_MAIL_MAC / 2);
	snprintf(out, ACCOUNT_MAIL_TOKEN, "%s", buf_str(&b));
	buf_free(&b);
}

int
account_mail_find(const struct house *h, struct db *db,
    enum account_mail_link link, const char *token, struct account_row *out,
    struct err *err)
{
	struct buf	address = BUF_INIT;
	unsigned char	salt[SALT_LEN];
	char		id[ID_MAX], good[ACCOUNT_MAIL_TOKEN];
	size_t		len = strlen(token), n = strcspn(token, "-");
	int		rc = 1;

	if (n < sizeof(id) && len < sizeof(good)) {
		snprintf(id, sizeof(id), "%.*s", (int)n, token);
		rc = account_mail_address(db, id, &address, salt, err);
		buf_free(&address);
	}
	if (rc == 0) {
		account_mail_token(h, link, id, salt, good);
		rc = strlen(good) == len && crypto_equal(good, token, len) ?
		    lookup_account_id(db, id, out, err) : 1;
	}
	return rc != 1 ? rc : err_set(err, ERR_NOT_FOUND, NULL,
	    "This link is not good, or not any more");
}

/* ---- by the account's holder ---- */

static int
account_mail_own(struct turn *t, struct command *cmd,
    struct account_row *out, struct err *err)
{
	if (account_target(t->db, cmd, out, err) != 0)
		return -1;
	if (!account_own(cmd, out) || out->erased)
		return err_set(err, ERR_NOT_FOUND, "account",
		    "There is no such account");
	return 0;
}

/* Stages account.changed with one number; the answer names the account. */
static int
account_mail_emit(struct turn *t, struct command *cmd,
    const struct account_row *a, const char *key, int value,
    struct err *err)
{
	cmd->status = 200;
	cmd->result = json_pack("{s:s}", "account", a->id);
	return turn_emit(t, "account.changed", NULL, json_pack("{s:I, s:i}",
	    "account", (json_int_t)a->num, key, value), err);
}

/* Drops what there is, so that it is gone from disk before the new one. */
static int
account_mail_drop(struct turn *t, const struct account_row *a,
    struct err *err)
{
	char	ref[REF_MAX];

	ref_make(ref, 'a', a->id);
	return a->email == ACCOUNT_MAIL_NONE ? 0 :
	    turn_drop_content(t, ref, "email", err);
}

int
account_mail_set(struct turn *t, struct command *cmd, struct err *err)
{
	struct account_row	 a;
	const char		*address;
	char			 ref[REF_MAX], hex[HASH_LEN * 2 + 1];

	if (command_str(cmd, "email", true, &address, err) != 0 ||
	    account_mail_check(address, err) != 0 ||
	    account_mail_own(t, cmd, &a, err) != 0 ||
	    limits_take(house_limits(turn_house(t)), LIMIT_MAIL, &cmd->actor,
	    &cmd->retry_after, err) != 0)
		return -1;
	ref_make(ref, 'a', a.id);
	if (account_mail_drop(t, &a, err) != 0 || turn_content(t, ref,
	    "email", address, strlen(address), hex, err) != 0)
		return -1;
	cmd->status = 202;
	cmd->result = json_pack("{s:s}", "account", a.id);
	return turn_emit(t, "account.changed", NULL, json_pack(
	    "{s:I, s:i, s:s}", "account", (json_int_t)a.num, "email",
	    ACCOUNT_MAIL_GIVEN, "address", hex), err);
}

int
account_mail_kinds(struct turn *t, struct command *cmd, struct err *err)
{
	struct account_row	a;
	bool			held, replies;

	if (account_mail_own(t, cmd, &a, err) != 0 ||
	    command_bool(cmd, "held", false, &held, err) != 0 ||
	    command_bool(cmd, "replies", false, &replies, err) != 0)
		return -1;
	return account_mail_emit(t, cmd, &a, "mails",
	    (held ? ACCOUNT_MAIL_HELD : 0) |
	    (replies ? ACCOUNT_MAIL_REPLIES : 0), err);
}

int
account_mail_remove(struct turn *t, struct command *cmd, struct err *err)
{
	struct account_row	a;

	if (account_mail_own(t, cmd, &a, err) != 0 ||
	    account_mail_drop(t, &a, err) != 0)
		return -1;
	return account_mail_emit(t, cmd, &a, "email", ACCOUNT_MAIL_NONE, err);
}

/* ---- by a link, or by the follower that sends ---- */

static int
account_mail_linked(struct turn *t, struct command *cmd,
    enum account_mail_link link, struct account_row *out, struct err *err)
{
	const char	*token;

	if (command_str(cmd, "token", true, &token, err) != 0)
		return -1;
	return account_mail_find(turn_house(t), t->db, link, token, out, err);
}

int
account_mail_confirm(struct turn *t, struct command *cmd, struct err *err)
{
	struct account_row	a;

	if (account_mail_linked(t, cmd, ACCOUNT_MAIL_CONFIRM, &a, err) != 0)
		return -1;
	if (a.email != ACCOUNT_MAIL_GIVEN) {
		cmd->status = 200;
		cmd->result = json_pack("{s:s}", "account", a.id);
		return 0;
	}
	return account_mail_emit(t, cmd, &a, "email", ACCOUNT_MAIL_CONFIRMED,
	    err);
}

int
account_mail_stop(struct turn *t, struct command *cmd, struct err *err)
{
	struct account_row	a;

	if (account_mail_linked(t, cmd, ACCOUNT_MAIL_STOP, &a, err) != 0)
		return -1;
	return account_mail_emit(t, cmd, &a, "mails", 0, err);
}

int
account_mail_refused(struct turn *t, struct command *cmd, struct err *err)
{
	struct account_row	a;

	if (account_mail_linked(t, cmd, ACCOUNT_MAIL_STOP, &a, err) != 0)
		return -1;
	return account_mail_emit(t, cmd, &a, "email", ACCOUNT_MAIL_REFUSED,
	    err);
}

int
account_mail_forget(struct turn *t, int64_t before, int max, int *n,
    struct err *err)
{
	struct stmt	*s;
	char		 ref[REF_MAX];
	int		 rc = 0;

	s = db_query(t->db, "SELECT num, id FROM account WHERE email = 1 AND "
	    "email_at < ? LIMIT ?", "ii", before, (int64_t)max);
	while (rc == 0 && stmt_step(s) == 1) {
		++*n;
		ref_make(ref, 'a', stmt_text(s, 1));
		rc = turn_drop_content(t, ref, "email", err);
		if (rc == 0)
			rc = turn_emit(t, "account.changed", NULL, json_pack(
			    "{s:I, s:i}", "account",
			    (json_int_t)stmt_int(s, 0), "email",
			    ACCOUNT_MAIL_NONE), err);
	}
	return stmt_done(s, rc == 0 ? err : NULL) != 0 ? -1 : rc;
}
