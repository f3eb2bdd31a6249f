/*
 * Recomputing every projection from the journal. The same code path as the
 * writer's, so that what it finds is what the writer would have made.
 */
#ifndef STORAGE_REBUILD_H
#define STORAGE_REBUILD_H

#include "storage/base/err.h"
#include "storage/db.h"

struct rebuild_result {
	unsigned long long	events;
	int			identical;	/* dump before = dump after */
};

/* On a data directory that no server holds open. check: compares and rolls
 * back, changing nothing; else the new projections are committed. The
 * journal's chain is verified on the way. */
int	rebuild(const char *dir, int check, struct rebuild_result *out,
	    struct err *err);

/* The same at the opening of a file that an older version wrote, where that
 * has not been done yet; 0 where there is nothing to do. */
int	rebuild_stale(struct db *db, const char *journal_id, struct err *err);

#endif
