/*
 * What the pipeline is told about a comment, and what it answers. Both are
 * values: no pointer into a store, a policy or a connection, so that findings
 * can travel to the writer and be weighed again under another policy. An item
 * borrows its strings from whoever built it and is not changed by anybody.
 *
 * No floats past this point: scores are whole numbers from 0 to 1000.
 */
#ifndef MODERATION_ITEM_H
#define MODERATION_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/buf.h"

#define ITEM_ADDRESS_LEN	16	/* of a keyed hash of the address */
#define ITEM_CLAUSE_MAX		32	/* bytes of a clause's or rule's id */

enum item_author { ITEM_GUEST, ITEM_MEMBER, ITEM_STAFF, ITEM_OFFICIAL };
enum item_standing { ITEM_GOOD, ITEM_WARNED, ITEM_SANCTIONED };
enum item_mode { ITEM_OPEN, ITEM_NEWCOMERS_HELD, ITEM_ALL_HELD, ITEM_CLOSED };

struct item {
	const char		 *body;		/* valid UTF-8 */
	size_t			  len;
	const char		 *language;	/* "en", ...; "" unknown */
	const char		 *site;		/* the article's host */
	enum item_mode		  mode;
	const char *const	 *terms;	/* the thread's watch terms */
	size_t			  n_terms;
	enum item_author	  author;
	enum item_standing	  standing;
	unsigned		  age_days;	/* of the account; 0 for new */
	unsigned		  approved;	/* visible, never removed */
	unsigned		  removed;
	unsigned char		  address[ITEM_ADDRESS_LEN]; /* 0s: none */
	bool			  reply;
	bool			  edit;
	int64_t			  now_ms;
};

enum item_certainty { ITEM_CERTAIN, ITEM_LIKELY, ITEM_POSSIBLE,
    ITEM_NOT_CHECKED };

#define FINDING_SPANS	8
#define FINDINGS_MAX	32

/* Bytes [start, end) of the body. */
struct finding_span { uint32_t start, end; };

struct finding {
	const char		*stage;		/* of the stage table: static */
	char			 clause[ITEM_CLAUSE_MAX]; /* "": none */
	int			 score;		/* 0..1000 */
	enum item_certainty	 certainty;
	struct finding_span	 spans[FINDING_SPANS];
	unsigned		 n_spans;
	char			 detail[80];	/* never a quote of the body */
};

struct findings {
	struct finding	 list[FINDINGS_MAX];
	unsigned	 n;
	unsigned	 dropped;	/* beyond FINDINGS_MAX: never silent */
	bool		 waiting;	/* the outside checker is to be asked */
	uint64_t	 print;		/* the text's fingerprint, or 0 */
	char		 model[65];	/* digest of the model asked, or "" */
};

const char	*item_author_word(enum item_author a);
const char	*item_mode_word(enum item_mode m);
const char	*item_certainty_word(enum item_certainty c);
/* The value of a word, or -1. */
int		 item_author_find(const char *word);
int		 item_mode_find(const char *word);
int		 item_certainty_find(const char *word);
int		 item_standing_find(const char *word);

/* A further finding, or NULL where the list is full (counted in dropped).
 * clause may be NULL. Spans and detail are the caller's to fill. */
struct finding	*findings_add(struct findings *f, const char *stage,
		    const char *clause, int score, enum item_certainty c);
void		 finding_span(struct finding *f, size_t start, size_t end);

/* As a JSON array: in full for moderators (stages, scores, spans), and
 * durable for the event (stage, clause, score, certainty: no spans and no
 * details, nothing by which erased text could be guessed). */
void		 findings_full(struct buf *out, const struct findings *f);
void		 findings_durable(struct buf *out, const struct findings *f);

#endif
