/* HTTP-date, both ways. */
#include "tests/unit/lib/harness.h"

#include "core/http/message/date.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define NEVER INT64_MIN /* no date */

static const int64_t in_2026 = 1795212611; /* Fri, 20 Nov 2026 22:10:11 GMT */

static void assert_parses(const char *text, int64_t now, int64_t want)
{
  int64_t seconds = 0;
  bool is_date = http_date_parse(span_of(text), now, &seconds);
  if (is_date != (want != NEVER) || (is_date && seconds != want))
    fail_msg("'%s': %d, %" PRId64 ", not %" PRId64, text, is_date, seconds, want);
}

static void a_date_is_printed_as_IMF_fixdate(void **state)
{
  static const struct {
    int64_t seconds;
    const char *text;
  } rows[] = {
      {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"}, /* RFC 9110 5.6.7 */
      {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
      {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
      {951782399, "Mon, 28 Feb 2000 23:59:59 GMT"},
      {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
      {951868800, "Wed, 01 Mar 2000 00:00:00 GMT"},
      {-2203891200, "Thu, 01 Mar 1900 00:00:00 GMT"}, /* no leap year */
      {-2203891201, "Wed, 28 Feb 1900 23:59:59 GMT"},
      {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
      {4107542399, "Sun, 28 Feb 2100 23:59:59 GMT"},
      {1735689599, "Tue, 31 Dec 2024 23:59:59 GMT"},
      {1735689600, "Wed, 01 Jan 2025 00:00:00 GMT"},
      {2147483647, "Tue, 19 Jan 2038 03:14:07 GMT"},
      {2147483648, "Tue, 19 Jan 2038 03:14:08 GMT"},
      {in_2026, "Fri, 20 Nov 2026 22:10:11 GMT"},
      {-62135596800, "Mon, 01 Jan 0001 00:00:00 GMT"},
      {-62135596801, "Mon, 01 Jan 0001 00:00:00 GMT"},
      {INT64_MIN, "Mon, 01 Jan 0001 00:00:00 GMT"},
      {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
      {253402300800, "Fri, 31 Dec 9999 23:59:59 GMT"},
      {INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    char out[HTTP_DATE_SIZE];
    http_date_print(out, rows[i].seconds);
    assert_string_equal(out, rows[i].text);
  }
}

/* Against the C library: the first and the last second of every day from 1890 to 2110. */
static void every_day_is_printed_as_the_library_does_and_read_back(void **state)
{
  (void)state;
  for (int64_t day = -29220; day < 51134; day += as_many(1, 37)) {
    for (int last = 0; last <= 1; last++) {
      time_t seconds = (time_t)(day * 86400 + last * 86399);
      char want[HTTP_DATE_SIZE], out[HTTP_DATE_SIZE];
      struct tm tm;
      strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&seconds, &tm));
      http_date_print(out, seconds);
      assert_string_equal(out, want);
      assert_parses(out, 0, seconds);
    }
  }
}

static void all_three_forms_are_read(void **state)
{
  static const struct {
    const char *text;
    int64_t seconds;
  } rows[] = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777}, /* RFC 9110 5.6.7 */
      {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
      {"Sun Nov  6 08:49:37 1994", 784111777},
      {"Wed Nov 16 08:49:37 1994", 784975777},
      {"Sun Nov 06 08:49:37 1994", 784111777}, /* 2DIGIT / ( SP 1DIGIT ) */
      {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
      {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
      {"Tuesday, 29-Feb-00 00:00:00 GMT", 951782400},
      {"Tue Feb 29 00:00:00 2000", 951782400},
      {"Mon, 01 Jan 0001 00:00:00 GMT", -62135596800},
      {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
      {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800}, /* a leap second is the next one */
      {"Mon, 06 Nov 1994 08:49:37 GMT", 784111777},  /* the date counts, not its day's name */
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_parses(rows[i].text, in_2026, rows[i].seconds);
}

static void a_year_of_two_digits_is_at_most_fifty_years_ahead(void **state)
{
  static const int64_t in_1999 = 915148800;  /* Fri, 01 Jan 1999 00:00:00 GMT */
  static const int64_t in_2060 = 2840140800; /* Thu, 01 Jan 2060 00:00:00 GMT */
  static const struct {
    int64_t now;
    const char *text;
    int64_t seconds;
  } rows[] = {
      {in_2026, "Friday, 20-Nov-26 22:10:11 GMT", in_2026},
      {in_2026, "Saturday, 01-Jan-00 00:00:00 GMT", 946684800},
      {in_2026, "Friday, 20-Nov-76 22:10:11 GMT", 3373135811},  /* 50 years: 2076 */
      {in_2026, "Saturday, 20-Nov-76 22:10:12 GMT", 217375812}, /* a second more: 1976 */
      {in_2026, "Saturday, 01-Jan-77 00:00:00 GMT", 220924800},
      {in_2026, "Friday, 31-Dec-99 23:59:59 GMT", 946684799},
      {in_1999, "Friday, 01-Jan-49 00:00:00 GMT", 2493072000}, /* 50 years: 2049 */
      {in_1999, "Sunday, 01-Jan-50 00:00:00 GMT", -631152000},
      {in_1999, "Saturday, 01-Jan-00 00:00:00 GMT", 946684800},
      {in_2060, "Wednesday, 01-Jan-10 00:00:00 GMT", 4417977600}, /* 2110 */
      {in_2060, "Saturday, 02-Jan-10 00:00:00 GMT", 1262390400},
      {in_2060, "Monday, 29-Feb-00 00:00:00 GMT", NEVER}, /* 2100 */
      {in_2026, "Tuesday, 29-Feb-99 00:00:00 GMT", NEVER},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_parses(rows[i].text, rows[i].now, rows[i].seconds);
}

static void anything_else_is_no_date(void **state)
{
  static const char *const rows[] = {
      "",
      "0",
      "784111777",
      "Sun, 06 Nov 1994 08:49:37",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 06 Nov 1994 08:49:37 +0000",
      "Sun, 06 Nov 1994 08:49:37 gmt",
      "sun, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 nov 1994 08:49:37 GMT",
      "Sun, 06 NOV 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:37 GMT ",
      " Sun, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:37 GMTx",
      "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
      "Sun,06 Nov 1994 08:49:37 GMT",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun,  6 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 94 08:49:37 GMT",
      "Sun, 06 Nov 01994 08:49:37 GMT",
      "Sun, 06-Nov-1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 8:49:37 GMT",
      "Sun, 06 Nov 1994 08:49 GMT",
      "Sun, 06 Nov 1994 08.49.37 GMT",
      "Sun, 06 Nov 1994 08:49:3x GMT",
      "Sun, 06 Nov -994 08:49:37 GMT",
      "Xxx, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Xxx 1994 08:49:37 GMT",
      "Sunday, 06 Nov 1994 08:49:37 GMT",
      "06 Nov 1994 08:49:37 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 31 Nov 1994 08:49:37 GMT",
      "Sun, 32 Dec 1994 08:49:37 GMT",
      "Sun, 29 Feb 1994 08:49:37 GMT",
      "Mon, 29 Feb 1900 08:49:37 GMT",
      "Sun, 30 Feb 2000 08:49:37 GMT",
      "Sun, 06 Nov 0000 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 06 Nov 1994 08:49:60 GMT",
      "Sun, 06 Nov 1994 23:59:61 GMT",
      "Sun, 06-Nov-94 08:49:37 GMT",
      "Sunday, 06-Nov-1994 08:49:37 GMT",
      "Sunday, 6-Nov-94 08:49:37 GMT",
      "Sunday, 31-Nov-94 08:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37",
      "Sun Nov 6 08:49:37 1994",
      "Sun Nov  6 08:49:37 1994 GMT",
      "Sun Nov  6 08:49:37 94",
      "Sun Nov  0 08:49:37 1994",
      "Sun Nov 31 08:49:37 1994",
      "Sunday Nov  6 08:49:37 1994",
      "1994-11-06T08:49:37Z",
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_parses(rows[i], in_2026, NEVER);
  int64_t seconds;
  assert_false(http_date_parse((struct span){0}, in_2026, &seconds));
}

static void what_follows_the_span_is_not_looked_at(void **state)
{
  static const char text[] = "Sun, 06 Nov 1994 08:49:37 GMT";
  int64_t seconds;
  (void)state;
  for (size_t n = 0; n < sizeof text - 1; n++)
    assert_false(http_date_parse((struct span){text, n}, in_2026, &seconds));
  assert_true(http_date_parse((struct span){text, sizeof text - 1}, in_2026, &seconds));
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_date_is_printed_as_IMF_fixdate),
      TEST(every_day_is_printed_as_the_library_does_and_read_back),
      TEST(all_three_forms_are_read),
      TEST(a_year_of_two_digits_is_at_most_fifty_years_ahead),
      TEST(anything_else_is_no_date),
      TEST(what_follows_the_span_is_not_looked_at),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
