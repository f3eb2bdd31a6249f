/*
 * Several nodes over a real Redis, in this process and, where one has to be
 * killed or stopped, in a child: all come to the same tables, content, signed
 * heads; another takes over where the leader dies, stops or is cut off; what
 * the engine lost is appended again; nothing is decided twice.
 *
 * Waiting is looking again until a deadline far beyond what is needed.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/base/clock.h"
#include "storage/base/log.h"
#include "storage/cluster.h"
#include "storage/schema.h"
#include "storage/store.h"
#include "storage/writer.h"
#include "tests/unit/redis_server.h"

#define NODES	3
#define TAG	"{h/ledger}"

struct node {
	char		 dir[80], name[16], address[24];
	struct cluster	*cluster;
	struct writer	*writer;
	struct versions	*versions;
	_Atomic int	 heard;
};

static struct redis_server	 server;
static struct redis		*mischief;
static char			 base[64];
static struct node		 nodes[NODES];
static const char		*seeds[1];
static int			 lease_ms = 600, replicas;
/* Over which of the nodes are up. */
static pthread_mutex_t		 lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- commands ---- */

/* A thread and its comment, with a text and a derived row; args: text. */
static int
test_open(struct turn *t, struct command *cmd, struct err *err)
{
	int64_t		 n = db_int(t->db, 0, "SELECT COUNT(*) FROM thread",
			    "") + 1;
	const char	*text;
	char		 slug[32], ref[40], hex[HASH_LEN * 2 + 1];

	if (command_str(cmd, "text", true, &text, err) != 0)
		return -1;
	snprintf(slug, sizeof(slug), "t%lld", (long long)n);
	snprintf(ref, sizeof(ref), "c:%lld", (long long)n);
	cmd->status = 201;
	cmd->result = json_pack("{s:s}", "thread", slug);
	if (turn_content(t, ref, "body", text, strlen(text), hex,
	    err) != 0 || turn_derived(t, err, DERIVED_FRAGMENT, n,
	    (int64_t)1, "name", text) != 0 || turn_derived(t, err,
	    DERIVED_RECENT, n, "s", (const void *)"address", (size_t)7,
	    t->now) != 0)
		return -1;
	if (turn_emit(t, "thread.opened", json_pack("{s:s, s:s}", "thread",
	    slug, "mode", "open"), json_pack("{s:I, s:s, s:s, s:s}", "tnum",
	    (json_int_t)n, "slug", slug, "title", "A title", "site", "s"),
	    err) != 0)
		return -1;
	return turn_emit(t, "comment.accepted", json_pack("{s:s, s:s, s:s, "
	    "s:s, s:s}", "thread", slug, "comment", ref, "body", hex, "name",
	    hex, "author-kind", "guest"), json_pack("{s:I, s:i, s:i, s:i, "
	    "s:i, s:s, s:i}", "tnum", (json_int_t)n, "num", 1, "parent_num",
	    0, "depth", 0, "account", 0, "author_id", "a", "length", 5), err);
}

/* Erases the comment args.text. */
static int
test_drop(struct turn *t, struct command *cmd, struct err *err)
{
	const char	*ref;

	if (command_str(cmd, "text", true, &ref, err) != 0)
		return -1;
	cmd->status = 200;
	return turn_drop_content(t, ref, NULL, err) == 0 ? turn_emit(t,
	    "comment.erased", json_pack("{s:i, s:s, s:s}", "ref", 0, "by",
	    "author", "clause", "own"), json_pack("{s:i, s:i, s:i}", "tnum",
	    atoi(ref + 2), "num", 1, "revisions", 1), err) : -1;
}

/* Refused, and counted in thread 1. */
static int
test_refuse(struct turn *t, struct command *cmd, struct err *err)
{
	(void)t;
	cmd->refused_thread = 1;
	return err_set(err, ERR_THREAD_CLOSED, "thread", "closed");
}

static const struct command_kind
	kind_open = { "open", "", 0, test_open },
	kind_drop = { "drop", "", 0, test_drop },
	kind_refuse = { "refuse", "", 0, test_refuse };

/* Runs a command: its status, or the negative error code. answer (which may
 * be NULL) gets the thread. key 0: none. */
static int
run(struct node *n, const struct command_kind *kind, const char *text,
    int key, char answer[32])
{
	struct actor	 actor = { .kind = ACTOR_SYSTEM };
	struct command	*cmd = command_new(kind, &actor,
			    json_pack("{s:s}", "text", text));
	struct err	 err;
	const char	*slug;
	int		 rc;

	cmd->keyed = key != 0;
	cmd->key.b[0] = (unsigned char)key;
	cmd->key.b[1] = (unsigned char)(key >> 8);
	rc = writer_run(n->writer, cmd, &err) == 0 ? cmd->status :
	    -(int)err.code;
	slug = json_string_value(json_object_get(cmd->result, "thread"));
	if (answer != NULL)
		snprintf(answer, 32, "%s", rc > 0 && slug != NULL ? slug : "");
	command_free(&cmd);
	return rc;
}

static int
post(struct node *n)
{
	return run(n, &kind_open, "some words", 0, NULL);
}

