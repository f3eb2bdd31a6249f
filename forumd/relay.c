/*
 * Passing commands on. See relay.h for the contract.
 *
 * Two threads over one channel: one sends, the other connects, receives and
 * closes. An item is in one of three lists: queued (not sent), sent, and
 * answered (this node has still to apply what came of it). Each has a time
 * by which its command is answered, whatever happens.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "forumd/channel.h"
#include "forumd/relay.h"
#include "storage/base/clock.h"
#include "storage/base/log.h"

#define RELAY_QUEUE	4096		/* commands at once; more: 503 */
#define RELAY_FIND_MS	4000		/* until somebody decides, else 503 */
#define RELAY_ANSWER_MS	8000		/* from sending, else 504 */
#define RELAY_APPLY_MS	3000		/* from the answer, else 504 */
#define RELAY_CONNECT_MS 1000
#define RELAY_TURN_MS	50		/* between two looks at the clock */

struct relay_item {
	struct command		*cmd;
	uint64_t		 n;
	int64_t			 until;		/* mono ms */
	struct relay_item	*next;
};

struct relay_list {
	struct relay_item	*head, **tail;
};

struct relay {
	struct cluster		*cluster;
	struct writer		*writer;
	struct versions		*versions;
	struct hash		 secret;

	pthread_mutex_t		 lock;
	pthread_cond_t		 work;		/* for either thread */
	struct relay_list	 queued, sent, answered;
	size_t			 n;		/* items in all three */
	uint64_t		 last;		/* number given out */
	struct channel		*channel;	/* the receiver's; NULL: none */
	bool			 sending, stopping;
	pthread_t		 sender, receiver;
};

static void
relay_list_init(struct relay_list *l)
{
	l->head = NULL;
	l->tail = &l->head;
}

static void
relay_list_add(struct relay_list *l, struct relay_item *it)
{
	it->next = NULL;
	*l->tail = it;
	l->tail = &it->next;
}

static void
relay_list_take(struct relay_list *l, struct relay_item **at)
{
	struct relay_item	*it = *at;

	if (l->tail == &it->next)
		l->tail = at;
	*at = it->next;
	it->next = NULL;
}

static struct relay_item *
relay_list_pop(struct relay_list *l)
{
	struct relay_item	*it = l->head;

	if (it != NULL)
		relay_list_take(l, &l->head);
	return it;
}

/* ---- ends ---- */

/* Answers what is in the list. Without the lock: done() is another's code. */
static void
relay_finish(struct relay *r, struct relay_list *over)
{
	struct relay_item	*it;
	size_t			 n = 0;

	while ((it = relay_list_pop(over)) != NULL) {
		it->cmd->done(it->cmd);
		free(it);
		n++;
	}
	if (n == 0)
		return;
	pthread_mutex_lock(&r->lock);
	r->n -= n;
	pthread_mutex_unlock(&r->lock);
}

static void
relay_fail(struct relay_item *it, enum err_code code, const char *text)
{
	memset(&it->cmd->err, 0, sizeof(it->cmd->err));
	err_set(&it->cmd->err, code, NULL, "%s", text);
	it->cmd->status = 0;
}

/* Moves what is past its time into over, with the lock held. */
static void
relay_expire(struct relay_list *l, int64_t now, struct relay_list *over,
    enum err_code code, const char *text)
{
	struct relay_item	**at = &l->head, *it;

	while ((it = *at) != NULL) {
		if (it->until > now) {
			at = &it->next;
			continue;
		}
		relay_list_take(l, at);
		relay_fail(it, code, text);
		relay_list_add(over, it);
	}
}

/* Moves what this node has applied by now into over, with the lock held. */
static void
relay_ripen(struct relay *r, struct relay_list *over)
{
	struct relay_item	**at = &r->answered.head, *it;
	uint64_t		 last = atomic_load(&r->versions->last);

	while ((it = *at) != NULL) {
		if (it->cmd->status != 0 && it->cmd->seq > last) {
			at = &it->next;
			continue;
		}
		relay_list_take(&r->answered, at);
		relay_list_add(over, it);
	}
}

/* What is due, with the lock held. */
static void
relay_due(struct relay *r, struct relay_list *over)
{
	int64_t	now = clock_mono_ms();

	relay_ripen(r, over);
	relay_expire(&r->queued, now, over, ERR_STORAGE_UNAVAILABLE,
	    "No node decides at present; nothing was changed");
	relay_expire(&r->sent, now, over, ERR_OUTCOME_UNKNOWN,
	    "The deciding node did not answer; repeat with the same key");
	relay_expire(&r->answered, now, over, ERR_OUTCOME_UNKNOWN,
	    "It was taken, but this node has not got it yet; repeat with "
	    "the same key");
}

/* ---- sending ---- */

static bool
relay_send_one(struct channel *c, const struct command *cmd, uint64_t n)
{
	json_t		*form = relay_form_command(cmd, n);
	char		*text = form == NULL ? NULL : json_dumps(form,
			    JSON_COMPACT);
	struct err	 err;
	bool		 sent = false;

	json_decref(form);
	if (text != NULL) {
		sent = channel_send(c, text, strlen(text), &err) == 0;
		crypto_wipe(text, strlen(text));
		free(text);
	}
	return sent;
}

