/*
 * Accounts and sessions as JSON: signing up, in and out, password, second
 * factor, bearer tokens and the author key of a guest.
 *
 * Whoever asks for the session gets one, so that there is a CSRF token to
 * sign in with. Signing in begins another; whatever raises the account's
 * epoch (a new password, a second factor) ends all sessions, and the one
 * that did it goes on in a new one.
 */
#include <string.h>

#include "forumd/api.h"
#include "forumd/api_account.h"
#include "forumd/handlers.h"
#include "forumd/settings.h"
#include "forumd/sign_in.h"
#include "moderation/account.h"
#include "storage/base/clock.h"

#define HOUR_MS	INT64_C(3600000)

/* ---- what pages share ---- */

void
api_account_roles(struct buf *b, unsigned roles)
{
	struct buf	 text = BUF_INIT;
	const char	*p;

	account_roles_text(&text, roles);
	buf_addc(b, '[');
	for (p = buf_str(&text); *p != '\0'; p += *p == ',') {
		if (p > buf_str(&text))
			buf_addc(b, ',');
		buf_json(b, p, strcspn(p, ","));
		p += strcspn(p, ",");
	}
	buf_addc(b, ']');
	buf_free(&text);
}

void
api_account_json(struct request *rq, struct buf *b,
    const struct account_row *a)
{
	struct buf	name = BUF_INIT;
	char		ref[REF_MAX];

	ref_make(ref, 'a', a->id);
	buf_addc(b, '{');
	buf_kv_str(b, "id", a->id);
	buf_kv_str(b, "kind", a->kind);
	if (lookup_content(rq->db, ref, "name", &name, NULL, NULL) == 0)
		buf_kv_str(b, "name", buf_str(&name));
	else
		buf_kv_null(b, "name");
	if (a->language[0] != '\0')
		buf_kv_str(b, "language", a->language);
	if (a->official[0] != '\0')
		buf_kv_str(b, "official", a->official);
	buf_kv_time(b, "created_at", a->created_at);
	buf_kv_bool(b, "second_factor", a->totp);
	buf_kv_int(b, "unread", a->unread);
	buf_addc(b, '}');
	buf_free(&name);
}

int
api_account_enter(struct request *rq, const struct account_row *a,
    char csrf[SESSION_CSRF_LEN + 1], struct err *err)
{
	char	cookie[SESSION_COOKIE_MAX];

	if (session_begin(rq->server->house, a != NULL ? a->num : 0,
	    a != NULL ? a->epoch : 0, clock_ms(),
	    settings_int(rq->server->set, "session_hours") * HOUR_MS,
	    rq->place, cookie, csrf, err) != 0)
		return -1;
	rq->who.refresh = false;
	buf_addf(&rq->head, "Set-Cookie: %s\r\n", cookie);
	return 0;
}

int
api_account_stay(struct request *rq, const struct command *cmd,
    struct err *err)
{
	struct account_row	a;
	char			csrf[SESSION_CSRF_LEN + 1];

	(void)cmd;
	if (rq->who.how != SESSION_COOKIE)
		return 0;
	if (lookup_account(rq->db, rq->who.actor.account, &a, err) != 0)
		return -1;
	return api_account_enter(rq, &a, csrf, err);
}

/* The answer to who one is, in a session with this CSRF token. */
static void
api_account_session(struct request *rq, const struct account_row *a,
    unsigned roles, const char *csrf)
{
	request_object(rq);
	buf_key(&rq->out, "account");
	if (a != NULL)
		api_account_json(rq, &rq->out, a);
	else
		buf_adds(&rq->out, "null");
	buf_key(&rq->out, "roles");
	api_account_roles(&rq->out, roles);
	buf_kv_str(&rq->out, "csrf", csrf);
	request_object_end(rq);
}

/* Roles that count in a session: staff need their second factor first. */
static unsigned
api_account_acting(struct request *rq, const struct account_row *a)
{
	if (house_staff_code(rq->server->house) && !a->totp)
		return a->roles & ROLE_READER;
	return a->roles;
}

/* ---- signing up, in and out ---- */

static int
api_account_created(struct request *rq, struct command *cmd, struct err *err)
{
	struct account_row	a;
	char			csrf[SESSION_CSRF_LEN + 1] = "";

	if (lookup_account_id(rq->db, json_string_value(json_object_get(
	    cmd->result, "account")), &a, err) != 0)
		return -1;
	if (!cmd->replayed && rq->who.how != SESSION_BEARER &&
	    api_account_enter(rq, &a, csrf, err) != 0)
		return -1;
	api_account_session(rq, &a, api_account_acting(rq, &a), csrf);
	return 0;
}

