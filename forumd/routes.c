/*
 * The table of routes: what the outside can ask for, by whom, and how it is
 * bounded. The first row that matches wins. /openapi.json is made from it.
 */
#include <stddef.h>

#include "forumd/handlers.h"

const struct route routes[] = {
	{ HTTP_GET, "/", page_home, ROUTE_PUBLIC | ROUTE_PAGE, LIMIT_READ,
	    "the threads", "invalid_field" },
	{ HTTP_GET, "/t/{slug}", page_thread, ROUTE_PUBLIC | ROUTE_PAGE,
	    LIMIT_READ, "a thread", "not_found invalid_field" },
	{ HTTP_POST, "/t/{slug}", page_thread_post, ROUTE_PAGE, LIMIT_COUNT,
	    "posts a comment by form", "not_found invalid_field "
	    "body_too_long thread_closed name_taken sanctioned rate_limited "
	    "csrf" },
	{ HTTP_POST, "/t/{slug}/comments", page_thread_post, ROUTE_PAGE,
	    LIMIT_COUNT, "posts a comment by form", "not_found invalid_field "
	    "body_too_long thread_closed name_taken sanctioned rate_limited "
	    "csrf" },
	{ HTTP_GET, "/embed/{slug}", page_thread, ROUTE_PUBLIC | ROUTE_PAGE |
	    ROUTE_EMBED, LIMIT_READ, "a thread for a frame",
	    "not_found invalid_field" },
	{ HTTP_POST, "/embed/{slug}", page_thread_post, ROUTE_PAGE |
	    ROUTE_EMBED, LIMIT_COUNT, "posts a comment by form",
	    "not_found invalid_field body_too_long thread_closed name_taken "
	    "sanctioned rate_limited csrf" },
	{ HTTP_GET, "/c/{id}", page_comment, ROUTE_PUBLIC | ROUTE_PAGE,
	    LIMIT_READ, "a comment in context", "not_found invalid_field" },
	{ HTTP_GET, "/api/v1/threads", api_threads, ROUTE_PUBLIC | ROUTE_CORS,
	    LIMIT_READ, "the threads, newest first", "invalid_field" },
	{ HTTP_GET, "/api/v1/threads/{slug}", api_thread, ROUTE_PUBLIC |
	    ROUTE_CORS, LIMIT_READ, "a thread with its public account",
	    "not_found" },
	{ HTTP_GET, "/api/v1/threads/{slug}/comments", api_comments,
	    ROUTE_PUBLIC | ROUTE_CORS, LIMIT_READ, "the comments of a thread",
	    "not_found invalid_field" },
	{ HTTP_GET, "/api/v1/threads/{slug}/questions", api_questions,
	    ROUTE_PUBLIC | ROUTE_CORS, LIMIT_READ,
	    "questions put to the authority or the paper", "not_found" },
	{ HTTP_GET, "/api/v1/comments/{id}", api_comment, ROUTE_PUBLIC |
	    ROUTE_CORS, LIMIT_READ, "one comment", "not_found" },
	{ HTTP_GET, "/api/v1/comments/{id}/receipt", api_comment_receipt, 0,
	    LIMIT_READ, "the receipt, for its author", "not_found" },
	{ HTTP_GET, "/api/v1/search", api_search, ROUTE_CORS, LIMIT_SEARCH,
	    "full-text search among visible comments",
	    "invalid_field not_found rate_limited" },
	{ HTTP_GET, "/api/v1/policy", api_policy, ROUTE_PUBLIC | ROUTE_CORS,
	    LIMIT_READ, "the house rules in force", "" },
	{ HTTP_GET, "/api/v1/policy/{digest}", api_policy_one, ROUTE_PUBLIC |
	    ROUTE_CORS, LIMIT_READ, "the house rules as they stood",
	    "not_found" },
	{ HTTP_POST, "/api/v1/counts", api_counts, ROUTE_CORS, LIMIT_READ,
	    "visible counts of article addresses", "bad_json invalid_field" },
	{ HTTP_POST, "/api/v1/accounts", api_account_create, 0, LIMIT_COUNT,
	    "signs a member up", "bad_json invalid_field name_taken "
	    "role_required rate_limited csrf" },
	{ HTTP_GET, "/api/v1/session", api_session, 0, LIMIT_READ,
	    "who one is, and the session's CSRF token", "" },
	{ HTTP_POST, "/api/v1/session", api_session_begin, 0, LIMIT_COUNT,
	    "signs in", "bad_json invalid_field sign_in_required "
	    "code_required rate_limited csrf" },
	{ HTTP_DELETE, "/api/v1/session", api_session_end, 0, LIMIT_COUNT,
	    "signs out", "csrf" },
	{ HTTP_POST, "/api/v1/me/password", api_me_password, ROUTE_MEMBER,
	    LIMIT_COUNT, "changes the password; ends all sessions",
	    "bad_json invalid_field sign_in_required rate_limited csrf" },
	{ HTTP_POST, "/api/v1/me/totp", api_me_totp, ROUTE_MEMBER,
	    LIMIT_COUNT, "tells a second factor's secret",
	    "bad_json invalid_field sign_in_required rate_limited csrf" },
	{ HTTP_POST, "/api/v1/me/totp/confirm", api_me_totp_confirm,
	    ROUTE_MEMBER, LIMIT_COUNT, "the second factor counts from now on",
	    "bad_json invalid_field sign_in_required code_required "
	    "rate_limited csrf" },
	{ HTTP_DELETE, "/api/v1/me/totp", api_me_totp_off, ROUTE_MEMBER,
	    LIMIT_COUNT, "takes the second factor away",
	    "bad_json invalid_field sign_in_required code_required "
	    "rate_limited csrf" },
	{ HTTP_GET, "/api/v1/me/tokens", api_me_tokens, ROUTE_MEMBER,
	    LIMIT_READ, "one's bearer tokens", "sign_in_required" },
	{ HTTP_POST, "/api/v1/me/tokens", api_me_token_make, ROUTE_MEMBER,
	    LIMIT_COUNT, "makes a bearer token, told once",
	    "bad_json invalid_field sign_in_required code_required "
	    "role_required csrf" },
	{ HTTP_DELETE, "/api/v1/me/tokens/{id}", api_me_token_revoke,
	    ROUTE_MEMBER, LIMIT_COUNT, "revokes a bearer token",
	    "not_found sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/me/author-key", api_me_key_rotate, ROUTE_MEMBER,
	    LIMIT_COUNT, "a new author key in the place of the old",
	    "invalid_field sign_in_required csrf" },
	{ HTTP_DELETE, "/api/v1/me/author-key", api_me_key_revoke,
	    ROUTE_MEMBER, LIMIT_COUNT, "revokes one's author key",
	    "invalid_field sign_in_required csrf" },
	{ HTTP_GET, "/api/v1/comments/{id}/statement", api_statement_comment,
	    ROUTE_CORS, LIMIT_READ, "the statement of reasons", "not_found" },
	{ HTTP_GET, "/api/v1/sanctions/{id}/statement",
	    api_statement_sanction, 0, LIMIT_READ,
	    "the statement of reasons of a sanction", "not_found" },
	{ HTTP_GET, "/api/v1/export/statements", api_statement_export,
	    ROUTE_EDITOR, LIMIT_READ, "statements for the EU's database",
	    "invalid_field sign_in_required role_required" },

	{ HTTP_GET, NULL, NULL, 0, LIMIT_COUNT, NULL, NULL }
};
