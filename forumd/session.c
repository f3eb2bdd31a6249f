/*
 * Session tokens, cookies and identities. See session.h for the contract.
 *
 * A token is "account.epoch.issued.seen.expires.id.mac": decimal seconds,
 * the id of 160 random bits, and the HMAC of all before it in hex.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/session.h"
#include "moderation/account.h"
#include "storage/base/buf.h"

#define SESSION_SEEN_MS	(15 * 60 * 1000)	/* between refreshes */
#define SESSION_KEYS	8			/* author keys in a cookie */
#define SESSION_YEAR_S	(365 * 86400)

struct session_token {
	int64_t	account, epoch, issued, seen, expires;	/* seconds */
	char	id[SESSION_ID_LEN + 1];
};

static void
session_hex(const struct hash *h, char out[HASH_LEN * 2 + 1])
{
	size_t	i;

	for (i = 0; i < HASH_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", h->b[i]);
}

static void
session_mac(struct house *h, const char *purpose, const char *text,
    char out[HASH_LEN * 2 + 1])
{
	struct hash	mac;

	house_hmac(h, purpose, text, strlen(text), &mac);
	session_hex(&mac, out);
}

static void
session_format(struct house *h, const struct session_token *t,
    char out[SESSION_TOKEN_MAX])
{
	char	mac[HASH_LEN * 2 + 1];
	size_t	n;

	n = (size_t)snprintf(out, SESSION_TOKEN_MAX, "%lld.%lld.%lld.%lld.%lld"
	    ".%s", (long long)t->account, (long long)t->epoch,
	    (long long)t->issued, (long long)t->seen, (long long)t->expires,
	    t->id);
	session_mac(h, "session", out, mac);
	snprintf(out + n, SESSION_TOKEN_MAX - n, ".%s", mac);
}

/* 0 where the token is ours and unchanged; says nothing of its age. */
static int
session_parse(struct house *h, struct http_span value,
    struct session_token *t)
{
	char		 text[SESSION_TOKEN_MAX], mac[HASH_LEN * 2 + 1], *dot;
	long long	 n[5];
	int		 at = 0;

	if (value.len >= sizeof(text) || value.len == 0)
		return -1;
	memcpy(text, value.p, value.len);
	text[value.len] = '\0';
	if ((dot = strrchr(text, '.')) == NULL || strlen(dot + 1) !=
	    HASH_LEN * 2)
		return -1;
	*dot = '\0';
	session_mac(h, "session", text, mac);
	if (!crypto_equal(mac, dot + 1, HASH_LEN * 2))
		return -1;
	if (sscanf(text, "%lld.%lld.%lld.%lld.%lld.%32s%n", &n[0], &n[1],
	    &n[2], &n[3], &n[4], t->id, &at) != 6 || text[at] != '\0')
		return -1;
	t->account = n[0];
	t->epoch = n[1];
	t->issued = n[2];
	t->seen = n[3];
	t->expires = n[4];
	return 0;
}

static const struct {
	const char	*session, *author, *attributes;
} session_places[] = {
	[SESSION_PLAIN] = { "session", "author", "SameSite=Lax" },
	[SESSION_TLS] = { "__Host-session", "__Host-author",
	    "SameSite=Lax; Secure" },
	[SESSION_FRAME] = { "__Host-frame-session", "__Host-frame-author",
	    "SameSite=None; Secure; Partitioned" },
};

/* The value of a cookie by name; length 0 where there is none. */
static struct http_span
session_cookie(struct http_span field, const char *name)
{
	struct http_span	none = { "", 0 }, v;
	size_t			i = 0, end, n = strlen(name);

	while (i < field.len) {
		while (i < field.len && (field.p[i] == ' ' ||
		    field.p[i] == ';'))
			i++;
		for (end = i; end < field.len && field.p[end] != ';';)
			end++;
		if (end - i > n && memcmp(field.p + i, name, n) == 0 &&
		    field.p[i + n] == '=') {
			v.p = field.p + i + n + 1;
			v.len = end - i - n - 1;
			while (v.len > 0 && v.p[v.len - 1] == ' ')
				v.len--;
			return v;
		}
		i = end;
	}
	return none;
}

static void
session_set_cookie(const char *name, const char *value, int64_t age,
    enum session_place place, char out[SESSION_COOKIE_MAX])
{
	snprintf(out, SESSION_COOKIE_MAX, "%s=%s; Path=/; Max-Age=%lld; "
	    "HttpOnly; %s", name, value, (long long)age,
	    session_places[place].attributes);
}

int
session_begin(struct house *h, int64_t account, int64_t epoch, int64_t now,
    int64_t lifetime_ms, enum session_place place,
    char cookie[SESSION_COOKIE_MAX], char csrf[SESSION_CSRF_LEN + 1], struct err *err)
{
	struct session_token	t;
	char			text[SESSION_TOKEN_MAX];

	if (crypto_id(t.id, SESSION_ID_LEN) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	t.account = account;
	t.epoch = epoch;
	t.issued = t.seen = now / 1000;
	t.expires = t.issued + lifetime_ms / 1000;
	session_format(h, &t, text);
	session_set_cookie(session_places[place].session, text,
	    lifetime_ms / 1000, place, cookie);
	if (csrf != NULL)
		session_mac(h, "csrf", t.id, csrf);
	return 0;
}

void
session_again(struct house *h, const struct identity *who, int64_t now,
    enum session_place place, char cookie[SESSION_COOKIE_MAX])
{
	struct session_token	t;
	char			text[SESSION_TOKEN_MAX];

	t.account = who->how == SESSION_COOKIE ? who->account.num : 0;
	t.epoch = who->how == SESSION_COOKIE ? who->account.epoch : 0;
	t.issued = who->issued / 1000;
	t.seen = now / 1000;
	t.expires = who->expires / 1000;
	memcpy(t.id, who->id, sizeof(t.id));
	session_format(h, &t, text);
	session_set_cookie(session_places[place].session, text,
	    t.expires - now / 1000, place, cookie);
}

void
session_drop(enum session_place place, char cookie[SESSION_COOKIE_MAX])
{
	session_set_cookie(session_places[place].session, "", 0, place,
	    cookie);
}

/* The cookie's keys are joined by dots, newest first. */
void
session_author_cookie(struct http_span cookie, const char *key,
    enum session_place place, char out[SESSION_COOKIE_MAX])
{
	struct http_span	old;
	char			value[SESSION_KEYS *
				    (ACCOUNT_SECRET_LEN + 1) + 1];
	size_t			keep;

	old = session_cookie(cookie, session_places[place].author);
	keep = (size_t)(SESSION_KEYS - 1) * (ACCOUNT_SECRET_LEN + 1) - 1;
	if (old.len > keep)
		old.len = keep;
	if (old.len % (ACCOUNT_SECRET_LEN + 1) != ACCOUNT_SECRET_LEN ||
	    memchr(old.p, '"', old.len) != NULL)
		old.len = 0;
	snprintf(value, sizeof(value), "%s%s%.*s", key,
	    old.len > 0 ? "." : "", (int)old.len, old.p);
	session_set_cookie(session_places[place].author, value,
	    SESSION_YEAR_S, place, out);
}

void
session_address(struct house *h, const struct address *client,
    struct actor *actor)
{
	unsigned char	b[16];

	if (!client->known)
		return;
	address_shorten(client, false, b);
	house_hmac(h, "address", b, sizeof(b), &actor->address);
	address_shorten(client, true, b);
	house_hmac(h, "network", b, sizeof(b), &actor->network);
	actor->addressed = true;
}

/* Takes the account on: a guest's or a member's. */
static void
session_become(struct identity *who, enum session_how how,
    enum actor_kind kind)
{
	who->how = how;
	who->actor.kind = kind;
	who->actor.account = who->account.num;
	who->actor.roles = who->account.roles;
}

static const struct {
	const char	*name;
	unsigned	 scope;
} session_scopes[] = {
	{ "read", SCOPE_READ }, { "post", SCOPE_POST },
	{ "moderate", SCOPE_MODERATE }, { "edit", SCOPE_EDIT },
	{ "admin", SCOPE_ADMIN },
};

static unsigned
session_scope_mask(const char *text)
{
	unsigned	mask = 0;
	size_t		i, n;

	for (;; text += n + 1) {
		n = strcspn(text, ",");
		for (i = 0; i < sizeof(session_scopes) /
		    sizeof(session_scopes[0]); i++) {
			if (strlen(session_scopes[i].name) == n &&
			    memcmp(session_scopes[i].name, text, n) == 0)
				mask |= session_scopes[i].scope;
		}
		if (text[n] == '\0')
			return mask;
	}
}

/* The roles that the token's scopes leave of the account's. A narrower token
 * of a higher role acts as the lower one. */
static unsigned
session_scope_roles(unsigned scopes, unsigned roles)
{
	unsigned	r = roles & ROLE_READER;

	if ((scopes & SCOPE_ADMIN) != 0)
		r |= roles & ROLE_ADMIN;
	if ((scopes & SCOPE_EDIT) != 0) {
		r |= roles & ROLE_EDITOR;
		if ((roles & ROLE_ADMIN) != 0 && (r & ROLE_STAFF) == 0)
			r |= ROLE_EDITOR;
	}
	if ((scopes & SCOPE_MODERATE) != 0) {
		r |= roles & ROLE_MODERATOR;
		if ((roles & ROLE_STAFF) != 0 && (r & ROLE_STAFF) == 0)
			r |= ROLE_MODERATOR;
	}
	return r;
}

static int
session_bearer(struct db *db, const struct session_input *in,
    struct identity *who, struct err *err)
{
	struct http_span	v = in->authorization;
	struct stmt		*s;
	struct hash		h;
	int64_t			num = 0;

	if (v.len > 7 && strncasecmp(v.p, "Bearer ", 7) == 0) {
		crypto_sha256(&h, v.p + 7, v.len - 7);
		s = db_query(db, "SELECT account, scope FROM token WHERE "
		    "hash = ? AND revoked = 0 AND (expires_at IS NULL OR "
		    "expires_at > ?)", "bi", (const void *)h.b,
		    (size_t)HASH_LEN, in->now);
		if (stmt_step(s) == 1) {
			num = stmt_int(s, 0);
			who->scopes = session_scope_mask(stmt_text(s, 1));
		}
		if (stmt_done(s, err) != 0)
			return -1;
	}
	if (num == 0)
		return err_set(err, ERR_SIGN_IN_REQUIRED, "Authorization",
		    "The bearer token is wrong, expired or revoked");
	if (lookup_account(db, num, &who->account, err) != 0)
		return -1;
	session_become(who, SESSION_BEARER, ACTOR_MEMBER);
	who->actor.roles = session_scope_roles(who->scopes,
	    who->account.roles);
	return 0;
}

static int
session_author(struct db *db, struct http_span key, enum session_how how,
    struct identity *who, struct err *err)
{
	struct hash	h;

	crypto_sha256(&h, key.p, key.len);
	if (lookup_account_key(db, &h, &who->account, err) != 0) {
		memset(&who->account, 0, sizeof(who->account));
		return err->code != ERR_NOT_FOUND ? -1 : err_set(err,
		    ERR_SIGN_IN_REQUIRED, "X-Author-Key",
		    "The author key is wrong or was revoked");
	}
	session_become(who, how, ACTOR_GUEST);
	return 0;
}

/* The first key of the cookie that is still good. */
static int
session_author_any(struct db *db, const struct session_input *in,
    enum session_place place, struct identity *who, struct err *err)
{
	struct http_span	all, key;
	size_t			n, i;

	all = session_cookie(in->cookie, session_places[place].author);
	for (i = 0; i < SESSION_KEYS && all.len > 0; i++) {
		for (n = 0; n < all.len && all.p[n] != '.';)
			n++;
		key.p = all.p;
		key.len = n;
		if (n == ACCOUNT_SECRET_LEN && session_author(db, key,
		    SESSION_AUTHOR_COOKIE, who, err) == 0)
			return 0;
		if (n == ACCOUNT_SECRET_LEN && err->code !=
		    ERR_SIGN_IN_REQUIRED)
			return -1;
		all.p += n < all.len ? n + 1 : n;
		all.len -= n < all.len ? n + 1 : n;
	}
	return 0;
}

/* A member's session, checked against the account as it is now. */
static int
session_member(struct house *h, struct db *db, const struct session_token *t,
    struct identity *who, struct err *err)
{
	if (db_int(db, 0, "SELECT 1 FROM session_ended WHERE id = ?", "s",
	    t->id) != 0)
		return 0;
	if (lookup_account(db, t->account, &who->account, err) != 0 ||
	    who->account.epoch != t->epoch || who->account.erased) {
		memset(&who->account, 0, sizeof(who->account));
		return 0;
	}
	session_become(who, SESSION_COOKIE, ACTOR_MEMBER);
	if (house_staff_code(h) && !who->account.totp &&
	    (who->actor.roles & ROLE_STAFF) != 0) {
		who->code_missing = true;
		who->actor.roles = ROLE_READER;
	}
	return 0;
}

static int
session_from_cookie(struct house *h, struct db *db,
    const struct session_input *in, enum session_place place,
    struct identity *who, struct err *err)
{
	struct session_token	t;

	if (session_parse(h, session_cookie(in->cookie,
	    session_places[place].session), &t) != 0 ||
	    in->now / 1000 >= t.expires ||
	    in->now >= t.seen * 1000 + in->idle_ms)
		return 0;
	who->how = SESSION_ANONYMOUS;
	if (t.account != 0) {
		who->how = SESSION_NONE;
		if (session_member(h, db, &t, who, err) != 0)
			return -1;
		if (who->how == SESSION_NONE)
			return 0;
	}
	memcpy(who->id, t.id, sizeof(who->id));
	session_mac(h, "csrf", t.id, who->csrf);
	who->issued = t.issued * 1000;
	who->expires = t.expires * 1000;
	who->refresh = in->now - t.seen * 1000 > SESSION_SEEN_MS;
	return 0;
}

/* A frame on a page of our own site is given the other cookies too. */
static int
session_from_cookies(struct house *h, struct db *db,
    const struct session_input *in, struct identity *who, struct err *err)
{
	enum session_place	place = in->place;

	for (;; place = SESSION_TLS) {
		if (session_from_cookie(h, db, in, place, who, err) != 0 ||
		    (who->how != SESSION_COOKIE &&
		    session_author_any(db, in, place, who, err) != 0))
			return -1;
		if (who->how > SESSION_ANONYMOUS || place != SESSION_FRAME)
			return 0;
	}
}

int
session_identify(struct house *h, struct db *db,
    const struct session_input *in, struct identity *out, struct err *err)
{
	struct err	why;

	memset(out, 0, sizeof(*out));
	out->scopes = SCOPE_ALL;
	out->actor.kind = ACTOR_ANONYMOUS;
	session_address(h, &in->client, &out->actor);
	if (in->language != NULL)
		snprintf(out->actor.language, sizeof(out->actor.language),
		    "%s", in->language);
	if (in->authorization.len > 0)
		return session_bearer(db, in, out, err);
	if (in->author_key.len > 0)
		return session_author(db, in->author_key, SESSION_AUTHOR_KEY,
		    out, err);
	if (in->cookie.len == 0)
		return 0;
	if (session_from_cookies(h, db, in, out, &why) != 0) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	return 0;
}

int
session_scope(const struct identity *who, bool unsafe, struct err *err)
{
	if (who->how != SESSION_BEARER)
		return 0;
	if (unsafe ? (who->scopes & ~SCOPE_READ) != 0 : who->scopes != 0)
		return 0;
	return err_set(err, ERR_ROLE_REQUIRED, NULL,
	    "The token's scope does not allow this");
}

/* Is Origin our own address? */
static bool
session_same_origin(const struct session_origin *from)
{
	const char	*scheme = from->secure ? "https://" : "http://";
	size_t		 n = strlen(scheme);

	return from->origin.len == n + from->host.len &&
	    memcmp(from->origin.p, scheme, n) == 0 &&
	    strncasecmp(from->origin.p + n, from->host.p,
	    from->host.len) == 0;
}

int
session_csrf(const struct identity *who, const struct session_origin *from,
    struct http_span token, struct err *err)
{
	bool	own;

	if (who->how == SESSION_BEARER || who->how == SESSION_AUTHOR_KEY)
		return 0;
	/* Under Referrer-Policy: no-referrer browsers send "null" with our
	 * own pages' forms; then Sec-Fetch-Site alone tells. */
	own = from->origin.len > 0 && !http_span_is(from->origin, "null") ?
	    session_same_origin(from) :
	    http_span_is(from->fetch_site, "same-origin");
	if ((from->origin.len > 0 && !own) || (from->fetch_site.len > 0 &&
	    !http_span_is(from->fetch_site, "same-origin") &&
	    !http_span_is(from->fetch_site, "none")))
		return err_set(err, ERR_CSRF, NULL,
		    "The request comes from another site");
	if (token.len > 0 || who->how == SESSION_COOKIE) {
		if (who->csrf[0] != '\0' && token.len == SESSION_CSRF_LEN &&
		    crypto_equal(token.p, who->csrf, SESSION_CSRF_LEN))
			return 0;
		if (who->how != SESSION_NONE)
			return err_set(err, ERR_CSRF, "csrf",
			    "The form's token is missing or wrong");
	}
	/* Without an account to misuse, our own page's word is enough; a
	 * script without any cookie can harm nobody but its owner. */
	if (own || who->how == SESSION_NONE)
		return 0;
	return err_set(err, ERR_CSRF, "csrf",
	    "The form's token is missing or wrong");
}
