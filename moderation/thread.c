/*
 * Threads, the log's first entry, and the adoption of house rules.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/commands.h"
#include "moderation/sanction.h"
#include "storage/base/unicode.h"

static const char *const thread_modes[] = { "open", "newcomers_held",
    "all_held", "closed" };

static int
thread_check_mode(const char *mode, struct err *err)
{
	size_t	i;

	for (i = 0; i < sizeof(thread_modes) / sizeof(*thread_modes); i++) {
		if (strcmp(mode, thread_modes[i]) == 0)
			return 0;
	}
	return err_set(err, ERR_INVALID_FIELD, "mode", "mode is one of open, "
	    "newcomers_held, all_held, closed");
}

static int
thread_check_slug(const char *slug, struct err *err)
{
	size_t	i, n = strlen(slug);

	for (i = 0; i < n; i++) {
		if (!islower((unsigned char)slug[i]) &&
		    !isdigit((unsigned char)slug[i]) &&
		    (slug[i] != '-' || i == 0 || i == n - 1))
			break;
	}
	if (n == 0 || n > 80 || i < n)
		return err_set(err, ERR_INVALID_FIELD, "slug", "slug is 1 to "
		    "80 of a-z, 0-9 and inner hyphens");
	return 0;
}

/* The host of an http(s) address, or -1. */
static int
thread_host(const char *url, char *out, size_t size)
{
	const char	*p;
	size_t		 n;

	if (strncmp(url, "https://", 8) == 0)
		p = url + 8;
	else if (strncmp(url, "http://", 7) == 0)
		p = url + 7;
	else
		return -1;
	n = strcspn(p, "/?#");
	if (n == 0 || n >= size || strcspn(p, " \t\r\n\"<>\\@") < n)
		return -1;
	memcpy(out, p, n);
	out[n] = '\0';
	return 0;
}

struct thread_args {
	const char	*slug, *title, *url, *site, *mode, *notice, *section;
	int64_t		 closes_at;
	char		 host[100];
};

/* When it closes, as a time or in milliseconds; 0 or "" for never. */
static int
thread_closes_at(const struct command *cmd, int64_t otherwise, int64_t *out,
    struct err *err)
{
	const char	*text = json_string_value(json_object_get(cmd->args,
			    "closes_at"));

	if (text == NULL)
		return command_int(cmd, "closes_at", false, otherwise, out,
		    err);
	*out = 0;
	if (*text != '\0' && sanction_until(text, out) != 0)
		return err_set(err, ERR_INVALID_FIELD, "closes_at",
		    "closes_at is a time like 2026-12-24T18:00:00Z");
	return 0;
}

static int
thread_open_args(const struct command *cmd, struct thread_args *a,
    struct err *err)
{
	long	n;

	memset(a, 0, sizeof(*a));
	if (command_str(cmd, "slug", true, &a->slug, err) != 0 ||
	    command_str(cmd, "title", true, &a->title, err) != 0 ||
	    command_str(cmd, "url", false, &a->url, err) != 0 ||
	    command_str(cmd, "site", false, &a->site, err) != 0 ||
	    command_str(cmd, "mode", false, &a->mode, err) != 0 ||
	    command_str(cmd, "notice", false, &a->notice, err) != 0 ||
	    command_str(cmd, "section", false, &a->section, err) != 0 ||
	    thread_closes_at(cmd, 0, &a->closes_at, err) != 0)
		return -1;
	if (a->mode == NULL)
		a->mode = "open";
	if (thread_check_slug(a->slug, err) != 0 ||
	    thread_check_mode(a->mode, err) != 0)
		return -1;
	n = unicode_count(a->title, strlen(a->title));
	if (n < 1 || n > 300 || strchr(a->title, '\n') != NULL)
		return err_set(err, ERR_INVALID_FIELD, "title",
		    "title is one line of 1 to 300 characters");
	if (a->notice != NULL && strlen(a->notice) > 2000)
		return err_set(err, ERR_INVALID_FIELD, "notice",
		    "notice is at most 2000 bytes");
	if (a->section != NULL && strlen(a->section) > 80)
		return err_set(err, ERR_INVALID_FIELD, "section",
		    "section is at most 80 bytes");
	if (a->url != NULL && (strlen(a->url) > 2000 ||
	    thread_host(a->url, a->host, sizeof(a->host)) != 0))
		return err_set(err, ERR_INVALID_FIELD, "url",
		    "url is an http or https address");
	if (a->site == NULL || *a->site == '\0')
		a->site = a->host[0] != '\0' ? a->host : "localhost";
	if (strlen(a->site) > 99 || strpbrk(a->site, " /\t\r\n<>\"") != NULL)
		return err_set(err, ERR_INVALID_FIELD, "site",
		    "site is the article's host");
	return 0;
}

