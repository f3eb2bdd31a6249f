/*
 * The policy's fields, for the policy_*.c files only.
 */
#ifndef MODERATION_POLICY_INT_H
#define MODERATION_POLICY_INT_H

#include <jansson.h>
#include <stdatomic.h>

#include "moderation/pattern.h"
#include "moderation/policy.h"

#define POLICY_CLAUSES	64
#define POLICY_LISTS	64
#define POLICY_RULES	128
#define POLICY_NUMBERS	40

/* Conditions on one finding and on the item; -1, NULL and 0 mean "any".
 * Sets are bit masks over the enum's values. */
struct policy_rule {
	const char		*id;
	const char		*stage;
	const char		*clause;	/* of the finding */
	int			 min_score;
	unsigned		 certainty;
	unsigned		 author;
	unsigned		 standing;
	unsigned		 mode;
	bool			 wants_finding;
	enum verdict_action	 verdict;
	const char		*under;		/* clause of the verdict */
};

struct policy {
	atomic_uint		 holders;
	json_t			*root;		/* owned; strings point here */
	char			*canonical;	/* owned */
	size_t			 canonical_len;
	char			 digest[65];
	struct policy_clause	 clauses[POLICY_CLAUSES];
	json_t			*clause_json[POLICY_CLAUSES];	/* borrowed */
	size_t			 n_clauses;
	struct policy_list	 lists[POLICY_LISTS];
	struct pattern		*patterns[POLICY_LISTS];	/* owned */
	size_t			 n_lists;
	struct policy_rule	 rules[POLICY_RULES];
	size_t			 n_rules;
	long			 numbers[POLICY_NUMBERS];
};

/* The numbers that every policy must give, with their limits. */
struct policy_bound { const char *name; long min, max; };
extern const struct policy_bound policy_bounds[];
extern const size_t policy_n_bounds;

#endif
