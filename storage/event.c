/*
 * The table of event kinds and the event's bytes. See event.h for the
 * contract.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "storage/event.h"
#include "storage/project.h"

#define DECISION_LEAF	"action clause category keyword source "	       \
			"automated-detection automated-decision policy "       \
			"model ruleset decider explanation"

#define EVENT_MEMBERS	64	/* of one object */

static const struct event_kind event_kinds[] = {
	/* name, version, prv, leaf, by, projector */
	{ "format.enabled", 1, "format", NULL, "forumctl", project_nothing },
	{ "log.started", 1, "", "origin policy", "start", project_nothing },
	{ "log.restarted", 1, "", "origin policy previous cause",
	    "restore --new-log", project_nothing },
	{ "key.rotated", 1, "", "old new", "key rotate", project_nothing },
	{ "policy.adopted", 1, "num", "policy", "policy.adopt",
	    project_policy },

	{ "thread.opened", 1, "tnum slug title url? site notice? section? "
	    "closes_at? account?", "thread mode", "thread.open",
	    project_thread_opened },
	{ "thread.mode", 1, "tnum account notice? closes_at? restriction? "
	    "explanation?", "thread mode", "thread.mode",
	    project_thread_mode },

	{ "account.created", 1, "account id kind site? roles person? official? "
	    "key_hash? language? name? email? password?", NULL,
	    "account.create, comment.post",
	    project_account_created },
	{ "account.changed", 1, "account roles? official? epoch? totp? email? "
	    "mails? key_hash? link_hash? language? person? charged? "
	    "approved? by? password? secret? address?", NULL,
	    "account.change, mail.set, mail.confirm", project_account_changed },
	{ "account.erased", 1, "account", NULL, "account.erase",
	    project_account_erased },
	{ "token.issued", 1, "id hash account scope expires_at?", NULL,
	    "token.issue", project_token_issued },
	{ "token.revoked", 1, "id", NULL, "token.revoke",
	    project_token_revoked },

	{ "session.ended", 1, "session expires_at account", NULL,
	    "session.end", project_session_ended },

	{ "comment.accepted", 1, "tnum num parent_num depth account author_id "
	    "badge? language? question? answers? length newcomer? findings? "
	    "key?", "thread comment parent body name author-kind",
	    "comment.post", project_comment_accepted },
	{ "comment.edited", 1, "tnum num length language? findings?",
	    "ref version body", "comment.edit", project_comment_edited },
	{ "comment.held", 1, "tnum num decide_by unchecked? harm? findings?",
	    "ref version clause automated-detection automated-decision policy "
	    "model", "comment.post, comment.edit, flag.file",
	    project_comment_held },
	{ "comment.published", 1, "tnum num", "ref version clause "
	    "automated-detection automated-decision policy model",
	    "comment.edit, deadline", project_comment_published },
	{ "comment.overdue", 1, "tnum num", NULL, "deadline",
	    project_comment_overdue },
	{ "comment.withdrawn", 1, "tnum num", "ref by clause",
	    "comment.withdraw", project_comment_withdrawn },
	{ "comment.erased", 1, "tnum num revisions account?",
	    "ref by clause", "comment.erase, account.erase",
	    project_comment_erased },
	{ "vote.cast", 1, "tnum num account value", NULL, "comment.vote",
	    project_vote },
	{ "comment.picked", 1, "tnum num account on", NULL, "comment.pick",
	    project_picked },
	{ "comment.pinned", 1, "tnum num account on", NULL, "comment.pin",
	    project_pinned },

	{ "decision", 1, "dnum id tnum num account since canned? conceal? "
	    "appeal_until? preserve_until? notify_after? undoes? appeal? "
	    "labels? note?",
	    "ref version " DECISION_LEAF " reverses",
	    "comment.post, comment.edit, decide, appeal.decide",
	    project_decision },
	{ "batch", 1, "items account canned? conceal? appeal_until? "
	    "preserve_until?",
	    "ref " DECISION_LEAF, "decide.batch", project_batch },
	{ "explanation.redacted", 1, "dnum account tnum? num?", "ref by clause",
	    "explanation.redact", project_redacted },

	{ "review.claimed", 1, "tnum num account until", NULL, "review.claim",
	    project_claimed },
	{ "review.released", 1, "tnum num account", NULL, "review.release",
	    project_released },
	{ "review.sampled", 1, "rnum dnum tnum num due_at", NULL, "resample",
	    project_sampled },
	{ "review.answered", 1, "rnum account action clause? agrees", NULL,
	    "decide", project_answered },
	{ "remark.added", 1, "account? tnum? num? kind by text?", NULL,
	    "remark.add", project_remark },

	{ "flag.filed", 1, "fnum id tnum num version account clause legal? "
	    "good_faith? weight counted harm? brigade? flagger? network? referrer? "
	    "language? key_hash? note? ground? explanation? name? email?",
	    NULL, "flag.file", project_flag_filed },
	{ "flags.decided", 1, "tnum num decision? flags",
	    "ref upheld rejected", "decide", project_flags_decided },

	{ "appeal.filed", 1, "anum id dnum? sanction? flag? tnum? num? account",
	    "ref grounds", "appeal.file", project_appeal_filed },
	{ "appeal.decided", 1, "anum account dnum? tnum? num?", "ref outcome decider "
	    "explanation", "appeal.decide", project_appeal_decided },

	{ "sanction", 1, "snum id account dnum did by since canned? "
	    "appeal_until? until_ms?", "kind until clause policy decider "
	    "explanation", "sanction.impose, flag.file, appeal.file",
	    project_sanction },
	{ "sanction.ended", 1, "snum account cause",
	    "kind until clause policy decider explanation",
	    "sanction.end, appeal.decide", project_sanction_ended },

	{ "quarantine.opened", 1, "tnum num account reason", NULL,
	    "quarantine.open", project_quarantine_opened },
	{ "quarantine.kept", 1, "tnum num account preserve_until "
	    "notify_after?", NULL, "quarantine.keep",
	    project_quarantine_kept },
	{ "escalation.opened", 1, "gnum id tnum num clause", NULL,
	    "comment.post, comment.edit, flag.file, decide, decide.batch",
	    project_escalation_opened },
	{ "escalation.closed", 1, "gnum account outcome told_at? authority? "
	    "reference? reason?", NULL, "escalation.close, decide",
	    project_escalation_closed },
	{ "order.received", 1, "onum id account type state received_at "
	    "authority reference? tnum? num?", NULL, "order.receive",
	    project_order_received },
	{ "order.answered", 1, "onum account acted_at? told_at? effect?",
	    NULL, "order.answer", project_order_answered },

	{ "tone.drawn", 1, "wnum id size root since account items", NULL,
	    "tone.draw", project_tone_drawn },
	{ "tone.coded", 1, "inum account tone", NULL, "tone.code",
	    project_tone_coded },

	{ "retention.applied", 1, "what n", NULL, "deadline.retain",
	    project_nothing },

	{ "notice.sent", 1, "account what tnum? num? dnum? anum? fnum? snum?",
	    NULL, "any", project_notice },
	{ "notice.read", 1, "account upto", NULL, "notice.read",
	    project_notice_read },
};

