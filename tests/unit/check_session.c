/*
 * Sessions and identities: what is a member's, what is nobody's, what counts
 * as coming from our own pages.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forumd/session.h"
#include "forumd/sign_in.h"
#include "moderation/account.h"
#include "storage/store.h"

#define NOW	INT64_C(1700000000000)
#define HOUR	INT64_C(3600000)

static char		 dir[64];
static struct house	*house;
static struct db	*db;
static struct err	 err;
static struct identity	 who;
static char		 cookie[SESSION_COOKIE_MAX], csrf[65];

static void
account(int num, const char *kind, unsigned roles, const char *key)
{
	struct hash	h;
	char		id[20];

	snprintf(id, sizeof(id), "account%d", num);
	account_secret_hash(key, &h);
	ck_assert_msg(db_run(db, &err, "INSERT INTO account (num, id, kind, "
	    "roles, epoch, created_at, key_hash) VALUES (?, ?, ?, ?, 1, 1, ?)",
	    "issib", (int64_t)num, id, kind, (int64_t)roles,
	    (const void *)(*key == '\0' ? NULL : h.b), (size_t)HASH_LEN) == 0,
	    "%s", err.text);
}

static void
open_house(bool staff_code)
{
	struct house_settings	 hs = { .limits = true, .dir = dir };
	char			 path[600], *policy;
	const char		*root = getenv("FORUMD_SOURCE");
	FILE			*f;

	snprintf(path, sizeof(path), "%s/conf/policy.json",
	    root == NULL ? "." : root);
	ck_assert_ptr_nonnull(f = fopen(path, "r"));
	ck_assert_ptr_nonnull(policy = malloc(1 << 20));
	hs.policy_default_len = fread(policy, 1, 1 << 20, f);
	fclose(f);
	hs.policy_default = policy;
	hs.staff_code = staff_code;
	house_close(&house);
	ck_assert_msg(house_open(&house, &hs, &err) == 0, "%s", err.text);
	free(policy);
}

static void
setup(void)
{
	struct store	*st;
	struct err	 broken;
	char		 path[100];

	memset(&err, 0, sizeof(err));
	snprintf(dir, sizeof(dir), "/tmp/check_session.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	open_house(false);
	ck_assert_int_eq(store_open(&st, dir, "test", false, &broken, &err),
	    0);
	store_close(&st);
	snprintf(path, sizeof(path), "%s/forum.db", dir);
	ck_assert_int_eq(db_open(&db, path, DB_WRITE, &err), 0);
	account(1, "member", ROLE_READER | ROLE_EDITOR, "");
	account(2, "guest", ROLE_READER, "0123456789abcdefghjkmnpqrstvwxyz");
	account(3, "guest", ROLE_READER, "zyxwvtsrqpnmkjhgfedcba9876543210");
}

static void
teardown(void)
{
	char	cmd[100];

	db_close(&db);
	house_close(&house);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static struct http_span
span(const char *s)
{
	return (struct http_span){ s, strlen(s) };
}

/* "name=value" of a Set-Cookie line. */
static char *
pair(char *set_cookie)
{
	set_cookie[strcspn(set_cookie, ";")] = '\0';
	return set_cookie;
}

static int
identify(const char *field, const char *authorization, const char *key,
    int64_t now)
{
	struct session_input	in = { .now = now, .idle_ms = 24 * HOUR };

	in.cookie = span(field);
	in.authorization = span(authorization);
	in.author_key = span(key);
	return session_identify(house, db, &in, &who, &err);
}

static void
begin(int64_t num)
{
	ck_assert_int_eq(session_begin(house, num, 1, NOW, 48 * HOUR, false,
	    cookie, csrf, &err), 0);
	pair(cookie);
}

START_TEST(session_identify_own_cookie_is_the_member)
{
	begin(1);
	ck_assert_int_eq(identify(cookie, "", "", NOW + HOUR), 0);
	ck_assert_int_eq(who.how, SESSION_COOKIE);
	ck_assert_int_eq(who.actor.account, 1);
	ck_assert_uint_eq(who.actor.roles, ROLE_READER | ROLE_EDITOR);
	ck_assert_str_eq(who.csrf, csrf);
	ck_assert(who.refresh);
	ck_assert_int_eq(identify(cookie, "", "", NOW), 0);
	ck_assert(!who.refresh);
}
END_TEST

