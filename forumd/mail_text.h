/*
 * What is told by e-mail: from an event to the address and the words, in the
 * reader's language. Nothing that another reader wrote is in them: a link
 * leads there. Reads forum.db as it stands: who has no confirmed address by
 * now, or whose matter is over, is told nothing.
 */
#ifndef FORUMD_MAIL_TEXT_H
#define FORUMD_MAIL_TEXT_H

#include "moderation/account_mail.h"
#include "moderation/locale.h"
#include "storage/event.h"

struct mail_text {
	struct db		*db;
	const struct house	*house;
	const struct policy	*policy;
	const char		*base;	/* no slash at its end */
	const char		*site;	/* the forum's name */
};

struct mail_letter {
	char			 to[ACCOUNT_MAIL_MAX + 1];
	const struct locale	*locale;
	const char		*subject;	/* the locale's */
	struct buf		 body;		/* owned */
	/* The account's link: it names the address, too. "" for others. */
	char			 token[ACCOUNT_MAIL_TOKEN];
	bool			 optional;	/* the link may end it */
};

/* How many letters may come of an event; 0 for most. */
int	mail_text_count(const struct event *e);
/* The n-th of them: 0 made, 1 there is nothing to tell, -1 failed. */
int	mail_text_write(const struct mail_text *t, const struct event *e,
	    int n, struct mail_letter *out, struct err *err);
void	mail_text_free(struct mail_letter *l);

#endif
