/*
 * Readers' flags and notices of illegality. See commands.h.
 *
 * Arguments: comment, clause, note; a notice has legal_ground, explanation,
 * good_faith, name and email beside them. Anyone may file, once a comment
 * (and once more as a notice of illegality).
 *
 * Each flag has a weight by its sender's record, in whole numbers. Weight
 * only ever holds a comment, at the policy's flags.hold_weight, and never
 * one that a person has approved as it stands. Under a clause with
 * flags_to_hold that many flags hold whatever they weigh. Many plain flags
 * from one network, from fresh accounts or of people sent by one site within
 * minutes lose their weight and nothing else: they stay in the queue, and
 * notices keep theirs. The site that sent somebody (argument "referrer", a
 * host) is kept as a keyed digest alone.
 */
#include <stdio.h>
#include <string.h>

#include "moderation/account.h"
#include "moderation/account_mail.h"
#include "moderation/decision.h"
#include "moderation/flag.h"
#include "moderation/misuse.h"
#include "storage/base/unicode.h"

#define DAY_MS		86400000LL

struct flag {
	struct comment_row	 comment;
	struct account_row	 account;	/* num 0: nobody we know */
	const char		*clause, *note, *ground, *explanation;
	const char		*name, *email, *language;
	bool			 good_faith, legal, brigade, counted;
	int			 weight, harm;
	char			 flagger[HASH_LEN * 2 + 1];
	char			 network[HASH_LEN * 2 + 1];
	struct hash		 referrer;	/* keyed, of the host */
	bool			 referred, warned;
};

static int
flag_text(const struct command *cmd, const char *key, long max,
    const char **out, struct err *err)
{
	long	n;

	if (command_str(cmd, key, false, out, err) != 0)
		return -1;
	if (*out == NULL)
		return 0;
	n = unicode_count(*out, strlen(*out));
	if (n < 0 || n > max)
		return err_set(err, ERR_INVALID_FIELD, key,
		    "%s has at most %ld characters", key, max);
	return 0;
}

static int
flag_read(const struct command *cmd, struct flag *f, struct err *err)
{
	if (command_str(cmd, "clause", true, &f->clause, err) != 0 ||
	    flag_text(cmd, "note", 1000, &f->note, err) != 0 ||
	    flag_text(cmd, "legal_ground", 500, &f->ground, err) != 0 ||
	    flag_text(cmd, "explanation", 2000, &f->explanation, err) != 0 ||
	    flag_text(cmd, "name", 200, &f->name, err) != 0 ||
	    flag_text(cmd, "email", 254, &f->email, err) != 0 ||
	    command_bool(cmd, "good_faith", false, &f->good_faith, err) != 0)
		return -1;
	if (cmd->actor.language[0] != '\0')
		f->language = cmd->actor.language;
	f->legal = (f->ground != NULL && *f->ground != '\0') ||
	    (f->explanation != NULL && *f->explanation != '\0') ||
	    f->good_faith;
	return 0;
}

/* What a notice of illegality must hold; name and address may be left out
 * where the law lets them be: offences against children. */
static int
flag_notice(const struct flag *f, const struct policy_clause *clause,
    struct err *err)
{
	bool	child = strcmp(clause->category,
		    "STATEMENT_CATEGORY_PROTECTION_OF_MINORS") == 0;

	if (f->ground == NULL || *f->ground == '\0')
		return err_set(err, ERR_INVALID_FIELD, "legal_ground",
		    "Name the law that it breaks");
	if (f->explanation == NULL || *f->explanation == '\0')
		return err_set(err, ERR_INVALID_FIELD, "explanation",
		    "Say why it is illegal");
	if (!f->good_faith)
		return err_set(err, ERR_INVALID_FIELD, "good_faith",
		    "Confirm that what you say is accurate and complete");
	if (f->email != NULL && *f->email != '\0' &&
	    account_mail_check(f->email, err) != 0)
		return -1;
	if (child)
		return 0;
	if (f->name == NULL || *f->name == '\0')
		return err_set(err, ERR_INVALID_FIELD, "name",
		    "A notice of illegality needs your name");
	if (f->email == NULL || *f->email == '\0')
		return err_set(err, ERR_INVALID_FIELD, "email",
		    "A notice of illegality needs your e-mail address");
	return 0;
}

/* Where they came from, without telling where. */
static int
flag_referrer(struct turn *t, const struct command *cmd, struct flag *f,
    struct err *err)
{
	const char	*host;

	if (command_str(cmd, "referrer", false, &host, err) != 0)
		return -1;
	if (host == NULL || *host == '\0')
		return 0;
	if (strlen(host) > 253)
		return err_set(err, ERR_INVALID_FIELD, "referrer",
		    "A host has at most 253 characters");
	house_hmac(turn_house(t), "referrer", host, strlen(host),
	    &f->referrer);
	f->referred = true;
	return 0;
}

