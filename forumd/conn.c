/*
 * A connection's life: bytes in, requests to the handler, answers out.
 *
 * The order of one turn is conn_turn(): receive once, then read requests and
 * call the handler for each until the input ends, an answer must be waited
 * for, or enough output is queued; then one flush; then conn_settle() gives
 * lent memory back or keeps it, arms the event and sets the deadline. While
 * output is blocked nothing is read, so a peer that does not take answers
 * cannot make us hold more of them.
 *
 * Nothing is freed inside a callback that may still use it: conn_kill()
 * closes, the end of the turn frees.
 *
 * A refused request ends the connection: the answer is sent, then what still
 * comes is thrown away for a moment, because closing a socket with unread
 * bytes would reset it and take the answer along.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forumd/conn_int.h"

#define CONN_TURN_BYTES	262144	/* output queued in one turn */
#define CONN_RATE	4096	/* slowest peer, bytes a second */
#define CONN_LINGER_S	5
#define CONN_LINGER_MAX	(8U << 20)

static void	conn_event(evutil_socket_t fd, short what, void *arg);

struct conn_in *
conn_in_new(size_t cap)
{
	struct conn_in *in;

	in = malloc(sizeof(*in) + cap);
	if (in == NULL)
		return NULL;
	in->start = in->len = 0;
	in->cap = cap;
	return in;
}

/* --- life ------------------------------------------------------------- */

void
conn_wheel(struct conn *c)
{
	uint32_t due;

	if (c->state == CONN_DEAD)
		return;
	due = c->loop->now + LOOP_WHEEL - 1;
	if (c->deadline != 0 && c->deadline < due)
		due = c->deadline;
	if (c->due != 0)
		LIST_REMOVE(c, wheel);
	c->due = due;
	LIST_INSERT_HEAD(&c->loop->wheel[due % LOOP_WHEEL], c, wheel);
}

/* From now on; 0 seconds means none. */
void
conn_deadline(struct conn *c, uint32_t seconds)
{
	c->deadline = seconds == 0 ? 0 : c->loop->now + seconds;
	/* A slot that has passed is looked at after a whole turn only. */
	if (c->deadline != 0 && (c->deadline < c->due ||
	    c->due <= c->loop->now))
		conn_wheel(c);
}

static void
conn_arm(struct conn *c, short what)
{
	event_del(&c->ev);
	event_assign(&c->ev, c->loop->base, event_get_fd(&c->ev),
	    (short)(what | EV_PERSIST), conn_event, c);
	if (event_add(&c->ev, NULL) == -1)
		conn_kill(c);
}

/* Tells the waiter or listener, once. */
void
conn_tell_gone(struct conn *c)
{
	conn_gone *gone;

	gone = c->gone;
	c->gone = NULL;
	if (gone != NULL)
		gone(c->gone_arg, c->number);
	c->number = 0;
}

void
conn_count(atomic_uint_fast64_t *figure, int by)
{
	atomic_fetch_add_explicit(figure, (uint64_t)by, memory_order_relaxed);
}

void
conn_kill(struct conn *c)
{
	struct loop *loop = c->loop;

	if (c->state == CONN_DEAD)
		return;
	if (c->state == CONN_STREAM)
		conn_count(&loop->streams, -1);
	c->state = CONN_DEAD;
	event_del(&c->ev);
	close(event_get_fd(&c->ev));
	LIST_REMOVE(c, wheel);
	if (c->listed)
		LIST_REMOVE(c, todo);
	c->listed = true;
	LIST_INSERT_HEAD(&loop->dead, c, todo);
	loop->slots[c->slot] = NULL;
	loop->unused[loop->nunused++] = c->slot;
	if (!c->refused)
		conn_count(&loop->conns, -1);
	conn_tell_gone(c);
}

/* The loop gets back what it lent, or memory that serves as well. */
static void
conn_give_in(struct conn *c)
{
	if (c->loop->in == NULL && c->in != NULL && c->in->cap == CONN_IN)
		c->loop->in = c->in;
	else
		free(c->in);
	c->in = NULL;
}

static void
conn_give_out(struct conn *c)
{
	if (c->loop->out == NULL && c->out != NULL) {
		out_drop_all(c->out);
		c->loop->out = c->out;
		c->out = NULL;
	} else
		out_free(&c->out);
}

