/*
 * Hashing, signing, randomness, password hashes: see crypto.h. The only file
 * that includes OpenSSL's libcrypto.
 *
 * SHA-256 runs on a context on the stack. OpenSSL calls that interface
 * deprecated, yet it is the only one of its own that neither allocates nor
 * looks anything up: a hash here cannot fail, costs no more than its bytes,
 * and needs nothing kept per thread. HMAC is written over it for the same
 * reason. Everything that may fail (keys, signatures, scrypt) goes through
 * EVP and says so.
 *
 * Today's password parameters stand in crypto_scrypt_now; raise them there
 * and nowhere else: older hashes keep working and ask to be made again.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "storage/base/crypto.h"

#define CRYPTO_BLOCK_LEN	64	/* SHA-256's, for HMAC */
#define CRYPTO_SALT_LEN		16
#define CRYPTO_SALT_MAX		32

struct crypto_scrypt {
	unsigned int	log2n, r, p;
};

static const struct crypto_scrypt crypto_scrypt_now = { 15, 8, 1 };

void
crypto_sha256(struct hash *out, const void *p, size_t len)
{
	SHA256_CTX	ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, p, len);
	SHA256_Final(out->b, &ctx);
}

void
crypto_sha256_parts(struct hash *out, const struct crypto_part *parts,
    size_t n)
{
	SHA256_CTX	ctx;
	size_t		i;

	SHA256_Init(&ctx);
	for (i = 0; i < n; i++)
		SHA256_Update(&ctx, parts[i].p, parts[i].len);
	SHA256_Final(out->b, &ctx);
}

/* RFC 2104: H((K ^ opad) || H((K ^ ipad) || text)). */
void
crypto_hmac(struct hash *out, const void *key, size_t key_len,
    const struct crypto_part *parts, size_t n)
{
	unsigned char	pad[CRYPTO_BLOCK_LEN] = { 0 };
	struct hash	short_key;
	SHA256_CTX	ctx;
	size_t		i;

	if (key_len > sizeof(pad)) {
		crypto_sha256(&short_key, key, key_len);
		key = short_key.b;
		key_len = HASH_LEN;
	}
	if (key_len > 0)
		memcpy(pad, key, key_len);
	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	SHA256_Init(&ctx);
	SHA256_Update(&ctx, pad, sizeof(pad));
	for (i = 0; i < n; i++)
		SHA256_Update(&ctx, parts[i].p, parts[i].len);
	SHA256_Final(out->b, &ctx);
	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA256_Init(&ctx);
	SHA256_Update(&ctx, pad, sizeof(pad));
	SHA256_Update(&ctx, out->b, HASH_LEN);
	SHA256_Final(out->b, &ctx);
	OPENSSL_cleanse(pad, sizeof(pad));
	OPENSSL_cleanse(&short_key, sizeof(short_key));
	OPENSSL_cleanse(&ctx, sizeof(ctx));
}

int
crypto_random(void *out, size_t len)
{
	if (len > INT32_MAX || RAND_bytes(out, (int)len) != 1)
		return (-1);
	return (0);
}

bool
crypto_equal(const void *a, const void *b, size_t len)
{
	return (CRYPTO_memcmp(a, b, len) == 0);
}

void
crypto_wipe(void *p, size_t len)
{
	OPENSSL_cleanse(p, len);
}

int
crypto_ed25519_public(unsigned char public_key[KEY_PUBLIC_LEN],
    const unsigned char seed[KEY_SEED_LEN])
{
	EVP_PKEY	*key;
	size_t		 len = KEY_PUBLIC_LEN;
	int		 ok;

	key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
	    KEY_SEED_LEN);
	if (key == NULL)
		return (-1);
	ok = EVP_PKEY_get_raw_public_key(key, public_key, &len) == 1 &&
	    len == KEY_PUBLIC_LEN;
	EVP_PKEY_free(key);
	return (ok ? 0 : -1);
}

int
crypto_ed25519_sign(unsigned char sig[SIGNATURE_LEN],
    const unsigned char seed[KEY_SEED_LEN], const void *msg, size_t len)
{
	EVP_PKEY	*key;
	EVP_MD_CTX	*ctx;
	size_t		 sig_len = SIGNATURE_LEN;
	int		 ok;

	key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
	    KEY_SEED_LEN);
	ctx = EVP_MD_CTX_new();
	ok = key != NULL && ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, sig, &sig_len, msg, len) == 1 &&
	    sig_len == SIGNATURE_LEN;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return (ok ? 0 : -1);
}

bool
crypto_ed25519_verify(const unsigned char sig[SIGNATURE_LEN],
    const unsigned char public_key[KEY_PUBLIC_LEN], const void *msg,
    size_t len)
{
	EVP_PKEY	*key;
	EVP_MD_CTX	*ctx;
	bool		 ok;

	key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key,
	    KEY_PUBLIC_LEN);
	ctx = EVP_MD_CTX_new();
	ok = key != NULL && ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, sig, SIGNATURE_LEN, msg, len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return (ok);
}

