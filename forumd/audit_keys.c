/*
 * The chain of trusted keys: see audit_keys.h.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/audit_keys.h"
#include "forumd/audit_leaf.h"
#include "forumd/audit_pool.h"
#include "storage/base/fetch.h"

#define AUDIT_KEYS_ANSWER	(1 << 20)

static ssize_t
audit_keys_find(const struct audit_keys *k, const struct note_key *key)
{
	size_t	i;

	for (i = 0; i < k->n; i++)
		if (memcmp(k->key[i].public_key, key->public_key,
		    KEY_PUBLIC_LEN) == 0)
			return ((ssize_t)i);
	return (-1);
}

/* The length of a log's name without its number. */
static size_t
audit_keys_family(const char *name, size_t len)
{
	size_t	n = len;

	while (n > 0 && name[n - 1] >= '0' && name[n - 1] <= '9')
		n--;
	return (n < len && n > 1 && name[n - 1] == '/' ? n - 1 : len);
}

int
audit_keys_parse(struct audit_keys *k, const char *s, size_t len,
    struct err *err)
{
	struct note_key	key;
	const char	*p = s, *end = s + len;
	size_t		 n;

	memset(k, 0, sizeof(*k));
	for (; p < end; p += n + 1) {
		n = strcspn(p, "\n");
		if (n == 0 && k->n > 0)
			continue;
		if (note_vkey_parse(&key, p, n, err) != 0)
			return (-1);
		if (k->n == AUDIT_KEYS_MAX || audit_keys_find(k, &key) >= 0)
			continue;
		memmove(&k->key[1], &k->key[0], k->n * sizeof(key));
		k->key[0] = key;
		k->n++;
		/* The first line names the log that goes on. */
		audit_keys_name(k, k->key[k->n - 1].name,
		    strlen(k->key[k->n - 1].name));
	}
	k->given = k->n;
	return (k->n > 0 ? 0 : err_set(err, ERR_BAD_REQUEST, NULL,
	    "there is no key in it"));
}

bool
audit_keys_name(struct audit_keys *k, const char *origin, size_t len)
{
	char		name[NOTE_NAME_MAX + 1];
	unsigned char	public_key[KEY_PUBLIC_LEN];
	const char	*own;
	size_t		i, n = audit_keys_family(origin, len);

	if (k->n == 0 || len > NOTE_NAME_MAX)
		return (false);
	own = k->key[0].name;
	if (audit_keys_family(own, strlen(own)) != n ||
	    memcmp(own, origin, n) != 0)
		return (false);
	memcpy(name, origin, len);
	name[len] = '\0';
	for (i = 0; i < k->n; i++) {
		memcpy(public_key, k->key[i].public_key, KEY_PUBLIC_LEN);
		if (note_key_init(&k->key[i], name, NOTE_ED25519,
		    public_key) != 0)
			return (false);
	}
	return (true);
}

bool
audit_keys_learn(struct audit_keys *k, const char *from, const char *to)
{
	struct note_key	a, b, own;
	struct err	err;
	ssize_t		at;
	char		name[NOTE_NAME_MAX + 1];

	if (note_vkey_parse(&a, from, strlen(from), &err) != 0 ||
	    note_vkey_parse(&b, to, strlen(to), &err) != 0 ||
	    audit_keys_find(k, &a) < 0 || b.type != NOTE_ED25519 ||
	    audit_keys_family(b.name, strlen(b.name)) !=
	    audit_keys_family(k->key[0].name, strlen(k->key[0].name)))
		return (false);
	memcpy(name, k->key[0].name, sizeof(name));
	if (note_key_init(&own, name, b.type, b.public_key) != 0)
		return (false);
	/* Given by hand or learned before: now it is the last. */
	if ((at = audit_keys_find(k, &b)) >= 0) {
		memmove(&k->key[at], &k->key[at + 1],
		    (k->n - 1 - (size_t)at) * sizeof(own));
		k->key[k->n - 1] = own;
		return (false);
	}
	if (k->n == AUDIT_KEYS_MAX)	/* the first given one stays */
		memmove(&k->key[1], &k->key[2],
		    (--k->n - 1) * sizeof(k->key[0]));
	k->key[k->n++] = own;
	return (true);
}

