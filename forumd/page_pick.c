/*
 * Picks and the pinned comment: the head of a thread where readers find the
 * pinned one whatever they sort by and wherever it stands, and, on the page
 * of a comment, the newsroom's buttons with a list of who pressed them. The
 * names are for staff alone.
 */
#include <string.h>

#include "forumd/handlers.h"
#include "forumd/page_form.h"
#include "forumd/page_pick.h"

void
page_pick_head(struct request *rq, const struct html_page *p,
    const struct view_thread *t)
{
	const struct html_comment	*c;
	struct buf			*b = &rq->out;
	struct view			 v;
	struct err			 none;

	if (t->pinned == NULL)
		return;
	api_view(rq, &v);
	if (view_one(&v, t->pinned, &none) == 0 &&
	    (c = &v.list[0].c)->body_html != NULL) {
		buf_adds(b, "<section class=\"pinned\" "
		    "aria-labelledby=\"pinned\"><h2 id=\"pinned\">");
		html_tr(b, p->locale, "pick.head");
		buf_adds(b, "</h2><p class=\"meta\"><bdi>");
		buf_htmls(b, c->author.name != NULL ? c->author.name : "");
		buf_adds(b, "</bdi>, <a href=\"/c/");
		buf_htmls(b, c->id);
		buf_adds(b, "\">");
		html_time(b, p->locale, c->created_at);
		buf_adds(b, "</a></p><div class=\"body\" dir=\"auto\"");
		html_attr(b, "lang", c->language);
		buf_addc(b, '>');
		buf_adds(b, c->body_html);
		buf_adds(b, "</div></section>");
	}
	view_free(&v);
}

/* A form of one button that turns the mark on, or off where it is on. */
static void
page_pick_button(struct request *rq, const struct html_page *p,
    const struct view_comment *c, const char *act, bool on, const char *label)
{
	struct html_form	 f = { .id = act };
	struct buf		 action = BUF_INIT;

	buf_addf(&action, "/c/%s/%s", c->c.id, act);
	f.action = buf_str(&action);
	html_form_begin(&rq->out, p, &f);
	html_button(&rq->out, tr(p->locale, label), "on",
	    on ? "false" : "true", "quiet");
	html_form_end(&rq->out);
	buf_free(&action);
}

/* Who set or took a mark, the newest first. */
static int
page_pick_log(struct request *rq, const struct html_page *p,
    const struct view_comment *c, struct err *err)
{
	struct buf	*b = &rq->out, name = BUF_INIT;
	struct stmt	*s;
	char		 key[40], ref[REF_MAX];

	s = db_query(rq->db, "SELECT r.kind, r.at, COALESCE(a.id, '') FROM "
	    "remark r LEFT JOIN account a ON a.num = r.by WHERE r.thread = ? "
	    "AND r.comment = ? AND r.kind IN ('picked', 'unpicked', 'pinned', "
	    "'unpinned') ORDER BY r.num DESC LIMIT 20", "ii", c->thread,
	    c->num);
	buf_adds(b, "<ul class=\"meta\">");
	while (stmt_step(s) == 1) {
		snprintf(key, sizeof(key), "pick.was_%.16s",
		    stmt_text(s, 0));
		ref_make(ref, 'a', stmt_text(s, 2));
		buf_clear(&name);
		if (lookup_content(rq->db, ref, "name", &name, NULL,
		    NULL) != 0)
			buf_adds(&name, stmt_text(s, 2));
		buf_adds(b, "<li>");
		html_tr(b, p->locale, key);
		buf_adds(b, ": <bdi>");
		buf_htmls(b, buf_str(&name));
		buf_adds(b, "</bdi>, ");
		html_time(b, p->locale, stmt_int(s, 1));
		buf_adds(b, "</li>");
	}
	buf_adds(b, "</ul>");
	buf_free(&name);
	return stmt_done(s, err);
}

int
page_pick_staff(struct request *rq, const struct html_page *p,
    const struct view_comment *c, struct err *err)
{
	bool	visible = strcmp(c->c.state, "visible") == 0;
	int	rc;

	if ((p->roles & HTML_EDITOR) == 0)
		return 0;
	buf_adds(&rq->out, "<section class=\"newsroom\"><h2>");
	html_tr(&rq->out, p->locale, "pick.title");
	buf_adds(&rq->out, "</h2>");
	if (visible) {
		page_pick_button(rq, p, c, "pick", c->c.pick, c->c.pick ?
		    "pick.unpick" : "pick.pick");
		page_pick_button(rq, p, c, "pin", c->c.pinned, c->c.pinned ?
		    "pick.unpin" : "pick.pin");
	}
	rc = page_pick_log(rq, p, c, err);
	buf_adds(&rq->out, "</section>");
	return rc;
}

static int
page_pick_done(struct request *rq, struct command *cmd, struct err *err)
{
	(void)cmd, (void)err;
	page_redirect_comment(rq, rq->param[0]);
	return 0;
}

static int
page_pick_send(struct request *rq, const char *kind, struct err *err)
{
	json_t		*args = page_args(rq, "comment", err);
	const char	*on = request_field(rq, "on");

	if (args == NULL)
		return -1;
	if (on != NULL)
		json_object_set_new(args, "on", json_boolean(strcmp(on,
		    "true") == 0));
	return request_submit(rq, kind, args, page_pick_done, err);
}

int
page_pick_post(struct request *rq, struct err *err)
{
	return page_pick_send(rq, "comment.pick", err);
}

int
page_pin_post(struct request *rq, struct err *err)
{
	return page_pick_send(rq, "comment.pin", err);
}
