/*
 * Measuring; see train_eval.h. Each figure stands twice: at thresholds free
 * to choose (areas, recall at a false-positive rate, the best accuracy) and
 * at the one threshold that is shipped.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "moderation/train_eval.h"
#include "moderation/train_metrics.h"

struct eval {
	const struct train_data	*d;
	struct model_result	*r;	/* owned; one a row */
	struct train_point	*p;	/* owned; room for all rows */
	const struct model	*m;
};

/* The sets that a table has a line for; a source's name where test is NULL. */
struct eval_set {
	const char	*name;
	bool		(*test)(const struct train_row *);
};

static bool
eval_is_news(const struct train_row *r)
{
	return (r->source->news && r->source->scope == TRAIN_CLEAN &&
	    strcmp(r->source->language, "en") == 0);
}

static bool
eval_is_unseen(const struct train_row *r)
{
	return (strcmp(r->source->name, "fox_news") == 0);
}

static bool
eval_is_english(const struct train_row *r)
{
	return (r->source->scope <= TRAIN_HATE_ONLY &&
	    strcmp(r->source->language, "en") == 0);
}

static bool
eval_is_romanian(const struct train_row *r)
{
	return (strcmp(r->source->language, "ro") == 0);
}

static bool
eval_is_spam_source(const struct train_row *r)
{
	return (r->source->scope == TRAIN_SPAM_ONLY);
}

static bool
eval_is_any(const struct train_row *r)
{
	return (r->source->scope != TRAIN_EVAL);
}

static bool
eval_is_madlibs(const struct train_row *r)
{
	return (strcmp(r->source->name, "madlibs") == 0);
}

static bool
eval_is_hatecheck(const struct train_row *r)
{
	return (strcmp(r->source->name, "hatecheck") == 0);
}

/* Collects the points of a set: by abuse, or by spam. */
static size_t
eval_points(struct eval *e, bool (*test)(const struct train_row *),
    const struct train_source *source, bool spam)
{
	const struct train_row	*row;
	size_t			 i, n = 0;

	for (i = 0; i < e->d->n; i++) {
		row = &e->d->row[i];
		if (source != NULL ? row->source != source : !test(row))
			continue;
		e->p[n].score = spam ? e->r[i].spam : e->r[i].abuse;
		e->p[n++].label = spam ? row->category == MODEL_SPAM :
		    row->label;
	}
	return (n);
}

static void
eval_line(struct eval *e, struct buf *out, const char *name, size_t n,
    double hold)
{
	struct train_metrics m;

	if (n == 0)
		return;
	train_metrics_of(&m, e->p, n);
	buf_addf(out, "| %s | %zu / %zu | ", name, n - m.positives,
	    m.positives);
	if (m.positives == 0 || m.positives == n)
		buf_adds(out, "- | - | - | - | ");
	else
		buf_addf(out, "%.3f | %.3f | %.3f | %.3f | ", m.roc, m.pr,
		    m.recall1, m.recall5);
	buf_addf(out, "%.3f | ", train_metrics_calibration(e->p, n));
	if (m.positives == 0)
		buf_adds(out, "- | ");
	else
		buf_addf(out, "%.3f | ", train_metrics_share(e->p, n, 1,
		    hold));
	if (m.positives == n)
		buf_adds(out, "- |\n");
	else
		buf_addf(out, "%.3f |\n", train_metrics_share(e->p, n, 0,
		    hold));
}

