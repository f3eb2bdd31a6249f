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
