/*
 * The control socket. See control.h for the contract.
 *
 * One thread serves one connection at a time; whoever may open the socket
 * owns the data directory anyway, so the only care is that a connection that
 * falls silent does not keep the next one waiting for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "forumd/control.h"
#include "forumd/node.h"
#include "forumd/reload.h"
#include "forumd/server.h"
#include "forumd/tlog.h"
#include "storage/base/log.h"
#include "storage/store.h"

#define CONTROL_LINE	(4u << 20)
#define CONTROL_SILENCE	30		/* seconds */

struct control {
	struct server	*server;
	struct db	*db;		/* owned; its thread's */
	int		 dirfd, fd;
	pthread_mutex_t	 lock;		/* guards the two below */
	int		 conn;		/* -1: none */
	bool		 stopping;
	pthread_t	 thread;
};

int
control_lock(const char *dir, int *fd, struct err *err)
{
	char	path[4200];

	snprintf(path, sizeof(path), "%s/lock", dir);
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "%.100s: %s", path, strerror(errno));
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	close(*fd);
	*fd = -1;
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
	    "Another process is at work on %.100s", dir);
}

/* The socket's address by way of the open directory, because an address has
 * room for 107 bytes and a data directory's path may be longer. *dirfd is the
 * caller's to close. */
static int
control_address(const char *dir, struct sockaddr_un *sa, int *dirfd)
{
	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	*dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dirfd < 0)
		return -1;
	snprintf(sa->sun_path, sizeof(sa->sun_path),
	    "/proc/self/fd/%d/control", *dirfd);
	return 0;
}

int
control_connect(const char *dir)
{
	struct sockaddr_un	sa;
	int			dirfd, fd;

	if (control_address(dir, &sa, &dirfd) != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		close(fd);
		fd = -1;
	}
	close(dirfd);
	return fd;
}

/* Whom the operator speaks for; the operator's rights stay. */
static int
control_actor(struct db *db, json_t *as, struct actor *actor,
    struct err *err)
{
	struct account_row	a;
	struct comment_row	c;
	const char		*name, *comment;

	memset(actor, 0, sizeof(*actor));
	actor->kind = ACTOR_OPERATOR;
	if (as == NULL)
		return 0;
	name = json_string_value(json_object_get(as, "name"));
	comment = json_string_value(json_object_get(as, "author_of"));
	if (name != NULL) {
		if (lookup_account_name(db, name, &a, err) != 0)
			return -1;
		actor->account = a.num;
		actor->roles = a.roles;
		return 0;
	}
	if (comment == NULL)
		return err_set(err, ERR_INVALID_FIELD, "as",
		    "as has a name or author_of");
	if (lookup_comment(db, comment, &c, err) != 0)
		return -1;
	actor->account = c.account;
	return 0;
}

static void
control_refused(struct buf *out, const struct err *err)
{
	buf_adds(out, "{\"error\":{");
	buf_kv_str(out, "code", err_word(err->code));
	buf_kv_str(out, "field", err->field);
	buf_kv_str(out, "text", err->text);
	buf_adds(out, "}}\n");
}

static int
control_run(struct server *s, struct db *db, struct command *cmd,
    struct buf *out, struct err *err)
{
	char	*result;

	if (commands_prepare(s->house, db, cmd, err) != 0 ||
	    node_run(s, cmd, err) != 0)
		return -1;
	if ((result = json_dumps(cmd->result, JSON_COMPACT)) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	buf_addc(out, '{');
	buf_kv_int(out, "status", cmd->status);
	buf_kv_int(out, "seq", (int64_t)cmd->seq);
	if (cmd->secret[0] != '\0')
		buf_kv_str(out, "secret", cmd->secret);
	buf_key(out, "result");
	buf_adds(out, result);
	buf_adds(out, "}\n");
	free(result);
	return 0;
}

/* {"status":200,"result":{"lines":[..]}}: the cluster's own lines. */
static int
control_cluster(struct server *s, struct buf *out, struct err *err)
{
	struct buf	lines = BUF_INIT;
	size_t		i;
	int		rc;

	if (s->node == NULL)
		return err_set(err, ERR_INVALID_FIELD, "redis",
		    "This forum runs on one machine");
	rc = cluster_status(node_cluster(s->node), &lines, err);
	if (rc == 0) {
		while (lines.len > 0 && lines.data[lines.len - 1] == '\n')
			lines.len--;
		for (i = 0; i < lines.len; i++) {
			if (lines.data[i] == '\n')
				lines.data[i] = ',';
		}
		buf_adds(out, "{\"status\":200,\"result\":{\"lines\":[");
		buf_add(out, lines.data, lines.len);
		buf_adds(out, "]}}\n");
	}
	buf_free(&lines);
	return rc;
}

/* The new key would have to be on every node at the same commit. */
static int
control_keys(struct server *s, struct db *db, bool retire, struct err *err)
{
	if (s->node != NULL)
		return err_set(err, ERR_INVALID_FIELD, NULL, "Keys are "
		    "changed on one machine: take the forum back to one "
		    "(cluster dissolve), change the key, found and copy anew");
	return tlog_keys_change(s, db, retire, err);
}

/* What the server does itself: 0 done, -1; 1 where name is no such thing. */
static int
control_server(struct server *s, struct db *db, const char *name,
    struct buf *out, struct err *err)
{
	int	rc;

