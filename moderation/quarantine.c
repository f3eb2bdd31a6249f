/*
 * What is locked away. See grave.h and commands.h.
 *
 * A comment comes here by a decision "quarantine" and leaves by a decision
 * "restore" (decide.c). Its text is shown to nobody; who is charged with it
 * (forumctl user set NAME --charged on) and an admin may open it:
 *
 * quarantine.open: comment, reason. An event and a row of the private log
 * for each opening; only when that is on disk is the text given out, by
 * whoever handed the command in.
 * quarantine.keep: comment, preserve_until, notify_after, order.
 */
#include <stdio.h>
#include <string.h>

#include "moderation/grave.h"

#define DAY_MS	86400000LL

/* The comment, if it is in quarantine. */
static int
quarantine_find(struct turn *t, const struct command *cmd,
    struct comment_row *c, struct err *err)
{
	const char	*id;

	if (command_str(cmd, "comment", true, &id, err) != 0 ||
	    lookup_comment(t->db, id, c, err) != 0)
		return -1;
	return c->quarantined ? 0 : err_set(err, ERR_NOT_FOUND, "comment",
	    "It is not in quarantine");
}

/* Named for it, and still an admin. */
static int
quarantine_charged(struct turn *t, const struct actor *actor,
    struct err *err)
{
	if (actor->kind == ACTOR_MEMBER && (actor->roles & ROLE_ADMIN) != 0 &&
	    db_int(t->db, 0, "SELECT charged FROM account WHERE num = ?", "i",
	    actor->account) != 0)
		return 0;
	return err_set(err, ERR_ROLE_REQUIRED, NULL,
	    "Only an admin who is named for it opens what is in quarantine");
}

int
quarantine_open(struct turn *t, struct command *cmd, struct err *err)
{
	struct comment_row	 c;
	char			 ref[REF_MAX], seq[24];
	json_t			*prv;

	if (quarantine_charged(t, &cmd->actor, err) != 0 ||
	    quarantine_find(t, cmd, &c, err) != 0)
		return -1;
	if (c.erased)
		return err_set(err, ERR_NOT_FOUND, "comment",
		    "Its text has been erased");
	snprintf(seq, sizeof(seq), "%llu",
	    (unsigned long long)turn_next_seq(t));
	ref_make(ref, 'q', seq);
	prv = json_pack("{s:I, s:I, s:I}", "tnum", (json_int_t)c.thread,
	    "num", (json_int_t)c.num, "account",
	    (json_int_t)cmd->actor.account);
	if (prv == NULL || grave_text(t, cmd, "reason", true, ref, prv,
	    err) != 0) {
		json_decref(prv);
		return prv == NULL ? err_set(err, ERR_STORAGE_UNAVAILABLE,
		    NULL, "Out of memory") : -1;
	}
	cmd->status = 200;
	cmd->result = json_pack("{s:s, s:i, s:I}", "comment", c.id,
	    "revision", c.revision, "opened_at", (json_int_t)t->now);
	return turn_emit(t, "quarantine.opened", NULL, prv, err);
}

int
quarantine_terms(struct turn *t, const struct command *cmd,
    int64_t *preserve_until, int64_t *notify_after, struct err *err)
{
	struct rules	*r;
	const char	*order;

	if (grave_time(cmd, "preserve_until", false, preserve_until,
	    err) != 0 || grave_time(cmd, "notify_after", false, notify_after,
	    err) != 0 || command_str(cmd, "order", false, &order, err) != 0)
		return -1;
	if (*preserve_until != 0 && *preserve_until <= t->now)
		return err_set(err, ERR_INVALID_FIELD, "preserve_until",
		    "preserve_until has passed");
	if (*notify_after != 0 && *notify_after <= t->now)
		return err_set(err, ERR_INVALID_FIELD, "notify_after",
		    "notify_after has passed");
	if (*notify_after != 0 && (order == NULL || db_int(t->db, 0, "SELECT "
	    "COUNT(*) FROM mandate WHERE id = ?", "s", order) == 0))
		return err_set(err, ERR_INVALID_FIELD, "order", "Only a "
		    "recorded order delays what its author is told");
	if (*preserve_until == 0) {
		r = house_get(turn_house(t));
		*preserve_until = t->now + policy_number(r->policy,
		    "retention.preserved_days") * DAY_MS;
		house_put(&r);
	}
	return 0;
}

int
quarantine_keep(struct turn *t, struct command *cmd, struct err *err)
{
	struct comment_row	 c;
	int64_t			 until, notify;
	json_t			*prv;

	if (quarantine_find(t, cmd, &c, err) != 0 ||
	    quarantine_terms(t, cmd, &until, &notify, err) != 0)
		return -1;
	if (notify != 0 && db_int(t->db, 0, "SELECT COUNT(*) FROM notice n "
	    "JOIN quarantine q ON q.decision = n.decision WHERE n.account = ? "
	    "AND q.thread = ? AND q.num = ?", "iii", c.account, c.thread,
	    c.num) != 0)
		return err_set(err, ERR_STALE_VERSION, "notify_after",
		    "Its author has been told already");
	prv = json_pack("{s:I, s:I, s:I, s:I}", "tnum", (json_int_t)c.thread,
	    "num", (json_int_t)c.num, "account",
	    (json_int_t)cmd->actor.account, "preserve_until",
	    (json_int_t)until);
	if (notify != 0)
		json_object_set_new(prv, "notify_after",
		    json_integer(notify));
	cmd->status = 200;
	cmd->result = json_pack("{s:s}", "comment", c.id);
	return turn_emit(t, "quarantine.kept", NULL, prv, err);
}
