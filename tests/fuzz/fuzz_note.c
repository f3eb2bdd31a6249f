/*
 * Everything that reads a note, key, receipt or tile path from outside. What
 * parses must say the same when written again.
 */
#include <stdlib.h>
#include <string.h>

#include "storage/base/note.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct note	n;
	const char		*s = (const char *)data;
	char			 vkey[NOTE_VKEY_MAX], path[MERKLE_PATH_MAX];
	struct note_checkpoint	c;
	struct note_proof	p;
	struct note_key		k;
	struct merkle_tile	t;
	struct buf		b = BUF_INIT, origin = BUF_INIT;

	if (note_vkey_parse(&k, s, size, NULL) == 0) {
		note_vkey_format(&k, vkey);
		if (memmem(s, size, vkey + strlen(vkey) - 44, 44) == NULL)
			abort();
		note_checkpoint_open(&c, s, size, &k, NULL);
	}
	if (note_parse(&n, s, size, NULL) == 0 &&
	    note_checkpoint_parse(&c, n.text, n.text_len, NULL) == 0 &&
	    c.extensions == 0) {
		buf_add(&origin, c.origin, c.origin_len);
		note_checkpoint_text(&b, buf_str(&origin), c.size, &c.root);
		if (b.len != n.text_len ||
		    memcmp(b.data, n.text, n.text_len) != 0)
			abort();
	}
	note_proof_parse(&p, s, size, NULL);
	if (merkle_tile_parse(&t, s, size) == 0) {
		merkle_tile_path(&t, path);
		if (strlen(path) != size || memcmp(path, s, size) != 0)
			abort();
	}
	buf_free(&b);
	buf_free(&origin);
	return (0);
}
