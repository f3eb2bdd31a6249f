/*
 * A forum's data directory:
 *
 *   forum.db   journal, content, projections (schema.c)
 *   key        the ledger's signing seed, hex, mode 0600; key.old while a
 *              rotated key is being retired
 *   heads      size and root of the newest signed head, written after
 *              COMMIT, synced at most once a second and at exit
 *   erased     content refs dropped, synced before an erasure is answered;
 *              a restored backup has them dropped again
 *
 * heads must be a prefix of the database's tree. Behind is normal; ahead
 * means that the database is older than what was signed (a restored backup),
 * and then nothing more is signed until somebody says so (restart.h).
 */
#ifndef STORAGE_STORE_H
#define STORAGE_STORE_H

#include "storage/ledger.h"

struct store;

/* Opens or makes it. Where it can be read but must not be written, 0 with
 * *broken saying why. sign false needs no key and checks no head. */
int		 store_open(struct store **out, const char *dir,
		    const char *origin, bool sign, struct err *broken,
		    struct err *err);
void		 store_close(struct store **st);

struct db	*store_db(struct store *st);		/* the writer's */
struct ledger	*store_ledger(struct store *st);
const char	*store_journal_id(const struct store *st);
/* Is it broken by nothing but what DIR/heads says? */
bool		 store_behind(const struct store *st);

/* Notes dropped refs ("ref field" lines) and empties the write-ahead log, so
 * that the bytes are gone from disk. On the writer's thread. */
void		 store_erased(struct store *st, struct buf *lines);
/* Checkpoints and refreshes heads. On one thread, any but the writer's. */
void		 store_tidy(struct store *st);

/* A signed head by its log's origin. */
struct store_head {
	char		origin[NOTE_NAME_MAX + 1];
	uint64_t	size;
	struct hash	root;
};
/* DIR/heads: 0 read, 1 none. */
int		 store_head_read(const char *dir, struct store_head *out);
/* Has the database signed it, or a log of it begun by naming it as lost? */
bool		 store_head_known(struct db *db, const struct store_head *h);
/* Writes the newest head of an origin into DIR/heads, unless it is of the
 * size that was written last. */
int		 store_head_write(struct db *db, const char *dir,
		    const char *origin, uint64_t *size);

/* A read connection to DIR/forum.db. */
int		 store_reader(struct db **out, const char *dir,
		    struct err *err);
/* A meta value; 0 found, 1 none, -1 failed. */
int		 store_meta(struct db *db, const char *key, struct buf *out,
		    struct err *err);
int		 store_meta_set(struct db *db, const char *key,
		    const char *value, struct err *err);

/* Drops what DIR/erased names from an open database (after a restore). */
int		 store_apply_erased(struct db *db, const char *dir,
		    struct err *err);

#endif
