/*
 * Outgoing requests against a server of our own on loopback, which answers
 * by path: what comes back, and everything that must be refused or bounded.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "storage/base/fetch.h"

static int	listener, port;
static char	last[8192];		/* the request, whole */

/* Reads headers and body; the length is 0 where the peer went away. */
static size_t
read_request(int fd)
{
	size_t	len = 0, body = 0;
	char	*end = NULL, *cl;
	ssize_t	n;

	while (len < sizeof(last) - 1 && (end == NULL ||
	    len < (size_t)(end + 4 - last) + body)) {
		n = read(fd, last + len, sizeof(last) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		last[len] = '\0';
		end = strstr(last, "\r\n\r\n");
		cl = strstr(last, "Content-Length: ");
		body = cl != NULL ? strtoul(cl + 16, NULL, 10) : 0;
	}
	return (len);
}

static void *
server(void *arg)
{
	static const struct { const char *path, *answer; } t[] = {
	    { " /ok ", "HTTP/1.1 200 OK\r\nX-Word:  yes \r\n"
	      "Content-Length: 5\r\n\r\nhello" },
	    { " /none ", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" },
	    { " /big ", "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"
	      "12345678901" },
	    { " /short ", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx" },
	    { " /moved ", "HTTP/1.1 302 Found\r\nLocation: /ok\r\n"
	      "Content-Length: 0\r\n\r\n" },
	    { " /ftp ", "HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/x\r\n"
	      "Content-Length: 0\r\n\r\n" },
	    { " /loop ", "HTTP/1.1 302 Found\r\nLocation: /loop\r\n"
	      "Content-Length: 0\r\n\r\n" },
	    { " /hang ", "" },
	};
	size_t			i;
	ssize_t			n;
	int			fd;

	(void)arg;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		while (read_request(fd) > 0) {
			for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
				if (strstr(last, t[i].path) != NULL)
					break;
			if (i == sizeof(t) / sizeof(t[0]))
				break;
			n = write(fd, t[i].answer, strlen(t[i].answer));
			if (n < 0 || strcmp(t[i].path, " /short ") == 0)
				break;
		}
		close(fd);
	}
	return (NULL);
}

static void
start(void)
{
	struct sockaddr_in	a = { .sin_family = AF_INET };
	socklen_t		len = sizeof(a);
	pthread_t		thread;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listener, (void *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(listener, 16), 0);
	ck_assert_int_eq(getsockname(listener, (void *)&a, &len), 0);
	port = ntohs(a.sin_port);
	ck_assert_int_eq(pthread_create(&thread, NULL, server, NULL), 0);
	pthread_detach(thread);
}

/* One request to a path of the server; the caller frees *r. */
static int
ask(struct fetch *f, const char *path, struct fetch_request *q,
    struct fetch_response *r, struct err *err)
{
	char	url[128];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", port, path);
	q->url = url;
	if (q->timeout_ms == 0)
		q->timeout_ms = 10000;
	if (q->max_bytes == 0)
		q->max_bytes = 10;
	return (fetch_http(f, q, r, err));
}

START_TEST(http_get_answer_status_header_body)
{
	struct fetch_response	r = FETCH_RESPONSE_INIT;
	struct fetch_request	q = { .url = NULL };
	struct fetch		*f = fetch_new();
	struct err		err;
	char			word[4];
	int			i;

	start();
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(ask(f, "/ok", &q, &r, &err), 0);
		ck_assert_int_eq(r.status, 200);
		ck_assert_str_eq(buf_str(&r.body), "hello");
		ck_assert(fetch_header(&r, "x-word", word, sizeof(word)));
		ck_assert_str_eq(word, "yes");
		ck_assert(fetch_header(&r, "X-Word", word, 3));
		ck_assert_str_eq(word, "ye");
		ck_assert(!fetch_header(&r, "X-Wor", word, sizeof(word)));
	}
	ck_assert_int_eq(ask(f, "/none", &q, &r, &err), 0);
	ck_assert_int_eq(r.status, 404);
	ck_assert_uint_eq(r.body.len, 0);
	fetch_response_free(&r);
	fetch_free(&f);
	ck_assert_ptr_null(f);
}
END_TEST

START_TEST(http_post_sends_body_and_headers)
{
	const char *const	headers[] = { "X-Mine: 1", NULL };
	struct fetch_response	r = FETCH_RESPONSE_INIT;
	struct fetch_request	q = { .post = true, .body = "a=\0b",
	    .body_len = 4, .headers = headers };
	struct fetch		*f = fetch_new();
	char			*end;

	start();
	ck_assert_int_eq(ask(f, "/ok", &q, &r, NULL), 0);
	ck_assert_ptr_nonnull(strstr(last, "POST /ok HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(last, "\r\nX-Mine: 1\r\n"));
	end = strstr(last, "\r\n\r\n");
	ck_assert_mem_eq(end + 4, "a=\0b", 4);
	fetch_response_free(&r);
	fetch_free(&f);
}
END_TEST

START_TEST(http_too_large_short_or_silent_is_unknown)
{
	struct fetch_response	r = FETCH_RESPONSE_INIT;
	struct fetch_request	q = { .url = NULL };
	struct fetch		*f = fetch_new();
	struct err		err;

	start();
	ck_assert_int_eq(ask(f, "/big", &q, &r, &err), -1);
	ck_assert_int_eq(err.code, ERR_OUTCOME_UNKNOWN);
	ck_assert_str_eq(err.text, "the answer is larger than allowed");
	ck_assert_int_eq(ask(f, "/short", &q, &r, &err), -1);
	ck_assert_int_eq(err.code, ERR_OUTCOME_UNKNOWN);
	q.timeout_ms = 50;
	ck_assert_int_eq(ask(f, "/hang", &q, &r, &err), -1);
	ck_assert_int_eq(err.code, ERR_OUTCOME_UNKNOWN);
	fetch_response_free(&r);
	fetch_free(&f);
}
END_TEST

START_TEST(http_redirects_same_scheme_and_plain_get_only)
{
	const char *const	headers[] = { "X-Author-Key: k", NULL };
	struct fetch_response	r = FETCH_RESPONSE_INIT;
	struct fetch_request	q = { .url = NULL };
	struct fetch		*f = fetch_new();
	struct err		err;

	start();
	ck_assert_int_eq(ask(f, "/moved", &q, &r, &err), 0);
	ck_assert_int_eq(r.status, 200);
	ck_assert_int_eq(ask(f, "/ftp", &q, &r, &err), -1);
	ck_assert_int_eq(ask(f, "/loop", &q, &r, &err), -1);
	q.headers = headers;
	ck_assert_int_eq(ask(f, "/moved", &q, &r, &err), 0);
	ck_assert_int_eq(r.status, 302);
	q.headers = NULL;
	q.post = true;
	ck_assert_int_eq(ask(f, "/moved", &q, &r, &err), 0);
	ck_assert_int_eq(r.status, 302);
	fetch_response_free(&r);
	fetch_free(&f);
}
END_TEST

START_TEST(http_public_only_refuses_loopback_by_any_name)
{
	static const char *const	host[] = { "127.0.0.1", "localhost",
	    "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "2130706433",
	    "10.0.0.1", "169.254.169.254", "192.168.1.1", "172.31.0.1",
	    "100.64.0.1", "224.0.0.1", "[fe80::1]", "[fd00::1]" };
	struct fetch_response		r = FETCH_RESPONSE_INIT;
	struct fetch_request		q = { .timeout_ms = 5000,
	    .max_bytes = 10, .public_only = true };
	struct fetch			*f = fetch_new();
	struct err			err;
	char				url[128];
	size_t				i;

	start();
	for (i = 0; i < sizeof(host) / sizeof(host[0]); i++) {
		snprintf(url, sizeof(url), "http://%s:%d/ok", host[i], port);
		q.url = url;
		ck_assert_int_eq(fetch_http(f, &q, &r, &err), -1);
		ck_assert_msg(strcmp(err.text,
		    "the address is not a public one") == 0, "%s: %s",
		    host[i], err.text);
	}
	/* An open connection made without the rule is no way around it. */
	q.public_only = false;
	ck_assert_int_eq(ask(f, "/ok", &q, &r, &err), 0);
	q.public_only = true;
	ck_assert_int_eq(ask(f, "/ok", &q, &r, &err), -1);
	fetch_response_free(&r);
	fetch_free(&f);
}
END_TEST

START_TEST(http_malformed_requests_never_sent)
{
	static const char *const	bad[] = { "", "ftp://127.0.0.1/",
	    "file:///etc/passwd", "http://127.0.0.1/\r\nX: y",
	    "http://127.0.0.1/a b", "javascript:1" };
	const char *const		headers[] = { "X: a\r\nY: b", NULL };
	struct fetch_response		r = FETCH_RESPONSE_INIT;
	struct fetch_request		q = { .timeout_ms = 1000,
	    .max_bytes = 10 };
	struct fetch			*f = fetch_new();
	struct err			err;
	size_t				i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		q.url = bad[i];
		ck_assert_int_eq(fetch_http(f, &q, &r, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID_FIELD);
	}
	q.url = "http://127.0.0.1:9/";
	q.headers = headers;
	ck_assert_int_eq(fetch_http(f, &q, &r, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID_FIELD);
	fetch_free(&f);
}
END_TEST

START_TEST(send_mail_malformed_addresses_refused)
{
	static const char *const	bad[] = { "", "a@b\r\nRCPT TO:<c@d>",
	    "a b@c", "<a@b>" };
	const char			*to[] = { "a@b.example", NULL };
	struct fetch_mail		m = { .server = "smtp://127.0.0.1:9",
	    .from = "a@b.example", .to = to, .message = "", .timeout_ms = 99 };
	struct err			err;
	size_t				i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		to[0] = bad[i];
		ck_assert_int_eq(fetch_send_mail(&m, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID_FIELD);
		to[0] = "a@b.example";
		m.from = bad[i];
		ck_assert_int_eq(fetch_send_mail(&m, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID_FIELD);
		m.from = "a@b.example";
	}
	m.server = "http://127.0.0.1/";
	ck_assert_int_eq(fetch_send_mail(&m, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID_FIELD);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("fetch");
	TCase	*c = tcase_create("fetch");
	SRunner	*r;
	int	 failed;

	tcase_set_timeout(c, 60);
	tcase_add_test(c, http_get_answer_status_header_body);
	tcase_add_test(c, http_post_sends_body_and_headers);
	tcase_add_test(c, http_too_large_short_or_silent_is_unknown);
	tcase_add_test(c, http_redirects_same_scheme_and_plain_get_only);
	tcase_add_test(c, http_public_only_refuses_loopback_by_any_name);
	tcase_add_test(c, http_malformed_requests_never_sent);
	tcase_add_test(c, send_mail_malformed_addresses_refused);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