START_TEST(session_identify_changed_cookie_is_nobody)
{
	char	bad[SESSION_COOKIE_MAX];
	size_t	i, n;

	begin(1);
	n = strlen(cookie);
	for (i = strlen("session="); i < n; i++) {
		strcpy(bad, cookie);
		bad[i] = bad[i] == '1' ? '2' : '1';
		ck_assert_int_eq(identify(bad, "", "", NOW), 0);
		ck_assert_msg(who.how == SESSION_NONE &&
		    who.actor.account == 0, "%s", bad);
	}
	for (i = strlen("session="); i < n; i++) {
		memcpy(bad, cookie, i);
		bad[i] = '\0';
		ck_assert_int_eq(identify(bad, "", "", NOW), 0);
		ck_assert_int_eq(who.how, SESSION_NONE);
	}
}
END_TEST

/* Who it is at a place, of the cookie made at another one. */
static int64_t
place(enum session_place made, enum session_place asked)
{
	struct session_input	in = { .now = NOW, .idle_ms = 24 * HOUR,
					.place = asked };

	ck_assert_int_eq(session_begin(house, 1, 1, NOW, 48 * HOUR, made,
	    cookie, csrf, &err), 0);
	ck_assert(made != SESSION_FRAME || strstr(cookie,
	    "; SameSite=None; Secure; Partitioned") != NULL);
	ck_assert(made == SESSION_FRAME || strstr(cookie,
	    "; SameSite=Lax") != NULL);
	in.cookie = span(pair(cookie));
	ck_assert_int_eq(session_identify(house, db, &in, &who, &err), 0);
	return who.actor.account;
}

START_TEST(session_identify_frames_cookie_holds_in_frames_alone)
{
	ck_assert_int_eq(place(SESSION_FRAME, SESSION_FRAME), 1);
	ck_assert_int_eq(place(SESSION_FRAME, SESSION_TLS), 0);
	ck_assert_int_eq(place(SESSION_FRAME, SESSION_PLAIN), 0);
	ck_assert_int_eq(place(SESSION_TLS, SESSION_FRAME), 1);
	ck_assert_int_eq(place(SESSION_TLS, SESSION_PLAIN), 0);
	ck_assert_int_eq(place(SESSION_PLAIN, SESSION_FRAME), 0);
}
END_TEST

START_TEST(session_identify_over_idle_or_ended_is_nobody)
{
	char	again[SESSION_COOKIE_MAX];

	begin(1);
	ck_assert_int_eq(identify(cookie, "", "", NOW + 24 * HOUR), 0);
	ck_assert_int_eq(who.how, SESSION_NONE);
	ck_assert_int_eq(identify(cookie, "", "", NOW + 23 * HOUR), 0);
	ck_assert_int_eq(who.how, SESSION_COOKIE);
	session_again(house, &who, NOW + 23 * HOUR, false, again);
	pair(again);
	ck_assert_int_eq(identify(again, "", "", NOW + 46 * HOUR), 0);
	ck_assert_int_eq(who.how, SESSION_COOKIE);
	ck_assert_str_eq(who.csrf, csrf);
	/* The absolute end does not move. */
	session_again(house, &who, NOW + 46 * HOUR, false, again);
	pair(again);
	ck_assert_int_eq(identify(again, "", "", NOW + 48 * HOUR), 0);
	ck_assert_int_eq(who.how, SESSION_NONE);
	ck_assert_int_eq(identify(cookie, "", "", NOW), 0);
	ck_assert_int_eq(db_run(db, &err, "INSERT INTO session_ended (id, "
	    "expires_at) VALUES (?, ?)", "si", who.id, who.expires), 0);
	ck_assert_int_eq(identify(cookie, "", "", NOW), 0);
	ck_assert_int_eq(who.how, SESSION_NONE);
}
END_TEST

