/*
 * What all pages share: the frame filled from a request, the security
 * headers, the page of a refusal.
 */
#ifndef FORUMD_PAGE_H
#define FORUMD_PAGE_H

#include "forumd/request.h"

/* Content-Security-Policy and its kin, for pages and for data. */
void	page_security(const struct request *rq, struct buf *head, bool html);
/* The page of a problem into rq->out. */
void	page_problem(struct request *rq, const struct err *err);
/* Opens and closes a page in rq->out; sets rq->type. p is request_page()'s,
 * with script, section and so on added by the caller between the two. */
void	page_begin(struct request *rq, struct html_page *p);
void	page_end(struct request *rq, struct html_page *p);

#endif
