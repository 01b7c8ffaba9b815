/* The kinds of ASCII characters, whatever the locale: a byte above 0x7f is of none. */
#ifndef ANET_CORE_BASE_ASCII_H
#define ANET_CORE_BASE_ASCII_H

#include <stdbool.h>

static inline bool ascii_is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* 0x00 to 0x1f, and DEL. */
static inline bool ascii_is_control(char c)
{
  return (unsigned char)c < 0x20 || c == 0x7f;
}

/* Space and tab: the white space inside a line (RFC 9110 5.6.3). */
static inline bool ascii_is_blank(char c)
{
  return c == ' ' || c == '\t';
}

static inline char ascii_lower(char c)
{
  return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

#endif
