/*
 * Threads and their public account. See view_thread.h.
 */
#include <string.h>

#include "forumd/view_thread.h"

#define THREAD_COLUMNS							       \
	"num, id, slug, title, url, site, mode, notice, created_at, "	       \
	"last_comment_at, closes_at, version, posted, visible, held, "	       \
	"removed, withdrawn, erased, ever_removed, overdue, erased_author, "   \
	"erased_order, erased_retention, (SELECT c.id FROM comment c WHERE "    \
	"c.thread = thread.num AND c.num = thread.pinned)"

static void
view_thread_load(struct view *v, struct stmt *s, struct view_thread *out)
{
	struct arena		*a = &v->arena;
	struct html_thread	*t = &out->t;
	struct html_counts	*c = &out->counts;

	memset(out, 0, sizeof(*out));
	out->num = stmt_int(s, 0);
	t->id = arena_str(a, stmt_text(s, 1));
	t->slug = arena_str(a, stmt_text(s, 2));
	t->title = arena_str(a, stmt_text(s, 3));
	t->url = arena_str(a, stmt_str(s, 4));
	t->site = arena_str(a, stmt_text(s, 5));
	t->mode = arena_str(a, stmt_text(s, 6));
	t->notice = arena_str(a, stmt_str(s, 7));
	t->created_at = stmt_int(s, 8);
	t->last_comment_at = stmt_int(s, 9);
	t->closes_at = stmt_int(s, 10);
	t->version = stmt_int(s, 11);
	c->posted = stmt_int(s, 12);
	c->visible = stmt_int(s, 13);
	c->held = stmt_int(s, 14);
	c->removed = stmt_int(s, 15);
	c->withdrawn = stmt_int(s, 16);
	c->erased = stmt_int(s, 17);
	c->ever_removed = stmt_int(s, 18);
	c->overdue = stmt_int(s, 19);
	out->erased_author = stmt_int(s, 20);
	out->erased_order = stmt_int(s, 21);
	out->erased_retention = stmt_int(s, 22);
	out->pinned = arena_str(a, stmt_str(s, 23));
}

/* Removed by clause, the most frequent first: rows of (clause, n). */
static int
view_clauses(struct view *v, struct stmt *s, struct view_thread *out,
    struct err *err)
{
	struct html_counts	*c = &out->counts;

	while (stmt_step(s) == 1 && c->nclauses < VIEW_CLAUSES) {
		struct html_clause_count *k = &out->clauses[c->nclauses];

		k->clause = arena_str(&v->arena, stmt_text(s, 0));
		k->title = policy_title(v->policy, k->clause, v->language);
		if (k->title == NULL)
			k->title = k->clause;
		k->n = stmt_int(s, 1);
		c->nclauses++;
	}
	return stmt_done(s, err);
}

static int
view_thread_refused(struct view *v, struct view_thread *out, struct err *err)
{
	struct stmt	*s;

	s = db_query(v->db, "SELECT code, n FROM refused WHERE thread = ? "
	    "ORDER BY code", "i", out->num);
	while (stmt_step(s) == 1 && out->nrefused < VIEW_CLAUSES) {
		struct view_refused *r = &out->refused[out->nrefused++];

		r->code = arena_str(&v->arena, stmt_text(s, 0));
		r->n = stmt_int(s, 1);
		out->counts.refused += r->n;
	}
	return stmt_done(s, err);
}

/* What hangs on a thread's row: clauses, refusals, the median wait (the
 * index decision_wait holds the waits in order). */
static int
view_thread_rest(struct view *v, struct view_thread *out, struct err *err)
{
	int64_t	n;

	if (view_clauses(v, db_query(v->db, "SELECT clause, removed FROM "
	    "thread_clause WHERE thread = ? AND removed > 0 ORDER BY removed "
	    "DESC, clause", "i", out->num), out, err) != 0 ||
	    view_thread_refused(v, out, err) != 0)
		return -1;
	n = db_int(v->db, 0, "SELECT COUNT(*) FROM decision WHERE thread = ?",
	    "i", out->num);
	out->counts.median_decision_seconds = n == 0 ? -1 : db_int(v->db, 0,
	    "SELECT at - since FROM decision WHERE thread = ? ORDER BY at - "
	    "since LIMIT 1 OFFSET ?", "ii", out->num, (n - 1) / 2) / 1000;
	out->counts.removed_by_clause = out->clauses;
	out->t.counts = &out->counts;
	return v->arena.failed ? err_set(err, ERR_OVERLOADED, NULL,
	    "Out of memory") : 0;
}

