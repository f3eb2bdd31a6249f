/*
 * Mails: that no text can end a header or a line, that what a mail program
 * decodes is what was said, and which events are told to whom, in which
 * words.
 */
#include "forumd/assets.h"
#include "forumd/mail_message.h"
#include "forumd/mail_text.h"
#include "tests/unit/forum.h"

#define ADDRESS	"rita.reader@post.example"

/* ---- bytes ---- */

static const struct mail_message	plain = { .from = "forum@f.example",
    .to = "a@b.example", .from_name = "Forum", .subject = "A subject",
    .language = "en", .id = "1.0@f.example", .date = NOON, .body = "x\n",
    .body_len = 2 };

static const char *
written(struct buf *b, struct mail_message m)
{
	struct err	err;

	buf_clear(b);
	ck_assert_msg(mail_message_write(b, &m, &err) == 0, "%s", err.text);
	return buf_str(b);
}

START_TEST(message_plain_headers_stand_as_they_are)
{
	struct buf	 b = BUF_INIT;
	const char	*s = written(&b, plain);

	ck_assert_ptr_nonnull(strstr(s,
	    "From: Forum <forum@f.example>\r\nTo: <a@b.example>\r\n"
	    "Subject: A subject\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
	    "Message-ID: <1.0@f.example>\r\n"));
	ck_assert_ptr_nonnull(strstr(s, "\r\n\r\nx\r\n"));
	ck_assert_ptr_null(strstr(s, "List-Unsubscribe"));
	buf_free(&b);
}
END_TEST

/* No text makes a header line: every line before the empty one is one of
 * ours or begins with a blank. */
static const char *const	nasty[] = {
	"a\r\nBcc: x@y.example", "a\nX: y", "\r\n\r\nbody", "a\r",
	"=?UTF-8?Q?x?=",
	"a <x@y.example>, b", "\"quoted\"", "\xc5\xa3\xc4\x83ran \xe2\x80\x9cx",
	"", "\x01\x02\x7f", "a very long text, very long, with commas, and "
	"more of it \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
	"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 than one encoded word holds",
};

START_TEST(message_no_text_ends_a_header)
{
	static const char *const	own[] = { "From: ", "To: <a@b.example>",
	    "Subject: ", "Date: ", "Message-ID: ", "MIME-Version: ",
	    "Content-", "Auto-Submitted: ", " =?UTF-8?B?" };
	struct buf		 b = BUF_INIT;
	struct mail_message	 m = plain;
	const char		*line, *end;
	size_t			 i, n = 0;

	m.subject = m.from_name = nasty[_i];
	for (line = written(&b, m); *line != '\r'; line = end + 2, n++) {
		end = strstr(line, "\r\n");
		ck_assert_ptr_nonnull(end);
		ck_assert(end - line <= 110);
		for (i = 0; i < 9 && strncmp(line, own[i],
		    strlen(own[i])) != 0; i++)
			;
		ck_assert_msg(i < 9, "%.*s", (int)(end - line), line);
		for (; line < end; line++)
			ck_assert(*line >= ' ' && *line < 0x7f);
	}
	ck_assert_uint_ge(n, 10);
	buf_free(&b);
}
END_TEST

static const char *const	unsafe[] = { "", "a b@c", "a@b\r\nX: y",
	"a@b>", "<a@b", "\xc3\xa4@b", "a@b\x7f" };

START_TEST(message_unsafe_addresses_are_refused)
{
	struct buf		b = BUF_INIT;
	struct mail_message	m;
	struct err		err;
	int			i;

	for (i = 0; i < 5; i++) {
		m = plain;
		*(i == 0 ? &m.from : i == 1 ? &m.to : i == 2 ? &m.id :
		    i == 3 ? &m.stop : &m.language) = unsafe[_i];
		ck_assert_int_eq(mail_message_write(&b, &m, &err), -1);
		ck_assert_uint_eq(b.len, 0);
	}
}
END_TEST

