/*
 * Heads, tiles and keys of the record. See tlog.h for the contract.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "forumd/handlers.h"
#include "forumd/tlog.h"
#include "forumd/witness.h"
#include "storage/base/clock.h"
#include "storage/rotation.h"

#define TLOG_IMMUTABLE	"public, max-age=31536000, immutable"

/* ---- keys ---- */

static int
tlog_key_read(const struct server *s, const char *name, struct note_key *out,
    struct err *err)
{
	struct ledger_key	key;
	char			path[4300];

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	if (ledger_key_load(&key, path, s->origin, false, err) != 0)
		return -1;
	*out = key.verify;
	crypto_wipe(&key, sizeof(key));
	return 0;
}

int
tlog_keys_load(struct server *s, struct err *err)
{
	struct note_key	key, old;
	struct err	none;
	bool		two;

	if (tlog_key_read(s, "key", &key, err) != 0)
		return -1;
	two = tlog_key_read(s, "key.old", &old, &none) == 0 &&
	    old.id != key.id;
	pthread_mutex_lock(&s->keys_lock);
	s->key[0] = key;
	if (two)
		s->key[1] = old;
	s->keys = two ? 2 : 1;
	pthread_mutex_unlock(&s->keys_lock);
	return 0;
}

int
tlog_keys_change(struct server *s, struct db *db, bool retire,
    struct err *err)
{
	/* An earlier one's entry that was never made is made now. */
	if (rotation_record(s->writer, s->dir, err) != 0 ||
	    (retire ? rotation_retire(s->dir, s->origin, db, err) :
	    rotation_begin(s->dir, s->origin, err)) != 0 ||
	    rotation_record(s->writer, s->dir, err) != 0)
		return -1;
	return tlog_keys_load(s, err);
}

/* The vkey of a public key under the name of a log. */
static void
tlog_vkey_named(const struct note_key *key, const char *origin,
    char out[NOTE_VKEY_MAX])
{
	struct note_key	named;

	if (note_key_init(&named, origin, key->type, key->public_key) == 0)
		note_vkey_format(&named, out);
	else
		out[0] = '\0';
}

/* The key that signed the head over entry `number`, by the name of its log:
 * the one that the next rotation replaced, or the present one. */
static int
tlog_vkey_at(struct server *s, struct db *db, const struct ledger_log *log,
    int64_t number, char out[NOTE_VKEY_MAX], struct err *err)
{
	static const char	 line[] = "\nold ";
	struct stmt		*q;
	struct note_key		 key;
	struct err		 none;
	const char		*p, *old;
	size_t			 len;

	pthread_mutex_lock(&s->keys_lock);
	key = s->key[0];
	pthread_mutex_unlock(&s->keys_lock);
	q = db_query(db, "SELECT bytes FROM leaf WHERE kind = 'key.rotated' "
	    "AND idx > ? ORDER BY idx LIMIT 1", "i", number);
	if (stmt_step(q) == 1) {
		p = stmt_blob(q, 0, &len);
		old = memmem(p, len, line, sizeof(line) - 1);
		if (old != NULL) {
			old += sizeof(line) - 1;
			len -= (size_t)(old - p);
			p = memchr(old, '\n', len);
			if (p != NULL)
				len = (size_t)(p - old);
			note_vkey_parse(&key, old, len, &none);
		}
	}
	if (stmt_done(q, err) != 0)
		return -1;
	tlog_vkey_named(&key, log->origin, out);
	return 0;
}

/* ---- entries ---- */

const char *
tlog_path(const struct ledger_log *log)
{
	const char	*slash = strchr(log->origin, '/');

	return slash == NULL ? "" : slash;
}

int
tlog_entry(struct request *rq, int64_t number, struct tlog_entry *e,
    struct err *err)
{
	if (ledger_read_leaf(rq->db, (uint64_t)number, &e->leaf, err) != 0 ||
	    ledger_read_proof(rq->db, (uint64_t)number, &e->proof,
	    err) != 0 || ledger_read_log(rq->db, (uint64_t)number, &e->log,
	    err) != 0)
		return -1;
	return tlog_vkey_at(rq->server, rq->db, &e->log, number, e->vkey,
	    err);
}

void
tlog_free(struct tlog_entry *e)
{
	buf_free(&e->leaf);
	buf_free(&e->proof);
}

void
tlog_entry_json(struct buf *b, int64_t number, const struct tlog_entry *e)
{
	buf_kv_int(b, "log_index", number);
	if (e->log.start > 0)
		buf_kv_int(b, "log_start", (int64_t)e->log.start);
	buf_key(b, "leaf");
	buf_addc(b, '"');
	buf_base64(b, e->leaf.data, e->leaf.len);
	buf_addc(b, '"');
	buf_key(b, "proof");
	buf_json(b, e->proof.data, e->proof.len);
	buf_kv_str(b, "vkey", e->vkey);
}

/* ---- heads ---- */

/* The head shown to the world moves at most once a second, and for all loops
 * together: a reader must never see it go back. Tiles are given for what it
 * covers and no further. */
