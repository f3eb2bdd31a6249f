/*
 * The yardstick for posting: how fast plain SQLite takes the rows that one
 * comment needs, with the same syncs and nothing else.
 *
 *	raw_sqlite DATABASE SECONDS GROUP
 *	raw_sqlite DATABASE SECONDS GROUP posters
 *
 * DATABASE is a copy of a forum.db (so the tables and indexes are the real
 * ones); WAL, synchronous=FULL, the checkpoint on a thread of its own. In the
 * first form a loop puts GROUP comments into each transaction. In the second
 * GROUP threads hand in a comment each and wait until it is committed, and a
 * transaction takes what waits, as a server must. Prints comments per second.
 * It decides nothing, hashes nothing, speaks to nobody: what the server
 * reaches of these figures is what its own work leaves over.
 */
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TEXT	400	/* bytes of a comment */
#define EVENT	790	/* of its event, and of its entry in the record */
#define LEAF	280
#define POSTERS	256

/* ?1 its number, ?2 its text, ?3 its event, ?4 its entry */
static const char *const raw_sql[] = {
	"INSERT INTO journal (seq, kind, time, bytes, chain)"
	" VALUES (?1, 'comment.accepted', 0, ?3, zeroblob(32))",
	"INSERT INTO content (ref, field, salt, bytes)"
	" VALUES ('c' || ?1, 'body', zeroblob(32), ?2)",
	"INSERT INTO content (ref, field, salt, bytes)"
	" VALUES ('c' || ?1, 'name', zeroblob(32), 'Anna Reader')",
	"INSERT INTO comment (thread, num, id, state, parent, depth, account,"
	" author_id, author_kind, created_at, revision, version, length,"
	" log_index, language) VALUES (1, ?1, 'c' || ?1, 'visible', 0, 0, 1,"
	" 'aaaaaaaaaaaa', 'guest', 0, 1, ?1, 400, ?1, 'en')",
	"UPDATE thread SET posted = posted + 1, visible = visible + 1,"
	" version = ?1, last_comment_at = 0 WHERE num = 1",
	"UPDATE account SET posted = posted + 1 WHERE num = 1",
	"INSERT INTO tally (thread, hour, posted) VALUES (0, 0, 1), (1, 0, 1)"
	" ON CONFLICT DO UPDATE SET posted = posted + 1",
	"INSERT INTO tally_group (thread, day, newcomer, reply, language,"
	" posted, removed) VALUES (0, 0, 0, 0, 'en', 1, 0),"
	" (1, 0, 0, 0, 'en', 1, 0)"
	" ON CONFLICT DO UPDATE SET posted = posted + 1",
	"INSERT INTO leaf (idx, seq, kind, thread, comment, time, bytes)"
	" VALUES (?1, ?1, 'comment.accepted', 1, ?1, 0, ?4)",
	"INSERT INTO fragment (thread, num, name, html)"
	" VALUES (1, ?1, 'Anna Reader', ?2)",
	"INSERT INTO finding (thread, num, json) VALUES (1, ?1, '[]')",
};

#define RAW_STATEMENTS	(sizeof(raw_sql) / sizeof(raw_sql[0]))

static atomic_bool	 raw_stop;
static const char	*raw_path;
static sqlite3_stmt	*raw_st[RAW_STATEMENTS];
static sqlite3_int64	 raw_n = 1000000000;	/* the next comment's number */

/* Posters: who waits, and each one's own wait. */
static pthread_mutex_t	 raw_lock = PTHREAD_MUTEX_INITIALIZER;
static int		 raw_waiting[POSTERS], raw_nwaiting;
static sem_t		 raw_work, raw_done[POSTERS];

static void
raw_die(sqlite3 *db, const char *what)
{
	fprintf(stderr, "raw_sqlite: %s: %s\n", what, sqlite3_errmsg(db));
	exit(1);
}

