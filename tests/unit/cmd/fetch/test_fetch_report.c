/* What is known of a transfer when it is over, in curl's words and as JSON. */
#include "tests/unit/lib/harness.h"

#include "cmd/fetch/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static const char head[] = "Server: a\r\n"
                           "Content-Type: text/html\r\n"
                           "X-Twice: one\r\n"
                           "x-twice: two\r\n"
                           "X-Control: a\tb\\n\r\n"
                           "\r\n";

/* A transfer that went well; `fields` is for the caller to keep. */
static struct report whole(struct http_fields *fields)
{
  assert_int_equal(http_parse_fields(fields, head, sizeof head - 1), HTTP_FIELDS_FINE);
  return (struct report){
      .url = "example.com/a",
      .effective_url = "http://example.com/b",
      .method = "GET",
      .file = "b",
      .remote_address = "127.0.0.1:80",
      .local_address = "[::1]:49152",
      .content_type = "text/html",
      .fields = fields,
      .status = 200,
      .minor = 1,
      .redirects = 1,
      .retries = 2,
      .head_bytes = 120,
      .body_bytes = 5000000000,
      .written_bytes = 6000000000,
      .sent_bytes = 7,
      .resolved_ns = 1234,
      .connected_ns = 20000999,
      .sent_ns = 30000000,
      .first_byte_ns = 1999999999,
      .total_ns = 2500000000,
  };
}

static char *print(const char *format, const struct report *r)
{
  struct buffer out = {0};
  assert_int_equal(report_print(&out, format, r), 0);
  char *text = buffer_take_text(&out);
  assert_non_null(text);
  return text;
}

static void assert_prints(const char *format, const struct report *r, const char *want)
{
  char *text = print(format, r);
  assert_string_equal(text, want);
  free(text);
}

static char *print_json(const struct report *r)
{
  struct buffer out = {0};
  assert_int_equal(report_print_json(&out, r), 0);
  char *text = buffer_take_text(&out);
  assert_non_null(text);
  return text;
}

struct row {
  const char *format, *want;
};

static void assert_rows(const struct row *rows, size_t n, const struct report *r)
{
  for (size_t i = 0; i < n; i++) {
    struct error e;
    const char *at = rows[i].format;
    assert_int_equal(report_check(&at, &e), 0);
    char *text = print(rows[i].format, r);
    if (strcmp(text, rows[i].want) != 0)
      fail_msg("%s: '%s', not '%s'", rows[i].format, text, rows[i].want);
    free(text);
  }
}

static void every_variable_of_curl_has_its_value(void **state)
{
  static const struct row rows[] = {
      {"%{http_code}", "200"},
      {"%{response_code}", "200"},
      {"%{http_version}", "1.1"},
      {"%{url}", "example.com/a"},
      {"%{url_effective}", "http://example.com/b"},
      {"%{method}", "GET"},
      {"%{scheme}", "http"},
      {"%{content_type}", "text/html"},
      {"%{filename_effective}", "b"},
      {"%{size_download}", "5000000000"},
      {"%{size_header}", "120"},
      {"%{size_upload}", "7"},
      {"%{size_written}", "6000000000"},
      {"%{speed_download}", "2000000000"},
      {"%{time_namelookup}", "0.000001"},
      {"%{time_connect}", "0.020000"},
      {"%{time_pretransfer}", "0.030000"},
      {"%{time_starttransfer}", "1.999999"},
      {"%{time_total}", "2.500000"},
      {"%{remote_ip}", "127.0.0.1"},
      {"%{remote_port}", "80"},
      {"%{local_ip}", "::1"},
      {"%{local_port}", "49152"},
      {"%{num_redirects}", "1"},
      {"%{num_retries}", "2"},
      {"%{exitcode}", "0"},
      {"%{errormsg}", ""},
  };
  (void)state;
  struct http_fields fields;
  struct report r = whole(&fields);
  assert_rows(rows, LENGTH(rows), &r);
}

static void a_transfer_that_reached_nothing_has_curls_values_too(void **state)
{
  static const struct row rows[] = {
      {"%{http_code}", "000"},
      {"%{http_version}", "0"},
      {"%{url_effective}", ""},
      {"%{scheme}", ""},
      {"%{content_type}", ""},
      {"%{filename_effective}", ""},
      {"%{speed_download}", "0"},
      {"%{time_total}", "0.000000"},
      {"%{remote_ip}", ""},
      {"%{remote_port}", "0"},
      {"%header{server}", ""},
      {"%{exitcode}", "7"},
      {"%{errormsg}", "connect: refused"},
  };
  static const struct report r = {.exit_code = 7, .error = "connect: refused"};
  (void)state;
  assert_rows(rows, LENGTH(rows), &r);
}

static void a_unix_socket_has_neither_ip_nor_port(void **state)
{
  static const struct report r = {.remote_address = "unix:/tmp/a:80", .local_address = "unix:"};
  (void)state;
  assert_prints("%{remote_ip},%{remote_port},%{local_ip},%{local_port}", &r, ",0,,0");
}

static void headers_are_found_whatever_their_case(void **state)
{
  static const struct row rows[] = {
      {"%header{server}", "a"},    {"%header{CONTENT-TYPE}", "text/html"},
      {"%header{x-twice}", "one"}, {"%header{x-none}", ""},
      {"%header{}", ""},           {"%header{serve}", ""},
  };
  (void)state;
  struct http_fields fields;
  struct report r = whole(&fields);
  assert_rows(rows, LENGTH(rows), &r);
}

