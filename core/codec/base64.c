#include "core/codec/base64.h"

#include <stdint.h>
#include <uv.h>

int base64_encode(struct buffer *out, const void *data, size_t n)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const uint8_t *s = data;
  size_t made = (n + 2) / 3 * 4;
  char *at = (char *)buffer_reserve(out, made + 1);
  if (!at)
    return UV_ENOMEM;
  for (size_t i = 0; i < n; i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; k++)
      bits = bits << 8 | (i + k < n ? s[i + k] : 0u);
    *at++ = digits[bits >> 18];
    *at++ = digits[bits >> 12 & 63];
    *at++ = i + 1 < n ? digits[bits >> 6 & 63] : '=';
    *at++ = i + 2 < n ? digits[bits & 63] : '=';
  }
  buffer_commit(out, made);
  return 0;
}

/* The value of a character of the alphabet, or -1. */
static int sextet(char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* How many characters of padding it ends with, 0 to 2; -1 when the length is none of base64. */
static int padding(struct span s)
{
  if (s.length % 4)
    return -1;
  if (s.length == 0 || s.data[s.length - 1] != '=')
    return 0;
  return s.data[s.length - 2] == '=' ? 2 : 1;
}

ssize_t base64_decode(void *out, size_t size, struct span s)
{
  int pad = padding(s);
  char *to = out;
  size_t n = 0;
  unsigned bits = 0;
  int count = 0;
  if (pad < 0 || s.length / 4 * 3 - (size_t)pad > size)
    return -1;
  for (size_t i = 0; i < s.length - (size_t)pad; i++) {
    int value = sextet(s.data[i]);
    if (value < 0)
      return -1;
    bits = (bits << 6 | (unsigned)value) & 0xfff;
    count += 6;
    if (count < 8)
      continue;
    count -= 8;
    to[n++] = (char)(bits >> count & 0xff);
  }
  return bits & ((1u << count) - 1) ? -1 : (ssize_t)n;
}
