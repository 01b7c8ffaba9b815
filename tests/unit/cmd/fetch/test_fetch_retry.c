/* When fetch tries again, how long it waits, and where redirects lead. */
#include "tests/unit/lib/harness.h"

#include "cmd/fetch/redirect.h"
#include "cmd/fetch/retry.h"

#include <stdio.h>

/* Retries. */

static void methods_that_may_be_sent_again_are_known(void **state)
{
  static const char *const may[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
  static const char *const may_not[] = {"POST", "PATCH", "get", "CONNECT", "MKCOL", ""};
  (void)state;
  for (size_t i = 0; i < LENGTH(may); i++)
    assert_true(retry_is_idempotent(may[i]));
  for (size_t i = 0; i < LENGTH(may_not); i++)
    assert_false(retry_is_idempotent(may_not[i]));
}

static void only_six_statuses_speak_of_now(void **state)
{
  (void)state;
  for (unsigned status = 100; status <= 999; status++) {
    bool want = status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
                status == 504;
    if (retry_is_transient(status) != want)
      fail_msg("%u", status);
  }
}

static const int64_t now = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */

static uint64_t delay(uint64_t base_ms, unsigned retry, const char *retry_after)
{
  struct span none = {NULL, 0};
  return retry_delay_ms(base_ms, retry,
                        retry_asked_ms(retry_after ? span_of(retry_after) : none, now));
}

/* That it lies between the half and the whole of `most`, often enough to see it. */
static void assert_backs_off(uint64_t base_ms, unsigned retry, uint64_t most)
{
  uint64_t least_seen = UINT64_MAX, most_seen = 0;
  for (int i = 0; i < 200; i++) {
    uint64_t d = delay(base_ms, retry, NULL);
    least_seen = d < least_seen ? d : least_seen;
    most_seen = d > most_seen ? d : most_seen;
  }
  if (least_seen < most / 2 || most_seen > most)
    fail_msg("retry %u of %u ms: %u to %u", retry, (unsigned)base_ms, (unsigned)least_seen,
             (unsigned)most_seen);
  if (most >= 1000)
    assert_true(least_seen < most_seen); /* many do not come back at once */
}

static void the_wait_doubles_up_to_a_minute(void **state)
{
  (void)state;
  assert_backs_off(1000, 0, 1000);
  assert_backs_off(1000, 1, 2000);
  assert_backs_off(1000, 5, 32000);
  assert_backs_off(1000, 6, RETRY_LONGEST_MS);
  assert_backs_off(1000, 1000000, RETRY_LONGEST_MS);
  assert_backs_off(1, UINT32_MAX, RETRY_LONGEST_MS);
  assert_backs_off(UINT64_MAX, 0, RETRY_LONGEST_MS);
  assert_backs_off(UINT64_MAX, 3, RETRY_LONGEST_MS);
  assert_int_equal(delay(0, 0, NULL), 0);
}

static void no_wait_stays_none_however_often(void **state)
{
  (void)state;
  assert_int_equal(delay(0, 20, NULL), 0);
}

static void what_a_server_asks_for_is_waited_for(void **state)
{
  (void)state;
  assert_int_equal(delay(0, 0, "7"), 7000);
  assert_int_equal(delay(0, 0, "0"), 0);
  assert_int_equal(delay(0, 0, "Sun, 06 Nov 1994 08:49:37 GMT"), 0);
  assert_int_equal(delay(0, 0, "Sun, 06 Nov 1994 08:49:47 GMT"), 10 * 1000);
  assert_int_equal(delay(0, 0, "Sun, 06 Nov 1994 08:00:00 GMT"), 0); /* that was before */
  assert_int_equal(delay(0, 0, "Sunday, 06-Nov-94 08:50:37 GMT"), 60 * 1000);
}

static void but_not_less_than_the_backoff(void **state)
{
  (void)state;
  for (int i = 0; i < 50; i++) {
    assert_true(delay(8000, 0, "1") >= 4000);
    assert_true(delay(8000, 0, "1") <= 8000);
    assert_int_equal(delay(8000, 0, "9"), 9000);
  }
}

static void garbage_asks_for_nothing(void **state)
{
  static const char *const garbage[] = {"", "soon", "-1", "1.5", "+7", "7 s", "0x10", "7,8"};
  (void)state;
  for (size_t i = 0; i < LENGTH(garbage); i++)
    assert_int_equal(delay(0, 0, garbage[i]), 0);
}

static void what_is_too_long_to_wait_for_is_seen_to_be(void **state)
{
  static const char *const huge[] = {
      "601",
      "4294967295",
      "4294967296",
      "18446744073709551615", /* seconds that would overflow as milliseconds */
      "18446744073709551616", /* or as they are */
      "99999999999999999999999999999999",
      "Fri, 31 Dec 9999 23:59:59 GMT",
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(huge); i++)
    if (delay(0, 0, huge[i]) <= RETRY_LONGEST_ASKED_MS)
      fail_msg("%s", huge[i]);
}

/* Redirects. */

static struct http_response response;

static void answer(const char *head)
{
  assert_true(http_parse_response(&response, head, strlen(head), false));
}

static void five_statuses_with_a_location_are_redirects(void **state)
{
  char head[128];
  (void)state;
  for (unsigned status = 200; status <= 599; status++) {
    bool is = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    snprintf(head, sizeof head, "HTTP/1.1 %u X\r\nLocation: /a\r\n\r\n", status);
    answer(head);
    if (redirect_is_one(&response) != is)
      fail_msg("%u", status);
    snprintf(head, sizeof head, "HTTP/1.1 %u X\r\n\r\n", status);
    answer(head);
    assert_false(redirect_is_one(&response));
    snprintf(head, sizeof head, "HTTP/1.1 %u X\r\nLocation: \t\r\n\r\n", status);
    answer(head);
    assert_false(redirect_is_one(&response));
  }
}

static void the_method_changes_only_where_everybody_changes_it(void **state)
{
  static const struct {
    unsigned status;
    const char *method, *then;
  } rows[] = {
      {301, "GET", "GET"},     {301, "HEAD", "HEAD"},     {301, "POST", "GET"},
      {301, "PUT", "PUT"},     {301, "DELETE", "DELETE"}, {302, "GET", "GET"},
      {302, "HEAD", "HEAD"},   {302, "POST", "GET"},      {302, "PUT", "PUT"},
      {302, "PATCH", "PATCH"}, {303, "GET", "GET"},       {303, "HEAD", "HEAD"},
      {303, "POST", "GET"},    {303, "PUT", "GET"},       {303, "DELETE", "GET"},
      {307, "POST", "POST"},   {307, "PUT", "PUT"},       {307, "HEAD", "HEAD"},
      {308, "POST", "POST"},   {308, "GET", "GET"},       {308, "PATCH", "PATCH"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    const char *then = redirect_method(rows[i].status, rows[i].method);
    if (strcmp(then, rows[i].then) != 0)
      fail_msg("%u of %s: %s", rows[i].status, rows[i].method, then);
  }
}

/* Where the `Location` lines lead from `from`, or `!` and what is wrong. */
static void assert_leads(const char *from, const char *lines, const char *want)
{
  struct http_url base, to;
  struct error e;
  struct buffer text = {0};
  char head[512];
  assert_int_equal(http_url_parse(&base, span_of(from), &e), 0);
  snprintf(head, sizeof head, "HTTP/1.1 302 Found\r\n%s\r\n", lines);
  answer(head);
  int err = redirect_read(&response, &base, &to, &e);
  if (err)
    buffer_printf(&text, "!%s", e.text);
  else
    http_url_print(&text, &to);
  buffer_append(&text, "", 1);
  if (strncmp((const char *)buffer_data(&text), want, strlen(want)) != 0 ||
      (!err && strlen(want) + 1 != text.length))
    fail_msg("%s from %s: %s", lines, from, (const char *)buffer_data(&text));
  if (err)
    assert_int_equal(e.code, err);
  else
    http_url_release(&to);
  http_url_release(&base);
  buffer_release(&text);
}

static void locations_are_resolved(void **state)
{
  (void)state;
  assert_leads("http://a/b/c?d", "Location: http://x.test/y\r\n", "http://x.test/y");
  assert_leads("http://a/b/c?d", "Location: e\r\n", "http://a/b/e");
  assert_leads("http://a/b/c?d", "Location: ../e?f\r\n", "http://a/e?f");
  assert_leads("http://a:8080/b", "Location: /e\r\n", "http://a:8080/e");
  assert_leads("http://a/b", "Location: //x.test/e\r\n", "http://x.test/e");
  assert_leads("https://a/b", "Location: //x.test/e\r\n", "https://x.test/e");
  assert_leads("http://a/b", "Location: https://a/b\r\n", "https://a/b");
  assert_leads("https://a/b", "Location: https://x.test\r\n", "https://x.test/");
}

static void locations_that_say_the_same_are_one(void **state)
{
  (void)state;
  assert_leads("http://a/", "Location: /e\r\nX: y\r\nlocation:  /e \r\n", "http://a/e");
}

static void some_places_are_not_gone_to(void **state)
{
  (void)state;
  assert_leads("http://a/", "Location: /e\r\nLocation: /f\r\n",
               "!redirect with two different Locations");
  assert_leads("http://a/", "Location: /e\r\nLocation: /e\r\nLocation: /E\r\n",
               "!redirect with two different Locations");
  assert_leads("https://a/b", "Location: http://a/b\r\n", "!redirect from https to http");
  assert_leads("http://a/", "Location: ftp://a/\r\n", "!redirect to an invalid Location: ");
  assert_leads("http://a/", "Location: file:///etc/passwd\r\n",
               "!redirect to an invalid Location: ");
  assert_leads("http://a/", "Location: http://\r\n", "!redirect to an invalid Location: ");
  assert_leads("http://a/", "Location: http://a:99999/\r\n", "!redirect to an invalid Location: ");
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(methods_that_may_be_sent_again_are_known),
      TEST(only_six_statuses_speak_of_now),
      TEST(the_wait_doubles_up_to_a_minute),
      TEST(no_wait_stays_none_however_often),
      TEST(what_a_server_asks_for_is_waited_for),
      TEST(but_not_less_than_the_backoff),
      TEST(garbage_asks_for_nothing),
      TEST(what_is_too_long_to_wait_for_is_seen_to_be),
      TEST(five_statuses_with_a_location_are_redirects),
      TEST(the_method_changes_only_where_everybody_changes_it),
      TEST(locations_are_resolved),
      TEST(locations_that_say_the_same_are_one),
      TEST(some_places_are_not_gone_to),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
