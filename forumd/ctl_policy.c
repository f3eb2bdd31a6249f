/*
 * forumctl policy: house rules before they are in force. "check" reads them
 * as the server would, "try" reads the comments that there are again by them
 * and tells on which they would have come to another verdict, doing nothing,
 * "adopt" puts them in force and into the public record.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forumd/ctl.h"
#include "moderation/lookup.h"
#include "moderation/pipeline.h"
#include "moderation/policy.h"
#include "storage/store.h"

#define CTL_POLICY_MAX	(1 << 20)

static int
ctl_policy_read(const char *path, struct buf *out, struct err *err)
{
	char	 chunk[8192];
	size_t	 n;
	FILE	*f;

	if ((f = fopen(path, "re")) == NULL)
		return err_set(err, ERR_INVALID_FIELD, NULL, "%.100s: %s",
		    path, strerror(errno));
	while (out->len <= CTL_POLICY_MAX &&
	    (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(out, chunk, n);
	n = (size_t)ferror(f);
	fclose(f);
	if (n != 0 || out->len > CTL_POLICY_MAX || buf_failed(out))
		return err_set(err, ERR_INVALID_FIELD, NULL,
		    "%.100s cannot be read or is too large", path);
	return 0;
}

static void
ctl_policy_tell(struct ctl *c, const struct policy *p)
{
	json_t	*result = json_pack("{s:s, s:i}", "digest",
	    policy_digest(p), "clauses", (int)policy_clauses(p));

	ctl_print(c, result);
	json_decref(result);
}

/* Written beside and moved into place, so that a server never reads half. */
static int
ctl_policy_install(struct ctl *c, const struct buf *json, struct err *err)
{
	char	fresh[4300], path[4300];
	int	fd, ok;

	if (mkdir(ctl_dir(c), 0700) != 0 && errno != EEXIST)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "%.100s: %s", ctl_dir(c), strerror(errno));
	snprintf(path, sizeof(path), "%s/policy.json", ctl_dir(c));
	snprintf(fresh, sizeof(fresh), "%s/policy.json.new", ctl_dir(c));
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ok = fd >= 0 && write(fd, json->data, json->len) ==
	    (ssize_t)json->len && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	if (ok && rename(fresh, path) == 0)
		return 0;
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "%.100s: %s",
	    path, strerror(errno));
}

/* A server that was told to read its rules elsewhere does not see ours. */
static int
ctl_policy_in_force(struct ctl *c, const struct policy *p, struct err *err)
{
	struct db	*db;
	int64_t		 yes;

	if (store_reader(&db, ctl_dir(c), err) != 0)
		return -1;
	yes = db_int(db, 0, "SELECT digest = ? FROM policy ORDER BY num DESC "
	    "LIMIT 1", "s", policy_digest(p));
	db_close(&db);
	return yes ? 0 : err_set(err, ERR_INVALID_FIELD, NULL, "Not in force: "
	    "the server reads its rules from a file of its own (the setting "
	    "policy)");
}

/* "reload" reads the installed rules and adopts them; a house of our own
 * has read and adopted them when it opened. */
static int
ctl_policy_adopt(struct ctl *c, const struct policy *p,
    const struct buf *json, struct err *err)
{
	json_t	*answer;

	if (ctl_policy_install(c, json, err) != 0 ||
	    ctl_command(c, "reload", json_object(), NULL, &answer, err) != 0)
		return -1;
	json_decref(answer);
	if (ctl_policy_in_force(c, p, err) != 0)
		return -1;
	ctl_policy_tell(c, p);
	return 0;
}

