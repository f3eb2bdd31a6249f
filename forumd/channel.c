/*
 * The nodes' channel. See channel.h for the contract.
 *
 * A frame's number is its nonce, so that a frame taken out, put in twice or
 * moved no longer opens. The two directions have a key each, so that nobody
 * can send our own frames back to us.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forumd/channel.h"
#include "storage/base/clock.h"

#define CHANNEL_MAGIC	"forumd 1"
#define CHANNEL_RANDOM	32

struct channel {
	int		 fd;
	int		 ms;		/* for one send or the rest of a frame */
	struct hash	 out_key, in_key;
	uint64_t	 out_n, in_n;
	struct buf	 out;		/* the sender's */
};

static int
channel_failed(struct err *err, const char *what)
{
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "The channel to "
	    "another node: %s: %s", what, errno == 0 ? "it has ended" :
	    strerror(errno));
}

/* "host:port" or "[v6]:port" into addresses; the caller frees them. */
static int
channel_resolve(const char *address, int flags, struct addrinfo **out,
    struct err *err)
{
	struct addrinfo	hints;
	char		host[CHANNEL_ADDRESS];
	const char	*colon = strrchr(address, ':');
	size_t		n = colon == NULL ? 0 : (size_t)(colon - address);

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = flags | AI_NUMERICSERV;
	if (colon == NULL || n >= sizeof(host))
		return err_set(err, ERR_INVALID_FIELD, "node_listen",
		    "%.100s is not host:port", address);
	if (n >= 2 && address[0] == '[' && address[n - 1] == ']') {
		address++;
		n -= 2;
	}
	memcpy(host, address, n);
	host[n] = '\0';
	if (getaddrinfo(n == 0 ? NULL : host, colon + 1, &hints, out) != 0)
		return err_set(err, ERR_INVALID_FIELD, "node_listen",
		    "%.100s cannot be found", address);
	return 0;
}

/* "ADDR:PORT" of a bound socket. */
static void
channel_name(int fd, char out[CHANNEL_ADDRESS])
{
	struct sockaddr_storage	sa;
	socklen_t		len = sizeof(sa);
	char			host[100], port[16];

	out[0] = '\0';
	if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&sa, len, host, sizeof(host),
	    port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	snprintf(out, CHANNEL_ADDRESS, strchr(host, ':') != NULL ?
	    "[%s]:%s" : "%s:%s", host, port);
}

int
channel_listen(const char *address, char actual[CHANNEL_ADDRESS],
    struct err *err)
{
	struct addrinfo	*ai;
	int		 fd, on = 1;

	if (channel_resolve(address, AI_PASSIVE, &ai, err) != 0)
		return -1;
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 ||
	    listen(fd, 64) != 0) {
		channel_failed(err, address);
		if (fd >= 0)
			close(fd);
		fd = -1;
	} else {
		channel_name(fd, actual);
	}
	freeaddrinfo(ai);
	return fd;
}

