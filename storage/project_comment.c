/*
 * Projectors of comments. See project.h.
 *
 * A comment's state follows from four columns, the strongest first:
 *   removed_by    a decision removed it       -> removed
 *   erased_by     its text was erased         -> erased
 *   withdrawn_at  its author withdrew it      -> withdrawn
 *   held_clause   it waits for a person       -> held
 *   none of them                              -> visible
 * so a removed comment that is withdrawn or erased later stays "removed",
 * and a restored one falls back to what its author did meanwhile. Whatever
 * is not visible is neither a pick nor pinned any more.
 */
#include <string.h>

#include "storage/project.h"

struct project_row {
	char	state[16], want[16];
	char	counted[64], clause[64];	/* "" for none */
	char	language[40];
	int64_t	parent, account;
	int	ever_removed, removed;
	struct project_tally tally;	/* language points to the above */
};

static void
project_copy(char *out, size_t size, const char *s)
{
	size_t	n = strlen(s);

	n = n < size ? n : size - 1;
	memcpy(out, s, n);
	out[n] = '\0';
}

static int
project_row_read(struct db *db, int64_t thread, int64_t num,
    struct project_row *r, struct err *err)
{
	struct stmt	*s;
	int		 found;

	memset(r, 0, sizeof(*r));
	s = db_query(db, "SELECT c.state, CASE "
	    "WHEN c.removed_by IS NOT NULL THEN 'removed' "
	    "WHEN c.erased_by IS NOT NULL THEN 'erased' "
	    "WHEN c.withdrawn_at IS NOT NULL THEN 'withdrawn' "
	    "WHEN c.held_clause IS NOT NULL THEN 'held' ELSE 'visible' END, "
	    "COALESCE(c.counted, ''), COALESCE(d.clause, ''), c.parent, "
	    "c.account, c.ever_removed, c.created_at, c.newcomer, c.depth, "
	    "c.language FROM comment c LEFT JOIN decision d "
	    "ON d.num = c.removed_by WHERE c.thread = ? AND c.num = ?", "ii",
	    thread, num);
	if ((found = stmt_step(s)) == 1) {
		project_copy(r->state, sizeof(r->state), stmt_text(s, 0));
		project_copy(r->want, sizeof(r->want), stmt_text(s, 1));
		project_copy(r->counted, sizeof(r->counted), stmt_text(s, 2));
		project_copy(r->clause, sizeof(r->clause), stmt_text(s, 3));
		r->parent = stmt_int(s, 4);
		r->account = stmt_int(s, 5);
		r->ever_removed = stmt_int(s, 6);
		r->removed = strcmp(r->want, "removed") == 0;
		project_copy(r->language, sizeof(r->language),
		    stmt_text(s, 10));
		r->tally = (struct project_tally){ thread, r->account,
		    r->parent, stmt_int(s, 7), stmt_int(s, 8),
		    stmt_int(s, 9), r->language };
	}
	if (stmt_done(s, err) != 0)
		return -1;
	return found == 1 ? 0 : err_set(err, ERR_INTERNAL, NULL,
	    "no comment %lld in thread %lld", (long long)num,
	    (long long)thread);
}

/* Moves the clause under which the thread's account counts the comment. */
static int
project_count_clause(struct db *db, int64_t thread, struct project_row *r,
    struct err *err)
{
	if (!r->removed)
		r->clause[0] = '\0';
	if (strcmp(r->counted, r->clause) == 0)
		return 0;
	if (r->counted[0] != '\0' && (db_run(db, err, "UPDATE thread_clause "
	    "SET removed = removed - 1 WHERE thread = ? AND clause = ?", "is",
	    thread, r->counted) != 0 || project_tally_clause(db, &r->tally,
	    r->counted, -1, err) != 0))
		return -1;
	if (r->clause[0] == '\0')
		return 0;
	if (project_tally_clause(db, &r->tally, r->clause, 1, err) != 0)
		return -1;
	return db_run(db, err, "INSERT INTO thread_clause (thread, clause, "
	    "removed) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET removed = "
	    "removed + 1", "is", thread, r->clause);
}

