/*
 * Reading labelled rows; see train_data.h. Adding a source is adding a row to
 * the table: what its labels mean comes first, its weight is measured last.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/train_data.h"

static const struct train_source train_sources[] = {
#define SRC(n, s, l, lang, g, w, news) { n, TRAIN_##s, TRAIN_##l, lang, g, w, \
    news }
	SRC("impermium",	CLEAN,	   UNCLEAR, "en", 0, 5.0f, true),
	SRC("nyt_rfd",		CLEAN,	   UNCLEAR, "en", 0, 2.5f, true),
	SRC("civil_comments",	CLEAN,	   YES,	    "en", 0, 5.0f, true),
	SRC("fox_news",		HATE_ONLY, YES,	    "en", 0, 1.0f, true),
	SRC("wiki_talk",	CLEAN,	   UNCLEAR, "en", 2, 1.0f, false),
	SRC("wiki_toxic",	CLEAN,	   UNCLEAR, "en", 2, 1.0f, false),
	SRC("cmv_adhom",	CLEAN,	   UNCLEAR, "en", 3, 1.0f, false),
	SRC("olid",		CLEAN,	   UNCLEAR, "en", 4, 1.0f, false),
	SRC("davidson",		CLEAN,	   YES,	    "en", 5, 0.5f, false),
	SRC("hatexplain",	CLEAN,	   YES,	    "en", 5, 0.5f, false),
	SRC("mhs",		CLEAN,	   YES,	    "en", 6, 1.0f, false),
	SRC("dynahate",		HATE_ONLY, YES,	    "en", 7, 3.0f, false),
	SRC("founta",		HATE_ONLY, UNCLEAR, "en", 5, 0.3f, false),
	SRC("hateval",		HATE_ONLY, NO,	    "en", 5, 0.3f, false),
	SRC("edos",		CLEAN,	   YES,	    "en", 6, 0.7f, false),
	SRC("stormfront",	HATE_ONLY, SHARE_ALIKE, "en", 7, 0.5f, false),
	SRC("hatemoji",		HATE_ONLY, YES,	    "en", 7, 0.7f, false),
	SRC("paradetox",	CLEAN,	   YES,	    "en", 8, 0.7f, false),
	SRC("convabuse",	CLEAN,	   YES,	    "en", 9, 0.7f, false),
	SRC("goemotions",	CLEAN,	   YES,	    "en", 6, 0.7f, false),
	SRC("youtube_spam",	SPAM_ONLY, YES,	    "en", 10, 1.0f, false),
	SRC("sms_spam",		SPAM_ONLY, YES,	    "en", 10, 1.0f, false),
	SRC("news_ro_offense",	CLEAN,	   YES,	    "ro", 11, 1.0f, true),
	SRC("ro_offense",	CLEAN,	   YES,	    "ro", 11, 1.0f, true),
	SRC("counterexample",	CLEAN,	   YES,	    "en", 7, 1.0f, false),
	SRC("counterexample_ro", CLEAN,	   YES,	    "ro", 11, 1.0f, false),
	SRC("house",		CLEAN,	   YES,	    "en", 0, 5.0f, true),
	SRC("hatecheck",	EVAL,	   YES,	    "en", 7, 0.0f, false),
	SRC("neutral",		EVAL,	   YES,	    "en", 0, 0.0f, false),
	SRC("madlibs",		EVAL,	   YES,	    "en", 2, 0.0f, false),
	SRC("thread",		EVAL,	   YES,	    "en", 0, 0.0f, false),
#undef SRC
};

#define SOURCES	(sizeof(train_sources) / sizeof(*train_sources))

/* The columns that we use; a file need not have all. */
enum { COL_LABEL, COL_CATEGORY, COL_SOURCE, COL_KIND, COL_TEXT, COL_ID,
    COL_COUNT };

struct train_columns { int at[COL_COUNT]; };

const struct train_source *
train_data_source_at(size_t i)
{
	return (i < SOURCES ? &train_sources[i] : NULL);
}

const struct train_source *
train_data_source(const char *name)
{
	size_t i;

	for (i = 0; i < SOURCES; i++)
		if (strcmp(train_sources[i].name, name) == 0)
			return (&train_sources[i]);
	return (NULL);
}

size_t
train_data_unescape(char *s, size_t len)
{
	size_t r, w = 0;

	for (r = 0; r < len; r++) {
		if (s[r] == '\\' && r + 1 < len) {
			r++;
			s[w++] = s[r] == 'n' ? '\n' : s[r] == 't' ? '\t' :
			    s[r] == 'r' ? '\r' : s[r];
		} else
			s[w++] = s[r];
	}
	s[w] = '\0';
	return (w);
}

static int
train_data_category(const char *name)
{
	static const struct { const char *name; int c; } map[] = {
		{ "insult", MODEL_INSULT }, { "threat", MODEL_THREAT },
		{ "identity_hate", MODEL_IDENTITY_HATE },
		{ "obscene", MODEL_OBSCENE }, { "sexual", MODEL_OBSCENE },
		{ "spam", MODEL_SPAM },
	};
	size_t i;

	for (i = 0; i < sizeof(map) / sizeof(*map); i++)
		if (strcmp(map[i].name, name) == 0)
			return (map[i].c);
	return (-1);
}

/* Splits a line at its tabs; the number of fields. */
static int
train_data_split(char *line, char **field, int max)
{
	int n = 0;

	for (;;) {
		field[n++] = line;
		line = strchr(line, '\t');
		if (line == NULL || n == max)
			return (n);
		*line++ = '\0';
	}
}