	if (strcmp(name, "cluster.status") == 0)
		return control_cluster(s, out, err);
	if (strcmp(name, "reload") == 0)
		rc = reload_all(s, err);
	else if (strcmp(name, "key.rotate") == 0)
		rc = control_keys(s, db, false, err);
	else if (strcmp(name, "key.retire") == 0)
		rc = control_keys(s, db, true, err);
	else
		return 1;
	if (rc == 0)
		buf_adds(out, "{\"status\":200,\"result\":{}}\n");
	return rc;
}

static int
control_request(struct server *s, struct db *db, json_t *root,
    struct buf *out, struct err *err)
{
	const struct command_kind	*kind;
	struct command			*cmd;
	struct actor			 actor;
	json_t				*args = json_object_get(root, "args");
	const char			*name;
	int				 rc;

	name = json_string_value(json_object_get(root, "cmd"));
	if (name != NULL && (rc = control_server(s, db, name, out,
	    err)) <= 0)
		return rc;
	if (name == NULL || (kind = commands_find(name)) == NULL)
		return err_set(err, ERR_INVALID_FIELD, "cmd",
		    "There is no command %.60s", name == NULL ? "" : name);
	if (args != NULL && !json_is_object(args))
		return err_set(err, ERR_BAD_JSON, "args",
		    "args is an object");
	if (control_actor(db, json_object_get(root, "as"), &actor, err) != 0)
		return -1;
	cmd = command_new(kind, &actor, args == NULL ? json_object() :
	    json_incref(args));
	if (cmd == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	rc = control_run(s, db, cmd, out, err);
	command_free(&cmd);
	return rc;
}

void
control_answer(struct server *s, struct db *db, const char *line, size_t len,
    struct buf *out)
{
	struct err	 err;
	json_t		*root;

	memset(&err, 0, sizeof(err));
	root = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(root)) {
		err_set(&err, ERR_BAD_JSON, NULL,
		    "A request is one JSON object a line");
		control_refused(out, &err);
	} else if (control_request(s, db, root, out, &err) != 0)
		control_refused(out, &err);
	json_decref(root);
}

static bool
control_send(int fd, const struct buf *out)
{
	size_t	at = 0;
	ssize_t	n;

	while (at < out->len) {
		n = send(fd, out->data + at, out->len - at, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return !buf_failed(out);
}

/* Answers line by line until the other end closes or falls silent. */
static void
control_serve(struct control *c, int fd)
{
	struct buf	in = BUF_INIT, out = BUF_INIT;
	char		chunk[16384], *end;
	size_t		used;
	ssize_t		n;

	while (in.len < CONTROL_LINE &&
	    (n = recv(fd, chunk, sizeof(chunk), 0)) > 0) {
		buf_add(&in, chunk, (size_t)n);
		while (in.len > 0 &&
		    (end = memchr(in.data, '\n', in.len)) != NULL) {
			used = (size_t)(end - in.data) + 1;
			buf_clear(&out);
			control_answer(c->server, c->db, in.data, used, &out);
			crypto_wipe(in.data, used);
			memmove(in.data, in.data + used, in.len - used);
			in.len -= used;
			if (!control_send(fd, &out))
				goto out;
		}
	}
out:
	buf_free(&in);
	buf_free(&out);
}

static void *
control_thread(void *arg)
{
	struct control		*c = arg;
	struct timeval		 silence = { .tv_sec = CONTROL_SILENCE };
	int			 fd;
	bool			 stop = false;

	while (!stop) {
		fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
		pthread_mutex_lock(&c->lock);
		stop = c->stopping;
		c->conn = stop ? -1 : fd;
		pthread_mutex_unlock(&c->lock);
		if (fd >= 0 && !stop) {
			setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence,
			    sizeof(silence));
			control_serve(c, fd);
		}
		pthread_mutex_lock(&c->lock);
		c->conn = -1;
		pthread_mutex_unlock(&c->lock);
		if (fd >= 0)
			close(fd);
		else if (errno != EINTR && errno != ECONNABORTED && !stop)
			break;
	}
	return NULL;
}

static int
control_listen(struct control *c, struct err *err)
{
	struct sockaddr_un	sa;
	mode_t			mask;
	int			rc;

	if (control_address(c->server->dir, &sa, &c->dirfd) != 0)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "%.100s: %s", c->server->dir, strerror(errno));
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlinkat(c->dirfd, "control", 0);
	mask = umask(0177);
	rc = c->fd < 0 ? -1 : bind(c->fd, (struct sockaddr *)&sa,
	    sizeof(sa));
	umask(mask);
	if (rc == 0 && listen(c->fd, 8) == 0)
		return 0;
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
	    "%.100s/control: %s", c->server->dir, strerror(errno));
}

static void
control_free(struct control *c)
{
	if (c->fd >= 0)
		close(c->fd);
	if (c->dirfd >= 0)
		close(c->dirfd);
	db_close(&c->db);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

int
control_open(struct control **out, struct server *s, struct err *err)
{
	struct control	*c;

	*out = NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	c->server = s;
	c->dirfd = c->fd = c->conn = -1;
	pthread_mutex_init(&c->lock, NULL);
	if (control_listen(c, err) == 0 &&
	    store_reader(&c->db, s->dir, err) == 0) {
		if (pthread_create(&c->thread, NULL, control_thread, c) == 0) {
			*out = c;
			return 0;
		}
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "No thread for the control socket");
	}
	control_free(c);
	return -1;
}

void
control_close(struct control **cp)
{
	struct control	*c = *cp;

	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	shutdown(c->fd, SHUT_RDWR);
	if (c->conn >= 0)
		shutdown(c->conn, SHUT_RDWR);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	unlinkat(c->dirfd, "control", 0);
	control_free(c);
	*cp = NULL;
}
