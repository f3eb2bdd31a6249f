/*
 * The public record. See ledger.h for the contract.
 *
 * Tiles are stored whole: a row of `tile` holds up to 256 hashes of one tile
 * and is cut to the width that is asked for. Only the right edge ever
 * changes, so the working copy is the frontier and one tile a level.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/base/clock.h"
#include "storage/ledger.h"

#define LEDGER_LEVELS	8	/* 256^8 leaves */

struct ledger_edge {
	struct ledger_log log;
	struct merkle	tree;
	struct {
		uint64_t	number;
		unsigned	width;
		bool		dirty;
		struct hash	hash[MERKLE_TILE_WIDTH];
	} tile[LEDGER_LEVELS];
};

struct ledger {
	struct db		*db;		/* the writer's */
	struct ledger_key	 key, retiring;
	bool			 signs, retires;
	struct ledger_edge	 kept, work;
	bool			 changed;
	bool			 open;		/* leaves since the last seal */
	struct buf		 note;		/* of the last seal, or empty */
	bool			 failed;	/* a tile could not be stored */
	uint64_t		 us;		/* spent adding and sealing */
	struct err		 err;
};

/* Stores one edge tile. */
static int
ledger_tile_put(struct ledger *l, int level, struct err *err)
{
	return db_run(l->db, err, "INSERT INTO tile (start, level, idx, "
	    "bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET bytes = "
	    "excluded.bytes", "iiib", (int64_t)l->work.log.start,
	    (int64_t)level, (int64_t)l->work.tile[level].number,
	    (const void *)l->work.tile[level].hash,
	    (size_t)l->work.tile[level].width * HASH_LEN);
}

/* A perfect subtree was completed: every eighth level goes into a tile. */
static void
ledger_node(void *arg, unsigned int level, uint64_t index,
    const struct hash *h)
{
	struct ledger	*l = arg;
	unsigned	 tl = level / 8;

	if (level % 8 != 0 || tl >= LEDGER_LEVELS)
		return;
	if (index % MERKLE_TILE_WIDTH == 0) {
		l->work.tile[tl].number = index / MERKLE_TILE_WIDTH;
		l->work.tile[tl].width = 0;
	}
	l->work.tile[tl].hash[l->work.tile[tl].width++] = *h;
	l->work.tile[tl].dirty = true;
	if (l->work.tile[tl].width == MERKLE_TILE_WIDTH) {
		l->work.tile[tl].dirty = false;
		if (ledger_tile_put(l, tl, &l->err) != 0)
			l->failed = true;
	}
}

/* Loads the edge from the tiles of a tree of this size. */
static int
ledger_edge_load(struct ledger *l, uint64_t size, struct err *err)
{
	struct stmt		*s;
	const void		*p;
	size_t			 len;
	unsigned		 w;
	int			 level;

	if (ledger_read_frontier(l->db, l->kept.log.start, size,
	    &l->kept.tree, err) != 0)
		return -1;
	for (level = 0; level < LEDGER_LEVELS && size > 0; level++) {
		l->kept.tile[level].number = size / MERKLE_TILE_WIDTH;
		w = size % MERKLE_TILE_WIDTH;
		l->kept.tile[level].width = w;
		size /= MERKLE_TILE_WIDTH;
		if (w == 0)
			continue;
		s = db_query(l->db, "SELECT bytes FROM tile WHERE start = ? "
		    "AND level = ? AND idx = ?", "iii",
		    (int64_t)l->kept.log.start, (int64_t)level,
		    (int64_t)l->kept.tile[level].number);
		if (stmt_step(s) == 1) {
			p = stmt_blob(s, 0, &len);
			if (len >= w * HASH_LEN)
				memcpy(l->kept.tile[level].hash, p,
				    w * HASH_LEN);
			else
				w = 0;
		} else {
			w = 0;
		}
		if (stmt_done(s, err) != 0)
			return -1;
		if (w == 0)
			return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "The record lacks a tile of level %d", level);
	}
	return 0;
}

/* The stored leaves of the last tile must hash to what the tile says. */
static int
ledger_check_leaves(struct ledger *l, uint64_t size, struct err *err)
{
	uint64_t	 end = l->kept.log.start + size;
	uint64_t	 from = end - l->kept.tile[0].width, i = from;
	struct stmt	*s;
	const void	*p;
	size_t		 len;
	struct hash	 h;

	s = db_query(l->db, "SELECT idx, bytes FROM leaf WHERE idx >= ? "
	    "ORDER BY idx", "i", (int64_t)from);
	while (stmt_step(s) == 1 && i < end) {
		p = stmt_blob(s, 1, &len);
		merkle_leaf_hash(&h, p, len);
		if ((uint64_t)stmt_int(s, 0) != i ||
		    memcmp(&h, &l->kept.tile[0].hash[i - from],
		    sizeof(h)) != 0)
			break;
		i++;
	}
	if (stmt_done(s, err) != 0)
		return -1;
	if (i != end)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Entry %llu of the record is missing or changed",
		    (unsigned long long)i);
	return 0;
}

