/*
 * The follower that sends. See mail.h for the contract.
 *
 * A round: take over what new events may tell (number of the event, number
 * of the letter) into the table waiting, with the position in one
 * transaction; then send what is due, one by one. A letter is written when
 * it is sent, from forum.db as it stands then, and its row goes when the
 * server has it: between the two a crash costs one mail sent twice.
 *
 * Two kinds of failure wait differently: a server that cannot be spoken to
 * stops the whole queue for a while; one that puts off a recipient or a
 * message puts off that row.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "forumd/mail.h"
#include "forumd/mail_message.h"
#include "forumd/mail_text.h"
#include "forumd/node.h"
#include "forumd/server.h"
#include "forumd/settings.h"
#include "storage/base/clock.h"
#include "storage/base/fetch.h"
#include "storage/base/log.h"
#include "storage/store.h"

#define MAIL_BATCH		500	/* events of one transaction */
#define MAIL_BEHIND_MS		60000	/* of a paused one */
#define MAIL_TIMEOUT_MS		60000	/* for one conversation */
#define MAIL_DOWN_MS		2000	/* the server's first rest, doubled */
#define MAIL_DOWN_MAX_MS	300000
#define MAIL_AGAIN_MS		5000	/* a row's first rest, fourfold */
#define MAIL_AGAIN_MAX_MS	3600000
#define MAIL_GIVE_UP_MS		INT64_C(345600000)	/* four days */

struct mail {
	struct server		*server;
	char			 path[512];
	const char		*site;		/* the mail's in hand */
	/* Settings. */
	const char		*url, *user, *from, *host;
	char			 password[200], base[300];
	bool			 starttls;
	/* The thread's own. */
	struct db		*db, *forum;
	pthread_t		 thread;
	bool			 started;
	uint64_t		 seq;
	int64_t			 rest_ms;	/* 0: the server is well */
	int64_t			 down_until;	/* mono */
	_Atomic bool		 ending, paused;
	pthread_mutex_t		 lock;
	pthread_cond_t		 wake;
	bool			 poked;		/* under lock */
};

static const char mail_schema[] =
	"CREATE TABLE IF NOT EXISTS position (one INTEGER PRIMARY KEY, "
	"seq INTEGER NOT NULL, chain BLOB);"
	"CREATE TABLE IF NOT EXISTS waiting (seq INTEGER, letter INTEGER, "
	"tries INTEGER NOT NULL, due INTEGER NOT NULL, "
	"PRIMARY KEY (seq, letter)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS waiting_due ON waiting (due, seq);";

/* ---- taking events over ---- */

static int
mail_take(struct mail *m, uint64_t seq, const void *bytes, size_t len,
    struct err *err)
{
	struct event	e;
	int		i, n, rc = 0;

	if (event_decode(&e, bytes, len, err) != 0)
		return -1;
	n = mail_text_count(&e);
	for (i = 0; rc == 0 && i < n; i++)
		rc = db_run(m->db, err, "INSERT OR IGNORE INTO waiting (seq, "
		    "letter, tries, due) VALUES (?, ?, 0, ?)", "iii",
		    (int64_t)seq, (int64_t)i, clock_ms());
	event_clear(&e);
	return rc;
}

static int
mail_at(struct mail *m, uint64_t seq, const void *chain, size_t len,
    struct err *err)
{
	return db_run(m->db, err, "INSERT OR REPLACE INTO position (one, seq, "
	    "chain) VALUES (1, ?, ?)", "ib", (int64_t)seq, chain, len);
}

/* One batch: how many events, or -1. A paused one lets them go by, but for
 * those of the last minute. */
