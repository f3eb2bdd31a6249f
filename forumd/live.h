/*
 * Live listeners of threads (text/event-stream), one struct live a loop.
 *
 * What is sent is made from the present state: comments whose version is
 * above the last one sent, as anybody may see them. So a replay after
 * Last-Event-ID is the same thing as the next event, nothing is kept in
 * memory for it, and what is no longer visible is never sent again. Ids are
 * journal sequences.
 *
 * Everything here is for the loop's own thread.
 */
#ifndef FORUMD_LIVE_H
#define FORUMD_LIVE_H

#include "forumd/server.h"

/* NULL where memory is out. */
struct live	*live_new(struct shard *shard);
void		 live_free(struct live **live);
/* Versions have moved: look which threads with listeners did. */
void		 live_poke(struct live *live);

#endif
