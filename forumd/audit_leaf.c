/*
 * The auditor's reader of entries: see audit_leaf.h.
 *
 * One row a kind: its keys in order, each with the form of its value. Form
 * letters: n number, i index of an earlier entry, h hash in hex, d date,
 * w word, t text of words. A "!" marks a key that must be there, a "*" one
 * that may be repeated.
 */
#include <string.h>

#include "forumd/audit_leaf.h"
#include "storage/base/unicode.h"

#define AUDIT_LEAF_FIRST	"forumd/entry/v1\n"
#define AUDIT_LEAF_MAX		65535
#define AUDIT_LEAF_DECISION(explanation)				       \
	{ "action", "w!" }, { "clause", "w" }, { "category", "w*" },	       \
	{ "keyword", "w*" }, { "source", "w" },				       \
	{ "automated-detection", "w" }, { "automated-decision", "w" },	       \
	{ "policy", "h!" }, { "model", "w" }, { "ruleset", "w" },	       \
	{ "decider", "w!" }, { "explanation", explanation }
#define AUDIT_LEAF_HELD							       \
	{ "ref", "i!" }, { "version", "n!" }, { "clause", "w" },	       \
	{ "automated-detection", "w" }, { "automated-decision", "w" },	       \
	{ "policy", "h!" }, { "model", "w" }
#define AUDIT_LEAF_SANCTION						       \
	{ "kind", "w!" }, { "until", "d" }, { "clause", "w" },		       \
	{ "policy", "h" }, { "decider", "w" }, { "explanation", "h" }

struct audit_leaf_key {
	const char	*name;
	const char	*form;
};

static const struct audit_leaf_row {
	const char		*kind;
	struct audit_leaf_key	 key[AUDIT_LEAF_KEYS];
} audit_leaf_rows[AUDIT_KINDS] = {
[AUDIT_LOG_STARTED] = { "log.started",
	{ { "origin", "w!" }, { "policy", "h!" } } },
[AUDIT_LOG_RESTARTED] = { "log.restarted",
	{ { "origin", "w!" }, { "policy", "h!" }, { "previous", "t!*" },
	  { "cause", "w!" } } },
[AUDIT_POLICY_ADOPTED] = { "policy.adopted", { { "policy", "h!" } } },
[AUDIT_THREAD_OPENED] = { "thread.opened",
	{ { "thread", "w!" }, { "mode", "w!" } } },
[AUDIT_THREAD_MODE] = { "thread.mode",
	{ { "thread", "w!" }, { "mode", "w!" } } },
[AUDIT_COMMENT_ACCEPTED] = { "comment.accepted",
	{ { "thread", "w!" }, { "comment", "w!" }, { "parent", "i" },
	  { "body", "h!" }, { "name", "h" }, { "author-kind", "w!" } } },
[AUDIT_COMMENT_EDITED] = { "comment.edited",
	{ { "ref", "i!" }, { "version", "n!" }, { "body", "h!" } } },
[AUDIT_COMMENT_HELD] = { "comment.held", { AUDIT_LEAF_HELD } },
[AUDIT_COMMENT_PUBLISHED] = { "comment.published", { AUDIT_LEAF_HELD } },
[AUDIT_DECISION] = { "decision",
	{ { "ref", "i!" }, { "version", "n" }, AUDIT_LEAF_DECISION("h"),
	  { "reverses", "i" } } },
[AUDIT_COMMENT_WITHDRAWN] = { "comment.withdrawn",
	{ { "ref", "i!" }, { "by", "w!" }, { "clause", "w" } } },
[AUDIT_COMMENT_ERASED] = { "comment.erased",
	{ { "ref", "i!" }, { "by", "w!" }, { "clause", "w" } } },
[AUDIT_EXPLANATION_REDACTED] = { "explanation.redacted",
	{ { "ref", "i!" }, { "by", "w!" }, { "clause", "w" } } },
[AUDIT_APPEAL_FILED] = { "appeal.filed",
	{ { "ref", "i!" }, { "grounds", "h" } } },
[AUDIT_APPEAL_DECIDED] = { "appeal.decided",
	{ { "ref", "i!" }, { "grounds", "h" }, { "outcome", "w!" },
	  { "decider", "w!" }, { "explanation", "h" } } },
[AUDIT_FLAGS_DECIDED] = { "flags.decided",
	{ { "ref", "i!" }, { "upheld", "t*" }, { "rejected", "t*" } } },
[AUDIT_SANCTION] = { "sanction", { AUDIT_LEAF_SANCTION } },
[AUDIT_SANCTION_ENDED] = { "sanction.ended", { AUDIT_LEAF_SANCTION } },
[AUDIT_BATCH] = { "batch",
	{ { "ref", "i!*" }, AUDIT_LEAF_DECISION("h*") } },
[AUDIT_KEY_ROTATED] = { "key.rotated",
	{ { "old", "w!" }, { "new", "w!" } } },
};

