/* The line of a request: nothing from outside can end its field, whatever it is. */
#include "tests/unit/lib/harness.h"

#include "cmd/run/access_log.h"
#include "core/base/log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { A_TIME = 1795248611 }; /* 2026-11-21 08:10:11 UTC */

static unsigned stderr_writes;

/* Stands before the C library's, to count. */
ssize_t write(int fd, const void *data, size_t n)
{
  stderr_writes += fd == STDERR_FILENO;
  return syscall(SYS_write, fd, data, n);
}

#define SPAN(literal)                                                                              \
  {                                                                                                \
    literal, sizeof(literal) - 1                                                                   \
  }

static void use_zone(const char *zone)
{
  setenv("TZ", zone, 1);
  tzset();
}

static const char *line_of(struct capture *log, const struct access_entry *e)
{
  struct access_log state = {0};
  capture_start(log);
  access_log_write(&state, e);
  return capture_stop(log);
}

static void a_request_is_a_line_of_the_combined_format(void **state)
{
  static const struct {
    struct access_entry entry;
    const char *line;
  } rows[] = {
      {{.host = SPAN("192.0.2.1"),
        .user = SPAN("alice"),
        .line = SPAN("GET /x?y=1 HTTP/1.1"),
        .referer = SPAN("http://example.com/"),
        .agent = SPAN("curl/8.0"),
        .status = 200,
        .bytes = 1234,
        .duration_ms = 3,
        .time = A_TIME},
       "192.0.2.1 - alice [21/Nov/2026:08:10:11 +0000] \"GET /x?y=1 HTTP/1.1\" 200 1234 "
       "\"http://example.com/\" \"curl/8.0\" 0.003\n"},
      {{.host = SPAN("2001:db8::1"),
        .line = SPAN("HEAD / HTTP/1.0"),
        .status = 304,
        .duration_ms = 61042,
        .time = A_TIME},
       "2001:db8::1 - - [21/Nov/2026:08:10:11 +0000] \"HEAD / HTTP/1.0\" 304 - \"-\" \"-\" "
       "61.042\n"},
      {{.host = SPAN("unix:"), .status = 408, .bytes = UINT64_MAX, .time = 0},
       "unix: - - [01/Jan/1970:00:00:00 +0000] \"-\" 408 18446744073709551615 \"-\" \"-\" 0.000\n"},
  };
  (void)state;
  use_zone("UTC0");
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct capture log;
    stderr_writes = 0;
    assert_string_equal(line_of(&log, &rows[i].entry), rows[i].line);
    assert_int_equal(stderr_writes, 1);
  }
}

static void nothing_from_outside_ends_its_field(void **state)
{
  static const struct {
    struct span text;
    const char *quoted, *word;
  } rows[] = {
      {SPAN("a\"b"), "a\\x22b", "a\\x22b"},
      {SPAN("\"\""), "\\x22\\x22", "\\x22\\x22"},
      {SPAN("a b"), "a b", "a\\x20b"},
      {SPAN("\\\""), "\\\\\\x22", "\\\\\\x22"},
      {SPAN("a\r\nb\tc"), "a\\r\\nb\\tc", "a\\r\\nb\\tc"},
      {SPAN("a\0b"), "a\\x00b", "a\\x00b"},
      {SPAN("\x1b[31m\x7f"), "\\x1b[31m\\x7f", "\\x1b[31m\\x7f"},
      {SPAN("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
      {SPAN("\xc3\"\xbc"), "\\xc3\\x22\\xbc", "\\xc3\\x22\\xbc"},
      {SPAN("\xe2\x80\xae"), "\\xe2\\x80\\xae", "\\xe2\\x80\\xae"}, /* U+202E turns the writing */
      {SPAN("-"), "-", "-"},
  };
  (void)state;
  use_zone("UTC0");
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct capture log;
    struct span s = rows[i].text;
    struct access_entry e = {
        .host = s, .user = s, .line = s, .referer = s, .agent = s, .status = 400, .time = A_TIME};
    const char *q = rows[i].quoted, *w = rows[i].word;
    char want[512];
    snprintf(want, sizeof want,
             "%s - %s [21/Nov/2026:08:10:11 +0000] \"%s\" 400 - \"%s\" \"%s\" 0.000\n", w, w, q, q,
             q);
    assert_string_equal(line_of(&log, &e), want);
  }
}

/* `n` bytes with that beginning and end, and zeros between them; `out` has room for one more. */
static struct span long_line(char *out, size_t n, const char *begin, const char *end)
{
  int between = (int)(n - strlen(begin) - strlen(end));
  snprintf(out, n + 1, "%s%0*d%s", begin, between, 0, end);
  return (struct span){out, n};
}

static void a_request_line_that_is_none_is_cut(void **state)
{
  static const struct {
    const char *begin, *end;
    bool is_cut;
  } rows[] = {
      {"GET /", " HTTP/1.1", false}, {"GET /", " HTTP/9", false},   {"GET /", "", true},
      {"", " HTTP/1.1", true},       {" /", " HTTP/1.1", true},     {"GET  /", " HTTP/1.1", true},
      {"GET / ", " HTTP/1.1", true}, {"GET /", "  HTTP/1.1", true}, {"GET /", " HTTP/1.1 ", true},
      {"GET /", " HTTP/", true},     {"GET /", " http/1.1", true},
  };
  enum { LONG = 2 * ACCESS_LONGEST_BAD_LINE };
  char text[LONG + 1];
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct capture log;
    struct access_entry e = {.status = 400};
    e.line = long_line(text, LONG, rows[i].begin, rows[i].end);
    const char *line = strchr(line_of(&log, &e), '"') + 1;
    size_t shown = (size_t)(strchr(line, '"') - line);
    assert_int_equal(shown, rows[i].is_cut ? ACCESS_LONGEST_BAD_LINE : LONG);
    assert_memory_equal(line, text, shown);
  }
}

