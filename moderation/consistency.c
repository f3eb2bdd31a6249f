/*
 * Agreement and rates. See consistency.h.
 *
 * Sources: E. B. Wilson, Probable inference, 1927 (the score interval); J.
 * Cohen, A coefficient of agreement for nominal scales, 1960 (kappa and its
 * large-sample standard error).
 */
#include <math.h>
#include <string.h>

#include "moderation/consistency.h"

#define Z95	1.959963984540054

void
consistency_wilson(struct consistency_rate *out, int64_t k, int64_t n)
{
	double	p, z2 = Z95 * Z95, centre, half, scale;

	memset(out, 0, sizeof(*out));
	out->k = k;
	out->n = n;
	if (n <= 0)
		return;
	p = (double)k / (double)n;
	scale = 1.0 + z2 / (double)n;
	centre = (p + z2 / (2.0 * (double)n)) / scale;
	half = Z95 * sqrt(p * (1.0 - p) / (double)n +
	    z2 / (4.0 * (double)n * (double)n)) / scale;
	out->defined = true;
	out->rate = p;
	out->low = k == 0 ? 0.0 : fmax(0.0, centre - half);
	out->high = k == n ? 1.0 : fmin(1.0, centre + half);
}

void
consistency_kappa(struct consistency_kappa *out, int64_t both, int64_t first,
    int64_t second, int64_t neither)
{
	double	n = (double)(both + first + second + neither), po, pe, se;

	memset(out, 0, sizeof(*out));
	out->n = both + first + second + neither;
	out->agreed = both + neither;
	if (out->n == 0)
		return;
	po = (double)out->agreed / n;
	pe = ((double)(both + first) * (double)(both + second) +
	    (double)(second + neither) * (double)(first + neither)) / (n * n);
	/* Both always gave the same one answer: nothing to compare. */
	if (1.0 - pe < 1e-12)
		return;
	se = sqrt(po * (1.0 - po) / n) / (1.0 - pe);
	out->defined = true;
	out->kappa = (po - pe) / (1.0 - pe);
	out->low = fmax(-1.0, out->kappa - Z95 * se);
	out->high = fmin(1.0, out->kappa + Z95 * se);
}

int
consistency_reviews(struct db *db, int64_t from, int64_t to,
    struct consistency_kappa *out, struct err *err)
{
	struct stmt	*s;
	int64_t		 cell[4] = { 0, 0, 0, 0 };

	s = db_query(db, "SELECT d.action = 'remove', r.action IN ('remove', "
	    "'quarantine'), COUNT(*) FROM review r JOIN decision d ON d.num = "
	    "r.decision WHERE r.at >= ? AND r.at < ? GROUP BY 1, 2", "ii",
	    from, to);
	while (stmt_step(s) == 1)
		cell[stmt_int(s, 0) * 2 + stmt_int(s, 1)] += stmt_int(s, 2);
	if (stmt_done(s, err) != 0)
		return -1;
	consistency_kappa(out, cell[3], cell[2], cell[1], cell[0]);
	return 0;
}

static const char *const consistency_words[CONSISTENCY_GROUPS] = {
	"newcomer", "regular", "reply", "top_level",
};

const char *
consistency_group_word(enum consistency_group g)
{
	return consistency_words[g];
}

int
consistency_removals(struct db *db, int64_t from, int64_t to,
    struct consistency_rate out[CONSISTENCY_GROUPS], struct err *err)
{
	struct stmt	*s;
	int64_t		 k[CONSISTENCY_GROUPS] = { 0 };
	int64_t		 n[CONSISTENCY_GROUPS] = { 0 };
	int		 g;

	s = db_query(db, "SELECT newcomer, parent != 0, COUNT(*), "
	    "SUM(ever_removed) FROM comment WHERE created_at >= ? AND "
	    "created_at < ? GROUP BY 1, 2", "ii", from, to);
	while (stmt_step(s) == 1) {
		g = stmt_int(s, 0) ? CONSISTENCY_NEWCOMER :
		    CONSISTENCY_REGULAR;
		n[g] += stmt_int(s, 2);
		k[g] += stmt_int(s, 3);
		g = stmt_int(s, 1) ? CONSISTENCY_REPLY : CONSISTENCY_TOP;
		n[g] += stmt_int(s, 2);
		k[g] += stmt_int(s, 3);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	for (g = 0; g < CONSISTENCY_GROUPS; g++)
		consistency_wilson(&out[g], k[g], n[g]);
	return 0;
}

/* One row of two counts. */
static int
consistency_two(struct stmt *s, struct consistency_rate *out,
    struct err *err)
{
	int64_t	k = 0, n = 0;

	if (stmt_step(s) == 1) {
		k = stmt_int(s, 0);
		n = stmt_int(s, 1);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	consistency_wilson(out, k, n);
	return 0;
}

int
consistency_language(struct db *db, int64_t from, int64_t to,
    const char *language, struct consistency_rate *out, struct err *err)
{
	return consistency_two(db_query(db, "SELECT SUM(ever_removed), "
	    "COUNT(*) FROM comment WHERE created_at >= ? AND created_at < ? "
	    "AND COALESCE(language, '') = ?", "iis", from, to, language), out,
	    err);
}

int
consistency_reversals(struct db *db, int64_t from, int64_t to,
    const char *clause, struct consistency_rate *out, struct err *err)
{
	return consistency_two(db_query(db, "SELECT SUM(appeal = 'reversed'), "
	    "COUNT(*) FROM decision WHERE at >= ?1 AND at < ?2 AND action NOT "
	    "IN ('approve', 'restore') AND undone = 0 AND (?3 IS NULL OR "
	    "clause = ?3)", "iis", from, to, clause), out, err);
}

/* The nearest-rank value at a share given in hundredths. */
static int64_t
consistency_rank(struct db *db, int64_t from, int64_t to, int64_t n,
    int64_t percent)
{
	int64_t	rank = (n * percent + 99) / 100;

	return db_int(db, 0, "SELECT (at - since) / 1000 AS wait FROM "
	    "decision WHERE at >= ? AND at < ? AND account > 0 AND comment IS "
	    "NOT NULL ORDER BY wait LIMIT 1 OFFSET ?", "iii", from, to,
	    rank > 0 ? rank - 1 : 0);
}

int
consistency_wait(struct db *db, int64_t from, int64_t to,
    struct consistency_times *out, struct err *err)
{
	struct stmt	*s;

	memset(out, 0, sizeof(*out));
	s = db_query(db, "SELECT COUNT(*) FROM decision WHERE at >= ? AND at "
	    "< ? AND account > 0 AND comment IS NOT NULL", "ii", from, to);
	if (stmt_step(s) == 1)
		out->n = stmt_int(s, 0);
	if (stmt_done(s, err) != 0)
		return -1;
	if (out->n == 0)
		return 0;
	out->median = consistency_rank(db, from, to, out->n, 50);
	out->p90 = consistency_rank(db, from, to, out->n, 90);
	out->p99 = consistency_rank(db, from, to, out->n, 99);
	return 0;
}
