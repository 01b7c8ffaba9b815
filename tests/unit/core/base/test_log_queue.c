/* Lines on their way to a stderr that is slow, stalled, full, gone or shared. */
#include "tests/unit/lib/harness.h"

#include "core/base/log.h"
#include "core/base/log_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int saved = -1, reader = -1;
static unsigned wakes;
static char page[4096];

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, reactor_setup, teardown)

/* stderr and its reader. */

static void replace_stderr(int fd)
{
  saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  assert_true(saved >= 0);
  dup2(fd, STDERR_FILENO);
  close(fd);
  log_setup(NULL, LOG_INFO, false);
}

static void count_wake(void *data)
{
  (void)data;
  wakes++;
}

static void start(void)
{
  wakes = 0;
  assert_true(log_queue_start(count_wake, NULL));
}

/* stderr is a pipe of which others have the description, too, so that it must stay blocking. */
static void pipe_is_stderr(void)
{
  int fds[2];
  assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
  reader = fds[0];
  fcntl(reader, F_SETFL, O_NONBLOCK);
  replace_stderr(fds[1]);
}

static void give_stderr_back(void)
{
  if (reader >= 0)
    close(reader); /* nothing is to be waited for */
  reader = -1;
  log_queue_stop();
  dup2(saved, STDERR_FILENO);
  close(saved);
  saved = -1;
  log_setup(NULL, LOG_INFO, false);
}

/* A test that fails leaves the message to the stderr of before. */
static int teardown(void **state)
{
  if (saved >= 0)
    give_stderr_back();
  return reactor_teardown(state);
}

/* Fills the pipe, by a description of its own. */
static size_t fill_pipe(void)
{
  int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  size_t n = 0;
  memset(page, '.', sizeof page);
  while (write(fd, page, sizeof page) == sizeof page)
    n += sizeof page;
  close(fd);
  return n;
}

/* Reads what is there. */
static void read_all(struct buffer *b)
{
  ssize_t n;
  while ((n = read(reader, page, sizeof page)) > 0)
    buffer_append(b, page, (size_t)n);
}

static void assert_read(const char *want)
{
  struct buffer b = {0};
  read_all(&b);
  buffer_append(&b, "", 1);
  assert_string_equal((const char *)buffer_data(&b), want);
  buffer_release(&b);
}

/* Reads and writes in turn until nothing waits. */
static void drain_into(struct buffer *b)
{
  bool wrote, waits = true;
  while (waits) {
    read_all(b);
    waits = log_queue_write(&wrote);
    assert_true(wrote || !waits);
  }
  read_all(b);
}

static uint64_t monotonic_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* While a loop drains. */

static void a_line_is_written_at_once_when_there_is_room(void **state)
{
  (void)state;
  pipe_is_stderr();
  start();
  log_error("one");
  assert_read("anet: one\n");
  log_queue_open();
  log_error("two");
  log_error("three");
  assert_read("anet: two\nanet: three\n");
  assert_int_equal(wakes, 0);
  give_stderr_back();
}

/* A writer that waits for each line needs LOG_LONGEST_WAIT_MS for each of these. */
enum { NEVER_WAITED_MS = 30000, LINES_FOR_LONG = 40 };

static void a_reader_that_stalls_holds_no_line_up(void **state)
{
  (void)state;
  for (int opened = 0; opened < 2; opened++) {
    pipe_is_stderr();
    start();
    if (opened)
      log_queue_open();
    fill_pipe();
    uint64_t begun_ms = monotonic_ms();
    for (int i = 0; i < LINES_FOR_LONG; i++)
      log_error("line %d", i);
    assert_true(monotonic_ms() - begun_ms < NEVER_WAITED_MS);
    assert_true(wakes > 0);
    give_stderr_back();
  }
}

/* A slow reader makes room now and then: nor is that waited for. */
static void a_reader_that_is_slow_holds_no_line_up(void **state)
{
  (void)state;
  pipe_is_stderr();
  start();
  fill_pipe();
  uint64_t begun_ms = monotonic_ms();
  for (int i = 0; i < LINES_FOR_LONG; i++) {
    bool wrote;
    log_error("line %d", i);
    assert_true(read(reader, page, sizeof page) > 0);
    log_queue_write(&wrote);
    assert_true(wrote);
    fill_pipe();
  }
  assert_true(monotonic_ms() - begun_ms < NEVER_WAITED_MS);
  give_stderr_back();
}

