/*
 * Atom feeds (RFC 4287): the newest visible comments of a thread or a site,
 * and the newest decisions. A feed has one public form whatever name the
 * forum was asked under, so its links are relative, and the ids are built
 * on the forum's configured name: they identify and need not resolve.
 */
#include <string.h>

#include "forumd/handlers.h"
#include "forumd/log_view.h"
#include "forumd/settings.h"

#define FEED_ENTRIES	50

/* Text for XML, which has no way to write most control characters and two
 * of the noncharacters. */
static void
feed_text(struct buf *b, const char *s)
{
	const char	*run = s;

	if (s == NULL)
		return;
	for (; *s != '\0'; s++) {
		size_t bad = (unsigned char)*s < 0x20 && *s != '\t' &&
		    *s != '\n' && *s != '\r' ? 1 :
		    strncmp(s, "\xef\xbf\xbe", 3) == 0 ||
		    strncmp(s, "\xef\xbf\xbf", 3) == 0 ? 3 : 0;

		if (bad == 0)
			continue;
		buf_html(b, run, (size_t)(s - run));
		run = s + bad;
		s = run - 1;
	}
	buf_html(b, run, (size_t)(s - run));
}

static void
feed_id(struct request *rq, const char *path, const char *name)
{
	struct buf	*b = &rq->out;

	buf_adds(b, "<id>https://");
	feed_text(b, settings_str(rq->server->set, "host"));
	buf_adds(b, path);
	buf_url(b, name, strlen(name));
	buf_adds(b, "</id>");
}

static void
feed_link(struct buf *b, const char *path, const char *name)
{
	buf_addf(b, "<link href=\"%s", path);
	buf_url(b, name, strlen(name));
	buf_adds(b, "\"/>");
}

static void
feed_updated(struct buf *b, int64_t at)
{
	buf_adds(b, "<updated>");
	buf_time(b, at);
	buf_adds(b, "</updated>");
}

/* about: what the feed is of. */
static void
feed_begin(struct request *rq, const char *path, const char *name,
    const char *about, int64_t updated)
{
	struct buf	*b = &rq->out;

	rq->type = "application/atom+xml; charset=utf-8";
	buf_adds(b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	    "<feed xmlns=\"http://www.w3.org/2005/Atom\">");
	feed_id(rq, path, name);
	buf_adds(b, "<title>");
	feed_text(b, settings_str(rq->server->set, "site_title"));
	buf_adds(b, " \xe2\x80\x93 ");
	feed_text(b, about);
	buf_adds(b, "</title>");
	feed_updated(b, updated);
	buf_adds(b, "<author><name>");
	feed_text(b, settings_str(rq->server->set, "site_title"));
	buf_adds(b, "</name></author>\n");
}

/* ---- comments ---- */

static int64_t
feed_changed(const struct html_comment *c)
{
	return c->edited_at > c->created_at ? c->edited_at : c->created_at;
}

static void
feed_comment(struct request *rq, const struct view_comment *vc)
{
	const struct html_comment	*c = &vc->c;
	struct buf			*b = &rq->out;
	const char			*name = c->author.name;

	if (name == NULL || *name == '\0')
		name = c->author.id;
	buf_adds(b, "<entry>");
	feed_id(rq, "/c/", c->id);
	buf_adds(b, "<title>");
	feed_text(b, name);
	buf_adds(b, ": ");
	feed_text(b, vc->thread_title);
	buf_adds(b, "</title>");
	feed_updated(b, feed_changed(c));
	buf_adds(b, "<published>");
	buf_time(b, c->created_at);
	buf_adds(b, "</published><author><name>");
	feed_text(b, name);
	buf_adds(b, "</name></author>");
	feed_link(b, "/c/", c->id);
	buf_adds(b, "<content type=\"html\"");
	if (c->language != NULL && *c->language != '\0') {
		buf_adds(b, " xml:lang=\"");
		feed_text(b, c->language);
		buf_addc(b, '"');
	}
	buf_addc(b, '>');
	feed_text(b, c->body_html);
	buf_adds(b, "</content></entry>\n");
}

/* The list, under a feed that is at least as old as the place itself. */
static void
feed_comments(struct request *rq, struct view *v, const char *path,
    const char *name, const char *about, int64_t created)
{
	size_t	i;

	for (i = 0; i < v->n; i++) {
		if (feed_changed(&v->list[i].c) > created)
			created = feed_changed(&v->list[i].c);
	}
	feed_begin(rq, path, name, about, created);
	feed_link(&rq->out, path, name);
	buf_addc(&rq->out, '\n');
	for (i = 0; i < v->n; i++)
		feed_comment(rq, &v->list[i]);
	buf_adds(&rq->out, "</feed>\n");
}

int
feed_thread(struct request *rq, struct err *err)
{
	struct view		v;
	struct view_thread	t;
	int			rc = -1;

	view_init(&v, rq->db, rq->rules->policy, "en", 0, false);
	if (view_thread(&v, rq->param[0], &t, err) == 0 &&
	    view_newest(&v, t.num, NULL, FEED_ENTRIES, err) == 0) {
		rq->thread = t.num;
		feed_comments(rq, &v, "/t/", t.t.slug, t.t.title,
		    t.t.created_at);
		rc = 0;
	}
	view_free(&v);
	return rc;
}

int
feed_site(struct request *rq, struct err *err)
{
	struct view	 v;
	const char	*site = rq->param[0];
	int64_t		 created;
	int		 rc;

	created = db_int(rq->db, 0, "SELECT created_at FROM thread WHERE site "
	    "= ? ORDER BY num DESC LIMIT 1", "s", site);
	if (created == 0)
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "There is no such site");
	view_init(&v, rq->db, rq->rules->policy, "en", 0, false);
	rc = view_newest(&v, 0, site, FEED_ENTRIES, err);
	if (rc == 0)
		feed_comments(rq, &v, "/?site=", site, site, created);
	view_free(&v);
	return rc;
}

/* ---- decisions ---- */

static void
feed_decision(struct request *rq, const struct log_entry *e)
{
	struct buf	*b = &rq->out;
	char		 index[24];

	snprintf(index, sizeof(index), "%lld", (long long)e->index);
	buf_adds(b, "<entry>");
	feed_id(rq, "/log/", index);
	buf_adds(b, "<title>");
	feed_text(b, e->action != NULL ? e->action : e->kind);
	if (e->clause_title != NULL) {
		buf_adds(b, ": ");
		feed_text(b, e->clause_title);
	}
	buf_adds(b, "</title>");
	feed_updated(b, e->time);
	feed_link(b, "/log/", index);
	buf_adds(b, "<content type=\"text\">");
	feed_text(b, e->thread_title);
	buf_adds(b, "</content></entry>\n");
}

/* Takes the filters of the log. */
int
feed_log(struct request *rq, struct err *err)
{
	struct log_ask		 ask;
	struct log_entry	*list;
	struct view		 v;
	size_t			 i, n;
	int			 rc;

	if (log_ask(rq, &ask, err) != 0)
		return -1;
	view_init(&v, rq->db, rq->rules->policy, "en", 0, false);
	if ((rc = log_page(rq, &v, &ask, &list, &n, err)) == 0) {
		feed_begin(rq, "/log", "", tr(locale_find("en"), "log.title"),
		    n > 0 ? list[0].time : v.now);
		feed_link(&rq->out, "/log", "");
		buf_addc(&rq->out, '\n');
		for (i = 0; i < n; i++)
			feed_decision(rq, &list[i]);
		buf_adds(&rq->out, "</feed>\n");
	}
	view_free(&v);
	return rc;
}
