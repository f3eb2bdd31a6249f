/*
 * What moderation costs for a comment of 400 characters: microseconds for
 * the whole pipeline, for its parts, and for the verdict. FORUMD_SOURCE names
 * the source root (default: the working folder).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/fingerprint.h"
#include "moderation/markup.h"
#include "moderation/pipeline.h"
#include "moderation/policy.h"
#include "storage/base/clock.h"

#define ROUNDS	5000

static const char body[] = "I have lived on the edge of the district for "
    "thirty years and have never seen an evening like that one. What I want "
    "from this review is a *timeline*: who knew what, and when. It should be "
    "published before the election, with the numbers of interpreters in the "
    "room, and with the names of the offices that were rung or were not. See "
    "https://council.example/minutes for what was promised in spring, and "
    "nobody followed up.";

int
main(void)
{
	static char		 json[1 << 19];
	struct pipeline_env	 env = { 0 };
	struct fingerprint	*recent;
	struct policy		*policy;
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
	env.policy = policy;
	env.recent = recent;
	if (pipeline_new(&p, &env, &err) != 0 ||
	    pipeline_run(p, &item, &f, &err) != 0)
		return 1;
	for (t = clock_mono_us(), i = 0; i < ROUNDS; i++)
		pipeline_run(p, &item, &f, &err);
	printf("pipeline without model\t%.1f us\n",
	    (double)(clock_mono_us() - t) / ROUNDS);
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
	fingerprint_free(&recent);
	policy_free(&policy);
	return 0;
}
