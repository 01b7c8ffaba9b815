/* What a Range field asks of so many bytes. */
#include "tests/unit/lib/harness.h"

#include "core/http/message/range.h"

#include <inttypes.h>
#include <stdio.h>

/* The answer as a person would say it: "whole", "beyond", or the ranges with a space between. */
static const char *resolve(const char *value, uint64_t size)
{
  static char text[HTTP_MOST_RANGES * 48];
  struct http_range ranges[HTTP_MOST_RANGES];
  size_t count = 99, length = 0;
  enum http_range_result result = http_ranges(span_of(value), size, ranges, &count);
  if (result != HTTP_RANGE_SOME) {
    assert_int_equal(count, 0);
    return result == HTTP_RANGE_WHOLE ? "whole" : "beyond";
  }
  for (size_t i = 0; i < count; i++)
    length += (size_t)snprintf(text + length, sizeof text - length, "%s%" PRIu64 "-%" PRIu64,
                               i ? " " : "", ranges[i].first, ranges[i].last);
  return text;
}

struct row {
  const char *value;
  uint64_t size;
  const char *answer;
};

static void assert_answers(const struct row *rows, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    const char *answer = resolve(rows[i].value, rows[i].size);
    if (strcmp(answer, rows[i].answer) != 0)
      fail_msg("%s of %" PRIu64 ": %s, not %s", rows[i].value, rows[i].size, answer,
               rows[i].answer);
  }
}

static void every_form_of_a_range_is_resolved(void **state)
{
  static const struct row rows[] = {
      {"bytes=0-499", 10000, "0-499"}, /* RFC 9110 14.1.2's examples */
      {"bytes=500-999", 10000, "500-999"},
      {"bytes=-500", 10000, "9500-9999"},
      {"bytes=9500-", 10000, "9500-9999"},
      {"bytes=0-0,-1", 10000, "0-0 9999-9999"},
      {"bytes= 0-999, 4500-5499, -1000", 10000, "0-999 4500-5499 9000-9999"},
      {"bytes=500-600,601-999", 10000, "500-999"},
      {"bytes=500-700,601-999", 10000, "500-999"},
      {"bytes=0-0", 10, "0-0"},
      {"bytes=9-9", 10, "9-9"},
      {"bytes=5-", 10, "5-9"},
      {"bytes=0-", 10, "0-9"},
      {"bytes=-5", 10, "5-9"},
      {"bytes=-10", 10, "0-9"},
      {"bytes=-11", 10, "0-9"},
      {"bytes=0-9", 10, "0-9"},
      {"bytes=0-10", 10, "0-9"},
      {"bytes=007-008", 10, "7-8"},
      {"bytes=0-0", 1, "0-0"},
      {"bytes=-1", 1, "0-0"},
  };
  (void)state;
  assert_answers(rows, LENGTH(rows));
}

static void the_unit_has_no_case_and_the_list_may_have_space_and_empty_elements(void **state)
{
  static const struct row rows[] = {
      {"BYTES=0-1", 10, "0-1"},
      {"Bytes=0-1", 10, "0-1"},
      {"bytes= 0-1 , 3-4", 10, "0-1 3-4"},
      {"bytes=\t0-1\t,\t3-4\t", 10, "0-1 3-4"},
      {"bytes=,0-1,,3-4,", 10, "0-1 3-4"}, /* RFC 9110 5.6.1.2 */
  };
  (void)state;
  assert_answers(rows, LENGTH(rows));
}

static void bad_syntax_and_other_units_get_the_whole(void **state)
{
  static const struct row rows[] = {
      {"", 10, "whole"},
      {"bytes", 10, "whole"},
      {"bytes=", 10, "whole"},
      {"bytes= ", 10, "whole"},
      {"bytes=,", 10, "whole"},
      {"bytes 0-1", 10, "whole"},
      {"bytes =0-1", 10, "whole"},
      {"bytes:0-1", 10, "whole"},
      {" bytes=0-1", 10, "whole"},
      {"lines=0-1", 10, "whole"},
      {"none", 10, "whole"},
      {"bytesx=0-1", 10, "whole"},
      {"bytes=a-b", 10, "whole"},
      {"bytes=1", 10, "whole"},
      {"bytes=-", 10, "whole"},
      {"bytes=--5", 10, "whole"},
      {"bytes=1--5", 10, "whole"},
      {"bytes=1-5-", 10, "whole"},
      {"bytes=1-5-9", 10, "whole"},
      {"bytes=-5-", 10, "whole"},
      {"bytes=+1-5", 10, "whole"},
      {"bytes=1 -5", 10, "whole"},
      {"bytes=1- 5", 10, "whole"},
      {"bytes=0x1-5", 10, "whole"},
      {"bytes=1-5;", 10, "whole"},
      {"bytes=1-5 6-7", 10, "whole"},
      {"bytes=0-1,x", 10, "whole"},
      {"bytes=x,0-1", 10, "whole"},
      {"bytes=20-30,x", 10, "whole"}, /* not 416: the syntax comes first */
      {"bytes=\"0-1\"", 10, "whole"},
      {"bytes=0-1\"", 10, "whole"},
      {"bytes=5-2,x", 10, "whole"},
      {"bytes=", 0, "whole"},
  };
  (void)state;
  assert_answers(rows, LENGTH(rows));
}

