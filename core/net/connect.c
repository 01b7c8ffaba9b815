#include "core/net/connect.h"

#include "core/os/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_RETRY_MS = 20 };

struct attempt {
  struct dispatcher d;
  struct connector *connector; /* NULL once it is over */
  struct list link;
  struct sockaddr_storage to;
  socklen_t to_size;
};

static void try_next(struct connector *c);

static void finish(struct connector *c)
{
  struct list *node;
  if (c->holding)
    reactor_unhold(c->reactor);
  c->holding = false;
  while ((node = list_pop(&c->attempts)) != NULL) {
    struct attempt *a = container_of(node, struct attempt, link);
    a->connector = NULL;
    dispatcher_close(&a->d);
  }
  resolver_cancel(&c->resolver);
  timer_release(&c->delay);
  timer_release(&c->deadline);
  sockaddr_list_release(&c->addresses);
}

static void fail(struct connector *c)
{
  struct error e = c->error;
  if (!e.code)
    error_set(&e, UV_EAI_NODATA, "connect");
  finish(c);
  c->ops->failed(c, &e);
}

/* Errors of several addresses stand in one line: "connect A: refused, connect B: timed out". */
static void add_error(struct connector *c, int err, const struct attempt *a)
{
  struct error one;
  char where[ADDRESS_TEXT_SIZE];
  size_t n = strlen(c->error.text);
  error_set(&one, err, "connect %s",
            address_format(where, (const struct sockaddr *)&a->to, a->to_size));
  snprintf(c->error.text + n, sizeof c->error.text - n, "%s%s", n ? ", " : "", one.text);
  c->error.code = err;
}

static void attempt_connected(struct dispatcher *d)
{
  struct attempt *a = container_of(d, struct attempt, d);
  struct connector *c = a->connector;
  list_remove(&a->link);
  a->connector = NULL;
  finish(c);
  c->ops->connected(c, d);
  dispatcher_close(d);
}

static void attempt_failed(struct dispatcher *d, int err)
{
  struct attempt *a = container_of(d, struct attempt, d);
  struct connector *c = a->connector;
  list_remove(&a->link);
  a->connector = NULL;
  add_error(c, err, a);
  dispatcher_close(d);
  try_next(c);
}

static void attempt_destroy(struct dispatcher *d)
{
  free(container_of(d, struct attempt, d));
}

/* Timers are started only once there is something to wait for: most connections are made at once.
 * `delay_ms` is the time to the next attempt, 0 for none. Without memory for a timer the wait might
 * have no end: then the connector fails, and may be freed. */
static void wait_for_attempts(struct connector *c, uint64_t delay_ms)
{
  int err = 0;
  if (c->timeout_ms && !timer_is_running(&c->deadline))
    err = timer_start(&c->deadline, c->reactor, c->timeout_ms);
  if (delay_ms == 0)
    timer_stop(&c->delay);
  else if (!err)
    err = timer_start(&c->delay, c->reactor, delay_ms);
  if (err) {
    error_set(&c->error, err, "connect");
    fail(c);
  }
}

/* 0 when the attempt is under way or, with handlers run and perhaps `c` freed, over. */
static int attempt_start(struct connector *c, struct attempt *a)
{
  static const struct dispatcher_ops ops = {
      .handle_connect = attempt_connected,
      .handle_error = attempt_failed,
      .destroy = attempt_destroy,
  };
  dispatcher_init(&a->d, c->reactor, &ops);
  list_init(&a->link);
  int fd = socket_for_connect(a->to.ss_family, c->data_follows);
  if (fd < 0)
    return fd;
  a->connector = c;
  list_append(&c->attempts, &a->link);
  dispatcher_open(&a->d, fd, false);
  int err = dispatcher_connect(&a->d, (const struct sockaddr *)&a->to, a->to_size);
  if (err) {
    a->connector = NULL;
    list_remove(&a->link);
  }
  return err;
}