static void the_time_is_local_and_says_how_far_from_UTC(void **state)
{
  static const struct {
    const char *zone, *date;
  } rows[] = {
      {"UTC0", "[21/Nov/2026:08:10:11 +0000]"},
      {"IST-5:30", "[21/Nov/2026:13:40:11 +0530]"},
      {"EST5", "[21/Nov/2026:03:10:11 -0500]"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct capture log;
    use_zone(rows[i].zone);
    assert_non_null(strstr(line_of(&log, &(struct access_entry){.time = A_TIME}), rows[i].date));
  }
  use_zone("UTC0");
}

static void each_second_has_its_own_date(void **state)
{
  struct access_log a = {0};
  struct capture log;
  (void)state;
  use_zone("UTC0");
  capture_start(&log);
  for (int64_t time = 0; time <= 1; time++)
    for (int i = 0; i < 2; i++)
      access_log_write(&a, &(struct access_entry){.time = time});
  capture_stop(&log);
  assert_string_equal(log.text, "- - - [01/Jan/1970:00:00:00 +0000] \"-\" 0 - \"-\" \"-\" 0.000\n"
                                "- - - [01/Jan/1970:00:00:00 +0000] \"-\" 0 - \"-\" \"-\" 0.000\n"
                                "- - - [01/Jan/1970:00:00:01 +0000] \"-\" 0 - \"-\" \"-\" 0.000\n"
                                "- - - [01/Jan/1970:00:00:01 +0000] \"-\" 0 - \"-\" \"-\" 0.000\n");
}

/* JSON. */

/* What stands behind the time, which is now. */
static const char *after_time(const char *line)
{
  const char *end = strstr(line, "Z\",");
  assert_non_null(end);
  return end + 3;
}

static void a_request_is_a_JSON_object(void **state)
{
  static const struct {
    struct access_entry entry;
    const char *fields;
  } rows[] = {
      {{.host = SPAN("192.0.2.1"),
        .user = SPAN("al \"ice"),
        .line = SPAN("GET /x HTTP/1.1"),
        .referer = SPAN("r\0\xff"),
        .agent = SPAN("a\n"),
        .status = 200,
        .bytes = 1234,
        .duration_ms = 1003,
        .time = A_TIME},
       "\"host\":\"192.0.2.1\",\"user\":\"al \\\"ice\",\"method\":\"GET\",\"target\":\"/x\","
       "\"version\":\"HTTP/"
       "1.1\",\"status\":200,\"bytes\":1234,\"referer\":\"r\\u0000\xef\xbf\xbd\","
       "\"agent\":\"a\\u000a\",\"seconds\":1.003}\n"},
      {{.host = SPAN("::1"), .line = SPAN("GET /a b HTTP/1.1"), .status = 400, .time = A_TIME},
       "\"host\":\"::1\",\"line\":\"GET /a b HTTP/1.1\",\"status\":400,\"bytes\":0,"
       "\"seconds\":0.000}\n"},
      {{.host = SPAN("::1"), .status = 408, .duration_ms = 30000, .time = A_TIME},
       "\"host\":\"::1\",\"status\":408,\"bytes\":0,\"seconds\":30.000}\n"},
  };
  (void)state;
  log_setup("serve", LOG_INFO, true);
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct capture log;
    char want[512];
    snprintf(want, sizeof want, "\"level\":\"info\",\"command\":\"serve\",\"event\":\"request\",%s",
             rows[i].fields);
    stderr_writes = 0;
    line_of(&log, &rows[i].entry);
    assert_int_equal(stderr_writes, 1);
    assert_string_equal(after_time(log.text), want);
  }
  log_setup(NULL, LOG_INFO, false);
}

static void q_leaves_requests_out(void **state)
{
  struct capture log;
  (void)state;
  for (int json = 0; json <= 1; json++) {
    log_setup("serve", LOG_NOTICE, json);
    assert_string_equal(line_of(&log, &(struct access_entry){.status = 200}), "");
  }
  log_setup(NULL, LOG_INFO, false);
}

/* Keeping. */

static void a_kept_entry_needs_the_request_no_more(void **state)
{
  char request[] = "GET /x HTTP/1.1";
  struct capture log;
  struct access_entry e = {.host = SPAN("h"), .user = SPAN("u"), .agent = SPAN("a"), .status = 200};
  (void)state;
  use_zone("UTC0");
  e.line = (struct span){request, strlen(request)};
  assert_int_equal(access_entry_keep(&e), 0);
  memset(request, '!', sizeof request);
  e.user = (struct span)SPAN("later");
  assert_int_equal(access_entry_keep(&e), 0); /* again, for what came since */
  assert_string_equal(line_of(&log, &e), "h - later [01/Jan/1970:00:00:00 +0000] "
                                         "\"GET /x HTTP/1.1\" 200 - \"-\" \"a\" 0.000\n");
  access_entry_release(&e);
  assert_null(e.kept);
  assert_int_equal(access_entry_keep(&e), 0); /* nothing to keep is kept too */
  access_entry_release(&e);
  access_entry_release(&e);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_request_is_a_line_of_the_combined_format),
      TEST(nothing_from_outside_ends_its_field),
      TEST(a_request_line_that_is_none_is_cut),
      TEST(the_time_is_local_and_says_how_far_from_UTC),
      TEST(each_second_has_its_own_date),
      TEST(a_request_is_a_JSON_object),
      TEST(q_leaves_requests_out),
      TEST(a_kept_entry_needs_the_request_no_more),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
