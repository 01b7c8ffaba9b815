/* `anet fetch`: the options, and what all transfers of one run share.
 *
 * The way of a URL: plan.h reads the command line; run.h begins a transfer for each; transfer.h
 * goes through its tries and redirects, each an exchange.h of a request.h (with an upload.h) and an
 * answer; verdict.h says what the answer means; saver.h brings its body to an output.h, of which a
 * part.h may stay. report.h and progress.h tell how it went, and goes. */
#ifndef ANET_CMD_FETCH_FETCH_H
#define ANET_CMD_FETCH_FETCH_H

#include "cmd/fetch/progress.h"
#include "cmd/run/run.h"
#include "core/event/reactor.h"

#include <stdbool.h>
#include <stdint.h>

struct fetch_options {
  struct run_options run;

  bool raw, include, body_only, error_body; /* what is shown */

  const char *output, *directory, *checksum; /* where it goes */
  bool remote_name, resume, keep_partial;

  const char *method, *json, *upload, *user, *agent, *range, *unix_socket; /* what is asked */
  const char *const *headers, *const *data, *const *form;
  bool head, http10, location;

  uint64_t max_redirects, retries, parallel;
  uint64_t retry_delay_ms, connect_timeout_ms, stall_timeout_ms, timeout_ms;

  const char *write_out;
  unsigned stats; /* enum fetch_stats */
};

enum fetch_stats { FETCH_STATS_NONE, FETCH_STATS_JSON };

struct fetch_plan;
struct transfer;

/* One run. */
struct fetch {
  struct fetch_plan *plan;
  struct reactor *reactor;
  bool reports; /* a report will be wanted */
  struct progress progress;
  bool shows_progress;

  /* A transfer is over: t->failure.code is its exit code, or minus a signal that the program is to
   * die of. */
  void (*over)(struct fetch *f, struct transfer *t);
};

#endif
