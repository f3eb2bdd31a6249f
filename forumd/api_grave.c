/*
 * The gravest cases as JSON: what is in quarantine and who opened it, what
 * authorities were told of, and what they ordered. For editors and admins;
 * opening is for admins who are named for it (moderation/quarantine.c).
 *
 * A text in quarantine is read here and nowhere else, and only after the
 * command that logs the opening has been stored.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/api_grave.h"
#include "forumd/handlers.h"

/* Each gives num and id first, then its own columns. */
static const struct {
	const char	*name;
	const char	*sql;		/* ?1 before which num, ?2 how many */
} api_grave_lists[] = {
	{ "quarantine",
	    "SELECT q.decision, c.id, t.slug, d.clause, q.at, "
	    "q.preserve_until, q.notify_after, q.released_at, c.thread, "
	    "c.num, c.erased_by IS NOT NULL FROM quarantine q JOIN comment c "
	    "ON c.thread = q.thread AND c.num = q.num JOIN thread t ON t.num "
	    "= q.thread JOIN decision d ON d.num = q.decision WHERE "
	    "q.decision < ? ORDER BY q.decision DESC LIMIT ?" },
	{ "escalations",
	    "SELECT e.num, e.id, c.id, t.slug, e.clause, e.at, e.state, "
	    "e.told_at, e.closed_at, e.account FROM escalation e JOIN comment "
	    "c ON c.thread = e.thread AND c.num = e.comment JOIN thread t ON "
	    "t.num = e.thread WHERE e.num < ? ORDER BY e.num DESC LIMIT ?" },
	{ "orders",
	    "SELECT m.num, m.id, m.type, m.state, c.id, m.received_at, "
	    "m.recorded_at, m.acted_at, m.told_at, m.effect, m.account FROM "
	    "mandate m LEFT JOIN comment c ON c.thread = m.thread AND c.num = "
	    "m.comment WHERE m.num < ? ORDER BY m.num DESC LIMIT ?" },
};

static void
api_grave_text(struct request *rq, struct buf *out, const char *ref,
    const char *field)
{
	struct buf	text = BUF_INIT;

	if (lookup_content(rq->db, ref, field, &text, NULL, NULL) == 0) {
		buf_key(out, field);
		buf_json(out, text.data, text.len);
	} else {
		buf_kv_null(out, field);
	}
	buf_free(&text);
}

/* Who it was among the staff: the account's id and its name. */
static void
api_grave_person(struct request *rq, struct buf *out, const char *key,
    int64_t account)
{
	struct account_row	a;
	char			ref[REF_MAX];

	if (account == 0 || lookup_account(rq->db, account, &a, NULL) != 0) {
		buf_kv_null(out, key);
		return;
	}
	buf_key(out, key);
	buf_addc(out, '{');
	buf_kv_str(out, "id", a.id);
	ref_make(ref, 'a', a.id);
	api_grave_text(rq, out, ref, "name");
	buf_addc(out, '}');
}

