/*
 * Following a record: see audit_log.h.
 *
 * Each entry's hash is appended to a tree of our own; each tile that this
 * completes is compared with the one served, and the right edge at the end.
 * Heads to be compared (the one kept from last time, a second address's) are
 * judged when our tree passes their size. A head larger than anything served
 * now is lag for a minute and a roll-back after it; where the server still
 * gives the entries up to it, they decide at once.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/audit_log.h"
#include "forumd/audit_pool.h"
#include "storage/base/clock.h"

#define AUDIT_LOG_LEVELS	8

struct audit_log {
	char			*base;		/* owned: ".../ledger" */
	uint64_t		 start;		/* number of its first entry */
	bool			 frozen;
	struct audit_keys	*keys;		/* borrowed, as the rest */
	struct audit_keys	 learned;	/* not signed for yet */
	size_t			 rotations;
	struct audit_rules	*rules;
	struct audit_report	*report;
	struct fetch		*fetch;		/* owned */
	struct audit_head	 head;
	struct merkle		 tree;
	struct audit_log_edge {
		uint64_t	 number;
		unsigned int	 n;
		struct hash	 hash[MERKLE_TILE_WIDTH];
	}			 edge[AUDIT_LOG_LEVELS];
	const struct buf	*tile;		/* level 0, as served */
	struct {
		const struct audit_head *head;	/* borrowed */
		int64_t		 seen;
		bool		 judged;
	}			 watch[AUDIT_WATCH_MAX];
	int			 watches;
	bool			 trial;	/* reading beyond the head: judge no
					 * entries and no tiles */
};

int
audit_head_open(struct audit_head *h, const char *s, size_t len,
    const struct audit_keys *keys, bool any, struct err *err)
{
	struct note_checkpoint	c;
	struct note		n;

	if (audit_keys_open(keys, &c, s, len, err) < 0 && (!any ||
	    note_parse(&n, s, len, err) != 0 ||
	    note_checkpoint_parse(&c, n.text, n.text_len, err) != 0))
		return (-1);
	buf_clear(&h->note);
	buf_add(&h->note, s, len);
	h->size = c.size;
	h->root = c.root;
	return (buf_failed(&h->note) ?
	    err_set(err, ERR_INTERNAL, NULL, "no memory") : 0);
}

int
audit_head_get(struct audit_head *h, const char *base,
    const struct audit_keys *keys, bool any, struct err *err)
{
	struct fetch_response	 r = FETCH_RESPONSE_INIT;
	struct fetch_request	 q = { .timeout_ms = AUDIT_TIMEOUT_MS,
	    .max_bytes = 1 << 20 };
	struct fetch		*f = fetch_new();
	struct buf		 url = BUF_INIT;
	int			 rc;

	if (f == NULL)
		return (err_set(err, ERR_INTERNAL, NULL, "no memory"));
	buf_addf(&url, "%s/checkpoint", base);
	q.url = buf_str(&url);
	rc = fetch_http(f, &q, &r, err);
	if (rc == 0 && r.status != 200)
		rc = err_set(err, ERR_NOT_FOUND, NULL,
		    "the newest head: the server answers %d", r.status);
	if (rc == 0)
		rc = audit_head_open(h, buf_str(&r.body), r.body.len, keys,
		    any, err);
	fetch_response_free(&r);
	buf_free(&url);
	fetch_free(&f);
	return (rc);
}

void
audit_head_free(struct audit_head *h)
{
	buf_free(&h->note);
}

struct audit_log *
audit_log_new(const char *base, struct audit_keys *keys,
    struct audit_rules *rules, struct audit_report *report)
{
	struct audit_log	*l = calloc(1, sizeof(*l));

	if (l == NULL)
		return (NULL);
	l->base = strdup(base);
	l->start = audit_rules_size(rules);
	l->keys = keys;
	l->learned = *keys;
	l->rules = rules;
	l->report = report;
	l->fetch = fetch_new();
	merkle_init(&l->tree);
	if (l->base == NULL || l->fetch == NULL)
		audit_log_free(&l);
	return (l);
}

