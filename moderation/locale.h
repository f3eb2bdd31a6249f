/*
 * The languages of pages, letters and mails: texts, plural forms, dates, and
 * the choice of one for a request. The texts are conf/locales/xx.json.
 */
#ifndef MODERATION_LOCALE_H
#define MODERATION_LOCALE_H

#include <stddef.h>
#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/err.h"

struct locale;

/* Reads all languages; file gives a file's bytes by its name
 * ("conf/locales/en.json"), NULL where there is none. Once, before any thread
 * starts; what is read is constant until locale_unload(). */
int			 locale_load(const char *(*file)(const char *name,
			    size_t *len), struct err *err);
void			 locale_unload(void);

/* All languages, English first; NULL past the last. */
const struct locale	*locale_at(size_t i);
/* The language of a tag ("ro", "ro-MD"), or NULL. */
const struct locale	*locale_find(const char *tag);
/* The same, English where there is none. */
const struct locale	*locale_or_english(const char *tag);
/* The first of ?lang=, cookie and Accept-Language that names a language we
 * have; English otherwise. Each may be NULL. */
const struct locale	*locale_choose(const char *query, const char *cookie,
			    const char *accept);

const char		*locale_tag(const struct locale *l);	/* "ro" */
const char		*locale_name(const struct locale *l);	/* "Română" */
const char		*locale_dir(const struct locale *l);	/* "ltr" */

/* The text of a key; English where the language lacks it; the key itself
 * where English does too. Never NULL. Plain text: escape it. */
const char		*tr(const struct locale *l, const char *key);
/* The plural form of a key for n (CLDR). The text has {n} in it. */
const char		*tr_n(const struct locale *l, const char *key,
			    int64_t n);
/* Writes a text as HTML with its {name} places filled: pairs of name and
 * value, ended by NULL. Text and values are escaped. */
void			 tr_html(struct buf *b, const char *text, ...)
			    __attribute__((sentinel));
/* The same as plain text: nothing is escaped. */
void			 tr_text(struct buf *b, const char *text, ...)
			    __attribute__((sentinel));
/* tr_html(tr_n(...)) with {n} filled in. */
void			 tr_html_n(struct buf *b, const struct locale *l,
			    const char *key, int64_t n);

/* "22 November 2026" and "22 November 2026, 10:15 UTC", as plain text. */
void			 locale_date(struct buf *b, const struct locale *l,
			    int64_t ms);
void			 locale_time(struct buf *b, const struct locale *l,
			    int64_t ms);
/* "3 minutes", "4 hours", "12 days": the largest unit that is not zero. */
void			 locale_duration(struct buf *b,
			    const struct locale *l, int64_t seconds);

/* For the translator: calls fn for every key that English has and l lacks
 * (plural: the form that is lacking, or ""), and returns how many. */
size_t			 locale_missing(const struct locale *l,
			    void (*fn)(const char *key, const char *form,
			    void *arg), void *arg);

#endif
