/*
 * One item of the queue as JSON: everything that is needed to decide it, and
 * nothing by which a re-review could be told from a fresh item. See queue.h.
 *
 * Who flagged is not told: only whether it was a guest or a member. The text
 * of what is in quarantine is not shown here at all.
 */
#include <stdio.h>
#include <string.h>

#include "moderation/decision.h"
#include "moderation/queue.h"

#define QUEUE_PARENTS	3	/* of the context, nearest first */

static void
queue_item_text(struct buf *out, struct db *db, const char *key,
    const char *ref, const char *field)
{
	struct buf	text = BUF_INIT;

	if (lookup_content(db, ref, field, &text, NULL, NULL) != 0) {
		buf_kv_null(out, key);
	} else {
		buf_key(out, key);
		buf_json(out, text.data, text.len);
	}
	buf_free(&text);
}

/* Name and rendered text as they are shown; null where erased. */
static void
queue_item_shown(struct buf *out, struct db *db, int64_t thread, int64_t num,
    const char *name_key, bool text)
{
	struct stmt	*s;
	bool		 found;

	s = db_query(db, "SELECT name, html FROM fragment WHERE thread = ? "
	    "AND num = ?", "ii", thread, num);
	found = stmt_step(s) == 1;
	buf_kv_str(out, name_key, found ? stmt_text(s, 0) : NULL);
	if (text)
		buf_kv_str(out, "body_html", found ? stmt_text(s, 1) : NULL);
	stmt_done(s, NULL);
}

/* The author as staff see one: kind, record, sanctions. A re-review leaves
 * its own decision out of the record. */
static int
queue_item_author(struct buf *out, struct db *db,
    const struct queue_item *item, const struct comment_row *c,
    struct err *err)
{
	struct account_row	a;
	struct stmt		*s;
	int64_t			removed;

	if (lookup_account(db, c->account, &a, err) != 0)
		return -1;
	removed = a.removed;
	if (item->review != 0 && strcmp(c->state, "removed") == 0)
		removed--;
	buf_key(out, "author");
	buf_addc(out, '{');
	buf_kv_str(out, "id", a.id);
	queue_item_shown(out, db, c->thread, c->num, "name", false);
	buf_kv_str(out, "kind", c->author_kind);
	buf_kv_str(out, "badge", a.official[0] != '\0' ? a.official : NULL);
	buf_kv_time(out, "since", a.created_at);
	buf_kv_int(out, "posted", a.posted);
	buf_kv_int(out, "removed", removed);
	buf_kv_int(out, "flags_upheld", a.flags_upheld);
	buf_kv_int(out, "flags_rejected", a.flags_rejected);
	buf_key(out, "sanctions");
	buf_addc(out, '[');
	s = db_query(db, "SELECT kind, clause, at, until, state FROM sanction "
	    "WHERE account = ? ORDER BY num DESC LIMIT 10", "i", a.num);
	while (stmt_step(s) == 1) {
		buf_adds(out, out->data[out->len - 1] == '[' ? "{" : ",{");
		buf_kv_str(out, "kind", stmt_text(s, 0));
		buf_kv_str(out, "clause", stmt_text(s, 1));
		buf_kv_time(out, "at", stmt_int(s, 2));
		buf_kv_time(out, "until", stmt_int(s, 3));
		buf_kv_str(out, "state", stmt_text(s, 4));
		buf_addc(out, '}');
	}
	buf_adds(out, "]}");
	return stmt_done(s, err);
}

static int
queue_item_comment(struct buf *out, struct db *db,
    const struct queue_item *item, const struct comment_row *c,
    struct err *err)
{
	struct thread_row	thread;
	char			ref[REF_MAX];

	if (lookup_thread_num(db, c->thread, &thread, err) != 0)
		return -1;
	ref_comment(ref, c->id, c->revision);
	buf_key(out, "comment");
	buf_addc(out, '{');
	buf_kv_str(out, "id", c->id);
	buf_kv_str(out, "thread", thread.slug);
	/* What is put again stands where fresh ones do. */
	buf_kv_str(out, "state", item->review == 0 ? c->state :
	    item->flagged ? "visible" : "held");
	buf_kv_str(out, "language", c->language);
	buf_kv_time(out, "created_at", c->created_at);
	buf_kv_time(out, "edited_at", c->edited_at);
	buf_kv_int(out, "log_index", c->log_index);
	buf_kv_bool(out, "quarantined", c->quarantined);
	if (c->quarantined)
		buf_kv_null(out, "body");
	else
		queue_item_text(out, db, "body", ref, "body");
	if (queue_item_author(out, db, item, c, err) != 0)
		return -1;
	buf_addc(out, '}');
	return 0;
}

