/*
 * forumctl user and token.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/ctl.h"
#include "moderation/account.h"
#include "storage/store.h"

struct ctl_user_options {
	const char	*role, *official, *person, *scope, *days, *charged;
	bool		 password, revoke, totp_off;
};

/* Options may stand before and behind NAME; *name is what is left. */
static int
ctl_user_options(int argc, char **argv, struct ctl_user_options *o,
    const char **name, struct err *err)
{
	static const struct option	opts[] = {
		{ "role", required_argument, NULL, 'r' },
		{ "official", required_argument, NULL, 'o' },
		{ "person", required_argument, NULL, 'P' },
		{ "charged", required_argument, NULL, 'c' },
		{ "scope", required_argument, NULL, 's' },
		{ "days", required_argument, NULL, 'd' },
		{ "password-stdin", no_argument, NULL, 'p' },
		{ "revoke", no_argument, NULL, 'R' },
		{ "no-code", no_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 }
	};
	int				c;

	memset(o, 0, sizeof(*o));
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1) {
		switch (c) {
		case 'r': o->role = optarg; break;
		case 'o': o->official = optarg; break;
		case 'P': o->person = optarg; break;
		case 'c': o->charged = optarg; break;
		case 's': o->scope = optarg; break;
		case 'd': o->days = optarg; break;
		case 'p': o->password = true; break;
		case 'R': o->revoke = true; break;
		case 'n': o->totp_off = true; break;
		default:
			return err_set(err, CTL_USAGE, NULL,
			    "%.60s: unknown option, or its value is missing",
			    argv[optind - 1]);
		}
	}
	if (optind + 1 != argc)
		return err_set(err, CTL_USAGE, NULL,
		    "%s: one name is needed", argv[0]);
	*name = argv[optind];
	return 0;
}

/* The first line of standard input. */
static int
ctl_user_password(json_t *args, const char *key, struct err *err)
{
	char	*line = NULL;
	size_t	 cap = 0;
	ssize_t	 n;
	int	 rc = 0;

	n = getline(&line, &cap, stdin);
	if (n > 0 && line[n - 1] == '\n')
		line[--n] = '\0';
	if (n < 0 || json_object_set_new(args, key,
	    json_stringn(line, n < 0 ? 0 : (size_t)n)) != 0)
		rc = err_set(err, ERR_INVALID_FIELD, "password",
		    "No password came on standard input");
	if (line != NULL)
		crypto_wipe(line, cap);
	free(line);
	return rc;
}

static void
ctl_user_set(json_t *args, const char *key, const char *value)
{
	if (value != NULL)
		json_object_set_new(args, key, json_string(value));
}

static int
ctl_user_run(struct ctl *c, const char *kind, json_t *args, struct err *err)
{
	json_t	*answer;

	if (ctl_command(c, kind, args, NULL, &answer, err) != 0)
		return -1;
	ctl_print(c, json_object_get(answer, "result"));
	json_decref(answer);
	return 0;
}

/* user add NAME, user set NAME (also "role"). */
static int
ctl_user_change(struct ctl *c, int argc, char **argv, struct err *err)
{
	struct ctl_user_options	 o;
	const char		*name;
	bool			 add = strcmp(argv[0], "add") == 0;
	json_t			*args;

	if (ctl_user_options(argc, argv, &o, &name, err) != 0)
		return -1;
	args = json_pack("{s:s}", "name", name);
	ctl_user_set(args, "roles", o.role);
	ctl_user_set(args, "official", o.official);
	ctl_user_set(args, "person", o.person);
	ctl_user_set(args, "charged", o.charged);
	if (o.totp_off)
		ctl_user_set(args, "totp", "off");
	if (o.password && ctl_user_password(args, add ? "password" :
	    "new_password", err) != 0) {
		json_decref(args);
		return -1;
	}
	return ctl_user_run(c, add ? "account.create" : "account.change",
	    args, err);
}

