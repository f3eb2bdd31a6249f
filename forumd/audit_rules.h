/*
 * The record's own logic: entries are handed in one by one, in order, and
 * each is judged against those before it. What the record adds up to (the
 * state of every comment, the account of every thread) is kept, a few dozen
 * bytes an entry, for comparison with what is served.
 */
#ifndef FORUMD_AUDIT_RULES_H
#define FORUMD_AUDIT_RULES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "forumd/audit_report.h"
#include "storage/base/crypto.h"
#include "storage/base/err.h"

#define AUDIT_NONE	UINT64_MAX

enum audit_state { AUDIT_VISIBLE, AUDIT_HELD, AUDIT_REMOVED, AUDIT_WITHDRAWN,
    AUDIT_ERASED, AUDIT_STATES };

struct audit_comment {
	uint64_t	index;		/* of its acceptance */
	uint64_t	id;		/* audit_rules_hash of its public id */
	uint64_t	decision;	/* that removed it; AUDIT_NONE */
	uint32_t	thread;
	uint32_t	version;
	uint32_t	seen;		/* for whoever crawls */
	uint32_t	part;		/* of a batch's decision */
	uint8_t		flags;
};

/* Anything that can be appealed against: decisions, batches, sanctions. */
struct audit_decision {
	uint64_t	index;
	uint64_t	decider;	/* audit_rules_hash, 0: none named */
	struct hash	explanation;	/* commitment */
	uint32_t	thread;
	uint32_t	appeals;	/* open */
	uint16_t	clause, action;	/* audit_rules_word; 0: none */
	uint16_t	policy;		/* audit_rules_policy */
	bool		automatic, explained, redacted;
};

struct audit_thread {
	char		*id;		/* owned */
	uint64_t	 index;
	uint32_t	 mode;		/* audit_rules_word */
	uint32_t	 seen;
	uint64_t	 posted, state[AUDIT_STATES], ever_removed;
	json_t		*by_clause;	/* owned; of those removed now */
};

/* A head that a log begun anew names: the first is what the log before it is
 * frozen at, the others were signed beyond it and their entries are lost. */
#define AUDIT_NAMED_MAX	32
struct audit_named {
	uint64_t	size;
	struct hash	root;
};

struct audit_rules;

struct audit_rules *audit_rules_new(void);
void	audit_rules_free(struct audit_rules **r);

/* Judges and applies the next entry. AUDIT_SOUND, or the check that it fails
 * with the reason in *err; the next one can be handed in all the same. */
enum audit_check audit_rules_add(struct audit_rules *r, const char *bytes,
	    size_t len, struct err *err);

/* Adds up every thread's account; call it before reading them. */
void	audit_rules_tally(struct audit_rules *r);

size_t	audit_rules_threads(const struct audit_rules *r);
struct audit_thread *audit_rules_thread(struct audit_rules *r, size_t i);
/* By public id, or NULL. */
struct audit_thread *audit_rules_thread_find(struct audit_rules *r,
	    const char *id);
/* By the index of its entry, or NULL where that is no such thing. */
struct audit_comment *audit_rules_comment(struct audit_rules *r,
	    uint64_t index);
struct audit_decision *audit_rules_decision(struct audit_rules *r,
	    uint64_t index);
enum audit_state audit_rules_state(const struct audit_comment *c);
const char *audit_state_word(enum audit_state s);
/* The next accepted comment of a thread whose seen is not this number, by
 * index; NULL: none. */
struct audit_comment *audit_rules_unseen(struct audit_rules *r,
	    const struct audit_thread *t, uint32_t seen);

uint64_t audit_rules_hash(const char *s, size_t len);
const char *audit_rules_word(const struct audit_rules *r, uint16_t word);
/* The adopted policies, as hex; NULL behind the last. */
const char *audit_rules_policy(const struct audit_rules *r, size_t i);
/* How often the signing key was changed, and the last time from which (vkey)
 * to which. */
size_t	audit_rules_rotated(const struct audit_rules *r, const char **from,
	    const char **to);
/* The origin named by the newest log's first entry, or "". */
const char *audit_rules_origin(const struct audit_rules *r);

/* The number of the next entry. */
uint64_t audit_rules_size(const struct audit_rules *r);
/* The log ends here, with this head: the next entry begins another. */
void	audit_rules_expect(struct audit_rules *r, uint64_t size,
	    const struct hash *root);
/* Heads named by all logs begun anew, and the newest's cause ("" for none) and
 * first entry. */
const struct audit_named *audit_rules_named(const struct audit_rules *r,
	    size_t i);
const char *audit_rules_cause(const struct audit_rules *r, uint64_t *start);

#endif
