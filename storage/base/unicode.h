/*
 * Text as people see it: the only file that includes ICU, and the one place
 * that validates UTF-8. Bodies are stored byte for byte as they were sent;
 * the forms made here serve for comparing only. Nothing here depends on the
 * locale of the process or of the machine.
 *
 * Sources: Unicode 15 (UAX 15 normal forms, UTS 39 security mechanisms).
 */
#ifndef STORAGE_BASE_UNICODE_H
#define STORAGE_BASE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/err.h"

#define UNICODE_NAME_MAX	40	/* characters of a display name */

/* Length in bytes of the well-formed sequence at p, of which left bytes are
 * there; 0 where it is ill-formed. left > 0. */
size_t	unicode_sequence(const unsigned char *p, size_t left);
/* Characters (code points) of s, or -1 where it is not well-formed UTF-8. */
long	unicode_count(const char *s, size_t len);
/* True where nothing of s (valid UTF-8) would be seen on a page: spaces,
 * controls, zero-width characters and blank letters only. */
bool	unicode_blank(const char *s, size_t len);

/* Is the one character at s (n bytes, well-formed) a combining mark? */
bool	unicode_is_mark(const char *s, size_t n);

/* Appends NFC of s. -1: not UTF-8, or no memory. */
int	unicode_nfc(struct buf *out, const char *s, size_t len,
	    struct err *err);

/*
 * The matching form: NFKC, case-folded, without marks on Latin, Greek and
 * Cyrillic letters, without invisible and bidi controls, and with letters
 * that only look Latin folded to the Latin ones where a word mixes scripts
 * or the text around it is Latin. at[i] is the offset in the original of the
 * character that byte i came from; at[len] is the original's length.
 */
struct unicode_form {
	struct buf	 text;
	uint32_t	*at;		/* owned; text.len + 1 entries */
	size_t		 invisible;	/* controls that were left out */
	size_t		 folded;	/* look-alikes that were replaced */
	size_t		 marks;		/* longest run of combining marks */
};

/* Fills *out, which the caller frees; on -1 it is empty. */
int	unicode_form(struct unicode_form *out, const char *s, size_t len,
	    struct err *err);
void	unicode_form_free(struct unicode_form *f);

/* May this be a display name? Letters, digits, single inner spaces and plain
 * punctuation, one script (as UTS 39 "highly restrictive"), nothing
 * invisible, at most UNICODE_NAME_MAX characters. -1 says why not, for the
 * field "name". */
int	unicode_name_check(const char *name, size_t len, struct err *err);
/* Appends the key under which names that look alike are equal: a skeleton of
 * the case-folded name. -1: not UTF-8, or no memory. */
int	unicode_name_key(struct buf *out, const char *name, size_t len,
	    struct err *err);

#endif
