/*
 * Pages of comments by their keys. See view.h; trees are in view_tree.c, the
 * rows in view_row.c.
 */
#include <string.h>

#include "forumd/view.h"

/* Loads all rows of a statement. limit rows are wanted and one more was
 * asked for: whether it is there tells if the list goes on. */
static int
view_rows(struct view *v, struct stmt *s, int limit, bool *more,
    struct err *err)
{
	int	rc, n = 0;

	*more = false;
	while ((rc = stmt_step(s)) == 1) {
		if (n++ == limit) {
			*more = true;
			break;
		}
		if (view_load(v, s, err) != 0) {
			stmt_done(s, NULL);
			return -1;
		}
	}
	return stmt_done(s, err);
}

static int
view_by_number(struct view *v, const struct view_ask *ask, struct err *err)
{
	bool		 more, newest = ask->sort == VIEW_NEWEST;
	int64_t		 after = newest ? INT64_MAX : 0;
	struct stmt	*s;
	char		 kind = newest ? 'n' : 'o';

	if (ask->after[0] != '\0' &&
	    cursor_read(ask->after, kind, 1, &after, err) != 0)
		return -1;
	if (newest)
		s = db_query(v->db, "SELECT " VIEW_COLUMNS VIEW_FROM
		    "WHERE c.thread = ? AND c.num < ? ORDER BY c.num DESC "
		    "LIMIT ?", "iii", ask->thread, after,
		    (int64_t)ask->limit + 1);
	else
		s = db_query(v->db, "SELECT " VIEW_COLUMNS VIEW_FROM
		    "WHERE c.thread = ? AND c.num > ? ORDER BY c.num "
		    "LIMIT ?", "iii", ask->thread, after,
		    (int64_t)ask->limit + 1);
	if (view_rows(v, s, ask->limit, &more, err) != 0)
		return -1;
	if (more)
		cursor_make(v->next, kind, 1, &v->list[v->n - 1].num);
	return 0;
}

/* The cursor pins where the ranking was cut (score and number) and how many
 * comments there were when it began: later ones are left for the next look. */
static int
view_by_score(struct view *v, const struct view_ask *ask, struct err *err)
{
	int64_t		 at[3] = { INT64_MAX, 0, INT64_MAX };
	struct stmt	*s;
	bool		 more;

	if (ask->after[0] == '\0')
		at[2] = db_int(v->db, 0, "SELECT posted FROM thread WHERE "
		    "num = ?", "i", ask->thread);
	else if (cursor_read(ask->after, 'b', 3, at, err) != 0)
		return -1;
	s = db_query(v->db, "SELECT " VIEW_COLUMNS VIEW_FROM
	    "WHERE c.thread = ?1 AND c.score <= ?2 AND (c.score < ?2 OR "
	    "c.num > ?3) AND c.num <= ?4 ORDER BY c.score DESC, c.num "
	    "LIMIT ?5", "iiiii", ask->thread, at[0], at[1], at[2],
	    (int64_t)ask->limit + 1);
	if (view_rows(v, s, ask->limit, &more, err) != 0)
		return -1;
	if (more) {
		at[0] = v->list[v->n - 1].c.score;
		at[1] = v->list[v->n - 1].num;
		cursor_make(v->next, 'b', 3, at);
	}
	return 0;
}

int
view_page(struct view *v, const struct view_ask *ask, struct err *err)
{
	size_t	from = v->n;
	int	rc;

	if (view_room(v, (size_t)ask->limit + 1, err) != 0)
		return -1;
	if (ask->tree)
		rc = view_tree(v, ask, err);
	else if (ask->sort == VIEW_BEST)
		rc = view_by_score(v, ask, err);
	else
		rc = view_by_number(v, ask, err);
	return rc != 0 ? -1 : view_finish(v, from, err);
}

/* Exactly one row, or 404. */
static int
view_single(struct view *v, struct stmt *s, struct err *err)
{
	size_t	from = v->n;
	bool	more;

	if (view_rows(v, s, 1, &more, err) != 0)
		return -1;
	if (v->n == from)
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "There is no such comment");
	return view_finish(v, from, err);
}

int
view_one(struct view *v, const char *id, struct err *err)
{
	return view_single(v, db_query(v->db, "SELECT " VIEW_COLUMNS VIEW_FROM
	    "WHERE c.id = ?", "s", id), err);
}

