/*
 * The sequencer: who says which batch of events comes next. One forum has
 * one order; the embedded store keeps it itself, several machines let Redis
 * keep it. Only this and the lease differ between the two.
 *
 * A batch says what it was decided on: (epoch, sequence, chain hash). It is
 * taken only on top of exactly that, so a writer that has lost its lease
 * without knowing can do no harm.
 *
 * append answers one of four:
 *   OK        it is in, confirmed as durable as this sequencer promises
 *   CONFLICT  the journal is elsewhere: roll back, read on, decide again
 *   UNKNOWN   no answer came: roll back, answer nobody, settle by head()
 *   FAILED    refused, nothing changed; err says why
 */
#ifndef STORAGE_SEQUENCER_H
#define STORAGE_SEQUENCER_H

#include <stddef.h>
#include <stdint.h>

#include "storage/base/err.h"
#include "storage/batch.h"
#include "storage/db.h"

enum sequencer_answer {
	SEQUENCER_OK,
	SEQUENCER_CONFLICT,
	SEQUENCER_UNKNOWN,
	SEQUENCER_FAILED
};

struct sequencer;

struct sequencer_ops {
	const char		*name;
	enum sequencer_answer	(*append)(struct sequencer *s,
				    const struct batch *batch,
				    struct err *err);
	/* Where the journal is now: 0, or -1 (cannot tell). */
	int			(*head)(struct sequencer *s, struct mark *out,
				    struct err *err);
	/* Events behind `after`, oldest first, at most max: each told to
	 * each(), whose -1 stops. */
	int			(*read)(struct sequencer *s, uint64_t after,
				    size_t max, int (*each)(void *arg,
				    const struct batch_event *e), void *arg,
				    struct err *err);
	void			(*close)(struct sequencer *s);
};

/* Engines embed this at their head. */
struct sequencer {
	const struct sequencer_ops	*ops;
};

/* The embedded store: the writer's own transaction is the journal. db stays
 * the caller's. */
int	sequencer_local(struct sequencer **out, struct db *db,
	    const char *journal_id, struct err *err);

/* In memory, for tests, with faults to switch on: the next append answers
 * this, and `stored` says whether it took the batch all the same. */
int	sequencer_memory(struct sequencer **out, const char *journal_id,
	    struct err *err);
void	sequencer_memory_fault(struct sequencer *s,
	    enum sequencer_answer answer, int stored);
/* Another writer moves the epoch on: batches of the old one conflict. */
void	sequencer_memory_epoch(struct sequencer *s, uint64_t epoch);

#endif
