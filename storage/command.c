/*
 * A command's life and its arguments. See command.h for the contract.
 */
#include <stdlib.h>
#include <string.h>

#include "storage/command.h"

struct command *
command_new(const struct command_kind *kind, const struct actor *actor,
    json_t *args)
{
	struct command	*cmd;

	if (args == NULL || (cmd = calloc(1, sizeof(*cmd))) == NULL) {
		json_decref(args);
		return NULL;
	}
	cmd->kind = kind;
	cmd->actor = *actor;
	cmd->args = args;
	return cmd;
}

void
command_free(struct command **cmdp)
{
	struct command	*cmd = *cmdp;

	if (cmd == NULL)
		return;
	json_decref(cmd->args);
	json_decref(cmd->made);
	json_decref(cmd->result);
	crypto_wipe(cmd->secret, sizeof(cmd->secret));
	free(cmd);
	*cmdp = NULL;
}

void
command_waited(struct command *cmd)
{
	struct command_wait	*wait = cmd->arg;

	pthread_mutex_lock(&wait->lock);
	wait->done = true;
	pthread_cond_signal(&wait->cond);
	pthread_mutex_unlock(&wait->lock);
}

void
command_wait_begin(struct command_wait *wait, struct command *cmd,
    void (*done)(struct command *cmd))
{
	pthread_mutex_init(&wait->lock, NULL);
	pthread_cond_init(&wait->cond, NULL);
	wait->done = false;
	cmd->done = done;
	cmd->arg = wait;
}

int
command_wait_end(struct command_wait *wait, struct command *cmd,
    struct err *err)
{
	pthread_mutex_lock(&wait->lock);
	while (!wait->done)
		pthread_cond_wait(&wait->cond, &wait->lock);
	pthread_mutex_unlock(&wait->lock);
	if (cmd->status == 0) {
		*err = cmd->err;
		return -1;
	}
	return 0;
}

int
command_str(const struct command *cmd, const char *key, bool required,
    const char **out, struct err *err)
{
	json_t	*v = json_object_get(cmd->args, key);

	*out = NULL;
	if (v == NULL || json_is_null(v)) {
		if (required)
			return err_set(err, ERR_INVALID_FIELD, key,
			    "%s is required", key);
		return 0;
	}
	if (!json_is_string(v))
		return err_set(err, ERR_INVALID_FIELD, key,
		    "%s must be a string", key);
	*out = json_string_value(v);
	if (required && **out == '\0')
		return err_set(err, ERR_INVALID_FIELD, key,
		    "%s must not be empty", key);
	return 0;
}

int
command_int(const struct command *cmd, const char *key, bool required,
    int64_t otherwise, int64_t *out, struct err *err)
{
	json_t	*v = json_object_get(cmd->args, key);

	*out = otherwise;
	if (v == NULL || json_is_null(v)) {
		if (required)
			return err_set(err, ERR_INVALID_FIELD, key,
			    "%s is required", key);
		return 0;
	}
	if (!json_is_integer(v))
		return err_set(err, ERR_INVALID_FIELD, key,
		    "%s must be a whole number", key);
	*out = json_integer_value(v);
	return 0;
}

int
command_bool(const struct command *cmd, const char *key, bool otherwise,
    bool *out, struct err *err)
{
	json_t	*v = json_object_get(cmd->args, key);

	*out = otherwise;
	if (v == NULL || json_is_null(v))
		return 0;
	if (!json_is_boolean(v))
		return err_set(err, ERR_INVALID_FIELD, key,
		    "%s must be true or false", key);
	*out = json_is_true(v);
	return 0;
}
