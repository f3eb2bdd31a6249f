/*
 * A batch from another node or out of Redis. The sum is made to fit, so that
 * what lies behind it is reached. What is taken must be the same again when
 * written and read.
 */
#include <stdlib.h>
#include <string.h>

#include "storage/batch.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads a part, and where it is taken, what it is when written again. */
static int
batch_through(struct batch *b, char letter, const struct buf *in,
    struct buf *out)
{
	if (letter == 'E') {
		if (batch_decode_events(b, in->data, in->len, NULL) != 0)
			return (-1);
		return (batch_encode_events(b, out, NULL));
	}
	if (batch_decode_content(b, in->data, in->len, NULL) != 0)
		return (-1);
	return (batch_encode_content(b, out, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct batch	b;
	struct buf	in = BUF_INIT, once = BUF_INIT, twice = BUF_INIT;
	struct hash	h;

	if (size == 0)
		return (0);
	memset(&b, 0, sizeof(b));
	buf_add(&in, data, size);
	crypto_sha256(&h, data, size);
	buf_add(&in, h.b, 8);
	if (batch_through(&b, data[0], &in, &once) == 0) {
		batch_free(&b);
		if (batch_through(&b, data[0], &once, &twice) != 0 ||
		    once.len != twice.len ||
		    memcmp(once.data, twice.data, once.len) != 0)
			abort();
	}
	batch_free(&b);
	buf_free(&in);
	buf_free(&once);
	buf_free(&twice);
	return (0);
}
