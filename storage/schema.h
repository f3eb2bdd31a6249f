/*
 * The tables of forum.db, their versions and migrations, and which of them
 * are projections (dropped and rebuilt from the journal) and which are truth
 * or derived content.
 */
#ifndef STORAGE_SCHEMA_H
#define STORAGE_SCHEMA_H

#include "storage/base/buf.h"
#include "storage/db.h"

/* Creates the tables in an empty file, or migrates an older one, in one
 * transaction. A newer file is refused, saying so. */
int	schema_open(struct db *db, struct err *err);
/* This key stands in the table meta while the projections of a migrated file
 * have not been rebuilt. */
#define SCHEMA_STALE	"stale"
/* The tables of an earlier version in an empty file: what a migration of it
 * is tested on. */
int	schema_make(struct db *db, int64_t version, struct err *err);

/* Empties every projection table, inside the caller's transaction. */
int	schema_drop_projections(struct db *db, struct err *err);

/* Every row of every projection table as text, tables and rows in a fixed
 * order: what two identical forums have in common to the byte. */
int	schema_dump(struct db *db, struct buf *out, struct err *err);

#endif
