/*
 * The desk's page of the gravest cases: what an authority has to be told of,
 * authorities' orders, and what is locked away. Everything is a plain form;
 * a refused one comes back with the words kept and what is wrong beside the
 * field. Each form carries the id of its item as its first, hidden field.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/api_grave.h"
#include "forumd/handlers.h"
#include "forumd/page_form.h"

#define PAGE_GRAVE_ITEMS	50

static const char *
page_grave_str(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* Only the form that was sent is shown as refused, not its likes. */
static void
page_grave_form(struct request *rq, const struct html_page *p,
    const char *action, struct html_field *fields, size_t n,
    const char *submit)
{
	struct html_form	 f = { .action = action, .class = "mode" };
	const char		*sent = request_field(rq, fields[0].name);
	enum err_code		 code = rq->err.code;
	char			 id[80];

	snprintf(id, sizeof(id), "%s-%.40s", strrchr(action, '/') + 1,
	    fields[0].type == HTML_HIDDEN ? fields[0].value : "new");
	f.id = id;
	if (fields[0].type == HTML_HIDDEN && (sent == NULL ||
	    strcmp(sent, fields[0].value) != 0))
		rq->err.code = ERR_NONE;
	page_form(rq, p, &f, fields, n, tr(rq->locale, submit), "quiet");
	rq->err.code = code;
}

/* "words: value", where there is one. */
static void
page_grave_line(struct request *rq, const char *key, const char *value)
{
	struct buf	*b = &rq->out;

	if (value == NULL)
		return;
	buf_adds(b, "<p class=\"meta\">");
	html_tr(b, rq->locale, key);
	buf_adds(b, ": <span dir=\"auto\">");
	buf_htmls(b, value);
	buf_adds(b, "</span></p>");
}

/* The comment and its clause as an item's heading. */
static void
page_grave_head(struct request *rq, const json_t *o, const char *at)
{
	struct buf	*b = &rq->out;
	const char	*clause = page_grave_str(o, "clause");
	const char	*comment = page_grave_str(o, "comment");
	const char	*title = NULL;

	if (clause != NULL)
		title = policy_title(rq->rules->policy, clause,
		    locale_tag(rq->locale));
	buf_adds(b, "<article class=\"comment\"><header><strong>");
	buf_htmls(b, title != NULL ? title : clause != NULL ? clause : "");
	buf_adds(b, "</strong> ");
	if (comment != NULL) {
		buf_adds(b, "<a href=\"/c/");
		buf_url(b, comment, strlen(comment));
		buf_adds(b, "\">");
		buf_htmls(b, comment);
		buf_adds(b, "</a> ");
	}
	if (at != NULL)
		buf_htmls(b, at);
	buf_adds(b, "</header>");
}

/* A field for a moment; the hint shows how one is written. */
static struct html_field
page_grave_moment(struct request *rq, const char *name, const char *label,
    const char *value)
{
	return (struct html_field){ .type = HTML_TEXT, .name = name,
	    .label = tr(rq->locale, label), .value = value,
	    .hint = tr(rq->locale, "grave.time_hint") };
}

static struct html_field
page_grave_words(struct request *rq, const char *name, const char *label)
{
	return (struct html_field){ .type = HTML_TEXT, .name = name,
	    .label = tr(rq->locale, label), .maxlength = 500 };
}

