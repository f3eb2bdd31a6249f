/*
 * A request's body as an object: JSON for the API, a form for pages, nothing
 * else. The walk calls it once, before the handler. See request_int.h.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/request_int.h"
#include "storage/base/unicode.h"

#define REQUEST_DEPTH	16	/* of JSON bodies */

/* Depth before parsing: a deep body must not reach a recursive parser. */
static int
request_depth(struct http_span body, struct err *err)
{
	bool	string = false;
	int	depth = 0;
	size_t	i;

	for (i = 0; i < body.len; i++) {
		char c = body.p[i];

		if (c == '\0')
			return err_set(err, ERR_BAD_JSON, NULL,
			    "The body holds a NUL byte");
		if (string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				string = false;
		} else if (c == '"') {
			string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > REQUEST_DEPTH)
				return err_set(err, ERR_BAD_JSON, NULL,
				    "The body is nested too deeply");
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return 0;
}

static int
request_read_json(struct request *rq, struct err *err)
{
	struct http_span	body = rq->http->body;
	json_error_t		je;

	if (request_depth(body, err) != 0)
		return -1;
	rq->body = json_loadb(body.p, body.len, JSON_REJECT_DUPLICATES |
	    JSON_DECODE_ANY, &je);
	if (rq->body == NULL)
		return err_set(err, ERR_BAD_JSON, NULL, "line %d: %.100s",
		    je.line, je.text);
	if (!json_is_object(rq->body) && !json_is_array(rq->body))
		return err_set(err, ERR_BAD_JSON, NULL,
		    "The body is not a JSON object");
	return 0;
}

/* A form as an object of strings. A name that stands twice is refused. */
static int
request_read_form(struct request *rq, struct err *err)
{
	struct http_span	 body = rq->http->body, pair;
	const char		*end = body.p + body.len, *eq;
	char			*value;
	char			 name[64];
	size_t			 len;
	int			 bad = 0;

	if ((value = malloc(body.len + 1)) == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	rq->body = json_object();
	for (pair.p = body.p; pair.p < end && bad == 0;
	    pair.p += pair.len + 1) {
		eq = memchr(pair.p, '&', end - pair.p);
		pair.len = (eq == NULL ? end : eq) - pair.p;
		if (pair.len == 0)
			continue;
		eq = memchr(pair.p, '=', pair.len);
		if (eq == NULL || http_decode((struct http_span){ pair.p,
		    eq - pair.p }, true, name, sizeof(name), &len) != 0 ||
		    http_decode((struct http_span){ eq + 1,
		    pair.p + pair.len - eq - 1 }, true, value, body.len + 1,
		    &len) != 0 || unicode_count(value, len) < 0 ||
		    json_object_get(rq->body, name) != NULL)
			bad = 1;
		else
			json_object_set_new(rq->body, name,
			    json_stringn(value, len));
	}
	free(value);
	return bad ? err_set(err, ERR_BAD_REQUEST, NULL,
	    "The form cannot be read") : 0;
}

int
request_read(struct request *rq, struct err *err)
{
	const struct http_span	*type = http_field(rq->http, "content-type");
	struct http_span	 t = { "", 0 };
	const char		*semi;

	if (!request_unsafe(rq) || (rq->route->flags & ROUTE_RAW))
		return 0;
	if (rq->http->body.len == 0) {
		rq->body = json_object();
		return 0;
	}
	if (type != NULL) {
		t = *type;
		if ((semi = memchr(t.p, ';', t.len)) != NULL)
			t.len = semi - t.p;
		while (t.len > 0 && t.p[t.len - 1] == ' ')
			t.len--;
	}
	if (http_span_like(t, "application/json") && !rq->page)
		return request_read_json(rq, err);
	if (http_span_like(t, "application/x-www-form-urlencoded") &&
	    rq->page)
		return request_read_form(rq, err);
	return err_set(err, ERR_UNSUPPORTED_MEDIA, NULL, rq->page ?
	    "A form is application/x-www-form-urlencoded" :
	    "The body is to be application/json");
}
