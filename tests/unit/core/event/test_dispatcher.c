/* The flags of a dispatcher and its events: rows E1 to E9 of asyncore. */
#include "tests/unit/lib/probe.h"

#include "core/event/dispatcher_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static struct probe a, b;
static int accept_error; /* what accept4 says next; 0 leaves it to the system */

/* Stands before the C library's, for the errors that no peer can provoke. */
int accept4(int fd, struct sockaddr *peer, socklen_t *size, int flags)
{
  if (accept_error) {
    errno = accept_error;
    accept_error = 0;
    return -1;
  }
  return (int)syscall(SYS_accept4, fd, peer, size, flags);
}

static int nonblocking_socket(int family)
{
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  return fd;
}

/* `p` under way to a peer, which is returned, with the handshake just done: over loopback a
 * connection stands too soon to be seen under way. */
static int start_connecting(struct probe *p, struct reactor *r, const struct dispatcher_ops *ops)
{
  int fds[2];
  pair_tcp(fds);
  probe_init(p, r, ops, NULL);
  dispatcher_open(&p->d, fds[0], false);
  p->d.state = DISPATCHER_CONNECTING;
  return fds[1];
}

/* `p` under way to a place that refuses. */
static void start_failing(struct probe *p, struct reactor *r, const struct dispatcher_ops *ops)
{
  struct sockaddr_storage sa;
  socklen_t size;
  int refusing = tcp_socket(&sa, &size, -1);
  probe_init(p, r, ops, NULL);
  dispatcher_open(&p->d, nonblocking_socket(AF_INET), false);
  assert_int_equal(dispatcher_connect(&p->d, (struct sockaddr *)&sa, size), 0);
  close(refusing);
}

/* `p` listening; `sa` is where. */
static void start_listening(struct probe *p, struct reactor *r, const struct dispatcher_ops *ops,
                            struct sockaddr_storage *sa, socklen_t *size)
{
  int fd = tcp_socket(sa, size, -1);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  probe_init(p, r, ops, NULL);
  dispatcher_open(&p->d, fd, false);
  assert_int_equal(dispatcher_listen(&p->d, 64), 0);
}

/* Flags. */

static void note_flags(struct dispatcher *d)
{
  record("connected=%d connecting=%d", dispatcher_is_connected(d),
         d->state == DISPATCHER_CONNECTING);
}

static void flags_connected_is_true_after_handle_connect_has_run(void **state)
{
  static const struct dispatcher_ops ops = {.handle_connect = note_flags};
  int peer = start_connecting(&a, *state, &ops);
  assert_int_equal(a.d.state, DISPATCHER_CONNECTING);
  pass(*state);
  assert_calls("connected=0 connecting=1");
  assert_int_equal(a.d.state, DISPATCHER_CONNECTED);
  dispatcher_close(&a.d);
  assert_false(dispatcher_is_connected(&a.d));
  close(peer);
}

static void flags_connected_is_true_at_once_for_a_socket_with_a_peer(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  assert_int_equal(a.d.state, DISPATCHER_CONNECTED);
  close(peer);
}

static void flags_accepting_is_true_from_listen_to_close(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  start_listening(&a, *state, &probe_ops, &sa, &size);
  assert_int_equal(a.d.state, DISPATCHER_ACCEPTING);
  dispatcher_close(&a.d);
  assert_int_equal(a.d.state, DISPATCHER_CLOSING);
}

static void flags_closing_is_true_already_inside_destroy_and_stays(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  assert_false(dispatcher_is_closing(&a.d));
  dispatcher_close(&a.d);
  assert_true(dispatcher_is_closing(&a.d));
  passes(*state, 1);
  assert_true(dispatcher_is_closing(&a.d));
  close(peer);
}

static void readable_and_writable_are_true_unless_overridden(void **state)
{
  static const struct dispatcher_ops ops = {0};
  int peer = probe_pair(&a, *state, &ops, false);
  passes(*state, 1);
  assert_true((a.d.mask & UV_READABLE) && (a.d.mask & UV_WRITABLE));
  close(peer);
}

