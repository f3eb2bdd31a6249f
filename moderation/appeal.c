/*
 * Filing and deciding appeals. See commands.h and appeal.h.
 *
 * appeal.file: grounds, and one of comment (its author), sanction (whom it
 * is on), flag (whoever filed it, by account or with its key) against
 * nothing having been done. Once each, within the time that the decision
 * names. The grounds are sealed content "p:<id>".
 *
 * appeal.decide: appeal, outcome (upheld, reversed), explanation, clause.
 * Only a person who has not judged the matter before. What follows is new
 * entries, never a change of old ones: a restore that names what it
 * reverses, a sanction's end, a removal after all.
 */
#include <stdio.h>
#include <string.h>

#include "moderation/account.h"
#include "moderation/appeal.h"
#include "moderation/misuse.h"
#include "storage/base/unicode.h"

#define DAY_MS	86400000LL

int
appeal_lookup(struct db *db, const char *id, struct appeal_row *out,
    struct err *err)
{
	struct stmt	*s;
	int		 found;

	memset(out, 0, sizeof(*out));
	s = db_query(db, "SELECT num, decision, sanction, flag, thread, "
	    "comment, account, filed_at, log_index, id, state FROM appeal "
	    "WHERE id = ?", "s", id);
	if ((found = stmt_step(s)) == 1) {
		out->num = stmt_int(s, 0);
		out->decision = stmt_int(s, 1);
		out->sanction = stmt_int(s, 2);
		out->flag = stmt_int(s, 3);
		out->thread = stmt_int(s, 4);
		out->comment = stmt_int(s, 5);
		out->account = stmt_int(s, 6);
		out->filed_at = stmt_int(s, 7);
		out->log_index = stmt_int(s, 8);
		snprintf(out->id, sizeof(out->id), "%s", stmt_text(s, 9));
		snprintf(out->state, sizeof(out->state), "%s",
		    stmt_text(s, 10));
	}
	if (stmt_done(s, err) != 0)
		return -1;
	return found == 1 ? 0 : err_set(err, ERR_NOT_FOUND, "appeal",
	    "There is no such appeal");
}

int
appeal_decision(struct db *db, const struct appeal_row *a,
    struct decision_row *out, struct err *err)
{
	int64_t	num = a->decision;

	if (num == 0)
		num = db_int(db, 0, "SELECT decision FROM flag WHERE num = ?",
		    "i", a->flag);
	return lookup_decision(db, num, out, err);
}

/* What is appealed against, as found by one of three functions below. */
struct appeal_target {
	int64_t		decision, sanction, flag;
	int64_t		until;		/* ms; the last moment */
	int64_t		account;	/* who appeals, 0: a keyed flagger */
	int64_t		index;		/* of the decision's entry */
	int64_t		thread, comment;
};

static int
appeal_none(struct err *err)
{
	return err_set(err, ERR_NOT_APPEALABLE, NULL,
	    "There is no decision here to appeal against");
}

static int
appeal_stranger(const char *field, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, field,
	    "There is nothing here that is yours to appeal against");
}

static int
appeal_of_comment(struct turn *t, const struct command *cmd, const char *id,
    struct appeal_target *out, struct err *err)
{
	struct comment_row	c;
	struct decision_row	d;
	int64_t			num;

	if (lookup_comment(t->db, id, &c, err) != 0)
		return -1;
	if (cmd->actor.account == 0 || c.account != cmd->actor.account)
		return appeal_stranger("comment", err);
	num = db_int(t->db, 0, "SELECT num FROM decision WHERE thread = ? AND "
	    "comment = ? AND action IN ('remove', 'quarantine', 'label') AND "
	    "reversed_by IS NULL AND undone = 0 ORDER BY num DESC LIMIT 1",
	    "ii", c.thread, c.num);
	if (num == 0)
		return appeal_none(err);
	if (lookup_decision(t->db, num, &d, err) != 0)
		return -1;
	out->decision = num;
	out->until = d.appeal_until;
	out->account = c.account;
	out->index = d.log_index;
	out->thread = c.thread;
	out->comment = c.num;
	return 0;
}

