/*
 * Transactions: what SQLite takes back by itself, for want of memory or disk,
 * takes what follows in it along.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "storage/db.h"

static char		 path[32];
static struct db	*db;
static struct err	 err;

static void
setup(void)
{
	int	fd;

	snprintf(path, sizeof(path), "/tmp/check_db-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(db_open(&db, path, DB_WRITE, &err), 0);
	ck_assert_int_eq(db_exec(db, "CREATE TABLE t (a INTEGER PRIMARY KEY);"
	    "INSERT INTO t VALUES (1)", &err), 0);
}

static void
teardown(void)
{
	db_close(&db);
	unlink(path);
}

static int64_t
rows(void)
{
	return db_int(db, -1, "SELECT count(*) FROM t", "");
}

/* A conflict that ends the whole transaction, as a full disk would. */
static void
fall_out(void)
{
	ck_assert_int_eq(db_begin(db, &err), 0);
	ck_assert_int_eq(db_run(db, &err, "INSERT INTO t VALUES (2)", ""), 0);
	ck_assert_int_ne(db_run(db, NULL, "INSERT OR ROLLBACK INTO t "
	    "VALUES (1)", ""), 0);
	ck_assert(!db_in_transaction(db));
}

START_TEST(transaction_taken_back_takes_what_follows)
{
	fall_out();
	ck_assert_int_ne(db_run(db, &err, "INSERT INTO t VALUES (3)", ""), 0);
	ck_assert_int_eq(err.code, ERR_STORAGE_UNAVAILABLE);
	ck_assert_int_ne(db_exec(db, "INSERT INTO t VALUES (4)", &err), 0);
	ck_assert_int_eq(rows(), -1);
	ck_assert_int_ne(db_commit(db, &err), 0);
	ck_assert_int_eq(rows(), 1);
}
END_TEST

START_TEST(transaction_after_rollback_begins_anew)
{
	fall_out();
	db_rollback(db);
	ck_assert_int_eq(db_begin(db, &err), 0);
	ck_assert_int_eq(db_run(db, &err, "INSERT INTO t VALUES (3)", ""), 0);
	ck_assert_int_eq(db_commit(db, &err), 0);
	ck_assert_int_eq(rows(), 2);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("db");
	TCase	*c = tcase_create("transaction");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, transaction_taken_back_takes_what_follows);
	tcase_add_test(c, transaction_after_rollback_begins_anew);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
