/*
 * Rows by public names. See lookup.h for the contract.
 */
#include <stdio.h>
#include <string.h>

#include "moderation/lookup.h"
#include "storage/base/unicode.h"

static void
lookup_copy(char *out, size_t size, const char *s)
{
	snprintf(out, size, "%s", s == NULL ? "" : s);
}

/* Ends a lookup: found, none (404 naming the field) or failed. */
static int
lookup_end(struct stmt *s, int found, const char *field, const char *what,
    struct err *err)
{
	if (stmt_done(s, err) != 0)
		return -1;
	if (found == 1)
		return 0;
	return err_set(err, ERR_NOT_FOUND, field, "There is no such %s", what);
}

#define THREAD_COLUMNS	"num, id, slug, site, mode, closes_at, "	       \
			"restriction IS NOT NULL, posted, version"

static int
lookup_thread_row(struct stmt *s, struct thread_row *out, struct err *err)
{
	int	found;

	memset(out, 0, sizeof(*out));
	if ((found = stmt_step(s)) == 1) {
		out->num = stmt_int(s, 0);
		lookup_copy(out->id, sizeof(out->id), stmt_str(s, 1));
		lookup_copy(out->slug, sizeof(out->slug), stmt_str(s, 2));
		lookup_copy(out->site, sizeof(out->site), stmt_str(s, 3));
		lookup_copy(out->mode, sizeof(out->mode), stmt_str(s, 4));
		out->closes_at = stmt_int(s, 5);
		out->restricted = stmt_int(s, 6);
		out->posted = stmt_int(s, 7);
		out->version = stmt_int(s, 8);
	}
	return lookup_end(s, found, "thread", "thread", err);
}

int
lookup_thread(struct db *db, const char *slug, struct thread_row *out,
    struct err *err)
{
	return lookup_thread_row(db_query(db, "SELECT " THREAD_COLUMNS
	    " FROM thread WHERE slug = ?", "s", slug), out, err);
}

int
lookup_thread_num(struct db *db, int64_t num, struct thread_row *out,
    struct err *err)
{
	return lookup_thread_row(db_query(db, "SELECT " THREAD_COLUMNS
	    " FROM thread WHERE num = ?", "i", num), out, err);
}

#define COMMENT_COLUMNS	"thread, num, account, parent, id, state, "	       \
	"author_kind, held_clause, language, depth, revision, version, "       \
	"created_at, edited_at, log_index, decide_by, removed_by, decision, "  \
	"held_at, flagged_at, withdrawn_at IS NOT NULL, erased_by IS NOT "     \
	"NULL, quarantined, held_unchecked, ever_removed, question, "	       \
	"flags_open, flags_weight"

static int
lookup_comment_row(struct stmt *s, struct comment_row *out, struct err *err)
{
	int	found;

	memset(out, 0, sizeof(*out));
	if ((found = stmt_step(s)) == 1) {
		out->thread = stmt_int(s, 0);
		out->num = stmt_int(s, 1);
		out->account = stmt_int(s, 2);
		out->parent = stmt_int(s, 3);
		lookup_copy(out->id, sizeof(out->id), stmt_str(s, 4));
		lookup_copy(out->state, sizeof(out->state), stmt_str(s, 5));
		lookup_copy(out->author_kind, sizeof(out->author_kind),
		    stmt_str(s, 6));
		lookup_copy(out->held_clause, sizeof(out->held_clause),
		    stmt_str(s, 7));
		lookup_copy(out->language, sizeof(out->language),
		    stmt_str(s, 8));
		out->depth = stmt_int(s, 9);
		out->revision = stmt_int(s, 10);
		out->version = stmt_int(s, 11);
		out->created_at = stmt_int(s, 12);
		out->edited_at = stmt_int(s, 13);
		out->log_index = stmt_int(s, 14);
		out->decide_by = stmt_int(s, 15);
		out->removed_by = stmt_int(s, 16);
		out->decision = stmt_int(s, 17);
		out->held_at = stmt_int(s, 18);
		out->flagged_at = stmt_int(s, 19);
		out->withdrawn = stmt_int(s, 20);
		out->erased = stmt_int(s, 21);
		out->quarantined = stmt_int(s, 22);
		out->held_unchecked = stmt_int(s, 23);
		out->ever_removed = stmt_int(s, 24);
		out->question = stmt_int(s, 25);
		out->flags_open = stmt_int(s, 26);
		out->flags_weight = stmt_int(s, 27);
	}
	return lookup_end(s, found, "comment", "comment", err);
}

