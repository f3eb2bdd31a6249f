/*
 * The process. See server.h for the contract.
 *
 * Start: house → writer (log begun, rules adopted) → workers, search →
 * shards (reader, loop, listeners) → one thread a loop → ready. The main
 * thread then waits for signals. Stop: loops drain, then workers, then the
 * writer, so that whatever was taken in is answered.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forumd/address.h"
#include "forumd/assets.h"
#include "forumd/cache.h"
#include "forumd/control.h"
#include "forumd/duties.h"
#include "forumd/live.h"
#include "forumd/mail.h"
#include "forumd/node.h"
#include "forumd/reload.h"
#include "forumd/request_int.h"
#include "forumd/server.h"
#include "forumd/settings.h"
#include "forumd/tlog.h"
#include "forumd/witness.h"
#include "forumd/worker.h"
#include "moderation/locale.h"
#include "moderation/markup.h"
#include "storage/base/clock.h"
#include "storage/base/log.h"
#include "storage/search.h"
#include "storage/store.h"

#define SERVER_CACHE		(16u << 20)	/* bytes, all loops together */
#define SERVER_BACKLOG		(256u << 10)	/* bytes a live listener */
#define SERVER_JOIN_MS		10000	/* for a node to be found */

#ifndef PKGDATADIR
#define PKGDATADIR	"/usr/local/share/forumd"
#endif

/* A digest of everything compiled in: the same build, the same tag. */
static void
server_build_tag(char out[20])
{
	struct hash	h, all;
	struct buf	b = BUF_INIT;
	size_t		i;

	memset(&all, 0, sizeof(all));
	for (i = 0; i < assets_count; i++) {
		crypto_sha256(&h, assets[i].data, assets[i].len);
		crypto_sha256_parts(&all, (struct crypto_part[]){
		    { all.b, HASH_LEN }, { h.b, HASH_LEN } }, 2);
	}
	buf_hex(&b, all.b, 6);
	snprintf(out, 20, "%s", buf_str(&b));
	buf_free(&b);
}

static void
server_adopt_at_work(void *arg, struct db *db)
{
	struct err	err;

	(void)db;
	memset(&err, 0, sizeof(err));
	if (reload_adopt(arg, &err) != 0)
		log_warn("server: the house rules were not adopted: %s",
		    err.text);
}

void
server_role(struct server *s, bool leading)
{
	struct err	err;

	if (s->mail != NULL)
		mail_pause(s->mail, !leading);
	if (leading && s->workers != NULL && workers_submit(s->workers,
	    server_adopt_at_work, s, &err) != 0)
		log_warn("server: the house rules wait: %s", err.text);
}

/* ---- what a commit sets off ---- */

static void
server_look(struct loop *loop, void *arg)
{
	struct shard	*shard = arg;

	atomic_store(&shard->poked, false);
	live_poke(shard->live);
	if (shard->parked != NULL)
		request_seen_look(loop, shard);
}

/* The writer's thread: one poke a loop at a time is enough. */
static void
server_published(void *arg, uint64_t seq)
{
	struct server	*s = arg;
	struct shard	*shard;
	int		 i;

	(void)seq;
	for (i = 0; i < s->nshards; i++) {
		shard = &s->shards[i];
		if (shard->loop != NULL &&
		    !atomic_exchange(&shard->poked, true) &&
		    loop_post(shard->loop, server_look, shard) != 0)
			atomic_store(&shard->poked, false);
	}
	if (s->search != NULL)
		search_poke(s->search);
	if (s->witnesses != NULL)
		witnesses_poke(s->witnesses);
	node_published(s->node);
	if (s->mail != NULL)
		mail_poke(s->mail);
}

/* ---- shards ---- */

static int
server_shard(struct server *s, int i, struct err *err)
{
	struct loop_config	 cfg = LOOP_CONFIG_DEFAULT;
	struct shard		*shard = &s->shards[i];

	shard->server = s;
	cfg.handler = request_start;
	cfg.arg = shard;
	cfg.max_conns = (uint32_t)settings_int(s->set, "max_connections");
	cfg.limits.header = (uint32_t)settings_int(s->set,
	    "max_header_bytes");
	cfg.limits.body = (uint32_t)settings_int(s->set, "max_body_bytes");
	cfg.header_s = (uint32_t)settings_int(s->set, "header_seconds");
	cfg.body_s = (uint32_t)settings_int(s->set, "body_seconds");
	cfg.idle_s = (uint32_t)settings_int(s->set, "idle_seconds");
	cfg.backlog = SERVER_BACKLOG;
	cfg.drain_s = (uint32_t)settings_int(s->set, "drain_seconds");
	if ((shard->loop = loop_new(&cfg, err)) == NULL ||
	    store_reader(&shard->db, s->dir, err) != 0)
		return -1;
	shard->cache = cache_new(s->versions, SERVER_CACHE /
	    (size_t)s->nshards);
	shard->live = live_new(shard);
	if (s->node != NULL)
		shard->look = loop_timer_new(shard->loop, request_seen_look,
		    shard);
	if (shard->cache == NULL || shard->live == NULL ||
	    (s->node != NULL && shard->look == NULL))
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	return 0;
}

