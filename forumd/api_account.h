/*
 * Entering and leaving, as JSON handlers and pages share it.
 */
#ifndef FORUMD_API_ACCOUNT_H
#define FORUMD_API_ACCOUNT_H

#include "forumd/request.h"

/* A new session's cookie into rq->head (account NULL: the anonymous one),
 * in the place of the old one. csrf gets its token. */
int	api_account_enter(struct request *rq, const struct account_row *a,
	    char csrf[SESSION_CSRF_LEN + 1], struct err *err);
/* After a change that ended all sessions: goes on in a new one where the
 * request came with one. */
int	api_account_stay(struct request *rq, const struct command *cmd,
	    struct err *err);
/* Checks name, password and code of the body; on a worker. */
int	api_account_check(struct request *rq, struct account_row *out,
	    struct err *err);
/* Submits session.end for the request's own session; then answers. */
int	api_account_leave(struct request *rq, request_then *then,
	    struct err *err);
/* An account as an object: id, kind, name, language and so on. */
void	api_account_json(struct request *rq, struct buf *b,
	    const struct account_row *a);
/* ["reader","moderator"] */
void	api_account_roles(struct buf *b, unsigned roles);
/* May this request make or change credentials? Not a token, and not staff
 * who have yet to set up their second factor. */
int	api_account_may_issue(const struct request *rq, struct err *err);

#endif
