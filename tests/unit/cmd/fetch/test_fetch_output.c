/* Where an answer goes: a name that it gets only once it is whole, and parts that are kept. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "cmd/fetch/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static const char url[] = "http://example.com/a?b", tag[] = "\"v1\"";

static struct output output;
static struct error error;
static char path[2 * PATH_MAX];

static const char *path_of(const struct folder *f, const char *name)
{
  snprintf(path, sizeof path, "%s/%s", f->path, name);
  return path;
}

static void begin(const struct folder *f, const char *name, bool keeps)
{
  assert_int_equal(output_init(&output, path_of(f, name), true, &error), 0);
  assert_true((output.kind == OUTPUT_FILE));
  output.keeps = keeps;
  output.of = (struct partial_origin){.url = url, .validator = tag, .size = UINT64_MAX};
}

/* Opens it, and writes `text`. */
static void write_to(bool resumes, const char *text)
{
  int fd = output_open(&output, resumes, &error);
  assert_true(fd >= 0);
  put(fd, text);
}

static void publish(void)
{
  assert_int_equal(output_publish(&output, &error), 0);
  output_release(&output);
}

/* What a first run leaves that was cut off. */
static void leave_part(const struct folder *f, const char *text, const char *validator)
{
  begin(f, "file", true);
  output.of.validator = validator;
  write_to(false, text);
  output_discard(&output, true);
  output_release(&output);
}

