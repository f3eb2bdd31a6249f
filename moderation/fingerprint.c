/*
 * SimHash: every shingle of five bytes votes on each of 64 bits, so texts
 * that share most shingles share most bits. The ring is looked through from
 * its newest entry back to the window's end: a few thousand compares of 64
 * bits, microseconds, under one lock.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/fingerprint.h"

#define FINGERPRINT_SHINGLE	5
#define FINGERPRINT_SHORT	24	/* bytes; below, texts are not alike */
#define FINGERPRINT_NEAR	6	/* bits of 64 */

#define FINGERPRINT_RUN		16	/* hashes looked at together */

struct fingerprint_entry {
	uint64_t	site;
	int64_t		ms;
	unsigned char	address[ITEM_ADDRESS_LEN];
};

struct fingerprint {
	pthread_mutex_t			 lock;
	struct fingerprint_entry	*ring;		/* owned */
	uint64_t			*hash;		/* owned; the ring's */
	size_t				 mask;
	size_t				 added;
};

int
fingerprint_new(struct fingerprint **out, size_t n, struct err *err)
{
	struct fingerprint	*fp;
	size_t			 size = 64;

	while (size < n && size < (1u << 20))
		size *= 2;
	if ((fp = calloc(1, sizeof(*fp))) == NULL ||
	    (fp->ring = calloc(size, sizeof(*fp->ring))) == NULL ||
	    (fp->hash = calloc(size, sizeof(*fp->hash))) == NULL) {
		if (fp != NULL)
			free(fp->ring);
		free(fp);
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	}
	fp->mask = size - 1;
	pthread_mutex_init(&fp->lock, NULL);
	*out = fp;
	return 0;
}

void
fingerprint_free(struct fingerprint **fp)
{
	if (*fp == NULL)
		return;
	pthread_mutex_destroy(&(*fp)->lock);
	free((*fp)->ring);
	free((*fp)->hash);
	free(*fp);
	*fp = NULL;
}

/* A strong mix of 64 bits (the finaliser of SplitMix64). */
static uint64_t
fingerprint_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* Votes are counted eight at a time: bit k of each byte of the hash lands in
 * byte lanes of a word, spilled before a lane can overflow. */
uint64_t
fingerprint_of(const char *form, size_t len)
{
	uint64_t	lanes[8] = { 0 }, window = 0, h;
	unsigned	votes[64] = { 0 }, n = 0, total = 0, i, k;
	size_t		at, fed = 0;

	if (len < FINGERPRINT_SHORT)
		return 0;
	for (at = 0; at < len; at++) {
		/* Spaces and punctuation are easily varied: left out. */
		if ((unsigned char)form[at] < '0')
			continue;
		window = (window << 8 | (unsigned char)form[at]) &
		    ((1ull << 8 * FINGERPRINT_SHINGLE) - 1);
		if (++fed < FINGERPRINT_SHINGLE)
			continue;
		h = fingerprint_mix(window + 0x9e3779b97f4a7c15u);
		for (k = 0; k < 8; k++)
			lanes[k] += h >> k & 0x0101010101010101u;
		total++;
		if (++n < 255 && at + 1 < len)
			continue;
		for (k = 0; k < 8; k++) {
			for (i = 0; i < 8; i++)
				votes[8 * i + k] += lanes[k] >> 8 * i & 0xff;
			lanes[k] = 0;
		}
		n = 0;
	}
	for (k = 0; k < 8; k++) {
		for (i = 0; i < 8; i++)
			votes[8 * i + k] += lanes[k] >> 8 * i & 0xff;
	}
	for (h = 0, i = 0; i < 64; i++)
		h |= (uint64_t)(2 * votes[i] > total) << i;
	return total == 0 ? 0 : h | (h == 0);
}

/* Is one of these near a hash? Nearly always none is, which is told of many
 * at a time. */
