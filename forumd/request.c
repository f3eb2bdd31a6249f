/*
 * One request, walked. See request.h for the contract.
 *
 *   cached      a public answer that still stands is sent at once
 *   routed      which row of routes[]; 404, 405 with Allow
 *   identified  who asks (session.c): cookie, bearer, author key, nobody
 *   limited     the door's rate limits
 *   permitted   roles, scopes, CSRF
 *   read        the body as an object: JSON or a form (request_body.c)
 *   handled     the row's function, in one read snapshot
 *   answered    problem, page, JSON; cached where it is public
 *               (request_answer.c)
 *
 * A handler that waits (request_submit.c) is resumed by request_done() on the
 * same loop; the client may be gone by then, and then the answer is dropped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/address.h"
#include "forumd/cache.h"
#include "forumd/request_int.h"
#include "forumd/settings.h"
#include "storage/base/clock.h"

/* ---- routed ---- */

/* Matches one pattern against the path; fills the parameters. */
static bool
request_match(struct request *rq, const char *pattern)
{
	char	segment[REQUEST_PARAM];
	size_t	i, n, len;
	int	params = 0, got;

	for (i = 0;; i++) {
		got = http_segment(rq->http, i, segment, sizeof(segment),
		    &len);
		if (*pattern == '\0' || strcmp(pattern, "/") == 0)
			return got == 0 || (got == 1 && len == 0 && i == 0);
		pattern++;		/* the slash */
		n = strcspn(pattern, "/");
		if (*pattern == '*')
			return true;
		if (got != 1 || strlen(segment) != len)
			return false;
		if (*pattern == '{') {
			const char *dot = memchr(pattern, '}', n);
			size_t tail = n - (dot + 1 - pattern);

			/* "{slug}.atom" */
			if (len <= tail || memcmp(segment + len - tail,
			    dot + 1, tail) != 0 || params == 2)
				return false;
			memcpy(rq->param[params], segment, len - tail);
			rq->param[params++][len - tail] = '\0';
		} else if (n != len || memcmp(pattern, segment, n) != 0) {
			return false;
		}
		pattern += n;
	}
}

static int
request_route(struct request *rq, struct err *err)
{
	const struct route	*r;
	enum http_method	 method = rq->http->method;
	struct buf		 allow = BUF_INIT;

	if (conn_kind(rq->conn) == SERVER_METRICS &&
	    !http_span_is(rq->http->path, "/metrics"))
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "This listener gives /metrics alone");
	if (method == HTTP_HEAD)
		method = HTTP_GET;
	for (r = routes; r->path != NULL; r++) {
		if (!request_match(rq, r->path))
			continue;
		if (r->method == method) {
			rq->route = r;
			rq->page = (r->flags & ROUTE_PAGE) != 0;
			buf_free(&allow);
			return 0;
		}
		buf_addf(&allow, "%s%s", allow.len > 0 ? ", " : "",
		    http_method_name(r->method));
		if (r->method == HTTP_GET)
			buf_adds(&allow, ", HEAD");
	}
	if (allow.len == 0) {
		rq->page = rq->http->path.len < 5 ||
		    memcmp(rq->http->path.p, "/api/", 5) != 0;
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "There is nothing at this address");
	}
	buf_addf(&rq->head, "Allow: %s\r\n", buf_str(&allow));
	buf_free(&allow);
	return err_set(err, ERR_METHOD_NOT_ALLOWED, NULL,
	    "This address does not take %s",
	    http_method_name(rq->http->method));
}

/* What the links of a frame carry along, lest it forget. */
static void
request_keep(struct request *rq)
{
	char		lang[8], theme[8];
	struct err	none;
	size_t		n = 0;

	if ((rq->route->flags & ROUTE_EMBED) == 0)
		return;
	if (request_param(rq, "lang", lang, sizeof(lang), &none) > 0)
		n = (size_t)snprintf(rq->keep, sizeof(rq->keep), "lang=%s",
		    locale_tag(rq->locale));
	if (request_param(rq, "theme", theme, sizeof(theme), &none) > 0 &&
	    (strcmp(theme, "light") == 0 || strcmp(theme, "dark") == 0))
		snprintf(rq->keep + n, sizeof(rq->keep) - n, "%stheme=%s",
		    n > 0 ? "&" : "", theme);
}

/* A language chosen by its link lasts; in a frame the news page chooses. */
static void
request_language(struct request *rq)
{
	char		lang[8];
	struct err	none;

	if (!rq->page || (rq->route->flags & ROUTE_EMBED) != 0 ||
	    request_param(rq, "lang", lang, sizeof(lang), &none) <= 0)
		return;
	buf_addf(&rq->head, "Set-Cookie: lang=%s; Path=/; Max-Age=31536000; "
	    "SameSite=Lax%s\r\n", locale_tag(rq->locale),
	    rq->secure ? "; Secure" : "");
	rq->private = true;
}

