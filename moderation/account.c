/*
 * Making accounts and keeping names apart.
 *
 * A member has a name that nobody else's may be mistaken for: the table
 * name_key holds the skeleton of each (see unicode_name_key). A guest has a
 * name of the moment and one author key a site, of which only the SHA-256 is
 * kept. Name and password hash are erasable content; the event holds salted
 * commitments to them.
 *
 * Changing an account lies in account_change.c, erasing in account_erase.c,
 * tokens and links in account_token.c.
 */
#include <string.h>

#include "moderation/account.h"
#include "moderation/account_mail.h"
#include "storage/base/unicode.h"

static const struct {
	const char	*name;
	unsigned	 role;
} account_role_names[] = {
	{ "reader",	ROLE_READER },
	{ "moderator",	ROLE_MODERATOR },
	{ "editor",	ROLE_EDITOR },
	{ "admin",	ROLE_ADMIN },
};

#define ACCOUNT_ROLES							       \
	(sizeof(account_role_names) / sizeof(account_role_names[0]))

/* Names that would speak for the house. The operator may give them. */
static const char *const account_reserved[] = {
	"admin", "administrator", "anonymous", "automatic", "billing",
	"deleted", "editor", "helpdesk", "moderator", "newsdesk", "official",
	"operator", "owner", "press", "root", "security", "staff", "support",
	"system",
};

int
account_roles(const char *text, unsigned *roles, struct err *err)
{
	const char	*p = text;
	size_t		 i, n;

	*roles = 0;
	for (;;) {
		n = strcspn(p, ",");
		for (i = 0; i < ACCOUNT_ROLES; i++) {
			if (strlen(account_role_names[i].name) == n &&
			    memcmp(account_role_names[i].name, p, n) == 0)
				break;
		}
		if (i == ACCOUNT_ROLES)
			return err_set(err, ERR_INVALID_FIELD, "roles",
			    "Roles are reader, moderator, editor and admin");
		*roles |= account_role_names[i].role;
		if (p[n] == '\0')
			return 0;
		p += n + 1;
	}
}

void
account_roles_text(struct buf *out, unsigned roles)
{
	size_t	i;
	bool	first = true;

	for (i = 0; i < ACCOUNT_ROLES; i++) {
		if ((roles & account_role_names[i].role) == 0)
			continue;
		if (!first)
			buf_addc(out, ',');
		buf_adds(out, account_role_names[i].name);
		first = false;
	}
}

void
account_secret_hash(const char *secret, struct hash *out)
{
	crypto_sha256(out, secret, strlen(secret));
}

