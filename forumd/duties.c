/*
 * The clock's work. See duties.h for the contract.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/duties.h"
#include "forumd/node.h"
#include "forumd/server.h"
#include "forumd/settings.h"
#include "storage/base/log.h"

#define DUTIES_TICK_MS		1000
#define DUTIES_SAMPLE_TICKS	60
#define DUTIES_RETAIN_TICKS	3600

struct duties {
	struct server		*server;
	struct loop_timer	*timer;		/* owned */
	uint64_t		 ticks;
};

static void
duties_done(struct command *cmd)
{
	if (cmd->status == 0 && cmd->err.code != ERR_NONE)
		log_warn("server: %s: %s", cmd->kind->name, cmd->err.text);
	command_free(&cmd);
}

static void
duties_hand_in(struct server *s, const char *kind, json_t *args)
{
	struct actor	 actor;
	struct command	*cmd;
	struct err	 err;

	memset(&actor, 0, sizeof(actor));
	actor.kind = ACTOR_SYSTEM;
	cmd = command_new(commands_find(kind), &actor, args);
	if (cmd == NULL)
		return;
	cmd->done = duties_done;
	if (writer_submit(s->writer, cmd, &err) != 0)
		command_free(&cmd);
}

static void
duties_due(struct server *s, uint64_t ticks)
{
	duties_hand_in(s, "deadline.pass", json_object());
	if (ticks % DUTIES_SAMPLE_TICKS == 0)
		duties_hand_in(s, "deadline.sample", json_pack("{s:I}",
		    "share_percent", (json_int_t)settings_int(s->set,
		    "resample_percent")));
	if (ticks % DUTIES_RETAIN_TICKS == 0)
		duties_hand_in(s, "deadline.retain", json_object());
}

/* Among several nodes only the one that decides keeps the clock. */
static void
duties_tick(struct loop *loop, void *arg)
{
	struct duties	*d = arg;

	(void)loop;
	d->ticks++;
	if (node_leading(d->server))
		duties_due(d->server, d->ticks);
	if (!atomic_load(&d->server->draining))
		loop_timer_set(d->timer, DUTIES_TICK_MS);
}

int
duties_start(struct duties **out, struct server *s, struct err *err)
{
	struct duties	*d = calloc(1, sizeof(*d));

	*out = d;
	if (d != NULL) {
		d->server = s;
		d->timer = loop_timer_new(s->shards[0].loop, duties_tick, d);
	}
	if (d == NULL || d->timer == NULL) {
		duties_end(out);
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	}
	loop_timer_set(d->timer, DUTIES_TICK_MS);
	return 0;
}

void
duties_end(struct duties **dp)
{
	struct duties	*d = *dp;

	if (d == NULL)
		return;
	if (d->timer != NULL)
		loop_timer_free(&d->timer);
	free(d);
	*dp = NULL;
}
