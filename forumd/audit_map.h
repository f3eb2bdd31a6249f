/*
 * A table from 64-bit keys to 32-bit values, open addressing: what the
 * auditor remembers about a million entries in 16 bytes each. Keys are
 * already hashes; values are never UINT32_MAX.
 */
#ifndef FORUMD_AUDIT_MAP_H
#define FORUMD_AUDIT_MAP_H

#include <stddef.h>
#include <stdint.h>

#define AUDIT_MAP_NONE	UINT32_MAX

struct audit_map {
	struct audit_map_slot {
		uint64_t	key;
		uint32_t	value, used;
	}		*slot;		/* owned */
	size_t		 cap, n;
};

void		audit_map_free(struct audit_map *m);
/* AUDIT_MAP_NONE where the key is not there. */
uint32_t	audit_map_get(const struct audit_map *m, uint64_t key);
/* Adds a key that is not there yet; -1 without memory. */
int		audit_map_add(struct audit_map *m, uint64_t key,
		    uint32_t value);

#endif
