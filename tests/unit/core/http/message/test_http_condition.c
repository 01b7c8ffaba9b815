/* If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since and If-Range. */
#include "tests/unit/lib/harness.h"

#include "core/http/message/condition.h"

#include <stdio.h>

#define BEFORE  "Sun, 06 Nov 1994 08:49:36 GMT"
#define SAME    "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER   "Sun, 06 Nov 1994 08:49:38 GMT"
#define SAME_2  "Sunday, 06-Nov-94 08:49:37 GMT"
#define SAME_3  "Sun Nov  6 08:49:37 1994"
#define NO_DATE "yesterday"

enum { MODIFIED = 784111777, NOW = MODIFIED + 1000 };

static const struct validators_row {
  const char *name;
  bool exists;
  const char *etag;
} representations[] = {{"a", true, "\"a\""}, {"no tag", true, ""}, {"nothing", false, ""}};

enum there { TAG_A, NO_TAG, NOTHING };

static struct http_validators validators(enum there there)
{
  return (struct http_validators){.exists = representations[there].exists,
                                  .etag = span_of(representations[there].etag),
                                  .modified = MODIFIED};
}

/* `fields` as they stand in a head, without the empty line. */
static struct http_request request(enum http_method method, const char *fields)
{
  static char head[1024];
  struct http_request r = {.method = method};
  int n = snprintf(head, sizeof head, "%s\r\n", fields);
  assert_in_range(n, 2, sizeof head - 1);
  assert_int_equal(http_parse_fields(&r.fields, head, (size_t)n), HTTP_FIELDS_FINE);
  return r;
}

struct row {
  enum http_method method;
  enum there there;
  const char *fields;
  enum http_verdict verdict;
};

static void assert_verdicts(const struct row *rows, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    struct http_request r = request(rows[i].method, rows[i].fields);
    struct http_validators v = validators(rows[i].there);
    enum http_verdict verdict = http_conditions(&r, &v, NOW);
    if (verdict != rows[i].verdict)
      fail_msg("method %d, there is %s, %s: %d, not %d", rows[i].method,
               representations[rows[i].there].name, rows[i].fields, verdict, rows[i].verdict);
  }
}

static void a_request_without_conditions_proceeds(void **state)
{
  static const struct row rows[] = {
      {HTTP_GET, TAG_A, "", HTTP_PROCEED},
      {HTTP_PUT, NOTHING, "", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "Range: bytes=0-1\r\nIf-Range: \"b\"\r\n", HTTP_PROCEED},
  };
  (void)state;
  assert_verdicts(rows, LENGTH(rows));
}

