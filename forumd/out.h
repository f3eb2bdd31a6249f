/*
 * What a connection still has to send: a short queue of pieces, written
 * with one system call. Small pieces (heads, short bodies) are copied into
 * the queue's own arena and join there; large ones stay where they are and
 * are released when the last byte has left. What is sent often may bring its
 * pages along, which go to the socket without being copied.
 *
 * A queue is lent to a connection for one turn and kept by it only while the
 * peer does not take the bytes, so an idle connection has none.
 */
#ifndef FORUMD_OUT_H
#define FORUMD_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "forumd/tls.h"

#define OUT_PIECES	64
#define OUT_ARENA	16384
#define OUT_JOIN	1024	/* shorter pieces are copied */

typedef void	 out_release(void *arg);

struct out {
	size_t	 bytes;			/* queued in all */
	size_t	 n;			/* pieces */
	size_t	 used;			/* of the arena */
	int	 pipe[2];		/* owned, empty; or -1 */
	struct out_piece {
		const char	*p;
		size_t		 len;
		int		 pages;		/* borrowed, or -1 */
		out_release	*release;	/* or NULL */
		void		*arg;
	}	 piece[OUT_PIECES];
	char	 arena[OUT_ARENA];
};

/* NULL where memory is out. */
struct out	*out_new(void);
void		 out_free(struct out **o);
/* Forgets and releases what was not sent. */
void		 out_drop_all(struct out *o);
/* Room for one more reply with a head of that length? */
bool		 out_room(const struct out *o, size_t head);
/* Copies into the arena; the caller has asked out_room(). */
void		 out_copy(struct out *o, const void *p, size_t len);
/* Takes the bytes over: release(arg) is called once, when they are sent, or
 * dropped. With release NULL they live as long as the process. pages is the
 * same bytes' out_pages(), or -1. */
void		 out_take(struct out *o, const void *p, size_t len, int pages,
		    out_release *release, void *arg);
/* A pipe whose buffers are the pages of p themselves, to be closed by the
 * caller. p is the beginning of a page; what it holds must never change
 * again, and may be unmapped, not used for something else. -1 where the
 * system has no such pipe to give. */
int		 out_pages(const void *p, size_t len);

enum out_result { OUT_SENT, OUT_BLOCKED, OUT_BROKEN };
/* Sends what the socket takes. o may be NULL where only a session's own
 * bytes are to go; s is NULL without TLS. */
enum out_result	 out_flush(struct out *o, int fd, struct tls_session *s);

#endif
