/*
 * What an appeal's outcome brings about. See appeal.h.
 *
 * Each follows as an entry of its own: a comment comes back by a decision
 * "restore" that names the one it reverses; a sanction ends; a flag that had
 * been rejected is upheld and the comment removed after all.
 */
#include <string.h>

#include "moderation/appeal.h"
#include "moderation/sanction.h"

static int
appeal_settle_decided(struct turn *t, const struct appeal_row *a,
    const struct decision_row *d, const struct appeal_outcome *o,
    struct err *err)
{
	char	 ref[REF_MAX], hex[HASH_LEN * 2 + 1];
	json_t	*prv;

	ref_make(ref, 'p', a->id);
	if (turn_content(t, ref, "explanation", o->explanation,
	    strlen(o->explanation), hex, err) != 0)
		return -1;
	prv = json_pack("{s:I, s:I}", "anum", (json_int_t)a->num, "account",
	    (json_int_t)o->by);
	if (a->thread != 0) {
		json_object_set_new(prv, "tnum", json_integer(a->thread));
		json_object_set_new(prv, "num", json_integer(a->comment));
	}
	return turn_emit(t, "appeal.decided", json_pack(
	    "{s:I, s:s, s:s, s:s}", "ref", (json_int_t)d->log_index,
	    "outcome", o->reversed ? "reversed" : "upheld", "decider",
	    o->decider, "explanation", hex), prv, err);
}

/* A decision that follows from the outcome. */
static int
appeal_settle_emit(struct turn *t, const struct appeal_row *a,
    const struct decision_row *d, const struct appeal_outcome *o,
    const struct comment_row *c, const char *action, int64_t *num,
    struct err *err)
{
	struct decision	full;
	int64_t		index;

	memset(&full, 0, sizeof(full));
	full.comment = c;
	full.action = action;
	full.clause = o->clause;
	full.explanation = o->explanation;
	full.source = d->source;
	full.automated_decision = o->by == 0 &&
	    strcmp(o->decider, "automatic") == 0 ?
	    "AUTOMATED_DECISION_FULLY" : "AUTOMATED_DECISION_NOT_AUTOMATED";
	full.by = o->by;
	full.decider = o->decider;
	full.reverses = d->log_index;
	full.since = a->filed_at;
	full.quiet = true;
	/* A label appealed against with success goes; others with it, as the
	 * text says nothing of which. */
	if (strcmp(d->action, "label") == 0)
		full.labels = "";
	return decision_emit(t, &full, num, &index, err);
}

/* The flagger was right: the flag counts as upheld, the comment goes. */
static int
appeal_settle_flag(struct turn *t, const struct appeal_row *a,
    const struct decision_row *d, const struct appeal_outcome *o,
    const struct comment_row *c, struct err *err)
{
	struct stmt	*s;
	struct buf	 clause = BUF_INIT, line = BUF_INIT;
	int64_t		 num = 0;
	int		 rc;

	s = db_query(t->db, "SELECT clause FROM flag WHERE num = ?", "i",
	    a->flag);
	if (stmt_step(s) == 1)
		buf_adds(&clause, stmt_text(s, 0));
	if ((rc = stmt_done(s, err)) == 0 && strcmp(c->state, "visible") == 0)
		rc = appeal_settle_emit(t, a, d, o, c, "remove", &num, err);
	if (rc == 0 && num != 0)
		rc = decision_flags(t, c, num, true, err);
	buf_addf(&line, "%s 1", buf_str(&clause));
	if (rc == 0)
		rc = turn_emit(t, "flags.decided", json_pack("{s:I, s:[s]}",
		    "ref", (json_int_t)c->log_index, "upheld",
		    buf_str(&line)), json_pack("{s:I, s:I, s:I, "
		    "s:[{s:I, s:s}]}", "tnum", (json_int_t)c->thread, "num",
		    (json_int_t)c->num, "decision", (json_int_t)(num != 0 ?
		    num : d->num), "flags", "fnum", (json_int_t)a->flag,
		    "state", "upheld"), err);
	buf_free(&clause);
	buf_free(&line);
	return rc;
}

static int
appeal_settle_sanction(struct turn *t, const struct appeal_row *a,
    const struct appeal_outcome *o, struct err *err)
{
	if (db_int(t->db, 0, "SELECT 1 FROM sanction WHERE num = ? AND state "
	    "= 'active'", "i", a->sanction) == 0)
		return 0;
	return sanction_end_emit(t, a->sanction, "reversed", o->decider, err);
}

int
appeal_settle(struct turn *t, const struct appeal_row *a,
    const struct decision_row *d, const struct appeal_outcome *o,
    struct err *err)
{
	struct comment_row	c;
	int64_t			num = 0;
	int			rc = 0;

	if (a->thread != 0 && lookup_comment_num(t->db, a->thread,
	    a->comment, &c, err) != 0)
		return -1;
	if (appeal_settle_decided(t, a, d, o, err) != 0)
		return -1;
	if (o->reversed && a->sanction != 0)
		rc = appeal_settle_sanction(t, a, o, err);
	else if (o->reversed && a->flag != 0)
		rc = appeal_settle_flag(t, a, d, o, &c, err);
	else if (o->reversed)
		rc = appeal_settle_emit(t, a, d, o, &c, "restore", &num, err);
	if (rc != 0)
		return -1;
	return notice_emit(t, a->account, "appeal_outcome",
	    a->thread != 0 ? &c : NULL, num, a->num, a->flag, a->sanction,
	    err);
}
