/* Bulk through a relay: spliced through a pipe, copied again when it is bulk no longer. */
#include "tests/unit/lib/joined.h"

#include "core/stream/splice.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct joined j;

enum { LARGE = 128 * 1024, MEGABYTE = 1024 * 1024 };

/* One read of the relay that is large; everything arrives. */
static void large_read(struct reactor *r, struct stream *s)
{
  stream_write(s, s->written + LARGE);
  pass(r);
  stream_read(s);
  assert_int_equal(s->read, s->written);
}

static void small_read(struct reactor *r, struct stream *s)
{
  stream_write(s, s->written + 10);
  pass(r);
  stream_read(s);
  assert_int_equal(s->read, s->written);
}

static void a_few_large_reads_prove_bulk_and_it_is_spliced(void **state)
{
  join_two(&j, *state, false);
  struct stream s = {.from = j.a, .to = j.b};
  for (int i = 0; i < 4; i++) {
    assert_null(j.relay.there.pipe);
    large_read(*state, &s);
  }
  large_read(*state, &s);
  assert_non_null(j.relay.there.pipe);
  assert_null(j.relay.back.pipe); /* only for the direction that proved it */
  join_end(&j, *state);
}

static void large_reads_that_are_not_in_a_row_prove_nothing(void **state)
{
  join_two(&j, *state, false);
  struct stream s = {.from = j.a, .to = j.b};
  for (int i = 0; i < 12; i++) {
    if (i % 3 == 2)
      small_read(*state, &s);
    else
      large_read(*state, &s);
    assert_null(j.relay.there.pipe);
  }
  join_end(&j, *state);
}

static void small_reads_in_a_row_bring_it_back_to_copying(void **state)
{
  join_two(&j, *state, false);
  struct stream s = {.from = j.a, .to = j.b};
  for (int i = 0; i < 5; i++)
    large_read(*state, &s);
  for (int i = 0; i < 16; i++) {
    assert_non_null(j.relay.there.pipe);
    small_read(*state, &s);
  }
  small_read(*state, &s);
  assert_null(j.relay.there.pipe);
  for (int i = 0; i < 5; i++)
    large_read(*state, &s);
  assert_non_null(j.relay.there.pipe); /* and bulk again */
  join_end(&j, *state);
}

static void the_end_of_a_spliced_stream_is_passed_on_after_its_last_byte(void **state)
{
  join_two(&j, *state, false);
  struct stream s = {.from = j.a, .to = j.b};
  while (!j.relay.there.pipe || j.relay.there.pipe->held == 0) {
    stream_write(&s, UINT64_MAX);
    passes(*state, 1);
    if (!j.relay.there.pipe)
      stream_read(&s);
  }
  shutdown(j.a, SHUT_WR);
  while (!flow_is_over(&j.relay.there)) {
    stream_read(&s);
    pass(*state);
  }
  stream_read(&s);
  assert_int_equal(s.read, s.written);
  assert_int_equal(j.relay.there.bytes, s.written);
  assert_ends(j.b);
  assert_null(j.relay.there.pipe); /* back in the pool */
  join_end(&j, *state);
}

static void a_spliced_stream_to_a_peer_that_is_lost_ends(void **state)
{
  join_two(&j, *state, false);
  struct stream s = {.from = j.a, .to = j.b};
  while (!j.relay.there.pipe || j.relay.there.pipe->held == 0) {
    stream_write(&s, UINT64_MAX);
    passes(*state, 1);
    if (!j.relay.there.pipe)
      stream_read(&s);
  }
  close(j.b);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("over ECONNRESET, destroy"); /* it had not read all that was sent */
  close(j.a);
}

/* splice(2) gives EINVAL for a file opened for appending: what is in the pipe must not be lost. */
static void a_file_opened_for_appending_is_copied_to(void **state)
{
  static uint8_t data[4 * MEGABYTE];
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC), out = temporary_file();
  assert_int_equal(fcntl(out, F_SETFL, O_APPEND), 0);
  join_three(&j, *state, &joined_ops, null, out);
  struct stream s = {.from = j.b, .to = -1};
  while (s.written < sizeof data) {
    stream_write(&s, sizeof data);
    pass(*state);
  }
  close(j.b);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_true(j.relay.back.only_copy); /* so it was tried */
  assert_calls("half, over, destroy");
  assert_int_equal(lseek(out, 0, SEEK_END), sizeof data);
  assert_int_equal(pread(out, data, sizeof data, 0), sizeof data);
  assert_pattern(data, sizeof data, 0);
  close(null);
  close(out);
}

static int same(struct relay *relay, const void *data, size_t n, struct buffer *to)
{
  (void)relay;
  return buffer_append(to, data, n);
}

static void a_transformed_stream_is_never_spliced(void **state)
{
  struct relay_ops ops = joined_ops;
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  ops.transform = same;
  join_three(&j, *state, &ops, null, null);
  struct stream s = {.from = j.b, .to = -1};
  while (s.written < 4 * MEGABYTE) {
    stream_write(&s, 4 * MEGABYTE);
    pass(*state);
    assert_null(j.relay.back.pipe);
  }
  close(j.b);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_int_equal(j.relay.back.bytes, 4 * MEGABYTE);
  close(null);
}

