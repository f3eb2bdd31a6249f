/*
 * Rows that decide() functions and queries need by their public names. All
 * read through any connection; text is copied out, so nothing outlives a
 * statement.
 */
#ifndef MODERATION_LOOKUP_H
#define MODERATION_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/crypto.h"
#include "storage/base/err.h"
#include "storage/command.h"
#include "storage/db.h"

#define ID_LEN		12	/* of the public ids that we make */
#define ID_MAX		40	/* of ids that we take */

struct thread_row {
	int64_t	num;
	char	id[ID_MAX], slug[100], site[100], mode[20];
	int64_t	closes_at;		/* ms or 0 */
	bool	restricted;		/* private watch terms */
	int64_t	posted, version;
};

struct comment_row {
	int64_t	thread, num, account, parent;
	char	id[ID_MAX], state[16], author_kind[10], held_clause[40];
	char	language[12];
	int	depth, revision;
	int64_t	version, created_at, edited_at, log_index, decide_by;
	int64_t	removed_by, decision;	/* decision numbers or 0 */
	int64_t	held_at, flagged_at;
	bool	withdrawn, erased, quarantined, held_unchecked;
	bool	ever_removed, question;
	int	flags_open, flags_weight;
};

struct account_row {
	int64_t	 num;
	char	 id[ID_MAX], kind[10], person[ID_MAX], official[120];
	char	 site[100], language[12];
	unsigned roles;
	int64_t	 epoch, created_at, posted, approved, removed;
	int64_t	 flags_upheld, flags_rejected;
	int64_t	 muted_until, suspended_until, flags_until;
	bool	 banned, erased, totp;
	int	 email, mails;		/* as in account_mail.h */
	int	 unread;
};

struct decision_row {
	int64_t	num, thread, comment, sanction, account, at, since;
	int64_t	version, log_index, reverses, reversed_by, appeal_until;
	char	id[ID_MAX], action[16], clause[40], decider[ID_MAX];
	char	appeal[16], policy[65], source[40], automated[48];
	bool	automatic, undone, redacted, conceal, canned;
};

/* 0 found; -1 with ERR_NOT_FOUND (field as given) or a failure. */
int	lookup_thread(struct db *db, const char *slug, struct thread_row *out,
	    struct err *err);
int	lookup_thread_num(struct db *db, int64_t num, struct thread_row *out,
	    struct err *err);
int	lookup_comment(struct db *db, const char *id, struct comment_row *out,
	    struct err *err);
int	lookup_comment_num(struct db *db, int64_t thread, int64_t num,
	    struct comment_row *out, struct err *err);
int	lookup_account(struct db *db, int64_t num, struct account_row *out,
	    struct err *err);
int	lookup_account_id(struct db *db, const char *id,
	    struct account_row *out, struct err *err);
/* By author key (its SHA-256) or by member name (through name_key). */
int	lookup_account_key(struct db *db, const struct hash *key,
	    struct account_row *out, struct err *err);
int	lookup_account_name(struct db *db, const char *name,
	    struct account_row *out, struct err *err);
int	lookup_decision(struct db *db, int64_t num, struct decision_row *out,
	    struct err *err);

/* A content field: 0 found (appended to out), 1 absent (erased), -1. salt,
 * where not NULL, gets its 32 bytes. */
int	lookup_content(struct db *db, const char *ref, const char *field,
	    struct buf *out, unsigned char *salt, struct err *err);
/* Refs of content rows, into a buffer of 64 bytes:
 *   c:<comment>:<revision> body, and :1 also name      d:<decision> explanation,
 *   a:<account> name, password, email, totp            note
 *   p:<appeal> grounds, explanation                    f:<flag> note, name,
 *   t:<thread>:<seq> explanation, terms                email, ground
 *   r:<remark seq> text                                 policy:<digest> json */
#define REF_MAX	96
void	ref_make(char out[REF_MAX], char kind, const char *id);
void	ref_comment(char out[REF_MAX], const char *id, int revision);

/* The next row number of a table with an integer "num" (literal SQL). */
int64_t	lookup_next(struct db *db, const char *sql);

/* Is the actor's account free to write? ERR_SANCTIONED says until when and
 * names the sanction, ERR_SIGN_IN_REQUIRED where there is no account. */
int	lookup_standing(struct db *db, const struct account_row *a,
	    int64_t now, struct err *err);

#endif
