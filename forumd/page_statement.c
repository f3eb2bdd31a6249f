/*
 * A statement of reasons as a page, in the reader's language: what was
 * decided, under which rule, with which words, how it came about, and what
 * can be done about it. The person concerned finds the private words and the
 * form of an appeal. It is written from the statement's JSON, so that page
 * and JSON say the same.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/api_grave.h"
#include "forumd/handlers.h"
#include "forumd/page_form.h"
#include "moderation/statement.h"
#include "storage/base/clock.h"

/* One statement: where it belongs and what it says. */
struct page_statement {
	json_t		*json;		/* owned */
	bool		 whole;		/* for the person or staff */
	bool		 own;
	int64_t		 appeal_until, until;	/* ms; 0: none */
	char		 about[REQUEST_PARAM + 16]; /* "/c/ID" */
};

static const char *
page_statement_str(const struct page_statement *ps, const char *key)
{
	return json_string_value(json_object_get(ps->json, key));
}

static void
page_statement_pair(struct buf *b, const struct locale *l, const char *key,
    const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	buf_adds(b, "<dt>");
	html_tr(b, l, key);
	buf_adds(b, "</dt><dd dir=\"auto\">");
	buf_htmls(b, text);
	buf_adds(b, "</dd>");
}

/* How it came about, in the words of statement-of-reasons. */
static const char *
page_statement_facts(const struct page_statement *ps)
{
	const char	*source = page_statement_str(ps, "source");

	if (json_is_true(json_object_get(ps->json, "automated_decision")))
		return "statement.facts.automatic";
	if (source != NULL && strcmp(source, "SOURCE_ARTICLE_16") == 0)
		return "statement.facts.notice";
	if (source != NULL &&
	    strcmp(source, "SOURCE_TYPE_OTHER_NOTIFICATION") == 0)
		return "statement.facts.flag";
	return json_is_true(json_object_get(ps->json,
	    "automated_detection")) ? "statement.facts.detected" :
	    "statement.facts.staff";
}

static void
page_statement_links(struct buf *b, const struct locale *l,
    const struct page_statement *ps)
{
	const char	*digest = page_statement_str(ps, "policy_digest");
	const char	*decider = page_statement_str(ps, "decided_by");
	json_int_t	 index = json_integer_value(json_object_get(ps->json,
			    "log_index"));

	buf_adds(b, "<p class=\"meta\">");
	if (decider != NULL && strcmp(decider, "automatic") == 0)
		html_tr(b, l, "tombstone.automatic");
	else if (decider != NULL)
		tr_html(b, tr(l, "tombstone.by"), "name", decider, NULL);
	buf_addf(b, " · <a href=\"/log/%lld\">", (long long)index);
	html_tr(b, l, "tombstone.record");
	buf_addf(b, " %lld</a>", (long long)index);
	if (digest != NULL) {
		buf_adds(b, " · <a href=\"/policy/");
		buf_url(b, digest, strlen(digest));
		buf_adds(b, "\">");
		html_tr(b, l, "policy.title");
		buf_adds(b, "</a>");
	}
	buf_adds(b, "</p>");
}

static void
page_statement_body(struct request *rq, const struct page_statement *ps)
{
	const struct locale	*l = rq->locale;
	struct buf		*b = &rq->out;
	const char		*action = page_statement_str(ps, "action");
	char			 key[64];

	snprintf(key, sizeof(key), "statement.action.%.30s",
	    action != NULL ? action : "");
	html_elem(b, "p", "lead", tr(l, key));
	buf_adds(b, "<dl class=\"statement\">");
	page_statement_pair(b, l, "review.clause", page_statement_str(ps,
	    "clause_title"));
	page_statement_pair(b, l, "statement.rule", page_statement_str(ps,
	    "clause_text"));
	page_statement_pair(b, l, "statement.reason", page_statement_str(ps,
	    "explanation"));
	page_statement_pair(b, l, "statement.legal", page_statement_str(ps,
	    "legal_ground"));
	page_statement_pair(b, l, "statement.facts", tr(l,
	    page_statement_facts(ps)));
	if (ps->until != 0) {
		buf_adds(b, "<dt>");
		html_tr(b, l, "statement.until");
		buf_adds(b, "</dt><dd>");
		html_time(b, l, ps->until);
		buf_adds(b, "</dd>");
	}
	if (ps->whole)
		page_statement_pair(b, l, "statement.note",
		    page_statement_str(ps, "note_to_author"));
	buf_adds(b, "</dl>");
	page_statement_links(b, l, ps);
}

/* What can be done about it; the form where it is the reader's own. */
static void
page_statement_redress(struct request *rq, struct html_page *p,
    const struct page_statement *ps)
{
	const struct locale	*l = rq->locale;
	struct buf		*b = &rq->out;
	const char		*state = page_statement_str(ps, "appeal");
	bool			 open = ps->appeal_until > clock_ms();
	bool			 refused = rq->err.code != ERR_NONE;
	char			 key[40];

	html_elem(b, "h2", NULL, tr(l, "statement.redress"));
	snprintf(key, sizeof(key), "appeal.%.20s",
	    state == NULL ? "none" : state);
	if (state != NULL && strcmp(state, "none") == 0 && !open)
		strcpy(key, "appeal.expired");
	buf_adds(b, "<p>");
	html_tr(b, l, key);
	if (open && ps->appeal_until != 0) {
		buf_adds(b, "; ");
		html_tr(b, l, "appeal.until");
		buf_addc(b, ' ');
		html_time(b, l, ps->appeal_until);
	}
	buf_adds(b, "</p>");
	if (ps->own && open && state != NULL && strcmp(state, "none") == 0)
		html_compose_appeal(b, p, ps->about, request_field(rq,
		    "grounds"), refused ? rq->err.text : NULL);
	html_elem(b, "p", NULL, tr(l, "statement.outside"));
}

