/*
 * Calling Redis: gathering commands, finding the node for them, sending them
 * on one link, following it where it says. See redis.h for the contract.
 *
 * What makes an answer REFUSED and not LOST: nothing was sent, or the first
 * command's reply is an error. The commands that change something are
 * scripts that check before they write and stand first, so an error of the
 * first means that nothing was changed.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "storage/base/clock.h"
#include "storage/base/crypto.h"
#include "storage/base/log.h"
#include "storage/redis_int.h"

#define REDIS_HOPS	5		/* MOVED, ASK, NOSCRIPT in one call */
#define REDIS_BACKOFF	20		/* ms, doubled up to ... */
#define REDIS_BACKOFF_MAX 320		/* posting waits for a new master */
#define REDIS_CONNECT_MS 500
#define REDIS_CALL_MS	2000

static void
redis_put(struct buf *out, const void *p, size_t len)
{
	buf_addc(out, '$');
	buf_addu(out, len);
	buf_adds(out, "\r\n");
	buf_add(out, p, len);
	buf_adds(out, "\r\n");
}

size_t
redis_put_arguments(struct buf *out, const char *types, va_list ap)
{
	const char	*type;
	const void	*p;
	char		 number[24];
	int		 n;

	for (type = types; *type != '\0'; type++) {
		switch (*type) {
		case 's':
			p = va_arg(ap, const char *);
			redis_put(out, p, strlen(p));
			break;
		case 'b':
			p = va_arg(ap, const void *);
			redis_put(out, p, va_arg(ap, size_t));
			break;
		default:
			n = *type == 'u' ? snprintf(number, sizeof(number),
			    "%llu", (unsigned long long)va_arg(ap, uint64_t)) :
			    snprintf(number, sizeof(number), "%lld",
			    (long long)va_arg(ap, int64_t));
			redis_put(out, number, n);
		}
	}
	return type - types;
}

/* A command with its count, and before it EVALSHA or EVAL of its script. */
static void
redis_put_command(struct buf *out, const struct redis_command *c,
    const char *body, bool whole)
{
	char	sha[CRYPTO_SHA1_HEX];

	buf_addc(out, '*');
	buf_addu(out, c->argc + (c->script == NULL ? 0 : 2));
	buf_adds(out, "\r\n");
	if (c->script != NULL && whole) {
		redis_put(out, "EVAL", 4);
		redis_put(out, c->script, strlen(c->script));
	} else if (c->script != NULL) {
		crypto_sha1_hex(sha, c->script, strlen(c->script));
		redis_put(out, "EVALSHA", 7);
		redis_put(out, sha, strlen(sha));
	}
	buf_add(out, body + c->at, c->len);
}

static int
redis_copy(char **out, const char *s)
{
	*out = NULL;
	return s == NULL || (*out = strdup(s)) != NULL ? 0 : -1;
}

int
redis_open(struct redis **out, const struct redis_conf *conf, struct err *err)
{
	struct redis	*r;
	size_t		 i;
	int		 rc = 0;

	*out = NULL;
	if (conf->nseeds == 0)
		return err_set(err, ERR_INVALID_FIELD, "redis",
		    "No Redis node is named");
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->connect_ms = conf->connect_ms > 0 ? conf->connect_ms :
	    REDIS_CONNECT_MS;
	r->call_ms = conf->call_ms > 0 ? conf->call_ms : REDIS_CALL_MS;
	r->slot = redis_slot(conf->tag == NULL ? "" : conf->tag);
	if ((r->seeds = calloc(conf->nseeds, sizeof(*r->seeds))) == NULL)
		rc = -1;
	for (i = 0; rc == 0 && i < conf->nseeds; i++) {
		rc = redis_copy(&r->seeds[i], conf->seeds[i]);
		r->nseeds = i + 1;
	}
	if (rc != 0 || r->wake == -1 || redis_copy(&r->user,
	    conf->user) != 0 || redis_copy(&r->password,
	    conf->password) != 0) {
		redis_close(&r);
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory or of file descriptors");
	}
	*out = r;
	return 0;
}

int
redis_open_node(struct redis **out, const struct redis *r,
    const char *address, struct err *err)
{
	struct redis_conf	 conf;
	const char		*seed = address;

	memset(&conf, 0, sizeof(conf));
	conf.seeds = &seed;
	conf.nseeds = 1;
	conf.user = r->user;
	conf.password = r->password;
	conf.connect_ms = r->connect_ms;
	conf.call_ms = r->call_ms;
	if (redis_open(out, &conf, err) != 0)
		return -1;
	(*out)->fixed = true;
	return 0;
}

void
redis_close(struct redis **rp)
{
	struct redis	*r = *rp;
	size_t		 i;

	if (r == NULL)
		return;
	redis_link_close(&r->link);
	if (r->wake != -1)
		close(r->wake);
	for (i = 0; i < r->nseeds; i++)
		free(r->seeds[i]);
	free(r->seeds);
	free(r->user);
	if (r->password != NULL)
		crypto_wipe(r->password, strlen(r->password));
	free(r->password);
	buf_free(&r->body);
	buf_free(&r->wire);
	free(r);
	*rp = NULL;
}

