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

	{ HTTP_GET, NULL, NULL, 0, LIMIT_COUNT, NULL, NULL }
};
