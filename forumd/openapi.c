/*
 * The HTTP contract as OpenAPI 3.1, written from the table of routes and the
 * table of problems, so that neither can say anything else than the server
 * does. What a route reads beside its path stands in the small table here.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/handlers.h"

/*
 * Fields as words: "name" a string, "name!" one that must be there,
 * "name:integer", "name:boolean", "name:array" another type. A body of "[]"
 * is a list of strings.
 */
struct openapi_fields {
	enum http_method	 method;
	const char		*path, *words;
};

static const struct openapi_fields openapi_query[] = {
	{ HTTP_GET, "/api/v1/threads", "site mode limit:integer after" },
	{ HTTP_GET, "/api/v1/threads/{slug}/comments",
	    "sort shape limit:integer after" },
	{ HTTP_GET, "/t/{slug}", "sort shape limit:integer after" },
	{ HTTP_GET, "/api/v1/search",
	    "q! thread author limit:integer after" },
	{ HTTP_GET, "/api/v1/threads/{slug}/questions",
	    "limit:integer after" },
	{ HTTP_GET, "/api/v1/flags/{id}", "key" },
	{ HTTP_GET, "/flags/{id}", "key" },
	{ HTTP_GET, "/api/v1/me/comments", "limit:integer after" },
	{ HTTP_GET, "/api/v1/me/sanctions", "limit:integer after" },
	{ HTTP_GET, "/api/v1/me/notices", "limit:integer after" },
	{ HTTP_GET, "/api/v1/review", "state sort limit:integer after" },
	{ HTTP_GET, "/api/v1/quarantine", "limit:integer after" },
	{ HTTP_GET, "/api/v1/escalations", "limit:integer after" },
	{ HTTP_GET, "/api/v1/orders", "limit:integer after" },
	{ HTTP_GET, "/api/v1/log",
	    "thread clause kind by from to limit:integer after" },
	{ HTTP_GET, "/log",
	    "thread clause kind by from to limit:integer after" },
	{ HTTP_GET, "/log.atom",
	    "thread clause kind by from to limit:integer" },
	{ HTTP_GET, "/api/v1/export/statements", "from to shape" },
	{ HTTP_GET, "/api/v1/stats/threads/{slug}", "from to bucket" },
	{ HTTP_GET, "/api/v1/stats/site", "from to bucket section" },
	{ HTTP_GET, "/api/v1/stats/moderation",
	    "from to bucket thread section" },
};

#define OPENAPI_DECISION "clause explanation note_to_author "		       \
	"conceal_author:boolean"

static const struct openapi_fields openapi_body[] = {
	{ HTTP_POST, "/api/v1/threads",
	    "slug! title! url site mode notice section closes_at" },
	{ HTTP_POST, "/api/v1/threads/{slug}/comments",
	    "body! parent name language question:boolean answers" },
	{ HTTP_POST, "/api/v1/threads/{slug}/mode",
	    "mode! explanation! notice closes_at restriction:array" },
	{ HTTP_POST, "/api/v1/preview", "body! thread language" },
	{ HTTP_POST, "/api/v1/counts", "[]" },
	{ HTTP_DELETE, "/api/v1/me", "password!" },
	{ HTTP_PATCH, "/api/v1/comments/{id}",
	    "body! expected_version:integer language" },
	{ HTTP_POST, "/api/v1/comments/{id}/vote", "value:integer!" },
	{ HTTP_POST, "/api/v1/comments/{id}/pick", "on:boolean!" },
	{ HTTP_POST, "/api/v1/comments/{id}/pin", "on:boolean!" },
	{ HTTP_POST, "/api/v1/comments/{id}/flags",
	    "clause! note legal_ground explanation good_faith:boolean name "
	    "email referrer" },
	{ HTTP_POST, "/api/v1/comments/{id}/appeal", "grounds!" },
	{ HTTP_POST, "/api/v1/sanctions/{id}/appeal", "grounds!" },
	{ HTTP_POST, "/api/v1/flags/{id}/appeal", "grounds! key" },
	{ HTTP_POST, "/api/v1/review/{comment}/decision",
	    "action " OPENAPI_DECISION
	    " expected_version:integer appeal outcome preserve_until "
	    "notify_after order" },
	{ HTTP_POST, "/api/v1/quarantine/{comment}/open", "reason!" },
	{ HTTP_POST, "/api/v1/quarantine/{comment}",
	    "preserve_until notify_after order" },
	{ HTTP_POST, "/api/v1/escalations/{id}",
	    "outcome! authority told_at reference reason" },
	{ HTTP_POST, "/api/v1/orders", "type! member_state! received_at! "
	    "authority! reference comment" },
	{ HTTP_POST, "/api/v1/orders/{id}", "acted_at told_at effect" },
	{ HTTP_POST, "/api/v1/tone", "count:integer since" },
	{ HTTP_POST, "/api/v1/tone/{item}", "tone!" },
	{ HTTP_POST, "/api/v1/review/batch",
	    "comments:array! action! " OPENAPI_DECISION },
	{ HTTP_POST, "/api/v1/members/{id}/sanctions",
	    "kind! until clause! explanation!" },
	{ HTTP_POST, "/api/v1/accounts", "name! password! email language" },
	{ HTTP_POST, "/api/v1/session", "name! password! code" },
	{ HTTP_POST, "/api/v1/me/email", "email!" },
	{ HTTP_PATCH, "/api/v1/me/email", "held:boolean replies:boolean" },
	{ HTTP_POST, "/api/v1/mail/confirm", "token!" },
	{ HTTP_POST, "/api/v1/mail/stop", "token!" },
};