static inline __attribute__((always_inline)) bool
fingerprint_some(const uint64_t hash[FINGERPRINT_RUN], uint64_t to)
{
	bool	some = false;
	int	i;

	for (i = 0; i < FINGERPRINT_RUN; i++)
		some |= __builtin_popcountll(hash[i] ^ to) <=
		    FINGERPRINT_NEAR;
	return some;
}

#ifdef __x86_64__
/* Not every machine has the instruction that counts bits; it takes a tenth
 * of the time. */
__attribute__((target("popcnt"))) static bool
fingerprint_some_popcnt(const uint64_t hash[FINGERPRINT_RUN], uint64_t to)
{
	return fingerprint_some(hash, to);
}
#endif

static bool
fingerprint_near(const uint64_t hash[FINGERPRINT_RUN], uint64_t to)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("popcnt"))
		return fingerprint_some_popcnt(hash, to);
#endif
	return fingerprint_some(hash, to);
}

/* FNV-1a: sites only need telling apart. */
static uint64_t
fingerprint_site(const char *site)
{
	uint64_t	h = 0xcbf29ce484222325u;

	for (; *site != '\0'; site++)
		h = (h ^ (unsigned char)*site) * 0x100000001b3u;
	return h;
}

void
fingerprint_add(struct fingerprint *fp, uint64_t hash, const char *site,
    const unsigned char address[ITEM_ADDRESS_LEN], int64_t now_ms)
{
	struct fingerprint_entry	*e;

	pthread_mutex_lock(&fp->lock);
	e = &fp->ring[fp->added & fp->mask];
	fp->hash[fp->added++ & fp->mask] = hash;
	e->site = fingerprint_site(site);
	e->ms = now_ms;
	memcpy(e->address, address, ITEM_ADDRESS_LEN);
	pthread_mutex_unlock(&fp->lock);
}

/* Counts one entry of the ring. */
static void
fingerprint_count(const struct fingerprint *fp, size_t at, uint64_t hash,
    uint64_t site, const unsigned char *address, struct fingerprint_seen *out)
{
	const struct fingerprint_entry	*e = &fp->ring[at];
	bool				 same;

	same = address != NULL &&
	    memcmp(e->address, address, ITEM_ADDRESS_LEN) == 0;
	out->from_address += same;
	if (hash == 0 || fp->hash[at] == 0 || e->site != site ||
	    __builtin_popcountll(fp->hash[at] ^ hash) > FINGERPRINT_NEAR)
		return;
	out->near++;
	out->exact += fp->hash[at] == hash;
	out->near_same_address += same;
}

/* How many entries the window holds: they stand in the order of time. */
static size_t
fingerprint_window(const struct fingerprint *fp, int64_t since)
{
	size_t	in = 0, n, mid;

	n = fp->added <= fp->mask ? fp->added : fp->mask + 1;
	while (in < n) {
		mid = (in + n + 1) / 2;
		if (fp->ring[(fp->added - mid) & fp->mask].ms >= since)
			in = mid;
		else
			n = mid - 1;
	}
	return in;
}

void
fingerprint_look(struct fingerprint *fp, uint64_t hash, const char *site,
    const unsigned char address[ITEM_ADDRESS_LEN], int64_t now_ms,
    int64_t window_ms, struct fingerprint_seen *out)
{
	static const unsigned char	 none[ITEM_ADDRESS_LEN];
	uint64_t			 at_site = fingerprint_site(site);
	size_t				 i, n, at;

	memset(out, 0, sizeof(*out));
	if (memcmp(address, none, ITEM_ADDRESS_LEN) == 0)
		address = NULL;
	pthread_mutex_lock(&fp->lock);
	n = fingerprint_window(fp, now_ms - window_ms);
	for (i = fp->added - n; i != fp->added; i++) {
		at = i & fp->mask;
		if (address == NULL && at % FINGERPRINT_RUN == 0 &&
		    fp->added - i >= FINGERPRINT_RUN &&
		    !fingerprint_near(&fp->hash[at], hash))
			i += FINGERPRINT_RUN - 1;
		else
			fingerprint_count(fp, at, hash, at_site, address, out);
	}
	pthread_mutex_unlock(&fp->lock);
}
