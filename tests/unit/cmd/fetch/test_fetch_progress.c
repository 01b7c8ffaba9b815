/* Lines of transfers on a terminal: what stands on its screen after each redraw. */
#include "tests/unit/lib/harness.h"
#include "tests/unit/lib/screen.h"

#include "cmd/fetch/progress.h"
#include "core/base/width.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- the test's terminal, clock and foreground --- */

static struct {
  struct reactor *reactor;
  struct progress progress;
  struct screen screen;
  int master, saved; /* stderr as it was */
  uint64_t now_ms;
  unsigned writes; /* to the terminal, by whatever descriptor */
  bool in_background;
  bool is_stopped;
} t;

/* Stands for libuv's: the linker is told so in CMakeLists.txt. */

uint64_t __wrap_uv_now(const uv_loop_t *loop);

uint64_t __wrap_uv_now(const uv_loop_t *loop)
{
  (void)loop;
  return t.now_ms;
}

/* These stand before those of the C library. */

pid_t tcgetpgrp(int fd)
{
  return isatty(fd) ? getpgrp() + t.in_background : -1;
}

ssize_t write(int fd, const void *data, size_t n)
{
  t.writes += isatty(fd);
  return syscall(SYS_write, fd, data, n);
}

int raise(int number)
{
  t.is_stopped = number == SIGTSTP;
  return 0;
}

static void set_size(size_t rows, size_t columns)
{
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  assert_int_equal(ioctl(t.master, TIOCSWINSZ, &size), 0);
}

static void use_terminal(size_t rows, size_t columns)
{
  set_size(rows, columns);
  screen_init(&t.screen, rows, columns);
}

static int setup(void **state)
{
  int slave;
  if (reactor_setup(state) || openpty(&t.master, &slave, NULL, NULL, NULL))
    return -1;
  t.reactor = *state;
  t.saved = dup(STDERR_FILENO);
  dup2(slave, STDERR_FILENO);
  close(slave);
  t.now_ms = 1000000;
  t.in_background = t.is_stopped = false;
  use_terminal(24, 80);
  progress_init(&t.progress, t.reactor);
  return 0;
}

static int teardown(void **state)
{
  progress_release(&t.progress);
  dup2(t.saved, STDERR_FILENO);
  close(t.saved);
  close(t.master);
  return reactor_teardown(state);
}

#define SCREEN_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* Reads what has been written so far: up to a mark that is written behind it. */
static void read_screen(void)
{
  static const char mark = '\a';
  char data[4096];
  syscall(SYS_write, STDERR_FILENO, &mark, 1);
  for (;;) {
    ssize_t n = read(t.master, data, sizeof data);
    assert_true(n > 0);
    bool ended = data[n - 1] == mark;
    screen_take(&t.screen, data, (size_t)n - ended);
    if (ended)
      return;
  }
}

static void redraw(void)
{
  t.progress.redraw.fire(&t.progress.redraw);
}

/* So much later, with the redraws that are due by then. */
static void later(uint64_t ms)
{
  for (; ms >= PROGRESS_REDRAW_MS; ms -= PROGRESS_REDRAW_MS) {
    t.now_ms += PROGRESS_REDRAW_MS;
    redraw();
    read_screen();
  }
  t.now_ms += ms;
}

static void assert_screen(const char *want)
{
  read_screen();
  const char *text = screen_text(&t.screen);
  if (strcmp(text, want) != 0)
    fail_msg("on the screen:\n%snot:\n%s", text, want);
  assert_false(t.screen.wrapped);
}

static void begin(struct progress_line *line, const char *name)
{
  progress_begin(&t.progress, line, name, 0);
}

enum { K = 1024, M = 1024 * 1024 };

/* --- one line --- */

static void nothing_is_drawn_in_the_first_half_second(void **state)
{
  static struct progress_line line;
  (void)state;
  begin(&line, "report.pdf");
  progress_set(&line, 5 * M, 10 * M);
  later(400);
  assert_screen("");
  progress_end(&line, true);
  later(1000);
  assert_screen("");
}

