/*
 * The connection to Redis against real servers: a cluster of two masters,
 * slots moved by hand; one that is stopped, killed, that wants a password.
 * What answers as no Redis would is in check_redis_mad.c.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/redis_server.h"

static struct redis_server	 one, two, single;	/* main()'s */
static char			 ids[2][41];	/* of the two's nodes */
static struct redis		*r;
static struct redis_reply	*reply;
static struct err		 err;
static int			 call_ms = 10000;	/* a disk may be slow */

static struct redis *
open_at(const char *address, const char *tag, const char *user,
    const char *password)
{
	struct redis_conf	 conf;
	struct redis		*out;

	memset(&conf, 0, sizeof(conf));
	conf.seeds = &address;
	conf.nseeds = 1;
	conf.tag = tag;
	conf.user = user;
	conf.password = password;
	conf.call_ms = call_ms;
	ck_assert_int_eq(redis_open(&out, &conf, &err), 0);
	return out;
}

static void
end(void)
{
	redis_reply_free(&reply);
	redis_close(&r);
}

/* A command to one server as it is, outside what the module does. */
static void
tell(struct redis_server *s, const char *types, const char *a, const char *b,
    const char *c, const char *d, const char *e)
{
	struct redis		*plain, *node;
	struct redis_reply	*got = NULL;

	plain = redis_server_open(s, "x");
	if (redis_open_node(&node, plain, s->address, &err) != 0 ||
	    redis_call(node, &got, &err, types, a, b, c, d, e) !=
	    REDIS_ANSWERED) {
		printf("%s %s: %s\n", a, b, err.text);
		abort();
	}
	redis_reply_free(&got);
	redis_close(&node);
	redis_close(&plain);
}

/* --- looking at replies, slots */

START_TEST(slot_ofKnownNames_isTheSpecifications)
{
	ck_assert_uint_eq(redis_slot("123456789"), 0x31c3);
	ck_assert_uint_eq(redis_slot("foo"), 12182);
	ck_assert_uint_eq(redis_slot("bar"), 5061);
	ck_assert_uint_eq(redis_slot(""), 0);
}
END_TEST

START_TEST(number_ofOddReplies_isRefused)
{
	static const char *const odd[] = { "", "-1", "1x", "x", " 1", "+1",
	    "9999999999999999999", "0x1" };
	struct redis_reply	n;
	uint64_t		v;
	size_t			i;

	memset(&n, 0, sizeof(n));
	n.type = REDIS_STRING;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		n.str = (char *)(uintptr_t)odd[i];
		n.len = strlen(odd[i]);
		ck_assert_int_eq(redis_number(&n, &v), -1);
	}
	n.str = (char *)(uintptr_t)"999999999999999999";
	n.len = 18;
	ck_assert_int_eq(redis_number(&n, &v), 0);
	ck_assert_uint_eq(v, 999999999999999999ULL);
	n.type = REDIS_INTEGER;
	n.integer = -1;
	ck_assert_int_eq(redis_number(&n, &v), -1);
	ck_assert_int_eq(redis_number(NULL, &v), -1);
	ck_assert_ptr_null(redis_at(&n, 0, REDIS_STRING));
	ck_assert_ptr_null(redis_at(NULL, 0, REDIS_STRING));
}
END_TEST

/* --- one Redis */

START_TEST(call_binaryValue_comesBackTheSame)
{
	static const char	bytes[] = "a\0\r\n$3\xff";

	r = open_at(single.address, "x", NULL, NULL);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ssb", "SET", "bin",
	    (const void *)bytes, sizeof(bytes)), REDIS_ANSWERED);
	redis_reply_free(&reply);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "GET", "bin"),
	    REDIS_ANSWERED);
	ck_assert_uint_eq(reply->len, sizeof(bytes));
	ck_assert_mem_eq(reply->str, bytes, sizeof(bytes));
	end();
}
END_TEST

