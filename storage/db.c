/*
 * The SQLite wrapper. See db.h for the contract.
 *
 * Failures are sorted once, here: what the disk or a lock refuses is
 * "storage unavailable" (nothing changed, try again); everything else is a
 * mistake of ours.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/log.h"
#include "storage/db.h"

#define DB_STATEMENTS	512	/* slots of the statement cache; power of 2 */
#define DB_PAGE		4096	/* bytes of a page */

struct stmt {
	struct db	*db;
	const char	*sql;
	sqlite3_stmt	*s;	/* owned */
	int		 rc;	/* of the last step or of preparing */
	bool		 cached;
};

struct db {
	sqlite3		*h;			/* owned */
	char		*path;			/* owned */
	struct stmt	*cache[DB_STATEMENTS];	/* owned; by address of SQL */
	struct stmt	 broken;		/* when memory ran out */
	int64_t		 wal;			/* bytes after the last commit */
	void		*kept;			/* owned; or NULL */
	bool		 inside;		/* db_begin was called */
};

#define DB_WRITES	"PRAGMA secure_delete=ON; PRAGMA journal_mode=WAL;"    \
	"PRAGMA temp_store=MEMORY;"					       \
	"PRAGMA foreign_keys=OFF; PRAGMA trusted_schema=OFF;"

static const char *const db_setup[] = {
	[DB_READ] = "PRAGMA query_only=ON; PRAGMA cache_size=-2048;",
	[DB_WRITE] = DB_WRITES "PRAGMA synchronous=FULL;"
	    "PRAGMA cache_size=-4096;"
	    "PRAGMA wal_autocheckpoint=0;",
	[DB_FOLLOW] = DB_WRITES "PRAGMA synchronous=NORMAL;"
	    "PRAGMA cache_size=-2048;"
	    "PRAGMA wal_autocheckpoint=1000;",
};

static int
db_fail(struct db *db, int rc, struct err *err)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_CANTOPEN:
	case SQLITE_NOMEM:
	case SQLITE_PERM:
	case SQLITE_ABORT:
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The store refuses: %s", sqlite3_errstr(rc));
	default:
		log_error("db: %s (%d)", db->h != NULL ?
		    sqlite3_errmsg(db->h) : sqlite3_errstr(rc), rc);
		return err_set(err, ERR_INTERNAL, NULL, "The store failed: %s",
		    sqlite3_errstr(rc));
	}
}

/* Out of memory or disk, SQLite takes the whole transaction back by itself.
 * What comes after it in the same transaction would then stand alone. */
static bool
db_fell_out(const struct db *db)
{
	return db->inside && sqlite3_get_autocommit(db->h);
}

int
db_exec(struct db *db, const char *sql, struct err *err)
{
	int	rc;

	if (db_fell_out(db))
		return db_fail(db, SQLITE_ABORT, err);
	if ((rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL)) != SQLITE_OK)
		return db_fail(db, rc, err);
	return 0;
}

static int
db_committed(void *arg, sqlite3 *h, const char *name, int pages)
{
	struct db	*db = arg;

	(void)h, (void)name;
	db->wal = (int64_t)pages * DB_PAGE;
	return SQLITE_OK;
}

/* Once, before the first use: without the count of bytes in use there is no
 * lock around each allocation. */
