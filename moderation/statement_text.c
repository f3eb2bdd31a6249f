/*
 * A statement as a letter and as the EU Transparency Database wants it. See
 * statement.h. The payload never quotes a comment and names nobody.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "moderation/statement_int.h"
#include "storage/base/clock.h"
#include "storage/base/unicode.h"

#define LETTER_WIDTH	72
#define STATEMENT_BULK	100
/* The database takes no end behind 2038-01-01; none means without end. */
#define STATEMENT_LAST	INT64_C(2146003200000)

static const struct statement_action statement_actions[] = {
	{ "remove", "statement.action.remove", "decision_visibility",
	    "DECISION_VISIBILITY_CONTENT_DISABLED", NULL },
	{ "quarantine", "statement.action.quarantine", "decision_visibility",
	    "DECISION_VISIBILITY_CONTENT_DISABLED", NULL },
	{ "label", "statement.action.label", "decision_visibility",
	    "DECISION_VISIBILITY_CONTENT_LABELLED", NULL },
	{ "warn", "statement.action.warn", NULL, NULL, NULL },
	{ "mute", "statement.action.mute", "decision_provision",
	    "DECISION_PROVISION_PARTIAL_SUSPENSION",
	    "end_date_service_restriction" },
	{ "suspend_flags", "statement.action.suspend_flags",
	    "decision_provision", "DECISION_PROVISION_PARTIAL_SUSPENSION",
	    "end_date_service_restriction" },
	{ "suspend", "statement.action.suspend", "decision_account",
	    "DECISION_ACCOUNT_SUSPENDED", "end_date_account_restriction" },
	{ "ban", "statement.action.ban", "decision_account",
	    "DECISION_ACCOUNT_TERMINATED", "end_date_account_restriction" },
	{ "", "statement.action.none", NULL, NULL, NULL },
};

#define STATEMENT_ACTIONS						       \
	(sizeof(statement_actions) / sizeof(statement_actions[0]))

const struct statement_action *
statement_action(const char *name)
{
	size_t	i;

	for (i = 0; i + 1 < STATEMENT_ACTIONS; i++) {
		if (strcmp(statement_actions[i].name, name) == 0)
			break;
	}
	return &statement_actions[i];
}

bool
statement_illegal(const struct statement *st)
{
	return st->legal.len > 0 &&
	    strcmp(st->d.source, "SOURCE_ARTICLE_16") == 0;
}

const char *
statement_facts(const struct statement *st, const struct locale *l)
{
	const char	*key = "statement.facts.staff";

	if (strcmp(st->d.automated, "AUTOMATED_DECISION_FULLY") == 0)
		key = "statement.facts.automatic";
	else if (strcmp(st->d.source, "SOURCE_ARTICLE_16") == 0)
		key = "statement.facts.notice";
	else if (strcmp(st->d.source, "SOURCE_TYPE_OTHER_NOTIFICATION") == 0)
		key = "statement.facts.flag";
	else if (st->detected)
		key = "statement.facts.detected";
	return tr(l, key);
}

void
statement_wrap(struct buf *out, const char *s, size_t len)
{
	size_t	i = 0, n, col = 0;
	long	width;

	while (i < len) {
		while (i < len && (s[i] == ' ' || s[i] == '\n' ||
		    s[i] == '\r' || s[i] == '\t'))
			i++;
		for (n = 0; i + n < len && strchr(" \n\r\t", s[i + n]) ==
		    NULL; n++)
			;
		if (n == 0)
			break;
		width = unicode_count(s + i, n);
		if (col > 0 && col + 1 + (size_t)width > LETTER_WIDTH) {
			buf_addc(out, '\n');
			col = 0;
		} else if (col > 0) {
			buf_addc(out, ' ');
			col++;
		}
		buf_add(out, s + i, n);
		col += (size_t)width;
		i += n;
	}
	buf_adds(out, "\n\n");
}

static void
statement_line(struct buf *out, struct buf *line)
{
	statement_wrap(out, buf_str(line), line->len);
	buf_clear(line);
}

/* "Label: text", as a paragraph of its own. */
static void
statement_labelled(struct buf *out, const struct statement *st,
    const char *key, const char *text, size_t len)
{
	struct buf	line = BUF_INIT;

	buf_addf(&line, "%s: ", tr(st->locale, key));
	buf_add(&line, text, len);
	statement_line(out, &line);
	buf_free(&line);
}

static void
statement_letter_reason(struct buf *out, const struct statement *st)
{
	const char	*withheld = tr(st->locale, "statement.withheld");
	const char	*facts = statement_facts(st, st->locale);
	struct buf	 rule = BUF_INIT;

	buf_add(&rule, st->title.data, st->title.len);
	buf_adds(&rule, ". ");
	buf_add(&rule, st->rule.data, st->rule.len);
	statement_labelled(out, st, "review.clause", rule.data, rule.len);
	buf_free(&rule);
	if (statement_illegal(st))
		statement_labelled(out, st, "statement.legal", st->legal.data,
		    st->legal.len);
	if (st->explanation.len > 0)
		statement_labelled(out, st, "statement.reason",
		    st->explanation.data, st->explanation.len);
	else
		statement_labelled(out, st, "statement.reason", withheld,
		    strlen(withheld));
	statement_labelled(out, st, "statement.facts", facts, strlen(facts));
}

