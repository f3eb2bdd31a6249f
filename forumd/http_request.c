/*
 * What handlers ask of a request that was read: its fields, the segments of
 * its path, the parameters of its query or form; and the words of a status
 * line. Everything is decoded exactly once, and whatever could be read in
 * two ways (a parameter that stands there twice, a broken escape, a NUL) is
 * an error rather than a choice.
 */
#include <string.h>

#include "forumd/http.h"

static const struct {
	int		 status;
	const char	*text;
} http_statuses[] = {
	{ 100, "Continue" }, { 200, "OK" }, { 201, "Created" },
	{ 202, "Accepted" }, { 204, "No Content" },
	{ 206, "Partial Content" }, { 301, "Moved Permanently" },
	{ 302, "Found" }, { 303, "See Other" }, { 304, "Not Modified" },
	{ 307, "Temporary Redirect" }, { 308, "Permanent Redirect" },
	{ 400, "Bad Request" }, { 401, "Unauthorized" },
	{ 403, "Forbidden" }, { 404, "Not Found" },
	{ 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
	{ 408, "Request Timeout" }, { 409, "Conflict" }, { 410, "Gone" },
	{ 412, "Precondition Failed" }, { 413, "Content Too Large" },
	{ 414, "URI Too Long" }, { 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" }, { 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" }, { 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 451, "Unavailable For Legal Reasons" },
	{ 500, "Internal Server Error" }, { 501, "Not Implemented" },
	{ 502, "Bad Gateway" }, { 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" }, { 505, "HTTP Version Not Supported" }
};

const char *
http_status_text(int status)
{
	size_t i;

	for (i = 0; i < sizeof(http_statuses) / sizeof(*http_statuses); i++)
		if (http_statuses[i].status == status)
			return http_statuses[i].text;
	return "";
}

int
http_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
http_span_is(struct http_span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

bool
http_span_like(struct http_span s, const char *text)
{
	size_t i;
	char c;

	if (s.len != strlen(text))
		return false;
	for (i = 0; i < s.len; i++) {
		c = s.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != (text[i] >= 'A' && text[i] <= 'Z' ?
		    text[i] - 'A' + 'a' : text[i]))
			return false;
	}
	return true;
}

size_t
http_field_count(const struct http_request *rq, const char *name)
{
	size_t i, n;

	for (i = 0, n = 0; i < rq->nfields; i++)
		if (http_span_like(rq->fields[i].name, name))
			n++;
	return n;
}

const struct http_span *
http_field(const struct http_request *rq, const char *name)
{
	const struct http_span *found;
	size_t i;

	for (i = 0, found = NULL; i < rq->nfields; i++) {
		if (!http_span_like(rq->fields[i].name, name))
			continue;
		if (found != NULL)
			return NULL;
		found = &rq->fields[i].value;
	}
	return found;
}

int
http_decode(struct http_span s, bool form, char *out, size_t cap, size_t *len)
{
	size_t i, n;
	char c;

	for (i = 0, n = 0; i < s.len; i++, n++) {
		c = s.p[i];
		if (c == '+' && form)
			c = ' ';
		else if (c == '%') {
			if (s.len - i < 3 || http_hex_value(s.p[i + 1]) < 0 ||
			    http_hex_value(s.p[i + 2]) < 0)
				return -1;
			c = (char)(http_hex_value(s.p[i + 1]) << 4 |
			    http_hex_value(s.p[i + 2]));
			i += 2;
		}
		if (c == '\0' || n + 1 >= cap)
			return -1;
		out[n] = c;
	}
	if (cap == 0)
		return -1;
	out[n] = '\0';
	*len = n;
	return 0;
}

int
http_segment(const struct http_request *rq, size_t n, char *out, size_t cap,
    size_t *len)
{
	struct http_span s;
	const char *p, *end, *q;

	end = rq->path.p + rq->path.len;
	for (p = rq->path.p; p < end && *p == '/'; p = q) {
		p++;
		q = memchr(p, '/', (size_t)(end - p));
		if (q == NULL)
			q = end;
		if (n-- > 0)
			continue;
		s.p = p;
		s.len = (size_t)(q - p);
		return http_decode(s, false, out, cap, len) == 0 ? 1 : -1;
	}
	return 0;
}

int
http_param(struct http_span pairs, const char *name, char *out, size_t cap,
    size_t *len)
{
	struct http_span key, v;
	const char *p, *end, *amp, *eq;
	char word[64];
	size_t n;
	int found;

	end = pairs.p + pairs.len;
	for (p = pairs.p, found = 0; p < end; p = amp + 1) {
		amp = memchr(p, '&', (size_t)(end - p));
		if (amp == NULL)
			amp = end;
		eq = memchr(p, '=', (size_t)(amp - p));
		key.p = p;
		key.len = (size_t)((eq == NULL ? amp : eq) - p);
		/* A key that cannot be read is not the one asked for. */
		if (http_decode(key, true, word, sizeof(word), &n) == -1 ||
		    strcmp(word, name) != 0)
			continue;
		v.p = eq == NULL ? amp : eq + 1;
		v.len = (size_t)(amp - v.p);
		if (found || http_decode(v, true, out, cap, len) == -1)
			return -1;
		found = 1;
	}
	return found;
}