void
audit_log_free(struct audit_log **lp)
{
	struct audit_log	*l = *lp;

	if (l == NULL)
		return;
	fetch_free(&l->fetch);
	audit_head_free(&l->head);
	free(l->base);
	free(l);
	*lp = NULL;
}

void
audit_log_watch(struct audit_log *l, const struct audit_head *h, int64_t seen)
{
	if (l->watches == AUDIT_WATCH_MAX)
		return;
	l->watch[l->watches].head = h;
	l->watch[l->watches].seen = seen;
	l->watch[l->watches++].judged = false;
}

const struct audit_head *
audit_log_head(const struct audit_log *l)
{
	return (&l->head);
}

void
audit_log_frozen(struct audit_log *l)
{
	l->frozen = true;
}

static void
audit_log_rewritten(struct audit_log *l, const struct audit_head *old,
    const char *why)
{
	audit_report_rewritten(l->report, old->note.data, old->note.len,
	    l->head.note.data, l->head.note.len, why);
}

/* Judges the watched heads of exactly the tree's size. */
static void
audit_log_watched(struct audit_log *l)
{
	struct hash	root;
	int		i;

	for (i = 0; i < l->watches; i++) {
		if (l->watch[i].judged ||
		    l->watch[i].head->size != l->tree.size)
			continue;
		l->watch[i].judged = true;
		audit_report_done(l->report, AUDIT_GROWTH);
		merkle_root(&l->tree, &root);
		if (memcmp(&root, &l->watch[i].head->root, sizeof(root)) != 0)
			audit_log_rewritten(l, l->watch[i].head,
			    "an earlier signed head is no beginning of this "
			    "record");
	}
}

/* Compares what we computed of a tile with the one served. */
static void
audit_log_tile(struct audit_log *l, int level)
{
	struct audit_log_edge	*e = &l->edge[level];
	struct merkle_tile	 t = { level, e->number, e->n };
	struct buf		 own = BUF_INIT;
	const struct buf	*served = l->tile;
	char			 path[MERKLE_PATH_MAX];
	struct err		 err;
	bool			 cut;

	if (l->trial)
		return;
	merkle_tile_path(&t, path);
	if (level > 0) {
		if (audit_tile_get(l->fetch, l->base, &t, &own, &cut,
		    &err) != 0) {
			audit_report_fail(l->report, AUDIT_TILES, "%s",
			    err.text);
			buf_free(&own);
			return;
		}
		served = &own;
	}
	if (served == NULL || served->len < e->n * (size_t)HASH_LEN ||
	    memcmp(served->data, e->hash, e->n * (size_t)HASH_LEN) != 0)
		audit_report_fail(l->report, AUDIT_TILES,
		    "%s is not what the entries give", path);
	buf_free(&own);
}

static void
audit_log_node(void *arg, unsigned int level, uint64_t index,
    const struct hash *h)
{
	struct audit_log	*l = arg;
	struct audit_log_edge	*e;

	(void)index;
	if (level % 8 != 0 || level / 8 >= AUDIT_LOG_LEVELS)
		return;
	e = &l->edge[level / 8];
	e->hash[e->n++] = *h;
	if (e->n < MERKLE_TILE_WIDTH)
		return;
	audit_log_tile(l, (int)level / 8);
	e->n = 0;
	e->number++;
}

/* A key that an entry names, trusted once a head covers the entry. */
static void
audit_log_rotated(struct audit_log *l)
{
	const char	*from, *to;
	size_t		 n = audit_rules_rotated(l->rules, &from, &to);

	if (n == l->rotations)
		return;
	l->rotations = n;
	audit_keys_learn(&l->learned, from, to);
}

