/*
 * Comments as JSON, to the letter of the contract. See view.h.
 */
#include <string.h>

#include "forumd/view.h"

static void
view_author_json(struct buf *b, const struct view_comment *c)
{
	buf_key(b, "author");
	buf_addc(b, '{');
	buf_kv_str(b, "id", c->c.author.id);
	buf_kv_str(b, "name", c->c.author.name);
	buf_kv_str(b, "kind", c->c.author.kind);
	buf_kv_str(b, "badge", c->c.author.badge);
	buf_addc(b, '}');
}

static void
view_labels_json(struct buf *b, const struct view_comment *c)
{
	const char	*p = c->labels;
	size_t		 len;
	bool		 first = true;

	buf_key(b, "labels");
	buf_addc(b, '[');
	while (p != NULL && *(p += strspn(p, " ")) != '\0') {
		len = strcspn(p, " ");
		if (!first)
			buf_addc(b, ',');
		buf_json(b, p, len);
		first = false;
		p += len;
	}
	buf_addc(b, ']');
}

void
view_tombstone_json(struct buf *b, const struct view_comment *c)
{
	const struct html_tombstone	*t = &c->tomb;

	buf_addc(b, '{');
	buf_kv_str(b, "clause", t->clause);
	buf_kv_str(b, "clause_title", t->clause_title);
	buf_kv_str(b, "explanation", t->explanation);
	buf_kv_str(b, "explanation_salt", c->salt);
	buf_kv_str(b, "action", t->action);
	buf_kv_time(b, "decided_at", t->decided_at);
	buf_kv_str(b, "decided_by", t->decided_by);
	buf_kv_bool(b, "automated_detection", t->automated_detection);
	buf_kv_bool(b, "automated_decision", c->automated_decision);
	buf_kv_str(b, "policy_digest", t->policy_digest);
	if (t->log_index < 0)
		buf_kv_null(b, "log_index");
	else
		buf_kv_int(b, "log_index", t->log_index);
	buf_kv_str(b, "appeal", t->appeal);
	buf_kv_time(b, "appeal_until", t->appeal_until);
	buf_addc(b, '}');
}

void
view_held_json(struct buf *b, const struct view_comment *c)
{
	buf_addc(b, '{');
	buf_kv_str(b, "clause", c->held.clause);
	buf_kv_str(b, "clause_title", c->held.clause_title);
	buf_kv_str(b, "explanation", c->held.explanation);
	buf_kv_time(b, "decide_by", c->held.decide_by);
	buf_kv_int(b, "queue_position", c->held.queue_position);
	buf_addc(b, '}');
}

/* What only its author and staff get, and what is the viewer's own. */
static void
view_private_json(struct buf *b, const struct view *v,
    const struct view_comment *c)
{
	if (c->whole) {
		buf_kv_str(b, "body", c->c.body);
		buf_kv_time(b, "editable_until", c->c.editable_until);
		if (c->c.held != NULL) {
			buf_key(b, "held");
			view_held_json(b, c);
		}
	}
	if (v->viewer == 0)
		return;
	buf_key(b, "mine");
	buf_addc(b, '{');
	buf_kv_int(b, "vote", c->c.vote);
	buf_kv_bool(b, "flagged", c->c.flagged);
	buf_kv_int(b, "version", c->c.version);
	buf_kv_bool(b, "own", c->own);
	buf_kv_time(b, "editable_until", c->c.editable_until);
	buf_key(b, "held");
	if (c->own && c->c.held != NULL)
		view_held_json(b, c);
	else
		buf_adds(b, "null");
	buf_addc(b, '}');
}

/* The members; the object stays open. */
static void
view_members_json(struct buf *b, const struct view *v,
    const struct view_comment *c)
{
	buf_kv_str(b, "id", c->c.id);
	buf_kv_str(b, "thread", c->c.thread);
	buf_kv_str(b, "parent", c->c.parent);
	buf_kv_int(b, "depth", c->c.depth);
	view_author_json(b, c);
	buf_kv_str(b, "body_html", c->c.body_html);
	buf_kv_str(b, "language", c->c.language);
	buf_kv_time(b, "created_at", c->c.created_at);
	buf_kv_time(b, "edited_at", c->c.edited_at);
	buf_kv_int(b, "version", c->c.version);
	buf_kv_str(b, "state", c->c.state);
	view_labels_json(b, c);
	buf_kv_bool(b, "question", c->c.question);
	buf_kv_str(b, "answers", c->c.answers);
	buf_kv_bool(b, "pick", c->c.pick);
	buf_kv_bool(b, "pinned", c->c.pinned);
	buf_kv_int(b, "score", c->c.score);
	buf_kv_int(b, "replies", c->c.replies);
	buf_kv_int(b, "log_index", c->c.log_index);
	if (c->c.tombstone != NULL) {
		buf_key(b, "tombstone");
		view_tombstone_json(b, c);
	}
	if (c->restored != NULL) {
		buf_key(b, "restored");
		buf_addc(b, '{');
		buf_kv_str(b, "appeal", c->restored);
		buf_kv_int(b, "log_index", c->restored_index);
		buf_addc(b, '}');
	}
	if (v->viewer != 0 || c->whole)
		view_private_json(b, v, c);
	if (c->more > 0) {
		buf_key(b, "more");
		buf_addc(b, '{');
		buf_kv_str(b, "parent", c->c.id);
		buf_kv_str(b, "after", c->more_after);
		buf_kv_int(b, "count", c->more);
		buf_addc(b, '}');
	}
}

void
view_json(struct buf *b, const struct view *v, const struct view_comment *c)
{
	buf_addc(b, '{');
	view_members_json(b, v, c);
	buf_addc(b, '}');
}

/* In reading order a comment hangs below the nearest one before it that is
 * its parent: the open objects are a path, closed until the parent is on
 * top. at_depth counts them. */
static void
view_nested_json(struct buf *b, const struct view *v)
{
	size_t	i, open = 0, base = 0;

	for (i = 0; i < v->n; i++) {
		const struct view_comment	*c = &v->list[i];

		if (i == 0 || c->parent == 0 || open == 0)
			base = (size_t)c->c.depth;
		if ((size_t)c->c.depth < base)
			base = (size_t)c->c.depth;
		while (open > (size_t)c->c.depth - base) {
			buf_adds(b, "]}");
			open--;
		}
		if (b->len > 0 && b->data[b->len - 1] == '}')
			buf_addc(b, ',');
		buf_addc(b, '{');
		view_members_json(b, v, c);
		buf_key(b, "children");
		buf_addc(b, '[');
		open++;
	}
	while (open-- > 0)
		buf_adds(b, "]}");
}

void
view_list_json(struct buf *b, const struct view *v, bool tree)
{
	size_t	i;

	buf_addc(b, '[');
	if (tree)
		view_nested_json(b, v);
	for (i = 0; !tree && i < v->n; i++) {
		if (i > 0)
			buf_addc(b, ',');
		view_json(b, v, &v->list[i]);
	}
	buf_addc(b, ']');
}
