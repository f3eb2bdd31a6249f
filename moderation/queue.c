/*
 * Which items wait, in which order. See queue.h. Their JSON is in
 * queue_item.c.
 */
#include <string.h>

#include "moderation/appeal.h"
#include "moderation/queue.h"

static const char *const queue_states[] = { "held", "flagged", "appealed",
    "overdue", "all" };
static const char *const queue_sorts[] = { "priority", "oldest", "newest",
    "deadline" };

static int
queue_find(const char *const *words, size_t n, const char *word)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		if (strcmp(words[i], word) == 0)
			return (int)i;
	}
	return -1;
}

int
queue_state_find(const char *word)
{
	return queue_find(queue_states, 5, word);
}

int
queue_sort_find(const char *word)
{
	return queue_find(queue_sorts, 4, word);
}

/*
 * Five sources. Each gives thread, num, since, due, harm, exposure, appeal,
 * review, flagged, overdue. Held rows are read from their index alone.
 * A re-review of what flags had brought stands among the flagged ones.
 * Parameters: ?1 now, ?2 sort, ?3 held, ?4 flagged, ?5 appealed, ?6 overdue
 * only, ?7..?9 the cursor's key, thread and num, ?10 whether there is one.
 */
#define QUEUE_SOURCES							       \
	"SELECT thread, num, held_at AS since, decide_by AS due, harm + "      \
	"flags_weight AS harm, 1 AS exposure, 0 AS appeal, 0 AS review, 0 AS " \
	"flagged, COALESCE(held_overdue, 0) AS overdue FROM comment WHERE "    \
	"state = 'held' AND ?3 "					       \
	"UNION ALL SELECT thread, num, flagged_at, 0, harm + flags_weight, 4 " \
	"+ replies + MAX(score, 0), 0, 0, 1, 0 FROM comment WHERE flags_open " \
	"> 0 AND state = 'visible' AND ?4 "				       \
	"UNION ALL SELECT COALESCE(a.thread, 0), COALESCE(a.comment, a.num), " \
	"a.filed_at, 0, COALESCE(c.harm, 0), 2, a.num, 0, 0, 0 FROM appeal a " \
	"LEFT JOIN comment c ON c.thread = a.thread AND c.num = a.comment "    \
	"WHERE a.state = 'open' AND ?5 "				       \
	"UNION ALL SELECT thread, num, since, due, harm, exposure, 0, dnum, "  \
	"flagged, due > 0 AND due <= ?1 FROM (SELECT c.thread, c.num, "	       \
	"d.since, r.due_at AS due, "					       \
	"c.harm, 1 AS exposure, d.num AS dnum, EXISTS (SELECT 1 FROM flag f "  \
	"WHERE f.thread = c.thread AND f.comment = c.num AND f.decision = "    \
	"d.num) AS flagged FROM review r JOIN decision d ON d.num = "	       \
	"r.decision JOIN comment c ON c.thread = r.thread AND c.num = "	       \
	"r.comment WHERE r.at IS NULL AND c.held_at IS NULL AND "	       \
	"c.flags_open = 0) WHERE (?4 AND flagged) "			       \
	"OR (?3 AND NOT flagged) "					       \
	"UNION ALL SELECT c.thread, c.num, m.at, 0, c.harm, 2, 0, 0, 1, 0 "    \
	"FROM remark m JOIN comment c ON c.thread = m.thread AND c.num = "     \
	"m.comment WHERE m.kind = 'disagreement' AND ?4 AND c.held_at IS "     \
	"NULL AND c.flags_open = 0 AND NOT EXISTS (SELECT 1 FROM decision d "  \
	"WHERE d.thread = c.thread AND d.comment = c.num AND d.at > m.at)"

/* How urgent at ?1, of the columns above; ?2 is the sort. */
#define QUEUE_KEY							       \
	"CASE ?2 WHEN 0 THEN (1 + harm) * exposure * (1 + MIN((?1 - since) / " \
	"3600000, 720)) * (CASE WHEN due = 0 THEN 2 WHEN due <= ?1 THEN 16 "   \
	"WHEN due - ?1 < 3600000 THEN 8 WHEN due - ?1 < 14400000 THEN 4 ELSE " \
	"1 END) WHEN 1 THEN -since WHEN 2 THEN since ELSE -CASE WHEN due = 0 " \
	"THEN since + 86400000 ELSE due END END"

#define QUEUE_AFTER							       \
	"key < ?7 OR (key = ?7 AND (thread > ?8 OR (thread = ?8 AND num > "    \
	"?9)))"

#define QUEUE_SQL							       \
	"SELECT thread, num, since, due, appeal, review, flagged, overdue, "   \
	"key FROM (SELECT *, " QUEUE_KEY " AS key FROM (" QUEUE_SOURCES ") "   \
	"WHERE NOT ?6 OR overdue) WHERE ?10 = 0 OR " QUEUE_AFTER " ORDER BY "  \
	"key DESC, thread, num"

/* May the viewer decide it at all? What is one's own is not offered, nor an
 * appeal against one's own decision, nor one's own decision again. */
static int
queue_offered(struct db *db, const struct queue_query *q,
    const struct queue_item *item, const char *mine, bool *yes,
    struct err *err)
{
	struct decision_row	d;
	struct appeal_row	a;
	struct err		why;
	struct stmt		*s;
	char			 person[ID_MAX];

