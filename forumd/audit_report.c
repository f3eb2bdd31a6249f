/*
 * The auditor's report, for a person or as JSON: see audit_report.h. What
 * was not checked is said as plainly as what failed.
 */
#include <stdarg.h>
#include <string.h>

#include "forumd/audit_report.h"

#define AUDIT_REPORT_FIRST	20	/* findings of one check told in full */

static const struct {
	const char	*id, *what, *catches;
} audit_checks[AUDIT_CHECKS] = {
#define X(name, id, what, catches) { id, what, catches },
	AUDIT_CHECK_TABLE(X)
#undef X
};

const char *
audit_check_id(enum audit_check c)
{
	return (c == AUDIT_SOUND ? "sound" : audit_checks[c].id);
}

void
audit_report_init(struct audit_report *r)
{
	memset(r, 0, sizeof(*r));
}

void
audit_report_free(struct audit_report *r)
{
	int	i;

	for (i = 0; i < AUDIT_CHECKS; i++)
		buf_free(&r->found[i]);
	buf_free(&r->remarks);
	buf_free(&r->subject);
	buf_free(&r->old_head);
	buf_free(&r->new_head);
}

/* Adds a line; what came from outside cannot forge another one. */
static void
audit_report_line(struct buf *b, const char *fmt, va_list ap)
{
	char	s[400], *p;

	vsnprintf(s, sizeof(s), fmt, ap);
	for (p = s; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	buf_adds(b, s);
	buf_addc(b, '\n');
}

void
audit_report_done(struct audit_report *r, enum audit_check c)
{
	r->done[c] = true;
}

void
audit_report_fail(struct audit_report *r, enum audit_check c,
    const char *fmt, ...)
{
	va_list	ap;

	r->done[c] = true;
	if (r->failed[c]++ >= AUDIT_REPORT_FIRST)
		return;
	va_start(ap, fmt);
	audit_report_line(&r->found[c], fmt, ap);
	va_end(ap);
}

void
audit_report_remark(struct audit_report *r, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	audit_report_line(&r->remarks, fmt, ap);
	va_end(ap);
}

void
audit_report_subject(struct audit_report *r, const char *name,
    const char *fmt, ...)
{
	va_list	ap;

	buf_adds(&r->subject, name);
	buf_adds(&r->subject, ": ");
	va_start(ap, fmt);
	audit_report_line(&r->subject, fmt, ap);
	va_end(ap);
}

void
audit_report_rewritten(struct audit_report *r, const char *old_head,
    size_t old_len, const char *new_head, size_t new_len, const char *why)
{
	audit_report_fail(r, AUDIT_GROWTH, "%s", why);
	if (r->rewritten)
		return;
	r->rewritten = true;
	buf_add(&r->old_head, old_head, old_len);
	buf_add(&r->new_head, new_head, new_len);
}

int
audit_report_code(const struct audit_report *r)
{
	int	i;

	if (r->rewritten)
		return (3);
	for (i = 0; i < AUDIT_CHECKS; i++)
		if (r->failed[i] > 0)
			return (1);
	return (0);
}

static const char *
audit_report_word(const struct audit_report *r, int i)
{
	return (r->failed[i] > 0 ? "FAILED" : r->done[i] ? "ok" : "not made");
}

static const char *
audit_report_verdict(const struct audit_report *r)
{
	static const char *const	verdict[] = { "sound", "failed", "",
	    "rewritten" };

	return (verdict[audit_report_code(r)]);
}

/* Calls for each line of b with its newline cut. */
static void
audit_report_lines(struct buf *b, void (*line)(void *arg, const char *s,
    size_t len), void *arg)
{
	const char	*p = buf_str(b), *nl;

	for (; (nl = strchr(p, '\n')) != NULL; p = nl + 1)
		line(arg, p, (size_t)(nl - p));
}

static void
audit_report_line_text(void *arg, const char *s, size_t len)
{
	fprintf(arg, "      %.*s\n", (int)len, s);
}

static void
audit_report_line_json(void *arg, const char *s, size_t len)
{
	struct buf	*b = arg;

	if (b->len > 0 && b->data[b->len - 1] != '[')
		buf_addc(b, ',');
	buf_json(b, s, len);
}

static void
audit_report_member_json(void *arg, const char *s, size_t len)
{
	struct buf	*b = arg;
	const char	*colon = memchr(s, ':', len);

	buf_json(b, s, (size_t)(colon - s));
	buf_addc(b, ':');
	buf_json(b, colon + 2, len - (size_t)(colon + 2 - s));
	buf_addc(b, ',');
}

static void
audit_report_text(struct audit_report *r, FILE *f)
{
	int	i;

	audit_report_lines(&r->subject, audit_report_line_text, f);
	fprintf(f, "\n");
	for (i = 0; i < AUDIT_CHECKS; i++) {
		fprintf(f, "%-8s  %s: %s\n", audit_report_word(r, i),
		    audit_checks[i].id, audit_checks[i].what);
		audit_report_lines(&r->found[i], audit_report_line_text, f);
		if (r->failed[i] > AUDIT_REPORT_FIRST)
			fprintf(f, "      and %lu more\n", r->failed[i] -
			    AUDIT_REPORT_FIRST);
	}
	if (r->remarks.len > 0) {
		fprintf(f, "\nRemarks\n");
		audit_report_lines(&r->remarks, audit_report_line_text, f);
	}
	if (r->rewritten) {
		fprintf(f, "\nTwo heads, both signed by the forum's key, that "
		    "cannot both be true. Keep them: they are the proof.\n\n"
		    "--- kept from before\n%s", buf_str(&r->old_head));
		fprintf(f, "--- served now\n%s", buf_str(&r->new_head));
	}
	fprintf(f, "\nVerdict: %s\n", audit_report_verdict(r));
}

static void
audit_report_json(struct audit_report *r, FILE *f)
{
	struct buf	b = BUF_INIT;
	int		i;

	buf_adds(&b, "{");
	audit_report_lines(&r->subject, audit_report_member_json, &b);
	buf_adds(&b, "\"verdict\":");
	buf_jsons(&b, audit_report_verdict(r));
	buf_adds(&b, ",\"checks\":[");
	for (i = 0; i < AUDIT_CHECKS; i++) {
		buf_adds(&b, i > 0 ? ",{" : "{");
		buf_kv_str(&b, "id", audit_checks[i].id);
		buf_kv_str(&b, "result", r->failed[i] > 0 ? "failed" :
		    r->done[i] ? "ok" : "not_made");
		buf_kv_str(&b, "what", audit_checks[i].what);
		buf_kv_int(&b, "failures", (int64_t)r->failed[i]);
		buf_adds(&b, ",\"findings\":[");
		audit_report_lines(&r->found[i], audit_report_line_json, &b);
		buf_adds(&b, "]}");
	}
	buf_adds(&b, "],\"remarks\":[");
	audit_report_lines(&r->remarks, audit_report_line_json, &b);
	buf_adds(&b, "]");
	if (r->rewritten) {
		buf_kv_str(&b, "old_head", buf_str(&r->old_head));
		buf_kv_str(&b, "new_head", buf_str(&r->new_head));
	}
	buf_adds(&b, "}\n");
	fputs(buf_str(&b), f);
	buf_free(&b);
}

void
audit_report_print(struct audit_report *r, bool json, FILE *f)
{
	if (json)
		audit_report_json(r, f);
	else
		audit_report_text(r, f);
}

void
audit_report_help(FILE *f)
{
	int	i;

	fprintf(f, "Checks, and what each one catches:\n");
	for (i = 0; i < AUDIT_CHECKS; i++)
		fprintf(f, "  %-11s %s;\n              catches: %s\n",
		    audit_checks[i].id, audit_checks[i].what,
		    audit_checks[i].catches);
}