/* ---- nodes ---- */

/* Lock held. */
static struct node *
find(const char *address)
{
	int	i;

	for (i = 0; i < NODES; i++) {
		if (nodes[i].cluster != NULL &&
		    strcmp(nodes[i].address, address) == 0)
			return &nodes[i];
	}
	return NULL;
}

static int
peer_head(void *arg, const char *address, struct mark *out, struct err *err)
{
	struct node	*n;
	int		 rc = 0;

	(void)arg;
	pthread_mutex_lock(&lock);
	if ((n = find(address)) == NULL)
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "away");
	else
		cluster_confirmed(n->cluster, out);
	pthread_mutex_unlock(&lock);
	return rc;
}

static int
peer_batch(void *arg, const char *address, uint64_t after, struct buf *out,
    struct err *err)
{
	struct node	*n;
	int		 rc;

	(void)arg;
	pthread_mutex_lock(&lock);
	rc = (n = find(address)) == NULL ? err_set(err,
	    ERR_STORAGE_UNAVAILABLE, NULL, "away") :
	    cluster_batch(n->cluster, after, out);
	pthread_mutex_unlock(&lock);
	return rc;
}

static struct cluster_conf
conf(const struct node *n)
{
	struct cluster_conf	c;

	memset(&c, 0, sizeof(c));
	c.dir = n->dir;
	c.redis = seeds;
	c.nredis = 1;
	c.node = n->name;
	c.address = n->address;
	c.lease_ms = lease_ms;
	c.replicas = replicas;
	c.rewrite_ms = 1;
	c.user = "forumd";
	c.password = "PASSWORD";
	c.peer_head = peer_head;
	c.peer_batch = peer_batch;
	return c;
}

static void
node_heard(void *ctx, const struct derived *d)
{
	struct node	*n = ctx;

	ck_assert_int_eq(d->kind, DERIVED_RECENT);
	ck_assert_str_eq(d->v[1].p, "s");
	n->heard++;
}

static void
node_open(struct node *n)
{
	struct cluster_conf	 cc = conf(n);
	struct writer_conf	 wc;
	struct cluster		*c;
	struct err		 err;

	memset(&wc, 0, sizeof(wc));
	wc.dir = n->dir;
	wc.origin = "h/ledger";
	wc.sign = true;
	wc.ctx = n;
	wc.heard = node_heard;
	wc.versions = n->versions = calloc(1, sizeof(*n->versions));
	ck_assert_msg(cluster_new(&c, &cc, &err) == 0, "%s", err.text);
	cluster_equip(c, &wc);
	ck_assert_msg(writer_open(&n->writer, &wc, &err) == 0, "%s",
	    err.text);
	ck_assert_msg(cluster_start(c, n->writer, &err) == 0, "%s", err.text);
	pthread_mutex_lock(&lock);
	n->cluster = c;
	pthread_mutex_unlock(&lock);
}

static void
node_close(struct node *n)
{
	struct cluster	*c = n->cluster;

	if (c == NULL)
		return;
	cluster_close(c);
	pthread_mutex_lock(&lock);
	n->cluster = NULL;
	pthread_mutex_unlock(&lock);
	writer_close(&n->writer);
	cluster_free(&c);
	free(n->versions);
}

static void
run_shell(const char *cmd)
{
	ck_assert_int_eq(system(cmd), 0);
}

static void
redis_do(const char *a, const char *b, const char *c, const char *d,
    const char *e)
{
	struct redis_reply	*reply;
	struct err		 err;
	enum redis_answer	 answer;

	answer = e != NULL ? redis_call(mischief, &reply, &err, "sssss", a, b,
	    c, d, e) : d != NULL ? redis_call(mischief, &reply, &err, "ssss",
	    a, b, c, d) : c != NULL ? redis_call(mischief, &reply, &err,
	    "sss", a, b, c) : b != NULL ? redis_call(mischief, &reply, &err,
	    "ss", a, b) : redis_call(mischief, &reply, &err, "s", a);
	ck_assert_msg(answer == REDIS_ANSWERED, "%s", err.text);
	redis_reply_free(&reply);
}

/* One forum with one thread, in as many copies as there are nodes, founded in
 * the Redis of main(). */