#define EVENT_KINDS	(sizeof(event_kinds) / sizeof(event_kinds[0]))

const struct event_kind *
event_kind(const char *name)
{
	size_t	i;

	for (i = 0; i < EVENT_KINDS; i++) {
		if (strcmp(event_kinds[i].name, name) == 0)
			return &event_kinds[i];
	}
	return NULL;
}

/* The next word of a space-separated list, or NULL; *optional tells a "?". */
static const char *
event_word(const char **list, char word[40], bool *optional)
{
	size_t	n;

	*list += strspn(*list, " ");
	if ((n = strcspn(*list, " ")) == 0 || n >= 40)
		return NULL;
	memcpy(word, *list, n);
	word[n] = '\0';
	*list += n;
	*optional = word[n - 1] == '?';
	if (*optional)
		word[n - 1] = '\0';
	return word;
}

/* Checks prv's members against the table: none missing, none unknown. */
static int
event_check(const struct event *e, struct err *err)
{
	const char	*list = e->kind->prv, *key;
	char		 word[40];
	bool		 optional;
	size_t		 known = 0;

	while (event_word(&list, word, &optional) != NULL) {
		if (json_object_get(e->prv, word) != NULL)
			known++;
		else if (!optional)
			return err_set(err, ERR_INTERNAL, word,
			    "event %s lacks %s", e->kind->name, word);
	}
	if (known == json_object_size(e->prv))
		return 0;
	key = json_object_iter_key(json_object_iter(e->prv));
	return err_set(err, ERR_INTERNAL, NULL,
	    "event %s has an unknown member beside %s", e->kind->name,
	    key == NULL ? "none" : key);
}

