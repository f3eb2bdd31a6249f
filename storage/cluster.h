/*
 * A node among several: one forum whose journal stream lies in Redis.
 *
 * Each node keeps its own full copy. One at a time holds the lease: it alone
 * decides, appends and signs (its writer leads); the others follow, applying
 * what the stream confirms. The lease only chooses; what makes a holder that
 * lost it without knowing harmless is the epoch, which moves with every
 * taking and which each append is checked against.
 *
 * Three threads. The lease's: takes, renews and gives back the lease, and
 * before it leads asks the other nodes for what they have, appends again
 * what Redis lost, and reads the stream to its end. The tail's: follows while
 * another leads, confirms while this node does. The keeper's: the list of
 * nodes, and clearing up in Redis. All waiting is limited in time.
 *
 * Order: cluster_new, cluster_equip into the writer's conf, writer_open,
 * cluster_start; at the end cluster_close, then writer_close (the writer's
 * thread uses the cluster until cluster_close returns, and answers
 * ERR_STORAGE_UNAVAILABLE from then on), then cluster_free.
 */
#ifndef STORAGE_CLUSTER_H
#define STORAGE_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/err.h"
#include "storage/sequencer.h"

struct cluster;
struct writer;
struct writer_conf;

#define CLUSTER_NODE_MAX	40	/* a node's name: [a-z0-9-]{1,40} */
#define CLUSTER_ADDRESS_MAX	128

struct cluster_conf {
	const char	*dir;		/* the data directory; it must hold a
					 * forum already (its journal's id and
					 * origin name the keys) */
	const char	*const *redis;	/* host:port, any of the cluster's */
	size_t		 nredis;
	const char	*user, *password;	/* NULL: none */
	int		 replicas;	/* each append waits for so many */
	const char	*node;		/* this node's name */
	const char	*address;	/* host:port of its channel */
	int		 lease_ms;	/* 0: 2000 */
	int64_t		 keep_ms;	/* content stays in Redis for so long
					 * at least; 0: an hour */
	int64_t		 rewrite_ms;	/* between two rewritings of Redis'
					 * files after erasures; 0: 10 min */

	/* The three below are called on the cluster's own threads, peer_head
	 * on several at once. They may block, but for less than a quarter of
	 * lease_ms. */
	/* The confirmed mark of the node at address: 0, or -1 unreachable. */
	int		(*peer_head)(void *arg, const char *address,
			    struct mark *out, struct err *err);
	/* What cluster_batch(after) gives there: 0; 1 it has none; -1. */
	int		(*peer_batch)(void *arg, const char *address,
			    uint64_t after, struct buf *out, struct err *err);
	/* This node begins or ends to lead: followers with effects outside
	 * start or stop. */
	void		(*role)(void *arg, bool leading);
	void		*arg;
};

/* Makes the keys' names and the sequencer; connects to nothing yet. */
int	cluster_new(struct cluster **out, const struct cluster_conf *conf,
	    struct err *err);
/* Fills in what the writer needs of it: sequencer and hooks. */
void	cluster_equip(struct cluster *c, struct writer_conf *wc);
/* Starts the threads. Redis away: starts all the same and says so. */
int	cluster_start(struct cluster *c, struct writer *w, struct err *err);
/* Gives the lease back where it is held, ends the threads; under a second,
 * wherever Redis is. The writer follows from then on. */
void	cluster_close(struct cluster *c);
/* After writer_close. */
void	cluster_free(struct cluster **c);
/* Draining: gives the lease back and takes it no more. Any thread; does not
 * wait. */
void	cluster_resign(struct cluster *c);

/* Any thread, cheap. */
bool	cluster_leading(const struct cluster *c);
/* The address of the lease holder's channel; false: nobody holds it as far
 * as this node knows. */
bool	cluster_leader(struct cluster *c, char *out, size_t size);
/* What this node has and knows to be confirmed (for peer_head). */
void	cluster_confirmed(struct cluster *c, struct mark *out);
/* The batch that follows `after`, from this node's ring of recent ones, in
 * the form that peer_batch brings back: 0; 1: it has none such. */
int	cluster_batch(struct cluster *c, uint64_t after, struct buf *out);

/* 0 where this node could have a post stored (it leads, or knows who does
 * and is level with it); else -1 and why. */
int	cluster_ready(struct cluster *c, struct err *err);
/* Adds a sentence a line for all that is amiss with Redis' settings, as far
 * as they may be read, and with the number of its nodes. */
void	cluster_warnings(struct cluster *c, struct buf *out);

struct cluster_stats {
	uint64_t	epoch;
	uint64_t	appended, confirmed, applied, signed_;	/* marks */
	uint64_t	conflicts, unknown, takeovers, again;	/* counts */
	int64_t		lag_ms;		/* behind the confirmed mark; 0: none */
	int		nodes;		/* registered and heard of lately */
	bool		leading, connected;
};
void	cluster_stats(struct cluster *c, struct cluster_stats *out);
/* JSON lines for forumctl: marks and lease, then one a node with its lag. */
int	cluster_status(struct cluster *c, struct buf *out, struct err *err);

/* The meta row of a data directory that is one of several: its keys' tag. */
#define CLUSTER_META		"cluster"

/* From one machine to several and back, for forumctl, with no server beside:
 * the stream is made to begin at dir's newest event; its keys are removed,
 * refused while dir has not applied all that is confirmed. */
int	cluster_found(const struct cluster_conf *conf, struct err *err);
int	cluster_dissolve(const struct cluster_conf *conf, struct err *err);

#endif
