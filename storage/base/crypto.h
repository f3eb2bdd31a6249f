/*
 * Hashing, signing, randomness, password hashes: the only file that includes
 * OpenSSL's libcrypto (TLS is in forumd/tls.c).
 *
 * Sources: FIPS 180-4 (SHA-256), RFC 2104 (HMAC), RFC 8032 (Ed25519), RFC
 * 7914 (scrypt), RFC 6238 (TOTP), NIST SP 800-38D (AES-GCM).
 */
#ifndef STORAGE_BASE_CRYPTO_H
#define STORAGE_BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/err.h"

#define HASH_LEN	32	/* SHA-256 */
#define KEY_SEED_LEN	32	/* Ed25519 private seed */
#define KEY_PUBLIC_LEN	32
#define SIGNATURE_LEN	64

struct hash { unsigned char b[HASH_LEN]; };

/* One part of a message hashed in parts. */
struct crypto_part { const void *p; size_t len; };

void	crypto_sha256(struct hash *out, const void *p, size_t len);
/* SHA-256 over the parts, in order. */
void	crypto_sha256_parts(struct hash *out, const struct crypto_part *parts,
	    size_t n);
void	crypto_hmac(struct hash *out, const void *key, size_t key_len,
	    const struct crypto_part *parts, size_t n);
/* 0, or -1 where the system gives no randomness (refuse the operation). */
int	crypto_random(void *out, size_t len);
/* Constant-time comparison. */
bool	crypto_equal(const void *a, const void *b, size_t len);
void	crypto_wipe(void *p, size_t len);

/* Ed25519. public from seed; deterministic signature; verification. */
int	crypto_ed25519_public(unsigned char public_key[KEY_PUBLIC_LEN],
	    const unsigned char seed[KEY_SEED_LEN]);
int	crypto_ed25519_sign(unsigned char sig[SIGNATURE_LEN],
	    const unsigned char seed[KEY_SEED_LEN], const void *msg,
	    size_t len);
bool	crypto_ed25519_verify(const unsigned char sig[SIGNATURE_LEN],
	    const unsigned char public_key[KEY_PUBLIC_LEN], const void *msg,
	    size_t len);

/* AES-256-GCM. number must never repeat under one key; it is the nonce. open
 * answers -1 where anything was changed. out has room for len + SEAL_LEN, or
 * for len - SEAL_LEN when opening; it may be where the input is. */
#define SEAL_LEN	16
int	crypto_seal(unsigned char *out, const struct hash *key,
	    uint64_t number, const void *p, size_t len);
int	crypto_open(unsigned char *out, const struct hash *key,
	    uint64_t number, const void *p, size_t len);

/* "scrypt$<log2 N>$<r>$<p>$<salt b64>$<hash b64>", NUL-terminated, for
 * storing. Slow on purpose: never on a loop thread. */
#define CRYPTO_PASSWORD_MAX	160
int	crypto_password_hash(char out[CRYPTO_PASSWORD_MAX], const char *pw,
	    size_t len, struct err *err);
/* True where it matches; *upgrade says that the stored parameters are below
 * today's and the password should be hashed again. */
bool	crypto_password_check(const char *stored, const char *pw, size_t len,
	    bool *upgrade);

/* The six digits of RFC 6238 (SHA-1, 30 s) at a time in seconds. */
int	crypto_totp(const unsigned char *key, size_t key_len, int64_t seconds);

/* SHA-1 in hex with a NUL, for protocols that name things by it (a script in
 * Redis); it proves nothing. */
#define CRYPTO_SHA1_HEX	41
void	crypto_sha1_hex(char out[CRYPTO_SHA1_HEX], const void *p, size_t len);

/* Base64 with padding, strict (non-canonical bits refused): bytes written,
 * or -1. out has room for len / 4 * 3. Hex: the same, even length, lower or
 * upper case, room for len / 2. */
long	crypto_base64_decode(void *out, const char *s, size_t len);
long	crypto_hex_decode(void *out, const char *s, size_t len);

/* A random id of n characters of 0-9a-z without look-alikes (Crockford's
 * base 32, lower case), NUL-terminated: out has n + 1 bytes. */
int	crypto_id(char *out, size_t n);
/* The same, its first CRYPTO_ID_PLACE characters a number that it sorts by
 * (modulo 2^30), so that what is made together lies together on disk. The
 * rest is random. */
#define CRYPTO_ID_PLACE	6
int	crypto_id_at(char *out, size_t n, uint64_t place);

#endif
