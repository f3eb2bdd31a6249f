/*
 * The writer: group commit, the poisonous command, idempotency, the chain,
 * erasure, rebuild. Real files in a temporary directory; commands of our own
 * that emit real events.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/rebuild.h"
#include "storage/rotation.h"
#include "storage/store.h"
#include "storage/writer.h"

static char		 dir[64];
static struct writer	*w;
static struct versions	*versions;

static int
test_open(struct turn *t, struct command *cmd, struct err *err)
{
	int64_t	n = db_int(t->db, 0, "SELECT COUNT(*) FROM thread", "") + 1;
	char	slug[32];

	snprintf(slug, sizeof(slug), "t%lld", (long long)n);
	cmd->status = 201;
	cmd->result = json_pack("{s:s}", "thread", slug);
	return turn_emit(t, "thread.opened", json_pack("{s:s, s:s}", "thread",
	    slug, "mode", "open"), json_pack("{s:I, s:s, s:s, s:s}", "tnum",
	    (json_int_t)n, "slug", slug, "title", "A title", "site", "s"),
	    err);
}

/* Passes deciding, fails being applied: the row number is taken. */
static int
test_poison(struct turn *t, struct command *cmd, struct err *err)
{
	cmd->status = 201;
	return turn_emit(t, "thread.opened", json_pack("{s:s, s:s}", "thread",
	    "x", "mode", "open"), json_pack("{s:I, s:s, s:s, s:s}", "tnum",
	    (json_int_t)1, "slug", "x", "title", "A title", "site", "s"),
	    err);
}

static int
test_refuse(struct turn *t, struct command *cmd, struct err *err)
{
	test_open(t, cmd, err);
	return err_set(err, ERR_THREAD_CLOSED, "thread", "closed");
}

static int
test_text(struct turn *t, struct command *cmd, struct err *err)
{
	const char	*text;
	char		 hex[HASH_LEN * 2 + 1];

	if (command_str(cmd, "text", true, &text, err) != 0)
		return -1;
	cmd->status = 200;
	return turn_content(t, "c:one:1", "body", text, strlen(text), hex,
	    err) == 0 ? test_open(t, cmd, err) : -1;
}

static int
test_drop(struct turn *t, struct command *cmd, struct err *err)
{
	cmd->status = 200;
	return turn_drop_content(t, "c:one:1", NULL, err) == 0 ?
	    test_open(t, cmd, err) : -1;
}

static const struct command_kind
	kind_open = { "open", "", 0, test_open },
	kind_poison = { "poison", "", 0, test_poison },
	kind_refuse = { "refuse", "", 0, test_refuse },
	kind_text = { "text", "", 0, test_text },
	kind_drop = { "drop", "", 0, test_drop };

static struct command *
make(const struct command_kind *kind)
{
	struct actor	actor = { .kind = ACTOR_SYSTEM };

	return command_new(kind, &actor, json_object());
}

static void
start(void)
{
	struct writer_conf	conf = { .dir = dir, .origin = "h/ledger",
				    .versions = versions, .sign = true };
	struct err		err;

	ck_assert_int_eq(writer_open(&w, &conf, &err), 0);
}

static void
setup(void)
{
	strcpy(dir, "/tmp/check_writer.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	versions = calloc(1, sizeof(*versions));
	start();
}

static void
teardown(void)
{
	char	cmd[128];

	writer_close(&w);
	free(versions);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static int
run(const struct command_kind *kind)
{
	struct command	*cmd = make(kind);
	struct err	 err;
	int		 rc = writer_run(w, cmd, &err);

	command_free(&cmd);
	return rc == 0 ? 0 : (int)err.code;
}

static int64_t
number(const char *sql)
{
	struct db	*db;
	struct err	 err;
	int64_t		 n;

	ck_assert_int_eq(store_reader(&db, dir, &err), 0);
	n = db_int(db, -1, sql, "");
	db_close(&db);
	return n;
}

START_TEST(writer_run_committed_isVisible)
{
	ck_assert_int_eq(run(&kind_open), 0);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM thread"), 1);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM journal"), 1);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM leaf"), 1);
	ck_assert_int_eq(number("SELECT MAX(size) FROM head"), 1);
	ck_assert_uint_eq(versions_thread(versions, 1), 1);
}
END_TEST

START_TEST(writer_run_refused_writesNothing)
{
	ck_assert_int_eq(run(&kind_refuse), ERR_THREAD_CLOSED);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM journal"), 0);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM thread"), 0);
}
END_TEST

static pthread_mutex_t	lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t	cond = PTHREAD_COND_INITIALIZER;
static int		answered, good, bad;

