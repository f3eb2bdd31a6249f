/*
 * The door for the admin's tool: a UNIX socket DIR/control (mode 0600) over
 * which it hands commands to a running server, one JSON object a line, and a
 * lock by which server and tool never write the same store at once.
 *
 * A request: {"cmd": kind, "args": {..}, "as": {"name": member} or
 * {"author_of": comment id}}; without "as" it is the operator's own. "reload"
 * reads house rules, model and certificate anew, "key.rotate" and
 * "key.retire" change the record's keys, "cluster.status" tells how the nodes
 * stand. The answer: {"status", "result", "secret", "seq"} or {"error":
 * {code, field, text}}.
 */
#ifndef FORUMD_CONTROL_H
#define FORUMD_CONTROL_H

#include "storage/base/buf.h"
#include "storage/base/err.h"
#include "storage/db.h"

struct control;
struct server;

/* Takes DIR/lock for as long as *fd is open. -1 where another process has
 * it. */
int	control_lock(const char *dir, int *fd, struct err *err);
/* Connects to the server of dir: a descriptor, or -1 where none answers. */
int	control_connect(const char *dir);

/* Listens and serves on a thread of its own. */
int	control_open(struct control **out, struct server *s, struct err *err);
void	control_close(struct control **c);

/* Runs one request and appends the answer's line. db is any read connection.
 * Waits for the writer: never on a loop. */
void	control_answer(struct server *s, struct db *db, const char *line,
	    size_t len, struct buf *out);

#endif
