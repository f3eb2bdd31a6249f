/*
 * An entry of the public record, read as strictly as it is defined: first
 * line, kind, date, then the kind's keys in the table's order, each with the
 * form of value it must have. The auditor's own reader; the server's writer
 * is elsewhere and shares nothing with it.
 *
 * To follow a new kind of entry: one row in audit_leaf.c, and where it
 * changes a state, one function in audit_rules.c.
 */
#ifndef FORUMD_AUDIT_LEAF_H
#define FORUMD_AUDIT_LEAF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/err.h"

enum audit_kind {
	AUDIT_LOG_STARTED, AUDIT_LOG_RESTARTED, AUDIT_POLICY_ADOPTED,
	AUDIT_THREAD_OPENED, AUDIT_THREAD_MODE, AUDIT_COMMENT_ACCEPTED,
	AUDIT_COMMENT_EDITED, AUDIT_COMMENT_HELD, AUDIT_COMMENT_PUBLISHED,
	AUDIT_DECISION, AUDIT_COMMENT_WITHDRAWN, AUDIT_COMMENT_ERASED,
	AUDIT_EXPLANATION_REDACTED, AUDIT_APPEAL_FILED, AUDIT_APPEAL_DECIDED,
	AUDIT_FLAGS_DECIDED, AUDIT_SANCTION, AUDIT_SANCTION_ENDED,
	AUDIT_BATCH, AUDIT_KEY_ROTATED, AUDIT_KINDS
};

/* A piece of the leaf's bytes; p is NULL where the key is absent. */
struct audit_value { const char *p; size_t len; };

#define AUDIT_LEAF_KEYS	16

struct audit_leaf {
	enum audit_kind		 kind;
	uint32_t		 date;		/* 20261122 */
	/* By position in the kind's row; of a repeated key the first. */
	struct audit_value	 value[AUDIT_LEAF_KEYS];
	const char		*end;		/* behind the leaf */
};

/* Reads the leaf at `index`; what points to other entries must point below
 * it. The leaf points into the bytes. -1 says in *err what is wrong. */
int	audit_leaf_parse(struct audit_leaf *l, const char *bytes, size_t len,
	    uint64_t index, struct err *err);
const char *audit_leaf_kind(enum audit_kind kind);

/* The value of a key; p is NULL where it is absent. */
struct audit_value	audit_leaf_get(const struct audit_leaf *l,
			    const char *key);
/* The next value of a repeated key, following on *v; false at the last. */
bool	audit_leaf_next(const struct audit_leaf *l, const char *key,
	    struct audit_value *v);
/* A decimal value that audit_leaf_parse has checked; absent: fallback. */
uint64_t audit_leaf_number(const struct audit_leaf *l, const char *key,
	    uint64_t fallback);
bool	audit_value_is(const struct audit_value *v, const char *s);
uint64_t audit_value_number(const struct audit_value *v);

#endif
