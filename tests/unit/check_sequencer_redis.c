/*
 * What the sequencer in Redis promises beyond the conformance suite
 * (check_sequencer.c): WAIT and settling, the lease and its epoch, the
 * confirmed stream, reading whole batches, setting the head anew, and what
 * Redis refuses. Against a real Redis with a replica.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/clock.h"
#include "storage/event.h"
#include "storage/sequencer_redis.h"
#include "tests/unit/redis_server.h"

#define JOURNAL	"0123456789abcdef"

static struct redis_server	 master, replica;	/* main()'s */
static struct redis		*r, *r2;
static struct sequencer		*a, *b;		/* two nodes */
static char			 name[40], tag[60];
static struct mark		 at;
static struct batch		 batch;
static struct err		 err;
static int			 wait_ms = 10000;	/* a disk may be slow */

static struct sequencer *
node(struct redis *over, const char *self, const char *journal, int replicas)
{
	struct sequencer_redis_conf	 conf = { journal, tag, self,
					    replicas, wait_ms };
	struct sequencer		*s;

	ck_assert_int_eq(sequencer_redis(&s, over, &conf, &err), 0);
	return s;
}

/* One that does not wait long for replicas. */
static struct sequencer *
hasty(int replicas)
{
	struct sequencer	*s;

	wait_ms = 100;
	s = node(r, "a", JOURNAL, replicas);
	wait_ms = 10000;
	return s;
}

static void
begin(void)
{
	static int	n;

	/* A forum of its own; its name means something to SCAN. */
	snprintf(name, sizeof(name), "test-%d-%d", (int)getpid(), n++);
	snprintf(tag, sizeof(tag), "%s.example/[ledger]*", name);
	r = redis_server_open(&master, tag);
	r2 = redis_server_open(&master, tag);
	a = node(r, "a", JOURNAL, 1);
	b = node(r2, "b", JOURNAL, 1);
	at.epoch = 1;
	at.seq = 0;
	event_chain_start(&at.chain, JOURNAL);
	ck_assert_int_eq(sequencer_redis_base(a, &at, 0, &err),
	    SEQUENCER_OK);
}

static void
end(void)
{
	batch_free(&batch);
	a->ops->close(a);
	b->ops->close(b);
	redis_close(&r);
	redis_close(&r2);
}

/* A batch of n events and one content row on top of the mark. */
static void
make(const struct mark *on, size_t n, const char *word)
{
	struct batch_event	*e;
	struct mark		 last;
	char			 text[60];

	batch_free(&batch);
	batch.on = *on;
	batch.events = calloc(n, sizeof(*batch.events));
	while (batch.nevents < n) {
		batch_end(&batch, &last);
		e = &batch.events[batch.nevents++];
		snprintf(text, sizeof(text), "%s %llu", word,
		    (unsigned long long)last.seq + 1);
		e->seq = last.seq + 1;
		e->time = 1;
		e->kind = "vote.cast";
		e->bytes = strdup(text);
		e->len = strlen(text);
		e->chain = last.chain;
		event_chain(&e->chain, e->bytes, e->len);
	}
	batch.content = calloc(1, sizeof(*batch.content));
	batch.ncontent = 1;
	batch.content[0].ref = strdup("c/1");
	batch.content[0].field = strdup("text");
	batch.content[0].bytes = strdup(word);
	batch.content[0].len = strlen(word);
}

/* Appends batches of two events, so many, on the present head. */
static void
fill(size_t n)
{
	while (n-- > 0) {
		ck_assert_int_eq(a->ops->head(a, &at, &err), 0);
		make(&at, 2, "filler");
		ck_assert_int_eq(a->ops->append(a, &batch, &err),
		    SEQUENCER_OK);
	}
	batch_end(&batch, &at);
}

static int64_t
number(const char *command, const char *key)
{
	struct redis_reply	*reply;
	int64_t			 n;
	char			 full[100];

	snprintf(full, sizeof(full), "{%s}:%s", tag, key);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", command, full),
	    REDIS_ANSWERED);
	ck_assert_int_eq(reply->type, REDIS_INTEGER);
	n = reply->integer;
	redis_reply_free(&reply);
	return n;
}

