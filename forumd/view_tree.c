/*
 * A thread in reading order: each comment before its replies, depth first.
 * See view.h.
 *
 * Where a page ends, the next comment in that order is found again from the
 * last one alone (its first reply, or the next reply of an ancestor), so a
 * cursor is one number and a page costs what it holds. The next page begins
 * with the ancestors of its first comment, so that everything on it has its
 * parent there; on the page that was cut, each comment whose replies are not
 * all there says so (more).
 *
 * Only the top level follows the sort; replies stand oldest first.
 *
 * The order is walked by numbers alone, a batch of siblings at a time with
 * the first reply of each, all from indexes; then the rows of the whole page
 * are read with one statement.
 */
#include <string.h>

#include "forumd/view.h"

#define ANCESTORS	500	/* repeated at most; deeper ones are left out */
#define BATCH		64	/* siblings read at once */

/* A place in the order. skip: the next is what follows its whole branch. */
struct view_place {
	int64_t	num;
	int64_t	skip;
	int64_t	posted;		/* comments there were when paging began */
};

/* A comment on the walk. */
struct view_node {
	int64_t			 num, parent, depth;
	int64_t			 first;	/* reply; 0 none, -1 not known */
	struct view_node	*up;	/* the parent, where known */
	struct view_node	*next;	/* reply of the same parent */
	bool			 last;	/* there is no next */
};

struct view_walk {
	struct view		*v;
	const struct view_ask	*ask;
	int64_t			 posted;
	int64_t			 base;	/* depth of what is at the top */
	struct err		*err;
	bool			 failed;
};

static char
view_tree_kind(const struct view_ask *ask)
{
	return ask->sort == VIEW_OLDEST ? 'O' : ask->sort == VIEW_NEWEST ?
	    'N' : 'B';
}

#define VIEW_FIRST							       \
	"(SELECT MIN(k.num) FROM comment k INDEXED BY comment_parent WHERE "   \
	"k.thread = ?1 AND k.parent = c.num)"

static struct stmt *
view_tree_replies(const struct view_walk *w, int64_t parent, int64_t after)
{
	return db_query(w->v->db, "SELECT c.num, " VIEW_FIRST " FROM comment "
	    "c INDEXED BY comment_parent WHERE c.thread = ?1 AND c.parent = "
	    "?2 AND c.num > ?3 ORDER BY c.num LIMIT ?4", "iiii",
	    w->ask->thread, parent, after, (int64_t)BATCH);
}

/* The top level behind num; 0: from the beginning. */
static struct stmt *
view_tree_top(const struct view_walk *w, int64_t num)
{
	struct db	*db = w->v->db;
	int64_t		 thread = w->ask->thread, score = INT64_MAX;

	if (w->ask->top != 0 || w->ask->sort == VIEW_OLDEST)
		return view_tree_replies(w, w->ask->top, num);
	if (w->ask->sort == VIEW_NEWEST)
		return db_query(db, "SELECT c.num, " VIEW_FIRST " FROM "
		    "comment c INDEXED BY comment_parent WHERE c.thread = ?1 "
		    "AND c.parent = 0 AND c.num < ?2 ORDER BY c.num DESC "
		    "LIMIT ?3", "iii", thread, num == 0 ? INT64_MAX : num,
		    (int64_t)BATCH);
	if (num != 0)
		score = db_int(db, 0, "SELECT score FROM comment WHERE "
		    "thread = ? AND num = ?", "ii", thread, num);
	return db_query(db, "SELECT c.num, " VIEW_FIRST " FROM comment c "
	    "WHERE c.thread = ?1 AND c.depth = 0 AND c.score <= ?2 AND "
	    "(c.score < ?2 OR c.num > ?3) AND c.num <= ?4 ORDER BY c.score "
	    "DESC, c.num LIMIT ?5", "iiiii", thread, score, num, w->posted,
	    (int64_t)BATCH);
}

static struct view_node *
view_tree_node(struct view_walk *w, int64_t num, int64_t parent,
    int64_t depth)
{
	struct view_node	*n = arena_get(&w->v->arena, sizeof(*n));

	if (n == NULL) {
		err_set(w->err, ERR_OVERLOADED, NULL, "Out of memory");
		w->failed = true;
		return NULL;
	}
	n->num = num;
	n->parent = parent;
	n->depth = depth;
	n->first = -1;
	return n;
}

