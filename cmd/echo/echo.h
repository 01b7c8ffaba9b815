/* The parts of `anet echo`: one file each. */
#ifndef ANET_CMD_ECHO_ECHO_H
#define ANET_CMD_ECHO_ECHO_H

#include "cmd/echo/dump.h"
#include "cmd/run/serving.h"

struct echo_options {
  struct run_options run;
  struct serving_options serving;
  const char *connect, *greet, *reply;
  bool discard, chargen, close, http, json, receive_only, no_half_close;
  unsigned dump; /* enum dump_form */
  uint64_t ping, interval_ms, connect_timeout_ms, timeout_ms, linger_ms, stall_timeout_ms;
};

/* Each of these runs a mode of the command and returns the exit code.
 *
 * Serves on the `count` addresses. */
int echo_serve(const struct echo_options *o, const struct address *addresses, size_t count);

/* The same over HTTP: the response describes the request. */
int echo_http(const struct echo_options *o, const struct address *addresses, size_t count);

/* Connects stdin and stdout to the peer until both directions have ended. */
int echo_join(const struct echo_options *o, const struct address *peer);

/* Sends o->ping probes and prints the round-trip time of each. */
int echo_ping(const struct echo_options *o, const struct address *peer);

#endif
