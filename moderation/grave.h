/*
 * The gravest cases. What falls under a clause that the rules mark
 * "escalate" (a threat to life, the abuse of a child) is put before editors
 * and admins in the moment it is found, and stays open until somebody has
 * written down which authority was told, when and under which reference, or
 * why none had to be (Art. 18 of Regulation (EU) 2022/2065).
 *
 * Quarantine and orders of authorities stand in quarantine.c and order.c.
 */
#ifndef MODERATION_GRAVE_H
#define MODERATION_GRAVE_H

#include "moderation/commands.h"

/* An argument as a moment: "2026-11-22T10:15:00Z", the same without seconds
 * and Z, or a day (its first moment, in UTC). *out is 0 where it is missing. */
int	grave_time(const struct command *cmd, const char *key, bool required,
	    int64_t *out, struct err *err);
/* The same, and not in the future. */
int	grave_past(const struct turn *t, const struct command *cmd,
	    const char *key, bool required, int64_t *out, struct err *err);
/* A text of 1 to 500 characters, staged under ref, its commitment into prv;
 * a missing optional one stages nothing. */
int	grave_text(struct turn *t, const struct command *cmd, const char *key,
	    bool required, const char *ref, json_t *prv, struct err *err);

/* Opens an escalation where the clause asks for it and none is open for this
 * comment and clause, and tells editors and admins. */
int	grave_raise(struct turn *t, const struct comment_row *c,
	    const char *clause, struct err *err);
/* The comment was found harmless by account: what is open on it ends. */
int	grave_drop(struct turn *t, const struct comment_row *c,
	    int64_t account, struct err *err);

/* The terms of a quarantine as a decision or quarantine.keep names them:
 * preserve_until, by default the time of the house rules; notify_after needs
 * the order that asks for it. Both in ms, notify_after 0: at once. */
int	quarantine_terms(struct turn *t, const struct command *cmd,
	    int64_t *preserve_until, int64_t *notify_after, struct err *err);

#endif
