/*
 * Rebuild. See rebuild.h for the contract.
 */
#include <string.h>

#include "storage/base/log.h"
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

/* Every projection anew, inside the caller's transaction. */
static int
rebuild_tables(struct db *db, const char *journal_id, uint64_t *seq,
    struct err *err)
{
	struct rebuild_walk	 w = { .db = db, .err = err };
	struct sequencer	*s = NULL;
	int			 rc = -1;

	event_chain_start(&w.chain, journal_id);
	if (schema_drop_projections(db, err) == 0 &&
	    ledger_open(&w.ledger, db, NULL, NULL, err) == 0 &&
	    sequencer_local(&s, db, journal_id, err) == 0)
		rc = rebuild_walk(&w, s, err);
	*seq = w.seq;
	if (s != NULL)
		s->ops->close(s);
	ledger_close(&w.ledger);
	return rc;
}

int
rebuild_stale(struct db *db, const char *journal_id, struct err *err)
{
	uint64_t	seq;
	int		rc;

	if (db_int(db, 0, "SELECT 1 FROM meta WHERE key = ?", "s",
	    SCHEMA_STALE) == 0)
		return 0;
	log_info("rebuild: the tables of an older version are made anew");
	if (db_begin(db, err) != 0)
		return -1;
	rc = rebuild_tables(db, journal_id, &seq, err);
	if (rc == 0)
		rc = db_run(db, err, "DELETE FROM meta WHERE key = ?", "s",
		    SCHEMA_STALE);
	if (rc == 0)
		rc = db_commit(db, err);
	db_rollback(db);
	return rc;
}

static int
rebuild_run(struct store *st, int check, struct rebuild_result *out,
    struct err *err)
{
	struct db	*db = store_db(st);
	struct buf	 before = BUF_INIT, after = BUF_INIT;
	uint64_t	 seq;
	int		 rc = -1;

	if (db_begin(db, err) != 0 ||
	    schema_dump(db, &before, err) != 0 ||
	    rebuild_tables(db, store_journal_id(st), &seq, err) != 0 ||
	    schema_dump(db, &after, err) != 0)
		goto out;
	out->events = seq;
	out->identical = !buf_failed(&before) && !buf_failed(&after) &&
	    before.len == after.len &&
	    (before.len == 0 || memcmp(before.data, after.data,
	    before.len) == 0);
	rc = check ? 0 : db_commit(db, err);
out:
	db_rollback(db);
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
