/* Transports that are not plain: the calls that have a default, the handshake, ways that turn
 * round, bytes that are held, and the end. */
#include "tests/unit/lib/flipped.h"
#include "tests/unit/lib/probe.h"
#include "tests/unit/lib/sealed.h"

#include "core/event/dispatcher_private.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static struct probe a, b;
static struct sealed_maker maker;

/* Defaults. */

static void a_transport_may_have_only_recv_and_send(void **state)
{
  int peer = probe_through(&a, *state, &flipped, false);
  struct iovec pieces[] = {{(char[]){"one "}, 4}, {(char[]){"two"}, 3}};
  assert_true(dispatcher_is_connected(&a.d)); /* no handshake */
  put_flipped(peer, "hello");
  pass(*state);
  assert_int_equal(dispatcher_send(&a.d, "hi", 2), 2);
  assert_gets_flipped(peer, "hi");
  assert_int_equal(dispatcher_sendv(&a.d, pieces, 2, false), 7);
  assert_gets_flipped(peer, "one two");
  dispatcher_shutdown(&a.d);
  assert_ends(peer);
  dispatcher_close(&a.d);
  assert_calls("read hello");
  close(peer);
}

static void pieces_longer_than_a_record_are_sent_in_part(void **state)
{
  static uint8_t large[40 * 1024];
  struct iovec pieces[] = {{large, 1}, {large, sizeof large}, {large, sizeof large}};
  struct script script;
  int peer = probe_pair(&a, *state, &probe_ops, false);
  script_install(&script, &a.d);
  struct transport_ops ops = *a.d.transport->ops;
  ops.sendv = NULL;
  script.base.ops = &ops;
  assert_int_equal(dispatcher_sendv(&a.d, pieces, 3, false), 16 * 1024);
  assert_true(script.held_back); /* the rest follows */
  dispatcher_close(&a.d);
  close(peer);
}

static void a_file_is_sent_by_a_transport_that_has_no_call_for_it(void **state)
{
  int peer = probe_through(&a, *state, &flipped, false), file = temporary_file();
  int64_t offset = 2;
  put(file, "from a file");
  assert_int_equal(dispatcher_sendfile(&a.d, file, &offset, 6), 6);
  assert_int_equal(offset, 8);
  assert_gets_flipped(peer, "om a f");
  offset = 11;
  assert_int_equal(dispatcher_sendfile(&a.d, file, &offset, 6), UV_EIO); /* no byte there */
  close(file);
  assert_int_equal(dispatcher_sendfile(&a.d, file, &offset, 6), UV_EBADF);
  close(peer);
}

static void bytes_that_are_changed_are_not_spliced(void **state)
{
  int peer = probe_through(&a, *state, &flipped, false), pipe[2];
  assert_int_equal(pipe2(pipe, O_CLOEXEC | O_NONBLOCK), 0);
  put_flipped(peer, "hello");
  put(pipe[1], "hello");
  assert_false(dispatcher_can_splice(&a.d));
  assert_int_equal(dispatcher_splice_to(&a.d, pipe[1], 5), UV_EINVAL);
  assert_int_equal(dispatcher_splice_from(&a.d, pipe[0], 5), UV_EINVAL);
  pass(*state);
  assert_calls("read hello");
  close(pipe[0]);
  close(pipe[1]);
  close(peer);
}

static void without_memory_for_a_transport_nothing_is_opened(void **state)
{
  int fds[2];
  maker = sealed_maker("");
  maker.fails = true;
  pair_unix(fds);
  probe_init(&a, *state, &probe_ops, NULL);
  assert_int_equal(dispatcher_open_with(&a.d, fds[0], true, &maker.base), UV_ENOMEM);
  assert_int_equal(a.d.state, DISPATCHER_EMPTY);
  assert_int_equal(dispatcher_open_with(&a.d, fds[0], true, NULL), 0); /* plain */
  put(fds[1], "hi");
  pass(*state);
  assert_calls("read hi");
  close(fds[1]);
}

/* The handshake. */

