/*
 * The writer's thread. See writer.h for the contract.
 *
 * writer_batch() is the whole durability contract, in order:
 *   begin · decide and apply each command · append through the sequencer ·
 *   tiles and signed head · COMMIT · note erasures · publish · answer
 * An error while applying rolls the whole batch back and runs it again one
 * command at a time, so that a poisonous one fails alone. A failed COMMIT is
 * settled by reading the head back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/base/clock.h"
#include "storage/base/log.h"
#include "storage/base/thread.h"
#include "storage/rotation.h"
#include "storage/schema.h"
#include "storage/writer_int.h"

#define WRITER_BATCH	256		/* commands in one commit */
#define WRITER_QUEUE	4096		/* commands waiting; more: 503 */
#define WRITER_WAL	(8 << 20)	/* bytes between two checkpoints */
#define WRITER_WAL_MAX	(32 << 20)	/* after which the log begins anew */
#define WRITER_CONFLICTS	4	/* in a row, then 503 */
#define WRITER_KEEP_MS	86400000	/* idempotency keys: 24 h */

uint64_t
versions_thread(const struct versions *v, int64_t thread)
{
	return atomic_load_explicit(&v->thread[thread % VERSIONS],
	    memory_order_acquire);
}

/* Looks for the first answer to the same key: 1 found, 0 none, -1 refused. */
static int
writer_replay(struct writer *w, struct command *cmd, struct err *err)
{
	struct stmt	*s;
	const void	*body;
	size_t		 len;
	int		 found;

	s = db_query(w->db, "SELECT body, status, answer FROM idempotency "
	    "WHERE key = ? AND at > ?", "bi", (const void *)cmd->key.b,
	    (size_t)HASH_LEN, clock_ms() - WRITER_KEEP_MS);
	if ((found = stmt_step(s)) == 1) {
		body = stmt_blob(s, 0, &len);
		if (len != HASH_LEN ||
		    !crypto_equal(body, cmd->body.b, HASH_LEN)) {
			found = err_set(err, ERR_IDEMPOTENCY_MISMATCH,
			    "Idempotency-Key",
			    "This key was used with another request");
		} else {
			cmd->status = stmt_int(s, 1);
			cmd->result = json_loads(stmt_text(s, 2), 0, NULL);
			cmd->replayed = true;
		}
	}
	if (stmt_done(s, found < 0 ? NULL : err) != 0)
		return -1;
	return found;
}

/* Makes a derived row, runs it, and lets it travel. */
static int
writer_derive(struct turn *t, struct err *err, enum derived_name kind, ...)
{
	struct derived	d;
	va_list		ap;
	int		rc;

	va_start(ap, kind);
	derived_borrow(&d, kind, ap);
	va_end(ap);
	if (!t->stage->travels)
		return turn_remember(t, &d, err);
	if (derived_own(&d, err) != 0)
		return -1;
	rc = turn_remember(t, &d, err);
	derived_free(&d);
	return rc;
}

