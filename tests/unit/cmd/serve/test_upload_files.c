/* The files of an upload: stored together, and each one's fate told. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "cmd/serve/upload_files.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <uv.h>

static void receive(struct upload_files *files, const struct folder *f, const char *name,
                    const char *text)
{
  int err;
  struct atomic_file *file = upload_files_add(files, f->dir, name, &err);
  assert_non_null(file);
  assert_int_equal(atomic_file_write(file, text, strlen(text)), 0);
}

static void assert_print(const struct upload_files *files, bool json, const char *part)
{
  struct buffer out = {0};
  assert_int_equal(upload_files_print(&out, files, json), 0);
  char *text = buffer_take_text(&out);
  if (!strstr(text, part))
    fail_msg("there is no\n%s\nin\n%s", part, text);
  free(text);
}

static bool is_there(const struct folder *f, const char *name)
{
  struct stat st;
  return fstatat(f->dir, name, &st, 0) == 0;
}

static void one_that_cannot_be_stored_keeps_no_other_from_it(void **state)
{
  const struct folder *f = *state;
  struct upload_files files;
  upload_files_init(&files);
  assert_null(upload_files_first(&files));
  receive(&files, f, "one", "1");
  receive(&files, f, "two&\"", "22");
  receive(&files, f, "three", "333");
  assert_string_equal(upload_files_first(&files)->name, "one");
  folder_put(f->dir, "two&\"", "first");
  assert_false(is_there(f, "one"));
  assert_int_equal(upload_files_publish(&files, false)->status, 409);
  assert_true(is_there(f, "one"));
  assert_true(is_there(f, "three"));
  assert_print(&files, true,
               "[\n{\"name\":\"one\",\"size\":1},\n"
               "{\"name\":\"two&\\\"\",\"error\":\"a file with that name already exists\"},\n"
               "{\"name\":\"three\",\"size\":3}\n]\n");
  assert_print(&files, false,
               "<li>one: stored</li>\n"
               "<li>two&amp;&quot;: a file with that name already exists</li>\n"
               "<li>three: stored</li>\n");
  upload_files_release(&files);
}

static void the_first_error_is_the_one_of_all(void **state)
{
  const struct folder *f = *state;
  struct upload_files files;
  upload_files_init(&files);
  receive(&files, f, "folder", "1");
  receive(&files, f, "file", "2");
  folder_sub(f->dir, "folder");
  folder_put(f->dir, "file", "first");
  assert_string_equal(upload_files_publish(&files, true)->reason,
                      upload_refusal_of(UV_EISDIR).reason);
  assert_print(&files, true, "{\"name\":\"file\",\"size\":1}");
  upload_files_release(&files);
}

static void one_that_was_refused_at_its_beginning_is_named_with_the_others(void **state)
{
  static const struct upload_refusal refusal = {400, "a file cannot have that name here"};
  const struct folder *f = *state;
  struct upload_files files;
  int err;
  upload_files_init(&files);
  assert_int_equal(upload_files_add_refused(&files, "a\"b", refusal), 0);
  assert_null(upload_files_first(&files));
  receive(&files, f, "one", "1");
  assert_string_equal(upload_files_first(&files)->name, "one");
  assert_null(upload_files_add(&files, f->dir, "a\"b", &err));
  assert_int_equal(upload_files_publish(&files, false)->status, 400);
  assert_true(is_there(f, "one"));
  assert_print(&files, true,
               "[\n{\"name\":\"a\\\"b\",\"error\":\"a file cannot have that name here\"},\n"
               "{\"name\":\"one\",\"size\":1}\n]\n");
  assert_print(&files, false,
               "<li>a&quot;b: a file cannot have that name here</li>\n<li>one: stored</li>\n");
  upload_files_release(&files);
}

static void a_name_may_come_once(void **state)
{
  const struct folder *f = *state;
  struct upload_files files;
  int err = 0;
  upload_files_init(&files);
  receive(&files, f, "one", "1");
  assert_null(upload_files_add(&files, f->dir, "one", &err));
  assert_int_equal(err, UV_EEXIST);
  assert_null(upload_files_add(&files, -1, "two", &err));
  assert_int_equal(err, UV_EBADF);
  assert_int_equal(files.count, 1);
  upload_files_release(&files);
  assert_false(is_there(f, "one"));
}

static void no_file_is_an_empty_array(void **state)
{
  struct upload_files files;
  (void)state;
  upload_files_init(&files);
  assert_null(upload_files_publish(&files, false));
  assert_print(&files, true, "[\n]\n");
  upload_files_release(&files);
}

static void each_error_has_a_status(void **state)
{
  static const struct {
    int err;
    unsigned status;
  } rows[] = {
      {UV_EEXIST, 409}, {UV_EISDIR, 409},       {UV_ENOTDIR, 409}, {UV_ENOTEMPTY, 409},
      {UV_ENOENT, 409}, {UV_ENAMETOOLONG, 400}, {UV_EACCES, 403},  {UV_EPERM, 403},
      {UV_EROFS, 403},  {UV_ENOSPC, 507},       {-EDQUOT, 507},    {UV_EFBIG, 507},
      {UV_EIO, 500},    {UV_ENOMEM, 500},       {UV_EMFILE, 500},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_int_equal(upload_refusal_of(rows[i].err).status, rows[i].status);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      IN_FOLDER(one_that_cannot_be_stored_keeps_no_other_from_it),
      IN_FOLDER(the_first_error_is_the_one_of_all),
      IN_FOLDER(one_that_was_refused_at_its_beginning_is_named_with_the_others),
      IN_FOLDER(a_name_may_come_once),
      IN_FOLDER(no_file_is_an_empty_array),
      IN_FOLDER(each_error_has_a_status),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
