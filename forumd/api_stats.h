/*
 * What is asked of the figures, carried from the loop to the worker in
 * rq->body: by then the request's own bytes may be gone.
 */
#ifndef FORUMD_API_STATS_H
#define FORUMD_API_STATS_H

#include "forumd/api.h"
#include "forumd/stats.h"

/* ?from=, ?to=, ?bucket=, ?format= into rq->body; slug NULL: the whole
 * forum. */
int	api_stats_ask(struct request *rq, const char *slug, struct err *err);
/* And out of it again, on the worker. */
int	api_stats_asked(struct request *rq, struct arena *a,
	    struct stats_ask *ask, struct err *err);

#endif
