/* The check sum of a part, made in turns. By MD5, which takes the least time under valgrind. */
#include "tests/unit/lib/harness.h"

#include "cmd/fetch/partial_sum.h"

#include <unistd.h>

enum { MEGABYTE = 1024 * 1024, SIZE = 50 * MEGABYTE, MOST_PASSES = 20 };

static void done(struct partial_sum *sum, int err)
{
  (void)sum;
  record("done %s", error_name(err));
}

static void take_digest(struct partial_sum *sum, int err)
{
  char hex[2 * DIGEST_LONGEST + 1];
  assert_int_equal(digest_finish(sum->digest, hex), 0);
  digest_free(sum->digest);
  sum->digest = NULL;
  record("done %s %s", error_name(err), hex);
}

static void release(struct partial_sum *sum, int err)
{
  done(sum, err);
  partial_sum_release(sum);
}

static void start(struct partial_sum *sum, struct reactor *r, int fd,
                  void (*handler)(struct partial_sum *sum, int err))
{
  struct error e;
  if (partial_sum_start(sum, r, fd, span_of("md5"), handler, &e))
    fail_msg("%s", e.text);
}

static int sparse_file(off_t size)
{
  int fd = temporary_file();
  assert_int_equal(ftruncate(fd, size), 0);
  return fd;
}

static void a_large_part_is_summed_over_several_passes(void **state)
{
  struct partial_sum sum = {0};
  int fd = sparse_file(SIZE);
  unsigned n = 0;
  assert_int_equal(pwrite(fd, "first", 5, 0), 5);
  assert_int_equal(pwrite(fd, "last", 4, SIZE - 4), 4);
  start(&sum, *state, fd, take_digest);
  assert_non_null(sum.digest); /* `done` runs later */
  for (off_t before = 0; sum.digest; before = sum.at) {
    passes(*state, 1);
    assert_true(++n < MOST_PASSES);
    assert_true(sum.at - before <= SIZE / 3); /* a pass is not long */
  }
  assert_true(n > 3);
  assert_int_equal(sum.at, SIZE);
  assert_calls("done 0 5e3227aa1ff4b585c3ffadd9b63c50d9");
  partial_sum_release(&sum);
  partial_sum_release(&sum);
  assert_int_equal(lseek(fd, 0, SEEK_CUR), 0); /* the file is as it was for whoever writes it */
  assert_true(is_open(fd));
  close(fd);
}

static void an_empty_part_has_a_sum_and_it_comes_later(void **state)
{
  struct partial_sum sum = {0};
  int fd = sparse_file(0);
  start(&sum, *state, fd, take_digest);
  record_step();
  passes(*state, 2);
  assert_calls("- ; done 0 d41d8cd98f00b204e9800998ecf8427e");
  partial_sum_release(&sum);
  close(fd);
}

static void half_way_it_may_be_given_up(void **state)
{
  struct partial_sum sum = {0};
  int fd = sparse_file(SIZE);
  start(&sum, *state, fd, done);
  while (sum.at == 0)
    passes(*state, 1);
  assert_true(sum.at < SIZE);
  partial_sum_release(&sum);
  off_t at = sum.at;
  passes(*state, MOST_PASSES);
  assert_calls("-");
  assert_int_equal(sum.at, at);
  close(fd);
}

static void one_that_has_not_run_yet_may_be_given_up(void **state)
{
  struct partial_sum sum = {0}, never = {0};
  int fd = sparse_file(5);
  start(&sum, *state, fd, done);
  partial_sum_release(&sum);
  partial_sum_release(&never);
  passes(*state, 3);
  assert_calls("-");
  close(fd);
}

static void another_may_be_begun_half_way(void **state)
{
  struct partial_sum sum = {0};
  int large = sparse_file(SIZE), small = sparse_file(0);
  assert_int_equal(pwrite(small, "abc", 3, 0), 3);
  start(&sum, *state, large, done);
  while (sum.at == 0)
    passes(*state, 1);
  start(&sum, *state, small, take_digest);
  passes(*state, 3);
  assert_calls("done 0 900150983cd24fb0d6963f7d28e17f72");
  partial_sum_release(&sum);
  close(large);
  close(small);
}

static void the_handler_may_release_it(void **state)
{
  struct partial_sum sum = {0};
  int fd = sparse_file(5);
  start(&sum, *state, fd, release);
  passes(*state, 3);
  assert_calls("done 0");
  close(fd);
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
  struct partial_sum sum = {0};
  int fds[2];
  pair_unix(fds);
  start(&sum, *state, fds[0], release);
  passes(*state, 3);
  assert_calls("done ESPIPE");
  close(fds[0]);
  close(fds[1]);
}

static void an_algorithm_that_is_none_is_refused_at_once(void **state)
{
  struct partial_sum sum = {0};
  struct error e = {0};
  int fd = sparse_file(5);
  int err = partial_sum_start(&sum, *state, fd, span_of("sha257"), done, &e);
  assert_true(err < 0);
  assert_int_equal(e.code, err);
  passes(*state, 3);
  assert_calls("-");
  partial_sum_release(&sum);
  close(fd);
}

static int hold(void **state)
{
  int err = reactor_setup(state);
  if (!err)
    reactor_hold(*state); /* as a transfer that goes on does */
  return err;
}

static int unhold(void **state)
{
  reactor_unhold(*state);
  return reactor_teardown(state);
}

#define HELD(f) cmocka_unit_test_setup_teardown(f, hold, unhold)

int main(void)
{
  static const struct CMUnitTest tests[] = {
      HELD(a_large_part_is_summed_over_several_passes),
      HELD(an_empty_part_has_a_sum_and_it_comes_later),
      HELD(half_way_it_may_be_given_up),
      HELD(one_that_has_not_run_yet_may_be_given_up),
      HELD(another_may_be_begun_half_way),
      HELD(the_handler_may_release_it),
      HELD(a_file_that_cannot_be_read_is_an_error),
      HELD(an_algorithm_that_is_none_is_refused_at_once),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
