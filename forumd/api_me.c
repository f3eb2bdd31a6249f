/*
 * One's own page as JSON: who one is, one's counts beside everybody's, own
 * comments in every state, what one was told, the link that shows the counts
 * to others, and erasure. All of it is private; only what the link opens is
 * not, and that holds no text.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/api.h"
#include "forumd/api_account.h"
#include "forumd/api_mail.h"
#include "forumd/api_me.h"
#include "forumd/handlers.h"
#include "moderation/account.h"

/* ---- who ---- */

static void
api_me_rate(struct buf *b, const char *key, int64_t n, int64_t of)
{
	buf_key(b, key);
	if (of == 0)
		buf_adds(b, "null");
	else
		buf_addf(b, "%.4f", (double)n / (double)of);
}

/* "counts" and "rates": shares of what was posted. */
static void
api_me_counts(struct buf *b, const struct view_thread *t)
{
	const struct html_counts	*c = &t->counts;

	buf_key(b, "counts");
	view_counts_json(b, t);
	buf_key(b, "rates");
	buf_addc(b, '{');
	api_me_rate(b, "visible", c->visible, c->posted);
	api_me_rate(b, "held", c->held, c->posted);
	api_me_rate(b, "removed", c->removed, c->posted);
	api_me_rate(b, "ever_removed", c->ever_removed, c->posted);
	buf_addc(b, '}');
}

/* What stands against the account now. */
static void
api_me_standing(struct buf *b, const struct account_row *a)
{
	buf_key(b, "standing");
	buf_addc(b, '{');
	buf_kv_bool(b, "banned", a->banned);
	buf_kv_time(b, "muted_until", a->muted_until);
	buf_kv_time(b, "suspended_until", a->suspended_until);
	buf_kv_time(b, "flags_until", a->flags_until);
	buf_addc(b, '}');
}

int
api_me(struct request *rq, struct err *err)
{
	struct view		 v;
	struct view_thread	 own, site;
	struct buf		*b = &rq->out;
	int			 rc;

	api_view(rq, &v);
	rc = view_account_counts(&v, rq->who.actor.account, &own, err);
	if (rc == 0)
		rc = view_site_counts(&v, &site, err);
	if (rc == 0) {
		request_object(rq);
		buf_key(b, "account");
		api_account_json(rq, b, &rq->who.account);
		buf_key(b, "roles");
		api_account_roles(b, rq->who.actor.roles);
		api_mail_json(rq, b);
		api_me_standing(b, &rq->who.account);
		api_me_counts(b, &own);
		buf_key(b, "site");
		buf_addc(b, '{');
		api_me_counts(b, &site);
		buf_addc(b, '}');
		request_object_end(rq);
	}
	view_free(&v);
	return rc;
}

/* ---- lists ---- */

bool
api_me_has_statement(const struct view_comment *c)
{
	return c->c.tombstone != NULL || c->c.nlabels > 0;
}

int
api_me_comments(struct request *rq, struct err *err)
{
	struct view	 v;
	struct buf	*b = &rq->out;
	char		 after[CURSOR_MAX];
	size_t		 i;
	int		 limit, rc;

	if (request_paging(rq, &limit, after, sizeof(after), err) != 0)
		return -1;
	api_view(rq, &v);
	rc = view_account(&v, rq->who.actor.account, limit, after, err);
	if (rc == 0) {
		request_object(rq);
		buf_key(b, "comments");
		buf_addc(b, '[');
		for (i = 0; i < v.n; i++) {
			if (i > 0)
				buf_addc(b, ',');
			view_json(b, &v, &v.list[i]);
			if (!api_me_has_statement(&v.list[i]) ||
			    buf_failed(b))
				continue;
			/* One more member of the same object. */
			b->len--;
			buf_key(b, "statement");
			buf_addf(b, "\"/api/v1/comments/%s/statement\"}",
			    v.list[i].c.id);
		}
		buf_addc(b, ']');
		api_next(b, v.next);
		request_object_end(rq);
	}
	view_free(&v);
	return rc;
}

