/*
 * Forms with their errors. See page_form.h.
 */
#include <string.h>

#include "forumd/api_account.h"
#include "forumd/page_form.h"

static bool
page_form_refused(const struct request *rq, const struct html_form *f)
{
	return rq->err.code != ERR_NONE && rq->route != NULL &&
	    rq->route->method == HTTP_POST &&
	    ((rq->route->flags & ROUTE_EMBED) != 0 ||
	    strcmp(rq->route->path, f->action) == 0 || (rq->http != NULL &&
	    http_span_is(rq->http->path, f->action)));
}

void
page_form(struct request *rq, const struct html_page *p,
    const struct html_form *f, struct html_field *fields, size_t n,
    const char *submit, const char *class)
{
	struct buf	*b = &rq->out;
	bool		 refused = page_form_refused(rq, f), told = false;
	const char	*kept;
	size_t		 i;

	for (i = 0; refused && i < n; i++) {
		kept = request_field(rq, fields[i].name);
		if (kept != NULL && fields[i].type != HTML_PASSWORD &&
		    fields[i].type != HTML_NEW_PASSWORD)
			fields[i].value = kept;
		if (strcmp(rq->err.field, fields[i].name) == 0) {
			fields[i].error = rq->err.text;
			told = true;
		}
	}
	html_form_begin(b, p, f);
	if (refused && !told) {
		buf_adds(b, "<p class=\"errors\" role=\"alert\">");
		buf_htmls(b, rq->err.text);
		buf_adds(b, "</p>");
	}
	html_errors(b, p, f->id, fields, n);
	for (i = 0; i < n; i++)
		html_field(b, p, f->id, &fields[i]);
	buf_adds(b, "<p class=\"buttons\">");
	html_button(b, submit, NULL, NULL, class);
	buf_adds(b, "</p>");
	html_form_end(b);
}

void
page_form_button(struct request *rq, const struct html_page *p,
    const char *action, const char *id, const char *submit,
    const char *class)
{
	const struct html_form	f = { .action = action, .id = id };

	page_form(rq, p, &f, NULL, 0, submit, class);
}

void
page_form_session(struct request *rq)
{
	struct err	none;

	if (rq->who.how == SESSION_BEARER ||
	    rq->who.how == SESSION_AUTHOR_KEY)
		return;
	if (rq->who.csrf[0] == '\0' && api_account_enter(rq, NULL,
	    rq->who.csrf, &none) == 0)
		rq->private = true;
}

bool
page_form_local(const char *path)
{
	const char	*p;

	if (path == NULL || path[0] != '/' || path[1] == '/' ||
	    path[1] == '\\')
		return false;
	for (p = path; *p != '\0'; p++) {
		if (*p <= ' ' || *p >= 0x7f || *p == '"')
			return false;
	}
	return true;
}
