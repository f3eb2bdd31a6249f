/*
 * Findings are written down once, in English, when a comment is checked, and
 * read by moderators in five languages. A detail is a fixed sentence around
 * at most two numbers: taken apart here, it is found in the table and told
 * in the reader's words. Names of lists and what outside checkers say stay
 * as they are. See html_detail.h.
 */
#include <string.h>

#include "forumd/html_detail.h"

#define DETAIL_MAX	80
#define DETAIL_DIGITS	20

static const struct { const char *form, *key; } html_details[] = {
	{ "# invisible characters", "detail.invisible" },
	{ "# look-alike letters", "detail.look_alikes" },
	{ "# marks on one letter", "detail.marks" },
	{ "# % capitals", "detail.capitals" },
	{ "one character # times", "detail.run" },
	{ "# links to a denied domain", "detail.denied" },
	{ "# links through a shortener", "detail.shortener" },
	{ "# links", "detail.links" },
	{ "# comments approved so far", "detail.approved" },
	{ "a newcomer with # links", "detail.newcomer_links" },
	{ "# of # comments removed", "detail.removed" },
	{ "warned", "detail.warned" },
	{ "under a sanction", "detail.sanction" },
	{ "the same text # times", "detail.same" },
	{ "nearly the same text # times", "detail.near" },
	{ "# posts from one address", "detail.address" },
	{ "many flags at once: their weight is not counted",
	    "detail.brigade" },
	{ "insult", "detail.insult" },
	{ "threat", "detail.threat" },
	{ "identity_hate", "detail.identity_hate" },
	{ "obscene", "detail.obscene" },
	{ "spam", "detail.spam" },
};

/* Takes the numbers out; what is too long is no form of ours. */
static void
html_detail_form(const char *detail, char form[DETAIL_MAX],
    char numbers[2][DETAIL_DIGITS])
{
	size_t	i = 0, n = 0, len;

	while (*detail != '\0' && i < DETAIL_MAX - 1) {
		len = strspn(detail, "0123456789");
		if (len > 0 && len < DETAIL_DIGITS && n < 2) {
			memcpy(numbers[n], detail, len);
			numbers[n++][len] = '\0';
			form[i++] = '#';
			detail += len;
		} else
			form[i++] = *detail++;
	}
	form[i] = '\0';
}

void
html_detail(struct buf *b, const struct locale *l, const char *detail)
{
	char	form[DETAIL_MAX], numbers[2][DETAIL_DIGITS] = { "", "" };
	size_t	i;

	html_detail_form(detail, form, numbers);
	for (i = 0; i < sizeof(html_details) / sizeof(html_details[0]); i++) {
		if (strcmp(html_details[i].form, form) == 0) {
			tr_html(b, tr(l, html_details[i].key), "n",
			    numbers[0], "m", numbers[1], NULL);
			return;
		}
	}
	buf_htmls(b, detail);
}
