/*
 * From rows to comments. See view.h.
 *
 * view_load() reads what everybody may know in the one join; view_finish()
 * then looks up what only some viewers get, a few keyed look-ups a comment.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/view.h"
#include "moderation/lookup.h"
#include "moderation/queue.h"
#include "storage/base/clock.h"

#define HOUR	3600000
#define EDITS	5

void
view_init(struct view *v, struct db *db, const struct policy *policy,
    const char *language, int64_t viewer, bool staff)
{
	memset(v, 0, sizeof(*v));
	v->db = db;
	v->policy = policy;
	v->language = language;
	v->viewer = viewer;
	v->staff = staff;
	v->now = clock_ms();
}

void
view_free(struct view *v)
{
	arena_free(&v->arena);
	v->list = NULL;
	v->n = v->cap = 0;
}

int
view_room(struct view *v, size_t more, struct err *err)
{
	struct view_comment	*list;
	size_t			 cap = v->cap == 0 ? 16 : v->cap;

	while (cap < v->n + more)
		cap *= 2;
	if (cap == v->cap)
		return 0;
	if ((list = arena_get(&v->arena, cap * sizeof(*list))) == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	if (v->n > 0)
		memcpy(list, v->list, v->n * sizeof(*list));
	v->list = list;
	v->cap = cap;
	return 0;
}

static const char *
view_title(const struct view *v, const char *clause)
{
	const char	*title;

	if (clause == NULL)
		return NULL;
	title = policy_title(v->policy, clause, v->language);
	return title != NULL ? title : clause;
}

static const char *
view_salt(struct view *v, struct stmt *s, int col)
{
	struct buf	 b = BUF_INIT;
	const void	*p;
	const char	*text;
	size_t		 len;

	if (stmt_null(s, col))
		return NULL;
	p = stmt_blob(s, col, &len);
	buf_base64(&b, p, len);
	text = arena_str(&v->arena, buf_str(&b));
	buf_free(&b);
	return text;
}

/* The mark that stands in a comment's place, columns 33 to 48. */
static void
view_load_tombstone(struct view *v, struct view_comment *c, struct stmt *s)
{
	struct html_tombstone	*t = &c->tomb;
	const void		*p;
	size_t			 len;

	if (strcmp(c->c.state, "removed") != 0) {
		t->clause = arena_str(&v->arena, stmt_str(s, 22));
		t->action = c->c.state;
		t->decided_by = strcmp(c->c.state, "erased") == 0 ?
		    arena_str(&v->arena, stmt_str(s, 21)) : "author";
		t->decided_at = strcmp(c->c.state, "withdrawn") == 0 ?
		    stmt_int(s, 48) / HOUR * HOUR : 0;
		t->appeal = "none";
		t->log_index = -1;
	} else {
		c->decision = arena_str(&v->arena, stmt_str(s, 33));
		t->action = arena_str(&v->arena, stmt_str(s, 34));
		t->clause = arena_str(&v->arena, stmt_str(s, 35));
		t->decided_at = stmt_int(s, 36) / HOUR * HOUR;
		t->decided_by = arena_str(&v->arena, stmt_str(s, 37));
		t->automated_detection = stmt_int(s, 38) != 0;
		c->automated_decision = strcmp(stmt_text(s, 39),
		    "AUTOMATED_DECISION_FULLY") == 0;
		t->policy_digest = arena_str(&v->arena, stmt_str(s, 40));
		t->log_index = stmt_int(s, 41);
		t->appeal = arena_str(&v->arena, stmt_str(s, 42));
		t->appeal_until = stmt_int(s, 43);
		if (t->appeal != NULL && strcmp(t->appeal, "none") == 0 &&
		    t->appeal_until != 0 && t->appeal_until < v->now)
			t->appeal = "expired";
		if (stmt_int(s, 44) != 0)
			c->c.author.name = NULL;
	}
	t->clause_title = view_title(v, t->clause);
	if (!stmt_null(s, 45)) {
		p = stmt_blob(s, 45, &len);
		t->explanation = arena_text(&v->arena, p, len);
		c->salt = view_salt(v, s, 46);
	}
}

static void
view_load_labels(struct view *v, struct view_comment *c)
{
	char	 clause[ITEM_CLAUSE_MAX];
	size_t	 len, n = 0;
	const char *p = c->labels;

	while (p != NULL && *p != '\0' && n < 4) {
		p += strspn(p, " ");
		len = strcspn(p, " ");
		if (len == 0)
			break;
		if (len < sizeof(clause)) {
			memcpy(clause, p, len);
			clause[len] = '\0';
			c->label_titles[n++] = arena_str(&v->arena,
			    view_title(v, clause));
		}
		p += len;
	}
	c->c.nlabels = n;
}

/* Until when the author may change it: 0 where no more. */
static int64_t
view_editable(const struct view *v, const struct view_comment *c,
    struct stmt *s)
{
	int64_t	minutes = policy_number(v->policy, "window.edit_minutes");
	int64_t	until = c->c.created_at + minutes * 60000;

	if (c->revision > EDITS || strcmp(stmt_text(s, 28), "closed") == 0 ||
	    (strcmp(c->c.state, "visible") != 0 &&
	    strcmp(c->c.state, "held") != 0) || until <= v->now)
		return 0;
	return until;
}

