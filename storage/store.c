/*
 * The data directory. See store.h for the contract.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/base/log.h"
#include "storage/rebuild.h"
#include "storage/schema.h"
#include "storage/store.h"

struct store {
	char		*dir;		/* owned */
	struct ledger_log log;		/* at the opening */
	char		 journal_id[33];
	struct db	*db;		/* owned; the writer's */
	struct db	*tidy;		/* owned; the checkpointer's */
	struct ledger	*ledger;	/* owned */
	struct ledger_key key, old;
	bool		 sign, retires;
	bool		 behind;	/* what heads says: it stays */
	uint64_t	 heads_size;	/* last written to heads */
};

static void
store_path(const char *dir, const char *name, char *out, size_t size)
{
	snprintf(out, size, "%s/%s", dir, name);
}

int
store_meta(struct db *db, const char *key, struct buf *out, struct err *err)
{
	struct stmt	*s;
	int		 found;

	buf_clear(out);
	s = db_query(db, "SELECT value FROM meta WHERE key = ?", "s", key);
	if ((found = stmt_step(s)) == 1)
		buf_adds(out, stmt_text(s, 0));
	if (stmt_done(s, err) != 0)
		return -1;
	return found == 1 ? 0 : 1;
}

int
store_meta_set(struct db *db, const char *key, const char *value,
    struct err *err)
{
	return db_run(db, err, "INSERT INTO meta (key, value) VALUES (?, ?) "
	    "ON CONFLICT DO UPDATE SET value = excluded.value", "ss", key,
	    value);
}

/* What a new forum is given once and keeps: journal id and origin. */
static int
store_identity(struct store *st, const char *origin, struct err *err)
{
	struct buf	b = BUF_INIT;
	char		id[33];
	int		rc;

	if ((rc = store_meta(st->db, "journal_id", &b, err)) == 1) {
		if (crypto_id(id, 32) != 0)
			rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "The system gives no randomness");
		else if ((rc = db_begin(st->db, err)) == 0 &&
		    (rc = store_meta_set(st->db, "journal_id", id,
		    err)) == 0 && (rc = store_meta_set(st->db, "origin",
		    origin, err)) == 0)
			rc = db_commit(st->db, err);
		if (rc != 0)
			db_rollback(st->db);
		else
			rc = store_meta(st->db, "journal_id", &b, err);
	}
	if (rc == 0)
		snprintf(st->journal_id, sizeof(st->journal_id), "%s",
		    buf_str(&b));
	buf_free(&b);
	return rc;
}

int
store_head_read(const char *dir, struct store_head *out)
{
	char		 path[4096], hex[80];
	unsigned long long size;
	FILE		*f;
	int		 n;

	store_path(dir, "heads", path, sizeof(path));
	if ((f = fopen(path, "re")) == NULL)
		return 1;
	/* NOTE_NAME_MAX is 255 */
	n = fscanf(f, "%255s %llu %79s", out->origin, &size, hex);
	fclose(f);
	if (n != 3 || strlen(hex) != 64 ||
	    crypto_hex_decode(out->root.b, hex, 64) != HASH_LEN)
		return 1;
	out->size = size;
	return 0;
}

bool
store_head_known(struct db *db, const struct store_head *h)
{
	return db_int(db, 0, "SELECT 1 FROM head WHERE origin = ?1 AND size = "
	    "?2 AND root = ?3 UNION SELECT 1 FROM leaf WHERE kind = "
	    "'log.restarted' AND instr(CAST(bytes AS TEXT), char(10) || "
	    "'previous ' || ?2 || ' ' || lower(hex(?3)) || char(10)) > 0",
	    "sib", h->origin, (int64_t)h->size, (const void *)h->root.b,
	    (size_t)HASH_LEN) == 1;
}

/* Compares the heads file with the database's tree. */
static int
store_check_heads(struct store *st, struct err *err)
{
	struct store_head	h;
	int64_t			have;

	if (store_head_read(st->dir, &h) != 0 ||
	    store_head_known(st->db, &h))
		return 0;
	have = db_int(st->db, 0, "SELECT MAX(size) FROM head WHERE origin = ?",
	    "s", h.origin);
	if (h.size > (uint64_t)have)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The database is older than what was signed (%lld of "
		    "%llu entries): put the newest copy back, or begin a new "
		    "log: forumctl restore --new-log", (long long)have,
		    (unsigned long long)h.size);
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
	    "The record differs from the head signed at size %llu "
	    "(see the file heads): it was rewritten",
	    (unsigned long long)h.size);
}

static int
store_open_ledger(struct store *st, bool sign, struct err *broken,
    struct err *err)
{
	char	path[4096];
	bool	fresh;

	if (sign) {
		/* A record that was signed goes on with its key or not at
		 * all: a new one would be another's. */
		fresh = db_int(st->db, 1, "SELECT NOT EXISTS "
		    "(SELECT 1 FROM head)", "") == 1;
		store_path(st->dir, "key", path, sizeof(path));
		if (ledger_key_load(&st->key, path, st->log.origin, fresh,
		    err) != 0)
			return -1;
		store_path(st->dir, "key.old", path, sizeof(path));
		st->retires = access(path, F_OK) == 0;
		if (st->retires && ledger_key_load(&st->old, path,
		    st->log.origin, false, err) != 0)
			return -1;
		/* Twice the same: a rotation ended before it began. */
		if (st->old.verify.id == st->key.verify.id)
			st->retires = false;
	}
	if (ledger_open(&st->ledger, st->db, sign ? &st->key : NULL,
	    st->retires ? &st->old : NULL, broken) == 0) {
		if (sign)
			st->behind = store_check_heads(st, broken) != 0;
		return 0;
	}
	/* Reading goes on from what is there; nothing is signed. */
	return ledger_open(&st->ledger, st->db, NULL, NULL, err);
}

