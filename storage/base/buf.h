/*
 * A growing byte buffer, and the escaping writers for every text format that
 * we put out: JSON, HTML, URLs. All output is built here, so that nothing
 * can be written unescaped by accident.
 *
 * Running out of memory makes the buffer "failed": later additions do
 * nothing, and whoever sends the bytes asks buf_failed() once.
 */
#ifndef STORAGE_BASE_BUF_H
#define STORAGE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char	*data;		/* owned; not NUL-terminated, see buf_str */
	size_t	 len;
	size_t	 cap;
	bool	 failed;
};

#define BUF_INIT { NULL, 0, 0, false }

void		 buf_init(struct buf *b);
void		 buf_free(struct buf *b);	/* leaves it empty, usable */
void		 buf_clear(struct buf *b);	/* keeps the memory */
bool		 buf_failed(const struct buf *b);
int		 buf_reserve(struct buf *b, size_t more);

void		 buf_add(struct buf *b, const void *data, size_t len);
void		 buf_adds(struct buf *b, const char *s);
void		 buf_addc(struct buf *b, char c);
void		 buf_addu(struct buf *b, uint64_t v);
void		 buf_addi(struct buf *b, int64_t v);
void		 buf_addf(struct buf *b, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

/* The bytes with a NUL behind them; owned by the buffer. "" when failed. */
const char	*buf_str(struct buf *b);
/* The bytes with a NUL behind them, now the caller's to free(); the buffer
 * is empty afterwards. NULL when failed. */
char		*buf_take(struct buf *b, size_t *len);

/* A JSON string with its quotes (RFC 8259); "<", ">", "&", U+2028 and U+2029
 * are escaped too, so that the bytes may stand inside HTML. Input is valid
 * UTF-8; a broken byte becomes U+FFFD. */
void		 buf_json(struct buf *b, const char *s, size_t len);
void		 buf_jsons(struct buf *b, const char *s);	/* NULL: null */
/* "key": behind a comma where one is due. */
void		 buf_key(struct buf *b, const char *key);
/* Members of an object: the comma is placed by what stands before. */
void		 buf_kv_str(struct buf *b, const char *key, const char *s);
void		 buf_kv_int(struct buf *b, const char *key, int64_t v);
void		 buf_kv_bool(struct buf *b, const char *key, bool v);
void		 buf_kv_null(struct buf *b, const char *key);
/* An RFC 3339 time in UTC from milliseconds; 0 writes null. */
void		 buf_kv_time(struct buf *b, const char *key, int64_t ms);

/* Text for element content and for quoted attributes; control characters
 * but tab and line ends become U+FFFD. */
void		 buf_html(struct buf *b, const char *s, size_t len);
void		 buf_htmls(struct buf *b, const char *s);
/* One URL component, percent-encoded (RFC 3986 unreserved stay). */
void		 buf_url(struct buf *b, const char *s, size_t len);
/* Base64, standard alphabet with padding; and lower-case hex. */
void		 buf_base64(struct buf *b, const void *data, size_t len);
void		 buf_hex(struct buf *b, const void *data, size_t len);
/* RFC 3339 in UTC, whole seconds: 2026-11-22T10:15:00Z. */
void		 buf_time(struct buf *b, int64_t ms);

#endif