const char *
audit_leaf_kind(enum audit_kind kind)
{
	return (audit_leaf_rows[kind].kind);
}

bool
audit_value_is(const struct audit_value *v, const char *s)
{
	return (v->p != NULL && v->len == strlen(s) &&
	    memcmp(v->p, s, v->len) == 0);
}

uint64_t
audit_value_number(const struct audit_value *v)
{
	uint64_t	n = 0;
	size_t		i;

	for (i = 0; i < v->len; i++)
		n = n * 10 + (uint64_t)(v->p[i] - '0');
	return (n);
}

static bool
audit_leaf_digits(const struct audit_value *v)
{
	size_t	i;

	for (i = 0; i < v->len; i++)
		if (v->p[i] < '0' || v->p[i] > '9')
			return (false);
	return (v->len > 0 && v->len <= 18 &&
	    (v->p[0] != '0' || v->len == 1));
}

static bool
audit_leaf_hex(const struct audit_value *v)
{
	size_t	i;

	for (i = 0; i < v->len; i++)
		if (strchr("0123456789abcdef", v->p[i]) == NULL ||
		    v->p[i] == '\0')
			return (false);
	return (v->len == 64);
}

/* YYYY-MM-DD as a number, or 0. */
static uint32_t
audit_leaf_date(const struct audit_value *v)
{
	static const uint32_t	days[13] = { 0, 31, 29, 31, 30, 31, 30, 31,
	    31, 30, 31, 30, 31 };
	uint32_t		n = 0;
	size_t			i;

	if (v->len != 10 || v->p[4] != '-' || v->p[7] != '-')
		return (0);
	for (i = 0; i < 10; i++) {
		if (i == 4 || i == 7)
			continue;
		if (v->p[i] < '0' || v->p[i] > '9')
			return (0);
		n = n * 10 + (uint32_t)(v->p[i] - '0');
	}
	if (n / 100 % 100 < 1 || n / 100 % 100 > 12 || n % 100 < 1 ||
	    n % 100 > days[n / 100 % 100])
		return (0);
	return (n);
}

/* Words are separated by single spaces; a word alone has none. */
static bool
audit_leaf_text(const struct audit_value *v, bool spaces)
{
	size_t	i;

	for (i = 0; i < v->len; i++) {
		if ((unsigned char)v->p[i] < 0x20 || v->p[i] == 0x7f)
			return (false);
		if (v->p[i] == ' ' && (!spaces || i == 0 ||
		    i + 1 == v->len || v->p[i - 1] == ' '))
			return (false);
	}
	return (v->len > 0);
}

static bool
audit_leaf_form(char form, const struct audit_value *v, uint64_t index)
{
	switch (form) {
	case 'n':
		return (audit_leaf_digits(v));
	case 'i':
		return (audit_leaf_digits(v) && audit_value_number(v) < index);
	case 'h':
		return (audit_leaf_hex(v));
	case 'd':
		return (audit_leaf_date(v) != 0);
	case 't':
		return (audit_leaf_text(v, true));
	default:
		return (audit_leaf_text(v, false));
	}
}

/* Takes "key value\n" off *p. */
static bool
audit_leaf_line(const char **p, const char *end, struct audit_value *key,
    struct audit_value *v)
{
	const char	*nl, *space;

	nl = *p < end ? memchr(*p, '\n', (size_t)(end - *p)) : NULL;
	if (nl == NULL)
		return (false);
	space = memchr(*p, ' ', (size_t)(nl - *p));
	if (space == NULL)
		return (false);
	*key = (struct audit_value){ *p, (size_t)(space - *p) };
	*v = (struct audit_value){ space + 1, (size_t)(nl - space - 1) };
	*p = nl + 1;
	return (true);
}

static int
audit_leaf_bad(struct err *err, const char *what,
    const struct audit_value *v)
{
	return (err_set(err, ERR_BAD_REQUEST, NULL, "%s: %.*s", what,
	    v->len > 60 ? 60 : (int)v->len, v->p));
}