/* The rules in force. */
static int
ctl_policy_present(struct db *db, struct policy **out, struct err *err)
{
	struct stmt	*s;
	struct buf	 json = BUF_INIT;
	char		 ref[REF_MAX] = "";
	int		 rc;

	s = db_query(db, "SELECT digest FROM policy ORDER BY num DESC "
	    "LIMIT 1", "");
	if (stmt_step(s) == 1)
		snprintf(ref, sizeof(ref), "policy:%s", stmt_text(s, 0));
	if (stmt_done(s, err) != 0)
		return -1;
	rc = lookup_content(db, ref, "json", &json, NULL, err);
	if (rc == 1)
		rc = err_set(err, ERR_NOT_FOUND, NULL,
		    "No rules are in force yet");
	if (rc == 0)
		rc = policy_load(out, json.data, json.len, err);
	buf_free(&json);
	return rc;
}

/* Stages that read nothing but the text and the rules: under other rules they
 * are asked again. What the others found then is taken as it was. */
static bool
ctl_policy_reads(const char *stage)
{
	static const char *const	text[] = { "form", "limits", "newcomer",
					    "links", "words" };
	size_t				i;

	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		if (strcmp(text[i], stage) == 0)
			return true;
	}
	return false;
}

/* What was found in a comment, as the event keeps it; whole: by all stages,
 * else by those that are not asked again. */
static void
ctl_policy_findings(struct findings *f, const json_t *array, bool whole)
{
	const char	*stage, *clause, *certainty;
	json_t		*row;
	size_t		 i;
	int		 score, c;

	json_array_foreach(array, i, row) {
		stage = json_string_value(json_object_get(row, "stage"));
		clause = json_string_value(json_object_get(row, "clause"));
		certainty = json_string_value(json_object_get(row,
		    "certainty"));
		score = (int)json_integer_value(json_object_get(row,
		    "score"));
		c = certainty == NULL ? -1 : item_certainty_find(certainty);
		if (stage != NULL && (whole || !ctl_policy_reads(stage)))
			findings_add(f, stage, clause, score, c < 0 ?
			    ITEM_NOT_CHECKED : (enum item_certainty)c);
	}
}

/* The findings under the new rules: the text read again by them, where there
 * still is one; *read counts those. */
static int
ctl_policy_again(struct db *db, const struct pipeline *p, struct stmt *s,
    struct item *item, const json_t *array, struct findings *out, int *read,
    struct err *err)
{
	struct findings	fresh;
	struct buf	body = BUF_INIT;
	char		ref[REF_MAX];
	unsigned	i;
	int		rc;

	ref_comment(ref, stmt_text(s, 0), (int)stmt_int(s, 7));
	rc = lookup_content(db, ref, "body", &body, NULL, err);
	ctl_policy_findings(out, array, rc == 1);
	if (rc == 0) {
		++*read;
		item->body = buf_str(&body);
		item->len = body.len;
		rc = pipeline_run(p, item, &fresh, err);
		for (i = 0; rc == 0 && i < fresh.n; i++) {
			if (ctl_policy_reads(fresh.list[i].stage))
				findings_add(out, fresh.list[i].stage,
				    fresh.list[i].clause, fresh.list[i].score,
				    fresh.list[i].certainty);
		}
		item->body = "";
		item->len = 0;
	}
	buf_free(&body);
	return rc < 0 ? -1 : 0;
}

static void
ctl_policy_item(struct stmt *s, struct item *item)
{
	int	mode = item_mode_find(stmt_text(s, 2));
	int	author = item_author_find(stmt_text(s, 3));

	memset(item, 0, sizeof(*item));
	item->body = "";
	item->site = stmt_text(s, 6);
	item->language = stmt_text(s, 5);
	item->mode = mode < 0 ? ITEM_ALL_HELD : (enum item_mode)mode;
	item->author = author < 0 ? ITEM_GUEST : (enum item_author)author;
	item->approved = item->age_days = stmt_int(s, 4) != 0 ? 0 : 1000000;
}

