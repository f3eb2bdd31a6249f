/*
 * Training the network of train_net.h: one example at a time, Adagrad, the
 * gradient only through the word at which each filter answered strongest.
 *
 * Each source group has a bias of its own beside the common one, so that the
 * style of a source that is mostly abusive does not itself become evidence.
 * Loops run over constants in memory order; the compiler may vectorise them
 * but nothing is reordered that would change a result.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/features.h"
#include "moderation/model_int.h"
#include "moderation/train_net.h"

#define NET_ROWS	(FEATURES_TOKENS + 2 * NET_WIDTH)

/* What one example leaves behind for its backward pass. */
struct net_pass {
	float	x[NET_ROWS * NET_DIM];	/* zeros around */
	float	dx[NET_ROWS * NET_DIM];
	float	hidden[NET_ALL];
	float	mask[NET_HIDDEN];
	float	dhidden[NET_ALL];
	int	at[NET_FILTERS];
	uint32_t dropped[8];	/* words left out, a bit each */
};

uint32_t
train_random(uint32_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	*s ^= *s << 5;
	return (*s);
}

void
train_shuffle(uint32_t *order, size_t n, uint32_t *state)
{
	uint32_t	t;
	size_t		i, j;

	for (i = n; i > 1; i--) {
		j = train_random(state) % i;
		t = order[i - 1];
		order[i - 1] = order[j];
		order[j] = t;
	}
}

static float
net_uniform(uint32_t *s)
{
	return ((float)(train_random(s) >> 8) / 8388608.0f - 1.0f);
}

struct train_net *
train_net_new(unsigned seed)
{
	struct train_net	*net;
	uint32_t		 s = seed * 2654435761u + 1;
	size_t			 i, k;

	if ((net = calloc(1, sizeof(*net))) == NULL)
		return (NULL);
	net->emb = malloc((size_t)NET_BUCKETS * NET_DIM * sizeof(float));
	net->emb_acc = calloc(NET_BUCKETS, sizeof(float));
	if (net->emb == NULL || net->emb_acc == NULL) {
		train_net_free(&net);
		return (NULL);
	}
	for (i = 0; i < (size_t)NET_BUCKETS * NET_DIM; i++)
		net->emb[i] = net_uniform(&s) * 0.1f;
	for (i = 0; i < NET_WIDTH * NET_DIM; i++)
		for (k = 0; k < NET_FILTERS; k++)
			net->conv[i][k] = net_uniform(&s) * 0.2f;
	for (i = 0; i < NET_MIXED; i++)
		for (k = 0; k < NET_HIDDEN; k++)
			net->mix[i][k] = net_uniform(&s) * 0.2f;
	for (i = 0; i < NET_HEADS; i++)
		for (k = 0; k < NET_ALL; k++)
			net->out[i][k] = net_uniform(&s) * 0.1f;
	return (net);
}

void
train_net_free(struct train_net **net)
{
	if (*net == NULL)
		return;
	free((*net)->emb);
	free((*net)->emb_acc);
	free(*net);
	*net = NULL;
}

/* The vectors of the words, each the sum over word and subwords. */
static void
net_embed(const struct train_net *net, const struct train_doc *doc,
    struct net_pass *p)
{
	const float	*e;
	float		*x, s;
	uint32_t	 t, i, d;

	for (t = 0; t < doc->ntok; t++) {
		x = p->x + (t + NET_WIDTH) * NET_DIM;
		memset(x, 0, NET_DIM * sizeof(*x));
		if (p->dropped[t / 32] >> (t % 32) & 1)
			continue;
		e = net->emb + (size_t)(doc->word[t] % NET_BUCKETS) * NET_DIM;
		for (d = 0; d < NET_DIM; d++)
			x[d] = e[d];
		for (i = doc->first[t]; i < doc->first[t + 1]; i++) {
			e = net->emb +
			    (size_t)(doc->sub[i] % NET_BUCKETS) * NET_DIM;
			for (d = 0; d < NET_DIM; d++)
				x[d] += e[d];
		}
		s = 1.0f / sqrtf((float)(1 + doc->first[t + 1] -
		    doc->first[t]));
		for (d = 0; d < NET_DIM; d++)
			x[d] *= s;
	}
	memset(p->x, 0, NET_WIDTH * NET_DIM * sizeof(float));
	memset(p->x + (doc->ntok + NET_WIDTH) * NET_DIM, 0,
	    NET_WIDTH * NET_DIM * sizeof(float));
}

static void
net_forward(const struct train_net *net, const struct train_doc *doc,
    struct net_pass *p)
{
	float		 z[NET_FILTERS], v;
	const float	*x;
	uint32_t	 t, i, d, f;

