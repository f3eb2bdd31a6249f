/*
 * Lists of the public record. See log_view.h.
 *
 * Most entries are acceptances, which nobody wants in a list of decisions.
 * To skip them without reading them, each kind is followed by its own index
 * and the newest of all are taken; filters by clause and decider go through
 * the decisions' indexes instead.
 */
#include <string.h>

#include "forumd/log_view.h"
#include "forumd/stats.h"

#define DAY_MS	INT64_C(86400000)

/* The kinds a list shows when none is asked for. */
#define LOG_KINDS(X)							       \
	X("decision") X("batch") X("comment.held") X("comment.published")      \
	X("comment.erased") X("flags.decided") X("appeal.filed")	       \
	X("appeal.decided") X("sanction") X("sanction.ended")		       \
	X("explanation.redacted") X("thread.mode") X("policy.adopted")	       \
	X("key.rotated") X("log.restarted")

/* Those that are asked for by name alone. */
#define LOG_OTHERS(X)							       \
	X("log.started") X("thread.opened") X("comment.accepted")	       \
	X("comment.edited") X("comment.withdrawn")

#define LOG_EACH(k) "SELECT idx FROM (SELECT idx FROM leaf WHERE kind = '" k   \
	"' AND idx < ?1 ORDER BY idx DESC LIMIT ?2) UNION ALL "
#define LOG_NAME(k) "'" k "', "

static const char log_sql_all[] = "SELECT idx FROM ("
	LOG_KINDS(LOG_EACH) "SELECT 0 WHERE 0) ORDER BY idx DESC LIMIT ?2";
static const char log_sql_thread[] = "SELECT idx FROM leaf WHERE thread = ?3 "
	"AND idx < ?1 AND CASE WHEN ?4 = '' THEN kind IN ("
	LOG_KINDS(LOG_NAME) "'') ELSE kind = ?4 END ORDER BY idx DESC LIMIT "
	"?2";

const char *
log_kind(size_t i)
{
	static const char *const	kinds[] = {
#define X(k)	k,
		LOG_KINDS(X) LOG_OTHERS(X)
#undef X
		NULL
	};

	return kinds[i];
}

/* A day of a filter; an empty field of a form is none. */
static int
log_ask_day(struct request *rq, const char *name, bool end, int64_t *out,
    struct err *err)
{
	char	text[40];
	int	got = request_param(rq, name, text, sizeof(text), err);

	*out = 0;
	if (got < 0)
		return -1;
	return text[0] == '\0' || stats_time(text, end, out) == 0 ? 0 :
	    err_set(err, ERR_INVALID_FIELD, name,
	    "%s is a day like 2026-11-22", name);
}

int
log_ask(struct request *rq, struct log_ask *ask, struct err *err)
{
	if (request_param(rq, "thread", ask->thread, sizeof(ask->thread),
	    err) < 0 || request_param(rq, "clause", ask->clause,
	    sizeof(ask->clause), err) < 0 || request_param(rq, "kind",
	    ask->kind, sizeof(ask->kind), err) < 0 || request_param(rq, "by",
	    ask->by, sizeof(ask->by), err) < 0 ||
	    log_ask_day(rq, "from", false, &ask->from, err) != 0 ||
	    log_ask_day(rq, "to", true, &ask->to, err) != 0 ||
	    request_paging(rq,
	    &ask->limit, ask->after, sizeof(ask->after), err) != 0)
		return -1;
	if (strcmp(ask->by, "automatic,person") == 0 ||
	    strcmp(ask->by, "person,automatic") == 0)
		ask->by[0] = '\0';
	if (ask->by[0] != '\0' && strcmp(ask->by, "automatic") != 0 &&
	    strcmp(ask->by, "person") != 0)
		return err_set(err, ERR_INVALID_FIELD, "by",
		    "by is automatic or person");
	return 0;
}

