/*
 * forumctl rebuild, verify, backup, restore, export: work on the files
 * of the data directory. What only reads works beside a running server.
 *
 * A backup is one file: a copy of the database, and in a table of its own
 * the small files without which it could not go on under the same name (key
 * and secret). It is as secret as the data directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forumd/ctl.h"
#include "moderation/lookup.h"
#include "storage/event.h"
#include "storage/ledger.h"
#include "storage/rebuild.h"
#include "storage/restart.h"
#include "storage/store.h"

static const char *const ctl_store_files[] = { "key", "key.old", "secret" };

#define CTL_STORE_FILES	(sizeof(ctl_store_files) / sizeof(ctl_store_files[0]))
#define CTL_STORE_FILE	4096	/* the largest of them */

static int
ctl_store_bare(int argc, char **argv, struct err *err)
{
	return argc == 1 ? 0 : err_set(err, CTL_USAGE, NULL,
	    "%s takes no arguments", argv[0]);
}

/* Compares on a copy, so that a server beside us never waits. */
static int
ctl_store_check(struct ctl *c, struct rebuild_result *out, struct err *err)
{
	char		 dir[4200], file[4300];
	struct db	*db;
	int		 rc;

	snprintf(dir, sizeof(dir), "%s/check.XXXXXX", ctl_dir(c));
	if (mkdtemp(dir) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "%.100s: %s", dir, strerror(errno));
	snprintf(file, sizeof(file), "%s/forum.db", dir);
	if ((rc = store_reader(&db, ctl_dir(c), err)) == 0) {
		rc = db_backup(db, file, err);
		db_close(&db);
	}
	if (rc == 0)
		rc = rebuild(dir, 1, out, err);
	unlink(file);
	snprintf(file, sizeof(file), "%s/forum.db-wal", dir);
	unlink(file);
	snprintf(file, sizeof(file), "%s/forum.db-shm", dir);
	unlink(file);
	rmdir(dir);
	return rc;
}

int
ctl_store_rebuild(struct ctl *c, int argc, char **argv, struct err *err)
{
	struct rebuild_result	 r;
	json_t			*result;
	bool			 check;
	int			 rc;

	check = argc == 2 && strcmp(argv[1], "--check") == 0;
	if (!check && ctl_store_bare(argc, argv, err) != 0)
		return -1;
	if (check)
		rc = ctl_store_check(c, &r, err);
	else if ((rc = ctl_alone(c, err)) == 0)
		rc = rebuild(ctl_dir(c), 0, &r, err);
	else if (rc == 1)
		return err_set(err, ERR_OVERLOADED, NULL,
		    "Stop the server first; rebuild --check works beside it");
	if (rc != 0)
		return -1;
	result = json_pack("{s:I, s:b}", "events", (json_int_t)r.events,
	    "identical", r.identical);
	ctl_print(c, result);
	json_decref(result);
	return !check || r.identical ? 0 : err_set(err, ERR_INTERNAL, NULL,
	    "The projections differ from what the journal says");
}

/* Every commitment that stands in some event, in order. */
struct ctl_store_committed {
	struct hash	*h;		/* owned */
	size_t		 n, cap;
};

static int
ctl_store_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hash));
}

/* Takes every quoted run of 64 hex digits from an event's bytes. */
static int
ctl_store_gather(struct ctl_store_committed *c, const char *p, size_t len,
    struct err *err)
{
	struct hash	*grown, h = { { 0 } };
	size_t		 i, cap;

	for (i = 0; i + HASH_LEN * 2 + 2 <= len; i++) {
		if (p[i] != '"' || p[i + HASH_LEN * 2 + 1] != '"' ||
		    crypto_hex_decode(h.b, p + i + 1, HASH_LEN * 2) !=
		    HASH_LEN)
			continue;
		if (c->n == c->cap) {
			cap = c->cap == 0 ? 1024 : c->cap * 2;
			grown = realloc(c->h, cap * sizeof(*grown));
			if (grown == NULL)
				return err_set(err, ERR_STORAGE_UNAVAILABLE,
				    NULL, "Out of memory");
			c->h = grown;
			c->cap = cap;
		}
		c->h[c->n++] = h;
		i += HASH_LEN * 2;
	}
	return 0;
}

