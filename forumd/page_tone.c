/*
 * Coding the tone of comments, as JSON and as a page: one text, and what it
 * is. Neither shows who wrote it or what became of it. Editors draw.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/api_grave.h"
#include "forumd/handlers.h"
#include "forumd/page_form.h"
#include "moderation/tone.h"

#define PAGE_TONES	8

/* The draws with the heads that they were made by, newest first. */
static int
page_tone_draws(struct request *rq, struct buf *out, struct err *err)
{
	struct stmt	*s;

	buf_key(out, "draws");
	buf_addc(out, '[');
	s = db_query(rq->db, "SELECT d.id, d.size, d.root, d.since, d.at, "
	    "(SELECT COUNT(*) FROM tone_item i WHERE i.draw = d.num), "
	    "(SELECT COUNT(*) FROM tone_item i JOIN tone_code k ON k.item = "
	    "i.num WHERE i.draw = d.num) FROM tone_draw d ORDER BY d.num "
	    "DESC LIMIT 50", "");
	while (stmt_step(s) == 1) {
		buf_adds(out, out->data[out->len - 1] == '[' ? "{" : ",{");
		buf_kv_str(out, "id", stmt_text(s, 0));
		buf_kv_int(out, "head_size", stmt_int(s, 1));
		buf_kv_str(out, "head_root", stmt_text(s, 2));
		buf_kv_time(out, "since", stmt_int(s, 3));
		buf_kv_time(out, "at", stmt_int(s, 4));
		buf_kv_int(out, "items", stmt_int(s, 5));
		buf_kv_int(out, "codes", stmt_int(s, 6));
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
	return stmt_done(s, err);
}

int
api_tone(struct request *rq, struct err *err)
{
	struct buf	*b = &rq->out, body = BUF_INIT;
	char		 id[ID_MAX], language[12];
	int64_t		 left;
	int		 rc;

	rc = tone_next(rq->db, rq->who.actor.account, id, language, &body,
	    &left, err);
	if (rc < 0)
		goto out;
	request_object(rq);
	if (rc == 0) {
		buf_key(b, "item");
		buf_addc(b, '{');
		buf_kv_str(b, "id", id);
		buf_kv_str(b, "language", language);
		buf_key(b, "body");
		buf_json(b, body.data, body.len);
		buf_addc(b, '}');
	} else {
		buf_kv_null(b, "item");
	}
	buf_kv_int(b, "left", left);
	rc = page_tone_draws(rq, b, err);
	request_object_end(rq);
out:
	buf_free(&body);
	return rc;
}

static int
page_tone_answer(struct request *rq, struct command *cmd, struct err *err)
{
	json_int_t	n;

	(void)err;
	request_object(rq);
	if (json_unpack(cmd->result, "{s:I}", "items", &n) == 0) {
		buf_kv_str(&rq->out, "draw", json_string_value(
		    json_object_get(cmd->result, "draw")));
		buf_kv_int(&rq->out, "items", n);
	} else {
		buf_kv_str(&rq->out, "item", json_string_value(
		    json_object_get(cmd->result, "item")));
	}
	request_object_end(rq);
	return 0;
}

int
api_tone_draw(struct request *rq, struct err *err)
{
	json_t	*args = api_grave_args(rq, NULL, err);

	return args == NULL ? -1 : request_submit(rq, "tone.draw", args,
	    page_tone_answer, err);
}

int
api_tone_code(struct request *rq, struct err *err)
{
	json_t	*args = api_grave_args(rq, "item", err);

	return args == NULL ? -1 : request_submit(rq, "tone.code", args,
	    page_tone_answer, err);
}

/* ---- the page ---- */

static void
page_tone_form(struct request *rq, struct html_page *p, const char *id)
{
	const struct locale	*l = rq->locale;
	struct html_option	 o[PAGE_TONES];
	char			 key[PAGE_TONES][40];
	struct html_form	 f = { .action = "/review/tone", .id = "tone",
		.class = "mode" };
	struct html_field	 fields[2];
	size_t			 n;

	memset(o, 0, sizeof(o));
	for (n = 0; n < PAGE_TONES && tone_word(n) != NULL; n++) {
		snprintf(key[n], sizeof(key[n]), "stats.group_%.20s",
		    tone_word(n));
		o[n].value = tone_word(n);
		o[n].label = tr(l, key[n]);
	}
	fields[0] = (struct html_field){ .type = HTML_HIDDEN, .name = "item",
		.value = id };
	fields[1] = (struct html_field){ .type = HTML_RADIO, .name = "tone",
		.label = tr(l, "tone.label"), .required = true,
		.options = o, .noptions = n };
	page_form(rq, p, &f, fields, 2, tr(l, "grave.save"), "");
}

static void
page_tone_draw_form(struct request *rq, struct html_page *p)
{
	const struct locale	*l = rq->locale;
	struct html_form	 f = { .action = "/review/tone/draw",
		.id = "draw", .class = "mode" };
	struct html_field	 fields[2];

	fields[0] = (struct html_field){ .type = HTML_TEXT, .name = "count",
		.label = tr(l, "tone.count"), .value = "100",
		.required = true };
	fields[1] = (struct html_field){ .type = HTML_TEXT, .name = "since",
		.label = tr(l, "stats.from"),
		.hint = tr(l, "grave.time_hint") };
	page_form(rq, p, &f, fields, 2, tr(l, "tone.draw"), "quiet");
}

int
page_tone(struct request *rq, struct err *err)
{
	struct html_page	p;
	struct buf		body = BUF_INIT, *b = &rq->out;
	char			id[ID_MAX], language[12];
	int64_t			left;
	int			rc;

	rc = tone_next(rq->db, rq->who.actor.account, id, language, &body,
	    &left, err);
	if (rc >= 0) {
		request_page(rq, &p, tr(rq->locale, "tone.title"));
		p.section = "review";
		page_begin(rq, &p);
		html_elem(b, "h1", NULL, p.title);
		html_elem(b, "p", "note", tr(rq->locale, "tone.note"));
		if (rc == 0) {
			html_elem(b, "blockquote", "text", buf_str(&body));
			page_tone_form(rq, &p, id);
		} else {
			html_elem(b, "p", "empty", tr(rq->locale,
			    "tone.empty"));
		}
		if ((rq->who.actor.roles & (ROLE_EDITOR | ROLE_ADMIN)) != 0)
			page_tone_draw_form(rq, &p);
		page_end(rq, &p);
	}
	buf_free(&body);
	return rc < 0 ? -1 : 0;
}

static int
page_tone_again(struct request *rq, struct err *err)
{
	rq->err = *err;
	return page_tone(rq, err);
}

static int
page_tone_done(struct request *rq, struct command *cmd, struct err *err)
{
	(void)cmd, (void)err;
	request_redirect(rq, "/review/tone");
	return 0;
}

int
page_tone_post(struct request *rq, struct err *err)
{
	json_t	*args = api_grave_args(rq, NULL, err);

	rq->again = page_tone_again;
	return args == NULL ? -1 : request_submit(rq, "tone.code", args,
	    page_tone_done, err);
}

int
page_tone_draw(struct request *rq, struct err *err)
{
	json_t		*args = api_grave_args(rq, NULL, err);
	const char	*text;
	char		*end;
	long		 n;

	rq->again = page_tone_again;
	if (args == NULL)
		return -1;
	text = json_string_value(json_object_get(args, "count"));
	if (text != NULL && (n = strtol(text, &end, 10), *end == '\0'))
		json_object_set_new(args, "count", json_integer(n));
	return request_submit(rq, "tone.draw", args, page_tone_done, err);
}
