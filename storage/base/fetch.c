/*
 * Outgoing HTTP(S) and mail over libcurl: see fetch.h.
 *
 * What could be turned against us is decided here once: the deadline covers
 * the whole exchange, the size is counted after decoding, the address is
 * looked at when the socket is made (so that a name which resolves to
 * something else the second time gains nothing), and nothing with a line
 * break reaches a protocol line.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "storage/base/fetch.h"

#define FETCH_HEADERS_MAX	(64 * 1024)

struct fetch {
	CURL			*curl;		/* owned */
	struct fetch_response	*r;		/* of the request under way */
	size_t			 max_bytes;
	bool			 too_large;
	bool			 refused;	/* by fetch_socket_public */
	char			 error[CURL_ERROR_SIZE];
};

struct fetch_upload {
	const char	*p;
	size_t		 left;
};

/* What the mail server answered, and to which command. */
struct fetch_talk {
	char	command;	/* its first letter */
	int	code;
	bool	over;		/* QUIT was sent */
};

static void
fetch_global(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct fetch *
fetch_new(void)
{
	static pthread_once_t	 once = PTHREAD_ONCE_INIT;
	struct fetch		*f;

	pthread_once(&once, fetch_global);
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return (NULL);
	f->curl = curl_easy_init();
	if (f->curl == NULL)
		fetch_free(&f);
	return (f);
}

void
fetch_free(struct fetch **f)
{
	if (*f == NULL)
		return;
	curl_easy_cleanup((*f)->curl);
	free(*f);
	*f = NULL;
}

static size_t
fetch_on_body(char *p, size_t size, size_t n, void *arg)
{
	struct fetch	*f = arg;

	n *= size;
	if (n > f->max_bytes - f->r->body.len) {
		f->too_large = true;
		return (0);
	}
	buf_add(&f->r->body, p, n);
	return (buf_failed(&f->r->body) ? 0 : n);
}

/* A status line begins a new answer (redirects, 100 Continue). */
static size_t
fetch_on_header(char *p, size_t size, size_t n, void *arg)
{
	struct fetch	*f = arg;
	struct buf	*b = &f->r->headers;

	n *= size;
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0)
		buf_clear(b);
	if (n > FETCH_HEADERS_MAX - b->len) {
		f->too_large = true;
		return (0);
	}
	buf_add(b, p, n);
	return (buf_failed(b) ? 0 : n);
}

static bool
fetch_ipv4_public(uint32_t a)
{
	static const struct { uint32_t net; int bits; } closed[] = {
		{ 0x00000000, 8 },	/* this network */
		{ 0x0a000000, 8 },	/* private */
		{ 0x64400000, 10 },	/* carrier's private */
		{ 0x7f000000, 8 },	/* loopback */
		{ 0xa9fe0000, 16 },	/* link-local */
		{ 0xac100000, 12 },	/* private */
		{ 0xc0000000, 24 },	/* protocol assignments */
		{ 0xc0a80000, 16 },	/* private */
		{ 0xc6120000, 15 },	/* benchmarking */
		{ 0xe0000000, 3 },	/* multicast, reserved, broadcast */
	};
	size_t	i;

	for (i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if ((a ^ closed[i].net) >> (32 - closed[i].bits) == 0)
			return (false);
	return (true);
}

static bool
fetch_address_public(const struct sockaddr *sa)
{
	const struct sockaddr_in	*in = (const void *)sa;
	const struct sockaddr_in6	*in6 = (const void *)sa;
	const uint8_t			*b;
	uint32_t			 last;

	if (sa->sa_family == AF_INET)
		return (fetch_ipv4_public(ntohl(in->sin_addr.s_addr)));
	if (sa->sa_family != AF_INET6)
		return (false);
	b = in6->sin6_addr.s6_addr;
	memcpy(&last, b + 12, sizeof(last));
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return (fetch_ipv4_public(ntohl(last)));
	/* 2000::/3 is what is routed; of it 6to4 and Teredo embed others. */
	return ((b[0] & 0xe0) == 0x20 && !(b[0] == 0x20 && b[1] == 0x02) &&
	    !(b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0));
}

static curl_socket_t
fetch_socket_public(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct fetch	*f = arg;

	if (purpose != CURLSOCKTYPE_IPCXN || !fetch_address_public(&a->addr)) {
		f->refused = true;
		return (CURL_SOCKET_BAD);
	}
	return (socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol));
}

static bool
fetch_line_ok(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return (false);
	return (true);
}

