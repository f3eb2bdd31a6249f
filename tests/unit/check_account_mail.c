/*
 * E-mail addresses: what one may look like, the way from given to confirmed,
 * links that end with the address, and that the journal holds none.
 */
#include "moderation/account_mail.h"
#include "tests/unit/forum.h"

#define ADDRESS	"rita.reader@post.example"

static struct actor	rita;

static void
setup(void)
{
	forum_setup();
	rita = forum_account("Rita Reader", "reader", NULL);
}

static struct account_row
row(void)
{
	struct account_row	a;

	ck_assert_int_eq(lookup_account(f.db, rita.account, &a, &f.err), 0);
	return a;
}

static void
token(enum account_mail_link link, char out[ACCOUNT_MAIL_TOKEN])
{
	struct account_row	a = row();
	struct buf		b = BUF_INIT;
	unsigned char		salt[SALT_LEN];

	ck_assert_int_eq(account_mail_address(f.db, a.id, &b, salt, &f.err),
	    0);
	account_mail_token(f.house, link, a.id, salt, out);
	buf_free(&b);
}

static enum err_code
with(const char *kind, const char *t)
{
	return forum_run((struct actor){ .kind = ACTOR_ANONYMOUS }, kind,
	    json_pack("{s:s}", "token", t));
}

static void
identical(void)
{
	struct rebuild_result	r;

	ck_assert_msg(rebuild(f.dir, 1, &r, &f.err) == 0, "%s", f.err.text);
	ck_assert_int_eq(r.identical, 1);
}

static const struct {
	const char	*address;
	int		 good;
} addresses[] = {
	{ "a@b", 1 }, { "rita.reader+forum@post.example", 1 },
	{ "o'neill@x.example", 1 }, { "", 0 }, { "@b", 0 }, { "a@", 0 },
	{ "a", 0 }, { "a@b@c", 0 }, { "a b@c", 0 }, { "a@b c", 0 },
	{ "a@b\r\nBcc: c@d", 0 }, { "a@b\n", 0 }, { "a\t@b", 0 },
	{ "<a@b>", 0 }, { "\"a\"@b", 0 }, { "a,b@c", 0 }, { "a;b@c", 0 },
	{ "a:b@c", 0 }, { "a@[127.0.0.1]", 0 }, { "a@b\x7f", 0 },
	{ "\xc3\xa4@b", 0 }, { "a@b/c", 0 }, { "-oX@b", 0 }, { "a..b@c", 0 },
	{ "a\\@b", 0 }, { "a(b)@c", 0 },
};

START_TEST(check_only_plain_addresses_pass)
{
	ck_assert_msg((account_mail_check(addresses[_i].address, &f.err) ==
	    0) == addresses[_i].good, "%s", addresses[_i].address);
}
END_TEST

START_TEST(check_too_long_is_refused)
{
	char	text[300];

	memset(text, 'a', sizeof(text));
	strcpy(text + 253, "@b");
	ck_assert_int_eq(account_mail_check(text, &f.err), -1);
	strcpy(text + 252, "@b");
	ck_assert_int_eq(account_mail_check(text, &f.err), 0);
}
END_TEST

START_TEST(confirm_only_by_the_link_that_was_mailed)
{
	char	t[ACCOUNT_MAIL_TOKEN], stop[ACCOUNT_MAIL_TOKEN];

	forum_do(rita, "mail.set", "{s:s}", "email", ADDRESS);
	ck_assert_int_eq(row().email, ACCOUNT_MAIL_GIVEN);
	token(ACCOUNT_MAIL_CONFIRM, t);
	token(ACCOUNT_MAIL_STOP, stop);
	ck_assert_int_eq(with("mail.confirm", stop), ERR_NOT_FOUND);
	ck_assert_int_eq(with("mail.confirm", "x"), ERR_NOT_FOUND);
	ck_assert_int_eq(with("mail.confirm", "-"), ERR_NOT_FOUND);
	t[strlen(t) - 1] ^= 1;
	ck_assert_int_eq(with("mail.confirm", t), ERR_NOT_FOUND);
	t[strlen(t) - 1] ^= 1;
	ck_assert_int_eq(row().email, ACCOUNT_MAIL_GIVEN);
	ck_assert_int_eq(with("mail.confirm", t), ERR_NONE);
	ck_assert_int_eq(row().email, ACCOUNT_MAIL_CONFIRMED);
	ck_assert_int_eq(with("mail.confirm", t), ERR_NONE);
	identical();
}
END_TEST

