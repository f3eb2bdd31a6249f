/*
 * SQLite, wrapped once: nothing else includes sqlite3.h.
 *
 * A connection belongs to one thread. Statements are prepared once per
 * connection and found again by the address of their SQL text, so callers
 * write string literals and never concatenate input into SQL; every value is
 * bound.
 *
 * Binding: a types string, one letter a "?": i int64_t, s NUL-terminated
 * text or NULL, t text (const char *, size_t), b blob (const void *,
 * size_t). Text and blobs must stay valid until the statement is done.
 */
#ifndef STORAGE_DB_H
#define STORAGE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/err.h"

struct db;
struct stmt;

enum db_mode {
	DB_READ,	/* read-only; the file must exist */
	DB_WRITE,	/* creates; WAL, synchronous=FULL, secure_delete */
	DB_FOLLOW	/* the same for what can be made again: a crash may take
			 * back the last commits, and the log is emptied by
			 * SQLite itself */
};

/* Opens path. Reads wait for nobody in WAL mode; the one writer waits up to
 * 5 s for a lock that an outside tool holds. */
int		 db_open(struct db **out, const char *path, enum db_mode mode,
		    struct err *err);
void		 db_close(struct db **db);

/* Several statements without parameters. */
int		 db_exec(struct db *db, const char *sql, struct err *err);

/* A bound statement, to be stepped; always ended by stmt_done(), also after
 * an error. Never NULL: a statement that could not be made fails when it is
 * stepped. */
struct stmt	*db_query(struct db *db, const char *sql, const char *types,
		    ...);
/* 1: a row; 0: done; -1: failed. */
int		 stmt_step(struct stmt *s);
int64_t		 stmt_int(struct stmt *s, int col);
/* Valid until the next step; NULL for SQL NULL. stmt_text gives "" then. */
const char	*stmt_str(struct stmt *s, int col);
const char	*stmt_text(struct stmt *s, int col);
const void	*stmt_blob(struct stmt *s, int col, size_t *len);
bool		 stmt_null(struct stmt *s, int col);
/* 0, or -1 with *err filled where a step had failed. */
int		 stmt_done(struct stmt *s, struct err *err);

/* One statement that gives no rows. */
int		 db_run(struct db *db, struct err *err, const char *sql,
		    const char *types, ...);
/* The same with the values in an array, for statements staged ahead. */
struct db_value {
	char		 type;		/* as in a types string */
	int64_t		 i;
	const void	*p;		/* s, t, b; NULL binds NULL */
	size_t		 len;		/* t, b */
};
int		 db_run_values(struct db *db, struct err *err,
		    const char *sql, const struct db_value *v, size_t n);
/* The first column of the first row, or otherwise where there is none. A
 * failure counts as none; use db_query where it must be told apart. */
int64_t		 db_int(struct db *db, int64_t otherwise, const char *sql,
		    const char *types, ...);
/* Rows changed by the last db_run. */
int64_t		 db_changes(struct db *db);

/* Memory that goes with the connection, zeroed at first, size always the same;
 * for what has been worked out from rows that never change. NULL: none. */
void		*db_keep(struct db *db, size_t size);

/* Between begin and commit or rollback all statements fail once SQLite has
 * taken the transaction back by itself. */
int		 db_begin(struct db *db, struct err *err);	/* IMMEDIATE */
int		 db_begin_read(struct db *db, struct err *err);	/* snapshot */
int		 db_commit(struct db *db, struct err *err);
void		 db_rollback(struct db *db);
bool		 db_in_transaction(struct db *db);

/* Checkpoints the write-ahead log: truncate waits for readers and empties
 * the file (after erasure), else PASSIVE. */
int		 db_checkpoint(struct db *db, bool truncate, struct err *err);
/* What the write-ahead log holds, in bytes, after this connection's last
 * commit (DB_WRITE). The log begins anew, and this figure with it, at a commit
 * that finds all of it checkpointed and nobody reading in it. */
int64_t		 db_wal_bytes(const struct db *db);
/* Copies the whole database to path (SQLite's backup), page by page. */
int		 db_backup(struct db *db, const char *path, struct err *err);
/* Every row of a table, "table|column|..." a line, blobs in hex. Names are
 * the schema's, never from outside. */
int		 db_dump(struct db *db, const char *table, const char *order,
		    struct buf *out, struct err *err);
/* SQLite's own integrity check; err says the first complaint. */
int		 db_integrity(struct db *db, struct err *err);

#endif
