/*
 * Notices and sanctions of an account. See view_me.h.
 */
#include <string.h>

#include "forumd/view_me.h"
#include "moderation/lookup.h"

/* A text of content in the arena; NULL where it is erased. */
static const char *
view_me_content(struct view *v, char kind, const char *id, const char *field)
{
	struct buf	 text = BUF_INIT;
	const char	*out = NULL;
	char		 ref[REF_MAX];

	if (id == NULL)
		return NULL;
	ref_make(ref, kind, id);
	if (lookup_content(v->db, ref, field, &text, NULL, NULL) == 0)
		out = arena_text(&v->arena, text.data, text.len);
	buf_free(&text);
	return out;
}

static const char *
view_me_title(struct view *v, const char *clause)
{
	const char	*title = clause == NULL ? NULL :
			    policy_title(v->policy, clause, v->language);

	return title != NULL ? title : clause;
}

/* Where a list by one number goes on: below *at. */
static int
view_me_after(const char *after, char kind, int64_t *at, struct err *err)
{
	*at = INT64_MAX;
	return after[0] == '\0' ? 0 : cursor_read(after, kind, 1, at, err);
}

/* ---- notices ---- */

static void
view_notice_load(struct view *v, struct stmt *s, struct view_notice *n)
{
	struct arena	*a = &v->arena;
	const char	*decision = stmt_str(s, 8);

	n->num = stmt_int(s, 0);
	n->kind = arena_str(a, stmt_text(s, 1));
	n->at = stmt_int(s, 2);
	n->unread = stmt_null(s, 3);
	n->thread = arena_str(a, stmt_str(s, 4));
	n->thread_title = arena_str(a, stmt_str(s, 5));
	n->comment = arena_str(a, stmt_str(s, 6));
	n->state = arena_str(a, stmt_str(s, 7));
	n->action = arena_str(a, stmt_str(s, 9));
	n->clause = arena_str(a, stmt_str(s, 10));
	n->clause_title = view_me_title(v, n->clause);
	n->appeal = arena_str(a, stmt_str(s, 11));
	n->appeal_state = arena_str(a, stmt_str(s, 12));
	n->flag = arena_str(a, stmt_str(s, 13));
	n->flag_state = arena_str(a, stmt_str(s, 14));
	n->sanction = arena_str(a, stmt_str(s, 15));
	n->sanction_kind = arena_str(a, stmt_str(s, 16));
	n->explanation = view_me_content(v, 'p', n->appeal, "explanation");
	if (n->explanation == NULL)
		n->explanation = view_me_content(v, 'd', decision,
		    "explanation");
	/* The private words are for the author, not for who flagged. */
	if (n->flag == NULL)
		n->note = view_me_content(v, 'd', decision, "note");
}

int
view_notices(struct view *v, int64_t account, int limit, const char *after,
    struct view_notice **list, size_t *n, struct err *err)
{
	struct stmt	*s;
	int64_t		 at;

