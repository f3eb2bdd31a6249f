/*
 * Projectors of accounts, tokens, sanctions and notices. See project.h.
 */
#include <string.h>

#include "storage/project.h"

int
project_account_created(struct db *db, const struct event *e, struct err *err)
{
	const char	*hex = event_str(e, "key_hash");
	struct hash	 key;
	int		 keyed;

	keyed = hex != NULL && strlen(hex) == HASH_LEN * 2 &&
	    crypto_hex_decode(key.b, hex, HASH_LEN * 2) == HASH_LEN;
	return db_run(db, err, "INSERT INTO account (num, id, kind, site, "
	    "roles, official, person, epoch, key_hash, created_at, language, "
	    "email, email_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, "
	    "NULLIF(?, 0))", "isssissbisii",
	    event_int(e, "account"), event_str(e, "id"),
	    event_str(e, "kind"), event_str(e, "site"), event_int(e, "roles"),
	    event_str(e, "official"), event_str(e, "person"),
	    keyed ? (const void *)key.b : NULL, (size_t)HASH_LEN, e->time,
	    event_str(e, "language"),
	    (int64_t)(event_str(e, "email") != NULL),
	    event_str(e, "email") != NULL ? e->time : 0);
}

/* One integer or text column where the event has it; NULLIF clears. */
static int
project_account_set(struct db *db, const struct event *e, const char *key,
    const char *sql, struct err *err)
{
	int64_t		 account = event_int(e, "account");
	json_t		*v = event_get(e, key);
	struct hash	 h;

	if (v == NULL)
		return 0;
	if (json_is_integer(v))
		return db_run(db, err, sql, "ii", event_int(e, key), account);
	if (strstr(key, "_hash") == NULL)
		return db_run(db, err, sql, "si", json_string_value(v),
		    account);
	if (json_string_length(v) == 0)
		return db_run(db, err, sql, "bi", NULL, (size_t)0, account);
	if (json_string_length(v) != HASH_LEN * 2 || crypto_hex_decode(h.b,
	    json_string_value(v), HASH_LEN * 2) != HASH_LEN)
		return err_set(err, ERR_INTERNAL, key, "not a hash");
	return db_run(db, err, sql, "bi", (const void *)h.b, (size_t)HASH_LEN,
	    account);
}

int
project_account_changed(struct db *db, const struct event *e, struct err *err)
{
	static const struct {
		const char	*key, *sql;
	} set[] = {
		{ "roles", "UPDATE account SET roles = ? WHERE num = ?" },
		{ "official", "UPDATE account SET official = NULLIF(?, '') "
		    "WHERE num = ?" },
		{ "epoch", "UPDATE account SET epoch = ? WHERE num = ?" },
		{ "totp", "UPDATE account SET totp = ? WHERE num = ?" },
		{ "email", "UPDATE account SET email = ? WHERE num = ?" },
		{ "mails", "UPDATE account SET mails = ? WHERE num = ?" },
		{ "key_hash", "UPDATE account SET key_hash = ? WHERE num = ?" },
		{ "link_hash",
		    "UPDATE account SET link_hash = ? WHERE num = ?" },
		{ "language", "UPDATE account SET language = ? WHERE num = ?" },
		{ "person", "UPDATE account SET person = ? WHERE num = ?" },
		{ "charged", "UPDATE account SET charged = ? WHERE num = ?" },
	};
	size_t	i;

	for (i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
		if (project_account_set(db, e, set[i].key, set[i].sql,
		    err) != 0)
			return -1;
	}
	if (!event_has(e, "address"))
		return 0;
	return db_run(db, err, "UPDATE account SET email_at = ? WHERE num = ?",
	    "ii", e->time, event_int(e, "account"));
}

int
project_account_erased(struct db *db, const struct event *e, struct err *err)
{
	int64_t	account = event_int(e, "account");

	if (db_run(db, err, "DELETE FROM name_key WHERE account = ?", "i",
	    account) != 0 || db_run(db, err, "UPDATE token SET revoked = 1 "
	    "WHERE account = ?", "i", account) != 0)
		return -1;
	return db_run(db, err, "UPDATE account SET erased_at = ?, epoch = "
	    "epoch + 1, key_hash = NULL, link_hash = NULL, roles = 0, "
	    "official = NULL, person = NULL, charged = 0, email = 0, email_at "
	    "= NULL, mails = 1, totp = 0, language = NULL WHERE num = ?",
	    "ii", e->time, account);
}

int
project_token_issued(struct db *db, const struct event *e, struct err *err)
{
	struct hash	h;

	if (crypto_hex_decode(h.b, event_str(e, "hash"), HASH_LEN * 2) !=
	    HASH_LEN)
		return err_set(err, ERR_INTERNAL, "hash", "not a hash");
	return db_run(db, err, "INSERT INTO token (id, hash, account, scope, "
	    "created_at, expires_at) VALUES (?, ?, ?, ?, ?, NULLIF(?, 0))",
	    "sbisii", event_str(e, "id"), (const void *)h.b, (size_t)HASH_LEN,
	    event_int(e, "account"), event_str(e, "scope"), e->time,
	    event_int(e, "expires_at"));
}

