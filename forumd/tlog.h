/*
 * The record as checking programs read it, and the keys that sign it: what
 * stands at /ledger (c2sp.org/tlog-tiles). Each log has its own address, the
 * path in its origin; those that a newer one followed stay as they are.
 */
#ifndef FORUMD_TLOG_H
#define FORUMD_TLOG_H

#include "forumd/request.h"
#include "storage/ledger.h"

struct server;

/* Takes the public halves of the keys in the server's directory. */
int	tlog_keys_load(struct server *s, struct err *err);
/* Rotates the key, or retires the old one, while the writer runs. Waits:
 * never on a loop. */
int	tlog_keys_change(struct server *s, struct db *db, bool retire,
	    struct err *err);

/* An entry with what proves it; clear to begin with, freed by tlog_free. */
struct tlog_entry {
	struct ledger_log	log;
	struct buf		leaf, proof;
	char			vkey[NOTE_VKEY_MAX];	/* signed the proof's head */
};
int	tlog_entry(struct request *rq, int64_t number, struct tlog_entry *e,
	    struct err *err);
void	tlog_free(struct tlog_entry *e);
/* Its members of a receipt: log_index, log_start, leaf, proof, vkey. */
void	tlog_entry_json(struct buf *b, int64_t number,
	    const struct tlog_entry *e);

/* The path of a log's address: "/ledger", "/ledger/2". */
const char *tlog_path(const struct ledger_log *log);

#endif
