/*
 * A policy in force: looking its parts up, sharing it, telling the public.
 * Loading is in policy_load.c, deciding in policy_decide.c.
 *
 * Everything a policy says lies in one parsed JSON tree that is never changed
 * after loading; clauses, lists and rules hold pointers into it.
 */
#include <stdlib.h>
#include <string.h>

#include "moderation/policy_int.h"
#include "storage/base/crypto.h"

const struct policy_bound policy_bounds[] = {
	{ "flags.brigade_accounts", 2, 1000 },
	{ "flags.brigade_minutes", 1, 1440 },
	{ "flags.hold_weight", 1, 10000 },
	{ "flags.per_person_day", 1, 1000 },
	{ "flags.weight_guest", 0, 1000 },
	{ "flags.weight_member", 0, 1000 },
	{ "flags.weight_newcomer", 0, 1000 },
	{ "flags.weight_trusted", 0, 1000 },
	{ "flood.exact", 1, 1000 },
	{ "flood.near", 1, 1000 },
	{ "flood.per_address", 1, 10000 },
	{ "flood.window_minutes", 1, 10080 },
	{ "limits.capitals_percent", 1, 101 },
	{ "limits.invisible", 0, 10000 },
	{ "limits.links", 0, 1000 },
	{ "limits.look_alikes", 0, 10000 },
	{ "limits.marks", 1, 1000 },
	{ "limits.run", 3, 10000 },
	{ "misuse.count", 1, 1000 },
	{ "misuse.percent", 1, 100 },
	{ "misuse.suspend_days", 1, 365 },
	{ "misuse.warning_days", 1, 3650 },
	{ "misuse.window_days", 1, 3650 },
	{ "newcomer.comments", 0, 1000 },
	{ "newcomer.days", 0, 3650 },
	{ "newcomer.links", 0, 1000 },
	{ "record.decisions", 1, 1000 },
	{ "record.removed_percent", 1, 101 },
	{ "retention.address_days", 1, 3650 },
	{ "retention.flag_note_days", 1, 3650 },
	{ "retention.preserved_days", 1, 3650 },
	{ "retention.removed_text_days", 1, 3650 },
	{ "retention.unconfirmed_days", 1, 3650 },
	{ "retention.withdrawn_text_days", 1, 3650 },
	{ "window.appeal_days", 1, 3650 },
	{ "window.appeal_person_days", 1, 365 },
	{ "window.edit_minutes", 0, 10080 },
	{ "window.edits", 0, 100 },
	{ "window.undo_seconds", 0, 3600 },
};
const size_t policy_n_bounds = sizeof(policy_bounds) /
    sizeof(*policy_bounds);

struct policy *
policy_get(struct policy *p)
{
	atomic_fetch_add(&p->holders, 1);
	return p;
}

void
policy_free(struct policy **pp)
{
	struct policy	*p = *pp;
	size_t		 i;

	*pp = NULL;
	if (p == NULL || atomic_fetch_sub(&p->holders, 1) != 1)
		return;
	for (i = 0; i < p->n_lists; i++)
		pattern_free(&p->patterns[i]);
	json_decref(p->root);
	free(p->canonical);
	free(p);
}

const char *
policy_digest(const struct policy *p)
{
	return p->digest;
}

const char *
policy_canonical(const struct policy *p, size_t *len)
{
	*len = p->canonical_len;
	return p->canonical;
}

size_t
policy_clauses(const struct policy *p)
{
	return p->n_clauses;
}

const struct policy_clause *
policy_clause_at(const struct policy *p, size_t i)
{
	return i < p->n_clauses ? &p->clauses[i] : NULL;
}

const struct policy_clause *
policy_clause(const struct policy *p, const char *id)
{
	size_t	i;

	for (i = 0; id != NULL && i < p->n_clauses; i++) {
		if (strcmp(p->clauses[i].id, id) == 0)
			return &p->clauses[i];
	}
	return NULL;
}

/* "en-GB" reads "en". English is there always: policy_load sees to it. */
static const char *
policy_written(const json_t *texts, const char *language)
{
	const char	*s;
	char		 key[4] = "";

	if (language != NULL && strlen(language) >= 2) {
		memcpy(key, language, 2);
		s = json_string_value(json_object_get(texts, key));
		if (s != NULL)
			return s;
	}
	return json_string_value(json_object_get(texts, "en"));
}

static const json_t *
policy_part(const struct policy *p, const char *clause, const char *part)
{
	const struct policy_clause	*c = policy_clause(p, clause);

	return c == NULL ? NULL :
	    json_object_get(p->clause_json[c - p->clauses], part);
}

const char *
policy_title(const struct policy *p, const char *clause, const char *language)
{
	return policy_written(policy_part(p, clause, "title"), language);
}

const char *
policy_text(const struct policy *p, const char *clause, const char *language)
{
	return policy_written(policy_part(p, clause, "text"), language);
}

const char *
policy_legal(const struct policy *p, const char *clause, const char *language)
{
	const struct policy_clause	*c = policy_clause(p, clause);
	const char			*s;

	s = policy_written(policy_part(p, clause, "legal_in"), language);
	return s != NULL || c == NULL ? s : c->legal;
}

const char *
policy_automatic(const struct policy *p, const char *clause,
    const char *language)
{
	return policy_written(policy_part(p, clause, "automatic"), language);
}

const char *
policy_canned(const struct policy *p, const char *clause, size_t i,
    const char *language)
{
	return policy_written(json_array_get(policy_part(p, clause, "canned"),
	    i), language);
}

