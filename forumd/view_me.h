/*
 * What somebody was told and what stands against them: the inbox of notices
 * and the list of sanctions, joined with the decisions behind them. Each is
 * for the account itself alone.
 */
#ifndef FORUMD_VIEW_ME_H
#define FORUMD_VIEW_ME_H

#include "forumd/view.h"

struct view_notice {
	int64_t		 num, at;
	bool		 unread;
	/* statement, appeal_outcome, flag_outcome, reply, sanction, held,
	 * published */
	const char	*kind;
	const char	*thread, *thread_title;	/* slug; NULL: none */
	const char	*comment, *state;
	const char	*action, *clause, *clause_title;
	const char	*explanation, *note;
	const char	*appeal, *appeal_state;
	const char	*flag, *flag_state;
	const char	*sanction, *sanction_kind;
};

struct view_sanction {
	const char	*id, *kind, *clause, *clause_title, *explanation;
	const char	*state;		/* active, over, lifted */
	const char	*appeal, *appeal_state;
	int64_t		 num, at, until, ended_at, appeal_until;
};

/* The newest first, in v's arena; v->next. */
int	view_notices(struct view *v, int64_t account, int limit,
	    const char *after, struct view_notice **list, size_t *n,
	    struct err *err);
int	view_sanctions(struct view *v, int64_t account, int limit,
	    const char *after, struct view_sanction **list, size_t *n,
	    struct err *err);

void	view_notice_json(struct buf *b, const struct view_notice *n);
void	view_sanction_json(struct buf *b, const struct view_sanction *s);

#endif
