/*
 * Comments as their authors handle them: post, edit, withdraw, vote; and the
 * erasure of one. What the pipeline found and the policy said is in
 * cmd->made (prepare.c); here it is checked against the present state and
 * becomes events.
 */
#include <stdio.h>
#include <string.h>

#include "moderation/grave.h"
#include "moderation/post.h"
#include "storage/base/unicode.h"

#define POST_EDITS	5
#define POST_DEPTH_MAX	1000000

/* A comment on its way in. */
struct post {
	struct thread_row	 thread;
	struct account_row	 account;	/* num 0: a new guest's */
	struct comment_row	 parent;	/* num 0: top level */
	char			 id[ID_MAX];
	int64_t			 num, account_num;
	char			 account_id[ID_MAX];
	const char		*name, *body;
	char			 name_kept[300];
	bool			 question;
	int64_t			 answers;
	const char		*author_kind;
};

static const char *
post_made(const struct command *cmd, const char *key)
{
	return json_string_value(json_object_get(cmd->made, key));
}

static const char *
post_verdict(const struct command *cmd, const char *key)
{
	return json_string_value(json_object_get(json_object_get(cmd->made,
	    "verdict"), key));
}

static int64_t
post_verdict_int(const struct command *cmd, const char *key)
{
	json_t	*v = json_object_get(json_object_get(cmd->made, "verdict"),
		    key);

	return json_is_true(v) ? 1 : json_integer_value(v);
}

/* The rules may have changed between the pipeline and now: judge again. */
static int
post_judged(struct turn *t, struct command *cmd, struct err *err)
{
	struct rules	*r = house_get(turn_house(t));
	bool		 same = cmd->made != NULL && strcmp(post_made(cmd,
			    "policy"), policy_digest(r->policy)) == 0;

	house_put(&r);
	return same ? 0 : post_prepare(turn_house(t), t->db, cmd, err);
}

static int
post_open(struct turn *t, struct command *cmd, struct post *p,
    struct err *err)
{
	const char	*slug;

	if (command_str(cmd, "thread", true, &slug, err) != 0 ||
	    lookup_thread(t->db, slug, &p->thread, err) != 0)
		return -1;
	cmd->refused_thread = p->thread.num;
	if (strcmp(p->thread.mode, "closed") == 0 ||
	    (p->thread.closes_at != 0 && p->thread.closes_at <= t->now))
		return err_set(err, ERR_THREAD_CLOSED, NULL,
		    "This thread takes no more comments");
	return 0;
}

/* Who posts, and under which name. */
static int
post_author(struct turn *t, struct command *cmd, struct post *p,
    struct err *err)
{
	struct buf	b = BUF_INIT;
	char		ref[REF_MAX];

	if (command_str(cmd, "name", false, &p->name, err) != 0)
		return -1;
	if (p->name != NULL && *p->name == '\0')
		p->name = NULL;
	p->author_kind = "guest";
	if (cmd->actor.account != 0) {
		if (lookup_account(t->db, cmd->actor.account, &p->account,
		    err) != 0 ||
		    lookup_standing(t->db, &p->account, t->now, err) != 0)
			return -1;
		ref_make(ref, 'a', p->account.id);
		if (lookup_content(t->db, ref, "name", &b, NULL, err) < 0)
			return -1;
		snprintf(p->name_kept, sizeof(p->name_kept), "%s",
		    buf_str(&b));
		buf_free(&b);
		if (strcmp(p->account.kind, "member") == 0)
			p->author_kind = p->account.official[0] != '\0' ?
			    "official" : (p->account.roles & ROLE_STAFF) ?
			    "staff" : "member";
		if (*p->author_kind != 'g' || p->name == NULL)
			p->name = p->name_kept;
		p->account_num = p->account.num;
		snprintf(p->account_id, sizeof(p->account_id), "%s",
		    p->account.id);
	}
	if (*p->author_kind != 'g')
		return 0;
	if (p->name == NULL || *p->name == '\0')
		return err_set(err, ERR_INVALID_FIELD, "name",
		    "name is required for guests");
	if (unicode_name_check(p->name, strlen(p->name), err) != 0)
		return -1;
	return account_name_free(t->db, p->name, p->account_num, err);
}

static int
post_parent(struct turn *t, struct command *cmd, struct post *p,
    struct err *err)
{
	const char	*parent, *answers;
	struct comment_row q;

