/*
 * Orders of authorities: to act against illegal content (Art. 9) and to give
 * information (Art. 10 of Regulation (EU) 2022/2065), with the times that
 * have to be accounted for. See commands.h.
 *
 * order.receive: type, member_state, received_at, authority, reference and
 * the comment that it is about, where it is about one.
 * order.answer: order, and acted_at, told_at (when the authority was told
 * what came of it), effect; each may be given when it is known. An effect
 * that is not "given" is no less an answer: the authority was told why.
 *
 * Who ordered and under which reference lies in content rows "o:<id>".
 */
#include <stdio.h>
#include <string.h>

#include "moderation/grave.h"

static const char *const order_types[] = { "act", "information" };
static const char *const order_effects[] = { "given", "partly", "refused" };

/* Member states, as the EU's database writes them. */
static const char	order_states[] = " AT BE BG CY CZ DE DK EE ES FI FR "
			    "GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK ";

static bool
order_word(const char *const *words, size_t n, const char *word)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		if (strcmp(words[i], word) == 0)
			return true;
	}
	return false;
}

static int
order_read(const struct command *cmd, const char **type, const char **state,
    struct err *err)
{
	char	word[8];

	if (command_str(cmd, "type", true, type, err) != 0 ||
	    command_str(cmd, "member_state", true, state, err) != 0)
		return -1;
	if (!order_word(order_types, 2, *type))
		return err_set(err, ERR_INVALID_FIELD, "type",
		    "The type is act or information");
	snprintf(word, sizeof(word), " %.3s ", *state);
	if (strlen(*state) != 2 || strstr(order_states, word) == NULL)
		return err_set(err, ERR_INVALID_FIELD, "member_state",
		    "A member state has a code of two letters, such as RO");
	return 0;
}

/* The comment it is about, where it names one. */
static int
order_about(struct turn *t, const struct command *cmd, json_t *prv,
    struct err *err)
{
	struct comment_row	 c;
	const char		*comment;

	if (command_str(cmd, "comment", false, &comment, err) != 0)
		return -1;
	if (comment == NULL || *comment == '\0')
		return 0;
	if (lookup_comment(t->db, comment, &c, err) != 0)
		return -1;
	json_object_set_new(prv, "tnum", json_integer(c.thread));
	json_object_set_new(prv, "num", json_integer(c.num));
	return 0;
}

int
order_receive(struct turn *t, struct command *cmd, struct err *err)
{
	const char	*type, *state;
	char		 id[ID_LEN + 1], ref[REF_MAX];
	int64_t		 received;
	json_t		*prv;

	if (order_read(cmd, &type, &state, err) != 0 ||
	    grave_past(t, cmd, "received_at", true, &received, err) != 0)
		return -1;
	if (crypto_id(id, ID_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	ref_make(ref, 'o', id);
	prv = json_pack("{s:I, s:s, s:I, s:s, s:s, s:I}", "onum",
	    (json_int_t)lookup_next(t->db, "SELECT COALESCE(MAX(num), 0) + 1 "
	    "FROM mandate"), "id", id, "account",
	    (json_int_t)cmd->actor.account, "type", type, "state", state,
	    "received_at", (json_int_t)received);
	if (prv == NULL || order_about(t, cmd, prv, err) != 0 ||
	    grave_text(t, cmd, "authority", true, ref, prv, err) != 0 ||
	    grave_text(t, cmd, "reference", false, ref, prv, err) != 0) {
		json_decref(prv);
		return prv == NULL ? err_set(err, ERR_STORAGE_UNAVAILABLE,
		    NULL, "Out of memory") : -1;
	}
	cmd->status = 201;
	cmd->result = json_pack("{s:s}", "order", id);
	return turn_emit(t, "order.received", NULL, prv, err);
}

/* A time of the answer: not before the order came. */
static int
order_after(const struct turn *t, const struct command *cmd, const char *key,
    int64_t received, json_t *prv, struct err *err)
{
	int64_t	at;

	if (grave_past(t, cmd, key, false, &at, err) != 0)
		return -1;
	if (at == 0)
		return 0;
	if (at < received)
		return err_set(err, ERR_INVALID_FIELD, key,
		    "%s lies before the order came", key);
	json_object_set_new(prv, key, json_integer(at));
	return 0;
}

static int
order_effect(const struct command *cmd, json_t *prv, struct err *err)
{
	const char	*effect;

	if (command_str(cmd, "effect", false, &effect, err) != 0)
		return -1;
	if (effect == NULL || *effect == '\0')
		return 0;
	if (!order_word(order_effects, 3, effect))
		return err_set(err, ERR_INVALID_FIELD, "effect",
		    "The effect is given, partly or refused");
	json_object_set_new(prv, "effect", json_string(effect));
	return 0;
}

int
order_answer(struct turn *t, struct command *cmd, struct err *err)
{
	const char	*id;
	struct stmt	*s;
	int64_t		 num = 0, received = 0;
	json_t		*prv;

	if (command_str(cmd, "order", true, &id, err) != 0)
		return -1;
	s = db_query(t->db, "SELECT num, received_at FROM mandate WHERE id = "
	    "?", "s", id);
	if (stmt_step(s) == 1) {
		num = stmt_int(s, 0);
		received = stmt_int(s, 1);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	if (num == 0)
		return err_set(err, ERR_NOT_FOUND, "order",
		    "There is no such order");
	prv = json_pack("{s:I, s:I}", "onum", (json_int_t)num, "account",
	    (json_int_t)cmd->actor.account);
	if (prv == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	if (order_after(t, cmd, "acted_at", received, prv, err) != 0 ||
	    order_after(t, cmd, "told_at", received, prv, err) != 0 ||
	    order_effect(cmd, prv, err) != 0) {
		json_decref(prv);
		return -1;
	}
	if (json_object_size(prv) == 2) {
		json_decref(prv);
		return err_set(err, ERR_INVALID_FIELD, "effect",
		    "Say what was done: acted_at, told_at or effect");
	}
	cmd->status = 200;
	cmd->result = json_pack("{s:s}", "order", id);
	return turn_emit(t, "order.answered", NULL, prv, err);
}