static void an_accepting_dispatcher_is_never_polled_for_write(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  start_listening(&a, *state, &probe_ops, &sa, &size);
  a.wants_write = true;
  passes(*state, 1);
  assert_true((a.d.mask & UV_READABLE) && !(a.d.mask & UV_WRITABLE));
}

/* Events. */

static void E1_readable_while_accepting_is_handle_accept(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  start_listening(&a, *state, &probe_ops_accept, &sa, &size);
  int client = tcp_connect(&sa, size);
  pass(*state);
  assert_calls("accept");
  close(client);
}

static void E1_readable_while_connecting_is_the_connect_event_then_handle_read(void **state)
{
  int peer = start_connecting(&a, *state, &probe_ops);
  put(peer, "hi");
  wait_readable(a.d.fd);
  dispatcher_handle_events(&a.d, UV_READABLE);
  assert_calls("connect, read hi");
  assert_true(dispatcher_is_connected(&a.d));
  close(peer);
}

static void E1_readable_after_a_failed_connect_is_an_error_and_no_read(void **state)
{
  start_failing(&a, *state, &probe_ops_error);
  wait_readable(a.d.fd);
  dispatcher_handle_events(&a.d, UV_READABLE);
  assert_calls("error ECONNREFUSED");
}

static void E1_readable_is_else_handle_read(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  put(peer, "hi");
  pass(*state);
  assert_calls("read hi");
  close(peer);
}

static void E2_writable_while_accepting_is_nothing(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  start_listening(&a, *state, &probe_ops_accept, &sa, &size);
  dispatcher_write_event(&a.d);
  assert_calls("-");
}

static void E2_writable_while_connecting_is_the_connect_event_then_handle_write(void **state)
{
  int peer = start_connecting(&a, *state, &probe_ops);
  pass(*state);
  assert_calls("connect, write");
  close(peer);
}

static void E2_writable_is_else_handle_write(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  a.wants_write = true;
  pass(*state);
  assert_calls("write");
  close(peer);
}

static void E3_a_failed_connect_is_an_error_not_a_close(void **state)
{
  start_failing(&a, *state, &probe_ops_error);
  pass(*state);
  assert_calls("error ECONNREFUSED, destroy");
}

static void E3_a_connection_that_was_reset_before_it_was_seen_stood_and_is_lost(void **state)
{
  int peer = start_connecting(&a, *state, &probe_ops_error);
  put(peer, "hi");
  close_with_reset(peer);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("connect, write, read hi, close, destroy");
  assert_int_equal(a.d.gone, UV_ECONNRESET);
}

static void E4_urgent_data_is_handle_expt(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops_expt, true);
  struct pollfd urgent = {.fd = a.d.fd, .events = POLLPRI};
  assert_int_equal(send(peer, "!", 1, MSG_OOB), 1);
  assert_int_equal(poll(&urgent, 1, -1), 1);
  pass(*state);
  assert_calls("expt");
  close(peer);
}

static void E4_an_urgent_event_with_an_error_on_the_socket_is_handle_close(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops_expt, true);
  close_with_reset(peer);
  wait_readable(a.d.fd);
  dispatcher_handle_events(&a.d, UV_PRIORITIZED);
  assert_calls("close");
  assert_int_equal(a.d.gone, UV_ECONNRESET);
}

static void E5_an_accepted_connection_is_given_to_handle_accepted(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  start_listening(&a, *state, &probe_ops, &sa, &size);
  int client = tcp_connect(&sa, size);
  pass(*state);
  assert_calls("accepted");
  close(client);
}

static void E5_accepting_that_would_block_or_was_aborted_is_nothing(void **state)
{
  static const int went_away[] = {ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, EINTR};
  struct sockaddr_storage sa;
  socklen_t size;
  start_listening(&a, *state, &probe_ops_error, &sa, &size);
  assert_int_equal(dispatcher_accept_some(&a.d), 0);
  for (size_t i = 0; i < LENGTH(went_away); i++) {
    accept_error = went_away[i];
    assert_int_equal(dispatcher_accept_some(&a.d), 0);
  }
  assert_calls("-");
  assert_int_equal(a.d.state, DISPATCHER_ACCEPTING);
}

