/*
 * A node among several. See cluster.h for the contract.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/cluster.h"
#include "storage/writer.h"

struct cluster {
	struct cluster_conf	 conf;
	struct cluster_stats	 stats;
	struct mark		 confirmed;
};

int
cluster_new(struct cluster **out, const struct cluster_conf *conf,
    struct err *err)
{
	struct cluster	*c;

	*out = NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	c->conf = *conf;
	*out = c;
	return 0;
}

void
cluster_equip(struct cluster *c, struct writer_conf *wc)
{
	(void)c;
	wc->sequencer = NULL;
}

int
cluster_start(struct cluster *c, struct writer *w, struct err *err)
{
	(void)c;
	(void)w;
	(void)err;
	return 0;
}

void
cluster_close(struct cluster *c)
{
	(void)c;
}

void
cluster_free(struct cluster **c)
{
	free(*c);
	*c = NULL;
}

void
cluster_resign(struct cluster *c)
{
	(void)c;
}

bool
cluster_leading(const struct cluster *c)
{
	return c->stats.leading;
}

bool
cluster_leader(struct cluster *c, char *out, size_t size)
{
	snprintf(out, size, "%s", c->conf.address);
	return false;
}

void
cluster_confirmed(struct cluster *c, struct mark *out)
{
	*out = c->confirmed;
}

int
cluster_batch(struct cluster *c, uint64_t after, struct buf *out)
{
	(void)c;
	(void)after;
	buf_clear(out);
	return 1;
}

int
cluster_ready(struct cluster *c, struct err *err)
{
	(void)c;
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
	    "Nobody holds the lease");
}

void
cluster_stats(struct cluster *c, struct cluster_stats *out)
{
	*out = c->stats;
}

int
cluster_status(struct cluster *c, struct buf *out, struct err *err)
{
	(void)c;
	(void)out;
	(void)err;
	return 0;
}

int
cluster_found(const struct cluster_conf *conf, struct err *err)
{
	(void)conf;
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
	    "Redis does not answer");
}

int
cluster_dissolve(const struct cluster_conf *conf, struct err *err)
{
	(void)conf;
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
	    "Redis does not answer");
}
