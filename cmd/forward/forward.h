/* The parts of `anet forward`: routes from a listener to a target, and pairs of connections. */
#ifndef ANET_CMD_FORWARD_FORWARD_H
#define ANET_CMD_FORWARD_FORWARD_H

#include "cmd/forward/route.h"
#include "cmd/run/serving.h"

struct forward_options {
  struct run_options run;
  struct serving_options serving;
  uint64_t connect_timeout_ms, half_close_timeout_ms;
};

struct forward {
  struct serving serving;
  const struct forward_options *options;
  struct route *routes;
  size_t count;
};

#endif
