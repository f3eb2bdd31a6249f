/*
 * Reading one's own writes, among several nodes. A change's answer sets the
 * cookie seen=<sequence>; a request that brings it to a node which has not
 * applied so much waits here until it has, at most SEEN_MS. Then the node
 * that decides is asked: a number that it never gave out is not waited for,
 * a true one a little longer, and in the end 503 is better than an answer
 * without one's own comment.
 *
 * Waiting requests are parked on their shard, looked at when something was
 * applied and SEEN_LOOK_MS after the last look.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/node.h"
#include "forumd/request_int.h"
#include "forumd/worker.h"
#include "storage/base/clock.h"
#include "storage/base/log.h"

#define SEEN_MS		300
#define SEEN_MORE_MS	2000
#define SEEN_LOOK_MS	25
#define SEEN_COOKIE	"seen"

static uint64_t
seen_cookie(const struct request *rq)
{
	char	value[24], *end;
	unsigned long long seq;

	request_cookie(rq->http, SEEN_COOKIE, value, sizeof(value));
	if (value[0] < '1' || value[0] > '9')
		return 0;
	seq = strtoull(value, &end, 10);
	return *end == '\0' ? seq : 0;
}

static bool
seen_here(const struct request *rq)
{
	return atomic_load(&rq->server->versions->last) >= rq->seen;
}

/* On a worker. */
static void
seen_ask(void *arg, struct db *db)
{
	struct request	*rq = arg;

	(void)db;
	if (node_invented(rq->server->node, rq->seen))
		rq->seen = 0;
	if (loop_post(rq->shard->loop, request_seen_asked, rq) != 0)
		log_error("request: an answer found its loop full");
}

static void
seen_park(struct request *rq, int64_t ms)
{
	rq->until = clock_mono_ms() + ms;
	rq->next = rq->shard->parked;
	rq->shard->parked = rq;
	loop_timer_set(rq->shard->look, SEEN_LOOK_MS);
}

/* Neither here nor in time: asks once, then gives up. */
static void
seen_late(struct request *rq)
{
	struct err	err;

	if (!rq->asked) {
		rq->asked = true;
		if (workers_submit(rq->server->workers, seen_ask, rq,
		    &err) == 0)
			return;
	}
	err_set(&err, ERR_STORAGE_UNAVAILABLE, NULL,
	    "This server has not got your last change yet");
	request_refuse(rq, &err);
}

void
request_seen_asked(struct loop *loop, void *arg)
{
	struct request	*rq = arg;

	(void)loop;
	if (rq->gone || seen_here(rq))
		request_resume(rq);
	else
		seen_park(rq, SEEN_MORE_MS);
}

bool
request_seen_wait(struct request *rq)
{
	static const char	live[] = "/live";
	size_t			n = rq->http->path.len;

	if (rq->server->node == NULL || rq->number != 0 ||
	    (rq->seen = seen_cookie(rq)) == 0 || seen_here(rq))
		return false;
	/* A stream tells of what is to come anyway. */
	if (n >= sizeof(live) - 1 && memcmp(rq->http->path.p + n -
	    (sizeof(live) - 1), live, sizeof(live) - 1) == 0)
		return false;
	request_wait(rq);
	seen_park(rq, SEEN_MS);
	return true;
}

void
request_seen_look(struct loop *loop, void *arg)
{
	struct shard	*shard = arg;
	struct request	*rq, **at = &shard->parked;
	int64_t		 now = clock_mono_ms();

	(void)loop;
	while ((rq = *at) != NULL) {
		if (!rq->gone && !seen_here(rq) && now < rq->until) {
			at = &rq->next;
			continue;
		}
		*at = rq->next;
		if (rq->gone || seen_here(rq))
			request_resume(rq);
		else
			seen_late(rq);
	}
	if (shard->parked != NULL)
		loop_timer_set(shard->look, SEEN_LOOK_MS);
}

void
request_seen_drop(struct shard *shard)
{
	struct request	*rq;

	while ((rq = shard->parked) != NULL) {
		shard->parked = rq->next;
		rq->gone = true;
		request_resume(rq);
	}
}

void
request_seen_set(struct request *rq)
{
	const struct command	*cmd = rq->cmd;

	if (rq->server->node != NULL && cmd != NULL && cmd->seq != 0)
		buf_addf(&rq->head, "Set-Cookie: " SEEN_COOKIE "=%llu; "
		    "Path=/; Max-Age=60; HttpOnly; SameSite=Lax%s\r\n",
		    (unsigned long long)cmd->seq,
		    rq->secure ? "; Secure" : "");
}
