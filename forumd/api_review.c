/*
 * Moderating as JSON: claims, decisions, batches, sanctions. The queue is in
 * api_queue.c.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/api.h"
#include "forumd/handlers.h"

/* Whoever holds the claim, told with a refusal. */
int
api_claim(struct request *rq, struct err *err)
{
	json_t	*args = json_pack("{s:s}", "comment", rq->param[0]);

	if (args == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	return request_submit(rq, "review.claim", args, api_claimed, err);
}

int
api_claimed(struct request *rq, struct command *cmd, struct err *err)
{
	(void)err;
	request_object(rq);
	buf_kv_str(&rq->out, "comment", json_string_value(json_object_get(
	    cmd->result, "comment")));
	buf_kv_time(&rq->out, "until", json_integer_value(json_object_get(
	    cmd->result, "until")));
	request_object_end(rq);
	return 0;
}

int
api_release(struct request *rq, struct err *err)
{
	json_t	*args = json_pack("{s:s}", "comment", rq->param[0]);

	if (args == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	return request_submit(rq, "review.release", args, api_claimed, err);
}

/* A decision's row as JSON. */
static int
api_decision_json(struct request *rq, const char *id, struct err *err)
{
	struct decision_row	d;
	struct buf		*b = &rq->out;
	int64_t			 num;

	num = db_int(rq->db, 0, "SELECT num FROM decision WHERE id = ?", "s",
	    id);
	if (lookup_decision(rq->db, num, &d, err) != 0)
		return -1;
	buf_addc(b, '{');
	buf_kv_str(b, "id", d.id);
	buf_kv_str(b, "action", d.action);
	buf_kv_str(b, "clause", d.clause[0] != '\0' ? d.clause : NULL);
	buf_kv_time(b, "decided_at", d.at);
	buf_kv_str(b, "decided_by", d.decider);
	buf_kv_str(b, "policy_digest", d.policy);
	buf_kv_int(b, "log_index", d.log_index);
	buf_kv_time(b, "appeal_until", d.appeal_until);
	buf_addc(b, '}');
	return 0;
}

static int
api_decided(struct request *rq, struct command *cmd, struct err *err)
{
	const char	*id, *comment, *appeal;
	struct view	 v;
	int		 rc = 0;

	id = json_string_value(json_object_get(cmd->result, "decision"));
	comment = json_string_value(json_object_get(cmd->result, "comment"));
	appeal = json_string_value(json_object_get(cmd->result, "appeal"));
	if (comment == NULL)
		comment = rq->param[0];
	request_object(rq);
	buf_key(&rq->out, "decision");
	if (id != NULL)
		rc = api_decision_json(rq, id, err);
	else {
		buf_addc(&rq->out, '{');
		buf_kv_str(&rq->out, "appeal", appeal);
		buf_kv_str(&rq->out, "outcome", json_string_value(
		    json_object_get(cmd->result, "outcome")));
		buf_addc(&rq->out, '}');
	}
	api_view(rq, &v);
	if (rc == 0 && (rc = view_one(&v, comment, err)) == 0) {
		buf_key(&rq->out, "comment");
		view_json(&rq->out, &v, &v.list[0]);
	}
	view_free(&v);
	request_object_end(rq);
	return rc;
}

/* With an appeal it is the appeal that is decided. */
int
api_decision(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "comment", rq->param[0], err);

	if (args == NULL)
		return -1;
	return request_submit(rq, json_object_get(args, "appeal") != NULL ?
	    "appeal.decide" : "decide", args, api_decided, err);
}

int
api_undo(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "comment", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "decide.undo", args,
	    api_decided, err);
}

static int
api_batch_done(struct request *rq, struct command *cmd, struct err *err)
{
	char	*text;

	text = json_dumps(cmd->result, JSON_COMPACT);
	if (text == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	buf_adds(&rq->out, text);
	free(text);
	return 0;
}

int
api_batch(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, NULL, NULL, err);

	return args == NULL ? -1 : request_submit(rq, "decide.batch", args,
	    api_batch_done, err);
}

static int
api_sanctioned(struct request *rq, struct command *cmd, struct err *err)
{
	(void)err;
	request_object(rq);
	buf_key(&rq->out, "sanction");
	buf_addc(&rq->out, '{');
	buf_kv_str(&rq->out, "id", json_string_value(json_object_get(
	    cmd->result, "sanction")));
	buf_addc(&rq->out, '}');
	request_object_end(rq);
	return 0;
}

int
api_sanction(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "member", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "sanction.impose",
	    args, api_sanctioned, err);
}

int
api_sanction_end(struct request *rq, struct err *err)
{
	json_t	*args = json_pack("{s:s}", "sanction", rq->param[0]);

	if (args == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	return request_submit(rq, "sanction.end", args, api_sanctioned, err);
}

int
api_redact(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "decision", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "explanation.redact",
	    args, api_batch_done, err);
}

int
api_remark(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "comment", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "remark.add", args,
	    api_batch_done, err);
}
