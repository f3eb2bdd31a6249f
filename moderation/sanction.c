/*
 * Sanctions: warn, mute, suspend, ban, and not taking flags for a while. See
 * commands.h.
 *
 * sanction.impose: member, kind, until (RFC 3339), clause, explanation,
 * canned. A sanction is a decision like any other: clause, explanation,
 * notice, appeal, public entry; the entry names neither person nor thread.
 * sanction.end: sanction; lifts it. One that has run out is ended by the
 * clock (deadline.c).
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "moderation/decision.h"
#include "moderation/sanction.h"

#define DAY_MS	86400000LL

static const struct {
	const char	*name;
	bool		 until;		/* needs an end */
} sanction_kinds[] = {
	{ "warn",		false },
	{ "mute",		true },
	{ "suspend",		true },
	{ "ban",		false },
	{ "suspend_flags",	true },
};

#define SANCTION_KINDS	(sizeof(sanction_kinds) / sizeof(sanction_kinds[0]))

int
sanction_until(const char *text, int64_t *out)
{
	struct tm	 tm;
	const char	*end;

	memset(&tm, 0, sizeof(tm));
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (end != NULL && end[0] == '.' && end[1] >= '0' && end[1] <= '9')
		end += 1 + strspn(end + 1, "0123456789");
	if (end == NULL || (strcmp(end, "Z") != 0 &&
	    strcmp(end, "+00:00") != 0))
		return -1;
	*out = (int64_t)timegm(&tm) * 1000;
	return 0;
}

/* The kind's row and the end asked for, 0 for none. */
static int
sanction_read(struct turn *t, const struct command *cmd, const char **kind,
    int64_t *until, struct err *err)
{
	const char	*text;
	size_t		 i;

	*until = 0;
	if (command_str(cmd, "kind", true, kind, err) != 0 ||
	    command_str(cmd, "until", false, &text, err) != 0)
		return -1;
	for (i = 0; i < SANCTION_KINDS; i++) {
		if (strcmp(sanction_kinds[i].name, *kind) == 0)
			break;
	}
	if (i == SANCTION_KINDS)
		return err_set(err, ERR_INVALID_FIELD, "kind", "The kind is "
		    "warn, mute, suspend, ban or suspend_flags");
	if (text != NULL && sanction_until(text, until) != 0)
		return err_set(err, ERR_INVALID_FIELD, "until",
		    "until is a time like 2026-12-24T18:00:00Z");
	if (text != NULL && *until <= t->now)
		return err_set(err, ERR_INVALID_FIELD, "until",
		    "until has passed");
	if (text == NULL && sanction_kinds[i].until)
		return err_set(err, ERR_INVALID_FIELD, "until",
		    "Say until when");
	return 0;
}

/* The sanctioned person's own words cannot be quoted: there are none. But
 * nobody passes judgement on oneself. */
static int
sanction_may(struct turn *t, const struct command *cmd,
    const struct account_row *a, struct err *err)
{
	char	mine[ID_MAX], theirs[ID_MAX];

	if (decision_person(t->db, cmd->actor.account, mine, err) != 0 ||
	    decision_person(t->db, a->num, theirs, err) != 0)
		return -1;
	if (strcmp(mine, theirs) == 0)
		return err_set(err, ERR_OWN_CASE, NULL,
		    "Nobody sanctions oneself");
	if ((a->roles & ROLE_STAFF) != 0 && cmd->actor.kind == ACTOR_MEMBER &&
	    (cmd->actor.roles & ROLE_ADMIN) == 0)
		return err_set(err, ERR_ROLE_REQUIRED, "member",
		    "Only an admin sanctions staff");
	return 0;
}

/* The public half: the end by its date alone. */
static json_t *
sanction_pub(struct turn *t, const struct sanction *s, const char *hex)
{
	struct rules	*r = house_get(turn_house(t));
	time_t		 end = (time_t)(s->until / 1000);
	char		 date[16] = "";
	struct tm	 tm;
	json_t		*pub;

	if (s->until != 0) {
		gmtime_r(&end, &tm);
		strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	}
	pub = json_pack("{s:s, s:s*, s:s, s:s, s:s, s:s}", "kind", s->kind,
	    "until", date[0] != '\0' ? date : NULL, "clause", s->clause,
	    "policy", policy_digest(r->policy), "decider", s->decider,
	    "explanation", hex);
	house_put(&r);
	return pub;
}

int
sanction_emit(struct turn *t, const struct sanction *s, char id[ID_MAX],
    struct err *err)
{
	char		 ref[REF_MAX], did[ID_LEN + 1], who[PSEUDONYM_LEN + 1];
	char		 hex[HASH_LEN * 2 + 1];
	int64_t		 snum, dnum = decision_next(t);
	struct sanction	 own = *s;
	struct rules	*r;
	json_t		*prv;
	long		 days;

