/* The conversation kept in a file. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "cmd/chat/journal.h"
#include "core/base/log.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct folder *folder_of(void **state)
{
  return *state;
}

static const char *path_of(void **state, const char *name)
{
  static char path[PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/%s", folder_of(state)->path, name);
  return path;
}

static void open_journal(struct journal *j, const char *path)
{
  struct error e;
  if (journal_open(j, path, &e))
    fail_msg("%s", e.text);
}

static void say(struct journal *j, const char *line)
{
  journal_write(j, "Hall", span_of(line));
}

/* What is in the file, each digit of a time in front of a line a 9. */
static const char *kept(int dir, const char *name)
{
  static char text[4096];
  int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  ssize_t n = read(fd, text, sizeof text - 1);
  assert_true(n >= 0);
  text[n] = '\0';
  close(fd);
  for (char *line = text; *line;) {
    char *end = line + strcspn(line, "\n");
    for (char *s = line; s < end && s < line + strlen("2026-11-25T22:10:11Z"); s++)
      *s = isdigit((unsigned char)*s) ? '9' : *s;
    line = *end ? end + 1 : end;
  }
  return text;
}

#define DATE "9999-99-99T99:99:99Z "

static void each_line_has_its_time_and_room(void **state)
{
  struct journal j;
  open_journal(&j, path_of(state, "log"));
  say(&j, "x : hello");
  assert_string_equal(kept(folder_of(state)->dir, "log"), DATE "Hall x : hello\n"); /* at once */
  journal_write(&j, "Other", (struct span){"y : 100% \\xff!", 12});
  say(&j, "");
  assert_string_equal(kept(folder_of(state)->dir, "log"),
                      DATE "Hall x : hello\n" DATE "Other y : 100% \\xf\n" DATE "Hall \n");
  journal_close(&j);
}

static void a_file_that_is_there_is_gone_on_with(void **state)
{
  struct journal j;
  folder_put(folder_of(state)->dir, "log", "from before\n");
  open_journal(&j, path_of(state, "log"));
  say(&j, "one");
  journal_close(&j);
  open_journal(&j, path_of(state, "log"));
  say(&j, "two");
  journal_close(&j);
  journal_close(&j);
  assert_string_equal(kept(folder_of(state)->dir, "log"),
                      "from before\n" DATE "Hall one\n" DATE "Hall two\n");
}

/* As the machine left it when it went down, or a disk that was full to the end. */
static void one_that_ends_in_half_a_line_gets_a_new_one(void **state)
{
  struct journal j;
  folder_put(folder_of(state)->dir, "log", "whole\nhal");
  open_journal(&j, path_of(state, "log"));
  assert_string_equal(kept(folder_of(state)->dir, "log"), "whole\nhal");
  say(&j, "one");
  say(&j, "two");
  journal_close(&j);
  assert_string_equal(kept(folder_of(state)->dir, "log"),
                      "whole\nhal\n" DATE "Hall one\n" DATE "Hall two\n");
}

static void one_that_cannot_be_opened_says_why(void **state)
{
  struct journal j;
  struct error e;
  assert_int_equal(journal_open(&j, path_of(state, "none/log"), &e), UV_ENOENT);
  assert_non_null(strstr(e.text, "/none/log: no such file"));
  assert_int_equal(journal_open(&j, folder_of(state)->path, &e), UV_EISDIR);
}

static void one_that_was_renamed_is_opened_again(void **state)
{
  struct journal j;
  struct error e;
  int dir = folder_of(state)->dir;
  open_journal(&j, path_of(state, "log"));
  say(&j, "one");
  assert_int_equal(renameat(dir, "log", dir, "log.1"), 0);
  say(&j, "two"); /* not lost */
  assert_int_equal(journal_reopen(&j, &e), 0);
  say(&j, "three");
  assert_int_equal(journal_reopen(&j, &e), 0); /* it is the same file */
  say(&j, "four");
  journal_close(&j);
  assert_string_equal(kept(dir, "log.1"), DATE "Hall one\n" DATE "Hall two\n");
  assert_string_equal(kept(dir, "log"), DATE "Hall three\n" DATE "Hall four\n");
}