static struct {
	pthread_mutex_t	lock;
	int64_t		at;		/* mono ms */
	uint64_t	size;
	char		note[4096];
} tlog_head = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The newest head; with witnesses, the newest that they were asked about. */
static int
tlog_newest(struct request *rq, uint64_t *size, struct buf *note,
    struct err *err)
{
	if (rq->server->witnesses != NULL &&
	    witnesses_head(rq->server->witnesses, size, note) == 0)
		return 0;
	return ledger_read_head(rq->db, rq->server->origin, 0, size, note,
	    err);
}

static int
tlog_unsigned(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, NULL,
	    "Nothing has been signed yet");
}

/* Its size, and its note added to out (which may be NULL). */
static int
tlog_shown(struct request *rq, uint64_t *size, struct buf *out,
    struct err *err)
{
	struct buf	note = BUF_INIT;
	int64_t		now = clock_mono_ms();
	int		rc = 0;

	pthread_mutex_lock(&tlog_head.lock);
	if (tlog_head.at == 0 || now - tlog_head.at >= 1000) {
		rc = tlog_newest(rq, size, &note, err);
		if (rc == 0 && note.len < sizeof(tlog_head.note) &&
		    *size >= tlog_head.size) {
			memcpy(tlog_head.note, buf_str(&note), note.len + 1);
			tlog_head.size = *size;
			tlog_head.at = now;
		}
	}
	*size = tlog_head.size;
	if (out != NULL)
		buf_adds(out, tlog_head.note);
	if (rc >= 0)
		rc = tlog_head.at != 0 ? 0 : tlog_unsigned(err);
	pthread_mutex_unlock(&tlog_head.lock);
	buf_free(&note);
	return rc;
}

/* The log at the request's address, and its head: what is frozen stays. */
static int
tlog_asked(struct request *rq, struct ledger_log *log, uint64_t *size,
    struct buf *note, struct err *err)
{
	struct buf	own = BUF_INIT;
	uint64_t	at = LEDGER_NEWEST;
	const char	*path;
	size_t		n;
	int		rc;

	do {
		if (ledger_read_log(rq->db, at, log, err) != 0)
			return tlog_unsigned(err);
		path = tlog_path(log);
		n = strlen(path);
		if (rq->http->path.len > n && rq->http->path.p[n] == '/' &&
		    memcmp(rq->http->path.p, path, n) == 0)
			break;
		at = log->start - 1;
	} while (log->start > 0);
	if (at == LEDGER_NEWEST)
		return tlog_shown(rq, size, note, err);
	rc = ledger_read_head(rq->db, log->origin, 0, size, &own, err);
	if (note != NULL)
		buf_add(note, own.data, own.len);
	buf_free(&own);
	return rc == 1 ? tlog_unsigned(err) : rc;
}

/* "/ledger/..." is asked for by /ledger/{log}/... too: a log that there is
 * none of. */
static int
tlog_param(struct request *rq, const struct ledger_log *log, struct err *err)
{
	const char	*last = strrchr(log->origin, '/') + 1;

	return rq->param[0][0] == '\0' || strcmp(rq->param[0], last) == 0 ?
	    0 : err_set(err, ERR_NOT_FOUND, NULL, "There is no such log");
}

int
tlog_checkpoint(struct request *rq, struct err *err)
{
	struct ledger_log	log;
	uint64_t		size;

	rq->type = "text/plain; charset=utf-8";
	rq->caching = "public, max-age=1";
	if (tlog_asked(rq, &log, &size, &rq->out, err) != 0)
		return -1;
	return tlog_param(rq, &log, err);
}

int
tlog_tile(struct request *rq, struct err *err)
{
	struct http_span	 path = rq->http->path;
	struct ledger_log	 log;
	struct merkle_tile	 t;
	uint64_t		 size;
	size_t			 n;

	if (tlog_asked(rq, &log, &size, NULL, err) != 0 ||
	    tlog_param(rq, &log, err) != 0)
		return -1;
	n = strlen(tlog_path(&log)) + 1;
	if (merkle_tile_parse(&t, path.p + n, path.len - n) != 0)
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "The record has no such tile");
	rq->type = "application/octet-stream";
	rq->caching = TLOG_IMMUTABLE;
	rq->thread = 0;		/* no commit changes it */
	return ledger_read_tile(rq->db, log.start, size, &t, &rq->out, err);
}

/* The newest log's keys, the one that stays first; then each older log's. */
int
tlog_vkey(struct request *rq, struct err *err)
{
	struct server		*s = rq->server;
	struct ledger_log	 log;
	uint64_t		 next;
	char			 vkey[NOTE_VKEY_MAX];
	size_t			 i;

	rq->type = "text/plain; charset=utf-8";
	rq->caching = "public, max-age=60";
	pthread_mutex_lock(&s->keys_lock);
	for (i = 0; i < s->keys; i++) {
		note_vkey_format(&s->key[i], vkey);
		buf_addf(&rq->out, "%s\n", vkey);
	}
	pthread_mutex_unlock(&s->keys_lock);
	if (ledger_read_log(rq->db, LEDGER_NEWEST, &log, err) != 0)
		return -1;
	while (log.start > 0) {
		next = log.start;
		if (ledger_read_log(rq->db, next - 1, &log, err) != 0 ||
		    tlog_vkey_at(s, rq->db, &log, (int64_t)next, vkey,
		    err) != 0)
			return -1;
		buf_addf(&rq->out, "%s\n", vkey);
	}
	return 0;
}
