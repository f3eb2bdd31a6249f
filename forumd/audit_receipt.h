/*
 * One receipt, checked without a network: the JSON that a poster was given,
 * or a bare tlog-proof with the entry's bytes beside it.
 */
#ifndef FORUMD_AUDIT_RECEIPT_H
#define FORUMD_AUDIT_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "forumd/audit_keys.h"

struct audit_receipt {
	const char	*receipt;	/* the file's bytes */
	size_t		 receipt_len;
	const char	*leaf;		/* for a bare proof, or NULL */
	size_t		 leaf_len;
	const char	*text;		/* the comment as sent, or NULL */
	size_t		 text_len;
	struct audit_keys *keys;	/* or NULL: nobody's signature is
					 * checked, and that is said */
	const char	*url;		/* where to ask for changes of key
					 * since its time, or NULL */
};

/* Prints what was checked, a line each, then the verdict; or one JSON
 * object. 0 sound, 1 not. */
int	audit_receipt_check(const struct audit_receipt *r, bool json,
	    FILE *f);

#endif
