/*
 * From events to letters. See mail_text.h.
 *
 * Two kinds of people are written to: the holder of an account, of whom the
 * inbox tells the same (notice.sent), and whoever gave notice of something
 * illegal and left an address with it (flag.filed, flags.decided, and the
 * outcome of an appeal against that). Who is both gets it once, at the
 * notice's address.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/mail_text.h"
#include "moderation/flag.h"
#include "moderation/statement.h"

#define DAY_MS	INT64_C(86400000)

struct mail_flag {
	int64_t	num, thread, comment, filed_at, decided_at, decision;
	char	id[ID_MAX], clause[40], state[16], language[12];
	char	key[FLAG_KEY];		/* "": an old one, which nobody has */
};

/* ---- parts ---- */

static void
mail_text_line(struct mail_letter *l, const char *text)
{
	statement_wrap(&l->body, text, strlen(text));
}

static void
mail_text_tr(struct mail_letter *l, const char *key)
{
	mail_text_line(l, tr(l->locale, key));
}

/* "Label: text". */
static void
mail_text_labelled(struct mail_letter *l, const char *key, const char *text)
{
	struct buf	b = BUF_INIT;

	buf_addf(&b, "%s: %s", tr(l->locale, key), text);
	mail_text_line(l, buf_str(&b));
	buf_free(&b);
}

/* A sentence about a thread, by its title. */
static void
mail_text_about(const struct mail_text *t, struct mail_letter *l,
    const char *key, int64_t thread, int64_t at)
{
	struct buf	 line = BUF_INIT, when = BUF_INIT;
	struct stmt	*s;

	locale_time(&when, l->locale, at);
	s = db_query(t->db, "SELECT title FROM thread WHERE num = ?", "i",
	    thread);
	tr_text(&line, tr(l->locale, key), "thread", stmt_step(s) == 1 ?
	    stmt_text(s, 0) : "", "time", buf_str(&when), NULL);
	stmt_done(s, NULL);
	mail_text_line(l, buf_str(&line));
	buf_free(&line);
	buf_free(&when);
}

static void
mail_text_link(const struct mail_text *t, struct mail_letter *l,
    const char *before, const char *id, const char *behind)
{
	buf_addf(&l->body, "%s%s%s%s\n\n", t->base, before, id, behind);
}

static void
mail_text_site(const struct mail_text *t, struct mail_letter *l,
    const char *key)
{
	struct buf	b = BUF_INIT;

	tr_text(&b, tr(l->locale, key), "site", t->site, NULL);
	mail_text_line(l, buf_str(&b));
	buf_free(&b);
}

/* The words of a decision or of an appeal's outcome, where they stand. */
static int
mail_text_reason(const struct mail_text *t, struct mail_letter *l, char kind,
    const char *id, struct err *err)
{
	struct buf	text = BUF_INIT;
	char		ref[REF_MAX];
	int		rc;

	ref_make(ref, kind, id);
	rc = lookup_content(t->db, ref, "explanation", &text, NULL, err);
	if (rc == 0)
		mail_text_labelled(l, "statement.reason", buf_str(&text));
	buf_free(&text);
	return rc < 0 ? -1 : 0;
}

/* What can be done beside an appeal. */
static void
mail_text_redress(struct mail_letter *l)
{
	struct buf	b = BUF_INIT;

	buf_addf(&b, "%s %s", tr(l->locale, "statement.out_of_court"),
	    tr(l->locale, "statement.court"));
	mail_text_line(l, buf_str(&b));
	buf_free(&b);
}

/* ---- to an account ---- */

/* Opens a letter to the account's address in one of these states. */
static int
mail_text_account(const struct mail_text *t, struct mail_letter *l,
    const struct account_row *a, enum account_mail_link link,
    struct err *err)
{
	struct buf	address = BUF_INIT;
	unsigned char	salt[SALT_LEN];
	int		rc;

	rc = account_mail_address(t->db, a->id, &address, salt, err);
	if (rc == 0 && account_mail_check(buf_str(&address), err) != 0)
		rc = 1;
	if (rc == 0) {
		snprintf(l->to, sizeof(l->to), "%s", buf_str(&address));
		account_mail_token(t->house, link, a->id, salt, l->token);
		l->locale = locale_or_english(a->language);
	}
	buf_free(&address);
	return rc;
}

