#include "cmd/cli/units.h"

#include "core/base/ascii.h"

#include <stdbool.h>
#include <string.h>
#include <uv.h>

struct unit {
  const char *name;
  uint64_t factor;
};

/* Reads digits and moves `*text` past them. */
static int read_digits(const char **text, uint64_t *out)
{
  const char *s = *text;
  uint64_t value = 0;
  bool fits = true;

  if (!ascii_is_digit(*s))
    return UV_EINVAL;
  for (; ascii_is_digit(*s); s++) {
    if (__builtin_mul_overflow(value, 10u, &value) ||
        __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
      fits = false;
  }
  *text = s;
  *out = value;
  return fits ? 0 : UV_ERANGE;
}

/* Reads the digits after a point as a fraction of `factor`, rounded up. */
static int read_fraction(const char **text, uint64_t factor, uint64_t *out)
{
  const char *s = *text;
  uint64_t value = 0, scale = 1;
  bool more = false;

  if (!ascii_is_digit(*s))
    return UV_EINVAL;
  for (; ascii_is_digit(*s); s++) {
    if (scale < 1000000000) {
      value = value * 10 + (uint64_t)(*s - '0');
      scale *= 10;
    } else if (*s != '0') {
      more = true;
    }
  }
  *text = s;
  *out = (value * factor + more + scale - 1) / scale;
  return 0;
}

static const struct unit *find_unit(const struct unit *units, const char *name)
{
  for (; units->name; units++) {
    if (strcmp(units->name, name) == 0)
      return units;
  }
  return NULL;
}

/* whole * factor + rest, at most INT64_MAX so that it can be added to a clock or an offset. */
static int combine(uint64_t whole, uint64_t factor, uint64_t rest, uint64_t *out)
{
  uint64_t value;
  if (__builtin_mul_overflow(whole, factor, &value) || __builtin_add_overflow(value, rest, &value))
    return UV_ERANGE;
  if (value > INT64_MAX)
    return UV_ERANGE;
  *out = value;
  return 0;
}

int units_number(const char *text, uint64_t *out)
{
  uint64_t value;
  int err = read_digits(&text, &value);
  if (*text != '\0')
    return UV_EINVAL;
  if (err == 0)
    *out = value;
  return err;
}

int units_time_ms(const char *text, uint64_t *out)
{
  static const struct unit units[] = {{"", 1000},   {"ms", 1},      {"s", 1000},
                                      {"m", 60000}, {"h", 3600000}, {NULL, 0}};
  uint64_t whole, rest = 0;
  int err = read_digits(&text, &whole);
  if (err == UV_EINVAL)
    return err;

  const char *point = *text == '.' ? text + 1 : NULL;
  size_t decimals = point ? 1 + strspn(point, "0123456789") : 0;
  const struct unit *unit = find_unit(units, text + decimals);
  if (!unit || (point && read_fraction(&point, unit->factor, &rest)))
    return UV_EINVAL;
  return err ? err : combine(whole, unit->factor, rest, out);
}

int units_size(const char *text, uint64_t *out)
{
  static const struct unit units[] = {{"", 1},         {"K", 1u << 10}, {"k", 1u << 10},
                                      {"M", 1u << 20}, {"m", 1u << 20}, {"G", 1u << 30},
                                      {"g", 1u << 30}, {NULL, 0}};
  uint64_t whole;
  int err = read_digits(&text, &whole);
  if (err == UV_EINVAL)
    return err;
  const struct unit *unit = find_unit(units, text);
  if (!unit)
    return UV_EINVAL;
  return err ? err : combine(whole, unit->factor, 0, out);
}
