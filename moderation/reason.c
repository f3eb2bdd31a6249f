/*
 * An explanation is looked at in its matching form, so that a name in
 * capitals or a word with an accent left out is still found. Addresses and
 * telephone numbers are looked for by hand: what counts is that the sentence
 * does not carry them out of the house, not that they are well-formed.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/policy.h"
#include "moderation/reason.h"
#include "storage/base/unicode.h"

#define REASON_MIN	20	/* characters */
#define REASON_WORDS	5	/* in a row of the comment */
#define REASON_DIGITS	8	/* of a telephone number */
#define REASON_NAME	3	/* bytes of the shortest name looked for */

/* Words of a form: lower-case letters and digits, one blank between them and
 * one at each end, so that a whole word is found as " word ". */
static int
reason_words(struct buf *out, const char *s, size_t len)
{
	struct unicode_form	f;
	size_t			i;
	bool			letter;

	if (unicode_form(&f, s, len, NULL) != 0)
		return -1;
	buf_addc(out, ' ');
	for (i = 0; i < f.text.len; i++) {
		letter = (f.text.data[i] & 0x80) ||
		    isalnum((unsigned char)f.text.data[i]);
		if (letter)
			buf_addc(out, f.text.data[i]);
		else if (out->data != NULL && out->data[out->len - 1] != ' ')
			buf_addc(out, ' ');
	}
	if (out->data != NULL && out->data[out->len - 1] != ' ')
		buf_addc(out, ' ');
	unicode_form_free(&f);
	return buf_failed(out) ? -1 : 0;
}

static bool
reason_email(const char *s, size_t len)
{
	size_t	i, j;

	for (i = 1; i + 3 < len; i++) {
		if (s[i] != '@' || !isgraph((unsigned char)s[i - 1]))
			continue;
		for (j = i + 1; j < len && (isalnum((unsigned char)s[j]) ||
		    s[j] == '-' || (s[j] & 0x80)); j++)
			;
		if (j > i + 1 && j + 1 < len && s[j] == '.' &&
		    (isalnum((unsigned char)s[j + 1]) || (s[j + 1] & 0x80)))
			return true;
	}
	return false;
}

/* Eight digits with nothing but telephone signs between them. A date such as
 * 2026-11-22 has eight too: those that begin with a year are let pass. */
static bool
reason_telephone(const char *s, size_t len)
{
	size_t	i, first = 0;
	int	digits = 0;
	bool	plus = false;

	for (i = 0; i <= len; i++) {
		if (i < len && isdigit((unsigned char)s[i])) {
			if (digits++ == 0) {
				first = i;
				plus = i > 0 && s[i - 1] == '+';
			}
			continue;
		}
		if (i < len && digits > 0 && strchr(" -./()", s[i]) != NULL)
			continue;
		if (digits >= REASON_DIGITS && (plus || digits != 8 ||
		    (strncmp(s + first, "19", 2) != 0 &&
		    strncmp(s + first, "20", 2) != 0)))
			return true;
		digits = 0;
	}
	return false;
}

static bool
reason_name(const struct buf *words, const char *name)
{
	struct buf	n = BUF_INIT;
	bool		found = true;

	if (reason_words(&n, name, strlen(name)) == 0)
		found = n.len >= REASON_NAME + 2 &&
		    memmem(words->data, words->len, n.data, n.len) != NULL;
	buf_free(&n);
	return found;
}

/* Do five words in a row of the comment stand in the explanation? */
static bool
reason_quotes(const struct buf *words, const struct buf *comment)
{
	const char	*p = words->data, *end = p + words->len, *q;
	int		 n;

	while (p + 1 < end) {
		for (q = p, n = 0; n < REASON_WORDS && q + 1 < end; n++)
			q = memchr(q + 1, ' ', (size_t)(end - q - 1));
		if (n < REASON_WORDS)
			return false;
		if (memmem(comment->data, comment->len, p,
		    (size_t)(q - p + 1)) != NULL)
			return true;
		p = memchr(p + 1, ' ', (size_t)(end - p - 1));
	}
	return false;
}

