/*
 * Who a request is from. A session is a signed token in a cookie: account,
 * epoch, times and a random id under an HMAC, so that it needs no table and
 * outlives a restart; raising the account's epoch ends all of them, and the
 * table session_ended names the few that were signed out before their time.
 * Somebody who has not signed in may hold one too (account 0), for the sake
 * of its CSRF token.
 *
 * Beside it: bearer tokens, and the author keys of guests, as a cookie or a
 * field. What is sent explicitly goes before cookies, and a wrong one is
 * refused, never passed over. Signing in is in sign_in.h.
 */
#ifndef FORUMD_SESSION_H
#define FORUMD_SESSION_H

#include "forumd/address.h"
#include "forumd/http.h"
#include "moderation/house.h"
#include "moderation/lookup.h"

#define SESSION_TOKEN_MAX	192	/* of the cookie's value */
#define SESSION_COOKIE_MAX	400	/* of a Set-Cookie field line's value */
#define SESSION_ID_LEN		32
#define SESSION_CSRF_LEN	64	/* hex */

enum session_how {
	SESSION_NONE,		/* nobody; no cookie of ours */
	SESSION_ANONYMOUS,	/* a session without an account */
	SESSION_COOKIE,		/* a member, signed in */
	SESSION_BEARER,
	SESSION_AUTHOR_COOKIE,	/* a guest */
	SESSION_AUTHOR_KEY
};

/* Where a cookie holds: without TLS; with it; or with it in a frame on another
 * site's page, where a browser gives back only a cookie of that page's own
 * partition. The three have names of their own. */
enum session_place { SESSION_PLAIN, SESSION_TLS, SESSION_FRAME };

#define SCOPE_READ	1u
#define SCOPE_POST	2u
#define SCOPE_MODERATE	4u
#define SCOPE_EDIT	8u
#define SCOPE_ADMIN	16u
#define SCOPE_ALL	31u

/* What a request brings; spans that it lacks have length 0. */
struct session_input {
	struct http_span	 cookie, authorization, author_key;
	struct address		 client;
	enum session_place	 place;
	int64_t			 now;		/* ms */
	int64_t			 idle_ms;	/* settings: session_idle_... */
	const char		*language;	/* of the page, or NULL */
};

struct identity {
	enum session_how	 how;
	struct actor		 actor;
	struct account_row	 account;	/* num 0: nobody */
	unsigned		 scopes;
	bool			 code_missing;	/* staff who act as readers
						   until they have a code */
	/* Of a session (ANONYMOUS, COOKIE; for an author cookie, of the
	 * anonymous session beside it). */
	char			 id[SESSION_ID_LEN + 1];
	char			 csrf[SESSION_CSRF_LEN + 1];
	int64_t			 issued, expires;
	bool			 refresh;	/* set the cookie anew */
};

/* 0, or -1 with ERR_SIGN_IN_REQUIRED for a bearer token or author key that is
 * wrong. A cookie that is not (or no longer) good counts as none. */
int	session_identify(struct house *h, struct db *db,
	    const struct session_input *in, struct identity *out,
	    struct err *err);

/* May the token be used for this? Sessions and keys always may. */
int	session_scope(const struct identity *who, bool unsafe,
	    struct err *err);

/* For every method but GET, HEAD, OPTIONS: does the request come from our
 * own pages? token is X-CSRF-Token or the form's field csrf. */
struct session_origin {
	struct http_span	 origin, fetch_site, host;
	bool			 secure;
};
int	session_csrf(const struct identity *who,
	    const struct session_origin *from, struct http_span token,
	    struct err *err);

/* The value of a Set-Cookie field for a new session: account 0 for the
 * anonymous one. The old one's id is not used again. out_id, csrf: of the
 * new one, or NULL. -1 where there is no randomness. */
int	session_begin(struct house *h, int64_t account, int64_t epoch,
	    int64_t now, int64_t lifetime_ms, enum session_place place,
	    char cookie[SESSION_COOKIE_MAX], char csrf[SESSION_CSRF_LEN + 1],
	    struct err *err);
/* The same session, seen now. */
void	session_again(struct house *h, const struct identity *who,
	    int64_t now, enum session_place place,
	    char cookie[SESSION_COOKIE_MAX]);
/* Takes the cookie away. The caller also submits session.end with
 * {"session": id, "expires_at": expires} for a member's. */
void	session_drop(enum session_place place,
	    char cookie[SESSION_COOKIE_MAX]);
/* Keeps an author key, beside those that the request's Cookie field has. */
void	session_author_cookie(struct http_span cookie, const char *key,
	    enum session_place place, char out[SESSION_COOKIE_MAX]);

/* Fills address and network of an actor from the client's address. */
void	session_address(struct house *h, const struct address *client,
	    struct actor *actor);

#endif