static void handle_connect_runs_after_the_handshake(void **state)
{
  int peer = probe_sealed(&a, *state, SEALED_SERVER);
  assert_int_equal(a.d.state, DISPATCHER_HANDSHAKING);
  passes(*state, 2);
  assert_calls("-");
  put_step(peer);
  pass(*state);
  pass(*state); /* when it is writable */
  assert_gets_step(peer);
  assert_calls("-");
  assert_int_equal(a.d.state, DISPATCHER_HANDSHAKING);
  put_step(peer);
  put_sealed(peer, "hello");
  pass(*state);
  assert_calls("connect, read hello");
  assert_true(dispatcher_is_connected(&a.d));
  close(peer);
}

static void nothing_is_sent_or_read_during_the_handshake(void **state)
{
  char byte = 0;
  struct iovec piece = {&byte, 1};
  int64_t offset = 0;
  int peer = probe_sealed(&a, *state, "r");
  passes(*state, 1);
  put_step(peer);
  assert_int_equal(dispatcher_send(&a.d, "x", 1), 0);
  assert_int_equal(dispatcher_send_more(&a.d, "x", 1), 0);
  assert_int_equal(dispatcher_sendv(&a.d, &piece, 1, false), 0);
  assert_int_equal(dispatcher_sendfile(&a.d, peer, &offset, 1), 0);
  assert_int_equal(dispatcher_recv(&a.d, &byte, 1), UV_EAGAIN);
  a.wants_write = true;
  pass(*state);
  assert_calls("connect, would block, write"); /* what waited may go out at once */
  close(peer);
}

static void an_owner_that_wants_nothing_still_has_its_handshake(void **state)
{
  int peer = probe_sealed(&a, *state, "r");
  a.wants_no_read = true;
  put_step(peer);
  put_sealed(peer, "later");
  passes(*state, 2);
  assert_calls("connect");
  close(peer);
}

static void a_peer_that_has_likely_spoken_is_read_at_once(void **state)
{
  int peer = probe_sealed(&a, *state, "r");
  put_step(peer);
  put_sealed(peer, "hello");
  dispatcher_read_now(&a.d);
  assert_calls("connect, read hello");
  close(peer);
}

static void a_failed_handshake_is_an_error_and_no_close(void **state)
{
  int peer = probe_sealed(&a, *state, "r");
  put(peer, "x");
  pass(*state);
  assert_calls("error EPROTO, released, cut, destroy");
  close(peer);
}

static void a_peer_that_goes_during_the_handshake_is_an_error(void **state)
{
  int peer = probe_sealed(&a, *state, "r");
  passes(*state, 1);
  close(peer);
  pass(*state);
  assert_calls("error ECONNRESET, released, cut, destroy");
}

static void a_peer_that_resets_during_the_handshake_is_an_error(void **state)
{
  maker = sealed_maker("r");
  int peer = probe_through(&a, *state, &maker.base, true);
  passes(*state, 1);
  close_with_reset(peer);
  pass(*state);
  assert_calls("error ECONNRESET, released, cut, destroy");
}

static void a_close_during_the_handshake_says_no_end(void **state)
{
  int peer = probe_sealed(&a, *state, "r");
  passes(*state, 1);
  dispatcher_close(&a.d);
  assert_calls("released, cut");
  assert_ends(peer);
  close(peer);
}

static void handle_connect_may_close(void **state)
{
  int peer = probe_sealed(&a, *state, "r");
  put_step(peer);
  put_sealed(peer, "hello");
  a.closes_in = "connect";
  a.closes = &a.d;
  pass(*state);
  assert_calls("connect, released, cut, destroy");
  close(peer);
}

static void a_client_shakes_hands_once_it_is_connected(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  int listening = tcp_socket(&sa, &size, 1);
  maker = sealed_maker(SEALED_CLIENT);
  probe_init(&a, *state, &probe_ops_error, NULL);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  assert_int_equal(dispatcher_open_with(&a.d, fd, false, &maker.base), 0);
  assert_int_equal(dispatcher_connect(&a.d, (struct sockaddr *)&sa, size), 0);
  int peer = accept(listening, NULL, NULL);
  pass(*state);
  wait_readable(peer);
  assert_gets_step(peer);
  put_step(peer);
  while (!dispatcher_is_connected(&a.d))
    pass(*state);
  wait_readable(peer);
  assert_gets_step(peer);
  assert_calls("connect");
  assert_int_equal(dispatcher_send(&a.d, "hi", 2), 2);
  wait_readable(peer);
  assert_gets_sealed(peer, "hi");
  close(peer);
  close(listening);
}

