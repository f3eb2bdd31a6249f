/*
 * What time alone brings about. Commands of automation; see commands.h.
 *
 * deadline.pass: holds past their time. Only those under a clause that the
 * rules mark publish_on_timeout, with every stage checked, are published;
 * all others are counted as overdue, once, and wait on for a person. Nothing
 * expires in silence. Sanctions past their end are ended. An appeal that
 * nobody is left to decide ends in its author's favour, but for grave
 * clauses. A statement that an order had delayed is sent.
 * deadline.sample (share_percent): puts a share of decisions, unmarked,
 * before a second moderator.
 *
 * Each does a bounded number of things and says in its result ("more")
 * whether to come again. Retention is in deadline_retain.c.
 */
#include <stdio.h>
#include <string.h>

#include "moderation/appeal.h"
#include "moderation/decision.h"
#include "moderation/deadline.h"
#include "moderation/sanction.h"

#define DAY_MS		86400000LL
#define SAMPLE_BACK_MS	(2 * 86400000LL)

/* Publishes one hold that ran out, or counts it as overdue. */
static int
deadline_hold(struct turn *t, const struct policy *p,
    const struct comment_row *c, bool *published, struct err *err)
{
	const struct policy_clause	*clause;

	clause = policy_clause(p, c->held_clause);
	*published = clause != NULL && clause->publish_on_timeout &&
	    !c->held_unchecked;
	if (!*published)
		return turn_emit(t, "comment.overdue", NULL, json_pack(
		    "{s:I, s:I}", "tnum", (json_int_t)c->thread, "num",
		    (json_int_t)c->num), err);
	if (decision_publish(t, c, true, err) != 0)
		return -1;
	return notice_emit(t, c->account, "published", c, 0, 0, 0, 0, err);
}

static int
deadline_holds(struct turn *t, const struct policy *p, struct deadline *d,
    struct err *err)
{
	struct comment_row	c;
	struct stmt		*s;
	bool			 published;
	int			 rc = 0, n = 0;

