#include "core/net/server.h"

#include "core/base/log.h"
#include "core/os/fd_limit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  LOG_INTERVAL_MS = 1000,
  OWN_DESCRIPTORS = 16, /* stdio, the loop's own, listeners, a look-up's */
  IDLE_PRECISION = 16,  /* a time-out may be late by this fraction of itself */
};

/* Limits. */

static uint64_t connection_limit(const struct server_options *o)
{
  uint64_t descriptors = fd_limit_raise();
  uint64_t reserve =
      OWN_DESCRIPTORS + o->descriptors_shared + (o->reserve ? o->reserve(descriptors) : 0);
  uint64_t possible = descriptors > reserve ? (descriptors - reserve) / o->descriptors_each : 1;
  if (possible == 0)
    possible = 1;
  return o->max_conns && o->max_conns < possible ? o->max_conns : possible;
}

/* Whether enough time has passed since `*logged_ms`, which then becomes now. */
static bool may_log_again(const struct server *s, uint64_t *logged_ms)
{
  uint64_t now = reactor_now_ms(s->reactor);
  if (*logged_ms && now - *logged_ms < LOG_INTERVAL_MS)
    return false;
  *logged_ms = now;
  return true;
}

static void log_full(struct server *s)
{
  if (!may_log_again(s, &s->full_logged_ms))
    return;
  struct log_field fields[] = {{.name = "connections", .number = s->limits->taken}, {0}};
  log_event(LOG_INFO, "connection limit reached, new ones wait:", fields);
}

static struct server_conn *resting(const struct server *s)
{
  struct server_conn *c = s->ops->resting ? s->ops->resting(s) : NULL;
  return c && !c->spared ? c : NULL;
}

/* Its descriptor is free at once, but it counts as open until its destroy, at the end of the pass:
 * hence `spared`, so that all who wait can be accepted in this one. */
static void spare(struct server *s, struct server_conn *c)
{
  c->spared = true;
  server_limits_give_place(s->limits);
  server_conn_because(c, "closed to make room", 0);
  s->ops->close(c);
}

/* Listeners. */

static struct server *server_of(const struct listener *l)
{
  return l->owner;
}

static bool may_accept(const struct listener *l)
{
  const struct server *s = server_of(l);
  return !s->stopping && (server_limits_have_place(s->limits) || resting(s));
}

void server_may_accept(struct server *s)
{
  bool is_shared = s->limits != &s->own_limits;
  if (is_shared || !server_limits_have_place(s->limits))
    listeners_changed(&s->listeners);
}

static void log_refused(struct server *s, const struct sockaddr *peer, socklen_t peer_size)
{
  char host[ADDRESS_TEXT_SIZE];
  if (!log_enabled(LOG_INFO) || !may_log_again(s, &s->refused_logged_ms))
    return;
  struct log_field fields[] = {{.name = "from", .text = address_format_host(host, peer, peer_size)},
                               {0}};
  log_event(LOG_INFO, "too many connections", fields);
}

static void refuse(struct listener *l, int fd, const struct sockaddr *peer, socklen_t peer_size)
{
  struct server *s = server_of(l);
  server_count(&s->counters->refused, 1);
  log_refused(s, peer, peer_size);
  listener_refuse(l, fd, s->ops->refusal ? s->ops->refusal(s) : (struct span){0});
}

static void accepted(struct listener *l, int fd, const struct sockaddr *peer, socklen_t peer_size)
{
  struct server *s = server_of(l);
  if (!server_limits_allow_host(s->limits, peer, peer_size)) {
    refuse(l, fd, peer, peer_size);
    return;
  }
  struct server_conn *spared = server_limits_have_place(s->limits) ? NULL : resting(s);
  if (spared)
    spare(s, spared);
  server_count(&s->counters->accepted, 1);
  s->accepting = l;
  s->ops->accepted(s, l, fd, peer, peer_size);
  s->accepting = NULL;
  if (s->options.once)
    server_stop(s);
  else if (!server_limits_have_place(s->limits) && !resting(s))
    log_full(s);
}

/* A server that nobody can reach is told so, instead of waiting for ever. */
static void listener_failed(struct listener *l, int err)
{
  struct server *s = server_of(l);
  (void)err;
  s->broken = true;
  server_stop(s);
}

int server_listen(struct server *s, const struct address *a, void *tag,
                  struct transport_maker *transports, struct error *e)
{
  static const struct listener_ops ops = {
      .may_accept = may_accept, .accepted = accepted, .failed = listener_failed};
  const struct listener_options options = {
      .ops = &ops, .owner = s, .tag = tag, .transports = transports};
  return listeners_open(&s->listeners, s->reactor, a, &options, e);
}

