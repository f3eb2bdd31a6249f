/*
 * The e-mail address of an account as the answers show it.
 */
#ifndef FORUMD_API_MAIL_H
#define FORUMD_API_MAIL_H

#include "forumd/request.h"
#include "moderation/account_mail.h"

/* The reader's address as it stands: its state, "" for no address. */
enum account_mail_state	api_mail_state(struct request *rq,
			    struct buf *address);
/* The object "email" of whoever asks. */
void	api_mail_json(struct request *rq, struct buf *b);
/* -1 where this forum sends no mail. */
int	api_mail_sends(const struct request *rq, struct err *err);

#endif