static sqlite3 *
raw_open(void)
{
	sqlite3	*db;

	if (sqlite3_open(raw_path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, "PRAGMA journal_mode=WAL;"
	    "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
	    "PRAGMA secure_delete=ON", NULL, NULL, NULL) != SQLITE_OK)
		raw_die(db, raw_path);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

static void *
raw_checkpoints(void *arg)
{
	const struct timespec	 pause = { 0, 100 * 1000 * 1000 };
	sqlite3			*db = raw_open();

	(void)arg;
	while (!atomic_load(&raw_stop)) {
		sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE,
		    NULL, NULL);
		nanosleep(&pause, NULL);
	}
	sqlite3_close(db);
	return NULL;
}

static double
raw_now(void)
{
	struct timespec	t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
raw_insert(sqlite3 *db, sqlite3_int64 n)
{
	static const char	text[EVENT] = { 1 };
	static const int	len[] = { TEXT, EVENT, LEAF };
	size_t			i;
	int			k;

	for (i = 0; i < RAW_STATEMENTS; i++) {
		if (sqlite3_bind_parameter_count(raw_st[i]) > 0)
			sqlite3_bind_int64(raw_st[i], 1, n);
		for (k = 2; k <= sqlite3_bind_parameter_count(raw_st[i]); k++)
			sqlite3_bind_blob(raw_st[i], k, text, len[k - 2],
			    SQLITE_STATIC);
		if (sqlite3_step(raw_st[i]) != SQLITE_DONE)
			raw_die(db, raw_sql[i]);
		sqlite3_reset(raw_st[i]);
	}
}

/* One transaction of so many comments. */
static void
raw_commit(sqlite3 *db, int group)
{
	sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	while (group-- > 0)
		raw_insert(db, raw_n++);
	if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		raw_die(db, "COMMIT");
}

static void *
raw_poster(void *arg)
{
	int	me = (int)(intptr_t)arg;

	for (;;) {
		pthread_mutex_lock(&raw_lock);
		raw_waiting[raw_nwaiting++] = me;
		if (raw_nwaiting == 1)
			sem_post(&raw_work);
		pthread_mutex_unlock(&raw_lock);
		sem_wait(&raw_done[me]);
	}
	return NULL;
}

/* Commits what waits, and tells those who waited. */
static void
raw_turn(sqlite3 *db)
{
	int	who[POSTERS], n, i;

	sem_wait(&raw_work);
	pthread_mutex_lock(&raw_lock);
	n = raw_nwaiting;
	memcpy(who, raw_waiting, n * sizeof(*who));
	raw_nwaiting = 0;
	pthread_mutex_unlock(&raw_lock);
	raw_commit(db, n);
	for (i = 0; i < n; i++)
		sem_post(&raw_done[who[i]]);
}

int
main(int argc, char **argv)
{
	sqlite3		*db;
	pthread_t	 thread;
	sqlite3_int64	 first = raw_n;
	double		 start, seconds;
	size_t		 i;
	int		 group, k;
	bool		 posters = argc == 5 && strcmp(argv[4], "posters") == 0;

	if ((argc != 4 && !posters) || (group = atoi(argv[3])) < 1 ||
	    group > POSTERS) {
		fprintf(stderr, "usage: raw_sqlite DATABASE SECONDS GROUP "
		    "[posters]\n");
		return 2;
	}
	raw_path = argv[1];
	seconds = atof(argv[2]);
	db = raw_open();
	for (i = 0; i < RAW_STATEMENTS; i++) {
		if (sqlite3_prepare_v2(db, raw_sql[i], -1, &raw_st[i],
		    NULL) != SQLITE_OK)
			raw_die(db, raw_sql[i]);
	}
	pthread_create(&thread, NULL, raw_checkpoints, NULL);
	sem_init(&raw_work, 0, 0);
	for (k = 0; posters && k < group; k++) {
		pthread_t	poster;

		sem_init(&raw_done[k], 0, 0);
		pthread_create(&poster, NULL, raw_poster, (void *)(intptr_t)k);
	}
	start = raw_now();
	while (raw_now() - start < seconds) {
		if (posters)
			raw_turn(db);
		else
			raw_commit(db, group);
	}
	printf("%.0f\n", (double)(raw_n - first) / (raw_now() - start));
	atomic_store(&raw_stop, true);
	pthread_join(thread, NULL);
	fflush(stdout);
	_exit(0);	/* posters wait for ever */
}
