/*
 * Outgoing HTTP(S) and mail, one exchange at a time and always bounded: the
 * only file that includes libcurl. Blocking, so never on a loop thread; for
 * followers (witnesses, webhooks, mail, outside checkers) and the auditor.
 *
 * Any thread may call; a struct fetch belongs to one thread at a time and
 * keeps its connections open between requests. TLS certificates are checked,
 * proxies are not used. Redirects are followed only for a GET without
 * headers of its own, at most five, and only to the same scheme.
 */
#ifndef STORAGE_BASE_FETCH_H
#define STORAGE_BASE_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "storage/base/buf.h"
#include "storage/base/err.h"

struct fetch;

struct fetch_request {
	const char	*url;		/* http:// or https:// */
	const char *const *headers;	/* "Name: value", NULL ends; or NULL */
	bool		 post;		/* with body; else GET */
	const void	*body;
	size_t		 body_len;
	int		 timeout_ms;	/* for all of it; > 0 */
	size_t		 max_bytes;	/* of the answer, decoded; > 0 */
	bool		 public_only;	/* refuse to connect to loopback,
					 * link-local, private or multicast
					 * addresses, whatever the name says */
};

struct fetch_response {
	int		 status;
	struct buf	 headers;	/* raw lines of the last answer */
	struct buf	 body;		/* decoded (gzip) */
};

#define FETCH_RESPONSE_INIT { 0, BUF_INIT, BUF_INIT }

/* NULL where there is no memory. */
struct fetch	*fetch_new(void);
void		 fetch_free(struct fetch **f);

/* Sends the request and reads the whole answer into *r, which is emptied
 * first and is the caller's to fetch_response_free(). 0 for any HTTP status;
 * -1 where there was no complete answer: ERR_INVALID_FIELD for a request
 * that was never sent (its URL or header is malformed), ERR_OUTCOME_UNKNOWN
 * for everything that went wrong on the way, deadline and size included. */
int		 fetch_http(struct fetch *f, const struct fetch_request *q,
		    struct fetch_response *r, struct err *err);
/* The value of a header (any case) copied into out, cut to size; false where
 * there is none. */
bool		 fetch_header(const struct fetch_response *r,
		    const char *name, char *out, size_t size);
void		 fetch_response_free(struct fetch_response *r);

struct fetch_mail {
	const char	*server;	/* smtp://host:port or smtps://... */
	const char	*user;		/* or NULL */
	const char	*password;
	bool		 require_tls;	/* STARTTLS or nothing; else plain */
	const char	*from;		/* bare addresses: a@b.example */
	const char *const *to;		/* NULL ends; at least one */
	const void	*message;	/* headers and body, CRLF lines */
	size_t		 message_len;
	int		 timeout_ms;
	const _Atomic bool *stop;	/* NULL, or given up soon once true */
};

/* Hands a message to a mail server. -1 with ERR_OUTCOME_UNKNOWN where it may
 * be tried again, ERR_NOT_FOUND where the server refuses it for good; the
 * field is "to" or "message" where it was about the recipient or the message
 * alone. ERR_INVALID_FIELD: never sent, an address has CR, LF, a blank, "<"
 * or ">". */
int		 fetch_send_mail(const struct fetch_mail *m, struct err *err);

#endif