static void a_line_shows_how_far_it_is(void **state)
{
  static struct progress_line line;
  (void)state;
  begin(&line, "report.pdf");
  progress_set(&line, 1 * M, 10 * M);
  later(500);
  assert_screen(
      "report.pdf  10% [==>                 ]  1.0 MiB of 10.0 MiB  2.0 MiB/s  5s left\n");
  progress_set(&line, 42 * M / 10, 10 * M);
  later(500);
  assert_screen(
      "report.pdf  41% [========>           ]  4.1 MiB of 10.0 MiB  4.1 MiB/s  2s left\n");
  progress_set(&line, 10 * M, 10 * M);
  later(500);
  assert_screen(
      "report.pdf 100% [===================]  10.0 MiB of 10.0 MiB  6.6 MiB/s  0s left\n");
  assert_int_equal(screen_row_length(&t.screen, 0), 79);
  progress_end(&line, true);
  assert_screen("report.pdf  10.0 MiB  6.6 MiB/s  1s\n");
  assert_int_equal(t.screen.row, 1);
  assert_int_equal(t.screen.column, 0);
}

static void what_waits_is_shown(void **state)
{
  static struct progress_line one, two;
  (void)state;
  use_terminal(24, 60);
  progress_queue(&t.progress, 3);
  progress_wait(&t.progress, &one, "one");
  progress_wait(&t.progress, &two, "another");
  later(600);
  assert_screen("one                                                 waiting\n"
                "another                                             waiting\n"
                "... and 3 waiting\n");
  begin(&two, "another");
  progress_set(&two, 50 * K, 100 * K);
  progress_queue(&t.progress, 0);
  later(500);
  assert_non_null(strstr(screen_text(&t.screen), "waiting\nanother  50%"));
  progress_end(&one, true); /* nothing came, and nothing stays */
  progress_set(&two, 100 * K, 100 * K);
  progress_end(&two, true);
  assert_screen("another  100 KiB  200 KiB/s  0s\n");
}

static void those_without_room_and_those_that_wait_are_counted(void **state)
{
  static struct progress_line lines[4];
  static const char *const names[] = {"a", "b", "c", "d"};
  (void)state;
  use_terminal(4, 40);
  progress_queue(&t.progress, 2);
  for (size_t i = 0; i < 3; i++)
    progress_wait(&t.progress, &lines[i], names[i]);
  later(600);
  assert_screen("a                               waiting\n"
                "b                               waiting\n"
                "c                               waiting\n"
                "... and 2 waiting\n");
  progress_wait(&t.progress, &lines[3], names[3]);
  later(100);
  assert_screen("a                               waiting\n"
                "b                               waiting\n"
                "c                               waiting\n"
                "... and 1 more, 2 waiting\n");
  for (size_t i = 0; i < 4; i++)
    progress_end(&lines[i], false);
  assert_screen("");
}

static void a_line_that_fails_goes(void **state)
{
  static struct progress_line line;
  (void)state;
  screen_take(&t.screen, "$ anet\r\n", 8);
  begin(&line, "report.pdf");
  later(600);
  progress_end(&line, false);
  assert_screen("$ anet\n");
  assert_int_equal(t.screen.row, 1);
  assert_int_equal(t.screen.column, 0);
  progress_end(&line, false); /* once more does nothing */
  progress_end(&(struct progress_line){0}, true);
  assert_screen("$ anet\n");
}

static void a_line_of_unknown_length_has_a_mark_that_moves(void **state)
{
  static struct progress_line line;
  (void)state;
  use_terminal(24, 60);
  begin(&line, "live");
  progress_set(&line, 3 * K, UINT64_MAX);
  later(600);
  assert_screen("live [   <=>                      ]  3.0 KiB  6.0 KiB/s  0s\n");
  later(600);
  assert_screen("live [      <=>                   ]  3.0 KiB  3.0 KiB/s  1s\n");
  progress_end(&line, true);
  assert_screen("live  3.0 KiB  2.5 KiB/s  1s\n");
}

