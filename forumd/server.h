/*
 * The process: what all loops share, and what each loop has for itself.
 *
 * A shard is one loop's half: its event base, its read connection, its cache
 * of finished public answers, its live listeners. Nothing in it is locked,
 * because nobody else touches it. What crosses threads goes through
 * loop_post(), the writer's queue or the workers' queue, always by value or
 * with one owner at a time.
 */
#ifndef FORUMD_SERVER_H
#define FORUMD_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "forumd/loop.h"
#include "forumd/tls.h"
#include "moderation/commands.h"

struct settings;
struct cache;
struct live;
struct workers;
struct search;
struct witnesses;
struct mail;
struct address_list;
struct node;

/* conn_kind() of the listeners that give /metrics alone. */
#define SERVER_METRICS	1

struct server {
	const struct settings	*_Atomic set;	/* a reload replaces it */
	const struct settings_source *source;	/* of further ones, or NULL */
	struct settings_kept	*kept;		/* replaced, still referred to */
	struct house		*house;
	struct writer		*writer;
	struct versions		*versions;
	struct workers		*workers;
	struct search		*search;	/* the follower, see search.h */
	struct witnesses	*witnesses;	/* another, or NULL */
	struct node		*node;		/* NULL: one machine */
	struct mail		*mail;		/* another, or NULL */
	struct tls		*tls;		/* NULL: plain HTTP */
	struct address_list	*trusted;	/* proxies */
	const char		*dir;
	int			 lock;		/* holds DIR/lock */
	char			 origin[NOTE_NAME_MAX + 1]; /* newest log's */
	pthread_mutex_t		 keys_lock;	/* guards the two below */
	struct note_key		 key[2];	/* signing, the newest first */
	size_t			 keys;
	char			 build[20];	/* names the assets */
	char			 model[4096];	/* path of the model's file */
	struct shard		*shards;
	int			 nshards;
	_Atomic bool		 draining;
	int64_t			 started;	/* mono ms */
};

struct shard {
	struct server	*server;
	struct loop	*loop;
	struct db	*db;		/* read-only; this thread's */
	struct cache	*cache;
	struct live	*live;
	_Atomic bool	 poked;		/* a look at the versions is due */
	struct request	*parked;	/* until more is applied, see
					 * request_seen.c */
	struct loop_timer *look;	/* at them; NULL on one machine */
	/* Counted for /metrics; read racily by whoever asks. */
	_Atomic uint64_t requests, hits, misses, refused;
};

/* Reads the settings again, as at start: the file, then the options. */
struct settings_source {
	int	(*read)(void *arg, struct settings **out, struct err *err);
	void	*arg;
};

/* Starts everything and returns when it has ended: the daemon's body. ready
 * is called once with each bound address. */
int	server_run(const struct settings *set,
	    const struct settings_source *source,
	    void (*ready)(const char *address), struct err *err);
/* House and writer alone, under the same lock: what forumctl works with where
 * no server runs. */
int	server_open_alone(struct server **out, const struct settings *set,
	    struct err *err);
void	server_close_alone(struct server **s);
/* This node begins or ends to decide. Any thread. */
void	server_role(struct server *s, bool leading);

#endif
