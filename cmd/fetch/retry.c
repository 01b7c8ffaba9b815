#include "cmd/fetch/retry.h"

#include "core/base/ascii.h"
#include "core/http/message/date.h"
#include "core/http/message/fields.h"

#include <stddef.h>
#include <uv.h>

bool retry_is_idempotent(const char *method)
{
  static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    if (strcmp(methods[i], method) == 0)
      return true;
  }
  return false;
}

bool retry_is_transient(unsigned status)
{
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504;
}

/* Seconds, of any number of digits: a number that overflows is a delay nobody waits for. */
static bool parse_seconds(struct span s, uint64_t *seconds)
{
  size_t digits = 0;
  while (digits < s.length && ascii_is_digit(s.data[digits]))
    digits++;
  if (digits == 0 || digits < s.length)
    return false;
  if (!http_parse_number(s, seconds) || *seconds > UINT32_MAX)
    *seconds = UINT32_MAX;
  return true;
}

uint64_t retry_asked_ms(struct span retry_after, int64_t now)
{
  uint64_t seconds;
  int64_t date;
  if (!retry_after.data)
    return 0;
  if (parse_seconds(retry_after, &seconds))
    return seconds * 1000;
  if (http_date_parse(retry_after, now, &date) && date > now)
    return (uint64_t)(date - now) * 1000;
  return 0;
}

uint64_t retry_delay_ms(uint64_t base_ms, unsigned retry, uint64_t asked_ms)
{
  uint64_t most = base_ms < RETRY_LONGEST_MS ? base_ms : RETRY_LONGEST_MS;
  for (; retry > 0 && most < RETRY_LONGEST_MS; retry--)
    most = most * 2 < RETRY_LONGEST_MS ? most * 2 : RETRY_LONGEST_MS;
  uint32_t random = 0;
  uv_random(NULL, NULL, &random, sizeof random, 0, NULL);
  uint64_t delay = most - most / 2 * random / UINT32_MAX;
  return delay > asked_ms ? delay : asked_ms;
}
