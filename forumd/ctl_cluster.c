/*
 * forumctl cluster: from one machine to several, back, and how they stand.
 *
 *   found     the stream in Redis begins at this data directory's newest
 *             event; its server is stopped meanwhile. Further nodes begin
 *             with a backup of it (forumctl backup, restore).
 *   dissolve  the stream is removed from Redis once this data directory has
 *             all of it; it is the forum from then on.
 *   status    asks the running server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/ctl.h"
#include "forumd/node.h"
#include "storage/cluster.h"

static int
ctl_cluster_status(struct ctl *c, struct err *err)
{
	json_t	*answer, *line;
	size_t	 i;

	if (ctl_alone(c, err) == 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "No server runs on %.100s", ctl_dir(c));
	if (ctl_command(c, "cluster.status", json_object(), NULL, &answer,
	    err) != 0)
		return -1;
	json_array_foreach(json_object_get(json_object_get(answer, "result"),
	    "lines"), i, line) {
		if (i > 0 && !ctl_json(c))
			putchar('\n');
		ctl_print(c, line);
	}
	json_decref(answer);
	return 0;
}

/* With the data directory to ourselves. */
static int
ctl_cluster_change(struct ctl *c, int (*change)(const struct cluster_conf *,
    struct err *), struct err *err)
{
	struct cluster_conf	 conf;
	const char		**seeds;
	int			 rc;

	if ((rc = ctl_alone(c, err)) == 1)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Stop the server on %.100s first", ctl_dir(c));
	if (rc != 0 || (rc = node_settings(ctl_settings(c), &conf, &seeds,
	    err)) < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_INVALID_FIELD, "redis",
		    "The setting redis names no Redis");
	rc = change(&conf, err);
	free(seeds);
	return rc;
}

int
ctl_cluster(struct ctl *c, int argc, char **argv, struct err *err)
{
	const char	*what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "status") == 0)
		return ctl_cluster_status(c, err);
	if (strcmp(what, "found") == 0)
		return ctl_cluster_change(c, cluster_found, err);
	if (strcmp(what, "dissolve") == 0)
		return ctl_cluster_change(c, cluster_dissolve, err);
	return err_set(err, CTL_USAGE, NULL, "cluster status|found|dissolve");
}