/* RFC 9110 13.1.1. */
static void if_match_compares_strongly(void **state)
{
  static const struct row rows[] = {
      {HTTP_GET, TAG_A, "If-Match: \"a\"\r\n", HTTP_PROCEED},
      {HTTP_PUT, TAG_A, "If-Match: \"a\"\r\n", HTTP_PROCEED},
      {HTTP_PUT, TAG_A, "If-Match: \"b\"\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_GET, TAG_A, "If-Match: \"b\"\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_PUT, TAG_A, "If-Match: \"b\", \"a\", \"c\"\r\n", HTTP_PROCEED},
      {HTTP_PUT, TAG_A, "If-Match: \"b\"\r\nIf-Match: \"a\"\r\n", HTTP_PROCEED},
      {HTTP_PUT, TAG_A, "If-Match: W/\"a\"\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_PUT, TAG_A, "If-Match: W/\"a\", \"a\"\r\n", HTTP_PROCEED},
      {HTTP_PUT, TAG_A, "If-Match: \"A\"\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_PUT, TAG_A, "If-Match: *\r\n", HTTP_PROCEED},
      {HTTP_PUT, NO_TAG, "If-Match: *\r\n", HTTP_PROCEED},
      {HTTP_PUT, NO_TAG, "If-Match: \"a\"\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_PUT, NO_TAG, "If-Match: \"\"\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_PUT, NOTHING, "If-Match: *\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_PUT, NOTHING, "If-Match: \"a\"\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_PUT, TAG_A, "If-Match:\r\n", HTTP_PRECONDITION_FAILED},
  };
  (void)state;
  assert_verdicts(rows, LENGTH(rows));
}

/* RFC 9110 13.1.2. */
static void if_none_match_compares_weakly(void **state)
{
  static const struct row rows[] = {
      {HTTP_GET, TAG_A, "If-None-Match: \"a\"\r\n", HTTP_NOT_MODIFIED},
      {HTTP_HEAD, TAG_A, "If-None-Match: \"a\"\r\n", HTTP_NOT_MODIFIED},
      {HTTP_PUT, TAG_A, "If-None-Match: \"a\"\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_DELETE, TAG_A, "If-None-Match: \"a\"\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_GET, TAG_A, "If-None-Match: W/\"a\"\r\n", HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-None-Match: w/\"a\"\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: \"b\"\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: \"b\", W/\"a\"\r\n", HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-None-Match: \"b\",\"a\"\r\n", HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-None-Match: , \"b\" ,,\t\"a\" ,\r\n", HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-None-Match: \"b\"\r\nIf-None-Match: \"a\"\r\n", HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-None-Match: *\r\n", HTTP_NOT_MODIFIED},
      {HTTP_PUT, TAG_A, "If-None-Match: *\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_GET, NO_TAG, "If-None-Match: *\r\n", HTTP_NOT_MODIFIED},
      {HTTP_PUT, NOTHING, "If-None-Match: *\r\n", HTTP_PROCEED},
      {HTTP_GET, NOTHING, "If-None-Match: \"a\"\r\n", HTTP_PROCEED},
      {HTTP_GET, NO_TAG, "If-None-Match: \"a\"\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match:\r\n", HTTP_PROCEED},
  };
  (void)state;
  assert_verdicts(rows, LENGTH(rows));
}

static void a_malformed_list_of_tags_ends_where_it_is_malformed(void **state)
{
  static const struct row rows[] = {
      {HTTP_GET, TAG_A, "If-None-Match: a\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: \"a\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: a\"\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: \"\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: W/\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: W/a\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: W/W/\"a\"\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: \"a\"\"b\"\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: \"a\" \"b\"\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: x, \"a\"\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: \"a\", x\r\n", HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-None-Match: **\r\n", HTTP_PROCEED},
      {HTTP_PUT, TAG_A, "If-Match: a\r\n", HTTP_PRECONDITION_FAILED},
      /* A comma and a backslash are the tag's own (RFC 9110 8.8.3). */
      {HTTP_GET, TAG_A, "If-None-Match: \"b,c\", \"a\"\r\n", HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-None-Match: \"b,\"a\"\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: \"b\\\", \"a\"\r\n", HTTP_NOT_MODIFIED},
  };
  (void)state;
  assert_verdicts(rows, LENGTH(rows));
}

/* RFC 9110 13.1.3. */
static void if_modified_since_is_for_reading(void **state)
{
  static const struct row rows[] = {
      {HTTP_GET, TAG_A, "If-Modified-Since: " SAME "\r\n", HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-Modified-Since: " SAME_2 "\r\n", HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-Modified-Since: " SAME_3 "\r\n", HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-Modified-Since: " AFTER "\r\n", HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-Modified-Since: " BEFORE "\r\n", HTTP_PROCEED},
      {HTTP_HEAD, TAG_A, "If-Modified-Since: " SAME "\r\n", HTTP_NOT_MODIFIED},
      {HTTP_PUT, TAG_A, "If-Modified-Since: " SAME "\r\n", HTTP_PROCEED},
      {HTTP_POST, TAG_A, "If-Modified-Since: " SAME "\r\n", HTTP_PROCEED},
      {HTTP_GET, NO_TAG, "If-Modified-Since: " SAME "\r\n", HTTP_NOT_MODIFIED},
      {HTTP_GET, NOTHING, "If-Modified-Since: " SAME "\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-Modified-Since: " NO_DATE "\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-Modified-Since:\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-Modified-Since: " SAME ", " SAME "\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-Modified-Since: " SAME "\r\nIf-Modified-Since: " SAME "\r\n",
       HTTP_PROCEED},
  };
  (void)state;
  assert_verdicts(rows, LENGTH(rows));
}

/* RFC 9110 13.1.4. */
static void if_unmodified_since_is_for_every_method(void **state)
{
  static const struct row rows[] = {
      {HTTP_PUT, TAG_A, "If-Unmodified-Since: " SAME "\r\n", HTTP_PROCEED},
      {HTTP_PUT, TAG_A, "If-Unmodified-Since: " AFTER "\r\n", HTTP_PROCEED},
      {HTTP_PUT, TAG_A, "If-Unmodified-Since: " BEFORE "\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_GET, TAG_A, "If-Unmodified-Since: " BEFORE "\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_PUT, TAG_A, "If-Unmodified-Since: " NO_DATE "\r\n", HTTP_PROCEED},
      {HTTP_PUT, NOTHING, "If-Unmodified-Since: " BEFORE "\r\n", HTTP_PROCEED},
      {HTTP_PUT, TAG_A, "If-Unmodified-Since: " BEFORE "\r\nIf-Unmodified-Since: " BEFORE "\r\n",
       HTTP_PROCEED},
  };
  (void)state;
  assert_verdicts(rows, LENGTH(rows));
}

/* RFC 9110 13.2.2: a tag makes the date of its side be ignored, and If-Match comes first. */
static void conditions_are_weighed_in_order(void **state)
{
  static const struct row rows[] = {
      {HTTP_GET, TAG_A, "If-Match: \"a\"\r\nIf-Unmodified-Since: " BEFORE "\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-Match: \"b\"\r\nIf-Unmodified-Since: " AFTER "\r\n",
       HTTP_PRECONDITION_FAILED},
      {HTTP_GET, TAG_A, "If-None-Match: \"b\"\r\nIf-Modified-Since: " AFTER "\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: \"a\"\r\nIf-Modified-Since: " BEFORE "\r\n",
       HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-None-Match: x\r\nIf-Modified-Since: " AFTER "\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-None-Match: \"a\"\r\nIf-Match: \"b\"\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_GET, TAG_A, "If-Match: \"a\"\r\nIf-None-Match: \"a\"\r\n", HTTP_NOT_MODIFIED},
      {HTTP_PUT, TAG_A, "If-Match: \"a\"\r\nIf-None-Match: \"a\"\r\n", HTTP_PRECONDITION_FAILED},
      {HTTP_GET, TAG_A, "If-Match: \"a\"\r\nIf-Modified-Since: " SAME "\r\n", HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-Match: \"a\"\r\nIf-Modified-Since: " BEFORE "\r\n", HTTP_PROCEED},
      {HTTP_GET, TAG_A, "If-Unmodified-Since: " SAME "\r\nIf-None-Match: \"a\"\r\n",
       HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-Unmodified-Since: " BEFORE "\r\nIf-None-Match: \"a\"\r\n",
       HTTP_PRECONDITION_FAILED},
      {HTTP_GET, TAG_A, "If-Unmodified-Since: " SAME "\r\nIf-Modified-Since: " SAME "\r\n",
       HTTP_NOT_MODIFIED},
      {HTTP_GET, TAG_A, "If-Unmodified-Since: " BEFORE "\r\nIf-Modified-Since: " SAME "\r\n",
       HTTP_PRECONDITION_FAILED},
  };
  (void)state;
  assert_verdicts(rows, LENGTH(rows));
}

/* RFC 9110 13.1.5. */
static void if_range_lets_range_be_heeded_only_for_the_very_same(void **state)
{
  static const struct {
    enum there there;
    int64_t now;
    const char *fields;
    bool heeded;
  } rows[] = {
      {TAG_A, NOW, "", true},
      {TAG_A, NOW, "If-Range: \"a\"\r\n", true},
      {TAG_A, NOW, "If-Range: \"b\"\r\n", false},
      {TAG_A, NOW, "If-Range: W/\"a\"\r\n", false},
      {TAG_A, NOW, "If-Range: \"b\", \"a\"\r\n", false},
      {TAG_A, NOW, "If-Range: \"a\", \"b\"\r\n", false},
      {TAG_A, NOW, "If-Range: \"a\r\n", false},
      {TAG_A, NOW, "If-Range: *\r\n", false},
      {TAG_A, NOW, "If-Range:\r\n", false},
      {TAG_A, NOW, "If-Range: \"a\"\r\nIf-Range: \"a\"\r\n", false},
      {NO_TAG, NOW, "If-Range: \"a\"\r\n", false},
      {NO_TAG, NOW, "If-Range: \"\"\r\n", false},
      {NOTHING, NOW, "If-Range: \"a\"\r\n", false},
      {TAG_A, NOW, "If-Range: " SAME "\r\n", true},
      {TAG_A, NOW, "If-Range: " SAME_2 "\r\n", true},
      {TAG_A, NOW, "If-Range: " SAME_3 "\r\n", true},
      {TAG_A, NOW, "If-Range: W/" SAME "\r\n", false},
      {TAG_A, NOW, "If-Range: " BEFORE "\r\n", false},
      {TAG_A, NOW, "If-Range: " AFTER "\r\n", false}, /* the very date, not one after it */
      {TAG_A, NOW, "If-Range: " NO_DATE "\r\n", false},
      {NOTHING, NOW, "If-Range: " SAME "\r\n", false},
      /* A date within the second of the modification is weak (RFC 9110 8.8.2.2). */
      {TAG_A, MODIFIED + 1, "If-Range: " SAME "\r\n", true},
      {TAG_A, MODIFIED, "If-Range: " SAME "\r\n", false},
      {TAG_A, MODIFIED - 5, "If-Range: " SAME "\r\n", false},
      {TAG_A, MODIFIED, "If-Range: \"a\"\r\n", true},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct http_request r = request(HTTP_GET, rows[i].fields);
    struct http_validators v = validators(rows[i].there);
    if (http_if_range(&r, &v, rows[i].now) != rows[i].heeded)
      fail_msg("there is %s, %s: not %d", representations[rows[i].there].name, rows[i].fields,
               rows[i].heeded);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_request_without_conditions_proceeds),
      TEST(if_match_compares_strongly),
      TEST(if_none_match_compares_weakly),
      TEST(a_malformed_list_of_tags_ends_where_it_is_malformed),
      TEST(if_modified_since_is_for_reading),
      TEST(if_unmodified_since_is_for_every_method),
      TEST(conditions_are_weighed_in_order),
      TEST(if_range_lets_range_be_heeded_only_for_the_very_same),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