int
api_account_create(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, NULL, NULL, err);

	if (args == NULL)
		return -1;
	return request_submit(rq, "account.create", args, api_account_created,
	    err);
}

/* Without a session one is begun, for the sake of its token. */
int
api_session(struct request *rq, struct err *err)
{
	char	csrf[SESSION_CSRF_LEN + 1];
	bool	explicit_key = rq->who.how == SESSION_BEARER ||
		    rq->who.how == SESSION_AUTHOR_KEY;

	memcpy(csrf, rq->who.csrf, sizeof(csrf));
	if (csrf[0] == '\0' && !explicit_key) {
		if (api_account_enter(rq, NULL, csrf, err) != 0)
			return -1;
		rq->private = true;
	}
	api_account_session(rq, rq->who.actor.account != 0 ?
	    &rq->who.account : NULL, rq->who.actor.roles, csrf);
	return 0;
}

/* A field that has to be a string; optional ones may be missing or null. */
static int
api_account_text(struct request *rq, const char *key, bool required,
    const char **out, struct err *err)
{
	json_t	*v = json_object_get(rq->body, key);

	*out = json_string_value(v);
	if (*out != NULL || (!required && (v == NULL || json_is_null(v))))
		return 0;
	return err_set(err, ERR_INVALID_FIELD, key, "%s must be a string",
	    key);
}

int
api_account_check(struct request *rq, struct account_row *out,
    struct err *err)
{
	struct sign_in	in;

	memset(&in, 0, sizeof(in));
	if (api_account_text(rq, "name", true, &in.name, err) != 0 ||
	    api_account_text(rq, "password", true, &in.password, err) != 0 ||
	    api_account_text(rq, "code", false, &in.code, err) != 0)
		return -1;
	in.password_len = json_string_length(json_object_get(rq->body,
	    "password"));
	in.actor = rq->who.actor;
	in.now = clock_ms();
	return sign_in_check(rq->server->house, rq->db, &in, out,
	    &rq->retry_after, err);
}

/* On a worker: checking a password is slow on purpose. */
static int
api_session_work(struct request *rq, struct err *err)
{
	struct account_row	a;
	char			csrf[SESSION_CSRF_LEN + 1];

	if (api_account_check(rq, &a, err) != 0 ||
	    api_account_enter(rq, &a, csrf, err) != 0)
		return -1;
	api_account_session(rq, &a, api_account_acting(rq, &a), csrf);
	return 0;
}

int
api_session_begin(struct request *rq, struct err *err)
{
	return request_work(rq, api_session_work, err);
}

int
api_account_leave(struct request *rq, request_then *then, struct err *err)
{
	return request_submit(rq, "session.end", json_pack("{s:s, s:I}",
	    "session", rq->who.id, "expires_at",
	    (json_int_t)rq->who.expires), then, err);
}

static int
api_session_ended(struct request *rq, struct command *cmd, struct err *err)
{
	char	cookie[SESSION_COOKIE_MAX];

	(void)cmd;
	(void)err;
	session_drop(rq->place, cookie);
	rq->who.refresh = false;
	buf_addf(&rq->head, "Set-Cookie: %s\r\n", cookie);
	buf_adds(&rq->out, "{\"account\":null}");
	return 0;
}

int
api_session_end(struct request *rq, struct err *err)
{
	if (rq->who.how != SESSION_COOKIE)
		return api_session_ended(rq, NULL, err);
	return api_account_leave(rq, api_session_ended, err);
}

/* ---- password and second factor ---- */

/* account.change with these members of the body alone. */
static int
api_account_change(struct request *rq, const char *totp,
    request_then *then, struct err *err)
{
	static const char *const	 keys[] = { "password",
					    "new_password", "code" };
	json_t				*args = json_object(), *v;
	size_t				 i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if ((v = json_object_get(rq->body, keys[i])) != NULL)
			json_object_set(args, keys[i], v);
	}
	if (totp != NULL) {
		json_object_del(args, "new_password");
		json_object_set_new(args, "totp", json_string(totp));
	}
	return request_submit(rq, "account.change", args, then, err);
}

static int
api_account_changed(struct request *rq, struct command *cmd, struct err *err)
{
	struct account_row	a;

	if (api_account_stay(rq, cmd, err) != 0 ||
	    lookup_account(rq->db, rq->who.actor.account, &a, err) != 0)
		return -1;
	request_object(rq);
	buf_key(&rq->out, "account");
	api_account_json(rq, &rq->out, &a);
	request_object_end(rq);
	return 0;
}

int
api_me_password(struct request *rq, struct err *err)
{
	if (json_object_get(rq->body, "new_password") == NULL)
		return err_set(err, ERR_INVALID_FIELD, "new_password",
		    "new_password is required");
	return api_account_change(rq, NULL, api_account_changed, err);
}

