/*
 * What the newsroom recommends: picks, as many as it likes, and one pinned
 * comment a thread, shown at its head. Both are marks on a visible comment
 * and no judgement on any other, so they stand in the journal, where staff
 * see who set them and when, but not in the public record of decisions; a
 * comment that is no longer shown loses them (project_comment.c).
 */
#include <string.h>

#include "moderation/commands.h"

/* args: comment, on. set: what is so now, of (thread, num). */
static int
pick_mark(struct turn *t, struct command *cmd, const char *event,
    const char *set, struct err *err)
{
	struct comment_row	c;
	const char		*id;
	bool			 on;

	if (command_str(cmd, "comment", true, &id, err) != 0 ||
	    command_bool(cmd, "on", false, &on, err) != 0 ||
	    lookup_comment(t->db, id, &c, err) != 0)
		return -1;
	if (json_object_get(cmd->args, "on") == NULL)
		return err_set(err, ERR_INVALID_FIELD, "on",
		    "on is required");
	if (on && strcmp(c.state, "visible") != 0)
		return err_set(err, ERR_NOT_EDITABLE, NULL,
		    "Only visible comments are picked or pinned");
	cmd->status = 200;
	cmd->result = json_pack("{s:s}", "comment", c.id);
	if ((db_int(t->db, 0, set, "ii", c.thread, c.num) != 0) == on)
		return 0;
	return turn_emit(t, event, NULL, json_pack("{s:I, s:I, s:I, s:i}",
	    "tnum", (json_int_t)c.thread, "num", (json_int_t)c.num,
	    "account", (json_int_t)cmd->actor.account, "on", (int)on), err);
}

int
pick_set(struct turn *t, struct command *cmd, struct err *err)
{
	return pick_mark(t, cmd, "comment.picked", "SELECT pick FROM comment "
	    "WHERE thread = ? AND num = ?", err);
}

int
pick_pin(struct turn *t, struct command *cmd, struct err *err)
{
	return pick_mark(t, cmd, "comment.pinned", "SELECT pinned = ?2 FROM "
	    "thread WHERE num = ?1", err);
}
