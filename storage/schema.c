/*
 * The tables. See schema.h for the contract.
 *
 * Three kinds of table, told apart by schema_tables[]:
 *   truth       journal and content: never rebuilt, never dropped
 *   projection  computed from the journal alone; rebuild must give the same
 *   derived     made from content or from requests; may be missing
 *
 * To change a table: add a step to schema_steps[] (never edit a landed one).
 * After any step the projections of an older file are rebuilt from the
 * journal (rebuild.h), so a step only makes tables and columns.
 */
#include "storage/base/log.h"
#include "storage/schema.h"

enum schema_kind { SCHEMA_TRUTH, SCHEMA_PROJECTION, SCHEMA_DERIVED };

static const struct {
	const char		*name;
	enum schema_kind	 kind;
	const char		*order;	/* columns a dump is ordered by */
} schema_tables[] = {
	{ "journal",		SCHEMA_TRUTH,		"seq" },
	{ "content",		SCHEMA_TRUTH,		"ref, field" },
	{ "thread",		SCHEMA_PROJECTION,	"num" },
	{ "thread_clause",	SCHEMA_PROJECTION,	"thread, clause" },
	{ "tally",		SCHEMA_PROJECTION,	"thread, hour" },
	{ "tally_clause",	SCHEMA_PROJECTION,	"thread, hour, clause" },
	{ "tally_group",	SCHEMA_PROJECTION,	"thread, day, newcomer, "
	    "reply, language" },
	{ "comment",		SCHEMA_PROJECTION,	"thread, num" },
	{ "account",		SCHEMA_PROJECTION,	"num" },
	{ "token",		SCHEMA_PROJECTION,	"id" },
	{ "session_ended",	SCHEMA_PROJECTION,	"id" },
	{ "decision",		SCHEMA_PROJECTION,	"num" },
	{ "appeal",		SCHEMA_PROJECTION,	"num" },
	{ "flag",		SCHEMA_PROJECTION,	"num" },
	{ "sanction",		SCHEMA_PROJECTION,	"num" },
	{ "notice",		SCHEMA_PROJECTION,	"num" },
	{ "claim",		SCHEMA_PROJECTION,	"thread, num" },
	{ "vote",		SCHEMA_PROJECTION,	"thread, num, account" },
	{ "review",		SCHEMA_PROJECTION,	"num" },
	{ "remark",		SCHEMA_PROJECTION,	"num" },
	{ "quarantine",		SCHEMA_PROJECTION,	"thread, num" },
	{ "opening",		SCHEMA_PROJECTION,	"num" },
	{ "escalation",		SCHEMA_PROJECTION,	"num" },
	{ "mandate",		SCHEMA_PROJECTION,	"num" },
	{ "tone_draw",		SCHEMA_PROJECTION,	"num" },
	{ "tone_item",		SCHEMA_PROJECTION,	"num" },
	{ "tone_code",		SCHEMA_PROJECTION,	"item, account" },
	{ "policy",		SCHEMA_PROJECTION,	"digest" },
	{ "leaf",		SCHEMA_PROJECTION,	"idx" },
	{ "tile",		SCHEMA_PROJECTION,	"start, level, idx" },
	{ "head",		SCHEMA_TRUTH,		"origin, size" },
	{ "fragment",		SCHEMA_DERIVED,		NULL },
	{ "finding",		SCHEMA_DERIVED,		NULL },
	{ "name_key",		SCHEMA_DERIVED,		NULL },
	{ "idempotency",	SCHEMA_DERIVED,		NULL },
	{ "refused",		SCHEMA_DERIVED,		NULL },
};

#define SCHEMA_TABLES	(sizeof(schema_tables) / sizeof(schema_tables[0]))

