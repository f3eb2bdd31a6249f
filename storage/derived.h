/*
 * Derived content: rows made from content or from requests, which stand
 * beside the projections and may be missing (a rendered comment, the words
 * found in it, a name's key, the answer kept for an idempotency key, a
 * thread's count of refusals). They are not in the journal; between nodes
 * they travel with the batch whose command made them.
 *
 * The one table of kinds. To add one: a row here, and turn_derived() with it.
 */
#ifndef STORAGE_DERIVED_H
#define STORAGE_DERIVED_H

#include <stdarg.h>

#include "storage/db.h"

#define DERIVED_VALUES	5

enum derived_name {
	DERIVED_FRAGMENT,	/* thread, num, name, html */
	DERIVED_MARKUP,		/* html, thread, num: edited */
	DERIVED_FINDING,	/* thread, num, json */
	DERIVED_NAME_KEY,	/* key, account */
	DERIVED_IDEMPOTENCY,	/* key, body, status, answer, at */
	DERIVED_REFUSED,	/* thread, code: one more */
	DERIVED_RECENT,		/* print, site, address, at: of a post; in no
				 * table, but in each node's memory */
	DERIVED_KINDS
};

struct derived_kind {
	const char	*name;		/* in a batch; never changes */
	const char	*types;		/* i, s and b, as db_run binds them */
	const char	*sql;		/* NULL: no table */
};
extern const struct derived_kind derived_kinds[DERIVED_KINDS];

struct derived {
	enum derived_name	 kind;
	/* The event that it is run right behind; a batch lists them in this
	 * order. UINT64_MAX: not known yet. */
	uint64_t		 after;
	struct db_value		 v[DERIVED_VALUES];	/* bytes owned */
};

/* Fills a row with what ap lists; texts and blobs stay the caller's. */
void	derived_borrow(struct derived *d, enum derived_name kind, va_list ap);
/* Makes copies of them its own. -1 when memory ran out, and then there is
 * nothing to free. */
int	derived_own(struct derived *d, struct err *err);
/* Both. */
int	derived_make(struct derived *d, enum derived_name kind, va_list ap,
	    struct err *err);
/* The kind of this name (len bytes, not terminated); DERIVED_KINDS: none. */
enum derived_name derived_find(const char *name, size_t len);
int	derived_run(struct db *db, const struct derived *d, struct err *err);
void	derived_free(struct derived *d);

#endif
