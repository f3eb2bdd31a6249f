/*
 * Projectors of decisions, flags, appeals, claims and re-reviews. See
 * project.h.
 */
#include <string.h>

#include "storage/project.h"

/* One decision row; a batch makes one for each comment it names. */
static int
project_decision_row(struct db *db, const struct event *e, const json_t *item,
    struct err *err)
{
	int64_t	dnum = json_integer_value(json_object_get(item, "dnum"));
	int64_t	tnum = json_integer_value(json_object_get(item, "tnum"));
	int64_t	num = json_integer_value(json_object_get(item, "num"));
	int64_t	reverses = event_has(e, "reverses") ?
		    event_int(e, "reverses") : -1;

	if (db_run(db, err, "INSERT INTO decision (num, id, thread, comment, "
	    "version, action, clause, category, keyword, source, "
	    "auto_detection, auto_decision, policy, model, ruleset, account, "
	    "decider, at, since, canned, conceal, reverses, appeal_until, "
	    "log_index) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
	    "?, ?, ?, ?, ?, ?, NULLIF(?, -1), NULLIF(?, 0), ?)",
	    "isiiisssssissssisiiiiiii", dnum,
	    json_string_value(json_object_get(item, "id")), tnum, num,
	    json_integer_value(json_object_get(item, "version")),
	    event_str(e, "action"), event_str(e, "clause"),
	    event_str(e, "category"), event_str(e, "keyword"),
	    event_str(e, "source"), (int64_t)(strcmp(event_str(e,
	    "automated-detection"), "Yes") == 0),
	    event_str(e, "automated-decision"), event_str(e, "policy"),
	    event_str(e, "model"), event_str(e, "ruleset"),
	    event_int(e, "account"), event_str(e, "decider"), e->time,
	    json_integer_value(json_object_get(item, "since")),
	    event_int(e, "canned"), event_int(e, "conceal"), reverses,
	    event_int(e, "appeal_until"), e->index) != 0)
		return -1;
	if (reverses >= 0 && db_run(db, err, "UPDATE decision SET "
	    "reversed_by = ? WHERE log_index = ? AND thread = ? AND comment "
	    "= ?", "iiii", dnum, reverses, tnum, num) != 0)
		return -1;
	return project_decided(db, e, tnum, num, dnum, err);
}

/* A comment's open flags, counted anew. */
static int
project_flags_count(struct db *db, int64_t tnum, int64_t num,
    struct err *err)
{
	return db_run(db, err, "UPDATE comment SET (flags_open, flags_weight, "
	    "flagged_at) = (SELECT COUNT(*), COALESCE(SUM(CASE WHEN f.counted "
	    "THEN f.weight ELSE 0 END), 0), MIN(f.filed_at) FROM flag f WHERE "
	    "f.thread = ?1 AND f.comment = ?2 AND f.state = 'open') WHERE "
	    "thread = ?1 AND num = ?2", "ii", tnum, num);
}

/* A flag's state, and its sender's record with it. */
static int
project_flag_state(struct db *db, const struct event *e, int64_t fnum,
    const char *state, int64_t decision, struct err *err)
{
	if (db_run(db, err, "UPDATE account SET flags_upheld = flags_upheld + "
	    "(?1 = 'upheld') - (f.state = 'upheld'), flags_rejected = "
	    "flags_rejected + (?1 = 'rejected') - (f.state = 'rejected') FROM "
	    "flag f WHERE f.num = ?2 AND account.num = f.account", "si",
	    state, fnum) != 0)
		return -1;
	return db_run(db, err, "UPDATE flag SET state = ?, decided_at = "
	    "NULLIF(?, 0), decision = NULLIF(?, 0) WHERE num = ?", "siii",
	    state, decision != 0 ? e->time : 0, decision, fnum);
}

/* An undone decision leaves the flags it had answered open again. */
static int
project_undone(struct db *db, const struct event *e, struct err *err)
{
	struct stmt	*s;
	int64_t		 flags[64];
	size_t		 i, n;

	if (db_run(db, err, "UPDATE decision SET undone = 1 WHERE num = ?",
	    "i", event_int(e, "undoes")) != 0)
		return -1;
	do {
		n = 0;
		s = db_query(db, "SELECT num FROM flag WHERE thread = ? AND "
		    "comment = ? AND decision = ? ORDER BY num LIMIT 64",
		    "iii", event_int(e, "tnum"), event_int(e, "num"),
		    event_int(e, "undoes"));
		while (stmt_step(s) == 1)
			flags[n++] = stmt_int(s, 0);
		if (stmt_done(s, err) != 0)
			return -1;
		for (i = 0; i < n; i++) {
			if (project_flag_state(db, e, flags[i], "open", 0,
			    err) != 0)
				return -1;
		}
	} while (n == 64);
	return project_flags_count(db, event_int(e, "tnum"),
	    event_int(e, "num"), err);
}