/* ---- identified ---- */

static struct http_span
request_header(const struct request *rq, const char *name)
{
	const struct http_span	*f = http_field(rq->http, name);

	return f != NULL ? *f : (struct http_span){ "", 0 };
}

/* TLS here, or at a proxy that we trust. */
static bool
request_secure(const struct request *rq, const struct address *peer)
{
	return conn_is_tls(rq->conn) ||
	    (address_list_has(rq->server->trusted, peer) && http_span_like(
	    request_header(rq, "x-forwarded-proto"), "https"));
}

/* A frame's own pages are known by their route; its scripts' calls say so. */
static bool
request_framed(const struct request *rq)
{
	return (rq->route->flags & ROUTE_EMBED) != 0 ||
	    http_field(rq->http, "x-forum-frame") != NULL;
}

static int
request_identify(struct request *rq, struct err *err)
{
	struct session_input	in;
	struct address		peer;

	if (http_field_count(rq->http, "authorization") > 1 ||
	    http_field_count(rq->http, "x-author-key") > 1)
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "Credentials stand there twice");
	memset(&in, 0, sizeof(in));
	address_peer(&peer, conn_peer(rq->conn));
	address_client(&in.client, conn_peer(rq->conn), request_header(rq,
	    "x-forwarded-for"), rq->server->trusted);
	rq->secure = request_secure(rq, &peer);
	rq->place = in.place = !rq->secure ? SESSION_PLAIN :
	    request_framed(rq) ? SESSION_FRAME : SESSION_TLS;
	in.cookie = request_header(rq, "cookie");
	in.authorization = request_header(rq, "authorization");
	in.author_key = request_header(rq, "x-author-key");
	in.now = clock_ms();
	in.idle_ms = settings_int(rq->server->set, "session_idle_hours") *
	    INT64_C(3600000);
	in.language = locale_tag(rq->locale);
	if (session_identify(rq->server->house, rq->db, &in, &rq->who,
	    err) != 0)
		return -1;
	rq->private = rq->who.how != SESSION_NONE;
	return 0;
}

/* ---- permitted ---- */

bool
request_unsafe(const struct request *rq)
{
	return rq->http->method != HTTP_GET &&
	    rq->http->method != HTTP_HEAD &&
	    rq->http->method != HTTP_OPTIONS;
}

static int
request_permit(struct request *rq, struct err *err)
{
	unsigned	flags = rq->route->flags, need = 0;

	if (flags & ROUTE_STAFF)
		need = ROLE_STAFF;
	if (flags & ROUTE_EDITOR)
		need = ROLE_EDITOR | ROLE_ADMIN;
	if (flags & ROUTE_ADMIN)
		need = ROLE_ADMIN;
	if ((need != 0 || (flags & ROUTE_MEMBER)) &&
	    rq->who.actor.account == 0)
		return err_set(err, ERR_SIGN_IN_REQUIRED, NULL,
		    "Sign in first");
	if (need != 0 && (rq->who.actor.roles & need) == 0)
		return err_set(err, rq->who.code_missing ? ERR_CODE_REQUIRED :
		    ERR_ROLE_REQUIRED, NULL, rq->who.code_missing ?
		    "Staff act with a second factor: set one up at /me" :
		    "This needs another role than yours");
	return session_scope(&rq->who, request_unsafe(rq), err);
}

/* ---- the walk ---- */

/* Does a change come from our own pages, or from a script of its own? */
static int
request_csrf(struct request *rq, struct err *err)
{
	struct session_origin	 from;
	struct http_span	 token;
	const char		*field = request_field(rq, "csrf");

	/* What any site may ask changes nothing, POST or not. */
	if (!request_unsafe(rq) || (rq->route->flags & ROUTE_CORS))
		return 0;
	from.origin = request_header(rq, "origin");
	from.fetch_site = request_header(rq, "sec-fetch-site");
	from.host = rq->http->host;
	from.secure = rq->secure;
	token = request_header(rq, "x-csrf-token");
	if (token.len == 0 && field != NULL)
		token = (struct http_span){ field, strlen(field) };
	return session_csrf(&rq->who, &from, token, err);
}

static int
request_steps(struct request *rq, struct err *err)
{
	if (request_route(rq, err) != 0 || request_identify(rq, err) != 0)
		return -1;
	request_language(rq);
	if (rq->route->limit != LIMIT_COUNT && limits_take(
	    house_limits(rq->server->house), rq->route->limit,
	    &rq->who.actor, &rq->retry_after, err) != 0)
		return -1;
	request_keep(rq);
	if (request_permit(rq, err) != 0 || request_read(rq, err) != 0)
		return -1;
	return request_csrf(rq, err);
}

