/*
 * Erasing an account: its texts, names and secrets go, the counts and the
 * record stay. A removed comment stays removed (its text goes); what was
 * withheld under a preservation order stays until that ends. Open appeals
 * are closed. The answer says what was erased and what is kept, why and how
 * long.
 */
#include <string.h>

#include "moderation/account.h"

struct account_erase {
	struct turn	*t;
	int64_t		 account;
	int64_t		 comments, flags, appeals, kept;
};

/* Drops every revision's body, and the name that came with the first. */
static int
account_erase_texts(struct turn *t, const char *id, int revisions,
    struct err *err)
{
	char	ref[REF_MAX];
	int	i;

	for (i = 1; i <= revisions; i++) {
		ref_comment(ref, id, i);
		if (turn_drop_content(t, ref, NULL, err) != 0)
			return -1;
	}
	return 0;
}

static int
account_erase_comments(struct account_erase *e, struct err *err)
{
	struct stmt	*s;
	int		 rc = 0;

	s = db_query(e->t->db, "SELECT id, thread, num, revision, log_index, "
	    "quarantined FROM comment WHERE account = ? AND erased_by IS NULL "
	    "ORDER BY thread, num", "i", e->account);
	while (rc == 0 && stmt_step(s) == 1) {
		if (stmt_int(s, 5) != 0) {
			e->kept++;
			continue;
		}
		e->comments++;
		rc = account_erase_texts(e->t, stmt_text(s, 0),
		    (int)stmt_int(s, 3), err);
		if (rc == 0)
			rc = turn_emit(e->t, "comment.erased", json_pack(
			    "{s:I, s:s}", "ref", (json_int_t)stmt_int(s, 4),
			    "by", "author"), json_pack("{s:I, s:I, s:I, s:I}",
			    "tnum", (json_int_t)stmt_int(s, 1), "num",
			    (json_int_t)stmt_int(s, 2), "revisions",
			    (json_int_t)stmt_int(s, 3), "account",
			    (json_int_t)e->account), err);
	}
	return stmt_done(s, rc == 0 ? err : NULL) != 0 ? -1 : rc;
}

/* Drops one field (NULL: all) of the rows that sql finds by the account. */
static int
account_erase_refs(struct account_erase *e, const char *sql, char kind,
    const char *field, int64_t *count, struct err *err)
{
	struct stmt	*s;
	char		 ref[REF_MAX];
	int		 rc = 0;

	s = db_query(e->t->db, sql, "i", e->account);
	while (rc == 0 && stmt_step(s) == 1) {
		ref_make(ref, kind, stmt_text(s, 0));
		rc = turn_drop_content(e->t, ref, field, err);
		if (count != NULL)
			++*count;
	}
	return stmt_done(s, rc == 0 ? err : NULL) != 0 ? -1 : rc;
}

static int
account_erase_appeals(struct account_erase *e, struct err *err)
{
	struct stmt	*s;
	json_t		*prv;
	int		 rc = 0;

	s = db_query(e->t->db, "SELECT a.num, a.id, a.decision, a.thread, "
	    "a.comment, COALESCE(d.log_index, a.log_index, 0) FROM appeal a "
	    "LEFT JOIN decision d ON d.num = a.decision WHERE a.account = ? "
	    "AND a.state = 'open' ORDER BY a.num", "i", e->account);
	while (rc == 0 && stmt_step(s) == 1) {
		prv = json_pack("{s:I, s:I}", "anum",
		    (json_int_t)stmt_int(s, 0), "account", (json_int_t)0);
		if (!stmt_null(s, 2))
			json_object_set_new(prv, "dnum",
			    json_integer(stmt_int(s, 2)));
		if (!stmt_null(s, 3)) {
			json_object_set_new(prv, "tnum",
			    json_integer(stmt_int(s, 3)));
			json_object_set_new(prv, "num",
			    json_integer(stmt_int(s, 4)));
		}
		rc = turn_emit(e->t, "appeal.decided", json_pack(
		    "{s:I, s:s, s:s}", "ref", (json_int_t)stmt_int(s, 5),
		    "outcome", "closed", "decider", "automatic"), prv, err);
	}
	return stmt_done(s, rc == 0 ? err : NULL) != 0 ? -1 : rc;
}

