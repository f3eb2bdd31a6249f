/*
 * forumctl, the admin's tool: its command line. Commands lie in ctl_*.c, how
 * they reach the store in ctl.c.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "forumd/ctl.h"

#ifndef VERSION
#define VERSION	"unknown"
#endif

static int	forumctl_settings(struct ctl *c, int argc, char **argv,
		    struct err *err);

static const struct forumctl_command {
	const char	*name;
	int		(*run)(struct ctl *c, int argc, char **argv,
			    struct err *err);
	bool		 dataless;	/* needs no --data */
	const char	*usage, *help;
} forumctl_commands[] = {
	{ "user", ctl_user, false,
	    "user add NAME [--role ROLES] [--official ORG] [--password-stdin]\n"
	    "  user set NAME [--role ROLES] [--official ORG] [--person ID]\n"
	    "                [--password-stdin] [--no-code]\n"
	    "  user erase NAME\n"
	    "  user list",
	    "ROLES: reader, moderator, editor, admin, joined by commas. The\n"
	    "      password is the first line of standard input. --person names\n"
	    "      the person behind several accounts; --no-code takes a lost\n"
	    "      second factor away. Set and erase end all sessions." },
	{ "token", ctl_token, false,
	    "token NAME [--scope SCOPES] [--days N]\n"
	    "  token NAME --revoke",
	    "Prints a bearer token, once. SCOPES: read, post, moderate, edit,\n"
	    "      admin; default: all that the account may do, for 365 days.\n"
	    "      --revoke takes back all of the account's tokens." },
	{ "seed", ctl_seed, false, "seed PATH",
	    "Loads a file of JSON lines, or a folder's *.jsonl, as commands.\n"
	    "      A second run skips what was loaded (noted in DIR/seeded)." },
	{ "rebuild", ctl_store_rebuild, false, "rebuild [--check]",
	    "Computes every table from the journal anew; with --check only\n"
	    "      compares, on a copy, also beside a running server." },
	{ "verify", ctl_store_verify, false, "verify",
	    "Checks the database's pages, the journal's chain, every stored\n"
	    "      text against its commitment, the record against its head." },
	{ "backup", ctl_store_backup, false, "backup FILE",
	    "A consistent copy, signing key and secret included: keep it as\n"
	    "      you keep the data directory." },
	{ "restore", ctl_store_restore, false, "restore FILE\n"
	    "  restore [FILE] --new-log [--cause CODE] [--head FILE ...]",
	    "Puts a backup in place; what was erased since is erased again.\n"
	    "      The former database stays as forum.db.old. --new-log goes on\n"
	    "      from a copy older than what was signed: the old log is\n"
	    "      frozen, a new one begins by naming its heads and CODE\n"
	    "      (restored-backup). --head: a signed head that is known from\n"
	    "      elsewhere. Without FILE: from the database as it is." },
	{ "export", ctl_store_export, false, "export",
	    "Every event and text as JSON lines; no passwords." },
	{ "policy", ctl_policy, false, "policy check|try|adopt FILE",
	    "House rules: are they sound, what would they have changed, put\n"
	    "      them in force." },
	{ "key", ctl_key, false, "key show|rotate|retire",
	    "The public record's verification key; a new one, which is an\n"
	    "      entry; both sign until the old one is retired." },
	{ "cluster", ctl_cluster, false, "cluster status|found|dissolve",
	    "Several machines: how the nodes stand; put this forum's journal\n"
	    "      into Redis for others to join; back to this machine alone." },
	{ "settings", forumctl_settings, true, "settings",
	    "Every setting with its default and help, as a settings file." },
};

#define FORUMCTL_COMMANDS						       \
	(sizeof(forumctl_commands) / sizeof(forumctl_commands[0]))

/* The settings as given, for printing them. */
static struct settings	*forumctl_set;

static int
forumctl_settings(struct ctl *c, int argc, char **argv, struct err *err)
{
	struct buf	b = BUF_INIT;

	if (argc != 1)
		return err_set(err, CTL_USAGE, NULL, "%s", argv[0]);
	if (ctl_json(c)) {
		settings_json(&b, forumctl_set);
		buf_addc(&b, '\n');
	} else
		settings_print(&b, forumctl_set);
	fputs(buf_str(&b), stdout);
	buf_free(&b);
	return 0;
}