int
lookup_comment(struct db *db, const char *id, struct comment_row *out,
    struct err *err)
{
	return lookup_comment_row(db_query(db, "SELECT " COMMENT_COLUMNS
	    " FROM comment WHERE id = ?", "s", id), out, err);
}

int
lookup_comment_num(struct db *db, int64_t thread, int64_t num,
    struct comment_row *out, struct err *err)
{
	return lookup_comment_row(db_query(db, "SELECT " COMMENT_COLUMNS
	    " FROM comment WHERE thread = ? AND num = ?", "ii", thread, num),
	    out, err);
}

#define ACCOUNT_COLUMNS	"a.num, a.id, a.kind, a.person, a.official, a.site, "  \
	"a.language, a.roles, a.epoch, a.created_at, a.posted, a.approved, "   \
	"a.removed, a.flags_upheld, a.flags_rejected, a.muted_until, "	       \
	"a.suspended_until, a.flags_until, a.banned, a.erased_at IS NOT "      \
	"NULL, a.totp, a.email, a.unread, a.mails"

static int
lookup_account_row(struct stmt *s, struct account_row *out, struct err *err)
{
	int	found;

	memset(out, 0, sizeof(*out));
	if ((found = stmt_step(s)) == 1) {
		out->num = stmt_int(s, 0);
		lookup_copy(out->id, sizeof(out->id), stmt_str(s, 1));
		lookup_copy(out->kind, sizeof(out->kind), stmt_str(s, 2));
		lookup_copy(out->person, sizeof(out->person), stmt_str(s, 3));
		lookup_copy(out->official, sizeof(out->official),
		    stmt_str(s, 4));
		lookup_copy(out->site, sizeof(out->site), stmt_str(s, 5));
		lookup_copy(out->language, sizeof(out->language),
		    stmt_str(s, 6));
		out->roles = stmt_int(s, 7);
		out->epoch = stmt_int(s, 8);
		out->created_at = stmt_int(s, 9);
		out->posted = stmt_int(s, 10);
		out->approved = stmt_int(s, 11);
		out->removed = stmt_int(s, 12);
		out->flags_upheld = stmt_int(s, 13);
		out->flags_rejected = stmt_int(s, 14);
		out->muted_until = stmt_int(s, 15);
		out->suspended_until = stmt_int(s, 16);
		out->flags_until = stmt_int(s, 17);
		out->banned = stmt_int(s, 18);
		out->erased = stmt_int(s, 19);
		out->totp = stmt_int(s, 20);
		out->email = stmt_int(s, 21);
		out->unread = stmt_int(s, 22);
		out->mails = stmt_int(s, 23);
	}
	return lookup_end(s, found, "account", "account", err);
}

int
lookup_account(struct db *db, int64_t num, struct account_row *out,
    struct err *err)
{
	return lookup_account_row(db_query(db, "SELECT " ACCOUNT_COLUMNS
	    " FROM account a WHERE num = ?", "i", num), out, err);
}

int
lookup_account_id(struct db *db, const char *id, struct account_row *out,
    struct err *err)
{
	return lookup_account_row(db_query(db, "SELECT " ACCOUNT_COLUMNS
	    " FROM account a WHERE id = ?", "s", id), out, err);
}

int
lookup_account_key(struct db *db, const struct hash *key,
    struct account_row *out, struct err *err)
{
	return lookup_account_row(db_query(db, "SELECT " ACCOUNT_COLUMNS
	    " FROM account a WHERE key_hash = ?", "b", (const void *)key->b,
	    (size_t)HASH_LEN), out, err);
}

int
lookup_account_name(struct db *db, const char *name, struct account_row *out,
    struct err *err)
{
	struct buf	key = BUF_INIT;
	int		rc;

	memset(out, 0, sizeof(*out));
	if ((rc = unicode_name_key(&key, name, strlen(name), err)) == 0)
		rc = lookup_account_row(db_query(db, "SELECT " ACCOUNT_COLUMNS
		    " FROM name_key k JOIN account a ON a.num = k.account "
		    "WHERE k.key = ?", "t", (const char *)key.data, key.len),
		    out, err);
	buf_free(&key);
	return rc;
}

int
lookup_decision(struct db *db, int64_t num, struct decision_row *out,
    struct err *err)
{
	struct stmt	*s;
	int		 found;

