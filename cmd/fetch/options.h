/* The options of `anet fetch`. */
#ifndef ANET_CMD_FETCH_OPTIONS_H
#define ANET_CMD_FETCH_OPTIONS_H

#include "cmd/run/run.h"

#include <stdbool.h>
#include <stdint.h>

enum fetch_stats { FETCH_STATS_NONE, FETCH_STATS_JSON };

struct fetch_options {
  struct run_options run;

  bool raw, include, body_only, error_body; /* what is shown */

  const char *output, *directory, *checksum; /* where the body goes */
  bool remote_name, resume, keep_partial, newer, no_clobber;

  const char *method, *upload, *user, *agent, *range, *unix_socket; /* the request */
  const char *const *headers, *const *data, *const *json, *const *form;
  bool head, http10, location, show_secrets;

  uint64_t length; /* of what is uploaded; 0 without the option */
  uint64_t max_redirects, retries, parallel;
  uint64_t retry_delay_ms, connect_timeout_ms, stall_timeout_ms, timeout_ms;

  const char *write_out;
  unsigned stats; /* enum fetch_stats */
};

#endif
