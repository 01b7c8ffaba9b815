#include "tests/unit/lib/http_pair.h"

#include "core/http/respond.h"

#include <netinet/in.h>
#include <unistd.h>

enum { AN_HOUR_MS = 3600 * 1000 };

struct http_pair http_pair;

static void begin(struct http_exchange *x, const struct http_request *r)
{
  if (!http_pair.silent)
    record("begin %.*s", (int)r->line.length, r->line.data);
  if (http_pair.begin)
    http_pair.begin(x);
}

static void say_ok(struct http_exchange *x, const struct http_request *r)
{
  (void)r;
  http_respond_start(x, 200);
  http_respond_length(x, 2);
  http_respond_copy(x, "ok", 2);
}

static void say_nothing(struct http_exchange *x)
{
  http_respond_start(x, 200);
  http_respond_length(x, 0);
  http_respond_nothing(x);
}

static void request(struct http_exchange *x, const struct http_request *r)
{
  http_pair.request(x, r);
}

static void body(struct http_exchange *x, const void *data, size_t n)
{
  (void)x;
  if (!http_pair.silent)
    record("body %.*s", (int)n, (const char *)data);
}

static void body_end(struct http_exchange *x)
{
  http_pair.body_end(x);
}

static void end(struct http_exchange *x, const struct http_outcome *o)
{
  (void)x;
  http_pair.ended++;
  http_pair.outcome = *o;
  if (!http_pair.silent)
    record("end %u", o->status);
}

int http_pair_connect(void)
{
  static const struct sockaddr_in nobody = {.sin_family = AF_INET};
  int fds[2];
  pair_tcp(fds);
  http_server_accept(&http_pair.http, fds[0], (const struct sockaddr *)&nobody, sizeof nobody);
  return fds[1];
}

static int open_pair(void **state, const struct http_exchange_ops *ops,
                     const struct http_server_options *options)
{
  static const struct server_ops server_ops = {.active_ms = http_conn_active_ms,
                                               .close = http_conn_close};
  static const struct server_options server_options = {.descriptors_each = 1};
  struct http_server_options with_times = *options;
  if (reactor_setup(state))
    return -1;
  if (!with_times.head_timeout_ms)
    with_times.head_timeout_ms = AN_HOUR_MS;
  if (!with_times.idle_ms)
    with_times.idle_ms = AN_HOUR_MS;
  http_pair.request = say_ok;
  http_pair.body_end = say_nothing;
  http_pair.begin = NULL;
  http_pair.silent = false;
  http_pair.ended = 0;
  assert_int_equal(server_init(&http_pair.server, *state, &server_ops, &server_options), 0);
  assert_int_equal(http_server_init(&http_pair.http, &http_pair.server, ops, &with_times), 0);
  http_pair.peer = http_pair_connect();
  return 0;
}

int http_pair_open_with(void **state, const struct http_server_options *options)
{
  static const struct http_exchange_ops ops = {
      .begin = begin, .request = request, .body = body, .body_end = body_end, .end = end};
  return open_pair(state, &ops, options);
}

int http_pair_open_bare(void **state)
{
  static const struct http_exchange_ops ops = {.request = request};
  static const struct http_server_options none = {0};
  return open_pair(state, &ops, &none);
}

int http_pair_open(void **state)
{
  static const struct http_server_options none = {0};
  return http_pair_open_with(state, &none);
}

int http_pair_close(void **state)
{
  close(http_pair.peer);
  http_server_release(&http_pair.http);
  server_release(&http_pair.server);
  return reactor_teardown(state);
}

struct http_conn *http_pair_conn(void)
{
  const struct list *conns = &http_pair.server.conns;
  assert_false(list_empty(conns));
  return http_conn_of(container_of(conns->next, struct server_conn, link));
}

void http_pair_says(void **state, const char *text)
{
  put(http_pair.peer, text);
  pass(*state);
}

size_t http_pair_gets(void **state, char *out, size_t size)
{
  passes(*state, 3);
  wait_readable(http_pair.peer);
  size_t n = take(http_pair.peer, out, size - 1);
  out[n] = '\0';
  return n;
}

void http_pair_answered(const char *begins)
{
  char got[4096];
  wait_readable(http_pair.peer);
  got[take(http_pair.peer, got, sizeof got - 1)] = '\0';
  if (strncmp(got, begins, strlen(begins)) != 0)
    fail_msg("%s", got);
}
