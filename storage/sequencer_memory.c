/*
 * A sequencer in memory, for tests: keeps the order in an array, and does
 * wrong on request what a distant engine can do wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "storage/event.h"
#include "storage/sequencer.h"

struct sequencer_memory {
	struct sequencer	 s;
	struct mark		 head;
	struct batch_event	*events;	/* owned, with their bytes */
	size_t			 n, cap;
	enum sequencer_answer	 fault;		/* OK: none */
	int			 stored;
};

static int
sequencer_memory_take(struct sequencer_memory *m, const struct batch_event *e)
{
	struct batch_event	*events;
	size_t			 cap = m->cap == 0 ? 64 : m->cap * 2;

	if (m->n == m->cap) {
		events = realloc(m->events, cap * sizeof(*events));
		if (events == NULL)
			return -1;
		m->events = events;
		m->cap = cap;
	}
	m->events[m->n] = *e;
	m->events[m->n].kind = event_kind(e->kind)->name;
	if ((m->events[m->n].bytes = malloc(e->len)) == NULL)
		return -1;
	memcpy(m->events[m->n].bytes, e->bytes, e->len);
	m->n++;
	m->head.seq = e->seq;
	m->head.chain = e->chain;
	return 0;
}

static enum sequencer_answer
sequencer_memory_append(struct sequencer *s, const struct batch *batch,
    struct err *err)
{
	struct sequencer_memory	*m = (struct sequencer_memory *)s;
	enum sequencer_answer	 answer = m->fault;
	size_t			 i;

	m->fault = SEQUENCER_OK;
	if (answer != SEQUENCER_OK && !m->stored) {
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "A fault");
		return answer;
	}
	if (batch->on.epoch != m->head.epoch || batch->on.seq != m->head.seq ||
	    memcmp(&batch->on.chain, &m->head.chain,
	    sizeof(struct hash)) != 0) {
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The journal has moved on");
		return SEQUENCER_CONFLICT;
	}
	for (i = 0; i < batch->nevents; i++) {
		if (sequencer_memory_take(m, &batch->events[i]) != 0) {
			err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "Out of memory");
			return SEQUENCER_FAILED;
		}
	}
	return answer;
}

static int
sequencer_memory_head(struct sequencer *s, struct mark *out, struct err *err)
{
	(void)err;
	*out = ((struct sequencer_memory *)s)->head;
	return 0;
}

static int
sequencer_memory_read(struct sequencer *s, uint64_t after, size_t max,
    int (*each)(void *arg, const struct batch_event *e), void *arg,
    struct err *err)
{
	struct sequencer_memory	*m = (struct sequencer_memory *)s;
	size_t			 i;

	(void)err;
	for (i = 0; i < m->n && max > 0; i++) {
		if (m->events[i].seq <= after)
			continue;
		max--;
		if (each(arg, &m->events[i]) != 0)
			break;
	}
	return 0;
}

static void
sequencer_memory_close(struct sequencer *s)
{
	struct sequencer_memory	*m = (struct sequencer_memory *)s;
	size_t			 i;

	for (i = 0; i < m->n; i++)
		free(m->events[i].bytes);
	free(m->events);
	free(m);
}

static const struct sequencer_ops sequencer_memory_ops = {
	.name = "memory",
	.append = sequencer_memory_append,
	.head = sequencer_memory_head,
	.read = sequencer_memory_read,
	.close = sequencer_memory_close,
};

int
sequencer_memory(struct sequencer **out, const char *journal_id,
    struct err *err)
{
	struct sequencer_memory	*m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	m->s.ops = &sequencer_memory_ops;
	m->head.epoch = 1;
	event_chain_start(&m->head.chain, journal_id);
	*out = &m->s;
	return 0;
}

void
sequencer_memory_fault(struct sequencer *s, enum sequencer_answer answer,
    int stored)
{
	struct sequencer_memory	*m = (struct sequencer_memory *)s;

	m->fault = answer;
	m->stored = stored;
}

void
sequencer_memory_epoch(struct sequencer *s, uint64_t epoch)
{
	((struct sequencer_memory *)s)->head.epoch = epoch;
}