static struct stmt *
log_query_decisions(struct view *v, const struct log_ask *ask, int64_t at,
    int64_t thread)
{
	int64_t	num;

	num = at == INT64_MAX ? INT64_MAX : db_int(v->db, INT64_MAX,
	    "SELECT num FROM decision WHERE log_index >= ? ORDER BY log_index "
	    "LIMIT 1", "i", at);
	if (ask->clause[0] != '\0')
		return db_query(v->db, "SELECT DISTINCT d.log_index FROM "
		    "decision d JOIN leaf l ON l.idx = d.log_index WHERE "
		    "d.clause = ?1 AND d.num < ?2 AND (?3 = 0 OR d.thread = "
		    "?3) AND (?4 = '' OR (d.decider = 'automatic') = (?4 = "
		    "'automatic')) AND (?5 = '' OR l.kind = ?5) ORDER BY "
		    "d.num DESC LIMIT ?6", "siissi", ask->clause, num, thread,
		    ask->by, ask->kind, (int64_t)ask->limit + 1);
	return db_query(v->db, "SELECT DISTINCT d.log_index FROM decision d "
	    "JOIN leaf l ON l.idx = d.log_index WHERE d.num < ?1 AND (?2 = 0 "
	    "OR d.thread = ?2) AND (d.decider = 'automatic') = (?3 = "
	    "'automatic') AND (?4 = '' OR l.kind = ?4) ORDER BY d.num DESC "
	    "LIMIT ?5", "iissi", num, thread, ask->by, ask->kind,
	    (int64_t)ask->limit + 1);
}

static struct stmt *
log_query(struct view *v, const struct log_ask *ask, int64_t at,
    int64_t thread)
{
	int64_t	n = (int64_t)ask->limit + 1;

	if (ask->clause[0] != '\0' || ask->by[0] != '\0')
		return log_query_decisions(v, ask, at, thread);
	if (thread != 0)
		return db_query(v->db, log_sql_thread, "iiis", at, n, thread,
		    ask->kind);
	if (ask->kind[0] != '\0')
		return db_query(v->db, "SELECT idx FROM leaf WHERE kind = ? "
		    "AND idx < ? ORDER BY idx DESC LIMIT ?", "sii", ask->kind,
		    at, n);
	return db_query(v->db, log_sql_all, "ii", at, n);
}

static const char *
log_title(struct view *v, const char *clause)
{
	const char	*title = clause == NULL ? NULL :
			    policy_title(v->policy, clause, v->language);

	return title != NULL ? title : clause;
}

int
log_entry(struct view *v, int64_t index, struct log_entry *out,
    struct err *err)
{
	struct arena	*a = &v->arena;
	struct stmt	*s;
	const void	*text;
	size_t		 len;
	int		 found;

