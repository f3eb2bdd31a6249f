/*
 * What the JSON handlers share. See api.h.
 */
#include <string.h>

#include "forumd/api.h"
#include "forumd/tlog.h"

void
api_view(struct request *rq, struct view *v)
{
	view_init(v, rq->db, rq->rules->policy, rq->page ?
	    locale_tag(rq->locale) : "en",
	    rq->private ? rq->who.actor.account : 0,
	    rq->private && (rq->who.actor.roles & ROLE_STAFF) != 0);
}

json_t *
api_args(struct request *rq, const char *key, const char *value,
    struct err *err)
{
	json_t	*args;

	if (!json_is_object(rq->body)) {
		err_set(err, ERR_BAD_JSON, NULL,
		    "The body is not a JSON object");
		return NULL;
	}
	args = json_copy(rq->body);
	if (args != NULL && rq->page)
		json_object_del(args, "csrf");
	if (args == NULL || (key != NULL && json_object_set_new(args, key,
	    json_string(value)) != 0)) {
		json_decref(args);
		err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
		return NULL;
	}
	return args;
}

void
api_next(struct buf *b, const char *next)
{
	if (next[0] == '\0')
		buf_kv_null(b, "next");
	else
		buf_kv_str(b, "next", next);
}

int
api_order(struct request *rq, struct view_ask *ask, struct err *err)
{
	char	word[16];

	if (request_param(rq, "sort", word, sizeof(word), err) < 0)
		return -1;
	if (strcmp(word, "newest") == 0)
		ask->sort = VIEW_NEWEST;
	else if (strcmp(word, "best") == 0)
		ask->sort = VIEW_BEST;
	else if (word[0] == '\0' || strcmp(word, "oldest") == 0)
		ask->sort = VIEW_OLDEST;
	else
		return err_set(err, ERR_INVALID_FIELD, "sort",
		    "sort is oldest, newest or best");
	if (request_param(rq, "shape", word, sizeof(word), err) < 0)
		return -1;
	ask->tree = strcmp(word, "tree") == 0;
	if (word[0] != '\0' && !ask->tree && strcmp(word, "flat") != 0)
		return err_set(err, ERR_INVALID_FIELD, "shape",
		    "shape is flat or tree");
	return 0;
}

int
api_receipt(struct request *rq, struct buf *b, const char *comment,
    int64_t index, bool with_salt, struct err *err)
{
	struct tlog_entry	e;
	struct buf		body = BUF_INIT;
	unsigned char		salt[32];
	char			ref[REF_MAX];
	int			rc, kept = 1;

	memset(&e, 0, sizeof(e));
	ref_comment(ref, comment, 1);
	rc = tlog_entry(rq, index, &e, err);
	if (rc == 0 && with_salt &&
	    (kept = lookup_content(rq->db, ref, "body", &body, salt,
	    err)) < 0)
		rc = -1;
	if (rc == 0) {
		buf_addc(b, '{');
		tlog_entry_json(b, index, &e);
		if (with_salt && kept == 0) {
			buf_key(b, "salt");
			buf_addc(b, '"');
			buf_base64(b, salt, sizeof(salt));
			buf_addc(b, '"');
		}
		buf_addc(b, '}');
	}
	tlog_free(&e);
	buf_free(&body);
	return rc;
}

bool
api_accepts(const struct request *rq, const char *type)
{
	const struct http_span	*f = http_field(rq->http, "accept");
	const char		*at, *json;

	if (f == NULL)
		return false;
	at = memmem(f->p, f->len, type, strlen(type));
	json = memmem(f->p, f->len, "application/json", 16);
	return at != NULL && (json == NULL || at < json);
}

bool
api_index(const char *text, int64_t *out)
{
	size_t	i, len = strlen(text);

	if (len == 0 || len > 18 || (len > 1 && text[0] == '0'))
		return false;
	for (i = 0, *out = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*out = *out * 10 + (text[i] - '0');
	}
	return true;
}

void
api_keep_key(struct request *rq, const struct command *cmd)
{
	const struct http_span	*f = http_field(rq->http, "cookie");
	struct http_span	 none = { "", 0 };
	char			 cookie[SESSION_COOKIE_MAX];

	if (cmd->secret[0] == '\0')
		return;
	session_author_cookie(f != NULL ? *f : none, cmd->secret,
	    rq->place, cookie);
	buf_addf(&rq->head, "Set-Cookie: %s\r\n", cookie);
}
