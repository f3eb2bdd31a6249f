/*
 * Reading again. See reload.h for the contract.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/node.h"
#include "forumd/reload.h"
#include "forumd/server.h"
#include "forumd/settings.h"
#include "storage/base/log.h"

/* Runs one and waits: at start and on reload only. */
static int
reload_command(struct server *s, const char *kind, json_t *args,
    struct err *err)
{
	struct actor	 actor;
	struct command	*cmd;
	int		 rc;

	memset(&actor, 0, sizeof(actor));
	actor.kind = ACTOR_SYSTEM;
	if ((cmd = command_new(commands_find(kind), &actor, args)) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	rc = node_run(s, cmd, err);
	command_free(&cmd);
	return rc;
}

int
reload_adopt(struct server *s, struct err *err)
{
	struct rules	*r = house_get(s->house);
	size_t		 len;
	const char	*json = policy_canonical(r->policy, &len);
	int		 rc;

	rc = reload_command(s, "log.start", json_pack("{s:s, s:s}", "origin",
	    s->origin, "policy", policy_digest(r->policy)), err);
	if (rc == 0)
		rc = reload_command(s, "policy.adopt", json_pack(
		    "{s:s, s:s#}", "digest", policy_digest(r->policy), "json",
		    json, (int)len), err);
	house_put(&r);
	return rc;
}

/* Other threads may be reading what the former settings hold: they are kept
 * until the end. */
struct settings_kept {
	struct settings		*set;		/* owned */
	struct settings_kept	*next;
};

static int
reload_settings(struct server *s, struct settings_kept **out, struct err *err)
{
	struct settings_kept	*k;
	struct buf		 waiting = BUF_INIT;
	int			 rc;

	*out = NULL;
	if (s->source == NULL)
		return 0;
	if ((k = calloc(1, sizeof(*k))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	rc = s->source->read(s->source->arg, &k->set, err);
	if (rc == 0 && (rc = settings_take(k->set, s->set, &waiting,
	    err)) == 0 && waiting.len > 0)
		log_warn("server: these settings wait for a restart: %s",
		    buf_str(&waiting));
	buf_free(&waiting);
	if (rc != 0) {
		settings_free(&k->set);
		free(k);
		return -1;
	}
	*out = k;
	return 0;
}

void
reload_forget(struct server *s)
{
	struct settings_kept	*k;

	while ((k = s->kept) != NULL) {
		s->kept = k->next;
		settings_free(&k->set);
		free(k);
	}
}

static int
reload_rules(struct server *s, struct err *err)
{
	struct rules	*former;

	if (house_reload(s->house, &former, err) != 0)
		return -1;
	if (node_leading(s) && reload_adopt(s, err) != 0) {
		house_restore(s->house, &former);
		return -1;
	}
	house_put(&former);
	return 0;
}

/* All is read before anything is replaced. */
int
reload_all(struct server *s, struct err *err)
{
	struct settings_kept	*k;
	struct tls		*tls = NULL;

	if (reload_settings(s, &k, err) != 0)
		return -1;
	if ((s->tls != NULL && (tls = tls_again(s->tls, err)) == NULL) ||
	    reload_rules(s, err) != 0) {
		tls_free(&tls);
		if (k != NULL)
			settings_free(&k->set);
		free(k);
		return -1;
	}
	if (tls != NULL)
		tls_take(s->tls, &tls);
	if (k != NULL) {
		k->next = s->kept;
		s->kept = k;
		s->set = k->set;
		log_set_level(log_level_find(settings_str(k->set,
		    "log_level")));
	}
	return 0;
}
