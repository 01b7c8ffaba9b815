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

/* `p` on one end of a pair, with a transport of `m`; returns the peer's end. */
static int open_pair(struct probe *p, struct reactor *r, struct transport_maker *m, bool tcp)
{
  int fds[2];
  if (tcp)
    pair_tcp(fds);
  else
    pair_unix(fds);
  probe_init(p, r, &probe_ops_error, NULL);
  assert_int_equal(dispatcher_open_with(&p->d, fds[0], true, m), 0);
  return fds[1];
}

static int open_sealed(struct probe *p, struct reactor *r, const char *steps)
{
  maker = sealed_maker(steps);
  return open_pair(p, r, &maker.base, false);
}

/* A connection whose handshake is over. */
static int open_ready(struct probe *p, struct reactor *r)
{
  int peer = open_sealed(p, r, "");
  passes(r, 1);
  assert_calls("connect, would block");
  return peer;
}

/* Defaults. */

static void a_transport_may_have_only_recv_and_send(void **state)
{
  int peer = open_pair(&a, *state, &flipped, false);
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
  int peer = open_pair(&a, *state, &flipped, false), file = temporary_file();
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
  int peer = open_pair(&a, *state, &flipped, false), pipe[2];
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
  int peer = open_sealed(&a, *state, SEALED_SERVER);
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
  int peer = open_sealed(&a, *state, "r");
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
  int peer = open_sealed(&a, *state, "r");
  a.wants_no_read = true;
  put_step(peer);
  put_sealed(peer, "later");
  passes(*state, 2);
  assert_calls("connect");
  close(peer);
}

static void a_peer_that_has_likely_spoken_is_read_at_once(void **state)
{
  int peer = open_sealed(&a, *state, "r");
  put_step(peer);
  put_sealed(peer, "hello");
  dispatcher_read_now(&a.d);
  assert_calls("connect, read hello");
  close(peer);
}

static void a_failed_handshake_is_an_error_and_no_close(void **state)
{
  int peer = open_sealed(&a, *state, "r");
  put(peer, "x");
  pass(*state);
  assert_calls("error EPROTO, released, cut, destroy");
  close(peer);
}

static void a_peer_that_goes_during_the_handshake_is_an_error(void **state)
{
  int peer = open_sealed(&a, *state, "r");
  passes(*state, 1);
  close(peer);
  pass(*state);
  assert_calls("error ECONNRESET, released, cut, destroy");
}

static void a_peer_that_resets_during_the_handshake_is_an_error(void **state)
{
  maker = sealed_maker("r");
  int peer = open_pair(&a, *state, &maker.base, true);
  passes(*state, 1);
  close_with_reset(peer);
  pass(*state);
  assert_calls("error ECONNRESET, released, cut, destroy");
}

static void a_close_during_the_handshake_says_no_end(void **state)
{
  int peer = open_sealed(&a, *state, "r");
  passes(*state, 1);
  dispatcher_close(&a.d);
  assert_calls("released, cut");
  assert_ends(peer);
  close(peer);
}

static void handle_connect_may_close(void **state)
{
  int peer = open_sealed(&a, *state, "r");
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
  int peer = open_ready(&a, *state);
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
  int peer = open_ready(p, r);
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
  int peer = open_ready(&a, *state);
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
  int peer = open_pair(&a, *state, &maker.base, true);
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
  int peer = open_ready(&a, *state);
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
  int peer = open_ready(&a, *state);
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
  int peer = open_ready(&a, *state);
  put_sealed(peer, "bye");
  put_sealed_end(peer);
  close(peer);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("read bye, close, released, destroy");
  assert_int_equal(a.d.gone, 0);
}

static void an_end_that_was_not_said_is_a_loss(void **state)
{
  int peer = open_ready(&a, *state);
  put_sealed(peer, "bye");
  close(peer);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("read bye, close, released, cut, destroy");
  assert_int_equal(a.d.gone, UV_ECONNRESET);
}

static void close_says_the_end_and_abort_does_not(void **state)
{
  maker = sealed_maker("");
  int peer = open_pair(&a, *state, &maker.base, true);
  int other = open_pair(&b, *state, &maker.base, true);
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
  int peer = open_ready(&a, *state);
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
  int peer = open_ready(&a, *state);
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
  int peer = open_sealed(&a, *state, "r");
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
