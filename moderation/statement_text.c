/*
 * A statement as a letter and as the EU Transparency Database wants it. See
 * statement.h. The payload never quotes a comment and names nobody.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "moderation/statement_int.h"
#include "storage/base/unicode.h"

#define LETTER_WIDTH	72
#define STATEMENT_BULK	100

static const struct statement_action statement_actions[] = {
	{ "remove", "Your comment is not shown any more; a mark with the "
	    "reason stands in its place.", "decision_visibility",
	    "DECISION_VISIBILITY_CONTENT_DISABLED", NULL },
	{ "quarantine", "Your comment is not shown any more and its text is "
	    "locked away.", "decision_visibility",
	    "DECISION_VISIBILITY_CONTENT_DISABLED", NULL },
	{ "label", "Your comment is shown with a label.",
	    "decision_visibility", "DECISION_VISIBILITY_CONTENT_LABELLED",
	    NULL },
	{ "warn", "You are warned; nothing else changes for now.", NULL, NULL,
	    NULL },
	{ "mute", "You cannot post for a time.", "decision_provision",
	    "DECISION_PROVISION_PARTIAL_SUSPENSION",
	    "end_date_service_restriction" },
	{ "suspend_flags", "Your flags, notices and appeals are not "
	    "handled for a time.", "decision_provision",
	    "DECISION_PROVISION_PARTIAL_SUSPENSION",
	    "end_date_service_restriction" },
	{ "suspend", "Your account is suspended for a time. You can still "
	    "sign in to read, appeal, export and erase.", "decision_account",
	    "DECISION_ACCOUNT_SUSPENDED", "end_date_account_restriction" },
	{ "ban", "Your account is closed for posting. You can still sign in "
	    "to read, appeal, export and erase.", "decision_account",
	    "DECISION_ACCOUNT_TERMINATED", "end_date_account_restriction" },
	{ "", "Nothing is taken from you.", NULL, NULL, NULL },
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
statement_facts(const struct statement *st)
{
	if (strcmp(st->d.automated, "AUTOMATED_DECISION_FULLY") == 0)
		return "An automatic check found it and applied the house "
		    "rules; no person has read it yet.";
	if (strcmp(st->d.source, "SOURCE_ARTICLE_16") == 0)
		return "Somebody gave notice that it is illegal; a person "
		    "read it and decided.";
	if (strcmp(st->d.source, "SOURCE_TYPE_OTHER_NOTIFICATION") == 0)
		return "A reader pointed to it; a person read it and "
		    "decided.";
	if (st->detected)
		return "An automatic check pointed to it; a person read it "
		    "and decided.";
	return "A member of staff came upon it in the course of the work, "
	    "read it and decided.";
}

/* One paragraph, broken between words; a longer word stands alone. */
static void
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

/* "22 November 2026, 10:00 UTC". */
static void
statement_when(struct buf *out, int64_t ms, bool clock)
{
	char		text[64];
	time_t		t = (time_t)(ms / 1000);
	struct tm	tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), clock ? "%e %B %Y, %H:%M UTC" :
	    "%e %B %Y", &tm);
	buf_adds(out, *text == ' ' ? text + 1 : text);
}

static void
statement_letter_reason(struct buf *out, const struct statement *st,
    struct buf *line)
{
	buf_adds(line, "The rule: ");
	buf_add(line, st->title.data, st->title.len);
	buf_adds(line, ". ");
	buf_add(line, st->rule.data, st->rule.len);
	statement_line(out, line);
	if (statement_illegal(st)) {
		buf_adds(line, "The law: ");
		buf_add(line, st->legal.data, st->legal.len);
		buf_addc(line, '.');
		statement_line(out, line);
	}
	buf_adds(line, "Why: ");
	if (st->explanation.len > 0)
		buf_add(line, st->explanation.data, st->explanation.len);
	else
		buf_adds(line, "the words of the explanation were withheld "
		    "later, by a decision that stands in the record.");
	statement_line(out, line);
	buf_addf(line, "How it came about: %s", statement_facts(st));
	statement_line(out, line);
}

static void
statement_letter_redress(struct buf *out, const struct statement *st,
    struct buf *line)
{
	buf_addf(line, "If you disagree: %s", STATEMENT_APPEAL);
	if (st->d.appeal_until != 0) {
		buf_adds(line, " It must come before ");
		statement_when(line, st->d.appeal_until, false);
		buf_addc(line, '.');
	}
	statement_line(out, line);
	buf_addf(line, "%s %s", STATEMENT_OUT_OF_COURT, STATEMENT_COURT);
	statement_line(out, line);
}

void
statement_letter(struct buf *out, const struct statement *st, bool whole)
{
	struct buf	line = BUF_INIT;
	int64_t		at = st->d.at;

	buf_adds(out, "Statement of reasons\n\n");
	buf_adds(&line, statement_action(st->d.action)->words);
	if (st->until != 0) {
		buf_adds(&line, " It ends on ");
		statement_when(&line, st->until, true);
		buf_addc(&line, '.');
	} else if (statement_action(st->d.action)->field != NULL)
		buf_adds(&line, " This has no end of its own.");
	buf_addf(&line, " It holds %s", "wherever the forum can be read.");
	statement_line(out, &line);
	buf_adds(&line, "Decided on ");
	statement_when(&line, whole ? at : at - at % 3600000, true);
	buf_addf(&line, " by %s; entry %lld of the public record.",
	    st->d.decider, (long long)st->d.log_index);
	statement_line(out, &line);
	statement_letter_reason(out, st, &line);
	if (whole && st->note.len > 0) {
		buf_adds(&line, "To you alone: ");
		buf_add(&line, st->note.data, st->note.len);
		statement_line(out, &line);
	}
	statement_letter_redress(out, st, &line);
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
	snprintf(word, sizeof(word), " %s ", language);
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
	if (a->end != NULL && st->until != 0)
		statement_date(out, a->end, st->until);
	buf_kv_str(out, "decision_facts", statement_facts(st));
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
    int64_t from, int64_t to, bool bulk, struct err *err)
{
	struct statement	*st;
	struct stmt		*s;
	struct buf		 one = BUF_INIT;
	int64_t			 n = 0;
	int			 rc = 0;

	s = db_query(db, "SELECT num FROM decision WHERE at >= ? AND at < ? "
	    "AND action NOT IN ('approve', 'restore') ORDER BY num", "ii",
	    from, to);
	while (rc == 0 && stmt_step(s) == 1) {
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