/* Each event's bytes continue the chain. */
static int
ctl_store_chain(struct db *db, struct ctl_store_committed *c,
    int64_t *events, struct err *err)
{
	struct buf	 id = BUF_INIT;
	struct stmt	*s;
	struct hash	 chain;
	const void	*bytes, *want;
	size_t		 len, want_len;
	int		 rc = 0;

	if (store_meta(db, "journal_id", &id, err) != 0)
		return -1;
	event_chain_start(&chain, buf_str(&id));
	buf_free(&id);
	s = db_query(db, "SELECT seq, bytes, chain FROM journal ORDER BY seq",
	    "");
	while (rc == 0 && stmt_step(s) == 1) {
		bytes = stmt_blob(s, 1, &len);
		want = stmt_blob(s, 2, &want_len);
		event_chain(&chain, bytes, len);
		++*events;
		if (stmt_int(s, 0) != *events || want_len != HASH_LEN ||
		    memcmp(want, chain.b, HASH_LEN) != 0)
			rc = err_set(err, ERR_INTERNAL, NULL,
			    "The journal's chain is broken at event %lld",
			    (long long)stmt_int(s, 0));
		else
			rc = ctl_store_gather(c, bytes, len, err);
	}
	if (c->n > 0)
		qsort(c->h, c->n, sizeof(*c->h), ctl_store_compare);
	return stmt_done(s, rc == 0 ? err : NULL) != 0 ? -1 : rc;
}

/* Each text that is there is one that an event committed to. Rules are
 * named by their digest instead. */
static int
ctl_store_content(struct db *db, const struct ctl_store_committed *c,
    int64_t *rows, struct err *err)
{
	struct stmt	*s;
	struct hash	 h;
	const void	*salt, *bytes;
	size_t		 salt_len, len;
	int		 rc = 0;

	s = db_query(db, "SELECT ref, field, salt, bytes FROM content WHERE "
	    "ref NOT LIKE 'policy:%'", "");
	while (rc == 0 && stmt_step(s) == 1) {
		salt = stmt_blob(s, 2, &salt_len);
		bytes = stmt_blob(s, 3, &len);
		++*rows;
		if (salt_len == SALT_LEN)
			event_commitment(&h, salt, stmt_text(s, 1), bytes,
			    len);
		if (salt_len != SALT_LEN || c->n == 0 || bsearch(&h, c->h,
		    c->n, sizeof(h), ctl_store_compare) == NULL)
			rc = err_set(err, ERR_INTERNAL, NULL,
			    "%.60s %.20s is not what the journal committed "
			    "to", stmt_text(s, 0), stmt_text(s, 1));
	}
	return stmt_done(s, rc == 0 ? err : NULL) != 0 ? -1 : rc;
}

/* Reads a small file whole: its length, 0 where there is none, or -1. */
static ssize_t
ctl_store_read(const char *dir, const char *name, char out[CTL_STORE_FILE])
{
	char	path[4300];
	ssize_t	n;
	int	fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return errno == ENOENT ? 0 : -1;
	n = read(fd, out, CTL_STORE_FILE);
	close(fd);
	return n;
}

/* What DIR/heads says was signed is the database's. */
static int
ctl_store_heads(struct ctl *c, struct db *db, struct err *err)
{
	struct store_head	h;

	if (store_head_read(ctl_dir(c), &h) != 0 || store_head_known(db, &h))
		return 0;
	return err_set(err, ERR_INTERNAL, NULL, "The head that was signed at "
	    "size %llu is not the database's", (unsigned long long)h.size);
}

/* The tree of the stored leaves against the last signed head, and that
 * against the file beside the database. */
static int
ctl_store_ledger(struct ctl *c, struct db *db, uint64_t *size,
    struct err *err)
{
	struct ledger_log	 log;
	struct ledger_key	 key;
	struct ledger		*l = NULL;
	char			 path[4300];
	int			 rc;

	snprintf(path, sizeof(path), "%s/key", ctl_dir(c));
	rc = ledger_read_log(db, LEDGER_NEWEST, &log, err);
	if (rc == 0 && (rc = ledger_key_load(&key, path, log.origin, false,
	    err)) == 0) {
		rc = ledger_open(&l, db, &key, NULL, err);
		crypto_wipe(&key, sizeof(key));
	}
	if (rc == 0) {
		*size = ledger_size(l);
		rc = ctl_store_heads(c, db, err);
	}
	ledger_close(&l);
	return rc == 0 ? 0 : -1;
}

