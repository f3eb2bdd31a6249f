/*
 * Checking one receipt: see audit_receipt.h. The proof places the entry in a
 * signed tree; the salt and the text open the commitment in the entry.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/audit_leaf.h"
#include "forumd/audit_receipt.h"

/* A receipt taken apart. */
struct audit_parts {
	char		*leaf;		/* owned */
	size_t		 leaf_len;
	unsigned char	 salt[48];
	bool		 salted;
	const char	*text, *proof;	/* borrowed */
	size_t		 text_len, proof_len;
	json_t		*json;		/* owned */
	int64_t		 index;		/* as the JSON says, or -1 */
	struct note_checkpoint head;
	bool		 opened;	/* the commitment was checked */
	int		 by;		/* which key signed */
	int64_t		 start;		/* of its log */
};

static int
audit_receipt_bad(struct err *err, const char *what)
{
	return (err_set(err, ERR_BAD_REQUEST, NULL, "%s", what));
}

/* Decoded base64 of a member, owned by the caller; NULL: absent or broken. */
static char *
audit_receipt_base64(const json_t *o, const char *key, size_t *len)
{
	const json_t	*v = json_object_get(o, key);
	char		*out;
	long		 n;

	if (!json_is_string(v))
		return (NULL);
	out = malloc(json_string_length(v) + 1);
	if (out == NULL)
		return (NULL);
	n = crypto_base64_decode(out, json_string_value(v),
	    json_string_length(v));
	if (n < 0) {
		free(out);
		return (NULL);
	}
	*len = (size_t)n;
	return (out);
}

/* The JSON form; "receipt" may lie inside the answer to the post. */
static int
audit_receipt_json(struct audit_parts *p, struct err *err)
{
	json_t	*o = p->json, *body = json_object_get(p->json, "body");
	char	*salt;
	size_t	 n;

	if (json_is_object(json_object_get(o, "receipt"))) {
		if (body == NULL)
			body = json_object_get(json_object_get(o, "comment"),
			    "body");
		o = json_object_get(o, "receipt");
		if (body == NULL)
			body = json_object_get(o, "body");
	}
	p->leaf = audit_receipt_base64(o, "leaf", &p->leaf_len);
	p->proof = json_string_value(json_object_get(o, "proof"));
	if (p->leaf == NULL || p->proof == NULL)
		return (audit_receipt_bad(err,
		    "the receipt has no leaf or no proof"));
	p->proof_len = json_string_length(json_object_get(o, "proof"));
	if (!json_is_integer(json_object_get(o, "log_index")))
		return (audit_receipt_bad(err, "the receipt has no log_index"));
	p->index = json_integer_value(json_object_get(o, "log_index"));
	p->start = json_integer_value(json_object_get(o, "log_start"));
	salt = audit_receipt_base64(o, "salt", &n);
	p->salted = salt != NULL && n == 32;
	if (p->salted)
		memcpy(p->salt, salt, n);
	free(salt);
	if (p->text == NULL && json_is_string(body)) {
		p->text = json_string_value(body);
		p->text_len = json_string_length(body);
	}
	return (0);
}

static int
audit_receipt_split(struct audit_parts *p, const struct audit_receipt *r,
    struct err *err)
{
	size_t	n = strspn(r->receipt, " \t\r\n");

	p->text = r->text;
	p->text_len = r->text_len;
	if (r->receipt[n] == '{') {
		p->json = json_loadb(r->receipt, r->receipt_len,
		    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
		if (p->json == NULL)
			return (audit_receipt_bad(err,
			    "the receipt is not JSON"));
		return (audit_receipt_json(p, err));
	}
	if (r->leaf == NULL)
		return (audit_receipt_bad(err,
		    "a bare proof needs the entry: --leaf FILE"));
	p->proof = r->receipt;
	p->proof_len = r->receipt_len;
	p->leaf = malloc(r->leaf_len + 1);
	if (p->leaf == NULL)
		return (audit_receipt_bad(err, "no memory"));
	memcpy(p->leaf, r->leaf, r->leaf_len);
	p->leaf_len = r->leaf_len;
	return (0);
}

/* Without a key: the entry is in the tree that the head speaks of. */
static int
audit_receipt_unsigned(struct audit_parts *p, struct note_proof *proof,
    struct err *err)
{
	struct note	n;
	struct hash	h;