static int
ctl_user_list(struct ctl *c, struct err *err)
{
	struct db	*db;
	struct stmt	*s;
	struct buf	 roles = BUF_INIT;
	json_t		*row;
	int		 rc;

	if (store_reader(&db, ctl_dir(c), err) != 0)
		return -1;
	s = db_query(db, "SELECT a.id, a.roles, a.official, a.banned, "
	    "a.totp, (SELECT bytes FROM content WHERE ref = 'a:' || a.id AND "
	    "field = 'name') FROM account a WHERE kind = 'member' AND "
	    "erased_at IS NULL ORDER BY num", "");
	while (stmt_step(s) == 1) {
		buf_clear(&roles);
		account_roles_text(&roles, (unsigned)stmt_int(s, 1));
		if (!ctl_json(c)) {
			printf("%s\t%s\t%s\t%s\n", stmt_text(s, 0),
			    buf_str(&roles), stmt_text(s, 5),
			    stmt_text(s, 2));
			continue;
		}
		row = json_pack("{s:s, s:s, s:s, s:s?, s:b, s:b}", "id",
		    stmt_text(s, 0), "name", stmt_text(s, 5), "roles",
		    buf_str(&roles), "official", stmt_str(s, 2), "banned",
		    (int)stmt_int(s, 3), "second_factor",
		    (int)stmt_int(s, 4));
		ctl_print(c, row);
		json_decref(row);
	}
	rc = stmt_done(s, err);
	buf_free(&roles);
	db_close(&db);
	return rc;
}

int
ctl_user(struct ctl *c, int argc, char **argv, struct err *err)
{
	if (argc >= 2 && strcmp(argv[1], "list") == 0)
		return ctl_user_list(c, err);
	if (argc >= 2 && strcmp(argv[1], "erase") == 0 && argc == 3)
		return ctl_user_run(c, "account.erase", json_pack("{s:s}",
		    "name", argv[2]), err);
	if (argc >= 2 && (strcmp(argv[1], "add") == 0 ||
	    strcmp(argv[1], "set") == 0))
		return ctl_user_change(c, argc - 1, argv + 1, err);
	return err_set(err, CTL_USAGE, NULL,
	    "user add, set, erase NAME or user list");
}

/* Revokes every token of the member. */
static int
ctl_token_revoke(struct ctl *c, const char *name, struct err *err)
{
	struct account_row	 a;
	struct db		*db;
	struct stmt		*s;
	json_t			*answer, *ids = json_array(), *id;
	size_t			 i;
	int			 rc = -1;

	if (store_reader(&db, ctl_dir(c), err) != 0)
		goto out;
	if ((rc = lookup_account_name(db, name, &a, err)) == 0) {
		s = db_query(db, "SELECT id FROM token WHERE account = ? AND "
		    "revoked = 0", "i", a.num);
		while (stmt_step(s) == 1)
			json_array_append_new(ids,
			    json_string(stmt_text(s, 0)));
		rc = stmt_done(s, err);
	}
	db_close(&db);
	json_array_foreach(ids, i, id) {
		if (rc != 0)
			break;
		rc = ctl_command(c, "token.revoke", json_pack("{s:O}",
		    "token", id), NULL, &answer, err);
		json_decref(answer);
	}
	if (rc == 0)
		printf(ctl_json(c) ? "{\"revoked\":%zu}\n" : "revoked %zu\n",
		    json_array_size(ids));
out:
	json_decref(ids);
	return rc;
}

int
ctl_token(struct ctl *c, int argc, char **argv, struct err *err)
{
	struct ctl_user_options	 o;
	const char		*name;
	json_t			*args, *answer;

	if (ctl_user_options(argc, argv, &o, &name, err) != 0)
		return -1;
	if (o.revoke)
		return ctl_token_revoke(c, name, err);
	args = json_pack("{s:s}", "name", name);
	ctl_user_set(args, "scope", o.scope);
	if (o.days != NULL)
		json_object_set_new(args, "days",
		    json_integer(strtol(o.days, NULL, 10)));
	if (ctl_command(c, "token.issue", args, NULL, &answer, err) != 0)
		return -1;
	if (ctl_json(c)) {
		json_object_set(json_object_get(answer, "result"), "token",
		    json_object_get(answer, "secret"));
		ctl_print(c, json_object_get(answer, "result"));
	} else
		printf("%s\n", json_string_value(json_object_get(answer,
		    "secret")));
	json_decref(answer);
	return 0;
}