static void
config(const char *option, const char *value)
{
	struct redis_reply	*reply;

	ck_assert_int_eq(redis_call(r, &reply, &err, "ssss", "CONFIG", "SET",
	    option, value), REDIS_ANSWERED);
	redis_reply_free(&reply);
}

/* --- append */

START_TEST(append_twice_isTakenOnce)
{
	begin();
	make(&at, 2, "one");
	ck_assert_int_eq(a->ops->append(a, &batch, &err), SEQUENCER_OK);
	ck_assert_int_eq(a->ops->append(a, &batch, &err), SEQUENCER_OK);
	ck_assert_int_eq(number("XLEN", "journal"), 1);
	end();
}
END_TEST

START_TEST(append_againBelowTheHead_isStillThere)
{
	struct batch	first;

	begin();
	make(&at, 2, "one");
	ck_assert_int_eq(a->ops->append(a, &batch, &err), SEQUENCER_OK);
	first = batch;
	memset(&batch, 0, sizeof(batch));
	fill(2);
	ck_assert_int_eq(a->ops->append(a, &first, &err), SEQUENCER_OK);
	ck_assert_int_eq(number("XLEN", "journal"), 3);
	batch_free(&first);
	end();
}
END_TEST

START_TEST(append_otherAtThatSequence_conflicts)
{
	begin();
	make(&at, 2, "one");
	ck_assert_int_eq(a->ops->append(a, &batch, &err), SEQUENCER_OK);
	make(&at, 2, "two");
	ck_assert_int_eq(b->ops->append(b, &batch, &err),
	    SEQUENCER_CONFLICT);
	ck_assert_int_eq(number("XLEN", "journal"), 1);
	end();
}
END_TEST

START_TEST(append_replicaStopped_isUnknownThenSettled)
{
	struct sequencer	*c;
	struct mark		 head;

	begin();
	fill(1);
	c = hasty(1);
	kill(replica.pid, SIGSTOP);
	make(&at, 1, "waiting");
	ck_assert_int_eq(c->ops->append(c, &batch, &err), SEQUENCER_UNKNOWN);
	ck_assert_int_eq(c->ops->append(c, &batch, &err), SEQUENCER_UNKNOWN);
	c->ops->close(c);
	kill(replica.pid, SIGCONT);
	ck_assert_int_eq(a->ops->append(a, &batch, &err), SEQUENCER_OK);
	ck_assert_int_eq(a->ops->head(a, &head, &err), 0);
	ck_assert_uint_eq(head.seq, 3);
	ck_assert_int_eq(number("XLEN", "journal"), 2);
	end();
}
END_TEST

START_TEST(append_moreReplicasThanThere_isUnknown)
{
	struct sequencer	*c;

	begin();
	c = hasty(2);
	make(&at, 1, "waiting");
	ck_assert_int_eq(c->ops->append(c, &batch, &err), SEQUENCER_UNKNOWN);
	ck_assert_str_eq(err.text, "Too few replicas of Redis have it");
	c->ops->close(c);
	end();
}
END_TEST

START_TEST(append_noMemory_isRefusedAndNothingChanged)
{
	struct mark	head;

	begin();
	config("maxmemory", "1");
	make(&at, 1, "one");
	ck_assert_int_eq(a->ops->append(a, &batch, &err), SEQUENCER_FAILED);
	ck_assert_str_eq(err.text, "Redis has no memory left");
	config("maxmemory", "0");
	ck_assert_int_eq(a->ops->head(a, &head, &err), 0);
	ck_assert_uint_eq(head.seq, 0);
	ck_assert_int_eq(number("EXISTS", "journal"), 0);
	ck_assert_int_eq(number("EXISTS", "content:1"), 0);
	ck_assert_int_eq(a->ops->append(a, &batch, &err), SEQUENCER_OK);
	end();
}
END_TEST

START_TEST(append_tooFewReplicasForRedis_isRefused)
{
	begin();
	config("min-replicas-to-write", "3");
	make(&at, 1, "one");
	ck_assert_int_eq(a->ops->append(a, &batch, &err), SEQUENCER_FAILED);
	config("min-replicas-to-write", "0");
	ck_assert_str_eq(err.text, "Redis has too few replicas");
	ck_assert_int_eq(a->ops->append(a, &batch, &err), SEQUENCER_OK);
	end();
}
END_TEST