static const char *const schema_steps[] = {
	/* 1 */
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
	"CREATE TABLE journal ("
	"	seq INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
	"	time INTEGER NOT NULL, bytes BLOB NOT NULL,"
	"	chain BLOB NOT NULL);"
	/* ref names the thing and, where it has some, its version. */
	"CREATE TABLE content ("
	"	ref TEXT, field TEXT, salt BLOB, bytes BLOB,"
	"	PRIMARY KEY (ref, field)) WITHOUT ROWID;"

	"CREATE TABLE thread ("
	"	num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	"	slug TEXT NOT NULL UNIQUE, title TEXT NOT NULL,"
	"	url TEXT, site TEXT NOT NULL, mode TEXT NOT NULL,"
	"	notice TEXT, restriction TEXT, section TEXT,"
	"	created_at INTEGER NOT NULL, closes_at INTEGER,"
	"	last_comment_at INTEGER, version INTEGER NOT NULL,"
	"	log_index INTEGER,"
	"	posted INTEGER NOT NULL DEFAULT 0,"
	"	visible INTEGER NOT NULL DEFAULT 0,"
	"	held INTEGER NOT NULL DEFAULT 0,"
	"	removed INTEGER NOT NULL DEFAULT 0,"
	"	withdrawn INTEGER NOT NULL DEFAULT 0,"
	"	erased INTEGER NOT NULL DEFAULT 0,"
	"	ever_removed INTEGER NOT NULL DEFAULT 0,"
	"	erased_author INTEGER NOT NULL DEFAULT 0,"
	"	erased_order INTEGER NOT NULL DEFAULT 0,"
	"	erased_retention INTEGER NOT NULL DEFAULT 0,"
	"	overdue INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX thread_site ON thread (site, num);"
	"CREATE INDEX thread_url ON thread (url);"
	"CREATE TABLE thread_clause ("
	"	thread INTEGER, clause TEXT, removed INTEGER NOT NULL,"
	"	PRIMARY KEY (thread, clause)) WITHOUT ROWID;"

	/* A comment's state follows from removed_by, erased_by, withdrawn_at
	 * and held_clause (projection.c); num counts within the thread. */
	"CREATE TABLE comment ("
	"	thread INTEGER, num INTEGER, id TEXT NOT NULL,"
	"	state TEXT NOT NULL, parent INTEGER NOT NULL,"
	"	depth INTEGER NOT NULL, account INTEGER NOT NULL,"
	"	author_id TEXT NOT NULL, author_kind TEXT NOT NULL,"
	"	badge TEXT, language TEXT, created_at INTEGER NOT NULL,"
	"	edited_at INTEGER, revision INTEGER NOT NULL,"
	"	version INTEGER NOT NULL, length INTEGER NOT NULL,"
	"	question INTEGER NOT NULL DEFAULT 0, answers INTEGER,"
	"	score INTEGER NOT NULL DEFAULT 0,"
	"	replies INTEGER NOT NULL DEFAULT 0,"
	"	log_index INTEGER NOT NULL,"
	"	held_clause TEXT, held_at INTEGER, decide_by INTEGER,"
	"	held_unchecked INTEGER, held_overdue INTEGER,"
	"	held_auto INTEGER,"
	"	removed_by INTEGER, decision INTEGER,"
	"	ever_removed INTEGER NOT NULL DEFAULT 0,"
	"	withdrawn_at INTEGER, erased_by TEXT, erased_clause TEXT,"
	"	quarantined INTEGER NOT NULL DEFAULT 0,"
	"	labels TEXT, newcomer INTEGER NOT NULL DEFAULT 0,"
	"	flags_open INTEGER NOT NULL DEFAULT 0,"
	"	flags_weight INTEGER NOT NULL DEFAULT 0,"
	"	brigade INTEGER NOT NULL DEFAULT 0,"
	"	flagged_at INTEGER, harm INTEGER NOT NULL DEFAULT 0,"
	"	approved_at INTEGER, findings TEXT, counted TEXT,"
	"	PRIMARY KEY (thread, num)) WITHOUT ROWID;"
	"CREATE UNIQUE INDEX comment_id ON comment (id);"
	"CREATE INDEX comment_version ON comment (thread, version);"
	"CREATE INDEX comment_parent ON comment (thread, parent, num);"
	"CREATE INDEX comment_author ON comment (account, created_at);"
	"CREATE INDEX comment_log ON comment (log_index);"
	"CREATE INDEX comment_best ON comment (thread, score DESC, num);"
	/* Not "parent = 0": a partial index over a column that statements
	 * compare with a parameter has them prepared anew at each use. */
	"CREATE INDEX comment_best_top ON comment (thread, score DESC, num)"
	"	WHERE depth = 0;"
	/* All that the queue sorts by, so that it reads no rows. */
	"CREATE INDEX comment_held ON comment (state, decide_by, held_at,"
	"	harm, flags_weight, held_overdue) WHERE state = 'held';"
	"CREATE INDEX comment_flagged ON comment (flagged_at)"
	"	WHERE flags_open > 0;"
	"CREATE INDEX comment_kept ON comment (state)"
	"	WHERE erased_by IS NULL AND state IN ('withdrawn', 'removed');"
	"CREATE INDEX comment_question ON comment (thread, num)"
	"	WHERE question = 1;"

	/* kind guest or member; roles is a bit mask (command.h). */
	"CREATE TABLE account ("
	"	num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	"	kind TEXT NOT NULL, site TEXT, roles INTEGER NOT NULL,"
	"	official TEXT, person TEXT, epoch INTEGER NOT NULL,"
	"	key_hash BLOB, created_at INTEGER NOT NULL,"
	"	totp INTEGER NOT NULL DEFAULT 0,"
	"	email INTEGER NOT NULL DEFAULT 0, language TEXT,"
	"	posted INTEGER NOT NULL DEFAULT 0,"
	"	approved INTEGER NOT NULL DEFAULT 0,"
	"	removed INTEGER NOT NULL DEFAULT 0,"
	"	reversed INTEGER NOT NULL DEFAULT 0,"
	"	flags_upheld INTEGER NOT NULL DEFAULT 0,"
	"	flags_rejected INTEGER NOT NULL DEFAULT 0,"
	"	muted_until INTEGER, suspended_until INTEGER,"
	"	banned INTEGER NOT NULL DEFAULT 0,"
	"	flags_until INTEGER, link_hash BLOB,"
	"	unread INTEGER NOT NULL DEFAULT 0,"
	"	erased_at INTEGER);"
	"CREATE UNIQUE INDEX account_key ON account (key_hash)"
	"	WHERE key_hash IS NOT NULL;"
	"CREATE INDEX account_link ON account (link_hash)"
	"	WHERE link_hash IS NOT NULL;"
	"CREATE TABLE token ("
	"	id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE,"
	"	account INTEGER NOT NULL, scope TEXT NOT NULL,"
	"	created_at INTEGER NOT NULL, expires_at INTEGER,"
	"	revoked INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	"CREATE INDEX token_account ON token (account);"

	/* Sessions signed out before their time. */
	"CREATE TABLE session_ended ("
	"	id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL)"
	"	WITHOUT ROWID;"
	"CREATE INDEX session_over ON session_ended (expires_at);"

	"CREATE TABLE decision ("
	"	num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	"	thread INTEGER, comment INTEGER, sanction INTEGER,"
	"	version INTEGER, action TEXT NOT NULL, clause TEXT,"
	"	category TEXT, keyword TEXT, source TEXT NOT NULL,"
	"	auto_detection INTEGER NOT NULL,"
	"	auto_decision TEXT NOT NULL, policy TEXT NOT NULL,"
	"	model TEXT, ruleset TEXT, account INTEGER NOT NULL,"
	"	decider TEXT NOT NULL, at INTEGER NOT NULL,"
	"	since INTEGER NOT NULL, canned INTEGER NOT NULL DEFAULT 0,"
	"	conceal INTEGER NOT NULL DEFAULT 0, reverses INTEGER,"
	"	reversed_by INTEGER, appeal TEXT NOT NULL DEFAULT 'none',"
	"	appeal_until INTEGER, log_index INTEGER NOT NULL,"
	"	undone INTEGER NOT NULL DEFAULT 0,"
	"	redacted INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX decision_comment ON decision (thread, comment, num);"
	"CREATE INDEX decision_log ON decision (log_index);"
	"CREATE INDEX decision_account ON decision (account, at);"
	"CREATE INDEX decision_wait ON decision (thread, at - since);"
	"CREATE INDEX decision_clause ON decision (clause, num);"
	"CREATE TABLE appeal ("
	"	num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	"	decision INTEGER, sanction INTEGER, flag INTEGER,"
	"	thread INTEGER, comment INTEGER, account INTEGER NOT NULL,"
	"	state TEXT NOT NULL, filed_at INTEGER NOT NULL,"
	"	decided_at INTEGER, decider_account INTEGER, decider TEXT,"
	"	log_index INTEGER, decided_index INTEGER);"
	"CREATE INDEX appeal_open ON appeal (filed_at)"
	"	WHERE state = 'open';"
	"CREATE INDEX appeal_decision ON appeal (decision);"
	"CREATE INDEX appeal_flag ON appeal (flag) WHERE flag IS NOT NULL;"
	"CREATE INDEX appeal_account ON appeal (account);"
	"CREATE TABLE flag ("
	"	num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	"	key_hash BLOB, thread INTEGER NOT NULL,"
	"	comment INTEGER NOT NULL, version INTEGER NOT NULL,"
	"	account INTEGER NOT NULL, flagger BLOB, network BLOB,"
	"	clause TEXT NOT NULL, legal INTEGER NOT NULL DEFAULT 0,"
	"	good_faith INTEGER NOT NULL DEFAULT 0,"
	"	weight INTEGER NOT NULL, counted INTEGER NOT NULL,"
	"	state TEXT NOT NULL, filed_at INTEGER NOT NULL,"
	"	decided_at INTEGER, decision INTEGER);"
	"CREATE INDEX flag_comment ON flag (thread, comment, num);"
	"CREATE INDEX flag_account ON flag (account, num);"
	"CREATE INDEX flag_flagger ON flag (flagger, num)"
	"	WHERE flagger IS NOT NULL;"
	"CREATE TABLE sanction ("
	"	num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	"	account INTEGER NOT NULL, kind TEXT NOT NULL,"
	"	clause TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER,"
	"	decision INTEGER NOT NULL, state TEXT NOT NULL,"
	"	ended_at INTEGER);"
	"CREATE INDEX sanction_account ON sanction (account, num);"
	"CREATE INDEX sanction_active ON sanction (until)"
	"	WHERE state = 'active';"
	/* What a person was told: the inbox. */
	"CREATE TABLE notice ("
	"	num INTEGER PRIMARY KEY, account INTEGER NOT NULL,"
	"	kind TEXT NOT NULL, at INTEGER NOT NULL, read_at INTEGER,"
	"	thread INTEGER, comment INTEGER, decision INTEGER,"
	"	appeal INTEGER, flag INTEGER, sanction INTEGER);"
	"CREATE INDEX notice_account ON notice (account, num);"
	"CREATE TABLE claim ("
	"	thread INTEGER, num INTEGER, account INTEGER NOT NULL,"
	"	until INTEGER NOT NULL,"
	"	PRIMARY KEY (thread, num)) WITHOUT ROWID;"
	"CREATE TABLE vote ("
	"	thread INTEGER, num INTEGER, account INTEGER,"
	"	value INTEGER NOT NULL,"
	"	PRIMARY KEY (thread, num, account)) WITHOUT ROWID;"
	/* A decision put again, unmarked, before another moderator. */
	"CREATE TABLE review ("
	"	num INTEGER PRIMARY KEY, decision INTEGER NOT NULL,"
	"	thread INTEGER NOT NULL, comment INTEGER NOT NULL,"
	"	due_at INTEGER NOT NULL, account INTEGER, at INTEGER,"
	"	action TEXT, clause TEXT, agrees INTEGER);"
	"CREATE INDEX review_open ON review (due_at) WHERE at IS NULL;"
	"CREATE INDEX review_comment ON review (thread, comment);"
	/* Moderators' notes on accounts and records that are not public. */
	"CREATE TABLE remark ("
	"	num INTEGER PRIMARY KEY, account INTEGER,"
	"	thread INTEGER, comment INTEGER, kind TEXT NOT NULL,"
	"	by INTEGER NOT NULL, at INTEGER NOT NULL);"
	"CREATE INDEX remark_account ON remark (account, num);"
	"CREATE INDEX remark_comment ON remark (thread, comment);"
	"CREATE INDEX remark_disputed ON remark (thread, comment)"
	"	WHERE kind = 'disagreement';"
	"CREATE TABLE policy ("
	"	digest TEXT PRIMARY KEY, adopted_at INTEGER NOT NULL,"
	"	num INTEGER NOT NULL, log_index INTEGER NOT NULL)"
	"	WITHOUT ROWID;"

	"CREATE TABLE leaf ("
	"	idx INTEGER PRIMARY KEY, seq INTEGER NOT NULL,"
	"	kind TEXT NOT NULL, thread INTEGER, comment INTEGER,"
	"	time INTEGER NOT NULL, bytes BLOB NOT NULL);"
	"CREATE INDEX leaf_thread ON leaf (thread, idx);"
	"CREATE INDEX leaf_comment ON leaf (thread, comment, idx);"
	"CREATE INDEX leaf_kind ON leaf (kind, idx);"
	"CREATE TABLE tile ("
	"	level INTEGER, idx INTEGER, bytes BLOB NOT NULL,"
	"	PRIMARY KEY (level, idx)) WITHOUT ROWID;"
	/* Every signed head, one a commit: what must never be forked. */
	"CREATE TABLE head ("
	"	origin TEXT, size INTEGER, root BLOB NOT NULL,"
	"	at INTEGER NOT NULL, note TEXT NOT NULL,"
	"	PRIMARY KEY (origin, size)) WITHOUT ROWID;"

	"CREATE TABLE fragment ("
	"	thread INTEGER, num INTEGER, name TEXT NOT NULL,"
	"	html TEXT NOT NULL,"
	"	PRIMARY KEY (thread, num)) WITHOUT ROWID;"
	"CREATE TABLE finding ("
	"	thread INTEGER, num INTEGER, json TEXT NOT NULL,"
	"	PRIMARY KEY (thread, num)) WITHOUT ROWID;"
	"CREATE TABLE name_key ("
	"	key TEXT PRIMARY KEY, account INTEGER NOT NULL)"
	"	WITHOUT ROWID;"
	"CREATE INDEX name_key_account ON name_key (account);"
	"CREATE TABLE idempotency ("
	"	key BLOB PRIMARY KEY, body BLOB NOT NULL,"
	"	status INTEGER NOT NULL, answer TEXT NOT NULL,"
	"	at INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX idempotency_at ON idempotency (at);"
	"CREATE TABLE refused ("
	"	thread INTEGER, code TEXT, n INTEGER NOT NULL,"
	"	PRIMARY KEY (thread, code)) WITHOUT ROWID;",

	/* 2: counters for statistics (project_tally.c); thread 0 is all */
	"CREATE TABLE tally ("
	"	thread INTEGER, hour INTEGER,"
	"	posted INTEGER NOT NULL DEFAULT 0,"
	"	visible INTEGER NOT NULL DEFAULT 0,"
	"	held INTEGER NOT NULL DEFAULT 0,"
	"	removed INTEGER NOT NULL DEFAULT 0,"
	"	withdrawn INTEGER NOT NULL DEFAULT 0,"
	"	erased INTEGER NOT NULL DEFAULT 0,"
	"	flags INTEGER NOT NULL DEFAULT 0,"
	"	appeals INTEGER NOT NULL DEFAULT 0,"
	"	authors_hour INTEGER NOT NULL DEFAULT 0,"
	"	authors_day INTEGER NOT NULL DEFAULT 0,"
	"	authors_week INTEGER NOT NULL DEFAULT 0,"
	"	authors_month INTEGER NOT NULL DEFAULT 0,"
	"	newcomers INTEGER NOT NULL DEFAULT 0,"
	"	replies INTEGER NOT NULL DEFAULT 0,"
	"	depth INTEGER NOT NULL DEFAULT 0,"
	"	PRIMARY KEY (thread, hour)) WITHOUT ROWID;"
	"CREATE TABLE tally_clause ("
	"	thread INTEGER, hour INTEGER, clause TEXT,"
	"	removed INTEGER NOT NULL,"
	"	PRIMARY KEY (thread, hour, clause)) WITHOUT ROWID;"
	"CREATE TABLE tally_group ("
	"	thread INTEGER, day INTEGER, newcomer INTEGER,"
	"	reply INTEGER, language TEXT, posted INTEGER NOT NULL,"
	"	removed INTEGER NOT NULL,"
	"	PRIMARY KEY (thread, day, newcomer, reply, language))"
	"	WITHOUT ROWID;"
	"CREATE INDEX decision_at ON decision (at);",

	/* 3: e-mail: since when there is an address (email: 1 given, 2
	 * confirmed, 3 refused), and what else is told by it. */
	"ALTER TABLE account ADD COLUMN email_at INTEGER;"
	"ALTER TABLE account ADD COLUMN mails INTEGER NOT NULL DEFAULT 1;"
	"UPDATE account SET email_at = created_at WHERE email != 0;"
	"ALTER TABLE flag ADD COLUMN language TEXT;"
	"CREATE INDEX account_unconfirmed ON account (email_at)"
	"	WHERE email = 1;",

	/* 4: the gravest cases (project_grave.c); a mandate is an
	 * authority's order, released_at the end of a quarantine */
	"CREATE TABLE quarantine ("
	"	thread INTEGER, num INTEGER, decision INTEGER NOT NULL,"
	"	at INTEGER NOT NULL, preserve_until INTEGER,"
	"	notify_after INTEGER, released_at INTEGER,"
	"	PRIMARY KEY (thread, num)) WITHOUT ROWID;"
	"CREATE INDEX quarantine_notify ON quarantine (notify_after)"
	"	WHERE notify_after IS NOT NULL;"
	"CREATE TABLE opening ("
	"	num INTEGER PRIMARY KEY, thread INTEGER NOT NULL,"
	"	comment INTEGER NOT NULL, account INTEGER NOT NULL,"
	"	at INTEGER NOT NULL);"
	"CREATE INDEX opening_comment ON opening (thread, comment);"
	"CREATE TABLE escalation ("
	"	num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	"	thread INTEGER NOT NULL, comment INTEGER NOT NULL,"
	"	clause TEXT NOT NULL, at INTEGER NOT NULL,"
	"	state TEXT NOT NULL, told_at INTEGER,"
	"	closed_at INTEGER, account INTEGER);"
	"CREATE INDEX escalation_comment ON escalation (thread, comment);"
	"CREATE TABLE mandate ("
	"	num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	"	type TEXT NOT NULL, state TEXT NOT NULL, thread INTEGER,"
	"	comment INTEGER, account INTEGER NOT NULL,"
	"	received_at INTEGER NOT NULL,"
	"	recorded_at INTEGER NOT NULL, acted_at INTEGER,"
	"	told_at INTEGER, effect TEXT);"
	"ALTER TABLE account ADD COLUMN charged INTEGER NOT NULL"
	"	DEFAULT 0;",

	/* 5: a record in several logs; start is the log's first entry */
	"ALTER TABLE tile RENAME TO tile_of_one;"
	"CREATE TABLE tile ("
	"	start INTEGER, level INTEGER, idx INTEGER,"
	"	bytes BLOB NOT NULL,"
	"	PRIMARY KEY (start, level, idx)) WITHOUT ROWID;"
	"INSERT INTO tile SELECT 0, level, idx, bytes FROM tile_of_one;"
	"DROP TABLE tile_of_one;",

	/* 6: where a flag's sender came from, and the tone of comments as two
	 * people coded it on a sample drawn by a signed head */
	"ALTER TABLE flag ADD COLUMN referrer BLOB;"
	"CREATE TABLE tone_draw ("
	"	num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	"	size INTEGER NOT NULL, root TEXT NOT NULL,"
	"	since INTEGER NOT NULL, at INTEGER NOT NULL);"
	"CREATE TABLE tone_item ("
	"	num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	"	draw INTEGER NOT NULL, thread INTEGER NOT NULL,"
	"	comment INTEGER NOT NULL);"
	"CREATE TABLE tone_code ("
	"	item INTEGER, account INTEGER, tone TEXT NOT NULL,"
	"	at INTEGER NOT NULL,"
	"	PRIMARY KEY (item, account)) WITHOUT ROWID;",

	/* 7: nobody looks comments up by their entry in the record */
	"DROP INDEX comment_log;",

	/* 8: what the newsroom recommends; a thread has one pinned comment
	 * at most. Who did so and when stands in remark */
	("ALTER TABLE comment ADD COLUMN pick INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE thread ADD COLUMN pinned INTEGER;"),
};

