/* What a transfer knows of its output: what there is of the file already, what will be written to
 * it, what becomes of it. */
#ifndef ANET_CMD_FETCH_TRANSFER_OUTPUT_H
#define ANET_CMD_FETCH_TRANSFER_OUTPUT_H

#include "cmd/fetch/transfer.h"
#include "cmd/fetch/verdict.h"

/* Prepares the output of URL number `i`. 0 or a negative errno with an error. */
int transfer_output_init(struct transfer *t, size_t i, struct error *e);

/* Whether the file is there, and is to stay: nothing is requested then. */
bool transfer_output_is_settled(const struct transfer *t);

/* Before a try: looks for a partial file to resume, with --continue or after a failure; or for a
 * file that seems whole. 0 or a negative errno with an error. */
int transfer_output_look(struct transfer *t, struct error *e);

/* What the next request asks for: the length of the partial file, if it is to be resumed where
 * redirects have led to, else of the file that seems whole; 0 for all of it. */
uint64_t transfer_output_from(const struct transfer *t);
bool transfer_output_resumes(const struct transfer *t);

/* The time of the file for the condition of a request; 0 without a condition. */
int64_t transfer_output_modified(const struct transfer *t);

/* The name that says whether the file is to hold coded bytes. */
struct span transfer_output_name(const struct transfer *t);

/* Notes what the body of `r`, so judged, is. */
void transfer_output_describe(struct transfer *t, const struct http_response *r,
                              const struct judgement *j);

/* Whether the checksum that was asked for is that of the file that seems whole, which
 * t->partial_sum has. */
bool transfer_output_is_right(struct transfer *t);

/* Says that nothing is fetched for the output, or that it is begun anew. `why` is a literal. */
void transfer_output_say_done(const struct transfer *t, const char *why);
void transfer_output_say_anew(const struct transfer *t, const char *why);

/* Publishes the file. 0 or a negative errno with an error. */
int transfer_output_publish(struct transfer *t, struct error *e);

/* The file is incomplete: it is kept if its bytes are `right` and the user wants it. If that fails,
 * the error of the failure says so too. */
void transfer_output_give_up(struct transfer *t, bool right);

void transfer_output_release(struct transfer *t);

#endif
