/*
 * Retention: what was kept long enough goes. See commands.h.
 *
 * deadline.retain takes one bounded step through the tables below. How long
 * is the policy's, public at /policy: a change of it is a change of rules.
 * Texts of withdrawn and removed comments go by an entry comment.erased;
 * words beside comments (notes, names and addresses of flaggers, grounds of
 * appeals, private notes to authors) by dropping the content row, which
 * leaves entry and commitment as they were.
 */
#include <stdio.h>
#include <string.h>

#include "moderation/account_mail.h"
#include "moderation/deadline.h"

#define DAY_MS	86400000LL

/* Comments whose text goes: as long after the moment that the parameter is
 * compared with as the number says; NULL: as soon as it has passed. */
static const struct {
	const char	*number;	/* of the policy: days */
	const char	*sql;
} deadline_texts[] = {
	{ "retention.withdrawn_text_days",
	    "SELECT thread, num FROM comment WHERE erased_by IS NULL AND "
	    "state IN ('withdrawn', 'removed') AND state = 'withdrawn' AND "
	    "withdrawn_at < ? LIMIT ?" },
	{ "retention.removed_text_days",
	    "SELECT c.thread, c.num FROM comment c JOIN decision d ON d.num = "
	    "c.removed_by WHERE c.erased_by IS NULL AND c.state IN "
	    "('withdrawn', 'removed') AND c.state = 'removed' AND "
	    "c.quarantined = 0 AND d.at < ? AND d.appeal != 'open' LIMIT ?" },
	{ NULL,
	    "SELECT c.thread, c.num FROM comment c JOIN quarantine q ON "
	    "q.thread = c.thread AND q.num = c.num JOIN decision d ON d.num = "
	    "c.removed_by WHERE c.erased_by IS NULL AND c.state IN "
	    "('withdrawn', 'removed') AND c.state = 'removed' AND "
	    "c.quarantined = 1 AND q.preserve_until < ? AND d.appeal != "
	    "'open' LIMIT ?" },
};

/* Content rows that go: ref and field of each. */
static const struct {
	const char	*number;
	const char	*sql;
} deadline_words[] = {
	{ "retention.address_days",
	    "SELECT n.ref, n.field FROM content n JOIN flag f ON f.id = "
	    "substr(n.ref, 3) WHERE n.ref >= 'f:' AND n.ref < 'f;' AND "
	    "n.field IN ('name', 'email') AND f.decided_at < ? LIMIT ?" },
	{ "retention.flag_note_days",
	    "SELECT n.ref, n.field FROM content n JOIN flag f ON f.id = "
	    "substr(n.ref, 3) WHERE n.ref >= 'f:' AND n.ref < 'f;' AND "
	    "f.decided_at < ? LIMIT ?" },
	{ "window.appeal_days",
	    "SELECT n.ref, n.field FROM content n JOIN appeal a ON a.id = "
	    "substr(n.ref, 3) WHERE n.ref >= 'p:' AND n.ref < 'p;' AND "
	    "n.field = 'grounds' AND a.decided_at < ? LIMIT ?" },
	{ "window.appeal_days",
	    "SELECT n.ref, n.field FROM content n JOIN decision d ON d.id = "
	    "substr(n.ref, 3) WHERE n.ref >= 'd:' AND n.ref < 'd;' AND "
	    "n.field = 'note' AND d.at < ? AND d.appeal != 'open' LIMIT ?" },
};

#define DEADLINE_TEXTS	(sizeof(deadline_texts) / sizeof(deadline_texts[0]))
#define DEADLINE_WORDS	(sizeof(deadline_words) / sizeof(deadline_words[0]))

static int64_t
deadline_retain_before(struct turn *t, const char *number)
{
	struct rules	*r;
	int64_t		 days;

	if (number == NULL)
		return t->now;
	r = house_get(turn_house(t));
	days = policy_number(r->policy, number);
	house_put(&r);
	return t->now - days * DAY_MS;
}

static int
deadline_retain_text(struct turn *t, int64_t thread, int64_t num,
    struct err *err)
{
	struct comment_row	c;
	char			ref[REF_MAX];
	int			i;

	if (lookup_comment_num(t->db, thread, num, &c, err) != 0)
		return -1;
	for (i = 1; i <= c.revision; i++) {
		ref_comment(ref, c.id, i);
		if (turn_drop_content(t, ref, NULL, err) != 0)
			return -1;
	}
	return turn_emit(t, "comment.erased", json_pack("{s:I, s:s}", "ref",
	    (json_int_t)c.log_index, "by", "retention"), json_pack(
	    "{s:I, s:I, s:i}", "tnum", (json_int_t)thread, "num",
	    (json_int_t)num, "revisions", c.revision), err);
}

static int
deadline_retain_texts(struct turn *t, size_t row, int *n, struct err *err)
{
	struct stmt	*s;
	int		 rc = 0;

	s = db_query(t->db, deadline_texts[row].sql, "ii",
	    deadline_retain_before(t, deadline_texts[row].number),
	    (int64_t)DEADLINE_MAX);
	while (rc == 0 && stmt_step(s) == 1) {
		++*n;
		rc = deadline_retain_text(t, stmt_int(s, 0), stmt_int(s, 1),
		    err);
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	return rc;
}

static int
deadline_retain_words(struct turn *t, size_t row, int *n, struct err *err)
{
	struct stmt	*s;
	int		 rc = 0, dropped = 0;

	s = db_query(t->db, deadline_words[row].sql, "ii",
	    deadline_retain_before(t, deadline_words[row].number),
	    (int64_t)DEADLINE_MAX);
	while (rc == 0 && stmt_step(s) == 1) {
		dropped++;
		rc = turn_drop_content(t, stmt_text(s, 0), stmt_text(s, 1),
		    err);
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0 || rc != 0)
		return -1;
	*n += dropped;
	return dropped == 0 ? 0 : turn_emit(t, "retention.applied", NULL,
	    json_pack("{s:s, s:i}", "what", deadline_words[row].number, "n",
	    dropped), err);
}

int
deadline_retain(struct turn *t, struct command *cmd, struct err *err)
{
	size_t	row;
	int	texts = 0, words = 0;

	for (row = 0; row < DEADLINE_TEXTS; row++) {
		if (deadline_retain_texts(t, row, &texts, err) != 0)
			return -1;
	}
	for (row = 0; row < DEADLINE_WORDS; row++) {
		if (deadline_retain_words(t, row, &words, err) != 0)
			return -1;
	}
	if (account_mail_forget(t, deadline_retain_before(t,
	    "retention.unconfirmed_days"), DEADLINE_MAX, &words, err) != 0)
		return -1;
	cmd->status = 200;
	cmd->result = json_pack("{s:i, s:i, s:b}", "texts", texts, "words",
	    words, "more", texts >= DEADLINE_MAX || words >= DEADLINE_MAX);
	return 0;
}
