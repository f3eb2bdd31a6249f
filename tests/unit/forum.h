/*
 * A forum for tests: house and writer on a temporary directory, with people
 * who hand in commands as the server would. Functions are inline so that a
 * test may leave some unused.
 */
#ifndef TESTS_UNIT_FORUM_H
#define TESTS_UNIT_FORUM_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "moderation/commands.h"
#include "storage/base/clock.h"
#include "storage/rebuild.h"
#include "storage/store.h"

#define NOON	1795348800000LL	/* 2026-11-22T12:00:00Z */
#define MINUTE	60000LL
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)
#define WHY	"The second sentence is about the neighbour and not the point."

struct forum {
	char		 dir[64];
	struct house	*house;
	struct writer	*writer;
	struct versions	*versions;
	struct db	*db;
	struct err	 err;
	json_t		*result;	/* of the last command */
	int		 status;
	char		 secret[64];
};

static struct forum	f;

static inline char *
forum_policy(size_t *len)
{
	const char	*root = getenv("FORUMD_SOURCE");
	char		 path[500], *text;
	FILE		*in;

	snprintf(path, sizeof(path), "%s/conf/policy.json",
	    root == NULL ? "." : root);
	in = fopen(path, "r");
	ck_assert_msg(in != NULL, "%s", path);
	text = malloc(1 << 20);
	ck_assert_ptr_nonnull(text);
	*len = fread(text, 1, 1 << 20, in);
	fclose(in);
	return text;
}

/* Runs a command: 0 or the refusal's code. */
static inline enum err_code
forum_run(struct actor actor, const char *kind, json_t *args)
{
	struct command	*cmd;
	int		 rc;

	ck_assert_ptr_nonnull(args);
	memset(&f.err, 0, sizeof(f.err));
	cmd = command_new(commands_find(kind), &actor, args);
	ck_assert_ptr_nonnull(cmd);
	rc = commands_prepare(f.house, f.db, cmd, &f.err);
	if (rc == 0)
		rc = writer_run(f.writer, cmd, &f.err);
	json_decref(f.result);
	f.result = json_incref(cmd->result);
	f.status = cmd->status;
	memcpy(f.secret, cmd->secret, sizeof(f.secret));
	command_free(&cmd);
	return rc == 0 ? ERR_NONE : f.err.code;
}

#define forum_do(actor, kind, ...)					       \
	ck_assert_msg(forum_run(actor, kind, json_pack(__VA_ARGS__)) ==	       \
	    ERR_NONE, "%s: %s", kind, f.err.text)

static inline struct actor
forum_operator(void)
{
	return (struct actor){ .kind = ACTOR_OPERATOR };
}

static inline struct actor
forum_clock(void)
{
	return (struct actor){ .kind = ACTOR_SYSTEM };
}

/* Signs somebody up; person as staff accounts carry it. */
static inline struct actor
forum_account(const char *name, const char *roles, const char *person)
{
	struct actor		a = { .kind = ACTOR_MEMBER };
	struct account_row	row;

	forum_do(forum_operator(), "account.create", "{s:s, s:s, s:s*}",
	    "name", name, "roles", roles, "person", person);
	ck_assert_int_eq(lookup_account_name(f.db, name, &row, &f.err), 0);
	a.account = row.num;
	a.roles = row.roles;
	return a;
}

/* Somebody at an address: two numbers make address and network. */
static inline struct actor
forum_at(struct actor a, int address, int network)
{
	memset(&a.address, address, sizeof(a.address));
	memset(&a.network, network, sizeof(a.network));
	a.addressed = true;
	return a;
}

static inline void
forum_thread(const char *slug, const char *mode)
{
	forum_do(forum_operator(), "thread.open",
	    "{s:s, s:s, s:s, s:s, s:s}", "slug", slug, "title", "A title",
	    "site", "paper.example", "url", "https://paper.example/a", "mode",
	    mode);
}

static inline const char *
forum_result(const char *key)
{
	const char	*s = json_string_value(json_object_get(f.result, key));

	ck_assert_msg(s != NULL, "no %s in the result", key);
	return s;
}

/* Posts; the comment's id into id. */
static inline void
forum_post(struct actor a, const char *slug, const char *body,
    char id[ID_MAX])
{
	forum_do(a, "comment.post", "{s:s, s:s, s:s}", "thread", slug, "body",
	    body, "name", "Visitor");
	snprintf(id, ID_MAX, "%s", forum_result("comment"));
}

static inline struct comment_row
forum_comment(const char *id)
{
	struct comment_row	c;

	ck_assert_msg(lookup_comment(f.db, id, &c, &f.err) == 0, "%s", id);
	return c;
}

#define forum_state(id, expected)					       \
	ck_assert_str_eq(forum_comment(id).state, expected)
#define forum_number(...)	db_int(f.db, -1, __VA_ARGS__)

static inline enum err_code
forum_decide(struct actor a, const char *id, const char *action,
    const char *clause, const char *why)
{
	return forum_run(a, "decide", json_pack("{s:s, s:s, s:s*, s:s*}",
	    "comment", id, "action", action, "clause", clause, "explanation",
	    why));
}

static inline void
forum_setup(void)
{
	struct house_settings	 hs = { .limits = false };
	struct writer_conf	 wc = { .origin = "test/ledger", .sign = true };
	char			*policy;

	memset(&f, 0, sizeof(f));
	clock_set(NOON);
	snprintf(f.dir, sizeof(f.dir), "/tmp/check_forum.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(f.dir));
	policy = forum_policy(&hs.policy_default_len);
	hs.policy_default = policy;
	hs.dir = wc.dir = f.dir;
	ck_assert_msg(house_open(&f.house, &hs, &f.err) == 0, "%s",
	    f.err.text);
	free(policy);
	wc.versions = f.versions = calloc(1, sizeof(*f.versions));
	wc.ctx = f.house;
	ck_assert_msg(writer_open(&f.writer, &wc, &f.err) == 0, "%s",
	    f.err.text);
	ck_assert_int_eq(store_reader(&f.db, f.dir, &f.err), 0);
}

static inline void
forum_teardown(void)
{
	char	cmd[100];

	json_decref(f.result);
	clock_set(0);
	db_close(&f.db);
	writer_close(&f.writer);
	house_close(&f.house);
	free(f.versions);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", f.dir);
	ck_assert_int_eq(system(cmd), 0);
}

#endif