START_TEST(link_ends_with_its_address)
{
	char	old[ACCOUNT_MAIL_TOKEN], t[ACCOUNT_MAIL_TOKEN];

	forum_do(rita, "mail.set", "{s:s}", "email", ADDRESS);
	token(ACCOUNT_MAIL_CONFIRM, old);
	forum_do(rita, "mail.set", "{s:s}", "email", "other@post.example");
	ck_assert_int_eq(with("mail.confirm", old), ERR_NOT_FOUND);
	token(ACCOUNT_MAIL_CONFIRM, t);
	ck_assert_int_eq(with("mail.confirm", t), ERR_NONE);
	forum_do(rita, "mail.remove", "{}");
	ck_assert_int_eq(row().email, ACCOUNT_MAIL_NONE);
	ck_assert_int_eq(with("mail.confirm", t), ERR_NOT_FOUND);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM content WHERE "
	    "field = 'email'", ""), 0);
	identical();
}
END_TEST

START_TEST(stop_and_refusal_by_the_other_link)
{
	char	t[ACCOUNT_MAIL_TOKEN];

	forum_do(rita, "mail.set", "{s:s}", "email", ADDRESS);
	token(ACCOUNT_MAIL_CONFIRM, t);
	with("mail.confirm", t);
	ck_assert_int_eq(row().mails, ACCOUNT_MAIL_HELD);
	forum_do(rita, "mail.kinds", "{s:b, s:b}", "held", 0, "replies", 1);
	ck_assert_int_eq(row().mails, ACCOUNT_MAIL_REPLIES);
	token(ACCOUNT_MAIL_STOP, t);
	ck_assert_int_eq(with("mail.stop", t), ERR_NONE);
	ck_assert_int_eq(row().mails, 0);
	ck_assert_int_eq(row().email, ACCOUNT_MAIL_CONFIRMED);
	forum_do(forum_clock(), "mail.refused", "{s:s}", "token", t);
	ck_assert_int_eq(row().email, ACCOUNT_MAIL_REFUSED);
	identical();
}
END_TEST

START_TEST(journal_holds_no_address)
{
	struct account_row	a;

	forum_do(rita, "mail.set", "{s:s}", "email", ADDRESS);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM journal WHERE "
	    "instr(bytes, 'post.example')", ""), 0);
	forum_do(forum_operator(), "account.erase", "{s:s}", "name",
	    "Rita Reader");
	a = row();
	ck_assert_int_eq(a.email, ACCOUNT_MAIL_NONE);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM content WHERE "
	    "instr(bytes, 'post.example')", ""), 0);
	identical();
}
END_TEST

START_TEST(unconfirmed_address_is_forgotten)
{
	char	t[ACCOUNT_MAIL_TOKEN];

	forum_do(rita, "mail.set", "{s:s}", "email", ADDRESS);
	clock_set(NOON + 6 * DAY);
	forum_do(forum_clock(), "deadline.retain", "{}");
	ck_assert_int_eq(row().email, ACCOUNT_MAIL_GIVEN);
	clock_set(NOON + 8 * DAY);
	forum_do(forum_clock(), "deadline.retain", "{}");
	ck_assert_int_eq(row().email, ACCOUNT_MAIL_NONE);
	ck_assert_int_eq(forum_number("SELECT COUNT(*) FROM content WHERE "
	    "field = 'email'", ""), 0);
	forum_do(rita, "mail.set", "{s:s}", "email", ADDRESS);
	token(ACCOUNT_MAIL_CONFIRM, t);
	with("mail.confirm", t);
	clock_set(NOON + 80 * DAY);
	forum_do(forum_clock(), "deadline.retain", "{}");
	ck_assert_int_eq(row().email, ACCOUNT_MAIL_CONFIRMED);
	identical();
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("account_mail");
	TCase	*c = tcase_create("account_mail");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(c, setup, forum_teardown);
	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, check_only_plain_addresses_pass, 0,
	    (int)(sizeof(addresses) / sizeof(addresses[0])));
	tcase_add_test(c, check_too_long_is_refused);
	tcase_add_test(c, confirm_only_by_the_link_that_was_mailed);
	tcase_add_test(c, link_ends_with_its_address);
	tcase_add_test(c, stop_and_refusal_by_the_other_link);
	tcase_add_test(c, journal_holds_no_address);
	tcase_add_test(c, unconfirmed_address_is_forgotten);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
