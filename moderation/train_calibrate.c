/*
 * Calibration is logistic (Platt 1999) by Newton's method: two numbers, fitted
 * on rows whose 0 means "clean". The thresholds are read off clean comments
 * under news: what share of them a newsroom is willing to look at in vain.
 */
#include <math.h>
#include <stdlib.h>

#include "moderation/model.h"
#include "moderation/model_int.h"
#include "moderation/train_calibrate.h"
#include "moderation/train_metrics.h"

struct calibrate_point { float logit, weight; int label; };

/* Maximum likelihood for sigmoid(a * logit + b). */
static void
calibrate_fit(const struct calibrate_point *p, size_t n, float *a, float *b)
{
	double	ga, gb, haa, hab, hbb, e, q, det, x = 1, y = 0;
	size_t	i;
	int	round;

	for (round = 0; round < 30; round++) {
		ga = gb = hab = 0;
		haa = hbb = 1e-6;
		for (i = 0; i < n; i++) {
			q = model_sigmoid((float)(x * p[i].logit + y));
			e = p[i].weight * (q - p[i].label);
			q = p[i].weight * q * (1 - q);
			ga += e * p[i].logit;
			gb += e;
			haa += q * p[i].logit * p[i].logit;
			hab += q * p[i].logit;
			hbb += q;
		}
		det = haa * hbb - hab * hab;
		if (det < 1e-12)
			break;
		x -= (hbb * ga - hab * gb) / det;
		y -= (haa * gb - hab * ga) / det;
	}
	*a = (float)x;
	*b = (float)y;
}

/* The probability that only a share of the label-0 points reaches. */
static int
calibrate_threshold(const struct calibrate_point *p, size_t n, float a,
    float b, double share, float *out)
{
	struct train_point	*q;
	size_t			 i;

	if ((q = malloc((n + 1) * sizeof(*q))) == NULL)
		return (-1);
	for (i = 0; i < n; i++)
		q[i] = (struct train_point){
		    (double)model_sigmoid(a * p[i].logit + b), p[i].label };
	*out = (float)train_metrics_threshold(q, n, share);
	free(q);
	return (0);
}

/* What a row says about abuse, about clean news, about spam. */
static size_t
calibrate_take(struct calibrate_point *p, const struct train_row *row,
    const float *logit, size_t n, int what)
{
	const struct train_source	*s;
	size_t				 i, k = 0;

	for (i = 0; i < n; i++) {
		s = row[i].source;
		if (what == 2 ? s->scope == TRAIN_EVAL :
		    s->scope != TRAIN_CLEAN || (what == 1 && !s->news))
			continue;
		p[k].logit = logit[i];
		p[k].label = what == 2 ? row[i].category == MODEL_SPAM :
		    row[i].label;
		p[k++].weight = what == 2 ?
		    (s->scope == TRAIN_SPAM_ONLY ? 1.0f : 0.1f) : row[i].weight;
	}
	return (k);
}

static int
calibrate_all(struct model_scalars *s, const struct train_row *row,
    const float *abuse, const float *spam, struct calibrate_point *p,
    size_t n)
{
	size_t k;

	k = calibrate_take(p, row, abuse, n, 0);
	calibrate_fit(p, k, &s->abuse_a, &s->abuse_b);
	k = calibrate_take(p, row, abuse, n, 1);
	if (calibrate_threshold(p, k, s->abuse_a, s->abuse_b,
	    TRAIN_HOLD_ABUSE, &s->hold_abuse) == -1)
		return (-1);
	k = calibrate_take(p, row, spam, n, 2);
	calibrate_fit(p, k, &s->spam_a, &s->spam_b);
	if (calibrate_threshold(p, k, s->spam_a, s->spam_b,
	    TRAIN_HOLD_SPAM, &s->hold_spam) == -1)
		return (-1);
	s->hold_spam = fmaxf(s->hold_spam, 0.5f);
	return (0);
}

int
train_calibrate(struct model_scalars *s, const unsigned char *bytes,
    size_t len, const struct train_row *row, size_t n, struct err *err)
{
	struct model		*m = NULL;
	struct calibrate_point	*p;
	float			*logit;
	size_t			 i;
	int			 rc = -1;

	p = calloc(n + 1, sizeof(*p));
	logit = malloc((2 * n + 1) * sizeof(*logit));
	if (p == NULL || logit == NULL)
		err_set(err, ERR_INTERNAL, NULL, "out of memory");
	else if (model_open_bytes(&m, bytes, len, err) == 0) {
		for (i = 0; i < n; i++)
			model_logits(m, row[i].text, row[i].len, &logit[i],
			    &logit[n + i]);
		rc = calibrate_all(s, row, logit, logit + n, p, n);
		if (rc == -1)
			err_set(err, ERR_INTERNAL, NULL, "out of memory");
	}
	model_close(&m);
	free(p);
	free(logit);
	return (rc);
}