static int
appeal_of_sanction(struct turn *t, const struct command *cmd, const char *id,
    struct appeal_target *out, struct err *err)
{
	struct stmt		*s;
	struct decision_row	 d;
	int			 found;

	s = db_query(t->db, "SELECT num, account, decision FROM sanction "
	    "WHERE id = ?", "s", id);
	if ((found = stmt_step(s)) == 1) {
		out->sanction = stmt_int(s, 0);
		out->account = stmt_int(s, 1);
		out->decision = stmt_int(s, 2);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	if (found != 1 || cmd->actor.account == 0 ||
	    out->account != cmd->actor.account)
		return appeal_stranger("sanction", err);
	if (lookup_decision(t->db, out->decision, &d, err) != 0)
		return -1;
	out->until = d.appeal_until;
	out->index = d.log_index;
	return 0;
}

/* Does the key given belong to the flag? */
static int
appeal_flag_key(const struct command *cmd, const void *stored, size_t len,
    bool *ok, struct err *err)
{
	struct hash	 h;
	const char	*key;

	*ok = false;
	if (command_str(cmd, "key", false, &key, err) != 0)
		return -1;
	if (key != NULL && len == HASH_LEN) {
		account_secret_hash(key, &h);
		*ok = crypto_equal(h.b, stored, HASH_LEN);
	}
	return 0;
}

static int
appeal_of_flag(struct turn *t, const struct command *cmd, const char *id,
    struct appeal_target *out, struct err *err)
{
	struct decision_row	 d;
	struct stmt		*s;
	const void		*key;
	size_t			 len;
	int64_t			 decided = 0, dnum = 0;
	bool			 mine = false, rejected = false;
	int			 rc = 0;

	s = db_query(t->db, "SELECT num, account, key_hash, thread, comment, "
	    "state = 'rejected', decided_at, decision FROM flag WHERE id = ?",
	    "s", id);
	if (stmt_step(s) == 1) {
		out->flag = stmt_int(s, 0);
		out->account = stmt_int(s, 1);
		key = stmt_blob(s, 2, &len);
		rc = appeal_flag_key(cmd, key, len, &mine, err);
		mine = mine || (out->account != 0 &&
		    out->account == cmd->actor.account);
		out->thread = stmt_int(s, 3);
		out->comment = stmt_int(s, 4);
		rejected = stmt_int(s, 5);
		decided = stmt_int(s, 6);
		dnum = stmt_int(s, 7);
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0 || rc != 0)
		return -1;
	if (!mine)
		return appeal_stranger("flag", err);
	if (!rejected || dnum == 0)
		return appeal_none(err);
	if (lookup_decision(t->db, dnum, &d, err) != 0)
		return -1;
	out->index = d.log_index;
	out->until = decided;
	return 0;
}

static int
appeal_find(struct turn *t, const struct command *cmd,
    struct appeal_target *out, struct err *err)
{
	static const struct {
		const char	*key;
		int		(*find)(struct turn *, const struct command *,
				    const char *, struct appeal_target *,
				    struct err *);
	} targets[] = {
		{ "comment", appeal_of_comment },
		{ "sanction", appeal_of_sanction },
		{ "flag", appeal_of_flag },
	};
	const char	*id;
	size_t		 i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		if (command_str(cmd, targets[i].key, false, &id, err) != 0)
			return -1;
		if (id != NULL)
			return targets[i].find(t, cmd, id, out, err);
	}
	return err_set(err, ERR_INVALID_FIELD, "comment",
	    "Say what the appeal is about");
}