static int
page_statement_read(struct request *rq, struct page_statement *ps,
    struct statement *st, struct err *err)
{
	struct buf	text = BUF_INIT;
	int64_t		viewer = rq->who.actor.account;

	ps->own = viewer != 0 && statement_account(st) == viewer;
	ps->whole = ps->own || (viewer != 0 &&
	    (rq->who.actor.roles & ROLE_STAFF) != 0);
	if (statement_private(st) && !ps->whole)
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "There is no such statement");
	statement_json(&text, st, ps->whole);
	ps->json = json_loadb(text.data, text.len, 0, NULL);
	buf_free(&text);
	return ps->json != NULL ? 0 : err_set(err, ERR_OVERLOADED, NULL,
	    "Out of memory");
}

static int
page_statement_write(struct request *rq, struct page_statement *ps,
    const char *above)
{
	struct html_page	p;

	request_page(rq, &p, tr(rq->locale, "statement.title"));
	p.script = "page.js";
	page_begin(rq, &p);
	html_elem(&rq->out, "h1", NULL, p.title);
	buf_adds(&rq->out, "<p>");
	html_link(&rq->out, ps->own && above == NULL ? "/me?tab=sanctions" :
	    ps->about, tr(rq->locale, above != NULL ? above :
	    "me.tab.sanctions"));
	buf_adds(&rq->out, "</p>");
	page_statement_body(rq, ps);
	page_statement_redress(rq, &p, ps);
	page_end(rq, &p);
	return 0;
}

/* When an appeal is over: the statement has it as text. */
static int64_t
page_statement_until(struct request *rq, const struct page_statement *ps)
{
	return db_int(rq->db, 0, "SELECT appeal_until FROM decision WHERE "
	    "id = ?", "s", page_statement_str(ps, "decision"));
}

/* Nothing was decided: how the comment stands, and for a guest the way to
 * prove that it is theirs. A keep-link leads here. */
static int
page_statement_none(struct request *rq, struct err *err)
{
	struct view		v;
	struct html_page	p;
	struct buf		b = BUF_INIT;
	int			rc;

	api_view(rq, &v);
	if ((rc = view_one(&v, rq->param[0], err)) == 0) {
		request_page(rq, &p, tr(rq->locale, "statement.title"));
		p.script = "thread.js";
		page_begin(rq, &p);
		html_elem(&rq->out, "h1", NULL, p.title);
		html_elem(&rq->out, "p", NULL, tr(rq->locale,
		    "statement.none"));
		html_comment(&rq->out, &p, &v.list[0].c);
		if (!v.list[0].own) {
			buf_addf(&b, "/keep?next=/c/%s/statement",
			    v.list[0].c.id);
			buf_adds(&rq->out, "<p>");
			html_link(&rq->out, buf_str(&b), tr(rq->locale,
			    "keep.title"));
			buf_adds(&rq->out, "</p>");
		}
		page_end(rq, &p);
	}
	buf_free(&b);
	view_free(&v);
	return rc;
}

int
page_statement(struct request *rq, struct err *err)
{
	struct page_statement	 ps;
	struct statement	*st;
	int			 rc;

	memset(&ps, 0, sizeof(ps));
	if (api_statement_early(rq, rq->param[0], err) != 0 ||
	    statement_of_comment(&st, rq->db, rq->rules->policy,
	    rq->param[0], locale_tag(rq->locale), "", err) != 0)
		return err->code != ERR_NOT_FOUND ? -1 :
		    page_statement_none(rq, err);
	snprintf(ps.about, sizeof(ps.about), "/c/%s", rq->param[0]);
	if ((rc = page_statement_read(rq, &ps, st, err)) == 0) {
		ps.appeal_until = page_statement_until(rq, &ps);
		rc = page_statement_write(rq, &ps, "statement.comment");
	}
	statement_free(&st);
	json_decref(ps.json);
	return rc;
}

int
page_statement_sanction(struct request *rq, struct err *err)
{
	struct page_statement	 ps;
	struct statement	*st;
	int			 rc;

	memset(&ps, 0, sizeof(ps));
	if (statement_of_sanction(&st, rq->db, rq->rules->policy,
	    rq->param[0], locale_tag(rq->locale), "", err) != 0)
		return -1;
	snprintf(ps.about, sizeof(ps.about), "/sanctions/%s", rq->param[0]);
	if ((rc = page_statement_read(rq, &ps, st, err)) == 0) {
		ps.appeal_until = page_statement_until(rq, &ps);
		ps.until = db_int(rq->db, 0, "SELECT until FROM sanction "
		    "WHERE id = ?", "s", rq->param[0]);
		rc = page_statement_write(rq, &ps, NULL);
	}
	statement_free(&st);
	json_decref(ps.json);
	return rc;
}

/* ---- appealing against a sanction by form ---- */

static int
page_sanction_again(struct request *rq, struct err *err)
{
	struct err	none;

	rq->err = *err;
	return page_statement_sanction(rq, &none);
}

static int
page_sanction_appealed(struct request *rq, struct command *cmd,
    struct err *err)
{
	(void)cmd;
	(void)err;
	request_redirect(rq, "/me?tab=sanctions");
	return 0;
}

int
page_sanction_appeal(struct request *rq, struct err *err)
{
	rq->again = page_sanction_again;
	return request_submit(rq, "appeal.file", json_pack("{s:s, s:s*}",
	    "sanction", rq->param[0], "grounds", request_field(rq,
	    "grounds")), page_sanction_appealed, err);
}