static int
api_me_totp_secret(struct request *rq, struct command *cmd, struct err *err)
{
	(void)err;
	rq->status = 201;
	request_object(rq);
	buf_kv_str(&rq->out, "secret", cmd->secret);
	buf_key(&rq->out, "uri");
	buf_addf(&rq->out, "\"otpauth://totp/%s?secret=%s\"",
	    rq->who.account.id, cmd->secret);
	request_object_end(rq);
	return 0;
}

/* A new secret; it counts once it was confirmed with a code. */
int
api_me_totp(struct request *rq, struct err *err)
{
	return api_account_change(rq, "enrol", api_me_totp_secret, err);
}

int
api_me_totp_confirm(struct request *rq, struct err *err)
{
	return api_account_change(rq, "confirm", api_account_changed, err);
}

int
api_me_totp_off(struct request *rq, struct err *err)
{
	return api_account_change(rq, "off", api_account_changed, err);
}

/* ---- bearer tokens, author key ---- */

int
api_account_may_issue(const struct request *rq, struct err *err)
{
	if (rq->who.how == SESSION_BEARER)
		return err_set(err, ERR_ROLE_REQUIRED, NULL,
		    "A token makes no tokens: sign in");
	if (rq->who.code_missing)
		return err_set(err, ERR_CODE_REQUIRED, NULL,
		    "Staff act with a second factor: set one up first");
	return 0;
}

int
api_me_tokens(struct request *rq, struct err *err)
{
	struct buf	*b = &rq->out;
	struct stmt	*s;
	int		 n = 0;

	request_object(rq);
	buf_key(b, "tokens");
	buf_addc(b, '[');
	s = db_query(rq->db, "SELECT id, scope, created_at, expires_at FROM "
	    "token WHERE account = ? AND revoked = 0 ORDER BY created_at, id",
	    "i", rq->who.actor.account);
	while (stmt_step(s) == 1) {
		buf_adds(b, n++ > 0 ? ",{" : "{");
		buf_kv_str(b, "id", stmt_text(s, 0));
		buf_kv_str(b, "scope", stmt_text(s, 1));
		buf_kv_time(b, "created_at", stmt_int(s, 2));
		buf_kv_time(b, "expires_at", stmt_int(s, 3));
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
	request_object_end(rq);
	return stmt_done(s, err);
}

static int
api_me_token_made(struct request *rq, struct command *cmd, struct err *err)
{
	json_t	*r = cmd->result;

	(void)err;
	request_object(rq);
	buf_kv_str(&rq->out, "id", json_string_value(json_object_get(r,
	    "token_id")));
	buf_kv_time(&rq->out, "expires_at", json_integer_value(
	    json_object_get(r, "expires_at")));
	if (cmd->secret[0] != '\0')
		buf_kv_str(&rq->out, "token", cmd->secret);
	request_object_end(rq);
	return 0;
}

int
api_me_token_make(struct request *rq, struct err *err)
{
	json_t	*args;

	if (api_account_may_issue(rq, err) != 0 ||
	    (args = api_args(rq, NULL, NULL, err)) == NULL)
		return -1;
	return request_submit(rq, "token.issue", args, api_me_token_made,
	    err);
}

static int
api_me_token_gone(struct request *rq, struct command *cmd, struct err *err)
{
	(void)cmd;
	(void)err;
	request_object(rq);
	buf_kv_str(&rq->out, "revoked", rq->param[0]);
	request_object_end(rq);
	return 0;
}

int
api_me_token_revoke(struct request *rq, struct err *err)
{
	return request_submit(rq, "token.revoke", json_pack("{s:s}", "token",
	    rq->param[0]), api_me_token_gone, err);
}

static int
api_me_key_done(struct request *rq, struct command *cmd, struct err *err)
{
	(void)err;
	request_object(rq);
	if (cmd->secret[0] != '\0') {
		if (rq->who.how == SESSION_AUTHOR_COOKIE)
			api_keep_key(rq, cmd);
		buf_kv_str(&rq->out, "author_key", cmd->secret);
	} else {
		buf_kv_str(&rq->out, "revoked", rq->who.account.id);
	}
	request_object_end(rq);
	return 0;
}

/* The old key ends, a new one is told once. */
int
api_me_key_rotate(struct request *rq, struct err *err)
{
	return request_submit(rq, "key.revoke", json_pack("{s:b}", "rotate",
	    1), api_me_key_done, err);
}

int
api_me_key_revoke(struct request *rq, struct err *err)
{
	return request_submit(rq, "key.revoke", json_object(),
	    api_me_key_done, err);
}