static int
mail_batch(struct mail *m, struct err *err)
{
	struct stmt	*q;
	const void	*p;
	size_t		 len;
	bool		 paused = m->paused;
	uint64_t	 seq = m->seq;
	unsigned char	 chain[HASH_LEN] = { 0 };
	int		 n = 0, rc = 0;

	if (db_begin(m->db, err) != 0)
		return -1;
	q = db_query(m->forum, "SELECT seq, bytes, chain FROM journal WHERE "
	    "seq > ? AND time <= ? ORDER BY seq LIMIT ?", "iii",
	    (int64_t)m->seq, paused ? clock_ms() - MAIL_BEHIND_MS : INT64_MAX,
	    (int64_t)MAIL_BATCH);
	while (rc == 0 && stmt_step(q) == 1) {
		n++;
		seq = (uint64_t)stmt_int(q, 0);
		p = stmt_blob(q, 2, &len);
		memcpy(chain, p, len < HASH_LEN ? len : HASH_LEN);
		p = stmt_blob(q, 1, &len);
		if (!paused)
			rc = mail_take(m, seq, p, len, err);
	}
	if (stmt_done(q, rc == 0 ? err : NULL) != 0)
		rc = -1;
	if (rc == 0 && n > 0)
		rc = mail_at(m, seq, chain, HASH_LEN, err);
	if (rc != 0 || db_commit(m->db, err) != 0) {
		db_rollback(m->db);
		return -1;
	}
	m->seq = seq;
	return n;
}

/* ---- sending ---- */

struct mail_row { int64_t seq, letter, tries; };

static int
mail_drop(struct mail *m, const struct mail_row *r, struct err *err)
{
	return db_run(m->db, err, "DELETE FROM waiting WHERE seq = ? AND "
	    "letter = ?", "ii", r->seq, r->letter);
}

/* Later, or never where it has been long enough. */
static int
mail_put_off(struct mail *m, const struct mail_row *r, struct err *err)
{
	int64_t	rest = MAIL_AGAIN_MS, i;

	for (i = 0; i < r->tries && rest < MAIL_AGAIN_MAX_MS; i++)
		rest *= 4;
	if (rest > MAIL_AGAIN_MAX_MS)
		rest = MAIL_AGAIN_MAX_MS;
	return db_run(m->db, err, "UPDATE waiting SET tries = tries + 1, due "
	    "= ? WHERE seq = ? AND letter = ?", "iii", clock_ms() + rest,
	    r->seq, r->letter);
}

static void
mail_server_down(struct mail *m, const struct err *why)
{
	if (m->rest_ms == 0)
		log_warn("mail: %s; mails wait", why->text);
	m->rest_ms = m->rest_ms == 0 ? MAIL_DOWN_MS : m->rest_ms * 2;
	if (m->rest_ms > MAIL_DOWN_MAX_MS)
		m->rest_ms = MAIL_DOWN_MAX_MS;
	m->down_until = clock_mono_ms() + m->rest_ms;
}

static void
mail_server_well(struct mail *m)
{
	if (m->rest_ms != 0)
		log_info("mail: the mail server answers again");
	m->rest_ms = 0;
}

/* The address's server does not know it: no more to there. */
static void
mail_refused(struct mail *m, const struct mail_letter *l)
{
	struct actor	 actor;
	struct command	*cmd;
	struct err	 err;

	if (l->token[0] == '\0')
		return;
	memset(&actor, 0, sizeof(actor));
	actor.kind = ACTOR_SYSTEM;
	cmd = command_new(commands_find("mail.refused"), &actor,
	    json_pack("{s:s}", "token", l->token));
	if (cmd != NULL && node_run(m->server, cmd, &err) != 0 &&
	    err.code != ERR_NOT_FOUND)
		log_warn("mail: a refused address is not marked: %s",
		    err.text);
	command_free(&cmd);
}

