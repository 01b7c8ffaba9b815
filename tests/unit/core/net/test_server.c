/* What a listening command needs: limits, idle time-outs, running out of descriptors (D4), the log.
 */
#include "tests/unit/lib/flipped.h"
#include "tests/unit/lib/serving.h"

#include "core/base/log.h"
#include "core/stream/splice.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int accept_error; /* what accept4 says next; 0 leaves it to the system */

/* Stands before the C library's, for what only a whole system can run out of. */
int accept4(int fd, struct sockaddr *peer, socklen_t *size, int flags)
{
  if (accept_error) {
    errno = accept_error;
    accept_error = 0;
    return -1;
  }
  return (int)syscall(SYS_accept4, fd, peer, size, flags);
}

static void a_connection_is_counted_from_its_beginning_to_its_end(void **state)
{
  serve(*state, &plain_options);
  int client = client_of(serve_on("127.0.0.1:0"));
  struct conn *conn = accepted(*state, 1);
  assert_int_equal(server.open, 1);
  async_chat_push(&conn->c, "welcome", 7);
  put(client, "hello");
  close(client);
  while (server.open > 0)
    pass(*state);
  assert_calls("ended");
  assert_int_equal(server.counters->received, 5);
  assert_int_equal(server.counters->sent, 7);
  assert_int_equal(server.counters->failed, 0);
  server_release(&server);
}

static void a_connection_that_failed_is_counted_and_its_first_reason_stands(void **state)
{
  serve(*state, &plain_options);
  int client = client_of(serve_on("127.0.0.1:0"));
  struct conn *conn = accepted(*state, 1);
  server_conn_because(&conn->sc, "the first", UV_EIO);
  server_conn_because(&conn->sc, "the second", 0);
  close(client);
  while (server.open > 0)
    pass(*state);
  assert_calls("ended the first");
  assert_int_equal(server.counters->failed, 1);
  assert_int_equal(server.error, UV_EIO);
  server_release(&server);
}

/* Transports. */

static void each_listener_gives_its_connections_its_transport(void **state)
{
  serve(*state, &plain_options);
  struct listener *turned = serve_on_with("127.0.0.1:0", &flipped),
                  *plain = serve_on("127.0.0.1:0");
  int clients[] = {client_of(turned), -1};
  async_chat_push(&accepted(*state, 1)->c, "welcome", 7);
  clients[1] = client_of(plain);
  async_chat_push(&accepted(*state, 2)->c, "welcome", 7);
  pass(*state);
  assert_gets_flipped(clients[0], "welcome");
  assert_gets(clients[1], "welcome");
  close(clients[0]);
  close(clients[1]);
  while (server.open > 0)
    pass(*state);
  assert_calls("ended, ended");
  server_release(&server);
}

static struct transport *make_none(struct transport_maker *m)
{
  (void)m;
  return NULL;
}

static void without_memory_for_its_transport_a_connection_is_reset(void **state)
{
  struct transport_maker none = {make_none};
  struct capture log;
  char byte;
  serve(*state, &plain_options);
  int client = client_of(serve_on_with("127.0.0.1:0", &none));
  capture_start(&log);
  while (server.counters->accepted < 1 || server.open > 0)
    pass(*state);
  assert_string_equal(capture_stop(&log), "anet: connection: not enough memory\n");
  assert_int_equal(recv(client, &byte, 1, 0), -1);
  assert_int_equal(errno, ECONNRESET);
  close(client);
  assert_calls("ended out of memory");
  assert_int_equal(server.counters->failed, 1);
  server_release(&server);
}

/* Limits. */