int
audit_keys_open(const struct audit_keys *k, struct note_checkpoint *c,
    const char *s, size_t len, struct err *err)
{
	size_t	i;

	for (i = k->n; i-- > 0; )
		if (note_checkpoint_open(c, s, len, &k->key[i], err) == 0)
			return ((int)i);
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

/* ---- asked for ---- */

static json_t *
audit_keys_get(struct fetch *f, const char *base, const char *path,
    struct err *err)
{
	struct fetch_request	 q = { .timeout_ms = AUDIT_TIMEOUT_MS,
	    .max_bytes = AUDIT_KEYS_ANSWER };
	struct fetch_response	 r = FETCH_RESPONSE_INIT;
	struct buf		 url = BUF_INIT;
	json_t			*json = NULL;

	buf_addf(&url, "%s%s", base, path);
	q.url = buf_str(&url);
	if (fetch_http(f, &q, &r, err) == 0 && (r.status != 200 ||
	    (json = json_loadb(buf_str(&r.body), r.body.len,
	    JSON_REJECT_DUPLICATES, NULL)) == NULL))
		err_set(err, ERR_NOT_FOUND, NULL, "%s cannot be read", path);
	fetch_response_free(&r);
	buf_free(&url);
	return (json);
}

/* A rotation that is proven under a trusted key. True: a key was learned. */
static bool
audit_keys_take(struct audit_keys *k, const char *leaf, size_t len,
    const char *proof, size_t proof_len, struct buf *head)
{
	struct audit_keys	 named = *k;
	struct audit_leaf	 l;
	struct note_proof	 p;
	struct err		 err;
	char			*old, *new;
	size_t			 i;
	bool			 learned = false;

	if (note_proof_parse(&p, proof, proof_len, &err) != 0 ||
	    !audit_keys_name(&named, p.checkpoint,
	    strcspn(p.checkpoint, "\n")) ||
	    audit_leaf_parse(&l, leaf, len, UINT64_MAX, &err) != 0 ||
	    l.kind != AUDIT_KEY_ROTATED)
		return (false);
	for (i = 0; i < k->n; i++)
		if (note_proof_verify(proof, proof_len, leaf, len,
		    &named.key[i], &p, NULL, &err) == 0)
			break;
	if (i == k->n)
		return (false);
	old = strndup(audit_leaf_get(&l, "old").p,
	    audit_leaf_get(&l, "old").len);
	new = strndup(audit_leaf_get(&l, "new").p,
	    audit_leaf_get(&l, "new").len);
	if (old != NULL && new != NULL)
		learned = audit_keys_learn(k, old, new) ||
		    audit_keys_learn(k, new, old);
	free(old);
	free(new);
	if (learned) {
		buf_clear(head);
		buf_add(head, p.checkpoint, p.checkpoint_len);
	}
	return (learned);
}

static bool
audit_keys_entry(struct audit_keys *k, struct fetch *f, const char *base,
    json_int_t index, struct buf *head)
{
	char		 path[64];
	const json_t	*leaf, *proof;
	struct err	 err;
	json_t		*e;
	char		*raw;
	long		 n;
	bool		 learned = false;

	snprintf(path, sizeof(path), "/api/v1/log/%lld", (long long)index);
	if ((e = audit_keys_get(f, base, path, &err)) == NULL)
		return (false);
	leaf = json_object_get(e, "leaf");
	proof = json_object_get(e, "proof");
	if (json_is_string(leaf) && json_is_string(proof) &&
	    (raw = malloc(json_string_length(leaf) + 1)) != NULL) {
		n = crypto_base64_decode(raw, json_string_value(leaf),
		    json_string_length(leaf));
		learned = n > 0 && audit_keys_take(k, raw, (size_t)n,
		    json_string_value(proof), json_string_length(proof),
		    head);
		free(raw);
	}
	json_decref(e);
	return (learned);
}

int
audit_keys_fetch(struct audit_keys *k, const char *base, struct buf *head,
    struct err *err)
{
	struct fetch	*f = fetch_new();
	json_t		*list, *e;
	size_t		 i;
	bool		 more;

	if (f == NULL)
		return (err_set(err, ERR_INTERNAL, NULL, "no memory"));
	list = audit_keys_get(f, base,
	    "/api/v1/log?kind=key.rotated&limit=500", err);
	do {		/* newest first; each may need one behind it */
		more = false;
		json_array_foreach(json_object_get(list, "entries"), i, e)
			more |= audit_keys_entry(k, f, base,
			    json_integer_value(json_object_get(e,
			    "log_index")), head);
	} while (more && k->n < AUDIT_KEYS_MAX);
	fetch_free(&f);
	json_decref(list);
	return (list == NULL ? -1 : 0);
}
