/*
 * The problem table's lookups. See err.h for the contract.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "storage/base/err.h"

static const struct {
	const char	*word;
	int		 status;
	const char	*title;
} err_rows[ERR_COUNT] = {
	[ERR_NONE] = { "none", 200, "No error" },
#define X(name, word, status, title) [ERR_##name] = { word, status, title },
	ERR_TABLE(X)
#undef X
};

int
err_set(struct err *err, enum err_code code, const char *field,
    const char *fmt, ...)
{
	va_list	ap;

	if (err == NULL)
		return -1;
	err->code = code;
	snprintf(err->field, sizeof(err->field), "%s",
	    field == NULL ? "" : field);
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -1;
}

const char *
err_word(enum err_code code)
{
	return err_rows[code < ERR_COUNT ? code : ERR_INTERNAL].word;
}

int
err_status(enum err_code code)
{
	return err_rows[code < ERR_COUNT ? code : ERR_INTERNAL].status;
}

const char *
err_title(enum err_code code)
{
	return err_rows[code < ERR_COUNT ? code : ERR_INTERNAL].title;
}

enum err_code
err_find(const char *word)
{
	int	i;

	for (i = 1; i < ERR_COUNT; i++) {
		if (strcmp(err_rows[i].word, word) == 0)
			return i;
	}
	return ERR_NONE;
}
