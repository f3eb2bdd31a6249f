/*
 * Accounts: names that cannot be mistaken, passwords, tokens, second
 * factors, erasure. Commands run through a real writer and house in a
 * temporary directory, as they do in the server.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "moderation/account.h"
#include "storage/base/clock.h"
#include "storage/store.h"

#define SECRET	"correct horse 7 staple"

static char		 dir[64];
static struct house	*house;
static struct writer	*writer;
static struct versions	*versions;
static struct db	*db;
static struct err	 err;
static json_t		*result;	/* of the last command */
static char		 secret[64];

static char *
read_policy(size_t *len)
{
	const char	*root = getenv("FORUMD_SOURCE");
	char		 path[500], *text;
	FILE		*f;

	snprintf(path, sizeof(path), "%s/conf/policy.json",
	    root == NULL ? "." : root);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	text = malloc(1 << 20);
	ck_assert_ptr_nonnull(text);
	*len = fread(text, 1, 1 << 20, f);
	fclose(f);
	return text;
}

static void
setup(void)
{
	struct house_settings	 hs = { .limits = false };
	struct writer_conf	 wc = { .origin = "test/ledger", .sign = true };
	char			*policy;

	snprintf(dir, sizeof(dir), "/tmp/check_account.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	policy = read_policy(&hs.policy_default_len);
	hs.policy_default = policy;
	hs.dir = wc.dir = dir;
	ck_assert_msg(house_open(&house, &hs, &err) == 0, "%s", err.text);
	free(policy);
	wc.versions = versions = calloc(1, sizeof(*versions));
	wc.ctx = house;
	ck_assert_msg(writer_open(&writer, &wc, &err) == 0, "%s", err.text);
	ck_assert_int_eq(store_reader(&db, dir, &err), 0);
}

static void
teardown(void)
{
	char	cmd[100];

	json_decref(result);
	result = NULL;
	clock_set(0);
	db_close(&db);
	writer_close(&writer);
	house_close(&house);
	free(versions);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static struct actor
as_operator(void)
{
	return (struct actor){ .kind = ACTOR_OPERATOR };
}

static struct actor
as_member(const char *name)
{
	struct actor		a = { .kind = ACTOR_MEMBER };
	struct account_row	row;

	ck_assert_msg(lookup_account_name(db, name, &row, &err) == 0, "%s",
	    err.text);
	a.account = row.num;
	a.roles = row.roles;
	return a;
}

/* Prepares, submits, waits: 0 or the refusal's code. */
static enum err_code
run(struct actor actor, const char *kind, json_t *args)
{
	struct command	*cmd;
	int		 rc;

	ck_assert_ptr_nonnull(args);
	memset(&err, 0, sizeof(err));
	cmd = command_new(commands_find(kind), &actor, args);
	ck_assert_ptr_nonnull(cmd);
	rc = commands_prepare(house, db, cmd, &err);
	if (rc == 0)
		rc = writer_run(writer, cmd, &err);
	json_decref(result);
	result = json_incref(cmd->result);
	memcpy(secret, cmd->secret, sizeof(secret));
	command_free(&cmd);
	return rc == 0 ? ERR_NONE : err.code;
}

static enum err_code
sign_up(const char *name, const char *password)
{
	return run((struct actor){ .kind = ACTOR_ANONYMOUS },
	    "account.create", json_pack("{s:s, s:s}", "name", name,
	    "password", password));
}

START_TEST(account_create_lookalike_is_taken)
{
	static const char *const	same[] = {
		"Berta Stone", "berta stone", "BERTA STONE",
		"B\xd0\xb5rta Stone", "\xef\xbc\xa2\145rta Stone",
		"Berta\xe2\x80\x8b Stone",
	};
	size_t				i;

	ck_assert_int_eq(sign_up("Berta Stone", SECRET), ERR_NONE);
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		ck_assert_msg(sign_up(same[i], SECRET) == ERR_NAME_TAKEN,
		    "%s: %s", same[i], err.text);
	ck_assert_int_eq(account_name_free(db, "Berta St0ne ", 0, &err), -1);
	ck_assert_int_eq(account_name_free(db, "Carl Otto", 0, &err), 0);
	ck_assert_int_eq(sign_up("Moderator", SECRET), ERR_NAME_TAKEN);
}
END_TEST

START_TEST(account_create_password_too_short_or_common_is_refused)
{
	static const char *const	bad[] = { "", "a", "1234567",
					    "password", "PassWord1",
					    "iloveyou1", "\xff\xfe\141bcdefgh" };
	char				 longest[ACCOUNT_PASSWORD_MAX + 2];
	size_t				 i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(account_password_check(bad[i], strlen(bad[i]),
		    &err) == -1 && strcmp(err.field, "password") == 0, "%s",
		    bad[i]);
	memset(longest, 'x', sizeof(longest));
	ck_assert_int_eq(account_password_check(longest, sizeof(longest) - 2,
	    &err), 0);
	ck_assert_int_eq(account_password_check(longest, sizeof(longest) - 1,
	    &err), -1);
	/* Characters, not bytes. */
	ck_assert_int_eq(account_password_check("\xc3\xa4\xc3\xb6\xc3\xbc"
	    "\xc3\x9f", 8, &err), -1);
	ck_assert_int_eq(run((struct actor){ .kind = ACTOR_ANONYMOUS },
	    "account.create", json_pack("{s:s}", "name", "No Word")),
	    ERR_INVALID_FIELD);
	ck_assert_str_eq(err.field, "password");
}
END_TEST

START_TEST(account_create_roles_only_from_operator_or_admin)
{
	struct account_row	row;

	ck_assert_int_eq(run((struct actor){ .kind = ACTOR_ANONYMOUS },
	    "account.create", json_pack("{s:s, s:s, s:s}", "name", "Eve",
	    "password", SECRET, "roles", "admin")), ERR_ROLE_REQUIRED);
	ck_assert_int_eq(run((struct actor){ .kind = ACTOR_ANONYMOUS },
	    "account.create", json_pack("{s:s, s:s, s:s}", "name", "Eve",
	    "password", SECRET, "official", "City")), ERR_ROLE_REQUIRED);
	ck_assert_int_eq(run(as_operator(), "account.create", json_pack(
	    "{s:s, s:s}", "name", "Ada", "roles", "moderator,admin")),
	    ERR_NONE);
	ck_assert_int_eq(lookup_account_name(db, "ada", &row, &err), 0);
	ck_assert_uint_eq(row.roles, ROLE_READER | ROLE_MODERATOR |
	    ROLE_ADMIN);
	ck_assert_int_eq(run(as_operator(), "account.create", json_pack(
	    "{s:s, s:s}", "name", "Ida", "roles", "moderator,god")),
	    ERR_INVALID_FIELD);
}
END_TEST

START_TEST(account_change_roles_end_sessions_and_need_admin)
{
	struct account_row	row;
	struct actor		ada;

	ck_assert_int_eq(sign_up("Rosa", SECRET), ERR_NONE);
	ck_assert_int_eq(run(as_operator(), "account.create", json_pack(
	    "{s:s, s:s}", "name", "Ada", "roles", "admin")), ERR_NONE);
	ada = as_member("Ada");
	ck_assert_int_eq(lookup_account_name(db, "Rosa", &row, &err), 0);
	ck_assert_int_eq(run(as_member("Rosa"), "account.change", json_pack(
	    "{s:s}", "roles", "admin")), ERR_ROLE_REQUIRED);
	ck_assert_int_eq(run(ada, "account.change", json_pack("{s:s, s:s}",
	    "account", row.id, "roles", "moderator")), ERR_NONE);
	ck_assert_int_eq(lookup_account_name(db, "Rosa", &row, &err), 0);
	ck_assert_uint_eq(row.roles, ROLE_READER | ROLE_MODERATOR);
	ck_assert_int_eq(row.epoch, 2);
}
END_TEST

START_TEST(account_change_password_needs_the_present_one)
{
	struct account_row	row;
	struct actor		rosa;

	ck_assert_int_eq(sign_up("Rosa", SECRET), ERR_NONE);
	rosa = as_member("Rosa");
	ck_assert_int_eq(run(rosa, "account.change", json_pack("{s:s}",
	    "new_password", "another one, longer")), ERR_SIGN_IN_REQUIRED);
	ck_assert_int_eq(run(rosa, "account.change", json_pack("{s:s, s:s}",
	    "password", "wrong one", "new_password", "another one, longer")),
	    ERR_SIGN_IN_REQUIRED);
	ck_assert_int_eq(run(rosa, "account.change", json_pack("{s:s, s:s}",
	    "password", SECRET, "new_password", "another one, longer")),
	    ERR_NONE);
	ck_assert_int_eq(lookup_account_name(db, "Rosa", &row, &err), 0);
	ck_assert_int_eq(row.epoch, 2);
	ck_assert_int_eq(account_password_open(db, &row, SECRET,
	    strlen(SECRET), &err), -1);
	ck_assert_int_eq(account_password_open(db, &row,
	    "another one, longer", 19, &err), 0);
}
END_TEST

static int
code_at(const char *base32, int64_t seconds)
{
	static const char	letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	unsigned char		key[ACCOUNT_TOTP_LEN];
	uint32_t		bits = 0;
	size_t			n = 0;
	int			have = 0;

	for (; *base32 != '\0' && n < sizeof(key); base32++) {
		bits = bits << 5 | (uint32_t)(strchr(letters, *base32) -
		    letters);
		if ((have += 5) >= 8)
			key[n++] = (unsigned char)(bits >> (have -= 8));
	}
	ck_assert_uint_eq(n, sizeof(key));
	return crypto_totp(key, sizeof(key), seconds);
}

START_TEST(account_change_totp_counts_once_confirmed)
{
	struct account_row	row;
	struct actor		rosa;
	char			code[8], kept[64];
	int64_t			step;

	clock_set(1900000000000);
	ck_assert_int_eq(sign_up("Rosa", SECRET), ERR_NONE);
	rosa = as_member("Rosa");
	ck_assert_int_eq(run(rosa, "account.change", json_pack("{s:s}",
	    "totp", "enrol")), ERR_SIGN_IN_REQUIRED);
	ck_assert_int_eq(run(rosa, "account.change", json_pack("{s:s, s:s}",
	    "totp", "enrol", "password", SECRET)), ERR_NONE);
	memcpy(kept, secret, sizeof(kept));
	ck_assert_uint_eq(strlen(kept), 32);
	ck_assert_int_eq(lookup_account_name(db, "Rosa", &row, &err), 0);
	ck_assert(!row.totp);
	ck_assert_int_eq(run(rosa, "account.change", json_pack(
	    "{s:s, s:s, s:s}", "totp", "confirm", "password", SECRET, "code",
	    "12345")), ERR_CODE_REQUIRED);
	snprintf(code, sizeof(code), "%06d", code_at(kept, 1900000000));
	ck_assert_int_eq(run(rosa, "account.change", json_pack(
	    "{s:s, s:s, s:s}", "totp", "confirm", "password", SECRET, "code",
	    code)), ERR_NONE);
	ck_assert_int_eq(lookup_account_name(db, "Rosa", &row, &err), 0);
	ck_assert(row.totp);
	ck_assert_int_eq(account_totp_check(db, row.id, code, 1900000029000,
	    &step, &err), 0);
	ck_assert_int_eq(account_totp_check(db, row.id, code, 1900000100000,
	    &step, &err), -1);
	ck_assert_int_eq(account_totp_check(db, row.id, NULL, 1900000000000,
	    &step, &err), -1);
}
END_TEST

START_TEST(account_token_scope_never_above_the_role)
{
	struct actor	rosa;

	ck_assert_int_eq(sign_up("Rosa", SECRET), ERR_NONE);
	rosa = as_member("Rosa");
	ck_assert_int_eq(run(rosa, "token.issue", json_pack("{s:s}", "scope",
	    "read,moderate")), ERR_ROLE_REQUIRED);
	ck_assert_int_eq(run(rosa, "token.issue", json_pack("{s:s}", "scope",
	    "read,")), ERR_INVALID_FIELD);
	ck_assert_int_eq(run(rosa, "token.issue", json_pack("{s:s, s:i}",
	    "scope", "read", "days", 0)), ERR_INVALID_FIELD);
	ck_assert_int_eq(run(rosa, "token.issue", json_object()), ERR_NONE);
	ck_assert_uint_eq(strlen(secret), ACCOUNT_SECRET_LEN);
	ck_assert_int_eq(db_int(db, 0, "SELECT COUNT(*) FROM token WHERE "
	    "scope = 'read,post' AND instr(hash, ?) = 0", "s", secret), 1);
	ck_assert_int_eq(run(rosa, "token.revoke", json_pack("{s:s}",
	    "token", "nothing")), ERR_NOT_FOUND);
}
END_TEST

START_TEST(account_token_revoke_by_another_member_is_not_found)
{
	struct actor	otto;

	ck_assert_int_eq(sign_up("Rosa", SECRET), ERR_NONE);
	ck_assert_int_eq(sign_up("Otto", SECRET), ERR_NONE);
	otto = as_member("Otto");
	ck_assert_int_eq(run(as_member("Rosa"), "token.issue",
	    json_object()), ERR_NONE);
	ck_assert_int_eq(run(otto, "token.revoke", json_pack("{s:s}", "token",
	    json_string_value(json_object_get(result, "token_id")))),
	    ERR_NOT_FOUND);
}
END_TEST

/* No trace of a text in the database's files. */
static bool
on_disk(const char *text)
{
	char	cmd[200];

	snprintf(cmd, sizeof(cmd), "grep -aqF '%s' %s/forum.db %s/forum.db-wal",
	    text, dir, dir);
	return system(cmd) == 0;
}

START_TEST(account_erase_leaves_nothing_but_counts)
{
	struct account_row	row;
	struct actor		rosa;

	ck_assert_int_eq(sign_up("Zdenka Unusualname", SECRET), ERR_NONE);
	rosa = as_member("Zdenka Unusualname");
	ck_assert_int_eq(run(as_operator(), "thread.open", json_pack(
	    "{s:s, s:s, s:s, s:s}", "slug", "t1", "title", "T", "site", "s",
	    "mode", "open")), ERR_NONE);
	ck_assert_msg(run(rosa, "comment.post", json_pack("{s:s, s:s}",
	    "thread", "t1", "body", "An unmistakable sentence about quokkas.")
	    ) == ERR_NONE, "%s", err.text);
	ck_assert(on_disk("quokkas"));
	ck_assert_int_eq(run(rosa, "account.erase", json_object()),
	    ERR_SIGN_IN_REQUIRED);
	ck_assert_msg(run(rosa, "account.erase", json_pack("{s:s}",
	    "password", SECRET)) == ERR_NONE, "%s", err.text);
	ck_assert_uint_gt(json_array_size(json_object_get(result,
	    "retained")), 0);
	ck_assert_int_eq(lookup_account(db, rosa.account, &row, &err), 0);
	ck_assert(row.erased);
	ck_assert_int_eq(lookup_account_name(db, "Zdenka Unusualname", &row,
	    &err), -1);
	ck_assert_int_eq(db_int(db, -1, "SELECT erased_author FROM thread",
	    ""), 1);
	db_close(&db);
	writer_close(&writer);
	ck_assert(!on_disk("quokkas"));
	ck_assert(!on_disk("Unusualname"));
	ck_assert(!on_disk("scrypt$"));
}
END_TEST

START_TEST(account_session_end_is_remembered_until_it_would_be_over)
{
	struct actor	rosa;

	clock_set(1700000000000);
	ck_assert_int_eq(sign_up("Rosa", SECRET), ERR_NONE);
	rosa = as_member("Rosa");
	ck_assert_int_eq(run(rosa, "session.end", json_pack("{s:s, s:I}",
	    "session", "one", "expires_at", (json_int_t)1700000001000)),
	    ERR_NONE);
	ck_assert_int_eq(db_int(db, 0, "SELECT COUNT(*) FROM session_ended",
	    ""), 1);
	clock_set(1700000002000);
	ck_assert_int_eq(run(rosa, "session.end", json_pack("{s:s, s:I}",
	    "session", "two", "expires_at", (json_int_t)1700000009000)),
	    ERR_NONE);
	ck_assert_int_eq(db_int(db, 0, "SELECT COUNT(*) FROM session_ended "
	    "WHERE id = 'two'", ""), 1);
	ck_assert_int_eq(db_int(db, 0, "SELECT COUNT(*) FROM session_ended",
	    ""), 1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("account");
	TCase	*c = tcase_create("account");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, account_create_lookalike_is_taken);
	tcase_add_test(c,
	    account_create_password_too_short_or_common_is_refused);
	tcase_add_test(c, account_create_roles_only_from_operator_or_admin);
	tcase_add_test(c, account_change_roles_end_sessions_and_need_admin);
	tcase_add_test(c, account_change_password_needs_the_present_one);
	tcase_add_test(c, account_change_totp_counts_once_confirmed);
	tcase_add_test(c, account_token_scope_never_above_the_role);
	tcase_add_test(c,
	    account_token_revoke_by_another_member_is_not_found);
	tcase_add_test(c, account_erase_leaves_nothing_but_counts);
	tcase_add_test(c,
	    account_session_end_is_remembered_until_it_would_be_over);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
