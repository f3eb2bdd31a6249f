/*
 * Serving the other nodes. See peer.h for the contract.
 *
 * Each connection has a reader and a writer thread of its own: answers to
 * commands come on the forum's writer thread and must never hold it up, so
 * they are queued and sent by the connection's writer.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forumd/channel.h"
#include "forumd/peer.h"
#include "forumd/relay.h"
#include "forumd/witness.h"
#include "storage/base/log.h"

#define PEER_CONNS	64
#define PEER_MS		5000		/* one send or receive */
#define PEER_TURN_MS	250

struct peer_frame {
	char			*p;
	size_t			 len;
	struct peer_frame	*next;
};

struct peer {
	struct peers		*peers;
	struct channel		*channel;
	pthread_mutex_t		 lock;
	pthread_cond_t		 wake;
	struct peer_frame	*head, **tail;
	int			 running;	/* commands not yet answered */
	bool			 over;		/* nothing more to be sent */
};

struct peers {
	struct peers_conf	 conf;
	pthread_mutex_t		 lock;
	pthread_cond_t		 ended;
	int			 n;		/* connection threads */
	bool			 stopping;
	pthread_t		 thread;
};

/* A command and where its answer goes. */
struct peer_command {
	struct peer	*peer;
	uint64_t	 n;
};

/* ---- sending ---- */

/* Takes p over. Never waits. */
static void
peer_push(struct peer *pe, char *p, size_t len)
{
	struct peer_frame	*f = calloc(1, sizeof(*f));

	if (f == NULL || p == NULL) {
		free(f);
		free(p);
		channel_shutdown(pe->channel);
		return;
	}
	f->p = p;
	f->len = len;
	pthread_mutex_lock(&pe->lock);
	*pe->tail = f;
	pe->tail = &f->next;
	pthread_cond_broadcast(&pe->wake);
	pthread_mutex_unlock(&pe->lock);
}

/* Takes the object over. */
static void
peer_push_json(struct peer *pe, json_t *o)
{
	char	*text = o == NULL ? NULL : json_dumps(o, JSON_COMPACT);

	json_decref(o);
	peer_push(pe, text, text == NULL ? 0 : strlen(text));
}

static void *
peer_writer(void *arg)
{
	struct peer		*pe = arg;
	struct peer_frame	*f;
	struct err		 err;
	bool			 failed = false;

	pthread_mutex_lock(&pe->lock);
	for (;;) {
		while (pe->head == NULL && !(pe->over && pe->running == 0))
			pthread_cond_wait(&pe->wake, &pe->lock);
		if ((f = pe->head) == NULL)
			break;
		if ((pe->head = f->next) == NULL)
			pe->tail = &pe->head;
		pthread_mutex_unlock(&pe->lock);
		if (!failed && channel_send(pe->channel, f->p, f->len,
		    &err) != 0) {
			failed = true;
			channel_shutdown(pe->channel);
		}
		crypto_wipe(f->p, f->len);
		free(f->p);
		free(f);
		pthread_mutex_lock(&pe->lock);
	}
	pthread_mutex_unlock(&pe->lock);
	return NULL;
}

/* ---- what is asked ---- */

/* On the forum's writer thread. */
static void
peer_decided(struct command *cmd)
{
	struct peer_command	*pc = cmd->arg;
	struct peer		*pe = pc->peer;

	/* A replayed answer lies behind what is committed by now. */
	if (cmd->status != 0 && cmd->seq == 0)
		cmd->seq = atomic_load(&pe->peers->conf.versions->last);
	peer_push_json(pe, relay_form_answer(cmd, pc->n));
	command_free(&cmd);
	free(pc);
	pthread_mutex_lock(&pe->lock);
	pe->running--;
	pthread_cond_broadcast(&pe->wake);
	pthread_mutex_unlock(&pe->lock);
}

