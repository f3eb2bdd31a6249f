/*
 * The connection to Redis: against real servers (a cluster of two masters,
 * slots moved by hand; one that is stopped, killed, that wants a password)
 * and against a peer that answers what no Redis would.
 */
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/redis_server.h"

#define CALL_MS	300		/* how long the peer is waited for */

static struct redis_server	 one, two, single;	/* main()'s */
static char			 ids[2][41];	/* of the two's nodes */
static struct redis		*r;
static struct redis_reply	*reply;
static struct err		 err;

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
	conf.call_ms = CALL_MS;
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
	r = open_at(s.address, "x", NULL, NULL);
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

/* --- a mad peer */

struct peer {
	int		 fd;
	char		 address[32];
	const char	*says;		/* to whatever it is told */
	size_t		 len;
	enum { ANSWERS, DRIPS, POURS, CLOSES, DEAF } how;
};

static struct peer	peer;

static void
peer_pours(int fd, const char *bytes, size_t len)
{
	while (send(fd, bytes, len, MSG_NOSIGNAL) > 0)
		;
}

static void
peer_drips(int fd)
{
	while (send(fd, "1", 1, MSG_NOSIGNAL) == 1)
		poll(NULL, 0, 10);
}

static void *
peer_main(void *arg)
{
	static char	zeros[65536];
	char		in[4096];
	int		fd;

	(void)arg;
	while ((fd = accept(peer.fd, NULL, NULL)) != -1) {
		if (peer.how == DEAF)
			poll(NULL, 0, 10 * CALL_MS);
		while (recv(fd, in, sizeof(in), 0) > 0) {
			if (send(fd, peer.says, peer.len, MSG_NOSIGNAL) < 0 ||
			    peer.how == CLOSES)
				break;
			if (peer.how == POURS)
				peer_pours(fd, zeros, sizeof(zeros));
			if (peer.how == DRIPS)
				peer_drips(fd);
		}
		close(fd);
	}
	return NULL;
}

static void
peer_start(void)
{
	struct sockaddr_in	sin;
	socklen_t		len = sizeof(sin);
	pthread_t		thread;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer.fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(peer.fd, (struct sockaddr *)&sin,
	    sizeof(sin)), 0);
	ck_assert_int_eq(listen(peer.fd, 64), 0);
	getsockname(peer.fd, (struct sockaddr *)&sin, &len);
	snprintf(peer.address, sizeof(peer.address), "127.0.0.1:%d",
	    ntohs(sin.sin_port));
	ck_assert_int_eq(pthread_create(&thread, NULL, peer_main, NULL), 0);
	pthread_detach(thread);
}

static const struct {
	const char		*says;
	int			 how;
	enum redis_answer	 answer;
} mad[] = {
	{ "+OK\r\n", ANSWERS, REDIS_ANSWERED },
	{ "", CLOSES, REDIS_LOST },
	{ "+OK", CLOSES, REDIS_LOST },
	{ "+OK", ANSWERS, REDIS_LOST },		/* half, and silence */
	{ "+OK", DRIPS, REDIS_LOST },
	{ "$5\r\nab", ANSWERS, REDIS_LOST },
	{ "$2147483648\r\n", ANSWERS, REDIS_LOST },
	{ "$9223372036854775807\r\n", ANSWERS, REDIS_LOST },
	{ "$100000000\r\n", POURS, REDIS_LOST },	/* more than we take */
	{ "+", POURS, REDIS_LOST },
	{ "*1000000000\r\n", ANSWERS, REDIS_LOST },
	{ "*2000000\r\n", ANSWERS, REDIS_LOST },
	{ "*2147483648\r\n", ANSWERS, REDIS_LOST },
	{ "*2\r\n+a\r\n", ANSWERS, REDIS_LOST },
	{ "*2\r\n*1000000\r\n", CLOSES, REDIS_LOST },
	{ "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"
	  "*1\r\n+a\r\n", ANSWERS, REDIS_LOST },
	{ "*-7\r\n", ANSWERS, REDIS_LOST },
	{ "$-7\r\n", ANSWERS, REDIS_LOST },
	{ "HTTP/1.1 400 Bad Request\r\n\r\n", ANSWERS, REDIS_LOST },
	{ "\r\n", ANSWERS, REDIS_LOST },
	{ ":12x\r\n", ANSWERS, REDIS_LOST },
	{ "-\r\n", ANSWERS, REDIS_REFUSED },
	{ "-MOVED\r\n", ANSWERS, REDIS_REFUSED },
	{ "-MOVED 1\r\n", ANSWERS, REDIS_REFUSED },
	{ "-ASK 1 :\r\n", ANSWERS, REDIS_REFUSED },
	{ "-LOADING Redis is loading the dataset in memory\r\n", ANSWERS,
	  REDIS_REFUSED },
	{ "-READONLY You can't write against a read only replica.\r\n",
	  ANSWERS, REDIS_REFUSED },
	{ "-MISCONF Errors writing to the AOF file: No space left on device"
	  "\r\n", ANSWERS, REDIS_REFUSED },
	{ "-NOSCRIPT No matching script.\r\n", ANSWERS, REDIS_REFUSED },
};

