/* The character classes of the grammars of HTTP and URIs, and line ends. */
#ifndef ANET_CORE_HTTP_MESSAGE_CHARACTER_H
#define ANET_CORE_HTTP_MESSAGE_CHARACTER_H

#include "core/base/ascii.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_class {
  HTTP_IN_TOKEN = 1,    /* tchar (RFC 9110 5.6.2) */
  HTTP_IN_VALUE = 2,    /* of a field: field-vchar, space and tab (RFC 9110 5.5) */
  HTTP_IN_TARGET = 4,   /* visible but `#`, and all from 0x80: clients send raw UTF-8 */
  HTTP_IN_REG_NAME = 8, /* unreserved and sub-delims (RFC 3986 3.2.2); its escapes are not */
  HTTP_HEX_DIGIT = 16,
};

/* For each byte the classes it belongs to. */
extern const uint8_t http_classes[256];

static inline bool http_is(char c, enum http_class class)
{
  return http_classes[(unsigned char)c] & class;
}

/* The first byte of [s, end) that is not of the class; `end` when all are. */
static inline const char *http_skip(const char *s, const char *end, enum http_class class)
{
  while (s < end && http_is(*s, class))
    s++;
  return s;
}

static inline const char *http_skip_white(const char *s, const char *end)
{
  while (s < end && ascii_is_blank(*s))
    s++;
  return s;
}

/* The length of the line end at `s`, or 0. A lone LF is a line end too (RFC 9112 2.2), a lone CR is
 * not. */
static inline size_t http_end_of_line(const char *s, const char *end)
{
  if (s < end && *s == '\n')
    return 1;
  return end - s >= 2 && s[0] == '\r' && s[1] == '\n' ? 2 : 0;
}

#endif
