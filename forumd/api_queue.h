/*
 * The review queue, as the API and the page share it.
 */
#ifndef FORUMD_API_QUEUE_H
#define FORUMD_API_QUEUE_H

#include "forumd/api.h"
#include "moderation/queue.h"

/* ?state=, ?sort= and paging. */
int	api_queue_ask(struct request *rq, struct queue_query *q,
	    struct err *err);
/* The answer of GET /api/v1/review into out. */
int	api_queue_write(struct request *rq, const struct queue_query *q,
	    struct buf *out, struct err *err);

#endif