static int
crypto_scrypt(unsigned char out[HASH_LEN], const struct crypto_scrypt *s,
    const unsigned char *salt, size_t salt_len, const char *pw, size_t len)
{
	uint64_t	n = (uint64_t)1 << s->log2n;
	uint64_t	mem = 128 * (uint64_t)s->r * (n + s->p + 2);

	return (EVP_PBE_scrypt(pw, len, salt, salt_len, n, s->r, s->p, mem,
	    out, HASH_LEN) == 1 ? 0 : -1);
}

static void
crypto_nonce(unsigned char iv[12], uint64_t number)
{
	int	i;

	memset(iv, 0, 12);
	for (i = 0; i < 8; i++)
		iv[4 + i] = (unsigned char)(number >> (56 - 8 * i));
}

int
crypto_seal(unsigned char *out, const struct hash *key, uint64_t number,
    const void *p, size_t len)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	unsigned char	 iv[12];
	int		 n, rc = -1;

	crypto_nonce(iv, number);
	if (ctx != NULL && len <= INT_MAX - SEAL_LEN &&
	    EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->b,
	    iv) == 1 && EVP_EncryptUpdate(ctx, out, &n, p, (int)len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, out + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, SEAL_LEN,
	    out + len) == 1)
		rc = 0;
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