START_TEST(send_manyAtOnce_repliesInOrder)
{
	struct redis_reply	*replies[16];
	size_t			 i;
	uint64_t		 v;

	r = open_at(single.address, "x", NULL, NULL);
	redis_add(r, "ss", "DEL", "many");
	for (i = 1; i < 16; i++)
		redis_add(r, "ss", "INCR", "many");
	ck_assert_int_eq(redis_send(r, replies, 16, 0, &err),
	    REDIS_ANSWERED);
	for (i = 0; i < 16; i++) {
		ck_assert_int_eq(redis_number(replies[i], &v), 0);
		ck_assert(i == 0 || v == i);
		redis_reply_free(&replies[i]);
	}
	for (i = 0; i < 17; i++)
		redis_add(r, "ss", "INCR", "many");
	ck_assert_int_eq(redis_send(r, replies, 16, 0, &err), REDIS_REFUSED);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "GET", "many"),
	    REDIS_ANSWERED);
	ck_assert(redis_equals(reply, "15"));
	end();
}
END_TEST

START_TEST(call_errorReply_isRefusedWithItsText)
{
	r = open_at(single.address, "x", NULL, NULL);
	ck_assert_int_eq(redis_call(r, &reply, &err, "s", "NONSENSE"),
	    REDIS_REFUSED);
	ck_assert_ptr_null(reply);
	ck_assert_ptr_nonnull(strstr(err.text, "unknown command"));
	ck_assert(redis_connected(r));
	end();
}
END_TEST

START_TEST(call_withPassword_signsIn)
{
	tell(&single, "sssss", "ACL", "SETUSER", "forum", "on", ">right");
	tell(&single, "sssss", "ACL", "SETUSER", "forum", "~*", "+@all");
	r = open_at(single.address, "x", "forum", "right");
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "ACL", "WHOAMI"),
	    REDIS_ANSWERED);
	ck_assert(redis_equals(reply, "forum"));
	end();
	r = open_at(single.address, "x", "forum", "wrong");
	ck_assert_int_eq(redis_call(r, &reply, &err, "s", "PING"),
	    REDIS_REFUSED);
	ck_assert_str_eq(err.text, "Redis refuses the user or password");
	end();
}
END_TEST

START_TEST(call_withoutPermission_saysSo)
{
	tell(&single, "sssss", "ACL", "SETUSER", "narrow", "on", ">right");
	tell(&single, "sssss", "ACL", "SETUSER", "narrow", "~{x}:*",
	    "+get");
	r = open_at(single.address, "x", "narrow", "right");
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "GET", "{x}:a"),
	    REDIS_REFUSED);		/* it may not even ask for slots */
	ck_assert_str_eq(err.text, "The Redis user lacks a permission");
	end();
}
END_TEST

START_TEST(nodes_ofMasterWithReplica_areBoth)
{
	struct redis_node	nodes[REDIS_NODES];
	struct redis_server	follower;
	size_t			n;

	redis_server_follow(&follower, &single);
	/* The seed is the replica: its master is found. */
	r = open_at(follower.address, "x", NULL, NULL);
	ck_assert_int_eq(redis_call(r, &reply, &err, "sss", "SET", "a", "b"),
	    REDIS_ANSWERED);
	do
		ck_assert_int_eq(redis_nodes(r, nodes, &n, &err), 0);
	while (n < 2 && redis_pause(r, 20) == 0);
	ck_assert_uint_eq(n, 2);
	ck_assert(nodes[0].master && !nodes[1].master);
	ck_assert_str_eq(nodes[0].address, single.address);
	ck_assert_str_eq(nodes[1].address, follower.address);
	end();
	redis_server_end(&follower);
}
END_TEST

/* --- a server that goes */