/* Who files: account where there is one, keyed address where it is known. */
static int
flag_sender(struct turn *t, const struct command *cmd, struct flag *f,
    struct err *err)
{
	struct buf	hex = BUF_INIT;

	if (cmd->actor.addressed) {
		buf_hex(&hex, cmd->actor.address.b, HASH_LEN);
		buf_hex(&hex, cmd->actor.network.b, HASH_LEN);
		if (buf_failed(&hex))
			return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "Out of memory");
		memcpy(f->flagger, hex.data, HASH_LEN * 2);
		memcpy(f->network, hex.data + HASH_LEN * 2, HASH_LEN * 2);
		buf_free(&hex);
	}
	if (cmd->actor.account == 0)
		return !cmd->actor.addressed ? 0 : misuse_address(t,
		    &cmd->actor.address, &f->warned, err);
	if (lookup_account(t->db, cmd->actor.account, &f->account, err) != 0)
		return -1;
	if (f->account.num == f->comment.account)
		return err_set(err, ERR_OWN_CASE, NULL,
		    "Nobody flags a comment of one's own: withdraw it");
	return misuse_refused(t, &f->account, err);
}

/* The flag that the same person has on it already: its id, or "". */
static int
flag_first(struct turn *t, const struct command *cmd, const struct flag *f,
    char id[ID_MAX], struct err *err)
{
	struct stmt	*s;

	id[0] = '\0';
	if (f->account.num == 0 && !cmd->actor.addressed)
		return 0;
	s = f->account.num != 0 ? db_query(t->db, "SELECT id FROM flag WHERE "
	    "thread = ? AND comment = ? AND legal = ? AND account = ? ORDER "
	    "BY num LIMIT 1", "iiii", f->comment.thread, f->comment.num,
	    (int64_t)f->legal, f->account.num) :
	    db_query(t->db, "SELECT id FROM flag WHERE thread = ? AND comment "
	    "= ? AND legal = ? AND account = 0 AND flagger = ? ORDER BY num "
	    "LIMIT 1", "iiib", f->comment.thread, f->comment.num,
	    (int64_t)f->legal, (const void *)cmd->actor.address.b,
	    (size_t)HASH_LEN);
	if (stmt_step(s) == 1)
		snprintf(id, ID_MAX, "%s", stmt_text(s, 0));
	return stmt_done(s, err);
}

static bool
flag_newcomer(const struct turn *t, const struct policy *p,
    const struct account_row *a)
{
	return a->created_at + policy_number(p, "newcomer.days") * DAY_MS >
	    t->now || a->approved < policy_number(p, "newcomer.comments");
}

/* By the sender's kind, then by how often former flags were upheld: none
 * decided leaves the base, all rejected lets it sink towards nothing. */
static int
flag_weight(const struct turn *t, const struct policy *p,
    const struct account_row *a)
{
	int64_t	up = a->flags_upheld, down = a->flags_rejected;
	long	base;

	if (a->num == 0 || *a->kind == 'g')
		base = policy_number(p, "flags.weight_guest");
	else if (up >= 3 && up > 3 * down)
		base = policy_number(p, "flags.weight_trusted");
	else if (flag_newcomer(t, p, a))
		base = policy_number(p, "flags.weight_newcomer");
	else
		base = policy_number(p, "flags.weight_member");
	return (int)(base * (up + 2) / (up + down + 2));
}

/* Beyond so many a day a person's flags have no weight of their own. */
static bool
flag_too_many(const struct turn *t, const struct command *cmd,
    const struct policy *p, const struct flag *f)
{
	int64_t	n, since = t->now - DAY_MS;

	if (f->account.num != 0)
		n = db_int(t->db, 0, "SELECT COUNT(*) FROM flag WHERE account "
		    "= ? AND filed_at > ?", "ii", f->account.num, since);
	else if (cmd->actor.addressed)
		n = db_int(t->db, 0, "SELECT COUNT(*) FROM flag WHERE flagger "
		    "= ? AND filed_at > ?", "bi",
		    (const void *)cmd->actor.address.b, (size_t)HASH_LEN,
		    since);
	else
		n = 0;
	return n >= policy_number(p, "flags.per_person_day");
}

/* Is this one of many from one network, by fresh accounts, or of people whom
 * one site sent? */
