/*
 * Settings: files and --set, their errors, lists, and that the file in conf/
 * is the one that the table prints.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forumd/settings.h"

static struct settings	*set;
static struct err	 err;
static char		 path[64];

static void
setup(void)
{
	memset(&err, 0, sizeof(err));
	ck_assert_int_eq(settings_new(&set, &err), 0);
	snprintf(path, sizeof(path), "/tmp/check_settings.XXXXXX");
	close(mkstemp(path));
}

static void
teardown(void)
{
	settings_free(&set);
	unlink(path);
}

static int
file(const char *text)
{
	FILE	*f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	return settings_file(set, path, &err);
}

START_TEST(settings_file_values_and_comments_are_read)
{
	ck_assert_msg(file("# a comment\n\n  loops=3\nsite_title = The "
	    "Courier  \r\nlimits = off\n\ttls_cert = /a b/c.pem") == 0, "%s",
	    err.text);
	ck_assert_int_eq(settings_int(set, "loops"), 3);
	ck_assert_str_eq(settings_str(set, "site_title"), "The Courier");
	ck_assert(!settings_on(set, "limits"));
	ck_assert_str_eq(settings_str(set, "tls_cert"), "/a b/c.pem");
	ck_assert(settings_on(set, "staff_code"));
	ck_assert_ptr_null(settings_str(set, "data"));
}
END_TEST

START_TEST(settings_file_error_names_file_and_line)
{
	static const struct {
		const char	*text, *line;
	} bad[] = {
		{ "loops = 1\nlops = 2\n", ":2: There is no setting lops" },
		{ "loops = many\n", ":1: loops is a whole number" },
		{ "\n\nloops = 257\n", ":3: loops is a whole number" },
		{ "loops = -1\n", ":1: loops" },
		{ "loops = 3x\n", ":1: loops" },
		{ "limits = yes\n", ":1: limits is on or off" },
		{ "limits\n", ":1: a line is" },
		{ "outside_secret = short\n", ":1: outside_secret has" },
	};
	size_t	i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(file(bad[i].text), -1);
		ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0 &&
		    strncmp(err.text + strlen(path), bad[i].line,
		    strlen(bad[i].line)) == 0, "%s", err.text);
	}
	ck_assert_int_eq(settings_file(set, "/nowhere/at.all", &err), -1);
}
END_TEST

START_TEST(settings_assign_list_replaces_then_adds)
{
	ck_assert_str_eq(settings_item(set, "listen", 0), "127.0.0.1:8080");
	ck_assert_int_eq(file("listen = a:1\nlisten = b:2\n"), 0);
	ck_assert_str_eq(settings_item(set, "listen", 0), "a:1");
	ck_assert_str_eq(settings_item(set, "listen", 1), "b:2");
	ck_assert_ptr_null(settings_item(set, "listen", 2));
	ck_assert_int_eq(settings_assign(set, "listen=c:3", &err), 0);
	ck_assert_int_eq(settings_assign(set, "listen=d=4", &err), 0);
	ck_assert_str_eq(settings_item(set, "listen", 0), "c:3");
	ck_assert_str_eq(settings_item(set, "listen", 1), "d=4");
	ck_assert_ptr_null(settings_item(set, "listen", 2));
	ck_assert_int_eq(settings_assign(set, "loops", &err), -1);
	ck_assert_int_eq(settings_assign(set, "site_title=a\nb", &err), -1);
}
END_TEST

START_TEST(settings_print_never_shows_a_secret)
{
	struct buf	out = BUF_INIT;

	ck_assert_int_eq(settings_assign(set,
	    "outside_secret=0123456789abcdef", &err), 0);
	ck_assert_int_eq(settings_assign(set, "loops=7", &err), 0);
	settings_print(&out, set);
	ck_assert_ptr_null(strstr(buf_str(&out), "0123456789abcdef"));
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "\nloops = 7\n"));
	buf_clear(&out);
	settings_json(&out, set);
	ck_assert_ptr_null(strstr(buf_str(&out), "0123456789abcdef"));
	buf_free(&out);
}
END_TEST

START_TEST(settings_print_read_back_gives_the_same)
{
	struct buf	out = BUF_INIT, again = BUF_INIT;

	ck_assert_int_eq(settings_assign(set, "sites=https://a", &err), 0);
	ck_assert_int_eq(settings_assign(set, "sites=https://b", &err), 0);
	ck_assert_int_eq(settings_assign(set, "quorum=2", &err), 0);
	settings_print(&out, set);
	settings_free(&set);
	ck_assert_int_eq(settings_new(&set, &err), 0);
	ck_assert_msg(file(buf_str(&out)) == 0, "%s", err.text);
	ck_assert_ptr_nonnull(settings_item(set, "sites", 1));
	settings_print(&again, set);
	ck_assert_str_eq(buf_str(&out), buf_str(&again));
	buf_free(&out);
	buf_free(&again);
}
END_TEST

START_TEST(settings_print_is_the_file_in_conf)
{
	const char	*root = getenv("FORUMD_SOURCE");
	struct buf	 out = BUF_INIT, have = BUF_INIT;
	char		 name[500], chunk[4096];
	size_t		 n;
	FILE		*f;

	snprintf(name, sizeof(name), "%s/conf/forumd.conf",
	    root == NULL ? "." : root);
	f = fopen(name, "r");
	ck_assert_msg(f != NULL, "%s is missing", name);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&have, chunk, n);
	fclose(f);
	settings_print(&out, set);
	ck_assert_msg(strcmp(buf_str(&out), buf_str(&have)) == 0,
	    "forumctl settings > conf/forumd.conf is due");
	buf_free(&out);
	buf_free(&have);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("settings");
	TCase	*c = tcase_create("settings");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, settings_file_values_and_comments_are_read);
	tcase_add_test(c, settings_file_error_names_file_and_line);
	tcase_add_test(c, settings_assign_list_replaces_then_adds);
	tcase_add_test(c, settings_print_never_shows_a_secret);
	tcase_add_test(c, settings_print_read_back_gives_the_same);
	tcase_add_test(c, settings_print_is_the_file_in_conf);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