int
project_token_revoked(struct db *db, const struct event *e, struct err *err)
{
	return db_run(db, err, "UPDATE token SET revoked = 1 WHERE id = ?",
	    "s", event_str(e, "id"));
}

/* A sign-out; those that would be over by now are forgotten. */
int
project_session_ended(struct db *db, const struct event *e, struct err *err)
{
	if (db_run(db, err, "DELETE FROM session_ended WHERE expires_at <= ?",
	    "i", e->time) != 0)
		return -1;
	return db_run(db, err, "INSERT OR IGNORE INTO session_ended (id, "
	    "expires_at) VALUES (?, ?)", "si", event_str(e, "session"),
	    event_int(e, "expires_at"));
}

/* The standing that an account's sanctions in force add up to. */
static int
project_standing(struct db *db, int64_t account, struct err *err)
{
	return db_run(db, err, "UPDATE account SET muted_until = "
	    "(SELECT MAX(until) FROM sanction WHERE account = ?1 AND kind = "
	    "'mute' AND state = 'active'), suspended_until = "
	    "(SELECT MAX(until) FROM sanction WHERE account = ?1 AND kind = "
	    "'suspend' AND state = 'active'), flags_until = "
	    "(SELECT MAX(until) FROM sanction WHERE account = ?1 AND kind = "
	    "'suspend_flags' AND state = 'active'), banned = "
	    "EXISTS (SELECT 1 FROM sanction WHERE account = ?1 AND kind = "
	    "'ban' AND state = 'active') WHERE num = ?1", "i", account);
}

int
project_sanction(struct db *db, const struct event *e, struct err *err)
{
	int64_t	snum = event_int(e, "snum"), dnum = event_int(e, "dnum");
	int	automatic = strcmp(event_str(e, "decider"), "automatic") == 0;

	if (db_run(db, err, "INSERT INTO decision (num, id, sanction, action, "
	    "clause, source, auto_detection, auto_decision, policy, account, "
	    "decider, at, since, canned, appeal_until, log_index) VALUES (?, "
	    "?, ?, ?, ?, 'SOURCE_VOLUNTARY', ?, ?, ?, ?, ?, ?, ?, ?, "
	    "NULLIF(?, 0), ?)", "isississisiiiii", dnum,
	    event_str(e, "did"), snum, event_str(e, "kind"),
	    event_str(e, "clause"), (int64_t)automatic, automatic ?
	    "AUTOMATED_DECISION_FULLY" : "AUTOMATED_DECISION_NOT_AUTOMATED",
	    event_str(e, "policy"), event_int(e, "by"),
	    event_str(e, "decider"), e->time, event_int(e, "since"),
	    event_int(e, "canned"), event_int(e, "appeal_until"),
	    e->index) != 0)
		return -1;
	if (db_run(db, err, "INSERT INTO sanction (num, id, account, kind, "
	    "clause, at, until, decision, state) VALUES (?, ?, ?, ?, ?, ?, "
	    "NULLIF(?, 0), ?, 'active')", "isissiii", snum,
	    event_str(e, "id"), event_int(e, "account"), event_str(e, "kind"),
	    event_str(e, "clause"), e->time, event_int(e, "until_ms"),
	    dnum) != 0)
		return -1;
	return project_standing(db, event_int(e, "account"), err);
}

int
project_sanction_ended(struct db *db, const struct event *e, struct err *err)
{
	if (db_run(db, err, "UPDATE sanction SET state = ?, ended_at = ? "
	    "WHERE num = ?", "sii", event_str(e, "cause"), e->time,
	    event_int(e, "snum")) != 0)
		return -1;
	return project_standing(db, event_int(e, "account"), err);
}

int
project_notice(struct db *db, const struct event *e, struct err *err)
{
	if (db_run(db, err, "INSERT INTO notice (account, kind, at, thread, "
	    "comment, decision, appeal, flag, sanction) VALUES (?, ?, ?, "
	    "NULLIF(?, 0), NULLIF(?, 0), NULLIF(?, 0), NULLIF(?, 0), "
	    "NULLIF(?, 0), NULLIF(?, 0))", "isiiiiiii",
	    event_int(e, "account"), event_str(e, "what"), e->time,
	    event_int(e, "tnum"), event_int(e, "num"), event_int(e, "dnum"),
	    event_int(e, "anum"), event_int(e, "fnum"),
	    event_int(e, "snum")) != 0)
		return -1;
	return db_run(db, err, "UPDATE account SET unread = unread + 1 WHERE "
	    "num = ?", "i", event_int(e, "account"));
}

int
project_notice_read(struct db *db, const struct event *e, struct err *err)
{
	if (db_run(db, err, "UPDATE notice SET read_at = ? WHERE account = ? "
	    "AND num <= ? AND read_at IS NULL", "iii", e->time,
	    event_int(e, "account"), event_int(e, "upto")) != 0)
		return -1;
	return db_run(db, err, "UPDATE account SET unread = (SELECT COUNT(*) "
	    "FROM notice WHERE account = ?1 AND read_at IS NULL) WHERE "
	    "num = ?1", "i", event_int(e, "account"));
}