static bool
flag_is_brigade(const struct turn *t, const struct command *cmd,
    const struct policy *p, const struct flag *f)
{
	long	many = policy_number(p, "flags.brigade_accounts");
	int64_t	since = t->now -
		    policy_number(p, "flags.brigade_minutes") * 60000;
	int64_t	near = 0, sent = 0, fresh;
	bool	own = f->account.num == 0 ||
		    f->account.created_at > t->now - DAY_MS;

	if (db_int(t->db, 0, "SELECT brigade FROM comment WHERE thread = ? "
	    "AND num = ?", "ii", f->comment.thread, f->comment.num) != 0)
		return true;
	if (cmd->actor.addressed)
		near = 1 + db_int(t->db, 0, "SELECT COUNT(*) FROM flag WHERE "
		    "thread = ? AND comment = ? AND filed_at >= ? AND legal = "
		    "0 AND network = ?", "iiib", f->comment.thread,
		    f->comment.num, since,
		    (const void *)cmd->actor.network.b, (size_t)HASH_LEN);
	if (f->referred)
		sent = 1 + db_int(t->db, 0, "SELECT COUNT(*) FROM flag WHERE "
		    "thread = ? AND comment = ? AND filed_at >= ? AND legal = "
		    "0 AND referrer = ?", "iiib", f->comment.thread,
		    f->comment.num, since, (const void *)f->referrer.b,
		    (size_t)HASH_LEN);
	fresh = own + db_int(t->db, 0, "SELECT COUNT(*) FROM flag f LEFT JOIN "
	    "account a ON a.num = f.account WHERE f.thread = ? AND f.comment "
	    "= ? AND f.filed_at >= ? AND f.legal = 0 AND (f.account = 0 OR "
	    "a.created_at > ?)", "iiii", f->comment.thread, f->comment.num,
	    since, t->now - DAY_MS);
	return near >= many || sent >= many || (own && fresh >= many);
}

void
flag_key(const struct house *h, const char *id, char out[FLAG_KEY])
{
	struct hash	mac;
	struct buf	hex = BUF_INIT;

	house_hmac(h, "flag-key", id, strlen(id), &mac);
	buf_hex(&hex, mac.b, (FLAG_KEY - 1) / 2);
	snprintf(out, FLAG_KEY, "%s", buf_str(&hex));
	buf_free(&hex);
}

/* Stages a text of the flag where there is one, its commitment into prv. */
static int
flag_content(struct turn *t, const char *ref, const char *field,
    const char *text, json_t *prv, struct err *err)
{
	char	hex[HASH_LEN * 2 + 1];

	if (text == NULL || *text == '\0')
		return 0;
	if (turn_content(t, ref, field, text, strlen(text), hex, err) != 0)
		return -1;
	json_object_set_new(prv, field, json_string(hex));
	return 0;
}

static json_t *
flag_members(const struct flag *f, int64_t fnum, const char *id,
    const char *key_hash)
{
	struct buf	 hex = BUF_INIT;
	json_t		*prv;

	prv = json_pack("{s:I, s:s, s:I, s:I, s:i, s:I, s:s, s:i, s:i, s:i, "
	    "s:s}", "fnum", (json_int_t)fnum, "id", id, "tnum",
	    (json_int_t)f->comment.thread, "num", (json_int_t)f->comment.num,
	    "version", f->comment.revision, "account",
	    (json_int_t)f->account.num, "clause", f->clause, "weight",
	    f->weight, "counted", (int)f->counted, "harm", f->harm,
	    "key_hash", key_hash);
	if (f->legal) {
		json_object_set_new(prv, "legal", json_integer(1));
		json_object_set_new(prv, "good_faith", json_integer(1));
	}
	if (f->brigade)
		json_object_set_new(prv, "brigade", json_integer(1));
	if (f->language != NULL)
		json_object_set_new(prv, "language",
		    json_string(f->language));
	if (f->flagger[0] != '\0') {
		json_object_set_new(prv, "flagger", json_string(f->flagger));
		json_object_set_new(prv, "network", json_string(f->network));
	}
	if (f->referred) {
		buf_hex(&hex, f->referrer.b, HASH_LEN);
		json_object_set_new(prv, "referrer",
		    json_string(buf_str(&hex)));
		buf_free(&hex);
	}
	return prv;
}

static int
flag_emit(struct turn *t, struct command *cmd, const struct flag *f,
    struct err *err)
{
	struct buf	hex = BUF_INIT;
	struct hash	hash;
	char		ref[REF_MAX], id[ID_LEN + 1];
	json_t		*prv;

