/*
 * Changing an account: password, second factor, language, what it may do.
 *
 * Whatever makes older sessions doubtful (a new password, a second factor,
 * other roles) raises the account's epoch, which ends all of them at once.
 * A person's own password and second factor are changed only with the
 * present password, checked before queueing against the epoch it was read
 * under; if that has moved on by the time it is decided, it is refused.
 */
#include <string.h>

#include "moderation/account.h"

/* What is being put together: the event, and whether sessions end. */
struct account_change {
	struct account_row	 row;
	json_t			*prv;	/* owned until emitted */
	bool			 ends_sessions;
};

int
account_target(struct db *db, const struct command *cmd,
    struct account_row *out, struct err *err)
{
	const char	*id, *name;

	if (command_str(cmd, "account", false, &id, err) != 0)
		return -1;
	if (id != NULL)
		return lookup_account_id(db, id, out, err);
	if (cmd->actor.kind == ACTOR_OPERATOR) {
		if (command_str(cmd, "name", true, &name, err) != 0)
			return -1;
		return lookup_account_name(db, name, out, err);
	}
	if (cmd->actor.account == 0)
		return err_set(err, ERR_SIGN_IN_REQUIRED, NULL,
		    "Sign in first");
	return lookup_account(db, cmd->actor.account, out, err);
}

bool
account_own(const struct command *cmd, const struct account_row *a)
{
	return cmd->actor.kind == ACTOR_OPERATOR ||
	    (cmd->actor.account != 0 && cmd->actor.account == a->num);
}

/* Refuses what needs the present password and came without it. */
static int
account_change_proved(const struct command *cmd, const struct account_row *a,
    struct err *err)
{
	json_t	*epoch = json_object_get(cmd->made, "epoch");

	if (cmd->actor.kind == ACTOR_OPERATOR)
		return 0;
	if (!account_own(cmd, a) || epoch == NULL)
		return err_set(err, ERR_SIGN_IN_REQUIRED, "password",
		    "The present password is required");
	if (json_integer_value(epoch) != a->epoch)
		return err_set(err, ERR_STALE_VERSION, NULL,
		    "The account has changed meanwhile: sign in again");
	return 0;
}

/* Stages a text of the account; its commitment becomes prv[member]. */
static int
account_change_content(struct turn *t, struct account_change *c,
    const char *field, const char *member, const char *text, struct err *err)
{
	char	ref[REF_MAX], commitment[HASH_LEN * 2 + 1];

	ref_make(ref, 'a', c->row.id);
	if (turn_content(t, ref, field, text, strlen(text), commitment,
	    err) != 0)
		return -1;
	json_object_set_new(c->prv, member, json_string(commitment));
	return 0;
}

static int
account_change_password(struct turn *t, struct command *cmd,
    struct account_change *c, struct err *err)
{
	const char	*hash;

	hash = json_string_value(json_object_get(cmd->made, "password"));
	if (hash == NULL)
		return 0;
	if (account_change_proved(cmd, &c->row, err) != 0)
		return -1;
	c->ends_sessions = true;
	return account_change_content(t, c, "password", "password", hash, err);
}

/* "enrol" tells a new secret; it counts from "confirm" with a code on. */
static int
account_change_totp_enrol(struct turn *t, struct command *cmd,
    struct account_change *c, struct err *err)
{
	unsigned char	key[ACCOUNT_TOTP_LEN];
	struct buf	hex = BUF_INIT;
	int		rc;

	if (c->row.totp)
		return err_set(err, ERR_INVALID_FIELD, "totp",
		    "A second factor is set up: take it away first");
	if (crypto_random(key, sizeof(key)) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	account_totp_text(key, cmd->secret);
	buf_hex(&hex, key, sizeof(key));
	rc = account_change_content(t, c, "totp", "secret", buf_str(&hex),
	    err);
	crypto_wipe(key, sizeof(key));
	crypto_wipe(hex.data, hex.len);
	buf_free(&hex);
	return rc;
}

static int
account_change_totp(struct turn *t, struct command *cmd,
    struct account_change *c, struct err *err)
{
	const char	*what, *code;
	char		 ref[REF_MAX];
	int64_t		 step;

	if (command_str(cmd, "totp", false, &what, err) != 0 ||
	    command_str(cmd, "code", false, &code, err) != 0)
		return -1;
	if (what == NULL)
		return 0;
	if (account_change_proved(cmd, &c->row, err) != 0)
		return -1;
	if (strcmp(what, "enrol") == 0)
		return account_change_totp_enrol(t, cmd, c, err);
	if (strcmp(what, "confirm") != 0 && strcmp(what, "off") != 0)
		return err_set(err, ERR_INVALID_FIELD, "totp",
		    "totp is enrol, confirm or off");
	/* The operator takes away a lost one without a code. */
	if ((cmd->actor.kind != ACTOR_OPERATOR || *what == 'c') &&
	    account_totp_check(t->db, c->row.id, code, t->now, &step,
	    err) != 0)
		return -1;
	c->ends_sessions = true;
	json_object_set_new(c->prv, "totp", json_integer(*what == 'c'));
	ref_make(ref, 'a', c->row.id);
	return *what == 'c' ? 0 : turn_drop_content(t, ref, "totp", err);
}

/* Who may open what is in quarantine is named at the machine itself. */
static int
account_change_charged(const struct command *cmd, struct account_change *c,
    const char *charged, struct err *err)
{
	bool	on = strcmp(charged, "on") == 0;

	if (cmd->actor.kind != ACTOR_OPERATOR)
		return err_set(err, ERR_ROLE_REQUIRED, "charged",
		    "The operator names who is charged with quarantine");
	if (!on && strcmp(charged, "off") != 0)
		return err_set(err, ERR_INVALID_FIELD, "charged",
		    "charged is on or off");
	json_object_set_new(c->prv, "charged", json_integer(on));
	return 0;
}

/* What others say about the account: roles, person, organisation. */
static int
account_change_standing(struct command *cmd, struct account_change *c,
    struct err *err)
{
	const char	*roles, *official, *person, *charged;
	unsigned	 mask;

