/*
 * Between the files of redis.h: one link to one node (redis.c), asking a
 * node who holds our slot (redis_slots.c), and calling (redis_call.c).
 */
#ifndef STORAGE_REDIS_INT_H
#define STORAGE_REDIS_INT_H

#include <stdarg.h>
#include <stdatomic.h>

#include "storage/redis.h"

#define REDIS_PIPELINE	16		/* commands sent together */

struct redis_link;

struct redis_command {
	size_t		 argc;
	size_t		 at, len;	/* encoded arguments, in body */
	const char	*script;	/* borrowed; NULL: a plain command */
};

struct redis {
	char		**seeds;	/* owned */
	size_t		 nseeds;
	char		*user, *password;	/* owned or NULL */
	unsigned	 slot;
	bool		 fixed;		/* the one seed is the node */
	int		 connect_ms, call_ms;

	int		 wake;		/* eventfd */
	atomic_bool	 interrupted;

	struct redis_link *link;	/* owned; to the master, or NULL */
	char		 master[REDIS_ADDRESS_MAX];	/* "": not known */
	struct redis_node nodes[REDIS_NODES];	/* as last told */
	size_t		 nnodes, turn;	/* whom to ask next */
	int64_t		 again;		/* not before; mono ms */
	int		 failures;

	struct buf	 body, wire;
	struct redis_command commands[REDIS_PIPELINE];
	size_t		 ncommands;
};

/* A link to a node, signed in; deadlines are clock_mono_ms()'s. */
int	redis_link_open(struct redis_link **out, struct redis *r,
	    const char *address, int64_t deadline, struct err *err);
void	redis_link_close(struct redis_link **l);
const char *redis_link_address(const struct redis_link *l);
/* Whether an idle link is still good. */
bool	redis_link_idle(const struct redis_link *l);
/* Sends all; *begun: some of it went out before it failed. */
int	redis_link_write(struct redis_link *l, const struct buf *b,
	    int64_t deadline, bool *begun, struct err *err);
int	redis_link_read(struct redis_link *l, struct redis_reply **reply,
	    int64_t deadline, struct err *err);
/* One command: 0 and its reply, of any type but an error, or -1. */
int	redis_link_ask(struct redis_link *l, struct redis_reply **reply,
	    int64_t deadline, struct err *err, const char *types, ...);

/* Adds encoded arguments; how many. */
size_t	redis_put_arguments(struct buf *out, const char *types, va_list ap);

/* Who holds the slot, as the node at the end of this link sees it; in a
 * Redis without cluster support: the node itself or its master. */
int	redis_slots_find(struct redis_link *l, unsigned slot,
	    struct redis_node nodes[REDIS_NODES], size_t *n,
	    int64_t deadline, struct err *err);
/* The address in "MOVED <slot> <address>", the host left out meaning the
 * sender's. -1: it is none. */
int	redis_slots_moved(const struct redis_reply *reply, const char *word,
	    const char *sender, char out[REDIS_ADDRESS_MAX]);

/* Fills *err from an error reply; true where this node is of no use at
 * present. */
bool	redis_reply_error(const struct redis_reply *reply, struct err *err);

#endif
