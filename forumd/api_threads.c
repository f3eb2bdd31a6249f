/*
 * Threads as JSON: the list, one with its public account, the counts that
 * article pages ask for, the house rules.
 */
#include <string.h>

#include "forumd/api.h"
#include "forumd/handlers.h"

#define COUNTS_MAX	500

int
api_threads(struct request *rq, struct err *err)
{
	struct view		 v;
	struct view_thread	*list;
	char			 site[128], mode[24], after[CURSOR_MAX];
	size_t			 i, n;
	int			 limit, rc;

	if (request_param(rq, "site", site, sizeof(site), err) < 0 ||
	    request_param(rq, "mode", mode, sizeof(mode), err) < 0 ||
	    request_paging(rq, &limit, after, sizeof(after), err) != 0)
		return -1;
	api_view(rq, &v);
	rc = view_threads(&v, site, mode, limit, after, &list, &n, err);
	if (rc == 0) {
		request_object(rq);
		buf_key(&rq->out, "threads");
		buf_addc(&rq->out, '[');
		for (i = 0; i < n; i++) {
			if (i > 0)
				buf_addc(&rq->out, ',');
			view_thread_json(&rq->out, &list[i]);
		}
		buf_addc(&rq->out, ']');
		api_next(&rq->out, v.next);
		request_object_end(rq);
	}
	view_free(&v);
	return rc;
}

int
api_thread(struct request *rq, struct err *err)
{
	struct view		v;
	struct view_thread	t;
	int			rc;

	api_view(rq, &v);
	if ((rc = view_thread(&v, rq->param[0], &t, err)) == 0) {
		rq->thread = t.num;
		view_thread_json(&rq->out, &t);
	}
	view_free(&v);
	return rc;
}

/* A browser asks before it lets a news page's script post JSON here. */
int
api_counts_ask(struct request *rq, struct err *err)
{
	(void)err;
	rq->status = 204;
	buf_adds(&rq->head, "Access-Control-Allow-Methods: POST\r\n"
	    "Access-Control-Allow-Headers: Content-Type\r\n"
	    "Access-Control-Max-Age: 86400\r\n");
	return 0;
}

/* Visible counts for the article addresses of the body, in their order. */
int
api_counts(struct request *rq, struct err *err)
{
	const char	*url;
	json_t		*e;
	size_t		 i, n = json_array_size(rq->body);

	if (!json_is_array(rq->body) || n > COUNTS_MAX)
		return err_set(err, ERR_INVALID_FIELD, NULL,
		    "The body is an array of at most %d addresses",
		    COUNTS_MAX);
	for (i = 0; i < n; i++) {
		if (!json_is_string(json_array_get(rq->body, i)))
			return err_set(err, ERR_INVALID_FIELD, NULL,
			    "Element %zu is not an address", i);
	}
	buf_addc(&rq->out, '[');
	json_array_foreach(rq->body, i, e) {
		url = json_string_value(e);
		if (i > 0)
			buf_addc(&rq->out, ',');
		buf_addi(&rq->out, db_int(rq->db, 0, "SELECT visible FROM "
		    "thread WHERE url = ? ORDER BY num LIMIT 1", "s", url));
	}
	buf_addc(&rq->out, ']');
	return 0;
}

static int64_t
api_policy_adopted(struct request *rq, const char *digest)
{
	return db_int(rq->db, 0, "SELECT adopted_at FROM policy WHERE digest "
	    "= ?", "s", digest);
}

int
api_policy(struct request *rq, struct err *err)
{
	const struct policy	*p = rq->rules->policy;

	(void)err;
	policy_public_json(&rq->out, p, api_policy_adopted(rq,
	    policy_digest(p)));
	return 0;
}

/* The rules as they stood under a digest. */
int
api_policy_one(struct request *rq, struct err *err)
{
	struct policy	*p = NULL;
	struct buf	 text = BUF_INIT;
	char		 ref[REF_MAX];
	int64_t		 adopted = api_policy_adopted(rq, rq->param[0]);
	int		 rc = -1;

	if (strcmp(rq->param[0], policy_digest(rq->rules->policy)) == 0)
		return api_policy(rq, err);
	if (adopted == 0 || strlen(rq->param[0]) >= REF_MAX - 8)
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "No house rules with this digest were ever in force");
	strcpy(ref, "policy:");
	strcat(ref, rq->param[0]);
	if ((rc = lookup_content(rq->db, ref, "json", &text, NULL,
	    err)) == 1)
		rc = err_set(err, ERR_NOT_FOUND, NULL,
		    "The text of these house rules is not kept here");
	if (rc == 0)
		rc = policy_load(&p, text.data, text.len, err);
	if (rc == 0)
		policy_public_json(&rq->out, p, adopted);
	policy_free(&p);
	buf_free(&text);
	return rc;
}
