/*
 * A mail as bytes: plain text in UTF-8, quoted-printable, with the headers
 * that a notice needs. Whatever stands in the texts, no header can be ended
 * by it: what is not plain goes into encoded words (RFC 2047), control
 * characters into neither.
 */
#ifndef FORUMD_MAIL_MESSAGE_H
#define FORUMD_MAIL_MESSAGE_H

#include <stdint.h>

#include "storage/base/buf.h"
#include "storage/base/err.h"

struct mail_message {
	const char	*from, *to;	/* bare addresses, checked */
	const char	*from_name, *subject;
	const char	*language;	/* "ro" */
	const char	*id;		/* of the message, without <> */
	const char	*stop;		/* address that ends such mails, or NULL */
	int64_t		 date;		/* ms */
	const char	*body;		/* lines ended by \n */
	size_t		 body_len;
};

/* The message with CRLF lines; -1 where an address, the id or the stop
 * address holds what may not stand in a header. */
int	mail_message_write(struct buf *out, const struct mail_message *m,
	    struct err *err);

#endif
