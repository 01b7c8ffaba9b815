/* A dispatcher's bytes: rows E10 to E13 of asyncore, D2, D3, D5, D8 and D9, and what libuv says of
 * errors. */
#include "tests/unit/lib/probe.h"

#include "core/os/socket.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct probe a, b;
static struct script script;

static const int losses[] = {UV_ECONNRESET, UV_ENOTCONN, UV_ESHUTDOWN, UV_ECONNABORTED, UV_EPIPE};
static struct probe lost[LENGTH(losses)];

static void E10_send_is_a_count(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops_error, false);
  script_install(&script, &a.d);
  assert_int_equal(dispatcher_send(&a.d, "hello", 5), 5);
  script.send_result = 2;
  assert_int_equal(dispatcher_send(&a.d, "hello", 5), 2);
  assert_gets(peer, "hellohe");
  close(peer);
}

static void E10_the_loss_of_the_peer_in_send_is_handle_close_and_0(void **state)
{
  for (size_t i = 0; i < LENGTH(losses); i++) {
    int peer = probe_pair(&lost[i], *state, &probe_ops_error, false);
    script_install(&script, &lost[i].d);
    script.send_result = losses[i];
    assert_int_equal(dispatcher_send(&lost[i].d, "hello", 5), 0);
    assert_calls("close");
    assert_int_equal(lost[i].d.gone, losses[i]);
    close(peer);
  }
}

static void E10_any_other_error_of_send_is_returned(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops_error, false);
  script_install(&script, &a.d);
  script.send_result = UV_EIO;
  assert_int_equal(dispatcher_send(&a.d, "hello", 5), UV_EIO);
  assert_calls("-");
  assert_false(dispatcher_is_closing(&a.d));
  close(peer);
}

static void E11_recv_is_data_and_at_the_end_of_the_stream_handle_close_and_nothing(void **state)
{
  char data[16];
  int peer = probe_pair(&a, *state, &probe_ops_error, false);
  put(peer, "hello");
  close(peer);
  assert_int_equal(dispatcher_recv(&a.d, data, sizeof data), 5);
  assert_memory_equal(data, "hello", 5);
  assert_calls("-");
  assert_int_equal(dispatcher_recv(&a.d, data, sizeof data), 0);
  assert_calls("close");
  assert_int_equal(a.d.gone, 0);
}

static void E11_the_loss_of_the_peer_in_recv_is_handle_close_and_nothing(void **state)
{
  for (size_t i = 0; i < LENGTH(losses); i++) {
    char byte;
    int peer = probe_pair(&lost[i], *state, &probe_ops_error, false);
    script_install(&script, &lost[i].d);
    script.recv_result = losses[i];
    assert_int_equal(dispatcher_recv(&lost[i].d, &byte, 1), 0);
    assert_calls("close");
    assert_int_equal(lost[i].d.gone, losses[i]);
    close(peer);
  }
}

static void E11_any_other_error_of_read_is_returned(void **state)
{
  char byte;
  int peer = probe_pair(&a, *state, &probe_ops_error, false);
  script_install(&script, &a.d);
  script.recv_result = UV_EIO;
  assert_int_equal(dispatcher_recv(&a.d, &byte, 1), UV_EIO);
  assert_calls("-");
  close(peer);
}

static void D3_would_block_is_a_return_value_never_an_error(void **state)
{
  static uint8_t much[64 * 1024];
  char byte;
  ssize_t n;
  int peer = probe_pair(&a, *state, &probe_ops_error, false);
  assert_int_equal(dispatcher_recv(&a.d, &byte, 1), UV_EAGAIN);
  do
    n = dispatcher_send(&a.d, much, sizeof much);
  while (n > 0);
  assert_int_equal(n, 0);
  assert_calls("-");
  assert_true(dispatcher_is_connected(&a.d) && !a.d.gone);
  close(peer);
}

static void a_handle_close_that_does_not_close_is_not_asked_to_read_again(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  a.stays = true;
  shutdown(peer, SHUT_WR);
  pass(*state);
  passes(*state, 3);
  assert_calls("close");
  assert_int_equal(dispatcher_send(&a.d, "answer", 6), 6);
  assert_gets(peer, "answer");
  close(peer);
}

