/*
 * The compiled-in files, found by name. The table is generated, see assets.h.
 */
#include <string.h>

#include "forumd/assets.h"

const struct asset *
assets_find(const char *name)
{
	const struct asset	*a;

	for (a = assets; a->name != NULL; a++) {
		if (strcmp(a->name, name) == 0)
			return a;
	}
	return NULL;
}

const char *
assets_text(const char *name, size_t *len)
{
	const struct asset	*a = assets_find(name);

	if (a == NULL)
		return NULL;
	*len = a->len;
	return (const char *)a->data;
}
