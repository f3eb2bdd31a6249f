/*
 * Markdown of any bytes: no crash, output within its bound, every "<" ours,
 * offsets inside the body, and the matching form of the text holds together.
 */
#include <stdlib.h>

#include "moderation/markup.h"
#include "storage/base/unicode.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void
check_text(const char *body, size_t size)
{
	struct buf		 text = BUF_INIT;
	struct unicode_form	 form;
	uint32_t		*at;
	size_t			 i;

	if (markup_text_at(&text, &at, body, size, NULL) != 0)
		abort();
	for (i = 0; i <= text.len; i++) {
		if (at[i] > size)
			abort();
	}
	if (unicode_form(&form, buf_str(&text), text.len, NULL) != 0)
		abort();
	for (i = 0; i <= form.text.len; i++) {
		if (form.at[i] > text.len)
			abort();
	}
	unicode_form_free(&form);
	free(at);
	buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const char		*body = (const char *)data;
	struct buf		 html = BUF_INIT, key = BUF_INIT;
	struct markup_links	 links;

	if (unicode_name_key(&key, body, size, NULL) == 0)
		(void)unicode_name_check(body, size, NULL);
	buf_free(&key);
	if (unicode_count(body, size) < 0)
		return 0;
	if (markup_html(&html, body, size, NULL) != 0)
		abort();
	if (html.len > MARKUP_GROWTH * size)
		abort();
	if (unicode_count(buf_str(&html), html.len) < 0)
		abort();
	buf_free(&html);
	check_text(body, size);
	if (markup_links(&links, body, size, NULL) != 0)
		abort();
	markup_links_free(&links);
	return 0;
}
