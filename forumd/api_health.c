/*
 * What machines ask the server about itself: is it alive, does it take
 * posts, its figures for Prometheus.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "forumd/address.h"
#include "forumd/handlers.h"
#include "forumd/node.h"
#include "forumd/witness.h"
#include "storage/base/clock.h"

/* ---- alive, ready ---- */

static int
health_unavailable(struct request *rq, const char *reason)
{
	rq->status = 503;
	request_object(rq);
	buf_kv_str(&rq->out, "status", "unavailable");
	buf_kv_str(&rq->out, "reason", reason);
	request_object_end(rq);
	return 0;
}

int
api_healthz(struct request *rq, struct err *err)
{
	(void)err;
	if (atomic_load(&rq->server->draining))
		return health_unavailable(rq, "The server is stopping");
	buf_adds(&rq->out, "{\"status\":\"ok\"}");
	return 0;
}

int
api_readyz(struct request *rq, struct err *err)
{
	struct buf	warnings = BUF_INIT;
	struct err	why;

	(void)err;
	memset(&why, 0, sizeof(why));
	if (node_ready(rq->server, &why) != 0)
		return health_unavailable(rq, why.text);
	if (atomic_load(&rq->server->draining))
		return health_unavailable(rq, "The server is stopping");
	buf_adds(&rq->out, "{\"status\":\"ok\"");
	if (rq->server->node != NULL)
		cluster_warnings(node_cluster(rq->server->node), &warnings);
	if (warnings.len > 0)
		buf_kv_str(&rq->out, "warnings", buf_str(&warnings));
	buf_addc(&rq->out, '}');
	buf_free(&warnings);
	return 0;
}

/* ---- figures ---- */

enum health_type { HEALTH_COUNTER, HEALTH_GAUGE };

static void
health_type(struct buf *b, const char *name, enum health_type type,
    const char *help)
{
	buf_addf(b, "# HELP forumd_%s %s\n# TYPE forumd_%s %s\n", name, help,
	    name, type == HEALTH_COUNTER ? "counter" : "gauge");
}

static void
health_count(struct buf *b, const char *name, const char *help, uint64_t n)
{
	health_type(b, name, HEALTH_COUNTER, help);
	buf_addf(b, "forumd_%s %llu\n", name, (unsigned long long)n);
}

static void
health_gauge(struct buf *b, const char *name, const char *help, int64_t n)
{
	health_type(b, name, HEALTH_GAUGE, help);
	buf_addf(b, "forumd_%s %lld\n", name, (long long)n);
}

static void
health_seconds(struct buf *b, const char *name, const char *help, uint64_t us)
{
	health_type(b, name, HEALTH_COUNTER, help);
	buf_addf(b, "forumd_%s %llu.%06llu\n", name,
	    (unsigned long long)us / 1000000,
	    (unsigned long long)us % 1000000);
}

/* Sums over the loops. The longest callback is the one since the last time
 * somebody asked. */
static void
health_loops(struct buf *b, struct server *s)
{
	struct loop_figures	f, sum;
	uint64_t		hits = 0, refused = 0;
	int			i;

	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < s->nshards; i++) {
		loop_figures(s->shards[i].loop, &f);
		sum.accepted += f.accepted;
		sum.refused += f.refused;
		sum.requests += f.requests;
		sum.conns += f.conns;
		sum.streams += f.streams;
		if (f.longest_us > sum.longest_us)
			sum.longest_us = f.longest_us;
		hits += atomic_load(&s->shards[i].hits);
		refused += atomic_load(&s->shards[i].refused);
	}
	health_count(b, "connections_accepted_total",
	    "Connections accepted.", sum.accepted);
	health_count(b, "connections_refused_total",
	    "Connections turned away because too many were open.",
	    sum.refused);
	health_gauge(b, "connections", "Connections now open.",
	    (int64_t)sum.conns);
	health_gauge(b, "listeners", "Live listeners now connected.",
	    (int64_t)sum.streams);
	health_count(b, "requests_total", "Requests read.", sum.requests);
	health_count(b, "cache_hits_total",
	    "Requests answered from the cache.", hits);
	health_count(b, "problems_total", "Requests answered with a problem.",
	    refused);
	health_gauge(b, "loop_longest_microseconds",
	    "The longest turn of a loop since the last look.",
	    (int64_t)sum.longest_us);
}

static void
health_writer(struct buf *b, struct server *s)
{
	struct writer_stats	w;
	struct err		why;

	memset(&why, 0, sizeof(why));
	writer_stats(s->writer, &w);
	health_gauge(b, "ready", "1 while posts are taken.",
	    node_ready(s, &why) == 0);
	health_count(b, "commands_total", "Commands decided.", w.commands);
	health_count(b, "commands_refused_total", "Commands refused.",
	    w.refused);
	health_count(b, "events_total", "Events written to the journal.",
	    w.events);
	health_count(b, "commits_total", "Transactions committed.",
	    w.batches);
	health_count(b, "commit_retries_total",
	    "Transactions that had to be tried again.", w.retries);
	health_gauge(b, "commit_largest",
	    "The most commands committed at once.", (int64_t)w.largest_batch);
	health_seconds(b, "commit_seconds_total",
	    "Time spent in commits, syncs included.", w.commit_us);
	health_seconds(b, "ledger_seconds_total",
	    "Time spent on the record: rows, hashes, signatures.",
	    w.ledger_us);
	health_seconds(b, "writer_seconds_total",
	    "Time the writer was at work, all of it.", w.busy_us);
	if (s->witnesses != NULL)
		health_gauge(b, "witnessed_size",
		    "Entries that a quorum of witnesses has signed.",
		    (int64_t)witnesses_size(s->witnesses));
	health_gauge(b, "journal_sequence", "The newest event's number.",
	    (int64_t)atomic_load(&s->versions->last));
}

