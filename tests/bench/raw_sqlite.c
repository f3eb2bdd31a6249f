/*
 * The yardstick for posting: how fast plain SQLite takes the rows that one
 * comment needs, with the same syncs and nothing else.
 *
 *	raw_sqlite DATABASE SECONDS GROUP
 *
 * DATABASE is a copy of a forum.db (so the tables and indexes are the real
 * ones); GROUP comments go into one transaction, WAL, synchronous=FULL, the
 * checkpoint on a thread of its own. Prints comments per second. It decides
 * nothing, hashes nothing, answers nobody: what the server reaches of this
 * figure is what its own work leaves over.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TEXT	400

static const char *const raw_sql[] = {
	"INSERT INTO journal (seq, kind, time, bytes, chain)"
	" VALUES (?1, 'comment.accepted', 0, ?2, zeroblob(32))",
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
	"INSERT INTO leaf (idx, seq, kind, thread, comment, time, bytes)"
	" VALUES (?1, ?1, 'comment.accepted', 1, ?1, 0, ?2)",
	"INSERT INTO fragment (thread, num, name, html)"
	" VALUES (1, ?1, 'Anna Reader', ?2)",
};

#define RAW_STATEMENTS	(sizeof(raw_sql) / sizeof(raw_sql[0]))

static atomic_bool	 raw_stop;
static const char	*raw_path;

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
raw_insert(sqlite3 *db, sqlite3_stmt **st, sqlite3_int64 n, const char *text)
{
	size_t	i;

	for (i = 0; i < RAW_STATEMENTS; i++) {
		sqlite3_bind_int64(st[i], 1, n);
		if (sqlite3_bind_parameter_count(st[i]) > 1)
			sqlite3_bind_blob(st[i], 2, text, TEXT,
			    SQLITE_STATIC);
		if (sqlite3_step(st[i]) != SQLITE_DONE)
			raw_die(db, raw_sql[i]);
		sqlite3_reset(st[i]);
	}
}

int
main(int argc, char **argv)
{
	sqlite3_stmt	*st[RAW_STATEMENTS];
	sqlite3		*db;
	pthread_t	 checkpoints;
	sqlite3_int64	 n = 1000000000;
	double		 start, seconds;
	size_t		 i;
	char		 text[TEXT];
	int		 group;

	if (argc != 4) {
		fprintf(stderr, "usage: raw_sqlite DATABASE SECONDS GROUP\n");
		return 2;
	}
	raw_path = argv[1];
	seconds = atof(argv[2]);
	group = atoi(argv[3]);
	memset(text, 'a', sizeof(text));
	db = raw_open();
	for (i = 0; i < RAW_STATEMENTS; i++) {
		if (sqlite3_prepare_v2(db, raw_sql[i], -1, &st[i], NULL) !=
		    SQLITE_OK)
			raw_die(db, raw_sql[i]);
	}
	pthread_create(&checkpoints, NULL, raw_checkpoints, NULL);
	start = raw_now();
	while (raw_now() - start < seconds) {
		sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		for (i = 0; i < (size_t)group; i++)
			raw_insert(db, st, n++, text);
		if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
			raw_die(db, "COMMIT");
	}
	printf("%.0f\n", (double)(n - 1000000000) / (raw_now() - start));
	atomic_store(&raw_stop, true);
	pthread_join(checkpoints, NULL);
	for (i = 0; i < RAW_STATEMENTS; i++)
		sqlite3_finalize(st[i]);
	sqlite3_close(db);
	return 0;
}
