/*
 * forumctl seed: a forum to start with, as ordinary commands.
 *
 * A seed line is a JSON object with "cmd"; people are named ("author",
 * "moderator", or "guest" for somebody without an account), comments by a
 * "ref" of the file's own choice, "parent" and "answers" by such a ref. What
 * was loaded is noted in DIR/seeded, line by line with the id it got, so
 * that a second run, or one after a mistake was mended, skips it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "forumd/ctl.h"
#include "storage/base/crypto.h"

struct ctl_seed {
	struct ctl	*ctl;
	json_t		*lines;		/* digest: true */
	json_t		*refs;		/* ref, or "guest NAME": comment id */
	FILE		*noted;
	const char	*path;		/* of the present file */
	unsigned	 line, loaded, skipped, refused;
};

/* Seed words that differ from the command kinds' names. */
static const struct {
	const char	*seed, *kind;
} ctl_seed_kinds[] = {
	{ "comment.flag",	"flag.file" },
	{ "comment.decide",	"decide" },
};

static const char *
ctl_seed_str(const json_t *row, const char *key)
{
	return json_string_value(json_object_get(row, key));
}

static void
ctl_seed_remember(struct ctl_seed *s, const json_t *note)
{
	const char	*line = ctl_seed_str(note, "line");
	const char	*ref = ctl_seed_str(note, "ref");
	const char	*guest = ctl_seed_str(note, "guest");
	json_t		*id = json_object_get(note, "id");
	struct buf	 key = BUF_INIT;

	if (line != NULL)
		json_object_set_new(s->lines, line, json_true());
	if (ref != NULL && id != NULL)
		json_object_set(s->refs, ref, id);
	if (guest != NULL && id != NULL) {
		buf_addf(&key, "guest %s", guest);
		json_object_set(s->refs, buf_str(&key), id);
		buf_free(&key);
	}
}

/* Reads what earlier runs noted, and opens the file for more. */
static int
ctl_seed_open(struct ctl_seed *s, struct err *err)
{
	char	 path[4200], *line = NULL;
	size_t	 cap = 0;
	ssize_t	 n;
	json_t	*note;

	s->lines = json_object();
	s->refs = json_object();
	snprintf(path, sizeof(path), "%s/seeded", ctl_dir(s->ctl));
	if (mkdir(ctl_dir(s->ctl), 0700) != 0 && errno != EEXIST)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "%.100s: %s", ctl_dir(s->ctl), strerror(errno));
	if ((s->noted = fopen(path, "a+e")) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "%.100s: %s", path, strerror(errno));
	rewind(s->noted);
	while ((n = getline(&line, &cap, s->noted)) > 0) {
		note = json_loadb(line, (size_t)n, 0, NULL);
		ctl_seed_remember(s, note);
		json_decref(note);
	}
	free(line);
	return 0;
}

/* Replaces a ref by the comment's id; leaves out what is null. */
static int
ctl_seed_ref(struct ctl_seed *s, const json_t *row, const char *from,
    json_t *args, const char *to, struct err *err)
{
	const char	*ref = ctl_seed_str(row, from);
	json_t		*id;

	json_object_del(args, from);
	if (ref == NULL)
		return 0;
	if ((id = json_object_get(s->refs, ref)) == NULL)
		return err_set(err, ERR_INVALID_FIELD, from,
		    "there is no comment %.60s yet", ref);
	json_object_set(args, to, id);
	return 0;
}

/* Who hands it in: a member by name, a guest known from an earlier comment,
 * a new guest, or the operator. */
static json_t *
ctl_seed_as(struct ctl_seed *s, const json_t *row)
{
	const char	*name = ctl_seed_str(row, "author");
	const char	*guest = ctl_seed_str(row, "guest");
	struct buf	 key = BUF_INIT;
	json_t		*id;

	if (name == NULL)
		name = ctl_seed_str(row, "moderator");
	if (name != NULL)
		return json_pack("{s:s}", "name", name);
	if (guest == NULL)
		return NULL;
	buf_addf(&key, "guest %s", guest);
	id = json_object_get(s->refs, buf_str(&key));
	buf_free(&key);
	return id == NULL ? NULL : json_pack("{s:O}", "author_of", id);
}