/* Straight to the peer: no slots asked for. */
START_TEST(call_madReply_isNoAnswer)
{
	struct redis		*node;
	enum redis_answer	 answer;

	peer.says = mad[_i].says;
	peer.len = strlen(peer.says);
	peer.how = mad[_i].how;
	peer_start();
	r = open_at(peer.address, "x", NULL, NULL);
	ck_assert_int_eq(redis_open_node(&node, r, peer.address, &err), 0);
	memset(&err, 0, sizeof(err));
	answer = redis_call(node, &reply, &err, "s", "PING");
	ck_assert_msg(answer == mad[_i].answer, "%s: %d, %s", mad[_i].says,
	    answer, err.text);
	ck_assert((answer == REDIS_ANSWERED) == (reply != NULL));
	ck_assert((answer == REDIS_ANSWERED) == (err.code == ERR_NONE));
	redis_close(&node);
	end();
}
END_TEST

/* More elements than we take are refused before there is room for them. */
START_TEST(call_hugeArray_isRefusedAtOnce)
{
	struct redis	*node;

	peer.says = "*2000000\r\n";
	peer.len = strlen(peer.says);
	peer_start();
	r = open_at(peer.address, "x", NULL, NULL);
	ck_assert_int_eq(redis_open_node(&node, r, peer.address, &err), 0);
	ck_assert_int_eq(redis_call(node, &reply, &err, "s", "PING"),
	    REDIS_LOST);
	ck_assert_str_eq(err.text,
	    "Redis answered what is no reply, or too much");
	redis_close(&node);
	end();
}
END_TEST

/* Part of it went out: who knows what becomes of it. */
START_TEST(call_deafPeer_isLost)
{
	struct redis	*node;
	size_t		 len = 64 << 20;
	char		*big = calloc(1, len);

	peer.how = DEAF;
	peer_start();
	r = open_at(peer.address, "x", NULL, NULL);
	ck_assert_int_eq(redis_open_node(&node, r, peer.address, &err), 0);
	ck_assert_int_eq(redis_call(node, &reply, &err, "ssb", "SET", "a",
	    (const void *)big, len), REDIS_LOST);
	free(big);
	redis_close(&node);
	end();
}
END_TEST

/* Answers to CLUSTER SLOTS: none names a node for us. */
static const char *const views[] = {
	":1\r\n", "+OK\r\n", "*0\r\n", "*-1\r\n", "*1\r\n:1\r\n",
	"*1\r\n*0\r\n", "*1\r\n*3\r\n:0\r\n:16383\r\n:5\r\n",
	"*1\r\n*3\r\n:0\r\n:16383\r\n*0\r\n",
	"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$1\r\na\r\n:0\r\n",
	"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$1\r\na\r\n:70000\r\n",
	"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n",
	"*1\r\n*3\r\n:-5\r\n:16383\r\n*2\r\n$1\r\na\r\n:1\r\n",
	"*1\r\n*3\r\n$1\r\na\r\n:16383\r\n*2\r\n$1\r\na\r\n:1\r\n",
	"*1\r\n*3\r\n:16383\r\n:0\r\n*2\r\n$1\r\na\r\n:1\r\n",
	"-ERR This instance has cluster support disabled\r\n",
};

START_TEST(find_madView_isRefused)
{
	peer.says = views[_i];
	peer.len = strlen(peer.says);
	peer_start();
	r = open_at(peer.address, "x", NULL, NULL);
	ck_assert_msg(redis_call(r, &reply, &err, "s", "PING") ==
	    REDIS_REFUSED, "%s", views[_i]);
	end();
}
END_TEST

/* Sent on to a node that is not there; and, by a script that answers MOVED,
 * to the peer, which always sends on to itself. */
START_TEST(call_movedForEver_isGivenUp)
{
	static const char	script[] =
	    "return redis.error_reply(ARGV[1])";
	char			to[60], moved[64];

	peer_start();
	snprintf(to, sizeof(to), "MOVED 5 %s", peer.address);
	snprintf(moved, sizeof(moved), "-%s\r\n", to);
	peer.says = moved;
	peer.len = strlen(moved);
	r = open_at(single.address, "x", NULL, NULL);
	redis_add_script(r, script, "is", (int64_t)0, "MOVED 5 127.0.0.1:1");
	ck_assert_int_eq(redis_send(r, &reply, 1, 0, &err), REDIS_REFUSED);
	redis_pause(r, redis_backoff_ms(r));
	redis_add_script(r, script, "is", (int64_t)0, to);
	ck_assert_int_eq(redis_send(r, &reply, 1, 0, &err), REDIS_REFUSED);
	ck_assert_ptr_nonnull(strstr(err.text, "MOVED"));
	end();
}
END_TEST

START_TEST(call_nobodyThere_isRefused)
{
	static const char *const seeds[] = { "127.0.0.1:1", "nonsense",
	    "127.0.0.1:", ":7000", "[::1]:1", "127.0.0.1:port" };
	size_t	i;

	for (i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		r = open_at(seeds[i], "x", NULL, NULL);
		ck_assert_int_eq(redis_call(r, &reply, &err, "s", "PING"),
		    REDIS_REFUSED);
		redis_pause(r, redis_backoff_ms(r));
		ck_assert_int_eq(redis_call(r, &reply, NULL, "s", "PING"),
		    REDIS_REFUSED);
		end();
	}
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
	tcase_add_loop_test(tc, call_madReply_isNoAnswer, 0,
	    sizeof(mad) / sizeof(mad[0]));
	tcase_add_loop_test(tc, find_madView_isRefused, 0,
	    sizeof(views) / sizeof(views[0]));
	tcase_add_test(tc, call_hugeArray_isRefusedAtOnce);
	tcase_add_test(tc, call_deafPeer_isLost);
	tcase_add_test(tc, call_nobodyThere_isRefused);
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
		tcase_add_test(tc, call_movedForEver_isGivenUp);
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
