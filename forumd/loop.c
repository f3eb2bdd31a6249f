/*
 * The loop's own business: accepting, time, and calls from other threads.
 *
 * Deadlines stand on a wheel of one-second slots instead of a timeout event
 * each: moving a deadline later costs one store, and a connection is filed
 * anew only when its old slot comes up or the new deadline is earlier.
 *
 * A descriptor is held in reserve so that running out of them can still be
 * answered: without it an accept that fails would be reported again at once
 * and for ever.
 */
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "forumd/conn_int.h"
#include "storage/base/clock.h"
#include "storage/base/log.h"

#define LOOP_ACCEPTS	64	/* in one turn */

struct loop_timer {
	struct event	 ev;
	struct loop	*loop;
	loop_fn		*fn;
	void		*arg;
};

int64_t
loop_turn_begin(struct loop *loop)
{
	int64_t us;

	us = clock_mono_us();
	loop->now = (uint32_t)(us / 1000000) + 1;
	return us;
}

/* Frees what died in this turn, and notices that draining is done. */
void
loop_turn_end(struct loop *loop, int64_t began)
{
	struct conn *c;
	uint64_t took;

	while ((c = LIST_FIRST(&loop->dead)) != NULL)
		conn_free(c);
	if (loop->drain_end != 0 &&
	    atomic_load_explicit(&loop->conns, memory_order_relaxed) == 0)
		event_base_loopbreak(loop->base);
	took = (uint64_t)(clock_mono_us() - began);
	if (took > atomic_load_explicit(&loop->longest_us,
	    memory_order_relaxed))
		atomic_store_explicit(&loop->longest_us, took,
		    memory_order_relaxed);
}

const char *
loop_date(struct loop *loop)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm;
	time_t t;

	t = (time_t)(clock_ms() / 1000);
	if (t == loop->date_s || gmtime_r(&t, &tm) == NULL)
		return loop->date;
	loop->date_s = t;
	snprintf(loop->date, sizeof(loop->date),
	    "Date: %.3s, %02u %.3s %04u %02u:%02u:%02u GMT\r\n",
	    days + tm.tm_wday * 3, (unsigned int)tm.tm_mday % 100,
	    months + tm.tm_mon * 3, (unsigned int)(tm.tm_year + 1900) % 10000,
	    (unsigned int)tm.tm_hour % 100, (unsigned int)tm.tm_min % 100,
	    (unsigned int)tm.tm_sec % 100);
	return loop->date;
}

void
loop_again(struct loop *loop, struct conn *c)
{
	static const struct timeval now = { 0, 0 };

	if (c->listed)
		return;
	c->listed = true;
	if (LIST_EMPTY(&loop->again))
		event_add(&loop->again_ev, &now);
	LIST_INSERT_HEAD(&loop->again, c, todo);
}

static void
loop_on_again(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	struct conn_list now;
	struct conn *c;
	int64_t began;

	(void)fd;
	(void)what;
	began = loop_turn_begin(loop);
	now.lh_first = loop->again.lh_first;
	LIST_INIT(&loop->again);
	if (!LIST_EMPTY(&now))
		LIST_FIRST(&now)->todo.le_prev = &now.lh_first;
	while ((c = LIST_FIRST(&now)) != NULL) {
		LIST_REMOVE(c, todo);
		c->listed = false;
		conn_again(c);
	}
	loop_turn_end(loop, began);
}

static void
loop_on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	struct conn *c, *next;
	struct listener *l;
	int64_t began;

	(void)fd;
	(void)what;
	began = loop_turn_begin(loop);
	for (; loop->wheel_at <= loop->now; loop->wheel_at++) {
		c = LIST_FIRST(&loop->wheel[loop->wheel_at % LOOP_WHEEL]);
		for (; c != NULL; c = next) {
			next = LIST_NEXT(c, wheel);
			if (c->deadline != 0 && c->deadline <= loop->now)
				conn_expired(c);
			else
				conn_wheel(c);
		}
	}
	if (loop->drain_end == 0) {	/* an accept may have paused */
		LIST_FOREACH(l, &loop->listeners, link)
			event_add(&l->ev, NULL);
	} else if (loop->drain_end <= loop->now)
		event_base_loopbreak(loop->base);
	loop_turn_end(loop, began);
}