static void E5_any_other_error_of_accept_is_handle_error(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  start_listening(&a, *state, &probe_ops_error, &sa, &size);
  int client = tcp_connect(&sa, size);
  accept_error = EPERM;
  pass(*state);
  assert_calls("error EPERM, destroy");
  close(client);
}

static void E5_the_default_of_handle_accepted_closes_the_socket(void **state)
{
  static const struct dispatcher_ops ops = {0};
  struct sockaddr_storage sa;
  socklen_t size;
  start_listening(&a, *state, &ops, &sa, &size);
  int client = tcp_connect(&sa, size);
  pass(*state);
  assert_ends(client);
  close(client);
}

static void E6_the_default_of_handle_error_is_one_log_line_then_handle_close(void **state)
{
  struct capture log;
  int peer = probe_pair(&a, *state, &probe_ops, false);
  capture_start(&log);
  dispatcher_fail(&a.d, UV_EIO);
  assert_string_equal(capture_stop(&log), "anet: connection: i/o error\n");
  assert_calls("close");
  close(peer);
}

static void E7_the_default_of_handle_close_closes(void **state)
{
  static const struct dispatcher_ops ops = {0};
  char byte;
  int peer = probe_pair(&a, *state, &ops, false);
  close(peer);
  assert_int_equal(dispatcher_recv(&a.d, &byte, 1), 0);
  assert_true(dispatcher_is_closing(&a.d));
}

static void E8_close_may_be_called_again(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  dispatcher_close(&a.d);
  dispatcher_close(&a.d);
  passes(*state, 1);
  dispatcher_close(&a.d);
  dispatcher_abort(&a.d);
  assert_calls("-");
  close(peer);
}

static void E8_close_takes_it_out_of_the_map_and_closes_the_descriptor(void **state)
{
  struct reactor *r = *state;
  int peer = probe_pair(&a, r, &probe_ops, false);
  int fd = a.d.fd;
  assert_false(list_empty(&r->channels));
  passes(r, 1);
  dispatcher_close(&a.d);
  assert_true(list_empty(&r->channels));
  assert_false(is_open(fd));
  assert_int_equal(a.d.fd, -1);
  assert_int_equal(a.d.state, DISPATCHER_CLOSING);
  assert_ends(peer);
  close(peer);
}

static void E8_no_handler_runs_after_close(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops_error, false);
  int other = probe_pair(&b, *state, &probe_ops, false);
  a.wants_write = true;
  put(peer, "hi");
  passes(*state, 1);
  put(peer, "more");
  assert_calls("read hi, write");
  dispatcher_close(&a.d);
  dispatcher_fail(&a.d, UV_EIO);
  dispatcher_changed(&a.d);
  passes(*state, 3);
  assert_calls("destroy");
  close(peer);
  close(other);
}

static void E9_a_connect_that_is_in_progress_waits(void **state)
{
  struct full_listener full;
  full_listener(&full);
  probe_init(&a, *state, &probe_ops_error, NULL);
  dispatcher_open(&a.d, nonblocking_socket(AF_INET), false);
  assert_int_equal(dispatcher_connect(&a.d, (struct sockaddr *)&full.sa, full.size), 0);
  passes(*state, 3);
  assert_calls("-");
  assert_int_equal(a.d.state, DISPATCHER_CONNECTING);
  full_listener_close(&full);
}

/* A listening unix socket without a path; its address. */
static int listen_unix(struct sockaddr_un *un, socklen_t *size)
{
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  *un = (struct sockaddr_un){.sun_family = AF_UNIX};
  assert_int_equal(bind(fd, (struct sockaddr *)un, sizeof un->sun_family), 0);
  assert_int_equal(listen(fd, 4), 0);
  *size = sizeof *un;
  getsockname(fd, (struct sockaddr *)un, size);
  return fd;
}

