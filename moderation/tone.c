/*
 * Drawing and coding. See tone.h.
 *
 * tone.draw: count (10 to 500), since (a time; by default 90 days ago).
 * tone.code: item, tone. Each text is coded by two persons, then it is done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/decision.h"
#include "moderation/grave.h"
#include "moderation/tone.h"

#define DAY_MS		86400000LL
#define TONE_POOL	100000	/* of the newest comments, at most */

static const char *const tone_words[] = { "praise", "criticism", "neutral",
    "unclear" };

const char *
tone_word(size_t i)
{
	return i < sizeof(tone_words) / sizeof(tone_words[0]) ?
	    tone_words[i] : NULL;
}

struct tone_drawn {
	struct hash	rank;
	int64_t		thread, num;
};

struct tone_sample {
	struct tone_drawn	*list;	/* sorted; owned */
	size_t			 n, max;
	unsigned char		 root[HASH_LEN];
};

/* Keeps the smallest. */
static void
tone_keep(struct tone_sample *s, const char *id, int64_t thread, int64_t num)
{
	const struct crypto_part	parts[] = { { s->root, HASH_LEN },
					    { id, strlen(id) } };
	struct tone_drawn		d = { .thread = thread, .num = num };
	size_t				i;

	crypto_sha256_parts(&d.rank, parts, 2);
	if (s->n == s->max && memcmp(d.rank.b, s->list[s->n - 1].rank.b,
	    HASH_LEN) >= 0)
		return;
	i = s->n < s->max ? s->n++ : s->n - 1;
	for (; i > 0 && memcmp(d.rank.b, s->list[i - 1].rank.b,
	    HASH_LEN) < 0; i--)
		s->list[i] = s->list[i - 1];
	s->list[i] = d;
}

/* The newest signed head; it has left the house before this is decided. */
static int
tone_head(struct turn *t, struct tone_sample *s, int64_t *size,
    struct err *err)
{
	struct stmt	*q;
	const void	*root;
	size_t		 len = 0;

	*size = 0;
	q = db_query(t->db, "SELECT size, root FROM head ORDER BY at DESC, "
	    "size DESC LIMIT 1", "");
	if (stmt_step(q) == 1) {
		*size = stmt_int(q, 0);
		root = stmt_blob(q, 1, &len);
		if (len == HASH_LEN)
			memcpy(s->root, root, HASH_LEN);
	}
	if (stmt_done(q, err) != 0)
		return -1;
	return len == HASH_LEN ? 0 : err_set(err, ERR_STORAGE_UNAVAILABLE,
	    NULL, "There is no signed head to draw by");
}

/* What was decided on or published, is still there, and was never drawn. */
static int
tone_pool(struct turn *t, struct tone_sample *s, int64_t since, int64_t size,
    struct err *err)
{
	struct stmt	*q;

	q = db_query(t->db, "SELECT c.id, c.thread, c.num FROM leaf l JOIN "
	    "comment c ON c.thread = l.thread AND c.num = l.comment WHERE "
	    "l.kind = 'comment.accepted' AND l.idx < ? AND c.created_at >= ? "
	    "AND c.state IN ('visible', 'removed') AND c.erased_by IS NULL "
	    "AND c.quarantined = 0 AND NOT EXISTS (SELECT 1 FROM tone_item i "
	    "WHERE i.thread = c.thread AND i.comment = c.num) ORDER BY l.idx "
	    "DESC LIMIT ?", "iii", size, since, (int64_t)TONE_POOL);
	while (stmt_step(q) == 1)
		tone_keep(s, stmt_text(q, 0), stmt_int(q, 1), stmt_int(q, 2));
	return stmt_done(q, err);
}

static json_t *
tone_items(struct turn *t, const struct tone_sample *s, struct err *err)
{
	json_t	*items = json_array();
	int64_t	 first = lookup_next(t->db, "SELECT COALESCE(MAX(num), 0) + 1 "
		    "FROM tone_item");
	char	 id[ID_LEN + 1];
	size_t	 i;

	for (i = 0; items != NULL && i < s->n; i++) {
		if (crypto_id(id, ID_LEN) != 0) {
			json_decref(items);
			err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "The system gives no randomness");
			return NULL;
		}
		json_array_append_new(items, json_pack(
		    "{s:I, s:s, s:I, s:I}", "inum", (json_int_t)(first +
		    (int64_t)i), "id", id, "tnum",
		    (json_int_t)s->list[i].thread, "num",
		    (json_int_t)s->list[i].num));
	}
	return items;
}

