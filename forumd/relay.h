/*
 * Commands passed on to the node that decides, and their answers.
 *
 * A node that follows prepares a command as ever (markup, pipeline, password
 * hashing), then hands it here instead of to its writer. It goes over the
 * channel as one frame of JSON; the holder of the lease runs it and answers
 * with another; the answer is given out once this node has applied what the
 * command brought about, so that what its author reads next has it in it.
 *
 * Nothing is done twice: where the other end is lost before it answered, a
 * command with an idempotency key is handed in again, to whoever decides by
 * then; one without ends as ERR_OUTCOME_UNKNOWN.
 */
#ifndef FORUMD_RELAY_H
#define FORUMD_RELAY_H

#include <jansson.h>

#include "storage/cluster.h"
#include "storage/command.h"
#include "storage/writer.h"

struct relay;

/* cluster, writer and versions outlive it; secret is copied. */
int	relay_open(struct relay **out, struct cluster *cluster,
	    struct writer *w, struct versions *v, const struct hash *secret,
	    struct err *err);
/* What has no answer yet ends as ERR_OUTCOME_UNKNOWN, or, where it was not
 * sent, as ERR_STORAGE_UNAVAILABLE; nothing more is taken. */
void	relay_stop(struct relay *r);
/* Stopped, and once nobody can call relay_applied() any more. */
void	relay_free(struct relay **r);
/* As writer_submit(): takes the command over until done(), which is called
 * on a thread of the relay's. */
int	relay_submit(struct relay *r, struct command *cmd, struct err *err);
/* Any thread: this node has applied something. Does not wait. */
void	relay_applied(struct relay *r);
/* Commands that wait, for /metrics. */
size_t	relay_waiting(struct relay *r);

/* The frames' JSON (relay_form.c). number is the sender's own and comes back
 * in the answer. */
json_t	*relay_form_command(const struct command *cmd, uint64_t number);
/* A command from its frame, the caller's; NULL and *err where it is none. */
struct command *relay_read_command(json_t *form, struct err *err);
/* "moved": nothing was done, because another node decides. */
json_t	*relay_form_answer(const struct command *cmd, uint64_t number);
json_t	*relay_form_refusal(const struct err *err, uint64_t number,
	    bool moved);
/* Fills the command's answer from a frame. What either takes over is in the
 * form no more. */
void	relay_read_answer(json_t *form, struct command *cmd);

#endif
