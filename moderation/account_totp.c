/*
 * Second factors: codes of RFC 6238 over a secret that lies in the account's
 * erasable content, as hex.
 */
#include <string.h>

#include "moderation/account.h"

#define ACCOUNT_TOTP_STEP	30	/* seconds */

/* RFC 4648 base 32, as authenticator programs take it; 20 bytes make 32
 * letters without padding. */
void
account_totp_text(const unsigned char key[ACCOUNT_TOTP_LEN], char out[64])
{
	static const char	letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t		bits = 0;
	size_t			i, n = 0;
	int			have = 0;

	for (i = 0; i < ACCOUNT_TOTP_LEN; i++) {
		bits = bits << 8 | key[i];
		for (have += 8; have >= 5; have -= 5)
			out[n++] = letters[bits >> (have - 5) & 31];
	}
	out[n] = '\0';
}

int
account_totp_check(struct db *db, const char *id, const char *code,
    int64_t now, int64_t *step, struct err *err)
{
	unsigned char	key[ACCOUNT_TOTP_LEN];
	struct buf	hex = BUF_INIT;
	char		ref[REF_MAX];
	int		i, want = 0, ok = 0;

	ref_make(ref, 'a', id);
	if (lookup_content(db, ref, "totp", &hex, NULL, err) != 0 ||
	    hex.len != sizeof(key) * 2 ||
	    crypto_hex_decode(key, hex.data, hex.len) != ACCOUNT_TOTP_LEN) {
		buf_free(&hex);
		return err_set(err, ERR_INVALID_FIELD, "code",
		    "No second factor is set up");
	}
	if (code != NULL && strlen(code) == 6 &&
	    strspn(code, "0123456789") == 6) {
		for (i = 0; i < 6; i++)
			want = want * 10 + (code[i] - '0');
		/* One step either way: clocks differ. */
		for (i = -1; i <= 1; i++) {
			*step = now / 1000 / ACCOUNT_TOTP_STEP + i;
			ok = crypto_totp(key, sizeof(key),
			    *step * ACCOUNT_TOTP_STEP) == want;
			if (ok)
				break;
		}
	}
	crypto_wipe(key, sizeof(key));
	crypto_wipe(hex.data, hex.len);
	buf_free(&hex);
	return ok ? 0 : err_set(err, ERR_CODE_REQUIRED, "code",
	    "The code is missing or wrong");
}
