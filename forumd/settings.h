/*
 * Settings: one table of what can be set, with type, default, limits and
 * help. Read from a file of "name = value" lines and from --set; the file
 * conf/forumd.conf, "forumctl settings" and the errors all come from the
 * table.
 *
 * To add a setting, add a row to settings_rows[] in settings.c and run
 * "forumctl settings > conf/forumd.conf" (a test says when it is due).
 */
#ifndef FORUMD_SETTINGS_H
#define FORUMD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "storage/base/buf.h"
#include "storage/base/err.h"

struct settings;

/* All defaults. */
int		 settings_new(struct settings **out, struct err *err);
void		 settings_free(struct settings **s);

/* Reads a file; an error's text begins with "FILE:LINE: ". Lists named in
 * the file replace their default. */
int		 settings_file(struct settings *s, const char *path,
		    struct err *err);
/* "name=value", as --set gives it. A list takes items one by one: the first
 * after settings_new or settings_file replaces, the next add. */
int		 settings_assign(struct settings *s, const char *assignment,
		    struct err *err);

/* For a reload: what a running server cannot change gets its present value
 * back in fresh; the names of those that differ are added to waiting. */
int		 settings_take(struct settings *fresh,
		    const struct settings *now, struct buf *waiting,
		    struct err *err);

/* Values by name; a name that is not in the table is our own mistake and
 * ends the program. settings_str gives NULL where nothing is set. */
const char	*settings_str(const struct settings *s, const char *name);
long		 settings_int(const struct settings *s, const char *name);
bool		 settings_on(const struct settings *s, const char *name);
/* The i-th item of a list, NULL past the last. */
const char	*settings_item(const struct settings *s, const char *name,
		    size_t i);

/* The file with every setting, its help, limits and default, and what
 * differs from the default set; and as a JSON object name: {value, default,
 * help}, secrets left out of both. */
void		 settings_print(struct buf *out, const struct settings *s);
void		 settings_json(struct buf *out, const struct settings *s);

#endif