START_TEST(call_serverStopped_isLostThenAnswers)
{
	struct redis_server	s;

	redis_server_start(&s, NULL);
	call_ms = 300;
	r = open_at(s.address, "x", NULL, NULL);
	call_ms = 10000;
	ck_assert_int_eq(redis_call(r, &reply, &err, "s", "PING"),
	    REDIS_ANSWERED);
	redis_reply_free(&reply);
	kill(s.pid, SIGSTOP);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "INCR", "n"),
	    REDIS_LOST);
	ck_assert_str_eq(err.text, "Redis did not answer in time");
	ck_assert(!redis_connected(r));
	/* The kernel takes the connection, nobody answers: nothing sent. */
	redis_pause(r, redis_backoff_ms(r));
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "INCR", "n"),
	    REDIS_REFUSED);
	kill(s.pid, SIGCONT);
	while (redis_call(r, &reply, &err, "ss", "GET", "n") !=
	    REDIS_ANSWERED)
		ck_assert_int_eq(redis_pause(r, 20), 0);
	ck_assert(redis_equals(reply, "1"));
	end();
	redis_server_end(&s);
}
END_TEST

START_TEST(call_serverKilled_isRefusedThenAnswers)
{
	struct redis_server	s;

	redis_server_start(&s, NULL);
	r = open_at(s.address, "x", NULL, NULL);
	ck_assert_int_eq(redis_call(r, &reply, &err, "sss", "SET", "a", "b"),
	    REDIS_ANSWERED);
	redis_reply_free(&reply);
	redis_server_kill(&s);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "GET", "a"),
	    REDIS_REFUSED);
	ck_assert_int_gt(redis_backoff_ms(r), 0);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "GET", "a"),
	    REDIS_REFUSED);
	redis_server_run(&s, NULL);
	while (redis_call(r, &reply, &err, "ss", "GET", "a") !=
	    REDIS_ANSWERED)
		ck_assert_int_eq(redis_pause(r, 20), 0);
	ck_assert(redis_equals(reply, "b"));
	end();
	redis_server_end(&s);
}
END_TEST

START_TEST(call_idleConnectionCut_goesUnnoticed)
{
	r = open_at(single.address, "x", NULL, NULL);
	ck_assert_int_eq(redis_call(r, &reply, &err, "s", "PING"),
	    REDIS_ANSWERED);
	redis_reply_free(&reply);
	tell(&single, "ssss", "CLIENT", "KILL", "TYPE", "normal", NULL);
	ck_assert_int_eq(redis_call(r, &reply, &err, "s", "PING"),
	    REDIS_ANSWERED);
	end();
}
END_TEST

static void *
ring(void *arg)
{
	(void)arg;
	redis_pause(r, 50);
	redis_interrupt(r);
	return NULL;
}

START_TEST(interrupt_whileWaiting_endsTheWait)
{
	pthread_t	thread;

	r = open_at(single.address, "x", NULL, NULL);
	ck_assert_int_eq(pthread_create(&thread, NULL, ring, NULL), 0);
	redis_add(r, "sss", "BLPOP", "never", "0");
	ck_assert_int_eq(redis_send(r, &reply, 1, 3600000, &err),
	    REDIS_LOST);
	ck_assert_str_eq(err.text, "The server is stopping");
	pthread_join(thread, NULL);
	ck_assert_int_eq(redis_call(r, &reply, &err, "s", "PING"),
	    REDIS_REFUSED);
	ck_assert_int_eq(redis_pause(r, 3600000), -1);
	end();
}
END_TEST

/* --- two masters */

/* A tag whose slot is in the upper half: the second node's. */
#define UPPER	"foo"

static void
give_to(const char *id)
{
	char	slot[8];

	snprintf(slot, sizeof(slot), "%u", redis_slot(UPPER));
	tell(&one, "sssss", "CLUSTER", "SETSLOT", slot, "NODE", id);
	tell(&two, "sssss", "CLUSTER", "SETSLOT", slot, "NODE", id);
}

