/*
 * The inside of the walk: what request.c and request_body.c share.
 */
#ifndef FORUMD_REQUEST_INT_H
#define FORUMD_REQUEST_INT_H

#include "forumd/request.h"

/* Does its method change things? */
bool	request_unsafe(const struct request *rq);
/* Reads the body into rq->body. */
int	request_read(struct request *rq, struct err *err);

#endif
