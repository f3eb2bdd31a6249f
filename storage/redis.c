/*
 * One link to one Redis node: bytes out, replies in. The only file that
 * includes hiredis. See redis_int.h; redis_call.c is what uses links.
 *
 * A link is one socket to one node. All its waiting is one poll() on the
 * socket and on an eventfd that redis_interrupt() rings, against a deadline
 * of the whole call. After anything went wrong on a link it is closed: a
 * reply that comes late must never be taken for the next one's.
 */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "storage/base/clock.h"
#include "storage/base/crypto.h"
#include "storage/redis_int.h"

#define REDIS_BYTES_MAX	(64 << 20)	/* of replies not yet taken */
#define REDIS_ITEMS_MAX	(1 << 20)	/* of one reply, all depths */
struct redis_link {
	int		 fd;
	struct redis	*redis;		/* whose it is */
	redisReader	*reader;	/* owned */
	size_t		 bytes, items;	/* since the last whole reply */
	char		 address[REDIS_ADDRESS_MAX];
};

static int
redis_oom(struct err *err)
{
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "Out of memory");
}

/* --- replies, made by the reader's callbacks */

static struct redis_reply *
redis_made(const redisReadTask *task, enum redis_type type)
{
	struct redis_link	*l = task->privdata;
	struct redis_reply	*r, *up;

	if (++l->items > REDIS_ITEMS_MAX ||
	    (r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->type = type;
	if (task->parent != NULL) {
		up = task->parent->obj;
		up->element[task->idx] = r;
	}
	return r;
}

static void *
redis_made_string(const redisReadTask *task, char *str, size_t len)
{
	struct redis_reply	*r;
	char			*copy;

	if ((copy = malloc(len + 1)) == NULL)
		return NULL;
	memcpy(copy, str, len);
	copy[len] = '\0';
	r = redis_made(task, task->type == REDIS_REPLY_ERROR ? REDIS_ERROR :
	    task->type == REDIS_REPLY_STATUS ? REDIS_STATUS : REDIS_STRING);
	if (r == NULL) {
		free(copy);
		return NULL;
	}
	r->str = copy;
	r->len = len;
	return r;
}

static void *
redis_made_array(const redisReadTask *task, int n)
{
	struct redis_link	*l = task->privdata;
	struct redis_reply	*r, **element;

	if (n < 0 || (size_t)n > REDIS_ITEMS_MAX - l->items ||
	    (element = calloc((size_t)n + 1, sizeof(*element))) == NULL)
		return NULL;
	if ((r = redis_made(task, REDIS_ARRAY)) == NULL) {
		free(element);
		return NULL;
	}
	r->element = element;
	r->n = n;
	return r;
}

static void *
redis_made_integer(const redisReadTask *task, long long v)
{
	struct redis_reply	*r = redis_made(task, REDIS_INTEGER);

	if (r != NULL)
		r->integer = v;
	return r;
}

static void *
redis_made_nil(const redisReadTask *task)
{
	return redis_made(task, REDIS_NIL);
}

static void
redis_made_free(void *p)
{
	struct redis_reply	*r = p;

	redis_reply_free(&r);
}

static redisReplyObjectFunctions redis_made_functions = {
	redis_made_string, redis_made_array, redis_made_integer,
	redis_made_nil, redis_made_free
};

/* --- a link */

/* 0 when the socket is ready; -1 when interrupted, or past the deadline even
 * if it is: a peer that never stops talking is no better than a mute one. */
static int
redis_link_wait(struct redis_link *l, short events, int64_t deadline,
    struct err *err)
{
	struct pollfd	p[2];
	int64_t		left;
	int		n;

	for (;;) {
		p[0].fd = l->fd;
		p[0].events = events;
		p[1].fd = l->redis->wake;
		p[1].events = POLLIN;
		left = deadline - clock_mono_ms();
		n = poll(p, 2, left < 0 ? 0 : left > 60000 ? 60000 : left);
		if (n < 0 && errno == EINTR)
			continue;
		if (redis_interrupted(l->redis))
			return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "The server is stopping");
		if (n > 0 && p[0].revents != 0 && left >= 0)
			return 0;
		if (n < 0 || left <= 0)
			return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "Redis did not answer in time");
	}
}

void
redis_link_close(struct redis_link **lp)
{
	struct redis_link	*l = *lp;

	if (l == NULL)
		return;
	if (l->fd != -1)
		close(l->fd);
	if (l->reader != NULL)
		redisReaderFree(l->reader);
	free(l);
	*lp = NULL;
}

const char *
redis_link_address(const struct redis_link *l)
{
	return l->address;
}

int
redis_link_write(struct redis_link *l, const struct buf *b, int64_t deadline,
    bool *begun, struct err *err)
{
	size_t	done = 0;
	ssize_t	n;

	*begun = false;
	while (done < b->len) {
		n = send(l->fd, b->data + done, b->len - done,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			done += n;
			*begun = true;
		} else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (redis_link_wait(l, POLLOUT, deadline, err) != 0)
				return -1;
		} else
			return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "The connection to Redis was lost");
	}
	return 0;
}

