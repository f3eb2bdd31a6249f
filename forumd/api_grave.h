/*
 * The gravest cases as JSON: shared by the API and the pages made from it.
 */
#ifndef FORUMD_API_GRAVE_H
#define FORUMD_API_GRAVE_H

#include "forumd/api.h"

enum api_grave { API_GRAVE_QUARANTINE, API_GRAVE_ESCALATIONS,
    API_GRAVE_ORDERS, API_GRAVE_LISTS };

/* One of the lists, newest first, as {"<its name>":[..],"next":..}; after is
 * a cursor or "". */
int	api_grave_write(struct request *rq, enum api_grave which, int limit,
	    const char *after, struct buf *out, struct err *err);

/* What a form or a body asks for, with empty members left out. The caller
 * owns it; NULL with *err filled. */
json_t	*api_grave_args(struct request *rq, const char *key, struct err *err);

/* The text of a comment that quarantine.open has just given free, as member
 * "body"; null where it has been erased meanwhile. */
void	api_grave_body(struct request *rq, const struct command *cmd,
	    struct buf *out);

/* Refuses as not found while an order delays the statement about a comment
 * and the viewer is not staff. api_statement.c. */
int	api_statement_early(struct request *rq, const char *comment,
	    struct err *err);

#endif
