/*
 * One thread's event loop: an event base without locks, its own listening
 * sockets (SO_REUSEPORT shares a port among loops), its connections, timers,
 * and a bounded queue by which other threads hand it work.
 *
 * Everything here is for the loop's own thread (or before it runs), except
 * loop_post() and the figures. Start-up order: loop_new and loop_listen for
 * each loop, then one thread each in loop_run. Shutdown: loop_post a call of
 * loop_drain, join, loop_free.
 */
#ifndef FORUMD_LOOP_H
#define FORUMD_LOOP_H

#include <stddef.h>
#include <stdint.h>

#include "forumd/conn.h"
#include "forumd/http.h"
#include "forumd/tls.h"
#include "storage/base/err.h"

#define LOOP_ADDRESS_MAX	160

struct loop;
struct loop_timer;
typedef void	 loop_fn(struct loop *loop, void *arg);

struct loop_config {
	conn_handler		*handler;
	void			*arg;		/* the handler's */
	struct http_limits	 limits;
	uint32_t		 max_conns;	/* per loop; beyond: 503 */
	uint32_t		 header_s;	/* for a whole header */
	uint32_t		 body_s;	/* for a whole body, plus 1 s
						   per 4 KiB of it */
	uint32_t		 idle_s;	/* between requests */
	uint32_t		 write_s;	/* for answers, plus as above */
	uint32_t		 drain_s;	/* from loop_drain to the end */
	size_t			 backlog;	/* of a stream, bytes */
};

#define LOOP_CONFIG_DEFAULT {						       \
	.limits = HTTP_LIMITS_DEFAULT, .max_conns = 10000, .header_s = 10,     \
	.body_s = 30, .idle_s = 65, .write_s = 30, .drain_s = 15,	       \
	.backlog = 65536 }

/* cfg is copied. NULL and *err where the system refuses. */
struct loop	*loop_new(const struct loop_config *cfg, struct err *err);
/* Closes what is still open; every waiter and stream is told. */
void		 loop_free(struct loop **loop);

/*
 * Listens on "ADDR:PORT", "[ADDR]:PORT", ":PORT" or "unix:PATH". Port 0 lets
 * the system choose; actual (or NULL) gets the address as other loops must
 * name it. tls is borrowed, NULL for plain. kind is the caller's own number,
 * see conn_kind(). A unix path belongs on one loop only.
 */
int		 loop_listen(struct loop *loop, const char *address,
		    struct tls *tls, int kind,
		    char actual[LOOP_ADDRESS_MAX], struct err *err);

/* Runs until drained. */
void		 loop_run(struct loop *loop);
/* Stops accepting, closes idle connections and streams, lets requests in
 * flight be answered (with Connection: close), then ends loop_run. */
void		 loop_drain(struct loop *loop);

/*
 * Any thread: fn(loop, arg) runs on the loop's thread, in the order of
 * posting. -1 where the queue is full or the loop has ended; it has room for
 * two posts per connection, so one answer per waiter always fits.
 */
int		 loop_post(struct loop *loop, loop_fn *fn, void *arg);

/* A timer at rest; NULL where memory is out. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_fn *fn, void *arg);
/* Once, after ms; setting it again moves it. */
void		 loop_timer_set(struct loop_timer *t, uint32_t ms);
void		 loop_timer_free(struct loop_timer **t);

/* Any thread. longest_us: the longest callback since it was last asked. */
struct loop_figures {
	uint64_t	accepted, refused, requests, conns, streams;
	uint64_t	longest_us;
};
void		 loop_figures(struct loop *loop, struct loop_figures *f);

#endif
