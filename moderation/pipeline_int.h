/*
 * What stages see, for pipeline.c and the stage_*.c files only.
 */
#ifndef MODERATION_PIPELINE_INT_H
#define MODERATION_PIPELINE_INT_H

#include "moderation/fingerprint.h"
#include "moderation/markup.h"
#include "moderation/pipeline.h"
#include "moderation/policy.h"
#include "storage/base/unicode.h"

/* An item read once for all stages: its plain text, the matching form of
 * that, its links. */
struct reading {
	const struct pipeline_env	*env;
	const struct item		*item;
	struct buf			 text;
	uint32_t			*at;	/* text to body; owned */
	struct unicode_form		 form;	/* of text */
	struct markup_links		 links;
};

/* Reads an item; ended by reading_free(). -1: not UTF-8, or no memory. */
int		reading_make(struct reading *r, const struct pipeline *p,
		    const struct item *item, struct err *err);
void		reading_free(struct reading *r);

enum stage_answer { STAGE_PASS, STAGE_FINDING, STAGE_UNSURE, STAGE_WAIT };

/* The one contract: look, add findings under the given stage name, answer.
 * UNSURE: the pipeline adds the "not checked" finding. */
typedef enum stage_answer stage_run(const char *name, const struct reading *r,
    struct findings *out);

stage_run	stage_form;
stage_run	stage_limits;
stage_run	stage_newcomer;
stage_run	stage_links;
stage_run	stage_words;
stage_run	stage_repeats;
stage_run	stage_model;
stage_run	stage_record;
stage_run	stage_terms;
stage_run	stage_outside;

/* Is the author one whom the newcomer rules are for? */
bool		stage_newcomer_is(const struct reading *r);

/* A span of the form, or of the text, as one of the body. */
void		reading_span_form(const struct reading *r, struct finding *f,
		    size_t start, size_t end);
void		reading_span_text(const struct reading *r, struct finding *f,
		    size_t start, size_t end);

#endif
