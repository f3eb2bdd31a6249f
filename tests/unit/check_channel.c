/*
 * The nodes' channel and the forms of what goes through it: frames arrive
 * whole and in order in both directions, without the secret nobody gets in,
 * a changed byte ends the connection, and a command is the same on the other
 * side.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forumd/channel.h"
#include "forumd/relay.h"
#include "moderation/commands.h"

#define MS	5000

static const struct hash	secret = { "the forum's secret" };
static int			door = -1;
static char			address[CHANNEL_ADDRESS];

/* The other end: says back what it hears, until it hears nothing. */
static void *
echo(void *arg)
{
	struct channel	*c;
	struct buf	 frame = BUF_INIT;
	struct err	 err;
	int		 fd = accept(door, NULL, NULL);

	(void)arg;
	if (channel_accept(&c, fd, &secret, MS, &err) == 0) {
		while (channel_recv(c, &frame, MS, &err) == 0 &&
		    channel_send(c, frame.data, frame.len, &err) == 0)
			;
		channel_close(&c);
	}
	buf_free(&frame);
	return NULL;
}

static void
setup(void)
{
	struct err	err;

	door = channel_listen("127.0.0.1:0", address, &err);
	ck_assert_int_ge(door, 0);
}

static void
teardown(void)
{
	close(door);
}

START_TEST(frames_go_through)
{
	struct channel	*c;
	struct buf	 frame = BUF_INIT;
	struct err	 err;
	pthread_t	 t;
	char		*big = malloc(3000000);
	size_t		 i;

	memset(big, 'x', 3000000);
	ck_assert_int_eq(pthread_create(&t, NULL, echo, NULL), 0);
	ck_assert_int_eq(channel_connect(&c, address, &secret, MS, &err), 0);
	for (i = 0; i < 100; i++) {
		ck_assert_int_eq(channel_send(c, &i, sizeof(i), &err), 0);
		ck_assert_int_eq(channel_recv(c, &frame, MS, &err), 0);
		ck_assert_uint_eq(frame.len, sizeof(i));
		ck_assert_int_eq(memcmp(frame.data, &i, sizeof(i)), 0);
	}
	ck_assert_int_eq(channel_send(c, "", 0, &err), 0);
	ck_assert_int_eq(channel_recv(c, &frame, MS, &err), 0);
	ck_assert_uint_eq(frame.len, 0);
	ck_assert_int_eq(channel_send(c, big, 3000000, &err), 0);
	ck_assert_int_eq(channel_recv(c, &frame, MS, &err), 0);
	ck_assert_uint_eq(frame.len, 3000000);
	ck_assert_int_eq(memcmp(frame.data, big, frame.len), 0);
	ck_assert_int_eq(channel_recv(c, &frame, 10, &err), 1);
	channel_close(&c);
	pthread_join(t, NULL);
	buf_free(&frame);
	free(big);
}
END_TEST

START_TEST(strangers_stay_out)
{
	struct hash	 other = { "another forum's" };
	struct channel	*c;
	struct err	 err;
	pthread_t	 t;

	ck_assert_int_eq(pthread_create(&t, NULL, echo, NULL), 0);
	ck_assert_int_eq(channel_connect(&c, address, &other, MS, &err), -1);
	ck_assert_ptr_null(c);
	pthread_join(t, NULL);
}
END_TEST

/* Between two ends: passes everything on, with one byte of the client's
 * changed. */
struct middle {
	int	front, client, server;
	int	target;		/* which byte of the client's, from 1 */
};

static void *
middle_back(void *arg)
{
	struct middle	*m = arg;
	char		 chunk[512];
	ssize_t		 n;

	while ((n = recv(m->server, chunk, sizeof(chunk), 0)) > 0 &&
	    send(m->client, chunk, (size_t)n, MSG_NOSIGNAL) == n)
		;
	shutdown(m->client, SHUT_WR);
	return NULL;
}

