/*
 * One signed POST, in the shape that outside moderation phases of comment
 * systems have: {"action":"NEW","comment":{"body":...},"language":...}, with
 * X-Forum-Signature: sha256=<hex HMAC of the body>. 204 is "no opinion"; 200
 * carries actions[{"action":"FLAG","reason":clause}] and perhaps a status.
 *
 * The breaker: after so many failures in a row the checker is left alone for
 * a while, so that a dead one does not cost every comment its deadline. What
 * is not asked is not checked.
 */
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/outside.h"
#include "storage/base/clock.h"
#include "storage/base/crypto.h"
#include "storage/base/fetch.h"

#define OUTSIDE_STAGE	"outside"
#define OUTSIDE_ANSWER	(64 * 1024)	/* bytes */
#define OUTSIDE_SCORE	700

struct outside {
	char		*url;		/* owned */
	char		*secret;	/* owned */
	int		 deadline_ms;
	int		 limit;
	int		 pause_ms;
	pthread_mutex_t	 lock;
	int		 failed;	/* in a row */
	int64_t		 until;		/* monotonic; not asked before */
};

int
outside_new(struct outside **out, const struct outside_settings *set,
    struct err *err)
{
	struct outside	*o;

	if (strlen(set->secret) < 16)
		return err_set(err, ERR_INVALID_FIELD, "secret",
		    "the outside checker's secret has under 16 bytes");
	if (set->deadline_ms < 100 || set->deadline_ms > 30000 ||
	    set->failures < 1 || set->pause_ms < 0)
		return err_set(err, ERR_INVALID_FIELD, "deadline_ms",
		    "the outside checker's deadline is out of range");
	if ((o = calloc(1, sizeof(*o))) == NULL)
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	pthread_mutex_init(&o->lock, NULL);
	o->deadline_ms = set->deadline_ms;
	o->limit = set->failures;
	o->pause_ms = set->pause_ms;
	o->url = strdup(set->url);
	o->secret = strdup(set->secret);
	if (o->url == NULL || o->secret == NULL) {
		outside_free(&o);
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	}
	*out = o;
	return 0;
}

void
outside_free(struct outside **o)
{
	if (*o == NULL)
		return;
	pthread_mutex_destroy(&(*o)->lock);
	if ((*o)->secret != NULL)
		crypto_wipe((*o)->secret, strlen((*o)->secret));
	free((*o)->secret);
	free((*o)->url);
	free(*o);
	*o = NULL;
}

static bool
outside_open(struct outside *o)
{
	bool	open;

	pthread_mutex_lock(&o->lock);
	open = o->failed >= o->limit && clock_mono_ms() < o->until;
	pthread_mutex_unlock(&o->lock);
	return open;
}

static void
outside_settle(struct outside *o, bool answered)
{
	pthread_mutex_lock(&o->lock);
	o->failed = answered ? 0 : o->failed + 1;
	if (o->failed >= o->limit)
		o->until = clock_mono_ms() + o->pause_ms;
	pthread_mutex_unlock(&o->lock);
}

static int
outside_ask(struct outside *o, const struct item *item,
    struct fetch_response *answer)
{
	struct crypto_part	 part;
	struct fetch_request	 q = { .url = o->url, .post = true,
	    .timeout_ms = o->deadline_ms, .max_bytes = OUTSIDE_ANSWER };
	struct buf		 body = BUF_INIT, sig = BUF_INIT;
	struct fetch		*f = fetch_new();
	struct hash		 mac;
	const char		*headers[3] = { "Content-Type: application/json",
	    NULL, NULL };
	int			 rc = -1;

	buf_addc(&body, '{');
	buf_kv_str(&body, "action", item->edit ? "EDIT" : "NEW");
	buf_adds(&body, ",\"comment\":{\"body\":");
	buf_json(&body, item->body, item->len);
	buf_addc(&body, '}');
	buf_kv_str(&body, "language", item->language);
	buf_addc(&body, '}');
	part = (struct crypto_part){ body.data, body.len };
	if (f != NULL && !buf_failed(&body)) {
		crypto_hmac(&mac, o->secret, strlen(o->secret), &part, 1);
		buf_adds(&sig, "X-Forum-Signature: sha256=");
		buf_hex(&sig, mac.b, sizeof(mac.b));
		headers[1] = buf_str(&sig);
		q.headers = headers;
		q.body = body.data;
		q.body_len = body.len;
		if (!buf_failed(&sig))
			rc = fetch_http(f, &q, answer, NULL);
	}
	fetch_free(&f);
	buf_free(&sig);
	buf_free(&body);
	return rc;
}

/* A reason that looks like a clause's id is taken for one; the policy holds
 * what it does not know. */
static const char *
outside_clause(const json_t *action)
{
	const char	*s = json_string_value(json_object_get(action,
			    "reason"));

	if (s == NULL || *s == '\0' || strlen(s) >= ITEM_CLAUSE_MAX ||
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
		return "unchecked";
	return s;
}

/* False where the answer is not one. */
static bool
outside_read(const struct fetch_response *answer, struct findings *out)
{
	const char	*status;
	json_t		*root, *v;
	size_t		 i, n = 0;

	if (answer->status == 204)
		return true;
	if (answer->status != 200)
		return false;
	root = json_loadb(answer->body.data, answer->body.len,
	    JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(root)) {
		json_decref(root);
		return false;
	}
	json_array_foreach(json_object_get(root, "actions"), i, v) {
		findings_add(out, OUTSIDE_STAGE, outside_clause(v),
		    OUTSIDE_SCORE, ITEM_LIKELY);
		n++;
	}
	status = json_string_value(json_object_get(root, "status"));
	if (n == 0 && status != NULL && strcmp(status, "APPROVED") != 0 &&
	    strcmp(status, "NONE") != 0)
		findings_add(out, OUTSIDE_STAGE, "unchecked", OUTSIDE_SCORE,
		    ITEM_LIKELY);
	json_decref(root);
	return true;
}

void
outside_check(struct outside *o, const struct item *item,
    struct findings *out)
{
	struct fetch_response	 answer = FETCH_RESPONSE_INIT;
	struct finding		*f;
	bool			 asked = !outside_open(o), ok = false;

	if (asked) {
		ok = outside_ask(o, item, &answer) == 0 &&
		    outside_read(&answer, out);
		outside_settle(o, ok);
		fetch_response_free(&answer);
	}
	if (ok)
		return;
	f = findings_add(out, OUTSIDE_STAGE, "unchecked", 0,
	    ITEM_NOT_CHECKED);
	if (f != NULL)
		snprintf(f->detail, sizeof(f->detail), "%s", asked ?
		    "no answer" : "left alone after failures");
}