	if (command_str(cmd, "roles", false, &roles, err) != 0 ||
	    command_str(cmd, "official", false, &official, err) != 0 ||
	    command_str(cmd, "person", false, &person, err) != 0 ||
	    command_str(cmd, "charged", false, &charged, err) != 0 ||
	    account_may_give(&cmd->actor, roles != NULL || person != NULL,
	    official != NULL, err) != 0)
		return -1;
	if ((roles != NULL || official != NULL) &&
	    strcmp(c->row.kind, "member") != 0)
		return err_set(err, ERR_INVALID_FIELD, "account",
		    "Only a member can have roles");
	if (roles != NULL) {
		if (account_roles(roles, &mask, err) != 0)
			return -1;
		mask |= ROLE_READER;
		json_object_set_new(c->prv, "roles", json_integer(mask));
		c->ends_sessions = true;
	}
	if (official != NULL && strlen(official) >= sizeof(c->row.official))
		return err_set(err, ERR_INVALID_FIELD, "official",
		    "The organisation's name is too long");
	if (official != NULL)
		json_object_set_new(c->prv, "official", json_string(official));
	if (person != NULL)
		json_object_set_new(c->prv, "person", json_string(person));
	return charged == NULL ? 0 : account_change_charged(cmd, c, charged,
	    err);
}

static int
account_change_rest(struct command *cmd, struct account_change *c,
    struct err *err)
{
	const char	*language;
	bool		 out;

	if (command_str(cmd, "language", false, &language, err) != 0 ||
	    command_bool(cmd, "sign_out", false, &out, err) != 0)
		return -1;
	if ((language != NULL || out) && !account_own(cmd, &c->row))
		return err_set(err, ERR_ROLE_REQUIRED, "account",
		    "Only the account's owner does that");
	if (language != NULL && !account_language(language))
		return err_set(err, ERR_INVALID_FIELD, "language",
		    "language must be a language tag");
	if (language != NULL)
		json_object_set_new(c->prv, "language", json_string(language));
	c->ends_sessions = c->ends_sessions || out;
	return 0;
}

static int
account_change_emit(struct turn *t, struct command *cmd,
    struct account_change *c, struct err *err)
{
	json_t	*prv = c->prv;
	int64_t	 epoch = c->row.epoch + (c->ends_sessions ? 1 : 0);

	if (c->ends_sessions)
		json_object_set_new(prv, "epoch", json_integer(epoch));
	if (json_object_size(prv) == 0)
		return err_set(err, ERR_INVALID_FIELD, NULL,
		    "There is nothing to change");
	json_object_set_new(prv, "account", json_integer(c->row.num));
	if (cmd->actor.account != 0)
		json_object_set_new(prv, "by",
		    json_integer(cmd->actor.account));
	cmd->status = 200;
	cmd->result = json_pack("{s:s, s:I}", "account", c->row.id, "epoch",
	    (json_int_t)epoch);
	c->prv = NULL;
	return turn_emit(t, "account.changed", NULL, prv, err);
}

int
account_change(struct turn *t, struct command *cmd, struct err *err)
{
	struct account_change	c = { .prv = NULL };
	int			rc = -1;

	if (account_target(t->db, cmd, &c.row, err) != 0)
		return -1;
	if (c.row.erased)
		return err_set(err, ERR_NOT_FOUND, "account",
		    "The account was erased");
	c.prv = json_object();
	if (account_change_standing(cmd, &c, err) == 0 &&
	    account_change_rest(cmd, &c, err) == 0 &&
	    account_change_password(t, cmd, &c, err) == 0 &&
	    account_change_totp(t, cmd, &c, err) == 0)
		rc = account_change_emit(t, cmd, &c, err);
	json_decref(c.prv);
	return rc;
}

int
account_notice_read(struct turn *t, struct command *cmd, struct err *err)
{
	int64_t	upto, last;

	if (cmd->actor.account == 0)
		return err_set(err, ERR_SIGN_IN_REQUIRED, NULL,
		    "Sign in first");
	last = db_int(t->db, 0, "SELECT MAX(num) FROM notice WHERE account "
	    "= ?", "i", cmd->actor.account);
	if (command_int(cmd, "upto", false, last, &upto, err) != 0)
		return -1;
	if (upto > last)
		upto = last;
	cmd->status = 200;
	cmd->result = json_pack("{s:I}", "upto", (json_int_t)upto);
	if (db_int(t->db, 0, "SELECT COUNT(*) FROM notice WHERE account = ? "
	    "AND num <= ? AND read_at IS NULL", "ii", cmd->actor.account,
	    upto) == 0)
		return 0;
	return turn_emit(t, "notice.read", NULL, json_pack("{s:I, s:I}",
	    "account", (json_int_t)cmd->actor.account, "upto",
	    (json_int_t)upto), err);
}