	if (command_str(cmd, "parent", false, &parent, err) != 0 ||
	    command_str(cmd, "answers", false, &answers, err) != 0 ||
	    command_bool(cmd, "question", false, &p->question, err) != 0)
		return -1;
	if (parent != NULL) {
		if (lookup_comment(t->db, parent, &p->parent, NULL) != 0 ||
		    p->parent.thread != p->thread.num)
			return err_set(err, ERR_INVALID_FIELD, "parent",
			    "parent is not a comment of this thread");
		if (p->parent.depth >= POST_DEPTH_MAX)
			return err_set(err, ERR_INVALID_FIELD, "parent",
			    "replies are not nested deeper than that");
	}
	if (answers == NULL)
		return 0;
	if (strcmp(p->author_kind, "official") != 0)
		return err_set(err, ERR_ROLE_REQUIRED, "answers",
		    "Only official accounts answer questions");
	if (lookup_comment(t->db, answers, &q, NULL) != 0 ||
	    q.thread != p->thread.num || !q.question)
		return err_set(err, ERR_INVALID_FIELD, "answers",
		    "answers is not a question of this thread");
	p->answers = q.num;
	return 0;
}

/* The acceptance itself: content, event, derived rows. */
static int
post_accept(struct turn *t, struct command *cmd, struct post *p,
    struct err *err)
{
	char		 body[HASH_LEN * 2 + 1], name[HASH_LEN * 2 + 1];
	char		 ref[REF_MAX], author_id[ID_MAX];
	json_t		*pub, *prv;
	const char	*html = post_made(cmd, "html");

	if (*p->author_kind == 'g')
		house_pseudonym(turn_house(t), "author", p->account_id,
		    p->thread.id, author_id);
	else
		snprintf(author_id, sizeof(author_id), "%s", p->account_id);
	ref_comment(ref, p->id, 1);
	if (turn_content(t, ref, "body", p->body, strlen(p->body), body,
	    err) != 0 || turn_content(t, ref, "name", p->name,
	    strlen(p->name), name, err) != 0)
		return -1;
	pub = json_pack("{s:s, s:s, s:s, s:s, s:s}", "thread", p->thread.id,
	    "comment", p->id, "body", body, "name", name, "author-kind",
	    p->author_kind);
	if (p->parent.num != 0)
		json_object_set_new(pub, "parent",
		    json_integer(p->parent.log_index));
	prv = json_pack("{s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:I, s:s, s:i}",
	    "tnum", (json_int_t)p->thread.num, "num", (json_int_t)p->num,
	    "parent_num", (json_int_t)p->parent.num, "depth",
	    (json_int_t)(p->parent.num != 0 ? p->parent.depth + 1 : 0),
	    "account", (json_int_t)p->account_num, "author_id", author_id,
	    "language", post_made(cmd, "language"), "length",
	    json_integer_value(json_object_get(cmd->made, "length")),
	    "findings", post_made(cmd, "durable"), "newcomer",
	    p->account.approved < 3);
	if (p->question)
		json_object_set_new(prv, "question", json_integer(1));
	if (p->answers != 0)
		json_object_set_new(prv, "answers", json_integer(p->answers));
	if (p->account.official[0] != '\0')
		json_object_set_new(prv, "badge",
		    json_string(p->account.official));
	if (turn_emit(t, "comment.accepted", pub, prv, err) != 0 ||
	    turn_derived(t, err, DERIVED_FRAGMENT, p->thread.num, p->num,
	    p->name, html) != 0)
		return -1;
	return turn_derived(t, err, DERIVED_FINDING, p->thread.num, p->num,
	    post_made(cmd, "full"));
}