static void E9_an_immediate_connect_is_the_connect_event_at_once(void **state)
{
  struct sockaddr_un un;
  socklen_t size;
  int listening = listen_unix(&un, &size);
  probe_init(&a, *state, &probe_ops, NULL);
  dispatcher_open(&a.d, nonblocking_socket(AF_UNIX), false);
  assert_int_equal(dispatcher_connect(&a.d, (struct sockaddr *)&un, size), 0);
  assert_calls("connect");
  assert_true(dispatcher_is_connected(&a.d));
  close(listening);
}

static void E9_a_connect_that_is_connected_already_is_the_connect_event_at_once(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  int listening = tcp_socket(&sa, &size, 1);
  int fd = tcp_connect(&sa, size);
  probe_init(&a, *state, &probe_ops, NULL);
  dispatcher_open(&a.d, fd, false);
  dispatcher_connect(&a.d, (struct sockaddr *)&sa, size); /* the first takes note, on Linux */
  assert_calls("connect");
  assert_true(dispatcher_is_connected(&a.d));
  close(listening);
}

static void E9_a_connect_that_fails_at_once_is_returned(void **state)
{
  struct sockaddr_un un;
  socklen_t size;
  close(listen_unix(&un, &size));
  probe_init(&a, *state, &probe_ops_error, NULL);
  dispatcher_open(&a.d, nonblocking_socket(AF_UNIX), false);
  assert_int_equal(dispatcher_connect(&a.d, (struct sockaddr *)&un, size), UV_ECONNREFUSED);
  assert_calls("-");
  assert_int_equal(a.d.state, DISPATCHER_OPEN);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(flags_connected_is_true_after_handle_connect_has_run),
      TEST(flags_connected_is_true_at_once_for_a_socket_with_a_peer),
      TEST(flags_accepting_is_true_from_listen_to_close),
      TEST(flags_closing_is_true_already_inside_destroy_and_stays),
      TEST(readable_and_writable_are_true_unless_overridden),
      TEST(an_accepting_dispatcher_is_never_polled_for_write),
      TEST(E1_readable_while_accepting_is_handle_accept),
      TEST(E1_readable_while_connecting_is_the_connect_event_then_handle_read),
      TEST(E1_readable_after_a_failed_connect_is_an_error_and_no_read),
      TEST(E1_readable_is_else_handle_read),
      TEST(E2_writable_while_accepting_is_nothing),
      TEST(E2_writable_while_connecting_is_the_connect_event_then_handle_write),
      TEST(E2_writable_is_else_handle_write),
      TEST(E3_a_failed_connect_is_an_error_not_a_close),
      TEST(E3_a_connection_that_was_reset_before_it_was_seen_stood_and_is_lost),
      TEST(E4_urgent_data_is_handle_expt),
      TEST(E4_an_urgent_event_with_an_error_on_the_socket_is_handle_close),
      TEST(E5_an_accepted_connection_is_given_to_handle_accepted),
      TEST(E5_accepting_that_would_block_or_was_aborted_is_nothing),
      TEST(E5_any_other_error_of_accept_is_handle_error),
      TEST(E5_the_default_of_handle_accepted_closes_the_socket),
      TEST(E6_the_default_of_handle_error_is_one_log_line_then_handle_close),
      TEST(E7_the_default_of_handle_close_closes),
      TEST(E8_close_may_be_called_again),
      TEST(E8_close_takes_it_out_of_the_map_and_closes_the_descriptor),
      TEST(E8_no_handler_runs_after_close),
      TEST(E9_a_connect_that_is_in_progress_waits),
      TEST(E9_an_immediate_connect_is_the_connect_event_at_once),
      TEST(E9_a_connect_that_is_connected_already_is_the_connect_event_at_once),
      TEST(E9_a_connect_that_fails_at_once_is_returned),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
