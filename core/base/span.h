/* Bytes that belong to somebody else: where they are and how many. */
#ifndef ANET_CORE_BASE_SPAN_H
#define ANET_CORE_BASE_SPAN_H

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