	snum = lookup_next(t->db, "SELECT COALESCE(MAX(num), 0) + 1 FROM "
	    "sanction") + (int64_t)turn_staged(t, "sanction");
	if (crypto_id(id, ID_LEN) != 0 || crypto_id(did, ID_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	if (own.decider == NULL) {
		if (decision_decider(t, s->by, id, who, err) != 0)
			return -1;
		own.decider = who;
	}
	ref_make(ref, 'd', did);
	if (turn_content(t, ref, "explanation", s->explanation,
	    strlen(s->explanation), hex, err) != 0)
		return -1;
	r = house_get(turn_house(t));
	days = policy_number(r->policy, "window.appeal_days");
	house_put(&r);
	prv = json_pack("{s:I, s:s, s:I, s:I, s:s, s:I, s:I, s:I}", "snum",
	    (json_int_t)snum, "id", id, "account", (json_int_t)s->account,
	    "dnum", (json_int_t)dnum, "did", did, "by", (json_int_t)s->by,
	    "since", (json_int_t)t->now, "appeal_until",
	    (json_int_t)(t->now + days * DAY_MS));
	if (s->until != 0)
		json_object_set_new(prv, "until_ms", json_integer(s->until));
	if (s->canned)
		json_object_set_new(prv, "canned", json_integer(1));
	if (turn_emit(t, "sanction", sanction_pub(t, &own, hex), prv,
	    err) != 0)
		return -1;
	return notice_emit(t, s->account, "sanction", NULL, dnum, 0, 0, snum,
	    err);
}

int
sanction_impose(struct turn *t, struct command *cmd, struct err *err)
{
	struct account_row	a;
	struct sanction		s;
	const char		*member;
	char			id[ID_MAX];

	memset(&s, 0, sizeof(s));
	if (command_str(cmd, "member", true, &member, err) != 0 ||
	    lookup_account_id(t->db, member, &a, err) != 0 ||
	    sanction_read(t, cmd, &s.kind, &s.until, err) != 0 ||
	    command_str(cmd, "clause", false, &s.clause, err) != 0 ||
	    command_str(cmd, "explanation", false, &s.explanation,
	    err) != 0 ||
	    command_bool(cmd, "canned", false, &s.canned, err) != 0 ||
	    sanction_may(t, cmd, &a, err) != 0 ||
	    decision_reason(t, s.clause, s.explanation, NULL, err) != 0)
		return -1;
	s.account = a.num;
	s.by = cmd->actor.account;
	if (sanction_emit(t, &s, id, err) != 0)
		return -1;
	cmd->status = 201;
	cmd->result = json_pack("{s:s}", "sanction", id);
	return 0;
}

int
sanction_end_emit(struct turn *t, int64_t snum, const char *cause,
    const char *decider, struct err *err)
{
	struct stmt	*s;
	json_t		*pub = NULL, *prv = NULL;

	s = db_query(t->db, "SELECT s.kind, s.clause, d.policy, s.account "
	    "FROM sanction s JOIN decision d ON d.num = s.decision WHERE "
	    "s.num = ?", "i", snum);
	if (stmt_step(s) == 1) {
		pub = json_pack("{s:s, s:s, s:s, s:s}", "kind",
		    stmt_text(s, 0), "clause", stmt_text(s, 1), "policy",
		    stmt_text(s, 2), "decider", decider);
		prv = json_pack("{s:I, s:I, s:s}", "snum", (json_int_t)snum,
		    "account", (json_int_t)stmt_int(s, 3), "cause", cause);
	}
	if (stmt_done(s, err) != 0) {
		json_decref(pub);
		json_decref(prv);
		return -1;
	}
	return turn_emit(t, "sanction.ended", pub, prv, err);
}

int
sanction_end(struct turn *t, struct command *cmd, struct err *err)
{
	struct stmt	*s;
	const char	*id;
	char		 who[PSEUDONYM_LEN + 1];
	int64_t		 snum = 0;
	bool		 active = false;

	if (command_str(cmd, "sanction", true, &id, err) != 0)
		return -1;
	s = db_query(t->db, "SELECT num, state = 'active' FROM sanction WHERE "
	    "id = ?", "s", id);
	if (stmt_step(s) == 1) {
		snum = stmt_int(s, 0);
		active = stmt_int(s, 1);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	if (snum == 0)
		return err_set(err, ERR_NOT_FOUND, "sanction",
		    "There is no such sanction");
	if (!active)
		return err_set(err, ERR_STALE_VERSION, "sanction",
		    "The sanction has ended");
	if (decision_decider(t, cmd->actor.account, id, who, err) != 0)
		return -1;
	cmd->status = 200;
	cmd->result = json_pack("{s:s}", "sanction", id);
	return sanction_end_emit(t, snum, "lifted", who, err);
}
