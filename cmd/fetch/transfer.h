/* The transfer of one URL, with its redirects and retries. */
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
  const struct http_url *origin; /* the URL as given; the plan's */
  const char *text;              /* the same, as text */
  struct http_url url;           /* where redirects have led to */
  struct http_url proxy;         /* `memory` is NULL without one */
  const char *method;            /* of the next request */
  bool sends_body;               /* the next request has a body */
  bool has_sent;                 /* this try has sent a request, or part of one */
  bool is_error;                 /* the body being saved is that of an error */
  bool starts_over;              /* the next try requests all of the file, and so does ... */
  bool doubts;                   /* this one, after a response that could not be used */
  bool decodes;                  /* content codings are requested, and decoded */

  struct connector connector;
  struct fetch_exchange *exchange; /* NULL between two of them */
  struct output output;
  char *given;          /* the URL as given, without a password */
  char *at;             /* for output.of */
  struct span name;     /* of the file, or of what the URL names; borrowed */
  uint64_t size;        /* of the whole, as far as it is known from before; else UINT64_MAX */
  uint64_t at_most;     /* the server's file has this length at most, which is FILE's; else 0 */
  uint64_t seems_whole; /* the length of FILE, when the request is for what is behind it; else 0 */
  struct body_saver saver;
  struct partial_sum partial_sum; /* of the partial file, before its rest is requested */
  struct timer stall, deadline, pause;
  struct progress_line line;
  char *validator;   /* of the response; NULL for none */
  uint64_t moved_ms; /* when the output last took something, in reactor_now_ms's time */

  bool over;
  struct failure failure; /* with code EXIT_DONE for a success */
  struct transfer_record record;
};

/* Prepares the transfer of URL number `i` of the plan. EXIT_DONE; or another exit code, with
 * t->failure. transfer_release frees in any case, after the loop is released. */
int transfer_init(struct transfer *t, struct transfer_context *c, size_t i);

/* Begins. context->over runs later, or within this call. */
void transfer_start(struct transfer *t);

/* Ends it, with an exit code and the error of t->failure, or with minus a signal and no error. Its
 * incomplete file is removed, or kept as a partial file. */
void transfer_cancel(struct transfer *t, int code);

void transfer_release(struct transfer *t);

#endif
