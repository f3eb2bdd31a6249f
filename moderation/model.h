/*
 * The abuse model: a small file that says how likely a comment is an insult,
 * a threat, identity hate, obscene, or spam, and which words weighed most.
 *
 * A model is one read-only file, mapped into memory and checked whole when it
 * is opened: magic, version, bounds of every section, digest of the content.
 * After that it never changes, so any number of threads may score with it;
 * scoring allocates nothing, uses no clock and no locale, and gives the same
 * answer for the same bytes on every machine of the class. To reload, open
 * the new file, swap the pointer, close the old one when no one uses it.
 *
 * The word of a model alone never removes anything: the strongest verdict is
 * MODEL_HOLD, "a person should look". A text in a language that the model was
 * not trained for is MODEL_UNSURE, "not checked", and never a pass.
 *
 * How the file comes about and what it is worth: moderation/MODEL.md.
 */
#ifndef MODERATION_MODEL_H
#define MODERATION_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/err.h"

enum model_category {
	MODEL_INSULT,
	MODEL_THREAT,
	MODEL_IDENTITY_HATE,
	MODEL_OBSCENE,		/* obscene or sexual */
	MODEL_SPAM,
	MODEL_CATEGORIES
};

enum model_verdict {
	MODEL_PASS,
	MODEL_HOLD,
	MODEL_UNSURE		/* not checked: the language is not known */
};

#define MODEL_SPANS	8
#define MODEL_EXPLAINED	0.1	/* what is less likely has no spans */

/* Bytes [start, start + len) of the text scored; weight is the push towards
 * abuse in thousandths of a unit of log-odds, always positive. */
struct model_span { uint32_t start, len; int16_t weight; };

struct model_result {
	char			 language[4];	/* "en", "ro", ..., "und" */
	bool			 known;		/* trained for that language */
	double			 p[MODEL_CATEGORIES];	/* 0..1, calibrated */
	double			 abuse;		/* any of them but spam */
	double			 spam;
	enum model_verdict	 verdict;
	struct model_span	 spans[MODEL_SPANS];	/* strongest first */
	size_t			 nspans;
};

struct model;

/* Maps and checks a file. 0 and *out, the caller's to close; or -1 with the
 * reason in *err (not there, not a model, another version, cut short,
 * damaged), *out untouched. */
int		 model_open(struct model **out, const char *path,
		    struct err *err);
/* The same over bytes in memory, which must outlive the model. */
int		 model_open_bytes(struct model **out, const void *data,
		    size_t len, struct err *err);
void		 model_close(struct model **m);

/* Lower-case hex SHA-256 of the whole file; the training description, one
 * "key: value" a line; the thresholds of the verdict. All borrowed. */
const char	*model_digest(const struct model *m);
const char	*model_description(const struct model *m);
double		 model_hold_abuse(const struct model *m);
double		 model_hold_spam(const struct model *m);

/* "insult", "threat", "identity_hate", "obscene", "spam". */
const char	*model_category_name(enum model_category c);
/* "pass", "hold", "unsure". */
const char	*model_verdict_name(enum model_verdict v);

/* Scores a text of len bytes (any bytes, need not be UTF-8 or end in NUL).
 * Fills *r completely. Thread-safe. */
void		 model_score(const struct model *m, const char *text,
		    size_t len, struct model_result *r);

#endif