static void what_cannot_be_satisfied_is_left_out(void **state)
{
  static const struct row rows[] = {
      {"bytes=10-", 10, "beyond"},        {"bytes=10-20", 10, "beyond"},
      {"bytes=-0", 10, "beyond"},         {"bytes=-000", 10, "beyond"},
      {"bytes=5-2", 10, "beyond"},        {"bytes=5-4", 10, "beyond"},
      {"bytes=10-,-0,5-2", 10, "beyond"}, {"bytes=0-1,10-", 10, "0-1"},
      {"bytes=10-,0-1", 10, "0-1"},       {"bytes=0-1,5-2", 10, "0-1"},
      {"bytes=-0,0-1", 10, "0-1"},        {"bytes=0-", 0, "whole"},
      {"bytes=0-0", 0, "whole"},          {"bytes=-5", 0, "whole"},
      {"bytes=-0", 0, "whole"},
  };
  (void)state;
  assert_answers(rows, LENGTH(rows));
}

static void positions_have_64_bits_and_larger_ones_lie_past_the_end(void **state)
{
  static const uint64_t huge = UINT64_MAX;
  static const struct row rows[] = {
      {"bytes=0-99999999999999999999", 10, "0-9"},
      {"bytes=-99999999999999999999", 10, "0-9"},
      {"bytes=99999999999999999999-", 10, "beyond"},
      {"bytes=99999999999999999999-0", 10, "beyond"},
      {"bytes=18446744073709551616-18446744073709551617", huge, "beyond"},
      {"bytes=0-18446744073709551616", huge, "0-18446744073709551614"}, /* 2 to the 64 */
      {"bytes=18446744073709551610-", huge, "18446744073709551610-18446744073709551614"},
      {"bytes=18446744073709551615-", huge, "beyond"},
      {"bytes=4294967296-4294967297", 5000000000, "4294967296-4294967297"},
      {"bytes=-1", 5000000000, "4999999999-4999999999"},
      {"bytes=4294967295-4294967296,4294967297-", 5000000000, "4294967295-4999999999"},
  };
  (void)state;
  assert_answers(rows, LENGTH(rows));
}

static void no_byte_is_sent_twice(void **state)
{
  static const struct row rows[] = {
      {"bytes=0-4,2-6", 10, "0-6"},
      {"bytes=2-6,0-4", 10, "0-6"},
      {"bytes=0-9,0-9,0-9", 10, "0-9"},
      {"bytes=0-4,5-9", 10, "0-9"}, /* they touch */
      {"bytes=5-9,0-4", 10, "0-9"},
      {"bytes=0-3,5-9", 10, "0-3 5-9"},
      {"bytes=5-9,0-3", 10, "5-9 0-3"}, /* as they were asked for */
      {"bytes=0-9,3-4", 10, "0-9"},
      {"bytes=3-4,0-9", 10, "0-9"},
      {"bytes=0-1,4-5,2-3", 10, "0-5"}, /* a bridge between two */
      {"bytes=4-5,0-1,2-3", 10, "0-5"},
      {"bytes=8-9,4-4,0-0,1-3", 10, "8-9 0-4"}, /* where the first of them stood */
      {"bytes=4-4,8-9,0-0,1-3", 10, "0-4 8-9"},
      {"bytes=0-0,2-2,4-4,6-6,8-8,1-7", 10, "0-8"},
      {"bytes=0-0,2-2,4-4,6-6,8-8,3-5", 10, "0-0 2-6 8-8"},
      {"bytes=0-1,-2,8-8", 10, "0-1 8-9"},
  };
  (void)state;
  assert_answers(rows, LENGTH(rows));
}

