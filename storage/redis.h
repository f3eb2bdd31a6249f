/*
 * Redis, wrapped once: nothing else includes hiredis. Of hiredis we take the
 * reader of replies; the sockets are our own, so that a whole call has one
 * deadline, however slowly the other side drips, and another thread can wake
 * it.
 *
 * A struct redis is one connection, used by one thread at a time: to the
 * master of the slot that its hash tag falls into (Cluster), or to the one
 * master (a Redis without cluster support). It finds that master by asking
 * the seeds, follows MOVED and ASK, and connects anew when the connection
 * was lost: at once the first time, then not before a pause that grows.
 *
 * Commands are gathered by redis_add() and sent together by redis_send(),
 * on one connection: so can WAIT stand behind the write it is about.
 */
#ifndef STORAGE_REDIS_H
#define STORAGE_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/err.h"

#define REDIS_ADDRESS_MAX	80	/* host:port */

struct redis;

struct redis_conf {
	const char	*const *seeds;	/* host:port; copied */
	size_t		 nseeds;
	const char	*user, *password;	/* NULL: none; copied */
	const char	*tag;		/* hash tag without braces; copied */
	int		 connect_ms;	/* one connection; 0: 500 */
	int		 call_ms;	/* one redis_send in all; 0: 2000 */
};

enum redis_type {
	REDIS_NIL,
	REDIS_INTEGER,
	REDIS_STRING,
	REDIS_STATUS,
	REDIS_ERROR,
	REDIS_ARRAY
};

struct redis_reply {
	enum redis_type	  type;
	int64_t		  integer;
	char		 *str;		/* owned, NUL-terminated; or NULL */
	size_t		  len;
	struct redis_reply **element;	/* owned; never NULL inside */
	size_t		  n;
};

enum redis_answer {
	REDIS_ANSWERED,		/* replies are there; the first is no error */
	REDIS_REFUSED,		/* not done: not sent, or an error came back */
	REDIS_LOST		/* sent, and no whole answer: who knows */
};

/* Only checks and copies; the first send connects. */
int	redis_open(struct redis **out, const struct redis_conf *conf,
	    struct err *err);
void	redis_close(struct redis **r);
/* Any thread: what waits in it gives up, and every later call at once. */
void	redis_interrupt(struct redis *r);
bool	redis_interrupted(struct redis *r);

/* Adds one command. types, a letter an argument: s NUL-terminated text, b
 * bytes (const void *, size_t), u uint64_t, i int64_t. */
void	redis_add(struct redis *r, const char *types, ...);
/* Adds EVALSHA of a script, sent as EVAL where the server does not have it
 * (only as the first command). The text must outlive the call; types begin
 * with the number of keys as i. */
void	redis_add_script(struct redis *r, const char *script,
	    const char *types, ...);
/* Sends what was added, as many replies into the array as there were
 * commands; the caller frees them. more_ms is added to the time allowed
 * (BLOCK, WAIT). An answer other than ANSWERED leaves no replies and *err
 * filled (NULL: not told). Forgets the commands in any case. */
enum redis_answer redis_send(struct redis *r, struct redis_reply **replies,
	    size_t n, int more_ms, struct err *err);
/* One command, one reply. */
enum redis_answer redis_call(struct redis *r, struct redis_reply **reply,
	    struct err *err, const char *types, ...);
/* Drops the connection: the next send looks for the master anew. */
void	redis_drop(struct redis *r);
bool	redis_connected(const struct redis *r);
/* Waits so long, or until interrupted: then -1. */
int	redis_pause(struct redis *r, int ms);
/* How long until it may connect again; 0: at once. */
int	redis_backoff_ms(const struct redis *r);

void	redis_reply_free(struct redis_reply **reply);
/* The element of an array where it has this type, else NULL; NULL in, NULL
 * out, so that checks can be chained. */
const struct redis_reply *redis_at(const struct redis_reply *a, size_t i,
	    enum redis_type type);
bool	redis_is(const struct redis_reply *reply, enum redis_type type);
/* Whether a string or status is exactly this text. */
bool	redis_equals(const struct redis_reply *reply, const char *text);
/* A number, as integer or as decimal text without sign: 0, else -1. */
int	redis_number(const struct redis_reply *reply, uint64_t *out);

/* The nodes that hold our slot, the master first. */
struct redis_node {
	char	address[REDIS_ADDRESS_MAX];
	bool	master;
};
#define REDIS_NODES	16
int	redis_nodes(struct redis *r, struct redis_node nodes[REDIS_NODES],
	    size_t *n, struct err *err);
/* Another connection, to exactly this node: no slots, no redirections.
 * Shares nothing with r but its settings. */
int	redis_open_node(struct redis **out, const struct redis *r,
	    const char *address, struct err *err);

/* CRC16 of the tag modulo 16384. */
unsigned redis_slot(const char *tag);

#endif
