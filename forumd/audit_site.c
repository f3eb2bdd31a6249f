/*
 * Comparing what is served with the record: see audit_site.h.
 *
 * The forum lives while we read: a thread that does not agree is read again
 * after catching up with the record, a few times. Only what still disagrees
 * with a record that has not grown in between counts.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "forumd/audit_pool.h"
#include "forumd/audit_site.h"
#include "storage/base/fetch.h"

#define AUDIT_SITE_TRIES	40	/* while it grows */
#define AUDIT_SITE_STILL	6	/* a head may be a second late */
#define AUDIT_SITE_MAX		(64 * 1024 * 1024)
#define AUDIT_SITE_PAGE		"limit=500"

/* One comparison under way. */
struct audit_visit {
	const struct audit_site	*site;
	struct fetch		*fetch;
	struct audit_report	*report;	/* of this try */
	struct audit_thread	*thread;
	uint32_t		 mark;		/* what "seen" means now */
	uint64_t		 comments;
};

/* The answer's JSON, or NULL with the reason in *err. */
static json_t *
audit_site_get_from(struct fetch *f, const char *base, const char *path,
    const char *const *headers, struct err *err)
{
	struct fetch_request	 q = { .headers = headers,
	    .timeout_ms = AUDIT_TIMEOUT_MS, .max_bytes = AUDIT_SITE_MAX };
	struct fetch_response	 r = FETCH_RESPONSE_INIT;
	struct buf		 url = BUF_INIT;
	json_error_t		 je;
	json_t			*json = NULL;

	buf_addf(&url, "%s%s", base, path);
	q.url = buf_str(&url);
	if (fetch_http(f, &q, &r, err) == 0) {
		if (r.status != 200)
			err_set(err, ERR_NOT_FOUND, NULL, "%s answers %d",
			    path, r.status);
		else if ((json = json_loadb(buf_str(&r.body), r.body.len,
		    JSON_REJECT_DUPLICATES, &je)) == NULL)
			err_set(err, ERR_BAD_JSON, NULL, "%s is not JSON",
			    path);
	}
	fetch_response_free(&r);
	buf_free(&url);
	return (json);
}

static json_t *
audit_site_get(struct audit_visit *v, const char *path, struct err *err)
{
	return (audit_site_get_from(v->fetch, v->site->base, path, NULL,
	    err));
}

/* Takes out what may differ and says nothing of moderation: scores, which are
 * refreshed on a clock of their own, and what a signed-in viewer gets besides.
 */
static void
audit_site_plain(json_t *page)
{
	static const char *const	own[] = { "score", "mine", "body",
	    "editable_until", "held" };
	json_t				*c;
	size_t				 i, k;

	json_array_foreach(json_object_get(page, "comments"), i, c)
		for (k = 0; k < sizeof(own) / sizeof(own[0]); k++)
			json_object_del(c, own[k]);
}

/* The same page through the second address. */
static void
audit_site_second(struct audit_visit *v, const char *path, json_t *page)
{
	const char	*second = v->site->second;
	const char	*headers[2] = { second, NULL };
	bool		 url = strncmp(second, "http", 4) == 0;
	struct err	 err;
	json_t		*other;

	audit_report_done(v->report, AUDIT_SECOND);
	other = audit_site_get_from(v->fetch, url ? second : v->site->base,
	    path, url ? NULL : headers, &err);
	if (other == NULL) {
		audit_report_fail(v->report, AUDIT_SECOND, "%s", err.text);
		return;
	}
	audit_site_plain(page);
	audit_site_plain(other);
	if (!json_equal(json_object_get(page, "comments"),
	    json_object_get(other, "comments")))
		audit_report_fail(v->report, AUDIT_SECOND,
		    "%s differs at the second address", path);
	json_decref(other);
}

static const char *
audit_site_str(const json_t *o, const char *key)
{
	const char	*s = json_string_value(json_object_get(o, key));

	return (s != NULL ? s : "");
}

