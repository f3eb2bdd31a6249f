/*
 * The parts that every page is made of: frame, forms, tables, figures.
 * Pure functions from plain values to escaped HTML: no database, no clock.
 * Nothing inline is ever written (no style, no script, no event handler),
 * so that the strictest Content-Security-Policy holds on every page.
 *
 * Every const char * is UTF-8 text and is escaped on the way out; only names
 * that end in _html are written as they are, and hold what our own markup
 * writer made. NULL leaves the thing out.
 */
#ifndef FORUMD_HTML_H
#define FORUMD_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "moderation/locale.h"
#include "storage/base/buf.h"

/* What the viewer may see in the navigation. */
#define HTML_MODERATOR	0x1u
#define HTML_EDITOR	0x2u

struct html_page {
	const struct locale	*locale;
	const char	*site_name;	/* the forum's name */
	const char	*title;		/* NULL: the forum's name alone */
	const char	*path;		/* this page, for the language links */
	const char	*section;	/* nav item: "threads", "log", ... */
	const char	*assets;	/* "/assets/<build>", no slash behind */
	const char	*script;	/* "thread.js": the page's module */
	const char	*feed;		/* Atom address */
	const char	*theme;		/* "light", "dark"; NULL: the system's */
	const char	*csrf;		/* NULL in the public representation */
	const char	*viewer;	/* name; NULL: not signed in */
	unsigned	 roles;		/* HTML_MODERATOR, HTML_EDITOR */
	int64_t		 unread;	/* notices not yet read */
	const char	*flash;		/* one sentence about what was done */
	bool		 flash_error;
	const char	*head_origin;	/* ledger head: NULL leaves it out */
	uint64_t	 head_size;
	const char	*head_root;	/* base64 */
	bool		 embed;		/* in a frame: no header, small foot */
	const char	*keep;		/* "lang=ro&theme=dark": what links within
					   the frame carry along; or NULL */
};

/* Everything up to and into <main>; and from </main> to the end. */
void	html_begin(struct buf *b, const struct html_page *p);
void	html_end(struct buf *b, const struct html_page *p);

/* ` name="value"`; nothing for a NULL value. */
void	html_attr(struct buf *b, const char *name, const char *value);
void	html_attr_int(struct buf *b, const char *name, int64_t value);
/* <a href="...">text</a> */
void	html_link(struct buf *b, const char *href, const char *text);
/* <tag class="...">text</tag>; class may be NULL. */
void	html_elem(struct buf *b, const char *tag, const char *class,
	    const char *text);
/* The locale's text for a key, escaped. */
void	html_tr(struct buf *b, const struct locale *l, const char *key);
/* A <time>; the scripts show it in the reader's own time zone. */
void	html_time(struct buf *b, const struct locale *l, int64_t ms);

enum html_field_type {
	HTML_TEXT, HTML_EMAIL, HTML_PASSWORD, HTML_NEW_PASSWORD, HTML_DATE,
	HTML_AREA, HTML_SELECT, HTML_RADIO, HTML_CHECKBOX, HTML_HIDDEN
};

struct html_option {
	const char	*value;
	const char	*label;
	const char	*hint;		/* a line of plain words; radio only */
};

struct html_field {
	enum html_field_type	 type;
	const char	*name;
	const char	*label;
	const char	*value;		/* checkbox: non-NULL means ticked */
	const char	*hint;
	const char	*error;		/* what is wrong with it */
	const char	*autocomplete;
	const char	*lang;		/* of a text area */
	int		 maxlength;	/* 0: none */
	int		 rows;		/* text area; 0: 6 */
	bool		 required;
	const struct html_option *options;	/* select, radio */
	size_t		 noptions;
};

struct html_form {
	const char	*action;
	const char	*id;		/* also prefixes the fields' ids */
	const char	*class;
	const char	*legend;	/* the heading inside; NULL: none */
	const char	*enhance;	/* data-enhance: which script takes it */
	bool		 get;		/* a query; no csrf field */
	bool		 novalidate;	/* what is required hangs on the button */
};

/* The form's head with its csrf field; its foot is html_form_end(). */
void	html_form_begin(struct buf *b, const struct html_page *p,
	    const struct html_form *f);
void	html_form_end(struct buf *b);
/* A labelled input with hint and error tied to it. form_id: see above. */
void	html_field(struct buf *b, const struct html_page *p,
	    const char *form_id, const struct html_field *f);
/* A box naming every field in error, each linked; nothing if none is. */
void	html_errors(struct buf *b, const struct html_page *p,
	    const char *form_id, const struct html_field *f, size_t n);
/* A button that sends; name and value may be NULL. class: "", "quiet",
 * "danger". */
void	html_button(struct buf *b, const char *label, const char *name,
	    const char *value, const char *class);

struct html_col {
	const char	*label;
	bool		 numeric;
};

/* A table in a frame that scrolls sideways by keyboard; caption needed. */
void	html_table_begin(struct buf *b, const char *caption,
	    const struct html_col *cols, size_t n);
void	html_table_end(struct buf *b);
void	html_row_begin(struct buf *b);
void	html_row_end(struct buf *b);
/* The first cell of a row is its heading. */
void	html_cell_head(struct buf *b, const char *text);
void	html_cell(struct buf *b, const char *text);
void	html_cell_int(struct buf *b, int64_t n);
/* A share 0..1 as "12.3 %" with its 95 % interval; n under 30 writes "not
 * measured" and so does a NaN. */
void	html_cell_rate(struct buf *b, const struct locale *l, double share,
	    double low, double high, int64_t n);

struct html_figure {
	const char	*id;
	const char	*title;
	const char	*chart;		/* "line", "bars", "rates" */
	const char	*csv;		/* addresses of the same figures */
	const char	*json;
	const char	*note;		/* what the figures can and cannot show */
};

/* A figure around one table; the scripts draw the chart from the table. */
void	html_figure_begin(struct buf *b, const struct locale *l,
	    const struct html_figure *f);
void	html_figure_end(struct buf *b, const struct locale *l,
	    const struct html_figure *f);

/* Links to the first and the next page; NULL leaves one out. */
void	html_pager(struct buf *b, const struct locale *l, const char *first,
	    const char *next);
/* The page of a refusal or a failure. */
void	html_problem(struct buf *b, const struct html_page *p, int status,
	    const char *title, const char *detail);

#endif
