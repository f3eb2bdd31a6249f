/*
 * E-mail: a follower that tells people by mail what their inbox tells, once
 * they have confirmed an address, and answers notices of illegality that
 * came with one. Its place in the journal and what still has to be sent lie
 * in DIR/mail.db: numbers of events, never an address or a word of text.
 *
 * A mail may be sent once more after a crash, with the same Message-ID. What
 * a server puts off is tried again for some days; a recipient whom it
 * refuses for good is written to no more, and finds that said at /me. A new
 * mail.db begins at the present.
 */
#ifndef FORUMD_MAIL_H
#define FORUMD_MAIL_H

#include <stdbool.h>

#include "storage/base/err.h"

struct mail;
struct server;

/* Once the writer is there. *out is NULL where no mail server is set; -1: the
 * settings or mail.db cannot be used. Sends from now on, or only follows. */
int	mail_open(struct mail **out, struct server *s, bool paused,
	    struct err *err);
/* Any thread: there may be new events. */
void	mail_poke(struct mail *m);
/* Of several nodes one sends: a paused one only follows, a minute behind, so
 * that it can take over with what the other may not have got round to. What
 * it had begun to send it goes on with. Any thread, at any time. */
void	mail_pause(struct mail *m, bool paused);
/* Ends the thread, breaking off what is being sent: before node and writer
 * are closed. mail_poke() may still be called. */
void	mail_stop(struct mail *m);
void	mail_close(struct mail **m);

#endif
