/*
 * Flags and appeals as JSON. Both are private matters: what is not the
 * asker's own is not there (404). A flag's own key opens it to whoever has
 * no account; it is sent as X-Flag-Key or, for links, as ?key=.
 */
#include <string.h>

#include "forumd/api.h"
#include "forumd/handlers.h"
#include "forumd/settings.h"
#include "moderation/account.h"
#include "moderation/appeal.h"

#define KEY_MAX	80

/* ---- flags ---- */

static int
api_flag_done(struct request *rq, struct command *cmd, struct err *err)
{
	(void)err;
	request_object(rq);
	buf_key(&rq->out, "flag");
	buf_addc(&rq->out, '{');
	buf_kv_str(&rq->out, "id", json_string_value(json_object_get(
	    cmd->result, "flag")));
	if (cmd->secret[0] != '\0' && !cmd->replayed)
		buf_kv_str(&rq->out, "key", cmd->secret);
	buf_addc(&rq->out, '}');
	if (json_is_true(json_object_get(cmd->result, "warned")))
		buf_kv_str(&rq->out, "warning", "Nearly all reports from this "
		    "address were unfounded; if it goes on, none will be taken "
		    "for a time");
	request_object_end(rq);
	return 0;
}

/* The host of an address in lower case; "" where there is none. */
static void
api_flag_host(const char *url, size_t len, char out[254])
{
	const char	*end = url + len, *p;
	size_t		 n = 0;

	for (p = url; p + 3 <= end && memcmp(p, "://", 3) != 0; p++)
		;
	p = p + 3 <= end ? p + 3 : url;
	while (p < end && n < 253 && strchr("/:?#", *p) == NULL) {
		out[n++] = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
		p++;
	}
	out[n] = '\0';
}

static bool
api_flag_ours(struct request *rq, const char *host)
{
	const char	*site;
	char		 ours[254];
	size_t		 i;

	api_flag_host(rq->http->host.p, rq->http->host.len, ours);
	if (strcmp(ours, host) == 0)
		return true;
	for (i = 0; (site = settings_item(rq->server->set, "sites",
	    i)) != NULL; i++) {
		api_flag_host(site, strlen(site), ours);
		if (strcmp(ours, host) == 0)
			return true;
	}
	return false;
}

void
api_flag_referrer(struct request *rq, json_t *args)
{
	const struct http_span	*f = http_field(rq->http, "referer");
	const json_t		*own = json_object_get(args, "referrer");
	char			 host[254] = "";

	if (own != NULL && !json_is_string(own))
		return;		/* refused as what it is */
	if (own != NULL)
		api_flag_host(json_string_value(own),
		    json_string_length(own), host);
	else if (f != NULL)
		api_flag_host(f->p, f->len, host);
	if (host[0] == '\0' || api_flag_ours(rq, host))
		json_object_del(args, "referrer");
	else
		json_object_set_new(args, "referrer", json_string(host));
}

int
api_flag(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "comment", rq->param[0], err);

	if (args != NULL)
		api_flag_referrer(rq, args);
	return args == NULL ? -1 : request_submit(rq, "flag.file", args,
	    api_flag_done, err);
}

/* The key that came with the request, "" for none. */
static int
api_flag_key(struct request *rq, char key[KEY_MAX], struct err *err)
{
	const struct http_span	*f = http_field(rq->http, "x-flag-key");
	const char		*form = request_field(rq, "key");

	if (form != NULL && strlen(form) < KEY_MAX) {
		memcpy(key, form, strlen(form) + 1);
		return 0;
	}
	if (f == NULL)
		return request_param(rq, "key", key, KEY_MAX, err) < 0 ? -1 :
		    0;
	if (f->len >= KEY_MAX)
		return err_set(err, ERR_INVALID_FIELD, "key",
		    "This is not a flag's key");
	memcpy(key, f->p, f->len);
	key[f->len] = '\0';
	return 0;
}

static bool
api_flag_opens(struct request *rq, const char *key, struct stmt *s)
{
	struct hash	 h;
	const void	*stored;
	size_t		 len;

	if (rq->who.actor.account != 0 &&
	    stmt_int(s, 1) == rq->who.actor.account)
		return true;
	stored = stmt_blob(s, 2, &len);
	if (key[0] == '\0' || len != HASH_LEN)
		return false;
	account_secret_hash(key, &h);
	return crypto_equal(h.b, stored, HASH_LEN);
}

/* "explanation": the words of the decision that answered it, or null. */
static int
api_explanation(struct request *rq, int64_t dnum, struct err *err)
{
	struct decision_row	d;
	struct buf		text = BUF_INIT;
	char			ref[REF_MAX];
	int			rc = 1;

	if (dnum != 0) {
		if (lookup_decision(rq->db, dnum, &d, err) != 0)
			return -1;
		ref_make(ref, 'd', d.id);
		rc = lookup_content(rq->db, ref, "explanation", &text, NULL,
		    err);
	}
	buf_key(&rq->out, "explanation");
	if (rc == 0)
		buf_json(&rq->out, text.data, text.len);
	else
		buf_adds(&rq->out, "null");
	buf_free(&text);
	return rc < 0 ? -1 : 0;
}

