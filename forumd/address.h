/*
 * Client addresses: whom to believe about them, and what is kept of them.
 *
 * Behind a proxy the peer's address is the proxy's; X-Forwarded-For is read
 * from the right, as long as the one who wrote an entry is a proxy that we
 * trust, so that nobody can choose an address for himself. Only a shortened
 * form leaves this file, and the caller keys it before it is kept.
 */
#ifndef FORUMD_ADDRESS_H
#define FORUMD_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "forumd/http.h"
#include "storage/base/err.h"

#define ADDRESS_TEXT	64

/* IPv4 lies in the mapped range of IPv6. */
struct address {
	unsigned char	b[16];
	bool		known;		/* false: a unix socket, or none */
};

struct address_list;

/* Networks "10.0.0.0/8", "::1", and "unix" for peers without an address. */
int	address_list_new(struct address_list **out, struct err *err);
void	address_list_free(struct address_list **l);
int	address_list_add(struct address_list *l, const char *network,
	    struct err *err);
bool	address_list_has(const struct address_list *l,
	    const struct address *a);

void	address_peer(struct address *out, const struct sockaddr *peer);
/* The client's: the peer, or behind trusted proxies the first that none of
 * them vouches for further. forwarded is X-Forwarded-For (may be empty). */
void	address_client(struct address *out, const struct sockaddr *peer,
	    struct http_span forwarded, const struct address_list *trusted);
/* Shortened to what one subscriber has (IPv6 to 64 bits), or wide, to the
 * network around (IPv4 to 24 bits, IPv6 to 48): 16 bytes to be keyed. */
void	address_shorten(const struct address *a, bool wide,
	    unsigned char out[16]);
bool	address_local(const struct address *a);	/* 127.0.0.0/8, ::1, unix */

#endif
