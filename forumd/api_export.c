/*
 * Everything held about a person as one JSON file: rows as they stand, each
 * with the texts that belong to it. What each list holds is told by the
 * table below. Left out is only what is not readable by anybody (hashes of
 * keys), and texts locked away under a legal order.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/api.h"
#include "forumd/api_account.h"
#include "forumd/handlers.h"
#include "storage/base/clock.h"

/* Columns are named as members; the letter behind the colon says whether it
 * is a text, a number or a time. The first column finds the content. */
struct api_export_list {
	const char	*name;
	const char	*columns;
	char		 kind;		/* of the content's ref; 0: none */
	const char	*fields;	/* of content, space-separated */
	const char	*sql;
};

static const struct api_export_list api_export_lists[] = {
	{ "flags", "id:s comment:s clause:s legal:i state:s filed_at:t "
	    "decided_at:t", 'f', "note name email ground",
	    "SELECT f.id, c.id, f.clause, f.legal, f.state, f.filed_at, "
	    "f.decided_at FROM flag f LEFT JOIN comment c ON c.thread = "
	    "f.thread AND c.num = f.comment WHERE f.account = ? "
	    "ORDER BY f.num" },
	{ "appeals", "id:s state:s filed_at:t decided_at:t decided_by:s",
	    'p', "grounds explanation",
	    "SELECT id, state, filed_at, decided_at, decider FROM appeal "
	    "WHERE account = ? ORDER BY num" },
	{ "decisions_on_comments", "id:s comment:s action:s clause:s at:t "
	    "decided_by:s source:s automated_decision:s policy:s appeal:s "
	    "log_index:i", 'd', "explanation note",
	    "SELECT d.id, c.id, d.action, d.clause, d.at, d.decider, "
	    "d.source, d.auto_decision, d.policy, d.appeal, d.log_index "
	    "FROM comment c JOIN decision d ON d.thread = c.thread AND "
	    "d.comment = c.num WHERE c.account = ? ORDER BY d.num" },
	{ "sanctions", "decision:s id:s kind:s clause:s at:t until:t state:s "
	    "ended_at:t", 'd', "explanation note",
	    "SELECT d.id, s.id, s.kind, s.clause, s.at, s.until, s.state, "
	    "s.ended_at FROM sanction s LEFT JOIN decision d ON d.num = "
	    "s.decision WHERE s.account = ? ORDER BY s.num" },
	{ "notices", "id:i kind:s at:t read_at:t comment:s", 0, "",
	    "SELECT n.num, n.kind, n.at, n.read_at, c.id FROM notice n "
	    "LEFT JOIN comment c ON c.thread = n.thread AND c.num = "
	    "n.comment WHERE n.account = ? ORDER BY n.num" },
	{ "votes", "comment:s value:i", 0, "",
	    "SELECT c.id, v.value FROM vote v JOIN comment c ON c.thread = "
	    "v.thread AND c.num = v.num WHERE v.account = ? "
	    "ORDER BY v.thread, v.num" },
	{ "tokens", "id:s scope:s created_at:t expires_at:t revoked:i", 0, "",
	    "SELECT id, scope, created_at, expires_at, revoked FROM token "
	    "WHERE account = ? ORDER BY created_at, id" },
	{ "notes_by_staff", "id:s at:t", 'r', "text",
	    "SELECT CAST(num AS TEXT), at FROM remark WHERE account = ? AND "
	    "kind = 'note' ORDER BY num" },
	{ "decisions_made", "id:s action:s clause:s at:t log_index:i", 'd',
	    "explanation",
	    "SELECT id, action, clause, at, log_index FROM decision WHERE "
	    "account = ? ORDER BY num" },
	{ NULL, NULL, 0, NULL, NULL }
};

/* The content's fields, each a member; null where it is erased. */
static void
api_export_content(struct request *rq, const char *ref, const char *fields)
{
	struct buf	 text = BUF_INIT;
	char		 name[32];
	size_t		 n;

	while (*(fields += strspn(fields, " ")) != '\0') {
		n = strcspn(fields, " ");
		snprintf(name, sizeof(name), "%.*s", (int)n, fields);
		fields += n;
		buf_clear(&text);
		buf_key(&rq->out, name);
		if (lookup_content(rq->db, ref, name, &text, NULL, NULL) == 0)
			buf_json(&rq->out, text.data, text.len);
		else
			buf_adds(&rq->out, "null");
	}
	buf_free(&text);
}

/* One row by the columns' words. */
static void
api_export_row(struct request *rq, const struct api_export_list *l,
    struct stmt *s)
{
	const char	*p = l->columns;
	char		 name[32], ref[REF_MAX];
	size_t		 n;
	int		 col;