static void a_connection_under_way_shakes_hands_when_it_stands(void **state)
{
  int fds[2];
  pair_tcp(fds);
  maker = sealed_maker("r");
  probe_init(&a, *state, &probe_ops_error, NULL);
  assert_int_equal(dispatcher_open_with(&a.d, fds[0], false, &maker.base), 0);
  a.d.state = DISPATCHER_CONNECTING;
  pass(*state);
  assert_int_equal(a.d.state, DISPATCHER_HANDSHAKING);
  assert_calls("-");
  put_step(fds[1]);
  pass(*state);
  assert_calls("connect, would block");
  close(fds[1]);
}

static void a_plain_connection_may_go_on_with_a_handshake(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  put(peer, "STARTTLS");
  pass(*state);
  maker = sealed_maker("r");
  dispatcher_set_transport(&a.d, maker.base.make(&maker.base));
  passes(*state, 1);
  put_step(peer);
  put_sealed(peer, "hello");
  pass(*state);
  assert_calls("read STARTTLS, connect, read hello");
  close(peer);
}

static void set_sealed(struct dispatcher *d)
{
  record("connect");
  if (d->transport == transport_socket())
    dispatcher_set_transport(d, maker.base.make(&maker.base));
}

static void handle_connect_may_set_the_transport(void **state)
{
  static const struct dispatcher_ops ops = {.handle_connect = set_sealed};
  int fds[2];
  pair_tcp(fds);
  maker = sealed_maker("r");
  dispatcher_init(&a.d, *state, &ops);
  dispatcher_open(&a.d, fds[0], false);
  a.d.state = DISPATCHER_CONNECTING;
  pass(*state);
  assert_int_equal(a.d.state, DISPATCHER_HANDSHAKING);
  put_step(fds[1]);
  while (!dispatcher_is_connected(&a.d))
    pass(*state);
  assert_calls("connect, connect");
  close(fds[1]);
}

static void a_transport_that_comes_after_the_close_is_released(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  dispatcher_close(&a.d);
  maker = sealed_maker("r");
  dispatcher_set_transport(&a.d, maker.base.make(&maker.base));
  assert_calls("released, cut");
  close(peer);
}

static void take_moves_the_transport(void **state)
{
  int peer = probe_ready(&a, *state);
  probe_init(&b, *state, &probe_ops, "b");
  dispatcher_take(&b.d, &a.d);
  dispatcher_close(&a.d);
  put_sealed(peer, "hello");
  pass(*state);
  dispatcher_close(&b.d);
  assert_calls("b read hello, destroy, released");
  assert_gets_sealed(peer, "");
  close(peer);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_transport_may_have_only_recv_and_send),
      TEST(pieces_longer_than_a_record_are_sent_in_part),
      TEST(a_file_is_sent_by_a_transport_that_has_no_call_for_it),
      TEST(bytes_that_are_changed_are_not_spliced),
      TEST(without_memory_for_a_transport_nothing_is_opened),
      TEST(handle_connect_runs_after_the_handshake),
      TEST(nothing_is_sent_or_read_during_the_handshake),
      TEST(an_owner_that_wants_nothing_still_has_its_handshake),
      TEST(a_peer_that_has_likely_spoken_is_read_at_once),
      TEST(a_failed_handshake_is_an_error_and_no_close),
      TEST(a_peer_that_goes_during_the_handshake_is_an_error),
      TEST(a_peer_that_resets_during_the_handshake_is_an_error),
      TEST(a_close_during_the_handshake_says_no_end),
      TEST(handle_connect_may_close),
      TEST(a_client_shakes_hands_once_it_is_connected),
      TEST(a_connection_under_way_shakes_hands_when_it_stands),
      TEST(a_plain_connection_may_go_on_with_a_handshake),
      TEST(handle_connect_may_set_the_transport),
      TEST(a_transport_that_comes_after_the_close_is_released),
      TEST(take_moves_the_transport),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