#define SCHEMA_VERSION	(int64_t)(sizeof(schema_steps) / sizeof(schema_steps[0]))

/* The steps after one version up to another, in one transaction. */
static int
schema_migrate(struct db *db, int64_t from, int64_t to, struct err *err)
{
	struct buf	b = BUF_INIT;
	int64_t		v;
	int		rc;

	if (db_begin(db, err) != 0)
		return -1;
	for (v = from; v < to; v++) {
		if (db_exec(db, schema_steps[v], err) != 0)
			goto fail;
	}
	if (from > 0 && db_exec(db, "INSERT OR REPLACE INTO meta (key, "
	    "value) VALUES ('" SCHEMA_STALE "', '1')", err) != 0)
		goto fail;
	/* A pragma takes no parameter; the number is our own. */
	buf_addf(&b, "PRAGMA user_version=%lld", (long long)to);
	rc = db_exec(db, buf_str(&b), err);
	buf_free(&b);
	if (rc == 0 && db_commit(db, err) == 0)
		return 0;
fail:
	db_rollback(db);
	return -1;
}

int
schema_make(struct db *db, int64_t version, struct err *err)
{
	return schema_migrate(db, 0, version, err);
}

int
schema_open(struct db *db, struct err *err)
{
	int64_t	version = db_int(db, -1, "PRAGMA user_version", "");

	if (version < 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The database cannot be read");
	if (version > SCHEMA_VERSION)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The database was written by a newer forumd (its schema "
		    "is %lld, ours %lld): run that one",
		    (long long)version, (long long)SCHEMA_VERSION);
	if (version == SCHEMA_VERSION)
		return 0;
	if (version > 0)
		log_info("schema: migrating from %lld to %lld",
		    (long long)version, (long long)SCHEMA_VERSION);
	return schema_migrate(db, version, SCHEMA_VERSION, err);
}

int
schema_drop_projections(struct db *db, struct err *err)
{
	struct buf	sql = BUF_INIT;
	size_t		i;
	int		rc;

	/* Table names come from schema_tables[], never from outside. */
	for (i = 0; i < SCHEMA_TABLES; i++) {
		if (schema_tables[i].kind == SCHEMA_PROJECTION)
			buf_addf(&sql, "DELETE FROM %s;",
			    schema_tables[i].name);
	}
	rc = db_exec(db, buf_str(&sql), err);
	buf_free(&sql);
	return rc;
}

int
schema_dump(struct db *db, struct buf *out, struct err *err)
{
	size_t	i;

	for (i = 0; i < SCHEMA_TABLES; i++) {
		if (schema_tables[i].kind != SCHEMA_PROJECTION)
			continue;
		if (db_dump(db, schema_tables[i].name, schema_tables[i].order,
		    out, err) != 0)
			return -1;
	}
	return 0;
}
