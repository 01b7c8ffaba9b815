/* How a server ends: after one connection, by signals, in good order or at once. And the signals
 * that do not end it. */
#include "tests/unit/lib/serving.h"

#include "core/base/log.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Once, and an orderly stop. */

static void once_serves_one_connection_and_stops_when_it_ends(void **state)
{
  struct server_options options = plain_options;
  options.once = true;
  serve(*state, &options);
  struct listener *l = serve_on("127.0.0.1:0");
  int first = client_of(l), second = client_of(l);
  accepted(*state, 1);
  assert_true(server.stopping);
  passes(*state, 1);
  assert_int_equal(server.counters->accepted, 1);
  assert_int_equal(error_of_read(second), UV_ECONNRESET); /* nobody will take it */
  close(first);
  server_run(&server);
  assert_calls("ended");
  close(second);
  server_release(&server);
}

static void once_with_a_connection_that_comes_to_nothing_stops_too(void **state)
{
  struct server_options options = plain_options;
  options.once = true;
  serve(*state, &options);
  int client = client_of(serve_on("127.0.0.1:0"));
  refuse_all = true;
  server_run(&server);
  assert_int_equal(server.counters->accepted, 1);
  close(client);
  server_release(&server);
}

static void a_signal_ends_a_server_without_connections(void **state)
{
  static const int signals[] = {SIGINT, SIGTERM};
  for (size_t i = 0; i < LENGTH(signals); i++) {
    serve(*state, &plain_options);
    serve_on("127.0.0.1:0");
    raise(signals[i]);
    server_run(&server);
    assert_true(server.stopping);
    server_release(&server);
  }
}

/* A server with one connection that has been told to stop. */
static int told_to_stop(struct reactor *r, uint64_t grace_ms)
{
  struct server_options options = plain_options;
  options.grace_ms = grace_ms;
  serve(r, &options);
  int client = client_of(serve_on("127.0.0.1:0"));
  accepted(r, 1);
  log_setup(NULL, LOG_ERROR, false);
  raise(SIGTERM);
  while (!server.stopping)
    pass(r);
  log_setup(NULL, LOG_INFO, false);
  return client;
}

static void an_orderly_stop_waits_for_connections(void **state)
{
  struct reactor *r = *state;
  int client = told_to_stop(r, 60 * 1000);
  passes(r, 3);
  assert_int_equal(server.open, 1);
  assert_true(list_empty(&server.listeners));
  put(client, "still served");
  pass(r);
  struct list *node = server.conns.next;
  assert_int_equal(
      container_of(container_of(node, struct server_conn, link), struct conn, sc)->c.received, 12);
  close(client);
  server_run(&server);
  assert_calls("ended");
  assert_int_equal(server.counters->failed, 0);
  server_release(&server);
}

static void when_the_grace_is_over_connections_are_closed(void **state)
{
  int client = told_to_stop(*state, 20);
  server_run(&server);
  assert_calls("ended grace period over");
  assert_ends(client);
  assert_int_equal(server.counters->failed, 1);
  close(client);
  server_release(&server);
}

static void without_grace_connections_are_closed_at_once(void **state)
{
  int client = told_to_stop(*state, 0);
  server_run(&server);
  assert_calls("ended server stopped");
  close(client);
  server_release(&server);
}

static void told_twice_connections_are_closed_at_once(void **state)
{
  int client = told_to_stop(*state, 60 * 1000);
  raise(SIGINT);
  server_run(&server);
  assert_calls("ended second signal to stop");
  close(client);
  server_release(&server);
}

static void release_closes_what_is_left(void **state)
{
  serve(*state, &plain_options);
  int client = client_of(serve_on("127.0.0.1:0"));
  accepted(*state, 1);
  server_release(&server);
  passes(*state, 1);
  assert_ends(client);
  close(client);
}

/* Other signals. */

