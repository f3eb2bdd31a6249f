/*
 * What loop.c, conn.c and conn_answer.c share: the fields of a loop and of a
 * connection. A connection at rest is one struct conn and nothing else; input
 * and output memory belong to the loop and are kept by a connection only
 * while a request is incomplete or waits, or its peer does not take the
 * bytes.
 */
#ifndef FORUMD_CONN_INT_H
#define FORUMD_CONN_INT_H

#include <sys/queue.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "forumd/loop.h"
#include "forumd/out.h"

#define LOOP_WHEEL	128		/* slots of one second */
#define LOOP_SPARE	64		/* slots for polite refusals */
#define LOOP_CONNS_MAX	1000000		/* slots are 20 bits of a number */
#define CONN_IN		16384
#define CONN_HEAD_MAX	(OUT_ARENA / 2)	/* of an answer */

/* Input: the bytes of the current request and of what follows it. */
struct conn_in {
	struct http_reader	 reader;
	struct http_request	 rq;
	size_t			 start;	/* of the current request */
	size_t			 len, cap;
	char			 data[];
};

enum conn_state {
	CONN_READ,		/* a request is awaited or arriving */
	CONN_CALL,		/* the handler has it */
	CONN_WAIT,		/* its answer comes under a number */
	CONN_STREAM,
	CONN_LINGER,		/* told all; reads until the peer closes */
	CONN_DEAD		/* closed; freed at the end of the turn */
};

enum conn_phase { CONN_IDLE, CONN_HEADER, CONN_BODY };

struct listener {
	LIST_ENTRY(listener)	 link;
	struct event		 ev;
	struct loop		*loop;
	struct tls		*tls;	/* borrowed, or NULL */
	int			 kind;
	char			*path;	/* owned: a unix socket's */
};

struct conn {
	struct event		 ev;	/* reading, or writing when blocked */
	LIST_ENTRY(conn)	 wheel;
	LIST_ENTRY(conn)	 todo;	/* loop->again or loop->dead */
	struct loop		*loop;
	struct listener		*from;
	struct tls_session	*tls;	/* owned, or NULL */
	struct conn_in		*in;	/* owned, or NULL */
	struct out		*out;	/* owned, or NULL */
	uint64_t		 number;
	conn_gone		*gone;
	void			*gone_arg;
	uint32_t		 slot;
	uint32_t		 deadline;	/* seconds; 0 none */
	uint32_t		 due;		/* where on the wheel */
	uint32_t		 lingered;	/* bytes thrown away */
	enum conn_state		 state : 8;
	enum conn_phase		 phase : 8;
	bool			 blocked : 1, close : 1, eof : 1, busy : 1,
				 keep : 1, head : 1, listed : 1,
				 continued : 1, paused : 1, refused : 1;
	union {
		struct sockaddr		any;
		struct sockaddr_in	v4;
		struct sockaddr_in6	v6;
	}			 peer;
};

LIST_HEAD(conn_list, conn);

struct loop_call { loop_fn *fn; void *arg; };

struct loop {
	struct event_base	*base;
	struct loop_config	 cfg;
	LIST_HEAD(, listener)	 listeners;
	int			 spare;	/* a descriptor held back */
	struct event		 tick, again_ev, posted;
	uint32_t		 now;	/* seconds, monotonic */
	uint32_t		 wheel_at;
	uint32_t		 drain_end;	/* or 0 */
	bool			 over;	/* drained: loop_run returns */
	struct conn_list	 wheel[LOOP_WHEEL], again, dead;
	struct conn		**slots;	/* by number */
	uint32_t		*unused;	/* slots, a stack */
	uint32_t		 nunused, nslots;
	uint64_t		 serial;
	struct conn_in		*in;	/* owned, NULL while lent */
	struct out		*out;	/* owned, NULL while lent */
	int64_t			 date_s;
	char			 date[40];	/* "Date: ...\r\n" */
	pthread_mutex_t		 lock;		/* around the calls */
	struct loop_call	*calls;		/* a ring */
	size_t			 ncalls, calls_at, calls_cap;
	int			 wake;		/* eventfd */
	atomic_uint_fast64_t	 accepted, refused, requests, conns, streams,
				 longest_us;
};

/* loop.c */
int64_t	 loop_turn_begin(struct loop *loop);
void	 loop_turn_end(struct loop *loop, int64_t began);
/* Runs conn_again() for it in the next turn. */
void	 loop_again(struct loop *loop, struct conn *c);
const char *loop_date(struct loop *loop);

/* conn.c */
struct conn_in *conn_in_new(size_t cap);
void	 conn_accept(struct listener *from, int fd, const struct sockaddr *sa,
	    socklen_t len, bool over);
void	 conn_again(struct conn *c);
void	 conn_expired(struct conn *c);
void	 conn_drain(struct conn *c);	/* closes it where it is idle */
void	 conn_kill(struct conn *c);	/* closes it now; freed later */
void	 conn_free(struct conn *c);
void	 conn_wheel(struct conn *c);	/* files it by its deadline */
/* From now on; 0 seconds means none. */
void	 conn_deadline(struct conn *c, uint32_t seconds);
void	 conn_tell_gone(struct conn *c);
void	 conn_count(atomic_uint_fast64_t *figure, int by);
void	 conn_turn(struct conn *c);	/* requests, flush, settle */

/* conn_answer.c */
bool	 conn_out(struct conn *c, size_t head);
void	 conn_problem(struct conn *c, enum err_code code, const char *why);

#endif
