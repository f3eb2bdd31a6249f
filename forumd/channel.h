/*
 * The channel between the nodes of one forum: frames over TCP, each sealed
 * under keys of the connection, which come from the forum's secret and a
 * random number of either end. Who does not have the secret can neither read,
 * change, repeat nor reorder a frame; who has it is a node.
 *
 *   client  "forumd 1" and 32 random bytes
 *   server  32 random bytes
 *   either  frames: length of what follows (4 bytes, big end first), then
 *           AES-256-GCM of the bytes, numbered from 0 in each direction
 *
 * The client's first frame is "client", the server's "server". Blocking, with
 * deadlines: for threads of their own, never for a loop. One thread may send
 * while another receives.
 */
#ifndef FORUMD_CHANNEL_H
#define FORUMD_CHANNEL_H

#include <stddef.h>

#include "storage/base/buf.h"
#include "storage/base/crypto.h"
#include "storage/base/err.h"

#define CHANNEL_FRAME	(16u << 20)	/* bytes in one frame at most */
#define CHANNEL_ADDRESS	160

struct channel;

/* Listens on "ADDR:PORT" (port 0: any) and says where: a descriptor, or
 * -1. */
int	channel_listen(const char *address, char actual[CHANNEL_ADDRESS],
	    struct err *err);

/* Both prove that they have the secret before they return; ms bounds that,
 * and each single send and receive afterwards. fd is taken over. */
int	channel_connect(struct channel **out, const char *address,
	    const struct hash *secret, int ms, struct err *err);
int	channel_accept(struct channel **out, int fd,
	    const struct hash *secret, int ms, struct err *err);

int	channel_send(struct channel *c, const void *p, size_t len,
	    struct err *err);
/* A whole frame into out (cleared first): 0; 1 where none began within ms;
 * -1 where the other end is gone or lied. */
int	channel_recv(struct channel *c, struct buf *out, int ms,
	    struct err *err);
/* Any thread: whoever sends or receives is told that it is over. */
void	channel_shutdown(struct channel *c);
void	channel_close(struct channel **c);

#endif