/* What the verdict makes of an accepted or edited text. */
static int
post_apply_verdict(struct turn *t, struct command *cmd,
    const struct comment_row *c, struct err *err)
{
	const char		*action = post_verdict(cmd, "action");
	const char		*model = post_made(cmd, "model");
	struct decision		 d;
	json_t			*pub;
	int64_t			 num, index;

	if (strcmp(action, "publish") == 0)
		return 0;
	if (strcmp(action, "remove") == 0) {
		memset(&d, 0, sizeof(d));
		d.comment = c;
		d.action = post_verdict_int(cmd, "quarantine") != 0 ?
		    "quarantine" : "remove";
		d.clause = post_verdict(cmd, "clause");
		d.explanation = post_verdict(cmd, "explanation");
		d.source = "SOURCE_VOLUNTARY";
		d.automated_detection = true;
		d.automated_decision = "AUTOMATED_DECISION_FULLY";
		d.decider = "automatic";
		d.model = *model != '\0' ? model : NULL;
		d.reverses = -1;
		d.since = t->now;
		return decision_emit(t, &d, &num, &index, err);
	}
	pub = json_pack("{s:I, s:i, s:s, s:s, s:s, s:s}", "ref",
	    (json_int_t)c->log_index, "version", c->revision, "clause",
	    post_verdict(cmd, "clause"), "automated-detection",
	    post_verdict_int(cmd, "detection") ? "Yes" : "No",
	    "automated-decision", "AUTOMATED_DECISION_FULLY", "policy",
	    post_made(cmd, "policy"));
	if (*model != '\0')
		json_object_set_new(pub, "model", json_string(model));
	if (turn_emit(t, "comment.held", pub, json_pack(
	    "{s:I, s:I, s:I, s:b, s:I}", "tnum", (json_int_t)c->thread, "num",
	    (json_int_t)c->num, "decide_by", (json_int_t)(t->now +
	    post_verdict_int(cmd, "minutes") * 60000), "unchecked",
	    json_is_true(json_object_get(cmd->made, "unchecked")), "harm",
	    (json_int_t)post_verdict_int(cmd, "harm")), err) != 0 ||
	    grave_raise(t, c, post_verdict(cmd, "clause"), err) != 0)
		return -1;
	return notice_emit(t, c->account, "held", c, 0, 0, 0, 0, err);
}

/* Later posts are compared with this one, at the other nodes too. */
static int
post_remember(struct turn *t, const struct command *cmd,
    const struct post *p, struct err *err)
{
	struct rules	*r = house_get(turn_house(t));
	struct item	 item;
	int64_t		 print = json_integer_value(json_object_get(cmd->made,
			    "print"));

	memset(&item, 0, sizeof(item));
	item.site = p->thread.site;
	item.now_ms = t->now;
	if (cmd->actor.addressed &&
	    limits_enforced(house_limits(turn_house(t))))
		memcpy(item.address, cmd->actor.address.b, ITEM_ADDRESS_LEN);
	pipeline_remember(r->pipeline, &item, (uint64_t)print);
	house_put(&r);
	return turn_derived(t, err, DERIVED_RECENT, print, item.site,
	    (const void *)item.address, (size_t)ITEM_ADDRESS_LEN,
	    item.now_ms);
}

static void
post_answer(struct command *cmd, const char *id, const char *thread,
    int64_t index, int published_status)
{
	const char	*action = post_verdict(cmd, "action");
	bool		 published = strcmp(action, "publish") == 0;

	cmd->status = published ? published_status : 202;
	cmd->result = json_pack("{s:s, s:s, s:I, s:s}", "comment", id,
	    "thread", thread, "log_index", (json_int_t)index, "verdict",
	    action);
}

