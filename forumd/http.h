/*
 * The strict reader of HTTP/1.1 requests (RFC 9112). It does no I/O: it is
 * shown a buffer that begins with a request and grows, reads every byte
 * once, and says MORE, DONE or REFUSED. Where the RFC lets a server choose
 * between guessing and refusing, it refuses: two readings of one message are
 * how one reader's request becomes another's.
 *
 * A chunked body is decoded in place, over its own framing, so the buffer
 * must be writable. The reader keeps offsets, so the buffer may move between
 * two calls; pointers are made once, when the request is whole.
 */
#ifndef FORUMD_HTTP_H
#define FORUMD_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/err.h"

#define HTTP_FIELDS_MAX	100

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_METHODS
};

struct http_limits {
	uint32_t	header;	/* bytes: request line, fields, trailers */
	uint32_t	fields;	/* at most HTTP_FIELDS_MAX */
	uint32_t	target;	/* bytes */
	uint32_t	body;	/* bytes, decoded */
};

#define HTTP_LIMITS_DEFAULT { 16384, HTTP_FIELDS_MAX, 8192, 65536 }

struct http_span {
	const char	*p;	/* not NUL-terminated */
	size_t		 len;
};

struct http_field {
	struct http_span	name;	/* as sent */
	struct http_span	value;	/* without white space around it */
};

/* Borrowed: everything points into the buffer that was read. */
struct http_request {
	enum http_method	 method;
	struct http_span	 target;	/* as sent */
	struct http_span	 path;	/* "/..." still encoded, or "*" */
	struct http_span	 query;	/* behind "?", still encoded */
	struct http_span	 host;	/* with port; empty only in HTTP/1.0 */
	struct http_span	 body;	/* decoded */
	bool			 http10;
	bool			 keep_alive;
	size_t			 nfields;
	struct http_field	 fields[HTTP_FIELDS_MAX];
};

enum http_result { HTTP_MORE, HTTP_DONE, HTTP_REFUSED };

/* One place of the buffer. */
struct http_place { uint32_t off, len; };

/* Fields are the reader's own. */
struct http_reader {
	const struct http_limits *limits;	/* borrowed */
	enum {
		HTTP_AT_LINE, HTTP_AT_FIELDS, HTTP_AT_BODY, HTTP_AT_CHUNK,
		HTTP_AT_DATA, HTTP_AT_TRAILER, HTTP_AT_END
	}		 state;
	enum err_code	 code;		/* why refused */
	const char	*why;		/* one sentence */
	enum http_method method;
	bool		 http10, close, chunked, has_length, expect;
	bool		 blank;		/* an empty line came first */
	uint32_t	 pos;		/* all before it is read */
	uint32_t	 seen;		/* no line end before it */
	uint32_t	 trailer;	/* bytes of trailers */
	uint32_t	 body, body_len;	/* where it stands, decoded */
	uint64_t	 left;		/* of the body or chunk */
	struct http_place target, path, query, host, authority;
	uint32_t	 nfields;
	struct { struct http_place name, value; } fields[HTTP_FIELDS_MAX];
};

/* Ready for the first byte of a request. */
void	http_reader_init(struct http_reader *r,
	    const struct http_limits *limits);

/*
 * Reads on in buf, which begins with the request and holds len bytes of it
 * (and of what follows it). MORE: call again with more bytes. DONE: the
 * request fills buf[0..r->pos) and http_reader_request() gives it. REFUSED:
 * r->code and r->why; the connection must close.
 */
enum http_result http_reader_run(struct http_reader *r, char *buf, size_t len);
/* The request's parts as pointers into buf; only after DONE. */
void	http_reader_request(const struct http_reader *r, const char *buf,
	    struct http_request *rq);
/* A whole header is read and the client waits for "100 Continue". */
bool	http_reader_expects(const struct http_reader *r);
/* Bytes of header and body known to be asked for, to size a buffer and a
 * deadline: 0 while the header is not whole. */
size_t	http_reader_wants(const struct http_reader *r);

/* "GET"; and "Not Found" for a status, or "" where there is no such row. */
const char	*http_method_name(enum http_method m);
const char	*http_status_text(int status);

/* The value of one hex digit, or -1. */
int	http_hex_value(char c);

bool	http_span_is(struct http_span s, const char *text);	/* exact */
bool	http_span_like(struct http_span s, const char *text);	/* ASCII case */

/* The value of the only field of that name (any case). NULL where there is
 * none or more than one; http_field_count tells which. */
const struct http_span	*http_field(const struct http_request *rq,
			    const char *name);
size_t			 http_field_count(const struct http_request *rq,
			    const char *name);

/*
 * Percent-decodes once into out (NUL-terminated, *len without it). form: "+"
 * is a space. -1 for a broken escape, a NUL, or more than cap - 1 bytes.
 */
int	http_decode(struct http_span s, bool form, char *out, size_t cap,
	    size_t *len);
/* The n-th segment of the path (from 0), decoded; 1, 0 where there is none,
 * -1 as above. */
int	http_segment(const struct http_request *rq, size_t n, char *out,
	    size_t cap, size_t *len);
/*
 * The parameter of that name in "a=1&b=2" (rq->query, or the body of a
 * form), decoded: 1, 0 where there is none, -1 for one that stands there
 * twice, is broken, or is longer than cap - 1.
 */
int	http_param(struct http_span pairs, const char *name, char *out,
	    size_t cap, size_t *len);

#endif