static void more_than_sixteen_ranges_get_the_whole(void **state)
{
  static const struct row rows[] = {
      {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,"
       "30-30",
       100,
       "0-0 2-2 4-4 6-6 8-8 10-10 12-12 14-14 16-16 18-18 20-20 22-22 24-24 26-26 28-28 30-30"},
      {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,"
       "30-30,32-32",
       100, "whole"},
      /* Also where they would be joined, or cannot be satisfied. */
      {"bytes=0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-", 100, "0-99"},
      {"bytes=0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-", 100, "whole"},
      {"bytes=-0,-0,-0,-0,-0,-0,-0,-0,-0,-0,-0,-0,-0,-0,-0,-0", 100, "beyond"},
      {"bytes=-0,-0,-0,-0,-0,-0,-0,-0,-0,-0,-0,-0,-0,-0,-0,-0,-0", 100, "whole"},
  };
  (void)state;
  assert_answers(rows, LENGTH(rows));
}

/* Content-Range. */

/* As it was understood: `first-last/size`, `?` for a size that is not known, `none`. */
static const char *content_range(const char *value)
{
  static char text[128];
  struct http_content_range r;
  if (!http_content_range(span_of(value), &r))
    return "none";
  int n = r.satisfied ? snprintf(text, sizeof text, "%" PRIu64 "-%" PRIu64 "/", r.first, r.last)
                      : snprintf(text, sizeof text, "*/");
  snprintf(text + n, sizeof text - (size_t)n, r.has_size ? "%" PRIu64 : "?", r.size);
  return text;
}

static void a_content_range_is_understood_or_none(void **state)
{
  static const struct {
    const char *value, *answer;
  } rows[] = {
      {"bytes 42-1233/1234", "42-1233/1234"}, /* RFC 9110 14.4's examples */
      {"bytes 42-1233/*", "42-1233/?"},
      {"bytes */1234", "*/1234"},
      {"bytes 0-0/1", "0-0/1"},
      {"BYTES 0-0/1", "0-0/1"},
      {"bytes 007-08/0010", "7-8/10"},
      {"bytes */0", "*/0"},
      {"bytes 0-18446744073709551614/18446744073709551615",
       "0-18446744073709551614/18446744073709551615"},
      {"bytes 0-18446744073709551615/*", "0-18446744073709551615/?"},

      {"bytes */*", "none"},
      {"bytes 5-4/10", "none"},
      {"bytes 5-4/*", "none"},
      {"bytes 5-10/10", "none"},
      {"bytes 0-0/0", "none"},
      {"bytes 0-18446744073709551616/*", "none"},
      {"bytes 0-1/18446744073709551616", "none"},
      {"lines 0-1/2", "none"},
      {"bytes=0-1/2", "none"},
      {"bytes 0-1", "none"},
      {"bytes 0/2", "none"},
      {"bytes -1/2", "none"},
      {"bytes 0-/2", "none"},
      {"bytes 0-1/", "none"},
      {"bytes /2", "none"},
      {"bytes 0-1/2/3", "none"},
      {"bytes 0-1-2/3", "none"},
      {"bytes  0-1/2", "none"},
      {"bytes 0 -1/2", "none"},
      {"bytes 0-1/ 2", "none"},
      {"bytes 0x0-1/2", "none"},
      {"bytes +0-1/2", "none"},
      {" bytes 0-1/2", "none"},
      {"bytes", "none"},
      {"bytes ", "none"},
      {"", "none"},
  };
  struct http_content_range r;
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    const char *answer = content_range(rows[i].value);
    if (strcmp(answer, rows[i].answer) != 0)
      fail_msg("%s: %s", rows[i].value, answer);
  }
  assert_false(http_content_range((struct span){NULL, 0}, &r));
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(every_form_of_a_range_is_resolved),
      TEST(the_unit_has_no_case_and_the_list_may_have_space_and_empty_elements),
      TEST(bad_syntax_and_other_units_get_the_whole),
      TEST(what_cannot_be_satisfied_is_left_out),
      TEST(positions_have_64_bits_and_larger_ones_lie_past_the_end),
      TEST(no_byte_is_sent_twice),
      TEST(more_than_sixteen_ranges_get_the_whole),
      TEST(a_content_range_is_understood_or_none),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
