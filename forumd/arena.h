/*
 * Memory that lives as long as one request: strings copied out of rows, the
 * lists made of them. Freed in one go.
 */
#ifndef FORUMD_ARENA_H
#define FORUMD_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;
struct arena {
	struct arena_block	*blocks;	/* owned */
	char			*at, *end;	/* free space of the newest */
	bool			 failed;	/* once, and it stays so */
};

#define ARENA_INIT { NULL, NULL, NULL, false }

/* NULL where memory is out. Zeroed, aligned for any object. */
void		*arena_get(struct arena *a, size_t size);
/* A copy; NULL stays NULL. */
const char	*arena_str(struct arena *a, const char *s);
const char	*arena_text(struct arena *a, const char *s, size_t len);
void		 arena_free(struct arena *a);

#endif
