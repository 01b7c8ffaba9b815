/* `anet fetch`: the options, and what all transfers of one run share. One file each for the parts:
 * request.h is what is asked, body.h what is sent along, transfer.h one URL from its connection to
 * its end, output.h where the answer goes. */
#ifndef ANET_FETCH_H
#define ANET_FETCH_H

#include "cmd/fetch/progress.h"
#include "cmd/run.h"
#include "core/reactor.h"

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

struct fetch_body;
struct transfer;

/* One run. */
struct fetch {
  const struct fetch_options *options;
  struct reactor *reactor;
  const struct fetch_body *body; /* what each request sends along */
  bool raw;                      /* the answer as it comes, head and all */
  bool reports;                  /* a report will be wanted */
  struct progress progress;
  bool shows_progress;

  /* A transfer is over, with its exit code set, or minus a signal that the program is to die of. */
  void (*over)(struct fetch *f, struct transfer *t);
};

extern const struct command command_fetch;

#endif