static void
peer_command(struct peer *pe, json_t *form, uint64_t n)
{
	struct peer_command	*pc = calloc(1, sizeof(*pc));
	struct command		*cmd;
	struct err		 err;

	memset(&err, 0, sizeof(err));
	if ((cmd = relay_read_command(form, &err)) == NULL || pc == NULL) {
		peer_push_json(pe, relay_form_refusal(&err, n, false));
		command_free(&cmd);
		free(pc);
		return;
	}
	pc->peer = pe;
	pc->n = n;
	cmd->done = peer_decided;
	cmd->arg = pc;
	pthread_mutex_lock(&pe->lock);
	pe->running++;
	pthread_mutex_unlock(&pe->lock);
	if (cluster_leading(pe->peers->conf.cluster) &&
	    writer_submit(pe->peers->conf.writer, cmd, &err) == 0)
		return;
	if (!cluster_leading(pe->peers->conf.cluster))
		cmd->moved = true;
	cmd->err = err;
	if (err.code == ERR_NONE)
		err_set(&cmd->err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Another node decides");
	cmd->status = 0;
	peer_decided(cmd);
}

static void
peer_mark(struct peer *pe)
{
	struct mark	m;
	struct buf	hex = BUF_INIT;

	cluster_confirmed(pe->peers->conf.cluster, &m);
	buf_hex(&hex, m.chain.b, HASH_LEN);
	peer_push_json(pe, json_pack("{s:I, s:I, s:s}", "epoch",
	    (json_int_t)m.epoch, "seq", (json_int_t)m.seq, "chain",
	    buf_str(&hex)));
	buf_free(&hex);
}

static void
peer_witnessed(struct peer *pe)
{
	struct witnesses	*w = pe->peers->conf.witnesses;
	struct buf		 note = BUF_INIT;
	uint64_t		 size = 0;

	if (w != NULL && witnesses_head(w, &size, &note) != 0)
		size = 0;
	peer_push_json(pe, json_pack("{s:I, s:s}", "size", (json_int_t)size,
	    "note", buf_str(&note)));
	buf_free(&note);
}

static void
peer_batch(struct peer *pe, const json_t *form)
{
	struct buf	out = BUF_INIT;
	uint64_t	after;
	char		*p;
	size_t		 len;
	bool		 found;

	after = (uint64_t)json_integer_value(json_object_get(form, "after"));
	found = cluster_batch(pe->peers->conf.cluster, after, &out) == 0;
	peer_push_json(pe, json_pack("{s:b}", "found", found));
	if (found) {
		p = buf_take(&out, &len);
		peer_push(pe, p, len);
	}
	buf_free(&out);
}

/* One frame; false ends the connection. */
static bool
peer_frame(struct peer *pe, const struct buf *frame)
{
	json_t		*form;
	const char	*what;
	uint64_t	 n;
	bool		 known = true;

	form = json_loadb(frame->data, frame->len, 0, NULL);
	what = json_string_value(json_object_get(form, "do"));
	n = (uint64_t)json_integer_value(json_object_get(form, "n"));
	if (what == NULL)
		known = false;
	else if (strcmp(what, "command") == 0)
		peer_command(pe, form, n);
	else if (strcmp(what, "mark") == 0)
		peer_mark(pe);
	else if (strcmp(what, "witnessed") == 0)
		peer_witnessed(pe);
	else if (strcmp(what, "batch") == 0)
		peer_batch(pe, form);
	else
		known = false;
	json_decref(form);
	return known;
}

/* ---- connections ---- */

static bool
peer_stopping(struct peers *ps)
{
	bool	stopping;

	pthread_mutex_lock(&ps->lock);
	stopping = ps->stopping;
	pthread_mutex_unlock(&ps->lock);
	return stopping;
}

static void
peer_serve(struct peer *pe)
{
	struct buf	frame = BUF_INIT;
	struct err	err;
	pthread_t	writer;
	int		rc;

	if (pthread_create(&writer, NULL, peer_writer, pe) != 0)
		return;
	while ((rc = channel_recv(pe->channel, &frame, PEER_TURN_MS,
	    &err)) >= 0 && !peer_stopping(pe->peers)) {
		if (rc == 0 && !peer_frame(pe, &frame))
			break;
		crypto_wipe(frame.data, frame.len);
	}
	buf_free(&frame);
	pthread_mutex_lock(&pe->lock);
	pe->over = true;
	pthread_cond_broadcast(&pe->wake);
	pthread_mutex_unlock(&pe->lock);
	pthread_join(writer, NULL);
}

struct peer_arrival {
	struct peers	*peers;
	int		 fd;
};

static void *
peer_thread(void *arg)
{
	struct peer_arrival	 a = *(struct peer_arrival *)arg;
	struct peer		 pe;
	struct err		 err;

	free(arg);
	memset(&pe, 0, sizeof(pe));
	pe.peers = a.peers;
	pe.tail = &pe.head;
	pthread_mutex_init(&pe.lock, NULL);
	pthread_cond_init(&pe.wake, NULL);
	if (channel_accept(&pe.channel, a.fd, &a.peers->conf.secret, PEER_MS,
	    &err) == 0)
		peer_serve(&pe);
	channel_close(&pe.channel);
	pthread_cond_destroy(&pe.wake);
	pthread_mutex_destroy(&pe.lock);
	pthread_mutex_lock(&a.peers->lock);
	a.peers->n--;
	pthread_cond_broadcast(&a.peers->ended);
	pthread_mutex_unlock(&a.peers->lock);
	return NULL;
}

/* A thread for one that knocked; its descriptor is closed otherwise. */
static void
peer_arrived(struct peers *ps, int fd)
{
	struct peer_arrival	*a = malloc(sizeof(*a));
	pthread_t		 t;

	pthread_mutex_lock(&ps->lock);
	if (a != NULL && ps->n < PEER_CONNS && !ps->stopping) {
		a->peers = ps;
		a->fd = fd;
		if (pthread_create(&t, NULL, peer_thread, a) == 0) {
			pthread_detach(t);
			ps->n++;
			a = NULL;
			fd = -1;
		}
	}
	pthread_mutex_unlock(&ps->lock);
	free(a);
	if (fd >= 0)
		close(fd);
}

static void *
peers_thread(void *arg)
{
	struct peers	*ps = arg;
	int		 fd;

	for (;;) {
		fd = accept4(ps->conf.fd, NULL, NULL, SOCK_CLOEXEC);
		if (peer_stopping(ps)) {
			if (fd >= 0)
				close(fd);
			return NULL;
		}
		if (fd >= 0)
			peer_arrived(ps, fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			return NULL;
	}
}

int
peers_open(struct peers **out, const struct peers_conf *conf,
    struct err *err)
{
	struct peers	*ps;

	*out = NULL;
	if ((ps = calloc(1, sizeof(*ps))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	ps->conf = *conf;
	pthread_mutex_init(&ps->lock, NULL);
	pthread_cond_init(&ps->ended, NULL);
	if (pthread_create(&ps->thread, NULL, peers_thread, ps) != 0)
		fatal("peer: no thread");
	*out = ps;
	return 0;
}

void
peers_close(struct peers **psp)
{
	struct peers	*ps = *psp;

	if (ps == NULL)
		return;
	pthread_mutex_lock(&ps->lock);
	ps->stopping = true;
	pthread_mutex_unlock(&ps->lock);
	shutdown(ps->conf.fd, SHUT_RDWR);
	pthread_join(ps->thread, NULL);
	pthread_mutex_lock(&ps->lock);
	while (ps->n > 0)
		pthread_cond_wait(&ps->ended, &ps->lock);
	pthread_mutex_unlock(&ps->lock);
	close(ps->conf.fd);
	pthread_cond_destroy(&ps->ended);
	pthread_mutex_destroy(&ps->lock);
	crypto_wipe(&ps->conf.secret, sizeof(ps->conf.secret));
	free(ps);
	*psp = NULL;
}

/* ---- asking ---- */

/* Asks and reads the first answer, an object, the caller's. */
static int
peer_ask(struct channel **c, const char *address, const struct hash *secret,
    int ms, const char *question, json_t **answer, struct err *err)
{
	struct buf	frame = BUF_INIT;
	int		rc;

	*answer = NULL;
	if (channel_connect(c, address, secret, ms, err) != 0)
		return -1;
	rc = channel_send(*c, question, strlen(question), err);
	if (rc == 0 && (rc = channel_recv(*c, &frame, ms, err)) == 1)
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The node at %.100s does not answer", address);
	if (rc == 0)
		*answer = json_loadb(frame.data, frame.len, 0, NULL);
	if (rc == 0 && !json_is_object(*answer))
		rc = err_set(err, ERR_BAD_REQUEST, NULL,
		    "The node at %.100s cannot be understood", address);
	buf_free(&frame);
	return rc;
}

int
peer_ask_mark(const char *address, const struct hash *secret, int ms,
    struct mark *out, struct err *err)
{
	struct channel	*c = NULL;
	json_int_t	 epoch, seq;
	const char	*hex;
	json_t		*o;
	int		 rc;

	rc = peer_ask(&c, address, secret, ms, "{\"do\":\"mark\"}", &o, err);
	if (rc == 0 && (json_unpack(o, "{s:I, s:I, s:s}", "epoch", &epoch,
	    "seq", &seq, "chain", &hex) != 0 || strlen(hex) != 64 ||
	    crypto_hex_decode(out->chain.b, hex, 64) != HASH_LEN))
		rc = err_set(err, ERR_BAD_REQUEST, NULL,
		    "The mark of %.100s cannot be read", address);
	if (rc == 0) {
		out->epoch = (uint64_t)epoch;
		out->seq = (uint64_t)seq;
	}
	json_decref(o);
	channel_close(&c);
	return rc;
}

int
peer_ask_witnessed(const char *address, const struct hash *secret, int ms,
    uint64_t *size, struct buf *note, struct err *err)
{
	struct channel	*c = NULL;
	const char	*text;
	json_t		*o;
	int		 rc;

	rc = peer_ask(&c, address, secret, ms, "{\"do\":\"witnessed\"}", &o,
	    err);
	text = json_string_value(json_object_get(o, "note"));
	*size = (uint64_t)json_integer_value(json_object_get(o, "size"));
	if (rc == 0 && (text == NULL || *size == 0))
		rc = err_set(err, ERR_NOT_FOUND, NULL,
		    "The node at %.100s has no witnessed head", address);
	if (rc == 0)
		buf_adds(note, text);
	json_decref(o);
	channel_close(&c);
	return rc;
}

int
peer_ask_batch(const char *address, const struct hash *secret, int ms,
    uint64_t after, struct buf *out, struct err *err)
{
	struct channel	*c = NULL;
	char		 question[80];
	json_t		*o;
	int		 rc;

	snprintf(question, sizeof(question), "{\"do\":\"batch\",\"after\":%"
	    PRIu64 "}", after);
	rc = peer_ask(&c, address, secret, ms, question, &o, err);
	if (rc == 0 && !json_is_true(json_object_get(o, "found")))
		rc = 1;
	else if (rc == 0 && channel_recv(c, out, ms, err) != 0)
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The node at %.100s went away", address);
	json_decref(o);
	channel_close(&c);
	return rc;
}
