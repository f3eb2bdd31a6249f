/*
 * What became of one's report or notice, opened by its key: the page that a
 * mail about it leads to, with the form of an appeal against inaction. It is
 * written from the JSON of the same, so that both say the same.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/handlers.h"
#include "forumd/page_form.h"

static const char *
page_report_str(const json_t *flag, const char *key)
{
	return json_string_value(json_object_get(flag, key));
}

/* The key, from the address or from the form that was sent. */
static const char *
page_report_key(struct request *rq, char *out, size_t size)
{
	const char	*field = request_field(rq, "key");
	struct err	 none;

	if (field != NULL)
		snprintf(out, size, "%s", field);
	else if (rq->http == NULL || request_param(rq, "key", out, size,
	    &none) < 0)
		out[0] = '\0';
	return out;
}

static void
page_report_form(struct request *rq, const struct html_page *p)
{
	const struct locale	*l = p->locale;
	struct buf		 action = BUF_INIT;
	char			 key[80];
	struct html_form	 f = { .id = "appeal",
				    .legend = tr(l, "appeal.file") };
	struct html_field	 fields[] = {
		{ .type = HTML_HIDDEN, .name = "key" },
		{ .type = HTML_AREA, .name = "grounds", .required = true,
		    .label = tr(l, "appeal.grounds"),
		    .hint = tr(l, "appeal.hint"), .maxlength = 4000 },
	};

	buf_addf(&action, "/flags/%s/appeal", rq->param[0]);
	f.action = buf_str(&action);
	fields[0].value = page_report_key(rq, key, sizeof(key));
	page_form(rq, p, &f, fields, 2, tr(l, "appeal.send"), "");
	buf_free(&action);
}

static void
page_report_body(struct request *rq, const struct html_page *p,
    const json_t *flag)
{
	const struct locale	*l = p->locale;
	struct buf		*b = &rq->out, href = BUF_INIT;
	const char		*title, *why = page_report_str(flag,
				    "explanation");
	const char		*state = page_report_str(flag, "state");
	const json_t		*appeal = json_object_get(flag, "appeal");
	char			 key[40];

	buf_addf(&href, "/c/%s", page_report_str(flag, "comment"));
	buf_adds(b, "<p>");
	html_link(b, buf_str(&href), tr(l, "statement.comment"));
	buf_adds(b, "</p><p class=\"lead\">");
	buf_free(&href);
	snprintf(key, sizeof(key), "notice.flag.%.20s", state);
	html_tr(b, l, key);
	buf_adds(b, "</p><dl class=\"statement\"><dt>");
	html_tr(b, l, "review.clause");
	buf_adds(b, "</dt><dd>");
	title = policy_title(rq->rules->policy, page_report_str(flag,
	    "clause"), locale_tag(l));
	buf_htmls(b, title != NULL ? title : page_report_str(flag, "clause"));
	buf_adds(b, "</dd>");
	if (why != NULL) {
		buf_adds(b, "<dt>");
		html_tr(b, l, "statement.reason");
		buf_adds(b, "</dt><dd dir=\"auto\">");
		buf_htmls(b, why);
		buf_adds(b, "</dd>");
	}
	buf_adds(b, "</dl>");
	if (json_is_object(appeal)) {
		snprintf(key, sizeof(key), "appeal.%.20s", page_report_str(
		    appeal, "state"));
		html_elem(b, "p", NULL, tr(l, key));
	} else if (strcmp(state, "rejected") == 0) {
		page_report_form(rq, p);
	}
	if (strcmp(state, "rejected") == 0)
		html_elem(b, "p", NULL, tr(l, "statement.outside"));
}

int
page_report(struct request *rq, struct err *err)
{
	struct html_page	 p;
	json_t			*flag;

	if (api_flag_one(rq, err) != 0)
		return -1;
	flag = json_loadb(rq->out.data, rq->out.len, 0, NULL);
	if (flag == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	buf_clear(&rq->out);
	page_form_session(rq);
	request_page(rq, &p, tr(rq->locale, "report.title"));
	p.script = "page.js";
	page_begin(rq, &p);
	html_elem(&rq->out, "h1", NULL, p.title);
	page_report_body(rq, &p, flag);
	page_end(rq, &p);
	json_decref(flag);
	return 0;
}

static int
page_report_appealed(struct request *rq, struct command *cmd,
    struct err *err)
{
	struct buf	to = BUF_INIT;
	char		key[80];

	(void)cmd;
	(void)err;
	buf_addf(&to, "/flags/%s?key=", rq->param[0]);
	page_report_key(rq, key, sizeof(key));
	buf_url(&to, key, strlen(key));
	request_redirect(rq, buf_str(&to));
	buf_free(&to);
	return 0;
}

/* The page again, with what is wrong beside its field. */
static int
page_report_again(struct request *rq, struct err *err)
{
	struct err	none;

	rq->err = *err;
	return rq->http == NULL ? -1 : page_report(rq, &none);
}

int
page_report_appeal(struct request *rq, struct err *err)
{
	rq->again = page_report_again;
	return request_submit(rq, "appeal.file", json_pack(
	    "{s:s, s:s*, s:s*}", "flag", rq->param[0], "key",
	    request_field(rq, "key"), "grounds", request_field(rq,
	    "grounds")), page_report_appealed, err);
}
