/*
 * The growing buffer and the escaping writers. See buf.h for the contract.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/buf.h"
#include "storage/base/unicode.h"

void
buf_init(struct buf *b)
{
	memset(b, 0, sizeof(*b));
}

void
buf_free(struct buf *b)
{
	free(b->data);
	buf_init(b);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

bool
buf_failed(const struct buf *b)
{
	return b->failed;
}

int
buf_reserve(struct buf *b, size_t more)
{
	size_t	 cap;
	char	*data;

	if (b->failed)
		return -1;
	if (b->cap - b->len >= more)
		return 0;
	cap = b->cap < 256 ? 256 : b->cap;
	while (cap - b->len < more) {
		if (cap > SIZE_MAX / 2) {
			b->failed = true;
			return -1;
		}
		cap *= 2;
	}
	if ((data = realloc(b->data, cap)) == NULL) {
		b->failed = true;
		return -1;
	}
	b->data = data;
	b->cap = cap;
	return 0;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0 || buf_reserve(b, len) != 0)
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addc(struct buf *b, char c)
{
	if (b->len == b->cap && buf_reserve(b, 1) != 0)
		return;
	b->data[b->len++] = c;
}

void
buf_addu(struct buf *b, uint64_t v)
{
	char	 tmp[20], *p = tmp + sizeof(tmp);

	do
		*--p = '0' + v % 10;
	while ((v /= 10) != 0);
	buf_add(b, p, tmp + sizeof(tmp) - p);
}

void
buf_addi(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_addc(b, '-');
	buf_addu(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list	ap;
	int	n;

	/* Mostly it fits into the room that is there anyway. */
	if (buf_reserve(b, 160) != 0)
		return;
	va_start(ap, fmt);
	n = vsnprintf(b->data + b->len, b->cap - b->len, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n < b->cap - b->len) {
		b->len += (size_t)n;
		return;
	}
	if (buf_reserve(b, (size_t)n + 1) != 0)
		return;
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += n;
}

const char *
buf_str(struct buf *b)
{
	if (buf_reserve(b, 1) != 0)
		return "";
	b->data[b->len] = '\0';
	return b->data;
}

char *
buf_take(struct buf *b, size_t *len)
{
	char	*data;

	if (buf_reserve(b, 1) != 0) {
		buf_free(b);
		return NULL;
	}
	b->data[b->len] = '\0';
	data = b->data;
	if (len != NULL)
		*len = b->len;
	buf_init(b);
	return data;
}

/* What one byte becomes inside a JSON string; NULL: it stands as it is. */
static const char *
buf_json_escape(unsigned char c, char tmp[8])
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	case '<':
	case '>':
	case '&':
		break;
	default:
		if (c >= 0x20 && c != 0x7f)
			return NULL;
	}
	snprintf(tmp, 8, "\\u%04x", c);
	return tmp;
}

/* A bit for each byte that stands as it is, because most of a text does: of
 * ASCII all but controls, " & < > and the backslash. */
static const uint64_t	buf_json_plain[4] = {
	UINT64_C(0xafffffbb00000000), UINT64_C(0x7fffffffefffffff), 0, 0
};

void
buf_json(struct buf *b, const char *s, size_t len)
{
	const unsigned char	*p = (const unsigned char *)s;
	const unsigned char	*end = p + len, *run = p;
	const char		*esc;
	char			 tmp[8];
	size_t			 n;

	buf_addc(b, '"');
	while (p < end) {
		if (buf_json_plain[*p >> 6] >> (*p & 63) & 1) {
			p++;
			continue;
		}
		if (*p < 0x80) {
			if ((esc = buf_json_escape(*p, tmp)) == NULL) {
				p++;
				continue;
			}
			n = 1;
		} else if ((n = unicode_sequence(p, end - p)) == 0) {
			esc = "\\ufffd";
			n = 1;
		} else if (n == 3 && p[0] == 0xe2 && p[1] == 0x80 &&
		    (p[2] == 0xa8 || p[2] == 0xa9)) {
			esc = p[2] == 0xa8 ? "\\u2028" : "\\u2029";
		} else {
			p += n;
			continue;
		}
		buf_add(b, run, p - run);
		buf_adds(b, esc);
		p += n;
		run = p;
	}
	buf_add(b, run, p - run);
	buf_addc(b, '"');
}

void
buf_jsons(struct buf *b, const char *s)
{
	if (s == NULL)
		buf_add(b, "null", 4);
	else
		buf_json(b, s, strlen(s));
}

void
buf_key(struct buf *b, const char *key)
{
	if (b->len > 0 && b->data[b->len - 1] != '{' &&
	    b->data[b->len - 1] != '[')
		buf_addc(b, ',');
	buf_addc(b, '"');
	buf_adds(b, key);
	buf_add(b, "\":", 2);
}