	s = db_query(t->db, "SELECT thread, num FROM comment WHERE state = "
	    "'held' AND decide_by <= ? AND held_overdue IS NULL ORDER BY "
	    "decide_by LIMIT ?", "ii", t->now, (int64_t)DEADLINE_MAX);
	while (rc == 0 && stmt_step(s) == 1) {
		n++;
		rc = lookup_comment_num(t->db, stmt_int(s, 0), stmt_int(s, 1),
		    &c, err);
		if (rc == 0)
			rc = deadline_hold(t, p, &c, &published, err);
		if (rc == 0)
			*(published ? &d->published : &d->overdue) += 1;
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	d->more = d->more || n == DEADLINE_MAX;
	return rc;
}

static int
deadline_sanctions(struct turn *t, struct deadline *d, struct err *err)
{
	struct stmt	*s;
	int		 rc = 0, n = 0;

	s = db_query(t->db, "SELECT num FROM sanction WHERE state = 'active' "
	    "AND until <= ? ORDER BY num LIMIT ?", "ii", t->now,
	    (int64_t)DEADLINE_MAX);
	while (rc == 0 && stmt_step(s) == 1) {
		n++;
		rc = sanction_end_emit(t, stmt_int(s, 0), "expired",
		    "automatic", err);
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	d->ended = n;
	d->more = d->more || n == DEADLINE_MAX;
	return rc;
}

/* Is there a staff account whose person may decide it? */
static int
deadline_anybody(struct turn *t, const struct appeal_row *a, bool *found,
    struct err *err)
{
	struct stmt	*s;
	struct err	 why;

	*found = false;
	s = db_query(t->db, "SELECT num FROM account WHERE roles & ? != 0 AND "
	    "erased_at IS NULL AND banned = 0", "i", (int64_t)ROLE_STAFF);
	while (!*found && stmt_step(s) == 1)
		*found = appeal_eligible(t->db, a, stmt_int(s, 0), &why) == 0;
	return stmt_done(s, err);
}

/* Ends one in its author's favour where nobody can decide it. What was
 * removed under a grave clause, and a flagger's appeal, wait on. */
static int
deadline_appeal(struct turn *t, const struct policy *p, const char *id,
    struct deadline *d, struct err *err)
{
	const struct policy_clause	*clause;
	struct appeal_row		 a;
	struct decision_row		 dec;
	struct appeal_outcome		 o;
	bool				 found;

	if (appeal_lookup(t->db, id, &a, err) != 0 ||
	    appeal_decision(t->db, &a, &dec, err) != 0 ||
	    deadline_anybody(t, &a, &found, err) != 0)
		return -1;
	clause = policy_clause(p, dec.clause);
	if (found || a.flag != 0 || clause == NULL || clause->escalate ||
	    clause->quarantine || clause->legal != NULL)
		return 0;
	memset(&o, 0, sizeof(o));
	o.reversed = true;
	o.clause = dec.clause;
	o.explanation = "Nobody but who had decided before could have judged "
	    "this appeal in time. The decision is therefore reversed.";
	o.decider = "automatic";
	d->restored++;
	return appeal_settle(t, &a, &dec, &o, err);
}

static int
deadline_appeals(struct turn *t, const struct policy *p, struct deadline *d,
    struct err *err)
{
	struct stmt	*s;
	int		 rc = 0;

	s = db_query(t->db, "SELECT id FROM appeal WHERE state = 'open' AND "
	    "filed_at <= ? ORDER BY filed_at LIMIT ?", "ii",
	    t->now - policy_number(p, "window.appeal_person_days") * DAY_MS,
	    (int64_t)DEADLINE_MAX);
	while (rc == 0 && stmt_step(s) == 1)
		rc = deadline_appeal(t, p, stmt_text(s, 0), d, err);
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	return rc;
}

/* What an order had kept from an author for a while is told when the time
 * is over. */
static int
deadline_statements(struct turn *t, struct deadline *d, struct err *err)
{
	struct comment_row	c;
	struct stmt		*s;
	int			 rc = 0, n = 0;

	s = db_query(t->db, "SELECT q.thread, q.num, q.decision FROM "
	    "quarantine q JOIN comment c ON c.thread = q.thread AND c.num = "
	    "q.num WHERE q.notify_after <= ? AND q.released_at IS NULL AND "
	    "NOT EXISTS (SELECT 1 FROM notice n WHERE n.account = c.account "
	    "AND n.decision = q.decision) ORDER BY q.notify_after LIMIT ?",
	    "ii", t->now, (int64_t)DEADLINE_MAX);
	while (rc == 0 && stmt_step(s) == 1) {
		n++;
		rc = lookup_comment_num(t->db, stmt_int(s, 0), stmt_int(s, 1),
		    &c, err);
		if (rc == 0)
			rc = notice_emit(t, c.account, "statement", &c,
			    stmt_int(s, 2), 0, 0, 0, err);
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	d->more = d->more || n == DEADLINE_MAX;
	return rc;
}

int
deadline_pass(struct turn *t, struct command *cmd, struct err *err)
{
	struct rules	*r = house_get(turn_house(t));
	struct deadline	 d;
	int		 rc;

	memset(&d, 0, sizeof(d));
	rc = deadline_holds(t, r->policy, &d, err);
	if (rc == 0)
		rc = deadline_sanctions(t, &d, err);
	if (rc == 0)
		rc = deadline_appeals(t, r->policy, &d, err);
	if (rc == 0)
		rc = deadline_statements(t, &d, err);
	house_put(&r);
	cmd->status = 200;
	cmd->result = json_pack("{s:i, s:i, s:i, s:i, s:b}", "published",
	    d.published, "overdue", d.overdue, "ended", d.ended, "restored",
	    d.restored, "more", d.more);
	return rc;
}

/* The same decision is drawn or not drawn whenever it is looked at. */
static bool
deadline_drawn(struct turn *t, const char *id, int64_t percent)
{
	struct hash	h;
	uint32_t	n;

	house_hmac(turn_house(t), "sample", id, strlen(id), &h);
	n = (uint32_t)h.b[0] << 16 | (uint32_t)h.b[1] << 8 | h.b[2];
	return n % 100 < (uint32_t)percent;
}

/* The time it had as a fresh item: that of its hold; none where flags had
 * brought it; else what its clause gives. */
static int
deadline_due(struct turn *t, const struct policy *p,
    const struct decision_row *d, int64_t *due, struct err *err)
{
	const struct policy_clause	*clause = policy_clause(p, d->clause);
	struct decision_held		 held;
	int				 was;

	*due = 0;
	if ((was = decision_held(t->db, d, &held, err)) < 0)
		return -1;
	if (was == 0)
		*due = held.decide_by;
	else if (strcmp(d->source, "SOURCE_VOLUNTARY") == 0)
		*due = d->since + (clause == NULL ? 720 :
		    clause->decide_within_minutes) * 60000LL;
	return 0;
}

static int
deadline_draw(struct turn *t, const struct policy *p, int64_t dnum,
    int64_t rnum, struct err *err)
{
	struct decision_row	d;
	int64_t			due;

	if (lookup_decision(t->db, dnum, &d, err) != 0 ||
	    deadline_due(t, p, &d, &due, err) != 0)
		return -1;
	return turn_emit(t, "review.sampled", NULL, json_pack(
	    "{s:I, s:I, s:I, s:I, s:I}", "rnum", (json_int_t)rnum, "dnum",
	    (json_int_t)dnum, "tnum", (json_int_t)d.thread, "num",
	    (json_int_t)d.comment, "due_at", (json_int_t)due), err);
}

/* Decisions of persons that still stand, that nobody has appealed against
 * and that were not put before anybody yet. */
#define SAMPLE_SQL							       \
	"SELECT d.num, d.id FROM decision d "				       \
	"JOIN comment c ON c.thread = d.thread AND c.num = d.comment WHERE "   \
	"d.num > (SELECT COALESCE(MAX(num), 0) - 2000 FROM decision) AND "     \
	"d.at > ? AND d.account > 0 AND d.action IN ('approve', 'remove') "    \
	"AND d.undone = 0 AND d.reversed_by IS NULL AND d.appeal = 'none' "    \
	"AND c.state IN ('visible', 'removed') AND c.flags_open = 0 AND NOT "  \
	"EXISTS (SELECT 1 FROM decision n WHERE n.thread = d.thread AND "      \
	"n.comment = d.comment AND n.num > d.num) AND NOT EXISTS (SELECT 1 "   \
	"FROM review r WHERE r.thread = d.thread AND r.comment = d.comment) "  \
	"ORDER BY d.num LIMIT 2000"

int
deadline_sample(struct turn *t, struct command *cmd, struct err *err)
{
	struct rules	*r;
	struct stmt	*s;
	int64_t		 percent, rnum;
	int		 rc = 0, n = 0;

	if (command_int(cmd, "share_percent", true, 0, &percent, err) != 0)
		return -1;
	if (percent < 0 || percent > 100)
		return err_set(err, ERR_INVALID_FIELD, "share_percent",
		    "share_percent is 0 to 100");
	rnum = lookup_next(t->db,
	    "SELECT COALESCE(MAX(num), 0) + 1 FROM review");
	r = house_get(turn_house(t));
	s = db_query(t->db, SAMPLE_SQL, "i", t->now - SAMPLE_BACK_MS);
	while (rc == 0 && n < DEADLINE_MAX && stmt_step(s) == 1) {
		if (!deadline_drawn(t, stmt_text(s, 1), percent))
			continue;
		rc = deadline_draw(t, r->policy, stmt_int(s, 0), rnum + n,
		    err);
		n++;
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	house_put(&r);
	cmd->status = 200;
	cmd->result = json_pack("{s:i, s:b}", "sampled", n, "more",
	    n == DEADLINE_MAX);
	return rc;
}
