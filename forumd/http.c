/*
 * Reading by whole lines: memchr finds the line's end, then every byte of
 * the line is judged once by a table. A line is judged only when it is
 * complete or longer than allowed, so the verdict does not depend on how the
 * network cut the bytes; the one exception, the very first byte, depends on
 * nothing before it.
 *
 * Grammar: RFC 9112 (framing), RFC 9110 5.5, 5.6, 6.5, 7.2, 8.6, 10.1.1. To
 * add a method, add a row to http_methods and to the enum.
 */
#include <string.h>
#include <strings.h>

#include "forumd/http.h"

#define CHUNK_LINE_MAX	1024

enum {
	IS_TCHAR = 1,		/* token */
	IS_VALUE = 2,		/* field value: VCHAR, obs-text, SP, HTAB */
	IS_PATH = 4,		/* path of a target */
	IS_QUERY = 8,		/* its query: what browsers leave bare too */
	IS_HOST = 16,		/* host name without port */
	IS_HEX = 32
};

static const char *const http_methods[HTTP_METHODS] = {
	[HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT", [HTTP_PATCH] = "PATCH",
	[HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS"
};

#define V	IS_VALUE
#define Q	(IS_VALUE | IS_QUERY)
#define T	(IS_VALUE | IS_TCHAR)
#define P	(IS_VALUE | IS_PATH | IS_QUERY)
#define TP	(P | IS_TCHAR)
#define TQ	(Q | IS_TCHAR)
#define N	(TP | IS_HOST)
#define H	(N | IS_HEX)

static const unsigned char http_class[256] = {
	[0x09] = V, [' '] = V, ['"'] = V, ['<'] = V, ['>'] = V,
	['\\'] = V, ['#'] = T,
	['!'] = TP, ['$'] = TP, ['%'] = TP, ['&'] = TP, ['\''] = TP,
	['*'] = TP, ['+'] = TP, ['~'] = TP,
	['('] = P, [')'] = P, [','] = P, ['/'] = P, [':'] = P, [';'] = P,
	['='] = P, ['@'] = P, ['?'] = P,
	['^'] = TQ, ['`'] = TQ, ['|'] = TQ, ['{'] = Q, ['}'] = Q,
	['['] = Q, [']'] = Q,
	['-'] = N, ['.'] = N, ['_'] = N,
	['0' ... '9'] = H, ['A' ... 'F'] = H, ['a' ... 'f'] = H,
	['G' ... 'Z'] = N, ['g' ... 'z'] = N,
	[0x80 ... 0xff] = V
};

#undef V
#undef Q
#undef T
#undef P
#undef TP
#undef TQ
#undef N
#undef H

const char *
http_method_name(enum http_method m)
{
	return http_methods[m];
}

static bool
http_all(const char *p, size_t len, unsigned int class)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((http_class[(unsigned char)p[i]] & class) == 0)
			return false;
	return true;
}

static enum http_result
http_refuse(struct http_reader *r, enum err_code code, const char *why)
{
	r->code = code;
	r->why = why;
	return HTTP_REFUSED;
}

static enum http_result
http_bad(struct http_reader *r, const char *why)
{
	return http_refuse(r, ERR_BAD_REQUEST, why);
}

void
http_reader_init(struct http_reader *r, const struct http_limits *limits)
{
	memset(r, 0, offsetof(struct http_reader, fields));
	r->limits = limits;
}

/*
 * The next line from r->pos, without its CRLF. DONE: it stands in *line and
 * r->pos is behind it. max counts the CRLF; a longer line is refused with
 * code, whether or not its end is in sight.
 */
static enum http_result
http_line(struct http_reader *r, const char *buf, size_t len, size_t max,
    enum err_code code, struct http_span *line)
{
	const char *end;
	size_t have;

	have = len - r->pos < max ? len - r->pos : max;
	if (r->seen < r->pos)
		r->seen = r->pos;
	end = memchr(buf + r->seen, '\n', r->pos + have - r->seen);
	if (end == NULL) {
		r->seen = (uint32_t)(r->pos + have);
		return have < max ? HTTP_MORE :
		    http_refuse(r, code, "A line is longer than allowed.");
	}
	line->p = buf + r->pos;
	line->len = (size_t)(end - line->p);
	if (line->len == 0 || end[-1] != '\r')
		return http_bad(r, "A line does not end in CR LF.");
	line->len--;
	r->pos = (uint32_t)(end + 1 - buf);
	return HTTP_DONE;
}

/* Every "%" begins an escape, and none is a NUL. */
static bool
http_escapes_good(const char *p, size_t len)
{
	const char *end, *q;

	end = p + len;
	for (q = p; (q = memchr(q, '%', (size_t)(end - q))) != NULL; q += 3)
		if (end - q < 3 || http_hex_value(q[1]) < 0 ||
		    http_hex_value(q[2]) < 0 || (q[1] == '0' && q[2] == '0'))
			return false;
	return true;
}

/* uri-host [ ":" port ]: a name, an IPv4 or a bracketed IPv6 address. */
static bool
http_host_good(const char *p, size_t len)
{
	unsigned long port;
	size_t i, n;

	if (len > 0 && p[0] == '[') {
		for (n = 1; n < len && (http_hex_value(p[n]) >= 0 ||
		    p[n] == ':' ||
		    p[n] == '.'); n++)
			;
		if (n < 3 || n == len || p[n] != ']')
			return false;
		n++;
	} else
		for (n = 0; n < len && (http_class[(unsigned char)p[n]] &
		    IS_HOST); n++)
			;
	if (n == 0 || n > 255)
		return false;
	if (n == len)
		return true;
	if (p[n] != ':' || len - n > 6)
		return false;
	for (port = 0, i = n + 1; i < len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		port = port * 10 + (unsigned long)(p[i] - '0');
	}
	return port <= 65535;
}

static struct http_place
http_place(const char *buf, const char *p, size_t len)
{
	struct http_place at = { (uint32_t)(p - buf), (uint32_t)len };

	return at;
}

/* origin-form, absolute-form, or "*" for OPTIONS (RFC 9112 3.2). */
static enum http_result
http_target(struct http_reader *r, const char *buf, const char *p, size_t len)
{
	const char *q;
	size_t n, scheme;

	r->target = http_place(buf, p, len);
	if (len == 1 && *p == '*' && r->method == HTTP_OPTIONS) {
		r->path = r->target;
		return HTTP_DONE;
	}
	scheme = 0;
	if (len >= 7 && strncasecmp(p, "http://", 7) == 0)
		scheme = 7;
	else if (len >= 8 && strncasecmp(p, "https://", 8) == 0)
		scheme = 8;
	p += scheme;
	len -= scheme;
	if (scheme > 0) {
		q = memchr(p, '/', len);
		n = q == NULL ? len : (size_t)(q - p);
		if (!http_host_good(p, n))
			return http_bad(r, "The target's host is odd.");
		r->authority = http_place(buf, p, n);
		p += n;
		len -= n;
	}
	if (len == 0 || *p != '/')
		return http_bad(r, "The target is not an absolute path.");
	q = memchr(p, '?', len);
	n = q == NULL ? len : (size_t)(q - p);
	r->path = http_place(buf, p, n);
	if (q != NULL)
		r->query = http_place(buf, q + 1, len - n - 1);
	if (!http_all(p, n, IS_PATH) || !http_all(p + n, len - n, IS_QUERY))
		return http_bad(r, "The target has a character that must be "
		    "escaped.");
	if (!http_escapes_good(p, len))
		return http_bad(r, "The target has a broken escape.");
	return HTTP_DONE;
}

/* "HTTP/1.1"; a higher minor version is read as 1.1 (RFC 9110 2.5). */
static enum http_result
http_version(struct http_reader *r, const char *p, size_t len)
{
	if (len != 8 || memcmp(p, "HTTP/", 5) != 0 || p[5] < '0' ||
	    p[5] > '9' || p[6] != '.' || p[7] < '0' || p[7] > '9')
		return http_bad(r, "The request line has no HTTP version.");
	if (p[5] != '1')
		return http_refuse(r, ERR_VERSION_UNSUPPORTED,
		    "The request is not HTTP/1.1.");
	r->http10 = p[7] == '0';
	return HTTP_DONE;
}

static enum http_result
http_request_line(struct http_reader *r, const char *buf,
    struct http_span line)
{
	const char *sp, *sp2;
	size_t i, n;

	sp = memchr(line.p, ' ', line.len);
	if (sp == NULL || sp == line.p ||
	    !http_all(line.p, (size_t)(sp - line.p), IS_TCHAR))
		return http_bad(r, "The request line is malformed.");
	n = (size_t)(sp - line.p);
	sp2 = memchr(sp + 1, ' ', line.len - n - 1);
	if (sp2 == NULL)
		return http_bad(r, "The request line has no HTTP version.");
	if (http_version(r, sp2 + 1, line.len - (size_t)(sp2 + 1 - line.p)) ==
	    HTTP_REFUSED)
		return HTTP_REFUSED;
	for (i = 0; i < HTTP_METHODS; i++)
		if (strlen(http_methods[i]) == n &&
		    memcmp(http_methods[i], line.p, n) == 0)
			break;
	if (i == HTTP_METHODS)
		return http_refuse(r, ERR_NOT_IMPLEMENTED,
		    "The server does not know this method.");
	r->method = (enum http_method)i;
	if ((size_t)(sp2 - sp - 1) > r->limits->target)
		return http_refuse(r, ERR_URI_TOO_LONG,
		    "The target is longer than allowed.");
	return http_target(r, buf, sp + 1, (size_t)(sp2 - sp - 1));
}

/* One value of digits only; a list, a sign, a leading zero are refused. */
static enum http_result
http_length(struct http_reader *r, struct http_span v)
{
	size_t i;

	if (r->has_length)
		return http_bad(r, "Content-Length stands there twice.");
	r->has_length = true;
	if (v.len == 0 || (v.len > 1 && v.p[0] == '0'))
		return http_bad(r, "Content-Length is not a plain number.");
	for (i = 0; i < v.len; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return http_bad(r,
			    "Content-Length is not a plain number.");
		if (i < 15)
			r->left = r->left * 10 + (uint64_t)(v.p[i] - '0');
		else
			r->left = UINT64_MAX;
	}
	return HTTP_DONE;
}

/* Looks for "close" in a Connection list; other options mean nothing here. */
static void
http_connection(struct http_reader *r, struct http_span v)
{
	struct http_span word;
	size_t i, n;

	for (i = 0; i < v.len; i = n + 1) {
		for (n = i; n < v.len && v.p[n] != ','; n++)
			;
		word.p = v.p + i;
		word.len = n - i;
		while (word.len > 0 && (*word.p == ' ' || *word.p == '\t')) {
			word.p++;
			word.len--;
		}
		while (word.len > 0 && (word.p[word.len - 1] == ' ' ||
		    word.p[word.len - 1] == '\t'))
			word.len--;
		if (http_span_like(word, "close"))
			r->close = true;
	}
}

/* The fields that decide framing and routing. */
static enum http_result
http_known_field(struct http_reader *r, const char *buf,
    struct http_span name, struct http_span v)
{
	switch (name.len) {
	case 4:
		if (!http_span_like(name, "host"))
			break;
		if (r->host.len > 0)
			return http_bad(r, "Host stands there twice.");
		if (!http_host_good(v.p, v.len))
			return http_bad(r, "Host is not a host name.");
		r->host = http_place(buf, v.p, v.len);
		break;
	case 6:
		if (!http_span_like(name, "expect") || r->http10)
			break;
		if (!http_span_like(v, "100-continue"))
			return http_refuse(r, ERR_EXPECTATION_FAILED,
			    "Only 100-continue can be expected.");
		r->expect = true;
		break;
	case 10:
		if (http_span_like(name, "connection"))
			http_connection(r, v);
		break;
	case 14:
		if (http_span_like(name, "content-length"))
			return http_length(r, v);
		break;
	case 17:
		if (!http_span_like(name, "transfer-encoding"))
			break;
		if (r->chunked || !http_span_like(v, "chunked"))
			return http_bad(r, "Transfer-Encoding is not exactly "
			    "one \"chunked\".");
		r->chunked = true;
		break;
	}
	return HTTP_DONE;
}

/* name ":" OWS value OWS; no folding (RFC 9112 5). */
static enum http_result
http_split(struct http_reader *r, struct http_span line,
    struct http_span *name, struct http_span *v)
{
	const char *colon;

	colon = memchr(line.p, ':', line.len);
	if (colon == NULL || colon == line.p ||
	    !http_all(line.p, (size_t)(colon - line.p), IS_TCHAR))
		return http_bad(r, "A header field's name is malformed.");
	name->p = line.p;
	name->len = (size_t)(colon - line.p);
	v->p = colon + 1;
	v->len = line.len - name->len - 1;
	if (!http_all(v->p, v->len, IS_VALUE))
		return http_bad(r, "A header field has a forbidden byte.");
	while (v->len > 0 && (*v->p == ' ' || *v->p == '\t')) {
		v->p++;
		v->len--;
	}
	while (v->len > 0 && (v->p[v->len - 1] == ' ' ||
	    v->p[v->len - 1] == '\t'))
		v->len--;
	return HTTP_DONE;
}

static enum http_result
http_header_field(struct http_reader *r, const char *buf,
    struct http_span line)
{
	struct http_span name, v;

	if (http_split(r, line, &name, &v) == HTTP_REFUSED)
		return HTTP_REFUSED;
	if (r->nfields == r->limits->fields || r->nfields == HTTP_FIELDS_MAX)
		return http_refuse(r, ERR_HEADERS_TOO_LARGE,
		    "There are more header fields than allowed.");
	r->fields[r->nfields].name = http_place(buf, name.p, name.len);
	r->fields[r->nfields].value = http_place(buf, v.p, v.len);
	r->nfields++;
	return http_known_field(r, buf, name, v);
}

/* The header is whole: what the fields mean together. */
static enum http_result
http_framing(struct http_reader *r)
{
	if (r->host.len == 0 && !r->http10)
		return http_bad(r, "Host is missing.");
	if (r->chunked && r->has_length)
		return http_bad(r, "Content-Length and Transfer-Encoding "
		    "stand together.");
	if (r->chunked && r->http10)
		return http_bad(r, "HTTP/1.0 has no Transfer-Encoding.");
	if (r->left > r->limits->body)
		return http_refuse(r, ERR_BODY_TOO_LONG,
		    "The body is longer than allowed.");
	if (r->authority.len > 0)
		r->host = r->authority;
	r->body = r->pos;
	r->state = r->chunked ? HTTP_AT_CHUNK : HTTP_AT_BODY;
	return HTTP_DONE;
}

static enum http_result
http_run_line(struct http_reader *r, const char *buf, size_t len)
{
	struct http_span line;
	enum http_result res;
	char c;

	if (len == r->pos)
		return HTTP_MORE;
	c = buf[r->pos];
	if ((http_class[(unsigned char)c] & IS_TCHAR) == 0 &&
	    (c != '\r' || r->blank))
		return http_bad(r, "This is not an HTTP request.");
	/* Method, two spaces, version and CRLF are less than 32 bytes. */
	res = http_line(r, buf, len, (size_t)r->limits->target + 32,
	    ERR_URI_TOO_LONG, &line);
	if (res != HTTP_DONE)
		return res;
	if (line.len == 0) {	/* one empty line is let pass, RFC 9112 2.2 */
		r->blank = true;
		return HTTP_DONE;
	}
	r->state = HTTP_AT_FIELDS;
	return http_request_line(r, buf, line);
}

static enum http_result
http_run_fields(struct http_reader *r, const char *buf, size_t len)
{
	struct http_span line;
	enum http_result res;

	if (r->pos >= r->limits->header)
		return http_refuse(r, ERR_HEADERS_TOO_LARGE,
		    "The header is longer than allowed.");
	res = http_line(r, buf, len, r->limits->header - r->pos,
	    ERR_HEADERS_TOO_LARGE, &line);
	if (res != HTTP_DONE)
		return res;
	return line.len == 0 ? http_framing(r) :
	    http_header_field(r, buf, line);
}

static enum http_result
http_run_body(struct http_reader *r, size_t len)
{
	if (len - r->pos < r->left)
		return HTTP_MORE;
	r->body_len = (uint32_t)r->left;
	r->pos += r->body_len;
	r->state = HTTP_AT_END;
	return HTTP_DONE;
}

/* 1*HEXDIG [ ";" extension ]: an extension is let pass unread. The framing
 * may not outweigh the body, or one-byte chunks would multiply the memory. */
static enum http_result
http_run_chunk(struct http_reader *r, const char *buf, size_t len)
{
	struct http_span line;
	enum http_result res;
	size_t n;

	res = http_line(r, buf, len, CHUNK_LINE_MAX, ERR_BAD_REQUEST, &line);
	if (res != HTTP_DONE)
		return res;
	r->left = 0;
	for (n = 0; n < line.len && http_hex_value(line.p[n]) >= 0; n++)
		r->left = r->left << 4 | (uint64_t)http_hex_value(line.p[n]);
	if (n == 0 || n > 15)
		return http_bad(r, "A chunk's size is not a plain number.");
	if (n < line.len && line.p[n] != ';')
		return http_bad(r, "A chunk's size is not a plain number.");
	if (!http_all(line.p + n, line.len - n, IS_VALUE))
		return http_bad(r, "A chunk extension is malformed.");
	if (r->left > r->limits->body - r->body_len ||
	    r->pos - r->body > r->body_len + r->limits->body)
		return http_refuse(r, ERR_BODY_TOO_LONG,
		    "The body is longer than allowed.");
	r->state = r->left == 0 ? HTTP_AT_TRAILER : HTTP_AT_DATA;
	return HTTP_DONE;
}

static enum http_result
http_run_data(struct http_reader *r, char *buf, size_t len)
{
	size_t have;

	have = len - r->pos;
	if (have > r->left && buf[r->pos + r->left] != '\r')
		return http_bad(r, "A chunk is longer than its size.");
	if (have < r->left + 2)
		return HTTP_MORE;
	if (buf[r->pos + r->left + 1] != '\n')
		return http_bad(r, "A chunk is longer than its size.");
	memmove(buf + r->body + r->body_len, buf + r->pos, r->left);
	r->body_len += (uint32_t)r->left;
	r->pos += (uint32_t)r->left + 2;
	r->state = HTTP_AT_CHUNK;
	return HTTP_DONE;
}

/* Trailers are checked and dropped: never merged into the header. */
static enum http_result
http_run_trailer(struct http_reader *r, const char *buf, size_t len)
{
	struct http_span line, name, v;
	enum http_result res;

	if (r->trailer >= r->limits->header)
		return http_refuse(r, ERR_HEADERS_TOO_LARGE,
		    "The trailer is longer than allowed.");
	res = http_line(r, buf, len, r->limits->header - r->trailer,
	    ERR_HEADERS_TOO_LARGE, &line);
	if (res != HTTP_DONE)
		return res;
	r->trailer += (uint32_t)line.len + 2;
	if (line.len == 0) {
		r->state = HTTP_AT_END;
		return HTTP_DONE;
	}
	if (http_split(r, line, &name, &v) == HTTP_REFUSED)
		return HTTP_REFUSED;
	if (http_span_like(name, "content-length") ||
	    http_span_like(name, "transfer-encoding") ||
	    http_span_like(name, "host"))
		return http_bad(r, "A trailer speaks of framing.");
	return HTTP_DONE;
}

enum http_result
http_reader_run(struct http_reader *r, char *buf, size_t len)
{
	enum http_result res;

	for (;;) {
		switch (r->state) {
		case HTTP_AT_LINE:
			res = http_run_line(r, buf, len);
			break;
		case HTTP_AT_FIELDS:
			res = http_run_fields(r, buf, len);
			break;
		case HTTP_AT_BODY:
			res = http_run_body(r, len);
			break;
		case HTTP_AT_CHUNK:
			res = http_run_chunk(r, buf, len);
			break;
		case HTTP_AT_DATA:
			res = http_run_data(r, buf, len);
			break;
		case HTTP_AT_TRAILER:
			res = http_run_trailer(r, buf, len);
			break;
		default:
			return HTTP_DONE;
		}
		if (res != HTTP_DONE)
			return res;
	}
}

bool
http_reader_expects(const struct http_reader *r)
{
	return r->expect && r->state >= HTTP_AT_BODY &&
	    r->state < HTTP_AT_END;
}

size_t
http_reader_wants(const struct http_reader *r)
{
	if (r->state < HTTP_AT_BODY)
		return 0;
	return (size_t)(r->pos + r->left + 2);
}

static struct http_span
http_span(const char *buf, struct http_place at)
{
	struct http_span s = { buf + at.off, at.len };

	return s;
}

void
http_reader_request(const struct http_reader *r, const char *buf,
    struct http_request *rq)
{
	size_t i;

	rq->method = r->method;
	rq->target = http_span(buf, r->target);
	rq->path = http_span(buf, r->path);
	rq->query = http_span(buf, r->query);
	rq->host = http_span(buf, r->host);
	rq->body.p = buf + r->body;
	rq->body.len = r->body_len;
	rq->http10 = r->http10;
	rq->keep_alive = !r->close && !r->http10;
	rq->nfields = r->nfields;
	for (i = 0; i < r->nfields; i++) {
		rq->fields[i].name = http_span(buf, r->fields[i].name);
		rq->fields[i].value = http_span(buf, r->fields[i].value);
	}
}
