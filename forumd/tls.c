/*
 * OpenSSL behind two memory BIOs. A connection pays for a session's buffers
 * only while bytes move (SSL_MODE_RELEASE_BUFFERS, and a grown output BIO is
 * exchanged for a fresh one once it is drained). No renegotiation, no
 * compression, no session tickets: a stolen ticket key would open old
 * recordings, and TLS 1.3 resumption earns little on a keep-alive site.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "forumd/tls.h"

#define TLS_BIO_KEPT	16384

struct tls {
	pthread_mutex_t	 lock;		/* around ctx */
	SSL_CTX		*ctx;		/* owned */
	char		*cert, *key;	/* owned: file names */
};

struct tls_session {
	SSL	*ssl;			/* owned; owns both BIOs */
	BIO	*in, *out;
	size_t	 most;			/* the output BIO's size so far */
};

static int
tls_alpn(SSL *ssl, const unsigned char **out, unsigned char *len,
    const unsigned char *offered, unsigned int offered_len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto((unsigned char **)out, len, ours,
	    sizeof(ours) - 1, offered, offered_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *
tls_context(const char *cert, const char *key, struct err *err)
{
	SSL_CTX *ctx;
	const char *what;

	what = "cannot make a TLS context";
	if ((ctx = SSL_CTX_new(TLS_server_method())) == NULL)
		goto fail;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
	    SSL_OP_NO_TICKET);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_alpn_select_cb(ctx, tls_alpn, NULL);
	what = "cannot read the certificate";
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		goto fail;
	what = "cannot read the key";
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		goto fail;
	what = "certificate and key do not belong together";
	if (SSL_CTX_check_private_key(ctx) != 1)
		goto fail;
	return ctx;
fail:
	err_set(err, ERR_INVALID_FIELD, "tls", "%s: %s", what,
	    ERR_reason_error_string(ERR_peek_last_error()));
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return NULL;
}

struct tls *
tls_new(const char *cert, const char *key, struct err *err)
{
	struct tls *tls;

	tls = calloc(1, sizeof(*tls));
	if (tls == NULL) {
		err_set(err, ERR_INTERNAL, NULL, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&tls->lock, NULL);
	tls->cert = strdup(cert);
	tls->key = strdup(key);
	if (tls->cert == NULL || tls->key == NULL)
		err_set(err, ERR_INTERNAL, NULL, "out of memory");
	else
		tls->ctx = tls_context(cert, key, err);
	if (tls->ctx == NULL)
		tls_free(&tls);
	return tls;
}

void
tls_free(struct tls **tls)
{
	if (*tls == NULL)
		return;
	SSL_CTX_free((*tls)->ctx);
	pthread_mutex_destroy(&(*tls)->lock);
	free((*tls)->cert);
	free((*tls)->key);
	free(*tls);
	*tls = NULL;
}

struct tls *
tls_again(const struct tls *tls, struct err *err)
{
	return tls_new(tls->cert, tls->key, err);
}

void
tls_take(struct tls *tls, struct tls **fresh)
{
	SSL_CTX *old;

	pthread_mutex_lock(&tls->lock);
	old = tls->ctx;
	tls->ctx = (*fresh)->ctx;
	pthread_mutex_unlock(&tls->lock);
	(*fresh)->ctx = old;	/* sessions hold references of their own */
	tls_free(fresh);
}

struct tls_session *
tls_session_new(struct tls *tls)
{
	struct tls_session *s;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	pthread_mutex_lock(&tls->lock);
	s->ssl = SSL_new(tls->ctx);
	pthread_mutex_unlock(&tls->lock);
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	if (s->ssl == NULL || s->in == NULL || s->out == NULL) {
		BIO_free(s->in);
		BIO_free(s->out);
		SSL_free(s->ssl);
		free(s);
		ERR_clear_error();
		return NULL;
	}
	SSL_set_bio(s->ssl, s->in, s->out);
	SSL_set_accept_state(s->ssl);
	return s;
}

void
tls_session_free(struct tls_session **s)
{
	if (*s == NULL)
		return;
	SSL_free((*s)->ssl);
	free(*s);
	*s = NULL;
}

int
tls_session_feed(struct tls_session *s, const void *p, size_t len)
{
	return BIO_write(s->in, p, (int)len) == (int)len ? 0 : -1;
}

ssize_t
tls_session_read(struct tls_session *s, void *p, size_t cap)
{
	int n, why;

	ERR_clear_error();
	n = SSL_read(s->ssl, p, (int)cap);
	if (n > 0)
		return n;
	why = SSL_get_error(s->ssl, n);
	ERR_clear_error();
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return 0;
	return why == SSL_ERROR_ZERO_RETURN ? -1 : -2;
}

int
tls_session_write(struct tls_session *s, const void *p, size_t len)
{
	int n;

	ERR_clear_error();
	n = SSL_write(s->ssl, p, (int)len);
	ERR_clear_error();
	return n == (int)len ? 0 : -1;
}

size_t
tls_session_pending(struct tls_session *s, const char **p)
{
	char *data;
	long n;

	n = BIO_get_mem_data(s->out, &data);
	*p = data;
	return n > 0 ? (size_t)n : 0;
}

void
tls_session_sent(struct tls_session *s, size_t len)
{
	char drop[16384];
	BIO *fresh;
	size_t n;

	if (BIO_ctrl_pending(s->out) > s->most)
		s->most = BIO_ctrl_pending(s->out);
	for (; len > 0; len -= n) {
		n = len < sizeof(drop) ? len : sizeof(drop);
		BIO_read(s->out, drop, (int)n);
	}
	if (s->most > TLS_BIO_KEPT && BIO_ctrl_pending(s->out) == 0 &&
	    (fresh = BIO_new(BIO_s_mem())) != NULL) {
		SSL_set0_wbio(s->ssl, fresh);	/* frees the grown one */
		s->out = fresh;
		s->most = 0;
	}
}

void
tls_session_end(struct tls_session *s)
{
	ERR_clear_error();
	if (SSL_is_init_finished(s->ssl))
		SSL_shutdown(s->ssl);
	ERR_clear_error();
}
