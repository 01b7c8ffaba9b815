/* Where a stream of bytes goes: files, devices, pipes, terminals and sockets. */
#include "tests/unit/lib/joined.h"

#include "core/stream/sink.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

enum { MEGABYTE = 1024 * 1024, LITTLE_PIPE = 4096 };

static struct sink sink;
static uint8_t much[MEGABYTE], got[MEGABYTE];

static void room(struct sink *s)
{
  (void)s;
  record("room");
}

static void failed(struct sink *s, int err)
{
  (void)s;
  record("failed %s", error_name(err));
}

static void room_and_close(struct sink *s)
{
  room(s);
  sink_close(s);
}

static void failed_and_close(struct sink *s, int err)
{
  failed(s, err);
  sink_close(s);
}

static const struct sink_ops ops = {.room = room, .failed = failed};
static const struct sink_ops closing_ops = {.room = room_and_close, .failed = failed_and_close};

static void open_on(struct reactor *r, int fd)
{
  assert_int_equal(sink_open(&sink, r, fd, &ops), 0);
  assert_true(sink_has_room(&sink));
}

static int device(const char *path)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  return fd;
}

/* Both ends are blocking, as a shell makes them. */
static void open_pipe(int ends[2])
{
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
}

static void write_pattern(size_t n, uint64_t offset)
{
  fill_pattern(much, n, offset);
  sink_write(&sink, much, n);
}

/* Reads what comes until nothing waits in the sink, and checks all of it. */
static void drain(struct reactor *r, int fd, size_t expected)
{
  size_t n = take(fd, got, sizeof got);
  while (!sink_has_room(&sink)) {
    pass(r);
    n += take(fd, got + n, sizeof got - n);
  }
  assert_int_equal(n, expected);
  assert_pattern(got, n, 0);
}

static void assert_file_is(int fd, size_t n)
{
  assert_int_equal(pread(fd, got, sizeof got, 0), n);
  assert_pattern(got, n, 0);
}

/* To the end of the pass, after which it may be opened again. */
static void close_sink(struct reactor *r)
{
  sink_close(&sink);
  sink_close(&sink);
  reactor_hold(r);
  passes(r, 1);
  reactor_unhold(r);
}

/* What never blocks. */

static void a_file_takes_everything_at_once(void **state)
{
  int fd = temporary_file();
  open_on(*state, fd);
  write_pattern(MEGABYTE / 2, 0);
  assert_true(sink_has_room(&sink));
  write_pattern(1000, MEGABYTE / 2);
  assert_int_equal(sink.written, MEGABYTE / 2 + 1000);
  close_sink(*state);
  assert_file_is(fd, MEGABYTE / 2 + 1000);
  assert_calls("-");
  close(fd);
}

static void a_file_is_written_from_where_it_is(void **state)
{
  int fd = temporary_file();
  put(fd, "abc");
  open_on(*state, fd);
  sink_write(&sink, "def", 3);
  close_sink(*state);
  assert_int_equal(pread(fd, got, sizeof got, 0), 6);
  assert_memory_equal(got, "abcdef", 6);
  close(fd);
}

static void the_null_device_takes_everything(void **state)
{
  int fd = device("/dev/null");
  open_on(*state, fd);
  write_pattern(MEGABYTE, 0);
  assert_true(sink_has_room(&sink));
  assert_int_equal(sink.written, MEGABYTE);
  close_sink(*state);
  assert_calls("-");
  close(fd);
}

static void a_full_device_is_told_once_and_what_follows_is_dropped(void **state)
{
  int fd = device("/dev/full");
  open_on(*state, fd);
  sink_write(&sink, "abc", 3);
  assert_calls("failed ENOSPC");
  sink_write(&sink, "abc", 3);
  sink_end(&sink);
  assert_int_equal(sink_splice(&sink, on(STDIN_FILENO), 10), UV_EAGAIN);
  assert_int_equal(sink.written, 0);
  close_sink(*state);
  assert_calls("-");
  close(fd);
}

static void what_cannot_be_written_fails(void **state)
{
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  open_on(*state, fd);
  sink_write(&sink, "abc", 3);
  assert_calls("failed EBADF");
  close_sink(*state);
  close(fd);
}

static void no_descriptor_is_an_error_and_nothing_is_open(void **state)
{
  assert_int_equal(sink_open(&sink, *state, -1, &ops), UV_EBADF);
  static struct sink zero;
  sink_close(&zero);
}

