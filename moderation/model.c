/*
 * Opening a model file; see model.h for the promises and model_file.h for the
 * layout. Every length is compared with the one length that is right, so that
 * nothing read later needs a check of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "moderation/model.h"
#include "moderation/model_int.h"
#include "storage/base/crypto.h"

_Static_assert(sizeof(struct model_header) == 64, "header layout");
_Static_assert(sizeof(struct model_scalars) % 4 == 0, "scalars layout");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "byte order");

/* The exact length of each section; 0 for one of any length. */
static const struct { const char *name; uint32_t len; }
    model_sections[MODEL_SECTIONS] = {
	[SECTION_DESCRIPTION] =	{ "description", 0 },
	[SECTION_SCALARS] =	{ "scalars", sizeof(struct model_scalars) },
	[SECTION_VECTORS] =	{ "vectors", MODEL_BUCKETS * MODEL_DIM },
	[SECTION_FILTERS] =	{ "filters", MODEL_INPUTS * MODEL_FILTERS * 2 },
	[SECTION_SPAM] =	{ "spam", MODEL_SPAM_SIZE },
	[SECTION_VOCABULARY] =	{ "vocabulary",
	    MODEL_LANGUAGES * MODEL_VOCABULARY / 8 },
};

static int
model_refuse(struct err *err, const char *reason)
{
	return (err_set(err, ERR_INVALID_FIELD, "model", "%s", reason));
}

static int
model_check_header(const struct model_header *h, const unsigned char *data,
    size_t len, struct err *err)
{
	static const uint8_t	nothing[sizeof(h->digest)];
	struct crypto_part	part[3];
	struct hash		hash;
	size_t			at = offsetof(struct model_header, digest);

	if (memcmp(h->magic, MODEL_MAGIC, sizeof(h->magic)) != 0)
		return (model_refuse(err, "this is no model file"));
	if (h->version != MODEL_VERSION)
		return (err_set(err, ERR_INVALID_FIELD, "model",
		    "the model has version %u, this program reads %u",
		    h->version, MODEL_VERSION));
	if (h->size != len || h->sections != MODEL_SECTIONS)
		return (model_refuse(err, "the model file is cut short or "
		    "has something behind it"));
	part[0] = (struct crypto_part){ data, at };
	part[1] = (struct crypto_part){ nothing, sizeof(nothing) };
	part[2] = (struct crypto_part){ data + at + sizeof(nothing),
	    len - at - sizeof(nothing) };
	crypto_sha256_parts(&hash, part, 3);
	if (!crypto_equal(hash.b, h->digest, sizeof(h->digest)))
		return (model_refuse(err, "the model file is damaged: its "
		    "digest does not match"));
	return (0);
}

static int
model_check_table(const struct model_section *t, size_t len, struct err *err)
{
	int i;

	for (i = 0; i < MODEL_SECTIONS; i++)
		if (t[i].offset % MODEL_ALIGN != 0 || t[i].offset > len ||
		    t[i].len > len - t[i].offset ||
		    (model_sections[i].len != 0 &&
		    t[i].len != model_sections[i].len))
			return (err_set(err, ERR_INVALID_FIELD, "model",
			    "the section %s is out of bounds",
			    model_sections[i].name));
	return (0);
}

static int
model_check_values(const struct model *m, struct err *err)
{
	float	v[sizeof(m->s) / sizeof(float)];
	size_t	i;

	memcpy(v, &m->s, sizeof(v));
	for (i = 0; i < sizeof(v) / sizeof(*v); i++)
		if (!isfinite(v[i]) || fabsf(v[i]) > 1e6f)
			return (model_refuse(err, "a number of the model is "
			    "out of range"));
	for (i = 0; i < MODEL_INPUTS * MODEL_FILTERS; i++)
		if (abs(m->filters[i]) > MODEL_FILTER_MAX)
			return (model_refuse(err, "a filter of the model is "
			    "out of range"));
	return (0);
}