/* Prints a comment on which the two sets of rules differ. */
static int
ctl_policy_compare(struct ctl *c, const char *id, const struct verdict *a,
    const struct verdict *b)
{
	json_t	*row;

	if (a->action == b->action && strcmp(a->clause, b->clause) == 0)
		return 0;
	if (ctl_json(c)) {
		row = json_pack("{s:s, s:s, s:s, s:s, s:s}", "comment", id,
		    "now", verdict_word(a->action), "now_clause", a->clause,
		    "then", verdict_word(b->action), "then_clause",
		    b->clause);
		ctl_print(c, row);
		json_decref(row);
	} else
		printf("%s %s %s -> %s %s\n", id, verdict_word(a->action),
		    a->clause, verdict_word(b->action), b->clause);
	return 1;
}

/* One comment under both; *differ counts. */
static int
ctl_policy_one(struct ctl *c, struct db *db, struct stmt *s,
    const struct policy *now, const struct policy *then,
    const struct pipeline *p, int *read, int *differ, struct err *err)
{
	struct findings	 was, would;
	struct verdict	 a, b;
	struct item	 item;
	json_t		*array = json_loads(stmt_text(s, 1), 0, NULL);
	int		 rc;

	memset(&was, 0, sizeof(was));
	memset(&would, 0, sizeof(would));
	ctl_policy_item(s, &item);
	ctl_policy_findings(&was, array, true);
	rc = ctl_policy_again(db, p, s, &item, array, &would, read, err);
	if (rc == 0) {
		policy_decide(now, &item, &was, &a);
		policy_decide(then, &item, &would, &b);
		*differ += ctl_policy_compare(c, stmt_text(s, 0), &a, &b);
	}
	json_decref(array);	/* the findings point into it */
	return rc;
}

static int
ctl_policy_try(struct ctl *c, const struct policy *then, struct err *err)
{
	struct pipeline_env	 env = { .policy = then };
	struct pipeline		*p = NULL;
	struct policy		*now = NULL;
	struct db		*db;
	struct stmt		*s;
	int			 rc, n = 0, differ = 0, read = 0;
	json_t			*result;

	if (store_reader(&db, ctl_dir(c), err) != 0)
		return -1;
	rc = pipeline_new(&p, &env, err);
	if (rc == 0 && (rc = ctl_policy_present(db, &now, err)) == 0) {
		s = db_query(db, "SELECT c.id, COALESCE(c.findings, '[]'), "
		    "t.mode, c.author_kind, c.newcomer, "
		    "COALESCE(c.language, ''), t.site, c.revision FROM "
		    "comment c JOIN thread t ON t.num = c.thread ORDER BY "
		    "c.thread, c.num", "");
		for (; rc == 0 && stmt_step(s) == 1; n++)
			rc = ctl_policy_one(c, db, s, now, then, p, &read,
			    &differ, err);
		if (stmt_done(s, rc == 0 ? err : NULL) != 0)
			rc = -1;
	}
	policy_free(&now);
	pipeline_free(&p);
	db_close(&db);
	if (rc != 0)
		return -1;
	result = json_pack("{s:i, s:i, s:i}", "comments", n, "read_again",
	    read, "changed", differ);
	ctl_print(c, result);
	json_decref(result);
	return 0;
}

int
ctl_policy(struct ctl *c, int argc, char **argv, struct err *err)
{
	struct policy	*p = NULL;
	struct buf	 json = BUF_INIT;
	int		 rc;

	if (argc != 3 || (strcmp(argv[1], "check") != 0 &&
	    strcmp(argv[1], "try") != 0 && strcmp(argv[1], "adopt") != 0))
		return err_set(err, CTL_USAGE, NULL,
		    "policy check, try or adopt FILE");
	rc = ctl_policy_read(argv[2], &json, err);
	if (rc == 0)
		rc = policy_load(&p, json.data, json.len, err);
	if (rc == 0 && *argv[1] == 'c')
		ctl_policy_tell(c, p);
	else if (rc == 0 && *argv[1] == 't')
		rc = ctl_policy_try(c, p, err);
	else if (rc == 0)
		rc = ctl_policy_adopt(c, p, &json, err);
	policy_free(&p);
	buf_free(&json);
	return rc;
}
