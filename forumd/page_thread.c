/*
 * The list of threads, a thread, and posting to it with a plain form. The
 * page of a thread shows it in reading order to a depth; what is deeper, and
 * the rest of a long branch, has the page of its comment.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/api.h"
#include "forumd/handlers.h"
#include "forumd/page.h"
#include "forumd/page_parts.h"
#include "forumd/page_pick.h"
#include "moderation/post.h"

#define HOME_LIMIT	50
#define THREAD_LIMIT	100

/* The address of the next page: base?sort=..&after=..&keep */
static const char *
page_thread_next(struct view *v, const char *base, const char *slug,
    const char *sort, const char *keep)
{
	struct buf	 b = BUF_INIT;
	const char	*text;

	if (v->next[0] == '\0')
		return NULL;
	buf_adds(&b, base);
	buf_url(&b, slug, strlen(slug));
	buf_addf(&b, "?%s%s%safter=%s", sort != NULL ? "sort=" : "",
	    sort != NULL ? sort : "", sort != NULL ? "&" : "", v->next);
	if (keep != NULL)
		buf_addf(&b, "&%s", keep);
	text = arena_str(&v->arena, buf_str(&b));
	buf_free(&b);
	return text;
}

int
page_home(struct request *rq, struct err *err)
{
	struct view		 v;
	struct view_thread	*list;
	struct html_page	 p;
	char			 after[CURSOR_MAX];
	size_t			 i, n;
	int			 rc;

	if (request_param(rq, "after", after, sizeof(after), err) < 0)
		return -1;
	api_view(rq, &v);
	rc = view_threads(&v, "", "", HOME_LIMIT, after, &list, &n, err);
	if (rc == 0) {
		request_page(rq, &p, NULL);
		p.section = "threads";
		page_begin(rq, &p);
		html_elem(&rq->out, "h1", "small", tr(p.locale,
		    "nav.threads"));
		if (n == 0)
			html_elem(&rq->out, "p", "empty", tr(p.locale,
			    "threads.empty"));
		for (i = 0; i < n; i++)
			html_comment_thread_row(&rq->out, &p, &list[i].t);
		html_pager(&rq->out, p.locale, after[0] != '\0' ? "/" : NULL,
		    page_thread_next(&v, "/", "", NULL, NULL));
		page_end(rq, &p);
	}
	view_free(&v);
	return rc;
}

/* What the form was sent with, shown again. */
static void
page_thread_compose(struct request *rq, struct html_page *p,
    const struct view_thread *t, struct html_compose *c)
{
	const struct err	*err = p->flash_error ? &rq->err : NULL;

	c->slug = t->t.slug;
	c->guest = strcmp(rq->who.account.kind, "member") != 0;
	if (rq->body != NULL) {
		c->parent = request_field(rq, "parent");
		c->body = request_field(rq, "body");
		c->name = request_field(rq, "name");
		c->language = request_field(rq, "language");
		c->answers = request_field(rq, "answers");
		c->question = request_field(rq, "question") != NULL;
		c->idempotency_key = request_field(rq, "idempotency_key");
	}
	if (err != NULL && strcmp(err->field, "name") == 0)
		c->name_error = err->text;
	else if (err != NULL && (strcmp(err->field, "body") == 0 ||
	    err->field[0] == '\0'))
		c->body_error = err->text;
	html_compose(&rq->out, p, c);
}

static void
page_thread_questions(struct request *rq, struct html_page *p,
    struct view *v, const struct view_thread *t)
{
	struct html_question	q[20];
	struct view		w;
	struct err		none;
	size_t			i, n = 0;

	(void)v;
	api_view(rq, &w);
	if (view_questions(&w, t->num, 20, "", &none) != 0)
		w.n = 0;
	for (i = 0; i < w.n && n < 20; i++) {
		const struct view_comment *c = &w.list[i];

		page_question(rq, &w, c, &q[n]);
		n++;
	}
	html_compose_questions(&rq->out, p, q, n);
	view_free(&w);
}