/* With the lock held, given up while it sends. */
static void
relay_send(struct relay *r)
{
	struct relay_item	*it = relay_list_pop(&r->queued);
	struct channel		*c = r->channel;
	struct relay_item	 copy;

	it->n = ++r->last;
	it->until = clock_mono_ms() + RELAY_ANSWER_MS;
	copy = *it;
	/* Sent before it is sent: the answer may be here first. */
	relay_list_add(&r->sent, it);
	r->sending = true;
	pthread_mutex_unlock(&r->lock);
	if (!relay_send_one(c, copy.cmd, copy.n))
		channel_shutdown(c);
	pthread_mutex_lock(&r->lock);
	r->sending = false;
	pthread_cond_broadcast(&r->work);
}

static void
relay_pause(struct relay *r)
{
	struct timespec	ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += RELAY_TURN_MS * 1000000L;
	if (ts.tv_nsec >= 1000000000L) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000L;
	}
	pthread_cond_timedwait(&r->work, &r->lock, &ts);
}

static void *
relay_sender(void *arg)
{
	struct relay		*r = arg;
	struct relay_list	 over;

	relay_list_init(&over);
	pthread_mutex_lock(&r->lock);
	while (!r->stopping) {
		relay_due(r, &over);
		if (over.head != NULL) {
			pthread_mutex_unlock(&r->lock);
			relay_finish(r, &over);
			pthread_mutex_lock(&r->lock);
		} else if (r->queued.head != NULL && r->channel != NULL) {
			relay_send(r);
		} else if (r->n > 0) {
			relay_pause(r);
		} else {
			pthread_cond_wait(&r->work, &r->lock);
		}
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* ---- receiving ---- */

/* The other node is lost: what was sent and has a key is handed in again. */
static void
relay_lost(struct relay *r)
{
	struct relay_list	 over, again;
	struct relay_item	*it;
	int64_t			 now = clock_mono_ms();

	relay_list_init(&over);
	relay_list_init(&again);
	pthread_mutex_lock(&r->lock);
	while ((it = relay_list_pop(&r->sent)) != NULL) {
		if (it->cmd->keyed) {
			it->until = now + RELAY_FIND_MS;
			relay_list_add(&again, it);
		} else {
			relay_fail(it, ERR_OUTCOME_UNKNOWN, "The deciding "
			    "node went away before it answered");
			relay_list_add(&over, it);
		}
	}
	while ((it = relay_list_pop(&r->queued)) != NULL)
		relay_list_add(&again, it);
	while ((it = relay_list_pop(&again)) != NULL)
		relay_list_add(&r->queued, it);
	pthread_mutex_unlock(&r->lock);
	relay_finish(r, &over);
}

/* One answer; false where it cannot be read. */
static bool
relay_answer(struct relay *r, const struct buf *frame)
{
	struct relay_list	  over;
	struct relay_item	**at, *it;
	json_t			 *form;
	uint64_t		  n;

	form = json_loadb(frame->data, frame->len, 0, NULL);
	if (!json_is_object(form)) {
		json_decref(form);
		return false;
	}
	relay_list_init(&over);
	n = (uint64_t)json_integer_value(json_object_get(form, "n"));
	pthread_mutex_lock(&r->lock);
	for (at = &r->sent.head; (it = *at) != NULL; at = &it->next) {
		if (it->n != n)
			continue;
		relay_list_take(&r->sent, at);
		relay_read_answer(form, it->cmd);
		if (it->cmd->moved) {
			it->until = clock_mono_ms() + RELAY_FIND_MS;
			relay_list_add(&r->queued, it);
		} else {
			it->until = clock_mono_ms() + RELAY_APPLY_MS;
			relay_list_add(&r->answered, it);
		}
		break;
	}
	relay_ripen(r, &over);
	pthread_cond_broadcast(&r->work);
	pthread_mutex_unlock(&r->lock);
	json_decref(form);
	relay_finish(r, &over);
	return true;
}

/* Receives until the other end is gone or no longer the one that decides. */
static void
relay_receive(struct relay *r, struct channel *c, const char *address)
{
	char		leader[CLUSTER_ADDRESS_MAX];
	struct buf	frame = BUF_INIT;
	struct err	err;
	bool		idle;
	int		rc;

	for (;;) {
		if ((rc = channel_recv(c, &frame, RELAY_TURN_MS, &err)) < 0 ||
		    (rc == 0 && !relay_answer(r, &frame)))
			break;
		pthread_mutex_lock(&r->lock);
		idle = r->sent.head == NULL;
		if (r->stopping)
			rc = -1;
		pthread_mutex_unlock(&r->lock);
		if (rc < 0 || (idle && (!cluster_leader(r->cluster, leader,
		    sizeof(leader)) || strcmp(leader, address) != 0)))
			break;
	}
	buf_free(&frame);
}

/* This node decides now: its own writer takes what waits, unless it has just
 * stopped deciding. */
static void
relay_take_home(struct relay *r)
{
	struct relay_list	 over;
	struct relay_item	*it;
	struct err		 err;

	relay_list_init(&over);
	pthread_mutex_lock(&r->lock);
	while ((it = r->queued.head) != NULL) {
		memset(&err, 0, sizeof(err));
		if (writer_submit(r->writer, it->cmd, &err) == 0) {
			relay_list_pop(&r->queued);
			free(it);
			r->n--;
		} else if (it->cmd->moved) {
			it->cmd->moved = false;
			relay_pause(r);
			break;
		} else {
			relay_list_pop(&r->queued);
			relay_fail(it, err.code, err.text);
			relay_list_add(&over, it);
		}
	}
	pthread_mutex_unlock(&r->lock);
	relay_finish(r, &over);
}

static void
relay_connect(struct relay *r)
{
	char		 address[CLUSTER_ADDRESS_MAX];
	struct channel	*c;
	struct err	 err;

	if (cluster_leading(r->cluster)) {
		relay_take_home(r);
		return;
	}
	if (!cluster_leader(r->cluster, address, sizeof(address)) ||
	    channel_connect(&c, address, &r->secret, RELAY_CONNECT_MS,
	    &err) != 0) {
		pthread_mutex_lock(&r->lock);
		if (!r->stopping)
			relay_pause(r);
		pthread_mutex_unlock(&r->lock);
		return;
	}
	pthread_mutex_lock(&r->lock);
	r->channel = c;
	pthread_cond_broadcast(&r->work);
	pthread_mutex_unlock(&r->lock);
	relay_receive(r, c, address);
	pthread_mutex_lock(&r->lock);
	r->channel = NULL;
	channel_shutdown(c);
	while (r->sending)
		pthread_cond_wait(&r->work, &r->lock);
	pthread_mutex_unlock(&r->lock);
	channel_close(&c);
	relay_lost(r);
}

static void *
relay_receiver(void *arg)
{
	struct relay	*r = arg;
	bool		 stop;

	for (;;) {
		pthread_mutex_lock(&r->lock);
		while (!r->stopping && r->queued.head == NULL)
			pthread_cond_wait(&r->work, &r->lock);
		stop = r->stopping;
		pthread_mutex_unlock(&r->lock);
		if (stop)
			return NULL;
		relay_connect(r);
	}
}

/* ---- the outside ---- */

int
relay_open(struct relay **out, struct cluster *cluster, struct writer *w,
    struct versions *v, const struct hash *secret, struct err *err)
{
	struct relay	*r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	r->cluster = cluster;
	r->writer = w;
	r->versions = v;
	r->secret = *secret;
	relay_list_init(&r->queued);
	relay_list_init(&r->sent);
	relay_list_init(&r->answered);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->work, NULL);
	if (pthread_create(&r->sender, NULL, relay_sender, r) != 0 ||
	    pthread_create(&r->receiver, NULL, relay_receiver, r) != 0)
		fatal("relay: no thread");
	*out = r;
	return 0;
}

void
relay_stop(struct relay *r)
{
	struct relay_list	 over;

	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_cond_broadcast(&r->work);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->sender, NULL);
	pthread_join(r->receiver, NULL);
	relay_list_init(&over);
	relay_expire(&r->queued, INT64_MAX, &over, ERR_STORAGE_UNAVAILABLE,
	    "The server is stopping");
	relay_expire(&r->sent, INT64_MAX, &over, ERR_OUTCOME_UNKNOWN,
	    "The server is stopping");
	relay_expire(&r->answered, INT64_MAX, &over, ERR_OUTCOME_UNKNOWN,
	    "The server is stopping");
	relay_finish(r, &over);
}