START_TEST(cluster_slotElsewhere_isFound)
{
	struct redis_node	nodes[REDIS_NODES];
	size_t			n;

	r = open_at(one.address, UPPER, NULL, NULL);
	ck_assert_int_eq(redis_call(r, &reply, &err, "sss", "SET",
	    "{" UPPER "}:a", "1"), REDIS_ANSWERED);
	redis_reply_free(&reply);
	ck_assert_int_eq(redis_nodes(r, nodes, &n, &err), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(nodes[0].address, two.address);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "DEL",
	    "{" UPPER "}:a"), REDIS_ANSWERED);
	end();
}
END_TEST

START_TEST(cluster_slotMoved_isFollowed)
{
	r = open_at(two.address, UPPER, NULL, NULL);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "GET",
	    "{" UPPER "}:a"), REDIS_ANSWERED);
	redis_reply_free(&reply);
	give_to(ids[0]);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "INCR",
	    "{" UPPER "}:moved"), REDIS_ANSWERED);
	redis_reply_free(&reply);
	tell(&one, "ss", "DEL", "{" UPPER "}:moved", NULL, NULL, NULL);
	give_to(ids[1]);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "INCR",
	    "{" UPPER "}:moved"), REDIS_ANSWERED);
	ck_assert_int_eq(reply->integer, 1);
	redis_reply_free(&reply);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "DEL",
	    "{" UPPER "}:moved"), REDIS_ANSWERED);
	end();
}
END_TEST

START_TEST(cluster_slotUnderWay_isAskedFor)
{
	static const char script[] =
	    "return redis.call('INCR', KEYS[1])";
	struct redis_reply	*replies[2];
	char			 slot[8];

	snprintf(slot, sizeof(slot), "%u", redis_slot(UPPER));
	r = open_at(two.address, UPPER, NULL, NULL);
	ck_assert_int_eq(redis_call(r, &reply, &err, "sss", "SET",
	    "{" UPPER "}:here", "1"), REDIS_ANSWERED);
	redis_reply_free(&reply);
	tell(&one, "sssss", "CLUSTER", "SETSLOT", slot, "IMPORTING", ids[1]);
	tell(&two, "sssss", "CLUSTER", "SETSLOT", slot, "MIGRATING", ids[0]);
	/* Not there any more: the other node, which lacks the script too. */
	redis_add_script(r, script, "is", (int64_t)1, "{" UPPER "}:gone");
	redis_add(r, "sss", "WAIT", "0", "100");
	ck_assert_int_eq(redis_send(r, replies, 2, 0, &err),
	    REDIS_ANSWERED);
	ck_assert_int_eq(replies[0]->integer, 1);
	ck_assert(redis_is(replies[1], REDIS_INTEGER));
	redis_reply_free(&replies[0]);
	redis_reply_free(&replies[1]);
	/* Still here. */
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "GET",
	    "{" UPPER "}:here"), REDIS_ANSWERED);
	ck_assert(redis_equals(reply, "1"));
	redis_reply_free(&reply);
	/* Half of it. */
	ck_assert_int_eq(redis_call(r, &reply, &err, "sss", "MGET",
	    "{" UPPER "}:here", "{" UPPER "}:gone"), REDIS_REFUSED);
	ck_assert_str_eq(err.text,
	    "Redis is moving the forum to another node");
	tell(&one, "ssss", "CLUSTER", "SETSLOT", slot, "STABLE", NULL);
	tell(&two, "ssss", "CLUSTER", "SETSLOT", slot, "STABLE", NULL);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "DEL",
	    "{" UPPER "}:here"), REDIS_ANSWERED);
	end();
}
END_TEST

START_TEST(cluster_slotNobodys_isRefused)
{
	char	slot[8];

	snprintf(slot, sizeof(slot), "%u", redis_slot(UPPER));
	r = open_at(two.address, UPPER, NULL, NULL);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "GET",
	    "{" UPPER "}:a"), REDIS_ANSWERED);
	redis_reply_free(&reply);
	tell(&two, "sss", "CLUSTER", "DELSLOTS", slot, NULL, NULL);
	ck_assert_int_eq(redis_call(r, &reply, &err, "ss", "GET",
	    "{" UPPER "}:a"), REDIS_REFUSED);
	tell(&two, "sss", "CLUSTER", "ADDSLOTS", slot, NULL, NULL);
	while (redis_call(r, &reply, &err, "ss", "GET", "{" UPPER "}:a") !=
	    REDIS_ANSWERED)
		ck_assert_int_eq(redis_pause(r, 20), 0);
	end();
}
END_TEST

