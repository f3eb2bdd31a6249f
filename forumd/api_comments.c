/*
 * Comments as JSON: lists, one, its receipt, questions, search hits.
 */
#include <string.h>

#include "forumd/api.h"
#include "forumd/handlers.h"
#include "storage/search.h"

int
api_comments(struct request *rq, struct err *err)
{
	struct view		v;
	struct view_thread	t;
	struct view_ask		ask;
	char			after[CURSOR_MAX];
	int			rc = -1;

	memset(&ask, 0, sizeof(ask));
	if (api_order(rq, &ask, err) != 0 ||
	    request_paging(rq, &ask.limit, after, sizeof(after), err) != 0)
		return -1;
	ask.after = after;
	api_view(rq, &v);
	if (view_thread(&v, rq->param[0], &t, err) == 0) {
		rq->thread = ask.thread = t.num;
		rc = view_page(&v, &ask, err);
	}
	if (rc == 0) {
		request_object(rq);
		buf_key(&rq->out, "thread");
		view_thread_json(&rq->out, &t);
		buf_key(&rq->out, "comments");
		view_list_json(&rq->out, &v, ask.tree);
		api_next(&rq->out, v.next);
		request_object_end(rq);
	}
	view_free(&v);
	return rc;
}

int
api_comment(struct request *rq, struct err *err)
{
	struct view	v;
	int		rc;

	api_view(rq, &v);
	if ((rc = view_one(&v, rq->param[0], err)) == 0) {
		rq->thread = v.list[0].thread;
		view_json(&rq->out, &v, &v.list[0]);
	}
	view_free(&v);
	return rc;
}

/* For its author only: the salt is private. */
int
api_comment_receipt(struct request *rq, struct err *err)
{
	struct comment_row	c;

	if (lookup_comment(rq->db, rq->param[0], &c, err) != 0)
		return -1;
	if (rq->who.actor.account == 0 ||
	    c.account != rq->who.actor.account)
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "There is no such receipt");
	return api_receipt(rq, &rq->out, c.id, c.log_index, true, err);
}

/* Whether somebody disputes an answer: a visible reply to it that is itself
 * a question by the one who asked. */
const char *
api_question_state(struct request *rq, int64_t thread, int64_t asker,
    int64_t answer)
{
	if (answer == 0)
		return "waiting";
	return db_int(rq->db, 0, "SELECT 1 FROM comment WHERE thread = ? AND "
	    "parent = ? AND account = ? AND question = 1 AND state = "
	    "'visible' LIMIT 1", "iii", thread, answer, asker) != 0 ?
	    "disputed" : "answered";
}

/* How often it was asked: the question and the visible questions below it. */
int64_t
api_question_asked(struct request *rq, int64_t thread, int64_t num)
{
	return 1 + db_int(rq->db, 0, "SELECT COUNT(*) FROM comment WHERE "
	    "thread = ? AND parent = ? AND question = 1 AND state = "
	    "'visible'", "ii", thread, num);
}

static void
api_question(struct request *rq, struct view *v, size_t i)
{
	const struct view_comment	*c = &v->list[i];
	int64_t				 answer, at;
	struct buf			*b = &rq->out;
	struct err			 none;

	answer = db_int(rq->db, 0, "SELECT num FROM comment WHERE thread = ? "
	    "AND answers = ? AND state = 'visible' ORDER BY num LIMIT 1",
	    "ii", c->thread, c->num);
	at = answer == 0 ? v->now : db_int(rq->db, v->now, "SELECT created_at "
	    "FROM comment WHERE thread = ? AND num = ?", "ii", c->thread,
	    answer);
	rq->ages |= answer == 0;
	if (i > 0)
		buf_addc(b, ',');
	buf_addc(b, '{');
	buf_kv_str(b, "state", api_question_state(rq, c->thread, c->account,
	    answer));
	buf_kv_time(b, "asked_at", c->c.created_at);
	buf_kv_int(b, "waited_seconds", (at - c->c.created_at) / 1000);
	buf_kv_int(b, "asked_times", api_question_asked(rq, c->thread,
	    c->num));
	buf_key(b, "comment");
	view_json(b, v, c);
	buf_key(b, "answer");
	if (answer != 0 && view_number(v, c->thread, answer, &none) == 0)
		view_json(b, v, &v->list[--v->n]);
	else
		buf_adds(b, "null");
	buf_addc(b, '}');
}

