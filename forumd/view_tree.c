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
 */
#include <string.h>

#include "forumd/view.h"

#define ANCESTORS	500	/* repeated at most; deeper ones are left out */

/* A place in the order. skip: the next is what follows its whole branch. */
struct view_place {
	int64_t	num;
	int64_t	skip;
	int64_t	posted;		/* comments there were when paging began */
};

static char
view_tree_kind(const struct view_ask *ask)
{
	return ask->sort == VIEW_OLDEST ? 'O' : ask->sort == VIEW_NEWEST ?
	    'N' : 'B';
}

/* The first at the top level behind num; 0: from the beginning. */
static int64_t
view_tree_top(struct view *v, const struct view_ask *ask, int64_t num,
    int64_t posted)
{
	int64_t	score;

	if (ask->top != 0 && num == 0)
		return db_int(v->db, 0, "SELECT num FROM comment WHERE thread "
		    "= ? AND parent = ? ORDER BY num LIMIT 1", "ii",
		    ask->thread, ask->top);
	if (ask->sort == VIEW_OLDEST)
		return db_int(v->db, 0, "SELECT num FROM comment WHERE thread "
		    "= ? AND parent = 0 AND num > ? ORDER BY num LIMIT 1",
		    "ii", ask->thread, num);
	if (ask->sort == VIEW_NEWEST)
		return db_int(v->db, 0, "SELECT num FROM comment WHERE thread "
		    "= ? AND parent = 0 AND num < ? ORDER BY num DESC LIMIT 1",
		    "ii", ask->thread, num == 0 ? INT64_MAX : num);
	if (num == 0)
		return db_int(v->db, 0, "SELECT num FROM comment WHERE thread "
		    "= ? AND depth = 0 AND num <= ? ORDER BY score DESC, num "
		    "LIMIT 1", "ii", ask->thread, posted);
	score = db_int(v->db, 0, "SELECT score FROM comment WHERE thread = ? "
	    "AND num = ?", "ii", ask->thread, num);
	return db_int(v->db, 0, "SELECT num FROM comment WHERE thread = ?1 "
	    "AND depth = 0 AND score <= ?2 AND (score < ?2 OR num > ?3) AND "
	    "num <= ?4 ORDER BY score DESC, num LIMIT 1", "iiii", ask->thread,
	    score, num, posted);
}

/* What the page has already read of a comment, or NULL. The wanted ones are
 * the last one and its ancestors: close to the end. */
static const struct view_comment *
view_tree_loaded(const struct view *v, int64_t num)
{
	size_t	i;

	for (i = v->n; i-- > 0;) {
		if (v->list[i].num == num)
			return &v->list[i];
	}
	return NULL;
}

static int64_t
view_tree_parent(struct view *v, int64_t thread, int64_t num)
{
	const struct view_comment	*c = view_tree_loaded(v, num);

	return c != NULL ? c->parent : db_int(v->db, 0, "SELECT parent FROM comment WHERE thread = ? "
	    "AND num = ?", "ii", thread, num);
}

static int64_t
view_tree_child(struct view *v, int64_t thread, int64_t parent,
    int64_t after)
{
	const struct view_comment	*c;

	c = view_tree_loaded(v, after == 0 ? parent : after);
	if (c != NULL)
		return after == 0 ? c->first : c->sibling;
	return db_int(v->db, 0, "SELECT num FROM comment WHERE thread = ? AND "
	    "parent = ? AND num > ? ORDER BY num LIMIT 1", "iii", thread,
	    parent, after);
}

/* May one go below this comment? */
static bool
view_tree_descends(struct view *v, const struct view_ask *ask, int64_t num)
{
	const struct view_comment	*c;
	int64_t				 depth, top;

	if (ask->depth == 0)
		return true;
	c = view_tree_loaded(v, num);
	depth = c != NULL ? c->c.depth : db_int(v->db, 0, "SELECT depth FROM comment WHERE thread = ? "
	    "AND num = ?", "ii", ask->thread, num);
	c = ask->top == 0 ? NULL : view_tree_loaded(v, ask->top);
	top = ask->top == 0 ? 0 : c != NULL ? c->c.depth + 1 :
	    db_int(v->db, 0, "SELECT depth + 1 FROM comment WHERE thread = ? "
	    "AND num = ?", "ii", ask->thread, ask->top);
	return depth - top + 1 < ask->depth;
}

