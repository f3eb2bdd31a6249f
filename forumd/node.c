/*
 * One node among several. See node.h for the contract.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forumd/channel.h"
#include "forumd/node.h"
#include "forumd/peer.h"
#include "forumd/relay.h"
#include "forumd/server.h"
#include "forumd/settings.h"
#include "storage/base/clock.h"
#include "storage/base/log.h"
#include "storage/store.h"

#define NODE_GRACE_MS	3000	/* less than the relay waits */
#define NODE_ASK_MS	400	/* less than half of the shortest lease */

struct node {
	struct server	*server;
	struct cluster	*cluster;	/* owned */
	struct relay	*relay;		/* owned */
	struct peers	*peers;		/* owned */
	struct hash	 secret;
	int		 fd;		/* the door's, until peers has it */
	_Atomic int64_t	 unready;	/* since when (mono ms), 0: ready */
	char		 address[CHANNEL_ADDRESS];
};

/* ---- what the cluster asks of us ---- */

static int
node_peer_head(void *arg, const char *address, struct mark *out,
    struct err *err)
{
	struct node	*n = arg;

	return peer_ask_mark(address, &n->secret, NODE_ASK_MS, out, err);
}

static int
node_peer_batch(void *arg, const char *address, uint64_t after,
    struct buf *out, struct err *err)
{
	struct node	*n = arg;

	return peer_ask_batch(address, &n->secret, NODE_ASK_MS, after, out,
	    err);
}

static void
node_role(void *arg, bool leading)
{
	struct node	*n = arg;

	log_info("node: this node %s", leading ? "decides" : "follows");
	server_role(n->server, leading);
}

/* ---- life ---- */