static void
setup(void)
{
	struct writer_conf	 wc;
	struct cluster_conf	 cc;
	struct err		 err;
	char			 cmd[300];
	int			 i;

	kill(server.pid, SIGCONT);
	seeds[0] = server.address;
	mischief = redis_server_open(&server, "h/ledger");
	redis_do("FLUSHALL", NULL, NULL, NULL, NULL);
	strcpy(base, "/tmp/check_cluster.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
	memset(nodes, 0, sizeof(nodes));
	for (i = 0; i < NODES; i++) {
		snprintf(nodes[i].name, sizeof(nodes[i].name), "n%d", i);
		snprintf(nodes[i].address, sizeof(nodes[i].address),
		    "127.0.0.1:%d", i + 1);
		snprintf(nodes[i].dir, sizeof(nodes[i].dir), "%s/n%d", base,
		    i);
	}
	snprintf(cmd, sizeof(cmd), "mkdir %s", nodes[0].dir);
	run_shell(cmd);
	memset(&wc, 0, sizeof(wc));
	wc.dir = nodes[0].dir;
	wc.origin = "h/ledger";
	wc.sign = true;
	wc.versions = calloc(1, sizeof(*wc.versions));
	ck_assert_int_eq(writer_open(&nodes[0].writer, &wc, &err), 0);
	ck_assert_int_eq(post(&nodes[0]), 201);
	writer_close(&nodes[0].writer);
	free(wc.versions);
	for (i = 1; i < NODES; i++) {
		snprintf(cmd, sizeof(cmd), "cp -r %s %s", nodes[0].dir,
		    nodes[i].dir);
		run_shell(cmd);
	}
	cc = conf(&nodes[0]);
	ck_assert_msg(cluster_found(&cc, &err) == 0, "%s", err.text);
}

static void
teardown(void)
{
	char	cmd[100];
	int	i;

	kill(server.pid, SIGCONT);
	for (i = 0; i < NODES; i++)
		node_close(&nodes[i]);
	redis_close(&mischief);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", base);
	run_shell(cmd);
}

/* ---- waiting and comparing ---- */

#define WAIT_UNTIL(condition) do {					\
	int64_t	until_ = clock_mono_ms() + 20000;			\
	while (!(condition)) {						\
		ck_assert_msg(clock_mono_ms() < until_, "in vain: %s",	\
		    #condition);					\
		redis_pause(mischief, 5);				\
	}								\
} while (0)

static struct node *
leader(void)
{
	int	i;

	for (i = 0; i < NODES; i++) {
		if (nodes[i].cluster != NULL &&
		    cluster_leading(nodes[i].cluster))
			return &nodes[i];
	}
	return NULL;
}

static uint64_t
mark(struct node *n)
{
	struct mark	m;

	writer_mark(n->writer, &m);
	return m.seq;
}

/* Posts at whoever leads until it is taken. */
static struct node *
post_somewhere(void)
{
	struct node	*n;

	WAIT_UNTIL((n = leader()) != NULL && post(n) == 201);
	return n;
}

/* How often all nodes together have taken over. */
static uint64_t
takeovers(void)
{
	struct cluster_stats	st;
	uint64_t		n = 0;
	int			i;

	for (i = 0; i < NODES; i++) {
		if (nodes[i].cluster == NULL)
			continue;
		cluster_stats(nodes[i].cluster, &st);
		n += st.takeovers;
	}
	return n;
}

/* Everything that must be the same on all nodes, as text. */
static char *
dump(struct node *n)
{
	static const char	*const more[][2] = {
		{ "journal", "seq" }, { "content", "ref, field" },
		{ "head", "origin, size" }, { "fragment", "thread, num" },
		{ "idempotency", "key" }, { "refused", "thread, code" } };
	struct buf		 out = BUF_INIT;
	struct db		*db;
	struct err		 err;
	size_t			 i;

	ck_assert_int_eq(store_reader(&db, n->dir, &err), 0);
	ck_assert_int_eq(schema_dump(db, &out, &err), 0);
	for (i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		ck_assert_int_eq(db_dump(db, more[i][0], more[i][1], &out,
		    &err), 0);
	db_close(&db);
	return buf_take(&out, NULL);
}

static void
assert_same(struct node *a, struct node *b)
{
	char	*x, *y;

	WAIT_UNTIL(mark(a) == mark(b));
	x = dump(a);
	y = dump(b);
	ck_assert_str_eq(x, y);
	free(x);
	free(y);
}

static int64_t
number(struct node *n, const char *sql)
{
	struct db	*db;
	struct err	 err;
	int64_t		 v;

	ck_assert_int_eq(store_reader(&db, n->dir, &err), 0);
	v = db_int(db, -1, sql, "");
	db_close(&db);
	return v;
}

static void
open_all(int n)
{
	int	i;

	for (i = 0; i < n; i++)
		node_open(&nodes[i]);
	WAIT_UNTIL(leader() != NULL);
}

/* ---- the tests ---- */

START_TEST(follow_leadersBatches_givesTheSame)
{
	struct node	*l;
	char		 address[CLUSTER_ADDRESS_MAX];
	int		 i;

	open_all(3);
	l = leader();
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(run(l, &kind_open, "words", i, NULL), 201);
	ck_assert_int_eq(run(l, &kind_refuse, "x", 0, NULL),
	    -ERR_THREAD_CLOSED);
	ck_assert_int_eq(run(l, &kind_drop, "c:7", 0, NULL), 200);
	for (i = 0; i < NODES; i++) {
		assert_same(l, &nodes[i]);
		ck_assert_uint_eq(nodes[i].versions->last, mark(l));
		ck_assert_uint_ne(nodes[i].versions->score[1], 0);
		WAIT_UNTIL(nodes[i].heard == (&nodes[i] == l ? 0 : 100));
		if (&nodes[i] == l)
			continue;
		ck_assert_int_eq(post(&nodes[i]), -ERR_STORAGE_UNAVAILABLE);
		WAIT_UNTIL(cluster_leader(nodes[i].cluster, address,
		    sizeof(address)));
		ck_assert_str_eq(address, l->address);
	}
}
END_TEST

START_TEST(resign_leader_anotherLeads)
{
	struct node	*l, *other;

	open_all(2);
	l = leader();
	ck_assert_int_eq(post(l), 201);
	cluster_resign(l->cluster);
	WAIT_UNTIL((other = leader()) != NULL && other != l);
	ck_assert_int_eq(post(other), 201);
	assert_same(l, other);
}
END_TEST

START_TEST(close_leader_startAgain_goesOn)
{
	open_all(1);
	ck_assert_int_eq(post(&nodes[0]), 201);
	node_close(&nodes[0]);
	open_all(1);
	ck_assert_int_eq(post(&nodes[0]), 201);
	ck_assert_int_eq(number(&nodes[0], "SELECT COUNT(*) FROM thread"), 3);
}
END_TEST

START_TEST(start_nodeThatWasAway_catchesUp)
{
	struct node	*l;
	int		 i;

	open_all(2);
	l = leader();
	for (i = 0; i < 300; i++)
		ck_assert_int_eq(post(l), 201);
	node_open(&nodes[2]);
	assert_same(l, &nodes[2]);
}
END_TEST

/* Something else holds the node's file, so that it can apply nothing. */
START_TEST(follow_cannotApply_isNotReadyUntilItCan)
{
	struct node	*l, *other;
	struct db	*db;
	struct err	 err;
	char		 path[100];

	open_all(2);
	l = leader();
	other = l == &nodes[0] ? &nodes[1] : &nodes[0];
	assert_same(l, other);
	WAIT_UNTIL(cluster_ready(other->cluster, &err) == 0);
	snprintf(path, sizeof(path), "%s/forum.db", other->dir);
	ck_assert_int_eq(db_open(&db, path, DB_WRITE, &err), 0);
	ck_assert_int_eq(db_begin(db, &err), 0);
	ck_assert_int_eq(post(l), 201);
	WAIT_UNTIL(cluster_ready(other->cluster, &err) != 0 &&
	    strstr(err.text, "behind") != NULL);
	db_rollback(db);
	db_close(&db);
	assert_same(l, other);
	WAIT_UNTIL(cluster_ready(other->cluster, &err) == 0);
}
END_TEST

/* ---- a node in a child ---- */

static struct {
	pid_t	 pid;
	FILE	*to, *from;
} child;

/* Obeys lines: "lead" waits until it leads, "post KEY" posts, "mark". */
static void
child_main(FILE *in, FILE *out)
{
	char	line[64], answer[32];
	int	rc;

	node_open(&nodes[2]);
	while (fgets(line, sizeof(line), in) != NULL) {
		if (strcmp(line, "lead\n") == 0) {
			WAIT_UNTIL(cluster_leading(nodes[2].cluster));
			fprintf(out, "ok\n");
		} else if (strcmp(line, "mark\n") == 0) {
			fprintf(out, "%llu\n",
			    (unsigned long long)mark(&nodes[2]));
		} else {
			rc = run(&nodes[2], &kind_open, "words",
			    atoi(line + 5), answer);
			fprintf(out, "%d %s\n", rc, answer);
		}
		fflush(out);
	}
	_exit(0);
}

static void
child_start(void)
{
	int	to[2], from[2];

	ck_assert_int_eq(pipe(to), 0);
	ck_assert_int_eq(pipe(from), 0);
	if ((child.pid = fork()) == 0) {
		close(to[1]);
		close(from[0]);
		child_main(fdopen(to[0], "r"), fdopen(from[1], "w"));
	}
	close(to[0]);
	close(from[1]);
	child.to = fdopen(to[1], "w");
	child.from = fdopen(from[0], "r");
}

static const char *
child_ask(const char *line)
{
	static char	answer[64];

	fprintf(child.to, "%s\n", line);
	fflush(child.to);
	ck_assert_ptr_nonnull(fgets(answer, sizeof(answer), child.from));
	answer[strcspn(answer, "\n")] = '\0';
	return answer;
}

static void
child_end(void)
{
	kill(child.pid, SIGKILL);
	waitpid(child.pid, NULL, 0);
	fclose(child.to);
	fclose(child.from);
}

START_TEST(kill_leader_anotherLeads_sameKeySameAnswer)
{
	char	first[64], again[64], answer[32];
	int	rc;

	child_start();
	child_ask("lead");
	snprintf(first, sizeof(first), "%s", child_ask("post 77"));
	ck_assert_int_eq(strncmp(first, "201 ", 4), 0);
	node_open(&nodes[0]);
	node_open(&nodes[1]);
	child_end();
	WAIT_UNTIL(leader() != NULL);
	rc = run(leader(), &kind_open, "words", 77, answer);
	snprintf(again, sizeof(again), "%d %s", rc, answer);
	ck_assert_str_eq(first, again);
	ck_assert_int_eq(post(leader()), 201);
	assert_same(&nodes[0], &nodes[1]);
	ck_assert_int_eq(number(&nodes[0], "SELECT COUNT(*) FROM thread"), 3);
}
END_TEST

START_TEST(stop_leader_isRefusedWhenItGoesOn)
{
	char	want[32];

	child_start();
	child_ask("lead");
	child_ask("post 1");
	node_open(&nodes[0]);
	kill(child.pid, SIGSTOP);
	WAIT_UNTIL(leader() != NULL);
	ck_assert_int_eq(post(&nodes[0]), 201);
	fprintf(child.to, "post 2\n");
	fflush(child.to);
	kill(child.pid, SIGCONT);
	ck_assert_ptr_nonnull(fgets(want, sizeof(want), child.from));
	ck_assert_int_eq(want[0], '-');
	snprintf(want, sizeof(want), "%llu",
	    (unsigned long long)mark(&nodes[0]));
	WAIT_UNTIL(strcmp(child_ask("mark"), want) == 0);
	child_end();
	ck_assert_int_eq(number(&nodes[0], "SELECT COUNT(*) FROM thread"), 3);
	assert_same(&nodes[0], &nodes[0]);
}
END_TEST

START_TEST(kill_leaderWithPostUnderWay_isAppliedOnce)
{
	char	answer[32];
	int64_t	until;

	child_start();
	child_ask("lead");
	child_ask("post 1");
	node_open(&nodes[0]);
	node_open(&nodes[1]);
	/* Sent, but not executed before the leader is gone: then it stands in
	 * the stream, and nobody has confirmed it. */
	kill(server.pid, SIGSTOP);
	fprintf(child.to, "post 2\n");
	fflush(child.to);
	until = clock_mono_ms() + 100;
	WAIT_UNTIL(clock_mono_ms() > until);
	child_end();
	kill(server.pid, SIGCONT);
	WAIT_UNTIL(leader() != NULL);
	ck_assert_int_eq(run(leader(), &kind_open, "words", 2, answer), 201);
	ck_assert_str_eq(answer, "t3");
	ck_assert_int_eq(post(leader()), 201);
	assert_same(&nodes[0], &nodes[1]);
	ck_assert_int_eq(number(&nodes[0], "SELECT COUNT(*) FROM thread"), 4);
}
END_TEST

START_TEST(lease_takenFromLeader_itsAppendConflicts)
{
	struct cluster_stats	 st;
	struct node		*l, *other;

	lease_ms = 10000;		/* it looks again after 2 s only */
	open_all(2);
	l = post_somewhere();
	other = l == &nodes[0] ? &nodes[1] : &nodes[0];
	assert_same(l, other);
	redis_do("DEL", TAG ":lease", NULL, NULL, NULL);
	WAIT_UNTIL(cluster_leading(other->cluster));
	ck_assert_int_eq(post(other), 201);
	ck_assert_int_eq(post(l), -ERR_STORAGE_UNAVAILABLE);
	cluster_stats(l->cluster, &st);
	ck_assert_uint_eq(st.conflicts, 1);
	assert_same(l, other);
}
END_TEST

/* ---- Redis does wrong ---- */

START_TEST(replicaStops_outcomeIsUnknown_thenKnown)
{
	struct redis_server	 replica;
	char			 port[8], answer[32];
	const char		*options[] = { "--replicaof", "127.0.0.1",
				    port, NULL };
	struct err		 err;

	snprintf(port, sizeof(port), "%d", server.port);
	redis_server_start(&replica, options);
	replicas = 1;
	open_all(1);
	WAIT_UNTIL(leader() != NULL && post(leader()) == 201);
	kill(replica.pid, SIGSTOP);
	ck_assert_int_eq(run(&nodes[0], &kind_open, "words", 3, NULL),
	    -ERR_OUTCOME_UNKNOWN);
	WAIT_UNTIL(cluster_ready(nodes[0].cluster, &err) != 0 &&
	    strstr(err.text, "replicas") != NULL);
	kill(replica.pid, SIGCONT);
	WAIT_UNTIL(leader() != NULL && run(&nodes[0], &kind_open, "words", 3,
	    answer) == 201);
	ck_assert_str_eq(answer, "t3");
	ck_assert_int_eq(number(&nodes[0], "SELECT COUNT(*) FROM thread"), 3);
	node_close(&nodes[0]);
	redis_server_end(&replica);
}
END_TEST

START_TEST(contentGoneFromRedis_leadersRingHasIt)
{
	struct node	*l;
	char		 key[60];
	int		 i;

	open_all(1);
	l = leader();
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(post(l), 201);
	snprintf(key, sizeof(key), "%s:content:6", TAG);
	redis_do("DEL", key, NULL, NULL, NULL);
	node_open(&nodes[1]);
	assert_same(l, &nodes[1]);
}
END_TEST

START_TEST(streamCut_nodeBehindNeedsACopy)
{
	struct err	err;
	int		i;

	open_all(1);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(post(&nodes[0]), 201);
	redis_do("XTRIM", TAG ":journal", "MAXLEN", "2", NULL);
	node_open(&nodes[1]);
	WAIT_UNTIL(cluster_ready(nodes[1].cluster, &err) != 0 &&
	    strstr(err.text, "needs a copy") != NULL);
	ck_assert_int_eq(number(&nodes[1], "SELECT COUNT(*) FROM thread"), 1);
	ck_assert_int_eq(post(&nodes[0]), 201);
}
END_TEST

/* Takes the last entries off the stream, as a failover to a replica that
 * lacked them does; the lease is gone with them. */
static void
lose_tail(uint64_t to)
{
	static const char	*const lua =
	    "for _, e in ipairs(redis.call('XRANGE', KEYS[2], '(' .. "
	    "ARGV[1] .. '-0', '+')) do redis.call('XDEL', KEYS[2], e[1]) "
	    "end\n"
	    "redis.call('XSETID', KEYS[2], ARGV[1] .. '-0')\n"
	    "local e = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)"
	    "\nlocal c = ''\n"
	    "for i = 1, #e[1][2], 2 do if e[1][2][i] == 'chain' then c = "
	    "e[1][2][i + 1] end end\n"
	    "redis.call('HSET', KEYS[1], 'seq', ARGV[1], 'chain', c)\n"
	    "redis.call('HINCRBY', KEYS[1], 'epoch', -1)\n"
	    "redis.call('DEL', KEYS[3], KEYS[4])\n"
	    "return 'OK'\n";
	struct redis_reply	*reply;
	struct err		 err;

	redis_add_script(mischief, lua, "issssu", (int64_t)4, TAG ":head",
	    TAG ":journal", TAG ":lease", TAG ":confirmed", to);
	ck_assert_msg(redis_send(mischief, &reply, 1, 0, &err) ==
	    REDIS_ANSWERED, "%s", err.text);
	redis_reply_free(&reply);
}

static uint64_t
again(void)
{
	struct cluster_stats	a, b;

	cluster_stats(nodes[0].cluster, &a);
	cluster_stats(nodes[1].cluster, &b);
	return a.again + b.again;
}

START_TEST(lostTail_ringHasIt_isAppendedAgain)
{
	int	i;

	open_all(2);
	for (i = 0; i < 10; i++)
		post_somewhere();
	assert_same(&nodes[0], &nodes[1]);
	lose_tail(10);
	WAIT_UNTIL(again() == 6);
	post_somewhere();
	assert_same(&nodes[0], &nodes[1]);
	ck_assert_int_eq(number(&nodes[0], "SELECT COUNT(*) FROM thread"),
	    12);
}
END_TEST

START_TEST(lostTail_noRingHasIt_beginsAnew)
{
	int	i;

	open_all(2);
	for (i = 0; i < 10; i++)
		post_somewhere();
	assert_same(&nodes[0], &nodes[1]);
	node_close(&nodes[0]);
	node_close(&nodes[1]);
	lose_tail(10);
	open_all(2);
	post_somewhere();
	assert_same(&nodes[0], &nodes[1]);
	ck_assert_int_eq(number(&nodes[0], "SELECT COUNT(*) FROM thread"),
	    12);
}
END_TEST

START_TEST(lostTail_onlyTheShorterIsThere_longerStandsStill)
{
	struct err	err;

	open_all(1);
	post_somewhere();
	node_close(&nodes[0]);
	open_all(1);
	post_somewhere();
	post_somewhere();
	node_close(&nodes[0]);
	lose_tail(4);
	/* A node that has less goes on alone: another history. */
	node_open(&nodes[1]);
	WAIT_UNTIL(cluster_leading(nodes[1].cluster));
	ck_assert_int_eq(post(&nodes[1]), 201);
	node_open(&nodes[0]);
	ck_assert_int_eq(post(&nodes[1]), 201);
	ck_assert_int_eq(post(&nodes[1]), 201);
	WAIT_UNTIL(cluster_ready(nodes[0].cluster, &err) != 0 &&
	    strstr(err.text, "follow") != NULL);
	ck_assert_int_eq(number(&nodes[0], "SELECT COUNT(*) FROM thread"), 4);
}
END_TEST

START_TEST(flushall_whileRunning_beginsAnew)
{
	uint64_t	before;

	open_all(2);
	post_somewhere();
	assert_same(&nodes[0], &nodes[1]);
	before = takeovers();
	redis_do("FLUSHALL", NULL, NULL, NULL, NULL);
	WAIT_UNTIL(takeovers() > before);
	post_somewhere();
	assert_same(&nodes[0], &nodes[1]);
	ck_assert_int_eq(number(&nodes[1], "SELECT COUNT(*) FROM thread"), 3);
}
END_TEST

START_TEST(emptyRedis_atStart_isNotFoundedByItself)
{
	struct err	err;
	int64_t		until;

	redis_do("FLUSHALL", NULL, NULL, NULL, NULL);
	node_open(&nodes[0]);
	WAIT_UNTIL(cluster_ready(nodes[0].cluster, &err) != 0 &&
	    strstr(err.text, "not founded") != NULL);
	/* Two more attempts. */
	until = clock_mono_ms() + 800;
	WAIT_UNTIL(clock_mono_ms() > until);
	ck_assert_int_eq(cluster_leading(nodes[0].cluster), 0);
}
END_TEST

START_TEST(foreignJournal_isRefused)
{
	struct err	err;

	open_all(1);
	redis_do("HSET", TAG ":head", "id", "another", NULL);
	WAIT_UNTIL(post(&nodes[0]) < 0);
	WAIT_UNTIL(cluster_ready(nodes[0].cluster, &err) != 0 ||
	    (redis_do("DEL", TAG ":lease", NULL, NULL, NULL), 0));
	WAIT_UNTIL(cluster_ready(nodes[0].cluster, &err) != 0 &&
	    strstr(err.text, "another forum") != NULL);
	ck_assert_int_eq(number(&nodes[0], "SELECT COUNT(*) FROM thread"), 1);
}
END_TEST

START_TEST(redisStops_readingGoesOn_recoversByItself)
{
	struct err	err;
	int		rc;

	open_all(2);
	post_somewhere();
	assert_same(&nodes[0], &nodes[1]);
	kill(server.pid, SIGSTOP);
	WAIT_UNTIL(leader() == NULL && cluster_ready(nodes[0].cluster,
	    &err) != 0 && cluster_ready(nodes[1].cluster, &err) != 0);
	rc = post(&nodes[0]);
	ck_assert_int_eq(rc, -ERR_STORAGE_UNAVAILABLE);
	ck_assert_int_ge(number(&nodes[0], "SELECT COUNT(*) FROM thread"), 2);
	kill(server.pid, SIGCONT);
	post_somewhere();
	assert_same(&nodes[0], &nodes[1]);
}
END_TEST

struct poster {
	struct node	*node;
	int		 key, rc;
	char		 answer[32];
};

static void *
poster_main(void *arg)
{
	struct poster	*p = arg;

	p->rc = run(p->node, &kind_open, "words", p->key, p->answer);
	return NULL;
}

START_TEST(redisStopsUnderAPost_isKnownByItsKey)
{
	struct poster	 p = { .key = 5 };
	struct node	*l;
	pthread_t	 thread;
	char		 answer[32];
	int64_t		 until, threads;

	open_all(2);
	l = p.node = post_somewhere();
	kill(server.pid, SIGSTOP);
	ck_assert_int_eq(pthread_create(&thread, NULL, poster_main, &p), 0);
	/* So long that the post is under way, shorter than the lease. */
	until = clock_mono_ms() + 100 * (_i + 1);
	WAIT_UNTIL(clock_mono_ms() > until);
	kill(server.pid, SIGCONT);
	pthread_join(thread, NULL);
	if (p.rc != 201)
		ck_assert(p.rc == -ERR_OUTCOME_UNKNOWN ||
		    p.rc == -ERR_STORAGE_UNAVAILABLE);
	WAIT_UNTIL((l = leader()) != NULL && run(l, &kind_open, "words", 5,
	    answer) == 201);
	if (p.rc == 201)
		ck_assert_str_eq(p.answer, answer);
	threads = number(l, "SELECT COUNT(*) FROM thread");
	ck_assert_int_eq(threads, 3);
	assert_same(&nodes[0], &nodes[1]);
}
END_TEST

START_TEST(close_whileRedisIsStopped_isQuick)
{
	int64_t	begun;

	open_all(2);
	post_somewhere();
	kill(server.pid, SIGSTOP);
	begun = clock_mono_ms();
	node_close(&nodes[0]);
	node_close(&nodes[1]);
	ck_assert_int_lt(clock_mono_ms() - begun, 5000);
	kill(server.pid, SIGCONT);
}
END_TEST

/* ---- erasing ---- */

static int
in_redis_files(const char *needle)
{
	char	cmd[200];

	snprintf(cmd, sizeof(cmd), "grep -rqaF '%s' %s", needle, server.dir);
	return system(cmd) == 0;
}

/* In a key; the rewritten file is not the only place. */
static int
in_redis_keys(const char *needle)
{
	static const char	script[] =
	    "for _, k in ipairs(redis.call('KEYS', '*content*')) do\n"
	    "  if redis.call('GET', k):find(ARGV[1], 1, true) then\n"
	    "    return 1\n"
	    "  end\n"
	    "end\n"
	    "return 0\n";
	struct redis_reply	*reply;
	struct err		 err;
	uint64_t		 n = 0;

	redis_add_script(mischief, script, "is", (int64_t)0, needle);
	ck_assert_int_eq(redis_send(mischief, &reply, 1, 0, &err),
	    REDIS_ANSWERED);
	redis_number(reply, &n);
	redis_reply_free(&reply);
	return n == 1;
}

static int
in_rings(const char *needle)
{
	struct buf	out = BUF_INIT;
	uint64_t	after;
	int		i, found = 0;

	for (i = 0; i < 2; i++) {
		for (after = 0; after < 20; after++) {
			if (cluster_batch(nodes[i].cluster, after, &out) == 0)
				found |= memmem(out.data, out.len, needle,
				    strlen(needle)) != NULL;
		}
	}
	buf_free(&out);
	return found;
}

START_TEST(drop_leavesNoByte_inRedisAndRings)
{
	struct node	*l;

	open_all(2);
	l = leader();
	ck_assert_int_eq(run(l, &kind_open, "the-needle-in-the-haystack", 0,
	    NULL), 201);
	assert_same(&nodes[0], &nodes[1]);
	ck_assert_int_eq(in_redis_files("the-needle-in-the-haystack"), 1);
	ck_assert_int_eq(in_redis_keys("the-needle-in-the-haystack"), 1);
	ck_assert_int_eq(in_rings("the-needle-in-the-haystack"), 1);
	ck_assert_int_eq(run(l, &kind_drop, "c:2", 0, NULL), 200);
	assert_same(&nodes[0], &nodes[1]);
	ck_assert_int_eq(in_rings("the-needle-in-the-haystack"), 0);
	WAIT_UNTIL(!in_redis_keys("the-needle-in-the-haystack"));
	WAIT_UNTIL(!in_redis_files("the-needle-in-the-haystack"));
	/* A node that comes later reads the stream without it. */
	node_open(&nodes[2]);
	assert_same(l, &nodes[2]);
}
END_TEST

/* ---- how Redis is set up ---- */

START_TEST(weakSettings_areSaid)
{
	struct buf	out = BUF_INIT;

	redis_do("CONFIG", "SET", "appendfsync", "everysec", NULL);
	node_open(&nodes[0]);
	WAIT_UNTIL((buf_clear(&out), cluster_warnings(nodes[0].cluster, &out),
	    strstr(buf_str(&out), "does not have appendfsync always") !=
	    NULL));
	redis_do("CONFIG", "SET", "appendfsync", "always", NULL);
	ck_assert_ptr_null(strstr(buf_str(&out), "maxmemory"));
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "losing Redis stops"));
	buf_free(&out);
}
END_TEST

