/*
 * Forgetting in copies. See forget.h for the contract.
 *
 * A drop names its content; the rows derived from it are found by the events
 * that come with the drop, as the projectors find them: a comment erased by
 * its thread and number, an account by its own.
 */
#include <string.h>

#include "storage/event.h"
#include "storage/forget.h"

bool
forget_any(const struct batch *by)
{
	size_t	i;

	for (i = 0; i < by->ncontent; i++) {
		if (by->content[i].bytes == NULL)
			return true;
	}
	return false;
}

/* Takes element i out of an array, keeping the order. */
static void
forget_take(void *array, size_t *n, size_t i, size_t size)
{
	char	*p = (char *)array + i * size;

	memmove(p, p + size, (--*n - i) * size);
	memset((char *)array + *n * size, 0, size);
}

static size_t
forget_content(struct batch *b, const struct batch_content *drop)
{
	struct batch	gone;
	size_t		i = 0, n = 0;

	memset(&gone, 0, sizeof(gone));
	while (i < b->ncontent) {
		if (b->content[i].bytes == NULL ||
		    strcmp(b->content[i].ref, drop->ref) != 0 ||
		    (drop->field != NULL &&
		    strcmp(b->content[i].field, drop->field) != 0)) {
			i++;
			continue;
		}
		gone.content = &b->content[i];
		gone.ncontent = 1;
		batch_clear(&gone);	/* wipes and frees the row */
		forget_take(b->content, &b->ncontent, i,
		    sizeof(*b->content));
		n++;
	}
	return n;
}

/* Is the row about what the event erased? */
static bool
forget_matches(const struct derived *d, const struct event *e)
{
	bool	comment = strcmp(e->kind->name, "comment.erased") == 0;
	size_t	at = d->kind == DERIVED_MARKUP ? 1 : 0;

	switch (d->kind) {
	case DERIVED_FRAGMENT:
	case DERIVED_MARKUP:
	case DERIVED_FINDING:
		return comment && d->v[at].i == event_int(e, "tnum") &&
		    d->v[at + 1].i == event_int(e, "num");
	case DERIVED_NAME_KEY:
		return !comment && d->v[1].i == event_int(e, "account");
	default:
		return false;
	}
}

static size_t
forget_derived(struct batch *b, const struct event *e)
{
	size_t	i = 0, n = 0;

	if (strcmp(e->kind->name, "comment.erased") != 0 &&
	    strcmp(e->kind->name, "account.erased") != 0)
		return 0;
	while (i < b->nderived) {
		if (!forget_matches(&b->derived[i], e)) {
			i++;
			continue;
		}
		derived_free(&b->derived[i]);
		forget_take(b->derived, &b->nderived, i,
		    sizeof(*b->derived));
		n++;
	}
	return n;
}

size_t
forget(struct batch *b, const struct batch *by)
{
	struct event	e;
	size_t		i, n = 0;

	for (i = 0; i < by->ncontent; i++) {
		if (by->content[i].bytes == NULL)
			n += forget_content(b, &by->content[i]);
	}
	for (i = 0; i < by->nevents; i++) {
		if (event_decode(&e, by->events[i].bytes, by->events[i].len,
		    NULL) != 0)
			continue;
		n += forget_derived(b, &e);
		event_clear(&e);
	}
	return n;
}