int
ctl_store_verify(struct ctl *c, int argc, char **argv, struct err *err)
{
	struct ctl_store_committed	 committed = { NULL, 0, 0 };
	struct db			*db;
	json_t				*result;
	uint64_t			 entries = 0;
	int64_t				 events = 0, rows = 0;
	int				 rc;

	if (ctl_store_bare(argc, argv, err) != 0 ||
	    store_reader(&db, ctl_dir(c), err) != 0)
		return -1;
	rc = db_begin_read(db, err);
	if (rc == 0 && (rc = db_integrity(db, err)) == 0 &&
	    (rc = ctl_store_chain(db, &committed, &events, err)) == 0 &&
	    (rc = ctl_store_content(db, &committed, &rows, err)) == 0)
		rc = ctl_store_ledger(c, db, &entries, err);
	free(committed.h);
	db_rollback(db);
	db_close(&db);
	if (rc != 0)
		return -1;
	result = json_pack("{s:b, s:I, s:I, s:I}", "sound", 1, "events",
	    (json_int_t)events, "texts", (json_int_t)rows, "entries",
	    (json_int_t)entries);
	ctl_print(c, result);
	json_decref(result);
	return 0;
}

static int
ctl_store_pack(struct ctl *c, const char *file, struct err *err)
{
	struct db	*db;
	char		 bytes[CTL_STORE_FILE];
	ssize_t		 n;
	size_t		 i;
	int		 rc;

	if (db_open(&db, file, DB_WRITE, err) != 0)
		return -1;
	rc = db_exec(db, "CREATE TABLE backup_file (name TEXT PRIMARY KEY, "
	    "bytes BLOB NOT NULL)", err);
	for (i = 0; rc == 0 && i < CTL_STORE_FILES; i++) {
		n = ctl_store_read(ctl_dir(c), ctl_store_files[i], bytes);
		if (n < 0)
			rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "%s cannot be read", ctl_store_files[i]);
		else if (n > 0)
			rc = db_run(db, err, "INSERT INTO backup_file (name, "
			    "bytes) VALUES (?, ?)", "sb", ctl_store_files[i],
			    (const void *)bytes, (size_t)n);
	}
	crypto_wipe(bytes, sizeof(bytes));
	if (rc == 0)
		rc = db_exec(db, "PRAGMA journal_mode=DELETE", err);
	db_close(&db);
	return rc;
}

/* What a backup that was cut short left behind, a journal included: it would
 * be taken for the new file's. */
static void
ctl_store_unlink(const char *part)
{
	static const char *const	ends[] = { "", "-wal", "-shm",
	    "-journal" };
	char				path[4400];
	size_t				i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", part, ends[i]);
		unlink(path);
	}
}

/* FILE is whole or not there: it has another name until it is done. */
int
ctl_store_backup(struct ctl *c, int argc, char **argv, struct err *err)
{
	char		 part[4300];
	struct db	*db;
	int		 rc;

	if (argc != 2)
		return err_set(err, CTL_USAGE, NULL, "backup FILE");
	if (access(argv[1], F_OK) == 0)
		return err_set(err, ERR_INVALID_FIELD, NULL,
		    "%.100s exists: choose another name", argv[1]);
	if (store_reader(&db, ctl_dir(c), err) != 0)
		return -1;
	snprintf(part, sizeof(part), "%.4200s.part", argv[1]);
	ctl_store_unlink(part);
	rc = db_backup(db, part, err);
	db_close(&db);
	if (rc == 0)
		rc = ctl_store_pack(c, part, err);
	if (rc == 0 && rename(part, argv[1]) != 0)
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "%.100s: %s",
		    argv[1], strerror(errno));
	if (rc != 0)
		ctl_store_unlink(part);
	return rc;
}

/* Writes a small file that is not there yet. */
static int
ctl_store_write(const char *dir, const char *name, const void *p, size_t len,
    struct err *err)
{
	char	path[4300];
	int	fd, ok;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return 0;
	ok = fd >= 0 && write(fd, p, len) == (ssize_t)len && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return ok ? 0 : err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
	    "%.100s: %s", path, strerror(errno));
}

