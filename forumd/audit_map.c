/*
 * The auditor's hash table: see audit_map.h. Nothing is ever removed, so
 * linear probing needs no tombstones.
 */
#include <stdlib.h>

#include "forumd/audit_map.h"

void
audit_map_free(struct audit_map *m)
{
	free(m->slot);
	*m = (struct audit_map){ NULL, 0, 0 };
}

/* The slot that holds the key or that it would take; cap > n. */
static struct audit_map_slot *
audit_map_slot(const struct audit_map *m, uint64_t key)
{
	size_t	i = (size_t)key & (m->cap - 1);

	while (m->slot[i].used && m->slot[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return (&m->slot[i]);
}

uint32_t
audit_map_get(const struct audit_map *m, uint64_t key)
{
	const struct audit_map_slot	*s;

	if (m->n == 0)
		return (AUDIT_MAP_NONE);
	s = audit_map_slot(m, key);
	return (s->used ? s->value : AUDIT_MAP_NONE);
}

static int
audit_map_grow(struct audit_map *m)
{
	struct audit_map	bigger = { NULL, m->cap * 2, m->n };
	size_t			i;

	if (bigger.cap == 0)
		bigger.cap = 1024;
	bigger.slot = calloc(bigger.cap, sizeof(*bigger.slot));
	if (bigger.slot == NULL)
		return (-1);
	for (i = 0; i < m->cap; i++)
		if (m->slot[i].used)
			*audit_map_slot(&bigger, m->slot[i].key) = m->slot[i];
	free(m->slot);
	*m = bigger;
	return (0);
}

int
audit_map_add(struct audit_map *m, uint64_t key, uint32_t value)
{
	if (m->n * 4 >= m->cap * 3 && audit_map_grow(m) != 0)
		return (-1);
	*audit_map_slot(m, key) = (struct audit_map_slot){ key, value, 1 };
	m->n++;
	return (0);
}