static void lines_that_wait_come_in_order(void **state)
{
  struct buffer b = {0};
  bool wrote;
  (void)state;
  pipe_is_stderr();
  start();
  size_t filled = fill_pipe();
  for (int i = 0; i < 1000; i++)
    log_error("line %d", i);
  assert_true(log_queue_write(&wrote));
  assert_false(wrote);
  drain_into(&b);
  buffer_append(&b, "", 1);
  const char *at = (const char *)buffer_data(&b) + filled;
  for (int i = 0; i < 1000; i++) {
    char line[32];
    int n = sprintf(line, "anet: line %d\n", i);
    assert_memory_equal(at, line, n);
    at += n;
  }
  assert_string_equal(at, "");
  buffer_release(&b);
  log_error("at once again");
  assert_read("anet: at once again\n");
  give_stderr_back();
}

/* The lines are those of `log_error("%0*d")`: returns the number of the last that came, and how
 * many are said to be lost. */
static void count_read(struct buffer *b, size_t skip, unsigned *came, uint64_t *lost, bool json)
{
  buffer_append(b, "", 1);
  char *at = (char *)b->memory + b->head + skip, *end;
  *came = 0;
  *lost = 0;
  for (; *at; at = end + 1) {
    end = strchr(at, '\n');
    assert_non_null(end);
    *end = '\0';
    const char *lines = strstr(at, "\"event\":\"lost\",\"lines\":");
    if (json && lines) {
      assert_memory_equal(at, "{\"time\":", 8);
      assert_int_equal(sscanf(lines, "\"event\":\"lost\",\"lines\":%" SCNu64, lost), 1);
      assert_string_equal(end - 1, "}");
    } else if (strstr(at, "lost")) {
      assert_false(json);
      assert_int_equal(sscanf(at, "anet: %" SCNu64 " log lines were lost", lost), 1);
    } else {
      ++*came;
    }
  }
}

static void lines_without_room_are_dropped_and_counted(void **state)
{
  enum { LINES = 500, LENGTH_OF_EACH = 1000 };
  (void)state;
  for (int json = 0; json < 2; json++) {
    struct buffer b = {0};
    unsigned came;
    uint64_t lost;
    pipe_is_stderr();
    log_setup(NULL, LOG_INFO, json);
    start();
    size_t filled = fill_pipe();
    for (int i = 0; i < LINES; i++)
      log_error("%0*d", LENGTH_OF_EACH, i);
    drain_into(&b);
    count_read(&b, filled, &came, &lost, json);
    assert_int_equal(came + lost, LINES);
    assert_in_range(lost, 1, LINES - LOG_QUEUE_LIMIT / 1500);
    buffer_release(&b);
    log_error("goes on");
    read_all(&b);
    count_read(&b, 0, &came, &lost, json);
    assert_int_equal(came, 1);
    assert_int_equal(lost, 0); /* it is said once */
    buffer_release(&b);
    give_stderr_back();
  }
}

/* Else every second line would say that one was lost. */
static void lines_are_taken_again_when_half_of_the_queue_has_gone(void **state)
{
  struct buffer b = {0};
  bool wrote;
  unsigned came;
  uint64_t lost;
  (void)state;
  pipe_is_stderr();
  start();
  size_t filled = fill_pipe();
  for (int i = 0; i < 600; i++)
    log_error("%01000d", i);
  while (b.length < filled) { /* a quarter of the queue goes out for it */
    assert_true(read(reader, page, sizeof page) > 0);
    buffer_append(&b, page, sizeof page);
    log_queue_write(&wrote);
    log_error("dropped");
  }
  buffer_release(&b);
  drain_into(&b);
  count_read(&b, 0, &came, &lost, false);
  char *at = strstr((char *)b.memory + b.head, "dropped");
  assert_null(at);
  assert_true(lost > 300);
  buffer_release(&b);
  give_stderr_back();
}

/* With a pipe that has room for a part of it. */
static void a_long_line_is_not_mixed_with_the_next(void **state)
{
  struct buffer b = {0};
  enum { LONG = 100000 };
  (void)state;
  for (int opened = 0; opened < 2; opened++) {
    pipe_is_stderr();
    start();
    if (opened)
      log_queue_open();
    log_error("%0*d", LONG, 7);
    log_error("next");
    drain_into(&b);
    assert_int_equal(b.length, 6 + LONG + 1 + 11);
    assert_memory_equal(buffer_data(&b) + 6 + LONG - 1, "7\nanet: next\n", 13);
    buffer_release(&b);
    give_stderr_back();
  }
}