START_TEST(message_body_is_quoted_printable)
{
	static const struct { const char *body, *want; } rows[] = {
		{ "a=b\n", "a=3Db\r\n" }, { "a \n", "a=20\r\n" },
		{ "a\tb\n", "a=09b\r\n" }, { "\xc5\xa3", "=C5=A3\r\n" },
		{ ".\n..\n", ".\r\n..\r\n" }, { "a\r\nb\n", "a=0D\r\nb\r\n" },
		{ "a\n\nb\n", "a\r\n\r\nb\r\n" },
		{ "1234567890123456789012345678901234567890123456789012345"
		    "67890123456789012345=67\n", "123456789012345678901234567"
		    "890123456789012345678901234567890123456789012345=\r\n"
		    "=3D67\r\n" },
	};
	struct buf		 b = BUF_INIT;
	struct mail_message	 m = plain;
	size_t			 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m.body = rows[i].body;
		m.body_len = strlen(m.body);
		ck_assert_str_eq(strstr(written(&b, m), "\r\n\r\n") + 4,
		    rows[i].want);
	}
	buf_free(&b);
}
END_TEST

START_TEST(message_stop_is_one_click)
{
	struct buf		 b = BUF_INIT;
	struct mail_message	 m = plain;

	m.stop = "https://f.example/mail/stop/x";
	ck_assert_ptr_nonnull(strstr(written(&b, m), "List-Unsubscribe: "
	    "<https://f.example/mail/stop/x>\r\nList-Unsubscribe-Post: "
	    "List-Unsubscribe=One-Click\r\n"));
	buf_free(&b);
}
END_TEST

/* ---- words ---- */

static struct actor	rita, mod;
static char		id[ID_MAX];

static void
setup(void)
{
	ck_assert_int_eq(locale_load(assets_text, &f.err), 0);
	forum_setup();
	rita = forum_account("Rita Reader", "reader", NULL);
	mod = forum_account("Morris Mod", "moderator", NULL);
	forum_thread("open", "open");
	forum_do(rita, "account.change", "{s:s}", "language", "cs");
}

static void
teardown(void)
{
	forum_teardown();
	locale_unload();
}

/* How many letters the journal behind after makes; the last of them in *l,
 * which the caller frees. */
static int
letters(uint64_t after, struct mail_letter *l)
{
	struct rules		*r = house_get(f.house);
	struct mail_text	 t = { f.db, f.house, r->policy,
				    "https://f.example", "Forum" };
	struct mail_letter	 one;
	struct event		 e;
	struct stmt		*s;
	const void		*p;
	size_t			 len;
	int			 i, rc, n = 0;

	memset(l, 0, sizeof(*l));
	s = db_query(f.db, "SELECT bytes FROM journal WHERE seq > ? ORDER BY "
	    "seq", "i", (int64_t)after);
	while (stmt_step(s) == 1) {
		p = stmt_blob(s, 0, &len);
		ck_assert_int_eq(event_decode(&e, p, len, &f.err), 0);
		for (i = 0; i < mail_text_count(&e); i++) {
			rc = mail_text_write(&t, &e, i, &one, &f.err);
			ck_assert_msg(rc >= 0, "%s", f.err.text);
			if (rc == 1) {
				mail_text_free(&one);
				continue;
			}
			mail_text_free(l);
			*l = one;
			n++;
		}
		event_clear(&e);
	}
	stmt_done(s, NULL);
	house_put(&r);
	return n;
}

static uint64_t
head(void)
{
	return (uint64_t)forum_number("SELECT MAX(seq) FROM journal", "");
}

static void
confirm(void)
{
	struct mail_letter	l;
	char			token[ACCOUNT_MAIL_TOKEN];
	const char		*p;
	uint64_t		at = head();

	forum_do(rita, "mail.set", "{s:s}", "email", ADDRESS);
	ck_assert_int_eq(letters(at, &l), 1);
	ck_assert_str_eq(l.to, ADDRESS);
	p = strstr(buf_str(&l.body), "https://f.example/mail/confirm/");
	ck_assert_ptr_nonnull(p);
	p += strlen("https://f.example/mail/confirm/");
	snprintf(token, sizeof(token), "%.*s", (int)strcspn(p, "\n"), p);
	mail_text_free(&l);
	forum_do(rita, "mail.confirm", "{s:s}", "token", token);
}

