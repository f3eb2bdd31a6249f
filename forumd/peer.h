/*
 * What this node does for the others of its forum: runs the commands they
 * pass on, says how far it is, gives recent batches.
 *
 * A request is one frame of JSON, {"do":.., "n":..}:
 *   command   a command passed on (relay.h); answered when it is committed
 *   mark      {"epoch","seq","chain"}: what is confirmed here
 *   witnessed {"size","note"}: the newest head with its cosignatures
 *   batch     {"after"}: {"found":bool}, then the batch in a frame of its own
 */
#ifndef FORUMD_PEER_H
#define FORUMD_PEER_H

#include "storage/cluster.h"
#include "storage/writer.h"

struct peers;
struct witnesses;

struct peers_conf {
	struct cluster	*cluster;
	struct writer	*writer;
	struct versions	*versions;
	struct witnesses *witnesses;	/* NULL: none */
	struct hash	 secret;
	int		 fd;	/* channel_listen()'s, taken over */
};

int	peers_open(struct peers **out, const struct peers_conf *conf,
	    struct err *err);
/* Ends all connections; commands already with the writer are waited for. */
void	peers_close(struct peers **p);

/* The asking side; each call is a connection of its own. */
int	peer_ask_mark(const char *address, const struct hash *secret, int ms,
	    struct mark *out, struct err *err);
/* Adds to note; -1 too where it has none. */
int	peer_ask_witnessed(const char *address, const struct hash *secret,
	    int ms, uint64_t *size, struct buf *note, struct err *err);
/* 0; 1 it has none such; -1. */
int	peer_ask_batch(const char *address, const struct hash *secret, int ms,
	    uint64_t after, struct buf *out, struct err *err);

#endif
