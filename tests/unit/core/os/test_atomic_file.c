/* Files that are being received: named when they are whole, or never. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "core/os/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* What renameat2(2) fails with, as in a file system that cannot refuse to replace; 0 for nothing.
 */
static int rename_error;

int __real_renameat2(int from, const char *old, int to, const char *name, unsigned flags);
int __wrap_renameat2(int from, const char *old, int to, const char *name, unsigned flags);

int __wrap_renameat2(int from, const char *old, int to, const char *name, unsigned flags)
{
  if (!rename_error)
    return __real_renameat2(from, old, to, name, flags);
  errno = rename_error;
  return -1;
}

static int dir_of(void **state)
{
  return ((struct folder *)*state)->dir;
}

static bool exists(int dir, const char *name)
{
  struct stat st;
  return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void assert_file(int dir, const char *name, const char *want)
{
  char text[64];
  int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  ssize_t n = read(fd, text, sizeof text - 1);
  assert_true(n >= 0);
  text[n] = '\0';
  close(fd);
  assert_string_equal(text, want);
}

static struct atomic_file *receive(int dir, const char *name, const char *text)
{
  int err;
  struct atomic_file *f = atomic_file_new(dir, name, &err);
  assert_non_null(f);
  assert_int_equal(atomic_file_write(f, text, strlen(text)), 0);
  return f;
}

static void a_file_has_its_name_once_it_is_published(void **state)
{
  int dir = dir_of(state);
  struct atomic_file *f = receive(dir, "file", "abc");
  assert_int_equal(atomic_file_write(f, "de", 2), 0);
  assert_int_equal(f->size, 5);
  assert_false(exists(dir, "file"));
  assert_int_equal(f->temporary[0], '.'); /* hidden until then */
  assert_true(exists(dir, f->temporary));
  assert_int_equal(atomic_file_publish(f, false), 0);
  assert_false(f->replaced);
  atomic_file_free(f);
  assert_file(dir, "file", "abcde");
}

static void a_file_that_is_not_published_is_removed(void **state)
{
  int dir = dir_of(state);
  struct atomic_file *f = receive(dir, "file", "abc");
  char temporary[64];
  strcpy(temporary, f->temporary);
  atomic_file_free(f);
  assert_false(exists(dir, temporary));
  assert_false(exists(dir, "file"));
  atomic_file_free(NULL);
}

static void one_that_is_there_is_replaced_only_if_it_may_be(void **state)
{
  int dir = dir_of(state);
  folder_put(dir, "file", "old");
  struct atomic_file *f = receive(dir, "file", "new");
  assert_int_equal(atomic_file_publish(f, false), UV_EEXIST);
  assert_file(dir, "file", "old");
  char temporary[64];
  strcpy(temporary, f->temporary);
  atomic_file_free(f);
  assert_false(exists(dir, temporary));

  f = receive(dir, "file", "new");
  assert_int_equal(atomic_file_publish(f, true), 0);
  assert_true(f->replaced);
  atomic_file_free(f);
  assert_file(dir, "file", "new");
}

static void a_file_that_cannot_be_made_says_why(void **state)
{
  int err = 0;
  (void)state;
  assert_null(atomic_file_new(-1, "file", &err));
  assert_int_equal(err, UV_EBADF);
}

static struct atomic_file *adopt(int dir, const char *temporary)
{
  int fd = openat(dir, temporary, O_RDWR | O_APPEND | O_CLOEXEC);
  struct atomic_file *f = atomic_file_adopt(dir, fd, temporary, "file");
  assert_non_null(f);
  assert_int_equal(f->fd, fd);
  return f;
}

static void one_that_was_adopted_is_gone_on_with_and_published(void **state)
{
  int dir = dir_of(state);
  folder_put(dir, "half", "abc");
  folder_put(dir, "file", "old");
  struct atomic_file *f = adopt(dir, "half");
  assert_int_equal(atomic_file_write(f, "def", 3), 0);
  assert_int_equal(atomic_file_publish(f, true), 0);
  assert_true(f->replaced);
  atomic_file_free(f);
  assert_file(dir, "file", "abcdef");
  assert_false(exists(dir, "half"));
}

static void one_that_was_adopted_is_removed_like_any_other(void **state)
{
  int dir = dir_of(state);
  folder_put(dir, "half", "abc");
  struct atomic_file *f = adopt(dir, "half");
  int fd = f->fd;
  atomic_file_free(f);
  assert_false(is_open(fd));
  assert_false(exists(dir, "half"));
}

static void one_that_is_kept_has_the_other_name_and_stays(void **state)
{
  int dir = dir_of(state);
  folder_put(dir, "half", "older and longer");
  struct atomic_file *f = receive(dir, "file", "abc");
  char temporary[64];
  strcpy(temporary, f->temporary);
  assert_int_equal(atomic_file_keep(f, "half"), 0);
  atomic_file_free(f);
  assert_file(dir, "half", "abc");
  assert_false(exists(dir, temporary));
  assert_false(exists(dir, "file"));
}

static void one_that_was_adopted_is_kept_under_its_own_name(void **state)
{
  int dir = dir_of(state);
  folder_put(dir, "half", "abc");
  struct atomic_file *f = adopt(dir, "half");
  assert_int_equal(atomic_file_write(f, "d", 1), 0);
  assert_int_equal(atomic_file_keep(f, "half"), 0);
  atomic_file_free(f);
  assert_file(dir, "half", "abcd");
}

static void one_that_cannot_be_kept_is_removed_after_all(void **state)
{
  int dir = dir_of(state);
  folder_sub(dir, "half");
  struct atomic_file *f = receive(dir, "file", "abc");
  char temporary[64];
  strcpy(temporary, f->temporary);
  assert_int_equal(atomic_file_keep(f, "half"), UV_EISDIR);
  atomic_file_free(f);
  assert_false(exists(dir, temporary));
}

static void a_write_that_fails_says_so(void **state)
{
  int dir = dir_of(state);
  folder_put(dir, "half", "abc");
  int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  struct atomic_file *f = atomic_file_adopt(dir, full, "half", "file");
  assert_int_equal(atomic_file_write(f, "abc", 3), UV_ENOSPC);
  assert_int_equal(f->size, 0);
  atomic_file_free(f);
}

static void without_a_rename_that_refuses_a_link_does_it(void **state)
{
  static const int errors[] = {EINVAL, ENOSYS};
  static const char *const names[] = {"one", "two"};
  int dir = dir_of(state);
  for (size_t i = 0; i < LENGTH(errors); i++) {
    char temporary[64];
    rename_error = errors[i];
    struct atomic_file *f = receive(dir, names[i], "abc");
    strcpy(temporary, f->temporary);
    assert_int_equal(atomic_file_publish(f, false), 0);
    atomic_file_free(f);
    assert_false(exists(dir, temporary));
    assert_file(dir, names[i], "abc");
    f = receive(dir, names[i], "other");
    assert_int_equal(atomic_file_publish(f, false), UV_EEXIST);
    atomic_file_free(f);
    assert_file(dir, names[i], "abc");
  }
  rename_error = EACCES;
  struct atomic_file *f = receive(dir, "three", "abc");
  assert_int_equal(atomic_file_publish(f, false), UV_EACCES);
  atomic_file_free(f);
  rename_error = 0;
  assert_false(exists(dir, "three"));
}

/* A disk may say with close(2) that it was full. */
static void a_close_that_fails_leaves_it_unpublished(void **state)
{
  int dir = dir_of(state);
  for (int kept = 0; kept < 2; kept++) {
    struct atomic_file *f = receive(dir, "file", "abc");
    close(f->fd);
    assert_int_equal(kept ? atomic_file_keep(f, "half") : atomic_file_publish(f, true), UV_EBADF);
    atomic_file_free(f);
    assert_false(exists(dir, "file"));
    assert_false(exists(dir, "half"));
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      IN_FOLDER(a_file_has_its_name_once_it_is_published),
      IN_FOLDER(a_file_that_is_not_published_is_removed),
      IN_FOLDER(one_that_is_there_is_replaced_only_if_it_may_be),
      IN_FOLDER(a_file_that_cannot_be_made_says_why),
      IN_FOLDER(one_that_was_adopted_is_gone_on_with_and_published),
      IN_FOLDER(one_that_was_adopted_is_removed_like_any_other),
      IN_FOLDER(one_that_is_kept_has_the_other_name_and_stays),
      IN_FOLDER(one_that_was_adopted_is_kept_under_its_own_name),
      IN_FOLDER(one_that_cannot_be_kept_is_removed_after_all),
      IN_FOLDER(a_write_that_fails_says_so),
      IN_FOLDER(without_a_rename_that_refuses_a_link_does_it),
      IN_FOLDER(a_close_that_fails_leaves_it_unpublished),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
