/*
 * forumd, the server: its command line. What it does is in server.c.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forumd/server.h"
#include "forumd/settings.h"
#include "storage/base/log.h"

#ifndef VERSION
#define VERSION	"unknown"
#endif

static const char forumd_usage[] =
"usage: forumd --data DIR [--listen ADDR:PORT]... [--conf FILE]\n"
"              [--set NAME=VALUE]...\n"
"\n"
"Hosts the forum kept in DIR (made where it is missing). Stays in the\n"
"foreground; prints \"forumd: ready on http://ADDR:PORT\" when it can answer.\n"
"\n"
"  --data DIR        the data directory\n"
"  --listen ADDRESS  ADDR:PORT, [ADDR]:PORT or unix:PATH; port 0 takes a free\n"
"                    one; may be given several times\n"
"  --conf FILE       settings, one \"name = value\" a line\n"
"  --set NAME=VALUE  one setting; wins over the file\n"
"  --help, --version\n"
"\n"
"\"forumctl settings\" lists every setting. SIGTERM lets what is in flight\n"
"finish and ends; SIGHUP reads settings, house rules, model and certificate\n"
"again, and changes nothing where one of them is wrong.\n"
"Exit status: 0 after SIGTERM, 2 for bad usage or settings, 1 otherwise.\n";

static int
forumd_bad(const struct err *err)
{
	fprintf(stderr, "forumd: %s\n", err->text);
	return 2;
}

static void
forumd_ready(const char *address)
{
	printf("forumd: ready on %s\n", address);
	fflush(stdout);
}

static int
forumd_assign(struct settings *set, const char *name, const char *value,
    struct err *err)
{
	char	text[4600];

	snprintf(text, sizeof(text), "%s=%s", name, value);
	return settings_assign(set, text, err);
}

/* The file first, whatever the order, so that --set and --listen win. */
static int
forumd_options(int argc, char **argv, struct settings *set, struct err *err)
{
	static const struct option	opts[] = {
		{ "data", required_argument, NULL, 'd' },
		{ "listen", required_argument, NULL, 'l' },
		{ "conf", required_argument, NULL, 'c' },
		{ "set", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int				pass, c, rc;

	for (pass = 0; pass < 2; pass++) {
		optind = 1;
		opterr = pass == 0;
		while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1) {
			rc = 0;
			if (c == 'h' || c == 'V')
				return c;
			if (c == '?')
				return '?';
			if (c == 'c' && pass == 0)
				rc = settings_file(set, optarg, err);
			else if (c == 'd' && pass == 1)
				rc = forumd_assign(set, "data", optarg, err);
			else if (c == 'l' && pass == 1)
				rc = forumd_assign(set, "listen", optarg, err);
			else if (c == 's' && pass == 1)
				rc = settings_assign(set, optarg, err);
			if (rc != 0)
				return -1;
		}
	}
	return optind < argc ? '?' : 0;
}

struct forumd_command {
	int	  argc;
	char	**argv;
};

/* For a reload: the same command line, with the file as it is now. */
static int
forumd_reread(void *arg, struct settings **out, struct err *err)
{
	struct forumd_command	*cmd = arg;

	if (settings_new(out, err) != 0)
		return -1;
	return forumd_options(cmd->argc, cmd->argv, *out, err);
}

int
main(int argc, char **argv)
{
	struct forumd_command	 cmd = { argc, argv };
	struct settings_source	 source = { forumd_reread, &cmd };
	struct settings	*set;
	struct err	 err;
	const char	*dir;
	int		 rc;

	memset(&err, 0, sizeof(err));
	umask(077);
	if (settings_new(&set, &err) != 0)
		return forumd_bad(&err);
	switch (forumd_options(argc, argv, set, &err)) {
	case 0:
		break;
	case 'h':
		fputs(forumd_usage, stdout);
		return 0;
	case 'V':
		puts("forumd " VERSION);
		return 0;
	case '?':
		fputs(forumd_usage, stderr);
		return 2;
	default:
		return forumd_bad(&err);
	}
	if ((dir = settings_str(set, "data")) == NULL) {
		fputs("forumd: --data DIR is needed\n", stderr);
		return 2;
	}
	if (mkdir(dir, 0700) != 0 && access(dir, W_OK) != 0) {
		fprintf(stderr, "forumd: %s cannot be used\n", dir);
		return 2;
	}
	rc = server_run(set, &source, forumd_ready, &err);
	if (rc != 0)
		fprintf(stderr, "forumd: %s\n", err.text);
	settings_free(&set);
	return rc == 0 ? 0 : 1;
}
