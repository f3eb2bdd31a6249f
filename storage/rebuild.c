/*
 * Rebuild. See rebuild.h for the contract.
 */
#include <string.h>

#include "storage/rebuild.h"
#include "storage/schema.h"
#include "storage/sequencer.h"
#include "storage/store.h"
#include "storage/turn.h"

struct rebuild_walk {
	struct db	*db;
	struct ledger	*ledger;
	struct hash	 chain;
	uint64_t	 seq;
	struct err	*err;
	int		 failed;
};

static int
rebuild_event(void *arg, const struct batch_event *b)
{
	struct rebuild_walk	*w = arg;
	struct event		 e;
	int			 rc;

	event_chain(&w->chain, b->bytes, b->len);
	if (b->seq != w->seq + 1 ||
	    memcmp(&w->chain, &b->chain, sizeof(w->chain)) != 0) {
		w->failed = 1;
		return err_set(w->err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The journal's chain is broken at event %llu",
		    (unsigned long long)b->seq);
	}
	rc = event_decode(&e, b->bytes, b->len, w->err);
	if (rc == 0) {
		e.seq = w->seq = b->seq;
		if (e.pub != NULL)
			e.index = ledger_size(w->ledger);
		rc = turn_project(w->db, w->ledger, &e,
		    json_string_value(e.leaf), json_string_length(e.leaf),
		    w->err);
		event_clear(&e);
	}
	w->failed = rc != 0;
	return rc;
}

static int
rebuild_walk(struct rebuild_walk *w, struct sequencer *s, struct err *err)
{
	uint64_t	before;

	do {
		before = w->seq;
		if (s->ops->read(s, w->seq, 1000, rebuild_event, w,
		    err) != 0 || w->failed)
			return -1;
	} while (w->seq != before);
	return ledger_seal(w->ledger, 0, NULL, err);
}

static int
rebuild_run(struct store *st, int check, struct rebuild_result *out,
    struct err *err)
{
	struct rebuild_walk	 w = { .db = store_db(st), .err = err };
	struct buf		 before = BUF_INIT, after = BUF_INIT;
	struct sequencer	*s = NULL;
	int			 rc = -1;

	event_chain_start(&w.chain, store_journal_id(st));
	if (db_begin(w.db, err) != 0 ||
	    schema_dump(w.db, &before, err) != 0 ||
	    schema_drop_projections(w.db, err) != 0 ||
	    ledger_open(&w.ledger, w.db, NULL, NULL, err) != 0 ||
	    sequencer_local(&s, w.db, store_journal_id(st), err) != 0 ||
	    rebuild_walk(&w, s, err) != 0 ||
	    schema_dump(w.db, &after, err) != 0)
		goto out;
	out->events = w.seq;
	out->identical = !buf_failed(&before) && !buf_failed(&after) &&
	    before.len == after.len &&
	    (before.len == 0 || memcmp(before.data, after.data,
	    before.len) == 0);
	rc = check ? 0 : db_commit(w.db, err);
out:
	db_rollback(w.db);
	if (s != NULL)
		s->ops->close(s);
	ledger_close(&w.ledger);
	buf_free(&before);
	buf_free(&after);
	return rc;
}

int
rebuild(const char *dir, int check, struct rebuild_result *out,
    struct err *err)
{
	struct store	*st;
	struct err	 broken;
	int		 rc;

	memset(out, 0, sizeof(*out));
	if (store_open(&st, dir, "unused", false, &broken, err) != 0)
		return -1;
	rc = rebuild_run(st, check, out, err);
	store_close(&st);
	return rc;
}