	memset(out, 0, sizeof(*out));
	s = db_query(db, "SELECT num, thread, comment, sanction, account, at, "
	    "since, version, log_index, COALESCE(reverses, -1), reversed_by, "
	    "appeal_until, id, action, clause, decider, appeal, policy, "
	    "source, auto_decision, auto_detection, undone, redacted, "
	    "conceal, canned FROM decision WHERE num = ?", "i", num);
	if ((found = stmt_step(s)) == 1) {
		out->num = stmt_int(s, 0);
		out->thread = stmt_int(s, 1);
		out->comment = stmt_int(s, 2);
		out->sanction = stmt_int(s, 3);
		out->account = stmt_int(s, 4);
		out->at = stmt_int(s, 5);
		out->since = stmt_int(s, 6);
		out->version = stmt_int(s, 7);
		out->log_index = stmt_int(s, 8);
		out->reverses = stmt_int(s, 9);
		out->reversed_by = stmt_int(s, 10);
		out->appeal_until = stmt_int(s, 11);
		lookup_copy(out->id, sizeof(out->id), stmt_str(s, 12));
		lookup_copy(out->action, sizeof(out->action), stmt_str(s, 13));
		lookup_copy(out->clause, sizeof(out->clause), stmt_str(s, 14));
		lookup_copy(out->decider, sizeof(out->decider),
		    stmt_str(s, 15));
		lookup_copy(out->appeal, sizeof(out->appeal), stmt_str(s, 16));
		lookup_copy(out->policy, sizeof(out->policy), stmt_str(s, 17));
		lookup_copy(out->source, sizeof(out->source), stmt_str(s, 18));
		lookup_copy(out->automated, sizeof(out->automated),
		    stmt_str(s, 19));
		out->automatic = stmt_int(s, 20);
		out->undone = stmt_int(s, 21);
		out->redacted = stmt_int(s, 22);
		out->conceal = stmt_int(s, 23);
		out->canned = stmt_int(s, 24);
	}
	return lookup_end(s, found, "decision", "decision", err);
}

int
lookup_content(struct db *db, const char *ref, const char *field,
    struct buf *out, unsigned char *salt, struct err *err)
{
	struct stmt	*s;
	const void	*p;
	size_t		 len;
	int		 found;

	s = db_query(db, "SELECT bytes, salt FROM content WHERE ref = ? AND "
	    "field = ?", "ss", ref, field);
	if ((found = stmt_step(s)) == 1) {
		p = stmt_blob(s, 0, &len);
		buf_add(out, p, len);
		p = stmt_blob(s, 1, &len);
		if (salt != NULL && len == 32)
			memcpy(salt, p, 32);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	return found == 1 ? 0 : 1;
}

void
ref_make(char out[REF_MAX], char kind, const char *id)
{
	snprintf(out, REF_MAX, "%c:%s", kind, id);
}

void
ref_comment(char out[REF_MAX], const char *id, int revision)
{
	snprintf(out, REF_MAX, "c:%s:%d", id, revision);
}

int64_t
lookup_next(struct db *db, const char *sql)
{
	return db_int(db, 1, sql, "");
}

int
lookup_standing(struct db *db, const struct account_row *a, int64_t now,
    struct err *err)
{
	const char	*kind = NULL;
	int64_t		 until = 0;
	char		 id[ID_MAX] = "";
	struct stmt	*s;
	struct buf	 b = BUF_INIT;

	if (a->erased)
		return err_set(err, ERR_SIGN_IN_REQUIRED, NULL,
		    "This account was erased");
	if (a->banned)
		kind = "ban";
	else if (a->suspended_until > now)
		kind = "suspend", until = a->suspended_until;
	else if (a->muted_until > now)
		kind = "mute", until = a->muted_until;
	if (kind == NULL)
		return 0;
	s = db_query(db, "SELECT id FROM sanction WHERE account = ? AND kind "
	    "= ? AND state = 'active' ORDER BY num DESC LIMIT 1", "is", a->num,
	    kind);
	if (stmt_step(s) == 1)
		lookup_copy(id, sizeof(id), stmt_str(s, 0));
	stmt_done(s, NULL);
	if (until != 0)
		buf_time(&b, until);
	else
		buf_adds(&b, "further notice");
	err_set(err, ERR_SANCTIONED, NULL, "This account may not write until "
	    "%s; the statement is at /api/v1/sanctions/%s/statement",
	    buf_str(&b), id);
	buf_free(&b);
	return -1;
}
