/*
 * Is Redis set up as the journal needs it? Asked of every node of the shard
 * once a minute, where it may be asked; what is amiss is logged when it
 * changes and shown in readyz and in the status. Nothing is refused for it:
 * the one who runs Redis decides.
 */
#include <string.h>

#include "storage/base/clock.h"
#include "storage/base/log.h"
#include "storage/cluster_int.h"
#include "storage/redis_shard.h"

#define CLUSTER_CHECK_MS	60000

static void
cluster_check_say(struct buf *lines)
{
	const char	*p = buf_str(lines);
	size_t		 len;

	for (; *p != '\0'; p += len + 1) {
		len = strcspn(p, "\n");
		log_warn("cluster: %.*s", (int)len, p);
	}
}

void
cluster_check(struct cluster *c, struct cluster_link *l, int64_t *last)
{
	struct buf	now = BUF_INIT, was;

	if (*last != 0 && clock_mono_ms() - *last < CLUSTER_CHECK_MS)
		return;
	if (redis_shard_check(l->redis, c->conf.replicas, &now, NULL) != 0) {
		buf_free(&now);
		return;
	}
	*last = clock_mono_ms();
	pthread_mutex_lock(&c->lock);
	was = c->warnings;
	c->warnings = now;
	buf_init(&now);
	if (strcmp(buf_str(&was), buf_str(&c->warnings)) != 0)
		buf_adds(&now, buf_str(&c->warnings));
	pthread_mutex_unlock(&c->lock);
	cluster_check_say(&now);
	buf_free(&now);
	buf_free(&was);
}

void
cluster_warnings(struct cluster *c, struct buf *out)
{
	pthread_mutex_lock(&c->lock);
	buf_adds(out, buf_str(&c->warnings));
	pthread_mutex_unlock(&c->lock);
}
