#include "core/base/hex.h"

#include <stdint.h>

void hex_encode(char *out, const void *data, size_t n)
{
  static const char digits[] = "0123456789abcdef";
  const uint8_t *s = data;
  for (size_t i = 0; i < n; i++) {
    *out++ = digits[s[i] >> 4];
    *out++ = digits[s[i] & 0xf];
  }
  *out = '\0';
}