/* Idle connections. */

static void idle_sweep(struct timer *t)
{
  struct server *s = container_of(t, struct server, idle);
  uint64_t now = reactor_now_ms(s->reactor), idle_ms = s->options.idle_ms;
  uint64_t next = idle_ms;
  for (struct list *node = s->conns.next, *after; node != &s->conns; node = after) {
    struct server_conn *c = container_of(node, struct server_conn, link);
    uint64_t rested = now - s->ops->active_ms(c);
    after = node->next;
    if (rested >= idle_ms) {
      server_conn_because(c, "idle", 0);
      s->ops->close(c);
    } else if (idle_ms - rested < next) {
      next = idle_ms - rested;
    }
  }
  uint64_t least = idle_ms / IDLE_PRECISION + 1;
  if (!list_empty(&s->conns))
    timer_start(t, s->reactor, next > least ? next : least);
}

/* Connections. */

void *server_conn_new(int fd, size_t size)
{
  void *object = calloc(1, size);
  if (!object) {
    log_error("connection: %s", error_words(UV_ENOMEM));
    close(fd);
  }
  return object;
}

bool server_conn_begin(struct server_conn *c, struct server *s, struct dispatcher *d, int fd,
                       const struct sockaddr *peer, socklen_t peer_size)
{
  c->server = s;
  list_init(&c->link);
  list_append(&s->conns, &c->link);
  c->peer_size = peer_size < sizeof c->peer ? peer_size : (socklen_t)sizeof c->peer;
  memcpy(&c->peer, peer, c->peer_size);
  c->begun_ms = reactor_now_ms(s->reactor);
  c->host = server_limits_enter_host(s->limits, peer, peer_size);
  c->spared = false;
  s->open++;
  server_count(&s->counters->open, 1);
  server_limits_take_place(s->limits);
  if (s->options.idle_ms && !timer_is_running(&s->idle))
    timer_start(&s->idle, s->reactor, s->options.idle_ms);
  if (dispatcher_open_with(d, fd, true, s->accepting ? s->accepting->transports : NULL) == 0)
    return true;
  log_error("connection: %s", error_words(UV_ENOMEM));
  server_conn_because(c, "out of memory", UV_ENOMEM);
  dispatcher_open(d, fd, true);
  dispatcher_abort(d);
  return false;
}

void server_conn_because(struct server_conn *c, const char *reason, int error)
{
  if (c->reason)
    return;
  c->reason = reason;
  c->error = error;
}

void server_conn_log(const struct server_conn *c, const char *event)
{
  char from[ADDRESS_TEXT_SIZE];
  if (!log_enabled(LOG_INFO))
    return;
  struct log_field fields[] = {
      {.name = "from",
       .text = address_format(from, (const struct sockaddr *)&c->peer, c->peer_size)},
      {.name = c->to ? "to" : NULL, .text = c->to},
      {0},
  };
  log_event(LOG_INFO, event, fields);
}

static void log_end(const struct server_conn *c)
{
  char from[ADDRESS_TEXT_SIZE];
  uint64_t ms = reactor_now_ms(c->server->reactor) - c->begun_ms;
  if (!log_enabled(LOG_DEBUG))
    return;
  address_format(from, (const struct sockaddr *)&c->peer, c->peer_size);
  struct log_field fields[8] = {{.name = "from", .text = from}};
  size_t n = 1;
  if (c->to)
    fields[n++] = (struct log_field){.name = "to", .text = c->to};
  fields[n++] = (struct log_field){.name = "received", .number = c->received};
  fields[n++] = (struct log_field){.name = "sent", .number = c->sent};
  fields[n++] = (struct log_field){.name = "seconds", .number = ms, .milli = true};
  fields[n++] = (struct log_field){.name = "reason", .text = c->reason ? c->reason : "closed"};
  log_event(LOG_DEBUG, "ended", fields);
}

static void count_end(struct server_counters *n, const struct server_conn *c)
{
  atomic_fetch_sub_explicit(&n->open, 1, memory_order_relaxed);
  server_count(&n->failed, c->error != 0);
  server_count(&n->received, c->received);
  server_count(&n->sent, c->sent);
}

void server_conn_end(struct server_conn *c)
{
  struct server *s = c->server;
  log_end(c);
  list_remove(&c->link);
  server_limits_leave_host(s->limits, c->host);
  if (!c->spared)
    server_limits_give_place(s->limits);
  s->open--;
  count_end(s->counters, c);
  s->error = c->error;
  listeners_changed(&s->listeners);
  if (s->stopping && s->open == 0)
    reactor_stop(s->reactor);
}

