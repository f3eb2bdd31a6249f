/*
 * What the JSON handlers share: the view of whoever asks, arguments of a
 * command out of a request, and the small endings of an answer.
 */
#ifndef FORUMD_API_H
#define FORUMD_API_H

#include "forumd/request.h"
#include "forumd/view_thread.h"

/* The view of whoever asks: public without credentials. Ended by
 * view_free(). */
void	api_view(struct request *rq, struct view *v);

/* The request's body as a command's arguments, with one member put in from
 * the path (key NULL: none). The caller owns it; NULL with *err filled where
 * the body is no object. */
json_t	*api_args(struct request *rq, const char *key, const char *value,
	    struct err *err);

/* The arguments of decide.undo: the body's, and where it names no decision
 * one's own newest on the comment of the path. The caller owns it. */
json_t	*api_undo_args(struct request *rq, struct err *err);

/* Arguments of flag.file: the host that sent the reader here, by the body's
 * own word or the Referer field, replaces the whole address; our own host and
 * the sites that embed us are left out. api_appeal.c. */
void	api_flag_referrer(struct request *rq, json_t *args);

/* "next": cursor, or null for "". */
void	api_next(struct buf *b, const char *next);
/* ?sort= and ?shape= of a list of comments. */
int	api_order(struct request *rq, struct view_ask *ask, struct err *err);
/* A receipt as an object: leaf and proof, with_salt the body's salt too. */
int	api_receipt(struct request *rq, struct buf *b, const char *comment,
	    int64_t index, bool with_salt, struct err *err);
/* Whether a question waits, is answered or disputed; and how often it was
 * asked. */
const char *api_question_state(struct request *rq, int64_t thread,
	    int64_t asker, int64_t answer);
int64_t	api_question_asked(struct request *rq, int64_t thread, int64_t num);
/* A new guest's author key as a cookie, beside those kept already. */
void	api_keep_key(struct request *rq, const struct command *cmd);
/* Does the Accept field name this type before JSON? */
bool	api_accepts(const struct request *rq, const char *type);
/* Is the whole text a decimal number without leading zeros? */
bool	api_index(const char *text, int64_t *out);

#endif