static void escapes_are_ours_and_all_else_stays(void **state)
{
  static const struct row rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"a%%b", "a%b"},
      {"%%{http_code}", "%{http_code}"},
      {"\\n\\r\\t\\\\", "\n\r\t\\"},
      {"\\\\n", "\\n"},
      {"%{http_code}\\n", "200\n"},
      {"\\x\\", "\\x\\"}, /* as curl does */
      {"100%", "100%"},
      {"%d %x", "%d %x"},
      {"%{http_code", "%{http_code"},
      {"%header", "%header"},
      {"%header{a", "%header{a"},
      {"%Header{server}", "%Header{server}"},
      {"%{http_code}%{http_code}", "200200"},
      {"a\nb", "a\nb"},
  };
  (void)state;
  struct http_fields fields;
  struct report r = whole(&fields);
  assert_rows(rows, LENGTH(rows), &r);
}

static void what_came_from_the_network_cannot_drive_a_terminal(void **state)
{
  struct http_fields fields;
  struct report r = whole(&fields);
  (void)state;
  r.content_type = "a\x1b[2Jb\\";
  r.effective_url = "http://gr\xc3\xbc\xc3\x9f/\xff";
  assert_prints("%{content_type}", &r, "a\\x1b[2Jb\\");
  assert_prints("%{url_effective}", &r, "http://gr\xc3\xbc\xc3\x9f/\\xff");
  assert_prints("%header{x-control}", &r, "a\\tb\\n");
}

static void the_file_can_be_opened_by_what_is_printed(void **state)
{
  static const struct report r = {.file = "gr\xfc\xdf e"};
  (void)state;
  assert_prints("%{filename_effective}", &r, "gr\xfc\xdf e");
}

static void an_unknown_variable_is_named_and_the_nearest_offered(void **state)
{
  static const struct row rows[] = {
      {"%{htp_code}", "unknown variable '%{htp_code}', did you mean '%{http_code}'?"},
      {"a %{time_totl}\\n", "unknown variable '%{time_totl}', did you mean '%{time_total}'?"},
      {"%{http_code} %{zzzzzz}", "unknown variable '%{zzzzzz}'"},
      {"%{}", "unknown variable '%{}'"},
      {"%{HTTP_CODE}", "unknown variable '%{HTTP_CODE}'"},
      {"%{a\x1b"
       "b}",
       "unknown variable '%{a\\x1b"
       "b}'"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct error e = {0};
    const char *at = rows[i].format;
    assert_int_equal(report_check(&at, &e), UV_EINVAL);
    assert_int_equal(e.code, UV_EINVAL);
    assert_string_equal(e.text, rows[i].want);
    assert_int_equal(report_check(&at, &e), 0); /* it goes on behind it */
  }
}

static void a_whole_transfer_as_json(void **state)
{
  struct http_fields fields;
  struct report r = whole(&fields);
  (void)state;
  char *text = print_json(&r);
  assert_string_equal(text,
                      "{\"url\":\"example.com/a\",\"effective_url\":\"http://example.com/b\","
                      "\"method\":\"GET\",\"http_version\":\"1.1\",\"status\":200,"
                      "\"content_type\":\"text/html\",\"file\":\"b\",\"exit_code\":0,"
                      "\"redirects\":1,\"retries\":2,\"remote_address\":\"127.0.0.1:80\","
                      "\"local_address\":\"[::1]:49152\",\"head_bytes\":120,"
                      "\"body_bytes\":5000000000,\"written_bytes\":6000000000,\"sent_bytes\":7,"
                      "\"time_namelookup\":0.000001,\"time_connect\":0.020000,"
                      "\"time_pretransfer\":0.030000,\"time_starttransfer\":1.999999,"
                      "\"time_total\":2.500000}\n");
  free(text);
}

static void json_leaves_out_the_texts_that_are_missing(void **state)
{
  static const struct report r = {.url = "x", .exit_code = 7, .error = "a \"b\" \x1b \xff \\"};
  (void)state;
  char *text = print_json(&r);
  assert_string_equal(
      text, "{\"url\":\"x\",\"status\":0,\"exit_code\":7,"
            "\"error\":\"a \\\"b\\\" \\u001b \xef\xbf\xbd \\\\\",\"redirects\":0,\"retries\":0,"
            "\"head_bytes\":0,\"body_bytes\":0,\"written_bytes\":0,\"sent_bytes\":0,"
            "\"time_namelookup\":0.000000,\"time_connect\":0.000000,"
            "\"time_pretransfer\":0.000000,\"time_starttransfer\":0.000000,"
            "\"time_total\":0.000000}\n");
  free(text);
}

static void json_is_a_variable_too(void **state)
{
  static const struct report r = {.url = "x"};
  (void)state;
  char *line = print_json(&r), *variable = print("<%{json}>\\n", &r);
  assert_int_equal(strlen(variable), strlen(line) + 2);
  assert_memory_equal(variable + 1, line, strlen(line) - 1);
  assert_string_equal(variable + strlen(line), ">\n");
  free(line);
  free(variable);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(every_variable_of_curl_has_its_value),
      TEST(a_transfer_that_reached_nothing_has_curls_values_too),
      TEST(a_unix_socket_has_neither_ip_nor_port),
      TEST(headers_are_found_whatever_their_case),
      TEST(escapes_are_ours_and_all_else_stays),
      TEST(what_came_from_the_network_cannot_drive_a_terminal),
      TEST(the_file_can_be_opened_by_what_is_printed),
      TEST(an_unknown_variable_is_named_and_the_nearest_offered),
      TEST(a_whole_transfer_as_json),
      TEST(json_leaves_out_the_texts_that_are_missing),
      TEST(json_is_a_variable_too),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
