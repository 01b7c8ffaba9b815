/* The head of a response: what is taken, and what is refused and why. */
#include "tests/unit/lib/harness.h"

#include "core/http/message/response.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct http_response response;

/* What is made of a head, as a person would say it: "200 length 5", or the reason. */
static const char *parse_bytes(const char *head, size_t n, bool to_head)
{
  static const char *const framings[] = {
      [HTTP_NO_BODY] = "none",
      [HTTP_LENGTH] = "length",
      [HTTP_CHUNKED] = "chunked",
      [HTTP_TO_CLOSE] = "to close",
  };
  static char text[100];
  struct http_response *r = &response;
  memset(r, 0xa5, sizeof *r);
  if (!http_parse_response(r, head, n, to_head)) {
    assert_non_null(r->reason);
    return r->reason;
  }
  assert_null(r->reason);
  int length = snprintf(text, sizeof text, "%u %s", r->status, framings[r->framing]);
  if (r->has_length)
    snprintf(text + length, sizeof text - (size_t)length, " %" PRIu64, r->length);
  else
    assert_int_equal(r->length, 0);
  return text;
}

static const char *parse(const char *head, bool to_head)
{
  return parse_bytes(head, strlen(head), to_head);
}

struct row {
  const char *head, *made;
};

static void assert_makes(const struct row *rows, size_t n, bool to_head)
{
  for (size_t i = 0; i < n; i++) {
    const char *made = parse(rows[i].head, to_head);
    if (strcmp(made, rows[i].made) != 0)
      fail_msg("row %zu: %s, not %s", i, made, rows[i].made);
  }
}

#define OK   "HTTP/1.1 200 OK\r\n"
#define OK10 "HTTP/1.0 200 OK\r\n"

