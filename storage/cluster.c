/*
 * A node among several. See cluster.h for the contract, cluster_int.h for the
 * list of files.
 *
 * The writer does not append to the stream itself but through the sequencer
 * here, which settles an unknown outcome while the writer's transaction is
 * still open: appending a batch twice is the same as once, so it asks again
 * until it knows or its time is over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/clock.h"
#include "storage/base/log.h"
#include "storage/cluster_int.h"
#include "storage/store.h"

#define CLUSTER_SETTLE_MS	2000
#define CLUSTER_LEASE_MS	2000
#define CLUSTER_KEEP_MS		3600000
#define CLUSTER_REWRITE_MS	600000
#define CLUSTER_CALL_MS		1000
#define CLUSTER_CLOSE_MS	400	/* for giving the lease back */

void
cluster_oom(struct err *err)
{
	err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "Out of memory");
}

void
cluster_count(struct cluster *c, uint64_t *n)
{
	pthread_mutex_lock(&c->lock);
	++*n;
	pthread_mutex_unlock(&c->lock);
}

/* ---- the writer's side ---- */

/* What a repeated append that answers neither yes nor no leaves: unknown. */
static enum sequencer_answer
cluster_settle(struct cluster *c, const struct batch *b, struct err *err)
{
	int64_t			 until = clock_mono_ms() + CLUSTER_SETTLE_MS;
	enum sequencer_answer	 answer;
	int			 ms;

	cluster_count(c, &c->count.unknown);
	do {
		ms = redis_backoff_ms(c->append.redis);
		if (redis_pause(c->append.redis, ms < 20 ? 20 : ms) != 0)
			break;
		answer = c->append.stream->ops->append(c->append.stream, b,
		    err);
		if (answer == SEQUENCER_OK || answer == SEQUENCER_CONFLICT)
			return answer;
	} while (clock_mono_ms() < until);
	return SEQUENCER_UNKNOWN;
}

static enum sequencer_answer
cluster_append(struct sequencer *s, const struct batch *b, struct err *err)
{
	struct cluster		*c = (struct cluster *)s;
	enum sequencer_answer	 answer;

	/* Nothing is sent that could not be settled in time. The commands
	 * wait until it is known who decides, and go there. */
	if (!cluster_leading(c)) {
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The lease could not be renewed");
		return SEQUENCER_CONFLICT;
	}
	answer = c->append.stream->ops->append(c->append.stream, b, err);
	if (answer == SEQUENCER_UNKNOWN)
		answer = cluster_settle(c, b, err);
	if (answer == SEQUENCER_CONFLICT)
		cluster_count(c, &c->count.conflicts);
	/* No head in Redis is the store's trouble, not the client's. */
	if (answer != SEQUENCER_OK && err->code == ERR_NOT_FOUND)
		err->code = ERR_STORAGE_UNAVAILABLE;
	return answer;
}

/* Asked while appending fails: could it succeed by now? */
static int
cluster_head(struct sequencer *s, struct mark *out, struct err *err)
{
	struct cluster		*c = (struct cluster *)s;
	struct redis_reply	*reply;
	uint64_t		 n = 0;

	if (c->append.stream->ops->head(c->append.stream, out, err) != 0)
		return -1;
	if (c->conf.replicas == 0)
		return 0;
	if (redis_call(c->append.redis, &reply, err, "sii", "WAIT",
	    (int64_t)c->conf.replicas, (int64_t)100) != REDIS_ANSWERED)
		return -1;
	if (redis_number(reply, &n) == 0 && n < (uint64_t)c->conf.replicas)
		n = 0;
	redis_reply_free(&reply);
	return n > 0 ? 0 : err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
	    "Too few replicas of Redis are there");
}

static int
cluster_read(struct sequencer *s, uint64_t after, size_t max,
    int (*each)(void *arg, const struct batch_event *e), void *arg,
    struct err *err)
{
	struct cluster	*c = (struct cluster *)s;

	return c->append.stream->ops->read(c->append.stream, after, max,
	    each, arg, err);
}

static void
cluster_end(struct sequencer *s)
{
	(void)s;		/* cluster_free() */
}

static const struct sequencer_ops cluster_ops = {
	.name = "cluster",
	.append = cluster_append,
	.head = cluster_head,
	.read = cluster_read,
	.close = cluster_end,
};

/* The writer has committed: the tail's thread tells it. Where it is behind,
 * the last mark stands for those before. */
static void
cluster_committed(void *arg, const struct batch *b, const struct mark *at,
    const struct buf *note)
{
	struct cluster	*c = arg;

	cluster_ring_add(c->ring, b);
	cluster_keep_erase(c, b);
	pthread_mutex_lock(&c->lock);
	c->confirm = *at;
	buf_clear(&c->confirm_note);
	if (note->len > 0)
		buf_add(&c->confirm_note, note->data, note->len);
	c->confirms = true;
	c->confirmed = at->seq;
	pthread_cond_signal(&c->commit);
	pthread_mutex_unlock(&c->lock);
}

