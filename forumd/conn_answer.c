/*
 * Answers and streams: what a handler says to a connection, now or later.
 * The status line, Date, Connection and Content-Length are written here and
 * nowhere else, so that framing cannot be wrong in one handler only.
 *
 * A number names a waiter: the connection's slot in its low 20 bits, and a
 * serial above, so that an old number finds nothing when the slot is used
 * again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/conn_int.h"

struct conn_bytes {
	atomic_uint	 refs;
	size_t		 len;
	char		 data[];
};

/* Sees to an output queue: the loop's, if it has it; false where a head has
 * no room. */
bool
conn_out(struct conn *c, size_t head)
{
	if (c->out == NULL) {
		c->out = c->loop->out;
		c->loop->out = NULL;
	}
	if (c->out == NULL)
		c->out = out_new();
	return c->out != NULL && out_room(c->out, head);
}

static const char *
conn_connection(const struct conn *c)
{
	return c->keep ? "" : "Connection: close\r\n";
}

static void
conn_release(void (*release)(void *), void *arg)
{
	if (release != NULL)
		release(arg);
}

/* The body of an answer, or its release where none is sent. */
static void
conn_put_body(struct conn *c, const void *p, size_t len, int pages,
    void (*release)(void *), void *arg)
{
	char *copy;

	if (c->head || len == 0) {
		conn_release(release, arg);
		return;
	}
	if (release == NULL && len > OUT_JOIN) {
		copy = malloc(len);
		if (copy == NULL) {	/* the length is promised: break off */
			conn_kill(c);
			return;
		}
		memcpy(copy, p, len);
		out_take(c->out, copy, len, -1, free, copy);
		return;
	}
	out_take(c->out, p, len, pages, release, arg);
}

static void
conn_answered(struct conn *c)
{
	if (c->state == CONN_DEAD)
		return;
	c->state = CONN_READ;
	c->phase = CONN_IDLE;
	c->close = !c->keep;
	c->gone = NULL;
	c->number = 0;
	conn_deadline(c, c->loop->cfg.idle_s);
}

void
conn_problem(struct conn *c, enum err_code code, const char *why)
{
	struct http_reply rp = { .status = err_status(code) };
	static const char head[] =
	    "Content-Type: application/problem+json\r\n"
	    "Cache-Control: no-store\r\n";
	static const char retry[] =
	    "Content-Type: application/problem+json\r\n"
	    "Cache-Control: no-store\r\nRetry-After: 2\r\n";
	char body[512];
	int n;

	/* Both texts are our own constants, without anything to escape. */
	n = snprintf(body, sizeof(body), "{\"type\":\"about:blank\","
	    "\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\","
	    "\"code\":\"%s\"}", err_title(code), rp.status, why,
	    err_word(code));
	rp.head = rp.status == 503 ? retry : head;
	rp.head_len = strlen(rp.head);
	rp.body = body;
	rp.body_len = (size_t)n;
	conn_reply(c, &rp);
}

void
conn_reply(struct conn *c, const struct http_reply *rp)
{
	char line[320];
	bool bare;
	int n;

	if (rp->head_len > CONN_HEAD_MAX || !conn_out(c, rp->head_len)) {
		conn_release(rp->release, rp->arg);
		c->keep = false;
		if (rp->head_len > CONN_HEAD_MAX)
			conn_problem(c, ERR_INTERNAL,
			    "The answer's header is too long.");
		else
			conn_kill(c);
		return;
	}
	bare = rp->status == 204 || rp->status == 304;
	n = snprintf(line, sizeof(line), "HTTP/1.1 %03d %s\r\n%s%s",
	    rp->status, http_status_text(rp->status), loop_date(c->loop),
	    conn_connection(c));
	if (!bare)
		n += snprintf(line + n, sizeof(line) - (size_t)n,
		    "Content-Length: %zu\r\n", rp->body_len);
	out_copy(c->out, line, (size_t)n);
	if (rp->head_len > 0)
		out_copy(c->out, rp->head, rp->head_len);
	out_copy(c->out, "\r\n", 2);
	conn_put_body(c, rp->body, bare ? 0 : rp->body_len, -1, rp->release,
	    rp->arg);
	conn_answered(c);
}

