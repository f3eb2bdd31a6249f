/*
 * Scoring a text: windows of words, each through the network and the spam
 * weights; the strongest window speaks for the text, so that length neither
 * hides nor makes abuse. See model_file.h for the arithmetic.
 *
 * Mapped memory is trusted here, model.c has checked it; the text is not.
 */
#include <math.h>
#include <string.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

#include "moderation/features.h"
#include "moderation/language.h"
#include "moderation/model.h"
#include "moderation/model_int.h"

/* Vectors of a window with MODEL_WIDTH - 1 empty ones on either side. */
#define MODEL_PAD	(MODEL_WIDTH - 1)
#define MODEL_PLACES	(FEATURES_TOKENS + 2 * MODEL_PAD)

struct model_window {
	struct features	f;
	int16_t		x[MODEL_PLACES * MODEL_DIM] __attribute__((aligned(32)));
	int32_t		best[MODEL_FILTERS] __attribute__((aligned(32)));
	int32_t		at[MODEL_FILTERS] __attribute__((aligned(32)));
	float		hidden[MODEL_HIDDEN + MODEL_MIXED];
	float		logit[MODEL_LANES];
	float		spam;
};

float
model_exp(float x)
{
	union { uint32_t u; float f; } scale;
	float	n, r, p;

	if (x < -80.0f)
		return (0.0f);
	if (x > 80.0f)
		x = 80.0f;
	n = floorf(x * 1.44269504f + 0.5f);
	r = x - n * 0.693145752f - n * 1.42860677e-6f;
	p = 1.0f + r * (1.0f + r * (0.5f + r * (0.166666667f + r *
	    (0.0416666667f + r * (0.00833333333f + r * 0.00138888889f)))));
	scale.u = (uint32_t)((int)n + 127) << 23;
	return (p * scale.f);
}

float
model_sigmoid(float x)
{
	return (1.0f / (1.0f + model_exp(-x)));
}

/* Adds a row of the vector table to a sum. */
static inline void
model_add_row(int16_t sum[MODEL_DIM], const int8_t *row)
{
#ifdef __SSE2__
	__m128i	*s = (__m128i *)(void *)sum;
	__m128i	 r = _mm_load_si128((const __m128i *)(const void *)row);

	s[0] = _mm_add_epi16(s[0], _mm_srai_epi16(_mm_unpacklo_epi8(r, r), 8));
	s[1] = _mm_add_epi16(s[1], _mm_srai_epi16(_mm_unpackhi_epi8(r, r), 8));
#else
	int d;

	for (d = 0; d < MODEL_DIM; d++)
		sum[d] = (int16_t)(sum[d] + row[d]);
#endif
}

static void
model_embed(const struct model *m, struct model_window *w)
{
	const struct feature_token	*t;
	int16_t		sum[MODEL_DIM] __attribute__((aligned(16)));
	int16_t		*x;
	uint32_t	 i, k, b;
	int		 d, root;

	memset(w->x, 0, MODEL_PAD * MODEL_DIM * sizeof(*w->x));
	for (i = 0; i < w->f.ntok; i++) {
		t = &w->f.tok[i];
		b = t->word % MODEL_BUCKETS;
		memset(sum, 0, sizeof(sum));
		model_add_row(sum, m->vectors + (size_t)b * MODEL_DIM);
		for (k = 0; k < t->nsub; k++) {
			b = w->f.sub[t->sub + k] % MODEL_BUCKETS;
			model_add_row(sum, m->vectors + (size_t)b * MODEL_DIM);
		}
		root = m->root[1 + t->nsub];
		x = w->x + (i + MODEL_PAD) * MODEL_DIM;
		for (d = 0; d < MODEL_DIM; d++)
			x[d] = (int16_t)((sum[d] * root) >> 8);
	}
	memset(w->x + (i + MODEL_PAD) * MODEL_DIM, 0,
	    MODEL_PAD * MODEL_DIM * sizeof(*w->x));
}

/* The strongest sum of each filter over all places, and where. Every version
 * below adds the same integers, so that all give the same answer. */
static void
model_filter_plain(const int16_t *filters, struct model_window *w)
{
	const int16_t	*x;
	int32_t		 z[MODEL_FILTERS];
	uint32_t	 t, f, i;

	for (t = 0; t < w->f.ntok + MODEL_PAD; t++) {
		x = w->x + t * MODEL_DIM;
		memset(z, 0, sizeof(z));
		for (i = 0; i < MODEL_INPUTS; i++)
			for (f = 0; f < MODEL_FILTERS; f++)
				z[f] += x[i] * filters[(i / 2 * MODEL_FILTERS +
				    f) * 2 + i % 2];
		for (f = 0; f < MODEL_FILTERS; f++)
			if (z[f] > w->best[f]) {
				w->best[f] = z[f];
				w->at[f] = (int32_t)t;
			}
	}
}