static void
db_configure(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int
db_open(struct db **out, const char *path, enum db_mode mode, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct db	*db;
	int		 rc, flags;

	*out = NULL;
	pthread_once(&once, db_configure);
	if ((db = calloc(1, sizeof(*db))) == NULL ||
	    (db->path = strdup(path)) == NULL) {
		free(db);
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	}
	flags = SQLITE_OPEN_NOMUTEX | (mode == DB_READ ? SQLITE_OPEN_READONLY :
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	rc = sqlite3_open_v2(path, &db->h, flags, NULL);
	if (rc != SQLITE_OK) {
		db_fail(db, rc, err);
		db_close(&db);
		return -1;
	}
	sqlite3_busy_timeout(db->h, 5000);
	sqlite3_extended_result_codes(db->h, 1);
	if (db_exec(db, db_setup[mode], err) != 0) {
		db_close(&db);
		return -1;
	}
	if (mode == DB_WRITE)
		sqlite3_wal_hook(db->h, db_committed, db);
	*out = db;
	return 0;
}

void
db_close(struct db **dbp)
{
	struct db	*db = *dbp;
	int		 i;

	if (db == NULL)
		return;
	for (i = 0; i < DB_STATEMENTS; i++) {
		if (db->cache[i] == NULL)
			continue;
		sqlite3_finalize(db->cache[i]->s);
		free(db->cache[i]);
	}
	sqlite3_close(db->h);
	free(db->path);
	free(db->kept);
	free(db);
	*dbp = NULL;
}

void *
db_keep(struct db *db, size_t size)
{
	if (db->kept == NULL)
		db->kept = calloc(1, size);
	return db->kept;
}

static struct stmt *
db_prepare(struct db *db, const char *sql, bool cached)
{
	struct stmt	*s;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		db->broken.db = db;
		db->broken.rc = SQLITE_NOMEM;
		db->broken.s = NULL;
		return &db->broken;
	}
	s->db = db;
	s->sql = sql;
	s->cached = cached;
	s->rc = sqlite3_prepare_v3(db->h, sql, -1,
	    cached ? SQLITE_PREPARE_PERSISTENT : 0, &s->s, NULL);
	if (s->rc != SQLITE_OK)
		log_error("db: cannot prepare: %s: %s", sqlite3_errmsg(db->h),
		    sql);
	return s;
}

/* A ready statement: from the cache, or a single-use one where the cached
 * one is being stepped further up the stack. */
static struct stmt *
db_statement(struct db *db, const char *sql)
{
	uintptr_t	 h = (uintptr_t)sql;
	struct stmt	*s;
	unsigned	 i, n;

	h = (h >> 3) * 0x9e3779b97f4a7c15u;
	for (n = 0; n < DB_STATEMENTS; n++) {
		i = (h >> 40) + n;
		i &= DB_STATEMENTS - 1;
		if ((s = db->cache[i]) == NULL) {
			s = db_prepare(db, sql, true);
			if (s != &db->broken && s->rc == SQLITE_OK)
				db->cache[i] = s;
			else
				s->cached = false;
			return s;
		}
		if (s->sql == sql) {
			if (sqlite3_stmt_busy(s->s))
				return db_prepare(db, sql, false);
			s->rc = SQLITE_OK;
			return s;
		}
	}
	return db_prepare(db, sql, false);
}

static void
db_bind(struct stmt *s, const char *types, va_list ap)
{
	const char	*text;
	const void	*blob;
	size_t		 len;
	int		 i, rc = SQLITE_OK;

	if (s->rc != SQLITE_OK)
		return;
	for (i = 1; *types != '\0' && rc == SQLITE_OK; types++, i++) {
		switch (*types) {
		case 'i':
			rc = sqlite3_bind_int64(s->s, i, va_arg(ap, int64_t));
			break;
		case 's':
			text = va_arg(ap, const char *);
			rc = text == NULL ? sqlite3_bind_null(s->s, i) :
			    sqlite3_bind_text(s->s, i, text, -1, SQLITE_STATIC);
			break;
		case 't':
			text = va_arg(ap, const char *);
			len = va_arg(ap, size_t);
			rc = sqlite3_bind_text64(s->s, i, text, len,
			    SQLITE_STATIC, SQLITE_UTF8);
			break;
		case 'b':
			blob = va_arg(ap, const void *);
			len = va_arg(ap, size_t);
			rc = blob == NULL ? sqlite3_bind_null(s->s, i) :
			    sqlite3_bind_blob64(s->s, i, blob, len,
			    SQLITE_STATIC);
			break;
		default:
			rc = SQLITE_MISUSE;
		}
	}
	s->rc = rc;
}

struct stmt *
db_query(struct db *db, const char *sql, const char *types, ...)
{
	struct stmt	*s = db_statement(db, sql);
	va_list		 ap;

	va_start(ap, types);
	db_bind(s, types, ap);
	va_end(ap);
	return s;
}

int
stmt_step(struct stmt *s)
{
	if (s->rc != SQLITE_OK && s->rc != SQLITE_ROW)
		return s->rc == SQLITE_DONE ? 0 : -1;
	s->rc = db_fell_out(s->db) ? SQLITE_ABORT : sqlite3_step(s->s);
	if (s->rc == SQLITE_ROW)
		return 1;
	return s->rc == SQLITE_DONE ? 0 : -1;
}

int64_t
stmt_int(struct stmt *s, int col)
{
	return sqlite3_column_int64(s->s, col);
}

const char *
stmt_str(struct stmt *s, int col)
{
	return (const char *)sqlite3_column_text(s->s, col);
}

const char *
stmt_text(struct stmt *s, int col)
{
	const char	*text = stmt_str(s, col);

	return text == NULL ? "" : text;
}

const void *
stmt_blob(struct stmt *s, int col, size_t *len)
{
	const void	*p = sqlite3_column_blob(s->s, col);

	*len = sqlite3_column_bytes(s->s, col);
	return p;
}

bool
stmt_null(struct stmt *s, int col)
{
	return sqlite3_column_type(s->s, col) == SQLITE_NULL;
}

int
stmt_done(struct stmt *s, struct err *err)
{
	struct db	*db = s->db;
	int		 rc = s->rc;

	if (s == &db->broken)
		return db_fail(db, SQLITE_NOMEM, err);
	if (s->cached) {
		sqlite3_reset(s->s);
		sqlite3_clear_bindings(s->s);
	} else {
		sqlite3_finalize(s->s);
		free(s);
	}
	if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
		return 0;
	return db_fail(db, rc, err);
}

int
db_run(struct db *db, struct err *err, const char *sql, const char *types,
    ...)
{
	struct stmt	*s = db_statement(db, sql);
	va_list		 ap;

	va_start(ap, types);
	db_bind(s, types, ap);
	va_end(ap);
	while (stmt_step(s) == 1)
		;
	return stmt_done(s, err);
}

int
db_run_values(struct db *db, struct err *err, const char *sql,
    const struct db_value *v, size_t n)
{
	struct stmt	*s = db_statement(db, sql);
	size_t		 i;

	for (i = 0; i < n && s->rc == SQLITE_OK; i++) {
		if (v[i].type == 'i')
			s->rc = sqlite3_bind_int64(s->s, i + 1, v[i].i);
		else if (v[i].p == NULL)
			s->rc = sqlite3_bind_null(s->s, i + 1);
		else if (v[i].type == 'b')
			s->rc = sqlite3_bind_blob64(s->s, i + 1, v[i].p,
			    v[i].len, SQLITE_STATIC);
		else
			s->rc = sqlite3_bind_text64(s->s, i + 1, v[i].p,
			    v[i].len, SQLITE_STATIC, SQLITE_UTF8);
	}
	while (stmt_step(s) == 1)
		;
	return stmt_done(s, err);
}

int64_t
db_int(struct db *db, int64_t otherwise, const char *sql, const char *types,
    ...)
{
	struct stmt	*s = db_statement(db, sql);
	va_list		 ap;
	int64_t		 v = otherwise;

	va_start(ap, types);
	db_bind(s, types, ap);
	va_end(ap);
	if (stmt_step(s) == 1 && !stmt_null(s, 0))
		v = stmt_int(s, 0);
	stmt_done(s, NULL);
	return v;
}

int64_t
db_changes(struct db *db)
{
	return sqlite3_changes64(db->h);
}

int
db_begin(struct db *db, struct err *err)
{
	if (db_run(db, err, "BEGIN IMMEDIATE", "") != 0)
		return -1;
	db->inside = true;
	return 0;
}

int
db_begin_read(struct db *db, struct err *err)
{
	if (db_run(db, err, "BEGIN", "") != 0)
		return -1;
	db->inside = true;
	return 0;
}

int
db_commit(struct db *db, struct err *err)
{
	int	rc = db_run(db, err, "COMMIT", "");

	db->inside = db_in_transaction(db);
	return rc;
}

void
db_rollback(struct db *db)
{
	db->inside = false;
	if (db_in_transaction(db))
		db_run(db, NULL, "ROLLBACK", "");
}

bool
db_in_transaction(struct db *db)
{
	return !sqlite3_get_autocommit(db->h);
}

int
db_checkpoint(struct db *db, bool truncate, struct err *err)
{
	int	rc;

	rc = sqlite3_wal_checkpoint_v2(db->h, NULL, truncate ?
	    SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, err);
	return 0;
}

int64_t
db_wal_bytes(const struct db *db)
{
	return db->wal;
}

int
db_backup(struct db *db, const char *path, struct err *err)
{
	struct db	*to;
	sqlite3_backup	*backup;
	int		 rc = SQLITE_ERROR;

	if (db_open(&to, path, DB_WRITE, err) != 0)
		return -1;
	if ((backup = sqlite3_backup_init(to->h, "main", db->h, "main")) !=
	    NULL) {
		while ((rc = sqlite3_backup_step(backup, 256)) == SQLITE_OK ||
		    rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
			;
		sqlite3_backup_finish(backup);
	}
	if (rc == SQLITE_DONE)
		rc = SQLITE_OK;
	if (rc != SQLITE_OK)
		db_fail(to, rc, err);
	else
		db_checkpoint(to, true, NULL);
	db_close(&to);
	return rc == SQLITE_OK ? 0 : -1;
}

int
db_dump(struct db *db, const char *table, const char *order, struct buf *out,
    struct err *err)
{
	char		 sql[200];
	struct stmt	*s;
	int		 i, n;

	snprintf(sql, sizeof(sql), "SELECT * FROM %s ORDER BY %s", table,
	    order);
	s = db_prepare(db, sql, false);
	n = s->s != NULL ? sqlite3_column_count(s->s) : 0;
	while (stmt_step(s) == 1) {
		buf_adds(out, table);
		for (i = 0; i < n; i++) {
			buf_addc(out, '|');
			if (sqlite3_column_type(s->s, i) == SQLITE_BLOB)
				buf_hex(out, sqlite3_column_blob(s->s, i),
				    sqlite3_column_bytes(s->s, i));
			else
				buf_adds(out, stmt_text(s, i));
		}
		buf_addc(out, '\n');
	}
	return stmt_done(s, err);
}

int
db_integrity(struct db *db, struct err *err)
{
	struct stmt	*s = db_query(db, "PRAGMA integrity_check(1)", "");
	int		 bad = 0;

	if (stmt_step(s) == 1 && strcmp(stmt_text(s, 0), "ok") != 0)
		bad = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The database is damaged: %s", stmt_text(s, 0));
	if (stmt_done(s, bad != 0 ? NULL : err) != 0)
		return -1;
	return bad;
}
