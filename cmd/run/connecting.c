#include "cmd/run/connecting.h"

#include "core/base/log.h"
#include "core/os/socket.h"

#include <stdio.h>

enum { STILL_RUNNING = -1000 };

static void reached(struct connector *connector, struct dispatcher *winner)
{
  struct connecting *c = container_of(connector, struct connecting, connector);
  struct sockaddr_storage sa;
  socklen_t size;
  if (socket_peer(winner->fd, &sa, &size) == 0)
    address_format(c->peer, (struct sockaddr *)&sa, size);
  c->connected(c, winner);
}

static void not_reached(struct connector *connector, const struct error *e)
{
  log_error("%s", e->text);
  connecting_finish(container_of(connector, struct connecting, connector), run_exit_code(e->code));
}

static void told(struct termination *t, int number)
{
  connecting_finish(container_of(t, struct connecting, termination), -number);
}

int connecting_run(struct connecting *c, const struct address *a, uint64_t timeout_ms,
                   void (*connected)(struct connecting *c, struct dispatcher *winner))
{
  static const struct connector_ops ops = {.connected = reached, .failed = not_reached};
  c->result = STILL_RUNNING;
  c->connected = connected;
  c->termination.told = told;
  if (a->kind == ADDRESS_NAME)
    snprintf(c->peer, sizeof c->peer, "%s:%u", a->name, (unsigned)a->port);
  else
    address_format(c->peer, (const struct sockaddr *)&a->sockaddr, a->size);
  if (run_watch_signals(&c->termination, &c->reactor) != EXIT_DONE)
    return EXIT_FAILED;
  connector_start(&c->connector, &c->reactor, &ops, a, timeout_ms);
  if (c->result == STILL_RUNNING)
    reactor_run(&c->reactor, REACTOR_FOREVER, 0);
  if (c->result == STILL_RUNNING) {
    log_error("%s: nothing is left to wait for, and nothing was finished", c->peer);
    return EXIT_FAILED;
  }
  return c->result;
}

void connecting_finish(struct connecting *c, int code)
{
  if (c->result == STILL_RUNNING)
    c->result = code;
  reactor_stop(&c->reactor);
}

int connecting_leave(struct connecting *c, int code)
{
  connector_cancel(&c->connector);
  termination_release(&c->termination);
  return run_leave(&c->reactor, code);
}
