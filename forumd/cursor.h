/*
 * Cursors: where a list goes on, as opaque text for ?after=. Inside stand a
 * letter for the kind of list and up to four whole numbers; a cursor of
 * another list, or one that nobody made, is refused.
 */
#ifndef FORUMD_CURSOR_H
#define FORUMD_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/err.h"

#define CURSOR_NUMBERS	4
#define CURSOR_MAX	128	/* its text, with NUL */

void	cursor_make(char out[CURSOR_MAX], char kind, size_t n,
	    const int64_t *v);
/* 0 with exactly n numbers, or -1 with ERR_INVALID_FIELD for "after". */
int	cursor_read(const char *text, char kind, size_t n, int64_t *v,
	    struct err *err);

#endif