int
node_settings(const struct settings *set, struct cluster_conf *conf,
    const char ***seeds, struct err *err)
{
	size_t	n;

	memset(conf, 0, sizeof(*conf));
	*seeds = NULL;
	for (n = 0; settings_item(set, "redis", n) != NULL; n++)
		;
	if (n == 0)
		return 0;
	conf->dir = settings_str(set, "data");
	conf->address = "";
	conf->node = settings_str(set, "node");
	if (conf->node == NULL)
		return err_set(err, ERR_INVALID_FIELD, "node",
		    "With redis set, node names this node");
	if (strlen(conf->node) > CLUSTER_NODE_MAX || conf->node[strspn(
	    conf->node, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
		return err_set(err, ERR_INVALID_FIELD, "node",
		    "A node's name has a to z, 0 to 9 and -, at most %d",
		    CLUSTER_NODE_MAX);
	if ((*seeds = calloc(n, sizeof(**seeds))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	conf->nredis = n;
	while (n-- > 0)
		(*seeds)[n] = settings_item(set, "redis", n);
	conf->redis = *seeds;
	conf->user = settings_str(set, "redis_user");
	conf->password = settings_str(set, "redis_password");
	conf->replicas = (int)settings_int(set, "redis_replicas");
	conf->lease_ms = (int)settings_int(set, "lease_ms");
	return 1;
}

static int
node_listen(struct node *n, const struct settings *set, struct err *err)
{
	const char	*address = settings_str(set, "node_listen");
	const char	*told = settings_str(set, "node_address");

	n->fd = channel_listen(address, n->address, err);
	if (n->fd < 0)
		return -1;
	if (told != NULL && strlen(told) < sizeof(n->address))
		strcpy(n->address, told);
	return 0;
}

/* A copy of a forum of several machines must not go on by itself. */
static int
node_alone(const char *dir, struct err *err)
{
	struct buf	 tag = BUF_INIT;
	struct db	*db;
	char		 path[4200];
	int		 found = 1;

	snprintf(path, sizeof(path), "%s/forum.db", dir);
	if (access(path, F_OK) != 0)
		return 0;
	if (store_reader(&db, dir, err) != 0)
		return -1;
	found = store_meta(db, CLUSTER_META, &tag, err);
	db_close(&db);
	buf_free(&tag);
	if (found == 0)
		return err_set(err, ERR_INVALID_FIELD, "redis", "%.100s is "
		    "one machine's copy of several: set redis, or take it "
		    "back to one machine with forumctl cluster dissolve",
		    dir);
	return found < 0 ? -1 : 0;
}

int
node_open(struct node **out, struct server *s, struct err *err)
{
	struct cluster_conf	 conf;
	struct node		*n;
	const char		**seeds;
	int			 rc;

	*out = NULL;
	if ((rc = node_settings(s->set, &conf, &seeds, err)) < 0)
		return -1;
	if (rc == 0)
		return node_alone(s->dir, err);
	if ((n = calloc(1, sizeof(*n))) == NULL) {
		free(seeds);
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	}
	n->server = s;
	n->fd = -1;
	n->unready = 1;		/* no grace before it was ready once */
	house_hmac(s->house, "channel", "", 0, &n->secret);
	conf.peer_head = node_peer_head;
	conf.peer_batch = node_peer_batch;
	conf.role = node_role;
	conf.arg = n;
	rc = node_listen(n, s->set, err);
	if (rc == 0) {
		conf.address = n->address;
		rc = cluster_new(&n->cluster, &conf, err);
	}
	free(seeds);
	if (rc != 0)
		node_free(&n);
	*out = n;
	return rc;
}

void
node_equip(struct node *n, struct writer_conf *wc)
{
	if (n != NULL)
		cluster_equip(n->cluster, wc);
}

int
node_start(struct node *n, struct err *err)
{
	struct peers_conf	 pc;
	struct server		*s;

	if (n == NULL)
		return 0;
	s = n->server;
	if (relay_open(&n->relay, n->cluster, s->writer, s->versions,
	    &n->secret, err) != 0)
		return -1;
	memset(&pc, 0, sizeof(pc));
	pc.cluster = n->cluster;
	pc.writer = s->writer;
	pc.versions = s->versions;
	pc.witnesses = s->witnesses;
	pc.secret = n->secret;
	pc.fd = n->fd;
	n->fd = -1;
	if (peers_open(&n->peers, &pc, err) != 0)
		return -1;
	log_info("node: %s at %s", settings_str(s->set, "node"), n->address);
	return cluster_start(n->cluster, s->writer, err);
}

void
node_stop(struct node *n)
{
	if (n == NULL)
		return;
	cluster_close(n->cluster);
	if (n->relay != NULL)
		relay_stop(n->relay);
	peers_close(&n->peers);
}

void
node_free(struct node **np)
{
	struct node	*n = *np;

	if (n == NULL)
		return;
	cluster_free(&n->cluster);
	relay_free(&n->relay);
	if (n->fd >= 0)
		close(n->fd);
	crypto_wipe(&n->secret, sizeof(n->secret));
	free(n);
	*np = NULL;
}

/* ---- commands ---- */

int
node_submit(struct server *s, struct command *cmd, struct err *err)
{
	if (node_leading(s) && writer_submit(s->writer, cmd, err) == 0)
		return 0;
	/* It led a moment ago, or never. */
	if (node_leading(s) && !cmd->moved)
		return -1;
	cmd->moved = false;
	return relay_submit(s->node->relay, cmd, err);
}

bool
node_again(struct server *s, struct command *cmd)
{
	struct err	err;

	if (!cmd->moved || s->node == NULL)
		return false;
	cmd->moved = false;
	return relay_submit(s->node->relay, cmd, &err) == 0;
}

struct node_wait {
	struct command_wait	 wait;		/* first: command_waited() */
	struct server		*server;
};

static void
node_ran(struct command *cmd)
{
	struct node_wait	*w = cmd->arg;

	if (!node_again(w->server, cmd))
		command_waited(cmd);
}

int
node_run(struct server *s, struct command *cmd, struct err *err)
{
	struct node_wait	w = { .server = s };

	command_wait_begin(&w.wait, cmd, node_ran);
	if (node_submit(s, cmd, err) != 0)
		return -1;
	return command_wait_end(&w.wait, cmd, err);
}

/* ---- what it knows ---- */

bool
node_leading(const struct server *s)
{
	return s->node == NULL || cluster_leading(s->node->cluster);
}

/* While the lease changes hands, changes wait in the relay; a balancer that
 * is told of each such moment would find no node at all. */
static int
node_cluster_ready(struct node *n, struct err *err)
{
	int64_t	now = clock_mono_ms(), none = 0;

	if (cluster_ready(n->cluster, err) == 0) {
		atomic_store(&n->unready, 0);
		return 0;
	}
	atomic_compare_exchange_strong(&n->unready, &none, now);
	return now - atomic_load(&n->unready) < NODE_GRACE_MS ? 0 : -1;
}

int
node_ready(struct server *s, struct err *err)
{
	if (s->node != NULL && node_cluster_ready(s->node, err) != 0)
		return -1;
	return node_leading(s) ? writer_ready(s->writer, err) : 0;
}

void
node_published(struct node *n)
{
	if (n != NULL && n->relay != NULL)
		relay_applied(n->relay);
}

void
node_resign(struct node *n)
{
	if (n != NULL)
		cluster_resign(n->cluster);
}

bool
node_invented(struct node *n, uint64_t seq)
{
	char		address[CLUSTER_ADDRESS_MAX];
	struct mark	m;
	struct err	err;

	if (cluster_leading(n->cluster))
		cluster_confirmed(n->cluster, &m);
	else if (!cluster_leader(n->cluster, address, sizeof(address)) ||
	    peer_ask_mark(address, &n->secret, NODE_ASK_MS, &m, &err) != 0)
		return false;
	return seq > m.seq;
}

int
node_witnessed(void *arg, uint64_t *size, struct buf *note)
{
	char		 address[CLUSTER_ADDRESS_MAX];
	struct server	*s = arg;
	struct err	 err;

	if (node_leading(s))
		return 1;
	if (!cluster_leader(s->node->cluster, address, sizeof(address)))
		return -1;
	return peer_ask_witnessed(address, &s->node->secret, NODE_ASK_MS,
	    size, note, &err);
}

struct cluster *
node_cluster(struct node *n)
{
	return n->cluster;
}

size_t
node_waiting(struct node *n)
{
	return n->relay == NULL ? 0 : relay_waiting(n->relay);
}
