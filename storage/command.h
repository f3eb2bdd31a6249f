/*
 * Commands: the one way to change anything. A command says who wants what;
 * its kind's decide() checks it against the present state and stages events.
 * Browser forms, JSON API, seed loader, admin tool, automation and other
 * nodes all hand in the same commands.
 *
 * Life: command_new → (prepare, on the submitter's thread: markup, pipeline,
 * password hashing) → writer_submit → decide, apply, commit → done() on the
 * writer's thread → command_free by whoever got it there.
 */
#ifndef STORAGE_COMMAND_H
#define STORAGE_COMMAND_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "storage/base/crypto.h"
#include "storage/base/err.h"

#define ROLE_READER	1u
#define ROLE_MODERATOR	2u
#define ROLE_EDITOR	4u
#define ROLE_ADMIN	8u
#define ROLE_STAFF	(ROLE_MODERATOR | ROLE_EDITOR | ROLE_ADMIN)

enum actor_kind {
	ACTOR_ANONYMOUS,
	ACTOR_GUEST,		/* holds an author key */
	ACTOR_MEMBER,		/* signed in, or a bearer token */
	ACTOR_OPERATOR,		/* forumctl, on the machine itself */
	ACTOR_SYSTEM		/* automation: deadlines, retention */
};

struct actor {
	enum actor_kind	kind;
	int64_t		account;	/* 0 for anonymous and automation */
	unsigned	roles;
	struct hash	address;	/* keyed, of the shortened address */
	struct hash	network;	/* keyed, of the wider network */
	bool		addressed;	/* the two above are set */
	char		language[8];	/* of the pages the person reads */
};

struct turn;
struct command;

struct command_kind {
	const char	*name;
	const char	*help;		/* for forumctl and the source reader */
	/* Roles any of which may hand it in; 0: anyone. The operator and
	 * automation always may. */
	unsigned	 roles;
	/* Reads state, stages events through the turn (writer.h), fills
	 * cmd->status and cmd->result. -1 refuses: nothing was written. */
	int		(*decide)(struct turn *t, struct command *cmd,
			    struct err *err);
};

struct command {
	const struct command_kind *kind;
	struct actor	 actor;
	json_t		*args;		/* owned; as handed in, checked by decide */
	json_t		*made;		/* owned; what prepare worked out */

	/* Idempotency (both zero length when there is no key): digests of
	 * (credential, key) and of the request. */
	bool		 keyed;
	struct hash	 key, body;

	/* The answer. result holds ids and numbers only, never text: it is
	 * kept for the idempotency window. secret is told once, never kept. */
	int		 status;	/* HTTP status, 0: refused by err */
	struct err	 err;
	json_t		*result;	/* owned */
	char		 secret[64];
	int		 retry_after;	/* seconds, with ERR_RATE_LIMITED */
	bool		 replayed;	/* the first answer, found again */
	bool		 moved;		/* nothing was done: another node
					 * decides, hand it in there */
	int64_t		 refused_thread;/* counts a refusal there, 0: nowhere */
	bool		 refused;	/* by prepare, err says why: handed in
					 * all the same, to be counted */
	uint64_t	 seq;		/* journal position after it */

	/* Called once, on the writer's thread, also at shutdown. */
	void		(*done)(struct command *cmd);
	void		*arg;
	uint64_t	 number;	/* whom to wake, and where */
	struct command	*next;		/* in the writer's queue */
};

/* Takes args over. NULL when memory ran out (args released). */
struct command	*command_new(const struct command_kind *kind,
		    const struct actor *actor, json_t *args);
void		 command_free(struct command **cmd);

/* Waiting for done(), for those who may block: begin sets it, then the
 * command is handed in, and where that succeeded end waits: 0, or -1 refused.
 * done is command_waited(), or one that ends by calling it; its cmd->arg is
 * the wait. */
struct command_wait {
	pthread_mutex_t	lock;
	pthread_cond_t	cond;
	bool		done;
};
void		 command_wait_begin(struct command_wait *wait,
		    struct command *cmd, void (*done)(struct command *cmd));
void		 command_waited(struct command *cmd);
int		 command_wait_end(struct command_wait *wait,
		    struct command *cmd, struct err *err);

/* Arguments, checked: 0, or -1 with ERR_INVALID_FIELD naming the field.
 * A missing optional argument gives NULL or the default. */
int		 command_str(const struct command *cmd, const char *key,
		    bool required, const char **out, struct err *err);
int		 command_int(const struct command *cmd, const char *key,
		    bool required, int64_t otherwise, int64_t *out,
		    struct err *err);
int		 command_bool(const struct command *cmd, const char *key,
		    bool otherwise, bool *out, struct err *err);

#endif
