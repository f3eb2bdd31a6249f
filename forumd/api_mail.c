/*
 * One's e-mail address as JSON: given, chosen for, taken away; confirmed and
 * stopped by the links of mails, without signing in.
 */
#include <string.h>

#include "forumd/api.h"
#include "forumd/api_mail.h"
#include "forumd/handlers.h"

static const char *const api_mail_states[] = {
	[ACCOUNT_MAIL_NONE] = "none", [ACCOUNT_MAIL_GIVEN] = "unconfirmed",
	[ACCOUNT_MAIL_CONFIRMED] = "confirmed",
	[ACCOUNT_MAIL_REFUSED] = "refused",
};

enum account_mail_state
api_mail_state(struct request *rq, struct buf *address)
{
	struct account_row	a;
	unsigned char		salt[SALT_LEN];
	struct err		none;

	/* A restored backup may lack the address that its tables tell of. */
	if (lookup_account(rq->db, rq->who.actor.account, &a, &none) != 0 ||
	    a.email < ACCOUNT_MAIL_GIVEN || a.email > ACCOUNT_MAIL_REFUSED ||
	    account_mail_address(rq->db, a.id, address, salt, &none) != 0)
		return ACCOUNT_MAIL_NONE;
	return (enum account_mail_state)a.email;
}

void
api_mail_json(struct request *rq, struct buf *b)
{
	struct buf	address = BUF_INIT;
	int		mails = (int)db_int(rq->db, 0, "SELECT mails FROM "
			    "account WHERE num = ?", "i",
			    rq->who.actor.account);

	buf_key(b, "email");
	buf_addc(b, '{');
	buf_kv_bool(b, "available", rq->server->mail != NULL);
	buf_kv_str(b, "state", api_mail_states[api_mail_state(rq,
	    &address)]);
	buf_kv_str(b, "address", address.len > 0 ? buf_str(&address) : NULL);
	buf_kv_bool(b, "held", (mails & ACCOUNT_MAIL_HELD) != 0);
	buf_kv_bool(b, "replies", (mails & ACCOUNT_MAIL_REPLIES) != 0);
	buf_addc(b, '}');
	buf_free(&address);
}

int
api_mail_sends(const struct request *rq, struct err *err)
{
	return rq->server->mail != NULL ? 0 : err_set(err, ERR_INVALID_FIELD,
	    "email", "This forum sends no e-mail");
}

int
api_mail(struct request *rq, struct err *err)
{
	(void)err;
	request_object(rq);
	api_mail_json(rq, &rq->out);
	request_object_end(rq);
	return 0;
}

static int
api_mail_changed(struct request *rq, struct command *cmd, struct err *err)
{
	(void)cmd;
	return api_mail(rq, err);
}

int
api_mail_set(struct request *rq, struct err *err)
{
	json_t	*email = json_object_get(rq->body, "email");

	if (api_mail_sends(rq, err) != 0)
		return -1;
	return request_submit(rq, "mail.set", email != NULL ? json_pack(
	    "{s:O}", "email", email) : json_object(), api_mail_changed, err);
}

int
api_mail_kinds(struct request *rq, struct err *err)
{
	static const char *const	 keys[] = { "held", "replies" };
	json_t				*args = json_object(), *v;
	size_t				 i;

	for (i = 0; i < 2; i++) {
		if ((v = json_object_get(rq->body, keys[i])) != NULL)
			json_object_set(args, keys[i], v);
	}
	return request_submit(rq, "mail.kinds", args, api_mail_changed, err);
}

int
api_mail_remove(struct request *rq, struct err *err)
{
	return request_submit(rq, "mail.remove", json_object(),
	    api_mail_changed, err);
}

/* ---- by a mail's link ---- */

static int
api_mail_done(struct request *rq, struct command *cmd, struct err *err)
{
	(void)err;
	request_object(rq);
	buf_kv_str(&rq->out, "done", cmd->kind->name);
	request_object_end(rq);
	return 0;
}

static int
api_mail_link(struct request *rq, const char *kind, struct err *err)
{
	json_t	*token = json_object_get(rq->body, "token");

	return request_submit(rq, kind, token != NULL ? json_pack("{s:O}",
	    "token", token) : json_object(), api_mail_done, err);
}

int
api_mail_confirm(struct request *rq, struct err *err)
{
	return api_mail_link(rq, "mail.confirm", err);
}

int
api_mail_stop(struct request *rq, struct err *err)
{
	return api_mail_link(rq, "mail.stop", err);
}
