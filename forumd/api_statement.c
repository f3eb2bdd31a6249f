/*
 * Statements of reasons: as JSON or as a letter, and all of them in the
 * shape of the EU Transparency Database. Anyone may read a decision's public
 * part; the whole is for the person concerned and for staff. A sanction has
 * no public part.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "forumd/api_grave.h"
#include "forumd/handlers.h"
#include "moderation/statement.h"
#include "storage/base/clock.h"

#define DAY_MS	INT64_C(86400000)

/* An order may delay what its author is told: until then only staff read it. */
int
api_statement_early(struct request *rq, const char *comment, struct err *err)
{
	if ((rq->who.actor.roles & ROLE_STAFF) != 0 || db_int(rq->db, 0,
	    "SELECT q.notify_after FROM quarantine q JOIN comment c ON "
	    "c.thread = q.thread AND c.num = q.num WHERE c.id = ? AND "
	    "c.quarantined = 1", "s", comment) <= clock_ms())
		return 0;
	return err_set(err, ERR_NOT_FOUND, NULL,
	    "There is no such statement");
}

/* Takes the statement over. */
static int
api_statement_answer(struct request *rq, struct statement *st, bool letter,
    struct err *err)
{
	int64_t	viewer = rq->who.actor.account;
	bool	whole = viewer != 0 && (statement_account(st) == viewer ||
		    (rq->who.actor.roles & ROLE_STAFF) != 0);
	int	rc = 0;

	if (statement_private(st) && !whole) {
		rc = err_set(err, ERR_NOT_FOUND, NULL,
		    "There is no such statement");
	} else if (letter) {
		rq->type = "text/plain; charset=utf-8";
		statement_letter(&rq->out, st, whole);
	} else {
		statement_json(&rq->out, st, whole);
	}
	statement_free(&st);
	return rc;
}

/* Letters carry whole addresses, JSON paths. */
static const char *
api_statement_base(struct request *rq, bool letter, char *out, size_t size)
{
	out[0] = '\0';
	if (letter)
		snprintf(out, size, "%s://%.*s", rq->secure ? "https" : "http",
		    (int)rq->http->host.len, rq->http->host.p);
	return out;
}

int
api_statement_comment(struct request *rq, struct err *err)
{
	struct statement	*st;
	char			 base[300];
	bool			 letter = api_accepts(rq, "text/plain");

	if (api_statement_early(rq, rq->param[0], err) != 0 ||
	    statement_of_comment(&st, rq->db, rq->rules->policy, rq->param[0],
	    locale_tag(rq->locale), api_statement_base(rq, letter, base,
	    sizeof(base)), err) != 0)
		return -1;
	return api_statement_answer(rq, st, letter, err);
}

int
api_statement_sanction(struct request *rq, struct err *err)
{
	struct statement	*st;
	char			 base[300];
	bool			 letter = api_accepts(rq, "text/plain");

	if (statement_of_sanction(&st, rq->db, rq->rules->policy,
	    rq->param[0], locale_tag(rq->locale), api_statement_base(rq,
	    letter, base, sizeof(base)), err) != 0)
		return -1;
	return api_statement_answer(rq, st, letter, err);
}

/* ---- the export ---- */

/* A parameter as a time: a day or a moment in UTC. span gets how much of
 * time the word covers. */
static int
api_statement_time(struct request *rq, const char *name, int64_t otherwise,
    int64_t *out, int64_t *span, struct err *err)
{
	struct tm	 tm;
	const char	*end;
	char		 text[32];
	int		 got = request_param(rq, name, text, sizeof(text),
			    err);

	*out = otherwise;
	*span = 0;
	if (got <= 0)
		return got;
	memset(&tm, 0, sizeof(tm));
	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (end == NULL) {
		memset(&tm, 0, sizeof(tm));
		end = strptime(text, "%Y-%m-%d", &tm);
		*span = DAY_MS;
	}
	if (end == NULL || *end != '\0')
		return err_set(err, ERR_INVALID_FIELD, name,
		    "%s is a day (2026-11-22) or a time in UTC "
		    "(2026-11-22T10:15:00Z)", name);
	*out = (int64_t)timegm(&tm) * 1000;
	return 0;
}

/* On a worker: reads much. */
static int
api_statement_export_work(struct request *rq, struct err *err)
{
	json_int_t	from = json_integer_value(json_object_get(rq->body,
			    "from"));
	json_int_t	to = json_integer_value(json_object_get(rq->body,
			    "to"));

	rq->type = "application/x-ndjson";
	return statement_export(&rq->out, rq->db, rq->rules->policy, from, to,
	    json_is_true(json_object_get(rq->body, "bulk")),
	    (rq->who.actor.roles & (ROLE_EDITOR | ROLE_ADMIN)) != 0, err);
}

int
api_statement_export(struct request *rq, struct err *err)
{
	int64_t	from, to, span, unused;
	char	shape[16];

	if (api_statement_time(rq, "from", 0, &from, &unused, err) != 0 ||
	    api_statement_time(rq, "to", INT64_MAX / 2, &to, &span,
	    err) != 0 ||
	    request_param(rq, "shape", shape, sizeof(shape), err) < 0)
		return -1;
	if (shape[0] != '\0' && strcmp(shape, "lines") != 0 &&
	    strcmp(shape, "bulk") != 0)
		return err_set(err, ERR_INVALID_FIELD, "shape",
		    "shape is lines or bulk");
	/* A last day counts to its end. */
	rq->body = json_pack("{s:I, s:I, s:b}", "from", (json_int_t)from,
	    "to", (json_int_t)(to + span), "bulk", strcmp(shape, "bulk") ==
	    0);
	if (rq->body == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	return request_work(rq, api_statement_export_work, err);
}
