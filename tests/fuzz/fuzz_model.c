/*
 * The model loader and the reader of texts. The first byte chooses: the rest
 * is a text, or it is written over a place in the first pages of a sound
 * model file, with the digest set right or not. What still opens must score.
 */
#include <stdlib.h>
#include <string.h>

#include "moderation/model.h"
#include "moderation/train_write.h"
#include "storage/base/crypto.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_HEAD	65536	/* header, table, scalars, some vectors */

static unsigned char	*sound, *broken;
static size_t		 sound_len;
static struct model	*model;

/* A model of random weights, as training would write it. */
static void
fuzz_setup(void)
{
	struct train_net	*net = train_net_new(1);
	struct train_spam	*spam = calloc(1, sizeof(*spam));
	uint8_t			*vocabulary = calloc(MODEL_LANGUAGES,
				    MODEL_VOCABULARY / 8);
	struct model_scalars	 s;
	struct err		 err;

	memset(&s, 0, sizeof(s));
	s.abuse_a = s.spam_a = 1;
	s.hold_abuse = s.hold_spam = 0.5f;
	if (net == NULL || spam == NULL || vocabulary == NULL)
		abort();
	spam->w[7] = 1;
	sound = train_write_bytes(&s, net, spam, vocabulary, "random\n",
	    &sound_len);
	broken = aligned_alloc(MODEL_ALIGN, sound_len);
	if (sound == NULL || broken == NULL ||
	    model_open_bytes(&model, sound, sound_len, &err) == -1)
		abort();
	memcpy(broken, sound, sound_len);
	train_net_free(&net);
	free(spam);
	free(vocabulary);
}

static void
fuzz_check(const struct model_result *r, size_t len)
{
	size_t i;

	for (i = 0; i < MODEL_CATEGORIES; i++)
		if (!(r->p[i] >= 0 && r->p[i] <= 1))
			abort();
	for (i = 0; i < r->nspans; i++)
		if (r->spans[i].start > len ||
		    r->spans[i].len > len - r->spans[i].start)
			abort();
}

static void
fuzz_load(const uint8_t *data, size_t size, bool seal)
{
	static const char	text[] = "What do you think of it, my friend?";
	struct model_result	r;
	struct model		*m = NULL;
	struct err		err;
	struct hash		h;
	size_t			at;

	if (size < 2)
		return;
	at = (data[0] | (size_t)data[1] << 8) % FUZZ_HEAD;
	size = size - 2 > FUZZ_HEAD - at ? FUZZ_HEAD - at : size - 2;
	memcpy(broken + at, data + 2, size);
	if (seal) {
		memset(broken + offsetof(struct model_header, digest), 0,
		    HASH_LEN);
		crypto_sha256(&h, broken, sound_len);
		memcpy(broken + offsetof(struct model_header, digest), h.b,
		    HASH_LEN);
	}
	if (model_open_bytes(&m, broken, sound_len, &err) == 0) {
		model_score(m, text, strlen(text), &r);
		if (r.nspans > MODEL_SPANS)
			abort();
		model_close(&m);
	} else if (err.text[0] == '\0')
		abort();
	if (model_open_bytes(&m, broken, at + size, &err) == 0)
		abort();		/* cut short as well */
	memcpy(broken, sound, FUZZ_HEAD);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model_result	 r;
	char			*text;

	if (sound == NULL)
		fuzz_setup();
	if (size == 0)
		return (0);
	if (data[0] % 4 < 2) {
		fuzz_load(data + 1, size - 1, data[0] % 4 == 1);
		return (0);
	}
	if ((text = malloc(size)) == NULL)	/* no byte behind its end */
		abort();
	memcpy(text, data + 1, size - 1);
	model_score(model, text, size - 1, &r);
	fuzz_check(&r, size - 1);
	free(text);
	return (0);
}
