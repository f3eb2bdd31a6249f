/*
 * The inside of a node among several, for its files:
 *
 *   cluster.c        the object, the sequencer that settles an unknown
 *                    outcome
 *   cluster_status.c what others ask: who leads, how far it is, why not
 *   cluster_lease.c  the lease's thread: taking, renewing, giving back
 *   cluster_take.c   what is done between taking the lease and leading
 *   cluster_tail.c   the tail's thread: following, confirming
 *   cluster_keep.c   the keeper's thread: the list of nodes, clearing up
 *   cluster_check.c  are Redis' nodes set up as they must be
 *   cluster_ring.c   recent batches, kept to be appended again
 *   cluster_found.c  from one machine to several and back
 *
 * Each thread has a connection of its own. Locks: apply is held by whoever
 * brings the writer further than it is (tail, taking); lock guards the rest
 * and is never held while waiting or while calling the writer.
 */
#ifndef STORAGE_CLUSTER_INT_H
#define STORAGE_CLUSTER_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "storage/cluster.h"
#include "storage/cluster_ring.h"
#include "storage/sequencer_redis.h"
#include "storage/writer.h"

#define CLUSTER_PEERS	64

/* Another node, as it registered itself. */
struct cluster_peer {
	char		node[CLUSTER_NODE_MAX + 1];
	char		address[CLUSTER_ADDRESS_MAX];
	uint64_t	applied;
	int64_t		at;		/* ms, its clock */
};

/* A connection and the stream over it, one thread's. */
struct cluster_link {
	struct redis		*redis;		/* owned */
	struct sequencer	*stream;	/* owned */
};

enum cluster_thread { CLUSTER_LEASE, CLUSTER_TAIL, CLUSTER_KEEP,
    CLUSTER_THREADS };

struct cluster {
	struct sequencer	 sequencer;	/* at the head: see cluster.c */
	struct cluster_conf	 conf;		/* texts owned */
	char			 journal_id[64];
	char			 tag[256];
	struct writer		*writer;	/* the caller's */
	struct cluster_link	 append;	/* the writer's thread's */
	struct cluster_link	 link[CLUSTER_THREADS];
	pthread_t		 thread[CLUSTER_THREADS];
	int			 nthreads;
	struct cluster_ring	*ring;		/* owned; has its own lock */

	_Atomic int64_t		 until;		/* leads so long, mono ms; 0 */
	_Atomic bool		 stopping, resigned, unsettled;
	pthread_mutex_t		 apply;

	pthread_mutex_t		 lock;
	pthread_cond_t		 wake;		/* both monotonic; rare */
	pthread_cond_t		 commit;	/* for the tail's thread */
	int			 running;	/* threads */
	uint64_t		 epoch;		/* the highest heard of */
	bool			 founded;	/* a head was seen there */
	char			 leader[CLUSTER_ADDRESS_MAX];
	int64_t			 leader_at;	/* last heard, mono ms */
	struct err		 broken;	/* why it neither leads nor
						 * follows, or none */
	struct err		 away;		/* why Redis gives no answer */
	struct err		 stuck;		/* why a free lease could not be
						 * taken, or none */
	struct mark		 confirm;	/* to be told */
	struct buf		 confirm_note;
	bool			 confirms;
	struct buf		 erased;	/* see cluster_keep.c */
	struct buf		 warnings;	/* see cluster_check.c */
	uint64_t		 confirmed;	/* the highest heard of */
	int64_t			 level_at;	/* had all of it, mono ms */
	struct cluster_peer	 peer[CLUSTER_PEERS];	/* all, we too */
	size_t			 npeers;
	struct cluster_stats	 count;
};

void	cluster_oom(struct err *err);
void	cluster_count(struct cluster *c, uint64_t *n);
/* A thread has ended. */
void	cluster_ended(struct cluster *c);

/* Connections for one thread. */
int	cluster_link_open(struct cluster *c, struct cluster_link *l,
	    int call_ms, struct err *err);
void	cluster_link_close(struct cluster_link *l);

/* The monotonic time so many ms from now. */
struct timespec cluster_after(int64_t ms);
/* Waits so long, or until cluster_wake(); false where it is over. */
bool	cluster_pause(struct cluster *c, int64_t ms);
void	cluster_wake(struct cluster *c);
/* Redis answered (NULL) or did not. */
void	cluster_heard(struct cluster *c, const struct err *err);
/* No further without help; NULL: again. Logged when it changes. */
void	cluster_break(struct cluster *c, const struct err *err);
bool	cluster_broken(struct cluster *c);
/* The highest epoch heard of. */
void	cluster_saw(struct cluster *c, uint64_t epoch);

/* Threads. */
void	*cluster_lease_main(void *arg);
void	*cluster_tail_main(void *arg);
void	*cluster_keep_main(void *arg);

/* On the lease's thread: takes the lease and brings writer and stream to the
 * same end. 0 with the epoch; 1 another node holds it; -1. deadline, mono
 * ms: the lease that was taken ends then. */
int	cluster_take(struct cluster *c, uint64_t *epoch, int64_t *deadline,
	    struct err *err);
/* Keeps the lease while taking takes long: -1 it is lost. */
int	cluster_hold(struct cluster *c, uint64_t epoch, int64_t *deadline,
	    struct err *err);
/* Applies what the stream has behind the writer's mark, up to this sequence
 * at most, some batches at a time: 0 there, 1 there is more, -1. notes, by
 * rising sequence, are what was signed for some of them. Apply held. */
struct cluster_note {
	uint64_t	 seq;
	char		*text;		/* owned by the list */
};
struct cluster_notes {
	struct cluster_note	*note;
	size_t			 n, cap;
};
int	cluster_apply(struct cluster *c, struct cluster_link *l,
	    uint64_t upto, const struct cluster_notes *notes,
	    struct err *err);
/* Reads the list of nodes into c->peer. */
int	cluster_keep_nodes(struct cluster *c, struct cluster_link *l,
	    struct err *err);
/* Looks at Redis' settings, once a minute; *last is 0 at first. */
void	cluster_check(struct cluster *c, struct cluster_link *l,
	    int64_t *last);
/* What a batch erased, to be erased in Redis too. */
void	cluster_keep_erase(struct cluster *c, const struct batch *b);

#endif
