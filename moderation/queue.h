/*
 * The review queue: what waits for a person, most urgent first, with
 * everything needed to decide it. Reads only; any connection.
 *
 * Priority = harm x exposure x age x time left, in whole numbers, as of the
 * moment that the cursor carries, so that a walk through the pages keeps its
 * order. A decision put again before a second person stands among the fresh
 * items and looks like one in every field.
 */
#ifndef MODERATION_QUEUE_H
#define MODERATION_QUEUE_H

#include "moderation/house.h"
#include "moderation/lookup.h"

enum queue_state { QUEUE_HELD, QUEUE_FLAGGED, QUEUE_APPEALED, QUEUE_OVERDUE,
    QUEUE_ALL };
enum queue_sort { QUEUE_PRIORITY, QUEUE_OLDEST, QUEUE_NEWEST,
    QUEUE_DEADLINE };

/* Words of ?state= and ?sort=; -1: no such word. */
int	queue_state_find(const char *word);
int	queue_sort_find(const char *word);

#define QUEUE_CURSOR	4	/* whole numbers in a cursor */

struct queue_query {
	enum queue_state state;
	enum queue_sort	 sort;
	int64_t		 viewer;	/* staff account; own cases left out */
	int64_t		 now;		/* ms */
	int		 limit;		/* 1..500 */
	bool		 go_on;		/* after[] is set */
	int64_t		 after[QUEUE_CURSOR];
};

struct queue_item {
	int64_t	thread, num;	/* thread 0: an appeal against a sanction */
	int64_t	since, decide_by;	/* ms, decide_by 0: none */
	int64_t	appeal;		/* number, 0: none */
	int64_t	review;		/* decision put again; never shown */
	bool	flagged, overdue;
	int64_t	key;		/* what it was sorted by */
};

/* At most q->limit items into items; *n of them. *more: go on at next[]. */
int	queue_list(struct db *db, const struct queue_query *q,
	    struct queue_item *items, size_t *n, bool *more,
	    int64_t next[QUEUE_CURSOR], struct err *err);

/* One item as an object: comment, context, flags, findings, author's
 * standing, remarks, version, claim, deadline, appeal. */
int	queue_item_json(struct buf *out, struct db *db, const struct house *h,
	    const struct queue_query *q, const struct queue_item *item,
	    struct err *err);

/* How many items stand before a held comment at the moment, itself counted;
 * nobody counts beyond QUEUE_FAR. 0: it is not held. */
#define QUEUE_FAR	1000
int64_t	queue_position(struct db *db, int64_t thread, int64_t num,
	    int64_t now);

/* Counts for the tabs. */
int	queue_counts(struct db *db, int64_t counts[QUEUE_ALL + 1],
	    struct err *err);

#endif