	if (crypto_id(id, ID_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	flag_key(turn_house(t), id, cmd->secret);
	account_secret_hash(cmd->secret, &hash);
	buf_hex(&hex, hash.b, HASH_LEN);
	prv = flag_members(f, lookup_next(t->db,
	    "SELECT COALESCE(MAX(num), 0) + 1 FROM flag"), id, buf_str(&hex));
	buf_free(&hex);
	ref_make(ref, 'f', id);
	if (prv == NULL || flag_content(t, ref, "note", f->note, prv,
	    err) != 0 || (f->legal &&
	    (flag_content(t, ref, "ground", f->ground, prv, err) != 0 ||
	    flag_content(t, ref, "explanation", f->explanation, prv,
	    err) != 0 || flag_content(t, ref, "name", f->name, prv,
	    err) != 0 || flag_content(t, ref, "email", f->email, prv,
	    err) != 0))) {
		json_decref(prv);
		return prv == NULL ? err_set(err, ERR_STORAGE_UNAVAILABLE,
		    NULL, "Out of memory") : -1;
	}
	cmd->status = 201;
	cmd->result = json_pack("{s:s, s:b}", "flag", id, "warned",
	    (int)f->warned);
	return turn_emit(t, "flag.filed", NULL, prv, err);
}

/* Does it reach what holds the comment, this flag counted? A person's word
 * on the same version stands against weight; under a clause with a count of
 * its own only a person's answer to that clause does. */
static bool
flag_reaches(struct turn *t, const struct policy *p,
    const struct policy_clause *clause, const struct flag *f)
{
	const struct comment_row	*c = &f->comment;
	int64_t				 approved, weight;
	long				 hold;

	if (clause->flags_to_hold > 0 && db_int(t->db, 0, "SELECT COUNT(*) "
	    "FROM flag WHERE thread = ? AND comment = ? AND clause = ? AND "
	    "version = ? AND state = 'rejected'", "iisi", c->thread, c->num,
	    f->clause, (int64_t)c->revision) == 0)
		return 1 + db_int(t->db, 0, "SELECT COUNT(*) FROM flag WHERE "
		    "thread = ? AND comment = ? AND clause = ? AND state = "
		    "'open'", "iis", c->thread, c->num, f->clause) >=
		    clause->flags_to_hold;
	approved = db_int(t->db, 0, "SELECT COALESCE(approved_at, 0) FROM "
	    "comment WHERE thread = ? AND num = ?", "ii", c->thread, c->num);
	if (approved != 0 && approved >= c->edited_at)
		return false;
	hold = policy_number(p, "flags.hold_weight");
	weight = f->brigade ? db_int(t->db, 0, "SELECT COALESCE(SUM(weight), "
	    "0) FROM flag WHERE thread = ? AND comment = ? AND state = 'open' "
	    "AND legal = 1", "ii", c->thread, c->num) : c->flags_weight;
	return hold > 0 && weight + (f->counted ? f->weight : 0) >= hold;
}

static int
flag_judge(struct turn *t, struct command *cmd, const struct policy *p,
    struct flag *f, struct err *err)
{
	const struct policy_clause	*clause = policy_clause(p, f->clause);

	if (clause == NULL)
		return err_set(err, ERR_INVALID_FIELD, "clause",
		    "The house rules have no such clause");
	if (f->legal && flag_notice(f, clause, err) != 0)
		return -1;
	f->harm = clause->harm;
	f->weight = flag_weight(t, p, &f->account);
	f->brigade = !f->legal && flag_is_brigade(t, cmd, p, f);
	f->counted = f->legal ||
	    (!f->brigade && !flag_too_many(t, cmd, p, f));
	if (flag_emit(t, cmd, f, err) != 0)
		return -1;
	if (!flag_reaches(t, p, clause, f))
		return 0;
	return decision_hold(t, &f->comment, f->clause, t->now +
	    clause->decide_within_minutes * 60000LL, false, clause->harm,
	    false, err);
}

int
flag_file(struct turn *t, struct command *cmd, struct err *err)
{
	struct flag	 f;
	struct rules	*r;
	const char	*id;
	char		 first[ID_MAX];
	int		 rc;

	memset(&f, 0, sizeof(f));
	if (command_str(cmd, "comment", true, &id, err) != 0 ||
	    lookup_comment(t->db, id, &f.comment, err) != 0 ||
	    flag_read(cmd, &f, err) != 0 ||
	    flag_referrer(t, cmd, &f, err) != 0 ||
	    flag_sender(t, cmd, &f, err) != 0 ||
	    flag_first(t, cmd, &f, first, err) != 0)
		return -1;
	if (first[0] != '\0') {
		cmd->status = 200;
		cmd->result = json_pack("{s:s}", "flag", first);
		return 0;
	}
	if (strcmp(f.comment.state, "visible") != 0)
		return err_set(err, ERR_NOT_FOUND, "comment",
		    "There is no such comment to be read");
	if (limits_take(house_limits(turn_house(t)), LIMIT_FLAG, &cmd->actor,
	    &cmd->retry_after, err) != 0)
		return -1;
	r = house_get(turn_house(t));
	rc = flag_judge(t, cmd, r->policy, &f, err);
	house_put(&r);
	return rc == 0 ? misuse_weigh(t, f.account.num, err) : -1;
}
