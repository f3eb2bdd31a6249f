/*
 * What the clock asks for: deadlines passed, decisions put again, what is
 * kept no longer. Commands like any other, handed in on the first loop's
 * timer; among several nodes by the one that decides.
 */
#ifndef FORUMD_DUTIES_H
#define FORUMD_DUTIES_H

#include "storage/base/err.h"

struct duties;
struct server;

/* Before server->shards[0].loop runs. */
int	duties_start(struct duties **out, struct server *s, struct err *err);
/* Once it has ended. */
void	duties_end(struct duties **d);

#endif
