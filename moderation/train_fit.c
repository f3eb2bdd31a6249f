/*
 * One command's worth of training. Every TRAIN_HELD_BACK-th row by the hash
 * of its text is kept from the weights, for calibration and thresholds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/model_int.h"
#include "moderation/train_calibrate.h"
#include "moderation/train_fit.h"
#include "moderation/train_house.h"
#include "moderation/train_json.h"
#include "moderation/train_write.h"
#include "storage/base/buf.h"

#define TRAIN_HELD_BACK	12
#define TRAIN_EPOCHS	4
#define TRAIN_AVERAGED	2	/* of the passes */
#define TRAIN_SEED	3
#define TRAIN_KNOWN	3	/* occurrences that make a word known */

static const struct train_net_options train_options = {
	.rate = 0.03f, .rate_emb = 0.1f, .dropout = 0.3f,
	.word_dropout = 0.1f, .group_rate = 0.02f,
};

struct fit {
	struct train_data	 data;	/* rows to learn from, then held back */
	size_t			 learn;
	struct train_doc	*doc;	/* owned; of the rows to learn from */
	uint32_t		*order;	/* owned */
	size_t			 abuse;	/* of order: rows that tell abuse */
	uint8_t			 vocabulary[MODEL_LANGUAGES *
				    MODEL_VOCABULARY / 8];
	struct train_spam	 spam;
	struct model_scalars	 scalars;
};

/* Which sources go in; one thread trains, so that these may be static. */
static bool		 fit_strict;
static const char	*fit_leave;

static bool
fit_keep(const struct train_source *s)
{
	if (fit_leave != NULL && strcmp(s->name, fit_leave) == 0)
		return (false);
	return (s->scope != TRAIN_EVAL &&
	    s->licence <= (fit_strict ? TRAIN_YES : TRAIN_UNCLEAR));
}

static int
fit_read(struct fit *f, const struct train_config *c, struct err *err)
{
	struct train_row	t;
	size_t			i, j;
	int			k;

	fit_strict = c->strict;
	fit_leave = c->leave;
	for (k = 0; k < c->ndata; k++)
		if (train_data_read(&f->data, c->data[k], fit_keep, err) == -1)
			return (-1);
	if (c->house != NULL && train_json_house(&f->data, c->house, err) == -1)
		return (-1);
	for (i = 0, j = f->data.n; i < j; ) {
		if (f->data.row[i].key % TRAIN_HELD_BACK != 0) {
			i++;
			continue;
		}
		t = f->data.row[--j];
		f->data.row[j] = f->data.row[i];
		f->data.row[i] = t;
	}
	f->learn = j;
	if (f->learn < 1000)
		return (err_set(err, ERR_INVALID_FIELD, "data",
		    "%zu rows are too few to learn from", f->learn));
	return (0);
}

static int
fit_docs(struct fit *f)
{
	size_t i;

	f->doc = calloc(f->learn, sizeof(*f->doc));
	f->order = malloc(f->learn * sizeof(*f->order));
	if (f->doc == NULL || f->order == NULL)
		return (-1);
	for (i = 0; i < f->learn; i++)
		if (train_doc_read(&f->doc[i], f->data.row[i].text,
		    f->data.row[i].len) == -1)
			return (-1);
	return (train_house_forget(f->doc, f->data.row, f->learn));
}

/* Words that occur often enough in a language's rows to be words of it. */
static int
fit_vocabulary(struct fit *f)
{
	uint8_t		*seen;
	uint32_t	 b;
	size_t		 i, t, l;

	seen = calloc(MODEL_LANGUAGES, MODEL_VOCABULARY);
	if (seen == NULL)
		return (-1);
	for (i = 0; i < f->learn; i++) {
		l = strcmp(f->data.row[i].source->language, "ro") == 0;
		for (t = 0; t < f->doc[i].ntok; t++) {
			b = (uint32_t)l * MODEL_VOCABULARY +
			    f->doc[i].word[t] % MODEL_VOCABULARY;
			if (seen[b] < TRAIN_KNOWN && ++seen[b] == TRAIN_KNOWN)
				f->vocabulary[b / 8] |= (uint8_t)(1 << b % 8);
		}
	}
	free(seen);
	return (0);
}

/* Trains the network. The last passes wander around a good place; their mean
 * is nearer to it than any of them. */
