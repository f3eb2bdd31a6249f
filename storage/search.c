/*
 * The full-text index and its follower. See search.h for the contract.
 *
 * An event only says which comment to look at; what is indexed is read from
 * forum.db as it stands. Reading an event twice, or late, is therefore
 * harmless, and a comment that was posted and erased meanwhile never gets in.
 *
 * A row's id is thread << 32 | number. The position (sequence, chain hash)
 * is committed with the rows of its batch.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "storage/base/log.h"
#include "storage/base/thread.h"
#include "storage/event.h"
#include "storage/search.h"
#include "storage/store.h"

#define BATCH		2000	/* events of one transaction */
#define PACE_MS		250	/* between two of them, unless one waits */
#define TOKENS		24	/* of a query */
#define SCAN_MAX	5000	/* hits looked at for one page */

struct search {
	char		 path[512];
	char		 dir[512];
	int		(*text)(struct buf *, const char *, size_t,
			    struct err *);
	struct db	*db;		/* the follower's */
	struct db	*forum;		/* its reader */
	pthread_mutex_t	 query_lock;
	struct db	*query;		/* under query_lock */
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake, moved;
	bool		 poked, ending, started;	/* under lock */
	int		 waiting;	/* in search_wait, under lock */
	uint64_t	 seq;		/* under lock */
	bool		 erased;	/* the follower's: words to forget */
};

static const char search_schema[] =
	"CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (text, author "
	"UNINDEXED, tokenize = 'unicode61 remove_diacritics 2');"
	"CREATE TABLE IF NOT EXISTS position (one INTEGER PRIMARY KEY, "
	"seq INTEGER NOT NULL, chain BLOB);";

/* ---- what is indexed ---- */

/* The comment as it stands: its words in, or out. */
static int
search_look(struct search *s, int64_t thread, int64_t num, struct err *err)
{
	struct buf	 words = BUF_INIT;
	struct stmt	*q;
	const void	*body;
	size_t		 len;
	int64_t		 row = thread << 32 | num;
	int		 rc;

	q = db_query(s->forum, "SELECT x.bytes, c.author_id FROM comment c "
	    "JOIN content x ON x.ref = 'c:' || c.id || ':' || c.revision AND "
	    "x.field = 'body' WHERE c.thread = ? AND c.num = ? AND c.state = "
	    "'visible'", "ii", thread, num);
	if (stmt_step(q) == 1) {
		body = stmt_blob(q, 0, &len);
		rc = s->text(&words, body, len, err);
		if (rc == 0)
			rc = db_run(s->db, err, "INSERT OR REPLACE INTO words "
			    "(rowid, text, author) VALUES (?, ?, ?)", "its",
			    row, words.len > 0 ? words.data : "", words.len,
			    stmt_text(q, 1));
	} else {
		rc = db_run(s->db, err, "DELETE FROM words WHERE rowid = ?",
		    "i", row);
	}
	buf_free(&words);
	if (stmt_done(q, rc == 0 ? err : NULL) != 0)
		return -1;
	return rc;
}

/* The comments of a batch decision. */
static int
search_items(struct search *s, const void *bytes, size_t len,
    struct err *err)
{
	struct event	 e;
	json_t		*items, *item;
	size_t		 i;
	int		 rc;

	if (event_decode(&e, bytes, len, err) != 0)
		return -1;
	items = event_get(&e, "items");
	for (i = 0, rc = 0; i < json_array_size(items) && rc == 0; i++) {
		item = json_array_get(items, i);
		rc = search_look(s, json_integer_value(json_object_get(item,
		    "tnum")), json_integer_value(json_object_get(item,
		    "num")), err);
	}
	event_clear(&e);
	return rc;
}

/* A row of search_batch(). */
static int
search_event(struct search *s, struct stmt *q, struct err *err)
{
	const char	*kind = stmt_text(q, 1);
	const void	*p;
	size_t		 len;

	if (strcmp(kind, "comment.erased") == 0)
		s->erased = true;
	if (!stmt_null(q, 4))
		return search_look(s, stmt_int(q, 4), stmt_int(q, 5), err);
	if (strcmp(kind, "batch") != 0)
		return 0;
	p = stmt_blob(q, 2, &len);
	return search_items(s, p, len, err);
}

