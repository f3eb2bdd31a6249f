/*
 * See train_metrics.h. Ties are one step: rows of equal score stand or fall
 * together.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/train_metrics.h"

static int
metrics_compare(const void *a, const void *b)
{
	const struct train_point *x = a, *y = b;

	if (x->score != y->score)
		return (x->score < y->score ? 1 : -1);
	return (x->label - y->label);
}

void
train_metrics_of(struct train_metrics *m, struct train_point *p, size_t n)
{
	double	tp = 0, fp = 0, dt, df, pos, neg, area = 0, right;
	size_t	i, j;

	memset(m, 0, sizeof(*m));
	qsort(p, n, sizeof(*p), metrics_compare);
	m->n = n;
	for (i = 0; i < n; i++)
		m->positives += p[i].label != 0;
	pos = (double)m->positives;
	neg = (double)n - pos;
	m->accuracy = n > 0 ? neg / (double)n : 0;
	m->best = 1;
	for (i = 0; i < n; i = j) {
		for (dt = df = 0, j = i; j < n && p[j].score == p[i].score; j++)
			p[j].label != 0 ? dt++ : df++;
		area += df * (tp + dt / 2);
		tp += dt;
		fp += df;
		m->pr += pos > 0 ? dt / pos * tp / (tp + fp) : 0;
		if (pos > 0 && fp <= 0.01 * neg)
			m->recall1 = tp / pos;
		if (pos > 0 && fp <= 0.05 * neg)
			m->recall5 = tp / pos;
		right = (tp + neg - fp) / (double)n;
		if (right > m->accuracy) {
			m->accuracy = right;
			m->best = p[i].score;
		}
	}
	m->roc = pos > 0 && neg > 0 ? area / (pos * neg) : 0;
}

double
train_metrics_share(const struct train_point *p, size_t n, int label, double t)
{
	size_t i, of = 0, hit = 0;

	for (i = 0; i < n; i++)
		if (p[i].label == label) {
			of++;
			hit += p[i].score >= t;
		}
	return (of > 0 ? (double)hit / (double)of : 0);
}

double
train_metrics_threshold(struct train_point *p, size_t n, double share)
{
	double	neg = 0, seen = 0, t = 1;
	size_t	i;

	qsort(p, n, sizeof(*p), metrics_compare);
	for (i = 0; i < n; i++)
		neg += p[i].label == 0;
	for (i = 0; i < n; i++) {
		seen += p[i].label == 0;
		if (seen > share * neg)
			break;
		t = p[i].score;
	}
	return (t);
}

double
train_metrics_calibration(const struct train_point *p, size_t n)
{
	double	sum[10] = { 0 }, hit[10] = { 0 }, total = 0;
	size_t	i;
	int	b;

	for (i = 0; i < n; i++) {
		b = (int)(p[i].score * 10);
		b = b < 0 ? 0 : b > 9 ? 9 : b;
		sum[b] += p[i].score;
		hit[b] += p[i].label != 0;
	}
	for (b = 0; b < 10; b++)
		total += fabs(sum[b] - hit[b]);
	return (n > 0 ? total / (double)n : 0);
}
