/* Bodies on their way to a file, and the checksum that decides whether the file stays. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "cmd/cli/exit_code.h"
#include "cmd/fetch/body_saver.h"

#include <stdio.h>
#include <unistd.h>
#include <uv.h>

/* Of `hello\n`. */
#define SHA256 "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"

static int finish_error; /* what digest_finish fails with; 0 for nothing */

int __real_digest_finish(struct digest *d, char hex[2 * DIGEST_LONGEST + 1]);
int __wrap_digest_finish(struct digest *d, char hex[2 * DIGEST_LONGEST + 1]);

int __wrap_digest_finish(struct digest *d, char hex[2 * DIGEST_LONGEST + 1])
{
  return finish_error ? finish_error : __real_digest_finish(d, hex);
}

static struct body_saver saver;
static struct output output;
static struct failure failure;
static bool is_complete, has_failed;

static void room(struct body_saver *s)
{
  (void)s;
}

static void complete(struct body_saver *s)
{
  (void)s;
  is_complete = true;
}

static void failed(struct body_saver *s, const struct failure *f)
{
  (void)s;
  has_failed = true;
  failure = *f;
}

/* Saves `text` in DIR/file, which is to have that checksum. */
static void save(const struct folder *f, const char *text, const char *sum)
{
  static const struct body_saver_ops ops = {.room = room, .complete = complete, .failed = failed};
  static const struct body_saver_form form = {.resumes = false};
  char path[2 * PATH_MAX];
  struct checksum checksum = {{0}, NULL};
  struct error e;
  is_complete = has_failed = false;
  snprintf(path, sizeof path, "%s/file", f->path);
  if (sum)
    assert_int_equal(checksum_parse(&checksum, sum, &e), 0);
  assert_int_equal(output_init(&output, path, false, &e), 0);
  output.keeps = true;
  assert_int_equal(body_saver_open(&saver, f->reactor, &output, &form, &checksum, NULL, &ops, &e),
                   EXIT_DONE);
  body_saver_write(&saver, text, strlen(text));
  body_saver_end(&saver);
  assert_true(is_complete != has_failed);
}

static void done_with(void)
{
  body_saver_close(&saver);
  output_release(&output);
  finish_error = 0;
}

static void a_body_with_its_sum_is_complete(void **state)
{
  save(*state, "hello\n", "sha256:" SHA256);
  assert_true(is_complete);
  done_with();
  save(*state, "hello\n", NULL);
  assert_true(is_complete);
  done_with();
}

static void a_body_with_another_sum_is_removed(void **state)
{
  save(*state, "hallo\n", "sha256:" SHA256);
  assert_true(has_failed);
  assert_int_equal(failure.code, EXIT_FAILED);
  assert_non_null(strstr(failure.error.text, "not " SHA256));
  assert_null(output.file);
  done_with();
}

static void a_sum_that_cannot_be_computed_says_so_and_condemns_no_file(void **state)
{
  finish_error = UV_ENOMEM;
  save(*state, "hello\n", "sha256:" SHA256);
  assert_true(has_failed);
  assert_int_equal(failure.code, EXIT_FAILED);
  assert_string_equal(failure.error.text, "checksum: not enough memory");
  assert_true(failure.keeps);
  assert_non_null(output.file);
  done_with();
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      IN_FOLDER(a_body_with_its_sum_is_complete),
      IN_FOLDER(a_body_with_another_sum_is_removed),
      IN_FOLDER(a_sum_that_cannot_be_computed_says_so_and_condemns_no_file),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
