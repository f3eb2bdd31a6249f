/*
 * Claiming an item and deciding on it. See commands.h.
 *
 * Arguments of "decide": comment, action (approve, remove, label, restore,
 * quarantine), clause, explanation, note_to_author, conceal_author, canned,
 * expected_version, and for a quarantine preserve_until, notify_after and
 * order (quarantine.c); with appeal and outcome it is an appeal's decision
 * (appeal.c). Whoever claimed an item that is under blind re-review answers
 * it: the answer is written down and changes nothing by itself.
 *
 * Batches are in decide_batch.c, undoing and redacting in decide_after.c.
 */
#include <stdio.h>
#include <string.h>

#include "moderation/decide.h"
#include "moderation/grave.h"

#define DECIDE_LEASE_MS	(10 * 60 * 1000)

static const struct {
	const char	*name;
	bool		 reason;	/* needs clause and explanation */
} decide_actions[] = {
	{ "approve", false }, { "remove", true }, { "label", true },
	{ "restore", true }, { "quarantine", true },
};

#define DECIDE_ACTIONS	(sizeof(decide_actions) / sizeof(decide_actions[0]))

/* The comment of a command, by its argument. */
static int
decide_comment_row(struct turn *t, const struct command *cmd,
    struct comment_row *c, struct err *err)
{
	const char	*id;

	if (command_str(cmd, "comment", true, &id, err) != 0)
		return -1;
	return lookup_comment(t->db, id, c, err);
}

/* Refuses where another holds a claim that has not run out. */
static int
decide_unclaimed(struct turn *t, int64_t account, const struct comment_row *c,
    struct err *err)
{
	struct thread_row	thread;
	struct stmt		*s;
	struct buf		 when = BUF_INIT;
	char			 who[PSEUDONYM_LEN + 1];
	int64_t			 holder = 0, until = 0;