static const struct { const char *end, *type; } openapi_types[] = {
	{ ".atom", "application/atom+xml" },
	{ "/live", "text/event-stream" },
	{ "/ledger/vkey", "text/plain" },
	{ "/checkpoint", "text/plain" },
	{ "/tile/*", "application/octet-stream" },
	{ ".tlog-proof", "text/plain" },
	{ "/metrics", "text/plain" },
	{ "/embed.js", "text/javascript" },
	{ "/assets/*", "application/octet-stream" },
	{ "/export/statements", "application/x-ndjson" },
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const char *
openapi_find(const struct openapi_fields *f, size_t n, const struct route *r)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		if (f[i].method == r->method && strcmp(f[i].path, r->path) == 0)
			return f[i].words;
	}
	return NULL;
}

static const char *
openapi_type(const struct route *r)
{
	size_t	i, len = strlen(r->path), n;

	if (r->flags & ROUTE_PAGE)
		return "text/html";
	for (i = 0; i < COUNT(openapi_types); i++) {
		n = strlen(openapi_types[i].end);
		if (n <= len && strcmp(r->path + len - n,
		    openapi_types[i].end) == 0)
			return openapi_types[i].type;
	}
	return "application/json";
}

/* ---- objects and lists: the comma is placed by what stands before ---- */

static void
openapi_open(struct buf *b, const char *key, char bracket)
{
	buf_key(b, key);
	buf_addc(b, bracket);
}

static void
openapi_item(struct buf *b)
{
	if (b->len > 0 && b->data[b->len - 1] != '[')
		buf_addc(b, ',');
}

static void
openapi_key(struct buf *b, const char *key, size_t len)
{
	if (b->len > 0 && b->data[b->len - 1] != '{')
		buf_addc(b, ',');
	buf_json(b, key, len);
	buf_addc(b, ':');
}

/* ---- fields ---- */

struct openapi_word {
	const char	*name, *type;
	size_t		 name_len, type_len;
	bool		 must;
};

/* The next word of a list of fields; false at its end. */
static bool
openapi_word(const char **words, struct openapi_word *w)
{
	const char	*p = *words + strspn(*words, " ");
	size_t		 len = strcspn(p, " ");

	*words = p + len;
	if (len == 0)
		return false;
	w->name = p;
	w->name_len = strcspn(p, ":! ");
	w->must = p[len - 1] == '!';
	w->type = "string";
	w->type_len = 6;
	if (p[w->name_len] == ':') {
		w->type = p + w->name_len + 1;
		w->type_len = strcspn(w->type, "! ");
	}
	return true;
}

static void
openapi_schema(struct buf *b, const struct openapi_word *w)
{
	buf_addc(b, '{');
	buf_key(b, "type");
	buf_json(b, w->type, w->type_len);
	if (strncmp(w->type, "array", w->type_len) == 0)
		buf_adds(b, ",\"items\":{\"type\":\"string\"}");
	buf_addc(b, '}');
}

static void
openapi_parameter(struct buf *b, const struct openapi_word *w,
    const char *where)
{
	openapi_item(b);
	buf_addc(b, '{');
	buf_key(b, "name");
	buf_json(b, w->name, w->name_len);
	buf_kv_str(b, "in", where);
	buf_kv_bool(b, "required", w->must);
	buf_key(b, "schema");
	openapi_schema(b, w);
	buf_addc(b, '}');
}

