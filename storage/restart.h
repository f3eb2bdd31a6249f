/*
 * Going on after the record lost signed entries: an older backup was put
 * back, or a cluster's history diverged below a signed head. To sign the old
 * log further would be to fork it, so it is frozen at the newest head that
 * the database has, and served for ever; entries are numbered on in a new log
 * HOST/ledger/N, whose first entry log.restarted names the old heads and why.
 *
 * The first "previous" is the head that the old log is frozen at; the others
 * are heads that were signed beyond it and whose entries are lost. So whoever
 * holds one of them can tell an owned-up loss from a rewriting.
 */
#ifndef STORAGE_RESTART_H
#define STORAGE_RESTART_H

#include "storage/store.h"
#include "storage/writer.h"

#define RESTART_HEADS	16

struct restart {
	const char		*cause;	/* a word of a-z and "-" */
	/* Signed heads known beside DIR/heads, which is read anyway. */
	struct store_head	 lost[RESTART_HEADS];
	size_t			 n;
};

/* Begins a new log, once: refused where nothing that was signed is missing.
 * On a store that no writer has open; conf as for writer_open(). *out (which
 * may be NULL) gets the new log. */
int	restart_log(const struct writer_conf *conf, struct restart *r,
	    struct ledger_log *out, struct err *err);
/* A signed head as text (a saved checkpoint), which one of dir's keys must
 * have signed. */
int	restart_head(struct restart *r, const char *dir, const char *note,
	    size_t len, struct err *err);

#endif