/* The command's arguments from the row, or NULL. */
static json_t *
ctl_seed_args(struct ctl_seed *s, const json_t *row, const char *cmd,
    struct err *err)
{
	static const char *const	people[] = { "cmd", "author",
					    "moderator", "guest" };
	json_t				*args = json_deep_copy(row);
	bool				 post;
	size_t				 i;
	int				 rc = 0;

	post = strcmp(cmd, "comment.post") == 0;
	for (i = 0; i < sizeof(people) / sizeof(people[0]); i++)
		json_object_del(args, people[i]);
	if (strcmp(cmd, "account.create") == 0) {
		json_object_set(args, "roles", json_object_get(row, "role"));
		json_object_del(args, "role");
	}
	if (post) {
		json_object_del(args, "ref");
		json_object_set(args, "name", json_object_get(row, "guest"));
		rc = ctl_seed_ref(s, row, "parent", args, "parent", err);
		if (rc == 0)
			rc = ctl_seed_ref(s, row, "answers", args, "answers",
			    err);
	} else
		rc = ctl_seed_ref(s, row, "ref", args, "comment", err);
	if (rc == 0)
		return args;
	json_decref(args);
	return NULL;
}

/* Notes the line as loaded, with the comment it became. */
static int
ctl_seed_note(struct ctl_seed *s, const char *digest, const json_t *row,
    const char *id, struct err *err)
{
	json_t	*note = json_pack("{s:s}", "line", digest);
	char	*text;
	int	 rc = -1;

	if (*id != '\0' && strcmp(ctl_seed_str(row, "cmd"),
	    "comment.post") == 0) {
		json_object_set_new(note, "id", json_string(id));
		if (json_object_get(row, "ref") != NULL)
			json_object_set(note, "ref",
			    json_object_get(row, "ref"));
		if (json_object_get(row, "guest") != NULL)
			json_object_set(note, "guest",
			    json_object_get(row, "guest"));
	}
	ctl_seed_remember(s, note);
	if ((text = json_dumps(note, JSON_COMPACT)) != NULL &&
	    fprintf(s->noted, "%s\n", text) > 0 && fflush(s->noted) == 0)
		rc = 0;
	free(text);
	json_decref(note);
	return rc == 0 ? 0 : err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
	    "What was loaded cannot be noted");
}

static int
ctl_seed_row(struct ctl_seed *s, const json_t *row, const char *digest,
    struct err *err)
{
	const char	*cmd = ctl_seed_str(row, "cmd"), *kind = cmd;
	json_t		*args, *answer = NULL;
	size_t		 i;
	int		 rc;

	if (cmd == NULL)
		return err_set(err, ERR_INVALID_FIELD, "cmd",
		    "a line is a JSON object with cmd");
	for (i = 0; i < sizeof(ctl_seed_kinds) / sizeof(ctl_seed_kinds[0]);
	    i++) {
		if (strcmp(ctl_seed_kinds[i].seed, cmd) == 0)
			kind = ctl_seed_kinds[i].kind;
	}
	if ((args = ctl_seed_args(s, row, cmd, err)) == NULL)
		return -1;
	if (ctl_command(s->ctl, kind, args, ctl_seed_as(s, row), &answer,
	    err) != 0) {
		if (err->code == ERR_NAME_TAKEN ||
		    err->code == ERR_SLUG_TAKEN) {
			s->skipped++;
			return ctl_seed_note(s, digest, row, "", err);
		}
		if (err_status(err->code) >= 500 ||
		    err->code == ERR_INVALID_FIELD)
			return -1;
		/* A flag on a comment that is held, say. */
		fprintf(stderr, "forumctl: %s:%u: refused: %s\n", s->path,
		    s->line, err->text);
		s->refused++;
		return 0;
	}
	s->loaded++;
	rc = ctl_seed_note(s, digest, row, ctl_result(answer, "comment"),
	    err);
	json_decref(answer);
	return rc;
}