/* Pipes and sockets. */

static void a_slow_reader_is_waited_for_and_room_is_told_once(void **state)
{
  int ends[2];
  open_pipe(ends);
  open_on(*state, ends[1]);
  write_pattern(300 * 1000, 0);
  assert_false(sink_has_room(&sink));
  write_pattern(10, 300 * 1000);
  passes(*state, 3);
  assert_true(sink.written < 300 * 1000);
  assert_calls("-");

  drain(*state, ends[0], 300 * 1000 + 10);
  assert_int_equal(sink.written, 300 * 1000 + 10);
  passes(*state, 3);
  assert_calls("room");

  write_pattern(100, 0);
  drain(*state, ends[0], 100);
  assert_calls("-"); /* it had room all the time */
  close_sink(*state);
  close(ends[0]);
  close(ends[1]);
}

static void the_callers_pipe_stays_blocking(void **state)
{
  int ends[2];
  open_pipe(ends);
  open_on(*state, ends[1]);
  write_pattern(200 * 1000, 0);
  assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
  close_sink(*state);
  assert_true(is_open(ends[1]));
  close(ends[0]);
  close(ends[1]);
}

static void a_pipe_nobody_reads_is_told_once_and_what_follows_is_dropped(void **state)
{
  int ends[2];
  open_pipe(ends);
  open_on(*state, ends[1]);
  close(ends[0]);
  passes(*state, 2);
  assert_calls("-"); /* found out by writing, as everywhere */
  sink_write(&sink, "abc", 3);
  assert_calls("failed EPIPE");
  sink_write(&sink, "abc", 3);
  sink_end(&sink);
  passes(*state, 3);
  assert_calls("-");
  assert_true(sink_has_room(&sink));
  assert_int_equal(sink.written, 0);
  close_sink(*state);
  close(ends[1]);
}

static void a_reader_that_goes_while_it_is_waited_for_is_told_once(void **state)
{
  int ends[2];
  open_pipe(ends);
  open_on(*state, ends[1]);
  write_pattern(200 * 1000, 0);
  close(ends[0]);
  pass(*state);
  assert_calls("failed EPIPE");
  sink_write(&sink, "abc", 3);
  passes(*state, 3);
  assert_calls("-");
  close_sink(*state);
  close(ends[1]);
}

static void a_handler_may_close_it(void **state)
{
  int ends[2];
  open_pipe(ends);
  assert_int_equal(sink_open(&sink, *state, ends[1], &closing_ops), 0);
  write_pattern(100 * 1000, 0);
  take(ends[0], got, sizeof got);
  pass(*state);
  assert_calls("room");
  assert_int_equal(sink_open(&sink, *state, ends[1], &closing_ops), 0);
  close(ends[0]);
  sink_write(&sink, "abc", 3);
  assert_calls("failed EPIPE");
  passes(*state, 1);
  close(ends[1]);
}

static void a_socket_is_waited_for_and_stays_as_it_was(void **state)
{
  int fds[2];
  pair_unix(fds);
  open_on(*state, fds[1]);
  write_pattern(MEGABYTE, 0);
  assert_false(sink_has_room(&sink));
  drain(*state, fds[0], MEGABYTE);
  assert_calls("room");
  close_sink(*state);
  assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
  close(fds[0]);
  close(fds[1]);
}

static void a_socket_whose_peer_has_gone_is_told_once(void **state)
{
  int fds[2];
  pair_unix(fds);
  open_on(*state, fds[1]);
  close(fds[0]);
  sink_write(&sink, "abc", 3);
  sink_write(&sink, "abc", 3);
  assert_calls("failed EPIPE");
  close_sink(*state);
  close(fds[1]);
}

/* Terminals. */

struct terminal {
  int master, slave;
};

