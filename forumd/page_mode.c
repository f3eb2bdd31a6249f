/*
 * How a thread is run, by form: its mode, the notice above it, and the reason
 * that goes into the public record with the change.
 */
#include <string.h>

#include "forumd/handlers.h"
#include "forumd/page_form.h"
#include "forumd/page_parts.h"

static void
page_mode_form(struct request *rq, struct html_page *p,
    const struct html_thread *t)
{
	const struct locale	*l = p->locale;
	const struct html_option modes[] = {
		{ "open", tr(l, "mode_short.open"), NULL },
		{ "newcomers_held", tr(l, "mode_short.newcomers_held"),
		    tr(l, "mode.newcomers_held") },
		{ "all_held", tr(l, "mode_short.all_held"),
		    tr(l, "mode.all_held") },
		{ "closed", tr(l, "mode_short.closed"),
		    tr(l, "mode.closed") },
	};
	struct html_field	 fields[] = {
		{ .type = HTML_RADIO, .name = "mode", .required = true,
		    .label = tr(l, "mode.label"), .value = t->mode,
		    .options = modes, .noptions = 4 },
		{ .type = HTML_AREA, .name = "notice", .rows = 3,
		    .label = tr(l, "thread.notice"), .value = t->notice,
		    .hint = tr(l, "mode.notice_hint"), .maxlength = 2000 },
		{ .type = HTML_AREA, .name = "explanation", .rows = 3,
		    .required = true, .label = tr(l, "mode.explanation"),
		    .hint = tr(l, "mode.explanation_hint"),
		    .maxlength = 4000 },
	};
	struct html_form	 f = { .id = "mode" };
	struct buf		 action = BUF_INIT;

	buf_adds(&action, "/t/");
	buf_url(&action, t->slug, strlen(t->slug));
	buf_adds(&action, "/mode");
	f.action = buf_str(&action);
	page_form(rq, p, &f, fields, 3, tr(l, "mode.change"), "");
	buf_free(&action);
}

int
page_mode(struct request *rq, struct err *err)
{
	struct view		v;
	struct view_thread	t;
	struct html_page	p;
	int			rc;

	api_view(rq, &v);
	if ((rc = view_thread(&v, rq->param[0], &t, err)) == 0) {
		request_page(rq, &p, tr(rq->locale, "mode.title"));
		p.section = "threads";
		page_begin(rq, &p);
		page_thread_heading(rq, &t);
		html_elem(&rq->out, "h2", NULL, p.title);
		page_mode_form(rq, &p, &t.t);
		page_end(rq, &p);
	}
	view_free(&v);
	return rc;
}

static int
page_mode_again(struct request *rq, struct err *err)
{
	struct err	none;

	rq->err = *err;
	return rq->http == NULL ? -1 : page_mode(rq, &none);
}

static int
page_mode_done(struct request *rq, struct command *cmd, struct err *err)
{
	struct buf	b = BUF_INIT;

	(void)cmd, (void)err;
	buf_adds(&b, "/t/");
	buf_url(&b, rq->param[0], strlen(rq->param[0]));
	request_redirect(rq, buf_str(&b));
	buf_free(&b);
	return 0;
}

int
page_mode_post(struct request *rq, struct err *err)
{
	json_t	*args = page_args(rq, "thread", err);

	rq->again = page_mode_again;
	return args == NULL ? -1 : request_submit(rq, "thread.mode", args,
	    page_mode_done, err);
}
