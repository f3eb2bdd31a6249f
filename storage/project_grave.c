/*
 * Projectors of the gravest cases: what is locked away and who opened it,
 * what an authority was told of (Art. 18), and authorities' orders (Arts 9
 * and 10). See project.h.
 */
#include <string.h>

#include "storage/project.h"

int
project_grave_decided(struct db *db, const struct event *e, int64_t tnum,
    int64_t num, int64_t dnum, struct err *err)
{
	const char	*action = event_str(e, "action");

	if (strcmp(action, "restore") == 0)
		return db_run(db, err, "UPDATE quarantine SET released_at = ? "
		    "WHERE thread = ? AND num = ? AND released_at IS NULL",
		    "iii", e->time, tnum, num);
	if (strcmp(action, "quarantine") != 0)
		return 0;
	return db_run(db, err, "INSERT INTO quarantine (thread, num, "
	    "decision, at, preserve_until, notify_after) VALUES (?, ?, ?, ?, "
	    "NULLIF(?, 0), NULLIF(?, 0)) ON CONFLICT DO UPDATE SET decision = "
	    "excluded.decision, at = excluded.at, preserve_until = "
	    "excluded.preserve_until, notify_after = excluded.notify_after, "
	    "released_at = NULL", "iiiiii", tnum, num, dnum, e->time,
	    event_int(e, "preserve_until"), event_int(e, "notify_after"));
}

int
project_quarantine_opened(struct db *db, const struct event *e,
    struct err *err)
{
	return db_run(db, err, "INSERT INTO opening (num, thread, comment, "
	    "account, at) VALUES (?, ?, ?, ?, ?)", "iiiii", (int64_t)e->seq,
	    event_int(e, "tnum"), event_int(e, "num"),
	    event_int(e, "account"), e->time);
}

int
project_quarantine_kept(struct db *db, const struct event *e,
    struct err *err)
{
	return db_run(db, err, "UPDATE quarantine SET preserve_until = ?, "
	    "notify_after = NULLIF(?, 0) WHERE thread = ? AND num = ?",
	    "iiii", event_int(e, "preserve_until"),
	    event_int(e, "notify_after"), event_int(e, "tnum"),
	    event_int(e, "num"));
}

int
project_escalation_opened(struct db *db, const struct event *e,
    struct err *err)
{
	return db_run(db, err, "INSERT INTO escalation (num, id, thread, "
	    "comment, clause, at, state) VALUES (?, ?, ?, ?, ?, ?, 'open')",
	    "isiisi", event_int(e, "gnum"), event_str(e, "id"),
	    event_int(e, "tnum"), event_int(e, "num"),
	    event_str(e, "clause"), e->time);
}

int
project_escalation_closed(struct db *db, const struct event *e,
    struct err *err)
{
	return db_run(db, err, "UPDATE escalation SET state = ?, told_at = "
	    "NULLIF(?, 0), closed_at = ?, account = ? WHERE num = ?",
	    "siiii", event_str(e, "outcome"), event_int(e, "told_at"),
	    e->time, event_int(e, "account"), event_int(e, "gnum"));
}

int
project_order_received(struct db *db, const struct event *e, struct err *err)
{
	return db_run(db, err, "INSERT INTO mandate (num, id, type, state, "
	    "thread, comment, account, received_at, recorded_at) VALUES (?, "
	    "?, ?, ?, NULLIF(?, 0), NULLIF(?, 0), ?, ?, ?)", "isssiiiii",
	    event_int(e, "onum"), event_str(e, "id"), event_str(e, "type"),
	    event_str(e, "state"), event_int(e, "tnum"), event_int(e, "num"),
	    event_int(e, "account"), event_int(e, "received_at"), e->time);
}

int
project_order_answered(struct db *db, const struct event *e, struct err *err)
{
	return db_run(db, err, "UPDATE mandate SET acted_at = "
	    "COALESCE(NULLIF(?, 0), acted_at), told_at = COALESCE(NULLIF(?, "
	    "0), told_at), effect = COALESCE(?, effect) WHERE num = ?",
	    "iisi", event_int(e, "acted_at"), event_int(e, "told_at"),
	    event_str(e, "effect"), event_int(e, "onum"));
}