long
policy_number(const struct policy *p, const char *name)
{
	size_t	i;

	for (i = 0; i < policy_n_bounds; i++) {
		if (strcmp(policy_bounds[i].name, name) == 0)
			return p->numbers[i];
	}
	return -1;
}

size_t
policy_lists(const struct policy *p)
{
	return p->n_lists;
}

const struct policy_list *
policy_list_at(const struct policy *p, size_t i)
{
	return i < p->n_lists ? &p->lists[i] : NULL;
}

static bool
policy_domain_in(const json_t *list, const char *host)
{
	const json_t	*one;
	size_t		 i;

	json_array_foreach(list, i, one) {
		if (strcmp(json_string_value(one), host) == 0)
			return true;
	}
	return false;
}

enum policy_domain
policy_domain(const struct policy *p, const char *host)
{
	const json_t	*domains = json_object_get(p->root, "domains");

	while (host != NULL && *host != '\0') {
		if (policy_domain_in(json_object_get(domains, "denied"), host))
			return POLICY_DOMAIN_DENIED;
		if (policy_domain_in(json_object_get(domains, "allowed"),
		    host))
			return POLICY_DOMAIN_ALLOWED;
		if (policy_domain_in(json_object_get(domains, "shorteners"),
		    host))
			return POLICY_DOMAIN_SHORTENER;
		if ((host = strchr(host, '.')) != NULL)
			host++;
	}
	return POLICY_DOMAIN_UNKNOWN;
}

static void
policy_public_texts(struct buf *out, const char *key, const json_t *texts)
{
	const json_t	*v;
	const char	*language;

	buf_key(out, key);
	buf_addc(out, '{');
	json_object_foreach((json_t *)texts, language, v)
		buf_kv_str(out, language, json_string_value(v));
	buf_addc(out, '}');
}

static void
policy_public_clause(struct buf *out, const struct policy *p, size_t i)
{
	static const char *const	 actions[] = { "remove", "label",
	    "hold" };
	const struct policy_clause	*c = &p->clauses[i];
	const json_t			*o = p->clause_json[i];

	buf_adds(out, i == 0 ? "{" : ",{");
	buf_kv_str(out, "id", c->id);
	buf_kv_str(out, "title", policy_title(p, c->id, "en"));
	buf_kv_str(out, "text", policy_text(p, c->id, "en"));
	policy_public_texts(out, "titles", json_object_get(o, "title"));
	policy_public_texts(out, "texts", json_object_get(o, "text"));
	buf_kv_str(out, "action", actions[c->action]);
	buf_kv_int(out, "decide_within_minutes", c->decide_within_minutes);
	buf_kv_bool(out, "publish_on_timeout", c->publish_on_timeout);
	buf_kv_bool(out, "quarantine", c->quarantine);
	buf_kv_bool(out, "escalate", c->escalate);
	buf_kv_str(out, "category", c->category);
	buf_kv_str(out, "keyword", c->keyword);
	buf_kv_str(out, "legal_ground", c->legal);
	buf_addc(out, '}');
}

/* The digest of one part of the canonical form: what is in force can be
 * checked later without being printed now. */
bool
policy_rule_at(const struct policy *p, size_t i, struct policy_rule_view *out)
{
	const char	*clause;

	if (i >= p->n_rules)
		return false;
	clause = p->rules[i].under != NULL ? p->rules[i].under :
	    p->rules[i].clause;
	out->id = p->rules[i].id;
	out->verdict = verdict_word(p->rules[i].verdict);
	out->clause = clause != NULL ? clause : "";
	return true;
}

static void
policy_public_digest(struct buf *out, const char *key, const json_t *part)
{
	struct hash	 h;
	struct buf	 hex = BUF_INIT;
	char		*s;

	s = json_dumps(part, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
	if (s == NULL) {
		out->failed = true;
		return;
	}
	crypto_sha256(&h, s, strlen(s));
	buf_hex(&hex, h.b, sizeof(h.b));
	buf_kv_str(out, key, buf_str(&hex));
	buf_free(&hex);
	free(s);
}

void
policy_public_json(struct buf *out, const struct policy *p,
    int64_t adopted_at)
{
	size_t	i;

	buf_addc(out, '{');
	buf_kv_str(out, "digest", p->digest);
	buf_kv_time(out, "adopted_at", adopted_at);
	buf_key(out, "clauses");
	buf_addc(out, '[');
	for (i = 0; i < p->n_clauses; i++)
		policy_public_clause(out, p, i);
	buf_addc(out, ']');
	buf_key(out, "rules");
	buf_addc(out, '[');
	for (i = 0; i < p->n_rules; i++) {
		buf_adds(out, i == 0 ? "{" : ",{");
		buf_kv_str(out, "id", p->rules[i].id);
		buf_kv_str(out, "verdict", verdict_word(p->rules[i].verdict));
		buf_kv_str(out, "clause", p->rules[i].under != NULL ?
		    p->rules[i].under : p->rules[i].clause);
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
	policy_public_digest(out, "word_lists_digest",
	    json_object_get(p->root, "lists"));
	policy_public_digest(out, "domains_digest",
	    json_object_get(p->root, "domains"));
	policy_public_digest(out, "thresholds_digest",
	    json_object_get(p->root, "numbers"));
	policy_public_digest(out, "rules_digest",
	    json_object_get(p->root, "rules"));
	buf_addc(out, '}');
}