static int
mail_text_confirm(const struct mail_text *t, const struct event *e,
    struct mail_letter *l, struct err *err)
{
	struct account_row	a;
	struct buf		b = BUF_INIT, days = BUF_INIT;
	int			rc;

	if (lookup_account(t->db, event_int(e, "account"), &a, err) != 0)
		return -1;
	if (a.email != ACCOUNT_MAIL_GIVEN)
		return 1;
	if ((rc = mail_text_account(t, l, &a, ACCOUNT_MAIL_CONFIRM,
	    err)) != 0)
		return rc;
	l->subject = tr(l->locale, "mail.confirm.subject");
	mail_text_site(t, l, "mail.confirm");
	mail_text_link(t, l, "/mail/confirm/", l->token, "");
	locale_duration(&days, l->locale, policy_number(t->policy,
	    "retention.unconfirmed_days") * (DAY_MS / 1000));
	tr_text(&b, tr(l->locale, "mail.confirm.else"), "days",
	    buf_str(&days), NULL);
	mail_text_line(l, buf_str(&b));
	buf_free(&b);
	buf_free(&days);
	/* The other link marks the address, should its server refuse it. */
	return mail_text_account(t, l, &a, ACCOUNT_MAIL_STOP, err);
}

/* Why the mail came, and how to get fewer. */
static void
mail_text_foot(const struct mail_text *t, struct mail_letter *l)
{
	buf_adds(&l->body, "-- \n");
	mail_text_site(t, l, "mail.why");
	mail_text_link(t, l, "/me?tab=account", "", "");
	if (!l->optional)
		return;
	mail_text_tr(l, "mail.stop");
	mail_text_link(t, l, "/mail/stop/", l->token, "");
}

static bool
mail_text_has_address(const struct mail_text *t, int64_t flag)
{
	return db_int(t->db, 0, "SELECT 1 FROM flag f JOIN content n ON "
	    "n.ref = 'f:' || f.id AND n.field = 'email' WHERE f.num = ? AND "
	    "f.legal = 1", "i", flag) == 1;
}

/* ---- notices: one function a kind ---- */

struct mail_notice {
	const struct mail_text	*t;
	const struct event	*e;
	struct comment_row	 comment;	/* num 0: none */
	struct mail_letter	*l;
};

static int
mail_text_statement(struct mail_notice *n, struct err *err)
{
	struct statement	*st;

	if (statement_of_decision(&st, n->t->db, n->t->policy, event_int(n->e,
	    "dnum"), locale_tag(n->l->locale), n->t->base, err) != 0)
		return -1;
	statement_letter(&n->l->body, st, true);
	statement_free(&st);
	return 0;
}

/* The outcome of an appeal, with its reason and what else there is. */
static int
mail_text_appeal(const struct mail_text *t, struct mail_letter *l,
    int64_t num, struct err *err)
{
	struct stmt	*s;
	char		 id[ID_MAX] = "";
	bool		 upheld = false, over = false;

	s = db_query(t->db, "SELECT id, state FROM appeal WHERE num = ?", "i",
	    num);
	if (stmt_step(s) == 1) {
		snprintf(id, sizeof(id), "%s", stmt_text(s, 0));
		upheld = strcmp(stmt_text(s, 1), "upheld") == 0;
		over = upheld || strcmp(stmt_text(s, 1), "reversed") == 0;
	}
	if (stmt_done(s, err) != 0)
		return -1;
	if (!over)
		return 1;
	mail_text_tr(l, upheld ? "mail.appeal.upheld" :
	    "mail.appeal.reversed");
	if (mail_text_reason(t, l, 'p', id, err) != 0)
		return -1;
	if (upheld)
		mail_text_redress(l);
	return 0;
}

static int
mail_text_appeal_outcome(struct mail_notice *n, struct err *err)
{
	int	rc;

	if (mail_text_has_address(n->t, event_int(n->e, "fnum")))
		return 1;
	rc = mail_text_appeal(n->t, n->l, event_int(n->e, "anum"), err);
	if (rc == 0 && n->comment.num != 0)
		mail_text_link(n->t, n->l, "/c/", n->comment.id, "");
	return rc;
}

