/*
 * TLS on the server's side, through memory: ciphertext goes in and comes out
 * as bytes, and the connection does the I/O. The only file that includes
 * OpenSSL's libssl. TLS 1.2 and 1.3, ALPN http/1.1.
 *
 * A struct tls may be shared by threads; a session belongs to one.
 */
#ifndef FORUMD_TLS_H
#define FORUMD_TLS_H

#include <stddef.h>
#include <sys/types.h>

#include "storage/base/err.h"

struct tls;
struct tls_session;

/* Certificate chain and key from PEM files; NULL and *err where they cannot
 * be read or do not belong together. */
struct tls	*tls_new(const char *cert, const char *key, struct err *err);
void		 tls_free(struct tls **tls);
/* The same files read again, NULL where they cannot be used; and taken into
 * use in the place of what was, which cannot fail. */
struct tls	*tls_again(const struct tls *tls, struct err *err);
void		 tls_take(struct tls *tls, struct tls **fresh);

/* NULL where memory is out. */
struct tls_session *tls_session_new(struct tls *tls);
void		 tls_session_free(struct tls_session **s);

/* Hands in ciphertext that was received. -1: memory is out. */
int		 tls_session_feed(struct tls_session *s, const void *p,
		    size_t len);
/* Plain bytes: > 0; 0 none until more is fed; -1 the peer said that it sends
 * no more; -2 the session is broken. */
ssize_t		 tls_session_read(struct tls_session *s, void *p, size_t cap);
/* Encrypts; 0, or -1 where the session is broken. */
int		 tls_session_write(struct tls_session *s, const void *p,
		    size_t len);
/* Ciphertext to send, borrowed until the next call; and its acknowledgment. */
size_t		 tls_session_pending(struct tls_session *s, const char **p);
void		 tls_session_sent(struct tls_session *s, size_t len);
/* Says that we send no more (close_notify becomes pending). */
void		 tls_session_end(struct tls_session *s);

#endif
