/*
 * The admin's tool: what its commands share. Commands that change something
 * go to the running server over its control socket, or, where none runs,
 * through a house and writer of our own under the lock.
 *
 * To add a command, add a row to ctl_commands[] in forumctl_main.c.
 */
#ifndef FORUMD_CTL_H
#define FORUMD_CTL_H

#include <jansson.h>
#include <stdbool.h>

#include "forumd/settings.h"
#include "storage/base/buf.h"
#include "storage/base/err.h"

struct ctl;

/* set is borrowed and names the data directory, if the command needs one. */
int		 ctl_open(struct ctl **out, const struct settings *set,
		    bool json, struct err *err);
void		 ctl_close(struct ctl **c);
const char	*ctl_dir(const struct ctl *c);
bool		 ctl_json(const struct ctl *c);
const struct settings *ctl_settings(const struct ctl *c);

/* Hands one command in (args and as are taken over; as may be NULL) and
 * gives the answer, the caller's. -1 where it was refused. */
int		 ctl_command(struct ctl *c, const char *kind, json_t *args,
		    json_t *as, json_t **answer, struct err *err);
/* A member of the answer's result as text; "" where there is none. */
const char	*ctl_result(const json_t *answer, const char *key);

/* 1 where a server runs (and does the work), 0 where the lock is ours now,
 * -1. For work on the files themselves. */
int		 ctl_alone(struct ctl *c, struct err *err);

/* Prints a result: as it is with --json, else "key value" lines. */
void		 ctl_print(const struct ctl *c, const json_t *result);

/* ctl_seed.c, ctl_store.c, ctl_key.c, ctl_policy.c, ctl_cluster.c: argv behind
 * the command's name. */
#define CTL(name) int name(struct ctl *c, int argc, char **argv,	       \
			    struct err *err)
CTL(ctl_seed);
CTL(ctl_store_rebuild);
CTL(ctl_store_verify);
CTL(ctl_store_backup);
CTL(ctl_store_restore);
CTL(ctl_store_export);
CTL(ctl_key);
CTL(ctl_cluster);
CTL(ctl_policy);
CTL(ctl_user);
CTL(ctl_token);

/* A wrong use of a command: what is to be told, and exit status 2. */
#define CTL_USAGE	ERR_BAD_REQUEST

#endif
