#include "cmd/forward/pair.h"

#include "core/base/log.h"
#include "core/net/connect.h"
#include "core/stream/relay.h"

#include <stdio.h>
#include <stdlib.h>

struct pair {
  struct server_conn conn;
  struct relay relay;
  struct forward *forward;
  struct dial *dial; /* while the target is being connected */
  struct timer half_close;
  char reason[96];
};

/* Allocated only while connecting: it is larger than the rest of the pair. */
struct dial {
  struct connector connector;
  struct pair *pair;
  struct route *route;
  bool again; /* the second time */
};

static void pair_because(struct pair *p, const char *who, int err)
{
  if (p->reason[0] == '\0')
    snprintf(p->reason, sizeof p->reason, "%s%s%s", who, err ? ": " : "",
             err ? error_words(err) : "");
  server_conn_because(&p->conn, p->reason, err);
}

static void end_dial(struct pair *p)
{
  if (!p->dial)
    return;
  connector_cancel(&p->dial->connector);
  free(p->dial);
  p->dial = NULL;
}

/* One direction has ended and the other goes on, but not without a limit: its peer may have
 * forgotten the connection. */
static void half_over(struct relay *relay)
{
  struct pair *p = container_of(relay, struct pair, relay);
  uint64_t ms = p->forward->options->half_close_timeout_ms;
  if (ms && !timer_is_running(&p->half_close))
    timer_start(&p->half_close, relay->reactor, ms);
}

/* The connection did not come to its end, so it is cut with a reset. */
static void half_close_over(struct timer *t)
{
  struct pair *p = container_of(t, struct pair, half_close);
  struct reactor *r = p->relay.reactor;
  uint64_t ms = p->forward->options->half_close_timeout_ms;
  uint64_t rested = reactor_now_ms(r) - relay_active_ms(&p->relay);
  if (rested < ms) {
    timer_start(t, r, ms - rested);
    return;
  }
  server_conn_because(&p->conn, "half-close timeout", UV_ETIMEDOUT);
  relay_abort(&p->relay);
}

static void over(struct relay *relay)
{
  struct pair *p = container_of(relay, struct pair, relay);
  if (!relay->error)
    pair_because(p, "both ended", 0);
  else
    pair_because(p, relay->failed == &relay->ends[0] ? "client" : "target", relay->error);
}

static void destroy(struct relay *relay)
{
  struct pair *p = container_of(relay, struct pair, relay);
  end_dial(p);
  p->conn.received = relay->there.bytes;
  p->conn.sent = relay->back.bytes;
  server_conn_end(&p->conn);
  timer_release(&p->half_close);
  free(p);
}

static void target_connected(struct connector *connector, struct dispatcher *winner)
{
  struct pair *p = container_of(connector, struct dial, connector)->pair;
  dispatcher_take(relay_end(&p->relay, 1), winner);
  end_dial(p);
  server_conn_log(&p->conn, "connected");
  relay_flush(&p->relay);
}

static void target_failed(struct connector *connector, const struct error *e);

static const struct connector_ops dial_ops = {.connected = target_connected,
                                              .failed = target_failed};

/* A name may have moved since it was looked up: it is looked up again, once, before the client is
 * given up. */
static bool dial_again(struct dial *d)
{
  if (d->again || d->route->target.kind != ADDRESS_NAME)
    return false;
  d->again = true;
  route_renew_now(d->route);
  connector_start(&d->connector, d->pair->relay.reactor, &dial_ops, &d->route->target,
                  d->pair->forward->options->connect_timeout_ms);
  return true;
}

/* The client is reset: an end would look like an empty answer. */
static void target_failed(struct connector *connector, const struct error *e)
{
  struct dial *d = container_of(connector, struct dial, connector);
  struct pair *p = d->pair;
  if (dial_again(d))
    return;
  log_error("%s", e->text);
  pair_because(p, "no target", e->code);
  end_dial(p);
  relay_abort(&p->relay);
}

static void dial(struct pair *p, struct route *route, bool data_follows)
{
  p->dial = calloc(1, sizeof *p->dial);
  if (!p->dial) {
    log_error("connect: %s", error_words(UV_ENOMEM));
    pair_because(p, "no target", UV_ENOMEM);
    relay_abort(&p->relay);
    return;
  }
  p->dial->pair = p;
  p->dial->route = route;
  connector_start_list(&p->dial->connector, p->relay.reactor, &dial_ops, &route->addresses,
                       p->forward->options->connect_timeout_ms, data_follows);
}

static void accepted(struct server *s, struct listener *l, int fd, const struct sockaddr *peer,
                     socklen_t peer_size)
{
  static const struct relay_ops ops = {
      .source_gone = half_over, .half_over = half_over, .over = over, .destroy = destroy};
  struct forward *f = container_of(s, struct forward, serving.server);
  struct route *route = l->tag;
  struct pair *p = server_conn_new(fd, sizeof *p);
  if (!p)
    return;
  p->forward = f;
  p->half_close.fire = half_close_over;
  relay_init(&p->relay, s->reactor, &ops);
  if (!server_conn_begin(&p->conn, s, relay_end(&p->relay, 0), fd, peer, peer_size))
    return;
  p->conn.to = route->name;
  route_renew(route);
  bool data_follows = relay_prefetch(&p->relay);
  if (!p->relay.done)
    dial(p, route, data_follows);
}

static struct pair *pair_of(const struct server_conn *c)
{
  return container_of(c, struct pair, conn);
}

static uint64_t active_ms(const struct server_conn *c)
{
  return relay_active_ms(&pair_of(c)->relay);
}

static void close_pair(struct server_conn *c)
{
  struct pair *p = pair_of(c);
  end_dial(p);
  relay_abort(&p->relay); /* cut before its end: it must not look complete */
}

const struct server_ops pair_server_ops = {
    .accepted = accepted, .active_ms = active_ms, .close = close_pair};