int
api_questions(struct request *rq, struct err *err)
{
	struct view		v;
	struct view_thread	t;
	char			after[CURSOR_MAX];
	size_t			i, n;
	int			limit, rc = -1;

	if (request_paging(rq, &limit, after, sizeof(after), err) != 0)
		return -1;
	api_view(rq, &v);
	if (view_thread(&v, rq->param[0], &t, err) == 0)
		rc = view_questions(&v, t.num, limit, after, err);
	if (rc == 0) {
		request_object(rq);
		buf_key(&rq->out, "questions");
		buf_addc(&rq->out, '[');
		for (i = 0, n = v.n; i < n; i++)
			api_question(rq, &v, i);
		buf_addc(&rq->out, ']');
		api_next(&rq->out, v.next);
		request_object_end(rq);
	}
	view_free(&v);
	return rc;
}

/* ---- search ---- */

/* The question as an object, because the work is done on a worker, where the
 * request's bytes may be gone. */
static int
api_search_ask(struct request *rq, struct err *err)
{
	static _Thread_local char	q[2048], thread[128], author[64];
	struct thread_row		t;
	char				after[CURSOR_MAX];
	int64_t				at = 0;
	int				limit;

	t.num = 0;
	if (request_param(rq, "q", q, sizeof(q), err) < 0 ||
	    request_param(rq, "thread", thread, sizeof(thread), err) < 0 ||
	    request_param(rq, "author", author, sizeof(author), err) < 0 ||
	    request_paging(rq, &limit, after, sizeof(after), err) != 0)
		return -1;
	if (q[strspn(q, " ")] == '\0')
		return err_set(err, ERR_INVALID_FIELD, "q",
		    "q is what to look for");
	if (thread[0] != '\0' &&
	    lookup_thread(rq->db, thread, &t, err) != 0)
		return -1;
	if (after[0] != '\0' && (cursor_read(after, 's', 1, &at, err) != 0 ||
	    at < 0 || at > SEARCH_OFFSET_MAX))
		return err_set(err, ERR_INVALID_FIELD, "after",
		    "after is not a cursor of this list");
	rq->body = json_pack("{s:s, s:I, s:s, s:i, s:I}", "q", q, "thread",
	    (json_int_t)t.num, "author", author, "limit", limit, "offset",
	    (json_int_t)at);
	return rq->body != NULL ? 0 : err_set(err, ERR_OVERLOADED, NULL,
	    "Out of memory");
}

static int64_t
api_search_int(struct request *rq, const char *key)
{
	return json_integer_value(json_object_get(rq->body, key));
}

/* On a worker: a common word may have many hits to rank. */
static int
api_search_work(struct request *rq, struct err *err)
{
	struct search_ask	 ask;
	struct search_hit	*hit;
	struct view		 v;
	int64_t			 at;
	int			 i, n, rc = 0;

	ask.text = request_field(rq, "q");
	ask.author = request_field(rq, "author");
	if (ask.author != NULL && *ask.author == '\0')
		ask.author = NULL;
	ask.thread = api_search_int(rq, "thread");
	ask.limit = (int)api_search_int(rq, "limit");
	ask.offset = (int)api_search_int(rq, "offset");
	api_view(rq, &v);
	hit = arena_get(&v.arena, ((size_t)ask.limit + 1) * sizeof(*hit));
	n = hit == NULL ? err_set(err, ERR_OVERLOADED, NULL, "Out of memory") :
	    search_query(rq->server->search, rq->db, &ask, hit, err);
	for (i = 0; i < n && i < ask.limit && rc == 0; i++)
		rc = view_number(&v, hit[i].thread, hit[i].num, err);
	if (n > ask.limit && ask.offset + ask.limit <= SEARCH_OFFSET_MAX) {
		at = ask.offset + ask.limit;
		cursor_make(v.next, 's', 1, &at);
	}
	if (n >= 0 && rc == 0) {
		request_object(rq);
		buf_key(&rq->out, "comments");
		view_list_json(&rq->out, &v, false);
		api_next(&rq->out, v.next);
		request_object_end(rq);
	}
	view_free(&v);
	return n < 0 ? -1 : rc;
}

int
api_search(struct request *rq, struct err *err)
{
	if (api_search_ask(rq, err) != 0)
		return -1;
	return request_work(rq, api_search_work, err);
}
