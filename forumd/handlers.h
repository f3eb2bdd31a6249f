/*
 * The handlers, as the table of routes names them: one section a file.
 */
/* LEAD TO "read" (temporary note, remove at the end): others now write
 *   "log": live.[ch], api_log.c, api_ledger.c, feed.c, openapi.c, metrics,
 *          page_log.c, page_policy.c, assets routes, api_health.c
 *   "me":  api_me.c, api_account.c (accounts, session), api_statement.c,
 *          page_me.c, page_account.c (sign-in, sign-up, /a/)
 *   "mod": api_review.c, api_stats.c, page_review.c, page_stats.c (desk)
 * You keep: view*, api_threads.c, api_comments.c, api_post.c, search.c,
 * page_thread.c, page_comment.c, embed pages. Lead writes routes.c. */
#ifndef FORUMD_HANDLERS_H
#define FORUMD_HANDLERS_H

#include "forumd/request.h"

/* api_threads.c */
request_handler	api_threads, api_thread, api_counts;
request_handler	api_policy, api_policy_one;
/* api_comments.c */
request_handler	api_comments, api_comment, api_comment_receipt;
request_handler	api_questions, api_search;
/* page_thread.c */
request_handler	page_home, page_thread, page_thread_post;
/* page_comment.c */
request_handler	page_comment;

#endif