int
api_flag_one(struct request *rq, struct err *err)
{
	struct stmt	*s;
	struct buf	*b = &rq->out;
	char		 key[KEY_MAX];
	bool		 found = false;
	int64_t		 dnum = 0;

	if (api_flag_key(rq, key, err) != 0)
		return -1;
	s = db_query(rq->db, "SELECT f.id, f.account, f.key_hash, f.state, "
	    "f.filed_at, f.decided_at, f.decision, c.id, f.clause, f.legal, "
	    "p.id, p.state FROM flag f LEFT JOIN comment c ON c.thread = "
	    "f.thread AND c.num = f.comment LEFT JOIN appeal p ON p.flag = "
	    "f.num WHERE f.id = ?", "s", rq->param[0]);
	if (stmt_step(s) == 1 && api_flag_opens(rq, key, s)) {
		found = true;
		request_object(rq);
		buf_kv_str(b, "id", stmt_text(s, 0));
		buf_kv_str(b, "comment", stmt_str(s, 7));
		buf_kv_str(b, "clause", stmt_text(s, 8));
		buf_kv_bool(b, "notice", stmt_int(s, 9) != 0);
		buf_kv_str(b, "state", stmt_text(s, 3));
		buf_kv_time(b, "filed_at", stmt_int(s, 4));
		buf_kv_time(b, "decided_at", stmt_int(s, 5));
		dnum = stmt_int(s, 6);
		buf_key(b, "appeal");
		if (stmt_null(s, 10))
			buf_adds(b, "null");
		else {
			buf_addc(b, '{');
			buf_kv_str(b, "id", stmt_text(s, 10));
			buf_kv_str(b, "state", stmt_text(s, 11));
			buf_addc(b, '}');
		}
	}
	if (stmt_done(s, err) != 0)
		return -1;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "There is no such flag");
	if (api_explanation(rq, dnum, err) != 0)
		return -1;
	request_object_end(rq);
	return 0;
}

/* ---- appeals ---- */

static int
api_appeal_done(struct request *rq, struct command *cmd, struct err *err)
{
	(void)err;
	request_object(rq);
	buf_key(&rq->out, "appeal");
	buf_addc(&rq->out, '{');
	buf_kv_str(&rq->out, "id", json_string_value(json_object_get(
	    cmd->result, "appeal")));
	buf_kv_str(&rq->out, "state", "open");
	buf_addc(&rq->out, '}');
	request_object_end(rq);
	return 0;
}

/* Only these members: a body cannot name another target. */
static int
api_appeal_file(struct request *rq, const char *about, const char *key,
    struct err *err)
{
	json_t	*args, *grounds;

	if (!json_is_object(rq->body))
		return err_set(err, ERR_BAD_JSON, NULL,
		    "The body is not a JSON object");
	args = json_pack("{s:s}", about, rq->param[0]);
	if (args == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	if ((grounds = json_object_get(rq->body, "grounds")) != NULL)
		json_object_set(args, "grounds", grounds);
	if (key != NULL && key[0] != '\0')
		json_object_set_new(args, "key", json_string(key));
	return request_submit(rq, "appeal.file", args, api_appeal_done, err);
}

int
api_comment_appeal(struct request *rq, struct err *err)
{
	return api_appeal_file(rq, "comment", NULL, err);
}

int
api_sanction_appeal(struct request *rq, struct err *err)
{
	return api_appeal_file(rq, "sanction", NULL, err);
}

int
api_flag_appeal(struct request *rq, struct err *err)
{
	char	key[KEY_MAX];

	if (api_flag_key(rq, key, err) != 0)
		return -1;
	return api_appeal_file(rq, "flag", key, err);
}

/* May the asker read this appeal? Whoever filed it, and staff. */
static bool
api_appeal_mine(struct request *rq, const struct appeal_row *a,
    struct err *err)
{
	struct stmt	*s;
	char		 key[KEY_MAX];
	bool		 mine = false;

	if (rq->who.actor.account != 0 &&
	    (a->account == rq->who.actor.account ||
	    (rq->who.actor.roles & ROLE_STAFF) != 0))
		return true;
	if (a->flag == 0 || api_flag_key(rq, key, err) != 0)
		return false;
	s = db_query(rq->db, "SELECT id, account, key_hash FROM flag WHERE "
	    "num = ?", "i", a->flag);
	if (stmt_step(s) == 1)
		mine = api_flag_opens(rq, key, s);
	return stmt_done(s, err) == 0 && mine;
}

int
api_appeal_one(struct request *rq, struct err *err)
{
	struct appeal_row	 a;
	struct buf		 words = BUF_INIT, *b = &rq->out;
	struct stmt		*s;
	char			 ref[REF_MAX];
	int			 rc;

	if (appeal_lookup(rq->db, rq->param[0], &a, err) != 0)
		return -1;
	if (!api_appeal_mine(rq, &a, err))
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "There is no such appeal");
	ref_make(ref, 'p', a.id);
	rc = lookup_content(rq->db, ref, "explanation", &words, NULL, err);
	if (rc < 0)
		return -1;
	request_object(rq);
	buf_kv_str(b, "id", a.id);
	buf_kv_str(b, "state", a.state);
	buf_kv_time(b, "filed_at", a.filed_at);
	s = db_query(rq->db, "SELECT decided_at, decider, log_index, "
	    "decided_index FROM appeal WHERE num = ?", "i", a.num);
	if (stmt_step(s) == 1) {
		buf_kv_time(b, "decided_at", stmt_int(s, 0));
		buf_kv_str(b, "decided_by", stmt_str(s, 1));
		buf_kv_int(b, "log_index", stmt_int(s, 2));
		if (!stmt_null(s, 3))
			buf_kv_int(b, "decided_index", stmt_int(s, 3));
	}
	if (stmt_done(s, err) != 0)
		rc = -1;
	if (rc == 0)
		buf_kv_str(b, "explanation", buf_str(&words));
	else
		buf_kv_null(b, "explanation");
	buf_clear(&words);
	buf_addf(&words, "%s %s", tr(rq->locale, "statement.out_of_court"),
	    tr(rq->locale, "statement.court"));
	buf_kv_str(b, "further_redress", buf_str(&words));
	request_object_end(rq);
	buf_free(&words);
	return rc < 0 ? -1 : 0;
}
