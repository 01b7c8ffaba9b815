/* What every command that connects does around its connection: the loop, the signals, the racing
 * of addresses, and the exit code. */
#ifndef ANET_CMD_RUN_CONNECTING_H
#define ANET_CMD_RUN_CONNECTING_H

#include "cmd/run/run.h"
#include "core/event/termination.h"
#include "core/net/connect.h"

struct client {
  struct reactor reactor;
  struct connector connector;
  struct termination termination;
  int result;
  /* The connection stands: take `winner` over (dispatcher_take). */
  void (*connected)(struct client *c, struct dispatcher *winner);
  char peer[ADDRESS_TEXT_SIZE]; /* the other end, as asked for or, once connected, as it is */
};

/* Connects to `a` and runs the loop until client_finish. Returns the exit code; the command then
 * frees what it has and calls client_leave. */
int client_run(struct client *c, const struct address *a, uint64_t timeout_ms,
               void (*connected)(struct client *c, struct dispatcher *winner));

/* Ends the run with `code` at the end of this pass. The first call counts. */
void client_finish(struct client *c, int code);

/* Closes what is left, frees the loop and returns `code`. */
int client_leave(struct client *c, int code);

#endif
