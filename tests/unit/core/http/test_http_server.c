/* A connection of the HTTP server: which deadline it has in each of its phases, and what happens
 * when that is over. No test waits for a clock: a deadline is made older, and its queue told to
 * look. */
#include "tests/unit/lib/harness.h"

#include "core/http/respond.h"
#include "core/http/server.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { AN_HOUR_MS = 3600 * 1000 };

static struct server server;
static struct http_server http;
static bool wants_body, silent;
static unsigned ended;
static int peer;

static void begin(struct http_exchange *x, const struct http_request *r)
{
  (void)x;
  if (!silent)
    record("begin %.*s", (int)r->line.length, r->line.data);
}

static void request(struct http_exchange *x, const struct http_request *r)
{
  (void)r;
  if (wants_body && http_body_read(x, 10))
    return;
  http_respond_start(x, 200);
  http_respond_length(x, 2);
  http_respond_copy(x, "ok", 2);
}

static void body(struct http_exchange *x, const void *data, size_t n)
{
  (void)x;
  record("body %.*s", (int)n, (const char *)data);
}

static void body_end(struct http_exchange *x)
{
  http_respond_start(x, 200);
  http_respond_length(x, 0);
  http_respond_nothing(x);
}

static void end(struct http_exchange *x, const struct http_outcome *o)
{
  (void)x;
  ended++;
  if (!silent)
    record("end %u", o->status);
}

/* The only connection there is. */
static struct http_conn *the_conn(void)
{
  assert_false(list_empty(&server.conns));
  return http_conn_of(container_of(server.conns.next, struct server_conn, link));
}

static int open_http(void **state)
{
  static const struct server_ops server_ops = {.active_ms = http_conn_active_ms,
                                               .close = http_conn_close};
  static const struct http_exchange_ops ops = {
      .begin = begin, .request = request, .body = body, .body_end = body_end, .end = end};
  static const struct http_server_options options = {.head_timeout_ms = AN_HOUR_MS,
                                                     .idle_ms = AN_HOUR_MS};
  static const struct server_options server_options = {.descriptors_each = 1};
  static const struct sockaddr_un nobody = {.sun_family = AF_UNIX};
  int fds[2];
  if (reactor_setup(state))
    return -1;
  wants_body = silent = false;
  ended = 0;
  assert_int_equal(server_init(&server, *state, &server_ops, &server_options), 0);
  assert_int_equal(http_server_init(&http, &server, &ops, &options), 0);
  pair_tcp(fds);
  peer = fds[1];
  http_server_accept(&http, fds[0], (const struct sockaddr *)&nobody, sizeof(sa_family_t));
  return 0;
}

static int close_http(void **state)
{
  close(peer);
  http_server_release(&http);
  server_release(&server);
  return reactor_teardown(state);
}

static void says(void **state, const char *text)
{
  put(peer, text);
  pass(*state);
}

/* What came for the peer begins like this. */
static void answered(const char *begins)
{
  char got[4096];
  wait_readable(peer);
  got[take(peer, got, sizeof got - 1)] = '\0';
  if (strncmp(got, begins, strlen(begins)) != 0)
    fail_msg("%s", got);
}

static bool is_in(const struct deadline_queue *q)
{
  return deadline_first(q) == &the_conn()->deadline;
}

/* The first of the queue has been there for as long as it may. */
static void due(struct deadline_queue *q)
{
  struct deadline *d = deadline_first(q);
  assert_non_null(d);
  d->since_ms -= q->length_ms;
  q->timer.fire(&q->timer);
}

static void one_that_says_nothing_can_be_spared_after_a_second(void **state)
{
  (void)state;
  assert_true(is_in(&http.fresh));
  assert_null(http_server_resting(&http));
  due(&http.fresh);
  assert_ptr_equal(http_server_resting(&http), &the_conn()->conn);
  due(&http.resting);
  assert_true(dispatcher_is_closing(&the_conn()->chat.d));
}

static void each_phase_has_its_deadline(void **state)
{
  says(state, "GET / HTTP/1.1\r\nHost: a\r\nContent-Le");
  assert_true(is_in(&http.heads));
  says(state, "ngth: 5\r\n\r\n");
  answered("HTTP/1.1 200 ");
  assert_true(is_in(&http.pace)); /* the body is still to come, and to be dropped */
  says(state, "12345");
  assert_true(is_in(&http.resting));
  says(state, "\r\n"); /* some clients end a body so */
  assert_true(is_in(&http.resting));
  assert_calls("begin GET / HTTP/1.1, end 200");
}

static void a_body_that_never_comes_is_cut(void **state)
{
  says(state, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  says(state, "1");
  due(&http.pace);
  assert_true(dispatcher_is_closing(&the_conn()->chat.d));
  assert_calls("begin GET / HTTP/1.1, end 200");
}

static void a_late_head_is_told_so(void **state)
{
  says(state, "\r\nGET /slow HTTP/1.1\r\nHo");
  due(&http.heads);
  answered("HTTP/1.1 408 ");
  assert_calls("begin GET /slow HTTP/1.1, end 408");
}

static void a_client_that_waits_is_told_to_go_on(void **state)
{
  wants_body = true;
  says(state, "PUT /a HTTP/1.1\r\nHost: a\r\nExpect: 100-con");
  says(state, "tinue\r\nContent-Length: 3\r\n\r\n");
  answered("HTTP/1.1 100 Continue\r\n\r\n");
  assert_true(is_in(&http.pace));
  says(state, "abc");
  answered("HTTP/1.1 200 ");
  assert_calls("begin PUT /a HTTP/1.1, body abc, end 200");
}

static void a_client_that_did_not_wait_is_not(void **state)
{
  wants_body = true;
  says(state, "PUT /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
  answered("HTTP/1.1 200 ");
  assert_calls("begin PUT /a HTTP/1.1, body abc, end 200");
}

static void a_body_that_is_too_long_is_refused(void **state)
{
  wants_body = true;
  says(state, "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
  answered("HTTP/1.1 413 ");
  assert_calls("begin PUT /a HTTP/1.1, end 413");
}

static void many_requests_at_once_are_answered_in_turns(void **state)
{
  char text[100 * 64];
  size_t n = 0;
  for (int i = 0; i < 100; i++)
    n += (size_t)sprintf(text + n, "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
  silent = true;
  says(state, text);
  while (ended < 100)
    pass(*state);
  assert_true(is_in(&http.resting));
  assert_int_equal(the_conn()->input.length, 0);
}

#define HTTP_TEST(f) cmocka_unit_test_setup_teardown(f, open_http, close_http)

int main(void)
{
  const struct CMUnitTest tests[] = {
      HTTP_TEST(one_that_says_nothing_can_be_spared_after_a_second),
      HTTP_TEST(each_phase_has_its_deadline),
      HTTP_TEST(a_body_that_never_comes_is_cut),
      HTTP_TEST(a_late_head_is_told_so),
      HTTP_TEST(a_client_that_waits_is_told_to_go_on),
      HTTP_TEST(a_client_that_did_not_wait_is_not),
      HTTP_TEST(a_body_that_is_too_long_is_refused),
      HTTP_TEST(many_requests_at_once_are_answered_in_turns),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