/* Who writes here, for a frame has no header. Under TLS alone: without it no
 * browser keeps a cookie of a frame's. */
static void
page_thread_who(struct request *rq, struct html_page *p)
{
	struct html_form	 f = { .class = "who" };
	struct buf		 at = BUF_INIT;

	buf_adds(&at, "/embed/");
	buf_url(&at, rq->param[0], strlen(rq->param[0]));
	buf_adds(&at, p->viewer != NULL ? "/sign-out" : "/sign-in");
	if (p->keep != NULL)
		buf_addf(&at, "?%s", p->keep);
	if (p->viewer == NULL) {
		buf_adds(&rq->out, "<p class=\"who\">");
		html_link(&rq->out, buf_str(&at), tr(p->locale,
		    "nav.sign_in"));
		buf_adds(&rq->out, "</p>");
	} else {
		f.action = buf_str(&at);
		html_form_begin(&rq->out, p, &f);
		buf_adds(&rq->out, "<bdi>");
		buf_htmls(&rq->out, p->viewer);
		buf_adds(&rq->out, "</bdi> ");
		html_button(&rq->out, tr(p->locale, "sign_in.out"), NULL,
		    NULL, "link");
		html_form_end(&rq->out);
	}
	buf_free(&at);
}

/* Staff's way to the mode and the notice. */
static void
page_thread_mode(struct request *rq, struct html_page *p,
    const struct view_thread *t)
{
	buf_adds(&rq->out, "<p class=\"meta\"><a href=\"/t/");
	buf_url(&rq->out, t->t.slug, strlen(t->t.slug));
	buf_adds(&rq->out, "/mode\">");
	html_tr(&rq->out, p->locale, "mode.title");
	buf_adds(&rq->out, "</a></p>");
}

/* The page; compose may bring a preview. *err is set where the form was
 * refused. */
static int
page_thread_show(struct request *rq, struct html_compose *compose,
    struct err *err)
{
	static const char *const	 sorts[] = { "oldest", "newest",
					    "best" };
	struct view			 v;
	struct view_thread		 t;
	struct view_ask			 ask;
	struct html_page		 p;
	struct buf			 feed = BUF_INIT;
	char				 after[CURSOR_MAX];
	const char			*base;
	bool				 refused = err->code != ERR_NONE;
	int				 rc = -1;

	memset(&ask, 0, sizeof(ask));
	if (refused)
		rq->err = *err;
	if (api_order(rq, &ask, err) != 0 ||
	    request_param(rq, "after", after, sizeof(after), err) < 0)
		return -1;
	ask.tree = true;
	ask.limit = THREAD_LIMIT;
	ask.depth = PAGE_DEPTH;
	ask.after = after;
	api_view(rq, &v);
	if (view_thread(&v, rq->param[0], &t, err) == 0) {
		rq->thread = ask.thread = t.num;
		rc = view_page(&v, &ask, err);
	}
	if (rc == 0) {
		request_page(rq, &p, t.t.title);
		p.section = "threads";
		p.script = "thread.js";
		p.embed = (rq->route->flags & ROUTE_EMBED) != 0;
		if (p.embed)
			p.script = "embed-frame.js";
		base = p.embed ? "/embed/" : "/t/";
		buf_adds(&feed, "/t/");
		buf_url(&feed, t.t.slug, strlen(t.t.slug));
		buf_adds(&feed, ".atom");
		p.feed = buf_str(&feed);
		t.t.sort = sorts[ask.sort];
		page_begin(rq, &p);
		p.flash_error = refused;
		html_comment_thread(&rq->out, &p, &t.t);
		if ((p.roles & HTML_MODERATOR) != 0 && !p.embed)
			page_thread_mode(rq, &p, &t);
		if (after[0] == '\0') {
			page_pick_head(rq, &p, &t);
			page_thread_questions(rq, &p, &v, &t);
		}
		html_comment_list(&rq->out, &p, &t.t, view_html(&v), v.n);
		html_pager(&rq->out, p.locale, NULL, page_thread_next(&v,
		    base, t.t.slug, t.t.sort, p.keep));
		if (p.embed && rq->secure)
			page_thread_who(rq, &p);
		if (strcmp(t.t.mode, "closed") != 0)
			page_thread_compose(rq, &p, &t, compose);
		page_end(rq, &p);
		buf_free(&feed);
	}
	view_free(&v);
	return rc;
}