static void E13_a_file_dispatcher_works_on_a_duplicate_and_is_connected_from_the_start(void **state)
{
  int fds[2];
  assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
  probe_init(&a, *state, &probe_ops, NULL);
  assert_int_equal(dispatcher_open_file(&a.d, fds[0]), 0);
  assert_true(dispatcher_is_connected(&a.d));
  assert_int_not_equal(a.d.fd, fds[0]);
  put(fds[1], "hi");
  pass(*state);
  dispatcher_close(&a.d);
  passes(*state, 1);
  assert_true(is_open(fds[0]));
  put(fds[1], "still there");
  assert_gets(fds[0], "still there");
  assert_calls("read hi");
  close(fds[0]);
  close(fds[1]);
}

static void E13_what_is_no_descriptor_is_refused(void **state)
{
  probe_init(&a, *state, &probe_ops, NULL);
  assert_int_equal(dispatcher_open_file(&a.d, -1), UV_EBADF);
  dispatcher_close(&a.d);
}

static void D8_the_flags_of_a_pipe_do_not_change_at_all(void **state)
{
  int fds[2];
  assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
  int before = fcntl(fds[0], F_GETFL);
  probe_init(&a, *state, &probe_ops, NULL);
  assert_int_equal(dispatcher_open_file(&a.d, fds[0]), 0);
  passes(*state, 1);
  assert_true(fcntl(a.d.fd, F_GETFL) & O_NONBLOCK);
  assert_int_equal(fcntl(fds[0], F_GETFL), before);
  close(fds[0]);
  close(fds[1]);
}

static void D8_the_flags_of_a_socket_as_stdin_are_put_back_at_close(void **state)
{
  int fds[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  int before = fcntl(fds[0], F_GETFL);
  assert_false(before & O_NONBLOCK);
  probe_init(&a, *state, &probe_ops, NULL);
  assert_int_equal(dispatcher_open_file(&a.d, fds[0]), 0);
  assert_true(fcntl(a.d.fd, F_GETFL) & O_NONBLOCK); /* before anything is read or written */
  passes(*state, 1);
  dispatcher_close(&a.d);
  assert_int_equal(fcntl(fds[0], F_GETFL), before);
  close(fds[0]);
  close(fds[1]);
}

static void D5_up_to_16_connections_are_accepted_an_event(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  int clients[DISPATCHER_ACCEPTS_PER_EVENT + 3];
  int fd = tcp_socket(&sa, &size, -1);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  probe_init(&a, *state, &probe_ops, NULL);
  dispatcher_open(&a.d, fd, false);
  assert_int_equal(dispatcher_listen(&a.d, 64), 0);
  for (size_t i = 0; i < LENGTH(clients); i++)
    clients[i] = tcp_connect(&sa, size);
  pass(*state);
  assert_int_equal(a.accepted, DISPATCHER_ACCEPTS_PER_EVENT);
  pass(*state);
  assert_int_equal(a.accepted, LENGTH(clients));
  for (size_t i = 0; i < LENGTH(clients); i++)
    close(clients[i]);
}

static void D5_accepting_ends_when_the_listener_is_closed_by_a_handler(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  int fd = tcp_socket(&sa, &size, -1);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  probe_init(&a, *state, &probe_ops, NULL);
  dispatcher_open(&a.d, fd, false);
  assert_int_equal(dispatcher_listen(&a.d, 64), 0);
  int first = tcp_connect(&sa, size), second = tcp_connect(&sa, size);
  a.closes_in = "accepted";
  a.closes = &a.d;
  pass(*state);
  assert_calls("accepted, destroy");
  close(first);
  close(second);
}

static void D9_memory_lives_to_the_end_of_the_iteration(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  int other = probe_pair(&b, *state, &probe_ops, false);
  a.name = "a";
  b.name = "b";
  a.closes_in = "read";
  a.closes = &a.d;
  b.wants_write = true; /* all writes come after all reads */
  put(peer, "hi");
  pass(*state);
  assert_calls("a read hi, b write, a destroy");
  close(peer);
  close(other);
}

static void D2_what_was_sent_before_a_reset_is_still_read(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, true);
  put(peer, "last words");
  close_with_reset(peer);
  pass(*state);
  assert_calls("read last words");
  pass(*state);
  assert_calls("close, destroy");
  assert_int_equal(a.d.gone, UV_ECONNRESET);
}