static int
ctl_store_unpack(struct ctl *c, const char *file, struct err *err)
{
	struct db	*db;
	struct stmt	*s;
	const void	*p;
	size_t		 len;
	int		 rc = 0;

	if (db_open(&db, file, DB_WRITE, err) != 0)
		return -1;
	if (db_int(db, 0, "SELECT count(*) FROM sqlite_master "
	    "WHERE name = 'backup_file'", "") == 0) {
		db_close(&db);
		return err_set(err, ERR_INVALID_FIELD, NULL,
		    "This is no backup, or not a whole one");
	}
	s = db_query(db, "SELECT name, bytes FROM backup_file", "");
	while (rc == 0 && stmt_step(s) == 1) {
		p = stmt_blob(s, 1, &len);
		if (strchr(stmt_text(s, 0), '/') == NULL)
			rc = ctl_store_write(ctl_dir(c), stmt_text(s, 0), p,
			    len, err);
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	if (rc == 0 && (rc = db_exec(db, "DROP TABLE backup_file",
	    err)) == 0)
		rc = store_apply_erased(db, ctl_dir(c), err);
	db_close(&db);
	return rc;
}

/* Puts the backup in the present database's place; heads and erased stay, so
 * that a record that was signed further is noticed, and what was erased
 * since is erased again. */
static int
ctl_store_replace(struct ctl *c, const char *file, struct err *err)
{
	char			 path[4300], fresh[4300], old[4300];
	struct ledger_log	 log;
	struct db		*db;
	uint64_t		 none = 0;
	int			 rc;

	snprintf(path, sizeof(path), "%s/forum.db", ctl_dir(c));
	snprintf(fresh, sizeof(fresh), "%s/forum.db.new", ctl_dir(c));
	snprintf(old, sizeof(old), "%s/forum.db.old", ctl_dir(c));
	unlink(fresh);
	if (db_open(&db, file, DB_READ, err) != 0)
		return -1;
	rc = db_integrity(db, err);
	if (rc == 0)
		rc = db_backup(db, fresh, err);
	db_close(&db);
	if (rc != 0 || ctl_store_unpack(c, fresh, err) != 0)
		return -1;
	if (access(path, F_OK) == 0) {
		/* Its log belongs to it: emptied before it is moved. And
		 * what it signed last may not be in heads yet. */
		if (db_open(&db, path, DB_WRITE, err) != 0)
			return -1;
		rc = db_checkpoint(db, true, err);
		if (rc == 0 && ledger_read_log(db, LEDGER_NEWEST, &log,
		    NULL) == 0 && ctl_store_heads(c, db, NULL) == 0)
			rc = store_head_write(db, ctl_dir(c), log.origin,
			    &none);
		db_close(&db);
		if (rc != 0 || rename(path, old) != 0)
			return -1;
	}
	return rename(fresh, path) == 0 ? 0 : err_set(err,
	    ERR_STORAGE_UNAVAILABLE, NULL, "%.100s: %s", path,
	    strerror(errno));
}

/* A file with a signed head, into r. */
static int
ctl_store_head(struct ctl *c, const char *file, struct restart *r,
    struct err *err)
{
	char	note[CTL_STORE_FILE + 1];
	ssize_t	n;
	int	fd;

	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) < 0)
		return err_set(err, ERR_INVALID_FIELD, "head", "%.100s: %s",
		    file, strerror(errno));
	n = read(fd, note, CTL_STORE_FILE);
	close(fd);
	note[n < 0 ? 0 : n] = '\0';
	return restart_head(r, ctl_dir(c), note, strlen(note), err);
}

static int
ctl_store_new_log(struct ctl *c, struct restart *r, char **heads, int n,
    struct err *err)
{
	struct writer_conf	 conf = { .dir = ctl_dir(c), .origin = "",
				    .sign = true };
	struct ledger_log	 log;
	json_t			*result;
	int			 i, rc = 0;

