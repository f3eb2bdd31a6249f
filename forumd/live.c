/*
 * Live listeners. See live.h.
 *
 * A channel is a thread that somebody listens to. When its version moves it
 * makes the new events once, as a lot; a pass over its listeners sends it to
 * each that stands where the lot begins, and makes one for a straggler or
 * one who came back (an older lot may hold what has gone since, so none is
 * kept). Passes are sliced: so many sends a turn, the rest by a timer,
 * so that ten thousand listeners do not stop the loop. A listener that reads
 * slowly is not sent more until it has read: nothing piles up for it.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/api.h"
#include "forumd/handlers.h"
#include "forumd/live.h"
#include "storage/base/clock.h"

#define LISTENERS_MAX	20000	/* of one loop */
#define SLICE		512	/* sends of one turn */
#define ROWS		500	/* comments of one lot; a batch fits */
#define LOT		65536	/* bytes of one, and its last sequence */
#define PAUSE_MS	50	/* between two looks at a busy thread */
#define BEATS		20	/* seconds between two heartbeats */

struct listener {
	struct live_channel	*channel;
	size_t			 slot;		/* in channel->list */
	uint64_t		 number;
	int64_t			 seen;		/* version it has got to */
	unsigned		 beat;
	bool			 back;		/* came with a last id */
};

struct live_lot {
	int64_t			 from, to;
	struct conn_bytes	*bytes;		/* owned; NULL: none */
};

struct live_channel {
	struct live_channel	*next;
	struct live		*live;
	int64_t			 thread;
	uint64_t		 mark;		/* of the shared array */
	int64_t			 seen;		/* version looked up to */
	int64_t			 at;		/* ms of the last look */
	bool			 due;		/* a look is put off */
	struct listener		**list;
	size_t			 n, cap, scan;
	struct live_lot		 lot;
};

struct live {
	struct shard		*shard;
	struct live_channel	*channels;
	struct loop_timer	*pass, *beat;
	size_t			 listeners;
	unsigned		 tick;
};

/* ---- events ---- */

/* Of events that share a sequence only the last has its id, so that whoever
 * is cut off in between gets all of them again. */
static void
live_event(struct buf *b, const char *kind, int64_t id)
{
	buf_addf(b, "event: %s\n", kind);
	if (id != 0)
		buf_addf(b, "id: %lld\n", (long long)id);
	buf_adds(b, "data: ");
}

/* Which event tells best what became of a comment after since; NULL: none,
 * nobody has seen it. */
static const char *
live_kind(struct db *db, const struct view_comment *c, int64_t since)
{
	struct stmt	*s;
	const char	*kind = "edited";
	bool		 visible = strcmp(c->c.state, "visible") == 0;
	bool		 fresh;

	fresh = db_int(db, 0, "SELECT seq FROM leaf WHERE idx = ?", "i",
	    c->c.log_index) > since;
	if (!visible)
		return fresh && strcmp(c->c.state, "held") == 0 ? NULL :
		    "removed";
	if (fresh)
		return "comment";
	s = db_query(db, "SELECT l.kind, (SELECT d.action FROM decision d "
	    "WHERE d.thread = l.thread AND d.comment = l.comment ORDER BY "
	    "d.num DESC LIMIT 1) FROM leaf l WHERE l.thread = ? AND l.comment "
	    "= ? AND l.seq > ? ORDER BY l.idx DESC LIMIT 1", "iii", c->thread,
	    c->num, since);
	if (stmt_step(s) == 1) {
		if (strcmp(stmt_text(s, 0), "comment.published") == 0)
			kind = "comment";
		else if (strcmp(stmt_text(s, 0), "comment.edited") != 0)
			kind = strcmp(stmt_text(s, 1), "approve") == 0 ?
			    "comment" : strcmp(stmt_text(s, 1), "restore") ==
			    0 ? "restored" : "edited";
	}
	stmt_done(s, NULL);
	return kind;
}

/* Does the comment at i end its sequence? */
static bool
live_ends(const struct view *v, size_t i)
{
	return i + 1 == v->n ||
	    v->list[i + 1].c.version != v->list[i].c.version;
}

