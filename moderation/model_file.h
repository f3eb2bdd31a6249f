/*
 * The model file, byte for byte: what training writes and inference maps.
 * Little-endian; every section starts at a multiple of 64.
 *
 *	header		struct model_header, 64 bytes; the digest is SHA-256
 *			over the whole file with the digest itself as zeros
 *	table		MODEL_SECTIONS entries of struct model_section, in
 *			the order of the enum
 *	sections	each of exactly the length that the enum's row says,
 *			the description excepted
 *
 * Words and subwords share one table of vectors. A word's vector is the sum
 * of its rows (8 bits each) times MODEL_ROOT[rows], 16 bits. A filter sees
 * MODEL_WIDTH vectors; its 16-bit weights stand in pairs of inputs, so that
 * one multiply-add instruction takes two. All sums are of integers: the
 * answer is the same with and without vector instructions.
 */
#ifndef MODERATION_MODEL_FILE_H
#define MODERATION_MODEL_FILE_H

#include <stdint.h>

#define MODEL_MAGIC	"forumAM"	/* and its NUL: 8 bytes */
#define MODEL_VERSION	2
#define MODEL_ALIGN	64
#define MODEL_FILE_MAX	(4u << 20)

#define MODEL_DIM	16
#define MODEL_FILTERS	64
#define MODEL_WIDTH	3
#define MODEL_INPUTS	(MODEL_DIM * MODEL_WIDTH)
#define MODEL_BUCKETS	(1u << 17)
#define MODEL_HEADS	5	/* abuse; insult, threat, hate, obscene */
#define MODEL_HIDDEN	(MODEL_FILTERS + MODEL_DIM)
#define MODEL_MIXED	32	/* second layer */
#define MODEL_LANES	8	/* heads, rounded up */
#define MODEL_SPAM_SIZE	(1u << 17)
#define MODEL_VOCABULARY (1u << 19)	/* bits, for each language */
#define MODEL_LANGUAGES	2		/* "en", "ro" */
#define MODEL_ROWS_MAX	128		/* rows of a word, at most */
#define MODEL_FILTER_MAX 8191		/* keeps a filter's sum in 32 bits */
#define MODEL_VECTOR_UNIT 4		/* a vector's element is this fine */

enum model_section_id {
	SECTION_DESCRIPTION,	/* text, "key: value" lines */
	SECTION_SCALARS,	/* struct model_scalars */
	SECTION_VECTORS,	/* int8_t [MODEL_BUCKETS][MODEL_DIM] */
	SECTION_FILTERS,	/* int16_t [MODEL_INPUTS/2][MODEL_FILTERS][2] */
	SECTION_SPAM,		/* int8_t [MODEL_SPAM_SIZE] */
	SECTION_VOCABULARY,	/* bits [MODEL_LANGUAGES][MODEL_VOCABULARY] */
	MODEL_SECTIONS
};

struct model_header {
	char		magic[8];
	uint32_t	version;
	uint32_t	sections;
	uint64_t	size;
	uint8_t		digest[32];
	uint8_t		zero[8];
};

struct model_section {
	uint32_t	offset;
	uint32_t	len;
};

/* What is left of the model in floating point: all finite. */
struct model_scalars {
	float	filter_scale;	/* a filter's sum times this */
	float	vector_scale;	/* a vector's element times this */
	float	filter_bias[MODEL_FILTERS];
	float	mix[MODEL_HIDDEN][MODEL_MIXED];
	float	mix_bias[MODEL_MIXED];
	float	out[MODEL_HIDDEN + MODEL_MIXED][MODEL_LANES];
	float	out_bias[MODEL_LANES];
	float	spam_scale, spam_bias;
	float	spam_count[8];		/* per enum feature_count */
	float	abuse_a, abuse_b;	/* calibration: a * logit + b */
	float	spam_a, spam_b;
	float	hold_abuse, hold_spam;	/* probabilities */
	float	pad[2];
};

#endif
