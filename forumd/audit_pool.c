/*
 * Fetching ahead: see audit_pool.h. A ring of pieces; a thread claims the
 * next number while it lies less than a ring ahead of the reader.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/audit_pool.h"

#define AUDIT_POOL_THREADS	4
#define AUDIT_POOL_RING		16
#define AUDIT_BUNDLE_MAX	(MERKLE_TILE_WIDTH * (2 + 65535))

struct audit_pool {
	pthread_mutex_t		 lock;
	pthread_cond_t		 change;
	pthread_t		 thread[AUDIT_POOL_THREADS];
	int			 threads;
	const char		*base;		/* borrowed */
	uint64_t		 size, next, last, taken;
	bool			 stop;
	bool			 ready[AUDIT_POOL_RING];
	struct audit_piece	 piece[AUDIT_POOL_RING];
};

static int
audit_tile_get_path(struct fetch *f, const char *base, const char *path,
    struct fetch_response *r, struct err *err)
{
	struct fetch_request	q = { .timeout_ms = AUDIT_TIMEOUT_MS,
	    .max_bytes = AUDIT_BUNDLE_MAX };
	struct buf		b = BUF_INIT;
	int			rc;

	buf_addf(&b, "%s/%s", base, path);
	q.url = buf_str(&b);
	rc = fetch_http(f, &q, r, err);
	buf_free(&b);
	return (rc);
}

int
audit_tile_get(struct fetch *f, const char *base, const struct merkle_tile *t,
    struct buf *out, bool *cut, struct err *err)
{
	struct fetch_response	r = FETCH_RESPONSE_INIT;
	struct merkle_tile	full = *t;
	char			path[MERKLE_PATH_MAX];
	size_t			want = t->width * (size_t)HASH_LEN;
	int			rc;

	*cut = false;
	merkle_tile_path(t, path);
	rc = audit_tile_get_path(f, base, path, &r, err);
	if (rc == 0 && r.status == 404 && t->width < MERKLE_TILE_WIDTH) {
		full.width = MERKLE_TILE_WIDTH;
		merkle_tile_path(&full, path);
		rc = audit_tile_get_path(f, base, path, &r, err);
		*cut = true;
	}
	if (rc == 0 && r.status != 200)
		rc = err_set(err, ERR_NOT_FOUND, NULL, "%s answers %d", path,
		    r.status);
	if (rc == 0 && t->level != MERKLE_ENTRIES && (r.body.len < want ||
	    r.body.len != full.width * (size_t)HASH_LEN))
		rc = err_set(err, ERR_BAD_REQUEST, NULL,
		    "%s has %zu bytes", path, r.body.len);
	buf_clear(out);
	if (rc == 0)
		buf_add(out, r.body.data, t->level == MERKLE_ENTRIES ?
		    r.body.len : want);
	if (buf_failed(out))
		rc = err_set(err, ERR_INTERNAL, NULL, "no memory");
	fetch_response_free(&r);
	return (rc);
}

static void
audit_pool_fetch(struct audit_pool *p, struct fetch *f, uint64_t number,
    struct audit_piece *piece)
{
	struct merkle_tile	t = { MERKLE_ENTRIES, number,
	    merkle_tile_width(p->size, 0, number) };
	bool			cut;

	piece->failed = f == NULL || audit_tile_get(f, p->base, &t,
	    &piece->bundle, &piece->cut, &piece->err) != 0;
	if (f == NULL)
		err_set(&piece->err, ERR_INTERNAL, NULL, "no memory");
	if (piece->failed)
		return;
	t.level = 0;
	piece->failed = audit_tile_get(f, p->base, &t, &piece->tile, &cut,
	    &piece->err) != 0;
}

static void *
audit_pool_work(void *arg)
{
	struct audit_pool	*p = arg;
	struct fetch		*f = fetch_new();
	uint64_t		 n;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->stop && p->next <= p->last &&
		    p->next >= p->taken + AUDIT_POOL_RING)
			pthread_cond_wait(&p->change, &p->lock);
		if (p->stop || p->next > p->last)
			break;
		n = p->next++;
		pthread_mutex_unlock(&p->lock);
		audit_pool_fetch(p, f, n, &p->piece[n % AUDIT_POOL_RING]);
		pthread_mutex_lock(&p->lock);
		p->ready[n % AUDIT_POOL_RING] = true;
		pthread_cond_broadcast(&p->change);
	}
	pthread_mutex_unlock(&p->lock);
	fetch_free(&f);
	return (NULL);
}

struct audit_pool *
audit_pool_start(const char *base, uint64_t size, uint64_t first,
    uint64_t last)
{
	struct audit_pool	*p = calloc(1, sizeof(*p));
	int			 i;

	if (p == NULL)
		return (NULL);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->change, NULL);
	p->base = base;
	p->size = size;
	p->next = p->taken = first;
	p->last = last;
	for (i = 0; i < AUDIT_POOL_THREADS; i++) {
		if (pthread_create(&p->thread[i], NULL, audit_pool_work,
		    p) != 0)
			break;
		p->threads++;
	}
	if (p->threads == 0)
		audit_pool_stop(&p);
	return (p);
}

struct audit_piece *
audit_pool_next(struct audit_pool *p)
{
	struct audit_piece	*piece;
	size_t			 at;

	pthread_mutex_lock(&p->lock);
	at = p->taken % AUDIT_POOL_RING;
	while (!p->ready[at])
		pthread_cond_wait(&p->change, &p->lock);
	piece = &p->piece[at];
	pthread_mutex_unlock(&p->lock);
	return (piece);
}

void
audit_pool_release(struct audit_pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->ready[p->taken++ % AUDIT_POOL_RING] = false;
	pthread_cond_broadcast(&p->change);
	pthread_mutex_unlock(&p->lock);
}

void
audit_pool_stop(struct audit_pool **pp)
{
	struct audit_pool	*p = *pp;
	int			 i;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->change);
	pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->threads; i++)
		pthread_join(p->thread[i], NULL);
	for (i = 0; i < AUDIT_POOL_RING; i++) {
		buf_free(&p->piece[i].bundle);
		buf_free(&p->piece[i].tile);
	}
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->change);
	free(p);
	*pp = NULL;
}