int
page_thread(struct request *rq, struct err *err)
{
	struct html_compose	c;

	memset(&c, 0, sizeof(c));
	return page_thread_show(rq, &c, err);
}

/* The public account alone, for the scripts of a page that is open. */
int
page_thread_account(struct request *rq, struct err *err)
{
	struct view		v;
	struct view_thread	t;
	int			rc;

	api_view(rq, &v);
	if ((rc = view_thread(&v, rq->param[0], &t, err)) == 0) {
		rq->thread = t.num;
		rq->type = "text/html; charset=utf-8";
		html_comment_account(&rq->out, rq->locale, t.t.counts);
	}
	view_free(&v);
	return rc;
}

static int
page_thread_again(struct request *rq, struct err *err)
{
	struct html_compose	c;

	memset(&c, 0, sizeof(c));
	if (rq->rules == NULL || rq->http == NULL)
		return -1;
	if (err->code == ERR_NOT_FOUND)
		return -1;
	return page_thread_show(rq, &c, err);
}

/* A preview of the text in the form, with what a moderator might say. */
static int
page_thread_preview(struct request *rq, struct err *err)
{
	struct html_compose	 c;
	struct buf		 b = BUF_INIT;
	const char		*body = request_field(rq, "body");
	const char		*titles[8];
	json_t			*made, *advice;
	size_t			 i;
	int			 rc = -1;

	memset(&c, 0, sizeof(c));
	if (body == NULL)
		body = "";
	buf_addc(&b, '{');
	if (post_preview(rq->server->house, rq->db, &rq->who.actor, body,
	    strlen(body), locale_tag(rq->locale), &b, err) != 0) {
		buf_free(&b);
		return -1;
	}
	buf_addc(&b, '}');
	made = json_loads(buf_str(&b), 0, NULL);
	advice = json_object_get(made, "advice");
	for (i = 0; i < json_array_size(advice) && i < 8; i++)
		titles[i] = json_string_value(json_object_get(json_array_get(
		    advice, i), "title"));
	c.preview_html = json_string_value(json_object_get(made,
	    "body_html"));
	c.advice = titles;
	c.nadvice = i;
	err->code = ERR_NONE;
	rc = page_thread_show(rq, &c, err);
	json_decref(made);
	buf_free(&b);
	return rc;
}

/* To the comment's own page: there it is whatever its state, with its
 * receipt. A frame may show nothing but its thread. */
static int
page_thread_posted(struct request *rq, struct command *cmd, struct err *err)
{
	struct buf	b = BUF_INIT;

	(void)err;
	api_keep_key(rq, cmd);
	if (rq->route->flags & ROUTE_EMBED) {
		buf_adds(&b, "/embed/");
		buf_url(&b, rq->param[0], strlen(rq->param[0]));
		if (rq->keep[0] != '\0')
			buf_addf(&b, "?%s", rq->keep);
		request_redirect(rq, buf_str(&b));
		buf_free(&b);
		return 0;
	}
	page_redirect_comment(rq, json_string_value(json_object_get(
	    cmd->result, "comment")));
	return 0;
}

int
page_thread_post(struct request *rq, struct err *err)
{
	json_t	*args;

	rq->again = page_thread_again;
	if (request_field(rq, "preview") != NULL)
		return page_thread_preview(rq, err);
	if ((args = api_args(rq, "thread", rq->param[0], err)) == NULL)
		return -1;
	if (json_object_get(args, "question") != NULL)
		json_object_set_new(args, "question", json_true());
	json_object_del(args, "idempotency_key");
	return request_submit(rq, "comment.post", args, page_thread_posted,
	    err);
}
