/*
 * Reading a policy, strictly: every object has a table of the keys it may
 * and must have, every reference is looked up, every pattern compiled. What
 * is wrong is told with its place, because an editor without a programmer
 * will read the sentence.
 *
 * Word lists are written in the matching form (small letters, no marks):
 * anything else could never match, and is refused. A word may end in "*";
 * a space stands for any run of blanks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/pipeline.h"
#include "moderation/policy_int.h"
#include "storage/base/crypto.h"
#include "storage/base/unicode.h"

struct policy_load {
	struct policy	*p;
	struct err	*err;
	char		 where[64];
};



/* A key that an object may have; type -1 is a list of words of one enum. */
struct policy_load_key {
	const char	*name;
	json_type	 type;
	bool		 must;
};

static int policy_load_bad(const struct policy_load *l, const char *key,
    const char *why) __attribute__((warn_unused_result));

static int
policy_load_bad(const struct policy_load *l, const char *key,
    const char *why)
{
	return err_set(l->err, ERR_INVALID_FIELD, "policy", "%s%s%s: %s",
	    l->where, l->where[0] != '\0' && key[0] != '\0' ? "." : "", key,
	    why);
}

static void
policy_load_at(struct policy_load *l, const char *list, size_t i)
{
	snprintf(l->where, sizeof(l->where), "%s[%zu]", list, i);
}

static bool
policy_load_type(const json_t *v, json_type type)
{
	return json_typeof(v) == type || (type == JSON_TRUE && json_is_false(v));
}

static int
policy_load_keys(struct policy_load *l, json_t *o,
    const struct policy_load_key *keys, size_t n)
{
	const char	*name;
	json_t		*v;
	size_t		 i;

	if (!json_is_object(o))
		return policy_load_bad(l, "", "must be an object");
	json_object_foreach(o, name, v) {
		for (i = 0; i < n && strcmp(keys[i].name, name) != 0; i++)
			;
		if (i == n)
			return policy_load_bad(l, name, "unknown key");
		if (!policy_load_type(v, keys[i].type))
			return policy_load_bad(l, name, "wrong type");
	}
	for (i = 0; i < n; i++) {
		if (keys[i].must && json_object_get(o, keys[i].name) == NULL)
			return policy_load_bad(l, keys[i].name, "is missing");
	}
	return 0;
}

#define KEYS(k)	(k), sizeof(k) / sizeof(*(k))