START_TEST(append_scriptsFlushed_goesOn)
{
	struct redis_reply	*reply;

	begin();
	fill(1);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "SCRIPT",
	    "FLUSH"), REDIS_ANSWERED);
	redis_reply_free(&reply);
	fill(1);
	ck_assert_uint_eq(at.seq, 4);
	end();
}
END_TEST

START_TEST(append_foreignOrNoHead_isRefused)
{
	struct sequencer	*c;
	struct mark		 head;

	begin();
	c = node(r, "c", "another", 0);
	make(&at, 1, "one");
	ck_assert_int_eq(c->ops->append(c, &batch, &err), SEQUENCER_FAILED);
	ck_assert_int_eq(c->ops->head(c, &head, &err), -1);
	ck_assert_int_eq(err.code, ERR_STORAGE_UNAVAILABLE);
	ck_assert_int_eq(sequencer_redis_base(c, &at, 0, &err),
	    SEQUENCER_FAILED);
	c->ops->close(c);
	strcpy(tag, "nowhere");
	c = node(r, "c", JOURNAL, 0);
	ck_assert_int_eq(c->ops->append(c, &batch, &err), SEQUENCER_FAILED);
	ck_assert_int_eq(c->ops->head(c, &head, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	c->ops->close(c);
	end();
}
END_TEST

START_TEST(append_foreignKey_isRefusedAndNothingChanged)
{
	struct redis_reply	*reply;
	struct mark		 head;
	char			 key[100];

	begin();
	snprintf(key, sizeof(key), "{%s}:journal", tag);
	ck_assert_int_eq(redis_call(r, &reply, &err, "sss", "SET", key, "x"),
	    REDIS_ANSWERED);
	redis_reply_free(&reply);
	make(&at, 1, "one");
	ck_assert_int_eq(a->ops->append(a, &batch, &err), SEQUENCER_FAILED);
	ck_assert_int_eq(a->ops->head(a, &head, &err), 0);
	ck_assert_uint_eq(head.seq, 0);
	ck_assert_int_eq(number("EXISTS", "content:1"), 0);
	end();
}
END_TEST

/* --- lease */

START_TEST(lease_heldByOne_isRefusedToOthersAndMovesTheEpoch)
{
	struct mark	head;
	char		who[41], address[128];
	uint64_t	epoch;

	begin();
	ck_assert_int_eq(sequencer_redis_holder(b, who, sizeof(who),
	    address, sizeof(address), &epoch, &err), 1);
	ck_assert_int_eq(sequencer_redis_take(a, "h:1", 60000, &head, &err),
	    SEQUENCER_OK);
	ck_assert_uint_eq(head.epoch, 2);
	ck_assert_uint_eq(head.seq, 0);
	ck_assert_mem_eq(&head.chain, &at.chain, HASH_LEN);
	ck_assert_int_eq(sequencer_redis_take(b, "h:2", 60000, &head, &err),
	    SEQUENCER_CONFLICT);
	ck_assert_int_eq(sequencer_redis_holder(b, who, sizeof(who),
	    address, sizeof(address), &epoch, &err), 0);
	ck_assert_str_eq(who, "a");
	ck_assert_str_eq(address, "h:1");
	ck_assert_uint_eq(epoch, 2);
	ck_assert_int_eq(sequencer_redis_renew(a, "h:1", 2, 60000, &err),
	    SEQUENCER_OK);
	ck_assert_int_eq(sequencer_redis_renew(b, "h:2", 2, 60000, &err),
	    SEQUENCER_CONFLICT);
	ck_assert_int_eq(sequencer_redis_release(b, "h:2", 2, &err),
	    SEQUENCER_CONFLICT);
	ck_assert_int_eq(sequencer_redis_release(a, "h:1", 2, &err),
	    SEQUENCER_OK);
	ck_assert_int_eq(sequencer_redis_take(b, "h:2", 60000, &head, &err),
	    SEQUENCER_OK);
	ck_assert_uint_eq(head.epoch, 3);
	ck_assert_int_eq(sequencer_redis_renew(a, "h:1", 2, 60000, &err),
	    SEQUENCER_CONFLICT);
	end();
}
END_TEST

START_TEST(lease_takenByAnother_fencesTheOldHolder)
{
	struct mark	mine, theirs;

	begin();
	ck_assert_int_eq(sequencer_redis_take(a, "h:1", 60000, &mine, &err),
	    SEQUENCER_OK);
	ck_assert_int_eq(sequencer_redis_release(a, "h:1", mine.epoch,
	    &err), SEQUENCER_OK);
	ck_assert_int_eq(sequencer_redis_take(b, "h:2", 60000, &theirs,
	    &err), SEQUENCER_OK);
	make(&mine, 1, "stale");
	ck_assert_int_eq(a->ops->append(a, &batch, &err),
	    SEQUENCER_CONFLICT);
	ck_assert_int_eq(sequencer_redis_confirm(a, &mine, "", 0, &err),
	    SEQUENCER_CONFLICT);
	make(&theirs, 1, "fresh");
	ck_assert_int_eq(b->ops->append(b, &batch, &err), SEQUENCER_OK);
	end();
}
END_TEST

START_TEST(lease_notRenewed_endsByItself)
{
	struct mark	head;

	begin();
	ck_assert_int_eq(sequencer_redis_take(a, "h:1", 50, &head, &err),
	    SEQUENCER_OK);
	while (sequencer_redis_take(b, "h:2", 60000, &head, &err) ==
	    SEQUENCER_CONFLICT)
		redis_pause(r, 10);
	ck_assert_uint_eq(head.epoch, 3);
	end();
}
END_TEST

START_TEST(lease_replicaStopped_isNotTaken)
{
	struct sequencer	*c;
	struct mark		 head;

	begin();
	fill(1);
	c = hasty(1);
	kill(replica.pid, SIGSTOP);
	ck_assert_int_eq(sequencer_redis_take(c, "h:1", 60000, &head, &err),
	    SEQUENCER_UNKNOWN);
	c->ops->close(c);
	kill(replica.pid, SIGCONT);
	ck_assert_int_eq(sequencer_redis_take(a, "h:1", 60000, &head, &err),
	    SEQUENCER_OK);
	ck_assert_uint_eq(head.epoch, 3);
	end();
}
END_TEST

/* --- reading */

static uint64_t	seen, told, lost;

static int
take(void *arg, struct batch *one, bool without, struct err *e)
{
	struct mark	last;

	(void)e;
	ck_assert_uint_eq(one->on.seq, seen);
	batch_end(one, &last);
	seen = last.seq;
	lost += without;
	if (!without)
		ck_assert_str_eq(one->content[0].bytes, "filler");
	return ++told == *(uint64_t *)arg ? -1 : 0;
}

START_TEST(batches_many_comeInOrderWithContent)
{
	struct redis_reply	*reply;
	char			 key[100];
	uint64_t		 stop = 0;
	bool			 gap;

	begin();
	fill(40);
	snprintf(key, sizeof(key), "{%s}:content:4", tag);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "DEL", key),
	    REDIS_ANSWERED);
	redis_reply_free(&reply);
	seen = told = lost = 0;
	ck_assert_int_eq(sequencer_redis_batches(b, 0, 70, 100, take, &stop,
	    &gap, &err), 0);
	ck_assert_uint_eq(seen, 70);
	ck_assert_uint_eq(told, 35);
	ck_assert_uint_eq(lost, 1);
	ck_assert_int_eq(sequencer_redis_batches(b, 70, INT64_MAX, 3, take,
	    &stop, &gap, &err), 0);
	ck_assert_uint_eq(seen, 76);
	stop = told + 1;
	ck_assert_int_eq(sequencer_redis_batches(b, 76, INT64_MAX, 100, take,
	    &stop, &gap, &err), 0);
	ck_assert_uint_eq(seen, 78);
	end();
}
END_TEST