/* One batch of events in one transaction: how many, or -1. */
static int
search_batch(struct search *s, struct err *err)
{
	struct stmt	*q;
	const void	*p;
	size_t		 len;
	uint64_t	 seq = s->seq;
	unsigned char	 chain[HASH_LEN];
	int		 n = 0, rc = 0;

	if (db_begin(s->db, err) != 0)
		return -1;
	if (db_begin_read(s->forum, err) != 0) {
		db_rollback(s->db);
		return -1;
	}
	/* Only these change which words are shown; SQLite picks a number from
	 * an event in a third of the time that decoding it takes. */
	q = db_query(s->forum, "SELECT seq, kind, bytes, chain, "
	    "json_extract(event, '$.prv.tnum'), json_extract(event, "
	    "'$.prv.num') FROM (SELECT seq, kind, bytes, chain, CASE WHEN "
	    "kind GLOB 'comment.*' OR kind = 'decision' THEN CAST(bytes AS "
	    "TEXT) END AS event FROM journal WHERE seq > ? ORDER BY seq "
	    "LIMIT ?)", "ii", (int64_t)s->seq, (int64_t)BATCH);
	while (rc == 0 && stmt_step(q) == 1) {
		seq = (uint64_t)stmt_int(q, 0);
		n++;
		p = stmt_blob(q, 3, &len);
		memcpy(chain, p, len < HASH_LEN ? len : HASH_LEN);
		rc = search_event(s, q, err);
	}
	if (stmt_done(q, rc == 0 ? err : NULL) != 0)
		rc = -1;
	if (rc == 0 && n > 0)
		rc = db_run(s->db, err, "INSERT OR REPLACE INTO position "
		    "(one, seq, chain) VALUES (1, ?, ?)", "ib", (int64_t)seq,
		    (const void *)chain, (size_t)HASH_LEN);
	db_rollback(s->forum);
	if (rc != 0 || db_commit(s->db, err) != 0) {
		db_rollback(s->db);
		return -1;
	}
	pthread_mutex_lock(&s->lock);
	s->seq = seq;
	if (!s->erased)
		pthread_cond_broadcast(&s->moved);
	pthread_mutex_unlock(&s->lock);
	return n;
}

/* Merges the index into one segment without what was deleted, and empties
 * the write-ahead log: secure_delete has zeroed the pages that got free. */
static int
search_scrub(struct search *s, struct err *err)
{
	int	rc;

	if (db_exec(s->db, "INSERT INTO words (words) VALUES ('optimize')",
	    err) != 0)
		return -1;
	pthread_mutex_lock(&s->query_lock);
	rc = db_checkpoint(s->db, true, err);
	pthread_mutex_unlock(&s->query_lock);
	if (rc == 0)
		s->erased = false;
	pthread_mutex_lock(&s->lock);
	pthread_cond_broadcast(&s->moved);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

/* ---- the thread ---- */

/* The time so many milliseconds from now, for a condition. */
static void
search_in(struct timespec *t, int ms)
{
	clock_gettime(CLOCK_MONOTONIC, t);
	t->tv_nsec += (ms % 1000) * 1000000L;
	t->tv_sec += ms / 1000 + t->tv_nsec / 1000000000L;
	t->tv_nsec %= 1000000000L;
}

/* With the lock held: until there is more, and no sooner than next, so that
 * under load many events go into one transaction. */
static void
search_pause(struct search *s, const struct timespec *next)
{
	while (!s->poked && !s->ending)
		pthread_cond_wait(&s->wake, &s->lock);
	while (!s->ending && s->waiting == 0 &&
	    pthread_cond_timedwait(&s->wake, &s->lock, next) == 0)
		;
}

static void *
search_run(void *arg)
{
	struct search	*s = arg;
	struct timespec	 next;
	struct err	 err;
	int		 n;

	thread_yields();
	pthread_mutex_lock(&s->lock);
	while (!s->ending) {
		s->poked = false;
		pthread_mutex_unlock(&s->lock);
		memset(&err, 0, sizeof(err));
		n = search_batch(s, &err);
		if (n >= 0 && n < BATCH && s->erased &&
		    search_scrub(s, &err) != 0)
			n = -1;
		if (n < 0)
			log_warn("search: %s", err.text);
		search_in(&next, PACE_MS);
		pthread_mutex_lock(&s->lock);
		if (n < BATCH)
			search_pause(s, &next);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

void
search_poke(struct search *s)
{
	pthread_mutex_lock(&s->lock);
	if (!s->poked)
		pthread_cond_signal(&s->wake);
	s->poked = true;
	pthread_mutex_unlock(&s->lock);
}

bool
search_wait(struct search *s, uint64_t seq, int timeout_ms)
{
	struct timespec	until;
	bool		there;

	search_in(&until, timeout_ms);
	pthread_mutex_lock(&s->lock);
	s->waiting++;
	pthread_cond_signal(&s->wake);
	while (s->seq < seq && pthread_cond_timedwait(&s->moved, &s->lock,
	    &until) == 0)
		;
	s->waiting--;
	there = s->seq >= seq;
	pthread_mutex_unlock(&s->lock);
	return there;
}

/* ---- opening ---- */

/* Takes the position over; -1 where it is not on the journal's chain. */
static int
search_resume(struct search *s, struct err *err)
{
	struct stmt	*q, *j;
	const void	*ours, *theirs;
	size_t		 n, m;
	int		 rc = 0;

	q = db_query(s->db, "SELECT seq, chain FROM position", "");
	if (stmt_step(q) == 1) {
		s->seq = (uint64_t)stmt_int(q, 0);
		ours = stmt_blob(q, 1, &n);
		j = db_query(s->forum, "SELECT chain FROM journal WHERE seq "
		    "= ?", "i", (int64_t)s->seq);
		rc = -1;
		if (stmt_step(j) == 1) {
			theirs = stmt_blob(j, 0, &m);
			if (n == m && n > 0 && memcmp(ours, theirs, n) == 0)
				rc = 0;
		}
		stmt_done(j, NULL);
	}
	if (stmt_done(q, err) != 0)
		return -1;
	return rc == 0 ? 0 : err_set(err, ERR_INTERNAL, NULL,
	    "the index is not of this journal");
}

static void
search_unlink(const struct search *s)
{
	char	path[600];

	unlink(s->path);
	snprintf(path, sizeof(path), "%s-wal", s->path);
	unlink(path);
	snprintf(path, sizeof(path), "%s-shm", s->path);
	unlink(path);
}

/* The index as it lies there, or a new one. */
static int
search_load(struct search *s, struct err *err)
{
	int	again;

	for (again = 0; again < 2; again++) {
		s->seq = 0;
		if (db_open(&s->db, s->path, DB_FOLLOW, err) == 0 &&
		    db_exec(s->db, search_schema, err) == 0 &&
		    search_resume(s, err) == 0)
			return 0;
		if (s->db != NULL)
			db_close(&s->db);
		log_info("search: starting anew: %s", err->text);
		search_unlink(s);
	}
	return -1;
}

int
search_open(struct search **out, const struct search_conf *conf,
    struct err *err)
{
	pthread_condattr_t	 mono;
	struct search		*s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	snprintf(s->dir, sizeof(s->dir), "%s", conf->dir);
	if (snprintf(s->path, sizeof(s->path), "%s/search.db", conf->dir) >=
	    (int)sizeof(s->path)) {
		free(s);
		return err_set(err, ERR_INTERNAL, NULL,
		    "The data directory's name is too long");
	}
	s->text = conf->text;
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->query_lock, NULL);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &mono);
	pthread_cond_init(&s->moved, &mono);
	pthread_condattr_destroy(&mono);
	if (store_reader(&s->forum, conf->dir, err) != 0 ||
	    search_load(s, err) != 0 ||
	    db_open(&s->query, s->path, DB_READ, err) != 0)
		goto fail;
	/* Words of an erasure that came before a crash go now. */
	s->erased = true;
	if (pthread_create(&s->thread, NULL, search_run, s) != 0) {
		err_set(err, ERR_OVERLOADED, NULL, "No thread for search");
		goto fail;
	}
	s->started = true;
	*out = s;
	return 0;
fail:
	search_close(&s);
	return -1;
}

void
search_close(struct search **sp)
{
	struct search	*s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	if (s->started) {
		pthread_mutex_lock(&s->lock);
		s->ending = true;
		pthread_cond_signal(&s->wake);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
	}
	if (s->query != NULL)
		db_close(&s->query);
	if (s->db != NULL)
		db_close(&s->db);
	if (s->forum != NULL)
		db_close(&s->forum);
	pthread_cond_destroy(&s->wake);
	pthread_cond_destroy(&s->moved);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->query_lock);
	free(s);
}