static void the_limit_of_connections_follows_from_that_of_descriptors(void **state)
{
  struct server_options options = {.descriptors_each = 2};
  struct rlimit before, low, raised;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  low = (struct rlimit){before.rlim_max / 2, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
  serve(*state, &options);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &raised), 0);
  assert_int_equal(raised.rlim_cur, before.rlim_max);
  uint64_t most = before.rlim_max < 1000000 ? before.rlim_max : 1000000;
  assert_true(server.limits->most > 0 && server.limits->most < most / 2 &&
              server.limits->most > most / 2 - 64);
  server_release(&server);

  uint64_t without = server.limits->most;
  options.reserve = splice_reserve;
  serve(*state, &options);
  assert_int_equal(server.limits->most, without - splice_reserve(most) / 2);
  server_release(&server);

  options.max_conns = 3;
  serve(*state, &options);
  assert_int_equal(server.limits->most, 3);
  server_release(&server);
  setrlimit(RLIMIT_NOFILE, &before);
}

static void at_the_limit_the_rest_wait_until_one_ends(void **state)
{
  struct server_options options = plain_options;
  struct capture log;
  options.max_conns = 2;
  serve(*state, &options);
  struct listener *l = serve_on("127.0.0.1:0");
  int clients[] = {client_of(l), client_of(l), client_of(l), client_of(l)};
  capture_start(&log);
  accepted(*state, 2);
  passes(*state, 3);
  assert_string_equal(capture_stop(&log),
                      "anet: connection limit reached, new ones wait: connections 2\n");
  assert_int_equal(server.open, 2);
  close(clients[0]);
  capture_start(&log);
  accepted(*state, 3);
  passes(*state, 3);
  assert_string_equal(capture_stop(&log), ""); /* at most a line a second */
  assert_int_equal(server.open, 2);
  for (size_t i = 1; i < LENGTH(clients); i++)
    close(clients[i]);
  accepted(*state, 4);
  server_release(&server);
}

/* Room when full. */

/* A server that is full with the clients, of which `resting` may be closed. */
static struct listener *full_server(struct reactor *r, int *clients, size_t n, size_t resting)
{
  struct server_options options = plain_options;
  options.max_conns = n;
  serve(r, &options);
  struct listener *l = serve_on("127.0.0.1:0");
  log_setup(NULL, LOG_ERROR, false);
  for (size_t i = 0; i < n; i++) {
    clients[i] = client_of(l);
    accepted(r, i + 1)->rests = i < resting;
  }
  passes(r, 2);
  log_setup(NULL, LOG_INFO, false);
  return l;
}

/* Its clients end, and the server. */
static void end_server(struct reactor *r, const int *clients, size_t n)
{
  for (size_t i = 0; i < n; i++)
    close(clients[i]);
  while (server.open > 0)
    pass(r);
  server_release(&server);
}

static void when_it_is_full_one_that_rests_makes_room(void **state)
{
  int clients[4];
  struct listener *l = full_server(*state, clients, 3, 2);
  passes(*state, 3);
  assert_int_equal(server.open, 3); /* nobody waits, nobody goes */
  clients[3] = client_of(l);
  accepted(*state, 4);
  passes(*state, 1);
  assert_calls("ended closed to make room");
  assert_ends(clients[0]);
  assert_false(is_readable(clients[1]));
  assert_int_equal(server.open, 3);
  assert_int_equal(server.limits->taken, 3);
  assert_int_equal(server.counters->failed, 0);
  end_server(*state, clients, LENGTH(clients));
}

static void all_who_wait_are_accepted_in_one_pass_while_some_rest(void **state)
{
  int clients[6];
  struct capture log;
  struct listener *l = full_server(*state, clients, 3, 2);
  capture_start(&log);
  for (size_t i = 3; i < LENGTH(clients); i++)
    clients[i] = client_of(l);
  pass(*state);
  assert_int_equal(server.counters->accepted, 5); /* the third finds nobody who rests */
  assert_int_equal(server.open, 3);
  assert_string_equal(capture_stop(&log),
                      "anet: connection limit reached, new ones wait: connections 3\n");
  assert_calls("ended closed to make room, ended closed to make room");
  passes(*state, 3);
  assert_int_equal(server.counters->accepted, 5);
  close(clients[2]);
  accepted(*state, 6);
  clients[2] = dup(clients[5]);
  end_server(*state, clients, LENGTH(clients));
}

