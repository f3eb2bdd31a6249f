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
#include "storage/schema.h"
#include "storage/store.h"

struct store {
	char		*dir;		/* owned */
	char		*origin;	/* owned */
	char		 journal_id[33];
	struct db	*db;		/* owned; the writer's */
	struct db	*tidy;		/* owned; the checkpointer's */
	struct ledger	*ledger;	/* owned */
	struct ledger_key key, old;
	bool		 sign, retires;
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
	if (rc == 0)
		rc = store_meta(st->db, "origin", &b, err);
	if (rc == 0)
		st->origin = buf_take(&b, NULL);
	buf_free(&b);
	return rc == 0 && st->origin != NULL ? 0 : -1;
}

/* Compares the heads file with the database's tree. */
static int
store_check_heads(struct store *st, struct err *err)
{
	char		 path[4096], origin[300], hex[80];
	unsigned long long size;
	uint64_t	 have;
	struct hash	 root;
	struct stmt	*s;
	const void	*p;
	size_t		 len;
	FILE		*f;
	int		 n, bad = 0;

	store_path(st->dir, "heads", path, sizeof(path));
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	n = fscanf(f, "%299s %llu %79s", origin, &size, hex);
	fclose(f);
	if (n != 3 || strcmp(origin, st->origin) != 0 || strlen(hex) != 64 ||
	    crypto_hex_decode(root.b, hex, 64) != HASH_LEN)
		return 0;
	have = ledger_size(st->ledger);
	if (size > have)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The database is older than what was signed (%llu of "
		    "%llu entries): put the newest copy back, the record "
		    "would fork", (unsigned long long)have,
		    size);
	s = db_query(st->db, "SELECT root FROM head WHERE origin = ? AND "
	    "size = ?", "si", st->origin, (int64_t)size);
	if (stmt_step(s) == 1) {
		p = stmt_blob(s, 0, &len);
		if (len != HASH_LEN || memcmp(p, root.b, HASH_LEN) != 0)
			bad = 1;
	} else {
		bad = 1;
	}
	stmt_done(s, NULL);
	if (bad)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The record differs from the head signed at size %llu "
		    "(see the file heads): it was rewritten", size);
	return 0;
}

static int
store_open_ledger(struct store *st, bool sign, struct err *broken,
    struct err *err)
{
	char	path[4096];

	if (sign) {
		store_path(st->dir, "key", path, sizeof(path));
		if (ledger_key_load(&st->key, path, st->origin, true,
		    err) != 0)
			return -1;
		store_path(st->dir, "key.old", path, sizeof(path));
		st->retires = access(path, F_OK) == 0;
		if (st->retires && ledger_key_load(&st->old, path, st->origin,
		    false, err) != 0)
			return -1;
		/* Twice the same: a rotation ended before it began. */
		if (st->old.verify.id == st->key.verify.id)
			st->retires = false;
	}
	if (ledger_open(&st->ledger, st->db, st->origin,
	    sign ? &st->key : NULL, st->retires ? &st->old : NULL,
	    broken) == 0) {
		if (sign)
			store_check_heads(st, broken);
		return 0;
	}
	/* Reading goes on from what is there; nothing is signed. */
	return ledger_open(&st->ledger, st->db, st->origin, NULL, NULL, err);
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
	db_close(&st->db);
	crypto_wipe(&st->key, sizeof(st->key));
	crypto_wipe(&st->old, sizeof(st->old));
	free(st->origin);
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

const char *
store_origin(const struct store *st)
{
	return st->origin;
}

int
store_vkey(const struct store *st, char out[NOTE_VKEY_MAX])
{
	if (!st->sign)
		return -1;
	note_vkey_format(&st->key.verify, out);
	return 0;
}

int
store_retiring_vkey(const struct store *st, char out[NOTE_VKEY_MAX])
{
	if (!st->retires)
		return -1;
	note_vkey_format(&st->old.verify, out);
	return 0;
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
static void
store_write_heads(struct store *st)
{
	char		 path[4096], tmp[4096];
	struct buf	 b = BUF_INIT;
	struct stmt	*s;
	const void	*p;
	size_t		 len;
	uint64_t	 size = 0;
	int		 fd;

	s = db_query(st->tidy, "SELECT size, root FROM head WHERE origin = ? "
	    "ORDER BY size DESC LIMIT 1", "s", st->origin);
	if (stmt_step(s) == 1) {
		size = stmt_int(s, 0);
		p = stmt_blob(s, 1, &len);
		buf_addf(&b, "%s %llu ", st->origin,
		    (unsigned long long)size);
		buf_hex(&b, p, len);
		buf_addc(&b, '\n');
	}
	stmt_done(s, NULL);
	if (size == st->heads_size || b.len == 0) {
		buf_free(&b);
		return;
	}
	store_path(st->dir, "heads", path, sizeof(path));
	store_path(st->dir, "heads.new", tmp, sizeof(tmp));
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd >= 0) {
		if (write(fd, b.data, b.len) == (ssize_t)b.len &&
		    fdatasync(fd) == 0 && rename(tmp, path) == 0)
			st->heads_size = size;
		close(fd);
	}
	buf_free(&b);
}

void
store_tidy(struct store *st)
{
	db_checkpoint(st->tidy, false, NULL);
	if (st->sign)
		store_write_heads(st);
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