/* One leaf line, or one for each element of an array. */
static int
event_leaf_value(struct buf *leaf, const char *key, const json_t *v)
{
	size_t	i;

	if (json_is_array(v)) {
		for (i = 0; i < json_array_size(v); i++) {
			if (event_leaf_value(leaf, key,
			    json_array_get(v, i)) != 0)
				return -1;
		}
		return 0;
	}
	buf_adds(leaf, key);
	buf_addc(leaf, ' ');
	if (json_is_integer(v))
		buf_addi(leaf, json_integer_value(v));
	else if (json_is_string(v) && json_string_length(v) > 0 &&
	    strchr(json_string_value(v), '\n') == NULL)
		buf_adds(leaf, json_string_value(v));
	else
		return -1;
	buf_addc(leaf, '\n');
	return 0;
}

/* The leaf's bytes: first line, kind, date, then the table's keys. */
static int
event_leaf(const struct event *e, struct buf *leaf, struct err *err)
{
	const char	*list = e->kind->leaf;
	char		 word[40], date[16];
	json_t		*v;
	bool		 optional;
	time_t		 t = e->time / 1000;
	struct tm	 tm;
	size_t		 known = 0;

	gmtime_r(&t, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	buf_addf(leaf, "forumd/entry/v1\nkind %s\ntime %s\n", e->kind->name,
	    date);
	while (event_word(&list, word, &optional) != NULL) {
		if ((v = json_object_get(e->pub, word)) == NULL)
			continue;
		known++;
		if (event_leaf_value(leaf, word, v) != 0)
			return err_set(err, ERR_INTERNAL, word,
			    "event %s: %s cannot stand in a leaf",
			    e->kind->name, word);
	}
	if (known != json_object_size(e->pub) || leaf->len > 65535)
		return err_set(err, ERR_INTERNAL, NULL,
		    "event %s does not fit its leaf", e->kind->name);
	return 0;
}

/* A value as JSON, members in the order of their names. Events hold no
 * numbers but integers. */
static int
event_json(struct buf *out, const json_t *v)
{
	const char	*names[EVENT_MEMBERS], *name;
	json_t		*o = (json_t *)(uintptr_t)v;
	void		*it;
	size_t		 n = 0, i;

	if (json_is_object(v) && json_object_size(v) <= EVENT_MEMBERS) {
		for (it = json_object_iter(o); it != NULL;
		    it = json_object_iter_next(o, it), n++) {
			name = json_object_iter_key(it);
			for (i = n; i > 0 && strcmp(names[i - 1], name) > 0;
			    i--)
				names[i] = names[i - 1];
			names[i] = name;
		}
		buf_addc(out, '{');
		for (i = 0; i < n; i++) {
			buf_key(out, names[i]);
			if (event_json(out, json_object_get(v,
			    names[i])) != 0)
				return -1;
		}
		buf_addc(out, '}');
	} else if (json_is_array(v)) {
		buf_addc(out, '[');
		for (i = 0; i < json_array_size(v); i++) {
			if (i > 0)
				buf_addc(out, ',');
			if (event_json(out, json_array_get(v, i)) != 0)
				return -1;
		}
		buf_addc(out, ']');
	} else if (json_is_string(v))
		buf_json(out, json_string_value(v), json_string_length(v));
	else if (json_is_integer(v))
		buf_addi(out, json_integer_value(v));
	else if (json_is_boolean(v) || json_is_null(v))
		buf_adds(out, json_is_null(v) ? "null" :
		    json_is_true(v) ? "true" : "false");
	else
		return -1;
	return 0;
}

int
event_encode(const struct event *e, struct buf *out, struct buf *leaf,
    struct err *err)
{
	int	rc;

	buf_clear(out);
	buf_clear(leaf);
	if (event_check(e, err) != 0)
		return -1;
	if (e->kind->leaf != NULL && event_leaf(e, leaf, err) != 0)
		return -1;
	buf_addc(out, '{');
	buf_kv_str(out, "kind", e->kind->name);
	if (e->kind->leaf != NULL) {
		buf_key(out, "leaf");
		buf_json(out, buf_str(leaf), leaf->len);
	}
	buf_key(out, "prv");
	rc = event_json(out, e->prv);
	if (e->kind->leaf != NULL && rc == 0) {
		buf_key(out, "pub");
		rc = event_json(out, e->pub);
	}
	buf_kv_int(out, "time", e->time);
	buf_kv_int(out, "v", e->kind->version);
	buf_addc(out, '}');
	if (rc != 0)
		return err_set(err, ERR_INTERNAL, NULL,
		    "event %s holds what cannot be stored", e->kind->name);
	if (buf_failed(out) || buf_failed(leaf))
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	return 0;
}

int
event_decode(struct event *e, const void *bytes, size_t len, struct err *err)
{
	json_t		*root, *pub, *prv, *leaf;
	const char	*kind = NULL;
	json_error_t	 je;
	json_int_t	 t;
	int		 v;

	memset(e, 0, sizeof(*e));
	e->index = -1;
	pub = prv = leaf = NULL;
	root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &je);
	if (root == NULL || json_unpack(root, "{s:s, s:i, s:I, s:o, s?o, s?o}",
	    "kind", &kind, "v", &v, "time", &t, "prv", &prv, "pub", &pub,
	    "leaf", &leaf) != 0) {
		json_decref(root);
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The journal holds an event that cannot be read");
	}
	e->kind = event_kind(kind);
	if (e->kind == NULL || e->kind->version != v) {
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "The journal holds "
		    "an event of kind %.40s v%d, unknown to this version",
		    kind, v);
		json_decref(root);
		return -1;
	}
	e->time = t;
	e->prv = json_incref(prv);
	e->pub = json_incref(pub);
	e->leaf = json_incref(leaf);
	json_decref(root);
	return 0;
}