/* The public explanation opens the decision's commitment. */
static bool
audit_site_explained(const json_t *stone, const struct audit_decision *d)
{
	static const char	domain[] = "forumd/content/v1\n";
	const char		*text = audit_site_str(stone, "explanation");
	const char		*salt64 = audit_site_str(stone,
	    "explanation_salt");
	unsigned char		salt[48];
	struct crypto_part	parts[4] = { { domain, strlen(domain) },
	    { salt, 32 }, { "explanation\n", 12 }, { text, strlen(text) } };
	struct hash		h;

	if (strlen(salt64) != 44 ||
	    crypto_base64_decode(salt, salt64, 44) != 32)
		return (false);
	crypto_sha256_parts(&h, parts, 4);
	return (memcmp(&h, &d->explanation, sizeof(h)) == 0);
}

static void
audit_site_tombstone(struct audit_visit *v, const char *id,
    const json_t *stone, const struct audit_comment *c)
{
	struct audit_rules	*r = v->site->rules;
	struct audit_decision	*d = audit_rules_decision(r, c->decision);
	const char		*by = audit_site_str(stone, "decided_by");
	const char		*wrong = NULL;
	const char		*policy;

	audit_report_done(v->report, AUDIT_TOMBSTONES);
	if (d == NULL)
		return;
	policy = audit_rules_policy(r, d->policy);
	if ((uint64_t)json_integer_value(json_object_get(stone,
	    "log_index")) != d->index)
		wrong = "log_index";
	else if (strcmp(audit_site_str(stone, "clause"),
	    audit_rules_word(r, d->clause)) != 0)
		wrong = "clause";
	else if (strcmp(audit_site_str(stone, "action"),
	    audit_rules_word(r, d->action)) != 0)
		wrong = "action";
	else if (audit_rules_hash(by, strlen(by)) != d->decider)
		wrong = "decided_by";
	else if (policy == NULL || strcmp(audit_site_str(stone,
	    "policy_digest"), policy) != 0)
		wrong = "policy_digest";
	else if (!d->redacted && !audit_site_explained(stone, d + c->part))
		wrong = "explanation";
	if (wrong != NULL)
		audit_report_fail(v->report, AUDIT_TOMBSTONES,
		    "comment %s: %s is not that of entry %" PRIu64, id, wrong,
		    d->index);
}

static void
audit_site_comment(struct audit_visit *v, const json_t *j)
{
	const char		*id = audit_site_str(j, "id");
	const json_t		*index = json_object_get(j, "log_index");
	struct audit_comment	*c;
	const char		*state = audit_site_str(j, "state"), *want;

	c = json_is_integer(index) ? audit_rules_comment(v->site->rules,
	    (uint64_t)json_integer_value(index)) : NULL;
	if (c == NULL || c->id != audit_rules_hash(id, strlen(id)) ||
	    audit_rules_thread(v->site->rules, c->thread) != v->thread) {
		audit_report_fail(v->report, AUDIT_COMMENTS,
		    "comment %s is not in the record at its log_index", id);
		return;
	}
	if (c->seen == v->mark) {
		audit_report_fail(v->report, AUDIT_COMMENTS,
		    "comment %s is served twice", id);
		return;
	}
	c->seen = v->mark;
	v->comments++;
	want = audit_state_word(audit_rules_state(c));
	if (strcmp(state, want) != 0)
		audit_report_fail(v->report, AUDIT_COMMENTS,
		    "comment %s is %s, in the record %s", id, state, want);
	else if (audit_rules_state(c) != AUDIT_VISIBLE &&
	    json_is_string(json_object_get(j, "body_html")))
		audit_report_fail(v->report, AUDIT_COMMENTS,
		    "comment %s is %s and yet shown", id, state);
	else if (audit_rules_state(c) == AUDIT_REMOVED)
		audit_site_tombstone(v, id, json_object_get(j, "tombstone"),
		    c);
}

/* The number of a member of the thread's account; a missing one is 0. */
static uint64_t
audit_site_count(const json_t *counts, const char *key)
{
	return ((uint64_t)json_integer_value(json_object_get(counts, key)));
}

static bool
audit_site_same_clauses(const json_t *served, const json_t *own)
{
	json_t		*copy = json_copy((json_t *)served), *n;
	const char	*key;
	void		*next;
	bool		 same;

	json_object_foreach_safe(copy, next, key, n)
		if (json_integer_value(n) == 0)
			json_object_del(copy, key);
	same = own == NULL ? json_object_size(copy) == 0 :
	    json_equal(copy, own);
	json_decref(copy);
	return (same);
}