int
crypto_open(unsigned char *out, const struct hash *key, uint64_t number,
    const void *p, size_t len)
{
	EVP_CIPHER_CTX	*ctx;
	unsigned char	 iv[12], tag[SEAL_LEN];
	int		 n, rc = -1;

	if (len < SEAL_LEN || len > INT_MAX)
		return -1;
	len -= SEAL_LEN;
	memcpy(tag, (const unsigned char *)p + len, SEAL_LEN);
	crypto_nonce(iv, number);
	if ((ctx = EVP_CIPHER_CTX_new()) != NULL &&
	    EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->b,
	    iv) == 1 && EVP_DecryptUpdate(ctx, out, &n, p, (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, SEAL_LEN,
	    tag) == 1 && EVP_DecryptFinal_ex(ctx, out + n, &n) == 1)
		rc = 0;
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

int
crypto_password_hash(char out[CRYPTO_PASSWORD_MAX], const char *pw,
    size_t len, struct err *err)
{
	const struct crypto_scrypt	*s = &crypto_scrypt_now;
	unsigned char	salt[CRYPTO_SALT_LEN], hash[HASH_LEN];
	unsigned char	salt64[4 * ((CRYPTO_SALT_LEN + 2) / 3) + 1];
	unsigned char	hash64[4 * ((HASH_LEN + 2) / 3) + 1];

	if (crypto_random(salt, sizeof(salt)) != 0)
		return (err_set(err, ERR_INTERNAL, NULL,
		    "the system gives no randomness"));
	if (crypto_scrypt(hash, s, salt, sizeof(salt), pw, len) != 0)
		return (err_set(err, ERR_OVERLOADED, NULL,
		    "no memory to hash a password"));
	EVP_EncodeBlock(salt64, salt, sizeof(salt));
	EVP_EncodeBlock(hash64, hash, sizeof(hash));
	snprintf(out, CRYPTO_PASSWORD_MAX, "scrypt$%u$%u$%u$%s$%s", s->log2n,
	    s->r, s->p, (char *)salt64, (char *)hash64);
	crypto_wipe(hash, sizeof(hash));
	return (0);
}

/* The limits keep a damaged row from asking for gigabytes. */
static bool
crypto_password_parse(const char *stored, struct crypto_scrypt *s,
    unsigned char salt[CRYPTO_SALT_MAX], size_t *salt_len,
    unsigned char hash[HASH_LEN])
{
	const char	*p, *q;
	int		 at = 0;
	long		 n;

	if (strlen(stored) >= CRYPTO_PASSWORD_MAX ||
	    sscanf(stored, "scrypt$%2u$%2u$%2u$%n", &s->log2n, &s->r, &s->p,
	    &at) != 3 || at == 0)
		return (false);
	if (s->log2n < 1 || s->log2n > 20 || s->r < 1 || s->r > 32 ||
	    s->p < 1 || s->p > 16)
		return (false);
	p = stored + at;
	q = strchr(p, '$');
	if (q == NULL || q - p > CRYPTO_SALT_MAX / 3 * 4)
		return (false);
	n = crypto_base64_decode(salt, p, (size_t)(q - p));
	if (n < 8)
		return (false);
	*salt_len = (size_t)n;
	if (strlen(q + 1) != 44)
		return (false);
	return (crypto_base64_decode(hash, q + 1, 44) == HASH_LEN);
}

bool
crypto_password_check(const char *stored, const char *pw, size_t len,
    bool *upgrade)
{
	const struct crypto_scrypt	*now = &crypto_scrypt_now;
	struct crypto_scrypt	s;
	unsigned char	salt[CRYPTO_SALT_MAX];
	unsigned char	want[HASH_LEN + 1], got[HASH_LEN];
	size_t		salt_len;

	if (upgrade != NULL)
		*upgrade = false;
	if (!crypto_password_parse(stored, &s, salt, &salt_len, want) ||
	    crypto_scrypt(got, &s, salt, salt_len, pw, len) != 0 ||
	    !crypto_equal(want, got, HASH_LEN))
		return (false);
	if (upgrade != NULL)
		*upgrade = s.log2n < now->log2n || s.r < now->r ||
		    s.p < now->p;
	crypto_wipe(got, sizeof(got));
	return (true);
}

int
crypto_totp(const unsigned char *key, size_t key_len, int64_t seconds)
{
	unsigned char	msg[8], mac[EVP_MAX_MD_SIZE];
	uint64_t	step = (uint64_t)(seconds / 30);
	unsigned int	len = 0, at;
	uint32_t	v;
	int		i;

	if (key_len == 0 || key_len > INT32_MAX || seconds < 0)
		return (-1);
	for (i = 7; i >= 0; i--, step >>= 8)
		msg[i] = (unsigned char)step;
	if (HMAC(EVP_sha1(), key, (int)key_len, msg, sizeof(msg), mac,
	    &len) == NULL || len != 20)
		return (-1);
	at = mac[19] & 15;
	v = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 |
	    (uint32_t)mac[at + 2] << 8 | mac[at + 3];
	return ((int)(v % 1000000));
}

void
crypto_sha1_hex(char out[CRYPTO_SHA1_HEX], const void *p, size_t len)
{
	unsigned char	md[SHA_DIGEST_LENGTH];
	size_t		i;

	SHA1(p, len, md);
	for (i = 0; i < sizeof(md); i++)
		snprintf(out + 2 * i, 3, "%02x", md[i]);
}

static int
crypto_base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return (c - 'A');
	if (c >= 'a' && c <= 'z')
		return (c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (c - '0' + 52);
	return (c == '+' ? 62 : c == '/' ? 63 : -1);
}

/* Only the last group may be padded, and its unused bits must be 0. */
long
crypto_base64_decode(void *out, const char *s, size_t len)
{
	unsigned char	*o = out;
	size_t		 i, j, pad;
	uint32_t	 v;
	int		 c;

	if (len % 4 != 0)
		return (-1);
	for (i = 0; i < len; i += 4) {
		pad = 0;
		if (i + 4 == len && s[i + 3] == '=')
			pad = s[i + 2] == '=' ? 2 : 1;
		for (v = 0, j = 0; j < 4 - pad; j++) {
			c = crypto_base64_value((unsigned char)s[i + j]);
			if (c < 0)
				return (-1);
			v = v << 6 | (uint32_t)c;
		}
		v <<= 6 * pad;
		if ((v & ((1u << (8 * pad)) - 1)) != 0)
			return (-1);
		for (j = 0; j < 3 - pad; j++)
			*o++ = (unsigned char)(v >> (16 - 8 * j));
	}
	return (o - (unsigned char *)out);
}

static int
crypto_hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	if (c >= 'a' && c <= 'f')
		return (c - 'a' + 10);
	return (c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1);
}

long
crypto_hex_decode(void *out, const char *s, size_t len)
{
	unsigned char	*o = out;
	size_t		 i;
	int		 a, b;

	if (len % 2 != 0)
		return (-1);
	for (i = 0; i < len; i += 2) {
		a = crypto_hex_value((unsigned char)s[i]);
		b = crypto_hex_value((unsigned char)s[i + 1]);
		if (a < 0 || b < 0)
			return (-1);
		*o++ = (unsigned char)(a << 4 | b);
	}
	return ((long)(len / 2));
}

static const char	crypto_alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

int
crypto_id(char *out, size_t n)
{
	size_t	i;

	out[0] = '\0';
	if (crypto_random(out, n) != 0)
		return (-1);
	for (i = 0; i < n; i++)
		out[i] = crypto_alphabet[(unsigned char)out[i] & 31];
	out[n] = '\0';
	return (0);
}

int
crypto_id_at(char *out, size_t n, uint64_t place)
{
	size_t	i;

	if (crypto_id(out, n) != 0)
		return (-1);
	for (i = CRYPTO_ID_PLACE; i-- > 0 && i < n; place >>= 5)
		out[i] = crypto_alphabet[place & 31];
	return (0);
}