	buf_addc(&rq->out, '{');
	for (col = 0; *(p += strspn(p, " ")) != '\0'; col++) {
		n = strcspn(p, ":");
		snprintf(name, sizeof(name), "%.*s", (int)n, p);
		p += n + 1;
		if (*p == 's')
			buf_kv_str(&rq->out, name, stmt_str(s, col));
		else if (*p == 't')
			buf_kv_time(&rq->out, name, stmt_int(s, col));
		else
			buf_kv_int(&rq->out, name, stmt_int(s, col));
		p++;
	}
	if (l->kind != 0 && stmt_str(s, 0) != NULL) {
		ref_make(ref, l->kind, stmt_text(s, 0));
		api_export_content(rq, ref, l->fields);
	}
	buf_addc(&rq->out, '}');
}

static int
api_export_rows(struct request *rq, const struct api_export_list *l,
    struct err *err)
{
	struct stmt	*s;
	int		 n = 0;

	buf_key(&rq->out, l->name);
	buf_addc(&rq->out, '[');
	s = db_query(rq->db, l->sql, "i", rq->who.actor.account);
	while (stmt_step(s) == 1) {
		if (n++ > 0)
			buf_addc(&rq->out, ',');
		api_export_row(rq, l, s);
	}
	buf_addc(&rq->out, ']');
	return stmt_done(s, err);
}

/* Every revision's text. */
static void
api_export_revisions(struct request *rq, const char *id, int64_t revisions)
{
	char	ref[REF_MAX];
	int64_t	i;

	buf_key(&rq->out, "revisions");
	buf_addc(&rq->out, '[');
	for (i = 1; i <= revisions; i++) {
		if (i > 1)
			buf_addc(&rq->out, ',');
		ref_comment(ref, id, (int)i);
		buf_addc(&rq->out, '{');
		api_export_content(rq, ref, i == 1 ? "body name" : "body");
		buf_addc(&rq->out, '}');
	}
	buf_addc(&rq->out, ']');
}

static int
api_export_comments(struct request *rq, struct err *err)
{
	struct buf	*b = &rq->out;
	struct stmt	*s;
	int		 n = 0;

	buf_key(b, "comments");
	buf_addc(b, '[');
	s = db_query(rq->db, "SELECT c.id, t.slug, c.state, c.created_at, "
	    "c.edited_at, c.language, c.author_id, c.log_index, c.revision, "
	    "c.quarantined FROM comment c JOIN thread t ON t.num = c.thread "
	    "WHERE c.account = ? ORDER BY c.created_at, c.thread, c.num", "i",
	    rq->who.actor.account);
	while (stmt_step(s) == 1) {
		buf_adds(b, n++ > 0 ? ",{" : "{");
		buf_kv_str(b, "id", stmt_text(s, 0));
		buf_kv_str(b, "thread", stmt_text(s, 1));
		buf_kv_str(b, "state", stmt_text(s, 2));
		buf_kv_time(b, "created_at", stmt_int(s, 3));
		buf_kv_time(b, "edited_at", stmt_int(s, 4));
		buf_kv_str(b, "language", stmt_str(s, 5));
		buf_kv_str(b, "shown_as", stmt_text(s, 6));
		buf_kv_int(b, "log_index", stmt_int(s, 7));
		api_export_revisions(rq, stmt_text(s, 0), stmt_int(s, 9) != 0 ?
		    0 : stmt_int(s, 8));
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
	return stmt_done(s, err);
}

/* On a worker: somebody may have written for years. */
static int
api_export_work(struct request *rq, struct err *err)
{
	const struct api_export_list	*l;
	struct buf			*b = &rq->out;
	char				 ref[REF_MAX];

	request_object(rq);
	buf_kv_time(b, "exported_at", clock_ms());
	buf_key(b, "account");
	api_account_json(rq, b, &rq->who.account);
	buf_key(b, "roles");
	api_account_roles(b, rq->who.account.roles);
	buf_kv_str(b, "site", rq->who.account.site);
	buf_key(b, "kept");
	buf_addc(b, '{');
	ref_make(ref, 'a', rq->who.account.id);
	api_export_content(rq, ref, "name email");
	buf_addc(b, '}');
	if (api_export_comments(rq, err) != 0)
		return -1;
	for (l = api_export_lists; l->name != NULL; l++) {
		if (api_export_rows(rq, l, err) != 0)
			return -1;
	}
	request_object_end(rq);
	buf_adds(&rq->head, "Content-Disposition: attachment; "
	    "filename=\"forum-data.json\"\r\n");
	return 0;
}

int
api_me_export(struct request *rq, struct err *err)
{
	return request_work(rq, api_export_work, err);
}