/* What is written to the slave is read from the master, as it is. */
static struct terminal open_terminal(void)
{
  struct terminal t;
  struct termios mode;
  t.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  assert_true(t.master >= 0);
  assert_int_equal(grantpt(t.master), 0);
  assert_int_equal(unlockpt(t.master), 0);
  t.slave = open(ptsname(t.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  assert_true(t.slave >= 0);
  assert_int_equal(tcgetattr(t.slave, &mode), 0);
  cfmakeraw(&mode);
  assert_int_equal(tcsetattr(t.slave, TCSANOW, &mode), 0);
  return t;
}

static void close_terminal(struct reactor *r, struct terminal t)
{
  close_sink(r);
  close(t.master);
  close(t.slave);
}

static void a_terminal_is_shown_what_could_control_it(void **state)
{
  struct terminal t = open_terminal();
  open_on(*state, t.slave);
  sink_write(&sink, "a\x1b[2Jb\r\nc\\\t\xc2\x9b\n", 14);
  assert_gets(t.master, "a\\x1b[2Jb\r\nc\\\t\\xc2\\x9b\n");
  close_terminal(*state, t);
}

static void a_terminal_is_shown_a_character_that_came_in_two_pieces(void **state)
{
  struct terminal t = open_terminal();
  open_on(*state, t.slave);
  sink_write(&sink, "a\xe2\x82", 3);
  assert_gets(t.master, "a");
  sink_write(&sink, "\xac", 1);
  assert_gets(t.master, "\xe2\x82\xac");
  sink_write(&sink, "b\r", 2);
  sink_write(&sink, "\nc", 2);
  assert_gets(t.master, "b\r\nc");
  close_terminal(*state, t);
}

static void a_terminal_is_shown_at_the_end_what_became_no_character(void **state)
{
  struct terminal t = open_terminal();
  open_on(*state, t.slave);
  sink_write(&sink, "a\xf0\x9f", 3);
  sink_end(&sink);
  assert_gets(t.master, "a\\xf0\\x9f");
  sink_end(&sink);
  assert_gets(t.master, "");
  close_terminal(*state, t);
}

static void a_terminal_that_is_stopped_is_waited_for(void **state)
{
  struct terminal t = open_terminal();
  open_on(*state, t.slave);
  memset(much, 'x', 100 * 1000);
  sink_write(&sink, much, 100 * 1000);
  assert_false(sink_has_room(&sink));
  size_t n = 0;
  while (n < 100 * 1000) {
    if (!sink_has_room(&sink))
      pass(*state);
    n += take(t.master, got, sizeof got);
  }
  assert_int_equal(n, 100 * 1000);
  passes(*state, 2);
  assert_calls("room");
  close_terminal(*state, t);
}

/* Splicing, from a socket whose peer is `s.from`. */

static struct stream s;

static int source(void)
{
  int fds[2];
  pair_tcp(fds);
  s = (struct stream){.from = fds[1]};
  return fds[0];
}

static void close_source(int fd)
{
  close(fd);
  close(s.from);
}

/* `n` more bytes, which the socket has when this returns. */
static void send_more(int fd, size_t n)
{
  stream_write(&s, s.written + n);
  for (size_t have = 0; have < n;) {
    wait_readable(fd);
    ssize_t peeked = recv(fd, got, n, MSG_PEEK);
    assert_true(peeked > 0);
    have = (size_t)peeked;
  }
}

static ssize_t splice_all(int fd)
{
  ssize_t n;
  while ((n = sink_splice(&sink, on(fd), UINT64_MAX)) > 0)
    ;
  return n;
}

/* A sink on a pipe that little fills. The first splice widens it, so that one comes before. */
static void open_on_little_pipe(struct reactor *r, int ends[2], int fd)
{
  open_pipe(ends);
  open_on(r, ends[1]);
  assert_int_equal(sink_splice(&sink, on(fd), 1), UV_EAGAIN);
  assert_true(fcntl(ends[1], F_SETPIPE_SZ, LITTLE_PIPE) >= LITTLE_PIPE);
}

static void a_socket_is_spliced_into_a_pipe_as_far_as_there_is_room(void **state)
{
  int ends[2], fd = source();
  open_on_little_pipe(*state, ends, fd);
  s.to = ends[0];
  send_more(fd, 50 * 1000);
  while (s.read < 50 * 1000) {
    assert_int_equal(splice_all(fd), UV_EAGAIN);
    if (s.read + LITTLE_PIPE < 50 * 1000) {
      assert_false(sink_has_room(&sink));
      assert_int_equal(sink_splice(&sink, on(fd), 1), UV_EAGAIN);
      passes(*state, 2);
      assert_calls("-");
    }
    stream_read(&s);
    if (!sink_has_room(&sink)) {
      pass(*state);
      assert_calls("room");
    }
  }
  assert_int_equal(sink.written, 50 * 1000);
  close_sink(*state);
  close_source(fd);
  close(ends[0]);
  close(ends[1]);
}

static void a_pipe_with_room_and_a_socket_with_nothing_is_no_full_pipe(void **state)
{
  int ends[2], fd = source();
  open_pipe(ends);
  open_on(*state, ends[1]);
  assert_int_equal(sink_splice(&sink, on(fd), 10), UV_EAGAIN);
  assert_true(sink_has_room(&sink));
  close_sink(*state);
  close_source(fd);
  close(ends[0]);
  close(ends[1]);
}

static void bytes_that_are_written_go_behind_those_that_are_spliced(void **state)
{
  int ends[2], fd = source();
  open_on_little_pipe(*state, ends, fd);
  s.to = ends[0];
  send_more(fd, 20 * 1000);
  assert_int_equal(splice_all(fd), UV_EAGAIN);
  assert_false(sink_has_room(&sink));
  write_pattern(100, sink.written);
  drain(*state, ends[0], (size_t)sink.written + sink.waiting.length);
  close_sink(*state);
  close_source(fd);
  close(ends[0]);
  close(ends[1]);
}

static void a_pipe_nobody_reads_fails_a_splice(void **state)
{
  int ends[2], fd = source();
  open_pipe(ends);
  open_on(*state, ends[1]);
  send_more(fd, 100);
  close(ends[0]);
  assert_int_equal(sink_splice(&sink, on(fd), 100), UV_EAGAIN);
  assert_calls("failed EPIPE");
  assert_int_equal(sink_splice(&sink, on(fd), 100), UV_EAGAIN);
  assert_calls("-");
  close_sink(*state);
  close_source(fd);
  close(ends[1]);
}

static void a_reader_that_goes_while_the_pipe_is_full_is_found(void **state)
{
  int ends[2], fd = source();
  open_on_little_pipe(*state, ends, fd);
  send_more(fd, 20 * 1000);
  assert_int_equal(splice_all(fd), UV_EAGAIN);
  close(ends[0]);
  pass(*state);
  assert_calls("room"); /* to try, and find out */
  assert_int_equal(sink_splice(&sink, on(fd), 100), UV_EAGAIN);
  assert_calls("failed EPIPE");
  close_sink(*state);
  close_source(fd);
  close(ends[1]);
}

static void a_splice_moves_no_more_than_it_may(void **state)
{
  int ends[2], fd = source(), file = temporary_file();
  open_pipe(ends);
  send_more(fd, 100);
  open_on(*state, ends[1]);
  assert_int_equal(sink_splice(&sink, on(fd), 10), 10);
  assert_int_equal(take(ends[0], got, sizeof got), 10);
  assert_pattern(got, 10, 0);
  close_sink(*state);

  open_on(*state, file);
  assert_int_equal(sink_splice(&sink, on(fd), 20), 20);
  assert_int_equal(sink.written, 20);
  assert_int_equal(pread(file, got, sizeof got, 0), 20);
  assert_pattern(got, 20, 10);
  close_sink(*state);
  close_source(fd);
  close(ends[0]);
  close(ends[1]);
  close(file);
}

static void a_socket_is_spliced_into_a_file(void **state)
{
  int fd = source(), file = temporary_file();
  open_on(*state, file);
  send_more(fd, 100 * 1000);
  assert_int_equal(splice_all(fd), UV_EAGAIN);
  assert_true(sink_has_room(&sink));
  write_pattern(100, 100 * 1000);
  assert_int_equal(sink.written, 100 * 1000 + 100);
  close_sink(*state);
  assert_file_is(file, 100 * 1000 + 100);
  assert_calls("-");
  close_source(fd);
  close(file);
}

static void a_file_opened_for_appending_is_copied_to_and_loses_no_byte(void **state)
{
  int fd = source(), file = temporary_file();
  assert_int_equal(fcntl(file, F_SETFL, O_APPEND), 0);
  open_on(*state, file);
  write_pattern(7, 0);
  s.written = 7;
  send_more(fd, 100 * 1000);
  ssize_t n = sink_splice(&sink, on(fd), UINT64_MAX);
  assert_true(n == UV_EINVAL || n > 0);
  n = n > 0 ? n : 0;
  assert_int_equal(sink_splice(&sink, on(fd), UINT64_MAX), UV_EINVAL);
  assert_int_equal(sink.written, 7 + n);
  size_t rest = take(fd, much, sizeof much);
  sink_write(&sink, much, rest);
  close_sink(*state);
  assert_file_is(file, 7 + 100 * 1000);
  assert_calls("-");
  close_source(fd);
  close(file);
}

static void the_null_device_is_spliced_to(void **state)
{
  int fd = source(), null = device("/dev/null");
  open_on(*state, null);
  send_more(fd, 100 * 1000);
  assert_int_equal(splice_all(fd), UV_EAGAIN);
  assert_int_equal(sink.written, 100 * 1000);
  close_sink(*state);
  close_source(fd);
  close(null);
}

static void a_full_device_fails_a_splice(void **state)
{
  int fd = source(), full = device("/dev/full");
  open_on(*state, full);
  send_more(fd, 100);
  assert_int_equal(sink_splice(&sink, on(fd), 100), UV_EAGAIN);
  assert_calls("failed ENOSPC");
  assert_int_equal(sink_splice(&sink, on(fd), 100), UV_EAGAIN);
  assert_int_equal(sink.written, 0);
  close_sink(*state);
  assert_calls("-");
  close_source(fd);
  close(full);
}

/* The end of the stream, and its loss, of each kind of sink. */
static void assert_splice_says(struct reactor *r, int out, bool reset, ssize_t want)
{
  int fd = source();
  open_on(r, out);
  if (reset)
    close_with_reset(s.from);
  else
    close(s.from);
  wait_readable(fd);
  assert_int_equal(sink_splice(&sink, on(fd), 100), want);
  assert_calls("-"); /* it is no fault of the sink's */
  close_sink(r);
  close(fd);
}

static void a_splice_says_when_the_stream_has_ended_or_was_lost(void **state)
{
  int ends[2], outs[] = {temporary_file(), device("/dev/null"), 0};
  open_pipe(ends);
  outs[2] = ends[1];
  for (size_t i = 0; i < LENGTH(outs); i++) {
    assert_splice_says(*state, outs[i], false, 0);
    assert_splice_says(*state, outs[i], true, UV_ECONNRESET);
    close(outs[i]);
  }
  close(ends[0]);
}

static void what_cannot_be_spliced_to_says_so(void **state)
{
  int fd = source(), fds[2];
  struct terminal t = open_terminal();
  send_more(fd, 10);
  open_on(*state, t.slave);
  assert_int_equal(sink_splice(&sink, on(fd), 10), UV_EINVAL);
  close_terminal(*state, t);
  pair_unix(fds);
  open_on(*state, fds[0]);
  assert_int_equal(sink_splice(&sink, on(fd), 10), UV_EINVAL);
  close_sink(*state);
  assert_int_equal(take(fd, got, sizeof got), 10);
  close_source(fd);
  close(fds[0]);
  close(fds[1]);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_file_takes_everything_at_once),
      TEST(a_file_is_written_from_where_it_is),
      TEST(the_null_device_takes_everything),
      TEST(a_full_device_is_told_once_and_what_follows_is_dropped),
      TEST(what_cannot_be_written_fails),
      TEST(no_descriptor_is_an_error_and_nothing_is_open),
      TEST(a_slow_reader_is_waited_for_and_room_is_told_once),
      TEST(the_callers_pipe_stays_blocking),
      TEST(a_pipe_nobody_reads_is_told_once_and_what_follows_is_dropped),
      TEST(a_reader_that_goes_while_it_is_waited_for_is_told_once),
      TEST(a_handler_may_close_it),
      TEST(a_socket_is_waited_for_and_stays_as_it_was),
      TEST(a_socket_whose_peer_has_gone_is_told_once),
      TEST(a_terminal_is_shown_what_could_control_it),
      TEST(a_terminal_is_shown_a_character_that_came_in_two_pieces),
      TEST(a_terminal_is_shown_at_the_end_what_became_no_character),
      TEST(a_terminal_that_is_stopped_is_waited_for),
      TEST(a_socket_is_spliced_into_a_pipe_as_far_as_there_is_room),
      TEST(a_pipe_with_room_and_a_socket_with_nothing_is_no_full_pipe),
      TEST(bytes_that_are_written_go_behind_those_that_are_spliced),
      TEST(a_pipe_nobody_reads_fails_a_splice),
      TEST(a_reader_that_goes_while_the_pipe_is_full_is_found),
      TEST(a_splice_moves_no_more_than_it_may),
      TEST(a_socket_is_spliced_into_a_file),
      TEST(a_file_opened_for_appending_is_copied_to_and_loses_no_byte),
      TEST(the_null_device_is_spliced_to),
      TEST(a_full_device_fails_a_splice),
      TEST(a_splice_says_when_the_stream_has_ended_or_was_lost),
      TEST(what_cannot_be_spliced_to_says_so),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