/* The comments' events, up to LOT bytes and what shares the last sequence; 0
 * where all are told, else how far it got. A decision on very many comments
 * may fill more than a listener's backlog: then the rest come without their
 * text. */
static int64_t
live_comments(struct buf *out, struct db *db, const struct view *v,
    int64_t from)
{
	const char	*kind;
	size_t		 i, n = v->n;

	/* A full list may have been cut within a sequence. */
	while (v->n == ROWS && n > 1 && v->list[n - 1].c.version ==
	    v->list[v->n - 1].c.version)
		n--;
	for (i = 0; i < n; i++) {
		const struct view_comment *c = &v->list[i];

		if ((kind = live_kind(db, c, from)) != NULL) {
			live_event(out, kind, live_ends(v, i) ?
			    c->c.version : 0);
			buf_addc(out, '{');
			buf_kv_str(out, "id", c->c.id);
			buf_key(out, "comment");
			if (out->len < LOT)
				view_json(out, v, c);
			else
				buf_adds(out, "null");
			buf_adds(out, "}\n\n");
		}
		if (live_ends(v, i) && i + 1 < v->n && (i + 1 == n ||
		    out->len >= LOT))
			return c->c.version;
	}
	return 0;
}

/* One lot: what happened after from; *to is how far it got. 1 where there is
 * more, 0, or -1. */
static int
live_make(struct live_channel *ch, struct db *db, int64_t from, int64_t *to,
    struct buf *out)
{
	struct rules		*rules;
	struct view		 v;
	struct view_thread	 t;
	struct err		 err;
	int			 rc, more = 0;

	memset(&err, 0, sizeof(err));
	rules = house_get(ch->live->shard->server->house);
	view_init(&v, db, rules->policy, "en", 0, false);
	if ((rc = db_begin_read(db, &err)) == 0)
		rc = view_thread_num(&v, ch->thread, &t, &err);
	if (rc == 0)
		rc = view_changed(&v, ch->thread, from, ROWS, &err);
	if (rc == 0) {
		*to = live_comments(out, db, &v, from);
		more = *to != 0;
		if (!more)
			*to = t.t.version;
		live_event(out, "counts", *to);
		view_counts_json(out, &t);
		buf_adds(out, "\n\n");
	}
	db_rollback(db);
	view_free(&v);
	house_put(&rules);
	return rc != 0 || buf_failed(out) ? -1 : more;
}

/* ---- listeners ---- */

static void
live_drop(struct listener *l)
{
	struct live_channel	*ch = l->channel;

	ch->list[l->slot] = ch->list[--ch->n];
	ch->list[l->slot]->slot = l->slot;
	ch->live->listeners--;
	free(l);
}

static void
live_gone(void *arg, uint64_t number)
{
	(void)number;
	live_drop(arg);
}

/* Sends; false where the listener is no more. */
static bool
live_send(struct listener *l, struct conn_bytes *bytes)
{
	return conn_stream_send(l->channel->live->shard->loop, l->number,
	    bytes) == 0;
}

/* Has it yet to read what it was sent last? Then it gets no more, but stays
 * behind and is brought on from the tables later. */
static bool
live_busy(const struct listener *l)
{
	return conn_stream_waiting(l->channel->live->shard->loop,
	    l->number) > 0;
}

/* Brings one listener on by one lot; false where it is no more. */
static bool
live_forward(struct listener *l)
{
	struct live_channel	*ch = l->channel;
	struct conn_bytes	*bytes;
	struct buf		 b = BUF_INIT;
	int64_t			 to = ch->seen;
	bool			 alive = true;

	if (ch->lot.bytes != NULL && ch->lot.from == l->seen && !l->back) {
		l->seen = ch->lot.to;
		return live_send(l, ch->lot.bytes);
	}
	l->back = false;
	if (live_make(ch, ch->live->shard->db, l->seen, &to, &b) >= 0 &&
	    (bytes = conn_bytes_new(b.data, b.len)) != NULL) {
		l->seen = to > l->seen ? to : ch->seen;
		alive = live_send(l, bytes);
		conn_bytes_free(&bytes);
	} else {
		l->seen = ch->seen;
	}
	buf_free(&b);
	return alive;
}

