/*
 * Reading the public record from any connection: logs, heads, tiles, entries,
 * proofs. See ledger.h for the contract.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/ledger.h"

/* A merkle_reader over the stored tiles (levels 0, 8, 16 ...). A proof asks
 * for many hashes of few tiles, so the last few are kept. */
#define LEDGER_SLOTS	4

struct ledger_reader {
	struct db	*db;
	int64_t		 start;		/* the log's */
	struct {
		int64_t		level, number;
		size_t		width;		/* 0: empty */
		struct hash	hash[MERKLE_TILE_WIDTH];
	} slot[LEDGER_SLOTS];
	unsigned	 next;
};

static void
ledger_reader_init(struct ledger_reader *r, struct db *db, uint64_t start)
{
	int	i;

	r->db = db;
	r->start = (int64_t)start;
	r->next = 0;
	for (i = 0; i < LEDGER_SLOTS; i++)
		r->slot[i].width = 0;
}

/* Reads a tile into the next slot and gives the slot's number, or -1. */
static int
ledger_reader_load(struct ledger_reader *r, int64_t level, int64_t number)
{
	struct stmt	*s;
	const void	*p;
	size_t		 len;
	int		 i = r->next++ % LEDGER_SLOTS;

	r->slot[i].width = 0;
	s = db_query(r->db, "SELECT bytes FROM tile WHERE start = ? AND "
	    "level = ? AND idx = ?", "iii", r->start, level, number);
	if (stmt_step(s) == 1) {
		p = stmt_blob(s, 0, &len);
		if (len > 0 && len <= sizeof(r->slot[i].hash)) {
			memcpy(r->slot[i].hash, p, len);
			r->slot[i].level = level;
			r->slot[i].number = number;
			r->slot[i].width = len / HASH_LEN;
		}
	}
	stmt_done(s, NULL);
	return r->slot[i].width > 0 ? i : -1;
}

static int
ledger_tile_hash(void *arg, unsigned int level, uint64_t index,
    struct hash *h)
{
	struct ledger_reader	*r = arg;
	int64_t			 number = index / MERKLE_TILE_WIDTH;
	size_t			 at = index % MERKLE_TILE_WIDTH;
	int			 i;

	for (i = 0; i < LEDGER_SLOTS; i++) {
		if (r->slot[i].width > at && r->slot[i].number == number &&
		    r->slot[i].level == level / 8)
			break;
	}
	if (i == LEDGER_SLOTS)
		i = ledger_reader_load(r, level / 8, number);
	if (i < 0 || r->slot[i].width <= at)
		return -1;
	*h = r->slot[i].hash[at];
	return 0;
}

/* The value of the leaf's line "origin ...". */
static bool
ledger_read_origin(const char *p, size_t len, char out[NOTE_NAME_MAX + 1])
{
	static const char	 key[] = "\norigin ";
	const char		*from = memmem(p, len, key, sizeof(key) - 1),
				*end;

	if (from == NULL)
		return false;
	from += sizeof(key) - 1;
	end = memchr(from, '\n', len - (size_t)(from - p));
	if (end == NULL || end - from > NOTE_NAME_MAX)
		return false;
	memcpy(out, from, (size_t)(end - from));
	out[end - from] = '\0';
	return true;
}

/* The first log's origin is the one that the forum was given. */
int
ledger_read_log(struct db *db, uint64_t number, struct ledger_log *out,
    struct err *err)
{
	struct stmt	*s;
	const void	*p;
	size_t		 len;
	bool		 found = false;

	s = db_query(db, "SELECT idx, bytes FROM leaf WHERE kind = "
	    "'log.restarted' AND idx <= ? ORDER BY idx DESC LIMIT 1", "i",
	    (int64_t)number);
	if (stmt_step(s) == 1) {
		p = stmt_blob(s, 1, &len);
		found = ledger_read_origin(p, len, out->origin);
		out->start = (uint64_t)stmt_int(s, 0);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	if (found)
		return 0;
	s = db_query(db, "SELECT value FROM meta WHERE key = 'origin'", "");
	if ((found = stmt_step(s) == 1)) {
		snprintf(out->origin, sizeof(out->origin), "%s",
		    stmt_text(s, 0));
		out->start = 0;
	}
	if (stmt_done(s, err) != 0)
		return -1;
	return found ? 0 : 1;
}

int
ledger_read_head(struct db *db, const char *origin, uint64_t at_least,
    uint64_t *size, struct buf *note, struct err *err)
{
	struct stmt	*s;
	int		 found;

	buf_clear(note);
	s = at_least == 0 ? db_query(db, "SELECT size, note FROM head "
	    "WHERE origin = ? ORDER BY size DESC LIMIT 1", "s", origin) :
	    db_query(db, "SELECT size, note FROM head WHERE origin = ? "
	    "AND size >= ? ORDER BY size LIMIT 1", "si", origin,
	    (int64_t)at_least);
	if ((found = stmt_step(s)) == 1) {
		*size = stmt_int(s, 0);
		buf_adds(note, stmt_text(s, 1));
	}
	if (stmt_done(s, err) != 0)
		return -1;
	return found == 1 ? 0 : 1;
}

/* An entry bundle: each entry with its length before it, two bytes. */
static int
ledger_read_bundle(struct db *db, uint64_t start,
    const struct merkle_tile *t, struct buf *out, struct err *err)
{
	int64_t		 from = start + t->number * MERKLE_TILE_WIDTH;
	struct stmt	*s;
	const void	*p;
	size_t		 len;
	unsigned	 n = 0;

	s = db_query(db, "SELECT bytes FROM leaf WHERE idx >= ? AND idx < ? "
	    "ORDER BY idx", "ii", from, from + (int64_t)t->width);
	while (stmt_step(s) == 1) {
		p = stmt_blob(s, 0, &len);
		buf_addc(out, (char)(len >> 8));
		buf_addc(out, (char)(len & 0xff));
		buf_add(out, p, len);
		n++;
	}
	if (stmt_done(s, err) != 0)
		return -1;
	return n == t->width ? 0 : err_set(err, ERR_NOT_FOUND, NULL,
	    "There is no such bundle");
}

int
ledger_read_tile(struct db *db, uint64_t start, uint64_t size,
    const struct merkle_tile *t, struct buf *out, struct err *err)
{
	struct stmt	*s;
	const void	*p;
	size_t		 len, want = (size_t)t->width * HASH_LEN;
	int		 found = 0;

	if (t->width == 0 ||
	    t->width > merkle_tile_width(size, t->level, t->number))
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "The record has no such tile");
	if (t->level == MERKLE_ENTRIES)
		return ledger_read_bundle(db, start, t, out, err);
	s = db_query(db, "SELECT bytes FROM tile WHERE start = ? AND level = "
	    "? AND idx = ?", "iii", (int64_t)start, (int64_t)t->level,
	    (int64_t)t->number);
	if (stmt_step(s) == 1) {
		p = stmt_blob(s, 0, &len);
		if (len >= want) {
			buf_add(out, p, want);
			found = 1;
		}
	}
	if (stmt_done(s, err) != 0)
		return -1;
	return found ? 0 : err_set(err, ERR_NOT_FOUND, NULL,
	    "The record has no such tile");
}

