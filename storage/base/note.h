/*
 * Signed notes, and what we put into them: checkpoints, cosignatures,
 * receipts (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature,
 * tlog-proof).
 *
 * Parsed values point into the caller's text, which must outlive them.
 * Everything is strict: what the specifications do not allow is refused,
 * because a second reading of the same bytes is how logs get forged.
 */
#ifndef STORAGE_BASE_NOTE_H
#define STORAGE_BASE_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/crypto.h"
#include "storage/base/err.h"
#include "storage/base/merkle.h"

#define NOTE_ED25519		0x01	/* signature over the text */
#define NOTE_COSIGNATURE	0x04	/* Ed25519 with a time (a witness) */
#define NOTE_NAME_MAX		255
#define NOTE_SIGNATURES_MAX	100
#define NOTE_VKEY_MAX		(NOTE_NAME_MAX + 64)

/* A key that verifies: "name+hex8(id)+base64(type || public key)". */
struct note_key {
	char		name[NOTE_NAME_MAX + 1];
	uint32_t	id;
	unsigned char	type;		/* NOTE_ED25519, NOTE_COSIGNATURE */
	unsigned char	public_key[KEY_PUBLIC_LEN];
};

/* First four bytes of SHA-256(name || 0x0A || type || public key). */
uint32_t note_key_id(const char *name, unsigned char type,
	    const unsigned char public_key[KEY_PUBLIC_LEN]);
/* Fills *key from its parts; -1 where the name is not a key name (empty, over
 * 255 bytes, not UTF-8, holds a space, a control or "+"). */
int	note_key_init(struct note_key *key, const char *name,
	    unsigned char type, const unsigned char public_key[KEY_PUBLIC_LEN]);
/* Parses a vkey; white space around it is allowed (it is read from files). */
int	note_vkey_parse(struct note_key *key, const char *s, size_t len,
	    struct err *err);
void	note_vkey_format(const struct note_key *key,
	    char out[NOTE_VKEY_MAX]);

struct note_signature {
	const char	*name;
	size_t		 name_len;
	uint32_t	 id;
	const char	*base64;	/* of the id and the signature */
	size_t		 base64_len;
};

struct note {
	const char	*text;		/* signed; ends in a newline */
	size_t		 text_len;
	size_t		 n;
	struct note_signature	signature[NOTE_SIGNATURES_MAX];
};

/* Splits at the last empty line. The form is checked, no signature is. */
int	note_parse(struct note *n, const char *s, size_t len,
	    struct err *err);

enum note_verdict {
	NOTE_UNKNOWN,		/* no signature by this key */
	NOTE_GOOD,
	NOTE_BAD		/* signed in its name, and wrong */
};
/* Looks for signatures by this key and checks every one. For a cosignature
 * *when (which may be NULL) is its latest time in seconds. */
enum note_verdict note_verify(const struct note *n,
	    const struct note_key *key, uint64_t *when);

/* Adds the text, the empty line and one Ed25519 signature line to b. The text
 * must end in a newline; a text that could be read as a cosignature's
 * message is refused. key's public half must belong to the seed. */
int	note_sign(struct buf *b, const char *text, size_t len,
	    const struct note_key *key,
	    const unsigned char seed[KEY_SEED_LEN], struct err *err);
/* Adds a signature line alone: for a second key's signature below the first. */
int	note_sign_line(struct buf *b, const char *text, size_t len,
	    const struct note_key *key,
	    const unsigned char seed[KEY_SEED_LEN], struct err *err);

struct note_checkpoint {
	const char	*origin;
	size_t		 origin_len;
	uint64_t	 size;
	struct hash	 root;
	size_t		 extensions;	/* lines behind the root */
};

/* The text to be signed: origin, size, root. */
void	note_checkpoint_text(struct buf *b, const char *origin, uint64_t size,
	    const struct hash *root);
/* Parses a note's text. Size 0 must have the empty root. */
int	note_checkpoint_parse(struct note_checkpoint *c, const char *text,
	    size_t len, struct err *err);
/* Parses a signed checkpoint and verifies it: origin is the key's name, and
 * the key signed. */
int	note_checkpoint_open(struct note_checkpoint *c, const char *s,
	    size_t len, const struct note_key *key, struct err *err);

struct note_proof {
	uint64_t		 index;
	struct merkle_proof	 path;
	const char		*checkpoint;	/* signed, to the end */
	size_t			 checkpoint_len;
};

/* A receipt: "c2sp.org/tlog-proof@v1", index, path, signed checkpoint. */
void	note_proof_build(struct buf *b, uint64_t index,
	    const struct merkle_proof *path, const char *checkpoint,
	    size_t checkpoint_len);
int	note_proof_parse(struct note_proof *p, const char *s, size_t len,
	    struct err *err);
/* The whole check of a receipt: form, the key's signature, and that the leaf
 * is at its index in the tree. *c (which may be NULL) gets the checkpoint. */
int	note_proof_verify(const char *s, size_t len, const void *leaf,
	    size_t leaf_len, const struct note_key *key, struct note_proof *p,
	    struct note_checkpoint *c, struct err *err);

#endif
