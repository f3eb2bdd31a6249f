/*
 * forumctl policy: house rules before they are in force. "check" reads them
 * as the server would, "try" tells what they would have said of the comments
 * there are, "adopt" puts them in force and into the public record.
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

/* What was found in a comment, as the event keeps it. */
static void
ctl_policy_findings(struct findings *f, const json_t *array)
{
	const char	*stage, *clause, *certainty;
	json_t		*row;
	size_t		 i;
	int		 score, c;

	memset(f, 0, sizeof(*f));
	json_array_foreach(array, i, row) {
		stage = json_string_value(json_object_get(row, "stage"));
		clause = json_string_value(json_object_get(row, "clause"));
		certainty = json_string_value(json_object_get(row,
		    "certainty"));
		score = (int)json_integer_value(json_object_get(row,
		    "score"));
		c = certainty == NULL ? -1 : item_certainty_find(certainty);
		if (stage != NULL)
			findings_add(f, stage, clause, score, c < 0 ?
			    ITEM_NOT_CHECKED : (enum item_certainty)c);
	}
}

/* One comment under both: prints it where they differ. */
static int
ctl_policy_differs(struct ctl *c, struct stmt *s, const struct policy *now,
    const struct policy *then)
{
	struct findings	 f;
	struct verdict	 a, b;
	struct item	 item;
	json_t		*array, *row;
	int		 mode = item_mode_find(stmt_text(s, 2));
	int		 author = item_author_find(stmt_text(s, 3));

	array = json_loads(stmt_text(s, 1), 0, NULL);
	ctl_policy_findings(&f, array);
	memset(&item, 0, sizeof(item));
	item.body = item.site = "";
	item.language = stmt_text(s, 5);
	item.mode = mode < 0 ? ITEM_ALL_HELD : (enum item_mode)mode;
	item.author = author < 0 ? ITEM_GUEST : (enum item_author)author;
	item.approved = item.age_days = stmt_int(s, 4) != 0 ? 0 : 1000000;
	policy_decide(now, &item, &f, &a);
	policy_decide(then, &item, &f, &b);
	json_decref(array);
	if (a.action == b.action && strcmp(a.clause, b.clause) == 0)
		return 0;
	if (ctl_json(c)) {
		row = json_pack("{s:s, s:s, s:s, s:s, s:s}", "comment",
		    stmt_text(s, 0), "now", verdict_word(a.action),
		    "now_clause", a.clause, "then", verdict_word(b.action),
		    "then_clause", b.clause);
		ctl_print(c, row);
		json_decref(row);
	} else
		printf("%s %s %s -> %s %s\n", stmt_text(s, 0),
		    verdict_word(a.action), a.clause, verdict_word(b.action),
		    b.clause);
	return 1;
}

static int
ctl_policy_try(struct ctl *c, const struct policy *then, struct err *err)
{
	struct policy	*now = NULL;
	struct db	*db;
	struct stmt	*s;
	json_t		*result;
	int		 rc, n = 0, differ = 0;

	if (store_reader(&db, ctl_dir(c), err) != 0)
		return -1;
	if ((rc = ctl_policy_present(db, &now, err)) == 0) {
		s = db_query(db, "SELECT c.id, COALESCE(c.findings, '[]'), "
		    "t.mode, c.author_kind, c.newcomer, "
		    "COALESCE(c.language, '') FROM comment c JOIN thread t "
		    "ON t.num = c.thread ORDER BY c.thread, c.num", "");
		for (; stmt_step(s) == 1; n++)
			differ += ctl_policy_differs(c, s, now, then);
		rc = stmt_done(s, err);
	}
	policy_free(&now);
	db_close(&db);
	if (rc != 0)
		return -1;
	result = json_pack("{s:i, s:i}", "comments", n, "changed", differ);
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
