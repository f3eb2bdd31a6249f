/*
 * Full-text search: a follower of the journal with a file of its own,
 * DIR/search.db, and a thread of its own, so that the writer never waits for
 * it. It reads the journal from the (sequence, chain hash) it got to, is
 * idempotent, and starts anew where its chain is not the journal's, or the
 * file is missing or broken: everything in it can be made again.
 *
 * It holds the words of visible comments. What is erased or no longer
 * visible is deleted with secure_delete; after an erasure the index is
 * merged and the write-ahead log emptied, so that no word stays on disk.
 */
#ifndef STORAGE_SEARCH_H
#define STORAGE_SEARCH_H

#include "storage/base/buf.h"
#include "storage/db.h"

#define SEARCH_OFFSET_MAX	2000	/* nobody reads further */

struct search;

struct search_conf {
	const char	*dir;		/* data directory */
	/* The words of a comment's source text, appended to out. */
	int		(*text)(struct buf *out, const char *body, size_t len,
			    struct err *err);
};

/* Starts the thread. */
int	search_open(struct search **out, const struct search_conf *conf,
	    struct err *err);
/* Any thread: there is more in the journal. */
void	search_poke(struct search *s);
void	search_close(struct search **s);
/* Waits until the journal is followed up to seq; false after timeout_ms. */
bool	search_wait(struct search *s, uint64_t seq, int timeout_ms);

struct search_ask {
	const char	*text;		/* as the reader typed it */
	int64_t		 thread;	/* 0: all */
	const char	*author;	/* public id, or NULL */
	int		 limit, offset;
};
struct search_hit { int64_t thread, num; };

/* Best first, of comments that db (a connection to forum.db) shows as
 * visible now: as many as there are, at most limit + 1 into hits, or -1.
 * Any thread. */
int	search_query(struct search *s, struct db *db,
	    const struct search_ask *ask, struct search_hit *hits,
	    struct err *err);

#endif
