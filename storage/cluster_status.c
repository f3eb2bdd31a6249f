/*
 * What others ask of a node among several: who leads, how far it is, whether
 * it is ready, and why not. See cluster.h for the contract.
 */
#include <stdio.h>
#include <string.h>

#include "storage/base/clock.h"
#include "storage/cluster_int.h"

#define CLUSTER_LATE_MS	3000	/* behind for longer: not ready */
#define CLUSTER_PEER_MS	5000	/* a node not heard of for longer is away */

bool
cluster_leading(const struct cluster *c)
{
	return atomic_load(&c->until) > clock_mono_ms();
}

bool
cluster_leader(struct cluster *c, char *out, size_t size)
{
	bool	known;

	pthread_mutex_lock(&c->lock);
	known = c->leader[0] != '\0' &&
	    clock_mono_ms() - c->leader_at < c->conf.lease_ms;
	if (known)
		snprintf(out, size, "%s", c->leader);
	pthread_mutex_unlock(&c->lock);
	return known;
}

void
cluster_confirmed(struct cluster *c, struct mark *out)
{
	memset(out, 0, sizeof(*out));
	if (c->writer != NULL)
		writer_mark(c->writer, out);
}

int
cluster_batch(struct cluster *c, uint64_t after, struct buf *out)
{
	return cluster_ring_get(c->ring, after, out);
}

int
cluster_ready(struct cluster *c, struct err *err)
{
	char		leader[CLUSTER_ADDRESS_MAX];
	struct mark	at;
	int		rc = 0;

	if (cluster_leading(c))
		return 0;
	cluster_confirmed(c, &at);
	pthread_mutex_lock(&c->lock);
	if (c->broken.code != ERR_NONE) {
		*err = c->broken;
		rc = -1;
	} else if (!c->count.connected) {
		*err = c->away;
		rc = -1;
	} else if (c->stuck.code != ERR_NONE) {
		*err = c->stuck;
		rc = -1;
	} else if (at.seq < c->confirmed &&
	    clock_mono_ms() - c->level_at > CLUSTER_LATE_MS) {
		/* Whoever posts here would wait for it in vain. */
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "This node is %llu events behind",
		    (unsigned long long)(c->confirmed - at.seq));
	}
	pthread_mutex_unlock(&c->lock);
	if (rc == 0 && !cluster_leader(c, leader, sizeof(leader)))
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "No node decides at present");
	return rc;
}

void
cluster_stats(struct cluster *c, struct cluster_stats *out)
{
	struct mark	at;
	int64_t		now = clock_ms();
	size_t		i;

	cluster_confirmed(c, &at);
	pthread_mutex_lock(&c->lock);
	*out = c->count;
	out->epoch = c->epoch;
	out->applied = out->signed_ = at.seq;
	out->confirmed = c->confirmed > at.seq ? c->confirmed : at.seq;
	if (out->appended < out->confirmed)
		out->appended = out->confirmed;
	out->leading = cluster_leading(c);
	out->lag_ms = out->leading || out->confirmed == at.seq ? 0 :
	    clock_mono_ms() - c->level_at;
	out->nodes = 0;
	for (i = 0; i < c->npeers; i++)
		out->nodes += now - c->peer[i].at < CLUSTER_PEER_MS;
	pthread_mutex_unlock(&c->lock);
}

/* A line about one registered node. */
static void
cluster_status_peer(const struct cluster_peer *p, uint64_t confirmed,
    struct buf *out)
{
	buf_addc(out, '{');
	buf_kv_str(out, "node", p->node);
	buf_kv_str(out, "address", p->address);
	buf_kv_int(out, "applied", (int64_t)p->applied);
	buf_kv_int(out, "behind", p->applied < confirmed ?
	    (int64_t)(confirmed - p->applied) : 0);
	buf_kv_time(out, "heard", p->at);
	buf_kv_bool(out, "away", clock_ms() - p->at > CLUSTER_PEER_MS);
	buf_adds(out, "}\n");
}

int
cluster_status(struct cluster *c, struct buf *out, struct err *err)
{
	struct cluster_stats	st;
	struct err		why;
	struct buf		warnings = BUF_INIT;
	char			leader[CLUSTER_ADDRESS_MAX];
	size_t			i;
	bool			led, ready;

	cluster_stats(c, &st);
	led = cluster_leader(c, leader, sizeof(leader));
	ready = cluster_ready(c, &why) == 0;
	buf_addc(out, '{');
	buf_kv_str(out, "node", c->conf.node);
	buf_kv_str(out, "tag", c->tag);
	buf_kv_bool(out, "leading", st.leading);
	buf_kv_str(out, "leader", led ? leader : NULL);
	buf_kv_int(out, "epoch", (int64_t)st.epoch);
	buf_kv_int(out, "appended", (int64_t)st.appended);
	buf_kv_int(out, "confirmed", (int64_t)st.confirmed);
	buf_kv_int(out, "applied", (int64_t)st.applied);
	buf_kv_int(out, "lag_ms", st.lag_ms);
	buf_kv_int(out, "conflicts", (int64_t)st.conflicts);
	buf_kv_int(out, "unknown", (int64_t)st.unknown);
	buf_kv_int(out, "takeovers", (int64_t)st.takeovers);
	buf_kv_int(out, "appended_again", (int64_t)st.again);
	buf_kv_int(out, "replicas", c->conf.replicas);
	buf_kv_bool(out, "redis", st.connected);
	buf_kv_bool(out, "ready", ready);
	buf_kv_str(out, "why", ready ? NULL : why.text);
	cluster_warnings(c, &warnings);
	buf_kv_str(out, "warnings", buf_str(&warnings));
	buf_free(&warnings);
	buf_adds(out, "}\n");
	pthread_mutex_lock(&c->lock);
	for (i = 0; i < c->npeers; i++)
		cluster_status_peer(&c->peer[i], st.confirmed, out);
	pthread_mutex_unlock(&c->lock);
	if (!buf_failed(out))
		return 0;
	cluster_oom(err);
	return -1;
}
