/*
 * Any bytes, cut anywhere: the reader must say the same as for the whole,
 * and what it hands out must lie inside the buffer. The first byte of the
 * input is the size of the pieces.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/http.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static enum http_result
read_in_pieces(struct http_reader *r, char *buf, size_t len, size_t step)
{
	static const struct http_limits limits = { 2048, 20, 512, 4096 };
	enum http_result res;
	size_t n;

	http_reader_init(r, &limits);
	for (n = 0; ; n += step) {
		if (n > len)
			n = len;
		res = http_reader_run(r, buf, n);
		if (res != HTTP_MORE || n == len)
			return res;
	}
}

static void
inside(struct http_span s, const char *buf, size_t len)
{
	if (s.p < buf || s.p + s.len > buf + len)
		abort();
}

static void
use(const struct http_request *rq, const char *buf, size_t len)
{
	char out[256];
	size_t i, n;

	inside(rq->target, buf, len);
	inside(rq->path, buf, len);
	inside(rq->query, buf, len);
	inside(rq->body, buf, len);
	for (i = 0; i < rq->nfields; i++) {
		inside(rq->fields[i].name, buf, len);
		inside(rq->fields[i].value, buf, len);
	}
	for (i = 0; i < 3; i++)
		(void)http_segment(rq, i, out, sizeof(out), &n);
	(void)http_param(rq->query, "q", out, sizeof(out), &n);
	(void)http_param(rq->body, "a", out, sizeof(out), &n);
	(void)http_field(rq, "cookie");
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct http_reader whole, cut;
	struct http_request rq;
	enum http_result a, b;
	char *one, *two;
	size_t len;

	if (size < 2)
		return 0;
	len = size - 1;
	one = malloc(len);
	two = malloc(len);
	if (one != NULL && two != NULL) {
		memcpy(one, data + 1, len);
		memcpy(two, data + 1, len);
		a = read_in_pieces(&whole, one, len, len);
		b = read_in_pieces(&cut, two, len, data[0] % 64 + 1U);
		if (a != b || whole.code != cut.code ||
		    (a == HTTP_DONE && (whole.pos != cut.pos ||
		    whole.body_len != cut.body_len)))
			abort();
		if (a == HTTP_DONE) {
			http_reader_request(&whole, one, &rq);
			use(&rq, one, len);
		}
	}
	free(one);
	free(two);
	return 0;
}