static void
page_grave_escalation(struct request *rq, struct html_page *p,
    const json_t *o)
{
	const struct locale	*l = rq->locale;
	const struct html_option outcomes[] = {
		{ .value = "told", .label = tr(l, "grave.state_told") },
		{ .value = "none", .label = tr(l, "grave.state_none") },
	};
	struct html_field	 f[6];
	char			 key[32];

	page_grave_head(rq, o, page_grave_str(o, "opened_at"));
	if (strcmp(page_grave_str(o, "state"), "open") != 0) {
		snprintf(key, sizeof(key), "grave.state_%.8s",
		    page_grave_str(o, "state"));
		html_elem(&rq->out, "p", NULL, tr(l, key));
		page_grave_line(rq, "grave.authority", page_grave_str(o,
		    "authority"));
		page_grave_line(rq, "grave.told_at", page_grave_str(o,
		    "told_at"));
		page_grave_line(rq, "grave.reference", page_grave_str(o,
		    "reference"));
		page_grave_line(rq, "grave.reason", page_grave_str(o,
		    "reason"));
	} else {
		f[0] = (struct html_field){ .type = HTML_HIDDEN,
			.name = "escalation",
			.value = page_grave_str(o, "id") };
		f[1] = (struct html_field){ .type = HTML_SELECT,
			.name = "outcome", .label = tr(l, "grave.outcome"),
			.value = "told", .options = outcomes, .noptions = 2,
			.required = true };
		f[2] = page_grave_words(rq, "authority", "grave.authority");
		f[3] = page_grave_moment(rq, "told_at", "grave.told_at",
		    NULL);
		f[4] = page_grave_words(rq, "reference", "grave.reference");
		f[5] = page_grave_words(rq, "reason", "grave.reason");
		page_grave_form(rq, p, "/desk/escalations", f, 6,
		    "grave.save");
	}
	buf_adds(&rq->out, "</article>");
}

static void
page_grave_order(struct request *rq, struct html_page *p, const json_t *o)
{
	const struct locale	*l = rq->locale;
	const struct html_option effects[] = {
		{ .value = "", .label = "–" },
		{ .value = "given", .label = tr(l, "grave.effect_given") },
		{ .value = "partly", .label = tr(l, "grave.effect_partly") },
		{ .value = "refused", .label = tr(l, "grave.effect_refused") },
	};
	struct html_field	 f[4];
	char			 key[32];

	page_grave_head(rq, o, page_grave_str(o, "received_at"));
	snprintf(key, sizeof(key), "grave.type_%.12s", page_grave_str(o,
	    "type"));
	html_elem(&rq->out, "p", NULL, tr(l, key));
	page_grave_line(rq, "grave.member_state", page_grave_str(o,
	    "member_state"));
	page_grave_line(rq, "grave.authority", page_grave_str(o,
	    "authority"));
	page_grave_line(rq, "grave.reference", page_grave_str(o,
	    "reference"));
	f[0] = (struct html_field){ .type = HTML_HIDDEN, .name = "order",
		.value = page_grave_str(o, "id") };
	f[1] = page_grave_moment(rq, "acted_at", "grave.acted_at",
	    page_grave_str(o, "acted_at"));
	f[2] = page_grave_moment(rq, "told_at", "grave.told_at",
	    page_grave_str(o, "told_at"));
	f[3] = (struct html_field){ .type = HTML_SELECT, .name = "effect",
		.label = tr(l, "grave.effect"), .options = effects,
		.noptions = 4, .value = page_grave_str(o, "effect") };
	page_grave_form(rq, p, "/desk/orders/answer", f, 4, "grave.save");
	buf_adds(&rq->out, "</article>");
}

static void
page_grave_order_add(struct request *rq, struct html_page *p)
{
	const struct locale	*l = rq->locale;
	const struct html_option types[] = {
		{ .value = "act", .label = tr(l, "grave.type_act") },
		{ .value = "information",
		    .label = tr(l, "grave.type_information") },
	};
	struct html_field	 f[6];

	f[0] = (struct html_field){ .type = HTML_SELECT, .name = "type",
		.label = tr(l, "grave.type"), .options = types,
		.noptions = 2, .value = "act", .required = true };
	f[1] = (struct html_field){ .type = HTML_TEXT,
		.name = "member_state", .label = tr(l, "grave.member_state"),
		.maxlength = 2, .required = true };
	f[2] = page_grave_moment(rq, "received_at", "grave.received_at",
	    NULL);
	f[2].required = true;
	f[3] = page_grave_words(rq, "authority", "grave.authority");
	f[3].required = true;
	f[4] = page_grave_words(rq, "reference", "grave.reference");
	f[5] = page_grave_words(rq, "comment", "grave.comment");
	page_grave_form(rq, p, "/desk/orders", f, 6, "grave.order_add");
}