static void
forumctl_help(FILE *f, const struct forumctl_command *only)
{
	size_t	i;

	fputs("usage: forumctl --data DIR [--conf FILE] [--set NAME=VALUE] "
	    "[--json] COMMAND ...\n\n", f);
	if (only == NULL)
		fputs("Looks after the forum kept in DIR, beside a running "
		    "forumd or without one.\n\n", f);
	for (i = 0; i < FORUMCTL_COMMANDS; i++) {
		if (only == NULL || only == &forumctl_commands[i])
			fprintf(f, "  %s\n      %s\n",
			    forumctl_commands[i].usage,
			    forumctl_commands[i].help);
	}
	fputs("\n--json makes every answer one JSON object a line. Exit status: "
	    "0 done, 1 refused\nor failed, 2 bad usage.\n", f);
}

static int
forumctl_bad(const struct err *err)
{
	fprintf(stderr, "forumctl: %s\n", err->text);
	return err->code == CTL_USAGE ? 2 : 1;
}

/* Takes our own options out of argv, wherever they stand; what is left is
 * the command's. -1 bad, 1 help or version was told. */
static int
forumctl_options(int *argc, char **argv, bool *json, struct err *err)
{
	int		 i, n = 0, rc = 0;
	char		 data[4200];

	for (i = 1; i < *argc && rc == 0; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			*json = true;
		} else if (strcmp(argv[i], "--version") == 0) {
			puts("forumctl " VERSION);
			return 1;
		} else if (i + 1 < *argc && strcmp(argv[i], "--data") == 0) {
			snprintf(data, sizeof(data), "data=%s", argv[++i]);
			rc = settings_assign(forumctl_set, data, err);
		} else if (i + 1 < *argc && strcmp(argv[i], "--set") == 0) {
			rc = settings_assign(forumctl_set, argv[++i], err);
		} else if (i + 1 < *argc && strcmp(argv[i], "--conf") == 0) {
			rc = settings_file(forumctl_set, argv[++i], err);
		} else {
			argv[n++] = argv[i];
		}
	}
	*argc = n;
	argv[n] = NULL;
	if (rc != 0)
		err->code = CTL_USAGE;
	return rc;
}

static int
forumctl_run(const struct forumctl_command *cmd, bool json, int argc,
    char **argv, struct err *err)
{
	struct ctl	*c = NULL;
	int		 rc;

	if (settings_str(forumctl_set, "data") == NULL && !cmd->dataless)
		return err_set(err, CTL_USAGE, NULL, "--data DIR is needed");
	rc = ctl_open(&c, forumctl_set, json, err);
	if (rc == 0)
		rc = cmd->run(c, argc, argv, err);
	ctl_close(&c);
	return rc;
}

static const struct forumctl_command *
forumctl_find(const char *name)
{
	size_t	i;

	for (i = 0; i < FORUMCTL_COMMANDS; i++) {
		if (strcmp(forumctl_commands[i].name, name) == 0)
			return &forumctl_commands[i];
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct forumctl_command	*cmd;
	struct err			 err;
	bool				 json = false;
	int				 rc, i;

	memset(&err, 0, sizeof(err));
	umask(077);
	if (settings_new(&forumctl_set, &err) != 0)
		return forumctl_bad(&err);
	if ((rc = forumctl_options(&argc, argv, &json, &err)) != 0) {
		settings_free(&forumctl_set);
		return rc == 1 ? 0 : forumctl_bad(&err);
	}
	cmd = argc > 0 ? forumctl_find(argv[0]) : NULL;
	for (i = 0; i < argc && strcmp(argv[i], "--help") != 0; i++)
		;
	if (i < argc || cmd == NULL) {
		forumctl_help(i < argc ? stdout : stderr, cmd);
		rc = i < argc ? 0 : 2;
	} else {
		rc = forumctl_run(cmd, json, argc, argv, &err);
		if (rc != 0)
			rc = forumctl_bad(&err);
	}
	settings_free(&forumctl_set);
	return rc;
}
