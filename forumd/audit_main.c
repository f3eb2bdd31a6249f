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
#include "forumd/audit_pool.h"
#include "forumd/audit_receipt.h"
#include "forumd/audit_site.h"
#include "storage/base/clock.h"
#include "storage/base/fetch.h"

#define AUDIT_FILE_MAX	(16 * 1024 * 1024)
#define AUDIT_LOGS_MAX	16

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
	    "                   [--text FILE] [--state FILE] [--url URL] "
	    "[--json]\n\n"
	    "A receipt from before a change of key is checked by the key of "
	    "its time: found\nin --state, or asked for at --url, through "
	    "changes signed by a key that you have.\n"
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
audit_key(const char *path, struct audit_keys *keys)
{
	struct buf	b = BUF_INIT;
	struct err	err;
	int		rc = audit_file(path, &b);

	if (rc == 0 && audit_keys_parse(keys, buf_str(&b), b.len,
	    &err) != 0) {
		fprintf(stderr, "%s: %s\n", path, err.text);
		rc = -1;
	}
	buf_free(&b);
	return (rc);
}

/* Does the head speak of this log? */
static bool
audit_head_of(const struct buf *note, const char *origin)
{
	size_t	n = strlen(origin);

	return (note->len > n && note->data[n] == '\n' &&
	    memcmp(note->data, origin, n) == 0);
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
	if (rc == 0)
		audit_keys_name(keys, buf_str(&b) + at,
		    strcspn(buf_str(&b) + at, "\n"));
	if (rc == 0 && audit_head_open(h, buf_str(&b) + at, b.len - at, keys,
	    false, &err) != 0) {
		fprintf(stderr, "%s: %s\n", path, err.text);
		rc = -1;
	}
	buf_free(&b);
	return (rc);
}

