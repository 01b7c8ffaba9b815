/* What Accept-Encoding and Accept say. */
#include "tests/unit/lib/harness.h"

#include "core/http/message/negotiate.h"

#include <stdio.h>

/* The fields of a head that has one of them, or none where `value` is NULL. They point into memory
 * that the next call overwrites. */
static const struct http_fields *head_with(const char *name, const char *value)
{
  static char head[1024];
  static struct http_fields f;
  int n = value ? snprintf(head, sizeof head, "%s: %s\r\n\r\n", name, value)
                : snprintf(head, sizeof head, "\r\n");
  assert_in_range(n, 2, sizeof head - 1);
  assert_int_equal(http_parse_fields(&f, head, (size_t)n), HTTP_FIELDS_FINE);
  return &f;
}

/* RFC 9110 12.5.3. Identity that nobody names weighs least. */
static void codings_have_the_weight_of_their_name_or_of_the_star(void **state)
{
  static const struct {
    const char *value;
    unsigned gzip, br, identity;
  } rows[] = {
      {NULL, 0, 0, 1000},
      {"compress, gzip", 1000, 0, 1}, /* the RFC's examples */
      {"", 0, 0, 1},
      {"*", 1000, 1000, 1000},
      {"compress;q=0.5, gzip;q=1.0", 1000, 0, 1},
      {"gzip;q=1.0, identity; q=0.5, *;q=0", 1000, 0, 500},
      {"gzip, deflate, br, zstd", 1000, 1000, 1}, /* browsers */
      {"identity", 0, 0, 1000},
      {"GZIP, Br;Q=0.5", 1000, 500, 1},
      {"x-gzip", 1000, 0, 1}, /* 8.4.1.3 */
      {"X-GZip;q=0.3", 300, 0, 1},
      {"identity;q=0", 0, 0, 0},
      {"*;q=0", 0, 0, 0},
      {"*;q=0, identity", 0, 0, 1000},
      {"*;q=0.5, gzip;q=0", 0, 500, 500},
      {"gzip;q=0, *", 0, 1000, 1000},
      {"gzip\r\nAccept-Encoding: br;q=0.2", 1000, 200, 1},
      {"gzip;q=0.2, gzip;q=0.4", 400, 0, 1},
      {",, gzip ,", 1000, 0, 1},
      {"gzipx, xgzip, gz", 0, 0, 1},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    const struct http_fields *f = head_with("Accept-Encoding", rows[i].value);
    unsigned gzip = http_coding_weight(f, "gzip"), br = http_coding_weight(f, "br");
    unsigned identity = http_coding_weight(f, "identity");
    if (gzip != rows[i].gzip || br != rows[i].br || identity != rows[i].identity)
      fail_msg("'%s': gzip %u, br %u, identity %u", rows[i].value ? rows[i].value : "none", gzip,
               br, identity);
  }
}

/* RFC 9110 12.4.2: up to three digits, at most 1. */
static void a_weight_that_does_not_parse_is_none(void **state)
{
  static const struct {
    const char *parameters;
    unsigned weight;
  } rows[] = {
      {"", 1000},
      {";q=1", 1000},
      {";q=1.", 1000},
      {";q=1.0", 1000},
      {";q=1.000", 1000},
      {";q=0", 0},
      {";q=0.", 0},
      {";q=0.000", 0},
      {";q=0.001", 1},
      {";q=0.01", 10},
      {";q=0.1", 100},
      {";q=0.999", 999},
      {" ; q=0.5", 500},
      {"\t;\tQ=0.5", 500},
      {";level=1;q=0.5", 500},
      {";x=\";q=1\";q=0.5", 500},
      {";q=0.5;q=1", 500},
      {";", 1000},
      {";q", 0},
      {";q=", 0},
      {";q=1.001", 0},
      {";q=0.0001", 0},
      {";q=1.0000", 0},
      {";q=2", 0},
      {";q=-1", 0},
      {";q=.5", 0},
      {";q=05", 0},
      {";q=0,5", 0},
      {";q=0.5x", 0},
      {";q=x", 0},
      {";q=\"1\"", 0},
      {";q= 1", 0},
      {";q=1e0", 0},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    char value[128];
    snprintf(value, sizeof value, "gzip%s", rows[i].parameters);
    unsigned weight = http_coding_weight(head_with("Accept-Encoding", value), "gzip");
    if (weight != rows[i].weight)
      fail_msg("'%s': %u, not %u", rows[i].parameters, weight, rows[i].weight);
  }
}

static void JSON_is_wanted_where_it_is_preferred_to_HTML(void **state)
{
  static const struct {
    const char *accept;
    bool json;
  } rows[] = {
      {NULL, false},
      {"application/json", true},
      {"Application/JSON", true},
      {"application/json, text/plain, */*", true}, /* scripts in pages */
      {"*/*", false},                              /* curl */
      {"", false},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", false},
      {"text/html", false},
      {"application/json, text/html", false},
      {"text/html, application/json", false},
      {"application/json, text/html;q=0.9", true},
      {"application/json;q=0.9, text/html", false},
      {"application/json, text/*", true},
      {"application/json;q=0.5, */*", false},
      {"application/json;q=0.5, */*;q=0.5", true},
      {"application/json;q=0.5, */*;q=0.1", true},
      {"application/*", true},
      {"application/*, text/*", false},
      {"application/*;q=0.5, */*", false},
      {"text/*;q=0.5, */*", true},
      {"text/html;q=0, */*", true},
      {"text/html;q=0", false},
      {"application/json;q=0", false},
      {"application/json;q=0, */*", false},
      {"application/json; charset=utf-8", true},
      {"text/html;level=1, application/json;q=0.7", false},
      {"text/plain", false},
      {"application/xml", false},
      {"application/json+x", false},
      {"application/jso", false},
      {"application", false},
      {"application/", false},
      {"*", false},
      {"*/json", false},
      {"text/html;x=\"a,application/json\"", false},
      {"text/html;q=0.1\r\nAccept: application/json", true},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    if (http_wants_json(head_with("Accept", rows[i].accept)) != rows[i].json)
      fail_msg("'%s': not %d", rows[i].accept ? rows[i].accept : "none", rows[i].json);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(codings_have_the_weight_of_their_name_or_of_the_star),
      TEST(a_weight_that_does_not_parse_is_none),
      TEST(JSON_is_wanted_where_it_is_preferred_to_HTML),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
