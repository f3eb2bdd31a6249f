/*
 * The table of command kinds. See commands.h for the contract.
 */
#include <string.h>

#include "moderation/account.h"
#include "moderation/post.h"

#define STAFF	(ROLE_MODERATOR | ROLE_EDITOR | ROLE_ADMIN)
#define EDITORS	(ROLE_EDITOR | ROLE_ADMIN)

typedef int commands_prepare_fn(struct house *, struct db *, struct command *,
    struct err *);

static const struct commands_row {
	struct command_kind	 kind;
	commands_prepare_fn	*prepare;
	bool			 slow;	/* prepare is for a worker */
} commands_rows[] = {
	{ { "log.start", "the log's first entry", ROLE_ADMIN, log_start },
	    NULL, false },
	{ { "policy.adopt", "puts house rules in force", ROLE_ADMIN,
	    policy_adopt }, NULL, false },
	{ { "thread.open", "opens a thread", EDITORS, thread_open }, NULL,
	    false },
	{ { "thread.mode", "changes a thread's mode, with a reason", STAFF,
	    thread_mode }, NULL, false },
	{ { "comment.post", "posts a comment", 0, post_comment },
	    post_prepare, false },
	{ { "comment.edit", "edits one's own comment", 0, post_edit },
	    post_prepare, false },
	{ { "comment.withdraw", "withdraws one's own comment", 0,
	    post_withdraw }, NULL, false },
	{ { "comment.erase", "erases a comment's text under an order", STAFF,
	    post_erase }, NULL, false },
	{ { "comment.vote", "votes on a comment", 0, post_vote }, NULL,
	    false },
	{ { "comment.pick", "recommends a comment, or no longer", EDITORS,
	    pick_set }, NULL, false },
	{ { "comment.pin", "puts a comment at the thread's head", EDITORS,
	    pick_pin }, NULL, false },
	{ { "flag.file", "flags a comment or gives notice of illegality", 0,
	    flag_file }, NULL, false },
	{ { "review.claim", "takes an item to decide it", STAFF,
	    decide_claim }, NULL, false },
	{ { "review.release", "gives a claimed item back", STAFF,
	    decide_release }, NULL, false },
	{ { "decide", "decides on a comment", STAFF, decide_comment }, NULL,
	    false },
	{ { "decide.batch", "one decision on many comments", STAFF,
	    decide_batch }, NULL, false },
	{ { "decide.undo", "takes one's own decision back at once", STAFF,
	    decide_undo }, NULL, false },
	{ { "explanation.redact", "withholds the words of an explanation",
	    EDITORS, decide_redact }, NULL, false },
	{ { "remark.add", "a staff note on an account or comment", STAFF,
	    decide_remark }, NULL, false },
	{ { "quarantine.open", "opens a text in quarantine, logged",
	    ROLE_ADMIN, quarantine_open }, NULL, false },
	{ { "quarantine.keep", "changes the terms of a quarantine",
	    ROLE_ADMIN, quarantine_keep }, NULL, false },
	{ { "escalation.close", "says which authority was told of it",
	    EDITORS, escalation_close }, NULL, false },
	{ { "order.receive", "writes an authority's order down", EDITORS,
	    order_receive }, NULL, false },
	{ { "order.answer", "says what came of an order", EDITORS,
	    order_answer }, NULL, false },
	{ { "tone.draw", "draws a sample of comments to be coded", EDITORS,
	    tone_draw }, NULL, false },
	{ { "tone.code", "says of what tone a text is", STAFF, tone_code },
	    NULL, false },
	{ { "appeal.file", "appeals against a decision", 0, appeal_file },
	    NULL, false },
	{ { "appeal.decide", "decides an appeal", STAFF, appeal_decide },
	    NULL, false },
	{ { "sanction.impose", "warns, mutes, suspends or bans", STAFF,
	    sanction_impose }, NULL, false },
	{ { "sanction.end", "lifts a sanction", STAFF, sanction_end }, NULL,
	    false },
	{ { "deadline.pass", "acts on what is past its time", ROLE_ADMIN,
	    deadline_pass }, NULL, false },
	{ { "deadline.sample", "puts decisions before a second moderator",
	    ROLE_ADMIN, deadline_sample }, NULL, false },
	{ { "deadline.retain", "erases what was kept long enough",
	    ROLE_ADMIN, deadline_retain }, NULL, false },
	{ { "account.create", "signs up a member", 0, account_create },
	    account_prepare, true },
	{ { "account.change", "changes an account", 0, account_change },
	    account_prepare, true },
	{ { "account.erase", "erases an account and its texts", 0,
	    account_erase }, account_prepare, true },
	{ { "notice.read", "marks notices as read", 0, account_notice_read },
	    NULL, false },
	{ { "account.link", "makes or revokes the account link", 0,
	    account_link }, NULL, false },
	{ { "token.issue", "issues a bearer token", 0, account_token }, NULL,
	    false },
	{ { "token.revoke", "revokes a bearer token", 0,
	    account_token_revoke }, NULL, false },
	{ { "key.revoke", "revokes a guest's author key", 0,
	    account_key_revoke }, NULL, false },
	{ { "mail.set", "gives an e-mail address, to be confirmed", 0,
	    account_mail_set }, NULL, false },
	{ { "mail.kinds", "says what else is told by e-mail", 0,
	    account_mail_kinds }, NULL, false },
	{ { "mail.remove", "takes the e-mail address away", 0,
	    account_mail_remove }, NULL, false },
	{ { "mail.confirm", "confirms an e-mail address by its link", 0,
	    account_mail_confirm }, NULL, false },
	{ { "mail.stop", "ends what need not be told by e-mail", 0,
	    account_mail_stop }, NULL, false },
	{ { "mail.refused", "an e-mail address does not exist", ROLE_ADMIN,
	    account_mail_refused }, NULL, false },
	{ { "session.end", "signs one session out", 0, account_session_end },
	    NULL, false },
};

#define COMMANDS	(sizeof(commands_rows) / sizeof(commands_rows[0]))

const struct command_kind *
commands_at(size_t n)
{
	return n < COMMANDS ? &commands_rows[n].kind : NULL;
}

const struct command_kind *
commands_find(const char *name)
{
	size_t	i;

	for (i = 0; i < COMMANDS; i++) {
		if (strcmp(commands_rows[i].kind.name, name) == 0)
			return &commands_rows[i].kind;
	}
	return NULL;
}

/* The row that a kind is the first member of. */
static const struct commands_row *
commands_row(const struct command *cmd)
{
	return (const struct commands_row *)(const void *)cmd->kind;
}

int
commands_prepare(struct house *h, struct db *db, struct command *cmd,
    struct err *err)
{
	const struct commands_row	*row = commands_row(cmd);

	return row->prepare == NULL ? 0 : row->prepare(h, db, cmd, err);
}

bool
commands_slow(const struct house *h, const struct command *cmd)
{
	const struct commands_row	*row = commands_row(cmd);

	return row->slow || (row->prepare == post_prepare && house_asks(h));
}