/* What an admin may do with it. */
static void
page_grave_locked_forms(struct request *rq, struct html_page *p,
    const json_t *o)
{
	struct html_field	f[4];

	f[0] = (struct html_field){ .type = HTML_HIDDEN, .name = "comment",
		.value = page_grave_str(o, "comment") };
	f[1] = page_grave_words(rq, "reason", "grave.reason");
	f[1].required = true;
	page_grave_form(rq, p, "/desk/quarantine/open", f, 2, "grave.open");
	f[1] = page_grave_moment(rq, "preserve_until",
	    "grave.preserve_until", page_grave_str(o, "preserve_until"));
	f[2] = page_grave_moment(rq, "notify_after", "grave.notify_after",
	    page_grave_str(o, "notify_after"));
	f[3] = page_grave_words(rq, "order", "grave.order");
	page_grave_form(rq, p, "/desk/quarantine/keep", f, 4, "grave.keep");
	f[1] = page_grave_words(rq, "explanation", "grave.explanation");
	f[1].required = true;
	f[2] = (struct html_field){ .type = HTML_HIDDEN, .name = "clause",
		.value = page_grave_str(o, "clause") };
	page_grave_form(rq, p, "/desk/quarantine/release", f, 3,
	    "grave.release");
}

static void
page_grave_locked(struct request *rq, struct html_page *p, const json_t *o)
{
	const json_t	*one;
	struct buf	 line = BUF_INIT;
	size_t		 i;

	page_grave_head(rq, o, page_grave_str(o, "at"));
	page_grave_line(rq, "grave.preserve_until", page_grave_str(o,
	    "preserve_until"));
	page_grave_line(rq, "grave.notify_after", page_grave_str(o,
	    "notify_after"));
	page_grave_line(rq, "grave.released", page_grave_str(o,
	    "released_at"));
	json_array_foreach(json_object_get(o, "openings"), i, one) {
		buf_clear(&line);
		buf_addf(&line, "%s, %s, %s", page_grave_str(one, "at"),
		    page_grave_str(json_object_get(one, "by"), "name"),
		    page_grave_str(one, "reason"));
		page_grave_line(rq, "grave.opened", buf_str(&line));
	}
	buf_free(&line);
	if (page_grave_str(o, "released_at") == NULL &&
	    !json_is_true(json_object_get(o, "erased")) &&
	    (rq->who.actor.roles & ROLE_ADMIN) != 0)
		page_grave_locked_forms(rq, p, o);
	buf_adds(&rq->out, "</article>");
}

/* One list with heading and note; its items by one of the above. */
static int
page_grave_section(struct request *rq, struct html_page *p,
    enum api_grave which, struct err *err)
{
	static const struct {
		const char	*name, *title, *note;
		void		(*item)(struct request *, struct html_page *,
				    const json_t *);
	} rows[] = {
		{ "quarantine", "grave.quarantine", "grave.quarantine_note",
		    page_grave_locked },
		{ "escalations", "grave.escalations",
		    "grave.escalations_note", page_grave_escalation },
		{ "orders", "grave.orders", "grave.orders_note",
		    page_grave_order },
	};
	struct buf	 b = BUF_INIT;
	json_t		*made, *list, *o;
	size_t		 i;

