/* Percent-encoding (RFC 3986 2.1). Pure. */
#ifndef ANET_CORE_CODEC_PERCENT_H
#define ANET_CORE_CODEC_PERCENT_H

#include "core/base/hex.h"
#include "core/base/span.h"

#include <stddef.h>
#include <stdint.h>

enum { PERCENT_LENGTH = 3 };

/* The byte that the escape at the start of `n` bytes stands for, or -1 when no escape is there. */
static inline int percent_byte(const char *s, size_t n)
{
  if (n < PERCENT_LENGTH || s[0] != '%')
    return -1;
  int high = hex_value(s[1]), low = hex_value(s[2]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Takes the next byte off `rest`, which is not empty, and returns it (0 to 255): an escape decoded,
 * everything else as it is, a % that begins no escape included. */
static inline int percent_next(struct span *rest)
{
  int byte = percent_byte(rest->data, rest->length);
  size_t used = byte < 0 ? 1 : PERCENT_LENGTH;
  if (byte < 0)
    byte = (uint8_t)*rest->data;
  *rest = span_skip(*rest, used);
  return byte;
}

/* Decodes all of `s` into `out`, which has room for s.length bytes, and may be where `s` is.
 * Returns the length. */
size_t percent_decode(char *out, struct span s);

/* Writes the escape of a byte, with upper-case digits as RFC 3986 asks, and returns where the next
 * byte goes. */
static inline char *percent_put(char *out, uint8_t byte)
{
  static const char digits[] = "0123456789ABCDEF";
  *out++ = '%';
  *out++ = digits[byte >> 4];
  *out++ = digits[byte & 0xf];
  return out;
}

#endif
