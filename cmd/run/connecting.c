#include "cmd/run/connecting.h"

#include "core/base/log.h"
#include "core/os/socket.h"

#include <stdio.h>

enum { STILL_RUNNING = -1000 };

static void stand(struct connector *connector, struct dispatcher *winner)
{
  struct client *c = container_of(connector, struct client, connector);
  struct sockaddr_storage sa;
  socklen_t size;
  if (socket_peer(winner->fd, &sa, &size) == 0)
    address_format(c->peer, (struct sockaddr *)&sa, size);
  c->connected(c, winner);
}

static void fall(struct connector *connector, const struct error *e)
{
  log_error("%s", e->text);
  client_finish(container_of(connector, struct client, connector), run_exit_code(e->code));
}

static void told(struct termination *t, int number)
{
  client_finish(container_of(t, struct client, termination), -number);
}

int client_run(struct client *c, const struct address *a, uint64_t timeout_ms,
               void (*connected)(struct client *c, struct dispatcher *winner))
{
  static const struct connector_ops ops = {.connected = stand, .failed = fall};
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
  return c->result == STILL_RUNNING ? EXIT_DONE : c->result;
}

void client_finish(struct client *c, int code)
{
  if (c->result == STILL_RUNNING)
    c->result = code;
  reactor_stop(&c->reactor);
}

int client_leave(struct client *c, int code)
{
  connector_cancel(&c->connector);
  termination_release(&c->termination);
  return run_leave(&c->reactor, code);
}