void
conn_free(struct conn *c)
{
	LIST_REMOVE(c, todo);
	conn_give_in(c);
	conn_give_out(c);
	tls_session_free(&c->tls);
	free(c);
}

/* No more to say: waits for the peer to close, unless it has. */
static void
conn_linger(struct conn *c)
{
	if (c->state == CONN_STREAM)
		conn_count(&c->loop->streams, -1);
	c->state = CONN_LINGER;
	conn_tell_gone(c);
	conn_give_in(c);
	if (c->tls != NULL) {
		tls_session_end(c->tls);
		(void)out_flush(NULL, event_get_fd(&c->ev), c->tls);
	}
	if (c->eof || shutdown(event_get_fd(&c->ev), SHUT_WR) == -1) {
		conn_kill(c);
		return;
	}
	conn_deadline(c, CONN_LINGER_S);
	conn_arm(c, EV_READ);
}

/* --- the turn --------------------------------------------------------- */

static void
conn_refuse(struct conn *c, enum err_code code, const char *why)
{
	c->keep = false;
	c->head = false;
	conn_problem(c, code, why);
}

static void
conn_call(struct conn *c, struct conn_in *in)
{
	struct loop *loop = c->loop;

	http_reader_request(&in->reader, in->data + in->start, &in->rq);
	in->start += in->reader.pos;
	http_reader_init(&in->reader, &loop->cfg.limits);
	c->continued = false;
	c->keep = in->rq.keep_alive && loop->drain_end == 0;
	c->head = in->rq.method == HTTP_HEAD;
	c->state = CONN_CALL;
	conn_count(&loop->requests, 1);
	loop->cfg.handler(loop->cfg.arg, c, &in->rq);
	if (c->state == CONN_CALL)
		conn_refuse(c, ERR_INTERNAL, "The request was not answered.");
}