static void assert_file(const struct folder *f, const char *name, const char *want)
{
  char text[1024];
  int fd = openat(f->dir, name, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    fail_msg("%s: %s", name, strerror(errno));
  ssize_t n = read(fd, text, sizeof text - 1);
  assert_true(n >= 0);
  text[n] = '\0';
  close(fd);
  assert_string_equal(text, want);
}

static unsigned mode_of(const struct folder *f, const char *name)
{
  struct stat st;
  assert_int_equal(fstatat(f->dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
  return st.st_mode & (S_IFMT | 07777);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
  return strcmp((*a)->d_name, (*b)->d_name);
}

/* The folder holds exactly `names`, in the order of their bytes with a space between. */
static void assert_holds(const struct folder *f, const char *names)
{
  struct dirent **found;
  char text[1024] = "";
  int n = scandir(f->path, &found, NULL, by_name);
  assert_true(n >= 0);
  for (int i = 0; i < n; i++) {
    const char *name = found[i]->d_name;
    if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
      snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? " " : "", name);
    free(found[i]);
  }
  free(found);
  assert_string_equal(text, names);
}

static void assert_refuses(const char *at, int err)
{
  assert_int_equal(output_init(&output, at, true, &error), err);
  assert_non_null(strstr(error.text, *at ? at : "write"));
  output_release(&output);
  output_release(&output);
}

/* Files. */

static void a_file_gets_its_name_once_it_is_whole(void **state)
{
  begin(*state, "file", false);
  write_to(false, "abc");
  assert_int_equal(faccessat(((struct folder *)*state)->dir, "file", F_OK, 0), -1);
  publish();
  assert_holds(*state, "file");
  assert_file(*state, "file", "abc");
}

static void a_new_file_has_the_mode_that_the_user_wants(void **state)
{
  mode_t before = umask(027);
  begin(*state, "file", false);
  write_to(false, "abc");
  publish();
  umask(before);
  assert_int_equal(mode_of(*state, "file"), S_IFREG | 0640);
}

static void a_path_without_a_folder_is_one_of_this_folder(void **state)
{
  int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(fchdir(((struct folder *)*state)->dir), 0);
  assert_int_equal(output_init(&output, "file", true, &error), 0);
  assert_int_equal(fchdir(before), 0); /* it is opened: no matter where we go */
  close(before);
  write_to(false, "abc");
  publish();
  assert_file(*state, "file", "abc");
}

static void a_file_that_is_replaced_stays_until_then_and_gives_its_mode(void **state)
{
  struct folder *f = *state;
  folder_put(f->dir, "file", "old");
  folder_mode(f->dir, "file", 0604);
  begin(f, "file", false);
  write_to(false, "new");
  assert_file(f, "file", "old");
  publish();
  assert_file(f, "file", "new");
  assert_int_equal(mode_of(f, "file"), S_IFREG | 0604);
  assert_holds(f, "file");
}

static void a_link_stays_a_link(void **state)
{
  struct folder *f = *state;
  folder_sub(f->dir, "sub");
  folder_put(f->dir, "sub/real", "old");
  folder_link(f->dir, "file", "sub/real");
  begin(f, "file", false);
  write_to(false, "new");
  publish();
  assert_int_equal(mode_of(f, "file") & S_IFMT, S_IFLNK);
  assert_file(f, "sub/real", "new");
  assert_holds(f, "file sub");
}

static void a_file_that_is_given_up_leaves_nothing(void **state)
{
  struct folder *f = *state;
  folder_put(f->dir, "file", "old");
  begin(f, "file", false);
  write_to(false, "new");
  output_discard(&output, true);
  assert_holds(f, "file");
  assert_file(f, "file", "old");
  write_to(false, "newer"); /* another try */
  output_release(&output);  /* and not even given up */
  assert_holds(f, "file");
  assert_file(f, "file", "old");
}

static void one_that_is_opened_again_begins_anew(void **state)
{
  begin(*state, "file", false);
  write_to(false, "abc");
  write_to(false, "de");
  publish();
  assert_file(*state, "file", "de");
  assert_holds(*state, "file");
}

/* Refusals. */

static void without_its_folder_a_file_is_refused(void **state)
{
  struct folder *f = *state;
  folder_put(f->dir, "plain", "");
  assert_refuses(path_of(f, "no/file"), UV_ENOENT);
  assert_refuses(path_of(f, "no/"), UV_ENOENT);
  assert_refuses(path_of(f, "plain/file"), UV_ENOTDIR);
  assert_refuses("", UV_ENOENT);
  assert_holds(f, "plain");
}

static void a_folder_is_refused(void **state)
{
  struct folder *f = *state;
  folder_sub(f->dir, "sub");
  assert_refuses(path_of(f, "sub"), UV_EISDIR);
  assert_refuses(path_of(f, "sub/"), UV_EISDIR);
  assert_refuses("/", UV_EISDIR);
}

/* For root nothing is read-only. Both ids count. */
static void be_nobody(bool yes)
{
  static uid_t me;
  if (yes)
    me = getuid();
  if (me == 0)
    assert_int_equal(yes ? setresuid(NOBODY, NOBODY, 0) : setresuid(0, 0, 0), 0);
}

static void what_must_not_be_written_is_not_replaced(void **state)
{
  struct folder *f = *state;
  folder_put(f->dir, "file", "old");
  folder_mode(f->dir, "file", 0444);
  folder_sub(f->dir, "open");
  folder_put(f->dir, "open/file", "old");
  folder_mode(f->dir, "open/file", 0444);
  folder_mode(f->dir, "open", 0777);
  folder_sub(f->dir, "closed");
  folder_mode(f->dir, "closed", 0555);
  be_nobody(true);
  int file = output_init(&output, path_of(f, "file"), true, &error);
  output_release(&output);
  int in_open = output_init(&output, path_of(f, "open/file"), true, &error);
  output_release(&output);
  int in_closed = output_init(&output, path_of(f, "closed/new"), true, &error);
  output_release(&output);
  be_nobody(false);
  assert_int_equal(file, UV_EACCES);
  assert_int_equal(in_open, UV_EACCES); /* though the folder would let it be renamed over */
  assert_int_equal(in_closed, UV_EACCES);
  assert_file(f, "open/file", "old");
}

/* Not files. */

static void stdout_is_taken_as_it_is(void **state)
{
  (void)state;
  assert_int_equal(output_init(&output, NULL, true, &error), 0);
  assert_false((output.kind == OUTPUT_FILE));
  assert_int_equal(output_open(&output, false, &error), STDOUT_FILENO);
  assert_int_equal(output_publish(&output, &error), 0);
  output_discard(&output, true);
  output_remove(&output);
  output_release(&output);
  assert_true(is_open(STDOUT_FILENO));
}

static void a_device_is_written_to_and_stays_one(void **state)
{
  (void)state;
  assert_int_equal(output_init(&output, "/dev/full", true, &error), 0);
  assert_false((output.kind == OUTPUT_FILE));
  int fd = output_open(&output, false, &error);
  assert_true(fd > STDERR_FILENO);
  assert_int_equal(write(fd, "a", 1), -1);
  assert_int_equal(errno, ENOSPC);
  assert_int_equal(output_publish(&output, &error), 0);
  output_release(&output);
  assert_false(is_open(fd));
  struct stat st;
  assert_int_equal(stat("/dev/full", &st), 0);
  assert_true(S_ISCHR(st.st_mode));
}

static void a_FIFO_is_written_to_and_stays_one(void **state)
{
  struct folder *f = *state;
  folder_fifo(f->dir, "fifo");
  int reader = openat(f->dir, "fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  assert_int_equal(output_init(&output, path_of(f, "fifo"), true, &error), 0);
  assert_false((output.kind == OUTPUT_FILE));
  put(output_open(&output, false, &error), "abc");
  assert_gets(reader, "abc");
  publish();
  assert_ends(reader);
  close(reader);
  assert_holds(f, "fifo");
  assert_int_equal(mode_of(f, "fifo") & S_IFMT, S_IFIFO);
}

/* Parts. */

static void find(uint64_t want, const char *of)
{
  assert_int_equal(output_find_part(&output, of, &error), 0);
  assert_int_equal(output.part.have, want);
  if (want > 0)
    assert_string_equal(output.part.validator, tag);
}

static void a_part_is_kept_and_found_again(void **state)
{
  leave_part(*state, "abc", tag);
  assert_holds(*state, "file.part file.part.from");
  assert_file(*state, "file.part", "abc");
  assert_file(*state, "file.part.from", "http://example.com/a?b\n\"v1\"\n");
  begin(*state, "file", true);
  find(3, url);
  find(3, url); /* as often as it is asked */
  output_release(&output);
}

static void a_part_is_there_from_the_first_byte_on(void **state)
{
  struct folder *f = *state;
  begin(f, "file", true);
  output.of.size = 10;
  output.of.at = "https://cdn.example";
  write_to(false, "a");
  assert_holds(f, "file.part file.part.from");
  assert_file(f, "file.part", "a");
  assert_file(f, "file.part.from",
              "http://example.com/a?b\n\"v1\"\nsize 10\nat https://cdn.example\n");
  output_discard(&output, true);
  find(1, url);
  assert_int_equal(output.part.size, 10);
  assert_string_equal(output.part.at, "https://cdn.example");
  output_release(&output);
}

static void wrong_bytes_are_not_kept(void **state)
{
  begin(*state, "file", true);
  write_to(false, "wrong");
  output_discard(&output, false);
  assert_holds(*state, "");
  output_release(&output);
}

static void without_a_part_there_is_none(void **state)
{
  begin(*state, "file", true);
  find(0, url);
  output_release(&output);
}

static void a_part_of_another_URL_is_none_of_ours(void **state)
{
  static const char *const others[] = {"http://example.com/a", "http://example.com/a?bc", ""};
  leave_part(*state, "abc", tag);
  begin(*state, "file", true);
  for (size_t i = 0; i < LENGTH(others); i++)
    find(0, others[i]);
  find(3, url);
  output_release(&output);
}

static void a_part_without_a_validator_is_kept_and_not_gone_on_with(void **state)
{
  leave_part(*state, "abc", NULL);
  assert_holds(*state, "file.part file.part.from"); /* the URL alone: that it is ours */
  begin(*state, "file", true);
  find(0, url);
  output_release(&output);
}

static void an_older_validator_is_not_left_beside_a_part_without_one(void **state)
{
  leave_part(*state, "abc", tag);
  leave_part(*state, "xyz", NULL);
  assert_file(*state, "file.part", "xyz");
  assert_file(*state, "file.part.from", "http://example.com/a?b\n\n");
}

static void damaged_notes_are_none(void **state)
{
  static const char *const notes[] = {"", "http://example.com/a?b", "http://example.com/a?b\n",
                                      "http://example.com/a?b\n\n", "\n\"v1\"\n"};
  struct folder *f = *state;
  leave_part(f, "abc", tag);
  for (size_t i = 0; i < LENGTH(notes); i++) {
    folder_put(f->dir, "file.part.from", notes[i]);
    begin(f, "file", true);
    find(0, url);
    output_release(&output);
  }
}

static void an_empty_part_is_neither_kept_nor_gone_on_with(void **state)
{
  struct folder *f = *state;
  begin(f, "file", true);
  write_to(false, "");
  output_discard(&output, true);
  assert_holds(f, "");
  folder_put(f->dir, "file.part", "");
  folder_put(f->dir, "file.part.from", "http://example.com/a?b\n\"v1\"\n");
  find(0, url);
  output_release(&output);
}

static void a_part_that_is_a_link_is_not_followed(void **state)
{
  struct folder *f = *state;
  leave_part(f, "abc", tag);
  folder_put(f->dir, "other", "abc");
  unlinkat(f->dir, "file.part", 0);
  folder_link(f->dir, "file.part", "other");
  begin(f, "file", true);
  find(0, url);
  assert_non_null(output.part.unused);
  write_to(false, "new");
  publish();
  assert_file(f, "other", "abc");
}

static void a_part_that_another_process_works_at_is_busy(void **state)
{
  struct folder *f = *state;
  leave_part(f, "abc", tag);
  int other = openat(f->dir, "file.part", O_RDWR | O_CLOEXEC);
  assert_int_equal(flock(other, LOCK_EX), 0);
  begin(f, "file", true);
  assert_int_equal(output_find_part(&output, url, &error), UV_EBUSY);
  assert_non_null(strstr(error.text, "file.part"));
  output_release(&output);
  close(other);

  begin(f, "file", true);
  find(3, url);
  write_to(true, "");
  other = openat(f->dir, "file.part", O_RDWR | O_CLOEXEC);
  assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1); /* ours, while it is written */
  output_release(&output);
  close(other);
}

static void a_part_is_gone_on_with_and_published(void **state)
{
  leave_part(*state, "abc", tag);
  begin(*state, "file", true);
  find(3, url);
  write_to(true, "def");
  publish();
  assert_holds(*state, "file");
  assert_file(*state, "file", "abcdef");
}

static void a_part_that_replaces_a_file_gets_its_mode_too(void **state)
{
  struct folder *f = *state;
  leave_part(f, "abc", tag);
  folder_put(f->dir, "file", "old");
  folder_mode(f->dir, "file", 0600);
  begin(f, "file", true);
  find(3, url);
  write_to(true, "def");
  publish();
  assert_file(f, "file", "abcdef");
  assert_int_equal(mode_of(f, "file"), S_IFREG | 0600);
}

static void a_part_that_is_cut_again_is_kept_with_what_it_was(void **state)
{
  leave_part(*state, "abc", tag);
  begin(*state, "file", true);
  find(3, url);
  write_to(true, "de");
  output.of.validator = "\"other\"";
  output_discard(&output, true);
  assert_holds(*state, "file.part file.part.from");
  assert_file(*state, "file.part", "abcde");
  find(5, url); /* in the same run */
  write_to(true, "f");
  publish();
  assert_file(*state, "file", "abcdef");
}

static void a_part_is_replaced_by_what_begins_anew(void **state)
{
  leave_part(*state, "abc", tag);
  begin(*state, "file", true);
  find(3, url);
  write_to(false, "xy");
  assert_file(*state, "file.part", "xy"); /* at once: nothing that ends the program loses it */
  output_discard(&output, true);
  assert_file(*state, "file.part", "xy");
  find(2, url);
  write_to(false, "whole");
  publish();
  assert_holds(*state, "file");
  assert_file(*state, "file", "whole");
}

static void a_part_that_another_process_works_at_is_not_replaced(void **state)
{
  struct folder *f = *state;
  leave_part(f, "abc", tag);
  int other = openat(f->dir, "file.part", O_RDWR | O_CLOEXEC);
  assert_int_equal(flock(other, LOCK_EX), 0);
  begin(f, "file", true);
  write_to(false, "xyz");
  output_discard(&output, true);
  output_release(&output);
  assert_holds(f, "file.part file.part.from"); /* which it will give the name once it is whole */
  assert_file(f, "file.part", "abc");
  close(other);
}

static void nothing_is_kept_unless_it_is_to_be(void **state)
{
  begin(*state, "file", false);
  write_to(false, "abc");
  output_discard(&output, true);
  assert_holds(*state, "");
  output_release(&output);
}

static void what_is_wrong_is_removed_with_an_older_part(void **state)
{
  struct folder *f = *state;
  leave_part(f, "abc", tag);
  folder_put(f->dir, "file", "old");
  begin(f, "file", true);
  find(3, url);
  write_to(true, "def");
  output_remove(&output);
  assert_holds(f, "file");
  assert_file(f, "file", "old");
  output_release(&output);
}

static void a_part_of_somebody_elses_is_left_alone(void **state)
{
  struct folder *f = *state;
  folder_put(f->dir, "file.part", "mine");
  folder_put(f->dir, "file.part.from", "mine");
  begin(f, "file", false);
  write_to(false, "abc");
  publish();
  assert_holds(f, "file file.part file.part.from");
  assert_file(f, "file.part", "mine");
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      IN_FOLDER(a_file_gets_its_name_once_it_is_whole),
      IN_FOLDER(a_new_file_has_the_mode_that_the_user_wants),
      IN_FOLDER(a_path_without_a_folder_is_one_of_this_folder),
      IN_FOLDER(a_file_that_is_replaced_stays_until_then_and_gives_its_mode),
      IN_FOLDER(a_link_stays_a_link),
      IN_FOLDER(a_file_that_is_given_up_leaves_nothing),
      IN_FOLDER(one_that_is_opened_again_begins_anew),
      IN_FOLDER(without_its_folder_a_file_is_refused),
      IN_FOLDER(a_folder_is_refused),
      IN_FOLDER(what_must_not_be_written_is_not_replaced),
      TEST(stdout_is_taken_as_it_is),
      TEST(a_device_is_written_to_and_stays_one),
      IN_FOLDER(a_FIFO_is_written_to_and_stays_one),
      IN_FOLDER(a_part_is_kept_and_found_again),
      IN_FOLDER(a_part_is_there_from_the_first_byte_on),
      IN_FOLDER(wrong_bytes_are_not_kept),
      IN_FOLDER(without_a_part_there_is_none),
      IN_FOLDER(a_part_of_another_URL_is_none_of_ours),
      IN_FOLDER(a_part_without_a_validator_is_kept_and_not_gone_on_with),
      IN_FOLDER(an_older_validator_is_not_left_beside_a_part_without_one),
      IN_FOLDER(damaged_notes_are_none),
      IN_FOLDER(an_empty_part_is_neither_kept_nor_gone_on_with),
      IN_FOLDER(a_part_that_is_a_link_is_not_followed),
      IN_FOLDER(a_part_that_another_process_works_at_is_busy),
      IN_FOLDER(a_part_is_gone_on_with_and_published),
      IN_FOLDER(a_part_that_replaces_a_file_gets_its_mode_too),
      IN_FOLDER(a_part_that_is_cut_again_is_kept_with_what_it_was),
      IN_FOLDER(a_part_is_replaced_by_what_begins_anew),
      IN_FOLDER(a_part_that_another_process_works_at_is_not_replaced),
      IN_FOLDER(nothing_is_kept_unless_it_is_to_be),
      IN_FOLDER(what_is_wrong_is_removed_with_an_older_part),
      IN_FOLDER(a_part_of_somebody_elses_is_left_alone),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
