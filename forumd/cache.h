/*
 * Finished answers of the public view, one cache a loop: identity and gzip,
 * each with its head ready to send. An entry belongs to a target (and, for
 * pages, a language) and says which version numbers it was made under; a
 * look at the shared array tells whether it still stands.
 */
#ifndef FORUMD_CACHE_H
#define FORUMD_CACHE_H

#include <stdbool.h>

#include "forumd/conn.h"
#include "storage/writer.h"

struct cache;
struct cache_entry;

/* budget in bytes of bodies; the least recently used go first. */
struct cache	*cache_new(const struct versions *v, size_t budget);
void		 cache_free(struct cache **c);

/* The version numbers an answer depends on, read before its snapshot is
 * opened: rows can then only be newer, which costs a look in vain, never a
 * stale answer. thread > 0: that thread's; 0: the site's; -1: any commit. */
struct cache_mark { int64_t thread; uint64_t version, score, site; };
void		 cache_mark(const struct cache *c, int64_t thread,
		    struct cache_mark *m);
/* A mark of any commit becomes one of that thread (or the site), unless
 * something was committed since it was taken. */
void		 cache_narrow(const struct cache *c, int64_t thread,
		    struct cache_mark *m);

/* An entry that still stands, or NULL. Votes alone outdate an entry only
 * once it is a second old. */
struct cache_entry *cache_find(struct cache *c, struct http_span target,
		    const char *language);
/* Makes an entry; head is the field lines without ETag, Content-Length and
 * Content-Encoding; the body is copied. The ETag is a digest of the body, so
 * equal bytes have equal tags whenever and wherever they were made. NULL:
 * no memory. */
struct cache_entry *cache_put(struct cache *c, struct http_span target,
		    const char *language, const struct cache_mark *m,
		    const char *head, size_t head_len, const void *body,
		    size_t len);
/* Answers from an entry: 304 where If-None-Match has its tag, gzip where the
 * client takes it and it is smaller. */
void		 cache_reply(struct cache *c, struct cache_entry *e,
		    struct conn *conn, const struct http_request *rq);

#endif
