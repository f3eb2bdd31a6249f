/*
 * The cache of finished answers. See cache.h for the contract.
 */
#include <sys/mman.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "forumd/cache.h"
#include "forumd/out.h"
#include "storage/base/buf.h"
#include "storage/base/clock.h"

#define CACHE_BUCKETS	4096	/* power of 2 */
#define CACHE_SCORE_MS	1000	/* votes show after */
#define CACHE_GZIP_MIN	512	/* bytes worth compressing */
#define CACHE_LEVEL	1	/* of compression: 5 saves a tenth more and
				   costs more than the whole page */
#define CACHE_PAGES_MIN	16384	/* bytes worth pages of their own */
#define CACHE_PAGES_ASKED	4	/* times */
#define CACHE_PAGES_MOST	128	/* bodies of one loop */
#define CACHE_TAG	24

/* One body with its head. Freed when the last answer that carries it has
 * been sent. A large body lies in pages of its own, which sockets take
 * without a copy (out.h) once it is asked for again and again: that takes a
 * descriptor. */
struct cache_form {
	int		 refs;
	unsigned	 asked;
	struct cache	*cache;		/* borrowed */
	char		 tag[CACHE_TAG];	/* quoted */
	char		*head;		/* owned */
	size_t		 head_len;
	char		*body;		/* owned; mapped where it is large */
	size_t		 len;
	int		 pages;		/* owned, or -1 */
};

struct cache_entry {
	char			*key;	/* owned */
	size_t			 key_len;
	uint64_t		 hash;
	struct cache_mark	 mark;
	int64_t			 made;	/* mono ms */
	char			*fields;	/* owned; for further forms */
	size_t			 fields_len;
	struct cache_form	*plain, *gzip;	/* gzip: made when asked */
	bool			 gzip_tried;
	struct cache_entry	*next;		/* in the bucket */
	struct cache_entry	*newer, *older;	/* by use */
};

struct cache {
	const struct versions	*versions;
	struct cache_entry	*bucket[CACHE_BUCKETS];
	struct cache_entry	*newest, *oldest;
	size_t			 used, budget;
	unsigned		 paged;	/* bodies with a descriptor */
	z_stream		 z;	/* made ready once */
};

