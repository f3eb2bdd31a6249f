/*
 * The statement of reasons of one decision, made from the rows: everything
 * that Regulation (EU) 2022/2065, article 17(3) asks, in three shapes: JSON,
 * a letter, and the EU Transparency Database's payload. Reads only; any
 * connection.
 */
#ifndef MODERATION_STATEMENT_H
#define MODERATION_STATEMENT_H

#include "moderation/lookup.h"
#include "moderation/policy.h"

struct statement;

/* By what it is about: the newest decision that took something from a
 * comment's author, a sanction, or a decision by number. language is the
 * reader's, base the forum's address without a slash at its end ("" for
 * paths alone). ERR_NOT_FOUND where nothing was decided. */
int	statement_of_comment(struct statement **out, struct db *db,
	    const struct policy *p, const char *comment, const char *language,
	    const char *base, struct err *err);
int	statement_of_sanction(struct statement **out, struct db *db,
	    const struct policy *p, const char *sanction,
	    const char *language, const char *base, struct err *err);
int	statement_of_decision(struct statement **out, struct db *db,
	    const struct policy *p, int64_t num, const char *language,
	    const char *base, struct err *err);
void	statement_free(struct statement **st);

/* Whose matter it is: only this account (and staff) may see the whole. A
 * sanction has no public part at all. */
int64_t	statement_account(const struct statement *st);
bool	statement_private(const struct statement *st);

/* One object; whole adds the private note and exact times. */
void	statement_json(struct buf *out, const struct statement *st,
	    bool whole);
/* The same in plain words, lines of at most 72 characters. */
void	statement_letter(struct buf *out, const struct statement *st,
	    bool whole);
/* One paragraph of such a letter: broken between words, an empty line behind
 * it. */
void	statement_wrap(struct buf *out, const char *s, size_t len);
/* The EU database's payload. false: no restriction that it knows (a
 * warning), nothing written. */
bool	statement_payload(struct buf *out, const struct statement *st);

/* All payloads of decisions in [from, to) ms, oldest first: one a line, or
 * 100 to a {"statements":[...]} line. Unless whole: as anyone may read them,
 * without sanctions and what an order keeps back, and STATEMENT_PUBLIC at
 * most (else ERR_INVALID_FIELD). For workers: reads much. */
#define STATEMENT_PUBLIC	10000
int	statement_export(struct buf *out, struct db *db,
	    const struct policy *p, int64_t from, int64_t to, bool bulk,
	    bool whole, struct err *err);

#endif
