/*
 * The interface's languages.
 *
 * A locale file is one flat JSON object: a key gives a text, or an object of
 * plural forms under CLDR's names. Which forms a language needs and which
 * one a number takes is in the table below; the rules are CLDR's for whole
 * numbers, which is all that we count. To add a language: one file, one row,
 * and a rule if none of the five fits.
 *
 * A key that a language lacks falls back to English, so that a half-done
 * translation is usable; locale_missing() says what is left to do.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "moderation/locale.h"

enum form { FORM_ONE, FORM_FEW, FORM_MANY, FORM_OTHER };

static const char *const form_names[] = { "one", "few", "many", "other" };

struct locale {
	const char	*tag;
	const char	*name;
	const char	*dir;
	enum form	(*rule)(int64_t n);
	unsigned	 forms;		/* the forms it needs, a bit each */
	json_t		*texts;		/* owned; NULL until loaded */
};

static enum form
locale_rule_en(int64_t n)
{
	return n == 1 ? FORM_ONE : FORM_OTHER;
}

static enum form
locale_rule_ro(int64_t n)
{
	if (n == 1)
		return FORM_ONE;
	if (n == 0 || (n % 100 >= 1 && n % 100 <= 19))
		return FORM_FEW;
	return FORM_OTHER;
}

static enum form
locale_rule_cs(int64_t n)
{
	if (n == 1)
		return FORM_ONE;
	return n >= 2 && n <= 4 ? FORM_FEW : FORM_OTHER;
}

static enum form
locale_rule_pl(int64_t n)
{
	if (n == 1)
		return FORM_ONE;
	if (n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 12 || n % 100 > 14))
		return FORM_FEW;
	return FORM_MANY;
}

#define BIT(f) (1u << (f))

static struct locale locales[] = {
	{ "en", "English", "ltr", locale_rule_en,
	    BIT(FORM_ONE) | BIT(FORM_OTHER), NULL },
	{ "ro", "Română", "ltr", locale_rule_ro,
	    BIT(FORM_ONE) | BIT(FORM_FEW) | BIT(FORM_OTHER), NULL },
	{ "cs", "Čeština", "ltr", locale_rule_cs,
	    BIT(FORM_ONE) | BIT(FORM_FEW) | BIT(FORM_OTHER), NULL },
	{ "sk", "Slovenčina", "ltr", locale_rule_cs,
	    BIT(FORM_ONE) | BIT(FORM_FEW) | BIT(FORM_OTHER), NULL },
	{ "pl", "Polski", "ltr", locale_rule_pl,
	    BIT(FORM_ONE) | BIT(FORM_FEW) | BIT(FORM_MANY), NULL },
};

#define NLOCALES (sizeof(locales) / sizeof(locales[0]))

static int
locale_load_one(struct locale *l, const char *(*file)(const char *name,
    size_t *len), struct err *err)
{
	char		 name[40];
	const char	*text;
	size_t		 len;
	json_error_t	 je;

	snprintf(name, sizeof(name), "conf/locales/%s.json", l->tag);
	if ((text = file(name, &len)) == NULL)
		return err_set(err, ERR_INTERNAL, NULL, "no file %s", name);
	l->texts = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	if (!json_is_object(l->texts))
		return err_set(err, ERR_INTERNAL, NULL, "%s:%d: %s", name,
		    je.line, je.text);
	return 0;
}

int
locale_load(const char *(*file)(const char *name, size_t *len),
    struct err *err)
{
	size_t	 i;

	for (i = 0; i < NLOCALES; i++)
		if (locale_load_one(&locales[i], file, err) == -1) {
			locale_unload();
			return -1;
		}
	return 0;
}

void
locale_unload(void)
{
	size_t	 i;

	for (i = 0; i < NLOCALES; i++) {
		json_decref(locales[i].texts);
		locales[i].texts = NULL;
	}
}

const struct locale *
locale_at(size_t i)
{
	return i < NLOCALES ? &locales[i] : NULL;
}