static void
count(struct command *cmd)
{
	pthread_mutex_lock(&lock);
	answered++;
	if (cmd->status != 0)
		good++;
	else
		bad++;
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&lock);
	command_free(&cmd);
}

START_TEST(writer_submit_poisonInBatch_failsAlone)
{
	struct command	*cmd;
	struct err	 err;
	int		 i;

	ck_assert_int_eq(run(&kind_open), 0);
	answered = good = bad = 0;
	for (i = 0; i < 200; i++) {
		cmd = make(i % 50 == 7 ? &kind_poison : &kind_open);
		cmd->done = count;
		ck_assert_int_eq(writer_submit(w, cmd, &err), 0);
	}
	pthread_mutex_lock(&lock);
	while (answered < 200)
		pthread_cond_wait(&cond, &lock);
	pthread_mutex_unlock(&lock);
	ck_assert_int_eq(bad, 4);
	ck_assert_int_eq(good, 196);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM thread"), 197);
	ck_assert_int_eq(number("SELECT MAX(seq) FROM journal"), 197);
	ck_assert_int_eq(number("SELECT MAX(size) FROM head"), 197);
}
END_TEST

START_TEST(writer_run_sameKey_givesFirstAnswer)
{
	struct command	*cmd;
	struct err	 err;
	int		 i;

	for (i = 0; i < 2; i++) {
		cmd = make(&kind_open);
		cmd->keyed = true;
		cmd->key.b[0] = 1;
		ck_assert_int_eq(writer_run(w, cmd, &err), 0);
		ck_assert_int_eq(cmd->status, 201);
		ck_assert_int_eq(cmd->replayed, i);
		ck_assert_str_eq(json_string_value(json_object_get(
		    cmd->result, "thread")), "t1");
		command_free(&cmd);
	}
	ck_assert_int_eq(number("SELECT COUNT(*) FROM thread"), 1);
	cmd = make(&kind_open);
	cmd->keyed = true;
	cmd->key.b[0] = 1;
	cmd->body.b[0] = 9;
	ck_assert_int_eq(writer_run(w, cmd, &err), -1);
	ck_assert_int_eq(err.code, ERR_IDEMPOTENCY_MISMATCH);
	command_free(&cmd);
}
END_TEST

START_TEST(rebuild_afterRestart_isIdentical)
{
	struct rebuild_result	r;
	struct err		err;
	int			i;

	for (i = 0; i < 300; i++)
		ck_assert_int_eq(run(&kind_open), 0);
	writer_close(&w);
	ck_assert_int_eq(rebuild(dir, 1, &r, &err), 0);
	ck_assert_int_eq(r.identical, 1);
	ck_assert_uint_eq(r.events, 300);
	start();
	ck_assert_int_eq(run(&kind_open), 0);
	ck_assert_int_eq(number("SELECT MAX(size) FROM head"), 301);
}
END_TEST

START_TEST(rebuild_changedEvent_isRefused)
{
	struct rebuild_result	 r;
	struct err		 err;
	struct db		*db;
	char			 path[80];

	ck_assert_int_eq(run(&kind_open), 0);
	ck_assert_int_eq(run(&kind_open), 0);
	writer_close(&w);
	snprintf(path, sizeof(path), "%s/forum.db", dir);
	ck_assert_int_eq(db_open(&db, path, DB_WRITE, &err), 0);
	ck_assert_int_eq(db_exec(db, "UPDATE journal SET bytes = "
	    "replace(bytes, 'A title', 'B title') WHERE seq = 1", &err), 0);
	db_close(&db);
	ck_assert_int_eq(rebuild(dir, 1, &r, &err), -1);
	start();
}
END_TEST

START_TEST(writer_open_changedLeaf_refusesPosts)
{
	struct err	 err;
	struct db	*db;
	char		 path[80];

	ck_assert_int_eq(run(&kind_open), 0);
	writer_close(&w);
	snprintf(path, sizeof(path), "%s/forum.db", dir);
	ck_assert_int_eq(db_open(&db, path, DB_WRITE, &err), 0);
	ck_assert_int_eq(db_exec(db, "UPDATE leaf SET bytes = "
	    "replace(bytes, 'open', 'held')", &err), 0);
	db_close(&db);
	start();
	ck_assert_int_eq(writer_ready(w, &err), -1);
	ck_assert_int_eq(run(&kind_open), ERR_STORAGE_UNAVAILABLE);
}
END_TEST