static int
mail_deliver(struct mail *m, const struct mail_row *r, int64_t at,
    const struct mail_letter *l, struct err *err)
{
	const char		*to[] = { l->to, NULL };
	struct mail_message	 msg = { .from = m->from, .to = l->to,
	    .from_name = m->site, .subject = l->subject,
	    .language = locale_tag(l->locale), .date = at,
	    .body = l->body.data, .body_len = l->body.len };
	struct fetch_mail	 f = { .server = m->url, .user = m->user,
	    .password = m->user != NULL ? m->password : NULL,
	    .require_tls = m->starttls, .from = m->from, .to = to,
	    .timeout_ms = MAIL_TIMEOUT_MS, .stop = &m->ending };
	struct buf		 bytes = BUF_INIT;
	char			 id[300], stop[400];
	int			 rc;

	snprintf(id, sizeof(id), "%lld.%lld@%s", (long long)r->seq,
	    (long long)r->letter, m->host);
	snprintf(stop, sizeof(stop), "%s/mail/stop/%s", m->base, l->token);
	msg.id = id;
	if (l->optional)
		msg.stop = stop;
	rc = mail_message_write(&bytes, &msg, err);
	if (rc == 0) {
		f.message = bytes.data;
		f.message_len = bytes.len;
		rc = fetch_send_mail(&f, err);
	}
	buf_free(&bytes);
	return rc;
}

/* Writes and sends one letter; what becomes of its row. */
static int
mail_send(struct mail *m, const struct mail_row *r, const struct event *e,
    struct err *err)
{
	struct rules		*rules = house_get(m->server->house);
	struct mail_text	 t = { m->forum, m->server->house,
				    rules->policy, m->base, settings_str(
				    m->server->set, "site_title") };
	struct mail_letter	 l;
	struct err		 why;
	int			 rc;

	m->site = t.site;
	memset(&why, 0, sizeof(why));
	rc = mail_text_write(&t, e, (int)r->letter, &l, &why);
	house_put(&rules);
	if (rc == 0) {
		rc = mail_deliver(m, r, e->time, &l, &why);
		if (rc == 0 || (why.code == ERR_NOT_FOUND &&
		    why.field[0] != '\0'))
			mail_server_well(m);
	} else if (rc < 0) {
		log_warn("mail: event %lld: %s", (long long)r->seq, why.text);
		err_set(&why, ERR_OUTCOME_UNKNOWN, "message", "not written");
	}
	if (rc < 0 && why.code == ERR_OUTCOME_UNKNOWN && !m->ending) {
		if (why.field[0] == '\0')
			mail_server_down(m, &why);
		else
			rc = mail_put_off(m, r, err) == 0 ? -1 : -2;
	} else if (rc < 0 && !m->ending) {
		if (strcmp(why.field, "to") == 0)
			mail_refused(m, &l);
		else
			log_warn("mail: event %lld is not told: %s",
			    (long long)r->seq, why.text);
		rc = 1;
	}
	mail_text_free(&l);
	return rc >= 0 ? mail_drop(m, r, err) : rc == -2 ? -1 : 0;
}

/* The oldest that is due: 1 dealt with, 0 there is none, -1. */
static int
mail_next(struct mail *m, struct err *err)
{
	struct mail_row	 r = { 0, 0, 0 };
	struct event	 e;
	struct stmt	*s;
	const void	*p;
	size_t		 len;
	bool		 found, told = false;
	int		 rc = 0;

	s = db_query(m->db, "SELECT seq, letter, tries FROM waiting WHERE due "
	    "<= ? ORDER BY due, seq LIMIT 1", "i", clock_ms());
	if ((found = stmt_step(s) == 1)) {
		r.seq = stmt_int(s, 0);
		r.letter = stmt_int(s, 1);
		r.tries = stmt_int(s, 2);
	}
	if (stmt_done(s, err) != 0 || !found)
		return found ? -1 : 0;
	s = db_query(m->forum, "SELECT bytes FROM journal WHERE seq = ?", "i",
	    r.seq);
	if (stmt_step(s) == 1) {
		p = stmt_blob(s, 0, &len);
		rc = event_decode(&e, p, len, err);
		told = rc == 0;
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	if (told && e.time + MAIL_GIVE_UP_MS > clock_ms()) {
		rc = mail_send(m, &r, &e, err);
	} else if (rc == 0) {
		log_warn("mail: event %lld is given up", (long long)r.seq);
		rc = mail_drop(m, &r, err);
	}
	if (told)
		event_clear(&e);
	return rc == 0 ? 1 : -1;
}

/* ---- the thread ---- */

/* Until poked, the next row is due, or the server has rested. */
static void
mail_rest(struct mail *m, int64_t least)
{
	int64_t		due, ms = MAIL_BEHIND_MS;
	struct timespec	until;

	due = db_int(m->db, 0, "SELECT MIN(due) FROM waiting", "");
	if (due != 0 && due - clock_ms() < ms)
		ms = due > clock_ms() ? due - clock_ms() : 0;
	if (m->rest_ms != 0 && due != 0 && m->down_until - clock_mono_ms() >
	    ms)
		ms = m->down_until - clock_mono_ms();
	if (ms < least)
		ms = least;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (ms % 1000 + 1) * 1000000L;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&m->lock);
	if (!m->poked && !m->ending)
		pthread_cond_timedwait(&m->wake, &m->lock, &until);
	m->poked = false;
	pthread_mutex_unlock(&m->lock);
}

