/* What `anet echo --dump` writes, and in how many system calls. */
#include "tests/unit/lib/harness.h"

#include "cmd/echo/dump.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024, FEW_WRITES = 16 };

static struct dump dump;
static unsigned writes; /* calls of write and writev for the dump */
static int write_error; /* what they fail with; 0 for none */

static bool refused(int fd)
{
  if (fd != dump.out.d.fd)
    return false;
  writes++;
  errno = write_error;
  return write_error != 0;
}

ssize_t write(int fd, const void *data, size_t n)
{
  static ssize_t (*real)(int, const void *, size_t);
  if (!real)
    *(void **)&real = dlsym(RTLD_NEXT, "write");
  return refused(fd) ? -1 : real(fd, data, n);
}

ssize_t writev(int fd, const struct iovec *pieces, int count)
{
  static ssize_t (*real)(int, const struct iovec *, int);
  if (!real)
    *(void **)&real = dlsym(RTLD_NEXT, "writev");
  return refused(fd) ? -1 : real(fd, pieces, count);
}

static int saved, file;

static void room(struct dump *d)
{
  (void)d;
  record("room");
}

static void failed(struct dump *d, int err)
{
  (void)d;
  record("failed %s", error_name(err));
}

/* Puts a file in the place of stdout, and opens the dump on it. */
static void open_dump(struct reactor *r, enum dump_form form)
{
  static const struct dump_ops ops = {.room = room, .failed = failed};
  fflush(stdout);
  saved = dup(STDOUT_FILENO);
  file = temporary_file();
  dup2(file, STDOUT_FILENO);
  writes = 0;
  assert_int_equal(dump_open(&dump, r, form, &ops), 0);
}

/* Lets the dump write all, and gives stdout back. What was written, to be freed. */
static char *close_dump(struct reactor *r, size_t *length)
{
  if (!dispatcher_is_closing(&dump.out.d))
    dump_close(&dump);
  write_error = 0;
  for (int i = 0; i < 100; i++)
    passes(r, 1);
  dup2(saved, STDOUT_FILENO);
  close(saved);
  off_t end = lseek(file, 0, SEEK_END);
  char *text = calloc(1, (size_t)end + 1);
  assert_int_equal(pread(file, text, (size_t)end, 0), end);
  close(file);
  if (length)
    *length = (size_t)end;
  return text;
}

static void assert_dumped(struct reactor *r, const char *want)
{
  char *text = close_dump(r, NULL);
  assert_string_equal(text, want);
  free(text);
}

static size_t count_char(const char *text, char c)
{
  size_t count = 0;
  for (; *text; text++)
    count += *text == c;
  return count;
}

static void a_large_read_is_dumped_as_hex_in_few_writes(void **state)
{
  static uint8_t data[READ_SIZE];
  struct dump_stream stream = {0};
  fill_pattern(data, sizeof data, 0);
  open_dump(*state, DUMP_HEX);
  dump_data(&dump, &stream, "peer", data, sizeof data);
  char *text = close_dump(*state, NULL);
  unsigned counted = writes;
  assert_int_equal(count_char(text, '\n'), READ_SIZE / 16);
  assert_non_null(strstr(text, "\npeer: 0000fff0   "));
  free(text);
  assert_true(counted <= FEW_WRITES);
}

static void many_short_lines_are_dumped_in_few_writes(void **state)
{
  static char data[READ_SIZE];
  struct dump_stream stream = {0};
  memset(data, '\n', sizeof data);
  open_dump(*state, DUMP_LINES);
  dump_data(&dump, &stream, "peer", data, sizeof data);
  dump_end(&dump, &stream, "peer");
  char *text = close_dump(*state, NULL);
  unsigned counted = writes;
  assert_int_equal(count_char(text, '\n'), READ_SIZE);
  free(text);
  assert_true(counted <= 2 * FEW_WRITES);
}