static void a_connection_that_comes_to_rest_makes_room_for_one_that_waits(void **state)
{
  int clients[3];
  struct listener *l = full_server(*state, clients, 2, 0);
  clients[2] = client_of(l);
  passes(*state, 3);
  assert_int_equal(server.counters->accepted, 2);
  assert_false(l->d.mask & UV_READABLE); /* it does not spin meanwhile */
  struct server_conn *sc = container_of(server.conns.next, struct server_conn, link);
  container_of(sc, struct conn, sc)->rests = true;
  server_may_accept(&server);
  accepted(*state, 3);
  assert_int_equal(server.limits->taken, 2);
  assert_ends(clients[0]);
  end_server(*state, clients, LENGTH(clients));
}

static void a_full_server_of_which_none_rests_any_more_does_not_spin(void **state)
{
  int clients[3];
  struct listener *l = full_server(*state, clients, 2, 1);
  assert_true(l->d.mask & UV_READABLE);
  struct server_conn *sc = container_of(server.conns.next, struct server_conn, link);
  container_of(sc, struct conn, sc)->rests = false; /* and nobody says so */
  clients[2] = client_of(l);
  pass(*state);
  passes(*state, 1);
  assert_int_equal(server.counters->accepted, 2);
  assert_false(l->d.mask & UV_READABLE);
  end_server(*state, clients, LENGTH(clients));
}

/* Limits of one host. */

static void one_too_many_from_a_host_is_told_and_closed(void **state)
{
  struct server_options options = plain_options;
  struct capture log;
  options.max_per_host = 2;
  serve(*state, &options);
  struct listener *l = serve_on("127.0.0.1:0");
  int clients[5];
  for (size_t i = 0; i < 2; i++)
    clients[i] = client_of(l);
  accepted(*state, 2);
  capture_start(&log);
  for (size_t i = 2; i < 4; i++) {
    clients[i] = client_of(l);
    put(clients[i], "unread"); /* must not make it a reset */
  }
  while (server.counters->refused < 2)
    pass(*state);
  assert_string_equal(capture_stop(&log), "anet: too many connections from 127.0.0.1\n");
  for (size_t i = 2; i < 4; i++) {
    assert_gets(clients[i], "no");
    assert_ends(clients[i]);
  }
  assert_int_equal(server.counters->accepted, 2);
  assert_int_equal(server.open, 2);
  close(clients[0]);
  while (server.open > 1)
    pass(*state);
  clients[0] = client_of(l);
  accepted(*state, 3); /* there is room again */
  end_server(*state, clients, 4);
  assert_int_equal(server.limits->hosts.used, 0);
}

static void one_who_is_refused_takes_no_place_from_one_that_rests(void **state)
{
  struct server_options options = plain_options;
  options.max_per_host = options.max_conns = 1;
  serve(*state, &options);
  struct listener *l = serve_on("127.0.0.1:0");
  int clients[] = {client_of(l), -1};
  log_setup(NULL, LOG_ERROR, false);
  accepted(*state, 1)->rests = true;
  server_may_accept(&server);
  clients[1] = client_of(l);
  while (server.counters->refused < 1)
    pass(*state);
  log_setup(NULL, LOG_INFO, false);
  assert_int_equal(server.open, 1);
  assert_false(is_readable(clients[0]));
  end_server(*state, clients, LENGTH(clients));
}

static void once_waits_for_one_that_is_not_refused(void **state)
{
  struct server_options options = plain_options;
  options.max_per_host = 1;
  serve(*state, &options);
  struct listener *l = serve_on("127.0.0.1:0");
  int clients[] = {client_of(l), client_of(l)};
  log_setup(NULL, LOG_ERROR, false);
  accepted(*state, 1);
  server.options.once = true;
  while (server.counters->refused < 1)
    pass(*state);
  log_setup(NULL, LOG_INFO, false);
  assert_false(server.stopping);
  end_server(*state, clients, LENGTH(clients));
}