/* ---- channels ---- */

static void
live_look(struct live_channel *ch)
{
	struct server		*s = ch->live->shard->server;
	struct live_lot		*lot = &ch->lot;
	struct buf		 b = BUF_INIT;
	int64_t			 to = ch->seen;
	int			 more;

	ch->mark = versions_thread(s->versions, ch->thread);
	more = live_make(ch, ch->live->shard->db, ch->seen, &to, &b);
	ch->due = more > 0;
	ch->at = clock_mono_ms();
	if (more >= 0 && to > ch->seen) {
		conn_bytes_free(&lot->bytes);
		lot->bytes = conn_bytes_new(b.data, b.len);
		lot->from = ch->seen;
		lot->to = to;
		ch->seen = to;
	}
	buf_free(&b);
}

/* Up to budget sends; true where listeners are left behind. */
static bool
live_pass_channel(struct live_channel *ch, int *budget)
{
	size_t	i, n = ch->n;

	for (i = 0; i < n && *budget > 0; i++) {
		if (ch->scan >= ch->n)
			ch->scan = 0;
		if (ch->n == 0)
			return false;
		if (ch->list[ch->scan]->seen >= ch->seen ||
		    live_busy(ch->list[ch->scan])) {
			ch->scan++;
			continue;
		}
		(*budget)--;
		if (live_forward(ch->list[ch->scan]))
			ch->scan++;
	}
	return *budget <= 0;
}

static bool
live_behind(const struct live_channel *ch)
{
	size_t	i;

	for (i = 0; i < ch->n; i++) {
		if (ch->list[i]->seen < ch->seen)
			return true;
	}
	return false;
}

static void
live_channel_free(struct live_channel *ch)
{
	conn_bytes_free(&ch->lot.bytes);
	free(ch->list);
	free(ch);
}

/* Looks where it is time to, sends a slice, and says when to come again. */
static void
live_run(struct loop *loop, void *arg)
{
	struct live		*live = arg;
	struct live_channel	*ch, **at = &live->channels;
	int64_t			 now = clock_mono_ms();
	int			 budget = SLICE;
	bool			 again = false, later = false;

	(void)loop;
	while ((ch = *at) != NULL) {
		if (ch->n == 0) {
			*at = ch->next;
			live_channel_free(ch);
			continue;
		}
		if (ch->due && now - ch->at >= PAUSE_MS)
			live_look(ch);
		later = later || ch->due;
		again = live_pass_channel(ch, &budget) || again;
		later = later || live_behind(ch);
		at = &ch->next;
	}
	if (again || later)
		loop_timer_set(live->pass, again ? 1 : PAUSE_MS);
}

void
live_poke(struct live *live)
{
	struct live_channel	*ch;
	bool			 any = false;

	for (ch = live->channels; ch != NULL; ch = ch->next) {
		if (versions_thread(live->shard->server->versions,
		    ch->thread) == ch->mark)
			continue;
		ch->due = true;
		any = true;
	}
	if (any)
		live_run(live->shard->loop, live);
}

/* A comment line to a twentieth of the listeners each second. */
static void
live_heartbeat(struct loop *loop, void *arg)
{
	struct live		*live = arg;
	struct live_channel	*ch;
	struct conn_bytes	*beat = conn_bytes_new(":\n\n", 3);
	size_t			 i;

	(void)loop;
	live->tick++;
	for (ch = live->channels; beat != NULL && ch != NULL; ch = ch->next) {
		for (i = ch->n; i-- > 0;) {
			if (i < ch->n && ch->list[i]->beat % BEATS ==
			    live->tick % BEATS)
				live_send(ch->list[i], beat);
		}
	}
	conn_bytes_free(&beat);
	loop_timer_set(live->beat, 1000);
}

static struct live_channel *
live_channel(struct live *live, const struct thread_row *t)
{
	struct live_channel	*ch;

	for (ch = live->channels; ch != NULL; ch = ch->next) {
		if (ch->thread == t->num)
			return ch;
	}
	if ((ch = calloc(1, sizeof(*ch))) == NULL)
		return NULL;
	ch->live = live;
	ch->thread = t->num;
	ch->seen = t->version;
	ch->next = live->channels;
	live->channels = ch;
	return ch;
}

