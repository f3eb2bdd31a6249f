/*
 * Master and replica as one: what is amiss with their settings is said, and
 * after an erasure a byte search over all their files finds nothing.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "storage/redis_shard.h"
#include "tests/unit/redis_server.h"

#define NEEDLE	"Frau Quittenbaum wohnt im dritten Stock"

static struct redis_server	 master, replica;	/* main()'s */
static struct redis		*r;
static struct redis_reply	*reply;
static struct buf		 out;
static struct err		 err;

static void
end(void)
{
	redis_close(&r);
	buf_free(&out);
}

/* In how many of a server's files the needle stands; the log too. */
static int
found(const struct redis_server *s)
{
	char	 cmd[200], n[20] = "";
	FILE	*p;

	snprintf(cmd, sizeof(cmd), "grep -rlaF '%s' %s | wc -l", NEEDLE,
	    s->dir);
	p = popen(cmd, "r");
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_nonnull(fgets(n, sizeof(n), p));
	pclose(p);
	return atoi(n);
}

static void
run(const char *types, const char *a, const char *b, const char *c,
    const char *d)
{
	ck_assert_msg(redis_call(r, &reply, &err, types, a, b, c, d) ==
	    REDIS_ANSWERED, "%s", err.text);
	redis_reply_free(&reply);
}

START_TEST(rewrite_afterErasure_leavesNoByteOnAnyDisk)
{
	struct redis_server	late;
	int			rc;

	r = redis_server_open(&master, "x");
	run("sss", "SET", "{x}:content:1", NEEDLE, NULL);
	/* A replica that comes now gets it in a full copy, kept as a dump. */
	redis_server_follow(&late, &master);
	ck_assert_int_ge(found(&master), 1);
	ck_assert_int_ge(found(&replica), 1);
	ck_assert_int_ge(found(&late), 1);
	run("sss", "SET", "{x}:content:1", "erased", NULL);
	ck_assert_int_ge(found(&master), 1);
	while (redis_shard_rewrite(r, 2, &err) != 0)
		ck_assert_int_eq(redis_pause(r, 50), 0);
	while ((rc = redis_shard_rewritten(r, 2, &err)) == 1)
		ck_assert_int_eq(redis_pause(r, 50), 0);
	ck_assert_int_eq(rc, 0);
	ck_assert_int_eq(found(&master), 0);
	ck_assert_int_eq(found(&replica), 0);
	ck_assert_int_eq(found(&late), 0);
	redis_server_end(&late);
	end();
}
END_TEST

START_TEST(rewrite_replicaAway_isNotBegun)
{
	r = redis_server_open(&master, "x");
	run("sss", "SET", "{x}:a", "b", NULL);
	kill(replica.pid, SIGSTOP);
	ck_assert_int_eq(redis_shard_rewrite(r, 1, &err), -1);
	kill(replica.pid, SIGCONT);
	ck_assert_int_eq(redis_shard_rewrite(r, 5, &err), -1);
	ck_assert_int_eq(redis_shard_rewritten(r, 5, &err), -1);
	end();
}
END_TEST

START_TEST(check_asItShouldBe_saysNothing)
{
	r = redis_server_open(&master, "x");
	ck_assert_int_eq(redis_shard_check(r, 1, &out, &err), 0);
	ck_assert_str_eq(buf_str(&out), "With 1 replica configured, losing "
	    "either Redis process stops posting\n");
	end();
}
END_TEST

START_TEST(check_weakSettings_areSaid)
{
	char	want[200];

	r = redis_server_open(&master, "x");
	run("ssss", "CONFIG", "SET", "appendfsync", "everysec");
	run("ssss", "CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
	ck_assert_int_eq(redis_shard_check(r, 2, &out, &err), 0);
	run("ssss", "CONFIG", "SET", "appendfsync", "always");
	run("ssss", "CONFIG", "SET", "maxmemory-policy", "noeviction");
	snprintf(want, sizeof(want), "Redis at %s does not have appendfsync "
	    "always: posts may be lost when its power fails\n",
	    master.address);
	ck_assert_ptr_nonnull(strstr(buf_str(&out), want));
	ck_assert_ptr_nonnull(strstr(buf_str(&out),
	    "does not have maxmemory-policy noeviction"));
	ck_assert_ptr_nonnull(strstr(buf_str(&out),
	    "Only 2 of 3 Redis nodes are there\n"));
	ck_assert_ptr_null(strstr(buf_str(&out), "appendonly"));
	end();
}
END_TEST

START_TEST(check_settingsNotReadable_isSaid)
{
	struct redis_conf	conf;
	const char		*seed = master.address;

	r = redis_server_open(&master, "x");
	run("ssss", "ACL", "SETUSER", "forum", "on");
	run("ssss", "ACL", "SETUSER", "forum", ">right");
	run("ssss", "ACL", "SETUSER", "forum", "~*");
	run("ssss", "ACL", "SETUSER", "forum", "+@all");
	run("ssss", "ACL", "SETUSER", "forum", "-config");
	redis_close(&r);
	memset(&conf, 0, sizeof(conf));
	conf.seeds = &seed;
	conf.nseeds = 1;
	conf.user = "forum";
	conf.password = "right";
	ck_assert_int_eq(redis_open(&r, &conf, &err), 0);
	/* The replica does not know this user at all. */
	redis_shard_check(r, 2, &out, &err);
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "cannot be read: The "
	    "Redis user lacks a permission\n"));
	end();
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("redis_shard");
	TCase	*tc = tcase_create("shard");
	SRunner	*sr;
	int	 failed;

	if (!redis_server_installed()) {
		printf("redis_shard: skipped, no redis-server here\n");
		return 77;
	}
	redis_server_start(&master, NULL);
	redis_server_follow(&replica, &master);
	tcase_add_test(tc, rewrite_afterErasure_leavesNoByteOnAnyDisk);
	tcase_add_test(tc, rewrite_replicaAway_isNotBegun);
	tcase_add_test(tc, check_asItShouldBe_saysNothing);
	tcase_add_test(tc, check_weakSettings_areSaid);
	tcase_add_test(tc, check_settingsNotReadable_isSaid);
	tcase_set_timeout(tc, 60);
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