/* Counts that depend on whether it is visible or removed. */
static int
project_count_people(struct db *db, int64_t thread,
    const struct project_row *r, struct err *err)
{
	int64_t	shown = (strcmp(r->want, "visible") == 0) -
		    (strcmp(r->state, "visible") == 0);
	int64_t	removed = r->removed - (strcmp(r->state, "removed") == 0);

	if (shown != 0 && r->parent != 0 && db_run(db, err, "UPDATE comment "
	    "SET replies = replies + ? WHERE thread = ? AND num = ?", "iii",
	    shown, thread, r->parent) != 0)
		return -1;
	if (removed == 0 && shown == 0)
		return 0;
	return db_run(db, err, "UPDATE account SET removed = removed + ?, "
	    "approved = approved + ? WHERE num = ?", "iii", removed, shown,
	    r->account);
}

int
project_state(struct db *db, int64_t thread, int64_t num, uint64_t seq,
    struct err *err)
{
	struct project_row	r;
	int64_t			first;

	if (project_row_read(db, thread, num, &r, err) != 0 ||
	    project_count_clause(db, thread, &r, err) != 0 ||
	    project_count_people(db, thread, &r, err) != 0)
		return -1;
	first = r.removed && !r.ever_removed;
	if (project_tally_state(db, &r.tally, r.state, r.want, err) != 0 ||
	    (first && project_tally_group(db, &r.tally, 0, 1, err) != 0))
		return -1;
	if (db_run(db, err, "UPDATE comment SET state = ?1, counted = "
	    "NULLIF(?2, ''), ever_removed = ever_removed + ?3, version = ?4, "
	    "pick = pick AND ?1 = 'visible' WHERE thread = ?5 AND num = ?6",
	    "ssiiii", r.want, r.clause, first, (int64_t)seq, thread,
	    num) != 0)
		return -1;
	return db_run(db, err, "UPDATE thread SET "
	    "visible = visible + (?2 = 'visible') - (?1 = 'visible'), "
	    "held = held + (?2 = 'held') - (?1 = 'held'), "
	    "removed = removed + (?2 = 'removed') - (?1 = 'removed'), "
	    "withdrawn = withdrawn + (?2 = 'withdrawn') - "
	    "(?1 = 'withdrawn'), "
	    "erased = erased + (?2 = 'erased') - (?1 = 'erased'), "
	    "ever_removed = ever_removed + ?3, version = ?4, pinned = CASE "
	    "WHEN ?2 = 'visible' THEN pinned ELSE NULLIF(pinned, ?6) END "
	    "WHERE num = ?5", "ssiiii", r.state, r.want, first, (int64_t)seq,
	    thread, num);
}

/* It begins visible: written once, with all that project_state() would count.
 * What the policy made of it is the next event. */
int
project_comment_accepted(struct db *db, const struct event *e,
    struct err *err)
{
	int64_t			tnum = event_int(e, "tnum");
	int64_t			num = event_int(e, "num");
	struct project_tally	c = { tnum, event_int(e, "account"),
				    event_int(e, "parent_num"), e->time,
				    event_int(e, "newcomer"),
				    event_int(e, "depth"),
				    event_str(e, "language") };

