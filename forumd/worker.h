/*
 * Workers: a small pool of threads with read connections of their own, for
 * what is slow: password hashes, statistics, exports, the outside checker.
 */
#ifndef FORUMD_WORKER_H
#define FORUMD_WORKER_H

#include "storage/base/err.h"
#include "storage/db.h"

struct workers;

typedef void	worker_fn(void *arg, struct db *db);

int	workers_open(struct workers **out, int n, const char *dir,
	    struct err *err);
/* Finishes what waits, then ends the threads. */
void	workers_close(struct workers **w);
/* Queues fn(arg, db). -1 with ERR_OVERLOADED where too much waits. */
int	workers_submit(struct workers *w, worker_fn *fn, void *arg,
	    struct err *err);

#endif