static void
audit_log_entry(struct audit_log *l, const char *p, size_t len)
{
	enum audit_check	check;
	struct hash		h;
	struct err		err;
	uint64_t		index = l->tree.size;

	merkle_leaf_hash(&h, p, len);
	if (!l->trial) {
		check = audit_rules_add(l->rules, p, len, &err);
		if (check != AUDIT_SOUND)
			audit_report_fail(l->report, check,
			    "entry %" PRIu64 ": %s", l->start + index,
			    err.text);
		else
			audit_log_rotated(l);
	}
	merkle_append(&l->tree, &h, audit_log_node, l);
	audit_log_watched(l);
}

/* Reads the bundle's first `width` entries; those that we have are compared
 * with what we had. */
static int
audit_log_bundle(struct audit_log *l, const struct audit_piece *piece,
    uint64_t number, unsigned int width, struct err *err)
{
	const unsigned char	*p = (const void *)piece->bundle.data;
	size_t			 left = piece->bundle.len, len;
	struct hash		 h;
	unsigned int		 i;

	for (i = 0; i < width; i++, p += len, left -= len) {
		len = left >= 2 ? (size_t)p[0] << 8 | p[1] : 0;
		if (left < 2 || left - 2 < len)
			return (err_set(err, ERR_BAD_REQUEST, NULL,
			    "entry bundle %" PRIu64 " ends early", number));
		p += 2;
		left -= 2;
		if (number * MERKLE_TILE_WIDTH + i >= l->tree.size) {
			audit_log_entry(l, (const char *)p, len);
			continue;
		}
		merkle_leaf_hash(&h, p, len);
		if (memcmp(&h, &l->edge[0].hash[i], sizeof(h)) != 0)
			return (err_set(err, ERR_BAD_REQUEST, NULL,
			    "entry %" PRIu64 " changed while it was read",
			    number * MERKLE_TILE_WIDTH + i));
	}
	if (left > 0 && !piece->cut)
		return (err_set(err, ERR_BAD_REQUEST, NULL,
		    "entry bundle %" PRIu64 " has bytes behind its end",
		    number));
	return (0);
}

/* Reads all entries from where we stand up to size. */
static int
audit_log_read(struct audit_log *l, uint64_t size, struct err *err)
{
	uint64_t		 n = l->tree.size / MERKLE_TILE_WIDTH, last;
	struct audit_pool	*pool;
	struct audit_piece	*piece;
	int			 rc = 0;

	if (size == l->tree.size)
		return (0);
	last = (size - 1) / MERKLE_TILE_WIDTH;
	pool = audit_pool_start(l->base, size, n, last);
	if (pool == NULL)
		return (err_set(err, ERR_INTERNAL, NULL, "no threads"));
	for (; n <= last && rc == 0; n++) {
		piece = audit_pool_next(pool);
		if (piece->failed) {
			*err = piece->err;
			rc = -1;
			break;
		}
		l->tile = &piece->tile;
		rc = audit_log_bundle(l, piece, n,
		    merkle_tile_width(size, 0, n), err);
		if (rc == 0 && n == last && l->edge[0].n > 0)
			audit_log_tile(l, 0);
		l->tile = NULL;
		audit_pool_release(pool);
	}
	audit_pool_stop(&pool);
	return (rc);
}

static int
audit_log_compare(struct audit_log *l)
{
	struct hash	root;
	int		i;

	merkle_root(&l->tree, &root);
	audit_report_done(l->report, AUDIT_ENTRIES);
	if (memcmp(&root, &l->head.root, sizeof(root)) != 0) {
		audit_report_fail(l->report, AUDIT_ENTRIES,
		    "the %" PRIu64 " entries do not give the signed root",
		    l->head.size);
		return (-1);
	}
	*l->keys = l->learned;
	if (!l->frozen && !audit_keys_current(l->keys, buf_str(&l->head.note),
	    l->head.note.len))
		audit_report_fail(l->report, AUDIT_HEAD, "the newest head is "
		    "not signed by the key that the record named last");
	audit_report_done(l->report, AUDIT_TILES);
	for (i = 1; i < AUDIT_LOG_LEVELS; i++)
		if (l->edge[i].n > 0)
			audit_log_tile(l, i);
	return (0);
}