static void a_hex_row_has_its_offset_in_the_stream(void **state)
{
  struct dump_stream stream = {0};
  open_dump(*state, DUMP_HEX);
  dump_data(&dump, &stream, "a", "0123456789abcdefg", 17);
  dump_data(&dump, &stream, "a", "\n\xff", 2);
  dump_end(&dump, &stream, "a");
  assert_dumped(
      *state, "a: 00000000   30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"
              "a: 00000010   67                                                |g|\n"
              "a: 00000011   0a ff                                             |..|\n");
}

static void a_line_without_an_end_is_shown_when_the_stream_ends(void **state)
{
  struct dump_stream stream = {0};
  open_dump(*state, DUMP_LINES);
  dump_data(&dump, &stream, "a", "one\r\ntw", 7);
  dump_data(&dump, &stream, "a", "o\n\nthree", 8);
  dump_end(&dump, &stream, "a");
  dump_event(&dump, "a", "disconnected");
  assert_dumped(*state, "a: one\na: two\na: \na: three\na disconnected\n");
}

static void a_line_longer_than_64_kib_is_shown_in_parts(void **state)
{
  static char data[READ_SIZE + 1];
  struct dump_stream stream = {0};
  memset(data, 'x', sizeof data);
  open_dump(*state, DUMP_LINES);
  dump_data(&dump, &stream, "a", data, sizeof data);
  dump_data(&dump, &stream, "a", "y\n", 2);
  char *text = close_dump(*state, NULL);
  assert_int_equal(count_char(text, '\n'), 2);
  assert_non_null(strstr(text, "x\na: y\n"));
  free(text);
}

static void text_keeps_a_character_until_it_is_whole(void **state)
{
  struct dump_stream stream = {0};
  open_dump(*state, DUMP_TEXT);
  dump_data(&dump, &stream, "a", "\xe2\x82", 2);
  dump_data(&dump, &stream, "a", "\xac\n", 2);
  dump_data(&dump, &stream, "a", "\xe2", 1);
  dump_end(&dump, &stream, "a");
  assert_dumped(*state, "a: \xe2\x82\xac\\n\na: \\xe2\n");
}

static void the_raw_form_is_the_bytes_alone(void **state)
{
  struct dump_stream stream = {0};
  open_dump(*state, DUMP_RAW);
  dump_event(&dump, "a", "connected");
  dump_data(&dump, &stream, "a", "\x1b\n", 2);
  dump_end(&dump, &stream, "a");
  assert_dumped(*state, "\x1b\n");
}

static void the_form_none_writes_nothing_of_the_data(void **state)
{
  struct dump_stream stream = {0};
  open_dump(*state, DUMP_NONE);
  dump_data(&dump, &stream, "a", "x", 1);
  dump_end(&dump, &stream, "a");
  assert_dumped(*state, "");
}

static void fails_to_write(struct reactor *r, enum dump_form form)
{
  struct dump_stream stream = {0};
  open_dump(r, form);
  write_error = ENOSPC;
  dump_data(&dump, &stream, "a", "one\ntwo\n", 8);
  dump_data(&dump, &stream, "a", "more\n", 5);
  dump_end(&dump, &stream, "a");
  assert_dumped(r, "");
  assert_calls("failed ENOSPC");
}

static void a_write_that_fails_closes_the_dump_and_is_told_once(void **state)
{
  fails_to_write(*state, DUMP_LINES);
}

static void so_does_one_of_the_raw_form(void **state)
{
  fails_to_write(*state, DUMP_RAW);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_large_read_is_dumped_as_hex_in_few_writes),
      TEST(many_short_lines_are_dumped_in_few_writes),
      TEST(a_hex_row_has_its_offset_in_the_stream),
      TEST(a_line_without_an_end_is_shown_when_the_stream_ends),
      TEST(a_line_longer_than_64_kib_is_shown_in_parts),
      TEST(text_keeps_a_character_until_it_is_whole),
      TEST(the_raw_form_is_the_bytes_alone),
      TEST(the_form_none_writes_nothing_of_the_data),
      TEST(a_write_that_fails_closes_the_dump_and_is_told_once),
      TEST(so_does_one_of_the_raw_form),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