static bool
fetch_url_ok(const char *url, const char *one, const char *two)
{
	return ((strncasecmp(url, one, strlen(one)) == 0 ||
	    strncasecmp(url, two, strlen(two)) == 0) && fetch_line_ok(url) &&
	    strchr(url, ' ') == NULL);
}

/* Appends copies of the strings to *list; -1 without memory. */
static int
fetch_list(struct curl_slist **list, const char *const *s)
{
	struct curl_slist	*more;

	for (; s != NULL && *s != NULL; s++) {
		more = curl_slist_append(*list, *s);
		if (more == NULL)
			return (-1);
		*list = more;
	}
	return (0);
}

static void
fetch_setup_common(struct fetch *f, int timeout_ms)
{
	CURL	*c = f->curl;

	curl_easy_reset(c);	/* keeps connections and the DNS cache */
	f->error[0] = '\0';
	f->too_large = f->refused = false;
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, f->error);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
}

static void
fetch_setup_http(struct fetch *f, const struct fetch_request *q,
    struct curl_slist *headers)
{
	CURL		*c = f->curl;
	const char	*scheme = strncasecmp(q->url, "https", 5) == 0 ?
	    "https" : "http";

	curl_easy_setopt(c, CURLOPT_URL, q->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, scheme);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, 5L);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION,
	    q->post || headers != NULL ? 0L : 1L);
	curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, fetch_on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, fetch_on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, f);
	/* Connections made under one rule are not reused under the other. */
	curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, q->public_only ? 1L : 0L);
	curl_easy_setopt(c, CURLOPT_FORBID_REUSE, q->public_only ? 1L : 0L);
	if (q->public_only) {
		curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION,
		    fetch_socket_public);
		curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, f);
	}
	if (q->post) {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS,
		    q->body != NULL ? q->body : "");
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)q->body_len);
	}
}

static int
fetch_failed(const struct fetch *f, CURLcode rc, struct err *err)
{
	if (f->refused)
		return (err_set(err, ERR_OUTCOME_UNKNOWN, NULL,
		    "the address is not a public one"));
	if (f->too_large)
		return (err_set(err, ERR_OUTCOME_UNKNOWN, NULL,
		    "the answer is larger than allowed"));
	return (err_set(err, ERR_OUTCOME_UNKNOWN, NULL, "%s",
	    f->error[0] != '\0' ? f->error : curl_easy_strerror(rc)));
}

int
fetch_http(struct fetch *f, const struct fetch_request *q,
    struct fetch_response *r, struct err *err)
{
	struct curl_slist	*headers = NULL;
	const char *const	*h;
	CURLcode		 rc;
	long			 status = 0;

	r->status = 0;
	buf_clear(&r->headers);
	buf_clear(&r->body);
	if (!fetch_url_ok(q->url, "http://", "https://") ||
	    q->timeout_ms <= 0)
		return (err_set(err, ERR_INVALID_FIELD, "url",
		    "not a request for an http or https address"));
	for (h = q->headers; h != NULL && *h != NULL; h++)
		if (!fetch_line_ok(*h))
			return (err_set(err, ERR_INVALID_FIELD, "headers",
			    "a header holds a control character"));
	if (fetch_list(&headers, q->headers) != 0) {
		curl_slist_free_all(headers);
		return (err_set(err, ERR_INTERNAL, NULL, "no memory"));
	}
	f->r = r;
	f->max_bytes = q->max_bytes;
	fetch_setup_common(f, q->timeout_ms);
	fetch_setup_http(f, q, headers);
	rc = curl_easy_perform(f->curl);
	curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	f->r = NULL;
	r->status = (int)status;
	return (rc == CURLE_OK ? 0 : fetch_failed(f, rc, err));
}

bool
fetch_header(const struct fetch_response *r, const char *name, char *out,
    size_t size)
{
	const char	*p = r->headers.data, *end, *nl;
	size_t		 len = strlen(name), n;

	if (p == NULL)
		return (false);
	for (end = p + r->headers.len; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			break;
		if ((size_t)(nl - p) <= len || p[len] != ':' ||
		    strncasecmp(p, name, len) != 0)
			continue;
		for (p += len + 1; p < nl && (*p == ' ' || *p == '\t'); p++)
			;
		n = (size_t)(nl - p);
		while (n > 0 && strchr(" \t\r", p[n - 1]) != NULL)
			n--;
		if (n >= size)
			n = size - 1;
		memcpy(out, p, n);
		out[n] = '\0';
		return (true);
	}
	return (false);
}

void
fetch_response_free(struct fetch_response *r)
{
	buf_free(&r->headers);
	buf_free(&r->body);
}