#ifdef __SSE2__
/* Where the processor can: all sums stay in registers, named one by one so
 * that they do whatever the compiler thinks of unrolling. */
#define MODEL_EACH(X)	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

__attribute__((target("avx2")))
static void
model_filter_avx2(const int16_t *filters, struct model_window *w)
{
	const __m256i	*wt;
	__m256i		*best = (__m256i *)(void *)w->best, v, place;
	__m256i		*at = (__m256i *)(void *)w->at, more;
	int32_t		 pair;
	uint32_t	 t, i;

	_Static_assert(MODEL_FILTERS == 8 * 8, "eight sums of eight");
	for (t = 0; t < w->f.ntok + MODEL_PAD; t++) {
		wt = (const __m256i *)(const void *)filters;
		place = _mm256_set1_epi32((int)t);
#define ZERO(n) __m256i z##n = _mm256_setzero_si256();
		MODEL_EACH(ZERO)
		for (i = 0; i < MODEL_INPUTS / 2; i++, wt += 8) {
			memcpy(&pair, w->x + t * MODEL_DIM + 2 * i,
			    sizeof(pair));
			v = _mm256_set1_epi32(pair);
#define ADD(n) z##n = _mm256_add_epi32(z##n, _mm256_madd_epi16(v, wt[n]));
			MODEL_EACH(ADD)
		}
#define KEEP(n) more = _mm256_cmpgt_epi32(z##n, best[n]);		       \
		best[n] = _mm256_blendv_epi8(best[n], z##n, more);	       \
		at[n] = _mm256_blendv_epi8(at[n], place, more);
		MODEL_EACH(KEEP)
	}
#undef ZERO
#undef ADD
#undef KEEP
}
#endif

static void
model_filter(const int16_t *filters, struct model_window *w)
{
	int f;

	for (f = 0; f < MODEL_FILTERS; f++) {
		w->best[f] = INT32_MIN;
		w->at[f] = 0;
	}
#ifdef __SSE2__
	if (__builtin_cpu_supports("avx2")) {
		model_filter_avx2(filters, w);
		return;
	}
#endif
	model_filter_plain(filters, w);
}

/* The second layer and the heads: each input goes to all outputs at once. */
static void
model_heads(const struct model_scalars *s, struct model_window *w)
{
	float	mixed[MODEL_MIXED], logit[MODEL_LANES], v;
	int	i, k;

	memcpy(mixed, s->mix_bias, sizeof(mixed));
	for (i = 0; i < MODEL_HIDDEN; i++) {
		v = w->hidden[i];
		for (k = 0; k < MODEL_MIXED; k++)
			mixed[k] += v * s->mix[i][k];
	}
	for (k = 0; k < MODEL_MIXED; k++)
		mixed[k] = mixed[k] > 0.0f ? mixed[k] : 0.0f;
	memcpy(w->hidden + MODEL_HIDDEN, mixed, sizeof(mixed));
	memcpy(logit, s->out_bias, sizeof(logit));
	for (i = 0; i < MODEL_HIDDEN + MODEL_MIXED; i++) {
		v = w->hidden[i];
		for (k = 0; k < MODEL_LANES; k++)
			logit[k] += v * s->out[i][k];
	}
	memcpy(w->logit, logit, sizeof(logit));
}

/* The network over a window: hidden layer and logits. */
static void
model_network(const struct model *m, struct model_window *w)
{
	const struct model_scalars	*s = &m->s;
	int32_t		sum[MODEL_DIM] = { 0 };
	uint32_t	i;
	int		f, d;
	float		scale;

	model_embed(m, w);
	model_filter(m->filters, w);
	for (f = 0; f < MODEL_FILTERS; f++)
		w->hidden[f] = fmaxf(0.0f, (float)w->best[f] *
		    s->filter_scale + s->filter_bias[f]);
	for (i = 0; i < w->f.ntok; i++)
		for (d = 0; d < MODEL_DIM; d++)
			sum[d] += w->x[(i + MODEL_PAD) * MODEL_DIM + d];
	scale = s->vector_scale / (float)(w->f.ntok + 1);
	for (d = 0; d < MODEL_DIM; d++)
		w->hidden[MODEL_FILTERS + d] = (float)sum[d] * scale;
	model_heads(s, w);
}

/* The weights of the spam words of a token, in its own unit. */
static int
model_spam_token(const struct model *m, const struct features *f, uint32_t i,
    int *n)
{
	const struct feature_token	*t = &f->tok[i];
	uint32_t			 k;
	int				 sum;

	sum = m->spam[t->word % MODEL_SPAM_SIZE];
	if (i > 0)
		sum += m->spam[features_mix(f->tok[i - 1].word, t->word) %
		    MODEL_SPAM_SIZE];
	for (k = 0; k < t->nsub; k++)
		sum += m->spam[f->sub[t->sub + k] % MODEL_SPAM_SIZE];
	*n += 1 + (i > 0) + (int)t->nsub;
	return (sum);
}

static void
model_spam(const struct model *m, struct model_window *w)
{
	const struct model_scalars	*s = &m->s;
	uint32_t			 i;
	int				 sum = 0, n = 0;

	for (i = 0; i < w->f.ntok; i++)
		sum += model_spam_token(m, &w->f, i, &n);
	w->spam = s->spam_bias;
	if (n > 0)
		w->spam += s->spam_scale * (float)sum / sqrtf((float)n);
	for (i = 0; i < FEATURES_COUNTS; i++)
		w->spam += s->spam_count[i] * features_amount(w->f.count,
		    (enum feature_count)i);
}

/* How much each token pushed the abuse logit: a filter's share goes to the
 * words it looked at, by how much each of them moved it. */
static void
model_push_abuse(const struct model *m, const struct model_window *w,
    float push[FEATURES_TOKENS])
{
	const struct model_scalars	*s = &m->s;
	float		part[MODEL_WIDTH], c, sum;
	int		f, k, d, in;
	int32_t		tok;
	uint32_t	i;
	const int16_t	*x;

	for (f = 0; f < MODEL_FILTERS; f++) {
		c = s->out[f][0] * w->hidden[f];
		if (fabsf(c) < 0.02f)
			continue;	/* no one would see it */
		for (sum = 0, k = 0; k < MODEL_WIDTH; k++) {
			x = w->x + (w->at[f] + k) * MODEL_DIM;
			for (part[k] = 0, d = 0; d < MODEL_DIM; d++) {
				in = k * MODEL_DIM + d;
				part[k] += (float)x[d] * m->filters[(in / 2 *
				    MODEL_FILTERS + f) * 2 + in % 2];
			}
			part[k] = fmaxf(part[k], 0.0f);
			sum += part[k];
		}
		for (k = 0; k < MODEL_WIDTH; k++) {
			tok = w->at[f] + k - MODEL_PAD;
			if (tok >= 0 && (uint32_t)tok < w->f.ntok && sum > 0)
				push[tok] += c * part[k] / sum;
		}
	}
	c = s->vector_scale / (float)(w->f.ntok + 1);
	for (i = 0; i < w->f.ntok; i++)
		for (d = 0; d < MODEL_DIM; d++)
			push[i] += s->out[MODEL_FILTERS + d][0] * c *
			    w->x[(i + MODEL_PAD) * MODEL_DIM + d];
}

static void
model_push_spam(const struct model *m, const struct model_window *w,
    float push[FEATURES_TOKENS])
{
	uint32_t	i;
	int		n = 0;

	for (i = 0; i < w->f.ntok; i++)
		push[i] = (float)model_spam_token(m, &w->f, i, &n);
	for (i = 0; i < w->f.ntok; i++)
		push[i] *= m->s.spam_scale / sqrtf((float)n);
}

/* Puts a span in its place by weight; the weakest falls off the end. */
static void
model_span_add(struct model_result *r, struct model_span s)
{
	size_t i;

	if (r->nspans < MODEL_SPANS)
		i = r->nspans++;
	else if (r->spans[MODEL_SPANS - 1].weight < s.weight)
		i = MODEL_SPANS - 1;
	else
		return;
	for (; i > 0 && r->spans[i - 1].weight < s.weight; i--)
		r->spans[i] = r->spans[i - 1];
	r->spans[i] = s;
}

/* Neighbouring tokens with a noticeable push are one span. */
static void
model_spans(const struct model_window *w, const float *push,
    struct model_result *r)
{
	const struct feature_token	*t;
	struct model_span		 s = { 0, 0, 0 };
	float				 max = 0, sum = 0;
	uint32_t			 i;

	r->nspans = 0;
	for (i = 0; i < w->f.ntok; i++)
		max = fmaxf(max, push[i]);
	for (i = 0; i <= w->f.ntok; i++) {
		if (i < w->f.ntok && push[i] > 0.05f &&
		    push[i] > 0.25f * max) {
			t = &w->f.tok[i];
			if (sum == 0)
				s.start = t->start;
			s.len = t->start + t->len - s.start;
			sum += push[i];
			continue;
		}
		if (sum > 0) {
			s.weight = (int16_t)fminf(sum * 1000.0f, 32767.0f);
			model_span_add(r, s);
		}
		sum = 0;
	}
}

/* Takes a window's answer where it is stronger than what stands. */
static void
model_merge(const struct model *m, const struct model_window *w,
    struct model_result *r)
{
	const struct model_scalars	*s = &m->s;
	float	push[FEATURES_TOKENS] = { 0 }, e[MODEL_HEADS], sum = 0;
	double	abuse, spam;
	int	k;

	abuse = model_sigmoid(s->abuse_a * w->logit[0] + s->abuse_b);
	spam = model_sigmoid(s->spam_a * w->spam + s->spam_b);
	if (abuse > r->abuse && abuse >= spam && abuse >= MODEL_EXPLAINED) {
		model_push_abuse(m, w, push);
		model_spans(w, push, r);
	} else if (spam > r->spam && spam > r->abuse &&
	    spam >= MODEL_EXPLAINED) {
		model_push_spam(m, w, push);
		model_spans(w, push, r);
	}
	if (abuse > r->abuse) {
		r->abuse = abuse;
		for (k = 1; k < MODEL_HEADS; k++)
			sum += e[k] = model_exp(w->logit[k]);
		for (k = 1; k < MODEL_HEADS; k++)
			r->p[k - 1] = abuse * (sum > 0 ? e[k] / sum : 0.25);
	}
	if (spam > r->spam)
		r->p[MODEL_SPAM] = r->spam = spam;
}

/* A short text whose small words do not tell is of the language most of its
 * words are known in. */
static void
model_vocabulary(const struct model *m, const struct features *f,
    const char *text, struct model_result *r)
{
	static const char	code[MODEL_LANGUAGES][4] = { "en", "ro" };
	uint32_t		i, b, words = 0, hits[MODEL_LANGUAGES] = { 0 };
	int			l, best = 0;

	for (i = 0; i < f->ntok; i++) {
		if (f->tok[i].nsub == 0 || (text[f->tok[i].start] >= '0' &&
		    text[f->tok[i].start] <= '9'))
			continue;	/* a mark or a number */
		words++;
		b = f->tok[i].word % MODEL_VOCABULARY;
		for (l = 0; l < MODEL_LANGUAGES; l++)
			hits[l] += m->vocabulary[(size_t)l * MODEL_VOCABULARY /
			    8 + b / 8] >> (b % 8) & 1;
	}
	for (l = 1; l < MODEL_LANGUAGES; l++)
		if (hits[l] > hits[best])
			best = l;
	if (words > 0 && hits[best] * 2 > words)
		memcpy(r->language, code[best], sizeof(r->language));
}

void
model_logits(const struct model *m, const char *text, size_t len,
    float *abuse, float *spam)
{
	struct model_window	w;
	size_t			pos = 0;

	*abuse = *spam = -80.0f;
	do {
		pos = features_read(&w.f, text, pos, len);
		model_network(m, &w);
		model_spam(m, &w);
		*abuse = fmaxf(*abuse, w.logit[0]);
		*spam = fmaxf(*spam, w.spam);
	} while (pos < len);
}

void
model_score(const struct model *m, const char *text, size_t len,
    struct model_result *r)
{
	struct model_window	w;
	size_t			pos = 0;

	memset(r, 0, sizeof(*r));
	if (len > UINT32_MAX)
		len = UINT32_MAX;
	do {
		pos = features_read(&w.f, text, pos, len);
		if (r->language[0] == '\0') {
			if (language_of(r->language, &w.f, text, len) &&
			    strcmp(r->language, "und") == 0)
				model_vocabulary(m, &w.f, text, r);
		}
		model_network(m, &w);
		model_spam(m, &w);
		model_merge(m, &w, r);
	} while (pos < len);
	r->known = strcmp(r->language, "en") == 0 ||
	    strcmp(r->language, "ro") == 0;
	if (!r->known)
		r->verdict = MODEL_UNSURE;
	else if (r->abuse >= m->s.hold_abuse || r->spam >= m->s.hold_spam)
		r->verdict = MODEL_HOLD;
	else
		r->verdict = MODEL_PASS;
}