	if (c.language == NULL)
		c.language = "";
	if (project_tally_posted(db, &c, err) != 0 ||
	    project_tally_group(db, &c, 1, 0, err) != 0)
		return -1;
	if (db_run(db, err, "INSERT INTO comment (thread, num, id, state, "
	    "parent, depth, account, author_id, author_kind, badge, language, "
	    "created_at, revision, version, length, question, answers, "
	    "log_index, newcomer, findings) VALUES (?, ?, ?, 'visible', ?, ?, "
	    "?, ?, ?, ?, ?, ?, 1, ?, ?, ?, NULLIF(?, 0), ?, ?, ?)",
	    "iisiiissssiiiiiiis", tnum, num, event_str(e, "comment"),
	    c.parent, c.depth, c.account, event_str(e, "author_id"),
	    event_str(e, "author-kind"), event_str(e, "badge"),
	    event_str(e, "language"), e->time, (int64_t)e->seq,
	    event_int(e, "length"), event_int(e, "question"),
	    event_int(e, "answers"), e->index, c.newcomer,
	    event_str(e, "findings")) != 0)
		return -1;
	if (c.parent != 0 && db_run(db, err, "UPDATE comment SET replies = "
	    "replies + 1 WHERE thread = ? AND num = ?", "ii", tnum,
	    c.parent) != 0)
		return -1;
	if (db_run(db, err, "UPDATE account SET posted = posted + 1, "
	    "approved = approved + 1 WHERE num = ?", "i", c.account) != 0)
		return -1;
	return db_run(db, err, "UPDATE thread SET last_comment_at = ?, "
	    "version = ?, posted = posted + 1, visible = visible + 1 WHERE "
	    "num = ?", "iii", e->time, (int64_t)e->seq, tnum);
}

/* Another language is another group. */
static int
project_language(struct db *db, int64_t thread, int64_t num,
    const char *language, struct err *err)
{
	struct project_row	r;

	if (project_row_read(db, thread, num, &r, err) != 0)
		return -1;
	if (language == NULL || strcmp(language, r.language) == 0)
		return 0;
	if (project_tally_group(db, &r.tally, -1, -r.ever_removed, err) != 0)
		return -1;
	r.tally.language = language;
	return project_tally_group(db, &r.tally, 1, r.ever_removed, err);
}

int
project_comment_edited(struct db *db, const struct event *e, struct err *err)
{
	int64_t	tnum = event_int(e, "tnum"), num = event_int(e, "num");

	if (project_language(db, tnum, num, event_str(e, "language"),
	    err) != 0)
		return -1;
	if (db_run(db, err, "UPDATE comment SET edited_at = ?, revision = ?, "
	    "length = ?, language = COALESCE(?, language), findings = ? "
	    "WHERE thread = ? AND num = ?", "iiissii", e->time,
	    event_int(e, "version"), event_int(e, "length"),
	    event_str(e, "language"), event_str(e, "findings"), tnum,
	    num) != 0)
		return -1;
	return project_state(db, tnum, num, e->seq, err);
}

int
project_comment_held(struct db *db, const struct event *e, struct err *err)
{
	int64_t	tnum = event_int(e, "tnum"), num = event_int(e, "num");

	if (db_run(db, err, "UPDATE comment SET held_clause = ?, held_at = ?, "
	    "decide_by = ?, held_unchecked = ?, harm = ?, held_auto = ?, "
	    "held_overdue = NULL WHERE thread = ? AND num = ?", "siiiiiii",
	    event_str(e, "clause"), e->time, event_int(e, "decide_by"),
	    event_int(e, "unchecked"), event_int(e, "harm"),
	    (int64_t)(strcmp(event_str(e, "automated-detection"),
	    "Yes") == 0), tnum, num) != 0)
		return -1;
	return project_state(db, tnum, num, e->seq, err);
}

/* The end of waiting: neither held nor overdue any more. */
static int
project_unhold(struct db *db, int64_t tnum, int64_t num, struct err *err)
{
	if (db_run(db, err, "UPDATE thread SET overdue = overdue - "
	    "COALESCE((SELECT held_overdue FROM comment WHERE thread = ?1 AND "
	    "num = ?2), 0) WHERE num = ?1", "ii", tnum, num) != 0)
		return -1;
	return db_run(db, err, "UPDATE comment SET held_clause = NULL, "
	    "held_at = NULL, decide_by = NULL, held_unchecked = NULL, "
	    "held_auto = NULL, held_overdue = NULL WHERE thread = ? AND num = ?", "ii", tnum,
	    num);
}