	if (api_grave_write(rq, which, PAGE_GRAVE_ITEMS, "", &b, err) != 0) {
		buf_free(&b);
		return -1;
	}
	made = json_loadb(b.data, b.len, 0, NULL);
	buf_free(&b);
	html_elem(&rq->out, "h2", NULL, tr(rq->locale, rows[which].title));
	html_elem(&rq->out, "p", "note", tr(rq->locale, rows[which].note));
	if (which == API_GRAVE_ORDERS)
		page_grave_order_add(rq, p);
	list = json_object_get(made, rows[which].name);
	json_array_foreach(list, i, o)
		rows[which].item(rq, p, o);
	if (json_array_size(list) == 0)
		html_elem(&rq->out, "p", "empty", tr(rq->locale,
		    "grave.empty"));
	json_decref(made);
	return 0;
}

int
page_grave(struct request *rq, struct err *err)
{
	struct html_page	p;

	request_page(rq, &p, tr(rq->locale, "grave.title"));
	p.section = "desk";
	page_begin(rq, &p);
	html_elem(&rq->out, "h1", NULL, p.title);
	if (page_grave_section(rq, &p, API_GRAVE_ESCALATIONS, err) != 0 ||
	    page_grave_section(rq, &p, API_GRAVE_ORDERS, err) != 0 ||
	    page_grave_section(rq, &p, API_GRAVE_QUARANTINE, err) != 0)
		return -1;
	page_end(rq, &p);
	return 0;
}

static int
page_grave_again(struct request *rq, struct err *err)
{
	rq->err = *err;
	return page_grave(rq, err);
}

static int
page_grave_done(struct request *rq, struct command *cmd, struct err *err)
{
	(void)cmd, (void)err;
	request_redirect(rq, "/desk/grave");
	return 0;
}

static int
page_grave_submit(struct request *rq, const char *kind, request_then *then,
    struct err *err)
{
	json_t	*args = api_grave_args(rq, NULL, err);

	rq->again = page_grave_again;
	return args == NULL ? -1 : request_submit(rq, kind, args, then, err);
}

/* The text, once: it is on no page that can be asked for again. */
static int
page_grave_opened(struct request *rq, struct command *cmd, struct err *err)
{
	struct html_page	 p;
	struct buf		 b = BUF_INIT;
	json_t			*made;
	const char		*text;

	(void)err;
	buf_addc(&b, '{');
	api_grave_body(rq, cmd, &b);
	buf_addc(&b, '}');
	made = json_loadb(b.data, b.len, 0, NULL);
	buf_free(&b);
	text = page_grave_str(made, "body");
	request_page(rq, &p, tr(rq->locale, "grave.opened"));
	p.section = "desk";
	page_begin(rq, &p);
	html_elem(&rq->out, "h1", NULL, p.title);
	html_elem(&rq->out, "p", "note", tr(rq->locale,
	    "grave.opened_note"));
	html_elem(&rq->out, "blockquote", "text", text != NULL ? text : "");
	html_link(&rq->out, "/desk/grave", tr(rq->locale, "grave.title"));
	page_end(rq, &p);
	json_decref(made);
	return 0;
}

int
page_escalation_close(struct request *rq, struct err *err)
{
	return page_grave_submit(rq, "escalation.close", page_grave_done,
	    err);
}

int
page_order_receive(struct request *rq, struct err *err)
{
	return page_grave_submit(rq, "order.receive", page_grave_done, err);
}

int
page_order_answer(struct request *rq, struct err *err)
{
	return page_grave_submit(rq, "order.answer", page_grave_done, err);
}

int
page_quarantine_open(struct request *rq, struct err *err)
{
	return page_grave_submit(rq, "quarantine.open", page_grave_opened,
	    err);
}

int
page_quarantine_keep(struct request *rq, struct err *err)
{
	return page_grave_submit(rq, "quarantine.keep", page_grave_done,
	    err);
}

int
page_quarantine_release(struct request *rq, struct err *err)
{
	json_t	*args = api_grave_args(rq, NULL, err);

	rq->again = page_grave_again;
	if (args == NULL)
		return -1;
	json_object_set_new(args, "action", json_string("restore"));
	return request_submit(rq, "decide", args, page_grave_done, err);
}
