/*
 * Escalations. See grave.h.
 *
 * escalation.close: escalation, outcome; "told" needs authority and told_at
 * and takes reference, "none" needs reason. Who said it and when they said
 * it is written down beside it. The words lie in content rows "g:<id>".
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "moderation/decision.h"
#include "moderation/grave.h"
#include "storage/base/unicode.h"

#define GRAVE_PEOPLE	50	/* told at once */
#define GRAVE_OPEN	16	/* escalations of one comment */

int
grave_time(const struct command *cmd, const char *key, bool required,
    int64_t *out, struct err *err)
{
	static const char *const	forms[] = { "%Y-%m-%dT%H:%M:%SZ",
					    "%Y-%m-%dT%H:%MZ",
					    "%Y-%m-%dT%H:%M", "%Y-%m-%d" };
	const char			*text, *end;
	struct tm			 tm;
	size_t				 i;

	*out = 0;
	if (command_str(cmd, key, required, &text, err) != 0)
		return -1;
	if (text == NULL || (*text == '\0' && !required))
		return 0;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		memset(&tm, 0, sizeof(tm));
		end = strptime(text, forms[i], &tm);
		if (end != NULL && *end == '\0' && tm.tm_year > 70) {
			*out = (int64_t)timegm(&tm) * 1000;
			return 0;
		}
	}
	return err_set(err, ERR_INVALID_FIELD, key,
	    "%s is a time like 2026-11-22T10:15:00Z", key);
}

int
grave_past(const struct turn *t, const struct command *cmd, const char *key,
    bool required, int64_t *out, struct err *err)
{
	if (grave_time(cmd, key, required, out, err) != 0)
		return -1;
	return *out <= t->now ? 0 : err_set(err, ERR_INVALID_FIELD, key,
	    "%s lies in the future", key);
}

int
grave_text(struct turn *t, const struct command *cmd, const char *key,
    bool required, const char *ref, json_t *prv, struct err *err)
{
	const char	*text;
	char		 hex[HASH_LEN * 2 + 1];

	if (command_str(cmd, key, required, &text, err) != 0)
		return -1;
	if (text == NULL || (!required && *text == '\0'))
		return 0;
	if (unicode_blank(text, strlen(text)) ||
	    unicode_count(text, strlen(text)) > 500)
		return err_set(err, ERR_INVALID_FIELD, key,
		    "%s has 1 to 500 characters", key);
	if (turn_content(t, ref, key, text, strlen(text), hex, err) != 0)
		return -1;
	json_object_set_new(prv, key, json_string(hex));
	return 0;
}

/* Everybody whose task it is to tell an authority. */
static int
grave_alarm(struct turn *t, const struct comment_row *c, struct err *err)
{
	struct stmt	*s;
	int		 rc = 0;

	s = db_query(t->db, "SELECT num FROM account WHERE roles & ? != 0 AND "
	    "erased_at IS NULL AND banned = 0 ORDER BY num LIMIT ?", "ii",
	    (int64_t)(ROLE_EDITOR | ROLE_ADMIN), (int64_t)GRAVE_PEOPLE);
	while (rc == 0 && stmt_step(s) == 1)
		rc = notice_emit(t, stmt_int(s, 0), "escalation", c, 0, 0, 0,
		    0, err);
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	return rc;
}

static bool
grave_clause(struct turn *t, const char *clause)
{
	const struct policy_clause	*row;
	struct rules			*r = house_get(turn_house(t));
	bool				 yes;

	row = policy_clause(r->policy, clause);
	yes = row != NULL && row->escalate;
	house_put(&r);
	return yes;
}

int
grave_raise(struct turn *t, const struct comment_row *c, const char *clause,
    struct err *err)
{
	char	id[ID_LEN + 1];
	int64_t	num;

