/*
 * Recent posts as SimHash fingerprints, so that the same words posted again
 * and again are noticed. A bounded ring behind a lock, shared by all
 * pipelines; derived data that starts empty and may be lost at any time. It
 * holds 64 bits of each text, which do not give the text back, a keyed hash
 * of the address, and the time; entries older than the window do not count.
 */
#ifndef MODERATION_FINGERPRINT_H
#define MODERATION_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

#include "moderation/item.h"
#include "storage/base/err.h"

struct fingerprint;

/* A ring of n entries (rounded up to a power of two). */
int	fingerprint_new(struct fingerprint **out, size_t n, struct err *err);
void	fingerprint_free(struct fingerprint **fp);

/* SimHash over shingles of a matching form. Texts under 24 bytes give 0,
 * which is like nothing: "I agree" is no flood. */
uint64_t fingerprint_of(const char *form, size_t len);

/* To be called once a comment is accepted. */
void	fingerprint_add(struct fingerprint *fp, uint64_t hash,
	    const char *site, const unsigned char address[ITEM_ADDRESS_LEN],
	    int64_t now_ms);

/* How often the window before now holds the same text, a near one (at most
 * 6 of 64 bits apart), and any text at all from this address. */
struct fingerprint_seen {
	unsigned	 exact;
	unsigned	 near;
	unsigned	 near_same_address;
	unsigned	 from_address;
};
void	fingerprint_look(struct fingerprint *fp, uint64_t hash,
	    const char *site, const unsigned char address[ITEM_ADDRESS_LEN],
	    int64_t now_ms, int64_t window_ms, struct fingerprint_seen *out);

#endif
