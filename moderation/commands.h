/*
 * The one table of command kinds. To add a command: a row here, its decide()
 * in the file of its noun, and a route or a forumctl row that makes it.
 *
 * cmd->args is what came from outside (JSON body members plus what the route
 * adds: "thread" slug, "comment" id ...), checked by decide(). cmd->made is
 * what prepare worked out on the submitter's thread.
 */
#ifndef MODERATION_COMMANDS_H
#define MODERATION_COMMANDS_H

#include "moderation/house.h"
#include "moderation/lookup.h"

const struct command_kind *commands_find(const char *name);
/* The n-th kind, or NULL past the last. */
const struct command_kind *commands_at(size_t n);

/* Work before queueing that must not run on the writer: markup, pipeline,
 * password hashing (slow: run it on a worker where slow says so). db is any
 * read connection. 0, or -1 refused (form errors are told here already).
 * Kinds without such work do nothing. */
int	commands_prepare(struct house *h, struct db *db, struct command *cmd,
	    struct err *err);
bool	commands_slow(const struct house *h, const struct command *cmd);

/* decide() functions, one file a noun. */
#define DECIDE(name) int name(struct turn *t, struct command *cmd,	       \
			    struct err *err)
/* thread.c */
DECIDE(thread_open);
DECIDE(thread_mode);
DECIDE(policy_adopt);
DECIDE(log_start);
/* post.c */
DECIDE(post_comment);
DECIDE(post_edit);
DECIDE(post_withdraw);
DECIDE(post_erase);
DECIDE(post_vote);
/* pick.c */
DECIDE(pick_set);
DECIDE(pick_pin);
/* flag.c */
DECIDE(flag_file);
/* decide.c */
DECIDE(decide_claim);
DECIDE(decide_release);
DECIDE(decide_comment);
DECIDE(decide_batch);
DECIDE(decide_undo);
DECIDE(decide_redact);
DECIDE(decide_remark);
/* quarantine.c */
DECIDE(quarantine_open);
DECIDE(quarantine_keep);
/* grave.c */
DECIDE(escalation_close);
/* order.c */
DECIDE(order_receive);
DECIDE(order_answer);
/* tone.c */
DECIDE(tone_draw);
DECIDE(tone_code);
/* appeal.c */
DECIDE(appeal_file);
DECIDE(appeal_decide);
/* sanction.c */
DECIDE(sanction_impose);
DECIDE(sanction_end);
/* deadline.c: automation */
DECIDE(deadline_pass);
DECIDE(deadline_sample);
DECIDE(deadline_retain);
/* account.c */
DECIDE(account_create);
DECIDE(account_change);
DECIDE(account_erase);
DECIDE(account_notice_read);
DECIDE(account_link);
DECIDE(account_token);
DECIDE(account_token_revoke);
DECIDE(account_key_revoke);
DECIDE(account_session_end);
/* account_mail.c */
DECIDE(account_mail_set);
DECIDE(account_mail_kinds);
DECIDE(account_mail_remove);
DECIDE(account_mail_confirm);
DECIDE(account_mail_stop);
DECIDE(account_mail_refused);

/* A new guest's account row within a turn (post.c calls account.c): stages
 * account.created and gives number, id and author key. */
int	account_new_guest(struct turn *t, const char *name, const char *site,
	    const char *language, int64_t *num, char id[ID_MAX],
	    char key[64], struct err *err);
/* May a guest post under this name? ERR_NAME_TAKEN where it looks like a
 * member's or staff's. */
int	account_name_free(struct db *db, const char *name, int64_t self,
	    struct err *err);

/* Shared by everything that decides: one decision event with its content and
 * the author's notice. Fields as the statement of reasons needs them. */
struct decision {
	const struct comment_row *comment;
	const char	*action;	/* approve, remove, label, ... */
	const char	*clause;	/* NULL for approve */
	const char	*explanation;	/* public words, NULL for approve */
	const char	*note;		/* private words to the author */
	const char	*source;	/* SOURCE_... */
	bool		 automated_detection;
	const char	*automated_decision;	/* AUTOMATED_DECISION_... */
	int64_t		 by;		/* account, 0: automatic */
	const char	*decider;	/* pseudonym or "automatic" */
	const char	*model;		/* digest or NULL */
	bool		 conceal, canned;
	int64_t		 reverses;	/* log index, or -1 */
	int64_t		 undoes;	/* decision number, or 0 */
	int64_t		 since;		/* ms: post, hold or first flag */
	const char	*labels;	/* for label: space-separated */
	bool		 quiet;		/* the author is told otherwise */
	/* Of a quarantine, ms; 0: as the house rules have it, at once. */
	int64_t		 preserve_until, notify_after;
	char		*id;		/* gets its id (ID_MAX bytes), or NULL */
};
/* Stages it; *num and *index say which it became. */
int	decision_emit(struct turn *t, const struct decision *d, int64_t *num,
	    int64_t *index, struct err *err);
/* Tells an account something: stages notice.sent. what is one of statement,
 * appeal_outcome, flag_outcome, reply, sanction, held, published,
 * escalation. */
int	notice_emit(struct turn *t, int64_t account, const char *what,
	    const struct comment_row *c, int64_t dnum, int64_t anum,
	    int64_t fnum, int64_t snum, struct err *err);

#endif
