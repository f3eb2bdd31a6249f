/*
 * What audit_rules.c (the store) and audit_judge.c (the judgements) share.
 */
#ifndef FORUMD_AUDIT_RULES_INT_H
#define FORUMD_AUDIT_RULES_INT_H

#include "forumd/audit_leaf.h"
#include "forumd/audit_map.h"
#include "forumd/audit_rules.h"

enum { AUDIT_FLAG_HELD = 1, AUDIT_FLAG_REMOVED = 2, AUDIT_FLAG_WITHDRAWN = 4,
    AUDIT_FLAG_ERASED = 8, AUDIT_FLAG_EVER = 16 };

/* What an entry is, for those that refer to it. */
struct audit_entry {
	uint32_t	item;		/* comment or decision */
	uint8_t		kind;
};

struct audit_rules {
	struct audit_entry	*entry;		/* all owned */
	struct audit_comment	*comment;
	struct audit_decision	*decision;
	struct audit_thread	*thread;
	char			*word[UINT16_MAX];	/* owned each */
	char			(*policy)[65];
	size_t			 n, n_cap, comments, comments_cap, decisions,
				 decisions_cap, threads, threads_cap, words,
				 policies, policies_cap;
	struct audit_map	 by_thread, by_comment, by_word;
	uint32_t		 date;
	char			*origin;	/* owned */
	uint64_t		 start;		/* of the newest log */
	bool			 expects;	/* a new log's first entry */
	struct audit_named	 frozen;	/* what it must name first */
	struct audit_named	 named[AUDIT_NAMED_MAX];
	size_t			 names;
	char			*cause;		/* owned */
	char			*rotated_from, *rotated_to;	/* owned */
	size_t			 rotations;
};

/* Makes room for one more element: the array, or NULL without memory. */
void	*audit_rules_room(void *array, size_t n, size_t *cap, size_t size);
#define AUDIT_ROOM(r, array, count)					       \
	audit_rules_room((r)->array, (r)->count, &(r)->count##_cap,	       \
	    sizeof(*(r)->array))

/* A number for a word; 0 for an absent one and where there is no room. */
uint16_t audit_rules_intern(struct audit_rules *r, struct audit_value v);
/* Remembers a policy's digest; -1 without memory. */
int	audit_rules_adopt(struct audit_rules *r, struct audit_value v);
bool	audit_rules_adopted(const struct audit_rules *r,
	    struct audit_value v, uint16_t *which);

#endif
