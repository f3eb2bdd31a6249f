/*
 * What may follow a decision: taking one's own back at once, withholding the
 * words of an explanation, and notes among staff. See commands.h.
 *
 * decide.undo (decision): a new decision that reverses the first and leaves
 * the comment as it was before, held where it was held.
 * explanation.redact (decision, clause): the words go, the entry stays.
 * remark.add (comment or member, text, kind note or order).
 */
#include <stdio.h>
#include <string.h>

#include "moderation/decide.h"

static int
decide_after_find(struct turn *t, const struct command *cmd,
    struct decision_row *d, struct err *err)
{
	const char	*id;
	int64_t		 num;

	if (command_str(cmd, "decision", true, &id, err) != 0)
		return -1;
	num = db_int(t->db, 0, "SELECT num FROM decision WHERE id = ?", "s",
	    id);
	return lookup_decision(t->db, num, d, err);
}

static int
decide_after_undoable(struct turn *t, const struct command *cmd,
    const struct decision_row *d, struct err *err)
{
	struct rules	*r;
	char		 mine[ID_MAX], theirs[ID_MAX];
	long		 seconds;

	if (decision_person(t->db, cmd->actor.account, mine, err) != 0 ||
	    decision_person(t->db, d->account, theirs, err) != 0)
		return -1;
	if (strcmp(d->decider, "automatic") == 0 || strcmp(mine, theirs) != 0)
		return err_set(err, ERR_ROLE_REQUIRED, "decision",
		    "Only who made a decision takes it back");
	r = house_get(turn_house(t));
	seconds = policy_number(r->policy, "window.undo_seconds");
	house_put(&r);
	if (t->now > d->at + seconds * 1000)
		return err_set(err, ERR_EDIT_WINDOW_OVER, "decision",
		    "A decision can be taken back for %ld seconds", seconds);
	if (d->comment == 0 || d->undone || db_int(t->db, 0, "SELECT "
	    "COUNT(*) FROM decision WHERE thread = ? AND comment = ? AND num "
	    "> ?", "iii", d->thread, d->comment, d->num) != 0)
		return err_set(err, ERR_STALE_VERSION, "decision",
		    "Something was decided since");
	return 0;
}

/* The labels as they were: the present ones less what the decision put. */
static void
decide_after_labels(struct turn *t, const struct decision_row *d,
    struct buf *out)
{
	struct stmt	*s;
	const char	*labels;
	size_t		 n, own = strlen(d->clause);

	s = db_query(t->db, "SELECT labels FROM comment WHERE thread = ? AND "
	    "num = ?", "ii", d->thread, d->comment);
	if (stmt_step(s) == 1) {
		labels = stmt_text(s, 0);
		n = strlen(labels);
		if (n > own && strcmp(labels + n - own, d->clause) == 0)
			buf_add(out, labels, n - own - 1);
	}
	stmt_done(s, NULL);
}

/* The removal that a restore had reversed: undoing it removes again, under
 * the same clause and in the same words. */
static int
decide_after_again(struct turn *t, const struct decision_row *d,
    struct decision *full, struct decision_row *first, struct buf *words,
    struct err *err)
{
	char	ref[REF_MAX];

	if (lookup_decision(t->db, db_int(t->db, 0, "SELECT num FROM decision "
	    "WHERE log_index = ? AND thread = ? AND comment = ?", "iii",
	    d->reverses, d->thread, d->comment), first, err) != 0)
		return -1;
	ref_make(ref, 'd', first->id);
	if (lookup_content(t->db, ref, "explanation", words, NULL, err) < 0)
		return -1;
	full->action = first->action;
	full->clause = first->clause;
	if (words->len > 0)
		full->explanation = buf_str(words);
	return 0;
}

static int
decide_after_emit(struct turn *t, struct command *cmd,
    const struct decision_row *d, const struct comment_row *c,
    struct err *err)
{
	struct decision_row	first;
	struct decision		full;
	struct buf		words = BUF_INIT, labels = BUF_INIT;
	char			id[ID_MAX] = "";
	struct decision_held	held;
	int64_t			num, index;
	int			rc = 0, was;

	memset(&full, 0, sizeof(full));
	full.comment = c;
	full.action = "restore";
	full.clause = d->clause[0] != '\0' ? d->clause : "unchecked";
	full.explanation = "The decision was taken back at once by the person "
	    "who had made it.";
	full.source = d->source;
	full.automated_decision = "AUTOMATED_DECISION_NOT_AUTOMATED";
	full.by = d->account;
	full.decider = d->decider;
	full.reverses = d->log_index;
	full.undoes = d->num;
	full.since = d->at;
	full.id = id;
	if (strcmp(d->action, "label") == 0) {
		decide_after_labels(t, d, &labels);
		full.labels = buf_str(&labels);
	}
	if (strcmp(d->action, "restore") == 0)
		rc = decide_after_again(t, d, &full, &first, &words, err);
	was = decision_held(t->db, d, &held, err);
	if (was < 0)
		rc = -1;
	if (rc == 0)
		rc = decision_emit(t, &full, &num, &index, err);
	if (rc == 0 && was == 0 && strcmp(d->action, "label") != 0)
		rc = decision_hold(t, c, held.clause, held.decide_by,
		    held.unchecked, held.harm, held.detected, err);
	cmd->status = 200;
	cmd->result = json_pack("{s:s, s:s}", "comment", c->id, "decision",
	    id);
	buf_free(&words);
	buf_free(&labels);
	return rc;
}