static int
account_erase_all(struct account_erase *e, const char *id, struct err *err)
{
	char	ref[REF_MAX];

	ref_make(ref, 'a', id);
	if (account_erase_comments(e, err) != 0 ||
	    account_erase_appeals(e, err) != 0 ||
	    account_erase_refs(e, "SELECT id FROM flag WHERE account = ?",
	    'f', NULL, &e->flags, err) != 0 ||
	    account_erase_refs(e, "SELECT id FROM appeal WHERE account = ?",
	    'p', "grounds", &e->appeals, err) != 0 ||
	    account_erase_refs(e, "SELECT d.id FROM comment c JOIN decision d "
	    "ON d.thread = c.thread AND d.comment = c.num WHERE c.account = ?",
	    'd', "note", NULL, err) != 0 ||
	    account_erase_refs(e, "SELECT d.id FROM sanction s JOIN decision "
	    "d ON d.num = s.decision WHERE s.account = ?", 'd', "note", NULL,
	    err) != 0 ||
	    account_erase_refs(e, "SELECT num FROM remark WHERE account = ?",
	    'r', NULL, NULL, err) != 0 ||
	    turn_drop_content(e->t, ref, NULL, err) != 0)
		return -1;
	return turn_emit(e->t, "account.erased", NULL, json_pack("{s:I}",
	    "account", (json_int_t)e->account), err);
}

static json_t *
account_erase_kept(const char *what, const char *why)
{
	return json_pack("{s:s, s:s, s:n}", "what", what, "why", why, "until");
}

static json_t *
account_erase_answer(const struct account_erase *e, const char *id)
{
	json_t	*kept = json_array();

	json_array_append_new(kept, account_erase_kept("record",
	    "The public record holds commitments, dates and clauses; without "
	    "the erased salts nobody can connect them with a text or person"));
	json_array_append_new(kept, account_erase_kept("decisions",
	    "Decisions and their public explanations stay for others to "
	    "verify; they name nobody"));
	json_array_append_new(kept, account_erase_kept("votes and flags",
	    "They stay as numbers, so that counts add up"));
	json_array_append_new(kept, account_erase_kept("backups",
	    "Older backups hold the texts until they are thrown away; what "
	    "was erased is erased again when one is restored"));
	if (e->kept > 0)
		json_array_append_new(kept, account_erase_kept(
		    "texts under preservation",
		    "A legal duty keeps them, closed to everybody else"));
	return json_pack("{s:s, s:[s, s, s, s, s], s:{s:I, s:I, s:I, s:I}, "
	    "s:o}", "account", id, "erased", "name", "e-mail", "sign-in",
	    "texts", "tokens", "counts", "comments",
	    (json_int_t)e->comments, "flag_notes", (json_int_t)e->flags,
	    "appeal_grounds", (json_int_t)e->appeals,
	    "preserved", (json_int_t)e->kept, "retained", kept);
}

int
account_erase(struct turn *t, struct command *cmd, struct err *err)
{
	struct account_erase	e = { .t = t };
	struct account_row	a;
	json_t			*epoch = json_object_get(cmd->made, "epoch");

	if (account_target(t->db, cmd, &a, err) != 0)
		return -1;
	if (!account_own(cmd, &a) || a.erased)
		return err_set(err, ERR_NOT_FOUND, "account",
		    "There is no such account");
	if (cmd->actor.kind == ACTOR_MEMBER && (epoch == NULL ||
	    json_integer_value(epoch) != a.epoch))
		return err_set(err, ERR_SIGN_IN_REQUIRED, "password",
		    "The present password is required");
	e.account = a.num;
	if (account_erase_all(&e, a.id, err) != 0)
		return -1;
	cmd->status = 200;
	cmd->result = account_erase_answer(&e, a.id);
	return 0;
}
