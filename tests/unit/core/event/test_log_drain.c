/* The loop writes the log lines that stderr did not take at once. */
#include "tests/unit/lib/harness.h"

#include "core/base/log.h"
#include "core/base/log_queue.h"
#include "core/event/log_drain.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static int saved = -1, reader;
static char page[4096];

static void replace_stderr(int fd)
{
  saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  dup2(fd, STDERR_FILENO);
  close(fd);
  log_setup(NULL, LOG_INFO, false);
}

static int drain_teardown(void **state)
{
  close(reader); /* so that nothing is waited for; for the count something takes its place */
  int place = fcntl(saved, F_DUPFD_CLOEXEC, 3);
  int err = reactor_teardown(state);
  close(place);
  if (saved >= 0)
    dup2(saved, STDERR_FILENO);
  close(saved);
  saved = -1;
  log_setup(NULL, LOG_INFO, false);
  return err;
}

static int drain_setup(void **state)
{
  int fds[2];
  if (pipe2(fds, O_CLOEXEC))
    return -1;
  reader = fds[0];
  fcntl(reader, F_SETFL, O_NONBLOCK);
  replace_stderr(fds[1]);
  return reactor_setup(state);
}

#define DRAIN_TEST(f) cmocka_unit_test_setup_teardown(f, drain_setup, drain_teardown)

static void fill_stderr(void)
{
  int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  assert_true(fd >= 0);
  while (write(fd, page, sizeof page) == sizeof page)
    ;
  close(fd);
}

static size_t read_all(struct buffer *b)
{
  ssize_t n;
  while ((n = read(reader, page, sizeof page)) > 0)
    buffer_append(b, page, (size_t)n);
  return b->length;
}

/* Runs the loop while the reader reads, until `end` is what came last. */
static void run_until(struct reactor *r, const char *end)
{
  struct buffer b = {0};
  size_t n = strlen(end);
  reactor_hold(r);
  while (read_all(&b) < n || memcmp(buffer_data(&b) + b.length - n, end, n) != 0)
    pass(r);
  reactor_unhold(r);
  buffer_release(&b);
}

static void lines_that_wait_are_written_by_the_loop(void **state)
{
  struct reactor *r = *state;
  log_drain_start(r);
  for (int opened = 0; opened < 2; opened++) {
    fill_stderr();
    for (int i = 0; i < 2000; i++)
      log_error("line %d", i);
    run_until(r, "anet: line 1999\n");
    log_queue_open();
  }
  log_error("at once");
  assert_gets(reader, "anet: at once\n");
}

static void nothing_is_watched_while_nothing_waits(void **state)
{
  struct reactor *r = *state;
  log_drain_start(r);
  fill_stderr();
  log_error("waits");
  run_until(r, "anet: waits\n");
  reactor_hold(r);
  passes(r, 3);
  uint64_t begun_ms = reactor_now_ms(r);
  reactor_run(r, 60, 1); /* stderr has room all the time */
  uv_update_time(&r->loop);
  assert_true(reactor_now_ms(r) - begun_ms >= 50);
  reactor_unhold(r);
}

static void lines_that_wait_do_not_keep_the_loop(void **state)
{
  struct reactor *r = *state;
  log_drain_start(r);
  fill_stderr();
  log_error("waits");
  reactor_hold(r);
  passes(r, 2);
  reactor_unhold(r);
  reactor_run(r, REACTOR_FOREVER, 0); /* returns */
}

static void *write_a_line(void *data)
{
  (void)data;
  log_error("from a thread");
  return NULL;
}

static void another_thread_wakes_the_loop(void **state)
{
  struct reactor *r = *state;
  pthread_t thread;
  log_drain_start(r);
  fill_stderr();
  pthread_create(&thread, NULL, write_a_line, NULL);
  run_until(r, "anet: from a thread\n");
  pthread_join(thread, NULL);
}

static void drains_with_its_flags_as_they_are(struct reactor *r)
{
  char end[128];
  int before = fcntl(STDERR_FILENO, F_GETFL);
  assert_false(before & O_NONBLOCK);
  log_drain_start(r);
  for (int i = 0; i < 2500; i++)
    log_error("%0100d", i);
  reactor_hold(r);
  passes(r, 2);
  reactor_unhold(r);
  assert_int_equal(fcntl(STDERR_FILENO, F_GETFL), before);
  sprintf(end, "%0100d\n", 2499);
  run_until(r, end);
  assert_int_equal(fcntl(STDERR_FILENO, F_GETFL), before);
}

static void a_pipe_keeps_its_flags(void **state)
{
  drains_with_its_flags_as_they_are(*state);
}

static void a_socket_is_drained_and_keeps_its_flags(void **state)
{
  int fds[2];
  pair_unix(fds);
  dup2(fds[0], reader);
  dup2(fds[1], STDERR_FILENO);
  close(fds[0]);
  close(fds[1]);
  log_queue_open();
  drains_with_its_flags_as_they_are(*state);
}

/* Lines come once a descriptor can be had. */
static void without_a_descriptor_the_next_line_tries_again(void **state)
{
  struct reactor *r = *state;
  struct rlimit before, none;
  log_drain_start(r);
  fill_stderr();
  getrlimit(RLIMIT_NOFILE, &before);
  none = before;
  none.rlim_cur = 0;
  setrlimit(RLIMIT_NOFILE, &none);
  log_error("one");
  reactor_hold(r);
  passes(r, 2);
  reactor_unhold(r);
  setrlimit(RLIMIT_NOFILE, &before);
  log_error("two");
  run_until(r, "anet: one\nanet: two\n");
}

static void the_second_loop_leaves_it_to_the_first(void **state)
{
  struct reactor *r = *state, second;
  assert_int_equal(reactor_init(&second), 0);
  log_drain_start(r);
  log_drain_start(&second);
  assert_int_equal(reactor_release(&second), 0);
  fill_stderr();
  log_error("waits");
  run_until(r, "anet: waits\n");
}

static void a_reader_that_goes_ends_the_watch(void **state)
{
  struct reactor *r = *state;
  log_drain_start(r);
  log_queue_open();
  fill_stderr();
  log_error("waits");
  reactor_hold(r);
  passes(r, 2);
  dup2(saved, reader);
  passes(r, 2);
  uint64_t begun_ms = reactor_now_ms(r);
  reactor_run(r, 60, 1);
  uv_update_time(&r->loop);
  assert_true(reactor_now_ms(r) - begun_ms >= 50);
  reactor_unhold(r);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      DRAIN_TEST(lines_that_wait_are_written_by_the_loop),
      DRAIN_TEST(nothing_is_watched_while_nothing_waits),
      DRAIN_TEST(lines_that_wait_do_not_keep_the_loop),
      DRAIN_TEST(another_thread_wakes_the_loop),
      DRAIN_TEST(a_pipe_keeps_its_flags),
      DRAIN_TEST(a_socket_is_drained_and_keeps_its_flags),
      DRAIN_TEST(without_a_descriptor_the_next_line_tries_again),
      DRAIN_TEST(the_second_loop_leaves_it_to_the_first),
      DRAIN_TEST(a_reader_that_goes_ends_the_watch),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
