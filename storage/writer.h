/*
 * The writer: the only thread that changes forum.db and the only holder of
 * the signing key. It takes all commands that wait, decides them in order,
 * commits them in one transaction with one sync and one signature, and only
 * then answers (group commit). While it commits, the next batch gathers.
 *
 * A turn is what a command's decide() sees: the database as it stands with
 * everything decided before it in this batch, and a place to stage events
 * and content. Deciding only reads: a refused command has written nothing.
 */
#ifndef STORAGE_WRITER_H
#define STORAGE_WRITER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "storage/command.h"
#include "storage/event.h"
#include "storage/ledger.h"
#include "storage/sequencer.h"

/* What tells caches and live listeners that something changed: one number a
 * thread, found by its row number, and one for the whole site. A collision
 * only means a look in vain. Written by the writer after COMMIT and before
 * it answers. */
#define VERSIONS	65536
struct versions {
	_Atomic uint64_t	thread[VERSIONS];
	_Atomic uint64_t	score[VERSIONS];	/* votes, refusals */
	_Atomic uint64_t	site;		/* names, policy, threads */
	_Atomic uint64_t	last;		/* any event's sequence */
	_Atomic uint64_t	tick;		/* commits; moves first */
};
uint64_t	versions_thread(const struct versions *v, int64_t thread);

struct turn {
	struct db	*db;	/* reads see everything staged before */
	void		*ctx;	/* the moderation floor's own, see house.h */
	int64_t		 now;	/* ms; never before the last event's time */
	uint64_t	 index;	/* log index the next staged leaf gets */
	struct turn_stage *stage;	/* writer.c's own */
};

/* Stages an event; takes pub and prv over (pub NULL for kinds without leaf).
 * The projector sees it once decide() has returned 0. */
int	turn_emit(struct turn *t, const char *kind, json_t *pub, json_t *prv,
	    struct err *err);
/* Stages a content row and gives its commitment in hex (65 bytes). */
int	turn_content(struct turn *t, const char *ref, const char *field,
	    const void *bytes, size_t len, char commitment[HASH_LEN * 2 + 1],
	    struct err *err);
/* How many events of a kind this command has staged, for row numbers, and
 * the sequence that the next one gets. */
size_t		turn_staged(const struct turn *t, const char *kind);
uint64_t	turn_next_seq(const struct turn *t);
/* Stages the dropping of a content row; field NULL drops all of ref's. */
int	turn_drop_content(struct turn *t, const char *ref, const char *field,
	    struct err *err);
/* Stages a row of derived content, its values as derived.h lists them: run
 * after the events; texts are copied. */
int	turn_derived(struct turn *t, struct err *err, enum derived_name kind,
	    ...);

struct writer;

struct writer_conf {
	const char	*dir;		/* data directory, exists */
	const char	*origin;	/* of the ledger */
	void		*ctx;		/* handed to every turn */
	struct versions	*versions;	/* outlives the writer */
	/* Called on the writer's thread after COMMIT, before answers. */
	void		(*published)(void *arg, uint64_t seq);
	void		*arg;
	bool		 sign;		/* false: open for rebuild and the like */
	bool		 restarts;	/* signed heads may be missing: for
					 * restart.c alone */
	struct sequencer *sequencer;	/* NULL: the embedded one; the caller's,
					 * used until writer_close() returns */

	/* Another node's derived rows that are in no table, for ctx to keep
	 * in memory: after COMMIT, on the thread that applies. May be NULL. */
	void		(*heard)(void *ctx, const struct derived *d);

	/* One of several nodes: filled in by cluster_equip(). The writer
	 * follows until it is told to lead. */
	void		*cluster;	/* NULL: alone */
	/* Leading, after COMMIT and before answers; note as in ledger_note().
	 * On the writer's thread; must not call the writer. */
	void		(*committed)(void *cluster, const struct batch *b,
			    const struct mark *at, const struct buf *note);
	/* Where the journal stands is not known: commands wait until
	 * writer_lead() or writer_follow(). Must not call the writer. */
	void		(*unsettled)(void *cluster);
};

/* Opens forum.db (migrating it), the ledger and the key, and starts the
 * thread. Fails where the store cannot be used at all; where only writing is
 * in question (a record that does not match its heads) it opens, refuses
 * every command, and writer_ready() says why. */
int	writer_open(struct writer **out, const struct writer_conf *conf,
	    struct err *err);
/* Takes no more, finishes what waits, syncs the heads file, ends the thread. */
void	writer_close(struct writer **w);

/* Takes the command over until done(). -1: not taken, the caller keeps it
 * (ERR_OVERLOADED when the queue is full, ERR_STORAGE_UNAVAILABLE). */
int	writer_submit(struct writer *w, struct command *cmd, struct err *err);
/* The same, waiting for the outcome: for the admin tool and tests, never on
 * a loop. cmd->done and arg are used by it. */
int	writer_run(struct writer *w, struct command *cmd, struct err *err);

/* What the database holds: epoch, sequence, chain. Any thread. */
void	writer_mark(struct writer *w, struct mark *out);
/* From now on it decides, in this epoch. -1: its record is broken. */
int	writer_lead(struct writer *w, uint64_t epoch, struct err *err);
/* From now on it follows; waits for the batch under way. Commands are turned
 * away, with cmd->moved set. */
void	writer_follow(struct writer *w);
/* Applies what another node decided, in one transaction: batches that follow
 * the mark in order (they are emptied), each with the note signed for it or
 * NULL. Chain and record are checked; *bad says that it was they that failed,
 * so that trying again cannot help. Refused while it leads. What an own
 * decision touches is published alike, on the calling thread. */
struct writer_step {
	struct batch	*batch;
	const char	*note;
};
int	writer_apply(struct writer *w, struct writer_step *steps, size_t n,
	    bool *bad, struct err *err);

/* 0 where posts are taken; else -1 and err says why. */
int	writer_ready(struct writer *w, struct err *err);

/* Numbers for /metrics. */
struct writer_stats {
	uint64_t	commands, refused, events, batches, retries;
	uint64_t	largest_batch, commit_us, ledger_us;
	uint64_t	busy_us;	/* in all, the two above included */
};
void	writer_stats(struct writer *w, struct writer_stats *out);

#endif
