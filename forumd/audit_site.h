/*
 * The forum as it is served to a reader without an account, compared with
 * what its record adds up to: threads, comments in their places, tombstones,
 * accounts, house rules; and the same through a second address.
 */
#ifndef FORUMD_AUDIT_SITE_H
#define FORUMD_AUDIT_SITE_H

#include "forumd/audit_log.h"
#include "forumd/audit_report.h"
#include "forumd/audit_rules.h"

struct audit_site {
	const char		*base;		/* the forum's address */
	const char		*second;	/* another one, a header ("Name:
						 * value"), or NULL */
	struct audit_log	*log;		/* to catch up with */
	struct audit_rules	*rules;
	struct audit_report	*report;
};

/* Crawls and compares; what it finds goes into the report. A forum that goes
 * on being used is compared with the record as it goes on. */
void	audit_site_check(struct audit_site *s);

#endif