void
redis_interrupt(struct redis *r)
{
	uint64_t	one = 1;

	atomic_store(&r->interrupted, true);
	if (write(r->wake, &one, sizeof(one)) != sizeof(one))
		return;		/* it is full: rung often enough */
}

bool
redis_interrupted(struct redis *r)
{
	return atomic_load(&r->interrupted);
}

int
redis_pause(struct redis *r, int ms)
{
	struct pollfd	p = { r->wake, POLLIN, 0 };
	int64_t		until = clock_mono_ms() + ms, left = ms;

	while (!redis_interrupted(r) && left > 0) {
		poll(&p, 1, (int)left);
		left = until - clock_mono_ms();
	}
	return redis_interrupted(r) ? -1 : 0;
}

bool
redis_connected(const struct redis *r)
{
	return r->link != NULL;
}

int
redis_backoff_ms(const struct redis *r)
{
	int64_t	left = r->again - clock_mono_ms();

	return r->link != NULL || left < 0 ? 0 : (int)left;
}

void
redis_drop(struct redis *r)
{
	redis_link_close(&r->link);
	r->master[0] = '\0';
}

/* Nothing works at present: drops the link, and lets some time pass before
 * the next attempt, more after each failure, never quite the same for two. */
static void
redis_away(struct redis *r, const struct err *err)
{
	int	ms = REDIS_BACKOFF_MAX;

	if (r->failures == 0 && !redis_interrupted(r))
		log_warn("redis: away: %s", err->text);
	if (r->failures < 4)
		ms = REDIS_BACKOFF << r->failures;
	r->failures++;
	r->again = clock_mono_ms() + ms / 2 + clock_mono_us() % (ms / 2);
	redis_drop(r);
}

/* --- finding the node */

/* Asks one node for the master of our slot, and connects to it. */
static int
redis_find_by(struct redis *r, const char *address, int64_t deadline,
    struct err *err)
{
	struct redis_link	*l;
	struct redis_node	 nodes[REDIS_NODES];
	int64_t			 until = clock_mono_ms() + r->connect_ms;
	size_t			 n;

	if (until > deadline)
		until = deadline;
	if (redis_link_open(&l, r, address, until, err) != 0)
		return -1;
	if (redis_slots_find(l, r->slot, nodes, &n, until, err) != 0) {
		redis_link_close(&l);
		return -1;
	}
	if (strcmp(nodes[0].address, address) != 0) {
		redis_link_close(&l);
		if (redis_link_open(&l, r, nodes[0].address, deadline,
		    err) != 0)
			return -1;
	}
	memcpy(r->nodes, nodes, sizeof(nodes));
	r->nnodes = n;
	memcpy(r->master, nodes[0].address, sizeof(r->master));
	r->link = l;
	return 0;
}

/* Makes r->link: to the master known, or to the one that some node names,
 * each time beginning with another, so that one which hangs costs one call
 * only its share. */
static int
redis_find(struct redis *r, int64_t deadline, struct err *err)
{
	size_t		 i, k, n = r->nseeds + r->nnodes;
	const char	*address;

	if (r->link != NULL && redis_link_idle(r->link))
		return 0;
	redis_link_close(&r->link);
	if (r->fixed)
		return redis_link_open(&r->link, r, r->seeds[0], deadline,
		    err);
	if (r->master[0] != '\0' && redis_link_open(&r->link, r, r->master,
	    deadline, err) == 0)
		return 0;
	r->master[0] = '\0';
	err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "Redis cannot be reached");
	for (i = 0; i < n && clock_mono_ms() < deadline; i++) {
		k = r->turn++ % n;
		address = k < r->nseeds ? r->seeds[k] :
		    r->nodes[k - r->nseeds].address;
		if (redis_find_by(r, address, deadline, err) == 0)
			return 0;
		if (redis_interrupted(r))
			return -1;
		n = r->nseeds + r->nnodes;
	}
	return -1;
}

/* --- sending */

static void
redis_add_list(struct redis *r, const char *script, const char *types,
    va_list ap)
{
	struct redis_command	*c = &r->commands[r->ncommands];

	if (r->ncommands == REDIS_PIPELINE) {
		r->body.failed = true;
		return;
	}
	c->script = script;
	c->at = r->body.len;
	c->argc = redis_put_arguments(&r->body, types, ap);
	c->len = r->body.len - c->at;
	r->ncommands++;
}

void
redis_add(struct redis *r, const char *types, ...)
{
	va_list	ap;

	va_start(ap, types);
	redis_add_list(r, NULL, types, ap);
	va_end(ap);
}

void
redis_add_script(struct redis *r, const char *script, const char *types, ...)
{
	va_list	ap;

	va_start(ap, types);
	redis_add_list(r, script, types, ap);
	va_end(ap);
}

/* One hop: sends all commands on a link, each behind ASKING where the slot
 * is on its way there, and reads a reply for each. */
static enum redis_answer
redis_hop(struct redis *r, struct redis_link *l, bool asking, bool whole,
    struct redis_reply **replies, int64_t deadline, struct err *err)
{
	struct redis_reply	*asked;
	bool			 begun;
	size_t			 i;