static void the_status_line_is_taken_apart(void **state)
{
  static const struct {
    const char *head, *line;
    unsigned status, minor;
    const char *words;
  } rows[] = {
      {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK", 200, 1, "OK"},
      {"HTTP/1.0 404 Not Found\r\n\r\n", "HTTP/1.0 404 Not Found", 404, 0, "Not Found"},
      {"HTTP/1.9 100 \r\n\r\n", "HTTP/1.9 100 ", 100, 1, ""},
      {"HTTP/1.1 200\r\n\r\n", "HTTP/1.1 200", 200, 1, ""},
      {"HTTP/1.1 200\n\n", "HTTP/1.1 200", 200, 1, ""},
      {"HTTP/1.1 999  a\tb \xfc\n\r\n", "HTTP/1.1 999  a\tb \xfc", 999, 1, " a\tb \xfc"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    assert_true(http_parse_response(&response, rows[i].head, strlen(rows[i].head), false));
    assert_int_equal(response.status, rows[i].status);
    assert_int_equal(response.minor, rows[i].minor);
    assert_true(span_is(response.line, rows[i].line));
    assert_true(span_is(response.words, rows[i].words));
  }
}

static const char not_http[] = "no status line: HTTP/0.9, or not HTTP";
static const char other_version[] = "a version of HTTP other than 1";
static const char bad_version[] = "malformed version";
static const char bad_status[] = "malformed status";
static const char tls[] = "this is TLS, not HTTP";

/* How a response cannot begin. The row's last byte is the first that shows it. */
static const struct row beginnings[] = {
    {"<", not_http},
    {"h", not_http},
    {"\r", not_http},
    {"\n", not_http},
    {" ", not_http},
    {"HTTp", not_http},
    {"HTTP ", not_http},
    {"HTTP1", not_http},
    {"I", not_http},
    {"\x15", tls},
    {"\x16", tls},
    {"HTTP/2", other_version},
    {"HTTP/0", other_version},
    {"HTTP/\n", other_version},
    {"HTTP/11", other_version},
    {"HTTP/1 ", other_version},
    {"HTTP/1.x", bad_version},
    {"HTTP/1.\n", bad_version},
    {"HTTP/1.10", bad_version},
    {"HTTP/1.1\r", bad_version},
    {"HTTP/1.1\n", bad_version},
    {"HTTP/1.1\t", bad_version},
    {"HTTP/1.1  ", bad_status},
    {"HTTP/1.1 \r", bad_status},
    {"HTTP/1.1 0", bad_status},
    {"HTTP/1.1 -", bad_status},
    {"HTTP/1.1 20 ", bad_status},
    {"HTTP/1.1 20\r", bad_status},
    {"HTTP/1.1 2x", bad_status},
    {"HTTP/1.1 20/", bad_status},
    {"HTTP/1.1 20:", bad_status},
    {"HTTP/1.1 2000", bad_status},
    {"HTTP/1.1 200O", bad_status},
    {"HTTP/1.1 200\t", bad_status},
};

static void what_cannot_become_a_response_is_told_by_its_first_wrong_byte(void **state)
{
  (void)state;
  for (size_t i = 0; i < LENGTH(beginnings); i++) {
    const char *head = beginnings[i].head;
    size_t n = strlen(head);
    assert_null(http_bad_response_beginning(head, n - 1));
    const char *reason = http_bad_response_beginning(head, n);
    if (!reason || strcmp(reason, beginnings[i].made) != 0)
      fail_msg("row %zu: %s, not %s", i, reason ? reason : "taken", beginnings[i].made);
  }
  static const char fine[] = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  for (size_t n = 0; n < sizeof fine; n++)
    assert_null(http_bad_response_beginning(fine, n));
}

static void a_line_that_is_no_status_line_is_refused(void **state)
{
  static const struct row rows[] = {
      {"\r\nHTTP/1.1 200 OK\r\n\r\n", not_http}, /* a request may have one before it, this not */
      {"<html>\r\n\r\n", not_http},
      {"HTTP/2 200\r\n\r\n", other_version},
      {"HTTP/2.0 200 OK\r\n\r\n", other_version},
      {"HTTP/1.1 20 OK\r\n\r\n", bad_status},
      {"HTTP/1.1 2000 OK\r\n\r\n", bad_status},
      {"HTTP/1.1 099 OK\r\n\r\n", bad_status},
      {"HTTP/1.1  200 OK\r\n\r\n", bad_status},
      {"HTTP/1.1 200 O\rK\r\n\r\n", "a control character in the status line"},
      {"HTTP/1.1 200\rOK\r\n\r\n", "a control character in the status line"},
      {"HTTP/1.1 200 OK\r\r\n\r\n", "a control character in the status line"},
      {"HTTP/1.1 200 O\x01K\r\n\r\n", "a control character in the status line"},
      {"HTTP/1.1 200 OK", "the status line has no end"},
      {"HTTP/1.1 200", "the status line has no end"},
      {"HTTP", "the status line has no end"},
      {"", "the status line has no end"},
  };
  (void)state;
  assert_makes(rows, LENGTH(rows), false);
  for (size_t i = 0; i < LENGTH(beginnings); i++)
    assert_string_equal(parse(beginnings[i].head, false), beginnings[i].made);
}

static void how_the_body_ends_is_told(void **state)
{
  static const struct row rows[] = {
      {OK "\r\n", "200 to close"},
      {OK10 "\r\n", "200 to close"},
      {OK "Content-Length: 0\r\n\r\n", "200 length 0"},
      {OK10 "Content-Length: 5\r\n\r\n", "200 length 5"},
      {OK "content-length:\t 5 \r\n\r\n", "200 length 5"},
      {OK "Content-Length: 005\r\n\r\n", "200 length 5"},
      {OK "Content-Length: 18446744073709551615\r\n\r\n", "200 length 18446744073709551615"},
      {OK "Content-Length: 5, 5\r\n\r\n", "200 length 5"},
      {OK "Content-Length: 5,5 , 05\r\n\r\n", "200 length 5"},
      {OK "Content-Length: 5\r\nA: b\r\nContent-Length: 5\r\n\r\n", "200 length 5"},
      {OK "Transfer-Encoding: chunked\r\n\r\n", "200 chunked"},
      {OK "Transfer-Encoding: CHUNKED,\r\n\r\n", "200 chunked"},
      {"HTTP/1.1 404 Not Found\nContent-Length: 5\n\n", "404 length 5"},
      {"HTTP/1.1 404 Not Found\nTransfer-Encoding: chunked\r\n\n", "404 chunked"},
  };
  (void)state;
  assert_makes(rows, LENGTH(rows), false);
}

static void some_responses_have_no_body_whatever_they_say(void **state)
{
  static const struct row rows[] = {
      {"HTTP/1.1 204 No Content\r\n\r\n", "204 none"},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "204 none 5"},
      {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", "204 none"},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304 none 5"},
      {"HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n", "100 none 5"},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "101 none"},
      {"HTTP/1.1 199 A\r\n\r\n", "199 none"},
      {"HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\n", "205 length 5"},
  };
  static const struct row to_head[] = {
      {OK "\r\n", "200 none"},
      {OK "Content-Length: 5\r\n\r\n", "200 none 5"},
      {OK "Transfer-Encoding: chunked\r\n\r\n", "200 none"},
      {"HTTP/1.1 404 Not Found\r\n\r\n", "404 none"},
  };
  (void)state;
  assert_makes(rows, LENGTH(rows), false);
  assert_makes(to_head, LENGTH(to_head), true);
}

