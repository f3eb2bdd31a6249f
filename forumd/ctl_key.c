/*
 * forumctl key: the key that signs the public record. What it shows is the
 * public half; rotating and retiring are the writer's (storage/rotation.h),
 * because it holds the key.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "forumd/ctl.h"
#include "storage/ledger.h"
#include "storage/store.h"

/* One vkey: the file's public half. 1 where there is no such file. */
static int
ctl_key_read(struct ctl *c, const char *name, const char *origin,
    char vkey[NOTE_VKEY_MAX], struct err *err)
{
	struct ledger_key	key;
	char			path[4300];

	snprintf(path, sizeof(path), "%s/%s", ctl_dir(c), name);
	if (access(path, F_OK) != 0 && strcmp(name, "key") != 0)
		return 1;
	if (ledger_key_load(&key, path, origin, false, err) != 0)
		return -1;
	note_vkey_format(&key.verify, vkey);
	crypto_wipe(&key, sizeof(key));
	return 0;
}

static int
ctl_key_show(struct ctl *c, const char *origin, struct err *err)
{
	char	 vkey[NOTE_VKEY_MAX], old[NOTE_VKEY_MAX];
	json_t	*result;
	int	 retiring;

	if (ctl_key_read(c, "key", origin, vkey, err) != 0 ||
	    (retiring = ctl_key_read(c, "key.old", origin, old, err)) < 0)
		return -1;
	if (ctl_json(c)) {
		result = json_pack("{s:s, s:s}", "origin", origin, "vkey",
		    vkey);
		if (retiring == 0)
			json_object_set_new(result, "retiring",
			    json_string(old));
		ctl_print(c, result);
		json_decref(result);
	} else {
		printf("%s\n", vkey);
		if (retiring == 0)
			printf("%s (signs too, until key retire)\n", old);
	}
	return 0;
}

/* The running server does it, or one of our own. */
static int
ctl_key_change(struct ctl *c, const char *what, const char *origin,
    struct err *err)
{
	json_t	*answer;

	if (ctl_command(c, strcmp(what, "rotate") == 0 ? "key.rotate" :
	    "key.retire", json_object(), NULL, &answer, err) != 0)
		return -1;
	json_decref(answer);
	return ctl_key_show(c, origin, err);
}

int
ctl_key(struct ctl *c, int argc, char **argv, struct err *err)
{
	struct db		*db;
	struct ledger_log	 log;
	const char		*what = argc == 2 ? argv[1] : "";
	int			 rc;

	if (strcmp(what, "show") != 0 && strcmp(what, "rotate") != 0 &&
	    strcmp(what, "retire") != 0)
		return err_set(err, CTL_USAGE, NULL,
		    "key show|rotate|retire");
	if (store_reader(&db, ctl_dir(c), err) != 0)
		return -1;
	rc = ledger_read_log(db, LEDGER_NEWEST, &log, err);
	db_close(&db);
	if (rc == 1)
		rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The forum has not been started yet");
	else if (rc == 0)
		rc = strcmp(what, "show") == 0 ?
		    ctl_key_show(c, log.origin, err) :
		    ctl_key_change(c, what, log.origin, err);
	return rc;
}
