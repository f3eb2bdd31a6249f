/*
 * The moderation floor's shared state. See house.h for the contract.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "moderation/house.h"
#include "storage/base/log.h"

#define HOUSE_RECENT	8192	/* posts remembered for repeats */
#define HOUSE_POLICY_MAX (1 << 20)

struct house {
	struct house_settings	 set;	/* strings owned by the caller */
	unsigned char		 secret[32];
	struct limits		*limits;	/* owned */
	struct fingerprint	*recent;	/* owned */
	struct outside		*outside;	/* owned, or NULL */
	pthread_mutex_t		 lock;		/* guards rules' pointer */
	struct rules		*rules;
};

static void
rules_free(struct rules *r)
{
	pipeline_free(&r->pipeline);
	model_close(&r->model);
	policy_free(&r->policy);
	free(r);
}

static int
rules_load_policy(struct house *h, struct rules *r, struct err *err)
{
	const struct house_settings	*set = &h->set;
	struct buf			 b = BUF_INIT;
	char				 chunk[8192], adopted[4200];
	const char			*path;
	ssize_t				 n = 0;
	int				 fd, rc;

	snprintf(adopted, sizeof(adopted), "%s/policy.json", set->dir);
	path = set->policy_path != NULL ? set->policy_path : adopted;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && set->policy_path == NULL)
		return policy_load(&r->policy, set->policy_default,
		    set->policy_default_len, err);
	while (fd >= 0 && b.len < HOUSE_POLICY_MAX &&
	    (n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(&b, chunk, n);
	if (fd < 0 || n < 0)
		rc = err_set(err, ERR_INVALID_FIELD, "policy", "%.100s: %s",
		    path, strerror(errno));
	else
		rc = policy_load(&r->policy, b.data, b.len, err);
	if (fd >= 0)
		close(fd);
	buf_free(&b);
	return rc;
}

static int
rules_load(struct house *h, struct rules **out, struct err *err)
{
	struct pipeline_env	 env;
	struct rules		*r;

	*out = NULL;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	r->refs = 1;
	if (rules_load_policy(h, r, err) != 0 ||
	    (h->set.model_path != NULL &&
	    model_open(&r->model, h->set.model_path, err) != 0)) {
		rules_free(r);
		return -1;
	}
	memset(&env, 0, sizeof(env));
	env.policy = r->policy;
	env.model = r->model;
	env.recent = h->recent;
	env.outside = h->outside;
	if (pipeline_new(&r->pipeline, &env, err) != 0) {
		rules_free(r);
		return -1;
	}
	*out = r;
	return 0;
}

/* DIR/secret: the key behind every pseudonym, cookie and keyed address. Made
 * once: another one would sign everybody out and rename every pseudonym, so
 * where a record was signed before it is not made again. */
static int
house_secret(struct house *h, struct err *err)
{
	char	path[4096], heads[4096];
	ssize_t	n = -1;
	int	fd;

	snprintf(path, sizeof(path), "%s/secret", h->set.dir);
	snprintf(heads, sizeof(heads), "%s/heads", h->set.dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, h->secret, sizeof(h->secret));
	} else if (errno == ENOENT && access(heads, F_OK) == 0) {
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "%s is missing: put it back from a backup", path);
	} else if (errno == ENOENT &&
	    crypto_random(h->secret, sizeof(h->secret)) == 0 &&
	    (fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600)) >= 0) {
		n = write(fd, h->secret, sizeof(h->secret));
		if (fsync(fd) != 0)
			n = -1;
	}
	if (fd >= 0)
		close(fd);
	return n == sizeof(h->secret) ? 0 : err_set(err,
	    ERR_STORAGE_UNAVAILABLE, NULL, "%s cannot be read or made", path);
}

static int
house_outside(struct house *h, struct err *err)
{
	struct outside_settings	o;

	if (h->set.outside_url == NULL)
		return 0;
	memset(&o, 0, sizeof(o));
	o.url = h->set.outside_url;
	o.secret = h->set.outside_secret;
	o.deadline_ms = h->set.outside_deadline_ms;
	o.failures = 5;
	o.pause_ms = 30000;
	return outside_new(&h->outside, &o, err);
}

