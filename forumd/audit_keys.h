/*
 * The keys that an auditor trusts: those given by hand, and those that it
 * learned from key.rotated entries in a record signed by one trusted before.
 * A saved key goes on working after the forum took another. A key signs under
 * the name of its log; a forum that went on in a new log (HOST/ledger/N)
 * signs there with the same keys under another name.
 */
#ifndef FORUMD_AUDIT_KEYS_H
#define FORUMD_AUDIT_KEYS_H

#include "storage/base/note.h"

#define AUDIT_KEYS_MAX	8

struct audit_keys {
	struct note_key	key[AUDIT_KEYS_MAX];	/* learned last comes last */
	size_t		n, given;		/* in all, by hand */
};

/* Reads a file of vkeys, one a line, the present one first. */
int	audit_keys_parse(struct audit_keys *k, const char *s, size_t len,
	    struct err *err);
/* Names them all after another log of the same forum. False where it is
 * another forum's. */
bool	audit_keys_name(struct audit_keys *k, const char *origin, size_t len);
/* Takes over a rotation: `to` is trusted where `from` is. A remembered chain
 * is handed in the same way. False where nothing was learned. */
bool	audit_keys_learn(struct audit_keys *k, const char *from,
	    const char *to);
/* Verifies a head by any of the keys; gives which, or -1. */
int	audit_keys_open(const struct audit_keys *k, struct note_checkpoint *c,
	    const char *s, size_t len, struct err *err);
/* Is the head signed by the key learned last? */
bool	audit_keys_current(const struct audit_keys *k, const char *s,
	    size_t len);
/* Lines "vkey FROM TO" to keep before a head, and read back from there: the
 * number of bytes that they take. */
void	audit_keys_write(const struct audit_keys *k, struct buf *b);
size_t	audit_keys_read(struct audit_keys *k, const char *s);

/* Asks the forum for its key.rotated entries and learns from each that is
 * proven under a key trusted already, in either direction: the one that it
 * replaced signed before. *proof gets (behind what is there) the signed head
 * of the last one. Made where a key of one's own does not suffice: without
 * anything kept, it is the way from an old key to the present one. */
int	audit_keys_fetch(struct audit_keys *k, const char *base,
	    struct buf *proof, struct err *err);

#endif
