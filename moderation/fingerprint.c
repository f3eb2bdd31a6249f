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

struct fingerprint_entry {
	uint64_t	hash;
	uint64_t	site;
	int64_t		ms;
	unsigned char	address[ITEM_ADDRESS_LEN];
};

struct fingerprint {
	pthread_mutex_t			 lock;
	struct fingerprint_entry	*ring;		/* owned */
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
	    (fp->ring = calloc(size, sizeof(*fp->ring))) == NULL) {
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

/* Can these differ in few bits only? Then at least two of their bytes are the
 * same. Most pairs have none: told in four operations, where counting bits
 * takes a call on machines that have no instruction for it. */
static bool
fingerprint_near(uint64_t a, uint64_t b)
{
	uint64_t	x = a ^ b;

	if (((x - 0x0101010101010101u) & ~x & 0x8080808080808080u) == 0)
		return false;
	return __builtin_popcountll(x) <= FINGERPRINT_NEAR;
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
	e = &fp->ring[fp->added++ & fp->mask];
	e->hash = hash;
	e->site = fingerprint_site(site);
	e->ms = now_ms;
	memcpy(e->address, address, ITEM_ADDRESS_LEN);
	pthread_mutex_unlock(&fp->lock);
}

void
fingerprint_look(struct fingerprint *fp, uint64_t hash, const char *site,
    const unsigned char address[ITEM_ADDRESS_LEN], int64_t now_ms,
    int64_t window_ms, struct fingerprint_seen *out)
{
	static const unsigned char	 none[ITEM_ADDRESS_LEN];
	const struct fingerprint_entry	*e;
	uint64_t			 at_site = fingerprint_site(site);
	size_t				 i, n;
	bool				 known, same;

	memset(out, 0, sizeof(*out));
	known = memcmp(address, none, ITEM_ADDRESS_LEN) != 0;
	pthread_mutex_lock(&fp->lock);
	n = fp->added <= fp->mask ? fp->added : fp->mask + 1;
	for (i = 1; i <= n; i++) {
		e = &fp->ring[(fp->added - i) & fp->mask];
		if (e->ms < now_ms - window_ms)
			break;
		same = known &&
		    memcmp(e->address, address, ITEM_ADDRESS_LEN) == 0;
		out->from_address += same;
		if (hash == 0 || e->hash == 0 || e->site != at_site ||
		    !fingerprint_near(e->hash, hash))
			continue;
		out->near++;
		out->exact += e->hash == hash;
		out->near_same_address += same;
	}
	pthread_mutex_unlock(&fp->lock);
}