/* Keeps the newest head, never a smaller one than before (of its log). */
static void
audit_state_save(const char *path, const struct audit_keys *keys,
    uint64_t least, const struct audit_head *h, struct audit_report *report)
{
	struct buf	 tmp = BUF_INIT, b = BUF_INIT;
	FILE		*f;
	bool		 ok;

	if (path == NULL || report->rewritten || h->note.len == 0 ||
	    report->failed[AUDIT_ENTRIES] > 0 || h->size < least)
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

/* The forum's logs as it says, the newest first: hints, which the reading
 * confirms or not. At least the one that the key is for. */
static size_t
audit_origins(const char *url, const struct audit_keys *keys,
    char origin[AUDIT_LOGS_MAX][NOTE_NAME_MAX + 1])
{
	struct fetch_response	 r = FETCH_RESPONSE_INIT;
	struct fetch_request	 q = { .timeout_ms = AUDIT_TIMEOUT_MS,
	    .max_bytes = 1 << 16 };
	struct fetch		*f = fetch_new();
	struct buf		 b = BUF_INIT;
	struct audit_keys	 own = *keys;
	struct note_key		 key;
	struct err		 err;
	const char		*p;
	size_t			 n = 0;

	buf_addf(&b, "%s/ledger/vkey", url);
	q.url = buf_str(&b);
	if (f != NULL && fetch_http(f, &q, &r, &err) == 0 && r.status == 200)
		for (p = buf_str(&r.body); *p != '\0' && n < AUDIT_LOGS_MAX;
		    p += strcspn(p, "\n"), p += *p == '\n')
			if (note_vkey_parse(&key, p, strcspn(p, "\n"),
			    &err) == 0 && audit_keys_name(&own, key.name,
			    strlen(key.name)) && (n == 0 ||
			    strcmp(origin[n - 1], key.name) != 0))
				strcpy(origin[n++], key.name);
	if (n == 0)
		strcpy(origin[n++], keys->key[0].name);
	fetch_response_free(&r);
	fetch_free(&f);
	buf_free(&b);
	return (n);
}

/* Where no key that we have signs the newest head: the way from one of them
 * to the present one. */
static void
audit_chain(const struct audit_options *o, const char *base,
    struct audit_keys *keys, struct audit_head *proof,
    struct audit_report *report)
{
	struct audit_head	probe = { BUF_INIT, 0, { { 0 } } };
	struct buf		head = BUF_INIT;
	struct audit_keys	named = *keys;
	struct err		err;
	size_t			n = keys->n;

	if (audit_head_get(&probe, base, keys, false, &err) != 0 &&
	    audit_keys_fetch(keys, o->url, &head, &err) == 0 && keys->n > n) {
		named = *keys;
		audit_keys_name(&named, buf_str(&head),
		    strcspn(buf_str(&head), "\n"));
		audit_head_open(proof, buf_str(&head), head.len, &named,
		    false, &err);
		audit_report_remark(report, "the key was changed since the "
		    "one given: %zu signed change%s lead%s to the present "
		    "one", keys->n - n, keys->n - n == 1 ? "" : "s",
		    keys->n - n == 1 ? "s" : "");
	}
	buf_free(&head);
	audit_head_free(&probe);
}

static void
audit_restarts(const struct audit_rules *rules, struct audit_report *report)
{
	const struct audit_named	*n;
	uint64_t			 start;
	const char			*cause;
	size_t				 i;

	cause = audit_rules_cause(rules, &start);
	if (audit_rules_named(rules, 0) == NULL)
		return;
	audit_report_remark(report, "the record goes on in a new log since "
	    "entry %" PRIu64 ", for the cause %s", start, cause);
	for (i = 0; (n = audit_rules_named(rules, i)) != NULL; i++)
		audit_report_remark(report, "it names an old head of %" PRIu64
		    " entries", n->size);
}

/* One audit under way. */
struct audit_course {
	const struct audit_options *o;
	struct audit_keys	*keys;
	struct audit_rules	*rules;
	struct audit_report	*report;
	struct audit_head	*old, other, proof;
	int64_t			 seen;
	char			 origin[AUDIT_LOGS_MAX][NOTE_NAME_MAX + 1];
	struct audit_log	*log[AUDIT_LOGS_MAX];
	size_t			 n;
};

/* Reads one log whole; -1 where it cannot be followed. */
static int
audit_read(struct audit_course *c, size_t i)
{
	const char		*origin = c->origin[i];
	const char		*path = strchr(origin, '/');
	bool			 newest = i == 0;
	struct audit_log	*log;
	struct buf		 base = BUF_INIT;
	struct err		 err;
	int			 rc = -1;

	if (path == NULL)
		path = "/ledger";
	audit_keys_name(c->keys, origin, strlen(origin));
	buf_addf(&base, "%s%s", c->o->url, path);
	if (newest)
		audit_chain(c->o, buf_str(&base), c->keys, &c->proof,
		    c->report);
	c->log[i] = log = audit_log_new(buf_str(&base), c->keys, c->rules,
	    c->report);
	if (log == NULL) {
		audit_report_fail(c->report, AUDIT_HEAD, "no memory");
		goto out;
	}
	if (!newest)
		audit_log_frozen(log);
	if (audit_head_of(&c->old->note, origin))
		audit_log_watch(log, c->old, c->seen);
	if (audit_head_of(&c->proof.note, origin))
		audit_log_watch(log, &c->proof, 0);
	if (newest && c->o->second != NULL &&
	    strncmp(c->o->second, "http", 4) == 0) {
		buf_clear(&base);
		buf_addf(&base, "%s%s", c->o->second, path);
		if (audit_head_get(&c->other, buf_str(&base), c->keys, false,
		    &err) != 0)
			audit_report_fail(c->report, AUDIT_SECOND, "%s",
			    err.text);
		else
			audit_log_watch(log, &c->other,
			    clock_ms() / 1000);
	}
	rc = audit_log_follow(log);
	if (rc >= 0 && !newest)
		audit_rules_expect(c->rules, audit_log_head(log)->size,
		    &audit_log_head(log)->root);
out:
	buf_free(&base);
	return (rc);
}

/* What could only be judged when all was read. */
static void
audit_conclude(struct audit_course *c)
{
	const struct audit_head	*head = audit_log_head(c->log[0]);
	size_t			 i;

	if (head->note.len > 0)
		audit_log_settle(c->log[0]);
	for (i = 1; i < c->n; i++)
		audit_log_lost(c->log[i]);
	for (i = 0; i < c->n; i++)
		if (audit_head_of(&c->old->note, c->origin[i]))
			break;
	if (c->old->note.len > 0 && i == c->n)
		audit_report_rewritten(c->report, c->old->note.data,
		    c->old->note.len, head->note.data, head->note.len,
		    "the log that was followed before is not there");
	audit_restarts(c->rules, c->report);
	audit_report_subject(c->report, "forum", "%s", c->o->url);
	audit_report_subject(c->report, "origin", "%s", c->origin[0]);
	audit_report_subject(c->report, "entries", "%" PRIu64,
	    audit_rules_size(c->rules));
	audit_state_save(c->o->state, c->keys,
	    audit_head_of(&c->old->note, c->origin[0]) ? c->old->size : 0,
	    head, c->report);
}

/* Reads the record, then what is served, into the report. */
static void
audit_run(const struct audit_options *o, struct audit_keys *keys,
    struct audit_head *old, int64_t seen, struct audit_report *report)
{
	struct audit_course	 c = { .o = o, .keys = keys, .old = old,
	    .seen = seen, .report = report, .rules = audit_rules_new() };
	struct audit_site	 site = { .base = o->url, .second = o->second,
	    .rules = c.rules, .report = report };
	size_t			 i;
	int			 rc = 0;

	if (c.rules == NULL) {
		audit_report_fail(report, AUDIT_HEAD, "no memory");
		return;
	}
	c.n = audit_origins(o->url, keys, c.origin);
	for (i = 0; i < c.n && rc >= 0; i++)	/* the oldest first */
		rc = audit_read(&c, c.n - 1 - i);
	if (rc >= 0) {
		site.log = c.log[0];
		audit_site_check(&site);
		if (strcmp(audit_rules_origin(c.rules), c.origin[0]) != 0)
			audit_report_fail(report, AUDIT_ORDER,
			    "the first entry names another origin");
	}
	if (c.log[0] != NULL)
		audit_conclude(&c);
	for (i = 0; i < c.n; i++)
		audit_log_free(&c.log[i]);
	audit_head_free(&c.other);
	audit_head_free(&c.proof);
	audit_rules_free(&c.rules);
}

static int
audit_forum(const struct audit_options *o)
{
	struct audit_head	old = { BUF_INIT, 0, { { 0 } } };
	struct audit_report	report;
	struct audit_keys	keys;
	int64_t			seen = 0;
	int			code, i;

	if (audit_key(o->vkey, &keys) != 0)
		return (2);
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
	struct audit_receipt	r = { NULL, 0, NULL, 0, NULL, 0, NULL, NULL };
	struct audit_head	head = { BUF_INIT, 0, { { 0 } } };
	struct buf		receipt = BUF_INIT, leaf = BUF_INIT,
				text = BUF_INIT;
	struct audit_keys	keys;
	int64_t			seen;
	int			rc = 2;

	if (audit_file(o->receipt, &receipt) != 0 ||
	    (o->vkey != NULL && (audit_key(o->vkey, &keys) != 0 ||
	    audit_state_load(o->state, &keys, &head, &seen) != 0)) ||
	    (o->leaf != NULL && audit_file(o->leaf, &leaf) != 0) ||
	    (o->text != NULL && audit_file(o->text, &text) != 0))
		goto out;
	r.receipt = buf_str(&receipt);
	r.receipt_len = receipt.len;
	r.keys = o->vkey != NULL ? &keys : NULL;
	r.url = o->url;
	r.leaf = o->leaf != NULL ? buf_str(&leaf) : NULL;
	r.leaf_len = leaf.len;
	r.text = o->text != NULL ? buf_str(&text) : NULL;
	r.text_len = text.len;
	rc = audit_receipt_check(&r, o->json, stdout);
out:
	buf_free(&receipt);
	buf_free(&leaf);
	buf_free(&text);
	audit_head_free(&head);
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
		return (o->second == NULL && (o->vkey != NULL ||
		    (o->url == NULL && o->state == NULL)) ? -1 :
		    audit_usage(stderr, 2));
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
	if (o.url == NULL)
		return (audit_one_receipt(&o));
	url = strdup(o.url);
	if (url == NULL)
		return (2);
	for (n = strlen(url); n > 0 && url[n - 1] == '/'; n--)
		url[n - 1] = '\0';
	o.url = url;
	code = o.receipt != NULL ? audit_one_receipt(&o) : audit_forum(&o);
	free(url);
	return (code);
}
