/* The frame of a command that connects: the loop, the signals, the connection and the exit code. */
#ifndef ANET_CMD_RUN_CONNECTING_H
#define ANET_CMD_RUN_CONNECTING_H

#include "cmd/run/run.h"
#include "core/event/termination.h"
#include "core/net/connect.h"

struct connecting {
  struct reactor reactor;
  struct connector connector;
  struct termination termination;
  int result;
  /* Connected: take `winner` over with dispatcher_take before this returns, else it is closed. */
  void (*connected)(struct connecting *c, struct dispatcher *winner);
  char peer[ADDRESS_TEXT_SIZE]; /* the address as given; once connected, the peer's own */
};

/* Connects to `a` and runs the loop until connecting_finish, or until a signal ends the run. `c` is
 * all zero but for its reactor, from run_start. `timeout_ms` as for connector_start; an error of
 * connecting is logged. Returns the exit code, or minus the number of the signal; the command then
 * frees what it has and calls connecting_leave. */
int connecting_run(struct connecting *c, const struct address *a, uint64_t timeout_ms,
                   void (*connected)(struct connecting *c, struct dispatcher *winner));

/* Ends the run with `code` at the end of this pass. The first call counts. */
void connecting_finish(struct connecting *c, int code);

/* Closes what is left, and leaves as run_leave does. */
int connecting_leave(struct connecting *c, int code);

#endif