static void
fit_network(struct fit *f, struct train_net *net, struct train_net *mean)
{
	struct train_net_options	 o = train_options;
	uint32_t			 state = TRAIN_SEED;
	size_t				 i;
	int				 epoch, last;

	for (f->abuse = 0, i = 0; i < f->learn; i++)
		if (f->data.row[i].source->scope != TRAIN_SPAM_ONLY)
			f->order[f->abuse++] = (uint32_t)i;
	for (epoch = 0; epoch < TRAIN_EPOCHS; epoch++) {
		train_shuffle(f->order, f->abuse, &state);
		o.seed = (unsigned)(TRAIN_SEED + epoch * 100);
		train_net_epoch(net, f->doc, f->data.row, f->order, f->abuse,
		    &o, 1.0f - 0.5f * (float)epoch / TRAIN_EPOCHS);
		last = epoch - (TRAIN_EPOCHS - TRAIN_AVERAGED) + 1;
		if (last > 0)
			train_net_average(mean, net, 1.0f / (float)last);
		fprintf(stderr, "network: pass %d of %d\n", epoch + 1,
		    TRAIN_EPOCHS);
	}
}

/* The spam weights know pairs of words, and a pair may be one author's: house
 * rows stay out. */
static void
fit_spam(struct fit *f)
{
	const struct train_source	*house = train_data_source("house");
	size_t				 i, n = 0;

	for (i = 0; i < f->learn; i++)
		if (f->data.row[i].source != house)
			f->order[n++] = (uint32_t)i;
	train_spam_fit(&f->spam, f->doc, f->data.row, f->order, n);
}

/* The training description that stands in the file. */
static void
fit_describe(const struct fit *f, struct buf *b)
{
	static const char *const licences[] = { "clear", "unclear",
	    "share-alike", "no" };
	const struct train_source	*s;
	size_t				 i, j, n;

	buf_addf(b, "model: subword convolution, version %d\n", MODEL_VERSION);
	buf_adds(b, "languages: en ro\ndata-sha256: ");
	buf_hex(b, f->data.digest.b, HASH_LEN);
	buf_addf(b, "\nrows-learned: %zu\nrows-held-back: %zu\n", f->learn,
	    f->data.n - f->learn);
	for (i = 0; (s = train_data_source_at(i)) != NULL; i++) {
		for (n = 0, j = 0; j < f->data.n; j++)
			n += f->data.row[j].source == s;
		if (n > 0)
			buf_addf(b, "source: %s, %zu rows, licence %s\n",
			    s->name, n, licences[s->licence]);
	}
}

static int
fit_write(struct fit *f, const struct train_net *net, const char *out,
    struct err *err)
{
	struct buf	 b = BUF_INIT;
	unsigned char	*bytes;
	size_t		 len;
	int		 rc = -1;

	fit_describe(f, &b);
	bytes = buf_failed(&b) ? NULL : train_write_bytes(&f->scalars, net,
	    &f->spam, f->vocabulary, buf_str(&b), &len);
	buf_free(&b);
	if (bytes == NULL)
		return (err_set(err, ERR_INTERNAL, NULL, "out of memory"));
	if (train_calibrate(&f->scalars, bytes, len, f->data.row + f->learn,
	    f->data.n - f->learn, err) == 0) {
		train_write_scalars(bytes, len, &f->scalars);
		rc = train_write_file(out, bytes, len, err);
	}
	free(bytes);
	return (rc);
}

static void
fit_free(struct fit *f)
{
	size_t i;

	for (i = 0; f->doc != NULL && i < f->learn; i++)
		train_doc_free(&f->doc[i]);
	free(f->doc);
	free(f->order);
	train_data_free(&f->data);
	free(f);
}

int
train_fit(const struct train_config *c, struct err *err)
{
	struct train_net	*net, *mean;
	struct fit		*f;
	int			 rc = -1;

	net = train_net_new(TRAIN_SEED);
	mean = train_net_new(TRAIN_SEED);
	if ((f = calloc(1, sizeof(*f))) == NULL || net == NULL ||
	    mean == NULL) {
		err_set(err, ERR_INTERNAL, NULL, "out of memory");
		goto out;
	}
	if (fit_read(f, c, err) == -1)
		goto out;
	fprintf(stderr, "%zu rows to learn from, %zu held back\n", f->learn,
	    f->data.n - f->learn);
	if (fit_docs(f) == -1 || fit_vocabulary(f) == -1) {
		err_set(err, ERR_INTERNAL, NULL, "out of memory");
		goto out;
	}
	fit_network(f, net, mean);
	fit_spam(f);
	rc = fit_write(f, mean, c->out, err);
out:
	train_net_free(&net);
	train_net_free(&mean);
	if (f != NULL)
		fit_free(f);
	return (rc);
}