int
ledger_read_leaf(struct db *db, uint64_t number, struct buf *out,
    struct err *err)
{
	struct stmt	*s;
	const void	*p;
	size_t		 len;
	int		 found;

	s = db_query(db, "SELECT bytes FROM leaf WHERE idx = ?", "i",
	    (int64_t)number);
	if ((found = stmt_step(s)) == 1) {
		p = stmt_blob(s, 0, &len);
		buf_add(out, p, len);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	return found == 1 ? 0 : err_set(err, ERR_NOT_FOUND, NULL,
	    "The record has no entry %llu", (unsigned long long)number);
}

/* Nodes of the tree that a connection has needed for proofs. A node never
 * changes once all its entries are there; receipts are asked for the newest
 * entries, whose proofs share nearly all of theirs. */
#define LEDGER_NODES	1024

struct ledger_node {
	int64_t		start;
	uint64_t	index;
	unsigned int	level;		/* one more: 0 is an empty place */
	struct hash	hash;
};

/* A merkle_reader over a ledger_reader: each node from its two children, down
 * to the level that tiles hold. */
static int
ledger_node_hash(void *arg, unsigned int level, uint64_t index,
    struct hash *h)
{
	struct ledger_reader	*r = arg;
	struct ledger_node	*kept, *n;
	struct hash		 left, right;

	kept = db_keep(r->db, LEDGER_NODES * sizeof(*kept));
	if (kept == NULL)
		return -1;
	n = &kept[(index * 13 + level * 101) % LEDGER_NODES];
	if (n->level != level + 1 || n->index != index ||
	    n->start != r->start) {
		if (level % 8 == 0) {
			if (ledger_tile_hash(r, level, index, &left) != 0)
				return -1;
		} else {
			if (ledger_node_hash(r, level - 1, 2 * index,
			    &left) != 0 || ledger_node_hash(r, level - 1,
			    2 * index + 1, &right) != 0)
				return -1;
			merkle_node_hash(&left, &left, &right);
		}
		*n = (struct ledger_node){ r->start, index, level + 1, left };
	}
	*h = n->hash;
	return 0;
}

int
ledger_read_proof(struct db *db, uint64_t number, struct buf *out,
    struct err *err)
{
	struct ledger_log	log;
	struct ledger_reader	reader;
	struct merkle_proof	path;
	struct buf		note = BUF_INIT;
	uint64_t		size = 0;
	int			rc;

	if ((rc = ledger_read_log(db, number, &log, err)) == 0) {
		ledger_reader_init(&reader, db, log.start);
		number -= log.start;
		rc = ledger_read_head(db, log.origin, number + 1, &size,
		    &note, err);
	}
	if (rc == 1)
		rc = err_set(err, ERR_NOT_FOUND, NULL,
		    "No signed head covers entry %llu yet",
		    (unsigned long long)number);
	if (rc == 0 && merkle_prove_inclusion(number, size, ledger_node_hash,
	    &reader, &path) != 0)
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The record's tiles cannot be read");
	if (rc == 0)
		note_proof_build(out, number, &path, note.data, note.len);
	buf_free(&note);
	return rc;
}

int
ledger_read_frontier(struct db *db, uint64_t start, uint64_t size,
    struct merkle *out, struct err *err)
{
	struct ledger_reader	reader;
	struct merkle_tiles	tiles = { ledger_tile_hash, &reader };

	ledger_reader_init(&reader, db, start);
	return merkle_read_frontier(size, merkle_tiles_read, &tiles,
	    out) == 0 ? 0 : err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
	    "The record's tiles do not reach size %llu",
	    (unsigned long long)size);
}