static void
audit_site_counts(struct audit_visit *v, const json_t *counts)
{
	const struct audit_thread	*t = v->thread;
	const char			*wrong = NULL;
	int				 i;

	audit_report_done(v->report, AUDIT_COUNTS);
	if (audit_site_count(counts, "posted") != t->posted)
		wrong = "posted";
	else if (audit_site_count(counts, "ever_removed") != t->ever_removed)
		wrong = "ever_removed";
	else if (!audit_site_same_clauses(json_object_get(counts,
	    "removed_by_clause"), t->by_clause))
		wrong = "removed_by_clause";
	for (i = 0; i < AUDIT_STATES && wrong == NULL; i++)
		if (audit_site_count(counts, audit_state_word(
		    (enum audit_state)i)) != t->state[i])
			wrong = audit_state_word((enum audit_state)i);
	if (wrong != NULL)
		audit_report_fail(v->report, AUDIT_COUNTS,
		    "thread %s: %s is not what the record adds up to", t->id,
		    wrong);
}

static void
audit_site_path(struct buf *path, const char *slug, const char *rest,
    const char *after)
{
	buf_clear(path);
	buf_adds(path, "/api/v1/threads");
	if (slug != NULL) {
		buf_addc(path, '/');
		buf_url(path, slug, strlen(slug));
	}
	buf_adds(path, rest);
	if (after[0] != '\0') {
		buf_adds(path, "&after=");
		buf_url(path, after, strlen(after));
	}
}

static void
audit_site_missing(struct audit_visit *v)
{
	struct audit_comment	*c;

	if (v->comments == v->thread->posted)
		return;
	c = audit_rules_unseen(v->site->rules, v->thread, v->mark);
	audit_report_fail(v->report, AUDIT_COMMENTS, "thread %s: of %" PRIu64
	    " accepted comments %" PRIu64 " are served; entry %" PRIu64
	    " is missing", v->thread->id, v->thread->posted, v->comments,
	    c != NULL ? c->index : 0);
}

/* Reads one thread with all its comments. */
static void
audit_site_visit(struct audit_visit *v, const char *slug)
{
	struct buf	 path = BUF_INIT, after = BUF_INIT;
	struct err	 err;
	json_t		*page, *c;
	size_t		 i;

	v->comments = 0;
	audit_report_done(v->report, AUDIT_COMMENTS);
	audit_site_path(&path, slug, "", "");
	page = audit_site_get(v, buf_str(&path), &err);
	if (page == NULL)
		audit_report_fail(v->report, AUDIT_THREADS, "%s", err.text);
	else
		audit_site_counts(v, json_object_get(page, "counts"));
	json_decref(page);
	do {
		audit_site_path(&path, slug, "/comments?sort=oldest&shape=flat"
		    "&" AUDIT_SITE_PAGE, buf_str(&after));
		page = audit_site_get(v, buf_str(&path), &err);
		if (page == NULL) {
			audit_report_fail(v->report, AUDIT_COMMENTS, "%s",
			    err.text);
			break;
		}
		json_array_foreach(json_object_get(page, "comments"), i, c)
			audit_site_comment(v, c);
		if (v->site->second != NULL)
			audit_site_second(v, buf_str(&path), page);
		buf_clear(&after);
		buf_adds(&after, audit_site_str(page, "next"));
		json_decref(page);
	} while (after.len > 0);
	if (page != NULL)
		audit_site_missing(v);
	buf_free(&path);
	buf_free(&after);
}

/* Adds what one try found. */
static void
audit_site_merge(struct audit_report *to, struct audit_report *from)
{
	const char	*s, *nl;
	int		 i;

	for (i = 0; i < AUDIT_CHECKS; i++) {
		to->done[i] |= from->done[i];
		if (from->failed[i] == 0)
			continue;
		for (s = buf_str(&from->found[i]);
		    (nl = strchr(s, '\n')) != NULL; s = nl + 1)
			audit_report_fail(to, (enum audit_check)i, "%.*s",
			    (int)(nl - s), s);
	}
}

/* Follows the record; true where trying again makes sense. */
static bool
audit_site_catch_up(const struct audit_site *s, int try, int *still)
{
	struct timespec	pause = { 0, 250 * 1000 * 1000 };
	int		grew = audit_log_follow(s->log);

	if (grew < 0 || try >= AUDIT_SITE_TRIES)
		return (false);
	*still = grew > 0 ? 0 : *still + 1;
	if (*still > AUDIT_SITE_STILL)
		return (false);
	if (grew == 0)
		nanosleep(&pause, NULL);
	audit_rules_tally(s->rules);
	return (true);
}