/* The comments above it, nearest first, and how many answer it. */
static int
queue_item_context(struct buf *out, struct db *db,
    const struct comment_row *c, struct err *err)
{
	struct comment_row	p;
	int64_t			at = c->parent;
	int			i;

	buf_key(out, "context");
	buf_addc(out, '{');
	buf_key(out, "parents");
	buf_addc(out, '[');
	for (i = 0; i < QUEUE_PARENTS && at != 0; i++) {
		if (lookup_comment_num(db, c->thread, at, &p, err) != 0)
			return -1;
		buf_adds(out, i == 0 ? "{" : ",{");
		buf_kv_str(out, "id", p.id);
		buf_kv_str(out, "state", p.state);
		if (strcmp(p.state, "visible") == 0)
			queue_item_shown(out, db, p.thread, p.num,
			    "author_name", true);
		buf_addc(out, '}');
		at = p.parent;
	}
	buf_addc(out, ']');
	buf_kv_int(out, "replies", db_int(db, 0, "SELECT COUNT(*) FROM "
	    "comment WHERE thread = ? AND parent = ?", "ii", c->thread,
	    c->num));
	buf_addc(out, '}');
	return 0;
}

static int
queue_item_flags(struct buf *out, struct db *db,
    const struct queue_item *item, const struct comment_row *c,
    struct err *err)
{
	struct stmt	*s;
	char		 ref[REF_MAX];