int
view_number(struct view *v, int64_t thread, int64_t num, struct err *err)
{
	return view_single(v, db_query(v->db, "SELECT " VIEW_COLUMNS VIEW_FROM
	    "WHERE c.thread = ? AND c.num = ?", "ii", thread, num), err);
}

int
view_ancestors(struct view *v, int64_t thread, int64_t num, int max,
    struct err *err)
{
	int64_t	up[64];
	int	n = 0;

	if (max > 64)
		max = 64;
	while (n < max && (num = db_int(v->db, 0, "SELECT parent FROM comment "
	    "WHERE thread = ? AND num = ?", "ii", thread, num)) != 0)
		up[n++] = num;
	while (n > 0) {
		if (view_number(v, thread, up[--n], err) != 0)
			return -1;
	}
	return 0;
}

int
view_account(struct view *v, int64_t account, int limit, const char *after,
    struct err *err)
{
	int64_t		 at[3] = { INT64_MAX, INT64_MAX, INT64_MAX };
	size_t		 from = v->n;
	struct view_comment *c;
	bool		 more;

	if (after[0] != '\0' && cursor_read(after, 'a', 3, at, err) != 0)
		return -1;
	if (view_rows(v, db_query(v->db, "SELECT " VIEW_COLUMNS VIEW_FROM
	    "WHERE c.account = ? AND (c.created_at, c.thread, c.num) < "
	    "(?, ?, ?) ORDER BY c.created_at DESC, c.thread DESC, c.num DESC "
	    "LIMIT ?", "iiiii", account, at[0], at[1], at[2],
	    (int64_t)limit + 1), limit, &more, err) != 0)
		return -1;
	if (more) {
		c = &v->list[v->n - 1];
		at[0] = c->c.created_at;
		at[1] = c->thread;
		at[2] = c->num;
		cursor_make(v->next, 'a', 3, at);
	}
	return view_finish(v, from, err);
}

int
view_newest(struct view *v, int64_t thread, const char *site, int limit,
    struct err *err)
{
	size_t		 from = v->n;
	struct stmt	*s;
	bool		 more;

	if (thread != 0)
		s = db_query(v->db, "SELECT " VIEW_COLUMNS VIEW_FROM
		    "WHERE c.thread = ? AND c.state = 'visible' "
		    "ORDER BY c.num DESC LIMIT ?", "ii", thread,
		    (int64_t)limit);
	else
		s = db_query(v->db, "SELECT " VIEW_COLUMNS VIEW_FROM
		    "WHERE c.thread IN (SELECT num FROM thread WHERE site = ? "
		    "ORDER BY num DESC LIMIT 50) AND c.state = 'visible' "
		    "ORDER BY c.created_at DESC, c.thread, c.num DESC LIMIT ?",
		    "si", site, (int64_t)limit);
	if (view_rows(v, s, limit, &more, err) != 0)
		return -1;
	return view_finish(v, from, err);
}

int
view_questions(struct view *v, int64_t thread, int limit, const char *after,
    struct err *err)
{
	size_t	from = v->n;
	int64_t	at = 0;
	bool	more;

	if (after[0] != '\0' && cursor_read(after, 'w', 1, &at, err) != 0)
		return -1;
	if (view_rows(v, db_query(v->db, "SELECT " VIEW_COLUMNS " FROM comment "
	    "c INDEXED BY comment_question " VIEW_JOINS "WHERE c.thread = ? "
	    "AND c.question = 1 AND c.state = 'visible' AND c.num > ? ORDER "
	    "BY c.num LIMIT ?", "iii", thread, at, (int64_t)limit + 1), limit,
	    &more, err) != 0)
		return -1;
	if (more)
		cursor_make(v->next, 'w', 1, &v->list[v->n - 1].num);
	return view_finish(v, from, err);
}

int
view_changed(struct view *v, int64_t thread, int64_t since, int limit,
    struct err *err)
{
	size_t	from = v->n;
	bool	more;

	if (view_rows(v, db_query(v->db, "SELECT " VIEW_COLUMNS VIEW_FROM
	    "WHERE c.thread = ? AND c.version > ? ORDER BY c.version LIMIT ?",
	    "iii", thread, since, (int64_t)limit), limit, &more, err) != 0)
		return -1;
	return view_finish(v, from, err);
}