int
redis_link_read(struct redis_link *l, struct redis_reply **reply,
    int64_t deadline, struct err *err)
{
	char	chunk[32768];
	void	*got = NULL;
	ssize_t	n;

	*reply = NULL;
	for (;;) {
		if (redisReaderGetReply(l->reader, &got) != REDIS_OK)
			return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "Redis answered what is no reply, or too much");
		if (got != NULL) {
			*reply = got;
			l->bytes = l->items = 0;
			return 0;
		}
		if (redis_link_wait(l, POLLIN, deadline, err) != 0)
			return -1;
		n = recv(l->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "The connection to Redis was lost");
		l->bytes += n;
		if (l->bytes > REDIS_BYTES_MAX)
			return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "Redis answered too much");
		if (redisReaderFeed(l->reader, chunk, n) != REDIS_OK)
			return redis_oom(err);
	}
}

int
redis_link_ask(struct redis_link *l, struct redis_reply **reply,
    int64_t deadline, struct err *err, const char *types, ...)
{
	struct buf	b = BUF_INIT;
	va_list		ap;
	bool		begun;
	int		rc;

	*reply = NULL;
	buf_addc(&b, '*');
	buf_addu(&b, strlen(types));
	buf_adds(&b, "\r\n");
	va_start(ap, types);
	redis_put_arguments(&b, types, ap);
	va_end(ap);
	if (buf_failed(&b))
		rc = redis_oom(err);
	else if ((rc = redis_link_write(l, &b, deadline, &begun, err)) == 0)
		rc = redis_link_read(l, reply, deadline, err);
	if (b.data != NULL)
		crypto_wipe(b.data, b.len);	/* it may be AUTH */
	buf_free(&b);
	if (rc == 0 && redis_is(*reply, REDIS_ERROR)) {
		redis_reply_error(*reply, err);
		redis_reply_free(reply);
		return -1;
	}
	return rc;
}

/* Splits "host:port" or "[v6]:port"; -1: it is neither. */
static int
redis_link_split(const char *address, char host[REDIS_ADDRESS_MAX],
    const char **port)
{
	const char	*colon = strrchr(address, ':');
	size_t		 len;

	if (colon == NULL || colon == address || colon[1] == '\0' ||
	    strlen(address) >= REDIS_ADDRESS_MAX)
		return -1;
	len = colon - address;
	if (address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	memcpy(host, address, len);
	host[len] = '\0';
	*port = colon + 1;
	return 0;
}

/* Connects l->fd. Resolving a host name can block: name nodes by number, or
 * in a file that the resolver reads. */
static int
redis_link_connect(struct redis_link *l, int64_t deadline, struct err *err)
{
	struct addrinfo	 hints, *list = NULL, *a;
	char		 host[REDIS_ADDRESS_MAX];
	const char	*port;
	socklen_t	 len = sizeof(int);
	int		 one = 1, failed = -1;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICSERV;
	if (redis_link_split(l->address, host, &port) != 0 ||
	    getaddrinfo(host, port, &hints, &list) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "A Redis node's address is not known");
	for (a = list; a != NULL && failed != 0; a = a->ai_next) {
		if (l->fd != -1)
			close(l->fd);
		l->fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK |
		    SOCK_CLOEXEC, 0);
		if (l->fd == -1 || (connect(l->fd, a->ai_addr,
		    a->ai_addrlen) != 0 && errno != EINPROGRESS))
			continue;
		if (redis_link_wait(l, POLLOUT, deadline, err) != 0)
			break;
		if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &failed,
		    &len) != 0)
			failed = -1;
	}
	freeaddrinfo(list);
	if (failed != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Redis cannot be reached");
	setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(l->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	return 0;
}

int
redis_link_open(struct redis_link **out, struct redis *r, const char *address,
    int64_t deadline, struct err *err)
{
	struct redis_link	*l;
	struct redis_reply	*reply;
	int64_t			 until = clock_mono_ms() + r->connect_ms;
	int			 rc = 0;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return redis_oom(err);
	l->fd = -1;
	l->redis = r;
	snprintf(l->address, sizeof(l->address), "%s", address);
	if (until > deadline)
		until = deadline;
	l->reader = redisReaderCreateWithFunctions(&redis_made_functions);
	if (l->reader == NULL)
		rc = redis_oom(err);
	else {
		l->reader->privdata = l;
		rc = redis_link_connect(l, until, err);
	}
	if (rc == 0 && r->password != NULL) {
		rc = r->user != NULL ?
		    redis_link_ask(l, &reply, until, err, "sss", "AUTH",
		    r->user, r->password) :
		    redis_link_ask(l, &reply, until, err, "ss", "AUTH",
		    r->password);
		redis_reply_free(&reply);
	}
	if (rc != 0)
		redis_link_close(&l);
	*out = l;
	return rc;
}

/* Whether an idle link is still good: nothing is owed, so anything to read
 * is its end, or what must not be there. */
bool
redis_link_idle(const struct redis_link *l)
{
	struct pollfd	p = { l->fd, POLLIN, 0 };

	return poll(&p, 1, 0) == 0;
}