int
project_comment_published(struct db *db, const struct event *e,
    struct err *err)
{
	int64_t	tnum = event_int(e, "tnum"), num = event_int(e, "num");

	if (project_unhold(db, tnum, num, err) != 0)
		return -1;
	return project_state(db, tnum, num, e->seq, err);
}

int
project_comment_overdue(struct db *db, const struct event *e, struct err *err)
{
	int64_t	tnum = event_int(e, "tnum"), num = event_int(e, "num");

	if (db_run(db, err, "UPDATE comment SET held_overdue = 1 WHERE "
	    "thread = ? AND num = ?", "ii", tnum, num) != 0)
		return -1;
	return db_run(db, err, "UPDATE thread SET overdue = overdue + 1, "
	    "version = ? WHERE num = ?", "ii", (int64_t)e->seq, tnum);
}

int
project_comment_withdrawn(struct db *db, const struct event *e,
    struct err *err)
{
	int64_t	tnum = event_int(e, "tnum"), num = event_int(e, "num");

	if (project_unhold(db, tnum, num, err) != 0 || db_run(db, err,
	    "UPDATE comment SET withdrawn_at = ? WHERE thread = ? AND "
	    "num = ?", "iii", e->time, tnum, num) != 0)
		return -1;
	return project_state(db, tnum, num, e->seq, err);
}

int
project_comment_erased(struct db *db, const struct event *e, struct err *err)
{
	int64_t		 tnum = event_int(e, "tnum"), num = event_int(e, "num");
	const char	*by = event_str(e, "by");

	if (project_unhold(db, tnum, num, err) != 0)
		return -1;
	if (db_run(db, err, "UPDATE comment SET erased_by = ?, erased_clause "
	    "= ? WHERE thread = ? AND num = ? AND erased_by IS NULL", "ssii",
	    by, event_str(e, "clause"), tnum, num) != 0)
		return -1;
	if (db_changes(db) > 0 && db_run(db, err, "UPDATE thread SET "
	    "erased_author = erased_author + (?1 = 'author'), "
	    "erased_order = erased_order + (?1 = 'order'), "
	    "erased_retention = erased_retention + (?1 = 'retention') "
	    "WHERE num = ?2", "si", by, tnum) != 0)
		return -1;
	if (db_run(db, err, "DELETE FROM fragment WHERE thread = ? AND "
	    "num = ?", "ii", tnum, num) != 0 || db_run(db, err, "DELETE FROM "
	    "finding WHERE thread = ? AND num = ?", "ii", tnum, num) != 0)
		return -1;
	return project_state(db, tnum, num, e->seq, err);
}

int
project_vote(struct db *db, const struct event *e, struct err *err)
{
	int64_t	tnum = event_int(e, "tnum"), num = event_int(e, "num");
	int64_t	account = event_int(e, "account"), old;
	int64_t	value = event_int(e, "value");

	old = db_int(db, 0, "SELECT value FROM vote WHERE thread = ? AND "
	    "num = ? AND account = ?", "iii", tnum, num, account);
	if (db_run(db, err, "INSERT INTO vote (thread, num, account, value) "
	    "VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = "
	    "excluded.value", "iiii", tnum, num, account, value) != 0)
		return -1;
	return db_run(db, err, "UPDATE comment SET score = score + ? WHERE "
	    "thread = ? AND num = ?", "iii", value - old, tnum, num);
}

/* A mark of the newsroom came or went: staff see who did so, readers see the
 * comment anew. */
static int
project_marked(struct db *db, const struct event *e, const char *kind,
    struct err *err)
{
	int64_t	tnum = event_int(e, "tnum"), num = event_int(e, "num");