/* The next batch below up (NULL: at the top), behind the number after. */
static struct view_node *
view_tree_batch(struct view_walk *w, struct view_node *up, int64_t after)
{
	struct view_node	*first = NULL, **at = &first, *n = NULL;
	int64_t			 parent = up != NULL ? up->num : w->ask->top;
	int64_t			 depth = up != NULL ? up->depth + 1 : w->base;
	struct stmt		*s;
	int			 count = 0;

	s = up != NULL ? view_tree_replies(w, parent, after) :
	    view_tree_top(w, after);
	while (stmt_step(s) == 1 && (n = view_tree_node(w, stmt_int(s, 0),
	    parent, depth)) != NULL) {
		n->first = stmt_int(s, 1);
		n->up = up;
		*at = n;
		at = &n->next;
		count++;
	}
	if (stmt_done(s, w->err) != 0)
		w->failed = true;
	if (n != NULL)
		n->last = count < BATCH;
	return first;
}

/* A comment that no batch brought. */
static struct view_node *
view_tree_find(struct view_walk *w, int64_t num)
{
	struct stmt		*s;
	struct view_node	*n = NULL;

	s = db_query(w->v->db, "SELECT parent, depth FROM comment WHERE "
	    "thread = ? AND num = ?", "ii", w->ask->thread, num);
	if (stmt_step(s) == 1)
		n = view_tree_node(w, num, stmt_int(s, 0), stmt_int(s, 1));
	if (stmt_done(s, w->err) != 0)
		w->failed = true;
	return n;
}

/* The parent; NULL at the top. */
static struct view_node *
view_tree_up(struct view_walk *w, struct view_node *n)
{
	if (n->up == NULL && n->parent != w->ask->top && n->parent != 0)
		n->up = view_tree_find(w, n->parent);
	return n->up;
}

/* May one go below a comment of this depth? */
static bool
view_tree_descends(const struct view_walk *w, int64_t depth)
{
	return w->ask->depth == 0 || depth - w->base + 1 < w->ask->depth;
}

/* What follows a comment, or NULL at the end. */
static struct view_node *
view_tree_next(struct view_walk *w, struct view_node *n, bool skip)
{
	struct view_node	*below;

	if (!skip && n->first != 0 && view_tree_descends(w, n->depth) &&
	    (below = view_tree_batch(w, n, 0)) != NULL)
		return below;
	for (; n != NULL && !w->failed; n = view_tree_up(w, n)) {
		if (n->next == NULL && !n->last) {
			n->next = view_tree_batch(w, view_tree_up(w, n),
			    n->num);
			n->last = n->next == NULL;
		}
		if (n->next != NULL)
			return n->next;
	}
	return NULL;
}

/* Where the page begins. */
static struct view_node *
view_tree_start(struct view_walk *w, const struct view_place *at)
{
	struct view_node	*n;

	if (at->num == 0)
		return view_tree_batch(w, NULL, 0);
	n = view_tree_find(w, at->num);
	return n == NULL ? NULL : view_tree_next(w, n, at->skip != 0);
}

/* The rows of the page, in its order. */
static int
view_tree_load(struct view_walk *w, struct view_node *const *list, int n)
{
	struct view	*v = w->v;
	struct stmt	*s;
	struct buf	 nums = BUF_INIT;
	int		 i, rc = 0;

	buf_addc(&nums, '[');
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(&nums, ',');
		buf_addi(&nums, list[i]->num);
	}
	buf_addc(&nums, ']');
	s = db_query(v->db, "SELECT " VIEW_COLUMNS " FROM json_each(?2) j "
	    "CROSS JOIN comment c ON c.thread = ?1 AND c.num = j.value "
	    VIEW_JOINS, "is", w->ask->thread, buf_str(&nums));
	for (i = 0; rc == 0 && stmt_step(s) == 1; i++)
		rc = view_load(v, s, w->err);
	if (stmt_done(s, rc == 0 ? w->err : NULL) != 0)
		rc = -1;
	buf_free(&nums);
	return rc;
}

/* The ancestors of the page's first comment, the farthest first, into list;
 * how many. */
static int
view_tree_above(struct view_walk *w, struct view_node *n,
    struct view_node **list)
{
	struct view_node	*up[ANCESTORS];
	int			 i, count = 0;

