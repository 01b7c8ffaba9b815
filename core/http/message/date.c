#include "core/http/message/date.h"

#include <stdio.h>

static const char *const short_days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const long_days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

enum { DAYS = 7, MONTHS = 12, SECONDS_OF_DAY = 24 * 60 * 60, DAYS_OF_400_YEARS = 146097 };

/* 0001-01-01 00:00:00 and 9999-12-31 23:59:59: what four digits can say. */
static const int64_t earliest = -62135596800;
static const int64_t latest = 253402300799;

/* A moment in the Gregorian calendar. */
struct moment {
  int64_t year;
  int month; /* from 0 */
  int day;   /* from 1 */
  int hour, minute, second;
  bool short_year; /* `year` is only its last two digits */
};

static bool is_leap_year(int64_t year)
{
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int64_t year, int month)
{
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[month] + (month == 1 && is_leap_year(year));
}

/* Days from 0000-03-01 to the first of March of `year`, which is not negative. A year that begins
 * in March has its leap day at the end. */
static int64_t days_before_march(int64_t year)
{
  return year * 365 + year / 4 - year / 100 + year / 400;
}

/* Days from the first of March to the first of the month that many months later. */
static int days_after_march(int months_later)
{
  return (months_later * 153 + 2) / 5; /* the months' lengths repeat 31 30 31 30 31 */
}

enum { DAYS_BEFORE_1970 = 719468 }; /* from 0000-03-01 */

static int64_t seconds_of(const struct moment *m)
{
  bool before_march = m->month < 2;
  int64_t days = days_before_march(m->year - before_march) - DAYS_BEFORE_1970 + m->day - 1 +
                 days_after_march(m->month - 2 + (before_march ? MONTHS : 0));
  return days * SECONDS_OF_DAY + m->hour * 3600 + m->minute * 60 + m->second;
}

/* `seconds` between the earliest and the latest. */
static struct moment moment_of(int64_t seconds)
{
  int64_t since_start = seconds + (int64_t)DAYS_BEFORE_1970 * SECONDS_OF_DAY;
  int64_t days = since_start / SECONDS_OF_DAY;
  int second = (int)(since_start % SECONDS_OF_DAY);

  int64_t year = days * 400 / DAYS_OF_400_YEARS; /* right, or one too few */
  if (days_before_march(year + 1) <= days)
    year++;
  int day = (int)(days - days_before_march(year));
  int month = (day * 5 + 2) / 153; /* from March */
  bool before_march = month >= MONTHS - 2;
  return (struct moment){
      .year = year + before_march,
      .month = before_march ? month - (MONTHS - 2) : month + 2,
      .day = day - days_after_march(month) + 1,
      .hour = second / 3600,
      .minute = second / 60 % 60,
      .second = second % 60,
  };
}

void http_date_print(char out[HTTP_DATE_SIZE], int64_t seconds)
{
  if (seconds < earliest)
    seconds = earliest;
  if (seconds > latest)
    seconds = latest;
  struct moment m = moment_of(seconds);
  /* 0001-01-01 was a Monday. */
  int day = (int)((seconds - earliest) / SECONDS_OF_DAY + 1) % DAYS;
  snprintf(out, HTTP_DATE_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT", short_days[day], m.day,
           months[m.month], (int)m.year, m.hour, m.minute, m.second);
}

static bool take(struct span *s, const char *text)
{
  size_t n = strlen(text);
  if (s->length < n || memcmp(s->data, text, n) != 0)
    return false;
  s->data += n;
  s->length -= n;
  return true;
}

static bool take_digits(struct span *s, size_t digits, int *number)
{
  if (s->length < digits)
    return false;
  int sum = 0;
  for (size_t i = 0; i < digits; i++) {
    if (!ascii_is_digit(s->data[i]))
      return false;
    sum = sum * 10 + (s->data[i] - '0');
  }
  s->data += digits;
  s->length -= digits;
  *number = sum;
  return true;
}

/* One of `count` names, by the letter's case too. */
static bool take_name(struct span *s, const char *const *names, int count, int *which)
{
  for (int i = 0; i < count; i++) {
    if (take(s, names[i])) {
      *which = i;
      return true;
    }
  }
  return false;
}

/* What a letter of a form stands for: strptime's letters, in C's locale. The day of the week is
 * asked for but not held against the date, as the date says it all. */
static bool take_item(struct span *s, char letter, struct moment *m)
{
  int number;
  switch (letter) {
  case 'a':
    return take_name(s, short_days, DAYS, &number);
  case 'A':
    return take_name(s, long_days, DAYS, &number);
  case 'b':
    return take_name(s, months, MONTHS, &m->month);
  case 'd':
    return take_digits(s, 2, &m->day);
  case 'e':
    return take(s, " ") ? take_digits(s, 1, &m->day) : take_digits(s, 2, &m->day);
  case 'H':
    return take_digits(s, 2, &m->hour);
  case 'M':
    return take_digits(s, 2, &m->minute);
  case 'S':
    return take_digits(s, 2, &m->second);
  default:
    m->short_year = letter == 'y';
    if (!take_digits(s, m->short_year ? 2 : 4, &number))
      return false;
    m->year = number;
    return true;
  }
}

static bool take_form(struct span s, const char *form, struct moment *m)
{
  *m = (struct moment){0};
  for (; *form; form++) {
    char literal[] = {*form, '\0'};
    bool fits = *form == '%' ? take_item(&s, *++form, m) : take(&s, literal);
    if (!fits)
      return false;
  }
  return s.length == 0;
}

/* The latest year with these two digits that is not more than 50 years ahead (RFC 9110 5.6.7). */
static void choose_century(struct moment *m, int64_t now)
{
  struct moment ahead = moment_of(now < earliest ? earliest : now > latest ? latest : now);
  ahead.year += 50;
  m->year += ahead.year / 100 * 100;
  if (seconds_of(m) > seconds_of(&ahead))
    m->year -= 100;
}

static bool is_possible(const struct moment *m)
{
  if (m->year < 1 || m->day < 1 || m->day > days_in_month(m->year, m->month))
    return false;
  bool leap_second = m->hour == 23 && m->minute == 59 && m->second == 60;
  return m->hour < 24 && m->minute < 60 && (m->second < 60 || leap_second);
}

bool http_date_parse(struct span s, int64_t now, int64_t *seconds)
{
  static const char *const forms[] = {
      "%a, %d %b %Y %H:%M:%S GMT", /* IMF-fixdate */
      "%A, %d-%b-%y %H:%M:%S GMT", /* RFC 850 */
      "%a %b %e %H:%M:%S %Y",      /* asctime */
  };
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    struct moment m;
    if (!take_form(s, forms[i], &m))
      continue;
    if (m.short_year)
      choose_century(&m, now);
    if (!is_possible(&m))
      return false;
    *seconds = seconds_of(&m);
    return true;
  }
  return false;
}
