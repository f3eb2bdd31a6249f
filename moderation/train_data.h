/*
 * The labelled rows that the abuse model learns from and is measured on.
 *
 * A file is tab-separated with a header line; \n, \t, \r and \\ are escapes.
 * Each source of rows means something else by its 0 and its 1, and may or may
 * not be used for a model that is given away: the table in train_data.c says
 * so, row by row, and a source that it does not name is refused.
 */
#ifndef MODERATION_TRAIN_DATA_H
#define MODERATION_TRAIN_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "moderation/model.h"
#include "storage/base/crypto.h"
#include "storage/base/err.h"

/* What a 0 of the source says. */
enum train_scope {
	TRAIN_CLEAN,		/* not abusive */
	TRAIN_HATE_ONLY,	/* no hate on a group; may be an insult */
	TRAIN_SPAM_ONLY,	/* not spam; says nothing on abuse */
	TRAIN_EVAL		/* only for measuring */
};

/* May the source's rows go into a model that is given away? */
enum train_licence { TRAIN_YES, TRAIN_UNCLEAR, TRAIN_SHARE_ALIKE, TRAIN_NO };

struct train_source {
	const char		*name;
	enum train_scope	 scope;
	enum train_licence	 licence;
	const char		*language;
	int			 group;	/* sources of one style share a bias */
	float			 weight;
	bool			 news;	/* comments under news */
};

#define TRAIN_GROUPS	12

struct train_row {
	const struct train_source *source;
	char		*text;		/* owned, unescaped */
	size_t		 len;
	uint64_t	 key;		/* hash of the text */
	float		 weight;
	int8_t		 label;
	int8_t		 category;	/* enum model_category or -1 */
	char		*kind;		/* owned: functionality, identity, */
					/* or a house row's author */
};

struct train_data {
	struct train_row	*row;		/* owned */
	size_t			 n, cap;
	struct hash		 digest;	/* over all files, in order */
};

/* Adds the rows of a file; sources for which keep() says no are left out
 * (keep may be NULL). */
int		 train_data_read(struct train_data *d, const char *path,
		    bool (*keep)(const struct train_source *), struct err *err);
/* Adds one row; copies the text. 0, or -1 where memory is short. */
int		 train_data_add(struct train_data *d,
		    const struct train_source *source, int label,
		    int category, const char *text, size_t len,
		    const char *kind);
/* Undoes the escapes in place; the new length. */
size_t		 train_data_unescape(char *s, size_t len);
/* Takes bytes that were read into the digest. */
void		 train_data_digest(struct train_data *d, const void *p,
		    size_t len);
void		 train_data_free(struct train_data *d);
const struct train_source *train_data_source(const char *name);
/* The i-th row of the table, NULL behind the last. */
const struct train_source *train_data_source_at(size_t i);

#endif