	s = db_query(t->db, "SELECT account, until FROM claim WHERE thread = "
	    "? AND num = ?", "ii", c->thread, c->num);
	if (stmt_step(s) == 1) {
		holder = stmt_int(s, 0);
		until = stmt_int(s, 1);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	if (until <= t->now || holder == account)
		return 0;
	if (lookup_thread_num(t->db, c->thread, &thread, err) != 0 ||
	    decision_decider(t, holder, thread.id, who, err) != 0)
		return -1;
	buf_time(&when, until);
	err_set(err, ERR_CLAIMED, NULL, "Claimed by %s until %s", who,
	    buf_str(&when));
	buf_free(&when);
	return -1;
}

int
decide_may(struct turn *t, const struct actor *actor,
    const struct comment_row *c, struct err *err)
{
	char	mine[ID_MAX], author[ID_MAX];

	if (decision_person(t->db, actor->account, mine, err) != 0 ||
	    decision_person(t->db, c->account, author, err) != 0)
		return -1;
	if (strcmp(mine, author) == 0)
		return err_set(err, ERR_OWN_CASE, NULL,
		    "Nobody decides on a comment of one's own");
	if (c->quarantined && actor->kind == ACTOR_MEMBER &&
	    (actor->roles & ROLE_ADMIN) == 0)
		return err_set(err, ERR_ROLE_REQUIRED, NULL,
		    "It is in quarantine: an admin decides");
	return decide_unclaimed(t, actor->account, c, err);
}

int
decide_claim(struct turn *t, struct command *cmd, struct err *err)
{
	struct comment_row	c;
	int64_t			until = t->now + DECIDE_LEASE_MS;

	if (decide_comment_row(t, cmd, &c, err) != 0 ||
	    decide_may(t, &cmd->actor, &c, err) != 0)
		return -1;
	cmd->status = 200;
	cmd->result = json_pack("{s:s, s:I}", "comment", c.id, "until",
	    (json_int_t)until);
	return turn_emit(t, "review.claimed", NULL, json_pack(
	    "{s:I, s:I, s:I, s:I}", "tnum", (json_int_t)c.thread, "num",
	    (json_int_t)c.num, "account", (json_int_t)cmd->actor.account,
	    "until", (json_int_t)until), err);
}

static int
decide_let_go(struct turn *t, const struct command *cmd,
    const struct comment_row *c, struct err *err)
{
	return turn_emit(t, "review.released", NULL, json_pack(
	    "{s:I, s:I, s:I}", "tnum", (json_int_t)c->thread, "num",
	    (json_int_t)c->num, "account", (json_int_t)cmd->actor.account),
	    err);
}

int
decide_release(struct turn *t, struct command *cmd, struct err *err)
{
	struct comment_row	c;

	if (decide_comment_row(t, cmd, &c, err) != 0 ||
	    decide_unclaimed(t, cmd->actor.account, &c, err) != 0)
		return -1;
	cmd->status = 200;
	cmd->result = json_pack("{s:s}", "comment", c.id);
	return decide_let_go(t, cmd, &c, err);
}

int
decide_read(const struct command *cmd, struct decide *d, struct err *err)
{
	size_t	i;

	memset(d, 0, sizeof(*d));
	if (command_str(cmd, "action", true, &d->action, err) != 0 ||
	    command_str(cmd, "clause", false, &d->clause, err) != 0 ||
	    command_str(cmd, "explanation", false, &d->explanation,
	    err) != 0 ||
	    command_str(cmd, "note_to_author", false, &d->note, err) != 0 ||
	    command_bool(cmd, "conceal_author", false, &d->conceal,
	    err) != 0 ||
	    command_bool(cmd, "canned", false, &d->canned, err) != 0)
		return -1;
	if (d->note != NULL && strlen(d->note) > 4000)
		return err_set(err, ERR_INVALID_FIELD, "note_to_author",
		    "A note has at most 4000 bytes");
	for (i = 0; i < DECIDE_ACTIONS; i++) {
		if (strcmp(decide_actions[i].name, d->action) == 0)
			return 0;
	}
	return err_set(err, ERR_INVALID_FIELD, "action", "The action is "
	    "approve, remove, label, restore or quarantine");
}

bool
decide_disputed(struct db *db, const struct comment_row *c)
{
	return db_int(db, 0, "SELECT 1 FROM remark r WHERE r.thread = ?1 AND "
	    "r.comment = ?2 AND r.kind = 'disagreement' AND NOT EXISTS "
	    "(SELECT 1 FROM decision d WHERE d.thread = ?1 AND d.comment = ?2 "
	    "AND d.at > r.at)", "ii", c->thread, c->num) != 0;
}

/* Do the rules lock away what breaks this clause? */
static bool
decide_locks(struct turn *t, const char *name)
{
	struct rules			*r = house_get(turn_house(t));
	const struct policy_clause	*clause;
	bool				 locks;

	clause = policy_clause(r->policy, name);
	locks = clause != NULL && clause->quarantine;
	house_put(&r);
	return locks;
}

int
decide_fits(struct turn *t, const struct comment_row *c,
    const struct decide *d, struct err *err)
{
	bool	removed = strcmp(c->state, "removed") == 0;
	bool	removes = strcmp(d->action, "remove") == 0 ||
		    strcmp(d->action, "quarantine") == 0;
	bool	restores = strcmp(d->action, "restore") == 0;
	bool	open = c->held_at != 0 || c->flags_open > 0 ||
		    decide_disputed(t->db, c);

	/* Else any text could be kept from its own author. */
	if (*d->action == 'q' && !decide_locks(t, d->clause))
		return err_set(err, ERR_INVALID_FIELD, "clause",
		    "Only under a clause that the rules mark so is a text "
		    "locked away");
	if (strcmp(c->state, "withdrawn") == 0 ||
	    strcmp(c->state, "erased") == 0)
		return err_set(err, ERR_STALE_VERSION, "comment",
		    "It is %s: there is nothing to decide", c->state);
	if (removed && !restores && !(removes && (open ||
	    (*d->action == 'q' && !c->quarantined))))
		return err_set(err, ERR_STALE_VERSION, "action",
		    "It is removed already: it can be restored, with a reason");
	if (!removed && restores)
		return err_set(err, ERR_STALE_VERSION, "action",
		    "It is %s: there is nothing to restore", c->state);
	if (strcmp(d->action, "approve") == 0 && !open)
		return err_set(err, ERR_STALE_VERSION, "action",
		    "It is published, and nothing is open on it");
	if (db_int(t->db, 0, "SELECT 1 FROM appeal a JOIN decision d ON d.num "
	    "= a.decision WHERE d.thread = ? AND d.comment = ? AND a.state = "
	    "'open'", "ii", c->thread, c->num) != 0)
		return err_set(err, ERR_INVALID_FIELD, "appeal",
		    "An appeal is open: decide it, with appeal and outcome");
	return 0;
}

const char *
decide_action(struct turn *t, const struct decide *d)
{
	return strcmp(d->action, "remove") == 0 && decide_locks(t, d->clause) ?
	    "quarantine" : d->action;
}

/* Reasons: always but for approving, and then checked where given. */
static int
decide_reasoned(struct turn *t, const struct decide *d,
    const struct comment_row *c, struct err *err)
{
	if (strcmp(d->action, "approve") != 0)
		return decision_reason(t, d->clause, d->explanation, c, err);
	if (d->explanation == NULL || *d->explanation == '\0')
		return 0;
	return decision_reason(t, c->held_clause[0] != '\0' ? c->held_clause :
	    "unchecked", d->explanation, c, err);
}

/* The open re-review that this actor's claim is about, else 0. */
static int64_t
decide_reviewing(struct turn *t, const struct actor *actor,
    const struct comment_row *c, int64_t *account)
{
	struct stmt	*s;
	int64_t		 rnum = 0;

	*account = 0;
	if (c->held_at != 0 || c->flags_open > 0)
		return 0;
	s = db_query(t->db, "SELECT r.num, d.account FROM review r JOIN "
	    "decision d ON d.num = r.decision JOIN claim k ON k.thread = "
	    "r.thread AND k.num = r.comment WHERE r.thread = ? AND r.comment "
	    "= ? AND r.at IS NULL AND k.account = ? AND k.until > ?", "iiii",
	    c->thread, c->num, actor->account, t->now);
	if (stmt_step(s) == 1) {
		rnum = stmt_int(s, 0);
		*account = stmt_int(s, 1);
	}
	stmt_done(s, NULL);
	return rnum;
}

/* A disagreement puts the comment before a third person. */
static int
decide_dispute(struct turn *t, const struct command *cmd,
    const struct comment_row *c, struct err *err)
{
	return turn_emit(t, "remark.added", NULL, json_pack(
	    "{s:I, s:I, s:s, s:I}", "tnum", (json_int_t)c->thread, "num",
	    (json_int_t)c->num, "kind", "disagreement", "by",
	    (json_int_t)cmd->actor.account), err);
}

/* Writes a re-reviewer's answer down. The caller is answered as by any
 * decision: a fresh id that names nothing. */
static int
decide_answer(struct turn *t, struct command *cmd, const struct decide *d,
    const struct comment_row *c, int64_t rnum, struct err *err)
{
	const char	*now = strcmp(c->state, "removed") == 0 ? "remove" :
			    "approve";
	bool		 agrees;
	char		 id[ID_LEN + 1];

	agrees = (strcmp(now, "remove") == 0) ==
	    (strcmp(d->action, "remove") == 0 ||
	    strcmp(d->action, "quarantine") == 0);
	if (crypto_id(id, ID_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	if (turn_emit(t, "review.answered", NULL, json_pack(
	    "{s:I, s:I, s:s, s:s*, s:i}", "rnum", (json_int_t)rnum,
	    "account", (json_int_t)cmd->actor.account, "action", d->action,
	    "clause", d->clause, "agrees", (int)agrees), err) != 0 ||
	    decide_let_go(t, cmd, c, err) != 0 ||
	    (!agrees && decide_dispute(t, cmd, c, err) != 0))
		return -1;
	cmd->status = 200;
	cmd->result = json_pack("{s:s, s:s}", "comment", c->id, "decision",
	    id);
	return 0;
}

/* Labels are clause ids; a further one joins those that are there. */
static int
decide_labels(struct turn *t, const struct comment_row *c,
    const struct decide *d, struct buf *out, struct err *err)
{
	struct stmt	*s;

	s = db_query(t->db, "SELECT labels FROM comment WHERE thread = ? AND "
	    "num = ?", "ii", c->thread, c->num);
	if (stmt_step(s) == 1 && !stmt_null(s, 0)) {
		buf_adds(out, stmt_text(s, 0));
		buf_addc(out, ' ');
	}
	if (stmt_done(s, err) != 0)
		return -1;
	buf_adds(out, d->clause);
	return 0;
}

/* The log index of the removal that a restore undoes, else -1. */
static int64_t
decide_reverses(struct db *db, const struct comment_row *c)
{
	return db_int(db, -1, "SELECT log_index FROM decision WHERE num = ?",
	    "i", c->removed_by);
}

static int
decide_make(struct turn *t, struct command *cmd, const struct decide *d,
    const struct comment_row *c, struct err *err)
{
	struct thread_row	thread;
	struct decision		full;
	struct buf		labels = BUF_INIT;
	char			decider[PSEUDONYM_LEN + 1], id[ID_MAX];
	int64_t			num, index;
	int			rc = -1;

	memset(&full, 0, sizeof(full));
	full.comment = c;
	full.action = decide_action(t, d);
	full.clause = d->clause;
	full.explanation = d->explanation;
	full.note = d->note;
	full.by = cmd->actor.account;
	full.decider = decider;
	full.conceal = d->conceal;
	full.canned = d->canned;
	full.preserve_until = d->preserve_until;
	full.notify_after = d->notify_after;
	full.id = id;
	id[0] = '\0';
	full.reverses = strcmp(d->action, "restore") == 0 ?
	    decide_reverses(t->db, c) : -1;
	if (lookup_thread_num(t->db, c->thread, &thread, err) != 0 ||
	    decision_decider(t, full.by, thread.id, decider, err) != 0 ||
	    decision_origin(t, c, &full, err) != 0)
		return -1;
	if (strcmp(d->action, "label") == 0) {
		if (decide_labels(t, c, d, &labels, err) != 0)
			goto out;
		full.labels = buf_str(&labels);
	}
	if (decision_emit(t, &full, &num, &index, err) == 0 &&
	    (strcmp(d->action, "approve") != 0 || c->held_clause[0] == '\0' ||
	    decision_publish(t, c, false, err) == 0) &&
	    decision_flags(t, c, num, decision_restricts(full.action),
	    err) == 0)
		rc = 0;
	cmd->status = 200;
	cmd->result = json_pack("{s:s, s:s}", "comment", c->id, "decision",
	    id);
out:
	buf_free(&labels);
	return rc;
}

int
decide_comment(struct turn *t, struct command *cmd, struct err *err)
{
	struct comment_row	c;
	struct decide		d;
	int64_t			expected, rnum, decided;

	if (json_is_string(json_object_get(cmd->args, "appeal")))
		return appeal_decide(t, cmd, err);
	if (decide_comment_row(t, cmd, &c, err) != 0 ||
	    decide_read(cmd, &d, err) != 0 ||
	    command_int(cmd, "expected_version", false, c.version, &expected,
	    err) != 0 ||
	    decide_may(t, &cmd->actor, &c, err) != 0)
		return -1;
	if (expected != c.version)
		return err_set(err, ERR_STALE_VERSION, "expected_version",
		    "It is at version %lld by now", (long long)c.version);
	if (decide_reasoned(t, &d, &c, err) != 0 ||
	    (strcmp(decide_action(t, &d), "quarantine") == 0 &&
	    quarantine_terms(t, cmd, &d.preserve_until, &d.notify_after,
	    err) != 0))
		return -1;
	rnum = decide_reviewing(t, &cmd->actor, &c, &decided);
	if (rnum != 0 && decided != cmd->actor.account)
		return decide_answer(t, cmd, &d, &c, rnum, err);
	if (decide_fits(t, &c, &d, err) != 0)
		return -1;
	if (strcmp(d.action, "approve") == 0)
		d.clause = NULL;
	return decide_make(t, cmd, &d, &c, err);
}
