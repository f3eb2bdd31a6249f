/*
 * forum-audit: checks a forum from outside. It reads what anyone can read,
 * believes nothing that is not signed, recomputes everything, and keeps the
 * last head that it saw, so that a record rewritten between two visits shows.
 *
 * It shares with the server only the primitives of storage/base (hashes,
 * notes, fetching); how an entry reads and what may follow what is written
 * down a second time in audit_leaf.c and audit_rules.c.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forumd/audit_log.h"
#include "forumd/audit_receipt.h"
#include "forumd/audit_site.h"
#include "storage/base/clock.h"

#define AUDIT_FILE_MAX	(16 * 1024 * 1024)

struct audit_options {
	const char	*url, *vkey, *state, *second, *leaf, *text, *receipt;
	bool		 json;
};

static int
audit_usage(FILE *f, int code)
{
	fprintf(f,
	    "usage: forum-audit --url URL --vkey FILE [--state FILE]\n"
	    "                   [--second URL | --second 'Name: value'] "
	    "[--json]\n"
	    "       forum-audit receipt FILE [--vkey FILE] [--leaf FILE]\n"
	    "                   [--text FILE] [--json]\n\n"
	    "Exit: 0 sound, 1 a check failed, 2 usage, 3 the record was "
	    "rewritten or rolled\nback (both signed heads are printed).\n\n");
	if (code == 0)
		audit_report_help(f);
	return (code);
}

/* A file's bytes, with a NUL behind them; -1 with a message. */
static int
audit_file(const char *path, struct buf *b)
{
	FILE	*f = fopen(path, "rb");
	char	 part[8192];
	size_t	 n;

	if (f == NULL) {
		perror(path);
		return (-1);
	}
	while (b->len < AUDIT_FILE_MAX &&
	    (n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(b, part, n);
	n = ferror(f) || !feof(f);
	fclose(f);
	buf_str(b);
	if (n != 0 || buf_failed(b)) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return (-1);
	}
	return (0);
}

static int
audit_key(const char *path, struct note_key *key)
{
	struct buf	b = BUF_INIT;
	struct err	err;
	int		rc = audit_file(path, &b);

	if (rc == 0 && note_vkey_parse(key, buf_str(&b), b.len, &err) != 0) {
		fprintf(stderr, "%s: %s\n", path, err.text);
		rc = -1;
	}
	buf_free(&b);
	return (rc);
}

/* What was kept from last time and when: keys learned since the given one,
 * and the head. No file is no head. */
static int
audit_state_load(const char *path, struct audit_keys *keys,
    struct audit_head *h, int64_t *seen)
{
	struct buf	b = BUF_INIT;
	struct stat	st;
	struct err	err;
	size_t		at;
	int		rc;

	if (path == NULL || stat(path, &st) != 0)
		return (0);
	*seen = st.st_mtime;
	rc = audit_file(path, &b);
	at = rc == 0 ? audit_keys_read(keys, buf_str(&b)) : 0;
	if (rc == 0 && audit_head_open(h, buf_str(&b) + at, b.len - at, keys,
	    &err) != 0) {
		fprintf(stderr, "%s: %s\n", path, err.text);
		rc = -1;
	}
	buf_free(&b);
	return (rc);
}

/* Keeps the newest head, never a smaller one than before. */
static void
audit_state_save(const char *path, const struct audit_keys *keys,
    const struct audit_head *old, const struct audit_head *h,
    struct audit_report *report)
{
	struct buf	 tmp = BUF_INIT, b = BUF_INIT;
	FILE		*f;
	bool		 ok;

	if (path == NULL || report->rewritten || h->note.len == 0 ||
	    report->failed[AUDIT_ENTRIES] > 0 || h->size < old->size)
		return;
	buf_addf(&tmp, "%s.tmp", path);
	f = fopen(buf_str(&tmp), "wb");
	audit_keys_write(keys, &b);
	buf_add(&b, h->note.data, h->note.len);
	ok = f != NULL && !buf_failed(&b) && fwrite(b.data, 1, b.len, f) ==
	    b.len && fflush(f) == 0 && fsync(fileno(f)) == 0;
	if (f != NULL)
		ok &= fclose(f) == 0;
	if (!ok || rename(buf_str(&tmp), path) != 0)
		audit_report_remark(report, "the head could not be kept in %s",
		    path);
	buf_free(&b);
	buf_free(&tmp);
}

/* Reads the record, then what is served, into the report. */
static void
audit_run(const struct audit_options *o, struct audit_keys *keys,
    const struct audit_head *old, int64_t seen, struct audit_report *report)
{
	struct audit_rules	*rules = audit_rules_new();
	struct audit_log	*log = rules == NULL ? NULL :
	    audit_log_new(o->url, keys, rules, report);
	struct audit_head	 other = { BUF_INIT, 0, { { 0 } } };
	struct audit_site	 site = { o->url, o->second, log, rules,
	    report };
	struct buf		 base = BUF_INIT;
	struct err		 err;

	if (log == NULL) {
		audit_report_fail(report, AUDIT_HEAD, "no memory");
		audit_rules_free(&rules);
		return;
	}
	if (old->note.len > 0)
		audit_log_watch(log, old, seen);
	if (o->second != NULL && strncmp(o->second, "http", 4) == 0) {
		buf_addf(&base, "%s/ledger", o->second);
		if (audit_head_get(&other, buf_str(&base), keys, &err) != 0)
			audit_report_fail(report, AUDIT_SECOND, "%s",
			    err.text);
		else
			audit_log_watch(log, &other, clock_ms() / 1000);
		buf_free(&base);
	}
	if (audit_log_follow(log) >= 0) {
		audit_site_check(&site);
		if (strcmp(audit_rules_origin(rules), keys->key[0].name) != 0)
			audit_report_fail(report, AUDIT_ORDER,
			    "the first entry names another origin");
	}
	if (audit_log_head(log)->note.len > 0)
		audit_log_settle(log);
	audit_report_subject(report, "forum", "%s", o->url);
	audit_report_subject(report, "origin", "%s",
	    keys->key[0].name);
	audit_report_subject(report, "entries", "%" PRIu64,
	    audit_log_head(log)->size);
	audit_state_save(o->state, keys, old, audit_log_head(log), report);
	audit_head_free(&other);
	audit_log_free(&log);
	audit_rules_free(&rules);
}

static int
audit_forum(const struct audit_options *o)
{
	struct audit_head	old = { BUF_INIT, 0, { { 0 } } };
	struct audit_report	report;
	struct audit_keys	keys;
	struct note_key		key;
	int64_t			seen = 0;
	int			code, i;

	if (audit_key(o->vkey, &key) != 0)
		return (2);
	audit_keys_init(&keys, &key);
	if (audit_state_load(o->state, &keys, &old, &seen) != 0) {
		audit_head_free(&old);
		return (2);
	}
	audit_report_init(&report);
	audit_run(o, &keys, &old, seen, &report);
	/* Judged entry by entry: made where all entries were read. */
	for (i = AUDIT_FORM; i <= AUDIT_APPEAL; i++)
		if (report.done[AUDIT_ENTRIES])
			audit_report_done(&report, (enum audit_check)i);
	code = audit_report_code(&report);
	audit_report_print(&report, o->json, stdout);
	audit_report_free(&report);
	audit_head_free(&old);
	return (code);
}

static int
audit_one_receipt(const struct audit_options *o)
{
	struct audit_receipt	r = { NULL, 0, NULL, 0, NULL, 0, NULL };
	struct buf		receipt = BUF_INIT, leaf = BUF_INIT,
				text = BUF_INIT;
	struct note_key		key;
	int			rc = 2;

	if (audit_file(o->receipt, &receipt) != 0 ||
	    (o->vkey != NULL && audit_key(o->vkey, &key) != 0) ||
	    (o->leaf != NULL && audit_file(o->leaf, &leaf) != 0) ||
	    (o->text != NULL && audit_file(o->text, &text) != 0))
		goto out;
	r.receipt = buf_str(&receipt);
	r.receipt_len = receipt.len;
	r.key = o->vkey != NULL ? &key : NULL;
	r.leaf = o->leaf != NULL ? buf_str(&leaf) : NULL;
	r.leaf_len = leaf.len;
	r.text = o->text != NULL ? buf_str(&text) : NULL;
	r.text_len = text.len;
	rc = audit_receipt_check(&r, o->json, stdout);
out:
	buf_free(&receipt);
	buf_free(&leaf);
	buf_free(&text);
	return (rc);
}

/* -1: go on; else the exit code. */
static int
audit_options(struct audit_options *o, int argc, char **argv)
{
	static const struct option	known[] = {
		{ "url", required_argument, NULL, 'u' },
		{ "vkey", required_argument, NULL, 'k' },
		{ "state", required_argument, NULL, 's' },
		{ "second", required_argument, NULL, '2' },
		{ "leaf", required_argument, NULL, 'l' },
		{ "text", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int				c;

	while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (c) {
		case 'u': o->url = optarg; break;
		case 'k': o->vkey = optarg; break;
		case 's': o->state = optarg; break;
		case '2': o->second = optarg; break;
		case 'l': o->leaf = optarg; break;
		case 't': o->text = optarg; break;
		case 'j': o->json = true; break;
		case 'h': return (audit_usage(stdout, 0));
		default: return (audit_usage(stderr, 2));
		}
	}
	if (optind + 2 == argc && strcmp(argv[optind], "receipt") == 0) {
		o->receipt = argv[optind + 1];
		return (o->url == NULL && o->state == NULL &&
		    o->second == NULL ? -1 : audit_usage(stderr, 2));
	}
	if (optind != argc || o->url == NULL || o->vkey == NULL ||
	    o->leaf != NULL || o->text != NULL)
		return (audit_usage(stderr, 2));
	return (-1);
}

int
main(int argc, char **argv)
{
	struct audit_options	o;
	char			*url;
	size_t			 n;
	int			 code;

	memset(&o, 0, sizeof(o));
	code = audit_options(&o, argc, argv);
	if (code >= 0)
		return (code);
	if (o.receipt != NULL)
		return (audit_one_receipt(&o));
	url = strdup(o.url);
	if (url == NULL)
		return (2);
	for (n = strlen(url); n > 0 && url[n - 1] == '/'; n--)
		url[n - 1] = '\0';
	o.url = url;
	code = audit_forum(&o);
	free(url);
	return (code);
}
