/*
 * The lease's thread. While another node holds the lease it looks now and
 * then whether it is free; when it is, this node takes it (cluster_take.c)
 * and leads. While this node leads it renews the lease; what cannot be
 * renewed in time is over by this node's own clock before it is over in
 * Redis, because each term is counted from before its renewal was sent.
 *
 * A writer that no longer knows where the journal stands is settled by taking
 * the lease again: the new epoch shuts out whatever may still be under way
 * to Redis in the old one.
 */
#include <stdio.h>
#include <string.h>

#include "storage/base/clock.h"
#include "storage/base/log.h"
#include "storage/cluster_int.h"

#define LEASE_LOOK_MS	100	/* between looks at another's lease */
#define LEASE_AGAIN_MS	300	/* after a taking that failed */

static void
cluster_lease_term(struct cluster *c, int64_t until)
{
	pthread_mutex_lock(&c->lock);
	atomic_store(&c->until, until);
	c->count.leading = until != 0;
	if (until != 0) {
		snprintf(c->leader, sizeof(c->leader), "%s",
		    c->conf.address);
		c->leader_at = clock_mono_ms();
	}
	pthread_mutex_unlock(&c->lock);
}

/* Ends leading: the batch under way is finished, nothing more is decided. */
static void
cluster_lease_down(struct cluster *c, const char *why)
{
	cluster_lease_term(c, 0);
	pthread_mutex_lock(&c->lock);
	c->leader[0] = '\0';
	pthread_mutex_unlock(&c->lock);
	writer_follow(c->writer);
	atomic_store(&c->unsettled, false);
	log_info("cluster: %s leads no more: %s", c->conf.node, why);
	if (c->conf.role != NULL)
		c->conf.role(c->conf.arg, false);
}

static void
cluster_lease_release(struct cluster *c, uint64_t epoch)
{
	struct err	err;

	sequencer_redis_release(c->link[CLUSTER_LEASE].stream,
	    c->conf.address, epoch, &err);
}

int
cluster_hold(struct cluster *c, uint64_t epoch, int64_t *deadline,
    struct err *err)
{
	int64_t	begun = clock_mono_ms();

	switch (sequencer_redis_renew(c->link[CLUSTER_LEASE].stream,
	    c->conf.address, epoch, c->conf.lease_ms, err)) {
	case SEQUENCER_OK:
		*deadline = begun + c->conf.lease_ms;
		cluster_heard(c, NULL);
		return 0;
	case SEQUENCER_CONFLICT:
		cluster_heard(c, NULL);
		return -1;
	default:
		cluster_heard(c, err);
		return clock_mono_ms() < *deadline ? 0 : -1;
	}
}

/* Leads until there is a reason not to. */
static void
cluster_lease_lead(struct cluster *c, uint64_t epoch, int64_t deadline)
{
	struct err	err;
	const char	*why = NULL;

	cluster_lease_term(c, deadline);
	if (c->conf.role != NULL)
		c->conf.role(c->conf.arg, true);
	while (why == NULL) {
		if (!cluster_pause(c, c->conf.lease_ms / 5))
			why = "it is stopping";
		else if (atomic_load(&c->resigned))
			why = "it has resigned";
		else if (atomic_load(&c->unsettled)) {
			atomic_store(&c->unsettled, false);
			if (cluster_take(c, &epoch, &deadline, &err) != 0 ||
			    writer_lead(c->writer, epoch, &err) != 0)
				why = err.text;
		} else if (cluster_hold(c, epoch, &deadline, &err) != 0)
			why = err.text;
		if (why == NULL)
			cluster_lease_term(c, deadline);
	}
	cluster_lease_down(c, why);
	cluster_lease_release(c, epoch);
}

/* Who holds the lease: 1 nobody, 0 another node, -1 no answer. */
static int
cluster_lease_look(struct cluster *c)
{
	struct sequencer	*s = c->link[CLUSTER_LEASE].stream;
	char			 address[CLUSTER_ADDRESS_MAX];
	char			 node[CLUSTER_NODE_MAX + 1];
	uint64_t		 epoch;
	struct err		 err;
	int			 rc;

	rc = sequencer_redis_holder(s, node, sizeof(node), address,
	    sizeof(address), &epoch, &err);
	cluster_heard(c, rc < 0 ? &err : NULL);
	if (rc == 1) {
		pthread_mutex_lock(&c->lock);
		c->leader[0] = '\0';
		pthread_mutex_unlock(&c->lock);
	}
	if (rc != 0)
		return rc;
	/* Ours from before a restart: taken again at once. */
	if (strcmp(node, c->conf.node) == 0)
		return 1;
	cluster_saw(c, epoch);
	pthread_mutex_lock(&c->lock);
	snprintf(c->leader, sizeof(c->leader), "%s", address);
	c->leader_at = clock_mono_ms();
	pthread_mutex_unlock(&c->lock);
	return 0;
}

/* Notes why a free lease could not be taken; NULL: it is not so. */
static void
cluster_lease_stuck(struct cluster *c, const struct err *err)
{
	bool	said;

	pthread_mutex_lock(&c->lock);
	said = err == NULL || strcmp(c->stuck.text, err->text) == 0;
	if (err != NULL)
		c->stuck = *err;
	else
		memset(&c->stuck, 0, sizeof(c->stuck));
	pthread_mutex_unlock(&c->lock);
	if (!said)
		log_warn("cluster: the lease is free, but: %s", err->text);
}

/* Takes the lease and leads. */
static void
cluster_lease_try(struct cluster *c)
{
	struct err	err;
	uint64_t	epoch = 0;
	int64_t		deadline, begun = clock_mono_ms();
	int		rc;

	memset(&err, 0, sizeof(err));
	rc = cluster_take(c, &epoch, &deadline, &err);
	if (rc == 0 && (rc = writer_lead(c->writer, epoch, &err)) == 0) {
		cluster_count(c, &c->count.takeovers);
		cluster_lease_stuck(c, NULL);
		log_info("cluster: %s leads, epoch %llu, after %lld ms",
		    c->conf.node, (unsigned long long)epoch,
		    (long long)(clock_mono_ms() - begun));
		cluster_lease_lead(c, epoch, deadline);
		return;
	}
	if (epoch != 0)
		cluster_lease_release(c, epoch);
	if (rc < 0) {
		cluster_lease_stuck(c, &err);
		cluster_pause(c, LEASE_AGAIN_MS);
	}
}

void *
cluster_lease_main(void *arg)
{
	struct cluster	*c = arg;

	int		 rc;

	while (cluster_pause(c, LEASE_LOOK_MS)) {
		rc = cluster_lease_look(c);
		if (rc == 0)
			cluster_lease_stuck(c, NULL);
		else if (rc == 1 && !cluster_broken(c) &&
		    !atomic_load(&c->resigned))
			cluster_lease_try(c);
	}
	cluster_ended(c);
	return NULL;
}
