/*
 * The queue of what is to be sent: whatever way the pieces go and however
 * little the peer takes at a time, it gets the bytes in their order, and
 * every piece is released once.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forumd/out.h"

#define LARGE	150000

static int	 fds[2], released;
static char	*large;
static int	 pages;

static void
setup(void)
{
	size_t	i;
	int	small = 4096;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    fds), 0);
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	large = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(large, MAP_FAILED);
	for (i = 0; i < LARGE; i++)
		large[i] = (char)(i * 7 + i / 251);
	pages = out_pages(large, LARGE);
	ck_assert_int_ge(pages, 0);
	released = 0;
}

static void
teardown(void)
{
	close(fds[0]);
	close(fds[1]);
	close(pages);
	munmap(large, LARGE);
}

static void
release(void *arg)
{
	(void)arg;
	released++;
}

/* One answer: a head, then a body with or without its pages. */
static void
answer(struct out *o, const char *head, size_t len, int with)
{
	out_copy(o, head, strlen(head));
	out_take(o, large, len, with, release, NULL);
}

/* Reads what comes, a little at a time; the queue is flushed when dry. */
static size_t
drain(struct out *o, char *to, size_t cap, size_t step)
{
	enum out_result	 rc = out_flush(o, fds[0], NULL);
	size_t		 got = 0;
	ssize_t		 n;

	for (;;) {
		n = recv(fds[1], to + got, cap - got < step ? cap - got :
		    step, 0);
		if (n > 0) {
			got += (size_t)n;
			continue;
		}
		if (rc == OUT_SENT)
			return got;
		rc = out_flush(o, fds[0], NULL);
		ck_assert_int_ne(rc, OUT_BROKEN);
	}
}

static void
check_order(int with)
{
	struct out	*o = out_new();
	char		*got = malloc(4 * LARGE);
	size_t		 len;

	answer(o, "one.", LARGE, with);
	answer(o, "two.", 2000, -1);
	answer(o, "three.", LARGE, with);
	answer(o, "four.", 10, -1);
	len = drain(o, got, 4 * LARGE, 1000);
	ck_assert_uint_eq(len, 2 * LARGE + 2010 + 19);
	ck_assert_mem_eq(got, "one.", 4);
	ck_assert_mem_eq(got + 4, large, LARGE);
	ck_assert_mem_eq(got + LARGE + 4, "two.", 4);
	ck_assert_mem_eq(got + LARGE + 8, large, 2000);
	ck_assert_mem_eq(got + LARGE + 2008, "three.", 6);
	ck_assert_mem_eq(got + LARGE + 2014, large, LARGE);
	ck_assert_mem_eq(got + 2 * LARGE + 2014, "four.", 5);
	ck_assert_mem_eq(got + 2 * LARGE + 2019, large, 10);
	ck_assert_int_eq(released, 4);
	ck_assert_uint_eq(o->n, 0);
	free(got);
	out_free(&o);
}

START_TEST(out_flush_pages_keep_their_order)
{
	check_order(pages);
}
END_TEST

START_TEST(out_flush_copies_keep_their_order)
{
	check_order(-1);
}
END_TEST

/* Half an answer must not come out again with the next one. */
START_TEST(out_drop_all_forgets_what_was_under_way)
{
	struct out	*o = out_new();
	char		*got = malloc(2 * LARGE);
	size_t		 before;

	answer(o, "gone.", LARGE, pages);
	ck_assert_int_eq(out_flush(o, fds[0], NULL), OUT_BLOCKED);
	out_drop_all(o);
	ck_assert_int_eq(released, 1);
	before = (size_t)recv(fds[1], got, 2 * LARGE, 0);
	ck_assert_uint_lt(before, LARGE);
	answer(o, "next.", 3000, pages);
	ck_assert_uint_eq(drain(o, got, 2 * LARGE, 1000), 3005);
	ck_assert_mem_eq(got, "next.", 5);
	ck_assert_int_eq(released, 2);
	free(got);
	out_free(&o);
}
END_TEST

/* The pages stay in the pipe, to be sent again. */
START_TEST(out_pages_serve_many_times)
{
	struct out	*o = out_new();
	char		*got = malloc(2 * LARGE);
	int		 i;

	for (i = 0; i < 100; i++) {
		answer(o, "again.", LARGE, pages);
		ck_assert_uint_eq(drain(o, got, 2 * LARGE, 30000), LARGE + 6);
		ck_assert_mem_eq(got + 6, large, LARGE);
	}
	free(got);
	out_free(&o);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("out");
	TCase	*t = tcase_create("out");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, out_flush_pages_keep_their_order);
	tcase_add_test(t, out_flush_copies_keep_their_order);
	tcase_add_test(t, out_drop_all_forgets_what_was_under_way);
	tcase_add_test(t, out_pages_serve_many_times);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
