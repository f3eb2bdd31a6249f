/*
 * The embedded sequencer: one machine, one file. The order is that of the
 * journal table, and appending is what the writer's transaction does; the
 * fence is checked against the table inside the same transaction, so that a
 * second process on the same file could not slip in between.
 */
#include <stdlib.h>
#include <string.h>

#include "storage/event.h"
#include "storage/sequencer.h"

struct sequencer_local {
	struct sequencer	 s;
	struct db		*db;		/* the writer's, borrowed */
	struct hash		 start;		/* chain_0 */
};

/* The chain at a sequence of the journal table, or -1. */
static int
sequencer_local_at(struct sequencer_local *l, uint64_t seq, struct hash *chain)
{
	struct stmt	*s;
	const void	*p;
	size_t		 len;
	int		 rc = -1;

	if (seq == 0) {
		*chain = l->start;
		return 0;
	}
	s = db_query(l->db, "SELECT chain FROM journal WHERE seq = ?", "i",
	    (int64_t)seq);
	if (stmt_step(s) == 1) {
		p = stmt_blob(s, 0, &len);
		if (len == HASH_LEN) {
			memcpy(chain->b, p, HASH_LEN);
			rc = 0;
		}
	}
	stmt_done(s, NULL);
	return rc;
}

static enum sequencer_answer
sequencer_local_append(struct sequencer *s, const struct batch *batch,
    struct err *err)
{
	struct sequencer_local	*l = (struct sequencer_local *)s;
	struct hash		 chain;
	uint64_t		 last = batch->on.seq + batch->nevents;

	/* The batch's own rows are in the open transaction already: what it
	 * was decided on must lie right below them, and nothing above. */
	if (sequencer_local_at(l, batch->on.seq, &chain) != 0 ||
	    memcmp(&chain, &batch->on.chain, sizeof(chain)) != 0 ||
	    (uint64_t)db_int(l->db, -1, "SELECT COALESCE(MAX(seq), 0) FROM "
	    "journal", "") != last) {
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The journal was written by another process");
		return SEQUENCER_CONFLICT;
	}
	return SEQUENCER_OK;
}

static int
sequencer_local_head(struct sequencer *s, struct mark *out, struct err *err)
{
	struct sequencer_local	*l = (struct sequencer_local *)s;
	int64_t			 seq;

	seq = db_int(l->db, -1, "SELECT COALESCE(MAX(seq), 0) FROM journal",
	    "");
	out->epoch = 1;
	out->seq = seq;
	if (seq < 0 || sequencer_local_at(l, seq, &out->chain) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The journal cannot be read");
	return 0;
}

static int
sequencer_local_read(struct sequencer *s, uint64_t after, size_t max,
    int (*each)(void *arg, const struct batch_event *e), void *arg,
    struct err *err)
{
	struct sequencer_local	*l = (struct sequencer_local *)s;
	struct batch_event	 e;
	struct stmt		*q;
	const void		*p;
	size_t			 len;
	int			 rc = 0;

	q = db_query(l->db, "SELECT seq, time, kind, bytes, chain FROM "
	    "journal WHERE seq > ? ORDER BY seq LIMIT ?", "ii",
	    (int64_t)after, (int64_t)max);
	while (rc == 0 && stmt_step(q) == 1) {
		e.seq = stmt_int(q, 0);
		e.time = stmt_int(q, 1);
		e.kind = stmt_text(q, 2);
		e.bytes = (char *)(uintptr_t)stmt_blob(q, 3, &e.len);
		p = stmt_blob(q, 4, &len);
		memset(&e.chain, 0, sizeof(e.chain));
		if (len == HASH_LEN)
			memcpy(e.chain.b, p, HASH_LEN);
		rc = each(arg, &e);
	}
	if (stmt_done(q, err) != 0)
		return -1;
	return 0;
}

static void
sequencer_local_close(struct sequencer *s)
{
	free(s);
}

static const struct sequencer_ops sequencer_local_ops = {
	.name = "local",
	.append = sequencer_local_append,
	.head = sequencer_local_head,
	.read = sequencer_local_read,
	.close = sequencer_local_close,
};

int
sequencer_local(struct sequencer **out, struct db *db, const char *journal_id,
    struct err *err)
{
	struct sequencer_local	*l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	l->s.ops = &sequencer_local_ops;
	l->db = db;
	event_chain_start(&l->start, journal_id);
	*out = &l->s;
	return 0;
}
