/*
 * One sendmsg (writev that raises no SIGPIPE) for everything queued. A short
 * write means a full socket, so there is no second try: the caller arms its
 * write event. Under TLS the pieces are encrypted a few at a time, so that a
 * slow peer costs one window of ciphertext and not a copy of the page.
 */
#include <sys/socket.h>
#include <sys/uio.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/out.h"


#define OUT_WINDOW	65536	/* ciphertext held at once */
#define OUT_RECORD	16384

struct out *
out_new(void)
{
	struct out *o;

	o = malloc(sizeof(*o));
	if (o != NULL)
		o->bytes = o->n = o->used = 0;
	return o;
}

void
out_drop_all(struct out *o)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		if (o->piece[i].release != NULL)
			o->piece[i].release(o->piece[i].arg);
	o->bytes = o->n = o->used = 0;
}

void
out_free(struct out **o)
{
	if (*o == NULL)
		return;
	out_drop_all(*o);
	free(*o);
	*o = NULL;
}

bool
out_room(const struct out *o, size_t head)
{
	return o->n + 2 <= OUT_PIECES &&
	    OUT_ARENA - o->used >= head + OUT_JOIN;
}

void
out_copy(struct out *o, const void *p, size_t len)
{
	struct out_piece *last;
	char *to;

	to = o->arena + o->used;
	memcpy(to, p, len);
	o->used += len;
	o->bytes += len;
	last = o->n > 0 ? &o->piece[o->n - 1] : NULL;
	if (last != NULL && last->p + last->len == to &&
	    last->release == NULL)
		last->len += len;
	else
		o->piece[o->n++] = (struct out_piece){ to, len, NULL, NULL };
}

void
out_take(struct out *o, const void *p, size_t len, out_release *release,
    void *arg)
{
	if (len <= OUT_JOIN && OUT_ARENA - o->used >= len) {
		out_copy(o, p, len);
		if (release != NULL)
			release(arg);
		return;
	}
	o->piece[o->n++] = (struct out_piece){ p, len, release, arg };
	o->bytes += len;
}

/* Forgets the first bytes, which were sent. */
static void
out_drop(struct out *o, size_t sent)
{
	struct out_piece *q;
	size_t i;

	o->bytes -= sent;
	for (i = 0; i < o->n; i++) {
		q = &o->piece[i];
		if (q->len > sent) {
			q->p += sent;
			q->len -= sent;
			break;
		}
		sent -= q->len;
		if (q->release != NULL)
			q->release(q->arg);
	}
	o->n -= i;
	memmove(o->piece, o->piece + i, o->n * sizeof(*o->piece));
	if (o->n == 0)
		o->used = 0;
}

static enum out_result
out_errno(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ?
	    OUT_BLOCKED : OUT_BROKEN;
}

static enum out_result
out_flush_plain(struct out *o, int fd)
{
	struct iovec iov[OUT_PIECES];
	struct msghdr msg = { .msg_iov = iov };
	size_t i;
	ssize_t n;

	for (i = 0; i < o->n; i++) {
		iov[i].iov_base = (void *)(uintptr_t)o->piece[i].p;
		iov[i].iov_len = o->piece[i].len;
	}
	msg.msg_iovlen = o->n;
	n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n == -1)
		return out_errno();
	out_drop(o, (size_t)n);
	return o->n == 0 ? OUT_SENT : OUT_BLOCKED;
}

static enum out_result
out_flush_tls(struct out *o, int fd, struct tls_session *s)
{
	const char *p;
	size_t len;
	ssize_t n;

	for (;;) {
		while (o != NULL && o->n > 0 &&
		    tls_session_pending(s, &p) < OUT_WINDOW) {
			len = o->piece[0].len;
			if (len > OUT_RECORD)
				len = OUT_RECORD;
			if (tls_session_write(s, o->piece[0].p, len) == -1)
				return OUT_BROKEN;
			out_drop(o, len);
		}
		len = tls_session_pending(s, &p);
		if (len == 0)
			return OUT_SENT;
		n = send(fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1)
			return out_errno();
		tls_session_sent(s, (size_t)n);
		if ((size_t)n < len)
			return OUT_BLOCKED;
	}
}

enum out_result
out_flush(struct out *o, int fd, struct tls_session *s)
{
	if (s != NULL)
		return out_flush_tls(o, fd, s);
	return o == NULL || o->n == 0 ? OUT_SENT : out_flush_plain(o, fd);
}