static int
train_data_header(struct train_columns *c, char *line, struct err *err)
{
	static const char *const names[COL_COUNT] = { "label", "category",
	    "source", "functionality", "text", "id" };
	char	*field[16];
	int	 n, i, k;

	for (k = 0; k < COL_COUNT; k++)
		c->at[k] = -1;
	n = train_data_split(line, field, 16);
	for (i = 0; i < n; i++)
		for (k = 0; k < COL_COUNT; k++)
			if (strcmp(field[i], names[k]) == 0 ||
			    (k == COL_KIND && c->at[k] < 0 &&
			    (strcmp(field[i], "identity") == 0 ||
			    strcmp(field[i], "template") == 0)))
				c->at[k] = i;
	if (c->at[COL_LABEL] < 0 || c->at[COL_TEXT] < 0)
		return (err_set(err, ERR_INVALID_FIELD, "data",
		    "the header names no label or no text"));
	return (0);
}

/* The source of a row: its column, or what its id begins with. */
static const struct train_source *
train_data_origin(char **field, const struct train_columns *c)
{
	const char *id;

	if (c->at[COL_SOURCE] >= 0)
		return (train_data_source(field[c->at[COL_SOURCE]]));
	id = c->at[COL_ID] >= 0 ? field[c->at[COL_ID]] : "";
	return (train_data_source(strncmp(id, "hc", 2) == 0 ? "hatecheck" :
	    strncmp(id, "neu", 3) == 0 ? "neutral" :
	    strncmp(id, "mad", 3) == 0 ? "madlibs" : ""));
}

int
train_data_add(struct train_data *d, const struct train_source *s, int label,
    int category, const char *text, size_t len, const char *kind)
{
	struct train_row	*r, *more;
	struct hash		 h;

	if (d->n == d->cap) {
		d->cap = d->cap == 0 ? 4096 : d->cap * 2;
		more = realloc(d->row, d->cap * sizeof(*more));
		if (more == NULL)
			return (-1);
		d->row = more;
	}
	r = &d->row[d->n];
	memset(r, 0, sizeof(*r));
	r->source = s;
	r->weight = s->weight;
	r->label = label != 0;
	r->category = (int8_t)category;
	r->text = strndup(text, len);
	r->kind = strdup(kind);
	d->n++;
	if (r->text == NULL || r->kind == NULL)
		return (-1);
	r->len = strlen(r->text);
	crypto_sha256(&h, r->text, r->len);
	memcpy(&r->key, h.b, sizeof(r->key));
	return (0);
}

void
train_data_digest(struct train_data *d, const void *p, size_t len)
{
	struct crypto_part part[2] = { { d->digest.b, HASH_LEN }, { p, len } };

	crypto_sha256_parts(&d->digest, part, 2);
}

static int
train_data_row(struct train_data *d, const struct train_columns *c,
    char **field, const struct train_source *s)
{
	char	*text = field[c->at[COL_TEXT]];
	size_t	 len = train_data_unescape(text, strlen(text));

	return (train_data_add(d, s, field[c->at[COL_LABEL]][0] == '1',
	    c->at[COL_CATEGORY] < 0 ? -1 :
	    train_data_category(field[c->at[COL_CATEGORY]]),
	    text, len,
	    c->at[COL_KIND] < 0 ? "" : field[c->at[COL_KIND]]));
}

static int
train_data_line(struct train_data *d, const struct train_columns *c,
    char *line, bool (*keep)(const struct train_source *), struct err *err)
{
	const struct train_source	*s;
	char				*field[16];
	int				 n, k;

	n = train_data_split(line, field, 16);
	for (k = 0; k < COL_COUNT; k++)
		if (c->at[k] >= n)
			return (err_set(err, ERR_INVALID_FIELD, "data",
			    "a row has too few fields"));
	if ((s = train_data_origin(field, c)) == NULL)
		return (err_set(err, ERR_INVALID_FIELD, "source",
		    "a row is of an unknown source"));
	if (keep != NULL && !keep(s))
		return (0);
	if (train_data_row(d, c, field, s) == -1)
		return (err_set(err, ERR_INTERNAL, NULL, "out of memory"));
	return (0);
}

int
train_data_read(struct train_data *d, const char *path,
    bool (*keep)(const struct train_source *), struct err *err)
{
	struct train_columns	 c = { { 0 } };
	char			*line = NULL;
	size_t			 cap = 0;
	ssize_t			 n;
	FILE			*fp;
	int			 rc = 0, lines = 0;

	if ((fp = fopen(path, "r")) == NULL)
		return (err_set(err, ERR_NOT_FOUND, "data", "%s: %s", path,
		    strerror(errno)));
	while (rc == 0 && (n = getline(&line, &cap, fp)) > 0) {
		train_data_digest(d, line, (size_t)n);
		if (line[n - 1] == '\n')
			line[--n] = '\0';
		rc = lines++ == 0 ? train_data_header(&c, line, err) :
		    train_data_line(d, &c, line, keep, err);
	}
	if (rc == 0 && (lines == 0 || ferror(fp)))
		rc = err_set(err, ERR_INVALID_FIELD, "data",
		    "%s: empty or unreadable", path);
	free(line);
	(void)fclose(fp);
	return (rc);
}

void
train_data_free(struct train_data *d)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		free(d->row[i].text);
		free(d->row[i].kind);
	}
	free(d->row);
	memset(d, 0, sizeof(*d));
}
