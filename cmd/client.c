#include "cmd/client.h"

#include "core/log.h"
#include "core/socket.h"

#include <signal.h>
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

/* Cleans up by the ordinary way out, and main then dies of the signal. */
static void interrupted(struct signal_watch *w)
{
  client_finish(container_of(w, struct client, interrupt), -SIGINT);
}

static void terminated(struct signal_watch *w)
{
  client_finish(container_of(w, struct client, terminate), -SIGTERM);
}

int client_run(struct client *c, const struct address *a, uint64_t timeout_ms,
               void (*connected)(struct client *c, struct dispatcher *winner))
{
  static const struct connector_ops ops = {.connected = stand, .failed = fall};
  c->result = STILL_RUNNING;
  c->connected = connected;
  c->interrupt.fire = interrupted;
  c->terminate.fire = terminated;
  if (a->kind == ADDRESS_NAME)
    snprintf(c->peer, sizeof c->peer, "%s:%u", a->name, (unsigned)a->port);
  else
    address_format(c->peer, (const struct sockaddr *)&a->sockaddr, a->size);
  int err = signal_watch_start(&c->interrupt, &c->reactor, SIGINT);
  if (!err)
    err = signal_watch_start(&c->terminate, &c->reactor, SIGTERM);
  if (err) {
    log_error("start: %s", error_words(err));
    return EXIT_FAILED;
  }
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
  signal_watch_release(&c->interrupt);
  signal_watch_release(&c->terminate);
  return run_leave(&c->reactor, code);
}
