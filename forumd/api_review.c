/*
 * Moderating as JSON: claims, decisions, batches, sanctions. The queue is in
 * api_queue.c.
 */
#include <string.h>

#include "forumd/api.h"
#include "forumd/handlers.h"

int
api_claim(struct request *rq, struct err *err)
{
	json_t	*args = json_pack("{s:s}", "comment", rq->param[0]);

	if (args == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	return request_submit(rq, "review.claim", args, api_claimed, err);
}

/* Also of a claim given back: until is null then. */
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

/* What was asked for, and the id it got. Nothing is read back: the answer of
 * a blind re-review must look like any other (moderation/decide.c). */
static int
api_decided(struct request *rq, struct command *cmd, struct err *err)
{
	const json_t	*r = cmd->result;
	const char	*comment, *outcome;
	const char	*action = request_field(rq, "action");
	struct buf	*b = &rq->out;

	(void)err;
	comment = json_string_value(json_object_get(r, "comment"));
	outcome = json_string_value(json_object_get(r, "outcome"));
	request_object(rq);
	buf_key(b, "decision");
	buf_addc(b, '{');
	if (outcome != NULL) {
		buf_kv_str(b, "appeal", json_string_value(json_object_get(r,
		    "appeal")));
		buf_kv_str(b, "outcome", outcome);
	} else {
		buf_kv_str(b, "id", json_string_value(json_object_get(r,
		    "decision")));
		buf_kv_str(b, "action", action != NULL ? action : "undo");
	}
	buf_kv_str(b, "clause", request_field(rq, "clause"));
	buf_addc(b, '}');
	buf_kv_str(b, "comment", comment != NULL ? comment : rq->param[0]);
	request_object_end(rq);
	return 0;
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

json_t *
api_undo_args(struct request *rq, struct err *err)
{
	json_t		*args = api_args(rq, "comment", rq->param[0], err);
	struct stmt	*s;

	if (args == NULL || json_object_get(args, "decision") != NULL)
		return args;
	s = db_query(rq->db, "SELECT d.id FROM decision d JOIN comment c ON "
	    "c.thread = d.thread AND c.num = d.comment WHERE c.id = ? AND "
	    "d.account = ? ORDER BY d.num DESC LIMIT 1", "si", rq->param[0],
	    rq->who.actor.account);
	if (stmt_step(s) == 1)
		json_object_set_new(args, "decision",
		    json_string(stmt_text(s, 0)));
	if (stmt_done(s, err) == 0) {
		if (json_object_get(args, "decision") != NULL)
			return args;
		err_set(err, ERR_NOT_FOUND, NULL,
		    "There is no decision of yours on it");
	}
	json_decref(args);
	return NULL;
}

int
api_undo(struct request *rq, struct err *err)
{
	json_t	*args = api_undo_args(rq, err);

	return args == NULL ? -1 : request_submit(rq, "decide.undo", args,
	    api_decided, err);
}

/* ---- batches ---- */

/* Every item's answer: what the command kept, and for a refused one the
 * words of its code. */
static int
api_batch_done(struct request *rq, struct command *cmd, struct err *err)
{
	const json_t	*item;
	const char	*code;
	struct buf	*b = &rq->out;
	size_t		 i;

	(void)err;
	request_object(rq);
	buf_key(b, "items");
	buf_addc(b, '[');
	json_array_foreach(json_object_get(cmd->result, "items"), i, item) {
		code = json_string_value(json_object_get(item, "code"));
		buf_adds(b, i == 0 ? "{" : ",{");
		buf_kv_str(b, "comment", json_string_value(json_object_get(
		    item, "comment")));
		buf_kv_int(b, "status", json_integer_value(json_object_get(
		    item, "status")));
		if (code != NULL) {
			buf_kv_str(b, "code", code);
			buf_kv_str(b, "detail", err_title(err_find(code)));
		} else {
			buf_kv_str(b, "decision", json_string_value(
			    json_object_get(item, "decision")));
		}
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
	request_object_end(rq);
	return 0;
}

/* An element is an id, or an object that names it "comment" as the queue
 * does; the command calls it "id". */
static json_t *
api_batch_comments(const json_t *list)
{
	json_t	*out = json_array(), *e;
	size_t	 i;

	json_array_foreach(list, i, e) {
		if (json_object_get(e, "comment") == NULL) {
			json_array_append(out, e);
			continue;
		}
		e = json_copy(e);
		json_object_set(e, "id", json_object_get(e, "comment"));
		json_array_append_new(out, e);
	}
	return out;
}

int
api_batch(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, NULL, NULL, err);

	if (args == NULL)
		return -1;
	json_object_set_new(args, "comments", api_batch_comments(
	    json_object_get(args, "comments")));
	return request_submit(rq, "decide.batch", args, api_batch_done, err);
}

/* ---- sanctions, redactions, notes ---- */

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

/* The one id that a command answers with, under its own name. */
static int
api_named(struct request *rq, struct command *cmd, struct err *err)
{
	const char	*key;
	json_t		*value;

	(void)err;
	request_object(rq);
	json_object_foreach(cmd->result, key, value)
		buf_kv_str(&rq->out, key, json_string_value(value));
	request_object_end(rq);
	return 0;
}

int
api_redact(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "decision", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "explanation.redact",
	    args, api_named, err);
}

int
api_remark(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "comment", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "remark.add", args,
	    api_named, err);
}

int
api_member_remark(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "member", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "remark.add", args,
	    api_named, err);
}
