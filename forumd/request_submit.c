/*
 * A request that waits: for a command at the writer (here or on the node that
 * decides), for slow work on a worker. It is woken on its own loop by
 * request_done().
 */
#include <string.h>

#include "forumd/node.h"
#include "forumd/request_int.h"
#include "forumd/worker.h"
#include "storage/base/log.h"

static void
request_gone(void *arg, uint64_t number)
{
	struct request	*rq = arg;

	(void)number;
	rq->gone = true;
	rq->http = NULL;
	rq->conn = NULL;
}

void
request_wait(struct request *rq)
{
	if (rq->number == 0)
		rq->number = conn_wait(rq->conn, request_gone, rq);
}

/* On the loop again: compose the answer, unless nobody waits for it. */
static void
request_done(struct loop *loop, void *arg)
{
	struct request	*rq = arg;
	struct err	 err;

	(void)loop;
	if (rq->gone) {
		request_free(rq);
		return;
	}
	rq->db = rq->shard->db;
	if (rq->cmd != NULL && rq->cmd->status == 0) {
		request_problem(rq, &rq->cmd->err);
		return;
	}
	err = rq->err;
	if (rq->cmd != NULL) {
		rq->status = rq->cmd->status;
		request_seen_set(rq);
		memset(&err, 0, sizeof(err));
		if (db_begin_read(rq->db, &err) != 0) {
			request_problem(rq, &err);
			return;
		}
		rq->rc = rq->then(rq, rq->cmd, &err);
		db_rollback(rq->db);
		if (rq->rc == REQUEST_WAIT)
			return;		/* a second command */
	}
	request_finish(rq, rq->rc, &err);
}

static void
request_wake(struct request *rq)
{
	if (loop_post(rq->shard->loop, request_done, rq) != 0)
		log_error("request: an answer found its loop full");
}

static void
request_committed(struct command *cmd)
{
	struct request	*rq = cmd->arg;

	if (!node_again(rq->server, cmd))
		request_wake(rq);
}

static void
request_hand_in(struct request *rq)
{
	struct err	err;

	memset(&err, 0, sizeof(err));
	if (node_submit(rq->server, rq->cmd, &err) != 0) {
		rq->cmd->err = err;
		request_wake(rq);
	}
}

/* A refusal that the thread's account counts still goes to the writer: 0.
 * Others end here: -1. */
static int
request_refused(struct request *rq, const struct err *err)
{
	if (rq->cmd->refused_thread == 0)
		return -1;
	rq->cmd->refused = true;
	rq->cmd->err = *err;
	return 0;
}

/* A slow prepare, on a worker. */
static void
request_prepare(void *arg, struct db *db)
{
	struct request	*rq = arg;

	struct err	 err;

	memset(&err, 0, sizeof(err));
	if (commands_prepare(rq->server->house, db, rq->cmd, &err) != 0 &&
	    request_refused(rq, &err) != 0) {
		rq->cmd->err = err;
		request_wake(rq);
		return;
	}
	request_hand_in(rq);
}

/* Idempotency-Key: digests of (credential, key) and of the request. */
static int
request_key(struct request *rq, struct err *err)
{
	const struct http_span	*key;
	struct identity		*who = &rq->who;
	struct crypto_part	 parts[4];
	int64_t			 account = who->actor.account;

	if (rq->http->method != HTTP_POST ||
	    http_field_count(rq->http, "idempotency-key") == 0)
		return 0;
	key = http_field(rq->http, "idempotency-key");
	if (key == NULL || key->len < 8 || key->len > 64 ||
	    (account == 0 && key->len < 22))
		return err_set(err, ERR_INVALID_FIELD, "Idempotency-Key",
		    "The key has 8 to 64 characters; 22 or more without "
		    "credentials");
	parts[0] = (struct crypto_part){ &account, sizeof(account) };
	parts[1] = (struct crypto_part){ key->p, key->len };
	crypto_sha256_parts(&rq->cmd->key, parts, 2);
	parts[0] = (struct crypto_part){ rq->http->path.p,
	    rq->http->path.len };
	parts[1] = (struct crypto_part){ "\n", 1 };
	parts[2] = (struct crypto_part){ rq->http->body.p,
	    rq->http->body.len };
	crypto_sha256_parts(&rq->cmd->body, parts, 3);
	rq->cmd->keyed = true;
	return 0;
}

/* Makes rq->cmd; the one before it, if any, is done with. */
static int
request_command(struct request *rq, const char *kind,
    const struct actor *actor, json_t *args, request_then *then,
    struct err *err)
{
	const struct command_kind	*k = commands_find(kind);

	command_free(&rq->cmd);
	rq->cmd = k == NULL ? NULL : command_new(k, actor, args);
	if (rq->cmd == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	rq->cmd->done = request_committed;
	rq->cmd->arg = rq;
	rq->then = then;
	return 0;
}

int
request_submit_system(struct request *rq, const char *kind, json_t *args,
    request_then *then, struct err *err)
{
	struct actor	actor;

	memset(&actor, 0, sizeof(actor));
	actor.kind = ACTOR_SYSTEM;
	if (request_command(rq, kind, &actor, args, then, err) != 0 ||
	    node_submit(rq->server, rq->cmd, err) != 0)
		return -1;
	request_wait(rq);
	return REQUEST_WAIT;
}

int
request_submit(struct request *rq, const char *kind, json_t *args,
    request_then *then, struct err *err)
{
	if (request_command(rq, kind, &rq->who.actor, args, then, err) != 0)
		return -1;
	if (rq->cmd->kind->roles != 0 &&
	    (rq->who.actor.roles & rq->cmd->kind->roles) == 0)
		return err_set(err, ERR_ROLE_REQUIRED, NULL,
		    "This needs another role than yours");
	if (request_key(rq, err) != 0)
		return -1;
	if (commands_slow(rq->server->house, rq->cmd)) {
		if (workers_submit(rq->server->workers, request_prepare, rq,
		    err) != 0)
			return -1;
		request_wait(rq);
		return REQUEST_WAIT;
	}
	if (commands_prepare(rq->server->house, rq->db, rq->cmd, err) != 0 &&
	    request_refused(rq, err) != 0)
		return -1;
	if (node_submit(rq->server, rq->cmd, err) != 0)
		return -1;
	request_wait(rq);
	return REQUEST_WAIT;
}

static void
request_at_work(void *arg, struct db *db)
{
	struct request	*rq = arg;

	rq->db = db;
	memset(&rq->err, 0, sizeof(rq->err));
	rq->rc = db_begin_read(db, &rq->err);
	if (rq->rc == 0)
		rq->rc = rq->work(rq, &rq->err);
	db_rollback(db);
	request_wake(rq);
}

int
request_work(struct request *rq, request_handler *work, struct err *err)
{
	rq->work = work;
	if (workers_submit(rq->server->workers, request_at_work, rq,
	    err) != 0)
		return -1;
	request_wait(rq);
	return REQUEST_WAIT;
}
