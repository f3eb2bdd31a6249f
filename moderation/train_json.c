/*
 * See train_json.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "moderation/train_json.h"

typedef int json_taker(struct train_data *, json_t *);

static const char *
json_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return (s == NULL ? "" : s);
}

/* A comment and, where it has several, its paragraphs. */
static int
json_take_thread(struct train_data *d, json_t *o)
{
	const struct train_source	*s = train_data_source("thread");
	const char			*body = json_text(o, "body"), *p, *end;

	if (*body == '\0')
		return (0);
	if (train_data_add(d, s, 0, -1, body, strlen(body), "whole") == -1)
		return (-1);
	if (strstr(body, "\n\n") == NULL)
		return (0);
	for (p = body; *p != '\0'; p = end) {
		p += strspn(p, "\n");
		end = strstr(p, "\n\n");
		end = end == NULL ? p + strlen(p) : end;
		if (end > p && train_data_add(d, s, 0, -1, p,
		    (size_t)(end - p), "paragraph") == -1)
			return (-1);
	}
	return (0);
}

static int
json_take_house(struct train_data *d, json_t *o)
{
	static const struct { const char *clause; int category; } map[] = {
		{ "personal-attack", MODEL_INSULT },
		{ "threat", MODEL_THREAT }, { "hate", MODEL_IDENTITY_HATE },
		{ "obscene", MODEL_OBSCENE }, { "spam", MODEL_SPAM },
	};
	const char	*text = json_text(o, "text");
	const char	*action = json_text(o, "action");
	const char	*outcome = json_text(o, "outcome");
	int		 label = strcmp(action, "remove") == 0, category = -1;
	size_t		 i;

	if (*text == '\0' || *json_text(o, "author") == '\0' ||
	    (!label && strcmp(action, "keep") != 0) ||
	    (strcmp(outcome, "agreed") != 0 && strcmp(outcome, "upheld") != 0))
		return (0);
	for (i = 0; i < sizeof(map) / sizeof(*map); i++)
		if (label && strcmp(map[i].clause, json_text(o, "clause")) == 0)
			category = map[i].category;
	if (label && (category == -1 || category == MODEL_SPAM))
		return (0);	/* not a matter of abuse */
	return (train_data_add(d, train_data_source("house"), label, category,
	    text, strlen(text), json_text(o, "author")));
}

static int
json_read(struct train_data *d, const char *path, json_taker *take,
    struct err *err)
{
	char		*line = NULL;
	json_error_t	 jerr;
	json_t		*o;
	size_t		 cap = 0;
	ssize_t		 n;
	FILE		*fp;
	int		 rc = 0;

	if ((fp = fopen(path, "r")) == NULL)
		return (err_set(err, ERR_NOT_FOUND, "data", "%s: %s", path,
		    strerror(errno)));
	while (rc == 0 && (n = getline(&line, &cap, fp)) > 0) {
		train_data_digest(d, line, (size_t)n);
		o = json_loadb(line, (size_t)n, JSON_REJECT_DUPLICATES, &jerr);
		if (o == NULL)
			rc = err_set(err, ERR_BAD_JSON, "data", "%s: %s",
			    path, jerr.text);
		else if (take(d, o) == -1)
			rc = err_set(err, ERR_INTERNAL, NULL, "out of memory");
		json_decref(o);
	}
	free(line);
	(void)fclose(fp);
	return (rc);
}

int
train_json_thread(struct train_data *d, const char *path, struct err *err)
{
	return (json_read(d, path, json_take_thread, err));
}

int
train_json_house(struct train_data *d, const char *path, struct err *err)
{
	return (json_read(d, path, json_take_house, err));
}