static void
cluster_unsettled(void *arg)
{
	struct cluster	*c = arg;

	atomic_store(&c->unsettled, true);
	cluster_wake(c);
}

void
cluster_equip(struct cluster *c, struct writer_conf *wc)
{
	wc->sequencer = &c->sequencer;
	wc->cluster = c;
	wc->committed = cluster_committed;
	wc->unsettled = cluster_unsettled;
}

/* ---- shared by the threads ---- */

struct timespec
cluster_after(int64_t ms)
{
	struct timespec	until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return until;
}

bool
cluster_pause(struct cluster *c, int64_t ms)
{
	struct timespec	until = cluster_after(ms);

	pthread_mutex_lock(&c->lock);
	if (!atomic_load(&c->stopping) && ms > 0)
		pthread_cond_timedwait(&c->wake, &c->lock, &until);
	pthread_mutex_unlock(&c->lock);
	return !atomic_load(&c->stopping);
}

void
cluster_wake(struct cluster *c)
{
	pthread_mutex_lock(&c->lock);
	pthread_cond_broadcast(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

void
cluster_heard(struct cluster *c, const struct err *err)
{
	pthread_mutex_lock(&c->lock);
	c->count.connected = err == NULL;
	if (err != NULL)
		c->away = *err;
	pthread_mutex_unlock(&c->lock);
}

void
cluster_break(struct cluster *c, const struct err *err)
{
	bool	said;

	pthread_mutex_lock(&c->lock);
	said = err == NULL ? c->broken.code == ERR_NONE :
	    strcmp(c->broken.text, err->text) == 0;
	if (err != NULL)
		c->broken = *err;
	else
		memset(&c->broken, 0, sizeof(c->broken));
	pthread_mutex_unlock(&c->lock);
	if (!said && err != NULL)
		log_error("cluster: this node stands still: %s", err->text);
	else if (!said)
		log_info("cluster: this node goes on");
}

bool
cluster_broken(struct cluster *c)
{
	bool	broken;

	pthread_mutex_lock(&c->lock);
	broken = c->broken.code != ERR_NONE;
	pthread_mutex_unlock(&c->lock);
	return broken;
}

void
cluster_saw(struct cluster *c, uint64_t epoch)
{
	pthread_mutex_lock(&c->lock);
	if (epoch > c->epoch)
		c->epoch = epoch;
	pthread_mutex_unlock(&c->lock);
}

void
cluster_ended(struct cluster *c)
{
	pthread_mutex_lock(&c->lock);
	c->running--;
	pthread_cond_broadcast(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

int
cluster_link_open(struct cluster *c, struct cluster_link *l, int call_ms,
    struct err *err)
{
	struct redis_conf		rc;
	struct sequencer_redis_conf	sc;

	memset(&rc, 0, sizeof(rc));
	rc.seeds = c->conf.redis;
	rc.nseeds = c->conf.nredis;
	rc.user = c->conf.user;
	rc.password = c->conf.password;
	rc.tag = c->tag;
	rc.connect_ms = call_ms < 300 ? call_ms : 300;
	rc.call_ms = call_ms;
	memset(&sc, 0, sizeof(sc));
	sc.journal_id = c->journal_id;
	sc.tag = c->tag;
	sc.node = c->conf.node;
	sc.replicas = c->conf.replicas;
	sc.wait_ms = call_ms;
	if (redis_open(&l->redis, &rc, err) != 0)
		return -1;
	return sequencer_redis(&l->stream, l->redis, &sc, err);
}

void
cluster_link_close(struct cluster_link *l)
{
	if (l->stream != NULL)
		l->stream->ops->close(l->stream);
	l->stream = NULL;
	redis_close(&l->redis);
}

/* ---- life ---- */

static int
cluster_copy(const char **p)
{
	return *p == NULL || (*p = strdup(*p)) != NULL ? 0 : -1;
}

/* Makes the conf's texts our own. */
static int
cluster_own(struct cluster *c, struct err *err)
{
	const char	**redis;
	size_t		  i;

	if ((redis = calloc(c->conf.nredis + 1, sizeof(*redis))) == NULL) {
		c->conf.nredis = 0;
		c->conf.redis = NULL;
	}
	for (i = 0; i < c->conf.nredis; i++)
		redis[i] = strdup(c->conf.redis[i]);
	c->conf.redis = redis;
	if (cluster_copy(&c->conf.dir) != 0 ||
	    cluster_copy(&c->conf.user) != 0 ||
	    cluster_copy(&c->conf.password) != 0 ||
	    cluster_copy(&c->conf.node) != 0 ||
	    cluster_copy(&c->conf.address) != 0 || redis == NULL) {
		cluster_oom(err);
		return -1;
	}
	return 0;
}

/* The names of the keys: the forum's first origin, its journal's id. */
static int
cluster_identity(struct cluster *c, struct err *err)
{
	struct db	*db;
	struct buf	 b = BUF_INIT;
	int		 rc;

	if (store_reader(&db, c->conf.dir, err) != 0)
		return -1;
	if ((rc = store_meta(db, "journal_id", &b, err)) == 0) {
		snprintf(c->journal_id, sizeof(c->journal_id), "%s",
		    buf_str(&b));
		rc = store_meta(db, "origin", &b, err);
	}
	if (rc == 0)
		snprintf(c->tag, sizeof(c->tag), "%s", buf_str(&b));
	buf_free(&b);
	db_close(&db);
	return rc <= 0 ? rc : err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
	    "The data directory holds no forum yet");
}

int
cluster_new(struct cluster **out, const struct cluster_conf *conf,
    struct err *err)
{
	struct cluster		*c;
	pthread_condattr_t	 attr;

	*out = NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		cluster_oom(err);
		return -1;
	}
	c->sequencer.ops = &cluster_ops;
	c->conf = *conf;
	if (c->conf.lease_ms <= 0)
		c->conf.lease_ms = CLUSTER_LEASE_MS;
	if (c->conf.keep_ms <= 0)
		c->conf.keep_ms = CLUSTER_KEEP_MS;
	if (c->conf.rewrite_ms <= 0)
		c->conf.rewrite_ms = CLUSTER_REWRITE_MS;
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->apply, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_cond_init(&c->commit, &attr);
	pthread_condattr_destroy(&attr);
	if (cluster_own(c, err) != 0 || cluster_identity(c, err) != 0 ||
	    cluster_ring_new(&c->ring, err) != 0 ||
	    cluster_link_open(c, &c->append, CLUSTER_CALL_MS, err) != 0) {
		cluster_free(&c);
		return -1;
	}
	*out = c;
	return 0;
}

int
cluster_start(struct cluster *c, struct writer *w, struct err *err)
{
	static void	*(*const mains[CLUSTER_THREADS])(void *) = {
		[CLUSTER_LEASE] = cluster_lease_main,
		[CLUSTER_TAIL] = cluster_tail_main,
		[CLUSTER_KEEP] = cluster_keep_main };
	int		 i, ms;

	c->writer = w;
	err_set(&c->away, ERR_STORAGE_UNAVAILABLE, NULL,
	    "Redis has not answered yet");
	for (i = 0; i < CLUSTER_THREADS; i++) {
		/* The lease's calls must fail before the lease ends. */
		ms = i == CLUSTER_LEASE ? c->conf.lease_ms / 4 :
		    CLUSTER_CALL_MS;
		if (cluster_link_open(c, &c->link[i], ms, err) != 0)
			return -1;
	}
	c->running = CLUSTER_THREADS;
	for (i = 0; i < CLUSTER_THREADS; i++) {
		if (pthread_create(&c->thread[i], NULL, mains[i], c) != 0)
			fatal("cluster: no threads");
		c->nthreads++;
	}
	return 0;
}

void
cluster_close(struct cluster *c)
{
	struct timespec	until = cluster_after(CLUSTER_CLOSE_MS);
	int		i;

	if (atomic_exchange(&c->stopping, true))
		return;
	pthread_mutex_lock(&c->lock);
	pthread_cond_broadcast(&c->wake);
	pthread_cond_signal(&c->commit);
	while (c->nthreads > 0 && c->running > 0 && pthread_cond_timedwait(
	    &c->wake, &c->lock, &until) == 0)
		;
	pthread_mutex_unlock(&c->lock);
	redis_interrupt(c->append.redis);
	for (i = 0; i < c->nthreads; i++)
		redis_interrupt(c->link[i].redis);
	for (i = 0; i < c->nthreads; i++)
		pthread_join(c->thread[i], NULL);
	c->nthreads = 0;
}

void
cluster_free(struct cluster **cp)
{
	struct cluster	*c = *cp;
	size_t		 i;

	if (c == NULL)
		return;
	cluster_link_close(&c->append);
	for (i = 0; i < CLUSTER_THREADS; i++)
		cluster_link_close(&c->link[i]);
	cluster_ring_free(&c->ring);
	buf_free(&c->confirm_note);
	buf_free(&c->erased);
	buf_free(&c->warnings);
	for (i = 0; i < c->conf.nredis; i++)
		free((void *)(uintptr_t)c->conf.redis[i]);
	free((void *)(uintptr_t)c->conf.redis);
	free((void *)(uintptr_t)c->conf.dir);
	free((void *)(uintptr_t)c->conf.user);
	free((void *)(uintptr_t)c->conf.password);
	free((void *)(uintptr_t)c->conf.node);
	free((void *)(uintptr_t)c->conf.address);
	pthread_cond_destroy(&c->commit);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->apply);
	pthread_mutex_destroy(&c->lock);
	free(c);
	*cp = NULL;
}

void
cluster_resign(struct cluster *c)
{
	atomic_store(&c->resigned, true);
	cluster_wake(c);
}
