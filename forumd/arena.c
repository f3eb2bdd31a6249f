/*
 * Memory of one request. See arena.h.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/arena.h"

#define ARENA_BLOCK	(size_t)65536
#define ARENA_ALIGN	(size_t)16

struct arena_block {
	struct arena_block	*next;
	char			 pad[ARENA_ALIGN - sizeof(void *)];
};

static char *
arena_room(struct arena *a, size_t size)
{
	struct arena_block	*b;
	size_t			 want = size > ARENA_BLOCK / 4 ? size :
				    ARENA_BLOCK;
	char			*p;

	if (a->at != NULL && size <= (size_t)(a->end - a->at)) {
		p = a->at;
		a->at += size;
		return p;
	}
	if (want > SIZE_MAX - sizeof(*b) ||
	    (b = malloc(sizeof(*b) + want)) == NULL) {
		a->failed = true;
		return NULL;
	}
	b->next = a->blocks;
	a->blocks = b;
	p = (char *)(b + 1);
	/* A large piece has its block alone; the space before stays in use. */
	if (want == ARENA_BLOCK) {
		a->at = p + size;
		a->end = p + want;
	}
	return p;
}

void *
arena_get(struct arena *a, size_t size)
{
	char	*p;

	size = (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
	if ((p = arena_room(a, size)) != NULL)
		memset(p, 0, size);
	return p;
}

const char *
arena_text(struct arena *a, const char *s, size_t len)
{
	char	*p;

	if (s == NULL || (p = arena_room(a, (len + ARENA_ALIGN) &
	    ~(ARENA_ALIGN - 1))) == NULL)
		return NULL;
	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

const char *
arena_str(struct arena *a, const char *s)
{
	return s == NULL ? NULL : arena_text(a, s, strlen(s));
}

void
arena_free(struct arena *a)
{
	struct arena_block	*b;

	while ((b = a->blocks) != NULL) {
		a->blocks = b->next;
		free(b);
	}
	a->at = a->end = NULL;
}
