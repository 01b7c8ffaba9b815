/* Percent-encoding (RFC 3986 2.1): what is one escape. */
#ifndef ANET_CORE_CODEC_PERCENT_H
#define ANET_CORE_CODEC_PERCENT_H

#include <stddef.h>

enum { PERCENT_LENGTH = 3 };

/* The value of a hexadecimal digit, or -1. */
static inline int percent_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return -1;
}

/* The byte that `%XX` at the start of `n` bytes stands for, or -1 when there is no such escape. */
static inline int percent_byte(const char *s, size_t n)
{
  if (n < PERCENT_LENGTH || s[0] != '%')
    return -1;
  int high = percent_digit(s[1]), low = percent_digit(s[2]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

#endif
