/*
 * Following a record over HTTP: its signed heads, its entries, its tiles.
 * Everything is recomputed from the entries; tiles and heads are only
 * compared, never believed.
 */
#ifndef FORUMD_AUDIT_LOG_H
#define FORUMD_AUDIT_LOG_H

#include "forumd/audit_keys.h"
#include "forumd/audit_report.h"
#include "forumd/audit_rules.h"

#define AUDIT_STALE_SECONDS	60	/* a smaller head is lag, no alarm */

/* A head with the note it came in. */
struct audit_head {
	struct buf	note;
	uint64_t	size;
	struct hash	root;
};

struct audit_log;

/* base is the log's address (".../ledger"); all other arguments are borrowed
 * and must outlive the log. Keys that the record names are added to keys.
 * NULL: no memory. */
struct audit_log *audit_log_new(const char *base, struct audit_keys *keys,
	    struct audit_rules *rules, struct audit_report *report);
/* A newer log names its head, which stands for the signature where that is by
 * a key not known. */
void	audit_log_frozen(struct audit_log *l);
void	audit_log_free(struct audit_log **l);

/* Reads and verifies a head: from base, or from a file's bytes. any: also one
 * that nobody known has signed. */
int	audit_head_get(struct audit_head *h, const char *base,
	    const struct audit_keys *keys, bool any, struct err *err);
int	audit_head_open(struct audit_head *h, const char *note, size_t len,
	    const struct audit_keys *keys, bool any, struct err *err);
void	audit_head_free(struct audit_head *h);

/* The head must be a beginning of the record: judged as soon as the entries
 * are read that far. At most AUDIT_WATCH_MAX; seen is when it was kept. */
#define AUDIT_WATCH_MAX	4
void	audit_log_watch(struct audit_log *l, const struct audit_head *h,
	    int64_t seen);

/* Reads the newest head and everything up to it. 1: the record grew, 0: it
 * did not, -1: it could not be followed (reported). */
int	audit_log_follow(struct audit_log *l);
/* The newest head followed to. */
const struct audit_head *audit_log_head(const struct audit_log *l);
/* After the last follow: judges the watched heads that lie beyond it. */
void	audit_log_settle(struct audit_log *l);
/* The same for a frozen log, once the newer ones were read: what lies beyond
 * its end must be what they name. */
void	audit_log_lost(struct audit_log *l);

#endif
