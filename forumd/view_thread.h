/*
 * Threads with their public account, as pages and JSON show them. Every
 * number of the account is read, none is computed here: the projections keep
 * them (storage/project_comment.c).
 */
#ifndef FORUMD_VIEW_THREAD_H
#define FORUMD_VIEW_THREAD_H

#include "forumd/view.h"

#define VIEW_CLAUSES	32

struct view_refused { const char *code; int64_t n; };

struct view_thread {
	struct html_thread	 t;
	struct html_counts	 counts;	/* where t.counts points */
	struct html_clause_count clauses[VIEW_CLAUSES];
	struct view_refused	 refused[VIEW_CLAUSES];
	size_t			 nrefused;
	int64_t			 num, visible;
	const char		*pinned;	/* id of a comment, or NULL */
	int64_t			 erased_author, erased_order, erased_retention;
};

/* Texts lie in v's arena. ERR_NOT_FOUND. */
int	view_thread(struct view *v, const char *slug, struct view_thread *out,
	    struct err *err);
int	view_thread_num(struct view *v, int64_t num, struct view_thread *out,
	    struct err *err);

/* A page of threads, the newest first: *list in v's arena, v->next. site
 * and mode may be "". */
int	view_threads(struct view *v, const char *site, const char *mode,
	    int limit, const char *after, struct view_thread **list,
	    size_t *n, struct err *err);

void	view_thread_json(struct buf *b, const struct view_thread *t);
/* The members of "counts", in braces. */
void	view_counts_json(struct buf *b, const struct view_thread *t);

/* An account's own counts over all threads, in the same shape. */
int	view_account_counts(struct view *v, int64_t account,
	    struct view_thread *out, struct err *err);
/* The whole forum's. */
int	view_site_counts(struct view *v, struct view_thread *out,
	    struct err *err);

#endif