static void
thread_set(json_t *o, const char *key, const char *s)
{
	if (s != NULL)
		json_object_set_new(o, key, json_string(s));
}

int
thread_open(struct turn *t, struct command *cmd, struct err *err)
{
	struct thread_args	 a;
	struct thread_row	 row;
	json_t			*prv;
	char			 id[ID_LEN + 1];
	int64_t			 tnum;

	if (thread_open_args(cmd, &a, err) != 0)
		return -1;
	if (lookup_thread(t->db, a.slug, &row, NULL) == 0) {
		/* Two first comments at once: the second finds it open. */
		if (cmd->actor.kind == ACTOR_SYSTEM) {
			cmd->status = 200;
			return 0;
		}
		return err_set(err, ERR_SLUG_TAKEN, "slug",
		    "A thread named %s exists", a.slug);
	}
	if (crypto_id(id, ID_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	tnum = lookup_next(t->db, "SELECT COALESCE(MAX(num), 0) + 1 "
	    "FROM thread");
	prv = json_pack("{s:I, s:s, s:s, s:s}", "tnum", (json_int_t)tnum,
	    "slug", a.slug, "title", a.title, "site", a.site);
	thread_set(prv, "url", a.url);
	thread_set(prv, "notice", a.notice);
	thread_set(prv, "section", a.section);
	if (a.closes_at != 0)
		json_object_set_new(prv, "closes_at",
		    json_integer(a.closes_at));
	if (cmd->actor.account != 0)
		json_object_set_new(prv, "account",
		    json_integer(cmd->actor.account));
	if (turn_emit(t, "thread.opened", json_pack("{s:s, s:s}", "thread",
	    id, "mode", a.mode), prv, err) != 0)
		return -1;
	cmd->status = 201;
	cmd->result = json_pack("{s:s, s:s}", "thread", a.slug, "id", id);
	return 0;
}

/* Private watch terms: the words are content, the event has their digest. */
static int
thread_restrict(struct turn *t, struct command *cmd,
    const struct thread_row *row, json_t *prv, struct err *err)
{
	json_t		*terms = json_object_get(cmd->args, "restriction");
	char		 ref[REF_MAX], digest[HASH_LEN * 2 + 1];
	char		*text;
	size_t		 i;
	int		 rc;

	if (terms == NULL)
		return 0;
	if (!json_is_array(terms) || json_array_size(terms) > 100)
		return err_set(err, ERR_INVALID_FIELD, "restriction",
		    "restriction is a list of at most 100 terms");
	for (i = 0; i < json_array_size(terms); i++) {
		if (json_string_length(json_array_get(terms, i)) < 2 ||
		    json_string_length(json_array_get(terms, i)) > 200)
			return err_set(err, ERR_INVALID_FIELD, "restriction",
			    "each term is a string of 2 to 200 bytes");
	}
	ref_make(ref, 't', row->id);
	if (json_array_size(terms) == 0) {
		json_object_set_new(prv, "restriction", json_string(""));
		return turn_drop_content(t, ref, "terms", err);
	}
	if ((text = json_dumps(terms, JSON_COMPACT)) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	rc = turn_content(t, ref, "terms", text, strlen(text), digest, err);
	json_object_set_new(prv, "restriction", json_string(digest));
	free(text);
	return rc;
}

int
thread_mode(struct turn *t, struct command *cmd, struct err *err)
{
	struct thread_row	 row;
	const char		*slug, *mode, *explanation, *notice;
	json_t			*prv;
	char			 ref[REF_MAX], commitment[HASH_LEN * 2 + 1];
	int64_t			 closes_at;

	if (command_str(cmd, "thread", true, &slug, err) != 0 ||
	    command_str(cmd, "mode", true, &mode, err) != 0 ||
	    command_str(cmd, "explanation", false, &explanation, err) != 0 ||
	    command_str(cmd, "notice", false, &notice, err) != 0 ||
	    thread_closes_at(cmd, -1, &closes_at, err) != 0 ||
	    thread_check_mode(mode, err) != 0 ||
	    lookup_thread(t->db, slug, &row, err) != 0)
		return -1;
	if (explanation == NULL || strlen(explanation) < 3)
		return err_set(err, ERR_REASON_REQUIRED, "explanation",
		    "Say why the mode changes");
	if (strlen(explanation) > 4000)
		return err_set(err, ERR_INVALID_FIELD, "explanation",
		    "explanation is at most 4000 bytes");
	prv = json_pack("{s:I, s:I}", "tnum", (json_int_t)row.num, "account",
	    (json_int_t)cmd->actor.account);
	thread_set(prv, "notice", notice);
	if (closes_at >= 0)
		json_object_set_new(prv, "closes_at", json_integer(closes_at));
	snprintf(ref, sizeof(ref), "t:%s:%llu", row.id,
	    (unsigned long long)t->index);
	if (thread_restrict(t, cmd, &row, prv, err) != 0 ||
	    turn_content(t, ref, "explanation", explanation,
	    strlen(explanation), commitment, err) != 0) {
		json_decref(prv);
		return -1;
	}
	json_object_set_new(prv, "explanation", json_string(commitment));
	if (turn_emit(t, "thread.mode", json_pack("{s:s, s:s}", "thread",
	    row.id, "mode", mode), prv, err) != 0)
		return -1;
	cmd->status = 200;
	cmd->result = json_pack("{s:s, s:s}", "thread", row.slug, "mode",
	    mode);
	return 0;
}

/* args: digest, json (the canonical form). Nothing where it is in force. */
int
policy_adopt(struct turn *t, struct command *cmd, struct err *err)
{
	const char	*digest, *json;
	char		 ref[REF_MAX];
	struct stmt	*s;
	int64_t		 num;
	bool		 same = false;

	if (command_str(cmd, "digest", true, &digest, err) != 0 ||
	    command_str(cmd, "json", true, &json, err) != 0)
		return -1;
	s = db_query(t->db, "SELECT digest FROM policy ORDER BY num DESC "
	    "LIMIT 1", "");
	if (stmt_step(s) == 1)
		same = strcmp(stmt_text(s, 0), digest) == 0;
	if (stmt_done(s, err) != 0)
		return -1;
	cmd->status = 200;
	cmd->result = json_pack("{s:s, s:b}", "policy", digest, "adopted",
	    !same);
	if (same)
		return 0;
	num = lookup_next(t->db, "SELECT COALESCE(MAX(num), 0) + 1 "
	    "FROM policy");
	snprintf(ref, sizeof(ref), "policy:%s", digest);
	if (turn_content(t, ref, "json", json, strlen(json), NULL, err) != 0)
		return -1;
	return turn_emit(t, "policy.adopted", json_pack("{s:s}", "policy",
	    digest), json_pack("{s:I}", "num", (json_int_t)num), err);
}

/* The log's first entry. args: origin, policy. */
int
log_start(struct turn *t, struct command *cmd, struct err *err)
{
	const char	*origin, *policy;

	if (command_str(cmd, "origin", true, &origin, err) != 0 ||
	    command_str(cmd, "policy", true, &policy, err) != 0)
		return -1;
	cmd->status = 200;
	if (t->index != 0)
		return 0;
	return turn_emit(t, "log.started", json_pack("{s:s, s:s}", "origin",
	    origin, "policy", policy), json_object(), err);
}
