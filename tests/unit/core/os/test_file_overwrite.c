/* Files whose contents are replaced in place. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "core/os/file_overwrite.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_in(const struct folder *f, const char *name)
{
  int fd = openat(f->dir, name, O_RDWR | O_CLOEXEC);
  assert_true(fd >= 0);
  return fd;
}

static void replace(const struct folder *f, const char *with, const char *old)
{
  char text[64];
  folder_put(f->dir, "from", with);
  folder_put(f->dir, "to", old);
  int from = open_in(f, "from"), to = open_in(f, "to");
  assert_int_equal(file_overwrite(to, from), 0);
  ssize_t n = pread(to, text, sizeof text - 1, 0);
  assert_int_equal(n, strlen(with));
  text[n] = '\0';
  assert_string_equal(text, with);
  close(from);
  close(to);
}

static void contents_are_replaced_whatever_their_length(void **state)
{
  replace(*state, "longer than it was", "old");
  replace(*state, "new", "longer than it is");
  replace(*state, "", "old");
  replace(*state, "new", "");
}

static void much_is_copied_whole(void **state)
{
  enum { SIZE = 300001 };
  const struct folder *f = *state;
  char *data = calloc(1, SIZE);
  struct stat st;
  folder_put(f->dir, "to", "old");
  int from = file_open_unnamed(), to = open_in(f, "to");
  assert_true(from >= 0);
  data[SIZE - 1] = 'z';
  assert_int_equal(write(from, data, SIZE), SIZE);
  assert_int_equal(file_overwrite(to, from), 0);
  assert_int_equal(fstat(to, &st), 0);
  assert_int_equal(st.st_size, SIZE);
  assert_int_equal(pread(to, data, 1, SIZE - 1), 1);
  assert_int_equal(data[0], 'z');
  close(from);
  close(to);
  free(data);
}

static void a_file_that_cannot_be_written_is_an_error(void **state)
{
  const struct folder *f = *state;
  folder_put(f->dir, "to", "old");
  int from = file_open_unnamed();
  int to = openat(f->dir, "to", O_RDONLY | O_CLOEXEC);
  assert_int_equal(write(from, "new", 3), 3);
  assert_true(file_overwrite(to, from) < 0);
  assert_true(file_overwrite(to, -1) < 0);
  close(from);
  close(to);
}

static void an_unnamed_file_needs_its_folder(void **state)
{
  (void)state;
  setenv("TMPDIR", "/nowhere/at/all", 1);
  int fd = file_open_unnamed();
  unsetenv("TMPDIR");
  assert_true(fd < 0);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      IN_FOLDER(contents_are_replaced_whatever_their_length),
      IN_FOLDER(much_is_copied_whole),
      IN_FOLDER(a_file_that_cannot_be_written_is_an_error),
      TEST(an_unnamed_file_needs_its_folder),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
