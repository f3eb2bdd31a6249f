/*
 * From one machine to several and back. See cluster.h for the contract.
 */
#include <stdio.h>
#include <string.h>

#include "storage/cluster_int.h"
#include "storage/event.h"
#include "storage/store.h"

#define FOUND_LEASE_MS	10000

/* Where the data directory's journal ends. */
static int
cluster_found_mark(struct cluster *c, struct mark *out, struct err *err)
{
	struct sequencer	*local = NULL;
	struct db		*db;
	int			 rc;

	if (store_reader(&db, c->conf.dir, err) != 0)
		return -1;
	rc = sequencer_local(&local, db, c->journal_id, err);
	if (rc == 0) {
		rc = local->ops->head(local, out, err);
		local->ops->close(local);
	}
	db_close(&db);
	return rc;
}

/* Notes in the data directory that it is one of several, so that no server
 * writes to it on its own; copies of it carry the note with them. */
static int
cluster_found_note(struct cluster *c, const char *note, struct err *err)
{
	char		 path[4200];
	struct db	*db;
	int		 rc;

	snprintf(path, sizeof(path), "%s/forum.db", c->conf.dir);
	if (db_open(&db, path, DB_WRITE, err) != 0)
		return -1;
	rc = note != NULL ? store_meta_set(db, CLUSTER_META, note, err) :
	    db_run(db, err, "DELETE FROM meta WHERE key = ?", "s",
	    CLUSTER_META);
	db_close(&db);
	return rc;
}

int
cluster_found(const struct cluster_conf *conf, struct err *err)
{
	struct cluster		*c;
	struct mark		 at;
	enum sequencer_answer	 answer = SEQUENCER_FAILED;

	if (cluster_new(&c, conf, err) != 0)
		return -1;
	if (cluster_found_mark(c, &at, err) == 0) {
		at.epoch = 1;
		answer = sequencer_redis_base(c->append.stream, &at, 0, err);
		if (answer == SEQUENCER_CONFLICT)
			err_set(err, ERR_INVALID_FIELD, NULL,
			    "The forum is founded in this Redis already");
	}
	if (answer == SEQUENCER_OK &&
	    cluster_found_note(c, c->tag, err) != 0)
		answer = SEQUENCER_FAILED;
	cluster_free(&c);
	return answer == SEQUENCER_OK ? 0 : -1;
}

/* The lease is held: nobody appends. */
static int
cluster_found_end(struct cluster *c, const struct mark *head, struct err *err)
{
	struct mark	at;

	if (cluster_found_mark(c, &at, err) != 0)
		return -1;
	if (at.seq != head->seq || memcmp(&at.chain, &head->chain,
	    HASH_LEN) != 0)
		return err_set(err, ERR_INVALID_FIELD, NULL, "This node has "
		    "events up to %llu, the stream up to %llu: run the "
		    "server until it has them all",
		    (unsigned long long)at.seq,
		    (unsigned long long)head->seq);
	return sequencer_redis_dissolve(c->append.stream, head->epoch,
	    err) == SEQUENCER_OK ? 0 : -1;
}

int
cluster_dissolve(const struct cluster_conf *conf, struct err *err)
{
	struct cluster	*c;
	struct mark	 head;
	struct err	 ignored;
	int		 rc = -1;

	if (cluster_new(&c, conf, err) != 0)
		return -1;
	switch (sequencer_redis_take(c->append.stream, c->conf.address,
	    FOUND_LEASE_MS, &head, err)) {
	case SEQUENCER_OK:
		rc = cluster_found_end(c, &head, err);
		if (rc == 0)
			rc = cluster_found_note(c, NULL, err);
		else
			sequencer_redis_release(c->append.stream,
			    c->conf.address, head.epoch, &ignored);
		break;
	case SEQUENCER_CONFLICT:
		err_set(err, ERR_INVALID_FIELD, NULL, "Another node leads: "
		    "stop the servers of all nodes first");
		break;
	default:
		break;
	}
	cluster_free(&c);
	return rc;
}