void
event_clear(struct event *e)
{
	json_decref(e->pub);
	json_decref(e->prv);
	json_decref(e->leaf);
	memset(e, 0, sizeof(*e));
}

json_t *
event_get(const struct event *e, const char *key)
{
	json_t	*v = json_object_get(e->prv, key);

	if (v == NULL)
		v = json_object_get(e->pub, key);
	return json_is_null(v) ? NULL : v;
}

int64_t
event_int(const struct event *e, const char *key)
{
	json_t	*v = event_get(e, key);

	return json_is_true(v) ? 1 : json_integer_value(v);
}

const char *
event_str(const struct event *e, const char *key)
{
	return json_string_value(event_get(e, key));
}

bool
event_has(const struct event *e, const char *key)
{
	return event_get(e, key) != NULL;
}

void
event_commitment(struct hash *out, const unsigned char salt[SALT_LEN],
    const char *field, const void *bytes, size_t len)
{
	static const char		domain[] = "forumd/content/v1\n";
	const struct crypto_part	parts[] = {
		{ domain, sizeof(domain) - 1 },
		{ salt, SALT_LEN },
		{ field, strlen(field) },
		{ "\n", 1 },
		{ bytes, len },
	};

	crypto_sha256_parts(out, parts, 5);
}

void
event_chain_start(struct hash *out, const char *journal_id)
{
	static const char		domain[] = "forumd/journal/v1\n";
	const struct crypto_part	parts[] = {
		{ domain, sizeof(domain) - 1 },
		{ journal_id, strlen(journal_id) },
	};

	crypto_sha256_parts(out, parts, 2);
}

void
event_chain(struct hash *chain, const void *bytes, size_t len)
{
	const struct crypto_part	parts[] = {
		{ "\x02", 1 },
		{ chain->b, HASH_LEN },
		{ bytes, len },
	};

	crypto_sha256_parts(chain, parts, 3);
}