static void two_servers_share_limits_and_counters(void **state)
{
  struct server_limits limits;
  struct server_counters counters = {0};
  struct server_options options = plain_options;
  struct server other;
  struct address a;
  server_limits_init(&limits, 2, 0);
  options.limits = &limits;
  options.counters = &counters;
  serve(*state, &options);
  assert_int_equal(server_init(&other, *state, server.ops, &options), 0);
  assert_int_equal(address_parse(&a, "127.0.0.1:0", ADDRESS_NO_PORT, NULL), 0);
  assert_int_equal(server_listen(&other, &a, NULL, NULL, NULL), 0);
  struct listener *l = serve_on("127.0.0.1:0");
  int clients[] = {client_of(l), client_of(l), -1};
  log_setup(NULL, LOG_ERROR, false);
  accepted(*state, 2);
  clients[2] = client_of(container_of(other.listeners.next, struct listener, link));
  passes(*state, 3);
  assert_int_equal(counters.accepted, 2); /* it waits for a place of the other */
  close(clients[0]);
  while (server.open > 1)
    pass(*state);
  server_may_accept(&other);
  while (other.open < 1)
    pass(*state);
  log_setup(NULL, LOG_INFO, false);
  assert_int_equal(counters.accepted, 3);
  assert_int_equal(counters.open, 2);
  assert_int_equal(limits.taken, 2);
  close(clients[1]);
  close(clients[2]);
  while (counters.open > 0)
    pass(*state);
  server_release(&other);
  server_release(&server);
  server_limits_release(&limits);
}

/* Idle time-outs. */

static void an_idle_connection_is_closed_and_one_that_is_not_stays(void **state)
{
  struct server_options options = plain_options;
  options.idle_ms = 30;
  serve(*state, &options);
  struct listener *l = serve_on("127.0.0.1:0");
  int busy = client_of(l);
  accepted(*state, 1)->never_idle = true;
  int idle = client_of(l);
  uint64_t begun = accepted(*state, 2)->c.d.active_ms;
  while (server.open > 1)
    pass(*state);
  assert_true(reactor_now_ms(*state) - begun >= 30);
  assert_calls("ended idle");
  assert_ends(idle);
  assert_false(is_readable(busy));
  assert_int_equal(server.counters->failed, 0);
  close(busy);
  close(idle);
  while (server.open > 0)
    pass(*state);
  server_release(&server);
}

static void a_connection_that_comes_after_a_rest_is_watched_too(void **state)
{
  struct server_options options = plain_options;
  options.idle_ms = 10;
  serve(*state, &options);
  struct listener *l = serve_on("127.0.0.1:0");
  for (uint64_t i = 1; i <= 2; i++) {
    int client = client_of(l);
    accepted(*state, i);
    while (server.open > 0)
      pass(*state);
    reactor_run(*state, 20, 1); /* the time-out passes with nobody there */
    close(client);
  }
  assert_calls("ended idle, ended idle");
  server_release(&server);
}

/* D4. */

/* Lowers the limit of descriptors to those that are open; the limit before, to be put back. */
static struct rlimit use_up_descriptors(void)
{
  struct rlimit before, full;
  int next = dup(STDIN_FILENO);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  full = (struct rlimit){(rlim_t)next, before.rlim_max};
  close(next);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
  return before;
}