	net_embed(net, doc, p);
	memset(p->hidden, 0, sizeof(p->hidden));
	for (f = 0; f < NET_FILTERS; f++)
		p->at[f] = -1;
	for (t = 0; t < doc->ntok + NET_WIDTH - 1; t++) {
		memcpy(z, net->conv_bias, sizeof(z));
		x = p->x + (t + 1) * NET_DIM;
		for (i = 0; i < NET_WIDTH * NET_DIM; i++) {
			v = x[i];
			for (f = 0; f < NET_FILTERS; f++)
				z[f] += v * net->conv[i][f];
		}
		for (f = 0; f < NET_FILTERS; f++)
			if (z[f] > p->hidden[f]) {
				p->hidden[f] = z[f];
				p->at[f] = (int)t;
			}
	}
	for (t = 0; t < doc->ntok; t++)
		for (d = 0; d < NET_DIM; d++)
			p->hidden[NET_FILTERS + d] +=
			    p->x[(t + NET_WIDTH) * NET_DIM + d];
	v = 1.0f / (float)(doc->ntok + 1);
	for (d = 0; d < NET_DIM; d++)
		p->hidden[NET_FILTERS + d] *= v;
}

/* The second layer. */
static void
net_mix(const struct train_net *net, struct net_pass *p)
{
	float	v;
	int	k, i;

	for (k = 0; k < NET_MIXED; k++) {
		v = net->mix_bias[k];
		for (i = 0; i < NET_HIDDEN; i++)
			v += net->mix[k][i] * p->hidden[i];
		p->hidden[NET_HIDDEN + k] = v > 0 ? v : 0;
	}
}

static void
net_step(float *w, float *acc, float g, float rate)
{
	*acc += g * g;
	*w -= rate * g / sqrtf(*acc + 1e-6f);
}

/* Moves head k by the error e and adds to the hidden gradient. */
static void
net_head(struct train_net *net, struct net_pass *p, int k, float e, float rate)
{
	int i;

	for (i = 0; i < NET_ALL; i++) {
		p->dhidden[i] += e * net->out[k][i];
		net_step(&net->out[k][i], &net->out_acc[k][i],
		    e * p->hidden[i] + 1e-6f * net->out[k][i], rate);
	}
	net_step(&net->out_bias[k], &net->out_bias_acc[k], e, rate);
}

static void
net_mix_backward(struct train_net *net, struct net_pass *p, float rate)
{
	float	e;
	int	k, i;

	for (k = 0; k < NET_MIXED; k++) {
		if (p->hidden[NET_HIDDEN + k] <= 0 ||
		    (e = p->dhidden[NET_HIDDEN + k]) == 0)
			continue;
		for (i = 0; i < NET_HIDDEN; i++) {
			p->dhidden[i] += e * net->mix[k][i];
			net_step(&net->mix[k][i], &net->mix_acc[k][i],
			    e * p->hidden[i] + 1e-6f * net->mix[k][i], rate);
		}
		net_step(&net->mix_bias[k], &net->mix_bias_acc[k], e, rate);
	}
	for (i = 0; i < NET_HIDDEN; i++)
		p->dhidden[i] *= p->mask[i];
}

static void
net_backward(struct train_net *net, const struct train_doc *doc,
    struct net_pass *p, float rate, float rate_emb)
{
	float		 g, s, n2, *e;
	uint32_t	 f, i, t, d, b;

	memset(p->dx, 0, (doc->ntok + 2 * NET_WIDTH) * NET_DIM *
	    sizeof(float));
	for (f = 0; f < NET_FILTERS; f++) {
		if (p->at[f] < 0 || (g = p->dhidden[f]) == 0.0f)
			continue;
		for (i = 0; i < NET_WIDTH * NET_DIM; i++) {
			t = (uint32_t)(p->at[f] + 1) * NET_DIM + i;
			p->dx[t] += g * net->conv[i][f];
			net_step(&net->conv[i][f], &net->conv_acc[i][f],
			    g * p->x[t], rate);
		}
		net_step(&net->conv_bias[f], &net->conv_bias_acc[f], g, rate);
	}
	s = 1.0f / (float)(doc->ntok + 1);
	for (t = 0; t < doc->ntok; t++) {
		if (p->dropped[t / 32] >> (t % 32) & 1)
			continue;
		e = p->dx + (t + NET_WIDTH) * NET_DIM;
		g = 1.0f / sqrtf((float)(1 + doc->first[t + 1] -
		    doc->first[t]));
		for (n2 = 0, d = 0; d < NET_DIM; d++) {
			e[d] = g * (e[d] + s * p->dhidden[NET_FILTERS + d]);
			n2 += e[d] * e[d];
		}
		n2 /= NET_DIM;
		for (i = doc->first[t]; i <= doc->first[t + 1]; i++) {
			b = (i < doc->first[t + 1] ? doc->sub[i] :
			    doc->word[t]) % NET_BUCKETS;
			net->emb_acc[b] += n2;
			g = rate_emb / sqrtf(net->emb_acc[b] + 1e-8f);
			for (d = 0; d < NET_DIM; d++)
				net->emb[(size_t)b * NET_DIM + d] -= g * e[d];
		}
	}
}