/* What an older version left is brought up to date. Where that fails, the
 * journal is damaged: it is read as it stands. */
static int
store_upgrade(struct store *st, struct err *broken, struct err *err)
{
	if (rebuild_stale(st->db, st->journal_id, broken) != 0)
		log_error("store: tables of an older version stay: %s",
		    broken->text);
	return ledger_read_log(st->db, LEDGER_NEWEST, &st->log, err);
}

int
store_open(struct store **out, const char *dir, const char *origin, bool sign,
    struct err *broken, struct err *err)
{
	struct store	*st;
	char		 path[4096];

	*out = NULL;
	if ((st = calloc(1, sizeof(*st))) == NULL ||
	    (st->dir = strdup(dir)) == NULL) {
		free(st);
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	}
	st->sign = sign;
	store_path(dir, "forum.db", path, sizeof(path));
	if (db_open(&st->db, path, DB_WRITE, err) != 0 ||
	    schema_open(st->db, err) != 0 ||
	    store_identity(st, origin, err) != 0 ||
	    store_upgrade(st, broken, err) != 0 ||
	    store_open_ledger(st, sign, broken, err) != 0 ||
	    db_open(&st->tidy, path, DB_WRITE, err) != 0) {
		store_close(&st);
		return -1;
	}
	*out = st;
	return 0;
}

void
store_close(struct store **stp)
{
	struct store	*st = *stp;

	if (st == NULL)
		return;
	ledger_close(&st->ledger);
	db_close(&st->tidy);
	/* What is left in the log would be read at the next start. */
	if (st->db != NULL)
		db_checkpoint(st->db, true, NULL);
	db_close(&st->db);
	crypto_wipe(&st->key, sizeof(st->key));
	crypto_wipe(&st->old, sizeof(st->old));
	free(st->dir);
	free(st);
	*stp = NULL;
}

struct db *
store_db(struct store *st)
{
	return st->db;
}

struct ledger *
store_ledger(struct store *st)
{
	return st->ledger;
}

const char *
store_journal_id(const struct store *st)
{
	return st->journal_id;
}

bool
store_behind(const struct store *st)
{
	return st->behind;
}

void
store_erased(struct store *st, struct buf *lines)
{
	char	path[4096];
	int	fd;

	store_path(st->dir, "erased", path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, lines->data, lines->len) !=
	    (ssize_t)lines->len || fdatasync(fd) != 0)
		log_error("store: cannot note an erasure in %s: %s", path,
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	if (db_checkpoint(st->db, true, NULL) != 0)
		log_warn("store: the write-ahead log keeps erased bytes "
		    "until its next checkpoint");
}

/* Replaces the heads file: temporary, sync, rename. */
int
store_head_write(struct db *db, const char *dir, const char *origin,
    uint64_t *size)
{
	char		 path[4096], tmp[4096];
	struct buf	 b = BUF_INIT;
	struct stmt	*s;
	const void	*p;
	size_t		 len;
	uint64_t	 newest = 0;
	int		 fd, rc = -1;

	s = db_query(db, "SELECT size, root FROM head WHERE origin = ? "
	    "ORDER BY size DESC LIMIT 1", "s", origin);
	if (stmt_step(s) == 1) {
		newest = stmt_int(s, 0);
		p = stmt_blob(s, 1, &len);
		buf_addf(&b, "%s %llu ", origin, (unsigned long long)newest);
		buf_hex(&b, p, len);
		buf_addc(&b, '\n');
	}
	stmt_done(s, NULL);
	if (newest == *size || b.len == 0) {
		buf_free(&b);
		return 0;
	}
	store_path(dir, "heads", path, sizeof(path));
	store_path(dir, "heads.new", tmp, sizeof(tmp));
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd >= 0) {
		if (write(fd, b.data, b.len) == (ssize_t)b.len &&
		    fdatasync(fd) == 0 && rename(tmp, path) == 0) {
			*size = newest;
			rc = 0;
		}
		close(fd);
	}
	buf_free(&b);
	return rc;
}

void
store_tidy(struct store *st)
{
	db_checkpoint(st->tidy, false, NULL);
	if (st->sign && !st->behind)
		store_head_write(st->tidy, st->dir, st->log.origin,
		    &st->heads_size);
}

int
store_reader(struct db **out, const char *dir, struct err *err)
{
	char	path[4096];

	store_path(dir, "forum.db", path, sizeof(path));
	return db_open(out, path, DB_READ, err);
}

int
store_apply_erased(struct db *db, const char *dir, struct err *err)
{
	char	 path[4096], line[512], *field;
	FILE	*f;
	int	 rc = 0;

	store_path(dir, "erased", path, sizeof(path));
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	while (rc == 0 && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if ((field = strrchr(line, ' ')) == NULL)
			continue;
		*field++ = '\0';
		rc = strcmp(field, "*") == 0 ?
		    db_run(db, err, "DELETE FROM content WHERE ref = ?", "s",
		    line) :
		    db_run(db, err, "DELETE FROM content WHERE ref = ? AND "
		    "field = ?", "ss", line, field);
	}
	fclose(f);
	return rc;
}
