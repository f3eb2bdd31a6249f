/*
 * Commands and answers as JSON: one writer and one reader of each. See
 * relay.h for the contract.
 *
 *   {"do":"command","n":..,"kind":..,"actor":{..},"args":{..},"made":{..},
 *    "key":hex,"body":hex,"refused":{"thread":..,"error":{..}}}
 *   {"n":..,"status":..,"seq":..,"result":{..},"secret":..,"replayed":..,
 *    "retry_after":..,"error":{"code","field","text"},"moved":true}
 */
#include <string.h>

#include "forumd/relay.h"
#include "moderation/commands.h"

static void
relay_set_hash(json_t *o, const char *key, const struct hash *h)
{
	struct buf	hex = BUF_INIT;

	buf_hex(&hex, h->b, HASH_LEN);
	json_object_set_new(o, key, json_string(buf_str(&hex)));
	buf_free(&hex);
}

/* 1 there, 0 absent or no digest. */
static int
relay_get_hash(const json_t *o, const char *key, struct hash *h)
{
	const char	*hex = json_string_value(json_object_get(o, key));

	return hex != NULL && strlen(hex) == 2 * HASH_LEN &&
	    crypto_hex_decode(h->b, hex, 2 * HASH_LEN) == HASH_LEN;
}

/* A member out of the form: from here on the caller's alone, because another
 * thread will let go of it. NULL where there is none. */
static json_t *
relay_take(json_t *form, const char *key)
{
	json_t	*v = json_incref(json_object_get(form, key));

	json_object_del(form, key);
	return v;
}

static json_t *
relay_form_err(const struct err *err)
{
	return json_pack("{s:s, s:s, s:s}", "code", err_word(err->code),
	    "field", err->field, "text", err->text);
}

static void
relay_read_err(const json_t *o, struct err *err)
{
	const char	*code = NULL, *field = NULL, *text = NULL;
	enum err_code	 known;

	json_unpack((json_t *)(uintptr_t)o, "{s?s, s?s, s?s}", "code", &code,
	    "field", &field, "text", &text);
	known = err_find(code == NULL ? "" : code);
	err_set(err, known == ERR_NONE ? ERR_INTERNAL : known,
	    field == NULL || *field == '\0' ? NULL : field, "%s",
	    text == NULL ? "" : text);
}

static json_t *
relay_form_actor(const struct actor *a)
{
	json_t	*o = json_pack("{s:i, s:I, s:i, s:s}", "kind", (int)a->kind,
		    "account", (json_int_t)a->account, "roles",
		    (int)a->roles, "language", a->language);

	if (o != NULL && a->addressed) {
		relay_set_hash(o, "address", &a->address);
		relay_set_hash(o, "network", &a->network);
	}
	return o;
}

static int
relay_read_actor(const json_t *o, struct actor *a, struct err *err)
{
	json_int_t	 account;
	int		 kind, roles;
	const char	*language;

	memset(a, 0, sizeof(*a));
	if (json_unpack((json_t *)(uintptr_t)o, "{s:i, s:I, s:i, s:s}",
	    "kind", &kind, "account", &account, "roles", &roles, "language",
	    &language) != 0 || kind < ACTOR_ANONYMOUS ||
	    kind > ACTOR_SYSTEM || strlen(language) >= sizeof(a->language))
		return err_set(err, ERR_BAD_REQUEST, "actor",
		    "A command's actor cannot be read");
	a->kind = (enum actor_kind)kind;
	a->account = account;
	a->roles = (unsigned)roles;
	strcpy(a->language, language);
	a->addressed = relay_get_hash(o, "address", &a->address) &&
	    relay_get_hash(o, "network", &a->network);
	return 0;
}