	while (count < ANCESTORS && (n = view_tree_up(w, n)) != NULL)
		up[count++] = n;
	for (i = 0; i < count; i++)
		list[i] = up[count - 1 - i];
	return count;
}

/* Replies of a comment behind one of them, as far as anybody counts. */
static int64_t
view_tree_count(struct view *v, int64_t thread, int64_t parent,
    int64_t after)
{
	return db_int(v->db, 0, "SELECT COUNT(*) FROM (SELECT 1 FROM comment "
	    "WHERE thread = ? AND parent = ? AND num > ? LIMIT 1000)", "iii",
	    thread, parent, after);
}

static void
view_tree_mark(struct view_comment *c, const struct view_ask *ask,
    const struct view_place *at, int64_t count)
{
	const int64_t	v[3] = { at->num, at->skip, at->posted };

	if (count == 0)
		return;
	c->more = count;
	cursor_make(c->more_after, view_tree_kind(ask), 3, v);
}

/* Where the page was cut: every comment on the way down to the last one
 * that has replies behind it. */
static void
view_tree_cut(struct view *v, const struct view_ask *ask,
    const struct view_place *last)
{
	struct view_place	 at = *last;
	struct view_comment	*c;
	size_t			 i = v->n;
	int64_t			 num = last->num, below = 0;

	while (i-- > 0) {
		c = &v->list[i];
		if (c->num != num)
			continue;
		at.num = below == 0 ? num : below;
		at.skip = below != 0;
		view_tree_mark(c, ask, &at, view_tree_count(v, ask->thread,
		    num, below));
		below = num;
		num = c->parent;
	}
}

/* Comments that the depth limit hides below one that is shown. */
static void
view_tree_hidden(struct view_walk *w, struct view_node *const *list,
    size_t from)
{
	struct view		*v = w->v;
	struct view_place	 at = { 0, 0, 0 };
	struct view_comment	*c;
	size_t			 i;

	for (i = from; w->ask->depth != 0 && i < v->n; i++) {
		c = &v->list[i];
		at.num = c->num;
		if (c->more == 0 && list[i - from]->first != 0 &&
		    !view_tree_descends(w, c->c.depth))
			view_tree_mark(c, w->ask, &at, view_tree_count(v,
			    w->ask->thread, c->num, 0));
	}
}

/* Reads where the page begins: a cursor, or the beginning. */
static int
view_tree_place(struct view_walk *w, struct view_place *at)
{
	int64_t	cursor[3];

	memset(at, 0, sizeof(*at));
	at->posted = db_int(w->v->db, 0, "SELECT posted FROM thread WHERE "
	    "num = ?", "i", w->ask->thread);
	if (w->ask->after[0] != '\0') {
		if (cursor_read(w->ask->after, view_tree_kind(w->ask), 3,
		    cursor, w->err) != 0)
			return -1;
		at->num = cursor[0];
		at->skip = cursor[1];
		at->posted = cursor[2];
	}
	w->posted = at->posted;
	if (w->ask->top != 0)
		w->base = db_int(w->v->db, 0, "SELECT depth + 1 FROM comment "
		    "WHERE thread = ? AND num = ?", "ii", w->ask->thread,
		    w->ask->top);
	return 0;
}

int
view_tree(struct view *v, const struct view_ask *ask, struct err *err)
{
	struct view_walk	  w = { .v = v, .ask = ask, .err = err };
	struct view_place	  at;
	struct view_node	 *n, **list;
	int64_t			  cursor[3];
	size_t			  from = v->n;
	int			  count = 0, end;

	if (view_tree_place(&w, &at) != 0)
		return -1;
	list = arena_get(&v->arena, ((size_t)ask->limit + ANCESTORS) *
	    sizeof(*list));
	if (list == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	n = view_tree_start(&w, &at);
	if (at.num != 0 && n != NULL)
		count = view_tree_above(&w, n, list);
	for (end = count + ask->limit; n != NULL && count < end;
	    n = view_tree_next(&w, n, false))
		list[count++] = n;
	if (w.failed || view_tree_load(&w, list, count) != 0)
		return -1;
	if (n != NULL) {
		at.num = cursor[0] = list[count - 1]->num;
		at.skip = cursor[1] = 0;
		cursor[2] = at.posted;
		cursor_make(v->next, view_tree_kind(ask), 3, cursor);
		view_tree_cut(v, ask, &at);
	}
	view_tree_hidden(&w, list, from);
	return 0;
}
