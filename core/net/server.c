#include "core/net/server.h"

#include "core/base/log.h"
#include "core/net/resolve.h"
#include "core/os/fd_limit.h"
#include "core/os/socket.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  PAUSE_MS = 1000, /* after accept ran out of descriptors or memory */
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

static uint64_t places_taken(const struct server *s)
{
  return s->open - s->spared;
}

static bool has_place(const struct server *s)
{
  return places_taken(s) < s->limit;
}

static void log_full(struct server *s)
{
  if (!may_log_again(s, &s->full_logged_ms))
    return;
  struct log_field fields[] = {{.name = "connections", .number = places_taken(s)}, {0}};
  log_event(LOG_INFO, "full, the rest wait:", fields);
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
  s->spared++;
  server_conn_because(c, "its place was needed", 0);
  s->ops->close(c);
}

/* Listeners. */

static struct listener *listener(struct dispatcher *d)
{
  return container_of(d, struct listener, d);
}

static bool listener_readable(struct dispatcher *d)
{
  const struct listener *l = listener(d);
  const struct server *s = l->server;
  return !s->stopping && !timer_is_running(&l->pause) && (has_place(s) || resting(s));
}

static void listeners_changed(struct server *s)
{
  for (struct list *node = s->listeners.next; node != &s->listeners; node = node->next)
    dispatcher_changed(&container_of(node, struct listener, link)->d);
}

void server_may_accept(struct server *s)
{
  if (!has_place(s))
    listeners_changed(s);
}