	*yes = false;
	if (item->appeal != 0) {
		memset(&a, 0, sizeof(a));
		s = db_query(db, "SELECT id FROM appeal WHERE num = ?", "i",
		    item->appeal);
		if (stmt_step(s) == 1 && appeal_lookup(db, stmt_text(s, 0),
		    &a, &why) == 0)
			*yes = appeal_eligible(db, &a, q->viewer, &why) == 0;
		return stmt_done(s, err);
	}
	if (decision_person(db, db_int(db, 0, "SELECT account FROM comment "
	    "WHERE thread = ? AND num = ?", "ii", item->thread, item->num),
	    person, err) != 0)
		return -1;
	if (strcmp(person, mine) == 0)
		return 0;
	if (item->review != 0) {
		if (lookup_decision(db, item->review, &d, err) != 0 ||
		    decision_person(db, d.account, person, err) != 0)
			return -1;
		if (strcmp(person, mine) == 0)
			return 0;
	}
	*yes = true;
	return 0;
}

static void
queue_row(struct stmt *s, struct queue_item *it)
{
	memset(it, 0, sizeof(*it));
	it->thread = stmt_int(s, 0);
	it->num = stmt_int(s, 1);
	it->since = stmt_int(s, 2);
	it->decide_by = stmt_int(s, 3);
	it->appeal = stmt_int(s, 4);
	it->review = stmt_int(s, 5);
	it->flagged = stmt_int(s, 6);
	it->overdue = stmt_int(s, 7);
	it->key = stmt_int(s, 8);
}

int
queue_list(struct db *db, const struct queue_query *q,
    struct queue_item *items, size_t *n, bool *more,
    int64_t next[QUEUE_CURSOR], struct err *err)
{
	int64_t		 now = q->go_on ? q->after[0] : q->now;
	enum queue_state st = q->state;
	struct stmt	*s;
	char		 mine[ID_MAX];
	bool		 yes;
	int		 rc = 0;

	*n = 0;
	*more = false;
	if (decision_person(db, q->viewer, mine, err) != 0)
		return -1;
	s = db_query(db, QUEUE_SQL, "iiiiiiiiii", now, (int64_t)q->sort,
	    (int64_t)(st == QUEUE_HELD || st == QUEUE_OVERDUE ||
	    st == QUEUE_ALL), (int64_t)(st == QUEUE_FLAGGED ||
	    st == QUEUE_ALL), (int64_t)(st == QUEUE_APPEALED ||
	    st == QUEUE_ALL), (int64_t)(st == QUEUE_OVERDUE), q->after[1],
	    q->after[2], q->after[3], (int64_t)q->go_on);
	while (rc == 0 && stmt_step(s) == 1) {
		if (*n == (size_t)q->limit) {
			*more = true;
			break;
		}
		queue_row(s, &items[*n]);
		rc = queue_offered(db, q, &items[*n], mine, &yes, err);
		if (rc == 0 && yes)
			++*n;
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	if (*more) {
		next[0] = now;
		next[1] = items[*n - 1].key;
		next[2] = items[*n - 1].thread;
		next[3] = items[*n - 1].num;
	}
	return rc;
}

int64_t
queue_position(struct db *db, int64_t thread, int64_t num, int64_t now)
{
	int64_t	key;

	key = db_int(db, -1, "SELECT " QUEUE_KEY " FROM (SELECT harm + "
	    "flags_weight AS harm, 1 AS exposure, held_at AS since, "
	    "decide_by AS due FROM comment WHERE state = 'held' AND thread = "
	    "?3 AND num = ?4)", "iiii", now, (int64_t)QUEUE_PRIORITY, thread,
	    num);
	if (key < 0)
		return 0;
	return 1 + db_int(db, 0, "SELECT COUNT(*) FROM (SELECT 1 FROM (SELECT "
	    "*, " QUEUE_KEY " AS key FROM (" QUEUE_SOURCES ")) WHERE ?6 = 0 "
	    "AND NOT (thread = ?8 AND num = ?9) AND NOT (" QUEUE_AFTER ") "
	    "LIMIT ?10)", "iiiiiiiiii", now, (int64_t)QUEUE_PRIORITY,
	    (int64_t)1, (int64_t)1, (int64_t)1, (int64_t)0, key, thread, num,
	    (int64_t)QUEUE_FAR);
}

int
queue_counts(struct db *db, int64_t counts[QUEUE_ALL + 1], struct err *err)
{
	struct stmt	*s;
	int		 i;

	s = db_query(db, "SELECT (SELECT COUNT(*) FROM comment WHERE state = "
	    "'held'), (SELECT COUNT(*) FROM comment WHERE flags_open > 0 AND "
	    "state = 'visible'), (SELECT COUNT(*) FROM appeal WHERE state = "
	    "'open'), (SELECT COUNT(*) FROM comment WHERE state = 'held' AND "
	    "held_overdue = 1)", "");
	if (stmt_step(s) == 1) {
		for (i = 0; i < QUEUE_ALL; i++)
			counts[i] = stmt_int(s, i);
		counts[QUEUE_ALL] = counts[0] + counts[1] + counts[2];
	}
	return stmt_done(s, err);
}