/* One setting's addresses on every loop; a UNIX socket on the first alone.
 * What was bound is added to bound, a line each. */
static int
server_listen(struct server *s, const char *setting, struct tls *tls,
    int kind, struct buf *bound, struct err *err)
{
	char		 actual[LOOP_ADDRESS_MAX];
	const char	*address;
	size_t		 n;
	int		 i, loops;

	for (n = 0; (address = settings_item(s->set, setting, n)) != NULL;
	    n++) {
		if (loop_listen(s->shards[0].loop, address, tls, kind, actual,
		    err) != 0)
			return -1;
		loops = strncmp(address, "unix:", 5) == 0 ? 1 : s->nshards;
		for (i = 1; i < loops; i++) {
			if (loop_listen(s->shards[i].loop, actual, tls, kind,
			    NULL, err) != 0)
				return -1;
		}
		if (kind != SERVER_METRICS)
			buf_addf(bound, "%s%s\n", loops == 1 &&
			    strncmp(actual, "unix:", 5) == 0 ? "" :
			    tls != NULL ? "https://" : "http://", actual);
	}
	return 0;
}

static void *
server_loop(void *arg)
{
	struct shard	*shard = arg;

	loop_run(shard->loop);
	return NULL;
}

/* ---- start, signals, stop ---- */

/* The model's file: as set, or the one that comes with the program: beside
 * the checkout that it was built in, else where it was installed. */
static const char *
server_model(struct server *s)
{
	const char	*set = settings_str(s->set, "model");
	char		*slash;
	ssize_t		 n;

	if (set != NULL)
		return strcmp(set, "none") == 0 ? NULL : set;
	n = readlink("/proc/self/exe", s->model, sizeof(s->model) - 32);
	s->model[n > 0 ? n : 0] = '\0';
	if ((slash = strrchr(s->model, '/')) != NULL) {
		strcpy(slash, "/../conf/abuse.model");
		if (access(s->model, R_OK) == 0)
			return s->model;
	}
	snprintf(s->model, sizeof(s->model), "%s", PKGDATADIR
	    "/abuse.model");
	if (access(s->model, R_OK) == 0)
		return s->model;
	log_warn("server: no abuse model is installed; what it would look at "
	    "counts as not checked");
	return NULL;
}

static int
server_open_house(struct server *s, struct err *err)
{
	struct house_settings	 hs;
	const struct asset	*policy = assets_find("conf/policy.json");

	memset(&hs, 0, sizeof(hs));
	hs.policy_path = settings_str(s->set, "policy");
	hs.policy_default = policy == NULL ? "" : (const char *)policy->data;
	hs.policy_default_len = policy == NULL ? 0 : policy->len;
	hs.model_path = server_model(s);
	hs.outside_url = settings_str(s->set, "outside_url");
	hs.outside_secret = settings_str(s->set, "outside_secret");
	hs.outside_deadline_ms = (int)settings_int(s->set,
	    "outside_deadline_ms");
	hs.dir = s->dir;
	hs.limits = settings_on(s->set, "limits");
	hs.staff_code = settings_on(s->set, "staff_code");
	return house_open(&s->house, &hs, err);
}

