/*
 * The public record as lists show it: entries about decisions, newest first,
 * and one entry with what it is about.
 */
#ifndef FORUMD_LOG_VIEW_H
#define FORUMD_LOG_VIEW_H

#include "forumd/api.h"
#include "forumd/tlog.h"

struct log_entry {
	int64_t		 index, time;		/* the day, in ms */
	const char	*kind;
	const char	*thread, *thread_title;	/* slug; NULL: about none */
	const char	*comment;
	const char	*decision, *action, *clause, *clause_title;
	const char	*decider, *appeal, *policy;
	const char	*decided;		/* AUTOMATED_DECISION_... */
	const char	*explanation;		/* NULL: none, or redacted */
	bool		 automatic;		/* found by software */
	int64_t		 items;			/* comments it names */
	int64_t		 until;			/* appeal, ms */
	int64_t		 tnum;			/* its thread's row, or 0 */
};

struct log_ask {
	char	thread[128], clause[ITEM_CLAUSE_MAX], kind[40], by[20];
	char	after[CURSOR_MAX];
	int64_t	from, to;		/* ms, 0: none; to is not in it */
	int	limit;
};

/* The kinds of entries that a list shows when none is asked for, then the
 * others; NULL behind the last. */
const char *log_kind(size_t i);

/* The filters of the query string, checked. */
int	log_ask(struct request *rq, struct log_ask *ask, struct err *err);
/* A page into the view's arena; v->next goes on. */
int	log_page(struct request *rq, struct view *v, const struct log_ask *ask,
	    struct log_entry **list, size_t *n, struct err *err);
/* One entry's row; ERR_NOT_FOUND. */
int	log_entry(struct view *v, int64_t index, struct log_entry *out,
	    struct err *err);
/* The entry that the request's path names, with its proof. The caller ends
 * with tlog_free(proven), also after -1. */
int	log_load(struct request *rq, struct view *v, int64_t *index,
	    struct log_entry *out, struct tlog_entry *proven,
	    struct err *err);
/* Its members but for log_index. */
void	log_entry_json(struct buf *b, const struct log_entry *e);

#endif