	if (clause == NULL || !grave_clause(t, clause) ||
	    db_int(t->db, 0, "SELECT COUNT(*) FROM escalation WHERE thread = "
	    "? AND comment = ? AND clause = ? AND state != 'none'", "iis",
	    c->thread, c->num, clause) != 0)
		return 0;
	if (crypto_id(id, ID_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	num = lookup_next(t->db, "SELECT COALESCE(MAX(num), 0) + 1 FROM "
	    "escalation") + (int64_t)turn_staged(t, "escalation.opened");
	if (turn_emit(t, "escalation.opened", NULL, json_pack(
	    "{s:I, s:s, s:I, s:I, s:s}", "gnum", (json_int_t)num, "id", id,
	    "tnum", (json_int_t)c->thread, "num", (json_int_t)c->num,
	    "clause", clause), err) != 0)
		return -1;
	return grave_alarm(t, c, err);
}

int
grave_drop(struct turn *t, const struct comment_row *c, int64_t account,
    struct err *err)
{
	struct stmt	*s;
	int64_t		 open[GRAVE_OPEN];
	size_t		 i, n = 0;

	s = db_query(t->db, "SELECT num FROM escalation WHERE thread = ? AND "
	    "comment = ? AND state = 'open' ORDER BY num LIMIT ?", "iii",
	    c->thread, c->num, (int64_t)GRAVE_OPEN);
	while (n < GRAVE_OPEN && stmt_step(s) == 1)
		open[n++] = stmt_int(s, 0);
	if (stmt_done(s, err) != 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (turn_emit(t, "escalation.closed", NULL, json_pack(
		    "{s:I, s:I, s:s}", "gnum", (json_int_t)open[i],
		    "account", (json_int_t)account, "outcome", "none"),
		    err) != 0)
			return -1;
	}
	return 0;
}

/* The open escalation of a command, by its argument. */
static int
grave_find(struct turn *t, const struct command *cmd, const char **id,
    int64_t *num, struct err *err)
{
	struct stmt	*s;
	bool		 open = false;

	*num = 0;
	if (command_str(cmd, "escalation", true, id, err) != 0)
		return -1;
	s = db_query(t->db, "SELECT num, state = 'open' FROM escalation WHERE "
	    "id = ?", "s", *id);
	if (stmt_step(s) == 1) {
		*num = stmt_int(s, 0);
		open = stmt_int(s, 1);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	if (*num == 0)
		return err_set(err, ERR_NOT_FOUND, "escalation",
		    "There is no such escalation");
	return open ? 0 : err_set(err, ERR_STALE_VERSION, "escalation",
	    "It is closed already");
}

int
escalation_close(struct turn *t, struct command *cmd, struct err *err)
{
	const char	*id, *outcome;
	char		 ref[REF_MAX];
	int64_t		 num, told_at = 0;
	bool		 told;
	json_t		*prv;

	if (grave_find(t, cmd, &id, &num, err) != 0 ||
	    command_str(cmd, "outcome", true, &outcome, err) != 0)
		return -1;
	told = strcmp(outcome, "told") == 0;
	if (!told && strcmp(outcome, "none") != 0)
		return err_set(err, ERR_INVALID_FIELD, "outcome",
		    "The outcome is told or none");
	if (told && grave_past(t, cmd, "told_at", true, &told_at, err) != 0)
		return -1;
	ref_make(ref, 'g', id);
	prv = json_pack("{s:I, s:I, s:s}", "gnum", (json_int_t)num,
	    "account", (json_int_t)cmd->actor.account, "outcome", outcome);
	if (prv == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	if (grave_text(t, cmd, told ? "authority" : "reason", true, ref, prv,
	    err) != 0 || (told && grave_text(t, cmd, "reference", false, ref,
	    prv, err) != 0)) {
		json_decref(prv);
		return -1;
	}
	if (told)
		json_object_set_new(prv, "told_at", json_integer(told_at));
	cmd->status = 200;
	cmd->result = json_pack("{s:s}", "escalation", id);
	return turn_emit(t, "escalation.closed", NULL, prv, err);
}