	if (db_run(db, err, "INSERT INTO remark (num, thread, comment, kind, "
	    "by, at) VALUES (?, ?, ?, ?, ?, ?)", "iiisii", (int64_t)e->seq,
	    tnum, num, kind, event_int(e, "account"), e->time) != 0 ||
	    db_run(db, err, "UPDATE comment SET version = ? WHERE thread = ? "
	    "AND num = ?", "iii", (int64_t)e->seq, tnum, num) != 0)
		return -1;
	return db_run(db, err, "UPDATE thread SET version = ? WHERE num = ?",
	    "ii", (int64_t)e->seq, tnum);
}

int
project_picked(struct db *db, const struct event *e, struct err *err)
{
	int64_t	on = event_int(e, "on");

	if (db_run(db, err, "UPDATE comment SET pick = ? WHERE thread = ? AND "
	    "num = ?", "iii", on, event_int(e, "tnum"),
	    event_int(e, "num")) != 0)
		return -1;
	return project_marked(db, e, on ? "picked" : "unpicked", err);
}

/* The one pinned before gives its place up. */
int
project_pinned(struct db *db, const struct event *e, struct err *err)
{
	int64_t	tnum = event_int(e, "tnum"), num = event_int(e, "num");
	int64_t	on = event_int(e, "on");

	if (db_run(db, err, "UPDATE comment SET version = ?1 WHERE thread = "
	    "?2 AND num = (SELECT pinned FROM thread WHERE num = ?2)", "ii",
	    (int64_t)e->seq, tnum) != 0 || db_run(db, err, "UPDATE thread SET "
	    "pinned = CASE WHEN ?1 THEN ?2 END WHERE num = ?3", "iii", on,
	    num, tnum) != 0)
		return -1;
	return project_marked(db, e, on ? "pinned" : "unpinned", err);
}

/* A decision about a comment: what it does to the row. The decision's own
 * row is there already (project_review.c). */
int
project_decided(struct db *db, const struct event *e, int64_t tnum,
    int64_t num, int64_t dnum, struct err *err)
{
	const char	*action = event_str(e, "action");
	int		 rc = 0;

	if (strcmp(action, "label") != 0 &&
	    project_unhold(db, tnum, num, err) != 0)
		return -1;
	if (strcmp(action, "remove") == 0 ||
	    strcmp(action, "quarantine") == 0)
		rc = db_run(db, err, "UPDATE comment SET removed_by = ?, "
		    "decision = ?, quarantined = quarantined | ? WHERE "
		    "thread = ? AND num = ?", "iiiii", dnum, dnum,
		    (int64_t)(*action == 'q'), tnum, num);
	else if (strcmp(action, "restore") == 0)
		rc = db_run(db, err, "UPDATE comment SET removed_by = NULL, "
		    "quarantined = 0, decision = ?, approved_at = ?, labels = "
		    "CASE WHEN ? THEN NULLIF(?, '') ELSE labels END WHERE "
		    "thread = ? AND num = ?", "iiisii", dnum, e->time,
		    (int64_t)event_has(e, "labels"), event_str(e, "labels"),
		    tnum, num);
	else if (strcmp(action, "approve") == 0)
		rc = db_run(db, err, "UPDATE comment SET approved_at = ?, "
		    "removed_by = NULL WHERE thread = ? AND num = ?", "iii",
		    e->time, tnum, num);
	else if (strcmp(action, "label") == 0)
		rc = db_run(db, err, "UPDATE comment SET labels = "
		    "NULLIF(?, '') WHERE thread = ? AND num = ?", "sii",
		    event_str(e, "labels"), tnum, num);
	if (rc != 0 ||
	    project_grave_decided(db, e, tnum, num, dnum, err) != 0 ||
	    db_run(db, err, "DELETE FROM claim WHERE thread = ? "
	    "AND num = ?", "ii", tnum, num) != 0)
		return -1;
	return project_state(db, tnum, num, e->seq, err);
}
