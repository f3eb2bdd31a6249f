/*
 * The writer among several nodes: leading, following, and applying what
 * another node decided. What is applied goes through the same staging and
 * applying as an own decision, so that every node's tables, ledger and
 * published versions come out the same.
 *
 * On taking over, the rate counters that moderation keeps in memory begin
 * empty, so that somebody at a limit may go on for one window more. Recent
 * posts' fingerprints travel with the batches and are known on every node.
 */
#include <string.h>

#include "storage/writer_int.h"

static void
writer_role(struct writer *w, enum writer_role role)
{
	pthread_mutex_lock(&w->lock);
	w->role = role;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void
writer_unsettle(struct writer *w)
{
	if (w->role != WRITER_LEADS)
		return;
	w->conflicts++;
	writer_role(w, WRITER_UNSETTLED);
	w->conf.unsettled(w->conf.cluster);
}

void
writer_requeue(struct writer *w, struct command **cmds, size_t n)
{
	size_t	i;

	pthread_mutex_lock(&w->lock);
	for (i = 0; i < n; i++) {
		*w->tail = cmds[i];
		w->tail = &cmds[i]->next;
	}
	w->waiting += n;
	pthread_mutex_unlock(&w->lock);
}

void
writer_fail(struct command **cmds, size_t n, const struct err *err)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		cmds[i]->status = 0;
		if (cmds[i]->err.code == ERR_NONE)
			cmds[i]->err = *err;
	}
}

void
writer_turn_away(struct writer *w, struct command **cmds, size_t n)
{
	struct err	err;
	size_t		i;

	err_set(&err, ERR_STORAGE_UNAVAILABLE, NULL, w->stopping ?
	    "The server is stopping" : "Another node decides");
	for (i = 0; i < n; i++)
		memset(&cmds[i]->err, 0, sizeof(cmds[i]->err));
	writer_fail(cmds, n, &err);
	for (i = 0; i < n; i++) {
		cmds[i]->moved = true;
		cmds[i]->done(cmds[i]);
	}
}

int
writer_lead(struct writer *w, uint64_t epoch, struct err *err)
{
	if (w->broken.code != ERR_NONE) {
		*err = w->broken;
		return -1;
	}
	pthread_mutex_lock(&w->turn);
	w->mark.epoch = epoch;
	writer_role(w, WRITER_LEADS);
	pthread_mutex_unlock(&w->turn);
	return 0;
}

void
writer_follow(struct writer *w)
{
	pthread_mutex_lock(&w->turn);
	/* Rows without an event had only this node to know them. */
	w->stage.carried = 0;
	turn_reset(&w->stage);
	writer_role(w, WRITER_FOLLOWS);
	pthread_mutex_unlock(&w->turn);
}

void
writer_mark(struct writer *w, struct mark *out)
{
	pthread_mutex_lock(&w->lock);
	*out = w->shown_mark;
	pthread_mutex_unlock(&w->lock);
}

/* One batch in the open transaction. */
static int
writer_step(struct writer *w, struct turn *t, struct writer_step *s, bool *bad,
    struct err *err)
{
	struct mark	end;

	if (memcmp(&s->batch->on.chain, &w->stage.mark.chain,
	    sizeof(end.chain)) != 0 || s->batch->on.seq != w->stage.mark.seq) {
		*bad = true;
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "The batch "
		    "behind event %llu does not follow what this node has",
		    (unsigned long long)s->batch->on.seq);
	}
	batch_end(s->batch, &end);
	if (turn_adopt(t, s->batch, err) != 0 || turn_apply(t, err) != 0)
		return -1;
	if (w->stage.mark.seq != end.seq || memcmp(&w->stage.mark.chain,
	    &end.chain, sizeof(end.chain)) != 0) {
		*bad = true;
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "The chain "
		    "is broken at event %llu", (unsigned long long)end.seq);
	}
	t->now = w->stage.batch.events[w->stage.batch.nevents - 1].time;
	if (ledger_seal(w->ledger, t->now, s->note, err) != 0) {
		*bad = s->note != NULL;
		return -1;
	}
	return 0;
}

/* Hands on what the batches bring for no table. */
static void
writer_hear(struct writer *w)
{
	const struct batch	*b = &w->stage.batch;
	size_t			 i;

	for (i = 0; w->conf.heard != NULL && i < b->nderived; i++) {
		if (derived_kinds[b->derived[i].kind].sql == NULL)
			w->conf.heard(w->conf.ctx, &b->derived[i]);
	}
}

static int
writer_steps(struct writer *w, struct writer_step *steps, size_t n, bool *bad,
    struct err *err)
{
	struct turn	t = { .db = w->db, .ctx = w->conf.ctx,
			    .stage = &w->stage };
	size_t		i;

	if (w->role == WRITER_LEADS)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "This node leads");
	if (w->broken.code != ERR_NONE) {
		*bad = true;
		*err = w->broken;
		return -1;
	}
	if (db_begin(w->db, err) != 0)
		return -1;
	writer_sweep(w);
	w->stage.mark = w->stage.batch.on = w->mark;
	t.index = ledger_size(w->ledger);
	for (i = 0; i < n; i++) {
		if (writer_step(w, &t, &steps[i], bad, err) != 0)
			break;
	}
	if (i == n && db_commit(w->db, err) == 0) {
		writer_advance(w, t.now);
		writer_publish(w);
		writer_hear(w);
		turn_reset(&w->stage);
		return 0;
	}
	turn_discard(&t);
	turn_reset(&w->stage);
	db_rollback(w->db);
	ledger_drop(w->ledger);
	return -1;
}

int
writer_apply(struct writer *w, struct writer_step *steps, size_t n, bool *bad,
    struct err *err)
{
	int	rc;

	*bad = false;
	if (n == 0)
		return 0;
	pthread_mutex_lock(&w->turn);
	rc = writer_steps(w, steps, n, bad, err);
	if (w->role != WRITER_LEADS)
		writer_went(w, rc == 0 ? NULL : err);
	pthread_mutex_unlock(&w->turn);
	return rc;
}
