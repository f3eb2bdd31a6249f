/*
 * What all pages share. See page.h for the contract.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/page.h"
#include "forumd/page_form.h"
#include "forumd/settings.h"
#include "storage/base/clock.h"

void
page_security(const struct request *rq, struct buf *head, bool html)
{
	const struct route	*r = rq->route;
	const char		*site;
	size_t			 i;
	bool			 embed = r != NULL && (r->flags & ROUTE_EMBED);

	if (!html) {
		buf_adds(head, "Content-Security-Policy: default-src 'none'; "
		    "frame-ancestors 'none'; sandbox\r\n");
	} else {
		buf_adds(head, "Content-Security-Policy: default-src 'none'; "
		    "script-src 'self'; style-src 'self'; img-src 'self'; "
		    "connect-src 'self'; frame-src 'self'; form-action 'self'; "
		    "base-uri 'none'; object-src 'none'; "
		    "require-trusted-types-for 'script'; frame-ancestors ");
		for (i = 0; embed && (site = settings_item(rq->server->set,
		    "sites", i)) != NULL; i++)
			buf_addf(head, "%s ", site);
		buf_adds(head, embed ? "'self'\r\n" : "'none'\r\n");
		buf_adds(head, "Cross-Origin-Opener-Policy: same-origin\r\n"
		    "Permissions-Policy: camera=(), microphone=(), "
		    "geolocation=()\r\n");
	}
	if (rq->server->tls != NULL)
		buf_adds(head, "Strict-Transport-Security: "
		    "max-age=31536000; includeSubDomains\r\n");
}

/* The newest signed head, as it stands in every page's foot. The texts live
 * until the loop's next page. */
static void
page_head(struct request *rq, struct html_page *p)
{
	static _Thread_local char	root[64];
	struct buf			note = BUF_INIT;
	const char			*line;
	uint64_t			 size;
	size_t				 n;

	if (ledger_read_head(rq->db, rq->server->origin, 0, &size, &note,
	    NULL) != 0)
		goto out;
	line = buf_str(&note);
	if ((line = strchr(line, '\n')) == NULL ||
	    (line = strchr(line + 1, '\n')) == NULL)
		goto out;
	n = strcspn(++line, "\n");
	if (n >= sizeof(root))
		goto out;
	memcpy(root, line, n);
	root[n] = '\0';
	p->head_origin = rq->server->origin;
	p->head_size = size;
	p->head_root = root;
out:
	buf_free(&note);
}

/* The viewer's own name; lives until the loop's next page. */
static const char *
page_viewer(struct request *rq)
{
	static _Thread_local char	name[512];
	struct buf			b = BUF_INIT;
	char				ref[REF_MAX];
	int				found;

	if (rq->who.account.num == 0)
		return NULL;
	ref_make(ref, 'a', rq->who.account.id);
	found = lookup_content(rq->db, ref, "name", &b, NULL, NULL);
	snprintf(name, sizeof(name), "%s", buf_str(&b));
	buf_free(&b);
	return found == 0 ? name : NULL;
}

void
request_page(struct request *rq, struct html_page *p, const char *title)
{
	static _Thread_local char	assets_at[64], path[1024], theme[8];
	struct err			 none;

	memset(p, 0, sizeof(*p));
	p->locale = rq->locale;
	p->site_name = settings_str(rq->server->set, "site_title");
	p->title = title;
	snprintf(assets_at, sizeof(assets_at), "/assets/%s",
	    rq->server->build);
	p->assets = assets_at;
	p->script = "page.js";
	if (rq->http != NULL)
		snprintf(path, sizeof(path), "%.*s", (int)rq->http->path.len,
		    rq->http->path.p);
	p->path = path;
	if (rq->http != NULL && request_param(rq, "theme", theme,
	    sizeof(theme), &none) > 0 && (strcmp(theme, "light") == 0 ||
	    strcmp(theme, "dark") == 0))
		p->theme = theme;
	p->keep = rq->keep[0] != '\0' ? rq->keep : NULL;
	if (rq->private) {
		p->csrf = rq->who.csrf[0] != '\0' ? rq->who.csrf : NULL;
		p->viewer = page_viewer(rq);
		p->unread = rq->who.account.unread;
		if (rq->who.actor.roles & ROLE_STAFF)
			p->roles |= HTML_MODERATOR;
		if (rq->who.actor.roles & (ROLE_EDITOR | ROLE_ADMIN))
			p->roles |= HTML_EDITOR;
	}
	page_head(rq, p);
}

void
page_begin(struct request *rq, struct html_page *p)
{
	rq->type = "text/html; charset=utf-8";
	buf_clear(&rq->out);
	html_begin(&rq->out, p);
}

void
page_end(struct request *rq, struct html_page *p)
{
	html_end(&rq->out, p);
}

/* In the reader's language where a reader may meet the problem; those that
 * only a program makes keep the table's title. */
static const char *
page_problem_title(const struct locale *l, enum err_code code)
{
	char		 key[48];
	const char	*s;

	snprintf(key, sizeof(key), "problem.%s", err_word(code));
	s = tr(l, key);
	return s == key ? err_title(code) : s;
}

void
page_problem(struct request *rq, const struct err *err)
{
	const char		*title;
	struct html_page	 p;

	if (err->code == ERR_SIGN_IN_REQUIRED && rq->route != NULL) {
		page_sign_in_first(rq);
		return;
	}
	title = page_problem_title(rq->locale, err->code);
	request_page(rq, &p, title);
	rq->type = "text/html; charset=utf-8";
	buf_clear(&rq->out);
	html_problem(&rq->out, &p, err_status(err->code), title, err->text);
}