static int
mail_text_flag_outcome(struct mail_notice *n, struct err *err)
{
	struct decision_row	d;
	struct stmt		*s;
	bool			upheld;

	if (mail_text_has_address(n->t, event_int(n->e, "fnum")))
		return 1;
	s = db_query(n->t->db, "SELECT state FROM flag WHERE num = ?", "i",
	    event_int(n->e, "fnum"));
	upheld = stmt_step(s) == 1 && strcmp(stmt_text(s, 0), "upheld") == 0;
	if (stmt_done(s, err) != 0 || lookup_decision(n->t->db,
	    event_int(n->e, "dnum"), &d, err) != 0)
		return -1;
	mail_text_about(n->t, n->l, "mail.flag", n->comment.thread, 0);
	mail_text_tr(n->l, upheld ? "notice.flag.upheld" :
	    "notice.flag.rejected");
	if (mail_text_reason(n->t, n->l, 'd', d.id, err) != 0)
		return -1;
	mail_text_link(n->t, n->l, "/c/", n->comment.id, "");
	return 0;
}

/* What is over by now is not told: another notice is on its way. */
static int
mail_text_in(struct mail_notice *n, const char *state, const char *key)
{
	if (strcmp(n->comment.state, state) != 0)
		return 1;
	mail_text_about(n->t, n->l, key, n->comment.thread, 0);
	mail_text_link(n->t, n->l, "/c/", n->comment.id, "");
	return 0;
}

static int
mail_text_held(struct mail_notice *n, struct err *err)
{
	(void)err;
	return mail_text_in(n, "held", "mail.held");
}

static int
mail_text_published(struct mail_notice *n, struct err *err)
{
	(void)err;
	return mail_text_in(n, "visible", "mail.published");
}

static int
mail_text_reply(struct mail_notice *n, struct err *err)
{
	(void)err;
	return mail_text_in(n, "visible", "mail.reply");
}

/* To editors and admins, whatever else they asked for: somebody may be in
 * danger. Where it is and what to do stands behind a sign-in. */
static int
mail_text_escalation(struct mail_notice *n, struct err *err)
{
	(void)err;
	mail_text_about(n->t, n->l, "mail.escalation", n->comment.thread, 0);
	mail_text_link(n->t, n->l, "/desk/grave", "", "");
	return 0;
}

static const struct {
	const char	*what;
	int		 kind;		/* ACCOUNT_MAIL_...; 0: owed */
	int		(*write)(struct mail_notice *n, struct err *err);
} mail_text_notices[] = {
	{ "statement", 0, mail_text_statement },
	{ "sanction", 0, mail_text_statement },
	{ "escalation", 0, mail_text_escalation },
	{ "appeal_outcome", 0, mail_text_appeal_outcome },
	{ "flag_outcome", 0, mail_text_flag_outcome },
	{ "held", ACCOUNT_MAIL_HELD, mail_text_held },
	{ "published", ACCOUNT_MAIL_HELD, mail_text_published },
	{ "reply", ACCOUNT_MAIL_REPLIES, mail_text_reply },
};

static int
mail_text_notice(const struct mail_text *t, const struct event *e,
    struct mail_letter *l, struct err *err)
{
	struct mail_notice	n = { .t = t, .e = e, .l = l };
	struct account_row	a;
	const char		*what = event_str(e, "what");
	char			key[48];
	size_t			i, k = sizeof(mail_text_notices) /
				    sizeof(mail_text_notices[0]);
	int			rc;

	for (i = 0; i < k && strcmp(mail_text_notices[i].what, what) != 0;
	    i++)
		;
	if (lookup_account(t->db, event_int(e, "account"), &a, err) != 0 ||
	    (event_has(e, "num") && lookup_comment_num(t->db, event_int(e,
	    "tnum"), event_int(e, "num"), &n.comment, err) != 0))
		return -1;
	if (i == k || a.email != ACCOUNT_MAIL_CONFIRMED ||
	    (mail_text_notices[i].kind & ~a.mails) != 0)
		return 1;
	rc = mail_text_account(t, l, &a, ACCOUNT_MAIL_STOP, err);
	if (rc != 0)
		return rc;
	snprintf(key, sizeof(key), "notice.%.30s", what);
	l->subject = tr(l->locale, key);
	l->optional = mail_text_notices[i].kind != 0;
	if ((rc = mail_text_notices[i].write(&n, err)) == 0)
		mail_text_foot(t, l);
	return rc;
}