	buf_clear(&r->wire);
	for (i = 0; i < r->ncommands; i++) {
		if (asking)
			buf_adds(&r->wire, "*1\r\n$6\r\nASKING\r\n");
		redis_put_command(&r->wire, &r->commands[i],
		    r->body.data, whole);
	}
	if (buf_failed(&r->wire)) {
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
		return REDIS_REFUSED;
	}
	if (redis_link_write(l, &r->wire, deadline, &begun, err) != 0)
		return begun ? REDIS_LOST : REDIS_REFUSED;
	for (i = 0; i < r->ncommands; i++) {
		if (asking) {
			if (redis_link_read(l, &asked, deadline, err) != 0)
				return REDIS_LOST;
			redis_reply_free(&asked);
		}
		if (redis_link_read(l, &replies[i], deadline, err) != 0)
			return REDIS_LOST;
	}
	return REDIS_ANSWERED;
}

static void
redis_forget(struct redis_reply **replies, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		redis_reply_free(&replies[i]);
}

/* Follows what the first reply says: true where the commands are to be sent
 * again. *asked is then the link to send them on, or NULL: the master's. */
static bool
redis_follow(struct redis *r, const struct redis_reply *reply,
    struct redis_link **asked, bool *whole, int64_t deadline)
{
	const char	*self = *asked != NULL ? redis_link_address(*asked) :
			    redis_link_address(r->link);
	char		 to[REDIS_ADDRESS_MAX];
	struct err	 err;

	if (!*whole && reply->len >= 8 &&
	    memcmp(reply->str, "NOSCRIPT", 8) == 0) {
		*whole = true;
		return true;
	}
	if (r->fixed)
		return false;
	if (redis_slots_moved(reply, "MOVED", self, to) == 0) {
		redis_link_close(asked);
		redis_link_close(&r->link);
		memcpy(r->master, to, sizeof(to));
		return true;
	}
	if (redis_slots_moved(reply, "ASK", self, to) == 0) {
		redis_link_close(asked);
		return redis_link_open(asked, r, to, deadline, &err) == 0;
	}
	return false;
}

/* Sends until no node sends us on, at most so many times. */
static enum redis_answer
redis_hops(struct redis *r, struct redis_reply **replies, int64_t deadline,
    struct err *err)
{
	struct redis_link	*asked = NULL;
	enum redis_answer	 answer = REDIS_REFUSED;
	bool			 whole = false, away = false;
	int			 hop;

	for (hop = 0; hop < REDIS_HOPS; hop++) {
		if (asked == NULL && redis_find(r, deadline, err) != 0) {
			away = true;
			answer = REDIS_REFUSED;
			break;
		}
		answer = redis_hop(r, asked != NULL ? asked : r->link,
		    asked != NULL, whole, replies, deadline, err);
		away = answer != REDIS_ANSWERED;
		if (away || !redis_is(replies[0], REDIS_ERROR))
			break;
		answer = REDIS_REFUSED;
		away = redis_reply_error(replies[0], err);
		if (!redis_follow(r, replies[0], &asked, &whole, deadline))
			break;
		redis_forget(replies, r->ncommands);
	}
	redis_link_close(&asked);
	if (away)
		redis_away(r, err);
	return answer;
}

enum redis_answer
redis_send(struct redis *r, struct redis_reply **replies, size_t n,
    int more_ms, struct err *err)
{
	enum redis_answer	answer = REDIS_REFUSED;
	struct err		own;
	size_t			i;

	if (err == NULL)
		err = &own;
	for (i = 0; i < n; i++)
		replies[i] = NULL;
	if (redis_interrupted(r))
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The server is stopping");
	else if (buf_failed(&r->body) || n != r->ncommands || n == 0)
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The commands for Redis are too many or too large");
	else if (redis_backoff_ms(r) > 0)
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Redis cannot be reached");
	else
		answer = redis_hops(r, replies, clock_mono_ms() + r->call_ms +
		    more_ms, err);
	if (answer != REDIS_ANSWERED)
		redis_forget(replies, n);
	else if (r->failures > 0) {
		log_info("redis: answers again");
		r->failures = 0;
	}
	r->ncommands = 0;
	buf_clear(&r->body);
	return answer;
}

enum redis_answer
redis_call(struct redis *r, struct redis_reply **reply, struct err *err,
    const char *types, ...)
{
	va_list	ap;

	va_start(ap, types);
	redis_add_list(r, NULL, types, ap);
	va_end(ap);
	return redis_send(r, reply, 1, 0, err);
}

int
redis_nodes(struct redis *r, struct redis_node nodes[REDIS_NODES], size_t *n,
    struct err *err)
{
	int64_t		deadline = clock_mono_ms() + r->call_ms;
	struct err	own;

	if (err == NULL)
		err = &own;
	*n = 0;
	if (redis_backoff_ms(r) > 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Redis cannot be reached");
	if (redis_interrupted(r) || redis_find(r, deadline, err) != 0 ||
	    redis_slots_find(r->link, r->slot, nodes, n, deadline,
	    err) != 0) {
		redis_away(r, err);
		return -1;
	}
	return 0;
}
