/*
 * The moderators' queue as JSON, and as what the page is made from.
 */
#include <string.h>

#include "forumd/api_queue.h"
#include "forumd/handlers.h"
#include "storage/base/clock.h"

int
api_queue_ask(struct request *rq, struct queue_query *q, struct err *err)
{
	char	state[16], sort[16], after[CURSOR_MAX];
	int	s;

	memset(q, 0, sizeof(*q));
	if (request_param(rq, "state", state, sizeof(state), err) < 0 ||
	    request_param(rq, "sort", sort, sizeof(sort), err) < 0 ||
	    request_paging(rq, &q->limit, after, sizeof(after), err) != 0)
		return -1;
	if ((s = queue_state_find(state[0] != '\0' ? state : "all")) < 0)
		return err_set(err, ERR_INVALID_FIELD, "state",
		    "state is held, flagged, appealed, overdue or all");
	q->state = (enum queue_state)s;
	if ((s = sort[0] == '\0' ? QUEUE_PRIORITY :
	    queue_sort_find(sort)) < 0)
		return err_set(err, ERR_INVALID_FIELD, "sort",
		    "sort is priority, oldest, newest or deadline");
	q->sort = (enum queue_sort)s;
	q->viewer = rq->who.actor.account;
	q->now = clock_ms();
	if (after[0] == '\0')
		return 0;
	q->go_on = true;
	return cursor_read(after, 'q', QUEUE_CURSOR, q->after, err);
}

int
api_queue_write(struct request *rq, const struct queue_query *q,
    struct buf *out, struct err *err)
{
	struct arena		 a = ARENA_INIT;
	struct queue_item	*items;
	char			 next[CURSOR_MAX] = "";
	int64_t			 at[QUEUE_CURSOR], counts[QUEUE_ALL + 1];
	size_t			 i, n = 0;
	bool			 more = false;
	int			 rc;

	items = arena_get(&a, (size_t)q->limit * sizeof(*items));
	if (items == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	rc = queue_list(rq->db, q, items, &n, &more, at, err);
	buf_adds(out, "{\"items\":[");
	for (i = 0; rc == 0 && i < n; i++) {
		if (i > 0)
			buf_addc(out, ',');
		rc = queue_item_json(out, rq->db, rq->server->house, q,
		    &items[i], err);
	}
	buf_addc(out, ']');
	if (rc == 0 && more)
		cursor_make(next, 'q', QUEUE_CURSOR, at);
	api_next(out, next);
	if (rc == 0)
		rc = queue_counts(rq->db, counts, err);
	if (rc == 0) {
		buf_key(out, "counts");
		buf_addc(out, '{');
		buf_kv_int(out, "held", counts[QUEUE_HELD]);
		buf_kv_int(out, "flagged", counts[QUEUE_FLAGGED]);
		buf_kv_int(out, "appealed", counts[QUEUE_APPEALED]);
		buf_kv_int(out, "overdue", counts[QUEUE_OVERDUE]);
		buf_kv_int(out, "all", counts[QUEUE_ALL]);
		buf_addc(out, '}');
	}
	buf_addc(out, '}');
	arena_free(&a);
	return rc;
}

int
api_queue(struct request *rq, struct err *err)
{
	struct queue_query	q;

	return api_queue_ask(rq, &q, err) != 0 ? -1 :
	    api_queue_write(rq, &q, &rq->out, err);
}