int
api_me_sanctions(struct request *rq, struct err *err)
{
	struct view		 v;
	struct view_sanction	*list;
	char			 after[CURSOR_MAX];
	size_t			 i, n;
	int			 limit, rc;

	if (request_paging(rq, &limit, after, sizeof(after), err) != 0)
		return -1;
	api_view(rq, &v);
	rc = view_sanctions(&v, rq->who.actor.account, limit, after, &list,
	    &n, err);
	if (rc == 0) {
		request_object(rq);
		buf_key(&rq->out, "sanctions");
		buf_addc(&rq->out, '[');
		for (i = 0; i < n; i++) {
			if (i > 0)
				buf_addc(&rq->out, ',');
			view_sanction_json(&rq->out, &list[i]);
		}
		buf_addc(&rq->out, ']');
		api_next(&rq->out, v.next);
		request_object_end(rq);
	}
	view_free(&v);
	return rc;
}

int
api_me_notices(struct request *rq, struct err *err)
{
	struct view		 v;
	struct view_notice	*list;
	char			 after[CURSOR_MAX];
	size_t			 i, n;
	int			 limit, rc;

	if (request_paging(rq, &limit, after, sizeof(after), err) != 0)
		return -1;
	api_view(rq, &v);
	rc = view_notices(&v, rq->who.actor.account, limit, after, &list, &n,
	    err);
	if (rc == 0) {
		request_object(rq);
		buf_kv_int(&rq->out, "unread", rq->who.account.unread);
		buf_key(&rq->out, "notices");
		buf_addc(&rq->out, '[');
		for (i = 0; i < n; i++) {
			if (i > 0)
				buf_addc(&rq->out, ',');
			view_notice_json(&rq->out, &list[i]);
		}
		buf_addc(&rq->out, ']');
		api_next(&rq->out, v.next);
		request_object_end(rq);
	}
	view_free(&v);
	return rc;
}

static int
api_me_notices_done(struct request *rq, struct command *cmd, struct err *err)
{
	(void)err;
	request_object(rq);
	buf_kv_int(&rq->out, "upto", json_integer_value(json_object_get(
	    cmd->result, "upto")));
	request_object_end(rq);
	return 0;
}

int
api_me_notices_read(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, NULL, NULL, err);

	return args == NULL ? -1 : request_submit(rq, "notice.read", args,
	    api_me_notices_done, err);
}

/* ---- the feed ---- */

static void
api_me_feed_entry(struct request *rq, const struct view_notice *n)
{
	struct buf	*b = &rq->out, key = BUF_INIT;

	buf_addf(&key, "notice.%s", n->kind);
	buf_addf(b, "<entry><id>urn:forumd:%s:notice:%lld</id><updated>",
	    rq->who.account.id, (long long)n->num);
	buf_time(b, n->at);
	buf_adds(b, "</updated><title>");
	buf_htmls(b, tr(rq->locale, buf_str(&key)));
	buf_adds(b, "</title>");
	if (n->comment != NULL)
		buf_addf(b, "<link href=\"/c/%s\"/>", n->comment);
	if (n->explanation != NULL) {
		buf_adds(b, "<content type=\"text\">");
		buf_htmls(b, n->explanation);
		buf_adds(b, "</content>");
	}
	buf_adds(b, "</entry>\n");
	buf_free(&key);
}

/* Private: read with a cookie, a token or the author key. */
int
api_me_notices_feed(struct request *rq, struct err *err)
{
	struct view		 v;
	struct view_notice	*list;
	struct buf		*b = &rq->out;
	size_t			 i, n;
	int			 rc;

	api_view(rq, &v);
	rc = view_notices(&v, rq->who.actor.account, 50, "", &list, &n, err);
	if (rc == 0) {
		rq->type = "application/atom+xml; charset=utf-8";
		buf_adds(b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		    "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>"
		    "urn:forumd:");
		buf_htmls(b, rq->who.account.id);
		buf_adds(b, ":notices</id><title>");
		buf_htmls(b, tr(rq->locale, "me.notices"));
		buf_adds(b, "</title><author><name>forumd</name></author>"
		    "<updated>");
		buf_time(b, n > 0 ? list[0].at : rq->who.account.created_at);
		buf_adds(b, "</updated>\n");
		for (i = 0; i < n; i++)
			api_me_feed_entry(rq, &list[i]);
		buf_adds(b, "</feed>\n");
	}
	view_free(&v);
	return rc;
}

/* ---- the account link ---- */

static int
api_me_link_done(struct request *rq, struct command *cmd, struct err *err)
{
	(void)err;
	request_object(rq);
	if (cmd->secret[0] != '\0') {
		rq->status = 201;
		buf_key(&rq->out, "link");
		buf_addf(&rq->out, "\"/a/%s\"", cmd->secret);
	} else {
		buf_kv_null(&rq->out, "link");
	}
	request_object_end(rq);
	return 0;
}

