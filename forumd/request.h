/*
 * One request, from its bytes to its answer. The walk is in request.c, top
 * to bottom: limited → identified → routed → permitted → read → handled →
 * answered; each step answers DONE, WAIT or an error.
 *
 * A handler is one function. It answers in one of three ways:
 *   - fills rq->out (and rq->type, rq->status) and returns 0
 *   - hands a command to the writer (request_submit) or slow reading to a
 *     worker (request_work) and returns what that returned; `then` composes
 *     the answer afterwards, on the loop's thread again
 *   - returns -1 with *err filled: a problem, as JSON or as a page
 */
#ifndef FORUMD_REQUEST_H
#define FORUMD_REQUEST_H

#include <jansson.h>

#include "forumd/conn.h"
#include "forumd/html.h"
#include "forumd/server.h"
#include "forumd/session.h"

#define REQUEST_PARAM	256	/* longest path parameter, with its NUL */
#define REQUEST_WAIT	1
#define REQUEST_STREAMING 2	/* the handler has made it a stream */

struct request;
struct route;

typedef int	request_handler(struct request *rq, struct err *err);
/* The rest of an answer, once a command is through. cmd->status and
 * cmd->result are filled; failed commands do not get here. */
typedef int	request_then(struct request *rq, struct command *cmd,
		    struct err *err);

struct request {
	struct shard		*shard;
	struct server		*server;
	struct db		*db;		/* the shard's, or the worker's */
	struct conn		*conn;		/* until answered */
	const struct http_request *http;	/* until answered or gone */
	const struct route	*route;
	char			 param[2][REQUEST_PARAM]; /* of the path */
	struct identity		 who;
	struct rules		*rules;		/* a snapshot; put back at end */
	const struct locale	*locale;	/* of the pages */
	char			 keep[32];	/* "lang=ro&theme=dark": what
						 * a news page asked of its
						 * frame */
	bool			 page;		/* wants HTML, not JSON */
	bool			 private;	/* credentials were sent */
	bool			 secure;	/* TLS, here or at a proxy */
	enum session_place	 place;		/* where its cookies hold */
	int			 retry_after;	/* with ERR_RATE_LIMITED */
	json_t			*body;		/* JSON or form, as an object */

	/* The answer. */
	int			 status;	/* 200 unless set */
	const char		*type;		/* JSON unless set */
	struct buf		 out;
	struct buf		 head;		/* further header lines */
	const char		*caching;	/* Cache-Control; NULL: as the
						 * route has it */
	int64_t			 thread;	/* whose version the public
						 * answer depends on, 0: the
						 * site's, -1 (unless set):
						 * every event */
	bool			 ages;		/* it tells how long something
						 * waits: true for a second */

	/* While waiting. */
	uint64_t		 number;
	bool			 gone;		/* the client left */
	struct command		*cmd;
	uint64_t		 seen;	/* parked until this is applied */
	int64_t			 until;	/* parked at most (mono ms) */
	bool			 asked;	/* the deciding node, about it */
	request_then		*then;
	request_handler		*work;
	/* Of a page's form: shows it again with what was refused (*err)
	 * beside its field; -1: the page of the problem will do. */
	request_handler		*again;
	struct err		 err;
	int			 rc;
	struct request		*next;
};

/* The loop's handler: arg is the struct shard. */
conn_handler	request_start;

/* Permissions and shape of a route. */
#define ROUTE_PUBLIC	0x01u	/* one public representation, cached */
#define ROUTE_PAGE	0x02u	/* HTML; forms post here */
#define ROUTE_STAFF	0x04u	/* any of moderator, editor, admin */
#define ROUTE_EDITOR	0x08u	/* editor or admin */
#define ROUTE_ADMIN	0x10u
#define ROUTE_MEMBER	0x20u	/* member or guest with a key */
#define ROUTE_CORS	0x40u	/* Access-Control-Allow-Origin: * */
#define ROUTE_EMBED	0x80u	/* may be framed by the configured sites */
#define ROUTE_RAW	0x100u	/* the body is not parsed */
#define ROUTE_SAME	0x200u	/* the same bytes whoever asks: cached */

struct route {
	enum http_method	 method;
	const char		*path;	/* "/api/v1/threads/{slug}" */
	request_handler		*handle;
	unsigned		 flags;
	enum limit		 limit;	/* counted at the door, or LIMIT_COUNT */
	const char		*help;	/* for /openapi.json */
	const char		*problems; /* words of the codes it may give */
};

/* The table (routes.c), ended by a NULL path. */
extern const struct route routes[];

/* Submits a command of this kind; takes args over. The route's own values
 * (thread slug, comment id) are added by the caller. Returns REQUEST_WAIT or
 * -1. */
int	request_submit(struct request *rq, const char *kind, json_t *args,
	    request_then *then, struct err *err);
/* The same in the house's own name, without idempotency: for what a request
 * brings about beside what it asks. `then` may submit the next one. */
int	request_submit_system(struct request *rq, const char *kind,
	    json_t *args, request_then *then, struct err *err);
/* Runs work on a worker's thread with the worker's connection in rq->db. */
int	request_work(struct request *rq, request_handler *work,
	    struct err *err);

/* A query parameter, decoded: 1 there, 0 not, -1 refused (repeated, broken;
 * ERR_INVALID_FIELD). */
int	request_param(struct request *rq, const char *name, char *out,
	    size_t size, struct err *err);
/* The same as a whole number within [min, max]. */
int	request_number(struct request *rq, const char *name, int64_t min,
	    int64_t max, int64_t otherwise, int64_t *out, struct err *err);
/* ?limit= and ?after=: 1..500, default 100; "" where there is none. */
int	request_paging(struct request *rq, int *limit, char *after,
	    size_t size, struct err *err);
/* A string member of the body (form field or JSON), or NULL. */
const char *request_field(const struct request *rq, const char *name);
/* Opens and closes rq->out's outer object. */
void	request_object(struct request *rq);
void	request_object_end(struct request *rq);
/* 303 to a path on this site (pages after a form). */
void	request_redirect(struct request *rq, const char *path);
/* The frame of a page, filled from the request. */
void	request_page(struct request *rq, struct html_page *p,
	    const char *title);

#endif