	for (i = 0; rc == 0 && i < n; i++)
		rc = ctl_store_head(c, heads[i], r, err);
	conf.versions = calloc(1, sizeof(*conf.versions));
	if (conf.versions == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	if (rc == 0)
		rc = restart_log(&conf, r, &log, err);
	free(conf.versions);
	if (rc != 0)
		return -1;
	result = json_pack("{s:s, s:I}", "origin", log.origin, "first_entry",
	    (json_int_t)log.start);
	ctl_print(c, result);
	json_decref(result);
	return 0;
}

static int
ctl_store_behind(struct ctl *c, struct err *err)
{
	struct db	*db;
	int		 rc;

	if (store_reader(&db, ctl_dir(c), err) != 0)
		return -1;
	rc = ctl_store_heads(c, db, NULL);
	db_close(&db);
	if (rc != 0)
		fputs("forumctl: this copy is older than what was signed: it "
		    "serves readers and takes no\nposts until the newest copy "
		    "is back, or forumctl restore --new-log\n", stderr);
	return 0;
}

int
ctl_store_restore(struct ctl *c, int argc, char **argv, struct err *err)
{
	struct restart	 r = { .cause = "restored-backup" };
	const char	*file = NULL;
	char		*heads[RESTART_HEADS];
	bool		 new_log = false, bad = false;
	int		 rc, i, n = 0;

	for (i = 1; i < argc && !bad; i++) {
		if (strcmp(argv[i], "--new-log") == 0)
			new_log = true;
		else if (strcmp(argv[i], "--cause") == 0 && i + 1 < argc)
			r.cause = argv[++i];
		else if (strcmp(argv[i], "--head") == 0 && i + 1 < argc &&
		    n < RESTART_HEADS)
			heads[n++] = argv[++i];
		else if (file == NULL && argv[i][0] != '-')
			file = argv[i];
		else
			bad = true;
	}
	if (bad || (!new_log && (file == NULL || n > 0)))
		return err_set(err, CTL_USAGE, NULL, "restore FILE, or "
		    "restore [FILE] --new-log [--cause CODE] [--head FILE]");
	if (mkdir(ctl_dir(c), 0700) != 0 && errno != EEXIST)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "%.100s: %s", ctl_dir(c), strerror(errno));
	if ((rc = ctl_alone(c, err)) != 0)
		return rc < 0 ? -1 : err_set(err, ERR_OVERLOADED, NULL,
		    "Stop the server first");
	if (file != NULL && ctl_store_replace(c, file, err) != 0)
		return -1;
	return new_log ? ctl_store_new_log(c, &r, heads, n, err) :
	    ctl_store_behind(c, err);
}

/* The journal, event by event as it was written, then every text that is
 * still there. */
int
ctl_store_export(struct ctl *c, int argc, char **argv, struct err *err)
{
	struct db	*db;
	struct stmt	*s;
	struct buf	 b = BUF_INIT;
	const char	*p;
	size_t		 len;
	int		 rc;

	if (ctl_store_bare(argc, argv, err) != 0 ||
	    store_reader(&db, ctl_dir(c), err) != 0)
		return -1;
	if ((rc = db_begin_read(db, err)) != 0)
		goto out;
	s = db_query(db, "SELECT seq, bytes FROM journal ORDER BY seq", "");
	while (stmt_step(s) == 1) {
		p = stmt_blob(s, 1, &len);
		printf("{\"seq\":%lld,\"event\":%.*s}\n",
		    (long long)stmt_int(s, 0), (int)len, p);
	}
	rc = stmt_done(s, err);
	s = db_query(db, "SELECT ref, field, bytes FROM content WHERE NOT "
	    "(ref LIKE 'a:%' AND field IN ('password', 'totp')) AND NOT (ref "
	    "LIKE 'c:%' AND EXISTS (SELECT 1 FROM comment c WHERE c.id = "
	    "substr(ref, 3, instr(substr(ref, 3), ':') - 1) AND "
	    "c.quarantined = 1)) ORDER BY ref, field", "");
	while (rc == 0 && stmt_step(s) == 1) {
		buf_clear(&b);
		buf_addc(&b, '{');
		buf_kv_str(&b, "ref", stmt_text(s, 0));
		buf_kv_str(&b, "field", stmt_text(s, 1));
		p = stmt_blob(s, 2, &len);
		buf_key(&b, "text");
		buf_json(&b, p, len);
		printf("%s}\n", buf_str(&b));
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	db_rollback(db);
out:
	buf_free(&b);
	db_close(&db);
	return rc;
}
