/*
 * Comments as somebody may see them: rows joined into what pages and JSON
 * are written from. The one place that decides what of a comment is shown to
 * whom:
 *
 *   anybody     text of visible comments; a mark in the place of all others
 *   its author  also the own text in every state but erased and quarantined
 *   staff       the same for everybody's
 *
 * The text of a quarantined comment is shown to nobody here.
 *
 * A page costs what it holds: lists go by keys that indexes follow (thread
 * and number, score, account and time), and a cursor names the last row.
 */
#ifndef FORUMD_VIEW_H
#define FORUMD_VIEW_H

#include "forumd/arena.h"
#include "forumd/cursor.h"
#include "forumd/html_comment.h"
#include "moderation/house.h"
#include "storage/db.h"

struct view_comment {
	struct html_comment	 c;
	struct html_tombstone	 tomb;		/* where c.tombstone points */
	struct html_held	 held;		/* where c.held points */
	int64_t			 thread, num, parent, account;
	int			 revision;
	bool			 own;		/* the viewer wrote it */
	bool			 whole;		/* private representation */
	bool			 automated_decision;
	bool			 quarantined;
	const char		*salt;		/* of the explanation, base64 */
	const char		*decision;	/* its id */
	const char		*labels;	/* clauses, space-separated */
	const char		*label_titles[4];
	const char		*restored;	/* appeal's outcome, "" none */
	const char		*thread_title;
	int64_t			 restored_index;
	/* In a tree, where a branch was cut off. */
	int64_t			 more;		/* replies not on this page */
	char			 more_after[CURSOR_MAX];
};

enum view_sort { VIEW_OLDEST, VIEW_NEWEST, VIEW_BEST };

struct view_ask {
	int64_t		 thread;	/* its number */
	enum view_sort	 sort;
	bool		 tree;		/* reading order, whole ancestors */
	int		 limit;
	const char	*after;		/* cursor or "" */
	int64_t		 top;		/* tree: only what hangs below it */
	int		 depth;		/* tree: levels to show, 0 all */
};

struct view {
	struct db		*db;		/* borrowed */
	const struct policy	*policy;	/* borrowed */
	const char		*language;	/* of clause titles */
	int64_t			 viewer;	/* account or 0 */
	bool			 staff;
	int64_t			 now;
	struct arena		 arena;
	struct view_comment	*list;		/* in the arena */
	size_t			 n, cap;
	char			 next[CURSOR_MAX]; /* "" on the last page */
};

/* Nothing is read yet. viewer 0 with staff false is the public view. */
void	view_init(struct view *v, struct db *db, const struct policy *policy,
	    const char *language, int64_t viewer, bool staff);
void	view_free(struct view *v);

/* One page of a thread into v->list. */
int	view_page(struct view *v, const struct view_ask *ask, struct err *err);
/* One comment by its id; ERR_NOT_FOUND. Appended to the list. */
int	view_one(struct view *v, const char *id, struct err *err);
int	view_number(struct view *v, int64_t thread, int64_t num,
	    struct err *err);
/* The comment's ancestors, at most max, the farthest first. */
int	view_ancestors(struct view *v, int64_t thread, int64_t num, int max,
	    struct err *err);
/* An account's own comments in every state, newest first. */
int	view_account(struct view *v, int64_t account, int limit,
	    const char *after, struct err *err);
/* The newest visible comments of a thread, or (thread 0) of a site. */
int	view_newest(struct view *v, int64_t thread, const char *site,
	    int limit, struct err *err);

/* Comments of a thread whose version is above since, by version. */
int	view_changed(struct view *v, int64_t thread, int64_t since, int limit,
	    struct err *err);
/* The visible questions of a thread, oldest first. */
int	view_questions(struct view *v, int64_t thread, int limit,
	    const char *after, struct err *err);

/* A comment as a JSON object; mine{} is written where there is a viewer. */
void	view_json(struct buf *b, const struct view *v,
	    const struct view_comment *c);
/* Members of a tombstone / held, as objects. */
void	view_tombstone_json(struct buf *b, const struct view_comment *c);
void	view_held_json(struct buf *b, const struct view_comment *c);
/* The whole list, flat or (tree) nested in "children". */
void	view_list_json(struct buf *b, const struct view *v, bool tree);

/* The page's comments as the HTML writers want them, in the arena. */
const struct html_comment *view_html(struct view *v);

/* view_row.c: loading. Room for n more; a row from the statement. */
int	view_room(struct view *v, size_t more, struct err *err);
int	view_load(struct view *v, struct stmt *s, struct err *err);
/* What a second look adds: own text, votes, held state. From index from. */
int	view_finish(struct view *v, size_t from, struct err *err);
/* view_tree.c */
int	view_tree(struct view *v, const struct view_ask *ask,
	    struct err *err);

/* What view_load() reads, for every SELECT of comments: c is the comment. */
#define VIEW_COLUMNS							       \
	"c.thread, c.num, c.id, c.state, c.parent, c.depth, c.account, "       \
	"c.author_id, c.author_kind, c.badge, c.language, c.created_at, "      \
	"c.edited_at, c.revision, c.version, c.question, c.score, "	       \
	"c.replies, c.log_index, c.held_clause, c.decide_by, c.erased_by, "    \
	"c.erased_clause, c.quarantined, c.labels, f.name, f.html, t.slug, "   \
	"t.mode, p.id, pf.name, p.state, q.id, d.id, d.action, d.clause, "     \
	"d.at, d.decider, d.auto_detection, d.auto_decision, d.policy, "       \
	"d.log_index, d.appeal, d.appeal_until, d.conceal, x.bytes, x.salt, "  \
	"r.appeal, c.withdrawn_at, t.title, c.pick, t.pinned = c.num"
#define VIEW_FROM							       \
	" FROM comment c " VIEW_JOINS
#define VIEW_JOINS							       \
	"JOIN thread t ON t.num = c.thread "				       \
	"LEFT JOIN fragment f ON f.thread = c.thread AND f.num = c.num "       \
	"LEFT JOIN comment p ON p.thread = c.thread AND "		       \
	"p.num = NULLIF(c.parent, 0) "					       \
	"LEFT JOIN fragment pf ON pf.thread = p.thread AND pf.num = p.num "    \
	"LEFT JOIN comment q ON q.thread = c.thread AND q.num = c.answers "    \
	"LEFT JOIN decision d ON d.num = COALESCE(c.removed_by, c.decision) "  \
	"LEFT JOIN content x ON x.ref = CASE WHEN c.removed_by IS NOT NULL "   \
	"THEN 'd:' || d.id WHEN c.erased_by IS NOT NULL THEN 'e:' || c.id "    \
	"END AND x.field = 'explanation' "				       \
	"LEFT JOIN decision r ON d.action = 'restore' AND "		       \
	"r.log_index = d.reverses AND r.thread = d.thread AND "		       \
	"r.comment = d.comment "

#endif
