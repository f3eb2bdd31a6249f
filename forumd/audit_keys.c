/*
 * The chain of trusted keys: see audit_keys.h.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/audit_keys.h"

void
audit_keys_init(struct audit_keys *k, const struct note_key *given)
{
	k->key[0] = *given;
	k->n = 1;
}

static bool
audit_keys_has(const struct audit_keys *k, const struct note_key *key)
{
	size_t	i;

	for (i = 0; i < k->n; i++)
		if (k->key[i].id == key->id &&
		    memcmp(k->key[i].public_key, key->public_key,
		    KEY_PUBLIC_LEN) == 0)
			return (true);
	return (false);
}

bool
audit_keys_learn(struct audit_keys *k, const char *from, const char *to)
{
	struct note_key	a, b;
	struct err	err;

	if (note_vkey_parse(&a, from, strlen(from), &err) != 0 ||
	    note_vkey_parse(&b, to, strlen(to), &err) != 0 ||
	    !audit_keys_has(k, &a) || audit_keys_has(k, &b) ||
	    strcmp(b.name, k->key[0].name) != 0 || b.type != NOTE_ED25519)
		return (false);
	if (k->n == AUDIT_KEYS_MAX)	/* the given one stays */
		memmove(&k->key[1], &k->key[2],
		    (--k->n - 1) * sizeof(k->key[0]));
	k->key[k->n++] = b;
	return (true);
}

int
audit_keys_open(const struct audit_keys *k, struct note_checkpoint *c,
    const char *s, size_t len, struct err *err)
{
	size_t	i;

	for (i = k->n; i-- > 0; )
		if (note_checkpoint_open(c, s, len, &k->key[i], err) == 0)
			return (0);
	return (-1);
}

bool
audit_keys_current(const struct audit_keys *k, const char *s, size_t len)
{
	struct note_checkpoint	c;
	struct err		err;

	return (note_checkpoint_open(&c, s, len, &k->key[k->n - 1],
	    &err) == 0);
}

void
audit_keys_write(const struct audit_keys *k, struct buf *b)
{
	char	from[NOTE_VKEY_MAX], to[NOTE_VKEY_MAX];
	size_t	i;

	for (i = 1; i < k->n; i++) {
		note_vkey_format(&k->key[i - 1], from);
		note_vkey_format(&k->key[i], to);
		buf_addf(b, "vkey %s %s\n", from, to);
	}
}

size_t
audit_keys_read(struct audit_keys *k, const char *s)
{
	const char	*p = s;
	char		 from[NOTE_VKEY_MAX + 1], to[NOTE_VKEY_MAX + 1];
	int		 used;

	/* NOTE_VKEY_MAX is 319 */
	while (sscanf(p, "vkey %319s %319s%n", from, to, &used) == 2 &&
	    p[used] == '\n') {
		audit_keys_learn(k, from, to);
		p += used + 1;
	}
	return ((size_t)(p - s));
}
