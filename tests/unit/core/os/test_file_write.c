/* Files that are written and read at once, whether their descriptors block or not; how many there
 * may be. */
#include "tests/unit/lib/harness.h"

#include "core/os/fd_limit.h"
#include "core/os/file_read.h"
#include "core/os/file_write.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MUCH = 1024 * 1024 };

static uint8_t much[MUCH], got[MUCH];

static void a_file_takes_all_of_it(void **state)
{
  int fd = temporary_file();
  size_t written = 99;
  (void)state;
  fill_pattern(much, sizeof much, 0);
  assert_int_equal(file_write_all(fd, much, sizeof much, &written), 0);
  assert_int_equal(written, sizeof much);
  assert_int_equal(pread(fd, got, sizeof got, 0), sizeof got);
  assert_memory_equal(got, much, sizeof got);
  assert_int_equal(file_write_all(fd, "x", 1, NULL), 0); /* behind it */
  assert_int_equal(lseek(fd, 0, SEEK_END), MUCH + 1);
  close(fd);
}

static void nothing_is_written_at_once(void **state)
{
  size_t written = 99;
  (void)state;
  assert_int_equal(file_write_all(-1, "", 0, &written), 0);
  assert_int_equal(written, 0);
}

/* Reads a pipe to its end, in pieces. */
static void *read_slowly(void *argument)
{
  int fd = *(const int *)argument;
  size_t length = 0;
  ssize_t n;
  while ((n = read(fd, got + length, length + 1000 < MUCH ? 1000 : MUCH - length)) > 0)
    length += (size_t)n;
  return NULL;
}

static void a_pipe_that_does_not_block_is_waited_for(void **state)
{
  int fds[2];
  size_t written = 0;
  pthread_t reader;
  (void)state;
  fill_pattern(much, sizeof much, 0);
  memset(got, 0, sizeof got);
  assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
  assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
  assert_int_equal(pthread_create(&reader, NULL, read_slowly, &fds[0]), 0);
  int err = file_write_all(fds[1], much, sizeof much, &written);
  close(fds[1]);
  pthread_join(reader, NULL);
  close(fds[0]);
  assert_int_equal(err, 0);
  assert_int_equal(written, sizeof much);
  assert_memory_equal(got, much, sizeof got);
}

static void nobody_reads_is_an_error(void **state)
{
  int fds[2];
  size_t written = 99;
  (void)state;
  assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
  close(fds[0]);
  assert_int_equal(file_write_all(fds[1], much, sizeof much, &written), UV_EPIPE);
  assert_int_equal(written, 0);
  close(fds[1]);
}

static void *close_when_full(void *argument)
{
  int *fds = argument;
  struct pollfd p = {.fd = fds[1], .events = POLLOUT};
  while (poll(&p, 1, 0) > 0 && p.revents & POLLOUT)
    sched_yield();
  close(fds[0]);
  return NULL;
}

/* That is, in the middle of the wait, or between it and the next write. */
static void nobody_reads_any_more_is_an_error_too(void **state)
{
  int fds[2];
  size_t written = 0;
  pthread_t closer;
  (void)state;
  assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
  assert_int_equal(pthread_create(&closer, NULL, close_when_full, fds), 0);
  assert_int_equal(file_write_all(fds[1], much, sizeof much, &written), UV_EPIPE);
  pthread_join(closer, NULL);
  close(fds[1]);
  assert_true(written > 0 && written < sizeof much); /* what the pipe took */
}

static void a_full_disk_says_so(void **state)
{
  int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
  size_t written = 99;
  (void)state;
  assert_true(fd >= 0);
  assert_int_equal(file_write_all(fd, "abc", 3, &written), UV_ENOSPC);
  assert_int_equal(written, 0);
  assert_int_equal(file_write_all(fd, "abc", 3, NULL), UV_ENOSPC);
  close(fd);
}

static void how_much_there_was_room_for_is_told(void **state)
{
  int fd = temporary_file();
  size_t written = 0;
  struct rlimit before, few;
  (void)state;
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  few = (struct rlimit){1000, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
  int err = file_write_all(fd, much, 1500, &written);
  setrlimit(RLIMIT_FSIZE, &before);
  assert_int_equal(err, UV_EFBIG);
  assert_int_equal(written, 1000);
  assert_int_equal(lseek(fd, 0, SEEK_END), 1000);
  close(fd);
}

static void *write_later(void *argument)
{
  int fd = *(const int *)argument;
  sched_yield();
  put(fd, "late");
  close(fd);
  return NULL;
}

static void what_comes_later_is_waited_for(void **state)
{
  int fds[2];
  char text[8];
  pthread_t writer;
  (void)state;
  assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
  pthread_create(&writer, NULL, write_later, &fds[1]);
  assert_int_equal(file_read(fds[0], text, sizeof text), 4);
  assert_memory_equal(text, "late", 4);
  assert_int_equal(file_read(fds[0], text, sizeof text), 0);
  pthread_join(writer, NULL);
  close(fds[0]);
  assert_int_equal(file_read(-1, text, sizeof text), UV_EBADF);
}

static void the_limit_of_descriptors_is_raised_as_far_as_it_may_be(void **state)
{
  struct rlimit before, low;
  (void)state;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  low = before;
  low.rlim_cur = 32;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
  uint64_t raised = fd_limit_raise();
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &low), 0);
  setrlimit(RLIMIT_NOFILE, &before);
  assert_int_equal(low.rlim_cur, before.rlim_max);
  assert_int_equal(raised, before.rlim_max < 1000000 ? before.rlim_max : 1000000);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_file_takes_all_of_it),
      TEST(nothing_is_written_at_once),
      TEST(a_pipe_that_does_not_block_is_waited_for),
      TEST(nobody_reads_is_an_error),
      TEST(nobody_reads_any_more_is_an_error_too),
      TEST(a_full_disk_says_so),
      TEST(how_much_there_was_room_for_is_told),
      TEST(what_comes_later_is_waited_for),
      TEST(the_limit_of_descriptors_is_raised_as_far_as_it_may_be),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