static void a_doubt_about_where_the_body_ends_is_refused(void **state)
{
  static const char bad[] = "malformed Content-Length";
  static const char differ[] = "two Content-Lengths that differ";
  static const char both[] = "Content-Length with Transfer-Encoding";
  static const char last[] = "the last transfer coding is not chunked";
  static const struct row rows[] = {
      {"Content-Length: 6x\r\n", bad},
      {"Content-Length: -6\r\n", bad},
      {"Content-Length: +6\r\n", bad},
      {"Content-Length: 0x6\r\n", bad},
      {"Content-Length: 6 6\r\n", bad},
      {"Content-Length: 6.0\r\n", bad},
      {"Content-Length: \"6\"\r\n", bad},
      {"Content-Length:\r\n", bad},
      {"Content-Length: ,\r\n", bad},
      {"Content-Length: 5\r\nContent-Length:\r\n", bad},
      {"Content-Length: 5, x\r\n", bad},
      {"Content-Length: 18446744073709551616\r\n", bad},
      {"Content-Length: 99999999999999999999999\r\n", bad},
      {"Content-Length: 5, 6\r\n", differ},
      {"Content-Length: 5\r\nContent-Length: 6\r\n", differ},
      {"Content-Length: 5\r\nA: b\r\nContent-Length: 5, 6\r\n", differ},
      {"Content-Length: 0\r\nContent-Length: 5\r\n", differ},
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", both},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", both},
      {"Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", both},
      {"Transfer-Encoding: chunked\r\nContent-Length: x\r\n", both},
      {"Transfer-Encoding: gzip, chunked\r\n", "a transfer coding other than chunked"},
      {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
       "a transfer coding other than chunked"},
      {"Transfer-Encoding: identity, chunked\r\n", "a transfer coding other than chunked"},
      {"Transfer-Encoding: identity\r\n", last},
      {"Transfer-Encoding: gzip\r\n", last},
      {"Transfer-Encoding: chunked, gzip\r\n", last},
      {"Transfer-Encoding: xchunked\r\n", last},
      {"Transfer-Encoding: chunked;a=b\r\n", last},
      {"Transfer-Encoding: chunked, chunked\r\n", "chunked twice"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "chunked twice"},
      {"Transfer-Encoding:\r\n", "malformed Transfer-Encoding"},
      {"Transfer-Encoding: \"chunked\"\r\n", "malformed Transfer-Encoding"},
  };
  static const char *const lines[] = {OK, "HTTP/1.1 204 No Content\r\n",
                                      "HTTP/1.1 304 Not Modified\r\n", "HTTP/1.1 103 Hints\r\n"};
  char head[200];
  (void)state;
  /* Also where there is no body. */
  for (size_t i = 0; i < LENGTH(rows) * LENGTH(lines); i++) {
    const struct row *row = &rows[i % LENGTH(rows)];
    snprintf(head, sizeof head, "%s%s\r\n", lines[i / LENGTH(rows)], row->head);
    assert_string_equal(parse(head, false), row->made);
    assert_string_equal(parse(head, true), row->made);
  }
  assert_string_equal(parse(OK10 "Transfer-Encoding: chunked\r\n\r\n", false),
                      "Transfer-Encoding in HTTP/1.0");
  assert_string_equal(parse(OK10 "Transfer-Encoding: chunked\r\n\r\n", true),
                      "Transfer-Encoding in HTTP/1.0");
}