static void *
middle_run(void *arg)
{
	struct sockaddr_storage	 sa;
	socklen_t		 len = sizeof(sa);
	struct middle		*m = arg;
	pthread_t		 back;
	unsigned char		 b;
	int			 n = 0;

	m->client = accept(m->front, NULL, NULL);
	ck_assert_int_eq(getsockname(door, (struct sockaddr *)&sa, &len), 0);
	m->server = socket(sa.ss_family, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(m->server, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(pthread_create(&back, NULL, middle_back, m), 0);
	while (recv(m->client, &b, 1, 0) == 1) {
		if (++n == m->target)
			b ^= 1;
		if (send(m->server, &b, 1, MSG_NOSIGNAL) != 1)
			break;
	}
	shutdown(m->server, SHUT_WR);
	pthread_join(back, NULL);
	close(m->client);
	close(m->server);
	return NULL;
}

/* Greeting 40 bytes, the proof 4 + 6 + 16, then "hello" in 4 + 5 + 16: a
 * byte of the proof, of the body, of its seal; and none. */
static const int	targets[] = { 50, 71, 90, 0 };

START_TEST(a_changed_byte_is_noticed)
{
	struct middle	 m;
	struct channel	*c = NULL;
	struct buf	 frame = BUF_INIT;
	struct err	 err;
	pthread_t	 end, between;
	char		 front[CHANNEL_ADDRESS];
	int		 rc;

	m.target = targets[_i];
	m.front = channel_listen("127.0.0.1:0", front, &err);
	ck_assert_int_ge(m.front, 0);
	ck_assert_int_eq(pthread_create(&end, NULL, echo, NULL), 0);
	ck_assert_int_eq(pthread_create(&between, NULL, middle_run, &m), 0);
	rc = channel_connect(&c, front, &secret, MS, &err);
	if (rc == 0 && channel_send(c, "hello", 5, &err) == 0)
		rc = channel_recv(c, &frame, MS, &err);
	ck_assert_int_eq(rc, targets[_i] == 0 ? 0 : -1);
	if (rc == 0)
		ck_assert_str_eq(buf_str(&frame), "hello");
	channel_close(&c);
	pthread_join(between, NULL);
	pthread_join(end, NULL);
	close(m.front);
	buf_free(&frame);
}
END_TEST

START_TEST(a_command_stays_the_same)
{
	struct actor	 actor = { .kind = ACTOR_MEMBER, .account = 7,
			    .roles = ROLE_MODERATOR, .addressed = true,
			    .language = "cs" };
	struct command	*cmd, *there;
	struct err	 err;
	json_t		*form;

	memset(actor.address.b, 1, HASH_LEN);
	memset(actor.network.b, 2, HASH_LEN);
	cmd = command_new(commands_find("comment.post"), &actor,
	    json_pack("{s:s}", "body", "Words"));
	ck_assert_ptr_nonnull(cmd);
	cmd->made = json_pack("{s:s}", "html", "<p>Words</p>");
	cmd->keyed = true;
	memset(cmd->key.b, 3, HASH_LEN);
	memset(cmd->body.b, 4, HASH_LEN);
	ck_assert_ptr_nonnull(form = relay_form_command(cmd, 12));
	ck_assert_ptr_nonnull(there = relay_read_command(form, &err));
	ck_assert_ptr_eq(there->kind, cmd->kind);
	ck_assert_int_eq(there->actor.kind, actor.kind);
	ck_assert_int_eq(there->actor.account, 7);
	ck_assert_uint_eq(there->actor.roles, ROLE_MODERATOR);
	ck_assert(there->actor.addressed);
	ck_assert_str_eq(there->actor.language, "cs");
	ck_assert_int_eq(memcmp(&there->actor.address, &actor.address,
	    HASH_LEN), 0);
	ck_assert_int_eq(memcmp(&there->actor.network, &actor.network,
	    HASH_LEN), 0);
	ck_assert(json_equal(there->args, cmd->args));
	ck_assert(json_equal(there->made, cmd->made));
	ck_assert(there->keyed && !there->refused);
	ck_assert_int_eq(memcmp(&there->key, &cmd->key, HASH_LEN), 0);
	ck_assert_int_eq(memcmp(&there->body, &cmd->body, HASH_LEN), 0);
	json_decref(form);
	command_free(&there);

	/* One that prepare refused goes along to be counted. */
	cmd->refused = true;
	cmd->refused_thread = 5;
	err_set(&cmd->err, ERR_BODY_TOO_LONG, "body", "Too long");
	form = relay_form_command(cmd, 13);
	ck_assert_ptr_nonnull(there = relay_read_command(form, &err));
	ck_assert(there->refused);
	ck_assert_int_eq(there->refused_thread, 5);
	ck_assert_int_eq(there->err.code, ERR_BODY_TOO_LONG);
	ck_assert_str_eq(there->err.field, "body");
	json_decref(form);
	command_free(&there);
	command_free(&cmd);
}
END_TEST

START_TEST(an_answer_stays_the_same)
{
	struct actor	 actor = { .kind = ACTOR_GUEST };
	struct command	*cmd, *here;
	json_t		*form;

	cmd = command_new(commands_find("comment.post"), &actor,
	    json_object());
	here = command_new(commands_find("comment.post"), &actor,
	    json_object());
	cmd->status = 201;
	cmd->seq = 99;
	cmd->replayed = true;
	strcpy(cmd->secret, "told once");
	cmd->result = json_pack("{s:s}", "comment", "c1");
	form = relay_form_answer(cmd, 3);
	ck_assert_int_eq(json_integer_value(json_object_get(form, "n")), 3);
	relay_read_answer(form, here);
	ck_assert_int_eq(here->status, 201);
	ck_assert_uint_eq(here->seq, 99);
	ck_assert(here->replayed && !here->moved);
	ck_assert_str_eq(here->secret, "told once");
	ck_assert(json_equal(here->result, cmd->result));
	json_decref(form);

	cmd->status = 0;
	cmd->retry_after = 30;
	err_set(&cmd->err, ERR_RATE_LIMITED, NULL, "Too many");
	form = relay_form_answer(cmd, 4);
	relay_read_answer(form, here);
	ck_assert_int_eq(here->status, 0);
	ck_assert_int_eq(here->err.code, ERR_RATE_LIMITED);
	ck_assert_str_eq(here->err.text, "Too many");
	ck_assert_int_eq(here->retry_after, 30);
	json_decref(form);

	cmd->moved = true;
	form = relay_form_answer(cmd, 5);
	relay_read_answer(form, here);
	ck_assert(here->moved);
	json_decref(form);
	command_free(&cmd);
	command_free(&here);
}
END_TEST

/* What is no command is refused, not run. */
static const char *const bad[] = {
	"{}", "{\"kind\":\"comment.post\"}",
	"{\"kind\":\"none\",\"args\":{},\"actor\":{}}",
	"{\"kind\":\"comment.post\",\"args\":[],\"actor\":{}}",
	"{\"kind\":\"comment.post\",\"args\":{},\"actor\":{\"kind\":9,"
	    "\"account\":1,\"roles\":0,\"language\":\"en\"}}",
	"{\"kind\":\"comment.post\",\"args\":{},\"actor\":{\"kind\":1,"
	    "\"account\":1,\"roles\":0,\"language\":\"en-GB-much-too-long\"}}",
};

START_TEST(what_is_no_command_is_refused)
{
	struct err	 err;
	json_t		*form = json_loads(bad[_i], 0, NULL);

	memset(&err, 0, sizeof(err));
	ck_assert_ptr_nonnull(form);
	ck_assert_ptr_null(relay_read_command(form, &err));
	ck_assert_int_eq(err.code, ERR_BAD_REQUEST);
	json_decref(form);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("channel");
	TCase	*tc = tcase_create("channel");
	SRunner	*sr = srunner_create(s);
	int	 failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, frames_go_through);
	tcase_add_test(tc, strangers_stay_out);
	tcase_add_loop_test(tc, a_changed_byte_is_noticed, 0, 4);
	tcase_add_test(tc, a_command_stays_the_same);
	tcase_add_test(tc, an_answer_stays_the_same);
	tcase_add_loop_test(tc, what_is_no_command_is_refused, 0, 6);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