int
view_load(struct view *v, struct stmt *s, struct err *err)
{
	struct view_comment	*c;
	struct html_comment	*h;
	struct arena		*a = &v->arena;
	bool			 visible;

	if (view_room(v, 1, err) != 0)
		return -1;
	c = &v->list[v->n];
	memset(c, 0, sizeof(*c));
	h = &c->c;
	c->thread = stmt_int(s, 0);
	c->num = stmt_int(s, 1);
	h->id = arena_str(a, stmt_text(s, 2));
	h->state = arena_str(a, stmt_text(s, 3));
	c->parent = stmt_int(s, 4);
	h->depth = (int)stmt_int(s, 5);
	c->account = stmt_int(s, 6);
	h->author.id = arena_str(a, stmt_text(s, 7));
	h->author.kind = arena_str(a, stmt_text(s, 8));
	h->author.badge = arena_str(a, stmt_str(s, 9));
	h->language = arena_str(a, stmt_str(s, 10));
	h->created_at = stmt_int(s, 11);
	h->edited_at = stmt_int(s, 12);
	c->revision = (int)stmt_int(s, 13);
	h->version = stmt_int(s, 14);
	h->question = stmt_int(s, 15) != 0;
	h->score = stmt_int(s, 16);
	h->replies = stmt_int(s, 17);
	h->log_index = stmt_int(s, 18);
	c->quarantined = stmt_int(s, 23) != 0;
	h->author.name = arena_str(a, stmt_str(s, 25));
	h->thread = arena_str(a, stmt_text(s, 27));
	h->parent = arena_str(a, stmt_str(s, 29));
	if (strcmp(stmt_text(s, 31), "visible") == 0)
		h->parent_author = arena_str(a, stmt_str(s, 30));
	h->answers = arena_str(a, stmt_str(s, 32));
	c->thread_title = arena_str(a, stmt_str(s, 49));
	h->pick = stmt_int(s, 50) != 0;
	h->pinned = stmt_int(s, 51) != 0;
	c->own = v->viewer != 0 && c->account == v->viewer;
	if (a->failed)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	visible = strcmp(h->state, "visible") == 0;
	c->whole = c->own || v->staff;
	if (visible) {
		c->labels = arena_str(a, stmt_str(s, 24));
		view_load_labels(v, c);
		c->restored = arena_str(a, stmt_str(s, 47));
		c->restored_index = stmt_int(s, 41);
		h->restored = c->restored != NULL ? c->restored_index : 0;
	} else if (strcmp(h->state, "held") != 0)
		view_load_tombstone(v, c, s);
	if (visible || (c->whole && !c->quarantined))
		h->body_html = arena_str(a, stmt_str(s, 26));
	if (c->own) {
		h->mine = true;
		h->editable_until = view_editable(v, c, s);
		if (h->author.name == NULL)
			h->author.name = arena_str(a, stmt_str(s, 25));
	}
	if (c->whole && strcmp(h->state, "held") == 0) {
		c->held.clause = arena_str(a, stmt_str(s, 19));
		c->held.clause_title = view_title(v, c->held.clause);
		c->held.explanation = c->held.clause == NULL ? NULL :
		    policy_automatic(v->policy, c->held.clause, v->language);
		c->held.decide_by = stmt_int(s, 20);
	}
	v->n++;
	return a->failed ? err_set(err, ERR_OVERLOADED, NULL,
	    "Out of memory") : 0;
}

/* The source text, for its author and staff. */
static int
view_body(struct view *v, struct view_comment *c, struct err *err)
{
	struct buf	b = BUF_INIT;
	char		ref[REF_MAX];
	int		rc;

	ref_comment(ref, c->c.id, c->revision);
	rc = lookup_content(v->db, ref, "body", &b, NULL, err);
	if (rc == 0)
		c->c.body = arena_text(&v->arena, buf_str(&b), b.len);
	buf_free(&b);
	return rc < 0 ? -1 : 0;
}

int
view_finish(struct view *v, size_t from, struct err *err)
{
	struct view_comment	*c;
	bool			 held;
	size_t			 i;

	for (i = from; i < v->n; i++) {
		c = &v->list[i];
		if (c->whole && !c->quarantined && view_body(v, c, err) != 0)
			return -1;
		held = strcmp(c->c.state, "held") == 0;
		if (held && c->whole)
			c->held.queue_position = queue_position(v->db,
			    c->thread, c->num, v->now);
		if (v->viewer == 0)
			continue;
		c->c.vote = (int)db_int(v->db, 0, "SELECT value FROM vote "
		    "WHERE thread = ? AND num = ? AND account = ?", "iii",
		    c->thread, c->num, v->viewer);
		c->c.flagged = db_int(v->db, 0, "SELECT 1 FROM flag WHERE "
		    "thread = ? AND comment = ? AND account = ? LIMIT 1",
		    "iii", c->thread, c->num, v->viewer) != 0;
	}
	/* The list may have moved while it grew: pointers into it come last. */
	for (i = 0; i < v->n; i++) {
		c = &v->list[i];
		held = strcmp(c->c.state, "held") == 0;
		c->c.labels = c->label_titles;
		c->c.held = held && c->whole ? &c->held : NULL;
		c->c.tombstone = !held && strcmp(c->c.state, "visible") != 0 ?
		    &c->tomb : NULL;
	}
	return v->arena.failed ? err_set(err, ERR_OVERLOADED, NULL,
	    "Out of memory") : 0;
}

const struct html_comment *
view_html(struct view *v)
{
	struct html_comment	*h;
	size_t			 i;

	if ((h = arena_get(&v->arena, (v->n + 1) * sizeof(*h))) == NULL)
		return NULL;
	for (i = 0; i < v->n; i++) {
		h[i] = v->list[i].c;
		h[i].cut = v->list[i].more;
	}
	return h;
}
