/*
 * See train_doc.h. Training reads the first window only: the research data
 * is cut at 2,000 characters anyway.
 */
#include <stdlib.h>
#include <string.h>

#include "moderation/features.h"
#include "moderation/train_doc.h"

int
train_doc_read(struct train_doc *d, const char *text, size_t len)
{
	struct features	f;
	uint32_t	i;

	memset(d, 0, sizeof(*d));
	(void)features_read(&f, text, 0, len);
	d->ntok = f.ntok;
	d->word = malloc((f.ntok + 1) * sizeof(*d->word));
	d->first = malloc((f.ntok + 1) * sizeof(*d->first));
	d->sub = malloc((f.nsub + 1) * sizeof(*d->sub));
	d->count = malloc(sizeof(f.count));
	if (d->word == NULL || d->first == NULL || d->sub == NULL ||
	    d->count == NULL)
		return (-1);
	for (i = 0; i < f.ntok; i++) {
		d->word[i] = f.tok[i].word;
		d->first[i] = f.tok[i].sub;
	}
	d->first[i] = f.nsub;
	memcpy(d->sub, f.sub, f.nsub * sizeof(*d->sub));
	memcpy(d->count, f.count, sizeof(f.count));
	return (0);
}

void
train_doc_free(struct train_doc *d)
{
	free(d->word);
	free(d->first);
	free(d->sub);
	free(d->count);
	memset(d, 0, sizeof(*d));
}
