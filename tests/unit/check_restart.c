/*
 * A record that goes on in a new log: what is frozen stays provable, entries
 * are numbered through, the new log names the heads that were lost, rebuild
 * finds the same. A copy of the directory is the backup that is put back.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/rebuild.h"
#include "storage/restart.h"

static char		 dir[64];
static struct writer	*w;
static struct versions	*versions;
static struct writer_conf conf;

static int
test_start(struct turn *t, struct command *cmd, struct err *err)
{
	cmd->status = 201;
	if (turn_emit(t, "log.started", json_pack("{s:s, s:s}", "origin",
	    "h/ledger", "policy", "p"), json_object(), err) != 0)
		return -1;
	return turn_emit(t, "policy.adopted", json_pack("{s:s}", "policy",
	    "p"), json_pack("{s:i}", "num", 1), err);
}

static int
test_open(struct turn *t, struct command *cmd, struct err *err)
{
	int64_t	n = db_int(t->db, 0, "SELECT COUNT(*) FROM thread", "") + 1;
	char	slug[32];

	snprintf(slug, sizeof(slug), "t%lld", (long long)n);
	cmd->status = 201;
	return turn_emit(t, "thread.opened", json_pack("{s:s, s:s}", "thread",
	    slug, "mode", "open"), json_pack("{s:I, s:s, s:s, s:s}", "tnum",
	    (json_int_t)n, "slug", slug, "title", "A title", "site", "s"),
	    err);
}

static int
run(int (*decide)(struct turn *, struct command *, struct err *))
{
	const struct command_kind kind = { "test", "", 0, decide };
	struct actor		  actor = { .kind = ACTOR_SYSTEM };
	struct command		 *cmd = command_new(&kind, &actor,
				    json_object());
	struct err		  err;
	int			  rc = writer_run(w, cmd, &err);

	command_free(&cmd);
	return rc;
}

static void
start(void)
{
	struct err	err;

	ck_assert_int_eq(writer_open(&w, &conf, &err), 0);
}

static void
shell(const char *fmt)
{
	char	cmd[400];

	snprintf(cmd, sizeof(cmd), fmt, dir, dir, dir);
	ck_assert_int_eq(system(cmd), 0);
}

/* Three entries, kept as a backup; then three more. */
static void
setup(void)
{
	int	i;

	strcpy(dir, "/tmp/check_restart.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	versions = calloc(1, sizeof(*versions));
	conf = (struct writer_conf){ .dir = dir, .origin = "h/ledger",
	    .versions = versions, .sign = true };
	start();
	ck_assert_int_eq(run(test_start), 0);
	ck_assert_int_eq(run(test_open), 0);
	writer_close(&w);
	shell("cp %s/forum.db %s/backup");
	start();
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(run(test_open), 0);
	writer_close(&w);
}

static void
teardown(void)
{
	writer_close(&w);
	free(versions);
	shell("rm -rf %s");
}

static void
restore(void)
{
	shell("cp %s/backup %s/forum.db && rm -f %s/forum.db-*");
}

static int
restart(struct err *err)
{
	struct restart	r = { .cause = "restored-backup" };

	return restart_log(&conf, &r, NULL, err);
}

static void
read_leaf(uint64_t n, struct buf *out)
{
	struct db	*db;
	struct err	 err;

	ck_assert_int_eq(store_reader(&db, dir, &err), 0);
	ck_assert_int_eq(ledger_read_leaf(db, n, out, &err), 0);
	db_close(&db);
}

/* The proof of an entry holds under the key by the name of its log. */
static void
proves(uint64_t n, const char *origin, uint64_t index)
{
	struct buf		 leaf = BUF_INIT, proof = BUF_INIT;
	struct ledger_key	 key;
	struct note_proof	 p;
	struct db		*db;
	struct err		 err;
	char			 path[128];

	snprintf(path, sizeof(path), "%s/key", dir);
	ck_assert_int_eq(ledger_key_load(&key, path, origin, false, &err), 0);
	ck_assert_int_eq(store_reader(&db, dir, &err), 0);
	ck_assert_int_eq(ledger_read_leaf(db, n, &leaf, &err), 0);
	ck_assert_int_eq(ledger_read_proof(db, n, &proof, &err), 0);
	ck_assert_msg(note_proof_verify(proof.data, proof.len, leaf.data,
	    leaf.len, &key.verify, &p, NULL, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(p.index, index);
	db_close(&db);
	buf_free(&leaf);
	buf_free(&proof);
}

START_TEST(writer_open_olderCopy_refusesEachTime)
{
	struct err	err;
	int		i;

	restore();
	for (i = 0; i < 3; i++) {	/* heads is not overwritten */
		start();
		ck_assert_int_eq(run(test_open), -1);
		ck_assert_int_eq(writer_ready(w, &err), -1);
		ck_assert_ptr_nonnull(strstr(err.text, "restore --new-log"));
		writer_close(&w);
	}
}
END_TEST

START_TEST(restart_log_olderCopy_goesOnInANewLog)
{
	struct rebuild_result	 r;
	struct store_head	 lost;
	struct buf		 leaf = BUF_INIT, line = BUF_INIT;
	struct err		 err;

	ck_assert_int_eq(store_head_read(dir, &lost), 0);
	ck_assert_uint_eq(lost.size, 6);
	restore();
	ck_assert_msg(restart(&err) == 0, "%s", err.text);
	start();
	ck_assert_int_eq(run(test_open), 0);
	writer_close(&w);

	read_leaf(3, &leaf);
	ck_assert_ptr_nonnull(strstr(buf_str(&leaf),
	    "kind log.restarted\n"));
	ck_assert_ptr_nonnull(strstr(buf_str(&leaf), "\norigin h/ledger/2\n"
	    "policy p\nprevious 3 "));
	buf_addf(&line, "\nprevious 6 ");
	buf_hex(&line, lost.root.b, HASH_LEN);
	buf_adds(&line, "\ncause restored-backup\n");
	ck_assert_ptr_nonnull(strstr(buf_str(&leaf), buf_str(&line)));
	proves(2, "h/ledger", 2);
	proves(3, "h/ledger/2", 0);
	proves(4, "h/ledger/2", 1);
	ck_assert_int_eq(store_head_read(dir, &lost), 0);
	ck_assert_str_eq(lost.origin, "h/ledger/2");
	ck_assert_int_eq(rebuild(dir, 1, &r, &err), 0);
	ck_assert_int_eq(r.identical, 1);
	ck_assert_int_eq(rebuild(dir, 0, &r, &err), 0);
	start();
	ck_assert_int_eq(run(test_open), 0);
	writer_close(&w);
	buf_free(&leaf);
	buf_free(&line);
}
END_TEST

START_TEST(restart_log_nothingLost_isRefused)
{
	struct err	err;

	ck_assert_int_eq(restart(&err), -1);
	restore();
	ck_assert_int_eq(restart(&err), 0);
	ck_assert_int_eq(restart(&err), -1);
}
END_TEST

/* The new log itself is lost: its name is not used a second time. */
START_TEST(restart_log_twice_takesAnUnusedName)
{
	struct buf	leaf = BUF_INIT;
	struct err	err;

	restore();
	ck_assert_int_eq(restart(&err), 0);
	start();
	ck_assert_int_eq(run(test_open), 0);
	writer_close(&w);
	restore();
	start();
	ck_assert_int_eq(run(test_open), -1);
	writer_close(&w);
	ck_assert_int_eq(restart(&err), 0);
	read_leaf(3, &leaf);
	ck_assert_ptr_nonnull(strstr(buf_str(&leaf),
	    "\norigin h/ledger/3\n"));
	ck_assert_ptr_nonnull(strstr(buf_str(&leaf), "\nprevious 2 "));
	proves(3, "h/ledger/3", 0);
	buf_free(&leaf);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("restart");
	TCase	*tc = tcase_create("restart");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, writer_open_olderCopy_refusesEachTime);
	tcase_add_test(tc, restart_log_olderCopy_goesOnInANewLog);
	tcase_add_test(tc, restart_log_nothingLost_isRefused);
	tcase_add_test(tc, restart_log_twice_takesAnUnusedName);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