static int
writer_remember(struct turn *t, struct command *cmd, struct err *err)
{
	char	*answer;
	int	 rc;

	answer = cmd->result == NULL ? strdup("{}") :
	    json_dumps(cmd->result, JSON_COMPACT);
	if (answer == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	rc = writer_derive(t, err, DERIVED_IDEMPOTENCY,
	    (const void *)cmd->key.b, (size_t)HASH_LEN,
	    (const void *)cmd->body.b, (size_t)HASH_LEN,
	    (int64_t)cmd->status, answer, clock_ms());
	free(answer);
	return rc;
}

/* The kind's roles, asked once more on the one path that all take. */
static int
writer_permits(const struct command *cmd, struct err *err)
{
	const struct actor	*a = &cmd->actor;

	if (cmd->kind->roles == 0 || a->kind == ACTOR_OPERATOR ||
	    a->kind == ACTOR_SYSTEM || (a->roles & cmd->kind->roles) != 0)
		return 0;
	return err_set(err, ERR_ROLE_REQUIRED, NULL,
	    "Your role does not allow this");
}

/* A refusal writes nothing but its number in the thread's account. */
static int
writer_refused(struct writer *w, struct turn *t, struct command *cmd,
    struct err *err)
{
	turn_discard(t);
	cmd->status = 0;
	w->stats.refused++;
	if (cmd->refused_thread == 0)
		return 0;
	return writer_derive(t, err, DERIVED_REFUSED, cmd->refused_thread,
	    err_word(cmd->err.code));
}

/* One command in the open transaction. -1: the transaction is spoilt. */
static int
writer_decide(struct writer *w, struct turn *t, struct command *cmd,
    struct err *err)
{
	int	found;

	cmd->status = 0;
	json_decref(cmd->result);
	cmd->result = NULL;
	cmd->replayed = false;
	if (cmd->refused)
		return writer_refused(w, t, cmd, err);
	memset(&cmd->err, 0, sizeof(cmd->err));
	if (cmd->keyed) {
		if ((found = writer_replay(w, cmd, &cmd->err)) != 0)
			return 0;
	}
	if (writer_permits(cmd, &cmd->err) != 0 ||
	    cmd->kind->decide(t, cmd, &cmd->err) != 0)
		return writer_refused(w, t, cmd, err);
	if (turn_apply(t, err) != 0)
		return -1;
	cmd->seq = w->stage.mark.seq;
	return cmd->keyed ? writer_remember(t, cmd, err) : 0;
}

void
writer_sweep(struct writer *w)
{
	int64_t	now = clock_mono_ms();

	if (now - w->swept < 60000)
		return;
	w->swept = now;
	db_run(w->db, NULL, "DELETE FROM idempotency WHERE at < ?", "i",
	    clock_ms() - WRITER_KEEP_MS);
}

/* How a batch went: all but COMMITTED have been rolled back. */
enum writer_outcome {
	WRITER_COMMITTED,
	WRITER_FAILED,
	WRITER_SPOILT,		/* a command failed while being applied */
	WRITER_ELSEWHERE,	/* nodes: decide again on what is there */
	WRITER_UNKNOWN		/* nodes: it may stand in the stream */
};

/* Seals and commits what the sequencer took. */
static int
writer_seal(struct writer *w, int64_t now, struct err *err)
{
	struct mark	head;
	int64_t		us = clock_mono_us();

	if (ledger_seal(w->ledger, now, NULL, err) != 0)
		return -1;
	us = clock_mono_us();
	if (db_commit(w->db, err) != 0) {
		db_rollback(w->db);
		/* Did it reach the disk all the same? The head tells. */
		if (w->local->ops->head(w->local, &head, NULL) != 0 ||
		    head.seq != w->stage.mark.seq ||
		    w->stage.batch.nevents == 0)
			return -1;
	}
	w->stats.commit_us += clock_mono_us() - us;
	return 0;
}

void
writer_advance(struct writer *w, int64_t time)
{
	w->time = time;
	w->mark.seq = w->stage.mark.seq;
	w->mark.chain = w->stage.mark.chain;
	ledger_keep(w->ledger);
	turn_carry(&w->stage);
}

/* Decides, applies, orders, signs, commits. */
static enum writer_outcome
writer_commit(struct writer *w, struct command **cmds, size_t n,
    struct err *err)
{
	struct turn		 t = { .db = w->db, .ctx = w->conf.ctx,
				    .stage = &w->stage };
	enum writer_outcome	 outcome = WRITER_FAILED;
	size_t			 i;

	if (db_begin(w->db, err) != 0)
		return outcome;
	t.now = clock_ms() > w->time ? clock_ms() : w->time;
	t.index = ledger_size(w->ledger);
	w->stage.mark = w->stage.batch.on = w->mark;
	writer_sweep(w);
	for (i = 0; i < n; i++) {
		if (writer_decide(w, &t, cmds[i], err) != 0) {
			outcome = WRITER_SPOILT;
			goto fail;
		}
	}
	if (w->stage.batch.nevents > 0) {
		switch (w->sequencer->ops->append(w->sequencer,
		    &w->stage.batch, err)) {
		case SEQUENCER_OK:
			break;
		case SEQUENCER_UNKNOWN:
			outcome = WRITER_UNKNOWN;
			goto fail;
		case SEQUENCER_CONFLICT:
			outcome = w->conf.cluster == NULL ? WRITER_FAILED :
			    WRITER_ELSEWHERE;
			goto fail;
		case SEQUENCER_FAILED:
			goto fail;
		}
		/* From here on another node may have it, whatever we do. */
		if (w->conf.cluster != NULL)
			outcome = WRITER_UNKNOWN;
	}
	if (writer_seal(w, t.now, err) != 0)
		goto fail;
	writer_advance(w, t.now);
	return WRITER_COMMITTED;
fail:
	turn_discard(&t);
	db_rollback(w->db);
	ledger_drop(w->ledger);
	if (outcome == WRITER_UNKNOWN)
		err->code = ERR_OUTCOME_UNKNOWN;
	return outcome;
}

void
writer_publish(struct writer *w)
{
	struct versions	*v = w->conf.versions;
	uint64_t	 seq = w->mark.seq, tick;
	int64_t		 thread;
	size_t		 i;

	if (w->stage.erases)
		store_erased(w->store, &w->stage.erased);
	/* The tick first: whoever finds it unmoved after making an answer
	 * knows that the other numbers had not moved either. */
	tick = atomic_fetch_add(&v->tick, 1) + 1;
	for (i = 0; i < w->stage.ntouched; i++) {
		thread = w->stage.touched[i];
		if (thread > 0)
			atomic_store(&v->thread[thread % VERSIONS], seq);
		else
			atomic_store(&v->score[-thread % VERSIONS], tick);
	}
	if (w->stage.site_touched)
		atomic_store(&v->site, seq);
	atomic_store(&v->last, seq);
	pthread_mutex_lock(&w->lock);
	w->shown_mark = w->mark;
	pthread_mutex_unlock(&w->lock);
	if (w->conf.published != NULL && w->stage.batch.nevents > 0)
		w->conf.published(w->conf.arg, seq);
	if (w->conf.committed != NULL && w->role == WRITER_LEADS &&
	    w->stage.batch.nevents > 0)
		w->conf.committed(w->conf.cluster, &w->stage.batch, &w->mark,
		    ledger_note(w->ledger));
}

void
writer_went(struct writer *w, const struct err *err)
{
	if (err == NULL && w->failing.code == ERR_NONE)
		return;
	pthread_mutex_lock(&w->lock);
	w->failing.code = ERR_NONE;
	if (err != NULL)
		w->failing = *err;
	pthread_mutex_unlock(&w->lock);
}

/* While commits fail, asked once a second: can the disk be written again,
 * does the sequencer answer?
 * Otherwise nobody would know who waits for readiness before posting. */
static void
writer_probe(struct writer *w)
{
	struct mark	head;
	struct err	err;

	if (w->role == WRITER_LEADS &&
	    w->sequencer->ops->head(w->sequencer, &head, &err) != 0)
		return;
	if (db_begin(w->db, NULL) != 0)
		return;
	if (db_run(w->db, NULL, "INSERT INTO meta (key, value) VALUES "
	    "('probe', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
	    "i", clock_ms()) == 0 && db_commit(w->db, NULL) == 0)
		writer_went(w, NULL);
	else
		db_rollback(w->db);
}

/* Waits for commands, with the lock held; true when a probe is due. */
static bool
writer_wait(struct writer *w)
{
	struct timespec	until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	while ((w->head == NULL || w->role == WRITER_UNSETTLED) &&
	    !w->stopping) {
		if (w->failing.code == ERR_NONE)
			pthread_cond_wait(&w->wake, &w->lock);
		else if (pthread_cond_timedwait(&w->wake, &w->lock,
		    &until) == ETIMEDOUT)
			return true;
	}
	return false;
}

/* With turn held. */
static void
writer_batch(struct writer *w, struct command **cmds, size_t n)
{
	struct err		err;
	enum writer_outcome	outcome;
	size_t			i;

	memset(&err, 0, sizeof(err));
	outcome = w->role != WRITER_LEADS ? WRITER_ELSEWHERE :
	    writer_commit(w, cmds, n, &err);
	if (outcome == WRITER_COMMITTED) {
		w->stats.batches++;
		w->stats.events += w->stage.batch.nevents;
		if (n > w->stats.largest_batch)
			w->stats.largest_batch = n;
		w->conflicts = 0;
		writer_went(w, NULL);
		writer_publish(w);
	} else if (outcome == WRITER_SPOILT && n > 1 &&
	    err.code != ERR_STORAGE_UNAVAILABLE) {
		w->stats.retries++;
		turn_reset(&w->stage);
		for (i = 0; i < n; i++)
			writer_batch(w, &cmds[i], 1);
		return;
	} else if (outcome == WRITER_ELSEWHERE &&
	    w->conflicts < WRITER_CONFLICTS) {
		writer_unsettle(w);
		turn_reset(&w->stage);
		writer_requeue(w, cmds, n);
		return;
	} else {
		log_warn("writer: a batch of %zu failed: %s", n, err.text);
		writer_went(w, &err);
		writer_fail(cmds, n, &err);
		if (outcome == WRITER_UNKNOWN || outcome == WRITER_ELSEWHERE)
			writer_unsettle(w);
	}
	turn_reset(&w->stage);
	for (i = 0; i < n; i++)
		cmds[i]->done(cmds[i]);
}

/* Has the write-ahead log checkpointed as it grows. The checkpointer alone
 * never comes to its end while the writer adds to it; so when it is long the
 * writer does the rest itself, and the next commit can begin it anew. */
static void
writer_log(struct writer *w)
{
	int64_t	bytes = db_wal_bytes(w->db);

	if (bytes < w->tidied)
		w->tidied = 0;
	if (bytes - w->tidied < WRITER_WAL)
		return;
	w->tidied = bytes;
	if (bytes > WRITER_WAL_MAX) {
		db_checkpoint(w->db, false, NULL);
		return;
	}
	pthread_mutex_lock(&w->lock);
	pthread_cond_signal(&w->tidy);
	pthread_mutex_unlock(&w->lock);
}

/* Takes what waits and decides it, or turns it away. */
static void
writer_turn(struct writer *w)
{
	struct command	*cmds[WRITER_BATCH];
	int64_t		 us;
	size_t		 n = 0;

	pthread_mutex_lock(&w->lock);
	while (n < WRITER_BATCH && w->head != NULL &&
	    (w->role != WRITER_UNSETTLED || w->stopping)) {
		cmds[n] = w->head;
		w->head = cmds[n]->next;
		cmds[n++]->next = NULL;
	}
	if (w->head == NULL)
		w->tail = &w->head;
	w->waiting -= n;
	pthread_mutex_unlock(&w->lock);
	if (n == 0)
		return;
	if (w->role != WRITER_LEADS) {
		writer_turn_away(w, cmds, n);
		return;
	}
	w->stats.commands += n;
	us = clock_mono_us();
	writer_batch(w, cmds, n);
	w->stats.busy_us += clock_mono_us() - us;
	w->stats.ledger_us = ledger_us(w->ledger);
	pthread_mutex_lock(&w->lock);
	w->shown = w->stats;
	pthread_mutex_unlock(&w->lock);
	writer_log(w);
}

static void *
writer_main(void *arg)
{
	struct writer	*w = arg;
	bool		 probe, over;

	for (;;) {
		pthread_mutex_lock(&w->lock);
		probe = writer_wait(w);
		over = w->stopping && w->head == NULL;
		pthread_mutex_unlock(&w->lock);
		if (over)
			return NULL;
		pthread_mutex_lock(&w->turn);
		if (probe)
			writer_probe(w);
		else
			writer_turn(w);
		pthread_mutex_unlock(&w->turn);
	}
}

/* The checkpointer: keeps the write-ahead log short and the heads file fresh,
 * once a second, so that the writer never waits for either. */
static void *
writer_tidy(void *arg)
{
	struct writer	*w = arg;
	struct timespec	 until;
	bool		 last;

	thread_yields();
	do {
		pthread_mutex_lock(&w->lock);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		if (!w->stopped)
			pthread_cond_timedwait(&w->tidy, &w->lock, &until);
		last = w->stopped;
		pthread_mutex_unlock(&w->lock);
		store_tidy(w->store);
	} while (!last);
	return NULL;
}

static int
writer_start(struct writer *w, struct err *err)
{
	if (sequencer_local(&w->local, w->db, store_journal_id(w->store),
	    err) != 0 || w->local->ops->head(w->local, &w->mark, err) != 0)
		return -1;
	w->sequencer = w->conf.sequencer != NULL ? w->conf.sequencer :
	    w->local;
	w->shown_mark = w->mark;
	if (w->conf.cluster != NULL) {
		w->role = WRITER_FOLLOWS;
		w->stage.travels = true;
	}
	w->time = db_int(w->db, 0, "SELECT time FROM journal ORDER BY seq "
	    "DESC LIMIT 1", "");
	atomic_store(&w->conf.versions->last, w->mark.seq);
	atomic_store(&w->conf.versions->site, w->mark.seq);
	if (pthread_create(&w->thread, NULL, writer_main, w) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Cannot start the writer's thread");
	if (pthread_create(&w->checkpointer, NULL, writer_tidy, w) != 0)
		fatal("writer: no thread for checkpoints");
	return 0;
}

int
writer_open(struct writer **out, const struct writer_conf *conf,
    struct err *err)
{
	struct writer	*w;

	*out = NULL;
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	w->conf = *conf;
	w->tail = &w->head;
	pthread_mutex_init(&w->turn, NULL);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	pthread_cond_init(&w->tidy, NULL);
	if (store_open(&w->store, conf->dir, conf->origin, conf->sign,
	    &w->broken, err) != 0) {
		free(w);
		return -1;
	}
	if (conf->restarts && store_behind(w->store))
		memset(&w->broken, 0, sizeof(w->broken));
	w->db = store_db(w->store);
	w->ledger = w->stage.ledger = store_ledger(w->store);
	if (w->broken.code != ERR_NONE)
		log_error("writer: posts are refused: %s", w->broken.text);
	if (writer_start(w, err) != 0) {
		store_close(&w->store);
		free(w);
		return -1;
	}
	*out = w;
	if (w->broken.code == ERR_NONE && conf->cluster == NULL &&
	    conf->sign && !conf->restarts &&
	    rotation_record(w, conf->dir, err) != 0) {
		writer_close(out);
		return -1;
	}
	return 0;
}

void
writer_close(struct writer **wp)
{
	struct writer	*w = *wp;

	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_mutex_lock(&w->lock);
	w->stopped = true;
	pthread_cond_signal(&w->tidy);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->checkpointer, NULL);
	w->local->ops->close(w->local);
	turn_free(&w->stage);
	store_close(&w->store);
	pthread_cond_destroy(&w->wake);
	pthread_cond_destroy(&w->tidy);
	pthread_mutex_destroy(&w->lock);
	pthread_mutex_destroy(&w->turn);
	free(w);
	*wp = NULL;
}

int
writer_submit(struct writer *w, struct command *cmd, struct err *err)
{
	int	rc = 0;

	cmd->next = NULL;
	pthread_mutex_lock(&w->lock);
	if (w->broken.code != ERR_NONE) {
		*err = w->broken;
		rc = -1;
	} else if (w->stopping) {
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The server is stopping");
	} else if (w->role == WRITER_FOLLOWS) {
		cmd->moved = true;
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Another node decides");
	} else if (w->waiting >= WRITER_QUEUE) {
		rc = err_set(err, ERR_OVERLOADED, NULL,
		    "Too many changes are waiting; try again shortly");
	} else {
		*w->tail = cmd;
		w->tail = &cmd->next;
		if (w->waiting++ == 0)
			pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	return rc;
}

int
writer_run(struct writer *w, struct command *cmd, struct err *err)
{
	struct command_wait	wait;

	command_wait_begin(&wait, cmd, command_waited);
	if (writer_submit(w, cmd, err) != 0)
		return -1;
	return command_wait_end(&wait, cmd, err);
}

int
writer_ready(struct writer *w, struct err *err)
{
	int	rc = 0;

	pthread_mutex_lock(&w->lock);
	if (w->broken.code != ERR_NONE || w->failing.code != ERR_NONE) {
		*err = w->broken.code != ERR_NONE ? w->broken : w->failing;
		rc = -1;
	} else if (w->stopping) {
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The server is stopping");
	}
	pthread_mutex_unlock(&w->lock);
	return rc;
}

void
writer_stats(struct writer *w, struct writer_stats *out)
{
	pthread_mutex_lock(&w->lock);
	*out = w->shown;
	pthread_mutex_unlock(&w->lock);
}