static const struct locale *
locale_find_n(const char *tag, size_t len)
{
	size_t	 i;

	if (len < 2 || (len > 2 && tag[2] != '-' && tag[2] != '_'))
		return NULL;
	for (i = 0; i < NLOCALES; i++)
		if (strncasecmp(locales[i].tag, tag, 2) == 0)
			return &locales[i];
	return NULL;
}

const struct locale *
locale_find(const char *tag)
{
	return tag == NULL ? NULL : locale_find_n(tag, strlen(tag));
}

const struct locale *
locale_or_english(const char *tag)
{
	const struct locale	*l = locale_find(tag);

	return l != NULL ? l : &locales[0];
}

/* The weight behind a range in thousandths: ";q=0.8" is 800, none is 1000. */
static int
locale_weight(const char *s, const char *end)
{
	int	 w, unit;

	while (s < end && *s != '=')
		s++;
	if (s == end)
		return 1000;
	s++;
	if (s < end && *s == '1')
		return 1000;
	if (end - s < 3 || s[0] != '0' || s[1] != '.')
		return 0;
	for (w = 0, unit = 100, s += 2; s < end && unit > 0; s++, unit /= 10) {
		if (*s < '0' || *s > '9')
			break;
		w += (*s - '0') * unit;
	}
	return w;
}

static const struct locale *
locale_accept(const char *s)
{
	const struct locale	*l, *best = NULL;
	const char		*end, *semi;
	int			 w, best_w = 0;

	while (*s != '\0') {
		s += strspn(s, " \t,");
		end = s + strcspn(s, ",");
		semi = s + strcspn(s, ";, \t");
		if (semi > end)
			semi = end;
		l = locale_find_n(s, (size_t)(semi - s));
		w = locale_weight(semi, end);
		if (l != NULL && w > best_w) {
			best = l;
			best_w = w;
		}
		s = end;
	}
	return best;
}

const struct locale *
locale_choose(const char *query, const char *cookie, const char *accept)
{
	const struct locale	*l;

	if ((l = locale_find(query)) != NULL)
		return l;
	if ((l = locale_find(cookie)) != NULL)
		return l;
	if (accept != NULL && (l = locale_accept(accept)) != NULL)
		return l;
	return &locales[0];
}

const char *
locale_tag(const struct locale *l)
{
	return l->tag;
}

const char *
locale_name(const struct locale *l)
{
	return l->name;
}

const char *
locale_dir(const struct locale *l)
{
	return l->dir;
}

const char *
tr(const struct locale *l, const char *key)
{
	const char	*s;

	s = json_string_value(json_object_get(l->texts, key));
	if (s == NULL)
		s = json_string_value(json_object_get(locales[0].texts, key));
	return s != NULL ? s : key;
}

static const char *
locale_form(const struct locale *l, const char *key, int64_t n)
{
	const json_t	*forms;
	const char	*s;

	forms = json_object_get(l->texts, key);
	s = json_string_value(json_object_get(forms,
	    form_names[l->rule(n < 0 ? -n : n)]));
	if (s == NULL)
		s = json_string_value(json_object_get(forms, "other"));
	return s;
}

const char *
tr_n(const struct locale *l, const char *key, int64_t n)
{
	const char	*s;

	if ((s = locale_form(l, key, n)) == NULL)
		s = locale_form(&locales[0], key, n);
	return s != NULL ? s : key;
}

/* The value of the place name[0..len), or NULL. */
static const char *
locale_value(const char *name, size_t len, va_list ap)
{
	const char	*k, *v, *found = NULL;
	va_list		 copy;

	va_copy(copy, ap);
	while (found == NULL && (k = va_arg(copy, const char *)) != NULL) {
		v = va_arg(copy, const char *);
		if (strlen(k) == len && memcmp(k, name, len) == 0)
			found = v != NULL ? v : "";
	}
	va_end(copy);
	return found;
}

