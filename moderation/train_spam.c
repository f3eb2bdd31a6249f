/*
 * Training the spam weights; see train_spam.h. Rows of the spam sources count
 * fully; the many other rows are there to teach what ordinary comments look
 * like and count little each.
 */
#include <math.h>
#include <string.h>

#include "moderation/features.h"
#include "moderation/model_int.h"
#include "moderation/train_net.h"
#include "moderation/train_spam.h"

#define SPAM_EPOCHS	20
#define SPAM_RATE	0.1f
#define SPAM_DECAY	5e-4f
#define SPAM_ORDINARY	0.0005f	/* weight of a row of another source */
#define SPAM_PLACES	(FEATURES_SUBS + 2 * FEATURES_TOKENS)

/* The places of a document's features, and their common value. */
static float
spam_places(const struct train_doc *d, uint32_t *place, uint32_t *count)
{
	uint32_t i, n = 0;

	for (i = 0; i < d->ntok; i++) {
		place[n++] = d->word[i] % MODEL_SPAM_SIZE;
		if (i > 0)
			place[n++] = features_mix(d->word[i - 1],
			    d->word[i]) % MODEL_SPAM_SIZE;
	}
	for (i = 0; i < d->first[d->ntok]; i++)
		place[n++] = d->sub[i] % MODEL_SPAM_SIZE;
	*count = n;
	return (n == 0 ? 0.0f : 1.0f / sqrtf((float)n));
}

static void
spam_step(float *w, float *acc, float g, float rate)
{
	*acc += g * g;
	*w -= rate * g / sqrtf(*acc + 1e-6f);
}

static void
spam_learn(struct train_spam *s, const struct train_doc *d, float y,
    float weight, float rate)
{
	static _Thread_local uint32_t place[SPAM_PLACES];
	uint32_t	k, n;
	float		x, z = 0, e, c[FEATURES_COUNTS];

	x = spam_places(d, place, &n);
	for (k = 0; k < n; k++)
		z += s->w[place[k]];
	z = z * x + s->bias;
	for (k = 0; k < FEATURES_COUNTS; k++) {
		c[k] = features_amount(d->count, (enum feature_count)k);
		z += s->count[k] * c[k];
	}
	e = weight * (model_sigmoid(z) - y);
	s->bias -= 0.02f * e;
	for (k = 0; k < FEATURES_COUNTS; k++)
		spam_step(&s->count[k], &s->count_acc[k], e * c[k],
		    0.1f * rate);
	for (k = 0; k < n; k++)
		spam_step(&s->w[place[k]], &s->acc[place[k]],
		    e * x + SPAM_DECAY * s->w[place[k]], rate);
}

void
train_spam_fit(struct train_spam *s, const struct train_doc *doc,
    const struct train_row *row, uint32_t *order, size_t n)
{
	uint32_t	state = 20261122;
	size_t		j, i;
	int		epoch;

	memset(s, 0, sizeof(*s));
	for (epoch = 0; epoch < SPAM_EPOCHS; epoch++) {
		train_shuffle(order, n, &state);
		for (j = 0; j < n; j++) {
			i = order[j];
			spam_learn(s, &doc[i],
			    row[i].category == MODEL_SPAM, row[i].source->scope
			    == TRAIN_SPAM_ONLY ? 1.0f : SPAM_ORDINARY,
			    SPAM_RATE * (1.0f - 0.8f / SPAM_EPOCHS *
			    (float)epoch));
		}
	}
}
