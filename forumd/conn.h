/*
 * Connections: requests come out whole, answers go in whole, in order. How
 * bytes arrive, wait and leave stays behind this header.
 *
 * All calls are for the thread of the connection's loop.
 */
#ifndef FORUMD_CONN_H
#define FORUMD_CONN_H

#include <sys/socket.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forumd/http.h"

struct conn;
struct loop;

/*
 * An answer. head: ready field lines, each ended by CRLF, without Date,
 * Content-Length and Connection, which are ours; copied. body: with release,
 * taken over: release(arg) is called exactly once, sent or not; without,
 * copied before the call returns. HEAD, 204 and 304 send no body.
 */
struct http_reply {
	int		 status;
	const char	*head;
	size_t		 head_len;
	const void	*body;
	size_t		 body_len;
	void		(*release)(void *arg);
	void		*arg;
};

/*
 * A finished answer from a cache: head is the status line and every field
 * line, Content-Length too, but Date, Connection and the empty line.
 */
struct http_ready {
	const char	*head;
	size_t		 head_len;
	const void	*body;
	size_t		 body_len;
	int		 pages;		/* the body's out_pages(), or -1 */
	void		(*release)(void *arg);
	void		*arg;
};

/*
 * Called for each request. Before returning it calls exactly one of
 * conn_reply, conn_reply_ready, conn_wait and conn_stream; otherwise the
 * client gets a 500. rq and all it points at are valid until then or, after
 * conn_wait, until the answer.
 */
typedef void	 conn_handler(void *arg, struct conn *c,
		    const struct http_request *rq);
/* A waiter's or a stream's connection died. Called once at most, and not
 * after conn_answer or conn_stream_close. */
typedef void	 conn_gone(void *arg, uint64_t number);

void		 conn_reply(struct conn *c, const struct http_reply *rp);
void		 conn_reply_ready(struct conn *c, const struct http_ready *rp);

/* The answer comes later, under the number given (never 0). gone may be
 * NULL. */
uint64_t	 conn_wait(struct conn *c, conn_gone *gone, void *arg);
/* A number that is no longer waited for only has its body released. */
void		 conn_answer(struct loop *loop, uint64_t number,
		    const struct http_reply *rp);

/* Bytes shared by many listeners, and between loops. */
struct conn_bytes;
struct conn_bytes *conn_bytes_new(const void *p, size_t len);	/* or NULL */
struct conn_bytes *conn_bytes_ref(struct conn_bytes *b);
void		 conn_bytes_free(struct conn_bytes **b);	/* one ref */

/*
 * Turns the connection into a stream: status 200, head as in http_reply, and
 * whatever is sent, until it closes. A number as above. (For HEAD the stream
 * ends behind its head, and gone is called.)
 */
uint64_t	 conn_stream(struct conn *c, const char *head, size_t head_len,
		    conn_gone *gone, void *arg);
/* Sends; takes a reference of its own. -1 where there is no such stream, or
 * it was so far behind that it was dropped now (gone has been called). */
int		 conn_stream_send(struct loop *loop, uint64_t number,
		    struct conn_bytes *b);
/* Bytes of it that the client has not taken yet. */
size_t		 conn_stream_waiting(struct loop *loop, uint64_t number);
/* Closes it once all is sent. */
void		 conn_stream_close(struct loop *loop, uint64_t number);

/* The other end; family AF_UNIX carries no address. Borrowed. */
const struct sockaddr *conn_peer(const struct conn *c);
bool		 conn_is_tls(const struct conn *c);
int		 conn_kind(const struct conn *c);	/* of the listener */
struct loop	*conn_loop(const struct conn *c);

#endif