static void a_line_longer_than_the_queue_is_lost_when_it_would_have_to_wait(void **state)
{
  struct buffer b = {0};
  unsigned came;
  uint64_t lost;
  (void)state;
  pipe_is_stderr();
  start();
  size_t filled = fill_pipe();
  log_error("short");
  log_error("%0*d", LOG_QUEUE_LIMIT, 7);
  log_error("short");
  drain_into(&b);
  count_read(&b, filled, &came, &lost, false);
  assert_int_equal(came, 2);
  assert_int_equal(lost, 1);
  buffer_release(&b);
  give_stderr_back();
}

static void only_one_loop_drains(void **state)
{
  (void)state;
  start();
  assert_false(log_queue_start(count_wake, NULL));
  log_queue_stop();
  start();
  log_queue_stop();
}

/* Other kinds of stderr. */

static void a_socket_that_is_full_holds_no_line_up_and_stays_blocking(void **state)
{
  int fds[2];
  struct buffer b = {0};
  (void)state;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  fcntl(fds[0], F_SETFL, O_NONBLOCK);
  reader = fds[0];
  replace_stderr(fds[1]);
  start();
  log_queue_open();
  assert_int_equal(log_queue_fd(), STDERR_FILENO);
  uint64_t begun_ms = monotonic_ms();
  for (int i = 0; i < 400; i++)
    log_error("%01000d", i);
  assert_true(monotonic_ms() - begun_ms < NEVER_WAITED_MS);
  assert_true(wakes > 0);
  assert_false(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK);
  drain_into(&b);
  assert_true(b.length > 400 * 500);
  buffer_release(&b);
  give_stderr_back();
}

static void a_terminal_that_is_stopped_holds_no_line_up_and_stays_blocking(void **state)
{
  int master, terminal;
  struct buffer b = {0};
  struct termios raw;
  (void)state;
  assert_int_equal(openpty(&master, &terminal, NULL, NULL, NULL), 0);
  tcgetattr(terminal, &raw);
  cfmakeraw(&raw);
  tcsetattr(terminal, TCSANOW, &raw);
  fcntl(master, F_SETFL, O_NONBLOCK);
  reader = master;
  replace_stderr(terminal);
  start();
  log_queue_open();
  assert_int_not_equal(log_queue_fd(), STDERR_FILENO);
  uint64_t begun_ms = monotonic_ms();
  for (int i = 0; i < 400; i++)
    log_error("%01000d", i);
  assert_true(monotonic_ms() - begun_ms < NEVER_WAITED_MS);
  assert_false(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK);
  bool wrote;
  while (log_queue_write(&wrote))
    read_all(&b);
  read_all(&b);
  assert_memory_equal(buffer_data(&b), "anet: 0000", 10);
  assert_int_equal(b.memory[b.head + b.length - 1], '\n');
  buffer_release(&b);
  give_stderr_back();
}

static void the_flags_of_a_pipe_stay_as_they_are(void **state)
{
  (void)state;
  pipe_is_stderr();
  int before = fcntl(STDERR_FILENO, F_GETFL);
  start();
  log_queue_open();
  fill_pipe();
  log_error("waits");
  assert_int_equal(fcntl(STDERR_FILENO, F_GETFL), before);
  give_stderr_back();
}

static void a_file_is_appended_to_where_others_write(void **state)
{
  char text[32] = "";
  int file = temporary_file();
  (void)state;
  replace_stderr(fcntl(file, F_DUPFD_CLOEXEC, 3));
  start();
  log_queue_open();
  put(file, "theirs\n");
  log_error("ours");
  put(file, "theirs\n");
  assert_int_equal(pread(file, text, sizeof text, 0), 25);
  assert_string_equal(text, "theirs\nanet: ours\ntheirs\n");
  assert_int_equal(wakes, 0);
  close(file);
  give_stderr_back();
}

