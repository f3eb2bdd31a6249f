/*
 * The house rules as data: clauses in plain words, word lists, thresholds,
 * and the ordered table that turns findings into a verdict. First match
 * wins, the last rule is explicit, and "cannot tell" is never a pass. The
 * policy's digest is the SHA-256 of its canonical form and stands in every
 * decision, so that a rule cannot be changed under one.
 *
 * To add a clause or a rule, change conf/policy.json; to add a kind of
 * condition, add a row to the table in policy_rule.c.
 */
#ifndef MODERATION_POLICY_H
#define MODERATION_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "moderation/item.h"
#include "storage/base/buf.h"
#include "storage/base/err.h"

#define POLICY_EXPLANATION_MAX	600

struct policy;

/* Strict: an unknown key, a word list, clause or stage that does not exist, a
 * pattern that does not compile, a missing last rule are errors whose text
 * names the place ("rules[3].clause: ..."). */
int	policy_load(struct policy **out, const char *json, size_t len,
	    struct err *err);
/* Policies are shared: each holder gets one and puts it back. */
struct policy	*policy_get(struct policy *p);
void	policy_free(struct policy **p);

const char	*policy_digest(const struct policy *p);	/* 64 hex digits */
/* Sorted keys, no spaces: what the digest is taken over. */
const char	*policy_canonical(const struct policy *p, size_t *len);

enum policy_action { POLICY_REMOVE, POLICY_LABEL, POLICY_HOLD };

/* A clause; all strings are the policy's. Texts by policy_title and
 * policy_text. */
struct policy_clause {
	const char		*id;
	enum policy_action	 action;
	int			 harm;		/* weight in the queue */
	int			 decide_within_minutes;
	int			 flags_to_hold;	/* 0: by weight alone */
	bool			 publish_on_timeout;
	bool			 quarantine;
	bool			 escalate;
	const char		*category;	/* STATEMENT_CATEGORY_... */
	const char		*keyword;	/* KEYWORD_... */
	const char		*legal;		/* English, or NULL */
};

size_t	policy_clauses(const struct policy *p);
const struct policy_clause *policy_clause_at(const struct policy *p, size_t i);
const struct policy_clause *policy_clause(const struct policy *p,
	    const char *id);
/* In the language where it is written, else in English. NULL: no clause. */
const char	*policy_title(const struct policy *p, const char *clause,
		    const char *language);
const char	*policy_text(const struct policy *p, const char *clause,
		    const char *language);
/* The ground in law. NULL: none. */
const char	*policy_legal(const struct policy *p, const char *clause,
		    const char *language);
/* What automation tells the author under this clause. */
const char	*policy_automatic(const struct policy *p, const char *clause,
		    const char *language);
/* Canned explanations with {slots}, one by one; NULL past the last. */
const char	*policy_canned(const struct policy *p, const char *clause,
		    size_t i, const char *language);

/* Whole numbers by dotted name ("newcomer.comments", "window.appeal_days",
 * "retention.address_days", ...): the table in policy.c lists all of them
 * with limits, and policy_load demands each. Unknown name: -1. */
long	policy_number(const struct policy *p, const char *name);

/* The ordered rules, for those who want to know them: false past the last.
 * clause is "" where the findings name it. Strings are the policy's. */
struct policy_rule_view { const char *id, *verdict, *clause; };
bool	policy_rule_at(const struct policy *p, size_t i,
	    struct policy_rule_view *out);

/* A word list: its expression over the matching form. language "" is any. */
struct pattern;
struct policy_list {
	const char		*name;
	const char		*clause;
	const char		*language;
	const struct pattern	*pattern;
	int			 score;
	enum item_certainty	 certainty;
};
size_t	policy_lists(const struct policy *p);
const struct policy_list *policy_list_at(const struct policy *p, size_t i);

enum policy_domain { POLICY_DOMAIN_UNKNOWN, POLICY_DOMAIN_ALLOWED,
    POLICY_DOMAIN_DENIED, POLICY_DOMAIN_SHORTENER };
/* What the lists say of a host or the nearest domain above it. */
enum policy_domain policy_domain(const struct policy *p, const char *host);

/* GET /api/v1/policy. */
void	policy_public_json(struct buf *out, const struct policy *p,
	    int64_t adopted_at);

enum verdict_action { VERDICT_PUBLISH, VERDICT_HOLD, VERDICT_REMOVE };

struct verdict {
	enum verdict_action	 action;
	char			 rule[ITEM_CLAUSE_MAX];
	char			 clause[ITEM_CLAUSE_MAX]; /* "" if published */
	bool			 automated_detection;
	bool			 automated_decision;
	bool			 publish_on_timeout;
	bool			 quarantine;
	bool			 escalate;
	int			 harm;
	int			 decide_within_minutes;	/* 0 if published */
	char			 explanation[POLICY_EXPLANATION_MAX];
};

/* Pure: the same policy, item and findings give the same verdict. A list
 * that lost findings, or still waits for the outside checker, is held. */
void	policy_decide(const struct policy *p, const struct item *item,
	    const struct findings *f, struct verdict *out);

const char	*verdict_word(enum verdict_action a);

#endif
