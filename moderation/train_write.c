/*
 * Rounding and writing; see train_write.h and model_file.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "moderation/train_write.h"
#include "storage/base/crypto.h"

static int
write_round(float v, int max)
{
	int i = (int)floorf(v + 0.5f);

	return (i > max ? max : i < -max ? -max : i);
}

/* The value of one step when n values are rounded to 8 bits: the largest are
 * cut, which costs less than coarse steps for all. */
static float
write_scale(const float *v, size_t n)
{
	double	sum = 0;
	float	max = 0, cut;
	size_t	i, used = 0;

	for (i = 0; i < n; i++) {
		sum += (double)v[i] * v[i];
		max = fmaxf(max, fabsf(v[i]));
		used += v[i] != 0.0f;
	}
	cut = 16.0f * (float)sqrt(sum / (double)(used > 0 ? used : 1));
	return (fmaxf(fminf(cut, max), 1e-6f) / 127.0f);
}

static void
write_filters(const struct train_net *net, int16_t *out,
    struct model_scalars *s)
{
	float	max = 1e-6f, step;
	int	i, f;

	for (i = 0; i < MODEL_INPUTS; i++)
		for (f = 0; f < MODEL_FILTERS; f++)
			max = fmaxf(max, fabsf(net->conv[i][f]));
	step = max / MODEL_FILTER_MAX;
	for (i = 0; i < MODEL_INPUTS; i++)
		for (f = 0; f < MODEL_FILTERS; f++)
			out[(i / 2 * MODEL_FILTERS + f) * 2 + i % 2] =
			    (int16_t)write_round(net->conv[i][f] / step,
			    MODEL_FILTER_MAX);
	s->filter_scale = step * s->vector_scale;
}

static void
write_weights(unsigned char *b, const struct model_section *t,
    struct model_scalars *s, const struct train_net *net,
    const struct train_spam *spam)
{
	int8_t	*v = (int8_t *)(b + t[SECTION_VECTORS].offset);
	float	 step;
	size_t	 i, k;

	step = write_scale(net->emb, (size_t)MODEL_BUCKETS * MODEL_DIM);
	for (i = 0; i < (size_t)MODEL_BUCKETS * MODEL_DIM; i++)
		v[i] = (int8_t)write_round(net->emb[i] / step, 127);
	s->vector_scale = step / MODEL_VECTOR_UNIT;
	write_filters(net, (int16_t *)(void *)(b + t[SECTION_FILTERS].offset),
	    s);
	memcpy(s->filter_bias, net->conv_bias, sizeof(s->filter_bias));
	for (i = 0; i < MODEL_HIDDEN; i++)
		for (k = 0; k < MODEL_MIXED; k++)
			s->mix[i][k] = net->mix[k][i];
	memcpy(s->mix_bias, net->mix_bias, sizeof(s->mix_bias));
	for (i = 0; i < MODEL_HIDDEN + MODEL_MIXED; i++)
		for (k = 0; k < MODEL_HEADS; k++)
			s->out[i][k] = net->out[k][i];
	memcpy(s->out_bias, net->out_bias, sizeof(net->out_bias));
	v = (int8_t *)(b + t[SECTION_SPAM].offset);
	step = write_scale(spam->w, MODEL_SPAM_SIZE);
	for (i = 0; i < MODEL_SPAM_SIZE; i++)
		v[i] = (int8_t)write_round(spam->w[i] / step, 127);
	s->spam_scale = step;
	s->spam_bias = spam->bias;
	memcpy(s->spam_count, spam->count, sizeof(s->spam_count));
}

static void
write_digest(unsigned char *b, size_t len)
{
	struct hash h;

	memset(b + offsetof(struct model_header, digest), 0, HASH_LEN);
	crypto_sha256(&h, b, len);
	memcpy(b + offsetof(struct model_header, digest), h.b, HASH_LEN);
}

unsigned char *
train_write_bytes(struct model_scalars *s, const struct train_net *net,
    const struct train_spam *spam, const uint8_t *vocabulary,
    const char *description, size_t *len)
{
	struct model_header	 h = { MODEL_MAGIC, MODEL_VERSION,
	    MODEL_SECTIONS, 0, { 0 }, { 0 } };
	struct model_section	 t[MODEL_SECTIONS];
	const uint32_t		 lens[MODEL_SECTIONS] = {
		[SECTION_DESCRIPTION] = (uint32_t)strlen(description),
		[SECTION_SCALARS] = sizeof(*s),
		[SECTION_VECTORS] = MODEL_BUCKETS * MODEL_DIM,
		[SECTION_FILTERS] = MODEL_INPUTS * MODEL_FILTERS * 2,
		[SECTION_SPAM] = MODEL_SPAM_SIZE,
		[SECTION_VOCABULARY] = MODEL_LANGUAGES * MODEL_VOCABULARY / 8,
	};
	unsigned char		*b;
	uint32_t		 at = sizeof(h) + sizeof(t);
	int			 i;

	for (i = 0; i < MODEL_SECTIONS; i++) {
		at = (at + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
		t[i] = (struct model_section){ at, lens[i] };
		at += lens[i];
	}
	at = (at + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
	if ((b = aligned_alloc(MODEL_ALIGN, at)) == NULL)
		return (NULL);
	memset(b, 0, at);
	h.size = *len = at;
	memcpy(b, &h, sizeof(h));
	memcpy(b + sizeof(h), t, sizeof(t));
	memcpy(b + t[SECTION_DESCRIPTION].offset, description,
	    lens[SECTION_DESCRIPTION]);
	memcpy(b + t[SECTION_VOCABULARY].offset, vocabulary,
	    lens[SECTION_VOCABULARY]);
	write_weights(b, t, s, net, spam);
	train_write_scalars(b, at, s);
	return (b);
}

void
train_write_scalars(unsigned char *b, size_t len,
    const struct model_scalars *s)
{
	struct model_section t[MODEL_SECTIONS];

	memcpy(t, b + sizeof(struct model_header), sizeof(t));
	memcpy(b + t[SECTION_SCALARS].offset, s, sizeof(*s));
	write_digest(b, len);
}

int
train_write_file(const char *path, const void *bytes, size_t len,
    struct err *err)
{
	char	temp[4096];
	FILE	*fp;
	int	 bad;

	if (snprintf(temp, sizeof(temp), "%s.new", path) >=
	    (int)sizeof(temp))
		return (err_set(err, ERR_INVALID_FIELD, "out",
		    "the path is too long"));
	if ((fp = fopen(temp, "wb")) == NULL)
		return (err_set(err, ERR_STORAGE_UNAVAILABLE, "out", "%s: %s",
		    temp, strerror(errno)));
	bad = fwrite(bytes, 1, len, fp) != len || fflush(fp) != 0 ||
	    fsync(fileno(fp)) != 0;
	bad |= fclose(fp) != 0;
	if (bad || rename(temp, path) == -1) {
		(void)unlink(temp);
		return (err_set(err, ERR_STORAGE_UNAVAILABLE, "out",
		    "%s: cannot be written", path));
	}
	return (0);
}