/* Several machines: where this node stands among them. */
static void
health_node(struct buf *b, struct server *s)
{
	struct cluster_stats	c;

	cluster_stats(node_cluster(s->node), &c);
	health_gauge(b, "node_leading", "1 on the node that decides.",
	    c.leading);
	health_gauge(b, "node_connected", "1 while Redis answers.",
	    c.connected);
	health_gauge(b, "node_count", "Nodes heard of lately.", c.nodes);
	health_gauge(b, "lease_epoch", "How often the lease was taken.",
	    (int64_t)c.epoch);
	health_gauge(b, "mark_appended", "The newest event in the stream.",
	    (int64_t)c.appended);
	health_gauge(b, "mark_confirmed",
	    "The newest event that all replicas have.", (int64_t)c.confirmed);
	health_gauge(b, "mark_applied", "The newest event applied here.",
	    (int64_t)c.applied);
	health_gauge(b, "mark_signed", "The newest event under a signed head.",
	    (int64_t)c.signed_);
	health_gauge(b, "node_lag_milliseconds",
	    "How long this node has been behind.", c.lag_ms);
	health_count(b, "append_conflicts_total",
	    "Batches refused because the stream had moved.", c.conflicts);
	health_count(b, "append_unknown_total",
	    "Batches whose outcome had to be asked for.", c.unknown);
	health_count(b, "append_again_total",
	    "Batches that Redis had lost and got again.", c.again);
	health_count(b, "takeovers_total", "Times this node took the lease.",
	    c.takeovers);
	health_gauge(b, "relay_waiting",
	    "Changes on their way to the node that decides.",
	    (int64_t)node_waiting(s->node));
}

/* The forum's state, from the same numbers as its public account. */
static int
health_forum(struct buf *b, struct db *db, struct err *err)
{
	static const char *const states[] = { "visible", "held", "removed",
	    "withdrawn", "erased" };
	struct stmt	*s;
	int		 i;

	s = db_query(db, "SELECT SUM(visible), SUM(held), SUM(removed), "
	    "SUM(withdrawn), SUM(erased), SUM(overdue), COUNT(*) FROM thread",
	    "");
	if (stmt_step(s) == 1) {
		health_type(b, "comments", HEALTH_GAUGE,
		    "Comments by their state.");
		for (i = 0; i < 5; i++)
			buf_addf(b, "forumd_comments{state=\"%s\"} %lld\n",
			    states[i], (long long)stmt_int(s, i));
		health_gauge(b, "overdue",
		    "Held comments past the time promised.", stmt_int(s, 5));
		health_gauge(b, "threads", "Threads.", stmt_int(s, 6));
	}
	if (stmt_done(s, err) != 0)
		return -1;
	health_gauge(b, "appeals_open", "Appeals that wait.", db_int(db, 0,
	    "SELECT COUNT(*) FROM appeal WHERE state = 'open'", ""));
	health_gauge(b, "record_size", "Entries of the public record.",
	    db_int(db, 0, "SELECT MAX(size) FROM head", ""));
	return 0;
}

static void
health_process(struct buf *b, struct server *s, bool model)
{
	FILE	*f = fopen("/proc/self/statm", "re");
	long	 pages = 0;

	if (f != NULL) {
		if (fscanf(f, "%*s %ld", &pages) != 1)
			pages = 0;
		fclose(f);
	}
	health_gauge(b, "resident_bytes", "Memory in use.",
	    (int64_t)pages * sysconf(_SC_PAGESIZE));
	health_gauge(b, "uptime_seconds", "Time since the start.",
	    (clock_mono_ms() - s->started) / 1000);
	health_gauge(b, "model_loaded", "1 where an abuse model is in use.",
	    model);
	health_type(b, "build_info", HEALTH_GAUGE, "Which build runs.");
	buf_addf(b, "forumd_build_info{build=\"%s\"} 1\n", s->build);
}

/* On a listener of their own, else to this machine and to trusted proxies
 * themselves. Who comes through a proxy that nobody trusts is a stranger. */
static bool
health_may_see(struct request *rq)
{
	static const struct http_span	 none = { "", 0 };
	const struct http_span		*through;
	struct address			 peer, client;

	if (conn_kind(rq->conn) == SERVER_METRICS)
		return true;
	through = http_field(rq->http, "x-forwarded-for");
	address_peer(&peer, conn_peer(rq->conn));
	if (http_field_count(rq->http, "x-forwarded-for") > 0 &&
	    (through == NULL || !address_list_has(rq->server->trusted,
	    &peer)))
		return false;
	address_client(&client, conn_peer(rq->conn), through != NULL ?
	    *through : none, rq->server->trusted);
	return address_local(&client) ||
	    address_list_has(rq->server->trusted, &client);
}

int
api_metrics(struct request *rq, struct err *err)
{
	if (!health_may_see(rq))
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "There is nothing at this address");
	health_loops(&rq->out, rq->server);
	health_writer(&rq->out, rq->server);
	if (rq->server->node != NULL)
		health_node(&rq->out, rq->server);
	if (health_forum(&rq->out, rq->db, err) != 0)
		return -1;
	health_process(&rq->out, rq->server, rq->rules->model != NULL);
	rq->type = "text/plain; version=0.0.4; charset=utf-8";
	return 0;
}