static void malformed_fields_are_refused(void **state)
{
  static const struct row rows[] = {
      {OK "A: b\r\n c\r\n\r\n", "a line that begins with white space"},
      {OK "A: b\n\tc\n\n", "a line that begins with white space"},
      {OK " A: b\r\n\r\n", "a line that begins with white space"},
      {OK "A : b\r\n\r\n", "white space before the colon"},
      {OK "A\r\n\r\n", "a field without a colon"},
      {OK ": b\r\n\r\n", "malformed field name"},
      {OK "A: b\rC: d\r\n\r\n", "a control character in a field"},
      {OK "A: b\r\r\n\r\n", "a control character in a field"},
      {OK "A: \x01\r\n\r\n", "a control character in a field"},
      {OK "A: b\r\n", "no empty line at the end of the head"},
      {OK "A: b", "no empty line at the end of the head"},
      {OK, "no empty line at the end of the head"},
  };
  static const struct {
    const char *head;
    size_t n;
    const char *reason;
  } with_nul[] = {
      {"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", 24, "a control character in a field"},
      {"HTTP/1.1 200 OK\r\nA\0: b\r\n\r\n", 25, "malformed field name"},
      {"HTTP/1.1 200 O\0K\r\n\r\n", 20, "a control character in the status line"},
      {"HTTP/1.1 200\0\r\n\r\n", 17, bad_status},
      {"\0HTTP/1.1 200\r\n\r\n", 17, not_http},
  };
  (void)state;
  assert_makes(rows, LENGTH(rows), false);
  for (size_t i = 0; i < LENGTH(with_nul); i++)
    assert_string_equal(parse_bytes(with_nul[i].head, with_nul[i].n, false), with_nul[i].reason);
}

static void fields_are_found_by_their_name(void **state)
{
  (void)state;
  assert_string_equal(parse(OK "Location: /a b\r\nlocation: c\r\nX: y\r\n\r\n", false),
                      "200 to close");
  assert_int_equal(response.fields.count, 3);
  assert_true(span_is(http_field(&response.fields, HTTP_LOCATION), "/a b"));
  assert_null(http_field(&response.fields, HTTP_CONTENT_LENGTH).data);
}

static void a_head_has_a_longest_length(void **state)
{
  static const char start[] = OK "A: ", end[] = "\r\n\r\n";
  size_t n = HTTP_LONGEST_RESPONSE_HEAD;
  char *head = malloc(n + 1);
  (void)state;
  assert_non_null(head);
  memset(head, 'x', n + 1);
  memcpy(head, start, sizeof start - 1);
  assert_null(http_bad_response_beginning(head, n));
  assert_string_equal(http_bad_response_beginning(head, n + 1), "the head is too long");
  memcpy(head + n - 4, end, sizeof end - 1);
  assert_string_equal(parse_bytes(head, n, false), "200 to close");
  memcpy(head + n - 3, end, sizeof end - 1);
  assert_string_equal(parse_bytes(head, n + 1, false), "the head is too long");
  free(head);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(the_status_line_is_taken_apart),
      TEST(what_cannot_become_a_response_is_told_by_its_first_wrong_byte),
      TEST(a_line_that_is_no_status_line_is_refused),
      TEST(how_the_body_ends_is_told),
      TEST(some_responses_have_no_body_whatever_they_say),
      TEST(a_doubt_about_where_the_body_ends_is_refused),
      TEST(malformed_fields_are_refused),
      TEST(fields_are_found_by_their_name),
      TEST(a_head_has_a_longest_length),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