static const char *
policy_load_string(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static int
policy_load_int(struct policy_load *l, const json_t *o, const char *key,
    long max, int *out)
{
	json_int_t	v = json_integer_value(json_object_get(o, key));

	if (v < 0 || v > max)
		return policy_load_bad(l, key, "out of range");
	*out = (int)v;
	return 0;
}

/* An id: small letters, digits, hyphens. */
static int
policy_load_id(struct policy_load *l, const char *key, const char *s)
{
	size_t	n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (n == 0 || s[n] != '\0' || n >= ITEM_CLAUSE_MAX)
		return policy_load_bad(l, key,
		    "must be 1 to 31 of a-z, 0-9 and -");
	return 0;
}

/* A text in several languages, English among them. */
static int
policy_load_languages(struct policy_load *l, const char *key, json_t *o,
    size_t max)
{
	const char	*language;
	json_t		*v;

	if (!json_is_object(o))
		return policy_load_bad(l, key, "must be an object");
	json_object_foreach(o, language, v) {
		if (strlen(language) != 2 || !json_is_string(v) ||
		    json_string_length(v) == 0 || json_string_length(v) >= max)
			return policy_load_bad(l, key,
			    "a text is empty, too long or has no language");
	}
	return 0;
}

static int
policy_load_texts(struct policy_load *l, const char *key, json_t *o,
    size_t max)
{
	if (policy_load_languages(l, key, o, max) != 0)
		return -1;
	if (json_object_get(o, "en") == NULL)
		return policy_load_bad(l, key, "has no English text");
	return 0;
}

static int
policy_load_action(struct policy_load *l, const char *s,
    enum policy_action *out)
{
	if (strcmp(s, "remove") == 0)
		*out = POLICY_REMOVE;
	else if (strcmp(s, "label") == 0)
		*out = POLICY_LABEL;
	else if (strcmp(s, "hold") == 0)
		*out = POLICY_HOLD;
	else
		return policy_load_bad(l, "action",
		    "must be remove, label or hold");
	return 0;
}

/* All that a clause says to people. */
static int
policy_load_words(struct policy_load *l, json_t *o)
{
	json_t	*v = json_object_get(o, "legal_in");
	size_t	 i;

	if (policy_load_texts(l, "title", json_object_get(o, "title"), 100) ||
	    policy_load_texts(l, "text", json_object_get(o, "text"), 2000) ||
	    policy_load_texts(l, "automatic", json_object_get(o, "automatic"),
	    POLICY_EXPLANATION_MAX) != 0)
		return -1;
	if (v != NULL && policy_load_languages(l, "legal_in", v, 300) != 0)
		return -1;
	json_array_foreach(json_object_get(o, "canned"), i, v) {
		if (policy_load_texts(l, "canned", v,
		    POLICY_EXPLANATION_MAX) != 0)
			return -1;
	}
	return 0;
}

static int
policy_load_clause(struct policy_load *l, json_t *o)
{
	static const struct policy_load_key	 keys[] = {
		{ "id", JSON_STRING, true }, { "title", JSON_OBJECT, true },
		{ "text", JSON_OBJECT, true }, { "action", JSON_STRING, true },
		{ "harm", JSON_INTEGER, true },
		{ "decide_within_minutes", JSON_INTEGER, true },
		{ "flags_to_hold", JSON_INTEGER, false },
		{ "publish_on_timeout", JSON_TRUE, true },
		{ "quarantine", JSON_TRUE, false },
		{ "escalate", JSON_TRUE, false },
		{ "category", JSON_STRING, true },
		{ "keyword", JSON_STRING, true },
		{ "legal", JSON_STRING, false },
		{ "legal_in", JSON_OBJECT, false },
		{ "automatic", JSON_OBJECT, true },
		{ "canned", JSON_ARRAY, true },
	};
	struct policy_clause			*c;

	if (l->p->n_clauses == POLICY_CLAUSES)
		return policy_load_bad(l, "", "too many clauses");
	if (policy_load_keys(l, o, KEYS(keys)) != 0 ||
	    policy_load_id(l, "id", policy_load_string(o, "id")) != 0)
		return -1;
	if (policy_clause(l->p, policy_load_string(o, "id")) != NULL)
		return policy_load_bad(l, "id", "is there twice");
	c = &l->p->clauses[l->p->n_clauses];
	c->id = policy_load_string(o, "id");
	c->publish_on_timeout = json_is_true(json_object_get(o,
	    "publish_on_timeout"));
	c->quarantine = json_is_true(json_object_get(o, "quarantine"));
	c->escalate = json_is_true(json_object_get(o, "escalate"));
	c->category = policy_load_string(o, "category");
	c->keyword = policy_load_string(o, "keyword");
	c->legal = policy_load_string(o, "legal");
	if (policy_load_action(l, policy_load_string(o, "action"),
	    &c->action) != 0 ||
	    policy_load_int(l, o, "harm", 1000, &c->harm) != 0 ||
	    policy_load_int(l, o, "decide_within_minutes", 43200,
	    &c->decide_within_minutes) != 0 ||
	    policy_load_int(l, o, "flags_to_hold", 1000,
	    &c->flags_to_hold) != 0 ||
	    policy_load_words(l, o) != 0)
		return -1;
	if (c->decide_within_minutes == 0)
		return policy_load_bad(l, "decide_within_minutes",
		    "must be at least 1");
	if (strncmp(c->category, "STATEMENT_CATEGORY_", 19) != 0)
		return policy_load_bad(l, "category", "is not of the EU's");
	if (strncmp(c->keyword, "KEYWORD_", 8) != 0)
		return policy_load_bad(l, "keyword", "is not of the EU's");
	l->p->clause_json[l->p->n_clauses++] = o;
	return 0;
}

static int
policy_load_numbers(struct policy_load *l, json_t *o)
{
	const char	*name;
	json_t		*v;
	json_int_t	 n;
	size_t		 i;

	snprintf(l->where, sizeof(l->where), "numbers");
	json_object_foreach(o, name, v) {
		for (i = 0; i < policy_n_bounds &&
		    strcmp(policy_bounds[i].name, name) != 0; i++)
			;
		if (i == policy_n_bounds)
			return policy_load_bad(l, name, "unknown key");
		n = json_integer_value(v);
		if (!json_is_integer(v) || n < policy_bounds[i].min ||
		    n > policy_bounds[i].max)
			return policy_load_bad(l, name, "out of range");
		l->p->numbers[i] = (long)n;
	}
	for (i = 0; i < policy_n_bounds; i++) {
		if (json_object_get(o, policy_bounds[i].name) == NULL)
			return policy_load_bad(l, policy_bounds[i].name,
			    "is missing");
	}
	return 0;
}

/* One word as an expression: literal but for a last "*" and blanks. */
static int
policy_load_word(struct policy_load *l, struct buf *out, const char *s,
    size_t len)
{
	struct unicode_form	form;
	size_t			i;
	bool			same;

	if (unicode_form(&form, s, len, l->err) != 0)
		return -1;
	same = form.text.len == len && len > 0 &&
	    memcmp(form.text.data, s, len) == 0;
	unicode_form_free(&form);
	if (!same)
		return policy_load_bad(l, "words",
		    "write words in small letters without marks");
	for (i = 0; i < len; i++) {
		if (s[i] == ' ')
			buf_adds(out, "\\s{1,5}");
		else if (s[i] == '*' && i + 1 == len)
			buf_adds(out, "\\w{0,30}");
		else if (strchr("\\^$.[]|()?*+{}#-", s[i]) != NULL)
			buf_addf(out, "\\%c", s[i]);
		else
			buf_addc(out, s[i]);
	}
	return 0;
}

static int
policy_load_expression(struct policy_load *l, struct buf *out, json_t *o)
{
	json_t	*v;
	size_t	 i;

	buf_adds(out, "(*UCP)");
	json_array_foreach(json_object_get(o, "words"), i, v) {
		if (!json_is_string(v))
			return policy_load_bad(l, "words", "wrong type");
		buf_adds(out, i == 0 ? "\\b(?:" : "|");
		if (policy_load_word(l, out, json_string_value(v),
		    json_string_length(v)) != 0)
			return -1;
	}
	if (i > 0)
		buf_adds(out, ")\\b");
	json_array_foreach(json_object_get(o, "patterns"), i, v) {
		struct pattern	*alone = NULL;

		if (!json_is_string(v))
			return policy_load_bad(l, "patterns", "wrong type");
		/* Alone first: "a)|(b" must not pass as part of a group. */
		if (pattern_new(&alone, json_string_value(v),
		    json_string_length(v), l->err) != 0)
			return -1;
		pattern_free(&alone);
		if (out->len > 6)
			buf_addc(out, '|');
		buf_adds(out, "(?:");
		buf_add(out, json_string_value(v), json_string_length(v));
		buf_addc(out, ')');
	}
	if (buf_failed(out))
		return err_set(l->err, ERR_INTERNAL, NULL, "out of memory");
	return out->len > 6 ? 0 :
	    policy_load_bad(l, "words", "the list is empty");
}

static int
policy_load_list(struct policy_load *l, json_t *o)
{
	static const struct policy_load_key	 keys[] = {
		{ "name", JSON_STRING, true }, { "clause", JSON_STRING, true },
		{ "language", JSON_STRING, false },
		{ "score", JSON_INTEGER, true },
		{ "certainty", JSON_STRING, true },
		{ "words", JSON_ARRAY, false },
		{ "patterns", JSON_ARRAY, false },
	};
	struct policy_list			*list;
	struct buf				 regex = BUF_INIT;
	struct err				 why = { 0 };
	int					 rc, certainty;

	if (l->p->n_lists == POLICY_LISTS)
		return policy_load_bad(l, "", "too many lists");
	if (policy_load_keys(l, o, KEYS(keys)) != 0)
		return -1;
	list = &l->p->lists[l->p->n_lists];
	list->name = policy_load_string(o, "name");
	list->clause = policy_load_string(o, "clause");
	list->language = policy_load_string(o, "language");
	if (list->language == NULL)
		list->language = "";
	if (policy_load_id(l, "name", list->name) != 0)
		return -1;
	if (policy_clause(l->p, list->clause) == NULL)
		return policy_load_bad(l, "clause", "no such clause");
	certainty = item_certainty_find(policy_load_string(o, "certainty"));
	if (certainty < 0 || certainty == ITEM_NOT_CHECKED)
		return policy_load_bad(l, "certainty",
		    "must be certain, likely or possible");
	list->certainty = (enum item_certainty)certainty;
	if (policy_load_int(l, o, "score", 1000, &list->score) != 0)
		return -1;
	rc = policy_load_expression(l, &regex, o);
	if (rc == 0 && pattern_new(&l->p->patterns[l->p->n_lists], regex.data,
	    regex.len, &why) != 0)
		rc = policy_load_bad(l, "patterns", why.text);
	buf_free(&regex);
	if (rc == 0)
		list->pattern = l->p->patterns[l->p->n_lists++];
	return rc;
}

static int
policy_load_domains(struct policy_load *l, json_t *o)
{
	static const struct policy_load_key	 keys[] = {
		{ "allowed", JSON_ARRAY, true },
		{ "denied", JSON_ARRAY, true },
		{ "shorteners", JSON_ARRAY, true },
	};
	const char				*name, *s;
	json_t					*list, *v;
	size_t					 i;

	snprintf(l->where, sizeof(l->where), "domains");
	if (policy_load_keys(l, o, KEYS(keys)) != 0)
		return -1;
	json_object_foreach(o, name, list) {
		json_array_foreach(list, i, v) {
			s = json_string_value(v);
			if (s == NULL || *s == '\0' || s[strspn(s, "abcdefghij"
			    "klmnopqrstuvwxyz0123456789-.")] != '\0')
				return policy_load_bad(l, name,
				    "holds what is no domain");
		}
	}
	return 0;
}

/* A list of an enum's words as a bit mask. */
static int
policy_load_set(struct policy_load *l, const json_t *o, const char *key,
    int (*find)(const char *), unsigned *out)
{
	const json_t	*v, *list = json_object_get(o, key);
	size_t		 i;
	int		 n;

	json_array_foreach(list, i, v) {
		n = json_is_string(v) ? find(json_string_value(v)) : -1;
		if (n < 0)
			return policy_load_bad(l, key, "unknown word");
		*out |= 1u << n;
	}
	if (list != NULL && *out == 0)
		return policy_load_bad(l, key, "names nothing");
	return 0;
}

static int
policy_load_conditions(struct policy_load *l, json_t *o,
    struct policy_rule *r)
{
	static const struct policy_load_key	keys[] = {
		{ "stage", JSON_STRING, false },
		{ "clause", JSON_STRING, false },
		{ "min_score", JSON_INTEGER, false },
		{ "certainty", JSON_ARRAY, false },
		{ "author", JSON_ARRAY, false },
		{ "standing", JSON_ARRAY, false },
		{ "mode", JSON_ARRAY, false },
	};

	if (policy_load_keys(l, o, KEYS(keys)) != 0)
		return -1;
	if (json_object_size(o) == 0)
		return policy_load_bad(l, "if", "asks for nothing");
	if ((r->clause = policy_load_string(o, "clause")) != NULL &&
	    policy_clause(l->p, r->clause) == NULL)
		return policy_load_bad(l, "if.clause", "no such clause");
	if ((r->stage = policy_load_string(o, "stage")) != NULL &&
	    pipeline_stage_find(r->stage) == NULL)
		return policy_load_bad(l, "if.stage", "no such stage");
	r->wants_finding = r->stage != NULL || r->clause != NULL ||
	    json_object_get(o, "min_score") != NULL ||
	    json_object_get(o, "certainty") != NULL;
	if (policy_load_int(l, o, "min_score", 1000, &r->min_score) != 0 ||
	    policy_load_set(l, o, "certainty", item_certainty_find,
	    &r->certainty) != 0 ||
	    policy_load_set(l, o, "author", item_author_find, &r->author) ||
	    policy_load_set(l, o, "standing", item_standing_find,
	    &r->standing) != 0)
		return -1;
	return policy_load_set(l, o, "mode", item_mode_find, &r->mode);
}

static int
policy_load_rule(struct policy_load *l, json_t *o, bool last)
{
	static const struct policy_load_key	 keys[] = {
		{ "id", JSON_STRING, true }, { "if", JSON_OBJECT, false },
		{ "verdict", JSON_STRING, true },
		{ "clause", JSON_STRING, false },
		{ "why", JSON_STRING, false },
	};
	struct policy_rule			*r;
	const char				*verdict;
	json_t					*cond;

	if (l->p->n_rules == POLICY_RULES)
		return policy_load_bad(l, "", "too many rules");
	if (policy_load_keys(l, o, KEYS(keys)) != 0 ||
	    policy_load_id(l, "id", policy_load_string(o, "id")) != 0)
		return -1;
	r = &l->p->rules[l->p->n_rules++];
	r->id = policy_load_string(o, "id");
	r->under = policy_load_string(o, "clause");
	if (r->under != NULL && policy_clause(l->p, r->under) == NULL)
		return policy_load_bad(l, "clause", "no such clause");
	verdict = policy_load_string(o, "verdict");
	r->verdict = strcmp(verdict, "publish") == 0 ? VERDICT_PUBLISH :
	    strcmp(verdict, "hold") == 0 ? VERDICT_HOLD : VERDICT_REMOVE;
	if (strcmp(verdict, verdict_word(r->verdict)) != 0)
		return policy_load_bad(l, "verdict",
		    "must be publish, hold or remove");
	cond = json_object_get(o, "if");
	if (cond == NULL && !last)
		return policy_load_bad(l, "if",
		    "only the last rule asks for nothing");
	if (cond != NULL && last)
		return policy_load_bad(l, "if",
		    "the last rule must match everything");
	if (cond != NULL && policy_load_conditions(l, cond, r) != 0)
		return -1;
	if (r->verdict != VERDICT_PUBLISH && r->under == NULL &&
	    !r->wants_finding)
		return policy_load_bad(l, "clause", "is missing");
	/* An unanswered checker must not become a pass or a removal. */
	if (r->verdict != VERDICT_HOLD && (r->certainty &
	    1u << ITEM_NOT_CHECKED))
		return policy_load_bad(l, "verdict",
		    "what was not checked can only be held");
	return 0;
}

static int
policy_load_each(struct policy_load *l, const char *name,
    int (*one)(struct policy_load *, json_t *))
{
	json_t	*v;
	size_t	 i;

	json_array_foreach(json_object_get(l->p->root, name), i, v) {
		policy_load_at(l, name, i);
		if (one(l, v) != 0)
			return -1;
	}
	return 0;
}

static int
policy_load_rules(struct policy_load *l)
{
	json_t	*rules = json_object_get(l->p->root, "rules"), *v;
	size_t	 i, n = json_array_size(rules);

	json_array_foreach(rules, i, v) {
		policy_load_at(l, "rules", i);
		if (policy_load_rule(l, v, i + 1 == n) != 0)
			return -1;
	}
	l->where[0] = '\0';
	return n > 0 ? 0 : policy_load_bad(l, "rules", "is empty");
}

/* Every stage that cannot tell must meet a rule that holds; otherwise
 * "cannot tell" would fall through to the last rule. */
static int
policy_load_unsure(struct policy_load *l)
{
	const struct policy_rule	*r;
	size_t				 i;

	for (i = 0; i < l->p->n_rules; i++) {
		r = &l->p->rules[i];
		if (r->verdict == VERDICT_HOLD && r->stage == NULL &&
		    r->clause == NULL && r->author == 0 && r->standing == 0 &&
		    r->mode == 0 && r->min_score == 0 &&
		    (r->certainty & 1u << ITEM_NOT_CHECKED))
			return 0;
	}
	if (l->p->rules[l->p->n_rules - 1].verdict != VERDICT_PUBLISH)
		return 0;
	return policy_load_bad(l, "rules", "no rule holds not_checked");
}

static int
policy_load_root(struct policy_load *l)
{
	static const struct policy_load_key	 keys[] = {
		{ "version", JSON_INTEGER, true },
		{ "clauses", JSON_ARRAY, true },
		{ "numbers", JSON_OBJECT, true },
		{ "lists", JSON_ARRAY, true },
		{ "domains", JSON_OBJECT, true },
		{ "rules", JSON_ARRAY, true },
	};
	json_t					*root = l->p->root;

	if (policy_load_keys(l, root, KEYS(keys)) != 0)
		return -1;
	if (json_integer_value(json_object_get(root, "version")) != 1)
		return policy_load_bad(l, "version", "must be 1");
	if (policy_load_each(l, "clauses", policy_load_clause) != 0)
		return -1;
	l->where[0] = '\0';
	if (policy_clause(l->p, "unchecked") == NULL)
		return policy_load_bad(l, "clauses",
		    "there must be one named unchecked");
	if (policy_load_numbers(l, json_object_get(root, "numbers")) != 0 ||
	    policy_load_each(l, "lists", policy_load_list) != 0 ||
	    policy_load_domains(l, json_object_get(root, "domains")) != 0 ||
	    policy_load_rules(l) != 0)
		return -1;
	return policy_load_unsure(l);
}

static int
policy_load_digest(struct policy *p)
{
	struct hash	h;
	struct buf	hex = BUF_INIT;

	p->canonical = json_dumps(p->root, JSON_SORT_KEYS | JSON_COMPACT);
	if (p->canonical == NULL)
		return -1;
	p->canonical_len = strlen(p->canonical);
	crypto_sha256(&h, p->canonical, p->canonical_len);
	buf_hex(&hex, h.b, sizeof(h.b));
	snprintf(p->digest, sizeof(p->digest), "%s", buf_str(&hex));
	buf_free(&hex);
	return p->digest[0] == '\0' ? -1 : 0;
}

int
policy_load(struct policy **out, const char *json, size_t len,
    struct err *err)
{
	struct policy_load	 l = { .err = err };
	struct policy		*p;
	json_error_t		 je;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	atomic_init(&p->holders, 1);
	l.p = p;
	p->root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &je);
	if (p->root == NULL) {
		err_set(err, ERR_BAD_JSON, "policy", "line %d: %.120s",
		    je.line, je.text);
		policy_free(&p);
		return -1;
	}
	if (policy_load_root(&l) != 0) {
		policy_free(&p);
		return -1;
	}
	if (policy_load_digest(p) != 0) {
		policy_free(&p);
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	}
	*out = p;
	return 0;
}
