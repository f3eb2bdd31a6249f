/*
 * One conformance suite for every sequencer: a batch is taken only on top of
 * the (epoch, sequence, chain) it was decided on, what was taken can be read
 * back in order, and the head is the last event taken. An engine joins by a
 * row in engines[].
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/event.h"
#include "storage/schema.h"
#include "storage/sequencer.h"
#include "storage/sequencer_redis.h"
#include "tests/unit/redis_server.h"

#define JOURNAL	"0123456789abcdef"

struct engine {
	const char	*name;
	void		(*open)(void);
	/* What a writer does around append: its own rows, in its own
	 * transaction. */
	void		(*before)(const struct batch *b);
	void		(*after)(int taken);
};

static char		 dir[64];
static struct db	*db;
static struct sequencer	*s;
static struct mark	 at;
static struct batch	 b;
static char		 text[16][40];

static void
local_open(void)
{
	char		path[80];
	struct err	err;

	strcpy(dir, "/tmp/check_sequencer.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/forum.db", dir);
	ck_assert_int_eq(db_open(&db, path, DB_WRITE, &err), 0);
	ck_assert_int_eq(schema_open(db, &err), 0);
	ck_assert_int_eq(sequencer_local(&s, db, JOURNAL, &err), 0);
}

static void
local_before(const struct batch *batch)
{
	struct err	err;
	size_t		i;

	ck_assert_int_eq(db_begin(db, &err), 0);
	for (i = 0; i < batch->nevents; i++)
		ck_assert_int_eq(db_run(db, &err, "INSERT INTO journal (seq, "
		    "kind, time, bytes, chain) VALUES (?, ?, 1, ?, ?)",
		    "isbb", (int64_t)batch->events[i].seq,
		    batch->events[i].kind, (const void *)batch->events[i].bytes,
		    batch->events[i].len,
		    (const void *)batch->events[i].chain.b,
		    (size_t)HASH_LEN), 0);
}

static void
local_after(int taken)
{
	struct err	err;

	if (taken)
		ck_assert_int_eq(db_commit(db, &err), 0);
	else
		db_rollback(db);
}

static void
memory_open(void)
{
	struct err	err;

	ck_assert_int_eq(sequencer_memory(&s, JOURNAL, &err), 0);
}

static struct redis_server	 master, replica;	/* main()'s */
static struct redis		*r;

/* Each test has a forum of its own in the one Redis. */
static void
redis_begin(void)
{
	struct sequencer_redis_conf	conf = { JOURNAL, NULL, "a", 1,
					    10000 };
	static int			n;
	char				tag[60];
	struct mark			start;
	struct err			err;

	snprintf(tag, sizeof(tag), "test-%d-%d.example/ledger",
	    (int)getpid(), n++);
	r = redis_server_open(&master, tag);
	conf.tag = tag;
	ck_assert_int_eq(sequencer_redis(&s, r, &conf, &err), 0);
	start.epoch = 1;
	start.seq = 0;
	event_chain_start(&start.chain, JOURNAL);
	ck_assert_int_eq(sequencer_redis_base(s, &start, 0, &err),
	    SEQUENCER_OK);
}

/* Redis is last: without redis-server its row is left out. */
static const struct engine engines[] = {
	{ "local", local_open, local_before, local_after },
	{ "memory", memory_open, NULL, NULL },
	{ "redis", redis_begin, NULL, NULL },
};

#define ENGINES	(int)(sizeof(engines) / sizeof(engines[0]))

static const struct engine *e;

static void
begin(int i)
{
	struct err	err;

	e = &engines[i];
	e->open();
	ck_assert_int_eq(s->ops->head(s, &at, &err), 0);
	ck_assert_uint_eq(at.seq, 0);
}

static void
end(void)
{
	char	cmd[100];

	free(b.events);
	memset(&b, 0, sizeof(b));
	s->ops->close(s);
	redis_close(&r);
	db_close(&db);
	if (dir[0] != '\0') {
		snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
		ck_assert_int_eq(system(cmd), 0);
		dir[0] = '\0';
	}
}

/* A batch of n events on top of the mark. */
static void
make(const struct mark *on, size_t n)
{
	struct hash	chain = on->chain;
	size_t		i;

	free(b.events);
	memset(&b, 0, sizeof(b));
	b.on = *on;
	b.events = calloc(n, sizeof(*b.events));
	for (i = 0; i < n; i++) {
		snprintf(text[i], sizeof(text[i]), "event %llu",
		    (unsigned long long)(on->seq + i + 1));
		event_chain(&chain, text[i], strlen(text[i]));
		b.events[i].seq = on->seq + i + 1;
		b.events[i].time = 1;
		b.events[i].kind = "vote.cast";
		b.events[i].bytes = text[i];
		b.events[i].len = strlen(text[i]);
		b.events[i].chain = chain;
	}
	b.nevents = n;
}

