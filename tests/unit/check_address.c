/*
 * Client addresses: nobody chooses an address for himself.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/address.h"

static struct address_list	*list;
static struct err		 err;

static void
setup(void)
{
	ck_assert_int_eq(address_list_new(&list, &err), 0);
}

static void
teardown(void)
{
	address_list_free(&list);
}

static struct sockaddr_storage
peer(const char *text)
{
	struct sockaddr_storage	 ss;
	struct sockaddr_in	*v4 = (struct sockaddr_in *)&ss;
	struct sockaddr_in6	*v6 = (struct sockaddr_in6 *)&ss;

	memset(&ss, 0, sizeof(ss));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		ss.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
		ss.ss_family = AF_INET6;
	else
		ss.ss_family = AF_UNIX;
	return ss;
}

static const char *
client(const char *from, const char *forwarded)
{
	static char		 text[INET6_ADDRSTRLEN];
	struct sockaddr_storage	 ss = peer(from);
	struct http_span	 v = { forwarded, strlen(forwarded) };
	struct address		 a;

	address_client(&a, (struct sockaddr *)&ss, v, list);
	if (!a.known)
		return "none";
	inet_ntop(AF_INET6, a.b, text, sizeof(text));
	return strncmp(text, "::ffff:", 7) == 0 ? text + 7 : text;
}

START_TEST(address_client_untrusted_peer_is_the_client)
{
	ck_assert_str_eq(client("192.0.2.7", "1.2.3.4"), "192.0.2.7");
	ck_assert_int_eq(address_list_add(list, "10.0.0.0/8", &err), 0);
	ck_assert_str_eq(client("192.0.2.7", "1.2.3.4"), "192.0.2.7");
	ck_assert_str_eq(client("unix", "1.2.3.4"), "none");
}
END_TEST

START_TEST(address_client_forwarded_is_read_from_the_right)
{
	ck_assert_int_eq(address_list_add(list, "10.0.0.0/8", &err), 0);
	ck_assert_int_eq(address_list_add(list, "2001:db8::/32", &err), 0);
	ck_assert_int_eq(address_list_add(list, "unix", &err), 0);
	ck_assert_str_eq(client("10.1.1.1", "1.2.3.4"), "1.2.3.4");
	ck_assert_str_eq(client("10.1.1.1", "9.9.9.9, 1.2.3.4"), "1.2.3.4");
	ck_assert_str_eq(client("10.1.1.1", "9.9.9.9, 1.2.3.4, 10.2.2.2"),
	    "1.2.3.4");
	ck_assert_str_eq(client("unix", "1.2.3.4:555"), "1.2.3.4");
	ck_assert_str_eq(client("10.1.1.1", "[2001:dead::1]:80"),
	    "2001:dead::1");
	ck_assert_str_eq(client("2001:db8::5", "2001:dead::1"),
	    "2001:dead::1");
	ck_assert_str_eq(client("10.1.1.1", ""), "10.1.1.1");
	/* What cannot be read ends the walk at the last that vouched. */
	ck_assert_str_eq(client("10.1.1.1", "1.2.3.4, unknown"), "10.1.1.1");
	ck_assert_str_eq(client("10.1.1.1", "1.2.3.4,"), "10.1.1.1");
	ck_assert_str_eq(client("10.1.1.1", ",,,"), "10.1.1.1");
}
END_TEST

START_TEST(address_list_add_refuses_what_is_no_network)
{
	static const char *const	bad[] = { "", "10.0.0.0/33", "10.0.0/8",
	    "::1/129", "host", "10.0.0.0/", "10.0.0.0/8x", "10.0.0.0/-1" };
	size_t				i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(address_list_add(list, bad[i], &err) == -1,
		    "%s", bad[i]);
	ck_assert_int_eq(address_list_add(list, "0.0.0.0/0", &err), 0);
	ck_assert_str_eq(client("192.0.2.7", "1.2.3.4"), "1.2.3.4");
	/* All of IPv4 is none of IPv6. */
	ck_assert_str_eq(client("2001:db8::5", "1.2.3.4"), "2001:db8::5");
}
END_TEST

START_TEST(address_shorten_keeps_the_network_only)
{
	struct sockaddr_storage	ss = peer("2001:db8:1:2:3:4:5:6");
	struct address		a;
	unsigned char		b[16], want[16];

	address_peer(&a, (struct sockaddr *)&ss);
	address_shorten(&a, false, b);
	inet_pton(AF_INET6, "2001:db8:1:2::", want);
	ck_assert_mem_eq(b, want, 16);
	address_shorten(&a, true, b);
	inet_pton(AF_INET6, "2001:db8:1::", want);
	ck_assert_mem_eq(b, want, 16);
	ss = peer("192.0.2.77");
	address_peer(&a, (struct sockaddr *)&ss);
	address_shorten(&a, true, b);
	inet_pton(AF_INET6, "::ffff:192.0.2.0", want);
	ck_assert_mem_eq(b, want, 16);
	ck_assert(!address_local(&a));
	ss = peer("127.8.9.1");
	address_peer(&a, (struct sockaddr *)&ss);
	ck_assert(address_local(&a));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("address");
	TCase	*c = tcase_create("address");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, address_client_untrusted_peer_is_the_client);
	tcase_add_test(c, address_client_forwarded_is_read_from_the_right);
	tcase_add_test(c, address_list_add_refuses_what_is_no_network);
	tcase_add_test(c, address_shorten_keeps_the_network_only);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