static int
bytes_on_disk(const char *needle)
{
	char	cmd[200];

	snprintf(cmd, sizeof(cmd), "grep -rqaF '%s' %s", needle, dir);
	return system(cmd) == 0;
}

START_TEST(turn_dropContent_leavesNoByte)
{
	struct command	*cmd = make(&kind_text);
	struct err	 err;

	json_object_set_new(cmd->args, "text",
	    json_string("the-needle-in-the-haystack"));
	ck_assert_int_eq(writer_run(w, cmd, &err), 0);
	command_free(&cmd);
	ck_assert_int_eq(bytes_on_disk("the-needle-in-the-haystack"), 1);
	ck_assert_int_eq(run(&kind_drop), 0);
	ck_assert_int_eq(bytes_on_disk("the-needle-in-the-haystack"), 0);
	ck_assert_int_eq(bytes_on_disk("c:one:1"), 1);	/* the erased file */
}
END_TEST

/* The file's public half as text. */
static void
vkey(const char *name, char out[NOTE_VKEY_MAX])
{
	struct ledger_key	key;
	struct err		err;
	char			path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_int_eq(ledger_key_load(&key, path, "h/ledger", false, &err),
	    0);
	note_vkey_format(&key.verify, out);
}

static int
retire(void)
{
	struct db	*db;
	struct err	 err;
	int		 rc;

	ck_assert_int_eq(store_reader(&db, dir, &err), 0);
	rc = rotation_retire(dir, "h/ledger", db, &err);
	db_close(&db);
	return rc;
}

#define ROTATIONS "SELECT COUNT(*) FROM leaf WHERE kind = 'key.rotated'"
/* Signature lines of the newest head. */
#define SIGNATURES "SELECT length(note) - length(replace(note, '\u2014', '')) " \
	"FROM head ORDER BY size DESC LIMIT 1"

START_TEST(rotation_begin_isRecordedOnce_thenRetired)
{
	struct err	err;
	char		first[NOTE_VKEY_MAX], old[NOTE_VKEY_MAX],
			new[NOTE_VKEY_MAX];
	int		i;

	ck_assert_int_eq(run(&kind_open), 0);
	vkey("key", first);
	writer_close(&w);
	ck_assert_int_eq(rotation_begin(dir, "h/ledger", &err), 0);
	ck_assert_int_eq(rotation_begin(dir, "h/ledger", &err), -1);
	ck_assert_int_eq(retire(), -1);		/* not in the record yet */
	vkey("key", new);
	vkey("key.old", old);
	ck_assert_str_eq(first, old);
	ck_assert_str_ne(new, old);
	for (i = 0; i < 2; i++) {
		start();
		ck_assert_int_eq(number(ROTATIONS), 1);
		ck_assert_int_eq(number(SIGNATURES), 2);
		writer_close(&w);
	}
	ck_assert_int_eq(retire(), 0);
	ck_assert_int_eq(retire(), -1);
	start();
	ck_assert_int_eq(run(&kind_open), 0);
	ck_assert_int_eq(number(ROTATIONS), 1);
	ck_assert_int_eq(number(SIGNATURES), 1);
}
END_TEST

START_TEST(rotation_crashBeforeTheNewKey_isNone)
{
	struct err	err;
	char		key[128], old[128];

	ck_assert_int_eq(run(&kind_open), 0);
	writer_close(&w);
	snprintf(key, sizeof(key), "%s/key", dir);
	snprintf(old, sizeof(old), "%s/key.old", dir);
	ck_assert_int_eq(link(key, old), 0);
	start();
	ck_assert_int_eq(number(ROTATIONS), 0);
	ck_assert_int_eq(number(SIGNATURES), 1);
	writer_close(&w);
	ck_assert_int_eq(rotation_begin(dir, "h/ledger", &err), 0);
	start();
	ck_assert_int_eq(number(ROTATIONS), 1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("writer");
	TCase	*tc = tcase_create("writer");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, writer_run_committed_isVisible);
	tcase_add_test(tc, writer_run_refused_writesNothing);
	tcase_add_test(tc, writer_submit_poisonInBatch_failsAlone);
	tcase_add_test(tc, writer_run_sameKey_givesFirstAnswer);
	tcase_add_test(tc, rebuild_afterRestart_isIdentical);
	tcase_add_test(tc, rebuild_changedEvent_isRefused);
	tcase_add_test(tc, writer_open_changedLeaf_refusesPosts);
	tcase_add_test(tc, turn_dropContent_leavesNoByte);
	tcase_add_test(tc, rotation_begin_isRecordedOnce_thenRetired);
	tcase_add_test(tc, rotation_crashBeforeTheNewKey_isNone);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
