/*
 * The tail's thread. While another node leads it waits for confirmed marks
 * and applies what the stream has up to them, never further; many batches go
 * into one transaction where it is behind. While this node leads it tells
 * the others what was confirmed, so that the writer need not wait for that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/clock.h"
#include "storage/base/log.h"
#include "storage/cluster_int.h"

#define TAIL_BATCHES	64		/* in one transaction */
#define TAIL_MARKS	512		/* read at once */
#define TAIL_BLOCK_MS	200
#define TAIL_BEHIND	1000		/* events: worth a line in the log */

/* Batches on their way from the stream to the writer. */
struct cluster_haul {
	struct cluster	*c;
	struct batch	 batch[TAIL_BATCHES];
	size_t		 n;
	bool		 lost;		/* one's content is gone */
};

/* Looks for a batch whose content part Redis no longer has at the node that
 * leads. */
static int
cluster_tail_refill(struct cluster *c, struct batch *b)
{
	struct batch	whole;
	struct buf	buf = BUF_INIT;
	char		address[CLUSTER_ADDRESS_MAX];
	struct mark	want, got;
	struct err	err;
	int		rc = -1;

	memset(&whole, 0, sizeof(whole));
	batch_end(b, &want);
	if (c->conf.peer_batch != NULL && cluster_leader(c, address,
	    sizeof(address)) && c->conf.peer_batch(c->conf.arg, address,
	    b->on.seq, &buf, &err) == 0 &&
	    cluster_ring_decode(&whole, buf.data, buf.len, NULL) == 0) {
		batch_end(&whole, &got);
		if (got.seq == want.seq && memcmp(&got.chain, &want.chain,
		    HASH_LEN) == 0) {
			batch_free(b);
			*b = whole;
			memset(&whole, 0, sizeof(whole));
			rc = 0;
		}
	}
	batch_free(&whole);
	buf_free(&buf);
	return rc;
}

static int
cluster_tail_haul(void *arg, struct batch *b, bool lost, struct err *err)
{
	struct cluster_haul	*h = arg;

	(void)err;
	if (lost && cluster_tail_refill(h->c, b) != 0) {
		h->lost = true;
		return -1;
	}
	h->batch[h->n++] = *b;
	memset(b, 0, sizeof(*b));
	return h->n == TAIL_BATCHES ? -1 : 0;
}

/* Applies what was hauled. */
static int
cluster_tail_land(struct cluster *c, struct cluster_haul *h,
    const struct cluster_notes *notes, struct err *err)
{
	struct writer_step	steps[TAIL_BATCHES];
	struct mark		end;
	size_t			i, k = 0;
	bool			bad;

	for (i = 0; i < h->n; i++) {
		cluster_ring_add(c->ring, &h->batch[i]);
		cluster_keep_erase(c, &h->batch[i]);
		batch_end(&h->batch[i], &end);
		steps[i].batch = &h->batch[i];
		steps[i].note = NULL;
		while (notes != NULL && k < notes->n &&
		    notes->note[k].seq < end.seq)
			k++;
		if (notes != NULL && k < notes->n &&
		    notes->note[k].seq == end.seq)
			steps[i].note = notes->note[k].text;
	}
	if (writer_apply(c->writer, steps, h->n, &bad, err) == 0)
		return 0;
	if (bad)
		cluster_break(c, err);
	return -1;
}

int
cluster_apply(struct cluster *c, struct cluster_link *l, uint64_t upto,
    const struct cluster_notes *notes, struct err *err)
{
	struct cluster_haul	*h;
	struct mark		 at;
	size_t			 i;
	bool			 gap;
	int			 rc;

	writer_mark(c->writer, &at);
	if (at.seq >= upto)
		return 0;
	if ((h = calloc(1, sizeof(*h))) == NULL) {
		cluster_oom(err);
		return -1;
	}
	h->c = c;
	rc = sequencer_redis_batches(l->stream, at.seq, upto, TAIL_BATCHES,
	    cluster_tail_haul, h, &gap, err);
	/* What came before a failure is good all the same. */
	if (h->n > 0)
		rc = cluster_tail_land(c, h, notes, err);
	else if (gap || h->lost || rc == 0) {
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "Redis no "
		    "longer has what follows event %llu: this node needs a "
		    "copy (forumctl cluster join)",
		    (unsigned long long)at.seq);
		cluster_break(c, err);
	}
	for (i = 0; i < h->n; i++)
		batch_free(&h->batch[i]);
	free(h);
	if (rc != 0)
		return -1;
	cluster_break(c, NULL);
	writer_mark(c->writer, &at);
	return at.seq < upto;
}

/* ---- following ---- */

static void
cluster_tail_forget(struct cluster_notes *notes)
{
	while (notes->n > 0)
		free(notes->note[--notes->n].text);
}

static int
cluster_tail_mark(void *arg, const struct mark *m, const char *note,
    size_t len)
{
	struct cluster_notes	*notes = arg;
	struct cluster_note	*n = &notes->note[notes->n];

	n->seq = m->seq;
	n->text = NULL;
	/* A note that memory did not suffice for is signed here. */
	if (len > 0 && (n->text = malloc(len + 1)) != NULL) {
		memcpy(n->text, note, len);
		n->text[len] = '\0';
	}
	notes->n++;
	return notes->n == notes->cap ? -1 : 0;
}