/* libuv reports EPOLLERR as UV_EBADF with no events, and stops the handle. */
static void an_error_event_is_ready_for_what_was_wanted(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, true);
  a.leaves = true;
  close_with_reset(peer);
  pass(*state);
  pass(*state); /* so it is armed again */
  assert_calls("read, read");
  assert_false(dispatcher_is_closing(&a.d));
  a.leaves = false;
  pass(*state);
  assert_calls("close, destroy");
}

static void abort_resets_a_tcp_peer(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, true);
  dispatcher_abort(&a.d);
  assert_int_equal(error_of_read(peer), UV_ECONNRESET);
  close(peer);
}

static void shutdown_ends_a_socket_one_way_and_closes_a_pipe(void **state)
{
  int fds[2];
  int peer = probe_pair(&a, *state, &probe_ops, false);
  dispatcher_shutdown(&a.d);
  assert_ends(peer);
  put(peer, "hi");
  pass(*state);
  assert_calls("read hi");
  assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
  probe_init(&b, *state, &probe_ops, NULL);
  assert_int_equal(dispatcher_open_file(&b.d, fds[1]), 0);
  close(fds[1]);
  dispatcher_shutdown(&b.d);
  assert_ends(fds[0]);
  close(fds[0]);
  close(peer);
}

static void take_moves_a_connection_that_is_polled(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  passes(*state, 1);
  probe_init(&b, *state, &probe_ops, "b");
  dispatcher_take(&b.d, &a.d);
  assert_int_equal(a.d.fd, -1);
  dispatcher_close(&a.d);
  put(peer, "hi");
  pass(*state);
  assert_calls("b read hi, destroy");
  close(peer);
}

static void take_moves_a_file_that_cannot_be_polled(void **state)
{
  int file = temporary_file();
  put(file, "hi");
  lseek(file, 0, SEEK_SET);
  probe_init(&a, *state, &probe_ops, "a");
  assert_int_equal(dispatcher_open_file(&a.d, file), 0);
  a.leaves = true;
  passes(*state, 1);
  probe_init(&b, *state, &probe_ops, "b");
  dispatcher_take(&b.d, &a.d);
  passes(*state, 2);
  assert_calls("a read, b read hi, b close, b destroy");
  close(file);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(E10_send_is_a_count),
      TEST(E10_the_loss_of_the_peer_in_send_is_handle_close_and_0),
      TEST(E10_any_other_error_of_send_is_returned),
      TEST(E11_recv_is_data_and_at_the_end_of_the_stream_handle_close_and_nothing),
      TEST(E11_the_loss_of_the_peer_in_recv_is_handle_close_and_nothing),
      TEST(E11_any_other_error_of_read_is_returned),
      TEST(D3_would_block_is_a_return_value_never_an_error),
      TEST(a_handle_close_that_does_not_close_is_not_asked_to_read_again),
      TEST(E13_a_file_dispatcher_works_on_a_duplicate_and_is_connected_from_the_start),
      TEST(E13_what_is_no_descriptor_is_refused),
      TEST(D8_the_flags_of_a_pipe_do_not_change_at_all),
      TEST(D8_the_flags_of_a_socket_as_stdin_are_put_back_at_close),
      TEST(D5_up_to_16_connections_are_accepted_an_event),
      TEST(D5_accepting_ends_when_the_listener_is_closed_by_a_handler),
      TEST(D9_memory_lives_to_the_end_of_the_iteration),
      TEST(D2_what_was_sent_before_a_reset_is_still_read),
      TEST(an_error_event_is_ready_for_what_was_wanted),
      TEST(abort_resets_a_tcp_peer),
      TEST(shutdown_ends_a_socket_one_way_and_closes_a_pipe),
      TEST(take_moves_a_connection_that_is_polled),
      TEST(take_moves_a_file_that_cannot_be_polled),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