/* ---- to whoever gave notice of something illegal ---- */

static int
mail_text_load_flag(const struct mail_text *t, int64_t num,
    struct mail_flag *f, struct err *err)
{
	struct stmt	*s;
	struct hash	 h;
	const void	*stored;
	size_t		 len;

	memset(f, 0, sizeof(*f));
	s = db_query(t->db, "SELECT num, thread, comment, filed_at, "
	    "decided_at, decision, id, clause, state, language, key_hash "
	    "FROM flag WHERE num = ? AND legal = 1", "i", num);
	if (stmt_step(s) == 1) {
		f->num = stmt_int(s, 0);
		f->thread = stmt_int(s, 1);
		f->comment = stmt_int(s, 2);
		f->filed_at = stmt_int(s, 3);
		f->decided_at = stmt_int(s, 4);
		f->decision = stmt_int(s, 5);
		snprintf(f->id, sizeof(f->id), "%s", stmt_text(s, 6));
		snprintf(f->clause, sizeof(f->clause), "%s", stmt_text(s, 7));
		snprintf(f->state, sizeof(f->state), "%s", stmt_text(s, 8));
		snprintf(f->language, sizeof(f->language), "%s",
		    stmt_text(s, 9));
		stored = stmt_blob(s, 10, &len);
		flag_key(t->house, f->id, f->key);
		crypto_sha256(&h, f->key, strlen(f->key));
		if (len != HASH_LEN || !crypto_equal(h.b, stored, HASH_LEN))
			f->key[0] = '\0';
	}
	return stmt_done(s, err);
}

/* Opens a letter to the address that came with the notice: 1 without. */
static int
mail_text_notifier(const struct mail_text *t, int64_t num,
    struct mail_letter *l, struct mail_flag *f, struct err *err)
{
	struct buf	address = BUF_INIT;
	char		ref[REF_MAX];
	int		rc;

	if (mail_text_load_flag(t, num, f, err) != 0)
		return -1;
	if (f->num == 0)
		return 1;
	ref_make(ref, 'f', f->id);
	rc = lookup_content(t->db, ref, "email", &address, NULL, err);
	if (rc == 0 && account_mail_check(buf_str(&address), err) != 0)
		rc = 1;
	if (rc == 0) {
		snprintf(l->to, sizeof(l->to), "%s", buf_str(&address));
		l->locale = locale_or_english(f->language);
	}
	buf_free(&address);
	return rc;
}

/* What it is about, and the link that opens the notice. */
static int
mail_text_flag_links(const struct mail_text *t, const struct mail_flag *f,
    struct mail_letter *l, struct err *err)
{
	struct comment_row	 c;
	const char		*title;
	struct buf		 key = BUF_INIT;

	if (lookup_comment_num(t->db, f->thread, f->comment, &c, err) != 0)
		return -1;
	title = policy_title(t->policy, f->clause, locale_tag(l->locale));
	mail_text_labelled(l, "review.clause", title != NULL ? title :
	    f->clause);
	mail_text_link(t, l, "/c/", c.id, "");
	if (f->key[0] == '\0')
		return 0;
	mail_text_tr(l, "mail.follow");
	buf_addf(&key, "?key=%s", f->key);
	mail_text_link(t, l, "/flags/", f->id, buf_str(&key));
	buf_free(&key);
	return 0;
}

static int
mail_text_receipt(const struct mail_text *t, const struct event *e,
    struct mail_letter *l, struct err *err)
{
	struct mail_flag	f;
	int			rc;

	rc = mail_text_notifier(t, event_int(e, "fnum"), l, &f, err);
	if (rc != 0)
		return rc;
	l->subject = tr(l->locale, "mail.receipt.subject");
	mail_text_about(t, l, "mail.receipt", f.thread, f.filed_at);
	rc = mail_text_flag_links(t, &f, l, err);
	mail_text_tr(l, "mail.receipt.else");
	return rc;
}

/* How it was decided, why, and until when an appeal may come. */
static int
mail_text_flag_decided(const struct mail_text *t, const struct mail_flag *f,
    struct mail_letter *l, struct err *err)
{
	struct decision_row	d;
	struct buf		b = BUF_INIT, date = BUF_INIT;
	bool			fully;

