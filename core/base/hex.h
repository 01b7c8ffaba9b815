/* Hexadecimal digits (RFC 4648 8). Pure. */
#ifndef ANET_CORE_BASE_HEX_H
#define ANET_CORE_BASE_HEX_H

#include <stddef.h>

/* The value of a digit of either case, or -1. */
static inline int hex_value(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return -1;
}

/* Writes two lower-case digits for each of `n` bytes, and a NUL behind them: 2 n + 1 bytes. */
void hex_encode(char *out, const void *data, size_t n);

#endif
