/*
 * The inside of a turn: what decide() staged, and applying it. Used by the
 * writer and by rebuild; commands see only writer.h.
 */
#ifndef STORAGE_TURN_H
#define STORAGE_TURN_H

#include "storage/writer.h"

#define TURN_CARRIED	1024	/* derived rows; more stay on this node */

struct turn_stage {
	struct ledger	*ledger;
	struct mark	 mark;		/* after everything applied */
	struct batch	 batch;		/* everything applied */
	bool		 travels;	/* to other nodes, derived rows too */
	size_t		 carried;	/* of the batch's derived rows, those
					 * from commits without an event */
	bool		 erases;	/* content was dropped */
	struct buf	 erased;	/* refs dropped, a line each */

	/* The present command's. */
	struct event	*events;
	size_t		 nevents, events_cap;
	char		**bytes;	/* event bytes, leaf bytes in turn */
	size_t		*lens;
	struct batch_content *content;
	size_t		 ncontent, content_cap;
	struct derived	*derived;
	size_t		 nderived, derived_cap;

	/* Threads touched by the batch; negative: their scores alone. */
	int64_t		*touched;
	size_t		 ntouched, touched_cap;
	bool		 site_touched;
};

/* Puts what the command staged into the database and the batch. On -1 the
 * transaction is spoilt: roll back the whole batch. */
int	turn_apply(struct turn *t, struct err *err);
/* Stages another node's batch as if it had been decided here; takes its
 * events, content and derived rows over (batch_clear ends it all the same). */
int	turn_adopt(struct turn *t, struct batch *b, struct err *err);
/* Runs one derived row at once, outside a command's staging; takes its bytes
 * over where it travels. The caller frees it all the same. */
int	turn_remember(struct turn *t, struct derived *d, struct err *err);
/* After COMMIT. A batch without an event is not appended: its derived rows
 * go with the next that is. */
void	turn_carry(struct turn_stage *st);
/* Forgets what the command staged. */
void	turn_discard(struct turn *t);
/* Forgets the batch; frees nothing that can be used again. */
void	turn_reset(struct turn_stage *st);
void	turn_free(struct turn_stage *st);

/* Projects one event read from the journal (rebuild, a tailing node). */
int	turn_project(struct db *db, struct ledger *l, const struct event *e,
	    const char *leaf, size_t leaf_len, struct err *err);

#endif