static void a_stall_shows(void **state)
{
  static struct progress_line line;
  (void)state;
  begin(&line, "a");
  progress_set(&line, 30 * M, 100 * M);
  later(1000);
  assert_non_null(strstr(screen_text(&t.screen), "]  30.0 MiB of 100 MiB  30.0 MiB/s  3s left\n"));
  later(2000);
  assert_non_null(strstr(screen_text(&t.screen), "]  30.0 MiB of 100 MiB  10.0 MiB/s  7s left\n"));
  later(1000);
  assert_non_null(strstr(screen_text(&t.screen), "]  30.0 MiB of 100 MiB  0 B/s\n"));
  progress_set(&line, 33 * M, 100 * M);
  later(500);
  assert_non_null(
      strstr(screen_text(&t.screen), "]  33.0 MiB of 100 MiB  1.0 MiB/s  1m07s left\n"));
}

static void what_was_there_before_does_not_count_for_the_rate(void **state)
{
  static struct progress_line line;
  (void)state;
  progress_begin(&t.progress, &line, "a", 50 * M);
  progress_set(&line, 51 * M, 100 * M);
  later(1000);
  assert_non_null(strstr(screen_text(&t.screen), " 51% ["));
  assert_non_null(strstr(screen_text(&t.screen), "]  51.0 MiB of 100 MiB  1.0 MiB/s  49s left\n"));
  progress_end(&line, true);
  assert_screen("a  51.0 MiB  1.0 MiB/s  1s\n");
}

