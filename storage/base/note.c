/*
 * Signed notes, checkpoints, cosignatures and receipts: see note.h.
 *
 * Written from the specifications (c2sp.org/signed-note, tlog-checkpoint,
 * tlog-cosignature, tlog-proof). One rule is easy to get wrong: the note is
 * split at the *last* empty line, and its text keeps the newline before it.
 * Signatures by keys that nobody asks for are carried, never judged.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "storage/base/note.h"

#define NOTE_DASH	"\xe2\x80\x94 "		/* U+2014 and a space */
#define NOTE_DASH_LEN	4
#define NOTE_COSIGN	"cosignature/v1\n"
#define NOTE_PROOF	"c2sp.org/tlog-proof@v1"
#define NOTE_HASH64_LEN	44			/* of 32 bytes */

static int
note_bad(struct err *err, const char *what)
{
	return (err_set(err, ERR_BAD_REQUEST, NULL, "%s", what));
}

/* One code point at s (len > 0), its length in *used; -1 where it is not
 * UTF-8 (RFC 3629). */
static int32_t
note_utf8(const char *s, size_t len, size_t *used)
{
	static const int32_t	least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char		c = (unsigned char)s[0];
	int32_t			v;
	size_t			n, i;

	n = c < 0x80 ? 1 : (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 :
	    (c & 0xf8) == 0xf0 ? 4 : 0;
	if (n == 0 || n > len)
		return (-1);
	*used = n;
	if (n == 1)
		return (c);
	v = c & (0x7f >> n);
	for (i = 1; i < n; i++) {
		c = (unsigned char)s[i];
		if ((c & 0xc0) != 0x80)
			return (-1);
		v = v << 6 | (c & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return (-1);
	return (v);
}

/* UTF-8 without controls; newlines may stand in it. */
static bool
note_text_ok(const char *s, size_t len)
{
	size_t	i, used;
	int32_t	v;

	for (i = 0; i < len; i += used) {
		v = note_utf8(s + i, len - i, &used);
		if (v < 0 || (v < 0x20 && v != '\n'))
			return (false);
	}
	return (true);
}

static bool
note_name_ok(const char *s, size_t len)
{
	size_t	i, used;
	int32_t	v;

	for (i = 0; i < len; i += used) {
		v = note_utf8(s + i, len - i, &used);
		if (v <= 0x20 || v == '+' || v == 0x85 || v == 0xa0 ||
		    v == 0x1680 || (v >= 0x2000 && v <= 0x200a) ||
		    v == 0x2028 || v == 0x2029 || v == 0x202f ||
		    v == 0x205f || v == 0x3000)
			return (false);
	}
	return (len > 0 && len <= NOTE_NAME_MAX);
}

static bool
note_base64_ok(const char *s, size_t len)
{
	unsigned char	out[768];
	size_t		n;
	long		got;

	for (; len > 0; s += n, len -= n) {
		n = len < 1024 ? len : 1024;
		got = crypto_base64_decode(out, s, n);
		if (got < 0 || (n < len && got != (long)sizeof(out)))
			return (false);
	}
	return (true);
}

/* Decimal without sign or leading zeroes, up to 2^63 - 1. */
static bool
note_decimal(const char *s, size_t len, uint64_t *out)
{
	uint64_t	v = 0;
	size_t		i;

	if (len == 0 || len > 19 || (s[0] == '0' && len > 1))
		return (false);
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return (false);
		v = v * 10 + (uint64_t)(s[i] - '0');
	}
	*out = v;
	return (v <= INT64_MAX);
}

static bool
note_hash(const char *s, size_t len, struct hash *h)
{
	unsigned char	out[NOTE_HASH64_LEN / 4 * 3];

	if (len != NOTE_HASH64_LEN ||
	    crypto_base64_decode(out, s, len) != HASH_LEN)
		return (false);
	memcpy(h->b, out, HASH_LEN);
	return (true);
}

/* Takes one line, without its newline, off *p; false where none is left. */
static bool
note_line(const char **p, const char *end, const char **line, size_t *len)
{
	const char	*nl;

	nl = *p < end ? memchr(*p, '\n', (size_t)(end - *p)) : NULL;
	if (nl == NULL)
		return (false);
	*line = *p;
	*len = (size_t)(nl - *p);
	*p = nl + 1;
	return (true);
}

uint32_t
note_key_id(const char *name, unsigned char type,
    const unsigned char public_key[KEY_PUBLIC_LEN])
{
	struct crypto_part	parts[4] = { { name, strlen(name) },
	    { "\n", 1 }, { &type, 1 }, { public_key, KEY_PUBLIC_LEN } };
	struct hash		h;

	crypto_sha256_parts(&h, parts, 4);
	return ((uint32_t)h.b[0] << 24 | (uint32_t)h.b[1] << 16 |
	    (uint32_t)h.b[2] << 8 | h.b[3]);
}

int
note_key_init(struct note_key *key, const char *name, unsigned char type,
    const unsigned char public_key[KEY_PUBLIC_LEN])
{
	size_t	len = strlen(name);

	if (!note_name_ok(name, len))
		return (-1);
	memcpy(key->name, name, len + 1);
	key->type = type;
	memcpy(key->public_key, public_key, KEY_PUBLIC_LEN);
	key->id = note_key_id(key->name, type, public_key);
	return (0);
}

int
note_vkey_parse(struct note_key *key, const char *s, size_t len,
    struct err *err)
{
	unsigned char	id[4], raw[33];
	char		name[NOTE_NAME_MAX + 1];
	const char	*plus, *end;

	while (len > 0 && strchr(" \t\r\n", s[len - 1]) != NULL)
		len--;
	for (; len > 0 && strchr(" \t\r\n", *s) != NULL; s++)
		len--;
	end = s + len;
	plus = len > 0 ? memchr(s, '+', len) : NULL;
	if (plus == NULL || !note_name_ok(s, (size_t)(plus - s)))
		return (note_bad(err, "a verifier key begins with its name"));
	memcpy(name, s, (size_t)(plus - s));
	name[plus - s] = '\0';
	plus++;
	if (end - plus != 8 + 1 + NOTE_HASH64_LEN || plus[8] != '+' ||
	    crypto_hex_decode(id, plus, 8) != 4 ||
	    crypto_base64_decode(raw, plus + 9, NOTE_HASH64_LEN) != 33)
		return (note_bad(err, "a verifier key is name+id+key"));
	if (raw[0] != NOTE_ED25519 && raw[0] != NOTE_COSIGNATURE)
		return (note_bad(err, "the verifier key's type is unknown"));
	if (note_key_init(key, name, raw[0], raw + 1) != 0)
		return (note_bad(err, "the verifier key's name is no name"));
	if (key->id != ((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 |
	    (uint32_t)id[2] << 8 | id[3]))
		return (note_bad(err, "the verifier key's id is not its own"));
	return (0);
}

static void
note_base64(struct buf *b, const void *head, size_t head_len,
    const void *tail, size_t tail_len)
{
	unsigned char	raw[128];

	memcpy(raw, head, head_len);
	memcpy(raw + head_len, tail, tail_len);
	buf_base64(b, raw, head_len + tail_len);
}

void
note_vkey_format(const struct note_key *key, char out[NOTE_VKEY_MAX])
{
	struct buf	b = BUF_INIT;

	note_base64(&b, &key->type, 1, key->public_key, KEY_PUBLIC_LEN);
	snprintf(out, NOTE_VKEY_MAX, "%s+%08" PRIx32 "+%s", key->name,
	    key->id, buf_str(&b));
	buf_free(&b);
}

static bool
note_signature_parse(struct note_signature *g, const char *line, size_t len)
{
	unsigned char	head[6];
	const char	*space;

	if (len < NOTE_DASH_LEN || memcmp(line, NOTE_DASH, NOTE_DASH_LEN) != 0)
		return (false);
	g->name = line + NOTE_DASH_LEN;
	space = memchr(g->name, ' ', len - NOTE_DASH_LEN);
	if (space == NULL)
		return (false);
	g->name_len = (size_t)(space - g->name);
	g->base64 = space + 1;
	g->base64_len = (size_t)(line + len - g->base64);
	if (!note_name_ok(g->name, g->name_len) || g->base64_len < 8 ||
	    !note_base64_ok(g->base64, g->base64_len) ||
	    crypto_base64_decode(head, g->base64, 8) < 5)
		return (false);
	g->id = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 |
	    (uint32_t)head[2] << 8 | head[3];
	return (true);
}

int
note_parse(struct note *n, const char *s, size_t len, struct err *err)
{
	const char	*p, *end = s + len, *line;
	size_t		 at, line_len;

	if (!note_text_ok(s, len))
		return (note_bad(err, "a note is UTF-8 without controls"));
	for (at = len; at >= 2; at--)
		if (s[at - 1] == '\n' && s[at - 2] == '\n')
			break;
	if (at < 2)
		return (note_bad(err, "the note has no signatures"));
	n->text = s;
	n->text_len = at - 1;
	n->n = 0;
	for (p = s + at; p < end; n->n++) {
		if (n->n == NOTE_SIGNATURES_MAX)
			return (note_bad(err, "the note has too many "
			    "signatures"));
		if (!note_line(&p, end, &line, &line_len) ||
		    !note_signature_parse(&n->signature[n->n], line,
		    line_len))
			return (note_bad(err, "a signature line is malformed"));
	}
	if (n->n == 0)
		return (note_bad(err, "the note has no signatures"));
	return (0);
}

/* raw is the signature behind the key id. */
static bool
note_verify_cosignature(const struct note *n, const struct note_key *key,
    const unsigned char *raw, uint64_t *when)
{
	struct buf	b = BUF_INIT;
	uint64_t	t = 0;
	bool		ok;
	int		i;

	for (i = 0; i < 8; i++)
		t = t << 8 | raw[i];
	if (t > INT64_MAX)
		return (false);
	buf_adds(&b, NOTE_COSIGN "time ");
	buf_addu(&b, t);
	buf_addc(&b, '\n');
	buf_add(&b, n->text, n->text_len);
	ok = !buf_failed(&b) && crypto_ed25519_verify(raw + 8,
	    key->public_key, b.data, b.len);
	buf_free(&b);
	if (ok && when != NULL && t > *when)
		*when = t;
	return (ok);
}

static bool
note_verify_one(const struct note *n, const struct note_signature *g,
    const struct note_key *key, uint64_t *when)
{
	unsigned char	raw[4 + 8 + SIGNATURE_LEN + 2];
	long		len;

	if (g->base64_len > sizeof(raw) / 3 * 4)
		return (false);
	len = crypto_base64_decode(raw, g->base64, g->base64_len);
	if (key->type == NOTE_COSIGNATURE)
		return (len == 4 + 8 + SIGNATURE_LEN &&
		    note_verify_cosignature(n, key, raw + 4, when));
	return (key->type == NOTE_ED25519 && len == 4 + SIGNATURE_LEN &&
	    crypto_ed25519_verify(raw + 4, key->public_key, n->text,
	    n->text_len));
}

enum note_verdict
note_verify(const struct note *n, const struct note_key *key, uint64_t *when)
{
	enum note_verdict	v = NOTE_UNKNOWN;
	size_t			i, len = strlen(key->name);

	if (when != NULL)
		*when = 0;
	for (i = 0; i < n->n; i++) {
		if (n->signature[i].id != key->id ||
		    n->signature[i].name_len != len ||
		    memcmp(n->signature[i].name, key->name, len) != 0)
			continue;
		if (!note_verify_one(n, &n->signature[i], key, when))
			return (NOTE_BAD);
		v = NOTE_GOOD;
	}
	return (v);
}

int
note_sign_line(struct buf *b, const char *text, size_t len,
    const struct note_key *key, const unsigned char seed[KEY_SEED_LEN],
    struct err *err)
{
	unsigned char	id[4], sig[SIGNATURE_LEN];
	int		i;

	if (len == 0 || text[len - 1] != '\n' || !note_text_ok(text, len))
		return (note_bad(err, "a note's text is lines of UTF-8"));
	if (len >= strlen(NOTE_COSIGN) &&
	    memcmp(text, NOTE_COSIGN, strlen(NOTE_COSIGN)) == 0)
		return (note_bad(err, "a note must not read as a cosignature"));
	if (crypto_ed25519_sign(sig, seed, text, len) != 0)
		return (err_set(err, ERR_INTERNAL, NULL, "signing failed"));
	for (i = 0; i < 4; i++)
		id[i] = (unsigned char)(key->id >> (24 - 8 * i));
	buf_adds(b, NOTE_DASH);
	buf_adds(b, key->name);
	buf_addc(b, ' ');
	note_base64(b, id, 4, sig, SIGNATURE_LEN);
	buf_addc(b, '\n');
	return (0);
}

int
note_sign(struct buf *b, const char *text, size_t len,
    const struct note_key *key, const unsigned char seed[KEY_SEED_LEN],
    struct err *err)
{
	size_t	was = b->len;

	buf_add(b, text, len);
	buf_addc(b, '\n');
	if (note_sign_line(b, text, len, key, seed, err) == 0)
		return (0);
	if (!buf_failed(b))
		b->len = was;
	return (-1);
}

void
note_checkpoint_text(struct buf *b, const char *origin, uint64_t size,
    const struct hash *root)
{
	buf_adds(b, origin);
	buf_addc(b, '\n');
	buf_addu(b, size);
	buf_addc(b, '\n');
	buf_base64(b, root->b, HASH_LEN);
	buf_addc(b, '\n');
}

int
note_checkpoint_parse(struct note_checkpoint *c, const char *text, size_t len,
    struct err *err)
{
	const char	*p = text, *end = text + len, *line;
	struct hash	 empty;
	size_t		 n;

	if (!note_line(&p, end, &c->origin, &c->origin_len) ||
	    c->origin_len == 0)
		return (note_bad(err, "the checkpoint has no origin"));
	if (!note_line(&p, end, &line, &n) || !note_decimal(line, n, &c->size))
		return (note_bad(err, "the checkpoint's size is no number"));
	if (!note_line(&p, end, &line, &n) || !note_hash(line, n, &c->root))
		return (note_bad(err, "the checkpoint's root is no hash"));
	for (c->extensions = 0; p < end; c->extensions++)
		if (!note_line(&p, end, &line, &n) || n == 0)
			return (note_bad(err, "the checkpoint has an empty or "
			    "broken line"));
	crypto_sha256(&empty, "", 0);
	if (c->size == 0 && memcmp(&empty, &c->root, sizeof(empty)) != 0)
		return (note_bad(err, "the empty tree has another root"));
	return (0);
}

int
note_checkpoint_open(struct note_checkpoint *c, const char *s, size_t len,
    const struct note_key *key, struct err *err)
{
	struct note	n;

	if (note_parse(&n, s, len, err) != 0 ||
	    note_checkpoint_parse(c, n.text, n.text_len, err) != 0)
		return (-1);
	if (c->origin_len != strlen(key->name) ||
	    memcmp(c->origin, key->name, c->origin_len) != 0)
		return (note_bad(err, "the checkpoint is another log's"));
	switch (note_verify(&n, key, NULL)) {
	case NOTE_GOOD:
		return (0);
	case NOTE_UNKNOWN:
		return (note_bad(err, "the checkpoint is not signed by the "
		    "log's key"));
	default:
		return (note_bad(err, "the checkpoint's signature is wrong"));
	}
}

void
note_proof_build(struct buf *b, uint64_t index,
    const struct merkle_proof *path, const char *checkpoint,
    size_t checkpoint_len)
{
	size_t	i;

	buf_adds(b, NOTE_PROOF "\nindex ");
	buf_addu(b, index);
	buf_addc(b, '\n');
	for (i = 0; i < path->n; i++) {
		buf_base64(b, path->hash[i].b, HASH_LEN);
		buf_addc(b, '\n');
	}
	buf_addc(b, '\n');
	buf_add(b, checkpoint, checkpoint_len);
}

int
note_proof_parse(struct note_proof *p, const char *s, size_t len,
    struct err *err)
{
	const char	*at = s, *end = s + len, *line;
	size_t		 n;

	if (!note_line(&at, end, &line, &n) || n != strlen(NOTE_PROOF) ||
	    memcmp(line, NOTE_PROOF, n) != 0)
		return (note_bad(err, "not a c2sp.org/tlog-proof@v1"));
	if (!note_line(&at, end, &line, &n))
		return (note_bad(err, "the proof ends early"));
	if (n > 6 && memcmp(line, "extra ", 6) == 0 &&
	    (!note_base64_ok(line + 6, n - 6) ||
	    !note_line(&at, end, &line, &n)))
		return (note_bad(err, "the proof's extra line is malformed"));
	if (n <= 6 || memcmp(line, "index ", 6) != 0 ||
	    !note_decimal(line + 6, n - 6, &p->index))
		return (note_bad(err, "the proof has no index"));
	for (p->path.n = 0; ; p->path.n++) {
		if (!note_line(&at, end, &line, &n))
			return (note_bad(err, "the proof ends early"));
		if (n == 0)
			break;
		if (p->path.n == MERKLE_PROOF_MAX ||
		    !note_hash(line, n, &p->path.hash[p->path.n]))
			return (note_bad(err, "the proof's path is malformed"));
	}
	p->checkpoint = at;
	p->checkpoint_len = (size_t)(end - at);
	return (0);
}

int
note_proof_verify(const char *s, size_t len, const void *leaf,
    size_t leaf_len, const struct note_key *key, struct note_proof *p,
    struct note_checkpoint *c, struct err *err)
{
	struct note_checkpoint	own;
	struct hash		h;

	if (c == NULL)
		c = &own;
	if (note_proof_parse(p, s, len, err) != 0 ||
	    note_checkpoint_open(c, p->checkpoint, p->checkpoint_len, key,
	    err) != 0)
		return (-1);
	merkle_leaf_hash(&h, leaf, leaf_len);
	if (!merkle_verify_inclusion(p->index, c->size, &h, &p->path,
	    &c->root))
		return (note_bad(err, "the entry is not in the tree at its "
		    "index"));
	return (0);
}