static int
ctl_seed_line(struct ctl_seed *s, const char *line, size_t len,
    struct err *err)
{
	struct hash	 h;
	struct buf	 hex = BUF_INIT;
	json_t		*row;
	int		 rc = 0;

	if (strspn(line, " \t\r\n") == len)
		return 0;
	crypto_sha256(&h, line, len);
	buf_hex(&hex, h.b, HASH_LEN);
	if (json_object_get(s->lines, buf_str(&hex)) != NULL) {
		s->skipped++;
	} else {
		row = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
		rc = ctl_seed_row(s, row, buf_str(&hex), err);
		json_decref(row);
	}
	buf_free(&hex);
	return rc;
}

static int
ctl_seed_file(struct ctl_seed *s, const char *path, struct err *err)
{
	struct err	 why;
	char		*line = NULL;
	size_t		 cap = 0;
	ssize_t		 n;
	FILE		*f;
	int		 rc = 0;

	memset(&why, 0, sizeof(why));
	if ((f = fopen(path, "re")) == NULL)
		return err_set(err, ERR_INVALID_FIELD, NULL, "%.100s: %s",
		    path, strerror(errno));
	s->path = path;
	for (s->line = 1; rc == 0 && (n = getline(&line, &cap, f)) > 0;
	    s->line++) {
		if (line[n - 1] == '\n')
			n--;
		if ((rc = ctl_seed_line(s, line, (size_t)n, &why)) != 0)
			err_set(err, why.code, why.field, "%.60s:%u: %s",
			    path, s->line, why.text);
	}
	free(line);
	fclose(f);
	return rc;
}

static int
ctl_seed_is_lines(const struct dirent *d)
{
	size_t	n = strlen(d->d_name);

	return n > 6 && strcmp(d->d_name + n - 6, ".jsonl") == 0;
}

static int
ctl_seed_folder(struct ctl_seed *s, const char *path, struct err *err)
{
	struct dirent	**names;
	char		  file[4200];
	int		  i, n, rc = 0;

	if ((n = scandir(path, &names, ctl_seed_is_lines, alphasort)) < 0)
		return err_set(err, ERR_INVALID_FIELD, NULL, "%.100s: %s",
		    path, strerror(errno));
	for (i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", path,
		    names[i]->d_name);
		if (rc == 0)
			rc = ctl_seed_file(s, file, err);
		free(names[i]);
	}
	free(names);
	return rc;
}

int
ctl_seed(struct ctl *c, int argc, char **argv, struct err *err)
{
	struct ctl_seed	 s = { .ctl = c };
	struct stat	 st;
	json_t		*result;
	int		 rc;

	if (argc != 2)
		return err_set(err, CTL_USAGE, NULL, "seed PATH");
	if (stat(argv[1], &st) != 0)
		return err_set(err, ERR_INVALID_FIELD, NULL, "%.100s: %s",
		    argv[1], strerror(errno));
	rc = ctl_seed_open(&s, err);
	if (rc == 0)
		rc = S_ISDIR(st.st_mode) ? ctl_seed_folder(&s, argv[1], err) :
		    ctl_seed_file(&s, argv[1], err);
	if (rc == 0) {
		result = json_pack("{s:i, s:i, s:i}", "loaded",
		    (int)s.loaded, "skipped", (int)s.skipped, "refused",
		    (int)s.refused);
		ctl_print(c, result);
		json_decref(result);
	}
	if (s.noted != NULL)
		fclose(s.noted);
	json_decref(s.lines);
	json_decref(s.refs);
	return rc;
}