static struct listener *
live_join(struct live *live, const struct thread_row *t, int64_t seen)
{
	struct live_channel	*ch = live_channel(live, t);
	struct listener		*l, **list;
	size_t			 cap;

	if (ch == NULL || (l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	if (ch->n == ch->cap) {
		cap = ch->cap == 0 ? 8 : ch->cap * 2;
		if ((list = realloc(ch->list, cap * sizeof(*list))) == NULL) {
			free(l);
			return NULL;
		}
		ch->list = list;
		ch->cap = cap;
	}
	l->channel = ch;
	l->seen = seen < 0 || seen > t->version ? t->version : seen;
	l->back = seen >= 0;
	l->beat = live->tick;
	l->slot = ch->n;
	ch->list[ch->n++] = l;
	live->listeners++;
	return l;
}

/* ---- the handler ---- */

/* Last-Event-ID: -1 without one. */
static int
live_last_id(struct request *rq, int64_t *out, struct err *err)
{
	const struct http_span	*f = http_field(rq->http, "last-event-id");
	char			 text[24];

	*out = -1;
	if (f == NULL || f->len == 0)
		return 0;
	if (f->len < sizeof(text)) {
		memcpy(text, f->p, f->len);
		text[f->len] = '\0';
		if (api_index(text, out))
			return 0;
	}
	return err_set(err, ERR_INVALID_FIELD, "Last-Event-ID",
	    "Last-Event-ID is an id of an event");
}

int
api_live(struct request *rq, struct err *err)
{
	static const char	 head[] =
	    "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
	    "Access-Control-Allow-Origin: *\r\nX-Accel-Buffering: no\r\n"
	    "Vary: Cookie, Authorization, X-Author-Key, Accept-Encoding\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Referrer-Policy: no-referrer\r\n";
	struct live		*live = rq->shard->live;
	struct thread_row	 t;
	struct listener		*l;
	struct conn_bytes	*hello;
	int64_t			 seen;

	if (lookup_thread(rq->db, rq->param[0], &t, err) != 0 ||
	    live_last_id(rq, &seen, err) != 0)
		return -1;
	if (rq->http->method == HTTP_HEAD) {
		rq->type = "text/event-stream";
		return 0;
	}
	if (live->listeners >= LISTENERS_MAX ||
	    (l = live_join(live, &t, seen)) == NULL)
		return err_set(err, ERR_OVERLOADED, NULL,
		    "Too many are listening");
	/* What came between this snapshot and now is looked for outside it. */
	l->channel->due = true;
	loop_timer_set(live->pass, 1);
	l->number = conn_stream(rq->conn, head, sizeof(head) - 1, live_gone,
	    l);
	if ((hello = conn_bytes_new("retry: 3000\n\n", 13)) != NULL) {
		live_send(l, hello);
		conn_bytes_free(&hello);
	}
	return REQUEST_STREAMING;
}

/* ---- life ---- */

struct live *
live_new(struct shard *shard)
{
	struct live	*live;

	if ((live = calloc(1, sizeof(*live))) == NULL)
		return NULL;
	live->shard = shard;
	live->pass = loop_timer_new(shard->loop, live_run, live);
	live->beat = loop_timer_new(shard->loop, live_heartbeat, live);
	if (live->pass == NULL || live->beat == NULL) {
		live_free(&live);
		return NULL;
	}
	loop_timer_set(live->beat, 1000);
	return live;
}

void
live_free(struct live **lp)
{
	struct live		*live = *lp;
	struct live_channel	*ch;
	size_t			 i;

	if (live == NULL)
		return;
	*lp = NULL;
	while ((ch = live->channels) != NULL) {
		live->channels = ch->next;
		for (i = 0; i < ch->n; i++)
			free(ch->list[i]);
		live_channel_free(ch);
	}
	if (live->pass != NULL)
		loop_timer_free(&live->pass);
	if (live->beat != NULL)
		loop_timer_free(&live->beat);
	free(live);
}
