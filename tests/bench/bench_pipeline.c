/*
 * What moderation costs for a comment of 400 characters: microseconds for
 * the whole pipeline, for each of its stages, and for the verdict. FORUMD_SOURCE
 * names the source root (default: the working folder).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/fingerprint.h"
#include "moderation/markup.h"
#include "moderation/model.h"
#include "moderation/pipeline_int.h"
#include "moderation/policy.h"
#include "storage/base/clock.h"

#define ROUNDS	5000
#define BATCHES	20	/* of a stage: the best says what it costs */

static const char body[] = "I have lived on the edge of the district for "
    "thirty years and have never seen an evening like that one. What I want "
    "from this review is a *timeline*: who knew what, and when. It should be "
    "published before the election, with the numbers of interpreters in the "
    "room, and with the names of the offices that were rung or were not. See "
    "https://council.example/minutes for what was promised in spring, and "
    "nobody followed up.";

/* Every stage but the outside one, which waits for somebody else. */
static const struct {
	const char	*name;
	stage_run	*run;
} stages[] = {
	{ "form", stage_form },
	{ "limits", stage_limits },
	{ "newcomer", stage_newcomer },
	{ "links", stage_links },
	{ "words", stage_words },
	{ "repeats", stage_repeats },
	{ "model", stage_model },
	{ "record", stage_record },
	{ "terms", stage_terms },
};

#define STAGES	(sizeof(stages) / sizeof(stages[0]))

/* Reading, each stage alone, and their sum: what the issue bounds at 100 us. */
static int
bench_stages(const struct pipeline *p, const struct item *item)
{
	struct findings	f;
	struct reading	r;
	struct err	err = { 0 };
	double		each, best, sum = 0;
	int64_t		t;
	size_t		s;
	int		i, k;

	for (t = clock_mono_us(), i = 0; i < ROUNDS; i++) {
		if (reading_make(&r, p, item, &err) != 0)
			return -1;
		reading_free(&r);
	}
	printf("reading\t%.1f us\n", (double)(clock_mono_us() - t) / ROUNDS);
	if (reading_make(&r, p, item, &err) != 0)
		return -1;
	for (s = 0; s < STAGES; s++) {
		for (k = 0, best = 1e9; k < BATCHES; k++) {
			for (t = clock_mono_us(), i = 0; i < ROUNDS / BATCHES;
			    i++) {
				f.n = 0;
				f.dropped = 0;
				stages[s].run(stages[s].name, &r, &f);
			}
			each = (double)(clock_mono_us() - t) /
			    (ROUNDS / BATCHES);
			best = each < best ? each : best;
		}
		sum += best;
		printf("stage %s\t%.1f us\n", stages[s].name, best);
	}
	reading_free(&r);
	printf("all stages but the outside one\t%.1f us\n", sum);
	return 0;
}

int
main(void)
{
	static char		 json[1 << 19];
	struct pipeline_env	 env = { 0 };
	struct fingerprint	*recent;
	struct policy		*policy;
	struct model		*model;
	struct pipeline		*p;
	struct item		 item = { .body = body,
	    .len = sizeof(body) - 1, .language = "en", .site = "s.test",
	    .author = ITEM_MEMBER, .age_days = 100, .approved = 10 };
	struct findings		 f;
	struct verdict		 v;
	struct err		 err = { 0 };
	struct buf		 out = BUF_INIT;
	const char		*dir = getenv("FORUMD_SOURCE");
	char			 path[512];
	int64_t			 t;
	size_t			 n;
	FILE			*file;
	int			 i;

	snprintf(path, sizeof(path), "%s/conf/policy.json",
	    dir == NULL ? "." : dir);
	if ((file = fopen(path, "r")) == NULL) {
		fprintf(stderr, "no %s\n", path);
		return 1;
	}
	n = fread(json, 1, sizeof(json), file);
	fclose(file);
	if (policy_load(&policy, json, n, &err) != 0 ||
	    fingerprint_new(&recent, 4096, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	snprintf(path, sizeof(path), "%s/conf/abuse.model",
	    dir == NULL ? "." : dir);
	if (model_open(&model, path, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	env.policy = policy;
	env.recent = recent;
	env.model = model;
	if (pipeline_new(&p, &env, &err) != 0 ||
	    pipeline_run(p, &item, &f, &err) != 0)
		return 1;
	for (t = clock_mono_us(), i = 0; i < ROUNDS; i++)
		pipeline_run(p, &item, &f, &err);
	printf("pipeline\t%.1f us\n",
	    (double)(clock_mono_us() - t) / ROUNDS);
	if (bench_stages(p, &item) != 0)
		return 1;
	for (t = clock_mono_us(), i = 0; i < ROUNDS; i++)
		policy_decide(policy, &item, &f, &v);
	printf("verdict\t%.1f us\n", (double)(clock_mono_us() - t) / ROUNDS);
	for (t = clock_mono_us(), i = 0; i < ROUNDS; i++) {
		buf_clear(&out);
		markup_html(&out, body, sizeof(body) - 1, &err);
	}
	printf("markup to HTML\t%.1f us\n",
	    (double)(clock_mono_us() - t) / ROUNDS);
	buf_free(&out);
	pipeline_free(&p);
	model_close(&model);
	fingerprint_free(&recent);
	policy_free(&policy);
	return 0;
}