/* Tries addresses until one is under way; with none left and none under way, it has failed. */
static void try_next(struct connector *c)
{
  while (c->next < c->addresses.count) {
    struct attempt *a = calloc(1, sizeof *a);
    if (!a) {
      c->next = c->addresses.count;
      error_set(&c->error, UV_ENOMEM, "connect");
      break;
    }
    a->to = c->addresses.items[c->next];
    a->to_size = c->addresses.sizes[c->next];
    c->next++;
    int err = attempt_start(c, a);
    if (err == UV_EAGAIN) { /* a unix socket whose backlog is full does not go on by itself */
      dispatcher_close(&a->d);
      c->next--;
      wait_for_attempts(c, CONNECT_RETRY_MS);
      return;
    }
    if (err) {
      add_error(c, err, a);
      dispatcher_close(&a->d);
      continue;
    }
    if (a->connector) /* else it is over already, one way or the other */
      wait_for_attempts(c, c->next < c->addresses.count ? CONNECT_ATTEMPT_DELAY_MS : 0);
    return;
  }
  timer_stop(&c->delay);
  if (list_empty(&c->attempts))
    fail(c);
}

static void delay_over(struct timer *t)
{
  try_next(container_of(t, struct connector, delay));
}

static void too_late(struct timer *t)
{
  struct connector *c = container_of(t, struct connector, deadline);
  if (c->resolver.request)
    error_set(&c->error, UV_ETIMEDOUT, "resolve %s", c->target);
  else if (list_empty(&c->attempts)) {
    struct attempt next = {.to = c->addresses.items[c->next],
                           .to_size = c->addresses.sizes[c->next]};
    add_error(c, UV_ETIMEDOUT, &next);
  } else
    while (!list_empty(&c->attempts)) {
      struct attempt *a = container_of(c->attempts.next, struct attempt, link);
      add_error(c, UV_ETIMEDOUT, a);
      list_remove(&a->link);
      a->connector = NULL;
      dispatcher_close(&a->d);
    }
  c->error.code = UV_ETIMEDOUT;
  fail(c);
}

static void resolved(struct resolver *r, int status, struct sockaddr_list *found)
{
  struct connector *c = container_of(r, struct connector, resolver);
  c->resolved_ns = uv_hrtime();
  if (status) {
    error_set(&c->error, status, "resolve %s", c->target);
    fail(c);
    return;
  }
  c->addresses = *found;
  try_next(c);
}

static void prepare(struct connector *c, struct reactor *r, const struct connector_ops *ops,
                    uint64_t timeout_ms)
{
  *c = (struct connector){.ops = ops, .reactor = r, .timeout_ms = timeout_ms};
  c->resolver.done = resolved;
  c->delay.fire = delay_over;
  c->deadline.fire = too_late;
  list_init(&c->attempts);
  c->holding = true;
  reactor_hold(r);
}

static int copy_list(struct sockaddr_list *to, const struct sockaddr_list *from)
{
  if (from->count == 0)
    return 0;
  to->items = malloc(from->count * sizeof *to->items);
  to->sizes = malloc(from->count * sizeof *to->sizes);
  if (!to->items || !to->sizes) {
    sockaddr_list_release(to);
    return UV_ENOMEM;
  }
  memcpy(to->items, from->items, from->count * sizeof *to->items);
  memcpy(to->sizes, from->sizes, from->count * sizeof *to->sizes);
  to->count = from->count;
  return 0;
}

void connector_start_list(struct connector *c, struct reactor *r, const struct connector_ops *ops,
                          const struct sockaddr_list *addresses, uint64_t timeout_ms,
                          bool data_follows)
{
  prepare(c, r, ops, timeout_ms);
  c->data_follows = data_follows;
  int err = copy_list(&c->addresses, addresses);
  if (err)
    error_set(&c->error, err, "connect");
  try_next(c);
}

void connector_start(struct connector *c, struct reactor *r, const struct connector_ops *ops,
                     const struct address *a, uint64_t timeout_ms)
{
  struct address target = *a;
  address_to_connect(&target);
  if (target.kind != ADDRESS_NAME) {
    struct sockaddr_list one = {&target.sockaddr, &target.size, 1};
    connector_start_list(c, r, ops, &one, timeout_ms, false);
    return;
  }
  prepare(c, r, ops, timeout_ms);
  snprintf(c->target, sizeof c->target, "%s", target.name);
  int err = resolver_start(&c->resolver, r, &target);
  if (!err && timeout_ms)
    err = timer_start(&c->deadline, r, timeout_ms);
  if (err) {
    error_set(&c->error, err, "resolve %s", c->target);
    fail(c);
  }
}

void connector_cancel(struct connector *c)
{
  if (c->reactor)
    finish(c);
}
