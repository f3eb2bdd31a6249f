/*
 * The inside of the walk: what the request_*.c files share.
 */
#ifndef FORUMD_REQUEST_INT_H
#define FORUMD_REQUEST_INT_H

#include "forumd/request.h"

/* Does its method change things? */
bool	request_unsafe(const struct request *rq);
/* request_answer.c: each ends the request. */
void	request_free(struct request *rq);
void	request_problem(struct request *rq, const struct err *err);
/* A public answer goes to the cache and is sent from there. */
struct cache_mark;
void	request_send_public(struct request *rq, const struct cache_mark *m);
/* By what a handler returned. */
void	request_finish(struct request *rq, int rc, const struct err *err);
/* Reads the body into rq->body. */
int	request_read(struct request *rq, struct err *err);
/* A cookie's value, "" where there is none; for what needs no secret. */
void	request_cookie(const struct http_request *h, const char *name,
	    char *out, size_t size);
/* The answer comes later. */
void	request_wait(struct request *rq);
/* Walks on after waiting; ends the request where nobody waits any more. */
void	request_resume(struct request *rq);
/* Ends it with a problem, or silently where nobody waits any more. */
void	request_refuse(struct request *rq, const struct err *err);

/* request_seen.c: true where the request now waits until this node has
 * applied what its sender has seen. */
bool	request_seen_wait(struct request *rq);
/* Something was applied, or time went by; arg is the shard. */
loop_fn	request_seen_look;
/* The node that decides was asked; arg is the request. */
loop_fn	request_seen_asked;
/* The shard's loop is gone, and with it all who waited. */
void	request_seen_drop(struct shard *shard);
/* Tells the sender of a change how far to look. */
void	request_seen_set(struct request *rq);

#endif