/* What follows a place, or 0 at the end. */
static int64_t
view_tree_next(struct view *v, const struct view_ask *ask,
    const struct view_place *at)
{
	int64_t	num = at->num, parent, next;

	if (num == 0)
		return view_tree_top(v, ask, 0, at->posted);
	if (!at->skip && view_tree_descends(v, ask, num) &&
	    (next = view_tree_child(v, ask->thread, num, 0)) != 0)
		return next;
	for (;;) {
		parent = view_tree_parent(v, ask->thread, num);
		if (parent == 0)
			return ask->top != 0 ? 0 : view_tree_top(v, ask, num,
			    at->posted);
		next = view_tree_child(v, ask->thread, parent, num);
		if (next != 0 || parent == ask->top)
			return next;
		num = parent;
	}
}

static int
view_tree_load(struct view *v, int64_t thread, int64_t num, struct err *err)
{
	struct stmt	*s;
	int		 rc = 0;

	/* The two ways on come with the row: a query less at each step. */
	s = db_query(v->db, "SELECT " VIEW_COLUMNS ", "
	    "(SELECT MIN(k.num) FROM comment k INDEXED BY comment_parent "
	    "WHERE k.thread = c.thread AND k.parent = c.num), CASE WHEN "
	    "c.parent > 0 THEN (SELECT MIN(k.num) FROM comment k INDEXED BY "
	    "comment_parent WHERE k.thread = c.thread AND k.parent = c.parent "
	    "AND k.num > c.num) END" VIEW_FROM "WHERE c.thread = ? AND "
	    "c.num = ?", "ii", thread, num);
	if (stmt_step(s) == 1 && (rc = view_load(v, s, err)) == 0) {
		v->list[v->n - 1].first = stmt_int(s, 50);
		v->list[v->n - 1].sibling = stmt_int(s, 51);
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		return -1;
	return rc;
}

/* The ancestors of the page's first comment, the farthest first. */
static int
view_tree_above(struct view *v, const struct view_ask *ask, int64_t num,
    struct err *err)
{
	int64_t	up[ANCESTORS];
	int	n = 0;

	while (n < ANCESTORS && (num = view_tree_parent(v, ask->thread,
	    num)) != 0 && num != ask->top)
		up[n++] = num;
	while (n > 0) {
		if (view_tree_load(v, ask->thread, up[--n], err) != 0)
			return -1;
	}
	return 0;
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
view_tree_hidden(struct view *v, const struct view_ask *ask, size_t from)
{
	struct view_place	 at;
	struct view_comment	*c;
	size_t			 i;

	for (i = from; ask->depth != 0 && i < v->n; i++) {
		c = &v->list[i];
		at.num = c->num;
		at.skip = 0;
		at.posted = 0;
		if (c->more == 0 && !view_tree_descends(v, ask, c->num))
			view_tree_mark(c, ask, &at, view_tree_count(v,
			    ask->thread, c->num, 0));
	}
}

int
view_tree(struct view *v, const struct view_ask *ask, struct err *err)
{
	struct view_place	at = { 0, 0, 0 };
	int64_t			next, cursor[3];
	size_t			from = v->n;
	int			n;

	at.posted = db_int(v->db, 0, "SELECT posted FROM thread WHERE num = ?",
	    "i", ask->thread);
	if (ask->after[0] != '\0') {
		if (cursor_read(ask->after, view_tree_kind(ask), 3, cursor,
		    err) != 0)
			return -1;
		at.num = cursor[0];
		at.skip = cursor[1];
		at.posted = cursor[2];
	}
	next = view_tree_next(v, ask, &at);
	if (at.num != 0 && next != 0 &&
	    view_tree_above(v, ask, next, err) != 0)
		return -1;
	for (n = 0; next != 0 && n < ask->limit; n++) {
		if (view_tree_load(v, ask->thread, next, err) != 0)
			return -1;
		at.num = next;
		at.skip = 0;
		next = view_tree_next(v, ask, &at);
	}
	if (next != 0) {
		cursor[0] = at.num;
		cursor[1] = 0;
		cursor[2] = at.posted;
		cursor_make(v->next, view_tree_kind(ask), 3, cursor);
		view_tree_cut(v, ask, &at);
	}
	view_tree_hidden(v, ask, from);
	return 0;
}
