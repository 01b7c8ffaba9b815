/* Bytes that belong to somebody else: where they are and how many. */
#ifndef ANET_CORE_BASE_SPAN_H
#define ANET_CORE_BASE_SPAN_H

#include "core/base/ascii.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct span {
  const char *data;
  size_t length;
};

static inline struct span span_of(const char *text)
{
  return (struct span){text, strlen(text)};
}

/* From `from` up to `to`, which is not part of it. */
static inline struct span span_between(const char *from, const char *to)
{
  return (struct span){from, (size_t)(to - from)};
}

/* The rest behind the first `n` bytes, at most all. */
static inline struct span span_skip(struct span s, size_t n)
{
  assert(n <= s.length);
  return (struct span){s.data + n, s.length - n};
}

/* Without the spaces and tabs at both ends. */
static inline struct span span_trim(struct span s)
{
  while (s.length > 0 && ascii_is_blank(*s.data))
    s = span_skip(s, 1);
  while (s.length > 0 && ascii_is_blank(s.data[s.length - 1]))
    s.length--;
  return s;
}

static inline bool span_is(struct span s, const char *text)
{
  return s.length == strlen(text) && memcmp(s.data, text, s.length) == 0;
}

/* The same without regard to the case of ASCII letters. */
static inline bool span_is_nocase(struct span s, const char *text)
{
  return s.length == strlen(text) && strncasecmp(s.data, text, s.length) == 0;
}

#endif