/* Starting and stopping. */

static void close_connections(struct server *s, const char *reason)
{
  for (struct list *node = s->conns.next, *after; node != &s->conns; node = after) {
    struct server_conn *c = container_of(node, struct server_conn, link);
    after = node->next;
    server_conn_because(c, reason, UV_ECANCELED);
    s->ops->close(c);
  }
}

static void grace_over(struct timer *t)
{
  struct server *s = container_of(t, struct server, grace);
  if (s->open == 0)
    reactor_stop(s->reactor);
  close_connections(s, "grace period over");
}

void server_stop(struct server *s)
{
  if (s->stopping)
    return;
  s->stopping = true;
  listeners_close(&s->listeners);
  if (s->open == 0)
    reactor_stop(s->reactor);
}

static void told_to_stop(struct termination *t, int number)
{
  struct server *s = container_of(t, struct server, termination);
  (void)number;
  if (s->signalled) {
    close_connections(s, "second signal to stop");
    reactor_stop(s->reactor);
    return;
  }
  s->signalled = true;
  server_stop(s);
  if (s->ops->stopping)
    s->ops->stopping(s);
  if (s->open == 0)
    return;
  struct log_field fields[] = {{.name = "connections", .number = s->open}, {0}};
  log_event(LOG_INFO, "stopping, still open:", fields);
  if (s->options.grace_ms == 0)
    close_connections(s, "server stopped");
  else
    timer_start(&s->grace, s->reactor, s->options.grace_ms);
}

static void told_to_reload(struct termination *t)
{
  struct server *s = container_of(t, struct server, termination);
  const struct log_field none = {0};
  log_event(LOG_INFO, s->ops->reload ? "SIGHUP: reloading files" : "SIGHUP: no files to reload",
            &none);
  if (s->ops->reload)
    s->ops->reload(s);
}

static void reported(struct signal_watch *w)
{
  const struct server *s = container_of(w, struct server, report);
  const struct server_counters *n = s->counters;
  struct log_field fields[] = {
      {.name = "open", .number = n->open},
      {.name = "accepted", .number = n->accepted},
      {.name = "failed", .number = n->failed},
      {.name = "received", .number = n->received},
      {.name = "sent", .number = n->sent},
      {.name = "seconds", .number = (reactor_now_ms(s->reactor) - s->started_ms) / 1000},
      {.name = s->limits->most_per_host ? "refused" : NULL, .number = n->refused},
      {0},
  };
  log_event(LOG_NOTICE, "counters", fields);
}

int server_init(struct server *s, struct reactor *r, const struct server_ops *ops,
                const struct server_options *options)
{
  *s = (struct server){.reactor = r, .ops = ops, .options = *options};
  list_init(&s->listeners);
  list_init(&s->conns);
  s->limits = options->limits ? options->limits : &s->own_limits;
  s->counters = options->counters ? options->counters : &s->own_counters;
  server_limits_init(&s->own_limits, connection_limit(options), options->max_per_host);
  s->started_ms = reactor_now_ms(r);
  s->idle.fire = idle_sweep;
  s->grace.fire = grace_over;
  s->termination.told = told_to_stop;
  s->termination.reload = told_to_reload;
  s->report.fire = reported;
  int err = options->idle_ms ? timer_reserve(&s->idle, r) : 0;
  if (!err && options->grace_ms)
    err = timer_reserve(&s->grace, r);
  if (err) {
    timer_release(&s->idle);
    server_limits_release(&s->own_limits);
  }
  return err;
}

int server_start(struct server *s)
{
  struct reactor *r = s->reactor;
  int err = termination_watch(&s->termination, r);
  if (!err)
    err = signal_watch_start(&s->report, r, SIGUSR1);
  if (!err)
    err = dead_peer_watch_start(&s->dead_peers, r);
  return err;
}

void server_run(struct server *s)
{
  reactor_run(s->reactor, REACTOR_FOREVER, 0);
}

void server_run_out(struct server *s)
{
  if (s->options.grace_ms)
    timer_start(&s->grace, s->reactor, s->options.grace_ms);
  reactor_run(s->reactor, s->options.grace_ms ? REACTOR_FOREVER : 0, s->options.grace_ms ? 0 : 1);
  timer_stop(&s->grace);
}

void server_release(struct server *s)
{
  server_stop(s);
  close_connections(s, "server stopped");
  timer_release(&s->idle);
  timer_release(&s->grace);
  dead_peer_watch_release(&s->dead_peers);
  termination_release(&s->termination);
  signal_watch_release(&s->report);
  server_limits_release(&s->own_limits);
}
