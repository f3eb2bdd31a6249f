/*
 * Weighing what became of somebody's flags and appeals. See misuse.h.
 *
 * It is done when the next one is filed: nothing need be looked for by the
 * clock, and who stops is left alone. What can still be taken back does not
 * count yet, and each sanction begins the count anew. Staff are answerable
 * in other ways.
 */
#include <string.h>

#include "moderation/misuse.h"
#include "moderation/sanction.h"

#define DAY_MS	86400000LL

int
misuse_refused(struct turn *t, const struct account_row *a, struct err *err)
{
	struct buf	when = BUF_INIT;

	if (a->flags_until <= t->now)
		return 0;
	buf_time(&when, a->flags_until);
	err_set(err, ERR_SANCTIONED, NULL, "Flags and appeals of this account "
	    "are not taken until %s", buf_str(&when));
	buf_free(&when);
	return -1;
}

static int64_t
misuse_days_ago(const struct turn *t, const struct policy *p,
    const char *number)
{
	return t->now - policy_number(p, number) * DAY_MS;
}

/* Adds how many were decided in the time, and how many of them wrongly
 * filed. */
static int
misuse_add(struct stmt *s, int64_t *wrong, int64_t *all, struct err *err)
{
	if (stmt_step(s) == 1) {
		*wrong += stmt_int(s, 0);
		*all += stmt_int(s, 1);
	}
	return stmt_done(s, err);
}

static int
misuse_found(struct turn *t, const struct policy *p, int64_t account,
    bool *found, struct err *err)
{
	int64_t	wrong = 0, all = 0;
	int64_t	since = misuse_days_ago(t, p, "misuse.window_days");
	int64_t	until = t->now - policy_number(p, "window.undo_seconds") * 1000;
	int64_t	last = db_int(t->db, 0, "SELECT MAX(at) FROM sanction WHERE "
		    "account = ? AND clause = ?", "is", account,
		    MISUSE_CLAUSE);

	if (last > since)
		since = last;
	if (misuse_add(db_query(t->db, "SELECT TOTAL(state = 'rejected'), "
	    "COUNT(*) FROM flag WHERE account = ? AND state IN ('rejected', "
	    "'upheld') AND decided_at > ? AND decided_at <= ?", "iii",
	    account, since, until), &wrong, &all, err) != 0 ||
	    misuse_add(db_query(t->db, "SELECT TOTAL(state = 'upheld'), "
	    "COUNT(*) FROM appeal WHERE account = ? AND state IN ('upheld', "
	    "'reversed') AND decided_at > ? AND decided_at <= ?", "iii",
	    account, since, until), &wrong, &all, err) != 0)
		return -1;
	*found = wrong >= policy_number(p, "misuse.count") &&
	    wrong * 100 >= all * policy_number(p, "misuse.percent");
	return 0;
}

/* What an address filed without an account, and was decided since. */
static int
misuse_address_found(struct turn *t, const struct hash *address,
    int64_t since, int64_t *wrong, int64_t *all, struct err *err)
{
	if (misuse_add(db_query(t->db, "SELECT TOTAL(state = 'rejected'), "
	    "COUNT(*) FROM flag WHERE flagger = ? AND account = 0 AND state "
	    "IN ('rejected', 'upheld') AND decided_at > ?", "bi",
	    (const void *)address->b, (size_t)HASH_LEN, since), wrong, all,
	    err) != 0)
		return -1;
	return misuse_add(db_query(t->db, "SELECT TOTAL(a.state = 'upheld'), "
	    "COUNT(*) FROM flag f JOIN appeal a ON a.flag = f.num WHERE "
	    "f.flagger = ? AND f.account = 0 AND a.state IN ('upheld', "
	    "'reversed') AND a.decided_at > ?", "bi",
	    (const void *)address->b, (size_t)HASH_LEN, since), wrong, all,
	    err);
}

int
misuse_address(struct turn *t, const struct hash *address, bool *warned,
    struct err *err)
{
	struct rules	*r = house_get(turn_house(t));
	int64_t		 wrong = 0, all = 0, since, kept, last;
	long		 count, percent, days;

	since = misuse_days_ago(t, r->policy, "misuse.window_days");
	kept = misuse_days_ago(t, r->policy, "retention.address_days");
	count = policy_number(r->policy, "misuse.count");
	percent = policy_number(r->policy, "misuse.percent");
	days = policy_number(r->policy, "misuse.suspend_days");
	house_put(&r);
	since = kept > since ? kept : since;
	if (misuse_address_found(t, address, since, &wrong, &all, err) != 0)
		return -1;
	*warned = wrong >= count && wrong * 100 >= all * percent;
	if (!*warned || wrong < 2 * count)
		return 0;
	last = db_int(t->db, 0, "SELECT MAX(decided_at) FROM flag WHERE "
	    "flagger = ? AND account = 0 AND state = 'rejected'", "b",
	    (const void *)address->b, (size_t)HASH_LEN);
	return last + days * DAY_MS <= t->now ? 0 : err_set(err,
	    ERR_SANCTIONED, NULL, "Nearly all reports from this address were "
	    "unfounded: none is taken for %ld days", days);
}

/* Warned before, and the warning stands? */
static bool
misuse_warned(struct turn *t, const struct policy *p, int64_t account)
{
	return db_int(t->db, 0, "SELECT COUNT(*) FROM sanction WHERE account "
	    "= ? AND clause = ? AND state IN ('active', 'expired') AND at > "
	    "?", "isi", account, MISUSE_CLAUSE,
	    misuse_days_ago(t, p, "misuse.warning_days")) != 0;
}

static int
misuse_impose(struct turn *t, const struct policy *p,
    const struct account_row *a, struct err *err)
{
	struct sanction	s;
	char		id[ID_MAX];
	bool		found;

	if (policy_clause(p, MISUSE_CLAUSE) == NULL)
		return 0;
	if (misuse_found(t, p, a->num, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	memset(&s, 0, sizeof(s));
	s.account = a->num;
	s.clause = MISUSE_CLAUSE;
	s.explanation = policy_automatic(p, MISUSE_CLAUSE, a->language);
	s.decider = "automatic";
	s.kind = "warn";
	if (misuse_warned(t, p, a->num)) {
		s.kind = "suspend_flags";
		s.until = t->now + policy_number(p, "misuse.suspend_days") *
		    DAY_MS;
	}
	return sanction_emit(t, &s, id, err);
}

int
misuse_weigh(struct turn *t, int64_t account, struct err *err)
{
	struct account_row	 a;
	struct rules		*r;
	int			 rc;

	if (account == 0)
		return 0;
	if (lookup_account(t->db, account, &a, err) != 0)
		return -1;
	if ((a.roles & ROLE_STAFF) != 0)
		return 0;
	r = house_get(turn_house(t));
	rc = misuse_impose(t, r->policy, &a, err);
	house_put(&r);
	return rc;
}
