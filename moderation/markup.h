/*
 * A comment's Markdown as HTML, as plain text, and as the list of what it
 * links to: the only file that includes md4c.
 *
 * Every tag is written here, none of the reader's: links (http, https,
 * mailto), emphasis, quotes, lists, code, line breaks. Headings become
 * strong paragraphs; images their alternative text; raw HTML and tables
 * stand as the text they are. No element carries an id or a class. Output is
 * at most MARKUP_GROWTH times the input, and time is linear in it: containers
 * nested deeper than MARKUP_DEPTH are flattened before the parser sees them.
 */
#ifndef MODERATION_MARKUP_H
#define MODERATION_MARKUP_H

#include <stddef.h>
#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/err.h"

#define MARKUP_GROWTH	32
#define MARKUP_DEPTH	8
#define MARKUP_MAX	(256 * 1024)	/* bytes of input */

/* All three append to *out and take any bytes that are valid UTF-8. -1: too
 * long, or no memory; *out is then as it was before. */

int	markup_html(struct buf *out, const char *body, size_t len,
	    struct err *err);
/* The words without marks, blocks parted by a newline. */
int	markup_text(struct buf *out, const char *body, size_t len,
	    struct err *err);

/* The same, with where each byte stood: (*at)[i] is the offset in body of
 * what byte i of *out came from, (*at)[out->len] is len. *out is emptied
 * first; *at is the caller's to free(). */
int	markup_text_at(struct buf *out, uint32_t **at, const char *body,
	    size_t len, struct err *err);

/* One link: the address as it would be opened, and its host in lower case
 * without "www." ("" for mailto). Both lie in the list's own memory. */
struct markup_link { const char *target; const char *domain; };
struct markup_links {
	struct markup_link	*list;	/* owned */
	size_t			 n;
	char			*text;	/* owned; what list points into */
};

/* Fills *out, freed by markup_links_free. Equal targets are listed each. */
int	markup_links(struct markup_links *out, const char *body, size_t len,
	    struct err *err);
void	markup_links_free(struct markup_links *l);

#endif
