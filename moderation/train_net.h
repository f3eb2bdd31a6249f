/*
 * The network of the model: subword embeddings, a convolution over words,
 * the strongest answer of each filter, and heads on top. Trained in float
 * with plain arithmetic of our own (no libm), so that the same data gives the
 * same bytes on every machine of the class.
 */
#ifndef MODERATION_TRAIN_NET_H
#define MODERATION_TRAIN_NET_H

#include "moderation/model_file.h"
#include "moderation/train_doc.h"

#define NET_DIM		MODEL_DIM
#define NET_FILTERS	MODEL_FILTERS
#define NET_WIDTH	MODEL_WIDTH
#define NET_BUCKETS	MODEL_BUCKETS
#define NET_HEADS	MODEL_HEADS
#define NET_HIDDEN	MODEL_HIDDEN
#define NET_MIXED	MODEL_MIXED
#define NET_ALL		(NET_HIDDEN + NET_MIXED)

struct train_net {
	float	*emb;					/* owned */
	float	*emb_acc;				/* owned */
	float	 conv[NET_WIDTH * NET_DIM][NET_FILTERS];
	float	 conv_bias[NET_FILTERS];
	float	 mix[NET_MIXED][NET_HIDDEN];
	float	 mix_bias[NET_MIXED];
	float	 out[NET_HEADS][NET_ALL];
	float	 out_bias[NET_HEADS];
	float	 group_bias[TRAIN_GROUPS];
	float	 conv_acc[NET_WIDTH * NET_DIM][NET_FILTERS];
	float	 conv_bias_acc[NET_FILTERS];
	float	 mix_acc[NET_MIXED][NET_HIDDEN];
	float	 mix_bias_acc[NET_MIXED];
	float	 out_acc[NET_HEADS][NET_ALL];
	float	 out_bias_acc[NET_HEADS];
};

struct train_net_options {
	unsigned	seed;
	float		rate, rate_emb, dropout, word_dropout;
	float		group_rate;	/* of the bias per group */
};

struct train_net	*train_net_new(unsigned seed);
void			 train_net_free(struct train_net **net);
/* One pass over n documents in the order given. */
void			 train_net_epoch(struct train_net *net,
			    const struct train_doc *doc,
			    const struct train_row *row, const uint32_t *order,
			    size_t n, const struct train_net_options *o,
			    float rate_now);
/* Moves the weights of mean by a share of the way to net's: with shares of 1,
 * 1/2, 1/3 ... they become the mean of all nets given. */
void			 train_net_average(struct train_net *mean,
			    const struct train_net *net, float share);
/* The logits of the heads for a document, without group bias. */
void			 train_net_score(const struct train_net *net,
			    const struct train_doc *doc,
			    float logit[NET_HEADS]);

/* The next of a sequence that is the same everywhere. */
uint32_t		 train_random(uint32_t *state);
/* Puts n numbers in an order of chance. */
void			 train_shuffle(uint32_t *order, size_t n,
			    uint32_t *state);

#endif
