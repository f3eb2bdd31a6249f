/*
 * Posting as JSON: threads, comments, previews, edits, withdrawals, votes.
 * A handler hands a command in; what it answers is composed from the rows
 * once the command is through, as its author sees them.
 */
#include <string.h>

#include "forumd/api.h"
#include "forumd/handlers.h"
#include "forumd/settings.h"
#include "moderation/post.h"

static const char *
api_result(const struct command *cmd, const char *key)
{
	const char	*s = json_string_value(json_object_get(cmd->result,
			    key));

	return s != NULL ? s : "";
}

/* ---- threads ---- */

static int
api_thread_done(struct request *rq, struct command *cmd, struct err *err)
{
	struct view		v;
	struct view_thread	t;
	int			rc;

	api_view(rq, &v);
	if ((rc = view_thread(&v, api_result(cmd, "thread"), &t, err)) == 0)
		view_thread_json(&rq->out, &t);
	view_free(&v);
	return rc;
}

int
api_thread_open(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, NULL, NULL, err);

	return args == NULL ? -1 : request_submit(rq, "thread.open", args,
	    api_thread_done, err);
}

int
api_thread_mode(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "thread", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "thread.mode", args,
	    api_thread_done, err);
}

/* ---- comments ---- */

/* The comment as its author sees it now, who is the actor; or a guest whose
 * key was made a moment ago. */
static int
api_comment_own(struct request *rq, const char *id, struct view *v,
    struct err *err)
{
	struct comment_row	c;
	int64_t			account = rq->who.actor.account;

	if (account == 0) {
		if (lookup_comment(rq->db, id, &c, err) != 0)
			return -1;
		account = c.account;
	}
	view_init(v, rq->db, rq->rules->policy, "en", account, false);
	return view_one(v, id, err);
}

static int
api_comment_done(struct request *rq, struct command *cmd, struct err *err)
{
	struct view			 v;
	const struct view_comment	*c;
	int				 rc;

	memset(&v, 0, sizeof(v));
	rc = api_comment_own(rq, api_result(cmd, "comment"), &v, err);
	if (rc == 0) {
		c = &v.list[0];
		request_object(rq);
		buf_key(&rq->out, "comment");
		view_json(&rq->out, &v, c);
		buf_key(&rq->out, "receipt");
		rc = api_receipt(rq, &rq->out, c->c.id, c->c.log_index, true,
		    err);
		if (cmd->secret[0] != '\0' && !cmd->replayed) {
			buf_kv_str(&rq->out, "author_key", cmd->secret);
			api_keep_key(rq, cmd);
		}
		if (c->c.held != NULL) {
			buf_key(&rq->out, "held");
			view_held_json(&rq->out, c);
		}
		if (c->c.tombstone != NULL) {
			buf_key(&rq->out, "tombstone");
			view_tombstone_json(&rq->out, c);
		}
		request_object_end(rq);
	}
	view_free(&v);
	return rc;
}

/* Is it an article of a site that may open threads by first comments? */
static bool
api_article_known(const struct request *rq, const char *url)
{
	const char	*site;
	size_t		 i, n;

	for (i = 0; (site = settings_item(rq->server->set, "sites", i)) !=
	    NULL; i++) {
		n = strlen(site);
		if (strncmp(url, site, n) == 0 &&
		    (url[n] == '/' || url[n] == '\0'))
			return true;
	}
	return false;
}

static int
api_article_opened(struct request *rq, struct command *cmd, struct err *err)
{
	(void)cmd;
	return api_comment_post(rq, err);
}

/* A first comment that names its article ("url", "title") opens the thread;
 * 0 where the thread is there already, or this is no such case. */
static int
api_article_open(struct request *rq, struct err *err)
{
	struct thread_row	 row;
	const char		*url, *title;

	if (!json_is_object(rq->body) ||
	    (url = request_field(rq, "url")) == NULL ||
	    !api_article_known(rq, url) ||
	    lookup_thread(rq->db, rq->param[0], &row, NULL) == 0)
		return 0;
	if ((title = request_field(rq, "title")) == NULL)
		title = rq->param[0];
	return request_submit_system(rq, "thread.open", json_pack(
	    "{s:s, s:s, s:s}", "slug", rq->param[0], "title", title, "url",
	    url), api_article_opened, err);
}

int
api_comment_post(struct request *rq, struct err *err)
{
	json_t	*args;
	int	 rc;

	if ((rc = api_article_open(rq, err)) != 0)
		return rc;
	args = api_args(rq, "thread", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "comment.post", args,
	    api_comment_done, err);
}

int
api_comment_edit(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "comment", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "comment.edit", args,
	    api_comment_done, err);
}

int
api_comment_withdraw(struct request *rq, struct err *err)
{
	json_t	*args = json_pack("{s:s}", "comment", rq->param[0]);

	if (args == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	return request_submit(rq, "comment.withdraw", args, api_comment_done,
	    err);
}

int
api_preview(struct request *rq, struct err *err)
{
	const json_t	*body;
	int		 rc;

	if (!json_is_object(rq->body))
		return err_set(err, ERR_BAD_JSON, NULL,
		    "The body is not a JSON object");
	body = json_object_get(rq->body, "body");
	if (!json_is_string(body))
		return err_set(err, ERR_INVALID_FIELD, "body",
		    "body is a text");
	request_object(rq);
	rc = post_preview(rq->server->house, rq->db, &rq->who.actor,
	    json_string_value(body), json_string_length(body), "en",
	    &rq->out, err);
	request_object_end(rq);
	return rc;
}

static int
api_vote_done(struct request *rq, struct command *cmd, struct err *err)
{
	const char	*id = api_result(cmd, "comment");

	(void)err;
	request_object(rq);
	buf_kv_str(&rq->out, "comment", id);
	buf_kv_int(&rq->out, "score", db_int(rq->db, 0, "SELECT score FROM "
	    "comment WHERE id = ?", "s", id));
	request_object_end(rq);
	return 0;
}

int
api_comment_vote(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "comment", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "comment.vote", args,
	    api_vote_done, err);
}

/* An erasure under an order, by staff; with clause and explanation. */
int
api_comment_erase(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "comment", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "comment.erase", args,
	    api_comment_staff, err);
}

int
api_comment_pick(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "comment", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "comment.pick", args,
	    api_comment_staff, err);
}

int
api_comment_pin(struct request *rq, struct err *err)
{
	json_t	*args = api_args(rq, "comment", rq->param[0], err);

	return args == NULL ? -1 : request_submit(rq, "comment.pin", args,
	    api_comment_staff, err);
}

/* The comment as staff see it, after something was done to it. */
int
api_comment_staff(struct request *rq, struct command *cmd, struct err *err)
{
	struct view	v;
	int		rc;

	api_view(rq, &v);
	if ((rc = view_one(&v, api_result(cmd, "comment"), err)) == 0) {
		request_object(rq);
		buf_key(&rq->out, "comment");
		view_json(&rq->out, &v, &v.list[0]);
		request_object_end(rq);
	}
	view_free(&v);
	return rc;
}