/* Its disk is full, in the middle of a line, and then it is not. */
static void lines_that_a_file_did_not_take_are_counted(void **state)
{
  struct rlimit before, little;
  char text[256] = "";
  bool wrote;
  int file = temporary_file();
  (void)state;
  signal(SIGXFSZ, SIG_IGN);
  replace_stderr(fcntl(file, F_DUPFD_CLOEXEC, 3));
  start();
  log_queue_open();
  getrlimit(RLIMIT_FSIZE, &before);
  little = before;
  little.rlim_cur = 15;
  setrlimit(RLIMIT_FSIZE, &little);
  log_error("whole");
  log_error("torn");
  assert_int_equal(wakes, 1);
  assert_false(log_queue_write(&wrote));
  log_error("lost");
  log_error("lost");
  setrlimit(RLIMIT_FSIZE, &before);
  log_error("goes on");
  log_error("goes on");
  assert_true(pread(file, text, sizeof text, 0) > 0);
  assert_string_equal(
      text, "anet: whole\nane\nanet: 3 log lines were lost\nanet: goes on\nanet: goes on\n");
  close(file);
  give_stderr_back();
}

static void a_stderr_that_takes_nothing_costs_nothing_but_the_lines(void **state)
{
  static const char *const paths[] = {"/dev/full", "/dev/null"};
  (void)state;
  for (size_t i = 0; i <= LENGTH(paths); i++) {
    if (i < LENGTH(paths)) {
      replace_stderr(open(paths[i], O_WRONLY | O_CLOEXEC));
    } else {
      pipe_is_stderr();
      close(reader); /* nobody reads */
      reader = -1;
    }
    start();
    log_queue_open();
    uint64_t begun_ms = monotonic_ms();
    for (int k = 0; k < 100; k++)
      log_error("nobody reads this");
    bool wrote;
    assert_false(log_queue_write(&wrote));
    give_stderr_back();
    assert_true(monotonic_ms() - begun_ms < NEVER_WAITED_MS);
  }
}

static void a_reader_that_goes_while_lines_wait_ends_the_wait(void **state)
{
  bool wrote;
  (void)state;
  pipe_is_stderr();
  start();
  log_queue_open();
  fill_pipe();
  log_error("waits");
  close(reader);
  reader = -1;
  assert_false(log_queue_write(&wrote));
  assert_false(log_queue_write(&wrote));
  give_stderr_back();
}

static void a_closed_stderr_is_no_fault(void **state)
{
  (void)state;
  saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  close(STDERR_FILENO);
  log_setup(NULL, LOG_INFO, false);
  log_error("direct");
  start();
  log_queue_open();
  log_error("drained");
  give_stderr_back();
}

/* Without a loop. */

static void without_a_loop_all_lines_share_a_second(void **state)
{
  (void)state;
  pipe_is_stderr();
  fill_pipe();
  uint64_t begun_ms = monotonic_ms();
  for (int i = 0; i < 8; i++)
    log_error("line %d", i);
  uint64_t spent_ms = monotonic_ms() - begun_ms;
  assert_in_range(spent_ms, LOG_LONGEST_WAIT_MS - 20, 3 * LOG_LONGEST_WAIT_MS);
  give_stderr_back();
}

static void *read_later(void *data)
{
  struct buffer *b = data;
  struct timespec moment = {.tv_nsec = 50000000};
  nanosleep(&moment, NULL);
  fcntl(reader, F_SETFL, 0);
  while (b->length < 65536 + 22 + 10) {
    ssize_t n = read(reader, page, sizeof page);
    if (n <= 0)
      break;
    buffer_append(b, page, (size_t)n);
  }
  return NULL;
}

static void without_a_loop_a_reader_that_is_slow_gets_the_line(void **state)
{
  struct buffer b = {0};
  pthread_t thread;
  (void)state;
  pipe_is_stderr();
  size_t filled = fill_pipe();
  assert_int_equal(filled, 65536);
  pthread_create(&thread, NULL, read_later, &b);
  log_error("the late reader");
  log_error("and");
  pthread_join(thread, NULL);
  assert_int_equal(b.length, filled + 22 + 10);
  assert_memory_equal(buffer_data(&b) + filled, "anet: the late reader\nanet: and\n", 32);
  buffer_release(&b);
  give_stderr_back();
}

static void nothing(int number)
{
  (void)number;
}

static void *interrupt(void *data)
{
  pthread_t *thread = data;
  struct timespec moment = {.tv_nsec = 20000000};
  for (int i = 0; i < 150; i++) {
    pthread_kill(*thread, SIGUSR1);
    nanosleep(&moment, NULL);
  }
  return NULL;
}

/* poll(2) is interrupted even by a signal whose handler restarts. The lines without a loop, and the
 * end of one. */
