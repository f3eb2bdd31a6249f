#ifndef FORUMD_ASSETS_H
#define FORUMD_ASSETS_H

#include <stddef.h>

/*
 * The files compiled into the program: those under forumd/web by names like
 * "web/forum.css", and "conf/policy.json", "conf/locales/en.json".  The table
 * is generated at build time by assets.sh; the last row's name is NULL.  A zero
 * byte follows each file's last byte and is not counted in len.
 */
struct asset {
	const char		*name;
	const unsigned char	*data;
	size_t			 len;
	const char		*type;	/* for Content-Type */
};

extern const struct asset	assets[];
extern const size_t		assets_count;

/* A file by its name, NULL where there is none; assets_text gives its bytes,
 * for those below this floor who are handed it. */
const struct asset	*assets_find(const char *name);
const char		*assets_text(const char *name, size_t *len);

#endif
