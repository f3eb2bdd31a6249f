/*
 * Client addresses. See address.h for the contract.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/address.h"

struct address_list {
	struct address_net {
		unsigned char	b[16];
		unsigned	bits;
	}		*net;		/* owned */
	size_t		 n;
	bool		 no_address;	/* "unix" is in it */
};

static const unsigned char address_mapped[12] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
};

static bool
address_is_v4(const unsigned char b[16])
{
	return memcmp(b, address_mapped, sizeof(address_mapped)) == 0;
}

static int
address_parse(struct address *out, const char *text)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, out->b + 12) == 1)
		memcpy(out->b, address_mapped, sizeof(address_mapped));
	else if (inet_pton(AF_INET6, text, out->b) != 1)
		return -1;
	out->known = true;
	return 0;
}

/* Clears all but the first bits. */
static void
address_mask(unsigned char b[16], unsigned bits)
{
	unsigned	i;

	for (i = 0; i < 16; i++) {
		if (bits >= 8 * (i + 1))
			continue;
		b[i] &= bits <= 8 * i ? 0 : (unsigned char)(0xff00 >>
		    (bits - 8 * i));
	}
}

int
address_list_new(struct address_list **out, struct err *err)
{
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	return 0;
}

void
address_list_free(struct address_list **l)
{
	if (*l == NULL)
		return;
	free((*l)->net);
	free(*l);
	*l = NULL;
}

int
address_list_add(struct address_list *l, const char *network, struct err *err)
{
	struct address_net	*grown;
	struct address		 a;
	char			 text[ADDRESS_TEXT], *end;
	const char		*slash = strchr(network, '/');
	size_t			 n = strcspn(network, "/");
	unsigned long		 bits, most;

	if (strcmp(network, "unix") == 0) {
		l->no_address = true;
		return 0;
	}
	snprintf(text, sizeof(text), "%.*s", (int)(n < 60 ? n : 60), network);
	if (address_parse(&a, text) != 0)
		return err_set(err, ERR_INVALID_FIELD, "trusted_proxies",
		    "%.60s is not a network", network);
	most = strchr(text, ':') == NULL ? 32 : 128;
	bits = slash == NULL ? most : strtoul(slash + 1, &end, 10);
	if (slash != NULL && (slash[1] < '0' || slash[1] > '9' ||
	    *end != '\0' || bits > most))
		return err_set(err, ERR_INVALID_FIELD, "trusted_proxies",
		    "%.60s is not a network", network);
	grown = realloc(l->net, (l->n + 1) * sizeof(*grown));
	if (grown == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	l->net = grown;
	l->net[l->n].bits = (unsigned)(bits + 128 - most);
	memcpy(l->net[l->n].b, a.b, 16);
	address_mask(l->net[l->n].b, l->net[l->n].bits);
	l->n++;
	return 0;
}

bool
address_list_has(const struct address_list *l, const struct address *a)
{
	unsigned char	b[16];
	size_t		i;

	if (!a->known)
		return l->no_address;
	for (i = 0; i < l->n; i++) {
		memcpy(b, a->b, 16);
		address_mask(b, l->net[i].bits);
		if (memcmp(b, l->net[i].b, 16) == 0)
			return true;
	}
	return false;
}

void
address_peer(struct address *out, const struct sockaddr *peer)
{
	memset(out, 0, sizeof(*out));
	if (peer == NULL)
		return;
	if (peer->sa_family == AF_INET) {
		memcpy(out->b, address_mapped, sizeof(address_mapped));
		memcpy(out->b + 12, &((const struct sockaddr_in *)
		    (const void *)peer)->sin_addr, 4);
		out->known = true;
	} else if (peer->sa_family == AF_INET6) {
		memcpy(out->b, &((const struct sockaddr_in6 *)
		    (const void *)peer)->sin6_addr, 16);
		out->known = true;
	}
}

/* One entry: an address, which may stand in brackets and have a port. */
static int
address_entry(struct address *out, const char *p, size_t len)
{
	char	 text[ADDRESS_TEXT], *s = text, *end;

	while (len > 0 && (*p == ' ' || *p == '\t'))
		p++, len--;
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	if (len == 0 || len >= sizeof(text))
		return -1;
	memcpy(text, p, len);
	text[len] = '\0';
	if (*s == '[') {
		if ((end = strchr(++s, ']')) == NULL)
			return -1;
		*end = '\0';
	} else if ((end = strchr(s, ':')) != NULL &&
	    strchr(end + 1, ':') == NULL) {
		*end = '\0';
	}
	return address_parse(out, s);
}

void
address_client(struct address *out, const struct sockaddr *peer,
    struct http_span forwarded, const struct address_list *trusted)
{
	struct address	next;
	size_t		end = forwarded.len, start;

	address_peer(out, peer);
	while (end > 0 && address_list_has(trusted, out)) {
		for (start = end; start > 0 && forwarded.p[start - 1] != ',';)
			start--;
		if (address_entry(&next, forwarded.p + start,
		    end - start) != 0)
			return;
		*out = next;
		end = start > 0 ? start - 1 : 0;
	}
}

void
address_shorten(const struct address *a, bool wide, unsigned char out[16])
{
	memcpy(out, a->b, 16);
	if (address_is_v4(a->b))
		address_mask(out, wide ? 120 : 128);
	else
		address_mask(out, wide ? 48 : 64);
}

bool
address_local(const struct address *a)
{
	static const unsigned char	one[16] = { [15] = 1 };

	if (!a->known)
		return true;
	return address_is_v4(a->b) ? a->b[12] == 127 :
	    memcmp(a->b, one, 16) == 0;
}