json_t *
relay_form_command(const struct command *cmd, uint64_t number)
{
	json_t	*o;

	o = json_pack("{s:s, s:I, s:s, s:o, s:O}", "do", "command", "n",
	    (json_int_t)number, "kind", cmd->kind->name, "actor",
	    relay_form_actor(&cmd->actor), "args", cmd->args);
	if (o == NULL)
		return NULL;
	if (cmd->made != NULL)
		json_object_set(o, "made", cmd->made);
	if (cmd->keyed) {
		relay_set_hash(o, "key", &cmd->key);
		relay_set_hash(o, "body", &cmd->body);
	}
	if (cmd->refused)
		json_object_set_new(o, "refused", json_pack("{s:I, s:o}",
		    "thread", (json_int_t)cmd->refused_thread, "error",
		    relay_form_err(&cmd->err)));
	return o;
}

struct command *
relay_read_command(json_t *form, struct err *err)
{
	const struct command_kind	*kind;
	struct command			*cmd;
	struct actor			 actor;
	const char			*name;
	json_t				*args, *refused;

	name = json_string_value(json_object_get(form, "kind"));
	args = json_object_get(form, "args");
	if (name == NULL || (kind = commands_find(name)) == NULL ||
	    !json_is_object(args)) {
		err_set(err, ERR_BAD_REQUEST, "kind",
		    "There is no command %.60s", name == NULL ? "" : name);
		return NULL;
	}
	if (relay_read_actor(json_object_get(form, "actor"), &actor,
	    err) != 0)
		return NULL;
	cmd = command_new(kind, &actor, relay_take(form, "args"));
	if (cmd == NULL) {
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "Out of memory");
		return NULL;
	}
	cmd->made = relay_take(form, "made");
	cmd->keyed = relay_get_hash(form, "key", &cmd->key) &&
	    relay_get_hash(form, "body", &cmd->body);
	if ((refused = json_object_get(form, "refused")) != NULL) {
		cmd->refused = true;
		cmd->refused_thread = json_integer_value(
		    json_object_get(refused, "thread"));
		relay_read_err(json_object_get(refused, "error"), &cmd->err);
	}
	return cmd;
}

json_t *
relay_form_answer(const struct command *cmd, uint64_t number)
{
	json_t	*o;

	if (cmd->status == 0) {
		o = relay_form_refusal(&cmd->err, number, cmd->moved);
		if (o != NULL && cmd->retry_after > 0)
			json_object_set_new(o, "retry_after",
			    json_integer(cmd->retry_after));
		return o;
	}
	o = json_pack("{s:I, s:i, s:I, s:b, s:s}", "n", (json_int_t)number,
	    "status", cmd->status, "seq", (json_int_t)cmd->seq, "replayed",
	    cmd->replayed, "secret", cmd->secret);
	if (o != NULL && cmd->result != NULL)
		json_object_set(o, "result", cmd->result);
	return o;
}

json_t *
relay_form_refusal(const struct err *err, uint64_t number, bool moved)
{
	return json_pack("{s:I, s:i, s:o, s:b}", "n", (json_int_t)number,
	    "status", 0, "error", relay_form_err(err), "moved", moved);
}

void
relay_read_answer(json_t *form, struct command *cmd)
{
	const char	*secret;

	cmd->status = (int)json_integer_value(json_object_get(form,
	    "status"));
	cmd->moved = json_is_true(json_object_get(form, "moved"));
	cmd->retry_after = (int)json_integer_value(json_object_get(form,
	    "retry_after"));
	if (cmd->status == 0) {
		relay_read_err(json_object_get(form, "error"), &cmd->err);
		return;
	}
	memset(&cmd->err, 0, sizeof(cmd->err));
	cmd->seq = (uint64_t)json_integer_value(json_object_get(form,
	    "seq"));
	cmd->replayed = json_is_true(json_object_get(form, "replayed"));
	secret = json_string_value(json_object_get(form, "secret"));
	if (secret != NULL && strlen(secret) < sizeof(cmd->secret))
		strcpy(cmd->secret, secret);
	json_decref(cmd->result);
	cmd->result = relay_take(form, "result");
}