static enum sequencer_answer
append(void)
{
	enum sequencer_answer	answer;
	struct err		err;

	if (e->before != NULL)
		e->before(&b);
	answer = s->ops->append(s, &b, &err);
	if (e->after != NULL)
		e->after(answer == SEQUENCER_OK);
	return answer;
}

static uint64_t	seen;

static int
count(void *arg, const struct batch_event *ev)
{
	char	want[40];

	(void)arg;
	ck_assert_uint_eq(ev->seq, seen + 1);
	snprintf(want, sizeof(want), "event %llu",
	    (unsigned long long)ev->seq);
	ck_assert_uint_eq(ev->len, strlen(want));
	ck_assert_int_eq(memcmp(ev->bytes, want, ev->len), 0);
	seen = ev->seq;
	return 0;
}

START_TEST(append_onHead_isTakenAndReadBack)
{
	struct mark	head;
	struct err	err;

	begin(_i);
	make(&at, 3);
	ck_assert_int_eq(append(), SEQUENCER_OK);
	ck_assert_int_eq(s->ops->head(s, &head, &err), 0);
	ck_assert_uint_eq(head.seq, 3);
	ck_assert_int_eq(memcmp(&head.chain, &b.events[2].chain,
	    sizeof(struct hash)), 0);
	make(&head, 2);
	ck_assert_int_eq(append(), SEQUENCER_OK);
	seen = 0;
	ck_assert_int_eq(s->ops->read(s, 0, 100, count, NULL, &err), 0);
	ck_assert_uint_eq(seen, 5);
	seen = 2;
	ck_assert_int_eq(s->ops->read(s, 2, 2, count, NULL, &err), 0);
	ck_assert_uint_eq(seen, 4);
	end();
}
END_TEST

START_TEST(append_onOlderMark_conflicts)
{
	struct mark	head;
	struct err	err;

	begin(_i);
	make(&at, 1);
	ck_assert_int_eq(append(), SEQUENCER_OK);
	ck_assert_int_eq(s->ops->head(s, &head, &err), 0);
	make(&head, 1);
	ck_assert_int_eq(append(), SEQUENCER_OK);
	make(&head, 2);			/* decided on sequence 1, now 2 */
	if (e->before != NULL)		/* its rows would collide: other seqs */
		b.events[0].seq = 3, b.events[1].seq = 4;
	ck_assert_int_eq(append(), SEQUENCER_CONFLICT);
	ck_assert_int_eq(s->ops->head(s, &head, &err), 0);
	ck_assert_uint_eq(head.seq, 2);
	end();
}
END_TEST

START_TEST(append_onOtherChain_conflicts)
{
	struct mark	head;
	struct err	err;

	begin(_i);
	make(&at, 1);
	ck_assert_int_eq(append(), SEQUENCER_OK);
	ck_assert_int_eq(s->ops->head(s, &head, &err), 0);
	head.chain.b[0] ^= 1;
	make(&head, 1);
	ck_assert_int_eq(append(), SEQUENCER_CONFLICT);
	ck_assert_int_eq(s->ops->head(s, &head, &err), 0);
	ck_assert_uint_eq(head.seq, 1);
	end();
}
END_TEST

START_TEST(memory_staleEpoch_conflicts)
{
	begin(1);
	sequencer_memory_epoch(s, 2);
	make(&at, 1);
	ck_assert_int_eq(append(), SEQUENCER_CONFLICT);
	end();
}
END_TEST

START_TEST(memory_unknown_isSettledByHead)
{
	struct mark	head;
	struct err	err;

	begin(1);
	make(&at, 1);
	sequencer_memory_fault(s, SEQUENCER_UNKNOWN, 1);
	ck_assert_int_eq(append(), SEQUENCER_UNKNOWN);
	ck_assert_int_eq(s->ops->head(s, &head, &err), 0);
	ck_assert_uint_eq(head.seq, 1);
	make(&head, 1);
	sequencer_memory_fault(s, SEQUENCER_UNKNOWN, 0);
	ck_assert_int_eq(append(), SEQUENCER_UNKNOWN);
	ck_assert_int_eq(s->ops->head(s, &head, &err), 0);
	ck_assert_uint_eq(head.seq, 1);
	end();
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("sequencer");
	TCase	*tc = tcase_create("conformance");
	SRunner	*sr;
	int	 failed, n = ENGINES;

	if (redis_server_installed()) {
		redis_server_start(&master, NULL);
		redis_server_follow(&replica, &master);
	} else {
		printf("sequencer: no redis-server here, its row is left "
		    "out\n");
		n--;
	}
	tcase_add_loop_test(tc, append_onHead_isTakenAndReadBack, 0, n);
	tcase_add_loop_test(tc, append_onOlderMark_conflicts, 0, n);
	tcase_add_loop_test(tc, append_onOtherChain_conflicts, 0, n);
	tcase_add_test(tc, memory_staleEpoch_conflicts);
	tcase_add_test(tc, memory_unknown_isSettledByHead);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	redis_server_end(&replica);
	redis_server_end(&master);
	return failed == 0 ? 0 : 1;
}