static int
appeal_timely(struct turn *t, struct appeal_target *a, struct err *err)
{
	struct rules	*r;

	if (a->flag != 0) {
		r = house_get(turn_house(t));
		a->until += policy_number(r->policy, "window.appeal_days") *
		    DAY_MS;
		house_put(&r);
	}
	if (db_int(t->db, 0, "SELECT 1 FROM appeal WHERE (?1 != 0 AND "
	    "decision = ?1) OR (?2 != 0 AND flag = ?2)", "ii", a->decision,
	    a->flag) != 0)
		return err_set(err, ERR_APPEAL_EXISTS, NULL,
		    "An appeal against it is on file");
	if (t->now > a->until)
		return err_set(err, ERR_APPEAL_EXPIRED, NULL,
		    "The time for an appeal is over");
	return 0;
}

/* Whoever's appeals are not handled may still say that this is wrong. */
static int
appeal_taken(struct turn *t, const struct appeal_target *a, struct err *err)
{
	struct account_row	row;

	if (a->account == 0 || a->sanction != 0)
		return 0;
	if (lookup_account(t->db, a->account, &row, err) != 0)
		return -1;
	return misuse_refused(t, &row, err);
}

static void
appeal_about(json_t *prv, const char *key, int64_t value)
{
	if (value != 0)
		json_object_set_new(prv, key, json_integer(value));
}

