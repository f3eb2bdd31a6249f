/*
 * What the moderation floor works with while it runs: the house rules in
 * force, the model, the pipeline, what was posted lately, the rate counters,
 * and the keys from which pseudonyms are made. One struct house a process.
 *
 * Rules and model may be replaced while others use them: a user takes a
 * snapshot (house_get), works with it, and puts it back.
 */
#ifndef MODERATION_HOUSE_H
#define MODERATION_HOUSE_H

#include <stdbool.h>

#include "moderation/fingerprint.h"
#include "moderation/limit.h"
#include "moderation/model.h"
#include "moderation/outside.h"
#include "moderation/pipeline.h"
#include "moderation/policy.h"
#include "storage/writer.h"

/* One consistent set of rules, model and pipeline; not changed once made. */
struct rules {
	struct policy		*policy;
	struct model		*model;		/* NULL: none installed */
	struct pipeline		*pipeline;
	_Atomic int		 refs;
};

struct house_settings {
	const char	*policy_path;	/* NULL: DIR/policy.json, else the
					   compiled-in rules */
	const char	*policy_default;/* JSON compiled in */
	size_t		 policy_default_len;
	const char	*model_path;	/* NULL: no model */
	const char	*outside_url, *outside_secret;	/* NULL: none */
	int		 outside_deadline_ms;
	const char	*dir;		/* data directory: DIR/secret */
	bool		 limits;	/* false lifts all rate limits */
	bool		 staff_code;	/* staff need a second factor */
};

struct house;

int		 house_open(struct house **out,
		    const struct house_settings *set, struct err *err);
void		 house_close(struct house **h);
/* Reads rules and model anew; on -1 the old ones stay in force. The new
 * digest is adopted by the command policy.adopt, submitted by the caller, who
 * gets the former rules: to put back in force where that fails, else to be
 * put away with house_put(). */
int		 house_reload(struct house *h, struct rules **former,
		    struct err *err);
void		 house_restore(struct house *h, struct rules **former);

struct rules	*house_get(struct house *h);
void		 house_put(struct rules **r);

struct limits	*house_limits(struct house *h);
struct fingerprint *house_recent(struct house *h);
/* The writer's heard(): a post that another node took. */
void		 house_heard(void *house, const struct derived *d);
bool		 house_staff_code(const struct house *h);
/* An outside checker is asked about comments: judging one may block. */
bool		 house_asks(const struct house *h);

/* Keyed names. Each is 16 characters of base 32 from HMAC(secret, purpose ||
 * parts): nobody outside can link two of them.
 *   author     a guest in one thread; a member everywhere
 *   decider    a staff person in one thread (the person, not the account,
 *              so that two accounts of one person show as one)
 * HMAC keys for addresses and cookies come from the same secret. */
#define PSEUDONYM_LEN	16
void		 house_pseudonym(const struct house *h, const char *purpose,
		    const char *a, const char *b, char out[PSEUDONYM_LEN + 1]);
void		 house_hmac(const struct house *h, const char *purpose,
		    const void *p, size_t len, struct hash *out);

/* The house behind a turn. */
struct house	*turn_house(const struct turn *t);

#endif
