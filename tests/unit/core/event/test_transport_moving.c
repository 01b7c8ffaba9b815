/* Transports that are not plain, once their handshake is over: bytes that they hold, ways that turn
 * round, the end, a listener. */
#include "tests/unit/lib/probe.h"
#include "tests/unit/lib/sealed.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct probe a, b;
static struct sealed_maker maker;

/* Bytes that the transport holds. */

static void one_byte_an_event(struct dispatcher *d)
{
  char byte[2] = "";
  ssize_t n = dispatcher_recv(d, byte, 1);
  if (n > 0)
    record("%s%s", byte, d == &b.d ? "'" : "");
}

static bool wants_read(struct dispatcher *d)
{
  return !container_of(d, struct probe, d)->wants_no_read;
}

static bool never(struct dispatcher *d)
{
  (void)d;
  return false;
}

static const struct dispatcher_ops slow_ops = {
    .readable = wants_read, .writable = never, .handle_read = one_byte_an_event};

static int open_slow(struct probe *p, struct reactor *r)
{
  int peer = probe_ready(p, r);
  p->d.ops = &slow_ops;
  return peer;
}

static void bytes_that_are_held_are_read_once_a_pass_without_an_event(void **state)
{
  int peer = open_slow(&a, *state);
  put_sealed(peer, "abc");
  pass(*state); /* takes all from the socket */
  assert_false(is_readable(a.d.fd));
  pass(*state);
  pass(*state);
  assert_calls("a, b, c");
  pass(*state); /* finds nothing more */
  uint64_t start = uv_hrtime();
  reactor_run(*state, 20, 1); /* and waits */
  assert_true(uv_hrtime() - start >= 19 * 1000000ull);
  assert_calls("-");
  close(peer);
}

static void held_bytes_wait_for_an_owner_that_stopped_reading(void **state)
{
  int peer = open_slow(&a, *state);
  put_sealed(peer, "ab");
  pass(*state);
  a.wants_no_read = true;
  dispatcher_changed(&a.d);
  uint64_t start = uv_hrtime();
  reactor_run(*state, 20, 1);
  assert_true(uv_hrtime() - start >= 19 * 1000000ull); /* it does not spin */
  assert_calls("a");
  a.wants_no_read = false;
  dispatcher_changed(&a.d);
  pass(*state);
  assert_calls("b");
  close(peer);
}

static void held_bytes_take_turns(void **state)
{
  int peer = open_slow(&a, *state), other = open_slow(&b, *state);
  put_sealed(peer, "abc");
  put_sealed(other, "xyz");
  passes(*state, 3);
  assert_calls("a, x', b, y', c, z'");
  close(peer);
  close(other);
}

static void bytes_that_were_held_back_by_a_read_of_another_handler_are_seen(void **state)
{
  char byte;
  int peer = open_slow(&a, *state);
  a.wants_no_read = true;
  passes(*state, 1);
  put_sealed(peer, "abc");
  assert_int_equal(dispatcher_recv_only(&a.d, &byte, 1), 1);
  a.wants_no_read = false;
  pass(*state);
  assert_calls("b");
  close(peer);
}

static void a_channel_with_held_bytes_that_another_closes_is_skipped(void **state)
{
  int peer = open_slow(&a, *state);
  put_sealed(peer, "ab");
  pass(*state);
  dispatcher_close(&a.d);
  passes(*state, 2);
  assert_calls("a, released");
  close(peer);
}

/* Ways that turn round. */

static void a_read_that_must_write_first_goes_on_when_the_socket_is_writable(void **state)
{
  int peer = probe_ready(&a, *state);
  sealed_of(&a.d)->recv_turns = 1;
  put_sealed(peer, "hello");
  pass(*state);
  passes(*state, 1);
  assert_false(a.d.mask & UV_READABLE);
  assert_calls("would block, read hello");
  passes(*state, 1);
  assert_int_equal(a.d.mask, UV_READABLE | UV_DISCONNECT);
  close(peer);
}

static void a_read_that_must_write_first_does_not_spin_on_the_end_of_the_peer(void **state)
{
  maker = sealed_maker("");
  int peer = probe_through(&a, *state, &maker.base, true);
  passes(*state, 1);
  sealed_of(&a.d)->recv_turns = 1;
  put_sealed(peer, "bye");
  pass(*state);
  passes(*state, 1);
  assert_int_equal(a.d.mask & UV_DISCONNECT, 0);
  assert_calls("connect, would block, would block, read bye");
  close(peer);
}

static void a_write_that_must_read_first_goes_on_when_the_peer_has_spoken(void **state)
{
  int peer = probe_ready(&a, *state);
  sealed_of(&a.d)->send_turns = 1;
  a.wants_no_read = a.wants_write = true;
  assert_int_equal(dispatcher_send(&a.d, "hi", 2), 0);
  passes(*state, 2);
  assert_calls("-"); /* it does not spin on a writable socket */
  put_sealed(peer, "key");
  pass(*state);
  assert_calls("write"); /* and who wants to read nothing is not made to */
  assert_int_equal(dispatcher_send(&a.d, "hi", 2), 2);
  assert_gets_sealed(peer, "hi");
  close(peer);
}

static void a_write_that_must_read_first_and_a_read_go_on_together(void **state)
{
  int peer = probe_ready(&a, *state);
  sealed_of(&a.d)->send_turns = 1;
  a.wants_write = true;
  assert_int_equal(dispatcher_send(&a.d, "hi", 2), 0);
  put_sealed(peer, "key");
  pass(*state);
  assert_calls("read key, write");
  close(peer);
}