int
project_decision(struct db *db, const struct event *e, struct err *err)
{
	json_t	*item;
	int	 rc;

	item = json_pack("{s:I, s:s, s:I, s:I, s:I, s:I}", "dnum",
	    (json_int_t)event_int(e, "dnum"), "id", event_str(e, "id"),
	    "tnum", (json_int_t)event_int(e, "tnum"), "num",
	    (json_int_t)event_int(e, "num"), "version",
	    (json_int_t)event_int(e, "version"), "since",
	    (json_int_t)event_int(e, "since"));
	if (item == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	rc = project_decision_row(db, e, item, err);
	json_decref(item);
	if (rc == 0 && event_has(e, "undoes"))
		rc = project_undone(db, e, err);
	return rc;
}

int
project_batch(struct db *db, const struct event *e, struct err *err)
{
	json_t	*items = event_get(e, "items");
	size_t	 i;

	for (i = 0; i < json_array_size(items); i++) {
		if (project_decision_row(db, e, json_array_get(items, i),
		    err) != 0)
			return -1;
	}
	return 0;
}

int
project_redacted(struct db *db, const struct event *e, struct err *err)
{
	int64_t	dnum = event_int(e, "dnum");

	if (db_run(db, err, "UPDATE decision SET redacted = 1 WHERE num = ?",
	    "i", dnum) != 0)
		return -1;
	return db_run(db, err, "UPDATE thread SET version = ? WHERE num = "
	    "(SELECT thread FROM decision WHERE num = ?)", "ii",
	    (int64_t)e->seq, dnum);
}

int
project_claimed(struct db *db, const struct event *e, struct err *err)
{
	return db_run(db, err, "INSERT INTO claim (thread, num, account, "
	    "until) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET account = "
	    "excluded.account, until = excluded.until", "iiii",
	    event_int(e, "tnum"), event_int(e, "num"),
	    event_int(e, "account"), event_int(e, "until"));
}

int
project_released(struct db *db, const struct event *e, struct err *err)
{
	return db_run(db, err, "DELETE FROM claim WHERE thread = ? AND num = "
	    "? AND account = ?", "iii", event_int(e, "tnum"),
	    event_int(e, "num"), event_int(e, "account"));
}

int
project_sampled(struct db *db, const struct event *e, struct err *err)
{
	return db_run(db, err, "INSERT INTO review (num, decision, thread, "
	    "comment, due_at) VALUES (?, ?, ?, ?, ?)", "iiiii",
	    event_int(e, "rnum"), event_int(e, "dnum"), event_int(e, "tnum"),
	    event_int(e, "num"), event_int(e, "due_at"));
}

int
project_answered(struct db *db, const struct event *e, struct err *err)
{
	return db_run(db, err, "UPDATE review SET account = ?, at = ?, "
	    "action = ?, clause = ?, agrees = ? WHERE num = ?", "iissii",
	    event_int(e, "account"), e->time, event_str(e, "action"),
	    event_str(e, "clause"), event_int(e, "agrees"),
	    event_int(e, "rnum"));
}

int
project_remark(struct db *db, const struct event *e, struct err *err)
{
	return db_run(db, err, "INSERT INTO remark (num, account, thread, "
	    "comment, kind, by, at) VALUES (?, NULLIF(?, 0), NULLIF(?, 0), "
	    "NULLIF(?, 0), ?, ?, ?)", "iiiisii", (int64_t)e->seq,
	    event_int(e, "account"), event_int(e, "tnum"),
	    event_int(e, "num"), event_str(e, "kind"), event_int(e, "by"),
	    e->time);
}

/* A digest member as bytes for a blob column; false where it is absent. */
static bool
project_hash(const struct event *e, const char *key, struct hash *out)
{
	const char	*hex = event_str(e, key);

	return hex != NULL && strlen(hex) == HASH_LEN * 2 &&
	    crypto_hex_decode(out->b, hex, HASH_LEN * 2) == HASH_LEN;
}

/* A brigade: what came before loses its weight too, notices excepted. */
static int
project_brigade(struct db *db, int64_t tnum, int64_t num, struct err *err)
{
	if (db_run(db, err, "UPDATE flag SET counted = 0 WHERE thread = ? AND "
	    "comment = ? AND state = 'open' AND legal = 0", "ii", tnum,
	    num) != 0)
		return -1;
	return db_run(db, err, "UPDATE comment SET brigade = 1, flags_weight "
	    "= (SELECT COALESCE(SUM(weight), 0) FROM flag f WHERE f.thread = "
	    "?1 AND f.comment = ?2 AND f.state = 'open' AND f.legal = 1) "
	    "WHERE thread = ?1 AND num = ?2", "ii", tnum, num);
}

int
project_flag_filed(struct db *db, const struct event *e, struct err *err)
{
	struct hash	key, flagger, network, referrer;
	int64_t		tnum = event_int(e, "tnum"), num = event_int(e, "num");
	bool		k, f, n, r;

	k = project_hash(e, "key_hash", &key);
	f = project_hash(e, "flagger", &flagger);
	n = project_hash(e, "network", &network);
	r = project_hash(e, "referrer", &referrer);
	if (db_run(db, err, "INSERT INTO flag (num, id, key_hash, thread, "
	    "comment, version, account, flagger, network, clause, legal, "
	    "good_faith, weight, counted, language, referrer, state, filed_at) "
	    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', "
	    "?)", "isbiiiibbsiiiisbi",
	    event_int(e, "fnum"), event_str(e, "id"),
	    k ? (const void *)key.b : NULL, (size_t)HASH_LEN, tnum, num,
	    event_int(e, "version"), event_int(e, "account"),
	    f ? (const void *)flagger.b : NULL, (size_t)HASH_LEN,
	    n ? (const void *)network.b : NULL, (size_t)HASH_LEN,
	    event_str(e, "clause"), event_int(e, "legal"),
	    event_int(e, "good_faith"), event_int(e, "weight"),
	    event_int(e, "counted"), event_str(e, "language"),
	    r ? (const void *)referrer.b : NULL, (size_t)HASH_LEN,
	    e->time) != 0)
		return -1;
	if (event_has(e, "brigade") &&
	    project_brigade(db, tnum, num, err) != 0)
		return -1;
	if (project_tally_event(db, tnum, e->time, 1, 0, err) != 0)
		return -1;
	return db_run(db, err, "UPDATE comment SET flags_open = flags_open + "
	    "1, flags_weight = flags_weight + ?, flagged_at = "
	    "COALESCE(flagged_at, ?), harm = MAX(harm, ?) WHERE thread = ? "
	    "AND num = ?", "iiiii",
	    event_int(e, "counted") ? event_int(e, "weight") : 0, e->time,
	    event_int(e, "harm"), tnum, num);
}

/* flags: [{"fnum":..,"state":"upheld"|"rejected"}]. */
int
project_flags_decided(struct db *db, const struct event *e, struct err *err)
{
	json_t		*flags = event_get(e, "flags"), *f;
	size_t		 i;

	for (i = 0; i < json_array_size(flags); i++) {
		f = json_array_get(flags, i);
		if (project_flag_state(db, e,
		    json_integer_value(json_object_get(f, "fnum")),
		    json_string_value(json_object_get(f, "state")),
		    event_int(e, "decision"), err) != 0)
			return -1;
	}
	if (db_run(db, err, "UPDATE comment SET brigade = 0 WHERE thread = ? "
	    "AND num = ?", "ii", event_int(e, "tnum"),
	    event_int(e, "num")) != 0)
		return -1;
	return project_flags_count(db, event_int(e, "tnum"),
	    event_int(e, "num"), err);
}

int
project_appeal_filed(struct db *db, const struct event *e, struct err *err)
{
	int64_t	dnum = event_int(e, "dnum");

	if (db_run(db, err, "INSERT INTO appeal (num, id, decision, sanction, "
	    "flag, thread, comment, account, state, filed_at, log_index) "
	    "VALUES (?, ?, NULLIF(?, 0), NULLIF(?, 0), NULLIF(?, 0), "
	    "NULLIF(?, 0), NULLIF(?, 0), ?, 'open', ?, ?)", "isiiiiiiii",
	    event_int(e, "anum"), event_str(e, "id"), dnum,
	    event_int(e, "sanction"), event_int(e, "flag"),
	    event_int(e, "tnum"), event_int(e, "num"),
	    event_int(e, "account"), e->time, e->index) != 0)
		return -1;
	if (project_tally_event(db, event_int(e, "tnum"), e->time, 0, 1,
	    err) != 0)
		return -1;
	if (db_run(db, err, "UPDATE decision SET appeal = 'open' WHERE num = "
	    "?", "i", dnum) != 0)
		return -1;
	return db_run(db, err, "UPDATE thread SET version = ? WHERE num = ?",
	    "ii", (int64_t)e->seq, event_int(e, "tnum"));
}

int
project_appeal_decided(struct db *db, const struct event *e, struct err *err)
{
	const char	*outcome = event_str(e, "outcome");
	int64_t		 anum = event_int(e, "anum");

	if (db_run(db, err, "UPDATE appeal SET state = ?, decided_at = ?, "
	    "decider_account = ?, decider = ?, decided_index = ? WHERE num = "
	    "?", "siisii", outcome, e->time, event_int(e, "account"),
	    event_str(e, "decider"), e->index, anum) != 0)
		return -1;
	if (db_run(db, err, "UPDATE decision SET appeal = ? WHERE num = "
	    "(SELECT decision FROM appeal WHERE num = ?)", "si",
	    strcmp(outcome, "closed") == 0 ? "none" : outcome, anum) != 0)
		return -1;
	return db_run(db, err, "UPDATE thread SET version = ? WHERE num = "
	    "(SELECT thread FROM appeal WHERE num = ?)", "ii",
	    (int64_t)e->seq, anum);
}
