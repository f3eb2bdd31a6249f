/*
 * The moderators' queue as a page: the same items as the API gives, each with
 * its form. A refused decision comes back with the words kept and what is
 * wrong beside the field.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "forumd/api_queue.h"
#include "forumd/handlers.h"
#include "forumd/page_parts.h"

#define PAGE_ITEMS	25
#define CLAUSES		64
#define FINDINGS	32
#define SPANS		64
#define NOTES		20

static const char *
page_review_str(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* 0 where there is none. */
static int64_t
page_review_time(json_t *o, const char *key)
{
	const char	*text = page_review_str(o, key);
	struct tm	 tm = { 0 };

	if (text == NULL || strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) == NULL)
		return 0;
	return (int64_t)timegm(&tm) * 1000;
}

/* What hangs on one item; lives while it is written. */
struct page_item {
	struct html_review_item	 item;
	struct html_comment	 comment;
	struct html_finding	 findings[FINDINGS];
	struct html_span	 spans[SPANS];
	const char		*notes[NOTES];
	struct buf		 context;
};

static int
page_review_span_order(const void *a, const void *b)
{
	const struct html_span	*x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void
page_review_findings(struct page_item *pi, json_t *findings,
    const struct policy *p, const char *language)
{
	struct html_finding	*f;
	json_t			*o, *spans, *s;
	size_t			 i, k;
	const char		*clause;

	json_array_foreach(findings, i, o) {
		if (pi->item.nfindings == FINDINGS)
			break;
		f = &pi->findings[pi->item.nfindings++];
		f->stage = page_review_str(o, "stage");
		clause = page_review_str(o, "clause");
		f->clause_title = clause == NULL || *clause == '\0' ? NULL :
		    policy_title(p, clause, language);
		f->verdict = page_review_str(o, "certainty");
		f->detail = page_review_str(o, "detail");
		f->score = json_is_integer(json_object_get(o, "score")) ?
		    (double)json_integer_value(json_object_get(o, "score")) /
		    1000 : NAN;
		spans = json_object_get(o, "spans");
		json_array_foreach(spans, k, s) {
			if (pi->item.nspans == SPANS)
				break;
			pi->spans[pi->item.nspans].start = (size_t)
			    json_integer_value(json_array_get(s, 0));
			pi->spans[pi->item.nspans++].end = (size_t)
			    json_integer_value(json_array_get(s, 1));
		}
	}
	qsort(pi->spans, pi->item.nspans, sizeof(pi->spans[0]),
	    page_review_span_order);
	pi->item.findings = pi->findings;
	pi->item.spans = pi->spans;
}

/* The words of a parent's rendered text. */
static void
page_review_plain(struct buf *out, const char *html)
{
	for (; html != NULL && *html != '\0'; html++) {
		if (*html == '<')
			html += strcspn(html, ">");
		else if (strncmp(html, "&lt;", 4) == 0)
			buf_addc(out, '<'), html += 3;
		else if (strncmp(html, "&gt;", 4) == 0)
			buf_addc(out, '>'), html += 3;
		else if (strncmp(html, "&amp;", 5) == 0)
			buf_addc(out, '&'), html += 4;
		else if (strncmp(html, "&quot;", 6) == 0)
			buf_addc(out, '"'), html += 5;
		else
			buf_addc(out, *html);
		if (*html == '\0')
			break;
	}
}

static void
page_review_author(struct page_item *pi, json_t *author)
{
	pi->comment.author.id = page_review_str(author, "id");
	pi->comment.author.name = page_review_str(author, "name");
	pi->comment.author.kind = page_review_str(author, "kind");
	pi->item.author = true;
	pi->item.posted = json_integer_value(json_object_get(author,
	    "posted"));
	pi->item.removed = json_integer_value(json_object_get(author,
	    "removed"));
	pi->item.sanctions = (int64_t)json_array_size(json_object_get(author,
	    "sanctions"));
}

static void
page_review_flags(struct page_item *pi, json_t *flags)
{
	const char	*note;
	json_t		*o;
	size_t		 i;

	pi->item.flags = (int64_t)json_array_size(flags);
	json_array_foreach(flags, i, o) {
		note = page_review_str(o, "note");
		if (note != NULL && pi->item.nflag_notes < NOTES)
			pi->notes[pi->item.nflag_notes++] = note;
		note = page_review_str(o, "explanation");
		if (note != NULL && pi->item.nflag_notes < NOTES)
			pi->notes[pi->item.nflag_notes++] = note;
	}
	pi->item.flag_notes = pi->notes;
}

/* What is appealed against. An appeal against a sanction has no comment: its
 * own id and the kind of sanction stand in the place. */
static void
page_review_appeal(struct request *rq, struct page_item *pi, json_t *appeal)
{
	const char	*clause = page_review_str(appeal, "clause");

	pi->item.appeal = page_review_str(appeal, "id");
	pi->item.grounds = page_review_str(appeal, "grounds");
	pi->item.against = page_review_str(appeal, "explanation");
	if (clause != NULL)
		pi->item.against_title = policy_title(rq->rules->policy,
		    clause, locale_tag(rq->locale));
	if (pi->comment.id == NULL) {
		pi->comment.id = pi->item.appeal;
		pi->item.thread_title = page_review_str(appeal, "sanction");
	}
}

static void
page_review_fill(struct request *rq, struct page_item *pi, json_t *o)
{
	json_t	*c = json_object_get(o, "comment");
	json_t	*appeal = json_object_get(o, "appeal");
	json_t	*parent = json_array_get(json_object_get(json_object_get(o,
		    "context"), "parents"), 0);

	memset(pi, 0, sizeof(*pi));
	pi->comment.id = page_review_str(c, "id");
	pi->comment.thread = page_review_str(c, "thread");
	pi->comment.state = page_review_str(c, "state");
	pi->comment.language = page_review_str(c, "language");
	pi->comment.body = page_review_str(c, "body");
	pi->comment.version = json_integer_value(json_object_get(o,
	    "version"));
	if (pi->comment.id != NULL)
		page_review_author(pi, json_object_get(c, "author"));
	pi->item.comment = &pi->comment;
	pi->item.thread_title = pi->comment.thread;
	pi->item.context_author = page_review_str(parent, "author_name");
	if (page_review_str(parent, "body_html") != NULL) {
		page_review_plain(&pi->context, page_review_str(parent,
		    "body_html"));
		pi->item.context = buf_str(&pi->context);
	}
	page_review_findings(pi, json_object_get(o, "findings"),
	    rq->rules->policy, locale_tag(rq->locale));
	page_review_flags(pi, json_object_get(o, "flags"));
	if (!json_is_true(json_object_get(o, "claimed_by_me")))
		pi->item.claimed_by = page_review_str(o, "claimed_by");
	pi->item.claimed_until = page_review_time(o, "claimed_until");
	pi->item.decide_by = page_review_time(o, "decide_by");
	pi->item.clause = page_review_str(o, "held_clause");
	page_review_appeal(rq, pi, appeal);
}

/* What was sent for this very comment stays in its form. */
static void
page_review_keep(struct request *rq, struct page_item *pi,
    const struct err *refused)
{
	if (refused == NULL || pi->comment.id == NULL ||
	    strcmp(pi->comment.id, rq->param[0]) != 0)
		return;
	pi->item.clause = request_field(rq, "clause");
	pi->item.explanation = request_field(rq, "explanation");
	pi->item.error_field = refused->field[0] != '\0' ? refused->field :
	    "explanation";
	pi->item.error = refused->text;
}

/* The words of the rule that was asked for (?clause=), where the form holds
 * none yet. */
static void
page_review_words(struct page_item *pi, const char *wanted,
    const struct html_clause *c, size_t n)
{
	size_t	i;

	for (i = 0; i < n && pi->item.explanation == NULL; i++) {
		if (strcmp(c[i].clause, wanted) != 0)
			continue;
		pi->item.clause = c[i].clause;
		pi->item.explanation = c[i].canned;
	}
}

/* How many there were. */
static size_t
page_review_items(struct request *rq, struct html_page *p, json_t *items,
    const struct err *refused, const char *only, const char *wanted)
{
	struct html_clause	 clauses[CLAUSES];
	struct page_item	 pi;
	size_t			 i, n = page_review_clauses(rq, clauses,
				    CLAUSES);
	size_t			 shown = 0;
	json_t			*o;

	json_array_foreach(items, i, o) {
		page_review_fill(rq, &pi, o);
		page_review_keep(rq, &pi, refused);
		if (only == NULL || strcmp(only, pi.comment.id) == 0) {
			pi.item.alone = only != NULL;
			page_review_words(&pi, wanted, clauses, n);
			html_review_item(&rq->out, p, &pi.item, clauses, n);
			shown++;
		}
		buf_free(&pi.context);
	}
	if (shown == 0)
		html_elem(&rq->out, "p", "empty", tr(p->locale,
		    "review.empty"));
	return shown;
}

/* After a decision sent without a script: a button that takes it back. */
static void
page_review_decided(struct request *rq, struct html_page *p, const char *id)
{
	struct buf		action = BUF_INIT;
	struct html_form	f = { .id = "undo", .class = "mode" };

	buf_adds(&action, "/review/");
	buf_url(&action, id, strlen(id));
	buf_adds(&action, "/undo");
	f.action = buf_str(&action);
	html_form_begin(&rq->out, p, &f);
	html_tr(&rq->out, p->locale, "review.decided");
	buf_addc(&rq->out, ' ');
	html_button(&rq->out, tr(p->locale, "review.undo"), NULL, NULL,
	    "quiet");
	html_form_end(&rq->out);
	buf_free(&action);
}

static int
page_review_show(struct request *rq, const char *only,
    const struct err *refused, struct err *err)
{
	static const char *const words[] = { "held", "flagged", "appealed",
		"overdue", "all" };
	struct queue_query	 q;
	struct html_page	 p;
	struct buf		 b = BUF_INIT, next = BUF_INIT;
	json_t			*made;
	const char		*after;
	char			 decided[ID_MAX], clause[ITEM_CLAUSE_MAX];
	int64_t			 waiting[HTML_REVIEW_TABS];
	size_t			 i, shown;

	if (api_queue_ask(rq, &q, err) != 0 || request_param(rq, "decided",
	    decided, sizeof(decided), err) < 0 || request_param(rq, "clause",
	    clause, sizeof(clause), err) < 0)
		return -1;
	q.limit = only != NULL ? 500 : PAGE_ITEMS;
	if (api_queue_write(rq, &q, &b, err) != 0) {
		buf_free(&b);
		return -1;
	}
	made = json_loadb(b.data, b.len, 0, NULL);
	request_page(rq, &p, tr(rq->locale, "review.title"));
	p.section = "review";
	p.script = "review.js";
	if (refused != NULL && request_field(rq, "action") == NULL &&
	    request_field(rq, "outcome") == NULL) {
		p.flash = refused->text;	/* a claim: no form to mark */
		p.flash_error = true;
		refused = NULL;
	}
	page_begin(rq, &p);
	for (i = 0; i < HTML_REVIEW_TABS; i++)
		waiting[i] = json_integer_value(json_object_get(
		    json_object_get(made, "counts"), words[i]));
	html_review_begin(&rq->out, &p, words[q.state], waiting);
	if (decided[0] != '\0')
		page_review_decided(rq, &p, decided);
	shown = page_review_items(rq, &p, json_object_get(made, "items"),
	    refused, only, clause);
	if ((after = page_review_str(made, "next")) != NULL && only == NULL) {
		buf_addf(&next, "/review?state=%s&after=%s", words[q.state],
		    after);
		html_pager(&rq->out, p.locale, NULL, buf_str(&next));
		buf_free(&next);
	}
	html_link(&rq->out, "/review/tone", tr(rq->locale, "tone.title"));
	html_review_end(&rq->out, &p);
	page_end(rq, &p);
	json_decref(made);
	buf_free(&b);
	/* What does not wait (any more) has no form to be shown again. */
	return refused != NULL && shown == 0 ? -1 : 0;
}

int
page_review(struct request *rq, struct err *err)
{
	return page_review_show(rq, NULL, NULL, err);
}

int
page_review_one(struct request *rq, struct err *err)
{
	return page_review_show(rq, rq->param[0], NULL, err);
}

static int
page_review_again(struct request *rq, struct err *err)
{
	struct err	refused = *err;

	return page_review_show(rq, rq->param[0], &refused, err);
}

static int
page_review_done(struct request *rq, struct command *cmd, struct err *err)
{
	struct buf	b = BUF_INIT;

	(void)err;
	if (json_object_get(cmd->result, "appeal") != NULL) {
		request_redirect(rq, "/review?state=appealed");
		return 0;
	}
	buf_adds(&b, "/review?state=all&decided=");
	buf_url(&b, rq->param[0], strlen(rq->param[0]));
	request_redirect(rq, buf_str(&b));
	buf_free(&b);
	return 0;
}

static int
page_review_undone(struct request *rq, struct command *cmd, struct err *err)
{
	(void)cmd, (void)err;
	request_redirect(rq, "/review?state=all");
	return 0;
}

static int
page_review_claimed(struct request *rq, struct command *cmd, struct err *err)
{
	struct buf	b = BUF_INIT;

	(void)cmd, (void)err;
	buf_adds(&b, "/review/");
	buf_url(&b, rq->param[0], strlen(rq->param[0]));
	request_redirect(rq, buf_str(&b));
	buf_free(&b);
	return 0;
}

static int
page_review_take(struct request *rq, const char *kind, struct err *err)
{
	rq->again = page_review_again;
	return request_submit(rq, kind, json_pack("{s:s}", "comment",
	    rq->param[0]), page_review_claimed, err);
}

/* Keeps an item for oneself for a while, as the script does on the way. */
int
page_review_claim(struct request *rq, struct err *err)
{
	return page_review_take(rq, "review.claim", err);
}

int
page_review_release(struct request *rq, struct err *err)
{
	return page_review_take(rq, "review.release", err);
}

/* Takes one's decision back while that is possible. */
int
page_review_undo(struct request *rq, struct err *err)
{
	json_t	*args = api_undo_args(rq, err);

	return args == NULL ? -1 : request_submit(rq, "decide.undo", args,
	    page_review_undone, err);
}

int
page_review_post(struct request *rq, struct err *err)
{
	json_t	*args = page_args(rq, "comment", err);

	rq->again = page_review_again;
	if (args == NULL)
		return -1;
	return request_submit(rq, json_object_get(args, "appeal") != NULL ?
	    "appeal.decide" : "decide", args, page_review_done, err);
}