/* The end. */

static void an_end_that_was_said_is_an_end(void **state)
{
  int peer = probe_ready(&a, *state);
  put_sealed(peer, "bye");
  put_sealed_end(peer);
  close(peer);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("read bye, close, released, destroy");
  assert_int_equal(a.d.gone, 0);
}

static void an_end_that_was_not_said_is_a_loss(void **state)
{
  int peer = probe_ready(&a, *state);
  put_sealed(peer, "bye");
  close(peer);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("read bye, close, released, cut, destroy");
  assert_int_equal(a.d.gone, UV_ECONNRESET);
}

static void close_says_the_end_and_abort_does_not(void **state)
{
  maker = sealed_maker("");
  int peer = probe_through(&a, *state, &maker.base, true);
  int other = probe_through(&b, *state, &maker.base, true);
  passes(*state, 1);
  dispatcher_close(&a.d);
  dispatcher_abort(&b.d);
  dispatcher_abort(&b.d);
  wait_readable(peer);
  assert_gets_sealed(peer, "");
  assert_ends(peer);
  assert_int_equal(error_of_read(other), UV_ECONNRESET);
  assert_calls("connect, would block, connect, would block, released, released, cut");
  close(peer);
  close(other);
}

static void shutdown_says_the_end_and_reading_goes_on(void **state)
{
  int peer = probe_ready(&a, *state);
  dispatcher_shutdown(&a.d);
  assert_gets_sealed(peer, "");
  assert_ends(peer);
  put_sealed(peer, "answer");
  pass(*state);
  assert_calls("read answer");
  close(peer);
}

static void a_shutdown_that_would_block_is_done_when_there_is_room(void **state)
{
  int peer = probe_ready(&a, *state);
  sealed_of(&a.d)->shutdown_blocks = 2;
  a.wants_write = true;
  dispatcher_shutdown(&a.d);
  passes(*state, 1);
  assert_calls("write"); /* what there is to write comes first */
  a.wants_write = false;
  dispatcher_changed(&a.d);
  passes(*state, 1);
  assert_false(is_readable(peer));
  passes(*state, 1);
  assert_gets_sealed(peer, "");
  assert_ends(peer);
  passes(*state, 1);
  assert_int_equal(a.d.mask & UV_WRITABLE, 0);
  assert_calls("-");
  close(peer);
}

static void a_shutdown_during_the_handshake_is_done_after_it(void **state)
{
  int peer = probe_sealed(&a, *state, "r");
  passes(*state, 1);
  dispatcher_shutdown(&a.d);
  assert_false(is_readable(peer));
  put_step(peer);
  pass(*state);
  assert_calls("connect, would block");
  assert_gets_sealed(peer, "");
  close(peer);
}

/* A listener. */

static void accept_sealed(struct dispatcher *d, int fd, const struct sockaddr *peer,
                          socklen_t peer_size)
{
  (void)peer;
  (void)peer_size;
  probe_init(&b, d->reactor, &probe_ops, "accepted");
  assert_int_equal(dispatcher_open_with(&b.d, fd, true, &maker.base), 0);
}

static void an_accepted_connection_has_the_transport_of_its_listener(void **state)
{
  static const struct dispatcher_ops ops = {.handle_accepted = accept_sealed};
  struct sockaddr_storage sa;
  socklen_t size;
  int listening = tcp_socket(&sa, &size, -1);
  fcntl(listening, F_SETFL, O_NONBLOCK);
  maker = sealed_maker("r");
  dispatcher_init(&a.d, *state, &ops);
  dispatcher_open(&a.d, listening, false);
  assert_int_equal(dispatcher_listen(&a.d, 1), 0);
  int client = tcp_connect(&sa, size);
  put_step(client);
  put_sealed(client, "hello");
  while (!dispatcher_is_connected(&b.d))
    pass(*state);
  pass(*state);
  assert_calls("accepted connect, accepted read hello");
  assert_int_equal(dispatcher_send(&b.d, "hi", 2), 2);
  wait_readable(client);
  assert_gets_sealed(client, "hi");
  close(client);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(bytes_that_are_held_are_read_once_a_pass_without_an_event),
      TEST(held_bytes_wait_for_an_owner_that_stopped_reading),
      TEST(held_bytes_take_turns),
      TEST(bytes_that_were_held_back_by_a_read_of_another_handler_are_seen),
      TEST(a_channel_with_held_bytes_that_another_closes_is_skipped),
      TEST(a_read_that_must_write_first_goes_on_when_the_socket_is_writable),
      TEST(a_read_that_must_write_first_does_not_spin_on_the_end_of_the_peer),
      TEST(a_write_that_must_read_first_goes_on_when_the_peer_has_spoken),
      TEST(a_write_that_must_read_first_and_a_read_go_on_together),
      TEST(an_end_that_was_said_is_an_end),
      TEST(an_end_that_was_not_said_is_a_loss),
      TEST(close_says_the_end_and_abort_does_not),
      TEST(shutdown_says_the_end_and_reading_goes_on),
      TEST(a_shutdown_that_would_block_is_done_when_there_is_room),
      TEST(a_shutdown_during_the_handshake_is_done_after_it),
      TEST(an_accepted_connection_has_the_transport_of_its_listener),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
