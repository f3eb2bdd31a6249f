/*
 * The keys that an auditor trusts: the one given by hand, and those that it
 * learned from key.rotated entries in a record signed by one trusted before.
 * A saved key goes on working after the forum took another.
 */
#ifndef FORUMD_AUDIT_KEYS_H
#define FORUMD_AUDIT_KEYS_H

#include "storage/base/note.h"

#define AUDIT_KEYS_MAX	8

struct audit_keys {
	struct note_key	key[AUDIT_KEYS_MAX];	/* oldest trust first */
	size_t		n;
};

void	audit_keys_init(struct audit_keys *k, const struct note_key *given);
/* Takes over a rotation: `to` is trusted where `from` is. A remembered chain
 * is handed in the same way. False where nothing was learned. */
bool	audit_keys_learn(struct audit_keys *k, const char *from,
	    const char *to);
/* Verifies a head by any of the keys. */
int	audit_keys_open(const struct audit_keys *k, struct note_checkpoint *c,
	    const char *s, size_t len, struct err *err);
/* Is the head signed by the key learned last? */
bool	audit_keys_current(const struct audit_keys *k, const char *s,
	    size_t len);
/* Lines "vkey FROM TO" to keep before a head, and read back from there: the
 * number of bytes that they take. */
void	audit_keys_write(const struct audit_keys *k, struct buf *b);
size_t	audit_keys_read(struct audit_keys *k, const char *s);

#endif