/* Notes that this much is confirmed and that much applied. */
static void
cluster_tail_level(struct cluster *c, uint64_t confirmed)
{
	struct mark	at;

	writer_mark(c->writer, &at);
	pthread_mutex_lock(&c->lock);
	if (confirmed > c->confirmed)
		c->confirmed = confirmed;
	if (at.seq >= c->confirmed)
		c->level_at = clock_mono_ms();
	pthread_mutex_unlock(&c->lock);
}

/* Applies up to the last of the marks. */
static int
cluster_tail_advance(struct cluster *c, const struct cluster_notes *notes)
{
	struct err	err;
	uint64_t	upto = notes->note[notes->n - 1].seq;
	int		rc;

	cluster_tail_level(c, upto);
	do {
		pthread_mutex_lock(&c->apply);
		rc = cluster_leading(c) ? 0 : cluster_apply(c,
		    &c->link[CLUSTER_TAIL], upto, notes, &err);
		pthread_mutex_unlock(&c->apply);
	} while (rc == 1 && !atomic_load(&c->stopping));
	if (rc < 0)
		log_warn("cluster: cannot follow: %s", err.text);
	cluster_tail_level(c, upto);
	return rc;
}

/* How far behind, told once it is much, and how fast it was made up. */
struct cluster_chase {
	uint64_t	from;		/* 0: none */
	int64_t		begun;
};

static void
cluster_tail_chase(struct cluster *c, struct cluster_chase *chase)
{
	struct mark	at;
	uint64_t	confirmed;
	int64_t		ms;

	writer_mark(c->writer, &at);
	pthread_mutex_lock(&c->lock);
	confirmed = c->count.appended > c->confirmed ? c->count.appended :
	    c->confirmed;
	pthread_mutex_unlock(&c->lock);
	if (chase->from == 0 && at.seq + TAIL_BEHIND < confirmed) {
		chase->from = at.seq + 1;
		chase->begun = clock_mono_ms();
		log_info("cluster: %llu events behind",
		    (unsigned long long)(confirmed - at.seq));
	} else if (chase->from != 0 && at.seq >= confirmed) {
		ms = clock_mono_ms() - chase->begun;
		log_info("cluster: caught up: %llu events in %lld ms, %lld/s",
		    (unsigned long long)(at.seq + 1 - chase->from),
		    (long long)ms, (long long)((at.seq + 1 - chase->from) *
		    1000 / (ms + 1)));
		chase->from = 0;
	}
}

static void
cluster_tail_follow(struct cluster *c, struct cluster_notes *notes,
    struct cluster_chase *chase)
{
	struct mark	at;
	struct err	err;
	int		rc;

	writer_mark(c->writer, &at);
	rc = sequencer_redis_confirmed(c->link[CLUSTER_TAIL].stream, at.seq,
	    TAIL_MARKS, TAIL_BLOCK_MS, cluster_tail_mark, notes, &err);
	cluster_tail_chase(c, chase);
	if (rc == 0 && notes->n > 0)
		rc = cluster_tail_advance(c, notes);
	else if (rc == 0)
		cluster_tail_level(c, 0);
	cluster_tail_chase(c, chase);
	cluster_tail_forget(notes);
	if (rc < 0)
		cluster_pause(c, cluster_broken(c) ? 1000 : 100);
}

/* ---- leading ---- */

static void
cluster_tail_confirm(struct cluster *c)
{
	struct timespec	until = cluster_after(TAIL_BLOCK_MS);
	struct buf	note = BUF_INIT;
	struct mark	at;
	struct err	err;
	bool		due;

	pthread_mutex_lock(&c->lock);
	if (!c->confirms && !atomic_load(&c->stopping))
		pthread_cond_timedwait(&c->commit, &c->lock, &until);
	due = c->confirms;
	at = c->confirm;
	if (due && c->confirm_note.len > 0)
		buf_add(&note, c->confirm_note.data, c->confirm_note.len);
	c->confirms = false;
	pthread_mutex_unlock(&c->lock);
	if (due) {
		switch (sequencer_redis_confirm(c->link[CLUSTER_TAIL].stream,
		    &at, note.len > 0 ? note.data : "", note.len, &err)) {
		case SEQUENCER_OK:
		case SEQUENCER_CONFLICT:	/* whoever leads now does it */
			break;
		default:
			pthread_mutex_lock(&c->lock);
			c->confirms = true;
			pthread_mutex_unlock(&c->lock);
			cluster_pause(c, 50);
		}
	}
	buf_free(&note);
}

void *
cluster_tail_main(void *arg)
{
	struct cluster		*c = arg;
	struct cluster_note	 note[TAIL_MARKS];
	struct cluster_notes	 notes = { note, 0, TAIL_MARKS };
	struct cluster_chase	 chase = { 0, 0 };

	while (!atomic_load(&c->stopping)) {
		if (cluster_leading(c))
			cluster_tail_confirm(c);
		else
			cluster_tail_follow(c, &notes, &chase);
	}
	cluster_ended(c);
	return NULL;
}
