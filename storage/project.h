/*
 * Projectors: what each kind of event does to the tables. Each reads the
 * event and projected rows, never content, and uses no clock, randomness,
 * settings or locale: the same events give the same rows for ever.
 *
 *   project_thread.c    threads, policies
 *   project_comment.c   comments and their state, votes
 *   project_tally.c     counters for statistics
 *   project_account.c   accounts, tokens, sanctions, notices
 *   project_review.c    decisions, flags, appeals, claims, re-reviews
 *   project_grave.c     quarantine, reports to authorities, orders
 *   project_tone.c      the tone of comments, for figures
 */
#ifndef STORAGE_PROJECT_H
#define STORAGE_PROJECT_H

#include "storage/event.h"

#define PROJECT(name) int name(struct db *db, const struct event *e,	       \
			    struct err *err)

PROJECT(project_nothing);
PROJECT(project_policy);
PROJECT(project_thread_opened);
PROJECT(project_thread_mode);
PROJECT(project_account_created);
PROJECT(project_account_changed);
PROJECT(project_account_erased);
PROJECT(project_token_issued);
PROJECT(project_token_revoked);
PROJECT(project_session_ended);
PROJECT(project_comment_accepted);
PROJECT(project_comment_edited);
PROJECT(project_comment_held);
PROJECT(project_comment_published);
PROJECT(project_comment_overdue);
PROJECT(project_comment_withdrawn);
PROJECT(project_comment_erased);
PROJECT(project_vote);
PROJECT(project_picked);
PROJECT(project_pinned);
PROJECT(project_decision);
PROJECT(project_batch);
PROJECT(project_redacted);
PROJECT(project_claimed);
PROJECT(project_released);
PROJECT(project_sampled);
PROJECT(project_answered);
PROJECT(project_remark);
PROJECT(project_flag_filed);
PROJECT(project_flags_decided);
PROJECT(project_appeal_filed);
PROJECT(project_appeal_decided);
PROJECT(project_sanction);
PROJECT(project_sanction_ended);
PROJECT(project_notice);
PROJECT(project_notice_read);
PROJECT(project_quarantine_opened);
PROJECT(project_quarantine_kept);
PROJECT(project_escalation_opened);
PROJECT(project_escalation_closed);
PROJECT(project_order_received);
PROJECT(project_order_answered);
PROJECT(project_tone_drawn);
PROJECT(project_tone_coded);

/* What a decision does to its comment (used by decision and batch). */
int	project_decided(struct db *db, const struct event *e, int64_t tnum,
	    int64_t num, int64_t dnum, struct err *err);

/* What it does to the quarantine: locked away, or let out again. */
int	project_grave_decided(struct db *db, const struct event *e,
	    int64_t tnum, int64_t num, int64_t dnum, struct err *err);

/* Counts the state of a comment row anew after one of the columns that it
 * follows from has changed: the only place where a state or a thread's
 * account moves. */
int	project_state(struct db *db, int64_t thread, int64_t num,
	    uint64_t seq, struct err *err);

/* The counters of project_tally.c. A comment as they know it: at is when it
 * was posted, language never NULL. */
struct project_tally {
	int64_t		 thread, account, parent, at, newcomer, depth;
	const char	*language;
};
/* It is posted, and visible; before its own row is there. */
int	project_tally_posted(struct db *db, const struct project_tally *c,
	    struct err *err);
/* So many more of its group are posted, and were ever removed. */
int	project_tally_group(struct db *db, const struct project_tally *c,
	    int64_t posted, int64_t removed, struct err *err);
/* Its state moves. */
int	project_tally_state(struct db *db, const struct project_tally *c,
	    const char *was, const char *is, struct err *err);
/* So many more are removed under the clause. */
int	project_tally_clause(struct db *db, const struct project_tally *c,
	    const char *clause, int64_t by, struct err *err);
/* Flags and appeals that came in; thread 0 where there is none. */
int	project_tally_event(struct db *db, int64_t thread, int64_t at,
	    int64_t flags, int64_t appeals, struct err *err);

/* The beginning of the bucket that a time lies in, in UTC; weeks begin on
 * Monday. */
enum project_bucket { PROJECT_HOUR, PROJECT_DAY, PROJECT_WEEK,
    PROJECT_MONTH };
int64_t	project_tally_floor(int64_t ms, enum project_bucket bucket);

#endif