static int
server_open_writer(struct server *s, struct err *err)
{
	struct writer_conf	 wc;
	struct ledger_log	 log;
	struct err		 broken;
	struct db		*db;

	memset(&wc, 0, sizeof(wc));
	snprintf(s->origin, sizeof(s->origin), "%s/ledger",
	    settings_str(s->set, "host"));
	wc.dir = s->dir;
	wc.origin = s->origin;
	wc.ctx = s->house;
	wc.heard = house_heard;
	wc.versions = s->versions;
	wc.published = server_published;
	wc.arg = s;
	wc.sign = true;
	if (node_open(&s->node, s, err) != 0)
		return -1;
	node_equip(s->node, &wc);
	if (writer_open(&s->writer, &wc, err) != 0)
		return -1;
	/* The origin is the database's once it has one. */
	if (store_reader(&db, s->dir, err) != 0)
		return -1;
	if (ledger_read_log(db, LEDGER_NEWEST, &log, err) == 0)
		snprintf(s->origin, sizeof(s->origin), "%s", log.origin);
	db_close(&db);
	if (tlog_keys_load(s, err) != 0)
		return -1;
	/* Among several nodes the one that decides adopts the rules. */
	if (s->node != NULL)
		return 0;
	/* A broken record is served, not written to: stay up and say so. */
	memset(&broken, 0, sizeof(broken));
	if (writer_ready(s->writer, &broken) != 0)
		return 0;
	return reload_adopt(s, err);
}