bool
account_language(const char *tag)
{
	size_t	n = strlen(tag);

	return n >= 2 && n <= 11 && strspn(tag, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == n;
}

/* The key's holder, 0 where nobody has it. */
static int
account_name_holder(struct db *db, struct buf *key, int64_t self,
    struct err *err)
{
	int64_t	holder;

	holder = db_int(db, 0, "SELECT account FROM name_key WHERE key = ?",
	    "s", buf_str(key));
	if (holder == 0 || holder == self)
		return 0;
	return err_set(err, ERR_NAME_TAKEN, "name",
	    "The name is taken or looks like one that is");
}

/* Makes the key, which the caller frees, and checks that nobody else has it
 * and that the name's form is allowed: in this order, so that a look-alike is
 * called one. */
static int
account_name_key(struct buf *key, struct db *db, const char *name,
    int64_t self, struct err *err)
{
	if (unicode_name_key(key, name, strlen(name), err) != 0 ||
	    account_name_holder(db, key, self, err) != 0)
		return -1;
	return unicode_name_check(name, strlen(name), err);
}

static int
account_name_reserved(struct buf *key, struct err *err)
{
	struct buf	word = BUF_INIT;
	size_t		i;
	int		rc = 0;

	for (i = 0; rc == 0 && i < sizeof(account_reserved) /
	    sizeof(account_reserved[0]); i++) {
		buf_clear(&word);
		rc = unicode_name_key(&word, account_reserved[i],
		    strlen(account_reserved[i]), err);
		if (rc == 0 && strcmp(buf_str(&word), buf_str(key)) == 0)
			rc = err_set(err, ERR_NAME_TAKEN, "name",
			    "The name is kept for the house");
	}
	buf_free(&word);
	return rc;
}

int
account_name_free(struct db *db, const char *name, int64_t self,
    struct err *err)
{
	struct buf	key = BUF_INIT;
	int		rc = -1;

	if (account_name_key(&key, db, name, self, err) == 0)
		rc = account_name_reserved(&key, err);
	buf_free(&key);
	return rc;
}

static int64_t
account_next(struct db *db)
{
	return db_int(db, 1, "SELECT COALESCE(MAX(num), 0) + 1 FROM account",
	    "");
}

/* Stages a text of the account, and its commitment as a member of prv. */
static int
account_content(struct turn *t, const char *id, const char *field,
    const char *text, json_t *prv, struct err *err)
{
	char	ref[REF_MAX], commitment[HASH_LEN * 2 + 1];

	if (text == NULL)
		return 0;
	ref_make(ref, 'a', id);
	if (turn_content(t, ref, field, text, strlen(text), commitment,
	    err) != 0)
		return -1;
	if (json_object_set_new(prv, field, json_string(commitment)) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	return 0;
}

static void
account_set(json_t *prv, const char *key, const char *value)
{
	if (value != NULL)
		json_object_set_new(prv, key, json_string(value));
}

int
account_new_guest(struct turn *t, const char *name, const char *site,
    const char *language, int64_t *num, char id[ID_MAX], char key[64],
    struct err *err)
{
	struct hash	 hash;
	struct buf	 hex = BUF_INIT;
	json_t		*prv;
	int		 rc;

	if (crypto_id(id, ID_LEN) != 0 ||
	    crypto_id(key, ACCOUNT_SECRET_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	*num = account_next(t->db);
	account_secret_hash(key, &hash);
	buf_hex(&hex, hash.b, HASH_LEN);
	prv = json_pack("{s:I, s:s, s:s, s:i, s:s}", "account",
	    (json_int_t)*num, "id", id, "kind", "guest", "roles",
	    (int)ROLE_READER, "key_hash", buf_str(&hex));
	buf_free(&hex);
	account_set(prv, "site", site);
	account_set(prv, "language", language);
	rc = account_content(t, id, "name", name, prv, err);
	if (rc == 0)
		return turn_emit(t, "account.created", NULL, prv, err);
	json_decref(prv);
	return rc;
}

int
account_may_give(const struct actor *actor, bool roles, bool official,
    struct err *err)
{
	if (actor->kind == ACTOR_OPERATOR || (actor->roles & ROLE_ADMIN) != 0)
		return 0;
	if (roles)
		return err_set(err, ERR_ROLE_REQUIRED, "roles",
		    "Only an admin says what an account may do");
	if (official && (actor->roles & ROLE_EDITOR) == 0)
		return err_set(err, ERR_ROLE_REQUIRED, "official",
		    "Only an editor makes an account official");
	return 0;
}

struct account_new {
	const char	*name, *email, *language, *official, *person, *hash;
	unsigned	 roles;
};

static int
account_read_new(const struct command *cmd, struct account_new *a,
    struct err *err)
{
	const char	*roles;

	if (command_str(cmd, "name", true, &a->name, err) != 0 ||
	    command_str(cmd, "email", false, &a->email, err) != 0 ||
	    command_str(cmd, "language", false, &a->language, err) != 0 ||
	    command_str(cmd, "official", false, &a->official, err) != 0 ||
	    command_str(cmd, "person", false, &a->person, err) != 0 ||
	    command_str(cmd, "roles", false, &roles, err) != 0)
		return -1;
	a->roles = ROLE_READER;
	if (roles != NULL && account_roles(roles, &a->roles, err) != 0)
		return -1;
	a->roles |= ROLE_READER;
	if (a->language != NULL && !account_language(a->language))
		return err_set(err, ERR_INVALID_FIELD, "language",
		    "language must be a language tag");
	if (a->email != NULL && *a->email == '\0')
		a->email = NULL;
	if (a->email != NULL && account_mail_check(a->email, err) != 0)
		return -1;
	a->hash = json_string_value(json_object_get(cmd->made, "password"));
	if (a->hash == NULL && cmd->actor.kind != ACTOR_OPERATOR)
		return err_set(err, ERR_INVALID_FIELD, "password",
		    "password is required");
	return account_may_give(&cmd->actor, a->roles != ROLE_READER ||
	    a->person != NULL, a->official != NULL, err);
}

/* Stages the member's row, name key and content. */
static int
account_stage(struct turn *t, const struct account_new *a, int64_t num,
    const char *id, struct buf *key, struct err *err)
{
	json_t	*prv;

	prv = json_pack("{s:I, s:s, s:s, s:i}", "account", (json_int_t)num,
	    "id", id, "kind", "member", "roles", (int)a->roles);
	account_set(prv, "language", a->language);
	account_set(prv, "official", a->official);
	account_set(prv, "person", a->person != NULL ? a->person : id);
	if (account_content(t, id, "name", a->name, prv, err) != 0 ||
	    account_content(t, id, "email", a->email, prv, err) != 0 ||
	    account_content(t, id, "password", a->hash, prv, err) != 0 ||
	    turn_derived(t, err, DERIVED_NAME_KEY, buf_str(key), num) != 0) {
		json_decref(prv);
		return -1;
	}
	return turn_emit(t, "account.created", NULL, prv, err);
}

int
account_create(struct turn *t, struct command *cmd, struct err *err)
{
	struct account_new	 a;
	struct buf		 key = BUF_INIT;
	char			 id[ID_MAX];
	int64_t			 num = account_next(t->db);
	int			 rc = -1;

	if (account_read_new(cmd, &a, err) != 0)
		return -1;
	if (account_name_key(&key, t->db, a.name, 0, err) != 0 ||
	    (cmd->actor.kind != ACTOR_OPERATOR &&
	    account_name_reserved(&key, err) != 0))
		goto out;
	if (crypto_id(id, ID_LEN) != 0) {
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
		goto out;
	}
	if (account_stage(t, &a, num, id, &key, err) != 0)
		goto out;
	cmd->status = 201;
	cmd->result = json_pack("{s:s, s:I}", "account", id, "num",
	    (json_int_t)num);
	rc = 0;
out:
	buf_free(&key);
	return rc;
}
