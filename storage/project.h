/*
 * Projectors: what each kind of event does to the tables. Each reads the
 * event and projected rows, never content, and uses no clock, randomness,
 * settings or locale: the same events give the same rows for ever.
 *
 *   project_thread.c    threads, policies
 *   project_comment.c   comments and their state, votes
 *   project_account.c   accounts, tokens, sanctions, notices
 *   project_review.c    decisions, flags, appeals, claims, re-reviews
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

/* What a decision does to its comment (used by decision and batch). */
int	project_decided(struct db *db, const struct event *e, int64_t tnum,
	    int64_t num, int64_t dnum, struct err *err);

/* Counts the state of a comment row anew after one of the columns that it
 * follows from has changed: the only place where a state or a thread's
 * account moves. */
int	project_state(struct db *db, int64_t thread, int64_t num,
	    uint64_t seq, struct err *err);

#endif