START_TEST(batches_trimmed_tellTheGap)
{
	struct redis_reply	*reply;
	char			 key[100];
	uint64_t		 first, stop = 0;
	bool			 gap;

	begin();
	ck_assert_int_eq(sequencer_redis_first(b, &first, &err), 1);
	fill(5);
	ck_assert_int_eq(sequencer_redis_first(b, &first, &err), 0);
	ck_assert_uint_eq(first, 0);
	snprintf(key, sizeof(key), "{%s}:journal", tag);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ssss", "XTRIM", key,
	    "MINID", "5-0"), REDIS_ANSWERED);
	redis_reply_free(&reply);
	ck_assert_int_eq(sequencer_redis_first(b, &first, &err), 0);
	ck_assert_uint_eq(first, 4);
	seen = told = lost = 0;
	ck_assert_int_eq(sequencer_redis_batches(b, 2, INT64_MAX, 10, take,
	    &stop, &gap, &err), -1);
	ck_assert(gap);
	ck_assert_uint_eq(told, 0);
	seen = 4;
	ck_assert_int_eq(sequencer_redis_batches(b, 4, INT64_MAX, 10, take,
	    &stop, &gap, &err), 0);
	ck_assert(!gap);
	ck_assert_uint_eq(seen, 10);
	end();
}
END_TEST

