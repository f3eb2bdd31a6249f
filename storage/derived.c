/*
 * Derived content. See derived.h for the contract.
 */
#include <stdlib.h>
#include <string.h>

#include "storage/derived.h"

const struct derived_kind derived_kinds[DERIVED_KINDS] = {
	[DERIVED_FRAGMENT] = { "fragment", "iiss",
	    "INSERT OR REPLACE INTO fragment (thread, num, name, html) "
	    "VALUES (?, ?, ?, ?)" },
	[DERIVED_MARKUP] = { "markup", "sii",
	    "UPDATE fragment SET html = ? WHERE thread = ? AND num = ?" },
	[DERIVED_FINDING] = { "finding", "iis",
	    "INSERT OR REPLACE INTO finding (thread, num, json) "
	    "VALUES (?, ?, ?)" },
	[DERIVED_NAME_KEY] = { "name_key", "si",
	    "INSERT INTO name_key (key, account) VALUES (?, ?)" },
	[DERIVED_IDEMPOTENCY] = { "idempotency", "bbisi",
	    "INSERT INTO idempotency (key, body, status, answer, at) "
	    "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET body = "
	    "excluded.body, status = excluded.status, answer = "
	    "excluded.answer, at = excluded.at" },
	[DERIVED_REFUSED] = { "refused", "is",
	    "INSERT INTO refused (thread, code, n) VALUES (?, ?, 1) "
	    "ON CONFLICT DO UPDATE SET n = n + 1" },
	[DERIVED_RECENT] = { "recent", "isbi", NULL },
};

void
derived_borrow(struct derived *d, enum derived_name kind, va_list ap)
{
	const char	*types = derived_kinds[kind].types;
	size_t		 i;

	memset(d, 0, sizeof(*d));
	d->kind = kind;
	d->after = UINT64_MAX;
	for (i = 0; types[i] != '\0'; i++) {
		d->v[i].type = types[i];
		if (types[i] == 'i') {
			d->v[i].i = va_arg(ap, int64_t);
			continue;
		}
		d->v[i].p = va_arg(ap, const void *);
		d->v[i].len = types[i] == 'b' ? va_arg(ap, size_t) :
		    d->v[i].p == NULL ? 0 : strlen(d->v[i].p);
	}
}

int
derived_own(struct derived *d, struct err *err)
{
	struct derived	 was = *d;
	char		*p;
	size_t		 i;

	for (i = 0; i < DERIVED_VALUES; i++)
		d->v[i].p = NULL;
	for (i = 0; i < DERIVED_VALUES; i++) {
		if (was.v[i].p == NULL)
			continue;
		if ((p = malloc(was.v[i].len + 1)) == NULL) {
			derived_free(d);
			return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "Out of memory");
		}
		memcpy(p, was.v[i].p, was.v[i].len);
		p[was.v[i].len] = '\0';
		d->v[i].p = p;
	}
	return 0;
}

int
derived_make(struct derived *d, enum derived_name kind, va_list ap,
    struct err *err)
{
	derived_borrow(d, kind, ap);
	return derived_own(d, err);
}

enum derived_name
derived_find(const char *name, size_t len)
{
	enum derived_name	kind = 0;

	while (kind < DERIVED_KINDS &&
	    (strlen(derived_kinds[kind].name) != len ||
	    memcmp(derived_kinds[kind].name, name, len) != 0))
		kind++;
	return kind;
}

int
derived_run(struct db *db, const struct derived *d, struct err *err)
{
	const struct derived_kind	*k = &derived_kinds[d->kind];

	if (k->sql == NULL)
		return 0;
	return db_run_values(db, err, k->sql, d->v, strlen(k->types));
}

void
derived_free(struct derived *d)
{
	size_t	i;

	for (i = 0; i < DERIVED_VALUES; i++) {
		free((void *)(uintptr_t)d->v[i].p);
		d->v[i].p = NULL;
	}
}
