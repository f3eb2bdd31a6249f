/*
 * What the auditor checks, and what it found: one table of checks that the
 * report, --help and the rules share.
 */
#ifndef FORUMD_AUDIT_REPORT_H
#define FORUMD_AUDIT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "storage/base/buf.h"

/*	  enum		id		what, and what it catches */
#define AUDIT_CHECK_TABLE(X)						       \
	X(HEAD,		"head",						       \
	    "the newest head is signed by the forum's key",		       \
	    "a forged, altered or foreign head")			       \
	X(GROWTH,	"growth",					       \
	    "the head kept from last time is a beginning of this record",      \
	    "entries rewritten, dropped or reordered; a roll-back")	       \
	X(ENTRIES,	"entries",					       \
	    "all entries, hashed anew, give the signed root",		       \
	    "an entry altered after it was signed for")			       \
	X(TILES,	"tiles",					       \
	    "every hash tile is what the entries give",			       \
	    "proofs made to fail, or made for another record")		       \
	X(FORM,		"form",						       \
	    "every entry has a known kind and exactly its fields in order",    \
	    "entries that another reader could read otherwise")		       \
	X(ORDER,	"order",					       \
	    "dates never go back; what follows names what came before it",     \
	    "decisions on comments never accepted, doubles, loose ends")       \
	X(REASON,	"reason",					       \
	    "nothing is removed or sanctioned without clause and explanation", \
	    "removal without a reason")					       \
	X(POLICY,	"policy",					       \
	    "each entry's house rules were adopted before it",		       \
	    "rules made up afterwards")					       \
	X(APPEAL,	"appeal",					       \
	    "appeals are decided once, by a person, and by another person",    \
	    "whoever decided decides the appeal too")			       \
	X(THREADS,	"threads",					       \
	    "the threads served are the threads of the record",		       \
	    "a thread hidden or slipped in")				       \
	X(COMMENTS,	"comments",					       \
	    "each accepted comment stands in its place in the recorded state", \
	    "comments that vanish, or never were recorded")		       \
	X(TOMBSTONES,	"tombstones",					       \
	    "what a tombstone says is what its decision says",		       \
	    "another clause, decider or explanation than was recorded")	       \
	X(COUNTS,	"counts",					       \
	    "each thread's public account is what the record adds up to",      \
	    "removals laundered out of the numbers")			       \
	X(RULES,	"rules",					       \
	    "house rules named in the record can be read as they stood",       \
	    "decisions under rules that nobody can see")		       \
	X(SECOND,	"second",					       \
	    "a second address is served the same",			       \
	    "a show put on for one reader")

enum audit_check {
	AUDIT_SOUND = -1,
#define X(name, id, what, catches) AUDIT_##name,
	AUDIT_CHECK_TABLE(X)
#undef X
	AUDIT_CHECKS
};

struct audit_report {
	bool		done[AUDIT_CHECKS];
	unsigned long	failed[AUDIT_CHECKS];
	struct buf	found[AUDIT_CHECKS];	/* lines, the first few */
	struct buf	remarks;		/* lines */
	struct buf	subject;		/* "name": value lines, for JSON
						 * and people alike */
	bool		rewritten;
	struct buf	old_head, new_head;	/* evidence, where rewritten */
};

void	audit_report_init(struct audit_report *r);
void	audit_report_free(struct audit_report *r);
/* The check was made; without this it is reported as not made. */
void	audit_report_done(struct audit_report *r, enum audit_check c);
void	audit_report_fail(struct audit_report *r, enum audit_check c,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void	audit_report_remark(struct audit_report *r, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* What was looked at: "entries", "1000". */
void	audit_report_subject(struct audit_report *r, const char *name,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The record was rewritten or rolled back; keeps both signed heads. */
void	audit_report_rewritten(struct audit_report *r, const char *old_head,
	    size_t old_len, const char *new_head, size_t new_len,
	    const char *why);

/* 0 sound, 1 a check failed, 3 rewritten or rolled back. */
int	audit_report_code(const struct audit_report *r);
void	audit_report_print(struct audit_report *r, bool json, FILE *f);
/* The table of checks, for --help. */
void	audit_report_help(FILE *f);
const char *audit_check_id(enum audit_check c);

#endif