/* An incomplete request: which deadline holds, and does it wait for 100? */
static void
conn_more(struct conn *c, struct conn_in *in)
{
	const struct loop_config *cfg = &c->loop->cfg;
	size_t wants;

	wants = http_reader_wants(&in->reader);
	if (wants > 0 && c->phase != CONN_BODY) {
		c->phase = CONN_BODY;
		conn_deadline(c, cfg->body_s + (uint32_t)(wants / CONN_RATE));
	} else if (wants == 0 && c->phase == CONN_IDLE) {
		c->phase = CONN_HEADER;
		conn_deadline(c, cfg->header_s);
	}
	if (!c->continued && http_reader_expects(&in->reader) &&
	    in->len - in->start == in->reader.pos && conn_out(c, 0)) {
		c->continued = true;
		out_copy(c->out, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	}
}

/* Reads requests and has them answered, as long as there is room. */
static void
conn_requests(struct conn *c)
{
	struct conn_in *in = c->in;

	while (c->state == CONN_READ && !c->close && in->len > in->start) {
		if (!conn_out(c, CONN_HEAD_MAX) ||
		    c->out->bytes > CONN_TURN_BYTES) {
			loop_again(c->loop, c);
			return;
		}
		switch (http_reader_run(&in->reader, in->data + in->start,
		    in->len - in->start)) {
		case HTTP_MORE:
			conn_more(c, in);
			return;
		case HTTP_REFUSED:
			conn_refuse(c, in->reader.code, in->reader.why);
			return;
		case HTTP_DONE:
			conn_call(c, in);
		}
	}
}

static void
conn_flush(struct conn *c)
{
	size_t bytes;

	bytes = c->out == NULL ? 0 : c->out->bytes;
	switch (out_flush(c->out, event_get_fd(&c->ev), c->tls)) {
	case OUT_SENT:
		conn_give_out(c);
		if (c->blocked) {
			c->blocked = c->paused = false;
			conn_deadline(c, c->state == CONN_READ ?
			    c->loop->cfg.idle_s : 0);
			if (c->eof)
				event_del(&c->ev);
			else
				conn_arm(c, EV_READ);
			loop_again(c->loop, c);
		}
		break;
	case OUT_BLOCKED:
		if (c->blocked)
			break;
		c->blocked = true;
		conn_deadline(c, c->loop->cfg.write_s +
		    (uint32_t)(bytes / CONN_RATE));
		conn_arm(c, EV_WRITE);
		break;
	case OUT_BROKEN:
		conn_kill(c);
	}
}

/*
 * What is not read yet is kept in memory of its own size, and the loop's
 * goes back to it. A waiting request's bytes must not move: it keeps all.
 */
static void
conn_keep_in(struct conn *c)
{
	struct conn_in *in = c->in, *own;
	size_t rest, want;

	if (c->state == CONN_WAIT)
		return;
	rest = in->len - in->start;
	if (rest == 0 || c->state != CONN_READ) {
		conn_give_in(c);
		return;
	}
	want = http_reader_wants(&in->reader);
	if (want < rest + 1024)
		want = rest + 1024;
	if (in->cap < want || in->cap / 2 > want) {
		own = conn_in_new(want + want / 4);
		if (own == NULL) {
			conn_kill(c);
			return;
		}
		own->reader = in->reader;
		memcpy(own->data, in->data + in->start, rest);
		conn_give_in(c);
		c->in = own;
	} else
		memmove(in->data, in->data + in->start, rest);
	c->in->start = 0;
	c->in->len = rest;
}

/* After the callbacks: what is lent goes back, what is over is closed. */
static void
conn_settle(struct conn *c)
{
	if (c->in != NULL && c->state != CONN_DEAD)
		conn_keep_in(c);
	if (c->state != CONN_DEAD && c->state != CONN_LINGER &&
	    c->out == NULL && !c->blocked && (c->close ||
	    (c->eof && c->state == CONN_READ && !c->listed)))
		conn_linger(c);
	if (c->state == CONN_DEAD) {
		conn_give_in(c);
		conn_give_out(c);
	}
}

void
conn_turn(struct conn *c)
{
	c->busy = true;
	if (c->in != NULL && !c->blocked)
		conn_requests(c);
	if (c->state != CONN_DEAD)
		conn_flush(c);
	if (c->paused && !c->blocked && c->state == CONN_READ) {
		c->paused = false;
		conn_arm(c, EV_READ);
	}
	c->busy = false;
	conn_settle(c);
}

/* --- receiving -------------------------------------------------------- */

/* recv through TLS: > 0 plain bytes, 0 none yet, -1 the end, -2 broken. */
static ssize_t
conn_recv_tls(struct conn *c, char *p, size_t cap)
{
	char cipher[16384 + 512];
	ssize_t n, got;
	bool dry;

	n = recv(event_get_fd(&c->ev), cipher, sizeof(cipher), 0);
	if (n == 0)
		return -1;
	dry = n == -1 && (errno == EAGAIN || errno == EINTR);
	if ((n == -1 && !dry) ||
	    (n > 0 && tls_session_feed(c->tls, cipher, (size_t)n) == -1))
		return -2;
	for (got = 0; (size_t)got < cap; got += n) {
		n = tls_session_read(c->tls, p + got, cap - (size_t)got);
		if (n <= 0)
			return got > 0 ? got : n;
	}
	loop_again(c->loop, c);	/* more may be decrypted already */
	return got;
}

static ssize_t
conn_recv(struct conn *c, char *p, size_t cap)
{
	ssize_t n;

	if (c->tls != NULL)
		return conn_recv_tls(c, p, cap);
	n = recv(event_get_fd(&c->ev), p, cap, 0);
	if (n > 0)
		return n;
	if (n == 0)
		return -1;
	return errno == EAGAIN || errno == EINTR ? 0 : -2;
}

/* A stream or a closing connection: nothing that comes matters. */
static void
conn_discard(struct conn *c)
{
	char drop[16384];
	ssize_t n;

	n = recv(event_get_fd(&c->ev), drop, sizeof(drop), 0);
	if (n > 0) {
		c->lingered += (uint32_t)n;
		if (c->lingered <= CONN_LINGER_MAX)
			return;
	} else if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	conn_kill(c);
}

/* Room for more input, or false where reading must pause. */
static bool
conn_room(struct conn *c)
{
	if (c->in == NULL) {
		c->in = c->loop->in;
		c->loop->in = NULL;
		if (c->in == NULL && (c->in = conn_in_new(CONN_IN)) == NULL) {
			conn_kill(c);
			return false;
		}
		c->in->start = c->in->len = 0;
		http_reader_init(&c->in->reader, &c->loop->cfg.limits);
	}
	if (c->in->len < c->in->cap)
		return true;
	event_del(&c->ev);
	c->paused = true;
	return false;
}

static void
conn_readable(struct conn *c)
{
	ssize_t n;

	if (c->state == CONN_STREAM || c->state == CONN_LINGER) {
		conn_discard(c);
		return;
	}
	if (c->eof || !conn_room(c))
		return;
	n = conn_recv(c, c->in->data + c->in->len, c->in->cap - c->in->len);
	if (n > 0)
		c->in->len += (size_t)n;
	else if (n == -1) {
		c->eof = true;
		event_del(&c->ev);	/* a waiting answer still goes out */
	} else if (n == -2)
		conn_kill(c);
	conn_turn(c);
}

static void
conn_event(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct loop *loop = c->loop;
	int64_t began;

	(void)fd;
	began = loop_turn_begin(loop);
	if (what & EV_WRITE)
		conn_turn(c);
	else
		conn_readable(c);
	loop_turn_end(loop, began);
}

/* Goes on where a turn stopped: bytes already here, decrypted or not. */
void
conn_again(struct conn *c)
{
	bool full;

	if (c->blocked || c->state == CONN_LINGER || c->state == CONN_DEAD)
		return;
	full = c->in != NULL && c->in->len == c->in->cap;
	if (c->tls != NULL && c->state == CONN_READ && !c->eof && !full)
		conn_readable(c);
	else
		conn_turn(c);
	if (c->tls != NULL && full)
		loop_again(c->loop, c);
}

void
conn_expired(struct conn *c)
{
	c->deadline = 0;
	if (c->state == CONN_READ && !c->blocked && c->in != NULL &&
	    c->in->len > c->in->start && conn_out(c, 0)) {
		conn_refuse(c, ERR_REQUEST_TIMEOUT,
		    "The request did not arrive whole in time.");
		conn_turn(c);
	} else
		conn_kill(c);
}

void
conn_drain(struct conn *c)
{
	if (c->state == CONN_STREAM) {
		conn_tell_gone(c);
		c->close = true;
		if (!c->busy && !c->blocked)
			conn_turn(c);
	} else if (c->state == CONN_READ && c->in == NULL && !c->blocked &&
	    !c->busy)
		conn_kill(c);	/* idle: nothing of ours is under way */
}

void
conn_accept(struct listener *from, int fd, const struct sockaddr *sa,
    socklen_t len, bool over)
{
	struct loop *loop = from->loop;
	struct conn *c;

	c = loop->nunused == 0 ? NULL : calloc(1, sizeof(*c));
	if (c != NULL && from->tls != NULL && !over &&
	    (c->tls = tls_session_new(from->tls)) == NULL) {
		free(c);
		c = NULL;
	}
	if (c == NULL) {
		conn_count(&loop->refused, 1);
		close(fd);
		return;
	}
	c->loop = loop;
	c->from = from;
	c->slot = loop->unused[--loop->nunused];
	loop->slots[c->slot] = c;
	if (len > 0 && len <= sizeof(c->peer))
		memcpy(&c->peer, sa, len);
	else
		c->peer.any.sa_family = AF_UNIX;
	c->phase = CONN_HEADER;
	c->refused = over;
	event_assign(&c->ev, loop->base, fd, EV_READ | EV_PERSIST, conn_event,
	    c);
	conn_wheel(c);
	conn_deadline(c, loop->cfg.header_s);
	conn_count(over ? &loop->refused : &loop->accepted, 1);
	if (!over)
		conn_count(&loop->conns, 1);
	if (event_add(&c->ev, NULL) == -1) {
		conn_kill(c);
		return;
	}
	if (over && from->tls == NULL)
		conn_refuse(c, ERR_OVERLOADED,
		    "There are too many connections.");
	if (over) {
		c->close = true;
		conn_turn(c);
	}
}

const struct sockaddr *
conn_peer(const struct conn *c)
{
	return &c->peer.any;
}

bool
conn_is_tls(const struct conn *c)
{
	return c->tls != NULL;
}

int
conn_kind(const struct conn *c)
{
	return c->from->kind;
}

struct loop *
conn_loop(const struct conn *c)
{
	return c->loop;
}
