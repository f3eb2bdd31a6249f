/*
 * The reader of requests: each case is read whole and then cut at every
 * byte, and must give the same verdict. Limits are small here so that a case
 * fits on a line or two.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/http.h"

#define H	"Host: a.test\r\n"
#define TE	"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
#define CL(n)	"POST / HTTP/1.1\r\n" H "Content-Length: " n "\r\n\r\n"

static const struct http_limits limits = { 256, 6, 64, 32 };

/* status 0: whole, with this body; 1: incomplete. */
static const struct {
	int		 status;
	const char	*in;
	const char	*body;
} cases[] = {
	{ 0, "GET / HTTP/1.1\r\n" H "\r\n", "" },
	{ 0, "\r\nGET / HTTP/1.1\r\n" H "\r\n", "" },
	{ 0, "GET / HTTP/1.0\r\n\r\n", "" },
	{ 0, "GET / HTTP/1.7\r\n" H "\r\n", "" },
	{ 0, "GET http://b.test:80/x?y HTTP/1.1\r\n" H "\r\n", "" },
	{ 0, "OPTIONS * HTTP/1.1\r\n" H "\r\n", "" },
	{ 0, "GET / HTTP/1.1\r\nHost: [::1]:8080\r\nX: \xc3\xa9\r\n\r\n", "" },
	{ 0, CL("5") "hello", "hello" },
	{ 0, CL("0") "", "" },
	{ 0, TE "5\r\nhello\r\n1;a=\"b\"\r\n!\r\n0\r\n\r\n", "hello!" },
	{ 0, TE "0\r\nX-Sum: 1\r\n\r\n", "" },
	{ 0, TE "00a\r\n0123456789\r\n0\r\n\r\n", "0123456789" },
	{ 0, "POST / HTTP/1.1\r\n" H "transfer-encoding:\tCHUNKED \r\n\r\n"
	    "0\r\n\r\n", "" },
	{ 1, "GET / HTTP/1.1\r\n" H "\r", NULL },
	{ 1, CL("5") "hell", NULL },
	{ 1, TE "5\r\nhello\r\n0\r\n", NULL },
	{ 400, "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", NULL },
	{ 400, "\x16\x03\x01", NULL },
	{ 400, " GET / HTTP/1.1\r\n", NULL },
	{ 400, "GET /\r\n", NULL },
	{ 400, "GET  / HTTP/1.1\r\n", NULL },
	{ 400, "GET / HTTP/1.1 \r\n", NULL },
	{ 400, "GET / HTTP/1.10\r\n", NULL },
	{ 400, "GET / http/1.1\r\n", NULL },
	{ 400, "GET x HTTP/1.1\r\n", NULL },
	{ 400, "GET * HTTP/1.1\r\n", NULL },
	{ 400, "GET /%zz HTTP/1.1\r\n", NULL },
	{ 400, "GET /%4 HTTP/1.1\r\n", NULL },
	{ 400, "GET /?q=%00 HTTP/1.1\r\n", NULL },
	{ 400, "GET /a#b HTTP/1.1\r\n", NULL },
	{ 400, "GET /\\ HTTP/1.1\r\n", NULL },
	{ 400, "GET /\x80 HTTP/1.1\r\n", NULL },
	{ 400, "GET http://a@b/ HTTP/1.1\r\n", NULL },
	{ 400, "GET / HTTP/1.1\n", NULL },
	{ 400, "GET / HTTP/1.1\r\r\n", NULL },
	{ 400, "GET / HTTP/1.1\r\n\r\n", NULL },
	{ 400, "GET / HTTP/1.1\r\n" H H "\r\n", NULL },
	{ 400, "GET / HTTP/1.1\r\nHost: \r\n\r\n", NULL },
	{ 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", NULL },
	{ 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", NULL },
	{ 400, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", NULL },
	{ 400, "GET / HTTP/1.1\r\n" H "X : b\r\n\r\n", NULL },
	{ 400, "GET / HTTP/1.1\r\n" H "X\r\n\r\n", NULL },
	{ 400, "GET / HTTP/1.1\r\n" H ": x\r\n\r\n", NULL },
	{ 400, "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", NULL },
	{ 400, "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", NULL },
	{ 400, "GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n", NULL },
	{ 400, "GET / HTTP/1.1\r\n" H "X: a\x7f\r\n\r\n", NULL },
	{ 400, CL("+5") "hello", NULL },
	{ 400, CL("05") "hello", NULL },
	{ 400, CL("5, 5") "hello", NULL },
	{ 400, CL("") "hello", NULL },
	{ 400, CL("5\r\nContent-Length: 5") "hello", NULL },
	{ 400, CL("5\r\nTransfer-Encoding: chunked") "0\r\n\r\n", NULL },
	{ 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", NULL },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n",
	    NULL },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n", NULL },
	{ 400, TE "5 \r\nhello\r\n0\r\n\r\n", NULL },
	{ 400, TE "0x5\r\nhello\r\n0\r\n\r\n", NULL },
	{ 400, TE "\r\n", NULL },
	{ 400, TE "5\nhello\r\n", NULL },
	{ 400, TE "5;a\rb\r\nhello\r\n", NULL },
	{ 400, TE "5\r\nhello!", NULL },
	{ 400, TE "5\r\nhello\rX", NULL },
	{ 400, TE "10000000000000005\r\nhello\r\n", NULL },
	{ 400, TE "0\r\nContent-Length: 5\r\n\r\n", NULL },
	{ 400, TE "0\r\nTransfer-Encoding: chunked\r\n\r\n", NULL },
	{ 413, CL("33"), NULL },
	{ 413, CL("99999999999999999999999999"), NULL },
	{ 413, TE "21\r\n", NULL },
	{ 413, TE "20\r\n01234567890123456789012345678901\r\n1\r\n", NULL },
	{ 414, "GET /01234567890123456789012345678901234567890123456789012345"
	    "67890123 HTTP/1.1\r\n", NULL },
	{ 417, "GET / HTTP/1.1\r\n" H "Expect: 200-ok\r\n\r\n", NULL },
	{ 431, "GET / HTTP/1.1\r\n" H "A:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\n",
	    NULL },
	{ 501, "BREW / HTTP/1.1\r\n" H "\r\n", NULL },
	{ 501, "get / HTTP/1.1\r\n" H "\r\n", NULL },
	{ 505, "GET / HTTP/2.0\r\n" H "\r\n", NULL },
	{ 505, "GET / HTTP/0.9\r\n" H "\r\n", NULL },
};

static void
verdict(size_t i, const struct http_reader *r, enum http_result res,
    const char *buf, size_t len)
{
	int status;

	status = res == HTTP_DONE ? 0 : res == HTTP_MORE ? 1 :
	    err_status(r->code);
	ck_assert_msg(status == cases[i].status, "%s: %d not %d",
	    cases[i].in, status, cases[i].status);
	if (res != HTTP_DONE)
		return;
	ck_assert_uint_eq(r->pos, len);
	ck_assert_uint_eq(r->body_len, strlen(cases[i].body));
	ck_assert(memcmp(buf + r->body, cases[i].body, r->body_len) == 0);
}

START_TEST(run_cut_anywhere_same_verdict)
{
	struct http_reader r;
	enum http_result res;
	size_t len, cut;
	char *buf;

	len = strlen(cases[_i].in);
	buf = malloc(len);
	ck_assert_ptr_nonnull(buf);
	for (cut = 0; cut <= len; cut++) {
		memcpy(buf, cases[_i].in, len);
		http_reader_init(&r, &limits);
		res = http_reader_run(&r, buf, cut);
		if (res == HTTP_MORE)
			res = http_reader_run(&r, buf, len);
		verdict((size_t)_i, &r, res, buf, len);
	}
	free(buf);
}
END_TEST

START_TEST(run_header_too_long_431_with_or_without_its_end)
{
	static const char start[] = "GET / HTTP/1.1\r\n" H "X: ";
	struct http_reader r;
	char buf[400];
	int end;

	for (end = 0; end < 2; end++) {
		memset(buf, 'x', sizeof(buf));
		memcpy(buf, start, sizeof(start) - 1);
		if (end)
			memcpy(buf + 300, "\r\n\r\n", 4);
		http_reader_init(&r, &limits);
		ck_assert_int_eq(http_reader_run(&r, buf, sizeof(buf)),
		    HTTP_REFUSED);
		ck_assert_int_eq(r.code, ERR_HEADERS_TOO_LARGE);
	}
}
END_TEST

START_TEST(run_nul_in_value_refused)
{
	char buf[] = "GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n";
	struct http_reader r;

	http_reader_init(&r, &limits);
	ck_assert_int_eq(http_reader_run(&r, buf, sizeof(buf) - 1),
	    HTTP_REFUSED);
	ck_assert_int_eq(r.code, ERR_BAD_REQUEST);
}
END_TEST

static void
read_request(char *buf, struct http_request *rq)
{
	struct http_reader r;

	http_reader_init(&r, &limits);
	ck_assert_int_eq(http_reader_run(&r, buf, strlen(buf)), HTTP_DONE);
	http_reader_request(&r, buf, rq);
}

START_TEST(request_parts_are_found)
{
	char buf[] = "GET /t/a%2fb/?q=x+%26&e= HTTP/1.1\r\n" H
	    "Cookie:  c=1 \r\nX: 1\r\nx: 2\r\nConnection: a, Close\r\n\r\n";
	struct http_request rq;
	char out[16];
	size_t len;

	read_request(buf, &rq);
	ck_assert_int_eq(rq.method, HTTP_GET);
	ck_assert(http_span_is(rq.host, "a.test"));
	ck_assert(http_span_is(*http_field(&rq, "cookie"), "c=1"));
	ck_assert_ptr_null(http_field(&rq, "x"));
	ck_assert_uint_eq(http_field_count(&rq, "x"), 2);
	ck_assert(!rq.keep_alive);
	ck_assert_int_eq(http_segment(&rq, 0, out, sizeof(out), &len), 1);
	ck_assert_str_eq(out, "t");
	ck_assert_int_eq(http_segment(&rq, 1, out, sizeof(out), &len), 1);
	ck_assert_str_eq(out, "a/b");
	ck_assert_int_eq(http_segment(&rq, 2, out, sizeof(out), &len), 1);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(http_segment(&rq, 3, out, sizeof(out), &len), 0);
	ck_assert_int_eq(http_param(rq.query, "q", out, sizeof(out), &len), 1);
	ck_assert_str_eq(out, "x &");
	ck_assert_int_eq(http_param(rq.query, "e", out, sizeof(out), &len), 1);
	ck_assert_int_eq(http_param(rq.query, "n", out, sizeof(out), &len), 0);
}
END_TEST

START_TEST(request_absolute_target_names_the_host)
{
	char buf[] = "GET http://b.test/x?y HTTP/1.1\r\n" H "\r\n";
	struct http_request rq;

	read_request(buf, &rq);
	ck_assert(http_span_is(rq.host, "b.test"));
	ck_assert(http_span_is(rq.path, "/x"));
	ck_assert(http_span_is(rq.query, "y"));
	ck_assert(rq.keep_alive);
}
END_TEST

START_TEST(param_ambiguous_or_broken_refused)
{
	static const char *const bad[] = { "a=1&a=2", "a=%zz", "a=%4",
	    "a=%00", "a=0123456789", "a=1&%61=2" };
	struct http_span s;
	char out[10];
	size_t i, len;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		s.p = bad[i];
		s.len = strlen(bad[i]);
		ck_assert_int_eq(http_param(s, "a", out, sizeof(out), &len),
		    -1);
	}
}
END_TEST

int
main(void)
{
	Suite *suite;
	SRunner *runner;
	TCase *tc;
	int failed;

	suite = suite_create("http");
	tc = tcase_create("reader");
	tcase_add_loop_test(tc, run_cut_anywhere_same_verdict, 0,
	    (int)(sizeof(cases) / sizeof(*cases)));
	tcase_add_test(tc, run_header_too_long_431_with_or_without_its_end);
	tcase_add_test(tc, run_nul_in_value_refused);
	tcase_add_test(tc, request_parts_are_found);
	tcase_add_test(tc, request_absolute_target_names_the_host);
	tcase_add_test(tc, param_ambiguous_or_broken_refused);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