int
decide_undo(struct turn *t, struct command *cmd, struct err *err)
{
	struct decision_row	d;
	struct comment_row	c;

	if (decide_after_find(t, cmd, &d, err) != 0 ||
	    decide_after_undoable(t, cmd, &d, err) != 0 ||
	    lookup_comment_num(t->db, d.thread, d.comment, &c, err) != 0)
		return -1;
	return decide_after_emit(t, cmd, &d, &c, err);
}

int
decide_redact(struct turn *t, struct command *cmd, struct err *err)
{
	struct decision_row	 d;
	const char		*clause;
	char			 ref[REF_MAX];
	json_t			*prv;

	if (decide_after_find(t, cmd, &d, err) != 0 ||
	    command_str(cmd, "clause", false, &clause, err) != 0)
		return -1;
	if (d.redacted)
		return err_set(err, ERR_STALE_VERSION, "decision",
		    "Its words are withheld already");
	ref_make(ref, 'd', d.id);
	if (turn_drop_content(t, ref, "explanation", err) != 0)
		return -1;
	prv = json_pack("{s:I, s:I}", "dnum", (json_int_t)d.num, "account",
	    (json_int_t)cmd->actor.account);
	if (d.comment != 0) {
		json_object_set_new(prv, "tnum", json_integer(d.thread));
		json_object_set_new(prv, "num", json_integer(d.comment));
	}
	cmd->status = 200;
	cmd->result = json_pack("{s:s}", "decision", d.id);
	return turn_emit(t, "explanation.redacted", json_pack(
	    "{s:I, s:s, s:s*}", "ref", (json_int_t)d.log_index, "by", "order",
	    "clause", clause), prv, err);
}

static int
decide_after_about(struct turn *t, const struct command *cmd, json_t *prv,
    struct err *err)
{
	struct comment_row	 c;
	struct account_row	 a;
	const char		*comment, *member;

	if (command_str(cmd, "comment", false, &comment, err) != 0 ||
	    command_str(cmd, "member", false, &member, err) != 0)
		return -1;
	if (comment == NULL && member == NULL)
		return err_set(err, ERR_INVALID_FIELD, "comment",
		    "Say what the note is about: comment or member");
	if (comment != NULL) {
		if (lookup_comment(t->db, comment, &c, err) != 0)
			return -1;
		json_object_set_new(prv, "tnum", json_integer(c.thread));
		json_object_set_new(prv, "num", json_integer(c.num));
	}
	if (member != NULL) {
		if (lookup_account_id(t->db, member, &a, err) != 0)
			return -1;
		json_object_set_new(prv, "account", json_integer(a.num));
	}
	return 0;
}

int
decide_remark(struct turn *t, struct command *cmd, struct err *err)
{
	const char	*text, *kind;
	char		 ref[REF_MAX], seq[24], hex[HASH_LEN * 2 + 1];
	json_t		*prv;

	if (command_str(cmd, "text", true, &text, err) != 0 ||
	    command_str(cmd, "kind", false, &kind, err) != 0)
		return -1;
	if (strlen(text) > 8000)
		return err_set(err, ERR_INVALID_FIELD, "text",
		    "A note has at most 8000 bytes");
	if (kind == NULL)
		kind = "note";
	if (strcmp(kind, "note") != 0 && strcmp(kind, "order") != 0)
		return err_set(err, ERR_INVALID_FIELD, "kind",
		    "The kind is note or order");
	snprintf(seq, sizeof(seq), "%llu",
	    (unsigned long long)turn_next_seq(t));
	ref_make(ref, 'r', seq);
	prv = json_pack("{s:s, s:I}", "kind", kind, "by",
	    (json_int_t)cmd->actor.account);
	if (prv == NULL || decide_after_about(t, cmd, prv, err) != 0 ||
	    turn_content(t, ref, "text", text, strlen(text), hex, err) != 0) {
		json_decref(prv);
		return -1;
	}
	json_object_set_new(prv, "text", json_string(hex));
	cmd->status = 201;
	cmd->result = json_pack("{s:s}", "remark", seq);
	return turn_emit(t, "remark.added", NULL, prv, err);
}
