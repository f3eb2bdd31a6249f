/*
 * The public record: decisions as a list, and one entry with leaf and proof.
 */
#include "forumd/handlers.h"
#include "forumd/log_view.h"

int
api_log(struct request *rq, struct err *err)
{
	struct log_ask		 ask;
	struct log_entry	*list;
	struct view		 v;
	size_t			 i, n;
	int			 rc;

	if (log_ask(rq, &ask, err) != 0)
		return -1;
	api_view(rq, &v);
	if ((rc = log_page(rq, &v, &ask, &list, &n, err)) == 0) {
		request_object(rq);
		buf_key(&rq->out, "entries");
		buf_addc(&rq->out, '[');
		for (i = 0; i < n; i++) {
			buf_adds(&rq->out, i > 0 ? ",{" : "{");
			buf_kv_int(&rq->out, "log_index", list[i].index);
			log_entry_json(&rq->out, &list[i]);
			buf_addc(&rq->out, '}');
		}
		buf_addc(&rq->out, ']');
		api_next(&rq->out, v.next);
		request_object_end(rq);
	}
	view_free(&v);
	return rc;
}

int
api_log_entry(struct request *rq, struct err *err)
{
	struct log_entry	 e;
	struct tlog_entry	 proven;
	struct view		 v;
	int64_t			 index;
	int			 rc;

	api_view(rq, &v);
	if ((rc = log_load(rq, &v, &index, &e, &proven, err)) == 0) {
		if (e.tnum > 0)
			rq->thread = e.tnum;
		request_object(rq);
		tlog_entry_json(&rq->out, index, &proven);
		log_entry_json(&rq->out, &e);
		request_object_end(rq);
	}
	tlog_free(&proven);
	view_free(&v);
	return rc;
}