static void SIGUSR1_logs_the_counters(void **state)
{
  struct capture log;
  serve(*state, &plain_options);
  int client = client_of(serve_on("127.0.0.1:0"));
  accepted(*state, 1);
  capture_start(&log);
  raise(SIGUSR1);
  pass(*state);
  assert_string_equal(capture_stop(&log),
                      "anet: counters open 1 accepted 1 failed 0 received 0 sent 0 seconds 0\n");
  close(client);
  while (server.open > 0)
    pass(*state);
  server_release(&server);
}

static void SIGHUP_reloads_files_and_stops_nothing(void **state)
{
  struct capture log;
  serve(*state, &plain_options);
  int client = client_of(serve_on("127.0.0.1:0"));
  accepted(*state, 1);
  for (int i = 0; i < 2; i++) {
    capture_start(&log);
    raise(SIGHUP);
    pass(*state);
    assert_string_equal(capture_stop(&log), "anet: SIGHUP: reloading files\n");
  }
  assert_calls("reload, reload");
  assert_false(server.stopping);
  assert_int_equal(server.open, 1);
  assert_false(is_readable(client));
  close(client);
  while (server.open > 0)
    pass(*state);
  server_release(&server);
}

static void a_server_without_files_says_so_at_SIGHUP(void **state)
{
  struct capture log;
  struct server_ops none = {0};
  serve(*state, &plain_options);
  server.ops = &none;
  serve_on("127.0.0.1:0");
  capture_start(&log);
  raise(SIGHUP);
  pass(*state);
  assert_string_equal(capture_stop(&log), "anet: SIGHUP: no files to reload\n");
  assert_false(server.stopping);
  server_release(&server);
}

/* Without memory. */

static bool no_memory;
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);

void *__wrap_malloc(size_t n)
{
  return no_memory ? NULL : __real_malloc(n);
}

static void the_grace_ends_a_stop_also_when_memory_has_run_out(void **state)
{
  struct server_options options = plain_options;
  options.grace_ms = 20;
  serve(*state, &options);
  int client = client_of(serve_on("127.0.0.1:0"));
  accepted(*state, 1);
  passes(*state, 1); /* it is polled from here on */
  log_setup(NULL, LOG_ERROR, false);
  no_memory = true;
  raise(SIGTERM);
  while (!server.stopping)
    pass(*state);
  no_memory = false;
  log_setup(NULL, LOG_INFO, false);
  server_run(&server);
  assert_calls("ended grace period over");
  close(client);
  server_release(&server);
}

static void a_server_that_cannot_have_its_timers_does_not_begin(void **state)
{
  static const struct server_ops none = {0};
  const struct server_options idle = {.descriptors_each = 1, .idle_ms = 1};
  const struct server_options grace = {.descriptors_each = 1, .grace_ms = 1};
  no_memory = true;
  int idle_error = server_init(&server, *state, &none, &idle);
  int grace_error = server_init(&server, *state, &none, &grace);
  no_memory = false;
  assert_int_equal(idle_error, UV_ENOMEM);
  assert_int_equal(grace_error, UV_ENOMEM);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(once_serves_one_connection_and_stops_when_it_ends),
      TEST(once_with_a_connection_that_comes_to_nothing_stops_too),
      TEST(a_signal_ends_a_server_without_connections),
      TEST(an_orderly_stop_waits_for_connections),
      TEST(when_the_grace_is_over_connections_are_closed),
      TEST(without_grace_connections_are_closed_at_once),
      TEST(told_twice_connections_are_closed_at_once),
      TEST(release_closes_what_is_left),
      TEST(SIGUSR1_logs_the_counters),
      TEST(SIGHUP_reloads_files_and_stops_nothing),
      TEST(a_server_without_files_says_so_at_SIGHUP),
      TEST(the_grace_ends_a_stop_also_when_memory_has_run_out),
      TEST(a_server_that_cannot_have_its_timers_does_not_begin),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