	if (lookup_decision(t->db, f->decision, &d, err) != 0)
		return -1;
	fully = strcmp(d.automated, "AUTOMATED_DECISION_FULLY") == 0;
	if (mail_text_reason(t, l, 'd', d.id, err) != 0)
		return -1;
	mail_text_labelled(l, "statement.facts", tr(l->locale, fully ?
	    "statement.facts.automatic" : "statement.facts.notice"));
	if (strcmp(f->state, "rejected") == 0) {
		locale_date(&date, l->locale, f->decided_at + policy_number(
		    t->policy, "window.appeal_days") * DAY_MS);
		buf_addf(&b, "%s: %s ", tr(l->locale, "statement.redress"),
		    tr(l->locale, "statement.appeal"));
		tr_text(&b, tr(l->locale, "statement.appeal_until"), "date",
		    buf_str(&date), NULL);
		mail_text_line(l, buf_str(&b));
		mail_text_redress(l);
	}
	buf_free(&b);
	buf_free(&date);
	return 0;
}

static int
mail_text_outcome(const struct mail_text *t, int64_t num,
    struct mail_letter *l, struct err *err)
{
	struct mail_flag	f;
	int			rc;

	if ((rc = mail_text_notifier(t, num, l, &f, err)) != 0)
		return rc;
	if (strcmp(f.state, "open") == 0)
		return 1;
	l->subject = tr(l->locale, "mail.outcome.subject");
	mail_text_about(t, l, "mail.notice", f.thread, f.filed_at);
	mail_text_tr(l, strcmp(f.state, "upheld") == 0 ?
	    "notice.flag.upheld" : "notice.flag.rejected");
	if (mail_text_flag_decided(t, &f, l, err) != 0)
		return -1;
	return mail_text_flag_links(t, &f, l, err);
}

static int
mail_text_notifier_appeal(const struct mail_text *t, const struct event *e,
    struct mail_letter *l, struct err *err)
{
	struct mail_flag	f;
	int64_t			num;
	int			rc;

	num = db_int(t->db, 0, "SELECT flag FROM appeal WHERE num = ? AND "
	    "flag IS NOT NULL", "i", event_int(e, "anum"));
	if (num == 0 || (rc = mail_text_notifier(t, num, l, &f, err)) == 1)
		return 1;
	if (rc != 0)
		return -1;
	l->subject = tr(l->locale, "notice.appeal_outcome");
	if ((rc = mail_text_appeal(t, l, event_int(e, "anum"), err)) != 0)
		return rc;
	return mail_text_flag_links(t, &f, l, err);
}

/* ---- which event ---- */

static bool
mail_text_is(const struct event *e, const char *kind)
{
	return strcmp(e->kind->name, kind) == 0;
}

int
mail_text_count(const struct event *e)
{
	if (mail_text_is(e, "flags.decided"))
		return (int)json_array_size(event_get(e, "flags"));
	return mail_text_is(e, "notice.sent") ||
	    mail_text_is(e, "appeal.decided") ||
	    (mail_text_is(e, "flag.filed") && event_has(e, "email")) ||
	    (mail_text_is(e, "account.created") && event_has(e, "email")) ||
	    (mail_text_is(e, "account.changed") && event_has(e, "address"));
}

int
mail_text_write(const struct mail_text *t, const struct event *e, int n,
    struct mail_letter *l, struct err *err)
{
	int	rc;

	memset(l, 0, sizeof(*l));
	if (mail_text_is(e, "flags.decided"))
		rc = mail_text_outcome(t, json_integer_value(json_object_get(
		    json_array_get(event_get(e, "flags"), (size_t)n),
		    "fnum")), l, err);
	else if (mail_text_is(e, "notice.sent"))
		rc = mail_text_notice(t, e, l, err);
	else if (mail_text_is(e, "appeal.decided"))
		rc = mail_text_notifier_appeal(t, e, l, err);
	else if (mail_text_is(e, "flag.filed"))
		rc = mail_text_receipt(t, e, l, err);
	else
		rc = mail_text_confirm(t, e, l, err);
	if (rc == 0 && buf_failed(&l->body))
		rc = err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	return rc;
}

void
mail_text_free(struct mail_letter *l)
{
	buf_free(&l->body);
}