static void
openapi_parameters(struct buf *b, const struct route *r)
{
	struct openapi_word	 w = { "path", "string", 4, 6, true };
	const char		*p = r->path;

	openapi_open(b, "parameters", '[');
	if (strchr(p, '*') != NULL)
		openapi_parameter(b, &w, "path");
	while ((p = strchr(p, '{')) != NULL) {
		w.name = ++p;
		w.name_len = strcspn(p, "}");
		openapi_parameter(b, &w, "path");
	}
	p = openapi_find(openapi_query, COUNT(openapi_query), r);
	while (p != NULL && openapi_word(&p, &w))
		openapi_parameter(b, &w, "query");
	if (r->method == HTTP_POST && !(r->flags & ROUTE_PAGE)) {
		w = (struct openapi_word){ "Idempotency-Key", "string", 15,
		    6, false };
		openapi_parameter(b, &w, "header");
	}
	buf_addc(b, ']');
}

static void
openapi_request(struct buf *b, const struct route *r)
{
	struct openapi_word	 w;
	const char		*words, *p;

	words = openapi_find(openapi_body, COUNT(openapi_body), r);
	if (words == NULL)
		return;
	openapi_open(b, "requestBody", '{');
	buf_kv_bool(b, "required", true);
	openapi_open(b, "content", '{');
	openapi_open(b, "application/json", '{');
	openapi_open(b, "schema", '{');
	if (words[0] == '[') {
		buf_adds(b, "\"type\":\"array\",\"items\":{\"type\":"
		    "\"string\"}}}}}");
		return;
	}
	buf_kv_str(b, "type", "object");
	openapi_open(b, "required", '[');
	for (p = words; openapi_word(&p, &w);) {
		if (w.must) {
			openapi_item(b);
			buf_json(b, w.name, w.name_len);
		}
	}
	buf_addc(b, ']');
	openapi_open(b, "properties", '{');
	for (p = words; openapi_word(&p, &w);) {
		openapi_key(b, w.name, w.name_len);
		openapi_schema(b, &w);
	}
	buf_adds(b, "}}}}}");
}

/* ---- problems ---- */

static void
openapi_problem(bool can[ERR_COUNT], const char *word, size_t len)
{
	int	c;

	for (c = ERR_NONE + 1; c < ERR_COUNT; c++) {
		if (strlen(err_word(c)) == len &&
		    memcmp(err_word(c), word, len) == 0)
			can[c] = true;
	}
}

/* What a route can refuse with: its own words, and what its flags add on the
 * way to the handler (request.c). */
static void
openapi_problems(const struct route *r, bool can[ERR_COUNT])
{
	const char	*p = r->problems;
	size_t		 len;
	bool		 unsafe = r->method != HTTP_GET;

	memset(can, 0, ERR_COUNT * sizeof(can[0]));
	for (; *(p += strspn(p, " ")) != '\0'; p += len) {
		len = strcspn(p, " ");
		openapi_problem(can, p, len);
	}
	can[ERR_BAD_REQUEST] = can[ERR_STORAGE_UNAVAILABLE] = true;
	can[ERR_OVERLOADED] = can[ERR_INTERNAL] = true;
	can[ERR_RATE_LIMITED] |= r->limit != LIMIT_COUNT;
	can[ERR_NOT_FOUND] |= strchr(r->path, '{') != NULL;
	if (r->flags & (ROUTE_STAFF | ROUTE_EDITOR | ROUTE_ADMIN))
		can[ERR_ROLE_REQUIRED] = can[ERR_CODE_REQUIRED] = true;
	can[ERR_SIGN_IN_REQUIRED] |= (r->flags & (ROUTE_STAFF | ROUTE_EDITOR |
	    ROUTE_ADMIN | ROUTE_MEMBER)) != 0;
	if (unsafe) {
		can[ERR_CSRF] = can[ERR_UNSUPPORTED_MEDIA] = true;
		can[ERR_BODY_TOO_LONG] = can[ERR_OUTCOME_UNKNOWN] = true;
		can[ERR_BAD_JSON] |= (r->flags & ROUTE_PAGE) == 0;
		can[ERR_IDEMPOTENCY_MISMATCH] |= r->method == HTTP_POST;
	}
}