int
appeal_file(struct turn *t, struct command *cmd, struct err *err)
{
	struct appeal_target	 a;
	const char		*grounds;
	char			 ref[REF_MAX], id[ID_LEN + 1];
	char			 hex[HASH_LEN * 2 + 1];
	json_t			*prv;

	if (appeal_find(t, cmd, &a, err) != 0 ||
	    command_str(cmd, "grounds", true, &grounds, err) != 0)
		return -1;
	if (unicode_blank(grounds, strlen(grounds)) ||
	    unicode_count(grounds, strlen(grounds)) > 4000)
		return err_set(err, ERR_INVALID_FIELD, "grounds",
		    "Grounds have 1 to 4000 characters");
	if (appeal_timely(t, &a, err) != 0 ||
	    appeal_taken(t, &a, err) != 0 ||
	    limits_take(house_limits(turn_house(t)), LIMIT_APPEAL,
	    &cmd->actor, &cmd->retry_after, err) != 0)
		return -1;
	if (crypto_id(id, ID_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	ref_make(ref, 'p', id);
	if (turn_content(t, ref, "grounds", grounds, strlen(grounds), hex,
	    err) != 0)
		return -1;
	prv = json_pack("{s:I, s:s, s:I}", "anum", (json_int_t)lookup_next(
	    t->db, "SELECT COALESCE(MAX(num), 0) + 1 FROM appeal"), "id", id,
	    "account", (json_int_t)a.account);
	appeal_about(prv, "dnum", a.decision);
	appeal_about(prv, "sanction", a.sanction);
	appeal_about(prv, "flag", a.flag);
	appeal_about(prv, "tnum", a.thread);
	appeal_about(prv, "num", a.comment);
	cmd->status = 201;
	cmd->result = json_pack("{s:s}", "appeal", id);
	if (turn_emit(t, "appeal.filed", json_pack("{s:I, s:s}", "ref",
	    (json_int_t)a.index, "grounds", hex), prv, err) != 0)
		return -1;
	return misuse_weigh(t, a.account, err);
}

/* One person whose word is in the matter already. */
static int
appeal_other(struct db *db, const char *mine, int64_t account,
    const char *why, struct err *err)
{
	char	person[ID_MAX];

	if (account == 0)
		return 0;
	if (decision_person(db, account, person, err) != 0)
		return -1;
	return strcmp(mine, person) != 0 ? 0 : err_set(err,
	    ERR_SAME_MODERATOR, NULL, "Another person decides this appeal: "
	    "%s", why);
}

/* Everybody whom a query names must be another person. */
static int
appeal_others(struct db *db, struct stmt *s, const char *mine,
    const char *why, struct err *err)
{
	int	rc = 0;

	while (rc == 0 && stmt_step(s) == 1)
		rc = appeal_other(db, mine, stmt_int(s, 0), why, err);
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	return rc;
}

int
appeal_eligible(struct db *db, const struct appeal_row *a, int64_t account,
    struct err *err)
{
	struct decision_row	d;
	char			mine[ID_MAX];

	if (appeal_decision(db, a, &d, err) != 0 ||
	    decision_person(db, account, mine, err) != 0)
		return -1;
	if ((d.account != 0 || account == 0) && appeal_other(db, mine,
	    d.account, "you made the decision", err) != 0)
		return -1;
	if (appeal_other(db, mine, a->account, "it is yours", err) != 0)
		return -1;
	if (a->thread == 0)
		return 0;
	if (account != 0 && db_int(db, 0, "SELECT c.quarantined AND p.roles & "
	    "?1 = 0 FROM comment c, account p WHERE c.thread = ?2 AND c.num = "
	    "?3 AND p.num = ?4", "iiii", (int64_t)ROLE_ADMIN, a->thread,
	    a->comment, account) != 0)
		return err_set(err, ERR_ROLE_REQUIRED, NULL,
		    "It is in quarantine: an admin decides");
	if (appeal_other(db, mine, db_int(db, 0, "SELECT account FROM comment "
	    "WHERE thread = ? AND num = ?", "ii", a->thread, a->comment),
	    "you wrote the comment", err) != 0)
		return -1;
	if (appeal_others(db, db_query(db, "SELECT DISTINCT account FROM "
	    "decision WHERE thread = ? AND comment = ?", "ii", a->thread,
	    a->comment), mine, "you decided on it before", err) != 0)
		return -1;
	return appeal_others(db, db_query(db, "SELECT DISTINCT account FROM "
	    "flag WHERE thread = ? AND comment = ?", "ii", a->thread,
	    a->comment), mine, "you flagged it", err);
}

int
appeal_decide(struct turn *t, struct command *cmd, struct err *err)
{
	struct appeal_row	 a;
	struct decision_row	 d;
	struct comment_row	 c;
	struct appeal_outcome	 o;
	const char		*id, *outcome;
	char			 scope[SCOPE_MAX], decider[PSEUDONYM_LEN + 1];

	memset(&o, 0, sizeof(o));
	if (command_str(cmd, "appeal", true, &id, err) != 0 ||
	    appeal_lookup(t->db, id, &a, err) != 0 ||
	    command_str(cmd, "outcome", true, &outcome, err) != 0 ||
	    command_str(cmd, "clause", false, &o.clause, err) != 0 ||
	    command_str(cmd, "explanation", false, &o.explanation, err) != 0)
		return -1;
	o.reversed = strcmp(outcome, "reversed") == 0;
	if (!o.reversed && strcmp(outcome, "upheld") != 0)
		return err_set(err, ERR_INVALID_FIELD, "outcome",
		    "The outcome is upheld or reversed");
	if (strcmp(a.state, "open") != 0)
		return err_set(err, ERR_STALE_VERSION, "appeal",
		    "The appeal is decided already");
	if (appeal_eligible(t->db, &a, cmd->actor.account, err) != 0 ||
	    appeal_decision(t->db, &a, &d, err) != 0 ||
	    (a.thread != 0 && lookup_comment_num(t->db, a.thread, a.comment,
	    &c, err) != 0))
		return -1;
	if (a.thread != 0 && c.quarantined && cmd->actor.kind ==
	    ACTOR_MEMBER && (cmd->actor.roles & ROLE_ADMIN) == 0)
		return err_set(err, ERR_ROLE_REQUIRED, NULL,
		    "It is in quarantine: an admin decides");
	if (o.clause == NULL)
		o.clause = d.clause[0] != '\0' ? d.clause : "unchecked";
	if (decision_reason(t, o.clause, o.explanation, a.thread != 0 ? &c :
	    NULL, err) != 0 ||
	    decision_scope(t->db, &d, scope, err) != 0 ||
	    decision_decider(t, cmd->actor.account, scope, decider, err) != 0)
		return -1;
	o.by = cmd->actor.account;
	o.decider = decider;
	cmd->status = 200;
	cmd->result = json_pack("{s:s, s:s}", "appeal", a.id, "outcome",
	    outcome);
	return appeal_settle(t, &a, &d, &o, err);
}
