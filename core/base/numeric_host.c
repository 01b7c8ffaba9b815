#include "core/base/numeric_host.h"

#include "core/base/ascii.h"

#include <string.h>

static bool is_hex_digit(char c)
{
  char lower = ascii_lower(c);
  return ascii_is_digit(c) || (lower >= 'a' && lower <= 'f');
}

bool numeric_host_is(struct span host)
{
  if (host.length > 0 && host.data[host.length - 1] == '.')
    host.length--;
  const char *dot = host.length > 0 ? memrchr(host.data, '.', host.length) : NULL;
  const char *end = host.data + host.length, *label = dot ? dot + 1 : host.data;
  bool hex = end - label >= 2 && label[0] == '0' && ascii_lower(label[1]) == 'x';
  const char *at = hex ? label + 2 : label;
  while (at < end && (hex ? is_hex_digit(*at) : ascii_is_digit(*at)))
    at++;
  return at == end && end > label;
}