/* One response a status, with the words that it can carry. */
static void
openapi_refusals(struct buf *b, const struct route *r)
{
	bool	can[ERR_COUNT];
	char	status[8];
	int	c, d, n;

	openapi_problems(r, can);
	for (c = ERR_NONE + 1; c < ERR_COUNT; c++) {
		if (!can[c])
			continue;
		n = err_status(c);
		buf_adds(b, ",\"");
		snprintf(status, sizeof(status), "%d", n);
		buf_adds(b, status);
		buf_adds(b, "\":{");
		buf_kv_str(b, "description", err_title(c));
		buf_adds(b, ",\"content\":{");
		openapi_open(b, r->flags & ROUTE_PAGE ? "text/html" :
		    "application/problem+json", '{');
		buf_adds(b, "\"schema\":{\"allOf\":[{\"$ref\":"
		    "\"#/components/schemas/Problem\"},{\"properties\":{"
		    "\"code\":{\"enum\":[");
		for (d = c; d < ERR_COUNT; d++) {
			if (can[d] && err_status(d) == n) {
				openapi_item(b);
				buf_jsons(b, err_word(d));
				can[d] = false;
			}
		}
		buf_adds(b, "]}}}]}}}}");
	}
}

/* ---- paths ---- */

static void
openapi_operation(struct buf *b, const struct route *r)
{
	static const char *const methods[HTTP_METHODS] = {
		[HTTP_GET] = "get", [HTTP_HEAD] = "head",
		[HTTP_POST] = "post", [HTTP_PUT] = "put",
		[HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete",
		[HTTP_OPTIONS] = "options",
	};

	openapi_open(b, methods[r->method], '{');
	buf_kv_str(b, "summary", r->help);
	openapi_parameters(b, r);
	openapi_request(b, r);
	openapi_open(b, "responses", '{');
	openapi_open(b, "2XX", '{');
	buf_kv_str(b, "description", "As asked");
	openapi_open(b, "content", '{');
	openapi_open(b, openapi_type(r), '{');
	buf_adds(b, "}}}");
	openapi_refusals(b, r);
	buf_adds(b, "}}");
}

/* A path once, at its first row, with the methods of all its rows. */
static void
openapi_path(struct buf *b, const struct route *first)
{
	const struct route	*r;
	const char		*star = strchr(first->path, '*');
	struct buf		 path = BUF_INIT;

	for (r = routes; r != first; r++) {
		if (strcmp(r->path, first->path) == 0)
			return;
	}
	buf_add(&path, first->path, star != NULL ?
	    (size_t)(star - first->path) : strlen(first->path));
	if (star != NULL)
		buf_adds(&path, "{path}");
	openapi_open(b, buf_str(&path), '{');
	buf_free(&path);
	for (r = first; r->path != NULL; r++) {
		if (strcmp(r->path, first->path) == 0)
			openapi_operation(b, r);
	}
	buf_addc(b, '}');
}

/* The shape of every problem and all words there are. */
static void
openapi_components(struct buf *b)
{
	int	c;

	openapi_open(b, "components", '{');
	openapi_open(b, "schemas", '{');
	openapi_open(b, "Problem", '{');
	buf_adds(b, "\"type\":\"object\",\"required\":[\"type\",\"title\","
	    "\"status\",\"detail\",\"code\"],\"properties\":{"
	    "\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},"
	    "\"status\":{\"type\":\"integer\"},"
	    "\"detail\":{\"type\":\"string\"},"
	    "\"field\":{\"type\":\"string\"},"
	    "\"code\":{\"type\":\"string\",\"enum\":[");
	for (c = ERR_NONE + 1; c < ERR_COUNT; c++) {
		openapi_item(b);
		buf_jsons(b, err_word(c));
	}
	buf_adds(b, "]}}}},\"securitySchemes\":{"
	    "\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
	    "\"author\":{\"type\":\"apiKey\",\"in\":\"header\","
	    "\"name\":\"X-Author-Key\"}}}");
}

int
api_openapi(struct request *rq, struct err *err)
{
	struct buf		*b = &rq->out;
	const struct route	*r;

	(void)err;
	rq->thread = 0;
	request_object(rq);
	buf_kv_str(b, "openapi", "3.1.0");
	openapi_open(b, "info", '{');
	buf_kv_str(b, "title", "forumd");
	buf_kv_str(b, "version", rq->server->build);
	buf_addc(b, '}');
	openapi_open(b, "paths", '{');
	for (r = routes; r->path != NULL; r++)
		openapi_path(b, r);
	buf_addc(b, '}');
	openapi_components(b);
	request_object_end(rq);
	return 0;
}