int
house_open(struct house **out, const struct house_settings *set,
    struct err *err)
{
	struct house	*h;

	*out = NULL;
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	h->set = *set;
	pthread_mutex_init(&h->lock, NULL);
	if (house_secret(h, err) != 0 || house_outside(h, err) != 0 ||
	    limits_new(&h->limits, set->limits, err) != 0 ||
	    fingerprint_new(&h->recent, HOUSE_RECENT, err) != 0 ||
	    rules_load(h, &h->rules, err) != 0) {
		house_close(&h);
		return -1;
	}
	*out = h;
	return 0;
}

void
house_close(struct house **hp)
{
	struct house	*h = *hp;

	if (h == NULL)
		return;
	if (h->rules != NULL)
		house_put(&h->rules);
	outside_free(&h->outside);
	fingerprint_free(&h->recent);
	limits_free(&h->limits);
	crypto_wipe(h->secret, sizeof(h->secret));
	pthread_mutex_destroy(&h->lock);
	free(h);
	*hp = NULL;
}

int
house_reload(struct house *h, struct rules **former, struct err *err)
{
	struct rules	*fresh;

	if (rules_load(h, &fresh, err) != 0)
		return -1;
	pthread_mutex_lock(&h->lock);
	*former = h->rules;
	h->rules = fresh;
	pthread_mutex_unlock(&h->lock);
	return 0;
}

void
house_restore(struct house *h, struct rules **former)
{
	struct rules	*failed;

	pthread_mutex_lock(&h->lock);
	failed = h->rules;
	h->rules = *former;
	pthread_mutex_unlock(&h->lock);
	*former = NULL;
	house_put(&failed);
}

struct rules *
house_get(struct house *h)
{
	struct rules	*r;

	pthread_mutex_lock(&h->lock);
	r = h->rules;
	r->refs++;
	pthread_mutex_unlock(&h->lock);
	return r;
}

void
house_put(struct rules **rp)
{
	struct rules	*r = *rp;

	if (--r->refs == 0)
		rules_free(r);
	*rp = NULL;
}

struct limits *
house_limits(struct house *h)
{
	return h->limits;
}

struct fingerprint *
house_recent(struct house *h)
{
	return h->recent;
}

void
house_heard(void *house, const struct derived *d)
{
	struct house	*h = house;

	if (d->kind == DERIVED_RECENT && h->recent != NULL &&
	    d->v[1].p != NULL && d->v[2].len == ITEM_ADDRESS_LEN)
		fingerprint_add(h->recent, (uint64_t)d->v[0].i, d->v[1].p,
		    d->v[2].p, d->v[3].i);
}

bool
house_staff_code(const struct house *h)
{
	return h->set.staff_code;
}

bool
house_asks(const struct house *h)
{
	return h->outside != NULL;
}

void
house_hmac(const struct house *h, const char *purpose, const void *p,
    size_t len, struct hash *out)
{
	const struct crypto_part	parts[] = {
		{ purpose, strlen(purpose) + 1 },
		{ p, len },
	};

	crypto_hmac(out, h->secret, sizeof(h->secret), parts, 2);
}

void
house_pseudonym(const struct house *h, const char *purpose, const char *a,
    const char *b, char out[PSEUDONYM_LEN + 1])
{
	static const char		abc[] =
					    "0123456789abcdefghjkmnpqrstvwxyz";
	const struct crypto_part	parts[] = {
		{ purpose, strlen(purpose) + 1 },
		{ a, strlen(a) + 1 },
		{ b, strlen(b) + 1 },
	};
	struct hash			hash;
	uint64_t			bits = 0;
	int				i, n = 0, at = 0;

	crypto_hmac(&hash, h->secret, sizeof(h->secret), parts, 3);
	for (i = 0; i < PSEUDONYM_LEN; i++) {
		if (n < 5) {
			bits = bits << 8 | hash.b[at++];
			n += 8;
		}
		out[i] = abc[bits >> (n - 5) & 31];
		n -= 5;
	}
	out[PSEUDONYM_LEN] = '\0';
}

struct house *
turn_house(const struct turn *t)
{
	return t->ctx;
}