/* The newest head must be the root of exactly these leaves. */
static int
ledger_check(struct ledger *l, struct err *err)
{
	struct stmt	*s;
	const void	*p;
	size_t		 len;
	uint64_t	 size;
	struct hash	 root;
	int		 bad = 0;

	size = db_int(l->db, 0, "SELECT COALESCE(MAX(idx) + 1, 0) FROM leaf",
	    "") - l->kept.log.start;
	/* Without a key nothing is added that would be answered for: rebuild
	 * starts from nothing, and a damaged record is only read. */
	if (!l->signs)
		return 0;
	if (ledger_edge_load(l, size, err) != 0 ||
	    ledger_check_leaves(l, size, err) != 0)
		return -1;
	merkle_root(&l->kept.tree, &root);
	s = db_query(l->db, "SELECT size, root FROM head WHERE origin = ? "
	    "ORDER BY size DESC LIMIT 1", "s", l->kept.log.origin);
	if (stmt_step(s) == 1) {
		p = stmt_blob(s, 1, &len);
		if ((uint64_t)stmt_int(s, 0) != size)
			bad = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "The record has %llu entries, its last signed "
			    "head says %lld", (unsigned long long)size,
			    (long long)stmt_int(s, 0));
		else if (len != HASH_LEN || memcmp(p, root.b, HASH_LEN) != 0)
			bad = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "The record does not hash to its last signed "
			    "head at size %llu", (unsigned long long)size);
	} else if (size > 0) {
		bad = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The record has entries but no signed head for %s",
		    l->kept.log.origin);
	}
	if (stmt_done(s, bad != 0 ? NULL : err) != 0)
		return -1;
	return bad;
}

int
ledger_open(struct ledger **out, struct db *db, const struct ledger_key *key,
    const struct ledger_key *retiring, struct err *err)
{
	struct ledger	*l;

	*out = NULL;
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	l->db = db;
	if (key != NULL)
		ledger_sign_with(l, key, retiring);
	merkle_init(&l->kept.tree);
	if (ledger_read_log(db, LEDGER_NEWEST, &l->kept.log, err) < 0 ||
	    ledger_check(l, err) != 0) {
		ledger_close(&l);
		return -1;
	}
	l->work = l->kept;
	*out = l;
	return 0;
}

void
ledger_close(struct ledger **lp)
{
	struct ledger	*l = *lp;

	if (l == NULL)
		return;
	crypto_wipe(&l->key, sizeof(l->key));
	crypto_wipe(&l->retiring, sizeof(l->retiring));
	buf_free(&l->note);
	free(l);
	*lp = NULL;
}

uint64_t
ledger_size(const struct ledger *l)
{
	return l->work.log.start + l->work.tree.size;
}

const char *
ledger_origin(const struct ledger *l)
{
	return l->work.log.origin;
}

/* Stores the right edge's tiles. */
static int
ledger_edge_store(struct ledger *l, struct err *err)
{
	int	level;

	for (level = 0; level < LEDGER_LEVELS; level++) {
		if (!l->work.tile[level].dirty)
			continue;
		if (ledger_tile_put(l, level, err) != 0)
			return -1;
		l->work.tile[level].dirty = false;
	}
	return 0;
}

int
ledger_restart(struct ledger *l, const char *origin, struct err *err)
{
	uint64_t	start = ledger_size(l);

	if (ledger_edge_store(l, err) != 0)
		return -1;
	memset(&l->work, 0, sizeof(l->work));
	merkle_init(&l->work.tree);
	l->work.log.start = start;
	snprintf(l->work.log.origin, sizeof(l->work.log.origin), "%s",
	    origin);
	l->changed = true;
	return 0;
}

void
ledger_sign_with(struct ledger *l, const struct ledger_key *key,
    const struct ledger_key *retiring)
{
	l->signs = true;
	l->key = *key;
	l->retires = retiring != NULL;
	if (retiring != NULL)
		l->retiring = *retiring;
}

int
ledger_add(struct ledger *l, const struct ledger_leaf *leaf, struct err *err)
{
	struct hash	h;
	int64_t		index = ledger_size(l), us = clock_mono_us();

	if (db_run(l->db, err, "INSERT INTO leaf (idx, seq, kind, thread, "
	    "comment, time, bytes) VALUES (?, ?, ?, NULLIF(?, 0), "
	    "NULLIF(?, 0), ?, ?)", "iisiiib", index, (int64_t)leaf->seq,
	    leaf->kind, leaf->thread, leaf->comment, leaf->time,
	    (const void *)leaf->bytes, leaf->len) != 0)
		return -1;
	merkle_leaf_hash(&h, leaf->bytes, leaf->len);
	l->changed = l->open = true;
	merkle_append(&l->work.tree, &h, ledger_node, l);
	if (l->failed) {
		*err = l->err;
		return -1;
	}
	l->us += clock_mono_us() - us;
	return 0;
}

