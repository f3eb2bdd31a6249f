/*
 * Mails as bytes: RFC 5322 headers, RFC 2047 encoded words, RFC 2045
 * quoted-printable. See mail_message.h.
 */
#include <string.h>
#include <time.h>

#include "forumd/mail_message.h"

#define MAIL_MESSAGE_WORD	45	/* bytes in one encoded word */
#define MAIL_MESSAGE_PLAIN	60	/* bytes that may stand as they are */
#define MAIL_MESSAGE_LINE	75	/* columns, a soft break's "=" beside */

/* Words, blanks and hyphens: special nowhere in a header. */
static bool
mail_message_plain(const char *s)
{
	size_t	n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		    "abcdefghijklmnopqrstuvwxyz0123456789 -");

	return n > 0 && s[n] == '\0' && n <= MAIL_MESSAGE_PLAIN;
}

/* A header's text. An encoded word never ends within a character. */
static void
mail_message_text(struct buf *b, const char *s)
{
	struct buf	clean = BUF_INIT;
	const char	*p, *end;
	size_t		n;

	if (mail_message_plain(s)) {
		buf_adds(b, s);
		return;
	}
	for (; *s != '\0'; s++)
		buf_addc(&clean, (unsigned char)*s < ' ' || *s == 0x7f ?
		    ' ' : *s);
	p = buf_str(&clean);
	end = p + strlen(p);
	while (p < end) {
		n = (size_t)(end - p);
		if (n > MAIL_MESSAGE_WORD) {
			n = MAIL_MESSAGE_WORD;
			while (n > 1 && (p[n] & 0xc0) == 0x80)
				n--;
		}
		buf_adds(b, "=?UTF-8?B?");
		buf_base64(b, p, n);
		buf_adds(b, "?=");
		if ((p += n) < end)
			buf_adds(b, "\r\n ");
	}
	buf_free(&clean);
}

static void
mail_message_date(struct buf *b, int64_t ms)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed",
	    "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
	    "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t		t = (time_t)(ms / 1000);
	struct tm	tm;

	gmtime_r(&t, &tm);
	buf_addf(b, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* One line of the body. */
static void
mail_message_line(struct buf *b, const char *s, size_t len)
{
	static const char	hex[] = "0123456789ABCDEF";
	size_t			i, col = 0, width;
	unsigned char		c;

	for (i = 0; i < len; i++) {
		c = (unsigned char)s[i];
		width = (c >= ' ' && c < 0x7f && c != '=' && (c != ' ' ||
		    i + 1 < len)) ? 1 : 3;
		if (col + width > MAIL_MESSAGE_LINE) {
			buf_adds(b, "=\r\n");
			col = 0;
		}
		col += width;
		if (width == 1) {
			buf_addc(b, (char)c);
			continue;
		}
		buf_addc(b, '=');
		buf_addc(b, hex[c >> 4]);
		buf_addc(b, hex[c & 15]);
	}
	buf_adds(b, "\r\n");
}

static void
mail_message_body(struct buf *b, const char *s, size_t len)
{
	const char	*end = s + len, *nl;

	for (; s < end; s = nl + 1) {
		nl = memchr(s, '\n', (size_t)(end - s));
		if (nl == NULL)
			nl = end;
		mail_message_line(b, s, (size_t)(nl - s));
	}
}

/* Printable and without what would end a <...>. */
static bool
mail_message_safe(const char *s)
{
	const char	*p;

	for (p = s; *p != '\0'; p++) {
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f ||
		    *p == '<' || *p == '>')
			return false;
	}
	return p != s;
}

int
mail_message_write(struct buf *b, const struct mail_message *m,
    struct err *err)
{
	if (!mail_message_safe(m->from) || !mail_message_safe(m->to) ||
	    !mail_message_safe(m->id) || !mail_message_safe(m->language) ||
	    (m->stop != NULL && !mail_message_safe(m->stop)))
		return err_set(err, ERR_INVALID_FIELD, "mail",
		    "this cannot stand in a mail's header");
	buf_adds(b, "From: ");
	mail_message_text(b, m->from_name);
	buf_addf(b, " <%s>\r\nTo: <%s>\r\nSubject: ", m->from, m->to);
	mail_message_text(b, m->subject);
	buf_adds(b, "\r\n");
	mail_message_date(b, m->date);
	buf_addf(b, "Message-ID: <%s>\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "Content-Language: %s\r\nAuto-Submitted: auto-generated\r\n",
	    m->id, m->language);
	if (m->stop != NULL)
		buf_addf(b, "List-Unsubscribe: <%s>\r\n"
		    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
		    m->stop);
	buf_adds(b, "\r\n");
	mail_message_body(b, m->body, m->body_len);
	return buf_failed(b) ? err_set(err, ERR_OVERLOADED, NULL,
	    "Out of memory") : 0;
}
