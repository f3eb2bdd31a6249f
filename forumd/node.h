/*
 * This process as one node among several (settings redis and node): the
 * cluster's threads, the relay of commands to the node that decides, and the
 * door for the other nodes. On one machine there is none of it, and NULL
 * stands for that everywhere here.
 */
#ifndef FORUMD_NODE_H
#define FORUMD_NODE_H

#include <stdbool.h>

#include "storage/cluster.h"
#include "storage/command.h"
#include "storage/writer.h"

struct node;
struct server;
struct settings;

/* Fills conf from the settings: 1; 0 where redis is not set; -1. Texts are
 * the settings'; *seeds is the caller's to free. */
int	node_settings(const struct settings *set, struct cluster_conf *conf,
	    const char ***seeds, struct err *err);

/* Before the writer is opened (server->house, dir and versions are there);
 * *out is NULL on one machine. */
int	node_open(struct node **out, struct server *s, struct err *err);
/* What the writer needs of it. */
void	node_equip(struct node *n, struct writer_conf *wc);
/* Once server->writer is there: threads, relay, door. */
int	node_start(struct node *n, struct err *err);
/* Before the writer is closed: gives the lease back, answers what waits. */
void	node_stop(struct node *n);
/* After the writer was closed. */
void	node_free(struct node **n);

/* As writer_submit(), here or at the node that decides; and the same,
 * waiting, never on a loop. */
int	node_submit(struct server *s, struct command *cmd, struct err *err);
int	node_run(struct server *s, struct command *cmd, struct err *err);
/* For done(): true where the command was handed on to the node that decides
 * by now, and done() will be called again. */
bool	node_again(struct server *s, struct command *cmd);

/* Does this node decide? Always on one machine. */
bool	node_leading(const struct server *s);
/* 0 where a post could be stored; -1 and why. */
int	node_ready(struct server *s, struct err *err);
/* The writer's published(): this node has applied something. */
void	node_published(struct node *n);
/* Draining: the lease goes to another. */
void	node_resign(struct node *n);
/* Is seq further than what the node that decides has confirmed? Waits for
 * its answer: on a worker. */
bool	node_invented(struct node *n, uint64_t seq);

/* For witnesses_open(), arg the server: 1 where this node asks the witnesses;
 * 0 with what the one that does was given; -1. Blocks. */
int	node_witnessed(void *arg, uint64_t *size, struct buf *note);

struct cluster *node_cluster(struct node *n);
size_t	node_waiting(struct node *n);

#endif
