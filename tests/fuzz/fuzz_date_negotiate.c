/* Dates, what a client accepts, conditions and parameters. The first byte chooses. */
#include "core/http/message/condition.h"
#include "core/http/message/date.h"
#include "core/http/message/negotiate.h"
#include "core/http/message/parameter.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void promise(bool holds)
{
  if (!holds)
    abort();
}

static bool is_clamped(const char *date)
{
  return strstr(date, "01 Jan 0001 00:00:00") || strstr(date, "31 Dec 9999 23:59:59");
}

/* Any moment is printed so that it reads back, and a date that is read says the moment it prints.
 * The first eight bytes are now. */
static void check_date(const uint8_t *data, size_t n)
{
  int64_t now, seconds, again;
  char text[HTTP_DATE_SIZE];
  if (n < sizeof now)
    return;
  memcpy(&now, data, sizeof now);
  http_date_print(text, now);
  promise(strlen(text) == HTTP_DATE_SIZE - 1);
  promise(http_date_parse(span_of(text), 0, &seconds));
  promise(seconds == now || is_clamped(text));

  struct span s = {(const char *)data + sizeof now, n - sizeof now};
  if (!http_date_parse(s, now, &seconds))
    return;
  http_date_print(text, seconds);
  promise(http_date_parse(span_of(text), now, &again));
  promise(again == seconds || is_clamped(text)); /* of two digits, with a `now` of the year 9990 */
}

static void check_fields(const struct http_fields *f)
{
  promise(http_coding_weight(f, "gzip") <= 1000);
  promise(http_coding_weight(f, "identity") <= 1000);
  http_wants_json(f);
}

static void check_conditions(const struct http_fields *f, enum http_method method)
{
  struct http_request r = {.method = method, .fields = *f};
  const struct http_validators there = {true, span_of("\"a\""), 784111777};
  const struct http_validators nothing = {0};
  bool reads = method == HTTP_GET || method == HTTP_HEAD;
  enum http_verdict verdict = http_conditions(&r, &there, 784112777);
  promise(verdict == HTTP_PROCEED || verdict == HTTP_PRECONDITION_FAILED ||
          (reads && verdict == HTTP_NOT_MODIFIED));
  promise(http_conditions(&r, &nothing, 784112777) != HTTP_NOT_MODIFIED);
  bool has_if_range = http_has_field(f, HTTP_IF_RANGE);
  promise(http_if_range(&r, &there, 784112777) || has_if_range);
  promise(http_if_range(&r, &nothing, 784112777) == !has_if_range);
}

static void check_parameter(struct span value)
{
  char text[64], shorter[8];
  struct span rest = value, name, piece;
  size_t sum = 0;
  while (http_piece_next(&rest, &name, &piece))
    sum += name.length + piece.length;
  promise(sum <= value.length);
  bool found = http_parameter(value, "q", text, sizeof text);
  promise(!found || (strlen(text) < sizeof text && http_has_parameter(value, "q")));
  bool fits = found && strlen(text) < sizeof shorter;
  promise(http_parameter(value, "q", shorter, sizeof shorter) == fits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
  if (n == 0)
    return 0;
  struct span rest = {(const char *)data + 1, n - 1};
  if (data[0] % 4 == 0) {
    check_date(data + 1, n - 1);
    return 0;
  }
  if (data[0] % 4 == 1) {
    check_parameter(rest);
    return 0;
  }
  struct http_fields f;
  if (http_parse_fields(&f, rest.data, rest.length) != HTTP_FIELDS_FINE)
    return 0;
  if (data[0] % 4 == 2)
    check_fields(&f);
  else
    check_conditions(&f, data[0] & 4 ? HTTP_GET : HTTP_PUT);
  return 0;
}