static void *
mail_run(void *arg)
{
	struct mail	*m = arg;
	struct err	 err;
	int		 n, sent;

	while (!m->ending) {
		memset(&err, 0, sizeof(err));
		while ((n = mail_batch(m, &err)) == MAIL_BATCH && !m->ending)
			;
		sent = 1;
		while (n >= 0 && sent == 1 && !m->ending &&
		    (m->rest_ms == 0 || clock_mono_ms() >= m->down_until))
			sent = mail_next(m, &err);
		if (n < 0 || sent < 0)
			log_warn("mail: %s", err.text);
		mail_rest(m, n < 0 || sent < 0 ? MAIL_DOWN_MS : 0);
	}
	return NULL;
}

void
mail_poke(struct mail *m)
{
	pthread_mutex_lock(&m->lock);
	m->poked = true;
	pthread_cond_signal(&m->wake);
	pthread_mutex_unlock(&m->lock);
}

void
mail_pause(struct mail *m, bool paused)
{
	m->paused = paused;
	mail_poke(m);
}

/* ---- opening ---- */

/* The position that lies there; 1 where it is none, or of another journal. */
static int
mail_resume(struct mail *m, struct err *err)
{
	struct stmt	*q, *j;
	const void	*ours, *theirs;
	size_t		 n, k;
	int		 rc = 1;

	q = db_query(m->db, "SELECT seq, chain FROM position", "");
	if (stmt_step(q) == 1) {
		m->seq = (uint64_t)stmt_int(q, 0);
		ours = stmt_blob(q, 1, &n);
		j = db_query(m->forum, "SELECT chain FROM journal WHERE seq "
		    "= ?", "i", (int64_t)m->seq);
		if (stmt_step(j) == 1) {
			theirs = stmt_blob(j, 0, &k);
			rc = n == k && n > 0 && memcmp(ours, theirs, n) == 0 ?
			    0 : 1;
		}
		stmt_done(j, NULL);
	}
	return stmt_done(q, err) != 0 ? -1 : rc;
}

/* From now on: what has been is not told again. */
static int
mail_present(struct mail *m, struct err *err)
{
	struct stmt	*j;
	const void	*chain;
	size_t		 len;
	int		 rc = 0;

	j = db_query(m->forum, "SELECT seq, chain FROM journal ORDER BY seq "
	    "DESC LIMIT 1", "");
	m->seq = 0;
	if (stmt_step(j) == 1) {
		m->seq = (uint64_t)stmt_int(j, 0);
		chain = stmt_blob(j, 1, &len);
		rc = mail_at(m, m->seq, chain, len, err);
	}
	return stmt_done(j, rc == 0 ? err : NULL) != 0 ? -1 : rc;
}

static int
mail_load(struct mail *m, struct err *err)
{
	static const char *const	ends[] = { "", "-wal", "-shm" };
	char				path[600];
	size_t				i;
	int				rc = -1;

	if (db_open(&m->db, m->path, DB_WRITE, err) == 0 &&
	    db_exec(m->db, mail_schema, err) == 0)
		rc = mail_resume(m, err);
	if (rc == 0)
		return 0;
	if (m->db != NULL)
		db_close(&m->db);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", m->path, ends[i]);
		unlink(path);
	}
	log_info("mail: begins at the present");
	if (db_open(&m->db, m->path, DB_WRITE, err) != 0 ||
	    db_exec(m->db, mail_schema, err) != 0)
		return -1;
	return mail_present(m, err);
}

