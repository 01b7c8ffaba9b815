/* The head of a request while it comes: where it ends, and what cannot become one. */
#include "tests/unit/lib/harness.h"

#include "core/http/message/head.h"

#include <stdlib.h>

static void the_end_of_a_head_is_found_however_it_comes(void **state)
{
  static const struct {
    const char *data;
    size_t length;
  } rows[] = {
      {"", 0},
      {"\r", 0},
      {"\n", 0},
      {"\r\n", 0},
      {"\r\n\r\n", 0},
      {"\n\n\n\n", 0},
      {"\n\r\n\n", 0},
      {"G", 0},
      {"GET / HTTP/1.1\r\n", 0},
      {"GET / HTTP/1.1\r\n\r", 0},
      {"GET / HTTP/1.1\r\n\r\n", 18},
      {"GET / HTTP/1.1\n\n", 16},
      {"GET / HTTP/1.1\r\n\n", 17},
      {"GET / HTTP/1.1\n\r\n", 17},
      {"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", 18},
      {"a\n\n\n", 3},
      {"\r\na\r\n\r\n", 7},
      {"\n\n\na\n\n", 6},
      {"\r\n\r\na\r\n\r\n", 9},
      {"a\r\nb\r\n\r\nc", 8},
      {"a\r\n \r\n\r\n", 8},
      {"a\r\r\n", 0},
      {"a\n\r\r\n\n", 6},
      {"\r\r\n\n", 4},
      {"\r\r\n\r\n", 5},
      {"a\r\n\r", 0},
      {"a\r\n\rb", 0},
      {"a\n\rb\n\n", 6},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    size_t n = strlen(rows[i].data), scanned = 0, came = 0, length = 0;
    if (http_head_length(rows[i].data, n, &scanned) != rows[i].length)
      fail_msg("row %zu, at once", i);
    if (http_head_length(rows[i].data, n, &scanned) != rows[i].length)
      fail_msg("row %zu, again", i);
    scanned = 0;
    while (length == 0 && came < n)
      length = http_head_length(rows[i].data, ++came, &scanned);
    if (length != rows[i].length || (length > 0 && came != length))
      fail_msg("row %zu, byte by byte", i);
  }
}

static void a_beginning_tells_what_can_be_no_request(void **state)
{
  static const char no_http[] = "this does not begin like HTTP", tls[] = "this is TLS, not HTTP";
  static const struct {
    const char *data;
    unsigned status;
    const char *reason;
  } rows[] = {
      {"", 0, NULL},
      {"G", 0, NULL},
      {"GET", 0, NULL},
      {"GET ", 0, NULL},
      {"GET /", 0, NULL},
      {"GET / HTTP/1.1\r\nHost: h\r\n", 0, NULL},
      {"brew", 0, NULL},
      {"\r", 0, NULL},
      {"\n", 0, NULL},
      {"\r\n", 0, NULL},
      {"\r\nGET", 0, NULL},
      {"\nGET /", 0, NULL},
      {"\r\n\r", 400, no_http},
      {"\r\n\r\n", 400, no_http},
      {"\n\n", 400, no_http},
      {"\rG", 400, no_http},
      {"\r\r", 400, no_http},
      {" ", 400, no_http},
      {"\t", 400, no_http},
      {"\x01", 400, no_http},
      {"\x80", 400, no_http},
      {"\xff\xf4\xff\xfd\x06", 400, no_http},
      {"\x16", 400, no_http},
      {"\x16\x02", 400, no_http},
      {"\x16\x03", 400, tls},
      {"\x16\x03\x01\x02", 400, tls},
      {"SSH-2.0-OpenSSH_9.2\r\n", 400, no_http},
      {"GET\r\n", 400, no_http},
      {"GET\t/", 400, no_http},
      {"GET:", 400, no_http},
      {"{\"a\"", 400, no_http},
      {"<a>", 400, no_http},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    const char *reason = NULL;
    unsigned status = http_bad_beginning(rows[i].data, strlen(rows[i].data), &reason);
    if (status != rows[i].status)
      fail_msg("row %zu, '%s': %u", i, rows[i].data, status);
    if (status != 0)
      assert_string_equal(reason, rows[i].reason);
  }
  const char *reason;
  assert_int_equal(http_bad_beginning("\0", 1, &reason), 400);
}

/* `before`, so many of a letter, `after`. */
static char *long_text(const char *before, char letter, size_t n, const char *after)
{
  size_t size = strlen(before) + n + strlen(after) + 1;
  char *text = malloc(size);
  assert_non_null(text);
  char *end = stpcpy(text, before);
  memset(end, letter, n);
  strcpy(end + n, after);
  return text;
}

static void a_beginning_that_is_too_long_is_told(void **state)
{
  static const struct {
    const char *before;
    char letter;
    size_t n; /* letters behind it; one more is too many */
    unsigned status;
  } rows[] = {
      {"", 'x', HTTP_LONGEST_LINE + 2, 501},
      {"GET /", 'x', HTTP_LONGEST_LINE + 2 - 5, 414},
      {"\r\nGET /", 'x', HTTP_LONGEST_LINE + 2 - 5, 414},
      {"GET /", ' ', HTTP_LONGEST_LINE + 2 - 5, 414},
      {"GET / HTTP/1.1\n", 'x', HTTP_LONGEST_HEAD - 15, 431},
      {"\nGET / HTTP/1.1\n", 'x', HTTP_LONGEST_HEAD - 16, 431},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    const char *reason;
    char *text = long_text(rows[i].before, rows[i].letter, rows[i].n + 1, "");
    size_t n = strlen(text);
    assert_int_equal(http_bad_beginning(text, n - 1, &reason), 0);
    assert_int_equal(http_bad_beginning(text, n, &reason), rows[i].status);
    free(text);
  }
}

/* A line that is just not too long, in a head that is whole only later. */
static void the_longest_line_may_begin(void **state)
{
  char *text = long_text("", 'x', HTTP_LONGEST_LINE - 11, " / HTTP/1.0\r\n\r\n");
  const char *reason;
  (void)state;
  for (size_t n = 0; n < strlen(text); n++)
    assert_int_equal(http_bad_beginning(text, n, &reason), 0);
  free(text);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(the_end_of_a_head_is_found_however_it_comes),
      TEST(a_beginning_tells_what_can_be_no_request),
      TEST(a_beginning_that_is_too_long_is_told),
      TEST(the_longest_line_may_begin),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
