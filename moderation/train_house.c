/*
 * What few people wrote could give one of them away, or let one of them teach
 * the model about another. The count is over (word, author) pairs, sorted.
 */
#include <stdlib.h>
#include <string.h>

#include "moderation/train_house.h"

struct house_use { uint32_t word; uint32_t author; };

static int
house_compare(const void *a, const void *b)
{
	const struct house_use *x = a, *y = b;

	if (x->word != y->word)
		return (x->word < y->word ? -1 : 1);
	return (x->author < y->author ? -1 : x->author > y->author);
}

static uint32_t
house_author(const char *id)
{
	uint32_t h = 0x811c9dc5u;

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * 0x01000193u;
	return (h);
}

/* Keeps the first use of each word that enough authors have; how many. */
static size_t
house_common(struct house_use *u, size_t n)
{
	size_t	i, j, kept = 0;
	int	authors;

	qsort(u, n, sizeof(*u), house_compare);
	for (i = 0; i < n; i = j) {
		authors = 1;
		for (j = i + 1; j < n && u[j].word == u[i].word; j++)
			authors += u[j].author != u[j - 1].author;
		if (authors >= TRAIN_HOUSE_AUTHORS)
			u[kept++] = (struct house_use){ u[i].word, 0 };
	}
	return (kept);
}

static void
house_strip(struct train_doc *d, const struct house_use *common, size_t n)
{
	struct house_use	key = { 0, 0 };
	uint32_t		i, k, first, words = 0, subs = 0;

	for (i = 0; i < d->ntok; i++) {
		key.word = d->word[i];
		if (bsearch(&key, common, n, sizeof(key), house_compare) ==
		    NULL)
			continue;
		first = subs;
		for (k = d->first[i]; k < d->first[i + 1]; k++)
			d->sub[subs++] = d->sub[k];
		d->word[words] = d->word[i];
		d->first[words++] = first;
	}
	d->first[words] = subs;
	d->ntok = words;
}

int
train_house_forget(struct train_doc *doc, const struct train_row *row,
    size_t n)
{
	const struct train_source	*house = train_data_source("house");
	struct house_use		*u;
	size_t				 i, k, total = 0, used = 0;

	for (i = 0; i < n; i++)
		total += row[i].source == house ? doc[i].ntok : 0;
	if ((u = calloc(total + 1, sizeof(*u))) == NULL)
		return (-1);
	for (i = 0; i < n; i++)
		for (k = 0; row[i].source == house && k < doc[i].ntok; k++)
			u[used++] = (struct house_use){ doc[i].word[k],
			    house_author(row[i].kind) };
	used = house_common(u, used);
	for (i = 0; i < n; i++)
		if (row[i].source == house)
			house_strip(&doc[i], u, used);
	free(u);
	return (0);
}
