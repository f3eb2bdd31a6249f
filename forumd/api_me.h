/*
 * What one's own page shares with its JSON.
 */
#ifndef FORUMD_API_ME_H
#define FORUMD_API_ME_H

#include "forumd/request.h"
#include "forumd/view_me.h"

/* Was anything decided that a statement tells of? */
bool	api_me_has_statement(const struct view_comment *c);
/* Whose account the link's token shows; ERR_NOT_FOUND. */
int	api_link_account(struct request *rq, const char *token,
	    int64_t *account, struct err *err);
/* The arguments of account.erase: the password, or a guest's confirmation.
 * NULL with *err filled where that is missing. */
json_t	*api_me_erase_args(struct request *rq, struct err *err);

#endif