/* The first line, kind and date; *p is moved behind them. */
static int
audit_leaf_head(struct audit_leaf *l, const char **p, const char *end,
    struct err *err)
{
	struct audit_value	k, v;
	int			i;

	if ((size_t)(end - *p) < strlen(AUDIT_LEAF_FIRST) ||
	    memcmp(*p, AUDIT_LEAF_FIRST, strlen(AUDIT_LEAF_FIRST)) != 0)
		return (err_set(err, ERR_BAD_REQUEST, NULL,
		    "the first line is not forumd/entry/v1"));
	*p += strlen(AUDIT_LEAF_FIRST);
	if (!audit_leaf_line(p, end, &k, &v) || !audit_value_is(&k, "kind"))
		return (err_set(err, ERR_BAD_REQUEST, NULL, "no kind"));
	for (i = 0; i < AUDIT_KINDS; i++)
		if (audit_value_is(&v, audit_leaf_rows[i].kind))
			break;
	if (i == AUDIT_KINDS)
		return (audit_leaf_bad(err, "unknown kind", &v));
	l->kind = (enum audit_kind)i;
	if (!audit_leaf_line(p, end, &k, &v) || !audit_value_is(&k, "time") ||
	    (l->date = audit_leaf_date(&v)) == 0)
		return (err_set(err, ERR_BAD_REQUEST, NULL, "no date"));
	return (0);
}

static int
audit_leaf_required(const struct audit_leaf *l, struct err *err)
{
	const struct audit_leaf_key	*key = audit_leaf_rows[l->kind].key;
	int				 i;

	for (i = 0; i < AUDIT_LEAF_KEYS && key[i].name != NULL; i++)
		if (l->value[i].p == NULL && key[i].form[1] == '!')
			return (err_set(err, ERR_BAD_REQUEST, NULL,
			    "%s without %s", audit_leaf_rows[l->kind].kind,
			    key[i].name));
	return (0);
}

int
audit_leaf_parse(struct audit_leaf *l, const char *bytes, size_t len,
    uint64_t index, struct err *err)
{
	const struct audit_leaf_key	*key;
	const char			*p = bytes;
	struct audit_value		 k, v;
	int				 at = 0, i;

	memset(l, 0, sizeof(*l));
	l->end = bytes + len;
	if (len > AUDIT_LEAF_MAX || unicode_count(bytes, len) < 0)
		return (err_set(err, ERR_BAD_REQUEST, NULL,
		    "longer than 65535 bytes or not UTF-8"));
	if (audit_leaf_head(l, &p, l->end, err) != 0)
		return (-1);
	key = audit_leaf_rows[l->kind].key;
	while (p < l->end) {
		if (!audit_leaf_line(&p, l->end, &k, &v))
			return (err_set(err, ERR_BAD_REQUEST, NULL,
			    "a line is not key and value"));
		for (i = at; i < AUDIT_LEAF_KEYS && key[i].name != NULL; i++)
			if (audit_value_is(&k, key[i].name))
				break;
		if (i == AUDIT_LEAF_KEYS || key[i].name == NULL)
			return (audit_leaf_bad(err,
			    "unknown, repeated or out of order", &k));
		if (!audit_leaf_form(key[i].form[0], &v, index))
			return (audit_leaf_bad(err, "malformed value", &k));
		if (l->value[i].p == NULL)
			l->value[i] = v;
		at = strchr(key[i].form, '*') != NULL ? i : i + 1;
	}
	return (audit_leaf_required(l, err));
}

struct audit_value
audit_leaf_get(const struct audit_leaf *l, const char *name)
{
	const struct audit_leaf_key	*key = audit_leaf_rows[l->kind].key;
	int				 i;

	for (i = 0; i < AUDIT_LEAF_KEYS && key[i].name != NULL; i++)
		if (strcmp(key[i].name, name) == 0)
			return (l->value[i]);
	return ((struct audit_value){ NULL, 0 });
}

bool
audit_leaf_next(const struct audit_leaf *l, const char *name,
    struct audit_value *v)
{
	const char		*p = v->p + v->len + 1;
	struct audit_value	 k;

	return (audit_leaf_line(&p, l->end, &k, v) &&
	    audit_value_is(&k, name));
}

uint64_t
audit_leaf_number(const struct audit_leaf *l, const char *key,
    uint64_t fallback)
{
	struct audit_value	v = audit_leaf_get(l, key);

	return (v.p != NULL ? audit_value_number(&v) : fallback);
}
