/*
 * Settings, house rules, model and certificate, read again while the server
 * runs (SIGHUP, forumctl): all of them, or nothing.
 */
#ifndef FORUMD_RELOAD_H
#define FORUMD_RELOAD_H

#include "storage/base/err.h"

struct server;

/* On -1 nothing has changed. Not on a loop. */
int	reload_all(struct server *s, struct err *err);
/* Has the rules in force entered in the record, where they are not; waits. */
int	reload_adopt(struct server *s, struct err *err);
/* At the end: what former settings held is let go. */
void	reload_forget(struct server *s);

#endif