static void close_listeners(struct server *s)
{
  struct list *node;
  while ((node = list_pop(&s->listeners)) != NULL)
    dispatcher_close(&container_of(node, struct listener, link)->d);
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

/* What has come is read before it is closed: else TCP would reset the connection, and the peer's
 * system could drop what it was told. */
static void close_told(struct server *s, int fd)
{
  shutdown(fd, SHUT_WR);
  recv(fd, s->reactor->buffer, REACTOR_BUFFER_SIZE, MSG_DONTWAIT);
  close(fd);
}

static void refuse(struct server *s, int fd, const struct sockaddr *peer, socklen_t peer_size)
{
  s->refused++;
  log_refused(s, peer, peer_size);
  if (s->ops->refuse)
    s->ops->refuse(s, fd);
  close_told(s, fd);
}

static void listener_accepted(struct dispatcher *d, int fd, const struct sockaddr *peer,
                              socklen_t peer_size)
{
  struct listener *l = listener(d);
  struct server *s = l->server;
  uint64_t most = s->options.max_per_host;
  if (most && peer_count_of(&s->hosts, peer, peer_size) >= most) {
    refuse(s, fd, peer, peer_size);
    return;
  }
  struct server_conn *spared = has_place(s) ? NULL : resting(s);
  if (spared)
    spare(s, spared);
  s->accepted++;
  s->ops->accepted(s, l, fd, peer, peer_size);
  if (s->options.once)
    server_stop(s);
  else if (!has_place(s) && !resting(s))
    log_full(s);
}

/* Nothing that accept(2) says closes a listener: asyncore would stop serving for good here. */
static void listener_accept(struct dispatcher *d)
{
  struct listener *l = listener(d);
  int err = dispatcher_accept_some(d);
  if (err == 0 || dispatcher_is_closing(d))
    return;
  log_error("accept on %s: %s; waiting a second", l->name, error_words(err));
  timer_start(&l->pause, d->reactor, PAUSE_MS);
}

static void pause_over(struct timer *t)
{
  dispatcher_changed(&container_of(t, struct listener, pause)->d);
}

static void remove_unix_path(struct listener *l)
{
  struct sockaddr_storage sa;
  socklen_t size;
  struct stat st;
  const char *path = ((struct sockaddr_un *)&sa)->sun_path;
  if (l->inode == 0 || socket_name(l->d.fd, &sa, &size) || lstat(path, &st) < 0)
    return;
  if (st.st_ino == l->inode && st.st_dev == l->device)
    unlink(path);
}

static void listener_destroy(struct dispatcher *d)
{
  struct listener *l = listener(d);
  list_remove(&l->link);
  timer_release(&l->pause);
  free(l);
}

/* It cannot be polled: a server that nobody can reach is told so, instead of resting for ever. */
static void listener_failed(struct dispatcher *d, int err)
{
  struct listener *l = listener(d);
  log_error("listen on %s: %s", l->name, error_words(err));
  l->server->broken = true;
  server_stop(l->server);
}

static int listener_open(struct server *s, int fd, void *tag, struct listener **out)
{
  static const struct dispatcher_ops ops = {
      .readable = listener_readable,
      .handle_accept = listener_accept,
      .handle_accepted = listener_accepted,
      .handle_error = listener_failed,
      .destroy = listener_destroy,
  };
  struct listener *l = calloc(1, sizeof *l);
  if (!l) {
    close(fd);
    return UV_ENOMEM;
  }
  dispatcher_init(&l->d, s->reactor, &ops);
  l->server = s;
  l->tag = tag;
  l->pause.fire = pause_over;
  int err = timer_start(&l->pause, s->reactor, 0); /* so that without memory it can be started */
  timer_stop(&l->pause);
  list_init(&l->link);
  dispatcher_open(&l->d, fd, false);
  if (!err)
    err = dispatcher_listen(&l->d, SOMAXCONN);
  if (err) {
    dispatcher_close(&l->d);
    return err;
  }
  list_append(&s->listeners, &l->link);
  *out = l;
  return 0;
}

/* Binds and listens; the port of `sa` is what it became, when it was 0. */
static int listen_on(struct server *s, struct sockaddr_storage *sa, socklen_t size, bool dual,
                     void *tag)
{
  struct listener *l;
  int fd = socket_bound((struct sockaddr *)sa, size, dual);
  if (fd < 0)
    return fd;
  int err = listener_open(s, fd, tag, &l);
  if (err)
    return err;
  struct stat st;
  const char *path = ((struct sockaddr_un *)sa)->sun_path;
  if (sa->ss_family == AF_UNIX && path[0] && lstat(path, &st) == 0) {
    l->inode = st.st_ino;
    l->device = st.st_dev;
  }
  socket_name(fd, sa, &size);
  address_format(l->name, (struct sockaddr *)sa, size);
  return 0;
}

/* The address is of a family that this machine has not; a name may have others. */
static bool is_missing_here(int err)
{
  return err == UV_EADDRNOTAVAIL || err == UV_EAFNOSUPPORT;
}

static int listen_everywhere(struct server *s, uint16_t port, void *tag, struct error *e)
{
  struct sockaddr_storage sa = {0};
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&sa;
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(port);
  int err = listen_on(s, &sa, sizeof *in6, true, tag);
  if (is_missing_here(err)) { /* no IPv6 */
    struct sockaddr_in *in = (struct sockaddr_in *)&sa;
    sa = (struct sockaddr_storage){0};
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    err = listen_on(s, &sa, sizeof *in, false, tag);
  }
  return err ? error_set(e, err, "listen on *:%u", port) : 0;
}

static in_port_t *port_of(struct sockaddr_storage *sa)
{
  return sa->ss_family == AF_INET ? &((struct sockaddr_in *)sa)->sin_port
                                  : &((struct sockaddr_in6 *)sa)->sin6_port;
}

int server_listen(struct server *s, const struct address *a, void *tag, struct error *e)
{
  struct sockaddr_list list;
  if (a->kind == ADDRESS_ANY)
    return listen_everywhere(s, a->port, tag, e);
  int err = resolve_now(a, &list, e);
  if (err)
    return err;

  bool listening = false;
  in_port_t port = htons(a->port);
  for (size_t i = 0; i < list.count; i++) {
    char where[ADDRESS_TEXT_SIZE];
    if (a->kind == ADDRESS_NAME)
      *port_of(&list.items[i]) = port;
    address_format(where, (struct sockaddr *)&list.items[i], list.sizes[i]);
    err = listen_on(s, &list.items[i], list.sizes[i], false, tag);
    if (err) {
      error_set(e, err, "listen on %s", where);
      if (!is_missing_here(err))
        break;
      continue;
    }
    listening = true;
    if (a->kind == ADDRESS_NAME)
      port = *port_of(&list.items[i]); /* port 0: all get the one that the first was given */
  }
  if (listening && is_missing_here(err))
    err = 0;
  sockaddr_list_release(&list);
  return err;
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

void server_conn_begin(struct server_conn *c, struct server *s, const struct sockaddr *peer,
                       socklen_t peer_size)
{
  c->server = s;
  list_init(&c->link);
  list_append(&s->conns, &c->link);
  c->peer_size = peer_size < sizeof c->peer ? peer_size : (socklen_t)sizeof c->peer;
  memcpy(&c->peer, peer, c->peer_size);
  c->begun_ms = reactor_now_ms(s->reactor);
  c->host = s->options.max_per_host ? peer_count_enter(&s->hosts, peer, peer_size) : NULL;
  c->spared = false;
  s->open++;
  if (s->options.idle_ms && !timer_is_running(&s->idle))
    timer_start(&s->idle, s->reactor, s->options.idle_ms);
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

void server_conn_end(struct server_conn *c)
{
  struct server *s = c->server;
  log_end(c);
  list_remove(&c->link);
  peer_count_leave(&s->hosts, c->host);
  s->open--;
  s->spared -= c->spared;
  s->failed += c->error != 0;
  s->received += c->received;
  s->sent += c->sent;
  s->error = c->error;
  listeners_changed(s);
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
  close_connections(s, "the grace is over");
}

void server_stop(struct server *s)
{
  if (s->stopping)
    return;
  s->stopping = true;
  for (struct list *node = s->listeners.next; node != &s->listeners; node = node->next)
    remove_unix_path(container_of(node, struct listener, link));
  close_listeners(s);
  if (s->open == 0)
    reactor_stop(s->reactor);
}

static void signalled(struct server *s)
{
  if (s->signalled) {
    close_connections(s, "told twice to stop");
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
    close_connections(s, "told to stop");
  else
    timer_start(&s->grace, s->reactor, s->options.grace_ms);
}

static void interrupted(struct signal_watch *w)
{
  signalled(container_of(w, struct server, interrupt));
}

static void terminated(struct signal_watch *w)
{
  signalled(container_of(w, struct server, terminate));
}

static void hung_up(struct signal_watch *w)
{
  signalled(container_of(w, struct server, hangup));
}

static void reported(struct signal_watch *w)
{
  struct server *s = container_of(w, struct server, report);
  struct log_field fields[] = {
      {.name = "open", .number = s->open},
      {.name = "accepted", .number = s->accepted},
      {.name = "failed", .number = s->failed},
      {.name = "received", .number = s->received},
      {.name = "sent", .number = s->sent},
      {.name = "seconds", .number = (reactor_now_ms(s->reactor) - s->started_ms) / 1000},
      {.name = s->options.max_per_host ? "refused" : NULL, .number = s->refused},
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
  s->limit = connection_limit(options);
  s->started_ms = reactor_now_ms(r);
  s->idle.fire = idle_sweep;
  s->grace.fire = grace_over;
  s->interrupt.fire = interrupted;
  s->terminate.fire = terminated;
  s->hangup.fire = hung_up;
  s->report.fire = reported;
  return 0;
}

static bool is_ignored(int number)
{
  struct sigaction now;
  return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

int server_start(struct server *s)
{
  struct reactor *r = s->reactor;
  int err = signal_watch_start(&s->interrupt, r, SIGINT);
  if (!err)
    err = signal_watch_start(&s->terminate, r, SIGTERM);
  if (!err && !is_ignored(SIGHUP))
    err = signal_watch_start(&s->hangup, r, SIGHUP);
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
  close_connections(s, "the server ended");
  timer_release(&s->idle);
  timer_release(&s->grace);
  dead_peer_watch_release(&s->dead_peers);
  signal_watch_release(&s->interrupt);
  signal_watch_release(&s->terminate);
  signal_watch_release(&s->hangup);
  signal_watch_release(&s->report);
}