START_TEST(session_identify_raised_epoch_ends_all)
{
	begin(1);
	ck_assert_int_eq(db_run(db, &err, "UPDATE account SET epoch = 2", ""),
	    0);
	ck_assert_int_eq(identify(cookie, "", "", NOW), 0);
	ck_assert_int_eq(who.how, SESSION_NONE);
}
END_TEST

START_TEST(session_identify_staff_without_code_acts_as_reader)
{
	begin(1);
	open_house(true);
	ck_assert_int_eq(identify(cookie, "", "", NOW), 0);
	ck_assert_int_eq(who.how, SESSION_COOKIE);
	ck_assert(who.code_missing);
	ck_assert_uint_eq(who.actor.roles, ROLE_READER);
	ck_assert_int_eq(db_run(db, &err, "UPDATE account SET totp = 1", ""),
	    0);
	ck_assert_int_eq(identify(cookie, "", "", NOW), 0);
	ck_assert_uint_eq(who.actor.roles, ROLE_READER | ROLE_EDITOR);
}
END_TEST

START_TEST(session_identify_bearer_scope_and_expiry)
{
	struct hash	h;

	account_secret_hash("the-token", &h);
	ck_assert_int_eq(db_run(db, &err, "INSERT INTO token (id, hash, "
	    "account, scope, created_at, expires_at) VALUES ('t', ?, 1, "
	    "'read,moderate', 1, ?)", "bi", (const void *)h.b,
	    (size_t)HASH_LEN, NOW + HOUR), 0);
	begin(1);
	ck_assert_int_eq(identify(cookie, "bearer the-token", "", NOW), 0);
	ck_assert_int_eq(who.how, SESSION_BEARER);
	ck_assert_uint_eq(who.actor.roles, ROLE_READER | ROLE_MODERATOR);
	ck_assert_int_eq(session_scope(&who, true, &err), 0);
	who.scopes = SCOPE_READ;
	ck_assert_int_eq(session_scope(&who, false, &err), 0);
	ck_assert_int_eq(session_scope(&who, true, &err), -1);
	/* A wrong one is never passed over for the cookie. */
	ck_assert_int_eq(identify(cookie, "Bearer the-token", "",
	    NOW + HOUR), -1);
	ck_assert_int_eq(err.code, ERR_SIGN_IN_REQUIRED);
	ck_assert_int_eq(identify(cookie, "Bearer the-tokeN", "", NOW), -1);
	ck_assert_int_eq(identify(cookie, "Bearer", "", NOW), -1);
	ck_assert_int_eq(identify(cookie, "Basic eDp5", "", NOW), -1);
	ck_assert_int_eq(db_run(db, &err, "UPDATE token SET revoked = 1", ""),
	    0);
	ck_assert_int_eq(identify("", "Bearer the-token", "", NOW), -1);
}
END_TEST

START_TEST(session_identify_author_key_by_field_and_cookie)
{
	char	one[SESSION_COOKIE_MAX], both[SESSION_COOKIE_MAX];

	ck_assert_int_eq(identify("", "", "0123456789abcdefghjkmnpqrstvwxyz",
	    NOW), 0);
	ck_assert_int_eq(who.how, SESSION_AUTHOR_KEY);
	ck_assert_int_eq(who.actor.account, 2);
	ck_assert_int_eq(identify("", "", "wrong", NOW), -1);
	session_author_cookie(span(""), "0123456789abcdefghjkmnpqrstvwxyz",
	    false, one);
	ck_assert_ptr_nonnull(strstr(one, "HttpOnly; SameSite=Lax"));
	pair(one);
	session_author_cookie(span(one), "zyxwvtsrqpnmkjhgfedcba9876543210",
	    false, both);
	pair(both);
	ck_assert_int_eq(identify(both, "", "", NOW), 0);
	ck_assert_int_eq(who.how, SESSION_AUTHOR_COOKIE);
	ck_assert_int_eq(who.actor.account, 3);
	ck_assert_int_eq(db_run(db, &err, "UPDATE account SET key_hash = NULL "
	    "WHERE num = 3", ""), 0);
	ck_assert_int_eq(identify(both, "", "", NOW), 0);
	ck_assert_int_eq(who.actor.account, 2);
}
END_TEST

