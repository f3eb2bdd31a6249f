/*
 * One sendmsg (writev that raises no SIGPIPE) for everything queued. A short
 * write means a full socket, so there is no second try: the caller arms its
 * write event. Pages go by way of a pipe instead (write the head, tee the
 * pages, splice both to the socket): from some 16 KB on, three calls cost
 * less than the copy. Under TLS the pieces are encrypted a few at a time, so
 * that a slow peer costs one window of ciphertext and not a copy of the page.
 */
#include <sys/socket.h>
#include <sys/uio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forumd/out.h"

#define OUT_WINDOW	65536	/* ciphertext held at once */
#define OUT_RECORD	16384
#define OUT_PIPE	(512 << 10)

struct out *
out_new(void)
{
	struct out *o;

	o = malloc(sizeof(*o));
	if (o == NULL)
		return NULL;
	o->bytes = o->n = o->used = 0;
	o->pipe[0] = o->pipe[1] = -1;
	return o;
}

static void
out_pipe_close(int fd[2])
{
	if (fd[0] == -1)
		return;
	close(fd[0]);
	close(fd[1]);
	fd[0] = fd[1] = -1;
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
	out_pipe_close((*o)->pipe);
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
		o->piece[o->n++] = (struct out_piece){ to, len, -1, NULL,
		    NULL };
}

void
out_take(struct out *o, const void *p, size_t len, int pages,
    out_release *release, void *arg)
{
	if (len <= OUT_JOIN && OUT_ARENA - o->used >= len) {
		out_copy(o, p, len);
		if (release != NULL)
			release(arg);
		return;
	}
	o->piece[o->n++] = (struct out_piece){ p, len, pages, release,
	    arg };
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

static int
out_pipe_open(int fd[2], size_t len)
{
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) == -1) {
		fd[0] = fd[1] = -1;
		return -1;
	}
	if (fcntl(fd[1], F_SETPIPE_SZ, (int)len) != -1)
		return 0;
	out_pipe_close(fd);
	return -1;
}

int
out_pages(const void *p, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)p, len };
	int fd[2];

	if (len > OUT_PIPE - OUT_ARENA || out_pipe_open(fd, len) == -1)
		return -1;
	if (vmsplice(fd[1], &iov, 1, SPLICE_F_NONBLOCK) != (ssize_t)len) {
		out_pipe_close(fd);
		return -1;
	}
	close(fd[1]);
	return fd[0];
}

/* Puts a head and the pages behind it into the pipe. Where that fails, they
 * are copied like everything else. */
static bool
out_pipe_fill(struct out *o)
{
	struct out_piece *q = o->piece;

	if (o->n < 2 || q[1].pages == -1)
		return false;
	if ((o->pipe[0] != -1 || out_pipe_open(o->pipe, OUT_PIPE) == 0) &&
	    write(o->pipe[1], q[0].p, q[0].len) == (ssize_t)q[0].len &&
	    tee(q[1].pages, o->pipe[1], q[1].len, SPLICE_F_NONBLOCK) ==
	    (ssize_t)q[1].len)
		return true;
	out_pipe_close(o->pipe);
	q[1].pages = -1;
	return false;
}

/* What the socket does not take at once is copied later. */
static ssize_t
out_send_pipe(struct out *o, int fd, size_t *len)
{
	ssize_t n;

	*len = o->piece[0].len + o->piece[1].len;
	n = splice(o->pipe[0], NULL, fd, NULL, *len, SPLICE_F_NONBLOCK);
	if (n != (ssize_t)*len)
		o->piece[1].pages = -1;
	return n;
}

/* Sends the pieces before the next that bring their pages. */
static ssize_t
out_send(const struct out *o, int fd, size_t *len)
{
	struct iovec iov[OUT_PIECES];
	struct msghdr msg = { .msg_iov = iov };
	size_t i;

	*len = 0;
	for (i = 0; i < o->n; i++) {
		if (i + 1 < o->n && o->piece[i + 1].pages != -1)
			break;
		iov[i].iov_base = (void *)(uintptr_t)o->piece[i].p;
		iov[i].iov_len = o->piece[i].len;
		*len += o->piece[i].len;
	}
	msg.msg_iovlen = i;
	return sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static enum out_result
out_flush_plain(struct out *o, int fd)
{
	enum out_result rc;
	size_t len;
	ssize_t n;

	while (o->n > 0) {
		n = out_pipe_fill(o) ? out_send_pipe(o, fd, &len) :
		    out_send(o, fd, &len);
		if (n == (ssize_t)len) {
			out_drop(o, len);
			continue;
		}
		rc = n == -1 ? out_errno() : OUT_BLOCKED;
		if (n > 0)
			out_drop(o, (size_t)n);
		out_pipe_close(o->pipe);	/* none for slow peers */
		return rc;
	}
	return OUT_SENT;
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
