/*
 * The proof of an entry, explained: its steps one by one, and commands that
 * compute them with nothing but openssl.
 */
#ifndef FORUMD_PAGE_PROOF_H
#define FORUMD_PAGE_PROOF_H

#include "forumd/page.h"
#include "forumd/tlog.h"

/* A table of the steps, from the entry's hash to the signed root. */
void	page_proof_steps(struct request *rq, const struct html_page *p,
	    const struct tlog_entry *e);
/* The same as shell commands, with the signature's check behind them. All
 * values stand in them: nothing is fetched. */
void	page_proof_commands(struct request *rq, const struct html_page *p,
	    const struct tlog_entry *e);

#endif