static void
audit_site_thread(const struct audit_site *s, struct fetch *f,
    const char *id, const char *slug, uint32_t *mark)
{
	struct audit_report	found;
	struct audit_visit	v = { s, f, &found, NULL, 0, 0 };
	bool			again;
	int			try = 0, still = 0;

	do {
		audit_report_init(&found);
		v.mark = ++*mark;
		v.thread = audit_rules_thread_find(s->rules, id);
		if (v.thread == NULL)
			audit_report_fail(&found, AUDIT_THREADS,
			    "thread %s is not in the record", id);
		else
			audit_site_visit(&v, slug);
		again = audit_report_code(&found) != 0 &&
		    audit_site_catch_up(s, ++try, &still);
		if (!again)
			audit_site_merge(s->report, &found);
		audit_report_free(&found);
	} while (again);
}

/* A comparable list of all threads; NULL where it cannot be read. */
static json_t *
audit_site_list(struct audit_visit *v, struct err *err)
{
	struct buf	 path = BUF_INIT, after = BUF_INIT;
	json_t		*list = json_array(), *page;

	do {
		audit_site_path(&path, NULL, "?" AUDIT_SITE_PAGE,
		    buf_str(&after));
		page = audit_site_get(v, buf_str(&path), err);
		if (page == NULL) {
			json_decref(list);
			list = NULL;
			break;
		}
		json_array_extend(list, json_object_get(page, "threads"));
		buf_clear(&after);
		buf_adds(&after, audit_site_str(page, "next"));
		json_decref(page);
	} while (after.len > 0);
	buf_free(&path);
	buf_free(&after);
	return (list);
}

static void
audit_site_policies(struct audit_visit *v)
{
	char		 path[128];
	const char	*digest;
	struct err	 err;
	json_t		*j;
	size_t		 i;

	for (i = 0; (digest = audit_rules_policy(v->site->rules, i)) != NULL;
	    i++) {
		audit_report_done(v->report, AUDIT_RULES);
		snprintf(path, sizeof(path), "/api/v1/policy/%s", digest);
		j = audit_site_get(v, path, &err);
		if (j == NULL)
			audit_report_fail(v->report, AUDIT_RULES, "%s",
			    err.text);
		else if (strcmp(audit_site_str(j, "digest"), digest) != 0)
			audit_report_fail(v->report, AUDIT_RULES,
			    "%s names another digest", path);
		json_decref(j);
	}
}

/* Every thread of the record must have been served. */
static void
audit_site_threads_missing(const struct audit_site *s, size_t known)
{
	struct audit_thread	*t;
	size_t			 i;

	for (i = 0; i < known; i++) {
		t = audit_rules_thread(s->rules, i);
		if (t->seen == 0)
			audit_report_fail(s->report, AUDIT_THREADS,
			    "thread %s, opened in entry %" PRIu64
			    ", is not served", t->id, t->index);
	}
}

void
audit_site_check(struct audit_site *s)
{
	size_t			 known = audit_rules_threads(s->rules), i;
	struct audit_visit	 v = { s, fetch_new(), s->report, NULL, 0, 0 };
	struct audit_thread	*thread;
	struct err		 err;
	json_t			*list, *t;
	const char		*id;
	uint32_t		 mark = 0;

	audit_rules_tally(s->rules);
	audit_report_done(s->report, AUDIT_THREADS);
	list = v.fetch != NULL ? audit_site_list(&v, &err) : NULL;
	if (list == NULL) {
		audit_report_fail(s->report, AUDIT_THREADS, "%s",
		    v.fetch != NULL ? err.text : "no memory");
		fetch_free(&v.fetch);
		return;
	}
	json_array_foreach(list, i, t) {
		id = audit_site_str(t, "id");
		audit_site_thread(s, v.fetch, id, audit_site_str(t, "slug"),
		    &mark);
		thread = audit_rules_thread_find(s->rules, id);
		if (thread != NULL)
			thread->seen = 1;
	}
	audit_site_threads_missing(s, known);
	audit_site_policies(&v);
	json_decref(list);
	fetch_free(&v.fetch);
}