START_TEST(batches_damaged_areRefused)
{
	struct redis_reply	*reply;
	struct buf		 events = BUF_INIT;
	char			 key[100], chain[HASH_LEN * 2 + 1];
	uint64_t		 stop = 0;
	bool			 gap;

	begin();
	fill(1);
	make(&at, 1, "filler");
	ck_assert_int_eq(batch_encode_events(&batch, &events, &err), 0);
	memset(chain, '0', sizeof(chain) - 1);
	chain[HASH_LEN * 2] = '\0';
	snprintf(key, sizeof(key), "{%s}:journal", tag);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ssssssb", "XADD", key,
	    "3-0", "chain", chain, "events", (const void *)events.data,
	    events.len), REDIS_ANSWERED);
	redis_reply_free(&reply);
	seen = told = lost = 0;
	ck_assert_int_eq(sequencer_redis_batches(b, 0, INT64_MAX, 10, take,
	    &stop, &gap, &err), -1);
	ck_assert_uint_eq(told, 0);
	buf_free(&events);
	end();
}
END_TEST

/* --- confirmed */

static int
confirmed(void *arg, const struct mark *m, const char *note, size_t len)
{
	(void)arg;
	ck_assert_uint_gt(m->seq, seen);
	ck_assert_uint_eq(len, 4);
	ck_assert_mem_eq(note, "note", 4);
	seen = m->seq;
	told++;
	return 0;
}

START_TEST(confirm_rises_andIsTold)
{
	struct mark	far;

	begin();
	fill(1);
	ck_assert_int_eq(sequencer_redis_confirm(a, &at, "note", 4, &err),
	    SEQUENCER_OK);
	ck_assert_int_eq(sequencer_redis_confirm(a, &at, "note", 4, &err),
	    SEQUENCER_OK);
	far = at;
	far.seq += 1;
	ck_assert_int_eq(sequencer_redis_confirm(a, &far, "note", 4, &err),
	    SEQUENCER_CONFLICT);
	fill(2);
	ck_assert_int_eq(sequencer_redis_confirm(a, &at, "note", 4, &err),
	    SEQUENCER_OK);
	seen = told = 0;
	ck_assert_int_eq(sequencer_redis_confirmed(b, 0, 10, 0, confirmed,
	    NULL, &err), 0);
	ck_assert_uint_eq(told, 2);
	ck_assert_uint_eq(seen, 6);
	ck_assert_int_eq(sequencer_redis_confirmed(b, 6, 10, 0, confirmed,
	    NULL, &err), 0);
	ck_assert_int_eq(sequencer_redis_confirmed(b, 6, 10, 20, confirmed,
	    NULL, &err), 0);
	ck_assert_uint_eq(told, 2);
	end();
}
END_TEST

/* --- base and dissolve */