/* Waits until fd is ready: 1 ready, 0 not by then, -1 failed. */
static int
channel_wait(int fd, short what, int64_t until)
{
	struct pollfd	p = { .fd = fd, .events = what };
	int64_t		left;
	int		n;

	do {
		left = until - clock_mono_ms();
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	return n;
}

static int
channel_write(struct channel *c, const void *p, size_t len, struct err *err)
{
	int64_t	until = clock_mono_ms() + c->ms;
	size_t	at = 0;
	ssize_t	n;

	while (at < len) {
		n = send(c->fd, (const char *)p + at, len - at,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			at += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return channel_failed(err, "send");
		if (channel_wait(c->fd, POLLOUT, until) <= 0) {
			errno = ETIMEDOUT;
			return channel_failed(err, "send");
		}
	}
	return 0;
}

static int
channel_read(struct channel *c, void *p, size_t len, struct err *err)
{
	int64_t	until = clock_mono_ms() + c->ms;
	size_t	at = 0;
	ssize_t	n;

	while (at < len) {
		n = recv(c->fd, (char *)p + at, len - at, MSG_DONTWAIT);
		if (n > 0) {
			at += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = 0;
		if (n == 0 || errno != EAGAIN)
			return channel_failed(err, "receive");
		if (channel_wait(c->fd, POLLIN, until) <= 0) {
			errno = ETIMEDOUT;
			return channel_failed(err, "receive");
		}
	}
	return 0;
}

static struct channel *
channel_new(int fd, int ms)
{
	struct channel	*c = calloc(1, sizeof(*c));
	int		 on = 1;

	if (c == NULL) {
		close(fd);
		return NULL;
	}
	c->fd = fd;
	c->ms = ms;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return c;
}

static void
channel_key(struct hash *out, const struct hash *secret, const char *end,
    const unsigned char *client, const unsigned char *server)
{
	struct crypto_part	parts[3] = {
		{ end, strlen(end) }, { client, CHANNEL_RANDOM },
		{ server, CHANNEL_RANDOM },
	};

	crypto_hmac(out, secret->b, HASH_LEN, parts, 3);
}

/* Each end shows the other that it has the keys. */
static int
channel_prove(struct channel *c, const char *ours, const char *theirs,
    struct err *err)
{
	struct buf	in = BUF_INIT;
	int		rc;

	if (channel_send(c, ours, strlen(ours), err) != 0)
		return -1;
	rc = channel_recv(c, &in, c->ms, err);
	if (rc == 0 && strcmp(buf_str(&in), theirs) == 0) {
		buf_free(&in);
		return 0;
	}
	buf_free(&in);
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "The other node "
	    "does not have this forum's secret");
}

static int
channel_dial(const char *address, int ms, struct err *err)
{
	struct addrinfo	*ai;
	socklen_t	 len = sizeof(int);
	int		 fd, e = 0;

	if (channel_resolve(address, 0, &ai, err) != 0)
		return -1;
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (fd >= 0 && connect(fd, ai->ai_addr, ai->ai_addrlen) != 0)
		e = errno;
	if (fd >= 0 && e == EINPROGRESS) {
		if (channel_wait(fd, POLLOUT, clock_mono_ms() + ms) <= 0)
			e = ETIMEDOUT;
		else
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len);
	}
	freeaddrinfo(ai);
	if (fd >= 0 && e == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	errno = e;
	return channel_failed(err, address);
}

int
channel_connect(struct channel **out, const char *address,
    const struct hash *secret, int ms, struct err *err)
{
	struct channel	*c;
	unsigned char	 hello[sizeof(CHANNEL_MAGIC) - 1 + CHANNEL_RANDOM];
	unsigned char	*ours = hello + sizeof(CHANNEL_MAGIC) - 1;
	unsigned char	 theirs[CHANNEL_RANDOM];
	int		 fd;

	*out = NULL;
	if ((fd = channel_dial(address, ms, err)) < 0)
		return -1;
	memcpy(hello, CHANNEL_MAGIC, sizeof(CHANNEL_MAGIC) - 1);
	if ((c = channel_new(fd, ms)) == NULL ||
	    crypto_random(ours, CHANNEL_RANDOM) != 0) {
		channel_close(&c);
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	}
	if (channel_write(c, hello, sizeof(hello), err) != 0 ||
	    channel_read(c, theirs, sizeof(theirs), err) != 0) {
		channel_close(&c);
		return -1;
	}
	channel_key(&c->out_key, secret, "client", ours, theirs);
	channel_key(&c->in_key, secret, "server", ours, theirs);
	if (channel_prove(c, "client", "server", err) != 0) {
		channel_close(&c);
		return -1;
	}
	*out = c;
	return 0;
}

int
channel_accept(struct channel **out, int fd, const struct hash *secret,
    int ms, struct err *err)
{
	struct channel	*c;
	unsigned char	 hello[sizeof(CHANNEL_MAGIC) - 1 + CHANNEL_RANDOM];
	unsigned char	*theirs = hello + sizeof(CHANNEL_MAGIC) - 1;
	unsigned char	 ours[CHANNEL_RANDOM];

	*out = NULL;
	if ((c = channel_new(fd, ms)) == NULL ||
	    crypto_random(ours, sizeof(ours)) != 0) {
		channel_close(&c);
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	}
	if (channel_read(c, hello, sizeof(hello), err) != 0 ||
	    memcmp(hello, CHANNEL_MAGIC, sizeof(CHANNEL_MAGIC) - 1) != 0 ||
	    channel_write(c, ours, sizeof(ours), err) != 0) {
		channel_close(&c);
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "What knocked is not a node");
	}
	channel_key(&c->in_key, secret, "client", theirs, ours);
	channel_key(&c->out_key, secret, "server", theirs, ours);
	if (channel_prove(c, "server", "client", err) != 0) {
		channel_close(&c);
		return -1;
	}
	*out = c;
	return 0;
}

int
channel_send(struct channel *c, const void *p, size_t len, struct err *err)
{
	unsigned char	*frame;
	size_t		 n = len + SEAL_LEN;

	if (len > CHANNEL_FRAME)
		return err_set(err, ERR_INTERNAL, NULL,
		    "A frame of %zu bytes is too long", len);
	buf_clear(&c->out);
	if (buf_reserve(&c->out, n + 4) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	frame = (unsigned char *)c->out.data;
	frame[0] = (unsigned char)(n >> 24);
	frame[1] = (unsigned char)(n >> 16);
	frame[2] = (unsigned char)(n >> 8);
	frame[3] = (unsigned char)n;
	if (crypto_seal(frame + 4, &c->out_key, c->out_n++, p, len) != 0)
		return err_set(err, ERR_INTERNAL, NULL,
		    "A frame cannot be sealed");
	return channel_write(c, frame, n + 4, err);
}

int
channel_recv(struct channel *c, struct buf *out, int ms, struct err *err)
{
	unsigned char	 head[4];
	size_t		 n;
	int		 ready;

	buf_clear(out);
	if ((ready = channel_wait(c->fd, POLLIN, clock_mono_ms() + ms)) == 0)
		return 1;
	if (ready < 0)
		return channel_failed(err, "wait");
	if (channel_read(c, head, sizeof(head), err) != 0)
		return -1;
	n = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
	    (size_t)head[2] << 8 | head[3];
	if (n < SEAL_LEN || n > CHANNEL_FRAME + SEAL_LEN ||
	    buf_reserve(out, n + 1) != 0)
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "A frame of %zu bytes is not one of ours", n);
	if (channel_read(c, out->data, n, err) != 0)
		return -1;
	if (crypto_open((unsigned char *)out->data, &c->in_key, c->in_n++,
	    out->data, n) != 0)
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "A frame was changed on its way");
	out->len = n - SEAL_LEN;
	out->data[out->len] = '\0';
	return 0;
}

void
channel_shutdown(struct channel *c)
{
	shutdown(c->fd, SHUT_RDWR);
}

void
channel_close(struct channel **cp)
{
	struct channel	*c = *cp;

	if (c == NULL)
		return;
	close(c->fd);
	crypto_wipe(&c->out_key, sizeof(c->out_key));
	crypto_wipe(&c->in_key, sizeof(c->in_key));
	buf_free(&c->out);
	free(c);
	*cp = NULL;
}