/* The private log of one text: each time that it was opened. */
static int
api_grave_openings(struct request *rq, struct buf *out, int64_t thread,
    int64_t num, struct err *err)
{
	struct stmt	*s;
	char		 ref[REF_MAX];

	buf_key(out, "openings");
	buf_addc(out, '[');
	s = db_query(rq->db, "SELECT num, account, at FROM opening WHERE "
	    "thread = ? AND comment = ? ORDER BY num DESC LIMIT 100", "ii",
	    thread, num);
	while (stmt_step(s) == 1) {
		buf_adds(out, out->data[out->len - 1] == '[' ? "{" : ",{");
		buf_kv_time(out, "at", stmt_int(s, 2));
		api_grave_person(rq, out, "by", stmt_int(s, 1));
		snprintf(ref, sizeof(ref), "q:%lld",
		    (long long)stmt_int(s, 0));
		api_grave_text(rq, out, ref, "reason");
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
	return stmt_done(s, err);
}

static int
api_grave_quarantined(struct request *rq, struct stmt *s, struct buf *out,
    struct err *err)
{
	buf_kv_str(out, "comment", stmt_text(s, 1));
	buf_kv_str(out, "thread", stmt_text(s, 2));
	buf_kv_str(out, "clause", stmt_text(s, 3));
	buf_kv_time(out, "at", stmt_int(s, 4));
	buf_kv_time(out, "preserve_until", stmt_int(s, 5));
	buf_kv_time(out, "notify_after", stmt_int(s, 6));
	buf_kv_time(out, "released_at", stmt_int(s, 7));
	buf_kv_bool(out, "erased", stmt_int(s, 10));
	return api_grave_openings(rq, out, stmt_int(s, 8), stmt_int(s, 9),
	    err);
}

static int
api_grave_escalated(struct request *rq, struct stmt *s, struct buf *out,
    struct err *err)
{
	char	ref[REF_MAX];

	(void)err;
	buf_kv_str(out, "id", stmt_text(s, 1));
	buf_kv_str(out, "comment", stmt_text(s, 2));
	buf_kv_str(out, "thread", stmt_text(s, 3));
	buf_kv_str(out, "clause", stmt_text(s, 4));
	buf_kv_time(out, "opened_at", stmt_int(s, 5));
	buf_kv_str(out, "state", stmt_text(s, 6));
	buf_kv_time(out, "told_at", stmt_int(s, 7));
	buf_kv_time(out, "closed_at", stmt_int(s, 8));
	api_grave_person(rq, out, "by", stmt_int(s, 9));
	ref_make(ref, 'g', stmt_text(s, 1));
	api_grave_text(rq, out, ref, "authority");
	api_grave_text(rq, out, ref, "reference");
	api_grave_text(rq, out, ref, "reason");
	return 0;
}

static int
api_grave_ordered(struct request *rq, struct stmt *s, struct buf *out,
    struct err *err)
{
	char	ref[REF_MAX];

	(void)err;
	buf_kv_str(out, "id", stmt_text(s, 1));
	buf_kv_str(out, "type", stmt_text(s, 2));
	buf_kv_str(out, "member_state", stmt_text(s, 3));
	buf_kv_str(out, "comment", stmt_str(s, 4));
	buf_kv_time(out, "received_at", stmt_int(s, 5));
	buf_kv_time(out, "recorded_at", stmt_int(s, 6));
	buf_kv_time(out, "acted_at", stmt_int(s, 7));
	buf_kv_time(out, "told_at", stmt_int(s, 8));
	buf_kv_str(out, "effect", stmt_str(s, 9));
	api_grave_person(rq, out, "by", stmt_int(s, 10));
	ref_make(ref, 'o', stmt_text(s, 1));
	api_grave_text(rq, out, ref, "authority");
	api_grave_text(rq, out, ref, "reference");
	return 0;
}

int
api_grave_write(struct request *rq, enum api_grave which, int limit,
    const char *after, struct buf *out, struct err *err)
{
	static int (*const	row[])(struct request *, struct stmt *,
				    struct buf *, struct err *) = {
		api_grave_quarantined, api_grave_escalated, api_grave_ordered
	};
	struct stmt		*s;
	char			 next[CURSOR_MAX] = "";
	int64_t			 last = INT64_MAX;
	int			 rc = 0, n = 0;

	if (*after != '\0' && cursor_read(after, 'g', 1, &last, err) != 0)
		return -1;
	buf_addc(out, '{');
	buf_key(out, api_grave_lists[which].name);
	buf_addc(out, '[');
	s = db_query(rq->db, api_grave_lists[which].sql, "ii", last,
	    (int64_t)limit + 1);
	while (rc == 0 && stmt_step(s) == 1) {
		if (n++ == limit) {
			cursor_make(next, 'g', 1, &last);
			break;
		}
		last = stmt_int(s, 0);
		buf_adds(out, n == 1 ? "{" : ",{");
		rc = row[which](rq, s, out, err);
		buf_addc(out, '}');
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	buf_addc(out, ']');
	api_next(out, next);
	buf_addc(out, '}');
	return rc;
}

static int
api_grave_list(struct request *rq, enum api_grave which, struct err *err)
{
	char	after[CURSOR_MAX];
	int	limit;

	if (request_paging(rq, &limit, after, sizeof(after), err) != 0)
		return -1;
	return api_grave_write(rq, which, limit, after, &rq->out, err);
}

int
api_quarantine(struct request *rq, struct err *err)
{
	return api_grave_list(rq, API_GRAVE_QUARANTINE, err);
}

int
api_escalations(struct request *rq, struct err *err)
{
	return api_grave_list(rq, API_GRAVE_ESCALATIONS, err);
}

int
api_orders(struct request *rq, struct err *err)
{
	return api_grave_list(rq, API_GRAVE_ORDERS, err);
}

json_t *
api_grave_args(struct request *rq, const char *key, struct err *err)
{
	json_t		*args = api_args(rq, key, key == NULL ? NULL :
			    rq->param[0], err), *out, *v;
	const char	*name;

	if (args == NULL)
		return NULL;
	if ((out = json_object()) == NULL) {
		json_decref(args);
		err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
		return NULL;
	}
	json_object_foreach(args, name, v) {
		if (!json_is_string(v) || json_string_length(v) > 0)
			json_object_set(out, name, v);
	}
	json_decref(args);
	return out;
}

void
api_grave_body(struct request *rq, const struct command *cmd,
    struct buf *out)
{
	char	ref[REF_MAX];

	ref_comment(ref, json_string_value(json_object_get(cmd->result,
	    "comment")), (int)json_integer_value(json_object_get(cmd->result,
	    "revision")));
	api_grave_text(rq, out, ref, "body");
}

static int
api_grave_opened(struct request *rq, struct command *cmd, struct err *err)
{
	(void)err;
	request_object(rq);
	buf_kv_str(&rq->out, "comment", json_string_value(json_object_get(
	    cmd->result, "comment")));
	buf_kv_time(&rq->out, "opened_at", json_integer_value(
	    json_object_get(cmd->result, "opened_at")));
	api_grave_body(rq, cmd, &rq->out);
	request_object_end(rq);
	return 0;
}

/* The one id that the other commands answer with. */
static int
api_grave_done(struct request *rq, struct command *cmd, struct err *err)
{
	const char	*key;
	json_t		*v;

	(void)err;
	request_object(rq);
	json_object_foreach(cmd->result, key, v)
		buf_kv_str(&rq->out, key, json_string_value(v));
	request_object_end(rq);
	return 0;
}

static int
api_grave_submit(struct request *rq, const char *kind, const char *key,
    request_then *then, struct err *err)
{
	json_t	*args = api_grave_args(rq, key, err);

	return args == NULL ? -1 : request_submit(rq, kind, args, then, err);
}

int
api_quarantine_open(struct request *rq, struct err *err)
{
	return api_grave_submit(rq, "quarantine.open", "comment",
	    api_grave_opened, err);
}

int
api_quarantine_keep(struct request *rq, struct err *err)
{
	return api_grave_submit(rq, "quarantine.keep", "comment",
	    api_grave_done, err);
}

int
api_escalation_close(struct request *rq, struct err *err)
{
	return api_grave_submit(rq, "escalation.close", "escalation",
	    api_grave_done, err);
}

int
api_order_receive(struct request *rq, struct err *err)
{
	return api_grave_submit(rq, "order.receive", NULL, api_grave_done,
	    err);
}

int
api_order_answer(struct request *rq, struct err *err)
{
	return api_grave_submit(rq, "order.answer", "order", api_grave_done,
	    err);
}