/* What forumctl works with too: lock, house, writer. */
static int
server_open_store(struct server *s, const struct settings *set,
    struct err *err)
{
	s->set = set;
	s->lock = -1;
	pthread_mutex_init(&s->keys_lock, NULL);
	s->dir = settings_str(set, "data");
	if ((s->versions = calloc(1, sizeof(*s->versions))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	if (control_lock(s->dir, &s->lock, err) != 0 ||
	    server_open_house(s, err) != 0)
		return -1;
	return server_open_writer(s, err);
}

static int
server_proxies(struct server *s, struct err *err)
{
	const char	*network;
	size_t		 i;

	if (address_list_new(&s->trusted, err) != 0)
		return -1;
	for (i = 0; (network = settings_item(s->set, "trusted_proxies",
	    i)) != NULL; i++) {
		if (address_list_add(s->trusted, network, err) != 0)
			return -1;
	}
	return 0;
}

static int
server_open(struct server *s, struct err *err)
{
	const char	*cert = settings_str(s->set, "tls_cert");
	struct search_conf sc = { settings_str(s->set, "data"), markup_text };
	int		 i;

	s->started = clock_mono_ms();
	server_build_tag(s->build);
	if (server_proxies(s, err) != 0 ||
	    server_open_store(s, s->set, err) != 0 ||
	    workers_open(&s->workers, (int)settings_int(s->set, "workers"),
	    s->dir, err) != 0 ||
	    search_open(&s->search, &sc, err) != 0 ||
	    witnesses_open(&s->witnesses, s->set, s->dir, s->origin,
	    node_witnessed, s, err) != 0)
		return -1;
	if (mail_open(&s->mail, s, s->node != NULL, err) != 0)
		return -1;
	if (cert != NULL && (s->tls = tls_new(cert, settings_str(s->set,
	    "tls_key"), err)) == NULL)
		return -1;
	s->nshards = (int)settings_int(s->set, "loops");
	if (s->nshards == 0)
		s->nshards = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if ((s->shards = calloc(s->nshards, sizeof(*s->shards))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	for (i = 0; i < s->nshards; i++) {
		if (server_shard(s, i, err) != 0)
			return -1;
	}
	return node_start(s->node, err);
}

static void
server_close(struct server *s)
{
	int	i;

	mail_stop(s->mail);
	node_stop(s->node);
	workers_close(&s->workers);
	writer_close(&s->writer);
	node_free(&s->node);
	/* The writer pokes the followers until it has ended. */
	mail_close(&s->mail);
	witnesses_close(&s->witnesses);
	search_close(&s->search);
	for (i = 0; i < s->nshards && s->shards != NULL; i++) {
		live_free(&s->shards[i].live);
		loop_timer_free(&s->shards[i].look);
		loop_free(&s->shards[i].loop);
		request_seen_drop(&s->shards[i]);
		cache_free(&s->shards[i].cache);
		db_close(&s->shards[i].db);
	}
	free(s->shards);
	tls_free(&s->tls);
	address_list_free(&s->trusted);
	house_close(&s->house);
	free(s->versions);
	if (s->lock >= 0)
		close(s->lock);
}

/* Among several nodes the tool is one of them for as long as it works. */
static int
server_join(struct server *s, struct err *err)
{
	struct timespec	turn = { 0, 50000000 };
	int64_t		until = clock_mono_ms() + SERVER_JOIN_MS;

	if (s->node == NULL)
		return 0;
	if (node_start(s->node, err) != 0)
		return -1;
	while (node_ready(s, err) != 0) {
		if (clock_mono_ms() > until)
			return -1;
		nanosleep(&turn, NULL);
	}
	return 0;
}

int
server_open_alone(struct server **out, const struct settings *set,
    struct err *err)
{
	*out = NULL;
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	if (server_open_store(*out, set, err) == 0 &&
	    server_join(*out, err) == 0)
		return 0;
	server_close_alone(out);
	return -1;
}

void
server_close_alone(struct server **s)
{
	if (*s == NULL)
		return;
	server_close(*s);
	free(*s);
	*s = NULL;
}

static void
server_drain_loop(struct loop *loop, void *arg)
{
	(void)arg;
	loop_drain(loop);
}

/* Another signal cuts the notice short. */
static void
server_drain(struct server *s, const sigset_t *set)
{
	struct timespec	notice = { 0 };
	int		i;

	atomic_store(&s->draining, true);
	node_resign(s->node);
	notice.tv_sec = settings_int(s->set, "drain_notice_seconds");
	if (notice.tv_sec > 0)
		sigtimedwait(set, NULL, &notice);
	for (i = 0; i < s->nshards; i++)
		loop_post(s->shards[i].loop, server_drain_loop, NULL);
}

/* Until SIGTERM or SIGINT; SIGHUP reloads. */
static void
server_signals(struct server *s, const sigset_t *set)
{
	struct err	err;
	int		sig;

	for (;;) {
		if (sigwait(set, &sig) != 0)
			continue;
		if (sig == SIGTERM || sig == SIGINT)
			return;
		if (sig != SIGHUP)
			continue;
		memset(&err, 0, sizeof(err));
		if (reload_all(s, &err) != 0)
			log_error("server: reload refused, nothing changed: "
			    "%s", err.text);
		else
			log_info("server: reloaded");
	}
}

static void
server_ready(struct buf *bound, void (*ready)(const char *))
{
	char	*text = buf_take(bound, NULL), *line, *save = NULL;

	if (text == NULL)
		fatal("server: out of memory");
	for (line = strtok_r(text, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save))
		ready(line);
	free(text);
}

static int
server_serve(struct server *s, const sigset_t *set,
    void (*ready)(const char *), struct err *err)
{
	struct duties		*duties = NULL;
	struct control		*control = NULL;
	pthread_t		*threads;
	struct buf		 bound = BUF_INIT;
	int			 i, n = 0;

	if (server_listen(s, "listen", NULL, 0, &bound, err) != 0 ||
	    server_listen(s, "tls_listen", s->tls, 0, &bound, err) != 0 ||
	    server_listen(s, "metrics_listen", NULL, SERVER_METRICS, &bound,
	    err) != 0 || control_open(&control, s, err) != 0) {
		buf_free(&bound);
		return -1;
	}
	threads = calloc(s->nshards, sizeof(*threads));
	if (threads == NULL || duties_start(&duties, s, err) != 0)
		fatal("server: out of memory");
	for (i = 0; i < s->nshards; i++) {
		if (pthread_create(&threads[i], NULL, server_loop,
		    &s->shards[i]) != 0)
			fatal("server: no thread for a loop");
		n++;
	}
	server_ready(&bound, ready);
	server_signals(s, set);
	control_close(&control);
	server_drain(s, set);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	duties_end(&duties);
	free(threads);
	return 0;
}

/* As many connections as the system grants; the soft limit is often less. */
static void
server_raise_files(void)
{
	struct rlimit	r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* What would end the process for no reason of ours, such as a script's
 * USR1 for new log files. */
static void
server_ignore_signals(void)
{
	static const int	none[] = { SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM,
	    SIGVTALRM, SIGPROF, SIGIO };
	size_t			i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		signal(none[i], SIG_IGN);
}

int
server_run(const struct settings *settings,
    const struct settings_source *source, void (*ready)(const char *),
    struct err *err)
{
	struct server	*s;
	sigset_t	 set;
	int		 rc;

	/* Before any thread is made, so that all inherit it. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	server_ignore_signals();
	server_raise_files();
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	s->set = settings;
	s->source = source;
	s->lock = -1;
	log_set_level(log_level_find(settings_str(settings, "log_level")));
	rc = locale_load(assets_text, err);
	if (rc == 0)
		rc = server_open(s, err);
	if (rc == 0)
		rc = server_serve(s, &set, ready, err);
	server_close(s);
	reload_forget(s);
	locale_unload();
	free(s);
	return rc;
}