static void
loop_on_posted(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	struct loop_call call;
	uint64_t count;
	size_t left;
	int64_t began;

	(void)what;
	began = loop_turn_begin(loop);
	if (read(fd, &count, sizeof(count)) == -1 && errno != EAGAIN)
		log_error("eventfd read: %s", strerror(errno));
	pthread_mutex_lock(&loop->lock);
	left = loop->ncalls;
	while (left-- > 0) {
		call = loop->calls[loop->calls_at];
		loop->calls_at = (loop->calls_at + 1) % loop->calls_cap;
		loop->ncalls--;
		pthread_mutex_unlock(&loop->lock);
		call.fn(loop, call.arg);
		pthread_mutex_lock(&loop->lock);
	}
	count = loop->ncalls > 0;	/* posted meanwhile: next turn */
	pthread_mutex_unlock(&loop->lock);
	if (count > 0 && write(fd, &count, sizeof(count)) == -1)
		log_error("eventfd write: %s", strerror(errno));
	loop_turn_end(loop, began);
}

int
loop_post(struct loop *loop, loop_fn *fn, void *arg)
{
	static const uint64_t one = 1;
	size_t at;
	bool first;

	pthread_mutex_lock(&loop->lock);
	if (loop->over || loop->ncalls == loop->calls_cap) {
		pthread_mutex_unlock(&loop->lock);
		return -1;
	}
	at = (loop->calls_at + loop->ncalls) % loop->calls_cap;
	loop->calls[at] = (struct loop_call){ fn, arg };
	first = loop->ncalls++ == 0;
	pthread_mutex_unlock(&loop->lock);
	/* An eventfd refuses only a count near 2^64. */
	if (first && write(loop->wake, &one, sizeof(one)) == -1)
		log_error("eventfd write: %s", strerror(errno));
	return 0;
}

/* Out of descriptors: accepts with the spare one and closes at once. */
static bool
loop_shed(struct loop *loop, int listening)
{
	int fd;

	if (loop->spare == -1)
		return false;
	close(loop->spare);
	fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (fd != -1)
		close(fd);
	loop->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	atomic_fetch_add_explicit(&loop->refused, 1, memory_order_relaxed);
	return fd != -1;
}

static void
loop_on_accept(evutil_socket_t listening, short what, void *arg)
{
	struct listener *l = arg;
	struct sockaddr_storage sa;
	struct loop *loop;
	socklen_t len;
	int64_t began;
	int fd, i;

	(void)what;
	loop = l->loop;
	began = loop_turn_begin(loop);
	for (i = 0; i < LOOP_ACCEPTS; i++) {
		len = sizeof(sa);
		fd = accept4(listening, (struct sockaddr *)&sa, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1) {
			conn_accept(l, fd, (struct sockaddr *)&sa, len,
			    atomic_load_explicit(&loop->conns,
			    memory_order_relaxed) >= loop->cfg.max_conns);
			continue;
		}
		if (errno == ECONNABORTED || errno == EINTR)
			continue;
		if ((errno == EMFILE || errno == ENFILE) &&
		    loop_shed(loop, listening))
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			event_del(&l->ev);	/* until the next tick */
		break;
	}
	loop_turn_end(loop, began);
}

static int
loop_alloc(struct loop *loop)
{
	uint32_t i;

	if (loop->cfg.max_conns > LOOP_CONNS_MAX)
		loop->cfg.max_conns = LOOP_CONNS_MAX;
	loop->nslots = loop->cfg.max_conns + LOOP_SPARE;
	loop->calls_cap = 2 * (size_t)loop->nslots + 1024;
	loop->slots = calloc(loop->nslots, sizeof(*loop->slots));
	loop->unused = calloc(loop->nslots, sizeof(*loop->unused));
	loop->calls = calloc(loop->calls_cap, sizeof(*loop->calls));
	loop->in = conn_in_new(CONN_IN);
	loop->out = out_new();
	if (loop->slots == NULL || loop->unused == NULL ||
	    loop->calls == NULL || loop->in == NULL || loop->out == NULL)
		return -1;
	while (loop->nunused < loop->nslots) {
		i = loop->nslots - 1 - loop->nunused;
		loop->unused[loop->nunused++] = i;
	}
	return 0;
}

/* Without locks, and without the timers' need for a finer clock. */
static int
loop_base(struct loop *loop)
{
	static const struct timeval second = { 1, 0 };
	struct event_config *ec;

	ec = event_config_new();
	if (ec == NULL)
		return -1;
	event_config_set_flag(ec, EVENT_BASE_FLAG_NOLOCK);
	loop->base = event_base_new_with_config(ec);
	event_config_free(ec);
	loop->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (loop->base == NULL || loop->wake == -1)
		return -1;
	event_assign(&loop->again_ev, loop->base, -1, 0, loop_on_again, loop);
	event_assign(&loop->tick, loop->base, -1, EV_PERSIST, loop_on_tick,
	    loop);
	event_assign(&loop->posted, loop->base, loop->wake,
	    EV_READ | EV_PERSIST, loop_on_posted, loop);
	return event_add(&loop->tick, &second) == -1 ||
	    event_add(&loop->posted, NULL) == -1 ? -1 : 0;
}