START_TEST(letter_only_to_a_confirmed_address)
{
	struct mail_letter	l;
	uint64_t		at;

	forum_do(rita, "mail.set", "{s:s}", "email", ADDRESS);
	at = head();
	forum_post(rita, "open", "The bus was late again.", id);
	forum_decide(mod, id, "remove", "off-topic", WHY);
	ck_assert_int_eq(letters(at, &l), 0);
	confirm();
	at = head();
	forum_post(rita, "open", "The bus was late once more.", id);
	forum_decide(mod, id, "remove", "off-topic", WHY);
	ck_assert_int_eq(letters(at, &l), 1);
	ck_assert_str_eq(l.subject, tr(locale_find("cs"),
	    "notice.statement"));
	ck_assert_ptr_nonnull(strstr(buf_str(&l.body), tr(locale_find("cs"),
	    "statement.title")));
	ck_assert_ptr_null(strstr(buf_str(&l.body), "bus was late"));
	ck_assert(!l.optional);
	mail_text_free(&l);
	forum_do(rita, "mail.remove", "{}");
	ck_assert_int_eq(letters(at, &l), 0);
}
END_TEST

START_TEST(letter_of_replies_as_chosen_and_without_their_words)
{
	struct mail_letter	l;
	uint64_t		at;
	char			parent[ID_MAX];

	confirm();
	forum_post(rita, "open", "The bus was late again.", parent);
	at = head();
	forum_do(mod, "comment.post", "{s:s, s:s, s:s}", "thread", "open",
	    "body", "Unforgettable words.", "parent", parent);
	ck_assert_int_eq(letters(at, &l), 0);
	forum_do(rita, "mail.kinds", "{s:b}", "replies", 1);
	ck_assert_int_eq(letters(at, &l), 1);
	ck_assert(l.optional);
	ck_assert_ptr_null(strstr(buf_str(&l.body), "Unforgettable"));
	ck_assert_ptr_nonnull(strstr(buf_str(&l.body),
	    "https://f.example/mail/stop/"));
	mail_text_free(&l);
}
END_TEST

START_TEST(letter_of_a_notice_goes_to_its_own_address)
{
	struct mail_letter	l;
	struct actor		nobody = { .kind = ACTOR_ANONYMOUS };
	uint64_t		at;

	strcpy(nobody.language, "pl");
	forum_post(rita, "open", "The bus was late again.", id);
	forum_decide(mod, id, "approve", NULL, NULL);
	at = head();
	forum_do(nobody, "flag.file", "{s:s, s:s, s:s, s:s, s:b, s:s, s:s}",
	    "comment", id, "clause", "hate", "legal_ground", "Section 4A",
	    "explanation", "Buy pills", "good_faith", 1, "name", "Nina",
	    "email", "nina@n.example");
	ck_assert_int_eq(letters(at, &l), 1);
	ck_assert_str_eq(l.to, "nina@n.example");
	ck_assert_str_eq(l.subject, tr(locale_find("pl"),
	    "mail.receipt.subject"));
	ck_assert_ptr_nonnull(strstr(buf_str(&l.body), f.secret));
	ck_assert_ptr_null(strstr(buf_str(&l.body), "pills"));
	ck_assert_str_eq(l.token, "");
	mail_text_free(&l);
	at = head();
	forum_decide(mod, id, "approve", NULL, NULL);
	ck_assert_int_eq(letters(at, &l), 1);
	ck_assert_str_eq(l.to, "nina@n.example");
	ck_assert_ptr_nonnull(strstr(buf_str(&l.body), tr(locale_find("pl"),
	    "notice.flag.rejected")));
	mail_text_free(&l);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("mail");
	TCase	*bytes = tcase_create("bytes"), *words = tcase_create("words");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(bytes, message_plain_headers_stand_as_they_are);
	tcase_add_loop_test(bytes, message_no_text_ends_a_header, 0,
	    (int)(sizeof(nasty) / sizeof(nasty[0])));
	tcase_add_loop_test(bytes, message_unsafe_addresses_are_refused, 0,
	    (int)(sizeof(unsafe) / sizeof(unsafe[0])));
	tcase_add_test(bytes, message_body_is_quoted_printable);
	tcase_add_test(bytes, message_stop_is_one_click);
	tcase_add_checked_fixture(words, setup, teardown);
	tcase_set_timeout(words, 120);
	tcase_add_test(words, letter_only_to_a_confirmed_address);
	tcase_add_test(words,
	    letter_of_replies_as_chosen_and_without_their_words);
	tcase_add_test(words, letter_of_a_notice_goes_to_its_own_address);
	suite_add_tcase(s, bytes);
	suite_add_tcase(s, words);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