/* ---- back to one machine ---- */

START_TEST(dissolve_whenLevel_goesOnAlone)
{
	struct cluster_conf	cc;
	struct writer_conf	wc;
	struct err		err;

	open_all(2);
	cc = conf(&nodes[0]);
	WAIT_UNTIL(cluster_leading(nodes[1].cluster) ||
	    (cluster_resign(nodes[0].cluster), 0));
	ck_assert_int_eq(cluster_dissolve(&cc, &err), -1);
	node_close(&nodes[0]);
	ck_assert_int_eq(post(&nodes[1]), 201);
	node_close(&nodes[1]);
	ck_assert_int_eq(cluster_dissolve(&cc, &err), -1);
	cc = conf(&nodes[1]);
	ck_assert_msg(cluster_dissolve(&cc, &err) == 0, "%s", err.text);
	memset(&wc, 0, sizeof(wc));
	wc.dir = nodes[1].dir;
	wc.origin = "h/ledger";
	wc.sign = true;
	wc.versions = calloc(1, sizeof(*wc.versions));
	ck_assert_int_eq(writer_open(&nodes[1].writer, &wc, &err), 0);
	ck_assert_int_eq(post(&nodes[1]), 201);
	writer_close(&nodes[1].writer);
	free(wc.versions);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("cluster");
	TCase	*tc = tcase_create("cluster");
	SRunner	*sr;
	int	 failed;

	if (!redis_server_installed()) {
		printf("check_cluster: no redis-server is installed\n");
		return 77;
	}
	redis_server_start(&server, NULL);
	redis_server_user(&server);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, follow_leadersBatches_givesTheSame);
	tcase_add_test(tc, resign_leader_anotherLeads);
	tcase_add_test(tc, close_leader_startAgain_goesOn);
	tcase_add_test(tc, start_nodeThatWasAway_catchesUp);
	tcase_add_test(tc, follow_cannotApply_isNotReadyUntilItCan);
	tcase_add_test(tc, kill_leader_anotherLeads_sameKeySameAnswer);
	tcase_add_test(tc, stop_leader_isRefusedWhenItGoesOn);
	tcase_add_test(tc, kill_leaderWithPostUnderWay_isAppliedOnce);
	tcase_add_test(tc, lease_takenFromLeader_itsAppendConflicts);
	tcase_add_test(tc, replicaStops_outcomeIsUnknown_thenKnown);
	tcase_add_test(tc, contentGoneFromRedis_leadersRingHasIt);
	tcase_add_test(tc, streamCut_nodeBehindNeedsACopy);
	tcase_add_test(tc, lostTail_ringHasIt_isAppendedAgain);
	tcase_add_test(tc, lostTail_noRingHasIt_beginsAnew);
	tcase_add_test(tc, lostTail_onlyTheShorterIsThere_longerStandsStill);
	tcase_add_test(tc, flushall_whileRunning_beginsAnew);
	tcase_add_test(tc, emptyRedis_atStart_isNotFoundedByItself);
	tcase_add_test(tc, foreignJournal_isRefused);
	tcase_add_test(tc, redisStops_readingGoesOn_recoversByItself);
	tcase_add_loop_test(tc, redisStopsUnderAPost_isKnownByItsKey, 0, 3);
	tcase_add_test(tc, close_whileRedisIsStopped_isQuick);
	tcase_add_test(tc, drop_leavesNoByte_inRedisAndRings);
	tcase_add_test(tc, weakSettings_areSaid);
	tcase_add_test(tc, dissolve_whenLevel_goesOnAlone);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	redis_server_end(&server);
	return failed == 0 ? 0 : 1;
}
