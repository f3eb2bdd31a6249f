/*
 * The schema: made in an empty file, left alone in a present one, refused in
 * a newer one, and never half made.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/schema.h"

static char		 dir[64], path[80];
static struct db	*db;

static void
setup(void)
{
	struct err	err;

	strcpy(dir, "/tmp/check_schema.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/forum.db", dir);
	ck_assert_int_eq(db_open(&db, path, DB_WRITE, &err), 0);
}

static void
teardown(void)
{
	char	cmd[100];

	db_close(&db);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

START_TEST(schema_open_emptyFile_isMade)
{
	struct err	err;

	ck_assert_int_eq(schema_open(db, &err), 0);
	ck_assert_int_gt(db_int(db, -1, "PRAGMA user_version", ""), 0);
	ck_assert_int_eq(db_int(db, -1, "SELECT COUNT(*) FROM comment", ""),
	    0);
}
END_TEST

START_TEST(schema_open_again_keepsRows)
{
	struct err	err;

	ck_assert_int_eq(schema_open(db, &err), 0);
	ck_assert_int_eq(db_exec(db, "INSERT INTO content VALUES "
	    "('c:a:1', 'body', x'00', x'01')", &err), 0);
	ck_assert_int_eq(schema_open(db, &err), 0);
	ck_assert_int_eq(db_int(db, -1, "SELECT COUNT(*) FROM content", ""),
	    1);
}
END_TEST

START_TEST(schema_open_newerFile_isRefused)
{
	struct err	err;

	ck_assert_int_eq(schema_open(db, &err), 0);
	ck_assert_int_eq(db_exec(db, "PRAGMA user_version=9999", &err), 0);
	ck_assert_int_eq(schema_open(db, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "newer forumd"));
}
END_TEST

START_TEST(schema_open_stepFails_leavesNothing)
{
	struct err	err;

	/* The last tables of the step collide with this one. */
	ck_assert_int_eq(db_exec(db, "CREATE TABLE refused (x)", &err),
	    0);
	ck_assert_int_eq(schema_open(db, &err), -1);
	ck_assert_int_eq(db_int(db, -1, "PRAGMA user_version", ""), 0);
	ck_assert_int_eq(db_int(db, -1, "SELECT COUNT(*) FROM sqlite_master "
	    "WHERE name = 'journal'", ""), 0);
}
END_TEST

START_TEST(schema_drop_truth_stays)
{
	struct err	err;

	ck_assert_int_eq(schema_open(db, &err), 0);
	ck_assert_int_eq(db_exec(db, "INSERT INTO content VALUES "
	    "('c:a:1', 'body', x'00', x'01'); INSERT INTO policy VALUES "
	    "('d', 1, 1, 1)", &err), 0);
	ck_assert_int_eq(schema_drop_projections(db, &err), 0);
	ck_assert_int_eq(db_int(db, -1, "SELECT COUNT(*) FROM content", ""),
	    1);
	ck_assert_int_eq(db_int(db, -1, "SELECT COUNT(*) FROM policy", ""),
	    0);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("schema");
	TCase	*tc = tcase_create("schema");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, schema_open_emptyFile_isMade);
	tcase_add_test(tc, schema_open_again_keepsRows);
	tcase_add_test(tc, schema_open_newerFile_isRefused);
	tcase_add_test(tc, schema_open_stepFails_leavesNothing);
	tcase_add_test(tc, schema_drop_truth_stays);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
