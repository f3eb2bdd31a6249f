/*
 * Any bytes as a policy: an error or a policy, and of a policy everything can
 * be asked. What loads has a canonical form that loads to the same digest.
 */
#include <stdlib.h>
#include <string.h>

#include "moderation/policy.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct policy		*p, *again;
	struct item		 item = { .body = "x", .len = 1,
	    .language = "ro", .site = "" };
	struct findings		 f = { 0 };
	struct verdict		 v;
	struct buf		 out = BUF_INIT;
	struct err		 err;
	const char		*canonical;
	size_t			 len;

	if (policy_load(&p, (const char *)data, size, &err) != 0) {
		if (err.code == ERR_NONE)
			abort();
		return 0;
	}
	findings_add(&f, "model", "unchecked", 0, ITEM_NOT_CHECKED);
	policy_decide(p, &item, &f, &v);
	policy_public_json(&out, p, 1);
	canonical = policy_canonical(p, &len);
	if (policy_load(&again, canonical, len, &err) != 0 ||
	    strcmp(policy_digest(p), policy_digest(again)) != 0)
		abort();
	policy_free(&again);
	policy_free(&p);
	buf_free(&out);
	return 0;
}