struct cache *
cache_new(const struct versions *v, size_t budget)
{
	struct cache	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->versions = v;
	c->budget = budget;
	if (deflateInit2(&c->z, CACHE_LEVEL, Z_DEFLATED, 15 + 16, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK) {
		free(c);
		return NULL;
	}
	return c;
}

static void
cache_form_free(void *arg)
{
	struct cache_form	*f = arg;

	if (f == NULL || --f->refs > 0)
		return;
	if (f->pages != -1) {
		close(f->pages);
		f->cache->paged--;
	}
	if (f->len < CACHE_PAGES_MIN)
		free(f->body);
	else if (f->body != NULL)
		munmap(f->body, f->len);
	free(f->head);
	free(f);
}

static size_t
cache_size(const struct cache_entry *e)
{
	return sizeof(*e) + e->key_len + e->plain->len +
	    (e->gzip != NULL ? e->gzip->len : 0) + 2 * e->fields_len;
}

static void
cache_unlink(struct cache *c, struct cache_entry *e)
{
	if (e->newer != NULL)
		e->newer->older = e->older;
	else
		c->newest = e->older;
	if (e->older != NULL)
		e->older->newer = e->newer;
	else
		c->oldest = e->newer;
	e->newer = e->older = NULL;
}

static void
cache_link(struct cache *c, struct cache_entry *e)
{
	e->older = c->newest;
	if (c->newest != NULL)
		c->newest->newer = e;
	else
		c->oldest = e;
	c->newest = e;
}

static void
cache_entry_free(struct cache_entry *e)
{
	cache_form_free(e->plain);
	cache_form_free(e->gzip);
	free(e->fields);
	free(e->key);
	free(e);
}

static void
cache_drop(struct cache *c, struct cache_entry *e)
{
	struct cache_entry	**p = &c->bucket[e->hash &
				    (CACHE_BUCKETS - 1)];

	while (*p != e)
		p = &(*p)->next;
	*p = e->next;
	cache_unlink(c, e);
	c->used -= cache_size(e);
	cache_entry_free(e);
}

void
cache_free(struct cache **cp)
{
	struct cache	*c = *cp;

	if (c == NULL)
		return;
	while (c->oldest != NULL)
		cache_drop(c, c->oldest);
	deflateEnd(&c->z);
	free(c);
	*cp = NULL;
}

void
cache_mark(const struct cache *c, int64_t thread, struct cache_mark *m)
{
	const struct versions	*v = c->versions;

	memset(m, 0, sizeof(*m));
	m->thread = thread;
	m->site = atomic_load(&v->site);
	if (thread > 0) {
		m->version = versions_thread(v, thread);
		m->score = atomic_load(&v->score[thread % VERSIONS]);
	} else if (thread < 0) {
		m->version = atomic_load(&v->tick);
	}
}

void
cache_narrow(const struct cache *c, int64_t thread, struct cache_mark *m)
{
	struct cache_mark	narrow;

	cache_mark(c, thread, &narrow);
	if (atomic_load(&c->versions->tick) == m->version)
		*m = narrow;
}

static bool
cache_stands(const struct cache *c, const struct cache_entry *e)
{
	struct cache_mark	m;

	cache_mark(c, e->mark.thread, &m);
	if (m.version != e->mark.version || m.site != e->mark.site)
		return false;
	return m.score == e->mark.score ||
	    clock_mono_ms() - e->made < CACHE_SCORE_MS;
}

static uint64_t
cache_hash(struct http_span target, const char *language)
{
	uint64_t	h = 14695981039346656037u;
	size_t		i;

	for (i = 0; i < target.len; i++)
		h = (h ^ (unsigned char)target.p[i]) * 1099511628211u;
	for (; *language != '\0'; language++)
		h = (h ^ (unsigned char)*language) * 1099511628211u;
	return h;
}

static bool
cache_is(const struct cache_entry *e, uint64_t hash, struct http_span target,
    const char *language)
{
	return e->hash == hash && e->key_len == target.len +
	    strlen(language) && memcmp(e->key, target.p, target.len) == 0 &&
	    memcmp(e->key + target.len, language, strlen(language)) == 0;
}

struct cache_entry *
cache_find(struct cache *c, struct http_span target, const char *language)
{
	uint64_t		 hash = cache_hash(target, language);
	struct cache_entry	*e = c->bucket[hash & (CACHE_BUCKETS - 1)];

	while (e != NULL && !cache_is(e, hash, target, language))
		e = e->next;
	if (e == NULL)
		return NULL;
	if (!cache_stands(c, e)) {
		cache_drop(c, e);
		return NULL;
	}
	if (c->newest != e) {
		cache_unlink(c, e);
		cache_link(c, e);
	}
	return e;
}

static char *
cache_copy(const void *p, size_t len)
{
	char	*out = malloc(len + 1);

	if (out != NULL && len > 0)
		memcpy(out, p, len);
	return out;
}

static int
cache_form_body(struct cache_form *f, const void *body, size_t len)
{
	void	*p;

	f->len = len;
	f->pages = -1;
	if (len < CACHE_PAGES_MIN) {
		f->body = cache_copy(body, len);
		return f->body != NULL ? 0 : -1;
	}
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -1;
	f->body = memcpy(p, body, len);
	return 0;
}

/* Often asked for: its pages are worth a descriptor, while there are some. */
static void
cache_form_asked(struct cache_form *f)
{
	if (f->pages != -1 || f->len < CACHE_PAGES_MIN ||
	    ++f->asked < CACHE_PAGES_ASKED ||
	    f->cache->paged >= CACHE_PAGES_MOST)
		return;
	f->asked = 0;
	f->pages = out_pages(f->body, f->len);
	if (f->pages != -1)
		f->cache->paged++;
}

static struct cache_form *
cache_form_new(struct cache *c, const struct cache_entry *e,
    const void *body, size_t len, const char *tag, bool gzip)
{
	struct cache_form	*f;
	struct buf		 b = BUF_INIT;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return NULL;
	f->refs = 1;
	f->cache = c;
	snprintf(f->tag, sizeof(f->tag), "%s", tag);
	buf_adds(&b, "HTTP/1.1 200 OK\r\n");
	buf_add(&b, e->fields, e->fields_len);
	buf_addf(&b, "ETag: %s\r\nContent-Length: %zu\r\n", tag, len);
	if (gzip)
		buf_adds(&b, "Content-Encoding: gzip\r\n");
	f->head = buf_take(&b, &f->head_len);
	if (cache_form_body(f, body, len) != 0 || f->head == NULL)
		cache_form_free(f);
	else
		return f;
	return NULL;
}

struct cache_entry *
cache_put(struct cache *c, struct http_span target, const char *language,
    const struct cache_mark *m, const char *head, size_t head_len,
    const void *body, size_t len)
{
	struct cache_entry	*e;
	struct hash		 h;
	struct buf		 tag = BUF_INIT;

	if ((e = calloc(1, sizeof(*e))) == NULL)
		return NULL;
	e->key_len = target.len + strlen(language);
	e->key = malloc(e->key_len + 1);
	e->fields = cache_copy(head, head_len);
	e->fields_len = head_len;
	crypto_sha256(&h, body, len);
	buf_addc(&tag, '"');
	buf_hex(&tag, h.b, 9);
	buf_addc(&tag, '"');
	if (e->key != NULL && e->fields != NULL)
		e->plain = cache_form_new(c, e, body, len, buf_str(&tag),
		    false);
	buf_free(&tag);
	if (e->plain == NULL) {
		cache_entry_free(e);
		return NULL;
	}
	memcpy(e->key, target.p, target.len);
	memcpy(e->key + target.len, language, strlen(language));
	e->hash = cache_hash(target, language);
	e->mark = *m;
	e->made = clock_mono_ms();
	e->next = c->bucket[e->hash & (CACHE_BUCKETS - 1)];
	c->bucket[e->hash & (CACHE_BUCKETS - 1)] = e;
	cache_link(c, e);
	c->used += cache_size(e);
	while (c->used > c->budget && c->oldest != e)
		cache_drop(c, c->oldest);
	return e;
}

static void
cache_compress(struct cache *c, struct cache_entry *e)
{
	z_stream	*z = &c->z;
	char		*out, tag[CACHE_TAG];
	size_t		 cap;

	e->gzip_tried = true;
	if (e->plain->len < CACHE_GZIP_MIN || deflateReset(z) != Z_OK)
		return;
	cap = deflateBound(z, e->plain->len);
	if ((out = malloc(cap)) == NULL)
		return;
	z->next_in = (unsigned char *)e->plain->body;
	z->avail_in = e->plain->len;
	z->next_out = (unsigned char *)out;
	z->avail_out = cap;
	if (deflate(z, Z_FINISH) == Z_STREAM_END &&
	    z->total_out < e->plain->len) {
		snprintf(tag, sizeof(tag), "%.19s-g\"", e->plain->tag);
		e->gzip = cache_form_new(c, e, out, z->total_out, tag, true);
		if (e->gzip != NULL)
			c->used += e->gzip->len;
	}
	free(out);
}

/* "gzip" among the encodings taken, not with q=0. */
static bool
cache_takes_gzip(const struct http_request *rq)
{
	const struct http_span	*f = http_field(rq, "accept-encoding");
	const char		*p, *end, *comma;

	if (f == NULL)
		return false;
	for (p = f->p, end = p + f->len; p < end; p = comma + 1) {
		comma = memchr(p, ',', end - p);
		if (comma == NULL)
			comma = end;
		while (p < comma && *p == ' ')
			p++;
		if (comma - p >= 4 && strncasecmp(p, "gzip", 4) == 0 &&
		    (comma - p == 4 || p[4] == ';' || p[4] == ' '))
			return memmem(p, comma - p, "q=0", 3) == NULL ||
			    memmem(p, comma - p, "q=0.", 4) != NULL;
	}
	return false;
}

/* Does If-None-Match name the tag? Weakly compared (RFC 9110 13.1.2). */
static bool
cache_matches(const struct http_request *rq, const char *tag)
{
	const struct http_span	*f = http_field(rq, "if-none-match");

	if (f == NULL)
		return false;
	if (f->len == 1 && f->p[0] == '*')
		return true;
	return memmem(f->p, f->len, tag, strlen(tag)) != NULL;
}

void
cache_reply(struct cache *c, struct cache_entry *e, struct conn *conn,
    const struct http_request *rq)
{
	struct cache_form	*f = e->plain;
	struct http_ready	 ready;
	struct http_reply	 none;
	struct buf		 head = BUF_INIT;

	if (cache_takes_gzip(rq)) {
		if (!e->gzip_tried)
			cache_compress(c, e);
		if (e->gzip != NULL)
			f = e->gzip;
	}
	if (cache_matches(rq, f->tag)) {
		memset(&none, 0, sizeof(none));
		buf_add(&head, e->fields, e->fields_len);
		buf_addf(&head, "ETag: %s\r\n", f->tag);
		none.status = 304;
		none.head = head.data;
		none.head_len = head.len;
		conn_reply(conn, &none);
		buf_free(&head);
		return;
	}
	cache_form_asked(f);
	memset(&ready, 0, sizeof(ready));
	ready.head = f->head;
	ready.head_len = f->head_len;
	ready.body = f->body;
	ready.pages = f->pages;
	ready.body_len = f->len;
	ready.release = cache_form_free;
	ready.arg = f;
	f->refs++;
	conn_reply_ready(conn, &ready);
}