/* ---- asking ---- */

/* The reader's words as FTS5 strings, so that nothing in them is syntax. */
static void
search_quote(struct buf *out, const char *text)
{
	size_t	n, i;
	int	tokens = 0;

	while (*(text += strspn(text, " \t\r\n")) != '\0' &&
	    tokens++ < TOKENS) {
		n = strcspn(text, " \t\r\n");
		buf_adds(out, out->len > 0 ? " \"" : "\"");
		for (i = 0; i < n; i++) {
			if (text[i] == '"')
				buf_addc(out, '"');
			buf_addc(out, text[i]);
		}
		buf_addc(out, '"');
		text += n;
	}
}

/* Is the comment shown at this moment? */
static bool
search_shown(struct db *db, int64_t row)
{
	return db_int(db, 0, "SELECT 1 FROM comment WHERE thread = ? AND num "
	    "= ? AND state = 'visible'", "ii", row >> 32,
	    row & INT64_C(0xffffffff)) == 1;
}

int
search_query(struct search *s, struct db *db, const struct search_ask *ask,
    struct search_hit *hits, struct err *err)
{
	struct buf	 match = BUF_INIT;
	struct stmt	*q;
	int64_t		 row, low, high;
	int		 n = 0, skip = ask->offset;

	search_quote(&match, ask->text);
	low = ask->thread << 32;
	high = ask->thread == 0 ? INT64_MAX : (ask->thread + 1) << 32;
	pthread_mutex_lock(&s->query_lock);
	q = db_query(s->query, "SELECT rowid FROM words WHERE words MATCH ?1 "
	    "AND rowid >= ?2 AND rowid < ?3 AND (?4 IS NULL OR author = ?4) "
	    "ORDER BY rank, rowid LIMIT ?5", "siisi", buf_str(&match), low,
	    high, ask->author, (int64_t)SCAN_MAX);
	while (n <= ask->limit && stmt_step(q) == 1) {
		row = stmt_int(q, 0);
		if (!search_shown(db, row) || skip-- > 0)
			continue;
		hits[n].thread = row >> 32;
		hits[n++].num = row & INT64_C(0xffffffff);
	}
	if (stmt_done(q, err) != 0)
		n = -1;
	pthread_mutex_unlock(&s->query_lock);
	buf_free(&match);
	return n;
}