static int
tone_emit(struct turn *t, struct command *cmd, const struct tone_sample *s,
    int64_t since, int64_t size, struct err *err)
{
	struct buf	 root = BUF_INIT;
	char		 id[ID_LEN + 1];
	json_t		*items, *prv;

	if (crypto_id(id, ID_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	if ((items = tone_items(t, s, err)) == NULL)
		return -1;
	buf_hex(&root, s->root, HASH_LEN);
	prv = json_pack("{s:I, s:s, s:I, s:s, s:I, s:I, s:o}", "wnum",
	    (json_int_t)lookup_next(t->db, "SELECT COALESCE(MAX(num), 0) + 1 "
	    "FROM tone_draw"), "id", id, "size", (json_int_t)size, "root",
	    buf_str(&root), "since", (json_int_t)since, "account",
	    (json_int_t)cmd->actor.account, "items", items);
	buf_free(&root);
	cmd->status = 201;
	cmd->result = json_pack("{s:s, s:I}", "draw", id, "items",
	    (json_int_t)s->n);
	return turn_emit(t, "tone.drawn", NULL, prv, err);
}

int
tone_draw(struct turn *t, struct command *cmd, struct err *err)
{
	struct tone_sample	s = { .list = NULL };
	int64_t			count, since, size;
	int			rc = -1;

	if (command_int(cmd, "count", false, 100, &count, err) != 0 ||
	    grave_past(t, cmd, "since", false, &since, err) != 0)
		return -1;
	if (count < 10 || count > TONE_MAX)
		return err_set(err, ERR_INVALID_FIELD, "count",
		    "count is 10 to %d", TONE_MAX);
	if (since == 0)
		since = t->now - 90 * DAY_MS;
	s.max = (size_t)count;
	s.list = calloc(s.max, sizeof(*s.list));
	if (s.list == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	if (tone_head(t, &s, &size, err) == 0 &&
	    tone_pool(t, &s, since, size, err) == 0)
		rc = s.n > 0 ? tone_emit(t, cmd, &s, since, size, err) :
		    err_set(err, ERR_INVALID_FIELD, "since",
		    "There is nothing to draw from since then");
	free(s.list);
	return rc;
}

/* Is any of these accounts the same person as mine? */
static int
tone_person_in(struct db *db, struct stmt *s, const char *mine, bool *yes,
    struct err *err)
{
	char	theirs[ID_MAX];
	int	rc = 0;

	while (rc == 0 && !*yes && stmt_step(s) == 1) {
		if (stmt_int(s, 0) == 0)
			continue;
		rc = decision_person(db, stmt_int(s, 0), theirs, err);
		*yes = rc == 0 && strcmp(mine, theirs) == 0;
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	return rc;
}

/* Has this person coded it, decided on it or written it? */
static int
tone_partial(struct db *db, int64_t viewer, int64_t item, int64_t thread,
    int64_t num, bool *partial, struct err *err)
{
	char	mine[ID_MAX];

	*partial = false;
	if (decision_person(db, viewer, mine, err) != 0 ||
	    tone_person_in(db, db_query(db, "SELECT account FROM tone_code "
	    "WHERE item = ?", "i", item), mine, partial, err) != 0 ||
	    tone_person_in(db, db_query(db, "SELECT account FROM decision "
	    "WHERE thread = ? AND comment = ?", "ii", thread, num), mine,
	    partial, err) != 0)
		return -1;
	return tone_person_in(db, db_query(db, "SELECT account FROM comment "
	    "WHERE thread = ? AND num = ?", "ii", thread, num), mine, partial,
	    err);
}

/* Texts that are still there and have not been coded twice. */
#define TONE_OPEN							       \
	"SELECT i.num, i.id, i.thread, i.comment, c.id, c.revision, "	       \
	"COALESCE(c.language, '') FROM tone_item i JOIN comment c ON "	       \
	"c.thread = i.thread AND c.num = i.comment WHERE c.erased_by IS NULL " \
	"AND c.quarantined = 0 AND (SELECT COUNT(*) FROM tone_code k WHERE "   \
	"k.item = i.num) < 2"

int
tone_next(struct db *db, int64_t viewer, char id[ID_MAX], char language[12],
    struct buf *body, int64_t *left, struct err *err)
{
	struct stmt	*s;
	char		 ref[REF_MAX];
	bool		 partial;
	int		 rc = 0;

	*left = 0;
	s = db_query(db, TONE_OPEN " ORDER BY i.num LIMIT 5000", "");
	while (rc == 0 && stmt_step(s) == 1) {
		rc = tone_partial(db, viewer, stmt_int(s, 0), stmt_int(s, 2),
		    stmt_int(s, 3), &partial, err);
		if (rc != 0 || partial)
			continue;
		if (++*left > 1)
			continue;
		snprintf(id, ID_MAX, "%s", stmt_text(s, 1));
		snprintf(language, 12, "%.11s", stmt_text(s, 6));
		ref_comment(ref, stmt_text(s, 4), (int)stmt_int(s, 5));
		rc = lookup_content(db, ref, "body", body, NULL, err) < 0 ?
		    -1 : 0;
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0 || rc != 0)
		return -1;
	return *left > 0 ? 0 : 1;
}

int
tone_code(struct turn *t, struct command *cmd, struct err *err)
{
	const char	*id, *tone;
	struct stmt	*s;
	int64_t		 item = 0, thread = 0, num = 0;
	bool		 partial;
	size_t		 i;

	if (command_str(cmd, "item", true, &id, err) != 0 ||
	    command_str(cmd, "tone", true, &tone, err) != 0)
		return -1;
	for (i = 0; tone_word(i) != NULL &&
	    strcmp(tone_word(i), tone) != 0; i++)
		;
	if (tone_word(i) == NULL)
		return err_set(err, ERR_INVALID_FIELD, "tone",
		    "The tone is praise, criticism, neutral or unclear");
	s = db_query(t->db, TONE_OPEN " AND i.id = ?", "s", id);
	if (stmt_step(s) == 1) {
		item = stmt_int(s, 0);
		thread = stmt_int(s, 2);
		num = stmt_int(s, 3);
	}
	if (stmt_done(s, err) != 0)
		return -1;
	if (item == 0)
		return err_set(err, ERR_NOT_FOUND, "item",
		    "There is no such text to be coded");
	if (tone_partial(t->db, cmd->actor.account, item, thread, num,
	    &partial, err) != 0)
		return -1;
	if (partial)
		return err_set(err, ERR_OWN_CASE, "item",
		    "Another person codes this text");
	cmd->status = 200;
	cmd->result = json_pack("{s:s}", "item", id);
	return turn_emit(t, "tone.coded", NULL, json_pack("{s:I, s:I, s:s}",
	    "inum", (json_int_t)item, "account",
	    (json_int_t)cmd->actor.account, "tone", tone), err);
}