static bool
fetch_mailbox_ok(const char *s)
{
	size_t	len = strlen(s);

	return (len > 0 && len <= 254 && fetch_line_ok(s) &&
	    strpbrk(s, " <>") == NULL);
}

static size_t
fetch_on_upload(char *p, size_t size, size_t n, void *arg)
{
	struct fetch_upload	*u = arg;

	n *= size;
	if (n > u->left)
		n = u->left;
	memcpy(p, u->p, n);
	u->p += n;
	u->left -= n;
	return (n);
}

/* libcurl tells the last answer of a conversation, which may be that to
 * QUIT; what matters is the one to RCPT or DATA. */
static int
fetch_on_talk(CURL *c, curl_infotype type, char *p, size_t n, void *arg)
{
	struct fetch_talk	*talk = arg;

	(void)c;
	if (type == CURLINFO_HEADER_OUT && n > 0 && *p == 'Q')
		talk->over = true;
	if (n < 4 || talk->over)
		return (0);
	if (type == CURLINFO_HEADER_OUT)
		talk->command = *p;
	else if (type == CURLINFO_HEADER_IN && *p >= '2' && *p <= '5')
		talk->code = (p[0] - '0') * 100 + (p[1] - '0') * 10 +
		    p[2] - '0';
	return (0);
}

static int
fetch_on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c,
    curl_off_t d)
{
	const _Atomic bool	*stop = arg;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return (*stop ? 1 : 0);
}

static void
fetch_setup_mail(struct fetch *f, const struct fetch_mail *m,
    struct curl_slist *to, struct fetch_upload *up, struct fetch_talk *talk)
{
	CURL	*c = f->curl;

	fetch_setup_common(f, m->timeout_ms);
	curl_easy_setopt(c, CURLOPT_URL, m->server);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(c, CURLOPT_USE_SSL, (long)(m->require_tls ?
	    CURLUSESSL_ALL : CURLUSESSL_NONE));
	curl_easy_setopt(c, CURLOPT_USERNAME, m->user);
	curl_easy_setopt(c, CURLOPT_PASSWORD, m->password);
	curl_easy_setopt(c, CURLOPT_MAIL_FROM, m->from);
	curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, fetch_on_upload);
	curl_easy_setopt(c, CURLOPT_READDATA, up);
	curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, fetch_on_talk);
	curl_easy_setopt(c, CURLOPT_DEBUGDATA, talk);
	if (m->stop != NULL) {
		curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION,
		    fetch_on_progress);
		curl_easy_setopt(c, CURLOPT_XFERINFODATA,
		    (void *)(uintptr_t)m->stop);
	}
}

/* Whose fault it was, by the command and the answer to it. */
static int
fetch_mail_failed(const struct fetch *f, const struct fetch_talk *talk,
    CURLcode rc, struct err *err)
{
	if (talk->code < 400 || (talk->command != 'R' &&
	    talk->command != 'D'))
		return (fetch_failed(f, rc, err));
	return (err_set(err, talk->code < 500 ? ERR_OUTCOME_UNKNOWN :
	    ERR_NOT_FOUND, talk->command == 'R' ? "to" : "message",
	    "the server answered %d", talk->code));
}

int
fetch_send_mail(const struct fetch_mail *m, struct err *err)
{
	struct fetch_upload	 up = { m->message, m->message_len };
	struct fetch_talk	 talk = { 0, 0, false };
	struct curl_slist	*to = NULL;
	struct fetch		*f;
	size_t			 i;
	CURLcode		 rc;
	int			 r;

	if (!fetch_url_ok(m->server, "smtp://", "smtps://") ||
	    m->timeout_ms <= 0)
		return (err_set(err, ERR_INVALID_FIELD, "server",
		    "not an smtp or smtps address"));
	if (!fetch_mailbox_ok(m->from) || m->to[0] == NULL)
		return (err_set(err, ERR_INVALID_FIELD, "from",
		    "not a mail address"));
	for (i = 0; m->to[i] != NULL; i++)
		if (!fetch_mailbox_ok(m->to[i]))
			return (err_set(err, ERR_INVALID_FIELD, "to",
			    "not a mail address"));
	f = fetch_new();
	if (f == NULL || fetch_list(&to, m->to) != 0) {
		r = err_set(err, ERR_INTERNAL, NULL, "no memory");
	} else {
		fetch_setup_mail(f, m, to, &up, &talk);
		rc = curl_easy_perform(f->curl);
		r = rc == CURLE_OK ? 0 : fetch_mail_failed(f, &talk, rc, err);
	}
	fetch_free(&f);
	curl_slist_free_all(to);
	return (r);
}
