/*
 * A request's answer: its field lines, a problem as JSON or as a page, a
 * public answer by way of the cache. Each function here but the first ends
 * the request.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/cache.h"
#include "forumd/page.h"
#include "forumd/request_int.h"
#include "storage/base/clock.h"
#include "storage/base/crypto.h"

void
request_free(struct request *rq)
{
	if (rq->rules != NULL)
		house_put(&rq->rules);
	json_decref(rq->body);
	command_free(&rq->cmd);
	buf_free(&rq->out);
	buf_free(&rq->head);
	free(rq);
}

/* The private answer's own tag: what the viewer sees may change while the
 * public bytes do not, and the same bytes under the public tag would let a
 * cache take one for the other. */
static void
request_tag(const struct request *rq, struct buf *head)
{
	static const char	what[] = "private\n";
	struct crypto_part	parts[2] = {
		{ what, sizeof(what) - 1 }, { rq->out.data, rq->out.len }
	};
	struct hash		h;

	crypto_sha256_parts(&h, parts, 2);
	buf_adds(head, "ETag: \"");
	buf_hex(head, h.b, 9);
	buf_adds(head, "\"\r\n");
}

static void
request_common(struct request *rq, struct buf *head, bool cached)
{
	const char	*type = rq->type;
	char		 cookie[SESSION_COOKIE_MAX];
	bool		 html;

	if (type == NULL)
		type = "application/json; charset=utf-8";
	html = strncmp(type, "text/html", 9) == 0;
	buf_addf(head, "Content-Type: %s\r\n", type);
	buf_addf(head, "Cache-Control: %s\r\n", rq->caching != NULL &&
	    (rq->status == 0 || rq->status == 200) ? rq->caching : cached ?
	    "public, max-age=0, must-revalidate" : rq->private ?
	    "private, no-store" : "no-store");
	buf_adds(head, html ? "Vary: Cookie, Authorization, X-Author-Key, "
	    "Accept-Encoding, Accept-Language\r\n" :
	    "Vary: Cookie, Authorization, X-Author-Key, Accept-Encoding\r\n");
	buf_adds(head, "X-Content-Type-Options: nosniff\r\n"
	    "Referrer-Policy: no-referrer\r\n");
	if (rq->route != NULL && (rq->route->flags & ROUTE_CORS))
		buf_adds(head, "Access-Control-Allow-Origin: *\r\n");
	else
		buf_adds(head, "Cross-Origin-Resource-Policy: same-site\r\n");
	page_security(rq, head, html);
	if (rq->private && !cached && (rq->status == 0 || rq->status == 200) &&
	    rq->route != NULL && (rq->route->flags & ROUTE_PUBLIC))
		request_tag(rq, head);
	if (!cached && rq->who.refresh) {
		session_again(rq->server->house, &rq->who, clock_ms(),
		    rq->place, cookie);
		buf_addf(head, "Set-Cookie: %s\r\n", cookie);
	}
	buf_add(head, rq->head.data, rq->head.len);
}

/* Sends rq->out as it is. Ends the request. */
static void
request_send(struct request *rq)
{
	struct http_reply	 reply;
	struct buf		 head = BUF_INIT;
	struct loop		*loop = rq->shard->loop;

	request_common(rq, &head, false);
	memset(&reply, 0, sizeof(reply));
	reply.status = rq->status != 0 ? rq->status : 200;
	reply.head = head.data;
	reply.head_len = head.len;
	reply.body = rq->out.data;
	reply.body_len = rq->out.len;
	if (buf_failed(&rq->out) || buf_failed(&head)) {
		reply.status = 503;
		reply.head_len = reply.body_len = 0;
	}
	if (rq->number != 0)
		conn_answer(loop, rq->number, &reply);
	else
		conn_reply(rq->conn, &reply);
	buf_free(&head);
	request_free(rq);
}

/* A problem (RFC 9457), as JSON or as a page. Ends the request. */
void
request_problem(struct request *rq, const struct err *err)
{
	enum err_code	code = err->code != ERR_NONE ? err->code :
			    ERR_INTERNAL;
	int		retry = rq->cmd != NULL ? rq->cmd->retry_after :
			    rq->retry_after;

	rq->shard->refused++;
	rq->status = err_status(code);
	rq->type = NULL;
	if (code == ERR_OVERLOADED || code == ERR_STORAGE_UNAVAILABLE)
		buf_adds(&rq->head, "Retry-After: 2\r\n");
	else if (code == ERR_RATE_LIMITED)
		buf_addf(&rq->head, "Retry-After: %d\r\n",
		    retry > 0 ? retry : 1);
	if (code == ERR_SIGN_IN_REQUIRED && !rq->page)
		buf_adds(&rq->head, "WWW-Authenticate: Bearer\r\n");
	if (rq->page) {
		struct err	shown = *err;

		if (rq->again == NULL || rq->again(rq, &shown) != 0)
			page_problem(rq, err);
		rq->status = err_status(code);
		request_send(rq);
		return;
	}
	buf_clear(&rq->out);
	buf_addc(&rq->out, '{');
	buf_key(&rq->out, "type");
	buf_addf(&rq->out, "\"/problems/%s\"", err_word(code));
	buf_kv_str(&rq->out, "title", err_title(code));
	buf_kv_int(&rq->out, "status", rq->status);
	buf_kv_str(&rq->out, "detail", err->text);
	buf_kv_str(&rq->out, "code", err_word(code));
	if (err->field[0] != '\0')
		buf_kv_str(&rq->out, "field", err->field);
	buf_addc(&rq->out, '}');
	rq->type = "application/problem+json";
	request_send(rq);
}

/* A public answer goes to the cache and is sent from there. */
void
request_send_public(struct request *rq, const struct cache_mark *m)
{
	struct cache		*c = rq->shard->cache;
	struct cache_entry	*e;
	struct buf		 head = BUF_INIT;
	const char		*language = rq->page ?
				    locale_tag(rq->locale) : "";

	request_common(rq, &head, true);
	e = cache_find(c, rq->http->target, language);
	if (e == NULL && !buf_failed(&rq->out))
		e = cache_put(c, rq->http->target, language, m, head.data,
		    head.len, rq->out.data, rq->out.len);
	buf_free(&head);
	if (e == NULL || rq->number != 0) {
		request_send(rq);
		return;
	}
	cache_reply(c, e, rq->conn, rq->http);
	request_free(rq);
}

void
request_finish(struct request *rq, int rc, const struct err *err)
{
	if (rc != 0)
		request_problem(rq, err);
	else
		request_send(rq);
}
