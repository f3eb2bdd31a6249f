/*
 * The handlers, as the table of routes names them: one section a file.
 */
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