	if (note_proof_parse(proof, p->proof, p->proof_len, err) != 0 ||
	    note_parse(&n, proof->checkpoint, proof->checkpoint_len,
	    err) != 0 ||
	    note_checkpoint_parse(&p->head, n.text, n.text_len, err) != 0)
		return (-1);
	merkle_leaf_hash(&h, p->leaf, p->leaf_len);
	if (!merkle_verify_inclusion(proof->index, p->head.size, &h,
	    &proof->path, &p->head.root))
		return (audit_receipt_bad(err,
		    "the entry is not in the tree at its index"));
	return (0);
}

/* The salt and the text open the body's commitment. */
static int
audit_receipt_open(struct audit_parts *p, struct err *err)
{
	static const char	domain[] = "forumd/content/v1\n";
	struct crypto_part	parts[4] = { { domain, strlen(domain) },
	    { p->salt, 32 }, { "body\n", 5 }, { p->text, p->text_len } };
	struct audit_leaf	l;
	struct audit_value	body;
	unsigned char		want[HASH_LEN];
	struct hash		h;

	if (audit_leaf_parse(&l, p->leaf, p->leaf_len, UINT64_MAX, err) != 0)
		return (-1);
	if (p->text == NULL || !p->salted ||
	    (l.kind != AUDIT_COMMENT_ACCEPTED &&
	    l.kind != AUDIT_COMMENT_EDITED))
		return (0);
	body = audit_leaf_get(&l, "body");
	crypto_hex_decode(want, body.p, body.len);
	crypto_sha256_parts(&h, parts, 4);
	if (memcmp(h.b, want, HASH_LEN) != 0)
		return (audit_receipt_bad(err,
		    "the text is not the one that the entry commits to"));
	p->opened = true;
	return (0);
}

/* By any of the keys, under the name of the receipt's log. */
static int
audit_receipt_signed(struct audit_parts *p, struct audit_keys *keys,
    struct note_proof *proof, struct err *err)
{
	size_t	i;

	if (note_proof_parse(proof, p->proof, p->proof_len, err) != 0)
		return (-1);
	if (!audit_keys_name(keys, proof->checkpoint,
	    strcspn(proof->checkpoint, "\n")))
		return (audit_receipt_bad(err,
		    "the head is another forum's than the key"));
	for (i = 0; i < keys->n; i++) {
		if (note_proof_verify(p->proof, p->proof_len, p->leaf,
		    p->leaf_len, &keys->key[i], proof, &p->head, err) != 0)
			continue;
		p->by = (int)i;
		return (0);
	}
	return (-1);
}

static int
audit_receipt_verify(struct audit_parts *p, const struct audit_receipt *r,
    struct err *err)
{
	struct buf		head = BUF_INIT;
	struct note_proof	proof;
	struct err		none;
	int			rc;

	if (audit_receipt_split(p, r, err) != 0)
		return (-1);
	if (r->keys == NULL)
		rc = audit_receipt_unsigned(p, &proof, err);
	else
		rc = audit_receipt_signed(p, r->keys, &proof, err);
	if (rc != 0 && r->keys != NULL && r->url != NULL &&
	    audit_keys_fetch(r->keys, r->url, &head, &none) == 0)
		rc = audit_receipt_signed(p, r->keys, &proof, err);
	buf_free(&head);
	if (rc != 0)
		return (-1);
	if (p->index >= 0 && (uint64_t)p->index != (uint64_t)p->start +
	    proof.index)
		return (audit_receipt_bad(err,
		    "log_index is not the index that the proof is for"));
	p->index = p->start + (int64_t)proof.index;
	return (audit_receipt_open(p, err));
}

static void
audit_receipt_print(const struct audit_parts *p, const struct audit_keys *keys,
    const char *wrong, bool json, FILE *f)
{
	bool		has_key = keys != NULL;
	bool		changed = has_key && (size_t)p->by >= keys->given;
	char		vkey[NOTE_VKEY_MAX];
	struct buf	b = BUF_INIT;

	if (has_key)
		note_vkey_format(&keys->key[p->by], vkey);

	if (json) {
		buf_adds(&b, "{");
		buf_kv_str(&b, "verdict", wrong != NULL ? "failed" : "sound");
		buf_kv_str(&b, "wrong", wrong);
		buf_kv_int(&b, "log_index", p->index);
		buf_kv_int(&b, "tree_size", (int64_t)p->head.size);
		buf_kv_bool(&b, "signature_checked", has_key);
		buf_kv_bool(&b, "text_checked", p->opened);
		buf_kv_str(&b, "signed_by", has_key && wrong == NULL ? vkey :
		    NULL);
		buf_kv_bool(&b, "key_changed", changed);
		buf_adds(&b, "}\n");
	} else if (wrong != NULL) {
		buf_addf(&b, "FAILED    %s\n\nVerdict: failed\n", wrong);
	} else {
		buf_addf(&b, "ok        entry %" PRId64 " is in the record of "
		    "%" PRIu64 " entries\n", p->index, p->head.size);
		if (changed)
			buf_addf(&b, "ok        the head is signed by the key "
			    "of its time, %s;\n          signed changes "
			    "of key lead from it to the one given\n", vkey);
		else
			buf_adds(&b, has_key ?
			    "ok        the head is signed by the key given\n" :
		    "not made  the signature: give the forum's key with "
		    "--vkey FILE\n");
		buf_adds(&b, p->opened ?
		    "ok        the text is the one that was accepted\n" :
		    "not made  the text: needs the salt and --text FILE\n");
		buf_adds(&b, has_key ? "\nVerdict: sound\n" : "\nVerdict: "
		    "agrees with itself, signature not checked\n");
	}
	fputs(buf_str(&b), f);
	buf_free(&b);
}

int
audit_receipt_check(const struct audit_receipt *r, bool json, FILE *f)
{
	struct audit_parts	p;
	struct err		err;
	int			rc;

	memset(&p, 0, sizeof(p));
	p.index = -1;
	rc = audit_receipt_verify(&p, r, &err);
	audit_receipt_print(&p, r->keys, rc == 0 ? NULL : err.text,
	    json, f);
	json_decref(p.json);
	free(p.leaf);
	return (rc == 0 ? 0 : 1);
}
