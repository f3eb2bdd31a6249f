/*
 * Cursors as text. See cursor.h.
 *
 * The text is base64url without padding over "k<number>.<number>...". Only
 * the canonical spelling is taken back, so that one place has one address
 * (and one entry in a cache).
 */
#include <stdio.h>
#include <string.h>

#include "forumd/cursor.h"
#include "storage/base/crypto.h"

void
cursor_make(char out[CURSOR_MAX], char kind, size_t n, const int64_t *v)
{
	struct buf	plain = BUF_INIT, text = BUF_INIT;
	size_t		i;
	char		*p;

	buf_addc(&plain, kind);
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(&plain, '.');
		buf_addi(&plain, v[i]);
	}
	buf_base64(&text, plain.data, plain.len);
	snprintf(out, CURSOR_MAX, "%s", buf_str(&text));
	for (p = out; *p != '\0'; p++) {
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
		else if (*p == '=')
			*p = '\0';
		if (*p == '\0')
			break;
	}
	buf_free(&plain);
	buf_free(&text);
}

/* base64url to bytes with a NUL behind; -1 for anything else. */
static int
cursor_plain(const char *text, char out[CURSOR_MAX])
{
	char	b[CURSOR_MAX + 4];
	size_t	i, len = strlen(text);
	long	n;

	if (len == 0 || len >= CURSOR_MAX)
		return -1;
	for (i = 0; i < len; i++) {
		if (text[i] == '+' || text[i] == '/' || text[i] == '=')
			return -1;
		b[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	}
	while (len % 4 != 0)
		b[len++] = '=';
	if ((n = crypto_base64_decode(out, b, len)) < 0)
		return -1;
	out[n] = '\0';
	return memchr(out, '\0', (size_t)n) == NULL ? 0 : -1;
}

/* A number of at most 18 digits; *p moves behind it. */
static int
cursor_number(const char **p, int64_t *v)
{
	bool		minus = **p == '-';
	const char	*start;

	*p += minus;
	start = *p;
	for (*v = 0; **p >= '0' && **p <= '9' && *p - start < 18; (*p)++)
		*v = *v * 10 + (**p - '0');
	if (*p == start)
		return -1;
	if (minus)
		*v = -*v;
	return 0;
}

int
cursor_read(const char *text, char kind, size_t n, int64_t *v,
    struct err *err)
{
	char		 plain[CURSOR_MAX], again[CURSOR_MAX];
	const char	*p = plain + 1;
	size_t		 i;

	if (cursor_plain(text, plain) != 0 || plain[0] != kind)
		goto bad;
	for (i = 0; i < n; i++) {
		if (i > 0 && *p++ != '.')
			goto bad;
		if (cursor_number(&p, &v[i]) != 0)
			goto bad;
	}
	cursor_make(again, kind, n, v);
	if (*p == '\0' && strcmp(again, text) == 0)
		return 0;
bad:
	return err_set(err, ERR_INVALID_FIELD, "after",
	    "after is not a cursor of this list");
}
