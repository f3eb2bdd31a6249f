/*
 * Any body through all stages and the rules in force: never an error for
 * valid UTF-8, spans inside the body, and nothing published that was not
 * checked. The first byte chooses author and mode. Needs conf/policy.json in
 * FORUMD_SOURCE (default: the working folder).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/fingerprint.h"
#include "moderation/pipeline.h"
#include "moderation/policy.h"
#include "moderation/reason.h"
#include "storage/base/unicode.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static struct policy		*policy;
static struct fingerprint	*recent;
static struct pipeline		*pipeline;

static void
start(void)
{
	static char		 json[1 << 19];
	struct pipeline_env	 env = { 0 };
	struct err		 err;
	const char		*dir = getenv("FORUMD_SOURCE");
	char			 path[512];
	size_t			 n;
	FILE			*f;

	snprintf(path, sizeof(path), "%s/conf/policy.json",
	    dir == NULL ? "." : dir);
	if ((f = fopen(path, "r")) == NULL) {
		fprintf(stderr, "no %s (set FORUMD_SOURCE)\n", path);
		exit(1);
	}
	n = fread(json, 1, sizeof(json), f);
	fclose(f);
	if (policy_load(&policy, json, n, &err) != 0 ||
	    fingerprint_new(&recent, 256, &err) != 0)
		exit(1);
	env.policy = policy;
	env.recent = recent;
	if (pipeline_new(&pipeline, &env, &err) != 0)
		exit(1);
}

static void
check_findings(const struct item *item, const struct findings *f)
{
	struct buf	out = BUF_INIT;
	struct verdict	v;
	unsigned	i, j;

	for (i = 0; i < f->n; i++) {
		for (j = 0; j < f->list[i].n_spans; j++) {
			if (f->list[i].spans[j].end > item->len ||
			    f->list[i].spans[j].start >=
			    f->list[i].spans[j].end)
				abort();
		}
	}
	policy_decide(policy, item, f, &v);
	if (v.action == VERDICT_PUBLISH && item->author < ITEM_STAFF)
		abort();	/* there is no model: nothing is checked */
	findings_full(&out, f);
	findings_durable(&out, f);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const char *const terms[] = { "Anna Example", "xyz" };
	static const char *const names[] = { "Anna Example" };
	struct reason_context	 reason = { policy, "libel", "a b c d e f g",
	    13, names, 1 };
	struct item		 item = { 0 };
	struct findings		 f;

	if (pipeline == NULL)
		start();
	reason.policy = policy;
	if (size == 0)
		return 0;
	item.body = (const char *)data + 1;
	item.len = size - 1;
	item.language = "en";
	item.site = "site.test";
	item.author = (enum item_author)(data[0] & 3);
	item.mode = (enum item_mode)(data[0] >> 2 & 3);
	item.terms = terms;
	item.n_terms = data[0] >> 4 & 2;
	item.now_ms = 1000;
	if (pipeline_run(pipeline, &item, &f, NULL) != 0) {
		if (unicode_count(item.body, item.len) >= 0)
			abort();
		return 0;
	}
	check_findings(&item, &f);
	pipeline_remember(pipeline, &item, f.print);
	(void)reason_check(item.body, item.len, &reason, NULL);
	return 0;
}