static int
csrf_try(const char *origin, const char *site, const char *token)
{
	struct session_origin	from = { span(origin), span(site),
				    span("forum.example"), false };

	return session_csrf(&who, &from, span(token), &err);
}

START_TEST(session_csrf_member_needs_own_token_from_own_pages)
{
	char	other[65];

	begin(1);
	strcpy(other, csrf);
	begin(1);
	ck_assert_int_eq(identify(cookie, "", "", NOW), 0);
	ck_assert_int_eq(csrf_try("", "", csrf), 0);
	ck_assert_int_eq(csrf_try("http://forum.example", "same-origin",
	    csrf), 0);
	ck_assert_int_eq(csrf_try("http://forum.example", "same-origin", ""),
	    -1);
	ck_assert_int_eq(csrf_try("", "", other), -1);
	ck_assert_int_eq(csrf_try("https://forum.example", "", csrf), -1);
	ck_assert_int_eq(csrf_try("http://evil.example", "", csrf), -1);
	ck_assert_int_eq(csrf_try("null", "", csrf), -1);
	ck_assert_int_eq(csrf_try("", "cross-site", csrf), -1);
	ck_assert_int_eq(csrf_try("", "same-site", csrf), -1);
}
END_TEST

START_TEST(session_csrf_without_account_own_origin_is_enough)
{
	begin(0);
	ck_assert_int_eq(identify(cookie, "", "", NOW), 0);
	ck_assert_int_eq(who.how, SESSION_ANONYMOUS);
	ck_assert_int_eq(csrf_try("", "", ""), -1);
	ck_assert_int_eq(csrf_try("", "", csrf), 0);
	ck_assert_int_eq(csrf_try("http://forum.example", "", ""), 0);
	ck_assert_int_eq(csrf_try("http://evil.example", "", ""), -1);
	ck_assert_int_eq(identify("", "", "", NOW), 0);
	ck_assert_int_eq(csrf_try("", "", ""), 0);
	ck_assert_int_eq(csrf_try("", "cross-site", ""), -1);
}
END_TEST

START_TEST(sign_in_check_unknown_name_says_the_same_and_is_limited)
{
	struct sign_in		in = { .name = "Nobody", .password = "wrong",
				    .password_len = 5, .now = NOW };
	struct account_row	row;
	struct err		known;
	int			retry, i;

	ck_assert_int_eq(db_run(db, &err, "INSERT INTO name_key (key, "
	    "account) VALUES ('rosa', 1)", ""), 0);
	ck_assert_int_eq(sign_in_check(house, db, &in, &row, &retry, &err),
	    -1);
	in.name = "rosa";
	ck_assert_int_eq(sign_in_check(house, db, &in, &row, &retry, &known),
	    -1);
	ck_assert_int_eq(err.code, known.code);
	ck_assert_str_eq(err.text, known.text);
	for (i = 0; i < 20 && err.code != ERR_RATE_LIMITED; i++) {
		in.name = "Nobody";
		sign_in_check(house, db, &in, &row, &retry, &err);
	}
	ck_assert_int_eq(err.code, ERR_RATE_LIMITED);
	ck_assert_int_gt(retry, 0);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("session");
	TCase	*c = tcase_create("session");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, session_identify_own_cookie_is_the_member);
	tcase_add_test(c, session_identify_changed_cookie_is_nobody);
	tcase_add_test(c,
	    session_identify_frames_cookie_holds_in_frames_alone);
	tcase_add_test(c, session_identify_over_idle_or_ended_is_nobody);
	tcase_add_test(c, session_identify_raised_epoch_ends_all);
	tcase_add_test(c, session_identify_staff_without_code_acts_as_reader);
	tcase_add_test(c, session_identify_bearer_scope_and_expiry);
	tcase_add_test(c, session_identify_author_key_by_field_and_cookie);
	tcase_add_test(c, session_csrf_member_needs_own_token_from_own_pages);
	tcase_add_test(c, session_csrf_without_account_own_origin_is_enough);
	tcase_add_test(c,
	    sign_in_check_unknown_name_says_the_same_and_is_limited);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
