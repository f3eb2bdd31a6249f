/*
 * Which node holds our slot: asking one node for its view of the cluster,
 * and reading what it says. Views may be stale; whoever acts on one finds
 * out by MOVED, and the writes that matter carry their own fence.
 */
#include <stdio.h>
#include <string.h>

#include "storage/redis_int.h"

#define REDIS_SLOTS	16384

/* CRC-16/XMODEM, as the Cluster specification has it. */
unsigned
redis_slot(const char *tag)
{
	unsigned	crc = 0;
	int		i;

	for (; *tag != '\0'; tag++) {
		crc ^= (unsigned)(unsigned char)*tag << 8;
		for (i = 0; i < 8; i++)
			crc = crc & 0x8000 ? (crc << 1 ^ 0x1021) : crc << 1;
		crc &= 0xffff;
	}
	return crc % REDIS_SLOTS;
}

/* "host:port" into out; a host left out is the sender's. */
static int
redis_slots_address(char out[REDIS_ADDRESS_MAX], const char *host,
    size_t len, uint64_t port, const char *sender)
{
	const char	*v6 = "";
	int		 n;

	if (port == 0 || port > 65535 || memchr(host, '\0', len) != NULL)
		return -1;
	if (len == 0) {
		host = sender;
		len = strrchr(sender, ':') - sender;
	} else if (memchr(host, ':', len) != NULL && host[0] != '[')
		v6 = "[";
	n = snprintf(out, REDIS_ADDRESS_MAX, "%s%.*s%s:%u", v6,
	    (int)(len < REDIS_ADDRESS_MAX ? len : REDIS_ADDRESS_MAX), host,
	    v6[0] != '\0' ? "]" : "", (unsigned)port);
	return n > 0 && n < REDIS_ADDRESS_MAX ? 0 : -1;
}

/* A node of an array: host (nil or empty: the sender's), port. */
static int
redis_slots_node(const struct redis_reply *a, const char *sender,
    struct redis_node *out)
{
	const struct redis_reply	*host = redis_at(a, 0, REDIS_STRING);
	uint64_t			 port;

	if (!redis_is(a, REDIS_ARRAY) || a->n < 2 ||
	    (host == NULL && redis_at(a, 0, REDIS_NIL) == NULL) ||
	    redis_number(a->element[1], &port) != 0)
		return -1;
	return redis_slots_address(out->address, host == NULL ? "" : host->str,
	    host == NULL ? 0 : host->len, port, sender);
}

int
redis_slots_moved(const struct redis_reply *reply, const char *word,
    const char *sender, char out[REDIS_ADDRESS_MAX])
{
	size_t		 len = strlen(word);
	const char	*host, *port;
	uint64_t	 n = 0;

	if (reply->len <= len || memcmp(reply->str, word, len) != 0 ||
	    reply->str[len] != ' ' ||
	    (host = strchr(reply->str + len + 1, ' ')) == NULL ||
	    (port = strrchr(++host, ':')) == NULL)
		return -1;
	len = port - host;
	for (port++; *port >= '0' && *port <= '9' && n < 65536; port++)
		n = n * 10 + (*port - '0');
	if (*port != '\0')
		return -1;
	return redis_slots_address(out, host, len, n, sender);
}

/* The row of CLUSTER SLOTS that our slot is in: master, then replicas. */
static int
redis_slots_row(const struct redis_reply *row, unsigned slot,
    const char *sender, struct redis_node nodes[REDIS_NODES], size_t *n)
{
	uint64_t	first, last;
	size_t		i;

	if (!redis_is(row, REDIS_ARRAY) || row->n < 3 ||
	    redis_number(row->element[0], &first) != 0 ||
	    redis_number(row->element[1], &last) != 0 ||
	    slot < first || slot > last)
		return -1;
	*n = 0;
	for (i = 2; i < row->n && *n < REDIS_NODES; i++) {
		if (redis_slots_node(row->element[i], sender,
		    &nodes[*n]) != 0) {
			if (i == 2)
				return -1;
			continue;
		}
		nodes[(*n)++].master = i == 2;
	}
	return 0;
}

/* One Redis without a cluster, and its replicas or its master. */
static int
redis_slots_role(struct redis_link *l, struct redis_node nodes[REDIS_NODES],
    size_t *n, int64_t deadline, struct err *err)
{
	struct redis_reply		*reply;
	const struct redis_reply	*list, *host;
	const char			*self = redis_link_address(l);
	uint64_t			 port;
	size_t				 i;
	int				 rc = 0;

	if (redis_link_ask(l, &reply, deadline, err, "s", "ROLE") != 0)
		return -1;
	snprintf(nodes[0].address, REDIS_ADDRESS_MAX, "%s", self);
	nodes[0].master = true;
	*n = 1;
	if (redis_equals(redis_at(reply, 0, REDIS_STRING), "slave")) {
		host = redis_at(reply, 1, REDIS_STRING);
		if (host == NULL || redis_number(redis_at(reply, 2,
		    REDIS_INTEGER), &port) != 0 ||
		    redis_slots_address(nodes[0].address, host->str,
		    host->len, port, self) != 0)
			rc = -1;
	} else if (redis_equals(redis_at(reply, 0, REDIS_STRING), "master") &&
	    (list = redis_at(reply, 2, REDIS_ARRAY)) != NULL) {
		for (i = 0; i < list->n && *n < REDIS_NODES; i++) {
			nodes[*n].master = false;
			*n += redis_slots_node(list->element[i], self,
			    &nodes[*n]) == 0;
		}
	} else
		rc = -1;
	redis_reply_free(&reply);
	if (rc != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Redis does not tell its role");
	return 0;
}

int
redis_slots_find(struct redis_link *l, unsigned slot,
    struct redis_node nodes[REDIS_NODES], size_t *n, int64_t deadline,
    struct err *err)
{
	struct redis_reply	*reply;
	size_t			 i;
	int			 rc = -1;

	*n = 0;
	if (redis_link_ask(l, &reply, deadline, err, "ss", "CLUSTER",
	    "SLOTS") != 0) {
		if (strstr(err->text, "cluster support disabled") == NULL)
			return -1;
		return redis_slots_role(l, nodes, n, deadline, err);
	}
	for (i = 0; rc != 0 && redis_is(reply, REDIS_ARRAY) && i < reply->n;
	    i++)
		rc = redis_slots_row(reply->element[i], slot,
		    redis_link_address(l), nodes, n);
	redis_reply_free(&reply);
	if (rc != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "No node of the Redis Cluster holds the forum's slot");
	return 0;
}