void
relay_free(struct relay **rp)
{
	struct relay	*r = *rp;

	if (r == NULL)
		return;
	pthread_cond_destroy(&r->work);
	pthread_mutex_destroy(&r->lock);
	crypto_wipe(&r->secret, sizeof(r->secret));
	free(r);
	*rp = NULL;
}

int
relay_submit(struct relay *r, struct command *cmd, struct err *err)
{
	struct relay_item	*it = calloc(1, sizeof(*it));
	int			 rc = 0;

	if (it == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	it->cmd = cmd;
	it->until = clock_mono_ms() + RELAY_FIND_MS;
	pthread_mutex_lock(&r->lock);
	if (r->stopping)
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The server is stopping");
	else if (r->n >= RELAY_QUEUE)
		rc = err_set(err, ERR_OVERLOADED, NULL,
		    "Too many changes are waiting; try again shortly");
	else {
		r->n++;
		relay_list_add(&r->queued, it);
		pthread_cond_broadcast(&r->work);
	}
	pthread_mutex_unlock(&r->lock);
	if (rc != 0)
		free(it);
	return rc;
}

void
relay_applied(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	if (r->answered.head != NULL)
		pthread_cond_broadcast(&r->work);
	pthread_mutex_unlock(&r->lock);
}

size_t
relay_waiting(struct relay *r)
{
	size_t	n;

	pthread_mutex_lock(&r->lock);
	n = r->n;
	pthread_mutex_unlock(&r->lock);
	return n;
}
