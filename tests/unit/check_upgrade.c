/*
 * A forum that an older version wrote: its tables are made anew from the
 * journal at the first opening, until that has succeeded once.
 */
#include "storage/schema.h"
#include "tests/unit/forum.h"

static char	old[80];	/* a directory with the same journal */

/* The journal and texts of f in a file of the first version's tables, and no
 * rows in any other. */
static void
make_old(void)
{
	struct db	*db;
	char		 path[120], sql[200];

	snprintf(old, sizeof(old), "%s/old", f.dir);
	snprintf(sql, sizeof(sql), "mkdir %s", old);
	ck_assert_int_eq(system(sql), 0);
	snprintf(path, sizeof(path), "%s/forum.db", old);
	ck_assert_int_eq(db_open(&db, path, DB_WRITE, &f.err), 0);
	ck_assert_int_eq(schema_make(db, 1, &f.err), 0);
	snprintf(sql, sizeof(sql), "ATTACH '%s/forum.db' AS new", f.dir);
	ck_assert_int_eq(db_exec(db, sql, &f.err), 0);
	ck_assert_int_eq(db_exec(db, "INSERT INTO journal (seq, kind, time, "
	    "bytes, chain) SELECT seq, kind, time, bytes, chain FROM "
	    "new.journal; INSERT INTO content (ref, field, salt, bytes) "
	    "SELECT ref, field, salt, bytes FROM new.content; INSERT INTO "
	    "meta SELECT key, value FROM new.meta", &f.err), 0);
	db_close(&db);
}

static void
setup(void)
{
	struct actor	rita, anna;
	char		id[ID_MAX], second[ID_MAX];

	forum_setup();
	anna = forum_account("Anna Mod", "moderator", NULL);
	rita = forum_account("Rita Reader", "reader", NULL);
	forum_thread("open", "open");
	forum_post(rita, "open", "The bus was late again.", id);
	forum_do(anna, "comment.post", "{s:s, s:s, s:s}", "thread", "open",
	    "body", "Which one was that?", "parent", id);
	forum_post(rita, "open", "My neighbour is to blame.", second);
	ck_assert_int_eq(forum_decide(anna, second, "remove", "off-topic",
	    WHY), ERR_NONE);
	make_old();
}

static int
open_old(struct store **st, struct err *broken)
{
	memset(broken, 0, sizeof(*broken));
	return store_open(st, old, "unused", false, broken, &f.err);
}

START_TEST(open_olderFile_isAsIfWrittenToday)
{
	struct store	*st;
	struct err	 broken;
	struct buf	 want = BUF_INIT, got = BUF_INIT;

	ck_assert_int_eq(open_old(&st, &broken), 0);
	ck_assert_int_eq(broken.code, ERR_NONE);
	ck_assert_int_eq(db_int(store_db(st), -1, "SELECT posted FROM tally "
	    "WHERE thread = 0", ""), 3);
	ck_assert_int_eq(schema_dump(f.db, &want, &f.err), 0);
	ck_assert_int_eq(schema_dump(store_db(st), &got, &f.err), 0);
	ck_assert_str_eq(buf_str(&got), buf_str(&want));
	ck_assert_int_eq(db_int(store_db(st), -1, "SELECT COUNT(*) FROM "
	    "content", ""), forum_number("SELECT COUNT(*) FROM content", ""));
	ck_assert_int_eq(db_int(store_db(st), 0, "SELECT 1 FROM meta WHERE "
	    "key = ?", "s", SCHEMA_STALE), 0);
	buf_free(&want);
	buf_free(&got);
	store_close(&st);
}
END_TEST

START_TEST(open_olderFileDamaged_isReadAndTriedAgain)
{
	struct store	*st;
	struct db	*db;
	struct err	 broken;
	char		 path[120];

	snprintf(path, sizeof(path), "%s/forum.db", old);
	ck_assert_int_eq(db_open(&db, path, DB_WRITE, &f.err), 0);
	ck_assert_int_eq(db_exec(db, "UPDATE journal SET bytes = "
	    "replace(bytes, 'A title', 'B title')", &f.err), 0);
	db_close(&db);
	ck_assert_int_eq(open_old(&st, &broken), 0);
	ck_assert_ptr_nonnull(strstr(broken.text, "chain is broken"));
	store_close(&st);
	ck_assert_int_eq(db_open(&db, path, DB_WRITE, &f.err), 0);
	ck_assert_int_eq(db_exec(db, "UPDATE journal SET bytes = "
	    "replace(bytes, 'B title', 'A title')", &f.err), 0);
	db_close(&db);
	ck_assert_int_eq(open_old(&st, &broken), 0);
	ck_assert_int_eq(broken.code, ERR_NONE);
	ck_assert_int_eq(db_int(store_db(st), -1, "SELECT COUNT(*) FROM "
	    "comment", ""), 3);
	store_close(&st);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("upgrade");
	TCase	*c = tcase_create("upgrade");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(c, setup, forum_teardown);
	tcase_add_test(c, open_olderFile_isAsIfWrittenToday);
	tcase_add_test(c, open_olderFileDamaged_isReadAndTriedAgain);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
