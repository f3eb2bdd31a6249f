/*
 * What it costs to append a batch: to the embedded store (its rows and one
 * COMMIT with its sync), to Redis with its file synced at each write, and
 * the same with WAIT for a replica; and how fast a follower reads batches
 * back. Events of 600 bytes with a content row of 400 each. Redis is started
 * here, on the loopback. The argument: seconds for each figure (default 1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/clock.h"
#include "storage/event.h"
#include "storage/schema.h"
#include "storage/sequencer_redis.h"
#include "tests/unit/redis_server.h"

#define JOURNAL	"0123456789abcdef"
#define EVENT	600
#define CONTENT	400
#define LARGEST	256

static struct batch	 b;
static struct db	*db;		/* NULL: the journal is in Redis */
static struct err	 err;
static uint64_t		 made;

static void
fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, err.text);
	exit(1);
}

static void
make(const struct mark *on, size_t n)
{
	struct batch_event	*e;
	struct mark		 last;

	batch_clear(&b);
	b.on = *on;
	for (; b.nevents < n; b.ncontent++) {
		batch_end(&b, &last);
		e = &b.events[b.nevents++];
		memset(e, 0, sizeof(*e));
		e->seq = last.seq + 1;
		e->time = 1;
		e->kind = "vote.cast";
		e->bytes = malloc(EVENT + 1);
		memset(e->bytes, 'e', EVENT);
		e->len = snprintf(e->bytes, 21, "%llu",
		    (unsigned long long)++made);
		e->bytes[e->len] = 'e';
		e->len = EVENT;
		e->chain = last.chain;
		event_chain(&e->chain, e->bytes, e->len);
		memset(&b.content[b.ncontent], 0, sizeof(*b.content));
		b.content[b.ncontent].ref = malloc(32);
		snprintf(b.content[b.ncontent].ref, 32, "c:%llu",
		    (unsigned long long)e->seq);
		b.content[b.ncontent].field = strdup("body");
		b.content[b.ncontent].bytes = calloc(1, CONTENT);
		b.content[b.ncontent].len = CONTENT;
	}
}

/* What the writer does around append in the embedded store. */
static void
rows(void)
{
	size_t	i;

	if (db_begin(db, &err) != 0)
		fail("begin");
	for (i = 0; i < b.nevents; i++) {
		if (db_run(db, &err, "INSERT INTO journal (seq, kind, time, "
		    "bytes, chain) VALUES (?, ?, 1, ?, ?)", "isbb",
		    (int64_t)b.events[i].seq, b.events[i].kind,
		    (const void *)b.events[i].bytes, b.events[i].len,
		    (const void *)b.events[i].chain.b,
		    (size_t)HASH_LEN) != 0 ||
		    db_run(db, &err, "INSERT INTO content (ref, field, salt, "
		    "bytes) VALUES (?, ?, ?, ?)", "ssbb", b.content[i].ref,
		    b.content[i].field, (const void *)b.content[i].salt,
		    sizeof(b.content[i].salt),
		    (const void *)b.content[i].bytes, b.content[i].len) != 0)
			fail("insert");
	}
}

/* Batches of n events a second. */
static double
rate(struct sequencer *s, size_t n, double seconds)
{
	struct mark	at;
	int64_t		begun = clock_mono_us();
	double		took = 0;
	size_t		done = 0;

	if (s->ops->head(s, &at, &err) != 0)
		fail("head");
	for (; took < seconds; done++) {
		make(&at, n);
		if (db != NULL)
			rows();
		if (s->ops->append(s, &b, &err) != SEQUENCER_OK)
			fail("append");
		if (db != NULL && db_commit(db, &err) != 0)
			fail("commit");
		batch_end(&b, &at);
		took = (double)(clock_mono_us() - begun) / 1e6;
	}
	return done / took;
}

static int
took(void *arg, struct batch *one, bool lost, struct err *e)
{
	(void)lost;
	(void)e;
	*(uint64_t *)arg += one->nevents;
	return 0;
}

static void
reading(struct sequencer *s)
{
	int64_t		begun = clock_mono_us();
	uint64_t	n = 0;
	bool		gap;

	if (sequencer_redis_batches(s, 0, INT64_MAX, SIZE_MAX, took, &n,
	    &gap, &err) != 0)
		fail("read");
	printf("read back with content: %.0f events/s\n",
	    n * 1e6 / (double)(clock_mono_us() - begun));
}

int
main(int argc, char **argv)
{
	static const size_t	 sizes[] = { 1, 16, 64, LARGEST };
	struct sequencer_redis_conf conf = { JOURNAL, "x", "a", 0, 0 };
	struct redis_server	 master, replica;
	struct sequencer	*local, *redis, *wait;
	struct redis		*r;
	struct db		*store;
	struct mark		 start = { .epoch = 1 };
	double			 seconds = argc > 1 ? atof(argv[1]) : 1, l, p, w;
	char			 dir[] = "bench_sequencer.XXXXXX", path[40];
	size_t			 i;

	b.events = calloc(LARGEST, sizeof(*b.events));
	b.content = calloc(LARGEST, sizeof(*b.content));
	if (!redis_server_installed() || mkdtemp(dir) == NULL)
		return 77;
	redis_server_start(&master, NULL);
	redis_server_follow(&replica, &master);
	snprintf(path, sizeof(path), "%s/forum.db", dir);
	r = redis_server_open(&master, "x");
	event_chain_start(&start.chain, JOURNAL);
	if (db_open(&store, path, DB_WRITE, &err) != 0 ||
	    schema_open(store, &err) != 0 ||
	    sequencer_local(&local, store, JOURNAL, &err) != 0 ||
	    sequencer_redis(&redis, r, &conf, &err) != 0 ||
	    sequencer_redis_base(redis, &start, 0, &err) != SEQUENCER_OK)
		fail("open");
	conf.replicas = 1;
	if (sequencer_redis(&wait, r, &conf, &err) != 0)
		fail("open");
	printf("events  embedded  redis  with WAIT 1   batches/s\n");
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		db = store;
		l = rate(local, sizes[i], seconds);
		db = NULL;
		p = rate(redis, sizes[i], seconds);
		w = rate(wait, sizes[i], seconds);
		printf("%6zu %9.0f %6.0f %12.0f   ratio %.2f, %.0f events/s\n",
		    sizes[i], l, p, w, w / l, w * sizes[i]);
	}
	reading(wait);
	local->ops->close(local);
	redis->ops->close(redis);
	wait->ops->close(wait);
	redis_close(&r);
	db_close(&store);
	batch_free(&b);
	redis_server_end(&replica);
	redis_server_end(&master);
	snprintf(path, sizeof(path), "rm -rf %s", dir);
	return system(path) == 0 ? 0 : 1;
}