static void
request_walk(struct request *rq)
{
	struct cache_mark	mark;
	struct err		err;
	int			rc;

	if (request_seen_wait(rq))
		return;
	memset(&err, 0, sizeof(err));
	if (request_steps(rq, &err) != 0) {
		request_problem(rq, &err);
		return;
	}
	/* What an answer depends on is read before its snapshot opens. The
	 * handler may narrow it (rq->thread). */
	rq->thread = -1;
	cache_mark(rq->shard->cache, -1, &mark);
	if (db_begin_read(rq->db, &err) != 0) {
		request_problem(rq, &err);
		return;
	}
	rq->rules = house_get(rq->server->house);
	rc = rq->route->handle(rq, &err);
	db_rollback(rq->shard->db);
	if (rc == REQUEST_WAIT || rc == REQUEST_STREAMING) {
		if (rc == REQUEST_STREAMING)
			request_free(rq);
		return;
	}
	if (rc == 0 && !request_unsafe(rq) &&
	    (rq->status == 0 || rq->status == 200) &&
	    ((rq->route->flags & ROUTE_SAME) || (!rq->private &&
	    (rq->route->flags & ROUTE_PUBLIC)))) {
		if (rq->thread >= 0)
			cache_narrow(rq->shard->cache, rq->thread, &mark);
		if (rq->ages)
			mark.score = UINT64_MAX;
		request_send_public(rq, &mark);
		return;
	}
	request_finish(rq, rc, &err);
}

void
request_resume(struct request *rq)
{
	if (rq->gone)
		request_free(rq);
	else
		request_walk(rq);
}

void
request_refuse(struct request *rq, const struct err *err)
{
	if (rq->gone)
		request_free(rq);
	else
		request_problem(rq, err);
}

/* Do credentials come with it? Cheap and on the safe side: of cookies the
 * one of the language alone is none ("lang=ro"). */
static bool
request_bare(const struct http_request *h)
{
	const struct http_span	*f = http_field(h, "cookie");

	return (http_field_count(h, "cookie") == 0 || (f != NULL &&
	    f->len == 7 && memcmp(f->p, "lang=", 5) == 0)) &&
	    http_field_count(h, "authorization") == 0 &&
	    http_field_count(h, "x-author-key") == 0 &&
	    (h->method == HTTP_GET || h->method == HTTP_HEAD);
}

void
request_cookie(const struct http_request *h, const char *name, char *out,
    size_t size)
{
	const struct http_span	*f = http_field(h, "cookie");
	size_t			 n = strlen(name), i = 0, len;

	out[0] = '\0';
	while (f != NULL && i < f->len) {
		while (i < f->len && (f->p[i] == ' ' || f->p[i] == ';'))
			i++;
		for (len = 0; i + len < f->len && f->p[i + len] != ';'; len++)
			;
		if (len > n && len - n <= size && f->p[i + n] == '=' &&
		    memcmp(f->p + i, name, n) == 0) {
			memcpy(out, f->p + i + n + 1, len - n - 1);
			out[len - n - 1] = '\0';
			return;
		}
		i += len;
	}
}

static const struct locale *
request_locale(const struct http_request *h)
{
	const struct http_span	*f;
	char			 query[16], cookie[16], accept[200];
	size_t			 len;

	if (http_param(h->query, "lang", query, sizeof(query), &len) != 1)
		query[0] = '\0';
	request_cookie(h, "lang", cookie, sizeof(cookie));
	accept[0] = '\0';
	if ((f = http_field(h, "accept-language")) != NULL)
		snprintf(accept, sizeof(accept), "%.*s", (int)f->len, f->p);
	return locale_choose(query, cookie, accept);
}

void
request_start(void *arg, struct conn *c, const struct http_request *h)
{
	struct shard		*shard = arg;
	struct cache_entry	*e;
	const struct locale	*locale;
	struct request		*rq;
	struct http_reply	 none;

	atomic_fetch_add_explicit(&shard->requests, 1, memory_order_relaxed);
	locale = request_locale(h);
	if (request_bare(h) && ((e = cache_find(shard->cache, h->target,
	    "")) != NULL || (e = cache_find(shard->cache, h->target,
	    locale_tag(locale))) != NULL)) {
		atomic_fetch_add_explicit(&shard->hits, 1,
		    memory_order_relaxed);
		cache_reply(shard->cache, e, c, h);
		return;
	}
	if ((rq = calloc(1, sizeof(*rq))) == NULL) {
		memset(&none, 0, sizeof(none));
		none.status = 503;
		conn_reply(c, &none);
		return;
	}
	rq->shard = shard;
	rq->server = shard->server;
	rq->db = shard->db;
	rq->conn = c;
	rq->http = h;
	rq->locale = locale;
	request_walk(rq);
}
