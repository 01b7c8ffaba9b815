/* Range: bytes=... (RFC 9110 14). Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_RANGE_H
#define ANET_CORE_HTTP_MESSAGE_RANGE_H

#include "core/base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_MOST_RANGES = 16 };

struct http_range {
  uint64_t first, last; /* both included */
};

enum http_range_result {
  HTTP_RANGE_WHOLE,  /* ignore Range: bad syntax, another unit, too many, nothing to take from */
  HTTP_RANGE_SOME,   /* `count` ranges */
  HTTP_RANGE_BEYOND, /* 416: none of them can be satisfied */
};

/* What `value` asks of `size` bytes. An end past the last byte is clamped; ranges that cannot be
 * satisfied are left out; those that overlap or touch are joined, where the first of them stood,
 * so that no byte is sent twice. `-0`, a first position at or past the end, and a first position
 * after the last one (which RFC 9110 14.1.1 calls invalid: here 416) satisfy nothing. More than
 * HTTP_MOST_RANGES, as they were asked for, is the whole. */
enum http_range_result http_ranges(struct span value, uint64_t size,
                                   struct http_range ranges[HTTP_MOST_RANGES], size_t *count);

/* Content-Range of a response (14.4). */
struct http_content_range {
  bool satisfied;       /* `bytes FIRST-LAST/SIZE`; else an asterisk stands for the range */
  uint64_t first, last; /* both included */
  bool has_size;        /* else it is `*`, not known */
  uint64_t size;
};

/* False if it is malformed: another unit, a missing number, a last position before the first or not
 * below the size, neither a range nor a size. */
bool http_content_range(struct span value, struct http_content_range *r);

#endif