static void
statement_letter_redress(struct buf *out, const struct statement *st)
{
	const struct locale	*l = st->locale;
	struct buf		 line = BUF_INIT, date = BUF_INIT;

	buf_addf(&line, "%s: %s", tr(l, "statement.redress"), tr(l,
	    "statement.appeal"));
	if (st->d.appeal_until != 0) {
		locale_date(&date, l, st->d.appeal_until);
		buf_addc(&line, ' ');
		tr_text(&line, tr(l, "statement.appeal_until"), "date",
		    buf_str(&date), NULL);
	}
	statement_line(out, &line);
	if (st->base[0] != '\0')
		buf_addf(out, "%s/%s/%s/statement\n\n", st->base,
		    st->sanction[0] != '\0' ? "sanctions" : "c",
		    st->sanction[0] != '\0' ? st->sanction : st->comment);
	buf_addf(&line, "%s %s", tr(l, "statement.out_of_court"), tr(l,
	    "statement.court"));
	statement_line(out, &line);
	buf_free(&date);
	buf_free(&line);
}

/* What is restricted, where and how long. */
static void
statement_letter_action(struct buf *out, const struct statement *st)
{
	const struct statement_action	*a = statement_action(st->d.action);
	const struct locale		*l = st->locale;
	struct buf			 line = BUF_INIT, time = BUF_INIT;

	buf_addf(&line, "%s ", tr(l, a->words));
	if (st->until != 0) {
		locale_time(&time, l, st->until);
		tr_text(&line, tr(l, "statement.ends"), "time",
		    buf_str(&time), NULL);
		buf_addc(&line, ' ');
	} else if (a->field != NULL) {
		buf_addf(&line, "%s ", tr(l, "statement.no_end"));
	}
	buf_adds(&line, tr(l, "statement.territory"));
	statement_line(out, &line);
	buf_free(&time);
	buf_free(&line);
}

void
statement_letter(struct buf *out, const struct statement *st, bool whole)
{
	const struct locale	*l = st->locale;
	struct buf		 line = BUF_INIT, time = BUF_INIT;
	char			 index[24];
	int64_t			 at = st->d.at;

	buf_addf(out, "%s\n\n", tr(l, "statement.title"));
	statement_letter_action(out, st);
	locale_time(&time, l, whole ? at : at - at % 3600000);
	snprintf(index, sizeof(index), "%lld", (long long)st->d.log_index);
	tr_text(&line, tr(l, strcmp(st->d.decider, "automatic") == 0 ?
	    "statement.decided_automatic" : "statement.decided"), "time",
	    buf_str(&time), "name", st->d.decider, "n", index, NULL);
	statement_line(out, &line);
	statement_letter_reason(out, st);
	if (whole && st->note.len > 0)
		statement_labelled(out, st, "statement.note", st->note.data,
		    st->note.len);
	statement_letter_redress(out, st);
	buf_free(&time);
	buf_free(&line);
}

static void
statement_date(struct buf *out, const char *key, int64_t ms)
{
	char		text[32];
	time_t		t = (time_t)(ms / 1000);
	struct tm	tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	buf_kv_str(out, key, text);
}

/* The comment's language in the database's form, where it is one that the
 * database surely knows: those of the Union. */
static void
statement_language(struct buf *out, const char *language)
{
	static const char	known[] = " bg cs da de el en es et fi fr ga "
				    "hr hu it lt lv mt nl pl pt ro sk sl sv ";
	char			word[5], upper[3];

	if (strlen(language) != 2 || language[0] == ' ')
		return;
	snprintf(word, sizeof(word), " %.2s ", language);
	if (strstr(known, word) == NULL)
		return;
	upper[0] = (char)(language[0] - 'a' + 'A');
	upper[1] = (char)(language[1] - 'a' + 'A');
	upper[2] = '\0';
	buf_kv_str(out, "content_language", upper);
}

static void
statement_ground(struct buf *out, const struct statement *st)
{
	static const char	withheld[] = "The words of the explanation "
				    "were withheld later; the clause stands.";
	bool			illegal = statement_illegal(st);

	buf_kv_str(out, "decision_ground", illegal ?
	    "DECISION_GROUND_ILLEGAL_CONTENT" :
	    "DECISION_GROUND_INCOMPATIBLE_CONTENT");
	buf_key(out, illegal ? "illegal_content_legal_ground" :
	    "incompatible_content_ground");
	if (illegal)
		buf_json(out, st->legal.data, st->legal.len);
	else
		buf_json(out, st->title.data, st->title.len);
	buf_key(out, illegal ? "illegal_content_explanation" :
	    "incompatible_content_explanation");
	if (st->explanation.len > 0)
		buf_json(out, st->explanation.data, st->explanation.len);
	else
		buf_jsons(out, withheld);
}