/* Two masters that know one another, half of the slots each. */
static void
cluster_start(void)
{
	const char *options[] = { "--cluster-enabled", "yes",
	    "--cluster-require-full-coverage", "no", NULL };
	struct redis_server	*servers[2] = { &one, &two };
	struct redis		*plain, *node;
	struct redis_reply	*got;
	char			 port[8], bus[8];
	int			 i;

	for (i = 0; i < 2; i++) {
		redis_server_start(servers[i], options);
		plain = redis_server_open(servers[i], "x");
		if (redis_open_node(&node, plain, servers[i]->address,
		    &err) != 0 || redis_call(node, &got, &err, "ss",
		    "CLUSTER", "MYID") != REDIS_ANSWERED || got->len != 40)
			abort();
		strcpy(ids[i], got->str);
		redis_reply_free(&got);
		redis_close(&node);
		redis_close(&plain);
	}
	tell(&one, "ssss", "CLUSTER", "ADDSLOTSRANGE", "0", "8191", NULL);
	tell(&two, "ssss", "CLUSTER", "ADDSLOTSRANGE", "8192", "16383",
	    NULL);
	snprintf(port, sizeof(port), "%d", two.port);
	snprintf(bus, sizeof(bus), "%d", two.bus);
	tell(&one, "sssss", "CLUSTER", "MEET", "127.0.0.1", port, bus);
	/* Until each serves the other's slot: asked at the wrong one, they
	 * know where it is. */
	for (i = 0; i < 2; i++) {
		plain = redis_server_open(servers[i], i == 0 ? "foo" :
		    "bar");
		while (redis_call(plain, &got, &err, "ss", "GET", i == 0 ?
		    "{foo}" : "{bar}") != REDIS_ANSWERED)
			redis_pause(plain, 20);
		redis_reply_free(&got);
		redis_close(&plain);
	}
}

int
main(void)
{
	Suite	*suite = suite_create("redis");
	TCase	*tc = tcase_create("calls");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, slot_ofKnownNames_isTheSpecifications);
	tcase_add_test(tc, number_ofOddReplies_isRefused);
	if (redis_server_installed()) {
		redis_server_start(&single, NULL);
		cluster_start();
		tcase_add_test(tc, call_binaryValue_comesBackTheSame);
		tcase_add_test(tc, send_manyAtOnce_repliesInOrder);
		tcase_add_test(tc, call_errorReply_isRefusedWithItsText);
		tcase_add_test(tc, call_withPassword_signsIn);
		tcase_add_test(tc, call_withoutPermission_saysSo);
		tcase_add_test(tc, nodes_ofMasterWithReplica_areBoth);
		tcase_add_test(tc, call_serverStopped_isLostThenAnswers);
		tcase_add_test(tc, call_serverKilled_isRefusedThenAnswers);
		tcase_add_test(tc, call_idleConnectionCut_goesUnnoticed);
		tcase_add_test(tc, interrupt_whileWaiting_endsTheWait);
		tcase_add_test(tc, cluster_slotElsewhere_isFound);
		tcase_add_test(tc, cluster_slotMoved_isFollowed);
		tcase_add_test(tc, cluster_slotUnderWay_isAskedFor);
		tcase_add_test(tc, cluster_slotNobodys_isRefused);
	} else
		printf("redis: no redis-server here, its tests are left "
		    "out\n");
	tcase_set_timeout(tc, 30);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	redis_server_end(&single);
	redis_server_end(&one);
	redis_server_end(&two);
	return failed == 0 ? 0 : 1;
}