static void one_that_cannot_be_opened_again_stays_open(void **state)
{
  struct journal j;
  struct error e;
  int dir = folder_of(state)->dir;
  open_journal(&j, path_of(state, "log"));
  assert_int_equal(renameat(dir, "log", dir, "log.1"), 0);
  folder_sub(dir, "log");
  assert_int_equal(journal_reopen(&j, &e), UV_EISDIR);
  assert_non_null(strstr(e.text, "/log: "));
  say(&j, "one");
  assert_string_equal(kept(dir, "log.1"), DATE "Hall one\n");
  journal_close(&j);
}

static void one_that_is_not_kept_takes_everything(void **state)
{
  struct journal j = {.fd = -1};
  struct capture log;
  (void)state;
  capture_start(&log);
  say(&j, "x");
  assert_int_equal(journal_reopen(&j, NULL), 0);
  journal_close(&j);
  assert_string_equal(capture_stop(&log), "");
}

static void a_full_disk_is_told_once_and_when_it_is_over(void **state)
{
  struct journal j;
  struct capture log;
  (void)state;
  log_setup("chat", LOG_INFO, false);
  open_journal(&j, "/dev/full");
  capture_start(&log);
  for (int i = 0; i < 3; i++)
    say(&j, "x");
  assert_string_equal(capture_stop(&log), "anet: chat: write /dev/full: no space left on device\n");
  int full = j.fd; /* somebody tidies up */
  j.fd = temporary_file();
  capture_start(&log);
  say(&j, "y");
  say(&j, "z");
  assert_string_equal(capture_stop(&log),
                      "anet: chat: write /dev/full: works again; 3 lines are missing\n");
  close(j.fd);
  j.fd = full;
  capture_start(&log);
  say(&j, "x"); /* once more, and it is told once more */
  assert_string_equal(capture_stop(&log), "anet: chat: write /dev/full: no space left on device\n");
  journal_close(&j);
  log_setup(NULL, LOG_INFO, false);
}

static void limit_files_to(rlim_t size)
{
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = size;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void half_a_line_does_not_swallow_the_next(void **state)
{
  struct journal j;
  struct capture log;
  signal(SIGXFSZ, SIG_IGN);
  /* The limit holds for the captured log too, which must stay shorter than the file: no path. */
  assert_int_equal(fchdir(folder_of(state)->dir), 0);
  open_journal(&j, "log");
  say(&j, "whole");
  capture_start(&log);
  limit_files_to(2 * strlen(DATE "Hall whole\n") - 3);
  say(&j, "whole"); /* three bytes do not fit, nor does anything from here on */
  say(&j, "lost");
  limit_files_to(RLIM_INFINITY);
  say(&j, "again");
  say(&j, "and again");
  capture_stop(&log);
  assert_int_equal(count_lines(log.text), 2);
  assert_non_null(strstr(log.text, "works again; 2 lines are missing\n"));
  journal_close(&j);
  assert_string_equal(kept(folder_of(state)->dir, "log"), DATE
                      "Hall whole\n" DATE "Hall who\n" DATE "Hall again\n" DATE "Hall and again\n");
  assert_int_equal(chdir("/"), 0);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      IN_FOLDER(each_line_has_its_time_and_room),
      IN_FOLDER(a_file_that_is_there_is_gone_on_with),
      IN_FOLDER(one_that_ends_in_half_a_line_gets_a_new_one),
      IN_FOLDER(one_that_cannot_be_opened_says_why),
      IN_FOLDER(one_that_was_renamed_is_opened_again),
      IN_FOLDER(one_that_cannot_be_opened_again_stays_open),
      IN_FOLDER(one_that_is_not_kept_takes_everything),
      IN_FOLDER(a_full_disk_is_told_once_and_when_it_is_over),
      IN_FOLDER(half_a_line_does_not_swallow_the_next),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