static void signals_neither_break_nor_prolong_the_wait(void **state)
{
  struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
  pthread_t self = pthread_self(), thread;
  (void)state;
  sigaction(SIGUSR1, &action, NULL);
  pipe_is_stderr();
  fill_pipe();
  pthread_create(&thread, NULL, interrupt, &self);
  uint64_t begun_ms = monotonic_ms();
  log_error("interrupted");
  assert_in_range(monotonic_ms() - begun_ms, LOG_LONGEST_WAIT_MS - 20, 2 * LOG_LONGEST_WAIT_MS);
  start();
  log_queue_open();
  begun_ms = monotonic_ms();
  log_error("queued");
  log_queue_stop();
  assert_in_range(monotonic_ms() - begun_ms, LOG_LONGEST_WAIT_MS - 20, 2 * LOG_LONGEST_WAIT_MS);
  pthread_join(thread, NULL);
  give_stderr_back();
}

/* Several threads. */

enum { THREADS = 4, LINES_EACH = 60 };

static void *write_many(void *data)
{
  int me = *(int *)data;
  for (int i = 0; i < LINES_EACH; i++)
    log_error("%c%0*d", 'a' + me, 1 + i * 97 % 6000, me);
  return NULL;
}

static void *read_slowly(void *data)
{
  struct buffer *b = data;
  ssize_t n;
  while ((n = read(reader, page, sizeof page)) > 0)
    buffer_append(b, page, (size_t)n);
  return NULL;
}

static void lines_of_several_threads_stay_whole(void **state)
{
  pthread_t threads[THREADS], reading;
  int numbers[THREADS];
  struct buffer b = {0};
  bool wrote;
  (void)state;
  pipe_is_stderr();
  fcntl(reader, F_SETFL, 0);
  start();
  log_queue_open();
  pthread_create(&reading, NULL, read_slowly, &b);
  for (int i = 0; i < THREADS; i++) {
    numbers[i] = i;
    pthread_create(&threads[i], NULL, write_many, &numbers[i]);
  }
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  log_queue_write(&wrote);
  log_queue_stop(); /* waits for the reader */
  dup2(saved, STDERR_FILENO);
  pthread_join(reading, NULL);

  unsigned came = 0;
  uint64_t lost = 0;
  buffer_append(&b, "", 1);
  for (const char *at = (const char *)buffer_data(&b), *end; *at; at = end + 1) {
    uint64_t n;
    end = strchr(at, '\n');
    assert_non_null(end);
    if (sscanf(at, "anet: %" SCNu64 " log", &n) == 1) {
      lost += n;
      continue;
    }
    came++;
    assert_memory_equal(at, "anet: ", 6);
    int me = at[6] - 'a';
    assert_in_range(me, 0, THREADS - 1);
    assert_int_equal(end[-1], '0' + me);
    assert_int_equal(strspn(at + 7, "0"), end - at - 8 + (me == 0));
  }
  assert_int_equal(came + lost, THREADS * LINES_EACH);
  buffer_release(&b);
  give_stderr_back();
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      LOG_TEST(a_line_is_written_at_once_when_there_is_room),
      LOG_TEST(a_reader_that_stalls_holds_no_line_up),
      LOG_TEST(a_reader_that_is_slow_holds_no_line_up),
      LOG_TEST(lines_that_wait_come_in_order),
      LOG_TEST(lines_without_room_are_dropped_and_counted),
      LOG_TEST(lines_are_taken_again_when_half_of_the_queue_has_gone),
      LOG_TEST(a_long_line_is_not_mixed_with_the_next),
      LOG_TEST(a_line_longer_than_the_queue_is_lost_when_it_would_have_to_wait),
      LOG_TEST(only_one_loop_drains),
      LOG_TEST(a_socket_that_is_full_holds_no_line_up_and_stays_blocking),
      LOG_TEST(a_terminal_that_is_stopped_holds_no_line_up_and_stays_blocking),
      LOG_TEST(the_flags_of_a_pipe_stay_as_they_are),
      LOG_TEST(a_file_is_appended_to_where_others_write),
      LOG_TEST(lines_that_a_file_did_not_take_are_counted),
      LOG_TEST(a_stderr_that_takes_nothing_costs_nothing_but_the_lines),
      LOG_TEST(a_reader_that_goes_while_lines_wait_ends_the_wait),
      LOG_TEST(a_closed_stderr_is_no_fault),
      LOG_TEST(without_a_loop_all_lines_share_a_second),
      LOG_TEST(without_a_loop_a_reader_that_is_slow_gets_the_line),
      LOG_TEST(signals_neither_break_nor_prolong_the_wait),
      LOG_TEST(lines_of_several_threads_stay_whole),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
