/*
 * Words for the enums of item.h and the two encodings of findings.
 */
#include <stdio.h>
#include <string.h>

#include "moderation/item.h"

static const char *const item_authors[] = { "guest", "member", "staff",
    "official" };
static const char *const item_modes[] = { "open", "newcomers_held",
    "all_held", "closed" };
static const char *const item_certainties[] = { "certain", "likely",
    "possible", "not_checked" };
static const char *const item_standings[] = { "good", "warned",
    "sanctioned" };

#define ITEM_COUNT(a)	((int)(sizeof(a) / sizeof(*(a))))

static int
item_find(const char *const *words, int n, const char *word)
{
	int	i;

	for (i = 0; i < n; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
	}
	return -1;
}

const char *
item_author_word(enum item_author a)
{
	return item_authors[a];
}

const char *
item_mode_word(enum item_mode m)
{
	return item_modes[m];
}

const char *
item_certainty_word(enum item_certainty c)
{
	return item_certainties[c];
}

int
item_author_find(const char *word)
{
	return item_find(item_authors, ITEM_COUNT(item_authors), word);
}

int
item_mode_find(const char *word)
{
	return item_find(item_modes, ITEM_COUNT(item_modes), word);
}

int
item_certainty_find(const char *word)
{
	return item_find(item_certainties, ITEM_COUNT(item_certainties),
	    word);
}

int
item_standing_find(const char *word)
{
	return item_find(item_standings, ITEM_COUNT(item_standings), word);
}

struct finding *
findings_add(struct findings *f, const char *stage, const char *clause,
    int score, enum item_certainty c)
{
	struct finding	*one;

	if (f->n == FINDINGS_MAX) {
		f->dropped++;
		return NULL;
	}
	one = &f->list[f->n++];
	memset(one, 0, sizeof(*one));
	one->stage = stage;
	snprintf(one->clause, sizeof(one->clause), "%s",
	    clause == NULL ? "" : clause);
	one->score = score < 0 ? 0 : score > 1000 ? 1000 : score;
	one->certainty = c;
	return one;
}

void
finding_span(struct finding *f, size_t start, size_t end)
{
	if (f == NULL || f->n_spans == FINDING_SPANS || start >= end)
		return;
	f->spans[f->n_spans].start = (uint32_t)start;
	f->spans[f->n_spans++].end = (uint32_t)end;
}

static void
findings_write(struct buf *out, const struct findings *f, bool full)
{
	const struct finding	*one;
	unsigned		 i, j;

	buf_addc(out, '[');
	for (i = 0; i < f->n; i++) {
		one = &f->list[i];
		buf_adds(out, i == 0 ? "{" : ",{");
		buf_kv_str(out, "stage", one->stage);
		buf_kv_str(out, "clause", one->clause[0] == '\0' ? NULL :
		    one->clause);
		buf_kv_int(out, "score", one->score);
		buf_kv_str(out, "certainty",
		    item_certainty_word(one->certainty));
		if (full) {
			buf_kv_str(out, "detail", one->detail);
			buf_key(out, "spans");
			buf_addc(out, '[');
			for (j = 0; j < one->n_spans; j++)
				buf_addf(out, "%s[%u,%u]", j == 0 ? "" : ",",
				    one->spans[j].start, one->spans[j].end);
			buf_addc(out, ']');
		}
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
}

void
findings_full(struct buf *out, const struct findings *f)
{
	findings_write(out, f, true);
}

void
findings_durable(struct buf *out, const struct findings *f)
{
	findings_write(out, f, false);
}