/* The first line of a file, which nobody else should be able to read. */
static int
mail_password(struct mail *m, const char *path, struct err *err)
{
	FILE	*f = fopen(path, "re");

	if (f == NULL || fgets(m->password, sizeof(m->password), f) == NULL) {
		if (f != NULL)
			fclose(f);
		return err_set(err, ERR_INVALID_FIELD, "smtp_password_file",
		    "smtp_password_file: %s cannot be read", path);
	}
	fclose(f);
	m->password[strcspn(m->password, "\r\n")] = '\0';
	return 0;
}

static int
mail_settings(struct mail *m, const struct settings *set, struct err *err)
{
	const char	*base = settings_str(set, "base_url");
	const char	*file = settings_str(set, "smtp_password_file");
	size_t		 len;

	m->url = settings_str(set, "smtp_url");
	m->user = settings_str(set, "smtp_user");
	m->from = settings_str(set, "smtp_from");
	m->host = settings_str(set, "host");
	/* A password never goes over a line that others can read. */
	m->starttls = settings_on(set, "smtp_starttls") || m->user != NULL;
	if (m->from == NULL || account_mail_check(m->from, err) != 0)
		return err_set(err, ERR_INVALID_FIELD, "smtp_from",
		    "smtp_from: smtp_url needs a sender, name@host.example");
	if (m->user != NULL && file == NULL)
		return err_set(err, ERR_INVALID_FIELD, "smtp_password_file",
		    "smtp_password_file: smtp_user needs one");
	if (base != NULL)
		len = (size_t)snprintf(m->base, sizeof(m->base), "%s", base);
	else
		len = (size_t)snprintf(m->base, sizeof(m->base), "%s://%s",
		    settings_item(set, "tls_listen", 0) != NULL ? "https" :
		    "http", m->host);
	while (len > 0 && len < sizeof(m->base) && m->base[len - 1] == '/')
		m->base[--len] = '\0';
	return m->user != NULL ? mail_password(m, file, err) : 0;
}

int
mail_open(struct mail **out, struct server *s, bool paused, struct err *err)
{
	struct mail		*m;
	pthread_condattr_t	 mono;

	*out = NULL;
	if (settings_str(s->set, "smtp_url") == NULL)
		return 0;
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	m->server = s;
	m->paused = paused;
	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&m->wake, &mono);
	pthread_condattr_destroy(&mono);
	*out = m;
	if (snprintf(m->path, sizeof(m->path), "%s/mail.db", s->dir) >=
	    (int)sizeof(m->path))
		err_set(err, ERR_INTERNAL, NULL,
		    "The data directory's name is too long");
	else if (mail_settings(m, s->set, err) == 0 &&
	    store_reader(&m->forum, s->dir, err) == 0 &&
	    mail_load(m, err) == 0) {
		if (pthread_create(&m->thread, NULL, mail_run, m) == 0) {
			m->started = true;
			return 0;
		}
		err_set(err, ERR_OVERLOADED, NULL, "No thread for mail");
	}
	mail_close(out);
	return -1;
}

void
mail_stop(struct mail *m)
{
	if (m == NULL || !m->started)
		return;
	m->ending = true;
	mail_poke(m);
	pthread_join(m->thread, NULL);
	m->started = false;
}

void
mail_close(struct mail **mp)
{
	struct mail	*m = *mp;

	if (m == NULL)
		return;
	*mp = NULL;
	mail_stop(m);
	if (m->db != NULL)
		db_close(&m->db);
	if (m->forum != NULL)
		db_close(&m->forum);
	crypto_wipe(m->password, sizeof(m->password));
	pthread_cond_destroy(&m->wake);
	pthread_mutex_destroy(&m->lock);
	free(m);
}
