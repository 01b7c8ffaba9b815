/* One URL, from its connection to its end: redirects and retries in between. */
#ifndef ANET_CMD_FETCH_TRANSFER_H
#define ANET_CMD_FETCH_TRANSFER_H

#include "cmd/fetch/exchange.h"
#include "cmd/fetch/failure.h"
#include "cmd/fetch/partial_sum.h"
#include "cmd/fetch/plan.h"
#include "cmd/fetch/progress.h"
#include "cmd/fetch/transfer_record.h"
#include "core/event/timer.h"
#include "core/net/connect.h"

struct transfer;

/* What all transfers of a run share. */
struct transfer_context {
  struct fetch_plan *plan;
  struct reactor *reactor;
  bool reports; /* a report of each is wanted */
  bool shows_progress;
  struct progress progress;

  /* The transfer is over. t->failure.code is its exit code, or minus the signal that the program
   * is to die of. */
  void (*over)(struct transfer_context *c, struct transfer *t);
};

struct transfer {
  struct transfer_context *context;
  const struct http_url *origin; /* the URL that was given; the plan's */
  const char *text;              /* the same, as it was given */
  struct http_url url;           /* where redirects have led */
  struct http_url proxy;         /* `memory` NULL for none */
  const char *method;            /* of the next request */
  bool sends_body;               /* it has one */
  bool has_sent;                 /* this try has sent some of a request */
  bool is_error;                 /* the body that is saved is that of an error */
  bool starts_over;              /* the part that was found is of something else */
  bool decodes;                  /* content codings are asked for */

  struct connector connector;
  struct fetch_exchange *exchange; /* the one under way; NULL for none */
  struct output output;
  struct body_saver saver;
  struct partial_sum partial_sum; /* of the part whose rest is asked for */
  struct timer stall, deadline, pause;
  struct progress_line line;
  char *validator;   /* that the answer came with; NULL for none */
  uint64_t moved_ms; /* when a slow output last took something, in reactor_now_ms's time */

  bool over;
  struct failure failure; /* its code is EXIT_DONE for a success */
  struct transfer_record record;
};

/* Of the URL number `i` of the plan. EXIT_DONE; or another exit code, with t->failure. It is
 * released by transfer_release in any case, after the loop is. */
int transfer_init(struct transfer *t, struct transfer_context *c, size_t i);

/* Begins. context.over runs later, or before this returns. */
void transfer_start(struct transfer *t);

/* Ends it: with an exit code as t->failure says, or without a word with minus a signal. What there
 * is of its file is given up, and kept if parts are. */
void transfer_cancel(struct transfer *t, int code);

void transfer_release(struct transfer *t);

#endif