	memset(out, 0, sizeof(*out));
	s = db_query(v->db, "SELECT l.idx, l.kind, l.time, t.slug, t.title, "
	    "c.id, d.id, d.action, d.clause, d.decider, d.appeal, d.policy, "
	    "d.auto_detection, d.appeal_until, (SELECT COUNT(*) FROM decision "
	    "x WHERE x.log_index = l.idx), c.held_clause, d.auto_decision, "
	    "x.bytes, l.thread FROM leaf l LEFT JOIN "
	    "thread t ON t.num = l.thread LEFT JOIN comment c ON c.thread = "
	    "l.thread AND c.num = l.comment LEFT JOIN decision d ON "
	    "d.log_index = l.idx LEFT JOIN content x ON x.ref = 'd:' || d.id "
	    "AND x.field = 'explanation' AND d.redacted = 0 "
	    "WHERE l.idx = ? LIMIT 1", "i", index);
	if ((found = stmt_step(s)) == 1) {
		out->index = stmt_int(s, 0);
		out->kind = arena_str(a, stmt_text(s, 1));
		out->time = stmt_int(s, 2) / DAY_MS * DAY_MS;
		out->thread = arena_str(a, stmt_str(s, 3));
		out->thread_title = arena_str(a, stmt_str(s, 4));
		out->comment = arena_str(a, stmt_str(s, 5));
		out->decision = arena_str(a, stmt_str(s, 6));
		out->action = arena_str(a, stmt_str(s, 7));
		out->clause = arena_str(a, stmt_str(s, 8));
		out->decider = arena_str(a, stmt_str(s, 9));
		out->appeal = arena_str(a, stmt_str(s, 10));
		out->policy = arena_str(a, stmt_str(s, 11));
		out->automatic = stmt_int(s, 12) != 0;
		out->until = stmt_int(s, 13);
		out->items = stmt_int(s, 14);
		out->tnum = stmt_int(s, 18);
		out->decided = arena_str(a, stmt_str(s, 16));
		text = stmt_blob(s, 17, &len);
		out->explanation = text == NULL ? NULL :
		    arena_text(a, text, len);
		if (out->clause == NULL &&
		    strcmp(out->kind, "comment.held") == 0)
			out->clause = arena_str(a, stmt_str(s, 15));
		out->clause_title = log_title(v, out->clause);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	return found == 1 ? 0 : err_set(err, ERR_NOT_FOUND, NULL,
	    "The record has no such entry");
}

/* The first entry of this time or later: times never go back, so halving
 * finds it. */
static int64_t
log_since(struct db *db, int64_t ms)
{
	int64_t	lo = 0, hi, mid;

	hi = db_int(db, 0, "SELECT COALESCE(MAX(idx) + 1, 0) FROM leaf", "");
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (db_int(db, 0, "SELECT time FROM leaf WHERE idx = ?", "i",
		    mid) < ms)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int
log_page(struct request *rq, struct view *v, const struct log_ask *ask,
    struct log_entry **list, size_t *n, struct err *err)
{
	struct thread_row	 t;
	struct stmt		*s;
	int64_t			 at = INT64_MAX, least = 0, end, *idx;
	size_t			 i, limit = (size_t)ask->limit;

	*n = 0;
	t.num = 0;
	if (ask->after[0] != '\0' &&
	    cursor_read(ask->after, 'l', 1, &at, err) != 0)
		return -1;
	if (ask->thread[0] != '\0' &&
	    lookup_thread(rq->db, ask->thread, &t, err) != 0)
		return -1;
	if (ask->from > 0)
		least = log_since(v->db, ask->from);
	if (ask->to > 0 && (end = log_since(v->db, ask->to)) < at)
		at = end;
	*list = arena_get(&v->arena, limit * sizeof(**list));
	idx = arena_get(&v->arena, (limit + 1) * sizeof(*idx));
	if (*list == NULL || idx == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	s = log_query(v, ask, at, t.num);
	while (*n <= limit && stmt_step(s) == 1 && stmt_int(s, 0) >= least)
		idx[(*n)++] = stmt_int(s, 0);
	if (stmt_done(s, err) != 0)
		return -1;
	if (*n > limit) {
		*n = limit;
		cursor_make(v->next, 'l', 1, &idx[limit - 1]);
	}
	for (i = 0; i < *n; i++) {
		if (log_entry(v, idx[i], &(*list)[i], err) != 0)
			return -1;
	}
	return 0;
}

int
log_load(struct request *rq, struct view *v, int64_t *index,
    struct log_entry *out, struct tlog_entry *proven, struct err *err)
{
	memset(proven, 0, sizeof(*proven));
	if (!api_index(rq->param[0], index))
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "The record has no such entry");
	if (log_entry(v, *index, out, err) != 0)
		return -1;
	return tlog_entry(rq, *index, proven, err);
}

void
log_entry_json(struct buf *b, const struct log_entry *e)
{
	buf_kv_str(b, "kind", e->kind);
	buf_kv_time(b, "date", e->time);
	buf_kv_str(b, "thread", e->thread);
	buf_kv_str(b, "comment", e->comment);
	buf_kv_str(b, "action", e->action);
	buf_kv_str(b, "clause", e->clause);
	buf_kv_str(b, "clause_title", e->clause_title);
	buf_kv_str(b, "decided_by", e->decider);
	buf_kv_str(b, "explanation", e->explanation);
	if (e->decision != NULL) {
		buf_kv_bool(b, "automated_detection", e->automatic);
		buf_kv_str(b, "automated_decision", e->decided);
		buf_kv_str(b, "policy_digest", e->policy);
		buf_kv_str(b, "appeal", e->appeal);
		buf_kv_int(b, "items", e->items);
	}
}
