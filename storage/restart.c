/*
 * Beginning a new log. See restart.h for the contract.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/restart.h"

/* HOST/ledger is the first log, HOST/ledger/N the N-th. */
static unsigned long
restart_number(const char *first, const char *origin)
{
	size_t	n = strlen(first);

	if (strncmp(origin, first, n) != 0 || origin[n] != '/')
		return 1;
	return strtoul(origin + n + 1, NULL, 10);
}

/* An origin that no log had, of the database's or of those lost. */
static int
restart_origin(struct db *db, const struct restart *r, char *out, size_t size,
    struct err *err)
{
	struct ledger_log	first, newest;
	unsigned long		n, k;
	size_t			i;

	if (ledger_read_log(db, 0, &first, err) != 0 ||
	    ledger_read_log(db, LEDGER_NEWEST, &newest, err) != 0)
		return -1;
	n = restart_number(first.origin, newest.origin);
	for (i = 0; i < r->n; i++) {
		k = restart_number(first.origin, r->lost[i].origin);
		n = k > n ? k : n;
	}
	snprintf(out, size, "%s/%lu", first.origin, n + 1);
	return 0;
}

static json_t *
restart_previous(uint64_t size, const void *root)
{
	struct buf	 b = BUF_INIT;
	json_t		*v;

	buf_addf(&b, "%llu ", (unsigned long long)size);
	buf_hex(&b, root, HASH_LEN);
	v = json_string(buf_str(&b));
	buf_free(&b);
	return v;
}

/* The head that the newest log is frozen at, then those lost. */
static json_t *
restart_heads(struct db *db, const struct restart *r, struct err *err)
{
	struct ledger_log	 log;
	struct stmt		*s;
	const void		*root;
	json_t			*list;
	size_t			 len, i;

	if (ledger_read_log(db, LEDGER_NEWEST, &log, err) != 0 ||
	    (list = json_array()) == NULL)
		return NULL;
	s = db_query(db, "SELECT size, root FROM head WHERE origin = ? "
	    "ORDER BY size DESC LIMIT 1", "s", log.origin);
	if (stmt_step(s) == 1) {
		root = stmt_blob(s, 1, &len);
		json_array_append_new(list,
		    restart_previous((uint64_t)stmt_int(s, 0), root));
	}
	if (stmt_done(s, err) != 0 || json_array_size(list) == 0) {
		json_decref(list);
		return NULL;
	}
	for (i = 0; i < r->n; i++)
		json_array_append_new(list, restart_previous(r->lost[i].size,
		    r->lost[i].root.b));
	return list;
}

/* args: cause, origin, previous. */
static int
restart_decide(struct turn *t, struct command *cmd, struct err *err)
{
	struct buf	 policy = BUF_INIT;
	struct stmt	*s;
	json_t		*pub;
	int		 rc;

	s = db_query(t->db, "SELECT digest FROM policy ORDER BY num DESC "
	    "LIMIT 1", "");
	if (stmt_step(s) == 1)
		buf_adds(&policy, stmt_text(s, 0));
	rc = stmt_done(s, err);
	pub = json_copy(cmd->args);
	json_object_set_new(pub, "policy", json_string(buf_str(&policy)));
	buf_free(&policy);
	if (rc != 0) {
		json_decref(pub);
		return -1;
	}
	cmd->status = 201;
	return turn_emit(t, "log.restarted", pub, json_object(), err);
}

/* Drops what the database has; what is left is lost. */
static int
restart_sift(const char *dir, struct db *db, struct restart *r,
    struct err *err)
{
	size_t	i, n = 0;

	if (r->n < RESTART_HEADS && store_head_read(dir, &r->lost[r->n]) == 0)
		r->n++;
	for (i = 0; i < r->n; i++) {
		if (!store_head_known(db, &r->lost[i]))
			r->lost[n++] = r->lost[i];
	}
	r->n = n;
	if (n == 0)
		return err_set(err, ERR_INVALID_FIELD, NULL, "Nothing that "
		    "was signed is missing: no new log is needed");
	if (db_int(db, 0, "SELECT COUNT(*) FROM leaf", "") == 0)
		return err_set(err, ERR_INVALID_FIELD, NULL,
		    "There is no record here to go on from");
	return 0;
}

static int
restart_run(const struct writer_conf *conf, json_t *args, struct err *err)
{
	static const struct command_kind kind = { "log.restart",
				    "a new log", ROLE_ADMIN, restart_decide };
	struct actor		 actor = { .kind = ACTOR_SYSTEM };
	struct writer_conf	 own = *conf;
	struct writer		*w;
	struct command		*cmd;
	int			 rc;

	own.restarts = true;
	cmd = command_new(&kind, &actor, args);
	if (cmd == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	if ((rc = writer_open(&w, &own, err)) == 0) {
		rc = writer_run(w, cmd, err);
		writer_close(&w);
	}
	command_free(&cmd);
	return rc;
}

int
restart_log(const struct writer_conf *conf, struct restart *r,
    struct ledger_log *out, struct err *err)
{
	char		 origin[NOTE_NAME_MAX + 24];
	const char	*p;
	json_t		*heads = NULL;
	struct db	*db;
	int		 rc;

	for (p = r->cause; *p == '-' || (*p >= 'a' && *p <= 'z'); p++)
		;
	if (p == r->cause || *p != '\0')
		return err_set(err, ERR_INVALID_FIELD, "cause",
		    "A cause is a word of a to z and -");
	if (store_reader(&db, conf->dir, err) != 0)
		return -1;
	rc = restart_sift(conf->dir, db, r, err);
	if (rc == 0)
		rc = restart_origin(db, r, origin, sizeof(origin), err);
	if (rc == 0 && (heads = restart_heads(db, r, err)) == NULL)
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The record has no signed head to be frozen at");
	if (rc == 0)
		rc = restart_run(conf, json_pack("{s:s, s:o, s:s}", "origin",
		    origin, "previous", heads, "cause", r->cause), err);
	if (rc == 0 && out != NULL)
		rc = ledger_read_log(db, LEDGER_NEWEST, out, err);
	db_close(&db);
	return rc;
}

int
restart_head(struct restart *r, const char *dir, const char *note, size_t len,
    struct err *err)
{
	static const char *const names[] = { "key", "key.old" };
	struct note_checkpoint	 c;
	struct ledger_key	 key;
	struct store_head	*h = &r->lost[r->n];
	char			 path[4300];
	size_t			 i;
	int			 rc = -1;

	if (r->n == RESTART_HEADS || strcspn(note, "\n") > NOTE_NAME_MAX)
		return err_set(err, ERR_INVALID_FIELD, "head",
		    "Too many heads, or not one");
	snprintf(h->origin, sizeof(h->origin), "%.*s",
	    (int)strcspn(note, "\n"), note);
	for (i = 0; rc != 0 && i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		rc = ledger_key_load(&key, path, h->origin, false, err);
		if (rc == 0)
			rc = note_checkpoint_open(&c, note, len, &key.verify,
			    err);
	}
	crypto_wipe(&key, sizeof(key));
	if (rc != 0)
		return err_set(err, ERR_INVALID_FIELD, "head",
		    "The head given is none that this forum signed");
	h->size = c.size;
	h->root = c.root;
	r->n++;
	return 0;
}