/* Points into the file and copies what is small. */
static int
model_take(struct model *m, const unsigned char *data,
    const struct model_section *t, struct err *err)
{
	const struct model_section	*d = &t[SECTION_DESCRIPTION];
	int				 i;

	if ((m->description = strndup((const char *)data + d->offset,
	    d->len)) == NULL)
		return (err_set(err, ERR_INTERNAL, NULL, "out of memory"));
	memcpy(&m->s, data + t[SECTION_SCALARS].offset, sizeof(m->s));
	m->vectors = (const int8_t *)(data + t[SECTION_VECTORS].offset);
	m->filters = (const int16_t *)(const void *)
	    (data + t[SECTION_FILTERS].offset);
	m->spam = (const int8_t *)(data + t[SECTION_SPAM].offset);
	m->vocabulary = data + t[SECTION_VOCABULARY].offset;
	for (i = 1; i < MODEL_ROWS_MAX; i++)
		m->root[i] = (int16_t)(256.0f * MODEL_VECTOR_UNIT /
		    sqrtf((float)i));
	return (model_check_values(m, err));
}

static void
model_hex(char out[65], const struct hash *h)
{
	static const char	digits[] = "0123456789abcdef";
	size_t			i;

	for (i = 0; i < HASH_LEN; i++) {
		out[2 * i] = digits[h->b[i] >> 4];
		out[2 * i + 1] = digits[h->b[i] & 15];
	}
	out[64] = '\0';
}

int
model_open_bytes(struct model **out, const void *data, size_t len,
    struct err *err)
{
	struct model_header	 h;
	struct model_section	 t[MODEL_SECTIONS];
	struct model		*m;
	struct hash		 hash;

	if (len < sizeof(h) + sizeof(t) || len > MODEL_FILE_MAX)
		return (model_refuse(err, len > MODEL_FILE_MAX ?
		    "the file is larger than a model may be" :
		    "the file is too short to be a model"));
	if ((uintptr_t)data % MODEL_ALIGN != 0)
		return (err_set(err, ERR_INTERNAL, "model",
		    "the bytes of a model must be aligned to %d", MODEL_ALIGN));
	memcpy(&h, data, sizeof(h));
	memcpy(t, (const unsigned char *)data + sizeof(h), sizeof(t));
	if (model_check_header(&h, data, len, err) == -1 ||
	    model_check_table(t, len, err) == -1)
		return (-1);
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return (err_set(err, ERR_INTERNAL, NULL, "out of memory"));
	if (model_take(m, data, t, err) == -1) {
		model_close(&m);
		return (-1);
	}
	crypto_sha256(&hash, data, len);
	model_hex(m->digest, &hash);
	*out = m;
	return (0);
}

int
model_open(struct model **out, const char *path, struct err *err)
{
	struct stat	 st;
	void		*map;
	int		 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return (err_set(err, ERR_NOT_FOUND, "model",
		    "the model file cannot be opened: %s", strerror(errno)));
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size == 0 ||
	    st.st_size > MODEL_FILE_MAX) {
		(void)close(fd);
		return (model_refuse(err, "the file is empty, too large or "
		    "no regular file"));
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	(void)close(fd);
	if (map == MAP_FAILED)
		return (err_set(err, ERR_INTERNAL, "model",
		    "the model file cannot be mapped: %s", strerror(errno)));
	if (model_open_bytes(out, map, (size_t)st.st_size, err) == -1) {
		(void)munmap(map, (size_t)st.st_size);
		return (-1);
	}
	(*out)->map = map;
	(*out)->len = (size_t)st.st_size;
	return (0);
}

void
model_close(struct model **m)
{
	if (*m == NULL)
		return;
	if ((*m)->map != NULL)
		(void)munmap((*m)->map, (*m)->len);
	free((*m)->description);
	free(*m);
	*m = NULL;
}

const char *
model_digest(const struct model *m)
{
	return (m->digest);
}

const char *
model_description(const struct model *m)
{
	return (m->description);
}

double
model_hold_abuse(const struct model *m)
{
	return (m->s.hold_abuse);
}

double
model_hold_spam(const struct model *m)
{
	return (m->s.hold_spam);
}

const char *
model_category_name(enum model_category c)
{
	static const char *const names[MODEL_CATEGORIES] = {
		[MODEL_INSULT] = "insult", [MODEL_THREAT] = "threat",
		[MODEL_IDENTITY_HATE] = "identity_hate",
		[MODEL_OBSCENE] = "obscene", [MODEL_SPAM] = "spam",
	};

	return (names[c]);
}

const char *
model_verdict_name(enum model_verdict v)
{
	static const char *const names[] = { "pass", "hold", "unsure" };

	return (names[v]);
}
