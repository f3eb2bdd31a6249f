/*
 * Witnesses: servers of other people that sign our newest head if it is
 * consistent with the one they signed before (c2sp.org/tlog-witness). Two
 * readers who see the same witness's signature cannot have been shown two
 * different records.
 *
 * A follower: it reads signed heads from forum.db and keeps nothing on disk.
 * A head goes to all witnesses at once (a round); when all have answered, or
 * time is up, it is shown with the signatures that there are. A witness that
 * is down therefore delays the record by seconds and never stops it, nor the
 * forum.
 */
#ifndef FORUMD_WITNESS_H
#define FORUMD_WITNESS_H

#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/err.h"

struct settings;
struct witnesses;

/* Among several nodes one asks the witnesses and the others show what it was
 * given. 1: this node asks; 0: note and size are that node's; -1: it could
 * not be asked. May block for a second. */
typedef int witnesses_elsewhere(void *arg, uint64_t *size, struct buf *note);

/* By the settings witnesses and quorum. *out is NULL where there are none;
 * -1 where one of them is not "vkey URL". elsewhere may be NULL. */
int	witnesses_open(struct witnesses **out, const struct settings *set,
	    const char *dir, const char *origin,
	    witnesses_elsewhere *elsewhere, void *arg, struct err *err);
void	witnesses_close(struct witnesses **w);
/* Any thread: there may be a newer head. */
void	witnesses_poke(struct witnesses *w);

/* Any thread: the newest head whose round is over, with its cosignatures
 * below it, added to note. 1: none is over yet. */
int	witnesses_head(struct witnesses *w, uint64_t *size, struct buf *note);
/* The size of the newest head that as many signed as the quorum asks for. */
uint64_t witnesses_size(struct witnesses *w);

#endif