static void
eval_abuse(struct eval *e, struct buf *out)
{
	static const struct eval_set sets[] = {
		{ "**news comments**", eval_is_news },
		{ "**unseen source**", eval_is_unseen },
		{ "**all English**", eval_is_english },
		{ "**Romanian**", eval_is_romanian },
		{ "madlibs", eval_is_madlibs },
	};
	const struct train_source	*s;
	double				 hold = model_hold_abuse(e->m);
	size_t				 i;

	buf_addf(out, "### Abuse; hold at %.4f\n\n"
	    "| set | rows 0 / 1 | ROC | PR | recall at 1 %% | at 5 %% | "
	    "calibration error | recall at hold | false at hold |\n"
	    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n", hold);
	for (i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		eval_line(e, out, sets[i].name,
		    eval_points(e, sets[i].test, NULL, false), hold);
	for (i = 0; (s = train_data_source_at(i)) != NULL; i++)
		if (s->scope <= TRAIN_HATE_ONLY)
			eval_line(e, out, s->name,
			    eval_points(e, NULL, s, false), hold);
}

static void
eval_spam(struct eval *e, struct buf *out)
{
	double hold = model_hold_spam(e->m);

	buf_addf(out, "\n### Spam; hold at %.4f\n\n"
	    "| set | rows 0 / 1 | ROC | PR | recall at 1 %% | at 5 %% | "
	    "calibration error | recall at hold | false at hold |\n"
	    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n", hold);
	eval_line(e, out, "spam sources",
	    eval_points(e, eval_is_spam_source, NULL, true), hold);
	eval_line(e, out, "all rows",
	    eval_points(e, eval_is_any, NULL, true), hold);
}

/* Each category against all that is not of it. */
static void
eval_categories(struct eval *e, struct buf *out)
{
	struct train_metrics	m;
	size_t			i, n;
	int			c;

	buf_adds(out, "\n### Categories, each against all other rows\n\n"
	    "| category | rows | ROC | PR | recall at 5 % |\n"
	    "| --- | --- | --- | --- | --- |\n");
	for (c = 0; c < MODEL_CATEGORIES; c++) {
		for (n = 0, i = 0; i < e->d->n; i++) {
			if (!eval_is_any(&e->d->row[i]))
				continue;
			e->p[n].score = e->r[i].p[c];
			e->p[n++].label = e->d->row[i].category == c;
		}
		train_metrics_of(&m, e->p, n);
		buf_addf(out, "| %s | %zu | %.3f | %.3f | %.3f |\n",
		    model_category_name((enum model_category)c), m.positives,
		    m.roc, m.pr, m.recall5);
	}
}

/* Right answers of HateCheck at a threshold; of label -1: of both. */
static double
eval_right(const struct eval *e, double t, const char *kind, int label)
{
	const struct train_row	*row;
	size_t			 i, n = 0, right = 0;

	for (i = 0; i < e->d->n; i++) {
		row = &e->d->row[i];
		if (!eval_is_hatecheck(row) ||
		    (kind != NULL && strcmp(row->kind, kind) != 0) ||
		    (label >= 0 && row->label != label))
			continue;
		n++;
		right += (e->r[i].abuse >= t) == (row->label != 0);
	}
	return (n > 0 ? (double)right / (double)n : 0);
}

/* Is this the first row of its kind within its source? */
static bool
eval_first(const struct train_data *d, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (d->row[j].source == d->row[i].source &&
		    strcmp(d->row[j].kind, d->row[i].kind) == 0)
			return (false);
	return (true);
}

static void
eval_hatecheck(struct eval *e, struct buf *out)
{
	struct train_metrics	 m;
	const char		*kind;
	size_t			 i, n;
	double			 t[3];

	if ((n = eval_points(e, eval_is_hatecheck, NULL, false)) == 0)
		return;
	train_metrics_of(&m, e->p, n);
	t[0] = m.best;
	t[1] = 0.5;
	t[2] = model_hold_abuse(e->m);
	buf_addf(out, "\n### HateCheck, share right; ROC %.3f\n\n"
	    "| functionality | free (%.4f) | at 0.5 | at hold |\n"
	    "| --- | --- | --- | --- |\n", m.roc, t[0]);
	buf_addf(out, "| **all** | %.3f | %.3f | %.3f |\n",
	    eval_right(e, t[0], NULL, -1), eval_right(e, t[1], NULL, -1),
	    eval_right(e, t[2], NULL, -1));
	buf_addf(out, "| **hateful** | %.3f | %.3f | %.3f |\n",
	    eval_right(e, t[0], NULL, 1), eval_right(e, t[1], NULL, 1),
	    eval_right(e, t[2], NULL, 1));
	buf_addf(out, "| **not hateful** | %.3f | %.3f | %.3f |\n",
	    eval_right(e, t[0], NULL, 0), eval_right(e, t[1], NULL, 0),
	    eval_right(e, t[2], NULL, 0));
	for (i = 0; i < e->d->n; i++) {
		if (!eval_is_hatecheck(&e->d->row[i]) || !eval_first(e->d, i))
			continue;
		kind = e->d->row[i].kind;
		buf_addf(out, "| %s | %.3f | %.3f | %.3f |\n", kind,
		    eval_right(e, t[0], kind, -1),
		    eval_right(e, t[1], kind, -1),
		    eval_right(e, t[2], kind, -1));
	}
}

/* How many rows of a kind are flagged at a threshold, and how many held. */
static void
eval_flags(const struct eval *e, struct buf *out, const char *source,
    const char *name, const char *kind)
{
	const struct train_row	*row;
	size_t			 i, n = 0, half = 0, held = 0, unsure = 0;

	for (i = 0; i < e->d->n; i++) {
		row = &e->d->row[i];
		if (strcmp(row->source->name, source) != 0 ||
		    (kind != NULL && strcmp(row->kind, kind) != 0))
			continue;
		n++;
		half += e->r[i].abuse >= 0.5;
		held += e->r[i].verdict == MODEL_HOLD;
		unsure += e->r[i].verdict == MODEL_UNSURE;
	}
	if (n > 0)
		buf_addf(out, "| %s %s | %zu | %zu | %zu | %zu |\n", name,
		    kind == NULL ? "" : kind, n, half, held, unsure);
}

static void
eval_neutral(struct eval *e, struct buf *out)
{
	size_t i;

	buf_adds(out, "\n### Civil text: how much is flagged\n\n"
	    "| what | texts | at 0.5 | held | not checked |\n"
	    "| --- | --- | --- | --- | --- |\n");
	eval_flags(e, out, "neutral", "civil sentences, all", NULL);
	for (i = 0; i < e->d->n; i++)
		if (strcmp(e->d->row[i].source->name, "neutral") == 0 &&
		    eval_first(e->d, i))
			eval_flags(e, out, "neutral", "naming",
			    e->d->row[i].kind);
	eval_flags(e, out, "thread", "seed thread,", "whole");
	eval_flags(e, out, "thread", "seed thread,", "paragraph");
}

static int
eval_score(struct eval *e, const struct model *m, const struct train_data *d,
    struct err *err)
{
	size_t i;

	e->d = d;
	e->m = m;
	e->r = calloc(d->n + 1, sizeof(*e->r));
	e->p = calloc(d->n + 1, sizeof(*e->p));
	if (e->r == NULL || e->p == NULL) {
		free(e->r);
		free(e->p);
		return (err_set(err, ERR_INTERNAL, NULL, "out of memory"));
	}
	for (i = 0; i < d->n; i++)
		model_score(m, d->row[i].text, d->row[i].len, &e->r[i]);
	return (0);
}

int
train_eval(struct buf *out, const struct model *m, const struct train_data *d,
    struct err *err)
{
	struct eval e;

	if (eval_score(&e, m, d, err) == -1)
		return (-1);
	buf_addf(out, "Model `%s`\n\n", model_digest(m));
	eval_abuse(&e, out);
	eval_spam(&e, out);
	eval_categories(&e, out);
	eval_hatecheck(&e, out);
	eval_neutral(&e, out);
	free(e.r);
	free(e.p);
	return (0);
}

double
train_eval_microseconds(const struct model *m, const struct train_data *d)
{
	struct model_result	r;
	struct timespec		a, b;
	double			bytes = 0;
	size_t			i, n = 0;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (i = 0; i < d->n; i++)
		if (d->row[i].len >= 200 && d->row[i].len <= 800) {
			model_score(m, d->row[i].text, d->row[i].len, &r);
			bytes += (double)d->row[i].len;
			n++;
		}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	return (n == 0 ? 0 : ((double)(b.tv_sec - a.tv_sec) * 1e6 +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e3) / bytes * 400.0);
}

/* One line of the comparison: a set's rows and what became of them. */
static void
eval_change(const struct eval *was, const struct eval *now, struct buf *out,
    const char *name, const struct train_source *source, const char *kind)
{
	const struct train_row	*row;
	size_t			 i, n = 0, change[2][2] = { { 0 } };
	bool			 before, after;

	for (i = 0; i < now->d->n; i++) {
		row = &now->d->row[i];
		if (row->source != source ||
		    (kind != NULL && strcmp(row->kind, kind) != 0))
			continue;
		before = was->r[i].verdict == MODEL_HOLD;
		after = now->r[i].verdict == MODEL_HOLD;
		n++;
		if (before != after)
			change[row->label != 0][after]++;
	}
	if (n > 0)
		buf_addf(out, "| %s %s | %zu | %zu | %zu | %zu | %zu |\n",
		    name, kind == NULL ? "" : kind, n, change[0][1],
		    change[0][0], change[1][1], change[1][0]);
}

int
train_eval_compare(struct buf *out, const struct model *was,
    const struct model *now, const struct train_data *d, struct err *err)
{
	const struct train_source	*s;
	struct eval			 a, b;
	size_t				 i;

	if (eval_score(&a, was, d, err) == -1)
		return (-1);
	if (eval_score(&b, now, d, err) == -1) {
		free(a.r);
		free(a.p);
		return (-1);
	}
	buf_addf(out, "From `%s` to `%s`\n\n| rows | number | clean, now held "
	    "| clean, no longer held | abusive, now held | abusive, no longer "
	    "held |\n| --- | --- | --- | --- | --- | --- |\n",
	    model_digest(was), model_digest(now));
	for (i = 0; (s = train_data_source_at(i)) != NULL; i++)
		eval_change(&a, &b, out, s->name, s, NULL);
	for (i = 0; i < d->n; i++)
		if (d->row[i].kind[0] != '\0' && eval_first(d, i))
			eval_change(&a, &b, out, d->row[i].source->name,
			    d->row[i].source, d->row[i].kind);
	free(a.r);
	free(a.p);
	free(b.r);
	free(b.p);
	return (0);
}
