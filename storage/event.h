/*
 * Events: what happened. The one table of kinds, and the one encoder and
 * decoder of an event's bytes.
 *
 * An event is immutable JSON text (compact, sorted keys):
 *   {"kind":..,"leaf":..,"prv":{..},"pub":{..},"time":ms,"v":1}
 * "pub" holds exactly the values of its public leaf (reference: the leaf
 * format in README, "The public record"), "leaf" the leaf's bytes verbatim,
 * "prv" what projections need beside it. Neither holds text that a person
 * wrote: that lies in content rows, named by salted commitments.
 *
 * To add a kind: one row in event_kinds[] (event.c) and its projector.
 */
#ifndef STORAGE_EVENT_H
#define STORAGE_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/crypto.h"
#include "storage/base/err.h"
#include "storage/db.h"

struct event;

struct event_kind {
	const char	*name;
	int		 version;
	/* Space-separated members that must be there; a trailing "?" marks
	 * one that may be absent. prv and pub alike. */
	const char	*prv;
	/* The leaf's keys in the order of the format, or NULL: no leaf. */
	const char	*leaf;
	/* Command kinds' names that may emit it, for the reader; the check is
	 * the command's own permission. */
	const char	*by;
	int		(*project)(struct db *db, const struct event *e,
			    struct err *err);
};

struct event {
	const struct event_kind	*kind;
	uint64_t		 seq;
	int64_t			 time;	/* ms, never decreasing */
	int64_t			 index;	/* of its leaf in the log, or -1 */
	json_t			*pub;	/* owned; NULL without a leaf */
	json_t			*prv;	/* owned */
	json_t			*leaf;	/* owned; the bytes read, a string */
};

const struct event_kind	*event_kind(const char *name);

/* Makes the event's bytes into out (cleared first) and the leaf's into leaf,
 * checking the members against the table. */
int	event_encode(const struct event *e, struct buf *out, struct buf *leaf,
	    struct err *err);
/* Reads bytes back. An unknown kind or version fails: never skipped. The
 * caller ends with event_clear(). */
int	event_decode(struct event *e, const void *bytes, size_t len,
	    struct err *err);
void	event_clear(struct event *e);

/* A member of prv, else of pub; 0 or NULL where it is absent. */
int64_t		 event_int(const struct event *e, const char *key);
const char	*event_str(const struct event *e, const char *key);
bool		 event_has(const struct event *e, const char *key);
json_t		*event_get(const struct event *e, const char *key);

/* The salted commitment to one content field. */
#define SALT_LEN	32
void	event_commitment(struct hash *out, const unsigned char salt[SALT_LEN],
	    const char *field, const void *bytes, size_t len);
/* chain_0 from the journal's id, and chain_n from chain_n-1. */
void	event_chain_start(struct hash *out, const char *journal_id);
void	event_chain(struct hash *chain, const void *bytes, size_t len);

#endif
