/*
 * Rotating the signing key. See rotation.h for the contract.
 *
 * The order of the steps: key.new is made and synced; key gets the second
 * name key.old; key.new takes the name key. There is a usable key under the
 * name key at every moment.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "storage/rotation.h"
#include "storage/turn.h"

#define ROTATION_PATH	4300

static void
rotation_path(char out[ROTATION_PATH], const char *dir, const char *name)
{
	snprintf(out, ROTATION_PATH, "%s/%s", dir, name);
}

static int
rotation_failed(const char *path, struct err *err)
{
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "%.100s: %s", path,
	    strerror(errno));
}

/* The names in dir are on disk. */
static int
rotation_sync(const char *dir, struct err *err)
{
	int	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	rc = fd < 0 ? -1 : fsync(fd);
	if (rc != 0)
		rotation_failed(dir, err);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Both keys' public halves as text; 1 where there is no other old one. */
static int
rotation_vkeys(const char *dir, const char *origin, char old[NOTE_VKEY_MAX],
    char new[NOTE_VKEY_MAX], struct err *err)
{
	struct ledger_key	key;
	char			path[ROTATION_PATH];
	int			rc;

	rotation_path(path, dir, "key");
	if ((rc = ledger_key_load(&key, path, origin, false, err)) == 0)
		note_vkey_format(&key.verify, new);
	rotation_path(path, dir, "key.old");
	if (rc == 0 && access(path, F_OK) != 0)
		rc = 1;
	if (rc == 0 && (rc = ledger_key_load(&key, path, origin, false,
	    err)) == 0) {
		note_vkey_format(&key.verify, old);
		rc = strcmp(old, new) == 0;
	}
	crypto_wipe(&key, sizeof(key));
	return rc;
}

int
rotation_begin(const char *dir, const char *origin, struct err *err)
{
	struct ledger_key	fresh;
	char			key[ROTATION_PATH], old[ROTATION_PATH],
				new[ROTATION_PATH], was[NOTE_VKEY_MAX],
				now[NOTE_VKEY_MAX];
	int			rc;

	rc = rotation_vkeys(dir, origin, was, now, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_INVALID_FIELD, NULL, "The last "
		    "rotation is under way: key retire ends it");
	rotation_path(key, dir, "key");
	rotation_path(old, dir, "key.old");
	rotation_path(new, dir, "key.new");
	unlink(new);
	unlink(old);
	rc = ledger_key_load(&fresh, new, origin, true, err);
	crypto_wipe(&fresh, sizeof(fresh));
	if (rc != 0)
		return -1;
	if (link(key, old) != 0)
		return rotation_failed(old, err);
	if (rotation_sync(dir, err) != 0)
		return -1;
	if (rename(new, key) != 0)
		return rotation_failed(key, err);
	return rotation_sync(dir, err);
}

static bool
rotation_recorded(struct db *db, const char *old, const char *new)
{
	return db_int(db, 0, "SELECT COUNT(*) FROM leaf WHERE kind = "
	    "'key.rotated' AND instr(CAST(bytes AS TEXT), 'old ' || ? || "
	    "char(10) || 'new ' || ? || char(10)) > 0", "ss", old, new) > 0;
}

int
rotation_retire(const char *dir, const char *origin, struct db *db,
    struct err *err)
{
	char	path[ROTATION_PATH], old[NOTE_VKEY_MAX], new[NOTE_VKEY_MAX];
	int	rc;

	if ((rc = rotation_vkeys(dir, origin, old, new, err)) < 0)
		return -1;
	if (rc == 1)
		return err_set(err, ERR_INVALID_FIELD, NULL,
		    "No key is being retired");
	if (!rotation_recorded(db, old, new))
		return err_set(err, ERR_INVALID_FIELD, NULL, "The record does "
		    "not name the new key yet: start the server once before");
	rotation_path(path, dir, "key.old");
	if (unlink(path) != 0)
		return rotation_failed(path, err);
	return rotation_sync(dir, err);
}

/* One key of dir, by the name of the log: 1 where there is no such file. */
static int
rotation_load(struct ledger_key *key, const char *dir, const char *name,
    const char *origin, struct err *err)
{
	char	path[ROTATION_PATH];

	rotation_path(path, dir, name);
	if (access(path, F_OK) != 0)
		return 1;
	return ledger_key_load(key, path, origin, false, err);
}

/* args: dir. On the writer's thread, which alone may change its keys; the
 * head of this very commit is signed by them. Nothing to note where there is
 * one key, the record says so already, or has no beginning. */
static int
rotation_decide(struct turn *t, struct command *cmd, struct err *err)
{
	struct ledger		*l = t->stage->ledger;
	struct ledger_key	 key, old;
	char			 from[NOTE_VKEY_MAX], to[NOTE_VKEY_MAX];
	const char		*dir;
	int			 rc, two = 1;

	cmd->status = 200;
	if (command_str(cmd, "dir", true, &dir, err) != 0)
		return -1;
	rc = rotation_load(&key, dir, "key", ledger_origin(l), err);
	if (rc == 0)
		two = rotation_load(&old, dir, "key.old", ledger_origin(l),
		    err);
	/* Twice the same: a rotation ended before it began. */
	if (two == 0 && old.verify.id == key.verify.id)
		two = 1;
	if (rc == 0 && two >= 0) {
		ledger_sign_with(l, &key, two == 0 ? &old : NULL);
		note_vkey_format(&key.verify, to);
	}
	if (two == 0)
		note_vkey_format(&old.verify, from);
	crypto_wipe(&key, sizeof(key));
	crypto_wipe(&old, sizeof(old));
	if (rc != 0 || two < 0)
		return rc == 1 ? err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "There is no signing key") : -1;
	if (two == 1 || t->index == 0 || rotation_recorded(t->db, from, to))
		return 0;
	return turn_emit(t, "key.rotated", json_pack("{s:s, s:s}", "old", from,
	    "new", to), json_object(), err);
}

int
rotation_record(struct writer *w, const char *dir, struct err *err)
{
	static const struct command_kind kind = { "key.rotate",
				    "a new signing key", ROLE_ADMIN,
				    rotation_decide };
	struct actor		 actor = { .kind = ACTOR_SYSTEM };
	struct command		*cmd;
	int			 rc;

	cmd = command_new(&kind, &actor, json_pack("{s:s}", "dir", dir));
	if (cmd == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	rc = writer_run(w, cmd, err);
	command_free(&cmd);
	return rc;
}
