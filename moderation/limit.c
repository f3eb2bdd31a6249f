/*
 * Rate limits. See limit.h for the contract.
 *
 * A fixed table of counters, found by hash: what does not fit pushes out the
 * oldest of eight neighbours, so memory is bounded and a flood of addresses
 * can at worst make some limits forget.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/limit.h"
#include "storage/base/clock.h"

#define LIMIT_SLOTS	32768	/* power of 2 */
#define LIMIT_NEAR	8

static const struct limit_row {
	const char	*name;
	int		 address, account, window;
} limit_rows[LIMIT_COUNT] = {
#define X(name, word, address, account, window)				       \
	[LIMIT_##name] = { word, address, account, window },
	LIMIT_TABLE(X)
#undef X
};

struct limit_slot {
	uint64_t	key;		/* 0: free */
	int64_t		period;		/* number of the current window */
	int		now, before;	/* uses in it and in the one before */
};

struct limits {
	bool			enforced;
	pthread_mutex_t		lock;
	struct limit_slot	slot[LIMIT_SLOTS];
};

int
limits_new(struct limits **out, bool enforced, struct err *err)
{
	struct limits	*l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	l->enforced = enforced;
	pthread_mutex_init(&l->lock, NULL);
	*out = l;
	return 0;
}

void
limits_free(struct limits **l)
{
	if (*l == NULL)
		return;
	pthread_mutex_destroy(&(*l)->lock);
	free(*l);
	*l = NULL;
}

bool
limits_enforced(const struct limits *l)
{
	return l->enforced;
}

static struct limit_slot *
limit_find(struct limits *l, uint64_t key, int64_t period)
{
	struct limit_slot	*s, *oldest = NULL;
	int			 i;

	for (i = 0; i < LIMIT_NEAR; i++) {
		s = &l->slot[(key + i) & (LIMIT_SLOTS - 1)];
		if (s->key == key)
			return s;
		if (oldest == NULL || s->period < oldest->period)
			oldest = s;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->key = key;
	oldest->period = period;
	return oldest;
}

/* Counts one use of a key; seconds to wait, or 0. */
static int
limit_count(struct limits *l, uint64_t key, int max, int window, int64_t now)
{
	int64_t			 span = window * INT64_C(1000);
	int64_t			 period = now / span, into = now % span;
	struct limit_slot	*s = limit_find(l, key, period);
	int64_t			 used;

	if (s->period != period) {
		s->before = s->period == period - 1 ? s->now : 0;
		s->now = 0;
		s->period = period;
	}
	used = s->now + s->before * (span - into) / span;
	if (used >= max)
		return (int)((span - into) / 1000) + 1;
	s->now++;
	return 0;
}

int
limits_take(struct limits *l, enum limit what, const struct actor *actor,
    int *retry_after, struct err *err)
{
	const struct limit_row	*row = &limit_rows[what];
	int64_t			 now = clock_mono_ms();
	uint64_t		 key;
	int			 wait = 0;

	if (!l->enforced || actor->kind == ACTOR_OPERATOR ||
	    actor->kind == ACTOR_SYSTEM)
		return 0;
	pthread_mutex_lock(&l->lock);
	if (row->address > 0 && actor->addressed) {
		memcpy(&key, actor->address.b, sizeof(key));
		wait = limit_count(l, (key ^ (uint64_t)what * 0x9e3779b97f4aULL)
		    | 1, row->address, row->window, now);
	}
	if (wait == 0 && row->account > 0 && actor->account != 0) {
		key = (uint64_t)actor->account * 0x9e3779b97f4a7c15ULL;
		wait = limit_count(l, (key ^ (uint64_t)what << 32) | 1,
		    row->account, row->window, now);
	}
	pthread_mutex_unlock(&l->lock);
	if (wait == 0)
		return 0;
	*retry_after = wait;
	return err_set(err, ERR_RATE_LIMITED, NULL,
	    "Too many (%s) in a short time; try again in %d seconds",
	    row->name, wait);
}