bool
statement_payload(struct buf *out, const struct statement *st)
{
	static const char		 scope[] = "[\"AT\",\"BE\",\"BG\",\"CY\","
	    "\"CZ\",\"DE\",\"DK\",\"EE\",\"ES\",\"FI\",\"FR\",\"GR\",\"HR\","
	    "\"HU\",\"IE\",\"IS\",\"IT\",\"LI\",\"LT\",\"LU\",\"LV\",\"MT\","
	    "\"NL\",\"NO\",\"PL\",\"PT\",\"RO\",\"SE\",\"SI\",\"SK\"]";
	const struct statement_action	*a = statement_action(st->d.action);
	char				 puid[80];

	if (a->field == NULL)
		return false;
	snprintf(puid, sizeof(puid), "%lld-%s", (long long)st->d.log_index,
	    st->d.id);
	buf_addc(out, '{');
	buf_key(out, a->field);
	if (strcmp(a->field, "decision_visibility") == 0)
		buf_addf(out, "[\"%s\"]", a->code);
	else
		buf_jsons(out, a->code);
	if (st->sanction[0] != '\0')
		buf_kv_str(out, "account_type", "ACCOUNT_TYPE_PRIVATE");
	statement_ground(out, st);
	buf_adds(out, ",\"content_type\":[\"CONTENT_TYPE_TEXT\"]");
	buf_kv_str(out, "category", st->category);
	buf_addf(out, ",\"category_specification\":[\"%s\"]", st->keyword);
	if (strcmp(st->keyword, "KEYWORD_OTHER") == 0) {
		buf_key(out, "category_specification_other");
		buf_json(out, st->title.data, st->title.len);
	}
	buf_key(out, "territorial_scope");
	buf_adds(out, scope);
	statement_language(out, st->content_language);
	statement_date(out, "content_date", st->content_at);
	statement_date(out, "application_date", st->d.at);
	if (a->end != NULL && st->until != 0 && st->until < STATEMENT_LAST)
		statement_date(out, a->end, st->until);
	buf_kv_str(out, "decision_facts", statement_facts(st,
	    locale_or_english(NULL)));
	buf_kv_str(out, "source_type", st->d.source);
	buf_kv_str(out, "automated_detection", st->detected ? "Yes" : "No");
	buf_kv_str(out, "automated_decision", st->d.automated);
	buf_kv_str(out, "puid", puid);
	buf_addc(out, '}');
	return true;
}

/* Puts one payload behind the others, opening and closing bulk lines. */
static void
statement_export_one(struct buf *out, const struct buf *one, bool bulk,
    int64_t n)
{
	if (!bulk) {
		buf_add(out, one->data, one->len);
		buf_addc(out, '\n');
		return;
	}
	if (n % STATEMENT_BULK == 0)
		buf_adds(out, n == 0 ? "{\"statements\":[" :
		    "]}\n{\"statements\":[");
	else
		buf_addc(out, ',');
	buf_add(out, one->data, one->len);
}

int
statement_export(struct buf *out, struct db *db, const struct policy *p,
    int64_t from, int64_t to, bool bulk, bool whole, struct err *err)
{
	struct statement	*st;
	struct stmt		*s;
	struct buf		 one = BUF_INIT;
	int64_t			 n = 0;
	int			 rc = 0;

	s = db_query(db, "SELECT num FROM decision WHERE at >= ?1 AND at < ?2 "
	    "AND action NOT IN ('approve', 'restore') AND (?3 OR (COALESCE("
	    "sanction, 0) = 0 AND NOT EXISTS (SELECT 1 FROM quarantine q "
	    "WHERE q.thread = decision.thread AND q.num = decision.comment "
	    "AND q.notify_after > ?4))) ORDER BY num", "iiii", from, to,
	    (int64_t)whole, clock_ms());
	while (rc == 0 && stmt_step(s) == 1) {
		if (!whole && n == STATEMENT_PUBLIC) {
			rc = err_set(err, ERR_INVALID_FIELD, "to", "There are "
			    "more than %d statements: ask for a shorter time",
			    STATEMENT_PUBLIC);
			break;
		}
		rc = statement_of_decision(&st, db, p, stmt_int(s, 0), "en",
		    "", err);
		if (rc == 0 && statement_payload(&one, st))
			statement_export_one(out, &one, bulk, n++);
		buf_clear(&one);
		statement_free(&st);
	}
	if (stmt_done(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	if (bulk && n > 0)
		buf_adds(out, "]}\n");
	buf_free(&one);
	return rc;
}