/* Writes the text with its places filled, all of it through add. */
static void
locale_fill(struct buf *b, void (*add)(struct buf *, const char *, size_t),
    const char *text, va_list ap)
{
	const char	*end, *v;
	size_t		 len;

	while (*text != '\0') {
		len = strcspn(text, "{");
		add(b, text, len);
		text += len;
		if (*text == '\0')
			break;
		v = NULL;
		if ((end = strchr(text, '}')) != NULL)
			v = locale_value(text + 1, (size_t)(end - text - 1),
			    ap);
		if (v != NULL) {
			add(b, v, strlen(v));
			text = end + 1;
		} else
			add(b, text++, 1);
	}
}

static void
locale_add(struct buf *b, const char *s, size_t len)
{
	buf_add(b, s, len);
}

void
tr_html(struct buf *b, const char *text, ...)
{
	va_list	 ap;

	va_start(ap, text);
	locale_fill(b, buf_html, text, ap);
	va_end(ap);
}

void
tr_text(struct buf *b, const char *text, ...)
{
	va_list	 ap;

	va_start(ap, text);
	locale_fill(b, locale_add, text, ap);
	va_end(ap);
}

void
tr_html_n(struct buf *b, const struct locale *l, const char *key, int64_t n)
{
	char	 num[24];

	snprintf(num, sizeof(num), "%lld", (long long)n);
	tr_html(b, tr_n(l, key, n), "n", num, NULL);
}

void
locale_date(struct buf *b, const struct locale *l, int64_t ms)
{
	static const char *const months[] = { "month.1", "month.2",
	    "month.3", "month.4", "month.5", "month.6", "month.7", "month.8",
	    "month.9", "month.10", "month.11", "month.12" };
	struct tm	 tm;
	time_t		 t = (time_t)(ms / 1000);

	if (gmtime_r(&t, &tm) == NULL)
		return;
	buf_addi(b, tm.tm_mday);
	buf_adds(b, tr(l, "date.after_day"));
	buf_addc(b, ' ');
	buf_adds(b, tr(l, months[tm.tm_mon]));
	buf_addc(b, ' ');
	buf_addi(b, tm.tm_year + 1900);
}

void
locale_time(struct buf *b, const struct locale *l, int64_t ms)
{
	int64_t	 minute = ms / 60000 % 1440;

	locale_date(b, l, ms);
	buf_adds(b, minute < 600 ? ", 0" : ", ");
	buf_addi(b, minute / 60);
	buf_adds(b, minute % 60 < 10 ? ":0" : ":");
	buf_addi(b, minute % 60);
	buf_adds(b, " UTC");
}

void
locale_duration(struct buf *b, const struct locale *l, int64_t seconds)
{
	static const struct {
		int64_t		 seconds;
		const char	*key;
	} units[] = {
		{ 86400, "duration.days" },
		{ 3600, "duration.hours" },
		{ 60, "duration.minutes" },
		{ 1, "duration.seconds" },
	};
	const char	*text, *place;
	size_t		 i;
	int64_t		 n;

	for (i = 0; i < 3 && seconds < units[i].seconds; i++)
		;
	n = seconds / units[i].seconds;
	text = tr_n(l, units[i].key, n);
	if ((place = strstr(text, "{n}")) == NULL)
		return;
	buf_add(b, text, (size_t)(place - text));
	buf_addi(b, n);
	buf_adds(b, place + 3);
}

size_t
locale_missing(const struct locale *l,
    void (*fn)(const char *key, const char *form, void *arg), void *arg)
{
	const char	*key;
	json_t		*en, *own;
	size_t		 count = 0, f;

	json_object_foreach(locales[0].texts, key, en) {
		own = json_object_get(l->texts, key);
		if (json_is_string(en) && !json_is_string(own)) {
			fn(key, "", arg);
			count++;
		}
		if (!json_is_object(en))
			continue;
		for (f = 0; f <= FORM_OTHER; f++) {
			if (!(l->forms & BIT(f)) || json_is_string(
			    json_object_get(own, form_names[f])))
				continue;
			fn(key, form_names[f], arg);
			count++;
		}
	}
	return count;
}