int
post_comment(struct turn *t, struct command *cmd, struct err *err)
{
	struct post		p;
	struct comment_row	c;
	int64_t			index;

	memset(&p, 0, sizeof(p));
	if (post_open(t, cmd, &p, err) != 0 ||
	    command_str(cmd, "body", true, &p.body, err) != 0 ||
	    post_judged(t, cmd, err) != 0 ||
	    post_author(t, cmd, &p, err) != 0 ||
	    post_parent(t, cmd, &p, err) != 0 ||
	    limits_take(house_limits(turn_house(t)), LIMIT_POST, &cmd->actor,
	    &cmd->retry_after, err) != 0)
		return -1;
	/* Its place in the record is public: the id tells nothing more. */
	if (crypto_id_at(p.id, ID_LEN, t->index) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	if (p.account_num == 0 && account_new_guest(t, p.name,
	    p.thread.site, cmd->actor.language, &p.account_num, p.account_id,
	    cmd->secret, err) != 0)
		return -1;
	p.num = p.thread.posted + 1;
	index = t->index;
	if (post_accept(t, cmd, &p, err) != 0)
		return -1;
	memset(&c, 0, sizeof(c));
	c.thread = p.thread.num;
	c.num = p.num;
	c.account = p.account_num;
	c.revision = 1;
	c.log_index = index;
	c.created_at = t->now;
	snprintf(c.id, sizeof(c.id), "%s", p.id);
	snprintf(c.author_kind, sizeof(c.author_kind), "%s", p.author_kind);
	snprintf(c.language, sizeof(c.language), "%s",
	    post_made(cmd, "language"));
	if (post_apply_verdict(t, cmd, &c, err) != 0)
		return -1;
	if (p.parent.num != 0 && p.parent.account != p.account_num &&
	    strcmp(post_verdict(cmd, "action"), "publish") == 0 &&
	    notice_emit(t, p.parent.account, "reply", &c, 0, 0, 0, 0,
	    err) != 0)
		return -1;
	post_answer(cmd, p.id, p.thread.slug, index, 201);
	return post_remember(t, cmd, &p, err);
}

/* The actor's own comment, or 404: another's is none of theirs to change. */
static int
post_own(struct turn *t, struct command *cmd, struct comment_row *c,
    struct err *err)
{
	const char	*id;

	if (command_str(cmd, "comment", true, &id, err) != 0 ||
	    lookup_comment(t->db, id, c, err) != 0)
		return -1;
	if (cmd->actor.account == 0)
		return err_set(err, ERR_SIGN_IN_REQUIRED, NULL,
		    "Sign in or send the author key");
	if (c->account != cmd->actor.account)
		return err_set(err, ERR_ROLE_REQUIRED, NULL,
		    "Only its author may do this");
	return 0;
}

static int
post_editable(struct turn *t, struct command *cmd, const struct comment_row *c,
    struct err *err)
{
	struct rules	*r;
	struct thread_row thread;
	struct account_row a;
	int64_t		 expected, minutes;

	if (command_int(cmd, "expected_version", false, c->version, &expected,
	    err) != 0)
		return -1;
	if (lookup_account(t->db, c->account, &a, err) != 0 ||
	    lookup_standing(t->db, &a, t->now, err) != 0 ||
	    lookup_thread_num(t->db, c->thread, &thread, err) != 0)
		return -1;
	if (strcmp(c->state, "visible") != 0 && strcmp(c->state, "held") != 0)
		return err_set(err, ERR_NOT_EDITABLE, NULL,
		    "A comment that is %s cannot be edited", c->state);
	if (expected != c->version)
		return err_set(err, ERR_STALE_VERSION, "expected_version",
		    "It is at version %lld by now", (long long)c->version);
	if (strcmp(thread.mode, "closed") == 0)
		return err_set(err, ERR_THREAD_CLOSED, NULL,
		    "This thread takes no more changes");
	r = house_get(turn_house(t));
	minutes = policy_number(r->policy, "window.edit_minutes");
	house_put(&r);
	if (minutes >= 0 && t->now > c->created_at + minutes * 60000)
		return err_set(err, ERR_EDIT_WINDOW_OVER, NULL,
		    "A comment can be edited for %lld minutes",
		    (long long)minutes);
	if (c->revision > POST_EDITS)
		return err_set(err, ERR_NOT_EDITABLE, NULL,
		    "A comment can be edited %d times", POST_EDITS);
	return 0;
}

int
post_edit(struct turn *t, struct command *cmd, struct err *err)
{
	struct comment_row	 c;
	const char		*body;
	char			 ref[REF_MAX], digest[HASH_LEN * 2 + 1];

	if (command_str(cmd, "body", true, &body, err) != 0 ||
	    post_own(t, cmd, &c, err) != 0 ||
	    post_editable(t, cmd, &c, err) != 0 ||
	    post_judged(t, cmd, err) != 0 ||
	    limits_take(house_limits(turn_house(t)), LIMIT_POST, &cmd->actor,
	    &cmd->retry_after, err) != 0)
		return -1;
	c.revision++;
	ref_comment(ref, c.id, c.revision);
	if (turn_content(t, ref, "body", body, strlen(body), digest,
	    err) != 0 ||
	    turn_emit(t, "comment.edited", json_pack("{s:I, s:i, s:s}", "ref",
	    (json_int_t)c.log_index, "version", c.revision, "body", digest),
	    json_pack("{s:I, s:I, s:I, s:s, s:s}", "tnum",
	    (json_int_t)c.thread, "num", (json_int_t)c.num, "length",
	    json_integer_value(json_object_get(cmd->made, "length")),
	    "language", post_made(cmd, "language"), "findings",
	    post_made(cmd, "durable")), err) != 0 ||
	    turn_derived(t, err, DERIVED_MARKUP, post_made(cmd, "html"),
	    c.thread, c.num) != 0 ||
	    turn_derived(t, err, DERIVED_FINDING, c.thread, c.num,
	    post_made(cmd, "full")) != 0 ||
	    post_apply_verdict(t, cmd, &c, err) != 0)
		return -1;
	post_answer(cmd, c.id, "", c.log_index, 200);
	/* A held comment stays held: an edit does not let itself out. */
	if (strcmp(c.state, "held") == 0)
		cmd->status = 202;
	return 0;
}

int
post_withdraw(struct turn *t, struct command *cmd, struct err *err)
{
	struct comment_row	c;

	if (post_own(t, cmd, &c, err) != 0)
		return -1;
	if (c.erased)
		return err_set(err, ERR_NOT_EDITABLE, NULL,
		    "Its text was erased");
	cmd->status = 200;
	cmd->result = json_pack("{s:s}", "comment", c.id);
	if (c.withdrawn)
		return 0;
	return turn_emit(t, "comment.withdrawn", json_pack("{s:I, s:s}",
	    "ref", (json_int_t)c.log_index, "by", "author"),
	    json_pack("{s:I, s:I}", "tnum", (json_int_t)c.thread, "num",
	    (json_int_t)c.num), err);
}

/* args: comment, by (order, retention), clause, explanation. */
int
post_erase(struct turn *t, struct command *cmd, struct err *err)
{
	struct comment_row	 c;
	const char		*id, *by, *clause, *explanation;
	char			 ref[REF_MAX];
	int			 i;

	if (command_str(cmd, "comment", true, &id, err) != 0 ||
	    command_str(cmd, "by", true, &by, err) != 0 ||
	    command_str(cmd, "clause", false, &clause, err) != 0 ||
	    command_str(cmd, "explanation", false, &explanation, err) != 0 ||
	    lookup_comment(t->db, id, &c, err) != 0)
		return -1;
	if (strcmp(by, "order") != 0 && strcmp(by, "retention") != 0)
		return err_set(err, ERR_INVALID_FIELD, "by",
		    "by is order or retention");
	if (clause == NULL || explanation == NULL || *explanation == '\0')
		return err_set(err, ERR_REASON_REQUIRED, clause == NULL ?
		    "clause" : "explanation",
		    "An erasure needs a clause and an explanation");
	if (c.erased)
		return err_set(err, ERR_NOT_EDITABLE, NULL,
		    "It is erased already");
	for (i = 1; i <= c.revision; i++) {
		ref_comment(ref, c.id, i);
		if (turn_drop_content(t, ref, NULL, err) != 0)
			return -1;
	}
	snprintf(ref, sizeof(ref), "e:%s", c.id);
	if (turn_content(t, ref, "explanation", explanation,
	    strlen(explanation), NULL, err) != 0)
		return -1;
	cmd->status = 200;
	cmd->result = json_pack("{s:s}", "comment", c.id);
	return turn_emit(t, "comment.erased", json_pack("{s:I, s:s, s:s}",
	    "ref", (json_int_t)c.log_index, "by", by, "clause", clause),
	    json_pack("{s:I, s:I, s:i, s:I}", "tnum", (json_int_t)c.thread,
	    "num", (json_int_t)c.num, "revisions", c.revision, "account",
	    (json_int_t)cmd->actor.account), err);
}

int
post_vote(struct turn *t, struct command *cmd, struct err *err)
{
	struct comment_row	 c;
	struct account_row	 a;
	const char		*id;
	int64_t			 value, old;

	if (command_str(cmd, "comment", true, &id, err) != 0 ||
	    command_int(cmd, "value", true, 0, &value, err) != 0 ||
	    lookup_comment(t->db, id, &c, err) != 0)
		return -1;
	if (value < -1 || value > 1)
		return err_set(err, ERR_INVALID_FIELD, "value",
		    "value is -1, 0 or 1");
	if (cmd->actor.account == 0)
		return err_set(err, ERR_SIGN_IN_REQUIRED, NULL,
		    "Sign in or send the author key to vote");
	if (lookup_account(t->db, cmd->actor.account, &a, err) != 0 ||
	    lookup_standing(t->db, &a, t->now, err) != 0)
		return -1;
	if (strcmp(c.state, "visible") != 0)
		return err_set(err, ERR_NOT_EDITABLE, NULL,
		    "Only visible comments are voted on");
	if (c.account == cmd->actor.account)
		return err_set(err, ERR_INVALID_FIELD, "value",
		    "Nobody votes on a comment of one's own");
	if (limits_take(house_limits(turn_house(t)), LIMIT_VOTE, &cmd->actor,
	    &cmd->retry_after, err) != 0)
		return -1;
	cmd->status = 200;
	cmd->result = json_pack("{s:s}", "comment", c.id);
	old = db_int(t->db, 0, "SELECT value FROM vote WHERE thread = ? AND "
	    "num = ? AND account = ?", "iii", c.thread, c.num, a.num);
	if (old == value)
		return 0;
	return turn_emit(t, "vote.cast", NULL, json_pack(
	    "{s:I, s:I, s:I, s:I}", "tnum", (json_int_t)c.thread, "num",
	    (json_int_t)c.num, "account", (json_int_t)a.num, "value",
	    (json_int_t)value), err);
}