void
conn_reply_ready(struct conn *c, const struct http_ready *rp)
{
	const char *date, *connection;

	if (rp->head_len > CONN_HEAD_MAX || !conn_out(c, rp->head_len)) {
		conn_release(rp->release, rp->arg);
		conn_kill(c);
		return;
	}
	date = loop_date(c->loop);
	connection = conn_connection(c);
	out_copy(c->out, rp->head, rp->head_len);
	out_copy(c->out, date, strlen(date));
	if (*connection != '\0')
		out_copy(c->out, connection, strlen(connection));
	out_copy(c->out, "\r\n", 2);
	conn_put_body(c, rp->body, rp->body_len, rp->pages, rp->release, rp->arg);
	conn_answered(c);
}

static void
conn_number(struct conn *c, conn_gone *gone, void *arg)
{
	c->number = ++c->loop->serial << 20 | c->slot;
	c->gone = gone;
	c->gone_arg = arg;
}

static struct conn *
conn_find(struct loop *loop, uint64_t number, enum conn_state state)
{
	struct conn *c;
	uint32_t slot;

	slot = (uint32_t)(number & 0xfffff);
	c = number == 0 || slot >= loop->nslots ? NULL : loop->slots[slot];
	return c != NULL && c->number == number && c->state == state ? c :
	    NULL;
}

uint64_t
conn_wait(struct conn *c, conn_gone *gone, void *arg)
{
	conn_number(c, gone, arg);
	c->state = CONN_WAIT;
	conn_deadline(c, 0);
	return c->number;
}

void
conn_answer(struct loop *loop, uint64_t number, const struct http_reply *rp)
{
	struct conn *c;

	c = conn_find(loop, number, CONN_WAIT);
	if (c == NULL) {
		conn_release(rp->release, rp->arg);
		return;
	}
	c->keep = c->keep && loop->drain_end == 0;
	conn_reply(c, rp);
	if (!c->busy)
		conn_turn(c);
}

struct conn_bytes *
conn_bytes_new(const void *p, size_t len)
{
	struct conn_bytes *b;

	b = malloc(sizeof(*b) + len);
	if (b == NULL)
		return NULL;
	atomic_init(&b->refs, 1);
	b->len = len;
	memcpy(b->data, p, len);
	return b;
}

struct conn_bytes *
conn_bytes_ref(struct conn_bytes *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

static void
conn_bytes_release(void *arg)
{
	struct conn_bytes *b = arg;

	if (atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1)
		free(b);
}

void
conn_bytes_free(struct conn_bytes **b)
{
	if (*b != NULL)
		conn_bytes_release(*b);
	*b = NULL;
}

uint64_t
conn_stream(struct conn *c, const char *head, size_t head_len,
    conn_gone *gone, void *arg)
{
	char line[160];
	int n;

	conn_number(c, gone, arg);
	c->state = CONN_STREAM;
	c->keep = false;
	conn_count(&c->loop->streams, 1);
	conn_deadline(c, 0);
	if (head_len > CONN_HEAD_MAX || !conn_out(c, head_len)) {
		conn_kill(c);
		return 0;
	}
	n = snprintf(line, sizeof(line), "HTTP/1.1 200 OK\r\n%s"
	    "Connection: close\r\n", loop_date(c->loop));
	out_copy(c->out, line, (size_t)n);
	out_copy(c->out, head, head_len);
	out_copy(c->out, "\r\n", 2);
	c->close = c->head || c->loop->drain_end != 0;
	return c->number;
}

int
conn_stream_send(struct loop *loop, uint64_t number, struct conn_bytes *b)
{
	struct conn *c;

	c = conn_find(loop, number, CONN_STREAM);
	if (c == NULL || c->close)
		return -1;
	if (!conn_out(c, 0) || c->out->bytes + b->len > loop->cfg.backlog) {
		conn_kill(c);
		return -1;
	}
	out_take(c->out, b->data, b->len, -1, conn_bytes_release,
	    conn_bytes_ref(b));
	if (!c->busy && !c->blocked)
		conn_turn(c);
	return c->state == CONN_STREAM ? 0 : -1;
}

size_t
conn_stream_waiting(struct loop *loop, uint64_t number)
{
	struct conn *c = conn_find(loop, number, CONN_STREAM);

	return c == NULL || c->out == NULL ? 0 : c->out->bytes;
}

void
conn_stream_close(struct loop *loop, uint64_t number)
{
	struct conn *c;

	c = conn_find(loop, number, CONN_STREAM);
	if (c == NULL)
		return;
	c->gone = NULL;
	c->close = true;
	if (!c->busy && !c->blocked)
		conn_turn(c);
}