	buf_key(out, "flags");
	buf_addc(out, '[');
	s = db_query(db, "SELECT f.id, f.clause, f.legal, f.filed_at, "
	    "f.version, f.weight, f.counted, a.kind FROM flag f LEFT JOIN "
	    "account a ON a.num = f.account WHERE f.thread = ? AND f.comment "
	    "= ? AND (f.state = 'open' OR f.decision = ?) ORDER BY f.num "
	    "LIMIT 50", "iii", c->thread, c->num,
	    item->review != 0 ? item->review : -1);
	while (stmt_step(s) == 1) {
		ref_make(ref, 'f', stmt_text(s, 0));
		buf_adds(out, out->data[out->len - 1] == '[' ? "{" : ",{");
		buf_kv_str(out, "clause", stmt_text(s, 1));
		buf_kv_bool(out, "notice", stmt_int(s, 2));
		buf_kv_time(out, "filed_at", stmt_int(s, 3));
		buf_kv_bool(out, "of_this_version", stmt_int(s, 4) ==
		    c->revision);
		buf_kv_int(out, "weight", stmt_int(s, 6) ? stmt_int(s, 5) :
		    0);
		buf_kv_str(out, "by", stmt_null(s, 7) ? "guest" :
		    stmt_text(s, 7));
		queue_item_text(out, db, "note", ref, "note");
		if (stmt_int(s, 2)) {
			queue_item_text(out, db, "legal_ground", ref,
			    "ground");
			queue_item_text(out, db, "explanation", ref,
			    "explanation");
		}
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
	return stmt_done(s, err);
}

/* Stages' findings as they were written down, and the brigade's beside. */
static int
queue_item_findings(struct buf *out, struct db *db,
    const struct comment_row *c, struct err *err)
{
	static const char	brigade[] = "{\"stage\":\"brigade\","
				    "\"clause\":null,\"score\":1000,"
				    "\"certainty\":\"likely\",\"spans\":[],"
				    "\"detail\":\"many flags at once: their "
				    "weight is not counted\"}";
	struct stmt		*s;
	bool			 many;

	many = db_int(db, 0, "SELECT brigade FROM comment WHERE thread = ? "
	    "AND num = ?", "ii", c->thread, c->num) != 0;
	buf_key(out, "findings");
	s = db_query(db, "SELECT json FROM finding WHERE thread = ? AND num = "
	    "?", "ii", c->thread, c->num);
	if (stmt_step(s) == 1 && strlen(stmt_text(s, 0)) >= 2)
		buf_add(out, stmt_text(s, 0), strlen(stmt_text(s, 0)) - 1);
	else
		buf_addc(out, '[');
	if (many) {
		if (out->len > 0 && out->data[out->len - 1] != '[')
			buf_addc(out, ',');
		buf_adds(out, brigade);
	}
	buf_addc(out, ']');
	return stmt_done(s, err);
}

static int
queue_item_remarks(struct buf *out, struct db *db,
    const struct comment_row *c, struct err *err)
{
	struct stmt	*s;
	char		 ref[REF_MAX];

	buf_key(out, "remarks");
	buf_addc(out, '[');
	s = db_query(db, "SELECT num, kind, at FROM remark WHERE account = ?1 "
	    "UNION SELECT num, kind, at FROM remark WHERE thread = ?2 AND "
	    "comment = ?3 ORDER BY num DESC LIMIT 20", "iii", c->account,
	    c->thread, c->num);
	while (stmt_step(s) == 1) {
		snprintf(ref, sizeof(ref), "r:%lld",
		    (long long)stmt_int(s, 0));
		buf_adds(out, out->data[out->len - 1] == '[' ? "{" : ",{");
		buf_kv_str(out, "kind", stmt_text(s, 1));
		buf_kv_time(out, "at", stmt_int(s, 2));
		queue_item_text(out, db, "text", ref, "text");
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
	return stmt_done(s, err);
}

/* Under which clause it was held: the last hold's entry says. */
static int
queue_item_clause(struct buf *out, struct db *db,
    const struct comment_row *c, struct err *err)
{
	struct stmt	*s;
	const char	*p, *end;

	s = db_query(db, "SELECT CAST(bytes AS TEXT) FROM leaf WHERE thread = "
	    "? AND comment = ? AND kind = 'comment.held' ORDER BY idx DESC "
	    "LIMIT 1", "ii", c->thread, c->num);
	buf_key(out, "held_clause");
	if (stmt_step(s) == 1 &&
	    (p = strstr(stmt_text(s, 0), "\nclause ")) != NULL &&
	    (end = strchr(p + 8, '\n')) != NULL)
		buf_json(out, p + 8, (size_t)(end - p - 8));
	else
		buf_adds(out, "null");
	return stmt_done(s, err);
}

/* Who is at work on it, by the thread's pseudonym, oneself included. */
static int
queue_item_claim(struct buf *out, struct db *db, const struct house *h,
    const struct queue_query *q, const struct comment_row *c,
    struct err *err)
{
	struct thread_row	thread;
	struct stmt		*s;
	char			 person[ID_MAX], who[PSEUDONYM_LEN + 1];
	int64_t			 holder = 0, until = 0;

	s = db_query(db, "SELECT account, until FROM claim WHERE thread = ? "
	    "AND num = ? AND until > ?", "iii", c->thread, c->num, q->now);
	if (stmt_step(s) == 1) {
		holder = stmt_int(s, 0);
		until = stmt_int(s, 1);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	if (until == 0) {
		buf_kv_null(out, "claimed_by");
		buf_kv_null(out, "claimed_until");
		return 0;
	}
	if (decision_person(db, holder, person, err) != 0 ||
	    lookup_thread_num(db, c->thread, &thread, err) != 0)
		return -1;
	house_pseudonym(h, "decider", person, thread.id, who);
	buf_kv_str(out, "claimed_by", who);
	buf_kv_time(out, "claimed_until", until);
	buf_kv_bool(out, "claimed_by_me", holder == q->viewer);
	return 0;
}

/* The appeal with its sealed grounds and the words it is against. */
static int
queue_item_appeal(struct buf *out, struct db *db, int64_t anum,
    struct err *err)
{
	struct stmt	*s;
	char		 ref[REF_MAX];

	s = db_query(db, "SELECT a.id, a.filed_at, COALESCE(d.id, e.id, ''), "
	    "COALESCE(d.action, e.action), COALESCE(d.clause, e.clause), "
	    "COALESCE(d.at, e.at), n.kind, a.flag FROM appeal a LEFT JOIN "
	    "decision d ON d.num = a.decision LEFT JOIN sanction n ON n.num = "
	    "a.sanction LEFT JOIN flag f ON f.num = a.flag LEFT JOIN decision "
	    "e ON e.num = f.decision WHERE a.num = ?", "i", anum);
	buf_key(out, "appeal");
	if (stmt_step(s) == 1) {
		buf_addc(out, '{');
		buf_kv_str(out, "id", stmt_text(s, 0));
		buf_kv_time(out, "filed_at", stmt_int(s, 1));
		buf_kv_str(out, "by", stmt_null(s, 7) ? "author" : "flagger");
		ref_make(ref, 'p', stmt_text(s, 0));
		queue_item_text(out, db, "grounds", ref, "grounds");
		buf_kv_str(out, "action", stmt_str(s, 3));
		buf_kv_str(out, "clause", stmt_str(s, 4));
		buf_kv_time(out, "decided_at", stmt_int(s, 5));
		buf_kv_str(out, "sanction", stmt_str(s, 6));
		ref_make(ref, 'd', stmt_text(s, 2));
		queue_item_text(out, db, "explanation", ref, "explanation");
		buf_addc(out, '}');
	} else {
		buf_adds(out, "null");
	}
	return stmt_done(s, err);
}

static int
queue_item_about(struct buf *out, struct db *db, const struct house *h,
    const struct queue_query *q, const struct queue_item *item,
    struct err *err)
{
	struct comment_row	c;

	if (lookup_comment_num(db, item->thread, item->num, &c, err) != 0 ||
	    queue_item_comment(out, db, item, &c, err) != 0 ||
	    queue_item_context(out, db, &c, err) != 0 ||
	    queue_item_flags(out, db, item, &c, err) != 0 ||
	    queue_item_findings(out, db, &c, err) != 0 ||
	    queue_item_remarks(out, db, &c, err) != 0 ||
	    queue_item_clause(out, db, &c, err) != 0 ||
	    queue_item_claim(out, db, h, q, &c, err) != 0)
		return -1;
	buf_kv_int(out, "version", c.version);
	return 0;
}

int
queue_item_json(struct buf *out, struct db *db, const struct house *h,
    const struct queue_query *q, const struct queue_item *item,
    struct err *err)
{
	buf_addc(out, '{');
	if (item->thread != 0) {
		if (queue_item_about(out, db, h, q, item, err) != 0)
			return -1;
	} else {
		buf_kv_null(out, "comment");
	}
	buf_kv_time(out, "since", item->since);
	buf_kv_time(out, "decide_by", item->decide_by);
	buf_kv_bool(out, "overdue", item->overdue);
	if (queue_item_appeal(out, db, item->appeal, err) != 0)
		return -1;
	buf_addc(out, '}');
	return 0;
}