struct loop *
loop_new(const struct loop_config *cfg, struct err *err)
{
	struct loop *loop;
	size_t i;

	loop = calloc(1, sizeof(*loop));
	if (loop == NULL) {
		err_set(err, ERR_INTERNAL, NULL, "out of memory");
		return NULL;
	}
	loop->cfg = *cfg;
	loop->wake = -1;
	loop->date_s = -1;
	LIST_INIT(&loop->listeners);
	LIST_INIT(&loop->again);
	LIST_INIT(&loop->dead);
	for (i = 0; i < LOOP_WHEEL; i++)
		LIST_INIT(&loop->wheel[i]);
	pthread_mutex_init(&loop->lock, NULL);
	loop->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	loop_turn_begin(loop);
	loop->wheel_at = loop->now;
	if (loop_alloc(loop) == -1 || loop_base(loop) == -1) {
		err_set(err, ERR_INTERNAL, NULL, "cannot make an event loop");
		loop_free(&loop);
	}
	return loop;
}

static void
listener_free(struct listener *l)
{
	if (event_initialized(&l->ev)) {
		event_del(&l->ev);
		close(event_get_fd(&l->ev));
		LIST_REMOVE(l, link);
		if (l->path != NULL)
			unlink(l->path);
	}
	free(l->path);
	free(l);
}

void
loop_free(struct loop **lp)
{
	struct loop *loop = *lp;
	struct listener *l;
	struct conn *c;
	uint32_t i;

	if (loop == NULL)
		return;
	while ((l = LIST_FIRST(&loop->listeners)) != NULL)
		listener_free(l);
	for (i = 0; loop->slots != NULL && i < loop->nslots; i++)
		if (loop->slots[i] != NULL)
			conn_kill(loop->slots[i]);
	while ((c = LIST_FIRST(&loop->dead)) != NULL)
		conn_free(c);
	if (loop->base != NULL) {
		if (event_initialized(&loop->tick)) {
			event_del(&loop->tick);
			event_del(&loop->again_ev);
			event_del(&loop->posted);
		}
		event_base_free(loop->base);
	}
	if (loop->wake != -1)
		close(loop->wake);
	if (loop->spare != -1)
		close(loop->spare);
	pthread_mutex_destroy(&loop->lock);
	free(loop->slots);
	free(loop->unused);
	free(loop->calls);
	free(loop->in);
	out_free(&loop->out);
	free(loop);
	*lp = NULL;
}

/* A socket that no server answers on is what a killed one left behind. */
static int
loop_bind_unix(const char *path, struct err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(un.sun_path))
		return err_set(err, ERR_INVALID_FIELD, "listen",
		    "%s: the path is too long", path);
	memcpy(un.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		goto fail;
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == -1 &&
	    errno == ECONNREFUSED)
		unlink(path);
	close(fd);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1 || fchmod(fd, 0660) == -1 ||
	    bind(fd, (struct sockaddr *)&un, sizeof(un)) == -1 ||
	    listen(fd, 1024) == -1)
		goto fail;
	return fd;
fail:
	err_set(err, ERR_INVALID_FIELD, "listen", "%s: %s", path,
	    strerror(errno));
	if (fd != -1)
		close(fd);
	return -1;
}

static int
loop_resolve(const char *address, struct addrinfo **ai, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	char host[LOOP_ADDRESS_MAX];
	const char *colon;
	size_t n;
	int rc;

	colon = strrchr(address, ':');
	n = colon == NULL ? 0 : (size_t)(colon - address);
	if (colon == NULL || n >= sizeof(host))
		return err_set(err, ERR_INVALID_FIELD, "listen",
		    "%.80s: not ADDR:PORT", address);
	if (n >= 2 && address[0] == '[' && address[n - 1] == ']') {
		address++;
		n -= 2;
	}
	memcpy(host, address, n);
	host[n] = '\0';
	rc = getaddrinfo(n == 0 ? NULL : host, colon + 1, &hints, ai);
	if (rc != 0)
		return err_set(err, ERR_INVALID_FIELD, "listen", "%.80s: %s",
		    address, gai_strerror(rc));
	return 0;
}