static void D4_out_of_descriptors_pauses_the_listener_for_a_second(void **state)
{
  struct capture log;
  serve(*state, &plain_options);
  struct listener *l = serve_on("127.0.0.1:0");
  int client = client_of(l);
  capture_start(&log);
  struct rlimit before = use_up_descriptors();
  uint64_t start = uv_hrtime();
  pass(*state);
  passes(*state, 3);
  setrlimit(RLIMIT_NOFILE, &before);
  capture_stop(&log);
  bool is_simulated = server.counters->accepted > 0 || is_readable(client);
  if (!is_simulated) {
    assert_int_equal(count_lines(log.text), 1);
    assert_non_null(strstr(log.text, "too many open files; waiting a second"));
    assert_int_equal(l->d.state, DISPATCHER_ACCEPTING);
    assert_false(l->d.mask & UV_READABLE);
    accepted(*state, 1);
    assert_true(uv_hrtime() - start >= 990 * 1000000ull);
  }
  close(client);
  server_release(&server);
  if (is_simulated) /* valgrind keeps the limit itself, and closes what accept(2) gave */
    skip();
}

static void D4_so_does_a_system_that_has_no_more_to_give(void **state)
{
  static const int errors[] = {ENFILE, ENOBUFS, ENOMEM};
  for (size_t i = 0; i < LENGTH(errors); i++) {
    struct capture log;
    serve(*state, &plain_options);
    struct listener *l = serve_on("127.0.0.1:0");
    int client = client_of(l);
    accept_error = errors[i];
    capture_start(&log);
    pass(*state);
    assert_int_equal(count_lines(capture_stop(&log)), 1);
    assert_true(timer_is_running(&l->pause));
    assert_int_equal(l->d.state, DISPATCHER_ACCEPTING);
    assert_int_equal(server.counters->accepted, 0);
    close(client);
    server_release(&server);
    passes(*state, 1);
  }
}

/* The log. */

static void the_end_of_a_connection_is_a_line_at_v(void **state)
{
  struct capture log;
  serve(*state, &plain_options);
  int client = client_of(serve_on("127.0.0.1:0"));
  struct conn *conn = accepted(*state, 1);
  conn->sc.to = "elsewhere";
  put(client, "hello");
  close(client);
  log_setup(NULL, LOG_DEBUG, false);
  capture_start(&log);
  server_conn_log(&conn->sc, "connected");
  while (server.open > 0)
    pass(*state);
  capture_stop(&log);
  log_setup(NULL, LOG_INFO, false);
  assert_int_equal(count_lines(log.text), 2);
  assert_memory_equal(log.text, "anet: connected from 127.0.0.1:", 31);
  assert_non_null(strstr(log.text, " to elsewhere\nanet: ended from 127.0.0.1:"));
  assert_non_null(strstr(log.text, " to elsewhere received 5 sent 0 seconds 0."));
  assert_non_null(strstr(log.text, " reason closed\n"));
  server_release(&server);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_connection_is_counted_from_its_beginning_to_its_end),
      TEST(a_connection_that_failed_is_counted_and_its_first_reason_stands),
      TEST(each_listener_gives_its_connections_its_transport),
      TEST(without_memory_for_its_transport_a_connection_is_reset),
      TEST(the_limit_of_connections_follows_from_that_of_descriptors),
      TEST(at_the_limit_the_rest_wait_until_one_ends),
      TEST(when_it_is_full_one_that_rests_makes_room),
      TEST(all_who_wait_are_accepted_in_one_pass_while_some_rest),
      TEST(a_connection_that_comes_to_rest_makes_room_for_one_that_waits),
      TEST(a_full_server_of_which_none_rests_any_more_does_not_spin),
      TEST(one_too_many_from_a_host_is_told_and_closed),
      TEST(one_who_is_refused_takes_no_place_from_one_that_rests),
      TEST(once_waits_for_one_that_is_not_refused),
      TEST(two_servers_share_limits_and_counters),
      TEST(an_idle_connection_is_closed_and_one_that_is_not_stays),
      TEST(a_connection_that_comes_after_a_rest_is_watched_too),
      TEST(D4_out_of_descriptors_pauses_the_listener_for_a_second),
      TEST(D4_so_does_a_system_that_has_no_more_to_give),
      TEST(the_end_of_a_connection_is_a_line_at_v),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