START_TEST(base_overAHead_wantsTheEpochAndALongerMark)
{
	struct mark	head, to;

	begin();
	fill(3);
	ck_assert_int_eq(sequencer_redis_base(a, &at, 0, &err),
	    SEQUENCER_CONFLICT);
	ck_assert_int_eq(sequencer_redis_take(a, "h:1", 60000, &head, &err),
	    SEQUENCER_OK);
	to = head;
	ck_assert_int_eq(sequencer_redis_base(a, &to, head.epoch, &err),
	    SEQUENCER_CONFLICT);
	to.seq = 100;
	ck_assert_int_eq(sequencer_redis_base(a, &to, head.epoch - 1, &err),
	    SEQUENCER_CONFLICT);
	ck_assert_int_eq(sequencer_redis_base(a, &to, head.epoch, &err),
	    SEQUENCER_OK);
	ck_assert_int_eq(number("EXISTS", "journal"), 0);
	ck_assert_int_eq(number("EXISTS", "content:2"), 0);
	make(&to, 1, "on");
	ck_assert_int_eq(a->ops->append(a, &batch, &err), SEQUENCER_OK);
	ck_assert_int_eq(a->ops->head(a, &head, &err), 0);
	ck_assert_uint_eq(head.seq, 101);
	end();
}
END_TEST

START_TEST(dissolve_withTheEpoch_leavesNoKey)
{
	struct redis_reply	*reply;
	struct mark		 head;
	char			 pattern[60];

	begin();
	fill(3);
	ck_assert_int_eq(sequencer_redis_take(a, "h:1", 60000, &head, &err),
	    SEQUENCER_OK);
	ck_assert_int_eq(sequencer_redis_dissolve(a, 1, &err),
	    SEQUENCER_CONFLICT);
	ck_assert_int_eq(sequencer_redis_dissolve(a, head.epoch, &err),
	    SEQUENCER_OK);
	snprintf(pattern, sizeof(pattern), "{%s.*", name);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "KEYS", pattern),
	    REDIS_ANSWERED);
	ck_assert_uint_eq(reply->n, 0);
	redis_reply_free(&reply);
	end();
}
END_TEST

static void
suite_tests(TCase *tc)
{
	tcase_add_test(tc, append_twice_isTakenOnce);
	tcase_add_test(tc, append_againBelowTheHead_isStillThere);
	tcase_add_test(tc, append_otherAtThatSequence_conflicts);
	tcase_add_test(tc, append_replicaStopped_isUnknownThenSettled);
	tcase_add_test(tc, append_moreReplicasThanThere_isUnknown);
	tcase_add_test(tc, append_noMemory_isRefusedAndNothingChanged);
	tcase_add_test(tc, append_tooFewReplicasForRedis_isRefused);
	tcase_add_test(tc, append_scriptsFlushed_goesOn);
	tcase_add_test(tc, append_foreignOrNoHead_isRefused);
	tcase_add_test(tc, append_foreignKey_isRefusedAndNothingChanged);
	tcase_add_test(tc,
	    lease_heldByOne_isRefusedToOthersAndMovesTheEpoch);
	tcase_add_test(tc, lease_takenByAnother_fencesTheOldHolder);
	tcase_add_test(tc, lease_notRenewed_endsByItself);
	tcase_add_test(tc, lease_replicaStopped_isNotTaken);
	tcase_add_test(tc, batches_many_comeInOrderWithContent);
	tcase_add_test(tc, batches_trimmed_tellTheGap);
	tcase_add_test(tc, batches_damaged_areRefused);
	tcase_add_test(tc, confirm_rises_andIsTold);
	tcase_add_test(tc, base_overAHead_wantsTheEpochAndALongerMark);
	tcase_add_test(tc, dissolve_withTheEpoch_leavesNoKey);
}

int
main(void)
{
	Suite	*suite = suite_create("sequencer_redis");
	TCase	*tc = tcase_create("redis");
	SRunner	*sr;
	int	 failed;

	if (!redis_server_installed()) {
		printf("sequencer_redis: skipped, no redis-server here\n");
		return 77;
	}
	redis_server_start(&master, NULL);
	redis_server_follow(&replica, &master);
	suite_tests(tc);
	tcase_set_timeout(tc, 30);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	kill(replica.pid, SIGCONT);
	redis_server_end(&replica);
	redis_server_end(&master);
	return failed == 0 ? 0 : 1;
}