int
audit_log_follow(struct audit_log *l)
{
	struct audit_head	new = { BUF_INIT, 0, { { 0 } } };
	uint64_t		was = l->tree.size;
	struct err		err;

	if (audit_head_get(&new, l->base, l->keys, l->frozen, &err) != 0) {
		audit_report_fail(l->report, AUDIT_HEAD, "%s", err.text);
		audit_head_free(&new);
		return (-1);
	}
	audit_report_done(l->report, AUDIT_HEAD);
	if (l->head.note.len > 0 && (new.size < l->head.size ||
	    (new.size == l->head.size &&
	    memcmp(&new.root, &l->head.root, sizeof(new.root)) != 0))) {
		audit_report_rewritten(l->report, l->head.note.data,
		    l->head.note.len, new.note.data, new.note.len,
		    "the record went back while it was read");
		audit_head_free(&new);
		return (-1);
	}
	audit_head_free(&l->head);
	l->head = new;
	audit_log_watched(l);
	if (audit_log_read(l, new.size, &err) != 0) {
		audit_report_fail(l->report, AUDIT_ENTRIES, "%s", err.text);
		return (-1);
	}
	if (audit_log_compare(l) != 0)
		return (-1);
	return (new.size > was ? 1 : 0);
}

void
audit_log_settle(struct audit_log *l)
{
	const struct audit_head	*h;
	struct err		 err;
	int			 i;

	for (i = 0; i < l->watches; i++) {
		h = l->watch[i].head;
		if (l->watch[i].judged)
			continue;
		l->trial = true;
		if (audit_log_read(l, h->size, &err) == 0)
			audit_log_watched(l);
		if (l->watch[i].judged && l->report->rewritten)
			continue;
		l->watch[i].judged = true;
		audit_report_done(l->report, AUDIT_GROWTH);
		if (clock_ms() / 1000 - l->watch[i].seen >
		    AUDIT_STALE_SECONDS)
			audit_log_rewritten(l, h,
			    "the record went back to a smaller size");
		else
			audit_report_remark(l->report, "stale: a larger head "
			    "(%" PRIu64 ") was seen less than a minute ago",
			    h->size);
	}
}

/* What newer logs say of a head: 1 named so, 0 none as large, -1 another of
 * its size, 2 only larger ones. */
static int
audit_log_named(const struct audit_log *l, const struct audit_head *h)
{
	const struct audit_named	*n;
	size_t				 i;
	int				 found = 0;

	for (i = 0; (n = audit_rules_named(l->rules, i)) != NULL; i++) {
		if (n->size == h->size)
			return (memcmp(&n->root, &h->root,
			    sizeof(h->root)) == 0 ? 1 : -1);
		if (n->size > h->size)
			found = 2;
	}
	return (found);
}

void
audit_log_lost(struct audit_log *l)
{
	const struct audit_head	*h;
	int			 i, named;

	for (i = 0; i < l->watches; i++) {
		h = l->watch[i].head;
		if (l->watch[i].judged)
			continue;
		l->watch[i].judged = true;
		audit_report_done(l->report, AUDIT_GROWTH);
		named = audit_log_named(l, h);
		if (named == -1 || named == 0)
			audit_log_rewritten(l, h, "the new log does not name "
			    "this head among those that were lost");
		else if (named == 1)
			audit_report_remark(l->report, "the head of %" PRIu64
			    " entries kept from before is named as lost: its "
			    "last %" PRIu64 " are not in the record", h->size,
			    h->size - l->head.size);
		else
			audit_report_remark(l->report, "the head of %" PRIu64
			    " entries kept from before lies among those that "
			    "were lost; nobody can check it any more",
			    h->size);
	}
}