void
buf_kv_str(struct buf *b, const char *key, const char *s)
{
	buf_key(b, key);
	buf_jsons(b, s);
}

void
buf_kv_int(struct buf *b, const char *key, int64_t v)
{
	buf_key(b, key);
	buf_addi(b, v);
}

void
buf_kv_bool(struct buf *b, const char *key, bool v)
{
	buf_key(b, key);
	buf_adds(b, v ? "true" : "false");
}

void
buf_kv_null(struct buf *b, const char *key)
{
	buf_key(b, key);
	buf_add(b, "null", 4);
}

void
buf_kv_time(struct buf *b, const char *key, int64_t ms)
{
	buf_key(b, key);
	if (ms == 0) {
		buf_add(b, "null", 4);
		return;
	}
	buf_addc(b, '"');
	buf_time(b, ms);
	buf_addc(b, '"');
}

void
buf_html(struct buf *b, const char *s, size_t len)
{
	const char	*p = s, *end = s + len, *run = s, *esc;

	for (; p < end; p++) {
		switch (*p) {
		case '&':
			esc = "&amp;";
			break;
		case '<':
			esc = "&lt;";
			break;
		case '>':
			esc = "&gt;";
			break;
		case '"':
			esc = "&quot;";
			break;
		case '\'':
			esc = "&#39;";
			break;
		case '\t':
		case '\n':
		case '\r':
			continue;
		default:
			/* Controls are no text in HTML and not well-formed
			 * in XML. */
			if ((unsigned char)*p >= 0x20 && *p != 0x7f)
				continue;
			esc = "\xef\xbf\xbd";
			break;
		}
		buf_add(b, run, p - run);
		buf_adds(b, esc);
		run = p + 1;
	}
	buf_add(b, run, p - run);
}

void
buf_htmls(struct buf *b, const char *s)
{
	if (s != NULL)
		buf_html(b, s, strlen(s));
}

void
buf_url(struct buf *b, const char *s, size_t len)
{
	static const char	 hex[] = "0123456789ABCDEF";
	size_t			 i;
	unsigned char		 c;

	for (i = 0; i < len; i++) {
		c = s[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == '_' || c == '~') {
			buf_addc(b, c);
		} else {
			buf_addc(b, '%');
			buf_addc(b, hex[c >> 4]);
			buf_addc(b, hex[c & 15]);
		}
	}
}

void
buf_base64(struct buf *b, const void *data, size_t len)
{
	static const char	 abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char	*p = data;
	char			 q[4];
	uint32_t		 v;
	size_t			 i, n;

	for (i = 0; i < len; i += 3) {
		n = len - i < 3 ? len - i : 3;
		v = (uint32_t)p[i] << 16;
		if (n > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (n > 2)
			v |= p[i + 2];
		q[0] = abc[v >> 18];
		q[1] = abc[v >> 12 & 63];
		q[2] = n > 1 ? abc[v >> 6 & 63] : '=';
		q[3] = n > 2 ? abc[v & 63] : '=';
		buf_add(b, q, 4);
	}
}

void
buf_hex(struct buf *b, const void *data, size_t len)
{
	static const char	 hex[] = "0123456789abcdef";
	const unsigned char	*p = data;
	size_t			 i;

	for (i = 0; i < len; i++) {
		buf_addc(b, hex[p[i] >> 4]);
		buf_addc(b, hex[p[i] & 15]);
	}
}

/* Two digits. */
static void
buf_two(char *p, unsigned n)
{
	p[0] = (char)('0' + n / 10 % 10);
	p[1] = (char)('0' + n % 10);
}

/* By arithmetic, because a page holds hundreds of times: days to a date by
 * eras of 400 years that begin in March (146097 days each). */
void
buf_time(struct buf *b, int64_t ms)
{
	char		s[] = "0000-00-00T00:00:00Z";
	int64_t		secs = ms / 1000, days, era;
	unsigned	left, doe, yoe, doy, mp, month, year;

	if (secs < 0 || secs >= INT64_C(253402300800))
		secs = 0;
	days = secs / 86400 + 719468;
	left = (unsigned)(secs % 86400);
	era = days / 146097;
	doe = (unsigned)(days - era * 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	month = mp < 10 ? mp + 3 : mp - 9;
	year = (unsigned)(yoe + era * 400) + (month <= 2);
	buf_two(s, year / 100);
	buf_two(s + 2, year % 100);
	buf_two(s + 5, month);
	buf_two(s + 8, doy - (153 * mp + 2) / 5 + 1);
	buf_two(s + 11, left / 3600);
	buf_two(s + 14, left / 60 % 60);
	buf_two(s + 17, left % 60);
	buf_add(b, s, sizeof(s) - 1);
}
