/*
 * The connection to Redis against a peer that answers what no Redis would:
 * half replies, wrong types, lengths and counts without end, errors of every
 * kind, views of a cluster that make no sense, or nothing at all. An error
 * each time, in the time allowed; never a crash, never an answer.
 */
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/redis_server.h"

#define CALL_MS	300		/* how long the peer is waited for */

static struct redis_server	 single;	/* main()'s; may be missing */
static struct redis		*r;
static struct redis_reply	*reply;
static struct err		 err;

static struct redis *
open_at(const char *address)
{
	struct redis_conf	 conf;
	struct redis		*out;

	memset(&conf, 0, sizeof(conf));
	conf.seeds = &address;
	conf.nseeds = 1;
	conf.tag = "x";
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
	r = open_at(peer.address);
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
	r = open_at(peer.address);
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
	r = open_at(peer.address);
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
	r = open_at(peer.address);
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
	r = open_at(single.address);
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
		r = open_at(seeds[i]);
		ck_assert_int_eq(redis_call(r, &reply, &err, "s", "PING"),
		    REDIS_REFUSED);
		redis_pause(r, redis_backoff_ms(r));
		ck_assert_int_eq(redis_call(r, &reply, NULL, "s", "PING"),
		    REDIS_REFUSED);
		end();
	}
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("redis_mad");
	TCase	*tc = tcase_create("peer");
	SRunner	*sr;
	int	 failed;

	tcase_add_loop_test(tc, call_madReply_isNoAnswer, 0,
	    sizeof(mad) / sizeof(mad[0]));
	tcase_add_loop_test(tc, find_madView_isRefused, 0,
	    sizeof(views) / sizeof(views[0]));
	tcase_add_test(tc, call_hugeArray_isRefusedAtOnce);
	tcase_add_test(tc, call_deafPeer_isLost);
	tcase_add_test(tc, call_nobodyThere_isRefused);
	if (redis_server_installed()) {
		redis_server_start(&single, NULL);
		tcase_add_test(tc, call_movedForEver_isGivenUp);
	} else
		printf("redis_mad: no redis-server here, one test is left "
		    "out\n");
	tcase_set_timeout(tc, 30);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	redis_server_end(&single);
	return failed == 0 ? 0 : 1;
}
