/*
 * Projectors of threads and of the house rules. See project.h.
 */
#include "storage/project.h"

int
project_nothing(struct db *db, const struct event *e, struct err *err)
{
	(void)db, (void)e, (void)err;
	return 0;
}

int
project_policy(struct db *db, const struct event *e, struct err *err)
{
	return db_run(db, err, "INSERT INTO policy (digest, adopted_at, num, "
	    "log_index) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
	    "adopted_at = excluded.adopted_at, num = excluded.num, "
	    "log_index = excluded.log_index", "siii", event_str(e, "policy"),
	    e->time, event_int(e, "num"), e->index);
}

int
project_thread_opened(struct db *db, const struct event *e, struct err *err)
{
	return db_run(db, err, "INSERT INTO thread (num, id, slug, title, "
	    "url, site, mode, notice, section, created_at, closes_at, "
	    "version, log_index) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
	    "NULLIF(?, 0), ?, ?)", "issssssssiiii", event_int(e, "tnum"),
	    event_str(e, "thread"), event_str(e, "slug"),
	    event_str(e, "title"), event_str(e, "url"), event_str(e, "site"),
	    event_str(e, "mode"), event_str(e, "notice"),
	    event_str(e, "section"), e->time, event_int(e, "closes_at"),
	    (int64_t)e->seq, e->index);
}

int
project_thread_mode(struct db *db, const struct event *e, struct err *err)
{
	int64_t	tnum = event_int(e, "tnum");

	if (event_has(e, "notice") && db_run(db, err, "UPDATE thread SET "
	    "notice = NULLIF(?, '') WHERE num = ?", "si",
	    event_str(e, "notice"), tnum) != 0)
		return -1;
	if (event_has(e, "restriction") && db_run(db, err, "UPDATE thread "
	    "SET restriction = NULLIF(?, '') WHERE num = ?", "si",
	    event_str(e, "restriction"), tnum) != 0)
		return -1;
	if (event_has(e, "closes_at") && db_run(db, err, "UPDATE thread SET "
	    "closes_at = NULLIF(?, 0) WHERE num = ?", "ii",
	    event_int(e, "closes_at"), tnum) != 0)
		return -1;
	return db_run(db, err, "UPDATE thread SET mode = ?, version = ? "
	    "WHERE num = ?", "sii", event_str(e, "mode"), (int64_t)e->seq,
	    tnum);
}