static int
loop_bind_inet(const char *address, struct err *err)
{
	static const int one = 1;
	struct addrinfo *ai;
	int fd;

	if (loop_resolve(address, &ai, err) == -1)
		return -1;
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) == -1 ||
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == -1 ||
	    listen(fd, 1024) == -1) {
		err_set(err, ERR_INVALID_FIELD, "listen", "%.80s: %s", address,
		    strerror(errno));
		if (fd != -1)
			close(fd);
		fd = -1;
	} else	/* inherited by accepted sockets; only a matter of speed */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof(one));
	freeaddrinfo(ai);
	return fd;
}

static void
loop_actual(int fd, const char *address, char actual[LOOP_ADDRESS_MAX])
{
	struct sockaddr_storage sa;
	socklen_t len;
	char host[NI_MAXHOST], port[NI_MAXSERV];

	len = sizeof(sa);
	if (strncmp(address, "unix:", 5) == 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) == -1 ||
	    getnameinfo((struct sockaddr *)&sa, len, host, sizeof(host), port,
	    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(actual, LOOP_ADDRESS_MAX, "%s", address);
	else
		snprintf(actual, LOOP_ADDRESS_MAX,
		    sa.ss_family == AF_INET6 ? "[%.80s]:%.8s" : "%.80s:%.8s",
		    host, port);
}

int
loop_listen(struct loop *loop, const char *address, struct tls *tls, int kind,
    char actual[LOOP_ADDRESS_MAX], struct err *err)
{
	struct listener *l;
	const char *path;
	int fd;

	path = strncmp(address, "unix:", 5) == 0 ? address + 5 : NULL;
	l = calloc(1, sizeof(*l));
	if (l == NULL || (path != NULL && (l->path = strdup(path)) == NULL)) {
		free(l);
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	}
	l->loop = loop;
	l->tls = tls;
	l->kind = kind;
	fd = path != NULL ? loop_bind_unix(path, err) :
	    loop_bind_inet(address, err);
	if (fd == -1) {
		listener_free(l);
		return -1;
	}
	event_assign(&l->ev, loop->base, fd, EV_READ | EV_PERSIST,
	    loop_on_accept, l);
	LIST_INSERT_HEAD(&loop->listeners, l, link);
	if (event_add(&l->ev, NULL) == -1) {
		listener_free(l);
		return err_set(err, ERR_INTERNAL, NULL, "cannot listen");
	}
	if (actual != NULL)
		loop_actual(fd, address, actual);
	return 0;
}

void
loop_run(struct loop *loop)
{
	event_base_dispatch(loop->base);
	pthread_mutex_lock(&loop->lock);
	loop->over = true;
	pthread_mutex_unlock(&loop->lock);
}

/* Listeners are closed but stay in memory: connections point at them. */
void
loop_drain(struct loop *loop)
{
	struct listener *l;
	uint32_t i;

	if (loop->drain_end != 0)
		return;
	loop->drain_end = loop->now + loop->cfg.drain_s;
	LIST_FOREACH(l, &loop->listeners, link) {
		event_del(&l->ev);
		shutdown(event_get_fd(&l->ev), SHUT_RDWR);
	}
	for (i = 0; i < loop->nslots; i++)
		if (loop->slots[i] != NULL)
			conn_drain(loop->slots[i]);
}

static void
loop_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;
	struct loop *loop = t->loop;
	int64_t began;

	(void)fd;
	(void)what;
	began = loop_turn_begin(loop);
	t->fn(loop, t->arg);	/* may free t */
	loop_turn_end(loop, began);
}

struct loop_timer *
loop_timer_new(struct loop *loop, loop_fn *fn, void *arg)
{
	struct loop_timer *t;

	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->loop = loop;
	t->fn = fn;
	t->arg = arg;
	event_assign(&t->ev, loop->base, -1, 0, loop_on_timer, t);
	return t;
}

void
loop_timer_set(struct loop_timer *t, uint32_t ms)
{
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };

	event_add(&t->ev, &tv);
}

void
loop_timer_free(struct loop_timer **t)
{
	if (*t == NULL)
		return;
	event_del(&(*t)->ev);
	free(*t);
	*t = NULL;
}

void
loop_figures(struct loop *loop, struct loop_figures *f)
{
	f->accepted = atomic_load(&loop->accepted);
	f->refused = atomic_load(&loop->refused);
	f->requests = atomic_load(&loop->requests);
	f->conns = atomic_load(&loop->conns);
	f->streams = atomic_load(&loop->streams);
	f->longest_us = atomic_exchange(&loop->longest_us, 0);
}
