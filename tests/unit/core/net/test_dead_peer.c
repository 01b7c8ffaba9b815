/* Peers that went away without a word while bytes were on their way to them. */
#include "tests/unit/lib/probe.h"

#include "core/net/dead_peer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct probe a, b;
static struct dead_peer_watch watch;
static uint32_t unacked, unheard_ms; /* what the system says of every connection */

/* Stands before the C library's: no test can wait until a peer is dead. */
int getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
  if (level == IPPROTO_TCP && option == TCP_INFO) {
    struct tcp_info *info = value;
    info->tcpi_unacked = unacked;
    info->tcpi_last_ack_recv = unheard_ms;
    return 0;
  }
  return (int)syscall(SYS_getsockopt, fd, level, option, value, size);
}

/* A connection on which nothing has happened for a time, looked at once. */
static int sweep(struct reactor *r, uint32_t rests_ms)
{
  int peer = probe_pair(&a, r, &probe_ops_error, true);
  passes(r, 1);
  a.d.active_ms = reactor_now_ms(r) - rests_ms;
  assert_int_equal(dead_peer_watch_start(&watch, r), 0);
  watch.sweep.fire(&watch.sweep);
  return peer;
}

static void a_peer_that_leaves_bytes_unanswered_for_too_long_is_an_error(void **state)
{
  unacked = 1;
  unheard_ms = DEAD_PEER_AFTER_MS;
  int peer = sweep(*state, DEAD_PEER_AFTER_MS);
  assert_calls("error ETIMEDOUT");
  assert_true(timer_is_running(&watch.sweep)); /* it goes on */
  dead_peer_watch_release(&watch);
  close(peer);
}

static void a_peer_that_has_answered_since_is_alive(void **state)
{
  unacked = 1;
  unheard_ms = DEAD_PEER_AFTER_MS - 1;
  int peer = sweep(*state, DEAD_PEER_AFTER_MS);
  assert_calls("-");
  dead_peer_watch_release(&watch);
  close(peer);
}

static void a_peer_that_owes_no_answer_is_alive(void **state)
{
  unacked = 0;
  unheard_ms = 10 * DEAD_PEER_AFTER_MS;
  int peer = sweep(*state, 10 * DEAD_PEER_AFTER_MS);
  assert_calls("-");
  dead_peer_watch_release(&watch);
  close(peer);
}

static void a_reset_of_a_connection_that_is_not_polled_is_found(void **state)
{
  struct reactor *r = *state;
  unacked = 0;
  int peer = probe_pair(&a, r, &probe_ops_error, true);
  a.wants_no_read = true;
  close_with_reset(peer);
  passes(r, 3);
  assert_calls("-");
  a.d.active_ms = reactor_now_ms(r) - DEAD_PEER_AFTER_MS;
  assert_int_equal(dead_peer_watch_start(&watch, r), 0);
  watch.sweep.fire(&watch.sweep);
  assert_calls("error ECONNRESET");
  dead_peer_watch_release(&watch);
}

static void a_connection_on_which_something_happened_is_not_asked(void **state)
{
  unacked = 1;
  unheard_ms = DEAD_PEER_AFTER_MS;
  int peer = sweep(*state, 0);
  assert_calls("-");
  dead_peer_watch_release(&watch);
  close(peer);
}

static void a_handler_may_close_another_channel_meanwhile(void **state)
{
  struct reactor *r = *state;
  unacked = 1;
  unheard_ms = DEAD_PEER_AFTER_MS;
  int peers[] = {probe_pair(&a, r, &probe_ops_error, true),
                 probe_pair(&b, r, &probe_ops_error, true)};
  a.d.active_ms = b.d.active_ms = reactor_now_ms(r) - DEAD_PEER_AFTER_MS;
  a.closes_in = "error ";
  a.closes = &b.d;
  assert_int_equal(dead_peer_watch_start(&watch, r), 0);
  watch.sweep.fire(&watch.sweep);
  assert_calls("error ETIMEDOUT");
  assert_true(dispatcher_is_closing(&a.d) && dispatcher_is_closing(&b.d));
  dead_peer_watch_release(&watch);
  close(peers[0]);
  close(peers[1]);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_peer_that_leaves_bytes_unanswered_for_too_long_is_an_error),
      TEST(a_peer_that_has_answered_since_is_alive),
      TEST(a_peer_that_owes_no_answer_is_alive),
      TEST(a_reset_of_a_connection_that_is_not_polled_is_found),
      TEST(a_connection_on_which_something_happened_is_not_asked),
      TEST(a_handler_may_close_another_channel_meanwhile),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