int
api_me_link(struct request *rq, struct err *err)
{
	return request_submit(rq, "account.link", json_object(),
	    api_me_link_done, err);
}

int
api_me_link_revoke(struct request *rq, struct err *err)
{
	return request_submit(rq, "account.link", json_pack("{s:b}", "revoke",
	    1), api_me_link_done, err);
}

int
api_link_account(struct request *rq, const char *token, int64_t *account,
    struct err *err)
{
	struct hash	h;

	account_secret_hash(token, &h);
	*account = db_int(rq->db, 0, "SELECT num FROM account WHERE link_hash "
	    "= ? AND erased_at IS NULL", "b", (const void *)h.b,
	    (size_t)HASH_LEN);
	return *account != 0 ? 0 : err_set(err, ERR_NOT_FOUND, NULL,
	    "This link shows nothing, or not any more");
}

/* What can be looked up in the public record, without any text. */
static void
api_link_entry(struct buf *b, const struct view_comment *c)
{
	buf_addc(b, '{');
	buf_kv_str(b, "id", c->c.id);
	buf_kv_str(b, "thread", c->c.thread);
	buf_kv_time(b, "created_at", c->c.created_at);
	buf_kv_str(b, "state", c->c.state);
	buf_kv_int(b, "log_index", c->c.log_index);
	if (c->c.tombstone != NULL) {
		buf_key(b, "tombstone");
		view_tombstone_json(b, c);
	}
	buf_addc(b, '}');
}

int
api_account_link(struct request *rq, struct err *err)
{
	struct view		 v;
	struct view_thread	 own, site;
	struct buf		*b = &rq->out;
	char			 after[CURSOR_MAX];
	int64_t			 account;
	size_t			 i;
	int			 limit, rc;

	if (request_paging(rq, &limit, after, sizeof(after), err) != 0 ||
	    api_link_account(rq, rq->param[0], &account, err) != 0)
		return -1;
	view_init(&v, rq->db, rq->rules->policy, "en", 0, false);
	rc = view_account_counts(&v, account, &own, err);
	if (rc == 0)
		rc = view_site_counts(&v, &site, err);
	if (rc == 0)
		rc = view_account(&v, account, limit, after, err);
	if (rc == 0) {
		request_object(rq);
		api_me_counts(b, &own);
		buf_key(b, "site");
		buf_addc(b, '{');
		api_me_counts(b, &site);
		buf_addc(b, '}');
		buf_kv_str(b, "origin", rq->server->origin);
		buf_key(b, "comments");
		buf_addc(b, '[');
		for (i = 0; i < v.n; i++) {
			if (i > 0)
				buf_addc(b, ',');
			api_link_entry(b, &v.list[i]);
		}
		buf_addc(b, ']');
		api_next(b, v.next);
		request_object_end(rq);
	}
	view_free(&v);
	return rc;
}

/* ---- erasure ---- */

static int
api_me_erased(struct request *rq, struct command *cmd, struct err *err)
{
	char	*text = json_dumps(cmd->result, JSON_COMPACT);
	char	 cookie[SESSION_COOKIE_MAX];

	if (text == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	buf_adds(&rq->out, text);
	free(text);
	if (rq->who.how == SESSION_COOKIE) {
		session_drop(rq->place, cookie);
		rq->who.refresh = false;
		buf_addf(&rq->head, "Set-Cookie: %s\r\n", cookie);
	}
	return 0;
}

json_t *
api_me_erase_args(struct request *rq, struct err *err)
{
	json_t	*password = json_object_get(rq->body, "password");
	json_t	*confirm = json_object_get(rq->body, "confirm");

	if (rq->who.actor.kind == ACTOR_GUEST && !json_is_true(confirm) &&
	    !(rq->page && json_is_string(confirm))) {
		err_set(err, ERR_INVALID_FIELD, "confirm",
		    "Say confirm: true, there is no way back");
		return NULL;
	}
	return password != NULL ? json_pack("{s:O}", "password", password) :
	    json_object();
}

/* Signs in again first: a member's password, a guest's word. */
int
api_me_erase(struct request *rq, struct err *err)
{
	json_t	*args = api_me_erase_args(rq, err);

	return args == NULL ? -1 : request_submit(rq, "account.erase", args,
	    api_me_erased, err);
}
