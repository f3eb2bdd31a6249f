/*
 * Rotating the key that signs the public record: key becomes key.old and a new key takes its place. Until key.old is retired
 * both sign every head, and the record's own entry key.rotated, under both
 * signatures, tells whoever trusts the old one of the new one.
 *
 * Each step is atomic and a crash after any of them leaves a store that
 * opens: two equal keys are no rotation, and the entry is made at the next
 * opening where it is missing.
 */
#ifndef STORAGE_ROTATION_H
#define STORAGE_ROTATION_H

#include "storage/store.h"
#include "storage/writer.h"

/* Makes the new key in dir. Refused while an earlier rotation's key.old is
 * there. */
int	rotation_begin(const char *dir, const char *origin, struct err *err);
/* Ends it: drops dir's key.old. Refused until the entry is in db's record. */
int	rotation_retire(const char *dir, const char *origin, struct db *db,
	    struct err *err);
/* Has the writer sign with the keys that lie in its dir now, and makes the
 * entry where there are two and none was made; waits. */
int	rotation_record(struct writer *w, const char *dir, struct err *err);

#endif
