/* Memory that runs out, one allocation after the other, wherever base, os, codec and crypto ask for
 * some: UV_ENOMEM comes out, and nothing is left behind. */
#include "tests/unit/lib/harness.h"

#include "core/base/error.h"
#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/base/log_queue.h"
#include "core/base/width.h"
#include "core/codec/base64.h"
#include "core/codec/charset.h"
#include "core/codec/html.h"
#include "core/codec/idn.h"
#include "core/codec/urlencoded.h"
#include "core/crypto/digest.h"
#include "core/event/log_drain.h"
#include "core/os/atomic_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* So many allocations succeed, and the rest fail; negative for all succeed. */
static int granted = -1;
static bool refused;

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);

static bool may_allocate(void)
{
  if (granted < 0 || granted-- > 0)
    return true;
  granted = 0;
  refused = true;
  return false;
}

void *__wrap_malloc(size_t n)
{
  return may_allocate() ? __real_malloc(n) : NULL;
}

void *__wrap_calloc(size_t count, size_t n)
{
  return may_allocate() ? __real_calloc(count, n) : NULL;
}

/* Each of these is done again with one allocation more, until it works. */
static void run_short(int (*call)(void))
{
  int err = UV_ENOMEM;
  for (int n = 0; err; n++) {
    assert_in_range(n, 0, 50);
    refused = false;
    granted = n;
    err = call();
    granted = -1;
    assert_int_equal(err, refused ? UV_ENOMEM : 0);
  }
}

/* More than the first memory of a buffer holds, escaped or not. */
static const char text[] =
    "\x1b\"&<>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "\x1b\"&<>bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    "\xff\"&<>cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";
enum { TEXT_LENGTH = sizeof text - 1 };

static int released(struct buffer *b, int err)
{
  buffer_release(b);
  return err;
}

static int append(void)
{
  struct buffer b = {0};
  int err = buffer_printf(&b, "%s", text);
  if (!err)
    err = buffer_append(&b, text, TEXT_LENGTH);
  return released(&b, err);
}

static int give_away(void)
{
  struct buffer b = {0};
  char *given = buffer_take_text(&b);
  free(given);
  return given ? 0 : UV_ENOMEM;
}

static int escape(void)
{
  struct buffer b = {0};
  return released(&b, escape_text(&b, text, TEXT_LENGTH, ESCAPE_LINE));
}

static int escape_stream(void)
{
  struct buffer b = {0}, part = {0};
  int err = escape_part(&b, &part, text, TEXT_LENGTH);
  buffer_release(&part);
  return released(&b, err);
}

static int json(void)
{
  struct buffer b = {0};
  return released(&b, escape_json(&b, text, TEXT_LENGTH));
}

static int html(void)
{
  struct buffer b = {0};
  return released(&b, html_escape(&b, text, TEXT_LENGTH));
}

static int width(void)
{
  struct buffer b = {0};
  return released(&b, width_append(&b, span_of("abc"), 100));
}

static int base64(void)
{
  struct buffer b = {0};
  return released(&b, base64_encode(&b, text, TEXT_LENGTH));
}

static int charset(void)
{
  struct buffer b = {0};
  return released(&b, charset_to_utf8(&b, text, TEXT_LENGTH));
}

static int urlencoded(void)
{
  struct buffer b = {0};
  return released(&b, urlencoded_decode(&b, span_of("a+b%20c")));
}

static void texts_are_not_made_without_memory(void **state)
{
  static int (*const calls[])(void) = {append, give_away, escape, escape_stream, json,
                                       html,   width,     base64, charset,       urlencoded};
  (void)state;
  for (size_t i = 0; i < LENGTH(calls); i++)
    run_short(calls[i]);
}

static int idn(void)
{
  struct error e;
  char *ascii;
  int err = idn_to_ascii("b\xc3\xbc"
                         "cher.example",
                         &ascii, &e);
  if (!err)
    free(ascii);
  return err;
}

static int digest(void)
{
  struct error e;
  struct digest *d = digest_new(span_of("sha256"), &e);
  digest_free(d);
  return d ? 0 : e.code;
}

static void libraries_are_not_used_without_memory(void **state)
{
  (void)state;
  assert_int_equal(idn(), 0); /* opened */
  assert_int_equal(digest(), 0);
  run_short(idn);
  run_short(digest);
}

static int receive(void)
{
  int err, dir = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct atomic_file *f = atomic_file_new(dir, "file", &err);
  atomic_file_free(f);
  close(dir);
  return f ? 0 : err;
}

static int adopt(void)
{
  struct atomic_file *f = atomic_file_adopt(-1, temporary_file(), "a", "b");
  atomic_file_free(f);
  return f ? 0 : UV_ENOMEM;
}

static void files_are_not_begun_without_memory(void **state)
{
  (void)state;
  run_short(receive);
  run_short(adopt);
}

/* What is not written for want of memory is told later. */
static void log_lines_without_memory_are_counted(void **state)
{
  struct capture log;
  (void)state;
  log_setup(NULL, LOG_INFO, false);
  capture_start(&log);
  for (int n = 0; n < 2; n++) {
    granted = n;
    log_error("%s", text);
  }
  granted = 0;
  log_event(LOG_INFO, "event", NULL);
  log_event(LOG_INFO, "event", NULL); /* nor can it be told */
  granted = -1;
  log_event(LOG_INFO, "event", NULL);
  assert_string_equal(capture_stop(&log), "anet: 4 log lines were lost\nanet: event\n");
  log_setup(NULL, LOG_INFO, false);
}

/* Without a drain, the lines are written as before there was a loop. */
static void without_memory_the_loop_does_not_drain(void **state)
{
  struct capture log;
  (void)state;
  log_setup(NULL, LOG_INFO, false);
  granted = 0;
  log_drain_start(*state);
  granted = -1;
  capture_start(&log);
  log_error("line");
  assert_string_equal(capture_stop(&log), "anet: line\n");
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(texts_are_not_made_without_memory),      TEST(libraries_are_not_used_without_memory),
      TEST(files_are_not_begun_without_memory),     TEST(log_lines_without_memory_are_counted),
      TEST(without_memory_the_loop_does_not_drain),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