/* A key signs under the name of the log. */
static int
ledger_name_key(struct ledger_key *key, const char *origin, struct err *err)
{
	unsigned char	public_key[KEY_PUBLIC_LEN];

	if (strcmp(key->verify.name, origin) == 0)
		return 0;
	memcpy(public_key, key->verify.public_key, sizeof(public_key));
	return note_key_init(&key->verify, origin, NOTE_ED25519,
	    public_key) == 0 ? 0 : err_set(err, ERR_INTERNAL, NULL,
	    "%.100s cannot be the name of a key", origin);
}

/* Another node's note for the tree that we have. 1: it is that tree, but
 * under no key of ours (one was changed there first): we sign ourselves. */
static int
ledger_accept(struct ledger *l, const struct buf *text, const char *given,
    struct err *err)
{
	struct note	n;

	if (note_parse(&n, given, strlen(given), err) != 0)
		return -1;
	if (n.text_len != text->len ||
	    memcmp(n.text, text->data, text->len) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "The head "
		    "signed by another node is not that of our record at "
		    "size %llu", (unsigned long long)l->work.tree.size);
	if (note_verify(&n, &l->key.verify, NULL) != NOTE_GOOD)
		return 1;
	buf_adds(&l->note, given);
	return 0;
}

static int
ledger_sign(struct ledger *l, int64_t now, const char *given,
    struct err *err)
{
	const char	*origin = l->work.log.origin;
	struct buf	 text = BUF_INIT, *note = &l->note;
	struct hash	 root;
	int		 rc;

	merkle_root(&l->work.tree, &root);
	note_checkpoint_text(&text, origin, l->work.tree.size, &root);
	rc = ledger_name_key(&l->key, origin, err);
	if (rc == 0 && l->retires)
		rc = ledger_name_key(&l->retiring, origin, err);
	if (rc == 0)
		rc = given == NULL ? 1 : ledger_accept(l, &text, given, err);
	if (rc == 1) {
		rc = note_sign(note, text.data, text.len, &l->key.verify,
		    l->key.seed, err);
		if (rc == 0 && l->retires)
			rc = note_sign_line(note, text.data, text.len,
			    &l->retiring.verify, l->retiring.seed, err);
	}
	if (rc == 0 && buf_failed(note))
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	if (rc == 0)
		rc = db_run(l->db, err, "INSERT INTO head (origin, size, "
		    "root, at, note) VALUES (?, ?, ?, ?, ?)", "sibit",
		    origin, (int64_t)l->work.tree.size,
		    (const void *)root.b, (size_t)HASH_LEN, now,
		    (const char *)note->data, note->len);
	buf_free(&text);
	return rc;
}

int
ledger_seal(struct ledger *l, int64_t now, const char *given,
    struct err *err)
{
	int64_t	us = clock_mono_us();

	buf_clear(&l->note);
	if (!l->open)
		return 0;
	l->open = false;
	if (ledger_edge_store(l, err) != 0)
		return -1;
	if (l->signs && ledger_sign(l, now, given, err) != 0)
		return -1;
	l->us += clock_mono_us() - us;
	return 0;
}

const struct buf *
ledger_note(const struct ledger *l)
{
	return &l->note;
}

uint64_t
ledger_us(const struct ledger *l)
{
	return l->us;
}

void
ledger_keep(struct ledger *l)
{
	if (l->changed)
		l->kept = l->work;
	l->changed = false;
}

void
ledger_drop(struct ledger *l)
{
	if (l->changed)
		l->work = l->kept;
	l->changed = l->open = l->failed = false;
}

/* Key file: one line, the seed in hex. */
int
ledger_key_load(struct ledger_key *key, const char *path, const char *origin,
    bool create, struct err *err)
{
	char		hex[KEY_SEED_LEN * 2 + 2];
	unsigned char	public_key[KEY_PUBLIC_LEN];
	struct buf	b = BUF_INIT;
	ssize_t		n = -1;
	int		fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0) {
		n = read(fd, hex, sizeof(hex));
		close(fd);
	} else if (errno == ENOENT && create) {
		if (crypto_random(key->seed, KEY_SEED_LEN) != 0)
			return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "No randomness for a signing key");
		buf_hex(&b, key->seed, KEY_SEED_LEN);
		buf_addc(&b, '\n');
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0) {
			n = write(fd, b.data, b.len);
			if (n != (ssize_t)b.len || fsync(fd) != 0)
				n = -1;
			else
				memcpy(hex, b.data, b.len);
			close(fd);
		}
		crypto_wipe(b.data, b.len);
		buf_free(&b);
	}
	if (n < KEY_SEED_LEN * 2 || crypto_hex_decode(key->seed, hex,
	    KEY_SEED_LEN * 2) != KEY_SEED_LEN ||
	    crypto_ed25519_public(public_key, key->seed) != 0 ||
	    note_key_init(&key->verify, origin, NOTE_ED25519,
	    public_key) != 0) {
		crypto_wipe(hex, sizeof(hex));
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The signing key %s cannot be %s", path, create ?
		    "read or made" : "read: put it back from a backup");
	}
	crypto_wipe(hex, sizeof(hex));
	return 0;
}