/* The error of the heads for a row, and their steps. */
static void
net_learn(struct train_net *net, const struct train_row *row,
    struct net_pass *p, const struct train_net_options *o, float rate)
{
	float	z[NET_HEADS], max, sum, e, w = row->weight;
	int	k, i, c;

	for (k = 0; k < NET_HEADS; k++) {
		z[k] = net->out_bias[k];
		for (i = 0; i < NET_ALL; i++)
			z[k] += net->out[k][i] * p->hidden[i];
	}
	memset(p->dhidden, 0, sizeof(p->dhidden));
	c = row->source->group;
	e = w * (model_sigmoid(z[0] + net->group_bias[c]) - row->label);
	net->group_bias[c] -= o->group_rate * (e +
	    0.01f * net->group_bias[c]);
	net_head(net, p, 0, e, rate);
	if (row->label == 0 || row->category < 0)
		return;
	max = z[1];
	for (k = 2; k < NET_HEADS; k++)
		max = z[k] > max ? z[k] : max;
	for (sum = 0, k = 1; k < NET_HEADS; k++)
		sum += z[k] = model_exp(z[k] - max);
	for (k = 1; k < NET_HEADS; k++)
		net_head(net, p, k, 0.3f * w * (z[k] / sum -
		    (k - 1 == row->category)), rate);
}

void
train_net_epoch(struct train_net *net, const struct train_doc *doc,
    const struct train_row *row, const uint32_t *order, size_t n,
    const struct train_net_options *o, float now)
{
	static _Thread_local struct net_pass p;
	uint32_t	 s = o->seed * 747796405u + 7, t;
	size_t		 j, i;
	float		 keep = 1.0f - o->dropout;

	for (j = 0; j < n; j++) {
		i = order[j];
		memset(p.dropped, 0, sizeof(p.dropped));
		for (t = 0; t < doc[i].ntok; t++)
			if ((train_random(&s) >> 8) <
			    o->word_dropout * 16777216.0f)
				p.dropped[t / 32] |= 1u << (t % 32);
		net_forward(net, &doc[i], &p);
		for (t = 0; t < NET_HIDDEN; t++) {
			p.mask[t] = (train_random(&s) >> 8) <
			    keep * 16777216.0f ? 1.0f / keep : 0.0f;
			p.hidden[t] *= p.mask[t];
		}
		net_mix(net, &p);
		net_learn(net, &row[i], &p, o, o->rate * now);
		net_mix_backward(net, &p, o->rate * now);
		net_backward(net, &doc[i], &p, o->rate * now,
		    o->rate_emb * now);
	}
}

static void
net_average(float *mean, const float *w, size_t n, float share)
{
	size_t i;

	for (i = 0; i < n; i++)
		mean[i] += share * (w[i] - mean[i]);
}

void
train_net_average(struct train_net *mean, const struct train_net *net,
    float share)
{
#define AVERAGE(field) net_average((float *)mean->field,		       \
	(const float *)net->field, sizeof(mean->field) / sizeof(float), share)
	net_average(mean->emb, net->emb, (size_t)NET_BUCKETS * NET_DIM,
	    share);
	AVERAGE(conv);
	AVERAGE(conv_bias);
	AVERAGE(mix);
	AVERAGE(mix_bias);
	AVERAGE(out);
	AVERAGE(out_bias);
#undef AVERAGE
}

void
train_net_score(const struct train_net *net, const struct train_doc *doc,
    float logit[NET_HEADS])
{
	static _Thread_local struct net_pass p;
	int k, i;

	memset(p.dropped, 0, sizeof(p.dropped));
	net_forward(net, doc, &p);
	net_mix(net, &p);
	for (k = 0; k < NET_HEADS; k++) {
		logit[k] = net->out_bias[k];
		for (i = 0; i < NET_ALL; i++)
			logit[k] += net->out[k][i] * p.hidden[i];
	}
}