static void times_and_sizes_of_every_length(void **state)
{
  static const struct {
    uint64_t done, total;
    const char *want;
  } rows[] = {
      {0, 0, "100% [="},
      {0, 0, "]  0 B of 0 B  0 B/s\n"},
      {1023, 1024, " 99%"},
      {1023, 1024, "]  1023 B of 1.0 KiB  1023 B/s  1s left\n"},
      {1024 * K - 1, 1024 * K, "]  1023 KiB of 1.0 MiB"},
      {1 * K, 100 * K, "1m39s left\n"},
      {1 * K, 7201 * K, "2h00m left\n"},
      {1 * K, 86400 * 3 * (uint64_t)K, "2d left\n"},
      {UINT64_MAX - 2, UINT64_MAX - 1, " 99%"},
      {UINT64_MAX - 2, UINT64_MAX - 1, "]  15.9 EiB of 15.9 EiB  15.9 EiB/s  1s left\n"},
      {200, 100, "100% [="}, /* more than was announced */
      {200, 100, "]  200 B of 100 B  200 B/s\n"},
      {1, UINT64_MAX - 1, "]  1 B of 15.9 EiB  1 B/s  213503982334601d left\n"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    static struct progress_line line;
    begin(&line, "a");
    progress_set(&line, rows[i].done, rows[i].total);
    later(1000);
    if (!strstr(screen_text(&t.screen), rows[i].want))
      fail_msg("%s not in %s", rows[i].want, screen_text(&t.screen));
    progress_end(&line, false);
  }
}

static void a_transfer_that_begins_again_keeps_its_place(void **state)
{
  static struct progress_line a, b;
  (void)state;
  use_terminal(24, 20);
  begin(&a, "a");
  begin(&b, "b");
  progress_set(&a, 50, 100);
  progress_set(&b, 20, 100);
  later(500);
  begin(&a, "a");
  later(100);
  progress_set(&a, 10, 100);
  later(100);
  assert_screen("a  10%\nb  20%  2s left\n");
}

/* --- several lines --- */

static void finished_lines_stay_above_those_that_go_on(void **state)
{
  static struct progress_line a, b, c;
  (void)state;
  begin(&a, "a.iso");
  begin(&b, "bigger.iso");
  begin(&c, "c");
  progress_set(&a, 10 * M, 10 * M);
  progress_set(&b, 512 * M, 1024 * M);
  progress_set(&c, 100, 200);
  later(1000);
  assert_screen("a.iso      100% [==================]  10.0 MiB of 10.0 MiB  10.0 MiB/s  0s left\n"
                "bigger.iso  50% [=========>        ]  512 MiB of 1.0 GiB  512 MiB/s  1s left\n"
                "c           50% [=========>        ]  100 B of 200 B  100 B/s  1s left\n");
  assert_int_equal(t.screen.row, 0);
  progress_end(&b, true);
  assert_screen("bigger.iso  512 MiB  512 MiB/s  1s\n"
                "a.iso 100% [=======================]  10.0 MiB of 10.0 MiB  10.0 MiB/s  0s left\n"
                "c      50% [===========>           ]  100 B of 200 B  100 B/s  1s left\n");
  progress_end(&c, false);
  progress_end(&a, true);
  assert_screen("bigger.iso  512 MiB  512 MiB/s  1s\n"
                "a.iso  10.0 MiB  10.0 MiB/s  1s\n");
  assert_int_equal(t.screen.row, 2);
}

static void a_known_and_an_unknown_length_stand_in_columns(void **state)
{
  static struct progress_line a, b;
  (void)state;
  use_terminal(24, 70);
  begin(&a, "a");
  begin(&b, "live");
  progress_set(&a, 5 * K, 10 * K);
  progress_set(&b, 3 * K, UINT64_MAX);
  later(1000);
  assert_screen("a     50% [========>       ]  5.0 KiB of 10.0 KiB  5.0 KiB/s  1s left\n"
                "live      [     <=>        ]  3.0 KiB  3.0 KiB/s  1s\n");
}

static void a_screen_that_scrolls_keeps_what_is_above(void **state)
{
  static struct progress_line a, b, c;
  (void)state;
  use_terminal(4, 20);
  screen_take(&t.screen, "1\r\n2\r\n3\r\n", 9);
  begin(&a, "a");
  begin(&b, "b");
  begin(&c, "c");
  progress_set(&a, 1, 10);
  progress_set(&b, 2, 10);
  progress_set(&c, 3, 10);
  later(1000);
  assert_screen("1\n2\n3\na  10%  9s left\nb  20%  4s left\nc  30%  3s left\n");
  progress_end(&a, true);
  progress_end(&b, true);
  later(500);
  progress_end(&c, true);
  assert_screen("1\n"
                "2\n"
                "3\n"
                "a  1 B  1 B/s  1s\n"
                "b  2 B  2 B/s  1s\n"
                "c  3 B  2 B/s  1s\n");
}

static void there_are_never_more_rows_than_the_terminal_has(void **state)
{
  static struct progress_line lines[15];
  (void)state;
  use_terminal(4, 20);
  screen_take(&t.screen, "$ anet\r\n", 8);
  for (size_t i = 0; i < LENGTH(lines); i++) {
    char name[8];
    snprintf(name, sizeof name, "%zu", i);
    begin(&lines[i], name);
    progress_set(&lines[i], 5, 10);
  }
  later(3000);
  assert_screen("$ anet\n0  50%  5s left\n1  50%  5s left\n2  50%  5s left\n... and 12 more\n");
  for (size_t i = 0; i < 11; i++)
    progress_end(&lines[i], false);
  later(100);
  assert_screen("$ anet\n11  50%  5s left\n12  50%  5s left\n13  50%  5s left\n14  50%  5s left\n");
  use_terminal(1, 20);
  later(100);
  assert_screen("... and 4 more\n");
}

/* --- narrow and wide --- */

static void a_narrow_terminal_gets_what_tells_most(void **state)
{
  static const struct {
    size_t columns;
    const char *want;
  } rows[] = {
      {66, "report.pdf  42%  4.2 KiB of 10.0 KiB  4.2 KiB/s  2s left\n"},
      {60, "report.pdf  42%  4.2 KiB of 10.0 KiB  4.2 KiB/s  2s left\n"},
      {40, "report.pdf  42%  4.2 KiB/s  2s left\n"},
      {30, "report.pdf  42%  2s left\n"},
      {20, "report.pdf  42%\n"},
      {15, "report...  42%\n"},
      {10, "repo  42%\n"},
      {7, "r  42%\n"},
      {6, "repor\n"},
      {2, "r\n"},
  };
  static struct progress_line line;
  (void)state;
  begin(&line, "report.pdf");
  progress_set(&line, 4301, 10 * K);
  later(1000);
  for (size_t i = 0; i < LENGTH(rows); i++) {
    use_terminal(24, rows[i].columns);
    redraw();
    assert_screen(rows[i].want);
  }
}

static void no_row_is_ever_longer_than_the_terminal(void **state)
{
  static struct progress_line lines[3];
  (void)state;
  begin(&lines[0], "a name that is longer than most, and of no use to anybody.tar.gz");
  begin(&lines[1], "\xe5\xa0\xb1\xe5\x91\x8a\xe6\x9b\xb8\xe5\xa0\xb1\xe5\x91\x8a\xe6\x9b\xb8.pdf");
  begin(&lines[2], "live");
  progress_set(&lines[0], 700 * M, 1023 * M);
  progress_set(&lines[1], 1023 * K, 1023 * M);
  progress_set(&lines[2], 1023 * K, UINT64_MAX);
  later(1000);
  for (size_t columns = 1; columns < 250; columns++) {
    use_terminal(24, columns);
    redraw();
    read_screen();
    size_t longest = 0;
    for (size_t row = 0; row < 3; row++)
      longest =
          screen_row_length(&t.screen, row) > longest ? screen_row_length(&t.screen, row) : longest;
    assert_false(t.screen.wrapped);
    assert_in_range(longest, 0, columns - 1);
    if (columns >= 60)
      assert_int_equal(longest, columns - 1);
  }
  for (size_t columns = 2; columns < 250; columns++) {
    static struct progress_line line;
    use_terminal(24, columns);
    begin(&line, "a name that is longer than most, and of no use to anybody.tar.gz");
    progress_set(&line, 700 * M, 1023 * M);
    progress_end(&line, true);
    read_screen();
    assert_false(t.screen.wrapped);
    assert_in_range(screen_row_length(&t.screen, 0), 1, columns - 1);
  }
}

static void wide_names_are_cut_by_their_columns(void **state)
{
  static const char name[] = "\xe5\xa0\xb1\xe5\x91\x8a\xe6\x9b\xb8.pdf"; /* 3 wide, 4 narrow */
  static struct progress_line line, other;
  (void)state;
  assert_int_equal(width_of(span_of(name)), 10);
  assert_int_equal(width_of(span_of("e\xcc\x81t\xc3\xa9")), 3);
  use_terminal(24, 20);
  begin(&line, name);
  begin(&other, "e\xcc\x81t\xc3\xa9");
  progress_set(&line, 1, 2);
  progress_set(&other, 1, 2);
  later(500);
  assert_screen("\xe5\xa0\xb1\xe5\x91\x8a\xe6\x9b\xb8.pdf  50%\net\xc3\xa9         50%\n");
  use_terminal(24, 14); /* eight columns for the names: half of a character does not fit */
  redraw();
  assert_screen("\xe5\xa0\xb1\xe5\x91\x8a...   50%\net\xc3\xa9       50%\n");
}

static void names_cannot_drive_the_terminal(void **state)
{
  static struct progress_line line;
  (void)state;
  use_terminal(24, 30);
  begin(&line, "a\x1b[2J\n\xff");
  progress_set(&line, 1, 2);
  later(500);
  assert_screen("a\\x1b[2J\\n\\xff  50%  1s left\n");
}

/* --- what happens to a terminal --- */

static void a_resize_tears_nothing_for_longer_than_a_redraw(void **state)
{
  static struct progress_line a, b;
  (void)state;
  begin(&a, "a");
  begin(&b, "b");
  progress_set(&a, 1 * K, 10 * K);
  progress_set(&b, 2 * K, 10 * K);
  for (int wraps = 0; wraps < 2; wraps++) {
    use_terminal(24, 80);
    screen_take(&t.screen, "$ anet\r\n", 8);
    later(1000);
    read_screen();
    assert_in_range(screen_row_length(&t.screen, 1), 41, 79); /* three rows of the new width */
    set_size(24, 20);
    screen_narrow(&t.screen, 20, wraps);
    progress_set(&a, 10 * K, 10 * K);
    progress_set(&b, 10 * K, 10 * K);
    later(100);
    progress_set(&a, 1 * K, 10 * K);
    progress_set(&b, 2 * K, 10 * K);
    assert_screen("$ anet\na 100%  0s left\nb 100%  0s left\n");
    set_size(24, 60);
    screen_narrow(&t.screen, 60, wraps);
    later(100);
    read_screen();
    assert_int_equal(screen_row_length(&t.screen, 0), 6);
    assert_in_range(screen_row_length(&t.screen, 1), 41, 59);
    assert_in_range(screen_row_length(&t.screen, 2), 41, 59);
    assert_int_equal(screen_row_length(&t.screen, 3), 0);
  }
}

static void in_the_background_nothing_is_written(void **state)
{
  static struct progress_line line;
  (void)state;
  use_terminal(24, 20);
  begin(&line, "a");
  progress_set(&line, 1 * K, 2 * K);
  t.in_background = true;
  t.writes = 0;
  later(2000);
  progress_hide(&t.progress);
  assert_int_equal(t.writes, 0);
  t.in_background = false;
  later(100);
  assert_screen("a  50%  2s left\n");
  t.in_background = true;
  t.writes = 0;
  later(1000);
  progress_end(&line, true);
  progress_release(&t.progress);
  assert_int_equal(t.writes, 0);
}

static void a_stop_from_the_keyboard_leaves_the_screen_to_the_shell(void **state)
{
  static struct progress_line a, b;
  (void)state;
  use_terminal(24, 20);
  begin(&a, "a");
  begin(&b, "b");
  progress_set(&a, 1 * K, 2 * K);
  progress_set(&b, 1 * K, 2 * K);
  later(500);
  for (unsigned time = 0; time < 2; time++) {
    assert_non_null(strstr(screen_text(&t.screen), "a  50%"));
    t.is_stopped = false;
    kill(getpid(), SIGTSTP);
    reactor_hold(t.reactor);
    while (!t.is_stopped)
      pass(t.reactor);
    reactor_unhold(t.reactor);
    read_screen();
    assert_null(strstr(screen_text(&t.screen), "50%"));
    syscall(SYS_write, STDERR_FILENO, "[1]+ Stopped\n", 13);
    later(100);
  }
  assert_screen("[1]+ Stopped\n[1]+ Stopped\na  50%  1s left\nb  50%  1s left\n");
}

static void other_words_find_the_screen_free(void **state)
{
  static struct progress_line a, b;
  (void)state;
  use_terminal(24, 20);
  begin(&a, "a");
  begin(&b, "b");
  progress_set(&a, 1, 2);
  progress_set(&b, 1, 2);
  later(500);
  progress_hide(&t.progress);
  assert_screen("");
  syscall(SYS_write, STDERR_FILENO, "anet: hear\n", 11);
  later(100);
  assert_screen("anet: hear\na  50%  1s left\nb  50%  1s left\n");
  progress_release(&t.progress);
  assert_screen("anet: hear\n");
  progress_end(&a, true); /* is not shown any more */
  assert_screen("anet: hear\n");
}

static void a_redraw_is_one_write(void **state)
{
  static struct progress_line lines[5];
  (void)state;
  for (size_t i = 0; i < LENGTH(lines); i++)
    begin(&lines[i], "a");
  later(1000);
  t.writes = 0;
  redraw();
  assert_int_equal(t.writes, 1);
  progress_end(&lines[0], true);
  assert_int_equal(t.writes, 2);
}

/* The alarm ends the program if it waits. */
static void a_terminal_that_is_stuck_is_not_waited_for(void **state)
{
  static struct progress_line lines[20], early;
  (void)state;
  begin(&early, "early");
  for (size_t i = 0; i < LENGTH(lines); i++)
    begin(&lines[i], "a");
  for (size_t i = 0; i < 1000; i++) {
    t.now_ms += PROGRESS_REDRAW_MS;
    redraw();
  }
  assert_true(t.progress.out.length > 0);
  size_t waits = t.progress.out.length;
  progress_end(&early, true);
  for (size_t i = 0; i < LENGTH(lines); i++)
    progress_end(&lines[i], false);
  assert_true(t.progress.out.length > waits);
  while (t.progress.out.length > 0) {
    char data[4096];
    ssize_t n = read(t.master, data, sizeof data);
    assert_true(n > 0);
    screen_take(&t.screen, data, (size_t)n);
    redraw();
  }
  assert_screen("early  0 B  0 B/s  1m40s\n");
}

static void the_loop_redraws_by_itself(void **state)
{
  static struct progress_line line;
  (void)state;
  use_terminal(24, 20);
  begin(&line, "a");
  progress_set(&line, 1 * K, 2 * K);
  for (unsigned drawn = 0; drawn < 2; drawn++) {
    t.now_ms += 1000;
    t.writes = 0;
    reactor_hold(t.reactor);
    while (t.writes == 0)
      pass(t.reactor);
    reactor_unhold(t.reactor);
  }
  assert_screen("a  50%  2s left\n");
}

static void lines_are_wanted_on_a_terminal_in_the_foreground(void **state)
{
  (void)state;
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  assert_true(progress_is_wanted());
  setenv("NO_COLOR", "", 1);
  assert_true(progress_is_wanted());
  setenv("NO_COLOR", "1", 1);
  assert_false(progress_is_wanted());
  unsetenv("NO_COLOR");
  setenv("TERM", "dumb", 1);
  assert_false(progress_is_wanted());
  setenv("TERM", "", 1);
  assert_false(progress_is_wanted());
  unsetenv("TERM");
  assert_false(progress_is_wanted());
  setenv("TERM", "xterm", 1);
  t.in_background = true;
  assert_false(progress_is_wanted());
  t.in_background = false;
  int terminal = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
  dup2(null, STDERR_FILENO);
  bool wanted = progress_is_wanted();
  dup2(terminal, STDERR_FILENO);
  close(terminal);
  close(null);
  assert_false(wanted);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      SCREEN_TEST(nothing_is_drawn_in_the_first_half_second),
      SCREEN_TEST(a_line_shows_how_far_it_is),
      SCREEN_TEST(what_waits_is_shown),
      SCREEN_TEST(those_without_room_and_those_that_wait_are_counted),
      SCREEN_TEST(a_line_that_fails_goes),
      SCREEN_TEST(a_line_of_unknown_length_has_a_mark_that_moves),
      SCREEN_TEST(a_stall_shows),
      SCREEN_TEST(what_was_there_before_does_not_count_for_the_rate),
      SCREEN_TEST(times_and_sizes_of_every_length),
      SCREEN_TEST(a_transfer_that_begins_again_keeps_its_place),
      SCREEN_TEST(finished_lines_stay_above_those_that_go_on),
      SCREEN_TEST(a_known_and_an_unknown_length_stand_in_columns),
      SCREEN_TEST(a_screen_that_scrolls_keeps_what_is_above),
      SCREEN_TEST(there_are_never_more_rows_than_the_terminal_has),
      SCREEN_TEST(a_narrow_terminal_gets_what_tells_most),
      SCREEN_TEST(no_row_is_ever_longer_than_the_terminal),
      SCREEN_TEST(wide_names_are_cut_by_their_columns),
      SCREEN_TEST(names_cannot_drive_the_terminal),
      SCREEN_TEST(a_resize_tears_nothing_for_longer_than_a_redraw),
      SCREEN_TEST(in_the_background_nothing_is_written),
      SCREEN_TEST(a_stop_from_the_keyboard_leaves_the_screen_to_the_shell),
      SCREEN_TEST(other_words_find_the_screen_free),
      SCREEN_TEST(a_redraw_is_one_write),
      SCREEN_TEST(a_terminal_that_is_stuck_is_not_waited_for),
      SCREEN_TEST(the_loop_redraws_by_itself),
      SCREEN_TEST(lines_are_wanted_on_a_terminal_in_the_foreground),
  };
  harness_start();
  /* What a failed test says must not go to its screen. */
  FILE *usual = stderr, *own = fdopen(dup(STDERR_FILENO), "w");
  if (!own)
    return 1;
  setvbuf(own, NULL, _IONBF, 0);
  stderr = own;
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  stderr = usual;
  fclose(own);
  return failed;
}
