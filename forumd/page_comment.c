/*
 * The page of one comment: where it stands (its ancestors), what hangs below
 * it, and every entry about it in the public record. Its author finds the
 * receipt and, where it was decided on, the way to an appeal.
 */
#include <string.h>

#include "forumd/handlers.h"
#include "forumd/page_parts.h"
#include "forumd/page_pick.h"
#include "forumd/tlog.h"

#define ANCESTORS	20
#define BELOW_LIMIT	100

/* The receipt as a card, for the author. */
static void
page_comment_receipt(struct request *rq, struct html_page *p,
    const struct view_comment *c)
{
	struct tlog_entry	 e;
	struct buf		 b64 = BUF_INIT, salt64 = BUF_INIT;
	struct buf		 body = BUF_INIT;
	struct html_receipt	 r;
	struct err		 none;
	unsigned char		 salt[32];
	char			 ref[REF_MAX];

	ref_comment(ref, c->c.id, 1);
	memset(&e, 0, sizeof(e));
	if (tlog_entry(rq, c->c.log_index, &e, &none) != 0)
		goto out;
	memset(&r, 0, sizeof(r));
	buf_base64(&b64, e.leaf.data, e.leaf.len);
	if (lookup_content(rq->db, ref, "body", &body, salt, &none) == 0) {
		buf_base64(&salt64, salt, sizeof(salt));
		r.salt = buf_str(&salt64);
	}
	r.comment = c->c.id;
	r.log_index = c->c.log_index;
	r.leaf = buf_str(&b64);
	r.proof = buf_str(&e.proof);
	r.vkey = e.vkey;
	html_compose_receipt(&rq->out, p, &r);
out:
	tlog_free(&e);
	buf_free(&b64);
	buf_free(&salt64);
	buf_free(&body);
}

/* Ancestors, the comment, what is below: into v. *self is its place. */
static int
page_comment_load(struct request *rq, struct view *v, const char *after,
    size_t *self, struct err *err)
{
	struct comment_row	c;
	struct view_ask		ask;

	if (lookup_comment(rq->db, rq->param[0], &c, err) != 0 ||
	    view_ancestors(v, c.thread, c.num, ANCESTORS, err) != 0)
		return -1;
	*self = v->n;
	if (view_one(v, c.id, err) != 0)
		return -1;
	memset(&ask, 0, sizeof(ask));
	ask.thread = c.thread;
	ask.tree = true;
	ask.top = c.num;
	ask.depth = PAGE_DEPTH;
	ask.limit = BELOW_LIMIT;
	ask.after = after;
	return view_page(v, &ask, err);
}

int
page_comment(struct request *rq, struct err *err)
{
	struct view		 v;
	struct view_thread	 t;
	struct html_page	 p;
	struct buf		 next = BUF_INIT;
	char			 after[CURSOR_MAX];
	size_t			 self;
	int			 rc = -1;

	memset(&t, 0, sizeof(t));
	if (request_param(rq, "after", after, sizeof(after), err) < 0)
		return -1;
	api_view(rq, &v);
	if (page_comment_load(rq, &v, after, &self, err) == 0)
		rc = view_thread_num(&v, v.list[self].thread, &t, err);
	if (rc == 0) {
		rq->thread = t.num;
		request_page(rq, &p, t.t.title);
		p.section = "threads";
		p.script = "thread.js";
		page_begin(rq, &p);
		page_thread_heading(rq, &t);
		html_comment_list(&rq->out, &p, &t.t, view_html(&v), v.n);
		if (v.next[0] != '\0') {
			buf_addf(&next, "/c/%s?after=%s", v.list[self].c.id,
			    v.next);
			html_pager(&rq->out, p.locale, NULL, buf_str(&next));
		}
		if (v.list[self].own)
			page_comment_receipt(rq, &p, &v.list[self]);
		rc = page_pick_staff(rq, &p, &v.list[self], err);
		if (rc == 0)
			rc = page_entries(rq, &p, t.num, v.list[self].num,
			    err);
		page_end(rq, &p);
		buf_free(&next);
	}
	view_free(&v);
	return rc;
}

/* The comment alone, for the scripts of a page that is open. */
int
page_comment_fragment(struct request *rq, struct err *err)
{
	struct view			 v;
	struct html_page		 p;
	const struct html_comment	*c;
	int				 rc;

	api_view(rq, &v);
	if ((rc = view_one(&v, rq->param[0], err)) == 0 &&
	    (c = view_html(&v)) == NULL)
		rc = err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	if (rc == 0) {
		rq->thread = v.list[0].thread;
		rq->type = "text/html; charset=utf-8";
		request_page(rq, &p, NULL);
		html_comment(&rq->out, &p, c);
	}
	view_free(&v);
	return rc;
}