	*n = 0;
	if (view_me_after(after, 'n', &at, err) != 0)
		return -1;
	*list = arena_get(&v->arena, (size_t)limit * sizeof(**list));
	s = db_query(v->db, "SELECT n.num, n.kind, n.at, n.read_at, t.slug, "
	    "t.title, c.id, c.state, d.id, d.action, d.clause, a.id, a.state, "
	    "f.id, f.state, s.id, s.kind FROM notice n "
	    "LEFT JOIN thread t ON t.num = n.thread "
	    "LEFT JOIN comment c ON c.thread = n.thread AND c.num = n.comment "
	    "LEFT JOIN decision d ON d.num = n.decision "
	    "LEFT JOIN appeal a ON a.num = n.appeal "
	    "LEFT JOIN flag f ON f.num = n.flag "
	    "LEFT JOIN sanction s ON s.num = n.sanction "
	    "WHERE n.account = ? AND n.num < ? ORDER BY n.num DESC LIMIT ?",
	    "iii", account, at, (int64_t)limit + 1);
	while (*list != NULL && stmt_step(s) == 1) {
		if (*n == (size_t)limit) {
			cursor_make(v->next, 'n', 1, &(*list)[*n - 1].num);
			break;
		}
		view_notice_load(v, s, &(*list)[(*n)++]);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	return v->arena.failed ? err_set(err, ERR_OVERLOADED, NULL,
	    "Out of memory") : 0;
}

/* {"id":..,"state":..} or null. */
static void
view_me_pair(struct buf *b, const char *key, const char *id,
    const char *state)
{
	if (id == NULL) {
		buf_kv_null(b, key);
		return;
	}
	buf_key(b, key);
	buf_addc(b, '{');
	buf_kv_str(b, "id", id);
	buf_kv_str(b, "state", state);
	buf_addc(b, '}');
}

void
view_notice_json(struct buf *b, const struct view_notice *n)
{
	buf_addc(b, '{');
	buf_kv_int(b, "id", n->num);
	buf_kv_str(b, "kind", n->kind);
	buf_kv_time(b, "at", n->at);
	buf_kv_bool(b, "unread", n->unread);
	buf_kv_str(b, "thread", n->thread);
	view_me_pair(b, "comment", n->comment, n->state);
	buf_kv_str(b, "action", n->action);
	buf_kv_str(b, "clause", n->clause);
	buf_kv_str(b, "clause_title", n->clause_title);
	buf_kv_str(b, "explanation", n->explanation);
	buf_kv_str(b, "note", n->note);
	view_me_pair(b, "appeal", n->appeal, n->appeal_state);
	view_me_pair(b, "flag", n->flag, n->flag_state);
	buf_kv_str(b, "sanction", n->sanction);
	buf_key(b, "statement");
	if (n->action != NULL && n->flag == NULL && (n->sanction != NULL ||
	    n->comment != NULL))
		buf_addf(b, "\"/api/v1/%s/%s/statement\"",
		    n->sanction != NULL ? "sanctions" : "comments",
		    n->sanction != NULL ? n->sanction : n->comment);
	else
		buf_adds(b, "null");
	buf_addc(b, '}');
}

/* ---- sanctions ---- */

static void
view_sanction_load(struct view *v, struct stmt *s, struct view_sanction *x)
{
	struct arena	*a = &v->arena;

	x->num = stmt_int(s, 0);
	x->id = arena_str(a, stmt_text(s, 1));
	x->kind = arena_str(a, stmt_text(s, 2));
	x->clause = arena_str(a, stmt_text(s, 3));
	x->clause_title = view_me_title(v, x->clause);
	x->at = stmt_int(s, 4);
	x->until = stmt_int(s, 5);
	x->state = arena_str(a, stmt_text(s, 6));
	x->ended_at = stmt_int(s, 7);
	x->explanation = view_me_content(v, 'd', stmt_str(s, 8),
	    "explanation");
	x->appeal = arena_str(a, stmt_str(s, 9));
	x->appeal_state = arena_str(a, stmt_str(s, 10));
	x->appeal_until = stmt_int(s, 11);
}

int
view_sanctions(struct view *v, int64_t account, int limit, const char *after,
    struct view_sanction **list, size_t *n, struct err *err)
{
	struct stmt	*s;
	int64_t		 at;

	*n = 0;
	if (view_me_after(after, 'x', &at, err) != 0)
		return -1;
	*list = arena_get(&v->arena, (size_t)limit * sizeof(**list));
	s = db_query(v->db, "SELECT s.num, s.id, s.kind, s.clause, s.at, "
	    "s.until, s.state, s.ended_at, d.id, a.id, a.state, "
	    "d.appeal_until FROM sanction s "
	    "LEFT JOIN decision d ON d.num = s.decision "
	    "LEFT JOIN appeal a ON a.account = s.account AND "
	    "(a.sanction = s.num OR a.decision = s.decision) "
	    "WHERE s.account = ? AND s.num < ? ORDER BY s.num DESC LIMIT ?",
	    "iii", account, at, (int64_t)limit + 1);
	while (*list != NULL && stmt_step(s) == 1) {
		if (*n == (size_t)limit) {
			cursor_make(v->next, 'x', 1, &(*list)[*n - 1].num);
			break;
		}
		view_sanction_load(v, s, &(*list)[(*n)++]);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	return v->arena.failed ? err_set(err, ERR_OVERLOADED, NULL,
	    "Out of memory") : 0;
}

void
view_sanction_json(struct buf *b, const struct view_sanction *s)
{
	buf_addc(b, '{');
	buf_kv_str(b, "id", s->id);
	buf_kv_str(b, "kind", s->kind);
	buf_kv_str(b, "clause", s->clause);
	buf_kv_str(b, "clause_title", s->clause_title);
	buf_kv_str(b, "explanation", s->explanation);
	buf_kv_time(b, "at", s->at);
	buf_kv_time(b, "until", s->until);
	buf_kv_str(b, "state", s->state);
	buf_kv_time(b, "ended_at", s->ended_at);
	buf_kv_time(b, "appeal_until", s->appeal_until);
	view_me_pair(b, "appeal", s->appeal, s->appeal_state);
	buf_key(b, "statement");
	buf_addf(b, "\"/api/v1/sanctions/%s/statement\"", s->id);
	buf_addc(b, '}');
}
