/*
 * How good a ranking is: areas, recall at false-positive rates, calibration.
 */
#ifndef MODERATION_TRAIN_METRICS_H
#define MODERATION_TRAIN_METRICS_H

#include <stddef.h>

struct train_point { double score; int label; };

struct train_metrics {
	size_t	n, positives;
	double	roc, pr;		/* areas; 0 without both labels */
	double	recall1, recall5;	/* at 1 % and 5 % false positives */
	double	best, accuracy;		/* threshold of the best accuracy */
};

/* Sorts the points, strongest first, and measures them. */
void	train_metrics_of(struct train_metrics *m, struct train_point *p,
	    size_t n);
/* The share of rows with this label that score at least t. */
double	train_metrics_share(const struct train_point *p, size_t n, int label,
	    double t);
/* The lowest threshold that at most a share of the label-0 points reaches. */
double	train_metrics_threshold(struct train_point *p, size_t n,
	    double share);
/* Mean distance between what is said and what is, over ten bins. */
double	train_metrics_calibration(const struct train_point *p, size_t n);

#endif