static int
view_thread_one(struct view *v, struct stmt *s, struct view_thread *out,
    struct err *err)
{
	int	found;

	if ((found = stmt_step(s)) == 1)
		view_thread_load(v, s, out);
	if (stmt_done(s, err) != 0)
		return -1;
	if (found != 1)
		return err_set(err, ERR_NOT_FOUND, "thread",
		    "There is no such thread");
	return view_thread_rest(v, out, err);
}

int
view_thread(struct view *v, const char *slug, struct view_thread *out,
    struct err *err)
{
	return view_thread_one(v, db_query(v->db, "SELECT " THREAD_COLUMNS
	    " FROM thread WHERE slug = ?", "s", slug), out, err);
}

int
view_thread_num(struct view *v, int64_t num, struct view_thread *out,
    struct err *err)
{
	return view_thread_one(v, db_query(v->db, "SELECT " THREAD_COLUMNS
	    " FROM thread WHERE num = ?", "i", num), out, err);
}

int
view_threads(struct view *v, const char *site, const char *mode, int limit,
    const char *after, struct view_thread **list, size_t *n, struct err *err)
{
	int64_t			 at = INT64_MAX;
	struct stmt		*s;
	size_t			 i;

	*n = 0;
	if (after[0] != '\0' && cursor_read(after, 't', 1, &at, err) != 0)
		return -1;
	*list = arena_get(&v->arena, ((size_t)limit + 1) * sizeof(**list));
	if (*list == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	if (site[0] != '\0')
		s = db_query(v->db, "SELECT " THREAD_COLUMNS " FROM thread "
		    "WHERE site = ?1 AND num < ?2 AND (?3 = '' OR mode = ?3) "
		    "ORDER BY num DESC LIMIT ?4", "sisi", site, at, mode,
		    (int64_t)limit + 1);
	else
		s = db_query(v->db, "SELECT " THREAD_COLUMNS " FROM thread "
		    "WHERE num < ?1 AND (?2 = '' OR mode = ?2) "
		    "ORDER BY num DESC LIMIT ?3", "isi", at, mode,
		    (int64_t)limit + 1);
	while (stmt_step(s) == 1 && *n <= (size_t)limit)
		view_thread_load(v, s, &(*list)[(*n)++]);
	if (stmt_done(s, err) != 0)
		return -1;
	if (*n > (size_t)limit) {
		*n = (size_t)limit;
		cursor_make(v->next, 't', 1, &(*list)[limit - 1].num);
	}
	for (i = 0; i < *n; i++) {
		if (view_thread_rest(v, &(*list)[i], err) != 0)
			return -1;
	}
	return 0;
}

void
view_counts_json(struct buf *b, const struct view_thread *t)
{
	const struct html_counts	*c = &t->counts;
	size_t				 i;

	buf_addc(b, '{');
	buf_kv_int(b, "posted", c->posted);
	buf_kv_int(b, "visible", c->visible);
	buf_kv_int(b, "held", c->held);
	buf_kv_int(b, "removed", c->removed);
	buf_kv_int(b, "withdrawn", c->withdrawn);
	buf_kv_int(b, "erased", c->erased);
	buf_kv_int(b, "ever_removed", c->ever_removed);
	buf_key(b, "removed_by_clause");
	buf_addc(b, '{');
	for (i = 0; i < c->nclauses; i++)
		buf_kv_int(b, t->clauses[i].clause, t->clauses[i].n);
	buf_addc(b, '}');
	buf_key(b, "erased_by");
	buf_addc(b, '{');
	buf_kv_int(b, "author", t->erased_author);
	buf_kv_int(b, "order", t->erased_order);
	buf_kv_int(b, "retention", t->erased_retention);
	buf_addc(b, '}');
	buf_kv_int(b, "overdue", c->overdue);
	buf_key(b, "refused");
	buf_addc(b, '{');
	for (i = 0; i < t->nrefused; i++)
		buf_kv_int(b, t->refused[i].code, t->refused[i].n);
	buf_addc(b, '}');
	if (c->median_decision_seconds < 0)
		buf_kv_null(b, "median_decision_seconds");
	else
		buf_kv_int(b, "median_decision_seconds",
		    c->median_decision_seconds);
	buf_addc(b, '}');
}

void
view_thread_json(struct buf *b, const struct view_thread *t)
{
	buf_addc(b, '{');
	buf_kv_str(b, "id", t->t.id);
	buf_kv_str(b, "slug", t->t.slug);
	buf_kv_str(b, "title", t->t.title);
	buf_kv_str(b, "url", t->t.url);
	buf_kv_str(b, "site", t->t.site);
	buf_kv_str(b, "mode", t->t.mode);
	buf_kv_str(b, "notice", t->t.notice);
	buf_kv_time(b, "created_at", t->t.created_at);
	buf_kv_time(b, "last_comment_at", t->t.last_comment_at);
	buf_kv_time(b, "closes_at", t->t.closes_at);
	buf_kv_int(b, "version", t->t.version);
	buf_kv_str(b, "pinned", t->pinned);
	buf_key(b, "counts");
	view_counts_json(b, t);
	buf_addc(b, '}');
}

/* Counts that one statement gives in one row, in a fixed order. */
static int
view_counts_row(struct stmt *s, struct view_thread *out, struct err *err)
{
	struct html_counts	*c = &out->counts;

	memset(out, 0, sizeof(*out));
	if (stmt_step(s) == 1) {
		c->posted = stmt_int(s, 0);
		c->visible = stmt_int(s, 1);
		c->held = stmt_int(s, 2);
		c->removed = stmt_int(s, 3);
		c->withdrawn = stmt_int(s, 4);
		c->erased = stmt_int(s, 5);
		c->ever_removed = stmt_int(s, 6);
		c->overdue = stmt_int(s, 7);
		out->erased_author = stmt_int(s, 8);
		out->erased_order = stmt_int(s, 9);
		out->erased_retention = stmt_int(s, 10);
	}
	c->removed_by_clause = out->clauses;
	c->median_decision_seconds = -1;
	out->t.counts = c;
	return stmt_done(s, err);
}

int
view_account_counts(struct view *v, int64_t account, struct view_thread *out,
    struct err *err)
{
	int64_t	n;

	if (view_counts_row(db_query(v->db, "SELECT COUNT(*), "
	    "TOTAL(state = 'visible'), TOTAL(state = 'held'), "
	    "TOTAL(state = 'removed'), TOTAL(state = 'withdrawn'), "
	    "TOTAL(state = 'erased'), TOTAL(ever_removed), "
	    "TOTAL(held_overdue), TOTAL(erased_by = 'author'), "
	    "TOTAL(erased_by = 'order'), TOTAL(erased_by = 'retention') "
	    "FROM comment WHERE account = ?", "i", account), out, err) != 0 ||
	    view_clauses(v, db_query(v->db, "SELECT counted, COUNT(*) FROM "
	    "comment WHERE account = ? AND state = 'removed' GROUP BY "
	    "counted ORDER BY 2 DESC, 1", "i", account), out, err) != 0)
		return -1;
	n = db_int(v->db, 0, "SELECT COUNT(*) FROM comment c JOIN decision d "
	    "ON d.thread = c.thread AND d.comment = c.num WHERE c.account = "
	    "?", "i", account);
	if (n > 0)
		out->counts.median_decision_seconds = db_int(v->db, 0,
		    "SELECT d.at - d.since FROM comment c JOIN decision d ON "
		    "d.thread = c.thread AND d.comment = c.num WHERE "
		    "c.account = ? ORDER BY 1 LIMIT 1 OFFSET ?", "ii",
		    account, (n - 1) / 2) / 1000;
	return 0;
}

int
view_site_counts(struct view *v, struct view_thread *out, struct err *err)
{
	if (view_counts_row(db_query(v->db, "SELECT TOTAL(posted), "
	    "TOTAL(visible), TOTAL(held), TOTAL(removed), TOTAL(withdrawn), "
	    "TOTAL(erased), TOTAL(ever_removed), TOTAL(overdue), "
	    "TOTAL(erased_author), TOTAL(erased_order), "
	    "TOTAL(erased_retention) FROM thread", ""), out, err) != 0)
		return -1;
	return view_clauses(v, db_query(v->db, "SELECT clause, SUM(removed) "
	    "FROM thread_clause GROUP BY clause HAVING SUM(removed) > 0 "
	    "ORDER BY 2 DESC, 1", ""), out, err);
}