/* An unfilled slot: "{...}" as the canned texts have it. */
static bool
reason_slot(const char *s, size_t len)
{
	const char	*open = memchr(s, '{', len);

	return open != NULL &&
	    memchr(open, '}', (size_t)(s + len - open)) != NULL;
}

/* Is every word one of own? Both are words of a form. */
static bool
reason_within(const struct buf *words, const struct buf *own)
{
	const char	*w = words->data, *end = words->data + words->len;
	const char	*next;

	for (; w + 1 < end; w = next) {
		next = memchr(w + 1, ' ', (size_t)(end - w - 1));
		if (next == NULL || memmem(own->data, own->len, w,
		    (size_t)(next - w + 1)) == NULL)
			return false;
	}
	return true;
}

/* Does it say no more than the clause itself, in any language, in whatever
 * order and however often? */
static bool
reason_parrots(const struct buf *words, const struct reason_context *ctx)
{
	static const char *const	 languages[] = { "en", "ro", "cs",
	    "sk", "pl" };
	const char			*title, *text;
	struct buf			 own = BUF_INIT;
	size_t				 i;
	bool				 found = false;

	for (i = 0; i < sizeof(languages) / sizeof(*languages); i++) {
		title = policy_title(ctx->policy, ctx->clause, languages[i]);
		text = policy_text(ctx->policy, ctx->clause, languages[i]);
		if (title == NULL || text == NULL || found)
			break;
		buf_clear(&own);
		found = reason_words(&own, title, strlen(title)) != 0 ||
		    reason_words(&own, text, strlen(text)) != 0 ||
		    reason_within(words, &own);
	}
	buf_free(&own);
	return found;
}

static int
reason_personal(const struct buf *words, const char *text, size_t len,
    const struct reason_context *ctx, struct err *err)
{
	struct buf	comment = BUF_INIT;
	size_t		i;
	bool		quotes;

	if (reason_email(text, len))
		return err_set(err, ERR_PERSONAL_DATA, "explanation",
		    "the explanation holds an e-mail address");
	if (reason_telephone(text, len))
		return err_set(err, ERR_PERSONAL_DATA, "explanation",
		    "the explanation holds a telephone number");
	for (i = 0; i < ctx->n_names; i++) {
		if (reason_name(words, ctx->names[i]))
			return err_set(err, ERR_PERSONAL_DATA, "explanation",
			    "the explanation holds a participant's name");
	}
	if (ctx->comment == NULL)
		return 0;
	if (reason_words(&comment, ctx->comment, ctx->comment_len) != 0) {
		buf_free(&comment);
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	}
	quotes = reason_quotes(words, &comment);
	buf_free(&comment);
	return !quotes ? 0 : err_set(err, ERR_PERSONAL_DATA, "explanation",
	    "the explanation quotes %d words in a row of the comment",
	    REASON_WORDS);
}

int
reason_check(const char *text, size_t len, const struct reason_context *ctx,
    struct err *err)
{
	struct buf	words = BUF_INIT;
	int		rc;

	if (unicode_count(text, len) < 0)
		return err_set(err, ERR_INVALID_FIELD, "explanation",
		    "the explanation is not well-formed UTF-8");
	if (unicode_blank(text, len))
		return err_set(err, ERR_REASON_REQUIRED, "explanation",
		    "the explanation is empty");
	if (reason_words(&words, text, len) != 0) {
		buf_free(&words);
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	}
	if (unicode_count(words.data, words.len) - 2 < REASON_MIN)
		rc = err_set(err, ERR_REASON_TOO_THIN, "explanation",
		    "the explanation has under %d characters", REASON_MIN);
	else if (reason_slot(text, len))
		rc = err_set(err, ERR_REASON_TOO_THIN, "explanation",
		    "a {slot} of the prepared text is not filled");
	else if (reason_parrots(&words, ctx))
		rc = err_set(err, ERR_REASON_TOO_THIN, "explanation",
		    "the explanation only repeats the rule");
	else
		rc = reason_personal(&words, text, len, ctx, err);
	buf_free(&words);
	return rc;
}
