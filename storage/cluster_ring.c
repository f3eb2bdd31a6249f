/*
 * Recent batches. See cluster_ring.h for the contract. A batch is kept as it
 * travels: the length of its events part, that part, its content part.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "storage/cluster_ring.h"
#include "storage/forget.h"

#define RING_BATCHES	4096
#define RING_BYTES	(16 << 20)

struct cluster_ring {
	pthread_mutex_t	lock;
	struct {
		uint64_t	after;
		char		*p;	/* owned */
		size_t		 len;
	} slot[RING_BATCHES];
	size_t		first, n, bytes;
	struct mark	end;
};

int
cluster_ring_new(struct cluster_ring **out, struct err *err)
{
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	pthread_mutex_init(&(*out)->lock, NULL);
	return 0;
}

static void
cluster_ring_shift(struct cluster_ring *r)
{
	size_t	i = r->first;

	crypto_wipe(r->slot[i].p, r->slot[i].len);
	free(r->slot[i].p);
	r->slot[i].p = NULL;
	r->bytes -= r->slot[i].len;
	r->first = (r->first + 1) % RING_BATCHES;
	r->n--;
}

void
cluster_ring_free(struct cluster_ring **rp)
{
	struct cluster_ring	*r = *rp;

	if (r == NULL)
		return;
	while (r->n > 0)
		cluster_ring_shift(r);
	pthread_mutex_destroy(&r->lock);
	free(r);
	*rp = NULL;
}

static int
cluster_ring_encode(const struct batch *b, struct buf *out)
{
	size_t	len;
	int	i;

	buf_clear(out);
	for (i = 0; i < 4; i++)
		buf_addc(out, 0);
	if (batch_encode_events(b, out, NULL) != 0)
		return -1;
	len = out->len - 4;
	for (i = 0; i < 4; i++)
		out->data[i] = (char)(len >> (24 - 8 * i));
	return batch_encode_content(b, out, NULL) == 0 &&
	    !buf_failed(out) ? 0 : -1;
}

int
cluster_ring_decode(struct batch *b, const void *p, size_t len,
    struct err *err)
{
	const unsigned char	*u = p;
	size_t			 n;

	if (len < 4 || (n = (size_t)u[0] << 24 | (size_t)u[1] << 16 |
	    (size_t)u[2] << 8 | u[3]) > len - 4)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "A batch is cut short");
	if (batch_decode_events(b, u + 4, n, err) != 0)
		return -1;
	if (batch_decode_content(b, u + 4 + n, len - 4 - n, err) == 0)
		return 0;
	batch_free(b);
	return -1;
}

/* Takes what `by` erased out of every batch kept. */
static void
cluster_ring_forget(struct cluster_ring *r, const struct batch *by)
{
	struct batch	b;
	struct buf	out = BUF_INIT;
	size_t		i, k;

	for (k = 0; k < r->n; k++) {
		i = (r->first + k) % RING_BATCHES;
		memset(&b, 0, sizeof(b));
		if (cluster_ring_decode(&b, r->slot[i].p, r->slot[i].len,
		    NULL) == 0 && forget(&b, by) > 0 &&
		    cluster_ring_encode(&b, &out) == 0) {
			crypto_wipe(r->slot[i].p, r->slot[i].len);
			free(r->slot[i].p);
			r->bytes -= r->slot[i].len;
			r->slot[i].len = 0;
			r->slot[i].p = buf_take(&out, &r->slot[i].len);
			r->bytes += r->slot[i].len;
		}
		batch_free(&b);
	}
	buf_free(&out);
}

static void
cluster_ring_put(struct cluster_ring *r, const struct batch *b, char *p,
    size_t len)
{
	size_t	i;

	if (r->n > 0 && (r->end.seq != b->on.seq || memcmp(&r->end.chain,
	    &b->on.chain, sizeof(r->end.chain)) != 0)) {
		while (r->n > 0)
			cluster_ring_shift(r);
	}
	while (r->n == RING_BATCHES || (r->n > 0 &&
	    r->bytes + len > RING_BYTES))
		cluster_ring_shift(r);
	i = (r->first + r->n++) % RING_BATCHES;
	r->slot[i].after = b->on.seq;
	r->slot[i].p = p;
	r->slot[i].len = len;
	r->bytes += len;
	batch_end(b, &r->end);
	/* In itself too: posted and erased in one commit. */
	if (forget_any(b))
		cluster_ring_forget(r, b);
}

void
cluster_ring_add(struct cluster_ring *r, const struct batch *b)
{
	struct buf	 out = BUF_INIT;
	char		*p = NULL;
	size_t		 len;

	if (cluster_ring_encode(b, &out) == 0)
		p = buf_take(&out, &len);
	buf_free(&out);
	if (p == NULL)
		return;		/* the next one will not follow: it empties */
	pthread_mutex_lock(&r->lock);
	cluster_ring_put(r, b, p, len);
	pthread_mutex_unlock(&r->lock);
}

int
cluster_ring_get(struct cluster_ring *r, uint64_t after, struct buf *out)
{
	size_t	i, k;

	buf_clear(out);
	pthread_mutex_lock(&r->lock);
	for (k = 0; k < r->n; k++) {
		i = (r->first + k) % RING_BATCHES;
		if (r->slot[i].after == after) {
			buf_add(out, r->slot[i].p, r->slot[i].len);
			break;
		}
	}
	pthread_mutex_unlock(&r->lock);
	return out->len > 0 && !buf_failed(out) ? 0 : 1;
}
