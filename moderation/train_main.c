/*
 * forum-train: trains the abuse model, measures it, scores lines with it.
 *
 *	forum-train train --data FILE... --out MODEL [--house FILE]
 *	    [--strict] [--leave SOURCE]
 *	forum-train eval --model MODEL --data FILE...
 *	forum-train compare --old MODEL --new MODEL --data FILE...
 *	forum-train score [--model MODEL]
 *
 * Adding a command is adding a row to the table and a function.
 */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "moderation/train_eval.h"
#include "moderation/train_fit.h"
#include "moderation/train_json.h"

struct options {
	char	**data;		/* borrowed from argv */
	int	  ndata;
	char	 *out, *model, *old, *new, *house, *leave;
	int	  strict;
};

static int
main_fail(const struct err *err)
{
	fprintf(stderr, "forum-train: %s\n", err->text);
	return (1);
}

static int
main_usage(void)
{
	fputs("usage: forum-train train --data FILE... --out MODEL "
	    "[--house FILE] [--strict] [--leave SOURCE]\n"
	    "       forum-train eval --model MODEL --data FILE...\n"
	    "       forum-train compare --old MODEL --new MODEL "
	    "--data FILE...\n"
	    "       forum-train score [--model MODEL]\n", stderr);
	return (2);
}

/* Reads the options; -1 where one is unknown or lacks its value. */
static int
main_options(struct options *o, int argc, char **argv)
{
	const struct { const char *name; char **value; } names[] = {
		{ "--out", &o->out }, { "--model", &o->model },
		{ "--old", &o->old }, { "--new", &o->new },
		{ "--house", &o->house }, { "--leave", &o->leave },
	};
	size_t	k;
	int	i;

	for (i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--strict") == 0) {
			o->strict = 1;
			continue;
		}
		if (strcmp(argv[i], "--data") == 0) {
			o->data = argv + i + 1;
			while (i + 1 < argc && strncmp(argv[i + 1], "--", 2)) {
				o->ndata++;
				i++;
			}
			continue;
		}
		for (k = 0; k < sizeof(names) / sizeof(*names); k++)
			if (strcmp(argv[i], names[k].name) == 0)
				break;
		if (k == sizeof(names) / sizeof(*names) || i + 1 == argc)
			return (-1);
		*names[k].value = argv[++i];
	}
	return (0);
}

/* The shipped model, beside the program or where it was installed. */
static const char *
main_shipped(char path[PATH_MAX])
{
	char	self[PATH_MAX];
	ssize_t	n;

	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0) {
		self[n] = '\0';
		if (snprintf(path, PATH_MAX, "%s/../conf/abuse.model",
		    dirname(self)) < PATH_MAX && access(path, R_OK) == 0)
			return (path);
	}
#ifdef PKGDATADIR
	return (PKGDATADIR "/abuse.model");
#else
	return ("conf/abuse.model");
#endif
}

static int
main_read(struct train_data *d, const struct options *o, struct err *err)
{
	const char	*dot;
	int		 i, rc = 0;

	for (i = 0; i < o->ndata && rc == 0; i++) {
		dot = strrchr(o->data[i], '.');
		if (dot != NULL && strcmp(dot, ".jsonl") == 0)
			rc = train_json_thread(d, o->data[i], err);
		else
			rc = train_data_read(d, o->data[i], NULL, err);
	}
	return (rc);
}

static int
main_train(const struct options *o)
{
	struct train_config	c = { o->data, o->ndata, o->out, o->house,
	    o->strict != 0, o->leave };
	struct err		err;

	if (o->ndata == 0 || o->out == NULL)
		return (main_usage());
	return (train_fit(&c, &err) == -1 ? main_fail(&err) : 0);
}

static int
main_eval(const struct options *o)
{
	struct train_data	 d = { 0 };
	struct buf		 b = BUF_INIT;
	struct model		*m = NULL;
	struct err		 err;
	char			 path[PATH_MAX];
	int			 rc;

	if (o->ndata == 0)
		return (main_usage());
	rc = model_open(&m, o->model != NULL ? o->model : main_shipped(path),
	    &err);
	if (rc == 0 && (rc = main_read(&d, o, &err)) == 0 &&
	    (rc = train_eval(&b, m, &d, &err)) == 0) {
		fwrite(b.data, 1, b.len, stdout);
		fflush(stdout);
		fprintf(stderr, "%.1f microseconds for 400 characters\n",
		    train_eval_microseconds(m, &d));
	}
	model_close(&m);
	train_data_free(&d);
	buf_free(&b);
	return (rc == -1 ? main_fail(&err) : 0);
}

static int
main_compare(const struct options *o)
{
	struct train_data	 d = { 0 };
	struct buf		 b = BUF_INIT;
	struct model		*was = NULL, *now = NULL;
	struct err		 err;
	int			 rc;

	if (o->ndata == 0 || o->old == NULL || o->new == NULL)
		return (main_usage());
	rc = model_open(&was, o->old, &err);
	if (rc == 0 && (rc = model_open(&now, o->new, &err)) == 0 &&
	    (rc = main_read(&d, o, &err)) == 0 &&
	    (rc = train_eval_compare(&b, was, now, &d, &err)) == 0)
		fwrite(b.data, 1, b.len, stdout);
	model_close(&was);
	model_close(&now);
	train_data_free(&d);
	buf_free(&b);
	return (rc == -1 ? main_fail(&err) : 0);
}

static int
main_score(const struct options *o)
{
	struct model_result	 r;
	struct model		*m;
	struct err		 err;
	char			*line = NULL, path[PATH_MAX];
	size_t			 cap = 0;
	ssize_t			 n;

	if (model_open(&m, o->model != NULL ? o->model : main_shipped(path),
	    &err) == -1)
		return (main_fail(&err));
	while ((n = getline(&line, &cap, stdin)) >= 0) {
		if (n > 0 && line[n - 1] == '\n')
			line[--n] = '\0';
		model_score(m, line, train_data_unescape(line, (size_t)n), &r);
		printf("%.6f\t%.6f\t%s\n", r.abuse, r.spam,
		    model_verdict_name(r.verdict));
	}
	free(line);
	model_close(&m);
	return (0);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct options *);
	} commands[] = {
		{ "train", main_train }, { "eval", main_eval },
		{ "compare", main_compare }, { "score", main_score },
	};
	struct options	o = { 0 };
	size_t		i;

	if (argc < 2 || main_options(&o, argc - 2, argv + 2) == -1)
		return (main_usage());
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return (commands[i].run(&o));
	return (main_usage());
}
