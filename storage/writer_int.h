/*
 * The inside of a writer, for its two files: writer.c (deciding) and
 * writer_follow.c (what it does among several nodes).
 */
#ifndef STORAGE_WRITER_INT_H
#define STORAGE_WRITER_INT_H

#include <pthread.h>

#include "storage/store.h"
#include "storage/turn.h"

enum writer_role {
	WRITER_LEADS,		/* decides; always so on a single machine */
	WRITER_FOLLOWS,		/* applies what another node decided */
	WRITER_UNSETTLED	/* led; where the journal stands is not known:
				 * commands wait for the cluster to say */
};

struct writer {
	struct writer_conf	 conf;
	struct store		*store;		/* owned */
	struct db		*db;		/* the store's */
	struct ledger		*ledger;	/* the store's */
	struct sequencer	*local;		/* owned */
	struct sequencer	*sequencer;	/* local, or conf's */
	struct turn_stage	 stage;
	struct mark		 mark;		/* committed */
	int64_t			 time;		/* of the last event */
	unsigned		 conflicts;	/* in a row */
	int64_t			 swept;		/* idempotency, mono ms */
	int64_t			 tidied;	/* log's bytes at a checkpoint */

	pthread_t		 thread, checkpointer;
	pthread_mutex_t		 turn;		/* held through a batch */
	pthread_mutex_t		 lock;		/* what stands below; never
						 * held for long */
	enum writer_role	 role;		/* changed under both */
	pthread_cond_t		 wake, tidy;
	struct command		*head, **tail;	/* waiting */
	size_t			 waiting;
	bool			 stopping;	/* taking no more */
	bool			 stopped;	/* the thread has ended */
	struct err		 broken;	/* why nothing is taken, or none */
	struct err		 failing;	/* the last commit's, or none;
						 * written by the thread */
	struct writer_stats	 stats;	/* whoever holds turn */
	struct writer_stats	 shown;	/* copied after each batch */
	struct mark		 shown_mark;
};

/* All with turn held. */
/* After COMMIT: what must be true before anybody is answered. */
void	writer_publish(struct writer *w);
/* Makes the stage's mark the committed one. */
void	writer_advance(struct writer *w, int64_t time);
/* Notes how the last commit went: NULL is well. */
void	writer_went(struct writer *w, const struct err *err);
/* Forgets answers kept for longer than their time, once a minute. */
void	writer_sweep(struct writer *w);

/* In writer_follow.c. */
/* The last batch may or may not stand in the stream: no more until the
 * cluster has settled it. With turn held. */
void	writer_unsettle(struct writer *w);
/* Puts commands back to be decided again, behind those that wait. */
void	writer_requeue(struct writer *w, struct command **cmds, size_t n);
/* Answers commands that are another node's to decide. */
void	writer_turn_away(struct writer *w, struct command **cmds, size_t n);
/* Gives those without an error of their own this one. */
void	writer_fail(struct command **cmds, size_t n, const struct err *err);

#endif
