/*
 * The inside of a statement: what statement.c gathers and statement_text.c
 * puts into words.
 */
#ifndef MODERATION_STATEMENT_INT_H
#define MODERATION_STATEMENT_INT_H

#include "moderation/locale.h"
#include "moderation/statement.h"

struct statement {
	struct decision_row	d;
	char			comment[ID_MAX], thread[100];
	char			sanction[ID_MAX];	/* "" for a comment */
	char			category[64], keyword[64], model[80];
	char			content_language[12], base[200];
	int64_t			account, content_at, until, ended_at;
	bool			detected;
	const struct locale	*locale;	/* the reader's */
	struct buf		explanation, note;	/* owned, all */
	struct buf		title, rule, legal;
};

/* One row an action: what says it in plain words and in the EU's codes. */
struct statement_action {
	const char	*name;
	const char	*words;		/* key of the locale's text */
	const char	*field, *code;	/* NULL: no restriction to report */
	const char	*end;		/* the member for its end, or NULL */
};

const struct statement_action *statement_action(const char *name);
/* Was it removed for breaking a law, on somebody's notice? */
bool		 statement_illegal(const struct statement *st);
/* How it came to attention and who or what decided. */
const char	*statement_facts(const struct statement *st,
		    const struct locale *l);

#endif
