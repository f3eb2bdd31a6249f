/*
 * How the admin's tool reaches the store. See ctl.h for the contract.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forumd/control.h"
#include "forumd/ctl.h"
#include "forumd/server.h"
#include "storage/store.h"

struct ctl {
	const struct settings	*set;
	bool			 json;
	int			 fd;		/* to the server, or -1 */
	struct buf		 in;		/* read from it, not used */
	int			 lock;		/* DIR/lock, or -1 */
	struct server		*alone;		/* owned; NULL until needed */
	struct db		*db;		/* owned; with alone */
};

int
ctl_open(struct ctl **out, const struct settings *set, bool json,
    struct err *err)
{
	struct ctl	*c;

	*out = NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	c->set = set;
	c->json = json;
	c->lock = -1;
	c->fd = ctl_dir(c) == NULL ? -1 : control_connect(ctl_dir(c));
	*out = c;
	return 0;
}

void
ctl_close(struct ctl **cp)
{
	struct ctl	*c = *cp;

	if (c == NULL)
		return;
	if (c->fd >= 0)
		close(c->fd);
	if (c->lock >= 0)
		close(c->lock);
	db_close(&c->db);
	server_close_alone(&c->alone);
	buf_free(&c->in);
	free(c);
	*cp = NULL;
}

const char *
ctl_dir(const struct ctl *c)
{
	return settings_str(c->set, "data");
}

const struct settings *
ctl_settings(const struct ctl *c)
{
	return c->set;
}

bool
ctl_json(const struct ctl *c)
{
	return c->json;
}

int
ctl_alone(struct ctl *c, struct err *err)
{
	if (c->fd >= 0)
		return 1;
	return control_lock(ctl_dir(c), &c->lock, err);
}

/* Sends the line and reads the answer's. */
static int
ctl_ask(struct ctl *c, const char *line, struct buf *out, struct err *err)
{
	size_t	at = 0, len = strlen(line);
	char	chunk[16384], *end;
	ssize_t	n = 1;

	for (; n > 0 && at < len; at += (size_t)n)
		n = send(c->fd, line + at, len - at, MSG_NOSIGNAL);
	while (n > 0) {
		if (c->in.len > 0 && (end = memchr(c->in.data, '\n',
		    c->in.len)) != NULL) {
			len = (size_t)(end - c->in.data) + 1;
			buf_add(out, c->in.data, len);
			memmove(c->in.data, c->in.data + len,
			    c->in.len - len);
			c->in.len -= len;
			return 0;
		}
		if ((n = recv(c->fd, chunk, sizeof(chunk), 0)) > 0)
			buf_add(&c->in, chunk, (size_t)n);
	}
	return err_set(err, ERR_OUTCOME_UNKNOWN, NULL,
	    "The server went away before it answered");
}

/* A house and writer of our own, the first time one is needed. */
static int
ctl_open_alone(struct ctl *c, struct err *err)
{
	if (c->alone != NULL)
		return 0;
	if (mkdir(ctl_dir(c), 0700) != 0 && access(ctl_dir(c), W_OK) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "%.100s cannot be used", ctl_dir(c));
	if (server_open_alone(&c->alone, c->set, err) != 0 ||
	    writer_ready(c->alone->writer, err) != 0)
		return -1;
	return store_reader(&c->db, ctl_dir(c), err);
}

static int
ctl_refused(json_t *answer, struct err *err)
{
	json_t		*e = json_object_get(answer, "error");
	const char	*code, *field, *text;
	enum err_code	 known;

	if (e == NULL)
		return 0;
	code = json_string_value(json_object_get(e, "code"));
	field = json_string_value(json_object_get(e, "field"));
	text = json_string_value(json_object_get(e, "text"));
	known = err_find(code == NULL ? "" : code);
	return err_set(err, known == ERR_NONE ? ERR_INTERNAL : known, field,
	    "%s", text == NULL ? "refused" : text);
}

int
ctl_command(struct ctl *c, const char *kind, json_t *args, json_t *as,
    json_t **answer, struct err *err)
{
	json_t		*root;
	char		*text;
	struct buf	 line = BUF_INIT, out = BUF_INIT;
	int		 rc = 0;

	*answer = NULL;
	root = json_pack("{s:s, s:o}", "cmd", kind, "args", args);
	if (as != NULL)
		json_object_set_new(root, "as", as);
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (text == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	buf_adds(&line, text);
	buf_addc(&line, '\n');
	crypto_wipe(text, strlen(text));
	free(text);
	if (c->fd >= 0)
		rc = ctl_ask(c, buf_str(&line), &out, err);
	else if ((rc = ctl_open_alone(c, err)) == 0)
		control_answer(c->alone, c->db, line.data, line.len, &out);
	if (rc == 0 && (*answer = json_loadb(out.data, out.len, 0,
	    NULL)) == NULL)
		rc = err_set(err, ERR_INTERNAL, NULL,
		    "The answer cannot be read");
	if (rc == 0 && (rc = ctl_refused(*answer, err)) != 0) {
		json_decref(*answer);
		*answer = NULL;
	}
	crypto_wipe(line.data, line.len);
	buf_free(&line);
	buf_free(&out);
	return rc;
}

const char *
ctl_result(const json_t *answer, const char *key)
{
	const char	*s;

	s = json_string_value(json_object_get(json_object_get(answer,
	    "result"), key));
	return s == NULL ? "" : s;
}

void
ctl_print(const struct ctl *c, const json_t *result)
{
	const char	*key;
	json_t		*v;
	char		*text;

	if (c->json) {
		text = json_dumps(result, JSON_COMPACT);
		printf("%s\n", text == NULL ? "" : text);
		free(text);
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)result, key, v) {
		text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
		printf("%s %s\n", key, json_is_string(v) ?
		    json_string_value(v) : text == NULL ? "" : text);
		free(text);
	}
}
