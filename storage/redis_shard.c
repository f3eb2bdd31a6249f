/*
 * Master and replicas of the forum's slot. See redis_shard.h.
 *
 * A rewriting that runs already may have begun before the erasure, so it
 * does not count; and a node that is away must be written anew when it is
 * back, so with fewer nodes than configured nothing counts as done.
 */
#include <stdio.h>
#include <string.h>

#include "storage/redis_shard.h"

#define REDIS_SHARD_WAIT_MS	1000

/* Calls fn with a connection to each node: 0, or the first of its answers
 * that is not. */
static int
redis_shard_each(struct redis *r, int replicas,
    int (*fn)(struct redis *node, const char *address, void *arg,
    struct err *err), void *arg, struct err *err)
{
	struct redis_node	 nodes[REDIS_NODES];
	struct redis		*node;
	size_t			 i, n;
	int			 rc = 0;

	if (redis_nodes(r, nodes, &n, err) != 0)
		return -1;
	if (n < (size_t)replicas + 1)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Only %zu of %d Redis nodes are there", n, replicas + 1);
	for (i = 0; rc == 0 && i < n; i++) {
		if (redis_open_node(&node, r, nodes[i].address, err) != 0)
			return -1;
		rc = fn(node, nodes[i].address, arg, err);
		redis_close(&node);
	}
	return rc;
}

/* --- settings */

static const struct redis_shard_setting {
	const char	*name, *value, *why;
} redis_shard_settings[] = {
	{ "appendonly", "yes", "posts do not outlive its restart" },
	{ "appendfsync", "always", "posts may be lost when its power fails" },
	{ "maxmemory-policy", "noeviction",
	  "it throws the journal away when memory is short" },
};

static int
redis_shard_settings_of(struct redis *node, const char *address, void *arg,
    struct err *err)
{
	const struct redis_shard_setting	*s;
	struct redis_reply			*reply;
	struct buf				*out = arg;
	size_t					 i;

	for (i = 0; i < sizeof(redis_shard_settings) /
	    sizeof(redis_shard_settings[0]); i++) {
		s = &redis_shard_settings[i];
		switch (redis_call(node, &reply, err, "sss", "CONFIG", "GET",
		    s->name)) {
		case REDIS_ANSWERED:
			break;
		case REDIS_REFUSED:
			buf_addf(out, "The settings of Redis at %s cannot be "
			    "read: %s\n", address, err->text);
			return 0;
		case REDIS_LOST:
			return -1;
		}
		if (!redis_equals(redis_at(reply, 1, REDIS_STRING), s->value))
			buf_addf(out, "Redis at %s does not have %s %s: %s\n",
			    address, s->name, s->value, s->why);
		redis_reply_free(&reply);
	}
	return 0;
}

int
redis_shard_check(struct redis *r, int replicas, struct buf *out,
    struct err *err)
{
	struct redis_node	nodes[REDIS_NODES];
	struct err		own;
	size_t			n;

	if (err == NULL)
		err = &own;
	if (redis_nodes(r, nodes, &n, err) != 0)
		return -1;
	if (n < (size_t)replicas + 1)
		buf_addf(out, "Only %zu of %d Redis nodes are there\n", n,
		    replicas + 1);
	if (replicas < 2)
		buf_addf(out, "With %d %s configured, losing %s stops "
		    "posting\n", replicas, replicas == 1 ? "replica" :
		    "replicas", replicas == 1 ? "either Redis process" :
		    "Redis");
	return redis_shard_each(r, 0, redis_shard_settings_of, out, err);
}

/* --- files */

static int
redis_shard_begin(struct redis *node, const char *address, void *arg,
    struct err *err)
{
	struct redis_reply	*reply;

	(void)address;
	(void)arg;
	/* In this order: the second is put off until the first is done, and
	 * says so in INFO; the other way round it would not. */
	if (redis_call(node, &reply, err, "s", "BGSAVE") != REDIS_ANSWERED)
		return -1;
	redis_reply_free(&reply);
	if (redis_call(node, &reply, err, "s", "BGREWRITEAOF") !=
	    REDIS_ANSWERED)
		return -1;
	redis_reply_free(&reply);
	return 0;
}

int
redis_shard_rewrite(struct redis *r, int replicas, struct err *err)
{
	struct redis_reply	*reply;
	uint64_t		 n = 0;

	redis_add(r, "sii", "WAIT", (int64_t)replicas,
	    (int64_t)REDIS_SHARD_WAIT_MS);
	if (redis_send(r, &reply, 1, REDIS_SHARD_WAIT_MS, err) !=
	    REDIS_ANSWERED)
		return -1;
	if (redis_number(reply, &n) != 0 || n < (uint64_t)replicas) {
		redis_reply_free(&reply);
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Too few replicas of Redis are there");
	}
	redis_reply_free(&reply);
	return redis_shard_each(r, replicas, redis_shard_begin, NULL, err);
}

/* Is the line "name:value" among those of INFO? */
static bool
redis_shard_says(const struct redis_reply *info, const char *line)
{
	const char	*p = info->str;
	size_t		 len = strlen(line);

	for (; (p = strstr(p, line)) != NULL; p += len) {
		if ((p == info->str || p[-1] == '\n') && p[len] == '\r')
			return true;
	}
	return false;
}

static int
redis_shard_finished(struct redis *node, const char *address, void *arg,
    struct err *err)
{
	struct redis_reply	*info;
	int			 rc = 0;

	(void)address;
	(void)arg;
	if (redis_call(node, &info, err, "ss", "INFO", "persistence") !=
	    REDIS_ANSWERED)
		return -1;
	if (!redis_is(info, REDIS_STRING))
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Redis does not tell how it stores");
	else if (!redis_shard_says(info, "rdb_bgsave_in_progress:0") ||
	    !redis_shard_says(info, "aof_rewrite_scheduled:0") ||
	    !redis_shard_says(info, "aof_rewrite_in_progress:0"))
		rc = 1;
	else if (!redis_shard_says(info, "rdb_last_bgsave_status:ok") ||
	    !redis_shard_says(info, "aof_last_bgrewrite_status:ok"))
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Redis could not write its file anew");
	redis_reply_free(&info);
	return rc;
}

int
redis_shard_rewritten(struct redis *r, int replicas, struct err *err)
{
	return redis_shard_each(r, replicas, redis_shard_finished, NULL,
	    err);
}