static void a_file_to_a_socket_and_a_socket_to_a_file_are_spliced(void **state)
{
  static uint8_t data[4 * MEGABYTE];
  int in = temporary_file(), out = temporary_file();
  fill_pattern(data, sizeof data, 0);
  put_bytes(in, data, sizeof data);
  lseek(in, 0, SEEK_SET);
  join_three(&j, *state, &joined_ops, in, out);
  struct stream there = {.to = j.b}, back = {.from = j.b};
  bool spliced_there = false, spliced_back = false;
  while (!flow_is_over(&j.relay.there) || back.written < sizeof data) {
    stream_write(&back, sizeof data);
    pass(*state);
    stream_read(&there);
    spliced_there = spliced_there || j.relay.there.pipe;
    spliced_back = spliced_back || j.relay.back.pipe;
  }
  stream_read(&there);
  close(j.b);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_true(spliced_there && spliced_back);
  assert_int_equal(there.read, sizeof data);
  assert_int_equal(pread(out, data, sizeof data, 0), sizeof data);
  assert_pattern(data, sizeof data, 0);
  close(in);
  close(out);
}

/* The pool of pipes. */

static void a_pipe_that_is_given_back_is_given_out_again(void **state)
{
  struct splice_pipe *first = splice_pipe_get(*state);
  assert_non_null(first);
  int fd = first->read_end;
  splice_pipe_put(*state, first);
  struct splice_pipe *second = splice_pipe_get(*state);
  assert_int_equal(second->read_end, fd);
  splice_pipe_put(*state, second);
  splice_pipe_put(*state, NULL);
}

static void a_pipe_that_still_holds_bytes_is_closed(void **state)
{
  struct splice_pipe *pipe = splice_pipe_get(*state);
  int file = temporary_file(), fd = pipe->read_end;
  put(file, "secret");
  lseek(file, 0, SEEK_SET);
  assert_int_equal(splice_fill(pipe, on(file), UINT64_MAX), 6);
  splice_pipe_put(*state, pipe);
  assert_false(is_open(fd));
  close(file);
}

static void a_pipe_holds_up_to_a_megabyte_and_gives_it_in_order(void **state)
{
  static uint8_t data[MEGABYTE];
  struct splice_pipe *pipe = splice_pipe_get(*state);
  int from = temporary_file(), to = temporary_file();
  fill_pattern(data, sizeof data, 0);
  put_bytes(from, data, sizeof data);
  put(from, "and more");
  lseek(from, 0, SEEK_SET);
  assert_int_equal(pipe->room, MEGABYTE);
  assert_int_equal(splice_fill(pipe, on(from), UINT64_MAX), MEGABYTE);
  while (pipe->held > 0)
    assert_true(splice_drain_to_file(pipe, to) > 0);
  memset(data, 0, sizeof data);
  assert_int_equal(pread(to, data, sizeof data, 0), MEGABYTE);
  assert_pattern(data, sizeof data, 0);
  assert_int_equal(splice_fill(pipe, on(from), UINT64_MAX), 8);
  while (pipe->held > 0)
    assert_true(splice_drain_to_file(pipe, to) > 0);
  assert_int_equal(splice_fill(pipe, on(from), UINT64_MAX), 0); /* the end */
  splice_pipe_put(*state, pipe);
  close(from);
  close(to);
}

static void a_splice_that_would_block_says_so(void **state)
{
  int fds[2];
  struct splice_pipe *pipe = splice_pipe_get(*state);
  pair_unix(fds);
  assert_int_equal(splice_fill(pipe, on(fds[0]), UINT64_MAX), UV_EAGAIN);
  splice_pipe_put(*state, pipe);
  close(fds[0]);
  close(fds[1]);
}

static void the_descriptor_limit_bounds_the_pipes(void **state)
{
  struct rlimit before, few;
  struct splice_pipe *pipes[4];
  assert_int_equal(splice_reserve(64), 8);
  assert_int_equal(splice_reserve(1024 * 1024), 2048);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  few = (struct rlimit){64, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  for (size_t i = 0; i < 4; i++)
    assert_non_null(pipes[i] = splice_pipe_get(*state));
  assert_null(splice_pipe_get(*state));
  for (size_t i = 0; i < 4; i++)
    splice_pipe_put(*state, pipes[i]);
  setrlimit(RLIMIT_NOFILE, &before);
}

static void without_a_pipe_to_be_had_bulk_is_copied(void **state)
{
  struct rlimit before, none;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  none = (struct rlimit){15, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  assert_null(splice_pipe_get(*state)); /* which sets the pool's limit */
  setrlimit(RLIMIT_NOFILE, &before);
  join_two(&j, *state, false);
  struct stream s = {.from = j.a, .to = j.b};
  for (int i = 0; i < 8; i++)
    large_read(*state, &s);
  assert_null(j.relay.there.pipe);
  join_end(&j, *state);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_few_large_reads_prove_bulk_and_it_is_spliced),
      TEST(large_reads_that_are_not_in_a_row_prove_nothing),
      TEST(small_reads_in_a_row_bring_it_back_to_copying),
      TEST(the_end_of_a_spliced_stream_is_passed_on_after_its_last_byte),
      TEST(a_spliced_stream_to_a_peer_that_is_lost_ends),
      TEST(a_file_opened_for_appending_is_copied_to),
      TEST(a_transformed_stream_is_never_spliced),
      TEST(a_file_to_a_socket_and_a_socket_to_a_file_are_spliced),
      TEST(a_pipe_that_is_given_back_is_given_out_again),
      TEST(a_pipe_that_still_holds_bytes_is_closed),
      TEST(a_pipe_holds_up_to_a_megabyte_and_gives_it_in_order),
      TEST(a_splice_that_would_block_says_so),
      TEST(the_descriptor_limit_bounds_the_pipes),
      TEST(without_a_pipe_to_be_had_bulk_is_copied),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
